/* SPDX-License-Identifier: MIT */
/* dunning.h - how a customer stands with what is overdue, in one currency: whether payment is to be asked for
 * again, as the catalog says. Pure, so the night's search, the decision and people are told the same. */
#ifndef DAYBOOK_LEDGER_BOOK_DUNNING_H
#define DAYBOOK_LEDGER_BOOK_DUNNING_H

#include "ledger/book/event.h"

struct debtor {
    const struct customer *customer;
    const struct open_invoice *open;
    size_t open_count;
};
struct dunned {
    enum dunning_state state;
    struct money overdue, threshold; /* no threshold: the catalog has none for the currency */
    const struct campaign *campaign; /* NULL: none is open */
    uint64_t documents;              /* that are overdue */
    struct date oldest;              /* the first due date of them; none: nothing is overdue */
    struct date next_on;             /* of the next attempt: the day that was asked for where one is due */
};

/* What follows from a decline: the rule's first word on it, else what is known of its code, else of the
 * bank's advice. Stopped are lost and stolen cards, closed accounts and whatever the bank advises not to try
 * again; data that are wrong or past, and what must be confirmed, are for the customer. To ask such a method
 * again costs fees with the card networks. Source: Stripe's lists of decline codes and of what it never
 * retries. */
enum decline_action decline_action(const struct dunning *rule, struct str code, struct str advice);

/* The code of a payment that the gateway will never take, for it was canceled there. */
bool payment_is_canceled(struct str code);

/* A payment that failed because the customer must confirm it to his bank: he can do so for two weeks, while
 * the invoice that it is for asks for money and nothing else was asked to pay it. Then it is to be canceled.
 */
enum { CONFIRMATION_DAYS = 14 };
struct confirmation {
    const struct transaction *payment;
    const struct invoice *invoice; /* that it is for; NULL: none */
    struct instant asked;          /* when something was last asked to pay that; none: it asks no more */
    struct instant now;
};
struct instant confirmation_end(const struct transaction *payment); /* by time alone */
bool payment_wants_customer(const struct transaction *payment);
bool confirmation_is_open(const struct confirmation *c);

/* Past its due date on that day? On the due date it is not. Dunned: the same, in that currency. */
bool open_invoice_is_overdue(const struct open_invoice *v, struct date day);
bool open_invoice_is_dunned(const struct open_invoice *v, const char *currency, struct date day);
/* Will the payment method of now not pay it, as it stands? Only another one is asked for it by itself. */
bool open_invoice_is_stopped(const struct open_invoice *v, const struct dunning *rule);
/* Is it the first of its currency? So whoever goes through them meets each currency once. */
bool open_invoice_is_first(const struct debtor *d, size_t place);
enum err dunning_look(struct dunned *out, const struct dunning *rule, const struct debtor *d,
                      const char *currency, struct date day, struct error *e) MUST_USE;
/* The first day of the attempt after the `attempt`th, which was made on that day. */
struct date dunning_next(const struct dunning *rule, uint64_t attempt, struct date on);
/* Is there a currency in which an attempt is due? */
bool dunning_is_due(const struct dunning *rule, const struct debtor *d, struct date day);

/* Has it come to nothing, so that what the rule says of that is to be done? The last attempt was made on a
 * day before, or none can be made and its days are over. It is done once a campaign. */
bool dunned_is_over(const struct dunned *v, const struct dunning *rule, const struct debtor *d,
                    struct date day);
/* Is there a currency in which it has? */
bool dunning_is_over(const struct dunning *rule, const struct debtor *d, struct date day);

#endif
