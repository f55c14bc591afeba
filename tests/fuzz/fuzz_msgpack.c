/* SPDX-License-Identifier: MIT */
/* fuzz_msgpack.c - any bytes as msgpack. What our walk accepts, msgpack-c must read and write the same; what
 * decodes as a record must encode to the very same bytes, and survive copying and JSON. */
#include "ledger/store/msgpack.h"
#include "ledger/store/schema_json.h"
#include "tests/store/sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_billing_date(struct date d)
{
    return date_is_given(d) && d.days > 0 && date_compare(d, date_of(9999, 12, 31)) <= 0;
}

/* An amount of at most as many digits as texts of amounts may have. */
static bool is_short(struct money m)
{
    const int64_t limit = INT64_C(1000000000000000000);
    return m.minor > -limit && m.minor < limit;
}

static bool has_short_amounts(const struct sample *s)
{
    bool yes = is_short(s->fee) && is_short(s->tax);
    for (size_t i = 0; i < s->prices_count; i++) yes = yes && is_short(s->prices[i].amount);
    return yes;
}

/* JSON reads only dates and instants that billing knows, or none, and amounts that may be typed. */
static void check_json(const struct sample *s, struct arena *a)
{
    struct error e = {0};
    if (date_is_given(s->start) && !is_billing_date(s->start)) return;
    if (instant_is_given(s->at) && !is_billing_date(instant_date(s->at))) return;
    if (!has_short_amounts(s)) return;
    struct sample again;
    json_t *json = schema_json(&sample_schema, s);
    enum err err = schema_from_json(&again, &sample_schema, json, a, &e);
    json_decref(json);
    assert(err == OK);
    assert(schema_equal(&sample_schema, s, &again));
}

static void check_record(const struct schema *s, void *record, struct bytes in, struct arena *a)
{
    struct error e = {0};
    if (schema_decode(record, s, in, a, &e) != OK) {
        assert(e.code == ERR_TAMPERED);
        assert(e.text[0] != '\0');
        return;
    }
    struct buffer again = {.arena = a};
    schema_encode(&again, s, record);
    assert(bytes_equal((struct bytes){again.ptr, again.len}, in));
    assert(mp_skim(in));
    void *copy = arena_take(a, 1, s->size);
    schema_copy(copy, s, record, a);
    assert(schema_equal(s, record, copy));
    if (s == &sample_schema) check_json(record, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size};
    struct arena *a = arena_new();
    if (mp_skim(in)) assert(mp_confirmed_by_msgpack_c(in));
    struct sample sample;
    check_record(&sample_schema, &sample, in, a);
    struct sample_price price;
    check_record(&sample_price_schema, &price, in, a);
    struct sample_nest nest;
    check_record(&sample_nest_schema, &nest, in, a);
    arena_free(a);
    return 0;
}
