/* SPDX-License-Identifier: MIT */
/* ask_payment.c - what a customer has to do himself, at the gateway's or on a page of the company's: to
 * confirm a payment. The secret that he needs stands in the answer, and nowhere else. And the receipt that he
 * gets. */
#include "billing/answers.h"

/* ---- which payment ---- */

struct confirming {
    struct transaction payment;
    struct gateway_request request;
    struct gateway_confirmation stands;
    struct instant until;
};

static enum err check_waits(const struct transaction *v, struct error *e)
{
    if (payment_wants_customer(v)) return OK;
    return fail(e, ERR_REFUSED, "payment txn_%ju does not wait for its customer: it is %s",
                (uintmax_t)v->transaction, transaction_status_shown(v));
}

static enum err look(struct confirming *out, const struct call *c, uint64_t number, struct error *e)
{
    struct service *s = c->service;
    struct transaction v = {0};
    struct views_txn *t = NULL;
    struct untold_query q = {.gateway = str_of(s->gateway.name),
                             .ledger = ledger_origin(s->ledger),
                             .now = s->world.now(s->world.self)};
    enum err err = ledger_read_begin(&t, s->ledger, e);
    if (err != OK) return err;
    err = load_transaction(&v, t, number, c->arena, e);
    if (err == OK) err = check_waits(&v, e);
    if (err == OK) err = confirmable_request(&out->request, &out->until, t, &v, &q, c->arena, e);
    schema_copy(&out->payment, &schema_transaction, &v, c->arena);
    ledger_read_end(s->ledger, t);
    return err;
}

/* What the gateway says that the ledger does not have is booked as if it had been asked about. */
static enum err note(const struct call *c, struct confirming *v, struct error *e)
{
    struct service *s = c->service;
    struct gateway_told told = {0};
    if (v->stands.outcome == PAYMENT_PREPARED) return OK;
    return ledger_tell(&told, s->ledger, &s->gateway, &v->request, 1, s->actor, c->arena, e);
}

/* ---- the answer ---- */

static const char *what_follows(const struct gateway_confirmation *g)
{
    if (g->outcome == PAYMENT_SUCCEEDED) return "the payment is paid";
    if (g->outcome == PAYMENT_PROCESSING) return "the payment is being processed by the bank";
    if (g->outcome != PAYMENT_PREPARED) return "the payment was canceled";
    if (g->url.len > 0) return "the customer confirms the payment at the url";
    return "the customer confirms the payment on a page with the publishable key and this client secret";
}

static enum err tell(const struct call *c, const struct confirming *v, struct error *e)
{
    const struct gateway_confirmation *g = &v->stands;
    struct transaction now = {0};
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    err = load_transaction(&now, t, v->payment.transaction, c->arena, e);
    struct names names = names_of(t, c->arena);
    json_t *j = err == OK ? transaction_json(&now, &names) : NULL;
    ledger_read_end(c->service->ledger, t);
    if (err != OK) return err;
    bool waits = g->outcome == PAYMENT_PREPARED;
    member_text(j, "what", str_of(what_follows(g)));
    member_text_or_null(j, "url", g->url);
    member_text_or_null(j, "client_secret", g->client_secret);
    member_instant(j, "until", waits ? v->until : (struct instant){0});
    return c->answer->take(c->answer->self, j, false, e);
}

enum err ask_payment_action(const struct call *c, struct error *e)
{
    const struct payment_action_query *q = c->query;
    const struct gateway *g = &c->service->gateway;
    struct confirming v = {.request = {.step = GATEWAY_LOOK}};
    uint64_t number = 0;
    enum err err = public_id_parse(&number, "txn", q->transaction, e);
    if (err == OK) err = apply_waiting_webhooks(c, e);
    if (err == OK) err = look(&v, c, number, e);
    if (err != OK) return err;
    if (g->confirmation == NULL) return fail(e, ERR_REFUSED, "the %s asks no customer for anything", g->name);
    err = g->confirmation(g->self, &v.stands, &v.request, c->arena, e);
    if (err == OK) err = note(c, &v, e);
    return err == OK ? tell(c, &v, e) : err;
}

/* ---- receipts ---- */

enum err ask_payment_receipt(const struct call *c, struct error *e)
{
    const struct payment_receipt_query *q = c->query;
    struct ledger *l = c->service->ledger;
    struct buffer pdf = {.arena = c->arena};
    struct transaction v = {0};
    struct views_txn *t = NULL;
    uint64_t number = 0;
    enum err err = public_id_parse(&number, "txn", q->transaction, e);
    if (err != OK) return err;
    struct str name = str_format(c->arena, "txn_%ju", (uintmax_t)number);
    struct str file =
        q->output.len != 0 ? q->output : str_format(c->arena, "receipt-%.*s.pdf", STR_ARG(name));
    const char *path = str_cstring(c->arena, file);
    err = ledger_guard_output(l, path, e);
    if (err == OK) err = ledger_read_begin(&t, l, e);
    if (err != OK) return err;
    err = load_transaction(&v, t, number, c->arena, e);
    if (err == OK) err = payment_receipt(&pdf, l, t, &v, c->arena, e);
    ledger_read_end(l, t);
    if (err == OK) err = file_write(path, (struct bytes){pdf.ptr, pdf.len}, 0644, e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_text(j, "transaction_id", name);
    member_text(j, "path", str_of(path));
    return c->answer->take(c->answer->self, j, false, e);
}
