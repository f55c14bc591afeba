/* SPDX-License-Identifier: MIT */
/* checkpoint_files.c - where checkpoints are kept: each in a file of DIR/checkpoints that its number of
 * records names; those of what was lost in DIR/checkpoints/lost, in a folder that the generation which lost
 * it names. It must never pass over one of them that cannot be read. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#include "ledger/ledger_private.h"

enum { SIZE_DIGITS = 20 };

/* ---- names ---- */

const char *checkpoint_folder(const struct ledger *l, struct arena *a)
{
    return str_format(a, "%s/checkpoints", l->dir).ptr;
}

const char *checkpoint_path(const struct ledger *l, uint64_t size, struct arena *a)
{
    return str_format(a, "%s/%0*ju", checkpoint_folder(l, a), SIZE_DIGITS, (uintmax_t)size).ptr;
}

const char *checkpoint_keys_folder(const struct ledger *l, struct arena *a)
{
    return str_format(a, "%s/keys", checkpoint_folder(l, a)).ptr;
}

struct str generation_origin(struct str origin, uint32_t generation, struct arena *a)
{
    return generation == 1 ? origin : str_format(a, "%.*s/%u", STR_ARG(origin), generation);
}

uint32_t origin_generation(struct str name, struct str origin)
{
    struct error unused = {0};
    uint64_t number = 0;
    if (str_equal(name, origin)) return 1;
    if (name.len < origin.len + 2 || memcmp(name.ptr, origin.ptr, origin.len) != 0) return 0;
    struct str digits = {name.ptr + origin.len + 1, name.len - origin.len - 1};
    bool fine = name.ptr[origin.len] == '/' && digits.ptr[0] != '0' &&
                uint_parse(&number, digits, &unused) == OK && number >= 2 && number <= UINT32_MAX;
    return fine ? (uint32_t)number : 0;
}

/* ---- listing ---- */

static int larger_first(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a < b) - (a > b);
}

static enum err read_names(struct buffer *out, DIR *d, const char *folder, struct error *e)
{
    struct error unused = {0};
    errno = 0;
    for (struct dirent *entry = readdir(d); entry != NULL; entry = readdir(d)) {
        uint64_t size = 0;
        struct str name = str_of(entry->d_name);
        if (name.len == SIZE_DIGITS && uint_parse(&size, name, &unused) == OK)
            buffer_add(out, &size, sizeof size);
        errno = 0; /* by which alone the end differs from a failure */
    }
    return errno == 0 ? OK : fail_errno(e, errno, "cannot read '%s'", folder);
}

enum err checkpoint_sizes(struct checkpoint_sizes *out, const struct ledger *l, struct arena *a,
                          struct error *e)
{
    const char *folder = checkpoint_folder(l, a);
    struct buffer names = {.arena = a};
    *out = (struct checkpoint_sizes){0};
    DIR *d = opendir(folder);
    if (d == NULL && errno == ENOENT) return OK;
    if (d == NULL) return fail_errno(e, errno, "cannot read '%s'", folder);
    enum err err = read_names(&names, d, folder, e);
    (void)closedir(d); /* only read */
    if (err != OK || names.len == 0) return err;
    out->count = names.len / sizeof *out->items;
    out->items = arena_array_of(a, uint64_t, out->count);
    memcpy(out->items, names.ptr, names.len);
    qsort(out->items, out->count, sizeof *out->items, larger_first);
    return OK;
}

/* ---- reading ---- */

enum err checkpoint_read_file(struct ledger_checkpoint *out, const struct ledger *l, const char *path,
                              struct arena *a, struct error *e)
{
    struct bytes content = {0};
    *out = (struct ledger_checkpoint){.path = path};
    enum err err = file_read(&content, path, LIMIT_NOTE_BYTES, a, e);
    if (err != OK) return err;
    out->note = bytes_str(content);
    err = checkpoint_read(&out->head, out->note, a, e);
    if (err == OK && origin_generation(out->head.origin, l->origin) == 0)
        err = fail(e, ERR_INVALID, "it is about another ledger, '%.*s'",
                   STR_ARG(text_quotable(out->head.origin)));
    return err == OK ? OK : wrap(e, "checkpoint '%s'", path);
}

enum err checkpoint_read_own(struct ledger_checkpoint *out, const struct ledger *l, const char *path,
                             struct arena *a, struct error *e)
{
    enum err err = checkpoint_read_file(out, l, path, a, e);
    return err == ERR_INVALID || err == ERR_LIMIT ? (e->code = ERR_TAMPERED) : err;
}

enum err ledger_read_checkpoint(struct ledger_checkpoint *out, struct ledger *l, const char *path,
                                struct arena *a, struct error *e)
{
    return checkpoint_read_file(out, l, path, a, e);
}

enum err checkpoint_read_kept(struct ledger_checkpoint *out, const struct ledger *l, uint64_t size,
                              struct arena *a, struct error *e)
{
    enum err err = checkpoint_read_own(out, l, checkpoint_path(l, size, a), a, e);
    if (err != OK || out->head.size == size) return err;
    return fail(e, ERR_TAMPERED, "checkpoint '%s' is of %ju records", out->path, (uintmax_t)out->head.size);
}

enum err ledger_checkpoint_at(struct ledger_checkpoint *out, struct ledger *l, uint64_t size, struct arena *a,
                              struct error *e)
{
    return checkpoint_read_kept(out, l, size, a, e);
}

enum err ledger_newest_checkpoint(struct ledger_checkpoint *out, struct ledger *l, struct arena *a,
                                  struct error *e)
{
    struct checkpoint_sizes sizes = {0};
    enum err err = checkpoint_sizes(&sizes, l, a, e);
    if (err != OK) return err;
    if (sizes.count == 0)
        return fail(e, ERR_NOT_FOUND, "there is no checkpoint yet: 'daybook audit checkpoint' signs one");
    return checkpoint_read_kept(out, l, sizes.items[0], a, e);
}
