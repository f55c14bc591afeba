/* SPDX-License-Identifier: MIT */
/* relations.c - histories that must come to the same although they are lived in two ways, and small ones
 * whose outcome is known by a line of arithmetic. */
#include "tests/sim/relations.h"

/* ---- what came out, for comparing ---- */

struct line_sum {
    uint64_t customer;
    enum line_kind kind;
    struct money amount;
};
enum { LINE_SUMS = 128 };
struct line_sums {
    struct line_sum items[LINE_SUMS];
    size_t count;
};

static void add_sum(struct line_sums *s, uint64_t customer, const struct line *l)
{
    for (size_t i = 0; i < s->count; i++) {
        struct line_sum *x = &s->items[i];
        if (x->customer != customer || x->kind != l->kind || !money_same_currency(x->amount, l->amount))
            continue;
        x->amount.minor += l->amount.minor;
        return;
    }
    if (l->amount.minor == 0) return;
    assert(s->count < LINE_SUMS);
    s->items[s->count++] = (struct line_sum){customer, l->kind, l->amount};
}

static bool is_added(const struct books *b, uint64_t subscription)
{
    for (size_t i = 0; i < b->events.count; i++) {
        const struct event *ev = &b->events.items[i];
        if (ev->type == EVENT_SUBSCRIPTION_CREATED && ev->subscription_created.subscription == subscription)
            return ev->subscription_created.parent != 0;
    }
    return false;
}

static int64_t count_added(const struct books *b)
{
    int64_t count = 0;
    for (size_t i = 0; i < b->events.count; i++) {
        const struct event *ev = &b->events.items[i];
        count += ev->type == EVENT_SUBSCRIPTION_CREATED && ev->subscription_created.parent != 0;
    }
    return count;
}

/* What is added to a plan can end before its days are over: a night has charged them by then, and gives them
 * back; a run behind the end charges the others only, and may round otherwise. */
static struct line as_net_fee(const struct books *b, const struct line *l)
{
    struct line net = *l;
    bool back = l->kind == LINE_PRORATION_CREDIT || l->kind == LINE_PAUSE_CREDIT;
    if (back && is_added(b, l->subscription)) net.kind = LINE_RECURRING;
    return net;
}

/* What a document gives back is what coupons had left of it, unless its charge stands on the same document.
 */
static bool gives_back(const struct line *l)
{
    return l->kind == LINE_PRORATION_CREDIT || l->kind == LINE_PAUSE_CREDIT ||
           (l->kind == LINE_USAGE && l->amount.minor < 0);
}

static void count_line(struct line_sums *out, const struct books *b, uint64_t customer, const struct line *l,
                       enum counted counted)
{
    struct line counts = counted == COUNT_ALL ? as_net_fee(b, l) : *l;
    if ((counted == COUNT_CHARGES || counted == COUNT_FEES) && gives_back(l)) return;
    if (counted == COUNT_FEES && l->kind == LINE_USAGE) return;
    if (counted == COUNT_PAID) {
        counts.kind = LINE_RECURRING;
        counts.amount.minor -= l->discount.minor;
    }
    add_sum(out, customer, &counts);
}

/* By customer, kind and currency, of all documents and of what waits for one. */
static void sum_lines(struct line_sums *out, const struct books *b, enum counted counted)
{
    *out = (struct line_sums){0};
    for (size_t i = 0; i < b->events.count; i++) {
        const struct event *ev = &b->events.items[i];
        const struct invoice_finalized *v = &ev->invoice_finalized;
        if (ev->type == EVENT_ITEM_ADDED && !books_is_invoiced(b, ev->item_added.item))
            count_line(out, b, ev->item_added.customer, &ev->item_added.line, counted);
        for (size_t k = 0; ev->type == EVENT_INVOICE_FINALIZED && k < v->lines_count; k++)
            count_line(out, b, v->customer, &v->lines[k], counted);
    }
}

/* A minor unit for each document and coupon, and for each credit of a part. */
static int64_t count_roundings(const struct books *b)
{
    int64_t count = 0;
    for (size_t i = 0; i < b->events.count; i++) {
        const struct event *ev = &b->events.items[i];
        const struct invoice_finalized *v = &ev->invoice_finalized;
        if (ev->type != EVENT_INVOICE_FINALIZED) continue;
        count += (int64_t)v->discounts_count;
        for (size_t k = 0; k < v->lines_count; k++) count += gives_back(&v->lines[k]);
    }
    return count;
}

static int64_t tolerance(const struct books *x, const struct books *y, const struct line_sum *s,
                         enum counted counted)
{
    if (counted == COUNT_PAID) return count_roundings(x) + count_roundings(y);
    return counted == COUNT_ALL && s->kind == LINE_RECURRING ? count_added(x) : 0;
}

enum err compare_sums(const struct books *x, const struct books *y, enum counted counted, struct error *e)
{
    struct line_sums one, two;
    sum_lines(&one, x, counted);
    sum_lines(&two, y, counted);
    for (size_t i = 0; i < one.count; i++) {
        int64_t other = 0;
        const struct line_sum *s = &one.items[i];
        for (size_t k = 0; k < two.count; k++) {
            const struct line_sum *o = &two.items[k];
            if (o->customer == s->customer && o->kind == s->kind && money_same_currency(o->amount, s->amount))
                other = o->amount.minor;
        }
        int64_t off = other < s->amount.minor ? s->amount.minor - other : other - s->amount.minor;
        if (off <= tolerance(x, y, s, counted)) continue;
        return fail(e, ERR_TAMPERED, "customer %ju: %s lines in %s come to %jd and to %jd",
                    (uintmax_t)s->customer, choice_line_kind.words[s->kind], s->amount.currency,
                    (intmax_t)s->amount.minor, (intmax_t)other);
    }
    return OK;
}

static enum err take_rows(void *context, const struct subscription *row, struct error *e)
{
    struct subscription_rows *rows = context;
    (void)e;
    rows->items = arena_grow(rows->arena, rows->items, rows->count, &rows->capacity, sizeof *rows->items);
    struct subscription *s = &rows->items[rows->count++];
    schema_copy(s, &schema_subscription, row, rows->arena);
    struct charge *charges = arena_array_of(rows->arena, struct charge, s->charges_count);
    for (size_t i = 0; i < s->charges_count; i++) { /* which invoice it was is another matter */
        charges[i] = s->charges[i];
        charges[i].invoice = charges[i].line = 0;
        charges[i].discount = charges[i].credited =
            money_zero(charges[i].amount); /* nor what a coupon took */
    }
    s->charges = charges;
    s->used_on = (struct date){0}; /* since when there is usage to charge is a matter of the nights */
    if (s->status == SUBSCRIPTION_CANCELED && s->parent != 0) s->charged_through = s->ended_on;
    return OK;
}

enum err books_subscriptions(struct subscription_rows *out, struct books *b, struct error *e)
{
    struct views_txn *t = NULL;
    struct list_query all = {.status = -1};
    *out = (struct subscription_rows){.arena = b->arena};
    enum err err = ledger_read_begin(&t, b->ledger, e);
    if (err != OK) return err;
    err = list_subscriptions(t, &all, take_rows, out, b->arena, e);
    ledger_read_end(b->ledger, t);
    return err;
}

enum err compare_subscriptions(struct books *x, struct books *y, struct error *e)
{
    struct subscription_rows one, two;
    enum err err = books_subscriptions(&one, x, e);
    if (err == OK) err = books_subscriptions(&two, y, e);
    if (err == OK && one.count != two.count) return fail(e, ERR_TAMPERED, "not as many subscriptions");
    for (size_t i = 0; i < one.count && err == OK; i++) {
        if (schema_equal(&schema_subscription, &one.items[i], &two.items[i])) continue;
        return fail(e, ERR_TAMPERED, "sub_%ju ends up otherwise: %s", (uintmax_t)one.items[i].subscription,
                    first_difference(&one.items[i], &two.items[i]));
    }
    return err;
}

/* ---- each night, or one run at the end ---- */

/* How often a night without an answer asks again is no part of it: attempts of dunning are counted by the
 * nights that were run, and the catalog here has none. Lives it with a run each night, or with none before
 * the last one: that is so late that all that was put off has happened, and what was charged to an end that
 * was undone is charged to the end of its year. */
enum { DAYS_TO_LAST_RUN = 400 };
static enum err live_nights(struct books *b, bool *accepted, const struct script *h, bool nightly,
                            int64_t second, struct error *e)
{
    enum err err = OK;
    struct date day = instant_date(h->steps[0].at), last = instant_date(h->steps[h->count - 1].at);
    size_t at = 0;
    for (; date_compare(day, last) <= 0 && err == OK; day = date_add_days(day, 1)) {
        struct step night = {.at = {date_start(day).us + second * 1000000}, .kind = STEP_RUN, .through = day};
        bool before = second < 12 * 3600;
        if (nightly && before) err = books_do(b, &night, e);
        while (err == OK && at < h->count && date_compare(instant_date(h->steps[at].at), day) == 0) {
            err = books_do(b, &h->steps[at], e);
            accepted[at++] = b->code == OK;
        }
        if (err == OK && nightly && !before) err = books_do(b, &night, e);
    }
    struct step end = {.at = date_start(date_add_days(last, DAYS_TO_LAST_RUN)),
                       .kind = STEP_RUN,
                       .through = date_add_days(last, DAYS_TO_LAST_RUN)};
    return err == OK ? books_do(b, &end, e) : err;
}

static enum err compare_ways(struct books *x, struct books *y, const bool *one, const bool *two,
                             const struct script *h, bool coupons, struct error *e)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct command *c = &h->steps[i].command; /* it may just note an end that was reached */
        bool ends = c->type == COMMAND_SUBSCRIPTION_CANCEL && c->subscription_cancel.immediate;
        if (one[i] != two[i] && !ends)
            return fail(e, ERR_TAMPERED, "step %zu is refused in one way of living alone", i + 1);
    }
    enum counted counted = coupons ? COUNT_PAID : COUNT_ALL;
    enum err err = compare_sums(x, y, counted, e);
    if (err == OK) err = compare_sums(y, x, counted, e);
    if (err == OK && coupons) err = compare_sums(x, y, COUNT_FEES, e);
    return err == OK ? compare_subscriptions(x, y, e) : err;
}

/* Whether a payment method is there is asked when the end of a trial is noted, so all have one. */
static void give_methods(struct script *h)
{
    for (size_t i = 0; i < h->count; i++) {
        struct command *c = &h->steps[i].command;
        if (c->type == COMMAND_SUBSCRIPTION_CREATE)
            c->subscription_create.payment_method = STR("pm_card_visa");
    }
}

/* A percentage for ever takes the same of all documents as of one. What counts by the document does not, by
 * its rule: an amount, a coupon for so many of them, and one that is given or taken back between two nights.
 * Nor can there be credit notes and drafts: the one run has no documents that they could be about. */
static struct script with_coupons(const struct script *h, struct arena *a)
{
    static const char *const codes[] = {"TENTH", "THIRD"};
    struct script out = {.customers = h->customers};
    bool has[8] = {false};
    for (size_t i = 0; i < h->count; i++) {
        const struct step *s = &h->steps[i];
        *script_add(&out, s->at, a) = *s;
        if (has[s->who] || s->command.type != COMMAND_SUBSCRIPTION_CREATE) continue;
        for (size_t k = 0; k < 2; k++) {
            struct step *give = script_add(&out, s->at, a);
            give->who = s->who;
            give->command =
                (struct command){.type = COMMAND_COUPON_APPLY,
                                 .coupon_apply = {.user = user_name(s->who, a), .code = str_of(codes[k])}};
        }
        has[s->who] = true;
    }
    return out;
}

enum err nights_or_one_run(const struct trial *t, struct error *e)
{
    struct dice d = dice_of(t->seed);
    struct script h = {0};
    struct books x = {0}, y = {0};
    struct shape shape = {.customers = 2, .days = (int)dice_between(&d, 30, 100), .nights = 0};
    /* Readings are told apart by the starts of periods, not by subscriptions: those of a plan, or of nobody,
     * can fall into a period of another one that ended weeks ago, or began weeks before it was made. */
    shape.may = MAY_PAUSE | MAY_ITEMS | MAY_PRICE_ANY | MAY_REACTIVATE;
    bool coupons =
        dice_chance(&d, 40); /* then nothing is added: its charges are compared with what is given back */
    shape.may |= dice_chance(&d, 50) ? MAY_USE : coupons ? MAY_BACKDATE : MAY_ADD | MAY_BACKDATE;
    script_make(&h, &shape, t->catalog, &d, t->arena);
    if (h.count == 0) return OK;
    give_methods(&h);
    if (coupons) h = with_coupons(&h, t->arena);
    int64_t second = dice_chance(&d, 50) ? 3600 : 23 * 3600;
    bool *one = arena_array_of(t->arena, bool, h.count), *two = arena_array_of(t->arena, bool, h.count);
    enum err err = books_open(&x, t, e);
    if (err == OK) err = books_open(&y, t, e);
    if (err == OK) err = live_nights(&x, one, &h, true, second, e);
    if (t->tells) printf("---- the same with one run\n");
    if (err == OK) err = live_nights(&y, two, &h, false, second, e);
    if (err == OK) err = compare_ways(&x, &y, one, two, &h, coupons, e);
    books_close(&x);
    books_close(&y);
    return err;
}

/* ---- two customers, in one order or the other ---- */

/* All commands of a day are of noon, so that only their order tells them apart. */
static void put_at_noon(struct script *h)
{
    for (size_t i = 0; i < h->count; i++) {
        struct step *s = &h->steps[i];
        if (s->kind == STEP_COMMAND) s->at.us = date_start(instant_date(s->at)).us + 12 * INT64_C(3600000000);
    }
}

/* The customers' steps of each day change places. */
static struct script swapped(const struct script *h, struct arena *a)
{
    struct script out = {.customers = h->customers};
    for (size_t i = 0; i < h->count;) {
        size_t end = i;
        while (end < h->count && h->steps[end].kind == STEP_COMMAND &&
               h->steps[end].at.us == h->steps[i].at.us)
            end++;
        if (end == i) {
            *script_add(&out, h->steps[i].at, a) = h->steps[i];
            i++;
            continue;
        }
        for (unsigned who = h->customers; who-- > 0;) {
            for (size_t k = i; k < end; k++) {
                if (h->steps[k].who == who) *script_add(&out, h->steps[k].at, a) = h->steps[k];
            }
        }
        i = end;
    }
    return out;
}

enum err live_all(struct books *b, const struct script *h, struct date last, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < h->count && err == OK; i++) err = books_do(b, &h->steps[i], e);
    struct step end = {.at = date_start(last), .kind = STEP_RUN, .through = last};
    return err == OK ? books_do(b, &end, e) : err;
}

struct date month_after(const struct script *h)
{
    return h->count == 0 ? date_of(2023, 7, 1) : date_add_days(instant_date(h->steps[h->count - 1].at), 32);
}

/* One customer's documents in order, without any number that counts over all customers. */
void tell_documents(struct buffer *out, const struct books *b, struct str user)
{
    uint64_t customer = 0, first_subscription[64], invoices[512];
    size_t subscriptions = 0, documents = 0;
    for (size_t i = 0; i < b->events.count; i++) {
        const struct event *ev = &b->events.items[i];
        const struct invoice_finalized *v = &ev->invoice_finalized;
        if (ev->type == EVENT_CUSTOMER_CREATED && str_equal(ev->customer_created.user, user))
            customer = ev->customer_created.customer;
        if (ev->type == EVENT_SUBSCRIPTION_CREATED && ev->subscription_created.customer == customer)
            first_subscription[subscriptions++ % 64] = ev->subscription_created.subscription;
        if (ev->type != EVENT_INVOICE_FINALIZED || v->customer != customer) continue;
        invoices[documents++ % 512] = v->invoice;
        buffer_print(out, "%s %d %jd %jd %jd\n", choice_invoice_kind.words[v->kind], v->issue_date.days,
                     (intmax_t)v->total.minor, (intmax_t)v->credit_applied.minor,
                     (intmax_t)v->amount_due.minor);
        for (size_t k = 0; k < v->discounts_count; k++)
            schema_encode(out, &schema_discount_total, &v->discounts[k]);
        for (size_t k = 0; k < v->lines_count; k++) {
            struct line l = v->lines[k];
            l.item = 0;
            for (size_t n = 0; n < subscriptions && n < 64; n++) {
                if (first_subscription[n] == v->lines[k].subscription) l.subscription = n + 1;
            }
            for (size_t n = 0; n < documents && n < 512; n++) {
                if (invoices[n] == v->lines[k].credits) l.credits = n + 1;
            }
            schema_encode(out, &schema_line, &l);
        }
    }
}

enum err order_of_customers(const struct trial *t, struct error *e)
{
    struct dice d = dice_of(t->seed);
    struct script h = {0};
    struct books x = {0}, y = {0};
    struct shape shape = {.customers = 2, .days = (int)dice_between(&d, 30, 120), .nights = 50};
    shape.may = MAY_ALL & ~(unsigned)MAY_RUN_AHEAD;
    script_make(&h, &shape, t->catalog, &d, t->arena);
    put_at_noon(&h);
    struct script other = swapped(&h, t->arena);
    enum err err = books_open(&x, t, e);
    if (err == OK) err = books_open(&y, t, e);
    if (err == OK) err = live_all(&x, &h, month_after(&h), e);
    if (t->tells) printf("---- the same in the other order\n");
    if (err == OK) err = live_all(&y, &other, month_after(&h), e);
    for (unsigned who = 0; who < 2 && err == OK; who++) {
        struct buffer one = {.arena = t->arena}, two = {.arena = t->arena};
        tell_documents(&one, &x, user_name(who, t->arena));
        tell_documents(&two, &y, user_name(who, t->arena));
        if (!bytes_equal((struct bytes){one.ptr, one.len}, (struct bytes){two.ptr, two.len}))
            err = fail(e, ERR_TAMPERED, "the documents of c%u depend on the order of the customers", who);
    }
    books_close(&x);
    books_close(&y);
    return err;
}
