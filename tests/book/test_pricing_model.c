/* SPDX-License-Identifier: MIT */
/* test_pricing_model.c - random rates and fees with random quantities, computed a second time with fractions
 * by pricing_model.py, which knows the rules but not this code. */
#include "ledger/book.h"
#include "tests/lib/fixture.h"

TestSuite(pricing_model, .init = test_begin, .fini = test_end);

enum { ROWS = 20000, TIERS_MAX = 6 };

static const char *const currencies[] = {"USD", "JPY", "KWD"};

/* Small numbers and few decimals come often: they meet bounds and halves. */
static struct decimal roll(struct dice *d, int64_t most, uint32_t decimals_max)
{
    uint32_t scale = (uint32_t)dice_between(d, 0, decimals_max);
    int64_t coefficient = dice_between(d, 0, most);
    for (uint32_t i = 0; i < scale && dice_chance(d, 50); i++)
        coefficient = coefficient * 10 + dice_between(d, 0, 9);
    return decimal_make(coefficient, scale);
}

static struct decimal roll_or_none(struct dice *d, unsigned percent, int64_t most, uint32_t decimals_max)
{
    return dice_chance(d, percent) ? roll(d, most, decimals_max) : (struct decimal){0};
}

static const struct price_tier *roll_tiers(struct dice *d, size_t *count, bool steps)
{
    struct price_tier *tiers = arena_array_of(A, struct price_tier, TIERS_MAX);
    struct decimal bound = {0};
    *count = (size_t)dice_between(d, 1, TIERS_MAX);
    for (size_t i = 0; i < *count; i++) {
        struct decimal step = roll(d, 50, 2);
        if (decimal_is_zero(step)) step = decimal_of(1);
        assert_ok(decimal_add(&bound, bound, step, E));
        bool open = i + 1 == *count && dice_chance(d, 70);
        tiers[i] = (struct price_tier){.up_to = open ? (struct decimal){0} : bound,
                                       .unit_price = steps ? (struct decimal){0} : roll(d, 20, 4),
                                       .flat = roll_or_none(d, 40, 50, 3),
                                       .block = steps ? (struct decimal){0} : roll_or_none(d, 20, 10, 1)};
    }
    return tiers;
}

static struct rate roll_rate(struct dice *d)
{
    int64_t model = dice_between(d, PRICING_PER_UNIT, PRICING_FLAT);
    struct rate r = {.usage_type = STR("calls"), .billed = true, .model = (enum pricing_model)model};
    switch (r.model) {
    case PRICING_GRADUATED:
    case PRICING_VOLUME:
    case PRICING_STAIRSTEP:
        r.tiers = roll_tiers(d, &r.tiers_count, r.model == PRICING_STAIRSTEP);
        r.skip_zero = dice_chance(d, 30);
        break;
    case PRICING_PACKAGE:
        r.package_size = roll(d, 20, 2);
        if (decimal_is_zero(r.package_size)) r.package_size = decimal_of(7);
        r.round_down = dice_chance(d, 40);
        r.unit_price = roll(d, 20, 5);
        break;
    case PRICING_PERCENTAGE:
        r.percent = roll(d, 5, 3);
        r.event_fee = roll_or_none(d, 50, 1, 3);
        if (decimal_is_zero(r.percent)) r.percent = decimal_of(2);
        break;
    case PRICING_FLAT:
        r.skip_zero = dice_chance(d, 30);
        r.unit_price = roll(d, 20, 5);
        break;
    case PRICING_PER_UNIT: r.unit_price = roll(d, 20, 6); break;
    }
    r.minimum = roll_or_none(d, 30, 40, 2);
    r.maximum = roll_or_none(d, 30, 400, 2);
    if (decimal_compare(r.minimum, r.maximum) > 0) r.maximum = (struct decimal){0};
    return r;
}

/* ---- rows for the model ---- */

static void put_decimal(struct buffer *b, const char *name, struct decimal value)
{
    buffer_print(b, "\"%s\": \"%.*s\", ", name, STR_ARG(decimal_text(A, value)));
}

static void put_tiers(struct buffer *b, const struct price_tier *tiers, size_t count)
{
    buffer_print(b, "\"tiers\": [");
    for (size_t i = 0; i < count; i++) {
        struct decimal members[] = {tiers[i].up_to, tiers[i].unit_price, tiers[i].flat, tiers[i].block};
        for (size_t k = 0; k < 4; k++) {
            buffer_print(b, "%s\"%.*s\"",
                         k > 0   ? ", "
                         : i > 0 ? ", ["
                                 : "[",
                         STR_ARG(decimal_text(A, members[k])));
        }
        buffer_print(b, "]");
    }
    buffer_print(b, "], ");
}

static void put_amounts(struct buffer *b, const char *currency, struct money amount, struct money true_up)
{
    buffer_print(b, "\"decimals\": %d, \"amount\": %jd, \"true_up\": %jd}\n", currency_decimals(currency),
                 (intmax_t)amount.minor, (intmax_t)true_up.minor);
}

static void add_usage(struct buffer *b, struct dice *d)
{
    struct rate r = roll_rate(d);
    struct usage_measure m = {.readings = (uint64_t)dice_between(d, 0, 20)};
    struct decimal number = roll_or_none(d, 90, 200, 3);
    int64_t seconds = dice_chance(d, 30) ? dice_between(d, 1, 2678400) : 1;
    const char *currency = currencies[dice_between(d, 0, 2)];
    struct usage_cost c = {0};
    m.included = roll_or_none(d, 30, 100, 1);
    m.whole_days = (int32_t)dice_between(d, 28, 31);
    m.days = dice_chance(d, 50) ? m.whole_days : (int32_t)dice_between(d, 0, m.whole_days);
    if (seconds > 1) number = decimal_make(number.coefficient * 1000, number.scale);
    assert_ok(rate_check(&r, E));
    assert_ok(exact_part(&m.quantity, exact_of(number), 1, seconds, E));
    assert_ok(usage_cost(&c, &r, &m, currency, E));
    struct money shown = {0};
    assert_ok(money_multiply(&shown, c.unit_price, c.units, currency, E));
    assert_int(shown.minor, c.amount.minor);
    buffer_print(b, "{\"model\": \"%s\", ", choice_pricing_model.words[r.model]);
    buffer_print(b, "\"quantity\": \"%jd/%jd\", ", (intmax_t)number.coefficient,
                 (intmax_t)seconds * (intmax_t[]){1, 10, 100, 1000}[number.scale]);
    put_decimal(b, "included", m.included);
    put_decimal(b, "unit_price", r.unit_price);
    put_decimal(b, "package_size", r.package_size);
    put_decimal(b, "percent", r.percent);
    put_decimal(b, "event_fee", r.event_fee);
    put_decimal(b, "minimum", r.minimum);
    put_decimal(b, "maximum", r.maximum);
    put_tiers(b, r.tiers, r.tiers_count);
    buffer_print(b, "\"round_down\": %s, \"skip_zero\": %s, ", r.round_down ? "true" : "false",
                 r.skip_zero ? "true" : "false");
    buffer_print(b, "\"readings\": %ju, \"days\": %d, \"whole_days\": %d, ", (uintmax_t)m.readings, m.days,
                 m.whole_days);
    put_amounts(b, currency, c.amount, c.true_up);
}

static void add_fee(struct buffer *b, struct dice *d)
{
    static const enum pricing_model models[] = {PRICING_PER_UNIT, PRICING_GRADUATED, PRICING_VOLUME,
                                                PRICING_PACKAGE, PRICING_STAIRSTEP};
    struct fee f = {.code = STR("seats"), .per_seat = true, .model = models[dice_between(d, 0, 4)]};
    uint64_t seats = (uint64_t)dice_between(d, 0, 60);
    const char *currency = currencies[dice_between(d, 0, 2)];
    struct money amount = {0};
    bool tiers = f.model != PRICING_PER_UNIT && f.model != PRICING_PACKAGE;
    if (tiers)
        f.tiers = roll_tiers(d, &f.tiers_count, f.model == PRICING_STAIRSTEP);
    else
        f.unit_price = roll(d, 20, 4);
    if (f.model == PRICING_PACKAGE) f.package_size = decimal_of(dice_between(d, 1, 12));
    if (dice_chance(d, 40)) f.included = decimal_of(dice_between(d, 0, 20));
    assert_ok(fee_check(&f, E));
    assert_ok(fee_cost(&amount, &f, seats, currency, E));
    buffer_print(b, "{\"model\": \"%s\", \"seats\": %ju, ", choice_pricing_model.words[f.model],
                 (uintmax_t)seats);
    put_decimal(b, "included", f.included);
    put_decimal(b, "unit_price", f.unit_price);
    put_decimal(b, "package_size", f.package_size);
    put_tiers(b, f.tiers, f.tiers_count);
    put_amounts(b, currency, amount, money_zero(amount));
}

Test(pricing_model, fractions_come_to_the_same_amounts)
{
    if (system("python3 -c 'import fractions' 2>/dev/null") != 0) cr_skip_test("python3 is not installed");
    struct dice d = dice_of(4711);
    struct buffer b = {.arena = arena_new()};
    for (int i = 0; i < ROWS; i++) {
        if (dice_chance(&d, 80))
            add_usage(&b, &d);
        else
            add_fee(&b, &d);
        arena_reset(A);
    }
    test_write(test_path("rows"), (struct str){(const char *)b.ptr, b.len});
    struct str command = str_format(A, "python3 tests/book/pricing_model.py '%s'", test_path("rows"));
    cr_assert(system(str_cstring(A, command)) == 0, "amounts differ: see above");
    arena_free(b.arena);
}
