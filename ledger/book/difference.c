/* SPDX-License-Identifier: MIT */
/* difference.c - one walk over two records by their schema. What it must know of each kind of record is how
 * one is called and what tells most of it; that stands in the table below. */
#include <string.h>

#include "ledger/book/difference.h"
#include "ledger/book/interval.h"

/* ---- names, and what tells most ---- */

typedef struct str text_fn(const void *record, size_t index, struct arena *a);

static struct str price_name(const void *record, size_t index, struct arena *a)
{
    const struct price *p = record;
    struct interval every = {p->unit, (uint32_t)p->interval_count};
    (void)index;
    return str_format(a, "%.*s, %s %.*s", STR_ARG(p->product), p->amount.currency,
                      STR_ARG(interval_text(a, every)));
}

static struct str price_value(const void *record, size_t index, struct arena *a)
{
    const struct price *p = record;
    (void)index;
    return p->custom ? STR("custom") : money_text(a, p->amount);
}

static struct str rate_value(const void *record, size_t index, struct arena *a)
{
    const struct rate *r = record;
    (void)index;
    if (r->unlimited) return STR("unlimited");
    if (!r->billed) return str_format(a, "%.*s included", STR_ARG(decimal_text(a, r->included)));
    return r->model == PRICING_PER_UNIT ? decimal_text(a, r->unit_price)
                                        : str_of(choice_pricing_model.words[r->model]);
}

static struct str fee_value(const void *record, size_t index, struct arena *a)
{
    const struct fee *f = record;
    bool one_price = f->model == PRICING_PER_UNIT || f->model == PRICING_FLAT;
    (void)index;
    return one_price ? decimal_text(a, f->unit_price) : str_of(choice_pricing_model.words[f->model]);
}

static struct str tier_name(const void *record, size_t index, struct arena *a)
{
    (void)record;
    return str_format(a, "tier %zu", index + 1);
}

static struct str tier_value(const void *record, size_t index, struct arena *a)
{
    const struct price_tier *t = record;
    (void)index;
    return decimal_text(a, decimal_is_zero(t->unit_price) ? t->flat : t->unit_price);
}

static struct str feature_value(const void *record, size_t index, struct arena *a)
{
    const struct feature *f = record;
    (void)index;
    if (f->kind == FEATURE_TEXT) return f->text;
    if (f->kind == FEATURE_FLAG) return STR("yes");
    return f->unlimited ? STR("unlimited") : decimal_text(a, f->limit);
}

static struct str coupon_value(const void *record, size_t index, struct arena *a)
{
    const struct coupon *c = record;
    (void)index;
    if (!decimal_is_zero(c->percent)) return str_format(a, "%.*s %%", STR_ARG(decimal_text(a, c->percent)));
    return str_format(a, "%.*s %s", STR_ARG(money_text(a, c->amount)), c->amount.currency);
}

static struct str tax_name(const void *record, size_t index, struct arena *a)
{
    const struct tax *t = record;
    (void)index;
    if (!date_is_given(t->from)) return t->code;
    return str_format(a, "%.*s, from %.*s", STR_ARG(t->code), STR_ARG(date_text(a, t->from)));
}

static struct str tax_value(const void *record, size_t index, struct arena *a)
{
    (void)index;
    return str_format(a, "%.*s %%", STR_ARG(decimal_text(a, ((const struct tax *)record)->percent)));
}

static struct str rule_name(const void *record, size_t index, struct arena *a)
{
    const struct change_rule *r = record;
    struct str any = STR("any"), kind = str_of(choice_change_kind.words[r->kind]);
    struct str from = r->from.len == 0 ? any : r->from, to = r->to.len == 0 ? any : r->to;
    (void)index;
    if (r->from.len == 0 && r->to.len == 0) return r->any_kind ? STR("any change") : kind;
    if (r->any_kind) return str_format(a, "%.*s to %.*s", STR_ARG(from), STR_ARG(to));
    return str_format(a, "%.*s to %.*s, %.*s", STR_ARG(from), STR_ARG(to), STR_ARG(kind));
}

static struct str rule_value(const void *record, size_t index, struct arena *a)
{
    const struct change_rule *r = record;
    (void)index, (void)a;
    return r->refused ? STR("refused") : str_of(choice_change_timing.words[r->when]);
}

static struct str threshold_name(const void *record, size_t index, struct arena *a)
{
    (void)index;
    return str_format(a, "dunning, %s", ((const struct dunning_threshold *)record)->amount.currency);
}

static struct str threshold_value(const void *record, size_t index, struct arena *a)
{
    (void)index;
    return money_text(a, ((const struct dunning_threshold *)record)->amount);
}

static struct str attempt_name(const void *record, size_t index, struct arena *a)
{
    (void)record;
    return str_format(a, "dunning, attempt %zu", index + 1);
}

static struct str weekday_name(const void *record, size_t index, struct arena *a)
{
    (void)index;
    enum weekday day = ((const struct dunning_weekday *)record)->weekday;
    return str_format(a, "dunning, %s", choice_weekday.words[day]);
}

static struct str decline_name(const void *record, size_t index, struct arena *a)
{
    (void)index;
    const struct decline_rule *v = record;
    struct str code = v->code.len != 0 ? v->code : STR("any code");
    if (v->advice.len == 0) return str_format(a, "dunning, %.*s", STR_ARG(code));
    return str_format(a, "dunning, %.*s, %.*s", STR_ARG(code), STR_ARG(v->advice));
}

static struct str reminder_name(const void *record, size_t index, struct arena *a)
{
    (void)index;
    const struct reminder_rule *v = record;
    if (v->on != REMINDER_OVERDUE) return str_format(a, "dunning, %s", choice_reminder_kind.words[v->on]);
    return str_format(a, "dunning, %ju days overdue", (uintmax_t)v->days);
}

static struct str line_name(const void *record, size_t index, struct arena *a)
{
    (void)record;
    return str_format(a, "line %zu", index + 1);
}

/* Names and values are those of a member, or made by a function. */
static const struct thing {
    const struct schema *schema;
    const char *what;
    const char *name_member, *value_member;
    text_fn *name, *value;
} things[] = {
    {&schema_product, "product", "code", "name", NULL, NULL},
    {&schema_price, "price", NULL, NULL, price_name, price_value},
    {&schema_rate, "rate", "usage_type", NULL, NULL, rate_value},
    {&schema_fee, "fee", "code", NULL, NULL, fee_value},
    {&schema_price_tier, "tier", NULL, NULL, tier_name, tier_value},
    {&schema_feature, "feature", "code", NULL, NULL, feature_value},
    {&schema_metric, "metric", "usage_type", "aggregation", NULL, NULL},
    {&schema_coupon, "coupon", "code", NULL, NULL, coupon_value},
    {&schema_tax, "tax", NULL, NULL, tax_name, tax_value},
    {&schema_change_rule, "rule", NULL, NULL, rule_name, rule_value},
    {&schema_dunning_threshold, "threshold", NULL, NULL, threshold_name, threshold_value},
    {&schema_dunning_day, "attempt", NULL, "day", attempt_name, NULL},
    {&schema_reminder_rule, "reminder", NULL, "template", reminder_name, NULL},
    {&schema_reminder_template, "template", "name", "subject", NULL, NULL},
    {&schema_template_line, "line", NULL, "text", line_name, NULL},
    {&schema_decline_rule, "decline", NULL, "action", decline_name, NULL},
    {&schema_dunning_weekday, "weekday", NULL, "weekday", weekday_name, NULL},
};

static const struct thing *thing_of(const struct schema *s)
{
    for (size_t i = 0; i < sizeof things / sizeof things[0]; i++) {
        if (things[i].schema == s) return &things[i];
    }
    WRONG("a list of things that have no name");
}

static struct str name_of(const struct thing *t, const void *record, size_t index, struct arena *a)
{
    if (t->name != NULL) return t->name(record, index, a);
    return field_text(a, schema_field(t->schema, str_of(t->name_member)), record);
}

static struct str value_of(const struct thing *t, const void *record, size_t index, struct arena *a)
{
    if (t->value != NULL) return t->value(record, index, a);
    return field_text(a, schema_field(t->schema, str_of(t->value_member)), record);
}

/* ---- the walk ---- */

struct walk {
    struct difference_list *out;
    struct arena *arena;
    const char *const *silent; /* members that are not compared */
};

static struct difference *note(struct walk *w, enum difference_kind kind, const char *what, struct str name)
{
    struct difference_list *l = w->out;
    l->items = arena_grow(w->arena, l->items, l->count, &l->capacity, sizeof *l->items);
    struct difference *d = &l->items[l->count++];
    *d = (struct difference){.kind = kind, .what = what, .name = name, .member = ""};
    return d;
}

static struct str inner_name(struct walk *w, struct str outer, struct str name)
{
    if (outer.len == 0) return name;
    return str_format(w->arena, "%.*s, %.*s", STR_ARG(outer), STR_ARG(name));
}

/* A list's pointer has a type of its own in each struct. */
struct list {
    const char *first;
    size_t count;
};

static struct list list_of(const struct field *f, const void *record)
{
    struct list l = {0};
    memcpy(&l.first, (const char *)record + f->offset, sizeof l.first);
    memcpy(&l.count, (const char *)record + f->count_offset, sizeof l.count);
    return l;
}

static struct str *names_of(struct walk *w, const struct thing *t, struct list l)
{
    struct str *names = arena_array_of(w->arena, struct str, l.count);
    for (size_t i = 0; i < l.count; i++) names[i] = name_of(t, l.first + i * t->schema->size, i, w->arena);
    return names;
}

static size_t place_of(struct str name, const struct str *names, size_t count)
{
    size_t i = 0;
    while (i < count && !str_equal(names[i], name)) i++;
    return i;
}

/* Of rules the first that fits holds. */
static bool is_ordered(const struct thing *t)
{
    return t->schema == &schema_change_rule || t->schema == &schema_decline_rule;
}

/* Which of those that stand in `others`, too. */
static size_t place_among(const struct str *names, size_t index, const struct str *others,
                          size_t others_count)
{
    size_t place = 1;
    for (size_t i = 0; i < index; i++) place += place_of(names[i], others, others_count) < others_count;
    return place;
}

/* What comes or goes moves what stands behind it, but not before what it stood behind. */
static void walk_order(struct walk *w, const char *what, struct str outer, const struct str *old,
                       size_t old_count, const struct str *new, size_t new_count)
{
    for (size_t i = 0; i < old_count; i++) {
        size_t k = place_of(old[i], new, new_count);
        if (k == new_count) continue;
        size_t before = place_among(old, i, new, new_count), after = place_among(new, k, old, old_count);
        if (before == after) continue;
        struct difference *d = note(w, DIFFERENCE_CHANGED, what, inner_name(w, outer, old[i]));
        d->member = "place";
        d->old_value = str_format(w->arena, "%zu", before);
        d->new_value = str_format(w->arena, "%zu", after);
    }
}

static void walk_record(struct walk *w, const struct schema *s, const char *what, struct str name,
                        const void *from, const void *to);

static void walk_list(struct walk *w, const struct field *f, struct str outer, const void *from,
                      const void *to)
{
    const struct thing *t = thing_of(f->of);
    struct list x = list_of(f, from), y = list_of(f, to);
    struct str *old = names_of(w, t, x), *new = names_of(w, t, y);
    for (size_t i = 0; i < x.count; i++) {
        const char *item = x.first + i * t->schema->size;
        size_t place = place_of(old[i], new, y.count);
        struct str name = inner_name(w, outer, old[i]);
        if (place < y.count)
            walk_record(w, t->schema, t->what, name, item, y.first + place * t->schema->size);
        else
            note(w, DIFFERENCE_REMOVED, t->what, name)->old_value = value_of(t, item, i, w->arena);
    }
    for (size_t i = 0; i < y.count; i++) {
        if (place_of(new[i], old, x.count) < x.count) continue;
        struct difference *d = note(w, DIFFERENCE_ADDED, t->what, inner_name(w, outer, new[i]));
        d->new_value = value_of(t, y.first + i * t->schema->size, i, w->arena);
    }
    if (is_ordered(t)) walk_order(w, t->what, outer, old, x.count, new, y.count);
}

static bool is_silent(const struct walk *w, const char *member)
{
    for (size_t i = 0; w->silent[i] != NULL; i++) {
        if (strcmp(w->silent[i], member) == 0) return true;
    }
    return false;
}

/* The currency of an amount is told where it is what differs. */
static void add_currency(struct str *text, const struct field *f, const void *record, struct arena *a)
{
    struct money m = {0};
    memcpy(&m, (const char *)record + f->offset, sizeof m);
    if (money_is_given(m)) *text = str_format(a, "%.*s %s", STR_ARG(*text), m.currency);
}

static void walk_field(struct walk *w, const struct field *f, const char *what, struct str name,
                       const void *from, const void *to)
{
    struct str old_value = field_text(w->arena, f, from), new_value = field_text(w->arena, f, to);
    if (f->kind == KIND_MONEY && str_equal(old_value, new_value)) {
        add_currency(&old_value, f, from, w->arena);
        add_currency(&new_value, f, to, w->arena);
    }
    if (str_equal(old_value, new_value)) return;
    bool retires = strcmp(f->name, "retired") == 0 && str_is(new_value, "true");
    struct difference *d = note(w, retires ? DIFFERENCE_RETIRED : DIFFERENCE_CHANGED, what, name);
    d->member = f->name;
    d->old_value = old_value;
    d->new_value = new_value;
}

static void walk_record(struct walk *w, const struct schema *s, const char *what, struct str name,
                        const void *from, const void *to)
{
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    for (const struct field *f = fields; f < fields + count; f++) {
        if (is_silent(w, f->name)) continue;
        if (f->kind == KIND_LIST)
            walk_list(w, f, name, from, to);
        else if (f->kind == KIND_PART)
            walk_record(w, f->of, f->name, name, (const char *)from + f->offset,
                        (const char *)to + f->offset);
        else
            walk_field(w, f, what, name, from, to);
    }
}

void catalog_differences(struct difference_list *out, const struct catalog *from, const struct catalog *to,
                         struct arena *a)
{
    static const char *const silent[] = {"version", "sha256", "loaded_at", NULL};
    struct walk w = {out, a, silent};
    walk_record(&w, &schema_catalog, "catalog", STR_NONE, from, to);
}

void terms_differences(struct difference_list *out, const struct terms *from, const struct terms *to,
                       struct arena *a)
{
    static const char *const silent[] = {"catalog_version", NULL};
    struct walk w = {out, a, silent};
    walk_record(&w, &schema_terms, "terms", STR_NONE, from, to);
}

const char *difference_word(enum difference_kind kind)
{
    static const char *const words[] = {"added", "removed", "changed", "retired"};
    return words[kind];
}
