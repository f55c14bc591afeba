/* SPDX-License-Identifier: MIT */
/* test_pdf.c - the PDF writer's own arithmetic: how wide texts are and where their lines end. */
#include "reports/pdf.h"
#include "tests/lib/fixture.h"

TestSuite(pdf, .init = test_begin, .fini = test_end);

Test(pdf, digits_are_all_of_one_width)
{
    static const struct pdf_style styles[] = {{PDF_REGULAR, 1000, 0}, {PDF_BOLD, 1000, 0}};
    for (size_t s = 0; s < 2; s++)
        for (char digit = '0'; digit <= '9'; digit++)
            /* 1139 of 2048 units in Liberation Sans, Arial and Helvetica alike */
            assert_int(pdf_text_width(&styles[s], (struct str){&digit, 1}), 556);
}

Test(pdf, a_paragraph_breaks_at_blanks_and_loses_no_word)
{
    static const struct pdf_style style = {PDF_REGULAR, 900, 0};
    struct str rest = STR("  one two-three four/five 2025-01-31 incomprehensibilities six "), line = STR_NONE;
    struct buffer all = {.arena = A};
    int lines = 0;
    while (pdf_take_line(&line, &rest, &style, 4000)) {
        cr_assert(pdf_text_width(&style, line) <= 4000);
        cr_assert(line.len > 0 && line.ptr[0] != ' ' && line.ptr[line.len - 1] != ' ');
        buffer_add(&all, line.ptr, line.len);
        lines++;
    }
    cr_assert(lines > 3);
    struct str joined = {(const char *)all.ptr, all.len};
    const char *words = str_cstring(A, joined);
    cr_assert_not_null(strstr(words, "2025-01-31"));
    cr_assert_not_null(strstr(words, "incomprehensibilities"));
}

Test(pdf, a_width_too_small_for_anything_still_ends)
{
    static const struct pdf_style style = {PDF_BOLD, 900, 0};
    struct str rest = STR("W\xc3\xbcW"), line = STR_NONE;
    cr_assert(pdf_take_line(&line, &rest, &style, 1));
    assert_str(line, "W");
    cr_assert(pdf_take_line(&line, &rest, &style, 1));
    assert_str(line, "\xc3\xbc");
    cr_assert(pdf_take_line(&line, &rest, &style, 1));
    cr_assert(!pdf_take_line(&line, &rest, &style, 1));
}

Test(pdf, broken_utf8_is_refused)
{
    assert_err(pdf_check_text(STR("a\xff"), "name", E), ERR_INVALID,
               "name: no font has the character U+FFFD");
}

Test(pdf, what_libharu_refuses_is_an_error_and_writes_nothing)
{
    enum { TOO_LONG = 70000 }; /* for a string of libharu's */
    static char title[TOO_LONG];
    struct pdf *p = pdf_begin(A);
    struct pdf_info info = {.title = {memset(title, 'x', sizeof title), sizeof title}};
    struct buffer out = {.arena = A};
    pdf_add_page(p);
    assert_err_says(pdf_write(&out, p, &info, A, E), ERR_STORAGE, "libharu's error 0x1025");
    assert_int(out.len, 0);
}
