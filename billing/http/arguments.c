/* SPDX-License-Identifier: MIT */
/* arguments.c - a verb's members out of an address and a body. It must never let anybody outside name a file
 * of this machine. */
#include "billing/http/exchange.h"

enum { PAGE_DEFAULT = 100, PAGE_MAX = 1000 };

/* What a text of an address means depends on its member: there everything is text. */
static enum err typed(json_t **out, const struct field *f, struct str text, struct error *e)
{
    uint64_t number = 0;
    bool yes = text.len == 0 || str_is(text, "true") || str_is(text, "1");
    if (f->kind == KIND_COUNT) {
        enum err err = uint_parse(&number, text, e);
        if (err != OK) return err;
        if (number > INT64_MAX) return fail(e, ERR_INVALID, "the number is too large");
        *out = json_integer((json_int_t)number);
    } else if (f->kind == KIND_FLAG) {
        if (!yes && !str_is(text, "false") && !str_is(text, "0"))
            return fail(e, ERR_INVALID, "it is true or false");
        *out = json_boolean(yes);
    } else {
        *out = json_stringn(text.ptr, text.len);
    }
    return OK;
}

static enum err put_text(struct exchange *x, struct str name, struct str text, struct error *e)
{
    const struct field *f = schema_field(verb_schema(x->verb), name);
    const char *shown = str_cstring(x->arena, text_quotable(name));
    json_t *value = NULL;
    if (f == NULL) return fail(e, ERR_INVALID, "%s: there is no such member", shown);
    if (json_object_get(x->arguments, f->name) != NULL)
        return fail(e, ERR_INVALID, "%s: it is given twice", shown);
    enum err err = typed(&value, f, text, e);
    if (err != OK) return wrap(e, "%s", shown);
    member_put(x->arguments, f->name, value);
    return OK;
}

static enum err put_path(struct exchange *x, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < x->routed.count && err == OK; i++)
        err = put_text(x, x->routed.fields[i].name, x->routed.fields[i].value, e);
    return err;
}

static enum err put_query(struct exchange *x, struct error *e)
{
    struct str rest = str_of(x->request->uri), name = STR_NONE, value = STR_NONE;
    enum err err = OK;
    if (!str_take_until(&name, &rest, '?')) return OK;
    while (err == OK && uri_take_pair(&name, &value, &rest)) {
        err = uri_decode(&name, name, true, x->arena, e);
        if (err == OK) err = uri_decode(&value, value, true, x->arena, e);
        if (err == OK) err = put_text(x, name, value, e);
    }
    return err;
}

/* A form of another site's page cannot send this type without asking first. */
static bool is_json(const struct httpd_request *r)
{
    struct str type = str_of(httpd_header(r, "Content-Type"));
    const char *end = memchr(type.ptr, ';', type.len);
    if (end != NULL) type.len = (size_t)(end - type.ptr);
    return str_is(str_trim(type), "application/json");
}

static enum err put_body(struct exchange *x, struct error *e)
{
    const struct httpd_request *r = x->request;
    json_error_t where;
    const char *name = NULL;
    json_t *value = NULL;
    if (r->body.len == 0) return OK;
    if (!is_json(r)) return fail(e, ERR_INVALID, "the body is to be of the type application/json");
    json_t *body = json_loadb((const char *)r->body.ptr, r->body.len, JSON_REJECT_DUPLICATES, &where);
    if (body == NULL)
        return fail(e, ERR_INVALID, "the body is not JSON: line %d, column %d", where.line, where.column);
    enum err err = json_is_object(body) ? OK : fail(e, ERR_INVALID, "the body is no JSON object");
    if (err == OK) {
        json_object_foreach(body, name, value)
        {
            if (json_object_get(x->arguments, name) != NULL)
                err = fail(e, ERR_INVALID, "%s: it is given twice",
                           str_cstring(x->arena, text_quotable(str_of(name))));
            else
                member_put(x->arguments, name, json_incref(value));
        }
    }
    json_decref(body);
    return err;
}

static enum err refuse_files(const struct exchange *x, struct error *e)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(x->arguments, name, value)
    {
        if (route_names_file(name))
            return fail(e, ERR_INVALID, "%s: it names a file of the server, which nobody may from outside",
                        name);
    }
    return OK;
}

/* One row more than was asked for is read, to know whether there is a page behind. */
static enum err take_limit(struct exchange *x, struct error *e)
{
    if ((x->verb->flags & VERB_LIST) == 0 || schema_field(verb_schema(x->verb), STR("limit")) == NULL)
        return OK;
    const json_t *given = json_object_get(x->arguments, "limit");
    json_int_t limit = given == NULL ? PAGE_DEFAULT : json_integer_value(given);
    if (limit < 1 || limit > PAGE_MAX)
        return fail(e, ERR_INVALID, "limit: a page has 1 to %d rows", PAGE_MAX);
    x->limit = (uint64_t)limit;
    member_put(x->arguments, "limit", json_integer(limit + 1));
    return OK;
}

enum err arguments_read(struct exchange *x, struct error *e)
{
    bool takes_file = x->routed.route->form == ROUTE_TAKES_FILE;
    x->arguments = object_new();
    enum err err = put_path(x, e);
    if (err == OK) err = put_query(x, e);
    if (err == OK && !takes_file) err = put_body(x, e);
    if (err == OK) err = refuse_files(x, e);
    return err == OK ? take_limit(x, e) : err;
}
