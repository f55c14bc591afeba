/* SPDX-License-Identifier: MIT */
/* due.c - the index of work: at most one entry a customer, under the date on which the nightly run has
 * something to do for him. With an active subscription that is the book's date for it; without one, pending
 * items are due at once, whatever the next run's date. So the entry that is there follows from the rows as
 * they were, and need not be noted anywhere. */
#include "projections/fold.h"

#include "ledger/book.h"

static struct view_key due_key(struct date date, uint64_t customer)
{
    struct view_key k = view_key(SPACE_DUE);
    view_key_date(&k, date);
    view_key_u64(&k, customer);
    return k;
}

static enum err move_entry(struct views_txn *t, uint64_t customer, struct date from, struct date to,
                           struct error *e)
{
    if (date_compare(from, to) == 0) return OK;
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

static struct date items_date(const struct pending_items *p)
{
    static const struct date at_once = {1}; /* the first date there is */
    return p->items_count > 0 ? at_once : (struct date){0};
}

static bool is_active(const struct subscription *s)
{
    return s != NULL && s->status == SUBSCRIPTION_ACTIVE;
}

static enum err note_active(struct views_txn *t, uint64_t customer, bool active, struct error *e)
{
    struct view_key k = key_number(SPACE_ACTIVE, customer);
    return active ? mark_put(t, &k, e) : views_delete(t, &k, e);
}

enum err due_subscription(struct views_txn *t, const struct subscription *before,
                          const struct subscription *after, struct arena *a, struct error *e)
{
    struct pending_items pending = {0};
    bool was = is_active(before), is = is_active(after);
    enum err err = OK;
    if (was != is) err = note_active(t, after->customer, is, e);
    if (err == OK && !(was && is)) err = pending_get(&pending, t, after->customer, a, e);
    if (err != OK) return err;
    struct date from = was ? subscription_due(before) : items_date(&pending);
    struct date to = is ? subscription_due(after) : items_date(&pending);
    return move_entry(t, after->customer, from, to, e);
}

enum err due_items(struct views_txn *t, uint64_t customer, const struct pending_items *before,
                   const struct pending_items *after, struct error *e)
{
    struct view_key k = key_number(SPACE_ACTIVE, customer);
    struct bytes active = {0};
    enum err err = views_get(&active, t, &k, e);
    if (err != ERR_NOT_FOUND) return err; /* the subscription's date is his, whatever waits */
    return move_entry(t, customer, items_date(before), items_date(after), e);
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
    if (value.len != 4)
        return fail(e, ERR_TAMPERED, "an entry of the index of due work has %zu bytes", value.len);
    struct date date = {(int32_t)be32_get(value.ptr)};
    if (date_compare(date, page->through) > 0 || *page->count == page->capacity) return ERR_NOT_FOUND;
    uint64_t customer = key_tail(key, 8);
    page->customers[(*page->count)++] = customer;
    *page->after = (struct due_cursor){date, customer};
    return OK;
}

enum err list_due(struct views_txn *t, struct date through, struct due_cursor *after, uint64_t *customers,
                  size_t *count, size_t capacity, struct error *e)
{
    *count = 0;
    struct view_key from = due_key(after->date, after->customer + 1);
    struct due_page page = {.through = through, .after = after, .count = count, .capacity = capacity};
    page.customers = customers;
    return views_scan(t, &from, 1, false, due_visit, &page, e);
}
