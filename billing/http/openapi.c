/* SPDX-License-Identifier: MIT */
/* openapi.c - see openapi.h. OpenAPI Specification 3.1.0; schemas are JSON Schema 2020-12. */
#include "billing/http/openapi.h"

#include "billing/access.h"
#include "billing/answers.h"
#include "billing/daybook.h"
#include "billing/http/routes.h"

static void put(json_t *to, const char *name, const char *text)
{
    member_text(to, name, str_of(text));
}

static json_t *reference(const char *to)
{
    json_t *j = object_new();
    put(j, "$ref", to);
    return j;
}

/* ---- schemas of members ---- */

static json_t *schema_of_fields(const struct schema *s, const struct routed *skip);

static json_t *words_of(const struct choice *c)
{
    json_t *words = rows_new();
    for (size_t i = 0; i < c->count; i++) rows_add(words, json_string(c->words[i]));
    return words;
}

static const char *type_of(enum kind kind)
{
    if (kind == KIND_FLAG) return "boolean";
    if (kind == KIND_COUNT) return "integer";
    if (kind == KIND_LIST) return "array";
    return kind == KIND_PART || kind == KIND_MONEY ? "object" : "string";
}

static json_t *schema_of_field(const struct field *f)
{
    json_t *j = object_new();
    put(j, "type", type_of(f->kind));
    if (f->help != NULL) put(j, "description", f->help);
    if (f->kind == KIND_COUNT) member_count(j, "minimum", 0);
    if (f->kind == KIND_DATE) put(j, "format", "date");
    if (f->kind == KIND_INSTANT) put(j, "format", "date-time");
    if (f->kind == KIND_DECIMAL) put(j, "pattern", "^-?[0-9]+([.][0-9]+)?$");
    if (f->kind == KIND_CHOICE) member_put(j, "enum", words_of(f->choice));
    if (f->kind == KIND_PART || f->kind == KIND_LIST) {
        json_t *of = schema_of_fields(f->of, NULL);
        if (f->kind == KIND_LIST) {
            member_put(j, "items", of);
        } else {
            member_put(j, "properties", json_incref(json_object_get(of, "properties")));
            json_decref(of);
        }
    }
    return j;
}

static bool is_in_path(const struct routed *r, const char *name)
{
    for (size_t i = 0; r != NULL && i < r->count; i++) {
        if (str_is(r->fields[i].name, name)) return true;
    }
    return false;
}

/* What only the program fills, and what names files, nobody gives. */
static bool is_given(const struct field *f)
{
    return (f->flags & (unsigned)FIELD_INNER) == 0 && !route_names_file(f->name);
}

static json_t *schema_of_fields(const struct schema *s, const struct routed *skip)
{
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    json_t *j = object_new(), *properties = object_new(), *required = rows_new();
    put(j, "type", "object");
    for (const struct field *f = fields; f < fields + count; f++) {
        if (!is_given(f) || is_in_path(skip, f->name)) continue;
        member_put(properties, f->name, schema_of_field(f));
        if ((f->flags & (unsigned)FIELD_REQUIRED) != 0) rows_add(required, json_string(f->name));
    }
    member_put(j, "properties", properties);
    if (json_array_size(required) > 0)
        member_put(j, "required", required);
    else
        json_decref(required);
    return j;
}

/* ---- parameters ---- */

static json_t *parameter(const char *name, const char *in, bool required, json_t *schema)
{
    json_t *j = object_new();
    const char *help = json_string_value(json_object_get(schema, "description"));
    put(j, "name", name);
    put(j, "in", in);
    member_flag(j, "required", required);
    if (help != NULL) put(j, "description", help);
    member_put(j, "schema", schema);
    return j;
}

/* The fields of the path, named by its braces. */
static void find_fields(struct routed *out, const struct route *r)
{
    struct str rest = str_of(r->path), part = STR_NONE;
    *out = (struct routed){.route = r};
    while (str_take_until(&part, &rest, '{') && str_take_until(&part, &rest, '}')) {
        assert(out->count < ROUTE_FIELDS_MAX);
        out->fields[out->count++].name = part;
    }
}

static json_t *parameters_of(const struct routed *r, const struct verb *v, bool in_query)
{
    size_t count = 0;
    const struct field *fields = schema_fields(verb_schema(v), &count);
    json_t *list = rows_new();
    for (const struct field *f = fields; f < fields + count; f++) {
        bool path = is_in_path(r, f->name);
        if (path) rows_add(list, parameter(f->name, "path", true, schema_of_field(f)));
        bool required = (f->flags & (unsigned)FIELD_REQUIRED) != 0;
        if (!path && in_query && is_given(f))
            rows_add(list, parameter(f->name, "query", required, schema_of_field(f)));
    }
    if (verb_takes_key(v)) rows_add(list, reference("#/components/parameters/IdempotencyKey"));
    return list;
}

/* ---- operations ---- */

static json_t *content_of(const char *type, json_t *schema)
{
    json_t *content = object_new(), *media = object_new();
    member_put(media, "schema", schema);
    member_put(content, type, media);
    return content;
}

static json_t *binary(void)
{
    json_t *j = object_new();
    put(j, "type", "string");
    put(j, "format", "binary");
    return j;
}

static json_t *body_of(const struct routed *r, const struct verb *v)
{
    bool file = r->route->form == ROUTE_TAKES_FILE;
    json_t *j = object_new();
    member_put(j, "content",
               file ? content_of("application/octet-stream", binary())
                    : content_of("application/json", schema_of_fields(verb_schema(v), r)));
    return j;
}

static json_t *answer_schema(const struct verb *v)
{
    json_t *j = object_new();
    if ((v->flags & VERB_LIST) != 0) {
        json_decref(j);
        return reference("#/components/schemas/Page");
    }
    put(j, "type", "object");
    return j;
}

static json_t *responses_of(const struct routed *r, const struct verb *v)
{
    json_t *all = object_new(), *done = object_new();
    bool file = r->route->form == ROUTE_GIVES_FILE;
    const char *type = r->route->detail[0] == '\0' ? "text/csv" : r->route->detail;
    put(done, "description", file ? "the file" : "done");
    member_put(done, "content",
               file ? content_of(type, binary()) : content_of("application/json", answer_schema(v)));
    member_put(all, "200", done);
    member_put(all, "default", reference("#/components/responses/Problem"));
    return all;
}

static void put_roles(json_t *operation, const struct verb *v)
{
    json_t *roles = rows_new();
    for (int role = ROLE_OPERATOR; role <= ROLE_ADMINISTRATOR; role++) {
        if (access_may((enum role)role, v->words)) rows_add(roles, json_string(choice_role.words[role]));
    }
    member_put(operation, "x-roles", roles);
}

/* "customer.list"; of a verb with two addresses the second has its last part behind it. */
static struct str operation_id(const struct route *r, const json_t *ids, struct arena *a)
{
    struct str id = str_of(r->words);
    if (json_object_get(ids, r->words) != NULL) id = str_format(a, "%s.all", r->words);
    return id;
}

static json_t *operation_of(const struct route *route, json_t *ids, struct arena *a)
{
    struct routed r = {.route = NULL};
    const struct verb *v = verb_find(str_of(route->words));
    bool query = strcmp(route->method, "GET") == 0 || route->form == ROUTE_TAKES_FILE;
    json_t *j = object_new(), *tags = rows_new();
    struct str noun = str_of(route->words), rest = noun;
    if (!str_take_until(&noun, &rest, '.')) noun = str_of(route->words);
    find_fields(&r, route);
    rows_add(tags, json_stringn(noun.ptr, noun.len));
    member_text(j, "operationId", operation_id(route, ids, a));
    member_put(ids, route->words, json_true());
    put(j, "summary", v->help);
    member_put(j, "tags", tags);
    member_put(j, "parameters", parameters_of(&r, v, query));
    if (strcmp(route->method, "GET") != 0) member_put(j, "requestBody", body_of(&r, v));
    member_put(j, "responses", responses_of(&r, v));
    put_roles(j, v);
    return j;
}

static json_t *paths(struct arena *a)
{
    json_t *all = object_new(), *ids = object_new();
    const struct route *r = NULL;
    for (size_t i = 0; (r = route_at(i)) != NULL; i++) {
        char method[8] = "";
        json_t *path = json_object_get(all, r->path);
        for (size_t k = 0; r->method[k] != '\0' && k + 1 < sizeof method; k++)
            method[k] = (char)(r->method[k] - 'A' + 'a');
        if (path == NULL) {
            path = object_new();
            member_put(all, r->path, path);
        }
        member_put(path, method, operation_of(r, ids, a));
    }
    json_decref(ids);
    return all;
}

/* ---- what all share ---- */

static json_t *parse(const char *text)
{
    json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (j == NULL) WRONG("a part of the document is not JSON");
    return j;
}

static json_t *components(void)
{
    static const char text[] =
        "{\"securitySchemes\": {\"token\": {\"type\": \"http\", \"scheme\": \"bearer\","
        "   \"description\": \"A token of an actor, as 'token issue' makes it; a ledger without actors asks "
        "for none.\"}},"
        " \"parameters\": {\"IdempotencyKey\": {\"name\": \"Idempotency-Key\", \"in\": \"header\", "
        "\"required\": false,"
        "   \"description\": \"Sent again, the command is answered as the first time and not done again.\","
        "   \"schema\": {\"type\": \"string\", \"maxLength\": 255}}},"
        " \"responses\": {\"Problem\": {\"description\": \"RFC 9457\", \"content\": "
        "{\"application/problem+json\":"
        "   {\"schema\": {\"$ref\": \"#/components/schemas/Problem\"}}}}},"
        " \"schemas\": {"
        "  \"Page\": {\"type\": \"object\", \"required\": [\"data\", \"has_more\"], \"properties\": {"
        "    \"data\": {\"type\": \"array\", \"items\": {\"type\": \"object\"}}, \"has_more\": {\"type\": "
        "\"boolean\"},"
        "    \"next\": {\"type\": \"string\", \"description\": \"as ?after= for the page behind\"}}},"
        "  \"Problem\": {\"type\": \"object\", \"required\": [\"type\", \"title\", \"status\", \"detail\", "
        "\"code\"],"
        "    \"properties\": {\"type\": {\"type\": \"string\"}, \"title\": {\"type\": \"string\"},"
        "    \"status\": {\"type\": \"integer\"}, \"detail\": {\"type\": \"string\"}, \"code\": {\"type\": "
        "\"string\"},"
        "    \"reason\": {\"type\": \"string\"}, \"answer\": {\"type\": \"object\"}}}}}";
    return parse(text);
}

json_t *openapi_document(void)
{
    struct arena *a = arena_new();
    json_t *j = object_new(), *info = object_new();
    put(j, "openapi", "3.1.0");
    put(info, "title", "Daybook");
    put(info, "summary", "An append-only billing ledger");
    put(info, "version", DAYBOOK_VERSION);
    member_put(info, "license", parse("{\"name\": \"MIT\", \"identifier\": \"MIT\"}"));
    member_put(j, "info", info);
    member_put(j, "security", parse("[{\"token\": []}, {}]"));
    member_put(j, "paths", paths(a));
    member_put(j, "components", components());
    arena_free(a);
    return j;
}
