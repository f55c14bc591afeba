/* SPDX-License-Identifier: MIT */
/* checkpoint.c - the checkpoints that the ledger signs. Two of them of which one is not the beginning of the
 * other would be the end of all trust in it; so it signs only what it has read from the log after the commit,
 * and proven to go on from the last one. What was read when the last one was signed is not read again, unless
 * that is asked for.
 *
 * The last one stands twice: in DIR/checkpoints, with all before it, and beside the key, in KEY.last. Whoever
 * restores an old copy of the directory, or rewrites it, does not thereby have the second. */
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

/* ---- signing ---- */

struct signing {
    struct ledger *ledger;
    const struct checkpoint_how *how;
    struct signers signers;
    const struct ledger_checkpoint *last; /* the longest of what they signed last; NULL: nothing */
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

/* KEY.last must be signed by the key: whoever could change it could make us sign what we denied before, or
 * leave unread what nobody read. */
static enum err read_one_last(const struct signing *s, struct signer *by, struct error *e)
{
    struct checkpoint again = {.size = 0};
    if (!file_exists(by->last_path)) return OK;
    enum err err = checkpoint_read_own(&by->last, s->ledger, by->last_path, s->arena, e);
    if (err != OK) return err;
    if (checkpoint_open(&again, by->last.note, checkpoint_key_public(by->key), s->arena, e) != OK)
        return wrap(e, "checkpoint '%s'", by->last_path);
    return OK;
}

static enum err read_last(struct signing *s, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < s->signers.count && err == OK; i++) {
        struct signer *by = &s->signers.items[i];
        err = read_one_last(s, by, e);
        if (by->last.path != NULL && (s->last == NULL || by->last.head.size > s->last->head.size))
            s->last = &by->last;
    }
    return err;
}

static enum err check_all_last(struct signing *s, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < s->signers.count && err == OK; i++)
        if (s->signers.items[i].last.path != NULL) err = check_before(s, &s->signers.items[i].last, e);
    return err;
}

static enum err check_stored(struct signing *s, struct error *e)
{
    struct checkpoint_sizes sizes = {0};
    struct ledger_checkpoint newest = {.path = NULL};
    enum err err = checkpoint_sizes(&sizes, s->ledger, s->arena, e);
    if (err != OK || sizes.count == 0) return err;
    err = checkpoint_read_kept(&newest, s->ledger, sizes.items[0], s->arena, e);
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

/* ---- reading ---- */

/* A key signs for one generation: what it said of the records that were lost stays the last that it said. */
static enum err check_key(const struct signing *s, const struct signer *by, uint32_t generation,
                          struct error *e)
{
    struct str name = checkpoint_key_public(by->key)->name;
    uint32_t is = origin_generation(name, s->ledger->origin);
    if (is == 0)
        return fail(e, ERR_INVALID, "the key is of another ledger, '%.*s'", STR_ARG(text_quotable(name)));
    if (is == generation) return OK;
    return fail(e, ERR_REFUSED,
                "the key signs for generation %u, and the ledger is in generation %u: 'daybook key "
                "new-checkpoint' makes a key for it",
                is, generation);
}

static enum err check_keys(const struct signing *s, uint32_t generation, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < s->signers.count && err == OK; i++)
        err = check_key(s, &s->signers.items[i], generation, e);
    return err;
}

/* What the head says is held against the last checkpoint before anything is read: an older copy, or another
 * one, is told as what it is. */
static enum err check_head(struct signing *s, struct error *e)
{
    struct log_state now = {0};
    enum err err = log_state(&now, s->ledger->log, e);
    if (err != OK || s->last == NULL) return err;
    s->out->head = (struct checkpoint){.size = now.head.range.size, .root = now.root};
    return check_before(s, s->last, e);
}

static enum err read_log(struct log_report *out, struct signing *s, struct error *e)
{
    const struct checkpoint_how *how = s->how;
    struct log *log = s->ledger->log;
    if (s->last == NULL || how->full) {
        enum err err = log_verify_chain(out, log, how->progress, how->context, e);
        s->out->read = out->records;
        return err;
    }
    struct log_head_at from = head_at(&s->last->head);
    uint32_t generation = origin_generation(s->last->head.origin, s->ledger->origin);
    enum err err = log_verify_since(out, log, &from, generation, how->progress, how->context, e);
    s->out->read = err == OK ? out->records - from.size : 0;
    return err;
}

/* ---- keeping ---- */

static bool says_the_same(const struct ledger_checkpoint *c, const struct checkpoint *head)
{
    return c->head.size == head->size && hash_equal(&c->head.root, &head->root) &&
           str_equal(c->head.origin, head->origin);
}

static bool is_signed_by(const struct signing *s, struct str note, const struct signer *by)
{
    struct checkpoint c = {.size = 0};
    struct error unused = {0};
    return checkpoint_open(&c, note, checkpoint_key_public(by->key), s->arena, &unused) == OK;
}

/* One of the same head that one of the keys signed stays as it is, for others may have put their signatures
 * below; the other key's comes to it where it is missing. */
static enum err take_kept(bool *taken, struct signing *s, struct error *e)
{
    const struct signers *by = &s->signers;
    struct ledger_checkpoint *out = s->out, kept = {.path = NULL};
    struct error unused = {0};
    size_t has = 0;
    if (!file_exists(out->path) ||
        checkpoint_read_own(&kept, s->ledger, out->path, s->arena, &unused) != OK ||
        !says_the_same(&kept, &out->head))
        return OK;
    for (size_t i = 0; i < by->count; i++) has += is_signed_by(s, kept.note, &by->items[i]);
    *taken = has > 0;
    if (!*taken) return OK;
    out->note = kept.note;
    enum err err = OK;
    for (size_t i = 0; i < by->count && err == OK; i++)
        if (!is_signed_by(s, out->note, &by->items[i]))
            err = checkpoint_key_add(&out->note, by->items[i].key, s->arena, e);
    return err == OK && has < by->count ? file_write(out->path, str_bytes(out->note), 0600, e) : err;
}

static enum err sign(struct str *note, const struct signing *s, struct error *e)
{
    const struct checkpoint_key *keys[2] = {NULL};
    for (size_t i = 0; i < s->signers.count; i++) keys[i] = s->signers.items[i].key;
    return checkpoint_keys_sign(note, keys, s->signers.count, checkpoint_text(s->arena, &s->out->head),
                                s->arena, e);
}

/* Beside the keys first: from then on nothing else is signed of that size, whatever becomes of the rest. */
static enum err sign_and_keep(struct signing *s, struct error *e)
{
    struct ledger_checkpoint *out = s->out;
    struct str note = STR_NONE;
    bool taken = false;
    out->path = checkpoint_path(s->ledger, out->head.size, s->arena);
    enum err err = sign(&note, s, e);
    for (size_t i = 0; i < s->signers.count && err == OK; i++) {
        const struct signer *by = &s->signers.items[i];
        if (!says_the_same(&by->last, &out->head)) err = file_write(by->last_path, str_bytes(note), 0600, e);
    }
    if (err == OK) err = take_kept(&taken, s, e);
    if (err != OK || taken) return err;
    out->note = note;
    out->is_new = true;
    err = dir_make(checkpoint_folder(s->ledger, s->arena), 0700, e);
    return err == OK ? file_write(out->path, str_bytes(note), 0600, e) : err;
}

static enum err sign_what_is_there(struct signing *s, struct error *e)
{
    struct log_report r = {0};
    ledger_lock(s->ledger);
    enum err err = check_keys(s, s->ledger->generation, e);
    if (err == OK) err = read_last(s, e);
    if (err == OK) err = check_head(s, e);
    if (err == OK) err = read_log(&r, s, e);
    if (err == OK) err = check_keys(s, r.generation, e);
    s->out->head = (struct checkpoint){.origin = generation_origin(s->ledger->origin, r.generation, s->arena),
                                       .size = r.records,
                                       .root = r.root};
    if (err == OK) err = check_last_record(s, e);
    if (err == OK) err = check_all_last(s, e);
    if (err == OK) err = check_stored(s, e);
    if (err == OK) err = sign_and_keep(s, e);
    ledger_unlock(s->ledger);
    return err;
}

enum err ledger_checkpoint(struct ledger_checkpoint *out, struct ledger *l, const struct checkpoint_how *how,
                           struct arena *a, struct error *e)
{
    struct signing s = {.ledger = l, .how = how, .out = out, .arena = a};
    *out = (struct ledger_checkpoint){.path = NULL};
    enum err err = signers_open(&s.signers, l, how->key_file, a, e);
    if (err == OK) err = sign_what_is_there(&s, e);
    signers_close(&s.signers);
    return err == OK ? OK : wrap(e, "cannot sign a checkpoint");
}
