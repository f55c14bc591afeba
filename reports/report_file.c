/* SPDX-License-Identifier: MIT */
/* report_file.c - see report_file.h. A report without its side file was not finished. */
#include "reports/report_file.h"

#include "reports/json_file.h"
#include "reports/report_pdf.h"
#include "reports/sheet_sink.h"

enum { ROWS_PER_FORGET = 512 };

static const char *side_file(const struct report_file *f)
{
    return str_format(f->arena, "%s.meta.json", f->path).ptr;
}

static enum err check_path(const struct report_file *f, struct error *e)
{
    if (strcmp(f->path, "-") == 0) return OK;
    enum err err = ledger_guard_output(f->ledger, f->path, e);
    return err == OK ? ledger_guard_output(f->ledger, side_file(f), e) : err;
}

/* What would be left unheeded is refused: who asked for it would take the file for another. */
static enum err check_query(const struct report_file *f, struct error *e)
{
    const struct report_query *q = f->query;
    const struct report *r = report_find(str_of(f->name));
    if (r == NULL) return OK;
    const char *unheeded = date_is_given(q->from) && (r->takes & TAKES_FROM) == 0       ? "--from"
                           : date_is_given(q->to) && (r->takes & TAKES_TO) == 0         ? "--to and --as-of"
                           : q->customer != 0 && (r->takes & TAKES_CUSTOMER) == 0       ? "--customer"
                           : q->currency[0] != '\0' && (r->takes & TAKES_CURRENCY) == 0 ? "--currency"
                                                                                        : NULL;
    return unheeded == NULL ? OK : fail(e, ERR_USAGE, "%s: it has no such choice", unheeded);
}

static enum err begin_reading(struct report_file *f, struct error *e)
{
    const struct report_query *q = f->query;
    bool past = instant_is_given(q->known_at) || q->known_size > 0;
    enum err err = OK;
    if (q->reading != NULL)
        f->txn = q->reading;
    else if (past)
        err = ledger_past_open(&f->past, &f->txn, f->ledger, q->known_at, q->known_size, e);
    else
        err = ledger_read_begin(&f->txn, f->ledger, e);
    if (err == OK) err = views_cursor(&f->as_of, f->txn, e);
    f->day = q->to;
    return err == OK && !date_is_given(f->day) ? books_newest_day(&f->day, f->txn, e) : err;
}

static void end_reading(struct report_file *f)
{
    if (f->txn == NULL || f->txn == f->query->reading) return;
    if (f->past != NULL)
        ledger_past_close(f->past, f->txn);
    else
        ledger_read_end(f->ledger, f->txn);
    f->past = NULL;
    f->txn = NULL;
}

enum { PARAMETERS = 6 };

/* The last is of PDFs alone. */
static size_t parameters_count(const struct report_file *f)
{
    return f->query->format == SHEET_PDF ? PARAMETERS : PARAMETERS - 1;
}

/* What was asked for; of no meaning is what was not. */
static const struct sheet_fact *parameters_of(const struct report_file *f)
{
    const struct report_query *q = f->query;
    struct arena *a = f->arena;
    struct sheet_fact *all = arena_array_of(a, struct sheet_fact, PARAMETERS);
    all[0] = (struct sheet_fact){"customer", q->customer != 0 ? public_id(a, "cus", q->customer) : STR_NONE};
    all[1] = (struct sheet_fact){"from", date_text(a, q->from)};
    all[2] = (struct sheet_fact){"to", date_text(a, q->to)};
    all[3] = (struct sheet_fact){"currency", str_of(q->currency)};
    all[4] = (struct sheet_fact){"known_at", STR_NONE};
    if (instant_is_given(q->known_at)) all[4].value = instant_text(a, q->known_at);
    all[5] = (struct sheet_fact){"locale", q->locale};
    if (q->known_size > 0) all[4].value = str_format(a, "%ju", (uintmax_t)q->known_size - 1);
    return all;
}

enum err report_begin(struct report_file *f, const char *header, struct error *e)
{
    const struct report_query *q = f->query;
    struct sheet_options o = {.path = f->path,
                              .header = header,
                              .title = f->name,
                              .format = q->format,
                              .raw = q->raw,
                              .currency = q->currency,
                              .row = q->row,
                              .context = q->row_context};
    enum err err = check_query(f, e);
    if (err == OK && q->format != SHEET_ROWS) err = check_path(f, e);
    f->row = arena_new();
    if (err == OK) err = begin_reading(f, e);
    o.as_of = date_text(f->arena, f->day);
    o.parameters = parameters_of(f);
    o.parameters_count = parameters_count(f);
    if (err == OK && q->format == SHEET_PDF) err = report_pdf_begin(&f->pdf, f, e);
    if (err == OK && f->pdf != NULL) {
        o.format = SHEET_ROWS;
        o.row = report_pdf_row;
        o.context = f->pdf;
    }
    return err == OK ? sheet_begin(&f->sheet, &o, f->arena, e) : err;
}

/* ---- control totals ---- */

static struct control_row *control_of(struct report_file *f, const char *currency)
{
    size_t at = 0;
    while (at < f->control_count && strcmp(f->control[at].sums[0].currency, currency) < 0) at++;
    if (at < f->control_count && strcmp(f->control[at].sums[0].currency, currency) == 0)
        return &f->control[at];
    struct control_row *grown = arena_array_of(f->arena, struct control_row, f->control_count + 1);
    if (at > 0) memcpy(grown, f->control, at * sizeof *grown);
    if (at < f->control_count)
        memcpy(grown + at + 1, f->control + at, (f->control_count - at) * sizeof *grown);
    for (size_t i = 0; i < CONTROL_SUMS_MAX; i++) grown[at].sums[i] = money_of(0, currency);
    f->control = grown;
    f->control_count++;
    return &grown[at];
}

enum err report_count(struct report_file *f, const struct money amounts[CONTROL_SUMS_MAX], struct error *e)
{
    const char *wanted = f->query->currency;
    if (wanted[0] != '\0' && strcmp(wanted, amounts[0].currency) != 0) return OK; /* nor is its row there */
    struct control_row *row = control_of(f, amounts[0].currency);
    row->rows++;
    enum err err = OK;
    for (size_t i = 0; i < CONTROL_SUMS_MAX && err == OK; i++) {
        if (money_is_given(amounts[i])) err = money_add(&row->sums[i], row->sums[i], amounts[i], e);
    }
    return err;
}

void report_next(struct report_file *f)
{
    arena_reset(f->row);
    if (++f->rows % ROWS_PER_FORGET == 0) views_forget(f->txn);
}

/* ---- the side file ---- */

struct last_record {
    struct instant at;
};

static enum err take_time(void *context, const struct event_place *place, const struct envelope *v,
                          struct arena *a, struct error *e)
{
    struct last_record *last = context;
    (void)v;
    (void)a;
    (void)e;
    last->at = place->at;
    return OK;
}

/* Records without events are few, and mostly alone. */
enum err report_time(struct instant *out, const struct report_file *f, struct error *e)
{
    struct last_record last = {0};
    uint64_t seq = f->as_of.seq, from = seq;
    enum err err = OK;
    for (uint64_t back = 4; err == OK && from > 0 && !instant_is_given(last.at); back *= 4) {
        from = seq > back ? seq - back : 0;
        err = ledger_walk(f->ledger, from, seq, take_time, &last, e);
    }
    *out = last.at;
    return err;
}

static void put_control(struct json_file *j, const struct report_file *f)
{
    json_open_list(j, "control_totals");
    for (size_t i = 0; i < f->control_count; i++) {
        const struct control_row *row = &f->control[i];
        json_open_line(j, NULL);
        json_file_text(j, "currency", str_of(row->sums[0].currency));
        json_file_count(j, "rows", row->rows);
        for (size_t k = 0; k < CONTROL_SUMS_MAX && f->sums[k] != NULL; k++)
            json_file_money(j, f->sums[k], row->sums[k]);
        json_close(j);
    }
    json_close(j);
}

static void put_parameters(struct json_file *j, const struct report_file *f)
{
    const struct sheet_fact *all = parameters_of(f);
    json_open_line(j, "parameters");
    for (size_t i = 0; i < parameters_count(f); i++) json_file_text_or_null(j, all[i].name, all[i].value);
    json_close(j);
}

static enum err write_side_file(struct report_file *f, const struct sheet_summary *s, struct error *e)
{
    struct json_file *j = NULL;
    struct log_state state = {0};
    struct instant time = {0};
    uint64_t seq = f->as_of.seq;
    enum err err = log_state(&state, ledger_log(f->ledger), e);
    if (err == OK) err = report_time(&time, f, e);
    if (err != OK) return err;
    err = json_begin(&j, side_file(f), f->arena, e);
    if (err != OK) return err;
    if (f->query->synced_later) json_sync_later(j);
    json_file_text(j, "report", str_of(f->name));
    put_parameters(j, f);
    json_file_text(j, "ledger", state.origin);
    json_file_date(j, "as_of", f->day);
    json_file_count(j, "as_of_seq", seq > 0 ? seq - 1 : 0);
    json_file_instant(j, "as_of_time", time);
    json_file_hash(j, "chain_head", &f->as_of.leaf);
    json_file_count(j, "rows", s->rows);
    put_control(j, f);
    json_file_text_or_null(j, "program", str_of(f->query->program));
    json_file_count(j, "bytes", s->bytes);
    json_file_hash(j, "sha256", &s->sha256);
    return json_finish(j, e);
}

static void put_totals(struct report_file *f)
{
    for (size_t i = 0; i < f->control_count; i++) {
        for (size_t k = 0; k < CONTROL_SUMS_MAX && f->sums[k] != NULL; k++) {
            struct sheet_total total = {f->sums[k], f->control[i].sums[k]};
            sheet_total(f->sheet, &total);
        }
    }
}

enum err report_end(struct report_file *f, enum err err, struct error *e)
{
    struct sheet_summary s = {0};
    struct buffer pdf = {0};
    if (err == OK && f->pdf != NULL) err = report_pdf_draw(&pdf, f->pdf, e);
    end_reading(f);
    if (err == OK) {
        put_totals(f);
        err = sheet_finish(&s, f->sheet, e);
    }
    if (err == OK && f->pdf != NULL) err = report_pdf_write(&s, f, (struct bytes){pdf.ptr, pdf.len}, e);
    buffer_free(&pdf);
    bool is_file = strcmp(f->path, "-") != 0 && f->query->format != SHEET_ROWS;
    if (err == OK && is_file) err = write_side_file(f, &s, e);
    sheet_abandon(f->sheet);
    arena_free(f->row);
    return err == OK ? OK : wrap(e, "report '%s'", f->name);
}

enum err report_begin_plain(struct report_file *f, struct error *e)
{
    enum err err = check_path(f, e);
    f->row = arena_new();
    return err == OK ? begin_reading(f, e) : err;
}

enum err report_end_plain(struct report_file *f, struct sheet_output *output, enum err err, struct error *e)
{
    struct sheet_summary s = {.rows = f->rows};
    end_reading(f);
    if (err == OK) err = output_finish(output, &s.sha256, e);
    s.bytes = output->bytes;
    if (err == OK && strcmp(f->path, "-") != 0) err = write_side_file(f, &s, e);
    output_abandon(output);
    arena_free(f->row);
    return err == OK ? OK : wrap(e, "report '%s'", f->name);
}

/* ---- what is asked for ---- */

bool report_wants(const struct report_query *q, struct date day)
{
    if (date_is_given(q->from) && date_compare(day, q->from) < 0) return false;
    return !date_is_given(q->to) || date_compare(day, q->to) <= 0;
}

uint64_t report_number(const struct report_numbers *n, size_t place)
{
    return n->items == NULL ? place + 1 : n->items[place];
}

/* The lists give the newest first. */
struct collecting {
    struct report_file *file;
    struct buffer numbers;
};

static void collect(struct collecting *c, uint64_t number)
{
    buffer_add(&c->numbers, &number, sizeof number);
    arena_reset(c->file->row);
}

static enum err collect_invoice(void *context, const struct invoice *row, struct error *e)
{
    (void)e;
    collect(context, row->invoice);
    return OK;
}

static enum err collect_transaction(void *context, const struct transaction *row, struct error *e)
{
    (void)e;
    collect(context, row->transaction);
    return OK;
}

static void turn_around(struct report_numbers *out, struct collecting *c)
{
    out->count = c->numbers.len / sizeof(uint64_t);
    out->items = arena_array_of(c->file->arena, uint64_t, out->count);
    for (size_t i = 0; i < out->count; i++)
        memcpy(&out->items[out->count - 1 - i], c->numbers.ptr + i * sizeof(uint64_t), sizeof(uint64_t));
    buffer_free(&c->numbers);
}

enum err report_invoice_numbers(struct report_numbers *out, struct report_file *f, struct error *e)
{
    struct state_counts counts = {0};
    struct collecting c = {.file = f};
    *out = (struct report_numbers){0};
    if (f->query->customer == 0) {
        enum err err = count_state(&counts, f->txn, e);
        out->count = counts.invoices;
        return err;
    }
    struct list_query q = {
        .customer = f->query->customer, .from = f->query->from, .to = f->query->to, .status = -1};
    enum err err = list_invoices(f->txn, &q, collect_invoice, &c, f->row, e);
    turn_around(out, &c);
    return err;
}

enum err report_transaction_numbers(struct report_numbers *out, struct report_file *f, struct error *e)
{
    struct state_counts counts = {0};
    struct collecting c = {.file = f};
    *out = (struct report_numbers){0};
    if (f->query->customer == 0) {
        enum err err = count_state(&counts, f->txn, e);
        out->count = counts.transactions;
        return err;
    }
    struct list_query q = {
        .customer = f->query->customer, .from = f->query->from, .to = f->query->to, .status = -1};
    enum err err = list_transactions(f->txn, &q, collect_transaction, &c, f->row, e);
    turn_around(out, &c);
    return err;
}
