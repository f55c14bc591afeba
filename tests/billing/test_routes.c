/* SPDX-License-Identifier: MIT */
/* test_routes.c - which address is which command, and that none is forgotten. */
#include "billing/http/openapi.h"
#include "billing/http/routes.h"
#include "tests/lib/fixture.h"

TestSuite(routes, .init = test_begin, .fini = test_end);

static bool has_route(const char *words)
{
    const struct route *r = NULL;
    for (size_t i = 0; (r = route_at(i)) != NULL; i++) {
        if (strcmp(r->words, words) == 0) return true;
    }
    return false;
}

static bool is_absent(const char *words)
{
    const struct route_absent *r = NULL;
    for (size_t i = 0; (r = route_absent_at(i)) != NULL; i++) {
        if (strcmp(r->words, words) == 0) return true;
    }
    return false;
}

Test(routes, every_command_has_an_address_or_a_reason_why_not)
{
    const struct verb *v = NULL;
    for (size_t i = 0; (v = verb_at(i)) != NULL; i++) {
        bool door = (v->flags & VERB_DOOR) != 0;
        bool same =
            v->command != COMMAND_NONE && verb_find(str_of(v->words)) != v; /* its question is asked */
        if (door || same) continue;
        cr_expect(has_route(v->words) != is_absent(v->words), "%s", v->words);
    }
}

Test(routes, every_address_is_a_command_with_the_members_that_it_names)
{
    const struct route *r = NULL;
    for (size_t i = 0; (r = route_at(i)) != NULL; i++) {
        const struct verb *v = verb_find(str_of(r->words));
        struct str rest = str_of(r->path), name = STR_NONE;
        cr_assert(v != NULL, "%s", r->words);
        while (str_take_until(&name, &rest, '{') && str_take_until(&name, &rest, '}'))
            cr_expect(schema_field(verb_schema(v), name) != NULL, "%s: %.*s", r->path, STR_ARG(name));
        bool reads = strcmp(r->method, "GET") == 0;
        if (reads && r->form == ROUTE_JSON)
            cr_expect((v->flags & VERB_WRITES) == 0, "GET %s changes something", r->path);
    }
}

/* A text that the tables say is a file or folder may be set by nobody outside. */
Test(routes, no_member_that_names_a_file_of_the_server_is_left_open)
{
    const struct route *r = NULL;
    static const char *const words[] = {"file", "folder", "directory"};
    static const char *const harmless[] = {"format", "payment_method", "raw"};
    for (size_t i = 0; (r = route_at(i)) != NULL; i++) {
        size_t count = 0;
        const struct field *fields = schema_fields(verb_schema(verb_find(str_of(r->words))), &count);
        for (const struct field *f = fields; f < fields + count; f++) {
            bool tells = false, known = false;
            for (size_t k = 0; k < 3; k++)
                tells = tells || (f->help != NULL && strstr(f->help, words[k]) != NULL);
            for (size_t k = 0; k < 3; k++) known = known || strcmp(f->name, harmless[k]) == 0;
            if (tells && !known && f->kind == KIND_STR)
                cr_expect(route_names_file(f->name), "%s: %s", r->words, f->name);
        }
    }
}

static const char *found(const char *method, const char *path)
{
    struct routed out = {.route = NULL};
    struct str allowed = STR_NONE;
    enum err err = route_find(&out, method, str_of(path), &allowed, A, E);
    if (err == ERR_USAGE) return str_cstring(A, allowed);
    return err == OK ? out.route->words : err_word(err);
}

Test(routes, are_found_by_method_and_path_and_plain_parts_come_first)
{
    assert_str(str_of(found("GET", "/v1/customers")), "customer.list");
    assert_str(str_of(found("GET", "/v1/customers/ann")), "customer.show");
    assert_str(str_of(found("POST", "/v1/imports/usage")), "usage.import");
    assert_str(str_of(found("POST", "/v1/imports/stripe")), "import");
    assert_str(str_of(found("PUT", "/v1/seller")), "GET, PATCH");
    assert_str(str_of(found("GET", "/v1/customers/")), "not_found");
    assert_str(str_of(found("GET", "/v1/customers/ann/")), "not_found");
    assert_str(str_of(found("GET", "//v1/customers")), "not_found");
    assert_str(str_of(found("GET", "/v1/customers/..%2f..%2fetc/usage")), "usage.show");
    assert_str(str_of(found("GET", "/v1/customers/%4")), "invalid");
    assert_str(str_of(found("GET", "/v1/customers/a%00b")), "invalid");
    assert_str(str_of(found("GET", "/v1/customers/%ff")), "invalid");
}

Test(routes, parts_of_a_path_are_decoded_after_they_are_cut)
{
    struct routed out = {.route = NULL};
    struct str allowed = STR_NONE;
    assert_ok(route_find(&out, "GET", STR("/v1/customers/a%2Fb+%C3%BC/usage"), &allowed, A, E));
    assert_int(out.count, 1);
    assert_str(out.fields[0].value, "a/b+\xc3\xbc");
}

Test(routes, queries_are_cut_into_pairs)
{
    struct str rest = STR("a=1&&b&c=%3D+x"), name = STR_NONE, value = STR_NONE;
    cr_assert(uri_take_pair(&name, &value, &rest));
    assert_str(name, "a");
    assert_str(value, "1");
    cr_assert(uri_take_pair(&name, &value, &rest));
    assert_str(name, "b");
    assert_int(value.len, 0);
    cr_assert(uri_take_pair(&name, &value, &rest));
    assert_ok(uri_decode(&value, value, true, A, E));
    assert_str(value, "= x");
    cr_assert(!uri_take_pair(&name, &value, &rest));
}

Test(routes, the_document_names_each_address_once)
{
    json_t *j = openapi_document();
    const json_t *paths = json_object_get(j, "paths");
    const struct route *r = NULL;
    size_t operations = 0, routes = 0;
    const char *path = NULL;
    json_t *methods = NULL;
    json_object_foreach((json_t *)(uintptr_t)paths, path, methods) operations += json_object_size(methods);
    for (; (r = route_at(routes)) != NULL; routes++)
        cr_expect(json_object_get(paths, r->path) != NULL, "%s", r->path);
    assert_int(operations, routes);
    json_decref(j);
}
