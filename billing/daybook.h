/* SPDX-License-Identifier: MIT */
/* daybook.h - Daybook's public interface: the only header that a program includes. Link with -ldaybook
 * (pkg-config daybook).
 *
 * Rules that hold everywhere:
 *  - A function that can fail returns one of DAYBOOK_OK, DAYBOOK_REFUSED …; on a failure *e (which may be
 * NULL) says why.
 *  - Amounts and quantities go in and out as decimal strings ("29.00", "45.5"), in major units of the
 * currency that stands beside them; there is no floating point. Dates are "2025-01-31", times RFC 3339 in UTC
 * ("2025-01-31T12:00:00Z"). Texts are UTF-8.
 *  - An argument that may be NULL is marked so; NULL then means what its comment says.
 *  - An answer is one piece of memory: whatever it points to lives until daybook_free(answer), which is the
 * only function that frees. A text in an answer is never NULL; what there is not is "". On a failure the
 * answer is NULL, but for payments and refunds that the gateway declined (DAYBOOK_DECLINED) or whose outcome
 * is not known yet (DAYBOOK_INCOMPLETE): they have one.
 *  - Whatever was answered with DAYBOOK_OK is durable.
 *  - A struct daybook is for one thread at a time, and a ledger is opened once in a process; several
 * processes may have it open.
 *  - Payment card numbers and CVVs are refused in every text: only a gateway's tokens may be kept. */
#ifndef DAYBOOK_H
#define DAYBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DAYBOOK_VERSION "0.1.0"
#define DAYBOOK_API     __attribute__((visibility("default")))

/* The same numbers for ever; the command line's exit status is in brackets. */
enum daybook_code {
    DAYBOOK_OK = 0,          /* done [0] */
    DAYBOOK_REFUSED = 1,     /* the ledger's rules refuse this [1] */
    DAYBOOK_NOT_FOUND = 2,   /* there is no such thing [1] */
    DAYBOOK_CONFLICT = 3,    /* somebody else wrote first [1] */
    DAYBOOK_USAGE = 4,       /* called wrongly [2] */
    DAYBOOK_INVALID = 5,     /* the input is not valid [3] */
    DAYBOOK_LIMIT = 6,       /* the input exceeds a limit [3] */
    DAYBOOK_TAMPERED = 7,    /* the ledger is damaged or was tampered with [4] */
    DAYBOOK_ROLLED_BACK = 8, /* the ledger is older than its anchor [5] */
    DAYBOOK_STORAGE = 9,     /* the storage failed: disk full, input or output [6] */
    DAYBOOK_DECLINED = 10,   /* the payment was declined [7] */
    DAYBOOK_INCOMPLETE = 11  /* the outcome is not known [8] */
};

struct daybook_error {
    int code;           /* enum daybook_code */
    char kind[24];      /* its word: "refused", "not_found" … */
    char reason[40];    /* narrows it, or "": "insufficient_funds", "card_declined" … */
    char message[1024]; /* one sentence for people; never a secret, a token or personal data */
};

/* An open ledger. */
struct daybook;

/* Everything left 0 takes its default. */
struct daybook_options {
    const char *dir;      /* the ledger's directory */
    const char *key_file; /* file of the master key; NULL: $DAYBOOK_KEY_FILE is not asked, DIR.key is taken */
    const char *key_command; /* or a command that prints it; NULL: none */
    const char *passphrase_file,
        *passphrase_command; /* of key files that a passphrase protects; NULL: none */
    const char *now;         /* the clock stands still at this time; NULL: the system's clock */
    const char *actor;       /* who acts, for the audit log; NULL: "program" */
    const char *catalog; /* daybook_create: catalog file to load; NULL: the example tiers free, basic, pro,
                            enterprise */
    bool no_catalog;     /* daybook_create: load none */
    /* Payments by Stripe: a file of its secret key that nobody else may read, or a command that prints it;
     * both NULL: the simulator pays. Never the key itself. */
    const char *stripe_key_file, *stripe_key_command;
    const char
        *stripe_base;  /* another server of Stripe's shape: https, or http on this machine; NULL: Stripe */
    int stripe_rate;   /* requests a second, at most; 0: 20; below 0: no limit */
    int stripe_window; /* requests on their way at once, at most; 0: 40 */
    /* Who acts, where the ledger has actors: the token, which is not kept but as its SHA-256, or a file of it
     * that nobody else may read; both NULL: none. Every call is then judged by the role of its actor (REFUSED
     * says which may), and `actor` above is refused. Where it has none, a token is refused. */
    const char *token, *token_file;
    const char *checkpoint_key; /* file of the key that signs checkpoints; NULL: none */
    const char *publish;        /* a folder for signed checkpoints, which others read; NULL: none */
    const char *anchor_file;    /* what remembers, outside of the directory, how far the ledger was; NULL:
                                   $DAYBOOK_ANCHOR_FILE is not asked, DIR.anchor is taken */
};

DAYBOOK_API const char *daybook_version(void);

/* Makes a ledger in an empty or missing directory, its key file if that is missing, and loads the catalog.
 * REFUSED when there is a ledger already. Keep a copy of the key: without it nobody can read the ledger. */
DAYBOOK_API int daybook_create(const struct daybook_options *o, struct daybook_error *e);
/* NOT_FOUND: no ledger there. INVALID: the key is another ledger's. ROLLED_BACK: it is behind its anchor.
 * TAMPERED: it is damaged, or its anchor is, or remembers another one. INCOMPLETE: its anchor is missing. */
DAYBOOK_API int daybook_open(struct daybook **out, const struct daybook_options *o, struct daybook_error *e);
DAYBOOK_API void daybook_close(struct daybook *d); /* accepts NULL */
/* Frees any answer and any text that a function of this header gave. Accepts NULL. */
DAYBOOK_API void daybook_free(void *answer);

/* The clock stands still at `now` from here on; NULL gives the system's clock back. */
DAYBOOK_API int daybook_set_now(struct daybook *d, const char *now, struct daybook_error *e);
/* The next call that changes something carries this key (at most 255 bytes): the same key with the same
 * command again gives the first answer again, with another command it is REFUSED. Runs and imports, which are
 * many commands, answer USAGE. NULL: no key. */
DAYBOOK_API int daybook_set_idempotency_key(struct daybook *d, const char *key, struct daybook_error *e);

/* Anything that the command line can do with a ledger, by its words: "subscription.update", "invoice.list",
 * "customer.create". `json` is an object of its arguments and options with '_' for '-' (NULL: none); decimals
 * are strings. Who somebody is (name, email, street, postal_code, city, country, tax_id …) stands in an
 * object "party", and a threshold in percent is "threshold": "80" with "percent": true. *answer becomes JSON
 * text: an object, or an array for lists; free it with daybook_free. Names are those of `daybook --json`. */
DAYBOOK_API int daybook_call(struct daybook *d, const char *words, const char *json, char **answer,
                             struct daybook_error *e);

/* ---- subscriptions ---- */

struct daybook_subscription {
    const char *subscription_id, *user_id;
    const char *tier;             /* code in the catalog: "free", "basic", "pro", "enterprise" … */
    const char *status;           /* "active", "trialing", "paused", "past_due", "unpaid", "canceled" */
    const char *interval;         /* day, week, month, quarter, half_year, year */
    const char *price, *currency; /* per interval */
    const char *start;
    const char *current_period_start,
        *current_period_end;       /* first day, and first day after it; "" once ended */
    const char *next_billing_date; /* "" when nothing will be billed */
    bool cancel_at_period_end;
    const char *cancel_on, *ended_on;
    /* After an update: a change costs its charge less the credit for what it replaces, and what that comes to
     * is one of the first two. */
    const char *prorated_charge, *credit_amount;
    const char *old_tier, *change, *effective; /* change: "upgrade", "downgrade", "change", "scheduled" */
    /* After a cancellation. */
    const char *ends_on, *credit, *refunded, *credit_note;
};

/* Starts a subscription by the month from today; an unknown user becomes a customer. payment_method: a
 * gateway's token, kept as the default; may be NULL for a free tier or when one is on file. INVALID: a paid
 * tier without payment method. NOT_FOUND: no such tier. REFUSED: there is one already. */
DAYBOOK_API int daybook_create_subscription(struct daybook *d, const char *user_id, const char *tier,
                                            const char *payment_method, struct daybook_subscription **out,
                                            struct daybook_error *e);
/* Changes the tier today, prorated by day: charge and credit become items of the next invoice. */
DAYBOOK_API int daybook_update_subscription(struct daybook *d, const char *user_id, const char *new_tier,
                                            struct daybook_subscription **out, struct daybook_error *e);
/* Ends it with its period, or today with a refund of the unused part (as far as payments were made). `out`
 * may be NULL. */
DAYBOOK_API int daybook_cancel_subscription(struct daybook *d, const char *user_id, bool immediate,
                                            struct daybook_subscription **out, struct daybook_error *e);
/* The newest, also one that has ended. NOT_FOUND: there never was one. */
DAYBOOK_API int daybook_get_subscription(struct daybook *d, const char *user_id,
                                         struct daybook_subscription **out, struct daybook_error *e);

struct daybook_change {
    const char *date;
    const char *old_tier, *new_tier; /* "" before the first, "" after the end */
    const char *subscription_id;
};
struct daybook_history {
    size_t count;
    const struct daybook_change *items;
};
/* Oldest first. */
DAYBOOK_API int daybook_get_subscription_history(struct daybook *d, const char *user_id,
                                                 struct daybook_history **out, struct daybook_error *e);

/* ---- payments ---- */

struct daybook_transaction {
    const char *transaction_id; /* "txn_41" */
    const char *type;           /* "payment" or "refund" */
    const char *status;         /* "completed", "failed", "pending", "refunded", "partially_refunded" */
    const char *user_id, *date, *time, *description;
    const char *amount, *amount_refunded, *currency;
    const char *payment_id; /* refunds: the payment they give back */
    const char *invoice_id; /* that it was made for */
    const char *gateway, *gateway_reference;
    const char *error, *error_code; /* of a failed one */
};
struct daybook_transactions {
    size_t count;
    const struct daybook_transaction *items;
};

/* Charges the default payment method; the money pays open invoices, oldest first, and the rest becomes
 * credit. currency NULL: the customer's. description may be NULL. DECLINED: *out is there with its error, and
 * e->reason says which ("insufficient_funds"); without a payment method *out is NULL and the reason
 * "no_payment_method". INCOMPLETE: the outcome is not known, *out is pending. */
DAYBOOK_API int daybook_process_payment(struct daybook *d, const char *user_id, const char *amount,
                                        const char *currency, const char *description,
                                        struct daybook_transaction **out, struct daybook_error *e);
/* Gives a payment back, whole (amount NULL: all that is left) or in part. REFUSED: more than is left. reason
 * may be NULL. */
DAYBOOK_API int daybook_process_refund(struct daybook *d, const char *transaction_id, const char *amount,
                                       const char *reason, struct daybook_transaction **out,
                                       struct daybook_error *e);
/* Newest first. user_id NULL: everybody's; dates (inclusive) may be NULL; limit 0: all. */
DAYBOOK_API int daybook_list_transactions(struct daybook *d, const char *user_id, const char *start_date,
                                          const char *end_date, uint64_t limit,
                                          struct daybook_transactions **out, struct daybook_error *e);
/* A transaction that was made elsewhere. What may be NULL is marked so. */
struct daybook_elsewhere {
    const char *user_id;
    const char *amount;      /* negative is money out */
    const char *currency;    /* NULL: the customer's */
    const char *description; /* may be NULL */
    const char *reference;   /* its id there; may be NULL */
    const char *at;          /* when it was; NULL: now */
};
/* Keeps it, encrypted as everything is; no balance changes. `out` may be NULL. */
DAYBOOK_API int daybook_store_transaction(struct daybook *d, const struct daybook_elsewhere *in,
                                          struct daybook_transaction **out, struct daybook_error *e);

struct daybook_payment_method {
    const char *payment_method_id; /* the gateway's token */
    const char *funding, *brand, *last4;
    int64_t number;              /* counted by customer, from 1 */
    int64_t exp_month, exp_year; /* 0: does not expire */
    bool is_default;
};
struct daybook_payment_methods {
    size_t count;
    const struct daybook_payment_method *items;
};

/* Keeps a gateway's token; one that is kept already only becomes the default if wanted. `out` may be NULL. */
DAYBOOK_API int daybook_add_payment_method(struct daybook *d, const char *user_id, const char *token,
                                           bool is_default, struct daybook_payment_method **out,
                                           struct daybook_error *e);
DAYBOOK_API int daybook_list_payment_methods(struct daybook *d, const char *user_id,
                                             struct daybook_payment_methods **out, struct daybook_error *e);
/* By token or number. */
DAYBOOK_API int daybook_remove_payment_method(struct daybook *d, const char *user_id,
                                              const char *payment_method_id, struct daybook_error *e);

/* ---- usage ---- */

/* Counts a reading, e.g. 45.5 "compute_minutes". An event_id counts once, for ever: sent again, *duplicate
 * tells and the result is OK. at (when it was used; NULL: now), event_id and duplicate may be NULL. */
DAYBOOK_API int daybook_record_usage(struct daybook *d, const char *user_id, const char *usage_type,
                                     const char *amount, const char *at, const char *event_id,
                                     bool *duplicate, struct daybook_error *e);
/* The same with all that a reading can say; what is left NULL was not said. */
struct daybook_reading {
    const char *user_id, *usage_type, *amount, *at, *event_id;
    const char *key; /* counts once a period where the catalog counts different keys, e.g. "active_users" */
};
DAYBOOK_API int daybook_record_reading(struct daybook *d, const struct daybook_reading *r, bool *duplicate,
                                       struct daybook_error *e);

struct daybook_usage_type {
    const char *usage_type, *total;
    const char *limit;      /* what the tier includes, prorated over changes of tier; "": no limit is known */
    const char *unit_price; /* of each unit past the limit; "": the price is not one by the unit */
    bool unlimited, over_limit;
    const char *model; /* of the price: "per_unit", "graduated" …; "": nothing is charged */
};
struct daybook_usage {
    const char *user_id, *tier, *period_start, *period_end; /* the end is the first day after it */
    size_t count;
    const struct daybook_usage_type *items;
};
/* Every usage type of the current period, those with a limit also when nothing was used. */
DAYBOOK_API int daybook_get_usage(struct daybook *d, const char *user_id, struct daybook_usage **out,
                                  struct daybook_error *e);

typedef void (*daybook_alert)(void *context, const char *user_id, const char *usage_type,
                              const char *threshold, const char *total);
/* Fires once a period, when the total reaches the threshold: a quantity, or with a '%' behind it that part of
 * the quota ("80%"; REFUSED when there is none); the callback is then told the quantity that it is. The alert
 * is kept in the ledger; the callback (may be NULL) lives as long as d and is called by the call that records
 * the usage, before it returns; it may call back. Setting the same alert again only sets its callback. */
DAYBOOK_API int daybook_set_usage_alert(struct daybook *d, const char *user_id, const char *usage_type,
                                        const char *threshold, daybook_alert callback, void *context,
                                        struct daybook_error *e);

struct daybook_entitlement {
    const char *user_id, *feature;
    const char *kind; /* "flag", "limit", "text", "usage"; "": nothing that the user has is called so */
    const char *limit, *used, *remaining; /* of kinds that have them, else "" */
    const char *text;
    const char *subscription_id; /* that entitles; of several that of the highest tier */
    const char *reason;          /* "included", "unlimited", "overage_billed", "quota_used", "not_included",
                                    "no_subscription" */
    bool allowed, unlimited;
    bool over_limit;     /* more was used than the quota … */
    bool overage_billed; /* … and that is allowed, and billed */
};
struct daybook_entitlements {
    size_t count;
    const struct daybook_entitlement *items;
};
/* Whether a user may use a feature of his tiers, or a usage type, now: over all his subscriptions that are
 * active, on trial or past due. A no is DAYBOOK_OK too: `allowed` says it. NOT_FOUND: no such user. */
DAYBOOK_API int daybook_check_entitlement(struct daybook *d, const char *user_id, const char *feature,
                                          struct daybook_entitlement **out, struct daybook_error *e);
/* All that he may use. */
DAYBOOK_API int daybook_list_entitlements(struct daybook *d, const char *user_id,
                                          struct daybook_entitlements **out, struct daybook_error *e);

/* ---- prepaid credit ---- */

struct daybook_grant {
    int64_t grant;      /* counted by customer, from 1 */
    const char *status; /* "open", "used", "expired", "voided" */
    const char *amount, *left, *price, *currency;
    const char *scope; /* tier or usage type that it pays; "": all */
    int64_t priority;  /* lower ones pay first */
    const char *granted_on, *expires, *ended_on, *reason;
};
struct daybook_grants {
    size_t count;
    const struct daybook_grant *items;
};
/* What may be NULL is marked so. */
struct daybook_credit {
    const char *user_id;
    const char *amount;   /* what it is worth */
    const char *price;    /* what it is sold for, with the next invoice; NULL: a gift */
    const char *currency; /* NULL: the customer's */
    const char *expires;  /* first day on which it pays no more; NULL: never */
    int64_t priority;     /* 1 to 100; 0: 50 */
    const char *scope;    /* tier or usage type that it pays; NULL: all */
    const char *reason;   /* may be NULL */
};
/* Pays the next invoices, before any other credit. `out` may be NULL. */
DAYBOOK_API int daybook_grant_credit(struct daybook *d, const struct daybook_credit *in,
                                     struct daybook_grant **out, struct daybook_error *e);
/* Every grant there ever was, oldest first. */
DAYBOOK_API int daybook_list_credit(struct daybook *d, const char *user_id, struct daybook_grants **out,
                                    struct daybook_error *e);
/* Takes back what is left of a grant. What was paid for it is given back with the next invoice, unless
 * `forfeit`. `out` may be NULL. */
DAYBOOK_API int daybook_void_credit(struct daybook *d, const char *user_id, int64_t grant, bool forfeit,
                                    struct daybook_grant **out, struct daybook_error *e);

/* ---- invoices ---- */

struct daybook_line_item {
    const char *description, *amount, *quantity, *unit_price;
    const char *service_from, *service_to; /* first day, and first day after it; "" for one-off items */
    const char *kind, *tier, *usage_type;
    const char *discount; /* what coupons took off the amount */
    const char *tax;      /* on what they left */
    const char *tax_rate; /* percent, of all taxes together */
    const char *tax_category;
    bool tax_inclusive; /* unit_price holds the tax; amount does not */
};
struct daybook_invoice {
    const char *invoice_id, *invoice_number; /* "inv_7", "INV-2025-000007" */
    const char *kind;                        /* "invoice" or "credit_note" */
    const char *status;                      /* "open", "paid", "partially_paid", "void", "uncollectible" */
    const char *user_id, *issue_date, *due_date, *paid_on;
    const char *subtotal, *tax, *total, *credit_applied;
    const char *amount_due; /* when it was issued: total and wallet_returned, less wallet_applied and
                             * credit_applied */
    const char *amount_paid, *amount_remaining, *amount_refunded;
    const char *currency;
    bool existing;           /* generate: it was there before */
    size_t line_items_count; /* lists of invoices come without lines */
    const struct daybook_line_item *line_items;
    const char *discount;        /* total is subtotal less discount, and tax */
    const char *note;            /* words that the document bears for its taxes */
    const char *wallet_applied;  /* paid by prepaid credit */
    const char *wallet_returned; /* of what is credited on it, back to the prepaid credit that had paid it */
};
struct daybook_invoices {
    size_t count;
    const struct daybook_invoice *items;
};

/* Invoices all that is due today. When nothing is, the current period's invoice is the answer, with
 * `existing`; REFUSED when there is none. Nothing is charged: see daybook_process_payment. */
DAYBOOK_API int daybook_generate_invoice(struct daybook *d, const char *user_id, struct daybook_invoice **out,
                                         struct daybook_error *e);
/* By id or number. */
DAYBOOK_API int daybook_get_invoice(struct daybook *d, const char *invoice_id, struct daybook_invoice **out,
                                    struct daybook_error *e);
/* Newest first. user_id NULL: everybody's; status NULL: any; limit 0: all. */
DAYBOOK_API int daybook_list_invoices(struct daybook *d, const char *user_id, uint64_t limit,
                                      const char *status, struct daybook_invoices **out,
                                      struct daybook_error *e);
/* The file is written whole or not at all. */
DAYBOOK_API int daybook_generate_invoice_pdf(struct daybook *d, const char *invoice_id,
                                             const char *output_path, struct daybook_error *e);
/* Onto the next invoice; a negative amount is a credit. currency NULL: the customer's. */
DAYBOOK_API int daybook_add_invoice_item(struct daybook *d, const char *user_id, const char *description,
                                         const char *amount, const char *currency, struct daybook_error *e);

/* ---- records and batches ---- */

/* All that was billed to and paid by a customer, as CSV (format "csv" or NULL); dates (inclusive) may be
 * NULL. */
DAYBOOK_API int daybook_export_billing_data(struct daybook *d, const char *user_id, const char *format,
                                            const char *output_path, const char *start_date,
                                            const char *end_date, struct daybook_error *e);

struct daybook_audit_entry {
    int64_t seq; /* record of the log */
    const char *time, *user_id, *actor, *action;
    const char *result;  /* "done", "requested" (of a gateway), "declined"; of what was refused its word */
    const char *events;  /* what happened, one sentence each, with "; " between */
    const char *subject; /* the document, report, file or actor that it was about, if that is no customer */
};
struct daybook_audit_log {
    size_t count;
    const struct daybook_audit_entry *items;
};
/* Oldest first. user_id NULL: everything; dates (inclusive, UTC) may be NULL. */
DAYBOOK_API int daybook_get_audit_logs(struct daybook *d, const char *user_id, const char *start_date,
                                       const char *end_date, struct daybook_audit_log **out,
                                       struct daybook_error *e);

struct daybook_failure {
    const char *user_id, *reason; /* one sentence */
};
struct daybook_run {
    const char *through, *first_number, *last_number;
    int64_t candidates, invoiced, skipped, failed; /* customers */
    int64_t payments_completed, payments_failed, payments_pending;
    int64_t files, pdfs;
    int64_t checks;                          /* of the books, behind the newest run of the date; all hold */
    bool wrote_events;                       /* false: everything was done before, or dry_run */
    size_t failures_count;                   /* at most 1000 are told */
    const struct daybook_failure *failures;  /* whom this call could not bill, and why; they stay due */
    size_t not_drawn_count;                  /* at most 1000 are told */
    const struct daybook_failure *not_drawn; /* documents without a PDF, and which text no font can show */
};
/* The nightly batch: bills everybody through the date, collects, and writes PDFs, CSV files and a manifest
 * into out_dir. A second run writes no event and the same files. INCOMPLETE: some customers could not be
 * billed, or documents not drawn; *out is there. TAMPERED: also where the night is done, and the books do not
 * tie; run.json has what differs. dry_run: nothing is kept, and out_dir may be NULL. */
DAYBOOK_API int daybook_run_nightly(struct daybook *d, const char *through, const char *out_dir, bool dry_run,
                                    struct daybook_run **out, struct daybook_error *e);

/* ---- what Stripe sends ---- */

struct daybook_webhook {
    const char *webhook_id; /* "whk_7" */
    const char *event_id;   /* Stripe's: "evt_…" */
    const char *type;       /* "payment_intent.succeeded" */
    const char *data;       /* what it is about, JSON in Stripe's shape */
    const char *outcome;    /* "applied", "known", "kept", "foreign", "attention"; "waiting": done later */
    const char *what;       /* for people: what it did */
    const char *transaction_id; /* that it is about; "": none of ours */
};
/* Takes one message: checks its signature over exactly these bytes, keeps it, does what it asks for.
 * `signature` is the header Stripe-Signature; `secrets` one endpoint's secret a line, "whsec_…", and behind
 * one that is being replaced "until 2026-12-31T00:00:00Z". OK: answer Stripe with 200; it may be sent again,
 * and is done once. INVALID: it is not genuine, too old, or no event (400). LIMIT: it is longer than 1 MiB
 * (413). STORAGE: it could not be kept (503), and Stripe sends it again. `out` may be NULL. */
DAYBOOK_API int daybook_handle_webhook(struct daybook *d, const void *payload, size_t length,
                                       const char *signature, const char *secrets,
                                       struct daybook_webhook **out, struct daybook_error *e);

/* The same without a ledger, for a program that does by itself what a message asks for: is it genuine, and
 * what does it say? Nothing is kept: webhook_id, outcome and what are "", and a message sent again is told
 * again. `now` (NULL: the system's clock) is what its age is measured by. */
DAYBOOK_API int daybook_check_webhook(const void *payload, size_t length, const char *signature,
                                      const char *secrets, const char *now, struct daybook_webhook **out,
                                      struct daybook_error *e);

struct daybook_verification {
    const char *origin, *root, *last_leaf; /* the ledger's name; hashes in hexadecimal */
    int64_t records, events, postings;
};
/* The chain, the Merkle root, every tag and every event; postings sum to zero; the views equal a rebuild.
 * TAMPERED names what does not fit. `out` may be NULL. */
DAYBOOK_API int daybook_verify(struct daybook *d, struct daybook_verification **out, struct daybook_error *e);

#ifdef __cplusplus
}
#endif
#endif
