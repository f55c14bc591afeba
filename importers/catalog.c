/* SPDX-License-Identifier: MIT */
/* catalog.c - a catalog file to the command that loads it. Whatever is wrong is named by its path:
 * "products[2].prices[0].amount: …". It must never let a price through that decisions could not use: each
 * product has its prices, each price its currency, interval and amount, none twice. */
#include "importers/catalog.h"
#include "importers/importers.h"
#include "importers/json_text.h"

enum { PATH_BYTES = 128, INTERVAL_COUNT_MAX = 1000 };

struct reader {
    struct arena *arena;
    struct product *products;
    struct price *prices;
    size_t prices_count;
};

/* "products[2]" and what stands in it. */
struct path {
    char text[PATH_BYTES];
};

static struct path path_at(const struct path *in, const char *list, size_t index)
{
    struct path p = {""};
    (void)snprintf(p.text, sizeof p.text, "%.60s%s%s[%zu]", in == NULL ? "" : in->text, in == NULL ? "" : ".",
                   list, index);
    return p;
}

static enum err refuse(struct error *e, const struct path *p, const char *member, const char *why)
{
    return fail(e, ERR_INVALID, "%s%s%s: %s", p->text, member[0] == '\0' ? "" : ".", member, why);
}

/* Puts the path before a sentence about a member: its name ends at a colon before any blank. */
static enum err join(struct error *e, const struct path *p)
{
    size_t word = strcspn(e->text, ": ");
    if (e->text[word] != ':') return wrap(e, "%s", p->text);
    char rest[sizeof e->text] = "";
    memcpy(rest, e->text, strlen(e->text) + 1);
    return fail(e, e->code, "%s.%s", p->text, rest);
}

static enum err check_text(struct error *e, const struct path *p, const char *member, struct str text,
                           size_t limit, bool needed)
{
    if (needed && text.len == 0) return refuse(e, p, member, "a value is missing");
    return text_check(text, limit, member, e) == OK ? OK : join(e, p);
}

static bool has(const json_t *object, const char *member)
{
    const json_t *value = json_object_get(object, member);
    return value != NULL && !json_is_null(value);
}

/* ---- rates ---- */

static enum err check_rate(struct rate *r, const json_t *object, const struct path *p, struct error *e)
{
    bool priced = has(object, "unit_price");
    if (!has(object, "billed")) r->billed = priced;
    enum err err = check_text(e, p, "usage_type", r->usage_type, LIMIT_USAGE_TYPE_BYTES, true);
    if (err != OK) return err;
    if (decimal_is_negative(r->included)) return refuse(e, p, "included", "a quota cannot be negative");
    if (decimal_is_negative(r->unit_price)) return refuse(e, p, "unit_price", "a price cannot be negative");
    if (r->unlimited && !decimal_is_zero(r->included)) {
        return refuse(e, p, "included", "what is unlimited includes no number");
    }
    if (r->unlimited && r->billed)
        return refuse(e, p, "unlimited", "what is unlimited cannot be billed by the unit");
    if (r->billed && !priced) return refuse(e, p, "unit_price", "a value is missing");
    if (!r->billed && priced) return refuse(e, p, "billed", "a unit price is given, but it is not billed");
    return OK;
}

static enum err read_rates(struct price *out, const json_t *list, const struct path *p, struct reader *r,
                           struct error *e)
{
    if (list == NULL) return OK;
    if (!json_is_array(list)) return refuse(e, p, "rates", "a list is expected");
    size_t count = json_array_size(list);
    if (count > LIMIT_USAGE_TYPES_PER_CUSTOMER) return refuse(e, p, "rates", "more than 64 usage types");
    struct rate *rates = arena_array_of(r->arena, struct rate, count);
    for (size_t i = 0; i < count; i++) {
        struct path at = path_at(p, "rates", i);
        const json_t *object = json_array_get(list, i);
        if (schema_from_json(&rates[i], &schema_rate, object, r->arena, e) != OK) return join(e, &at);
        enum err err = check_rate(&rates[i], object, &at, e);
        if (err != OK) return err;
        for (size_t k = 0; k < i; k++) {
            if (!str_equal(rates[k].usage_type, rates[i].usage_type)) continue;
            return refuse(e, &at, "usage_type", "this usage type stands there twice");
        }
    }
    out->rates = rates;
    out->rates_count = count;
    return OK;
}

/* ---- prices ---- */

static enum err read_interval(struct price *out, const json_t *object, const struct path *p, struct error *e)
{
    const json_t *unit = json_object_get(object, "interval"),
                 *count = json_object_get(object, "interval_count");
    int value = 0;
    if (unit == NULL) return refuse(e, p, "interval", "a value is missing");
    struct str word = {json_string_value(unit), json_string_length(unit)};
    if (!json_is_string(unit) || !choice_parse(&value, &choice_interval_unit, word)) {
        return refuse(e, p, "interval", "day, week, month or year is expected");
    }
    out->unit = (enum interval_unit)value;
    out->interval_count = 1;
    if (count == NULL) return OK;
    json_int_t n = json_integer_value(count); /* 0 for what is no integer */
    if (n < 1 || n > INTERVAL_COUNT_MAX)
        return refuse(e, p, "interval_count", "a whole number from 1 to 1000 is expected");
    out->interval_count = (uint64_t)n;
    return OK;
}

static enum err read_amount(struct price *out, const json_t *object, const struct path *p, struct reader *r,
                            struct error *e)
{
    char currency[4] = "";
    struct str code = STR_NONE, amount = STR_NONE;
    if (json_member_text(&code, object, "currency", r->arena, e) != OK) return join(e, p);
    if (code.len == 0) return refuse(e, p, "currency", "a value is missing");
    if (currency_parse(currency, code, e) != OK) return wrap(e, "%s.currency", p->text);
    if (json_member_text(&amount, object, "amount", r->arena, e) != OK) return join(e, p);
    out->amount = money_of(0, currency);
    if (out->custom)
        return amount.len == 0 ? OK : refuse(e, p, "amount", "a custom price is agreed per customer");
    if (amount.len == 0) return refuse(e, p, "amount", "a value is missing");
    if (money_parse(&out->amount, amount, currency, e) != OK) return wrap(e, "%s.amount", p->text);
    return money_is_negative(out->amount) ? refuse(e, p, "amount", "a price cannot be negative") : OK;
}

static bool same_place(const struct price *a, const struct price *b)
{
    return a->unit == b->unit && a->interval_count == b->interval_count &&
           money_same_currency(a->amount, b->amount) && str_equal(a->product, b->product);
}

static enum err check_free(const struct price *out, const struct path *p, struct error *e)
{
    if (out->custom || !money_is_zero(out->amount))
        return refuse(e, p, "amount", "a free product costs nothing");
    for (size_t i = 0; i < out->rates_count; i++) {
        if (out->rates[i].billed) return refuse(e, p, "rates", "a free product bills no usage");
    }
    return OK;
}

static enum err read_price(const struct product *of, const json_t *object, const struct path *p,
                           struct reader *r, struct error *e)
{
    static const char *const names[] = {"currency", "interval", "interval_count", "custom", "amount",
                                        "rates",    NULL};
    struct price *out = &r->prices[r->prices_count];
    *out = (struct price){.product = of->code};
    if (!json_is_object(object)) return refuse(e, p, "", "an object is expected");
    if (json_only_members(object, names, e) != OK) return wrap(e, "%s", p->text);
    const json_t *custom = json_object_get(object, "custom");
    if (custom != NULL && !json_is_boolean(custom))
        return refuse(e, p, "custom", "true or false is expected");
    out->custom = json_is_true(custom);
    enum err err = read_interval(out, object, p, e);
    if (err == OK) err = read_amount(out, object, p, r, e);
    if (err == OK) err = read_rates(out, json_object_get(object, "rates"), p, r, e);
    if (err == OK && of->free) err = check_free(out, p, e);
    for (size_t i = 0; err == OK && i < r->prices_count; i++) {
        if (same_place(&r->prices[i], out))
            err = refuse(e, p, "", "a price for this currency and interval is there already");
    }
    r->prices_count++;
    return err;
}

/* ---- products ---- */

static enum err read_prices(const struct product *of, const json_t *list, const struct path *p,
                            struct reader *r, struct error *e)
{
    if (list == NULL) return refuse(e, p, "prices", "a value is missing");
    if (!json_is_array(list)) return refuse(e, p, "prices", "a list is expected");
    size_t count = json_array_size(list);
    if (count == 0) return refuse(e, p, "prices", "a product needs at least one price");
    if (r->prices_count + count > LIMIT_CATALOG_PRICES)
        return refuse(e, p, "prices", "more than 2048 prices in all");
    for (size_t i = 0; i < count; i++) {
        struct path at = path_at(p, "prices", i);
        enum err err = read_price(of, json_array_get(list, i), &at, r, e);
        if (err != OK) return err;
    }
    return OK;
}

static enum err check_product(const struct product *out, const struct path *p, struct reader *r,
                              struct error *e)
{
    enum err err = check_text(e, p, "code", out->code, LIMIT_CODE_BYTES, true);
    if (err == OK) err = check_text(e, p, "name", out->name, LIMIT_TEXT_BYTES, true);
    if (err == OK) err = check_text(e, p, "description", out->description, LIMIT_TEXT_BYTES, false);
    if (err == OK) err = check_text(e, p, "support", out->support, LIMIT_TEXT_BYTES, false);
    for (const struct product *before = r->products; err == OK && before < out; before++) {
        if (str_equal(before->code, out->code)) err = refuse(e, p, "code", "this code stands there twice");
    }
    return err;
}

static enum err read_product(json_t *object, size_t index, struct reader *r, struct error *e)
{
    struct path p = path_at(NULL, "products", index);
    struct product *out = &r->products[index];
    if (!json_is_object(object)) return refuse(e, &p, "", "an object is expected");
    json_t *prices = json_incref(json_object_get(object, "prices"));
    (void)json_object_del(object, "prices"); /* fails when there are none, which read_prices tells */
    enum err err = schema_from_json(out, &schema_product, object, r->arena, e);
    if (err != OK) err = join(e, &p);
    if (!has(object, "rank")) out->rank = index;
    if (err == OK) err = check_product(out, &p, r, e);
    if (err == OK) err = read_prices(out, prices, &p, r, e);
    json_decref(prices);
    return err;
}

static enum err read_catalog(struct catalog_load_command *out, json_t *root, struct arena *a, struct error *e)
{
    static const char *const names[] = {"name", "products", NULL};
    struct reader r = {.arena = a};
    if (!json_is_object(root)) return fail(e, ERR_INVALID, "a JSON object is expected");
    enum err err = json_only_members(root, names, e);
    if (err == OK) err = json_member_text(&out->name, root, "name", a, e);
    if (err == OK) err = text_check(out->name, LIMIT_TEXT_BYTES, "name", e);
    if (err != OK) return err;
    const json_t *list = json_object_get(root, "products");
    size_t count = json_array_size(list); /* 0 for what is no list */
    if (count == 0) return fail(e, ERR_INVALID, "products: a list of at least one product is expected");
    if (count > LIMIT_CATALOG_PRODUCTS)
        return fail(e, ERR_LIMIT, "products: more than %d", LIMIT_CATALOG_PRODUCTS);
    r.products = arena_array_of(a, struct product, count);
    r.prices = arena_array_of(a, struct price, LIMIT_CATALOG_PRICES);
    for (size_t i = 0; err == OK && i < count; i++) err = read_product(json_array_get(list, i), i, &r, e);
    out->products = r.products;
    out->products_count = count;
    out->prices = r.prices;
    out->prices_count = r.prices_count;
    return err;
}

enum err catalog_parse(struct command *out, struct bytes text, struct arena *a, struct error *e)
{
    json_t *root = NULL;
    struct str content = bytes_str(text);
    if (str_starts(content, "\xef\xbb\xbf")) content = (struct str){content.ptr + 3, content.len - 3};
    *out = (struct command){.type = COMMAND_CATALOG_LOAD};
    enum err err = json_parse(&root, content, a, e);
    if (err == OK) err = read_catalog(&out->catalog_load, root, a, e);
    json_decref(root);
    if (err != OK) return err;
    struct hasher *h = hasher_new();
    hasher_digest(h, out->catalog_load.sha256.bytes, text, (struct bytes){0}, (struct bytes){0});
    hasher_free(h);
    return OK;
}

enum err catalog_read(struct command *out, const char *path, struct arena *a, struct error *e)
{
    struct bytes text = {0};
    enum err err = file_read(&text, path, LIMIT_CATALOG_FILE_BYTES, a, e);
    if (err != OK) return err;
    err = catalog_parse(out, text, a, e);
    return err == OK ? OK : wrap(e, "catalog '%s'", path);
}
