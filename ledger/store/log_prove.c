/* SPDX-License-Identifier: MIT */
/* log_prove.c - proofs from the log. None leaves it unchecked: what does not lead to the root is made again
 * from the records alone, and if it still does not, the records are not those that the root is of. */
#include "ledger/store/log_private.h"
#include "ledger/store/log_tree.h"

struct proving {
    struct merkle_path *path;
    uint64_t seq; /* of an inclusion proof */
    struct hash leaf;
    const struct log_head_at *old, *now; /* old NULL: it is an inclusion proof */
};

static enum err take_leaf(void *context, const struct record_header *h, struct bytes record, struct error *e)
{
    (void)h;
    (void)e;
    struct hash *leaf = context;
    struct hasher *hasher = hasher_new();
    merkle_leaf(hasher, leaf, record);
    hasher_free(hasher);
    return OK;
}

static enum err make(bool *fits, struct proving *p, struct log *l, bool anew, struct error *e)
{
    struct log_tree t = {.file = -1};
    enum err err = log_tree_open(&t, l, l->dir, anew, e);
    if (err == OK) err = log_tree_grow(&t, p->now->size, e);
    struct merkle_source s = log_tree_source(&t);
    if (err == OK && p->old == NULL) {
        err = merkle_prove_inclusion(p->path, &s, p->seq, p->now->size, e);
        *fits =
            err == OK && merkle_includes(s.hasher, p->path, p->seq, &p->leaf, p->now->size, &p->now->root);
    } else if (err == OK) {
        err = merkle_prove_consistency(p->path, &s, p->old->size, p->now->size, e);
        *fits = err == OK &&
                merkle_extends(s.hasher, p->path, p->old->size, &p->old->root, p->now->size, &p->now->root);
    }
    log_tree_close(&t);
    return err;
}

static enum err make_or_make_anew(bool *fits, struct proving *p, struct log *l, struct error *e)
{
    *fits = false;
    struct error unused = {0}; /* what the cache lacks, the log may have */
    if (make(fits, p, l, false, &unused) == OK && *fits) return OK;
    return make(fits, p, l, true, e);
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

enum err log_prove_inclusion(struct merkle_path *out, struct log *l, uint64_t seq,
                             const struct log_head_at *at, struct error *e)
{
    assert(seq < at->size);
    struct proving p = {.path = out, .seq = seq, .now = at};
    bool fits = false;
    enum err err = check_size(l, at->size, e);
    if (err == OK) err = log_read_one(l, seq, take_leaf, &p.leaf, e);
    if (err == OK) err = make_or_make_anew(&fits, &p, l, e);
    if (err != OK || fits) return err;
    return fail(e, ERR_TAMPERED, "the first %llu records do not have the root %s",
                (unsigned long long)at->size, hash_text(&at->root).hex);
}

enum err log_prove_consistency(struct merkle_path *out, struct log *l, const struct log_head_at *old,
                               const struct log_head_at *now, struct error *e)
{
    assert(old->size > 0 && old->size <= now->size);
    struct proving p = {.path = out, .old = old, .now = now};
    bool fits = false;
    enum err err = check_size(l, now->size, e);
    if (err == OK) err = make_or_make_anew(&fits, &p, l, e);
    if (err != OK || fits) return err;
    return fail(e, ERR_TAMPERED,
                "the first %llu records are not those of the older root %s, or the first %llu "
                "not those of the root %s",
                (unsigned long long)old->size, hash_text(&old->root).hex, (unsigned long long)now->size,
                hash_text(&now->root).hex);
}
