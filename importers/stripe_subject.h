/* SPDX-License-Identifier: MIT */
/* stripe_subject.h - what the files of stripe_event.h share: stripe_event.c (payments and refunds),
 * stripe_owned.c (subscriptions that Stripe bills, payment methods that it lets go of), stripe_kept.c (those
 * that it keeps), and with stripe_finding.c. For them only. */
#ifndef DAYBOOK_IMPORTERS_STRIPE_SUBJECT_H
#define DAYBOOK_IMPORTERS_STRIPE_SUBJECT_H

#include "importers/json_text.h"
#include "importers/stripe_event.h"

/* What a message is about. */
struct stripe_subject {
    const json_t *object; /* data.object */
    const json_t *previous;
    struct str type;
    struct instant created;
    struct command *first; /* to be filled where one goes before */
    bool *begins;          /* see struct webhook_effect_commands */
    struct views_txn *t;
    struct arena *arena;
    struct transaction transaction; /* 0: none of ours */
    bool stray;                     /* it names one of ours that is called otherwise there */
};
typedef enum err stripe_effect_fn(struct webhook_apply_command *out, struct stripe_subject *s,
                                  struct error *e);
stripe_effect_fn stripe_on_subscription, stripe_on_invoice, stripe_on_method, stripe_on_attached,
    stripe_on_setup, stripe_on_setup_failed, stripe_on_method_updated, stripe_on_customer;

/* As the customer is known here, or else as its metadata say; "": neither. */
enum err stripe_user_of(struct str *out, struct stripe_subject *s, const json_t *metadata, struct error *e);

/* Which transaction a payment or refund at Stripe was made for that has no name here yet, by what we wrote
 * into its metadata; the key tells that it is this ledger's. 0: none. Stray: that one has another name there,
 * for an answer was lost and it was made twice, or an older copy of the ledger made it. */
enum err stripe_asked_for(struct transaction *out, bool *stray, const json_t *object, struct views_txn *t,
                          struct arena *a, struct error *e) MUST_USE;

void stripe_note(struct webhook_apply_command *out, enum webhook_outcome outcome, const char *what);

#endif
