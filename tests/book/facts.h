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

#endif
