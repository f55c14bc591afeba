/* SPDX-License-Identifier: MIT */
/* ask_verify.c - finalized invoices held against the ledger: each is decided again, from the records before
 * it, and every amount and word of it must come out the same. It must never call verified what it could not
 * decide again. */
#include "billing/answers.h"

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

struct verifying {
    uint64_t wanted; /* 0: all */
    uint64_t checked, verified, incomplete, differing;
    struct str first; /* what was wrong with the first that was not verified */
    struct arena *arena;
};

static const struct invoice_finalized *document_in(const struct event *events, size_t count, uint64_t invoice)
{
    for (size_t i = 0; i < count; i++) {
        const struct invoice_finalized *d = &events[i].invoice_finalized;
        if (events[i].type == EVENT_INVOICE_FINALIZED && d->invoice == invoice) return d;
    }
    return NULL;
}

static void note(struct verifying *v, const struct invoice_finalized *was, const char *why)
{
    if (v->first.len == 0) v->first = str_format(v->arena, "%.*s: %s", STR_ARG(was->number), why);
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

static void compare(struct verifying *v, const struct recomputation *r, const struct invoice_finalized *was)
{
    const struct invoice_finalized *is = r->code == OK ? document_in(r->is, r->is_count, was->invoice) : NULL;
    v->checked++;
    if (is != NULL && is_same(was, is)) {
        v->verified++;
        return;
    }
    if (r->code == ERR_INCOMPLETE || is_by_other_rules(was)) {
        v->incomplete++;
        note(v, was, r->code == ERR_INCOMPLETE ? r->why.text : "it was made by another version of the rules");
        return;
    }
    v->differing++;
    if (is == NULL) {
        note(v, was, r->code == OK ? "it is not made again" : r->why.text);
        return;
    }
    struct buffer difference = {.arena = v->arena};
    json_t *a = schema_json(&schema_invoice_finalized, was), *b = schema_json(&schema_invoice_finalized, is);
    (void)find_difference(&difference, "", a, b); /* schema_equal has said that there is one */
    buffer_add_byte(&difference, 0);
    note(v, was, (const char *)difference.ptr);
    json_decref(a);
    json_decref(b);
}

static enum err visit(void *context, const struct recomputation *r, struct error *e)
{
    struct verifying *v = context;
    (void)e;
    for (size_t i = 0; i < r->was_count; i++) {
        const struct invoice_finalized *d = &r->was[i].invoice_finalized;
        if (r->was[i].type == EVENT_INVOICE_FINALIZED && (v->wanted == 0 || v->wanted == d->invoice))
            compare(v, r, d);
    }
    return OK;
}

/* ---- the question ---- */

static enum err find_wanted(struct invoice *out, const struct call *c, struct str name, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    err = find_invoice(out, t, name, c->arena, e);
    ledger_read_end(c->service->ledger, t);
    return err;
}

static void verify_progress(void *context, uint64_t done, uint64_t total)
{
    const struct service *s = context;
    s->progress(s->progress_context, "verifying", done, total);
}

enum err ask_invoice_verify(const struct call *c, struct error *e)
{
    const struct invoice_verify_query *q = c->query;
    struct verifying v = {.arena = c->arena};
    struct invoice wanted = {0};
    log_progress_fn *told = c->service->progress == NULL ? NULL : verify_progress;
    enum err err = q->invoice.len == 0 ? OK : find_wanted(&wanted, c, q->invoice, e);
    if (err != OK) return err;
    v.wanted = wanted.invoice;
    uint64_t from = v.wanted == 0 ? 0 : wanted.seq, to = v.wanted == 0 ? UINT64_MAX : wanted.seq + 1;
    err = ledger_recompute(c->service->ledger, from, to, visit, &v, told, c->service, e);
    if (err != OK) return err;
    json_t *j = object_new();
    if (v.wanted != 0) member_text(j, "invoice_number", wanted.number);
    member_flag(j, "verified", v.verified == v.checked && (v.checked > 0 || v.wanted == 0));
    if (v.wanted == 0) member_flag(j, "nothing_to_verify", v.checked == 0);
    member_count(j, "invoices", v.checked);
    member_count(j, "invoices_verified", v.verified);
    member_count(j, "invoices_differing", v.differing);
    member_count(j, "invoices_not_verifiable", v.incomplete);
    member_text_or_null(j, "first_fault", v.first);
    err = c->answer->take(c->answer->self, j, false, e);
    if (err != OK) return err;
    if (v.wanted != 0 && v.checked == 0)
        return fail(e, ERR_INCOMPLETE, "invoice %.*s: its record does not hold it", STR_ARG(wanted.number));
    if (v.differing > 0) return fail(e, ERR_TAMPERED, "invoice %.*s", STR_ARG(v.first));
    return v.incomplete == 0 ? OK : fail(e, ERR_INCOMPLETE, "invoice %.*s", STR_ARG(v.first));
}
