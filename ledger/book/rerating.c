/* SPDX-License-Identifier: MIT */
/* rerating.c - see rerating.h. */
#include "ledger/book/rerating.h"
#include "ledger/book/aggregation.h"
#include "ledger/book/agreement.h"
#include "ledger/book/billing_shared.h"

/* ---- windows ---- */

bool window_close(struct usage_window *out, struct subscription *s, struct date until, struct arena *a)
{
    if (date_compare(s->usage_through, until) >= 0) return false;
    *out = (struct usage_window){.subscription = s->subscription,
                                 .customer = s->customer,
                                 .from = s->usage_through,
                                 .to = earlier(anchored_month(s, s->usage_through).end, until),
                                 .usage_anchor = s->usage_anchor,
                                 .usage_anchor_day = s->usage_anchor_day,
                                 .currency = str_copy(a, str_of(s->terms.amount.currency)),
                                 .quotas = s->quotas};
    while (out->quotas_count < s->quotas_count &&
           date_compare(s->quotas[out->quotas_count].from, out->to) < 0)
        out->quotas_count++;
    s->usage_through = out->to;
    quotas_trim(s, a);
    return true;
}

static struct money nothing(const struct usage_window *w)
{
    struct money m = {0};
    struct bytes code = str_bytes(w->currency);
    if (code.len < sizeof m.currency) bytes_put((uint8_t *)m.currency, code);
    return m;
}

struct subscription window_subscription(const struct usage_window *w)
{
    return (struct subscription){.subscription = w->subscription,
                                 .customer = w->customer,
                                 .status = SUBSCRIPTION_ACTIVE,
                                 .terms = {.amount = nothing(w)},
                                 .usage_through = w->from,
                                 .usage_anchor = w->usage_anchor,
                                 .usage_anchor_day = w->usage_anchor_day,
                                 .quotas = w->quotas,
                                 .quotas_count = w->quotas_count};
}

static struct period days_of(const struct usage_window *w)
{
    return (struct period){w->from, w->to};
}

enum err window_tier(const struct quota_segment **out, const struct usage_window *w, struct str usage_type,
                     struct error *e)
{
    struct subscription s = window_subscription(w);
    struct quota q = {0};
    enum err err = usage_quota(&q, &s, usage_type, days_of(w), e);
    assert(w->quotas_count > 0);
    *out = q.tier != NULL ? q.tier : &w->quotas[w->quotas_count - 1];
    return err;
}

/* ---- what was used ---- */

static enum err measure(struct usage_measure *out, const struct usage_window *w, struct str usage_type,
                        const struct usage_total *usage, size_t count, struct error *e)
{
    struct subscription s = window_subscription(w);
    return totals_measure(out, usage, count, usage_type, days_of(w), anchored_month(&s, w->from), e);
}

static const struct rated_usage *rated_of(const struct usage_window *w, struct str usage_type)
{
    for (size_t i = 0; i < w->rated_count; i++) {
        if (str_equal(w->rated[i].usage_type, usage_type)) return &w->rated[i];
    }
    return NULL;
}

static enum err note_type(struct usage_window *w, struct rated_usage *rated, const struct usage_total *type,
                          const struct usage_total *usage, size_t count, struct error *e)
{
    struct subscription s = window_subscription(w);
    struct usage_measure m = {0};
    struct quota q = {0};
    enum err err = usage_quota(&q, &s, type->usage_type, days_of(w), e);
    if (err != OK || !q.billed || q.unlimited) return err;
    struct rated_usage *r = &rated[w->rated_count];
    *r = (struct rated_usage){.usage_type = type->usage_type, .aggregation = type->aggregation};
    err = measure(&m, w, type->usage_type, usage, count, e);
    if (err == OK) err = exact_decimal(&r->quantity, m.quantity, e);
    r->readings = m.readings;
    if (err == OK && (m.readings > 0 || !decimal_is_zero(r->quantity))) w->rated_count++;
    return err;
}

enum err window_measure(struct usage_window *w, const struct usage_total *usage, size_t count,
                        struct arena *a, struct error *e)
{
    struct rated_usage *rated = arena_array_of(a, struct rated_usage, count);
    enum err err = OK;
    w->rated = rated;
    w->rated_count = 0;
    for (size_t i = 0; i < count && err == OK; i++) {
        if (rated_of(w, usage[i].usage_type) == NULL) err = note_type(w, rated, &usage[i], usage, count, e);
    }
    return err;
}

/* ---- what it costs, what was billed ---- */

static bool is_type(struct str wanted, struct str usage_type)
{
    return wanted.len == 0 || str_equal(wanted, usage_type);
}

/* Of one usage type, or of all ("") together. */
static enum err billed_for(struct money *out, const struct billed_window *w, struct str usage_type,
                           struct error *e)
{
    enum err err = OK;
    *out = nothing(&w->window);
    for (size_t i = 0; i < w->charges_count && err == OK; i++) {
        const struct window_charge *c = &w->charges[i];
        if (!c->rerated && is_type(usage_type, c->usage_type)) err = money_add(out, *out, c->amount, e);
    }
    for (size_t i = 0; i < w->window.rated_count && err == OK; i++) {
        const struct rated_usage *r = &w->window.rated[i];
        if (is_type(usage_type, r->usage_type)) err = money_add(out, *out, r->corrected, e);
    }
    return err;
}

static enum err sum_lines(struct money *out, const struct line_list *lines, const struct usage_window *w,
                          struct str usage_type, struct error *e)
{
    enum err err = OK;
    *out = nothing(w);
    for (size_t i = 0; i < lines->count && err == OK; i++) {
        if (is_type(usage_type, lines->items[i].usage_type))
            err = money_add(out, *out, lines->items[i].amount, e);
    }
    return err;
}

static enum err cost_lines(struct line_list *lines, const struct usage_window *w,
                           const struct usage_total *usage, size_t count, struct arena *a, struct error *e)
{
    struct subscription s = window_subscription(w);
    return rate_window(lines, &s, days_of(w), usage, count, a, e);
}

enum err window_cost(struct money *out, const struct usage_window *w, const struct usage_total *usage,
                     size_t count, struct arena *a, struct error *e)
{
    struct line_list lines = {0};
    enum err err = cost_lines(&lines, w, usage, count, a, e);
    return err == OK ? sum_lines(out, &lines, w, STR_NONE, e) : err;
}

enum err window_billed(struct money *out, const struct billed_window *w, struct error *e)
{
    return billed_for(out, w, STR_NONE, e);
}

/* ---- other prices ---- */

static const struct price *price_for(const struct catalog *c, const struct quota_segment *q,
                                     struct str currency)
{
    uint64_t every = q->interval_count == 0 ? 1 : q->interval_count;
    for (size_t i = 0; i < c->prices_count; i++) {
        const struct price *p = &c->prices[i];
        bool interval = p->unit == q->unit && (p->interval_count == 0 ? 1 : p->interval_count) == every;
        if (interval && str_equal(p->product, q->product) && str_is(currency, p->amount.currency)) return p;
    }
    return NULL;
}

/* What was agreed with the customer is no matter of the catalog. */
static bool reprice(struct quota_segment *q, const struct price *p, struct arena *a)
{
    struct error unused = {0};
    struct terms t = {.product = q->product,
                      .amount = p->amount,
                      .rates = p->rates,
                      .rates_count = p->rates_count,
                      .fees = p->fees,
                      .fees_count = p->fees_count};
    struct agreement g = {.prices = q->agreed_prices, .quotas = q->agreed_quotas};
    if (agree(&t, &g, a, &unused) != OK) return false;
    q->rates = t.rates;
    q->rates_count = t.rates_count;
    return true;
}

bool window_repriced(struct usage_window *out, const struct usage_window *w, const struct catalog *c,
                     struct arena *a)
{
    struct quota_segment *quotas = arena_array_of(a, struct quota_segment, w->quotas_count);
    for (size_t i = 0; i < w->quotas_count; i++) {
        quotas[i] = w->quotas[i];
        if (quotas[i].product.len == 0) continue;
        const struct price *p = price_for(c, &quotas[i], w->currency);
        if (p == NULL || !reprice(&quotas[i], p, a)) return false;
    }
    *out = *w;
    out->quotas = quotas;
    return true;
}

/* ---- differences ---- */

static void take_next(struct str *next, struct str name, struct str last)
{
    bool behind = last.len == 0 || str_compare(name, last) > 0;
    if (behind && (next->len == 0 || str_compare(name, *next) < 0)) *next = name;
}

/* Usage types that cost something or did, in the order of their names. */
static struct str next_type(const struct billed_window *w, const struct line_list *lines, struct str last)
{
    struct str next = STR_NONE;
    for (size_t i = 0; i < lines->count; i++) take_next(&next, lines->items[i].usage_type, last);
    for (size_t i = 0; i < w->charges_count; i++) take_next(&next, w->charges[i].usage_type, last);
    for (size_t i = 0; i < w->window.rated_count; i++) take_next(&next, w->window.rated[i].usage_type, last);
    return next;
}

static void add_rerated(struct rerated_list *out, const struct rerated_line *l, struct arena *a)
{
    out->items = arena_grow(a, out->items, out->count, &out->capacity, sizeof *out->items);
    out->items[out->count++] = *l;
}

static enum err compare(struct rerated_list *out, const struct billed_window *w,
                        const struct line_list *lines, struct str usage_type, const struct usage_measure *m,
                        struct arena *a, struct error *e)
{
    const struct rated_usage *before = rated_of(&w->window, usage_type);
    struct rerated_line l = {.kind = LINE_USAGE,
                             .subscription = w->window.subscription,
                             .usage_type = usage_type,
                             .from = w->window.from,
                             .to = w->window.to,
                             .readings = m->readings,
                             .was = before == NULL ? (struct decimal){0} : before->quantity};
    enum err err = exact_decimal(&l.is, m->quantity, e);
    bool same = decimal_compare(l.was, l.is) == 0 && m->readings == (before == NULL ? 0 : before->readings);
    if (err != OK || same) return err;
    err = billed_for(&l.billed, w, usage_type, e);
    if (err == OK) err = sum_lines(&l.amount, lines, &w->window, usage_type, e);
    if (err == OK) err = money_subtract(&l.difference, l.amount, l.billed, e);
    if (err == OK && !money_is_zero(l.difference)) add_rerated(out, &l, a);
    return err;
}

enum err rerate_window(struct rerated_list *out, const struct billed_window *w,
                       const struct usage_total *usage, size_t count, struct arena *a, struct error *e)
{
    struct line_list lines = {0};
    enum err err = cost_lines(&lines, &w->window, usage, count, a, e);
    struct str type = next_type(w, &lines, STR_NONE);
    for (; err == OK && type.len != 0; type = next_type(w, &lines, type)) {
        struct usage_measure m = {0};
        err = measure(&m, &w->window, type, usage, count, e);
        if (err == OK) err = compare(out, w, &lines, type, &m, a, e);
    }
    return err;
}

/* ---- commitments ---- */

bool commitment_counts(const struct commitment *c, const struct rerated_line *l)
{
    return l->kind == LINE_USAGE && l->subscription == c->subscription && date_compare(c->from, l->to) < 0 &&
           date_compare(l->to, c->to) <= 0;
}

enum err recount_commitment(struct rerated_list *out, const struct commitment *c, struct arena *a,
                            struct error *e)
{
    struct money counted = c->counted;
    struct rerated_line l = {.kind = LINE_COMMITMENT,
                             .subscription = c->subscription,
                             .from = c->from,
                             .to = c->to,
                             .billed = c->missing,
                             .was = money_decimal(c->counted)};
    enum err err = OK;
    for (size_t i = 0; i < out->count && err == OK; i++) {
        if (commitment_counts(c, &out->items[i]))
            err = money_add(&counted, counted, out->items[i].difference, e);
    }
    if (err == OK) err = money_subtract(&l.amount, c->least, counted, e);
    if (err != OK) return err;
    l.is = money_decimal(counted);
    if (money_is_negative(l.amount)) l.amount = money_zero(l.amount);
    err = money_subtract(&l.difference, l.amount, l.billed, e);
    if (err == OK && !money_is_zero(l.difference)) add_rerated(out, &l, a);
    return err;
}

enum err commitment_note_rerated(struct commitment *c, const struct rerated_line *l, struct error *e)
{
    bool itself = l->kind == LINE_COMMITMENT && l->subscription == c->subscription &&
                  date_compare(l->from, c->from) == 0 && date_compare(l->to, c->to) == 0;
    if (itself) return money_add(&c->missing, c->missing, l->difference, e);
    return commitment_counts(c, l) ? money_add(&c->counted, c->counted, l->difference, e) : OK;
}

/* ---- approval ---- */

enum err window_note_rerated(struct usage_window *w, const struct rerated_line *l, struct arena *a,
                             struct error *e)
{
    struct rated_usage *rated = arena_array_of(a, struct rated_usage, w->rated_count + 1);
    size_t at = 0;
    if (w->rated_count > 0) memcpy(rated, w->rated, w->rated_count * sizeof *rated);
    while (at < w->rated_count && !str_equal(rated[at].usage_type, l->usage_type)) at++;
    if (at == w->rated_count) rated[w->rated_count++] = (struct rated_usage){.usage_type = l->usage_type};
    rated[at].quantity = l->is;
    rated[at].readings = l->readings;
    w->rated = rated;
    return money_add(&rated[at].corrected, rated[at].corrected, l->difference, e);
}

/* ---- charged before the end ---- */

/* The line that rates the type; a line of nothing where it costs nothing. */
static struct line line_of(const struct usage_window *w, const struct line_list *lines, struct str usage_type)
{
    for (size_t i = 0; i < lines->count; i++) {
        const struct line *l = &lines->items[i];
        if (l->kind == LINE_USAGE && str_equal(l->usage_type, usage_type)) return *l;
    }
    return (struct line){.usage_type = usage_type, .amount = nothing(w)};
}

/* What advance.c gives back, as it was rated: what was charged too much, and all that other tiers charged,
 * but for what is not charged again because it was given back by hand. */
static enum err given_back(struct money *out, const struct advance *charged, const struct line *owed,
                           struct error *e)
{
    struct standing st = {0};
    struct money rest = {0};
    enum err err = charges_stand(&st, charged, owed, e);
    if (err == OK) err = standing_rest(&rest, &st, owed->amount, e);
    if (err == OK) err = money_subtract(out, st.kept, st.others, e);
    return err == OK && money_is_negative(rest) ? money_add(out, *out, rest, e) : err;
}

static enum err settle_type(struct usage_window *w, const struct advance *charged,
                            const struct line_list *lines, struct str usage_type,
                            const struct usage_measure *m, struct arena *a, struct error *e)
{
    struct line owed = line_of(w, lines, usage_type);
    struct rerated_line l = {.usage_type = usage_type, .readings = m->readings};
    enum err err = given_back(&l.difference, charged, &owed, e);
    if (err == OK) err = exact_decimal(&l.is, m->quantity, e);
    if (err != OK || money_is_zero(l.difference)) return err;
    return window_note_rerated(w, &l, a, e);
}

enum err window_settle_charged(struct usage_window *w, const struct advance *charged,
                               const struct usage_total *usage, size_t count, struct arena *a,
                               struct error *e)
{
    const struct billed_window types = {.charges = charged->charges, .charges_count = charged->charges_count};
    const struct line_list none = {0};
    struct line_list lines = {0};
    enum err err = cost_lines(&lines, w, usage, count, a, e);
    struct str type = next_type(&types, &none, STR_NONE);
    for (; err == OK && type.len != 0; type = next_type(&types, &none, type)) {
        struct usage_measure m = {0};
        err = measure(&m, w, type, usage, count, e);
        if (err == OK) err = settle_type(w, charged, &lines, type, &m, a, e);
    }
    return err;
}
