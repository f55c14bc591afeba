/* SPDX-License-Identifier: MIT */
/* exact.h - base/'s own: the 128-bit arithmetic under decimals and money. Only decimal.c, exact.c, money.c
 * and spread.c include it. Two factors of 64 bits always have room here; what comes back to 64 bits is
 * checked. */
#ifndef DAYBOOK_LEDGER_BASE_EXACT_H
#define DAYBOOK_LEDGER_BASE_EXACT_H

#include "ledger/base/money.h"

__extension__ typedef __int128 wide;

/* 10^n for n from 0 to 38. */
wide wide_power_of_ten(uint32_t n);

/* a / b, b > 0: to the nearest whole number, halves away from zero; and towards plus infinity. */
wide wide_divide_half_away(wide a, wide b);
wide wide_divide_up(wide a, wide b);

/* False when a number has more than 38 digits: so many always fit, with either sign. */
bool wide_add(wide *out, wide a, wide b) MUST_USE;
bool wide_multiply(wide *out, wide a, wide b) MUST_USE;

/* False when `value` does not fit, or is INT64_MIN, which has no opposite. */
bool wide_fits(int64_t *out, wide value) MUST_USE;

/* decimal_parse with the word that the sentence begins with, and with the decimals as they were written. */
enum err decimal_parse_as(struct decimal *out, size_t *written_decimals, const char *what, struct str text,
                          struct error *e) MUST_USE;

#endif
