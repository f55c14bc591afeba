/* SPDX-License-Identifier: MIT */
/* catalog_words.h - billing's own: what the members of a price come to, in words for people. */
#ifndef DAYBOOK_BILLING_CATALOG_WORDS_H
#define DAYBOOK_BILLING_CATALOG_WORDS_H

#include "billing/answers.h"

/* "api_calls: 1000 included, then 0.01 each; trial of 14 days"; "" when the amount is all there is. */
struct str price_words(const struct price *p, struct arena *a);

#endif
