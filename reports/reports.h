/* SPDX-License-Identifier: MIT */
/* reports.h - the door of reports/: batch jobs and documents. State to bytes: the same state and the same
 * parameters give the same bytes, whatever the clock, the zone, the locale, the number of jobs. Files are
 * whole or not there. */
#ifndef DAYBOOK_REPORTS_REPORTS_H
#define DAYBOOK_REPORTS_REPORTS_H

#include "ledger/book.h"
#include "projections/projections.h"
#include "reports/sheet.h"

typedef void run_progress_fn(void *context, const char *stage, uint64_t done, uint64_t total);
typedef bool stops_fn(void *context);

/* ---- the nightly run ---- */

struct run_options {
    struct date through;
    const char *out_dir; /* NULL: no files */
    unsigned jobs;       /* threads that set PDFs; 0: as many as there are processors */
    bool dry_run; /* the same code without the append; with out_dir the CSV files of what would be, no PDFs */
    bool without_pdf;
    bool without_checks; /* whether the books tie is looked at by another call for the date, or never */
    enum bill_mode mode; /* draft: drafts are made and no files; finalize: of drafts alone */
    bool approved;       /* mode finalize: all drafts are approved, as far as they still come out the same */
    const struct gateway *gateway; /* NULL: nothing is collected */
    struct str actor;
    const char *program;       /* "daybook 0.1.0", stands in the files; NULL: nothing does */
    run_progress_fn *progress; /* NULL: silent */
    void *progress_context;
    /* Is asked before each step. Told to stop, the run begins nobody new, notes the answers of the gateway
     * that are on their way, and ends with ERR_INCOMPLETE; the same call goes on from there. NULL: it never
     * is. */
    stops_fn *stops;
    void *stops_context;
};

/* Would the run through `asked` bill this customer, as things are? *through is how far, by his own date. */
enum err run_would_bill(bool *yes, struct date *through, struct ledger *l, uint64_t customer,
                        struct date asked, struct arena *a, struct error *e) MUST_USE;

enum { FAILURES_TOLD = 1000 };
struct run_failure {
    uint64_t customer;
    struct str user; /* his id as others know it */
    struct str why;
};

struct run_summary {
    struct date through;
    uint64_t runs; /* numbered runs of this date; their files are one set */
    uint64_t candidates, invoiced, skipped, failed;
    uint64_t refused;                   /* customers, in this call alone; they stay due */
    const struct run_failure *failures; /* the first thousand of them */
    size_t failures_count;
    uint64_t not_drawn;          /* documents of the set without a PDF, for a text that no font can show */
    struct run_failure *undrawn; /* the first thousand of them */
    size_t undrawn_count;
    uint64_t drafted; /* customers whose draft is new or another than before, in this call alone */
    uint64_t payments_completed, payments_failed, payments_pending; /* of this set's invoices */
    const struct run_total *totals;                                 /* per currency, by code */
    size_t totals_count;
    struct str first_number, last_number;
    const struct book_check *checks; /* whether the books tie behind the run, as it was found then */
    size_t checks_count, checks_failing;
    uint64_t files, pdfs;
    bool wrote_events; /* false: everything was done before, or this was a dry run */
};

/* Brings everything up to the date: settles payments left pending by a crash, charges, finalizes, collects;
 * then writes OUT/invoices.csv, invoice_lines.csv, batch_control.csv   columns: README, "Reports"
 *   OUT/pdf/NUMBER.pdf                                       one an invoice or credit note, as it was issued
 *   OUT/run.json                                             manifest, written last: SHA-256 of every file,
 * chain head before and after
 * The files describe all runs through this date as they stood when the newest of
 * them was completed, read from the ledger alone: a second run writes the same bytes and no event, whatever
 * was paid or changed in between. (A refusal is no event: run.json tells why customers could not be billed
 * only where the call that wrote it was the one that tried them, as each does while they are due.) Of a dry
 * run they hold no times, records and hashes, which nobody knows before. A run of an earlier date that was
 * killed ends here: what it left is billed by this one, and its record is completed. Its files are written by
 * running that date again. */
enum err nightly_run(struct run_summary *out, struct ledger *l, const struct run_options *o, struct arena *a,
                     struct error *e) MUST_USE;

/* ---- what the run asks of the gateway, alone ---- */

struct collect_options {
    struct date
        through; /* only invoices dated up to then are asked for the first time; none: all that are open */
    const struct gateway *gateway;
    struct str actor;
    run_progress_fn *progress; /* NULL: silent */
    void *progress_context;
    stops_fn *stops; /* as of a run; NULL: it never is */
    void *stops_context;
};

/* Of one currency: payments that were asked for, or asked about. */
struct collect_total {
    struct money asked; /* newly, by this call */
    struct money completed, declined, processing, unknown;
};
struct collect_summary {
    uint64_t asked; /* payments that this call asked for */
    /* Those and the ones that were pending before, as they stand now. Unknown: they are pending, and nobody
     * said how they stand. */
    uint64_t completed, declined, processing, unknown;
    uint64_t refunds_settled, refunds_unknown; /* of those that were pending before */
    uint64_t untold;                           /* that the gateway was told, and did not answer to */
    uint64_t pending;                          /* of the whole ledger, afterwards: payments and refunds */
    uint64_t elsewhere;                        /* of those, asked of another gateway than this one */
    const struct collect_total *totals;        /* by currency, as they came up */
    size_t totals_count;
    bool stopped;
};

/* Settles what is pending, asks for open invoices that nobody was asked to pay, and again for what is
 * overdue, as the night does. Work is found by what was asked for, so a second call asks for nothing. An
 * outcome that stays unknown is no failure. Told to stop it ends with OK: see `stopped`. */
enum err payments_collect(struct collect_summary *out, struct ledger *l, const struct collect_options *o,
                          struct arena *a, struct error *e) MUST_USE;

/* The same for what is overdue alone, as the catalog says, and what follows where that came to nothing. Only
 * invoices dated up to `through` are asked for. */
enum err payments_dun(struct collect_summary *out, struct ledger *l, const struct collect_options *o,
                      struct arena *a, struct error *e) MUST_USE;

/* A payment or refund that was pending: as it was, and as it is after it was asked about. */
typedef enum err settled_row_fn(void *context, const struct transaction *was, const struct transaction *now,
                                struct error *e);
/* Settles what is pending, and nothing else; tells each of them. */
enum err payments_reconcile(struct collect_summary *out, struct ledger *l, const struct collect_options *o,
                            settled_row_fn *row, void *context, struct arena *a, struct error *e) MUST_USE;

/* ---- subscriptions to another version of the catalog ---- */

enum migration_result { MIGRATION_SCHEDULED, MIGRATION_SCHEDULED_BEFORE, MIGRATION_REFUSED };

/* One subscription, as it is behind the decision: what it is moved to are its next terms. Prices are those of
 * a period of its interval, fees included, before usage. */
struct migration_row {
    struct str user;
    const struct subscription *subscription;
    enum migration_result result;
    struct str why; /* refused */
    struct money before, after;
    const struct difference *changes;
    size_t changes_count;
};
typedef enum err migration_row_fn(void *context, const struct migration_row *row, struct error *e);

struct migration_options {
    uint64_t version;
    struct str tier;   /* only subscriptions to it; "": to any */
    uint64_t customer; /* 0: all */
    bool dry_run;      /* the same without the append */
    struct str actor;
    migration_row_fn *row; /* told of everyone for whom something changes or was refused */
    void *context;
    run_progress_fn *progress; /* NULL: silent */
    void *progress_context;
};

/* Of one currency, scheduled now or before: what a month of all of them costs before usage. */
struct migration_total {
    uint64_t subscriptions;
    struct money before, after;
};
struct migration_summary {
    uint64_t scheduled, scheduled_before, refused;
    uint64_t unchanged; /* the version says the same of them: they stay on theirs */
    const struct migration_total *totals;
    size_t totals_count;
};

/* Schedules the same tier on the terms of the version for every live subscription that is pinned to an older
 * one, each for its next period; one record each, so that it can be killed and called again. ERR_NOT_FOUND:
 * there is no such version. */
enum err catalog_migrate(struct migration_summary *out, struct ledger *l, const struct migration_options *o,
                         struct arena *a, struct error *e) MUST_USE;

/* ---- usage at other prices ---- */

/* What the billed usage of a customer comes to, and would have come to by the rates of another catalog. */
struct price_row {
    struct str user;
    uint64_t periods;
    uint64_t unpriced; /* of those, without a price in that catalog: they count as they were billed */
    struct money billed, would_be, difference;
};
typedef enum err price_row_fn(void *context, const struct price_row *row, struct error *e);

struct price_options {
    const struct catalog *catalog;
    uint64_t customer;    /* 0: all */
    struct date from, to; /* periods that began on these days or between; none: open */
    price_row_fn *row;    /* told of every customer, for each currency that he was billed in */
    void *context;
};
/* Of one currency: all rows together. `user` is of no meaning. */
struct price_summary {
    const struct price_row *totals;
    const uint64_t *customers; /* of each total */
    size_t totals_count;
};
/* Rates all usage that was billed again, as the readings are now, by the rates that the catalog has for the
 * same tiers, intervals and currencies. Quantities are those of their time, also where the catalog would
 * count otherwise; fees, coupons, taxes and minimum commitments are not asked. Writes nothing. */
enum err usage_price(struct price_summary *out, struct ledger *l, const struct price_options *o,
                     struct arena *a, struct error *e) MUST_USE;

/* ---- documents ---- */

/* The PDF of one invoice or credit note; *attached is the e-invoice that is attached to it, empty where
 * invoice_xml would refuse. */
enum err invoice_pdf(struct buffer *out, struct bytes *attached, const struct ledger *l, struct views_txn *t,
                     const struct invoice *v, struct arena *a, struct error *e) MUST_USE;

/* The same as an e-invoice by EN 16931, in CII (as it is attached to the PDF) or UBL. ERR_REFUSED: something
 * that the standard demands is missing; the sentence names it. */
enum err invoice_xml(struct buffer *out, const struct ledger *l, struct views_txn *t, const struct invoice *v,
                     enum document_form form, struct arena *a, struct error *e) MUST_USE;

/* The PDF of the receipt of a payment or refund; ERR_REFUSED while no money has moved. */
enum err payment_receipt(struct buffer *out, const struct ledger *l, struct views_txn *t,
                         const struct transaction *v, struct arena *a, struct error *e) MUST_USE;

/* Notes in the ledger the files that documents were made into, those that are not noted yet. Of several
 * records' worth, each is one. */
enum err note_issued(struct ledger *l, const struct issued_file *files, size_t count, struct str actor,
                     struct error *e) MUST_USE;

/* The PDF of a document and what is attached to it, with their hashes as documents.issued notes them. */
struct made_document {
    struct buffer pdf;
    struct issued_file files[2];
    size_t files_count;
};
enum err make_document(struct made_document *out, const struct ledger *l, struct views_txn *t,
                       const struct invoice *v, struct arena *a, struct error *e) MUST_USE;

/* A document made again and held against the files that were noted of it. ERR_REFUSED: it is not made again,
 * for its customer was erased. */
struct made_again {
    bool noted;    /* some file of it was */
    bool as_noted; /* it comes out as one of those, and so does the e-invoice attached to it */
};
enum err check_made_again(struct made_again *out, struct ledger *l, uint64_t invoice, struct arena *a,
                          struct error *e) MUST_USE;

/* Files in a folder and those below it that bear the number of a document, held against what was issued.
 * Links are not followed. */
struct issued_check {
    uint64_t files, as_issued;
    uint64_t never_noted; /* bear the number of a document of which no file was noted */
    uint64_t differing;
    uint64_t others;  /* bear no document's number */
    struct str first; /* the first that differs, or was never noted; "": there is none */
};
enum err check_issued(struct issued_check *out, struct ledger *l, const char *folder, struct arena *a,
                      struct error *e) MUST_USE;

/* ---- receipts ---- */

struct receipts_summary {
    struct date through; /* of the run */
    uint64_t written;
    uint64_t without_pdf;       /* documents of the run that have none: no receipt is written for them */
    struct checkpoint leads_to; /* lives in the arena */
};
/* Beside each PDF that a run has written to OUT_DIR, the receipt of its document, pdf/NUMBER.tlog-proof: the
 * proof of the record that finalized it, as it leads to the checkpoint in a file, or for NULL to the newest.
 * They are not among the files of run.json, which stays the same bytes: later checkpoints give others.
 * ERR_NOT_FOUND: the folder has no run.json, or the checkpoint is older than the run. ERR_INVALID: the run is
 * of another ledger, or was a dry one. */
enum err receipts_write(struct receipts_summary *out, struct ledger *l, const char *out_dir,
                        const char *checkpoint, run_progress_fn *progress, void *progress_context,
                        struct arena *a, struct error *e) MUST_USE;

/* ---- reports ---- */

struct report_query {
    uint64_t customer;    /* 0: all */
    struct date from, to; /* inclusive; none: open */
    char currency[4];     /* only rows in it; "": all */
    const char *program;  /* stands in the side file; NULL: nothing does */
    /* What the ledger knew at an instant, or when it had so many records: the report is that of then.
     * Neither: of now. */
    struct instant known_at;
    uint64_t known_size;
    /* Read by this transaction, so that several reports are of the same moment; NULL: each opens its own. The
     * moment above is of no meaning then. */
    struct views_txn *reading;
    enum sheet_format format;
    bool raw; /* CSV without the apostrophes that keep spreadsheets from running texts */
    struct str
        locale; /* SHEET_PDF: whose words and numbers, "de-AT"; "": the customer's, else the seller's */
    bool synced_later; /* SHEET_PDF: the caller syncs the files, in one call for many */
    sheet_row_fn *row; /* SHEET_ROWS */
    void *row_context;
};
/* A file at `path`, with PATH.meta.json beside it (report, parameters, as-of seq, chain head, rows, control
 * totals, SHA-256); path "-": the report alone to standard output. ERR_USAGE names a parameter that the
 * report does not take, or cannot do without. */
typedef enum err report_fn(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                           struct error *e);
/* What reports.def says of a report: the parameters that mean something to it. */
enum report_takes {
    TAKES_FROM = 1,
    TAKES_TO = 2, /* or --as-of, which is the same */
    TAKES_CUSTOMER = 4,
    TAKES_CURRENCY = 8, /* it has a column of that name */
    TAKES_DAYS = TAKES_FROM | TAKES_TO,
    TAKES_ALL = TAKES_DAYS | TAKES_CUSTOMER | TAKES_CURRENCY,
    IS_AUDIT_LOG = 32,    /* for those alone who may read the audit log */
    IS_FOR_AN_OFFICE = 64 /* and so no part of a month's pack */
};
struct report {
    const char *name, *help;
    unsigned takes; /* enum report_takes */
    report_fn *run;
};
extern const struct report reports_all[];
const struct report *report_find(struct str name);
bool report_has_pdf(const struct report *r); /* for people, with charts; others refuse SHEET_PDF */

/* The journal in the form of another program: hledger, ledger, beancount, fec, datev, iif, xero (see
 * journal_forms.def). NULL: there is none of that name. */
struct journal_form;
const struct journal_form *journal_form_find(struct str name);
struct journal_options {
    const char *currency; /* only its postings; NULL: all, in forms that have room for several */
    const char *accounts; /* a JSON file of other numbers and names for accounts; NULL: ours */
};
enum err journal_export(struct ledger *l, const struct report_query *q, const struct journal_form *form,
                        const struct journal_options *o, const char *path, struct arena *a,
                        struct error *e) MUST_USE;

/* The records of a fiscal chain in the form of its tax office: verifactu, saft-pt. NULL: there is none of
 * that name. ERR_NOT_FOUND: none was made on the days that are asked for. */
struct fiscal_form;
const struct fiscal_form *fiscal_form_find(struct str name);
enum err fiscal_export(struct ledger *l, const struct report_query *q, const struct fiscal_form *form,
                       const char *path, struct arena *a, struct error *e) MUST_USE;

/* ---- the month's end ---- */

struct month_options {
    struct date month; /* any day of it */
    const char *out_dir;
    const char *program;
    const char *key_file;      /* signs SHA256SUMS; NULL: nobody does */
    const char *checkpoint;    /* a checkpoint's text, which goes into the pack; NULL: none */
    run_progress_fn *progress; /* NULL: silent */
    void *progress_context;
};
struct month_summary {
    struct date through;
    uint64_t files;
    const struct book_check *checks; /* what must hold before the month's books are closed */
    size_t checks_count, failing;
    bool is_signed;
    uint64_t statements, statements_not_drawn; /* the latter for a text that no font shows */
    const struct closing_balance *balances; /* that the month ends with by the pack: it is closed with them */
    size_t balances_count;
};
/* Looks whether the month is ready to be closed, and writes everything that accounting files of it: every
 * report as CSV and workbook, those with charts as PDF (of twelve months where they take days), a statement
 * for each customer with a movement or balance, the journal for hledger and beancount, month.json with the
 * checks and, last, SHA256SUMS with its signatures. Nothing is closed. What does not hold is no failure: see
 * `failing`. */
enum err month_pack(struct month_summary *out, struct ledger *l, const struct month_options *o,
                    struct arena *a, struct error *e) MUST_USE;

/* ---- for a tax audit ---- */

struct gobd_options {
    struct date from, to; /* inclusive */
    const char *out_dir;
    const char *program;
};
struct gobd_summary {
    uint64_t files; /* without SHA256SUMS */
};
/* The books of a period as a folder that German tax offices read (GoBD, Z3): CSV files with semicolons and
 * decimal commas, index.xml that says what is in them, and, last, SHA256SUMS. Every file is whole or not
 * there; without SHA256SUMS the export was not finished. ERR_REFUSED: the folder has something in it. */
enum err gobd_export(struct gobd_summary *out, struct ledger *l, const struct gobd_options *o,
                     struct arena *a, struct error *e) MUST_USE;

/* What became of a transaction, in the one word that all answers and files have for it: of a refund that was
 * made "refunded", as of the payment that it gives back whole. */
const char *transaction_status_shown(const struct transaction *v);

/* S19: everything that was billed to and paid by one customer in the dates: CSV
 * date,type,document,description,service_from,service_to, quantity,unit_price,amount,currency,status. */
enum err export_customer_csv(struct ledger *l, uint64_t customer, struct date from, struct date to,
                             const char *path, struct arena *a, struct error *e) MUST_USE;

#endif
