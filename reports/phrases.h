/* SPDX-License-Identifier: MIT */
/* phrases.h - what the ledger says in its own English words, in the language of a document. The page and the
 * e-invoice of a document are of the same phrases. */
#ifndef DAYBOOK_REPORTS_PHRASES_H
#define DAYBOOK_REPORTS_PHRASES_H

#include "projections/projections.h"
#include "reports/speech.h"

/* A line's description, in which the words that are ours are in the document's language; `changed` tells
 * whether any was. The catalog's names, and what people wrote, stay as they are. */
struct str description_words(const struct speech *s, struct arena *a, const struct line *line, bool *changed);

/* What law wants said of a tax, where the words are ours; a note of the catalog's stays as it is. */
struct str note_words(const struct speech *s, struct arena *a, struct str note);
/* Of all taxes of a document, each once. */
struct str notes_words(const struct speech *s, struct arena *a, const struct invoice *v);

/* The seller's payment terms and footer in the document's language: his own of it, else those of all. */
struct str terms_words(const struct speech *s, const struct seller *seller);
struct str footer_words(const struct speech *s, const struct seller *seller);

/* "Discount: Spring sale"; of a credit note, of all coupons of the invoice together. */
struct str discount_words(const struct speech *s, struct arena *a, const struct discount_total *d);

#endif
