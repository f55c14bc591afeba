/* SPDX-License-Identifier: MIT */
/* pdf_text.c - texts as characters of our fonts: which, how wide, and where a line may break. It must never
 * let a character pass that no font has: the reader would see a box or nothing at all. */
#include "reports/pdf_marks.h"

uint32_t pdf_next_code_point(const uint8_t **at)
{
    const uint8_t *p = *at;
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    *at += len;
    if (len == 1) return p[0];
    uint32_t code_point = p[0] & (0x7fU >> len);
    for (size_t i = 1; i < len; i++) code_point = code_point << 6 | (p[i] & 0x3fU);
    return code_point;
}

enum { NO_ROW = UINT16_MAX };

/* The row of pdf_cjk_characters, behind those of pdf_characters, or NO_ROW. */
static size_t cjk_row_of(uint32_t code_point)
{
    size_t low = 0, high = pdf_cjk_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pdf_cjk_characters[middle].code_point < code_point)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < pdf_cjk_count && pdf_cjk_characters[low].code_point == code_point;
    return found ? pdf_characters_count + low : NO_ROW;
}

/* The row of a code point, or NO_ROW. */
static size_t row_of(uint32_t code_point)
{
    if (code_point >= 0x20 && code_point < 0x7f) return code_point - 0x20;
    size_t low = 0, high = pdf_characters_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pdf_characters[middle].code_point < code_point)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < pdf_characters_count && pdf_characters[low].code_point == code_point) return low;
    return cjk_row_of(code_point);
}

static uint32_t code_point_of(size_t row)
{
    return row < pdf_characters_count ? pdf_characters[row].code_point
                                      : pdf_cjk_characters[row - pdf_characters_count].code_point;
}

static uint16_t width_of(size_t row, enum pdf_face face)
{
    return row < pdf_characters_count ? pdf_characters[row].width[face]
                                      : pdf_cjk_characters[row - pdf_characters_count].width;
}

/* The one character that a letter and a combining mark make, or 0. */
static uint32_t composed(uint32_t base, uint32_t mark)
{
    for (size_t i = 0; i < pdf_compositions_count; i++) {
        const struct pdf_composition *c = &pdf_compositions[i];
        if (c->base == base && c->mark == mark) return c->composed;
    }
    return 0;
}

enum { LEFT_OUT = 0 };

/* Characters that differ from another only in how they break or how wide they are, and those that show
 * nothing. */
static uint32_t plain(uint32_t code_point)
{
    if (code_point < 0x80) return code_point;
    if ((code_point >= 0x2000 && code_point <= 0x200a) || code_point == 0x202f || code_point == 0x205f ||
        code_point == 0x3000)
        return ' ';
    if (code_point == 0x2011) return '-';
    bool invisible = code_point == 0xad || (code_point >= 0x200b && code_point <= 0x200d) ||
                     code_point == 0x2060 || code_point == 0xfeff ||
                     (code_point >= 0xfe00 && code_point <= 0xfe0f);
    return invisible ? LEFT_OUT : code_point;
}

/* Walks over a text, character by character. */
struct reader {
    const uint8_t *at, *end;
    size_t row, row_before; /* NO_ROW: none */
    bool joined;            /* with the one before, whose place it takes */
    uint32_t refused;       /* the code point that no font has */
};

static struct reader reader_of(struct str text)
{
    struct reader r = {.row = NO_ROW, .row_before = NO_ROW};
    if (!text_is_utf8(text)) {
        r.refused = 0xfffd;
    } else if (text.len > 0) {
        r.at = str_bytes(text).ptr;
        r.end = r.at + text.len;
    }
    return r;
}

/* False at the end and at a character that no font has. */
static bool read_next(struct reader *r)
{
    uint32_t code_point = LEFT_OUT;
    while (r->at < r->end && code_point == LEFT_OUT) code_point = plain(pdf_next_code_point(&r->at));
    if (code_point == LEFT_OUT) return false;
    r->row_before = r->row;
    r->row = row_of(code_point);
    r->joined = r->row == NO_ROW && r->row_before != NO_ROW;
    if (r->joined) r->row = row_of(composed(code_point_of(r->row_before), code_point));
    if (r->row == NO_ROW) r->refused = code_point;
    return r->row != NO_ROW;
}

bool pdf_characters_read(uint16_t *to, size_t *count, struct str text, uint32_t *refused)
{
    *count = 0;
    struct reader r = reader_of(text);
    while (read_next(&r)) {
        if (r.joined) (*count)--;
        to[(*count)++] = (uint16_t)r.row;
    }
    *refused = r.refused;
    return r.refused == 0;
}

/* Rounded up, so that what is said to fit does fit. */
static int32_t scaled(int64_t thousandths, int32_t size)
{
    return (int32_t)((thousandths * size + 999) / 1000);
}

int32_t pdf_characters_width(const struct pdf_style *s, const uint16_t *characters, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += width_of(characters[i], s->face);
    return scaled(sum, s->size);
}

enum err pdf_check_text(struct str text, const char *what, struct error *e)
{
    struct reader r = reader_of(text);
    bool more = true;
    while (more) more = read_next(&r);
    if (r.refused == 0) return OK;
    return fail(e, ERR_INVALID, "%s: no font has the character U+%04X", what, r.refused);
}

/* How much wider the text got by the character just read. */
static int64_t width_gained(const struct reader *r, enum pdf_face face)
{
    return width_of(r->row, face) - (r->joined ? width_of(r->row_before, face) : 0);
}

int32_t pdf_text_width(const struct pdf_style *s, struct str text)
{
    int64_t sum = 0;
    struct reader r = reader_of(text);
    while (read_next(&r)) sum += width_gained(&r, s->face);
    return scaled(sum, s->size);
}

/* Where the text must be cut so that the head is at most `width` wide. */
static size_t head_that_fits(const struct pdf_style *s, int32_t width, struct str text)
{
    struct reader r = reader_of(text);
    const uint8_t *start = r.at, *fits = NULL, *rest = NULL;
    int64_t sum = 0;
    for (const uint8_t *before = start; read_next(&r); before = r.at) {
        sum += width_gained(&r, s->face);
        if (*before == ' ')
            rest = before;
        else if (fits != NULL && scaled(sum, s->size) > width)
            return (size_t)((rest != NULL ? rest : fits) - start);
        fits = r.at;
        if (pdf_is_cjk((uint16_t)r.row)) rest = r.at; /* between ideographs a line may end anywhere */
        /* After a hyphen or a slash between letters the line may end too; dates stay whole. */
        if ((*before == '-' || *before == '/') && before > start && r.at < r.end && *r.at >= 'A') rest = r.at;
    }
    return text.len;
}

bool pdf_take_line(struct str *line, struct str *rest, const struct pdf_style *s, int32_t width)
{
    struct str all = str_trim(*rest);
    size_t len = head_that_fits(s, width, all);
    *line = str_trim((struct str){all.ptr, len});
    *rest = str_trim((struct str){all.len > len ? all.ptr + len : NULL, all.len - len});
    return all.len > 0;
}
