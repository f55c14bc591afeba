/* SPDX-License-Identifier: MIT */
/* decide_webhook.c - what a gateway sends by itself. First it is kept, once for each of its ids, and
 * answered; then it does what it asks for. Messages come late, twice and in any order: what one says of a
 * payment counts when nothing did before, and what it did is found again by the thing that it is about, not
 * by the message. One that meant nothing here, or that somebody must look at, may be looked at again: by then
 * the ledger may know what it is about. */
#include "ledger/book/decide_shared.h"

enum err decide_webhook_receive(struct decision *out, const struct facts *f,
                                const struct webhook_receive_command *c, struct arena *a, struct error *e)
{
    (void)e;
    if (f->webhook != NULL) return OK; /* it came before */
    struct event *ev = event_add(&out->events, EVENT_WEBHOOK_RECEIVED, a);
    ev->webhook_received = (struct webhook_received){.webhook = f->counters.webhook,
                                                     .gateway = c->gateway,
                                                     .event_id = c->event_id,
                                                     .type = c->type,
                                                     .created = c->created,
                                                     .object = c->object,
                                                     .reference = c->reference,
                                                     .api_version = c->api_version,
                                                     .livemode = c->livemode,
                                                     .sha256 = c->sha256,
                                                     .body = c->body};
    return OK;
}

/* ---- what it does ---- */

static enum err settle(struct decision *out, const struct facts *f, const struct webhook_apply_command *c,
                       struct arena *a, struct error *e)
{
    struct payment_settle_command answer = {.transaction = c->transaction,
                                            .outcome = c->payment_outcome,
                                            .gateway_reference = c->gateway_reference,
                                            .code = c->code,
                                            .message = c->message,
                                            .advice = c->advice};
    return decide_payment_settle(out, f, &answer, a, e);
}

/* One that was removed here already, or never was here, is no concern. The gateway need not be told of what
 * it told. */
static enum err remove_method(struct decision *out, const struct facts *f,
                              const struct webhook_apply_command *c, struct arena *a, struct error *e)
{
    struct payment_method_remove_command remove = {.user = c->user, .method = c->method};
    const struct method *m = f->customer == NULL ? NULL : method_named(f, c->method);
    if (m == NULL) return OK;
    enum err err = decide_payment_method_remove(out, f, &remove, a, e);
    if (err == OK) add_detached(out, m, a);
    return err;
}

static enum err do_what_it_asks(struct decision *out, const struct facts *f,
                                const struct webhook_apply_command *c, struct arena *a, struct error *e)
{
    if (c->effect == WEBHOOK_SETTLES) return settle(out, f, c, a, e);
    if (c->effect == WEBHOOK_REMOVES_METHOD) return remove_method(out, f, c, a, e);
    return OK;
}

static bool may_be_applied(const struct webhook *w)
{
    return w->outcome == WEBHOOK_WAITING || w->outcome == WEBHOOK_FOREIGN || w->outcome == WEBHOOK_ATTENTION;
}

/* It comes out the same; or it would be foreign, as by a key of the other world, and somebody is to look at
 * it already. */
static bool says_no_more(const struct webhook *w, const struct webhook_applied *v)
{
    bool same = w->outcome == v->outcome && w->transaction == v->transaction && str_equal(w->what, v->what);
    return same || (w->outcome == WEBHOOK_ATTENTION && v->outcome == WEBHOOK_FOREIGN);
}

enum err decide_webhook_apply(struct decision *out, const struct facts *f,
                              const struct webhook_apply_command *c, struct arena *a, struct error *e)
{
    if (f->webhook == NULL) return fail(e, ERR_NOT_FOUND, "no webhook %ju", (uintmax_t)c->webhook);
    if (!may_be_applied(f->webhook)) return OK; /* it was done */
    enum err err = do_what_it_asks(out, f, c, a, e);
    if (err != OK) return err;
    bool changed = out->events.count > 0, notes = c->effect == WEBHOOK_NOTES;
    enum webhook_outcome outcome = notes ? c->outcome : changed ? WEBHOOK_APPLIED : WEBHOOK_KNOWN;
    const struct webhook_applied v = {
        .webhook = c->webhook, .outcome = outcome, .what = c->what, .transaction = c->transaction};
    if (changed || !says_no_more(f->webhook, &v))
        event_add(&out->events, EVENT_WEBHOOK_APPLIED, a)->webhook_applied = v;
    return OK;
}
