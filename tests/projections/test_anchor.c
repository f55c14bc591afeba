/* SPDX-License-Identifier: MIT */
/* test_anchor.c - the file that remembers how far a ledger was: what it says, that nothing else counts as
 * one, that it follows the ledger and is never ahead of it, and that a ledger which is not the one it
 * remembers is not opened. What people see of it is in tests/faults/test_rollback.sh. */
#include <sys/stat.h>
#include <unistd.h>

#include "projections/projections.h"
#include "tests/lib/fixture.h"

static struct frozen_clock noon = {{INT64_C(1735732800000000)}}; /* 2025-01-01T12:00:00Z */

TestSuite(anchor, .init = test_begin, .fini = test_end);

static struct ledger_options options_of(const char *name)
{
    return (struct ledger_options){.dir = test_path(name),
                                   .key_file = test_path("master"),
                                   .world = world_frozen(&noon),
                                   .state = &daybook_state,
                                   .map_bytes = 64u << 20};
}

static struct ledger *opened(const char *name, bool make)
{
    struct ledger *l = NULL;
    struct ledger_options o = options_of(name);
    if (make) assert_ok(ledger_create(&o, E));
    assert_ok(ledger_open(&l, &o, E));
    return l;
}

static enum err try_open(const struct ledger_options *o)
{
    struct ledger *l = NULL;
    enum err err = ledger_open(&l, o, E);
    if (err == OK) ledger_close(l);
    return err;
}

static void grow(struct ledger *to, const char *user)
{
    struct command c = {.type = COMMAND_CUSTOMER_CREATE};
    struct request r = {.command = &c, .actor = STR("test")};
    struct outcome out = {0};
    c.customer_create.user = str_of(user);
    assert_ok(ledger_execute(&out, to, &r, A, E));
}

static struct anchor anchor_now(const char *name)
{
    struct anchor at = {.origin = STR_NONE};
    assert_ok(anchor_read(&at, test_path(name), A, E));
    return at;
}

static uint64_t records_of(struct ledger *l)
{
    struct log_state s = {0};
    assert_ok(log_state(&s, ledger_log(l), E));
    return s.head.range.size;
}

static struct anchor sample(void)
{
    return (struct anchor){.origin = STR("daybook/0123456789abcdef"),
                           .generation = 3,
                           .head = {1234, {{1, 2, 3}}},
                           .last_leaf = {{9, 8, 7}}};
}

Test(anchor, its_text_is_read_as_it_was_written_and_in_no_other_form)
{
    struct anchor at = sample(), read = {.origin = STR_NONE};
    struct str text = anchor_text(A, &at);
    assert_ok(anchor_parse(&read, text, A, E));
    cr_assert(str_equal(anchor_text(A, &read), text));
    for (size_t i = 0; i < text.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            char *bad = str_cstring(A, text);
            bad[i] = (char)(bad[i] ^ (1 << bit));
            cr_assert(anchor_parse(&read, (struct str){bad, text.len}, A, E) == ERR_INVALID, "byte %zu", i);
        }
        cr_assert(anchor_parse(&read, (struct str){text.ptr, i}, A, E) == ERR_INVALID, "cut at %zu", i);
    }
    assert_err_says(anchor_parse(&read, str_format(A, "%.*s\n", STR_ARG(text)), A, E), ERR_INVALID,
                    "its checksum does not fit");
}

Test(anchor, the_page_s_example_is_one)
{
    struct anchor at = {.origin = STR_NONE};
    struct str page = test_read("ledger/FORMAT.md");
    const char *text = strstr(str_cstring(A, page), "    daybook-anchor@v1\n");
    cr_assert(text != NULL);
    struct str lines = STR_NONE;
    for (int i = 0; i < 7; i++) {
        const char *end = strchr(text, '\n');
        lines = str_format(A, "%.*s%.*s\n", STR_ARG(lines), (int)(end - text - 4), text + 4);
        text = end + 1;
    }
    assert_ok(anchor_parse(&at, lines, A, E));
    assert_str(at.origin, "daybook/0123456789abcdef");
    assert_int(at.head.size, 3);
}

Test(anchor, it_is_swapped_only_for_what_is_there)
{
    struct anchor first = sample(), second = sample(), third = sample();
    const char *path = test_path("a");
    second.head.size = 1300;
    third.head.size = 1400;
    assert_ok(anchor_swap(path, NULL, &first, A, E));
    assert_err_says(anchor_swap(path, NULL, &second, A, E), ERR_CONFLICT, "somebody else made");
    assert_ok(anchor_swap(path, &first, &second, A, E));
    assert_err_says(anchor_swap(path, &first, &third, A, E), ERR_CONFLICT, "somebody else moved");
    assert_int(anchor_now("a").head.size, 1300);
    cr_assert(unlink(path) == 0);
    assert_err_says(anchor_swap(path, &second, &third, A, E), ERR_CONFLICT, "is gone");
    test_write(path, STR("no anchor"));
    assert_err_says(anchor_swap(path, &second, &third, A, E), ERR_TAMPERED, "is damaged");
}

Test(anchor, it_follows_the_ledger_when_asked_and_when_the_ledger_is_closed)
{
    struct ledger *l = opened("d", true);
    assert_int(anchor_now("d.anchor").head.size, records_of(l));
    grow(l, "ann");
    cr_assert(anchor_now("d.anchor").head.size < records_of(l)); /* an append does not wait for it */
    assert_ok(ledger_anchor(l, E));
    assert_int(anchor_now("d.anchor").head.size, records_of(l));
    grow(l, "bob");
    uint64_t records = records_of(l);
    ledger_close(l);
    assert_int(anchor_now("d.anchor").head.size, records);
    assert_int(anchor_now("d.anchor").generation, 1);
    ledger_close(opened("d", false));
}

Test(anchor, one_that_is_behind_is_no_fault_and_two_processes_move_it_on)
{
    struct ledger *l = opened("d", true);
    struct anchor old = anchor_now("d.anchor");
    struct ledger *other = opened("d", false);
    grow(l, "ann");
    grow(other, "bob");
    ledger_close(l);
    ledger_close(other);
    struct anchor now = anchor_now("d.anchor");
    test_write(test_path("d.anchor"), anchor_text(A, &old)); /* as after a kill -9 */
    l = opened("d", false);
    grow(l, "cid");
    ledger_close(l);
    cr_assert(anchor_now("d.anchor").head.size > now.head.size);
}

Test(anchor, a_shorter_ledger_is_rolled_back_and_another_one_tampered_with)
{
    struct ledger *l = opened("d", true);
    grow(l, "ann");
    ledger_close(l);
    struct ledger_options o = options_of("d"), bare = o;
    struct anchor at = anchor_now("d.anchor");
    bare.without_key = true;
    at.head.size++;
    test_write(test_path("d.anchor"), anchor_text(A, &at));
    assert_err_says(try_open(&o), ERR_ROLLED_BACK, "its end was lost");
    assert_err_says(try_open(&bare), ERR_ROLLED_BACK, "its end was lost");
    at.head.size--;
    at.head.root.bytes[0] ^= 1;
    test_write(test_path("d.anchor"), anchor_text(A, &at));
    assert_err_says(try_open(&o), ERR_TAMPERED, "a copy that went another way");
    at.head.size--;
    at.last_leaf.bytes[0] ^= 1;
    test_write(test_path("d.anchor"), anchor_text(A, &at));
    assert_err_says(try_open(&bare), ERR_TAMPERED, "a copy that went another way");
    at.origin = STR("daybook/ffffffffffffffff");
    test_write(test_path("d.anchor"), anchor_text(A, &at));
    assert_err_says(try_open(&o), ERR_TAMPERED, "is of another ledger, 'daybook/ffffffffffffffff'");
}

Test(anchor, it_is_no_place_for_an_output_and_no_place_in_the_ledger)
{
    struct ledger *l = opened("d", true);
    assert_err_says(ledger_guard_output(l, test_path("d.anchor"), E), ERR_INVALID,
                    "it is the ledger's anchor file");
    ledger_close(l);
    struct ledger_options o = options_of("d");
    o.anchor_file = test_path("d/inside");
    assert_err_says(try_open(&o), ERR_INVALID, "it lies inside the ledger's directory");
    o.anchor_file = test_path("master");
    assert_err_says(try_open(&o), ERR_INVALID, "it is the ledger's key file");
}

Test(anchor, a_link_to_the_directory_leads_to_the_same_anchor)
{
    ledger_close(opened("d", true));
    cr_assert(symlink(test_path("d"), test_path("link")) == 0);
    struct ledger *l = opened("link", false);
    grow(l, "ann");
    ledger_close(l);
    cr_assert(!file_exists(test_path("link.anchor")));
    ledger_close(opened("d", false));
}

Test(anchor, a_ledger_of_an_older_program_gets_one_when_it_is_opened_and_without_key_none)
{
    ledger_close(opened("d", true));
    cr_assert(unlink(test_path("d.anchor")) == 0 && unlink(test_path("d/anchored")) == 0);
    struct ledger_options o = options_of("d");
    o.without_key = true;
    assert_ok(try_open(&o));
    cr_assert(!file_exists(test_path("d.anchor")));
    ledger_close(opened("d", false));
    cr_assert(file_exists(test_path("d.anchor")) && file_exists(test_path("d/anchored")));
    cr_assert(unlink(test_path("d.anchor")) == 0);
    assert_err_says(try_open(&o), ERR_INCOMPLETE, "is missing");
}

Test(anchor, a_ledger_in_memory_has_none)
{
    struct ledger *l = NULL;
    struct ledger_options o = options_of("m");
    o.in_memory = true;
    assert_ok(dir_make(o.dir, 0700, E));
    test_write(o.key_file, STR("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
    cr_assert(chmod(o.key_file, 0600) == 0);
    assert_ok(ledger_open(&l, &o, E));
    grow(l, "ann");
    assert_ok(ledger_anchor(l, E));
    cr_assert(!ledger_is_anchored(l));
    ledger_close(l);
    cr_assert(!file_exists(test_path("m.anchor")));
}
