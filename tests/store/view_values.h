/* SPDX-License-Identifier: MIT */
/* view_values.h - short words for the tests of the views: values are texts, keys a space and a number. */
#ifndef DAYBOOK_TESTS_STORE_VIEW_VALUES_H
#define DAYBOOK_TESTS_STORE_VIEW_VALUES_H

#include "tests/store/ledgers.h"

/* Views in the folder "ledger" of the test's. */
struct views_options view_options(const struct master_key *k);
struct views *views_opened(const struct views_options *o, bool wanted_fresh);
struct views_txn *begun(struct views *v, bool write);

struct view_key key_u64(uint8_t space, uint64_t n);
void put(struct views_txn *t, uint8_t space, uint64_t n, const char *text);
const char *get(struct views_txn *t, uint8_t space, uint64_t n); /* NULL: there is none */
void set_seq(struct views_txn *t, uint64_t seq);

/* One value (1, 7: "seven") and a cursor (42), committed; and that they are there. */
void fill(struct views *v);
void assert_filled(struct views *v);

/* "|" and the values of a scan, put together; stop_after 0: to its end. */
const char *scanned(struct views_txn *t, struct view_key from, size_t prefix, bool backwards,
                    size_t stop_after);
struct hash digest_of(struct views *v, uint64_t *entries);

#define assert_value(t, space, n, wanted) assert_str(str_of(get((t), (space), (n))), (wanted))

#endif
