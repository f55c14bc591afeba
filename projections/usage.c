/* SPDX-License-Identifier: MIT */
/* usage.c - usage totals and the event ids that were counted. This is the hot fold: a record holds up to a
 * thousand readings, often many of one customer, so each total's row is read once, added to in memory, and
 * put back once. */
#include "projections/fold.h"

/* ---- event ids ---- */

/* Ids that differ in their last characters only, as counters do, form a group and stand side by side in the
 * views: a thousand of them then touch a handful of pages. Of random ids each stands alone, and is no worse
 * off. */
static struct view_key event_id_key(struct event_ids *ids, struct str id)
{
    enum { TAIL = 3 };
    struct str group = {id.ptr, id.len > TAIL ? id.len - TAIL : 0};
    uint8_t mac[16];
    if (ids->group.ptr == NULL || !str_equal(group, ids->group)) {
        indexer_mac(views_indexer(ids->t), mac, SPACE_EVENT_GROUP, group);
        ids->group = group;
        ids->group_mac = be32_get(mac);
    }
    indexer_mac(views_indexer(ids->t), mac, SPACE_EVENT_ID, id);
    struct view_key k = view_key(SPACE_EVENT_ID);
    view_key_u32(&k, ids->group_mac);
    view_key_mac(&k, mac);
    return k;
}

enum err event_id_seen(bool *seen, struct event_ids *ids, struct str event_id, struct error *e)
{
    struct view_key k = event_id_key(ids, event_id);
    struct bytes value = {0};
    enum err err = views_get(&value, ids->t, &k, e);
    *seen = err == OK;
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err keep_event_ids(struct views_txn *t, const struct usage_recorded *v, struct error *e)
{
    struct event_ids ids = {.t = t};
    for (size_t i = 0; i < v->readings_count; i++) {
        if (v->readings[i].event_id.len == 0) continue;
        struct view_key k = event_id_key(&ids, v->readings[i].event_id);
        enum err err = mark_put(t, &k, e);
        if (err != OK) return err;
    }
    return OK;
}

/* ---- totals ---- */

/* The totals of one customer and usage period while a record is folded. */
struct open_row {
    uint64_t customer;
    struct date period;
    bool is_new;
    struct usage_total *totals;
    size_t count, capacity;
};
/* Open addressing over rows[]: slots hold the place in rows[] plus one. */
struct open_rows {
    struct open_row *rows;
    size_t count;
    uint32_t *slots;
    size_t mask;
};

static struct open_rows rows_for(size_t readings, struct arena *a)
{
    size_t slots = 2;
    while (slots < 2 * readings) slots *= 2;
    return (struct open_rows){.rows = arena_array_of(a, struct open_row, readings),
                              .slots = arena_array_of(a, uint32_t, slots),
                              .mask = slots - 1};
}

static struct view_key usage_key(uint64_t customer, struct date period)
{
    struct view_key k = key_number(SPACE_USAGE, customer);
    view_key_date(&k, period);
    return k;
}

/* Opens what the views have, with room for a few types more. */
static enum err open_row(struct open_row *out, struct views_txn *t, uint64_t customer, struct date period,
                         struct arena *a, struct error *e)
{
    struct view_key k = usage_key(customer, period);
    struct usage_row row = {0};
    bool found = false;
    enum err err = row_find(&found, &row, &row_usage, t, &k, a, e);
    if (err != OK) return err;
    size_t count = found ? row.totals_count : 0;
    *out = (struct open_row){
        .customer = customer, .period = period, .is_new = !found, .count = count, .capacity = count + 4};
    out->totals = arena_array_of(a, struct usage_total, out->capacity);
    if (count > 0) memcpy(out->totals, row.totals, count * sizeof(*out->totals));
    return OK;
}

static enum err row_of(struct open_row **out, struct open_rows *rows, struct views_txn *t,
                       const struct reading *r, struct arena *a, struct error *e)
{
    uint64_t mix =
        (r->customer * 0x9e3779b97f4a7c15u) ^ ((uint64_t)(uint32_t)r->period.days * 0xff51afd7ed558ccdu);
    for (size_t at = (size_t)(mix >> 32);; at++) {
        uint32_t *slot = &rows->slots[at & rows->mask];
        if (*slot == 0) {
            *out = &rows->rows[rows->count];
            enum err err = open_row(*out, t, r->customer, r->period, a, e);
            if (err == OK) *slot = (uint32_t)++rows->count;
            return err;
        }
        *out = &rows->rows[*slot - 1];
        if ((*out)->customer == r->customer && (*out)->period.days == r->period.days) return OK;
    }
}

static struct usage_total *total_of(struct open_row *row, struct str usage_type, struct arena *a)
{
    for (size_t i = 0; i < row->count; i++) {
        if (str_equal(row->totals[i].usage_type, usage_type)) return &row->totals[i];
    }
    if (row->count == row->capacity) {
        struct usage_total *grown = arena_array_of(a, struct usage_total, 2 * row->capacity);
        memcpy(grown, row->totals, row->count * sizeof(*grown));
        row->totals = grown;
        row->capacity *= 2;
    }
    struct usage_total *total = &row->totals[row->count++];
    *total = (struct usage_total){.usage_type = usage_type, .period = row->period};
    return total;
}

static enum err add_reading(struct open_rows *rows, struct views_txn *t, const struct reading *r,
                            struct arena *a, struct error *e)
{
    struct open_row *row = NULL;
    enum err err = row_of(&row, rows, t, r, a, e);
    if (err != OK) return err;
    struct usage_total *total = total_of(row, r->usage_type, a);
    total->readings++;
    return decimal_add(&total->total, total->total, r->quantity, e);
}

/* The periods of a customer that have totals, in their order: late readings may add an old one. */
static enum err add_period(struct views_txn *t, uint64_t customer, struct date period, struct arena *a,
                           struct error *e)
{
    struct view_key k = key_number(SPACE_USAGE_PERIODS, customer);
    struct numbers n = {0};
    enum err err = numbers_get(&n, t, &k, a, e);
    if (err != OK) return err;
    uint64_t days = (uint64_t)(uint32_t)period.days;
    numbers_add(&n, days, a);
    for (size_t i = n.count - 1; i > 0 && n.items[i - 1] > days; i--) {
        n.items[i] = n.items[i - 1];
        n.items[i - 1] = days;
    }
    return numbers_put(t, &k, &n, a, e);
}

static enum err put_row(struct views_txn *t, const struct open_row *row, struct arena *a, struct error *e)
{
    struct view_key k = usage_key(row->customer, row->period);
    struct usage_row value = {row->totals, row->count};
    enum err err = views_put_record(t, &k, &row_usage, &value, e);
    if (err != OK || !row->is_new) return err;
    return add_period(t, row->customer, row->period, a, e);
}

enum err fold_usage(struct views_txn *t, const struct event *ev, const struct event_place *place,
                    struct arena *a, struct error *e)
{
    (void)place;
    if (ev->type != EVENT_USAGE_RECORDED) return OK;
    const struct usage_recorded *v = &ev->usage_recorded;
    struct open_rows rows = rows_for(v->readings_count, a);
    enum err err = keep_event_ids(t, v, e);
    for (size_t i = 0; err == OK && i < v->readings_count; i++)
        err = add_reading(&rows, t, &v->readings[i], a, e);
    for (size_t i = 0; err == OK && i < rows.count; i++) err = put_row(t, &rows.rows[i], a, e);
    return err;
}

/* ---- queries ---- */

static enum err append_period(struct usage_total **out, size_t *count, struct views_txn *t, uint64_t customer,
                              struct date period, struct arena *a, struct error *e)
{
    struct view_key k = usage_key(customer, period);
    struct usage_row row = {0};
    bool found = false;
    enum err err = row_find(&found, &row, &row_usage, t, &k, a, e);
    if (err != OK || !found || row.totals_count == 0) return err;
    struct usage_total *all = arena_array_of(a, struct usage_total, *count + row.totals_count);
    if (*count > 0) memcpy(all, *out, *count * sizeof(*all));
    memcpy(all + *count, row.totals, row.totals_count * sizeof(*all));
    *out = all;
    *count += row.totals_count;
    return OK;
}

enum err usage_since(struct usage_total **out, size_t *count, struct views_txn *t, uint64_t customer,
                     struct date from, struct arena *a, struct error *e)
{
    struct view_key k = key_number(SPACE_USAGE_PERIODS, customer);
    struct numbers periods = {0};
    *out = NULL;
    *count = 0;
    enum err err = numbers_get(&periods, t, &k, a, e);
    size_t first = periods.count;
    while (first > 0 && (int64_t)periods.items[first - 1] >= from.days) first--;
    for (size_t i = first; err == OK && i < periods.count; i++) {
        err = append_period(out, count, t, customer, (struct date){(int32_t)periods.items[i]}, a, e);
    }
    return err;
}

enum err list_usage(struct usage_total **out, size_t *count, struct views_txn *t, uint64_t customer,
                    struct date period, struct arena *a, struct error *e)
{
    *out = NULL;
    *count = 0;
    return append_period(out, count, t, customer, period, a, e);
}
