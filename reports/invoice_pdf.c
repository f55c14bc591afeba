/* SPDX-License-Identifier: MIT */
/* invoice_pdf.c - an invoice from head to foot: what stands on it, in which order. It draws what the ledger
 * says and must never add to it: no clock, no lookup, no arithmetic of its own but the carried subtotal. */
#include "reports/invoice_layout.h"

enum { HASH_BYTES = 32 };

/* ---- the head ---- */

/* The days that all lines together cover. */
static void service_period(struct date *from, struct date *to, const struct invoice *v)
{
    *from = *to = (struct date){0};
    for (size_t i = 0; i < v->lines_count; i++) {
        const struct line *line = &v->lines[i];
        if (!date_is_given(line->from) || !date_is_given(line->to)) continue;
        if (!date_is_given(*from) || date_compare(line->from, *from) < 0) *from = line->from;
        if (!date_is_given(*to) || date_compare(line->to, *to) > 0) *to = line->to;
    }
}

static void put_head(struct layout *l)
{
    const struct invoice_document *d = l->document;
    const struct invoice *v = d->invoice;
    const struct speech *s = l->page.speech;
    struct arena *a = l->page.arena;
    bool credit_note = v->kind == INVOICE_CREDIT_NOTE, one = d->corrects_count == 1;
    struct date from = {0}, to = {0};
    service_period(&from, &to, v);
    bool one_day = date_is_given(from) && date_compare(date_add_days(to, -1), from) <= 0;
    const struct page_detail details[] = {
        {say(s, TEXT_NUMBER), v->number.len > 0 ? v->number : say(s, TEXT_DRAFT)},
        {say(s, TEXT_ISSUE_DATE), say_date(s, a, v->issue_date)},
        {say(s, TEXT_DUE_DATE), credit_note ? STR_NONE : say_date(s, a, v->due_date)},
        {say(s, one_day ? TEXT_SERVICE_DATE : TEXT_SERVICE_PERIOD), say_days(s, a, from, to)},
        {say(s, TEXT_CORRECTS), one ? d->corrects[0].number : STR_NONE},
        {STR_NONE, one ? say_date(s, a, d->corrects[0].date) : STR_NONE},
        {say(s, TEXT_CUSTOMER_ID), d->buyer->user},
    };
    page_head(&l->page, &(struct page_head){.title = say(s, credit_note ? TEXT_CREDIT_NOTE : TEXT_INVOICE),
                                            .to = say(s, credit_note ? TEXT_CREDIT_TO : TEXT_BILL_TO),
                                            .to_name = buyer_name(d->buyer),
                                            .party = &d->buyer->party,
                                            .details = details,
                                            .details_count = sizeof details / sizeof details[0]});
}

static struct page_figure figure_of(const struct layout *l, const struct standing *st)
{
    const struct speech *s = l->page.speech;
    struct arena *a = l->page.arena;
    const struct invoice *v = l->document->invoice;
    struct page_figure f = {say(s, TEXT_AMOUNT_DUE), say_money(s, a, st->open), STR_NONE, l->page.accent};
    if (st->draft) {
        f.stamp = say(s, TEXT_STAMP_DRAFT);
    } else if (st->voided) {
        f = (struct page_figure){say(s, TEXT_NOTHING_DUE), say_money(s, a, money_zero(v->amount_due)),
                                 say(s, TEXT_STAMP_VOID), COLOUR_VOID};
    } else if (st->credit_note) {
        f = (struct page_figure){say(s, TEXT_CREDITED), say_money(s, a, money_negate(v->total)),
                                 say(s, TEXT_STAMP_CREDIT_NOTE), COLOUR_CREDIT};
    } else if (st->paid) {
        bool dated = !l->document->as_issued && date_is_given(v->paid_on);
        f.colour = COLOUR_PAID;
        f.stamp = dated ? SAY(s, a, TEXT_STAMP_PAID_ON, say_date(s, a, v->paid_on)) : say(s, TEXT_STAMP_PAID);
    } else {
        f.stamp = SAY(s, a, TEXT_STAMP_DUE_BY, say_date(s, a, v->due_date));
    }
    return f;
}

static enum err put_figure(struct layout *l, struct error *e)
{
    struct standing s = {0};
    enum err err = standing_of(&s, l->document, e);
    if (err != OK) return err;
    struct page_figure f = figure_of(l, &s);
    page_figure(&l->page, &f);
    return OK;
}

/* ---- what stands below the totals ---- */

/* Where an auditor finds the document in the ledger: in words, and as a QR code that a receipt is held
 * against. Both say only what never changes, the record that finalized the document; so it stays the same
 * bytes, whatever checkpoints are signed. */
static enum err put_proof(struct layout *l, struct error *e)
{
    const struct invoice_document *d = l->document;
    const struct invoice *v = d->invoice;
    struct arena *a = l->page.arena;
    if (v->seq == 0) return OK;
    struct receipt_code receipt = {.origin = d->origin, .seq = v->seq, .leaf = v->leaf};
    bool with_code = d->origin.len > 0;
    struct str record = str_format(a, "%ju", (uintmax_t)v->seq),
               leaf = hex_text(a, v->leaf.bytes, HASH_BYTES);
    struct page_code code = {
        .text = with_code ? receipt_code_text(a, &receipt) : STR_NONE,
        .caption = say(l->page.speech, TEXT_PROOF),
        .help = SAY(l->page.speech, a, with_code ? TEXT_PROOF_HELP : TEXT_RECORD, record, leaf),
        .tiny = true};
    return page_code(&l->page, &code, e);
}

static enum err put_notes(struct layout *l, struct error *e)
{
    const struct invoice_document *d = l->document;
    const struct speech *s = l->page.speech;
    bool credit_note = d->invoice->kind == INVOICE_CREDIT_NOTE;
    if (d->corrects_count > 1) page_note(&l->page, say(s, TEXT_CORRECTS), corrects_words(l));
    if (credit_note) page_note(&l->page, say(s, TEXT_REASON), d->invoice->reason);
    page_note(&l->page, say(s, TEXT_SET_OFF), settles_words(l));
    page_note(&l->page, STR_NONE, notes_words(s, l->page.arena, d->invoice));
    enum err err = put_payment(l, e);
    if (err == OK && d->simulated_gateway)
        page_note(&l->page, say(s, TEXT_SIMULATOR), say(s, TEXT_SIMULATOR_HELP));
    return err == OK ? put_proof(l, e) : err;
}

/* ---- the door ---- */

static enum err lay_out(struct layout *l, struct error *e)
{
    enum err err = check_invoice_texts(l, e);
    if (err != OK) return err;
    put_head(l);
    err = put_fiscal(l, e);
    if (err == OK) err = put_figure(l, e);
    if (err == OK) err = put_lines(l, e);
    if (err == OK) err = put_totals(l, e);
    if (err == OK) err = put_notes(l, e);
    if (err == OK) page_feet(&l->page);
    return err;
}

static struct pdf_info info_of(const struct layout *l)
{
    const struct invoice_document *d = l->document;
    const struct invoice *v = d->invoice;
    struct pdf_info info = {
        .title = l->page.name, .created = v->finalized_at, .language = speech_tag(l->page.speech)};
    if (!instant_is_given(info.created)) info.created = date_start(v->issue_date);
    if (d->seller != NULL) info.author = d->seller->party.name;
    info.attachment = d->einvoice;
    info.identity = (struct bytes){v->leaf.bytes, HASH_BYTES};
    /* Status and payments are all that can change in a finalized document. */
    if (!d->as_issued) info.revision = ((uint32_t)v->status + 1) << 24 ^ (uint32_t)v->paid.minor;
    return info;
}

enum err invoice_pdf_render(struct buffer *out, const struct invoice_document *d, struct arena *a,
                            struct error *e)
{
    const struct speech *s = speech_of(d->buyer->locale);
    struct layout l = {.page = page_begin(a, s, d->seller, d->logo, document_number(s, a, d->invoice)),
                       .document = d};
    struct pdf_info info = info_of(&l);
    enum err err = lay_out(&l, e);
    if (err == OK) err = pdf_write(out, l.page.pdf, &info, a, e);
    if (err == OK) return OK;
    return wrap(e, "cannot draw %.*s", STR_ARG(document_number(speech_of(STR("en")), a, d->invoice)));
}
