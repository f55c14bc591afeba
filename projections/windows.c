/* SPDX-License-Identifier: MIT */
/* windows.c - usage that was rated: the days, the rates in force on them, what was used, and the lines that
 * billed it. A window closes when the subscription's usage_through moves past it, and when it ends; what it
 * was until then is the subscription's state before the event, so this is folded first. */
#include "ledger/book.h"
#include "projections/fold.h"

/* ---- keys ---- */

struct view_key window_key(enum space space, const struct window_place *p)
{
    struct view_key k = key_number(space, p->customer);
    view_key_date(&k, p->from);
    view_key_u64(&k, p->subscription);
    view_key_date(&k, p->to);
    return k;
}

static struct window_place place_of(const struct usage_window *w)
{
    return (struct window_place){w->customer, w->subscription, w->from, w->to};
}

enum err window_charges_get(struct window_charges *out, struct views_txn *t, enum space space,
                            const struct window_place *p, struct arena *a, struct error *e)
{
    struct view_key k = window_key(space, p);
    bool found = false;
    *out = (struct window_charges){0};
    return row_find(&found, out, &row_window_charges, t, &k, a, e);
}

/* ---- closing ---- */

/* The totals of all windows that close together. A level that only goes on is one by the catalog; which one
 * was in force when they were billed is told by their end well enough, for it only names levels that no
 * reading changed. */
static enum err totals_get(struct usage_total **out, size_t *count, struct views_txn *t,
                           const struct subscription *s, struct date until, struct arena *a, struct error *e)
{
    const struct catalog *catalog = NULL;
    uint64_t version = 0;
    enum err err = catalog_in_force(&version, t, until, 0, a, e);
    if (err == OK && version != 0) err = catalog_kept(&catalog, t, version, e);
    return err == OK ? usage_with_levels(out, count, t, s->customer, s->usage_through, catalog, a, e) : err;
}

static enum err load_charged(struct advance *out, struct views_txn *t, const struct window_charges *row,
                             struct arena *a, struct error *e)
{
    struct invoice *invoices = arena_array_of(a, struct invoice, row->charges_count);
    enum err err = OK;
    *out =
        (struct advance){.charges = row->charges, .charges_count = row->charges_count, .invoices = invoices};
    for (size_t i = 0; i < row->charges_count && err == OK; i++) {
        uint64_t number = row->charges[i].invoice;
        bool known = number == 0;
        for (size_t k = 0; k < out->invoices_count; k++) known = known || invoices[k].invoice == number;
        if (!known) err = load_invoice(&invoices[out->invoices_count++], t, number, a, e);
    }
    return err;
}

/* Lines that charged usage before the end of its period stand under the end that was planned. Now it is
 * known: they come before those that are under it already. */
static enum err settle_charges(struct usage_window *w, struct date planned, struct views_txn *t,
                               const struct usage_total *totals, size_t count, struct arena *a,
                               struct error *e)
{
    struct window_charges before = {0}, row = {0};
    struct window_place p = place_of(w);
    struct view_key to = window_key(SPACE_WINDOW_CHARGES, &p);
    enum err err = window_charges_get(&row, t, SPACE_WINDOW_CHARGES, &p, a, e);
    p.to = planned;
    struct view_key from = window_key(SPACE_WINDOW_CHARGES, &p);
    if (err == OK) err = window_charges_get(&before, t, SPACE_WINDOW_CHARGES, &p, a, e);
    if (err != OK || before.charges_count == 0) return err;
    struct advance charged = {0};
    err = load_charged(&charged, t, &before, a, e);
    if (err == OK) err = window_settle_charged(w, &charged, totals, count, a, e);
    if (err != OK || date_compare(planned, w->to) == 0) return err;
    size_t all = before.charges_count + row.charges_count;
    struct window_charge *charges = arena_array_of(a, struct window_charge, all);
    memcpy(charges, before.charges, before.charges_count * sizeof *charges);
    if (row.charges_count > 0)
        memcpy(charges + before.charges_count, row.charges, row.charges_count * sizeof *charges);
    row = (struct window_charges){charges, all};
    err = views_delete(t, &from, e);
    return err == OK ? views_put_record(t, &to, &row_window_charges, &row, e) : err;
}

static enum err close_windows(struct views_txn *t, struct subscription *s, struct date until, struct arena *a,
                              struct error *e)
{
    struct usage_total *totals = NULL;
    struct usage_window w = {0};
    size_t count = 0;
    if (date_compare(s->usage_through, until) >= 0) return OK;
    enum err err = totals_get(&totals, &count, t, s, until, a, e);
    for (;;) {
        struct date planned = usage_period(s, s->usage_through).end;
        if (err != OK || !window_close(&w, s, until, a)) return err;
        struct window_place p = place_of(&w);
        struct view_key k = window_key(SPACE_USAGE_WINDOW, &p);
        err = window_measure(&w, totals, count, a, e);
        if (err == OK) err = settle_charges(&w, planned, t, totals, count, a, e);
        if (err == OK) err = views_put_record(t, &k, &schema_usage_window, &w, e);
    }
}

static enum err state_before(struct subscription *out, struct views_txn *t, uint64_t number, struct arena *a,
                             struct error *e)
{
    struct view_key k = key_number(SPACE_SUBSCRIPTION, number);
    return row_need(out, &schema_subscription, t, &k, "subscription", number, a, e);
}

static enum err fold_billed(struct views_txn *t, const struct subscription_billed *v, struct arena *a,
                            struct error *e)
{
    struct subscription s = {0};
    enum err err = state_before(&s, t, v->subscription, a, e);
    return err == OK ? close_windows(t, &s, v->usage_through, a, e) : err;
}

/* An end by a person rates what was used before it, a trial and an end for unpaid invoices do not. Lines
 * tell, which stand before the end; where nothing was to be paid, it is what the subscription was. */
static enum err fold_canceled(struct views_txn *t, const struct subscription_canceled *v, struct arena *a,
                              struct error *e)
{
    struct subscription s = {0};
    struct window_charges charges = {0};
    enum err err = state_before(&s, t, v->subscription, a, e);
    struct window_place p = {s.customer, s.subscription, s.usage_through, v->on};
    if (err == OK) err = window_charges_get(&charges, t, SPACE_WINDOW_CHARGES, &p, a, e);
    if (err != OK) return err;
    bool rated = s.status == SUBSCRIPTION_ACTIVE || s.status == SUBSCRIPTION_PAUSED;
    if (subscription_is_elsewhere(&s)) rated = false; /* nothing of it was rated here */
    return rated || charges.charges_count > 0 ? close_windows(t, &s, v->on, a, e) : OK;
}

/* ---- lines ---- */

static bool bills_usage(const struct line *l)
{
    return (l->kind == LINE_USAGE || l->kind == LINE_MINIMUM) && l->subscription != 0 && l->amount.minor > 0;
}

/* On a document the amount is without the tax that the price holds, and coupons are beside it. */
static enum err rated_amount(struct money *out, const struct line *l, bool on_document, struct error *e)
{
    struct money net = {0}, price = line_price(l);
    *out = l->amount;
    if (!on_document || !l->tax_inclusive) return OK;
    if (money_is_given(l->rated)) {
        *out = l->rated;
        return OK;
    }
    enum err err = money_subtract(&net, l->amount, l->discount, e);
    if (err != OK || net.minor <= 0) return err;
    return money_part(out, price, l->amount.minor, net.minor, e);
}

struct charged_line { /* of a document, or waiting for one */
    uint64_t customer;
    const struct line *line;
    uint64_t invoice, number;
};

static enum err note_line(struct views_txn *t, enum space space, const struct charged_line *c,
                          struct arena *a, struct error *e)
{
    const struct line *l = c->line;
    struct window_place p = {c->customer, l->subscription, l->from, l->to};
    struct window_charges row = {0};
    struct money amount = {0};
    enum err err = window_charges_get(&row, t, space, &p, a, e);
    if (err == OK) err = rated_amount(&amount, l, c->invoice != 0, e);
    if (err != OK) return err;
    struct window_charge *charges = arena_array_of(a, struct window_charge, row.charges_count + 1);
    size_t at = row.charges_count;
    if (row.charges_count > 0) memcpy(charges, row.charges, row.charges_count * sizeof *charges);
    for (size_t i = 0; l->item != 0 && i < row.charges_count; i++) at = charges[i].item == l->item ? i : at;
    if (at == row.charges_count) {
        charges[row.charges_count++] = (struct window_charge){.usage_type = l->usage_type,
                                                              .amount = amount,
                                                              .rerated = l->rerating != 0,
                                                              .item = l->item,
                                                              .product = l->product,
                                                              .tax_code = l->tax_code,
                                                              .tax_inclusive = l->tax_inclusive,
                                                              .restores = l->restores};
    }
    charges[at].invoice = c->invoice;
    charges[at].line = c->number;
    row.charges = charges;
    struct view_key k = window_key(space, &p);
    return views_put_record(t, &k, &row_window_charges, &row, e);
}

enum err window_charges_fold(struct views_txn *t, enum space space, charges_fn *wanted,
                             const struct event *ev, struct arena *a, struct error *e)
{
    const struct invoice_finalized *v = &ev->invoice_finalized;
    const struct item_added *item = &ev->item_added;
    enum err err = OK;
    for (size_t i = 0; ev->type == EVENT_INVOICE_FINALIZED && i < v->lines_count && err == OK; i++) {
        struct charged_line c = {v->customer, &v->lines[i], v->invoice, i + 1};
        if (wanted(c.line)) err = note_line(t, space, &c, a, e);
    }
    if (ev->type != EVENT_ITEM_ADDED || !wanted(&item->line)) return err;
    struct charged_line waits = {item->customer, &item->line, 0, 0};
    return note_line(t, space, &waits, a, e);
}

enum err window_charges_note_rerated(struct views_txn *t, enum space space, uint64_t customer,
                                     const struct rerated_line *l, struct arena *a, struct error *e)
{
    struct window_place p = {customer, l->subscription, l->from, l->to};
    struct window_charges row = {0};
    if (l->parts_count == 0) return OK;
    enum err err = window_charges_get(&row, t, space, &p, a, e);
    if (err != OK) return err;
    struct window_charge *charges = arena_array_of(a, struct window_charge, row.charges_count);
    if (row.charges_count > 0) memcpy(charges, row.charges, row.charges_count * sizeof *charges);
    for (size_t i = 0; i < l->parts_count && err == OK; i++) {
        const struct rerated_part *part = &l->parts[i];
        if (part->charge == 0 || part->charge > row.charges_count)
            return fail(e, ERR_TAMPERED, "an event gives back of a line that no event before it charged");
        struct window_charge *c = &charges[part->charge - 1];
        err = money_add(&c->given, c->given, part->given, e);
    }
    if (err != OK) return err;
    row.charges = charges;
    struct view_key k = window_key(space, &p);
    return views_put_record(t, &k, &row_window_charges, &row, e);
}

static enum err fold_approved(struct views_txn *t, const struct rerating_approved *v, struct arena *a,
                              struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < v->lines_count && err == OK; i++) {
        const struct rerated_line *l = &v->lines[i];
        struct window_place p = {v->customer, l->subscription, l->from, l->to};
        struct view_key k = window_key(SPACE_USAGE_WINDOW, &p);
        struct usage_window w = {0};
        if (l->kind == LINE_COMMITMENT) continue;
        err = row_need(&w, &schema_usage_window, t, &k, "usage of subscription", l->subscription, a, e);
        if (err == OK) err = window_note_rerated(&w, l, a, e);
        if (err == OK) err = views_put_record(t, &k, &schema_usage_window, &w, e);
        if (err == OK) err = window_charges_note_rerated(t, SPACE_WINDOW_CHARGES, v->customer, l, a, e);
    }
    return err;
}

enum err fold_windows(struct views_txn *t, const struct event *ev, const struct event_place *place,
                      struct arena *a, struct error *e)
{
    (void)place;
    if (ev->type == EVENT_SUBSCRIPTION_BILLED) return fold_billed(t, &ev->subscription_billed, a, e);
    if (ev->type == EVENT_SUBSCRIPTION_CANCELED) return fold_canceled(t, &ev->subscription_canceled, a, e);
    if (ev->type == EVENT_RERATING_APPROVED) return fold_approved(t, &ev->rerating_approved, a, e);
    return window_charges_fold(t, SPACE_WINDOW_CHARGES, bills_usage, ev, a, e);
}

/* ---- queries ---- */

enum err window_open_charges(struct window_charges *out, struct views_txn *t, const struct subscription *s,
                             struct arena *a, struct error *e)
{
    struct window_place p = {s->customer, s->subscription, s->usage_through,
                             usage_period(s, s->usage_through).end};
    return window_charges_get(out, t, SPACE_WINDOW_CHARGES, &p, a, e);
}

static bool is_wanted(const struct window_query *q, const struct usage_window *w)
{
    if (q->subscription != 0 && w->subscription != q->subscription) return false;
    return (!date_is_given(q->from) || date_compare(w->from, q->from) >= 0) &&
           (!date_is_given(q->to) || date_compare(w->from, q->to) <= 0);
}

struct window_list {
    const struct window_query *q;
    struct billed_window *items;
    size_t count, capacity;
    struct arena *arena;
};

static enum err take_window(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct window_list *l = context;
    struct usage_window w = {0};
    (void)key;
    enum err err = schema_decode(&w, &schema_usage_window, bytes_copy(l->arena, value), l->arena, e);
    if (err != OK || !is_wanted(l->q, &w)) return err;
    l->items = arena_grow(l->arena, l->items, l->count, &l->capacity, sizeof *l->items);
    l->items[l->count++] = (struct billed_window){.window = w};
    return OK;
}

enum err windows_get(struct billed_window **out, size_t *count, struct views_txn *t,
                     const struct window_query *q, struct arena *a, struct error *e)
{
    struct view_key from = key_number(SPACE_USAGE_WINDOW, q->customer);
    struct window_list l = {.q = q, .arena = a};
    enum err err = views_scan(t, &from, from.len, false, take_window, &l, e);
    for (size_t i = 0; i < l.count && err == OK; i++) {
        struct window_place p = place_of(&l.items[i].window);
        struct window_charges row = {0};
        err = window_charges_get(&row, t, SPACE_WINDOW_CHARGES, &p, a, e);
        l.items[i].charges = row.charges;
        l.items[i].charges_count = row.charges_count;
    }
    *out = l.items;
    *count = l.count;
    return err;
}

struct window_search {
    const struct window_query *q;
    struct date day;
    struct usage_window *out;
    bool *found;
    struct arena *arena;
};

/* Backwards from the day on: a window is no longer than a month. */
static enum err look_at(void *context, struct bytes key, struct bytes value, struct error *e)
{
    enum { LONGEST_MONTH = 31 };
    struct window_search *s = context;
    struct usage_window w = {0};
    (void)key;
    enum err err = schema_decode(&w, &schema_usage_window, bytes_copy(s->arena, value), s->arena, e);
    if (err != OK) return err;
    if (date_days_between(w.from, s->day) > LONGEST_MONTH) return ERR_NOT_FOUND;
    if (date_compare(s->day, w.from) < 0 || date_compare(s->day, w.to) >= 0) return OK;
    bool meant = s->q->subscription == 0 || w.subscription == s->q->subscription;
    if (meant || !*s->found) *s->out = w;
    *s->found = true;
    return meant ? ERR_NOT_FOUND : OK;
}

enum err window_on(bool *found, struct usage_window *out, struct views_txn *t, const struct window_query *q,
                   struct date day, struct arena *a, struct error *e)
{
    struct view_key from = key_number(SPACE_USAGE_WINDOW, q->customer);
    struct window_search s = {.q = q, .day = day, .out = out, .found = found, .arena = a};
    size_t prefix = from.len;
    *found = false;
    view_key_date(&from, day);
    return views_scan(t, &from, prefix, true, look_at, &s, e);
}

/* Usage types that were levels in a window are asked for as such, whatever the catalog says by now. */
static struct catalog levels_of(const struct billed_window *windows, size_t count, struct arena *a)
{
    size_t most = 0, found = 0;
    for (size_t i = 0; i < count; i++) most += windows[i].window.rated_count;
    struct metric *metrics = arena_array_of(a, struct metric, most);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < windows[i].window.rated_count; k++) {
            const struct rated_usage *r = &windows[i].window.rated[k];
            if (r->aggregation == AGGREGATION_TIME_WEIGHTED)
                metrics[found++] =
                    (struct metric){.usage_type = r->usage_type, .aggregation = AGGREGATION_TIME_WEIGHTED};
        }
    }
    return (struct catalog){.metrics = metrics, .metrics_count = found};
}

enum err windows_usage(struct usage_total **out, size_t *count, struct views_txn *t,
                       const struct billed_window *windows, size_t windows_count, struct arena *a,
                       struct error *e)
{
    *count = 0;
    if (windows_count == 0) return OK;
    struct catalog levels = levels_of(windows, windows_count, a);
    const struct usage_window *first = &windows[0].window;
    return usage_with_levels(out, count, t, first->customer, first->from, &levels, a, e);
}

static enum err take_customer(void *context, struct bytes key, struct bytes value, struct error *e)
{
    uint64_t *customer = context;
    (void)value, (void)e;
    *customer = be64_get(key.ptr + 1);
    return ERR_NOT_FOUND;
}

static enum err give_customer(struct views_txn *t, const struct window_query *q, customer_windows_fn *row,
                              void *context, struct arena *a, struct error *e)
{
    struct customer_windows c = {.customer = q->customer};
    struct billed_window *windows = NULL;
    struct usage_total *usage = NULL;
    enum err err = windows_get(&windows, &c.windows_count, t, q, a, e);
    if (err == OK) err = windows_usage(&usage, &c.usage_count, t, windows, c.windows_count, a, e);
    if (err != OK || c.windows_count == 0) return err;
    c.windows = windows;
    c.usage = usage;
    return row(context, &c, e);
}

enum err list_windows(struct views_txn *t, const struct window_query *q, customer_windows_fn *row,
                      void *context, struct arena *a, struct error *e)
{
    struct window_query own = *q;
    enum err err = OK;
    if (q->customer != 0) return give_customer(t, q, row, context, a, e);
    for (uint64_t next = 1; err == OK; next = own.customer + 1) {
        struct view_key from = key_number(SPACE_USAGE_WINDOW, next);
        own.customer = 0;
        err = views_scan(t, &from, 1, false, take_customer, &own.customer, e);
        if (err != OK || own.customer == 0) break;
        err = give_customer(t, &own, row, context, a, e);
        arena_reset(a);
    }
    return err;
}
