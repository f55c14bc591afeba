/* SPDX-License-Identifier: MIT */
/* deferred.c - deferred revenue: how the account came from one month's end to the next (roll-forward), and
 * line by line what is still to be earned (schedule); and by months when what was booked is earned
 * (waterfall). The roll-forward's closings and the schedule's remainders are the balances of the account. */
#include "reports/books.h"

static const char rollforward_header[] =
    "period,currency,revenue_account,opening,billed,recognised,credited,closing";
static const char schedule_header[] =
    "document_number,line_no,customer_id,product_id,service_from,service_to,method,currency,total,"
    "recognised_to_date,remaining";
static const char waterfall_header[] = "booked_month,currency,booked,recognised_month,amount,remaining";

enum err report_deferred_rollforward(struct ledger *l, const struct report_query *q, const char *path,
                                     struct arena *a, struct error *e);
enum err report_deferred_schedule(struct ledger *l, const struct report_query *q, const char *path,
                                  struct arena *a, struct error *e);
enum err report_revenue_waterfall(struct ledger *l, const struct report_query *q, const char *path,
                                  struct arena *a, struct error *e);

/* ---- roll-forward ---- */

struct roll {
    struct date month; /* its first day */
    struct str account;
    struct money billed, recognised, credited; /* each above nothing where the word says what is usual */
};
struct rolls {
    struct report_file *file;
    struct roll *items;
    size_t count, capacity;
};

static struct roll *roll_of(struct rolls *all, struct date month, struct str account, struct money like)
{
    for (size_t i = all->count; i > 0; i--) {
        struct roll *r = &all->items[i - 1];
        if (r->month.days == month.days && str_equal(r->account, account) &&
            money_same_currency(r->billed, like))
            return r;
    }
    struct arena *a = all->file->arena;
    struct money zero = money_zero(like);
    all->items = arena_grow(a, all->items, all->count, &all->capacity, sizeof *all->items);
    all->items[all->count] = (struct roll){month, str_copy(a, account), zero, zero, zero};
    return &all->items[all->count++];
}

/* A debit that is not earned is what credits and voids took back of what was billed. */
static enum err roll_posting(struct rolls *all, const struct journal_entry *entry, const struct posting *p,
                             struct error *e)
{
    struct roll *r = roll_of(all, month_first_day(entry->date), p->detail, p->amount);
    if (entry->event == NULL) return money_add(&r->recognised, r->recognised, p->amount, e);
    if (money_is_negative(p->amount)) return money_subtract(&r->billed, r->billed, p->amount, e);
    return money_add(&r->credited, r->credited, p->amount, e);
}

static enum err roll_entry(void *context, const struct journal_entry *entry, struct arena *a, struct error *e)
{
    enum err err = OK;
    (void)a;
    for (size_t i = 0; i < entry->count && err == OK; i++) {
        if (entry->postings[i].account == ACCOUNT_DEFERRED)
            err = roll_posting(context, entry, &entry->postings[i], e);
    }
    return err;
}

static int compare_rolls(const void *left, const void *right)
{
    const struct roll *a = left, *b = right;
    int by = strcmp(a->billed.currency, b->billed.currency);
    if (by == 0) by = str_compare(a->account, b->account);
    return by != 0 ? by : date_compare(a->month, b->month);
}

/* Months that the query's days touch. */
static bool is_wanted(const struct report_query *q, struct date month)
{
    if (date_is_given(q->from) && date_compare(month_last_day(month), q->from) < 0) return false;
    return !date_is_given(q->to) || date_compare(month, q->to) <= 0;
}

static enum err put_roll(struct report_file *f, const struct roll *r, struct money *balance, struct error *e)
{
    struct sheet *s = f->sheet;
    struct money opening = *balance;
    enum err err = money_add(balance, *balance, r->billed, e);
    if (err == OK) err = money_subtract(balance, *balance, r->recognised, e);
    if (err == OK) err = money_subtract(balance, *balance, r->credited, e);
    if (err != OK || !is_wanted(f->query, r->month)) return err;
    sheet_text(s, month_text(f->row, r->month));
    sheet_word(s, r->billed.currency);
    sheet_text(s, r->account);
    sheet_money(s, opening);
    sheet_money(s, r->billed);
    sheet_money(s, r->recognised);
    sheet_money(s, r->credited);
    sheet_money(s, *balance);
    sheet_end_row(s);
    const struct money sums[CONTROL_SUMS_MAX] = {r->billed, r->recognised, r->credited};
    return report_count(f, sums, e);
}

/* The openings come from the beginning on, whatever --from says. */
static enum err whole_walk(struct report_file *f, journal_entry_fn *visit, void *context, struct error *e)
{
    struct book_query q = {.customer = f->query->customer, .to = f->day};
    return date_is_given(q.to) ? journal_walk(f->ledger, f->txn, &q, visit, context, e) : OK;
}

enum err report_deferred_rollforward(struct ledger *l, const struct report_query *q, const char *path,
                                     struct arena *a, struct error *e)
{
    struct report_file f = {.ledger = l,
                            .query = q,
                            .name = "deferred_rollforward",
                            .path = path,
                            .arena = a,
                            .sums = {"billed", "recognised", "credited"}};
    struct rolls all = {.file = &f};
    struct money balance = {0};
    enum err err = report_begin(&f, rollforward_header, e);
    if (err == OK) err = whole_walk(&f, roll_entry, &all, e);
    if (all.count > 0) qsort(all.items, all.count, sizeof *all.items, compare_rolls);
    for (size_t i = 0; i < all.count && err == OK; i++) {
        const struct roll *r = &all.items[i], *before = i > 0 ? r - 1 : NULL;
        bool goes_on = before != NULL && str_equal(before->account, r->account) &&
                       money_same_currency(before->billed, r->billed);
        if (!goes_on) balance = money_zero(r->billed);
        err = put_roll(&f, r, &balance, e);
        report_next(&f);
    }
    return report_end(&f, err, e);
}

/* ---- schedule ---- */

static enum err put_schedule(void *context, const struct earning *g, const struct event_place *place,
                             const struct event *ev, struct arena *a, struct error *e)
{
    struct report_file *f = context;
    struct sheet *s = f->sheet;
    struct money earned = {0}, left = {0};
    struct book_document d = {0};
    struct str user = STR_NONE;
    (void)place, (void)ev, (void)a;
    if (!g->deferred || date_compare(g->booked, f->day) > 0) return OK;
    enum err err = earned_through(&earned, g, f->day, e);
    if (err == OK) err = money_subtract(&left, g->amount, earned, e);
    if (err == OK) err = book_document(&d, f, g->invoice, e);
    if (err == OK) err = book_user(&user, f, g->customer, e);
    if (err != OK) return err;
    sheet_text(s, d.number);
    sheet_count(s, g->line);
    sheet_text(s, user);
    sheet_text(s, g->product);
    sheet_date(s, g->from);
    sheet_date(s, date_add_days(g->to, -1));
    sheet_word(s, "daily");
    sheet_word(s, g->amount.currency);
    sheet_money(s, g->amount);
    sheet_money(s, earned);
    sheet_money(s, left);
    sheet_end_row(s);
    const struct money sums[CONTROL_SUMS_MAX] = {g->amount, earned, left};
    err = report_count(f, sums, e);
    report_next(f);
    return err;
}

static enum err walk_earnings(struct report_file *f, earning_fn *visit, void *context, struct error *e)
{
    struct book_query q = {.customer = f->query->customer};
    return date_is_given(f->day) ? earnings_walk(f->ledger, f->txn, &q, visit, context, e) : OK;
}

enum err report_deferred_schedule(struct ledger *l, const struct report_query *q, const char *path,
                                  struct arena *a, struct error *e)
{
    struct report_file f = {.ledger = l,
                            .query = q,
                            .name = "deferred_schedule",
                            .path = path,
                            .arena = a,
                            .sums = {"total", "recognised_to_date", "remaining"}};
    enum err err = report_begin(&f, schedule_header, e);
    if (err == OK) err = walk_earnings(&f, put_schedule, &f, e);
    return report_end(&f, err, e);
}

/* ---- waterfall ---- */

struct fall {
    struct date booked, earned; /* first days of the months */
    struct money amount;
};
struct falls {
    struct report_file *file;
    struct fall *items;
    size_t count, capacity;
};

static struct fall *fall_of(struct falls *all, struct date booked, struct date earned, struct money like)
{
    for (size_t i = all->count; i > 0; i--) {
        struct fall *x = &all->items[i - 1];
        if (x->booked.days == booked.days && x->earned.days == earned.days &&
            money_same_currency(x->amount, like))
            return x;
    }
    all->items = arena_grow(all->file->arena, all->items, all->count, &all->capacity, sizeof *all->items);
    all->items[all->count] = (struct fall){booked, earned, money_zero(like)};
    return &all->items[all->count++];
}

/* Month by month until all of it is earned, also what lies ahead. */
static enum err fall(void *context, const struct earning *g, const struct event_place *place,
                     const struct event *ev, struct arena *a, struct error *e)
{
    struct falls *all = context;
    struct date booked = month_first_day(g->booked), last = month_first_day(earning_last_day(g));
    struct money before = money_zero(g->amount);
    enum err err = OK;
    (void)place, (void)ev, (void)a;
    if (!g->deferred || date_compare(g->booked, all->file->day) > 0) return OK;
    for (struct date month = month_first_day(earning_first_day(g));
         err == OK && date_compare(month, last) <= 0; month = date_add_days(month_last_day(month), 1)) {
        struct money earned = {0}, part = {0};
        err = earned_through(&earned, g, month_last_day(month), e);
        if (err == OK) err = money_subtract(&part, earned, before, e);
        struct fall *x = fall_of(all, booked, month, g->amount);
        if (err == OK) err = money_add(&x->amount, x->amount, part, e);
        before = earned;
    }
    return err;
}

static int compare_falls(const void *left, const void *right)
{
    const struct fall *a = left, *b = right;
    int by = date_compare(a->booked, b->booked);
    if (by == 0) by = strcmp(a->amount.currency, b->amount.currency);
    return by != 0 ? by : date_compare(a->earned, b->earned);
}

/* Those of one month and currency, with what is left behind each. */
static enum err put_falls(struct report_file *f, const struct fall *items, size_t count, struct error *e)
{
    struct money booked = money_zero(items->amount), left = {0};
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) err = money_add(&booked, booked, items[i].amount, e);
    left = booked;
    for (size_t i = 0; i < count && err == OK; i++) {
        struct sheet *s = f->sheet;
        err = money_subtract(&left, left, items[i].amount, e);
        sheet_text(s, month_text(f->row, items[i].booked));
        sheet_word(s, booked.currency);
        sheet_money(s, booked);
        sheet_text(s, month_text(f->row, items[i].earned));
        sheet_money(s, items[i].amount);
        sheet_money(s, left);
        sheet_end_row(s);
        const struct money sums[CONTROL_SUMS_MAX] = {items[i].amount};
        if (err == OK) err = report_count(f, sums, e);
        report_next(f);
    }
    return err;
}

enum err report_revenue_waterfall(struct ledger *l, const struct report_query *q, const char *path,
                                  struct arena *a, struct error *e)
{
    struct report_file f = {
        .ledger = l, .query = q, .name = "revenue_waterfall", .path = path, .arena = a, .sums = {"amount"}};
    struct falls all = {.file = &f};
    enum err err = report_begin(&f, waterfall_header, e);
    if (err == OK) err = walk_earnings(&f, fall, &all, e);
    if (all.count > 0) qsort(all.items, all.count, sizeof *all.items, compare_falls);
    for (size_t i = 0, next = 0; i < all.count && err == OK; i = next) {
        const struct fall *first = &all.items[i];
        while (next < all.count && all.items[next].booked.days == first->booked.days &&
               money_same_currency(all.items[next].amount, first->amount))
            next++;
        err = put_falls(&f, first, next - i, e);
    }
    return report_end(&f, err, e);
}
