/* SPDX-License-Identifier: MIT */
/* state.h - projections/'s own: the functions that daybook_state is made of. */
#ifndef DAYBOOK_PROJECTIONS_STATE_H
#define DAYBOOK_PROJECTIONS_STATE_H

#include "projections/rows.h"

enum err gather(struct facts *out, struct views_txn *t, const struct command *c, const struct decided_at *at,
                struct zones *zones, struct arena *a, struct error *e) MUST_USE;
enum err find_key(struct idempotency *out, struct views_txn *t, struct str key, struct error *e) MUST_USE;
enum err gateway_request(struct gateway_request *out, struct views_txn *t, const struct event *ev,
                         struct arena *a, struct error *e) MUST_USE;
enum err keep_key(struct views_txn *t, struct str key, const struct idempotency *entry,
                  struct error *e) MUST_USE;

#endif
