/* SPDX-License-Identifier: MIT */
/* settle.c - the wire's side of payments: asks the gateway about transactions that the ledger has as pending,
 * and appends what it answered. No transaction of the store is open while the gateway is asked. An answer
 * that is lost leaves the transaction pending; it is asked for again, under the same key. */
#include "ledger/ledger_private.h"

static enum err ask(struct gateway_answer *answer, const struct gateway *g, const struct event *ev,
                    const struct gateway_request *r, struct arena *a, struct error *e)
{
    *answer = (struct gateway_answer){.outcome = PAYMENT_UNKNOWN};
    return ev->type == EVENT_PAYMENT_REQUESTED ? g->charge(g->self, answer, r, a, e)
                                               : g->refund(g->self, answer, r, a, e);
}

static bool is_pending(const struct event *ev)
{
    return ev->type == EVENT_PAYMENT_REQUESTED || ev->type == EVENT_REFUND_REQUESTED;
}

/* All requests from one look at the state; the look is over before the first question is asked. */
static enum err requests_of(struct gateway_request *requests, struct ledger *l, const struct event *events,
                            size_t count, struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, l, e);
    if (err != OK) return err;
    for (size_t i = 0; i < count && err == OK; i++) {
        struct gateway_request *r = &requests[i];
        if (!is_pending(&events[i])) continue;
        err = l->state->gateway_request(r, t, &events[i], a, e);
        r->token = str_copy(a, r->token); /* the views' memory ends with the transaction */
        r->payment_reference = str_copy(a, r->payment_reference);
    }
    ledger_read_end(l, t);
    return err;
}

struct settling {
    struct command *commands;
    struct request *requests;
    size_t count;
    size_t unknown;
};

static void note_answer(struct settling *s, uint64_t transaction, const struct gateway_answer *answer,
                        struct str actor)
{
    if (answer->outcome == PAYMENT_UNKNOWN) {
        s->unknown++;
        return;
    }
    struct command *c = &s->commands[s->count];
    *c = (struct command){.type = COMMAND_PAYMENT_SETTLE};
    c->payment_settle = (struct payment_settle_command){.transaction = transaction,
                                                        .outcome = answer->outcome,
                                                        .gateway_reference = answer->reference,
                                                        .code = answer->code,
                                                        .message = answer->message};
    s->requests[s->count] = (struct request){.command = c, .actor = actor};
    s->count++;
}

enum err ledger_settle(struct outcome *last, struct ledger *l, const struct gateway *g,
                       const struct event *events, size_t count, struct str actor, struct arena *a,
                       struct error *e)
{
    struct settling s = {.commands = arena_array_of(a, struct command, count),
                         .requests = arena_array_of(a, struct request, count)};
    struct gateway_request *questions = arena_array_of(a, struct gateway_request, count);
    enum err err = requests_of(questions, l, events, count, a, e);
    if (err != OK) return err;
    for (size_t i = 0; i < count; i++) {
        struct gateway_answer answer = {0};
        if (!is_pending(&events[i])) continue;
        err = ask(&answer, g, &events[i], &questions[i], a, e);
        if (err != OK) return err;
        uint64_t number = events[i].type == EVENT_PAYMENT_REQUESTED ? events[i].payment_requested.payment
                                                                    : events[i].refund_requested.refund;
        note_answer(&s, number, &answer, actor);
    }
    struct outcome *outcomes = arena_array_of(a, struct outcome, s.count);
    err = s.count == 0 ? OK : ledger_execute_batch(outcomes, l, s.requests, s.count, false, a, e);
    if (err != OK) return err;
    if (last != NULL && s.count > 0) *last = outcomes[s.count - 1];
    if (s.unknown > 0) {
        return fail(e, ERR_INCOMPLETE, "the gateway's answer to %zu of the transactions is not known",
                    s.unknown);
    }
    return OK;
}
