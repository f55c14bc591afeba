/* SPDX-License-Identifier: MIT */
/* items.c - what waits for the next invoice. An item is pending from the event that adds it until an invoice
 * line names it. */
#include "projections/fold.h"

enum err pending_get(struct pending_items *out, struct views_txn *t, uint64_t customer, struct arena *a,
                     struct error *e)
{
    struct view_key k = key_number(SPACE_PENDING_ITEMS, customer);
    bool found = false;
    enum err err = row_find(&found, out, &row_pending_items, t, &k, a, e);
    if (err == OK && !found) *out = (struct pending_items){0};
    return err;
}

static enum err pending_put(struct views_txn *t, uint64_t customer, const struct pending_items *row,
                            struct error *e)
{
    struct view_key k = key_number(SPACE_PENDING_ITEMS, customer);
    if (row->items_count == 0) return views_delete(t, &k, e);
    return views_put_record(t, &k, &row_pending_items, row, e);
}

static enum err add_item(struct views_txn *t, const struct item_added *v, struct arena *a, struct error *e)
{
    struct item row = {.item = v->item, .customer = v->customer, .line = v->line, .due = v->due};
    struct view_key k = key_number(SPACE_ITEM, v->item);
    enum err err = views_put_record(t, &k, &schema_item, &row, e);
    if (err != OK) return err;
    struct pending_items pending = {0};
    err = pending_get(&pending, t, v->customer, a, e);
    if (err != OK) return err;
    struct pending_item *items = arena_array_of(a, struct pending_item, pending.items_count + 1);
    if (pending.items_count > 0) memcpy(items, pending.items, pending.items_count * sizeof(*items));
    items[pending.items_count] = (struct pending_item){v->item, v->due};
    struct pending_items after = {items, pending.items_count + 1};
    err = pending_put(t, v->customer, &after, e);
    return err != OK ? err : due_items(t, v->customer, &pending, &after, e);
}

static bool is_invoiced(const struct invoice_finalized *v, uint64_t item)
{
    for (size_t i = 0; i < v->lines_count; i++) {
        if (v->lines[i].item == item) return true;
    }
    return false;
}

/* Items go onto an invoice in their order, mostly all of them: what is left keeps its order. */
static enum err take_items(struct views_txn *t, const struct invoice_finalized *v, struct arena *a,
                           struct error *e)
{
    struct pending_items pending = {0};
    enum err err = pending_get(&pending, t, v->customer, a, e);
    if (err != OK || pending.items_count == 0) return err;
    struct pending_item *left = arena_array_of(a, struct pending_item, pending.items_count);
    size_t count = 0;
    for (size_t i = 0; i < pending.items_count; i++) {
        if (!is_invoiced(v, pending.items[i].item)) {
            left[count++] = pending.items[i];
            continue;
        }
        struct view_key k = key_number(SPACE_ITEM, pending.items[i].item);
        err = views_delete(t, &k, e);
        if (err != OK) return err;
    }
    if (count == pending.items_count) return OK;
    struct pending_items after = {left, count};
    err = pending_put(t, v->customer, &after, e);
    return err != OK ? err : due_items(t, v->customer, &pending, &after, e);
}

enum err fold_items(struct views_txn *t, const struct event *ev, const struct event_place *place,
                    struct arena *a, struct error *e)
{
    (void)place;
    if (ev->type == EVENT_ITEM_ADDED) return add_item(t, &ev->item_added, a, e);
    if (ev->type != EVENT_INVOICE_FINALIZED) return OK;
    for (size_t i = 0; i < ev->invoice_finalized.lines_count; i++) {
        if (ev->invoice_finalized.lines[i].item != 0) return take_items(t, &ev->invoice_finalized, a, e);
    }
    return OK;
}

enum err list_items(struct item **out, size_t *count, struct views_txn *t, uint64_t customer, struct arena *a,
                    struct error *e)
{
    struct pending_items pending = {0};
    *count = 0;
    enum err err = pending_get(&pending, t, customer, a, e);
    if (err != OK) return err;
    *out = arena_array_of(a, struct item, pending.items_count);
    for (size_t i = 0; i < pending.items_count; i++) {
        struct view_key k = key_number(SPACE_ITEM, pending.items[i].item);
        err = row_need(&(*out)[i], &schema_item, t, &k, "item", pending.items[i].item, a, e);
        if (err != OK) return err;
        (*count)++;
    }
    return OK;
}
