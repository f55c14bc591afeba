/* SPDX-License-Identifier: MIT */
/* feed.h - billing/http's own: events as they happen, as server-sent events (the HTML standard, section 9.2).
 * A client that comes back with Last-Event-ID gets what it missed. */
#ifndef DAYBOOK_BILLING_HTTP_FEED_H
#define DAYBOOK_BILLING_HTTP_FEED_H

#include "billing/events.h"
#include "billing/httpd.h"

/* The stream goes on until its client leaves, or *ends says so. `w` and what it points to are copied. */
void feed_begin(struct httpd_reply *out, struct ledger *l, const struct event_wish *w,
                bool (*ends)(void *self), void *self);

#endif
