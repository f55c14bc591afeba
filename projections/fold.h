/* SPDX-License-Identifier: MIT */
/* fold.h - projections/'s own: the folds that projections.def lists, and the few things that one projection
 * asks of another. */
#ifndef DAYBOOK_PROJECTIONS_FOLD_H
#define DAYBOOK_PROJECTIONS_FOLD_H

#include "projections/rows.h"

#define PROJECTION(name, version)                                                                      \
    enum err fold_##name(struct views_txn *t, const struct event *ev, const struct event_place *place, \
                         struct arena *a, struct error *e) MUST_USE;
#include "projections/projections.def"
#undef PROJECTION

/* counters.c: the next numbers, all 1 in an empty ledger. */
enum err key_generation(uint64_t *out, struct views_txn *t, struct error *e) MUST_USE;
enum err counters_get(struct counters *out, struct views_txn *t, struct arena *a, struct error *e) MUST_USE;

/* catalog.c: a version that exists, decoded once for the transaction. */
enum err catalog_kept(const struct catalog **out, struct views_txn *t, uint64_t version,
                      struct error *e) MUST_USE;

/* series.c: as last left; last_serial 0 for a new one. The name is the caller's. */
enum err series_get(struct series *out, struct views_txn *t, struct str name, struct arena *a,
                    struct error *e) MUST_USE;
/* The invoice that a document number means, if it means any; 0 otherwise. Whether it bears that number is the
 * caller's to see. */
enum err series_find(uint64_t *out, struct views_txn *t, struct str number, struct error *e) MUST_USE;

/* methods.c, alerts.c: all of a customer's, removed ones too. */
enum err methods_get(struct method_list *out, struct views_txn *t, uint64_t customer, struct arena *a,
                     struct error *e) MUST_USE;
/* methods.c: one of them, also when it was removed; method 0 when there is none. */
enum err method_get(struct method *out, struct views_txn *t, uint64_t customer, uint64_t method,
                    struct arena *a, struct error *e) MUST_USE;
enum err alerts_get(struct alert_list *out, struct views_txn *t, uint64_t customer, struct arena *a,
                    struct error *e) MUST_USE;

/* coupons.c: those that the customer has in force, by redemption number. */
enum err coupons_get(struct coupon_list *out, struct views_txn *t, uint64_t customer, struct arena *a,
                     struct error *e) MUST_USE;
/* wallet.c: grants with something left, by number; and how many there are. */
enum err wallet_get(struct wallet_grant **out, size_t *count, struct views_txn *t, uint64_t customer,
                    struct arena *a, struct error *e) MUST_USE;
/* These, whatever is left of them. */
enum err grants_get(struct wallet_grant *out, struct views_txn *t, uint64_t customer,
                    const struct numbers *wanted, struct arena *a, struct error *e) MUST_USE;
enum err open_grants_count(uint64_t *out, struct views_txn *t, uint64_t customer, struct arena *a,
                           struct error *e) MUST_USE;

/* usage.c */
/* Totals of the periods that start on `from` or later. */
enum err usage_since(struct usage_total **out, size_t *count, struct views_txn *t, uint64_t customer,
                     struct date from, struct arena *a, struct error *e) MUST_USE;
/* The same, and behind them the levels of before, as totals without a period: of usage types that are
 * weighted by time, by the catalog or by what was counted since. */
enum err usage_with_levels(struct usage_total **out, size_t *count, struct views_txn *t, uint64_t customer,
                           struct date from, const struct catalog *catalog, struct arena *a,
                           struct error *e) MUST_USE;
/* The level of now; nothing where there is none. */
enum err usage_level_now(struct decimal *out, struct views_txn *t, uint64_t customer, struct str usage_type,
                         struct arena *a, struct error *e) MUST_USE;
/* Whether the customer ever used something that was weighted by time. */
enum err usage_has_levels(bool *out, struct views_txn *t, uint64_t customer, struct error *e) MUST_USE;

/* windows.c: rows by days of a subscription, and the lines that billed them: those that `wanted` tells, in
 * `space`. */
struct window_place {
    uint64_t customer, subscription;
    struct date from, to;
};
struct view_key window_key(enum space space, const struct window_place *p);
typedef bool charges_fn(const struct line *l);
enum err window_charges_fold(struct views_txn *t, enum space space, charges_fn *wanted,
                             const struct event *ev, struct arena *a, struct error *e) MUST_USE;
enum err window_charges_get(struct window_charges *out, struct views_txn *t, enum space space,
                            const struct window_place *p, struct arena *a, struct error *e) MUST_USE;
/* Notes what an approved correction gives back of the lines that billed its days. */
enum err window_charges_note_rerated(struct views_txn *t, enum space space, uint64_t customer,
                                     const struct rerated_line *l, struct arena *a, struct error *e) MUST_USE;

/* commitments.c: the customer's that were counted up, by first day; of one subscription, or of all (0). */
enum err commitments_get(struct billed_commitment **out, size_t *count, struct views_txn *t,
                         uint64_t customer, uint64_t subscription, struct arena *a, struct error *e) MUST_USE;

/* readings.c */
/* Where a reading stands: the record that counted it, and which of that record's readings it is. */
struct reading_place {
    uint64_t seq;
    size_t place;
};
/* Whether a key was counted for a usage type in a customer's period. */
struct counted_key {
    uint64_t customer;
    struct date period;
    struct str usage_type, key;
};
enum err usage_key_seen(bool *seen, struct views_txn *t, const struct counted_key *c, struct arena *a,
                        struct error *e) MUST_USE;
/* Looking for event ids one after the other; begins as {.t = t}. */
struct event_ids {
    struct views_txn *t;
    struct str group; /* of the one before, with its mac */
    uint32_t group_mac;
};
enum err event_id_find(bool *found, struct reading_place *out, struct event_ids *ids, struct str event_id,
                       struct error *e) MUST_USE;
enum err event_ids_keep(struct views_txn *t, const struct usage_recorded *v, uint64_t seq,
                        struct error *e) MUST_USE;
/* Where a reading is that is named by its event id, or by its place in the log, "7/0": the record that
 * counted it, and which of its readings it is. A place is found whether or not there is a reading. */
enum err reading_find(bool *found, struct reading_place *out, struct event_ids *ids, struct str name,
                      struct error *e) MUST_USE;
/* What has become of the reading with that name, or at that place. */
enum err reading_state(bool *found, struct counted_reading *out, struct views_txn *t, struct str name,
                       struct arena *a, struct error *e) MUST_USE;
enum err reading_state_at(struct counted_reading *out, struct views_txn *t, struct reading_place at,
                          struct arena *a, struct error *e) MUST_USE;
enum err reading_state_put(struct views_txn *t, const struct usage_corrected *v, struct error *e) MUST_USE;
/* A reading has its key, or has it no more. */
enum err key_keep(bool *is_new, struct views_txn *t, const struct reading *r, struct arena *a,
                  struct error *e) MUST_USE;
enum err key_release(bool *was_last, struct views_txn *t, const struct reading *r, struct arena *a,
                     struct error *e) MUST_USE;
/* Readings of usage types of which the largest or the last counts are kept, so that one can be taken away. */
enum err single_put(struct views_txn *t, const struct reading *r, struct reading_place at,
                    struct error *e) MUST_USE;
enum err single_forget(struct views_txn *t, const struct reading *r, struct reading_place at,
                       struct error *e) MUST_USE;
/* The total of those that are kept of the same customer, period and usage type as `like`. */
enum err singles_count(struct usage_total *total, struct views_txn *t, const struct reading *like,
                       struct arena *a, struct error *e) MUST_USE;

/* windows.c: those of a customer that are wanted, with their charges, by first day; and his totals since the
 * first of them, levels included. */
enum err windows_get(struct billed_window **out, size_t *count, struct views_txn *t,
                     const struct window_query *q, struct arena *a, struct error *e) MUST_USE;
/* What was charged of the usage period that a subscription has open. */
enum err window_open_charges(struct window_charges *out, struct views_txn *t, const struct subscription *s,
                             struct arena *a, struct error *e) MUST_USE;
/* The one that holds a day: of the subscription that is asked for, or else of any of the customer's. */
enum err window_on(bool *found, struct usage_window *out, struct views_txn *t, const struct window_query *q,
                   struct date day, struct arena *a, struct error *e) MUST_USE;
enum err windows_usage(struct usage_total **out, size_t *count, struct views_txn *t,
                       const struct billed_window *windows, size_t windows_count, struct arena *a,
                       struct error *e) MUST_USE;

/* reratings.c: the customer's that waits; 0: there is none. */
enum err rerating_open(uint64_t *out, struct views_txn *t, uint64_t customer, struct error *e) MUST_USE;

/* drafts.c: the customer's open draft; whose draft a name means (draft_7, or a user id), 0: nobody's. */
enum err draft_of(bool *found, struct draft *out, struct views_txn *t, uint64_t customer, struct arena *a,
                  struct error *e) MUST_USE;
enum err draft_customer(uint64_t *customer, struct views_txn *t, struct str name, struct error *e) MUST_USE;

/* movements.c */
enum err gateway_bound_get(bool *found, struct gateway_bound *out, struct views_txn *t, struct str gateway,
                           struct arena *a, struct error *e) MUST_USE;

/* items.c */
enum err pending_get(struct pending_items *out, struct views_txn *t, uint64_t customer, struct arena *a,
                     struct error *e) MUST_USE;

/* invoices.c: takes from *left what of it can be given back on the invoice; conceded: no credit note stands
 * for it. */
enum err invoice_give_back(struct views_txn *t, uint64_t invoice, struct money *left, bool conceded,
                           struct arena *a, struct error *e) MUST_USE;
/* The other way round, when what was given back came back. */
enum err invoice_take_back(struct views_txn *t, uint64_t invoice, struct money *left, bool conceded,
                           struct arena *a, struct error *e) MUST_USE;

/* transactions.c: completed payments with something left to refund, newest first. */
enum err refundable_get(struct transaction **out, size_t *count, struct views_txn *t, uint64_t customer,
                        struct arena *a, struct error *e) MUST_USE;

/* balances.c: what the event does to the balances of its customer, and to his open invoices. */
enum err balances_change(struct customer *c, const struct event *ev, struct arena *a,
                         struct error *e) MUST_USE;
enum err open_invoices_change(struct customer_row *row, const struct event *ev, struct arena *a,
                              struct error *e) MUST_USE;

/* What is asked of a payment method, until it is answered. */
void pending_payments_change(struct customer_row *row, const struct event *ev, struct instant at,
                             struct arena *a);

/* wallet.c: the first day on which some grant expires; none when none ever does. */
struct date wallet_expiry(const struct wallet_grant *grants, size_t count);
/* due.c: called by the folds that move a customer's date. `before` is NULL for a new subscription. */
enum err due_subscription(struct views_txn *t, const struct subscription *before,
                          const struct subscription *after, struct arena *a, struct error *e) MUST_USE;
enum err due_invoices(struct views_txn *t, const struct customer_row *before,
                      const struct customer_row *after, struct error *e) MUST_USE;
enum err due_collection(struct views_txn *t, const struct customer_row *before,
                        const struct customer_row *after, struct error *e) MUST_USE;
/* The customer's subscriptions that have not ended, by number. */
enum err live_get(struct numbers *out, struct views_txn *t, uint64_t customer, struct arena *a,
                  struct error *e) MUST_USE;
/* The first day on which prepaid credit expires, before and after; none: it never does. */
enum err due_wallet(struct views_txn *t, uint64_t customer, struct date before, struct date after,
                    struct error *e) MUST_USE;
enum err due_items(struct views_txn *t, uint64_t customer, const struct pending_items *before,
                   const struct pending_items *after, struct error *e) MUST_USE;

/* customers.c: who stands behind a user id; customer 0 when nobody does. Decodes no row. */
struct user_entry {
    uint64_t customer, subscription; /* the newest; 0: never had one */
    struct str timezone;             /* "": UTC */
    bool erased;
};
enum err user_get(struct user_entry *out, struct views_txn *t, struct str user, struct error *e) MUST_USE;
enum err customer_row_load(struct customer_row *out, struct views_txn *t, uint64_t customer, struct arena *a,
                           struct error *e) MUST_USE; /* ERR_NOT_FOUND */

/* runs.c: the newest run through a date; 0: there is none. */
enum err run_newest(uint64_t *out, struct views_txn *t, struct date through, struct error *e) MUST_USE;

#endif
