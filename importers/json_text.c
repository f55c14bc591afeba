/* SPDX-License-Identifier: MIT */
/* json_text.c - one pass over the text puts inexact numbers into quotes, jansson does the rest. It must never
 * let a sentence of jansson out: those quote the text, and the text may hold a card number. */
#include "importers/json_text.h"

enum { WHOLE_DIGITS_MAX = 18 };

static bool is_number_part(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static size_t string_length(struct str s, size_t at)
{
    size_t end = at + 1;
    while (end < s.len && s.ptr[end] != '"') end += s.ptr[end] == '\\' ? 2 : 1;
    return (end < s.len ? end + 1 : s.len) - at;
}

static size_t number_length(struct str s, size_t at)
{
    size_t end = at;
    while (end < s.len && is_number_part(s.ptr[end])) end++;
    return end - at;
}

static bool number_is_whole(struct str number)
{
    size_t digits = 0;
    for (size_t i = 0; i < number.len; i++) {
        if (number.ptr[i] >= '0' && number.ptr[i] <= '9')
            digits++;
        else if (number.ptr[i] != '-')
            return false;
    }
    return digits <= WHOLE_DIGITS_MAX;
}

static bool begins_number(char c)
{
    return c == '-' || (c >= '0' && c <= '9');
}

/* *shift: how many quotes were put in before byte `place` of the result. */
static struct str quote_numbers(struct str s, size_t place, size_t *shift, struct arena *a)
{
    struct buffer b = {.arena = a};
    *shift = 0;
    for (size_t at = 0, len = 0; at < s.len; at += len) {
        char c = s.ptr[at];
        len = c == '"' ? string_length(s, at) : begins_number(c) ? number_length(s, at) : 1;
        struct str token = {s.ptr + at, len};
        bool quote = begins_number(c) && !number_is_whole(token);
        if (quote && b.len < place) *shift += b.len + len + 1 < place ? 2 : 1;
        if (quote) buffer_add_byte(&b, '"');
        buffer_add(&b, token.ptr, token.len);
        if (quote) buffer_add_byte(&b, '"');
    }
    return (struct str){(const char *)b.ptr, b.len};
}

static enum err refuse(struct error *e, struct str text, const json_error_t *why, struct arena *a)
{
    size_t place = why->position < 0 ? 0 : (size_t)why->position, shift = 0;
    (void)quote_numbers(text, place, &shift, a); /* only the shift is wanted */
    if (json_error_code(why) == json_error_duplicate_key) {
        bool lines = memchr(text.ptr, '\n', text.len) != NULL;
        return fail(e, ERR_INVALID, "not valid JSON: a member stands twice in its object, %s %ju",
                    lines ? "the second time on line" : "the second time at or before byte",
                    lines ? (uintmax_t)why->line : (uintmax_t)(place - shift));
    }
    return fail(e, ERR_INVALID, "not valid JSON, at or before byte %zu", place - shift);
}

static enum err parse(json_t **out, struct str text, size_t flags, struct arena *a, struct error *e)
{
    json_error_t why = {0};
    size_t shift = 0;
    struct str exact = quote_numbers(text, 0, &shift, a);
    *out = json_loadb(exact.len == 0 ? "" : exact.ptr, exact.len, JSON_REJECT_DUPLICATES | flags, &why);
    return *out == NULL ? refuse(e, text, &why, a) : OK;
}

enum err json_parse(json_t **out, struct str text, struct arena *a, struct error *e)
{
    return parse(out, text, 0, a, e);
}

enum err json_parse_told(json_t **out, struct str text, struct arena *a, struct error *e)
{
    return parse(out, text, JSON_ALLOW_NUL, a, e);
}

enum err json_member_text(struct str *out, const json_t *object, const char *name, struct arena *a,
                          struct error *e)
{
    const json_t *value = json_object_get(object, name);
    *out = STR_NONE;
    if (value == NULL || json_is_null(value)) return OK;
    if (json_is_string(value)) {
        *out = str_copy(a, (struct str){json_string_value(value), json_string_length(value)});
        return OK;
    }
    if (!json_is_integer(value)) return fail(e, ERR_INVALID, "%s: a string is expected", name);
    *out = str_format(a, "%jd", (intmax_t)json_integer_value(value));
    return OK;
}

struct str json_text_of(const json_t *object, const char *name)
{
    const json_t *text = json_object_get(object, name);
    return (struct str){json_string_value(text), json_string_length(text)};
}

uint64_t json_count_of(const json_t *object, const char *name)
{
    const json_t *n = json_object_get(object, name);
    return json_is_integer(n) && json_integer_value(n) > 0 ? (uint64_t)json_integer_value(n) : 0;
}

struct str json_id_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_object(value) ? json_text_of(value, "id") : json_text_of(object, name);
}

enum err json_only_members(const json_t *object, const char *const *names, struct error *e)
{
    /* jansson walks through mutable objects only; nothing is changed here. */
    json_t *walked = NULL;
    memcpy(&walked, &object, sizeof walked);
    for (void *at = json_object_iter(walked); at != NULL; at = json_object_iter_next(walked, at)) {
        const char *name = json_object_iter_key(at);
        size_t i = 0;
        while (names[i] != NULL && strcmp(names[i], name) != 0) i++;
        if (names[i] != NULL) continue;
        struct str shown = text_quotable(str_of(name));
        return fail(e, ERR_INVALID, "there is no member '%.*s'", STR_ARG(shown));
    }
    return OK;
}
