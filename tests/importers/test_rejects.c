/* SPDX-License-Identifier: MIT */
/* The file of refused rows says where and why, and never holds a card number. */
#include <sys/stat.h>

#include "importers/rejects.h"
#include "tests/importers/files.h"

TestSuite(rejects, .init = test_begin, .fini = test_end);

static struct str shown(struct str text)
{
    return rejects_text(&(struct row){.text = text}, A);
}

Test(rejects, the_file_is_csv_that_a_spreadsheet_can_open)
{
    struct rejects r = {.path = test_path("r.csv")};
    struct row quoted = {17, STR("ev,u,\"t\",12"), "amount", STR("number '1': why")};
    struct row of_two_lines = {18, STR("a\nb"), "", STR("x")};
    assert_ok(rejects_add(&r, &quoted, E));
    assert_ok(rejects_add(&r, &of_two_lines, E));
    assert_ok(rejects_finish(&r, E));
    assert_str(test_read(r.path), "line,column,reason,text\r\n"
                                  "17,amount,\"number '1': why\",\"ev,u,\"\"t\"\",12\"\r\n"
                                  "18,,\"x\",\"a b\"\r\n");
    struct stat info = {0};
    cr_assert(stat(r.path, &info) == 0 && (info.st_mode & 0777) == 0600);
}

Test(rejects, no_reject_makes_no_file)
{
    struct rejects r = {.path = test_path("r.csv")};
    assert_ok(rejects_finish(&r, E));
    cr_assert(!file_exists(r.path));
}

Test(rejects, an_abandoned_file_is_gone)
{
    struct rejects r = {.path = test_path("r.csv")};
    struct row row = {1, STR("a"), "", STR("x")};
    assert_ok(rejects_add(&r, &row, E));
    rejects_abandon(&r);
    cr_assert(!file_exists(r.path));
}

Test(rejects, card_data_are_blanked_out)
{
    assert_str(shown(STR("u1,4242 4242 4242 4242,7")), "u*,**** **** **** ****,*");
    assert_str(shown(STR("u1,4242-4242-4242-4242")), "u*,****-****-****-****");
    assert_str(shown(STR("u1,cvv 123")), "u*,cvv ***");
    assert_str(shown(STR("u1,1000")), "u1,1000");
    assert_str(shown(STR("{\"user\":\"\\u0034242424242424242\"}")), "{\"user\":\"\\u*******************\"}");
}

Test(rejects, a_card_number_that_the_cut_would_split_is_blanked_out_too)
{
    struct str got = shown(joined(repeated('x', 190), STR(",4242424242424242")));
    assert_int(got.len, 200);
    cr_assert(str_equal((struct str){got.ptr + 190, 10}, STR(",*********")));
}

Test(rejects, long_text_is_cut_between_characters)
{
    assert_int(shown(joined(repeated('x', 199), STR("\xc3\xa9\xc3\xa9"))).len, 199);
    assert_int(shown(joined(repeated('x', 198), STR("\xc3\xa9\xc3\xa9"))).len, 200);
    assert_str(shown(STR("a\xff"
                         "b")),
               "a?b");
}

Test(rejects, what_a_spreadsheet_would_take_for_a_formula_is_quoted)
{
    assert_str(shown(STR("=HYPERLINK(1)")), "'=HYPERLINK(1)");
    assert_str(shown(STR("-1,a")), "'-1,a");
    assert_str(shown(STR("")), "");
}
