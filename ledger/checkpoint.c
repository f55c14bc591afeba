/* SPDX-License-Identifier: MIT */
/* checkpoint.c - what the ledger gives to people outside: checkpoints that it signs, and proofs that lead to
 * them. Two signed checkpoints of which one is not the beginning of the other would be the end of all trust
 * in it; so it signs only what it has read from the log after the commit, and proven to go on from the last
 * one.
 *
 * The last one stands twice: in DIR/checkpoints, with all before it, and beside the key, in KEY.last. Whoever
 * restores an old copy of the directory, or rewrites it, does not thereby have the second. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "ledger/ledger_private.h"

/* ---- keys ---- */

enum err ledger_new_checkpoint_key(struct str *public, struct ledger *l, const char *path, struct arena *a,
                                   struct error *e)
{
    struct checkpoint_key *k = NULL;
    const char *names[] = {path, str_format(a, "%s.pub", path).ptr, str_format(a, "%s.last", path).ptr};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        enum err err = ledger_guard_output(l, names[i], e);
        if (err != OK) return err;
    }
    enum err err =
        checkpoint_key_create(path, generation_origin(l->origin, l->generation, a), l->world, a, e);
    if (err == OK) err = checkpoint_key_open(&k, path, e);
    if (err != OK) return err;
    *public = note_key_text(a, checkpoint_key_public(k));
    checkpoint_key_close(k);
    return OK;
}

/* One at a time signs with a key, whatever process it is in. */
static enum err lock_key(int *out, const char *path, struct error *e)
{
    *out = open(path, O_RDONLY | O_CLOEXEC);
    if (*out >= 0 && flock(*out, LOCK_EX) == 0) return OK;
    return fail_errno(e, errno, "cannot lock '%s'", path);
}

/* ---- signing ---- */

struct signing {
    struct ledger *ledger;
    struct checkpoint_key *key;
    const char *last_path; /* beside the key */
    struct ledger_checkpoint *out;
    struct arena *arena;
};

static struct log_head_at head_at(const struct checkpoint *c)
{
    return (struct log_head_at){c->size, c->root};
}

/* Is what was signed before the beginning of what is there now? */
static enum err check_before(struct signing *s, const struct ledger_checkpoint *before, struct error *e)
{
    const struct checkpoint *was = &before->head, *now = &s->out->head;
    struct merkle_path path = {.count = 0};
    struct log_head_at old = head_at(was), at = head_at(now);
    if (was->size == 0) return fail(e, ERR_TAMPERED, "checkpoint '%s' is of no records", before->path);
    if (was->size > now->size)
        return fail(e, ERR_ROLLED_BACK, "the ledger has %ju records, but checkpoint '%s' is of %ju",
                    (uintmax_t)now->size, before->path, (uintmax_t)was->size);
    if (log_prove_consistency(&path, s->ledger->log, &old, &at, e) != OK)
        return wrap(e, "the ledger does not go on from checkpoint '%s'", before->path);
    if (was->size >= s->out->before) s->out->before = was->size;
    return OK;
}

/* KEY.last must be signed by the key: whoever could change it could make us sign what we denied before. */
static enum err check_last(struct signing *s, struct error *e)
{
    struct ledger_checkpoint last = {.path = NULL};
    struct checkpoint again = {.size = 0};
    if (!file_exists(s->last_path)) return OK;
    enum err err = checkpoint_read_own(&last, s->ledger, s->last_path, s->arena, e);
    if (err != OK) return err;
    if (checkpoint_open(&again, last.note, checkpoint_key_public(s->key), s->arena, e) != OK)
        return wrap(e, "checkpoint '%s'", s->last_path);
    return check_before(s, &last, e);
}

static enum err check_stored(struct signing *s, struct error *e)
{
    struct ledger_checkpoint newest = {.path = NULL};
    enum err err = ledger_newest_checkpoint(&newest, s->ledger, s->arena, e);
    if (err == ERR_NOT_FOUND) return OK;
    return err == OK ? check_before(s, &newest, e) : err;
}

/* The root by a second way, through the subtree roots that proofs are made of; which have then grown so far.
 */
static enum err check_last_record(struct signing *s, struct error *e)
{
    struct merkle_path path = {.count = 0};
    struct log_head_at at = head_at(&s->out->head);
    return log_prove_inclusion(&path, s->ledger->log, at.size - 1, &at, e);
}

/* Beside the key first: from then on nothing else is signed of that size, whatever becomes of the rest. */
static enum err sign_and_keep(struct signing *s, struct error *e)
{
    struct ledger_checkpoint *out = s->out;
    out->path = checkpoint_path(s->ledger, out->head.size, s->arena);
    enum err err = checkpoint_key_sign(&out->note, s->key, &out->head, s->arena, e);
    if (err == OK) err = file_write(s->last_path, str_bytes(out->note), 0600, e);
    if (err == OK) err = dir_make(checkpoint_folder(s->ledger, s->arena), 0700, e);
    return err == OK ? file_write(out->path, str_bytes(out->note), 0600, e) : err;
}

/* A key signs for one generation: what it said of the records that were lost stays the last that it said. */
static enum err check_key(const struct signing *s, uint32_t generation, struct error *e)
{
    struct str name = checkpoint_key_public(s->key)->name;
    uint32_t is = origin_generation(name, s->ledger->origin);
    if (is == 0)
        return fail(e, ERR_INVALID, "the key is of another ledger, '%.*s'", STR_ARG(text_quotable(name)));
    if (is == generation) return OK;
    return fail(e, ERR_REFUSED,
                "the key signs for generation %u, and the ledger is in generation %u: 'daybook key "
                "new-checkpoint' makes a key for it",
                is, generation);
}

static enum err sign_what_is_there(struct signing *s, log_progress_fn *progress, void *context,
                                   struct error *e)
{
    struct log_report r = {0};
    ledger_lock(s->ledger);
    enum err err = log_verify_chain(&r, s->ledger->log, progress, context, e);
    if (err == OK) err = check_key(s, r.generation, e);
    s->out->head = (struct checkpoint){.origin = generation_origin(s->ledger->origin, r.generation, s->arena),
                                       .size = r.records,
                                       .root = r.root};
    if (err == OK) err = check_last_record(s, e);
    if (err == OK) err = check_last(s, e);
    if (err == OK) err = check_stored(s, e);
    if (err == OK) err = sign_and_keep(s, e);
    ledger_unlock(s->ledger);
    return err;
}

enum err ledger_checkpoint(struct ledger_checkpoint *out, struct ledger *l, const char *key_file,
                           log_progress_fn *progress, void *context, struct arena *a, struct error *e)
{
    struct signing s = {.ledger = l, .out = out, .arena = a};
    int lock = -1;
    *out = (struct ledger_checkpoint){.path = NULL};
    s.last_path = str_format(a, "%s.last", key_file).ptr;
    enum err err = ledger_guard_output(l, s.last_path, e);
    if (err == OK) err = checkpoint_key_open(&s.key, key_file, e);
    if (err == OK) err = lock_key(&lock, key_file, e);
    if (err == OK) err = sign_what_is_there(&s, progress, context, e);
    if (lock >= 0) (void)close(lock); /* also unlocks */
    checkpoint_key_close(s.key);
    return err == OK ? OK : wrap(e, "cannot sign a checkpoint");
}

/* ---- proofs ---- */

/* The checkpoint that a proof is to lead to: one in a file, or the newest. */
static enum err target(struct ledger_checkpoint *out, struct ledger *l, const char *file, struct arena *a,
                       struct error *e)
{
    return file == NULL ? ledger_newest_checkpoint(out, l, a, e) : checkpoint_read_file(out, l, file, a, e);
}

enum err ledger_prove_record(struct str *text, struct ledger *l, uint64_t seq, const char *checkpoint,
                             struct arena *a, struct error *e)
{
    struct ledger_checkpoint at = {.path = NULL};
    struct proof_text p = {.kind = PROOF_OF_RECORD, .number = seq};
    enum err err = target(&at, l, checkpoint, a, e);
    if (err != OK) return err;
    if (seq >= at.head.size)
        return fail(e, ERR_NOT_FOUND,
                    "record %ju is not among the %ju of checkpoint '%s': 'daybook audit "
                    "checkpoint' signs a newer one",
                    (uintmax_t)seq, (uintmax_t)at.head.size, at.path);
    struct log_head_at head = head_at(&at.head);
    ledger_lock(l);
    err = log_prove_inclusion(&p.path, l->log, seq, &head, e);
    ledger_unlock(l);
    p.note = at.note;
    if (err == OK) *text = proof_text(a, &p);
    return err == OK ? OK : wrap(e, "cannot prove record %ju", (uintmax_t)seq);
}

enum err ledger_prove_growth(struct str *text, struct ledger *l, const char *older, const char *checkpoint,
                             struct arena *a, struct error *e)
{
    struct ledger_checkpoint old = {.path = NULL}, at = old;
    struct proof_text p = {.kind = PROOF_OF_GROWTH};
    enum err err = checkpoint_read_file(&old, l, older, a, e);
    if (err == OK) err = target(&at, l, checkpoint, a, e);
    if (err != OK) return err;
    if (old.head.size == 0) return fail(e, ERR_INVALID, "checkpoint '%s' is of no records", older);
    if (old.head.size > at.head.size)
        return fail(e, ERR_ROLLED_BACK, "checkpoint '%s' is of %ju records, but '%s' of %ju only", older,
                    (uintmax_t)old.head.size, at.path, (uintmax_t)at.head.size);
    struct log_head_at was = head_at(&old.head), now = head_at(&at.head);
    ledger_lock(l);
    err = log_prove_consistency(&p.path, l->log, &was, &now, e);
    ledger_unlock(l);
    p.number = old.head.size;
    p.note = at.note;
    if (err == OK) *text = proof_text(a, &p);
    return err == OK ? OK : wrap(e, "the ledger does not go on from checkpoint '%s'", older);
}

static enum err keep_record(void *context, const struct log_entry *entry, struct error *e)
{
    (void)e;
    struct buffer *out = context;
    buffer_add(out, entry->record.ptr, entry->record.len);
    return OK;
}

enum err ledger_stored_record(struct bytes *out, struct ledger *l, uint64_t seq, struct arena *a,
                              struct error *e)
{
    struct buffer record = {.arena = a};
    ledger_lock(l);
    enum err err = log_scan(l->log, seq, seq + 1, keep_record, &record, e);
    ledger_unlock(l);
    *out = (struct bytes){record.ptr, record.len};
    if (err == OK && record.len == 0) return fail(e, ERR_NOT_FOUND, "there is no record %ju", (uintmax_t)seq);
    return err;
}
