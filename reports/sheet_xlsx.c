/* SPDX-License-Identifier: MIT */
/* sheet_xlsx.c - a sheet as a workbook, by libxlsxwriter: typed cells, a header that stays in sight, sums by
 * currency on a second sheet. Texts are strings and never formulas. The library writes a file of its own, in
 * a folder that nobody else can read, whose bytes then go where they were wanted.
 *
 * Numbers in a workbook are binary fractions of 53 bits: amounts of up to 15 digits are exact in what every
 * program shows of them; longer ones are written as texts. The time of creation is fixed, so that the same
 * rows are the same bytes. */
#include <errno.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "reports/sheet_sink.h"

enum { ROWS_MAX = 1048575, DIGITS_MAX = 15, DECIMALS = 4, PIECE = 8192, FOLDER_BYTES = 512 };

struct book {
    char folder[FOLDER_BYTES], path[FOLDER_BYTES + 16];
    lxw_workbook *workbook;
    lxw_worksheet *rows, *totals;
    lxw_format *head, *date, *money[DECIMALS];
};

static enum err cannot(struct sheet_sink *k, lxw_error code, struct error *e)
{
    (void)k;
    return fail(e, ERR_STORAGE, "the workbook cannot be written: %s", lxw_strerror(code));
}

static void keep_failure(struct sheet_sink *k, lxw_error code)
{
    if (code != LXW_NO_ERROR && k->err == OK) k->err = cannot(k, code, &k->error);
}

static enum err make_folder(struct book *b, struct error *e)
{
    int n = snprintf(b->folder, sizeof b->folder, "%s/daybook.XXXXXX", dir_temporary());
    if (n < 0 || (size_t)n >= sizeof b->folder) return fail(e, ERR_INVALID, "the path in TMPDIR is too long");
    if (mkdtemp(b->folder) == NULL) return fail_errno(e, errno, "cannot make a folder for the workbook");
    (void)snprintf(b->path, sizeof b->path, "%s/book.xlsx", b->folder); /* has room */
    return OK;
}

static void make_formats(struct book *b)
{
    static const char *const money[DECIMALS] = {"#,##0", "#,##0.0", "#,##0.00", "#,##0.000"};
    b->head = workbook_add_format(b->workbook);
    format_set_bold(b->head);
    format_set_bottom(b->head, LXW_BORDER_THIN);
    b->date = workbook_add_format(b->workbook);
    format_set_num_format(b->date, "yyyy-mm-dd");
    for (size_t i = 0; i < DECIMALS; i++) {
        b->money[i] = workbook_add_format(b->workbook);
        format_set_num_format(b->money[i], money[i]);
    }
}

/* 2000-01-01: some fixed time there must be. */
static void fix_properties(struct book *b, const char *title)
{
    static const time_t made = 946684800;
    lxw_doc_properties p = {.created = made};
    if (title != NULL) memcpy(&p.title, &title, sizeof p.title); /* it is only read */
    (void)workbook_set_properties(b->workbook, &p);
}

static void write_head(struct sheet_sink *k, struct book *b)
{
    enum { NARROWEST = 12, WIDEST = 30 };
    struct arena *a = arena_new();
    for (size_t i = 0; i < k->columns; i++) {
        lxw_col_t column = (lxw_col_t)i;
        size_t width = k->names[i].len + 2;
        width = width < NARROWEST ? NARROWEST : width > WIDEST ? WIDEST : width;
        keep_failure(k, worksheet_set_column(b->rows, column, column, (double)width, NULL));
        keep_failure(k, worksheet_write_string(b->rows, 0, column, str_cstring(a, k->names[i]), b->head));
    }
    worksheet_freeze_panes(b->rows, 1, 0);
    arena_free(a);
}

static enum err begin(struct sheet_sink *k, const struct sheet_options *o, struct error *e)
{
    enum err err = output_begin(&k->output, o->path, e);
    if (err != OK) return err;
    struct book *b = calloc(1, sizeof *b);
    if (b == NULL) WRONG("out of memory");
    k->inner = b;
    err = make_folder(b, e);
    lxw_workbook_options wanted = {.constant_memory = LXW_TRUE};
    if (err == OK) b->workbook = workbook_new_opt(b->path, &wanted);
    if (b->workbook == NULL) {
        if (err == OK) err = fail(e, ERR_STORAGE, "the workbook cannot be begun");
        sheet_xlsx.abandon(k);
        return err;
    }
    make_formats(b);
    fix_properties(b, o->title);
    b->rows = workbook_add_worksheet(b->workbook, "rows");
    write_head(k, b);
    return OK;
}

/* ---- cells ---- */

static bool has_room(struct str number)
{
    size_t digits = 0;
    for (size_t i = 0; i < number.len; i++) digits += number.ptr[i] >= '0' && number.ptr[i] <= '9';
    return digits <= DIGITS_MAX;
}

/* Of at most 15 digits, so that the nearest fraction shows the same ones. */
static double number_of(struct str text)
{
    char digits[DIGITS_MAX + 4];
    size_t len = text.len < sizeof digits ? text.len : sizeof digits - 1;
    memcpy(digits, text.ptr, len);
    digits[len] = '\0';
    return strtod(digits, NULL);
}

static lxw_format *format_of(const struct book *b, const struct cell *c)
{
    int decimals = c->kind == CELL_MONEY ? currency_decimals(c->money.currency) : -1;
    return decimals >= 0 && decimals < DECIMALS ? b->money[decimals] : NULL;
}

static void write_cell(struct sheet_sink *k, lxw_row_t at, lxw_col_t column, const struct cell *c,
                       struct arena *a)
{
    const struct book *b = k->inner;
    int year = 0, month = 0, day = 0;
    bool number = c->kind == CELL_MONEY || c->kind == CELL_DECIMAL || c->kind == CELL_COUNT;
    if (c->kind == CELL_EMPTY) return;
    if (number && has_room(c->text)) {
        keep_failure(k, worksheet_write_number(b->rows, at, column, number_of(c->text), format_of(b, c)));
    } else if (c->kind == CELL_DATE) {
        date_split(c->date, &year, &month, &day);
        lxw_datetime when = {.year = year, .month = month, .day = day};
        keep_failure(k, worksheet_write_datetime(b->rows, at, column, &when, b->date));
    } else {
        keep_failure(k, worksheet_write_string(b->rows, at, column, str_cstring(a, c->text), NULL));
    }
}

static void row(struct sheet_sink *k, const struct cell *cells)
{
    if (k->rows >= ROWS_MAX) {
        k->err =
            fail(&k->error, ERR_LIMIT, "a workbook has room for %d rows: CSV has room for all", ROWS_MAX);
        return;
    }
    struct arena *a = arena_new();
    for (size_t i = 0; i < k->columns; i++) write_cell(k, (lxw_row_t)k->rows + 1, (lxw_col_t)i, &cells[i], a);
    arena_free(a);
}

static void total(struct sheet_sink *k, const struct sheet_total *t)
{
    struct book *b = k->inner;
    struct arena *a = arena_new();
    lxw_row_t at = (lxw_row_t)k->totals + 1;
    if (b->totals == NULL) {
        static const char *const names[] = {"column", "sum", "currency"};
        b->totals = workbook_add_worksheet(b->workbook, "totals");
        for (lxw_col_t i = 0; i < 3; i++)
            keep_failure(k, worksheet_write_string(b->totals, 0, i, names[i], b->head));
    }
    struct cell sum = {.kind = CELL_MONEY, .text = money_text(a, t->sum), .money = t->sum};
    keep_failure(k, worksheet_write_string(b->totals, at, 0, t->name, NULL));
    if (has_room(sum.text))
        keep_failure(k, worksheet_write_number(b->totals, at, 1, number_of(sum.text), format_of(b, &sum)));
    else
        keep_failure(k, worksheet_write_string(b->totals, at, 1, str_cstring(a, sum.text), NULL));
    keep_failure(k, worksheet_write_string(b->totals, at, 2, t->sum.currency, NULL));
    arena_free(a);
}

/* ---- the end ---- */

static enum err copy_file(struct sheet_sink *k, const char *path, struct error *e)
{
    char piece[PIECE];
    size_t len = 0;
    FILE *from = fopen(path, "rb");
    if (from == NULL) return fail_errno(e, errno, "the workbook cannot be read");
    while ((len = fread(piece, 1, sizeof piece, from)) > 0) output_add(&k->output, (struct str){piece, len});
    bool failed = ferror(from) != 0;
    (void)fclose(from); /* it was only read */
    return failed ? fail(e, ERR_STORAGE, "the workbook cannot be read") : OK;
}

static void forget(struct sheet_sink *k)
{
    struct book *b = k->inner;
    if (b == NULL) return;
    if (b->workbook != NULL) (void)workbook_close(b->workbook);
    (void)unlink(b->path); /* there may be none */
    (void)rmdir(b->folder);
    free(b);
    k->inner = NULL;
}

static enum err end(struct sheet_sink *k, struct error *e)
{
    struct book *b = k->inner;
    lxw_row_t last = k->rows == 0 ? 1 : (lxw_row_t)k->rows;
    (void)worksheet_autofilter(b->rows, 0, 0, last, (lxw_col_t)(k->columns - 1)); /* a convenience */
    lxw_workbook *workbook = b->workbook;
    b->workbook = NULL;
    lxw_error code = workbook_close(workbook);
    enum err err = k->err != OK           ? k->err
                   : code != LXW_NO_ERROR ? cannot(k, code, e)
                                          : copy_file(k, b->path, e);
    forget(k);
    return err;
}

static void abandon(struct sheet_sink *k)
{
    forget(k);
    output_abandon(&k->output);
}

const struct sheet_kind sheet_xlsx = {begin, row, total, end, abandon};
