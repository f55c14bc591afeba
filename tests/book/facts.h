/* SPDX-License-Identifier: MIT */
/* facts.h - facts made by hand for the tests of decisions: a day, a catalog of four tiers, the customer
 * 'ann'. */
#ifndef DAYBOOK_TESTS_BOOK_FACTS_H
#define DAYBOOK_TESTS_BOOK_FACTS_H

#include "ledger/book.h"
#include "tests/lib/fixture.h"

struct money usd(int64_t cents);
const struct catalog *catalog(void);
struct facts facts_on(const char *today);
void subscribe(struct facts *f, const char *tier, enum interval_unit unit, int64_t cents, const char *from,
               const char *to);
const struct event *find(const struct decision *d, enum event_type type, size_t nth);
struct command update_to(const char *tier);
struct decision decided(const struct facts *f, const struct command *c);
struct command create(const char *tier, const char *token);
void paid_with(struct facts *f, int64_t cents);
/* A grant of prepaid credit to the customer 1, a gift; "": it does not expire, is for everything. */
struct wallet_grant grant(uint64_t number, int64_t left, uint64_t priority, const char *expires,
                          const char *scope);
/* "1:500 3:20": which grant paid how many cents, in order. */
struct str paid(const struct invoice_finalized *d);

#endif
