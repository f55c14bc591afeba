/* SPDX-License-Identifier: MIT */
/* answer_again.c - answers around a command: what was done before and need not be done again, an invoice that
 * is there already, and what the money's outcome means for the caller. */
#include "billing/answers.h"

/* ---- alerts ---- */

json_t *fired_alerts(const struct outcome *o)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < o->events_count; i++) {
        if (o->events[i].type != EVENT_USAGE_ALERT_FIRED) continue;
        const struct usage_alert_fired *v = &o->events[i].usage_alert_fired;
        json_t *j = object_new();
        member_count(j, "alert", v->alert);
        member_text(j, "usage_type", v->usage_type);
        member_decimal(j, "threshold", v->threshold);
        if (!decimal_is_zero(v->percent)) member_decimal(j, "percent", v->percent);
        member_decimal(j, "total", v->total);
        member_date(j, "period_start", v->period);
        rows_add(list, j);
    }
    return list;
}

static enum err find_alert(json_t **out, struct views_txn *t, const struct usage_alert_command *c,
                           struct arena *a, struct error *e)
{
    struct error unused;
    struct customer customer = {0};
    struct alert *alerts = NULL;
    size_t count = 0;
    if (find_customer(&customer, t, c->user, a, &unused) != OK)
        return OK; /* refused with a sentence of its own */
    enum err err = list_alerts(&alerts, &count, t, customer.customer, a, e);
    for (size_t i = 0; i < count && err == OK && *out == NULL; i++) {
        if (!str_equal(alerts[i].usage_type, c->usage_type)) continue;
        struct decimal at = c->percent ? alerts[i].percent : alerts[i].threshold;
        if (decimal_compare(at, c->threshold) == 0) *out = alert_json(&alerts[i], c->user);
    }
    if (*out != NULL) member_flag(*out, "existing", true);
    return err;
}

/* A program sets its alerts whenever it starts: the same one is not set twice. */
enum err command_before(json_t **out, struct service *s, const struct command *c, struct arena *a,
                        struct error *e)
{
    struct views_txn *t = NULL;
    *out = NULL;
    if (c->type != COMMAND_USAGE_ALERT) return OK;
    enum err err = ledger_read_begin(&t, s->ledger, e);
    if (err != OK) return err;
    err = find_alert(out, t, &c->usage_alert, a, e);
    ledger_read_end(s->ledger, t);
    return err;
}

/* ---- invoices ---- */

static void as_preview(json_t *j)
{
    member_put(j, "invoice_id", json_null());
    member_put(j, "invoice_number", json_null());
    member_put(j, "seq", json_null());
    member_text(j, "status", STR("draft"));
}

static enum err read_made(json_t **out, struct views_txn *t, const struct outcome *o, bool preview,
                          struct arena *a, struct error *e)
{
    struct names n = names_of(t, a);
    json_t *others = rows_new();
    enum err err = OK;
    for (size_t i = 0; i < o->events_count && err == OK; i++) {
        struct invoice v = {0};
        if (o->events[i].type != EVENT_INVOICE_FINALIZED) continue;
        err = load_invoice(&v, t, o->events[i].invoice_finalized.invoice, a, e);
        if (err != OK) break;
        json_t *j = invoice_json(&v, true, &n);
        if (preview) as_preview(j);
        if (*out == NULL)
            *out = j;
        else
            rows_add(others, j);
    }
    if (err == OK && *out == NULL) err = fail(e, ERR_REFUSED, "nothing is to be invoiced");
    if (err == OK && json_array_size(others) > 0)
        member_put(*out, "also", others);
    else
        json_decref(others);
    return err;
}

enum err made_invoice(json_t **out, struct service *s, const struct outcome *o, bool preview, struct arena *a,
                      struct error *e)
{
    struct views_txn *t = NULL;
    *out = NULL;
    enum err err = ledger_read_begin(&t, s->ledger, e);
    if (err != OK) return err;
    err = read_made(out, t, o, preview, a, e);
    ledger_read_end(s->ledger, t);
    if (err == OK) return OK;
    json_decref(*out);
    *out = NULL;
    return err;
}

struct newest {
    struct invoice invoice;
    struct arena *arena;
    bool found;
};

static enum err take_newest(void *context, const struct invoice *row, struct error *e)
{
    struct newest *n = context;
    (void)e;
    if (row->kind != INVOICE_INVOICE) return OK;
    schema_copy(&n->invoice, &schema_invoice, row, n->arena);
    n->found = true;
    return ERR_NOT_FOUND; /* one is enough */
}

static enum err find_current(json_t **out, const struct service *s, struct views_txn *t, struct str user,
                             struct arena *a, struct error *e)
{
    struct customer c = {0};
    struct period p = {0};
    struct newest newest = {.arena = a};
    enum err err = find_customer(&c, t, user, a, e);
    if (err == OK) err = subscription_period_now(&p, &c, service_today(s, c.timezone), t, a, e);
    struct list_query q = {.customer = c.customer, .from = p.start, .status = -1};
    if (err == OK) err = list_invoices(t, &q, take_newest, &newest, a, e);
    if (err != OK || !newest.found) return err;
    struct names n = names_of(t, a);
    *out = invoice_json(&newest.invoice, true, &n);
    member_flag(*out, "existing", true);
    return OK;
}

enum err command_refused(json_t **out, struct service *s, const struct command *c, enum err err,
                         struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    struct error why = *e;
    *out = NULL;
    if (c->type != COMMAND_INVOICE_GENERATE || err != ERR_REFUSED) return err;
    err = ledger_read_begin(&t, s->ledger, e);
    if (err != OK) return err;
    err = find_current(out, s, t, c->invoice_generate.user, a, e);
    ledger_read_end(s->ledger, t);
    if (err != OK || *out != NULL) return err;
    *e = why;
    return why.code;
}

/* ---- money ---- */

struct str answer_trouble(const struct service *s, struct arena *a)
{
    struct str why = s->stripe == NULL ? STR_NONE : stripe_trouble(s->stripe);
    return why.len == 0 ? STR_NONE : str_format(a, " (%.*s)", STR_ARG(why));
}

static enum err status_of(const struct service *s, struct views_txn *t, uint64_t transaction, struct arena *a,
                          struct error *e)
{
    struct transaction v = {0};
    enum err err = load_transaction(&v, t, transaction, a, e);
    if (err != OK) return err;
    const char *what = choice_transaction_kind.words[v.kind];
    uintmax_t number = v.transaction;
    if (v.status == TRANSACTION_PENDING && v.processing) {
        return fail(e, ERR_INCOMPLETE,
                    "%s 'txn_%ju' is being processed by the bank: its outcome comes in days", what, number);
    }
    if (v.status == TRANSACTION_PENDING) {
        return fail(e, ERR_INCOMPLETE, "the outcome of %s 'txn_%ju' is not known yet: it is pending%.*s",
                    what, number, STR_ARG(answer_trouble(s, a)));
    }
    if (v.status != TRANSACTION_FAILED) return OK;
    if (payment_wants_customer(&v)) {
        err =
            fail(e, ERR_DECLINED,
                 "payment 'txn_%ju' was declined: the customer must confirm it, see 'payment action txn_%ju'",
                 number, number);
    } else {
        err = fail(e, ERR_DECLINED, "%s 'txn_%ju' was declined: %.*s (%.*s)", what, number,
                   STR_ARG(v.message), STR_ARG(v.code));
    }
    (void)snprintf(e->reason, sizeof e->reason, "%.*s", STR_ARG(v.code));
    return err;
}

enum err answer_status(struct service *s, const struct command *c, const struct outcome *o, struct arena *a,
                       struct error *e)
{
    struct views_txn *t = NULL;
    (void)c;
    enum err err = ledger_read_begin(&t, s->ledger, e);
    if (err != OK) return err;
    for (size_t i = 0; i < o->events_count && err == OK; i++) {
        const struct event *ev = &o->events[i];
        if (ev->type == EVENT_PAYMENT_REQUESTED) err = status_of(s, t, ev->payment_requested.payment, a, e);
        if (ev->type == EVENT_REFUND_REQUESTED) err = status_of(s, t, ev->refund_requested.refund, a, e);
    }
    ledger_read_end(s->ledger, t);
    return err;
}
