/* SPDX-License-Identifier: MIT */
/* exact.c - numbers that are kept whole until they are rounded once: sums of prices times quantities, and
 * shares of them. Every step is checked against 128 bits; none rounds but those whose names say so. */
#include "ledger/base/exact.h"
#include "ledger/base.h"

enum {
    DIGITS = 38, /* that 128 bits always hold; numerator and denominator have no more */
    SHOWN_DECIMALS = 6,
};

/* ---- 128 bits, checked ---- */

static wide size_of(wide value)
{
    return value < 0 ? -value : value;
}

static bool has_room(wide value)
{
    wide limit = wide_power_of_ten(DIGITS);
    return value < limit && value > -limit;
}

bool wide_add(wide *out, wide a, wide b)
{
    return !__builtin_add_overflow(a, b, out) && has_room(*out);
}

/* By division, because not every compiler's library multiplies 128 bits with a check. */
bool wide_multiply(wide *out, wide a, wide b)
{
    if (!has_room(a) || !has_room(b)) return false;
    if (a != 0 && size_of(b) > (wide_power_of_ten(DIGITS) - 1) / size_of(a)) return false;
    *out = a * b;
    return true;
}

/* ---- reduced form ---- */

static int64_t divisor_of(struct exact x)
{
    return x.divisor == 0 ? 1 : x.divisor;
}

/* 10^scale * divisor: reduced() has seen that it has room. */
static wide denominator_of(struct exact x)
{
    return wide_power_of_ten(x.scale) * divisor_of(x);
}

static wide common_factor(wide a, wide b)
{
    while (b != 0) {
        wide rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static enum err too_long(struct error *e)
{
    return fail(e, ERR_LIMIT, "cannot be computed exactly: a number of more than %d digits", DIGITS);
}

/* value * 10^-scale / divisor, as short as it can be said. */
static enum err reduced(struct exact *out, wide value, uint32_t scale, wide divisor, struct error *e)
{
    wide factor = common_factor(size_of(value), divisor), denominator = 0;
    value /= factor;
    divisor /= factor;
    while (scale > 0 && value % 10 == 0) {
        value /= 10;
        scale--;
    }
    bool fits = scale <= DIGITS && divisor <= INT64_MAX && has_room(value) &&
                wide_multiply(&denominator, wide_power_of_ten(scale), divisor);
    if (!fits) return too_long(e);
    *out = (struct exact){value, scale, divisor == 1 ? 0 : (int64_t)divisor};
    return OK;
}

struct exact exact_of(struct decimal d)
{
    return (struct exact){.value = d.coefficient, .scale = d.scale};
}

/* ---- arithmetic ---- */

/* The numerator of x over 10^scale * divisor, where both are at least its own. */
static bool numerator_at(wide *out, struct exact x, uint32_t scale, wide divisor)
{
    return wide_multiply(out, x.value, wide_power_of_ten(scale - x.scale)) &&
           wide_multiply(out, *out, divisor / divisor_of(x));
}

enum err exact_add(struct exact *out, struct exact a, struct exact b, struct error *e)
{
    uint32_t scale = a.scale > b.scale ? a.scale : b.scale;
    wide left = 0, right = 0, sum = 0;
    wide divisor =
        (wide)divisor_of(a) / common_factor(divisor_of(a), divisor_of(b)) * divisor_of(b); /* 126 bits */
    if (!numerator_at(&left, a, scale, divisor) || !numerator_at(&right, b, scale, divisor) ||
        !wide_add(&sum, left, right)) {
        return too_long(e);
    }
    return reduced(out, sum, scale, divisor, e);
}

enum err exact_subtract(struct exact *out, struct exact a, struct exact b, struct error *e)
{
    b.value = -b.value;
    return exact_add(out, a, b, e);
}

enum err exact_multiply(struct exact *out, struct exact a, struct exact b, struct error *e)
{
    wide product = 0;
    if (!wide_multiply(&product, a.value, b.value)) return too_long(e);
    return reduced(out, product, a.scale + b.scale, (wide)divisor_of(a) * divisor_of(b), e);
}

enum err exact_part(struct exact *out, struct exact a, int64_t num, int64_t den, struct error *e)
{
    assert(den > 0);
    wide product = 0;
    if (!wide_multiply(&product, a.value, num)) return too_long(e);
    return reduced(out, product, a.scale, (wide)divisor_of(a) * den, e);
}

enum err exact_times(struct exact *out, struct exact a, struct decimal size, bool up, struct error *e)
{
    assert(size.coefficient > 0);
    wide num = 0, den = 0;
    if (!wide_multiply(&num, a.value, wide_power_of_ten(size.scale)) ||
        !wide_multiply(&den, denominator_of(a), size.coefficient)) {
        return too_long(e);
    }
    assert(den > 0);
    wide down = num / den - (num % den < 0);
    return reduced(out, up ? wide_divide_up(num, den) : down, 0, 1, e);
}

int exact_sign(struct exact x)
{
    return (x.value > 0) - (x.value < 0);
}

/* Whether a/b is less, equal or more than c/d, b and d > 0: whole parts first, then what is left of each,
 * upside down. Nothing is multiplied, so nothing can overflow. */
static int compare_parts(wide a, wide b, wide c, wide d)
{
    for (int sign = 1;; sign = -sign) {
        wide left = a / b - (a % b < 0), right = c / d - (c % d < 0);
        if (left != right) return left < right ? -sign : sign;
        wide rest = a - left * b, other = c - right * d;
        if (rest == 0 || other == 0) return sign * ((rest != 0) - (other != 0));
        a = b;
        b = rest;
        c = d;
        d = other;
    }
}

int exact_compare(struct exact a, struct exact b)
{
    return compare_parts(a.value, denominator_of(a), b.value, denominator_of(b));
}

/* ---- rounding ---- */

/* x * 10^decimals to the nearest whole number, halves away from zero. */
static bool rounded(wide *out, struct exact x, uint32_t decimals)
{
    wide value = x.value, divisor = divisor_of(x);
    if (x.scale > decimals)
        divisor *= wide_power_of_ten(x.scale - decimals);
    else if (!wide_multiply(&value, value, wide_power_of_ten(decimals - x.scale)))
        return false;
    *out = wide_divide_half_away(value, divisor);
    return true;
}

enum err exact_decimal(struct decimal *out, struct exact x, struct error *e)
{
    wide value = x.value, limit = wide_power_of_ten(LIMIT_DECIMAL_DIGITS);
    uint32_t scale = x.scale;
    bool exactly = x.divisor == 0 && scale <= LIMIT_DECIMAL_SCALE && size_of(value) < limit;
    if (!exactly) {
        scale = SHOWN_DECIMALS;
        if (!rounded(&value, x, scale) || size_of(value) >= limit) {
            return fail(e, ERR_LIMIT, "cannot round a number: it needs more than %d digits",
                        LIMIT_DECIMAL_DIGITS);
        }
    }
    *out = decimal_make((int64_t)value, scale);
    return OK;
}

enum err exact_money(struct money *out, struct exact major, const char *currency, struct error *e)
{
    struct money m = money_of(0, currency);
    int decimals = currency_decimals(currency);
    wide minor = 0;
    assert(decimals >= 0);
    if (!rounded(&minor, major, (uint32_t)decimals) || !wide_fits(&m.minor, minor)) {
        return fail(e, ERR_LIMIT, "cannot round a number in %s: the result is too large", currency);
    }
    *out = m;
    return OK;
}
