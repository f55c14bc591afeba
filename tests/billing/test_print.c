/* SPDX-License-Identifier: MIT */
/* test_print.c - answers as people see them, and as programs read them. */
#include "billing/cli.h"
#include "tests/lib/fixture.h"

TestSuite(print, .init = test_begin, .fini = test_end);

/* A table of rows given as JSON. */
static struct str print_rows(const char *columns, const char *const *rows, size_t count)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    struct paper paper = {.to = stream};
    struct table *t = table_new(&paper, columns);
    for (size_t i = 0; i < count; i++) {
        json_t *row = json_loads(rows[i], 0, NULL);
        cr_assert(row != NULL, "%s", rows[i]);
        table_row(t, row);
        json_decref(row);
    }
    table_end(t);
    table_free(t);
    (void)fclose(stream);
    struct str printed = str_copy(A, (struct str){text, len});
    free(text);
    return printed;
}

static struct str print_one(const char *json, const char *only)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    json_t *object = json_loads(json, 0, NULL);
    cr_assert(object != NULL, "%s", json);
    struct paper paper = {.to = stream};
    print_values(&paper, object, only, 0, false);
    json_decref(object);
    (void)fclose(stream);
    struct str printed = str_copy(A, (struct str){text, len});
    free(text);
    return printed;
}

Test(print, words_stand_at_the_left_and_amounts_at_the_right)
{
    static const char *const rows[] = {
        "{\"user_id\": \"Zoë\", \"amount\": \"9.00\", \"status\": \"paid\"}",
        "{\"user_id\": \"u2\", \"amount\": \"-1299.00\", \"status\": null}",
    };
    assert_str(print_rows("user_id,amount,status", rows, 2), "user id    amount  status\n"
                                                             "Zoë          9.00  paid\n"
                                                             "u2       -1299.00  -\n");
}

Test(print, an_empty_list_is_its_heading)
{
    assert_str(print_rows("date,amount", NULL, 0), "date  amount\n");
}

Test(print, rows_past_those_measured_keep_the_widths)
{
    enum { ROWS = 700 };
    const char **rows = arena_array_of(A, const char *, ROWS);
    for (size_t i = 0; i < ROWS; i++) rows[i] = "{\"a\": \"12345\", \"b\": true}";
    struct str printed = print_rows("a,b", rows, ROWS);
    struct str line = STR("12345  yes\n");
    assert_int(printed.len, line.len * (ROWS + 1) - (line.len - strlen("    a  b\n")));
    cr_assert(memcmp(printed.ptr + printed.len - line.len, line.ptr, line.len) == 0);
}

Test(print, one_thing_is_names_and_values_with_its_lists_below)
{
    static const char json[] =
        "{\"invoice_number\": \"INV-1\", \"paid_on\": null, \"existing\": true, \"seq\": 7,"
        " \"line_items\": [{\"description\": \"Pro\", \"amount\": \"99.00\"}]}";
    assert_str(print_one(json, ""), "invoice number  INV-1\n"
                                    "paid on         -\n"
                                    "existing        yes\n"
                                    "seq             7\n"
                                    "line items\n"
                                    "  description  amount\n"
                                    "  Pro           99.00\n");
    assert_str(print_one(json, "seq,existing"), "existing  yes\nseq       7\n");
}

Test(print, programs_get_one_document_or_one_object_a_line)
{
    struct cli_globals g = {.json = true};
    struct {
        const char *words, *printed;
        bool is_row;
    } cases[] = {{"stats", "{\n  \"a\": 1\n}\n", false}, {"customer.list", "{\"a\":1}\n{\"a\":1}\n", true}};
    for (size_t i = 0; i < 2; i++) {
        char *text = NULL;
        size_t len = 0;
        FILE *stream = open_memstream(&text, &len);
        struct printer *p = printer_new(stream, verb_find(str_of(cases[i].words)), &g);
        struct answer answer = printer_answer(p);
        for (int n = 0; n < (cases[i].is_row ? 2 : 1); n++) {
            assert_ok(answer.take(answer.self, json_pack("{s:i}", "a", 1), cases[i].is_row, E));
        }
        assert_ok(printer_end(p, E));
        printer_free(p);
        (void)fclose(stream);
        assert_str(str_of(text), cases[i].printed);
        free(text);
    }
}

Test(print, an_error_is_one_sentence_or_one_object)
{
    struct error e = {0};
    (void)fail(&e, ERR_DECLINED, "payment 'txn_1' was declined: \"no\"");
    (void)snprintf(e.reason, sizeof e.reason, "card_declined");
    static const char *const wanted[] = {
        "daybook: payment 'txn_1' was declined: \"no\"\n",
        "{\"error\":{\"code\":\"declined\",\"reason\":\"card_declined\","
        "\"message\":\"payment 'txn_1' was declined: \\\"no\\\"\"}}\n",
    };
    for (int json = 0; json < 2; json++) {
        char *text = NULL;
        size_t len = 0;
        FILE *stream = open_memstream(&text, &len);
        struct paper paper = {.to = stream};
        cli_print_error(&paper, &e, json == 1);
        (void)fclose(stream);
        assert_str(str_of(text), wanted[json]);
        free(text);
    }
}

Test(print, rows_of_more_members_than_a_line_holds_stand_below_each_other)
{
    struct buffer json = {.arena = A};
    buffer_print(&json, "{\"documents\": [");
    for (int row = 1; row <= 2; row++) {
        buffer_print(&json, "%s{", row == 1 ? "" : ",");
        for (int i = 0; i < 40; i++) buffer_print(&json, "\"member_%d\": %d,", i, row * 100 + i);
        buffer_print(&json, "\"lines\": [{\"amount\": \"%d.00\"}]}", row);
    }
    buffer_print(&json, "]}");
    buffer_add_byte(&json, 0);
    struct str printed = print_one((const char *)json.ptr, "");
    char *text = str_cstring(A, printed);
    cr_assert(strstr(text, "  member 0   100\n") != NULL, "%s", text);
    cr_assert(strstr(text, "  member 39  239\n") != NULL, "%s", text);
    cr_assert(strstr(text, "  lines\n    amount\n      2.00\n") != NULL, "%s", text);
}

Test(print, a_stream_that_takes_nothing_is_a_failure)
{
    struct cli_globals g = {.json = true};
    FILE *full = fopen("/dev/full", "w");
    cr_assert(full != NULL);
    struct printer *p = printer_new(full, verb_find(STR("stats")), &g);
    struct answer answer = printer_answer(p);
    assert_ok(answer.take(answer.self, json_pack("{s:i}", "a", 1), false, E));
    assert_err(printer_end(p, E), ERR_STORAGE, "cannot write to standard output");
    printer_free(p);
    (void)fclose(full);
}

Test(print, help_of_every_verb_says_how_it_is_used)
{
    const struct verb *v = NULL;
    for (size_t i = 0; (v = verb_at(i)) != NULL; i++) {
        char *text = NULL;
        size_t len = 0;
        FILE *stream = open_memstream(&text, &len);
        struct paper paper = {.to = stream};
        cli_help_verb(&paper, v);
        (void)fclose(stream);
        struct str usage = str_format(A, "usage: daybook %.*s", STR_ARG(verb_words(A, v)));
        cr_assert(str_starts(str_of(text), str_cstring(A, usage)), "%s", text);
        cr_assert(strstr(text, v->help) != NULL);
        free(text);
    }
}
