/* SPDX-License-Identifier: MIT */
/* mrr.c - how monthly recurring revenue moved, month by month and movement by movement. It is a measure that
 * boards and investors ask for, and is no revenue: what is earned stands in the journal. See recurring.h for
 * what counts. */
#include "reports/books.h"
#include "reports/recurring.h"

static const char months_header[] =
    "month,currency,opening,new,expansion,reactivation,contraction,churn,closing,customers_opening,"
    "customers_new,customers_reactivated,customers_churned,customers_closing";
static const char detail_header[] = "event_seq,month,currency,movement,customer_id,subscription_id,effective_"
                                    "on,from_plan,to_plan,from_amount,"
                                    "to_amount,amount";

enum err report_mrr_movements(struct ledger *l, const struct report_query *q, const char *path,
                              struct arena *a, struct error *e);
enum err report_mrr_detail(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                           struct error *e);

/* ---- by month ---- */

struct month {
    struct date first;
    struct money moved[RECURRING_KINDS];
    uint64_t customers[RECURRING_KINDS];
};
struct months {
    struct report_file file;
    struct month *items;
    size_t count, capacity;
};

static struct month *month_of(struct months *all, struct date day, struct money like)
{
    struct date first = month_first_day(day);
    for (size_t i = all->count; i > 0; i--) {
        struct month *m = &all->items[i - 1];
        if (m->first.days == first.days && money_same_currency(m->moved[0], like)) return m;
    }
    all->items = arena_grow(all->file.arena, all->items, all->count, &all->capacity, sizeof *all->items);
    struct month *added = &all->items[all->count++];
    *added = (struct month){.first = first};
    for (size_t i = 0; i < RECURRING_KINDS; i++) added->moved[i] = money_zero(like);
    return added;
}

static enum err add(void *context, const struct recurring_movement *m, struct error *e)
{
    struct month *month = month_of(context, m->day, m->change);
    month->customers[m->kind]++;
    return money_add(&month->moved[m->kind], month->moved[m->kind], m->change, e);
}

static int compare(const void *left, const void *right)
{
    const struct month *a = left, *b = right;
    int by = strcmp(a->moved[0].currency, b->moved[0].currency);
    return by != 0 ? by : date_compare(a->first, b->first);
}

struct standing { /* of one currency */
    struct money amount;
    uint64_t customers;
};

/* A row, unless it is of before the first day that is asked for. */
static enum err put(struct report_file *f, const struct month *m, struct standing *at, struct error *e)
{
    struct sheet *s = f->sheet;
    struct standing before = *at;
    const struct date from = f->query->from;
    enum err err = OK;
    for (size_t i = 0; i < RECURRING_KINDS && err == OK; i++)
        err = money_add(&at->amount, at->amount, m->moved[i], e);
    at->customers += m->customers[RECURRING_NEW] + m->customers[RECURRING_REACTIVATION];
    at->customers -= m->customers[RECURRING_CHURN];
    bool wanted = !date_is_given(from) || date_compare(month_last_day(m->first), from) >= 0;
    if (err != OK || !wanted) return err;
    sheet_text(s, month_text(f->row, m->first));
    sheet_word(s, before.amount.currency);
    sheet_money(s, before.amount);
    for (size_t i = 0; i < RECURRING_KINDS; i++) sheet_money(s, m->moved[i]);
    sheet_money(s, at->amount);
    sheet_count(s, before.customers);
    sheet_count(s, m->customers[RECURRING_NEW]);
    sheet_count(s, m->customers[RECURRING_REACTIVATION]);
    sheet_count(s, m->customers[RECURRING_CHURN]);
    sheet_count(s, at->customers);
    sheet_end_row(s);
    report_next(f);
    const struct money sums[CONTROL_SUMS_MAX] = {m->moved[RECURRING_NEW], m->moved[RECURRING_CHURN]};
    return report_count(f, sums, e);
}

/* Months without a movement have a row, too. */
static enum err put_currency(struct report_file *f, const struct month *items, size_t count, struct date end,
                             struct error *e)
{
    struct standing at = {.amount = money_zero(items->moved[0])};
    struct date last = month_first_day(date_is_given(end) ? end : items[count - 1].first);
    enum err err = OK;
    size_t next = 0;
    for (struct date first = items->first; err == OK && date_compare(first, last) <= 0;
         first = date_add_days(month_last_day(first), 1)) {
        struct month quiet = {.first = first};
        for (size_t i = 0; i < RECURRING_KINDS; i++) quiet.moved[i] = money_zero(at.amount);
        bool moved = next < count && items[next].first.days == first.days;
        err = put(f, moved ? &items[next++] : &quiet, &at, e);
    }
    return err;
}

enum err report_mrr_movements(struct ledger *l, const struct report_query *q, const char *path,
                              struct arena *a, struct error *e)
{
    struct months all = {.file = {.ledger = l,
                                  .query = q,
                                  .name = "mrr_movements",
                                  .path = path,
                                  .arena = a,
                                  .sums = {"new", "churn"}}};
    struct report_file *f = &all.file;
    enum err err = report_begin(f, months_header, e);
    if (err == OK) err = recurring_walk(f, f->day, add, &all, e);
    if (all.count > 0) qsort(all.items, all.count, sizeof *all.items, compare);
    for (size_t i = 0, next = 0; i < all.count && err == OK; i = next) {
        while (next < all.count && money_same_currency(all.items[next].moved[0], all.items[i].moved[0]))
            next++;
        err = put_currency(f, &all.items[i], next - i, f->day, e);
    }
    return report_end(f, err, e);
}

/* ---- movement by movement ---- */

static enum err put_movement(void *context, const struct recurring_movement *m, struct error *e)
{
    struct report_file *f = context;
    struct sheet *s = f->sheet;
    struct str user = STR_NONE;
    if (!report_wants(f->query, m->day)) return OK;
    enum err err = book_user(&user, f, m->customer, e);
    if (err != OK) return err;
    sheet_count(s, m->seq);
    sheet_text(s, month_text(f->row, m->day));
    sheet_word(s, m->change.currency);
    sheet_word(s, recurring_words[m->kind]);
    sheet_text(s, user);
    sheet_text(s, public_id(f->row, "sub", m->subscription));
    sheet_date(s, m->day);
    sheet_text(s, m->from_plan);
    sheet_text(s, m->to_plan);
    sheet_money(s, m->from);
    sheet_money(s, m->to);
    sheet_money(s, m->change);
    sheet_end_row(s);
    report_next(f);
    const struct money sums[CONTROL_SUMS_MAX] = {m->change};
    return report_count(f, sums, e);
}

enum err report_mrr_detail(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                           struct error *e)
{
    struct report_file f = {
        .ledger = l, .query = q, .name = "mrr_detail", .path = path, .arena = a, .sums = {"amount"}};
    enum err err = report_begin(&f, detail_header, e);
    if (err == OK) err = recurring_walk(&f, f.day, put_movement, &f, e);
    return report_end(&f, err, e);
}
