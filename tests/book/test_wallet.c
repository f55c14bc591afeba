/* SPDX-License-Identifier: MIT */
/* test_wallet.c - how prepaid credit pays documents: the order of grants, scopes, what credits leave to pay,
 * which part was paid for; and random documents beside a second model that pays cent by cent. */
#include "tests/book/facts.h"

TestSuite(wallet, .init = test_begin, .fini = test_end);

static struct line line(const char *product, const char *usage_type, int64_t amount, int64_t tax)
{
    return (struct line){.kind = usage_type[0] != '\0' ? LINE_USAGE : LINE_RECURRING,
                         .product = str_of(product),
                         .usage_type = str_of(usage_type),
                         .amount = usd(amount),
                         .discount = usd(0),
                         .tax = usd(tax)};
}

static struct invoice_finalized document(const struct line *lines, size_t count)
{
    struct invoice_finalized d = {.kind = INVOICE_INVOICE,
                                  .lines = lines,
                                  .lines_count = count,
                                  .issue_date = day("2025-02-01"),
                                  .total = usd(0)};
    for (size_t i = 0; i < count; i++)
        d.total.minor += lines[i].amount.minor - lines[i].discount.minor + lines[i].tax.minor;
    return d;
}

Test(wallet, grants_pay_by_priority_then_expiry_then_number)
{
    const struct line lines[] = {line("pro", "", 2900, 0)};
    static const struct {
        const char *says;
        struct {
            int64_t left;
            uint64_t priority;
            const char *expires;
        } grants[3];
        const char *wanted;
    } rows[] = {
        {"the older pays first", {{1000, 50, ""}, {1000, 50, ""}, {1000, 50, ""}}, "1:1000 2:1000 3:900"},
        {"a lower priority number goes before",
         {{1000, 50, ""}, {1000, 9, ""}, {1000, 10, ""}},
         "2:1000 3:1000 1:900"},
        {"what expires sooner goes before what expires later and never",
         {{1000, 50, ""}, {1000, 50, "2025-04-01"}, {1000, 50, "2025-03-01"}},
         "3:1000 2:1000 1:900"},
        {"priority counts more than expiry",
         {{2000, 50, "2025-02-02"}, {2000, 1, ""}, {2000, 50, ""}},
         "2:2000 1:900"},
        {"on the day that it expires a grant pays no more",
         {{2000, 50, "2025-02-01"}, {2000, 50, "2025-01-31"}, {2000, 50, "2025-02-02"}},
         "3:2000"},
        {"the first that is enough pays alone", {{9000, 50, ""}, {9000, 50, ""}, {9000, 50, ""}}, "1:2900"},
        {"one that is used up pays nothing", {{0, 1, ""}, {100, 50, ""}, {0, 1, ""}}, "2:100"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wallet_grant grants[3];
        for (uint64_t k = 0; k < 3; k++)
            grants[k] = grant(k + 1, rows[i].grants[k].left, rows[i].grants[k].priority,
                              rows[i].grants[k].expires, "");
        struct invoice_finalized d = document(lines, 1);
        assert_ok(wallet_pay(&d, grants, 3, A, E));
        cr_assert(str_is(paid(&d), rows[i].wanted), "%s: %.*s", rows[i].says, STR_ARG(paid(&d)));
    }
}

Test(wallet, a_scope_leaves_a_grant_the_lines_of_its_tier_or_usage_type)
{
    const struct line lines[] = {line("pro", "", 9900, 0), line("pro", "api_calls", 500, 0),
                                 line("storage", "", 300, 0), line("storage", "api_calls", 50, 0)};
    static const struct {
        const char *says, *scopes[2], *wanted;
    } rows[] = {
        {"a tier's fees and usage", {"pro", ""}, "1:10400 2:350"},
        {"a usage type, of whatever tier", {"api_calls", ""}, "1:550 2:10200"},
        {"what one has paid the other does not pay again", {"pro", "api_calls"}, "1:10400 2:50"},
        {"nothing of what is not on the document", {"basic", "api_calls"}, "2:550"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct wallet_grant grants[] = {grant(1, 50000, 50, "", rows[i].scopes[0]),
                                              grant(2, 50000, 50, "", rows[i].scopes[1])};
        struct invoice_finalized d = document(lines, 4);
        assert_ok(wallet_pay(&d, grants, 2, A, E));
        cr_assert(str_is(paid(&d), rows[i].wanted), "%s: %.*s", rows[i].says, STR_ARG(paid(&d)));
    }
}

Test(wallet, what_is_given_back_lowers_its_own_lines_first)
{
    const struct line lines[] = {line("basic", "", 2900, 0), line("pro", "", -1000, -200),
                                 line("pro", "", 9900, 0), line("basic", "", -4000, 0)};
    /* pro: 9900 - 1200 = 8700; basic: 2900 - 4000, of which 1100 is left, and lowers pro to 7600. */
    static const struct {
        const char *scope, *wanted;
    } rows[] = {{"pro", "1:7600"}, {"basic", ""}, {"", "1:7600"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct wallet_grant grants[] = {grant(1, 50000, 50, "", rows[i].scope)};
        struct invoice_finalized d = document(lines, 4);
        assert_int(d.total.minor, 7600);
        assert_ok(wallet_pay(&d, grants, 1, A, E));
        assert_str(paid(&d), rows[i].wanted);
    }
}

Test(wallet, credit_is_not_bought_with_credit)
{
    struct line lines[] = {line("", "", 10000, 0), line("pro", "", 900, 0)};
    lines[0].kind = LINE_PREPAID;
    const struct wallet_grant grants[] = {grant(1, 50000, 50, "", "")};
    struct invoice_finalized d = document(lines, 2);
    assert_ok(wallet_pay(&d, grants, 1, A, E));
    assert_str(paid(&d), "1:900");
    assert_money(d.wallet_applied, "9.00", "USD");
}

/* fees of 0.4 cents come to nothing each, two of 1 cent to 2 cents, 40 % tax of that is 0.8, so 1 cent.
 * eight fees of 1.4 cents are 1 cent each; 40 % of 8 is 3.2, so 3 cents. The wallet takes what the
 * document asks for, not a cent more or less, whatever line bears the tax. */
Test(wallet, fees_of_fractions_of_a_cent_are_paid_as_they_were_rounded)
{
    static const struct {
        const char *says;
        int64_t amounts[8], taxes[8];
        int64_t wanted;
    } rows[] = {
        {"R-8", {0, 0, 0, 0, 0, 0, 1, 1}, {0, 0, 0, 0, 0, 0, 1, 0}, 3},
        {"R-9", {1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 0, 0, 0, 0, 0}, 11},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct line lines[8];
        for (size_t k = 0; k < 8; k++) lines[k] = line("pro", "calls", rows[i].amounts[k], rows[i].taxes[k]);
        const struct wallet_grant grants[] = {grant(1, 1000, 50, "", "")};
        struct invoice_finalized d = document(lines, 8);
        assert_ok(wallet_pay(&d, grants, 1, A, E));
        assert_int(d.wallet_applied.minor, rows[i].wanted);
        assert_int(d.total.minor, rows[i].wanted);
    }
}

Test(wallet, discounts_lower_and_taxes_raise_what_a_line_asks_for)
{
    struct line lines[] = {line("pro", "", 10000, 1710)}; /* 100.00 less 10 %, 19 % tax: 107.10 */
    lines[0].discount = usd(1000);
    const struct wallet_grant grants[] = {grant(1, 50000, 50, "", "")};
    struct invoice_finalized d = document(lines, 1);
    assert_ok(wallet_pay(&d, grants, 1, A, E));
    assert_money(d.wallet_applied, "107.10", "USD");
}

Test(wallet, grants_of_another_currency_pay_nothing)
{
    const struct line lines[] = {line("pro", "", 9900, 0)};
    struct wallet_grant grants[] = {grant(1, 5000, 50, "", "")};
    grants[0].amount = grants[0].left = money_of(5000, "EUR");
    struct invoice_finalized d = document(lines, 1);
    assert_ok(wallet_pay(&d, grants, 1, A, E));
    assert_int(d.wallet_count, 0);
    assert_money(d.wallet_applied, "0.00", "USD");
}

/* Credit of 120.00 sold for 100.00: of 91.00 left 75.8333… was paid for, of 62.00 51.6666…, of 33.00 27.50.
 */
Test(wallet, what_was_paid_for_a_grant_is_used_up_in_proportion)
{
    static const struct {
        int64_t taken, prepaid;
    } rows[] = {{2900, 2417}, {2900, 2416}, {2900, 2417}, {3300, 2750}};
    struct wallet_grant g = grant(1, 12000, 50, "", "");
    struct wallet_use use = {0};
    g.price = usd(10000);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_ok(wallet_take(&use, &g, usd(rows[i].taken), E));
        assert_int(use.prepaid.minor, rows[i].prepaid);
    }
    assert_int(g.left.minor, 0);
}

Test(wallet, the_parts_of_a_grant_add_up_to_its_worth_and_its_price)
{
    struct dice dice = dice_of(11);
    for (int round = 0; round < 5000; round++) {
        int64_t amount = dice_between(&dice, 1, dice_chance(&dice, 20) ? INT64_C(900000000000000000) : 2000);
        struct wallet_grant g = grant(1, amount, 50, "", "");
        int64_t taken = 0, prepaid = 0;
        g.price = usd(dice_between(&dice, 0, amount));
        while (g.left.minor > 0) {
            struct wallet_use use = {0};
            int64_t part = dice_chance(&dice, 30) ? g.left.minor : dice_between(&dice, 0, g.left.minor);
            assert_ok(wallet_take(&use, &g, usd(part), E));
            cr_assert(use.prepaid.minor >= 0 && use.prepaid.minor <= use.amount.minor);
            taken += use.amount.minor;
            prepaid += use.prepaid.minor;
        }
        assert_int(taken, amount);
        assert_int(prepaid, g.price.minor);
    }
}

/* ---- what goes back ---- */

/* Invoice 7, of which two grants paid 6.00 and 9.00; both are used up. */
static struct invoice paid_invoice(struct wallet_grant *grants, struct wallet_use *uses)
{
    for (size_t i = 0; i < 2; i++) {
        grants[i] = grant(i + 1, i == 0 ? 600 : 900, 50, "", "");
        grants[i].price = usd(i == 0 ? 0 : 400);
        assert_ok(wallet_take(&uses[i], &grants[i], grants[i].left, E));
        grants[i].status = GRANT_USED;
    }
    return (struct invoice){.invoice = 7, .total = usd(2000), .wallet = uses, .wallet_count = 2};
}

/* "2:900/400 1:100/0!": to which grant, how much, how much of it was paid for; "!": it lapses. */
static struct str returned(const struct invoice_finalized *d)
{
    struct str all = STR_NONE;
    for (size_t i = 0; i < d->returns_count; i++)
        all = str_format(A, "%.*s%s%d:%d/%d%s", STR_ARG(all), i == 0 ? "" : " ", (int)d->returns[i].grant,
                         (int)d->returns[i].amount.minor, (int)d->returns[i].prepaid.minor,
                         d->returns[i].lapsed ? "!" : "");
    return all;
}

Test(wallet, who_paid_last_has_its_own_back_first)
{
    static const struct {
        int64_t before[2], amount; /* to each grant by credits before */
        const char *wanted;
    } rows[] = {{{0, 0}, 100, "2:100/44"},
                {{0, 0}, 1000, "2:900/400 1:100/0"},
                {{0, 0}, 9999, "2:900/400 1:600/0"},
                {{0, 900}, 50, "1:50/0"},
                {{600, 900}, 50, ""},
                {{0, 0}, 0, ""},
                {{0, 0}, -5, ""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wallet_grant grants[2];
        struct wallet_use uses[2], back[2];
        struct invoice v = paid_invoice(grants, uses);
        struct invoice_finalized d = document(NULL, 0);
        for (size_t k = 0; k < 2; k++)
            back[k] = (struct wallet_use){k + 1, usd(rows[i].before[k]), usd(0), {0}};
        v.wallet_back = back;
        v.wallet_back_count = 2;
        struct wallet w = wallet_begin(grants, 2, grants, 2, A);
        assert_int(w.count, 2);
        assert_ok(wallet_give_back(&d, &w, &v, usd(rows[i].amount), A, E));
        assert_str(returned(&d), rows[i].wanted);
        cr_assert(d.returns_count > 0 || !money_is_given(d.wallet_returned), "%zu", i);
    }
}

/* 4.00 was paid for 9.00: for 1.00 of it 0.44, for 3.00 1.33, less 0.44 is 0.89; for all of it the rest. */
Test(wallet, what_lapses_keeps_its_share_of_what_was_paid)
{
    static const struct {
        int64_t amount;
        const char *wanted;
    } rows[] = {{100, "2:100/44!"}, {200, "2:200/89!"}, {600, "2:600/267!"}};
    static const enum grant_status statuses[] = {GRANT_VOIDED, GRANT_EXPIRED, GRANT_USED};
    for (size_t s = 0; s < sizeof statuses / sizeof statuses[0]; s++) {
        struct wallet_grant grants[2];
        struct wallet_use uses[2], back = {2, usd(0), usd(0), {0}};
        struct invoice v = paid_invoice(grants, uses);
        grants[1].status = statuses[s];
        if (statuses[s] == GRANT_USED) grants[1].expires = day("2025-02-01"); /* the document's day */
        v.wallet_back = &back;
        v.wallet_back_count = 1;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            struct invoice_finalized d = document(NULL, 0);
            struct wallet w = wallet_begin(NULL, 0, grants, 2, A);
            assert_ok(wallet_give_back(&d, &w, &v, usd(rows[i].amount), A, E));
            assert_str(returned(&d), rows[i].wanted);
            back.amount.minor += d.returns[0].amount.minor;
            back.prepaid.minor += d.returns[0].prepaid.minor;
        }
        assert_int(back.prepaid.minor, 400);
    }
}

/* A credit of 10.00 of another product, 7.00 of which go back, lowers 30.00 by no more than 3.00. */
Test(wallet, what_goes_back_lowers_nothing_that_is_to_be_paid)
{
    struct line lines[] = {line("pro", "", 3000, 0), line("basic", "", -600, 0), line("basic", "", -400, 0)};
    const struct wallet_return back = {7, 2, usd(700), usd(0), false, {0}};
    const struct wallet_grant grants[] = {grant(1, 50000, 50, "", "")};
    lines[1].credits = lines[2].credits = 7;
    struct invoice_finalized d = document(lines, 3);
    d.returns = &back;
    d.returns_count = 1;
    assert_ok(wallet_pay(&d, grants, 1, A, E));
    assert_money(d.wallet_applied, "27.00", "USD");
}

/* ---- a second model: cents, one by one ---- */

enum { LINES_MAX = 8, GRANTS_MAX = 6 };

struct cents {
    int64_t left[LINES_MAX]; /* to be paid of each line */
    const struct line *lines;
    size_t count;
};

static bool same(const struct line *a, const struct line *b)
{
    return (a->kind == LINE_PREPAID) == (b->kind == LINE_PREPAID) && str_equal(a->product, b->product) &&
           str_equal(a->usage_type, b->usage_type);
}

/* Takes one cent from the first line that has one and passes; false: there is none. */
static bool take_cent(struct cents *c, const struct line *like, bool prepaid_too, const struct str *scope)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct line *l = &c->lines[i];
        if (c->left[i] <= 0 || (like != NULL && !same(l, like))) continue;
        if (!prepaid_too && l->kind == LINE_PREPAID) continue;
        if (scope != NULL && scope->len > 0 && !str_equal(*scope, l->product) &&
            !str_equal(*scope, l->usage_type))
            continue;
        c->left[i]--;
        return true;
    }
    return false;
}

static struct cents cents_of(const struct line *lines, size_t count)
{
    struct cents c = {.lines = lines, .count = count};
    int64_t credit[LINES_MAX] = {0};
    for (size_t i = 0; i < count; i++) {
        int64_t gross = lines[i].amount.minor - lines[i].discount.minor + lines[i].tax.minor;
        c.left[i] = gross > 0 ? gross : 0;
        credit[i] = gross < 0 ? -gross : 0;
    }
    for (size_t i = 0; i < count; i++)
        while (credit[i] > 0 && take_cent(&c, &lines[i], true, NULL)) credit[i]--;
    for (size_t i = 0; i < count; i++)
        while (credit[i] > 0 && take_cent(&c, NULL, false, NULL)) credit[i]--;
    for (size_t i = 0; i < count; i++)
        while (credit[i] > 0 && take_cent(&c, NULL, true, NULL)) credit[i]--;
    return c;
}

/* The rank of a grant as one number that sorts: priority, expiry, number. */
static int64_t rank(const struct wallet_grant *g)
{
    int64_t days = date_is_given(g->expires) ? g->expires.days : 99999;
    return ((int64_t)g->priority * 100000 + days) * 100 + (int64_t)g->grant;
}

static struct line random_line(struct dice *dice)
{
    static const char *const products[] = {"basic", "pro", "", "storage"};
    static const char *const types[] = {"", "", "calls", "bytes"};
    struct line l = line(products[dice_between(dice, 0, 3)], types[dice_between(dice, 0, 3)],
                         dice_between(dice, dice_chance(dice, 30) ? -60 : 0, 90), 0);
    l.tax.minor = l.amount.minor * dice_between(dice, 0, 25) / 100;
    if (l.amount.minor > 0) l.discount.minor = dice_between(dice, 0, l.amount.minor);
    if (dice_chance(dice, 10)) l.kind = LINE_PREPAID;
    return l;
}

static struct wallet_grant random_grant(struct dice *dice, uint64_t number)
{
    static const char *const scopes[] = {"", "", "pro", "calls", "nothing"};
    static const char *const days[] = {"", "2025-01-15", "2025-02-01", "2025-02-02", "2025-03-01"};
    struct wallet_grant g = grant(number, dice_between(dice, 0, 120), (uint64_t)dice_between(dice, 1, 3),
                                  days[dice_between(dice, 0, 4)], scopes[dice_between(dice, 0, 4)]);
    g.amount.minor += dice_between(dice, 1, 50);
    g.price = usd(dice_between(dice, 0, g.amount.minor));
    return g;
}

static void check_against_cents(const struct invoice_finalized *d, const struct wallet_grant *grants,
                                size_t count)
{
    struct cents c = cents_of(d->lines, d->lines_count);
    bool done[GRANTS_MAX] = {false};
    size_t use = 0;
    int64_t sum = 0;
    for (size_t n = 0; n < count; n++) {
        size_t best = count;
        for (size_t i = 0; i < count; i++) {
            if (!done[i] && (best == count || rank(&grants[i]) < rank(&grants[best]))) best = i;
        }
        const struct wallet_grant *g = &grants[best];
        int64_t took = 0;
        done[best] = true;
        if (date_is_given(g->expires) && g->expires.days <= d->issue_date.days) continue;
        while (took < g->left.minor && take_cent(&c, NULL, false, &g->scope)) took++;
        if (took == 0) continue;
        cr_assert(use < d->wallet_count && d->wallet[use].grant == g->grant, "the %zu. to pay is %d", use + 1,
                  (int)g->grant);
        assert_int(d->wallet[use].amount.minor, took);
        cr_assert(d->wallet[use].prepaid.minor >= 0 && d->wallet[use].prepaid.minor <= took);
        sum += took;
        use++;
    }
    assert_int(d->wallet_count, use);
    assert_int(d->wallet_applied.minor, sum);
    cr_assert(sum >= 0 && sum <= d->total.minor);
}

Test(wallet, random_documents_are_paid_as_cent_by_cent)
{
    int used = 0;
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        struct dice dice = dice_of(seed);
        struct line lines[LINES_MAX];
        struct wallet_grant grants[GRANTS_MAX];
        size_t lines_count = (size_t)dice_between(&dice, 1, LINES_MAX);
        size_t count = (size_t)dice_between(&dice, 0, GRANTS_MAX);
        struct arena *a = arena_new();
        for (size_t i = 0; i < lines_count; i++) lines[i] = random_line(&dice);
        for (size_t i = 0; i < count; i++) grants[i] = random_grant(&dice, i + 1);
        struct invoice_finalized d = document(lines, lines_count);
        if (d.total.minor >= 0) {
            assert_ok(wallet_pay(&d, grants, count, a, E));
            check_against_cents(&d, grants, count);
            used += d.wallet_count > 1;
        }
        arena_free(a);
    }
    cr_assert(used > 2000, "only %d documents were paid by several grants", used);
}

/* ---- breakage that is expected ---- */

__extension__ typedef __int128 wide;

static int64_t half_away(wide num, wide den)
{
    return (int64_t)((2 * num + den) / (2 * den));
}

/* In hundredths of a percent; of what is used by now, all whole numbers. */
static int64_t earned_by(const struct wallet_grant *g, int64_t share, int64_t used)
{
    wide rest = 10000 - share;
    int64_t expected = half_away((wide)g->price.minor * share * used, rest * g->amount.minor);
    int64_t paid_for_rest = half_away((wide)g->price.minor * (g->amount.minor - used), g->amount.minor);
    return expected < paid_for_rest ? expected : paid_for_rest;
}

Test(wallet, what_is_expected_to_be_left_is_earned_in_proportion_to_what_is_used)
{
    int capped = 0;
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        struct dice dice = dice_of(seed);
        struct wallet_grant g = grant(1, dice_between(&dice, 1, 99999999), 50, "", "");
        int64_t share = dice_between(&dice, 1, 9999), used = 0, earned = 0, owed = 0;
        g.amount = g.left;
        g.price = usd(dice_between(&dice, 1, g.amount.minor));
        g.expected_breakage = decimal_make(share, 2);
        owed = g.price.minor;
        for (int i = 0; i < 8 && g.left.minor > 0; i++) {
            struct wallet_use use = {0};
            int64_t part = dice_between(&dice, 1, i == 7 ? g.left.minor : (g.left.minor + 1) / 2);
            assert_ok(wallet_take(&use, &g, usd(part), E));
            used += part;
            earned += use.breakage.minor;
            owed -= use.prepaid.minor + use.breakage.minor;
            assert_int(earned, earned_by(&g, share, used));
            cr_assert(earned >= 0 && owed >= 0, "seed %d: %d earned, %d owed", (int)seed, (int)earned,
                      (int)owed);
            capped += owed == 0;
        }
    }
    cr_assert(capped > 1000, "only %d times all of it was earned", capped);
}

Test(wallet, all_of_a_grant_used_leaves_nothing_earned_of_what_was_expected)
{
    struct wallet_grant g = grant(1, 20000, 50, "", "");
    struct wallet_use use = {0};
    g.amount = g.left;
    g.price = usd(10000);
    g.expected_breakage = decimal_of(20);
    assert_ok(wallet_take(&use, &g, usd(16000), E));
    assert_int(use.breakage.minor, 2000);
    assert_ok(wallet_take(&use, &g, usd(4000), E));
    assert_int(use.breakage.minor, -2000);
}

Test(wallet, without_an_expectation_nothing_is_told_of_it)
{
    struct wallet_grant g = grant(1, 20000, 50, "", "");
    struct wallet_use use = {0};
    g.amount = g.left;
    g.price = usd(10000);
    assert_ok(wallet_take(&use, &g, usd(16000), E));
    cr_assert(!money_is_given(use.breakage));
}
