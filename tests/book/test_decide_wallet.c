/* SPDX-License-Identifier: MIT */
/* test_decide_wallet.c - what commands do with prepaid credit: a bill uses it and lets it expire, an alert
 * tells that less is left, and what makes no sense is refused. */
#include "tests/book/facts.h"

TestSuite(decide_wallet, .init = test_begin, .fini = test_end);

static struct facts facts_with_wallet(const struct wallet_grant *grants, size_t count)
{
    struct facts f = facts_on("2025-02-01");
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-01-01", "2025-02-01");
    struct customer *c = arena_new_of(A, struct customer);
    *c = *f.customer;
    c->grants = 3;
    c->open_grants = count;
    f.customer = c;
    f.grants = grants;
    f.grants_count = count;
    return f;
}

static struct command bill(const char *through)
{
    struct command c = {.type = COMMAND_CUSTOMER_BILL};
    c.customer_bill = (struct customer_bill_command){.customer = 1, .through = day(through), .run = 1};
    return c;
}

Test(decide_wallet, a_bill_expires_what_is_due_before_it_is_paid_by_the_rest)
{
    struct wallet_grant grants[] = {grant(1, 900, 1, "2025-02-01", ""), grant(2, 500, 50, "2025-02-02", "")};
    grants[0].price = usd(300);
    struct facts f = facts_with_wallet(grants, 2);
    struct command c = bill("2025-02-01");
    struct decision d = decided(&f, &c);
    const struct wallet_expired *x = &find(&d, EVENT_WALLET_EXPIRED, 0)->wallet_expired;
    assert_int(x->grant, 1);
    assert_money(x->amount, "9.00", "USD");
    assert_money(x->prepaid, "3.00", "USD");
    cr_assert_null(find(&d, EVENT_WALLET_EXPIRED, 1));
    const struct invoice_finalized *v = &find(&d, EVENT_INVOICE_FINALIZED, 0)->invoice_finalized;
    assert_str(paid(v), "2:500");
    assert_money(v->amount_due, "24.00", "USD");
}

Test(decide_wallet, an_alert_fires_where_the_balance_falls_from_enough_to_less)
{
    static const struct {
        const char *says;
        int64_t left;
        const char *expires;
        int64_t below;
        int fired;
        const char *balance;
    } rows[] = {
        {"71.00 stay of 100.00", 10000, "", 7100, 0, ""},
        {"a cent less than is watched for", 10000, "", 7101, 1, "71.00"},
        {"it was less before: it has fired", 10000, "", 10001, 0, ""},
        {"as much as is watched for is enough", 2900, "", 2900, 1, "0.00"},
        {"what expires is gone too", 5000, "2025-02-01", 100, 1, "0.00"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct wallet_grant grants[] = {grant(1, rows[i].left, 50, rows[i].expires, "")};
        const struct alert alerts[] = {{.customer = 1, .alert = 4, .below = usd(rows[i].below)},
                                       {.customer = 1, .alert = 5, .below = money_of(1, "EUR")}};
        struct facts f = facts_with_wallet(grants, 1);
        struct command c = bill("2025-02-01");
        f.alerts = alerts;
        f.alerts_count = 2;
        struct decision d = decided(&f, &c);
        const struct event *ev = find(&d, EVENT_WALLET_ALERT_FIRED, 0);
        cr_assert((ev != NULL) == (rows[i].fired == 1), "%s", rows[i].says);
        cr_assert_null(find(&d, EVENT_WALLET_ALERT_FIRED, 1));
        if (ev == NULL) continue;
        assert_int(ev->wallet_alert_fired.alert, 4);
        assert_money(ev->wallet_alert_fired.balance, rows[i].balance, "USD");
    }
}

Test(decide_wallet, a_grant_is_refused_for_what_makes_no_sense)
{
    static const struct {
        const char *amount, *price, *expires, *scope;
        uint64_t priority;
        enum err code;
        const char *sentence;
    } rows[] = {
        {"0", "0", "", "", 0, ERR_INVALID, "amount: more than nothing is wanted"},
        {"-5", "0", "", "", 0, ERR_INVALID, "amount: more than nothing is wanted"},
        {"5", "-1", "", "", 0, ERR_INVALID, "price: less than nothing"},
        {"5", "5.01", "", "", 0, ERR_INVALID, "price: more than the credit is worth"},
        {"5", "0.001", "", "", 0, ERR_INVALID, "price: amount '0.001': too many decimals for USD"},
        {"5", "0", "2025-02-01", "", 0, ERR_INVALID, "expires: a day after today is wanted"},
        {"5", "0", "", "gold", 0, ERR_NOT_FOUND, "scope 'gold': no tier and no usage type is called so"},
        {"5", "0", "", "", 101, ERR_INVALID, "priority: a number from 1 to 100 is wanted"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct facts f = facts_with_wallet(NULL, 0);
        struct decision d = {0};
        struct command c = {.type = COMMAND_WALLET_GRANT};
        c.wallet_grant = (struct wallet_grant_command){
            .user = STR("ann"), .scope = str_of(rows[i].scope), .priority = rows[i].priority};
        if (rows[i].expires[0] != '\0') c.wallet_grant.expires = day(rows[i].expires);
        assert_ok(decimal_parse(&c.wallet_grant.amount, str_of(rows[i].amount), E));
        assert_ok(decimal_parse(&c.wallet_grant.price, str_of(rows[i].price), E));
        assert_err(decide(&d, &f, &c, A, E), rows[i].code, rows[i].sentence);
    }
}

Test(decide_wallet, a_customer_has_so_many_open_grants_and_no_more)
{
    struct facts f = facts_with_wallet(NULL, LIMIT_OPEN_GRANTS_PER_CUSTOMER);
    struct decision d = {0};
    struct command c = {.type = COMMAND_WALLET_GRANT};
    c.wallet_grant = (struct wallet_grant_command){.user = STR("ann"), .amount = decimal_of(5)};
    f.grants_count = 0;
    assert_err(decide(&d, &f, &c, A, E), ERR_LIMIT,
               "'ann' has 128 grants with something left, the most there may be");
}

Test(decide_wallet, what_expired_cannot_be_taken_back_though_no_night_was_there_yet)
{
    const struct wallet_grant grants[] = {grant(2, 900, 50, "2025-02-01", "")};
    struct facts f = facts_with_wallet(grants, 1);
    struct decision d = {0};
    struct command c = {.type = COMMAND_WALLET_VOID};
    c.wallet_void = (struct wallet_void_command){.user = STR("ann"), .grant = 2};
    assert_err(decide(&d, &f, &c, A, E), ERR_REFUSED, "grant 2 of 'ann' expired on 2025-02-01");
    c.wallet_void.grant = 0;
    assert_err(decide(&d, &f, &c, A, E), ERR_NOT_FOUND, "no grant 0 of 'ann'");
}
