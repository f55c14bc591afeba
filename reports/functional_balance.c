/* SPDX-License-Identifier: MIT */
/* functional_balance.c - the trial balance in the seller's functional currency: the sums of the journal's
 * functional columns, exchange differences included. There are no rows where he has no such currency. */
#include "reports/books.h"
#include "reports/functional.h"

static const char header[] = "account,account_name,account_type,currency,opening,debit,credit,balance";

enum err report_functional_trial_balance(struct ledger *l, const struct report_query *q, const char *path,
                                         struct arena *a, struct error *e);

struct functional_account {
    enum account account;
    struct str name; /* with its detail */
    struct money opening, debit, credit;
};
struct functional_accounts {
    struct report_file *file;
    struct functional *functional;
    struct functional_account *items; /* few: by products, not by documents */
    size_t count, capacity;
    bool earlier; /* what is read lies before the first day */
};

static struct functional_account *account_of(struct functional_accounts *all, const struct posting *p)
{
    struct report_file *f = all->file;
    struct str name = book_account(p, f->row);
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].account == p->account && str_equal(all->items[i].name, name)) return &all->items[i];
    }
    struct money zero = money_of(0, functional_currency(all->functional));
    all->items = arena_grow(f->arena, all->items, all->count, &all->capacity, sizeof *all->items);
    struct functional_account *row = &all->items[all->count++];
    *row = (struct functional_account){p->account, str_copy(f->arena, name), zero, zero, zero};
    return row;
}

static enum err add(struct functional_accounts *all, const struct posting *p, struct money amount,
                    struct error *e)
{
    struct functional_account *row = account_of(all, p);
    if (all->earlier) return money_add(&row->opening, row->opening, amount, e);
    return money_is_negative(amount) ? money_subtract(&row->credit, row->credit, amount, e)
                                     : money_add(&row->debit, row->debit, amount, e);
}

static enum err take_entry(void *context, const struct journal_entry *entry, struct arena *a, struct error *e)
{
    struct functional_accounts *all = context;
    struct functional_entry converted = {0};
    static const struct posting gain = {.account = ACCOUNT_FX};
    enum err err = functional_convert(&converted, all->functional, entry, a, e);
    for (size_t i = 0; i < entry->count && err == OK; i++)
        err = add(all, &entry->postings[i], converted.postings[i].amount, e);
    for (size_t i = 0; i < converted.gains_count && err == OK; i++)
        err = add(all, &gain, converted.gains[i].amount, e);
    report_next(all->file);
    return err;
}

static int compare(const void *left, const void *right)
{
    const struct functional_account *a = left, *b = right;
    if (a->account != b->account) return a->account < b->account ? -1 : 1;
    return str_compare(a->name, b->name);
}

static enum err put(struct report_file *f, const struct functional_account *row, struct error *e)
{
    struct sheet *s = f->sheet;
    struct money balance = {0};
    enum err err = money_add(&balance, row->opening, row->debit, e);
    if (err == OK) err = money_subtract(&balance, balance, row->credit, e);
    if (err != OK) return err;
    sheet_count(s, (uint64_t)row->account);
    sheet_text(s, row->name);
    sheet_word(s, account_type(row->account));
    sheet_word(s, row->debit.currency);
    sheet_money(s, row->opening);
    sheet_money(s, row->debit);
    sheet_money(s, row->credit);
    sheet_money(s, balance);
    sheet_end_row(s);
    const struct money sums[CONTROL_SUMS_MAX] = {row->debit, row->credit, balance};
    return report_count(f, sums, e);
}

/* What lies before the first day is read apart, so that what was earned in the middle of a month falls on
 * its side. */
static enum err read_all(struct functional_accounts *all, struct error *e)
{
    struct report_file *f = all->file;
    struct book_query earlier = {.customer = f->query->customer};
    enum err err = OK;
    if (date_is_given(f->query->from) && date_is_given(f->day)) {
        earlier.to = date_add_days(f->query->from, -1);
        all->earlier = true;
        err = journal_walk(f->ledger, f->txn, &earlier, take_entry, all, e);
        all->earlier = false;
    }
    return err == OK ? book_walk(f, take_entry, all, e) : err;
}

enum err report_functional_trial_balance(struct ledger *l, const struct report_query *q, const char *path,
                                         struct arena *a, struct error *e)
{
    struct report_file f = {.ledger = l,
                            .query = q,
                            .name = "functional_trial_balance",
                            .path = path,
                            .arena = a,
                            .sums = {"debit", "credit", "balance"}};
    struct functional_accounts all = {.file = &f};
    enum err err = report_begin(&f, header, e);
    if (err == OK) err = functional_begin(&all.functional, &f, e);
    if (err == OK && all.functional != NULL) err = read_all(&all, e);
    functional_end(all.functional);
    f.rows = 0;
    if (all.count > 0) qsort(all.items, all.count, sizeof *all.items, compare);
    for (size_t i = 0; i < all.count && err == OK; i++) {
        err = put(&f, &all.items[i], e);
        report_next(&f);
    }
    if (err == OK && f.control_count > 0 && !money_is_zero(f.control[0].sums[2]))
        err = fail(e, ERR_TAMPERED, "the accounts in %s do not sum to zero", f.control[0].sums[2].currency);
    return report_end(&f, err, e);
}
