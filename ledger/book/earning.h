/* SPDX-License-Identifier: MIT */
/* earning.h - when what a document bills is earned, which is seldom the day that it bears. A fee is earned
 * day by day over its service period, usage on the last day of its usage month, everything else at once.
 * Nothing of it is written as an event: it follows from the documents, and so is the same however often it is
 * asked.
 *
 * What is earned before its document waits in accrued revenue, what is earned behind it in deferred revenue.
 * Source: IFRS 15 paragraphs 31, 35(a), 105 to 107: revenue as the service is given, contract assets and
 * contract liabilities. */
#ifndef DAYBOOK_LEDGER_BOOK_EARNING_H
#define DAYBOOK_LEDGER_BOOK_EARNING_H

#include "ledger/book/posting.h"

/* Of one line of a document, or of one line that a void takes back. */
struct earning {
    struct str detail;                /* of the revenue account, as posting.h has it */
    struct str product;               /* of the line */
    uint64_t customer, invoice, line; /* the line counted from 1 */
    struct money amount;              /* what is earned in all; below nothing: what is given back */
    struct date from, to;             /* days on which the service was or will be given, half-open */
    struct date booked;               /* on which the document was posted */
    struct date first;                /* nothing is earned on a day before this one */
    bool deferred;                    /* the document posted it to deferred revenue, else to revenue */
};

/* What is posted to months that are closed goes to the first open day. `open_from` none: nothing is closed.
 */
struct date posting_date(struct date effective, struct date open_from);

/* Those of invoice.finalized and invoice.voided; none of any other event. What was given before its document
 * is earned when it was given, as far as those months are open (`open_from`), else on the first day that is;
 * so is what a credit or a void takes back. The array is in the arena. */
enum err event_earnings(const struct earning **out, size_t *count, const struct event *ev,
                        struct date open_from, struct arena *a, struct error *e) MUST_USE;

/* How much of it is earned by the end of a day: so many days of the service, rounded half away from zero, so
 * that a day's part is what is new since the day before and all of them come to the amount. */
enum err earned_through(struct money *out, const struct earning *g, struct date day,
                        struct error *e) MUST_USE;

/* First and last day on which something of it is earned. */
struct date earning_first_day(const struct earning *g);
struct date earning_last_day(const struct earning *g);

/* What the documents' own postings of accounts have to be corrected by at the end of a day: revenue earned
 * before its document, or not yet. The postings sum to zero; at most three. */
enum { EARNING_POSTINGS_MAX = 3 };
enum err earning_balances(struct posting out[EARNING_POSTINGS_MAX], size_t *count, const struct earning *g,
                          struct date day, struct error *e) MUST_USE;

#endif
