/* SPDX-License-Identifier: MIT */
/* places.h - what an archive of so many records is made of: which segments and tiles there are, and in which
 * files (c2sp.org/tlog-tiles; FORMAT.md, "Archives"). */
#ifndef DAYBOOK_BILLING_VERIFY_PLACES_H
#define DAYBOOK_BILLING_VERIFY_PLACES_H

#include "billing/verify/folder.h"

enum { SEGMENT_RECORDS = 65536, TILE_HASHES = 256, TILE_LEVELS = 8 };

/* How many segments, and hashes on a level of tiles. */
uint64_t segments_of(uint64_t records);
uint64_t level_hashes(uint64_t records, unsigned level);
/* How many files of tiles. */
uint64_t tiles_of(uint64_t records);
/* Of the segment or tile with this number, of which so many records or hashes are there: up to all of it. */
void segment_place(char to[PLACE_BYTES], uint64_t number, uint32_t count);
void tile_place(char to[PLACE_BYTES], unsigned level, uint64_t number, unsigned count);
/* True if a file at this place, below records/ or tile/, belongs to an archive of so many records. */
bool place_belongs(const char *place, uint64_t records);

#endif
