/* SPDX-License-Identifier: MIT */
/* witness.h - what a witness decides (c2sp.org/tlog-witness): it signs a log's newer checkpoint only where
 * that goes on from the one it signed before. Values in and values out; who keeps and signs is elsewhere. */
#ifndef DAYBOOK_LEDGER_STORE_WITNESS_H
#define DAYBOOK_LEDGER_STORE_WITNESS_H

#include "ledger/store/checkpoint.h"

/* A log that the witness knows, and how far it saw it. */
struct witnessed_log {
    struct str origin;
    const struct note_key *keys; /* one of them must have signed: two while a key is being replaced */
    size_t keys_count;
    uint64_t size; /* of the checkpoint signed last; 0: none yet */
    struct hash root;
};

/* The statuses are HTTP's. */
enum {
    WITNESS_SIGNS = 200,
    WITNESS_BAD_REQUEST = 400,
    WITNESS_NOT_SIGNED = 403, /* by no key that is known of this log */
    WITNESS_UNKNOWN_LOG = 404,
    WITNESS_OTHER_SIZE = 409, /* it does not begin where the last one ended, or the log forked there */
    WITNESS_BAD_PROOF = 422,  /* it does not go on from the last one */
};
struct witness_verdict {
    int status;
    size_t log;           /* its place among those known; of 404 and 400 none */
    struct checkpoint at; /* what is to be signed */
    struct str text;      /* of the note, which the signature is over */
    struct str own;       /* the note as the log signed it, without others' lines */
    struct str why;       /* it is refused */
};
/* Judges the body of one add-checkpoint request. */
void witness_judge(struct witness_verdict *out, struct str body, const struct witnessed_log *logs,
                   size_t count, struct arena *a);

/* What the witness keeps of a log is the note that it signed last, with its own line. Reads it back: the
 * log's signature and the witness's own must both hold. ERR_TAMPERED, ERR_INVALID: it is not what was kept.
 */
enum err witness_recall(struct witnessed_log *log, struct str note, const struct note_key *witness,
                        struct arena *a, struct error *e) MUST_USE;

#endif
