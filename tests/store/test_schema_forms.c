/* SPDX-License-Identifier: MIT */
/* test_schema_forms.c - records that grew at their end: what was written in an earlier form, what is written
 * now, and that each value has one writing. The golden bytes were worked out by hand from the description in
 * schema.h. */
#include <criterion/criterion.h>

#include "tests/store/sample.h"

/* clang-format off */
struct grown {
    uint64_t number;
    struct str name;      /* form 2 */
    struct money amount;
    bool flag;            /* form 3 */
    struct sample_party party;
    const struct sample_rate *rates;
    size_t rates_count;
};
static const struct field grown_fields[] = {
    SAMPLE_FIELD(grown, KIND_COUNT, number),
    SAMPLE_FIELD(grown, KIND_STR, name),
    SAMPLE_FIELD(grown, KIND_MONEY, amount),
    SAMPLE_FIELD(grown, KIND_FLAG, flag),
    SAMPLE_PART(grown, party, sample_party_schema),
    SAMPLE_LIST(grown, rates, sample_rate_schema),
};
static const uint8_t grown_growth[] = {1, 2, 3};
static const struct schema grown_schema = {.name = "grown", .size = sizeof(struct grown), .fields = grown_fields,
                                           .count = SAMPLE_COUNT(grown_fields), .growth = grown_growth, .forms = 3};
/* clang-format on */

static const struct sample_rate one_rate = {.usage_type = {"x", 1}};

static const struct {
    const char *says;
    struct grown value;
    const char *bytes;
} rows[] = {
    {"the first form says all", {.number = 7}, "9107"},
    {"nothing is the first form", {.number = 0}, "9100"},
    {"a name needs the second", {.number = 7, .name = {"ab", 2}}, "9307a26162c0"},
    {"so does an amount of 0.00", {.number = 7, .amount = {0, "USD"}}, "9307a09200a3555344"},
    {"a flag needs the third, with all between",
     {.number = 7, .flag = true},
     "9607a0c0c39292"
     "00a0a090"},
    {"so does a part of a part",
     {.number = 7, .party = {.country = {"GB", 2}}},
     "9607a0c0c2929200a0a2474290"},
    {"so does a list",
     {.number = 7, .rates = &one_rate, .rates_count = 1},
     "9607a0c0c2929200a0a09192a178920000"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static struct bytes from_hex(struct arena *a, const char *digits)
{
    struct error e = {0};
    size_t len = strlen(digits) / 2;
    uint8_t *to = arena_take(a, 1, len);
    cr_assert_eq(hex_decode(to, len, str_of(digits), &e), OK, "%s", e.text);
    return (struct bytes){to, len};
}

Test(forms, a_record_is_written_in_the_earliest_form_that_says_all)
{
    struct arena *a = arena_new();
    for (size_t i = 0; i < ROWS; i++) {
        struct buffer b = {.arena = a};
        schema_encode(&b, &grown_schema, &rows[i].value);
        struct str got = hex_text(a, b.ptr, b.len);
        cr_assert(str_is(got, rows[i].bytes), "%s: %.*s", rows[i].says, STR_ARG(got));
    }
    arena_free(a);
}

Test(forms, each_form_reads_as_the_value_with_nothing_behind)
{
    struct arena *a = arena_new();
    struct error e = {0};
    for (size_t i = 0; i < ROWS; i++) {
        struct grown got;
        memset(&got, 0xa5, sizeof(got));
        enum err err = schema_decode(&got, &grown_schema, from_hex(a, rows[i].bytes), a, &e);
        cr_assert_eq(err, OK, "%s: %s", rows[i].says, e.text);
        cr_assert(schema_equal(&grown_schema, &got, &rows[i].value), "%s", rows[i].says);
    }
    arena_free(a);
}

Test(forms, a_value_has_no_second_writing)
{
    static const struct {
        const char *bytes, *why;
    } bad[] = {
        {"9307a0c0", "grown: a later form than what it says needs"},
        {"9607a26162c0c2929200a0a090", "grown: a later form than what it says needs"},
        {"9607a0c0c2929200a0a090", "grown: a later form than what it says needs"},
        {"9207a26162", "grown: too few fields"},
        {"9507a26162c0c3929200a0a0", "grown: too few fields"},
        {"9707a26162c0c3929200a0a090c0", "grown: too many fields"},
        {"90", "grown: too few fields"},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct error e = {0};
        struct grown got = {0};
        enum err err = schema_decode(&got, &grown_schema, from_hex(a, bad[i].bytes), a, &e);
        cr_assert_eq(err, ERR_TAMPERED, "%s", bad[i].bytes);
        cr_assert_str_eq(e.text, bad[i].why);
    }
    arena_free(a);
}
