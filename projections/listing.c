/* SPDX-License-Identifier: MIT */
/* listing.c - walking rows for the lists. It never keeps a row that the caller did not get. */
#include "projections/listing.h"

bool is_within(const struct list_query *q, struct date day)
{
    if (date_is_given(q->from) && date_compare(day, q->from) < 0) return false;
    return !date_is_given(q->to) || date_compare(day, q->to) <= 0;
}

static enum err consider(struct listing *l, struct bytes value, struct error *e)
{
    arena_reset(l->scratch);
    enum err err = schema_decode(l->row, l->schema, value, l->scratch, e);
    if (err != OK || !l->is_wanted(l->q, l->row)) return err;
    err = schema_decode(l->row, l->schema, bytes_copy(l->arena, value), l->arena, e);
    if (err == OK) err = l->give(l, e);
    if (err != OK) return err;
    return ++l->given == l->q->limit ? ERR_NOT_FOUND : OK;
}

/* The list goes on behind it. */
static bool is_place(const struct listing *l, struct bytes key)
{
    return l->q->after != 0 && key_tail(key, 8) == l->q->after;
}

static enum err visit_value(void *context, struct bytes key, struct bytes value, struct error *e)
{
    const struct listing *l = context;
    return is_place(l, key) ? OK : consider(context, value, e);
}

static enum err visit_index(void *context, struct bytes key, struct bytes value, struct error *e)
{
    (void)value;
    struct listing *l = context;
    uint64_t number = key_tail(key, 8);
    if (is_place(l, key)) return OK;
    struct view_key k = key_number(l->space, number);
    struct bytes row = {0};
    enum err err = views_get(&row, l->t, &k, e);
    if (err == OK) return consider(l, row, e);
    if (err != ERR_NOT_FOUND) return err;
    return fail(e, ERR_TAMPERED, "the views list %s %ju and do not have it", l->schema->name,
                (uintmax_t)number);
}

static enum err walk(struct listing *l, const struct view_key *prefix, bool backwards, view_visit_fn *visit,
                     struct error *e)
{
    l->scratch = arena_new();
    l->given = 0;
    struct view_key from = *prefix;
    if (l->q->after != 0) view_key_u64(&from, l->q->after);
    if (l->place != NULL) from = *l->place;
    enum err err = views_scan(l->t, &from, prefix->len, backwards, visit, l, e);
    arena_free(l->scratch);
    return err;
}

enum err list_values(struct listing *l, const struct view_key *prefix, bool backwards, struct error *e)
{
    return walk(l, prefix, backwards, visit_value, e);
}

enum err list_indexed(struct listing *l, const struct view_key *prefix, bool backwards, struct error *e)
{
    return walk(l, prefix, backwards, visit_index, e);
}

struct collecting {
    struct numbers *numbers;
    struct arena *arena;
    size_t limit;
};

static enum err collect(void *context, struct bytes key, struct bytes value, struct error *e)
{
    (void)value;
    (void)e;
    struct collecting *c = context;
    numbers_add(c->numbers, key_tail(key, 8), c->arena);
    return c->numbers->count == c->limit ? ERR_NOT_FOUND : OK;
}

enum err list_numbers(struct numbers *out, struct views_txn *t, const struct view_key *prefix, bool backwards,
                      size_t limit, struct arena *a, struct error *e)
{
    *out = (struct numbers){0};
    struct collecting c = {out, a, limit};
    return views_scan(t, prefix, prefix->len, backwards, collect, &c, e);
}
