/* SPDX-License-Identifier: MIT */
/* checkpoint.c - what the ledger gives to people outside: checkpoints that it signs, and proofs that lead to
 * them. Two signed checkpoints of which one is not the beginning of the other would be the end of all trust
 * in it; so it signs only what it has read from the log after the commit, and proven to go on from the last
 * one.
 *
 * The last one stands twice: in DIR/checkpoints, with all before it, and beside the key, in KEY.last. Whoever
 * restores an old copy of the directory, or rewrites it, does not thereby have the second. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "ledger/ledger_private.h"

enum { SIZE_DIGITS = 20 };

/* ---- where they are kept ---- */

static const char *folder_of(const struct ledger *l, struct arena *a)
{
    return str_format(a, "%s/checkpoints", l->dir).ptr;
}

static const char *path_of(const struct ledger *l, uint64_t size, struct arena *a)
{
    return str_format(a, "%s/%0*ju", folder_of(l, a), SIZE_DIGITS, (uintmax_t)size).ptr;
}

/* The greatest size in the folder; 0: none is there. */
static enum err newest_size(uint64_t *out, const struct ledger *l, struct arena *a, struct error *e)
{
    const char *folder = folder_of(l, a);
    struct error unused = {0};
    *out = 0;
    DIR *d = opendir(folder);
    if (d == NULL && errno == ENOENT) return OK;
    if (d == NULL) return fail_errno(e, errno, "cannot read '%s'", folder);
    errno = 0;
    for (struct dirent *entry = readdir(d); entry != NULL; entry = readdir(d)) {
        uint64_t size = 0;
        struct str name = str_of(entry->d_name);
        if (name.len == SIZE_DIGITS && uint_parse(&size, name, &unused) == OK && size > *out) *out = size;
        errno = 0; /* by which alone the end differs from a failure */
    }
    int problem = errno;
    (void)closedir(d); /* only read */
    return problem == 0 ? OK : fail_errno(e, problem, "cannot read '%s'", folder);
}

/* One in a file, whoever signed it, which must be about this ledger. */
static enum err read_file(struct ledger_checkpoint *out, const struct ledger *l, const char *path,
                          struct arena *a, struct error *e)
{
    struct bytes content = {0};
    *out = (struct ledger_checkpoint){.path = path};
    enum err err = file_read(&content, path, LIMIT_NOTE_BYTES, a, e);
    if (err != OK) return err;
    out->note = bytes_str(content);
    err = checkpoint_read(&out->head, out->note, a, e);
    if (err == OK && !str_equal(out->head.origin, l->origin))
        err = fail(e, ERR_INVALID, "it is about another ledger, '%.*s'",
                   STR_ARG(text_quotable(out->head.origin)));
    return err == OK ? OK : wrap(e, "checkpoint '%s'", path);
}

enum err ledger_read_checkpoint(struct ledger_checkpoint *out, struct ledger *l, const char *path,
                                struct arena *a, struct error *e)
{
    return read_file(out, l, path, a, e);
}

/* What the ledger itself keeps is not input: where it cannot be read, somebody was there. */
static enum err read_own(struct ledger_checkpoint *out, const struct ledger *l, const char *path,
                         struct arena *a, struct error *e)
{
    enum err err = read_file(out, l, path, a, e);
    return err == ERR_INVALID || err == ERR_LIMIT ? (e->code = ERR_TAMPERED) : err;
}

enum err ledger_checkpoint_at(struct ledger_checkpoint *out, struct ledger *l, uint64_t size, struct arena *a,
                              struct error *e)
{
    enum err err = read_own(out, l, path_of(l, size, a), a, e);
    if (err != OK || out->head.size == size) return err;
    return fail(e, ERR_TAMPERED, "checkpoint '%s' is of %ju records", out->path, (uintmax_t)out->head.size);
}

enum err ledger_newest_checkpoint(struct ledger_checkpoint *out, struct ledger *l, struct arena *a,
                                  struct error *e)
{
    uint64_t size = 0;
    enum err err = newest_size(&size, l, a, e);
    if (err != OK) return err;
    if (size == 0)
        return fail(e, ERR_NOT_FOUND, "there is no checkpoint yet: 'daybook audit checkpoint' signs one");
    return ledger_checkpoint_at(out, l, size, a, e);
}

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
    enum err err = checkpoint_key_create(path, l->origin, l->world, a, e);
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
    enum err err = read_own(&last, s->ledger, s->last_path, s->arena, e);
    if (err != OK) return err;
    if (checkpoint_open(&again, last.note, checkpoint_key_public(s->key), s->arena, e) != OK)
        return wrap(e, "checkpoint '%s'", s->last_path);
    return check_before(s, &last, e);
}

static enum err check_stored(struct signing *s, struct error *e)
{
    struct ledger_checkpoint newest = {.path = NULL};
    uint64_t size = 0;
    enum err err = newest_size(&size, s->ledger, s->arena, e);
    if (err != OK || size == 0) return err;
    err = ledger_newest_checkpoint(&newest, s->ledger, s->arena, e);
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
    out->path = path_of(s->ledger, out->head.size, s->arena);
    enum err err = checkpoint_key_sign(&out->note, s->key, &out->head, s->arena, e);
    if (err == OK) err = file_write(s->last_path, str_bytes(out->note), 0600, e);
    if (err == OK) err = dir_make(folder_of(s->ledger, s->arena), 0700, e);
    return err == OK ? file_write(out->path, str_bytes(out->note), 0600, e) : err;
}

static enum err sign_what_is_there(struct signing *s, log_progress_fn *progress, void *context,
                                   struct error *e)
{
    struct log_report r = {0};
    ledger_lock(s->ledger);
    enum err err = log_verify_chain(&r, s->ledger->log, progress, context, e);
    s->out->head = (struct checkpoint){.origin = s->ledger->origin, .size = r.records, .root = r.root};
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
    if (err == OK) err = checkpoint_key_open_by(&s.key, key_file, &l->passphrase, e);
    if (err == OK) err = lock_key(&lock, key_file, e);
    if (err == OK) err = sign_what_is_there(&s, progress, context, e);
    if (lock >= 0) (void)close(lock); /* also unlocks */
    checkpoint_key_close(s.key);
    return err == OK ? OK : wrap(e, "cannot sign a checkpoint");
}

/* ---- proofs ---- */

/* The checkpoint that a proof is to lead to: one in a file, or the newest, with what witnesses signed. */
static enum err target(struct ledger_checkpoint *out, struct ledger *l, const char *file, struct arena *a,
                       struct error *e)
{
    if (file != NULL) return read_file(out, l, file, a, e);
    enum err err = ledger_newest_checkpoint(out, l, a, e);
    return err == OK ? ledger_cosigned_note(&out->note, l, out, a, e) : err;
}

enum err ledger_prover_open(struct ledger_prover *out, struct ledger *l, const char *checkpoint,
                            struct arena *a, struct error *e)
{
    *out = (struct ledger_prover){.ledger = l};
    enum err err = target(&out->at, l, checkpoint, a, e);
    if (err != OK) return err;
    if (out->at.head.size == 0) return fail(e, ERR_INVALID, "checkpoint '%s' is of no records", out->at.path);
    struct log_head_at head = head_at(&out->at.head);
    ledger_lock(l);
    err = log_prover_open(&out->prover, l->log, &head, e);
    ledger_unlock(l);
    return err;
}

void ledger_prover_close(struct ledger_prover *p)
{
    log_prover_close(p->prover);
    p->prover = NULL;
}

enum err ledger_prover_path(struct merkle_path *out, const struct ledger_prover *p, uint64_t seq,
                            struct error *e)
{
    if (seq >= p->at.head.size)
        return fail(e, ERR_NOT_FOUND,
                    "record %ju is not among the %ju of checkpoint '%s': 'daybook audit "
                    "checkpoint' signs a newer one",
                    (uintmax_t)seq, (uintmax_t)p->at.head.size, p->at.path);
    ledger_lock(p->ledger);
    enum err err = log_prover_prove(out, p->prover, seq, e);
    ledger_unlock(p->ledger);
    return err == OK ? OK : wrap(e, "cannot prove record %ju", (uintmax_t)seq);
}

enum err ledger_prover_text(struct str *text, const struct ledger_prover *p, uint64_t seq, struct arena *a,
                            struct error *e)
{
    struct proof_text proof = {.kind = PROOF_OF_RECORD, .number = seq, .note = p->at.note};
    enum err err = ledger_prover_path(&proof.path, p, seq, e);
    if (err == OK) *text = proof_text(a, &proof);
    return err;
}

enum err ledger_prove_record(struct str *text, struct ledger *l, uint64_t seq, const char *checkpoint,
                             struct arena *a, struct error *e)
{
    struct ledger_prover p = {.ledger = l};
    enum err err = ledger_prover_open(&p, l, checkpoint, a, e);
    if (err == OK) err = ledger_prover_text(text, &p, seq, a, e);
    ledger_prover_close(&p);
    return err;
}

enum err ledger_prove_growth(struct str *text, struct ledger *l, const char *older, const char *checkpoint,
                             struct arena *a, struct error *e)
{
    struct ledger_checkpoint old = {.path = NULL}, at = old;
    struct proof_text p = {.kind = PROOF_OF_GROWTH};
    enum err err = read_file(&old, l, older, a, e);
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

/* ---- records, as they are and opened ---- */

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

struct opening {
    struct ledger_opened *out;
    struct arena *arena;
    bool found;
};

static enum err keep_opened(void *context, const struct log_entry *entry, struct error *e)
{
    struct opening *o = context;
    struct ledger_opened *out = o->out;
    if (entry->header.class_ != RECORD_EVENTS) return OK;
    o->found = true;
    out->record = bytes_copy(o->arena, entry->record);
    out->salt = bytes_copy(o->arena, entry->salt);
    out->plain = bytes_copy(o->arena, entry->plain);
    enum err err = envelope_decode(&out->envelope, out->plain, o->arena, e);
    out->place = (struct event_place){entry->seq,         entry->header.at,    entry->leaf,
                                      entry->header.prev, out->envelope.actor, out->envelope.command};
    return err == OK ? OK : wrap(e, "record %ju", (uintmax_t)entry->seq);
}

enum err ledger_open_record(struct ledger_opened *out, struct ledger *l, uint64_t seq, struct arena *a,
                            struct error *e)
{
    struct opening o = {.out = out, .arena = a};
    *out = (struct ledger_opened){.record = {0}};
    ledger_lock(l);
    enum err err = log_read(l->log, seq, seq + 1, keep_opened, &o, e);
    ledger_unlock(l);
    if (err != OK || o.found) return err;
    return fail(e, ERR_NOT_FOUND, "record %ju holds no events", (uintmax_t)seq);
}
