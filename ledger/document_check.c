/* SPDX-License-Identifier: MIT */
/* document_check.c - a document that was decided again, held against what it is: every amount and word of it
 * must come out the same. */
#include "ledger/ledger_private.h"

/* ---- the first difference ---- */

/* Writes the way to the first place where two documents differ, with both values; false when they are equal.
 */
static bool find_difference(struct buffer *out, const char *path, json_t *was, const json_t *is)
{
    char inner[256];
    const char *name = NULL;
    json_t *value = NULL;
    if (json_equal(was, is)) return false;
    if (json_is_object(was) && json_is_object(is)) {
        json_object_foreach(was, name, value)
        {
            (void)snprintf(inner, sizeof inner, "%s%s%s", path, path[0] == '\0' ? "" : ".", name);
            if (find_difference(out, inner, value, json_object_get(is, name))) return true;
        }
    }
    if (json_is_array(was) && json_array_size(was) == json_array_size(is)) {
        for (size_t i = 0; i < json_array_size(was); i++) {
            (void)snprintf(inner, sizeof inner, "%s[%zu]", path, i);
            if (find_difference(out, inner, json_array_get(was, i), json_array_get(is, i))) return true;
        }
    }
    if (json_is_array(was) && json_is_array(is)) {
        buffer_print(out, "%s has %zu items, not %zu", path, json_array_size(was), json_array_size(is));
        return true;
    }
    char *a = json_dumps(was, JSON_ENCODE_ANY), *b = is == NULL ? NULL : json_dumps(is, JSON_ENCODE_ANY);
    buffer_print(out, "%s is %s, not %s", path, a == NULL ? "?" : a, b == NULL ? "there" : b);
    free(a);
    free(b);
    return true;
}

/* ---- one document ---- */

static const struct invoice_finalized *document_in(const struct event *events, size_t count, uint64_t invoice)
{
    for (size_t i = 0; i < count; i++) {
        const struct invoice_finalized *d = &events[i].invoice_finalized;
        if (events[i].type == EVENT_INVOICE_FINALIZED && d->invoice == invoice) return d;
    }
    return NULL;
}

enum { OLDER = 1, INCOMPLETE, DIFFERING };

static void note(struct document_checks *v, int kind, const struct invoice_finalized *was, const char *why)
{
    if (kind <= v->worst) return;
    v->worst = kind;
    v->first = str_format(v->arena, "%.*s: %s", STR_ARG(was->number), why);
}

/* Other rules may come to other amounts, and say so; where they come to the same, that is verified too. */
static bool is_by_other_rules(const struct invoice_finalized *was)
{
    return was->rule_version != BILLING_RULE_VERSION;
}

static bool is_same(const struct invoice_finalized *was, const struct invoice_finalized *is)
{
    struct invoice_finalized again = *is;
    again.rule_version = was->rule_version;
    return schema_equal(&schema_invoice_finalized, was, &again);
}

static void note_difference(struct document_checks *v, const struct invoice_finalized *was,
                            const struct invoice_finalized *is)
{
    struct buffer difference = {.arena = v->arena};
    json_t *a = schema_json(&schema_invoice_finalized, was), *b = schema_json(&schema_invoice_finalized, is);
    (void)find_difference(&difference, "", a, b); /* schema_equal has said that there is one */
    buffer_add_byte(&difference, 0);
    note(v, DIFFERING, was, (const char *)difference.ptr);
    json_decref(a);
    json_decref(b);
}

/* Why it could not be decided again, where that is no fault of the document's; else NULL. */
static const char *excuse(const struct recomputation *r, const struct invoice_finalized *was)
{
    if (!r->keeps_command) return NULL;
    if (r->code == ERR_INCOMPLETE) return r->why.text;
    return is_by_other_rules(was) ? "it was made by another version of the rules" : NULL;
}

static void compare(struct document_checks *v, const struct recomputation *r,
                    const struct invoice_finalized *was)
{
    const struct invoice_finalized *is = r->code == OK ? document_in(r->is, r->is_count, was->invoice) : NULL;
    const char *why = excuse(r, was);
    v->checked++;
    if (is != NULL && is_same(was, is)) {
        v->verified++;
    } else if (!r->keeps_command && !v->command_seen) {
        v->older++;
        note(v, OLDER, was, r->why.text);
    } else if (why != NULL) {
        v->incomplete++;
        note(v, INCOMPLETE, was, why);
    } else {
        v->differing++;
        if (is != NULL)
            note_difference(v, was, is);
        else
            note(v, DIFFERING, was, r->code == OK ? "it is not made again" : r->why.text);
    }
}

enum err document_check(void *checks, const struct recomputation *r, struct error *e)
{
    struct document_checks *v = checks;
    (void)e;
    if (r->keeps_command) v->command_seen = true;
    for (size_t i = 0; i < r->was_count; i++) {
        const struct invoice_finalized *d = &r->was[i].invoice_finalized;
        if (r->was[i].type == EVENT_INVOICE_FINALIZED && (v->wanted == 0 || v->wanted == d->invoice))
            compare(v, r, d);
    }
    return OK;
}
