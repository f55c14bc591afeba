/* SPDX-License-Identifier: MIT */
/* exchange.c - what currencies were worth in others, by day. Few currencies have rates, and of each there is
 * one a day; so the newest by a day is found at its place, and which pairs there are stands in one row. */
#include "projections/fold.h"

static struct view_key key_of_pair(struct views_txn *t, struct str from, struct str to)
{
    char pair[8] = "";
    size_t len = 0;
    assert(from.len == 3 && to.len == 3);
    for (size_t i = 0; i < 3; i++) pair[len++] = from.ptr[i];
    for (size_t i = 0; i < 3; i++) pair[len++] = to.ptr[i];
    return key_text(SPACE_EXCHANGE_RATE, t, (struct str){pair, len});
}

static enum err pairs_get(struct currency_pairs *out, struct views_txn *t, struct arena *a, struct error *e)
{
    struct view_key k = view_key(SPACE_EXCHANGE_PAIRS);
    bool found = false;
    *out = (struct currency_pairs){0};
    return row_find(&found, out, &schema_currency_pairs, t, &k, a, e);
}

static enum err note_pair(struct views_txn *t, const struct exchange_rate_set *v, struct arena *a,
                          struct error *e)
{
    struct currency_pairs row = {0};
    struct view_key k = view_key(SPACE_EXCHANGE_PAIRS);
    enum err err = pairs_get(&row, t, a, e);
    if (err != OK) return err;
    struct currency_pair *pairs = arena_array_of(a, struct currency_pair, row.pairs_count + 1);
    for (size_t i = 0; i < row.pairs_count; i++) {
        pairs[i] = row.pairs[i];
        if (str_equal(pairs[i].from, v->from) && str_equal(pairs[i].to, v->to)) return OK;
    }
    pairs[row.pairs_count++] = (struct currency_pair){v->from, v->to};
    row.pairs = pairs;
    return views_put_record(t, &k, &schema_currency_pairs, &row, e);
}

enum err fold_exchange(struct views_txn *t, const struct event *ev, const struct event_place *place,
                       struct arena *a, struct error *e)
{
    const struct exchange_rate_set *v = &ev->exchange_rate_set;
    (void)place;
    if (ev->type != EVENT_EXCHANGE_RATE_SET) return OK;
    struct exchange_rate row = {
        .from = v->from, .to = v->to, .rate = v->rate, .on = v->on, .source = v->source};
    struct view_key k = key_of_pair(t, v->from, v->to);
    view_key_date(&k, v->on);
    enum err err = views_put_record(t, &k, &schema_exchange_rate, &row, e);
    return err == OK ? note_pair(t, v, a, e) : err;
}

/* ---- asking ---- */

struct seeking {
    exchange_rate_fn *give;
    void *context;
    struct arena *arena;
};

static enum err see_rate(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct seeking *s = context;
    struct exchange_rate row = {0};
    (void)key;
    enum err err = schema_decode(&row, &schema_exchange_rate, bytes_copy(s->arena, value), s->arena, e);
    return err == OK ? s->give(s->context, &row, e) : err;
}

struct newest {
    struct exchange_rate *out;
    bool found;
};

static enum err take_newest(void *context, const struct exchange_rate *row, struct error *e)
{
    struct newest *n = context;
    (void)e;
    *n->out = *row;
    n->found = true;
    return ERR_NOT_FOUND; /* it is the first, backwards */
}

enum err load_exchange_rate(bool *found, struct exchange_rate *out, struct views_txn *t,
                            const struct currency_pair *pair, struct date on, struct arena *a,
                            struct error *e)
{
    struct newest n = {.out = out};
    struct seeking s = {take_newest, &n, a};
    struct view_key k = key_of_pair(t, pair->from, pair->to);
    size_t prefix = k.len;
    view_key_date(&k, on);
    enum err err = views_scan(t, &k, prefix, true, see_rate, &s, e);
    *found = n.found;
    return err;
}

enum err load_exchange_rates_to(struct exchange_rate **out, size_t *count, struct views_txn *t, struct str to,
                                struct date on, struct arena *a, struct error *e)
{
    struct currency_pairs row = {0};
    enum err err = pairs_get(&row, t, a, e);
    *out = arena_array_of(a, struct exchange_rate, row.pairs_count);
    *count = 0;
    for (size_t i = 0; i < row.pairs_count && err == OK; i++) {
        bool found = false;
        if (!str_equal(row.pairs[i].to, to)) continue;
        err = load_exchange_rate(&found, &(*out)[*count], t, &row.pairs[i], on, a, e);
        if (found) ++*count;
    }
    return err;
}

enum err list_exchange_rates(struct views_txn *t, exchange_rate_fn *give, void *context, struct arena *a,
                             struct error *e)
{
    struct currency_pairs row = {0};
    struct seeking s = {give, context, a};
    enum err err = pairs_get(&row, t, a, e);
    for (size_t i = 0; i < row.pairs_count && err == OK; i++) {
        struct view_key k = key_of_pair(t, row.pairs[i].from, row.pairs[i].to);
        err = views_scan(t, &k, k.len, true, see_rate, &s, e);
    }
    return err;
}
