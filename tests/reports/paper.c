/* SPDX-License-Identifier: MIT */
/* paper.c - reads PDFs with programs that no one here wrote. */
#include "tests/reports/paper.h"
/* ---- what other programs read ---- */

struct str output_of(const char *command)
{
    struct buffer b = {.arena = A};
    FILE *pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) buffer_add_byte(&b, (uint8_t)c);
    cr_assert_eq(pclose(pipe), 0, "failed: %s", command);
    buffer_add_byte(&b, 0);
    return (struct str){(const char *)b.ptr, b.len - 1};
}

void need(const char *tool)
{
    struct str command = str_format(A, "command -v %s >/dev/null", tool);
    if (system(str_cstring(A, command)) != 0) cr_skip_test("%s is not installed", tool);
}

const char *saved(struct bytes pdf)
{
    const char *path = test_path("invoice.pdf");
    test_write(path, bytes_str(pdf));
    return path;
}

const char *words_of(struct bytes pdf, int page)
{
    need("pdftotext");
    const char *pages = page == 0 ? "" : str_cstring(A, str_format(A, "-f %d -l %d", page, page));
    struct str command =
        str_format(A, "pdftotext -enc UTF-8 -layout %s %s - | sed 's/\xc2\xa0/ /g' | tr -s ' \\n\\f' ' '",
                   pages, saved(pdf));
    return output_of(str_cstring(A, command)).ptr;
}

void assert_says(const char *words, const char *wanted)
{
    cr_assert(strstr(words, wanted) != NULL, "'%s' does not stand in:\n%s", wanted, words);
}

void assert_says_not(const char *words, const char *unwanted)
{
    cr_assert(strstr(words, unwanted) == NULL, "'%s' stands in:\n%s", unwanted, words);
}

void assert_checked_by(const char *validator, struct bytes pdf)
{
    const char *script = test_shared(validator);
    need("qpdf");
    need("pdffonts");
    need("mutool");
    need("gs");
    struct str command = str_format(A, "%s %s >&2", script, saved(pdf));
    cr_assert_eq(system(str_cstring(A, command)), 0, "%s refuses the file", validator);
}

struct word {
    long left, top, right, bottom; /* millionths of a point */
    char text[80];
};

static long number_after(const char *line, const char *name)
{
    const char *at = strstr(line, name);
    char *point = NULL, *end = NULL;
    cr_assert_not_null(at);
    at += strlen(name);
    cr_assert(strncmp(at, "=\"", 2) == 0);
    long whole = strtol(at + 2, &point, 10);
    cr_assert_eq(*point, '.');
    long millionths = strtol(point + 1, &end, 10);
    cr_assert_eq(end - point, 1 + 6);
    return whole * 1000000 + millionths;
}

static bool overlap(const struct word *a, const struct word *b)
{
    enum { SLACK = 300000 }; /* what rounding may do */
    return a->left + SLACK < b->right && b->left + SLACK < a->right && a->top + SLACK < b->bottom &&
           b->top + SLACK < a->bottom;
}

void assert_nothing_collides(struct bytes pdf)
{
    need("pdftotext");
    struct str command = str_format(A, "pdftotext -enc UTF-8 -bbox %s -", saved(pdf));
    struct str rest = output_of(str_cstring(A, command)), row = STR_NONE;
    struct word *words = arena_array_of(A, struct word, 2000);
    size_t count = 0, seen = 0;
    while (str_take_until(&row, &rest, '\n')) {
        const char *line = str_cstring(A, str_trim(row)); /* short: what looks for its end finds it soon */
        if (strncmp(line, "<page", 5) == 0) count = 0;
        if (strncmp(line, "<word", 5) != 0) continue;
        struct word w = {number_after(line, "xMin"), number_after(line, "yMin"), number_after(line, "xMax"),
                         number_after(line, "yMax"), ""};
        (void)sscanf(strchr(line, '>') + 1, "%79[^<]", w.text);
        cr_assert(w.left >= 56000000 && w.right <= 539000000, "outside the margins: %s", w.text);
        for (size_t i = 0; i < count; i++)
            cr_assert(!overlap(&words[i], &w), "one over the other:\n%s\n%s", words[i].text, w.text);
        cr_assert(count < 2000);
        words[count++] = w;
        seen++;
    }
    cr_assert(seen > 20, "only %zu words", seen);
}
