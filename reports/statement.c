/* SPDX-License-Identifier: MIT */
/* statement.c - customers' accounts with us, one after the other: what each was billed, paid and was given
 * back, with the balance behind it, from what was open before the first day. What is owed is above nothing.
 */
#include "reports/books.h"

static const char header[] =
    "customer_id,date,document_type,document_number,description,currency,debit,credit,balance";

enum err report_statement(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                          struct error *e);

enum { CURRENCIES_MAX = 32 };
struct statement {
    struct report_file *file;
    struct str user;
    struct money balances[CURRENCIES_MAX];
    size_t count;
};

/* Both accounts that are between him and us: what he owes, and credit that he has. */
static bool is_his(const struct posting *p)
{
    return p->account == ACCOUNT_RECEIVABLE || p->account == ACCOUNT_CUSTOMER_CREDIT;
}

static enum err balance_of(struct money **out, struct statement *t, struct money like, struct error *e)
{
    for (size_t i = 0; i < t->count; i++) {
        *out = &t->balances[i];
        if (money_same_currency(t->balances[i], like)) return OK;
    }
    if (t->count == CURRENCIES_MAX) return fail(e, ERR_LIMIT, "more than %d currencies", CURRENCIES_MAX);
    t->balances[t->count] = money_zero(like);
    *out = &t->balances[t->count++];
    return OK;
}

static void put_row(struct statement *t, struct date date, const struct book_document *d, const char *what,
                    struct money amount, struct money balance)
{
    struct money zero = money_zero(amount);
    struct sheet *s = t->file->sheet;
    bool credit = money_is_negative(amount);
    sheet_text(s, t->user);
    sheet_date(s, date);
    sheet_word(s, d->type);
    sheet_text(s, d->number);
    sheet_word(s, what);
    sheet_word(s, amount.currency);
    sheet_money(s, credit ? zero : amount);
    sheet_money(s, credit ? money_negate(amount) : zero);
    sheet_money(s, balance);
    sheet_end_row(s);
}

/* "invoice.finalized" and the others in a reader's words. */
static const char *what_of(const struct journal_entry *entry)
{
    switch ((int)entry->event->type) {
    case EVENT_INVOICE_FINALIZED:
        return entry->event->invoice_finalized.kind == INVOICE_CREDIT_NOTE ? "credit" : "billed";
    case EVENT_INVOICE_VOIDED: return "voided";
    case EVENT_INVOICE_WRITTEN_OFF: return "written off";
    case EVENT_PAYMENT_SUCCEEDED: return "payment";
    case EVENT_REFUND_REQUESTED:
    case EVENT_REFUND_SUCCEEDED: return "refund";
    case EVENT_REFUND_FAILED:
    case EVENT_REFUND_RETURNED: return "refund returned";
    default: return "adjustment";
    }
}

/* One row for each currency and entry that changes what he owes. */
static enum err put_currency(struct statement *t, const struct journal_entry *entry, struct money like,
                             struct error *e)
{
    struct report_file *f = t->file;
    struct money sum = money_zero(like), *balance = NULL;
    struct book_document d = {0};
    enum err err = OK;
    for (size_t i = 0; i < entry->count && err == OK; i++) {
        const struct posting *p = &entry->postings[i];
        if (is_his(p) && money_same_currency(p->amount, like)) err = money_add(&sum, sum, p->amount, e);
    }
    if (err != OK || money_is_zero(sum)) return err;
    err = balance_of(&balance, t, like, e);
    if (err == OK) err = money_add(balance, *balance, sum, e);
    if (err == OK) err = book_document(&d, f, book_invoice(entry), e);
    if (err != OK || !report_wants(f->query, entry->date)) return err;
    put_row(t, entry->date, &d, what_of(entry), sum, *balance);
    const struct money sums[CONTROL_SUMS_MAX] = {sum};
    return report_count(f, sums, e);
}

static bool is_first(const struct journal_entry *entry, size_t place)
{
    for (size_t i = 0; i < place; i++) {
        if (is_his(&entry->postings[i]) &&
            money_same_currency(entry->postings[i].amount, entry->postings[place].amount))
            return false;
    }
    return true;
}

static enum err put_entry(void *context, const struct journal_entry *entry, struct arena *a, struct error *e)
{
    struct statement *t = context;
    enum err err = OK;
    (void)a;
    if (entry->event == NULL) return OK;
    for (size_t i = 0; i < entry->count && err == OK; i++) {
        if (is_his(&entry->postings[i]) && is_first(entry, i))
            err = put_currency(t, entry, entry->postings[i].amount, e);
    }
    report_next(t->file);
    return err;
}

/* What was open before the first day, a row a currency. */
static enum err put_opening(struct statement *t, struct error *e)
{
    const struct report_file *f = t->file;
    struct date before = date_add_days(f->query->from, -1);
    struct book_query q = {.customer = f->query->customer, .to = before};
    struct book_document none = {.type = ""};
    enum err err = journal_walk(f->ledger, f->txn, &q, put_entry, t, e);
    for (size_t i = 0; i < t->count && err == OK; i++)
        put_row(t, before, &none, "brought forward", money_zero(t->balances[i]), t->balances[i]);
    return err;
}

/* One customer's, whoever was asked for. */
static enum err put_customer(struct report_file *f, uint64_t customer, struct error *e)
{
    const struct report_query *asked = f->query;
    struct report_query his = *asked;
    struct arena *a = arena_new();
    struct customer c = {0};
    enum err err = load_customer(&c, f->txn, customer, a, e);
    struct statement t = {.file = f, .user = c.user};
    his.customer = customer;
    f->query = &his;
    if (err == OK && date_is_given(his.from)) err = put_opening(&t, e);
    if (err == OK) err = book_walk(f, put_entry, &t, e);
    f->query = asked;
    arena_free(a);
    return err;
}

enum err report_statement(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                          struct error *e)
{
    struct report_file f = {
        .ledger = l, .query = q, .name = "statement", .path = path, .arena = a, .sums = {"movement"}};
    struct state_counts counts = {0};
    enum err err = report_begin(&f, header, e);
    if (err == OK && q->customer != 0) err = put_customer(&f, q->customer, e);
    if (err == OK && q->customer == 0) err = count_state(&counts, f.txn, e);
    for (uint64_t i = 1; err == OK && i <= counts.customers; i++) err = put_customer(&f, i, e);
    return report_end(&f, err, e);
}
