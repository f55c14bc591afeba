/* SPDX-License-Identifier: MIT */
/* cash.c - what moved the cash accounts, one row a posting: payments, refunds, fees, disputes, payouts, by
 * gateway. The sums are those of the cash accounts in the trial balance of the same days. */
#include "reports/books.h"

static const char header[] =
    "receipt_id,kind,effective_on,posted_on,recorded_at,customer_id,document_number,provider,"
    "provider_ref,currency,amount,reason,event_seq";

enum err report_cash(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                     struct error *e);

struct cash_kind {
    const char *word;
    struct str receipt, reference;
};

static const struct balance_movement *movement_of(const struct balance_noted *v, struct money amount)
{
    for (size_t i = 0; i < v->movements_count; i++) {
        const struct balance_movement *m = &v->movements[i];
        if (money_same_currency(m->amount, amount) && m->amount.minor == amount.minor) return m;
    }
    return NULL;
}

/* Of a gateway's balance: its own word for the movement; what is no movement's amount is a fee or exchange.
 */
static struct cash_kind of_balance(const struct balance_noted *v, struct money amount)
{
    const struct balance_movement *m = movement_of(v, amount);
    if (m == NULL) return (struct cash_kind){.word = "fee"};
    return (struct cash_kind){.word = choice_movement_kind.words[m->kind], .reference = m->reference};
}

static struct cash_kind kind_of(const struct event *ev, struct money amount, struct arena *a)
{
    if (ev->type == EVENT_PAYMENT_SUCCEEDED) {
        const struct payment_succeeded *v = &ev->payment_succeeded;
        return (struct cash_kind){"payment", public_id(a, "txn", v->payment), v->gateway_reference};
    }
    if (ev->type == EVENT_REFUND_SUCCEEDED) {
        const struct refund_succeeded *v = &ev->refund_succeeded;
        return (struct cash_kind){"refund", public_id(a, "txn", v->refund), v->gateway_reference};
    }
    if (ev->type == EVENT_REFUND_RETURNED)
        return (struct cash_kind){.word = "refund_returned",
                                  .receipt = public_id(a, "txn", ev->refund_returned.refund)};
    if (ev->type == EVENT_BALANCE_NOTED) return of_balance(&ev->balance_noted, amount);
    return (struct cash_kind){.word = "adjustment"};
}

static enum err put(struct report_file *f, const struct journal_entry *entry, const struct posting *p,
                    struct arena *a, struct error *e)
{
    struct sheet *s = f->sheet;
    struct book_document d = {0};
    struct str user = STR_NONE;
    struct cash_kind kind = kind_of(entry->event, p->amount, a);
    enum err err = book_document(&d, f, p->invoice, e);
    if (err == OK) err = book_user(&user, f, p->customer, e);
    if (err != OK) return err;
    sheet_text(s, kind.receipt);
    sheet_word(s, kind.word);
    sheet_date(s, entry->document_date);
    sheet_date(s, entry->date);
    sheet_instant(s, entry->place->at);
    sheet_text(s, user);
    sheet_text(s, d.number);
    sheet_text(s, p->detail);
    sheet_text(s, kind.reference);
    sheet_word(s, p->amount.currency);
    sheet_money(s, p->amount);
    sheet_word(s, book_source(entry));
    sheet_count(s, entry->place->seq);
    sheet_end_row(s);
    const struct money sums[CONTROL_SUMS_MAX] = {p->amount};
    return report_count(f, sums, e);
}

static enum err put_entry(void *context, const struct journal_entry *entry, struct arena *a, struct error *e)
{
    struct report_file *f = context;
    enum err err = OK;
    for (size_t i = 0; i < entry->count && err == OK; i++) {
        if (entry->postings[i].account != ACCOUNT_CASH || entry->event == NULL) continue;
        err = put(f, entry, &entry->postings[i], a, e);
        report_next(f);
    }
    return err;
}

enum err report_cash(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                     struct error *e)
{
    struct report_file f = {
        .ledger = l, .query = q, .name = "cash", .path = path, .arena = a, .sums = {"amount"}};
    enum err err = report_begin(&f, header, e);
    if (err == OK) err = book_walk(&f, put_entry, &f, e);
    return report_end(&f, err, e);
}
