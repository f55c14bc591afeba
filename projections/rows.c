/* SPDX-License-Identifier: MIT */
/* rows.c - keys and rows of the views. It knows the shape of what is kept, and nothing of what it means. */
#include "projections/rows.h"

/* ---- rows ---- */

/* clang-format off */
#define ROW_FIELD(row, KIND, field) {.name = #field, .kind = KIND_##KIND, .offset = offsetof(struct row, field)}
#define ROW_PART(row, schema, field) {.name = #field, .kind = KIND_PART, .offset = offsetof(struct row, field), .of = &(schema)}
#define ROW_LIST(row, schema, field) {.name = #field, .kind = KIND_LIST, .offset = offsetof(struct row, field), \
                                      .count_offset = offsetof(struct row, field##_count), .of = &(schema)}
#define ROW(name_, row, table) {.name = name_, .size = sizeof(struct row), .fields = (table), \
                                .count = sizeof(table) / sizeof((table)[0])}

static const struct field fields_of_tally[] = {ROW_FIELD(tally, COUNT, active_subscriptions), ROW_FIELD(tally, COUNT, readings)};
const struct schema row_tally = ROW("tally", tally, fields_of_tally);

static const struct field fields_of_methods[] = {ROW_LIST(method_list, schema_method, methods)};
const struct schema row_methods = ROW("methods", method_list, fields_of_methods);

static const struct field fields_of_alerts[] = {ROW_LIST(alert_list, schema_alert, alerts)};
const struct schema row_alerts = ROW("alerts", alert_list, fields_of_alerts);

static const struct field fields_of_coupons[] = {ROW_LIST(coupon_list, schema_redemption, coupons)};
const struct schema row_coupons = ROW("coupons", coupon_list, fields_of_coupons);

static const struct field fields_of_pending_item[] = {ROW_FIELD(pending_item, COUNT, item), ROW_FIELD(pending_item, DATE, due)};
static const struct schema row_pending_item = ROW("pending item", pending_item, fields_of_pending_item);
static const struct field fields_of_pending_items[] = {ROW_LIST(pending_items, row_pending_item, items)};
const struct schema row_pending_items = ROW("pending items", pending_items, fields_of_pending_items);

static const struct field fields_of_usage[] = {ROW_LIST(usage_row, schema_usage_total, totals)};
const struct schema row_usage = ROW("usage", usage_row, fields_of_usage);

static const struct field fields_of_usage_level[] = {ROW_FIELD(usage_level, STR, usage_type), ROW_FIELD(usage_level, DECIMAL, level)};
static const struct schema row_usage_level = ROW("usage level", usage_level, fields_of_usage_level);
static const struct field fields_of_levels[] = {ROW_LIST(level_list, row_usage_level, levels)};
const struct schema row_levels = ROW("levels", level_list, fields_of_levels);

static const struct field fields_of_single_reading[] = {ROW_FIELD(single_reading, DECIMAL, quantity), ROW_FIELD(single_reading, INSTANT, at)};
const struct schema row_single_reading = ROW("single reading", single_reading, fields_of_single_reading);

static const struct field fields_of_window_charges[] = {ROW_LIST(window_charges, schema_window_charge, charges)};
const struct schema row_window_charges = ROW("window charges", window_charges, fields_of_window_charges);

static const struct field fields_of_customer[] = {ROW_PART(customer_row, schema_customer, customer),
                                                  ROW_LIST(customer_row, schema_open_invoice, open),
                                                  ROW_LIST(customer_row, schema_pending_payment, pending)};
const struct schema row_customer = ROW("customer", customer_row, fields_of_customer);

static const struct field fields_of_series[] = {ROW_PART(series_row, schema_series, series), ROW_FIELD(series_row, COUNT, last_invoice)};
const struct schema row_series = ROW("series", series_row, fields_of_series);

static const struct field fields_of_run[] = {ROW_PART(run_row, schema_run, run), ROW_FIELD(run_row, COUNT, first_invoice),
                                             ROW_FIELD(run_row, COUNT, last_invoice)};
const struct schema row_run = ROW("run", run_row, fields_of_run);

static const struct field fields_of_imported_total[] = {
    ROW_FIELD(imported_total, DATE, month), ROW_FIELD(imported_total, COUNT, transactions),
    ROW_FIELD(imported_total, MONEY, net), ROW_FIELD(imported_total, MONEY, opened)};
const struct schema row_imported_total = ROW("imported total", imported_total, fields_of_imported_total);
/* clang-format on */

/* ---- keys ---- */

/* Two spaces of the same byte do not compile. */
static bool is_space(enum space space)
{
    switch (space) {
#define SPACE(NAME, byte) case SPACE_##NAME:
#include "projections/spaces.def"
#undef SPACE
        return true;
    }
    return false;
}

struct view_key key_number(enum space space, uint64_t number)
{
    assert(is_space(space));
    struct view_key k = view_key((uint8_t)space);
    view_key_u64(&k, number);
    return k;
}

struct view_key key_pair(enum space space, uint64_t first, uint64_t second)
{
    struct view_key k = key_number(space, first);
    view_key_u64(&k, second);
    return k;
}

struct view_key key_text(enum space space, struct views_txn *t, struct str text)
{
    uint8_t mac[16];
    indexer_mac(views_indexer(t), mac, (uint8_t)space, text);
    struct view_key k = view_key((uint8_t)space);
    view_key_mac(&k, mac);
    return k;
}

uint64_t key_tail(struct bytes key, size_t from_end)
{
    assert(key.len >= from_end);
    return be64_get(key.ptr + key.len - from_end);
}

/* ---- getting and putting ---- */

enum err row_get(void *row, const struct schema *s, struct views_txn *t, const struct view_key *k,
                 struct arena *a, struct error *e)
{
    struct bytes value = {0};
    enum err err = views_get(&value, t, k, e);
    return err != OK ? err : schema_decode(row, s, bytes_copy(a, value), a, e);
}

enum err row_find(bool *found, void *row, const struct schema *s, struct views_txn *t,
                  const struct view_key *k, struct arena *a, struct error *e)
{
    enum err err = row_get(row, s, t, k, a, e);
    *found = err == OK;
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err row_need(void *row, const struct schema *s, struct views_txn *t, const struct view_key *k,
                  const char *word, uint64_t number, struct arena *a, struct error *e)
{
    enum err err = row_get(row, s, t, k, a, e);
    if (err != ERR_NOT_FOUND) return err;
    return fail(e, ERR_TAMPERED, "an event is about %s %ju, which no event before it made", word,
                (uintmax_t)number);
}

enum err row_load(void *row, const struct schema *s, struct views_txn *t, const struct view_key *k,
                  const char *what, uint64_t number, struct arena *a, struct error *e)
{
    enum err err = row_get(row, s, t, k, a, e);
    if (err != ERR_NOT_FOUND) return err;
    return fail(e, ERR_NOT_FOUND, "no %s%ju", what, (uintmax_t)number);
}

enum err mark_put(struct views_txn *t, const struct view_key *k, struct error *e)
{
    return views_put(t, k, (struct bytes){NULL, 0}, e);
}

enum err mark_find(bool *found, struct views_txn *t, const struct view_key *k, struct error *e)
{
    struct bytes nothing = {0};
    enum err err = views_get(&nothing, t, k, e);
    *found = err == OK;
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err number_get(uint64_t *out, struct views_txn *t, const struct view_key *k, struct error *e)
{
    struct bytes value = {0};
    *out = 0;
    enum err err = views_get(&value, t, k, e);
    if (err == ERR_NOT_FOUND) return OK;
    if (err != OK) return err;
    if (value.len != 8) return fail(e, ERR_TAMPERED, "a number in the views has %zu bytes", value.len);
    *out = be64_get(value.ptr);
    return OK;
}

enum err number_put(struct views_txn *t, const struct view_key *k, uint64_t number, struct error *e)
{
    uint8_t value[8];
    be64_put(value, number);
    return views_put(t, k, (struct bytes){value, sizeof value}, e);
}

enum err numbers_get(struct numbers *out, struct views_txn *t, const struct view_key *k, struct arena *a,
                     struct error *e)
{
    struct bytes value = {0};
    *out = (struct numbers){0};
    enum err err = views_get(&value, t, k, e);
    if (err == ERR_NOT_FOUND) return OK;
    if (err != OK) return err;
    if (value.len % 8 != 0)
        return fail(e, ERR_TAMPERED, "a list of numbers in the views has %zu bytes", value.len);
    out->count = value.len / 8;
    out->capacity = out->count + 1; /* most callers add one */
    out->items = arena_array_of(a, uint64_t, out->capacity);
    for (size_t i = 0; i < out->count; i++) out->items[i] = be64_get(value.ptr + 8 * i);
    return OK;
}

enum err numbers_put(struct views_txn *t, const struct view_key *k, const struct numbers *n, struct arena *a,
                     struct error *e)
{
    if (n->count == 0) return views_delete(t, k, e);
    uint8_t *bytes = arena_take_raw(a, 8 * n->count);
    for (size_t i = 0; i < n->count; i++) be64_put(bytes + 8 * i, n->items[i]);
    return views_put(t, k, (struct bytes){bytes, 8 * n->count}, e);
}

void numbers_add(struct numbers *n, uint64_t number, struct arena *a)
{
    n->items = arena_grow(a, n->items, n->count, &n->capacity, sizeof *n->items);
    n->items[n->count++] = number;
}

bool numbers_remove(struct numbers *n, uint64_t number)
{
    for (size_t i = 0; i < n->count; i++) {
        if (n->items[i] != number) continue;
        n->count--;
        memmove(n->items + i, n->items + i + 1, (n->count - i) * sizeof(*n->items));
        return true;
    }
    return false;
}
