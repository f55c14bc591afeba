/* SPDX-License-Identifier: MIT */
/* due.c - the index of work: an entry for each live subscription, under the date on which the nightly run has
 * something to do for it; the date is the book's. A customer without one that is billed here has an entry of
 * his own while items are pending: they are due at once, whatever the next run's date. With such a one, items
 * wait for it, but for those that fell due when a command noted them: they are due on that day. Who has
 * prepaid credit that expires has an entry under the first day on which some of it does. So the entries that
 * are there follow from the rows as they were, and need not be noted anywhere. */
#include "projections/fold.h"

#include "ledger/book.h"

/* `subscription` 0: the customer's items; the_wallet: his prepaid credit. */
static const uint64_t the_wallet = UINT64_MAX;

static struct view_key due_key(struct date date, uint64_t customer, uint64_t subscription)
{
    struct view_key k = view_key(SPACE_DUE);
    view_key_date(&k, date);
    view_key_u64(&k, customer);
    view_key_u64(&k, subscription);
    return k;
}

static enum err put_days(struct views_txn *t, const struct view_key *k, struct date date, struct error *e)
{
    uint8_t days[4];
    be32_put(days, (uint32_t)date.days);
    return views_put(t, k, (struct bytes){days, sizeof(days)}, e);
}

static enum err move_entry(struct views_txn *t, uint64_t customer, uint64_t subscription, struct date from,
                           struct date to, struct error *e)
{
    if (date_compare(from, to) == 0) return OK;
    if (date_is_given(from)) {
        struct view_key k = due_key(from, customer, subscription);
        enum err err = views_delete(t, &k, e);
        if (err != OK) return err;
    }
    if (!date_is_given(to)) return OK;
    struct view_key k = due_key(to, customer, subscription);
    return put_days(t, &k, to, e);
}

/* `billed`: he has a subscription that is billed here, for which what is not due by itself waits. */
static struct date items_date(const struct pending_items *p, bool billed)
{
    static const struct date at_once = {1}; /* the first date there is */
    struct date first = {0};
    if (!billed) return p->items_count > 0 ? at_once : first;
    for (size_t i = 0; i < p->items_count; i++) {
        struct date due = p->items[i].due;
        if (date_is_given(due) && (!date_is_given(first) || date_compare(due, first) < 0)) first = due;
    }
    return first;
}

enum err live_get(struct numbers *out, struct views_txn *t, uint64_t customer, struct arena *a,
                  struct error *e)
{
    struct view_key k = key_number(SPACE_LIVE, customer);
    return numbers_get(out, t, &k, a, e);
}

/* Adds the subscription to the customer's in that space, or takes it out. */
static enum err note_in(bool *before, bool *after, struct views_txn *t, enum space space,
                        const struct subscription *s, bool is, struct arena *a, struct error *e)
{
    struct view_key k = key_number(space, s->customer);
    struct numbers numbers = {0};
    enum err err = numbers_get(&numbers, t, &k, a, e);
    if (err != OK) return err;
    *before = numbers.count > 0;
    if (is)
        numbers_add(&numbers, s->subscription, a);
    else
        (void)numbers_remove(&numbers, s->subscription); /* false only for a record that was tampered with */
    *after = numbers.count > 0;
    return numbers_put(t, &k, &numbers, a, e);
}

/* With the first subscription that is billed here the items wait for it, or their own day; after the last one
 * they are due at once. */
static enum err note_billed(struct views_txn *t, const struct subscription *s, bool billed, struct arena *a,
                            struct error *e)
{
    struct pending_items pending = {0};
    bool before = false, after = false;
    enum err err = note_in(&before, &after, t, SPACE_BILLED, s, billed, a, e);
    if (err != OK || before == after) return err;
    err = pending_get(&pending, t, s->customer, a, e);
    if (err != OK) return err;
    return move_entry(t, s->customer, 0, items_date(&pending, before), items_date(&pending, after), e);
}

static bool is_billed_here(const struct subscription *s)
{
    return subscription_is_live(s) && !subscription_is_elsewhere(s);
}

enum err due_subscription(struct views_txn *t, const struct subscription *before,
                          const struct subscription *after, struct arena *a, struct error *e)
{
    bool was = before != NULL && subscription_is_live(before), is = subscription_is_live(after);
    struct date from = was ? subscription_due(before) : (struct date){0};
    bool billed_before = before != NULL && is_billed_here(before), billed = is_billed_here(after);
    bool any_before = false, any_after = false;
    enum err err = was == is ? OK : note_in(&any_before, &any_after, t, SPACE_LIVE, after, is, a, e);
    if (err == OK && billed_before != billed) err = note_billed(t, after, billed, a, e);
    if (err != OK) return err;
    return move_entry(t, after->customer, after->subscription, from, subscription_due(after), e);
}

enum err due_items(struct views_txn *t, uint64_t customer, const struct pending_items *before,
                   const struct pending_items *after, struct error *e)
{
    struct view_key k = key_number(SPACE_BILLED, customer);
    struct bytes billed = {0};
    enum err err = views_get(&billed, t, &k, e);
    if (err != OK && err != ERR_NOT_FOUND) return err;
    return move_entry(t, customer, 0, items_date(before, err == OK), items_date(after, err == OK), e);
}

enum err due_wallet(struct views_txn *t, uint64_t customer, struct date before, struct date after,
                    struct error *e)
{
    return move_entry(t, customer, the_wallet, before, after, e);
}

/* ---- unpaid invoices ---- */

static struct view_key overdue_key(struct date due, uint64_t customer)
{
    struct view_key k = view_key(SPACE_OVERDUE);
    view_key_date(&k, due);
    view_key_u64(&k, customer);
    return k;
}

static struct date oldest_due(const struct customer_row *row)
{
    struct date oldest = {0};
    for (size_t i = 0; i < row->open_count; i++) {
        struct date due = row->open[i].due;
        if (i == 0 || date_compare(due, oldest) < 0) oldest = due;
    }
    return oldest;
}

enum err due_invoices(struct views_txn *t, const struct customer_row *before,
                      const struct customer_row *after, struct error *e)
{
    struct date from = oldest_due(before), to = oldest_due(after);
    if (date_compare(from, to) == 0) return OK;
    if (date_is_given(from)) {
        struct view_key k = overdue_key(from, after->customer.customer);
        enum err err = views_delete(t, &k, e);
        if (err != OK) return err;
    }
    if (!date_is_given(to)) return OK;
    struct view_key k = overdue_key(to, after->customer.customer);
    return put_days(t, &k, to, e);
}

/* ---- invoices that nobody was asked to pay ---- */

static bool is_to_collect(const struct customer_row *row)
{
    if (row->customer.default_method == 0) return false;
    for (size_t i = 0; i < row->open_count; i++) {
        if (!instant_is_given(row->open[i].asked)) return true;
    }
    return false;
}

enum err due_collection(struct views_txn *t, const struct customer_row *before,
                        const struct customer_row *after, struct error *e)
{
    struct view_key k = key_number(SPACE_UNCOLLECTED, after->customer.customer);
    bool was = is_to_collect(before), is = is_to_collect(after);
    if (was == is) return OK;
    return is ? mark_put(t, &k, e) : views_delete(t, &k, e);
}

/* ---- queries ---- */

struct due_page {
    struct date through;
    struct due_cursor *after;
    uint64_t *customers;
    size_t *count, capacity;
    size_t tail; /* bytes of the key from the customer's number on */
};

static enum err due_visit(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct due_page *page = context;
    if (value.len != 4)
        return fail(e, ERR_TAMPERED, "an entry of the index of due work has %zu bytes", value.len);
    struct date date = {(int32_t)be32_get(value.ptr)};
    if (date_compare(date, page->through) > 0 || *page->count == page->capacity) return ERR_NOT_FOUND;
    uint64_t customer = key_tail(key, page->tail);
    page->customers[(*page->count)++] = customer;
    *page->after = (struct due_cursor){date, customer};
    return OK;
}

static enum err list_page(struct views_txn *t, const struct view_key *from, struct due_page *page,
                          struct error *e)
{
    *page->count = 0;
    return views_scan(t, from, 1, false, due_visit, page, e);
}

enum err list_due(struct views_txn *t, struct date through, struct due_cursor *after, uint64_t *customers,
                  size_t *count, size_t capacity, struct error *e)
{
    struct view_key from = due_key(after->date, after->customer + 1, 0);
    struct due_page page = {through, after, NULL, NULL, capacity, 16};
    page.customers = customers;
    page.count = count;
    return list_page(t, &from, &page, e);
}

static enum err visit_uncollected(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct due_page *page = context;
    (void)value, (void)e;
    if (*page->count == page->capacity) return ERR_NOT_FOUND;
    page->after->customer = page->customers[(*page->count)++] = key_tail(key, 8);
    return OK;
}

enum err list_uncollected(struct views_txn *t, struct date through, struct due_cursor *after,
                          uint64_t *customers, size_t *count, size_t capacity, struct error *e)
{
    struct view_key from = key_number(SPACE_UNCOLLECTED, after->customer + 1);
    struct due_page page = {through, after, NULL, NULL, capacity, 8};
    page.customers = customers;
    page.count = count;
    *count = 0;
    return views_scan(t, &from, 1, false, visit_uncollected, &page, e);
}

enum err list_overdue(struct views_txn *t, struct date through, struct due_cursor *after, uint64_t *customers,
                      size_t *count, size_t capacity, struct error *e)
{
    struct view_key from = overdue_key(after->date, after->customer + 1);
    struct due_page page = {through, after, NULL, NULL, capacity, 8};
    page.customers = customers;
    page.count = count;
    return list_page(t, &from, &page, e);
}

/* ---- whom a gateway cannot ask ---- */

static enum err is_kept_elsewhere(bool *elsewhere, struct views_txn *t, uint64_t number, struct str gateway,
                                  struct arena *a, struct error *e)
{
    struct customer c = {0};
    struct method m = {0};
    enum err err = load_customer(&c, t, number, a, e);
    if (err == OK && c.default_method != 0) err = method_get(&m, t, number, c.default_method, a, e);
    *elsewhere = err == OK && m.method != 0 && !str_equal(m.gateway, gateway);
    return err;
}

enum err count_kept_elsewhere(uint64_t *out, struct views_txn *t, struct str gateway, struct error *e)
{
    enum { AT_ONCE = 256 };
    const struct date whenever = {INT32_MAX};
    uint64_t customers[AT_ONCE];
    struct due_cursor after = {0};
    struct arena *a = arena_new();
    size_t count = AT_ONCE;
    enum err err = OK;
    *out = 0;
    while (err == OK && count == AT_ONCE) {
        arena_reset(a);
        views_forget(t);
        err = list_overdue(t, whenever, &after, customers, &count, AT_ONCE, e);
        for (size_t i = 0; err == OK && i < count; i++) {
            bool elsewhere = false;
            err = is_kept_elsewhere(&elsewhere, t, customers[i], gateway, a, e);
            *out += elsewhere;
        }
    }
    arena_free(a);
    return err;
}

/* ---- of one customer ---- */

static struct date earlier(struct date a, struct date b)
{
    if (!date_is_given(a) || !date_is_given(b)) return date_is_given(a) ? a : b;
    return date_compare(b, a) < 0 ? b : a;
}

enum err load_due_days(struct due_days *out, struct views_txn *t, uint64_t customer, struct arena *a,
                       struct error *e)
{
    struct customer_row row = {.open_count = 0};
    struct subscription *live = NULL;
    struct pending_items pending = {0};
    struct wallet_grant *grants = NULL;
    size_t count = 0, grants_count = 0;
    bool billed = false;
    *out = (struct due_days){0};
    enum err err = customer_row_load(&row, t, customer, a, e);
    if (err == OK) err = live_subscriptions(&live, &count, t, customer, a, e);
    if (err == OK) err = pending_get(&pending, t, customer, a, e);
    if (err == OK) err = wallet_get(&grants, &grants_count, t, customer, a, e);
    if (err != OK) return err;
    out->overdue = oldest_due(&row);
    for (size_t i = 0; i < count; i++) {
        out->due = earlier(out->due, subscription_due(&live[i]));
        billed = billed || is_billed_here(&live[i]);
    }
    out->due = earlier(out->due, earlier(items_date(&pending, billed), wallet_expiry(grants, grants_count)));
    return OK;
}
