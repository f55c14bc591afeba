/* SPDX-License-Identifier: MIT */
/* books.h - projections/'s own: the journal by day, what is earned from month to month, and what is closed.
 */
#ifndef DAYBOOK_PROJECTIONS_BOOKS_H
#define DAYBOOK_PROJECTIONS_BOOKS_H

#include "projections/fold.h"

/* First day that is open; none: no month is closed. */
enum err books_open_from(struct date *out, struct views_txn *t, struct error *e) MUST_USE;

/* All accounts with a balance at the end of a day; gather_books.c. */
enum err closing_balances(const struct closing_balance **out, size_t *count, struct views_txn *t,
                          struct date through, struct arena *a, struct error *e) MUST_USE;

/* What earnings change in the accounts of one product (or usage type) and currency. */
struct earned_position {
    int64_t deferred, accrued, revenue; /* minor units, debits above nothing */
};
/* One month after the other, or the parts of them that were asked for. */
struct earned_series {
    struct str detail;
    char currency[4];
    struct earned_position opening; /* at the end of the day before the first that was asked for */
    struct earned_position *months; /* what each one changed; months_count of struct earned_months */
};
struct earned_months {
    struct date first; /* of the first month, or the first day that was asked for in it */
    struct date through;
    size_t months_count;
    struct earned_series *series; /* by currency, then detail */
    size_t series_count, series_capacity;
    struct arena *arena;
};
/* The month's last day, or the last that was asked for in it. */
struct date earned_month_end(const struct earned_months *m, size_t month);

/* Of the days of a query. With a customer his documents are read from the log. */
enum err earned_months(struct earned_months *out, struct views_txn *t, struct ledger *l,
                       const struct book_query *q, struct arena *a, struct error *e) MUST_USE;

/* Entries of the journal by their day and record: a key without value but the first day that was open then.
 * At most `capacity` of those on or behind `next`, which moves behind the last. */
struct journal_place {
    struct date date;
    uint64_t seq;
    uint32_t number; /* of the event in its record, from 0 */
    struct date open_from;
};
enum err journal_places(struct journal_place *out, size_t *count, size_t capacity, struct journal_place *next,
                        struct views_txn *t, const struct book_query *q, struct error *e) MUST_USE;

#endif
