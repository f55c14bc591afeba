/* SPDX-License-Identifier: MIT */
/* imported.c - what was taken of another system: each object as it stood there when it was read last, by its
 * name there; the money that moved there, by months; and how far the import is. */
#include "projections/fold.h"
#include "projections/listing.h"

static struct view_key object_key(uint64_t object)
{
    return key_number(SPACE_IMPORTED, object);
}

/* ---- folding ---- */

static struct view_key total_key(struct date month, const char *currency)
{
    uint64_t code = 0;
    for (size_t i = 0; i < 3; i++) code = code << 8 | (unsigned char)currency[i];
    struct view_key k = key_number(SPACE_IMPORTED_TOTAL, code);
    view_key_date(&k, month);
    return k;
}

static struct date month_of(struct instant at)
{
    int year = 0, month = 0, day = 0;
    date_split(instant_date(at), &year, &month, &day);
    return date_of(year, month, 1);
}

/* `before` is what it was; NULL: it is new. */
static enum err count_total(struct views_txn *t, const struct object_imported *before,
                            const struct object_imported *v, struct arena *a, struct error *e)
{
    struct money like = money_zero(v->amount);
    struct imported_total row = {.month = month_of(v->at), .net = like, .opened = like};
    struct view_key k = total_key(row.month, like.currency);
    bool found = false;
    enum err err = row_find(&found, &row, &row_imported_total, t, &k, a, e);
    row.transactions += before == NULL;
    if (err == OK) err = money_add(&row.net, row.net, v->amount, e);
    if (err == OK && before != NULL) err = money_subtract(&row.net, row.net, before->amount, e);
    if (err == OK) err = money_add(&row.opened, row.opened, v->opening, e);
    return err == OK ? views_put_record(t, &k, &row_imported_total, &row, e) : err;
}

/* By which what a gateway tells of him finds him. */
static enum err note_customer(struct views_txn *t, const struct object_imported *v, struct error *e)
{
    struct view_key known = key_text(SPACE_GATEWAY_CUSTOMER, t, v->reference);
    struct view_key own = key_number(SPACE_CUSTOMER_KNOWN_AS, v->customer);
    enum err err = number_put(t, &known, v->customer, e);
    return err == OK ? number_put(t, &own, v->object, e) : err;
}

static struct view_key customer_key(const struct object_imported *v)
{
    struct view_key k = key_number(SPACE_CUSTOMER_IMPORTED, v->customer);
    view_key_instant(&k, v->at);
    view_key_u64(&k, v->object);
    return k;
}

static enum err list_it(struct views_txn *t, const struct object_imported *before,
                        const struct object_imported *v, struct error *e)
{
    struct view_key kind = key_pair(SPACE_IMPORTED_KIND, (uint64_t)v->kind, v->object);
    struct view_key own = customer_key(v), reference = key_text(SPACE_IMPORTED_REFERENCE, t, v->reference);
    enum err err = OK;
    if (before != NULL && before->customer != 0) {
        struct view_key old = customer_key(before);
        err = views_delete(t, &old, e);
    }
    if (err == OK && v->customer != 0) err = mark_put(t, &own, e);
    if (err == OK) err = mark_put(t, &kind, e);
    return err == OK ? number_put(t, &reference, v->object, e) : err;
}

static enum err take(struct views_txn *t, const struct object_imported *v, struct arena *a, struct error *e)
{
    struct view_key k = object_key(v->object);
    struct object_imported row = {0}, *before = &row;
    bool found = false;
    enum err err = row_find(&found, &row, &schema_object_imported, t, &k, a, e);
    if (!found) before = NULL;
    if (err == OK && v->kind == IMPORTED_BALANCE_TRANSACTION) err = count_total(t, before, v, a, e);
    if (err == OK && v->kind == IMPORTED_CUSTOMER) err = note_customer(t, v, e);
    if (err == OK) err = list_it(t, before, v, e);
    return err == OK ? views_put_record(t, &k, &schema_object_imported, v, e) : err;
}

enum err fold_imported(struct views_txn *t, const struct event *ev, const struct event_place *place,
                       struct arena *a, struct error *e)
{
    (void)place;
    struct view_key k = view_key(SPACE_IMPORT);
    if (ev->type == EVENT_OBJECT_IMPORTED) return take(t, &ev->object_imported, a, e);
    if (ev->type == EVENT_IMPORT_PROGRESSED)
        return views_put_record(t, &k, &schema_import_progressed, &ev->import_progressed, e);
    return OK;
}

/* ---- queries ---- */

static enum err by_number(bool *found, struct object_imported *out, struct views_txn *t,
                          const struct view_key *number, struct arena *a, struct error *e)
{
    uint64_t object = 0;
    enum err err = number_get(&object, t, number, e);
    *found = err == OK && object != 0;
    struct view_key k = object_key(object);
    return *found ? row_need(out, &schema_object_imported, t, &k, "object", object, a, e) : err;
}

enum err load_imported(struct object_imported *out, struct views_txn *t, uint64_t object, struct arena *a,
                       struct error *e)
{
    struct view_key k = object_key(object);
    return row_load(out, &schema_object_imported, t, &k, "imported object ", object, a, e);
}

enum err find_imported(bool *found, struct object_imported *out, struct views_txn *t, struct str reference,
                       struct arena *a, struct error *e)
{
    struct view_key k = key_text(SPACE_IMPORTED_REFERENCE, t, reference);
    return by_number(found, out, t, &k, a, e);
}

enum err find_known_as(bool *found, struct object_imported *out, struct views_txn *t, uint64_t customer,
                       struct arena *a, struct error *e)
{
    struct view_key k = key_number(SPACE_CUSTOMER_KNOWN_AS, customer);
    return by_number(found, out, t, &k, a, e);
}

enum err load_import_progress(bool *found, struct import_progressed *out, struct views_txn *t,
                              struct arena *a, struct error *e)
{
    struct view_key k = view_key(SPACE_IMPORT);
    return row_find(found, out, &schema_import_progressed, t, &k, a, e);
}

struct batch {
    struct numbers *numbers;
    struct arena *arena;
    size_t capacity;
    uint64_t after;
};

static enum err collect(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct batch *b = context;
    uint64_t number = key_tail(key, 8);
    (void)value;
    (void)e;
    if (number <= b->after) return OK;
    numbers_add(b->numbers, number, b->arena);
    return b->numbers->count == b->capacity ? ERR_NOT_FOUND : OK;
}

enum err imported_behind(struct object_imported **out, size_t *count, struct views_txn *t,
                         const struct imported_place *behind, size_t capacity, struct arena *a,
                         struct error *e)
{
    struct numbers found = {0};
    struct batch b = {&found, a, capacity, behind->object};
    struct view_key start = key_pair(SPACE_IMPORTED_KIND, (uint64_t)behind->kind, behind->object);
    enum err err = views_scan(t, &start, 1 + 8, false, collect, &b, e);
    *out = arena_array_of(a, struct object_imported, found.count);
    *count = found.count;
    for (size_t i = 0; i < found.count && err == OK; i++) {
        struct view_key k = object_key(found.items[i]);
        err = row_need(&(*out)[i], &schema_object_imported, t, &k, "object", found.items[i], a, e);
    }
    return err;
}

static bool is_wanted(const struct list_query *q, const void *row)
{
    const struct object_imported *v = row;
    if (q->status >= 0 && v->kind != (enum imported_kind)q->status) return false;
    return is_within(q, instant_date(v->at));
}

static enum err give(const struct listing *l, struct error *e)
{
    return l->visitor.imported(l->context, l->row, e);
}

enum err list_imported(struct views_txn *t, const struct list_query *q, imported_row_fn *row, void *context,
                       struct arena *a, struct error *e)
{
    struct object_imported v = {0};
    struct listing l = {.q = q,
                        .t = t,
                        .schema = &schema_object_imported,
                        .row = &v,
                        .is_wanted = is_wanted,
                        .give = give,
                        .visitor.imported = row,
                        .context = context,
                        .arena = a,
                        .space = SPACE_IMPORTED};
    struct view_key all = view_key(SPACE_IMPORTED);
    struct view_key own = key_number(SPACE_CUSTOMER_IMPORTED, q->customer);
    return q->customer == 0 ? list_values(&l, &all, true, e) : list_indexed(&l, &own, true, e);
}

struct totals {
    imported_total_fn *row;
    void *context;
    struct arena *arena;
};

static enum err tell_total(void *context, struct bytes key, struct bytes value, struct error *e)
{
    const struct totals *all = context;
    struct imported_total total = {.transactions = 0};
    (void)key;
    enum err err = schema_decode(&total, &row_imported_total, bytes_copy(all->arena, value), all->arena, e);
    return err == OK ? all->row(all->context, &total, e) : err;
}

enum err list_imported_totals(struct views_txn *t, imported_total_fn *row, void *context, struct arena *a,
                              struct error *e)
{
    struct totals all = {row, context, a};
    struct view_key k = view_key(SPACE_IMPORTED_TOTAL);
    return views_scan(t, &k, k.len, false, tell_total, &all, e);
}
