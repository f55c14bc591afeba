/* SPDX-License-Identifier: MIT */
/* carried.h - reports/'s own: what the items of accounts stand for in the functional currency. An item (an
 * invoice's receivable, a customer's credit, a gateway's cash …) keeps the amount that it was booked at, and
 * what settles a part of it takes that part of it away; the last takes all that is left. Source: IAS 21
 * paragraphs 21 and 28. */
#ifndef DAYBOOK_REPORTS_CARRIED_H
#define DAYBOOK_REPORTS_CARRIED_H

#include "ledger/book.h"

struct carried_key {
    enum account account;
    uint64_t customer, invoice, detail; /* 0: the account is not kept by it */
    char currency[4];
};
/* Minor units, debits above nothing. */
struct carried {
    struct carried_key key;
    int64_t own, functional;
    bool in_use;
};
/* Items with nothing left are dropped as it grows, so that there are never more than twice those that have.
 */
struct carried_items {
    struct carried *slots;
    size_t capacity, count;
};

/* Room for so many more: what carried_find has given stays where it is until then. */
void carried_reserve(struct carried_items *all, size_t more);
struct carried *carried_find(struct carried_items *all, const struct carried_key *key);
void carried_free(struct carried_items *all);

/* Posts `own` to the item, which is `functional` by the rate of the day. *adjust is what has to be added to
 * that, so that what it settles leaves at what it stood for. */
enum err carried_post(int64_t *adjust, struct carried *c, int64_t own, int64_t functional,
                      struct error *e) MUST_USE;

#endif
