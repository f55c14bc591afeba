/* SPDX-License-Identifier: MIT */
/* tie_out.c - see tie_out.h. A tie is a line of the table: of which report, which columns, against which
 * accounts. */
#include "reports/tie_out.h"

#include "reports/json_file.h"

/* ---- sums of a report's columns, by currency ---- */

enum { COLUMNS_MAX = 8, SHEET_COLUMNS_MAX = 64 };

/* Columns that are added, and those that are taken off. */
struct columns {
    const char *plus[COLUMNS_MAX], *minus[COLUMNS_MAX];
};
struct column_sums {
    const struct columns *columns;
    struct money *sums;
    size_t count, capacity;
    uint64_t rows, uneven; /* uneven: that did not come to nothing by themselves */
    struct sign {
        bool plus, minus;
    } signs[SHEET_COLUMNS_MAX];
    struct arena *arena;
};

static enum err add_amount(struct column_sums *s, struct money amount, struct error *e)
{
    for (size_t i = 0; i < s->count; i++) {
        if (money_same_currency(s->sums[i], amount)) return money_add(&s->sums[i], s->sums[i], amount, e);
    }
    s->sums = arena_grow(s->arena, s->sums, s->count, &s->capacity, sizeof *s->sums);
    s->sums[s->count++] = amount;
    return OK;
}

static bool is_among(const char *const *columns, struct str name)
{
    for (size_t i = 0; i < COLUMNS_MAX && columns[i] != NULL; i++) {
        if (str_is(name, columns[i])) return true;
    }
    return false;
}

static void find_columns(struct column_sums *s, const struct str *names, size_t count)
{
    assert(count <= SHEET_COLUMNS_MAX);
    for (size_t i = 0; i < count; i++) {
        bool plus = is_among(s->columns->plus, names[i]), minus = is_among(s->columns->minus, names[i]);
        s->signs[i] = (struct sign){plus, minus};
    }
}

static enum err add_row(void *context, const struct str *names, const struct cell *cells, size_t count,
                        struct error *e)
{
    struct column_sums *s = context;
    struct money row = {0};
    enum err err = OK;
    if (s->rows++ == 0) find_columns(s, names, count);
    for (size_t i = 0; i < count && err == OK; i++) {
        struct sign sign = s->signs[i];
        if ((!sign.plus && !sign.minus) || cells[i].kind != CELL_MONEY) continue;
        struct money amount = sign.plus ? cells[i].money : money_negate(cells[i].money);
        if (money_is_given(row))
            err = money_add(&row, row, amount, e);
        else
            row = amount;
    }
    if (err != OK || !money_is_given(row)) return err;
    s->uneven += !money_is_zero(row);
    return add_amount(s, row, e);
}

static struct str differences(const struct column_sums *s, struct arena *a)
{
    struct buffer b = {.arena = a};
    for (size_t i = 0; i < s->count; i++) {
        if (money_is_zero(s->sums[i])) continue;
        struct str amount = money_pretty(a, s->sums[i]);
        buffer_print(&b, "%s%.*s %s", b.len == 0 ? "" : "; ", STR_ARG(amount), s->sums[i].currency);
    }
    return (struct str){(const char *)b.ptr, b.len};
}

/* ---- the accounts ---- */

struct standing {
    enum account account;
    struct money amount; /* a debit is above nothing */
};
struct ties {
    struct ledger *ledger;
    struct views_txn *txn;
    struct date through;
    struct standing *balances;
    size_t balances_count, balances_capacity;
    struct arena *arena;
    struct tie_out *out;
};

static enum err report_rows(const struct ties *x, const char *name, sheet_row_fn *row, void *context,
                            struct error *e)
{
    const struct report *r = report_find(str_of(name));
    struct report_query q = {
        .reading = x->txn, .to = x->through, .format = SHEET_ROWS, .row = row, .row_context = context};
    return r->run(x->ledger, &q, "-", x->arena, e);
}

static enum err take_balance(void *context, const struct account_balance *row, struct error *e)
{
    struct ties *x = context;
    struct standing b = {.account = row->account};
    enum err err = money_add(&b.amount, row->opening, row->debit, e);
    if (err == OK) err = money_subtract(&b.amount, b.amount, row->credit, e);
    if (err != OK) return err;
    x->balances = arena_grow(x->arena, x->balances, x->balances_count, &x->balances_capacity, sizeof b);
    x->balances[x->balances_count++] = b;
    return OK;
}

/* ---- what must hold ---- */

enum { ACCOUNTS_MAX = 2 };
struct tie {
    const char *report;
    /* Its columns are those accounts; NULL: they are not compared with any. */
    const char *name;
    struct columns columns;
    enum account accounts[ACCOUNTS_MAX];
    bool is_credit; /* the accounts': their credits are above nothing in the report */
    /* In each row these come to nothing by themselves; NULL: nothing is to. */
    const char *even_name;
    struct columns even;
};
static const struct tie ties[] = {
    {.report = "ar_aging",
     .name = "aging ties",
     .columns = {.plus = {"outstanding"}},
     .accounts = {ACCOUNT_RECEIVABLE, ACCOUNT_CUSTOMER_CREDIT}},
    {.report = "cash", .name = "cash ties", .columns = {.plus = {"amount"}}, .accounts = {ACCOUNT_CASH}},
    {.report = "tax",
     .name = "tax ties",
     .columns = {.plus = {"tax"}},
     .accounts = {ACCOUNT_TAX_PAYABLE},
     .is_credit = true},
    {.report = "deferred_schedule",
     .name = "deferred revenue ties",
     .columns = {.plus = {"remaining"}},
     .accounts = {ACCOUNT_DEFERRED},
     .is_credit = true},
    {.report = "deferred_rollforward",
     .name = "roll-forward ties",
     .columns = {.plus = {"billed"}, .minus = {"recognised", "credited"}},
     .accounts = {ACCOUNT_DEFERRED},
     .is_credit = true,
     .even_name = "roll-forward adds up",
     .even = {.plus = {"opening", "billed"}, .minus = {"recognised", "credited", "closing"}}},
    {.report = "mrr_movements",
     .even_name = "recurring revenue adds up",
     .even = {.plus = {"opening", "new", "expansion", "reactivation", "contraction", "churn"},
              .minus = {"closing"}}},
};

static void tell(struct ties *x, const char *name, bool holds, struct str says)
{
    x->out->checks[x->out->count++] = (struct book_check){str_of(name), holds, says};
    if (!holds) x->out->failing++;
}

static enum err take_accounts_off(struct column_sums *s, const struct ties *x, const struct tie *t,
                                  struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < x->balances_count && err == OK; i++) {
        const struct standing *b = &x->balances[i];
        bool wanted = b->account == t->accounts[0] || b->account == t->accounts[1];
        if (wanted) err = add_amount(s, t->is_credit ? b->amount : money_negate(b->amount), e);
    }
    return err;
}

static struct str accounts_of(const struct tie *t, struct arena *a)
{
    struct str first = str_of(account_name(t->accounts[0]));
    if (t->accounts[1] == 0) return first;
    return str_format(a, "%.*s and %s", STR_ARG(first), account_name(t->accounts[1]));
}

static enum err check_accounts(struct ties *x, const struct tie *t, struct column_sums *s, struct error *e)
{
    enum err err = take_accounts_off(s, x, t, e);
    if (err != OK) return err;
    struct str off = differences(s, x->arena), accounts = accounts_of(t, x->arena);
    struct str says = off.len == 0 ? str_format(x->arena, "%s is %.*s", t->report, STR_ARG(accounts))
                                   : str_format(x->arena, "%s is not %.*s, by %.*s", t->report,
                                                STR_ARG(accounts), STR_ARG(off));
    tell(x, t->name, off.len == 0, says);
    return OK;
}

static void check_rows(struct ties *x, const struct tie *t, const struct column_sums *s)
{
    tell(x, t->even_name, s->uneven == 0,
         s->uneven == 0 ? str_format(x->arena, "all %ju rows of %s do", (uintmax_t)s->rows, t->report)
                        : str_format(x->arena, "%ju of %ju rows of %s do not", (uintmax_t)s->uneven,
                                     (uintmax_t)s->rows, t->report));
}

struct both_sums {
    struct column_sums columns, even;
};
static enum err add_to_both(void *context, const struct str *names, const struct cell *cells, size_t count,
                            struct error *e)
{
    struct both_sums *s = context;
    enum err err = add_row(&s->columns, names, cells, count, e);
    return err == OK ? add_row(&s->even, names, cells, count, e) : err;
}

/* The report is read once, whatever is asked of it. */
static enum err check_tie(struct ties *x, const struct tie *t, struct error *e)
{
    struct both_sums s = {.columns = {.columns = &t->columns, .arena = x->arena},
                          .even = {.columns = &t->even, .arena = x->arena}};
    enum err err = report_rows(x, t->report, add_to_both, &s, e);
    if (err == OK && t->name != NULL) err = check_accounts(x, t, &s.columns, e);
    if (err == OK && t->even_name != NULL) check_rows(x, t, &s.even);
    return err;
}

/* ---- the journal, and the register beside it ---- */

/* What documents posted to what is sold and taxed; and all debits less all credits. */
struct journal_sums {
    struct column_sums all, sold;
    struct date through;
};

static bool is_of_sales(enum account account)
{
    return account == ACCOUNT_REVENUE || account == ACCOUNT_DEFERRED || account == ACCOUNT_UNBILLED ||
           account == ACCOUNT_TAX_PAYABLE;
}

static enum err add_entry(void *context, const struct journal_entry *entry, struct arena *a, struct error *e)
{
    struct journal_sums *j = context;
    bool document = entry->event != NULL && entry->event->type == EVENT_INVOICE_FINALIZED &&
                    date_compare(entry->document_date, j->through) <= 0;
    enum err err = OK;
    (void)a;
    j->all.rows += entry->count;
    for (size_t i = 0; i < entry->count && err == OK; i++) {
        const struct posting *p = &entry->postings[i];
        err = add_amount(&j->all, p->amount, e);
        if (err == OK && document && is_of_sales(p->account)) err = add_amount(&j->sold, p->amount, e);
    }
    return err;
}

/* A document of a closed month is posted behind it, so the register of a day is held against all that its
 * documents ever posted. */
static enum err check_journal(struct ties *x, struct error *e)
{
    static const struct columns gross = {{"gross"}, {NULL}};
    struct journal_sums j = {.all = {.arena = x->arena}, .sold = {.arena = x->arena}, .through = x->through};
    struct book_query q = {.customer = 0};
    enum err err = books_newest_day(&q.to, x->txn, e);
    if (err != OK) return err;
    if (date_compare(q.to, x->through) < 0) q.to = x->through;
    err = journal_walk(x->ledger, x->txn, &q, add_entry, &j, e);
    j.sold.columns = &gross;
    if (err == OK) err = report_rows(x, "invoices", add_row, &j.sold, e);
    if (err != OK) return err;
    struct str off = differences(&j.all, x->arena), unsold = differences(&j.sold, x->arena);
    tell(x, "journal balances", off.len == 0,
         off.len == 0 ? str_format(x->arena, "%ju postings, debits are credits", (uintmax_t)j.all.rows)
                      : str_format(x->arena, "debits less credits: %.*s", STR_ARG(off)));
    tell(x, "register ties", unsold.len == 0,
         unsold.len == 0
             ? STR("invoices is what they posted to revenue, deferred revenue and tax")
             : str_format(x->arena, "invoices is not what they posted, by %.*s", STR_ARG(unsold)));
    return OK;
}

enum err tie_out(struct tie_out *out, struct ledger *l, struct views_txn *t, struct date through,
                 run_progress_fn *progress, void *progress_context, struct arena *a, struct error *e)
{
    enum { OF_THE_JOURNAL = 2, TIES = sizeof ties / sizeof ties[0] };
    struct ties x = {.ledger = l, .txn = t, .through = through, .arena = a, .out = out};
    struct book_query q = {.to = through};
    *out = (struct tie_out){.checks = arena_array_of(a, struct book_check, 2 * TIES + OF_THE_JOURNAL)};
    enum err err = list_balances(t, l, &q, take_balance, &x, a, e);
    if (err == OK) err = check_journal(&x, e);
    for (size_t i = 0; i < TIES && err == OK; i++) {
        err = check_tie(&x, &ties[i], e);
        if (progress != NULL) progress(progress_context, "checks", i + 1, TIES);
    }
    return err == OK ? OK : wrap(e, "cannot tie the books out");
}

void book_checks_put(struct json_file *j, const struct book_check *checks, size_t count)
{
    json_open_list(j, "checks");
    for (size_t i = 0; i < count; i++) {
        json_open_line(j, NULL);
        json_file_text(j, "check", checks[i].name);
        json_file_flag(j, "holds", checks[i].holds);
        json_file_text(j, "says", checks[i].says);
        json_close(j);
    }
    json_close(j);
}
