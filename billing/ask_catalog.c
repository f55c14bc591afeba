/* SPDX-License-Identifier: MIT */
/* ask_catalog.c - questions about versions of the catalog: what is different between two, or between one and
 * a file; and subscriptions moved from one to another. */
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
enum err read_catalog_file(struct catalog *out, const struct call *c, struct str path, struct error *e)
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
                            .rules_count = v->rules_count,
                            .dunning = v->dunning};
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
        err = catalog_in_force(&version, t, service_seller_today(c->service, t, c->arena), 0, c->arena, e);
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
    enum err err = q->file.len != 0 ? read_catalog_file(&to, c, q->file, e) : OK;
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

/* ---- migration ---- */

struct telling {
    const struct call *call;
    json_t *rows;
    uint64_t told;
};

/* "amount 29.00 to 32.00; rate api_calls, included 1000 to 1200": what is said of the terms themselves needs
 * no name. */
static struct str changes_text(const struct migration_row *row, struct arena *a)
{
    struct buffer b = {.arena = a};
    for (size_t i = 0; i < row->changes_count; i++) {
        const struct difference *d = &row->changes[i];
        bool changed = d->kind == DIFFERENCE_CHANGED || d->kind == DIFFERENCE_RETIRED;
        buffer_print(&b, "%s", i == 0 ? "" : "; ");
        if (d->name.len != 0) buffer_print(&b, "%s %.*s", d->what, STR_ARG(d->name));
        if (!changed) {
            struct str value = d->kind == DIFFERENCE_ADDED ? d->new_value : d->old_value;
            buffer_print(&b, " %s: %.*s", difference_word(d->kind), STR_ARG(value));
            continue;
        }
        buffer_print(&b, "%s%s %.*s to %.*s", d->name.len != 0 ? ", " : "", d->member, STR_ARG(d->old_value),
                     STR_ARG(d->new_value));
    }
    return (struct str){(const char *)b.ptr, b.len};
}

static enum err keep_row(void *context, const struct migration_row *row, struct error *e)
{
    static const char *const results[] = {"scheduled", "scheduled before", "refused"};
    struct telling *t = context;
    const struct catalog_migrate_query *q = t->call->query;
    const struct subscription *s = row->subscription;
    (void)e;
    if (q->limit != 0 && t->told == q->limit) return OK;
    t->told++;
    bool refused = row->result == MIGRATION_REFUSED;
    struct arena *a = arena_new();
    json_t *j = object_new();
    member_text(j, "user_id", row->user);
    member_id(j, "subscription_id", "sub", s->subscription);
    member_text(j, "tier", s->terms.product);
    member_interval(j, s->terms.unit, s->terms.interval_count);
    member_count(j, "version", s->terms.catalog_version);
    member_text(j, "result", str_of(results[row->result]));
    member_date(j, "on", refused ? (struct date){0} : s->change_on);
    member_money(j, "old_price", row->before);
    member_money(j, "new_price", row->after);
    member_text(j, "currency", str_of(row->before.currency));
    member_text_or_null(j, "changes", changes_text(row, a));
    member_text_or_null(j, "reason", row->why);
    rows_add(t->rows, j);
    arena_free(a);
    return OK;
}

static enum err totals_json(json_t **out, const struct migration_summary *s, struct error *e)
{
    *out = rows_new();
    for (size_t i = 0; i < s->totals_count; i++) {
        const struct migration_total *t = &s->totals[i];
        struct money difference = {0};
        enum err err = money_subtract(&difference, t->after, t->before, e);
        if (err != OK) return err;
        json_t *j = object_new();
        member_text(j, "currency", str_of(t->before.currency));
        member_count(j, "subscriptions", t->subscriptions);
        member_money(j, "old", t->before);
        member_money(j, "new", t->after);
        member_money(j, "difference", difference);
        rows_add(*out, j);
    }
    return OK;
}

static enum err find_customer_named(uint64_t *out, const struct call *c, struct str user, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    err = service_customer(out, t, user, c->arena, e);
    ledger_read_end(c->service->ledger, t);
    return err;
}

enum err ask_catalog_migrate(const struct call *c, struct error *e)
{
    const struct catalog_migrate_query *q = c->query;
    struct telling told = {.call = c, .rows = rows_new()};
    struct migration_summary s = {0};
    struct migration_options o = {.version = q->to,
                                  .tier = q->tier,
                                  .dry_run = q->dry_run,
                                  .actor = c->service->actor,
                                  .row = keep_row,
                                  .context = &told,
                                  .progress = c->service->progress,
                                  .progress_context = c->service->progress_context};
    json_t *j = object_new(), *totals = NULL;
    enum err err = find_customer_named(&o.customer, c, q->customer, e);
    if (err == OK) err = catalog_migrate(&s, c->service->ledger, &o, c->arena, e);
    if (err == OK) err = totals_json(&totals, &s, e);
    if (err != OK) {
        json_decref(totals);
        json_decref(told.rows);
        json_decref(j);
        return err;
    }
    member_count(j, "to", q->to);
    member_flag(j, "dry_run", q->dry_run);
    member_count(j, "scheduled", s.scheduled);
    member_count(j, "scheduled_before", s.scheduled_before);
    member_count(j, "unchanged", s.unchanged);
    member_count(j, "refused", s.refused);
    member_put(j, "subscriptions", told.rows);
    member_put(j, "monthly", totals);
    return c->answer->take(c->answer->self, j, false, e);
}
