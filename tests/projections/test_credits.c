/* SPDX-License-Identifier: MIT */
/* test_credits.c - whatever is sold, paid, refunded, credited, voided and written off, in any order: the
 * accounts sum to zero and agree with what customers owe and have, no invoice is given back beyond itself,
 * and when everything is given back nothing is left of it on any account. */
#include "ledger/book.h"
#include "projections/projections.h"
#include "tests/lib/fixture.h"

TestSuite(credits, .init = test_begin, .fini = test_end);

#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"

enum { CUSTOMERS = 4, STEPS = 120, LIVES = 12 };

struct shop {
    struct ledger *ledger;
    struct frozen_clock clock;
    struct dice dice;
    uint64_t invoices, transactions; /* made so far */
};

static enum err run(struct outcome *out, struct shop *s, const struct command *c)
{
    struct request r = {.command = c, .actor = STR("test")};
    enum err err = ledger_execute(out, s->ledger, &r, A, E);
    for (size_t i = 0; i < out->events_count && err == OK; i++) {
        enum event_type t = out->events[i].type;
        s->invoices += t == EVENT_INVOICE_FINALIZED;
        s->transactions += t == EVENT_PAYMENT_REQUESTED || t == EVENT_REFUND_REQUESTED;
    }
    return err;
}

/* Refusals are answers; anything else is a fault of ours. */
static void attempt(struct shop *s, const struct command *c)
{
    struct outcome out = {0};
    enum err err = run(&out, s, c);
    bool answered = err == OK || err == ERR_REFUSED || err == ERR_INVALID || err == ERR_DECLINED;
    cr_assert(answered, "%s: %s", command_kind(c->type)->words, E->text);
}

/* ---- a shop ---- */

static struct tax tax(const char *code, const char *country, const char *percent)
{
    struct tax t = {
        .code = str_of(code), .name = STR("VAT"), .country = str_of(country), .category = STR("S")};
    assert_ok(decimal_parse(&t.percent, str_of(percent), E));
    return t;
}

static struct command catalog_command(void)
{
    struct product *thing = arena_new_of(A, struct product);
    struct coupon *coupons = arena_array_of(A, struct coupon, 2);
    struct tax *taxes = arena_array_of(A, struct tax, 4);
    struct command c = {.type = COMMAND_CATALOG_LOAD};
    *thing = (struct product){.code = STR("thing"), .name = STR("Thing")};
    coupons[0] = (struct coupon){.code = STR("TEN"), .duration = COUPON_FOREVER};
    coupons[0].percent = decimal_of(10);
    coupons[1] = (struct coupon){.code = STR("FIX"), .duration = COUPON_REPEATING, .times = 5};
    coupons[1].amount = money_of(777, "USD");
    taxes[0] = tax("tva", "FR", "20");
    taxes[1] = tax("food", "FR", "5.5");
    taxes[1].product_code = STR("food");
    taxes[2] = tax("gst", "CA", "5");
    taxes[3] = tax("qst", "CA", "9.975");
    c.catalog_load = (struct catalog_load_command){.name = STR("shop"),
                                                   .products = thing,
                                                   .products_count = 1,
                                                   .coupons = coupons,
                                                   .coupons_count = 2,
                                                   .taxes = taxes,
                                                   .taxes_count = 4};
    return c;
}

static struct str user(int64_t n)
{
    return str_format(A, "user%jd", (intmax_t)n);
}

static void open_shop(struct shop *s, const char *name, uint64_t seed)
{
    static const char *const countries[CUSTOMERS] = {"FR", "CA", "US", "FR"};
    *s = (struct shop){.dice = dice_of(seed)};
    s->clock.now = moment("2025-03-03T12:00:00Z");
    struct ledger_options o = {.dir = test_path(name),
                               .in_memory = true,
                               .world = world_frozen(&s->clock),
                               .state = &daybook_state,
                               .map_bytes = 64u << 20};
    assert_ok(file_write(str_format(A, "%s.key", o.dir).ptr, str_bytes(STR(KEY)), 0600, E));
    assert_ok(ledger_open(&s->ledger, &o, E));
    struct command c = catalog_command();
    attempt(s, &c);
    for (int64_t i = 0; i < CUSTOMERS; i++) {
        c = (struct command){.type = COMMAND_CUSTOMER_CREATE};
        c.customer_create.user = user(i);
        c.customer_create.party.country = str_of(countries[i]);
        attempt(s, &c);
        c = (struct command){.type = COMMAND_PAYMENT_METHOD_ADD};
        c.payment_method_add = (struct payment_method_add_command){.user = user(i), .token = STR("pm_1")};
        c.payment_method_add.card.gateway = STR("simulator");
        attempt(s, &c);
        c = (struct command){.type = COMMAND_COUPON_APPLY};
        c.coupon_apply =
            (struct coupon_apply_command){.user = user(i), .code = i % 2 == 0 ? STR("TEN") : STR("FIX")};
        attempt(s, &c);
    }
}

/* ---- what happens in it ---- */

static struct decimal cents(struct dice *d, int64_t low, int64_t high)
{
    return decimal_make(dice_between(d, low, high), 2);
}

static void sell(struct shop *s)
{
    struct dice *d = &s->dice;
    struct command c = {.type = COMMAND_INVOICE_ADD_ITEM};
    struct str who = user(dice_between(d, 0, CUSTOMERS - 1));
    for (int64_t n = dice_between(d, 1, 6); n > 0; n--) {
        bool credit = dice_chance(d, 10);
        c.invoice_add_item = (struct invoice_add_item_command){.user = who,
                                                               .description = STR("Thing"),
                                                               .tax_code = STR_NONE,
                                                               .tax_inclusive = dice_chance(d, 30)};
        c.invoice_add_item.amount = credit ? cents(d, -900, -1) : cents(d, 1, 20000);
        if (dice_chance(d, 30)) c.invoice_add_item.tax_code = STR("food");
        attempt(s, &c);
    }
    c = (struct command){.type = COMMAND_INVOICE_GENERATE};
    c.invoice_generate.user = who;
    attempt(s, &c);
}

static void settle(struct shop *s)
{
    struct command c = {.type = COMMAND_PAYMENT_SETTLE};
    enum payment_outcome outcome = dice_chance(&s->dice, 85) ? PAYMENT_SUCCEEDED : PAYMENT_DECLINED;
    c.payment_settle = (struct payment_settle_command){
        .transaction = s->transactions, .outcome = outcome, .code = STR("declined")};
    for (uint64_t n = 1; n <= s->transactions; n++) {
        c.payment_settle.transaction = n;
        attempt(s, &c);
    }
}

static struct str some_invoice(struct shop *s)
{
    int64_t last = (int64_t)s->invoices;
    return str_format(A, "inv_%jd", (intmax_t)dice_between(&s->dice, 1, last < 1 ? 1 : last));
}

static void pay(struct shop *s)
{
    struct dice *d = &s->dice;
    struct command c = {.type = COMMAND_PAYMENT_CHARGE};
    c.payment_charge = (struct payment_charge_command){.user = user(dice_between(d, 0, CUSTOMERS - 1)),
                                                       .amount = cents(d, 1, 30000),
                                                       .gateway = STR("simulator")};
    if (dice_chance(d, 40)) c.payment_charge.invoice = some_invoice(s);
    struct outcome out = {0};
    enum err err = run(&out, s, &c); /* the invoice may be another customer's */
    cr_assert(err == OK || err == ERR_NOT_FOUND || err == ERR_REFUSED, "%s", E->text);
    settle(s);
}

static void refund(struct shop *s)
{
    struct dice *d = &s->dice;
    struct command c = {.type = COMMAND_PAYMENT_REFUND};
    if (s->transactions == 0) return;
    c.payment_refund.transaction =
        str_format(A, "txn_%jd", (intmax_t)dice_between(d, 1, (int64_t)s->transactions));
    if (dice_chance(d, 70)) c.payment_refund.amount = cents(d, 1, 5000);
    attempt(s, &c);
    settle(s);
}

static void credit(struct shop *s)
{
    static const enum note_use uses[] = {NOTE_DEFAULT, NOTE_OFFSET, NOTE_REFUND, NOTE_BALANCE};
    struct dice *d = &s->dice;
    struct command c = {.type = COMMAND_INVOICE_CREDIT};
    c.invoice_credit.invoice = some_invoice(s);
    c.invoice_credit.as = uses[dice_between(d, 0, 3)];
    if (dice_chance(d, 60)) c.invoice_credit.amount = cents(d, 1, dice_chance(d, 50) ? 50 : 8000);
    if (dice_chance(d, 25)) c.invoice_credit.line = 1;
    if (dice_chance(d, 25)) c.invoice_credit.lines = STR("2,1");
    struct outcome out = {0};
    enum err err = run(&out, s, &c); /* there may be one line only */
    cr_assert(err == OK || err == ERR_NOT_FOUND || err == ERR_REFUSED, "%s", E->text);
    if (err == OK) settle(s);
}

static void close_one(struct shop *s)
{
    struct command c = {.type = COMMAND_INVOICE_VOID};
    bool voids = dice_chance(&s->dice, 50);
    c.invoice_void.invoice = some_invoice(s);
    if (!voids) {
        c = (struct command){.type = COMMAND_INVOICE_WRITE_OFF};
        c.invoice_write_off.invoice = some_invoice(s);
    }
    attempt(s, &c);
}

static void something(struct shop *s)
{
    int64_t what = s->invoices == 0 ? 0 : dice_between(&s->dice, 0, 99);
    if (what < 25)
        sell(s);
    else if (what < 45)
        pay(s);
    else if (what < 55)
        refund(s);
    else if (what < 90)
        credit(s);
    else
        close_one(s);
}

/* ---- what must be so ---- */

struct totals {
    int64_t accounts[10000], owed, written_off, conceded, receivable, credit;
    int64_t gifts; /* on credit notes, of no invoice */
};

static enum err add_account(void *context, enum account account, const struct account_total *row,
                            struct error *e)
{
    struct totals *t = context;
    (void)e;
    t->accounts[account] += row->debit.minor - row->credit.minor;
    return OK;
}

static void check_lines(const struct invoice *v)
{
    struct crediting c = crediting_begin(v, A);
    for (size_t i = 0; i < v->lines_count; i++) {
        struct money left = {0};
        assert_ok(crediting_left(&left, &c, i + 1, E));
        int64_t price = line_price(&v->lines[i]).minor;
        cr_assert(price < 0 ? left.minor <= 0 && left.minor >= price : left.minor >= 0 && left.minor <= price,
                  "line %zu of %.*s: %jd of %jd left", i + 1, STR_ARG(v->number), (intmax_t)left.minor,
                  (intmax_t)price);
    }
}

static enum err add_invoice(void *context, const struct invoice *v, struct error *e)
{
    struct totals *t = context;
    struct money owed = {0};
    (void)e;
    for (size_t i = 0; v->kind == INVOICE_CREDIT_NOTE && i < v->lines_count; i++)
        t->gifts -= v->lines[i].credits == 0 ? line_gross(&v->lines[i]).minor : 0;
    if (v->kind == INVOICE_CREDIT_NOTE) return OK;
    assert_ok(invoice_owed(&owed, v, E));
    cr_assert(v->credited.minor <= v->total.minor, "%.*s", STR_ARG(v->number));
    cr_assert(v->conceded.minor >= 0 && v->conceded.minor <= v->refunded.minor);
    cr_assert(v->refunded.minor + v->offset.minor <= v->paid.minor, "%.*s", STR_ARG(v->number));
    cr_assert(owed.minor >= 0);
    check_lines(v);
    if (v->status == INVOICE_OPEN || v->status == INVOICE_PARTIALLY_PAID) t->owed += owed.minor;
    if (v->status == INVOICE_UNCOLLECTIBLE) assert_int(v->written_off.minor, owed.minor);
    t->written_off += v->written_off.minor;
    t->conceded += v->conceded.minor;
    return OK;
}

static enum err add_customer(void *context, const struct customer *c, struct error *e)
{
    struct totals *t = context;
    (void)e;
    for (size_t i = 0; i < c->balances_count; i++) {
        t->receivable += c->balances[i].receivable.minor;
        t->credit += c->balances[i].credit.minor;
        cr_assert(c->balances[i].credit.minor >= 0, "%.*s", STR_ARG(c->user));
    }
    return OK;
}

static const struct totals *assert_books(struct shop *s)
{
    struct views_txn *t = NULL;
    struct totals *x = arena_new_of(A, struct totals);
    struct list_query all = {.status = -1};
    int64_t sum = 0;
    assert_ok(ledger_read_begin(&t, s->ledger, E));
    assert_ok(list_accounts(t, add_account, x, A, E));
    assert_ok(list_invoices(t, &all, add_invoice, x, A, E));
    assert_ok(list_customers(t, &all, add_customer, x, A, E));
    ledger_read_end(s->ledger, t);
    for (size_t i = 0; i < 10000; i++) sum += x->accounts[i];
    assert_int(sum, 0);
    assert_int(x->accounts[ACCOUNT_RECEIVABLE], x->receivable);
    assert_int(x->accounts[ACCOUNT_RECEIVABLE], x->owed);
    assert_int(-x->accounts[ACCOUNT_CUSTOMER_CREDIT], x->credit);
    assert_int(x->accounts[ACCOUNT_BAD_DEBT], x->written_off);
    cr_assert(x->accounts[ACCOUNT_REFUNDS] >= x->conceded);
    return x;
}

/* ---- the test ---- */

static void give_all_back(struct shop *s)
{
    struct command c = {.type = COMMAND_INVOICE_CREDIT};
    uint64_t last = s->invoices;
    for (uint64_t n = 1; n <= last; n++) {
        c.invoice_credit.invoice = str_format(A, "inv_%ju", (uintmax_t)n);
        attempt(s, &c);
    }
}

static enum err assert_given_back(void *context, const struct invoice *v, struct error *e)
{
    (void)context;
    (void)e;
    if (v->kind == INVOICE_INVOICE && v->status != INVOICE_VOID)
        cr_assert(v->credited.minor == v->total.minor, "%.*s: %jd of %jd", STR_ARG(v->number),
                  (intmax_t)v->credited.minor, (intmax_t)v->total.minor);
    return OK;
}

static void live(uint64_t seed)
{
    struct shop s = {0};
    struct views_txn *t = NULL;
    struct ledger_report report = {0};
    struct list_query all = {.status = -1};
    open_shop(&s, str_format(A, "shop%ju", (uintmax_t)seed).ptr, seed);
    for (int i = 0; i < STEPS; i++) {
        something(&s);
        (void)assert_books(&s);
    }
    give_all_back(&s);
    const struct totals *x = assert_books(&s);
    assert_ok(ledger_read_begin(&t, s.ledger, E));
    assert_ok(list_invoices(t, &all, assert_given_back, NULL, A, E));
    ledger_read_end(s.ledger, t);
    assert_int(x->accounts[ACCOUNT_REVENUE] + x->accounts[ACCOUNT_TAX_PAYABLE], x->gifts);
    assert_ok(ledger_verify(&report, s.ledger, NULL, NULL, A, E));
    ledger_close(s.ledger);
}

Test(credits, in_any_order_the_books_agree_and_nothing_is_given_back_twice)
{
    for (uint64_t seed = 1; seed <= LIVES; seed++) live(seed);
}
