/* SPDX-License-Identifier: MIT */
/* statement_pdf.c - one customer's account with us as a document for him, in the look and language of his
 * invoices: by currency what was open, what was charged, paid and given back with the balance behind each,
 * and which of it is how long overdue. Open invoices are those of the aging of the same day; with credit that
 * no invoice has taken yet they come to the balance, or nothing is drawn. */
#include "reports/report_pdf.h"
#include "reports/report_table.h"

enum { BUCKETS = 6, FOOT = BUCKETS + 2 };

struct standing {
    struct money opening, charged, credited, balance;
    struct money open, buckets[BUCKETS];
    struct table_row *rows;
    size_t count, capacity;
};
struct statement {
    struct customer buyer;
    struct standing *accounts;
    size_t count, capacity;
};

static struct standing *standing_of(struct report_pdf *d, struct money like)
{
    struct statement *t = d->state;
    for (size_t i = 0; i < t->count; i++)
        if (money_same_currency(t->accounts[i].balance, like)) return &t->accounts[i];
    t->accounts = arena_grow(d->arena, t->accounts, t->count, &t->capacity, sizeof *t->accounts);
    struct standing *added = &t->accounts[t->count++];
    struct money zero = money_zero(like);
    *added =
        (struct standing){.opening = zero, .charged = zero, .credited = zero, .balance = zero, .open = zero};
    for (size_t i = 0; i < BUCKETS; i++) added->buckets[i] = zero;
    return added;
}

/* ---- rows ---- */

/* The report's words in the customer's language. */
static struct str what_words(const struct report_pdf *d, struct str what, struct str type)
{
    static const struct {
        const char *what;
        enum text text;
    } all[] = {{"payment", TEXT_PAYMENT},
               {"refund", TEXT_REFUND},
               {"refund returned", TEXT_REFUND_CAME_BACK},
               {"voided", TEXT_WAS_VOIDED},
               {"written off", TEXT_WAS_WRITTEN_OFF}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (str_is(what, all[i].what)) return say(d->speech, all[i].text);
    if (str_is(type, "credit_note")) return say(d->speech, TEXT_CREDIT_NOTE);
    return say(d->speech, str_is(what, "billed") ? TEXT_INVOICE : TEXT_ADJUSTED);
}

static struct str words_unless_zero(struct report_pdf *d, struct money m)
{
    return money_is_zero(m) ? STR_NONE : say_amount(d->speech, d->arena, m);
}

static enum err load_buyer(struct report_pdf *d, struct error *e)
{
    struct statement *t = d->state;
    struct report_file *f = d->file;
    if (t->buyer.customer != 0) return OK;
    enum err err = load_customer(&t->buyer, f->txn, f->query->customer, d->arena, e);
    if (err != OK) return err;
    if (t->buyer.erased == ERASURE_ALL)
        return fail(e, ERR_REFUSED, "the customer was erased, and there is no document for nobody");
    if (f->query->locale.len == 0) d->speech = speech_of(t->buyer.locale);
    return OK;
}

static enum err take(struct report_pdf *d, const struct report_row *row, struct error *e)
{
    struct money debit = row_money(row, "debit"), credit = row_money(row, "credit");
    struct str what = row_cell(row, "description")->text;
    enum err err = load_buyer(d, e);
    struct standing *x = standing_of(d, debit);
    x->balance = row_money(row, "balance");
    if (err != OK) return err;
    if (str_is(what, "brought forward")) {
        x->opening = x->balance;
        return OK;
    }
    err = money_add(&x->charged, x->charged, debit, e);
    if (err == OK) err = money_add(&x->credited, x->credited, credit, e);
    x->rows = arena_grow(d->arena, x->rows, x->count, &x->capacity, sizeof *x->rows);
    x->rows[x->count++] = (struct table_row){{say_date(d->speech, d->arena, row_cell(row, "date")->date),
                                              what_words(d, what, row_cell(row, "document_type")->text),
                                              str_copy(d->arena, row_cell(row, "document_number")->text),
                                              words_unless_zero(d, debit), words_unless_zero(d, credit),
                                              say_amount(d->speech, d->arena, x->balance)},
                                             false};
    return err;
}

/* ---- what is open ---- */

static enum err take_open(void *context, const struct str *names, const struct cell *cells, size_t count,
                          struct error *e)
{
    static const char *const columns[BUCKETS] = {"not_due", "d1_30",   "d31_60",
                                                 "d61_90",  "d91_120", "d120_plus"};
    struct report_row row = {names, cells, count};
    struct standing *x = standing_of(context, row_money(&row, "outstanding"));
    enum err err = money_add(&x->open, x->open, row_money(&row, "outstanding"), e);
    for (size_t i = 0; i < BUCKETS && err == OK; i++)
        err = money_add(&x->buckets[i], x->buckets[i], row_money(&row, columns[i]), e);
    return err;
}

/* The aging of the same day, by the same transaction. */
static enum err read_open(struct report_pdf *d, struct error *e)
{
    const struct report_file *f = d->file;
    struct report_query q = {.customer = f->query->customer,
                             .to = f->day,
                             .reading = f->txn,
                             .format = SHEET_ROWS,
                             .row = take_open,
                             .row_context = d};
    memcpy(q.currency, f->query->currency, sizeof q.currency);
    return report_find(STR("ar_aging"))->run(f->ledger, &q, "-", d->arena, e);
}

/* ---- drawing ---- */

static void put_head(struct report_pdf *d)
{
    const struct statement *t = d->state;
    const struct speech *s = d->speech;
    struct arena *a = d->arena;
    const struct report_query *q = d->file->query;
    const struct party *party = &t->buyer.party;
    bool open_start = !date_is_given(q->from);
    const struct page_detail details[] = {
        {say(s, TEXT_DATE), say_date(s, a, d->file->day)},
        {say(s, TEXT_PERIOD),
         open_start ? STR_NONE : say_days(s, a, q->from, date_add_days(d->file->day, 1))},
        {say(s, TEXT_CUSTOMER_ID), t->buyer.user},
    };
    page_head(&d->page, &(struct page_head){.title = say(s, TEXT_STATEMENT),
                                            .to = say(s, TEXT_STATEMENT_FOR),
                                            .to_name = party->name.len > 0 ? party->name : t->buyer.user,
                                            .party = party,
                                            .details = details,
                                            .details_count = sizeof details / sizeof details[0]});
}

static void put_figure(struct report_pdf *d, const struct standing *x)
{
    const struct speech *s = d->speech;
    struct arena *a = d->arena;
    bool his = money_is_negative(x->balance), even = money_is_zero(x->balance);
    page_figure(&d->page,
                &(struct page_figure){.label = say(s, his    ? TEXT_BALANCE_YOURS
                                                      : even ? TEXT_NOTHING_DUE
                                                             : TEXT_BALANCE_DUE),
                                      .amount = say_money(s, a, his ? money_negate(x->balance) : x->balance),
                                      .stamp = say_date(s, a, d->file->day),
                                      .colour = his    ? COLOUR_CREDIT
                                                : even ? COLOUR_PAID
                                                       : d->page.accent});
}

static void put_rows(struct report_pdf *d, const struct standing *x)
{
    const struct speech *s = d->speech;
    struct arena *a = d->arena;
    struct table t = {.labels = {say(s, TEXT_DATE), say(s, TEXT_DESCRIPTION), say(s, TEXT_DOCUMENT),
                                 say(s, TEXT_CHARGED), say(s, TEXT_PAID_OR_CREDITED), say(s, TEXT_BALANCE)},
                      .kinds = {COLUMN_TEXT, COLUMN_FILLS, COLUMN_TEXT},
                      .columns = 6,
                      .large = true};
    struct table_row *rows = arena_array_of(a, struct table_row, x->count + 2);
    size_t count = 0;
    if (date_is_given(d->file->query->from))
        rows[count++] =
            (struct table_row){{say_date(s, a, d->file->query->from), say(s, TEXT_BALANCE_OPENING), STR_NONE,
                                STR_NONE, STR_NONE, say_amount(s, a, x->opening)},
                               true};
    for (size_t i = 0; i < x->count; i++) rows[count++] = x->rows[i];
    rows[count++] = (struct table_row){{say_date(s, a, d->file->day), say(s, TEXT_BALANCE_CLOSING), STR_NONE,
                                        say_amount(s, a, x->charged), say_amount(s, a, x->credited),
                                        say_amount(s, a, x->balance)},
                                       true};
    t.large = table_fits(&t, rows, count);
    put_table(&d->page, &t, rows, count);
}

/* Open invoices by age, the credit beside them, and the balance that they come to. */
static enum err put_open(struct report_pdf *d, const struct standing *x, struct error *e)
{
    static const char *const ends[][2] = {{"1", "30"}, {"31", "60"}, {"61", "90"}, {"91", "120"}};
    const struct speech *s = d->speech;
    struct arena *a = d->arena;
    struct money credit = {0};
    struct page_sum sums[FOOT];
    size_t count = 0;
    struct table_row row = {.strong = false};
    struct table t = {.columns = FOOT};
    if (money_is_zero(x->open)) return OK;
    enum err err = money_subtract(&credit, x->balance, x->open, e);
    if (err != OK) return err;
    t.labels[0] = say(s, TEXT_NOT_DUE);
    for (size_t i = 0; i < 4; i++)
        t.labels[1 + i] = SAY(s, a, TEXT_DAYS_RANGE, str_of(ends[i][0]), str_of(ends[i][1]));
    t.labels[BUCKETS - 1] = say(s, TEXT_DAYS_120_PLUS);
    t.labels[BUCKETS] = say(s, TEXT_UNUSED_CREDIT);
    t.labels[BUCKETS + 1] = say(s, TEXT_BALANCE);
    for (size_t i = 0; i < BUCKETS; i++) row.cells[i] = say_amount(s, a, x->buckets[i]);
    row.cells[BUCKETS] = say_amount(s, a, credit);
    row.cells[BUCKETS + 1] = say_amount(s, a, x->balance);
    page_need(&d->page, 6000);
    put_text(&d->page, STYLE_STRONG, PAGE_LEFT, d->page.y + 900, say(s, TEXT_OPEN_BY_AGE));
    d->page.y += 1500;
    if (table_fits(&t, &row, 1)) {
        put_table(&d->page, &t, &row, 1);
        return OK;
    }
    for (size_t i = 0; i < FOOT; i++)
        sums[count++] = (struct page_sum){t.labels[i], row.cells[i], i + 1 == FOOT};
    page_sums(&d->page, sums, count);
    return OK;
}

static int by_currency(const void *left, const void *right)
{
    return strcmp(((const struct standing *)left)->balance.currency,
                  ((const struct standing *)right)->balance.currency);
}

static enum err put_accounts(struct report_pdf *d, struct error *e)
{
    struct statement *t = d->state;
    enum err err = OK;
    if (t->count == 0) page_note(&d->page, STR_NONE, say(d->speech, TEXT_NO_MOVEMENTS));
    if (t->count > 1) qsort(t->accounts, t->count, sizeof *t->accounts, by_currency);
    for (size_t i = 0; i < t->count && err == OK; i++) {
        put_figure(d, &t->accounts[i]);
        put_rows(d, &t->accounts[i]);
        err = put_open(d, &t->accounts[i], e);
    }
    return err;
}

static enum err draw(struct report_pdf *d, struct error *e)
{
    const struct statement *t = d->state;
    enum err err = load_buyer(d, e);
    if (err == OK) err = read_open(d, e);
    if (err != OK) return err;
    struct str title = say(d->speech, TEXT_STATEMENT), day = say_date(d->speech, d->arena, d->file->day);
    d->page = page_begin(d->arena, d->speech, d->seller, d->logo,
                         day.len > 0 ? SAY(d->speech, d->arena, TEXT_REPORT_OF_DAY, title, day) : title);
    err = page_check_party(&d->page, "customer's", &t->buyer.party, e);
    if (err == OK) err = pdf_check_text(t->buyer.user, "customer's id", e);
    if (err != OK) return err;
    put_head(d);
    return put_accounts(d, e);
}

const struct report_drawing drawing_statement = {.title = TEXT_STATEMENT,
                                                 .of_one_customer = true,
                                                 .state_bytes = sizeof(struct statement),
                                                 .row = take,
                                                 .draw = draw};
