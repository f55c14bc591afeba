/* SPDX-License-Identifier: MIT */
/* trial_balance.c - every account with what went in and out. Without parameters it is read from the views;
 * for some dates or one customer it is posted anew from the log, event by event, by the same rules. Balances
 * sum to zero in each currency, or nothing is written. */
#include "reports/report_file.h"

static const char header[] = "account,account_name,account_type,currency,opening,debit,credit,balance";

enum err report_trial_balance(struct ledger *l, const struct report_query *q, const char *path,
                              struct arena *a, struct error *e);

struct account_row {
    enum account account;
    struct str name; /* with its detail: income:revenue:pro */
    struct money opening, debit, credit;
};
struct accounts {
    struct report_file *file;
    struct account_row *items;
    size_t count, capacity;
};

static struct account_row *account_add(struct accounts *all, const struct account_row *row)
{
    if (all->count == all->capacity) {
        all->capacity = all->capacity == 0 ? 64 : 2 * all->capacity;
        struct account_row *grown = arena_array_of(all->file->arena, struct account_row, all->capacity);
        if (all->count > 0) memcpy(grown, all->items, all->count * sizeof *grown);
        all->items = grown;
    }
    all->items[all->count] = *row;
    all->items[all->count].name = str_copy(all->file->arena, row->name);
    return &all->items[all->count++];
}

/* ---- from the views ---- */

static enum err take_account(void *context, enum account account, const struct account_total *total,
                             struct error *e)
{
    struct accounts *all = context;
    (void)e;
    struct account_row row = {account, total->account, money_zero(total->debit), total->debit, total->credit};
    (void)account_add(all, &row);
    return OK;
}

/* ---- from the log ---- */

static bool is_of(const struct account_row *row, const struct posting *p)
{
    if (row->account != p->account || strcmp(row->debit.currency, p->amount.currency) != 0) return false;
    size_t base = strlen(account_name(p->account));
    if (p->detail.len == 0) return row->name.len == base;
    if (row->name.len != base + 1 + p->detail.len) return false;
    return memcmp(row->name.ptr + base + 1, p->detail.ptr, p->detail.len) == 0;
}

static struct account_row *account_of(struct accounts *all, const struct posting *p, struct arena *a)
{
    for (size_t i = 0; i < all->count; i++) {
        if (is_of(&all->items[i], p)) return &all->items[i];
    }
    const char *name = account_name(p->account);
    struct money zero = money_zero(p->amount);
    struct str full = p->detail.len == 0 ? str_of(name) : str_format(a, "%s:%.*s", name, STR_ARG(p->detail));
    struct account_row row = {p->account, full, zero, zero, zero};
    return account_add(all, &row);
}

static enum err post(struct accounts *all, const struct posting *p, struct date recorded, struct arena *a,
                     struct error *e)
{
    const struct report_query *q = all->file->query;
    struct date date = date_is_given(p->date) ? p->date : recorded;
    if (q->customer != 0 && p->customer != q->customer) return OK;
    if (date_is_given(q->to) && date_compare(date, q->to) > 0) return OK;
    struct account_row *row = account_of(all, p, a);
    if (date_is_given(q->from) && date_compare(date, q->from) < 0)
        return money_add(&row->opening, row->opening, p->amount, e);
    if (money_is_negative(p->amount)) return money_add(&row->credit, row->credit, money_negate(p->amount), e);
    return money_add(&row->debit, row->debit, p->amount, e);
}

static enum err visit_record(void *context, const struct event_place *place, const struct envelope *v,
                             struct arena *a, struct error *e)
{
    struct accounts *all = context;
    enum err err = OK;
    for (size_t i = 0; i < v->events_count && err == OK; i++) {
        const struct posting *postings = NULL;
        size_t count = 0;
        err = event_postings(&postings, &count, &v->events[i], a, e);
        for (size_t k = 0; k < count && err == OK; k++)
            err = post(all, &postings[k], instant_date(place->at), a, e);
    }
    return err;
}

/* By number, name, currency, as the views have them. */
static int compare_rows(const void *left, const void *right)
{
    const struct account_row *a = left, *b = right;
    if (a->account != b->account) return a->account < b->account ? -1 : 1;
    int by_name = str_compare(a->name, b->name);
    return by_name != 0 ? by_name : strcmp(a->debit.currency, b->debit.currency);
}

/* ---- rows ---- */

static enum err put(struct report_file *f, const struct account_row *row, struct error *e)
{
    struct csv *c = f->csv;
    struct money balance = {0};
    enum err err = money_add(&balance, row->opening, row->debit, e);
    if (err == OK) err = money_subtract(&balance, balance, row->credit, e);
    if (err != OK) return err;
    csv_count(c, (uint64_t)row->account);
    csv_text(c, row->name);
    csv_word(c, account_type(row->account));
    csv_word(c, row->debit.currency);
    csv_money(c, row->opening);
    csv_money(c, row->debit);
    csv_money(c, row->credit);
    csv_money(c, balance);
    csv_end_row(c);
    const struct money amounts[CONTROL_SUMS_MAX] = {row->debit, row->credit, balance};
    return report_count(f, amounts, e);
}

static enum err check_zero(const struct report_file *f, struct error *e)
{
    for (size_t i = 0; i < f->control_count; i++) {
        const struct money *sums = f->control[i].sums;
        if (!money_is_zero(sums[2]))
            return fail(e, ERR_TAMPERED, "the accounts in %s do not sum to zero", sums[2].currency);
    }
    return OK;
}

enum err report_trial_balance(struct ledger *l, const struct report_query *q, const char *path,
                              struct arena *a, struct error *e)
{
    struct report_file f = {.ledger = l,
                            .query = q,
                            .name = "trial_balance",
                            .path = path,
                            .arena = a,
                            .sums = {"debit", "credit", "balance"}};
    struct accounts all = {.file = &f};
    bool whole = q->customer == 0 && !date_is_given(q->from) && !date_is_given(q->to);
    enum err err = report_begin(&f, header, e);
    if (err == OK && whole) err = list_accounts(f.txn, take_account, &all, f.row, e);
    if (err == OK && !whole) err = ledger_walk(l, 0, f.as_of.seq, visit_record, &all, e);
    if (all.count > 0) qsort(all.items, all.count, sizeof *all.items, compare_rows);
    for (size_t i = 0; i < all.count && err == OK; i++) err = put(&f, &all.items[i], e);
    if (err == OK) err = check_zero(&f, e);
    return report_end(&f, err, e);
}
