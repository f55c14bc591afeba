/* SPDX-License-Identifier: MIT */
/* query_json.c - a verb's arguments out of JSON, and answers kept as JSON: the door of programs. It must
 * never let a program fill what only Daybook fills. */
#include "billing/query_json.h"

static enum err refuse_inner(const struct schema *s, const json_t *object, struct error *e)
{
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    for (size_t i = 0; i < count; i++) {
        if ((fields[i].flags & (unsigned)FIELD_INNER) == 0) continue;
        if (json_object_get(object, fields[i].name) != NULL) {
            return fail(e, ERR_INVALID, "%s: there is no such member", fields[i].name);
        }
    }
    return OK;
}

static enum err note_given(const struct verb *v, const json_t *object, void *body, struct error *e)
{
    size_t count = 0;
    const struct field *fields = schema_fields(verb_schema(v), &count);
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, fields[i].name);
        if (value == NULL || json_is_null(value)) continue;
        if (verb_note_field(v, &fields[i], body, e) != OK) return wrap(e, "%s", fields[i].name);
    }
    return OK;
}

enum err verb_from_json(void *body, const struct verb *v, const json_t *object, struct arena *a,
                        struct error *e)
{
    enum err err = refuse_inner(verb_schema(v), object, e);
    if (err == OK) err = schema_from_json(body, verb_schema(v), object, a, e);
    if (err == OK) err = note_given(v, object, body, e);
    return err == OK ? OK : wrap(e, "%s", v->words);
}

static enum err keep(void *self, json_t *value, bool is_row, struct error *e)
{
    struct kept *k = self;
    (void)e;
    if (is_row) {
        if (k->value == NULL) k->value = rows_new(); /* of what may be a file or rows */
        rows_add(k->value, value);
    } else {
        json_decref(k->value);
        k->value = value;
    }
    return OK;
}

struct answer kept_answer(struct kept *k, const struct verb *v)
{
    k->value = (v->flags & VERB_LIST) != 0 ? rows_new() : NULL;
    return (struct answer){k, keep, true};
}
