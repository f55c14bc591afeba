/* SPDX-License-Identifier: MIT */
/* collect.c - what a night asks of the gateway, without the night: the same steps (run_collect.c), and an
 * account of what became of every payment that was asked for or asked about. */
#include "reports/run.h"

/* ---- counting ---- */

static struct collect_total *total_of(struct collected *c, const char *currency)
{
    for (size_t i = 0; i < c->totals_count; i++) {
        if (strcmp(c->totals[i].asked.currency, currency) == 0) return &c->totals[i];
    }
    if (c->totals_count == c->totals_capacity) {
        c->totals_capacity = c->totals_capacity == 0 ? 8 : 2 * c->totals_capacity;
        c->totals = realloc(c->totals, c->totals_capacity * sizeof *c->totals);
        if (c->totals == NULL) WRONG("out of memory");
    }
    struct money nothing = money_of(0, currency);
    c->totals[c->totals_count] = (struct collect_total){nothing, nothing, nothing, nothing, nothing};
    return &c->totals[c->totals_count++];
}

static bool is_unknown(const struct transaction *v)
{
    return v->status == TRANSACTION_PENDING && !v->processing;
}

static enum err count_payment(struct collected *c, const struct transaction *v, struct error *e)
{
    struct collect_summary *s = c->summary;
    struct collect_total *t = total_of(c, v->amount.currency);
    struct money *sum = &t->completed;
    uint64_t *count = &s->completed;
    if (v->status == TRANSACTION_FAILED) {
        sum = &t->declined;
        count = &s->declined;
    } else if (is_unknown(v)) {
        sum = &t->unknown;
        count = &s->unknown;
    } else if (v->status == TRANSACTION_PENDING) {
        sum = &t->processing;
        count = &s->processing;
    }
    (*count)++;
    return money_add(sum, *sum, v->amount, e);
}

static void count_refund(struct collect_summary *s, const struct transaction *v)
{
    if (v->status != TRANSACTION_PENDING) s->refunds_settled++;
    if (is_unknown(v)) s->refunds_unknown++;
}

enum err collected_look(struct transaction **out, const struct nightly *n, const uint64_t *transactions,
                        size_t count, struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    if (n->collected == NULL) return OK;
    enum err err = ledger_read_begin(&t, n->ledger, e);
    if (err != OK) return err;
    *out = arena_array_of(a, struct transaction, count);
    for (size_t i = 0; i < count && err == OK; i++) {
        struct transaction v = {0};
        if (transactions[i] == 0) continue;
        err = load_transaction(&v, t, transactions[i], a, e);
        if (err == OK) schema_copy(&(*out)[i], &schema_transaction, &v, a);
    }
    ledger_read_end(n->ledger, t);
    return err;
}

enum err collected_note(const struct nightly *n, const struct transaction *was, const struct transaction *now,
                        size_t count, struct error *e)
{
    struct collected *c = n->collected;
    enum err err = OK;
    for (size_t i = 0; c != NULL && i < count && err == OK; i++) {
        if (now[i].kind == TRANSACTION_REFUND)
            count_refund(c->summary, &now[i]);
        else
            err = count_payment(c, &now[i], e);
        if (err == OK && c->row != NULL) err = c->row(c->context, &was[i], &now[i], e);
    }
    return err;
}

enum err collected_note_asked(const struct nightly *n, const struct event *events, size_t count,
                              struct error *e)
{
    struct collected *c = n->collected;
    enum err err = OK;
    for (size_t i = 0; c != NULL && i < count && err == OK; i++) {
        struct money amount = events[i].payment_requested.amount;
        struct collect_total *t = total_of(c, amount.currency);
        c->summary->asked++;
        err = money_add(&t->asked, t->asked, amount, e);
    }
    return err;
}

/* ---- both doors ---- */

struct collecting {
    struct run_options options;
    struct run_summary ignored;
    struct collected collected;
    struct nightly nightly;
    struct arena *arena; /* of one batch */
};

static void begin(struct collecting *c, struct collect_summary *out, struct ledger *l,
                  const struct collect_options *o, struct arena *a)
{
    *out = (struct collect_summary){0};
    *c = (struct collecting){.options = {.gateway = o->gateway,
                                         .actor = o->actor,
                                         .progress = o->progress,
                                         .progress_context = o->progress_context,
                                         .stops = o->stops,
                                         .stops_context = o->stops_context},
                             .collected = {.summary = out},
                             .arena = arena_new()};
    c->nightly = (struct nightly){.ledger = l,
                                  .o = &c->options,
                                  .summary = &c->ignored,
                                  .arena = a,
                                  .collects_through = o->through,
                                  .collected = &c->collected};
    run_watch_gateway(&c->nightly);
}

static enum err count_pending(struct collecting *c, struct error *e)
{
    struct collect_summary *s = c->collected.summary;
    struct views_txn *t = NULL;
    struct event *events = NULL;
    size_t count = 0;
    enum err err = ledger_read_begin(&t, c->nightly.ledger, e);
    if (err != OK) return err;
    arena_reset(c->arena);
    err = list_pending(&events, &count, t, 0, c->arena, e);
    s->pending = count;
    for (size_t i = 0; err == OK && i < count; i++)
        s->elsewhere += !str_is(gateway_of(&events[i]), c->options.gateway->name);
    ledger_read_end(c->nightly.ledger, t);
    return err;
}

static enum err end(struct collecting *c, enum err err, struct error *e)
{
    struct collect_summary *s = c->collected.summary;
    struct collect_total *totals =
        arena_array_of(c->nightly.arena, struct collect_total, c->collected.totals_count);
    s->stopped = err == ERR_INCOMPLETE;
    if (s->stopped) err = OK;
    if (err == OK) err = count_pending(c, e);
    for (size_t i = 0; i < c->collected.totals_count; i++) totals[i] = c->collected.totals[i];
    s->totals = totals;
    s->totals_count = c->collected.totals_count;
    free(c->collected.totals);
    arena_free(c->arena);
    return err;
}

enum err payments_collect(struct collect_summary *out, struct ledger *l, const struct collect_options *o,
                          struct arena *a, struct error *e)
{
    struct collecting c;
    begin(&c, out, l, o, a);
    enum err err = run_settle_pending(&c.nightly, c.arena, e);
    if (err == OK) err = run_tell(&c.nightly, true, c.arena, e);
    if (err == OK) err = run_collect(&c.nightly, c.arena, e);
    if (err == OK) err = run_dun(&c.nightly, c.arena, e);
    if (err == OK) err = run_tell(&c.nightly, false, c.arena, e);
    return end(&c, err, e);
}

enum err payments_dun(struct collect_summary *out, struct ledger *l, const struct collect_options *o,
                      struct arena *a, struct error *e)
{
    struct collecting c;
    begin(&c, out, l, o, a);
    c.nightly.duns_through = o->through;
    enum err err = run_settle_pending(&c.nightly, c.arena, e);
    if (err == OK) err = run_dun(&c.nightly, c.arena, e);
    return end(&c, err, e);
}

enum err payments_reconcile(struct collect_summary *out, struct ledger *l, const struct collect_options *o,
                            settled_row_fn *row, void *context, struct arena *a, struct error *e)
{
    struct collecting c;
    begin(&c, out, l, o, a);
    c.collected.row = row;
    c.collected.context = context;
    enum err err = run_settle_pending(&c.nightly, c.arena, e);
    if (err == OK) err = run_tell(&c.nightly, true, c.arena, e);
    if (err == OK) err = run_goes_on(&c.nightly, e);
    return end(&c, err, e);
}
