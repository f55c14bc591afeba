/* SPDX-License-Identifier: MIT */
/* shop.h - a ledger to import into: made in the test's folder, with the example catalog loaded. */
#ifndef DAYBOOK_TESTS_IMPORTERS_SHOP_H
#define DAYBOOK_TESTS_IMPORTERS_SHOP_H

#include "importers/importers.h"
#include "tests/importers/files.h"

/* Opens the ledger, new or again; the clock stands at `now`. */
struct ledger *shop_open(const char *now);
void shop_close(struct ledger *l);

/* Imports a text, as a file of that name in the test's folder. */
struct taken {
    enum err err;
    struct import_report report;
};
struct taken take(struct ledger *l, const char *importer, const char *file, struct str text);
struct taken take_strictly(struct ledger *l, const char *importer, const char *file, struct str text);
struct taken take_path(struct ledger *l, const char *importer, const char *path, bool strict);
void assert_counts(struct taken t, uint64_t rows, uint64_t accepted, uint64_t duplicates, uint64_t rejected);

/* A customer without a subscription. */
void shop_customer(struct ledger *l, const char *user);
/* What a usage type of a customer adds up to in the month of `day`. */
struct str shop_usage(struct ledger *l, const char *user, const char *usage_type, const char *month);
uint64_t shop_records(struct ledger *l);
/* The newest of a customer; its number is 0 where there is none. */
struct subscription shop_subscription(struct ledger *l, const char *user);

#endif
