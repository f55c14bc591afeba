/* SPDX-License-Identifier: MIT */
/* stripe_import.h - what the files of the import from Stripe share: stripe_import.c (lists, months, how far
 * it is), stripe_pages.c (what becomes of a page), stripe_detached.c (methods that are gone). For them only.
 */
#ifndef DAYBOOK_IMPORTERS_STRIPE_IMPORT_H
#define DAYBOOK_IMPORTERS_STRIPE_IMPORT_H

#include "importers/import.h"
#include "importers/rejects.h"
#include "importers/stripe_take.h"

struct stripe_kind {
    enum imported_kind kind;
    const char *path, *parameters;
    stripe_take_fn *take;
    bool history; /* of which only what is younger than asked for is read */
};

struct stripe_import {
    struct ledger *ledger;
    struct stripe *stripe;
    const struct import_options *options;
    struct import_report *report;
    struct rejects rejects;
    struct arena *arena; /* of the report */
    struct hasher *hasher;
    struct stripe_prices prices;
    unsigned kinds;              /* bits of those that are read */
    struct import_progressed at; /* how far it is */
    bool open;                   /* the ledger knows that it has begun */
    bool wrote;                  /* something since it was told how far it is */
    /* of the list at hand */
    const struct stripe_kind *list;
    struct import_count *count;
};

/* A stripe_page_fn; the context is the import, whose list the page is of. */
enum err stripe_take_page(void *context, json_t *const *objects, size_t count, struct arena *a,
                          struct error *e) MUST_USE;
/* A record that was written of an object; 0 is none. */
void stripe_note_record(struct stripe_import *im, uint64_t seq);
/* One object that was not taken. */
enum err stripe_reject(struct stripe_import *im, const struct stripe_taking *k, struct arena *a,
                       struct error *e) MUST_USE;

/* Forgets methods of the customers that were imported before and stand in their whole lists no more; a list
 * of NULL is not known. */
enum err stripe_forget_detached(struct stripe_import *im, const struct object_imported *customers,
                                const json_t *const *lists, size_t count, struct arena *a,
                                struct error *e) MUST_USE;

#endif
