/* SPDX-License-Identifier: MIT */
/* fixture.h - what almost every test needs: an arena, an error, a folder that is gone afterwards, and
 * assertions that print the sentence. Criterion runs each test in a process of its own, so one of each is
 * enough:
 *
 *     TestSuite(money, .init = test_begin, .fini = test_end);
 *     Test(money, a_sum_is_exact) { assert_ok(money_add(&sum, a, b, E)); }
 */
#ifndef DAYBOOK_TESTS_LIB_FIXTURE_H
#define DAYBOOK_TESTS_LIB_FIXTURE_H

#include <criterion/criterion.h>

#include "ledger/base.h"
#include "tests/lib/dice.h"

/* Criterion's Test() makes variables without declaring them first. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wmissing-variable-declarations"
#endif

void test_begin(void);
void test_end(void); /* runs after a failed assertion too, and removes the folder */

/* The test's arena and error. They are there without test_begin as well, but then nothing frees them. */
struct arena *test_arena(void);
struct error *test_error(void);
#define A test_arena()
#define E test_error()

/* The test's own folder (mkdtemp under $TMPDIR or /tmp), made when first asked for; and a path in it. */
const char *test_dir(void);
const char *test_path(const char *name);

/* A file of the workshop's shared folder (../shared), or a skipped test with a line that says so. */
const char *test_shared(const char *path);

/* The whole of a file, or a failed test. */
struct str test_read(const char *path);
void test_write(const char *path, struct str content);

/* "2025-01-31" as a date, a failed test when it is none; and "2025-01-31T12:00:00Z" as an instant. */
struct date day(const char *text);
struct instant moment(const char *text);

/* A call that must succeed: otherwise the sentence is printed. */
#define assert_ok(call)                                                                 \
    do {                                                                                \
        enum err got_ = (call);                                                         \
        cr_assert(got_ == OK, "%s: %s: %s", #call, err_word(got_), test_error()->text); \
    } while (0)

/* A call that must fail with this code and exactly this sentence. */
#define assert_err(call, wanted, sentence)                                                                 \
    do {                                                                                                   \
        enum err got_ = (call);                                                                            \
        cr_assert(got_ == (wanted), "%s: got %s, wanted %s (%s)", #call, err_word(got_), err_word(wanted), \
                  got_ == OK ? "" : test_error()->text);                                                   \
        cr_assert(strcmp(test_error()->text, (sentence)) == 0, "%s:\n got    %s\n wanted %s", #call,       \
                  test_error()->text, (sentence));                                                         \
        cr_assert(test_error()->code == got_, "%s: the error holds another code", #call);                  \
    } while (0)

/* A call that must fail with this code and a sentence that holds these words. */
#define assert_err_says(call, wanted, words)                                                               \
    do {                                                                                                   \
        enum err got_ = (call);                                                                            \
        cr_assert(got_ == (wanted), "%s: got %s, wanted %s (%s)", #call, err_word(got_), err_word(wanted), \
                  got_ == OK ? "" : test_error()->text);                                                   \
        cr_assert(strstr(test_error()->text, (words)) != NULL, "%s: '%s' does not say '%s'", #call,        \
                  test_error()->text, (words));                                                            \
    } while (0)

#define assert_str(got, wanted)                                                                            \
    do {                                                                                                   \
        struct str got_ = (got);                                                                           \
        cr_assert(str_is(got_, (wanted)), "%s:\n got    %.*s\n wanted %s", #got, STR_ARG(got_), (wanted)); \
    } while (0)

#define assert_int(got, wanted)                                                       \
    do {                                                                              \
        long long got_ = (long long)(got), wanted_ = (long long)(wanted);             \
        cr_assert(got_ == wanted_, "%s: got %lld, wanted %lld", #got, got_, wanted_); \
    } while (0)

#define assert_day(got, wanted) assert_str(date_text(test_arena(), (got)), (wanted))

#define assert_money(got, wanted_text, wanted_currency)                                                  \
    do {                                                                                                 \
        struct money money_ = (got);                                                                     \
        assert_str(money_text(test_arena(), money_), (wanted_text));                                     \
        cr_assert(strcmp(money_.currency, (wanted_currency)) == 0, "%s: got %s", #got, money_.currency); \
    } while (0)

#endif
