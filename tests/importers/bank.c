/* SPDX-License-Identifier: MIT */
/* bank.c - see bank.h. */
#include "tests/importers/bank.h"
#include "tests/importers/asking.h"

void bank_connect(struct bank *b)
{
    bank_connect_by(b, NULL, NULL);
}

void bank_connect_by(struct bank *b, uint64_t (*now_ms)(void *), void *now_self)
{
    struct stripe_options o = {.key = STR("sk_test_daybook"),
                               .base = str_of(stripe_server_url(b->server)),
                               .wait_min_ms = 1,
                               .wait_max_ms = 2,
                               .world = world_simulated(&b->sim),
                               .now_ms = now_ms,
                               .now_self = now_self};
    assert_ok(stripe_open(&b->s, &o, E));
    b->g = stripe_gateway(b->s);
}

struct bank bank_open(const struct stripe_fault_rule *rules, size_t count)
{
    struct stripe_server_options o = {.rules = rules, .rule_count = count};
    struct bank b = {.server = stripe_server_start(o),
                     .sim = {.now = moment("2026-01-01T00:00:00Z"), .state = 7}};
    cr_assert_not_null(b.server);
    b.l = shop_open("2026-01-01T00:00:00Z");
    return b;
}

void bank_close(struct bank *b)
{
    stripe_close(b->s);
    shop_close(b->l);
    stripe_server_stop(b->server);
}

/* ---- commands ---- */

enum err bank_run(struct outcome *out, struct bank *b, struct command *c, struct error *e)
{
    struct request r = {.command = c, .actor = STR("test")};
    enum err err = gateway_complete(c, b->l, &b->g, A, e);
    return err == OK ? ledger_execute(out, b->l, &r, A, e) : err;
}

enum err bank_add_method(struct bank *b, const char *user, const char *token, struct error *e)
{
    struct outcome out = {0};
    struct command c = {
        .type = COMMAND_PAYMENT_METHOD_ADD,
        .payment_method_add = {.user = str_of(user), .token = str_of(token), .is_default = true}};
    return bank_run(&out, b, &c, e);
}

void bank_customer(struct bank *b, const char *user, const char *token)
{
    shop_customer(b->l, user);
    assert_ok(bank_add_method(b, user, token, E));
}

/* Asks for a payment; the gateway has not heard of it yet. */
const struct event *bank_request(struct bank *b, const char *user, int64_t cents)
{
    struct outcome out = {0};
    struct command c = {.type = COMMAND_PAYMENT_CHARGE,
                        .payment_charge = {.user = str_of(user), .amount = decimal_make(cents, 2)}};
    assert_ok(bank_run(&out, b, &c, E));
    assert_int(out.events_count, 1);
    return &out.events[0];
}

enum err bank_settle(struct bank *b, const struct event *events, size_t count, struct error *e)
{
    return ledger_settle(NULL, b->l, &b->g, events, count, STR("test"), A, e);
}

struct transaction bank_transaction(struct bank *b, uint64_t number)
{
    struct views_txn *t = NULL;
    struct transaction row = {0}, kept = {0};
    assert_ok(ledger_read_begin(&t, b->l, E));
    assert_ok(load_transaction(&row, t, number, A, E));
    schema_copy(&kept, &schema_transaction, &row, A);
    ledger_read_end(b->l, t);
    return kept;
}

struct subscription bank_subscription(struct bank *b, uint64_t number)
{
    struct views_txn *t = NULL;
    struct subscription row = {0}, kept = {0};
    assert_ok(ledger_read_begin(&t, b->l, E));
    assert_ok(load_subscription(&row, t, number, A, E));
    schema_copy(&kept, &schema_subscription, &row, A);
    ledger_read_end(b->l, t);
    return kept;
}

struct method *bank_methods(struct bank *b, uint64_t customer, size_t *count)
{
    struct views_txn *t = NULL;
    struct method *rows = NULL;
    assert_ok(ledger_read_begin(&t, b->l, E));
    assert_ok(list_methods(&rows, count, t, customer, A, E));
    struct method *kept = arena_array_of(A, struct method, *count);
    for (size_t i = 0; i < *count; i++) schema_copy(&kept[i], &schema_method, &rows[i], A);
    ledger_read_end(b->l, t);
    return kept;
}

struct transaction bank_charge(struct bank *b, const char *user, int64_t cents)
{
    const struct event *ev = bank_request(b, user, cents);
    assert_ok(bank_settle(b, ev, 1, E));
    return bank_transaction(b, ev->payment_requested.payment);
}

enum err bank_refund(struct bank *b, int64_t cents, struct error *e)
{
    struct outcome out = {0};
    struct command c = {.type = COMMAND_PAYMENT_REFUND, .payment_refund = {.transaction = STR("txn_1")}};
    if (cents > 0) c.payment_refund.amount = decimal_make(cents, 2);
    assert_ok(bank_run(&out, b, &c, E));
    return bank_settle(b, out.events, out.events_count, e);
}

/* What was left pending, asked for again: as the nightly run does. */
size_t bank_settle_pending(struct bank *b)
{
    struct views_txn *t = NULL;
    struct event *events = NULL;
    size_t count = 0;
    struct error unknown = {0};
    assert_ok(ledger_read_begin(&t, b->l, E));
    assert_ok(list_pending(&events, &count, t, 10000, A, E));
    struct event *kept = arena_array_of(A, struct event, count);
    for (size_t i = 0; i < count; i++) {
        kept[i].type = events[i].type;
        schema_copy(event_body_of(&kept[i]), event_kind(kept[i].type)->schema, event_body(&events[i]), A);
    }
    ledger_read_end(b->l, t);
    (void)bank_settle(b, kept, count, &unknown);
    return count;
}

/* ---- what it is told ---- */

enum err bank_remove_method(struct bank *b, const char *user, const char *number, struct error *e)
{
    struct outcome out = {0};
    struct command c = {.type = COMMAND_PAYMENT_METHOD_REMOVE,
                        .payment_method_remove = {.user = str_of(user), .method = str_of(number)}};
    return bank_run(&out, b, &c, e);
}

struct bank_told bank_tell(struct bank *b)
{
    struct untold_query q = {.gateway = STR("stripe"),
                             .ledger = ledger_origin(b->l),
                             .now = b->sim.now,
                             .looks = true,
                             .limit = 10000};
    struct untold_mark after = {0};
    struct gateway_request *requests = NULL;
    struct views_txn *t = NULL;
    struct bank_told told = {0};
    struct gateway_told came = {0};
    struct error unknown = {0};
    bool more = false;
    assert_ok(ledger_read_begin(&t, b->l, E));
    assert_ok(list_untold(&requests, &told.count, t, &q, &after, &more, A, E));
    ledger_read_end(b->l, t);
    cr_assert(!more);
    enum err err = ledger_tell(&came, b->l, &b->g, requests, told.count, STR("test"), A, &unknown);
    cr_assert(err == OK || err == ERR_INCOMPLETE, "%s", unknown.text);
    told.unknown = came.unknown;
    return told;
}

void bank_verify(struct bank *b)
{
    struct ledger_report report = {0};
    assert_ok(ledger_verify(&report, b->l, NULL, NULL, A, E));
}

/* ---- at Stripe ---- */

const char *post_there(struct bank *b, const char *path, struct str form)
{
    static int times = 0;
    server = b->server;
    struct got g = post(str_cstring(A, str_format(A, "by-hand-%d", times++)), path, str_cstring(A, form));
    assert_status(g, 200);
    const char *id = str_cstring(A, str_of(at(&g, "id")));
    done(&g);
    return id;
}

struct str intent_status(struct bank *b, struct transaction t)
{
    server = b->server;
    struct got g =
        get(str_cstring(A, str_format(A, "/v1/payment_intents/%.*s", STR_ARG(t.gateway_reference))));
    assert_status(g, 200);
    struct str status = str_copy(A, str_of(at(&g, "status")));
    done(&g);
    return status;
}
