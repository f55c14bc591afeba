/* SPDX-License-Identifier: MIT */
/* wallet.h - prepaid credit: grants that a customer has, and how they pay documents. Functions of values.
 *
 * A grant may be sold below its worth, or be a gift. What was paid for it is used up in proportion to what it
 * pays: of `left`, price * left / amount was paid for, rounded half away from zero. Each use takes the
 * difference of two such amounts, so the parts add up to the price, whatever they were. */
#ifndef DAYBOOK_LEDGER_BOOK_WALLET_H
#define DAYBOOK_LEDGER_BOOK_WALLET_H

#include "ledger/book/event.h"

/* Where some of a grant is expected never to be used, what was paid for that part is earned in proportion to
 * what is used of the rest, and never more of it than what is left was paid for: what turns out otherwise is
 * set right by later uses, and at the grant's end. Source: IFRS 15 paragraphs B44 to B47. */
enum { WALLET_PRIORITY_DEFAULT = 50, WALLET_PRIORITY_MAX = 100 };

/* The part of what is left of a grant that was paid for. */
enum err wallet_prepaid(struct money *out, const struct wallet_grant *g, struct error *e) MUST_USE;

/* How much of that is earned by now. It follows from what is left, whatever uses and returns led there. */
enum err wallet_breakage(struct money *out, const struct wallet_grant *g, struct error *e) MUST_USE;

/* Does it pay documents that are issued on that day? */
bool wallet_is_open(const struct wallet_grant *g, struct date on);

/* Uses up `amount`, at most what is left of the grant: *out says it, and g->left is what it was less that. */
enum err wallet_take(struct wallet_use *out, struct wallet_grant *g, struct money amount,
                     struct error *e) MUST_USE;

/* What is left of all grants in a currency, those that expire today included. */
enum err wallet_balance(struct money *out, const struct wallet_grant *grants, size_t count,
                        const char *currency, struct error *e) MUST_USE;

/* The grants that documents of one decision take from and give back to: those with something left, and those
 * that paid of what may be credited, whatever is left of them. Copies. */
struct wallet {
    struct wallet_grant *grants;
    size_t count;
};
struct wallet wallet_begin(const struct wallet_grant *open, size_t open_count,
                           const struct wallet_grant *payers, size_t payers_count, struct arena *a);
/* As a document leaves them that was decided before. */
enum err wallet_note(struct wallet *w, const struct invoice_finalized *d, struct error *e) MUST_USE;

/* Gives a credit of an invoice back to the grants that paid of it: at most `amount`, and no more than they
 * paid and have not back yet; the one that paid last first. Notes it on the document and in the wallet. What
 * was paid for what comes back is owed again; for a grant that has expired or was voided by the document's
 * day it is not, there what comes back lapses. */
enum err wallet_give_back(struct invoice_finalized *d, struct wallet *w, const struct invoice *v,
                          struct money amount, struct arena *a, struct error *e) MUST_USE;

/* Lets open grants pay an invoice whose lines, taxes and total are known: fills in wallet_applied and wallet.
 * They pay what lines come to with taxes and after discounts, in the order of priority (lower first), expiry
 * (sooner first, never last) and number; a scope leaves a grant only the lines of its product or usage type.
 * Negative lines lower what is to be paid: first of their own product and usage type, then of others, in the
 * order of the lines; what of them goes back to grants (d->returns) lowers nothing. Credit cannot be bought
 * with credit. The grants stay as they are. */
enum err wallet_pay(struct invoice_finalized *d, const struct wallet_grant *grants, size_t count,
                    struct arena *a, struct error *e) MUST_USE;

#endif
