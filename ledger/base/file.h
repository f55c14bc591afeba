/* SPDX-License-Identifier: MIT */
/* file.h - files that are whole or not there. */
#ifndef DAYBOOK_LEDGER_BASE_FILE_H
#define DAYBOOK_LEDGER_BASE_FILE_H

#include <stdbool.h>

#include "ledger/base/text.h"

/* Reads the whole file, at most `limit` bytes (ERR_LIMIT beyond). ERR_NOT_FOUND when there is none. */
enum err file_read(struct bytes *out, const char *path, size_t limit, struct arena *a,
                   struct error *e) MUST_USE;

/* Writes a temporary file beside `path`, syncs it, renames it into place, syncs the folder. After a failure
 * the old file, if any, is as it was and the temporary one is gone. `mode` as for open (0600, 0644). */
enum err file_write(const char *path, struct bytes content, unsigned mode, struct error *e) MUST_USE;

/* The same, streaming. Between begin and finish write to `file_sink.stream` (checked at finish). */
struct file_sink {
    void *stream; /* FILE * */
    char path[4096];
    char temporary[4096 + 16];
    bool synced_later; /* set after begin: by whoever writes thousands, and syncs them in one call */
};
enum err file_begin(struct file_sink *out, const char *path, unsigned mode, struct error *e) MUST_USE;
enum err file_finish(struct file_sink *s, struct error *e) MUST_USE;
/* Finishes under another name of the same file system, which only the content told. */
enum err file_finish_as(struct file_sink *s, const char *path, struct error *e) MUST_USE;
void file_abandon(struct file_sink *s); /* accepts one that was finished or never begun */

const char *dir_temporary(void); /* for temporary files: TMPDIR, or /tmp where it names none */
/* A file that no folder knows, in the one for temporary files: it is gone with this process, however
 * that ends. */
enum err file_unnamed(int *fd, struct error *e) MUST_USE;
enum err file_add(int fd, struct bytes b, struct error *e) MUST_USE; /* all of it, at the file's place */

bool file_exists(const char *path);
/* Whose temporary files nobody will finish: no such process, or one that was killed and not reaped yet. */
bool process_is_gone(uint64_t pid);
enum err dir_make(const char *path, unsigned mode,
                  struct error *e) MUST_USE; /* with its parents; fine if it is there */
enum err dir_sync(const char *path, struct error *e) MUST_USE;
/* What a folder holds: names without "." and "..", sorted by their bytes. None where there is no folder. */
struct names_list {
    struct str *names;
    size_t count, room;
};
enum err dir_list(struct names_list *out, const char *path, struct arena *a, struct error *e) MUST_USE;
bool dir_is(const char *path);
/* Removes it with all that is in it, down to `depth` folders below it; never what a link leads to. */
void dir_remove(const char *path, int depth);
/* Keeps other processes out that lock it, until the descriptor is closed. ERR_CONFLICT: one has it. */
enum err dir_lock(int *out, const char *path, struct error *e) MUST_USE;
/* Removes the temporary files of writers that were killed; only for who has locked it against the others. */
enum err dir_sweep(const char *path, struct arena *a, struct error *e) MUST_USE;
/* ERR_STORAGE for network file systems (NFS, SMB, 9p, FUSE …), where memory maps and locks do not hold. */
enum err dir_check_local(const char *path, struct error *e) MUST_USE;
/* The name of a network file system by its magic number (statfs(2)), NULL for any other. */
const char *file_system_network(uint64_t magic);

#endif
