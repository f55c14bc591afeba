/* SPDX-License-Identifier: MIT */
/* press.h - sets the PDFs of a run with several threads. The caller fills sheets in order and gets them back
 * in the same order, set, written and hashed; in between they may be worked on in any order. There are only a
 * few sheets a thread, so memory does not grow with the run. */
#ifndef DAYBOOK_REPORTS_PRESS_H
#define DAYBOOK_REPORTS_PRESS_H

#include "reports/documents.h"
#include "reports/register.h"

/* One invoice on its way. Everything it points to lives in its arena. */
struct press_sheet {
    struct arena *arena;
    struct invoice invoice;
    struct document_parts parts;
    struct credited_documents credits;
    /* When it is set: */
    struct hash sha256;
    uint64_t bytes;
    struct hash einvoice_sha256; /* of what is attached … */
    uint64_t einvoice_bytes;     /* … 0: nothing is */
    /* The press's own. */
    bool is_set;
    enum err err; /* for `done`: OK, or ERR_INVALID when a text cannot be drawn; then there is no file */
    struct error error;
};

/* Takes a sheet that is through, drawn or not, oldest first; called on the thread of whoever fills them. */
typedef enum err sheet_done_fn(void *context, const struct press_sheet *s, struct error *e);

struct press;
/* PDFs go to FOLDER/NUMBER.pdf, each complete under its name or not there; they are not synced one by one. */
enum err press_open(struct press **out, const char *folder, unsigned jobs, sheet_done_fn *done, void *context,
                    struct error *e) MUST_USE;
/* An empty sheet to fill. Waits for the oldest one and hands it over when all are in use; then this fails as
 * that one did, or as `done` did. */
enum err press_take(struct press_sheet **out, struct press *p, struct error *e) MUST_USE;
/* Hands the sheet that was taken last to the threads. */
void press_submit(struct press *p);
/* Waits for all sheets and hands them over. */
enum err press_finish(struct press *p, struct error *e) MUST_USE;
void press_close(struct press *p); /* stops what is still going on; accepts NULL */

#endif
