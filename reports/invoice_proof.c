/* SPDX-License-Identifier: MIT */
/* invoice_proof.c - where an auditor finds the document in the ledger: in words, and as a QR code that a
 * receipt is held against. Both say only what never changes, the record that finalized the document; so the
 * document stays the same bytes, whatever checkpoints are signed later. */
#include "reports/invoice_layout.h"
#include "reports/qr_code.h"

enum {
    MODULE = 140, /* half a millimetre: what cheap cameras still read off cheap paper */
    QUIET = QR_QUIET * MODULE,
    CAPTION_GAP = 600,
    HASH_BYTES = 32,
};

static struct str code_text(const struct invoice_document *d, struct arena *a)
{
    const struct invoice *v = d->invoice;
    struct receipt_code c = {.origin = d->origin, .seq = v->seq, .leaf = v->leaf};
    return receipt_code_text(a, &c);
}

static struct str record_text(const struct invoice *v, struct arena *a)
{
    return str_format(a, "Ledger record %ju, leaf hash %.*s", (uintmax_t)v->seq,
                      STR_ARG(hex_text(a, v->leaf.bytes, HASH_BYTES)));
}

static void put_words(struct layout *l, int32_t x, int32_t y)
{
    put_text(l, STYLE_STRONG, x, y + BODY_LEADING * 3 / 4, STR("Proof of this document in the ledger"));
    struct area area = {x, y + BODY_LEADING + 100, PAGE_RIGHT - x, SMALL_LEADING, 0};
    l->y = put_paragraph(l, STYLE_TINY, area, record_text(l->document->invoice, l->arena));
}

enum err put_proof(struct layout *l, struct error *e)
{
    struct qr_code code = {0};
    bool with_code = l->document->origin.len > 0;
    if (l->document->invoice->seq == 0) return OK;
    enum err err = with_code ? qr_code_make(&code, code_text(l->document, l->arena), l->arena, e) : OK;
    if (err != OK) return err;
    int32_t side = code.side * MODULE,
            height = with_code ? side + 2 * QUIET : BODY_LEADING + 2 * SMALL_LEADING;
    if (l->y + height > l->bottom) continue_on_new_page(l);
    if (!with_code) {
        put_words(l, PAGE_LEFT, l->y);
        return OK;
    }
    int32_t y = l->y + QUIET;
    pdf_grid(l->pdf, COLOUR_BLACK, &(struct pdf_grid){PAGE_LEFT, y, MODULE, code.side, code.dark});
    put_words(l, PAGE_LEFT + side + QUIET + CAPTION_GAP, y);
    l->y = y + side + QUIET;
    return OK;
}
