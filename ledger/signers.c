/* SPDX-License-Identifier: MIT */
/* signers.c - which keys sign a checkpoint: one, or while one follows the other both. Who follows stands
 * beside the old key, in OLD.next; which one signs along, and until when, beside the new one, in NEW.overlap.
 * Both are told to the machine alone: what outsiders rely on is the note in DIR/checkpoints/keys by which the
 * old key names the new one. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "ledger/ledger_private.h"

static const char next_head[] = "daybook-next@v1", overlap_head[] = "daybook-overlap@v1";
enum { FOLLOWED_MAX = 16 }; /* old keys, one behind the other, that somebody still names */

/* ---- the files beside keys ---- */

struct beside {
    bool there;
    const char *other; /* path of the other key */
    struct str word;   /* "overlap", "retired"; the last day of an overlap, "-" for none */
};

static const char *file_beside(const char *key, const char *ending, struct arena *a)
{
    return str_format(a, "%s.%s", key, ending).ptr;
}

static enum err read_beside(struct beside *out, const char *path, const char *head, struct arena *a,
                            struct error *e)
{
    struct bytes content = {0};
    *out = (struct beside){.there = file_exists(path)};
    if (!out->there) return OK;
    enum err err = file_read(&content, path, LIMIT_PATH_BYTES + 100, a, e);
    if (err != OK) return err;
    const char *text = str_cstring(a, bytes_str(content)), *first = strchr(text, '\n');
    const char *second = first == NULL ? NULL : strchr(first + 1, '\n');
    const char *third = second == NULL ? NULL : strchr(second + 1, '\n');
    if (third == NULL || third[1] != '\0' || (size_t)(first - text) != strlen(head) ||
        memcmp(text, head, strlen(head)) != 0)
        return fail(e, ERR_INVALID, "'%s' does not say which key it is about", path);
    out->other = str_cstring(a, (struct str){first + 1, (size_t)(second - first - 1)});
    out->word = (struct str){second + 1, (size_t)(third - second - 1)};
    return OK;
}

static enum err write_beside(const char *path, const char *head, const char *other, struct str word,
                             struct arena *a, struct error *e)
{
    struct str text = str_format(a, "%s\n%s\n%.*s\n", head, other, STR_ARG(word));
    return file_write(path, str_bytes(text), 0600, e);
}

/* Wherever the process is started next. */
static enum err absolute(const char **out, const char *path, struct arena *a, struct error *e)
{
    char *real = realpath(path, NULL);
    if (real == NULL) return fail_errno(e, errno, "cannot tell where '%s' is", path);
    *out = str_format(a, "%s", real).ptr;
    free(real);
    return OK;
}

/* ---- opening ---- */

/* One at a time signs with a key, whatever process it is in. */
static enum err lock_key(int *out, const char *path, struct error *e)
{
    *out = open(path, O_RDONLY | O_CLOEXEC);
    if (*out >= 0 && flock(*out, LOCK_EX) == 0) return OK;
    return fail_errno(e, errno, "cannot lock '%s'", path);
}

static enum err add_signer(struct signers *s, const struct ledger *l, const char *path, struct arena *a,
                           struct error *e)
{
    struct signer *at = &s->items[s->count];
    *at = (struct signer){.last_path = file_beside(path, "last", a), .lock = -1};
    enum err err = ledger_guard_output(l, at->last_path, e);
    if (err == OK) err = checkpoint_key_open_by(&at->key, path, &l->passphrase, e);
    if (err != OK) return err;
    s->count++;
    return lock_key(&at->lock, path, e);
}

/* The newest key that follows the one that was named. */
static enum err follow(const char **path, struct arena *a, struct error *e)
{
    for (int i = 0; i < FOLLOWED_MAX; i++) {
        struct beside next = {.there = false};
        enum err err = read_beside(&next, file_beside(*path, "next", a), next_head, a, e);
        if (err != OK || !next.there) return err;
        if (!str_is(next.word, "overlap"))
            return fail(e, ERR_REFUSED, "key '%s' is retired: '%s' follows it", *path, next.other);
        *path = next.other;
    }
    return fail(e, ERR_INVALID, "too many keys follow '%s'", *path);
}

static bool is_over(struct str until, const struct ledger *l)
{
    struct date last = {0};
    struct error unused = {0};
    return !str_is(until, "-") && (date_parse(&last, until, &unused) != OK ||
                                   date_compare(zone_date(NULL, l->world.now(l->world.self)), last) > 0);
}

enum err signers_open(struct signers *out, const struct ledger *l, const char *key_file, struct arena *a,
                      struct error *e)
{
    struct beside old = {.there = false};
    const char *path = key_file;
    *out = (struct signers){.count = 0};
    enum err err = follow(&path, a, e);
    if (err == OK) err = add_signer(out, l, path, a, e);
    if (err == OK) err = read_beside(&old, file_beside(path, "overlap", a), overlap_head, a, e);
    if (err == OK && old.there && is_over(old.word, l)) {
        if (strcmp(path, key_file) != 0)
            err = fail(e, ERR_REFUSED, "key '%s' signed along until %.*s: '%s' follows it", key_file,
                       STR_ARG(old.word), path);
    } else if (err == OK && old.there) {
        err = add_signer(out, l, old.other, a, e);
        if (err != OK) return wrap(e, "the key that '%s' follows", path);
    }
    return err;
}

void signers_close(struct signers *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->items[i].lock >= 0) (void)close(s->items[i].lock); /* also unlocks */
        checkpoint_key_close(s->items[i].key);
    }
    s->count = 0;
}

/* ---- one follows the other ---- */

static const char *statement_path(const struct ledger *l, const struct note_key *next, struct arena *a)
{
    struct str id = hex_text(a, next->id, sizeof next->id);
    return str_format(a, "%s/%.*s", checkpoint_keys_folder(l, a), STR_ARG(id)).ptr;
}

static enum err check_pair(const struct ledger *l, const struct note_key *old, const struct note_key *new,
                           struct arena *a, struct error *e)
{
    struct str name = generation_origin(l->origin, l->generation, a);
    const struct note_key *const both[] = {old, new};
    for (size_t i = 0; i < 2; i++)
        if (!str_equal(both[i]->name, name))
            return fail(e, ERR_INVALID, "a key is of '%.*s', and the ledger signs as '%.*s'",
                        STR_ARG(text_quotable(both[i]->name)), STR_ARG(name));
    if (memcmp(old->public, new->public, sizeof old->public) != 0) return OK;
    return fail(e, ERR_INVALID, "a key cannot follow itself");
}

/* Made once: it is what it was when others got it. */
static enum err make_statement(struct checkpoint_rotation *out, struct ledger *l, const struct signers *s,
                               struct arena *a, struct error *e)
{
    const struct note_key *old = checkpoint_key_public(s->items[0].key);
    struct key_rotation r = {.next = *checkpoint_key_public(s->items[1].key)};
    const struct checkpoint_key *const keys[] = {s->items[0].key, s->items[1].key};
    struct bytes there = {0};
    enum err err = check_pair(l, old, &r.next, a, e);
    if (err != OK) return err;
    out->path = statement_path(l, &r.next, a);
    out->next = note_key_text(a, &r.next);
    if (file_exists(out->path)) {
        err = file_read(&there, out->path, LIMIT_NOTE_BYTES, a, e);
        out->note = bytes_str(there);
        return err == OK ? rotation_open(&r, out->note, old, a, e) : err;
    }
    err = ledger_size(&r.size, l, e);
    if (err == OK) err = checkpoint_keys_sign(&out->note, keys, 2, rotation_text(a, &r), a, e);
    if (err == OK) err = rotation_open(&r, out->note, old, a, e);
    if (err == OK) err = dir_make(checkpoint_keys_folder(l, a), 0700, e);
    return err == OK ? file_write(out->path, str_bytes(out->note), 0600, e) : err;
}

/* At most two keys sign at once. */
static enum err check_free(const char *old, const char *new, struct arena *a, struct error *e)
{
    struct beside next = {.there = false}, overlap = {.there = false};
    enum err err = read_beside(&next, file_beside(old, "next", a), next_head, a, e);
    if (err == OK) err = read_beside(&overlap, file_beside(old, "overlap", a), overlap_head, a, e);
    if (err != OK) return err;
    if (next.there && !str_is(str_of(next.other), new))
        return fail(e, ERR_REFUSED, "key '%s' is followed by '%s' already", old, next.other);
    if (next.there && !str_is(next.word, "overlap")) return fail(e, ERR_REFUSED, "key '%s' is retired", old);
    if (overlap.there)
        return fail(e, ERR_REFUSED,
                    "'%s' still signs along with it: 'daybook key retire-checkpoint' ends that",
                    overlap.other);
    return OK;
}

static enum err guard_new(const struct ledger *l, const char *old, const char *new, struct arena *a,
                          struct error *e)
{
    const char *paths[] = {new, file_beside(new, "overlap", a), file_beside(old, "next", a)};
    enum err err = OK;
    for (size_t i = 0; i < sizeof paths / sizeof *paths && err == OK; i++)
        err = ledger_guard_output(l, paths[i], e);
    return err;
}

static enum err rotate(struct checkpoint_rotation *out, struct ledger *l, const char *old, const char *new,
                       struct date until, struct arena *a, struct error *e)
{
    struct signers s = {.count = 0};
    struct str last = date_is_given(until) ? date_text(a, until) : STR("-"), made = STR_NONE;
    enum err err = guard_new(l, old, new, a, e);
    if (err == OK) err = absolute(&old, old, a, e);
    if (err == OK && !file_exists(new)) err = ledger_new_checkpoint_key(&made, l, new, a, e);
    if (err == OK) err = absolute(&new, new, a, e);
    if (err == OK && strcmp(old, new) == 0) err = fail(e, ERR_INVALID, "a key cannot follow itself");
    if (err == OK) err = check_free(old, new, a, e);
    if (err == OK) err = add_signer(&s, l, old, a, e);
    if (err == OK) err = add_signer(&s, l, new, a, e);
    if (err == OK) err = make_statement(out, l, &s, a, e);
    signers_close(&s);
    if (err == OK) err = write_beside(file_beside(new, "overlap", a), overlap_head, old, last, a, e);
    return err == OK ? write_beside(file_beside(old, "next", a), next_head, new, STR("overlap"), a, e) : err;
}

enum err ledger_rotate_checkpoint_key(struct checkpoint_rotation *out, struct ledger *l, const char *old,
                                      const char *new, struct date until, struct arena *a, struct error *e)
{
    *out = (struct checkpoint_rotation){.path = NULL};
    enum err err = rotate(out, l, old, new, until, a, e);
    return err == OK ? OK : wrap(e, "cannot let '%s' follow '%s'", new, old);
}

enum err ledger_retire_checkpoint_key(const char **follower, const char *old, struct arena *a,
                                      struct error *e)
{
    struct beside next = {.there = false};
    const char *path = file_beside(old, "next", a);
    enum err err = read_beside(&next, path, next_head, a, e);
    if (err == OK && !next.there)
        err = fail(e, ERR_REFUSED, "no key follows it: 'daybook key rotate-checkpoint' names one");
    if (err == OK) err = write_beside(path, next_head, next.other, STR("retired"), a, e);
    if (err == OK && unlink(file_beside(next.other, "overlap", a)) != 0 && errno != ENOENT)
        err = fail_errno(e, errno, "cannot remove '%s.overlap'", next.other);
    *follower = next.other;
    return err == OK ? OK : wrap(e, "cannot retire key '%s'", old);
}
