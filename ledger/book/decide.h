/* SPDX-License-Identifier: MIT */
/* decide.h - decisions: (facts, command, now) to events, or a refusal. No read, no clock, no randomness
 * inside, so each is tested as a table. The facts are gathered before (projections/gather.c); decide_NAME
 * must name what it needs there. */
#ifndef DAYBOOK_LEDGER_BOOK_DECIDE_H
#define DAYBOOK_LEDGER_BOOK_DECIDE_H

#include "ledger/book/command.h"

/* What is known of one usage reading before it is decided on. */
struct reading_fact {
    uint64_t customer;                       /* 0: no such user */
    bool erased;                             /* if only in part: nothing new is kept of him */
    const struct subscription *subscription; /* in whose usage periods it counts; NULL: none is live */
    struct date ended;       /* when the last one did, without a live one; none: there was none */
    const struct zone *zone; /* the customer's; NULL: UTC */
    bool zone_unknown;       /* this machine's data do not have it */
    bool seen;               /* the event id was counted before */
    bool key_seen;           /* so was the key, in the period in which this one counts */
    struct date late; /* first day of the period, billed already, in which it counts; none: in the open one */
    bool too_old;     /* its day was billed too, but in no period that is known */
    struct customer_usage *usage; /* shared by all readings of the customer in this command */
};
/* A customer's unrated totals, levels included, and alerts; decisions keep the running totals of one command
 * here. */
struct customer_usage {
    struct usage_total *totals;
    size_t totals_count, totals_capacity;
    struct alert *alerts;
    size_t alerts_count;
    const struct subscription *subscriptions; /* live ones, by number */
    size_t subscriptions_count;
    /* The same of periods that were billed, in which late readings of the command count; NULL: none does.
     * Nothing is told of those. */
    struct customer_usage *billed;
};

struct billed_window; /* see rerating.h */
struct billed_commitment;
struct advance;

struct facts {
    struct str origin; /* of the ledger; makes keys for gateways unique (set by ledger.c) */
    struct instant now;
    struct date today;             /* of now, in the customer's zone; in the seller's where there is none */
    uint64_t second;               /* of today, there */
    struct date seller_today;      /* of now, in the seller's zone: for what bills */
    struct str timezone;           /* that the command names, in IANA's spelling; "": none that is known */
    struct counters counters;      /* the next numbers */
    const struct seller *seller;   /* NULL: not set */
    const struct catalog *catalog; /* in force today, or the version named; NULL: none */
    const struct catalog *newest_catalog; /* NULL: none loaded */
    /* Those that the terms of `subscription` are pinned to, and the terms that it will change to; NULL: none.
     */
    const struct catalog *own_catalog, *next_catalog;

    const struct customer *customer; /* NULL: unknown */
    /* The one that the command names; else the only live plan, or without a live one the newest, or the plan
     * that the newest was added to. NULL: there is none, or several live plans and none was named. */
    const struct subscription *subscription;
    struct str subscription_name;     /* as the command gave it; "": none */
    const struct subscription *ended; /* the plan that ended last, of ends that are noted; NULL: none */
    const struct subscription *subscriptions; /* all live ones, by number */
    size_t subscriptions_count;
    const struct method *methods; /* all, removed ones too */
    size_t methods_count;
    const struct item *items; /* pending, oldest first */
    size_t items_count;
    const struct draft *draft;           /* the customer's open one; NULL: there is none */
    const struct invoice *open_invoices; /* open or partially paid, oldest first; without lines */
    size_t open_invoices_count;
    bool open_invoices_known;        /* they were asked for, all of them */
    const struct open_invoice *open; /* the same, as much as is known of each customer without asking */
    size_t open_count;
    const struct pending_payment *pending; /* asked of a gateway that has not answered */
    size_t pending_count;
    /* Of periods that a live subscription has not rated yet, and the levels that were there before. */
    const struct usage_total *usage;
    size_t usage_count;
    const struct advance *advances; /* what was charged of usage periods that are open; see billing.h */
    size_t advances_count;
    const struct alert *alerts;
    size_t alerts_count;
    const struct wallet_grant *grants; /* of prepaid credit, with something left, by number */
    size_t grants_count;
    const struct wallet_grant *payers; /* that paid of `invoice` or `credited`, whatever is left of them */
    size_t payers_count;
    const struct transaction *payments; /* completed, with something left to refund, newest first */
    size_t payments_count;
    const struct redemption *coupons; /* in force, by redemption number */
    size_t coupons_count;

    const struct invoice *invoice;  /* the one the command names; NULL: unknown */
    const struct invoice *credited; /* whose lines may be credited now, or are by pending items; no others */
    size_t credited_count;
    uint64_t referenced; /* refund.note: the transaction that the gateway calls so already; 0: none */
    const struct dispute *dispute; /* dispute.note: the one that the gateway calls so; NULL: none */
    const bool *movements_known;   /* of the command's movements, which were noted before */
    const struct gateway_bound
        *bound;          /* gateway.bind: where the money was until now; NULL: nothing is noted */
    bool movement_noted; /* import.document: the movement of the balance that it is was noted before */
    const struct object_imported *imported; /* the same object, as it was taken before; NULL: it is new */
    const struct object_imported *known_as; /* the customer, as another system has him; NULL: none has */
    const struct webhook *webhook; /* that came before with this id, or is to be applied; NULL: none */
    const struct transaction *transaction; /* the payment or refund the command names; NULL: unknown */
    const struct transaction *payment;     /* of a refund: the payment it refunds */
    struct money conceded; /* of a refund: of all that its payment's invoices gave back, what no credit note
                              stands for */
    /* The series that a document issued today (or on the command's date) would continue; last_serial 0 when
     * new. */
    struct series invoice_series, credit_note_series;
    /* In the seller's tax currency, the newest of each currency by the issue date; none without one. */
    const struct exchange_rate *rates;
    size_t rates_count;
    /* The last record of the seller's fiscal chain, and that of the issue of `invoice`; NULL: there is none.
     */
    const struct fiscal_recorded *fiscal_last, *fiscal_own;
    const struct fiscal_recorded *fiscal_last_note; /* where credit notes have a chain of their own */
    int64_t clock_ahead;    /* seconds that the seller's clocks are ahead of UTC; where the chain asks */
    struct date issue_date; /* the command's date, not before the last issue date of either series */
    const struct run *run;  /* newest run for the command's date, or the one it names; NULL: none */

    const struct reading_fact *readings; /* usage.record: one for each reading */
    /* usage.correct and usage.cancel: the reading with that event id, as it is now; NULL: none was counted.
     */
    const struct counted_reading *counted;
    const struct usage_total *counted_total; /* of its usage type and period; NULL: none was counted */
    struct decimal counted_level;            /* that the customer has now, where readings change one */

    /* usage.rerate and rerating.approve: the windows that are meant, by their first days, and the customer's
     * totals since the first of them. */
    const struct billed_window *windows;
    size_t windows_count;
    const struct usage_total *window_usage;
    size_t window_usage_count;
    const struct billed_commitment *commitments; /* the customer's that were counted up */
    size_t commitments_count;
    const struct rerating *rerating; /* that the command names, or that waits; NULL: there is none */

    /* period.close and period.reopen. */
    struct date closed_through;             /* last day of what is closed; none: nothing is */
    const struct closing_balance *balances; /* period.close: of all accounts at the end of the month */
    size_t balances_count;

    /* Commands about actors and tokens: all there ever were, by number. */
    const struct actor *actors;
    size_t actors_count;
    const struct access_token *tokens;
    size_t tokens_count;
};

/* Readings that a usage.record left out, in order. */
struct reading_refusal {
    size_t index;
    enum err code;
    const char *column; /* user_id, usage_type, amount, timestamp, event_id, key */
    struct str why;
    bool duplicate; /* counted before: not an error, just not counted again */
};

struct decision {
    struct event_list events;
    struct reading_refusal *refusals;
    size_t refusals_count;
    bool partly; /* customer.bill: more is due than it could hold; the same command goes on with it */
};

/* Will it stand so for ever? */
bool dispute_is_decided(enum dispute_status status);
/* May the bank have what a payment brought? Then nothing of it can be refunded. */
bool dispute_holds(enum dispute_status status);

/* How far a run through `through` bills a customer, by the seller's date and by his own. Whose clocks are
 * behind the seller's is billed no further than his own date: his day has not begun, and readings of the one
 * before still come. A run through a date that the seller has not reached either is meant to run ahead, for
 * everybody. */
struct date billed_through(struct date through, struct date seller_today, struct date today);
/* The same for a command, which a run has given; or somebody who wants to see a bill of a day to come. */
struct date bill_through(const struct facts *f, const struct customer_bill_command *c);

/* Does a token count on a day of UTC? */
bool token_counts(const struct access_token *t, struct date today);

/* Appends the events that follow from the command. A decision without events is a valid answer: nothing is to
 * be done. */
enum err decide(struct decision *out, const struct facts *f, const struct command *c, struct arena *a,
                struct error *e) MUST_USE;

#define COMMAND(name, NAME, words, help)                                                                \
    enum err decide_##name(struct decision *out, const struct facts *f, const struct name##_command *c, \
                           struct arena *a, struct error *e) MUST_USE;
#include "ledger/book/commands.def"

#endif
