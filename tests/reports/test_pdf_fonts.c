/* SPDX-License-Identifier: MIT */
/* test_pdf_fonts.c - the fonts inside a document are its own: they have what it writes, whole and to be found
 * again, and nothing else. Judged by fontTools, which no one here wrote. */
#include "reports/pdf.h"
#include "tests/lib/fixture.h"
#include "tests/reports/paper.h"

TestSuite(pdf_fonts, .init = test_begin, .fini = test_end);

static const struct pdf_style regular = {PDF_REGULAR, 1000, 0}, bold = {PDF_BOLD, 1000, 0};

struct line {
    const struct pdf_style *style;
    const char *text;
};

static struct bytes document_of(const struct line *lines, size_t count)
{
    struct pdf *p = pdf_begin(A);
    struct pdf_info info = {.title = STR("fonts")};
    struct buffer out = {.arena = A};
    pdf_add_page(p);
    for (size_t i = 0; i < count; i++)
        pdf_text(p, lines[i].style, 5000, 10000 + (int32_t)i * 2000, str_of(lines[i].text));
    assert_ok(pdf_write(&out, p, &info, A, E));
    return (struct bytes){out.ptr, out.len};
}

/* The fonts of a document, one a line: name, the characters of its map, how many glyphs it has, and whether
 * all advances are those of the font that the program was made with. */
static const char *fonts_in(struct bytes pdf)
{
    need("qpdf");
    if (system("/usr/bin/python3 -c 'import fontTools' 2>/dev/null") != 0)
        cr_skip_test("fontTools is not installed");
    const char *script = test_path("fonts.py");
    test_write(script,
               STR("import base64, io, json, subprocess, sys\n"
                   "from fontTools.ttLib import TTFont\n"
                   "all = json.loads(subprocess.run(['qpdf', '--json=2', '--json-stream-data=inline', "
                   "'--decode-level=all', "
                   "sys.argv[1]], stdout=subprocess.PIPE, check=True).stdout)['qpdf'][1]\n"
                   "for thing in all.values():\n"
                   "    d = thing.get('value', {})\n"
                   "    if not isinstance(d, dict) or d.get('/Type') != '/FontDescriptor': continue\n"
                   "    data = base64.b64decode(all['obj:' + d['/FontFile2']]['stream']['data'])\n"
                   "    font = TTFont(io.BytesIO(data), checkChecksums=2)\n"
                   "    names = font.getGlyphOrder()\n"
                   "    for g in names:\n"
                   "        glyph = font['glyf'][g]\n"
                   "        glyph.getCoordinates(font['glyf'])\n"
                   "        assert font['hmtx'][g][1] == getattr(glyph, 'xMin', 0), g\n"
                   "    marks = ''.join(map(chr, sorted(font.getBestCmap()))) if 'cmap' in font else ''\n"
                   "    print(d['/FontName'][8:], '[' + marks + ']', len(names))\n"));
    return output_of(str_cstring(A, str_format(A, "PYTHONIOENCODING=utf-8 /usr/bin/python3 %s %s", script,
                                               saved(pdf))))
        .ptr;
}

Test(pdf_fonts, a_document_has_the_glyphs_that_it_writes_and_no_other)
{
    static const struct line lines[] = {{&regular, "banana"}, {&bold, "Cab"}};
    const char *fonts = fonts_in(document_of(lines, 2));
    assert_says(fonts, "DaybookSans-Regular [abn] 4\n"); /* with .notdef */
    assert_says(fonts, "DaybookSans-Bold [Cab] 4\n");
}

Test(pdf_fonts, a_face_that_is_not_written_is_not_there)
{
    static const struct line lines[] = {{&regular, "one face"}};
    assert_says_not(fonts_in(document_of(lines, 1)), "Bold");
}

Test(pdf_fonts, a_letter_built_of_others_brings_them_along)
{
    static const struct line lines[] = {{&regular, "\xc3\xa9"}}; /* é: e and an accent */
    assert_says(fonts_in(document_of(lines, 1)), "DaybookSans-Regular [\xc3\xa9] 4\n");
}

Test(pdf_fonts, what_has_a_meaning_in_pdf_is_text_like_all_else)
{
    static const struct line lines[] = {{&regular, "(a) \\b )( \\\\"}, {&bold, "<< /Type >> %% ET"}};
    const char *words = words_of(document_of(lines, 2), 0);
    assert_says(words, "(a) \\b )( \\\\");
    assert_says(words, "<< /Type >> %% ET");
}

/* More than an encoding of one byte has room for, beside each other, in both faces. */
Test(pdf_fonts, three_alphabets_and_their_accents_are_read_back)
{
    static const struct line lines[] = {
        {&regular,
         "\xd0\x90\xd0\x91\xd0\x92\xd0\x93\xd0\x94\xd0\x95\xd0\x96\xd0\x97\xd0\x98\xd0\x99\xd0\x9a\xd0\x9b"
         "\xd0\x9c\xd0\x9d\xd0\x9e\xd0\x9f\xd0\xa0\xd0\xa1\xd0\xa2\xd0\xa3\xd0\xa4\xd0\xa5\xd0\xa6\xd0\xa7"},
        {&bold, "\xd0\xb0\xd0\xb1\xd0\xb2\xd0\xb3\xd0\xb4\xd0\xb5\xd0\xb6\xd0\xb7\xd0\xb8\xd0\xb9\xd0\xba\xd0"
                "\xbb\xd0\xbc"
                "\xd0\xbd\xd0\xbe\xd0\xbf\xd1\x80\xd1\x81\xd1\x82\xd1\x83\xd1\x84\xd1\x85\xd1\x86\xd1\x87\xd1"
                "\x88\xd1\x89"},
        {&regular,
         "\xce\x91\xce\x92\xce\x93\xce\x94\xce\x95\xce\x96\xce\x97\xce\x98\xce\x99\xce\x9a\xce\x9b\xce\x9c"
         "\xce\x9d"
         "\xce\x9e\xce\x9f\xce\xa0\xce\xa1\xce\xa3\xce\xa4\xce\xa5\xce\xa6\xce\xa7\xce\xa8\xce\xa9"},
        {&bold, "\xc4\x80\xc4\x81\xc4\x82\xc4\x83\xc4\x84\xc4\x85\xc4\x86\xc4\x87\xc4\x8c\xc4\x8d\xc4\x8e\xc4"
                "\x8f\xc4\x90"
                "\xc4\x91\xc4\x92\xc4\x93\xc4\x98\xc4\x99\xc4\x9a\xc4\x9b\xc4\x9e\xc4\x9f\xc4\xb0\xc4\xb1\xc5"
                "\x81\xc5\x82"},
        {&regular, "\xc5\x83\xc5\x84\xc5\x87\xc5\x88\xc5\x90\xc5\x91\xc5\x98\xc5\x99\xc5\x9a\xc5\x9b\xc5\x9e"
                   "\xc5\x9f\xc5\xa0"
                   "\xc5\xa1\xc5\xa4\xc5\xa5\xc5\xae\xc5\xaf\xc5\xb0\xc5\xb1\xc5\xb9\xc5\xba\xc5\xbb\xc5\xbc"
                   "\xc5\xbd\xc5\xbe"},
    };
    enum { LINES = sizeof lines / sizeof lines[0] };
    struct bytes pdf = document_of(lines, LINES);
    const char *words = words_of(pdf, 0);
    for (size_t i = 0; i < LINES; i++) assert_says(words, lines[i].text);
    assert_checked_by("validators/check-pdfa.sh", pdf);
}

Test(pdf_fonts, the_same_texts_are_the_same_bytes_whatever_was_written_before)
{
    static const struct line one[] = {{&regular, "Invoice 1"}, {&bold, "EUR 5.00"}};
    static const struct line other[] = {{&bold, "\xc5\xbb\xc3\xb3\xc5\x82w"}, {&regular, "Q"}};
    struct bytes first = document_of(one, 2);
    (void)document_of(other, 2);
    cr_assert(bytes_equal(document_of(one, 2), first));
}
