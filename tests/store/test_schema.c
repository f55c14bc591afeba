/* SPDX-License-Identifier: MIT */
/* test_schema.c - described structs as canonical bytes and as text. The golden bytes were computed with
 * Python's msgpack from the description in schema.h; what is refused is built byte by byte. */
#include <criterion/criterion.h>
#include <signal.h>

#include "ledger/store/msgpack.h"
#include "tests/store/sample.h"

static const char golden[] =
    "9cc32aa6757365725f31929200ac416461204c6f76656c616365a24742c420000102030405060708090a0b0c0d0e0f10"
    "1112131415161718191a1b1c1d1e1f92cd0b54a3555344c0927d01cd4e97cf00062cff483550000292930292ce00046c"
    "d0a34a50599292a96170695f63616c6c7392010392a673746f72c3a992fb029303c090";

static struct bytes written(const struct buffer *b)
{
    return (struct bytes){b->ptr, b->len};
}

static struct bytes from_hex(struct arena *a, const char *digits)
{
    struct error e = {0};
    size_t len = strlen(digits) / 2;
    uint8_t *to = arena_take(a, 1, len);
    cr_assert_eq(hex_decode(to, len, str_of(digits), &e), OK, "%s", e.text);
    return (struct bytes){to, len};
}

/* ---- bytes ---- */

Test(schema, a_record_has_its_golden_bytes)
{
    struct arena *a = arena_new();
    struct sample s = sample_made();
    struct buffer b = {.arena = a};
    schema_encode(&b, &sample_schema, &s);
    struct str got = hex_text(a, b.ptr, b.len);
    cr_assert(str_is(got, golden), "%.*s", STR_ARG(got));
    cr_assert(mp_confirmed_by_msgpack_c(written(&b)));
    arena_free(a);
}

Test(schema, golden_bytes_decode_to_the_record)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct sample wanted = sample_made(), got;
    memset(&got, 0xa5, sizeof(got));
    cr_assert_eq(schema_decode(&got, &sample_schema, from_hex(a, golden), a, &e), OK, "%s", e.text);
    cr_expect(schema_equal(&sample_schema, &wanted, &got));
    cr_expect(got.active);
    cr_expect_eq(got.number, 42);
    cr_expect(str_is(got.user, "user_1"));
    cr_expect(str_is(got.party.name, "Ada Lovelace"));
    cr_expect(str_is(got.party.country, "GB"));
    cr_expect_eq(got.digest.bytes[31], 31);
    cr_expect_eq(got.fee.minor, 2900);
    cr_expect_str_eq(got.fee.currency, "USD");
    cr_expect_not(money_is_given(got.tax));
    cr_expect_eq(got.quantity.coefficient, 125);
    cr_expect_eq(got.quantity.scale, 1);
    cr_expect_eq(got.start.days, 20119);
    cr_expect_eq(got.at.us, 1738324800000000);
    cr_expect_eq(got.unit, INTERVAL_MONTH);
    cr_assert_eq(got.prices_count, 2);
    cr_assert_eq(got.prices[0].rates_count, 2);
    cr_expect_eq(got.prices[0].rates[1].unit_price.coefficient, -5);
    cr_expect_eq(got.prices[1].rates_count, 0);
    cr_expect_eq(e.code, OK);
    arena_free(a);
}

Test(schema, an_empty_record_round_trips)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct sample none = {0}, got;
    struct buffer b = {.arena = a};
    schema_encode(&b, &sample_schema, &none);
    memset(&got, 0xa5, sizeof(got));
    cr_assert_eq(schema_decode(&got, &sample_schema, written(&b), a, &e), OK, "%s", e.text);
    cr_expect(schema_equal(&sample_schema, &none, &got));
    cr_expect_eq(got.prices_count, 0);
    arena_free(a);
}

Test(schema, the_limits_of_every_kind_round_trip)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct sample s = sample_made(), got;
    s.number = UINT64_MAX;
    s.fee = (struct money){INT64_MAX, "KWD"};
    s.tax = (struct money){-INT64_MAX, "KWD"};
    s.quantity = (struct decimal){-999999999999999999, 12};
    s.start.days = INT32_MIN;
    s.at.us = INT64_MIN;
    struct buffer b = {.arena = a};
    schema_encode(&b, &sample_schema, &s);
    cr_assert_eq(schema_decode(&got, &sample_schema, written(&b), a, &e), OK, "%s", e.text);
    cr_expect(schema_equal(&sample_schema, &s, &got));
    s.start.days = INT32_MAX;
    s.at.us = INT64_MAX;
    buffer_clear(&b);
    schema_encode(&b, &sample_schema, &s);
    cr_assert_eq(schema_decode(&got, &sample_schema, written(&b), a, &e), OK, "%s", e.text);
    cr_expect(schema_equal(&sample_schema, &s, &got));
    arena_free(a);
}

Test(schema, texts_point_into_the_bytes_and_only_lists_are_allocated)
{
    struct arena *a = arena_new(), *lists = arena_new();
    struct error e = {0};
    struct bytes in = from_hex(a, golden);
    struct sample got = {0};
    cr_assert_eq(schema_decode(&got, &sample_schema, in, lists, &e), OK, "%s", e.text);
    cr_expect_geq((uintptr_t)got.user.ptr, (uintptr_t)in.ptr);
    cr_expect_lt((uintptr_t)got.user.ptr, (uintptr_t)(in.ptr + in.len));
    cr_expect_leq(arena_used(lists), sizeof(sample_prices) + sizeof(sample_rates) + 32);
    arena_free(lists);
    arena_free(a);
}

Test(schema, records_are_taken_one_after_the_other)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct buffer b = {.arena = a};
    schema_encode(&b, &sample_rate_schema, &sample_rates[0]);
    schema_encode(&b, &sample_rate_schema, &sample_rates[1]);
    struct bytes in = written(&b);
    struct sample_rate got = {0};
    cr_assert_eq(schema_take(&got, &sample_rate_schema, &in, a, &e), OK);
    cr_expect(schema_equal(&sample_rate_schema, &got, &sample_rates[0]));
    cr_assert_eq(schema_take(&got, &sample_rate_schema, &in, a, &e), OK);
    cr_expect(schema_equal(&sample_rate_schema, &got, &sample_rates[1]));
    cr_expect_eq(in.len, 0);
    cr_expect_eq(schema_take(&got, &sample_rate_schema, &in, a, &e), ERR_TAMPERED);
    cr_expect_str_eq(e.text, "rate: not a record");
    arena_free(a);
}

/* Decodes into memory of its own, so that a sanitizer sees every byte read too far. */
static enum err decode_exactly(struct bytes in, struct arena *a, struct error *e)
{
    struct sample got = {0};
    uint8_t *own = malloc(in.len + 1);
    cr_assert_not_null(own);
    bytes_put(own + 1, in);
    enum err err = schema_decode(&got, &sample_schema, (struct bytes){own + 1, in.len}, a, e);
    free(own);
    return err;
}

Test(schema, bytes_cut_short_anywhere_are_refused)
{
    struct arena *a = arena_new();
    struct bytes in = from_hex(a, golden);
    for (size_t len = 0; len < in.len; len++) {
        struct error e = {0};
        cr_expect_eq(decode_exactly((struct bytes){in.ptr, len}, a, &e), ERR_TAMPERED, "%zu bytes", len);
        cr_expect_eq(strncmp(e.text, "sample.made", 11), 0, "%s", e.text);
    }
    arena_free(a);
}

Test(schema, a_changed_byte_is_refused_or_changes_the_record_and_is_written_the_same)
{
    struct arena *a = arena_new();
    struct bytes in = from_hex(a, golden);
    uint8_t *changed = arena_take_raw(a, in.len);
    for (size_t at = 0; at < in.len; at++) {
        for (unsigned value = 0; value < 256; value++) {
            memcpy(changed, in.ptr, in.len);
            changed[at] = (uint8_t)value;
            struct sample got = {0};
            struct error e = {0};
            struct bytes bytes = {changed, in.len};
            if (schema_decode(&got, &sample_schema, bytes, a, &e) != OK) {
                cr_expect_eq(e.code, ERR_TAMPERED);
                continue;
            }
            struct buffer again = {.arena = a};
            schema_encode(&again, &sample_schema, &got);
            cr_expect(bytes_equal(written(&again), bytes), "byte %zu as %02x", at, value);
        }
    }
    arena_free(a);
}

Test(schema, bytes_after_the_record_are_refused)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct buffer b = {.arena = a};
    schema_encode(&b, &sample_rate_schema, &sample_rates[0]);
    mp_put_nil(&b);
    struct sample_rate got = {0};
    cr_expect_eq(schema_decode(&got, &sample_rate_schema, written(&b), a, &e), ERR_TAMPERED);
    cr_expect_str_eq(e.text, "rate: 1 bytes too many");
    arena_free(a);
}

/* ---- what is refused, and the sentence ---- */

struct price_only {
    struct money price;
};
static const struct field price_fields[] = {SAMPLE_FIELD(price_only, KIND_MONEY, price)};
static const struct schema price_schema = SAMPLE_SCHEMA(price_only, "subscription.created", price_fields);

struct wrong {
    const char *bytes;
    const char *sentence;
};

static void expect_refused(const struct schema *s, void *record, const struct wrong *table, size_t count)
{
    struct arena *a = arena_new();
    for (size_t i = 0; i < count; i++) {
        struct error e = {0};
        struct bytes in = from_hex(a, table[i].bytes);
        cr_expect_eq(schema_decode(record, s, in, a, &e), ERR_TAMPERED, "%s", table[i].bytes);
        cr_expect_str_eq(e.text, table[i].sentence, "%s: %s", table[i].bytes, e.text);
    }
    arena_free(a);
}
#define EXPECT_REFUSED(schema, record, table) \
    expect_refused(&(schema), record, table, sizeof(table) / sizeof((table)[0]))

Test(schema, money_is_nil_or_an_amount_in_a_known_currency)
{
    static const struct wrong table[] = {
        {"919201a25553", "subscription.created.price: currency 'US' is not three letters"},
        {"919201a455534444", "subscription.created.price: currency 'USDD' is not three letters"},
        {"919201a3757364", "subscription.created.price: currency 'usd' is not three letters"},
        {"919201a0", "subscription.created.price: currency '' is not three letters"},
        {"919201a3ff0000", "subscription.created.price: currency '...' is not three letters"},
        {"919201a3515151", "subscription.created.price: currency 'QQQ' is not known"},
        {"919201c403555344", "subscription.created.price: the currency is not a text"},
        {"9191c0", "subscription.created.price: not an amount of money"},
        {"919301a3555344c0", "subscription.created.price: not an amount of money"},
        {"9192c3a3555344", "subscription.created.price: not an amount of money"},
        {"9192cc01a3555344", "subscription.created.price: not an amount of money"},
        {"91c2", "subscription.created.price: not an amount of money"},
        {"9192d38000000000000000a3555344",
         "subscription.created.price: the amount is beyond what money can be"},
        {"90", "subscription.created: too few fields"},
        {"92c0c0", "subscription.created: too many fields"},
        {"c0", "subscription.created: not a record"},
        {"dc0001c0", "subscription.created: not a record"},
        {"81a57072696365c0", "subscription.created: not a record"},
    };
    struct price_only got = {0};
    EXPECT_REFUSED(price_schema, &got, table);
}

Test(schema, decimals_are_taken_in_their_normal_form_only)
{
    static const struct wrong table[] = {
        {"92a0920a01", "rate.unit_price: the decimal is not in its normal form"},   /* 1.0 */
        {"92a0920001", "rate.unit_price: the decimal is not in its normal form"},   /* 0.0 */
        {"92a092010d", "rate.unit_price: the decimal is not in its normal form"},   /* scale 13 */
        {"92a09201ccff", "rate.unit_price: the decimal is not in its normal form"}, /* scale 255 */
        {"92a09201cf000000010000000c", "rate.unit_price: the decimal is not in its normal form"},
        {"92a092cf0de0b6b3a764000000", "rate.unit_price: the decimal is not in its normal form"}, /* 10^18 */
        {"92a092d3f21f494c589c000000", "rate.unit_price: the decimal is not in its normal form"}, /* -10^18 */
        {"92a0920102c0", "rate: 1 bytes too many"},
        {"92a09101", "rate.unit_price: not a decimal"},
        {"92a09201ff", "rate.unit_price: not a decimal"},
        {"92a0cb3ff0000000000000", "rate.unit_price: not a decimal"},
        {"92c0920100", "rate.usage_type: not a text"},
        {"92c40161920100", "rate.usage_type: not a text"},
        {"92a2c328920100", "rate.usage_type: the text is not valid UTF-8"},
        {"92a3eda080920100", "rate.usage_type: the text is not valid UTF-8"},
    };
    struct sample_rate got = {0};
    EXPECT_REFUSED(sample_rate_schema, &got, table);
}

Test(schema, personal_texts_of_unknown_forms_are_refused)
{
    static const struct wrong table[] = {
        {"929201a0a0", "party.name: not a sealed text"},
        {"929201c400a0", "party.name: a text is sealed that belongs to no customer"},
        {"929202a0a0", "party.name: personal text of unknown form 2"},
        {"929300a0a0a0", "party.name: not a personal text"},
        {"92a0a0", "party.name: not a personal text"},
        {"92c0a0", "party.name: not a personal text"},
        {"9292ffa0a0", "party.name: not a personal text"},
        {"929200c0a0", "party.name: not a text"},
        {"929200a1ffa0", "party.name: the text is not valid UTF-8"},
    };
    struct sample_party got = {0};
    EXPECT_REFUSED(sample_party_schema, &got, table);
}

struct scalars {
    bool flag;
    struct date day;
    struct instant at;
    struct hash digest;
    enum interval_unit unit;
    uint64_t count;
};
static const struct field scalar_fields[] = {
    SAMPLE_FIELD(scalars, KIND_FLAG, flag),
    SAMPLE_FIELD(scalars, KIND_DATE, day),
    SAMPLE_FIELD(scalars, KIND_INSTANT, at),
    SAMPLE_FIELD(scalars, KIND_HASH, digest),
    SAMPLE_UNIT(scalars, unit),
    SAMPLE_FIELD(scalars, KIND_COUNT, count),
};
static const struct schema scalar_schema = SAMPLE_SCHEMA(scalars, "scalars", scalar_fields);

#define HASH_HEX "c4200000000000000000000000000000000000000000000000000000000000000000"

Test(schema, scalars_of_another_type_or_range_are_refused)
{
    static const struct wrong table[] = {
        {"96010000" HASH_HEX "0000", "scalars.flag: neither true nor false"},
        {"96c00000000000", "scalars.flag: neither true nor false"},
        {"96c2ce80000000", "scalars.day: not a date"},
        {"96c2d3ffffffff7fffffff", "scalars.day: not a date"},
        {"96c2c000000000", "scalars.day: not a date"},
        {"96c200cf8000000000000000", "scalars.at: not an instant"},
        {"96c20000c41f00000000000000000000000000000000000000000000000000000000000000",
         "scalars.digest: not a hash"},
        {"96c20000a00000", "scalars.digest: not a hash"},
        {"96c20000" HASH_HEX "04", "scalars.unit: interval_unit has no word number 4"},
        {"96c20000" HASH_HEX "ff", "scalars.unit: not the number of a word"},
        {"96c20000" HASH_HEX "00ff", "scalars.count: not a whole number from 0"},
        {"96c20000" HASH_HEX "00cc05", "scalars.count: not a whole number from 0"},
    };
    struct scalars got = {0};
    EXPECT_REFUSED(scalar_schema, &got, table);
}

Test(schema, a_place_deep_inside_is_named_with_its_index)
{
    static const struct wrong table[] = {
        {"9300c092" /* unit, no amount, two rates: */ "92a0920000"
         "92a09200a0",
         "price.rates[1].unit_price: not a decimal"},
        {"9300c091"
         "91a0c0",
         "price.rates[0]: too few fields"},
        {"9300c0c0", "price.rates: not a list, or one of more items than there are bytes"},
        {"9300c0ddffffffff", "price.rates: not a list, or one of more items than there are bytes"},
    };
    struct sample_price got = {0};
    EXPECT_REFUSED(sample_price_schema, &got, table);
}

Test(schema, a_claimed_number_of_items_is_held_against_the_bytes_before_memory_is_taken)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct buffer b = {.arena = a};
    /* A price of a million rates, and a megabyte after it: each rate needs three bytes at least. */
    mp_put_array(&b, 3);
    mp_put_uint(&b, 0);
    mp_put_nil(&b);
    mp_put_array(&b, 1000000);
    memset(buffer_room(&b, 1000000), 0x92, 1000000);
    b.len += 1000000;
    size_t before = arena_used(a);
    struct sample_price got = {0};
    cr_expect_eq(schema_decode(&got, &sample_price_schema, written(&b), a, &e), ERR_TAMPERED);
    cr_expect_eq(arena_used(a), before);
    arena_free(a);
}

/* ---- depth ---- */

static void put_nest(struct buffer *b, int levels)
{
    mp_put_array(b, 2);
    mp_put_array(b, 2);
    mp_put_uint(b, 0);
    mp_put_uint(b, 0);
    mp_put_array(b, levels > 1 ? 1 : 0);
    if (levels > 1) put_nest(b, levels - 1);
}

Test(schema, records_stand_in_each_other_only_so_deep_that_msgpack_can_be_skimmed_with_an_envelope_around)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct sample_nest got = {0};
    struct buffer b = {.arena = a};
    for (int i = 0; i < 3; i++) mp_put_array(&b, 1);
    size_t around = b.len;
    put_nest(&b, 4);
    cr_expect_eq(
        schema_decode(&got, &sample_nest_schema, (struct bytes){b.ptr + around, b.len - around}, a, &e), OK);
    cr_expect(mp_skim(written(&b)));
    buffer_clear(&b);
    put_nest(&b, 5);
    cr_expect_eq(schema_decode(&got, &sample_nest_schema, written(&b), a, &e), ERR_TAMPERED);
    cr_expect_str_eq(e.text, "nest.inner[0].inner[0].inner[0].inner[0]: nested too deep");
    arena_free(a);
}

/* ---- what encode must not be given ---- */

static void encode(const struct sample *s)
{
    struct buffer b = {0};
    schema_encode(&b, &sample_schema, s);
    buffer_free(&b);
}

Test(schema, a_choice_out_of_range_is_a_programmers_mistake, .signal = SIGABRT)
{
    struct sample s = sample_made();
    int four = 4;
    memcpy(&s.unit, &four, sizeof(s.unit));
    encode(&s);
}

Test(schema, a_decimal_not_normalised_is_a_programmers_mistake, .signal = SIGABRT)
{
    struct sample s = sample_made();
    s.quantity = (struct decimal){10, 1};
    encode(&s);
}

Test(schema, a_text_that_is_not_utf8_never_gets_into_the_log, .signal = SIGABRT)
{
    struct sample s = sample_made();
    s.user = STR("\xff");
    encode(&s);
}

Test(schema, an_amount_without_currency_never_gets_into_the_log, .signal = SIGABRT)
{
    struct sample s = sample_made();
    s.tax.minor = 1;
    encode(&s);
}

/* ---- copy and compare ---- */

Test(schema, a_copy_is_equal_and_shares_nothing)
{
    struct arena *a = arena_new(), *own = arena_new();
    struct error e = {0};
    struct sample wanted = sample_made(), got = {0}, copy;
    struct bytes in = from_hex(a, golden);
    cr_assert_eq(schema_decode(&got, &sample_schema, in, a, &e), OK);
    memset(&copy, 0xa5, sizeof(copy));
    schema_copy(&copy, &sample_schema, &got, own);
    arena_free(a); /* with all that the decoded record pointed to */
    cr_expect(schema_equal(&sample_schema, &copy, &wanted));
    arena_free(own);
}

Test(schema, a_copy_may_replace_its_original)
{
    struct arena *a = arena_new();
    struct sample s = sample_made(), wanted = sample_made();
    schema_copy(&s, &sample_schema, &s, a);
    cr_expect(schema_equal(&sample_schema, &s, &wanted));
    cr_expect_neq(s.user.ptr, wanted.user.ptr);
    cr_expect_neq(s.prices, wanted.prices);
    arena_free(a);
}

Test(schema, a_difference_in_any_field_is_seen)
{
    struct sample s = sample_made();
    struct sample_price other_prices[2] = {sample_prices[0], sample_prices[1]};
    struct sample_rate other_rates[2] = {sample_rates[0], sample_rates[1]};
    other_rates[1].unit_price.scale = 3;
    other_prices[0].rates = other_rates;
    struct sample table[14];
    for (size_t i = 0; i < 14; i++) table[i] = s;
    table[0].active = false;
    table[1].number++;
    table[2].user = STR("user_2");
    table[3].party.name = STR("Ada");
    table[4].digest.bytes[31] = 0;
    table[5].fee.minor++;
    table[6].fee = money_of(2900, "EUR");
    table[7].quantity.scale = 2;
    table[8].start.days++;
    table[9].at.us++;
    table[10].unit = INTERVAL_YEAR;
    table[11].prices_count = 1;
    table[12].prices = other_prices;
    table[13].quantity.coefficient = 126;
    for (size_t i = 0; i < 14; i++) cr_expect_not(schema_equal(&sample_schema, &s, &table[i]), "row %zu", i);
}

Test(schema, an_empty_text_and_an_absent_one_are_equal)
{
    struct sample s = sample_made(), t = sample_made();
    s.user = STR("");
    t.user = STR_NONE;
    cr_expect(schema_equal(&sample_schema, &s, &t));
}

Test(schema, fields_are_found_by_name)
{
    const struct field *f = schema_field(&sample_schema, STR("quantity"));
    cr_assert_not_null(f);
    cr_expect_eq(f->kind, KIND_DECIMAL);
    cr_expect_null(schema_field(&sample_schema, STR("quantit")));
    cr_expect_null(schema_field(&sample_schema, STR("")));
}
