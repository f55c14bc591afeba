/* SPDX-License-Identifier: MIT */
/* reratings.c - proposals to correct what was billed for usage, and what became of them. A customer has one
 * at most that waits. */
#include "projections/fold.h"

static enum err rerating_put(struct views_txn *t, const struct rerating *r, struct error *e)
{
    struct view_key k = key_number(SPACE_RERATING, r->rerating);
    return views_put_record(t, &k, &schema_rerating, r, e);
}

static enum err propose(struct views_txn *t, const struct usage_rerated *v, struct instant at,
                        struct error *e)
{
    struct rerating row = {.rerating = v->rerating,
                           .customer = v->customer,
                           .at = at,
                           .from = v->from,
                           .to = v->to,
                           .subscription = v->subscription,
                           .lines = v->lines,
                           .lines_count = v->lines_count};
    struct view_key k = key_number(SPACE_OPEN_RERATING, v->customer);
    enum err err = rerating_put(t, &row, e);
    return err == OK ? number_put(t, &k, v->rerating, e) : err;
}

static enum err close(struct views_txn *t, uint64_t rerating, uint64_t customer,
                      const struct rerating_approved *approved, struct arena *a, struct error *e)
{
    struct rerating row = {0};
    struct view_key k = key_number(SPACE_RERATING, rerating);
    struct view_key open = key_number(SPACE_OPEN_RERATING, customer);
    enum err err = row_need(&row, &schema_rerating, t, &k, "re-rating", rerating, a, e);
    row.status = approved != NULL ? RERATING_APPROVED : RERATING_DISCARDED;
    if (approved != NULL) { /* what really came of it */
        row.lines = approved->lines;
        row.lines_count = approved->lines_count;
    }
    if (err == OK) err = rerating_put(t, &row, e);
    return err == OK ? views_delete(t, &open, e) : err;
}

enum err fold_reratings(struct views_txn *t, const struct event *ev, const struct event_place *place,
                        struct arena *a, struct error *e)
{
    const struct rerating_approved *v = &ev->rerating_approved;
    const struct rerating_discarded *w = &ev->rerating_discarded;
    if (ev->type == EVENT_USAGE_RERATED) return propose(t, &ev->usage_rerated, place->at, e);
    if (ev->type == EVENT_RERATING_APPROVED) return close(t, v->rerating, v->customer, v, a, e);
    if (ev->type != EVENT_RERATING_DISCARDED) return OK;
    return close(t, w->rerating, w->customer, NULL, a, e);
}

/* ---- queries ---- */

enum err rerating_open(uint64_t *out, struct views_txn *t, uint64_t customer, struct error *e)
{
    struct view_key k = key_number(SPACE_OPEN_RERATING, customer);
    return number_get(out, t, &k, e);
}

enum err load_rerating(struct rerating *out, struct views_txn *t, uint64_t rerating, struct arena *a,
                       struct error *e)
{
    struct view_key k = key_number(SPACE_RERATING, rerating);
    return row_load(out, &schema_rerating, t, &k, "re-rating rerating_", rerating, a, e);
}

enum err find_rerating(struct rerating *out, struct views_txn *t, struct str name, struct arena *a,
                       struct error *e)
{
    struct error unused = {0};
    struct user_entry entry = {0};
    uint64_t number = 0;
    if (public_id_parse(&number, "rerating", name, &unused) == OK) return load_rerating(out, t, number, a, e);
    enum err err = user_get(&entry, t, name, e);
    if (err == OK && entry.customer != 0) err = rerating_open(&number, t, entry.customer, e);
    if (err == OK && number != 0) return load_rerating(out, t, number, a, e);
    struct str shown = text_quotable(name);
    return err != OK ? err : fail(e, ERR_NOT_FOUND, "no re-rating '%.*s'", STR_ARG(shown));
}

struct visiting {
    rerating_row_fn *row;
    void *context;
    struct arena *arena;
};

static enum err visit(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct visiting *v = context;
    struct rerating row = {0};
    (void)key;
    enum err err = schema_decode(&row, &schema_rerating, value, v->arena, e);
    return err == OK ? v->row(v->context, &row, e) : err;
}

enum err list_reratings(struct views_txn *t, rerating_row_fn *row, void *context, struct arena *a,
                        struct error *e)
{
    struct view_key from = view_key(SPACE_RERATING);
    struct visiting v = {row, context, a};
    return views_scan(t, &from, from.len, false, visit, &v, e);
}
