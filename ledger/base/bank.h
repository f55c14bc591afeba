/* SPDX-License-Identifier: MIT */
/* bank.h - bank accounts as documents name them: whether an IBAN and a BIC can be ones. No bank is asked
 * whether there is such an account. */
#ifndef DAYBOOK_LEDGER_BASE_BANK_H
#define DAYBOOK_LEDGER_BASE_BANK_H

#include "ledger/base/text.h"

/* An IBAN as ISO 13616 stores it, in capitals and without blanks: "DE89370400440532013000". ERR_INVALID says
 * what is wrong with it: the country, the length that the country's have, or the check digits (ISO 7064, MOD
 * 97-10). The sentence does not quote it. */
enum err iban_read(struct str *out, struct str text, struct arena *a, struct error *e) MUST_USE;
/* It reads as one: so many digits are no payment card's. */
bool iban_is(struct str text);
/* As people read it, in groups of four: "DE89 3704 0044 0532 0130 00". */
struct str iban_shown(struct arena *a, struct str iban);

/* A BIC (ISO 9362): 8 or 11 characters, the fifth and sixth a country's code. In capitals. */
enum err bic_read(struct str *out, struct str text, struct arena *a, struct error *e) MUST_USE;

#endif
