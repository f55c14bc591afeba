/* SPDX-License-Identifier: MIT */
/* sim.h - the simulation: random histories of customers are lived in a ledger in memory, and what comes out
 * is held against what must be so whatever happened. A history is data, so that the same one can be lived in
 * several ways. Each is made of one seed alone. */
#ifndef DAYBOOK_TESTS_SIM_SIM_H
#define DAYBOOK_TESTS_SIM_SIM_H

#include "importers/importers.h"
#include "projections/projections.h"
#include "reports/reports.h"
#include "tests/lib/dice.h"

/* ---- histories, as scripts of steps (script.c) ---- */

enum step_kind { STEP_COMMAND, STEP_RUN };

struct step {
    struct instant at;
    enum step_kind kind;
    unsigned who; /* customer, from 0 */
    unsigned
        which; /* the command is about the n-th of the customer's subscriptions, from 1; 0: none is named */
    struct command command;
    unsigned document; /* the command is about the n-th of the customer's newest documents, from 1; 0: none */
    struct date through; /* of a run */
    enum bill_mode mode;
    bool approved; /* of a run that finalizes: all drafts */
};

struct script {
    struct step *steps; /* in the order of time */
    size_t count, capacity;
    unsigned customers;
};

/* What may happen in a history, beside subscriptions that begin, change and end. */
enum {
    MAY_PAUSE = 1 << 0,
    MAY_ADD = 1 << 1, /* add-ons and second plans */
    MAY_USE = 1 << 2, /* usage readings of now */
    MAY_USE_LATE = 1 << 3,
    MAY_ITEMS = 1 << 4,
    MAY_INVOICE = 1 << 5,     /* invoices by hand */
    MAY_PAY = 1 << 6,         /* charges and refunds by hand, methods that go and come, declines */
    MAY_RUN_AHEAD = 1 << 7,   /* runs through days to come */
    MAY_SKIP_RUNS = 1 << 8,   /* for weeks */
    MAY_PRICE_ANY = 1 << 9,   /* tiers that do not prorate, or by the second, at any second of the day */
    MAY_BACKDATE = 1 << 10,   /* starts in the past and in the future, charged elsewhere */
    MAY_REACTIVATE = 1 << 11, /* begin anew after an end */
    MAY_COUPON = 1 << 12,     /* coupons that are given and taken back */
    MAY_CREDIT = 1 << 13,     /* credit notes by hand */
    MAY_DRAFT = 1 << 14,      /* runs that stop at drafts, and some that finalize what was drafted */
    MAY_ALL = (1 << 15) - 1,
};

struct shape {
    unsigned customers;
    int days;
    unsigned may;
    unsigned nights; /* percent of days with a run */
};

/* `catalog` is the command that loads the catalog; prices are picked from it. */
void script_make(struct script *out, const struct shape *shape, const struct command *catalog, struct dice *d,
                 struct arena *a);
struct step *script_add(struct script *h, struct instant at, struct arena *a);
struct str user_name(unsigned who, struct arena *a);

/* One trial of a property. */
struct trial {
    uint64_t seed;
    const struct command *catalog;
    const char *folder; /* where ledgers may put their views */
    bool tells;
    struct arena *arena;
};

/* ---- the ledger in which one is lived (books.c) ---- */

enum { FOLDER_BYTES = 64 };
struct books {
    struct arena *arena;
    struct frozen_clock clock;
    struct ledger *ledger;
    struct gateway gateway;
    char dir[FOLDER_BYTES + 16];
    uint64_t read;            /* records of the log that `events` has */
    struct event_list events; /* all that happened, in order */
    size_t before;            /* of them, those before the last step */
    enum err code;            /* how the last step ended */
    struct error refusal;
    uint64_t done, refused;
    struct date through; /* the latest run's */
    uint64_t *kept;      /* subscriptions that ended without giving anything back */
    size_t kept_count, kept_capacity;
    bool tells; /* each step, on standard output */
};

/* A folder for all trials, in memory where the system has one for that; and its end, with all that is in it.
 */
enum err folder_make(char out[FOLDER_BYTES], struct error *e) MUST_USE;
void folder_remove(const char *path);

enum err books_open(struct books *b, const struct trial *t, struct error *e) MUST_USE;
void books_close(struct books *b);
/* A refusal by the rules is an answer (b->code); an error is a failure of the machinery. */
enum err books_do(struct books *b, const struct step *s, struct error *e) MUST_USE;
enum err books_command(struct books *b, const struct command *c, struct error *e) MUST_USE;
enum err books_run(struct books *b, const struct step *s, struct error *e) MUST_USE;

void tell_step(const struct books *b, const struct step *s);

/* ---- what must hold of any books (audit.c, coverage.c) ---- */

/* Documents add up, their numbers have no gaps, and none was changed since. */
enum err audit_documents(struct books *b, struct error *e) MUST_USE;
/* Coupons take what they are worth, as often as they say; nothing is given back twice. (money.c) */
enum err audit_money(struct books *b, struct error *e) MUST_USE;
/* Every day of a live, not paused, not trialing subscription is billed once for each fee, net of credits. */
enum err audit_days(struct books *b, struct error *e) MUST_USE;
/* Subscriptions are as their events say; accounts, balances and open invoices agree. */
enum err audit_state(struct books *b, struct error *e) MUST_USE;
/* Balances, journal, customers' books and a second computation agree on several days. (journal.c) */
enum err audit_journal(struct books *b, struct error *e) MUST_USE;
/* The aging of several days, as known now and before, is each customer's receivables and credit. (aging.c) */
enum err audit_aging(struct books *b, struct error *e) MUST_USE;
/* The state that billing foresees is the one that its events leave behind. */
enum err audit_foresight(struct books *b, struct date through, struct error *e) MUST_USE;
/* Chain, root, seals, postings, and views equal to a rebuild. */
enum err audit_ledger(struct books *b, struct error *e) MUST_USE;

/* ---- properties ---- */

/* Broken properties are ERR_TAMPERED with a sentence. */
typedef enum err property_fn(const struct trial *t, struct error *e);
struct property {
    const char *name, *says;
    unsigned share;     /* of a hundred histories, so many */
    unsigned histories; /* that one trial lives */
    property_fn *holds;
};
extern const struct property properties[]; /* ends with a name of NULL */

/* ---- for the model (dump.c) ---- */

/* Lives so many simple histories and writes each, and what came out, as a line of JSON. The program's exit
 * status. */
int dump_histories(const char *path, const struct trial *first, uint64_t count);

#endif
