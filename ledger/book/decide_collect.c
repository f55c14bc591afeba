/* SPDX-License-Identifier: MIT */
/* decide_collect.c - what a night asks of payment methods for invoices that are there: those that nobody was
 * asked to pay yet, whatever command made them, and again those that are overdue, as the catalog says. */
#include "ledger/book/decide_shared.h"
#include "ledger/book/dunning.h"

bool payment_is_pending(const struct facts *f, uint64_t invoice)
{
    for (size_t i = 0; i < f->pending_count; i++) {
        if (f->pending[i].invoice == invoice || f->pending[i].invoice == 0) return true;
    }
    return false;
}

static bool is_later(const struct facts *f, size_t index, struct date through)
{
    return date_is_given(through) && date_compare(f->open_invoices[index].issue_date, through) > 0;
}

static void ask(struct decision *out, const struct facts *f, const struct method *m, struct str gateway,
                uint64_t number, size_t index, struct arena *a)
{
    const struct open_invoice *v = &f->open[index];
    struct payment_wish wish = {.number = number,
                                .customer = f->customer->customer,
                                .method = m->method,
                                .invoice = v->invoice,
                                .amount = v->left,
                                .gateway = gateway};
    wish.description = str_format(a, "Invoice %.*s", STR_ARG(f->open_invoices[index].number));
    add_payment_request(out, f, &wish, a);
}

enum err decide_customer_collect(struct decision *out, const struct facts *f,
                                 const struct customer_collect_command *c, struct arena *a, struct error *e)
{
    if (f->customer == NULL)
        return fail(e, ERR_NOT_FOUND, "no customer %llu", (unsigned long long)c->customer);
    const struct method *m = method_of_gateway(f, c->gateway);
    uint64_t number = f->counters.transaction;
    if (m == NULL || c->gateway.len == 0) return OK;
    assert(f->open_count == f->open_invoices_count);
    for (size_t i = 0; i < f->open_count; i++) {
        const struct open_invoice *v = &f->open[i];
        if (!is_later(f, i, c->through) && !instant_is_given(v->asked) && !payment_is_pending(f, v->invoice))
            ask(out, f, m, c->gateway, number++, i, a);
    }
    return OK;
}

/* ---- again ---- */

struct dunning_wish {
    const struct facts *facts;
    const struct method *method;
    struct str gateway;
    struct date through; /* later invoices are left out; none: none is */
    uint64_t number;     /* of the next payment */
    uint64_t campaign;   /* that would be the next new one */
};

bool dunning_must_wait(const struct facts *f, const char *currency)
{
    int64_t midnight = f->now.us - (int64_t)f->second * 1000000;
    for (size_t i = 0; i < f->open_count; i++) {
        const struct open_invoice *v = &f->open[i];
        bool asked_today = instant_is_given(v->asked) && v->asked.us >= midnight;
        if (open_invoice_is_dunned(v, currency, f->today) &&
            (asked_today || payment_is_pending(f, v->invoice)))
            return true;
    }
    return false;
}

static bool is_asked_again(const struct dunning_wish *w, size_t index, const char *currency)
{
    const struct facts *f = w->facts;
    return open_invoice_is_dunned(&f->open[index], currency, f->today) && !is_later(f, index, w->through) &&
           !open_invoice_is_stopped(&f->open[index], &f->catalog->dunning);
}

static void attempt(struct decision *out, struct dunning_wish *w, const struct dunned *v, struct arena *a)
{
    const struct facts *f = w->facts;
    const struct dunning *rule = &f->catalog->dunning;
    struct dunned_invoice *invoices = arena_array_of(a, struct dunned_invoice, f->open_count);
    struct dunning_attempted d = {.customer = f->customer->customer,
                                  .attempt = v->campaign != NULL ? v->campaign->attempt + 1 : 1,
                                  .attempts = rule->attempts,
                                  .on = f->today,
                                  .amount = money_zero(v->overdue),
                                  .invoices = invoices};
    uint64_t number = w->number;
    for (size_t i = 0; i < f->open_count; i++) {
        if (!is_asked_again(w, i, v->overdue.currency)) continue;
        invoices[d.invoices_count++] = (struct dunned_invoice){f->open[i].invoice, f->open[i].left, number++};
        d.amount.minor += f->open[i].left.minor; /* no more than all that is overdue */
    }
    if (d.invoices_count == 0) return; /* all are dated later */
    d.campaign = v->campaign != NULL ? v->campaign->campaign : w->campaign++;
    if (d.attempt < d.attempts) d.next_on = dunning_next(rule, d.attempt, f->today);
    event_add(&out->events, EVENT_DUNNING_ATTEMPTED, a)->dunning_attempted = d;
    for (size_t i = 0; i < f->open_count; i++) {
        if (is_asked_again(w, i, v->overdue.currency)) ask(out, f, w->method, w->gateway, w->number++, i, a);
    }
}

enum err decide_customer_dun(struct decision *out, const struct facts *f,
                             const struct customer_dun_command *c, struct arena *a, struct error *e)
{
    if (f->customer == NULL)
        return fail(e, ERR_NOT_FOUND, "no customer %llu", (unsigned long long)c->customer);
    const struct debtor debtor = {f->customer, f->open, f->open_count};
    struct dunning_wish w = {.facts = f,
                             .method = method_of_gateway(f, c->gateway),
                             .gateway = c->gateway,
                             .through = c->through,
                             .number = f->counters.transaction,
                             .campaign = f->customer->dunned + 1};
    if (f->catalog == NULL || w.method == NULL || c->gateway.len == 0) return OK;
    assert(f->open_count == f->open_invoices_count);
    for (size_t i = 0; i < f->open_count; i++) {
        struct dunned v = {0};
        const char *currency = f->open[i].left.currency;
        if (!open_invoice_is_first(&debtor, i)) continue;
        enum err err = dunning_look(&v, &f->catalog->dunning, &debtor, currency, f->today, e);
        if (err != OK) return err;
        if (v.state == DUNNING_DUE && !dunning_must_wait(f, currency)) attempt(out, &w, &v, a);
    }
    return OK;
}

/* ---- the end of it ---- */

static bool is_settled(const struct open_invoice *v, const struct allocation *settled, size_t count)
{
    int64_t left = v->left.minor;
    for (size_t i = 0; i < count; i++) {
        if (settled[i].invoice == v->invoice) left -= settled[i].amount.minor;
    }
    return left <= 0;
}

/* Whose clocks were set back owes all the same what he was dunned for. */
static bool owes(const struct facts *f, const struct campaign *c, const struct allocation *settled,
                 size_t count)
{
    struct date day = date_compare(f->today, c->on) < 0 ? c->on : f->today;
    for (size_t i = 0; i < f->open_count; i++) {
        const struct open_invoice *v = &f->open[i];
        if (!money_same_currency(v->left, c->amount) || !open_invoice_is_overdue(v, day)) continue;
        if (!is_settled(v, settled, count)) return true;
    }
    return false;
}

void end_dunning(struct decision *out, const struct facts *f, const struct allocation *settled, size_t count,
                 struct arena *a)
{
    const struct customer *c = f->customer;
    for (size_t i = 0; c != NULL && i < c->campaigns_count; i++) {
        const struct campaign *v = &c->campaigns[i];
        if (owes(f, v, settled, count)) continue;
        struct event *ev = event_add(&out->events, EVENT_DUNNING_ENDED, a);
        ev->dunning_ended = (struct dunning_ended){.customer = c->customer,
                                                   .campaign = v->campaign,
                                                   .currency = str_copy(a, str_of(v->amount.currency)),
                                                   .on = f->today};
    }
}
