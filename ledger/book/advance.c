/* SPDX-License-Identifier: MIT */
/* advance.c - usage that is charged as it comes. Each bill charges what the open period has cost so far, less
 * what was charged before; the period's end charges the rest, so that the sum is what it would have been in
 * arrears. When less is owed in the end (readings corrected, a larger quota, a cheaper tier), the lines that
 * charged it are credited, with their tax and coupons. So are they when another tier prices the month by now:
 * what its price holds, which taxes and which coupons it has, need not be what they have, and it charges the
 * whole but for what somebody gave back of them by hand, which is not charged again. */
#include "ledger/book/assess.h"
#include "ledger/book/billing_shared.h"
#include "ledger/book/crediting.h"

bool subscription_charges_used(const struct subscription *s, struct str usage_type)
{
    for (size_t i = 0; i < s->terms.rates_count; i++) {
        const struct rate *r = &s->terms.rates[i];
        if (r->in_advance && str_equal(r->usage_type, usage_type)) return true;
    }
    return false;
}

/* NULL: nothing was charged before of the period that begins on that day. */
static const struct advance *advance_of(const struct accrual *due, const struct subscription *s,
                                        struct date from)
{
    for (size_t i = 0; i < due->advances_count; i++) {
        const struct advance *ad = &due->advances[i];
        if (ad->subscription == s->subscription && date_compare(ad->from, from) == 0) return ad;
    }
    return NULL;
}

static bool counts(const struct window_charge *c, struct str usage_type)
{
    return !c->rerated && str_equal(c->usage_type, usage_type);
}

bool charge_is_like(const struct window_charge *c, const struct line *l)
{
    return str_equal(c->product, l->product) && str_equal(c->tax_code, l->tax_code) &&
           c->tax_inclusive == l->tax_inclusive;
}

/* ---- what is given back ---- */

static const struct invoice *invoice_of(const struct advance *ad, uint64_t number)
{
    for (size_t i = 0; i < ad->invoices_count; i++) {
        if (ad->invoices[i].invoice == number) return &ad->invoices[i];
    }
    return NULL;
}

/* What somebody gave back of a charge, or voided. */
static struct money given_by_hand(const struct invoice *v, uint64_t line)
{
    struct money by_hand = money_zero(v->total);
    if (v->status == INVOICE_VOID) return line_price(&v->lines[line - 1]);
    for (size_t i = 0; i < v->credits_count; i++) {
        if (v->credits[i].line == line) by_hand = v->credits[i].by_hand;
    }
    return by_hand;
}

/* That much of the charge, as it was rated, in prices that hold their tax or not, as those of the line do. */
static enum err kept_of(struct money *out, const struct advance *ad, const struct window_charge *c,
                        const struct line *l, struct error *e)
{
    const struct invoice *v = invoice_of(ad, c->invoice);
    *out = money_zero(c->amount);
    if (v == NULL) return OK;
    const struct line *charged = &v->lines[c->line - 1];
    struct money price = line_price(charged), by_hand = given_by_hand(v, c->line);
    struct money net = net_of(charged->amount, charged->discount), gross = line_gross(charged);
    if (price.minor <= 0 || by_hand.minor <= 0) return OK;
    enum err err = money_part(out, c->amount, by_hand.minor, price.minor, e);
    if (err != OK || c->tax_inclusive == l->tax_inclusive || net.minor <= 0) return err;
    if (l->tax_inclusive) return money_part(out, *out, gross.minor, net.minor, e);
    return money_part(out, *out, net.minor, gross.minor, e);
}

enum err charges_stand(struct standing *out, const struct advance *ad, const struct line *l, struct error *e)
{
    struct money none = money_zero(l->amount), kept = none;
    enum err err = OK;
    *out = (struct standing){none, none, none};
    for (size_t i = 0; ad != NULL && i < ad->charges_count && err == OK; i++) {
        const struct window_charge *c = &ad->charges[i];
        if (!counts(c, l->usage_type)) continue;
        if (charge_is_like(c, l)) {
            err = money_add(&out->like, out->like, c->amount, e);
            continue;
        }
        err = kept_of(&kept, ad, c, l, e);
        if (err == OK) err = money_add(&out->kept, out->kept, kept, e);
        if (err == OK) err = money_add(&out->others, out->others, c->amount, e);
    }
    return err;
}

enum err standing_rest(struct money *out, const struct standing *st, struct money owed, struct error *e)
{
    enum err err = money_subtract(out, owed, st->like, e);
    return err == OK ? money_subtract(out, *out, st->kept, e) : err;
}

/* The price of `part` of what a line charged, as much of it as is left; of what was voided nothing is. */
static enum err price_back(struct money *out, const struct invoice *v, const struct window_charge *c,
                           struct money part, struct arena *a, struct error *e)
{
    struct crediting given = crediting_begin(v, a);
    struct money whole = line_price(&v->lines[c->line - 1]), left = {0};
    *out = money_zero(part);
    if (v->status == INVOICE_VOID) return OK;
    enum err err = crediting_left(&left, &given, c->line, e);
    if (err == OK) err = money_part(out, part, whole.minor, c->amount.minor, e);
    *out = money_min(*out, left);
    if (money_is_negative(*out)) *out = money_zero(*out);
    return err;
}

static enum err give_line_back(struct accrual *out, const struct subscription *s, const struct invoice *v,
                               const struct window_charge *c, struct money part, const char *why,
                               struct arena *a, struct error *e)
{
    struct money price = {0};
    const struct line *charged = &v->lines[c->line - 1];
    enum err err = price_back(&price, v, c, part, a, e);
    if (err != OK || money_is_zero(price)) return err;
    struct line *l = add_line(&out->lines, s, LINE_USAGE, money_negate(price), a);
    l->product = charged->product;
    l->usage_type = c->usage_type;
    l->from = charged->from;
    l->to = charged->to;
    l->credits = v->invoice;
    l->credits_line = c->line;
    l->description = str_format(a, "%.*s: %s", STR_ARG(c->usage_type), why);
    return OK;
}

/* Of the charges that are like the line, or of the others, as much as `left`: the newest first. */
static enum err give_back(struct accrual *out, const struct subscription *s, const struct advance *ad,
                          const struct line *l, bool like, struct money left, struct arena *a,
                          struct error *e)
{
    enum err err = OK;
    const char *why = like ? "more was charged before than is owed" : "charged before, by another tier";
    for (size_t i = ad->charges_count; i > 0 && left.minor > 0 && err == OK; i--) {
        const struct window_charge *c = &ad->charges[i - 1];
        const struct invoice *v = invoice_of(ad, c->invoice);
        struct money part = money_min(left, c->amount);
        if (v == NULL || !counts(c, l->usage_type) || charge_is_like(c, l) != like) continue;
        err = give_line_back(out, s, v, c, part, why, a, e);
        if (err == OK) err = money_subtract(&left, left, part, e);
    }
    return err;
}

static enum err give_others_back(struct accrual *out, const struct subscription *s, const struct advance *ad,
                                 const struct line *l, struct arena *a, struct error *e)
{
    struct money all = money_of(INT64_MAX, l->amount.currency);
    return ad == NULL ? OK : give_back(out, s, ad, l, false, all, a, e);
}

/* ---- what was used so far ---- */

static void reword(struct line *l, const char *so_far, struct money before, struct arena *a)
{
    if (money_is_zero(before)) {
        l->description = str_format(a, "%.*s%s", STR_ARG(l->description), so_far);
        return;
    }
    l->description = str_format(a, "%.*s%s, %.*s charged before", STR_ARG(l->description), so_far,
                                STR_ARG(money_pretty(a, before)));
    l->quantity = decimal_of(1);
    l->unit_price = money_decimal(l->amount);
}

/* What a bill that gives it back could give at most, with its tax. */
static enum err charged_by_others(struct money *out, const struct advance *ad, const struct line *l,
                                  struct arena *a, struct error *e)
{
    enum err err = OK;
    *out = money_zero(l->amount);
    for (size_t i = 0; ad != NULL && i < ad->charges_count && err == OK; i++) {
        const struct window_charge *c = &ad->charges[i];
        const struct invoice *v = invoice_of(ad, c->invoice);
        struct money left = {0};
        if (v == NULL || !counts(c, l->usage_type) || charge_is_like(c, l)) continue;
        err = price_back(&left, v, c, c->amount, a, e);
        if (err == OK && left.minor > 0) err = money_add(out, *out, line_gross(&v->lines[c->line - 1]), e);
    }
    return err;
}

/* What other tiers charged comes back as soon as more than that is to be charged: before the period's end no
 * bill pays out. */
static enum err charge_line(struct accrual *out, const struct subscription *s, struct line l, struct arena *a,
                            struct error *e)
{
    const struct advance *ad = advance_of(out, s, l.from);
    struct standing st = {0};
    struct money others = {0}, owed = l.amount;
    enum err err = charges_stand(&st, ad, &l, e);
    if (err == OK) err = standing_rest(&l.amount, &st, owed, e);
    if (err == OK) err = charged_by_others(&others, ad, &l, a, e);
    if (err != OK || money_compare(l.amount, others) <= 0) return err;
    l.to = usage_period(s, l.from).end; /* of the whole period, whose end may come sooner than that */
    reword(&l, ", so far", money_of(owed.minor - l.amount.minor, owed.currency), a);
    *line_add(&out->lines, a) = l;
    return give_others_back(out, s, ad, &l, a, e);
}

enum err charge_used(struct accrual *out, const struct subscription *s, struct date end, struct arena *a,
                     struct error *e)
{
    struct line_list lines = {0};
    struct period p = {s->usage_through, end};
    enum err err = rate_window(&lines, s, p, out->usage, out->usage_count, a, e);
    for (size_t i = 0; i < lines.count && err == OK; i++) {
        const struct line *l = &lines.items[i];
        if (l->kind == LINE_USAGE && subscription_charges_used(s, l->usage_type))
            err = charge_line(out, s, *l, a, e);
    }
    return err;
}

/* ---- the period's end ---- */

enum err charged_cost(bool *known, struct money *out, const struct accrual *due, const struct subscription *s,
                      struct date until, struct arena *a, struct error *e)
{
    const struct advance *ad = advance_of(due, s, s->usage_through);
    struct line_list lines = {0};
    struct period p = {s->usage_through, until};
    *known = ad != NULL && ad->charges_count > 0;
    if (!*known) return OK;
    enum err err = rate_window(&lines, s, p, due->usage, due->usage_count, a, e);
    return err == OK ? lines_total(out, lines.items, lines.count, s->terms.amount.currency, e) : err;
}

static void remove_line(struct line_list *lines, size_t at)
{
    for (size_t i = at + 1; i < lines->count; i++) lines->items[i - 1] = lines->items[i];
    lines->count--;
}

/* Where nothing is owed there is no line that the charges could be like: all of them are given back. */
static bool any_charge(const struct advance *ad, struct str usage_type, struct line *like)
{
    bool any = false;
    for (size_t i = 0; ad != NULL && i < ad->charges_count; i++) {
        const struct window_charge *c = &ad->charges[i];
        if (!counts(c, usage_type)) continue;
        like->product = c->product;
        like->tax_code = c->tax_code;
        like->tax_inclusive = c->tax_inclusive;
        any = true;
    }
    return any;
}

enum err charge_rest(struct accrual *out, const struct subscription *s, struct str usage_type,
                     struct period p, size_t first, struct arena *a, struct error *e)
{
    const struct advance *ad = advance_of(out, s, p.start);
    struct line owed = {.usage_type = usage_type, .amount = money_zero(s->terms.amount)};
    struct standing st = {0};
    struct money rest = {0};
    bool has_line = first < out->lines.count && out->lines.items[first].kind == LINE_USAGE;
    if (!any_charge(ad, usage_type, &owed)) return OK;
    if (has_line) owed = out->lines.items[first];
    enum err err = charges_stand(&st, ad, &owed, e);
    if (err == OK) err = standing_rest(&rest, &st, owed.amount, e);
    if (err == OK && has_line && rest.minor > 0) {
        out->lines.items[first].amount = rest;
        reword(&out->lines.items[first], "", money_of(owed.amount.minor - rest.minor, rest.currency), a);
    } else if (err == OK && has_line) {
        remove_line(&out->lines, first);
    }
    if (err == OK) err = give_back(out, s, ad, &owed, true, money_negate(rest), a, e);
    return err == OK ? give_others_back(out, s, ad, &owed, a, e) : err;
}
