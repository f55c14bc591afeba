/* SPDX-License-Identifier: MIT */
/* tiles.c - see tiles.h. A row for each level: its hashes are the roots of the full tiles below. */
#include "ledger/store/tiles.h"

#include <string.h>

/* The root over a full row. */
static void row_root(struct hasher *h, struct hash *out, const struct hash row[TILE_HASHES])
{
    struct hash nodes[TILE_HASHES];
    memcpy(nodes, row, sizeof nodes);
    for (size_t n = TILE_HASHES; n > 1; n /= 2)
        for (size_t i = 0; i < n / 2; i++) merkle_node(h, &nodes[i], &nodes[2 * i], &nodes[2 * i + 1]);
    *out = nodes[0];
}

enum err tiles_add(struct tile_maker *m, const struct hash *leaf, struct error *e)
{
    struct hash next = *leaf;
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        m->rows[level][m->counts[level]++] = next;
        if (m->counts[level] < TILE_HASHES) return OK;
        struct tile t = {level, m->made[level]++, TILE_HASHES, m->rows[level]};
        m->counts[level] = 0;
        enum err err = m->take(m->context, &t, e);
        if (err != OK) return err;
        row_root(m->hasher, &next, m->rows[level]);
    }
    return OK;
}

enum err tiles_end(struct tile_maker *m, struct error *e)
{
    enum err err = OK;
    for (unsigned level = 0; err == OK && level < TILE_LEVELS; level++) {
        struct tile t = {level, m->made[level], m->counts[level], m->rows[level]};
        if (t.width > 0) err = m->take(m->context, &t, e);
    }
    return err;
}

/* ---- names ---- */

struct str tile_number(struct arena *a, uint64_t index)
{
    struct str text = str_format(a, "%03u", (unsigned)(index % 1000));
    for (index /= 1000; index > 0; index /= 1000)
        text = str_format(a, "x%03u/%.*s", (unsigned)(index % 1000), STR_ARG(text));
    return text;
}

struct str tile_path(struct arena *a, const struct tile *t)
{
    struct str number = tile_number(a, t->index);
    if (t->width == TILE_HASHES) return str_format(a, "tile/%u/%.*s", t->level, STR_ARG(number));
    return str_format(a, "tile/%u/%.*s.p/%zu", t->level, STR_ARG(number), t->width);
}

static bool take_digits(uint64_t *out, struct str *text)
{
    if (text->len < 3) return false;
    for (size_t i = 0; i < 3; i++) {
        if (text->ptr[i] < '0' || text->ptr[i] > '9') return false;
        *out = *out * 10 + (uint64_t)(text->ptr[i] - '0');
    }
    *text = (struct str){text->ptr + 3, text->len - 3};
    return true;
}

bool tile_number_read(uint64_t *index, size_t *width, struct str text, size_t full)
{
    uint64_t n = 0, w = 0;
    struct error unused = {0};
    const char *first = text.ptr;
    *index = 0;
    while (text.len > 0 && text.ptr[0] == 'x') {
        text = (struct str){text.ptr + 1, text.len - 1};
        if (n > UINT64_MAX / 1000000 || !take_digits(&n, &text) || text.len == 0 || text.ptr[0] != '/')
            return false;
        if (n == 0) return false; /* "x000/…" is the same as without it */
        text = (struct str){text.ptr + 1, text.len - 1};
    }
    if (first == NULL || !take_digits(&n, &text)) return false;
    *index = n;
    *width = full;
    if (text.len == 0) return true;
    if (!str_starts(text, ".p/")) return false;
    struct str digits = {text.ptr + 3, text.len - 3};
    if (digits.len == 0 || digits.ptr[0] == '0' || uint_parse(&w, digits, &unused) != OK) return false;
    *width = (size_t)w;
    return w < full;
}
