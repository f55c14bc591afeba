/* SPDX-License-Identifier: MIT */
/* restore.c - a ledger made of another's records: of a backup, once, or of a ledger that goes on, as a
 * follower. A folder gets a ledger's name only when all in it is verified, and a follower nothing that was
 * not. */
#include "ledger/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static bool is_empty(const char *dir, struct arena *a)
{
    struct names_list l = {NULL, 0, 0};
    struct error unused = {0};
    return dir_list(&l, dir, a, &unused) == OK && l.count == 0;
}

static enum err write_files(const struct snapshot *s, const char *backup, const char *dir, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; err == OK && i < s->files_count; i++) {
        struct arena *a = arena_new();
        struct bytes content = {NULL, 0};
        err = object_read(&content, backup, &s->files[i].object, a, e);
        if (err == OK) err = put_file(dir, path_in(dir, s->files[i].path, a), content, 0600, e);
        arena_free(a);
    }
    return err;
}

/* ---- restore ---- */

struct restoring {
    const struct ledger_options *options;
    const char *backup, *dir, *partial; /* partial: its name until all is verified */
    const struct copying *told;
    struct snapshot snapshot;
    struct arena *arena;
};

/* What a restore that was killed left. Whatever else has that name is not ours to remove. */
static enum err clear_partial(const struct restoring *r, struct error *e)
{
    static const char *const names[] = {"log", "log.new", "views", "tree"};
    struct names_list l = {NULL, 0, 0};
    enum err err = dir_list(&l, r->partial, r->arena, e);
    for (size_t i = 0; err == OK && i < l.count; i++) {
        bool is_ours = str_starts(l.names[i], ".daybook-") || str_starts(l.names[i], "verify.") ||
                       small_file_fits(l.names[i]) ||
                       small_file_fits(str_format(r->arena, "%.*s/x", STR_ARG(l.names[i]))) ||
                       str_is(l.names[i], "checkpoints");
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            is_ours = is_ours || str_is(l.names[i], names[k]);
        if (!is_ours)
            err = fail(e, ERR_REFUSED, "'%s' has what no restore left there: '%.*s'", r->partial,
                       STR_ARG(text_quotable(l.names[i])));
    }
    if (err == OK) dir_remove(r->partial, 8);
    return err;
}

static enum err choose_snapshot(struct restoring *r, const char *snapshot, struct error *e)
{
    struct names_list names = {NULL, 0, 0};
    if (!dir_is(r->backup)) return fail(e, ERR_NOT_FOUND, "there is no backup in '%s'", r->backup);
    enum err err = snapshot_names(&names, r->backup, r->arena, e);
    if (err == OK && names.count == 0)
        err = fail(e, ERR_NOT_FOUND, "there is no snapshot in '%s'", r->backup);
    if (err != OK) return err;
    struct str name = snapshot == NULL ? names.names[names.count - 1] : str_of(snapshot);
    return snapshot_read(&r->snapshot, r->backup, name, r->arena, e);
}

static enum err copy_snapshot(const struct restoring *r, struct error *e)
{
    struct log_copy *copy = NULL;
    enum err err = dir_make(r->partial, 0700, e);
    if (err == OK) err = dir_check_local(r->partial, e);
    if (err == OK) err = log_copy_open(&copy, r->partial, NULL, e);
    if (err == OK) err = snapshot_judge(&r->snapshot, r->backup, copy, r->told, r->arena, e);
    if (err == OK) err = log_copy_flush(copy, e);
    log_copy_close(copy);
    return err == OK ? write_files(&r->snapshot, r->backup, r->partial, e) : err;
}

/* As it will be used: with its key. What opens and verifies so may be appended to. */
static enum err verify_partial(struct ledger_report *out, const struct restoring *r, struct error *e)
{
    struct ledger *l = NULL;
    struct ledger_options o = *r->options;
    size_t len = strlen(r->dir);
    o.dir = r->partial;
    o.without_anchor = true; /* it gets one under its own name, or is held against the one that is there */
    while (len > 1 && r->dir[len - 1] == '/') len--;
    if (o.key_file == NULL && o.key_command == NULL)
        o.key_file = str_format(r->arena, "%.*s.key", (int)len, r->dir).ptr;
    enum err err = ledger_open(&l, &o, e);
    if (err == OK) err = ledger_verify(out, l, r->told->progress, r->told->context, r->arena, e);
    ledger_close(l);
    /* Documents by other rules than this program's are no damage. */
    if (err == ERR_INCOMPLETE && out->documents.incomplete > 0) err = OK;
    out->origin = r->snapshot.origin;
    if (err != OK || hash_equal(&out->chain.root, &r->snapshot.root)) return err;
    return fail(e, ERR_TAMPERED, "what was restored does not have the snapshot's root");
}

static enum err give_name(const struct restoring *r, struct error *e)
{
    char parent[LIMIT_PATH_BYTES + 16];
    if (rename(r->partial, r->dir) != 0)
        return fail_errno(e, errno, "cannot rename '%s' to '%s'", r->partial, r->dir);
    (void)snprintf(parent, sizeof parent, "%s/..", r->dir);
    return dir_sync(parent, e);
}

static enum err restore(struct ledger_report *out, struct restoring *r, const char *snapshot, struct error *e)
{
    enum err err = choose_snapshot(r, snapshot, e);
    if (err == OK) err = clear_partial(r, e);
    if (err != OK) return err;
    err = copy_snapshot(r, e);
    if (err == OK) err = verify_partial(out, r, e);
    if (err == OK) err = give_name(r, e);
    if (err != OK) dir_remove(r->partial, 8); /* no half ledger */
    return err;
}

enum err ledger_restore(struct ledger_report *out, const struct ledger_options *o, const char *backup,
                        const char *snapshot, const struct copying *c, struct arena *a, struct error *e)
{
    struct restoring r = {.options = o, .backup = backup, .dir = o->dir, .told = c, .arena = a};
    size_t len = strlen(o->dir);
    int lock = -1;
    *out = (struct ledger_report){.with_key = true};
    while (len > 1 && o->dir[len - 1] == '/') len--;
    r.partial = str_format(a, "%.*s.partial", (int)len, o->dir).ptr;
    enum err err = OK;
    if (file_exists(o->dir) && !is_empty(o->dir, a))
        err = fail(e, ERR_REFUSED, "there is something in '%s' already", o->dir);
    if (err == OK && dir_is(backup)) err = dir_lock(&lock, backup, e);
    if (err == OK) err = restore(out, &r, snapshot, e);
    if (lock >= 0) (void)close(lock); /* also unlocks */
    return err == OK ? OK : wrap(e, "cannot restore '%s' from '%s'", o->dir, backup);
}

/* ---- replicate ---- */

struct replicating {
    struct ledger *source;
    const char *dir;
    uint64_t size, had; /* records of source and follower */
    struct hash root;
    struct passing passing;
    struct chain *behind; /* those that the follower had; NULL: it had none */
    struct log_copy *copy;
    struct ledger_replica *out;
    struct arena *arena;
};

/* A folder that is empty becomes one; whatever else is in it must be marked. */
static enum err make_follower(const struct replicating *r, struct error *e)
{
    bool is_new = !file_exists(r->dir) || is_empty(r->dir, r->arena);
    if (!is_new && !log_is_follower(r->dir))
        return fail(e, ERR_REFUSED, "what is there is no follower, and stays as it is");
    enum err err = dir_make(r->dir, 0700, e);
    if (err == OK) err = dir_check_local(r->dir, e);
    if (err == OK && is_new) err = log_mark_follower(r->dir, r->source->origin, e);
    return err == OK ? log_copy_make(r->dir, e) : err; /* before the folder is locked: it locks it, too */
}

/* The follower's records are read as if nothing were known of them. */
static enum err look_at_follower(struct replicating *r, struct error *e)
{
    struct log_options o = {
        .backend = &log_lmdb, .place = {.dir = r->dir, .read_only = true}, .world = r->source->world};
    struct log *log = NULL;
    struct log_report report = {.records = 0};
    struct log_state state = {.epoch = 0};
    enum err err = log_open(&log, &o, e);
    if (err == ERR_NOT_FOUND) return OK; /* nothing was copied yet */
    if (err == OK) err = log_state(&state, log, e);
    if (err == OK && !str_equal(state.origin, r->source->origin))
        err = fail(e, ERR_REFUSED, "it follows another ledger, '%.*s'", STR_ARG(state.origin));
    if (err == OK && state.head.range.size > r->size)
        err = fail(e, ERR_ROLLED_BACK, "it has %ju records, and the ledger only %ju",
                   (uintmax_t)state.head.range.size, (uintmax_t)r->size);
    if (err == OK) err = log_verify_chain(&report, log, NULL, NULL, e);
    log_close(log);
    r->had = report.records;
    if (err == OK) passing_mark(&r->passing, report.records, &report.root, "the follower");
    return err;
}

static enum err mark_checkpoints(struct replicating *r, const char *dir, struct error *e)
{
    struct names_list l = {NULL, 0, 0};
    enum err err = small_files(&l, dir, SMALL_BACKUP, UINT64_MAX, r->arena, e);
    for (size_t i = 0; err == OK && i < l.count; i++) {
        struct arena *a = arena_new();
        struct bytes note = {NULL, 0};
        uint64_t size = small_checkpoint_size(l.names[i]);
        if (size != 0) err = file_read(&note, path_in(dir, l.names[i], a), LIMIT_NOTE_BYTES, a, e);
        /* One that was signed since this began is the next one's. */
        bool is_later = size > r->size && dir == r->source->dir;
        if (err == OK && size != 0 && !is_later)
            err = small_mark(&r->passing, r->source->origin, l.names[i], note, e);
        arena_free(a);
    }
    return err;
}

static enum err pass(void *context, const struct log_entry *entry, struct error *e)
{
    struct replicating *r = context;
    enum err err = passing_entry(&r->passing, entry, e);
    if (err == OK && entry->seq + 1 == r->had) r->behind = chain_copy(r->passing.chain);
    return err;
}

static enum err check_both(struct replicating *r, const struct copying *c, struct error *e)
{
    enum err err = look_at_follower(r, e);
    if (err == OK) err = mark_checkpoints(r, r->source->dir, e);
    if (err == OK) err = mark_checkpoints(r, r->dir, e);
    passing_mark(&r->passing, r->size, &r->root, "the log's head");
    passing_sort(&r->passing);
    if (err == OK) err = stream_records(r->source, 0, r->size, pass, r, c, e);
    return err == OK ? passing_check(&r->passing, e) : err;
}

static enum err apply_record(void *context, const struct log_entry *entry, struct error *e)
{
    struct replicating *r = context;
    return log_copy_add(r->copy, entry->record, e);
}

static enum err apply(struct replicating *r, const struct copying *c, struct error *e)
{
    struct hash root = {{0}};
    enum err err = log_copy_open(&r->copy, r->dir, r->behind, e);
    if (err != OK) return err;
    const struct log_head *head = chain_head(log_copy_chain(r->copy));
    if (head->range.size != r->had) err = fail(e, ERR_CONFLICT, "somebody else writes to it");
    if (err == OK) err = stream_records(r->source, r->had, r->size, apply_record, r, c, e);
    chain_root(log_copy_chain(r->copy), &root);
    if (err == OK && !hash_equal(&root, &r->root))
        err = fail(e, ERR_TAMPERED, "the records do not come to the root that was verified");
    if (err == OK) err = log_copy_flush(r->copy, e);
    log_copy_close(r->copy);
    r->copy = NULL;
    return err;
}

static enum err apply_files(const struct replicating *r, struct error *e)
{
    struct names_list l = {NULL, 0, 0};
    enum err err = small_files(&l, r->source->dir, SMALL_BACKUP, r->size, r->arena, e);
    for (size_t i = 0; err == OK && i < l.count; i++) {
        struct arena *a = arena_new();
        struct bytes content = {NULL, 0};
        const char *to = path_in(r->dir, l.names[i], a);
        err = file_read(&content, path_in(r->source->dir, l.names[i], a), LIMIT_SMALL_FILE_BYTES, a, e);
        if (err == OK && !file_is(to, content, a)) err = put_file(r->dir, to, content, 0600, e);
        arena_free(a);
    }
    return err;
}

static enum err replicate(struct replicating *r, const struct copying *c, struct error *e)
{
    struct log_state s = {.epoch = 0};
    int lock = -1;
    ledger_lock(r->source);
    enum err err = log_state(&s, r->source->log, e);
    ledger_unlock(r->source);
    r->size = s.head.range.size;
    r->root = s.root;
    if (err == OK) err = make_follower(r, e);
    if (err == OK) err = dir_lock(&lock, r->dir, e);
    if (err == OK) err = check_both(r, c, e);
    if (err == OK) err = dir_sweep(r->dir, r->arena, e);
    if (err == OK) err = apply(r, c, e);
    if (err == OK) err = apply_files(r, e);
    if (lock >= 0) (void)close(lock); /* also unlocks */
    return err;
}

enum err ledger_replicate(struct ledger_replica *out, struct ledger *l, const char *dir,
                          const struct copying *c, struct arena *a, struct error *e)
{
    struct replicating r = {
        .source = l, .dir = dir, .passing = passing_begin(a, NULL), .out = out, .arena = a};
    *out = (struct ledger_replica){.records = 0};
    enum err err = ledger_guard_output(l, dir, e);
    if (err == OK) err = replicate(&r, c, e);
    passing_end(&r.passing);
    chain_free(r.behind);
    *out = (struct ledger_replica){r.size, r.size - r.had, r.root};
    return err == OK ? OK : wrap(e, "cannot replicate to '%s'", dir);
}

enum err ledger_promote(const char *dir, struct error *e)
{
    return log_unmark_follower(dir, e);
}
