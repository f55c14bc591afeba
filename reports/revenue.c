/* SPDX-License-Identifier: MIT */
/* revenue.c - revenue month by month and account by account: what documents billed and took back of it, on
 * whatever day it is earned, and what was recognised. Read from the postings of the income accounts and of
 * deferred revenue: what was recognised is the movement of the account in the trial balance, and billed less
 * credited less recognised is how much more of it is deferred. */
#include "reports/books.h"

static const char header[] = "month,currency,revenue_account,billed,credited,recognised";

enum err report_revenue(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                        struct error *e);

struct earned {
    struct date month; /* its first day */
    struct str account;
    struct money billed, credited, recognised; /* each above nothing where the word says what is usual */
};
struct all_earned {
    struct report_file *file;
    struct earned *items;
    size_t count, capacity;
};

static struct earned *earned_of(struct all_earned *all, struct date month, struct str account,
                                struct money like)
{
    for (size_t i = all->count; i > 0; i--) {
        struct earned *x = &all->items[i - 1];
        if (x->month.days < month.days) break; /* the journal goes by days */
        if (str_equal(x->account, account) && money_same_currency(x->billed, like)) return x;
    }
    struct arena *a = all->file->arena;
    struct money zero = money_zero(like);
    all->items = arena_grow(a, all->items, all->count, &all->capacity, sizeof *all->items);
    all->items[all->count] = (struct earned){month, str_copy(a, account), zero, zero, zero};
    return &all->items[all->count++];
}

/* The income account that a posting is of: its own, or the one that will earn what is deferred. */
static struct str income_of(const struct posting *p, struct arena *a)
{
    struct posting income = *p;
    if (p->account == ACCOUNT_DEFERRED) income.account = ACCOUNT_REVENUE;
    bool is_one = strcmp(account_type(income.account), "income") == 0;
    return is_one ? book_account(&income, a) : STR_NONE;
}

static enum err take_posting(struct all_earned *all, const struct journal_entry *entry,
                             const struct posting *p, struct arena *a, struct error *e)
{
    struct str account = income_of(p, a);
    if (account.len == 0) return OK;
    struct earned *x = earned_of(all, month_first_day(entry->date), account, p->amount);
    enum err err = OK;
    if (p->account != ACCOUNT_DEFERRED) err = money_subtract(&x->recognised, x->recognised, p->amount, e);
    if (err != OK || entry->event == NULL) return err; /* earned of what was billed before */
    if (money_is_negative(p->amount)) return money_subtract(&x->billed, x->billed, p->amount, e);
    return money_add(&x->credited, x->credited, p->amount, e);
}

static enum err take_entry(void *context, const struct journal_entry *entry, struct arena *a, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < entry->count && err == OK; i++)
        err = take_posting(context, entry, &entry->postings[i], a, e);
    return err;
}

static int compare(const void *left, const void *right)
{
    const struct earned *a = left, *b = right;
    int by = strcmp(a->billed.currency, b->billed.currency);
    if (by == 0) by = date_compare(a->month, b->month);
    return by != 0 ? by : str_compare(a->account, b->account);
}

static enum err put(struct report_file *f, const struct earned *x, struct error *e)
{
    struct sheet *s = f->sheet;
    sheet_text(s, month_text(f->row, x->month));
    sheet_word(s, x->billed.currency);
    sheet_text(s, x->account);
    sheet_money(s, x->billed);
    sheet_money(s, x->credited);
    sheet_money(s, x->recognised);
    sheet_end_row(s);
    const struct money sums[CONTROL_SUMS_MAX] = {x->billed, x->credited, x->recognised};
    return report_count(f, sums, e);
}

enum err report_revenue(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                        struct error *e)
{
    struct report_file f = {.ledger = l,
                            .query = q,
                            .name = "revenue",
                            .path = path,
                            .arena = a,
                            .sums = {"billed", "credited", "recognised"}};
    struct all_earned all = {.file = &f};
    enum err err = report_begin(&f, header, e);
    if (err == OK) err = book_walk(&f, take_entry, &all, e);
    if (all.count > 0) qsort(all.items, all.count, sizeof *all.items, compare);
    for (size_t i = 0; i < all.count && err == OK; i++) {
        err = put(&f, &all.items[i], e);
        report_next(&f);
    }
    return report_end(&f, err, e);
}
