/* SPDX-License-Identifier: MIT */
/* decide_bill.c - what is due of a customer, made into documents: by the nightly run, or by hand. What is too
 * much for one bill is billed in steps, each as a run through an earlier date would have billed it. */
#include "ledger/book/decide_shared.h"

/* ---- bills ---- */

enum err bill_lines(struct decision *out, struct bill *b, struct date through, bool keep_zero,
                    struct arena *a, struct error *e)
{
    const struct facts *f = b->facts;
    struct subscription *after = arena_array_of(a, struct subscription, f->subscriptions_count);
    take_pending_items(b, f, a);
    b->after = after;
    b->left_on = (struct date){0};
    size_t before = b->lines.count;
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        struct accrual due = accrual_through(f, through);
        due.charges_used = true;
        due.lines_before = b->lines.count - before;
        after[i] = f->subscriptions[i];
        for (size_t k = 0; k < i; k++) end_with_plan(&after[i], &after[k]); /* plans have lower numbers */
        enum err err = accrue(&due, &after[i], a, e);
        b->left_on = due.left_on;
        if (err != OK) return err;
        for (size_t k = 0; k < due.lines.count; k++) {
            if (keep_zero || !money_is_zero(due.lines.items[k].amount))
                *line_add(&b->lines, a) = due.lines.items[k];
        }
        add_accrued(out, &due, a);
    }
    return OK;
}

/* ---- steps ---- */

static struct date first_due(const struct facts *f)
{
    struct date first = {0};
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        struct date due = subscription_due(&f->subscriptions[i]);
        if (!date_is_given(first) || (date_is_given(due) && date_compare(due, first) < 0)) first = due;
    }
    return first;
}

static enum err try_bill(bool *fits, const struct facts *f, struct date through, struct error *e)
{
    struct arena *scratch = arena_new();
    struct bill b = {.facts = f};
    struct decision d = {0};
    enum err err = bill_lines(&d, &b, through, false, scratch, e);
    *fits = !date_is_given(b.left_on);
    arena_free(scratch);
    return *fits ? err : OK;
}

/* The last day from the first on which something is due, that a bill can reach. */
static enum err last_that_fits(struct date *through, const struct facts *f, struct error *e)
{
    struct date fits = first_due(f), too_far = *through;
    enum err err = OK;
    while (err == OK && date_days_between(fits, too_far) > 1) {
        bool reached = false;
        struct date middle = date_add_days(fits, date_days_between(fits, too_far) / 2);
        err = try_bill(&reached, f, middle, e);
        *(reached ? &fits : &too_far) = middle;
    }
    *through = fits;
    return err;
}

/* Everything through *through, or as much of it as one bill holds: *through is then the day that it reaches.
 */
static enum err bill_step(struct decision *out, struct bill *b, struct date *through, struct arena *a,
                          struct error *e)
{
    const struct bill empty = *b;
    size_t before = out->events.count;
    enum err err = bill_lines(out, b, *through, false, a, e);
    if (!date_is_given(b->left_on)) return err;
    err = last_that_fits(through, b->facts, e);
    if (err != OK) return err;
    *b = empty;
    out->events.count = before;
    out->partly = true;
    return bill_lines(out, b, *through, false, a, e);
}

/* ---- the nightly bill ---- */

static void request_payments(struct decision *out, const struct facts *f, const struct documents *d,
                             struct str gateway, struct arena *a)
{
    const struct method *m = method_of_gateway(f, gateway);
    uint64_t number = f->counters.transaction;
    if (gateway.len == 0 || m == NULL) return;
    for (size_t i = 0; i < d->count; i++) {
        const struct invoice_finalized *v = &d->items[i];
        if (v->amount_due.minor <= 0) continue;
        struct payment_wish wish = {.number = number++,
                                    .customer = v->customer,
                                    .method = m->method,
                                    .invoice = v->invoice,
                                    .amount = v->amount_due,
                                    .gateway = gateway};
        wish.description = str_format(a, "Invoice %.*s", STR_ARG(v->number));
        add_payment_request(out, f, &wish, a);
    }
}

/* What is due on a day that has not begun where its customer is waits, and with it all that is his, unless
 * something is due already. */
static bool waits(const struct facts *f, struct date through, struct date asked)
{
    bool is_early = false;
    for (size_t i = 0; i < f->subscriptions_count + f->items_count; i++) {
        bool item = i >= f->subscriptions_count;
        struct date due =
            item ? f->items[i - f->subscriptions_count].due : subscription_due(&f->subscriptions[i]);
        if (!date_is_given(due)) continue;
        if (date_compare(due, through) <= 0) return false;
        is_early = is_early || date_compare(due, asked) <= 0;
    }
    return is_early;
}

enum err decide_customer_bill(struct decision *out, const struct facts *f,
                              const struct customer_bill_command *c, struct arena *a, struct error *e)
{
    if (f->customer == NULL) {
        return fail(e, ERR_NOT_FOUND, "no customer %llu", (unsigned long long)c->customer);
    }
    struct bill b = {.facts = f, .customer = c->customer, .run = c->run, .issue_date = f->issue_date};
    struct documents docs = {0};
    struct customer_bill_command own = *c; /* as far as his own date goes */
    own.through = bill_through(f, c);
    bool drafted = c->mode == BILL_FINALIZE, done = false;
    if (drafted ? f->draft == NULL : waits(f, own.through, c->through)) return OK;
    enum err err = expire_grants(out, f, own.through, a, e);
    struct date reached = drafted ? f->draft->through : own.through;
    if (err == OK) err = bill_step(out, &b, &reached, a, e);
    if (err == OK) err = documents_of(&docs, &b, a, e);
    if (err != OK) return wrap(e, "customer %llu", (unsigned long long)c->customer);
    if (c->mode == BILL_DRAFT && docs.count > 0) { /* what makes no document waits for nobody's approval */
        own.through = reached;
        out->partly = false; /* the rest is drafted when this is finalized */
        draft_documents(out, f, &own, &docs, a);
        return expire_grants(out, f, own.through, a, e); /* the day has come, whatever is drafted */
    }
    if (drafted) check_draft(&done, out, f, &own, &docs, a);
    if (done || (docs.count == 0 && out->events.count == 0 && f->draft == NULL))
        return OK; /* nothing is due: a second run writes nothing */
    close_draft(out, f, &docs, a);
    err = add_documents(out, f, &docs, a, e);
    if (err == OK) err = restore_settled(out, f, b.after, a, e);
    if (err != OK) return wrap(e, "customer %llu", (unsigned long long)c->customer);
    if (c->run != 0) {
        struct event *ev = event_add(&out->events, EVENT_CUSTOMER_BILLED, a);
        ev->customer_billed = (struct customer_billed){.customer = c->customer,
                                                       .run = c->run,
                                                       .through = out->partly ? reached : own.through,
                                                       .invoice = docs.count > 0 ? docs.items[0].invoice : 0,
                                                       .partly = out->partly};
    }
    request_payments(out, f, &docs, c->gateway, a);
    return OK;
}

enum err decide_invoice_generate(struct decision *out, const struct facts *f,
                                 const struct invoice_generate_command *c, struct arena *a, struct error *e)
{
    enum err err = need_customer(f, c->user, e);
    if (err != OK) return err;
    if (f->seller != NULL && f->seller->approval == YES_NO_YES) {
        return fail(e, ERR_REFUSED,
                    "invoices need approval: draft them, approve them, then finalize the drafts");
    }
    struct bill b = {.facts = f, .customer = f->customer->customer, .issue_date = f->issue_date};
    struct documents docs = {0};
    err = bill_lines(out, &b, f->today, true, a, e);
    if (err == OK) err = documents_of(&docs, &b, a, e);
    if (err != OK) return err;
    if (docs.count == 0)
        return fail(e, ERR_REFUSED, "nothing is to be invoiced for '%.*s'", STR_ARG(c->user));
    close_draft(out, f, &docs, a);
    err = add_documents(out, f, &docs, a, e);
    return err == OK ? restore_settled(out, f, b.after, a, e) : err;
}
