/* SPDX-License-Identifier: MIT */
/* stage.h - views in the test's folder, onto which hand-made events are folded record by record, as the
 * ledger would; and short ways to make the events of a small billing story. */
#ifndef DAYBOOK_TESTS_PROJECTIONS_STAGE_H
#define DAYBOOK_TESTS_PROJECTIONS_STAGE_H

#include "projections/projections.h"
#include "tests/lib/fixture.h"

struct stage {
    struct master_key *master;
    struct views *views;
    struct views_txn *t; /* open for writing from stage_open on */
    struct zones *zones;
    uint64_t seq; /* of the next record; the first is 1 */
};
struct stage stage_open(const char *name);
void stage_commit(struct stage *s); /* and begins anew */
void stage_close(struct stage *s);  /* commits first */

/* The facts that the command would be given at this instant. */
void stage_gather(struct facts *out, struct stage *s, const struct command *c, const char *now);

/* Folds one record of these events at this instant. The memory that folds work in is given back after each
 * event, so that whatever a fold keeps of it is found by the sanitizers. */
enum err stage_fold(struct stage *s, const char *at, const struct event *events, size_t count);
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define happen(stage, at, ...)                                            \
    do {                                                                  \
        struct event events_[] = {__VA_ARGS__};                           \
        assert_ok(stage_fold((stage), (at), events_, COUNT_OF(events_))); \
    } while (0)
/* The leaf hash that the stage gives record `seq`. */
struct hash stage_leaf(uint64_t seq);

struct money usd(int64_t cents);
struct decimal whole(int64_t n);

/* Events. Dates are texts; customers are called u1, u2 …; their subscriptions have the same number. */
struct event customer_event(uint64_t customer);
struct event subscribed(uint64_t customer, const char *product, int64_t cents, const char *start);
struct event billed(uint64_t customer, const char *from, const char *through, const char *usage_through,
                    int64_t cents, uint64_t invoice);
struct event canceled(uint64_t customer, const char *product, const char *on);
struct event item(uint64_t item, uint64_t customer, int64_t cents);
/* Invoice number `n` of 2025 with one line for the whole amount. */
struct event invoice(uint64_t n, uint64_t customer, const char *date, int64_t cents);
struct event credit_note(uint64_t n, uint64_t serial, uint64_t customer, const char *date, int64_t cents);
struct event payment(uint64_t n, uint64_t customer, int64_t cents);
struct event paid(uint64_t n, uint64_t customer, int64_t cents, const struct allocation *pays, size_t count,
                  int64_t credited);
struct event refund(uint64_t n, uint64_t payment, uint64_t customer, int64_t cents, int64_t from_credit);
struct event refunded(uint64_t n, uint64_t payment, uint64_t customer, int64_t cents, int64_t from_credit);
struct event refund_refused(uint64_t n, uint64_t payment, uint64_t customer, int64_t cents,
                            int64_t from_credit);
struct event readings(const struct reading *r, size_t count);
struct reading reading(uint64_t customer, const char *type, int64_t n, const char *period,
                       const char *event_id);

/* The terms of a monthly tier that includes `included` api_calls. */
struct terms monthly(const char *product, int64_t cents, int64_t included);

struct customer customer_now(struct stage *s, uint64_t customer);
struct subscription subscription_now(struct stage *s, uint64_t subscription);
struct invoice invoice_now(struct stage *s, uint64_t invoice);
struct transaction transaction_now(struct stage *s, uint64_t transaction);
/* Who is due by that date, as "1 3 7". */
struct str due_by(struct stage *s, const char *through);

#endif
