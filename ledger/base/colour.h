/* SPDX-License-Identifier: MIT */
/* colour.h - colours of sRGB, 0xRRGGBB. */
#ifndef DAYBOOK_LEDGER_BASE_COLOUR_H
#define DAYBOOK_LEDGER_BASE_COLOUR_H

#include "ledger/base/text.h"

/* "#17496b". */
enum err colour_parse(uint32_t *out, struct str text, struct error *e) MUST_USE;
/* How much lighter white is, in tenths: 45 is 4.5 to 1 (the contrast ratio of WCAG 2.1). */
unsigned colour_contrast_to_white(uint32_t colour);

/* What WCAG 2.1 (1.4.3, level AA) wants between text and its background, in tenths. */
enum { CONTRAST_OF_TEXT = 45 };

#endif
