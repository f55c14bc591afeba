/* SPDX-License-Identifier: MIT */
/* receipt_pdf.c - see receipt_pdf.h. It says only what stays true of a payment, whatever follows: a later
 * refund has a receipt of its own. */
#include "reports/receipt_pdf.h"
#include "reports/page.h"

struct receipt {
    struct page page;
    const struct receipt_document *document;
    struct str number; /* "txn_5" */
    bool refund;
};

/* "visa ending in 4242" */
static struct str method_words(const struct receipt *r)
{
    const struct method *m = r->document->method;
    if (m == NULL) return STR_NONE;
    struct str kind = m->brand.len > 0 ? m->brand : m->funding;
    return m->last4.len > 0 ? SAY(r->page.speech, r->page.arena, TEXT_ENDING_IN, kind, m->last4) : kind;
}

static void put_head(struct receipt *r)
{
    const struct receipt_document *d = r->document;
    const struct speech *s = r->page.speech;
    const struct party *party = &d->buyer->party;
    struct str payment = str_format(r->page.arena, "txn_%ju", (uintmax_t)d->transaction->payment);
    const struct page_detail details[] = {
        {say(s, TEXT_TRANSACTION), r->number},
        {say(s, TEXT_DATE), say_date(s, r->page.arena, d->on)},
        {say(s, TEXT_REFUND_OF), r->refund ? payment : STR_NONE},
        {say(s, TEXT_METHOD), r->refund ? STR_NONE : method_words(r)},
        {say(s, TEXT_CUSTOMER_ID), d->buyer->user},
    };
    page_head(&r->page, &(struct page_head){.title = say(s, r->refund ? TEXT_REFUND_RECEIPT : TEXT_RECEIPT),
                                            .to = say(s, TEXT_RECEIPT_FOR),
                                            .to_name = party->name.len > 0 ? party->name : d->buyer->user,
                                            .party = party,
                                            .details = details,
                                            .details_count = sizeof details / sizeof details[0]});
}

static void put_figure(struct receipt *r)
{
    const struct speech *s = r->page.speech;
    struct arena *a = r->page.arena;
    struct str on = say_date(s, a, r->document->on);
    page_figure(&r->page, &(struct page_figure){
                              .label = say(s, r->refund ? TEXT_REFUNDED : TEXT_RECEIVED),
                              .amount = say_money(s, a, r->document->transaction->amount),
                              .stamp = SAY(s, a, r->refund ? TEXT_STAMP_REFUNDED : TEXT_STAMP_RECEIVED, on),
                              .colour = r->refund ? COLOUR_CREDIT : COLOUR_PAID});
}

static struct page_row row_of(const struct receipt *r, const struct receipt_line *l)
{
    const struct speech *s = r->page.speech;
    struct arena *a = r->page.arena;
    struct page_row row = {.cells = {say(s, TEXT_NO_INVOICE), STR_NONE, say_amount(s, a, l->amount)},
                           .amount = l->amount};
    if (l->number.len == 0) {
        if (r->refund) row.cells[0] = say(s, TEXT_REFUND);
        return row;
    }
    row.cells[0] = SAY(s, a, TEXT_INVOICE_OF, l->number, say_date(s, a, l->date));
    row.cells[1] = say_amount(s, a, l->total);
    return row;
}

static enum err put_lines(struct receipt *r, struct error *e)
{
    const struct receipt_document *d = r->document;
    const struct speech *s = r->page.speech;
    struct arena *a = r->page.arena;
    struct money amount = d->transaction->amount;
    struct page_row *rows = arena_array_of(a, struct page_row, d->lines_count + 1);
    for (size_t i = 0; i < d->lines_count; i++) rows[i] = row_of(r, &d->lines[i]);
    struct page_table t = {.labels = {say(s, TEXT_DESCRIPTION), say(s, TEXT_INVOICE_TOTAL),
                                      SAY(s, a, TEXT_AMOUNT_IN, str_of(amount.currency))},
                           .widths = {0, 7000, 7000},
                           .columns = 3,
                           .carried = money_zero(amount)};
    enum err err = page_table(&r->page, &t, rows, d->lines_count, e);
    if (err != OK) return err;
    const struct page_sum sum = {say(s, r->refund ? TEXT_REFUNDED : TEXT_RECEIVED), say_money(s, a, amount),
                                 true};
    page_sums(&r->page, &sum, 1);
    return OK;
}

static enum err lay_out(struct receipt *r, struct error *e)
{
    const struct receipt_document *d = r->document;
    enum err err = page_check_party(&r->page, "customer's", &d->buyer->party, e);
    if (err == OK) err = pdf_check_text(d->buyer->user, "customer's id", e);
    if (err == OK) err = page_check_seller(&r->page, e);
    if (err != OK) return err;
    put_head(r);
    put_figure(r);
    err = put_lines(r, e);
    if (err != OK) return err;
    const struct speech *s = r->page.speech;
    page_note(&r->page, STR_NONE, say(s, TEXT_NOT_AN_INVOICE));
    if (str_is(d->transaction->gateway, "simulator"))
        page_note(&r->page, say(s, TEXT_SIMULATOR), say(s, TEXT_SIMULATOR_HELP));
    page_feet(&r->page);
    return OK;
}

enum err receipt_pdf_render(struct buffer *out, const struct receipt_document *d, struct arena *a,
                            struct error *e)
{
    const struct speech *s = speech_of(d->buyer->locale);
    struct receipt r = {.document = d, .refund = d->transaction->kind == TRANSACTION_REFUND};
    r.number = str_format(a, "txn_%ju", (uintmax_t)d->transaction->transaction);
    struct str title = say(s, r.refund ? TEXT_REFUND_RECEIPT : TEXT_RECEIPT);
    struct str name = str_format(a, "%.*s %.*s", STR_ARG(title), STR_ARG(r.number));
    r.page = page_begin(a, s, d->seller, d->logo, name);
    struct pdf_info info = {.title = name,
                            .author = d->seller != NULL ? d->seller->party.name : STR_NONE,
                            .language = speech_tag(s),
                            .created = d->transaction->at,
                            .identity = {d->identity.bytes, sizeof d->identity.bytes}};
    enum err err = lay_out(&r, e);
    if (err == OK) err = pdf_write(out, r.page.pdf, &info, a, e);
    return err == OK ? OK : wrap(e, "cannot draw the receipt of %.*s", STR_ARG(r.number));
}
