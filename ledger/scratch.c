/* SPDX-License-Identifier: MIT */
/* scratch.c - views beside the live ones, for what is folded anew to be compared and thrown away. They are
 * sealed like any, and a folder that a killed process left is removed by the next. */
#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "ledger/ledger_private.h"

static const char scratch_name[] = "verify.";

/* Scratch folders of verifications that were killed. */
static void remove_leftovers(const char *dir)
{
    DIR *d = opendir(dir);
    if (d == NULL) return;
    for (struct dirent *entry = readdir(d); entry != NULL; entry = readdir(d)) {
        struct str name = str_of(entry->d_name);
        struct error unused;
        struct buffer path = {0};
        uint64_t pid = 0;
        size_t skip = sizeof scratch_name - 1, digits = 0;
        if (!str_starts(name, scratch_name)) continue;
        while (skip + digits < name.len && name.ptr[skip + digits] != '.') digits++;
        if (uint_parse(&pid, (struct str){name.ptr + skip, digits}, &unused) != OK || !process_is_gone(pid))
            continue;
        buffer_print(&path, "%s/%s", dir, entry->d_name);
        buffer_add_byte(&path, 0);
        dir_remove((const char *)path.ptr, 2);
        buffer_free(&path);
    }
    (void)closedir(d);
}

/* Beside the ledger if that can be and may be written, else where temporary files go: a copy to be verified
 * may be read-only. The views in it are sealed like any. */
static enum err make_scratch(struct buffer *path, const struct ledger *l, struct error *e)
{
    const char *const folders[] = {l->dir, dir_temporary()};
    for (size_t i = l->read_only ? 1 : 0; i < 2; i++) {
        buffer_clear(path);
        buffer_print(path, "%s/%s%ld.XXXXXX", folders[i], scratch_name, (long)getpid());
        buffer_add_byte(path, 0);
        if (mkdtemp((char *)path->ptr) != NULL) return OK;
    }
    return fail_errno(e, errno, "cannot make a scratch folder in '%s'", folders[1]);
}

enum err scratch_open(struct scratch_views *out, struct ledger *l, struct error *e)
{
    *out = (struct scratch_views){0};
    if (!l->read_only) remove_leftovers(l->dir);
    enum err err = make_scratch(&out->path, l, e);
    if (err != OK) {
        buffer_clear(&out->path);
        return err;
    }
    struct views_options vo = {.dir = (const char *)out->path.ptr,
                               .map_bytes = l->map_bytes,
                               .master = l->master,
                               .origin = l->origin,
                               .definition = l->definition,
                               .tie = l->in_memory ? NULL : l->tie,
                               .world = l->world};
    bool fresh = false;
    return views_open(&out->views, &fresh, &vo, e);
}

void scratch_close(struct scratch_views *s)
{
    views_close(s->views);
    if (s->path.len > 0) dir_remove((const char *)s->path.ptr, 2);
    buffer_free(&s->path);
}
