/* SPDX-License-Identifier: MIT */
/* listing.h - projections/'s own: one way to walk rows for somebody who asked for a list. A row is first read
 * into memory that is used again for the next; only what passes the query's filter comes to the caller's
 * arena. */
#ifndef DAYBOOK_PROJECTIONS_LISTING_H
#define DAYBOOK_PROJECTIONS_LISTING_H

#include "projections/rows.h"

struct listing {
    const struct list_query *q;
    struct views_txn *t;
    const struct schema *schema;
    void *row; /* of the schema's size */
    bool (*is_wanted)(const struct list_query *q, const void *row);
    enum err (*give)(const struct listing *l, struct error *e); /* hands `row` to the caller's visitor */
    union {
        customer_row_fn *customer;
        subscription_row_fn *subscription;
        invoice_row_fn *invoice;
        transaction_row_fn *transaction;
        history_row_fn *history;
        reminder_row_fn *reminder;
        webhook_row_fn *webhook;
        dispute_row_fn *dispute;
        imported_row_fn *imported;
    } visitor;
    void *context;
    struct arena *arena;
    enum space space;             /* list_indexed: where the rows are */
    const struct view_key *place; /* the key of the row q->after; NULL: the prefix and its number */
    /* Its own. */
    struct arena *scratch;
    uint64_t given;
};

/* The values behind the keys that start with `prefix` are the rows. */
enum err list_values(struct listing *l, const struct view_key *prefix, bool backwards,
                     struct error *e) MUST_USE;
/* The last eight bytes of those keys are the numbers of the rows. */
enum err list_indexed(struct listing *l, const struct view_key *prefix, bool backwards,
                      struct error *e) MUST_USE;

/* Is the day within the query's days? */
bool is_within(const struct list_query *q, struct date day);

/* The numbers at the ends of the keys that start with `prefix`; at most `limit`, 0: all. */
enum err list_numbers(struct numbers *out, struct views_txn *t, const struct view_key *prefix, bool backwards,
                      size_t limit, struct arena *a, struct error *e) MUST_USE;

#endif
