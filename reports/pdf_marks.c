/* SPDX-License-Identifier: MIT */
/* pdf_marks.c - puts a document together as marks on pages, in memory of its arena. It knows nothing of
 * libharu. */
#include "reports/pdf_marks.h"

struct pdf *pdf_begin(struct arena *a)
{
    struct pdf *p = arena_new_of(a, struct pdf);
    p->arena = a;
    for (size_t face = 0; face < 2; face++) p->used[face] = arena_array_of(a, bool, pdf_characters_count);
    return p;
}

void pdf_add_page(struct pdf *p)
{
    if (p->count == p->capacity) {
        size_t capacity = p->capacity == 0 ? 8 : 2 * p->capacity;
        struct pdf_page **pages = arena_array_of(p->arena, struct pdf_page *, capacity);
        for (size_t i = 0; i < p->count; i++) pages[i] = p->pages[i];
        p->pages = pages;
        p->capacity = capacity;
    }
    struct pdf_page *page = arena_new_of(p->arena, struct pdf_page);
    page->last_text = &page->texts;
    page->last_box = &page->boxes;
    p->pages[p->count++] = p->page = page;
}

size_t pdf_page_count(const struct pdf *p)
{
    return p->count;
}

void pdf_turn_to(struct pdf *p, size_t page)
{
    assert(page < p->count);
    p->page = p->pages[page];
}

static void note_cjk(struct pdf *p, size_t row)
{
    if (p->cjk_numbers == NULL) {
        p->cjk_numbers = arena_array_of(p->arena, uint16_t, pdf_cjk_count);
        p->cjk_rows = arena_array_of(p->arena, uint16_t, pdf_cjk_count);
    }
    if (p->cjk_numbers[row] != 0) return;
    p->cjk_rows[p->cjk_count++] = (uint16_t)row;
    p->cjk_numbers[row] = (uint16_t)p->cjk_count;
}

static struct pdf_mark *read_text(struct pdf *p, const struct pdf_style *s, struct str text)
{
    struct pdf_mark *m = arena_new_of(p->arena, struct pdf_mark);
    uint16_t *characters = arena_take_raw(p->arena, (text.len + 1) * sizeof *characters);
    uint32_t refused = 0;
    if (!pdf_characters_read(characters, &m->count, text, &refused)) {
        if (p->refused == 0) p->refused = refused;
        m->count = 0;
    }
    for (size_t i = 0; i < m->count; i++) {
        if (pdf_is_cjk(characters[i])) {
            note_cjk(p, characters[i] - pdf_characters_count);
            continue;
        }
        p->used[s->face][characters[i]] = true;
    }
    m->characters = characters;
    m->style = *s;
    return m;
}

static void place_text(struct pdf *p, struct pdf_mark *m, int32_t x, int32_t y)
{
    assert(p->page != NULL);
    if (m->count == 0) return;
    m->x = x;
    m->y = y;
    *p->page->last_text = m;
    p->page->last_text = &m->next;
}

void pdf_text(struct pdf *p, const struct pdf_style *s, int32_t x, int32_t y, struct str text)
{
    place_text(p, read_text(p, s, text), x, y);
}

void pdf_text_right(struct pdf *p, const struct pdf_style *s, int32_t right, int32_t y, struct str text)
{
    struct pdf_mark *m = read_text(p, s, text);
    place_text(p, m, right - pdf_characters_width(s, m->characters, m->count), y);
}

static void place_box(struct pdf *p, const struct pdf_mark *box)
{
    assert(p->page != NULL);
    struct pdf_mark *m = arena_new_of(p->arena, struct pdf_mark);
    *m = *box;
    *p->page->last_box = m;
    p->page->last_box = &m->next;
}

void pdf_box(struct pdf *p, uint32_t colour, int32_t x, int32_t y, int32_t width, int32_t height)
{
    place_box(p,
              &(struct pdf_mark){.x = x, .y = y, .style.colour = colour, .width = width, .height = height});
}

void pdf_line(struct pdf *p, uint32_t colour, int32_t thick, struct pdf_point from, struct pdf_point to)
{
    assert(thick > 0);
    place_box(p, &(struct pdf_mark){.x = from.x,
                                    .y = from.y,
                                    .style.colour = colour,
                                    .width = to.x - from.x,
                                    .height = to.y - from.y,
                                    .thick = thick});
}

void pdf_grid(struct pdf *p, uint32_t colour, const struct pdf_grid *grid)
{
    place_box(p, &(struct pdf_mark){.style.colour = colour, .grid = *grid});
}

void pdf_picture(struct pdf *p, const struct pdf_picture *picture, int32_t x, int32_t y, int32_t width,
                 int32_t height)
{
    place_box(p, &(struct pdf_mark){.x = x, .y = y, .width = width, .height = height, .picture = picture});
}
