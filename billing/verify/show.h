/* SPDX-License-Identifier: MIT */
/* show.h - the plaintext of a record as JSON: who did what, and the events with the names of their fields, as
 * ledger/book/events.def declares them. Whatever would do something to a terminal is written as \uXXXX. */
#ifndef DAYBOOK_BILLING_VERIFY_SHOW_H
#define DAYBOOK_BILLING_VERIFY_SHOW_H

#include "billing/verify/event_table.h"
#include "ledger/base.h"

/* Puts the members of one record's plaintext at the end, without braces. ERR_TAMPERED: it is not well-formed
 * (FORMAT.md section 3). ERR_INCOMPLETE: it holds an event that this program does not know. */
enum err show_plaintext(struct buffer *out, struct bytes plaintext, struct error *e) MUST_USE;
/* A text in quotes. */
void show_text(struct buffer *out, struct str text);
/* Microseconds since 1970 as RFC 3339, in quotes. */
void show_instant(struct buffer *out, int64_t microseconds);
/* Days since 1970 as YYYY-MM-DD, in quotes. */
void show_date(struct buffer *out, int64_t days);
/* A value as its kind says. False: it is not of that kind. */
bool show_scalar(struct buffer *out, enum shape shape, struct bytes *from);

#endif
