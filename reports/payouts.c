/* SPDX-License-Identifier: MIT */
/* payouts.c - what a gateway paid out to our bank, and of what: a row a payout, with all that moved the
 * balance there since the one before, by gateway and currency of the balance; at the end what is not paid out
 * yet. The gateway's movements are noted oldest first, so one walk over the log is enough. */
#include "reports/report_file.h"

static const char header[] = "payout_id,payout_date,provider,currency,opening,payments,refunds,disputes,fees,"
                             "adjustments,net,bank_amount,closing,item_count,event_seq";

enum err report_payouts(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                        struct error *e);

/* What moves a balance; each as it does: what is taken from us is below zero. */
enum part { PAYMENTS, REFUNDS, DISPUTES, FEES, ADJUSTMENTS, PARTS };

struct holding {
    struct str gateway;
    struct money opening, parts[PARTS];
    uint64_t items;
};
struct payouts {
    struct report_file file;
    struct holding *holdings;
    size_t count, capacity;
};

static struct holding *holding_of(struct payouts *p, struct str gateway, struct money like)
{
    for (size_t i = 0; i < p->count; i++) {
        struct holding *b = &p->holdings[i];
        if (str_equal(b->gateway, gateway) && money_same_currency(b->opening, like)) return b;
    }
    struct arena *a = p->file.arena;
    p->holdings = arena_grow(a, p->holdings, p->count, &p->capacity, sizeof *p->holdings);
    struct holding *added = &p->holdings[p->count++];
    *added = (struct holding){.gateway = str_copy(a, gateway), .opening = money_zero(like)};
    for (size_t i = 0; i < PARTS; i++) added->parts[i] = money_zero(like);
    return added;
}

static enum part part_of(const struct balance_movement *m)
{
    switch (m->kind) {
    case MOVEMENT_PAYMENT: return PAYMENTS;
    case MOVEMENT_REFUND:
    case MOVEMENT_REFUND_RETURNED: return REFUNDS;
    case MOVEMENT_DISPUTE:
    case MOVEMENT_DISPUTE_REVERSED: return DISPUTES;
    case MOVEMENT_FEE: return FEES;
    case MOVEMENT_PAYOUT: /* that failed, and came back */
    case MOVEMENT_TOPUP:
    case MOVEMENT_OTHER: break;
    }
    return ADJUSTMENTS;
}

/* ---- rows ---- */

struct payout {
    struct str id;
    struct date on;    /* none: it is still there */
    struct money bank; /* what our bank is to get */
    uint64_t seq;      /* record that noted it */
};

static bool is_wanted(const struct report_query *q, const struct payout *v)
{
    return !date_is_given(v->on) || report_wants(q, v->on);
}

/* The row, and where the balance stands behind it. */
static enum err put(struct payouts *p, struct holding *b, const struct payout *v, struct error *e)
{
    struct sheet *s = p->file.sheet;
    struct money net = money_zero(b->opening), closing = {0};
    enum err err = OK;
    for (size_t i = 0; i < PARTS && err == OK; i++) err = money_add(&net, net, b->parts[i], e);
    if (err == OK) err = money_add(&closing, b->opening, net, e);
    if (err == OK) err = money_subtract(&closing, closing, v->bank, e);
    if (err == OK && is_wanted(p->file.query, v)) {
        sheet_text(s, v->id);
        sheet_date(s, v->on);
        sheet_text(s, b->gateway);
        sheet_word(s, net.currency);
        sheet_money(s, b->opening);
        for (size_t i = 0; i < PARTS; i++) sheet_money(s, b->parts[i]);
        sheet_money(s, net);
        sheet_money(s, v->bank);
        sheet_money(s, closing);
        sheet_count(s, b->items);
        if (date_is_given(v->on))
            sheet_count(s, v->seq);
        else
            sheet_empty(s);
        sheet_end_row(s);
        const struct money sums[CONTROL_SUMS_MAX] = {net, v->bank};
        err = report_count(&p->file, sums, e);
    }
    b->opening = closing;
    for (size_t i = 0; i < PARTS; i++) b->parts[i] = money_zero(closing);
    b->items = 0;
    return err;
}

static enum err add(struct payouts *p, const struct event_place *place, const struct balance_noted *v,
                    const struct balance_movement *m, struct error *e)
{
    struct holding *b = holding_of(p, v->gateway, m->settled);
    bool leaves = m->kind == MOVEMENT_PAYOUT && money_is_negative(m->settled);
    enum part part = part_of(m);
    enum err err = OK;
    if (!leaves) err = money_add(&b->parts[part], b->parts[part], m->settled, e);
    if (err == OK && money_is_given(m->fee)) err = money_subtract(&b->parts[FEES], b->parts[FEES], m->fee, e);
    if (!leaves) b->items++;
    if (err != OK || !leaves) return err;
    struct payout payout = {m->reference, instant_date(m->at), money_negate(m->settled), place->seq};
    return put(p, b, &payout, e);
}

static enum err add_record(void *context, const struct event_place *place, const struct envelope *v,
                           struct arena *a, struct error *e)
{
    struct payouts *p = context;
    const struct date end = p->file.query->to;
    enum err err = OK;
    (void)a;
    for (size_t i = 0; i < v->events_count; i++) {
        const struct balance_noted *noted = &v->events[i].balance_noted;
        if (v->events[i].type != EVENT_BALANCE_NOTED) continue;
        for (size_t k = 0; k < noted->movements_count && err == OK; k++) {
            const struct balance_movement *m = &noted->movements[k];
            if (date_is_given(end) && date_compare(instant_date(m->at), end) > 0) continue;
            err = add(p, place, noted, m, e);
        }
    }
    return err;
}

enum err report_payouts(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                        struct error *e)
{
    struct payouts p = {.file = {.ledger = l,
                                 .query = q,
                                 .name = "payouts",
                                 .path = path,
                                 .arena = a,
                                 .sums = {"net", "bank_amount"}}};
    enum err err = report_begin(&p.file, header, e);
    if (err == OK) err = ledger_walk(l, 0, p.file.as_of.seq, add_record, &p, e);
    for (size_t i = 0; i < p.count && err == OK; i++) {
        struct payout rest = {.bank = money_zero(p.holdings[i].opening)};
        err = put(&p, &p.holdings[i], &rest, e);
    }
    return report_end(&p.file, err, e);
}
