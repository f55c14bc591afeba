/* SPDX-License-Identifier: MIT */
/* log_tree.h - store's own: the tree above the log's leaves, kept so that a proof need not read the log. The
 * roots of all perfect subtrees of at least 256 records stand in the file DIR/tree, 32 bytes each, in the
 * order in which they are complete; what is below them is hashed from the records. The file is a cache: it is
 * made from the log, may be deleted at any time, and what is made of it is checked before it is used. */
#ifndef DAYBOOK_LEDGER_STORE_LOG_TREE_H
#define DAYBOOK_LEDGER_STORE_LOG_TREE_H

#include "ledger/store/log.h"
#include "ledger/store/proof.h"

enum { BUNDLE_HEIGHT = 8, BUNDLE_RECORDS = 1 << BUNDLE_HEIGHT };

/* What is below a root in the file, of the bundles that were asked for last: neighbours mostly are in one,
 * and each of them asks for the last one of the tree, which has no root yet. */
enum { BUNDLES_KEPT = 2 };
struct log_tree_bundle {
    bool known;
    uint64_t number;
    uint64_t leaves;                                  /* that the log has of it */
    struct hash nodes[BUNDLE_HEIGHT][BUNDLE_RECORDS]; /* by height; of perfect subtrees */
};

struct log_tree {
    struct log *log;
    struct hasher *hasher;
    int file;
    uint64_t bundles; /* subtrees of 256 records whose roots, and those above them, are in the file */
    struct log_tree_bundle *kept; /* BUNDLES_KEPT of them, … */
    size_t newest;                /* … and which of them was asked for last */
};

/* Holds the file for itself until it is closed. `anew`: forgets what is in it. Where none can be kept (a
 * folder that may not be written, a log in memory), it is made in a file without a name, for this once. */
enum err log_tree_open(struct log_tree *out, struct log *l, const char *dir, bool anew,
                       struct error *e) MUST_USE;
void log_tree_close(struct log_tree *t);
/* Reads what the log has beyond the file, up to the record `size`. */
enum err log_tree_grow(struct log_tree *t, uint64_t size, struct error *e) MUST_USE;
/* For a size up to which it has grown. */
struct merkle_source log_tree_source(struct log_tree *t);
enum err log_tree_leaf(struct hash *out, struct log_tree *t, uint64_t seq, struct error *e) MUST_USE;

#endif
