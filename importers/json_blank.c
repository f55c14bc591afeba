/* SPDX-License-Identifier: MIT */
/* json_blank.c - see json_blank.h. Strings are looked at as they mean, so that no \u0034 hides a digit. */
#include <string.h>

#include "importers/json_blank.h"

static struct str blanked(struct str text, struct arena *a)
{
    struct buffer b = {.arena = a};
    buffer_add(&b, text.ptr, text.len);
    text_blank_digits((char *)b.ptr, b.len);
    return (struct str){(const char *)b.ptr, b.len};
}

/* The text of a value that has one. */
static struct str text_of(const json_t *value, struct arena *a)
{
    if (json_is_integer(value)) return str_format(a, "%jd", (intmax_t)json_integer_value(value));
    return (struct str){json_string_value(value), json_string_length(value)};
}

/* A new reference: what stands for `value`, which the member `name` has; NULL: it may stay. */
static json_t *instead_of(json_t *value, struct str name, bool *found, struct arena *a)
{
    if (json_is_object(value) || json_is_array(value)) {
        if (json_blank_card_data(value, a)) *found = true;
        return NULL;
    }
    struct str text = text_of(value, a);
    if (text.len == 0 || text_is_made_by_chance(text)) return NULL;
    if (!text_holds_card_data(str_format(a, "%.*s: %.*s", STR_ARG(name), STR_ARG(text)))) return NULL;
    *found = true;
    text = blanked(text, a);
    return json_stringn(text.ptr, text.len);
}

static void put_member(json_t *object, struct str name, json_t *value, struct arena *a)
{
    if (json_object_set_new(object, str_cstring(a, name), value) != 0) WRONG("there is no memory left");
}

static bool blank_object(json_t *object, struct arena *a)
{
    bool found = false;
    void *next = NULL;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach_safe(object, next, key, value)
    {
        struct str name = str_copy(a, str_of(key));
        json_t *other = instead_of(value, name, &found, a);
        if (text_holds_card_data(name)) {
            found = true;
            put_member(object, blanked(name, a), other == NULL ? json_incref(value) : other, a);
            if (json_object_del(object, str_cstring(a, name)) != 0) WRONG("a member is gone");
        } else if (other != NULL) {
            put_member(object, name, other, a);
        }
    }
    return found;
}

static bool blank_list(json_t *list, struct arena *a)
{
    bool found = false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *other = instead_of(json_array_get(list, i), STR_NONE, &found, a);
        if (other != NULL && json_array_set_new(list, i, other) != 0) WRONG("there is no memory left");
    }
    return found;
}

bool json_blank_card_data(json_t *root, struct arena *a)
{
    return json_is_object(root) ? blank_object(root, a) : blank_list(root, a);
}

/* ---- persons ---- */

/* Members of Stripe's objects, whole. */
static const char *const personal_members[] = {
    "account_holder_name",
    "address",
    "billing_details",
    "custom_fields",
    "customer_address",
    "customer_details",
    "customer_email",
    "customer_name",
    "customer_phone",
    "customer_shipping",
    "customer_tax_ids",
    "description",
    "email",
    "evidence",
    "individual",
    "name",
    "owner",
    "payer_email",
    "payer_name",
    "phone",
    "receipt_email",
    "shipping",
    "shipping_details",
    "tax_ids",
    "verified_address",
    "verified_email",
    "verified_name",
};

static bool is_personal(const char *name)
{
    for (size_t i = 0; i < sizeof personal_members / sizeof *personal_members; i++) {
        if (strcmp(personal_members[i], name) == 0) return true;
    }
    return false;
}

/* Of what somebody noted there: ours are ids and codes. */
static bool is_ours(const char *name)
{
    return strncmp(name, "daybook_", 8) == 0 || strcmp(name, "user_id") == 0 || strcmp(name, "tier") == 0;
}

static json_t *left_out(void)
{
    json_t *text = json_string("[left out]");
    if (text == NULL) WRONG("there is no memory left");
    return text;
}

static bool says_something(const json_t *value)
{
    return json_is_integer(value) || json_is_real(value) || json_string_length(value) > 0;
}

/* Everything within; `but_ours` spares our own metadata. */
static bool leave_out(json_t *root, bool but_ours)
{
    bool found = false;
    const char *key = "";
    void *next = NULL;
    json_t *value = NULL;
    for (size_t i = 0; i < json_array_size(root); i++) {
        value = json_array_get(root, i);
        if (says_something(value))
            found = json_array_set_new(root, i, left_out()) == 0 || found;
        else if (leave_out(value, false))
            found = true;
    }
    json_object_foreach_safe(root, next, key, value)
    {
        if (but_ours && is_ours(key)) continue;
        if (says_something(value))
            found = json_object_set_new(root, key, left_out()) == 0 || found;
        else if (leave_out(value, false))
            found = true;
    }
    return found;
}

bool json_blank_personal(json_t *root)
{
    bool found = false;
    const char *key = "";
    void *next = NULL;
    json_t *value = NULL;
    for (size_t i = 0; i < json_array_size(root); i++) {
        if (json_blank_personal(json_array_get(root, i))) found = true;
    }
    json_object_foreach_safe(root, next, key, value)
    {
        bool here = is_personal(key), metadata = strcmp(key, "metadata") == 0;
        if (here && says_something(value))
            found = json_object_set_new(root, key, left_out()) == 0 || found;
        else if (here || metadata ? leave_out(value, metadata) : json_blank_personal(value))
            found = true;
    }
    return found;
}

struct str json_text_made(const json_t *root, struct arena *a)
{
    char *text = json_dumps(root, JSON_COMPACT);
    if (text == NULL) WRONG("there is no memory left");
    struct str copy = str_copy(a, str_of(text));
    free(text);
    return copy;
}
