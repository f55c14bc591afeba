/* SPDX-License-Identifier: MIT */
/* billing.c - periods, fees and credits. Functions of values; they never ask what day it is. Sources:
 * DESIGN.md's rules as listed in the README; the numbers they must meet are in tests/book/test_billing.c. */
#include "ledger/book/assess.h"
#include "ledger/book/billing_shared.h"

static const struct interval usage_interval = {INTERVAL_MONTH, 1};

struct line *line_add(struct line_list *l, struct arena *a)
{
    l->items = arena_grow(a, l->items, l->count, &l->capacity, sizeof *l->items);
    return &l->items[l->count++];
}

enum err lines_total(struct money *out, const struct line *lines, size_t count, const char *currency,
                     struct error *e)
{
    *out = money_of(0, currency);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(lines[i].amount.currency, currency) != 0) continue;
        enum err err = money_add(out, *out, lines[i].amount, e);
        if (err != OK) return err;
    }
    return OK;
}

struct interval terms_interval(const struct terms *t)
{
    return (struct interval){t->unit, t->interval_count == 0 ? 1 : (uint32_t)t->interval_count};
}

struct period anchored(const struct subscription *s, struct date day)
{
    return interval_period(s->anchor, (uint32_t)s->anchor_day, terms_interval(&s->terms), day);
}

/* Usage months stay where they began, whatever becomes of the billing day: an open one is never cut. */
struct period anchored_month(const struct subscription *s, struct date day)
{
    return interval_period(s->usage_anchor, (uint32_t)s->usage_anchor_day, usage_interval, day);
}

struct date earlier(struct date a, struct date b)
{
    if (!date_is_given(a)) return b;
    return date_is_given(b) && date_compare(b, a) < 0 ? b : a;
}

bool is_by(struct date d, struct date limit)
{
    return date_is_given(d) && date_compare(d, limit) <= 0;
}

static struct str interval_words(const struct terms *t, struct arena *a)
{
    static const char *const single[] = {"daily", "weekly", "monthly", "yearly"};
    static const char *const plural[] = {"days", "weeks", "months", "years"};
    if (t->interval_count <= 1) return str_of(single[t->unit]);
    if (t->unit == INTERVAL_MONTH && t->interval_count == 3) return STR("quarterly");
    if (t->unit == INTERVAL_MONTH && t->interval_count == 6) return STR("half-yearly");
    return str_format(a, "every %llu %s", (unsigned long long)t->interval_count, plural[t->unit]);
}

/* ---- fees ---- */

struct line *add_line(struct line_list *lines, const struct subscription *s, enum line_kind kind,
                      struct money amount, struct arena *a)
{
    struct line *l = line_add(lines, a);
    *l = (struct line){.subscription = s->subscription,
                       .kind = kind,
                       .product = s->terms.product,
                       .quantity = decimal_of(1),
                       .unit_price = money_decimal(amount),
                       .amount = amount,
                       .discount = money_zero(amount),
                       .tax = money_zero(amount),
                       .tax_inclusive = s->terms.tax_inclusive,
                       .tax_code = s->terms.tax_code};
    return l;
}

static struct str stretch_words(const struct component *c, const struct stretch *w, const struct terms *t,
                                struct arena *a)
{
    struct str often = interval_words(t, a);
    if (is_whole(w->from, w->to, w->whole))
        return str_format(a, "%.*s, %.*s", STR_ARG(c->name), STR_ARG(often));
    return str_format(a, "%.*s, %.*s, %.*s", STR_ARG(c->name), STR_ARG(often),
                      STR_ARG(part_words(t, w->from, w->to, w->whole, a)));
}

static enum err charge_component(struct accrual *out, struct subscription *s, const struct component *c,
                                 const struct stretch *w, struct arena *a, struct error *e)
{
    struct money amount = {0};
    enum err err = prorate(&amount, c->amount, &s->terms, w->from, w->to, w->whole, e);
    if (err == OK) err = count_committed(s, amount, e);
    if (err != OK) return err;
    struct line *l = add_line(&out->lines, s, LINE_RECURRING, amount, a);
    l->fee = c->code;
    l->description = stretch_words(c, w, &s->terms, a);
    l->from = w->from.day;
    l->to = w->to.day;
    if (money_compare(amount, c->amount) == 0) {
        l->quantity = c->quantity;
        l->unit_price = c->unit_price;
    }
    return OK;
}

/* Charges whose days are not over today: there are some when a run goes ahead of the day. */
static void keep_open_charges(struct subscription *s, const struct accrual *out, struct charge *charges)
{
    struct date today = date_is_given(out->today) ? out->today : out->through;
    size_t count = 0;
    for (size_t i = 0; i < s->charges_count; i++) {
        if (date_compare(s->charges[i].to, today) > 0) charges[count++] = s->charges[i];
    }
    s->charges = charges;
    s->charges_count = count;
}

enum err charge_stretch(struct accrual *out, struct subscription *s, const struct stretch *w, struct arena *a,
                        struct error *e)
{
    struct components fees = {0};
    enum err err = terms_components(&fees, &s->terms, s->quantity, a, e);
    if (err != OK) return err;
    struct charge *charges = arena_array_of(a, struct charge, s->charges_count + fees.count);
    bool ahead = date_is_given(out->today) && date_compare(w->to.day, out->today) > 0;
    uint64_t counted = (uint64_t)counted_seconds(&s->terms, w->from, w->to, w->whole);
    keep_open_charges(s, out, charges);
    for (size_t i = 0; i < fees.count; i++) {
        err = charge_component(out, s, &fees.items[i], w, a, e);
        if (err != OK) return err;
        const struct line *l = &out->lines.items[out->lines.count - 1];
        if (s->terms.in_arrears && !ahead) continue;
        charges[s->charges_count++] = (struct charge){.fee = l->fee,
                                                      .from = w->from.day,
                                                      .from_second = w->from.second,
                                                      .to = w->to.day,
                                                      .amount = l->amount,
                                                      .discount = money_zero(l->amount),
                                                      .credited = money_zero(l->amount),
                                                      .counted = counted};
    }
    s->charged_through = w->to.day;
    s->charged_second = w->to.second;
    return OK;
}

struct stretch next_stretch(const struct subscription *s)
{
    struct stretch w = {.from = {s->charged_through, s->charged_second},
                        .whole = anchored(s, s->charged_through)};
    w.to.day = earlier(w.whole.end, s->cancel_on);
    if (date_compare(s->change_on, s->charged_through) > 0) w.to.day = earlier(w.to.day, s->change_on);
    return w;
}

enum err charge_until(struct accrual *out, struct subscription *s, struct moment until, struct arena *a,
                      struct error *e)
{
    struct stretch w = {.from = {s->charged_through, s->charged_second},
                        .to = until,
                        .whole = anchored(s, s->charged_through)};
    bool nothing = date_compare(until.day, s->charged_through) < 0 ||
                   (date_compare(until.day, s->charged_through) == 0 && until.second <= s->charged_second);
    if (!s->terms.in_arrears || !subscription_is_charged(s) || nothing) return OK;
    enum err err = charge_stretch(out, s, &w, a, e);
    if (err == OK) add_billed(out, s, a);
    return err;
}

/* ---- credits ---- */

static struct str fee_name(const struct terms *t, struct str code)
{
    for (size_t i = 0; i < t->fees_count; i++) {
        if (str_equal(t->fees[i].code, code)) return t->fees[i].name;
    }
    return t->product_name;
}

static void add_credit_line(struct line_list *lines, const struct subscription *s, enum line_kind kind,
                            const struct charge *c, struct moment from, struct date to, struct money credit,
                            struct arena *a)
{
    const char *what = kind == LINE_PAUSE_CREDIT ? "Paused" : "Unused part of";
    struct str name = fee_name(&s->terms, c->fee);
    struct str share = share_words(from, (struct moment){to, 0}, (struct moment){c->from, c->from_second},
                                   (struct moment){c->to, 0}, a);
    struct str counted = counted_words(credited_seconds(c, from, to), (int64_t)c->counted, a);
    struct line *l = add_line(lines, s, kind, money_negate(credit), a);
    l->description =
        str_format(a, "%s %.*s, %.*s%.*s", what, STR_ARG(name), STR_ARG(share), STR_ARG(counted));
    l->fee = c->fee;
    l->from = from.day;
    l->to = to;
    l->credits = c->invoice;
    l->credits_line = c->line;
}

/* Charges count towards a commitment before coupons, and so do their credits: as they would be without, and
 * in proportion where less is left to give back than that. */
static enum err count_given_back(struct subscription *s, const struct charge *c, struct money credit,
                                 struct moment from, struct date to, struct error *e)
{
    struct money whole = credit, unused = {0};
    struct charge untouched = *c;
    if (!has_commitment(s) || money_is_zero(c->discount)) return count_committed(s, money_negate(credit), e);
    untouched.credited = money_zero(c->amount);
    enum err err = unused_credit(&unused, &untouched, &s->terms, from, to, e);
    untouched.discount = money_zero(c->amount);
    if (err == OK) err = unused_credit(&whole, &untouched, &s->terms, from, to, e);
    if (err == OK && money_compare(credit, unused) < 0)
        err = money_part(&whole, whole, credit.minor, unused.minor, e);
    return err == OK ? count_committed(s, money_negate(whole), e) : err;
}

enum err credit_charges(struct line_list *lines, struct money *sum, struct subscription *s,
                        enum line_kind kind, struct moment from, struct date to, struct arena *a,
                        struct error *e)
{
    struct charge *charges = arena_array_of(a, struct charge, s->charges_count);
    *sum = money_zero(s->terms.amount);
    for (size_t i = 0; i < s->charges_count; i++) {
        struct charge *c = &charges[i];
        struct money credit = {0};
        *c = s->charges[i];
        enum err err = unused_credit(&credit, c, &s->terms, from, to, e);
        if (err == OK) err = money_add(&c->credited, c->credited, credit, e);
        if (err == OK) err = money_add(sum, *sum, credit, e);
        if (err == OK) err = count_given_back(s, &s->charges[i], credit, from, to, e);
        if (err != OK) return err;
        if (money_is_zero(credit)) continue;
        add_credit_line(lines, s, kind, c, moment_later(from, (struct moment){c->from, c->from_second}),
                        date_compare(to, c->to) < 0 ? to : c->to, credit, a);
    }
    s->charges = charges;
    return OK;
}
