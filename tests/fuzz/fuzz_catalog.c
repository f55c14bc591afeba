/* SPDX-License-Identifier: MIT */
/* fuzz_catalog.c - any bytes as a catalog. What is accepted passes the check that every command passes, each
 * price names a product and a currency, rates and fees can be priced, what coupons and rules name is there,
 * the command's canonical bytes decode to it again, and nothing of it differs from itself; what is refused is
 * not quoted. */
#include "importers/catalog.h"
#include "ledger/book.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_pricing(const struct price *p)
{
    struct error e = {0};
    for (size_t i = 0; i < p->rates_count; i++) {
        enum err err = rate_check(&p->rates[i], &e);
        assert(err == OK);
    }
    for (size_t i = 0; i < p->fees_count; i++) {
        enum err err = fee_check(&p->fees[i], &e);
        assert(err == OK);
    }
    assert(!money_is_given(p->commitment) || money_same_currency(p->commitment, p->amount));
    assert(p->trial_days != 0 || (!p->trial_without_method && p->trial_end == TRIAL_CONVERTS));
}

static void check_names(const struct catalog_load_command *c)
{
    for (size_t i = 0; i < c->coupons_count; i++) {
        struct str product = c->coupons[i].product;
        assert(product.len == 0 || catalog_product(c, product) != NULL);
        assert(decimal_is_zero(c->coupons[i].percent) == money_is_given(c->coupons[i].amount));
    }
    for (size_t i = 0; i < c->rules_count; i++) {
        const struct change_rule *r = &c->rules[i];
        assert(r->from.len == 0 || catalog_product(c, r->from)->kind == PRODUCT_PLAN);
        assert(r->to.len == 0 || catalog_product(c, r->to)->kind == PRODUCT_PLAN);
    }
    for (size_t i = 0; i < c->taxes_count; i++) assert(c->taxes[i].country.len == 2);
}

static void check_differences(const struct catalog_load_command *c, struct arena *a)
{
    struct difference_list none = {0};
    struct catalog v = {.products = c->products,
                        .products_count = c->products_count,
                        .prices = c->prices,
                        .prices_count = c->prices_count,
                        .metrics = c->metrics,
                        .metrics_count = c->metrics_count,
                        .coupons = c->coupons,
                        .coupons_count = c->coupons_count,
                        .taxes = c->taxes,
                        .taxes_count = c->taxes_count,
                        .rules = c->rules,
                        .rules_count = c->rules_count};
    catalog_differences(&none, &v, &v, a);
    assert(none.count == 0);
}

static void check_prices(const struct catalog_load_command *c)
{
    assert(c->products_count > 0);
    assert(c->prices_count >= c->products_count);
    for (size_t i = 0; i < c->prices_count; i++) {
        const struct price *p = &c->prices[i];
        assert(catalog_product(c, p->product) != NULL);
        check_pricing(p);
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
        check_names(&c.catalog_load);
        check_differences(&c.catalog_load, a);
        check_bytes(&c, a);
    } else {
        assert(e.code == ERR_INVALID || e.code == ERR_LIMIT);
        assert(text_is_printable(str_of(e.text)));
        assert(!text_holds_card_data(str_of(e.text)));
    }
    arena_free(a);
    return 0;
}
