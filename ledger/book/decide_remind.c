/* SPDX-License-Identifier: MIT */
/* decide_remind.c - which reminders are due of a customer. While a payment is on its way, nobody is reminded
 * of what it may pay. */
#include "ledger/book/decide_shared.h"
#include "ledger/book/reminder.h"

struct reminding {
    struct decision *out;
    const struct facts *facts;
    const struct debtor *debtor;
    struct arena *arena;
    uint64_t number; /* of the next reminder */
};

static bool add(void *context, const struct reminder_wish *w)
{
    struct reminding *r = context;
    const struct facts *f = r->facts;
    const struct campaign none = {0}, *c = w->dunned.campaign != NULL ? w->dunned.campaign : &none;
    struct reminded_invoice *invoices = arena_array_of(r->arena, struct reminded_invoice, f->open_count);
    struct reminder_due v = {.customer = f->customer->customer,
                             .campaign = c->campaign,
                             .kind = w->rule->on,
                             .days = w->rule->days,
                             .template = w->rule->template,
                             .catalog = f->catalog->version,
                             .on = f->today,
                             .amount = money_zero(w->dunned.overdue),
                             .invoices = invoices,
                             .attempt = c->attempt,
                             .attempts = c->attempts,
                             .next_on = w->dunned.next_on};
    for (size_t i = 0; i < f->open_count; i++) {
        const struct open_invoice *open = &f->open[i];
        if (!reminder_is_about(w, &f->catalog->dunning, r->debtor, i, f->today)) continue;
        if (payment_is_pending(f, open->invoice)) return true;
        invoices[v.invoices_count++] = (struct reminded_invoice){open->invoice, open->left};
        v.amount.minor += open->left.minor; /* no more than the customer owes in all */
    }
    v.reminder = r->number++;
    event_add(&r->out->events, EVENT_REMINDER_DUE, r->arena)->reminder_due = v;
    return true;
}

static const struct reminder_rule *rule_on(const struct dunning *rule, enum reminder_kind kind)
{
    for (size_t i = 0; i < rule->reminders_count; i++) {
        if (rule->reminders[i].on == kind) return &rule->reminders[i];
    }
    return NULL;
}

void remind_of_failure(struct decision *out, const struct facts *f, struct money amount, struct arena *a)
{
    const struct reminder_rule *r =
        f->catalog == NULL ? NULL : rule_on(&f->catalog->dunning, REMINDER_FAILED);
    if (r == NULL) return;
    event_add(&out->events, EVENT_REMINDER_DUE, a)->reminder_due =
        (struct reminder_due){.customer = f->customer->customer,
                              .reminder = f->customer->reminders + 1,
                              .kind = r->on,
                              .template = r->template,
                              .catalog = f->catalog->version,
                              .on = f->today,
                              .amount = amount};
}

enum err decide_customer_remind(struct decision *out, const struct facts *f,
                                const struct customer_remind_command *c, struct arena *a, struct error *e)
{
    if (f->customer == NULL)
        return fail(e, ERR_NOT_FOUND, "no customer %llu", (unsigned long long)c->customer);
    const struct debtor debtor = {f->customer, f->open, f->open_count};
    struct reminding r = {out, f, &debtor, a, f->customer->reminders + 1};
    if (f->catalog == NULL) return OK;
    return reminders_visit(&f->catalog->dunning, &debtor, f->today, add, &r, e);
}
