/* SPDX-License-Identifier: MIT */
/* sum_texts.h - the words for what stands between the lines of a document and its total. */
#ifndef DAYBOOK_REPORTS_SUM_TEXTS_H
#define DAYBOOK_REPORTS_SUM_TEXTS_H

#include "projections/projections.h"

struct str discount_text(struct arena *a, const struct discount_total *d); /* "Discount: Spring sale" */
struct str tax_text(struct arena *a, const struct tax_total *t); /* "VAT 19%", "VAT 0%, reverse charge" */

#endif
