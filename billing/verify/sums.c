/* SPDX-License-Identifier: MIT */
/* sums.c - see sums.h. The window moves forward with its reader: files are asked for nearly in the order of
 * their lines. */
#include "billing/verify/sums.h"

#include <unistd.h>

static const char name[] = "SHA256SUMS";

/* A line at the front of a piece; its length with the line end, 0: none is whole. */
static size_t line_at(struct str *place, struct str piece)
{
    const char *end = piece.len == 0 ? NULL : memchr(piece.ptr, '\n', piece.len);
    size_t len = end == NULL ? 0 : (size_t)(end - piece.ptr) + 1;
    *place = len > 67 ? (struct str){piece.ptr + 66, len - 67} : STR_NONE;
    return len;
}

static bool is_sum(struct str hex)
{
    for (size_t i = 0; i < 64; i++) {
        char c = hex.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
    }
    return hex.ptr[64] == ' ' && hex.ptr[65] == ' ';
}

/* No absolute place, none with '.' or '..' or nothing between two slashes. */
static bool is_place(struct str place)
{
    size_t begin = 0;
    if (place.len == 0 || place.len >= PLACE_BYTES || !text_is_printable(place)) return false;
    for (size_t i = 0; i <= place.len; i++) {
        if (i < place.len && place.ptr[i] != '/') continue;
        struct str part = {place.ptr + begin, i - begin};
        if (part.len == 0 || str_is(part, ".") || str_is(part, "..")) return false;
        begin = i + 1;
    }
    return true;
}

static enum err load(struct sums_view *v, uint64_t at, struct error *e)
{
    uint64_t left = v->of->size - at;
    v->at = at;
    v->cursor = 0;
    v->len = left < sizeof v->window ? (size_t)left : sizeof v->window;
    enum err err = fd_read((uint8_t *)v->window, v->len, v->of->fd, at, e);
    if (err != OK) v->len = 0;
    return err;
}

/* Every line, in windows that begin with a whole one. */
static enum err check_lines(struct sums *s, struct sums_view *v, struct error *e)
{
    char before[PLACE_BYTES] = "";
    while (v->at + v->cursor < s->size) {
        struct str place = STR_NONE;
        size_t len = line_at(&place, (struct str){v->window + v->cursor, v->len - v->cursor});
        if (len == 0 && v->cursor > 0) {
            enum err err = load(v, v->at + v->cursor, e);
            if (err != OK) return err;
            continue;
        }
        if (place.len == 0 || !is_sum((struct str){v->window + v->cursor, len}) || !is_place(place))
            return fail(e, ERR_TAMPERED, "its line %ju is not a hash and the place of a file",
                        (uintmax_t)s->lines + 1);
        if (str_compare(str_of(before), place) >= 0)
            return fail(e, ERR_TAMPERED, "its line %ju is not behind the one before it",
                        (uintmax_t)s->lines + 1);
        (void)snprintf(before, sizeof before, "%.*s", STR_ARG(place));
        s->lines++;
        v->cursor += len;
    }
    return OK;
}

enum err sums_open(struct sums *out, int folder, struct fault *f)
{
    *out = (struct sums){.fd = -1};
    enum err err = place_open(&out->fd, &out->size, folder, name, f);
    if (err != OK) return err;
    struct sums_view v = {.of = out};
    err = load(&v, 0, &f->error);
    if (err == OK) err = check_lines(out, &v, &f->error);
    if (err == OK) return OK;
    sums_close(out);
    return fault_in(f, name);
}

void sums_close(struct sums *s)
{
    if (s->fd >= 0) close(s->fd);
    s->fd = -1;
}

/* The first line of the window from `from` on that is not before the place; the window's end: none is. */
static size_t seek(const struct sums_view *v, size_t from, struct str wanted)
{
    while (from < v->len) {
        struct str place = STR_NONE;
        size_t len = line_at(&place, (struct str){v->window + from, v->len - from});
        if (len == 0) return v->len;
        if (str_compare(place, wanted) >= 0) return from;
        from += len;
    }
    return from;
}

/* Halves what is left until it fits the window. Lines before `low` are before the place, none from `high` on
 * is. */
static enum err approach(struct sums_view *v, struct str wanted, struct error *e)
{
    uint64_t low = 0, high = v->of->size;
    while (high - low > SUMS_WINDOW / 2) {
        char piece[2 * SUMS_LINE_MAX];
        uint64_t middle = low + (high - low) / 2;
        uint64_t left = v->of->size - middle;
        struct str rest = {piece, left < sizeof piece ? (size_t)left : sizeof piece}, place = STR_NONE;
        enum err err = fd_read((uint8_t *)piece, rest.len, v->of->fd, middle, e);
        if (err != OK) return err;
        size_t skipped = line_at(&place, rest); /* the end of a line that began before */
        rest = (struct str){piece + skipped, rest.len - skipped};
        if (skipped == 0 || line_at(&place, rest) == 0 || middle + skipped >= high)
            return fail(e, ERR_INCOMPLETE, "it was changed while it was read");
        if (str_compare(place, wanted) <= 0)
            low = middle + skipped;
        else
            high = middle + skipped;
    }
    return load(v, low, e);
}

enum err sums_find(struct sums_view *v, const char *place, struct digest *out, struct fault *f)
{
    struct str wanted = str_of(place), found = STR_NONE;
    struct str here = STR_NONE;
    struct error unused = {0};
    size_t at = v->len;
    if (v->len > 0 && line_at(&here, (struct str){v->window + v->cursor, v->len - v->cursor}) > 0 &&
        str_compare(here, wanted) <= 0)
        at = seek(v, v->cursor, wanted);
    if (at >= v->len) {
        if (approach(v, wanted, &f->error) != OK) return fault_in(f, name);
        at = seek(v, 0, wanted);
    }
    v->cursor = at < v->len ? at : 0;
    if (at >= v->len || line_at(&found, (struct str){v->window + at, v->len - at}) == 0 ||
        !str_equal(found, wanted))
        return fault_of(f, place, ERR_TAMPERED, "SHA256SUMS has no line for it");
    if (hex_decode(out->bytes, sizeof out->bytes, (struct str){v->window + at, 64}, &unused) != OK)
        return fault_of(f, name, ERR_INCOMPLETE, "it was changed while it was read");
    return OK;
}

enum err sums_hold(struct sums_view *v, const char *place, const struct digest *actual, struct fault *f)
{
    struct digest expected = {{0}};
    char is[65], wanted[65];
    enum err err = sums_find(v, place, &expected, f);
    if (err != OK || digest_equal(&expected, actual)) return err;
    digest_hex(is, actual);
    digest_hex(wanted, &expected);
    memcpy(f->expected, expected.bytes, 32);
    memcpy(f->actual, actual->bytes, 32);
    f->has_hashes = true;
    return fault_of(f, place, ERR_TAMPERED, "its hash is %s, and SHA256SUMS says %s", is, wanted);
}

bool sums_next(struct sums_view *v, uint64_t *at, char place[PLACE_BYTES])
{
    struct error unused = {0};
    struct str found = STR_NONE;
    if (*at >= v->of->size) return false;
    bool is_here = v->len > 0 && *at >= v->at && *at < v->at + v->len;
    size_t from = is_here ? (size_t)(*at - v->at) : 0;
    size_t len = is_here ? line_at(&found, (struct str){v->window + from, v->len - from}) : 0;
    if (len == 0) {
        if (load(v, *at, &unused) != OK) return false;
        len = line_at(&found, (struct str){v->window, v->len});
    }
    if (len == 0 || found.len >= PLACE_BYTES) return false;
    (void)snprintf(place, PLACE_BYTES, "%.*s", STR_ARG(found));
    *at += len;
    return true;
}
