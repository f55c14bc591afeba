/* SPDX-License-Identifier: MIT */
/* Rows of CSV: columns in any order, quotes, and that one bad row costs nothing but itself. */
#include "importers/csv.h"
#include "tests/importers/files.h"

TestSuite(csv, .init = test_begin, .fini = test_end);

static const char *const names[] = {"id", "name", "note"};
static const struct csv_layout layout = {.names = names, .count = 3, .required = 1};

struct table {
    struct source *source;
    struct stream *stream;
    struct csv_reader *reader;
};

static enum err table_open(struct table *t, struct str content)
{
    struct text_line first = {0};
    bool end = false;
    t->source = source_of(content);
    t->stream = stream_new(t->source);
    assert_ok(stream_line(&first, &end, t->stream, E));
    return csv_open(&t->reader, t->stream, &first, &layout, E);
}

static void table_close(struct table *t)
{
    csv_close(t->reader);
    stream_free(t->stream);
    source_close(t->source);
}

static void print_row(struct buffer *b, const struct csv_row *r)
{
    if (b->len > 0) buffer_add_byte(b, ' ');
    if (row_is_good(&r->row))
        buffer_print(b, "%ju[%.*s|%.*s|%.*s]", (uintmax_t)r->row.line, STR_ARG(r->fields[0]),
                     STR_ARG(r->fields[1]), STR_ARG(r->fields[2]));
    else
        buffer_print(b, "%ju!%s", (uintmax_t)r->row.line, r->row.column);
}

/* Each row as "line[id|name|note]" or "line!column". */
static struct str rows_of(struct str content)
{
    struct table t = {0};
    struct buffer b = {.arena = A};
    assert_ok(table_open(&t, content));
    for (;;) {
        struct csv_row r = {0};
        bool end = false;
        assert_ok(csv_next(&r, &end, t.reader, A, E));
        if (end) break;
        print_row(&b, &r);
    }
    table_close(&t);
    return (struct str){(const char *)b.ptr, b.len};
}

/* The first row's reason. */
static struct str reason_of(struct str content)
{
    struct table t = {0};
    struct csv_row r = {0};
    bool end = false;
    assert_ok(table_open(&t, content));
    assert_ok(csv_next(&r, &end, t.reader, A, E));
    table_close(&t);
    return r.row.why;
}

static void refused_header(struct str content, const char *sentence)
{
    struct table t = {0};
    assert_err(table_open(&t, content), ERR_INVALID, sentence);
    t.reader = NULL;
    table_close(&t);
}

Test(csv, columns_come_in_any_order_and_case)
{
    assert_str(rows_of(STR("name,id\nAda,1\n")), "2[1|Ada|]");
    assert_str(rows_of(STR("NOTE, Id ,\"name\"\r\nn,1,x\r\n")), "2[1|x|n]");
    assert_str(rows_of(STR("id\n1\n2")), "2[1||] 3[2||]");
    assert_str(rows_of(STR("id\n")), "");
}

Test(csv, headers_that_cannot_be_used_are_refused)
{
    refused_header(STR("id,nmae\n"), "line 1: there is no column 'nmae'; the columns are id,name,note");
    refused_header(STR("id;name\n"), "line 1: there is no column 'id;name'; the columns are id,name,note");
    refused_header(STR("id,name,ID\n"), "line 1: column 'id' stands there twice");
    refused_header(STR("name,note\n"), "line 1: column 'id' is missing");
    refused_header(STR("id,\"name\n"), "line 1: the header's quotes do not close, or it is empty");
    refused_header(STR("4242424242424242,id\n"),
                   "line 1: there is no column '...'; the columns are id,name,note");
}

Test(csv, quotes_hold_commas_quotes_and_line_ends)
{
    assert_str(rows_of(STR("id,name,note\n1,\"a,b\",\"say \"\"hi\"\"\"\n2,\"\",  x  \n")),
               "2[1|a,b|say \"hi\"] 3[2||x]");
    assert_str(rows_of(STR("id,name\n1,\"two\r\nlines\"\n2,b\n")), "2[1|two\nlines|] 4[2|b|]");
    assert_str(rows_of(STR("id,name\n1,\"a\n\n\nb\"\n\n2,c")), "2[1|a\n\n\nb|] 7[2|c|]");
}

Test(csv, blank_lines_are_no_rows)
{
    assert_str(rows_of(STR("id\n\n1\n  \t\n2\n\n")), "3[1||] 5[2||]");
}

Test(csv, one_bad_row_leaves_the_others_alone)
{
    assert_str(rows_of(STR("id,name\n1,a\"b\n2,c\n")), "2!name 3[2|c|]");
    assert_str(rows_of(STR("id,name\n1,\"a\"b\n2,c\n")), "2!name 3[2|c|]");
    assert_str(rows_of(STR("id,name\n1\n2,c,d\n3,e\n")), "2! 3! 4[3|e|]");
    assert_str(rows_of(STR("id,name\n1,a\rb\n2,c\n")), "2! 3[2|c|]");
    assert_str(reason_of(STR("id,name\n1\n")), "the row has 1 fields, the header has 2");
    assert_str(reason_of(STR("id\n1\r2\n")), "a carriage return stands inside the line");
    assert_str(reason_of(STR("id\n1\"\n")),
               "a quote stands where none may: a field that holds one is put in quotes, its quotes doubled");
}

Test(csv, a_quote_that_never_closes_costs_its_own_line_only)
{
    assert_str(rows_of(STR("id,name\n1,\"a\n2,b\n3,c\n")), "2!name 3[2|b|] 4[3|c|]");
    assert_str(rows_of(STR("id,name\n1,\"a\n2,\"b\"\n3,c\n")), "2!name 3[2|b|] 4[3|c|]");
    assert_str(rows_of(STR("id,name\n1,\"a\n2,x\n3,\"c\"x\n4,d")), "2!name 3[2|x|] 4!name 5[4|d|]");
    assert_str(reason_of(STR("id,name\n1,\"a\n2,b\n")),
               "a quoted field is not closed, or a character follows its closing quote");
}

Test(csv, an_open_quote_is_believed_up_to_the_limit_of_a_line)
{
    struct buffer file = {.arena = A};
    buffer_print(&file, "id,name\n1,\"open\n");
    for (int i = 2; i < 20002; i++) buffer_print(&file, "%d,row\n", i);
    struct table t = {0};
    assert_ok(table_open(&t, (struct str){(const char *)file.ptr, file.len}));
    for (int i = 1; i < 20002; i++) {
        struct csv_row r = {0};
        bool end = false;
        assert_ok(csv_next(&r, &end, t.reader, A, E));
        cr_assert(!end && r.row.line == (uint64_t)i + 1);
        cr_assert(row_is_good(&r.row) == (i > 1), "row %d", i);
    }
    table_close(&t);
}

Test(csv, a_line_that_is_too_long_is_refused_by_its_number)
{
    struct str x = repeated('x', LIMIT_INPUT_LINE_BYTES + 1);
    struct str file = joined(joined(STR("id,name\n1,a\n2,"), x), STR("\n3,c\n"));
    assert_str(rows_of(file), "2[1|a|] 3! 4[3|c|]");
    assert_str(reason_of(joined(STR("id\n"), x)), "the line is longer than the limit of 65536 bytes");
    /* Also where an open quote runs into it. */
    file = joined(joined(STR("id,name\n1,\"a\n2,b\n"), x), STR("\n3,c\n"));
    assert_str(rows_of(file), "2!name 3[2|b|] 4! 5[3|c|]");
}

Test(csv, a_row_keeps_its_text_as_it_stands)
{
    struct table t = {0};
    struct csv_row r = {0};
    bool end = false;
    assert_ok(table_open(&t, STR("id,name\n1, \"a\r\nb\" \r\n2,c")));
    assert_ok(csv_next(&r, &end, t.reader, A, E));
    assert_str(r.row.text, "1, \"a\nb\" ");
    assert_ok(csv_next(&r, &end, t.reader, A, E));
    assert_str(r.row.text, "2,c");
    table_close(&t);
}
