/* SPDX-License-Identifier: MIT */
/* test_posting.c - double entry: what each event posts, and that it always sums to zero. */
#include "ledger/book.h"
#include "tests/lib/fixture.h"

TestSuite(posting, .init = test_begin, .fini = test_end);

static struct money usd(int64_t cents)
{
    return money_of(cents, "USD");
}

static int64_t balance_of(const struct posting *p, size_t count, enum account account)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (p[i].account == account) sum += p[i].amount.minor;
    }
    return sum;
}

static int64_t sum_of(const struct posting *p, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += p[i].amount.minor;
    return sum;
}

static struct line fee(enum line_kind kind, int64_t cents)
{
    struct line l = {.kind = kind,
                     .product = STR("pro"),
                     .usage_type = STR("api_calls"),
                     .amount = usd(cents),
                     .tax = usd(0)};
    if (kind != LINE_ITEM) l.from = day("2025-01-01");
    return l;
}

Test(posting, an_invoice_debits_the_customer_and_credits_what_is_earned_or_still_owed)
{
    struct line lines[] = {fee(LINE_RECURRING, 9900), fee(LINE_USAGE, 500), fee(LINE_ITEM, 1000)};
    struct event ev = {.type = EVENT_INVOICE_FINALIZED};
    ev.invoice_finalized = (struct invoice_finalized){.customer = 1,
                                                      .invoice = 1,
                                                      .lines = lines,
                                                      .lines_count = 3,
                                                      .total = usd(11400),
                                                      .credit_applied = usd(400),
                                                      .amount_due = usd(11000)};
    const struct posting *p = NULL;
    size_t count = 0;
    assert_ok(event_postings(&p, &count, &ev, A, E));
    assert_int(sum_of(p, count), 0);
    assert_int(balance_of(p, count, ACCOUNT_RECEIVABLE), 11000);
    assert_int(balance_of(p, count, ACCOUNT_DEFERRED), -9900); /* a service period lies ahead */
    assert_int(balance_of(p, count, ACCOUNT_REVENUE), -1500);
    assert_int(balance_of(p, count, ACCOUNT_CUSTOMER_CREDIT), 400);
}

static int64_t balance_of_detail(const struct posting *p, size_t count, enum account account,
                                 const char *detail)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (p[i].account == account && str_is(p[i].detail, detail)) sum += p[i].amount.minor;
    }
    return sum;
}

Test(posting, what_usage_is_short_of_its_minimum_is_earned_like_usage)
{
    struct line lines[] = {fee(LINE_USAGE, 800), fee(LINE_MINIMUM, 93)}; /* C-4 */
    struct event ev = {.type = EVENT_INVOICE_FINALIZED};
    ev.invoice_finalized = (struct invoice_finalized){.customer = 1,
                                                      .invoice = 1,
                                                      .lines = lines,
                                                      .lines_count = 2,
                                                      .total = usd(893),
                                                      .credit_applied = usd(0),
                                                      .amount_due = usd(893)};
    const struct posting *p = NULL;
    size_t count = 0;
    assert_ok(event_postings(&p, &count, &ev, A, E));
    assert_int(balance_of_detail(p, count, ACCOUNT_REVENUE, "api_calls"), -893);
    assert_int(balance_of(p, count, ACCOUNT_DEFERRED), 0);
}

Test(posting, what_a_coupon_took_is_never_earned_and_each_tax_is_owed_to_whose_it_is)
{
    struct line_tax taxes[] = {{.code = STR("gst"), .amount = usd(445), .jurisdiction = STR("CA")},
                               {.code = STR("qst"), .amount = usd(889), .jurisdiction = STR("CA-QC")}};
    struct line lines[] = {fee(LINE_RECURRING, 9900), fee(LINE_USAGE, 500)};
    lines[0].discount = usd(990);
    lines[0].taxes = taxes;
    lines[0].taxes_count = 2;
    lines[0].tax = usd(1334);
    struct event ev = {.type = EVENT_INVOICE_FINALIZED};
    ev.invoice_finalized = (struct invoice_finalized){.customer = 1,
                                                      .invoice = 1,
                                                      .lines = lines,
                                                      .lines_count = 2,
                                                      .total = usd(10744),
                                                      .credit_applied = usd(0),
                                                      .amount_due = usd(10744)};
    const struct posting *p = NULL;
    size_t count = 0;
    assert_ok(event_postings(&p, &count, &ev, A, E));
    assert_int(sum_of(p, count), 0);
    assert_int(balance_of(p, count, ACCOUNT_RECEIVABLE), 10744);
    assert_int(balance_of(p, count, ACCOUNT_DEFERRED), -8910);
    assert_int(balance_of(p, count, ACCOUNT_REVENUE), -500);
    assert_int(balance_of_detail(p, count, ACCOUNT_TAX_PAYABLE, "CA/gst"), -445);
    assert_int(balance_of_detail(p, count, ACCOUNT_TAX_PAYABLE, "CA-QC/qst"), -889);
}

Test(posting, a_credit_note_undoes_the_deferred_revenue_and_settles_what_is_open)
{
    struct line lines[] = {fee(LINE_PRORATION_CREDIT, -3333)};
    struct allocation settles[] = {{7, usd(1000)}};
    struct event ev = {.type = EVENT_INVOICE_FINALIZED};
    ev.invoice_finalized = (struct invoice_finalized){.kind = INVOICE_CREDIT_NOTE,
                                                      .customer = 1,
                                                      .invoice = 2,
                                                      .lines = lines,
                                                      .lines_count = 1,
                                                      .total = usd(-3333),
                                                      .credit_applied = usd(-3333),
                                                      .amount_due = usd(0),
                                                      .settles = settles,
                                                      .settles_count = 1};
    const struct posting *p = NULL;
    size_t count = 0;
    assert_ok(event_postings(&p, &count, &ev, A, E));
    assert_int(sum_of(p, count), 0);
    assert_int(balance_of(p, count, ACCOUNT_DEFERRED), 3333);
    assert_int(balance_of(p, count, ACCOUNT_RECEIVABLE), -1000);
    assert_int(balance_of(p, count, ACCOUNT_CUSTOMER_CREDIT), -2333);
}

Test(posting, a_payment_is_cash_against_the_invoices_and_the_customers_credit)
{
    struct allocation pays[] = {{1, usd(1000)}, {2, usd(600)}};
    struct event ev = {.type = EVENT_PAYMENT_SUCCEEDED};
    ev.payment_succeeded = (struct payment_succeeded){.customer = 1,
                                                      .amount = usd(2000),
                                                      .gateway = STR("simulator"),
                                                      .pays = pays,
                                                      .pays_count = 2,
                                                      .credited = usd(400)};
    const struct posting *p = NULL;
    size_t count = 0;
    assert_ok(event_postings(&p, &count, &ev, A, E));
    assert_int(sum_of(p, count), 0);
    assert_int(balance_of(p, count, ACCOUNT_CASH), 2000);
    assert_int(balance_of(p, count, ACCOUNT_RECEIVABLE), -1600);
    assert_int(balance_of(p, count, ACCOUNT_CUSTOMER_CREDIT), -400);
}

/* Whatever the invoice was: of each account and detail nothing is left. */
Test(posting, a_void_is_the_exact_reverse_of_the_invoice)
{
    struct dice d = dice_of(4);
    for (int round = 0; round < 200; round++) {
        struct event made = {.type = EVENT_INVOICE_FINALIZED}, voided = {.type = EVENT_INVOICE_VOIDED};
        struct line lines[3];
        struct line_tax taxes[3];
        for (int i = 0; i < 3; i++) {
            int64_t kind = dice_between(&d, LINE_RECURRING, LINE_ITEM);
            lines[i] = fee((enum line_kind)kind, dice_between(&d, -9999, 99999));
            lines[i].discount = usd(dice_between(&d, 0, 500));
            taxes[i] = (struct line_tax){
                .code = STR("vat"), .jurisdiction = STR("FR"), .amount = usd(dice_between(&d, -900, 9000))};
            lines[i].taxes = &taxes[i];
            lines[i].taxes_count = (size_t)dice_between(&d, 0, 1);
        }
        struct money credit = usd(dice_between(&d, 0, 5000));
        made.invoice_finalized = (struct invoice_finalized){
            .customer = 1, .invoice = 1, .lines = lines, .lines_count = 3, .credit_applied = credit};
        voided.invoice_voided = (struct invoice_voided){
            .customer = 1, .invoice = 1, .lines = lines, .lines_count = 3, .credit_applied = credit};
        const struct posting *p = NULL, *q = NULL;
        size_t pn = 0, qn = 0;
        assert_ok(event_postings(&p, &pn, &made, A, E));
        assert_ok(event_postings(&q, &qn, &voided, A, E));
        assert_int(pn, qn);
        for (size_t i = 0; i < pn; i++) {
            cr_assert(p[i].account == q[i].account && str_equal(p[i].detail, q[i].detail));
            assert_int(p[i].amount.minor, -q[i].amount.minor);
            assert_int(q[i].invoice, 1);
        }
    }
}

Test(posting, a_credit_goes_where_its_line_went)
{
    static const struct {
        enum line_kind kind;
        enum account account;
        const char *detail;
    } cases[] = {{LINE_RECURRING, ACCOUNT_DEFERRED, "pro"},
                 {LINE_USAGE, ACCOUNT_REVENUE, "api_calls"},
                 {LINE_ITEM, ACCOUNT_REVENUE, "items"},
                 {LINE_MINIMUM, ACCOUNT_REVENUE, "api_calls"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct line line = fee(cases[i].kind, -1000);
        struct event ev = {.type = EVENT_INVOICE_FINALIZED};
        line.kind = LINE_CREDIT;
        line.credited_kind = cases[i].kind;
        ev.invoice_finalized = (struct invoice_finalized){
            .kind = INVOICE_CREDIT_NOTE, .lines = &line, .lines_count = 1, .credit_applied = usd(-1000)};
        const struct posting *p = NULL;
        size_t count = 0;
        assert_ok(event_postings(&p, &count, &ev, A, E));
        assert_int(sum_of(p, count), 0);
        assert_int(balance_of_detail(p, count, cases[i].account, cases[i].detail), 1000);
    }
}

/* The tax of what is written off stays owed: it is no part of these postings. */
Test(posting, what_is_written_off_is_bad_debt_until_it_is_paid_or_credited_after_all)
{
    struct allocation part[] = {{3, usd(1190)}};
    struct event lost = {.type = EVENT_INVOICE_WRITTEN_OFF}, paid = {.type = EVENT_PAYMENT_SUCCEEDED},
                 note = {.type = EVENT_INVOICE_FINALIZED};
    lost.invoice_written_off = (struct invoice_written_off){.invoice = 3, .amount = usd(1190)};
    paid.payment_succeeded = (struct payment_succeeded){.amount = usd(1190),
                                                        .gateway = STR("simulator"),
                                                        .pays = part,
                                                        .pays_count = 1,
                                                        .credited = usd(0),
                                                        .recovers = part,
                                                        .recovers_count = 1};
    note.invoice_finalized = (struct invoice_finalized){.kind = INVOICE_CREDIT_NOTE,
                                                        .credit_applied = usd(-1190),
                                                        .settles = part,
                                                        .settles_count = 1,
                                                        .recovers = part,
                                                        .recovers_count = 1};
    const struct posting *p = NULL;
    size_t count = 0;
    assert_ok(event_postings(&p, &count, &lost, A, E));
    assert_int(sum_of(p, count), 0);
    assert_int(balance_of(p, count, ACCOUNT_BAD_DEBT), 1190);
    assert_int(balance_of(p, count, ACCOUNT_RECEIVABLE), -1190);
    assert_ok(event_postings(&p, &count, &paid, A, E));
    assert_int(sum_of(p, count), 0);
    assert_int(balance_of(p, count, ACCOUNT_CASH), 1190);
    assert_int(balance_of(p, count, ACCOUNT_BAD_DEBT), -1190);
    assert_int(balance_of(p, count, ACCOUNT_RECEIVABLE), 0);
    assert_ok(event_postings(&p, &count, &note, A, E));
    assert_int(balance_of(p, count, ACCOUNT_BAD_DEBT), -1190);
    assert_int(balance_of(p, count, ACCOUNT_CUSTOMER_CREDIT), 0);
}

Test(posting, a_credit_note_that_covers_a_refund_takes_the_place_of_the_concession)
{
    struct line line = fee(LINE_ITEM, -1000);
    struct allocation covers[] = {{3, usd(600)}};
    struct event ev = {.type = EVENT_INVOICE_FINALIZED};
    ev.invoice_finalized = (struct invoice_finalized){.kind = INVOICE_CREDIT_NOTE,
                                                      .lines = &line,
                                                      .lines_count = 1,
                                                      .credit_applied = usd(-1000),
                                                      .covers = covers,
                                                      .covers_count = 1};
    const struct posting *p = NULL;
    size_t count = 0;
    assert_ok(event_postings(&p, &count, &ev, A, E));
    assert_int(sum_of(p, count), 0);
    assert_int(balance_of(p, count, ACCOUNT_REFUNDS), -600);
    assert_int(balance_of(p, count, ACCOUNT_CUSTOMER_CREDIT), -400);
}

/* Requested and then succeeded, or failed: what is set aside is paid out, or comes back. */
Test(posting, a_refund_sets_credit_aside_until_it_is_answered)
{
    struct event asked = {.type = EVENT_REFUND_REQUESTED}, paid = {.type = EVENT_REFUND_SUCCEEDED},
                 failed = {.type = EVENT_REFUND_FAILED};
    asked.refund_requested = (struct refund_requested){.amount = usd(1500), .from_credit = usd(1100)};
    paid.refund_succeeded =
        (struct refund_succeeded){.amount = usd(1500), .from_credit = usd(1100), .gateway = STR("simulator")};
    failed.refund_failed = (struct refund_failed){.amount = usd(1500), .from_credit = usd(1100)};
    const struct posting *p = NULL, *q = NULL, *r = NULL;
    size_t pn = 0, qn = 0, rn = 0;
    assert_ok(event_postings(&p, &pn, &asked, A, E));
    assert_ok(event_postings(&q, &qn, &paid, A, E));
    assert_ok(event_postings(&r, &rn, &failed, A, E));
    assert_int(balance_of(p, pn, ACCOUNT_REFUNDS_PENDING) + balance_of(q, qn, ACCOUNT_REFUNDS_PENDING), 0);
    assert_int(balance_of(p, pn, ACCOUNT_CUSTOMER_CREDIT) + balance_of(r, rn, ACCOUNT_CUSTOMER_CREDIT), 0);
    assert_int(balance_of(q, qn, ACCOUNT_CASH), -1500);
    assert_int(balance_of(q, qn, ACCOUNT_REFUNDS), 400);
    assert_int(sum_of(p, pn) + sum_of(q, qn) + sum_of(r, rn), 0);
}

Test(posting, a_refund_that_came_back_undoes_what_it_had_posted)
{
    struct event paid = {.type = EVENT_REFUND_SUCCEEDED}, back = {.type = EVENT_REFUND_RETURNED};
    paid.refund_succeeded =
        (struct refund_succeeded){.amount = usd(1500), .from_credit = usd(1100), .gateway = STR("stripe")};
    back.refund_returned =
        (struct refund_returned){.amount = usd(1500), .to_credit = usd(1100), .gateway = STR("stripe")};
    const struct posting *p = NULL, *q = NULL;
    size_t pn = 0, qn = 0;
    assert_ok(event_postings(&p, &pn, &paid, A, E));
    assert_ok(event_postings(&q, &qn, &back, A, E));
    assert_int(balance_of(p, pn, ACCOUNT_CASH) + balance_of(q, qn, ACCOUNT_CASH), 0);
    assert_int(balance_of(p, pn, ACCOUNT_REFUNDS) + balance_of(q, qn, ACCOUNT_REFUNDS), 0);
    assert_int(balance_of(q, qn, ACCOUNT_CUSTOMER_CREDIT), -1100);
    assert_int(sum_of(q, qn), 0);
}

/* 29.00 euros were paid, 31.90 dollars came of them, less 1.23; of another payment 50.00 were taken back,
 * with 15.00 for it, and lost; 90.00 went to the bank. */
Test(posting, what_moves_a_gateways_balance_keeps_cash_equal_to_it)
{
    const struct balance_movement movements[] = {
        {.kind = MOVEMENT_PAYMENT, .amount = money_of(2900, "EUR"), .settled = usd(3190), .fee = usd(123)},
        {.kind = MOVEMENT_DISPUTE, .amount = usd(-5000), .settled = usd(-5000), .fee = usd(1500)},
        {.kind = MOVEMENT_PAYOUT, .amount = usd(-9000), .settled = usd(-9000), .fee = usd(0)},
        {.kind = MOVEMENT_FEE, .amount = usd(-200), .settled = usd(-200), .fee = usd(0)},
        {.kind = MOVEMENT_OTHER, .amount = usd(33), .settled = usd(33), .fee = usd(0)},
    };
    struct event noted = {.type = EVENT_BALANCE_NOTED}, lost = {.type = EVENT_DISPUTE_NOTED};
    const struct posting *p = NULL;
    size_t count = 0;
    int64_t euros = 0, dollars = 0;
    noted.balance_noted = (struct balance_noted){STR("stripe"), movements, 5};
    lost.dispute_noted =
        (struct dispute_noted){.status = DISPUTE_LOST, .amount = usd(5000), .gateway = STR("stripe")};
    assert_ok(event_postings(&p, &count, &noted, A, E));
    for (size_t i = 0; i < count; i++) {
        bool cash = p[i].account == ACCOUNT_CASH, in_euros = strcmp(p[i].amount.currency, "EUR") == 0;
        if (cash && in_euros) euros += p[i].amount.minor;
        if (cash && !in_euros) dollars += p[i].amount.minor;
    }
    assert_int(euros, -2900); /* what the payment had posted */
    assert_int(dollars, 3190 - 123 - 5000 - 1500 - 9000 - 200 + 33);
    assert_int(balance_of(p, count, ACCOUNT_FEES), 123 + 1500 + 200);
    assert_int(balance_of(p, count, ACCOUNT_DISPUTES), 5000);
    assert_int(balance_of(p, count, ACCOUNT_BANK), 9000);
    assert_int(balance_of(p, count, ACCOUNT_SUSPENSE), -33);
    assert_int(balance_of(p, count, ACCOUNT_EXCHANGE), 2900 - 3190);
    assert_ok(event_postings(&p, &count, &lost, A, E));
    assert_int(balance_of(p, count, ACCOUNT_DISPUTES), -5000);
    assert_int(balance_of(p, count, ACCOUNT_CHARGEBACKS), 5000);
    lost.dispute_noted.status = DISPUTE_WON;
    assert_ok(event_postings(&p, &count, &lost, A, E));
    assert_int(count, 0);
}

/* Credit of 120.00 sold for 100.00, half of which pays an invoice; a quarter expires, a quarter is taken
 * back. */
Test(posting, prepaid_credit_is_owed_until_it_pays_expires_or_is_given_back)
{
    const struct wallet_use use = {1, usd(6000), usd(5000), {0}};
    struct line lines[] = {fee(LINE_RECURRING, 6000), fee(LINE_PREPAID, 10000)};
    struct event events[] = {{.type = EVENT_WALLET_GRANTED},
                             {.type = EVENT_INVOICE_FINALIZED},
                             {.type = EVENT_WALLET_EXPIRED},
                             {.type = EVENT_WALLET_VOIDED}};
    events[0].wallet_granted = (struct wallet_granted){.amount = usd(12000), .price = usd(10000)};
    events[1].invoice_finalized = (struct invoice_finalized){
        .lines = lines, .lines_count = 2, .wallet = &use, .wallet_count = 1, .wallet_applied = usd(6000)};
    events[2].wallet_expired = (struct wallet_expired){.amount = usd(3000), .prepaid = usd(2500)};
    events[3].wallet_voided = (struct wallet_voided){.amount = usd(3000), .prepaid = usd(2500), .item = 9};
    static const struct {
        enum account account;
        int64_t after[4]; /* each event */
    } rows[] = {
        {ACCOUNT_PREPAID, {-10000, -5000, -2500, 0}}, {ACCOUNT_UNBILLED, {10000, 0, 0, -2500}},
        {ACCOUNT_PROMOTIONS, {0, 1000, 1000, 1000}},  {ACCOUNT_RECEIVABLE, {0, 10000, 10000, 10000}},
        {ACCOUNT_BREAKAGE, {0, 0, -2500, -2500}},     {ACCOUNT_DEFERRED, {0, -6000, -6000, -6000}},
    };
    int64_t balances[6] = {0};
    for (size_t i = 0; i < 4; i++) {
        const struct posting *p = NULL;
        size_t count = 0;
        assert_ok(event_postings(&p, &count, &events[i], A, E));
        assert_int(sum_of(p, count), 0);
        for (size_t k = 0; k < 6; k++) {
            balances[k] += balance_of(p, count, rows[k].account);
            assert_int(balances[k], rows[k].after[i]);
        }
    }
    /* What is kept of a grant that was taken back is income. */
    const struct posting *p = NULL;
    size_t count = 0;
    events[3].wallet_voided.item = 0;
    assert_ok(event_postings(&p, &count, &events[3], A, E));
    assert_int(balance_of(p, count, ACCOUNT_BREAKAGE), -2500);
}

/* Of 60.00 credited, 40.00 go back to a grant, 30.00 of which were paid for; 12.00 lapse, of which 9.00. */
Test(posting, what_goes_back_to_prepaid_credit_is_owed_again_and_what_lapses_is_income)
{
    struct line lines[] = {fee(LINE_CREDIT, -6000)};
    const struct wallet_return returns[] = {{7, 2, usd(4000), usd(3000), false, {0}},
                                            {7, 1, usd(1200), usd(900), true, {0}}};
    struct event ev = {.type = EVENT_INVOICE_FINALIZED};
    lines[0].credited_kind = LINE_RECURRING;
    ev.invoice_finalized = (struct invoice_finalized){.kind = INVOICE_CREDIT_NOTE,
                                                      .lines = lines,
                                                      .lines_count = 1,
                                                      .total = usd(-6000),
                                                      .credit_applied = usd(-800),
                                                      .wallet_returned = usd(5200),
                                                      .returns = returns,
                                                      .returns_count = 2};
    const struct posting *p = NULL;
    size_t count = 0;
    assert_ok(event_postings(&p, &count, &ev, A, E));
    assert_int(sum_of(p, count), 0);
    assert_int(balance_of(p, count, ACCOUNT_DEFERRED), 6000);
    assert_int(balance_of(p, count, ACCOUNT_PREPAID), -3000);
    assert_int(balance_of(p, count, ACCOUNT_BREAKAGE), -900);
    assert_int(balance_of(p, count, ACCOUNT_PROMOTIONS), -1300);
    assert_int(balance_of(p, count, ACCOUNT_CUSTOMER_CREDIT), -800);
    assert_int(balance_of(p, count, ACCOUNT_RECEIVABLE), 0);
}

Test(posting, events_that_move_no_money_post_nothing)
{
    for (int type = EVENT_NONE + 1; type < EVENT_TYPES; type++) {
        struct event ev = {.type = (enum event_type)type};
        const struct posting *p = NULL;
        size_t count = 1;
        assert_ok(event_postings(&p, &count, &ev, A, E));
        assert_int(count, 0);
    }
}

Test(posting, every_account_has_its_name_and_type)
{
    cr_assert(strcmp(account_name(ACCOUNT_RECEIVABLE), "assets:receivable") == 0);
    cr_assert(strcmp(account_type(ACCOUNT_CUSTOMER_CREDIT), "liability") == 0);
}
