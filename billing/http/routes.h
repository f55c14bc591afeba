/* SPDX-License-Identifier: MIT */
/* routes.h - which verb stands behind an address of the HTTP API (routes.def). */
#ifndef DAYBOOK_BILLING_HTTP_ROUTES_H
#define DAYBOOK_BILLING_HTTP_ROUTES_H

#include "billing/query.h"

enum route_form { ROUTE_JSON, ROUTE_TAKES_FILE, ROUTE_GIVES_FILE, ROUTE_GIVES_FOLDER };

struct route {
    const char *method, *path, *words;
    enum route_form form;
    const char
        *detail; /* the field that is a file or names a folder; the file's media type, "": by its format */
};
const struct route *route_at(size_t index); /* NULL behind the last */

/* A verb that has no address, and why. */
struct route_absent {
    const char *words, *why;
};
const struct route_absent *route_absent_at(size_t index); /* NULL behind the last */

/* Would whoever sets that field name a file of the server's machine? */
bool route_names_file(const char *field);

enum { ROUTE_FIELDS_MAX = 4 };
struct routed {
    const struct route *route;
    struct route_field {
        struct str name, value; /* the value decoded, in the arena */
    } fields[ROUTE_FIELDS_MAX];
    size_t count;
};
/* `path` as it was sent. ERR_NOT_FOUND: there is no such address. ERR_USAGE: not with that method; *allowed
 * tells those that there are, "GET, PATCH". ERR_INVALID: a part of it is badly encoded. */
enum err route_find(struct routed *out, const char *method, struct str path, struct str *allowed,
                    struct arena *a, struct error *e) MUST_USE;

/* "%41" and the like decoded; `plus`: + is a space, as in queries. ERR_INVALID: bad digits, a zero byte, no
 * UTF-8. */
enum err uri_decode(struct str *out, struct str text, bool plus, struct arena *a, struct error *e) MUST_USE;

/* One after the other of "a=1&b=2", not decoded yet; false behind the last. */
bool uri_take_pair(struct str *name, struct str *value, struct str *rest);

#endif
