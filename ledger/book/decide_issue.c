/* SPDX-License-Identifier: MIT */
/* decide_issue.c - that documents were made into files. Whoever asks has looked which hashes are new; one
 * that is noted twice says nothing else. */
#include "ledger/book/decide_shared.h"

enum err decide_document_issue(struct decision *out, const struct facts *f,
                               const struct document_issue_command *c, struct arena *a, struct error *e)
{
    (void)f, (void)e;
    if (c->files_count == 0) return OK;
    event_add(&out->events, EVENT_DOCUMENTS_ISSUED, a)->documents_issued =
        (struct documents_issued){.files = c->files, .files_count = c->files_count};
    return OK;
}
