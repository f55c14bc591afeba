/* SPDX-License-Identifier: MIT */
/* lines.c - a line of a scenario file in words, and who understands them. */
#include "tests/spec/runner.h"

/* Splits at blanks; "…" holds blanks together; # begins a comment. */
static enum err split(struct words *out, struct str line, struct error *e)
{
    out->count = 0;
    size_t i = 0;
    while (i < line.len) {
        if (line.ptr[i] == ' ' || line.ptr[i] == '\t') {
            i++;
            continue;
        }
        if (line.ptr[i] == '#') break;
        if (out->count == WORDS_MAX) return fail(e, ERR_INVALID, "more than %d words", WORDS_MAX);
        size_t begin = i;
        bool quoted = false;
        while (i < line.len && (quoted || (line.ptr[i] != ' ' && line.ptr[i] != '\t'))) {
            if (line.ptr[i] == '"') quoted = !quoted;
            i++;
        }
        if (quoted) return fail(e, ERR_INVALID, "a quotation mark is missing");
        out->items[out->count++] = (struct str){line.ptr + begin, i - begin};
    }
    return OK;
}

/* name="a b" and "a b" without their quotation marks. */
static void unquote(struct words *w, struct arena *a)
{
    for (size_t i = 0; i < w->count; i++) {
        struct str s = w->items[i];
        char *plain = arena_take(a, s.len + 1, 1);
        size_t len = 0;
        for (size_t k = 0; k < s.len; k++) {
            if (s.ptr[k] != '"') plain[len++] = s.ptr[k];
        }
        w->items[i] = (struct str){plain, len};
    }
}

enum err story_line(bool *stepped, struct story *s, struct str line, struct error *e)
{
    struct words w = {0};
    *stepped = false;
    enum err err = split(&w, line, e);
    if (err != OK || w.count == 0) return err;
    unquote(&w, s->arena);
    if (str_is(w.items[0], "expect") || str_is(w.items[0], "refused")) return story_expect(s, &w, e);
    if (s->code != OK && !s->refusal_read)
        return fail(e, ERR_INVALID, "the step before was refused: %s", s->refusal.text);
    *stepped = true;
    return story_step(s, &w, e);
}
