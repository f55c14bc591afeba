/* SPDX-License-Identifier: MIT */
/* change.c - what a change of terms costs: what was billed for the days to come is given back, fee by fee,
 * and the same days are charged on the new terms. */
#include "ledger/book/decide_change.h"

/* Days that the new terms are charged for at once, and the period that they are of. */
struct piece {
    struct moment from;
    struct date to;
    struct period whole;
};

/* A fee that costs the same before and after goes on as it was billed. */
static bool goes_on(const struct subscription *s, const struct new_terms *n, const struct components *before,
                    const struct component *after)
{
    if (n->anew || n->terms.in_arrears || s->terms.in_arrears) return false;
    if (!str_equal(s->terms.product, n->terms.product)) return false;
    for (size_t i = 0; i < before->count; i++) {
        const struct component *b = &before->items[i];
        if (str_equal(b->code, after->code)) return money_compare(b->amount, after->amount) == 0;
    }
    return false;
}

static struct str piece_words(const struct component *c, const struct terms *t, const struct piece *p,
                              struct arena *a)
{
    struct moment to = {p->to, 0};
    return str_format(a, "%.*s, %.*s", STR_ARG(c->name), STR_ARG(part_words(t, p->from, to, p->whole, a)));
}

static enum err charge_piece(struct change *ch, struct charge *out, const struct component *c,
                             const struct new_terms *n, const struct piece *p, struct arena *a,
                             struct error *e)
{
    struct money amount = {0};
    struct moment to = {p->to, 0};
    enum err err = prorate(&amount, c->amount, &n->terms, p->from, to, p->whole, e);
    if (err != OK) return err;
    struct line *l = line_add(&ch->due.lines, a);
    *l = (struct line){.subscription = ch->s.subscription,
                       .kind = LINE_PRORATION_CHARGE,
                       .product = n->terms.product,
                       .fee = c->code,
                       .description = piece_words(c, &n->terms, p, a),
                       .from = p->from.day,
                       .to = p->to,
                       .quantity = decimal_of(1),
                       .unit_price = money_decimal(amount),
                       .amount = amount,
                       .discount = money_zero(amount),
                       .tax = money_zero(amount),
                       .tax_inclusive = n->terms.tax_inclusive,
                       .tax_code = n->terms.tax_code};
    *out = (struct charge){.fee = c->code,
                           .from = p->from.day,
                           .from_second = p->from.second,
                           .to = p->to,
                           .amount = amount,
                           .discount = money_zero(amount),
                           .credited = money_zero(amount),
                           .counted = (uint64_t)counted_seconds(&n->terms, p->from, to, p->whole)};
    return OK;
}

struct swap { /* of the charges of a period */
    struct components before, after;
    struct charge *kept; /* what goes on, then what the new terms charge */
    size_t kept_count;
    struct money credit, charge;
    struct money uncounted; /* what a commitment had counted of what is given back: before coupons */
    struct money carried;   /* of what goes on, what was billed for days from the change on */
};

/* Gives back what does not go on. The lines stand in the order of the charges. */
static enum err give_back(struct swap *w, struct change *ch, const struct new_terms *n, struct arena *a,
                          struct error *e)
{
    struct charge *gone = arena_array_of(a, struct charge, ch->s.charges_count);
    size_t gone_count = 0;
    for (size_t i = 0; i < ch->s.charges_count; i++) {
        const struct component *same = NULL;
        for (size_t k = 0; k < w->after.count; k++) {
            if (str_equal(w->after.items[k].code, ch->s.charges[i].fee)) same = &w->after.items[k];
        }
        if (same == NULL || !goes_on(&ch->s, n, &w->before, same)) gone[gone_count++] = ch->s.charges[i];
    }
    struct subscription s = ch->s;
    s.charges = gone;
    s.charges_count = gone_count;
    if (!n->gives) return OK;
    enum err err =
        credit_charges(&ch->due.lines, &w->credit, &s, LINE_PRORATION_CREDIT, n->on, s.charged_through, a, e);
    return err == OK ? money_subtract(&w->uncounted, ch->s.committed, s.committed, e) : err;
}

static enum err keep_fee(struct swap *w, const struct change *ch, const struct component *c,
                         const struct new_terms *n, struct error *e)
{
    for (size_t i = 0; i < ch->s.charges_count; i++) {
        const struct charge *old = &ch->s.charges[i];
        if (!str_equal(old->fee, c->code)) continue;
        w->kept[w->kept_count++] = *old;
        enum err err = add_billed_ahead(&w->carried, old, &ch->s.terms, n->on, e);
        if (err != OK) return err;
    }
    return OK;
}

static enum err charge_fee(struct swap *w, struct change *ch, const struct component *c,
                           const struct new_terms *n, struct arena *a, struct error *e)
{
    for (size_t i = 0; i < n->pieces_count; i++) {
        struct charge *charged = &w->kept[w->kept_count++];
        enum err err = charge_piece(ch, charged, c, n, &n->pieces[i], a, e);
        if (err == OK) err = money_add(&w->charge, w->charge, charged->amount, e);
        if (err != OK) return err;
    }
    return OK;
}

static enum err swap_charges(struct swap *w, struct change *ch, const struct new_terms *n, struct arena *a,
                             struct error *e)
{
    enum err err = terms_components(&w->before, &ch->s.terms, ch->s.quantity, a, e);
    if (err == OK) err = terms_components(&w->after, &n->terms, n->quantity, a, e);
    if (err == OK) err = give_back(w, ch, n, a, e);
    if (err != OK) return err;
    w->kept = arena_array_of(a, struct charge, w->after.count * n->pieces_count + ch->s.charges_count);
    for (size_t i = 0; i < w->after.count && err == OK; i++) {
        const struct component *c = &w->after.items[i];
        if (goes_on(&ch->s, n, &w->before, c))
            err = keep_fee(w, ch, c, n, e);
        else if (!n->terms.in_arrears)
            err = charge_fee(w, ch, c, n, a, e);
    }
    return err;
}

/* Terms that do not prorate leave what is paid as it is: the new ones are charged from the next period on. */
static bool leaves_charges(const struct change *ch, const struct new_terms *n)
{
    bool prorated = ch->s.terms.proration != PRORATE_NOT && n->terms.proration != PRORATE_NOT;
    return !prorated && !n->anew;
}

enum change_kind kind_of_change(const struct terms *from, const struct terms *to)
{
    if (to->rank > from->rank) return CHANGE_UPGRADE;
    return to->rank < from->rank ? CHANGE_DOWNGRADE : CHANGE_SIDEWAYS;
}

static void add_piece(struct new_terms *n, struct moment from, struct date to, struct period whole)
{
    for (size_t i = 0; i < n->pieces_count; i++) { /* several fees were billed for the same days */
        if (date_compare(n->pieces[i].to, to) == 0) return;
    }
    n->pieces[n->pieces_count++] = (struct piece){from, to, whole};
}

/* The days to come that were billed, stretch by stretch: more than the open period, when a run went ahead of
 * the day. Of a new interval its first period instead, from the first of those days on. */
static void place_billed(struct new_terms *n, const struct subscription *s)
{
    for (size_t i = 0; i < s->charges_count; i++) {
        const struct charge *c = &s->charges[i];
        struct moment from = moment_later(n->on, (struct moment){c->from, c->from_second});
        if (date_compare(c->to, n->on.day) <= 0) continue;
        struct date anchor = n->anew ? from.day : s->anchor;
        uint32_t day = n->anew ? 0 : (uint32_t)s->anchor_day;
        struct period whole = interval_period(anchor, day, terms_interval(&n->terms), from.day);
        add_piece(n, from, n->anew ? whole.end : c->to, whole);
        if (n->anew) return;
    }
}

/* Fees in arrears are charged up to the change: what is to be charged in advance is the rest of the period.
 */
static void place_rest(struct new_terms *n, const struct subscription *s)
{
    struct date anchor = n->anew ? n->on.day : s->anchor;
    uint32_t day = n->anew ? 0 : (uint32_t)s->anchor_day;
    struct period whole = interval_period(anchor, day, terms_interval(&n->terms), n->on.day);
    add_piece(n, n->on, whole.end, whole);
}

static void place_terms(struct new_terms *n, const struct subscription *s, struct arena *a)
{
    n->pieces = arena_array_of(a, struct piece, s->charges_count + 1);
    n->pieces_count = 0;
    if (s->status == SUBSCRIPTION_TRIALING) return;
    bool rest =
        s->terms.in_arrears && subscription_is_charged(s) && date_compare(s->charged_through, n->on.day) <= 0;
    place_billed(n, s);
    if (rest) place_rest(n, s);
}

/* The day from which periods of a new interval count: the first that it is charged for, be it at once or when
 * it falls due. */
static struct date new_anchor(const struct new_terms *n, const struct subscription *s)
{
    return n->pieces_count > 0 ? n->pieces[0].from.day : s->charged_through;
}

static struct date charged_after(const struct new_terms *n)
{
    assert(n->pieces_count > 0);
    return n->terms.in_arrears ? n->pieces[0].from.day : n->pieces[n->pieces_count - 1].to;
}

enum err change_now(struct change *ch, struct new_terms *n, struct arena *a, struct error *e)
{
    enum err err = charge_until(&ch->due, &ch->s, n->on, a, e);
    if (err != OK) return err;
    const struct subscription *s = &ch->s;
    struct money none = money_zero(n->terms.amount);
    struct swap w = {.credit = none, .charge = none, .uncounted = none, .carried = none};
    place_terms(n, s, a);
    bool leaves = n->pieces_count > 0 && leaves_charges(ch, n);
    bool swaps = n->pieces_count > 0 && !leaves;
    if (swaps) err = swap_charges(&w, ch, n, a, e);
    for (size_t i = 0; leaves && i < s->charges_count && err == OK; i++)
        err = add_billed_ahead(&w.carried, &s->charges[i], &s->terms, n->on, e);
    const struct commitment_change commitment = {
        .to = &n->terms, .on = n->on.day, .credit = w.uncounted, .charge = w.charge, .carried = w.carried};
    if (err == OK) err = change_commitment(&ch->due, &ch->s, &commitment, a, e);
    if (err != OK) return err;
    struct event *ev = change_event(ch, EVENT_SUBSCRIPTION_CHANGED, a);
    ev->subscription_changed =
        (struct subscription_changed){.subscription = s->subscription,
                                      .customer = s->customer,
                                      .on = n->on.day,
                                      .on_second = n->on.second,
                                      .kind = kind_of_change(&s->terms, &n->terms),
                                      .old_product = s->terms.product,
                                      .terms = n->terms,
                                      .quantity = n->quantity,
                                      .anchor = n->anew ? new_anchor(n, s) : s->anchor,
                                      .anchor_day = n->anew ? 0 : s->anchor_day,
                                      .charged_through = swaps ? charged_after(n) : s->charged_through,
                                      .charges = swaps ? w.kept : s->charges,
                                      .charges_count = swaps ? w.kept_count : s->charges_count,
                                      .credit = w.credit,
                                      .charge = w.charge,
                                      .committed_from = s->committed_from,
                                      .committed = s->committed,
                                      .committed_usage = s->committed_usage,
                                      .given_up = agreed_given_up(&s->terms, &n->terms, a)};
    return change_apply(ch, ev, a, e);
}
