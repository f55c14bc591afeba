/* SPDX-License-Identifier: MIT */
/* stripe_event.h - importers' own: what an event of Stripe's says, and what follows from it here. What a type
 * means stands in a table; types that nothing follows from are kept all the same. */
#ifndef DAYBOOK_IMPORTERS_STRIPE_EVENT_H
#define DAYBOOK_IMPORTERS_STRIPE_EVENT_H

#include "importers/importers.h"

/* Fills the command that keeps it. ERR_INVALID when it is none of Stripe's events: no object "event" with id,
 * type and data.object, or a thin one of the second version. The body is kept as it came; card numbers and
 * security codes that somebody wrote into it, such as into metadata, are blanked out, and the digest is still
 * that of the bytes that were signed. Texts live in the arena. */
enum err stripe_event_read(struct webhook_receive_command *out, struct bytes body, struct arena *a,
                           struct error *e) MUST_USE;

/* Fills the command that does what a kept one asks for, by what the ledger knows of what it is about; and the
 * command that goes before it, which may be done again without harm (COMMAND_NONE: none does). A message of
 * the other world than ours is foreign. */
struct webhook_effect_commands {
    struct command first;
    bool begins; /* that command makes known what the message is about, and what was told of it before can be
                    done now */
    struct webhook_apply_command apply;
};
enum err stripe_event_effect(struct webhook_effect_commands *out, const struct webhook *w,
                             enum webhook_world world, struct views_txn *t, struct arena *a,
                             struct error *e) MUST_USE;

#endif
