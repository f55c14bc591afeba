/* SPDX-License-Identifier: MIT */
/* gobd.c - the books of a period for a German tax audit ("Datentraegerueberlassung", GoBD, section 147
 * paragraph 6 AO): reports as CSV, and index.xml, which tells IDEA and the like what is in them, by the
 * published structure of gdpdu-01-09-2004.dtd. Types are those of the cells that the reports put. */
#include <errno.h>

#include "reports/file_digest.h"
#include "reports/out_folder.h"
#include "reports/reports.h"
#include "reports/xml.h"

enum { COLUMNS_MAX = 64 };

static const struct table {
    const char *report, *description;
    unsigned keys; /* leading columns that tell rows apart; 0: none do */
} tables[] = {
    {"journal", "Journal", 2},
    {"trial_balance", "Summen- und Saldenliste", 4},
    {"invoices", "Rechnungen und Gutschriften", 2},
    {"invoice_lines", "Rechnungspositionen", 2},
    {"cash", "Zahlungsbewegungen", 0},
    {"tax", "Steuern nach Monat, Land und Satz", 0},
    {"customers", "Stammdaten der Kunden", 1},
    {"audit_trail", "Protokoll", 0},
};

/* What the cells of a column are, of all its rows together. */
struct column {
    struct str name;
    enum cell_kind kind; /* CELL_EMPTY: none of them has anything */
    int decimals;
};
struct columns {
    struct column items[COLUMNS_MAX];
    size_t count;
    struct arena *arena;
};

static bool is_number(enum cell_kind kind)
{
    return kind == CELL_COUNT || kind == CELL_MONEY || kind == CELL_DECIMAL;
}

static int decimals_of(struct str text)
{
    const char *point = memchr(text.ptr, '.', text.len);
    return point == NULL ? 0 : (int)(text.ptr + text.len - point - 1);
}

/* Numbers of several kinds are numbers; whatever else is mixed is text. */
static void take_cell(struct column *c, const struct cell *cell)
{
    if (cell->kind == CELL_EMPTY || cell->text.len == 0) return;
    bool mixed = c->kind != CELL_EMPTY && c->kind != cell->kind;
    if (mixed && is_number(c->kind) && is_number(cell->kind))
        c->kind = CELL_DECIMAL;
    else
        c->kind = mixed ? CELL_TEXT : cell->kind;
    if (is_number(cell->kind) && decimals_of(cell->text) > c->decimals) c->decimals = decimals_of(cell->text);
}

static enum err take_row(void *context, const struct str *names, const struct cell *cells, size_t count,
                         struct error *e)
{
    struct columns *all = context;
    (void)names, (void)e;
    assert(count == all->count);
    for (size_t i = 0; i < count; i++) take_cell(&all->items[i], &cells[i]);
    return OK;
}

/* The names stand in the file's first line, behind its byte order mark: our own, without quotes. */
static enum err read_names(struct columns *all, const char *path, struct error *e)
{
    enum { MARK = 3, LINE_MAX = 4096 };
    char line[LINE_MAX] = "";
    FILE *file = fopen(path, "re");
    if (file == NULL) return fail_errno(e, errno, "cannot read '%s'", path);
    bool read = fgets(line, sizeof line, file) != NULL;
    (void)fclose(file); /* only read */
    if (!read || strlen(line) < MARK) return fail(e, ERR_STORAGE, "cannot read '%s'", path);
    for (char *at = line + MARK; *at != '\0' && *at != '\r';) {
        size_t len = strcspn(at, ";\r");
        assert(all->count < COLUMNS_MAX);
        all->items[all->count++] = (struct column){.name = str_copy(all->arena, (struct str){at, len})};
        at += len + (at[len] == ';' ? 1 : 0);
    }
    return OK;
}

/* ---- index.xml ---- */

static void put_column(struct xml *x, const struct column *c, bool key, struct arena *a)
{
    xml_open(x, key ? "VariablePrimaryKey" : "VariableColumn");
    xml_leaf(x, "Name", c->name);
    if (is_number(c->kind)) {
        xml_open(x, "Numeric");
        if (c->decimals > 0) xml_leaf(x, "Accuracy", str_format(a, "%d", c->decimals));
        xml_close(x);
    } else if (c->kind == CELL_DATE) {
        xml_open(x, "Date");
        xml_leaf(x, "Format", STR("YYYY-MM-DD"));
        xml_close(x);
    } else {
        xml_open(x, "AlphaNumeric");
        xml_close(x);
    }
    xml_close(x);
}

static void put_table(struct xml *x, const struct table *t, const struct columns *columns, struct arena *a)
{
    xml_open(x, "Table");
    xml_leaf(x, "URL", str_format(a, "%s.csv", t->report));
    xml_leaf(x, "Name", str_of(t->report));
    xml_leaf(x, "Description", str_of(t->description));
    xml_open(x, "UTF8");
    xml_close(x);
    xml_leaf(x, "DecimalSymbol", STR(","));
    xml_leaf(x, "DigitGroupingSymbol", STR("."));
    xml_open(x, "Range");
    xml_leaf(x, "From", STR("2")); /* behind the header */
    xml_close(x);
    xml_open(x, "VariableLength");
    xml_leaf(x, "ColumnDelimiter", STR(";"));
    xml_leaf(x, "RecordDelimiter", STR("\r\n"));
    xml_leaf(x, "TextEncapsulator", STR("\""));
    for (size_t i = 0; i < columns->count; i++) put_column(x, &columns->items[i], i < t->keys, a);
    xml_close(x);
    xml_close(x);
}

/* ---- the folder ---- */

struct export
{
    struct ledger *ledger;
    const struct gobd_options *o;
    struct out_folder folder;
    struct xml index;
    struct buffer sums; /* as sha256sum(1) reads them */
    struct gobd_summary *out;
    struct arena *arena;
};

static enum err add_sum(struct export *x, const char *name, struct error *e)
{
    struct hash sha256 = {0};
    uint64_t bytes = 0;
    char digits[64];
    enum err err = file_digest(&sha256, &bytes, out_folder_file(&x->folder, name, x->arena), e);
    if (err != OK) return err;
    hex_encode(digits, sha256.bytes, 32);
    buffer_print(&x->sums, "%.64s  %s\n", digits, name);
    x->out->files++;
    return OK;
}

static enum err write_table(struct export *x, const struct table *t, struct error *e)
{
    const struct report *r = report_find(str_of(t->report));
    const char *name = str_format(x->arena, "%s.csv", t->report).ptr;
    const char *path = out_folder_file(&x->folder, name, x->arena);
    struct columns *columns = arena_new_of(x->arena, struct columns);
    struct report_query q = {.format = SHEET_CSV_EXCEL_EU, .raw = true, .program = x->o->program};
    if ((r->takes & TAKES_FROM) != 0) q.from = x->o->from;
    if ((r->takes & TAKES_TO) != 0) q.to = x->o->to;
    *columns = (struct columns){.arena = x->arena};
    enum err err = r->run(x->ledger, &q, path, x->arena, e);
    if (err == OK) err = read_names(columns, path, e);
    q.format = SHEET_ROWS;
    q.row = take_row;
    q.row_context = columns;
    if (err == OK) err = r->run(x->ledger, &q, "-", x->arena, e);
    if (err != OK) return err;
    put_table(&x->index, t, columns, x->arena);
    err = add_sum(x, name, e);
    return err == OK ? add_sum(x, str_format(x->arena, "%s.meta.json", name).ptr, e) : err;
}

static void begin_index(struct export *x, const struct seller *s)
{
    struct arena *a = x->arena;
    xml_begin(&x->index);
    xml_doctype(&x->index, "DataSet", "gdpdu-01-09-2004.dtd");
    xml_open(&x->index, "DataSet");
    xml_leaf(&x->index, "Version", STR("1.0"));
    xml_open(&x->index, "DataSupplier");
    xml_leaf(&x->index, "Name", s->party.name.len > 0 ? s->party.name : STR("-"));
    xml_leaf(&x->index, "Location", s->party.city.len > 0 ? s->party.city : STR("-"));
    xml_leaf(
        &x->index, "Comment",
        str_format(a, "%.*s to %.*s", STR_ARG(date_text(a, x->o->from)), STR_ARG(date_text(a, x->o->to))));
    xml_close(&x->index);
    xml_open(&x->index, "Media");
    xml_leaf(&x->index, "Name", STR("Daybook"));
}

static enum err end_index(struct export *x, struct error *e)
{
    struct buffer file = {.arena = x->arena};
    xml_close(&x->index);
    xml_close(&x->index);
    enum err err = xml_end(&file, &x->index, e);
    const char *path = out_folder_file(&x->folder, "index.xml", x->arena);
    if (err == OK) err = file_write(path, (struct bytes){file.ptr, file.len}, 0644, e);
    if (err == OK) err = add_sum(x, "index.xml", e);
    path = out_folder_file(&x->folder, "SHA256SUMS", x->arena);
    return err == OK ? file_write(path, (struct bytes){x->sums.ptr, x->sums.len}, 0644, e) : err;
}

static enum err write_all(struct export *x, struct error *e)
{
    struct seller s = {0};
    struct views_txn *t = NULL;
    struct error none = {0};
    struct buffer unused = {.arena = x->arena};
    enum err err = ledger_read_begin(&t, x->ledger, e);
    if (err != OK) return err;
    err = load_seller(&s, t, 0, x->arena, &none);
    ledger_read_end(x->ledger, t);
    if (err != OK && err != ERR_NOT_FOUND) {
        *e = none;
        return err;
    }
    begin_index(x, &s);
    err = OK;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0] && err == OK; i++)
        err = write_table(x, &tables[i], e);
    if (err == OK) return end_index(x, e);
    enum err ended = xml_end(&unused, &x->index, &none); /* to free it; the first failure is told */
    (void)ended;
    return err;
}

/* Two periods in one folder would be neither. */
static enum err check_empty(const char *path, struct arena *a, struct error *e)
{
    struct names_list names = {0};
    if (!dir_is(path)) return OK;
    enum err err = dir_list(&names, path, a, e);
    if (err != OK || names.count == 0) return err;
    return fail(e, ERR_REFUSED, "'%s' is not empty: an export has a folder of its own", path);
}

enum err gobd_export(struct gobd_summary *out, struct ledger *l, const struct gobd_options *o,
                     struct arena *a, struct error *e)
{
    struct export x = {.ledger = l, .o = o, .sums = {.arena = a}, .out = out, .arena = a};
    *out = (struct gobd_summary){.files = 0};
    x.folder.fd = -1;
    if (date_compare(o->to, o->from) < 0) return fail(e, ERR_INVALID, "to: it lies before from");
    enum err err = ledger_guard_output(l, o->out_dir, e);
    if (err == OK) err = check_empty(o->out_dir, a, e);
    if (err == OK) err = out_folder_open(&x.folder, o->out_dir, false, a, e);
    if (err == OK) err = write_all(&x, e);
    if (err == OK) err = out_folder_sync(&x.folder, e);
    out_folder_close(&x.folder);
    return err;
}
