/* SPDX-License-Identifier: MIT */
/* decide_shared.h - what the decisions of this room share. For decide_*.c only. */
#ifndef DAYBOOK_LEDGER_BOOK_DECIDE_SHARED_H
#define DAYBOOK_LEDGER_BOOK_DECIDE_SHARED_H

#include "ledger/book/agreement.h"
#include "ledger/book/assess.h"
#include "ledger/book/billing.h"
#include "ledger/book/decide.h"
#include "ledger/book/interval.h"
#include "ledger/book/invoice.h"
#include "ledger/book/wallet.h"

enum { DEFAULT_TERMS_DAYS = 14, TERMS_DAYS_MAX = 366, RETENTION_YEARS_MAX = 100 };

enum err need_customer(const struct facts *f, struct str user, struct error *e) MUST_USE;
/* One of whom something new may be kept. ERR_REFUSED: he was erased, if only in part. */
enum err need_unerased(const struct facts *f, struct str user, struct error *e) MUST_USE;
/* The invoice that the command names, and that it is no credit note. */
enum err need_invoice(const struct facts *f, struct str named, struct error *e) MUST_USE;
/* The subscription that the command is about, and that it has not ended. */
enum err need_subscription(const struct facts *f, struct str user, struct error *e) MUST_USE;
/* … and one that is not billed elsewhere, where it is changed. */
enum err need_billed_here(const struct facts *f, struct str user, struct error *e) MUST_USE;

/* A decimal of major units as money, if the currency has that many decimals: "amount '12.345': too many
 * decimals for USD". */
enum err money_exact(struct money *out, struct decimal amount, const char *currency, const char *what,
                     struct arena *a, struct error *e) MUST_USE;
/* The currency a command means: its own, else the customer's, else USD. */
enum err currency_chosen(char out[4], struct str given, const struct customer *c, struct error *e) MUST_USE;

/* The time zone of a customer who is given none: the seller's, or UTC. */
struct str default_timezone(const struct facts *f);

struct money credit_balance(const struct customer *c, const char *currency);
/* A tax code of what is sold must be one that a tax or a product of the catalog names; "" is every catalog's.
 */
enum err check_tax_code(const struct facts *f, struct str code, struct error *e) MUST_USE;
/* When a document is due that is issued on a day, of which nothing else was said. */
struct date terms_due(const struct facts *f, struct date issued);

/* The method that is meant: by token or number, "" the default one; NULL when there is none. */
const struct method *method_named(const struct facts *f, struct str token_or_number);
/* payment_method.detached */
void add_detached(struct decision *out, const struct method *m, struct arena *a);
/* ERR_REFUSED while a payment of the invoice has been asked for and not been answered: it may be charged. */
enum err check_not_pending(const struct facts *f, const struct invoice *v, const char *what,
                           struct error *e) MUST_USE;
/* The default one, if it is that gateway's; another one cannot charge it. NULL: there is none. */
const struct method *method_of_gateway(const struct facts *f, struct str gateway);
/* Adds payment_method.added (or nothing, when the token is on file already: *added tells). */
enum err keep_card(struct decision *out, const struct facts *f, uint64_t customer, const struct card *card,
                   bool make_default, bool *added, struct arena *a, struct error *e) MUST_USE;

/* What a subscription to a tier would be pinned to. What is agreed counts for custom tiers only; `price` is
 * {0} with given = false otherwise. */
struct terms_wish {
    struct str tier;
    enum interval_unit unit;
    uint64_t interval_count; /* 0: 1 */
    const char *currency;
    struct decimal price;
    bool price_given;
    struct agreement agreed;
};
/* NULL: there is no such product, or price. */
const struct product *product_of(const struct catalog *c, struct str code);
const struct price *price_of(const struct catalog *c, const struct terms_wish *w);
struct terms_wish wish_of(const struct terms *t); /* for the same terms again */
/* A usage type is billed by one subscription of a customer, for two would bill the same readings twice.
 * `subscription` is the one that gets these terms; 0: a new one. */
enum err check_billed_once(const struct facts *f, const struct terms *t, uint64_t subscription,
                           struct error *e) MUST_USE;
enum err terms_for(struct terms *out, const struct facts *f, const struct terms_wish *w, struct arena *a,
                   struct error *e) MUST_USE;

/* item.added for each line; numbers go on from *next. */
void add_items(struct decision *out, const struct line_list *lines, uint64_t customer, uint64_t *next,
               struct arena *a);
/* Whether one more may wait for an invoice. */
enum err item_fits(const struct facts *f, struct money amount, struct error *e) MUST_USE;
/* subscription.used, where the usage type is charged before its period is over, and the event is not there.
 */
void note_used(struct decision *out, const struct subscription *s, struct str usage_type, struct date today,
               struct arena *a);
/* What accrue() did to a subscription. */
void add_accrued(struct decision *out, const struct accrual *due, struct arena *a);
/* By the oldest invoice that on this day is past its due date and still open after `paid`, and the seller's
 * days. */
struct overdue overdue_by(const struct facts *f, struct date day, const struct allocation *paid,
                          size_t paid_count);
/* Once nothing is overdue behind what is settled now, subscriptions go on. `document`: the event about one
 * that settles it, a credit note or a void; NULL: there is none. */
enum err restore_subscriptions(struct decision *out, const struct facts *f, const struct allocation *settled,
                               size_t count, const struct event *document, struct arena *a,
                               struct error *e) MUST_USE;
/* The same for the credit notes that are in *out already. `after`: what that decision makes of the
 * subscriptions of the facts, one each. */
enum err restore_settled(struct decision *out, const struct facts *f, const struct subscription *after,
                         struct arena *a, struct error *e) MUST_USE;
/* dunning.ended for each currency in which nothing is overdue behind what is settled now. */
void end_dunning(struct decision *out, const struct facts *f, const struct allocation *settled, size_t count,
                 struct arena *a);
/* May an answer that is not known yet be a payment of the invoice? */
bool payment_is_pending(const struct facts *f, uint64_t invoice);
/* What was asked for today is not asked for again today, and not before it is answered. */
bool dunning_must_wait(const struct facts *f, const char *currency);
/* reminder.due, where the catalog has one for it: a payment failed that is of no invoice of ours. */
void remind_of_failure(struct decision *out, const struct facts *f, struct money amount, struct arena *a);
struct accrual accrual_through(const struct facts *f, struct date through);
/* What is added to a plan ends with it, at the latest. */
void end_with_plan(struct subscription *added, const struct subscription *plan);

/* One document per currency of the lines (and of none when there is nothing to show): pending items and new
 * lines together. */
struct bill {
    const struct facts *facts;
    uint64_t customer, run;
    struct date issue_date;
    struct date due_date; /* none: as the customer's or the seller's terms say */
    struct line_list lines;
    const struct subscription *after; /* what bill_lines makes of the facts' subscriptions, one each */
    struct date left_on;              /* where bill_lines stopped, for it was too much; none: it holds all */
};
struct documents {
    struct invoice_finalized *items;
    size_t count;
};
/* Pending items and whatever is due of all live subscriptions through `through`, whose events go to *out.
 * Without `keep_zero`, lines of nothing (free tiers) are left out, so that they make no document. */
enum err bill_lines(struct decision *out, struct bill *b, struct date through, bool keep_zero,
                    struct arena *a, struct error *e) MUST_USE;
enum err documents_of(struct documents *out, const struct bill *b, struct arena *a, struct error *e) MUST_USE;
/* In mode draft: a draft of the documents instead of what was decided, unless there is just that. In mode
 * finalize: *done is set when the draft is not to be finalized, or not as it is. */
void draft_documents(struct decision *out, const struct facts *f, const struct customer_bill_command *c,
                     const struct documents *d, struct arena *a);
void check_draft(bool *done, struct decision *out, const struct facts *f,
                 const struct customer_bill_command *c, const struct documents *d, struct arena *a);
/* What is finalized now was drafted before, or makes the draft pointless. */
void close_draft(struct decision *out, const struct facts *f, struct documents *d, struct arena *a);
/* invoice.finalized for each, with its tax in the seller's tax currency, see convert_tax. */
enum err add_documents(struct decision *out, const struct facts *f, const struct documents *d,
                       struct arena *a, struct error *e) MUST_USE;
/* The document's tax in the seller's tax currency, where it has one that is another. ERR_REFUSED: nobody gave
 * an exchange rate for its day. */
enum err convert_tax(struct invoice_finalized *d, const struct facts *f, struct arena *a,
                     struct error *e) MUST_USE;
/* Subtotal, discount, tax and total of the lines; the next number of its series behind those documents. */
enum err sum_document(struct invoice_finalized *d, struct error *e) MUST_USE;
void number_document(struct invoice_finalized *d, const struct facts *f, const struct documents *before,
                     struct arena *a);
void take_pending_items(struct bill *b, const struct facts *f, struct arena *a);

/* payment.requested; the transaction's number is `number`. */
struct payment_wish {
    uint64_t number, customer, method, invoice;
    struct money amount;
    struct str description, gateway;
};
void add_payment_request(struct decision *out, const struct facts *f, const struct payment_wish *w,
                         struct arena *a);
/* refund.requested for at most `amount`, over the customer's completed payments, newest first, out of the
 * credit balance. */
enum err add_credit_refunds(struct decision *out, const struct facts *f, struct money amount,
                            struct str reason, struct arena *a, struct error *e) MUST_USE;
/* wallet.expired for each open grant whose day has come by `through`. */
enum err expire_grants(struct decision *out, const struct facts *f, struct date through, struct arena *a,
                       struct error *e) MUST_USE;
/* wallet_alert.fired where the decision lets prepaid credit fall below what an alert watches for: when it was
 * less before, the alert has fired, and waits for it to rise. */
enum err fire_wallet_alerts(struct decision *out, const struct facts *f, struct arena *a,
                            struct error *e) MUST_USE;
/* fiscal.recorded for each document that is finalized or voided, where the seller has a fiscal chain.
 * ERR_REFUSED: a document is in a currency of which the office's is not known. */
enum err record_documents(struct decision *out, const struct facts *f, struct arena *a,
                          struct error *e) MUST_USE;
/* The exchange rate that counts for a document, in the seller's tax currency. ERR_REFUSED: nobody gave one.
 */
enum err exchange_of(struct converted_tax *out, const struct invoice_finalized *d, const struct facts *f,
                     struct arena *a, struct error *e) MUST_USE;
struct str gateway_key(const struct facts *f, uint64_t transaction, struct arena *a);

#endif
