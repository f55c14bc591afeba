/* SPDX-License-Identifier: MIT */
/* ask_periods.c - months of the books that were closed and reopened: the answers of both, and their list. */
#include "billing/answering.h"
#include "billing/answers.h"

static json_t *closing_json(const struct closing *row, struct arena *a)
{
    json_t *j = object_new();
    member_text(j, "month", month_text(a, row->through));
    member_text(j, "what", row->reopened ? STR("reopened") : STR("closed"));
    member_date(j, "open_from", row->from);
    member_instant(j, "at", row->at);
    member_text_or_null(j, "actor", row->actor);
    member_text_or_null(j, "note", row->note);
    member_count(j, "seq", row->seq);
    return j;
}

enum err answer_period(struct answering *g, struct error *e)
{
    const struct command *m = g->command;
    bool close = m->type == COMMAND_PERIOD_CLOSE;
    struct date through = {0};
    enum err err = books_closed_through(&through, g->txn, e);
    if (err != OK) return err;
    json_t *j = *g->out = object_new();
    member_text(j, "month", close ? m->period_close.month : m->period_reopen.month);
    member_text(j, "what", close ? STR("closed") : STR("reopened"));
    member_date(j, "closed_through", through);
    member_count(j, "seq", g->outcome->seq);
    return OK;
}

struct telling {
    const struct call *call;
    struct arena *row;
    uint64_t left;
};

static enum err tell(void *context, const struct closing *row, struct error *e)
{
    struct telling *w = context;
    const struct answer *answer = w->call->answer;
    if (w->left == 0) return ERR_NOT_FOUND;
    w->left--;
    enum err err = answer->take(answer->self, closing_json(row, w->row), true, e);
    arena_reset(w->row);
    return err;
}

enum err ask_period_list(const struct call *c, struct error *e)
{
    const struct period_list_query *q = c->query;
    struct views_txn *t = NULL;
    struct telling w = {.call = c, .left = q->limit == 0 ? UINT64_MAX : q->limit};
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    w.row = arena_new();
    err = list_closings(t, tell, &w, w.row, e);
    ledger_read_end(c->service->ledger, t);
    arena_free(w.row);
    return err;
}
