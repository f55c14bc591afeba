/* SPDX-License-Identifier: MIT */
/* archive.h - what archive.c (writing one) and archive_held.c (an older one, held against the ledger) share.
 */
#ifndef DAYBOOK_LEDGER_ARCHIVE_H
#define DAYBOOK_LEDGER_ARCHIVE_H

#include "ledger/copies.h"

enum held_kind { HELD_SEGMENT, HELD_TILE, HELD_OTHER };

/* A file that is there already. */
struct held {
    enum held_kind kind;
    unsigned level;
    uint64_t index;
    size_t width; /* records or hashes */
    struct str path;
    bool matches;     /* was held against the ledger */
    bool current;     /* belongs to the archive that is being written */
    struct hash hash; /* of a segment's file, when it matches */
};
struct held_list {
    struct held *files; /* sorted by kind, level, index, width */
    size_t count, room;
};

/* What the folder holds. ERR_REFUSED: a file of which no archive has any. */
enum err held_list(struct held_list *out, const char *dir, struct arena *a, struct error *e) MUST_USE;
/* The exact one; NULL: there is none. */
struct held *held_find(const struct held_list *l, enum held_kind kind, unsigned level, uint64_t index,
                       size_t width);

/* Holds all segments and tiles of the folder against the records, of which *p has marks, and changes nothing.
 * ERR_TAMPERED: one does not match. ERR_REFUSED: it is of more records than the checkpoint. */
struct holding {
    struct ledger *ledger;
    const char *dir;
    uint64_t size; /* of the checkpoint */
    struct held_list *list;
    struct passing *passing;
    struct arena *arena;
    const struct copying *progress;
};
enum err held_check(const struct holding *h, struct error *e) MUST_USE;

#endif
