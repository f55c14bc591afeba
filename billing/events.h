/* SPDX-License-Identifier: MIT */
/* events.h - billing's own: what happened, event by event, as programs read it. */
#ifndef DAYBOOK_BILLING_EVENTS_H
#define DAYBOOK_BILLING_EVENTS_H

#include "billing/answers.h"

/* An event by its record and its place in it. */
struct event_cursor {
    uint64_t seq, place;
};
/* "12.0"; ERR_INVALID: it is none. */
enum err event_cursor_parse(struct event_cursor *out, struct str text, struct error *e) MUST_USE;

struct event_wish {
    struct event_cursor after; /* only those behind it, where has_after; else from the first on */
    bool has_after;
    struct str type;          /* "invoice.finalized"; "invoice.": all that begin so; "": all */
    uint64_t customer, limit; /* 0: all */
};
/* Takes the reference; `at` is the event's. */
typedef enum err event_row_fn(void *context, struct event_cursor at, const char *type, json_t *row,
                              struct error *e);
/* In their order, decrypted, up to the end of the log: *read is where the next call goes on, whether or not
 * something was wanted on the way. */
enum err events_read(struct event_cursor *read, struct ledger *l, const struct event_wish *w,
                     event_row_fn *row, void *context, struct error *e) MUST_USE;

#endif
