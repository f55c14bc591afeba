/* SPDX-License-Identifier: MIT */
/* usage.c - usage totals. This is the hot fold: a record holds up to a thousand readings, often many of one
 * customer, so each total's row is read once, added to in memory, and put back once. How a reading is added,
 * and taken back, is the book's to say. */
#include "projections/fold.h"

#include "ledger/book.h"

/* ---- levels ---- */

static enum err levels_get(struct level_list *out, struct views_txn *t, uint64_t customer, struct arena *a,
                           struct error *e)
{
    struct view_key k = key_number(SPACE_USAGE_LEVELS, customer);
    bool found = false;
    *out = (struct level_list){0};
    return row_find(&found, out, &row_levels, t, &k, a, e);
}

static enum err move_level(struct views_txn *t, const struct reading *r, struct arena *a, struct error *e)
{
    struct level_list row = {0};
    enum err err = levels_get(&row, t, r->customer, a, e);
    struct usage_level *levels = arena_array_of(a, struct usage_level, row.levels_count + 1);
    size_t at = 0;
    if (err != OK) return err;
    while (at < row.levels_count && !str_equal(row.levels[at].usage_type, r->usage_type)) at++;
    if (row.levels_count > 0) memcpy(levels, row.levels, row.levels_count * sizeof(*levels));
    if (at == row.levels_count)
        levels[row.levels_count++] = (struct usage_level){.usage_type = r->usage_type};
    err = decimal_add(&levels[at].level, levels[at].level, r->quantity, e);
    if (err != OK) return err;
    row.levels = levels;
    struct view_key k = key_number(SPACE_USAGE_LEVELS, r->customer);
    return views_put_record(t, &k, &row_levels, &row, e);
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
    row->totals = arena_grow(a, row->totals, row->count, &row->capacity, sizeof *row->totals);
    struct usage_total *total = &row->totals[row->count++];
    *total = (struct usage_total){.usage_type = usage_type, .period = row->period};
    return total;
}

static enum err add_reading(struct open_rows *rows, struct views_txn *t, const struct reading *r,
                            struct reading_place at, struct arena *a, struct error *e)
{
    struct open_row *row = NULL;
    enum err err = row_of(&row, rows, t, r, a, e);
    if (err != OK) return err;
    bool new_key = false;
    switch (r->aggregation) {
    case AGGREGATION_SUM: break;
    case AGGREGATION_MAX:
    case AGGREGATION_LAST: err = single_put(t, r, at, e); break;
    case AGGREGATION_UNIQUE: err = key_keep(&new_key, t, r, a, e); break;
    case AGGREGATION_TIME_WEIGHTED: err = move_level(t, r, a, e); break;
    }
    return err == OK ? total_count(total_of(row, r->usage_type, a), r, new_key, a, e) : err;
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

static enum err record(struct views_txn *t, const struct usage_recorded *v, uint64_t seq, struct arena *a,
                       struct error *e)
{
    struct open_rows rows = rows_for(v->readings_count, a);
    enum err err = event_ids_keep(t, v, seq, e);
    for (size_t i = 0; err == OK && i < v->readings_count; i++)
        err = add_reading(&rows, t, &v->readings[i], (struct reading_place){seq, i}, a, e);
    for (size_t i = 0; err == OK && i < rows.count; i++) err = put_row(t, &rows.rows[i], a, e);
    return err;
}

/* ---- corrections ---- */

/* A reading with a quantity that is the difference: a level goes on from where it led. */
static enum err correct_level(struct views_txn *t, const struct usage_corrected *v, struct arena *a,
                              struct error *e)
{
    struct reading by = v->reading;
    if (by.aggregation != AGGREGATION_TIME_WEIGHTED) return OK;
    enum err err = decimal_subtract(&by.quantity, v->is, v->was, e);
    return err == OK ? move_level(t, &by, a, e) : err;
}

/* The largest, and the last, come out of those readings that are left. */
static enum err count_anew(struct usage_total *total, struct views_txn *t, const struct usage_corrected *v,
                           struct arena *a, struct error *e)
{
    struct reading is = v->reading;
    struct reading_place at = {v->seq, (size_t)v->place};
    is.quantity = v->is;
    enum err err = v->canceled ? single_forget(t, &is, at, e) : single_put(t, &is, at, e);
    return err == OK ? singles_count(total, t, &is, a, e) : err;
}

/* Which keys there are is a matter of which readings there are, whatever their quantities. */
static enum err release_key(struct usage_total *total, struct views_txn *t, const struct usage_corrected *v,
                            struct arena *a, struct error *e)
{
    bool was_last = false;
    if (!v->canceled) return OK;
    enum err err = key_release(&was_last, t, &v->reading, a, e);
    if (err == OK && was_last) err = decimal_subtract(&total->total, total->total, decimal_of(1), e);
    if (err == OK) total->readings--;
    return err;
}

static enum err correct(struct views_txn *t, const struct usage_corrected *v, struct arena *a,
                        struct error *e)
{
    struct open_row row = {0};
    enum err err = open_row(&row, t, v->customer, v->reading.period, a, e);
    if (err != OK) return err;
    struct usage_total *total = total_of(&row, v->reading.usage_type, a);
    if (total->readings == 0)
        return fail(e, ERR_TAMPERED, "an event corrects a reading that no event before it counted");
    switch (v->reading.aggregation) {
    case AGGREGATION_SUM:
    case AGGREGATION_TIME_WEIGHTED: err = total_correct(total, v, a, e); break;
    case AGGREGATION_MAX:
    case AGGREGATION_LAST: err = count_anew(total, t, v, a, e); break;
    case AGGREGATION_UNIQUE: err = release_key(total, t, v, a, e); break;
    }
    if (err == OK) err = correct_level(t, v, a, e);
    if (err == OK) err = put_row(t, &row, a, e);
    return err == OK ? reading_state_put(t, v, e) : err;
}

enum err fold_usage(struct views_txn *t, const struct event *ev, const struct event_place *place,
                    struct arena *a, struct error *e)
{
    if (ev->type == EVENT_USAGE_RECORDED) return record(t, &ev->usage_recorded, place->seq, a, e);
    return ev->type == EVENT_USAGE_CORRECTED ? correct(t, &ev->usage_corrected, a, e) : OK;
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

/* A level of now less what changed since is the one that was there before. */
static enum err level_before(struct decimal *level, struct str usage_type, const struct usage_total *since,
                             size_t count, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        bool changed = since[i].aggregation == AGGREGATION_TIME_WEIGHTED;
        if (!changed || !str_equal(since[i].usage_type, usage_type)) continue;
        enum err err = decimal_subtract(level, *level, since[i].total, e);
        if (err != OK) return err;
    }
    return OK;
}

enum err usage_level_now(struct decimal *out, struct views_txn *t, uint64_t customer, struct str usage_type,
                         struct arena *a, struct error *e)
{
    struct level_list row = {0};
    enum err err = levels_get(&row, t, customer, a, e);
    *out = (struct decimal){0};
    for (size_t i = 0; i < row.levels_count && err == OK; i++) {
        if (str_equal(row.levels[i].usage_type, usage_type)) *out = row.levels[i].level;
    }
    return err;
}

static bool may_have_levels(const struct catalog *catalog, const struct usage_total *since, size_t count)
{
    bool may = catalog_has_levels(catalog);
    for (size_t i = 0; i < count; i++) may = may || since[i].aggregation == AGGREGATION_TIME_WEIGHTED;
    return may;
}

/* Whether the usage type is one of levels still: the catalog may have taken to count it otherwise. */
static bool is_level(struct str usage_type, const struct catalog *catalog, const struct usage_total *since,
                     size_t count)
{
    if (aggregation_of(catalog, usage_type) == AGGREGATION_TIME_WEIGHTED) return true;
    for (size_t i = 0; i < count; i++) {
        bool changed = since[i].aggregation == AGGREGATION_TIME_WEIGHTED;
        if (changed && str_equal(since[i].usage_type, usage_type)) return true;
    }
    return false;
}

enum err usage_with_levels(struct usage_total **out, size_t *count, struct views_txn *t, uint64_t customer,
                           struct date from, const struct catalog *catalog, struct arena *a, struct error *e)
{
    struct level_list row = {0};
    enum err err = usage_since(out, count, t, customer, from, a, e);
    if (err != OK || !may_have_levels(catalog, *out, *count)) return err;
    err = levels_get(&row, t, customer, a, e);
    const struct usage_total *since = *out;
    size_t since_count = *count;
    *out = arena_array_of(a, struct usage_total, since_count + row.levels_count);
    if (since_count > 0) memcpy(*out, since, since_count * sizeof(**out));
    for (size_t i = 0; err == OK && i < row.levels_count; i++) {
        struct str type = row.levels[i].usage_type;
        if (!is_level(type, catalog, since, since_count)) continue;
        struct usage_total *before = &(*out)[(*count)++];
        *before = (struct usage_total){
            .usage_type = type, .total = row.levels[i].level, .aggregation = AGGREGATION_TIME_WEIGHTED};
        err = level_before(&before->total, type, since, since_count, e);
    }
    return err;
}

enum err usage_has_levels(bool *out, struct views_txn *t, uint64_t customer, struct error *e)
{
    struct view_key k = key_number(SPACE_USAGE_LEVELS, customer);
    return mark_find(out, t, &k, e);
}

enum err list_usage(struct usage_total **out, size_t *count, struct views_txn *t, uint64_t customer,
                    struct date period, struct arena *a, struct error *e)
{
    *out = NULL;
    *count = 0;
    return append_period(out, count, t, customer, period, a, e);
}

static bool is_listed(const struct usage_quantity *rows, size_t count, struct str usage_type)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(rows[i].usage_type, usage_type)) return true;
    }
    return false;
}

enum err list_quantities(struct usage_quantity **out, size_t *count, struct views_txn *t, uint64_t customer,
                         const struct usage_when *w, struct arena *a, struct error *e)
{
    const struct catalog *catalog = NULL;
    struct usage_total *totals = NULL;
    uint64_t version = 0;
    size_t totals_count = 0;
    *count = 0;
    enum err err = catalog_in_force(&version, t, w->today, 0, a, e);
    if (err == OK && version != 0) err = catalog_kept(&catalog, t, version, e);
    if (err == OK)
        err = usage_with_levels(&totals, &totals_count, t, customer, w->period.start, catalog, a, e);
    *out = arena_array_of(a, struct usage_quantity, totals_count);
    for (size_t i = 0; err == OK && i < totals_count; i++) {
        struct usage_quantity *row = &(*out)[*count];
        *row = (struct usage_quantity){.usage_type = totals[i].usage_type};
        if (is_listed(*out, *count, row->usage_type)) continue;
        err = totals_measure(&row->measure, totals, totals_count, row->usage_type, w->period, w->whole, e);
        if (row->measure.readings > 0 || exact_sign(row->measure.quantity) != 0) ++*count;
    }
    return err;
}
