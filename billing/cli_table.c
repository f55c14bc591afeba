/* SPDX-License-Identifier: MIT */
/* cli_table.c - answers for people: tables whose widths come from their first rows, names and values, a table
 * under a name where a value is a list. Columns of numbers stand at the right. Where
 * the paper shows colours, headings are bold, and statuses say by theirs how good they are. */
#include "billing/cli.h"

enum { COLUMNS_MAX = 40, FOLDED_FROM = 25, ROWS_MEASURED = 500, GAP = 2, INDENT = 2 };

/* Characters on a terminal: UTF-8 bytes that begin one. */
static size_t width_of(struct str s)
{
    size_t width = 0;
    for (size_t i = 0; i < s.len; i++) width += ((unsigned char)s.ptr[i] & 0xC0u) != 0x80u;
    return width;
}

struct str value_text(struct arena *a, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        if (json_string_length(value) == 0) return STR("-");
        return str_copy(a, (struct str){json_string_value(value), json_string_length(value)});
    case JSON_INTEGER: return str_format(a, "%jd", (intmax_t)json_integer_value(value));
    case JSON_TRUE: return STR("yes");
    case JSON_FALSE: return STR("no");
    case JSON_ARRAY: break;
    case JSON_OBJECT:
    case JSON_REAL:
    case JSON_NULL: return STR("-");
    }
    struct buffer all = {.arena = a};
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct str item = value_text(a, json_array_get(value, i));
        buffer_print(&all, "%s%.*s", i == 0 ? "" : "; ", STR_ARG(item));
    }
    return all.len == 0 ? STR("-") : (struct str){(const char *)all.ptr, all.len};
}

static bool is_numeric(struct str s)
{
    if (str_is(s, "-") || str_is(s, "unlimited"))
        return true; /* what there is not stands where the numbers do */
    for (size_t i = 0; i < s.len; i++) {
        bool ok = (s.ptr[i] >= '0' && s.ptr[i] <= '9') || s.ptr[i] == '.' || (i == 0 && s.ptr[i] == '-');
        if (!ok) return false;
    }
    return s.len > 0;
}

/* ---- tables ---- */

struct column {
    char name[48];
    size_t width;
    bool right;
    bool is_status; /* its words have moods */
};
struct table {
    const struct paper *paper;
    FILE *to;
    unsigned indent;
    struct column columns[COLUMNS_MAX];
    size_t columns_count;
    struct arena *arena; /* of the rows held back */
    struct str *cells;   /* ROWS_MEASURED rows */
    size_t held;
    bool measured;
};

/* What stands there is one of a few words that say how something is. */
static bool is_status(struct str name)
{
    static const char *const names[] = {"status", "state", "outcome", "result"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(name, names[i])) return true;
    return false;
}

static void add_column(struct table *t, const char *name, size_t len)
{
    assert(t->columns_count < COLUMNS_MAX);
    struct column *c = &t->columns[t->columns_count++];
    assert(len < sizeof c->name);
    memcpy(c->name, name, len);
    for (char *p = c->name; *p != '\0'; p++) {
        if (*p == '_') *p = ' ';
    }
    c->is_status = is_status(str_of(c->name));
    c->width = strlen(c->name);
    c->right = true;
}

struct table *table_new(const struct paper *paper, const char *columns)
{
    struct arena *a = arena_new();
    struct table *t = arena_new_of(a, struct table);
    *t = (struct table){.paper = paper, .to = paper->to, .arena = a};
    for (const char *p = columns; *p != '\0';) {
        size_t len = strcspn(p, ",");
        add_column(t, p, len);
        p += p[len] == ',' ? len + 1 : len;
    }
    t->cells = arena_array_of(a, struct str, ROWS_MEASURED * t->columns_count);
    return t;
}

static void print_cell(const struct table *t, size_t i, struct str text, bool is_heading)
{
    const struct column *c = &t->columns[i];
    size_t width = width_of(text), pad = width < c->width ? c->width - width : 0;
    bool last = i + 1 == t->columns_count;
    if (c->right) (void)fprintf(t->to, "%*s", (int)pad, "");
    enum mood mood = is_heading ? MOOD_HEADING : c->is_status ? mood_of(text) : MOOD_PLAIN;
    paper_word(t->paper, text, mood);
    if (!last) (void)fprintf(t->to, "%*s", (int)(c->right ? 0 : pad) + GAP, "");
}

static void print_line(const struct table *t, const struct str *cells, bool is_heading)
{
    (void)fprintf(t->to, "%*s", (int)t->indent, "");
    for (size_t i = 0; i < t->columns_count; i++) print_cell(t, i, cells[i], is_heading);
    (void)fputc('\n', t->to);
}

static void measure(struct table *t)
{
    for (size_t r = 0; r < t->held; r++) {
        for (size_t i = 0; i < t->columns_count; i++) {
            struct str cell = t->cells[r * t->columns_count + i];
            size_t width = width_of(cell);
            if (width > t->columns[i].width) t->columns[i].width = width;
            if (!is_numeric(cell)) t->columns[i].right = false;
        }
    }
    t->measured = true;
}

static void release(struct table *t)
{
    struct str names[COLUMNS_MAX];
    measure(t);
    for (size_t i = 0; i < t->columns_count; i++) names[i] = str_of(t->columns[i].name);
    print_line(t, names, true);
    for (size_t r = 0; r < t->held; r++) print_line(t, &t->cells[r * t->columns_count], false);
    t->held = 0;
}

static void read_cells(struct table *t, struct str *cells, const json_t *row, struct arena *a)
{
    for (size_t i = 0; i < t->columns_count; i++) {
        char member[48];
        (void)snprintf(member, sizeof member, "%s", t->columns[i].name);
        for (char *p = member; *p != '\0'; p++) {
            if (*p == ' ') *p = '_';
        }
        const json_t *value = json_object_get(row, member);
        cells[i] = value == NULL ? STR("-") : value_text(a, value);
    }
}

void table_row(struct table *t, const json_t *row)
{
    if (!t->measured) {
        read_cells(t, &t->cells[t->held * t->columns_count], row, t->arena);
        if (++t->held == ROWS_MEASURED) release(t);
        return;
    }
    struct str cells[COLUMNS_MAX];
    struct arena *a = arena_new();
    read_cells(t, cells, row, a);
    print_line(t, cells, false);
    arena_free(a);
}

void table_end(struct table *t)
{
    if (!t->measured) release(t);
}

void table_free(struct table *t)
{
    if (t != NULL) arena_free(t->arena);
}

/* ---- names and values ---- */

/* jansson walks through mutable objects only; nothing is changed here. */
static json_t *walkable(const json_t *object)
{
    json_t *walked = NULL;
    memcpy(&walked, &object, sizeof(void *));
    return walked;
}

static bool is_table(const json_t *value)
{
    return json_is_array(value) && json_is_object(json_array_get(value, 0));
}

static bool is_wanted(const char *only, const char *name)
{
    size_t len = strlen(name);
    if (only[0] == '\0') return true;
    for (const char *p = only; *p != '\0';) {
        size_t word = strcspn(p, ",");
        if (word == len && memcmp(p, name, len) == 0) return true;
        p += p[word] == ',' ? word + 1 : word;
    }
    return false;
}

static size_t name_width(json_t *object, const char *only)
{
    size_t widest = 0;
    const char *name = "";
    json_t *value = NULL;
    json_object_foreach(object, name, value)
    {
        size_t len = strlen(name);
        if (len > widest && is_wanted(only, name) && !is_table(value) && !json_is_object(value)) widest = len;
    }
    return widest;
}

static bool is_column(const json_t *value)
{
    return !json_is_object(value) && !is_table(value) &&
           !(json_is_array(value) && json_array_size(value) == 0);
}

struct str row_columns(struct arena *a, json_t *row)
{
    struct buffer columns = {.arena = a};
    const char *name = "";
    json_t *value = NULL;
    json_object_foreach(row, name, value)
    {
        if (!is_column(value)) continue;
        buffer_print(&columns, "%s%s", columns.len == 0 ? "" : ",", name);
    }
    buffer_add_byte(&columns, '\0');
    return (struct str){(const char *)columns.ptr, columns.len - 1};
}

static void print_rows(const struct paper *paper, const json_t *list, unsigned indent)
{
    struct arena *a = arena_new();
    struct table *t = table_new(paper, row_columns(a, json_array_get(list, 0)).ptr);
    t->indent = indent;
    for (size_t i = 0; i < json_array_size(list); i++) table_row(t, json_array_get(list, i));
    table_end(t);
    table_free(t);
    arena_free(a);
}

static void print_name(const struct paper *paper, const char *name, unsigned indent, size_t width)
{
    (void)fprintf(paper->to, "%*s", (int)indent, "");
    for (const char *p = name; *p != '\0'; p++) (void)fputc(*p == '_' ? ' ' : *p, paper->to);
    size_t len = strlen(name);
    (void)fprintf(paper->to, "%*s", (int)(len < width ? width - len : 0), "");
}

static void print_list(const struct paper *paper, const json_t *list, unsigned indent, bool deep);

/* "prices of pro": the row's first member is its name. */
static void print_inner_lists(const struct paper *paper, json_t *row, unsigned indent)
{
    struct arena *a = arena_new();
    const char *name = "";
    json_t *value = NULL;
    struct str of = value_text(a, json_object_iter_value(json_object_iter(row)));
    json_object_foreach(row, name, value)
    {
        if (!is_table(value)) continue;
        print_name(paper, name, indent, 0);
        (void)fprintf(paper->to, " of %.*s\n", STR_ARG(of));
        print_list(paper, value, indent + INDENT, false);
    }
    arena_free(a);
}

static size_t count_columns(const json_t *list)
{
    size_t count = 0;
    const char *name = "";
    json_t *value = NULL;
    json_object_foreach(json_array_get(list, 0), name, value)
    {
        count += is_column(value);
    }
    return count;
}

/* Rows of more columns than a line can hold stand below each other, each with its names. */
static void print_blocks(const struct paper *paper, const json_t *list, unsigned indent, bool deep)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (i > 0) (void)fputc('\n', paper->to);
        print_values(paper, json_array_get(list, i), "", indent, deep);
    }
}

static void print_list(const struct paper *paper, const json_t *list, unsigned indent, bool deep)
{
    if (count_columns(list) >= FOLDED_FROM) {
        print_blocks(paper, list, indent, deep);
        return;
    }
    print_rows(paper, list, indent);
    for (size_t i = 0; deep && i < json_array_size(list); i++)
        print_inner_lists(paper, json_array_get(list, i), indent);
}

void print_values(const struct paper *paper, const json_t *object, const char *only, unsigned indent,
                  bool deep)
{
    struct arena *a = arena_new();
    json_t *walked = walkable(object);
    size_t width = name_width(walked, only);
    const char *name = "";
    json_t *value = NULL;
    json_object_foreach(walked, name, value)
    {
        if (!is_wanted(only, name)) continue;
        if (is_table(value) || json_is_object(value)) {
            print_name(paper, name, indent, 0);
            (void)fputc('\n', paper->to);
            if (json_is_object(value))
                print_values(paper, value, "", indent + INDENT, deep);
            else
                print_list(paper, value, indent + INDENT, deep);
            continue;
        }
        struct str text = value_text(a, value);
        print_name(paper, name, indent, width);
        (void)fprintf(paper->to, "  ");
        paper_word(paper, text, is_status(str_of(name)) ? mood_of(text) : MOOD_PLAIN);
        (void)fputc('\n', paper->to);
    }
    arena_free(a);
}
