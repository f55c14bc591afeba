/* SPDX-License-Identifier: MIT */
/* publish.c - signed checkpoints in a folder that others read: a web server's, a disk of somebody else's.
 * What could not be written once is written the next time, the oldest first; what was published of records
 * that were lost is moved aside and never overwritten. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "ledger/ledger_private.h"

struct publishing {
    struct ledger *ledger;
    const char *folder;
    struct arena *arena;
};

/* Whatever mask the process has: these are for everybody. */
static enum err write_public(const char *path, struct str content, struct error *e)
{
    struct file_sink sink = {.stream = NULL};
    enum err err = file_begin(&sink, path, 0644, e);
    if (err != OK) return err;
    (void)fwrite(content.ptr, 1, content.len, sink.stream); /* what it could not, file_finish tells */
    if (fchmod(fileno(sink.stream), 0644) == 0) return file_finish(&sink, e);
    file_abandon(&sink);
    return fail(e, ERR_STORAGE, "cannot let others read '%s'", path);
}

static enum err make_folder(const char *folder, struct error *e)
{
    if (file_exists(folder)) return OK;
    enum err err = dir_make(folder, 0755, e);
    if (err != OK || chmod(folder, 0755) == 0) return err;
    return fail(e, ERR_STORAGE, "cannot let others read '%s'", folder);
}

static const char *place_of(const struct publishing *p, uint64_t size, const char *before)
{
    return str_format(p->arena, "%s/%s%020ju", p->folder, before, (uintmax_t)size).ptr;
}

static bool holds(const char *path, struct str text, struct arena *a)
{
    struct bytes content = {0};
    struct error unused = {0};
    return file_read(&content, path, LIMIT_NOTE_BYTES, a, &unused) == OK &&
           str_equal(bytes_str(content), text);
}

/* Is one of this head there? One of another head is evidence of what was lost. */
static bool is_published(const struct publishing *p, const struct ledger_checkpoint *c)
{
    struct ledger_checkpoint there = {.path = NULL};
    struct error unused = {0};
    return checkpoint_read_file(&there, p->ledger, place_of(p, c->head.size, ""), p->arena, &unused) == OK &&
           hash_equal(&there.head.root, &c->head.root) && str_equal(there.head.origin, c->head.origin);
}

static enum err publish_one(const struct publishing *p, const struct ledger_checkpoint *c, struct error *e)
{
    const char *path = place_of(p, c->head.size, ""), *aside = place_of(p, c->head.size, "lost-");
    if (holds(path, c->note, p->arena)) return OK;
    if (file_exists(path) && !is_published(p, c) && rename(path, aside) != 0)
        return fail(e, ERR_STORAGE, "cannot move '%s' aside", path);
    return write_public(path, c->note, e);
}

static enum err publish_all(size_t *count, const struct publishing *p, struct error *e)
{
    struct checkpoint_sizes sizes = {0};
    struct ledger_checkpoint c = {.path = NULL};
    size_t missing = 0;
    enum err err = checkpoint_sizes(&sizes, p->ledger, p->arena, e);
    for (; err == OK && missing < sizes.count; missing++) {
        err = checkpoint_read_kept(&c, p->ledger, sizes.items[missing], p->arena, e);
        if (err == OK && is_published(p, &c)) break;
    }
    /* The newest, also where it is there already: somebody may have signed below since. */
    for (size_t i = missing == 0 && sizes.count > 0 ? 1 : missing; i-- > 0 && err == OK;) {
        err = checkpoint_read_kept(&c, p->ledger, sizes.items[i], p->arena, e);
        if (err == OK) err = ledger_cosigned_note(&c.note, p->ledger, &c, p->arena, e);
        if (err == OK) err = publish_one(p, &c, e);
    }
    if (err != OK || sizes.count == 0) return err;
    *count = missing;
    const char *newest = str_format(p->arena, "%s/checkpoint", p->folder).ptr;
    return holds(newest, c.note, p->arena) ? OK : write_public(newest, c.note, e);
}

/* ---- which key follows which ---- */

static enum err publish_key(const struct publishing *p, const char *name, struct error *e)
{
    struct bytes note = {0};
    const char *from = str_format(p->arena, "%s/%s", checkpoint_keys_folder(p->ledger, p->arena), name).ptr;
    const char *folder = str_format(p->arena, "%s/keys", p->folder).ptr;
    const char *to = str_format(p->arena, "%s/%s", folder, name).ptr;
    enum err err = file_read(&note, from, LIMIT_NOTE_BYTES, p->arena, e);
    if (err == OK) err = make_folder(folder, e);
    if (err != OK || holds(to, bytes_str(note), p->arena)) return err;
    return write_public(to, bytes_str(note), e);
}

static enum err publish_keys(const struct publishing *p, struct error *e)
{
    enum err err = OK;
    const char *folder = checkpoint_keys_folder(p->ledger, p->arena);
    DIR *d = opendir(folder);
    if (d == NULL && errno == ENOENT) return OK;
    if (d == NULL) return fail_errno(e, errno, "cannot read '%s'", folder);
    for (struct dirent *entry = readdir(d); entry != NULL && err == OK; entry = readdir(d))
        if (strlen(entry->d_name) == (size_t)2 * NOTE_ID_BYTES) err = publish_key(p, entry->d_name, e);
    (void)closedir(d); /* only read */
    return err;
}

enum err ledger_publish(size_t *count, struct ledger *l, const char *folder, struct arena *a, struct error *e)
{
    struct publishing p = {.ledger = l, .folder = folder, .arena = a};
    *count = 0;
    enum err err = ledger_guard_output(l, str_format(a, "%s/checkpoint", folder).ptr, e);
    if (err == OK) err = make_folder(folder, e);
    if (err == OK) err = publish_all(count, &p, e);
    if (err == OK) err = publish_keys(&p, e);
    return err == OK ? OK : wrap(e, "cannot publish checkpoints to '%s'", folder);
}
