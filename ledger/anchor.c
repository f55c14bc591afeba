/* SPDX-License-Identifier: MIT */
/* anchor.c - holds the ledger against its anchor when it is opened, and moves the anchor forward behind it.
 * It must never be ahead of the log: it is written only of what a durable commit left. A process that is
 * killed before leaves it behind, which does no harm. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/ledger_private.h"

enum {
    SWAPS_MAX = 64,
    FAR_BEHIND = 1024 /* records that every open would read again: then it is moved by a reader, too */
};

/* ---- where it is ---- */

/* A file in the ledger's directory tells that there is an anchor outside of it. */
static const char *mark_path(const struct ledger *l, struct arena *a)
{
    return str_format(a, "%s/anchored", l->dir).ptr;
}

/* By its own name, not by that of a link to it: every way to the ledger leads to the same anchor. */
static char *default_path(const char *dir)
{
    static const char ending[] = ".anchor";
    char *real = realpath(dir, NULL);
    if (real == NULL) return NULL;
    size_t len = strlen(real);
    char *path = malloc(len + sizeof ending);
    if (path == NULL) WRONG("out of memory");
    memcpy(path, real, len);
    memcpy(path + len, ending, sizeof ending);
    free(real);
    return path;
}

enum err anchor_begin(struct ledger *l, const struct ledger_options *o, struct error *e)
{
    if (o->in_memory || o->without_anchor) return OK;
    l->anchor.path = o->anchor_file == NULL ? default_path(o->dir) : strdup(o->anchor_file);
    if (l->anchor.path == NULL) return fail(e, ERR_STORAGE, "cannot tell where its anchor is");
    enum err err = ledger_guard_output(l, l->anchor.path, e);
    if (err != OK) return wrap(e, "the anchor file belongs to another place");
    guard_add_anchor(l, l->anchor.path);
    return OK;
}

void anchor_end(struct ledger *l)
{
    free(l->anchor.path);
    l->anchor.path = NULL;
}

/* Before anything is done that it could not keep up with. */
static enum err check_place(const struct ledger *l, struct error *e)
{
    char folder[LIMIT_PATH_BYTES + 1] = ".";
    const char *slash = strrchr(l->anchor.path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - l->anchor.path) + 1;
    if (len > LIMIT_PATH_BYTES) return fail(e, ERR_LIMIT, "the anchor file's path is too long");
    if (len > 0) memcpy(folder, l->anchor.path, len);
    if (access(folder, W_OK | X_OK) == 0) return OK;
    return fail_errno(e, errno, "cannot keep the anchor file '%s': its folder cannot be written",
                      l->anchor.path);
}

/* ---- against the log ---- */

struct behind { /* the records from the anchor's last one on */
    const struct anchor *anchor;
    uint32_t generation;
    bool same;
    uint64_t read;
};

static enum err look_behind(void *context, const struct log_entry *entry, struct error *e)
{
    struct behind *b = context;
    struct generation g = {0};
    b->read++;
    if (entry->seq + 1 == b->anchor->head.size) {
        b->same = hash_equal(&entry->leaf, &b->anchor->last_leaf);
        return b->same ? OK : ERR_NOT_FOUND; /* no need to read on */
    }
    if (entry->header.class_ != RECORD_GENERATION) return OK;
    enum err err = generation_take(&g, entry->seq, entry->clear_body, e);
    if (err == OK) b->generation = g.number;
    return err;
}

/* Is what the anchor remembers the beginning of the log? The anchor was read before the head: the log only
 * grows. */
static enum err hold_against(struct ledger *l, struct anchor_found *f, struct error *e)
{
    struct log_state s = {0};
    const struct log_head_at *was = &f->anchor.head;
    enum err err = log_state(&s, l->log, e);
    if (err != OK) return err;
    f->head = (struct log_head_at){s.head.range.size, s.root};
    f->last_leaf = s.head.last_leaf;
    f->standing = ANCHOR_SOUND;
    if (!str_equal(f->anchor.origin, l->origin)) {
        f->standing = ANCHOR_FOREIGN;
    } else if (f->head.size < was->size) {
        f->standing = ANCHOR_ROLLED_BACK;
    } else if (f->head.size == was->size) {
        if (!hash_equal(&f->head.root, &was->root)) f->standing = ANCHOR_FORKED;
    } else {
        struct behind b = {.anchor = &f->anchor, .generation = f->anchor.generation};
        err = log_scan(l->log, was->size - 1, f->head.size, look_behind, &b, e);
        if (!b.same) f->standing = ANCHOR_FORKED;
        f->generation = b.generation;
        f->behind = b.read;
        return err;
    }
    f->generation = f->anchor.generation;
    return OK;
}

enum err anchor_find(struct anchor_found *out, struct ledger *l, struct arena *a, struct error *e)
{
    *out = (struct anchor_found){.standing = ANCHOR_NONE};
    if (l->anchor.path == NULL) return OK;
    enum err err = anchor_read(&out->anchor, l->anchor.path, a, &out->why);
    if (err == OK) return hold_against(l, out, e);
    if (err == ERR_TAMPERED)
        out->standing = ANCHOR_DAMAGED;
    else if (err == ERR_NOT_FOUND)
        out->standing = file_exists(mark_path(l, a)) ? ANCHOR_MISSING : ANCHOR_NEVER;
    else
        *e = out->why;
    return err == ERR_STORAGE ? err : OK;
}

enum err anchor_verdict(const struct anchor_found *f, const struct ledger *l, struct error *e)
{
    static const char then[] = "'daybook recover' tells what there is to do";
    const char *path = l->anchor.path;
    switch (f->standing) {
    case ANCHOR_MISSING:
        return fail(
            e, ERR_INCOMPLETE,
            "its anchor file '%s' is missing, so nobody can tell whether its last records are: put the "
            "file back, or name it with --anchor-file; %s",
            path, then);
    case ANCHOR_DAMAGED: return fail(e, ERR_TAMPERED, "%s; %s", f->why.text, then);
    case ANCHOR_FOREIGN:
        return fail(e, ERR_TAMPERED, "anchor file '%s' is of another ledger, '%.*s'; %s", path,
                    STR_ARG(text_quotable(f->anchor.origin)), then);
    case ANCHOR_ROLLED_BACK:
        return fail(
            e, ERR_ROLLED_BACK,
            "it has %ju records, but its anchor file '%s' is of %ju: it is an older copy, or its end was "
            "lost; %s",
            (uintmax_t)f->head.size, path, (uintmax_t)f->anchor.head.size, then);
    case ANCHOR_FORKED:
        return fail(
            e, ERR_TAMPERED,
            "its first %ju records are not those that its anchor file '%s' remembers: they were changed, "
            "or it is a copy that went another way; %s",
            (uintmax_t)f->anchor.head.size, path, then);
    case ANCHOR_NONE:
    case ANCHOR_NEVER:
    case ANCHOR_SOUND: break;
    }
    return OK;
}

/* ---- forward ---- */

static enum err make_mark(const struct ledger *l, struct arena *a, struct error *e)
{
    static const char text[] = "an anchor file outside this directory remembers how far this ledger was\n";
    const char *path = mark_path(l, a);
    return file_exists(path) ? OK : file_write(path, str_bytes(str_of(text)), 0600, e);
}

enum err anchor_renew(struct ledger *l, const struct anchor *was, struct arena *a, struct error *e)
{
    struct log_report r = {0};
    enum err err = log_verify_chain(&r, l->log, NULL, NULL, e);
    if (err != OK) return err;
    struct anchor now = {.origin = l->origin,
                         .generation = r.generation,
                         .head = {r.records, r.root},
                         .last_leaf = r.last_leaf};
    err = anchor_swap(l->anchor.path, was, &now, a, e);
    if (err == OK) err = make_mark(l, a, e);
    l->generation = r.generation;
    return err;
}

/* One look; what is not there yet is made. */
static enum err look_and_make(struct ledger *l, bool without_key, struct arena *a, struct error *e)
{
    struct anchor_found f = {.standing = ANCHOR_NONE};
    enum err err = anchor_find(&f, l, a, e);
    if (err == OK) err = anchor_verdict(&f, l, e);
    if (f.standing == ANCHOR_SOUND) l->generation = f.generation;
    l->anchor.sound = f.standing == ANCHOR_SOUND;
    if (err != OK || without_key) return err;
    if (f.standing == ANCHOR_NEVER) return anchor_renew(l, NULL, a, e);
    if (f.standing != ANCHOR_SOUND) return OK;
    l->anchor.due = f.behind > FAR_BEHIND;
    return make_mark(l, a, e);
}

enum err anchor_open(struct ledger *l, bool without_key, struct error *e)
{
    struct arena *a = arena_new();
    enum err err = without_key || l->anchor.path == NULL ? OK : check_place(l, e);
    if (err == OK) err = ERR_CONFLICT;
    for (int i = 0; i < SWAPS_MAX && err == ERR_CONFLICT; i++) err = look_and_make(l, without_key, a, e);
    arena_free(a);
    return err;
}

/* One look and one try, which another process may spoil. */
static enum err move_forward(struct ledger *l, struct arena *a, struct error *e)
{
    struct anchor_found f = {.standing = ANCHOR_NONE};
    ledger_lock(l);
    l->anchor.due = false;
    enum err err = anchor_find(&f, l, a, e);
    if (err == OK) err = anchor_verdict(&f, l, e);
    if (err == OK && f.standing == ANCHOR_NEVER)
        err = fail(e, ERR_STORAGE, "the anchor file '%s' is gone", l->anchor.path);
    ledger_unlock(l);
    if (err != OK || f.anchor.head.size == f.head.size) return err;
    struct anchor now = {
        .origin = l->origin, .generation = f.generation, .head = f.head, .last_leaf = f.last_leaf};
    return anchor_swap(l->anchor.path, &f.anchor, &now, a, e);
}

static bool is_due(struct ledger *l)
{
    ledger_lock(l);
    bool due = l->anchor.path != NULL && l->anchor.due && !rehearses(l);
    ledger_unlock(l);
    return due;
}

enum err ledger_anchor(struct ledger *l, struct error *e)
{
    if (!is_due(l)) return OK;
    struct arena *a = arena_new();
    enum err err = ERR_CONFLICT;
    for (int i = 0; i < SWAPS_MAX && err == ERR_CONFLICT; i++) err = move_forward(l, a, e);
    arena_free(a);
    if (err == OK) return OK;
    ledger_lock(l);
    l->anchor.due = true;
    ledger_unlock(l);
    return wrap(e, "the anchor stays behind");
}

bool ledger_is_anchored(const struct ledger *l)
{
    return l->anchor.sound;
}
