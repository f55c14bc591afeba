/* SPDX-License-Identifier: MIT */
/* test_guard.c - no output lands in the ledger's directory or on its key, by whatever way its path leads
 * there; every other place is free. */
#include <sys/stat.h>
#include <unistd.h>

#include "projections/projections.h"
#include "tests/lib/fixture.h"

#define INSIDE "it lies inside the ledger's directory"
#define KEY    "it is the ledger's key file"

static struct frozen_clock noon = {{INT64_C(1735732800000000)}}; /* 2025-01-01T12:00:00Z */
static struct ledger *l;

static void open_with(struct ledger_options o)
{
    o.world = world_frozen(&noon);
    o.state = &daybook_state;
    o.map_bytes = 64u << 20;
    assert_ok(ledger_create(&o, E));
    assert_ok(ledger_open(&l, &o, E));
}

static void begin(void)
{
    test_begin();
    open_with((struct ledger_options){.dir = test_path("d")});
}

static void end(void)
{
    ledger_close(l);
    test_end();
}

TestSuite(guard, .init = begin, .fini = end);

static void refused(const char *path, const char *words)
{
    assert_err_says(ledger_guard_output(l, path, E), ERR_INVALID, words);
}

static void allowed(const char *path)
{
    assert_ok(ledger_guard_output(l, path, E));
}

static void make_link(const char *target, const char *name)
{
    cr_assert(symlink(target, test_path(name)) == 0);
}

Test(guard, files_of_the_ledger_and_new_ones_beside_them_are_refused)
{
    refused(test_path("d"), INSIDE);
    refused(test_path("d/"), INSIDE);
    refused(test_path("d/log/data.mdb"), INSIDE);
    refused(test_path("d/new.csv"), INSIDE);
    refused(test_path("d/no/such/folder/new.csv"), INSIDE);
    assert_err(
        ledger_guard_output(l, test_path("d/x"), E), ERR_INVALID,
        str_format(A, "cannot write '%s': it lies inside the ledger's directory", test_path("d/x")).ptr);
}

Test(guard, the_key_file_is_refused)
{
    refused(test_path("d.key"), KEY);
    refused(test_path("./nothing/..//d.key"), KEY);
}

Test(guard, every_other_place_is_free)
{
    allowed(test_path("x.csv"));
    allowed(test_path("dd/x.csv"));
    allowed(test_path("d.key.csv"));
    allowed(test_path("d.keys/x"));
    allowed(test_path("no/such/folder/d"));
    allowed(test_path(""));
    allowed("/");
}

Test(guard, dots_lead_in_and_out)
{
    refused(test_path("./x/../d/./y.csv"), INSIDE);
    refused(test_path("no/such/../../d/y.csv"), INSIDE);
    refused(test_path("d/log/../../d.key"), KEY);
    allowed(test_path("d/../y.csv"));
    allowed(test_path("d/no/../../y.csv"));
}

Test(guard, a_relative_path_begins_where_the_process_is)
{
    cr_assert(chdir(test_path("d/log")) == 0);
    refused("data.mdb", INSIDE);
    refused("../x", INSIDE);
    refused("../../d.key", KEY);
    allowed("../../x");
    cr_assert(chdir(test_path("")) == 0);
    refused("d/x", INSIDE);
    allowed("x");
}

Test(guard, links_are_followed)
{
    make_link(test_path("d"), "to_ledger");
    make_link("d/log", "to_log");
    make_link("d.key", "to_key");
    make_link(test_path("d/log/data.mdb"), "to_data");
    refused(test_path("to_ledger"), INSIDE);
    refused(test_path("to_ledger/x/y.csv"), INSIDE);
    refused(test_path("to_data"), INSIDE);
    refused(test_path("to_key"), KEY);
    refused(test_path("to_log/../y.csv"), INSIDE); /* the parent of where the link leads */
    allowed(test_path("to_log/../../y.csv"));
}

Test(guard, a_link_in_the_ledger_that_leads_out_of_it_is_refused_as_what_would_be_replaced)
{
    make_link(test_path("x.csv"), "d/out");
    make_link("/no/such/place", "d/nowhere");
    refused(test_path("d/out"), INSIDE);
    refused(test_path("d/nowhere"), INSIDE);
}

Test(guard, another_name_of_the_key_file_is_the_key_file)
{
    cr_assert(link(test_path("d.key"), test_path("copy.key")) == 0);
    refused(test_path("copy.key"), KEY);
}

Test(guard, the_place_of_a_key_that_is_missing_at_this_moment_stays_guarded)
{
    cr_assert(unlink(test_path("d.key")) == 0);
    refused(test_path("d.key"), KEY);
}

Test(guard, a_path_too_long_for_the_system_is_refused)
{
    char path[LIMIT_PATH_BYTES + 2] = "";
    memset(path, 'x', sizeof path - 1);
    assert_err_says(ledger_guard_output(l, path, E), ERR_LIMIT, "path exceeds 4096 bytes");
}

TestSuite(guarded_key, .init = test_begin, .fini = end);

Test(guarded_key, that_was_named_is_guarded_and_the_default_one_is_not)
{
    cr_assert(mkdir(test_path("keys"), 0700) == 0);
    open_with((struct ledger_options){.dir = test_path("d"), .key_file = test_path("keys/../keys/mine")});
    refused(test_path("keys/mine"), KEY);
    allowed(test_path("keys/yours"));
    allowed(test_path("d.key"));
}

Test(guarded_key, of_a_directory_named_by_a_relative_path_is_found_after_the_process_has_moved)
{
    cr_assert(chdir(test_path("")) == 0);
    open_with((struct ledger_options){.dir = "d/"});
    cr_assert(chdir("/") == 0);
    refused(test_path("d.key"), KEY);
    refused(test_path("d/x"), INSIDE);
}

Test(guarded_key, of_a_command_is_no_file)
{
    char command[] = "printf '%064d' 7";
    open_with((struct ledger_options){.dir = test_path("d"), .key_command = command});
    allowed(test_path("d.key"));
    refused(test_path("d/x"), INSIDE);
}
