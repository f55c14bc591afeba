/* SPDX-License-Identifier: MIT */
/* journal.c - the general journal, a row for each posting, in the order of the days of posting. Debits and
 * credits are equal in each currency, and their sums are those of the trial balance of the same days. Where
 * the seller has a functional currency each entry balances in that too, with a row for what was gained or
 * lost by exchange rates, which is nothing in its own currency. */
#include "reports/books.h"
#include "reports/functional.h"

static const char header[] = "journal_id,line_no,posting_date,document_date,service_from,service_to,entered_"
                             "at,entered_by,source,manual,"
                             "event_seq,event_hash,document_type,document_number,customer_id,account,account_"
                             "name,debit,credit,currency,"
                             "functional_debit,functional_credit,functional_currency,fx_rate,description";

enum err report_journal(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                        struct error *e);

struct journal {
    struct report_file *file;
    struct functional *functional; /* NULL: none */
};

/* Entries of the programs are those of the nightly run and of what gateways tell. */
static bool is_manual(const struct journal_entry *entry)
{
    if (entry->place == NULL) return false;
    struct str command = entry->place->command;
    return !str_is(command, "customer.bill") && !str_starts(command, "payment.settle") &&
           !str_starts(command, "webhook.") && !str_starts(command, "balance.") &&
           !str_starts(command, "import.");
}

static void put_origin(struct sheet *s, const struct journal_entry *entry)
{
    const struct event_place *place = entry->place;
    sheet_date(s, entry->from);
    sheet_date(s, entry->to);
    if (place == NULL) {
        sheet_empty(s);
        sheet_empty(s);
    } else {
        sheet_instant(s, place->at);
        sheet_text(s, place->actor);
    }
    sheet_word(s, book_source(entry));
    sheet_word(s, is_manual(entry) ? "yes" : "no");
    if (place == NULL) {
        sheet_empty(s);
        sheet_hash(s, NULL);
    } else {
        sheet_count(s, place->seq);
        sheet_hash(s, &place->leaf);
    }
}

static void put_amounts(struct sheet *s, struct money amount)
{
    struct money zero = money_zero(amount);
    bool credit = money_is_negative(amount);
    sheet_money(s, credit ? zero : amount);
    sheet_money(s, credit ? money_negate(amount) : zero);
    sheet_word(s, amount.currency);
}

/* In the words of the audit log. */
static struct str description_of(const struct journal_entry *entry, struct arena *a)
{
    if (entry->event == NULL)
        return str_format(a, "revenue earned through %.*s", STR_ARG(date_text(a, entry->to)));
    return event_sentence(a, entry->event);
}

/* A rate stands where an amount was converted by it. */
static void put_functional(struct sheet *s, struct money amount, const struct decimal *rate)
{
    struct money zero = money_zero(amount);
    bool credit = money_is_negative(amount);
    sheet_money(s, credit ? zero : amount);
    sheet_money(s, credit ? money_negate(amount) : zero);
    if (money_is_given(amount))
        sheet_word(s, amount.currency);
    else
        sheet_empty(s);
    if (rate != NULL)
        sheet_decimal(s, *rate);
    else
        sheet_empty(s);
}

static enum err put_row(struct report_file *f, const struct journal_entry *entry, size_t line,
                        const struct posting *p, const struct functional_posting *functional, struct str text,
                        struct error *e)
{
    struct sheet *s = f->sheet;
    struct book_document d = {0};
    struct str user = STR_NONE;
    enum err err = book_document(&d, f, p->invoice, e);
    if (err == OK) err = book_user(&user, f, p->customer, e);
    if (err != OK) return err;
    sheet_text(s, entry->id);
    sheet_count(s, line + 1);
    sheet_date(s, entry->date);
    sheet_date(s, entry->document_date);
    put_origin(s, entry);
    sheet_word(s, d.type);
    sheet_text(s, d.number);
    sheet_text(s, user);
    sheet_count(s, (uint64_t)p->account);
    sheet_text(s, book_account(p, f->row));
    put_amounts(s, p->amount);
    put_functional(s, functional->amount, functional->by_rate ? &functional->rate : NULL);
    sheet_text(s, text);
    sheet_end_row(s);
    struct money zero = money_zero(p->amount), credit = money_negate(p->amount);
    bool is_credit = money_is_negative(p->amount);
    const struct money sums[CONTROL_SUMS_MAX] = {is_credit ? zero : p->amount, is_credit ? credit : zero};
    return report_count(f, sums, e);
}

static enum err put_gain(struct report_file *f, const struct journal_entry *entry, size_t line,
                         const struct functional_gain *gain, struct str text, struct error *e)
{
    struct posting p = {.account = ACCOUNT_FX,
                        .customer = gain->customer,
                        .invoice = gain->invoice,
                        .amount = money_of(0, gain->currency)};
    struct functional_posting functional = {.amount = gain->amount};
    return put_row(f, entry, line, &p, &functional, text, e);
}

static enum err put_entry(void *context, const struct journal_entry *entry, struct arena *a, struct error *e)
{
    struct journal *j = context;
    struct functional_entry converted = {0};
    static const struct functional_posting none = {.by_rate = false};
    struct str text = description_of(entry, a);
    enum err err = j->functional != NULL ? functional_convert(&converted, j->functional, entry, a, e) : OK;
    for (size_t i = 0; i < entry->count && err == OK; i++) {
        const struct functional_posting *functional =
            converted.postings != NULL ? &converted.postings[i] : &none;
        err = put_row(j->file, entry, i, &entry->postings[i], functional, text, e);
        report_next(j->file);
    }
    for (size_t i = 0; i < converted.gains_count && err == OK; i++) {
        err = put_gain(j->file, entry, entry->count + i, &converted.gains[i], text, e);
        report_next(j->file);
    }
    return err;
}

enum err report_journal(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                        struct error *e)
{
    struct report_file f = {
        .ledger = l, .query = q, .name = "journal", .path = path, .arena = a, .sums = {"debit", "credit"}};
    struct journal j = {.file = &f};
    enum err err = report_begin(&f, header, e);
    if (err == OK) err = functional_begin(&j.functional, &f, e);
    if (err == OK && j.functional != NULL) err = functional_read_earlier(j.functional, e);
    if (err == OK) err = book_walk(&f, put_entry, &j, e);
    functional_end(j.functional);
    return report_end(&f, err, e);
}
