/* SPDX-License-Identifier: MIT */
/* trial_balance.c - every account with what went in and out. Balances sum to zero in each currency, or
 * nothing is written. */
#include "reports/report_file.h"

static const char header[] = "account,account_name,account_type,currency,opening,debit,credit,balance";

enum err report_trial_balance(struct ledger *l, const struct report_query *q, const char *path,
                              struct arena *a, struct error *e);

/* ---- rows ---- */

static enum err put(void *context, const struct account_balance *row, struct error *e)
{
    struct report_file *f = context;
    struct sheet *c = f->sheet;
    struct money balance = {0};
    enum err err = money_add(&balance, row->opening, row->debit, e);
    if (err == OK) err = money_subtract(&balance, balance, row->credit, e);
    if (err != OK) return err;
    sheet_count(c, (uint64_t)row->account);
    sheet_text(c, row->name);
    sheet_word(c, account_type(row->account));
    sheet_word(c, row->debit.currency);
    sheet_money(c, row->opening);
    sheet_money(c, row->debit);
    sheet_money(c, row->credit);
    sheet_money(c, balance);
    sheet_end_row(c);
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
    struct book_query books = {.customer = q->customer, .from = q->from};
    enum err err = report_begin(&f, header, e);
    books.to = f.day;
    if (err == OK && date_is_given(books.to)) err = list_balances(f.txn, l, &books, put, &f, f.row, e);
    if (err == OK) err = check_zero(&f, e);
    return report_end(&f, err, e);
}
