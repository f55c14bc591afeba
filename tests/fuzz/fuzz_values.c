/* SPDX-License-Identifier: MIT */
/* fuzz_values.c - the parsers of dates, instants, decimals, money, whole numbers, hexadecimal, and the checks
 * of texts: no crash, and what is accepted is written and read again as the same value. */
#include "ledger/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_calendar(struct str s, struct arena *a)
{
    struct error e = {0};
    struct date d = {0}, again = {0};
    struct instant t = {0}, same = {0};
    if (date_parse(&d, s, &e) == OK) {
        assert(str_equal(date_text(a, d), s));
        assert(date_parse(&again, date_text(a, d), &e) == OK && again.days == d.days);
    }
    if (instant_parse(&t, s, &e) == OK) {
        assert(instant_parse(&same, instant_text(a, t), &e) == OK);
        assert(same.us == t.us);
    }
}

static void check_amounts(struct str s, struct arena *a)
{
    static const char *const currencies[] = {"USD", "JPY", "KWD"};
    struct error e = {0};
    struct decimal d = {0}, again = {0};
    struct money m = {0}, same = {0};
    if (decimal_parse(&d, s, &e) == OK) {
        assert(decimal_parse(&again, decimal_text(a, d), &e) == OK);
        assert(again.coefficient == d.coefficient && again.scale == d.scale);
    }
    for (size_t i = 0; i < 3; i++) {
        if (money_parse(&m, s, currencies[i], &e) != OK) continue;
        assert(money_parse(&same, money_text(a, m), currencies[i], &e) == OK);
        assert(same.minor == m.minor);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct str s = {(const char *)data, size};
    uint64_t n = 0;
    uint8_t bytes[8];
    char currency[4] = "";
    check_calendar(s, a);
    check_amounts(s, a);
    (void)!uint_parse(&n, s, &e);
    (void)!hex_decode(bytes, sizeof bytes, s, &e);
    (void)!currency_parse(currency, s, &e);
    (void)!text_check(s, 64, "text", &e);
    (void)text_holds_card_data(s);
    if (text_is_printable(s)) assert(text_is_utf8(s));
    arena_free(a);
    return 0;
}
