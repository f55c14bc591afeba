/* SPDX-License-Identifier: MIT */
/* reminder.h - when a customer is to be told of what he owes, and the words of it. Pure: the night's search
 * and the decision ask the same, and who reads a reminder is told the same words each time. */
#ifndef DAYBOOK_LEDGER_BOOK_REMINDER_H
#define DAYBOOK_LEDGER_BOOK_REMINDER_H

#include "ledger/book/dunning.h"

/* A reminder that is due, before it is known whether a payment is still on its way. */
struct reminder_wish {
    const struct reminder_rule *rule;
    size_t place;         /* of the invoice that it is about, among the open ones; of others the first of
                             the currency */
    struct dunned dunned; /* how that currency stands */
};
/* False ends the visits. */
typedef bool reminder_visit_fn(void *context, const struct reminder_wish *w);
/* Of each invoice and currency what is due on that day and was not told before. Of several numbers of days
 * that have passed the latest alone. */
enum err reminders_visit(const struct dunning *rule, const struct debtor *d, struct date day,
                         reminder_visit_fn *visit, void *context, struct error *e) MUST_USE;
bool reminders_are_due(const struct dunning *rule, const struct debtor *d, struct date day);
/* Is the open invoice at that place one that the reminder is about? */
bool reminder_is_about(const struct reminder_wish *w, const struct dunning *rule, const struct debtor *d,
                       size_t place, struct date day);

/* ---- words ---- */

/* What stands for {customer}, {invoice}, {amount}, {due}, {attempt}, {attempts} and {next}. */
struct reminder_words {
    struct str customer, invoice, amount, due, attempt, attempts, next;
};
/* ERR_INVALID, which names the first placeholder that there is not, or that has no end. */
enum err template_check(struct str text, struct error *e) MUST_USE;
/* Of a text that was checked. */
struct str template_fill(struct arena *a, struct str text, const struct reminder_words *w);
/* Of several invoices their numbers, and the first of their due dates; amounts and dates as on documents. */
struct reminder_words reminder_words_of(const struct reminder_due *v, const struct customer *c,
                                        const struct invoice *invoices, struct arena *a);
/* NULL: there is none of that name. */
const struct reminder_template *template_named(const struct dunning *rule, struct str name);

#endif
