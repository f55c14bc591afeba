/* SPDX-License-Identifier: MIT */
/* catalog_lists.c - what a catalog file says beside its products: how usage is measured, coupons, taxes, and
 * rules for changes. What they say of products is checked against those. */
#include "importers/catalog.h"

static const struct catalog_path top = {""};

/* ---- metrics ---- */

enum err catalog_read_metrics(const json_t *root, struct catalog_reader *r)
{
    static const struct catalog_list list = {"metrics", &schema_metric, LIMIT_CATALOG_METRICS};
    void *items = NULL;
    enum err err = catalog_list(&items, &r->out->metrics_count, &list, root, r, &top);
    const struct metric *metrics = r->out->metrics = items;
    for (size_t i = 0; err == OK && i < r->out->metrics_count; i++) {
        struct catalog_path p = path_at(&top, list.name, i);
        err = catalog_need_text(metrics[i].usage_type, "usage_type", r, &p);
        for (size_t k = 0; err == OK && k < i; k++) {
            if (str_equal(metrics[k].usage_type, metrics[i].usage_type))
                err = catalog_refuse(r, &p, "usage_type", "this usage type stands there twice");
        }
    }
    return err;
}

/* ---- coupons ---- */

static enum err check_discount(const struct coupon *v, const json_t *object, struct catalog_reader *r,
                               const struct catalog_path *p)
{
    static const struct decimal hundred = {100, 0};
    bool percent = catalog_has(object, "percent"), amount = money_is_given(v->amount);
    if (percent && amount) return catalog_refuse(r, p, "amount", "a percent is given already");
    if (!percent && !amount) return catalog_refuse(r, p, "percent", "a percent or an amount is missing");
    if (amount && v->amount.minor <= 0)
        return catalog_refuse(r, p, "amount", "more than nothing is expected");
    bool in_range =
        decimal_compare(v->percent, (struct decimal){0}) > 0 && decimal_compare(v->percent, hundred) <= 0;
    if (percent && !in_range)
        return catalog_refuse(r, p, "percent", "more than 0 and at most 100 is expected");
    return OK;
}

static enum err check_coupon(const struct coupon *v, const json_t *object, struct catalog_reader *r,
                             const struct catalog_path *p)
{
    enum err err = catalog_need_text(v->code, "code", r, p);
    if (err == OK) err = check_discount(v, object, r, p);
    if (err != OK) return err;
    bool repeats = v->duration == COUPON_REPEATING;
    if (repeats && v->times == 0) return catalog_refuse(r, p, "times", "a number of invoices is missing");
    if (!repeats && catalog_has(object, "times"))
        return catalog_refuse(r, p, "times", "only the duration repeating has a number of invoices");
    if (v->product.len != 0 && catalog_product(r->out, v->product) == NULL)
        return catalog_refuse(r, p, "product", "there is no product with this code");
    return OK;
}

enum err catalog_read_coupons(const json_t *root, struct catalog_reader *r)
{
    static const struct catalog_list list = {"coupons", &schema_coupon, LIMIT_CATALOG_COUPONS};
    const json_t *objects = json_object_get(root, list.name);
    void *items = NULL;
    enum err err = catalog_list(&items, &r->out->coupons_count, &list, root, r, &top);
    const struct coupon *coupons = r->out->coupons = items;
    for (size_t i = 0; err == OK && i < r->out->coupons_count; i++) {
        struct catalog_path p = path_at(&top, list.name, i);
        err = check_coupon(&coupons[i], json_array_get(objects, i), r, &p);
        for (size_t k = 0; err == OK && k < i; k++) {
            if (str_equal(coupons[k].code, coupons[i].code))
                err = catalog_refuse(r, &p, "code", "this code stands there twice");
        }
    }
    return err;
}

/* ---- taxes ---- */

/* EN 16931's categories. S is the only one with a rate of more than nothing (BR-S-5, BR-Z-5 and so on), so
 * it need not be said. */
static enum err check_category(struct tax *v, struct catalog_reader *r, const struct catalog_path *p)
{
    static const char *const words[] = {"S", "Z", "E", "AE", "K", "G", "O"};
    bool zero = decimal_is_zero(v->percent), known = false;
    if (v->category.len == 0 && zero)
        return catalog_refuse(r, p, "category",
                              "a value is missing: Z, E, AE, K, G or O where nothing is due");
    if (v->category.len == 0) v->category = STR("S");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) known |= str_is(v->category, words[i]);
    if (!known) return catalog_refuse(r, p, "category", "S, Z, E, AE, K, G or O is expected");
    if (str_is(v->category, "S") && zero)
        return catalog_refuse(r, p, "category", "S has more than 0 percent");
    if (!str_is(v->category, "S") && !zero)
        return catalog_refuse(r, p, "category", "only S has more than 0 percent");
    return OK;
}

static enum err check_tax(struct tax *v, const json_t *object, struct catalog_reader *r,
                          const struct catalog_path *p)
{
    static const struct decimal most = {1000, 0};
    enum err err = catalog_need_text(v->code, "code", r, p);
    if (err == OK) err = catalog_need_text(v->name, "name", r, p);
    if (err == OK) err = catalog_need_text(v->country, "country", r, p);
    if (err != OK) return err;
    if (country_check(v->country, r->e) != OK) return wrap(r->e, "%s.country", p->text);
    if (!catalog_has(object, "percent")) return catalog_refuse(r, p, "percent", "a value is missing");
    if (decimal_is_negative(v->percent) || decimal_compare(v->percent, most) > 0)
        return catalog_refuse(r, p, "percent", "0 to 1000 is expected");
    if (date_is_given(v->until) && date_compare(v->from, v->until) >= 0)
        return catalog_refuse(r, p, "until", "a day after the first one is expected");
    return check_category(v, r, p);
}

/* A code names one tax, whose percent may change with time. */
static enum err check_same_tax(const struct tax *a, const struct tax *b, struct catalog_reader *r,
                               const struct catalog_path *p)
{
    bool place = str_equal(a->country, b->country) && str_equal(a->region, b->region) &&
                 str_equal(a->product_code, b->product_code);
    if (!place)
        return catalog_refuse(r, p, "code", "this code names a tax of another place or for other products");
    bool apart = (date_is_given(a->until) && date_compare(a->until, b->from) <= 0) ||
                 (date_is_given(b->until) && date_compare(b->until, a->from) <= 0);
    if (apart) return OK;
    return catalog_refuse(r, p, "from", "another tax of this code is valid at that time");
}

enum err catalog_read_taxes(const json_t *root, struct catalog_reader *r)
{
    static const struct catalog_list list = {"taxes", &schema_tax, LIMIT_CATALOG_TAXES};
    const json_t *objects = json_object_get(root, list.name);
    void *items = NULL;
    enum err err = catalog_list(&items, &r->out->taxes_count, &list, root, r, &top);
    struct tax *taxes = items;
    r->out->taxes = taxes;
    for (size_t i = 0; err == OK && i < r->out->taxes_count; i++) {
        struct catalog_path p = path_at(&top, list.name, i);
        err = check_tax(&taxes[i], json_array_get(objects, i), r, &p);
        for (size_t k = 0; err == OK && k < i; k++) {
            if (str_equal(taxes[k].code, taxes[i].code)) err = check_same_tax(&taxes[k], &taxes[i], r, &p);
        }
    }
    return err;
}

/* ---- rules ---- */

static enum err check_plan(struct str code, const char *member, struct catalog_reader *r,
                           const struct catalog_path *p)
{
    if (code.len == 0) return OK;
    const struct product *product = catalog_product(r->out, code);
    if (product == NULL) return catalog_refuse(r, p, member, "there is no product with this code");
    return product->kind == PRODUCT_PLAN
               ? OK
               : catalog_refuse(r, p, member, "an add-on is no tier to change from or to");
}

static enum err check_rule(struct change_rule *v, const json_t *object, struct catalog_reader *r,
                           const struct catalog_path *p)
{
    v->any_kind = !catalog_has(object, "kind");
    if (json_object_get(object, "any_kind") != NULL)
        return catalog_refuse(r, p, "any_kind", "there is no such member");
    enum err err = check_plan(v->from, "from", r, p);
    if (err == OK) err = check_plan(v->to, "to", r, p);
    if (err != OK) return err;
    if (!v->any_kind && v->from.len != 0 && v->to.len != 0)
        return catalog_refuse(r, p, "kind", "the two tiers say it already");
    bool says = v->when != CHANGE_DEFAULT || v->credit != CREDIT_DEFAULT;
    if (v->refused && says)
        return catalog_refuse(r, p, "refused", "what is refused has no when and no credit");
    return v->refused || says ? OK : catalog_refuse(r, p, "when", "when, credit or refused is missing");
}

/* The kind of the changes that a rule is for, where it says one or its two tiers do. */
static bool kind_of_rule(enum change_kind *out, const struct change_rule *v, const struct catalog_reader *r)
{
    *out = v->kind;
    if (!v->any_kind) return true;
    if (v->from.len == 0 || v->to.len == 0) return false;
    uint64_t from = catalog_product(r->out, v->from)->rank, to = catalog_product(r->out, v->to)->rank;
    *out = to > from ? CHANGE_UPGRADE : to < from ? CHANGE_DOWNGRADE : CHANGE_SIDEWAYS;
    return true;
}

/* The first rule that fits a change holds, so one that comes after a wider one would never. */
static bool leaves_nothing(const struct change_rule *first, const struct change_rule *later,
                           const struct catalog_reader *r)
{
    enum change_kind kind = CHANGE_UPGRADE;
    if (first->from.len != 0 && !str_equal(first->from, later->from)) return false;
    if (first->to.len != 0 && !str_equal(first->to, later->to)) return false;
    return first->any_kind || (kind_of_rule(&kind, later, r) && kind == first->kind);
}

/* The words of a rule are those of an end: of a change there is no invoice that an offset could be taken off,
 * but the next one. */
static enum err check_credit_words(const json_t *objects, struct catalog_reader *r)
{
    size_t count = json_is_array(objects) ? json_array_size(objects) : 0;
    for (size_t i = 0; i < count; i++) {
        struct catalog_path p = path_at(&top, "rules", i);
        const json_t *credit = json_object_get(json_array_get(objects, i), "credit");
        struct str word = json_is_string(credit) ? str_of(json_string_value(credit)) : STR_NONE;
        int unused = 0;
        if (word.len == 0 || choice_parse(&unused, &choice_end_use, word)) continue;
        struct str why =
            str_format(r->arena, "'%.*s' is not one of refund, credit, none", STR_ARG(text_quotable(word)));
        return catalog_refuse(r, &p, "credit", why.ptr);
    }
    return OK;
}

enum err catalog_read_rules(const json_t *root, struct catalog_reader *r)
{
    static const struct catalog_list list = {"rules", &schema_change_rule, LIMIT_CATALOG_RULES};
    const json_t *objects = json_object_get(root, list.name);
    void *items = NULL;
    enum err err = check_credit_words(objects, r);
    if (err == OK) err = catalog_list(&items, &r->out->rules_count, &list, root, r, &top);
    struct change_rule *rules = items;
    r->out->rules = rules;
    for (size_t i = 0; err == OK && i < r->out->rules_count; i++) {
        struct catalog_path p = path_at(&top, list.name, i);
        err = check_rule(&rules[i], json_array_get(objects, i), r, &p);
        for (size_t k = 0; err == OK && k < i; k++) {
            if (leaves_nothing(&rules[k], &rules[i], r))
                err =
                    catalog_refuse(r, &p, "", "an earlier rule is for the same changes, and the first holds");
        }
    }
    return err;
}
