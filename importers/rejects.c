/* SPDX-License-Identifier: MIT */
/* rejects.c - says which rows were not taken, and why. It must never write card data, wherever in the row
 * they stand and however they are cut. */
#include "importers/rejects.h"

enum { TEXT_BYTES = 200 };

/* JSON can write a digit as \u0034: what cannot be seen through is blanked out too. */
static bool may_hold_card_data(struct str s)
{
    for (size_t i = 0; i + 1 < s.len; i++) {
        if (s.ptr[i] == '\\' && s.ptr[i + 1] == 'u') return true;
    }
    return text_holds_card_data(s);
}

static size_t cut(struct str s, size_t at_most)
{
    if (s.len <= at_most) return s.len;
    size_t end = at_most;
    while (end > 0 && ((unsigned char)s.ptr[end] & 0xc0u) == 0x80u) end--;
    return end;
}

struct str rejects_text(const struct row *row, struct arena *a)
{
    struct str shown = {row->text.ptr, cut(row->text, TEXT_BYTES)};
    char *to = arena_take_raw(a, shown.len + 1);
    size_t len = 0;
    if (shown.len > 0 && memchr("=+-@", shown.ptr[0], 4) != NULL) to[len++] = '\'';
    bool printable = text_is_utf8(shown);
    for (size_t i = 0; i < shown.len; i++) {
        char c = shown.ptr[i];
        if ((unsigned char)c < 0x20 || c == 0x7f) c = ' ';
        if (!printable && (unsigned char)c >= 0x80) c = '?';
        to[len++] = c;
    }
    /* Looked at whole, so that a number is found that the cut would split, and as shown, with what the cut
     * leaves. */
    struct str made = {to, len};
    if (may_hold_card_data(row->text) || text_holds_card_data(made)) text_blank_digits(to, len);
    return made;
}

/* A failed write shows when the file is finished. */
static void put_quoted(FILE *f, struct str s)
{
    (void)fputc('"', f);
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"') (void)fputc('"', f);
        (void)fputc(s.ptr[i], f);
    }
    (void)fputc('"', f);
}

enum err rejects_add(struct rejects *r, const struct row *row, struct error *e)
{
    r->count++;
    if (r->path == NULL) return OK;
    if (r->count == 1) {
        enum err err = file_begin(&r->sink, r->path, 0600, e);
        if (err != OK) return err;
        (void)fputs("line,column,reason,text\r\n", r->sink.stream);
    }
    struct arena *a = arena_new();
    FILE *f = r->sink.stream;
    (void)fprintf(f, "%ju,%s,", (uintmax_t)row->line, row->column);
    put_quoted(f, row->why);
    (void)fputc(',', f);
    put_quoted(f, rejects_text(row, a));
    (void)fputs("\r\n", f);
    arena_free(a);
    return OK;
}

enum err rejects_finish(struct rejects *r, struct error *e)
{
    return r->sink.stream == NULL ? OK : file_finish(&r->sink, e);
}

void rejects_abandon(struct rejects *r)
{
    file_abandon(&r->sink);
}
