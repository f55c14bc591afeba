/* SPDX-License-Identifier: MIT */
/* copies.h - what archives, backups, restored ledgers and followers share: one stream of records, the signed
 * heads that it is held against while it passes, and the small files that lie beside the log. */
#ifndef DAYBOOK_LEDGER_COPIES_H
#define DAYBOOK_LEDGER_COPIES_H

#include "ledger/ledger_private.h"

/* ---- records on their way, each held against those before it, and heads that they must pass: the first
 * `size` records must have that root ---- */

struct mark {
    uint64_t size;
    struct hash root;
    const char *name; /* of the file that says so */
};
struct passing {
    struct arena *arena;
    struct hasher *hasher;
    struct chain *chain; /* the records so far */
    struct chain *own;   /* the same, or NULL: of somebody who gives it the records */
    struct mark *marks;  /* sorted by passing_sort */
    size_t count, room, at;
};
/* `along`: the chain of whoever takes the records; NULL: one of its own, for passing_entry. */
struct passing passing_begin(struct arena *a, struct chain *along);
void passing_end(struct passing *p);
void passing_mark(struct passing *p, uint64_t size, const struct hash *root, const char *name);
void passing_sort(struct passing *p);
/* From the first record again, on a chain of its own. */
void passing_rewind(struct passing *p);
/* The next record. ERR_TAMPERED says what is wrong with it, or names the mark that is not met. */
enum err passing_entry(struct passing *p, const struct log_entry *entry, struct error *e) MUST_USE;
/* The marks alone, after each record that the chain was given. */
enum err passing_marks(struct passing *p, struct error *e) MUST_USE;
/* No more records come: may they end there, and were all marks reached? ERR_ROLLED_BACK names the first that
 * was not. */
enum err passing_check(const struct passing *p, struct error *e) MUST_USE;

/* ---- the stream ---- */

/* Every record from <= seq < to, verified as log_scan does. The ledger is held for a stretch at a time, and
 * no snapshot of it for long: others go on writing. */
enum err stream_records(struct ledger *l, uint64_t from, uint64_t to, log_entry_fn *sink, void *context,
                        const struct copying *p, struct error *e) MUST_USE;

/* ---- the small files ---- */

/* Whatever lies in a ledger's folder beside log and views and goes into copies stands in one table, in
 * copies.c. */
enum small_use { SMALL_ARCHIVE = 1, SMALL_BACKUP = 2 };
/* Their paths, relative to `dir`, sorted; checkpoints of up to `size` records only. */
enum err small_files(struct names_list *out, const char *dir, enum small_use use, uint64_t size,
                     struct arena *a, struct error *e) MUST_USE;
/* May a copy hold a file of this path? For whoever reads one that is not to be trusted. */
bool small_file_fits(struct str path);
/* Where it is in an archive, which has the notes of keys as keys/ID; the text is the path's own. */
struct str small_archive_path(struct str path);
/* Small files of archives. */
bool small_archive_fits(struct str path);
/* The size in the path of a checkpoint; 0: it is of another kind. */
uint64_t small_checkpoint_size(struct str path);
/* Reads a checkpoint, which must be of that ledger and size, and marks its head. */
enum err small_mark(struct passing *p, struct str origin, struct str path, struct bytes note,
                    struct error *e) MUST_USE;
/* All files below a folder, relative to it, sorted, without temporary ones. */
enum err list_below(struct names_list *out, const char *dir, struct arena *a, struct error *e) MUST_USE;

/* ---- files in a copy's folder ---- */

const char *path_in(const char *dir, struct str path, struct arena *a);
/* Makes the folder that a path lies in. */
enum err make_parent(const char *path, unsigned mode, struct error *e) MUST_USE;
/* Writes a file whole, by a temporary one in `dir` itself, where dir_sweep finds it. */
enum err put_file(const char *dir, const char *path, struct bytes content, unsigned mode,
                  struct error *e) MUST_USE;
bool file_is(const char *path, struct bytes content, struct arena *a); /* exactly that */

#endif
