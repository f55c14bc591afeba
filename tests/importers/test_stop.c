/* SPDX-License-Identifier: MIT */
/* An import of a file that is told to stop: what was read and not taken yet is read again by the next one. */
#include "tests/importers/shop.h"

TestSuite(stop, .init = test_begin, .fini = test_end);

static int blocks_left;

static bool stops_later(void *unused)
{
    (void)unused;
    return --blocks_left <= 0;
}

Test(stop, an_import_that_is_told_to_stop_goes_on_and_takes_nothing_twice)
{
    enum { ROWS = 3000 };
    struct ledger *l = shop_open("2025-01-10T12:00:00Z");
    struct buffer text = {.arena = A};
    buffer_print(&text, "user_id,name\n");
    for (int i = 0; i < ROWS; i++) buffer_print(&text, "u%d,%0200d\n", i, 0);
    test_write(test_path("many.csv"), (struct str){(const char *)text.ptr, text.len});
    struct import_options o = {.path = test_path("many.csv"), .actor = STR("tester"), .stops = stops_later};
    struct import_report r = {0};
    blocks_left = 4; /* of 128 KiB each */
    assert_err_says(importer_find(STR("customers"))->run(&r, l, &o, A, E), ERR_INCOMPLETE, "told to stop");
    uint64_t first = r.accepted;
    cr_assert(first > 0 && first < ROWS, "%ju", (uintmax_t)first);
    struct taken t = take_path(l, "customers", test_path("many.csv"), false);
    cr_assert(t.err == OK, "%s", E->text);
    assert_counts(t, ROWS, ROWS - first, first, 0);
    shop_close(l);
}
