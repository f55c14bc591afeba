/* SPDX-License-Identifier: MIT */
/* office.h - a small billing office for the tests of runs and reports: a ledger in the test's folder with a
 * clock that stands still, a catalog, a seller, and a till that answers as it is told. */
#ifndef DAYBOOK_TESTS_REPORTS_OFFICE_H
#define DAYBOOK_TESTS_REPORTS_OFFICE_H

#include "reports/reports.h"
#include "tests/lib/fixture.h"

struct till {
    uint64_t asked; /* charges that reached it */
    bool is_silent; /* it takes what it is asked and does not answer */
};
struct office {
    struct ledger *l;
    struct frozen_clock clock;
    struct till till;
    struct gateway gateway; /* called "till"; the token pm_declined is declined, pm_tells_card too with the
                               card's number, pm_slow stays in process, any other pays */
};

/* The ledger NAME in the test's folder; tiers free, basic ($29, 2900 JPY, 8.500 KWD a month) and pro ($99).
 * It stays open. */
void office_open(struct office *o, const char *name, const char *today);
void office_close(struct office *o);

/* One command, which must succeed; its outcome. */
struct outcome office_do(struct office *o, const struct command *c);
void office_subscribe(struct office *o, const char *user, const char *tier, const char *currency,
                      const char *token);
/* A document of what is next, which nobody is asked to pay yet. */
void office_invoice(struct office *o, const char *user);
void office_use(struct office *o, const char *user, int64_t api_calls, const char *at);
void office_add_item(struct office *o, const char *user, const char *description, const char *amount);
/* Ten customers u0…u9 of several tiers and currencies, with usage beyond the quota and items. */
void office_fill(struct office *o);

/* The run of a date, made at its midnight; files go to OUT in the test's folder, unless that is NULL. */
struct run_options office_options(struct office *o, const char *through, const char *out);
struct run_summary office_run(struct office *o, const char *through, const char *out);

uint64_t office_records(struct office *o);      /* in the log */
uint64_t office_transactions(struct office *o); /* payments and refunds that were asked for */
/* A file of an OUT folder. */
struct str office_read(const char *out, const char *name);
/* Everything but the PDFs is the same in both folders. */
void assert_same_files(const char *one, const char *other);
size_t files_in(const char *folder); /* hidden ones of ours too */
struct str sha256_of(struct str content);

/* The sum of a column of a CSV without quotes, as a decimal; rows where column `where` is not `is` are left
 * out. */
struct decimal column_sum(struct str csv, const char *column, const char *where, const char *is);
size_t count_rows(struct str csv); /* without the header */
/* The cell of a row (from 1), "" outside. */
struct str cell(struct str csv, size_t row, const char *column);

#endif
