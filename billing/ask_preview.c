/* SPDX-License-Identifier: MIT */
/* ask_preview.c - the next invoice of a customer before it is made, and what a planned change would do to it:
 * the commands of the change and of the nightly run, rehearsed and forgotten. */
#include "billing/answers.h"

static enum err word_of(int *out, const struct choice *words, const char *option, struct str given,
                        struct error *e)
{
    *out = 0; /* the first word of each is "default" */
    if (given.len == 0 || choice_parse(out, words, given)) return OK;
    struct str shown = text_quotable(given);
    return fail(e, ERR_INVALID, "--%s '%.*s' is none of its words", option, STR_ARG(shown));
}

static bool plans_change(const struct invoice_preview_query *q)
{
    return q->tier.len != 0 || q->interval.len != 0 || q->quantity != 0 || !decimal_is_zero(q->price);
}

/* The change, as 'subscription update' would make it. */
static enum err rehearse_change(struct outcome *o, const struct call *c, struct error *e)
{
    const struct invoice_preview_query *q = c->query;
    struct command *m = arena_new_of(c->arena, struct command);
    int interval = 0, when = 0;
    enum err err = word_of(&interval, &choice_billing_interval, "interval", q->interval, e);
    if (err == OK) err = word_of(&when, &choice_change_timing, "when", q->when, e);
    if (err != OK) return err;
    m->type = COMMAND_SUBSCRIPTION_UPDATE;
    m->subscription_update = (struct subscription_update_command){.user = q->user,
                                                                  .subscription = q->subscription,
                                                                  .tier = q->tier,
                                                                  .interval = (enum billing_interval)interval,
                                                                  .quantity = q->quantity,
                                                                  .price = q->price,
                                                                  .when = (enum change_timing)when};
    return service_execute(o, c->service, m, c->arena, e);
}

/* The run through a day, if it would bill the customer; *answer is NULL when it makes no document. */
static enum err rehearse_run(json_t **answer, const struct call *c, uint64_t customer, struct date day,
                             struct error *e)
{
    struct command *m = arena_new_of(c->arena, struct command);
    struct outcome o = {0};
    struct date through = {0};
    bool bills = false;
    *answer = NULL;
    enum err err = run_would_bill(&bills, &through, c->service->ledger, customer, day, c->arena, e);
    if (err != OK || !bills) return err;
    m->type = COMMAND_CUSTOMER_BILL;
    m->customer_bill = (struct customer_bill_command){.customer = customer, .through = through};
    err = service_execute(&o, c->service, m, c->arena, e);
    if (err != OK) return err;
    err = made_invoice(answer, c->service, &o, true, c->arena, e);
    return err == ERR_REFUSED ? OK : err; /* there is none */
}

static enum err find_due(struct date *out, const struct call *c, uint64_t customer, struct error *e)
{
    struct views_txn *t = NULL;
    struct due_days days = {0};
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    err = load_due_days(&days, t, customer, c->arena, e);
    ledger_read_end(c->service->ledger, t);
    *out = days.due;
    return err;
}

/* The run of today, else of the next day on which something is due, until one makes a document. */
static enum err rehearse_next(json_t **answer, const struct call *c, uint64_t customer, struct date day,
                              struct error *e)
{
    enum { RUNS_AHEAD = 200 }; /* of free tiers no document ever comes */
    enum err err = rehearse_run(answer, c, customer, day, e);
    for (int i = 0; err == OK && *answer == NULL && i < RUNS_AHEAD; i++) {
        struct date due = {0};
        err = find_due(&due, c, customer, e);
        if (err != OK || !date_is_given(due)) return err;
        day = date_compare(due, day) > 0 ? due : date_add_days(day, 1);
        err = rehearse_run(answer, c, customer, day, e);
    }
    return err;
}

static enum err find_user(struct customer *out, const struct call *c, struct str user, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    err = find_customer(out, t, user, c->arena, e);
    ledger_read_end(c->service->ledger, t);
    return err;
}

static enum err rehearse_bill(json_t **answer, const struct call *c, struct error *e)
{
    const struct invoice_preview_query *q = c->query;
    struct customer v = {0};
    bool asked = date_is_given(q->through);
    enum err err = find_user(&v, c, q->user, e);
    if (err != OK) return err;
    struct date today = service_today(c->service, v.timezone);
    err = asked ? rehearse_run(answer, c, v.customer, q->through, e)
                : rehearse_next(answer, c, v.customer, today, e);
    if (err != OK || *answer != NULL) return err;
    if (!asked) return fail(e, ERR_REFUSED, "nothing is to be invoiced for '%.*s'", STR_ARG(q->user));
    struct str day = date_text(c->arena, q->through);
    return fail(e, ERR_REFUSED, "nothing is to be invoiced for '%.*s' through %.*s", STR_ARG(q->user),
                STR_ARG(day));
}

/* What the change itself costs, beside the invoice that it is on. */
static void put_change(json_t *j, const struct outcome *o)
{
    for (size_t i = 0; i < o->events_count; i++) {
        const struct subscription_changed *v = &o->events[i].subscription_changed;
        if (o->events[i].type != EVENT_SUBSCRIPTION_CHANGED) continue;
        member_text(j, "change", str_of(choice_change_kind.words[v->kind]));
        member_date(j, "change_effective", v->on);
        member_money(j, "change_credit", v->credit);
        member_money(j, "change_charge", v->charge);
    }
}

enum err ask_invoice_preview(const struct call *c, struct error *e)
{
    const struct invoice_preview_query *q = c->query;
    struct outcome change = {0};
    json_t *answer = NULL;
    if (q->when.len != 0 && !plans_change(q))
        return fail(e, ERR_USAGE, "--when is for a change: name what shall change");
    c->service->key = STR_NONE; /* a rehearsal remembers nothing */
    enum err err = ledger_rehearse_begin(c->service->ledger, e);
    if (err != OK) return err;
    if (plans_change(q)) err = rehearse_change(&change, c, e);
    if (err == OK) err = rehearse_bill(&answer, c, e);
    ledger_rehearse_end(c->service->ledger);
    if (err != OK) return err;
    put_change(answer, &change);
    return c->answer->take(c->answer->self, answer, false, e);
}
