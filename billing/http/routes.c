/* SPDX-License-Identifier: MIT */
/* routes.c - see routes.h. Paths are compared part by part as they were sent, and only then decoded, so that
 * an id may hold any character. */
#include "billing/http/routes.h"

static const struct route routes[] = {
#define ROUTE(method_, path_, words_)               {#method_, path_, words_, ROUTE_JSON, ""},
#define TAKES_FILE(method_, path_, words_, field)   {#method_, path_, words_, ROUTE_TAKES_FILE, field},
#define GIVES_FILE(method_, path_, words_, type)    {#method_, path_, words_, ROUTE_GIVES_FILE, type},
#define GIVES_FOLDER(method_, path_, words_, field) {#method_, path_, words_, ROUTE_GIVES_FOLDER, field},
#define NOT_HERE(words_, why_)
#define NAMES_FILE(field_)
#include "billing/http/routes.def"
#undef ROUTE
#undef TAKES_FILE
#undef GIVES_FILE
#undef GIVES_FOLDER
#undef NOT_HERE
#undef NAMES_FILE
};

#define ROUTE(method_, path_, words_)
#define TAKES_FILE(method_, path_, words_, field)
#define GIVES_FILE(method_, path_, words_, type)
#define GIVES_FOLDER(method_, path_, words_, field)
static const struct route_absent absent[] = {
#define NOT_HERE(words_, why_) {words_, why_},
#define NAMES_FILE(field_)
#include "billing/http/routes.def"
#undef NOT_HERE
#undef NAMES_FILE
};
static const char *const file_fields[] = {
#define NOT_HERE(words_, why_)
#define NAMES_FILE(field_) field_,
#include "billing/http/routes.def"
#undef NOT_HERE
#undef NAMES_FILE
};
#undef ROUTE
#undef TAKES_FILE
#undef GIVES_FILE
#undef GIVES_FOLDER

const struct route *route_at(size_t index)
{
    return index < sizeof routes / sizeof routes[0] ? &routes[index] : NULL;
}

const struct route_absent *route_absent_at(size_t index)
{
    return index < sizeof absent / sizeof absent[0] ? &absent[index] : NULL;
}

bool route_names_file(const char *field)
{
    for (size_t i = 0; i < sizeof file_fields / sizeof file_fields[0]; i++) {
        if (strcmp(file_fields[i], field) == 0) return true;
    }
    return false;
}

/* ---- decoding ---- */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum err uri_decode(struct str *out, struct str text, bool plus, struct arena *a, struct error *e)
{
    char *to = arena_array_of(a, char, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            int high = i + 2 < text.len ? digit_of(text.ptr[i + 1]) : -1;
            int low = high >= 0 ? digit_of(text.ptr[i + 2]) : -1;
            if (low < 0) return fail(e, ERR_INVALID, "the address has a %% without two hexadecimal digits");
            c = (char)(high * 16 + low);
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        if (c == '\0') return fail(e, ERR_INVALID, "the address has a zero byte");
        to[len++] = c;
    }
    *out = (struct str){to, len};
    return text_is_utf8(*out) ? OK : fail(e, ERR_INVALID, "the address is not valid UTF-8");
}

bool uri_take_pair(struct str *name, struct str *value, struct str *rest)
{
    struct str pair = STR_NONE;
    do {
        if (rest->len == 0) return false;
        if (!str_take_until(&pair, rest, '&')) {
            pair = *rest;
            *rest = STR_NONE;
        }
    } while (pair.len == 0);
    *value = pair;
    if (!str_take_until(name, value, '=')) {
        *name = pair;
        *value = STR_NONE;
    }
    return true;
}

/* ---- finding ---- */

static bool take_part(struct str *part, struct str *path)
{
    if (path->len == 0 || path->ptr[0] != '/') return false;
    *path = (struct str){path->ptr + 1, path->len - 1};
    const char *end = memchr(path->ptr, '/', path->len);
    *part = (struct str){path->ptr, end == NULL ? path->len : (size_t)(end - path->ptr)};
    *path = (struct str){path->ptr + part->len, path->len - part->len};
    return true;
}

static bool is_field(struct str part)
{
    return part.len > 2 && part.ptr[0] == '{' && part.ptr[part.len - 1] == '}';
}

/* Values are those of the path that was sent, not decoded yet. */
static bool fits(struct routed *out, const struct route *r, struct str path)
{
    struct str pattern = str_of(r->path), want = STR_NONE, part = STR_NONE;
    *out = (struct routed){.route = r};
    while (take_part(&want, &pattern)) {
        if (!take_part(&part, &path)) return false;
        if (!is_field(want)) {
            if (!str_equal(want, part)) return false;
            continue;
        }
        if (part.len == 0) return false;
        assert(out->count < ROUTE_FIELDS_MAX);
        out->fields[out->count++] = (struct route_field){{want.ptr + 1, want.len - 2}, part};
    }
    return path.len == 0;
}

static enum err decode_fields(struct routed *r, struct arena *a, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < r->count && err == OK; i++)
        err = uri_decode(&r->fields[i].value, r->fields[i].value, false, a, e);
    return err;
}

enum err route_find(struct routed *out, const char *method, struct str path, struct str *allowed,
                    struct arena *a, struct error *e)
{
    struct buffer methods = {.arena = a};
    struct routed one = {.route = NULL};
    *out = (struct routed){.route = NULL};
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!fits(&one, &routes[i], path)) continue;
        if (strcmp(one.route->method, method) != 0) {
            buffer_print(&methods, "%s%s", methods.len > 0 ? ", " : "", one.route->method);
        } else if (out->route == NULL || one.count < out->count) {
            *out = one;
        }
    }
    *allowed = (struct str){(const char *)methods.ptr, methods.len};
    if (out->route != NULL) return decode_fields(out, a, e);
    if (methods.len == 0) return fail(e, ERR_NOT_FOUND, "there is no such address");
    return fail(e, ERR_USAGE, "not with that method: %.*s", STR_ARG(*allowed));
}
