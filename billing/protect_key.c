/* SPDX-License-Identifier: MIT */
/* protect_key.c - a key file behind a passphrase, and in clear again. Neither the key nor the passphrase is
 * ever told; what the file is a key of does not matter here. */
#include "billing/answers.h"

static enum err tell(const char *what, const char *path, const char *next, struct answer *answer,
                     struct error *e)
{
    json_t *j = object_new();
    member_text(j, what, str_of(path));
    member_text(j, "next", str_of(next));
    return answer->take(answer->self, j, false, e);
}

/* A file that is in clear has no old passphrase: the one that was given is meant to be the new one. */
static struct passphrase_source new_source(const struct key_protect_query *q, bool was_protected,
                                           const struct passphrase_source *from, struct arena *a)
{
    struct passphrase_source by = {.file = path_or_null(q->new_passphrase_file, a),
                                   .command = path_or_null(q->new_passphrase_command, a),
                                   .terminal = true};
    return by.file == NULL && by.command == NULL && !was_protected ? *from : by;
}

enum err protect_key(const struct key_protect_query *q, const char *path,
                     const struct passphrase_source *from, struct world w, struct answer *answer,
                     struct error *e)
{
    bool was_protected = key_file_is_protected(path);
    struct arena *a = arena_new();
    struct passphrase_source by = new_source(q, was_protected, from, a);
    enum err err = key_file_protect(path, from, &by, w, e);
    arena_free(a);
    if (err != OK) return err;
    return tell("protected", path,
                was_protected
                    ? "copies of the file open by the passphrase that they were made with"
                    : "the file was in clear: copies of it are, and where the disk is not encrypted "
                      "'daybook key rotate' makes a key that never was",
                answer, e);
}

enum err unprotect_key(const char *path, const struct passphrase_source *from, struct answer *answer,
                       struct error *e)
{
    enum err err = key_file_unprotect(path, from, e);
    return err == OK ? tell("in_clear", path, "whoever reads the file has the key", answer, e) : err;
}
