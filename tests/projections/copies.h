/* SPDX-License-Identifier: MIT */
/* copies.h - what the tests of archives, backups and followers share: a ledger with a checkpoint key, ways to
 * let it grow, and ways to look at a folder and to damage it. */
#ifndef DAYBOOK_TESTS_PROJECTIONS_COPIES_H
#define DAYBOOK_TESTS_PROJECTIONS_COPIES_H

#include "projections/projections.h"
#include "tests/lib/fixture.h"

extern struct books {
    struct ledger *ledger; /* in the folder d */
    const char *signer;    /* its checkpoint key */
} books;
extern const struct copying silent;

void books_begin(void);
void books_end(void);

struct ledger_options options_of(const char *name);
struct ledger *opened(const char *name, bool make);
enum err try_grow(struct ledger *to, const char *user);
/* `count` customers, named by `word`. */
void grow(struct ledger *to, const char *word, size_t count);
/* Records that only a log sees: enough of them for closed segments, in no time. */
void grow_log(struct ledger *to, size_t count);
struct log_state state_of(struct ledger *of);

enum err try_export(struct ledger_archive *out, const char *dir, bool with_key);
struct ledger_archive exported(const char *dir); /* signs a checkpoint, too */

struct ledger_backup backed_up(const char *dir);
enum err try_restore(const char *backup, const char *to);

struct str folder(const char *dir);     /* every file below it with what is in it, as one text */
void flip(const char *path, size_t at); /* a bit of that byte */

#endif
