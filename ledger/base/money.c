/* SPDX-License-Identifier: MIT */
/* money.c - amounts in minor units. Every product and quotient goes through 128 bits and every result is
 * checked on its way back: an amount never wraps, and two currencies never meet in a sum. */
#include <string.h>

#include "ledger/base.h"
#include "ledger/base/exact.h"

enum { TEXT_OF_MONEY = 40 }; /* sign, 19 digits, six commas, point, leading zeros */

struct money money_of(int64_t minor, const char *currency)
{
    size_t len = strlen(currency);
    assert(len == 3 || (len == 0 && minor == 0));
    struct money m = {.minor = minor};
    memcpy(m.currency, currency, len);
    return m;
}

bool money_is_given(struct money m)
{
    return m.currency[0] != '\0';
}

bool money_is_zero(struct money m)
{
    return m.minor == 0;
}

bool money_is_negative(struct money m)
{
    return m.minor < 0;
}

bool money_same_currency(struct money a, struct money b)
{
    return memcmp(a.currency, b.currency, sizeof(a.currency)) == 0;
}

/* Decimals of an amount that is already inside: its currency is known, or the door that let it in is wrong.
 */
static uint32_t known_decimals(const char *currency)
{
    int decimals = currency_decimals(currency);
    assert(decimals >= 0);
    return (uint32_t)decimals;
}

static uint32_t money_decimals(struct money m)
{
    return money_is_given(m) ? known_decimals(m.currency) : 0;
}

/* The currency that two amounts share; an amount that is not given has every currency. */
static struct money common_currency(struct money a, struct money b)
{
    if (!money_is_given(a)) assert(a.minor == 0);
    if (!money_is_given(b)) assert(b.minor == 0);
    if (money_is_given(a) && money_is_given(b)) assert(money_same_currency(a, b));
    return money_zero(money_is_given(a) ? a : b);
}

enum err money_parse(struct money *out, struct str text, const char *currency, struct error *e)
{
    struct decimal number = {0};
    size_t written_decimals = 0;
    int known = currency_decimals(currency);
    if (known < 0)
        return fail(e, ERR_INVALID, "cannot read an amount: its currency is not a code of ISO 4217");
    enum err err = decimal_parse_as(&number, &written_decimals, "amount", text, e);
    if (err != OK) return err;
    uint32_t decimals = (uint32_t)known;
    /* "1.000" is a thousand in half of the world: decimals that the currency does not have are never dropped,
     * not even zeros. */
    if (written_decimals > decimals) {
        struct str shown = text_quotable(text);
        return fail(e, ERR_INVALID, "amount '%.*s': too many decimals for %s", STR_ARG(shown), currency);
    }
    int64_t minor = 0;
    if (!wide_fits(&minor, (wide)number.coefficient * wide_power_of_ten(decimals - number.scale))) {
        struct str shown = text_quotable(text);
        return fail(e, ERR_INVALID, "amount '%.*s': too large for %s", STR_ARG(shown), currency);
    }
    *out = money_of(minor, currency);
    return OK;
}

static struct str money_write(struct arena *a, struct money m, bool commas)
{
    uint32_t decimals = money_decimals(m);
    char digits[TEXT_OF_MONEY] = "";
    size_t at = sizeof(digits);
    uint32_t written = 0;
    uint64_t rest = m.minor < 0 ? 0 - (uint64_t)m.minor : (uint64_t)m.minor;
    while (rest > 0 || written <= decimals) {
        if (written == decimals && written > 0) digits[--at] = '.';
        bool thousand = written > decimals && (written - decimals) % 3 == 0;
        if (commas && thousand) digits[--at] = ',';
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
        written++;
    }
    if (m.minor < 0) digits[--at] = '-';
    return str_copy(a, (struct str){digits + at, sizeof(digits) - at});
}

struct str money_text(struct arena *a, struct money m)
{
    return money_write(a, m, false);
}

struct str money_pretty(struct arena *a, struct money m)
{
    return money_write(a, m, true);
}

struct str price_text(struct arena *a, struct decimal price, const char *currency)
{
    struct error unused;
    struct money m = {0};
    int decimals = currency_decimals(currency);
    bool fits = decimals >= 0 && price.scale <= (uint32_t)decimals;
    return fits && money_round(&m, price, currency, &unused) == OK ? money_text(a, m)
                                                                   : decimal_text(a, price);
}

struct decimal money_decimal(struct money m)
{
    return decimal_make(m.minor, money_decimals(m));
}

static enum err too_large(struct error *e, const char *what, const char *currency)
{
    return fail(e, ERR_LIMIT, "cannot %s in %s: the result is too large", what, currency);
}

enum err money_add(struct money *out, struct money a, struct money b, struct error *e)
{
    struct money sum = common_currency(a, b);
    if (!wide_fits(&sum.minor, (wide)a.minor + b.minor)) return too_large(e, "add amounts", sum.currency);
    *out = sum;
    return OK;
}

enum err money_subtract(struct money *out, struct money a, struct money b, struct error *e)
{
    struct money rest = common_currency(a, b);
    if (!wide_fits(&rest.minor, (wide)a.minor - b.minor))
        return too_large(e, "subtract amounts", rest.currency);
    *out = rest;
    return OK;
}

struct money money_negate(struct money m)
{
    assert(m.minor != INT64_MIN);
    m.minor = -m.minor;
    return m;
}

int money_compare(struct money a, struct money b)
{
    (void)common_currency(a, b);
    return (a.minor > b.minor) - (a.minor < b.minor);
}

struct money money_min(struct money a, struct money b)
{
    struct money smaller = common_currency(a, b);
    smaller.minor = a.minor < b.minor ? a.minor : b.minor;
    return smaller;
}

struct money money_zero(struct money like)
{
    like.minor = 0;
    return like;
}

enum err money_part(struct money *out, struct money amount, int64_t num, int64_t den, struct error *e)
{
    assert(den > 0);
    struct money part = money_zero(amount);
    if (!wide_fits(&part.minor, wide_divide_half_away((wide)amount.minor * num, den))) {
        return too_large(e, "take a part of an amount", amount.currency);
    }
    *out = part;
    return OK;
}

/* value * 10^-scale major units to minor units. */
static bool minor_from_wide(int64_t *minor, wide value, uint32_t scale, uint32_t decimals)
{
    if (scale >= decimals)
        return wide_fits(minor, wide_divide_half_away(value, wide_power_of_ten(scale - decimals)));
    /* What does not fit now will not fit when multiplied, and must not be multiplied beyond 128 bits. */
    return wide_fits(minor, value) && wide_fits(minor, value * wide_power_of_ten(decimals - scale));
}

enum err money_multiply(struct money *out, struct decimal unit_price, struct decimal quantity,
                        const char *currency, struct error *e)
{
    struct money product = money_of(0, currency);
    wide value = (wide)unit_price.coefficient * quantity.coefficient;
    uint32_t scale = unit_price.scale + quantity.scale;
    if (!minor_from_wide(&product.minor, value, scale, known_decimals(currency))) {
        return too_large(e, "multiply a price by a quantity", currency);
    }
    *out = product;
    return OK;
}

enum err money_round(struct money *out, struct decimal major, const char *currency, struct error *e)
{
    struct money rounded = money_of(0, currency);
    if (!minor_from_wide(&rounded.minor, major.coefficient, major.scale, known_decimals(currency))) {
        return too_large(e, "round a number", currency);
    }
    *out = rounded;
    return OK;
}
