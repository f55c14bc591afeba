/* SPDX-License-Identifier: MIT */
/* projections.h - the door of projections/: state folded from events, the facts that decisions are given, and
 * the questions that reports and doors ask. Everything here can be dropped and is rebuilt from the log, byte
 * for byte. It never decides. */
#ifndef DAYBOOK_PROJECTIONS_PROJECTIONS_H
#define DAYBOOK_PROJECTIONS_PROJECTIONS_H

#include "ledger/ledger.h"

/* All projections and the gathering of facts: what struct ledger_options wants. */
extern const struct ledger_state daybook_state;

/* Public ids are a word and a number: cus_12, sub_7, inv_100, txn_41, item_3, run_2, pm_… are the gateway's.
 */
struct str public_id(struct arena *a, const char *word, uint64_t number);
enum err public_id_parse(uint64_t *out, const char *word, struct str text, struct error *e) MUST_USE;

/* Single things. ERR_NOT_FOUND with a sentence: "no customer 'u1'", "no subscription for 'u1'". */
enum err find_customer(struct customer *out, struct views_txn *t, struct str user, struct arena *a,
                       struct error *e) MUST_USE;
enum err load_customer(struct customer *out, struct views_txn *t, uint64_t customer, struct arena *a,
                       struct error *e) MUST_USE;
/* The customer's time zone. ERR_INVALID: this machine's data do not have it. Never for folds: see
 * ledger/base/zone.h. */
enum err customer_zone(const struct zone **out, struct zones *z, const struct customer *c,
                       struct error *e) MUST_USE;
/* The customer's data as they were in that version; for documents already issued. */
enum err load_customer_version(struct customer *out, struct views_txn *t, uint64_t customer, uint64_t version,
                               struct arena *a, struct error *e) MUST_USE;
enum err load_seller(struct seller *out, struct views_txn *t, uint64_t version, struct arena *a,
                     struct error *e) MUST_USE; /* 0: newest */
/* What one unit of a currency was worth in another: the newest rate that was given for that day or one
 * before; how old it may be is for the caller to say. */
enum err load_exchange_rate(bool *found, struct exchange_rate *out, struct views_txn *t,
                            const struct currency_pair *pair, struct date on, struct arena *a,
                            struct error *e) MUST_USE;
/* The same of every currency that has rates in this one. */
enum err load_exchange_rates_to(struct exchange_rate **out, size_t *count, struct views_txn *t, struct str to,
                                struct date on, struct arena *a, struct error *e) MUST_USE;
/* All of them, pair by pair, the newest of each first. Rows are in the arena. */
typedef enum err exchange_rate_fn(void *context, const struct exchange_rate *row, struct error *e);
enum err list_exchange_rates(struct views_txn *t, exchange_rate_fn *give, void *context, struct arena *a,
                             struct error *e) MUST_USE;
/* The record of a document's issue in a fiscal chain; not found: it is in none. */
enum err load_fiscal(bool *found, struct fiscal_recorded *out, struct views_txn *t, uint64_t invoice,
                     struct arena *a, struct error *e) MUST_USE;
/* *last is the last record of the chain that its own chain, issuer and series name; it stays where there is
 * none. */
enum err fiscal_chain_last(bool *found, struct fiscal_recorded *last, struct views_txn *t, struct arena *a,
                           struct error *e) MUST_USE;
/* The seller's logo as the file was, in the arena; empty: he has none. */
enum err load_logo(struct bytes *out, struct views_txn *t, const struct seller *s, struct arena *a,
                   struct error *e) MUST_USE;
enum err load_catalog(struct catalog *out, struct views_txn *t, uint64_t version, struct arena *a,
                      struct error *e) MUST_USE; /* 0: newest */
/* The version in force on a date, as is known now, of those up to `newest` (0: of all); 0: none. A version
 * begins on its first day, or when it was loaded if that is later, and of those whose first day has come the
 * last to begin is in force: the newer one, if two begin on one day. Without a first day it counts at once,
 * also where the date is still yesterday. */
enum err catalog_in_force(uint64_t *version, struct views_txn *t, struct date on, uint64_t newest,
                          struct arena *a, struct error *e) MUST_USE;
/* The one that was in force on a date, as was known then. ERR_NOT_FOUND: none had begun. */
enum err load_catalog_on(struct catalog *out, struct views_txn *t, struct date on, struct arena *a,
                         struct error *e) MUST_USE;
struct date catalog_first_day(const struct catalog *c); /* given, or that of the loading if that is later */
enum err load_subscription(struct subscription *out, struct views_txn *t, uint64_t subscription,
                           struct arena *a, struct error *e) MUST_USE;
/* The customer's subscriptions that have not ended, by number. */
enum err live_subscriptions(struct subscription **out, size_t *count, struct views_txn *t, uint64_t customer,
                            struct arena *a, struct error *e) MUST_USE;
/* The one that is meant by an id ("sub_7"), or without one: the only live plan, the oldest of several, or the
 * newest subscription when none is live. ERR_NOT_FOUND: "no subscription for 'u1'". */
enum err find_subscription(struct subscription *out, struct views_txn *t, struct str user, struct str id,
                           struct arena *a, struct error *e) MUST_USE;
enum err load_invoice(struct invoice *out, struct views_txn *t, uint64_t invoice, struct arena *a,
                      struct error *e) MUST_USE;
/* Was a document made into a file of these bytes, by its hash? */
enum err was_issued_at_all(bool *yes, struct views_txn *t, uint64_t invoice, struct error *e) MUST_USE;
enum err was_issued(bool *yes, struct views_txn *t, const struct issued_file *file, struct error *e) MUST_USE;
/* The file that was noted first of those that a document was made into in this form. */
enum err first_issued(bool *found, struct issued_file *out, struct views_txn *t, uint64_t invoice,
                      enum document_form form, struct error *e) MUST_USE;
/* By public id (inv_12) or document number (INV-2025-000001). */
enum err find_invoice(struct invoice *out, struct views_txn *t, struct str id_or_number, struct arena *a,
                      struct error *e) MUST_USE;
enum err load_transaction(struct transaction *out, struct views_txn *t, uint64_t transaction, struct arena *a,
                          struct error *e) MUST_USE;
enum err load_run(struct run *out, struct views_txn *t, uint64_t run, struct arena *a,
                  struct error *e) MUST_USE;
/* Runs through a date, oldest first. */
enum err runs_through(struct run **out, size_t *count, struct views_txn *t, struct date through,
                      struct arena *a, struct error *e) MUST_USE;

/* Fills in what the log knows of what a command names: of a correction, the reading with that event id. What
 * is not found stays empty, and refusing is left to the decision. For every door, before it runs a command.
 */
enum err complete_command(struct command *c, struct ledger *l, struct arena *a, struct error *e) MUST_USE;

/* Lists: a visitor a row, in the order told; limit 0 = all. ERR_NOT_FOUND from the visitor ends it with OK.
 * Rows live in the arena given, which a visitor that streams may reset after each row. */
typedef enum err customer_row_fn(void *context, const struct customer *row, struct error *e);
typedef enum err subscription_row_fn(void *context, const struct subscription *row, struct error *e);
typedef enum err invoice_row_fn(void *context, const struct invoice *row, struct error *e);
typedef enum err transaction_row_fn(void *context, const struct transaction *row, struct error *e);
typedef enum err history_row_fn(void *context, const struct history *row, struct error *e);
typedef enum err number_fn(void *context, uint64_t number, struct error *e);

struct list_query {
    uint64_t customer;    /* 0: all customers */
    struct date from, to; /* inclusive billing dates (transactions: UTC date); none: open */
    uint64_t limit;
    uint64_t after;        /* only rows behind this one, by its number, in the order of the list; 0: all */
    int status;            /* a value of the list's status choice; -1: all */
    struct date erase_due; /* customers: only those whose rest may be erased on that day; none: all */
};
enum err list_customers(struct views_txn *t, const struct list_query *q, customer_row_fn *row, void *context,
                        struct arena *a, struct error *e) MUST_USE; /* by number */
enum err list_subscriptions(struct views_txn *t, const struct list_query *q, subscription_row_fn *row,
                            void *context, struct arena *a, struct error *e) MUST_USE; /* by number */
enum err list_invoices(struct views_txn *t, const struct list_query *q, invoice_row_fn *row, void *context,
                       struct arena *a, struct error *e) MUST_USE; /* newest first */
enum err list_run_invoices(struct views_txn *t, uint64_t run, invoice_row_fn *row, void *context,
                           struct arena *a, struct error *e) MUST_USE; /* by number */
enum err list_transactions(struct views_txn *t, const struct list_query *q, transaction_row_fn *row,
                           void *context, struct arena *a, struct error *e) MUST_USE; /* newest first */
/* What gateways sent. ERR_NOT_FOUND: there is none of that number. */
enum err load_webhook(struct webhook *out, struct views_txn *t, uint64_t webhook, struct arena *a,
                      struct error *e) MUST_USE;
enum err find_webhook(bool *found, struct webhook *out, struct views_txn *t, struct str event_id,
                      struct arena *a, struct error *e) MUST_USE;
/* Those that were not applied yet, in the order in which they came; at most `limit`, 0: all. */
enum err waiting_webhooks(struct webhook **out, size_t *count, struct views_txn *t, size_t limit,
                          struct arena *a, struct error *e) MUST_USE;
/* All that a gateway sent about what it calls so, in that order. */
enum err webhooks_about(struct webhook **out, size_t *count, struct views_txn *t, struct str reference,
                        struct arena *a, struct error *e) MUST_USE;
typedef enum err webhook_row_fn(void *context, const struct webhook *row, struct error *e);
enum err list_webhooks(struct views_txn *t, const struct list_query *q, webhook_row_fn *row, void *context,
                       struct arena *a, struct error *e) MUST_USE; /* newest first */
/* What was taken of another system, as it stood there when it was read last. By its name there; or what a
 * customer of ours is there. */
enum err find_imported(bool *found, struct object_imported *out, struct views_txn *t, struct str reference,
                       struct arena *a, struct error *e) MUST_USE;
enum err find_known_as(bool *found, struct object_imported *out, struct views_txn *t, uint64_t customer,
                       struct arena *a, struct error *e) MUST_USE;
enum err load_imported(struct object_imported *out, struct views_txn *t, uint64_t object, struct arena *a,
                       struct error *e) MUST_USE;
/* How far the last import came. */
enum err load_import_progress(bool *found, struct import_progressed *out, struct views_txn *t,
                              struct arena *a, struct error *e) MUST_USE;
/* Those of a kind, at most `capacity`, in the order in which they were taken first, behind the one at
 * `behind` (0: from the first on). */
struct imported_place {
    enum imported_kind kind;
    uint64_t object;
};
enum err imported_behind(struct object_imported **out, size_t *count, struct views_txn *t,
                         const struct imported_place *behind, size_t capacity, struct arena *a,
                         struct error *e) MUST_USE;
typedef enum err imported_row_fn(void *context, const struct object_imported *row, struct error *e);
/* Newest first, of one customer by their times there; the query's status is a kind. */
enum err list_imported(struct views_txn *t, const struct list_query *q, imported_row_fn *row, void *context,
                       struct arena *a, struct error *e) MUST_USE;
/* What the balance transactions of a month (UTC) and currency come to, and how much of it is an opening
 * balance here: all but what payments and refunds of this ledger moved. */
struct imported_total {
    struct date month; /* its first day */
    uint64_t transactions;
    struct money net, opened;
};
typedef enum err imported_total_fn(void *context, const struct imported_total *row, struct error *e);
enum err list_imported_totals(struct views_txn *t, imported_total_fn *row, void *context, struct arena *a,
                              struct error *e) MUST_USE; /* by currency, then month */
/* The customer whom a gateway calls so; 0: none. */
enum err customer_by_gateway(uint64_t *out, struct views_txn *t, struct str gateway_customer,
                             struct error *e) MUST_USE;
/* The payment or refund that a gateway calls so; 0: none. */
enum err transaction_by_reference(uint64_t *out, struct views_txn *t, struct str reference,
                                  struct error *e) MUST_USE;
/* Was this movement of a gateway's balance noted, by the gateway's name of it? */
enum err movement_is_known(bool *known, struct views_txn *t, struct str reference, struct error *e) MUST_USE;
/* Does the ledger's cash have it, for it was noted, or opened the balance when it was imported? */
enum err movement_is_booked(bool *booked, struct views_txn *t, struct str reference, struct arena *a,
                            struct error *e) MUST_USE;
/* How far the gateway's balance was held against the ledger without finding a difference; none: never. */
enum err reconciled_through(struct instant *out, struct views_txn *t, struct str gateway,
                            struct error *e) MUST_USE;
/* Payments and refunds that a gateway completed, by number, and that were not seen in its balance yet. */
enum err list_unconfirmed(uint64_t **out, size_t *count, struct views_txn *t, struct arena *a,
                          struct error *e) MUST_USE;
enum err find_dispute(bool *found, struct dispute *out, struct views_txn *t, struct str reference,
                      struct arena *a, struct error *e) MUST_USE;
typedef enum err dispute_row_fn(void *context, const struct dispute *row, struct error *e);
enum err list_disputes(struct views_txn *t, const struct list_query *q, dispute_row_fn *row, void *context,
                       struct arena *a, struct error *e) MUST_USE; /* newest first */
enum err list_history(struct views_txn *t, const struct list_query *q, history_row_fn *row, void *context,
                      struct arena *a, struct error *e) MUST_USE; /* oldest first */
typedef enum err reminder_row_fn(void *context, const struct reminder_due *row, struct error *e);
enum err list_reminders(struct views_txn *t, const struct list_query *q, reminder_row_fn *row, void *context,
                        struct arena *a, struct error *e) MUST_USE; /* by customer, oldest first */
/* Coupons in force, by redemption number. */
enum err list_coupons(struct redemption **out, size_t *count, struct views_txn *t, uint64_t customer,
                      struct arena *a, struct error *e) MUST_USE;
enum err list_methods(struct method **out, size_t *count, struct views_txn *t, uint64_t customer,
                      struct arena *a, struct error *e) MUST_USE; /* those not removed, by number */
/* The newest with that token, also when it was removed; method 0: there never was one. */
enum err find_method(struct method *out, struct views_txn *t, uint64_t customer, struct str token,
                     struct arena *a, struct error *e) MUST_USE;
enum err list_items(struct item **out, size_t *count, struct views_txn *t, uint64_t customer, struct arena *a,
                    struct error *e) MUST_USE; /* pending */
enum err list_alerts(struct alert **out, size_t *count, struct views_txn *t, uint64_t customer,
                     struct arena *a, struct error *e) MUST_USE; /* those not removed, by number */
/* Prepaid credit: every grant there ever was, by number. */
enum err list_grants(struct wallet_grant **out, size_t *count, struct views_txn *t, uint64_t customer,
                     struct arena *a, struct error *e) MUST_USE;
/* Usage totals of the period that starts on `period`. */
enum err list_usage(struct usage_total **out, size_t *count, struct views_txn *t, uint64_t customer,
                    struct date period, struct arena *a, struct error *e) MUST_USE;

/* What a customer used of each usage type in a period of the month `whole`, as the catalog in force
 * aggregates it: types in the order in which they were first used, levels that only went on behind them. */
struct usage_quantity {
    struct str usage_type;
    struct usage_measure measure;
};
struct usage_when {
    struct period period, whole;
    struct date today;
};
enum err list_quantities(struct usage_quantity **out, size_t *count, struct views_txn *t, uint64_t customer,
                         const struct usage_when *w, struct arena *a, struct error *e) MUST_USE;

/* What a user may use is asked of this, by functions of the book: his live subscriptions and the usage of the
 * open periods. A handful of keys, whatever there is beside; ERR_NOT_FOUND: no such user. */
struct entitled_user {
    uint64_t customer;
    struct entitled facts;
};
enum err load_entitled(struct entitled_user *out, struct views_txn *t, struct zones *zones, struct str user,
                       struct instant now, struct arena *a, struct error *e) MUST_USE;

/* Single readings of a customer with what has become of them, oldest record first. They are read from the
 * log: of most only their sum is kept. The visitor stops with ERR_NOT_FOUND. */
struct listed_reading {
    uint64_t seq, place;
    struct reading reading;
    struct decimal counts; /* what it counts with now */
    bool canceled;
};
typedef enum err reading_fn(void *context, const struct listed_reading *row, struct error *e);
enum err list_readings(struct views_txn *t, struct ledger *l, uint64_t customer, reading_fn *visit,
                       void *context, struct error *e) MUST_USE;
/* "7/0": the record that counted it, and which of its readings it is. */
struct str reading_name(struct arena *a, uint64_t seq, uint64_t place);

/* S24. Records about a customer (0: all) whose time lies in [from, to] (UTC dates, none = open), oldest
 * first. The visitor gets the record's number and reads it with ledger_record. */
enum err list_audit(struct views_txn *t, uint64_t customer, struct date from, struct date to, number_fn *seq,
                    void *context, struct error *e) MUST_USE;

/* What is to be said of a record, and of an event in it. */
uint64_t trail_customer(
    const struct envelope *v); /* of its first event that is about one; 0: none or several */
/* What came of it. Where the ledger has actors, what was refused is noted; everything else that stands there
 * was done, or asked of a gateway that may have declined. */
const char *trail_result(const struct envelope *v, struct arena *a);
struct str trail_action(const struct envelope *v); /* the command, or the one that a note is about */
struct str trail_sentence(const struct event *ev, struct arena *a);
struct trail_entity {
    const char *type; /* "subscription"; "": it is about no single thing */
    struct str id;    /* as others know it: sub_7, INV-2025-000001 */
};
struct trail_entity trail_entity(const struct event *ev, struct arena *a);
/* The day on which it counts, by what it says; else that of its record. */
struct date trail_effective(const struct event *ev, struct instant recorded);

/* The nightly run's work: customers with something due on or before `through`, by due date, then number;
 * starting after (date, number), which then are those of the last one. */
struct due_cursor {
    struct date date;
    uint64_t customer;
};
enum err list_due(struct views_txn *t, struct date through, struct due_cursor *after, uint64_t *customers,
                  size_t *count, size_t capacity, struct error *e) MUST_USE;
/* Customers whose oldest open invoice was due on or before `through`, in the same way. */
enum err list_overdue(struct views_txn *t, struct date through, struct due_cursor *after, uint64_t *customers,
                      size_t *count, size_t capacity, struct error *e) MUST_USE;
/* The days under which list_due and list_overdue have a customer first; none: they have not. */
struct due_days {
    struct date due, overdue;
};
enum err load_due_days(struct due_days *out, struct views_txn *t, uint64_t customer, struct arena *a,
                       struct error *e) MUST_USE;
/* Customers with a payment method and an open invoice that it was never asked to pay, by number; `through` is
 * not asked. */
enum err list_uncollected(struct views_txn *t, struct date through, struct due_cursor *after,
                          uint64_t *customers, size_t *count, size_t capacity, struct error *e) MUST_USE;
/* How many customers who owe something have their default payment method at another gateway than this one,
 * which asks them for nothing. */
enum err count_kept_elsewhere(uint64_t *out, struct views_txn *t, struct str gateway,
                              struct error *e) MUST_USE;
/* What a customer owes, and how he was asked for it. */
enum err load_debtor(struct debtor *out, struct views_txn *t, uint64_t customer, struct arena *a,
                     struct error *e) MUST_USE;
/* Customers with an open draft, by number; `through` is not asked. */
enum err list_drafts(struct views_txn *t, struct date through, struct due_cursor *after, uint64_t *customers,
                     size_t *count, size_t capacity, struct error *e) MUST_USE;
enum err load_draft(struct draft *out, struct views_txn *t, uint64_t customer, struct arena *a,
                    struct error *e) MUST_USE; /* the customer's open one */
/* By id (draft_7) or user id. */
enum err find_draft(struct draft *out, struct views_txn *t, struct str name, struct arena *a,
                    struct error *e) MUST_USE;
/* Usage that was billed: the windows of one customer after the other, each with his totals since the first of
 * them. The arena is reset behind each customer. */
struct window_query {
    uint64_t customer, subscription; /* 0: all */
    struct date from, to;            /* that began on these days or between; none: open */
};
struct customer_windows {
    uint64_t customer;
    const struct billed_window *windows; /* by first day */
    size_t windows_count;
    const struct usage_total *usage;
    size_t usage_count;
};
typedef enum err customer_windows_fn(void *context, const struct customer_windows *row, struct error *e);
enum err list_windows(struct views_txn *t, const struct window_query *q, customer_windows_fn *row,
                      void *context, struct arena *a, struct error *e) MUST_USE;
/* Re-ratings, by number; one of them by id (rerating_1), or the one of a user that waits. */
typedef enum err rerating_row_fn(void *context, const struct rerating *row, struct error *e);
enum err list_reratings(struct views_txn *t, rerating_row_fn *row, void *context, struct arena *a,
                        struct error *e) MUST_USE;
enum err load_rerating(struct rerating *out, struct views_txn *t, uint64_t rerating, struct arena *a,
                       struct error *e) MUST_USE;
enum err find_rerating(struct rerating *out, struct views_txn *t, struct str name, struct arena *a,
                       struct error *e) MUST_USE;
/* Pending transactions, oldest first: outcomes to be asked for again. As events, ready for ledger_settle. */
enum err list_pending(struct event **out, size_t *count, struct views_txn *t, size_t limit, struct arena *a,
                      struct error *e) MUST_USE;

/* What a gateway is still to be told: payments that failed here, to be canceled; payment methods that were
 * removed, to be let go of once nothing is asked of them any more. As requests, ready for ledger_tell. */
struct untold_query {
    struct str gateway; /* by name: another one knows nothing of them */
    struct str ledger;  /* origin: makes keys unique */
    struct instant now;
    bool looks;   /* also how those stand that their customers may still confirm */
    size_t limit; /* of list_untold: so many are looked at */
};
struct untold_mark {
    uint64_t payment, customer, method;
};
/* The question how a payment stands that its customer may still confirm, until *until. ERR_REFUSED: he may
 * not any more. */
enum err confirmable_request(struct gateway_request *out, struct instant *until, struct views_txn *t,
                             const struct transaction *v, const struct untold_query *q, struct arena *a,
                             struct error *e) MUST_USE;
/* Of those behind *after, which moves on; *more: there may be others. */
enum err list_untold(struct gateway_request **out, size_t *count, struct views_txn *t,
                     const struct untold_query *q, struct untold_mark *after, bool *more, struct arena *a,
                     struct error *e) MUST_USE;
/* May a gateway have to be told of it? */
bool event_is_told(const struct event *ev);
/* Those that the events of a command have made. */
enum err untold_of(struct gateway_request **out, size_t *count, struct views_txn *t,
                   const struct untold_query *q, const struct event *events, size_t events_count,
                   struct arena *a, struct error *e) MUST_USE;
/* Whether the gateway need not be told of a method that was removed: it was, or keeps none. */
enum err method_is_detached(bool *yes, struct views_txn *t, uint64_t customer, uint64_t method,
                            struct error *e) MUST_USE;

/* ---- double entry ---- */

/* Totals per account, detail and currency of all that events have posted, whatever its day; what has been
 * earned since of what they deferred is not in them. */
typedef enum err account_row_fn(void *context, enum account account, const struct account_total *row,
                                struct error *e);
enum err list_accounts(struct views_txn *t, account_row_fn *row, void *context, struct arena *a,
                       struct error *e) MUST_USE;

struct book_query {
    uint64_t customer; /* 0: all */
    struct date from;  /* first day; none: from the beginning */
    struct date to;    /* last day, given: what is deferred is earned up to its end */
};
/* The newest day that the books know of: of a posting, or that a run went through. No clock is asked. None:
 * there is neither. */
enum err books_newest_day(struct date *out, struct views_txn *t, struct error *e) MUST_USE;

struct account_balance {
    enum account account;
    struct str name;      /* with its detail: income:revenue:pro */
    struct money opening; /* at the end of the day before the first; below nothing: a credit balance */
    struct money debit, credit;
};
typedef enum err account_balance_fn(void *context, const struct account_balance *row, struct error *e);
/* The trial balance, by number of the account, name and currency: what events have posted on the query's days
 * and what was earned on them. Balances sum to zero in each currency. `l` is needed for a customer's alone.
 */
enum err list_balances(struct views_txn *t, struct ledger *l, const struct book_query *q,
                       account_balance_fn *row, void *context, struct arena *a, struct error *e) MUST_USE;

/* One entry of the journal: what an event posted on one day, or what was earned in a month. */
struct journal_entry {
    struct str id;             /* "1234.0", record and event; "earned.2025-01-31.USD" */
    struct date date;          /* on which it is posted */
    struct date document_date; /* on which it was effective: earlier where its month was closed by then */
    const struct event_place *place; /* NULL: earned */
    const struct event *event;       /* NULL: earned */
    struct date from, to;            /* earned: first and last day */
    const struct posting *postings;  /* sum to zero in each currency; of one customer, as asked for */
    size_t count;
};
typedef enum err journal_entry_fn(void *context, const struct journal_entry *entry, struct arena *a,
                                  struct error *e);
/* In the order of their days, those of a day by record; the arena is reset after each. Their sums are those
 * of list_balances. ERR_NOT_FOUND from the visitor ends it with OK. */
enum err journal_walk(struct ledger *l, struct views_txn *t, const struct book_query *q,
                      journal_entry_fn *visit, void *context, struct error *e) MUST_USE;

/* What the lines of documents earn, document by document in the order of the log, those of the days of the
 * query; with a document's own number for each. For schedules; the sums of earned_through are those of the
 * accounts. */
typedef enum err earning_fn(void *context, const struct earning *g, const struct event_place *place,
                            const struct event *ev, struct arena *a, struct error *e);
enum err earnings_walk(struct ledger *l, struct views_txn *t, const struct book_query *q, earning_fn *visit,
                       void *context, struct error *e) MUST_USE;

/* Last day of the months that are closed; none: nothing is. */
enum err books_closed_through(struct date *out, struct views_txn *t, struct error *e) MUST_USE;
/* Each closing and reopening, oldest first. */
typedef enum err closing_fn(void *context, const struct closing *row, struct error *e);
enum err list_closings(struct views_txn *t, closing_fn *row, void *context, struct arena *a,
                       struct error *e) MUST_USE;

/* Who may do what. How many actors there ever were: 0, and whoever has the key may do everything. */
enum err count_actors(uint64_t *out, struct views_txn *t, struct error *e) MUST_USE;
/* The token of that SHA-256, whether or not it still counts, and whose it is. */
enum err find_token(bool *found, struct access_token *token, struct actor *of, struct views_txn *t,
                    const struct hash *sha256, struct arena *a, struct error *e) MUST_USE;
/* All there ever were, by number. */
enum err list_actors(struct actor **out, size_t *count, struct views_txn *t, struct arena *a,
                     struct error *e) MUST_USE;
enum err list_tokens(struct access_token **out, size_t *count, struct views_txn *t, struct arena *a,
                     struct error *e) MUST_USE;

/* For `stats`. */
struct state_counts {
    uint64_t customers, subscriptions, active_subscriptions, invoices, transactions, readings, items, runs;
};
enum err count_state(struct state_counts *out, struct views_txn *t, struct error *e) MUST_USE;

#endif
