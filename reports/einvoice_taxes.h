/* SPDX-License-Identifier: MIT */
/* einvoice_taxes.h - of einvoice.c: in which VAT category each line is, and the breakdown by category. */
#ifndef DAYBOOK_REPORTS_EINVOICE_TAXES_H
#define DAYBOOK_REPORTS_EINVOICE_TAXES_H

#include "reports/einvoice.h"

/* Fills category of every line, taxes and allowances. The lines of both stand in the same order. */
enum err einvoice_tax(struct einvoice *out, const struct invoice_document *d, struct arena *a,
                      struct error *e) MUST_USE;
/* Is there a line of this category? Of the breakdown, that is. */
bool einvoice_has_category(const struct einvoice *v, const char *code);

#endif
