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

bool account_is_named(struct str name)
{
    for (size_t i = 0; i < sizeof chart / sizeof chart[0]; i++) {
        size_t len = strlen(chart[i].name);
        bool begins = name.len >= len && memcmp(name.ptr, chart[i].name, len) == 0;
        if (begins && (name.len == len || (name.ptr[len] == ':' && name.len > len + 1))) return true;
    }
    return false;
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

/* A credit as its line; what usage is short of its minimum as usage. */
static enum line_kind earned_as(const struct line *l)
{
    enum line_kind kind = l->kind == LINE_CREDIT ? l->credited_kind : l->kind;
    return kind == LINE_MINIMUM ? LINE_USAGE : kind;
}

struct str revenue_detail(const struct line *l)
{
    if (earned_as(l) == LINE_USAGE) return l->usage_type;
    return earned_as(l) == LINE_ITEM ? STR("items") : l->product;
}

/* Where a line is earned. Fees for a service period wait in deferred revenue until they are; usage was
 * delivered, items are delivered now. Prepaid credit was booked when it was granted, and waited for its
 * invoice. A credit goes where its line went. */
enum account line_account(const struct line *l)
{
    enum line_kind kind = earned_as(l);
    if (kind == LINE_PREPAID) return ACCOUNT_UNBILLED;
    return kind != LINE_USAGE && kind != LINE_ITEM && date_is_given(l->from) ? ACCOUNT_DEFERRED
                                                                             : ACCOUNT_REVENUE;
}

/* What a coupon took was never earned. */
static enum err post_line(struct journal *j, const struct line *l, struct error *e)
{
    struct money net = {0};
    enum account account = line_account(l);
    struct str detail = account == ACCOUNT_UNBILLED ? STR_NONE : revenue_detail(l);
    enum err err = money_subtract(&net, l->amount, l->discount, e);
    if (err != OK) return err;
    transfer(j, ACCOUNT_RECEIVABLE, STR_NONE, account, detail, net);
    for (size_t i = 0; i < l->taxes_count; i++) {
        const struct line_tax *t = &l->taxes[i];
        transfer(j, ACCOUNT_RECEIVABLE, STR_NONE, ACCOUNT_TAX_PAYABLE, tax_detail(t, j->arena), t->amount);
    }
    return OK;
}

static enum err post_lines(struct journal *j, const struct line *lines, size_t count, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) err = post_line(j, &lines[i], e);
    return err;
}

/* The same transfer for each invoice of a list. */
static void transfer_each(struct journal *j, enum account debit, enum account credit,
                          const struct allocation *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        j->invoice = parts[i].invoice;
        transfer(j, debit, STR_NONE, credit, STR_NONE, parts[i].amount);
    }
}

/* What is paid by credit is income all the same: credit that was paid for goes from what is owed; a gift is
 * taken from income again, in an account of its own, as a discount would be. */
static enum err post_wallet(struct journal *j, const struct invoice_finalized *v, struct error *e)
{
    for (size_t i = 0; i < v->wallet_count; i++) {
        const struct wallet_use *u = &v->wallet[i];
        struct money gift = {0};
        enum err err = money_subtract(&gift, u->amount, u->prepaid, e);
        if (err != OK) return err;
        transfer(j, ACCOUNT_PREPAID, STR_NONE, ACCOUNT_RECEIVABLE, STR_NONE, u->prepaid);
        transfer(j, ACCOUNT_PROMOTIONS, STR_NONE, ACCOUNT_RECEIVABLE, STR_NONE, gift);
        transfer(j, ACCOUNT_PREPAID, STR_NONE, ACCOUNT_BREAKAGE, STR_NONE, u->breakage);
    }
    return OK;
}

/* The other way round: what was paid for is owed again, but for grants that have ended, whose buyers used it
 * for nothing. A gift is no loss of income any more. */
static enum err post_returns(struct journal *j, const struct invoice_finalized *v, struct error *e)
{
    for (size_t i = 0; i < v->returns_count; i++) {
        const struct wallet_return *r = &v->returns[i];
        struct money gift = {0};
        enum err err = money_subtract(&gift, r->amount, r->prepaid, e);
        if (err != OK) return err;
        transfer(j, ACCOUNT_RECEIVABLE, STR_NONE, r->lapsed ? ACCOUNT_BREAKAGE : ACCOUNT_PREPAID, STR_NONE,
                 r->prepaid);
        transfer(j, ACCOUNT_RECEIVABLE, STR_NONE, ACCOUNT_PROMOTIONS, STR_NONE, gift);
        transfer(j, ACCOUNT_BREAKAGE, STR_NONE, ACCOUNT_PREPAID, STR_NONE, r->breakage);
    }
    return OK;
}

/* A credit note that covers a refund takes the place of that concession. What had been written off is asked
 * for again in the moment that it is settled. */
static enum err post_invoice(struct journal *j, const struct invoice_finalized *v, struct error *e)
{
    j->customer = v->customer;
    j->invoice = v->invoice;
    j->date = v->issue_date;
    enum err err = post_lines(j, v->lines, v->lines_count, e);
    if (err == OK) err = post_wallet(j, v, e);
    if (err == OK) err = post_returns(j, v, e);
    if (err != OK) return err;
    transfer(j, ACCOUNT_CUSTOMER_CREDIT, STR_NONE, ACCOUNT_RECEIVABLE, STR_NONE, v->credit_applied);
    transfer_each(j, ACCOUNT_CUSTOMER_CREDIT, ACCOUNT_RECEIVABLE, v->settles, v->settles_count);
    transfer_each(j, ACCOUNT_CUSTOMER_CREDIT, ACCOUNT_REFUNDS, v->covers, v->covers_count);
    transfer_each(j, ACCOUNT_RECEIVABLE, ACCOUNT_BAD_DEBT, v->recovers, v->recovers_count);
    return OK;
}

/* All that the invoice posted, the other way round; and of a write-off of it too. */
static enum err post_voided(struct journal *j, const struct invoice_voided *v, struct error *e)
{
    j->customer = v->customer;
    j->invoice = v->invoice;
    j->date = v->on;
    enum err err = post_lines(j, v->lines, v->lines_count, e);
    if (err != OK) return err;
    transfer(j, ACCOUNT_CUSTOMER_CREDIT, STR_NONE, ACCOUNT_RECEIVABLE, STR_NONE, v->credit_applied);
    transfer(j, ACCOUNT_BAD_DEBT, STR_NONE, ACCOUNT_RECEIVABLE, STR_NONE, v->written_off);
    for (size_t i = 0; i < j->count; i++) j->items[i].amount = money_negate(j->items[i].amount);
    return OK;
}

/* With its tax: what the state is owed stays owed until a credit note takes it back. */
static void post_written_off(struct journal *j, const struct invoice_written_off *v)
{
    j->customer = v->customer;
    j->invoice = v->invoice;
    j->date = v->on;
    transfer(j, ACCOUNT_BAD_DEBT, STR_NONE, ACCOUNT_RECEIVABLE, STR_NONE, v->amount);
}

static void post_payment(struct journal *j, const struct payment_succeeded *v)
{
    j->customer = v->customer;
    for (size_t i = 0; i < v->pays_count; i++) {
        j->invoice = v->pays[i].invoice;
        transfer(j, ACCOUNT_CASH, v->gateway, ACCOUNT_RECEIVABLE, STR_NONE, v->pays[i].amount);
    }
    transfer_each(j, ACCOUNT_RECEIVABLE, ACCOUNT_BAD_DEBT, v->recovers, v->recovers_count);
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

/* The refund that succeeded, the other way round; what was set aside for it, and what a credit note stands
 * for since, is the customer's again. */
static enum err post_refund_returned(struct journal *j, const struct refund_returned *v, struct error *e)
{
    struct money concession = {0};
    enum err err = money_subtract(&concession, v->amount, v->to_credit, e);
    if (err != OK) return err;
    j->customer = v->customer;
    transfer(j, ACCOUNT_CASH, v->gateway, ACCOUNT_CUSTOMER_CREDIT, STR_NONE, v->to_credit);
    transfer(j, ACCOUNT_CASH, v->gateway, ACCOUNT_REFUNDS, STR_NONE, concession);
    return OK;
}

/* What a movement of the balance is posted against; payments and refunds were posted when they succeeded. */
static enum account other_side(enum movement_kind kind)
{
    switch (kind) {
    case MOVEMENT_PAYMENT:
    case MOVEMENT_REFUND:
    case MOVEMENT_REFUND_RETURNED: return ACCOUNT_CASH;
    case MOVEMENT_DISPUTE:
    case MOVEMENT_DISPUTE_REVERSED: return ACCOUNT_DISPUTES;
    case MOVEMENT_PAYOUT:
    case MOVEMENT_TOPUP: return ACCOUNT_BANK;
    case MOVEMENT_FEE: return ACCOUNT_FEES;
    case MOVEMENT_OTHER: break;
    }
    return ACCOUNT_SUSPENSE;
}

static void post_movement(struct journal *j, const struct balance_movement *v, struct str gateway)
{
    enum account other = other_side(v->kind);
    j->customer = v->customer;
    j->date = instant_date(v->at);
    if (other != ACCOUNT_CASH) transfer(j, ACCOUNT_CASH, gateway, other, STR_NONE, v->amount);
    if (!money_same_currency(v->amount, v->settled)) {
        transfer(j, ACCOUNT_EXCHANGE, STR_NONE, ACCOUNT_CASH, gateway, v->amount);
        transfer(j, ACCOUNT_CASH, gateway, ACCOUNT_EXCHANGE, STR_NONE, v->settled);
    }
    transfer(j, ACCOUNT_FEES, STR_NONE, ACCOUNT_CASH, gateway, v->fee);
}

static void post_balance(struct journal *j, const struct balance_noted *v)
{
    for (size_t i = 0; i < v->movements_count; i++) post_movement(j, &v->movements[i], v->gateway);
}

/* What the bank held is lost; or what was lost comes back, by a movement out of the disputes. */
static void post_dispute(struct journal *j, const struct dispute_noted *v)
{
    j->customer = v->customer;
    if (v->status == DISPUTE_LOST)
        transfer(j, ACCOUNT_CHARGEBACKS, STR_NONE, ACCOUNT_DISPUTES, STR_NONE, v->amount);
    if (money_is_given(v->restored))
        transfer(j, ACCOUNT_DISPUTES, STR_NONE, ACCOUNT_CHARGEBACKS, STR_NONE, v->restored);
}

/* Prepaid credit is no income when it is sold: it is owed from the day of the grant on, billed or not. */
static void post_grant(struct journal *j, const struct wallet_granted *v)
{
    j->customer = v->customer;
    j->date = v->on;
    transfer(j, ACCOUNT_UNBILLED, STR_NONE, ACCOUNT_PREPAID, STR_NONE, v->price);
}

/* What was expected to be left and is earned already is no part of what is owed. */
static void post_grant_expired(struct journal *j, const struct wallet_expired *v)
{
    j->customer = v->customer;
    j->date = v->on;
    transfer(j, ACCOUNT_PREPAID, STR_NONE, ACCOUNT_BREAKAGE, STR_NONE, v->prepaid);
    transfer(j, ACCOUNT_BREAKAGE, STR_NONE, ACCOUNT_PREPAID, STR_NONE, v->earned);
}

static void post_grant_voided(struct journal *j, const struct wallet_voided *v)
{
    j->customer = v->customer;
    j->date = v->on;
    transfer(j, ACCOUNT_PREPAID, STR_NONE, v->item != 0 ? ACCOUNT_UNBILLED : ACCOUNT_BREAKAGE, STR_NONE,
             v->prepaid);
    transfer(j, ACCOUNT_BREAKAGE, STR_NONE, ACCOUNT_PREPAID, STR_NONE, v->earned);
}

/* Cash that was there, and credit that customers had: the other side is no income of ours. */
static void post_imported(struct journal *j, const struct object_imported *v)
{
    j->customer = v->customer;
    if (v->kind == IMPORTED_BALANCE_TRANSACTION)
        transfer(j, ACCOUNT_CASH, v->gateway, ACCOUNT_OPENING, STR_NONE, v->opening);
    if (v->kind == IMPORTED_CUSTOMER)
        transfer(j, ACCOUNT_OPENING, STR_NONE, ACCOUNT_CUSTOMER_CREDIT, STR_NONE, v->opening);
}

enum err event_postings(const struct posting **out, size_t *count, const struct event *ev, struct arena *a,
                        struct error *e)
{
    struct journal j = {.arena = a};
    enum err err = OK;
    if (ev->type == EVENT_INVOICE_FINALIZED) err = post_invoice(&j, &ev->invoice_finalized, e);
    if (ev->type == EVENT_INVOICE_VOIDED) err = post_voided(&j, &ev->invoice_voided, e);
    if (ev->type == EVENT_INVOICE_WRITTEN_OFF) post_written_off(&j, &ev->invoice_written_off);
    if (ev->type == EVENT_PAYMENT_SUCCEEDED) post_payment(&j, &ev->payment_succeeded);
    if (ev->type == EVENT_REFUND_REQUESTED) post_refund_requested(&j, &ev->refund_requested);
    if (ev->type == EVENT_REFUND_SUCCEEDED) err = post_refund_succeeded(&j, &ev->refund_succeeded, e);
    if (ev->type == EVENT_REFUND_FAILED) post_refund_failed(&j, &ev->refund_failed);
    if (ev->type == EVENT_REFUND_RETURNED) err = post_refund_returned(&j, &ev->refund_returned, e);
    if (ev->type == EVENT_BALANCE_NOTED) post_balance(&j, &ev->balance_noted);
    if (ev->type == EVENT_DISPUTE_NOTED) post_dispute(&j, &ev->dispute_noted);
    if (ev->type == EVENT_WALLET_GRANTED) post_grant(&j, &ev->wallet_granted);
    if (ev->type == EVENT_WALLET_EXPIRED) post_grant_expired(&j, &ev->wallet_expired);
    if (ev->type == EVENT_WALLET_VOIDED) post_grant_voided(&j, &ev->wallet_voided);
    if (ev->type == EVENT_OBJECT_IMPORTED) post_imported(&j, &ev->object_imported);
    *out = j.items;
    *count = j.count;
    return err;
}

/* ---- balanced ---- */

static bool is_first_of_its_currency(const struct posting *p, size_t place)
{
    for (size_t i = 0; i < place; i++) {
        if (money_same_currency(p[i].amount, p[place].amount)) return false;
    }
    return true;
}

enum err postings_check(const struct posting *p, size_t count, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_first_of_its_currency(p, i)) continue;
        struct money sum = money_of(0, p[i].amount.currency);
        for (size_t k = 0; k < count; k++) {
            if (!money_same_currency(p[k].amount, sum)) continue;
            enum err err = money_add(&sum, sum, p[k].amount, e);
            if (err != OK) return err;
        }
        if (sum.minor != 0)
            return fail(e, ERR_TAMPERED, "its postings in %s do not sum to zero", sum.currency);
    }
    return OK;
}
