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

/* The day that the next invoice is for: today, if something is due; else when something is due next. */
static enum err next_due(struct date *out, uint64_t *customer, const struct call *c, struct error *e)
{
    const struct invoice_preview_query *q = c->query;
    struct views_txn *t = NULL;
    struct customer v = {0};
    struct subscription *live = NULL;
    size_t count = 0;
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    err = find_customer(&v, t, q->user, c->arena, e);
    if (err == OK) err = live_subscriptions(&live, &count, t, v.customer, c->arena, e);
    struct date today = service_today(c->service, v.timezone);
    *customer = v.customer;
    *out = (struct date){0};
    for (size_t i = 0; i < count; i++) {
        struct date due = subscription_due(&live[i]);
        if (date_is_given(due) && (!date_is_given(*out) || date_compare(due, *out) < 0)) *out = due;
    }
    ledger_read_end(c->service->ledger, t);
    bool later = date_is_given(*out) && date_compare(*out, today) > 0;
    if (!later || (v.pending_items > 0 && count == 0)) *out = today;
    return err;
}

static enum err rehearse_bill(json_t **answer, const struct call *c, struct error *e)
{
    const struct invoice_preview_query *q = c->query;
    struct command *m = arena_new_of(c->arena, struct command);
    struct outcome o = {0};
    struct date through = {0};
    uint64_t customer = 0;
    enum err err = next_due(&through, &customer, c, e);
    if (err != OK) return err;
    if (date_is_given(q->through)) through = q->through;
    m->type = COMMAND_CUSTOMER_BILL;
    m->customer_bill = (struct customer_bill_command){.customer = customer, .through = through};
    err = service_execute(&o, c->service, m, c->arena, e);
    if (err == OK) err = made_invoice(answer, c->service, &o, true, c->arena, e);
    if (err != ERR_REFUSED) return err;
    struct str day = date_text(c->arena, through);
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
