/* SPDX-License-Identifier: MIT */
/* fuzz_catalog.c - any bytes as a catalog. What is accepted passes the check that every command passes, each
 * price names a product and a currency, and the command's canonical bytes decode to it again; what is refused
 * is not quoted. */
#include "importers/catalog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_prices(const struct catalog_load_command *c)
{
    assert(c->products_count > 0);
    assert(c->prices_count >= c->products_count);
    for (size_t i = 0; i < c->prices_count; i++) {
        const struct price *p = &c->prices[i];
        size_t k = 0;
        while (k < c->products_count && !str_equal(c->products[k].code, p->product)) k++;
        assert(k < c->products_count);
        assert(currency_decimals(p->amount.currency) >= 0);
        assert(!money_is_negative(p->amount));
        assert(p->interval_count > 0);
    }
}

static void check_bytes(const struct command *c, struct arena *a)
{
    struct error e = {0};
    struct buffer b = {.arena = a};
    const struct schema *s = command_kind(c->type)->schema;
    schema_encode(&b, s, &c->catalog_load);
    struct catalog_load_command again = {0};
    enum err err = schema_decode(&again, s, (struct bytes){b.ptr, b.len}, a, &e);
    assert(err == OK);
    assert(schema_equal(s, &c->catalog_load, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct command c = {0};
    if (catalog_parse(&c, (struct bytes){data, size}, a, &e) == OK) {
        enum err err = command_check(&c, &e);
        assert(err == OK);
        check_prices(&c.catalog_load);
        check_bytes(&c, a);
    } else {
        assert(e.code == ERR_INVALID || e.code == ERR_LIMIT);
        assert(text_is_printable(str_of(e.text)));
        assert(!text_holds_card_data(str_of(e.text)));
    }
    arena_free(a);
    return 0;
}
