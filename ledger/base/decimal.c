/* SPDX-License-Identifier: MIT */
/* decimal.c - exact decimals: quantities and prices. It never rounds but where its name says so, and never
 * guesses what a number was meant to be. */
#include <inttypes.h>
#include <string.h>

#include "ledger/base.h"
#include "ledger/base/exact.h"

enum { TEXT_OF_DECIMAL = 48 }; /* sign, 20 digits, point, leading zeros of the scale */

wide wide_power_of_ten(uint32_t n)
{
    static const int64_t powers[] = {
        1,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
        1000000000000000000,
    };
    assert(n <= 38);
    if (n <= 18) return powers[n];
    return (wide)powers[18] * (n <= 36 ? (wide)powers[n - 18] : (wide)powers[18] * powers[n - 36]);
}

wide wide_divide_half_away(wide a, wide b)
{
    assert(b > 0);
    wide quotient = a / b, rest = a % b;
    wide size = rest < 0 ? -rest : rest;
    if (size < b - size) return quotient;
    return a < 0 ? quotient - 1 : quotient + 1;
}

wide wide_divide_up(wide a, wide b)
{
    assert(b > 0);
    return a / b + (a % b > 0);
}

bool wide_fits(int64_t *out, wide value)
{
    if (value > INT64_MAX || value < -INT64_MAX) return false;
    *out = (int64_t)value;
    return true;
}

static enum err refuse(struct error *e, const char *what, struct str text, const char *why)
{
    struct str shown = text_quotable(text);
    return fail(e, ERR_INVALID, "%s '%.*s': %s", what, STR_ARG(shown), why);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The sentence for a text that is no plain decimal: the commonest wishes are answered by name. */
static enum err refuse_form(struct error *e, const char *what, struct str text)
{
    bool exponent = false, comma = false, blank = false, other = false;
    size_t points = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == 'e' || c == 'E')
            exponent = true;
        else if (c == ',')
            comma = true;
        else if (c == ' ' || c == '\t')
            blank = true;
        else if (c == '.')
            points++;
        else if (!is_digit(c) && c != '+' && c != '-')
            other = true;
    }
    if (text.len == 0) return refuse(e, what, text, "a number is missing");
    if (other || points > 1) return refuse(e, what, text, "not a plain decimal number");
    if (blank) return refuse(e, what, text, "blanks are not accepted in a number");
    if (comma) return refuse(e, what, text, "commas are not accepted, a point stands before the decimals");
    if (exponent) return refuse(e, what, text, "exponents are not accepted");
    if (text.ptr[0] == '+') return refuse(e, what, text, "a plus sign is not accepted");
    if (points == 1) return refuse(e, what, text, "digits are missing before or after the point");
    return refuse(e, what, text, "not a plain decimal number");
}

/* The digits that stand at `*at`, which moves behind them. */
static struct str take_digits(struct str text, size_t *at)
{
    size_t first = *at;
    while (*at < text.len && is_digit(text.ptr[*at])) ++*at;
    return (struct str){text.ptr + first, *at - first};
}

static size_t leading_zeros(struct str digits)
{
    size_t zeros = 0;
    while (zeros < digits.len && digits.ptr[zeros] == '0') zeros++;
    return zeros;
}

static uint64_t append_digits(uint64_t number, struct str digits)
{
    for (size_t i = 0; i < digits.len; i++) number = number * 10 + (uint64_t)(digits.ptr[i] - '0');
    return number;
}

enum err decimal_parse_as(struct decimal *out, size_t *written_decimals, const char *what, struct str text,
                          struct error *e)
{
    if (text.len == 0) return refuse_form(e, what, text);
    bool negative = text.ptr[0] == '-';
    size_t at = negative ? 1 : 0;
    struct str whole = take_digits(text, &at), fraction = STR("");
    if (whole.len == 0) return refuse_form(e, what, text);
    if (at < text.len && text.ptr[at] == '.') {
        at++;
        fraction = take_digits(text, &at);
        if (fraction.len == 0) return refuse_form(e, what, text);
    }
    if (at != text.len) return refuse_form(e, what, text);
    *written_decimals = fraction.len;
    /* Zeros at either end say nothing and never count against the limits; nor do those of 0.001. */
    size_t zeros = leading_zeros(whole);
    whole = (struct str){whole.ptr + zeros, whole.len - zeros};
    while (fraction.len > 0 && fraction.ptr[fraction.len - 1] == '0') fraction.len--;
    size_t digits = whole.len + fraction.len - (whole.len == 0 ? leading_zeros(fraction) : 0);
    if (digits > LIMIT_DECIMAL_DIGITS) return refuse(e, what, text, "more than 18 digits");
    if (fraction.len > LIMIT_DECIMAL_SCALE) return refuse(e, what, text, "more than 12 decimals");
    int64_t size = (int64_t)append_digits(append_digits(0, whole), fraction);
    *out = (struct decimal){.coefficient = negative ? -size : size, .scale = (uint32_t)fraction.len};
    return OK;
}

enum err decimal_parse(struct decimal *out, struct str text, struct error *e)
{
    size_t written_decimals = 0;
    return decimal_parse_as(out, &written_decimals, "number", text, e);
}

struct decimal decimal_of(int64_t whole)
{
    return (struct decimal){.coefficient = whole};
}

struct decimal decimal_make(int64_t coefficient, uint32_t scale)
{
    if (coefficient == 0) return (struct decimal){0};
    while (scale > 0 && coefficient % 10 == 0) {
        coefficient /= 10;
        scale--;
    }
    assert(scale <= LIMIT_DECIMAL_SCALE);
    return (struct decimal){.coefficient = coefficient, .scale = scale};
}

/* Back from 128 bits: normalised, and within the digits that every decimal has. */
static bool decimal_from_wide(struct decimal *out, wide value, uint32_t scale)
{
    while (scale > 0 && value % 10 == 0) {
        value /= 10;
        scale--;
    }
    wide limit = wide_power_of_ten(LIMIT_DECIMAL_DIGITS);
    if (value >= limit || value <= -limit) return false;
    *out = (struct decimal){.coefficient = (int64_t)value, .scale = scale};
    return true;
}

static wide decimal_at_scale(struct decimal d, uint32_t scale)
{
    assert(d.scale <= LIMIT_DECIMAL_SCALE);
    return (wide)d.coefficient * wide_power_of_ten(scale - d.scale);
}

static uint32_t larger_scale(struct decimal a, struct decimal b)
{
    return a.scale > b.scale ? a.scale : b.scale;
}

enum err decimal_add(struct decimal *out, struct decimal a, struct decimal b, struct error *e)
{
    uint32_t scale = larger_scale(a, b);
    wide sum = decimal_at_scale(a, scale) + decimal_at_scale(b, scale);
    if (!decimal_from_wide(out, sum, scale)) {
        return fail(e, ERR_LIMIT, "cannot add numbers: the sum needs more than %d digits",
                    LIMIT_DECIMAL_DIGITS);
    }
    return OK;
}

enum err decimal_subtract(struct decimal *out, struct decimal a, struct decimal b, struct error *e)
{
    uint32_t scale = larger_scale(a, b);
    wide difference = decimal_at_scale(a, scale) - decimal_at_scale(b, scale);
    if (!decimal_from_wide(out, difference, scale)) {
        return fail(e, ERR_LIMIT, "cannot subtract numbers: the difference needs more than %d digits",
                    LIMIT_DECIMAL_DIGITS);
    }
    return OK;
}

enum err decimal_part_up(struct decimal *out, struct decimal a, int64_t num, int64_t den, struct error *e)
{
    assert(den > 0);
    wide part = wide_divide_up((wide)a.coefficient * num, (wide)den * wide_power_of_ten(a.scale));
    if (!decimal_from_wide(out, part, 0)) {
        return fail(e, ERR_LIMIT, "cannot take a part of a number: it needs more than %d digits",
                    LIMIT_DECIMAL_DIGITS);
    }
    return OK;
}

enum err decimal_ratio(struct ratio *out, struct decimal a, struct decimal b, struct error *e)
{
    assert(a.coefficient >= 0 && b.coefficient > 0);
    uint32_t scale = larger_scale(a, b);
    bool fits =
        wide_fits(&out->num, decimal_at_scale(a, scale)) && wide_fits(&out->den, decimal_at_scale(b, scale));
    return fits ? OK : fail(e, ERR_LIMIT, "cannot divide numbers: they have too many digits together");
}

int decimal_compare(struct decimal a, struct decimal b)
{
    uint32_t scale = larger_scale(a, b);
    wide left = decimal_at_scale(a, scale), right = decimal_at_scale(b, scale);
    return (left > right) - (left < right);
}

bool decimal_is_negative(struct decimal d)
{
    return d.coefficient < 0;
}

bool decimal_is_zero(struct decimal d)
{
    return d.coefficient == 0;
}

struct str decimal_text(struct arena *a, struct decimal d)
{
    assert(d.scale <= LIMIT_DECIMAL_SCALE);
    char digits[TEXT_OF_DECIMAL] = "";
    size_t at = sizeof(digits), written = 0;
    uint64_t rest = d.coefficient < 0 ? 0 - (uint64_t)d.coefficient : (uint64_t)d.coefficient;
    while (rest > 0 || written <= d.scale) {
        if (written == d.scale && written > 0) digits[--at] = '.';
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
        written++;
    }
    if (d.coefficient < 0) digits[--at] = '-';
    return str_copy(a, (struct str){digits + at, sizeof(digits) - at});
}
