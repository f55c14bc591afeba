/* SPDX-License-Identifier: MIT */
/* successors.c - the keys that keys name: an archive has the notes by which a checkpoint key says which one
 * follows it (FORMAT.md, "Another key"). Whoever trusts the old key may trust the new one, and so on. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "billing/verify/archive.h"

enum { NOTES_MAX = KEYS_MAX };
static const char folder_name[] = "keys";

struct notes {
    struct str ids[NOTES_MAX], texts[NOTES_MAX];
    size_t count;
    int folder;
    struct arena *arena;
};

static enum err gather(void *self, const char *place, struct fault *f)
{
    struct notes *n = self;
    struct bytes text = {0};
    if (n->count == NOTES_MAX)
        return fault_of(f, place, ERR_INCOMPLETE, "there are more than %d notes about keys", NOTES_MAX);
    enum err err = place_read(&text, n->folder, place, LIMIT_NOTE_BYTES, n->arena, f);
    if (err != OK) return err;
    n->ids[n->count] = str_copy(n->arena, str_of(place));
    n->texts[n->count++] = bytes_str(text);
    return OK;
}

static enum err gather_all(struct notes *n, struct archive *x)
{
    struct fault *f = &x->out->fault;
    const struct visitor v = {gather, n};
    n->folder = openat(x->folder, folder_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (n->folder < 0 && errno == ENOENT) return OK;
    if (n->folder < 0) return fault_of(f, folder_name, ERR_TAMPERED, "it is not a folder that can be read");
    enum err err = folder_walk(n->folder, &v, f);
    close(n->folder);
    return err == OK ? OK : fault_in(f, folder_name);
}

enum err take_successors(struct archive *x, const struct keys *from)
{
    struct notes *n = arena_new_of(x->arena, struct notes);
    struct keys *all = arena_new_of(x->arena, struct keys);
    n->arena = x->arena;
    *all = *from;
    enum err err = gather_all(n, x);
    /* One may hang on another in any order: as often as one more is known. */
    for (size_t before = 0; err == OK && before != all->count;) {
        before = all->count;
        for (size_t i = 0; err == OK && i < n->count; i++) {
            char place[PLACE_BYTES];
            err = successor_read(all, n->texts[i], n->ids[i], x->arena, &x->out->fault.error);
            (void)snprintf(place, sizeof place, "%s/%.*s", folder_name, STR_ARG(n->ids[i]));
            if (err != OK) return fault_in(&x->out->fault, place);
        }
    }
    x->out->successors = all->count - from->count;
    x->keys = all;
    return err;
}
