/* SPDX-License-Identifier: MIT */
/* posting.h - double entry: what each event posts to which account. The postings of an event sum to zero per
 * currency, always (checked by the fold and by verification). Debits are positive, credits negative. */
#ifndef DAYBOOK_LEDGER_BOOK_POSTING_H
#define DAYBOOK_LEDGER_BOOK_POSTING_H

#include "ledger/book/event.h"

/* accounts.def: ACCOUNT(NAME, number, "name", "type"); a number is forever, it stands in the views' keys and
 * in reports. */
enum account {
#define ACCOUNT(NAME, number, name, type) ACCOUNT_##NAME = number,
#include "ledger/book/accounts.def"
#undef ACCOUNT
};
const char *account_name(enum account a); /* "assets:receivable" */
/* Whether it is an account's name, or one with a detail behind it: "income:revenue:pro". */
bool account_is_named(struct str name);
const char *account_type(enum account a); /* "asset", "liability", "equity", "income", "expense" */

struct posting {
    enum account account;
    struct str
        detail; /* product, usage type, tax or gateway that the account is kept by; "" where it is not */
    uint64_t customer;
    uint64_t invoice; /* document it belongs to; 0 none */
    struct date date; /* billing date it is effective on; none: the record's date */
    struct money amount;
};

/* By what the revenue of a line is kept: its product or usage type, "items" for single ones. */
struct str revenue_detail(const struct line *l);
/* To which account a document posts the line: revenue, deferred revenue for a service period, or what waited
 * unbilled. */
enum account line_account(const struct line *l);

/* Zero postings for events that move no money. The array is in the arena. */
enum err event_postings(const struct posting **out, size_t *count, const struct event *ev, struct arena *a,
                        struct error *e) MUST_USE;

/* ERR_TAMPERED: those of one event do not sum to zero in each currency. */
enum err postings_check(const struct posting *p, size_t count, struct error *e) MUST_USE;

#endif
