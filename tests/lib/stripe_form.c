/* SPDX-License-Identifier: MIT */
/* stripe_form.c - parameters as Stripe takes them: application/x-www-form-urlencoded with names in brackets,
 * and what it says to those that are none. */
#include <ctype.h>

#include "tests/lib/stripe_inside.h"

/* ---- reading ---- */

void ss_form_add(struct ss_form *f, const char *name, const char *value)
{
    if (f->count == f->room) {
        f->room = f->room == 0 ? 16 : f->room * 2;
        f->items = realloc(f->items, f->room * sizeof f->items[0]);
        if (f->items == NULL) WRONG("the test server has no memory left");
    }
    f->items[f->count++] = (struct ss_param){ss_copy(name), ss_copy(value)};
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, tolower((unsigned char)c));
    return at == NULL ? -1 : (int)(at - digits);
}

/* What is no escape stays as it is. */
static void decode(char *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int high = text[i] == '%' && i + 2 < len ? hex_digit(text[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        if (low >= 0) {
            *out++ = (char)(high * 16 + low);
            i += 2;
        } else {
            *out++ = text[i] == '+' ? ' ' : text[i];
        }
    }
    *out = '\0';
}

static void parse_pair(struct ss_form *f, const char *pair, size_t len)
{
    const char *equals = memchr(pair, '=', len);
    size_t name_len = equals == NULL ? len : (size_t)(equals - pair);
    char *name = ss_take(len + 2);
    char *value = name + name_len + 1;
    decode(name, pair, name_len);
    if (equals != NULL) decode(value, equals + 1, len - name_len - 1);
    ss_form_add(f, name, value);
    free(name);
}

void ss_form_parse(struct ss_form *f, const char *body, size_t len)
{
    while (len > 0) {
        const char *end = memchr(body, '&', len);
        size_t pair = end == NULL ? len : (size_t)(end - body);
        if (pair > 0) parse_pair(f, body, pair);
        size_t taken = end == NULL ? pair : pair + 1;
        body += taken;
        len -= taken;
    }
}

const char *ss_form_get(const struct ss_form *f, const char *name)
{
    const char *found = NULL;
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->items[i].name, name) == 0) found = f->items[i].value;
    return found == NULL || *found == '\0' ? NULL : found;
}

void ss_form_free(struct ss_form *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->items[i].name);
        free(f->items[i].value);
    }
    free(f->items);
    *f = (struct ss_form){0};
}

/* ---- refusing ---- */

static void PRINTF_LIKE(5, 0) answer_error(struct ss_call *c, int status, const char *code, const char *param,
                                           const char *format, va_list values)
{
    char message[512];
    vsnprintf(message, sizeof message, format, values);
    c->status = status;
    json_decref(c->body);
    c->body = json_pack("{s:{s:s, s:s}}", "error", "message", message, "type", "invalid_request_error");
    json_t *error = json_object_get(c->body, "error");
    if (code != NULL) json_object_set_new(error, "code", json_string(code));
    if (param != NULL) json_object_set_new(error, "param", json_string(param));
}

void ss_refuse(struct ss_call *c, int status, const char *code, const char *param, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    answer_error(c, status, code, param, format, values);
    va_end(values);
}

void ss_bad(struct ss_call *c, const char *code, const char *param, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    answer_error(c, 400, code, param, format, values);
    va_end(values);
    c->unsaved = true;
}

/* ---- asking ---- */

bool ss_required(struct ss_call *c, const char *name)
{
    if (ss_form_get(&c->form, name) != NULL) return true;
    ss_bad(c, "parameter_missing", name, "Missing required param: %s.", name);
    return false;
}

bool ss_integer(struct ss_call *c, int64_t *out, const char *name, int64_t otherwise)
{
    struct error unused;
    const char *text = ss_form_get(&c->form, name);
    *out = otherwise;
    if (text == NULL) return true;
    bool minus = *text == '-';
    uint64_t n = 0;
    if (uint_parse(&n, str_of(text + minus), &unused) != OK || n > INT64_MAX) {
        ss_bad(c, "parameter_invalid_integer", name, "Invalid integer: %s", text);
        return false;
    }
    *out = minus ? -(int64_t)n : (int64_t)n;
    return true;
}

bool ss_boolean(struct ss_call *c, bool *out, const char *name)
{
    const char *text = ss_form_get(&c->form, name);
    *out = false;
    if (text == NULL) return true;
    *out = strcasecmp(text, "true") == 0;
    if (*out || strcasecmp(text, "false") == 0) return true;
    ss_bad(c, "parameter_invalid_boolean", name, "Invalid boolean: %s", text);
    return false;
}

bool ss_choice(struct ss_call *c, const char **out, const char *name, const char *const *choices)
{
    const char *text = ss_form_get(&c->form, name);
    *out = NULL;
    if (text == NULL) return true;
    for (; *choices != NULL; choices++)
        if (strcmp(text, *choices) == 0) *out = *choices;
    if (*out == NULL) ss_bad(c, NULL, name, "Invalid %s: %s", name, text);
    return *out != NULL;
}

static const char *kind_word(enum ss_kind kind)
{
    static const char *const words[SS_KINDS] = {
        [SS_CUSTOMER] = "customer", [SS_METHOD] = "PaymentMethod",
        [SS_SETUP] = "setupintent", [SS_INTENT] = "payment_intent",
        [SS_CHARGE] = "charge",     [SS_REFUND] = "refund",
        [SS_DISPUTE] = "dispute",   [SS_TXN] = "balance transaction",
        [SS_EVENT] = "event",       [SS_KEY] = "key",
    };
    return words[kind];
}

struct ss_thing *ss_named(struct ss_call *c, enum ss_kind kind, const char *param)
{
    const char *id = ss_form_get(&c->form, param);
    struct ss_thing *t = id == NULL ? NULL : ss_find(c->s, kind, id);
    if (id != NULL && t == NULL)
        ss_bad(c, "resource_missing", param, "No such %s: '%s'", kind_word(kind), id);
    return t;
}

struct ss_thing *ss_of_path(struct ss_call *c, enum ss_kind kind)
{
    struct ss_thing *t = ss_find(c->s, kind, c->id);
    const char *param = kind == SS_INTENT || kind == SS_SETUP ? "intent" : "id";
    if (t == NULL) ss_refuse(c, 404, "resource_missing", param, "No such %s: '%s'", kind_word(kind), c->id);
    return t;
}

/* "metadata[ledger_charge]=…"; an empty value takes the member away. */
void ss_metadata(struct ss_call *c, struct ss_thing *t)
{
    static const char begin[] = "metadata[";
    for (size_t i = 0; i < c->form.count; i++) {
        const struct ss_param *p = &c->form.items[i];
        size_t len = strlen(p->name);
        if (strncmp(p->name, begin, sizeof begin - 1) != 0 || len <= sizeof begin) continue;
        char *member = ss_copy(p->name + sizeof begin - 1);
        member[len - sizeof begin] = '\0';
        if (t->metadata == NULL) t->metadata = json_object();
        if (*p->value == '\0')
            (void)json_object_del(t->metadata, member);
        else
            json_object_set_new(t->metadata, member, json_string(p->value));
        free(member);
    }
}

void ss_word(struct ss_call *c, struct ss_thing *t, const char *name)
{
    const char *text = ss_form_get(&c->form, name);
    if (text == NULL) return;
    if (t->words == NULL) t->words = json_object();
    json_object_set_new(t->words, name, json_string(text));
}
