/* SPDX-License-Identifier: MIT */
/* einvoice.h - an invoice or credit note as the European standard EN 16931-1 sees it: one record, from which
 * both of its syntaxes are written (CEN/TS 16931-3-2 for UBL 2.1, -3-3 for UN/CEFACT CII D16B). The record is
 * made of the document and of buyer and seller as they were; nothing is looked up and nothing computed but
 * sums of what the ledger says. Words of ours are in the language of the page. The comments name the
 * standard's terms (BT) and groups (BG). */
#ifndef DAYBOOK_REPORTS_EINVOICE_H
#define DAYBOOK_REPORTS_EINVOICE_H

#include "reports/invoice_pdf.h"

/* A credit note says what it gives: its amounts are those of the ledger with the other sign. */
struct einvoice_party {
    struct str id;                /* BT-46: the buyer's user id */
    struct str name;              /* BT-27, BT-44 */
    struct str legal_id;          /* BT-30, BT-47: a number that is no VAT number */
    struct str legal_text;        /* BT-33: of the seller */
    struct str vat_id;            /* BT-31, BT-48: with its prefix */
    struct str tax_id;            /* BT-32: of a seller who has no VAT number */
    struct str email;             /* BT-34, BT-49: where documents can be sent to */
    const struct party *location; /* BG-5, BG-8 */
};

/* UNTDID 5305: S, Z, E, AE, K, G, O; and the rate in percent. O has none. */
struct einvoice_category {
    struct str code;
    struct decimal rate;
};

struct einvoice_line {            /* BG-25 */
    struct str name;              /* BT-153 */
    struct str item;              /* BT-155: our word for what is sold; "": none */
    struct decimal quantity;      /* BT-129; negative on a line that gives back */
    struct decimal price;         /* BT-146: without tax, for so many: */
    struct decimal base_quantity; /* BT-149 */
    struct money net;             /* BT-131 */
    struct date first, last;      /* BG-26: both included; none: no period */
    struct einvoice_category category;
};

struct einvoice_allowance { /* BG-20; BG-21, where a credit takes a discount back */
    bool charge;
    struct money amount; /* above nothing */
    struct str reason;
    struct einvoice_category category;
};

struct einvoice_tax { /* BG-23 */
    struct einvoice_category category;
    struct money base, tax;         /* BT-116, BT-117 */
    struct str reason, reason_code; /* BT-120, BT-121; "": none */
};

struct einvoice_payment {         /* BG-16 */
    const char *code;             /* BT-81, UNTDID 4461; NULL: not told */
    const char *words;            /* BT-82; NULL: none */
    struct str iban, holder, bic; /* BT-84 to BT-86; "": money is not to be sent */
};

struct einvoice_sums {                /* BG-22 */
    struct money lines;               /* BT-106 */
    struct money allowances, charges; /* BT-107, BT-108 */
    struct money net, tax, total;     /* BT-109, BT-110, BT-112 */
    struct money paid, due;           /* BT-113, BT-115 */
    struct money national_tax;        /* BT-111, in BT-6; {0}: there is none */
};

enum { EINVOICE_NOTES_MAX = 3 };

struct einvoice {
    bool credit_note;
    struct str number;                    /* BT-1 */
    const char *type_code;                /* BT-3, UNTDID 1001 */
    const char *currency;                 /* BT-5 */
    struct date issued, due;              /* BT-2, BT-9 */
    struct str notes[EINVOICE_NOTES_MAX]; /* BT-22 */
    size_t notes_count;
    struct date first, last;           /* BG-14, both included */
    const struct corrected *preceding; /* BG-3 */
    size_t preceding_count;
    struct einvoice_party seller, buyer; /* BG-4, BG-7 */
    struct str deliver_to;               /* BT-80; "": not told */
    struct date delivered;               /* BT-72 */
    struct einvoice_payment payment;
    struct str terms; /* BT-20 */
    struct einvoice_allowance *allowances;
    size_t allowances_count;
    struct einvoice_tax *taxes;
    size_t taxes_count;
    struct einvoice_line *lines;
    size_t lines_count;
    struct einvoice_sums sums;
};

/* Texts point into the document or the arena. ERR_REFUSED: the standard wants something of the document that
 * it does not have; the sentence names it, with its term. */
enum err einvoice_make(struct einvoice *out, const struct invoice_document *d, struct arena *a,
                       struct error *e) MUST_USE;

/* The whole file, in UTF-8, appended: CII as Factur-X has it in its profile EN 16931, or UBL's Invoice or
 * CreditNote. Characters that XML cannot hold become U+FFFD. Safe to call from several threads. */
enum err einvoice_cii(struct buffer *out, const struct einvoice *v, struct error *e) MUST_USE;
enum err einvoice_ubl(struct buffer *out, const struct einvoice *v, struct error *e) MUST_USE;

/* What is attached to the document's PDF: its CII; empty where einvoice_make refuses. */
enum err einvoice_attachment(struct bytes *out, const struct invoice_document *d, struct arena *a,
                             struct error *e) MUST_USE;

#endif
