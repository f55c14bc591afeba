/* SPDX-License-Identifier: MIT */
/* fuzz_json.c - any bytes as a JSON document for a described struct. What is accepted must be written and
 * read again to an equal struct, and must have canonical bytes that decode to it. */
#include <stdlib.h>

#include "ledger/store/schema_json.h"
#include "tests/store/sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct schema *s, const void *record, struct arena *a)
{
    struct error e = {0};
    json_t *written = schema_json(s, record);
    char *text = json_dumps(written, JSON_COMPACT);
    assert(text != NULL);
    json_t *read = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert(read != NULL);
    void *again = arena_take(a, 1, s->size);
    enum err err = schema_from_json(again, s, read, a, &e);
    assert(err == OK);
    assert(schema_equal(s, record, again));
    json_decref(read);
    json_decref(written);
    free(text);
}

static void check_bytes(const struct schema *s, const void *record, struct arena *a)
{
    struct error e = {0};
    struct buffer b = {.arena = a};
    schema_encode(&b, s, record);
    void *again = arena_take(a, 1, s->size);
    enum err err = schema_decode(again, s, (struct bytes){b.ptr, b.len}, a, &e);
    assert(err == OK);
    assert(schema_equal(s, record, again));
}

static void check_record(const struct schema *s, void *record, const json_t *json, struct arena *a)
{
    struct error e = {0};
    if (schema_from_json(record, s, json, a, &e) != OK) {
        assert(e.code == ERR_INVALID || e.code == ERR_LIMIT);
        assert(text_is_printable(str_of(e.text)));
        return;
    }
    check_again(s, record, a);
    check_bytes(s, record, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *json = json_loadb(bytes_str((struct bytes){data, size}).ptr, size, JSON_REJECT_DUPLICATES, NULL);
    if (json == NULL) return 0;
    struct arena *a = arena_new();
    struct sample sample;
    check_record(&sample_schema, &sample, json, a);
    struct sample_price price;
    check_record(&sample_price_schema, &price, json, a);
    struct sample_nest nest;
    check_record(&sample_nest_schema, &nest, json, a);
    arena_free(a);
    json_decref(json);
    return 0;
}
