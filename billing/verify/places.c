/* SPDX-License-Identifier: MIT */
/* places.c - see places.h. */
#include "billing/verify/places.h"

uint64_t segments_of(uint64_t records)
{
    return records / SEGMENT_RECORDS + (records % SEGMENT_RECORDS != 0);
}

uint64_t level_hashes(uint64_t records, unsigned level)
{
    return level < TILE_LEVELS ? records >> (8 * level) : 0;
}

uint64_t tiles_of(uint64_t records)
{
    uint64_t tiles = 0;
    for (unsigned level = 0; level_hashes(records, level) > 0; level++) {
        uint64_t hashes = level_hashes(records, level);
        tiles += hashes / TILE_HASHES + (hashes % TILE_HASHES != 0);
    }
    return tiles;
}

/* x001/x234/067 */
static void put_number(char *to, size_t room, uint64_t number)
{
    uint64_t groups[8];
    size_t count = 0, at = 0;
    do {
        groups[count++] = number % 1000;
        number /= 1000;
    } while (number > 0);
    while (count-- > 0)
        at += (size_t)snprintf(to + at, room - at, "%s%03u%s", count > 0 ? "x" : "", (unsigned)groups[count],
                               count > 0 ? "/" : "");
}

void segment_place(char to[PLACE_BYTES], uint64_t number, uint32_t count)
{
    char digits[64], part[16] = "";
    put_number(digits, sizeof digits, number);
    if (count < SEGMENT_RECORDS) (void)snprintf(part, sizeof part, ".p/%u", count);
    (void)snprintf(to, PLACE_BYTES, "records/%s%s.gz", digits, part);
}

void tile_place(char to[PLACE_BYTES], unsigned level, uint64_t number, unsigned count)
{
    char digits[64], part[16] = "";
    put_number(digits, sizeof digits, number);
    if (count < TILE_HASHES) (void)snprintf(part, sizeof part, ".p/%u", count);
    (void)snprintf(to, PLACE_BYTES, "tile/%u/%s%s", level, digits, part);
}

/* The number that the groups of digits say; what is not of their form makes another place in the end. */
static uint64_t number_in(const char *text)
{
    uint64_t number = 0;
    for (const char *at = text; *at != '\0' && *at != '.'; at++)
        if (*at >= '0' && *at <= '9' && number < UINT64_MAX / 16)
            number = number * 10 + (uint64_t)(*at - '0');
    return number;
}

bool place_belongs(const char *place, uint64_t records)
{
    char right[PLACE_BYTES] = "";
    if (str_starts(str_of(place), "records/")) {
        uint64_t number = number_in(place + 8), begin = number * SEGMENT_RECORDS;
        if (number >= segments_of(records)) return false;
        uint64_t left = records - begin;
        segment_place(right, number, left < SEGMENT_RECORDS ? (uint32_t)left : SEGMENT_RECORDS);
    } else {
        unsigned level = (unsigned)(place[5] - '0');
        if (level >= TILE_LEVELS || place[6] != '/') return false;
        uint64_t number = number_in(place + 7), hashes = level_hashes(records, level);
        if (number > hashes / TILE_HASHES || number * TILE_HASHES >= hashes) return false;
        uint64_t left = hashes - number * TILE_HASHES;
        tile_place(right, level, number, left < TILE_HASHES ? (unsigned)left : TILE_HASHES);
    }
    return strcmp(place, right) == 0;
}
