/* SPDX-License-Identifier: MIT */
/* einvoice_texts.h - numbers, amounts and dates as both syntaxes of EN 16931 write them, into room of the
 * caller. */
#ifndef DAYBOOK_REPORTS_EINVOICE_TEXTS_H
#define DAYBOOK_REPORTS_EINVOICE_TEXTS_H

#include "reports/xml.h"

#define EINVOICE_UNIT  "C62" /* UN/ECE recommendation 20: one */
#define EINVOICE_EMAIL "EM"  /* of the list of electronic addresses */

struct einvoice_text {
    char room[48];
};

/* With the currency's decimals, but two at most: what would not fit was refused before. */
struct str einvoice_amount(struct einvoice_text *t, struct money m);
struct str einvoice_decimal(struct einvoice_text *t, struct decimal d);
struct str einvoice_count(struct einvoice_text *t, size_t n);
struct str einvoice_date(struct einvoice_text *t, struct date d);       /* 2025-01-31 */
struct str einvoice_plain_date(struct einvoice_text *t, struct date d); /* 20250131 */

#endif
