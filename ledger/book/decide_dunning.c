/* SPDX-License-Identifier: MIT */
/* decide_dunning.c - what becomes of subscriptions when payment was asked for in vain, as the catalog says.
 * They stop or end by the rules for what is overdue, as if the seller's days for it were over today. */
#include "ledger/book/decide_change.h"
#include "ledger/book/dunning.h"

struct ending {
    const struct facts *facts;
    struct subscription *after; /* all those of the facts, as they become */
    uint64_t *owed;             /* for each of them the invoice that is overdue; 0: none is */
    enum dunning_end at_end;
    uint64_t campaign;                /* that would be the next new one */
    const struct subscription *ended; /* the first plan that did; NULL: none */
};

static bool bills(const struct invoice *v, uint64_t subscription)
{
    for (size_t i = 0; i < v->lines_count; i++) {
        if (v->lines[i].subscription == subscription) return true;
    }
    return false;
}

static uint64_t overdue_invoice_of(const struct facts *f, uint64_t subscription, const char *currency)
{
    for (size_t i = 0; i < f->open_count; i++) {
        const struct open_invoice *v = &f->open[i];
        if (!open_invoice_is_dunned(v, currency, f->today)) continue;
        if (bills(&f->open_invoices[i], subscription)) return v->invoice;
    }
    return 0;
}

/* What is added to a plan goes with it; plans have lower numbers. Who has the free tier is not moved to it.
 */
static void find_owed(struct ending *w, const char *currency)
{
    const struct facts *f = w->facts;
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        const struct subscription *s = &w->after[i];
        bool stays = w->at_end == DUNNING_END_DOWNGRADE && s->terms.free;
        w->owed[i] = stays ? 0 : overdue_invoice_of(f, s->subscription, currency);
        for (size_t k = 0; k < i && w->owed[i] == 0; k++) {
            if (w->after[k].subscription == s->parent) w->owed[i] = w->owed[k];
        }
    }
}

static struct date sooner(struct date day, struct date today)
{
    return date_is_given(day) && date_compare(day, today) < 0 ? day : today;
}

static enum err end_one(struct decision *out, struct ending *w, size_t index, struct arena *a,
                        struct error *e)
{
    const struct facts *f = w->facts;
    struct change ch = {.facts = f, .s = w->after[index], .due = accrual_through(f, f->today)};
    struct overdue *o = &ch.due.overdue;
    for (size_t k = 0; k < index; k++) end_with_plan(&ch.s, &w->after[k]);
    o->invoice = w->owed[index];
    o->past_due = sooner(o->past_due, f->today);
    if (w->at_end == DUNNING_END_UNPAID)
        o->unpaid = sooner(o->unpaid, f->today);
    else
        o->cancel = sooner(o->cancel, f->today);
    enum err err = accrue(&ch.due, &ch.s, a, e);
    if (err != OK) return err;
    ch.fell_due = ch.due.lines.count; /* what is given back is not left to wait for another bill */
    change_finish(out, &ch, a);
    w->after[index] = ch.s;
    if (w->ended == NULL && ch.s.parent == 0 && !subscription_is_live(&ch.s)) w->ended = &w->after[index];
    return OK;
}

static enum err end_campaign(struct decision *out, struct ending *w, const struct dunned *v, struct arena *a,
                             struct error *e)
{
    const struct facts *f = w->facts;
    enum err err = OK;
    event_add(&out->events, EVENT_DUNNING_EXHAUSTED, a)->dunning_exhausted =
        (struct dunning_exhausted){.customer = f->customer->customer,
                                   .campaign = v->campaign != NULL ? v->campaign->campaign : w->campaign++,
                                   .on = f->today,
                                   .amount = v->overdue,
                                   .at_end = w->at_end};
    find_owed(w, v->overdue.currency);
    for (size_t i = 0; i < f->subscriptions_count && err == OK; i++) {
        if (w->owed[i] != 0 && subscription_is_live(&w->after[i])) err = end_one(out, w, i, a, e);
    }
    return err;
}

/* Another payment method, that nobody has asked yet, may pay. */
static bool is_to_be_asked(const struct facts *f, const char *currency)
{
    for (size_t i = 0; i < f->open_count && f->customer->default_method != 0; i++) {
        const struct open_invoice *v = &f->open[i];
        if (open_invoice_is_dunned(v, currency, f->today) && !instant_is_given(v->asked)) return true;
    }
    return false;
}

static struct ending ending_of(const struct facts *f, struct arena *a)
{
    struct ending w = {.facts = f,
                       .after = arena_array_of(a, struct subscription, f->subscriptions_count),
                       .owed = arena_array_of(a, uint64_t, f->subscriptions_count),
                       .at_end = f->catalog->dunning.at_end,
                       .campaign = f->customer->dunned + 1};
    for (size_t i = 0; i < f->subscriptions_count; i++) w.after[i] = f->subscriptions[i];
    return w;
}

enum err decide_customer_end_dunning(struct decision *out, const struct facts *f,
                                     const struct customer_end_dunning_command *c, struct arena *a,
                                     struct error *e)
{
    if (f->customer == NULL)
        return fail(e, ERR_NOT_FOUND, "no customer %llu", (unsigned long long)c->customer);
    if (f->catalog == NULL) return OK;
    const struct dunning *rule = &f->catalog->dunning;
    const struct debtor debtor = {f->customer, f->open, f->open_count};
    struct ending w = ending_of(f, a);
    assert(f->open_count == f->open_invoices_count);
    for (size_t i = 0; i < f->open_count; i++) {
        struct dunned v = {0};
        const char *currency = f->open[i].left.currency;
        if (!open_invoice_is_first(&debtor, i)) continue;
        enum err err = dunning_look(&v, rule, &debtor, currency, f->today, e);
        bool over = err == OK && dunned_is_over(&v, rule, &debtor, f->today);
        if (over && !dunning_must_wait(f, currency) && !is_to_be_asked(f, currency))
            err = end_campaign(out, &w, &v, a, e);
        if (err != OK) return err;
    }
    struct facts then = *f;
    then.subscriptions = w.after;
    if (w.at_end != DUNNING_END_DOWNGRADE || w.ended == NULL) return OK;
    return begin_free(out, &then, w.ended, a, e);
}
