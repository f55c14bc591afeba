/* SPDX-License-Identifier: MIT */
/* log_tree.c - the file of subtree roots. It only grows, and the place of each root follows from its level
 * and its number, as in the stored hashes of Go's tlog: after the root of bundle b come those that it
 * completes. */
#include "ledger/store/log_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HASH_BYTES = sizeof(struct hash) };

/* Roots in a file of so many bundles: one each, and one for each pair, and each pair of pairs … */
static uint64_t roots_of(uint64_t bundles)
{
    return 2 * bundles - (uint64_t)__builtin_popcountll(bundles);
}

/* Where the root of the subtree `index` stands, `level` above the bundles: behind those of the bundles before
 * its last one, and of the smaller subtrees that end with it. */
static uint64_t place_of(unsigned level, uint64_t index)
{
    uint64_t last = ((index + 1) << level) - 1;
    return roots_of(last) + level;
}

static enum err tree_fail(struct error *e, const char *what)
{
    return fail_errno(e, errno, "cannot %s the ledger's file 'tree'", what);
}

/* ---- open and close ---- */

static int open_file(const char *dir)
{
    char path[LIMIT_PATH_BYTES];
    int n = snprintf(path, sizeof path, "%s/tree", dir);
    if (dir[0] == '\0' || n < 0 || (size_t)n >= sizeof path) return -1;
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static int open_nameless(void)
{
    char path[] = "/tmp/daybook-tree.XXXXXX";
    int fd = mkstemp(path); /* mode 0600 */
    if (fd >= 0) (void)unlink(path);
    return fd;
}

/* The bundles of which all roots are there; a last one, cut short by a crash, does not count. */
static uint64_t bundles_in(uint64_t roots)
{
    uint64_t bundles = 0;
    for (uint64_t step = UINT64_C(1) << 58; step > 0; step >>= 1)
        if (roots_of(bundles + step) <= roots) bundles += step;
    return bundles;
}

enum err log_tree_open(struct log_tree *out, struct log *l, const char *dir, bool anew, struct error *e)
{
    struct stat st = {0};
    *out = (struct log_tree){.log = l, .file = open_file(dir)};
    if (out->file < 0) out->file = open_nameless();
    if (out->file < 0) return tree_fail(e, "open");
    out->hasher = hasher_new();
    out->kept = calloc(BUNDLES_KEPT, sizeof *out->kept);
    if (out->kept == NULL) WRONG("out of memory");
    if (flock(out->file, LOCK_EX) != 0) return tree_fail(e, "lock");
    if (anew && ftruncate(out->file, 0) != 0) return tree_fail(e, "empty");
    if (fstat(out->file, &st) != 0) return tree_fail(e, "open");
    out->bundles = bundles_in((uint64_t)st.st_size / HASH_BYTES);
    return OK;
}

void log_tree_close(struct log_tree *t)
{
    if (t->file >= 0) (void)close(t->file); /* also unlocks; what it lost is made again */
    hasher_free(t->hasher);
    free(t->kept);
    *t = (struct log_tree){.file = -1};
}

/* ---- roots in the file ---- */

static enum err root_get(struct hash *out, const struct log_tree *t, unsigned level, uint64_t index,
                         struct error *e)
{
    ssize_t n = pread(t->file, out->bytes, HASH_BYTES, (off_t)(place_of(level, index) * HASH_BYTES));
    if (n < 0) return tree_fail(e, "read");
    return n == HASH_BYTES ? OK : fail(e, ERR_TAMPERED, "the ledger's file 'tree' ends too early");
}

static enum err root_put(const struct log_tree *t, unsigned level, uint64_t index, const struct hash *root,
                         struct error *e)
{
    ssize_t n = pwrite(t->file, root->bytes, HASH_BYTES, (off_t)(place_of(level, index) * HASH_BYTES));
    if (n == HASH_BYTES) return OK;
    if (n >= 0) errno = ENOSPC;
    return tree_fail(e, "write");
}

/* ---- growing ---- */

/* A bundle's root, and those of the pairs that it is the right half of. */
static enum err add_bundle(struct log_tree *t, const struct hash *bundle, struct error *e)
{
    struct hash root = *bundle;
    uint64_t index = t->bundles;
    unsigned level = 0;
    enum err err = root_put(t, 0, index, &root, e);
    for (; err == OK && (index & 1) != 0; index >>= 1) {
        struct hash left = {0};
        err = root_get(&left, t, level, index - 1, e);
        merkle_node(t->hasher, &root, &left, &root);
        level++;
        if (err == OK) err = root_put(t, level, index >> 1, &root, e);
    }
    if (err == OK) t->bundles++;
    return err;
}

struct growth {
    struct log_tree *tree;
    struct merkle_range range; /* of the bundle so far */
};

static enum err add_record(void *context, const struct log_entry *entry, struct error *e)
{
    struct growth *g = context;
    merkle_append(&g->range, g->tree->hasher, &entry->leaf);
    if (g->range.size < BUNDLE_RECORDS) return OK;
    g->range.size = 0;
    return add_bundle(g->tree, &g->range.peaks[0], e);
}

enum err log_tree_grow(struct log_tree *t, uint64_t size, struct error *e)
{
    struct growth g = {.tree = t};
    uint64_t from = t->bundles * BUNDLE_RECORDS, to = size / BUNDLE_RECORDS * BUNDLE_RECORDS;
    enum err err = from < to ? log_scan(t->log, from, to, add_record, &g, e) : OK;
    if (err != OK || t->bundles >= size / BUNDLE_RECORDS) return err;
    return fail(e, ERR_TAMPERED, "the ledger has less than %llu records", (unsigned long long)size);
}

/* ---- any perfect subtree ---- */

static enum err keep_leaf(void *context, const struct log_entry *entry, struct error *e)
{
    (void)e;
    struct log_tree_bundle *b = context;
    b->nodes[0][b->leaves++] = entry->leaf;
    return OK;
}

static enum err read_bundle(struct log_tree_bundle **out, struct log_tree *t, uint64_t number,
                            struct error *e)
{
    uint64_t from = number * BUNDLE_RECORDS;
    for (size_t i = 0; i < BUNDLES_KEPT; i++) {
        *out = &t->kept[i];
        if (!(*out)->known || (*out)->number != number) continue;
        t->newest = i;
        return OK;
    }
    t->newest = (t->newest + 1) % BUNDLES_KEPT; /* the oldest makes room */
    struct log_tree_bundle *b = *out = &t->kept[t->newest];
    b->known = false;
    b->number = number;
    b->leaves = 0;
    enum err err = log_scan(t->log, from, from + BUNDLE_RECORDS, keep_leaf, b, e);
    for (unsigned height = 1; err == OK && height < BUNDLE_HEIGHT; height++)
        for (uint64_t i = 0; i < b->leaves >> height; i++)
            merkle_node(t->hasher, &b->nodes[height][i], &b->nodes[height - 1][2 * i],
                        &b->nodes[height - 1][2 * i + 1]);
    b->known = err == OK;
    return err;
}

static enum err node(void *context, struct hash *out, unsigned height, uint64_t index, struct error *e)
{
    struct log_tree *t = context;
    if (height >= BUNDLE_HEIGHT) return root_get(out, t, height - BUNDLE_HEIGHT, index, e);
    uint64_t number = index >> (BUNDLE_HEIGHT - height), place = index - (number << (BUNDLE_HEIGHT - height));
    struct log_tree_bundle *b = NULL;
    enum err err = read_bundle(&b, t, number, e);
    if (err != OK) return err;
    uint64_t end = number * BUNDLE_RECORDS + b->leaves;
    if (place >= b->leaves >> height)
        return fail(e, ERR_TAMPERED, "record %llu is missing", (unsigned long long)end);
    *out = b->nodes[height][place];
    return OK;
}

enum err log_tree_leaf(struct hash *out, struct log_tree *t, uint64_t seq, struct error *e)
{
    return node(t, out, 0, seq, e);
}

struct merkle_source log_tree_source(struct log_tree *t)
{
    return (struct merkle_source){.node = node, .context = t, .hasher = t->hasher};
}
