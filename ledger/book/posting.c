/* SPDX-License-Identifier: MIT */
/* posting.c - which event posts what to which account. Debits positive, credits negative. Every function
 * below adds pairs, so the sum over an event is zero by construction; the fold and the verification check it
 * all the same. */
#include "ledger/book/posting.h"

static const struct {
    enum account account;
    const char *name, *type;
} chart[] = {
#define ACCOUNT(NAME, number, name, type) {ACCOUNT_##NAME, name, type},
#include "ledger/book/accounts.def"
#undef ACCOUNT
};

const char *account_name(enum account a)
{
    for (size_t i = 0; i < sizeof chart / sizeof chart[0]; i++) {
        if (chart[i].account == a) return chart[i].name;
    }
    WRONG("no such account");
}

const char *account_type(enum account a)
{
    for (size_t i = 0; i < sizeof chart / sizeof chart[0]; i++) {
        if (chart[i].account == a) return chart[i].type;
    }
    WRONG("no such account");
}

struct journal {
    struct posting *items;
    size_t count, capacity;
    struct arena *arena;
    uint64_t customer, invoice;
    struct date date;
};

static void post(struct journal *j, enum account account, struct str detail, struct money amount)
{
    if (money_is_zero(amount)) return;
    assert(money_is_given(amount));
    j->items = arena_grow(j->arena, j->items, j->count, &j->capacity, sizeof *j->items);
    j->items[j->count++] = (struct posting){account, detail, j->customer, j->invoice, j->date, amount};
}

/* A debit of one account and the same credit of another. */
static void transfer(struct journal *j, enum account debit, struct str debit_detail, enum account credit,
                     struct str credit_detail, struct money amount)
{
    post(j, debit, debit_detail, amount);
    post(j, credit, credit_detail, money_negate(amount));
}

/* "DE/vat": whose tax it is, and which. */
static struct str tax_detail(const struct line_tax *t, struct arena *a)
{
    return str_format(a, "%.*s/%.*s", STR_ARG(t->jurisdiction), STR_ARG(t->code));
}

/* Fees for a service period wait in deferred revenue until they are earned; usage was delivered, items are
 * delivered now. What a coupon took was never earned. */
static enum err post_line(struct journal *j, const struct line *l, struct error *e)
{
    struct money net = {0};
    bool deferred = l->kind != LINE_USAGE && l->kind != LINE_ITEM && date_is_given(l->from);
    struct str detail = l->kind == LINE_USAGE  ? l->usage_type
                        : l->kind == LINE_ITEM ? STR("items")
                                               : l->product;
    enum err err = money_subtract(&net, l->amount, l->discount, e);
    if (err != OK) return err;
    transfer(j, ACCOUNT_RECEIVABLE, STR_NONE, deferred ? ACCOUNT_DEFERRED : ACCOUNT_REVENUE, detail, net);
    for (size_t i = 0; i < l->taxes_count; i++) {
        const struct line_tax *t = &l->taxes[i];
        transfer(j, ACCOUNT_RECEIVABLE, STR_NONE, ACCOUNT_TAX_PAYABLE, tax_detail(t, j->arena), t->amount);
    }
    return OK;
}

static enum err post_invoice(struct journal *j, const struct invoice_finalized *v, struct error *e)
{
    j->customer = v->customer;
    j->invoice = v->invoice;
    j->date = v->issue_date;
    for (size_t i = 0; i < v->lines_count; i++) {
        enum err err = post_line(j, &v->lines[i], e);
        if (err != OK) return err;
    }
    transfer(j, ACCOUNT_CUSTOMER_CREDIT, STR_NONE, ACCOUNT_RECEIVABLE, STR_NONE, v->credit_applied);
    for (size_t i = 0; i < v->settles_count; i++) {
        j->invoice = v->settles[i].invoice;
        transfer(j, ACCOUNT_CUSTOMER_CREDIT, STR_NONE, ACCOUNT_RECEIVABLE, STR_NONE, v->settles[i].amount);
    }
    return OK;
}

static void post_payment(struct journal *j, const struct payment_succeeded *v)
{
    j->customer = v->customer;
    for (size_t i = 0; i < v->pays_count; i++) {
        j->invoice = v->pays[i].invoice;
        transfer(j, ACCOUNT_CASH, v->gateway, ACCOUNT_RECEIVABLE, STR_NONE, v->pays[i].amount);
    }
    j->invoice = 0;
    transfer(j, ACCOUNT_CASH, v->gateway, ACCOUNT_CUSTOMER_CREDIT, STR_NONE, v->credited);
}

/* What leaves the customer's credit is set aside when the refund is asked for, so that nothing else can spend
 * it. */
static void post_refund_requested(struct journal *j, const struct refund_requested *v)
{
    j->customer = v->customer;
    transfer(j, ACCOUNT_CUSTOMER_CREDIT, STR_NONE, ACCOUNT_REFUNDS_PENDING, STR_NONE, v->from_credit);
}

static enum err post_refund_succeeded(struct journal *j, const struct refund_succeeded *v, struct error *e)
{
    struct money concession = {0};
    enum err err = money_subtract(&concession, v->amount, v->from_credit, e);
    if (err != OK) return err;
    j->customer = v->customer;
    transfer(j, ACCOUNT_REFUNDS_PENDING, STR_NONE, ACCOUNT_CASH, v->gateway, v->from_credit);
    transfer(j, ACCOUNT_REFUNDS, STR_NONE, ACCOUNT_CASH, v->gateway, concession);
    return OK;
}

static void post_refund_failed(struct journal *j, const struct refund_failed *v)
{
    j->customer = v->customer;
    transfer(j, ACCOUNT_REFUNDS_PENDING, STR_NONE, ACCOUNT_CUSTOMER_CREDIT, STR_NONE, v->from_credit);
}

enum err event_postings(const struct posting **out, size_t *count, const struct event *ev, struct arena *a,
                        struct error *e)
{
    struct journal j = {.arena = a};
    enum err err = OK;
    if (ev->type == EVENT_INVOICE_FINALIZED) err = post_invoice(&j, &ev->invoice_finalized, e);
    if (ev->type == EVENT_PAYMENT_SUCCEEDED) post_payment(&j, &ev->payment_succeeded);
    if (ev->type == EVENT_REFUND_REQUESTED) post_refund_requested(&j, &ev->refund_requested);
    if (ev->type == EVENT_REFUND_SUCCEEDED) err = post_refund_succeeded(&j, &ev->refund_succeeded, e);
    if (ev->type == EVENT_REFUND_FAILED) post_refund_failed(&j, &ev->refund_failed);
    *out = j.items;
    *count = j.count;
    return err;
}
