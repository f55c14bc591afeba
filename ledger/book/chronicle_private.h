/* SPDX-License-Identifier: MIT */
/* chronicle_private.h - what the files of chronicle share: chronicle.c (events in order),
 * chronicle_references.c (who speaks of what), chronicle_documents.c, chronicle_payments.c and
 * chronicle_fiscal.c. */
#ifndef DAYBOOK_LEDGER_BOOK_CHRONICLE_PRIVATE_H
#define DAYBOOK_LEDGER_BOOK_CHRONICLE_PRIVATE_H

#include "ledger/book/chronicle.h"

/* What has numbers of its own. */
enum numbering {
    NUMBER_CUSTOMER,
    NUMBER_SUBSCRIPTION,
    NUMBER_ITEM,
    NUMBER_INVOICE,
    NUMBER_TRANSACTION, /* payments and refunds together */
    NUMBER_CATALOG,
    NUMBER_SELLER,
    NUMBER_RUN,
    NUMBER_DRAFT,
    NUMBER_RERATING,
    NUMBER_WEBHOOK,
    NUMBER_DISPUTE,
    NUMBER_IMPORTED,
    NUMBER_ACTOR,
    NUMBER_TOKEN,
    NUMBERINGS,
};
const char *numbering_word(enum numbering n); /* "invoice" */

/* ---- once ---- */

/* A set of digests: what was there already is found in it, whatever else was. */
struct digest_set {
    uint8_t (*items)[16]; /* a digest of zero bytes is an empty place: none comes out of SHA-256 */
    size_t count, capacity;
};
bool digest_set_add(struct digest_set *s, const uint8_t digest[16]); /* false: it was there */

/* ---- what is kept of things, by number from 1 ---- */

struct owner_list {
    uint64_t *items;
    size_t count, capacity;
};

struct past_document {
    uint64_t customer;
    int64_t total, open; /* minor units of the currency */
    char currency[4];
    bool voided, recorded; /* recorded: in a fiscal chain that has annulments */
};
struct past_series {
    struct str name;
    uint64_t serial;
    struct date last;
};

/* The last record of a fiscal chain; texts by their SHA-256. */
struct past_chain {
    struct str name;
    uint64_t place;
    uint8_t hash[32], number[32];
    struct date date;
};

enum past_status { PAST_PENDING, PAST_COMPLETED, PAST_FAILED, PAST_RETURNED };
struct past_transaction {
    uint64_t customer, payment; /* payment: of a refund what it gives back; else itself */
    int64_t amount, given_back; /* given_back: of a payment, also what is only asked for */
    char currency[4];
    enum past_status status;
    bool refund;
};

struct reference_plan;

struct chronicle {
    struct hasher *hasher;
    struct arena *arena; /* of what stays: names of series, plans of references */
    uint64_t last[NUMBERINGS];
    struct owner_list subscriptions;
    struct past_document *documents;
    size_t documents_count, documents_capacity;
    struct past_series *series;
    size_t series_count, series_capacity;
    struct past_chain *chains;
    size_t chains_count, chains_capacity;
    enum fiscal_chain fiscal_chain; /* that the seller has */
    struct str fiscal_public_key;
    struct past_transaction *transactions;
    size_t transactions_count, transactions_capacity;
    struct digest_set keys, event_ids, messages, movements;
    struct chronicle_counts counts;
    struct reference_plan **plans;
    size_t plans_count, plans_capacity;
};

/* Room for one more in a list of malloc's. */
void *list_room(void *items, size_t count, size_t *capacity, size_t size);

/* *sum + sign * part; ERR_TAMPERED where they are not of one currency, or too much. */
enum err chronicle_sum(struct money *sum, struct money part, int sign, struct error *e) MUST_USE;

/* Once: ERR_TAMPERED where the text is in the set already. */
enum err chronicle_once(struct chronicle *h, struct digest_set *set, const char *what, struct str text,
                        struct error *e) MUST_USE;

/* chronicle_references.c: all that an event names is there, once its record is read. */
enum err chronicle_references(struct chronicle *h, const struct event *ev, struct error *e) MUST_USE;

/* chronicle_documents.c, chronicle_payments.c: what an event does to them. */
enum err chronicle_documents(struct chronicle *h, const struct event *ev, struct error *e) MUST_USE;
enum err chronicle_payments(struct chronicle *h, const struct event *ev, struct error *e) MUST_USE;
/* chronicle_fiscal.c: documents are in the chain that the seller has, once their record is read. */
enum err chronicle_fiscal(struct chronicle *h, const struct envelope *v, struct error *e) MUST_USE;
/* A part of a document is paid, or taken off by a credit note. */
enum err chronicle_pay(struct chronicle *h, const struct allocation *part, uint64_t customer,
                       struct error *e) MUST_USE;

#endif
