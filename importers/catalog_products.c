/* SPDX-License-Identifier: MIT */
/* catalog_products.c - the products of a catalog file, with their features and prices. */
#include "importers/catalog.h"

static const struct catalog_path top = {""};

static enum err read_prices(const struct product *of, const json_t *list, struct catalog_reader *r,
                            const struct catalog_path *p)
{
    if (list == NULL) return catalog_refuse(r, p, "prices", "a value is missing");
    if (!json_is_array(list)) return catalog_refuse(r, p, "prices", "a list is expected");
    size_t count = json_array_size(list);
    if (count == 0) return catalog_refuse(r, p, "prices", "a product needs at least one price");
    if (r->out->prices_count + count > LIMIT_CATALOG_PRICES)
        return catalog_too_many(r, p, "prices", LIMIT_CATALOG_PRICES, "prices in all");
    for (size_t i = 0; i < count; i++) {
        struct catalog_path at = path_at(p, "prices", i);
        enum err err = catalog_read_price(of, json_array_get(list, i), r, &at);
        if (err != OK) return err;
    }
    return OK;
}

/* ---- features ---- */

static enum err check_feature(const struct feature *v, const json_t *object, struct catalog_reader *r,
                              const struct catalog_path *p)
{
    bool limit = catalog_has(object, "limit"), text = catalog_has(object, "text");
    enum err err = catalog_need_text(v->code, "code", r, p);
    if (err == OK) err = catalog_texts(&schema_feature, v, r, p);
    if (err != OK) return err;
    if (v->kind != FEATURE_LIMIT && limit)
        return catalog_refuse(r, p, "limit", "the kind of this feature is not limit");
    if (v->kind != FEATURE_LIMIT && v->unlimited)
        return catalog_refuse(r, p, "unlimited", "the kind of this feature is not limit");
    if (v->kind != FEATURE_TEXT && text)
        return catalog_refuse(r, p, "text", "the kind of this feature is not text");
    if (v->kind == FEATURE_TEXT) return catalog_need_text(v->text, "text", r, p);
    if (v->kind != FEATURE_LIMIT) return OK;
    if (limit && v->unlimited) return catalog_refuse(r, p, "limit", "what is unlimited has no limit");
    if (!limit && !v->unlimited) return catalog_refuse(r, p, "limit", "a value is missing");
    return decimal_is_negative(v->limit) ? catalog_refuse(r, p, "limit", "a limit cannot be negative") : OK;
}

static enum err check_features(const struct product *of, const json_t *object, struct catalog_reader *r,
                               const struct catalog_path *p)
{
    const json_t *list = json_object_get(object, "features");
    if (of->features_count > LIMIT_PRODUCT_FEATURES)
        return catalog_too_many(r, p, "features", LIMIT_PRODUCT_FEATURES, "features");
    for (size_t i = 0; i < of->features_count; i++) {
        struct catalog_path at = path_at(p, "features", i);
        enum err err = check_feature(&of->features[i], json_array_get(list, i), r, &at);
        if (err != OK) return err;
        for (size_t k = 0; k < i; k++) {
            if (!str_equal(of->features[k].code, of->features[i].code)) continue;
            return catalog_refuse(r, &at, "code", "this code stands there twice");
        }
    }
    return OK;
}

static bool rates_usage(const struct price *price, struct str usage_type)
{
    for (size_t i = 0; i < price->rates_count; i++) {
        if (str_equal(price->rates[i].usage_type, usage_type)) return true;
    }
    return false;
}

/* What a customer may use is asked by one name: a usage type would hide the feature. */
static enum err check_feature_names(const struct product *of, struct catalog_reader *r,
                                    const struct catalog_path *p)
{
    for (size_t i = 0; i < r->out->prices_count; i++) {
        const struct price *price = &r->prices[i];
        if (!str_equal(price->product, of->code)) continue;
        for (size_t k = 0; k < of->features_count; k++) {
            struct catalog_path at = path_at(p, "features", k);
            if (rates_usage(price, of->features[k].code))
                return catalog_refuse(r, &at, "code", "this product has a usage type of that name");
        }
    }
    return OK;
}

/* ---- products ---- */

static enum err check_product(const struct product *v, const struct product *first, const json_t *object,
                              struct catalog_reader *r, const struct catalog_path *p)
{
    enum err err = catalog_need_text(v->code, "code", r, p);
    if (err == OK) err = catalog_need_text(v->name, "name", r, p);
    if (err == OK) err = check_features(v, object, r, p);
    if (err == OK && v->free && v->kind == PRODUCT_ADD_ON)
        err = catalog_refuse(r, p, "free", "an add-on belongs to a plan, and only plans are free");
    for (const struct product *before = first; err == OK && before < v; before++) {
        if (str_equal(before->code, v->code))
            err = catalog_refuse(r, p, "code", "this code stands there twice");
    }
    return err;
}

static enum err read_product(struct product *products, size_t index, json_t *object, struct catalog_reader *r)
{
    struct catalog_path p = path_at(&top, "products", index);
    struct product *v = &products[index];
    if (!json_is_object(object)) return catalog_refuse(r, &p, "", "an object is expected");
    json_t *rest = json_copy(object);
    (void)json_object_del(rest, "prices"); /* fails when there are none, which read_prices tells */
    enum err err = catalog_object(v, &schema_product, rest, r, &p);
    json_decref(rest);
    if (!catalog_has(object, "rank")) v->rank = index;
    if (err == OK) err = check_product(v, products, object, r, &p);
    if (err == OK) err = read_prices(v, json_object_get(object, "prices"), r, &p);
    return err == OK ? check_feature_names(v, r, &p) : err;
}

/* Prices stand in the order of their products. */
static struct catalog_path price_path(size_t index, const struct catalog_reader *r)
{
    const struct product *of = catalog_product(r->out, r->prices[index].product);
    size_t place = 0;
    while (place < index && str_equal(r->prices[index - place - 1].product, of->code)) place++;
    struct catalog_path product = path_at(&top, "products", (size_t)(of - r->out->products));
    return path_at(&product, "prices", place);
}

enum err catalog_check_in_advance(struct catalog_reader *r)
{
    for (size_t i = 0; i < r->out->prices_count; i++) {
        struct catalog_path p = price_path(i, r);
        enum err err = catalog_check_advances(&r->prices[i], r, &p);
        if (err != OK) return err;
    }
    return OK;
}

static bool stands_beside(const struct price *add_on, const struct price *plan)
{
    return plan->unit == add_on->unit && plan->interval_count == add_on->interval_count &&
           money_same_currency(plan->amount, add_on->amount);
}

/* An add-on is billed with its plan, so some plan has a price that it can stand beside. */
static enum err check_add_on_price(size_t index, const struct product *const *of, struct catalog_reader *r)
{
    for (size_t i = 0; i < r->out->prices_count; i++) {
        if (of[i]->kind == PRODUCT_PLAN && stands_beside(&r->prices[index], &r->prices[i])) return OK;
    }
    struct catalog_path p = price_path(index, r);
    return catalog_refuse(r, &p, "", "no plan has a price for this currency and interval");
}

static enum err check_add_on_prices(struct catalog_reader *r)
{
    size_t count = r->out->prices_count;
    const struct product **of = arena_array_of(r->arena, const struct product *, count);
    for (size_t i = 0; i < count; i++) of[i] = catalog_product(r->out, r->prices[i].product);
    for (size_t i = 0; i < count; i++) {
        enum err err = of[i]->kind == PRODUCT_ADD_ON ? check_add_on_price(i, of, r) : OK;
        if (err != OK) return err;
    }
    return OK;
}

const struct product *catalog_product(const struct catalog_load_command *c, struct str code)
{
    for (size_t i = 0; i < c->products_count; i++) {
        if (str_equal(c->products[i].code, code)) return &c->products[i];
    }
    return NULL;
}

enum err catalog_read_products(const json_t *root, struct catalog_reader *r)
{
    const json_t *list = json_object_get(root, "products");
    size_t count = json_array_size(list); /* 0 for what is no list */
    if (count == 0) return catalog_refuse(r, &top, "products", "a list of at least one product is expected");
    if (count > LIMIT_CATALOG_PRODUCTS)
        return catalog_too_many(r, &top, "products", LIMIT_CATALOG_PRODUCTS, "products");
    struct product *products = arena_array_of(r->arena, struct product, count);
    r->prices = arena_array_of(r->arena, struct price, LIMIT_CATALOG_PRICES);
    for (size_t i = 0; i < count; i++) {
        enum err err = read_product(products, i, json_array_get(list, i), r);
        if (err != OK) return err;
    }
    r->out->products = products;
    r->out->products_count = count;
    r->out->prices = r->prices;
    return check_add_on_prices(r);
}
