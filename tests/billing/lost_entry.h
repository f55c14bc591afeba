/* SPDX-License-Identifier: MIT */
/* lost_entry.h - a ledger whose views have lost something, as by a bad disk. */
#ifndef DAYBOOK_TESTS_BILLING_LOST_ENTRY_H
#define DAYBOOK_TESTS_BILLING_LOST_ENTRY_H

#include "ledger/ledger.h"

struct lost_entry {
    struct view_key key;
    struct bytes value;
};
/* The first entry of the journal's index; and back again. */
struct lost_entry lose_an_entry(struct ledger *l);
void put_entry_back(struct ledger *l, const struct lost_entry *r);

#endif
