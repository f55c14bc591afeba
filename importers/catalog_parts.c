/* SPDX-License-Identifier: MIT */
/* catalog_parts.c - objects and lists of a catalog file, read as their schemas say, and the sentences of
 * what is wrong with them. It must never quote a text that it refuses. */
#include "importers/catalog.h"

struct catalog_path path_at(const struct catalog_path *in, const char *list, size_t index)
{
    struct catalog_path p = {""};
    (void)snprintf(p.text, sizeof p.text, "%.80s%s%.16s[%zu]", in->text, in->text[0] == '\0' ? "" : ".", list,
                   index);
    return p;
}

enum err catalog_refuse(struct catalog_reader *r, const struct catalog_path *p, const char *member,
                        const char *why)
{
    bool both = p->text[0] != '\0' && member[0] != '\0';
    return fail(r->e, ERR_INVALID, "%s%s%s: %s", p->text, both ? "." : "", member, why);
}

enum err catalog_too_many(struct catalog_reader *r, const struct catalog_path *p, const char *member,
                          size_t limit, const char *of_what)
{
    return fail(r->e, ERR_LIMIT, "%s%s%s: more than %zu %s", p->text, p->text[0] != '\0' ? "." : "", member,
                limit, of_what);
}

/* The path of a member ends at a colon before any blank. */
enum err catalog_join(struct catalog_reader *r, const struct catalog_path *p)
{
    struct error *e = r->e;
    if (p->text[0] == '\0') return e->code;
    size_t word = strcspn(e->text, ": ");
    if (e->text[word] != ':') return wrap(e, "%s", p->text);
    char rest[sizeof e->text] = "";
    memcpy(rest, e->text, strlen(e->text) + 1);
    return fail(e, e->code, "%s.%s", p->text, rest);
}

bool catalog_has(const json_t *object, const char *member)
{
    const json_t *value = json_object_get(object, member);
    return value != NULL && !json_is_null(value);
}

static size_t text_limit(const char *member)
{
    static const char *const codes[] = {"code", "tax_code", "product_code", "product",
                                        "from", "to",       "category",     NULL};
    if (strcmp(member, "usage_type") == 0) return LIMIT_USAGE_TYPE_BYTES;
    for (size_t i = 0; codes[i] != NULL; i++) {
        if (strcmp(member, codes[i]) == 0) return LIMIT_CODE_BYTES;
    }
    return LIMIT_TEXT_BYTES;
}

enum err catalog_texts(const struct schema *s, const void *record, struct catalog_reader *r,
                       const struct catalog_path *p)
{
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    for (const struct field *f = fields; f < fields + count; f++) {
        struct str text = STR_NONE;
        if (f->kind != KIND_STR) continue;
        memcpy(&text, (const char *)record + f->offset, sizeof text);
        if (text_check(text, text_limit(f->name), f->name, r->e) != OK) return catalog_join(r, p);
    }
    return OK;
}

enum err catalog_object(void *out, const struct schema *s, const json_t *object, struct catalog_reader *r,
                        const struct catalog_path *p)
{
    if (schema_from_json(out, s, object, r->arena, r->e) != OK) return catalog_join(r, p);
    return catalog_texts(s, out, r, p);
}

enum err catalog_list(void **items, size_t *count, const struct catalog_list *l, const json_t *object,
                      struct catalog_reader *r, const struct catalog_path *p)
{
    const json_t *list = json_object_get(object, l->name);
    *count = json_array_size(list); /* 0 for what is no list */
    *items = NULL;
    if (!catalog_has(object, l->name)) return OK;
    if (!json_is_array(list)) return catalog_refuse(r, p, l->name, "a list is expected");
    if (*count > l->limit) return catalog_too_many(r, p, l->name, l->limit, "of them");
    if (*count == 0) return OK;
    char *first = arena_take(r->arena, *count, l->schema->size);
    *items = first;
    for (size_t i = 0; i < *count; i++) {
        struct catalog_path at = path_at(p, l->name, i);
        enum err err =
            catalog_object(first + i * l->schema->size, l->schema, json_array_get(list, i), r, &at);
        if (err != OK) return err;
    }
    return OK;
}

enum err catalog_object_but(void *out, const struct schema *s, json_t *object, const char *const *members,
                            struct catalog_reader *r, const struct catalog_path *p)
{
    if (!json_is_object(object)) return catalog_refuse(r, p, "", "an object is expected");
    json_t *rest = json_copy(object);
    for (; *members != NULL; members++) (void)json_object_del(rest, *members);
    enum err err = catalog_object(out, s, rest, r, p);
    json_decref(rest);
    return err;
}

enum err catalog_values(const json_t **list, size_t *count, const json_t *object, const char *name,
                        size_t limit, struct catalog_reader *r, const struct catalog_path *p)
{
    *list = json_object_get(object, name);
    *count = 0;
    if (!catalog_has(object, name)) return OK;
    if (!json_is_array(*list)) return catalog_refuse(r, p, name, "a list is expected");
    *count = json_array_size(*list);
    if (*count == 0) return catalog_refuse(r, p, name, "at least one is expected");
    return *count <= limit ? OK : catalog_too_many(r, p, name, limit, "of them");
}

enum err catalog_need_text(struct str text, const char *member, struct catalog_reader *r,
                           const struct catalog_path *p)
{
    return text.len != 0 ? OK : catalog_refuse(r, p, member, "a value is missing");
}
