/* SPDX-License-Identifier: MIT */
/* ask_collect.c - what is asked of the payment gateway in bulk. */
#include "billing/ask_collect.h"

struct collect_options collect_options_of(const struct call *c)
{
    struct service *s = c->service;
    return (struct collect_options){.gateway = &s->gateway,
                                    .actor = s->actor,
                                    .progress = s->progress,
                                    .progress_context = s->progress_context,
                                    .stops = s->stops};
}

enum err count_not_asked(uint64_t *out, const struct call *c, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    err = count_kept_elsewhere(out, t, str_of(c->service->gateway.name), e);
    ledger_read_end(c->service->ledger, t);
    return err;
}

void member_not_asked(json_t *j, const struct call *c, uint64_t count)
{
    member_text(j, "gateway", str_of(c->service->gateway.name));
    member_count(j, "not_asked", count);
}

enum err collect_left_over(const struct collect_summary *r, const struct call *c, const char *which,
                           struct error *e)
{
    uint64_t unknown = r->unknown + r->refunds_unknown;
    if (r->stopped) {
        return fail(e, ERR_INCOMPLETE, "%s was stopped, as it was told to; the next one goes on from there",
                    which);
    }
    if (unknown != 0) {
        return fail(e, ERR_INCOMPLETE,
                    "the gateway's answer to %ju transaction%s is not known%.*s; the next one asks again",
                    (uintmax_t)unknown, unknown == 1 ? "" : "s",
                    STR_ARG(answer_trouble(c->service, c->arena)));
    }
    if (r->untold > 0) {
        return fail(
            e, ERR_INCOMPLETE,
            "the gateway did not answer to %ju thing%s that it was told%.*s; the next one tells it again",
            (uintmax_t)r->untold, r->untold == 1 ? "" : "s", STR_ARG(answer_trouble(c->service, c->arena)));
    }
    if (r->elsewhere == 0) return OK;
    return fail(e, ERR_INCOMPLETE, "%ju pending transaction%s asked of another gateway than %s",
                (uintmax_t)r->elsewhere, r->elsewhere == 1 ? " was" : "s were", c->service->gateway.name);
}

/* ---- collecting ---- */

static json_t *totals_json(const struct collect_summary *r)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < r->totals_count; i++) {
        const struct collect_total *t = &r->totals[i];
        json_t *j = object_new();
        member_money(j, "asked", t->asked);
        member_money(j, "completed", t->completed);
        member_money(j, "declined", t->declined);
        member_money(j, "processing", t->processing);
        member_money(j, "unknown", t->unknown);
        member_text(j, "currency", str_of(t->asked.currency));
        rows_add(list, j);
    }
    return list;
}

void member_outcomes(json_t *j, const struct collect_summary *r)
{
    member_count(j, "completed", r->completed);
    member_count(j, "declined", r->declined);
    member_count(j, "processing", r->processing);
    member_count(j, "unknown", r->unknown);
    member_count(j, "refunds_settled", r->refunds_settled);
    member_count(j, "refunds_unknown", r->refunds_unknown);
    member_count(j, "still_pending", r->pending);
    member_count(j, "untold", r->untold);
    member_count(j, "of_other_gateways", r->elsewhere);
    member_flag(j, "stopped", r->stopped);
}

typedef enum err collect_fn(struct collect_summary *out, struct ledger *l, const struct collect_options *o,
                            struct arena *a, struct error *e);

static enum err collect(const struct call *c, collect_fn *how, struct date through, const char *which,
                        struct error *e)
{
    struct collect_options o = collect_options_of(c);
    struct collect_summary r = {0};
    uint64_t not_asked = 0;
    o.through = through;
    enum err err = apply_waiting_webhooks(c, e);
    if (err == OK) err = how(&r, c->service->ledger, &o, c->arena, e);
    if (err == OK) err = count_not_asked(&not_asked, c, e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_not_asked(j, c, not_asked);
    member_count(j, "asked", r.asked);
    member_outcomes(j, &r);
    member_put(j, "totals", totals_json(&r));
    err = c->answer->take(c->answer->self, j, false, e);
    return err == OK ? collect_left_over(&r, c, which, e) : err;
}

enum err ask_payment_collect(const struct call *c, struct error *e)
{
    const struct payment_collect_query *q = c->query;
    return collect(c, payments_collect, q->through, "collecting", e);
}

enum err ask_dunning_run(const struct call *c, struct error *e)
{
    const struct dunning_run_query *q = c->query;
    return collect(c, payments_dun, q->through, "dunning", e);
}
