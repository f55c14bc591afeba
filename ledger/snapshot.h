/* SPDX-License-Identifier: MIT */
/* snapshot.h - a backup's folder: objects, named by the SHA-256 of what is in them, and manifests that say
 * which of them make a ledger (FORMAT.md, "Backups"). What is read from there is not trusted. */
#ifndef DAYBOOK_LEDGER_SNAPSHOT_H
#define DAYBOOK_LEDGER_SNAPSHOT_H

#include "ledger/copies.h"

struct object {
    struct hash hash;
    uint64_t bytes;
};
/* Records from <= seq < to. Together they are 0 … size, and none lies in two segments. */
struct piece {
    uint64_t from, to;
    struct object object;
};
struct kept_file {
    struct str path;
    struct object object;
};
struct snapshot {
    struct str name;
    struct str origin;
    uint64_t size;
    struct hash root;
    struct piece *pieces;
    size_t pieces_count, pieces_room;
    struct kept_file *files; /* sorted by path */
    size_t files_count, files_room;
};

void snapshot_add_piece(struct snapshot *s, struct piece p, struct arena *a);
void snapshot_add_file(struct snapshot *s, struct kept_file f, struct arena *a);
struct str snapshot_name(struct arena *a, uint64_t size, const struct hash *root);
struct str snapshot_text(struct arena *a, const struct snapshot *s);
/* ERR_NOT_FOUND: there is none of that name. ERR_TAMPERED: it is not as it was written. */
enum err snapshot_read(struct snapshot *out, const char *dir, struct str name, struct arena *a,
                       struct error *e) MUST_USE;

/* Names of the snapshots, oldest first. ERR_REFUSED: the folder has what no backup has. */
enum err snapshot_names(struct names_list *out, const char *dir, struct arena *a, struct error *e) MUST_USE;

struct str object_path(struct arena *a, const struct hash *h); /* "objects/ab/cd…" */
bool object_is_there(const char *dir, const struct object *o); /* of that size; what is in it is not read */

/* Reads a small file's object. ERR_INCOMPLETE: it is missing. ERR_TAMPERED: it is another. */
enum err object_read(struct bytes *out, const char *dir, const struct object *o, struct arena *a,
                     struct error *e) MUST_USE;
/* All records of it, in order; each object must be what its name says, which is known only behind its last
 * record. */
typedef enum err record_fn(void *context, struct bytes record, struct error *e);
enum err snapshot_records(const struct snapshot *s, const char *dir, record_fn *sink, void *context,
                          const struct copying *told, struct error *e) MUST_USE;

/* Reads all that a snapshot names and holds it against itself. With a log, the records go into it. */
enum err snapshot_judge(const struct snapshot *s, const char *dir, struct log_copy *into,
                        const struct copying *told, struct arena *a, struct error *e) MUST_USE;

#endif
