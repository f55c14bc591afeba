/* SPDX-License-Identifier: MIT */
/* journal.c - the books of any day: what the balances say, what the journal says when it is added up, what
 * the customers' own say together, and what a slow second computation says that knows neither index nor
 * months: it goes through every line day by day. */
#include "ledger/book/decide_shared.h"
#include "reports/tie_out.h"
#include "tests/sim/sim.h"

enum { ACCOUNTS_MAX = 200, NAME_BYTES = 96 };
struct book {
    struct book_line {
        char name[NAME_BYTES]; /* with its currency */
        int64_t balance;
    } lines[ACCOUNTS_MAX];
    size_t count;
};

static void book_add(struct book *b, struct str account, const char *currency, int64_t minor)
{
    char name[NAME_BYTES] = "";
    (void)snprintf(name, sizeof name, "%.*s %s", STR_ARG(account), currency);
    size_t i = 0;
    while (i < b->count && strcmp(b->lines[i].name, name) != 0) i++;
    assert(i < ACCOUNTS_MAX);
    if (i == b->count) memcpy(b->lines[b->count++].name, name, sizeof name);
    b->lines[i].balance += minor;
}

static void book_post(struct book *b, enum account account, struct str detail, struct money amount,
                      struct arena *a)
{
    struct str name = str_of(account_name(account));
    if (detail.len > 0) name = str_format(a, "%.*s:%.*s", STR_ARG(name), STR_ARG(detail));
    book_add(b, name, amount.currency, amount.minor);
}

static int64_t book_find(const struct book *b, const char *name)
{
    for (size_t i = 0; i < b->count; i++) {
        if (strcmp(b->lines[i].name, name) == 0) return b->lines[i].balance;
    }
    return 0;
}

static enum err book_equal(const struct book *x, const struct book *y, const char *what, struct date day,
                           struct arena *a, struct error *e)
{
    for (size_t i = 0; i < x->count; i++) {
        int64_t other = book_find(y, x->lines[i].name);
        if (x->lines[i].balance == other) continue;
        return fail(e, ERR_TAMPERED, "%s on %.*s: %s has %jd, and %jd otherwise", what,
                    STR_ARG(date_text(a, day)), x->lines[i].name, (intmax_t)x->lines[i].balance,
                    (intmax_t)other);
    }
    return OK;
}

static enum err book_same(const struct book *x, const struct book *y, const char *what, struct date day,
                          struct arena *a, struct error *e)
{
    enum err err = book_equal(x, y, what, day, a, e);
    return err == OK ? book_equal(y, x, what, day, a, e) : err;
}

/* ---- the second computation ---- */

static int64_t share_by(int64_t amount, int64_t days, int64_t of)
{
    __extension__ typedef __int128 wide;
    wide product = (wide)amount * days * 2;
    return (int64_t)((product + (product < 0 ? -of : of)) / (2 * of));
}

/* What a line comes to is earned a day at a time; on each day it is what the days so far come to, less what
 * those before did. */
static void earn_line(struct book *b, const struct line *l, struct date issued, int sign, struct date day,
                      struct arena *a)
{
    enum line_kind kind = l->kind == LINE_CREDIT ? l->credited_kind : l->kind;
    bool usage = kind == LINE_USAGE || kind == LINE_MINIMUM;
    if (kind == LINE_PREPAID || kind == LINE_ITEM || !date_is_given(l->from)) return;
    int64_t net = sign * (l->amount.minor - l->discount.minor), earned = 0;
    struct date from = l->from, to = l->to;
    if (usage) {
        from = date_add_days(l->to, -1);
        if (from.days >= issued.days) return; /* with its document */
        to = l->to;
    }
    int64_t all = to.days - from.days, before = 0;
    for (struct date d = from; d.days < to.days && d.days <= day.days; d.days++) {
        int64_t so_far = share_by(net, d.days - from.days + 1, all);
        earned += so_far - before;
        before = so_far;
    }
    struct money m = money_of(earned, l->amount.currency);
    struct str detail = usage ? l->usage_type : l->product;
    bool booked = issued.days <= day.days;
    if (usage && booked) return;
    book_post(b, ACCOUNT_REVENUE, detail, money_negate(m), a);
    book_post(b, booked ? ACCOUNT_DEFERRED : ACCOUNT_ACCRUED, booked ? detail : STR_NONE, m, a);
}

struct counting {
    struct book *book;
    struct date day;
};

static enum err count_record(void *context, const struct event_place *place, const struct envelope *v,
                             struct arena *a, struct error *e)
{
    struct counting *c = context;
    enum err err = OK;
    for (size_t i = 0; i < v->events_count && err == OK; i++) {
        const struct event *ev = &v->events[i];
        const struct posting *p = NULL;
        size_t count = 0;
        err = event_postings(&p, &count, ev, a, e);
        for (size_t k = 0; k < count && err == OK; k++) {
            struct date date = date_is_given(p[k].date) ? p[k].date : instant_date(place->at);
            if (date.days <= c->day.days) book_post(c->book, p[k].account, p[k].detail, p[k].amount, a);
        }
        const struct invoice_finalized *f = &ev->invoice_finalized;
        const struct invoice_voided *w = &ev->invoice_voided;
        for (size_t k = 0; ev->type == EVENT_INVOICE_FINALIZED && k < f->lines_count; k++)
            earn_line(c->book, &f->lines[k], f->issue_date, 1, c->day, a);
        for (size_t k = 0; ev->type == EVENT_INVOICE_VOIDED && k < w->lines_count; k++)
            earn_line(c->book, &w->lines[k], w->on, -1, c->day, a);
    }
    return err;
}

/* ---- what the program says ---- */

static enum err take_balance(void *context, const struct account_balance *row, struct error *e)
{
    (void)e;
    book_add(context, row->name, row->debit.currency,
             row->opening.minor + row->debit.minor - row->credit.minor);
    return OK;
}

struct adding {
    struct book *book;
    struct date last;
};

static enum err take_entry(void *context, const struct journal_entry *entry, struct arena *a, struct error *e)
{
    struct adding *x = context;
    if (date_compare(entry->date, x->last) < 0)
        return fail(e, ERR_TAMPERED, "the journal's entry %.*s is out of order", STR_ARG(entry->id));
    x->last = entry->date;
    for (size_t i = 0; i < entry->count; i++) {
        const struct posting *p = &entry->postings[i];
        book_post(x->book, p->account, p->detail, p->amount, a);
    }
    return OK;
}

struct customers {
    struct books *books;
    struct views_txn *txn;
    struct book *book;
    struct book_query q;
};

static enum err take_customer(void *context, const struct customer *row, struct error *e)
{
    struct customers *x = context;
    x->q.customer = row->customer;
    return list_balances(x->txn, x->books->ledger, &x->q, take_balance, x->book, x->books->arena, e);
}

/* All that no customer is told of is of the gateways: their fees, payouts, what hangs. */
static bool is_of_customers(const struct book *b)
{
    for (size_t i = 0; i < b->count; i++) {
        if (strncmp(b->lines[i].name, "expenses:payment-fees", 21) == 0 ||
            strncmp(b->lines[i].name, "assets:bank", 11) == 0)
            return false;
    }
    return true;
}

static enum err audit_day(struct books *b, struct views_txn *t, struct date day, struct error *e)
{
    struct book *x = arena_array_of(b->arena, struct book, 4);
    struct book_query q = {.to = day}, since = {.from = date_add_days(day, -17), .to = day};
    struct list_query all = {.status = -1};
    struct counting counted = {&x[0], day};
    struct adding added = {.book = &x[2]};
    struct customers customers = {b, t, &x[3], q};
    enum err err = ledger_walk(b->ledger, 0, UINT64_MAX, count_record, &counted, e);
    if (err == OK) err = list_balances(t, b->ledger, &q, take_balance, &x[1], b->arena, e);
    if (err == OK) err = book_same(&x[1], &x[0], "the balances", day, b->arena, e);
    if (err == OK) err = journal_walk(b->ledger, t, &q, take_entry, &added, e);
    if (err == OK) err = book_same(&x[2], &x[1], "the journal", day, b->arena, e);
    if (err == OK && is_of_customers(&x[1])) {
        err = list_customers(t, &all, take_customer, &customers, b->arena, e);
        if (err == OK) err = book_same(&x[3], &x[1], "the customers' books together", day, b->arena, e);
    }
    memset(&x[2], 0, 2 * sizeof *x);
    if (err == OK) err = list_balances(t, b->ledger, &since, take_balance, &x[3], b->arena, e);
    return err == OK ? book_same(&x[3], &x[1], "the balances that begin later", day, b->arena, e) : err;
}

/* Every report comes to what the accounts say. */
static enum err audit_ties(struct books *b, struct views_txn *t, struct date day, struct error *e)
{
    struct tie_out ties = {.count = 0};
    enum err err = tie_out(&ties, b->ledger, t, day, NULL, NULL, b->arena, e);
    for (size_t i = 0; i < ties.count && err == OK; i++) {
        if (!ties.checks[i].holds)
            err = fail(e, ERR_TAMPERED, "on %.*s: %.*s", STR_ARG(date_text(b->arena, day)),
                       STR_ARG(ties.checks[i].says));
    }
    return err;
}

enum { EARLIEST = -40, LATEST = 60, DAYS_APART = 23 };

static enum err audit_ties_of_days(struct books *b, struct views_txn *t, struct error *e)
{
    struct date newest = {0};
    enum err err = books_newest_day(&newest, t, e);
    for (int32_t back = EARLIEST; back < LATEST && date_is_given(newest) && err == OK; back += DAYS_APART)
        err = audit_ties(b, t, date_add_days(newest, -back), e);
    return err;
}

/* As the books were known when two thirds of the records were there. */
static enum err audit_past(struct books *b, struct error *e)
{
    struct ledger_past *past = NULL;
    struct views_txn *t = NULL;
    uint64_t size = 0;
    enum err err = ledger_size(&size, b->ledger, e);
    if (err == OK) err = ledger_past_open(&past, &t, b->ledger, (struct instant){0}, 1 + size * 2 / 3, e);
    if (err != OK) return err;
    err = audit_ties_of_days(b, t, e);
    ledger_past_close(past, t);
    return err == OK ? OK : wrap(e, "as of %ju records", (uintmax_t)(1 + size * 2 / 3));
}

enum err audit_journal(struct books *b, struct error *e)
{
    struct views_txn *t = NULL;
    struct date newest = {0};
    enum err err = ledger_read_begin(&t, b->ledger, e);
    if (err != OK) return err;
    err = books_newest_day(&newest, t, e);
    for (int32_t back = EARLIEST; back < LATEST && date_is_given(newest) && err == OK; back += DAYS_APART)
        err = audit_day(b, t, date_add_days(newest, -back), e);
    if (err == OK) err = audit_ties_of_days(b, t, e);
    ledger_read_end(b->ledger, t);
    return err == OK ? audit_past(b, e) : err;
}
