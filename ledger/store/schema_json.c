/* SPDX-License-Identifier: MIT */
/* schema_json.c - described structs as JSON and back. What is written can be read again and gives an equal
 * struct. Must never let a decimal or an amount pass through a floating-point number, and never quote a text
 * that it refuses. */
#include <stdio.h>

#include "ledger/store/schema_json.h"
#include "ledger/store/schema_walk.h"

enum { MEMBER_BYTES = 128 };
static const char currency_member[] = "currency";

/* ---- writing ---- */

static json_t *object_of(const struct schema *s, const void *record, struct arena *a);

/* jansson gives NULL when memory is out, or for a text that is not UTF-8, which no record holds. */
static json_t *must(json_t *made)
{
    if (made == NULL) WRONG("jansson cannot make a value");
    return made;
}

static void member_set(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0) WRONG("jansson cannot add a member");
}

static json_t *text_of(struct str text)
{
    return must(json_stringn(text.ptr == NULL ? "" : text.ptr, text.len));
}

static json_t *text_or_null(struct str text)
{
    return text.len == 0 ? json_null() : text_of(text);
}

/* Counts beyond what a JSON integer holds here are written as strings; no ledger gets there by counting. */
static json_t *count_json(struct arena *a, const struct field *f, const void *record)
{
    uint64_t count = *(const uint64_t *)field_at(f, record);
    if (count > INT64_MAX) return text_of(field_text(a, f, record));
    return must(json_integer((json_int_t)count));
}

static json_t *list_json(const struct field *f, const void *record, struct arena *a)
{
    json_t *array = must(json_array());
    struct list l = list_get(f, record);
    for (size_t i = 0; i < l.count; i++) {
        if (json_array_append_new(array, object_of(f->of, list_item(f, l, i), a)) != 0) {
            WRONG("jansson cannot add an item");
        }
    }
    return array;
}

static json_t *value_json(const struct field *f, const void *record, struct arena *a)
{
    switch (f->kind) {
    case KIND_FLAG: return json_boolean(*(const bool *)field_at(f, record));
    case KIND_COUNT: return count_json(a, f, record);
    case KIND_STR:
    case KIND_PERSONAL:
    case KIND_CONTACT:
    case KIND_COUNTED:
    case KIND_REGION:
    case KIND_HASH:
    case KIND_DECIMAL:
    case KIND_CHOICE: return text_of(field_text(a, f, record));
    case KIND_MONEY:
    case KIND_DATE:
    case KIND_INSTANT: return text_or_null(field_text(a, f, record));
    case KIND_PART: return object_of(f->of, field_at(f, record), a);
    case KIND_LIST: return list_json(f, record, a);
    }
    WRONG("a kind of field that does not exist");
}

/* The currency that all given amounts of one object share, or NULL: they differ, there is none, or the struct
 * has a field named "currency" of its own that says something else. */
static const char *shared_currency(const struct schema *s, const void *record)
{
    const char *shared = NULL;
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    for (const struct field *f = fields; f < fields + count; f++) {
        if (f->kind != KIND_MONEY) continue;
        const struct money *m = field_at(f, record);
        if (!money_is_given(*m)) continue;
        if (shared != NULL && strcmp(shared, m->currency) != 0) return NULL;
        shared = m->currency;
    }
    const struct field *own = schema_field(s, str_of(currency_member));
    if (shared == NULL || own == NULL) return shared;
    if (own->kind != KIND_STR || !str_is(*(const struct str *)field_at(own, record), shared)) return NULL;
    return shared;
}

/* "price_currency" */
static void own_currency_member(char to[MEMBER_BYTES], const struct field *f)
{
    int len = snprintf(to, MEMBER_BYTES, "%s_%s", f->name, currency_member);
    assert(len > 0);
    assert(len < MEMBER_BYTES);
}

static void currency_set(json_t *object, const struct field *f, const struct money *m, const char *shared)
{
    char name[MEMBER_BYTES] = "";
    if (!money_is_given(*m)) return;
    if (shared != NULL) {
        if (json_object_get(object, currency_member) != NULL) return;
        (void)snprintf(name, sizeof(name), "%s", currency_member);
    } else {
        own_currency_member(name, f);
    }
    member_set(object, name, text_of(str_of(m->currency)));
}

static json_t *object_of(const struct schema *s, const void *record, struct arena *a)
{
    json_t *object = must(json_object());
    const char *shared = shared_currency(s, record);
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    for (const struct field *f = fields; f < fields + count; f++) {
        member_set(object, f->name, value_json(f, record, a));
        if (f->kind == KIND_MONEY) currency_set(object, f, field_at(f, record), shared);
    }
    return object;
}

json_t *schema_json(const struct schema *s, const void *record)
{
    struct arena *a = arena_new();
    json_t *object = object_of(s, record, a);
    arena_free(a);
    return object;
}

/* ---- reading ---- */

struct reading {
    struct arena *arena;
    struct error *e;
};

static enum err read_object(struct reading *r, const struct schema *s, void *record, const json_t *object,
                            const struct place *where, unsigned depth);

static enum err refuse(struct reading *r, const struct place *where, const char *why)
{
    (void)fail(r->e, ERR_INVALID, "%s", why);
    return wrap_place(r->e, where);
}

static struct str json_text(const json_t *value)
{
    return (struct str){json_string_value(value), json_string_length(value)};
}

static enum err read_text(struct reading *r, const struct field *f, void *record, struct str text,
                          const struct place *here)
{
    if (field_parse(f, record, text, r->arena, r->e) == OK) return OK;
    return wrap_place(r->e, here);
}

static enum err read_string(struct reading *r, const struct field *f, void *record, const json_t *value,
                            const struct place *here)
{
    if (!json_is_string(value)) return refuse(r, here, "a string is expected");
    return read_text(r, f, record, json_text(value), here);
}

static enum err read_flag(struct reading *r, bool *out, const json_t *value, const struct place *here)
{
    if (!json_is_boolean(value)) return refuse(r, here, "true or false is expected");
    *out = json_is_true(value);
    return OK;
}

static enum err read_count(struct reading *r, const struct field *f, void *record, const json_t *value,
                           const struct place *here)
{
    uint64_t *out = field_place(f, record);
    if (json_is_string(value)) {
        enum err err = read_text(r, f, record, json_text(value), here);
        if (err != OK || *out > INT64_MAX) return err;
        return refuse(r, here, "write whole numbers without quotes");
    }
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return refuse(r, here, "a whole number from 0 is expected");
    }
    *out = (uint64_t)json_integer_value(value);
    return OK;
}

static enum err read_decimal(struct reading *r, const struct field *f, void *record, const json_t *value,
                             const struct place *here)
{
    if (json_is_string(value)) return read_text(r, f, record, json_text(value), here);
    if (!json_is_integer(value)) return refuse(r, here, "write decimals as strings, e.g. \"29.00\"");
    return read_text(r, f, record, str_format(r->arena, "%jd", (intmax_t)json_integer_value(value)), here);
}

static enum err read_currency(struct reading *r, char out[4], const json_t *value, const struct place *here)
{
    if (!json_is_string(value)) return refuse(r, here, "a currency is expected, e.g. \"USD\"");
    if (currency_parse(out, json_text(value), r->e) == OK) return OK;
    return wrap_place(r->e, here);
}

static bool is_absent(const json_t *value)
{
    return value == NULL || json_is_null(value);
}

static enum err read_money(struct reading *r, const struct field *f, struct money *out, const json_t *object,
                           const struct place *here)
{
    char own[MEMBER_BYTES] = "";
    own_currency_member(own, f);
    const json_t *amount = json_object_get(object, f->name);
    if (!json_is_string(amount)) return refuse(r, here, "write amounts as strings, e.g. \"29.00\"");
    const char *name = is_absent(json_object_get(object, own)) ? currency_member : own;
    const json_t *code = json_object_get(object, name);
    if (is_absent(code)) return refuse(r, here, "the amount has no currency: add the member \"currency\"");
    char currency[4] = "";
    enum err err = read_currency(r, currency, code, &(struct place){here->up, name, PLACE_NO_INDEX});
    if (err != OK) return err;
    if (money_parse(out, json_text(amount), currency, r->e) == OK) return OK;
    return wrap_place(r->e, here);
}

static enum err read_list(struct reading *r, const struct field *f, void *record, const json_t *value,
                          const struct place *up, unsigned depth)
{
    struct place here = {up, f->name, PLACE_NO_INDEX};
    if (!json_is_array(value)) return refuse(r, &here, "a list is expected");
    size_t count = json_array_size(value);
    if (count > LIMIT_INVOICE_LINES) { /* the longest list of all */
        (void)fail(r->e, ERR_LIMIT, "%zu items are more than the limit of %d", count, LIMIT_INVOICE_LINES);
        return wrap_place(r->e, &here);
    }
    if (count == 0) return OK;
    char *items = arena_take(r->arena, count, f->of->size);
    list_set(f, record, items, count);
    for (size_t i = 0; i < count; i++) {
        here.index = i;
        enum err err = read_object(r, f->of, items + i * f->of->size, json_array_get(value, i), &here, depth);
        if (err != OK) return err;
    }
    return OK;
}

static enum err read_value(struct reading *r, const struct field *f, void *record, const json_t *object,
                           const struct place *up, unsigned depth)
{
    struct place here = {up, f->name, PLACE_NO_INDEX};
    const json_t *value = json_object_get(object, f->name);
    switch (f->kind) {
    case KIND_FLAG: return read_flag(r, field_place(f, record), value, &here);
    case KIND_COUNT: return read_count(r, f, record, value, &here);
    case KIND_DECIMAL: return read_decimal(r, f, record, value, &here);
    case KIND_STR:
    case KIND_PERSONAL:
    case KIND_CONTACT:
    case KIND_COUNTED:
    case KIND_REGION:
    case KIND_HASH:
    case KIND_DATE:
    case KIND_INSTANT:
    case KIND_CHOICE: return read_string(r, f, record, value, &here);
    case KIND_MONEY: return read_money(r, f, field_place(f, record), object, &here);
    case KIND_PART: return read_object(r, f->of, field_place(f, record), value, &here, depth + 1);
    case KIND_LIST: return read_list(r, f, record, value, up, depth + 2);
    }
    WRONG("a kind of field that does not exist");
}

/* An empty text where something is required is as good as none. */
static bool is_empty_text(const json_t *value)
{
    return json_is_string(value) && json_string_length(value) == 0;
}

static enum err read_field(struct reading *r, const struct field *f, void *record, const json_t *object,
                           const struct place *where, unsigned depth)
{
    const json_t *value = json_object_get(object, f->name);
    bool required = (f->flags & FIELD_REQUIRED) != 0;
    if (required && (is_absent(value) || is_empty_text(value))) {
        return refuse(r, &(struct place){where, f->name, PLACE_NO_INDEX}, "a value is required");
    }
    return is_absent(value) ? OK : read_value(r, f, record, object, where, depth);
}

/* Is this the currency beside an amount: "currency", or "NAME_currency" for a field NAME of money? */
static bool is_currency_of_money(const struct schema *s, const char *name)
{
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    for (const struct field *f = fields; f < fields + count; f++) {
        char own[MEMBER_BYTES] = "";
        if (f->kind != KIND_MONEY) continue;
        own_currency_member(own, f);
        if (strcmp(name, currency_member) == 0 || strcmp(name, own) == 0) return true;
    }
    return false;
}

static enum err check_member(struct reading *r, const struct schema *s, const char *name, const json_t *value,
                             const struct place *where)
{
    if (schema_field(s, str_of(name)) != NULL) return OK;
    /* The name came from outside: it is shown only where it is harmless. */
    struct place here = {where, text_quotable(str_of(name)).ptr, PLACE_NO_INDEX};
    if (!is_currency_of_money(s, name)) return refuse(r, &here, "there is no such member");
    char currency[4] = "";
    return is_absent(value) ? OK : read_currency(r, currency, value, &here);
}

static enum err check_members(struct reading *r, const struct schema *s, const json_t *object,
                              const struct place *where)
{
    /* jansson walks through mutable objects only; nothing is changed here. */
    json_t *walked = NULL;
    memcpy(&walked, &object, sizeof(void *));
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(walked, name, value)
    {
        enum err err = check_member(r, s, name, value, where);
        if (err != OK) return err;
    }
    return OK;
}

/* `record` is zero beforehand. */
static enum err read_object(struct reading *r, const struct schema *s, void *record, const json_t *object,
                            const struct place *where, unsigned depth)
{
    if (depth > RECORD_DEPTH) return refuse(r, where, "nested too deep");
    if (!json_is_object(object)) return refuse(r, where, "an object is expected");
    enum err err = check_members(r, s, object, where);
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    for (const struct field *f = fields; err == OK && f < fields + count; f++) {
        err = read_field(r, f, record, object, where, depth);
    }
    return err;
}

enum err schema_from_json(void *record, const struct schema *s, const json_t *object, struct arena *a,
                          struct error *e)
{
    struct reading r = {a, e};
    memset(record, 0, s->size);
    return read_object(&r, s, record, object, &(struct place){NULL, "", PLACE_NO_INDEX}, 1);
}
