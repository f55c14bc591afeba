/* SPDX-License-Identifier: MIT */
/* recover.c - a ledger that is behind its anchor, or behind a checkpoint that it signed, and what can be
 * done. A loss is never passed over: either the true ledger comes back, or a record in clear says what is
 * gone, and what is written from there on is signed under another name. Each step may be the last before a
 * crash; the same command then goes on with it. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/ledger_private.h"

struct search {
    struct ledger *ledger;
    const char *key_file;
    struct ledger_recovery *out;
    struct log_report report;
    struct generation declared; /* the newest generation's; number 0: the ledger is in its first */
    struct anchor_found found;
    struct arena *arena;
};

/* ---- what was lost ---- */

static enum err take_generation(void *context, const struct log_entry *entry, struct error *e)
{
    struct search *s = context;
    enum err err = generation_take(&s->declared, entry->seq, entry->clear_body, e);
    s->declared.reason = str_copy(s->arena, s->declared.reason);
    return err;
}

/* A head that the ledger had and has no longer. One of an older generation is known already: the record that
 * opened the present one told of it, if it was not further on. */
static void note_lost(struct search *s, const struct log_head_at *head, uint32_t generation, const char *by)
{
    struct ledger_recovery *out = s->out;
    if (generation < s->report.generation && head->size <= s->declared.lost.size) {
        out->unfinished = true;
    } else if (head->size > out->lost.size) {
        out->lost = *head;
        out->lost_by = by;
    }
}

static enum err is_there(bool *yes, struct search *s, const struct log_head_at *head, struct error *e)
{
    struct merkle_path path = {.count = 0};
    struct error why = {0};
    struct log_head_at now = {s->report.records, s->report.root};
    *yes = false;
    if (head->size == 0 || head->size > now.size) return OK;
    enum err err = log_prove_consistency(&path, s->ledger->log, head, &now, &why);
    *yes = err == OK;
    if (err == OK || err == ERR_TAMPERED) return OK;
    *e = why;
    return err;
}

static void look_at_anchor(struct search *s)
{
    const struct anchor_found *f = &s->found;
    s->out->anchor_records = f->anchor.head.size;
    if (f->standing == ANCHOR_ROLLED_BACK || f->standing == ANCHOR_FORKED)
        note_lost(s, &f->anchor.head, f->anchor.generation, s->out->anchor_file);
}

static struct log_head_at head_of(const struct ledger_checkpoint *c)
{
    return (struct log_head_at){c->head.size, c->head.root};
}

/* From the newest down to one that is there: those before it were proven when it was signed. */
static enum err look_at_checkpoints(struct search *s, struct error *e)
{
    struct checkpoint_sizes sizes = {0};
    enum err err = checkpoint_sizes(&sizes, s->ledger, s->arena, e);
    for (size_t i = 0; i < sizes.count && err == OK; i++) {
        struct ledger_checkpoint c = {.path = NULL};
        bool there = false;
        err = checkpoint_read_kept(&c, s->ledger, sizes.items[i], s->arena, e);
        struct log_head_at head = head_of(&c);
        if (err == OK) err = is_there(&there, s, &head, e);
        if (err != OK) break;
        if (there) {
            s->out->checkpoint_records = head.size;
            break;
        }
        s->out->lost_checkpoints++;
        note_lost(s, &head, origin_generation(c.head.origin, s->ledger->origin), c.path);
    }
    return err;
}

/* What the key signed last: whoever restored an older copy of the directory did not restore that. */
static enum err look_beside_key(struct search *s, struct error *e)
{
    struct ledger_checkpoint c = {.path = NULL};
    bool there = false;
    if (s->key_file == NULL) return OK;
    const char *path = str_format(s->arena, "%s.last", s->key_file).ptr;
    if (!file_exists(path)) return OK;
    enum err err = checkpoint_read_own(&c, s->ledger, path, s->arena, e);
    struct log_head_at head = head_of(&c);
    uint32_t generation = err == OK ? origin_generation(c.head.origin, s->ledger->origin) : 0;
    if (err == OK) err = is_there(&there, s, &head, e);
    if (err == OK && !there && generation >= s->report.generation) note_lost(s, &head, generation, path);
    return err;
}

const char *anchor_standing_word(const struct anchor_found *f)
{
    static const char *const words[] = {
        [ANCHOR_NONE] = "none",         [ANCHOR_NEVER] = "never",      [ANCHOR_SOUND] = "sound",
        [ANCHOR_MISSING] = "missing",   [ANCHOR_DAMAGED] = "damaged",  [ANCHOR_FOREIGN] = "foreign",
        [ANCHOR_ROLLED_BACK] = "ahead", [ANCHOR_FORKED] = "different",
    };
    return words[f->standing];
}

static const char *advice(const struct search *s)
{
    const struct ledger_recovery *r = s->out;
    if (r->lost.size > 0)
        return "bring back the directory that has these records, if it still exists; if they are gone for "
               "good, "
               "'daybook recover --accept-loss --reason TEXT' opens a new generation, which tells everybody";
    if (r->unfinished) return "'daybook recover --accept-loss --reason TEXT' ends what was begun";
    if (s->found.standing == ANCHOR_FOREIGN) return "name the anchor file of this ledger with --anchor-file";
    if (s->found.standing == ANCHOR_MISSING || s->found.standing == ANCHOR_DAMAGED)
        return "put the anchor file back from where you keep a copy, or name it with --anchor-file; if there "
               "is "
               "none, hold 'records' against the last checkpoint that others have, and then 'daybook recover "
               "--new-anchor' makes one";
    return "nothing: the ledger goes on from all that is remembered of it";
}

static enum err search(struct search *s, struct error *e)
{
    struct ledger *l = s->ledger;
    struct ledger_recovery *out = s->out;
    *out = (struct ledger_recovery){.anchor_file = l->anchor.path};
    enum err err = log_verify_chain(&s->report, l->log, NULL, NULL, e);
    if (err == OK && s->report.generation > 1)
        err = log_scan(l->log, s->report.generation_seq, s->report.generation_seq + 1, take_generation, s, e);
    if (err == OK) err = anchor_find(&s->found, l, s->arena, e);
    if (err != OK) return err;
    out->head = (struct log_head_at){s->report.records, s->report.root};
    out->generation = s->report.generation;
    look_at_anchor(s);
    err = look_at_checkpoints(s, e);
    if (err == OK) err = look_beside_key(s, e);
    out->anchor = anchor_standing_word(&s->found);
    out->advice = advice(s);
    return err;
}

enum err ledger_recovery(struct ledger_recovery *out, struct ledger *l, const char *key_file, struct arena *a,
                         struct error *e)
{
    struct search s = {.ledger = l, .key_file = key_file, .out = out, .arena = a};
    ledger_lock(l);
    enum err err = search(&s, e);
    ledger_unlock(l);
    return err;
}

/* ---- a new anchor ---- */

/* What is damaged is kept: it may tell how it came about. */
static enum err put_aside(const struct search *s, struct error *e)
{
    const char *path = s->ledger->anchor.path;
    const char *aside = str_format(s->arena, "%s.damaged", path).ptr;
    if (s->found.standing != ANCHOR_DAMAGED || rename(path, aside) == 0) return OK;
    return fail_errno(e, errno, "cannot move '%s' away", path);
}

static enum err renew(struct search *s, struct error *e)
{
    bool is_read = s->found.standing == ANCHOR_SOUND || s->found.standing == ANCHOR_ROLLED_BACK ||
                   s->found.standing == ANCHOR_FORKED;
    enum err err = put_aside(s, e);
    return err == OK ? anchor_renew(s->ledger, is_read ? &s->found.anchor : NULL, s->arena, e) : err;
}

static enum err new_anchor(struct search *s, struct error *e)
{
    unsigned standing = s->found.standing;
    if (s->out->lost.size > 0 || s->out->unfinished)
        return fail(e, ERR_REFUSED, "a new anchor would hide a loss: %s", s->out->advice);
    if (standing != ANCHOR_MISSING && standing != ANCHOR_DAMAGED && standing != ANCHOR_NEVER)
        return fail(e, ERR_REFUSED, "there is an anchor: %s", s->out->advice);
    return renew(s, e);
}

enum err ledger_new_anchor(struct ledger_recovery *out, struct ledger *l, const char *key_file,
                           struct arena *a, struct error *e)
{
    struct search s = {.ledger = l, .key_file = key_file, .out = out, .arena = a};
    ledger_lock(l);
    enum err err = search(&s, e);
    if (err == OK) err = new_anchor(&s, e);
    if (err == OK) err = search(&s, e);
    ledger_unlock(l);
    return err == OK ? OK : wrap(e, "cannot make a new anchor");
}

/* ---- a new generation ---- */

/* It stands in clear for ever, in every copy: no place for names. */
static enum err check_reason(struct str reason, struct error *e)
{
    if (reason.len == 0) return fail(e, ERR_USAGE, "--accept-loss wants --reason: why the records are gone");
    enum err err = text_check(reason, LIMIT_TEXT_BYTES, "--reason", e);
    if (err == OK && memchr(reason.ptr, '@', reason.len) != NULL)
        return fail(e, ERR_INVALID,
                    "--reason stands in clear for ever: it must name nobody, and holds an '@'");
    return err;
}

static enum err append(struct search *s, struct str reason, struct error *e)
{
    struct ledger *l = s->ledger;
    struct generation g = {
        .number = s->report.generation + 1, .restored = s->out->head, .lost = s->out->lost, .reason = reason};
    return log_append_generation(l->log, &g, l->world.now(l->world.self), e);
}

static const char *lost_folder(const struct search *s, uint32_t generation)
{
    return str_format(s->arena, "%s/lost/%u", checkpoint_folder(s->ledger, s->arena), generation).ptr;
}

static enum err keep_lost(struct search *s, const struct ledger_checkpoint *c, bool move, struct error *e)
{
    const char *folder = lost_folder(s, origin_generation(c->head.origin, s->ledger->origin));
    const char *path = str_format(s->arena, "%s/%020ju", folder, (uintmax_t)c->head.size).ptr;
    enum err err = dir_make(folder, 0700, e);
    if (err != OK) return err;
    if (!move) return file_exists(path) ? OK : file_write(path, str_bytes(c->note), 0600, e);
    if (rename(c->path, path) != 0) return fail_errno(e, errno, "cannot move '%s'", c->path);
    err = dir_sync(folder, e);
    return err == OK ? dir_sync(checkpoint_folder(s->ledger, s->arena), e) : err;
}

/* The checkpoints of what is gone are no longer among those that the next ones go on from, but stay as
 * evidence. */
static enum err move_lost(struct search *s, struct error *e)
{
    struct checkpoint_sizes sizes = {0};
    enum err err = checkpoint_sizes(&sizes, s->ledger, s->arena, e);
    for (size_t i = 0; i < s->out->lost_checkpoints && err == OK; i++) {
        struct ledger_checkpoint c = {.path = NULL};
        err = checkpoint_read_kept(&c, s->ledger, sizes.items[i], s->arena, e);
        if (err == OK) err = keep_lost(s, &c, true, e);
    }
    return err;
}

/* What the key signed last is evidence too, and this directory may be without it. */
static enum err keep_last(struct search *s, struct error *e)
{
    struct ledger_checkpoint c = {.path = NULL};
    bool there = true;
    if (s->key_file == NULL) return OK;
    const char *path = str_format(s->arena, "%s.last", s->key_file).ptr;
    if (!file_exists(path)) return OK;
    enum err err = checkpoint_read_own(&c, s->ledger, path, s->arena, e);
    struct log_head_at head = head_of(&c);
    if (err == OK) err = is_there(&there, s, &head, e);
    return err == OK && !there ? keep_lost(s, &c, false, e) : err;
}

static enum err accept_loss(struct search *s, struct str reason, struct error *e)
{
    if (s->found.standing == ANCHOR_FOREIGN) return fail(e, ERR_REFUSED, "%s", s->out->advice);
    if (s->out->lost.size == 0 && !s->out->unfinished)
        return fail(e, ERR_REFUSED, "nothing is known to be lost");
    enum err err = s->out->lost.size > 0 ? append(s, reason, e) : OK;
    if (err == OK) err = move_lost(s, e);
    if (err == OK) err = keep_last(s, e);
    return err == OK ? renew(s, e) : err;
}

enum err ledger_accept_loss(struct ledger_recovery *out, struct ledger *l, const char *key_file,
                            struct str reason, struct arena *a, struct error *e)
{
    struct search s = {.ledger = l, .key_file = key_file, .out = out, .arena = a};
    enum err err = check_reason(reason, e);
    if (err != OK) return err;
    ledger_lock(l);
    err = search(&s, e);
    if (err == OK) err = accept_loss(&s, reason, e);
    if (err == OK) err = search(&s, e);
    ledger_unlock(l);
    return err == OK ? OK : wrap(e, "cannot open a new generation");
}
