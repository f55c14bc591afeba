/* SPDX-License-Identifier: MIT */
/* Sentences: how they are set, wrapped and cut, and what the table of codes says. */
#include <errno.h>
#include <signal.h>

#include "tests/lib/fixture.h"

TestSuite(error, .init = test_begin, .fini = test_end);

Test(error, a_failure_is_one_line_and_returns_its_code)
{
    struct error e = {.reason = "old"};
    cr_assert(fail(&e, ERR_NOT_FOUND, "no subscription for '%s'", "acme") == ERR_NOT_FOUND);
    cr_assert(e.code == ERR_NOT_FOUND);
    assert_str(str_of(e.text), "no subscription for 'acme'");
    assert_str(str_of(e.reason), "");
}

Test(error, each_level_wraps_outermost_first)
{
    struct error e = {0};
    (void)fail(&e, ERR_INVALID, "amount '12.345': too many decimals for %s", "USD");
    cr_assert(wrap(&e, "line %d", 17) == ERR_INVALID);
    cr_assert(wrap(&e, "import '%s'", "march.csv") == ERR_INVALID);
    assert_str(str_of(e.text), "import 'march.csv': line 17: amount '12.345': too many decimals for USD");
}

Test(error, wrapping_keeps_the_reason_for_machines)
{
    struct error e = {0};
    (void)fail(&e, ERR_DECLINED, "payment declined");
    memcpy(e.reason, "insufficient_funds", sizeof("insufficient_funds"));
    (void)wrap(&e, "charge 'acme'");
    assert_str(str_of(e.reason), "insufficient_funds");
}

Test(error, the_old_sentence_may_be_quoted_in_the_new_one)
{
    struct error e = {0};
    (void)fail(&e, ERR_STORAGE, "disk full");
    (void)fail(&e, ERR_INCOMPLETE, "outcome unknown after '%s'", e.text);
    assert_str(str_of(e.text), "outcome unknown after 'disk full'");
    (void)wrap(&e, "(%s)", e.text);
    assert_str(str_of(e.text), "(outcome unknown after 'disk full'): outcome unknown after 'disk full'");
}

Test(error, a_sentence_too_long_keeps_its_head)
{
    struct error e = {0};
    char word[2000];
    memset(word, 'x', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    (void)fail(&e, ERR_INVALID, "begins %s", word);
    assert_int(strlen(e.text), sizeof(e.text) - 1);
    cr_assert(str_starts(str_of(e.text), "begins xxx"));
    for (int i = 0; i < 3; i++) (void)wrap(&e, "line %d", i);
    assert_int(strlen(e.text), sizeof(e.text) - 1);
    cr_assert(str_starts(str_of(e.text), "line 2: line 1: line 0: begins xxx"));
    (void)wrap(&e, "%s", word);
    assert_int(strlen(e.text), sizeof(e.text) - 1);
}

Test(error, a_cut_never_leaves_half_a_character)
{
    /* Euro signs of three bytes, pushed to every possible place of the cut. */
    char euros[3 * 500 + 1] = "";
    for (size_t i = 0; i < 500; i++) memcpy(euros + 3 * i, "\xe2\x82\xac", 4);
    for (int push = 0; push < 3; push++) {
        struct error e = {0};
        (void)fail(&e, ERR_INVALID, "%.*s%s", push, "abc", euros);
        cr_assert(text_is_utf8(str_of(e.text)));
        cr_assert(strlen(e.text) >= sizeof(e.text) - 3);
        (void)wrap(&e, "x");
        cr_assert(text_is_utf8(str_of(e.text)));
    }
}

Test(error, the_systems_words_stand_at_the_end)
{
    struct error e = {0};
    cr_assert(fail_errno(&e, ENOENT, "cannot open '%s'", "x") == ERR_STORAGE);
    assert_str(str_of(e.text), "cannot open 'x': No such file or directory");
    (void)fail_errno(&e, 99999, "cannot open 'x'");
    cr_assert(strstr(e.text, "99999") != NULL, "%s", e.text);
}

Test(error, the_table_follows_the_contract_of_the_command_line)
{
    static const struct {
        enum err code;
        const char *word;
        int http, exit_status;
    } rows[] = {
        {OK, "ok", 200, 0},
        {ERR_REFUSED, "refused", 409, 1},
        {ERR_NOT_FOUND, "not_found", 404, 1},
        {ERR_CONFLICT, "conflict", 409, 1},
        {ERR_USAGE, "usage", 400, 2},
        {ERR_INVALID, "invalid", 400, 3},
        {ERR_LIMIT, "limit", 413, 3},
        {ERR_TAMPERED, "tampered", 500, 4},
        {ERR_ROLLED_BACK, "rolled_back", 500, 5},
        {ERR_STORAGE, "storage", 507, 6},
        {ERR_DECLINED, "declined", 402, 7},
        {ERR_INCOMPLETE, "incomplete", 503, 8},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_str(str_of(err_word(rows[i].code)), rows[i].word);
        assert_int(err_http_status(rows[i].code), rows[i].http);
        assert_int(err_exit_status(rows[i].code), rows[i].exit_status);
        cr_assert(strlen(err_sentence(rows[i].code)) > 0);
    }
}

Test(error, the_branch_that_cannot_be_ends_the_process, .signal = SIGABRT)
{
    WRONG("seen by a test");
}
