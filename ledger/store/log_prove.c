/* SPDX-License-Identifier: MIT */
/* log_prove.c - proofs from the log. None leaves it unchecked: what does not lead to the root is made again
 * from the records alone, and if it still does not, the records are not those that the root is of. */
#include <stdlib.h>

#include "ledger/store/log_private.h"
#include "ledger/store/log_tree.h"

static enum err open_tree(struct log_tree *t, struct log *l, uint64_t size, bool anew, struct error *e)
{
    enum err err = log_tree_open(t, l, l->dir, anew, e);
    return err == OK ? log_tree_grow(t, size, e) : err;
}

/* The head as stored is a cache too: proofs are about a head that was signed, or computed from the records.
 */
static enum err check_size(struct log *l, uint64_t size, struct error *e)
{
    enum err err = log_attach(l, e);
    if (err == OK) err = l->backend->head(l->self, &l->head, e);
    if (err != OK || size <= l->head.range.size) return err;
    return fail(e, ERR_ROLLED_BACK, "the ledger has %llu records, but there is a checkpoint of %llu",
                (unsigned long long)l->head.range.size, (unsigned long long)size);
}

/* ---- inclusion ---- */

struct log_prover {
    struct log *log;
    struct log_head_at at;
    struct log_tree tree;
    bool anew; /* the tree was made from the records alone */
};

/* What the cache lacks, or has otherwise, the log may have. */
static enum err open_anew(struct log_prover *p, struct error *e)
{
    log_tree_close(&p->tree);
    p->anew = true;
    return open_tree(&p->tree, p->log, p->at.size, true, e);
}

enum err log_prover_open(struct log_prover **out, struct log *l, const struct log_head_at *at,
                         struct error *e)
{
    struct error unused = {0};
    enum err err = check_size(l, at->size, e);
    if (err != OK) return err;
    struct log_prover *p = calloc(1, sizeof *p);
    if (p == NULL) WRONG("out of memory");
    *p = (struct log_prover){.log = l, .at = *at, .tree = {.file = -1}};
    err = open_tree(&p->tree, l, at->size, false, &unused);
    if (err != OK) err = open_anew(p, e);
    if (err == OK)
        *out = p;
    else
        log_prover_close(p);
    return err;
}

void log_prover_close(struct log_prover *p)
{
    if (p == NULL) return;
    log_tree_close(&p->tree);
    free(p);
}

static enum err prove(bool *fits, struct merkle_path *out, struct log_prover *p, uint64_t seq,
                      struct error *e)
{
    struct merkle_source s = log_tree_source(&p->tree);
    struct hash leaf = {{0}};
    enum err err = log_tree_leaf(&leaf, &p->tree, seq, e);
    if (err == OK) err = merkle_prove_inclusion(out, &s, seq, p->at.size, e);
    *fits = err == OK && merkle_includes(s.hasher, out, seq, &leaf, p->at.size, &p->at.root);
    return err;
}

enum err log_prover_prove(struct merkle_path *out, struct log_prover *p, uint64_t seq, struct error *e)
{
    assert(seq < p->at.size);
    struct error unused = {0};
    bool fits = false;
    enum err err = prove(&fits, out, p, seq, p->anew ? e : &unused);
    if ((err != OK || !fits) && !p->anew) {
        err = open_anew(p, e);
        if (err == OK) err = prove(&fits, out, p, seq, e);
    }
    if (err != OK || fits) return err;
    return fail(e, ERR_TAMPERED, "the first %llu records do not have the root %s",
                (unsigned long long)p->at.size, hash_text(&p->at.root).hex);
}

enum err log_prove_inclusion(struct merkle_path *out, struct log *l, uint64_t seq,
                             const struct log_head_at *at, struct error *e)
{
    struct log_prover *p = NULL;
    enum err err = log_prover_open(&p, l, at, e);
    if (err == OK) err = log_prover_prove(out, p, seq, e);
    log_prover_close(p);
    return err;
}

/* ---- consistency ---- */

static enum err extend(bool *fits, struct merkle_path *out, struct log *l, const struct log_head_at *old,
                       const struct log_head_at *now, bool anew, struct error *e)
{
    struct log_tree t = {.file = -1};
    enum err err = open_tree(&t, l, now->size, anew, e);
    struct merkle_source s = log_tree_source(&t);
    if (err == OK) err = merkle_prove_consistency(out, &s, old->size, now->size, e);
    *fits = err == OK && merkle_extends(s.hasher, out, old->size, &old->root, now->size, &now->root);
    log_tree_close(&t);
    return err;
}

enum err log_prove_consistency(struct merkle_path *out, struct log *l, const struct log_head_at *old,
                               const struct log_head_at *now, struct error *e)
{
    assert(old->size > 0 && old->size <= now->size);
    struct error unused = {0}; /* as of an inclusion proof */
    bool fits = false;
    enum err err = check_size(l, now->size, e);
    if (err != OK) return err;
    err = extend(&fits, out, l, old, now, false, &unused);
    if (err != OK || !fits) err = extend(&fits, out, l, old, now, true, e);
    if (err != OK || fits) return err;
    return fail(e, ERR_TAMPERED,
                "the first %llu records are not those of the older root %s, or the first %llu "
                "not those of the root %s",
                (unsigned long long)old->size, hash_text(&old->root).hex, (unsigned long long)now->size,
                hash_text(&now->root).hex);
}
