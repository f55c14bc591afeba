/* SPDX-License-Identifier: MIT */
/* rows.h - projections/'s own: the keys, the rows that are not records of the book, and how folds and queries
 * get at them. What was read lives in the arena, texts too: facts become events, and the fold of the first
 * may put the very row that the second took its words from. */
#ifndef DAYBOOK_PROJECTIONS_ROWS_H
#define DAYBOOK_PROJECTIONS_ROWS_H

#include "projections/projections.h"

enum space {
#define SPACE(NAME, byte) SPACE_##NAME = byte,
#include "projections/spaces.def"
#undef SPACE
};

struct view_key key_number(enum space space, uint64_t number);
struct view_key key_pair(enum space space, uint64_t first, uint64_t second);
struct view_key key_text(enum space space, struct views_txn *t, struct str text);

/* ERR_NOT_FOUND, without a sentence worth showing, when it is missing. */
enum err row_get(void *row, const struct schema *s, struct views_txn *t, const struct view_key *k,
                 struct arena *a, struct error *e) MUST_USE;
/* A row that may be missing: *found tells. */
enum err row_find(bool *found, void *row, const struct schema *s, struct views_txn *t,
                  const struct view_key *k, struct arena *a, struct error *e) MUST_USE;
/* A row that an event refers to: ERR_TAMPERED, with the word and number, when it is missing. */
enum err row_need(void *row, const struct schema *s, struct views_txn *t, const struct view_key *k,
                  const char *word, uint64_t number, struct arena *a, struct error *e) MUST_USE;
/* A row that somebody asks for: ERR_NOT_FOUND, "no invoice inv_12" with what = "invoice inv_", when it is
 * missing. */
enum err row_load(void *row, const struct schema *s, struct views_txn *t, const struct view_key *k,
                  const char *what, uint64_t number, struct arena *a, struct error *e) MUST_USE;
enum err mark_put(struct views_txn *t, const struct view_key *k,
                  struct error *e) MUST_USE; /* a key with nothing behind it */
enum err mark_find(bool *found, struct views_txn *t, const struct view_key *k, struct error *e) MUST_USE;

/* A value that is one number; 0 when the key is missing. */
enum err number_get(uint64_t *out, struct views_txn *t, const struct view_key *k, struct error *e) MUST_USE;
enum err number_put(struct views_txn *t, const struct view_key *k, uint64_t number, struct error *e) MUST_USE;

/* Values that are nothing but numbers, eight bytes each. */
struct numbers {
    uint64_t *items;
    size_t count, capacity;
};
enum err numbers_get(struct numbers *out, struct views_txn *t, const struct view_key *k, struct arena *a,
                     struct error *e) MUST_USE; /* none when the key is missing */
/* Without numbers the key is deleted. */
enum err numbers_put(struct views_txn *t, const struct view_key *k, const struct numbers *n, struct arena *a,
                     struct error *e) MUST_USE;
void numbers_add(struct numbers *n, uint64_t number, struct arena *a);
bool numbers_remove(struct numbers *n, uint64_t number); /* false: it was not there */
/* The number that stands `from_end` bytes before the end of a key. */
uint64_t key_tail(struct bytes key, size_t from_end);

/* ---- rows ---- */

struct tally {
    uint64_t active_subscriptions, readings;
};
struct method_list {
    const struct method *methods;
    size_t methods_count;
};
struct alert_list {
    const struct alert *alerts;
    size_t alerts_count;
};
struct coupon_list { /* of a customer, in force, by redemption number */
    const struct redemption *coupons;
    size_t coupons_count;
};
struct pending_item {
    uint64_t item;
    struct date due; /* as the item's */
};
struct pending_items {
    const struct pending_item *items;
    size_t items_count;
};
struct usage_row { /* of one customer and usage period */
    const struct usage_total *totals;
    size_t totals_count;
};
struct usage_level { /* where the changes of a usage type that is weighted by time have led, of all periods */
    struct str usage_type;
    struct decimal level;
};
struct level_list {
    const struct usage_level *levels;
    size_t levels_count;
};
struct single_reading { /* as much of it as its aggregation asks for */
    struct decimal quantity;
    struct instant at;
};
struct window_charges { /* of a window, oldest first */
    const struct window_charge *charges;
    size_t charges_count;
};
struct customer_row {
    struct customer customer;
    const struct open_invoice *open; /* oldest first */
    size_t open_count;
    const struct pending_payment *pending; /* oldest first */
    size_t pending_count;
};
struct series_row {
    struct series series;
    uint64_t last_invoice; /* that bears last_serial */
};
struct run_row {
    struct run run;
    uint64_t first_invoice, last_invoice; /* among these numbers are the run's; 0: it has none */
};
extern const struct schema row_imported_total;
extern const struct schema row_tally, row_methods, row_alerts, row_coupons, row_pending_items, row_usage,
    row_levels, row_single_reading, row_window_charges, row_customer, row_series, row_run;

#endif
