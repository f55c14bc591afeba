/* SPDX-License-Identifier: MIT */
/* fuzz_values.c - the parsers of dates, instants, decimals, money, whole numbers, hexadecimal, names of time
 * zones, and the checks of texts: no crash, and what is accepted is written and read again as the same value.
 * Days of a zone follow each other without a gap. */
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

/* The input as the name of a zone; its first bytes as an instant there, or, where it is no name, in one of
 * the zones with the most awkward clocks. */
static void check_zone(struct str s)
{
    static struct zones *zones; /* reading ICU's list anew would cost more than all the rest */
    static const char *const awkward[] = {"America/St_Johns", "Pacific/Apia", "America/Sao_Paulo",
                                          "Africa/Monrovia", "Australia/Lord_Howe"};
    const struct zone *zone = NULL, *again = NULL;
    struct error e = {0};
    if (zones == NULL) zones = zones_new();
    if (zone_find(&zone, zones, s, &e) == OK) {
        assert(zone_find(&again, zones, zone_name(zone), &e) == OK);
        assert(again == zone);
    }
    if (s.len < 9) return;
    if (zone == NULL && zone_find(&zone, zones, str_of(awkward[(uint8_t)s.ptr[8] % 5]), &e) != OK) return;
    uint64_t chosen = be64_get((const uint8_t *)s.ptr);
    struct instant t = {(int64_t)(chosen % UINT64_C(4102444800000000))}; /* until 2100 */
    struct date d = zone_date(zone, t);
    struct instant begins = zone_day_start(zone, d);
    assert(begins.us <= t.us);
    assert(zone_date(zone, begins).days == d.days);
    assert(zone_date(zone, (struct instant){begins.us - 1}).days < d.days);
    assert(zone_second_of_day(zone, t) >= 0 && zone_second_of_day(zone, t) < 86400);
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
    check_zone(s);
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
