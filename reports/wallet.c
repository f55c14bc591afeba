/* SPDX-License-Identifier: MIT */
/* wallet.c - prepaid credit, a row a grant: what it was sold for, what documents took of it, what lapsed,
 * what is left at the end of a day. What was used is summed up from the documents, less what later ones gave
 * back. */
#include "ledger/book.h"
#include "reports/report_file.h"

static const char header[] = "customer_id,customer_name,grant,status,granted_on,expires_on,ended_on,currency,"
                             "price,amount,used,expired,"
                             "voided,left,priority,scope,reason,expected_breakage,prepaid,owed";

enum err report_wallet(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                       struct error *e);

struct wallets {
    struct report_file file;
    struct arena *customers, *documents; /* rows of the lists that are walked */
    const struct wallet_grant *grants;   /* of the customer at hand, by number */
    struct money *used;                  /* of each, by the end of the day */
    size_t count;
};

static bool is_by_then(const struct wallets *w, struct date day)
{
    const struct date end = w->file.query->to;
    return !date_is_given(end) || date_compare(day, end) <= 0;
}

/* ---- what was used ---- */

static enum err note_use(struct wallets *w, uint64_t grant, struct money amount, bool back, struct error *e)
{
    if (grant == 0 || grant > w->count)
        return fail(e, ERR_TAMPERED, "a document was paid by grant %ju, which there is not",
                    (uintmax_t)grant);
    struct money *used = &w->used[grant - 1];
    return back ? money_subtract(used, *used, amount, e) : money_add(used, *used, amount, e);
}

static enum err note_document(void *context, const struct invoice *v, struct error *e)
{
    struct wallets *w = context;
    enum err err = OK;
    for (size_t i = 0; i < v->wallet_count && err == OK; i++)
        err = note_use(w, v->wallet[i].grant, v->wallet[i].amount, false, e);
    for (size_t i = 0; i < v->returns_count && err == OK; i++)
        err = note_use(w, v->returns[i].grant, v->returns[i].amount, true, e);
    arena_reset(w->documents);
    return err;
}

/* ---- rows ---- */

/* What of a grant nobody can use any more; once it is so, that is all that was not used. */
static enum err lapsed_of(struct money *lapsed, bool *ended, const struct wallets *w,
                          const struct wallet_grant *g, struct money used, struct error *e)
{
    *lapsed = money_zero(g->amount);
    *ended = (g->status == GRANT_EXPIRED || g->status == GRANT_VOIDED) && is_by_then(w, g->ended_on);
    return *ended ? money_subtract(lapsed, g->amount, used, e) : OK;
}

/* What was paid for what was left then, and that less what was earned of it as breakage that is expected:
 * liabilities:prepaid. */
static enum err owed_of(struct money *prepaid, struct money *owed, const struct wallet_grant *g,
                        struct money left, struct error *e)
{
    struct wallet_grant then = *g;
    struct money earned = {0};
    then.left = left;
    enum err err = wallet_prepaid(prepaid, &then, e);
    if (err == OK) err = wallet_breakage(&earned, &then, e);
    return err == OK ? money_subtract(owed, *prepaid, earned, e) : err;
}

static enum err put(struct wallets *w, const struct customer *c, const struct wallet_grant *g,
                    struct money used, struct error *e)
{
    struct sheet *s = w->file.sheet;
    struct money lapsed = {0}, left = {0}, prepaid = {0}, owed = {0}, zero = money_zero(g->amount);
    bool ended = false;
    enum err err = lapsed_of(&lapsed, &ended, w, g, used, e);
    if (err == OK) err = money_subtract(&left, g->amount, used, e);
    if (err == OK) err = money_subtract(&left, left, lapsed, e);
    if (err == OK) err = owed_of(&prepaid, &owed, g, left, e);
    if (err != OK) return err;
    enum grant_status status = ended ? g->status : money_is_zero(left) ? GRANT_USED : GRANT_OPEN;
    sheet_text(s, c->user);
    sheet_text(s, c->party.name);
    sheet_count(s, g->grant);
    sheet_word(s, choice_grant_status.words[status]);
    sheet_date(s, g->on);
    sheet_date(s, g->expires);
    sheet_date(s, status == g->status ? g->ended_on : (struct date){0});
    sheet_word(s, g->amount.currency);
    sheet_money(s, g->price);
    sheet_money(s, g->amount);
    sheet_money(s, used);
    sheet_money(s, status == GRANT_EXPIRED ? lapsed : zero);
    sheet_money(s, status == GRANT_VOIDED ? lapsed : zero);
    sheet_money(s, left);
    sheet_count(s, g->priority);
    sheet_text(s, g->scope);
    sheet_text(s, g->reason);
    sheet_decimal(s, g->expected_breakage);
    sheet_money(s, prepaid);
    sheet_money(s, owed);
    sheet_end_row(s);
    const struct money sums[CONTROL_SUMS_MAX] = {g->amount, used, left};
    return report_count(&w->file, sums, e);
}

static enum err put_customer(void *context, const struct customer *c, struct error *e)
{
    struct wallets *w = context;
    struct report_file *f = &w->file;
    struct wallet_grant *grants = NULL;
    struct list_query documents = {.customer = c->customer, .to = f->query->to, .status = -1};
    if (c->grants == 0) {
        arena_reset(w->customers);
        return OK;
    }
    enum err err = list_grants(&grants, &w->count, f->txn, c->customer, f->row, e);
    w->grants = grants;
    w->used = arena_array_of(f->row, struct money, w->count);
    for (size_t i = 0; i < w->count; i++) w->used[i] = money_zero(grants[i].amount);
    if (err == OK) err = list_invoices(f->txn, &documents, note_document, w, w->documents, e);
    for (size_t i = 0; i < w->count && err == OK; i++) {
        if (is_by_then(w, grants[i].on)) err = put(w, c, &grants[i], w->used[i], e);
    }
    report_next(f);
    arena_reset(w->customers);
    return err;
}

static enum err put_all(struct wallets *w, struct error *e)
{
    const struct report_file *f = &w->file;
    struct list_query all = {.status = -1};
    struct customer one = {0};
    if (f->query->customer == 0) return list_customers(f->txn, &all, put_customer, w, w->customers, e);
    enum err err = load_customer(&one, f->txn, f->query->customer, w->customers, e);
    return err == OK ? put_customer(w, &one, e) : err;
}

enum err report_wallet(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                       struct error *e)
{
    struct wallets w = {.file = {.ledger = l,
                                 .query = q,
                                 .name = "wallet",
                                 .path = path,
                                 .arena = a,
                                 .sums = {"amount", "used", "left"}},
                        .customers = arena_new(),
                        .documents = arena_new()};
    enum err err = report_begin(&w.file, header, e);
    if (err == OK) err = put_all(&w, e);
    arena_free(w.customers);
    arena_free(w.documents);
    return report_end(&w.file, err, e);
}
