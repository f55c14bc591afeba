/* SPDX-License-Identifier: MIT */
/* fiscal_portugal.h - taxes as Portugal's office tells them apart, for the code on documents and for SAF-T.
 */
#ifndef DAYBOOK_REPORTS_FISCAL_PORTUGAL_H
#define DAYBOOK_REPORTS_FISCAL_PORTUGAL_H

#include "ledger/ledger.h"

/* A buyer of whom no number is known. */
#define PORTUGUESE_CONSUMER "999999990"

/* TaxCountryRegion and TaxCode of a tax, with the code and words of what is exempt or not subject; NULL where
 * there is tax. Codes are those of the list of reasons of exemption (Portaria 195/2020, AT's table "Mxx"). */
struct portuguese_tax {
    struct str space; /* "PT", "PT-AC", "PT-MA", or another country */
    const char *code; /* RED, INT, NOR, ISE, OUT */
    struct decimal percent;
    const char *exempt, *reason;
};
struct portuguese_tax portuguese_tax_of(struct str category, struct decimal percent, struct str jurisdiction);
/* Of a line; one without tax is not subject. */
struct portuguese_tax portuguese_tax_of_line(const struct line *l);

/* The buyer's number as the office has it. */
struct str portuguese_buyer_id(const struct customer *c, struct arena *a);

/* A document's amount in the currency of its record, without a sign. */
struct money portuguese_amount(struct money m, const struct fiscal_recorded *r);

/* The text of the QR code: fields A to R of the tax office's specification of 2020 for Portaria 195/2020. */
struct str portuguese_code_text(struct arena *a, const struct fiscal_recorded *r, const struct invoice *v,
                                const struct customer *buyer, uint64_t certificate);

#endif
