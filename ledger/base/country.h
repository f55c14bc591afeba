/* SPDX-License-Identifier: MIT */
/* country.h - the countries of ISO 3166-1. Taxes are found by a customer's country: one that nobody knows
 * would be billed without any, so it is refused where it is given. */
#ifndef DAYBOOK_LEDGER_BASE_COUNTRY_H
#define DAYBOOK_LEDGER_BASE_COUNTRY_H

#include "ledger/base/text.h"

/* ERR_INVALID for what is no code, with the one that may be meant: 'GB' for 'UK', 'gb' or 'United Kingdom'.
 */
enum err country_check(struct str code, struct error *e) MUST_USE;
/* A tag of BCP 47, as "de-AT" or "sr-Latn-RS", of a language, and a country if there is one, that ICU knows.
 */
enum err language_check(struct str tag, struct error *e) MUST_USE;
/* As an address has it, in English; the code itself when it is none. */
struct str country_name(struct str code);

#endif
