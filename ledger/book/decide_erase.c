/* SPDX-License-Identifier: MIT */
/* decide_erase.c - who may be erased, and how much of him. What stands on documents stays as long as law
 * keeps them (GDPR Art. 17(3)(b)); whoever still owes or gets something is not erased at all, for the
 * business with him is not over. Decisions only: no read, no clock. */
#include "ledger/book/decide_shared.h"

#define GROUND_DOCUMENTS STR("GDPR Art. 17(3)(b): documents are kept")

static enum err refuse_held(const struct facts *f, struct arena *a, struct error *e)
{
    const struct customer *c = f->customer;
    struct str until = date_is_given(c->hold_until)
                           ? str_format(a, " until %.*s", STR_ARG(date_text(a, c->hold_until)))
                           : STR_NONE;
    struct str since = date_text(a, instant_date(c->held_at));
    return fail(e, ERR_REFUSED, "'%.*s' is held from erasure since %.*s%.*s by %.*s: %.*s", STR_ARG(c->user),
                STR_ARG(since), STR_ARG(until), STR_ARG(c->held_by), STR_ARG(c->hold_reason));
}

static enum err check_owes_nothing(const struct customer *c, struct arena *a, struct error *e)
{
    for (size_t i = 0; i < c->balances_count; i++) {
        struct money m = c->balances[i].receivable;
        if (money_is_zero(m)) continue;
        return fail(e, ERR_REFUSED, "'%.*s' owes %.*s %s: it must be paid, credited or written off first",
                    STR_ARG(c->user), STR_ARG(money_text(a, m)), m.currency);
    }
    if (c->open_invoices == 0) return OK;
    return fail(e, ERR_REFUSED, "'%.*s' has %ju open invoices", STR_ARG(c->user),
                (uintmax_t)c->open_invoices);
}

/* The business with him must be over. */
static enum err check_over(const struct facts *f, struct arena *a, struct error *e)
{
    const struct customer *c = f->customer;
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        if (!subscription_is_live(&f->subscriptions[i])) continue;
        return fail(e, ERR_REFUSED, "'%.*s' has a subscription, sub_%ju: it must end first", STR_ARG(c->user),
                    (uintmax_t)f->subscriptions[i].subscription);
    }
    enum err err = check_owes_nothing(c, a, e);
    if (err != OK) return err;
    if (f->pending_count > 0)
        return fail(e, ERR_REFUSED, "a payment of '%.*s' is on its way, txn_%ju", STR_ARG(c->user),
                    (uintmax_t)f->pending[0].payment);
    if (c->pending_items > 0 || c->draft != 0)
        return fail(e, ERR_REFUSED, "'%.*s' is still to be billed: %ju items wait for an invoice",
                    STR_ARG(c->user), (uintmax_t)c->pending_items);
    return OK;
}

/* First day on which what stands on documents may go; none: there are no documents. */
static struct date documents_until(const struct facts *f)
{
    int year = 0, month = 0, day = 0;
    uint64_t years = f->seller != NULL ? f->seller->retention_years : 0;
    if (!date_is_given(f->customer->last_document)) return (struct date){0};
    date_split(f->customer->last_document, &year, &month, &day);
    return date_of(year + (int)(years != 0 ? years : DEFAULT_RETENTION_YEARS) + 1, 1, 1);
}

static void remove_methods(struct decision *out, const struct facts *f, struct arena *a)
{
    for (size_t i = 0; i < f->methods_count; i++) {
        if (f->methods[i].removed) continue;
        event_add(&out->events, EVENT_PAYMENT_METHOD_REMOVED, a)->payment_method_removed =
            (struct payment_method_removed){.customer = f->customer->customer,
                                            .method = f->methods[i].method};
    }
}

enum err decide_customer_erase(struct decision *out, const struct facts *f,
                               const struct customer_erase_command *c, struct arena *a, struct error *e)
{
    enum err err = need_customer(f, c->user, e);
    if (err != OK) return err;
    const struct customer *who = f->customer;
    bool held =
        who->held && (!date_is_given(who->hold_until) || date_compare(f->today, who->hold_until) <= 0);
    if (held) return refuse_held(f, a, e);
    if (who->erased == ERASURE_ALL) return OK;
    err = check_over(f, a, e);
    if (err != OK) return err;
    struct date until = documents_until(f);
    bool kept = date_compare(f->today, until) < 0;
    if (kept && who->erased == ERASURE_CONTACT && date_compare(until, who->erase_from) == 0) return OK;
    remove_methods(out, f, a);
    event_add(&out->events, EVENT_CUSTOMER_ERASED, a)->customer_erased = (struct customer_erased){
        .customer = who->customer,
        .erasure = f->counters.erasure,
        .scope = kept ? ERASURE_CONTACT : ERASURE_ALL,
        .reason = c->reason.len > 0 ? c->reason : STR("asked for by the customer"),
        .from = kept ? until : (struct date){0},
        .ground = kept ? GROUND_DOCUMENTS : STR_NONE,
    };
    return OK;
}

enum err decide_customer_hold(struct decision *out, const struct facts *f,
                              const struct customer_hold_command *c, struct arena *a, struct error *e)
{
    enum err err = need_customer(f, c->user, e);
    if (err != OK) return err;
    if (f->customer->erased == ERASURE_ALL)
        return fail(e, ERR_REFUSED, "'%.*s' was erased already", STR_ARG(c->user));
    if (date_is_given(c->until) && date_compare(c->until, f->today) < 0)
        return fail(e, ERR_INVALID, "until: that day is past");
    event_add(&out->events, EVENT_CUSTOMER_HELD, a)->customer_held =
        (struct customer_held){.customer = f->customer->customer, .reason = c->reason, .until = c->until};
    return OK;
}

enum err decide_customer_release(struct decision *out, const struct facts *f,
                                 const struct customer_release_command *c, struct arena *a, struct error *e)
{
    enum err err = need_customer(f, c->user, e);
    if (err != OK) return err;
    if (!f->customer->held) return fail(e, ERR_REFUSED, "'%.*s' is not held from erasure", STR_ARG(c->user));
    event_add(&out->events, EVENT_CUSTOMER_RELEASED, a)->customer_released =
        (struct customer_released){.customer = f->customer->customer, .reason = c->reason};
    return OK;
}
