/* SPDX-License-Identifier: MIT */
/* ask_audit_log.c - S24: who did what when to what, and what came of it. Read from the records themselves, so
 * that it never rests on state. */
#include "billing/answers.h"

struct log_listing {
    const struct call *call;
    const struct audit_log_query *query;
    struct str action; /* as records have it */
    struct views_txn *txn;
    struct arena *rows; /* emptied after each */
    struct names names;
    uint64_t told;
};

static struct str subject_of(const struct event *ev, struct arena *a)
{
    switch ((int)ev->type) {
    case EVENT_ACCESS_NOTED: return ev->access_noted.subject;
    case EVENT_INVOICE_FINALIZED: return ev->invoice_finalized.number;
    case EVENT_ACTOR_ADDED: return ev->actor_added.name;
    case EVENT_ACTOR_CHANGED: return ev->actor_changed.name;
    case EVENT_ACTOR_REMOVED: return ev->actor_removed.name;
    case EVENT_ACTOR_RECOVERED: return ev->actor_recovered.name;
    case EVENT_TOKEN_ISSUED: return public_id(a, "tok", ev->token_issued.token);
    case EVENT_TOKEN_REVOKED: return public_id(a, "tok", ev->token_revoked.token);
    default: return STR_NONE;
    }
}

/* That of the first event that has one. */
static struct str subject_of_all(const struct envelope *v, struct arena *a)
{
    struct str out = STR_NONE;
    for (size_t i = 0; i < v->events_count && out.len == 0; i++) out = subject_of(&v->events[i], a);
    return out;
}

static json_t *record_json(const struct event_place *place, const struct envelope *v, struct names *n,
                           struct arena *a)
{
    json_t *j = object_new(), *events = rows_new();
    member_count(j, "seq", place->seq);
    member_instant(j, "time", place->at);
    member_user(j, n, trail_customer(v));
    member_text(j, "actor", v->actor);
    member_text(j, "action", trail_action(v));
    member_text_or_null(j, "subject", subject_of_all(v, a));
    member_text(j, "result", str_of(trail_result(v, a)));
    for (size_t i = 0; i < v->events_count; i++) {
        struct str sentence = trail_sentence(&v->events[i], a);
        rows_add(events, json_stringn(sentence.ptr, sentence.len));
    }
    member_put(j, "events", events);
    return j;
}

static bool is_wanted(const struct log_listing *l, const struct envelope *v)
{
    const struct audit_log_query *q = l->query;
    if (q->by.len > 0 && !str_equal(q->by, v->actor)) return false;
    if (l->action.len > 0 && !str_equal(l->action, trail_action(v))) return false;
    return q->result.len == 0 || str_is(q->result, trail_result(v, l->rows));
}

static enum err tell_record(void *context, uint64_t seq, struct error *e)
{
    struct log_listing *l = context;
    struct envelope v = {0};
    struct event_place place = {0};
    if (l->query->limit != 0 && l->told >= l->query->limit) return ERR_NOT_FOUND;
    enum err err = ledger_record(&v, &place, l->call->service->ledger, seq, l->rows, e);
    if (err == ERR_NOT_FOUND || (err == OK && v.events_count == 0)) {
        return fail(e, ERR_TAMPERED, "the audit log names record %ju, which holds no events", (uintmax_t)seq);
    }
    if (err == OK && is_wanted(l, &v)) {
        const struct answer *to = l->call->answer;
        l->told++;
        err = to->take(to->self, record_json(&place, &v, &l->names, l->rows), true, e);
    }
    arena_reset(l->rows);
    return err;
}

/* "invoice show", as people write it, is invoice.show. */
static struct str action_named(struct str given, struct arena *a)
{
    char *text = str_cstring(a, given);
    for (char *p = text; *p != '\0'; p++)
        if (*p == ' ') *p = '.';
    return (struct str){text, given.len};
}

enum err ask_audit_log(const struct call *c, struct error *e)
{
    const struct audit_log_query *q = c->query;
    struct log_listing l = {
        .call = c, .query = q, .action = action_named(q->action, c->arena), .rows = arena_new()};
    uint64_t customer = 0;
    enum err err = service_days(q->from, q->to, e);
    if (err == OK) err = ledger_read_begin(&l.txn, c->service->ledger, e);
    if (err == OK) {
        l.names = names_of(l.txn, l.rows);
        err = service_customer(&customer, l.txn, q->user, c->arena, e);
        if (err == OK) err = list_audit(l.txn, customer, q->from, q->to, tell_record, &l, e);
        ledger_read_end(c->service->ledger, l.txn);
    }
    arena_free(l.rows);
    return err;
}
