/* SPDX-License-Identifier: MIT */
/* import.h - importers' own: what every import does around its rows. The file is opened and, where it is
 * compressed, read to its end once before anything is taken; with `strict` the whole import is rehearsed
 * first. */
#ifndef DAYBOOK_IMPORTERS_IMPORT_H
#define DAYBOOK_IMPORTERS_IMPORT_H

#include "importers/importers.h"
#include "importers/rejects.h"
#include "importers/source.h"

struct import {
    struct ledger *ledger;
    const struct import_options *options;
    struct gateway gateway; /* the options' one, else the simulator */
    struct import_report *report;
    struct source *source;
    struct rejects rejects;
    struct arena *arena; /* of the report */
    bool rehearsal;      /* nothing is kept, no gateway is asked for money */
};

/* Reads all rows of the source and runs their commands. */
typedef enum err import_pass_fn(struct import *im, struct error *e);
enum err import_run(struct import_report *out, struct ledger *l, const struct import_options *o,
                    import_pass_fn *pass, struct arena *a, struct error *e) MUST_USE;

/* One row that was not taken. */
enum err import_reject(struct import *im, const struct row *row, struct error *e) MUST_USE;
/* A record that it wrote; 0 is none. */
void report_note_record(struct import_report *r, uint64_t seq);
void import_note_record(struct import *im, uint64_t seq);
void import_progress(struct import *im);

/* A batch of strict import that is no rehearsal takes all or nothing. */
bool import_is_final_strict(const struct import *im);

/* Asks the gateway for the money that the commands of a batch requested. What stays unknown stays pending. */
enum err import_settle(struct import *im, const struct outcome *outcomes, size_t count, struct arena *a,
                       struct error *e) MUST_USE;

#endif
