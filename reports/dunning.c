/* SPDX-License-Identifier: MIT */
/* dunning.c - the report of who is overdue, whoever has been so the longest first: one row a customer and
 * currency, as the catalog in force says that he is asked. What it sums is what the nightly run would ask
 * for.
 */
#include "reports/report_file.h"

static const char header[] = "user_id,currency,overdue,documents,oldest_due_date,days_overdue,state,"
                             "attempt,attempts,last_attempt_date,next_attempt_date";

enum err report_dunning(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                        struct error *e);

struct asking {
    struct report_file file;
    struct dunning rule;
    struct date last; /* the day that is asked for; none: today, where each customer is */
};

static struct date day_of(const struct asking *g, struct str zone)
{
    return date_is_given(g->last) ? g->last : ledger_today(g->file.ledger, zone);
}

static enum err load_rule(struct asking *g, struct error *e)
{
    struct report_file *f = &g->file;
    struct seller seller = {0};
    struct catalog catalog = {0};
    uint64_t version = 0;
    enum err err = load_seller(&seller, f->txn, 0, f->row, e);
    if (err == ERR_NOT_FOUND) err = OK;
    struct date day = day_of(g, seller.timezone);
    if (err == OK) err = catalog_in_force(&version, f->txn, day, 0, f->row, e);
    if (err == OK && version != 0) err = load_catalog(&catalog, f->txn, version, f->arena, e);
    g->rule = catalog.dunning;
    return err;
}

/* ---- rows ---- */

static void put(struct sheet *c, struct str user, const struct dunned *v, struct date day)
{
    const struct campaign none = {0}, *asked = v->campaign != NULL ? v->campaign : &none;
    sheet_text(c, user);
    sheet_word(c, v->overdue.currency);
    sheet_money(c, v->overdue);
    sheet_count(c, v->documents);
    sheet_date(c, v->oldest);
    sheet_count(c, (uint64_t)date_days_between(v->oldest, day));
    sheet_word(c, choice_dunning_state.words[v->state]);
    sheet_count(c, asked->attempt);
    sheet_count(c, asked->attempts);
    sheet_date(c, asked->on);
    sheet_date(c, v->next_on);
    sheet_end_row(c);
}

static enum err put_customer(struct asking *g, uint64_t customer, struct error *e)
{
    struct report_file *f = &g->file;
    struct debtor d = {0};
    enum err err = load_debtor(&d, f->txn, customer, f->row, e);
    for (size_t i = 0; i < d.open_count && err == OK; i++) {
        struct date day = day_of(g, d.customer->timezone);
        struct dunned v = {0};
        if (!open_invoice_is_first(&d, i)) continue;
        err = dunning_look(&v, &g->rule, &d, d.open[i].left.currency, day, e);
        if (err != OK || v.state == DUNNING_NOTHING) continue;
        put(f->sheet, d.customer->user, &v, day);
        const struct money sums[CONTROL_SUMS_MAX] = {v.overdue};
        err = report_count(f, sums, e);
    }
    return err;
}

static enum err put_all(struct asking *g, struct error *e)
{
    enum { PAGE = 256 };
    struct report_file *f = &g->file;
    struct date through = date_is_given(g->last) ? g->last : date_add_days(day_of(g, STR_NONE), 1);
    struct due_cursor cursor = {0};
    uint64_t customers[PAGE];
    size_t count = PAGE;
    enum err err = OK;
    while (err == OK && count == PAGE) {
        err = list_overdue(f->txn, through, &cursor, customers, &count, PAGE, e);
        for (size_t i = 0; i < count && err == OK; i++) {
            err = put_customer(g, customers[i], e);
            report_next(f);
        }
    }
    return err;
}

enum err report_dunning(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                        struct error *e)
{
    struct asking g = {
        .file = {.ledger = l, .query = q, .name = "dunning", .path = path, .arena = a, .sums = {"overdue"}},
        .last = q->to};
    if (date_is_given(q->from))
        return fail(e, ERR_INVALID, "from: what is overdue is told as of one day, see --to");
    enum err err = report_begin(&g.file, header, e);
    if (err == OK) err = load_rule(&g, e);
    if (err == OK) err = q->customer == 0 ? put_all(&g, e) : put_customer(&g, q->customer, e);
    return report_end(&g.file, err, e);
}
