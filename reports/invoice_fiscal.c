/* SPDX-License-Identifier: MIT */
/* invoice_fiscal.c - what tax offices want on a document that is in a chain of theirs, in their words and
 * language whatever the document's is.
 *
 * Spain: Order HAC/1177/2024, articles 20 and 21: a QR code (ISO/IEC 18004, level M) of 30 to 40 mm at the
 * beginning of the document, "QR tributario:" above it and below it the words of a verifiable invoice.
 *
 * Portugal: Portaria 363/2010, article 6, and 195/2020, article 7: the document's unique code (ATCUD) above a
 * QR code of at least 30 mm, and four characters of the signature before the words about the program. */
#include "reports/fiscal_portugal.h"
#include "reports/invoice_layout.h"
#include "reports/qr_code.h"

enum {
    CODE_SIDE = 9639, /* 34 mm */
    ABOVE = 1100,
    BELOW = 400,
    BEHIND = 900,
};

static int32_t put_lines_below(struct page *p, int32_t y, const struct str *lines, size_t count)
{
    for (size_t i = 0; i < count; i++, y += BODY_LEADING)
        put_text(p, i == 0 ? STYLE_STRONG : STYLE_BODY, PAGE_LEFT, y + BODY_LEADING * 3 / 4, lines[i]);
    return y;
}

static enum err put_code(struct page *p, struct str above, struct str text, const struct str *below,
                         size_t below_count, struct error *e)
{
    struct qr_code code = {0};
    enum err err = qr_code_make(&code, text, p->arena, e);
    if (err != OK) return err;
    int32_t module = CODE_SIDE / code.side, quiet = QR_QUIET * module;
    int32_t side = code.side * module;
    page_need(p, ABOVE + 2 * quiet + side + BELOW + (int32_t)below_count * BODY_LEADING);
    put_text(p, STYLE_STRONG, PAGE_LEFT, p->y + BODY_LEADING * 3 / 4, above);
    int32_t y = p->y + ABOVE + quiet;
    pdf_grid(p->pdf, COLOUR_BLACK, &(struct pdf_grid){PAGE_LEFT, y, module, code.side, code.dark});
    p->y = put_lines_below(p, y + side + quiet - BELOW, below, below_count) + BEHIND;
    return OK;
}

static enum err put_spanish(struct layout *l, const struct invoice_document *d, struct error *e)
{
    static const struct str words[] = {{"VERI*FACTU", 10},
                                       {"Factura verificable en la sede electrónica de la AEAT", 54}};
    struct str text = fiscal_code_text(l->page.arena, d->fiscal, d->seller->fiscal_service);
    return put_code(&l->page, STR("QR tributario:"), text, words, sizeof words / sizeof words[0], e);
}

static enum err put_portuguese(struct layout *l, const struct invoice_document *d, struct error *e)
{
    struct arena *a = l->page.arena;
    const struct fiscal_recorded *r = d->fiscal;
    uint64_t certificate = d->seller->program_certificate;
    bool note = d->invoice->kind == INVOICE_CREDIT_NOTE;
    const struct str words[] = {
        str_format(a, "%s %.*s", note ? "Nota de crédito" : "Fatura", STR_ARG(r->number)),
        str_format(a, "%.*s-Processado por programa certificado n.º %ju/AT", STR_ARG(fiscal_mark(a, r)),
                   (uintmax_t)certificate)};
    struct str text = portuguese_code_text(a, r, d->invoice, d->buyer, certificate);
    return put_code(&l->page, str_format(a, "ATCUD:%.*s", STR_ARG(r->code)), text, words,
                    sizeof words / sizeof words[0], e);
}

enum err put_fiscal(struct layout *l, struct error *e)
{
    const struct invoice_document *d = l->document;
    if (d->fiscal == NULL || d->seller == NULL) return OK;
    return d->fiscal->chain == FISCAL_CHAIN_SAFT_PT ? put_portuguese(l, d, e) : put_spanish(l, d, e);
}
