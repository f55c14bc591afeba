/* SPDX-License-Identifier: MIT */
/* invoice_payment.c - how an invoice is paid: the seller's terms, his account, and a code by which a bank's
 * app fills in the transfer. */
#include "reports/invoice_layout.h"

enum { EPC_MINOR_MAX = 999999999, EPC_NAME_CHARACTERS = 70, EPC_BYTES_MAX = 331 };

/* The countries whose accounts SEPA transfers reach (EPC409-09, 2025). */
static bool is_in_sepa(struct str iban)
{
    static const char countries[] =
        "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK "
        "MT NL NO PL PT RO RS SE SI SK SM VA ";
    for (size_t i = 0; i + 2 < sizeof countries; i += 3)
        if (memcmp(countries + i, iban.ptr, 2) == 0) return true;
    return false;
}

static struct str first_characters(struct str text, size_t count)
{
    size_t bytes = 0;
    while (bytes < text.len) {
        bool begins = ((uint8_t)text.ptr[bytes] & 0xc0) != 0x80;
        if (begins && count-- == 0) break;
        bytes++;
    }
    return (struct str){text.ptr, bytes};
}

static struct str holder_of(const struct seller *s)
{
    return s->account_holder.len > 0 ? s->account_holder : s->party.name;
}

/* Twelve lines: service tag, version, character set (UTF-8), SEPA transfer, BIC, name, IBAN, amount, purpose,
 * structured and free remittance; what is empty at the end is left out. */
struct str epc_code_text(struct arena *a, const struct seller *to, struct money amount, struct str reference)
{
    bool euro =
        strcmp(amount.currency, "EUR") == 0 && amount.minor > 0 && amount.minor / 100 <= EPC_MINOR_MAX;
    struct str name = first_characters(holder_of(to), EPC_NAME_CHARACTERS);
    if (!euro || to->iban.len == 0 || name.len == 0 || !is_in_sepa(to->iban)) return STR_NONE;
    struct str text =
        str_format(a, "BCD\n002\n1\nSCT\n%.*s\n%.*s\n%.*s\nEUR%.*s\n\n\n%.*s", STR_ARG(to->bic),
                   STR_ARG(name), STR_ARG(to->iban), STR_ARG(money_text(a, amount)), STR_ARG(reference));
    return text.len <= EPC_BYTES_MAX ? text : STR_NONE;
}

static enum err put_account(struct layout *l, struct money open, struct error *e)
{
    const struct invoice *v = l->document->invoice;
    const struct seller *seller = l->document->seller;
    const struct speech *s = l->page.speech;
    struct arena *a = l->page.arena;
    const struct page_detail details[] = {
        {say(s, TEXT_ACCOUNT_HOLDER), holder_of(seller)},
        {say(s, TEXT_IBAN), iban_shown(a, seller->iban)},
        {say(s, TEXT_BIC), seller->bic},
        {say(s, TEXT_BANK), seller->bank},
        {say(s, TEXT_REFERENCE), v->number},
    };
    struct str text = epc_code_text(a, seller, open, v->number);
    struct page_code code = {.text = text,
                             .caption = say(s, text.len > 0 ? TEXT_CODE_TO_PAY : TEXT_BANK_TRANSFER),
                             .help =
                                 SAY(s, a, TEXT_PAY_BY, say_money(s, a, open), say_date(s, a, v->due_date)),
                             .details = details,
                             .details_count = sizeof details / sizeof details[0]};
    return page_code(&l->page, &code, e);
}

enum err put_payment(struct layout *l, struct error *e)
{
    const struct invoice_document *d = l->document;
    const struct speech *s = l->page.speech;
    struct standing st = {0};
    enum err err = standing_of(&st, d, e);
    if (err != OK || st.credit_note) return err;
    if (d->seller != NULL) page_note(&l->page, say(s, TEXT_PAYMENT_TERMS), terms_words(s, d->seller));
    if (st.draft || st.voided || st.open.minor <= 0) return OK;
    if (d->collected) page_note(&l->page, STR_NONE, say(s, TEXT_COLLECTED));
    bool transfer = !d->collected && d->seller != NULL && d->seller->iban.len > 0;
    return transfer ? put_account(l, st.open, e) : OK;
}
