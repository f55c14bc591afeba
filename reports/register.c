/* SPDX-License-Identifier: MIT */
/* register.c - see register.h. It must never compute what the ledger knows: amounts are the document's own,
 * and what is open is a difference of two of them. */
#include "reports/register.h"

const char invoices_header[] = "document_type,document_number,series,issue_date,due_date,tax_point,service_"
                               "from,service_to,customer_id,customer_name,"
                               "customer_country,customer_tax_id,currency,net,tax,gross,paid,credited,"
                               "written_off,balance,status,credits_document,"
                               "finalised_at,event_seq,event_hash,pdf_sha256,xml_sha256,discount,note,reason,"
                               "wallet_applied,wallet_returned";
const char invoice_lines_header[] = "document_number,line_no,product_id,price_id,description,service_from,"
                                    "service_to,quantity,unit,unit_price,discount,net,"
                                    "tax_category,tax_rate,tax_jurisdiction,tax,revenue_account,event_seq,"
                                    "tax_codes,tax_inclusive,credits_document,credits_line";

/* INV-2025 of INV-2025-000001 */
static struct str series_of(struct str number)
{
    size_t len = number.len;
    while (len > 0 && number.ptr[len - 1] != '-') len--;
    return (struct str){number.ptr, len > 0 ? len - 1 : 0};
}

/* The days that all lines together cover. */
static struct period service_period(const struct invoice *v)
{
    struct period p = {0};
    for (size_t i = 0; i < v->lines_count; i++) {
        const struct line *l = &v->lines[i];
        if (!date_is_given(l->from) || !date_is_given(l->to)) continue;
        if (!date_is_given(p.start) || date_compare(l->from, p.start) < 0) p.start = l->from;
        if (!date_is_given(p.end) || date_compare(l->to, p.end) > 0) p.end = l->to;
    }
    return p;
}

static void put_period(struct sheet *c, struct date from, struct date to)
{
    bool given = date_is_given(from) && date_is_given(to);
    sheet_date(c, given ? from : (struct date){0});
    sheet_date(c, given ? date_add_days(to, -1) : (struct date){0});
}

static struct money difference(struct money a, struct money b)
{
    struct error unused = {0};
    struct money left = {0};
    if (money_subtract(&left, a, b, &unused) != OK) WRONG("an invoice is paid beyond all bounds");
    return left;
}

/* Of what is not void: gross = paid + credited + written off + balance + wallet applied - wallet returned.
 * Credited is what other credit it took, and what credit notes took off it. */
static void put_amounts(struct sheet *c, const struct invoice *v)
{
    struct money balance = difference(difference(v->amount_due, v->paid), v->written_off);
    sheet_word(c, v->total.currency);
    sheet_money(c, net_of(v->subtotal, v->discount));
    sheet_money(c, v->tax);
    sheet_money(c, v->total);
    sheet_money(c, difference(v->paid, v->offset));
    sheet_money(c, difference(v->credit_applied, money_negate(v->offset)));
    sheet_money(c, v->written_off);
    sheet_money(c, v->status == INVOICE_VOID ? money_zero(balance) : balance);
}

/* "INV-2025-000001; INV-2025-000002" */
static struct str join_numbers(const struct credited_documents *d, struct arena *a)
{
    struct str all = STR_NONE;
    for (size_t i = 0; i < d->count; i++)
        all = str_format(a, "%.*s%s%.*s", STR_ARG(all), i > 0 ? "; " : "", STR_ARG(d->items[i].number));
    return all;
}

/* Where the chain has it. */
static void put_record(struct sheet *c, const struct register_entry *entry)
{
    if (entry->rehearsed) {
        sheet_empty(c);
        sheet_empty(c);
        sheet_empty(c);
        return;
    }
    sheet_instant(c, entry->invoice->finalized_at);
    sheet_count(c, entry->invoice->seq);
    sheet_hash(c, &entry->invoice->leaf);
}

void register_put_invoice(struct sheet *c, const struct register_entry *entry, struct arena *a)
{
    const struct invoice *v = entry->invoice;
    const struct party *buyer = &entry->buyer->party;
    struct period service = service_period(v);
    sheet_word(c, choice_invoice_kind.words[v->kind]);
    sheet_text(c, v->number);
    sheet_text(c, series_of(v->number));
    sheet_date(c, v->issue_date);
    sheet_date(c, v->due_date);
    sheet_date(c, v->issue_date); /* tax point */
    put_period(c, service.start, service.end);
    sheet_text(c, entry->buyer->user);
    sheet_text(c, buyer->name);
    sheet_text(c, buyer->country);
    sheet_text(c, buyer->tax_id);
    put_amounts(c, v);
    sheet_word(c, choice_invoice_status.words[v->status]);
    sheet_text(c, v->kind == INVOICE_CREDIT_NOTE ? join_numbers(&entry->credits, a) : STR_NONE);
    put_record(c, entry);
    sheet_hash(c, entry->pdf);
    sheet_hash(c, entry->xml);
    sheet_money(c, money_is_given(v->discount) ? v->discount : money_zero(v->total));
    sheet_text(c, v->note);
    sheet_text(c, v->kind == INVOICE_CREDIT_NOTE ? v->reason : STR_NONE); /* as it was issued */
    sheet_money(c, money_is_given(v->wallet_applied) ? v->wallet_applied : money_zero(v->total));
    sheet_money(c, v->returns_count > 0 ? v->wallet_returned : money_zero(v->total));
    sheet_end_row(c);
}

/* Where the line is earned: posting.c keeps revenue by the same names. */
static struct str revenue_account(const struct line *l, struct arena *a)
{
    if (l->kind == LINE_PREPAID) return str_of(account_name(ACCOUNT_PREPAID)); /* owed, not earned yet */
    return str_format(a, "%s:%.*s", account_name(ACCOUNT_REVENUE), STR_ARG(revenue_detail(l)));
}

/* Of all taxes of a line, "CA; CA-QC": whose they are, or which. */
static struct str join_taxes(const struct line *l, bool codes, struct arena *a)
{
    struct str all = STR_NONE;
    for (size_t i = 0; i < l->taxes_count; i++) {
        struct str one = codes ? l->taxes[i].code : l->taxes[i].jurisdiction;
        all = all.len == 0 ? one : str_format(a, "%.*s; %.*s", STR_ARG(all), STR_ARG(one));
    }
    return all;
}

static void put_credited(struct sheet *c, const struct register_entry *entry, const struct line *l)
{
    const struct invoice *v = entry->invoice;
    struct str number = l->credits != 0 && l->credits == v->invoice ? v->number : STR_NONE;
    for (size_t i = 0; i < entry->credits.count; i++) {
        if (entry->credits.items[i].invoice == l->credits) number = entry->credits.items[i].number;
    }
    sheet_text(c, number);
    if (l->credits != 0 && l->credits_line != 0)
        sheet_count(c, l->credits_line);
    else
        sheet_empty(c);
}

static void put_line(struct sheet *c, const struct register_entry *entry, size_t place, struct arena *a)
{
    const struct line *l = &entry->invoice->lines[place];
    sheet_text(c, entry->invoice->number);
    sheet_count(c, place + 1);
    sheet_text(c, l->product);
    sheet_empty(c); /* prices have no id of their own: product, interval and currency name one */
    sheet_text(c, l->description);
    put_period(c, l->from, l->to);
    sheet_decimal(c, l->quantity);
    sheet_text(c, l->usage_type);
    sheet_price(c, l->unit_price, l->amount.currency);
    sheet_money(c, money_is_given(l->discount) ? l->discount : money_zero(l->amount));
    sheet_money(c, net_of(l->amount, l->discount));
    sheet_text(c, l->tax_category);
    if (l->tax_category.len > 0)
        sheet_decimal(c, l->tax_rate);
    else
        sheet_empty(c);
    sheet_text(c, join_taxes(l, false, a));
    sheet_money(c, money_is_given(l->tax) ? l->tax : money_zero(l->amount));
    sheet_text(c, revenue_account(l, a));
    if (entry->rehearsed)
        sheet_empty(c);
    else
        sheet_count(c, entry->invoice->seq);
    sheet_text(c, join_taxes(l, true, a));
    sheet_word(c, l->tax_inclusive ? "yes" : "no"); /* a spreadsheet would write true in capitals */
    put_credited(c, entry, l);
    sheet_end_row(c);
}

void register_put_lines(struct sheet *c, const struct register_entry *entry, struct arena *a)
{
    for (size_t i = 0; i < entry->invoice->lines_count; i++) put_line(c, entry, i, a);
}

static bool is_credited_before(const struct invoice *v, size_t place)
{
    for (size_t i = 0; i < place; i++) {
        if (v->lines[i].credits == v->lines[place].credits) return true;
    }
    return false;
}

enum err register_credits(struct credited_documents *out, struct views_txn *t, const struct invoice *v,
                          struct arena *a, struct error *e)
{
    *out = (struct credited_documents){0};
    for (size_t i = 0; i < v->lines_count; i++) {
        struct invoice credited = {0};
        uint64_t of = v->lines[i].credits;
        if (of == 0 || of == v->invoice || is_credited_before(v, i)) continue;
        if (out->items == NULL) out->items = arena_array_of(a, struct credited_document, v->lines_count);
        enum err err = load_invoice(&credited, t, v->lines[i].credits, a, e);
        if (err != OK) return err;
        out->items[out->count++] = (struct credited_document){credited.invoice, credited.number};
    }
    return OK;
}
