/* SPDX-License-Identifier: MIT */
/* settle.c - the wire's side of payments: asks the gateway about transactions that the ledger has as pending,
 * and appends what it answered. No transaction of the store is open while the gateway is asked. Of a gateway
 * with two steps, what the first one answered is durable before the second. An answer that is lost leaves the
 * transaction pending; it is asked for again. */
#include "ledger/ledger_private.h"

void gateway_answered(const struct gateway_watch *w, enum payment_outcome outcome)
{
    if (w != NULL && w->answered != NULL) w->answered(w->self, outcome);
}

bool gateway_stops(const struct gateway_watch *w)
{
    return w != NULL && w->stops != NULL && w->stops(w->self);
}

struct settling {
    struct ledger *ledger;
    const struct gateway *gateway;
    struct gateway_question *questions; /* all of them */
    size_t count;
    struct outcome last;
    uint64_t refused; /* the first transaction whose answer the ledger's rules do not take; 0: none */
    struct error why;
    struct str actor;
    struct arena *arena;
};

/* Another gateway knows nothing of what this one was asked for. */
static bool is_pending(const struct event *ev, const struct gateway *g)
{
    if (ev->type == EVENT_PAYMENT_REQUESTED) return str_is(ev->payment_requested.gateway, g->name);
    return ev->type == EVENT_REFUND_REQUESTED && str_is(ev->refund_requested.gateway, g->name);
}

/* All requests from one look at the state; the look is over before the first question is asked. */
static enum err requests_of(struct settling *s, const struct event *events, size_t count, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, s->ledger, e);
    if (err != OK) return err;
    for (size_t i = 0; i < count && err == OK; i++) {
        if (!is_pending(&events[i], s->gateway)) continue;
        struct gateway_request r = {0};
        err = s->ledger->state->gateway_request(&r, t, &events[i], s->arena, e);
        struct gateway_request *kept = &s->questions[s->count++].request;
        *kept = r; /* its texts end with the transaction */
        kept->key = str_copy(s->arena, r.key);
        kept->token = str_copy(s->arena, r.token);
        kept->gateway_customer = str_copy(s->arena, r.gateway_customer);
        kept->reference = str_copy(s->arena, r.reference);
        kept->refund_reference = str_copy(s->arena, r.refund_reference);
        kept->description = str_copy(s->arena, r.description);
    }
    ledger_read_end(s->ledger, t);
    return err;
}

/* ---- one step ---- */

static void note_payment(struct command *out, const struct gateway_question *q)
{
    out->type = COMMAND_PAYMENT_SETTLE;
    out->payment_settle = (struct payment_settle_command){.transaction = q->request.transaction,
                                                          .outcome = q->answer.outcome,
                                                          .gateway_reference = q->answer.reference,
                                                          .code = q->answer.code,
                                                          .message = q->answer.message,
                                                          .advice = q->answer.advice};
}

/* False: the answer says nothing. */
static bool note_answer(struct command *out, const struct gateway_question *q)
{
    if (q->answer.outcome == PAYMENT_UNKNOWN) return false;
    if (q->request.step == GATEWAY_FORGET) {
        out->type = COMMAND_PAYMENT_METHOD_DETACH;
        out->payment_method_detach =
            (struct payment_method_detach_command){q->request.customer, q->request.method};
        return q->answer.outcome == PAYMENT_SUCCEEDED;
    }
    note_payment(out, q);
    return true;
}

/* The answers that say something, in one commit. */
static enum err note_answers(struct settling *s, const struct gateway_question *questions, size_t count,
                             struct error *e)
{
    struct command *commands = arena_array_of(s->arena, struct command, count);
    struct request *requests = arena_array_of(s->arena, struct request, count);
    struct outcome *outcomes = arena_array_of(s->arena, struct outcome, count);
    size_t told = 0;
    for (size_t i = 0; i < count; i++) {
        if (!note_answer(&commands[told], &questions[i])) continue;
        requests[told] = (struct request){.command = &commands[told], .actor = s->actor};
        told++;
    }
    if (told == 0) return OK;
    enum err err = ledger_execute_batch(outcomes, s->ledger, requests, told, false, s->arena, e);
    for (size_t i = 0; err == OK && i < told; i++) {
        if (outcomes[i].seq != 0) s->last = outcomes[i];
        if (outcomes[i].code == OK || s->refused != 0) continue;
        s->refused = commands[i].payment_settle.transaction;
        s->why = outcomes[i].error;
    }
    return err;
}

/* When asking on is useless, the answers that came before it are noted all the same. */
static enum err ask(struct settling *s, struct gateway_question *questions, size_t count, struct error *e)
{
    struct error useless = {0};
    if (count == 0) return OK;
    enum err asked =
        s->gateway->ask(s->gateway->self, questions, count, s->gateway->watch, s->arena, &useless);
    enum err err = note_answers(s, questions, count, e);
    if (err != OK || asked == OK) return err;
    *e = useless;
    return asked;
}

/* ---- both ---- */

static bool needs_preparing(const struct gateway_request *r)
{
    return r->step == GATEWAY_CHARGE && r->reference.len == 0;
}

/* Copies of the questions that are to be prepared; *of: whose they are. */
static size_t pick_unprepared(struct gateway_question *picked, size_t *of, const struct settling *s)
{
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (!needs_preparing(&s->questions[i].request)) continue;
        picked[count] = s->questions[i];
        picked[count].request.step = GATEWAY_PREPARE;
        of[count++] = i;
    }
    return count;
}

/* What is prepared goes on to be charged; anything else is its answer. */
static enum err prepare(struct settling *s, struct error *e)
{
    struct gateway_question *picked = arena_array_of(s->arena, struct gateway_question, s->count);
    size_t *of = arena_array_of(s->arena, size_t, s->count);
    size_t count = pick_unprepared(picked, of, s);
    enum err err = ask(s, picked, count, e);
    for (size_t i = 0; i < count; i++) {
        struct gateway_question *q = &s->questions[of[i]];
        if (picked[i].answer.outcome == PAYMENT_PREPARED) {
            q->request.reference = picked[i].answer.reference;
            q->request.again = false;
        } else {
            q->answer = picked[i].answer;
        }
    }
    return err;
}

static enum err charge(struct settling *s, struct error *e)
{
    struct gateway_question *picked = arena_array_of(s->arena, struct gateway_question, s->count);
    size_t *of = arena_array_of(s->arena, size_t, s->count);
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (s->gateway->two_steps && needs_preparing(&s->questions[i].request)) continue;
        picked[count] = s->questions[i];
        of[count++] = i;
    }
    enum err err = ask(s, picked, count, e);
    for (size_t i = 0; i < count; i++) s->questions[of[i]].answer = picked[i].answer;
    return err;
}

enum err ledger_settle(struct outcome *last, struct ledger *l, const struct gateway *g,
                       const struct event *events, size_t count, struct str actor, struct arena *a,
                       struct error *e)
{
    struct settling s = {.ledger = l,
                         .gateway = g,
                         .questions = arena_array_of(a, struct gateway_question, count),
                         .actor = actor,
                         .arena = a};
    size_t unknown = 0;
    enum err err = requests_of(&s, events, count, e);
    if (err == OK && g->two_steps) err = prepare(&s, e);
    if (err == OK) err = charge(&s, e);
    if (last != NULL && s.last.seq != 0) *last = s.last;
    if (err != OK) return err;
    if (s.refused != 0)
        return fail(e, ERR_INCOMPLETE, "the gateway's answer to txn_%ju cannot be noted: %s",
                    (uintmax_t)s.refused, s.why.text);
    for (size_t i = 0; i < s.count; i++) unknown += s.questions[i].answer.outcome == PAYMENT_UNKNOWN;
    if (unknown == 0) return OK;
    return fail(e, ERR_INCOMPLETE, "the gateway's answer to %zu of the transactions is not known", unknown);
}

enum err ledger_tell(struct gateway_told *out, struct ledger *l, const struct gateway *g,
                     const struct gateway_request *requests, size_t count, struct str actor, struct arena *a,
                     struct error *e)
{
    struct settling s = {.ledger = l,
                         .gateway = g,
                         .questions = arena_array_of(a, struct gateway_question, count),
                         .count = count,
                         .actor = actor,
                         .arena = a};
    *out = (struct gateway_told){.unknown = 0};
    for (size_t i = 0; i < count; i++) s.questions[i].request = requests[i];
    enum err err = ask(&s, s.questions, count, e);
    out->last = s.last;
    for (size_t i = 0; i < count; i++) {
        bool unknown = s.questions[i].answer.outcome == PAYMENT_UNKNOWN;
        out->unknown += unknown;
        out->unknown_looks += unknown && requests[i].step == GATEWAY_LOOK;
    }
    if (err != OK || out->unknown == 0) return err;
    return fail(e, ERR_INCOMPLETE, "the gateway did not answer to %zu things that it was told", out->unknown);
}
