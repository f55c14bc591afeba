/* SPDX-License-Identifier: MIT */
/* money.h - exact amounts. No floating point anywhere: money is whole minor units with its ISO 4217
 * currency, prices and quantities are exact decimals, products and quotients go through 128 bits. One
 * rounding exists for money, half away from zero, once per line. */
#ifndef DAYBOOK_LEDGER_BASE_MONEY_H
#define DAYBOOK_LEDGER_BASE_MONEY_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/base/text.h"

/* An exact decimal: coefficient * 10^-scale. Always normalised: no trailing zeros, scale 0..12, at most 18
 * digits, so equal values are equal structs. {0} is zero. */
struct decimal {
    int64_t coefficient;
    uint32_t scale;
};

/* An exact number on its way to its one rounding: value * 10^-scale / divisor. Sums, products and parts of
 * decimals are kept in it whole; what has no room in it is ERR_LIMIT, and nothing else is ever lost.
 * Functions leave it reduced. {0} is zero. */
struct exact {
    __extension__ __int128 value;
    uint32_t scale;
    int64_t divisor; /* 0: none */
};

/* `minor` counts the smallest unit of the currency (cents for USD, yen for JPY, fils for KWD).
 * {0} - currency "" - means "no amount given". */
struct money {
    int64_t minor;
    char currency[4]; /* three letters and NUL */
};

/* A share of something: num / den, num >= 0, den > 0. */
struct ratio {
    int64_t num, den;
};

/* Plain decimals as people write them: "-12.50". No exponent, no thousands sign, no plus, no blanks. */
enum err decimal_parse(struct decimal *out, struct str text, struct error *e) MUST_USE;
struct decimal decimal_of(int64_t whole);
struct decimal decimal_make(int64_t coefficient, uint32_t scale); /* normalises */
enum err decimal_add(struct decimal *out, struct decimal a, struct decimal b, struct error *e) MUST_USE;
enum err decimal_subtract(struct decimal *out, struct decimal a, struct decimal b, struct error *e) MUST_USE;
/* a * num / den, rounded up (towards plus infinity) to a whole number; den > 0. For prorated quotas. */
enum err decimal_part_up(struct decimal *out, struct decimal a, int64_t num, int64_t den,
                         struct error *e) MUST_USE;
/* a / b exactly; a >= 0, b > 0. A percentage is a ratio to 100. ERR_LIMIT: it needs more than 64 bits. */
enum err decimal_ratio(struct ratio *out, struct decimal a, struct decimal b, struct error *e) MUST_USE;
int decimal_compare(struct decimal a, struct decimal b);
bool decimal_is_negative(struct decimal d);
bool decimal_is_zero(struct decimal d);
struct str decimal_text(struct arena *a, struct decimal d); /* "12.5", "-0.01", "1000" */

struct exact exact_of(struct decimal d);
enum err exact_add(struct exact *out, struct exact a, struct exact b, struct error *e) MUST_USE;
enum err exact_subtract(struct exact *out, struct exact a, struct exact b, struct error *e) MUST_USE;
enum err exact_multiply(struct exact *out, struct exact a, struct exact b, struct error *e) MUST_USE;
/* a * num / den; den > 0. */
enum err exact_part(struct exact *out, struct exact a, int64_t num, int64_t den, struct error *e) MUST_USE;
/* How many times `size` (more than nothing) goes into a, as a whole number: a part counts whole (up), or not
 * at all. */
enum err exact_times(struct exact *out, struct exact a, struct decimal size, bool up,
                     struct error *e) MUST_USE;
int exact_compare(struct exact a, struct exact b);
int exact_sign(struct exact x); /* -1, 0 or 1 */
/* As a decimal: exactly where one can hold it, else rounded half away from zero to six decimals. To be
 * shown. */
enum err exact_decimal(struct decimal *out, struct exact x, struct error *e) MUST_USE;

/* ISO 4217: is the code known, and how many decimals has it (JPY 0, USD 2, KWD 3)? -1: unknown. */
int currency_decimals(const char *code);
enum err currency_parse(char out[4], struct str text,
                        struct error *e) MUST_USE; /* exactly three known capitals */

struct money money_of(int64_t minor, const char *currency);
bool money_is_given(struct money m); /* has a currency */
bool money_is_zero(struct money m);
bool money_is_negative(struct money m);
bool money_same_currency(struct money a, struct money b);
/* "29.00" for USD, "2900" for JPY, "29.000" for KWD. Fewer decimals are filled up, more are refused,
 * even zeros: "29.000" is a thousand times more in half of the world. */
enum err money_parse(struct money *out, struct str text, const char *currency, struct error *e) MUST_USE;
struct str money_text(struct arena *a, struct money m);   /* "29.00", without the currency */
struct str money_pretty(struct arena *a, struct money m); /* "1,234,567.00", for people */
/* A price for a unit: with the currency's decimals where it has no more ("99.00"), else its own ("0.0025").
 */
struct str price_text(struct arena *a, struct decimal price, const char *currency);
/* The amount as an exact decimal of major units: 29.00 USD is 29. */
struct decimal money_decimal(struct money m);

/* Sums. Different currencies are a programmer's mistake (asserted); overflow is ERR_LIMIT. A {0} amount
 * takes the other's currency. */
enum err money_add(struct money *out, struct money a, struct money b, struct error *e) MUST_USE;
enum err money_subtract(struct money *out, struct money a, struct money b, struct error *e) MUST_USE;
struct money money_negate(struct money m); /* INT64_MIN cannot occur: parse and arithmetic refuse it */
int money_compare(struct money a, struct money b);
struct money money_min(struct money a, struct money b);
struct money money_zero(struct money like);

/* amount * num / den, half away from zero; den > 0. The remainder is dropped here and accounted for by the
 * caller's other half being computed by subtraction where both halves must add up. */
enum err money_part(struct money *out, struct money amount, int64_t num, int64_t den,
                    struct error *e) MUST_USE;
/* unit_price (major units) * quantity, half away from zero to the currency's minor unit. */
enum err money_multiply(struct money *out, struct decimal unit_price, struct decimal quantity,
                        const char *currency, struct error *e) MUST_USE;
/* Rounds an exact decimal, or any exact number, of major units to the currency, half away from zero. */
enum err exact_money(struct money *out, struct exact major, const char *currency, struct error *e) MUST_USE;
enum err money_round(struct money *out, struct decimal major, const char *currency, struct error *e) MUST_USE;
/* Spreads `total` over `count` parts in proportion to weights[] (>= 0, not all zero) by largest remainder,
 * ties to the earlier part: the parts always sum to `total` exactly. */
enum err money_spread(int64_t *parts, int64_t total, const int64_t *weights, size_t count,
                      struct error *e) MUST_USE;
/* The same share of each of `count` amounts, of any sign. Their sum's share is rounded once, half away from
 * zero, and the parts sum to it exactly: each is its own share rounded down or up, up for the largest
 * remainders, ties to the earlier amount. The opposite amounts have the opposite parts. ERR_LIMIT: the sum,
 * or a part, leaves 64 bits. */
enum err money_shares(int64_t *parts, const int64_t *amounts, size_t count, struct ratio share,
                      struct error *e) MUST_USE;

#endif
