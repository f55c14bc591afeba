/* SPDX-License-Identifier: MIT */
/* pdf_truetype.c - see pdf_truetype.h. Tables and their fields are those of the OpenType specification. */
#include "reports/pdf_truetype.h"

/* ---- which glyphs ---- */

/* A glyph is put together of others, which may be put together, too ("glyf"). */
enum {
    ARGUMENTS_ARE_WORDS = 0x0001,
    HAS_SCALE = 0x0008,
    HAS_MORE = 0x0020,
    HAS_TWO_SCALES = 0x0040,
    HAS_MATRIX = 0x0080,
    OUTLINE_HEAD = 10,
    GLYPHS_MAX = 0xffff,
};

static struct bytes outline_of(const struct truetype *t, uint16_t glyph)
{
    const uint32_t *places = t->source->places;
    return (struct bytes){t->source->outlines + places[glyph], places[glyph + 1] - places[glyph]};
}

static uint16_t be16_at(const uint8_t *from)
{
    return (uint16_t)(from[0] << 8 | from[1]);
}

/* Where the number of the next part stands; 0: there is none. *at goes on, beginning with 0. */
static size_t next_part(struct bytes outline, size_t *at)
{
    if (*at == 0) {
        bool built =
            outline.len > OUTLINE_HEAD && (outline.ptr[0] & 0x80) != 0; /* a number of contours below zero */
        *at = built ? OUTLINE_HEAD : outline.len;
    }
    if (*at >= outline.len) return 0;
    uint16_t flags = be16_at(outline.ptr + *at);
    size_t place = *at + 2;
    *at = place + 2 + ((flags & ARGUMENTS_ARE_WORDS) != 0 ? 4 : 2) +
          ((flags & HAS_SCALE) != 0        ? 2U
           : (flags & HAS_TWO_SCALES) != 0 ? 4U
           : (flags & HAS_MATRIX) != 0     ? 8U
                                           : 0U);
    if ((flags & HAS_MORE) == 0) *at = outline.len;
    return place;
}

struct truetype truetype_begin(const struct pdf_font_source *source, size_t most, struct arena *a)
{
    size_t room = most + source->glyphs + 1;
    if (room > GLYPHS_MAX) room = GLYPHS_MAX;
    return (struct truetype){.source = source,
                             .arena = a,
                             .number = arena_array_of(a, uint16_t, source->glyphs),
                             .origin = arena_array_of(a, uint16_t, room),
                             .advance = arena_array_of(a, uint16_t, room),
                             .count = 1,
                             .room = room};
}

uint16_t truetype_add(struct truetype *t, uint16_t glyph, uint16_t width)
{
    assert(t->count < t->room && glyph < t->source->glyphs);
    t->number[glyph] = (uint16_t)t->count;
    t->origin[t->count] = glyph;
    t->advance[t->count] = (uint16_t)((uint32_t)width * t->source->em / 1000);
    return (uint16_t)t->count++;
}

/* What the glyphs are built of stands behind them, without advances, for nobody writes it. */
static void add_parts(struct truetype *t)
{
    for (size_t i = 1; i < t->count; i++) {
        struct bytes outline = outline_of(t, t->origin[i]);
        size_t at = 0, place = 0;
        while ((place = next_part(outline, &at)) != 0) {
            uint16_t part = be16_at(outline.ptr + place);
            if (part != 0 && t->number[part] == 0) (void)truetype_add(t, part, 0);
        }
    }
}

/* ---- tables ---- */

static void add16(struct buffer *b, uint32_t n)
{
    uint8_t bytes[2];
    be16_put(bytes, (uint16_t)n);
    buffer_add(b, bytes, sizeof bytes);
}

static void add32(struct buffer *b, uint32_t n)
{
    uint8_t bytes[4];
    be32_put(bytes, n);
    buffer_add(b, bytes, sizeof bytes);
}

static void pad(struct buffer *b)
{
    while (b->len % 4 != 0) buffer_add_byte(b, 0);
}

/* The outlines, in which parts have their new numbers, and where each begins. */
static void add_outlines(struct buffer *glyf, struct buffer *loca, const struct truetype *t)
{
    for (size_t i = 0; i < t->count; i++) {
        struct bytes outline = outline_of(t, t->origin[i]);
        size_t start = glyf->len, at = 0, place = 0;
        add32(loca, (uint32_t)start);
        buffer_add(glyf, outline.ptr, outline.len);
        while ((place = next_part(outline, &at)) != 0)
            be16_put(glyf->ptr + start + place, t->number[be16_at(outline.ptr + place)]);
        pad(glyf);
    }
    add32(loca, (uint32_t)glyf->len);
}

static void add_advances(struct buffer *hmtx, const struct truetype *t)
{
    for (size_t i = 0; i < t->count; i++) {
        struct bytes outline = outline_of(t, t->origin[i]);
        uint16_t left_edge = 0;
        if (outline.len >= OUTLINE_HEAD) left_edge = be16_at(outline.ptr + 2);
        add16(hmtx, t->advance[i]);
        add16(hmtx, left_edge);
    }
}

/* How many characters from the first on have code points and numbers one after the other. */
static size_t run_of(const struct truetype_place *places, size_t count)
{
    size_t run = 1;
    while (run < count && places[run].code_point == places[0].code_point + run &&
           places[run].number == places[0].number + run)
        run++;
    return run;
}

static uint32_t highest_bit(uint32_t n)
{
    uint32_t bit = 1;
    while (bit * 2 <= n) bit *= 2;
    return bit;
}

/* What readers that search by halving want to know beforehand of `count` entries of `size` bytes. */
static void add_search_help(struct buffer *b, uint32_t count, uint32_t size)
{
    uint32_t bit = highest_bit(count), log = 0;
    while (1U << (log + 1) <= bit) log++;
    add16(b, bit * size);
    add16(b, log);
    add16(b, (count - bit) * size);
}

/* The map from Unicode for Windows (platform 3, encoding 1), as segments (format 4). */
static void add_map(struct buffer *cmap, const struct truetype_place *places, size_t count, struct arena *a)
{
    enum { TABLE_HEAD = 12, FORMAT_4_HEAD = 14, PER_SEGMENT = 8 };
    struct buffer ends = {.arena = a}, starts = {.arena = a}, deltas = {.arena = a};
    uint32_t segments = 1;
    for (size_t i = 0, run = 0; i < count; i += run, segments++) {
        run = run_of(places + i, count - i);
        add16(&ends, places[i + run - 1].code_point);
        add16(&starts, places[i].code_point);
        add16(&deltas, (uint32_t)places[i].number - places[i].code_point);
    }
    add16(&ends, 0xffff);
    add16(&starts, 0xffff);
    add16(&deltas, 1);
    add16(cmap, 0);
    add16(cmap, 1);
    add16(cmap, 3);
    add16(cmap, 1);
    add32(cmap, TABLE_HEAD);
    add16(cmap, 4);
    add16(cmap, FORMAT_4_HEAD + 2 + PER_SEGMENT * segments);
    add16(cmap, 0);
    add16(cmap, 2 * segments);
    add_search_help(cmap, segments, 2);
    buffer_add(cmap, ends.ptr, ends.len);
    add16(cmap, 0);
    buffer_add(cmap, starts.ptr, starts.len);
    buffer_add(cmap, deltas.ptr, deltas.len);
    for (uint32_t i = 0; i < segments; i++) add16(cmap, 0);
}

/* One of the source's tables with another number in it. */
static struct buffer changed(struct bytes table, size_t place, size_t number, struct arena *a)
{
    struct buffer b = {.arena = a};
    buffer_add(&b, table.ptr, table.len);
    be16_put(b.ptr + place, (uint16_t)number);
    return b;
}

/* ---- the file ---- */

enum { TABLES = 7, FILE_HEAD = 12, TABLE_ENTRY = 16 };
enum { HEAD_CHECK = 8, HEAD_LOCA_FORMAT = 50, HHEA_ADVANCES = 34, MAXP_GLYPHS = 4 };

static uint32_t sum_of(const uint8_t *from, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i += 4) sum += be32_get(from + i);
    return sum;
}

struct table {
    const char *name;
    struct buffer content;
};

/* Tables in the order of their names, each at a place that 4 divides, with a directory before them. */
static struct bytes joined(struct table *tables, uint32_t count, struct arena *a)
{
    struct buffer font = {.arena = a};
    size_t at = FILE_HEAD + (size_t)count * TABLE_ENTRY, head_at = 0;
    add32(&font, 0x00010000);
    add16(&font, count);
    add_search_help(&font, count, TABLE_ENTRY);
    for (size_t i = 0; i < count; i++) {
        struct buffer *t = &tables[i].content;
        uint32_t len = (uint32_t)t->len;
        pad(t);
        if (memcmp(tables[i].name, "head", 4) == 0) head_at = at;
        buffer_add(&font, tables[i].name, 4);
        add32(&font, sum_of(t->ptr, t->len));
        add32(&font, (uint32_t)at);
        add32(&font, len);
        at += t->len;
    }
    for (size_t i = 0; i < count; i++) buffer_add(&font, tables[i].content.ptr, tables[i].content.len);
    be32_put(font.ptr + head_at + HEAD_CHECK, 0xb1b0afbaU - sum_of(font.ptr, font.len));
    return (struct bytes){font.ptr, font.len};
}

struct bytes truetype_file(struct truetype *t, const struct truetype_place *places, size_t count)
{
    const struct pdf_font_source *s = t->source;
    struct arena *a = t->arena;
    add_parts(t);
    struct table tables[TABLES] = {
        {"cmap", {.arena = a}},
        {"glyf", {.arena = a}},
        {"head", changed(s->head, HEAD_LOCA_FORMAT, 1, a)},
        {"hhea", changed(s->hhea, HHEA_ADVANCES, t->count, a)},
        {"hmtx", {.arena = a}},
        {"loca", {.arena = a}},
        {"maxp", changed(s->maxp, MAXP_GLYPHS, t->count, a)},
    };
    add_outlines(&tables[1].content, &tables[5].content, t);
    add_advances(&tables[4].content, t);
    be32_put(tables[2].content.ptr + HEAD_CHECK, 0);
    if (count == 0) return joined(tables + 1, TABLES - 1, a);
    add_map(&tables[0].content, places, count, a);
    return joined(tables, TABLES, a);
}
