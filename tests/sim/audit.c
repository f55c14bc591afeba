/* SPDX-License-Identifier: MIT */
/* audit.c - what must hold of any books at any time: documents, numbers, states, accounts. */
#include "ledger/book/decide_shared.h"
#include "tests/sim/relations.h"

/* ---- documents ---- */

static enum err check_sums(const struct invoice_finalized *v, struct error *e)
{
    int64_t amount = 0, discount = 0, tax = 0, settled = 0, prepaid = 0;
    for (size_t i = 0; i < v->lines_count; i++) {
        const struct line *l = &v->lines[i];
        if (strcmp(l->amount.currency, v->total.currency) != 0)
            return fail(e, ERR_TAMPERED, "%.*s has lines in two currencies", STR_ARG(v->number));
        amount += l->amount.minor;
        discount += l->discount.minor;
        tax += l->tax.minor;
    }
    for (size_t i = 0; i < v->settles_count; i++) settled += v->settles[i].amount.minor;
    for (size_t i = 0; i < v->wallet_count; i++) prepaid += v->wallet[i].amount.minor;
    for (size_t i = 0; i < v->returns_count; i++) prepaid -= v->returns[i].amount.minor;
    bool adds_up = amount == v->subtotal.minor && discount == v->discount.minor && tax == v->tax.minor &&
                   amount - discount + tax == v->total.minor &&
                   v->total.minor - prepaid - v->credit_applied.minor == v->amount_due.minor &&
                   v->amount_due.minor >= 0;
    bool credit_note = v->kind == INVOICE_CREDIT_NOTE;
    if (!adds_up || credit_note != (v->total.minor < 0) || settled > (credit_note ? -v->total.minor : 0))
        return fail(e, ERR_TAMPERED, "%.*s does not add up", STR_ARG(v->number));
    return OK;
}

/* Each serial follows the one before it in its series, each document the one before it. */
static enum err check_number(const struct books *b, size_t at, struct error *e)
{
    const struct invoice_finalized *v = &b->events.items[at].invoice_finalized;
    uint64_t serial = 0, invoice = 0;
    struct date last = {0};
    for (size_t i = 0; i < at; i++) {
        const struct event *ev = &b->events.items[i];
        if (ev->type != EVENT_INVOICE_FINALIZED) continue;
        invoice = ev->invoice_finalized.invoice;
        if (!str_equal(ev->invoice_finalized.series, v->series)) continue;
        serial = ev->invoice_finalized.serial;
        last = ev->invoice_finalized.issue_date;
    }
    if (v->serial != serial + 1 || v->invoice != invoice + 1)
        return fail(e, ERR_TAMPERED, "%.*s does not follow the document before it", STR_ARG(v->number));
    if (date_compare(v->issue_date, last) < 0)
        return fail(e, ERR_TAMPERED, "%.*s is dated before the one before it", STR_ARG(v->number));
    return OK;
}

/* The document as it is kept is the one that was finalized. */
static enum err check_unchanged(struct books *b, struct views_txn *t, const struct invoice_finalized *v,
                                struct error *e)
{
    struct invoice kept = {0};
    enum err err = load_invoice(&kept, t, v->invoice, b->arena, e);
    if (err != OK) return err;
    bool same = str_equal(kept.number, v->number) && kept.customer == v->customer &&
                kept.lines_count == v->lines_count && money_compare(kept.total, v->total) == 0 &&
                money_compare(kept.amount_due, v->amount_due) == 0 &&
                date_compare(kept.issue_date, v->issue_date) == 0;
    for (size_t i = 0; same && i < v->lines_count; i++)
        same = schema_equal(&schema_line, &kept.lines[i], &v->lines[i]);
    if (!same) return fail(e, ERR_TAMPERED, "%.*s is not what was finalized", STR_ARG(v->number));
    return OK;
}

enum err audit_documents(struct books *b, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, b->ledger, e);
    if (err != OK) return err;
    for (size_t i = 0; i < b->events.count && err == OK; i++) {
        if (b->events.items[i].type != EVENT_INVOICE_FINALIZED) continue;
        err = check_sums(&b->events.items[i].invoice_finalized, e);
        if (err == OK) err = check_number(b, i, e);
        if (err == OK) err = check_unchanged(b, t, &b->events.items[i].invoice_finalized, e);
    }
    ledger_read_end(b->ledger, t);
    return err;
}

/* ---- states ---- */

struct folded {
    struct subscription *items;
    size_t count, capacity;
};

static struct subscription *find_folded(const struct folded *f, uint64_t number)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->items[i].subscription == number) return &f->items[i];
    }
    return NULL;
}

static enum err fold(struct folded *f, const struct event *ev, struct arena *a, struct error *e)
{
    uint64_t number = 0;
    if (ev->type == EVENT_SUBSCRIPTION_CREATED) {
        f->items = arena_grow(a, f->items, f->count, &f->capacity, sizeof *f->items);
        f->items[f->count++] = subscription_begun(&ev->subscription_created, a);
        return OK;
    }
    if (ev->type == EVENT_INVOICE_FINALIZED) {
        for (size_t i = 0; i < f->count; i++) {
            (void)subscription_note_invoice(&f->items[i], &ev->invoice_finalized, a);
            (void)subscription_note_credits(&f->items[i], &ev->invoice_finalized, a);
        }
        return OK;
    }
    if (!subscription_event(&number, ev)) return OK;
    struct subscription *s = find_folded(f, number);
    if (s == NULL)
        return fail(e, ERR_TAMPERED, "an event about sub_%ju, which never began", (uintmax_t)number);
    return subscription_apply(s, ev, a, e);
}

/* ---- commitments ---- */

static void add_counted_lines(int64_t *sum, const struct line *lines, size_t count, uint64_t subscription)
{
    for (size_t i = 0; i < count; i++) {
        const struct line *l = &lines[i];
        bool counts = l->kind == LINE_RECURRING || l->kind == LINE_PRORATION_CHARGE ||
                      l->kind == LINE_PRORATION_CREDIT || l->kind == LINE_PAUSE_CREDIT ||
                      l->kind == LINE_USAGE || l->kind == LINE_MINIMUM;
        if (counts && l->subscription == subscription) *sum += l->amount.minor;
    }
}

static int64_t billed_for(const struct books *b, uint64_t subscription)
{
    int64_t sum = 0;
    for (size_t i = 0; i < b->events.count; i++) {
        const struct event *ev = &b->events.items[i];
        if (ev->type == EVENT_INVOICE_FINALIZED)
            add_counted_lines(&sum, ev->invoice_finalized.lines, ev->invoice_finalized.lines_count,
                              subscription);
        if (ev->type == EVENT_ITEM_ADDED && !books_is_invoiced(b, ev->item_added.item))
            add_counted_lines(&sum, &ev->item_added.line, 1, subscription);
    }
    return sum;
}

static int64_t counted_for(const struct books *b, uint64_t subscription)
{
    int64_t sum = 0;
    for (size_t i = 0; i < b->events.count; i++) {
        const struct event *ev = &b->events.items[i];
        bool its =
            ev->type == EVENT_COMMITMENT_COUNTED && ev->commitment_counted.subscription == subscription;
        if (its) sum += ev->commitment_counted.counted.minor;
    }
    return sum;
}

static bool is_always_committed(const struct books *b, uint64_t subscription)
{
    bool always = true;
    for (size_t i = 0; i < b->events.count; i++) {
        const struct event *ev = &b->events.items[i];
        const struct subscription_created *made = &ev->subscription_created;
        const struct subscription_changed *changed = &ev->subscription_changed;
        if (ev->type == EVENT_SUBSCRIPTION_CREATED && made->subscription == subscription)
            always = made->terms.commitment.minor > 0 && !date_is_given(made->trial_end);
        if (ev->type == EVENT_SUBSCRIPTION_CHANGED && changed->subscription == subscription)
            always = always && changed->terms.commitment.minor > 0;
    }
    return always;
}

/* A credit behind the document of its charge is of what coupons had left of that, maybe nothing, and counts
 * as what it was before them: then the lines do not say what was counted. (The property "coupons" lives it
 * without them.) */
static bool is_lessened(const struct books *b, uint64_t subscription)
{
    for (size_t i = 0; i < b->events.count; i++) {
        const struct invoice_finalized *v = &b->events.items[i].invoice_finalized;
        if (b->events.items[i].type != EVENT_INVOICE_FINALIZED) continue;
        for (size_t k = 0; k < v->lines_count; k++) {
            if (v->lines[k].subscription == subscription && !money_is_zero(v->lines[k].discount)) return true;
        }
    }
    return false;
}

/* Who is never without a commitment has each amount that was billed counted once: by one that ended, or by
 * the open one. What ended ones counted of usage is billed later. */
static enum err check_commitments(const struct books *b, const struct folded *f, struct error *e)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct subscription *s = &f->items[i];
        if (!subscription_is_live(s) || !is_always_committed(b, s->subscription)) continue;
        if (is_lessened(b, s->subscription)) continue;
        int64_t counted = counted_for(b, s->subscription) + s->committed.minor - s->committed_usage.minor;
        int64_t billed = billed_for(b, s->subscription);
        if (counted != billed)
            return fail(e, ERR_TAMPERED, "commitments of sub_%ju counted %jd of %jd that were billed",
                        (uintmax_t)s->subscription, (intmax_t)counted, (intmax_t)billed);
    }
    return OK;
}

/* ---- what events make of a subscription ---- */

static enum err check_subscriptions(struct books *b, struct views_txn *t, struct error *e)
{
    struct folded f = {0};
    enum err err = OK;
    for (size_t i = 0; i < b->events.count && err == OK; i++)
        err = fold(&f, &b->events.items[i], b->arena, e);
    for (size_t i = 0; i < f.count && err == OK; i++) {
        struct subscription kept = {0};
        err = load_subscription(&kept, t, f.items[i].subscription, b->arena, e);
        if (err == OK && !schema_equal(&schema_subscription, &kept, &f.items[i]))
            err = fail(e, ERR_TAMPERED, "sub_%ju is not what its events make of it",
                       (uintmax_t)kept.subscription);
    }
    return err == OK ? check_commitments(b, &f, e) : err;
}

/* ---- accounts ---- */

enum { CURRENCIES = 4 };
struct sums {
    struct currency_sum {
        char currency[4];
        int64_t credit, receivable, open, accounts, receivable_account, credit_account;
    } items[CURRENCIES];
};

static struct currency_sum *sum_of(struct sums *s, const char *currency)
{
    size_t i = 0;
    while (s->items[i].currency[0] != '\0' && strcmp(s->items[i].currency, currency) != 0) i++;
    assert(i < CURRENCIES);
    memcpy(s->items[i].currency, currency, 4);
    return &s->items[i];
}

static enum err add_customer(void *context, const struct customer *row, struct error *e)
{
    (void)e;
    for (size_t i = 0; i < row->balances_count; i++) {
        struct currency_sum *s = sum_of(context, row->balances[i].credit.currency);
        s->credit += row->balances[i].credit.minor;
        s->receivable += row->balances[i].receivable.minor;
    }
    return OK;
}

static enum err add_account(void *context, enum account account, const struct account_total *row,
                            struct error *e)
{
    struct currency_sum *s = sum_of(context, row->debit.currency);
    int64_t balance = row->debit.minor - row->credit.minor;
    (void)e;
    s->accounts += balance;
    if (account == ACCOUNT_RECEIVABLE) s->receivable_account += balance;
    if (account == ACCOUNT_CUSTOMER_CREDIT) s->credit_account += balance;
    return OK;
}

static enum err add_open(void *context, const struct invoice *row, struct error *e)
{
    (void)e;
    if (row->status != INVOICE_OPEN && row->status != INVOICE_PARTIALLY_PAID) return OK;
    sum_of(context, row->total.currency)->open += row->amount_due.minor - row->paid.minor;
    return OK;
}

static enum err check_accounts(struct books *b, struct views_txn *t, struct error *e)
{
    struct sums s = {0};
    struct list_query all = {.status = -1};
    enum err err = list_customers(t, &all, add_customer, &s, b->arena, e);
    if (err == OK) err = list_accounts(t, add_account, &s, b->arena, e);
    if (err == OK) err = list_invoices(t, &all, add_open, &s, b->arena, e);
    for (size_t i = 0; i < CURRENCIES && err == OK; i++) {
        const struct currency_sum *c = &s.items[i];
        if (c->accounts != 0)
            return fail(e, ERR_TAMPERED, "the trial balance in %s is not zero", c->currency);
        if (c->receivable_account != c->open || c->receivable != c->open)
            return fail(e, ERR_TAMPERED, "the receivable account in %s is not the sum of open invoices",
                        c->currency);
        if (c->credit_account != -c->credit)
            return fail(e, ERR_TAMPERED, "the account of customers' credit in %s is not their balances",
                        c->currency);
    }
    return err;
}

enum err audit_state(struct books *b, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, b->ledger, e);
    if (err != OK) return err;
    err = check_subscriptions(b, t, e);
    if (err == OK) err = check_accounts(b, t, e);
    ledger_read_end(b->ledger, t);
    return err;
}

/* ---- foresight ---- */

const char *first_difference(const struct subscription *x, const struct subscription *y)
{
    size_t count = 0;
    const struct field *fields = schema_fields(&schema_subscription, &count);
    for (size_t i = 0; i < count; i++) {
        struct schema one = {
            .name = "field", .size = schema_subscription.size, .fields = &fields[i], .count = 1};
        if (!schema_equal(&one, x, y)) return fields[i].name;
    }
    return "nothing";
}

static enum err foresee(struct books *b, const struct facts *f, const struct subscription *now,
                        struct date through, struct error *e)
{
    struct accrual due = accrual_through(f, through);
    struct subscription foreseen = *now, after = *now;
    enum err err = accrue(&due, &foreseen, b->arena, e);
    for (size_t i = 0; i < due.events.count && err == OK; i++) {
        uint64_t number = 0;
        const struct event *ev = &due.events.items[i];
        if (subscription_event(&number, ev)) err = subscription_apply(&after, ev, b->arena, e);
    }
    if (err != OK || schema_equal(&schema_subscription, &foreseen, &after)) return err;
    return fail(e, ERR_TAMPERED, "billing sub_%ju through %.*s foresees another state than it leaves: %s",
                (uintmax_t)now->subscription, STR_ARG(date_text(b->arena, through)),
                first_difference(&foreseen, &after));
}

struct foresight {
    struct books *books;
    struct views_txn *txn;
    struct date through;
};

static enum err foresee_customer(void *context, const struct customer *row, struct error *e)
{
    struct foresight *x = context;
    struct facts f = {0};
    struct command c = {.type = COMMAND_CUSTOMER_BILL,
                        .customer_bill = {.customer = row->customer, .through = x->through}};
    struct decided_at at = {.now = x->books->clock.now};
    enum err err =
        daybook_state.gather(&f, x->txn, &c, &at, ledger_zones(x->books->ledger), x->books->arena, e);
    for (size_t i = 0; i < f.subscriptions_count && err == OK; i++)
        err = foresee(x->books, &f, &f.subscriptions[i], x->through, e);
    return err;
}

enum err audit_foresight(struct books *b, struct date through, struct error *e)
{
    struct foresight x = {.books = b, .through = through};
    struct list_query all = {.status = -1};
    enum err err = ledger_read_begin(&x.txn, b->ledger, e);
    if (err != OK) return err;
    err = list_customers(x.txn, &all, foresee_customer, &x, b->arena, e);
    ledger_read_end(b->ledger, x.txn);
    return err;
}

enum err audit_ledger(struct books *b, struct error *e)
{
    struct ledger_report report = {0};
    return ledger_verify(&report, b->ledger, NULL, NULL, b->arena, e);
}
