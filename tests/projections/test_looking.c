/* SPDX-License-Identifier: MIT */
/* test_looking.c - a ledger that is opened to look only is shown as it is and stays as it is, and an
 * examination tells of each part what is wrong with it. */
#include <sys/wait.h>
#include <unistd.h>

#include "projections/projections.h"
#include "tests/lib/fixture.h"

TestSuite(looking, .init = test_begin, .fini = test_end);

static struct frozen_clock noon = {{INT64_C(1735732800000000)}}; /* 2025-01-01T12:00:00Z */

static struct ledger_options options(void)
{
    return (struct ledger_options){
        .dir = test_path("d"), .world = world_frozen(&noon), .state = &daybook_state, .map_bytes = 64u << 20};
}

static enum err add_customer(struct ledger *l, const char *user)
{
    struct command c = {.type = COMMAND_CUSTOMER_CREATE};
    struct request r = {.command = &c, .actor = STR("test")};
    struct outcome out = {0};
    c.customer_create.user = str_of(user);
    return ledger_execute(&out, l, &r, A, E);
}

static void make(void)
{
    struct ledger_options o = options();
    struct ledger *l = NULL;
    assert_ok(ledger_create(&o, E));
    assert_ok(ledger_open(&l, &o, E));
    assert_ok(add_customer(l, "ann"));
    ledger_close(l);
}

static struct str content_of(const char *name)
{
    struct bytes file = {0};
    assert_ok(file_read(&file, test_path(name), 64u << 20, A, E));
    return bytes_str(file);
}

Test(looking, it_shows_customers_and_takes_no_command)
{
    static const char *const files[] = {"d/log/data.mdb", "d/views/data.mdb", "d/views/state",
                                        "d/customer-keys", "d.anchor"};
    struct str before[sizeof files / sizeof *files];
    struct ledger_options o = options();
    struct ledger *l = NULL;
    struct views_txn *t = NULL;
    struct customer c = {0};
    make();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) before[i] = content_of(files[i]);
    o.read_only = true;
    assert_ok(ledger_open(&l, &o, E));
    assert_ok(ledger_read_begin(&t, l, E));
    assert_ok(find_customer(&c, t, STR("ann"), A, E));
    ledger_read_end(l, t);
    assert_err_says(add_customer(l, "bob"), ERR_REFUSED, "opened to look only");
    ledger_close(l);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        cr_assert(str_equal(content_of(files[i]), before[i]), "%s has changed", files[i]);
}

static struct ledger_examination *examined(void)
{
    struct ledger_options o = options();
    struct ledger_examination *x = arena_new_of(A, struct ledger_examination);
    ledger_examine(x, &o, A);
    return x;
}

Test(looking, of_a_sound_ledger_every_part_is_as_it_should_be)
{
    make();
    const struct ledger_examination *x = examined();
    for (int i = 0; i < LEDGER_PARTS; i++) {
        cr_assert(x->parts[i].looked, "%d", i);
        cr_assert(x->parts[i].why.code == OK, "%d: %s", i, x->parts[i].why.text);
    }
    assert_int(x->views_records, x->records);
    assert_int(x->anchor_behind, 0);
    assert_str(str_of(x->anchor), "sound");
    cr_assert(!x->key_protected);
}

/* Appends without folding, as a process does that is killed in between: nothing of it is closed. */
Test(looking, views_and_anchor_that_a_killed_process_left_behind_stay_there)
{
    make();
    pid_t child = fork();
    if (child == 0) {
        struct ledger_options o = options();
        struct ledger *l = NULL;
        bool done = ledger_open(&l, &o, E) == OK && add_customer(l, "bob") == OK;
        _exit(done ? 0 : 1);
    }
    int status = 0;
    cr_assert(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    for (int i = 0; i < 2; i++) { /* looking changes nothing, so the second look sees the same */
        const struct ledger_examination *x = examined();
        cr_assert(x->parts[LEDGER_ANCHOR].why.code == OK);
        cr_assert(x->anchor_behind > 0, "%ju", (uintmax_t)x->anchor_behind);
    }
}

Test(looking, behind_a_missing_key_the_rest_is_not_guessed)
{
    make();
    cr_assert(rename(test_path("d.key"), test_path("hidden")) == 0);
    const struct ledger_examination *x = examined();
    cr_assert(x->parts[LEDGER_LOG].why.code == OK);
    cr_assert(x->parts[LEDGER_ANCHOR].why.code == OK);
    cr_assert(x->parts[LEDGER_KEY].why.code == ERR_NOT_FOUND);
    cr_assert(!x->parts[LEDGER_CUSTOMER_KEYS].looked);
    cr_assert(!x->parts[LEDGER_VIEWS].looked);
}
