/* SPDX-License-Identifier: MIT */
/* tiles.h - the Merkle tree as files for everybody: hash tiles of height 8 and their names, exactly as
 * c2sp.org/tlog-tiles says. */
#ifndef DAYBOOK_LEDGER_STORE_TILES_H
#define DAYBOOK_LEDGER_STORE_TILES_H

#include "ledger/store/merkle.h"

enum { TILE_HASHES = 256, TILE_LEVELS = 8 };

struct tile {
    unsigned level;
    uint64_t index;
    size_t width; /* hashes; less than TILE_HASHES: a partial one, at the right edge */
    const struct hash *hashes;
};
typedef enum err tile_fn(void *context, const struct tile *t, struct error *e);

/* Makes them leaf by leaf; each is handed out as soon as it is full, those of higher levels after those below
 * them. */
struct tile_maker {
    struct hasher *hasher;
    tile_fn *take;
    void *context;
    size_t counts[TILE_LEVELS];
    uint64_t made[TILE_LEVELS]; /* full ones */
    struct hash rows[TILE_LEVELS][TILE_HASHES];
};
enum err tiles_add(struct tile_maker *m, const struct hash *leaf, struct error *e) MUST_USE;
/* The partial ones of a tree that ends here. */
enum err tiles_end(struct tile_maker *m, struct error *e) MUST_USE;

/* "x001/234": groups of three digits, all but the last behind an x. */
struct str tile_number(struct arena *a, uint64_t index);
/* "tile/0/x001/234", "tile/0/x001/234.p/5" */
struct str tile_path(struct arena *a, const struct tile *t);
/* "x001/234" or "x001/234.p/5" as it was written and no other way. `full`: how much a whole one has. */
bool tile_number_read(uint64_t *index, size_t *width, struct str text, size_t full);

#endif
