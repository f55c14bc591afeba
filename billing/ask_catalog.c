/* SPDX-License-Identifier: MIT */
/* ask_catalog.c - questions about versions of the catalog: what is different between two, or between one and
 * a file. */
#include "billing/answers.h"

/* ---- differences ---- */

static json_t *difference_json(const struct difference *d)
{
    json_t *j = object_new();
    member_text(j, "change", str_of(difference_word(d->kind)));
    member_text(j, "what", str_of(d->what));
    member_text_or_null(j, "name", d->name);
    member_text_or_null(j, "member", str_of(d->member));
    member_text_or_null(j, "old", d->old_value);
    member_text_or_null(j, "new", d->new_value);
    return j;
}

/* What a file holds, as if it had been loaded. */
static enum err read_file(struct catalog *out, const struct call *c, struct str path, struct error *e)
{
    struct command *command = arena_new_of(c->arena, struct command);
    enum err err = catalog_read(command, str_cstring(c->arena, path), c->arena, e);
    const struct catalog_load_command *v = &command->catalog_load;
    *out = (struct catalog){.name = v->name,
                            .products = v->products,
                            .products_count = v->products_count,
                            .prices = v->prices,
                            .prices_count = v->prices_count,
                            .from = v->from,
                            .metrics = v->metrics,
                            .metrics_count = v->metrics_count,
                            .coupons = v->coupons,
                            .coupons_count = v->coupons_count,
                            .taxes = v->taxes,
                            .taxes_count = v->taxes_count,
                            .rules = v->rules,
                            .rules_count = v->rules_count};
    return err;
}

/* Left out: a file is compared with what is in force today, the newest version with the one before it. */
static enum err load_both(struct catalog *from, struct catalog *to, const struct call *c, struct views_txn *t,
                          struct error *e)
{
    const struct catalog_diff_query *q = c->query;
    uint64_t version = q->from;
    enum err err = OK;
    if (q->file.len == 0) {
        err = load_catalog(to, t, q->to, c->arena, e);
        if (err == OK && version == 0) version = to->version - 1;
        if (err == OK && version == 0)
            return fail(e, ERR_NOT_FOUND, "there is no version before the first: name two, or a --file");
    } else if (version == 0) {
        err = catalog_in_force(&version, t, service_today(c->service), 0, c->arena, e);
    }
    return err == OK ? load_catalog(from, t, version, c->arena, e) : err;
}

enum err ask_catalog_diff(const struct call *c, struct error *e)
{
    const struct catalog_diff_query *q = c->query;
    struct catalog from = {0}, to = {0};
    struct difference_list list = {0};
    struct views_txn *t = NULL;
    if (q->file.len != 0 && q->to != 0)
        return fail(e, ERR_USAGE, "a second version and --file exclude each other");
    enum err err = q->file.len != 0 ? read_file(&to, c, q->file, e) : OK;
    if (err == OK) err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    err = load_both(&from, &to, c, t, e);
    ledger_read_end(c->service->ledger, t);
    if (err != OK) return err;
    catalog_differences(&list, &from, &to, c->arena);
    for (size_t i = 0; i < list.count && err == OK; i++)
        err = c->answer->take(c->answer->self, difference_json(&list.items[i]), true, e);
    return err;
}
