/* SPDX-License-Identifier: MIT */
/* stripe_take.h - importers' own: one object that Stripe holds to the command that takes it here. For
 * stripe_import.c. */
#ifndef DAYBOOK_IMPORTERS_STRIPE_TAKE_H
#define DAYBOOK_IMPORTERS_STRIPE_TAKE_H

#include <jansson.h>

#include "importers/importers.h"

/* What an invoice's line is told by: prices are read once and kept in memory, those of the first so many. */
struct stripe_price {
    struct str id, tier;
    bool metered;
};
struct stripe_prices {
    struct stripe_price *items;
    size_t count, capacity;
    struct arena *arena;
};
enum { STRIPE_PRICES_MAX = 20000 };
/* Adds those of a page; once all are added they are sorted, and can be found. */
void stripe_prices_add(struct stripe_prices *all, json_t *const *objects, size_t count);
void stripe_prices_sort(struct stripe_prices *all);

/* What objects are read with: the state as it is, and what the import was asked for. */
struct stripe_reading {
    struct views_txn *t;
    const struct import_options *options;
    const struct stripe_prices *prices;
    const struct catalog *catalog; /* for subscriptions; NULL: none is loaded */
    struct hasher *hasher;
    struct instant now;
};

/* A member that is not taken, or why nothing is. */
struct stripe_note {
    const char *member;
    struct str why;
};
enum { STRIPE_NOTES_MAX = 16 };
struct stripe_taking {
    struct command command;
    struct str id;
    struct str user;            /* stands in no sentence */
    struct stripe_note refused; /* why "": it is not */
    struct stripe_note notes[STRIPE_NOTES_MAX];
    size_t notes_count;
    bool known; /* it stands here as it stands there */
    bool own;   /* it is of a payment or refund of this ledger's: no history */
};
void stripe_refuse(struct stripe_taking *out, const char *member, struct str why);
void stripe_leave_out(struct stripe_taking *out, const char *member, struct str why);

/* A member as it may be kept; "": it is none, or was left out. */
struct str stripe_kept_text(struct stripe_taking *out, const json_t *object, const char *name, size_t limit,
                            struct arena *a);

/* Fills *out; texts are in the arena. An error is one of the ledger's, not of the object. */
typedef enum err stripe_take_fn(struct stripe_taking *out, struct stripe_reading *r, const json_t *object,
                                struct arena *a, struct error *e);
stripe_take_fn stripe_take_customer, stripe_take_method, stripe_take_subscription, stripe_take_items,
    stripe_take_invoice, stripe_take_charge, stripe_take_refund, stripe_take_balance;

/* No amount of Stripe's has more digits by far, and what has would break sums. */
bool stripe_is_amount(json_int_t minor);

/* What all kinds have: kind, name and time of making. */
void stripe_begin_object(struct object_imported *out, enum imported_kind kind, const json_t *object,
                         struct arena *a);
/* The customer of ours that is called so there; 0: nobody is. */
enum err stripe_customer_here(uint64_t *out, struct stripe_reading *r, struct str id,
                              struct error *e) MUST_USE;
/* The digest, by which it is known again; is it known? The last step of each. */
enum err stripe_end_object(struct stripe_taking *out, struct object_imported *object,
                           struct stripe_reading *r, struct arena *a, struct error *e) MUST_USE;

#endif
