/* SPDX-License-Identifier: MIT */
/* ask_reconcile.c - is the ledger equal to the bank? First how pending payments and refunds stand at the
 * gateway, then each movement of the balance there. */
#include "billing/ask_collect.h"

/* ---- in flight ---- */

struct telling {
    const struct call *call;
    json_t *rows;
};

static const char *stands(const struct transaction *v, const char *otherwise)
{
    if (v->status != TRANSACTION_PENDING) return transaction_status_shown(v);
    return v->processing ? "processing" : otherwise;
}

/* A payment that has a name at the gateway was prepared there; whether it was charged is the question. */
static enum err keep_row(void *context, const struct transaction *was, const struct transaction *now,
                         struct error *e)
{
    struct telling *told = context;
    struct ledger *l = told->call->service->ledger;
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, l, e);
    if (err != OK) return err;
    struct names names = names_of(t, told->call->arena);
    json_t *j = object_new();
    member_id(j, "transaction_id", "txn", now->transaction);
    member_user(j, &names, now->customer);
    member_text(j, "type", str_of(choice_transaction_kind.words[now->kind]));
    member_money(j, "amount", now->amount);
    member_text(j, "currency", str_of(now->amount.currency));
    member_instant(j, "since", now->at);
    member_text(j, "was", str_of(stands(was, was->gateway_reference.len > 0 ? "prepared" : "requested")));
    member_text(j, "is", str_of(stands(now, "unknown")));
    rows_add(told->rows, j);
    ledger_read_end(l, t);
    return OK;
}

/* ---- the balance ---- */

static json_t *discrepancy_json(const struct discrepancy *d, struct names *names)
{
    json_t *j = object_new();
    struct money known = money_is_given(d->here) ? d->here : d->there;
    member_text(j, "kind", str_of(discrepancy_words[d->kind]));
    member_text(j, "movement", str_of(choice_movement_kind.words[d->movement]));
    member_text_or_null(j, "reference", d->reference);
    member_text_or_null(j, "source", d->source);
    member_id(j, "transaction_id", "txn", d->transaction);
    member_user(j, names, d->customer);
    member_money(j, "here", money_is_given(d->here) ? d->here : money_zero(known));
    member_money(j, "there", money_is_given(d->there) ? d->there : money_zero(known));
    member_text_or_null(j, "currency", str_of(known.currency));
    member_instant(j, "at", d->at);
    member_text(j, "why", str_of(d->why));
    return j;
}

static enum err discrepancies_json(json_t **out, const struct reconciliation *r, const struct call *c,
                                   struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    struct names names = names_of(t, c->arena);
    *out = rows_new();
    for (size_t i = 0; i < r->rows_count; i++) rows_add(*out, discrepancy_json(&r->rows[i], &names));
    ledger_read_end(c->service->ledger, t);
    return OK;
}

static enum err totals_json(json_t **out, const struct reconciliation *r, struct error *e)
{
    enum err err = OK;
    *out = rows_new();
    for (size_t i = 0; i < r->totals_count && err == OK; i++) {
        const struct balance_total *t = &r->totals[i];
        struct money difference = {0}, unexplained = {0};
        json_t *j = object_new();
        err = money_subtract(&difference, t->here, t->there, e);
        if (err == OK) err = money_subtract(&unexplained, difference, t->explained, e);
        member_money(j, "ledger", t->here);
        member_money(j, "gateway", t->there);
        member_money(j, "difference", difference);
        member_money(j, "unexplained", unexplained);
        member_text(j, "currency", str_of(t->here.currency));
        rows_add(*out, j);
    }
    return err;
}

static enum err put_balance(json_t *j, const struct reconciliation *r, const struct call *c, struct error *e)
{
    json_t *totals = NULL, *rows = NULL;
    enum err err = totals_json(&totals, r, e);
    if (err == OK) err = discrepancies_json(&rows, r, c, e);
    member_instant(j, "balance_from", r->from);
    member_count(j, "movements", r->movements);
    member_count(j, "movements_noted", r->noted);
    member_count(j, "missing_here", r->missing_here);
    member_count(j, "missing_there", r->missing_there);
    member_count(j, "different", r->amounts);
    member_count(j, "suspense", r->suspense);
    member_count(j, "underway", r->underway);
    member_count(j, "differences", r->differences);
    member_put(j, "balances", totals);
    member_put(j, "discrepancies", rows);
    return err;
}

static enum err balance_differs(const struct reconciliation *r, struct error *e)
{
    if (r->differences == 0) return OK;
    if (r->differences == r->unexplained) {
        return fail(e, ERR_REFUSED, "in %ju currenc%s the balance at Stripe is another than the ledger's",
                    (uintmax_t)r->unexplained, r->unexplained == 1 ? "y" : "ies");
    }
    return fail(e, ERR_REFUSED, "%ju difference%s between the ledger and the balance at Stripe",
                (uintmax_t)r->differences, r->differences == 1 ? "" : "s");
}

/* ---- both ---- */

static enum err reconcile_balance(struct reconciliation *out, const struct call *c, struct error *e)
{
    const struct reconcile_query *q = c->query;
    struct service *s = c->service;
    struct reconcile_options o = {.actor = s->actor,
                                  .now = s->world.now(s->world.self),
                                  .progress = s->progress,
                                  .progress_context = s->progress_context,
                                  .shared = q->shared,
                                  .stops = s->stops};
    if (date_is_given(q->from)) o.from = date_start(q->from);
    return stripe_reconcile(out, s->stripe, s->ledger, &o, c->arena, e);
}

static enum err ended(const struct collect_summary *r, const struct reconciliation *balance,
                      const struct call *c, struct error *e)
{
    enum err err = collect_left_over(r, c, "reconciling", e);
    return err == OK ? balance_differs(balance, e) : err;
}

enum err ask_reconcile(const struct call *c, struct error *e)
{
    struct collect_options o = collect_options_of(c);
    struct collect_summary r = {0};
    struct reconciliation balance = {.movements = 0};
    struct telling told = {c, rows_new()};
    json_t *j = object_new();
    uint64_t not_asked = 0;
    enum err err = apply_waiting_webhooks(c, e);
    if (err == OK) err = payments_reconcile(&r, c->service->ledger, &o, keep_row, &told, c->arena, e);
    if (err == OK) err = count_not_asked(&not_asked, c, e);
    bool with_balance = c->service->stripe != NULL && !r.stopped;
    if (err == OK && with_balance) err = reconcile_balance(&balance, c, e);
    member_not_asked(j, c, not_asked);
    member_outcomes(j, &r);
    member_put(j, "transactions", told.rows);
    if (err == OK && with_balance) err = put_balance(j, &balance, c, e);
    if (err != OK) {
        json_decref(j);
        return err;
    }
    err = c->answer->take(c->answer->self, j, false, e);
    return err == OK ? ended(&r, &balance, c, e) : err;
}

/* ---- disputes ---- */

struct listing_disputes {
    const struct call *call;
    struct names names;
};

static enum err tell_dispute(void *context, const struct dispute *v, struct error *e)
{
    struct listing_disputes *l = context;
    json_t *j = object_new();
    member_id(j, "dispute_id", "dsp", v->dispute);
    member_instant(j, "opened_at", v->opened_at);
    member_user(j, &l->names, v->customer);
    member_id(j, "transaction_id", "txn", v->payment);
    member_money(j, "amount", v->amount);
    member_text(j, "currency", str_of(v->amount.currency));
    member_text(j, "status", str_of(choice_dispute_status.words[v->status]));
    member_text(j, "reason", v->reason);
    member_instant(j, "respond_by", v->respond_by);
    member_text(j, "reference", v->gateway_reference);
    return l->call->answer->take(l->call->answer->self, j, true, e);
}

enum err ask_dispute_list(const struct call *c, struct error *e)
{
    const struct dispute_list_query *q = c->query;
    struct list_query rows = {.from = q->from, .to = q->to, .limit = q->limit, .status = -1};
    struct views_txn *t = NULL;
    enum err err = service_days(q->from, q->to, e);
    if (err == OK) err = answer_status_word(&rows.status, &choice_dispute_status, q->status, e);
    if (err == OK) err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    struct listing_disputes l = {c, names_of(t, c->arena)};
    err = service_customer(&rows.customer, t, q->user, c->arena, e);
    if (err == OK) err = list_disputes(t, &rows, tell_dispute, &l, c->arena, e);
    ledger_read_end(c->service->ledger, t);
    return err;
}
