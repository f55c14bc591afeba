/* SPDX-License-Identifier: MIT */
/* taxation.c - what taxes put on lines. A tax is computed once a document, on the sum of the rounded nets of
 * its lines, rounded half away from zero, and spread over these by largest remainder. Of prices that hold
 * their tax the net of all lines with the same taxes is rounded once, and the tax is what is left: what a
 * line costs stays what it was. */
#include "ledger/book/assess_shared.h"

/* A tax as this document has it: reversed or exempted where that is so. */
struct levy {
    struct str product_code;
    bool everything; /* counts for every line, whatever its code */
    struct tax_total total;
};
struct levies {
    struct levy *items;
    size_t count;
};

/* ---- which taxes count ---- */

struct jurisdiction tax_jurisdiction(const struct customer *buyer, const struct seller *seller)
{
    if (buyer != NULL && buyer->party.country.len > 0)
        return (struct jurisdiction){buyer->party.country, buyer->party.region};
    if (seller != NULL) return (struct jurisdiction){seller->party.country, seller->party.region};
    return (struct jurisdiction){STR_NONE, STR_NONE};
}

struct str tax_country_of(const struct party *p)
{
    return p->tax_id.len == 0 ? STR_NONE : tax_id_country(p->tax_id, p->country);
}

bool tax_is_reversed(const struct customer *buyer, const struct seller *seller)
{
    if (buyer == NULL || buyer->party.tax_id.len == 0 || buyer->party.country.len == 0) return false;
    if (seller == NULL || seller->party.country.len == 0) return false;
    struct str there = buyer->party.country, here = seller->party.country;
    if (str_equal(there, here)) return false;
    struct str registered = buyer->tax_country.len > 0 ? buyer->tax_country : tax_country_of(&buyer->party);
    bool within_eu = country_is_in_eu(here) && country_is_in_eu(there);
    return !str_equal(registered, here) && (!within_eu || country_is_in_eu(registered));
}

static bool is_in_force(const struct tax *t, const struct assess_facts *f)
{
    if (t->country.len == 0 || !str_equal(t->country, f->where.country)) return false;
    if (t->region.len > 0 && !str_equal(t->region, f->where.region)) return false;
    if (date_is_given(t->from) && date_compare(f->on, t->from) < 0) return false;
    return !date_is_given(t->until) || date_compare(f->on, t->until) < 0;
}

/* What the law wants said where no tax is charged, by the categories of EN 16931. */
static struct str words_for(struct str category)
{
    static const struct {
        const char *category, *words;
    } notes[] = {
        {"AE", "Reverse charge: the customer owes the tax."},
        {"E", "Exempt from tax."},
        {"K", "Intra-Community supply, exempt from tax; the customer accounts for it."},
        {"G", "Export outside the European Union, free of tax."},
        {"O", "Not subject to tax."},
    };
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        if (str_is(category, notes[i].category)) return str_of(notes[i].words);
    }
    return STR_NONE;
}

static struct str jurisdiction_of(struct str country, struct str region, struct arena *a)
{
    if (region.len == 0) return country;
    return str_format(a, "%.*s-%.*s", STR_ARG(country), STR_ARG(region));
}

static struct levy levy_of(const struct tax *t, const struct assessing *s)
{
    struct money zero = money_of(0, s->currency);
    struct levy l = {.product_code = t->product_code};
    l.total = (struct tax_total){.code = t->code,
                                 .name = t->name,
                                 .category = t->category,
                                 .percent = t->percent,
                                 .taxable = zero,
                                 .amount = zero,
                                 .note = t->note,
                                 .jurisdiction = jurisdiction_of(t->country, t->region, s->arena)};
    if (t->reverse_charge && s->facts->reversed) {
        l.total.category = STR("AE");
        l.total.percent = decimal_of(0);
        l.total.note = STR_NONE;
    }
    if (l.total.note.len == 0) l.total.note = words_for(l.total.category);
    return l;
}

/* Who is exempt pays no tax for anything, wherever that is. */
static struct levy exemption(const struct assessing *s)
{
    struct money zero = money_of(0, s->currency);
    struct str category = STR("E"), reason = s->facts->exempt_reason;
    struct levy l = {.everything = true};
    l.total = (struct tax_total){
        .category = category,
        .taxable = zero,
        .amount = zero,
        .note = words_for(category),
        .jurisdiction = jurisdiction_of(s->facts->where.country, STR_NONE, s->arena),
    };
    if (reason.len > 0) l.total.note = str_format(s->arena, "Exempt from tax: %.*s.", STR_ARG(reason));
    return l;
}

static struct levies levies_of(const struct assessing *s)
{
    const struct assess_facts *f = s->facts;
    struct levies all = {.items = arena_array_of(s->arena, struct levy, f->taxes_count + 1)};
    if (f->exempt) {
        all.items[all.count++] = exemption(s);
        return all;
    }
    for (size_t i = 0; i < f->taxes_count; i++) {
        if (is_in_force(&f->taxes[i], f)) all.items[all.count++] = levy_of(&f->taxes[i], s);
    }
    return all;
}

static bool counts_for(const struct levy *levy, struct str tax_code)
{
    return levy->everything || str_equal(levy->product_code, tax_code);
}

/* ---- what they come to ---- */

/* Lines that are taxed together, and room for a number for each. */
struct taxed {
    struct assessed_line **lines;
    int64_t *bases, *parts;
    size_t count;
};

static struct taxed taxed_new(const struct assessing *s)
{
    return (struct taxed){.lines = arena_array_of(s->arena, struct assessed_line *, s->count),
                          .bases = arena_array_of(s->arena, int64_t, s->count),
                          .parts = arena_array_of(s->arena, int64_t, s->count)};
}

static void taxed_add(struct taxed *t, struct assessed_line *l)
{
    t->lines[t->count] = l;
    t->bases[t->count++] = l->left;
}

/* The place of the line that line i gives back of; t->count: of none here. */
static size_t owner_of(const struct taxed *t, size_t i)
{
    const struct line *of = t->lines[i]->of;
    size_t place = 0;
    while (of != NULL && place < t->count && t->lines[place]->line != of) place++;
    return of == NULL ? t->count : place;
}

/* What is given back has the share of its own part, all parts of a line together rounded once; the line has
 * the rest. parts[] holds what both have together. */
static enum err share_given_back(const struct taxed *t, struct ratio share, const struct assessing *s,
                                 struct error *e)
{
    int64_t *given = arena_array_of(s->arena, int64_t, t->count);
    enum err err = OK;
    for (size_t i = 0; i < t->count && err == OK; i++) {
        size_t owner = owner_of(t, i);
        struct money before = {0}, after = {0};
        if (owner == t->count) continue;
        err = money_part(&before, money_of(given[owner], s->currency), share.num, share.den, e);
        given[owner] += t->bases[i];
        if (err == OK) err = money_part(&after, money_of(given[owner], s->currency), share.num, share.den, e);
        t->parts[i] = after.minor - before.minor;
        t->parts[owner] -= t->parts[i];
    }
    return err;
}

/* A line and what its document gives back of it are one where cents are handed out: else the line could keep
 * a cent of tax that nothing is left of, and what credits the document later would not come to it. */
static enum err share_out(const struct taxed *t, struct ratio share, const struct assessing *s,
                          struct error *e)
{
    int64_t *bases = arena_array_of(s->arena, int64_t, t->count);
    for (size_t i = 0; i < t->count; i++) {
        size_t owner = owner_of(t, i);
        bases[owner == t->count ? i : owner] += t->bases[i];
    }
    enum err err = money_shares(t->parts, bases, t->count, share, e);
    return err == OK ? share_given_back(t, share, s, e) : err;
}

/* The parts are the levy's on these lines. */
static enum err note_levy(struct levy *levy, const struct taxed *t, const struct assessing *s,
                          const struct levies *all, struct error *e)
{
    struct tax_total *total = &levy->total;
    enum err err = OK;
    for (size_t i = 0; i < t->count && err == OK; i++) {
        struct assessed_line *l = t->lines[i];
        struct line *line = l->line;
        struct money tax = money_of(t->parts[i], s->currency), net = money_of(l->left, s->currency);
        if (l->taxes == NULL) l->taxes = arena_array_of(s->arena, struct line_tax, all->count);
        if (line->taxes_count == 0) line->tax_category = total->category;
        line->taxes = l->taxes;
        l->taxes[line->taxes_count++] =
            (struct line_tax){total->code, total->percent, tax, total->jurisdiction};
        err = decimal_add(&line->tax_rate, line->tax_rate, total->percent, e);
        if (err == OK) err = money_add(&line->tax, line->tax, tax, e);
        if (err == OK) err = money_add(&total->amount, total->amount, tax, e);
        if (err == OK) err = money_add(&total->taxable, total->taxable, net, e);
    }
    return err;
}

/* Prices without tax: the tax is a percentage of their sum. */
static enum err tax_nets(struct levy *levy, const struct assessing *s, const struct levies *all,
                         struct error *e)
{
    struct taxed t = taxed_new(s);
    struct ratio share = {0};
    for (size_t i = 0; i < s->count; i++) {
        const struct line *line = s->lines[i].line;
        if (!line->tax_inclusive && counts_for(levy, line->tax_code)) taxed_add(&t, &s->lines[i]);
    }
    enum err err = decimal_ratio(&share, levy->total.percent, decimal_of(100), e);
    if (err == OK) err = share_out(&t, share, s, e);
    return err == OK ? note_levy(levy, &t, s, all, e) : err;
}

/* The line's price becomes its net amount: what is left of it, and what coupons took of that. */
static enum err take_tax_out(struct assessed_line *l, int64_t net, struct ratio share,
                             const struct assessing *s, struct error *e)
{
    struct money amount = {0};
    int64_t *taken = arena_array_of(s->arena, int64_t, s->facts->coupons_count);
    bool discounted = l->line->amount.minor != l->left;
    int64_t sign = l->line->amount.minor < 0 ? -1 : 1; /* a credit shows its line's discount back */
    enum err err = money_part(&amount, l->line->amount, share.num, share.den, e);
    if (err != OK) return err;
    l->left = net;
    l->line->rated = l->line->amount;
    if (!discounted || sign * amount.minor < sign * net) amount.minor = net;
    l->line->amount = amount;
    if (!discounted) return OK;
    int64_t *weights = arena_array_of(s->arena, int64_t, s->facts->coupons_count);
    for (size_t k = 0; k < s->facts->coupons_count; k++) weights[k] = sign * l->taken[k];
    err = money_spread(taken, sign * (amount.minor - net), weights, s->facts->coupons_count, e);
    for (size_t k = 0; k < s->facts->coupons_count; k++) taken[k] *= sign;
    l->taken = taken;
    return err;
}

/* The tax inside the lines, t->bases, is divided among the levies in proportion to their rates, one after the
 * other: each has its share of what those before it left. */
static enum err divide_tax(const struct taxed *t, struct decimal rate, const struct assessing *s,
                           const struct levies *all, struct error *e)
{
    enum err err = OK;
    struct str tax_code = t->lines[0]->line->tax_code;
    for (size_t k = 0; k < all->count && err == OK; k++) {
        struct levy *levy = &all->items[k];
        struct ratio share = {0, 1};
        if (!counts_for(levy, tax_code)) continue;
        if (!decimal_is_zero(levy->total.percent)) err = decimal_ratio(&share, levy->total.percent, rate, e);
        if (err == OK) err = share_out(t, share, s, e);
        if (err == OK) err = note_levy(levy, t, s, all, e);
        if (err == OK) err = decimal_subtract(&rate, rate, levy->total.percent, e);
        for (size_t i = 0; i < t->count; i++) t->bases[i] -= t->parts[i];
    }
    return err;
}

/* Prices with tax inside, of one tax code: net = price / (1 + all rates), tax = price - net. */
static enum err tax_gross(struct taxed *t, const struct assessing *s, const struct levies *all,
                          struct error *e)
{
    struct decimal rate = {0}, whole = {0};
    struct ratio share = {0};
    enum err err = OK;
    for (size_t k = 0; k < all->count && err == OK; k++) {
        if (!counts_for(&all->items[k], t->lines[0]->line->tax_code)) continue;
        err = decimal_add(&rate, rate, all->items[k].total.percent, e);
    }
    if (err == OK) err = decimal_add(&whole, rate, decimal_of(100), e);
    if (err == OK) err = decimal_ratio(&share, decimal_of(100), whole, e);
    if (err == OK) err = share_out(t, share, s, e);
    for (size_t i = 0; i < t->count && err == OK; i++) {
        t->bases[i] -= t->parts[i];
        err = take_tax_out(t->lines[i], t->parts[i], share, s, e);
    }
    return err == OK ? divide_tax(t, rate, s, all, e) : err;
}

/* Lines of one code stand together. */
static enum err tax_all_gross(const struct assessing *s, const struct levies *all, struct error *e)
{
    enum err err = OK;
    size_t i = 0;
    while (i < s->count && err == OK) {
        struct taxed t = taxed_new(s);
        const struct line *first = s->lines[i].line;
        if (!first->tax_inclusive) {
            i++;
            continue;
        }
        while (i < s->count && s->lines[i].line->tax_inclusive &&
               str_equal(s->lines[i].line->tax_code, first->tax_code)) {
            taxed_add(&t, &s->lines[i++]);
        }
        err = tax_gross(&t, s, all, e);
    }
    return err;
}

static bool is_used(const struct levy *levy, const struct assessing *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (counts_for(levy, s->lines[i].line->tax_code)) return true;
    }
    return false;
}

enum err add_taxes(struct assessment *out, struct assessing *s, struct error *e)
{
    struct levies all = levies_of(s);
    enum err err = OK;
    for (size_t i = 0; i < s->count; i++) {
        struct line *l = s->lines[i].line;
        l->tax_category = STR_NONE;
        l->tax_rate = decimal_of(0);
        l->tax = money_of(0, s->currency);
        l->taxes = NULL;
        l->taxes_count = 0;
    }
    for (size_t k = 0; k < all.count && err == OK; k++) err = tax_nets(&all.items[k], s, &all, e);
    if (err == OK) err = tax_all_gross(s, &all, e);
    out->taxes = arena_array_of(s->arena, struct tax_total, all.count);
    for (size_t k = 0; k < all.count; k++) {
        if (is_used(&all.items[k], s)) out->taxes[out->taxes_count++] = all.items[k].total;
    }
    return err;
}
