/* SPDX-License-Identifier: MIT */
/* answer_catalog.c - the catalog as an answer: what its file said, by the file's names, and what each price
 * says in a few words. What a price or a rate leaves unsaid is left out here too, so that what is there is
 * read. */
#include "billing/catalog_words.h"

/* ---- members that say something ---- */

/* No, none, nothing, and the first word of a choice. */
static bool says_nothing(const struct field *f, const json_t *value)
{
    if (json_is_null(value) || json_is_false(value)) return true;
    if (json_is_array(value)) return json_array_size(value) == 0;
    if (json_is_integer(value)) return json_integer_value(value) == 0;
    const char *text = json_string_value(value);
    if (text == NULL) return false;
    if (f->kind == KIND_CHOICE) return strcmp(text, f->choice->words[0]) == 0;
    return text[0] == '\0' || (f->kind == KIND_DECIMAL && strcmp(text, "0") == 0);
}

static bool is_among(const char *name, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], name) == 0) return true;
    }
    return false;
}

static json_t *list_said(const struct field *f, const json_t *value);

/* Puts what the record says into the object, but for the members of `except`, which its caller tells. */
static void say(json_t *to, const struct schema *s, json_t *all, const char *const *except)
{
    const char *name = "";
    json_t *value = NULL;
    json_object_foreach(all, name, value)
    {
        const struct field *f = schema_field(s, str_of(name));
        if (is_among(name, except) || (f != NULL && says_nothing(f, value))) continue;
        bool list = f != NULL && f->kind == KIND_LIST;
        member_put(to, name, list ? list_said(f, value) : json_incref(value));
    }
}

static const char *const nothing[] = {NULL};

static json_t *list_said(const struct field *f, const json_t *value)
{
    json_t *rows = rows_new();
    for (size_t i = 0; i < json_array_size(value); i++) {
        json_t *row = object_new();
        say(row, f->of, json_array_get(value, i), nothing);
        rows_add(rows, row);
    }
    return rows;
}

static json_t *said(json_t *to, const struct schema *s, const void *record, const char *const *except)
{
    json_t *all = schema_json(s, record);
    say(to, s, all, except);
    json_decref(all);
    return to;
}

/* ---- products ---- */

static json_t *rates_json(const struct price *p)
{
    static const char *const told[] = {"usage_type", "unlimited", "included", "billed", "unit_price", NULL};
    json_t *list = rows_new();
    for (size_t i = 0; i < p->rates_count; i++) {
        const struct rate *r = &p->rates[i];
        bool by_unit = r->billed && (r->model == PRICING_PER_UNIT || !decimal_is_zero(r->unit_price));
        json_t *j = object_new();
        member_text(j, "usage_type", r->usage_type);
        if (r->unlimited)
            member_text(j, "included", STR("unlimited"));
        else
            member_decimal(j, "included", r->included);
        if (by_unit)
            member_decimal(j, "unit_price", r->unit_price);
        else
            member_put(j, "unit_price", json_null());
        rows_add(list, said(j, &schema_rate, r, told));
    }
    return list;
}

static json_t *price_json(const struct price *p, struct arena *a)
{
    static const char *const told[] = {"product", "unit",     "interval_count", "custom",
                                       "amount",  "currency", "rates",          NULL};
    json_t *j = object_new();
    member_interval(j, p->unit, p->interval_count);
    member_flag(j, "custom", p->custom);
    if (p->custom)
        member_put(j, "amount", json_null());
    else
        member_money(j, "amount", p->amount);
    member_text(j, "currency", str_of(p->amount.currency));
    member_text(j, "summary", price_words(p, a));
    member_put(j, "rates", rates_json(p));
    return said(j, &schema_price, p, told);
}

static json_t *prices_json(const struct catalog *c, struct str product, struct arena *a)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < c->prices_count; i++) {
        if (str_equal(c->prices[i].product, product)) rows_add(list, price_json(&c->prices[i], a));
    }
    return list;
}

static json_t *features_json(const struct product *p)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < p->features_count; i++) {
        const struct feature *f = &p->features[i];
        json_t *j = object_new();
        member_text(j, "code", f->code);
        member_text(j, "kind", str_of(choice_feature_kind.words[f->kind]));
        if (f->unlimited)
            member_text(j, "limit", STR("unlimited"));
        else if (f->kind == FEATURE_LIMIT)
            member_decimal(j, "limit", f->limit);
        else
            member_put(j, "limit", json_null());
        member_text_or_null(j, "text", f->text);
        rows_add(list, j);
    }
    return list;
}

static json_t *product_json(const struct catalog *c, const struct product *p, struct arena *a)
{
    json_t *j = object_new();
    member_text(j, "tier", p->code);
    member_text(j, "name", p->name);
    member_text_or_null(j, "description", p->description);
    member_text_or_null(j, "support", p->support);
    member_count(j, "rank", p->rank);
    member_flag(j, "free", p->free);
    member_text(j, "kind", str_of(choice_product_kind.words[p->kind]));
    member_text_or_null(j, "tax_code", p->tax_code);
    member_flag(j, "retired", p->retired);
    member_put(j, "features", features_json(p));
    member_put(j, "prices", prices_json(c, p->code, a));
    return j;
}

/* ---- what stands beside the products ---- */

static json_t *metrics_json(const struct catalog *c)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < c->metrics_count; i++) {
        const struct metric *v = &c->metrics[i];
        json_t *j = object_new();
        member_text(j, "usage_type", v->usage_type);
        member_text(j, "aggregation", str_of(choice_aggregation.words[v->aggregation]));
        member_text_or_null(j, "name", v->name);
        rows_add(list, j);
    }
    return list;
}

static json_t *coupons_json(const struct catalog *c)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < c->coupons_count; i++) {
        const struct coupon *v = &c->coupons[i];
        json_t *j = object_new();
        member_text(j, "code", v->code);
        member_text_or_null(j, "name", v->name);
        if (decimal_is_zero(v->percent))
            member_put(j, "percent", json_null());
        else
            member_decimal(j, "percent", v->percent);
        member_money(j, "amount", v->amount);
        member_text_or_null(j, "currency", str_of(v->amount.currency));
        member_text(j, "duration", str_of(choice_coupon_duration.words[v->duration]));
        member_put(j, "times", v->times == 0 ? json_null() : json_integer((json_int_t)v->times));
        member_text_or_null(j, "product", v->product);
        member_date(j, "valid_until", v->valid_until);
        rows_add(list, j);
    }
    return list;
}

static json_t *taxes_json(const struct catalog *c)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < c->taxes_count; i++) {
        const struct tax *v = &c->taxes[i];
        json_t *j = object_new();
        member_text(j, "code", v->code);
        member_text(j, "name", v->name);
        member_text(j, "country", v->country);
        member_text_or_null(j, "region", v->region);
        member_text_or_null(j, "product_code", v->product_code);
        member_decimal(j, "percent", v->percent);
        member_date(j, "from", v->from);
        member_date(j, "until", v->until);
        member_text(j, "category", v->category);
        member_flag(j, "reverse_charge", v->reverse_charge);
        member_text_or_null(j, "note", v->note);
        rows_add(list, j);
    }
    return list;
}

/* A rule without a tier or a kind is for all of them. */
static json_t *rules_json(const struct catalog *c)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < c->rules_count; i++) {
        const struct change_rule *v = &c->rules[i];
        json_t *j = object_new();
        member_text_or_null(j, "from", v->from);
        member_text_or_null(j, "to", v->to);
        member_text_or_null(j, "kind", v->any_kind ? STR_NONE : str_of(choice_change_kind.words[v->kind]));
        member_text(j, "when", str_of(choice_change_timing.words[v->when]));
        member_flag(j, "refused", v->refused);
        member_text(j, "credit", str_of(choice_credit_use.words[v->credit]));
        rows_add(list, j);
    }
    return list;
}

static json_t *schedule_json(const struct dunning *d)
{
    json_t *days = rows_new();
    for (size_t i = 0; i < d->schedule_count; i++)
        rows_add(days, json_integer((json_int_t)d->schedule[i].day));
    return days;
}

static json_t *weekdays_json(const struct dunning *d)
{
    json_t *days = rows_new();
    for (size_t i = 0; i < d->weekdays_count; i++)
        rows_add(days, json_string(choice_weekday.words[d->weekdays[i].weekday]));
    return days;
}

static json_t *declines_json(const struct dunning *d)
{
    json_t *rules = rows_new();
    for (size_t i = 0; i < d->declines_count; i++) {
        json_t *row = object_new();
        member_text_or_null(row, "code", d->declines[i].code);
        member_text_or_null(row, "advice", d->declines[i].advice);
        member_text(row, "action", str_of(choice_decline_action.words[d->declines[i].action]));
        rows_add(rules, row);
    }
    return rules;
}

static json_t *reminders_json(const struct dunning *d)
{
    json_t *rows = rows_new();
    for (size_t i = 0; i < d->reminders_count; i++) {
        const struct reminder_rule *v = &d->reminders[i];
        json_t *row = object_new();
        if (v->on == REMINDER_OVERDUE)
            member_count(row, "on", v->days);
        else
            member_text(row, "on", str_of(choice_reminder_kind.words[v->on]));
        member_text(row, "template", v->template);
        rows_add(rows, row);
    }
    return rows;
}

static json_t *templates_json(const struct dunning *d)
{
    json_t *rows = rows_new();
    for (size_t i = 0; i < d->templates_count; i++) {
        const struct reminder_template *v = &d->templates[i];
        json_t *row = object_new(), *body = rows_new();
        for (size_t k = 0; k < v->body_count; k++)
            rows_add(body, json_stringn(v->body[k].text.ptr, v->body[k].text.len));
        member_text(row, "name", v->name);
        member_text(row, "subject", v->subject);
        member_put(row, "body", body);
        rows_add(rows, row);
    }
    return rows;
}

static json_t *dunning_json(const struct dunning *d)
{
    json_t *thresholds = rows_new(), *j = object_new();
    for (size_t i = 0; i < d->thresholds_count; i++) {
        json_t *row = object_new();
        member_money(row, "amount", d->thresholds[i].amount);
        member_text(row, "currency", str_of(d->thresholds[i].amount.currency));
        rows_add(thresholds, row);
    }
    member_put(j, "thresholds", thresholds);
    member_count(j, "attempts", d->attempts);
    if (d->schedule_count > 0)
        member_put(j, "schedule", schedule_json(d));
    else
        member_count(j, "days_between", d->days_between);
    if (d->weekdays_count > 0) member_put(j, "weekdays", weekdays_json(d));
    if (d->declines_count > 0) member_put(j, "declines", declines_json(d));
    member_text(j, "at_end", str_of(choice_dunning_end.words[d->at_end]));
    if (d->reminders_count > 0) member_put(j, "reminders", reminders_json(d));
    if (d->templates_count > 0) member_put(j, "templates", templates_json(d));
    return j;
}

/* ---- all of it ---- */

json_t *catalog_json(const struct catalog *c)
{
    struct arena *a = arena_new();
    json_t *j = object_new(), *products = rows_new();
    member_count(j, "version", c->version);
    member_text(j, "name", c->name);
    member_date(j, "from", catalog_first_day(c));
    member_hash(j, "sha256", &c->sha256);
    member_instant(j, "loaded_at", c->loaded_at);
    for (size_t i = 0; i < c->products_count; i++) rows_add(products, product_json(c, &c->products[i], a));
    member_put(j, "products", products);
    member_put(j, "metrics", metrics_json(c));
    member_put(j, "coupons", coupons_json(c));
    member_put(j, "taxes", taxes_json(c));
    member_put(j, "rules", rules_json(c));
    member_put(j, "dunning", c->dunning.attempts == 0 ? json_null() : dunning_json(&c->dunning));
    arena_free(a);
    return j;
}

json_t *catalog_file_json(const struct catalog_load_command *c)
{
    json_t *j = object_new();
    member_flag(j, "valid", true);
    member_text(j, "name", c->name);
    member_date(j, "from", c->from);
    member_count(j, "products", c->products_count);
    member_count(j, "prices", c->prices_count);
    member_count(j, "metrics", c->metrics_count);
    member_count(j, "coupons", c->coupons_count);
    member_count(j, "taxes", c->taxes_count);
    member_count(j, "rules", c->rules_count);
    member_flag(j, "dunning", c->dunning.attempts != 0);
    return j;
}
