/* SPDX-License-Identifier: MIT */
/* schema_text.c - what else a described struct can do without knowing what it is: be copied, be compared,
 * show a field as text and read one. A sentence about a text that was not understood never quotes a str or
 * personal field. */
#include "ledger/store/schema_walk.h"

/* ---- copy and compare ---- */

static void copy_list(const struct field *f, void *to, const void *from, struct arena *a)
{
    struct list l = list_get(f, from);
    if (l.count == 0) {
        list_set(f, to, NULL, 0);
        return;
    }
    char *items = arena_take(a, l.count, f->of->size);
    for (size_t i = 0; i < l.count; i++) schema_copy(items + i * f->of->size, f->of, list_item(f, l, i), a);
    list_set(f, to, items, l.count);
}

static void copy_text(struct str *to, const struct str *from, struct arena *a)
{
    *to = from->len == 0 ? STR_NONE : str_copy(a, *from);
}

static void copy_field(const struct field *f, void *to, const void *from, struct arena *a)
{
    switch (f->kind) {
    case KIND_STR:
    case KIND_PERSONAL:
    case KIND_CONTACT:
    case KIND_COUNTED:
    case KIND_REGION: copy_text(field_place(f, to), field_at(f, from), a); break;
    case KIND_PART: schema_copy(field_place(f, to), f->of, field_at(f, from), a); break;
    case KIND_LIST: copy_list(f, to, from, a); break;
    case KIND_FLAG:
    case KIND_COUNT:
    case KIND_HASH:
    case KIND_MONEY:
    case KIND_DECIMAL:
    case KIND_DATE:
    case KIND_INSTANT:
    case KIND_CHOICE: break; /* copied with the struct */
    }
}

void schema_copy(void *to, const struct schema *s, const void *from, struct arena *a)
{
    memmove(to, from, s->size);
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    for (size_t i = 0; i < count; i++) copy_field(&fields[i], to, from, a);
}

static bool money_equal(const struct money *a, const struct money *b)
{
    return a->minor == b->minor && memcmp(a->currency, b->currency, sizeof(a->currency)) == 0;
}

static bool decimal_equal(const struct decimal *a, const struct decimal *b)
{
    return a->coefficient == b->coefficient && a->scale == b->scale;
}

static bool lists_equal(const struct field *f, const void *a, const void *b)
{
    struct list x = list_get(f, a);
    struct list y = list_get(f, b);
    if (x.count != y.count) return false;
    for (size_t i = 0; i < x.count; i++) {
        if (!schema_equal(f->of, list_item(f, x, i), list_item(f, y, i))) return false;
    }
    return true;
}

static bool fields_equal(const struct field *f, const void *a, const void *b)
{
    const void *x = field_at(f, a);
    const void *y = field_at(f, b);
    switch (f->kind) {
    case KIND_FLAG: return *(const bool *)x == *(const bool *)y;
    case KIND_COUNT: return *(const uint64_t *)x == *(const uint64_t *)y;
    case KIND_STR:
    case KIND_PERSONAL:
    case KIND_CONTACT:
    case KIND_COUNTED:
    case KIND_REGION: return str_equal(*(const struct str *)x, *(const struct str *)y);
    case KIND_HASH: return memcmp(x, y, sizeof(struct hash)) == 0;
    case KIND_MONEY: return money_equal(x, y);
    case KIND_DECIMAL: return decimal_equal(x, y);
    case KIND_DATE: return ((const struct date *)x)->days == ((const struct date *)y)->days;
    case KIND_INSTANT: return ((const struct instant *)x)->us == ((const struct instant *)y)->us;
    case KIND_CHOICE: return *(const int *)x == *(const int *)y;
    case KIND_PART: return schema_equal(f->of, x, y);
    case KIND_LIST: return lists_equal(f, a, b);
    }
    WRONG("a kind of field that does not exist");
}

bool schema_equal(const struct schema *s, const void *a, const void *b)
{
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    for (size_t i = 0; i < count; i++) {
        if (!fields_equal(&fields[i], a, b)) return false;
    }
    return true;
}

const struct field *schema_field(const struct schema *s, struct str name)
{
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    for (size_t i = 0; i < count; i++) {
        if (str_is(name, fields[i].name)) return &fields[i];
    }
    return NULL;
}

/* ---- choices ---- */

bool choice_parse(int *out, const struct choice *c, struct str word)
{
    for (size_t i = 0; i < c->count; i++) {
        if (!str_is(word, c->words[i])) continue;
        *out = (int)i;
        return true;
    }
    return false;
}

static struct str choice_text(const struct choice *c, int value)
{
    assert(value >= 0);
    assert((size_t)value < c->count);
    return str_of(c->words[value]);
}

static enum err parse_choice(const struct field *f, int *out, struct str text, struct arena *a,
                             struct error *e)
{
    if (choice_parse(out, f->choice, text)) return OK;
    struct buffer words = {.arena = a};
    for (size_t i = 0; i < f->choice->count; i++) {
        if (strcmp(f->choice->words[i], "default") == 0) continue; /* as what is not said */
        buffer_print(&words, "%s%s", words.len == 0 ? "" : ", ", f->choice->words[i]);
    }
    struct str shown = text_quotable(text);
    return fail(e, ERR_INVALID, "'%.*s' is not one of %.*s", STR_ARG(shown), (int)words.len,
                (const char *)words.ptr);
}

/* ---- text ---- */

struct str field_text(struct arena *a, const struct field *f, const void *record)
{
    const void *from = field_at(f, record);
    switch (f->kind) {
    case KIND_FLAG: return *(const bool *)from ? STR("true") : STR("false");
    case KIND_COUNT: return str_format(a, "%ju", (uintmax_t) * (const uint64_t *)from);
    case KIND_STR:
    case KIND_PERSONAL:
    case KIND_CONTACT:
    case KIND_COUNTED:
    case KIND_REGION: return *(const struct str *)from;
    case KIND_HASH: return hex_text(a, ((const struct hash *)from)->bytes, sizeof(struct hash));
    case KIND_MONEY:
        if (!money_is_given(*(const struct money *)from)) return STR("");
        return money_text(a, *(const struct money *)from);
    case KIND_DECIMAL: return decimal_text(a, *(const struct decimal *)from);
    case KIND_DATE: return date_text(a, *(const struct date *)from);
    case KIND_INSTANT:
        if (!instant_is_given(*(const struct instant *)from)) return STR("");
        return instant_text(a, *(const struct instant *)from);
    case KIND_CHOICE: return choice_text(f->choice, *(const int *)from);
    case KIND_PART:
    case KIND_LIST: return STR("");
    }
    WRONG("a kind of field that does not exist");
}

static enum err parse_flag(bool *out, struct str text, struct error *e)
{
    bool yes = str_is(text, "true");
    if (!yes && !str_is(text, "false")) return fail(e, ERR_INVALID, "neither true nor false");
    *out = yes;
    return OK;
}

static enum err parse_text(struct str *out, struct str text, struct arena *a, struct error *e)
{
    if (!text_is_utf8(text)) return fail(e, ERR_INVALID, "the text is not valid UTF-8");
    copy_text(out, &text, a);
    return OK;
}

/* "29.00 USD"; "" is no amount. */
static enum err parse_money(struct money *out, struct str text, struct error *e)
{
    if (text.len == 0) {
        *out = (struct money){0};
        return OK;
    }
    const char *blank = memchr(text.ptr, ' ', text.len);
    if (blank == NULL) return fail(e, ERR_INVALID, "write amounts with their currency, e.g. \"29.00 USD\"");
    size_t len = (size_t)(blank - text.ptr);
    char currency[4] = "";
    enum err err = currency_parse(currency, (struct str){blank + 1, text.len - len - 1}, e);
    if (err != OK) return err;
    return money_parse(out, (struct str){text.ptr, len}, currency, e);
}

static enum err parse_date(struct date *out, struct str text, struct error *e)
{
    if (text.len > 0) return date_parse(out, text, e);
    *out = (struct date){0};
    return OK;
}

static enum err parse_instant(struct instant *out, struct str text, struct error *e)
{
    if (text.len > 0) return instant_parse(out, text, e);
    *out = (struct instant){0};
    return OK;
}

enum err field_parse(const struct field *f, void *record, struct str text, struct arena *a, struct error *e)
{
    void *to = field_place(f, record);
    switch (f->kind) {
    case KIND_FLAG: return parse_flag(to, text, e);
    case KIND_COUNT: return uint_parse(to, text, e);
    case KIND_STR:
    case KIND_PERSONAL:
    case KIND_CONTACT:
    case KIND_COUNTED:
    case KIND_REGION: return parse_text(to, text, a, e);
    case KIND_HASH: return hex_decode(((struct hash *)to)->bytes, sizeof(struct hash), text, e);
    case KIND_MONEY: return parse_money(to, text, e);
    case KIND_DECIMAL: return decimal_parse(to, text, e);
    case KIND_DATE: return parse_date(to, text, e);
    case KIND_INSTANT: return parse_instant(to, text, e);
    case KIND_CHOICE: return parse_choice(f, to, text, a, e);
    case KIND_PART:
    case KIND_LIST: return fail(e, ERR_INVALID, "cannot be given as one text");
    }
    WRONG("a kind of field that does not exist");
}
