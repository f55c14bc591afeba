/* SPDX-License-Identifier: MIT */
/* due.c - the index of work: one entry a customer, under the date on which the nightly run has something to do for him. It holds
 * no rule of its own: a subscription's date is the book's, and items of a customer without an active subscription are due at once. */
#include "projections/fold.h"

#include "ledger/book.h"

static struct view_key due_key(struct date date, uint64_t customer)
{
    struct view_key k = view_key(SPACE_DUE);
    view_key_date(&k, date);
    view_key_u64(&k, customer);
    return k;
}

static enum err due_get(struct due *out, struct views_txn *t, uint64_t customer, struct arena *a, struct error *e)
{
    struct view_key k = key_number(SPACE_DUE_OF, customer);
    bool found = false;
    enum err err = row_find(&found, out, &row_due, t, &k, a, e);
    if (err == OK && !found) *out = (struct due){0};
    return err;
}

static enum err move_entry(struct views_txn *t, uint64_t customer, struct date from, struct date to, struct error *e)
{
    if (date_is_given(from)) {
        struct view_key k = due_key(from, customer);
        enum err err = views_delete(t, &k, e);
        if (err != OK) return err;
    }
    if (!date_is_given(to)) return OK;
    uint8_t days[4];
    be32_put(days, (uint32_t)to.days);
    struct view_key k = due_key(to, customer);
    return views_put(t, &k, (struct bytes){days, sizeof(days)}, e);
}

/* `row` has the subscription's side; the items' side is looked up. */
static enum err settle_date(struct views_txn *t, uint64_t customer, struct due *row, struct arena *a, struct error *e)
{
    struct date date = row->subscription;
    if (!row->active) {
        struct pending_items pending = {0};
        enum err err = pending_get(&pending, t, customer, a, e);
        if (err != OK) return err;
        bool sooner = pending.items_count > 0 &&
                      (!date_is_given(date) || date_compare(pending.items[0].added, date) < 0);
        if (sooner) date = pending.items[0].added;
    }
    if (date_compare(date, row->date) != 0) {
        enum err err = move_entry(t, customer, row->date, date, e);
        if (err != OK) return err;
    }
    row->date = date;
    struct view_key k = key_number(SPACE_DUE_OF, customer);
    return views_put_record(t, &k, &row_due, row, e);
}

enum err due_subscription(struct views_txn *t, const struct subscription *s, struct arena *a, struct error *e)
{
    struct due row = {0};
    enum err err = due_get(&row, t, s->customer, a, e);
    if (err != OK) return err;
    row.active = s->status == SUBSCRIPTION_ACTIVE;
    row.subscription = subscription_due(s);
    return settle_date(t, s->customer, &row, a, e);
}

enum err due_items(struct views_txn *t, uint64_t customer, struct arena *a, struct error *e)
{
    struct due row = {0};
    enum err err = due_get(&row, t, customer, a, e);
    if (err != OK || row.active) return err;
    return settle_date(t, customer, &row, a, e);
}

struct due_page {
    struct date through;
    struct due_cursor *after;
    uint64_t *customers;
    size_t *count, capacity;
};

static enum err due_visit(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct due_page *page = context;
    if (value.len != 4) return fail(e, ERR_TAMPERED, "an entry of the index of due work has %zu bytes", value.len);
    struct date date = {(int32_t)be32_get(value.ptr)};
    if (date_compare(date, page->through) > 0 || *page->count == page->capacity) return ERR_NOT_FOUND;
    uint64_t customer = key_tail(key, 8);
    page->customers[(*page->count)++] = customer;
    *page->after = (struct due_cursor){date, customer};
    return OK;
}

enum err list_due(struct views_txn *t, struct date through, struct due_cursor *after, uint64_t *customers, size_t *count,
                  size_t capacity, struct error *e)
{
    *count = 0;
    struct view_key from = due_key(after->date, after->customer + 1);
    struct due_page page = {through, after, customers, count, capacity};
    return views_scan(t, &from, 1, false, due_visit, &page, e);
}
