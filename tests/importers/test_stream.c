/* SPDX-License-Identifier: MIT */
/* Lines out of files: their ends, their numbers, their limit; gzip, whole and cut off. */
#include <fcntl.h>
#include <unistd.h>

#include "tests/importers/files.h"

TestSuite(stream, .init = test_begin, .fini = test_end);

/* All lines with their numbers, "1:a 2:b", or the error. */
static enum err lines_of(struct str *out, struct source *s)
{
    struct stream *st = stream_new(s);
    struct buffer b = {.arena = A};
    enum err err = OK;
    for (;;) {
        struct text_line line = {0};
        bool end = false;
        err = stream_line(&line, &end, st, E);
        if (err != OK || end) break;
        buffer_print(&b, "%s%ju:%.*s%s", b.len == 0 ? "" : " ", (uintmax_t)line.number,
                     line.text.len > 20 ? 0 : (int)line.text.len, line.text.ptr,
                     line.too_long ? "(too long)" : "");
        if (line.too_long) assert_int(line.text.len, LIMIT_INPUT_LINE_BYTES);
    }
    *out = (struct str){(const char *)b.ptr, b.len};
    stream_free(st);
    return err;
}

static void expect_lines(struct str content, const char *wanted)
{
    struct str got = STR_NONE;
    struct source *s = source_of(content);
    assert_ok(lines_of(&got, s));
    assert_str(got, wanted);
    source_close(s);
}

Test(stream, lines_end_with_lf_or_crlf_and_the_last_one_needs_no_end)
{
    expect_lines(STR("a\nb\r\nc"), "1:a 2:b 3:c");
    expect_lines(STR("a\n"), "1:a");
    expect_lines(STR("\n\nx"), "1: 2: 3:x");
    expect_lines(STR(""), "");
    expect_lines(STR("a\r"), "1:a");
}

Test(stream, a_byte_order_mark_is_passed_over_and_utf16_is_named)
{
    expect_lines(STR("\xef\xbb\xbf"
                     "a\nb"),
                 "1:a 2:b");
    expect_lines(STR("\xef\xbb\xbf"), "");
    expect_lines(STR("ab"), "1:ab");
    struct str got = STR_NONE;
    struct source *s = source_of(STR("\xff\xfe"
                                     "a\0b\0"));
    assert_err(lines_of(&got, s), ERR_INVALID, "the file is UTF-16: save it as UTF-8");
    source_close(s);
}

Test(stream, a_line_at_the_limit_is_read_and_one_byte_more_is_passed_over)
{
    struct str most = repeated('x', LIMIT_INPUT_LINE_BYTES), more = repeated('x', LIMIT_INPUT_LINE_BYTES + 1);
    expect_lines(joined(most, STR("\r\nb")), "1: 2:b");
    expect_lines(joined(more, STR("\nb")), "1:(too long) 2:b");
    expect_lines(joined(more, STR("\r\nb")), "1:(too long) 2:b");
    expect_lines(more, "1:(too long)");
    expect_lines(joined(joined(STR("a\n"), most), STR("\nb\n")), "1:a 2: 3:b");
}

Test(stream, a_line_of_many_blocks_is_passed_over_in_constant_memory)
{
    /* 64 MiB in one line, as zeros that gzip makes small: only its head is ever kept. */
    struct bytes block = gzip_of(repeated('0', 1 << 20)), end = gzip_of(STR("\nlast\n"));
    struct buffer file = {.arena = A};
    for (int i = 0; i < 64; i++) buffer_add(&file, block.ptr, block.len);
    buffer_add(&file, end.ptr, end.len);
    expect_lines((struct str){(const char *)file.ptr, file.len}, "1:(too long) 2:last");
}

Test(stream, lines_across_every_block_border_are_whole)
{
    struct buffer file = {.arena = A};
    for (int i = 1; i <= 60000; i++) buffer_print(&file, "%d,%0*d\n", i, i % 37 + 1, i);
    struct bytes variants[] = {{file.ptr, file.len}, gzip_of((struct str){(const char *)file.ptr, file.len})};
    for (size_t v = 0; v < 2; v++) {
        struct source *s = NULL;
        source_of_bytes(&s, variants[v]);
        struct stream *st = stream_new(s);
        struct text_line line = {0};
        bool end = false;
        for (int i = 1; i <= 60000; i++) {
            assert_ok(stream_line(&line, &end, st, E));
            cr_assert(!end && line.number == (uint64_t)i);
            cr_assert(str_equal(line.text, str_format(A, "%d,%0*d", i, i % 37 + 1, i)));
        }
        assert_ok(stream_line(&line, &end, st, E));
        cr_assert(end);
        stream_free(st);
        source_close(s);
    }
}

Test(stream, gzip_is_told_by_its_first_bytes_and_may_have_several_members)
{
    struct bytes one = gzip_of(STR("a\nb")), two = gzip_of(STR("c\nd\n"));
    struct str both = joined(bytes_str(one), bytes_str(two));
    expect_lines(bytes_str(one), "1:a 2:b");
    expect_lines(both, "1:a 2:bc 3:d");
    expect_lines(joined(both, (struct str){"\0\0\0\0", 4}), "1:a 2:bc 3:d");
}

static enum err check(struct bytes content)
{
    struct source *s = NULL;
    source_of_bytes(&s, content);
    assert_ok(source_keep(s, E));
    enum err err = source_check(s, E);
    source_close(s);
    return err;
}

Test(stream, a_gzip_file_cut_off_at_any_byte_says_how_far_it_went)
{
    struct buffer text = {.arena = A};
    for (int i = 0; i < 40; i++) buffer_print(&text, "row %d of the file\n", i * i);
    struct bytes whole = gzip_of((struct str){(const char *)text.ptr, text.len});
    for (size_t len = 2; len < whole.len; len++) {
        assert_err_says(check((struct bytes){whole.ptr, len}), ERR_INVALID,
                        "the compressed data end too early");
        struct str says = str_format(A, "cut off after %zu bytes", len);
        cr_assert(strstr(E->text, str_cstring(A, says)) != NULL, "%s", E->text);
    }
    assert_ok(check(whole));
}

Test(stream, a_checked_source_is_read_from_its_start)
{
    struct source *s = NULL;
    source_of_bytes(&s, gzip_of(STR("a\nb\n")));
    assert_ok(source_keep(s, E));
    assert_ok(source_check(s, E));
    struct str got = STR_NONE;
    assert_ok(lines_of(&got, s));
    assert_str(got, "1:a 2:b");
    source_close(s);
}

Test(stream, damaged_gzip_and_what_follows_it_are_found)
{
    struct bytes good =
        gzip_of(STR("some text that is long enough to be worth something, and worth checking\n"));
    uint8_t *bad = arena_take_raw(A, good.len);
    memcpy(bad, good.ptr, good.len);
    bad[good.len - 6] ^= 1; /* of the checksum */
    assert_err_says(check((struct bytes){bad, good.len}), ERR_INVALID,
                    "the compressed data are damaged near byte");
    assert_err_says(check(str_bytes(joined(bytes_str(good), STR("user,amount\n")))), ERR_INVALID,
                    "after the compressed data stands something else");
}

Test(stream, a_missing_file_and_a_folder_are_named)
{
    struct source *s = NULL;
    const char *none = test_path("none.csv");
    struct str says = str_format(A, "cannot open '%s': there is no such file", none);
    assert_err(source_open(&s, none, E), ERR_NOT_FOUND, str_cstring(A, says));
    assert_err_says(source_open(&s, test_dir(), E), ERR_STORAGE, "Is a directory");
}

Test(stream, a_pipe_can_be_read_twice_once_it_is_kept)
{
    int ends[2] = {-1, -1};
    cr_assert(pipe(ends) == 0);
    cr_assert(write(ends[1], "a\nb\n", 4) == 4);
    close(ends[1]);
    const char *path = str_cstring(A, str_format(A, "/dev/fd/%d", ends[0]));
    struct source *s = NULL;
    assert_ok(source_open(&s, path, E));
    assert_ok(source_keep(s, E));
    for (int i = 0; i < 3; i++) {
        struct str got = STR_NONE;
        assert_ok(lines_of(&got, s));
        assert_str(got, "1:a 2:b");
        assert_int(source_bytes_done(s), 4);
        assert_int(source_bytes_total(s), 4);
        assert_ok(source_rewind(s, E));
    }
    source_close(s);
    close(ends[0]);
}

Test(stream, a_file_is_read_from_its_path_and_again_from_the_start)
{
    test_write(test_path("a.csv"), STR("x\ny\n"));
    struct source *s = NULL;
    assert_ok(source_open(&s, test_path("a.csv"), E));
    assert_ok(source_keep(s, E));
    struct str got = STR_NONE;
    assert_ok(lines_of(&got, s));
    assert_ok(source_rewind(s, E));
    assert_ok(lines_of(&got, s));
    assert_str(got, "1:x 2:y");
    source_close(s);
}
