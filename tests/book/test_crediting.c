/* SPDX-License-Identifier: MIT */
/* test_crediting.c - parts of lines: net, discount and every tax of all credits together are the line's, to
 * the cent, whatever the steps. Rows R-… and A-… are those of the published cases; others were computed with
 * fractions, by hand or in Python: round(whole x all parts so far / price) less what was given back before.
 */
#include "ledger/book.h"
#include "tests/lib/fixture.h"

TestSuite(crediting, .init = test_begin, .fini = test_end);

enum { STEPS = 4, TAXES = 3 };

static struct money usd(int64_t cents)
{
    return money_of(cents, "USD");
}

static struct line line_of(int64_t amount, int64_t discount, const int64_t *taxes, bool inclusive)
{
    static const char *const codes[TAXES] = {"state", "city", "water"};
    struct line_tax *list = arena_array_of(A, struct line_tax, TAXES);
    struct line l = {.kind = LINE_ITEM,
                     .amount = usd(amount),
                     .discount = usd(discount),
                     .tax = usd(0),
                     .tax_inclusive = inclusive,
                     .taxes = list};
    for (size_t i = 0; i < TAXES && taxes[i] >= 0; i++) {
        list[i] = (struct line_tax){
            .code = str_of(codes[i]), .percent = decimal_of((int64_t)i + 1), .amount = usd(taxes[i])};
        l.taxes_count = i + 1;
        l.tax.minor += taxes[i];
    }
    return l;
}

static struct invoice invoice_of(const struct line *lines, size_t count)
{
    struct invoice v = {
        .invoice = 7, .total = usd(0), .credited = usd(0), .lines = lines, .lines_count = count};
    for (size_t i = 0; i < count; i++) v.total.minor += line_gross(&lines[i]).minor;
    return v;
}

/* ---- the shares of a part ---- */

/* A line and its taxes, up to -1; and the parts of it that are given back: the price asked for, and what of
 * the amount, of the discount and of each tax goes with it. */
struct sharing {
    const char *says;
    int64_t amount, discount, taxes[TAXES];
    bool inclusive;
    struct {
        int64_t price, amount, discount, taxes[TAXES];
    } steps[STEPS];
};

static void check_step(const struct sharing *v, size_t k, const struct line *credit, size_t taxes_count)
{
    cr_assert(-credit->amount.minor == v->steps[k].amount, "%s, %zu: amount %jd", v->says, k,
              (intmax_t)credit->amount.minor);
    cr_assert(-credit->discount.minor == v->steps[k].discount, "%s, %zu: discount", v->says, k);
    for (size_t t = 0; t < taxes_count; t++) {
        cr_assert(-credit->taxes[t].amount.minor == v->steps[k].taxes[t], "%s, %zu: tax %jd", v->says, k,
                  (intmax_t)credit->taxes[t].amount.minor);
    }
}

static void check_sharing(const struct sharing *v)
{
    struct line line = line_of(v->amount, v->discount, v->taxes, v->inclusive);
    struct invoice invoice = invoice_of(&line, 1);
    struct crediting c = crediting_begin(&invoice, A);
    for (size_t k = 0; k < STEPS && v->steps[k].price != 0; k++) {
        struct line credit = {.kind = LINE_CREDIT};
        assert_ok(crediting_part(&credit, &c, 1, usd(v->steps[k].price), E));
        check_step(v, k, &credit, line.taxes_count);
    }
    crediting_end(&invoice, &c);
    cr_assert(invoice.credited.minor == invoice.total.minor, "%s: all is given back", v->says);
}

Test(crediting, a_part_takes_its_share_of_the_tax_and_the_last_one_the_rest)
{
    static const struct sharing cases[] = {
        {"R-10: 200.00 + 25%, 29 of 30 days, then the rest",
         20000,
         0,
         {5000, -1},
         false,
         {{19333, 19333, 0, {4833}}, {667, 667, 0, {167}}}},
        {"R-11: 160.00 + 25%, 29 of 30 days",
         16000,
         0,
         {4000, -1},
         false,
         {{15467, 15467, 0, {3867}}, {533, 533, 0, {133}}}},
        {"R-12: 29.99 + 23.33%, 6 of 7 days",
         2999,
         0,
         {700, -1},
         false,
         {{2571, 2571, 0, {600}}, {428, 428, 0, {100}}}},
        {"R-13: 769.00 + 20%",
         76900,
         0,
         {15380, -1},
         false,
         {{72686, 72686, 0, {14537}}, {4214, 4214, 0, {843}}}},
        {"R-14: 68.33 + 20%, the first of two", 6833, 0, {1367, -1}, false, {{6833, 6833, 0, {1367}}}},
        {"R-14: 68.33 + 20%, the second, that has a cent less",
         6833,
         0,
         {1366, -1},
         false,
         {{6833, 6833, 0, {1366}}}},
        /* Lago has 6.45 at the end: it had given a cent more on the third line. */
        {"R-15: the last line in three steps",
         6833,
         0,
         {1366, -1},
         false,
         {{1367, 1367, 0, {273}}, {2233, 2233, 0, {447}}, {3233, 3233, 0, {646}}}},
        {"thirds of 100.00 + 19%",
         10000,
         0,
         {1900, -1},
         false,
         {{3333, 3333, 0, {633}}, {3333, 3333, 0, {634}}, {3334, 3334, 0, {633}}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) check_sharing(&cases[i]);
}

Test(crediting, a_part_takes_its_share_of_each_of_two_taxes)
{
    static const struct sharing cases[] = {
        {"R-22: two taxes",
         10000,
         0,
         {1500, 500, -1},
         false,
         {{3333, 3333, 0, {500, 167}}, {6667, 6667, 0, {1000, 333}}}},
        {"R-22: 40 and 60 hundredths of a tax of 20.01",
         10000,
         0,
         {2001, -1},
         false,
         {{4000, 4000, 0, {800}}, {6000, 6000, 0, {1201}}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) check_sharing(&cases[i]);
}

Test(crediting, a_part_takes_its_share_of_the_discount)
{
    static const struct sharing cases[] = {
        {"A-7: a coupon of 10% and 10% tax",
         1000,
         100,
         {90, -1},
         false,
         {{450, 500, 50, {45}}, {450, 500, 50, {45}}}},
        {"a discount that does not divide",
         1000,
         333,
         {127, -1},
         false,
         {{100, 150, 50, {19}}, {567, 850, 283, {108}}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) check_sharing(&cases[i]);
}

Test(crediting, where_the_tax_is_inside_the_price_is_what_is_given_back)
{
    static const struct sharing cases[] = {
        {"2.99 with 4% inside: the price is what is given back",
         288,
         0,
         {11, -1},
         true,
         {{100, 96, 0, {4}}, {199, 192, 0, {7}}}},
        {"a cent has no room for two taxes: the next one makes up for it",
         50,
         0,
         {25, 25, -1},
         true,
         {{1, 1, 0, {0, 0}}, {1, 0, 0, {1, 0}}, {1, 0, 0, {0, 1}}, {97, 49, 0, {24, 24}}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) check_sharing(&cases[i]);
}

Test(crediting, a_line_may_have_no_tax_or_be_a_credit_itself)
{
    static const struct sharing cases[] = {
        {"no tax", 1000, 0, {-1}, false, {{1, 1, 0, {0}}, {999, 999, 0, {0}}}},
        {"a line that is itself a credit",
         -1497,
         0,
         {-299, -1},
         false,
         {{-500, -500, 0, {-100}}, {-997, -997, 0, {-199}}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) check_sharing(&cases[i]);
}

/* ---- which line ---- */

Test(crediting, a_credit_of_the_first_form_is_of_the_fee_whose_days_it_lies_in)
{
    const int64_t none[TAXES] = {-1};
    struct line lines[3] = {line_of(100, 0, none, false), line_of(200, 0, none, false),
                            line_of(300, 0, none, false)};
    lines[1].kind = lines[2].kind = LINE_RECURRING;
    lines[1].subscription = 4;
    lines[2].subscription = 5;
    for (size_t i = 1; i < 3; i++) {
        lines[i].from = day("2025-01-01");
        lines[i].to = day("2025-02-01");
    }
    struct invoice v = invoice_of(lines, 3);
    struct line credit = {.kind = LINE_PRORATION_CREDIT,
                          .subscription = 5,
                          .from = day("2025-01-10"),
                          .to = day("2025-02-01"),
                          .credits = 7};
    assert_int(credited_line(&v, &credit), 3);
    credit.credits_line = 2;
    assert_int(credited_line(&v, &credit), 2);
    credit.credits_line = 4;
    assert_int(credited_line(&v, &credit), 0);
    credit.credits_line = 0;
    credit.to = day("2025-02-02");
    assert_int(credited_line(&v, &credit), 0);
    credit.to = day("2025-02-01");
    credit.credits = 8;
    assert_int(credited_line(&v, &credit), 0);
}

Test(crediting, what_is_undone_can_be_given_back_again)
{
    const int64_t taxes[TAXES] = {1900, -1};
    struct line line = line_of(10000, 0, taxes, false), credit = {.kind = LINE_CREDIT};
    struct invoice v = invoice_of(&line, 1);
    struct money left = {0};
    struct crediting c = crediting_begin(&v, A);
    assert_ok(crediting_part(&credit, &c, 1, usd(3333), E));
    crediting_end(&v, &c);
    assert_int(v.credits_count, 1);
    assert_money(v.credits[0].net, "33.33", "USD");
    assert_money(v.credits[0].taxes[0].amount, "6.33", "USD");
    c = crediting_begin(&v, A);
    assert_ok(crediting_left(&left, &c, 1, E));
    assert_money(left, "66.67", "USD");
    assert_ok(crediting_note(&c, &credit, true, E));
    crediting_end(&v, &c);
    assert_int(v.credits_count, 0);
    assert_money(v.credited, "0.00", "USD");
}

/* ---- any line, any steps ---- */

static struct line random_line(struct dice *d)
{
    int64_t taxes[TAXES] = {-1, -1, -1};
    int64_t net = dice_between(d, 1, 200000), discount = dice_chance(d, 40) ? dice_between(d, 0, 9999) : 0;
    int64_t count = dice_between(d, 0, TAXES);
    for (int64_t i = 0; i < count; i++) taxes[i] = net * dice_between(d, 0, 2500) / 10000;
    return line_of(net + discount, discount, taxes, dice_chance(d, 40));
}

static int64_t part_of(struct dice *d, int64_t left)
{
    if (dice_chance(d, 10)) return left;
    return dice_chance(d, 30) ? dice_between(d, 1, left < 3 ? left : 3) : dice_between(d, 1, left);
}

static void assert_part(const struct line *credit, int64_t price)
{
    struct line as_charge = *credit;
    cr_assert(credit->amount.minor <= credit->discount.minor);
    cr_assert(credit->discount.minor <= 0);
    for (size_t i = 0; i < credit->taxes_count; i++) cr_assert(credit->taxes[i].amount.minor <= 0);
    assert_int(-line_price(&as_charge).minor, price);
}

Test(crediting, of_any_line_in_any_steps_the_credits_are_never_negative_and_sum_to_it)
{
    struct dice d = dice_of(13);
    for (int round = 0; round < 2000; round++) {
        struct line line = random_line(&d);
        struct invoice v = invoice_of(&line, 1);
        struct crediting c = crediting_begin(&v, A);
        struct money left = line_price(&line);
        for (int step = 0; left.minor > 0; step++) {
            struct line credit = {.kind = LINE_CREDIT};
            int64_t price = step > 60 ? left.minor : part_of(&d, left.minor);
            assert_ok(crediting_part(&credit, &c, 1, usd(price), E));
            assert_part(&credit, price);
            assert_ok(crediting_left(&left, &c, 1, E));
            if (dice_chance(&d, 30)) { /* as the views keep it between two credit notes */
                crediting_end(&v, &c);
                c = crediting_begin(&v, A);
            }
        }
        crediting_end(&v, &c);
        assert_int(v.credited.minor, line_gross(&line).minor);
        assert_int(v.credits[0].net.minor, line.amount.minor - line.discount.minor);
        assert_int(v.credits[0].discount.minor, line.discount.minor);
        for (size_t i = 0; i < line.taxes_count; i++)
            assert_int(v.credits[0].taxes[i].amount.minor, line.taxes[i].amount.minor);
        arena_reset(A);
    }
}

/* ---- the life of an invoice ---- */

/* Stripe's transitions, https://docs.stripe.com/invoicing/integration/workflow-transitions: draft to
 * open, open to paid, void and uncollectible, uncollectible to paid and void. Ours beside them: what is
 * partly paid is a state of its own, and what asks for nothing is paid when it is finalized. */
Test(crediting, an_invoice_moves_as_the_table_says_and_no_other_way)
{
    static const char *const allowed[] = {
        "draft open",         "draft paid",         "open partially_paid", "open paid",
        "open void",          "open uncollectible", "partially_paid paid", "partially_paid uncollectible",
        "uncollectible paid", "uncollectible void"};
    size_t seen = 0;
    for (size_t from = 0; from < choice_invoice_status.count; from++) {
        for (size_t to = 0; to < choice_invoice_status.count; to++) {
            bool may = false;
            const char *move =
                str_format(A, "%s %s", choice_invoice_status.words[from], choice_invoice_status.words[to])
                    .ptr;
            for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
                may = may || strcmp(allowed[i], move) == 0;
            cr_assert(invoice_may_move((enum invoice_status)from, (enum invoice_status)to) == may, "%s",
                      move);
            seen += may;
        }
    }
    assert_int(seen, 10);
}

Test(crediting, a_move_that_there_is_not_is_damage)
{
    struct invoice v = {.number = STR("INV-2025-000001"),
                        .status = INVOICE_VOID,
                        .amount_due = usd(100),
                        .paid = usd(0),
                        .offset = usd(0),
                        .written_off = usd(0)};
    struct invoice_voided again = {.on = day("2025-01-01")};
    assert_err(invoice_pay(&v, usd(100), day("2025-01-01"), E), ERR_TAMPERED,
               "document 'INV-2025-000001' goes from void to paid, which no document may");
    assert_err(invoice_void(&v, &again, E), ERR_TAMPERED,
               "document 'INV-2025-000001' goes from void to void, which no document may");
    v.status = INVOICE_UNCOLLECTIBLE;
    v.written_off = usd(50);
    assert_err(invoice_recover(&v, usd(51), E), ERR_TAMPERED,
               "more than was written off of document 'INV-2025-000001' comes back");
}
