/* SPDX-License-Identifier: MIT */
/* ask_imported.c - what was imported of another system, as it stood there when it was read last. */
#include "billing/answers.h"

struct imported_rows {
    const struct call *call;
    struct arena *row;
    struct names names;
};

static json_t *imported_json(const struct object_imported *v, struct names *n)
{
    json_t *j = object_new();
    member_text(j, "kind", str_of(choice_imported_kind.words[v->kind]));
    member_text(j, "gateway", v->gateway);
    member_text(j, "reference", v->reference);
    member_text_or_null(j, "number", v->number);
    member_user(j, n, v->customer);
    member_id(j, "subscription_id", "sub", v->subscription);
    member_instant(j, "created", v->at);
    member_text_or_null(j, "status", v->status);
    member_text_or_null(j, "about", v->about);
    member_date(j, "from", v->from);
    member_date(j, "to", v->to);
    member_money(j, "amount", v->amount);
    member_money(j, "settled", v->settled);
    member_money(j, "subtotal", v->subtotal);
    member_money(j, "discount", v->discount);
    member_money(j, "tax", v->tax);
    member_money(j, "opened", v->opened);
    struct money like = money_is_given(v->amount) ? v->amount : v->opened;
    member_text_or_null(j, "currency", str_of(like.currency));
    member_count(j, "lines", v->lines);
    return j;
}

static enum err tell_object(void *context, const struct object_imported *row, struct error *e)
{
    struct imported_rows *r = context;
    enum err err = r->call->answer->take(r->call->answer->self, imported_json(row, &r->names), true, e);
    arena_reset(r->row);
    return err;
}

enum err ask_imported_list(const struct call *c, struct error *e)
{
    const struct imported_list_query *q = c->query;
    struct list_query rows = {.from = q->from, .to = q->to, .limit = q->limit, .status = -1};
    struct imported_rows r = {.call = c};
    struct views_txn *t = NULL;
    enum err err = service_days(q->from, q->to, e);
    if (err == OK)
        err = answer_word(&rows.status, "kind", &choice_imported_kind, IMPORTED_CUSTOMER, q->kind, e);
    if (err == OK) err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    r.row = arena_new();
    r.names = names_of(t, r.row);
    err = service_customer(&rows.customer, t, q->user, c->arena, e);
    if (err == OK) err = list_imported(t, &rows, tell_object, &r, r.row, e);
    ledger_read_end(c->service->ledger, t);
    arena_free(r.row);
    return err;
}
