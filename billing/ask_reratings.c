/* SPDX-License-Identifier: MIT */
/* ask_reratings.c - questions about proposals to correct what was billed for usage. */
#include "billing/answers.h"

static json_t *line_json(const struct rerated_line *l)
{
    json_t *j = object_new();
    member_id(j, "subscription_id", "sub", l->subscription);
    member_text(j, "kind", str_of(choice_line_kind.words[l->kind]));
    member_text_or_null(j, "usage_type", l->usage_type);
    member_date(j, "period_start", l->from);
    member_date(j, "period_end", l->to);
    member_decimal(j, "billed_quantity", l->was);
    member_decimal(j, "quantity", l->is);
    member_money(j, "billed", l->billed);
    member_money(j, "amount", l->amount);
    member_money(j, "difference", l->difference);
    member_text(j, "currency", str_of(l->difference.currency));
    return j;
}

/* The sum, where all is of one currency, as nearly always. */
static void put_difference(json_t *j, const struct rerating *r)
{
    struct money sum = {0};
    struct error unused = {0};
    bool one = r->lines_count > 0;
    for (size_t i = 0; i < r->lines_count && one; i++) {
        struct money d = r->lines[i].difference;
        one = (i == 0 || money_same_currency(sum, d)) && money_add(&sum, sum, d, &unused) == OK;
    }
    if (one) {
        member_money(j, "difference", sum);
        member_text(j, "currency", str_of(sum.currency));
    } else {
        member_put(j, "difference", json_null());
        member_put(j, "currency", json_null());
    }
}

json_t *rerating_json(const struct rerating *r, bool with_lines, struct names *n)
{
    json_t *j = object_new();
    member_id(j, "rerating_id", "rerating", r->rerating);
    member_user(j, n, r->customer);
    member_text(j, "status", str_of(choice_rerating_status.words[r->status]));
    member_instant(j, "proposed_at", r->at);
    member_count(j, "corrections", r->lines_count);
    put_difference(j, r);
    if (!with_lines) return j;
    json_t *lines = rows_new();
    for (size_t i = 0; i < r->lines_count; i++) rows_add(lines, line_json(&r->lines[i]));
    member_put(j, "lines", lines);
    return j;
}

enum err ask_rerating_show(const struct call *c, struct error *e)
{
    const struct rerating_show_query *q = c->query;
    struct views_txn *t = NULL;
    struct rerating r = {0};
    json_t *answer = NULL;
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    struct names n = names_of(t, c->arena);
    err = find_rerating(&r, t, q->rerating, c->arena, e);
    if (err == OK) answer = rerating_json(&r, true, &n);
    ledger_read_end(c->service->ledger, t);
    return err == OK ? c->answer->take(c->answer->self, answer, false, e) : err;
}

struct telling {
    const struct call *call;
    struct names names;
    struct arena *row;
    int status; /* -1: all */
    uint64_t left;
};

static enum err tell_rerating(void *context, const struct rerating *r, struct error *e)
{
    struct telling *w = context;
    const struct answer *answer = w->call->answer;
    bool wanted = w->status < 0 || r->status == (enum rerating_status)w->status;
    if (w->left == 0) return ERR_NOT_FOUND;
    enum err err = wanted ? answer->take(answer->self, rerating_json(r, false, &w->names), true, e) : OK;
    if (wanted) w->left--;
    arena_reset(w->row);
    return err;
}

enum err ask_rerating_list(const struct call *c, struct error *e)
{
    const struct rerating_list_query *q = c->query;
    struct views_txn *t = NULL;
    struct telling w = {.call = c, .status = -1, .left = q->limit == 0 ? UINT64_MAX : q->limit};
    if (q->status.len > 0 && !choice_parse(&w.status, &choice_rerating_status, q->status)) {
        struct str shown = text_quotable(q->status);
        return fail(e, ERR_INVALID, "--status '%.*s' is none of its words", STR_ARG(shown));
    }
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    w.row = arena_new();
    w.names = names_of(t, w.row);
    err = list_reratings(t, tell_rerating, &w, w.row, e);
    ledger_read_end(c->service->ledger, t);
    arena_free(w.row);
    return err;
}
