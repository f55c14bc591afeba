/* SPDX-License-Identifier: MIT */
/* functional.h - reports/'s own: the journal in the seller's functional currency. Each entry is converted by
 * the rate of its day, a document's by the one that it states (the credit of an invoice, and its void, by
 * that invoice's), and balances to the last unit. What settles something that was booked before leaves at
 * what that stood for, and the difference is an exchange gain or loss. Source: IAS 21 paragraphs 21 to 23 and
 * 28, IFRIC 22 for what was paid or billed in advance. */
#ifndef DAYBOOK_REPORTS_FUNCTIONAL_H
#define DAYBOOK_REPORTS_FUNCTIONAL_H

#include "reports/report_file.h"

struct functional;

struct functional_posting {
    struct money at_rate; /* by the rate of the entry */
    struct money amount;  /* what it is posted with */
    struct decimal rate;
    bool by_rate; /* amount is at_rate, but for rounding */
};
/* An exchange difference: nothing in the currency that it is of, debits (losses) above nothing. */
struct functional_gain {
    const char *currency;
    struct money amount;
    uint64_t customer, invoice;
};
struct functional_entry {
    const struct functional_posting *postings; /* one each of the entry */
    const struct functional_gain *gains;       /* at most one a currency */
    size_t gains_count;
};

/* NULL where the seller keeps his books in no currency of their own. ERR_REFUSED, here and below, names the
 * day and the two currencies of a rate that nobody gave. */
enum err functional_begin(struct functional **out, struct report_file *f, struct error *e) MUST_USE;
/* Reads what lies before the first day of the query, for what its items stand for. */
enum err functional_read_earlier(struct functional *x, struct error *e) MUST_USE;
void functional_end(struct functional *x); /* accepts NULL */
const char *functional_currency(const struct functional *x);

/* Entries in the order of the journal, each once: what they leave is what later ones settle. */
enum err functional_convert(struct functional_entry *out, struct functional *x,
                            const struct journal_entry *entry, struct arena *a, struct error *e) MUST_USE;

#endif
