/* SPDX-License-Identifier: MIT */
/* speech.h - how a document speaks to its customer: the words in his language, numbers, amounts and dates as
 * his country writes them. All of it is constant (texts.def, formats.def, country_names.def): the same
 * document is the same bytes on any machine, whatever its locale, and whatever version of ICU it has. */
#ifndef DAYBOOK_REPORTS_SPEECH_H
#define DAYBOOK_REPORTS_SPEECH_H

#include "ledger/base.h"

enum text {
#define TEXT(name, english, german, french, spanish) TEXT_##name,
#include "reports/texts.def"
#undef TEXT
    TEXTS
};

struct speech;
/* By a customer's locale, "de-AT"; "" is en-US. Other languages get English. */
const struct speech *speech_of(struct str locale);
const char *speech_tag(const struct speech *s); /* of the language: "de" */

struct str say(const struct speech *s, enum text t); /* without anything to fill in; ends with NUL */
/* With {1}, {2} … filled in. */
struct words {
    struct str at[4];
};
struct str say_with(const struct speech *s, struct arena *a, enum text t, const struct words *w);
#define SAY(speech, arena, text, ...) say_with(speech, arena, text, &(struct words){{__VA_ARGS__}})

struct str say_amount(const struct speech *s, struct arena *a,
                      struct money m); /* "1.234,00": without its currency */
struct str say_money(const struct speech *s, struct arena *a,
                     struct money m); /* "1.234,00 EUR", "EUR 1,234.00" */
/* At least `decimals` decimals. */
struct str say_decimal(const struct speech *s, struct arena *a, struct decimal d, int decimals);
struct str say_percent(const struct speech *s, struct arena *a, struct decimal d);
struct str say_date(const struct speech *s, struct arena *a, struct date d);
struct str say_month(const struct speech *s, struct arena *a, struct date d); /* "Jan 2025" */
/* Both days included, from a half-open period; one day alone, where it is one. */
struct str say_days(const struct speech *s, struct arena *a, struct date from, struct date to);
struct str say_country(const struct speech *s, struct str code);

#endif
