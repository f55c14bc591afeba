/* SPDX-License-Identifier: MIT */
/* postings.c - double entry: totals of every account by detail, currency and day. Each event's postings must
 * sum to zero per currency; an event whose postings do not is refused, here and in every rebuild. */
#include "projections/books.h"

#include "ledger/book.h"

static struct view_key account_key(struct views_txn *t, const struct posting *p, struct date date)
{
    uint8_t detail[16] = {0};
    if (p->detail.len > 0) indexer_mac(views_indexer(t), detail, SPACE_ACCOUNT, p->detail);
    const char *c = p->amount.currency;
    struct view_key k = view_key(SPACE_ACCOUNT);
    view_key_u32(&k, (uint32_t)p->account);
    view_key_mac(&k, detail);
    view_key_u32(&k, (uint32_t)(uint8_t)c[0] << 16 | (uint32_t)(uint8_t)c[1] << 8 | (uint32_t)(uint8_t)c[2]);
    view_key_date(&k, date);
    return k;
}

static struct str full_name(enum account account, struct str detail, struct arena *a)
{
    const char *name = account_name(account);
    return detail.len == 0 ? str_of(name) : str_format(a, "%s:%.*s", name, STR_ARG(detail));
}

static enum err row_of(struct account_total *out, struct views_txn *t, const struct view_key *k,
                       const struct posting *p, struct arena *a, struct error *e)
{
    bool found = false;
    enum err err = row_find(&found, out, &schema_account_total, t, k, a, e);
    if (err != OK || found) return err;
    struct money zero = money_zero(p->amount);
    *out =
        (struct account_total){.account = full_name(p->account, p->detail, a), .debit = zero, .credit = zero};
    return OK;
}

static enum err post(struct views_txn *t, const struct posting *p, struct date date, struct arena *a,
                     struct error *e)
{
    struct view_key k = account_key(t, p, date);
    struct account_total row = {0};
    enum err err = row_of(&row, t, &k, p, a, e);
    if (err != OK) return err;
    err = money_is_negative(p->amount) ? money_add(&row.credit, row.credit, money_negate(p->amount), e)
                                       : money_add(&row.debit, row.debit, p->amount, e);
    return err != OK ? err : views_put_record(t, &k, &schema_account_total, &row, e);
}

enum err fold_postings(struct views_txn *t, const struct event *ev, const struct event_place *place,
                       struct arena *a, struct error *e)
{
    const struct posting *postings = NULL;
    size_t count = 0;
    struct date open_from = {0};
    enum err err = event_postings(&postings, &count, ev, a, e);
    if (err != OK || count == 0) return err;
    err = postings_check(postings, count, e);
    if (err == OK) err = books_open_from(&open_from, t, e);
    for (size_t i = 0; err == OK && i < count; i++) {
        const struct posting *p = &postings[i];
        struct date effective = date_is_given(p->date) ? p->date : instant_date(place->at);
        err = post(t, p, posting_date(effective, open_from), a, e);
    }
    return err;
}

/* ---- what is kept, account by account ---- */

/* The rows of one account, detail and currency stand side by side, a day each. */
enum { KEY_WITHOUT_DATE = 1 + 4 + 16 + 4 };

struct balance_rows {
    struct account_balance *items;
    size_t count, capacity;
    struct book_query q;
    uint8_t last[KEY_WITHOUT_DATE]; /* whose row the newest item is */
    struct arena *arena, *scratch;
};

static struct account_balance *balance_add(struct balance_rows *rows, enum account account, struct str name,
                                           struct money zero)
{
    rows->items = arena_grow(rows->arena, rows->items, rows->count, &rows->capacity, sizeof *rows->items);
    rows->items[rows->count] =
        (struct account_balance){account, str_copy(rows->arena, name), zero, zero, zero};
    return &rows->items[rows->count++];
}

static enum err balance_post(struct account_balance *row, struct money debit, struct money credit,
                             bool opening, struct error *e)
{
    enum err err = OK;
    if (opening) {
        err = money_add(&row->opening, row->opening, debit, e);
        return err == OK ? money_subtract(&row->opening, row->opening, credit, e) : err;
    }
    err = money_add(&row->debit, row->debit, debit, e);
    return err == OK ? money_add(&row->credit, row->credit, credit, e) : err;
}

static enum err visit(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct balance_rows *rows = context;
    struct account_total total = {0};
    struct date date = view_key_date_at(key, KEY_WITHOUT_DATE);
    if (date_is_given(rows->q.to) && date_compare(date, rows->q.to) > 0) return OK;
    arena_reset(rows->scratch);
    enum err err = schema_decode(&total, &schema_account_total, value, rows->scratch, e);
    if (err != OK) return err;
    if (rows->count == 0 || memcmp(rows->last, key.ptr, sizeof rows->last) != 0) {
        uint32_t account = be32_get(key.ptr + 1);
        (void)balance_add(rows, (enum account)account, total.account, money_zero(total.debit));
        memcpy(rows->last, key.ptr, sizeof rows->last);
    }
    bool opening = date_is_given(rows->q.from) && date_compare(date, rows->q.from) < 0;
    return balance_post(&rows->items[rows->count - 1], total.debit, total.credit, opening, e);
}

/* By number of the account, then name with detail, then currency: the keys' own order is that of their HMACs.
 */
static int compare_rows(const void *left, const void *right)
{
    const struct account_balance *a = left, *b = right;
    if (a->account != b->account) return a->account < b->account ? -1 : 1;
    int by_name = str_compare(a->name, b->name);
    return by_name != 0 ? by_name : strcmp(a->debit.currency, b->debit.currency);
}

static void sort_rows(struct balance_rows *rows)
{
    if (rows->count > 0) qsort(rows->items, rows->count, sizeof *rows->items, compare_rows);
}

static enum err kept_rows(struct balance_rows *rows, struct views_txn *t, struct error *e)
{
    struct view_key from = view_key(SPACE_ACCOUNT);
    rows->arena = arena_new(); /* a visitor may reset the caller's, and the rows are all needed at once */
    rows->scratch = arena_new();
    return views_scan(t, &from, from.len, false, visit, rows, e);
}

static enum err rows_end(struct balance_rows *rows, enum err err)
{
    arena_free(rows->arena);
    arena_free(rows->scratch);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err list_accounts(struct views_txn *t, account_row_fn *row, void *context, struct arena *a,
                       struct error *e)
{
    struct balance_rows rows = {0};
    (void)a;
    enum err err = kept_rows(&rows, t, e);
    sort_rows(&rows);
    for (size_t i = 0; err == OK && i < rows.count; i++) {
        const struct account_balance *b = &rows.items[i];
        struct account_total total = {.account = b->name, .debit = b->debit, .credit = b->credit};
        err = row(context, b->account, &total, e);
    }
    return rows_end(&rows, err);
}

/* ---- and with what was earned ---- */

static enum err merge_posting(struct balance_rows *rows, const struct posting *p, bool opening,
                              struct error *e)
{
    struct money zero = money_zero(p->amount);
    struct account_balance *row =
        balance_add(rows, p->account, full_name(p->account, p->detail, rows->arena), zero);
    bool credit = money_is_negative(p->amount);
    return balance_post(row, credit ? zero : p->amount, credit ? money_negate(p->amount) : zero, opening, e);
}

static enum err merge_minor(struct balance_rows *rows, enum account account, const struct earned_series *s,
                            int64_t minor, bool opening, struct error *e)
{
    struct posting p = {.account = account,
                        .detail = account == ACCOUNT_ACCRUED ? STR_NONE : s->detail,
                        .amount = money_of(minor, s->currency)};
    return minor == 0 ? OK : merge_posting(rows, &p, opening, e);
}

static enum err merge_position(struct balance_rows *rows, const struct earned_series *s,
                               const struct earned_position *p, bool opening, struct error *e)
{
    enum err err = merge_minor(rows, ACCOUNT_ACCRUED, s, p->accrued, opening, e);
    if (err == OK) err = merge_minor(rows, ACCOUNT_DEFERRED, s, p->deferred, opening, e);
    return err == OK ? merge_minor(rows, ACCOUNT_REVENUE, s, p->revenue, opening, e) : err;
}

static enum err merge_earned(struct balance_rows *rows, struct views_txn *t, struct ledger *l,
                             struct error *e)
{
    struct earned_months months = {0};
    enum err err = earned_months(&months, t, l, &rows->q, rows->arena, e);
    for (size_t i = 0; i < months.series_count && err == OK; i++) {
        const struct earned_series *s = &months.series[i];
        err = merge_position(rows, s, &s->opening, true, e);
        for (size_t k = 0; k < months.months_count && err == OK; k++)
            err = merge_position(rows, s, &s->months[k], false, e);
    }
    return err;
}

/* Rows of the same account, name and currency become one. */
static enum err coalesce(struct balance_rows *rows, struct error *e)
{
    size_t kept = 0;
    enum err err = OK;
    sort_rows(rows);
    for (size_t i = 0; i < rows->count && err == OK; i++) {
        struct account_balance *row = &rows->items[i];
        if (kept > 0 && compare_rows(&rows->items[kept - 1], row) == 0) {
            struct account_balance *to = &rows->items[kept - 1];
            err = money_add(&to->opening, to->opening, row->opening, e);
            if (err == OK) err = balance_post(to, row->debit, row->credit, false, e);
        } else {
            rows->items[kept++] = *row;
        }
    }
    rows->count = kept;
    return err;
}

/* A customer's are posted anew from his entries. */
static enum err post_entry(void *context, const struct journal_entry *entry, struct arena *a, struct error *e)
{
    struct balance_rows *rows = context;
    enum err err = OK;
    (void)a;
    bool opening = date_is_given(rows->q.from) && date_compare(entry->date, rows->q.from) < 0;
    if (entry->place == NULL) return OK; /* earned: merge_earned has them */
    for (size_t i = 0; i < entry->count && err == OK; i++)
        err = merge_posting(rows, &entry->postings[i], opening, e);
    return err;
}

static enum err customer_rows(struct balance_rows *rows, struct views_txn *t, struct ledger *l,
                              struct error *e)
{
    struct book_query whole = {.customer = rows->q.customer, .to = rows->q.to};
    rows->arena = arena_new();
    rows->scratch = arena_new();
    return journal_walk(l, t, &whole, post_entry, rows, e);
}

enum err list_balances(struct views_txn *t, struct ledger *l, const struct book_query *q,
                       account_balance_fn *row, void *context, struct arena *a, struct error *e)
{
    struct balance_rows rows = {.q = *q};
    (void)a;
    assert(date_is_given(q->to) && (q->customer == 0 || l != NULL));
    enum err err = q->customer != 0 ? customer_rows(&rows, t, l, e) : kept_rows(&rows, t, e);
    if (err == OK) err = merge_earned(&rows, t, l, e);
    if (err == OK) err = coalesce(&rows, e);
    for (size_t i = 0; err == OK && i < rows.count; i++) err = row(context, &rows.items[i], e);
    return rows_end(&rows, err);
}
