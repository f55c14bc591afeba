/* SPDX-License-Identifier: MIT */
/* verify.h - the whole of daybook-verify as one function: a question about a file or folder, and what was
 * found. A second implementation of FORMAT.md: of the program that writes ledgers it has only the ground
 * (ledger/base) and the tables of events, which are data. */
#ifndef DAYBOOK_BILLING_VERIFY_VERIFY_H
#define DAYBOOK_BILLING_VERIFY_VERIFY_H

#include "billing/verify/folder.h"
#include "billing/verify/note.h"

struct question {
    const char *path;
    /* Files, each NULL if it was not given: trusted keys, a checkpoint that was kept, the record that a proof
     * is about, the older checkpoint of a proof of growth. */
    const char *public_key, *checkpoint, *record, *old;
    const char *leaf; /* base64 of the hash of the record that a proof is about; NULL: not given */
    unsigned jobs;    /* threads; 0: one */
    void (*progress)(void *self, uint64_t records, uint64_t of); /* may be NULL */
    void *self;
};

/* What was read and found, as far as it came. */
struct finding {
    const char *kind; /* "archive", "checkpoint", "record", "growth", "disclosure"; "": none of them */
    struct str proves;
    bool has_checkpoint;
    struct checkpoint at;
    bool has_record; /* kind "record": its number and leaf hash */
    uint64_t record;
    struct digest leaf;
    uint64_t older; /* kind "growth" and an archive with a checkpoint that was kept: its size */
    /* An archive: what was read of it. */
    uint64_t records, bytes, epochs, rotations, generations, successors, tiles, checkpoints, files,
        timestamps, first_time, last_time;
    struct buffer shown; /* a disclosure: JSON, an array; freed by finding_close */
    struct fault fault;
};

/* OK: what out->proves says holds. ERR_TAMPERED: it does not; ERR_ROLLED_BACK: it is older than what was
 * kept; ERR_INCOMPLETE: something is missing, and nothing is said; ERR_INVALID: a file of no kind that is
 * known, or not of the form that its kind has. The sentence is in out->fault.error. */
enum err verify(struct finding *out, const struct question *q, struct arena *a);
void finding_close(struct finding *f);

/* ---- the kinds; each sets out->fault ---- */

/* Files from the command line: followed if they are links, and regular. */
enum err given_read(struct bytes *out, const char *path, size_t limit, struct arena *a,
                    struct fault *f) MUST_USE;
/* The keys of --public-key; NULL if it was not given. */
enum err trusted_keys(const struct keys **out, const struct question *q, struct arena *a,
                      struct fault *f) MUST_USE;
/* ERR_USAGE: something was given that says nothing about a file of this kind, and would be passed over. */
enum err only_given(struct finding *out, const struct question *q, bool checkpoint, bool record,
                    bool old) MUST_USE;
/* All that could be checked holds, but nobody said who may sign. */
enum err not_trusted(struct finding *out, const char *holds);

enum err verify_archive(struct finding *out, int folder, const struct question *q, struct arena *a);
enum err verify_claim(struct finding *out, struct str text, const struct question *q, struct arena *a);
enum err verify_disclosure(struct finding *out, struct str text, const struct question *q, struct arena *a);

#endif
