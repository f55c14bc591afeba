/* SPDX-License-Identifier: MIT */
/* values.h - billing's own: what an option or argument of a command can be, where that can be listed: words
 * of tables, or what is in the ledger. For completion, and for a hint to who mistyped one. */
#ifndef DAYBOOK_BILLING_VALUES_H
#define DAYBOOK_BILLING_VALUES_H

#include "billing/cli.h"

enum value_source {
    VALUES_NONE,
    VALUES_WORDS, /* of values.def, or of a field that is a choice */
    VALUES_FILES,
    VALUES_FOLDERS,
    /* of the program's tables */
    VALUES_REPORTS,
    VALUES_IMPORTS,
    VALUES_COMMANDS,
    VALUES_ACTIONS,
    VALUES_CURRENCIES,
    VALUES_COUNTRIES,
    /* of a ledger: from here on */
    VALUES_USERS,
    VALUES_INVOICES,
    VALUES_TIERS,
    VALUES_USAGE_TYPES,
    VALUES_FEATURES,
    VALUES_COUPONS,
    VALUES_TRANSACTIONS,
    VALUES_SUBSCRIPTIONS,
    VALUES_METHODS,
    VALUES_DRAFTS,
    VALUES_RERATINGS,
    VALUES_ACTORS
};
enum value_source values_source(const struct verb *v, const struct field *f);
static inline bool values_are_live(enum value_source s)
{
    return s >= VALUES_USERS;
}
/* The command that shows the same: who may not give it is told none of them. */
const char *values_shown_by(enum value_source s);

/* False: enough was heard. `help` may be "". */
typedef bool value_fn(void *context, struct str value, struct str help);
/* Of tables alone; nothing of any other source. */
void values_fixed(const struct verb *v, const struct field *f, value_fn *hear, void *context);
/* Of a ledger, as far as its views are. `user`: whose, for what belongs to a customer; "": everybody's. */
struct values_question {
    enum value_source source;
    struct str user;
    struct date today;
    struct arena *arena;
};
enum err values_live(const struct values_question *q, struct views_txn *t, value_fn *hear, void *context,
                     struct error *e) MUST_USE;

/* Of the options that stand anywhere. */
enum value_source values_of_global(const struct global_option *g);

/* Where a sentence quotes what was given, and that is none of what there is: adds what it is near to. `s` may
 * have no ledger. */
void values_hint(struct error *e, const struct cli_command *c, struct service *s, struct arena *a);

#endif
