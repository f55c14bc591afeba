/* SPDX-License-Identifier: MIT */
/* importers.h - the door of importers/: bytes from outside to commands, and the payment gateways. An importer
 * checks and translates; what a command may do is decided in the ledger alone. Files are read as streams,
 * plain or gzip. */
#ifndef DAYBOOK_IMPORTERS_IMPORTERS_H
#define DAYBOOK_IMPORTERS_IMPORTERS_H

#include "importers/anchor.h"
#include "importers/stripe.h"
#include "importers/stripe_reconcile.h"
#include "importers/stripe_signature.h"
#include "projections/projections.h"

/* How far a long import is; total 0 when it is not known. NULL functions are not called. */
typedef void import_progress_fn(void *context, uint64_t rows, uint64_t bytes_done, uint64_t bytes_total);

struct import_options {
    const char *path; /* "-": standard input */
    /* Where refused rows go: CSV line,column,reason,text; written whole or not at all; NULL:
     * PATH.rejects.csv (of a pipe: stdin.rejects.csv), made only when there are any. The text is the raw
     * line, cut to 200 bytes, with card data blanked out. */
    const char *rejects_path;
    bool strict; /* one bad row and nothing of the file is taken */
    struct str actor;
    /* Of 'import commands': may whoever imports give that one? NULL: all of them. ERR_REFUSED says who may.
     */
    enum err (*may)(void *context, const char *words, struct error *e);
    void *may_context;
    const struct gateway *gateway; /* for what needs one: payment methods of new subscriptions */
    import_progress_fn *progress;
    void *progress_context;
    bool (*stops)(void *); /* asked before each page or block of a file is read; NULL: it never is */
    void *stops_context;
    /* Of the importer of Stripe's alone. */
    struct date created_from; /* documents made there before that day are not taken; none: all are */
    struct date cut;      /* balance transactions are taken that were made before it; none: all there are */
    struct str only;      /* kinds by comma, "customer,subscription"; "": all */
    struct str user_from; /* "id", "email", "metadata:KEY"; "": metadata's daybook_user or user_id, else id */
};

/* Of one of Stripe's lists. */
struct import_count {
    enum imported_kind kind;
    uint64_t read, taken, known, own, refused; /* own: payments and refunds of this ledger */
};

struct import_report {
    uint64_t rows, accepted, duplicates, rejected;
    uint64_t first_seq, last_seq; /* records written; 0: none */
    const char *rejects_path;     /* NULL: there were none */
    struct str first_reject;      /* "line 17: amount '12.345': …", for the sentence on the terminal */
    /* Of the importer of Stripe's alone. */
    uint64_t left_out; /* members of objects that were taken without them; they stand with the refused */
    struct import_count *counts; /* by lists, in the order in which they are read */
    size_t counts_count;
    const struct imported_total *totals; /* of all that was ever taken */
    size_t totals_count;
};

/* importers.def: IMPORTER(name, "name", "what it reads"); one function each, all of this shape. The format is
 * told by the name or the first bytes where one importer reads several. */
typedef enum err import_fn(struct import_report *out, struct ledger *l, const struct import_options *o,
                           struct arena *a, struct error *e);
struct importer {
    const char *name, *help;
    import_fn *run;
};
extern const struct importer importers_all[]; /* ends with a name of NULL */
const struct importer *importer_find(struct str name);

#define IMPORTER(function, name, help) import_fn function;
#include "importers/importers.def"
#undef IMPORTER

/* The command that loads a catalog file (JSON; format in fixtures/README.md). Errors name the member:
 * "catalog 'x.json': products[2].prices[0].amount: …". */
enum err catalog_read(struct command *out, const char *path, struct arena *a, struct error *e) MUST_USE;
/* The same of a text in memory. */
enum err catalog_parse(struct command *out, struct bytes text, struct arena *a, struct error *e) MUST_USE;

/* What a gateway adds to a command before it is executed: the card that a token stands for, and its own name
 * where the command asks it for money. Asks the gateway; nothing of the ledger is changed. */
enum err gateway_complete(struct command *c, struct ledger *l, const struct gateway *g, struct arena *a,
                          struct error *e) MUST_USE;
/* The card of a customer, who need not be known yet. */
enum err gateway_card(struct card *out, struct ledger *l, const struct gateway *g, struct str user,
                      struct str token, struct arena *a, struct error *e) MUST_USE;

/* Begins to set up a payment method of a customer, who must be known: fills the request's ledger and what the
 * gateway calls him. Nothing of the ledger is changed. */
enum err gateway_set_up(struct gateway_setup *out, struct ledger *l, const struct gateway *g,
                        const struct gateway_setup_request *m, struct arena *a, struct error *e) MUST_USE;

/* ---- what gateways send by themselves ---- */

/* Does our key move real money? What comes from the other world is kept and does nothing. */
enum webhook_world { WEBHOOK_ANY, WEBHOOK_TEST, WEBHOOK_LIVE };
struct webhook_door {
    struct ledger *ledger;
    struct webhook_secrets secrets;
    enum webhook_world world;
    const struct gateway *gateway; /* asked what a payment method is that a message names; NULL: nobody is */
    struct instant now;
    struct str actor;
};
/* Checks the signature of one message, keeps it, and does what it asks for. *out is how it stands then.
 * Nothing of a message that is not genuine, or none, is kept (ERR_INVALID, ERR_LIMIT); one that came before
 * does nothing. Once it is kept, what it asks for is done now or later: then that is no error here. */
enum err webhook_handle(struct webhook *out, const struct webhook_door *d, struct str signature,
                        struct bytes body, struct arena *a, struct error *e) MUST_USE;
/* The two parts of it: what must be done before it is answered, and all that waits since then. */
enum err webhook_keep(struct webhook *out, const struct webhook_door *d, struct str signature,
                      struct bytes body, struct arena *a, struct error *e) MUST_USE;
enum err webhooks_apply(uint64_t *count, const struct webhook_door *d, struct arena *a,
                        struct error *e) MUST_USE;

/* Whether one is genuine, and what it says: of *out its event_id and type. Of the door only its secrets and
 * its time are asked; nothing is kept. */
enum err webhook_check(struct webhook *out, const struct webhook_door *d, struct str signature,
                       struct bytes body, struct arena *a, struct error *e) MUST_USE;

/* Looking again, by what the ledger knows now. At one that waits, meant nothing here or asks for somebody:
 * *out is how it stands then. ERR_NOT_FOUND: there is none of that number; ERR_REFUSED: it was done. */
enum err webhook_look_again(struct webhook *out, const struct webhook_door *d, uint64_t webhook,
                            struct arena *a, struct error *e) MUST_USE;
/* At all that meant nothing here and were received on that day (UTC) or later, in the order in which they
 * came; no day: at all of them. */
struct webhooks_seen {
    uint64_t looked_at, still_foreign;
};
enum err webhooks_look_again(struct webhooks_seen *out, const struct webhook_door *d, struct date from,
                             struct error *e) MUST_USE;

/* What a message is about, its data.object as JSON; numbers that are no whole ones are strings there. */
enum err webhook_data(struct str *out, struct bytes body, struct arena *a, struct error *e) MUST_USE;

/* The in-process gateway used when no other is configured. It knows Stripe's test tokens (pm_card_visa pays,
 * pm_card_chargeDeclined, pm_card_chargeDeclinedInsufficientFunds …); any other token pays. Deterministic:
 * the same key gets the same answer. */
struct gateway gateway_simulator(void);

#endif
