/* SPDX-License-Identifier: MIT */
/* anchors.c - what others say of the ledger's checkpoints, as it is kept: time stamps of authorities and
 * signatures of witnesses. A checkpoint in DIR/checkpoints stays as it was signed, byte for byte, because
 * time stamps are of those bytes; with the lines of witnesses it stands beside, in DIR/cosigned. Nobody here
 * is believed: who reads these files checks them by keys of his own. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "ledger/ledger_private.h"

enum { SIZE_DIGITS = 20 };
static const char stamp_end[] = ".tsr";

/* ---- folders ---- */

static const char *in_dir(const struct ledger *l, const char *name, struct arena *a)
{
    return str_format(a, "%s/%s", l->dir, name).ptr;
}

struct names {
    char **list;
    size_t count, room;
};

/* Those that begin with a size; a folder that is not there is empty. */
static enum err read_names(struct names *out, const char *folder, struct arena *a, struct error *e)
{
    *out = (struct names){.list = NULL};
    DIR *d = opendir(folder);
    if (d == NULL && errno == ENOENT) return OK;
    if (d == NULL) return fail_errno(e, errno, "cannot read '%s'", folder);
    errno = 0;
    for (struct dirent *entry = readdir(d); entry != NULL; entry = readdir(d)) {
        if (strspn(entry->d_name, "0123456789") == SIZE_DIGITS) {
            out->list = arena_grow(a, out->list, out->count, &out->room, sizeof *out->list);
            out->list[out->count++] = str_cstring(a, str_of(entry->d_name));
        }
        errno = 0; /* by which alone the end differs from a failure */
    }
    int problem = errno;
    (void)closedir(d); /* only read */
    return problem == 0 ? OK : fail_errno(e, problem, "cannot read '%s'", folder);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sizes have as many digits each, so names are sorted as their sizes are. */
static enum err sorted_names(struct names *out, const char *folder, struct arena *a, struct error *e)
{
    enum err err = read_names(out, folder, a, e);
    if (err == OK && out->count > 0) qsort(out->list, out->count, sizeof *out->list, by_name);
    return err;
}

static bool size_of(uint64_t *out, const char *name)
{
    struct error unused = {0};
    return uint_parse(out, (struct str){name, SIZE_DIGITS}, &unused) == OK;
}

enum err ledger_checkpoint_sizes(uint64_t **out, size_t *count, struct ledger *l, struct arena *a,
                                 struct error *e)
{
    struct names names;
    enum err err = sorted_names(&names, in_dir(l, "checkpoints", a), a, e);
    if (err != OK) return err;
    *out = arena_array_of(a, uint64_t, names.count);
    *count = 0;
    for (size_t i = 0; i < names.count; i++)
        if (names.list[i][SIZE_DIGITS] == 0 && size_of(&(*out)[*count], names.list[i])) ++*count;
    return OK;
}

/* ---- witnesses ---- */

static const char *cosigned_path(const struct ledger *l, uint64_t size, struct arena *a)
{
    return str_format(a, "%s/%0*ju", in_dir(l, "cosigned", a), SIZE_DIGITS, (uintmax_t)size).ptr;
}

enum err ledger_cosigned_note(struct str *out, struct ledger *l, const struct ledger_checkpoint *p,
                              struct arena *a, struct error *e)
{
    struct bytes content = {0};
    struct str text = STR_NONE;
    struct error unused = {0};
    struct str note = p->note; /* which may be where the answer goes */
    *out = note;
    enum err err = file_read(&content, cosigned_path(l, p->head.size, a), LIMIT_NOTE_BYTES, a, e);
    if (err != OK) return err == ERR_NOT_FOUND || err == ERR_LIMIT ? OK : err;
    struct str found = bytes_str(content);
    bool is_of_it =
        note_split(&text, found, a, &unused) == OK &&
        str_equal(note_signed_by(a, found, p->head.origin), note_signed_by(a, note, p->head.origin));
    if (is_of_it) *out = found;
    return OK;
}

/* Whoever adds lines holds the folder's lock from reading to writing. */
static enum err lock_folder(int *out, const char *folder, struct error *e)
{
    enum err err = dir_make(folder, 0700, e);
    if (err != OK) return err;
    *out = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*out >= 0 && flock(*out, LOCK_EX) == 0) return OK;
    return fail_errno(e, errno, "cannot lock '%s'", folder);
}

enum err ledger_keep_cosigned(struct ledger *l, const struct ledger_checkpoint *p, struct str witness,
                              struct str line, struct arena *a, struct error *e)
{
    int lock = -1;
    struct str before = STR_NONE;
    enum err err = lock_folder(&lock, in_dir(l, "cosigned", a), e);
    if (err == OK) err = ledger_cosigned_note(&before, l, p, a, e);
    if (err == OK) {
        before = note_signed_by_others(a, before, witness);
        struct str note = str_format(a, "%.*s%.*s", STR_ARG(before), STR_ARG(line));
        err = file_write(cosigned_path(l, p->head.size, a), str_bytes(note), 0600, e);
    }
    if (lock >= 0) (void)close(lock); /* also unlocks */
    return err;
}

/* ---- time stamps ---- */

enum err ledger_stamps(struct ledger_stamp **out, size_t *count, struct ledger *l, struct arena *a,
                       struct error *e)
{
    const char *folder = in_dir(l, "timestamps", a);
    enum { AROUND = SIZE_DIGITS + 1 + sizeof stamp_end - 1 };
    struct names names;
    enum err err = sorted_names(&names, folder, a, e);
    if (err != OK) return err;
    *out = arena_array_of(a, struct ledger_stamp, names.count);
    *count = 0;
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.list[i];
        size_t len = strlen(name);
        struct ledger_stamp *s = &(*out)[*count];
        if (len <= AROUND || name[SIZE_DIGITS] != '.' ||
            strcmp(name + len - (sizeof stamp_end - 1), stamp_end) != 0 || !size_of(&s->size, name))
            continue;
        s->authority = (struct str){name + SIZE_DIGITS + 1, len - AROUND};
        s->path = str_format(a, "%s/%s", folder, name).ptr;
        ++*count;
    }
    return OK;
}

enum err ledger_keep_stamp(const char **path, struct ledger *l, uint64_t size, struct str authority,
                           struct bytes answer, struct arena *a, struct error *e)
{
    const char *folder = in_dir(l, "timestamps", a);
    *path =
        str_format(a, "%s/%0*ju.%.*s%s", folder, SIZE_DIGITS, (uintmax_t)size, STR_ARG(authority), stamp_end)
            .ptr;
    enum err err = dir_make(folder, 0700, e);
    return err == OK ? file_write(*path, answer, 0600, e) : err;
}

/* ---- for whoever asks ---- */

enum { ANCHORING_BYTES = 16 * 1024 };

struct str ledger_anchoring_notes(struct ledger *l, struct arena *a)
{
    struct error unused = {0};
    struct bytes content = {0};
    if (file_read(&content, in_dir(l, "anchoring", a), ANCHORING_BYTES, a, &unused) != OK) return STR_NONE;
    return bytes_str(content);
}

enum err ledger_keep_anchoring_notes(struct ledger *l, struct str text, struct arena *a, struct error *e)
{
    return file_write(in_dir(l, "anchoring", a), str_bytes(text), 0600, e);
}

enum err ledger_lock_anchoring(int *lock, struct ledger *l, struct arena *a, struct error *e)
{
    const char *folder = in_dir(l, "timestamps", a);
    *lock = -1;
    enum err err = dir_make(folder, 0700, e);
    if (err != OK) return err;
    *lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock >= 0 && flock(*lock, LOCK_EX | LOCK_NB) == 0) return OK;
    if (*lock >= 0 && errno == EWOULDBLOCK)
        err = fail(e, ERR_CONFLICT, "somebody else is asking authorities and witnesses just now");
    else
        err = fail_errno(e, errno, "cannot lock '%s'", folder);
    ledger_unlock_anchoring(*lock);
    *lock = -1;
    return err;
}

void ledger_unlock_anchoring(int lock)
{
    if (lock >= 0) (void)close(lock);
}

static enum err take_time(void *context, const struct log_entry *entry, struct error *e)
{
    (void)e;
    *(struct instant *)context = entry->header.at;
    return OK;
}

enum err ledger_time_of(struct instant *out, struct ledger *l, uint64_t seq, struct error *e)
{
    *out = (struct instant){0};
    ledger_lock(l);
    enum err err = log_scan(l->log, seq, seq + 1, take_time, out, e);
    ledger_unlock(l);
    return err;
}

struct range {
    struct merkle_range leaves;
    struct hasher *hasher;
};

static enum err take_leaf(void *context, const struct log_entry *entry, struct error *e)
{
    (void)e;
    struct range *r = context;
    merkle_append(&r->leaves, r->hasher, &entry->leaf);
    return OK;
}

/* From the records themselves: it is asked for once in a ledger's life, if ever. */
static enum err root_of(struct hash *out, struct ledger *l, uint64_t size, struct error *e)
{
    struct range r = {.hasher = hasher_new()};
    enum err err = log_scan(l->log, 0, size, take_leaf, &r, e);
    merkle_root(&r.leaves, r.hasher, out);
    hasher_free(r.hasher);
    return err;
}

enum err ledger_growth_path(struct merkle_path *out, struct ledger *l, uint64_t old,
                            const struct ledger_checkpoint *to, struct arena *a, struct error *e)
{
    struct ledger_checkpoint kept = {.path = NULL};
    struct log_head_at was = {.size = old}, now = {to->head.size, to->head.root};
    assert(old > 0 && old <= to->head.size);
    enum err err = ledger_checkpoint_at(&kept, l, old, a, e);
    if (err != OK && err != ERR_NOT_FOUND) return err;
    was.root = kept.head.root;
    ledger_lock(l);
    err = err == ERR_NOT_FOUND ? root_of(&was.root, l, old, e) : OK;
    if (err == OK) err = log_prove_consistency(out, l->log, &was, &now, e);
    ledger_unlock(l);
    return err;
}
