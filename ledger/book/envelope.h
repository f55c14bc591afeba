/* SPDX-License-Identifier: MIT */
/* envelope.h - the plaintext of one record of class EVENTS: who asked for what, and the events that followed.
 *
 *   msgpack array [1, actor str, command str ("subscription.create"), idempotency key str, body bin (32
 * bytes, or empty), events: array of [event number, event version, fields: array]]
 *
 * A record that finalizes a document is of version 2 and has five members more: now int (as instants are),
 * the customer's and the seller's date then, int (as dates are), the second of the customer's day, int, and
 * basis str, the command as JSON. With them the decision can be made again, which is how a document is
 * verified. */
#ifndef DAYBOOK_LEDGER_BOOK_ENVELOPE_H
#define DAYBOOK_LEDGER_BOOK_ENVELOPE_H

#include "ledger/book/command.h"

struct envelope {
    struct str actor, command, key;
    bool has_body;
    struct hash body; /* command_hash of the command, when there is a key */
    const struct event *events;
    size_t events_count;
    struct decided_at at; /* where there is a basis */
    struct str basis;     /* the command as JSON; "": it is not kept */
};

/* Texts of customers are sealed by `p`, which is to be asked afterwards whether it could; NULL: they stay as
 * they are. */
void envelope_encode(struct buffer *out, const struct envelope *v, struct personal *p);
/* Texts point into `plain`. ERR_TAMPERED for whatever envelope_encode would not write. */
enum err envelope_decode(struct envelope *out, struct bytes plain, struct personal *p, struct arena *a,
                         struct error *e) MUST_USE;

#endif
