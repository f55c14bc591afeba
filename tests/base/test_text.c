/* SPDX-License-Identifier: MIT */
/* Slices, UTF-8, hexadecimal, whole numbers and integers in big-endian order. */
#include "tests/lib/fixture.h"

TestSuite(text, .init = test_begin, .fini = test_end);

Test(text, slices_compare_by_bytes_and_the_shorter_comes_first)
{
    cr_assert(str_equal(STR("abc"), str_of("abc")));
    cr_assert(!str_equal(STR("abc"), STR("abd")));
    cr_assert(!str_equal(STR("abc"), STR("ab")));
    cr_assert(str_equal(STR(""), STR_NONE));
    cr_assert(str_equal(str_of(NULL), STR_NONE));
    assert_int(str_compare(STR("a"), STR("b")), -1);
    assert_int(str_compare(STR("b"), STR("a")), 1);
    assert_int(str_compare(STR("a"), STR("ab")), -1);
    assert_int(str_compare(STR("ab"), STR("a")), 1);
    assert_int(str_compare(STR("\x80"), STR("a")), 1);
    assert_int(str_compare(STR_NONE, STR("")), 0);
    cr_assert(str_starts(STR("abc"), "ab"));
    cr_assert(str_starts(STR_NONE, ""));
    cr_assert(!str_starts(STR("a"), "ab"));
}

Test(text, trimming_takes_blanks_and_tabs_at_both_ends_only)
{
    assert_str(str_trim(STR(" \t a b\t ")), "a b");
    assert_str(str_trim(STR(" \t ")), "");
    assert_str(str_trim(STR_NONE), "");
    assert_str(str_trim(STR("\na\n")), "\na\n");
}

Test(text, what_stands_before_a_mark_is_taken_off_with_it)
{
    struct str lines = STR("one\n\nthree\nfour"), line = STR_NONE;
    cr_assert(str_take_until(&line, &lines, '\n'));
    assert_str(line, "one");
    cr_assert(str_take_until(&line, &lines, '\n'));
    assert_str(line, ""); /* an empty line is one */
    cr_assert(str_take_until(&line, &lines, '\n'));
    assert_str(line, "three");
    cr_assert(!str_take_until(&line, &lines, '\n')); /* the last line's end is missing */
    assert_str(line, "three");
    assert_str(lines, "four");
    cr_assert(str_take_until(&line, &lines, 'r'));
    assert_str(line, "fou");
    assert_int(lines.len, 0);
    cr_assert(!str_take_until(&line, &lines, 'r'));
    lines = STR_NONE;
    cr_assert(!str_take_until(&line, &lines, '\n'));
}

Test(text, copies_do_not_share_and_empty_ones_have_a_place)
{
    char original[] = "abc";
    struct str copy = str_copy(A, str_of(original));
    char *cstring = str_cstring(A, str_of(original));
    original[0] = 'x';
    assert_str(copy, "abc");
    assert_str(str_of(cstring), "abc");
    cr_assert(str_copy(A, STR_NONE).ptr != NULL);
    assert_str(str_of(str_cstring(A, STR_NONE)), "");
    cr_assert(bytes_equal(bytes_copy(A, str_bytes(STR("a\0b"))), str_bytes(STR("a\0b"))));
    cr_assert(!bytes_equal(str_bytes(STR("a\0b")), str_bytes(STR("a\0c"))));
    bytes_put(NULL, (struct bytes){NULL, 0});
}

Test(text, a_format_may_be_of_any_length)
{
    for (int len = 1; len < 600; len++) {
        struct str s = str_format(A, "%*s", len, "x");
        assert_int(s.len, len);
        cr_assert(s.ptr[len - 1] == 'x' && s.ptr[len] == '\0');
    }
    assert_str(str_format(A, "%s", ""), "");
}

/* Every sequence of up to three bytes and the edges of four, by the definition: a character's bits spread
 * over the bytes that its size asks for. Written the other way round than the code under test: from the
 * character. */
static size_t encode(uint32_t character, uint8_t *to)
{
    size_t len = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len; i > 1; i--) {
        to[i - 1] = (uint8_t)(0x80 | (character & 0x3f));
        character >>= 6;
    }
    to[0] = (uint8_t)(marks[len] | character);
    return len;
}

/* By Unicode's names: the format characters that hide or turn text, without the joiners and the two marks. */
static bool naive_hidden(uint32_t c)
{
    static const uint32_t all[][2] = {{0x180e, 0x180e}, {0x200b, 0x200b}, {0x202a, 0x202e},  {0x2060, 0x206f},
                                      {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (c >= all[i][0] && c <= all[i][1]) return true;
    }
    return false;
}

static bool naive_printable(uint32_t character)
{
    if (character < 0x20 || (character >= 0x7f && character <= 0x9f)) return false;
    return character != 0x2028 && character != 0x2029;
}

Test(text, every_character_of_unicode_is_utf8_and_surrogates_are_not)
{
    for (uint32_t character = 0; character <= 0x110000; character++) {
        uint8_t bytes[8] = {0};
        struct str s = bytes_str((struct bytes){bytes, encode(character, bytes)});
        bool exists = character <= 0x10ffff && !(character >= 0xd800 && character <= 0xdfff);
        cr_assert(text_is_utf8(s) == exists, "U+%X", character);
        cr_assert(text_is_printable(s) == (exists && naive_printable(character) && !naive_hidden(character)),
                  "U+%X", character);
    }
}

Test(text, every_pair_of_bytes_that_is_not_encoded_is_refused)
{
    static bool valid[65536];
    for (uint32_t character = 0x80; character < 0x800; character++) {
        uint8_t bytes[4] = {0};
        (void)encode(character, bytes);
        valid[bytes[0] << 8 | bytes[1]] = true;
    }
    for (unsigned pair = 0; pair < 65536; pair++) {
        uint8_t bytes[2] = {(uint8_t)(pair >> 8), (uint8_t)pair};
        bool wanted = valid[pair] || (bytes[0] < 0x80 && bytes[1] < 0x80);
        cr_assert(text_is_utf8(bytes_str((struct bytes){bytes, 2})) == wanted, "%04x", pair);
    }
}

Test(text, overlong_and_truncated_forms_are_refused)
{
    const struct str bad[] = {
        STR("\xc0\x80"),
        STR("\xc1\xbf"),
        STR("\xe0\x80\x80"),
        STR("\xe0\x9f\xbf"),
        STR("\xf0\x80\x80\x80"),
        STR("\xf0\x8f\xbf\xbf"),
        STR("\xf4\x90\x80\x80"),
        STR("\xf8\x88\x80\x80\x80"),
        STR("\xe2\x82"),
        STR("\xf0\x9f\x98"),
        STR("\x80"),
        STR("\xff"),
        STR("a\xe2\x28\xa1"),
        STR("abcdefgh\xe2\x82"),
        STR("abcdefghijk\xff"
            "abcdefgh"),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) cr_assert(!text_is_utf8(bad[i]), "row %zu", i);
}

/* The words of eight bytes must agree with single bytes wherever the odd byte stands. */
Test(text, a_byte_is_judged_alike_at_every_place)
{
    for (unsigned byte = 0; byte < 0x80; byte++) {
        for (size_t at = 0; at < 24; at++) {
            char text[24];
            memset(text, 'a', sizeof(text));
            text[at] = (char)byte;
            for (size_t len = at + 1; len <= sizeof(text); len++) {
                struct str s = {text, len};
                cr_assert(text_is_printable(s) == naive_printable(byte), "byte %02x at %zu of %zu", byte, at,
                          len);
                cr_assert(text_is_utf8(s));
            }
        }
    }
}

Test(text, the_check_names_the_field_and_never_quotes_what_is_harmful)
{
    assert_ok(text_check(STR("Zo\xc3\xab M\xc3\xbcller, \xe6\x9d\xb1\xe4\xba\xac"), 64, "name", E));
    assert_ok(text_check(STR_NONE, 0, "name", E));
    assert_err(text_check(STR("abcdef"), 5, "user id", E), ERR_LIMIT,
               "user id: 6 bytes are more than the limit of 5");
    assert_err(text_check(STR("a\xff"), 5, "name", E), ERR_INVALID, "name: not valid UTF-8");
    assert_err(text_check(STR("a\tb"), 5, "name", E), ERR_INVALID,
               "name: control characters are not accepted");
    assert_err(text_check(STR("pan 4242424242424242"), 64, "description", E), ERR_INVALID,
               "description: card numbers and security codes are never accepted");
    assert_str(str_of(test_error()->reason), "card_data");
}

Test(text, a_sentence_quotes_short_printable_harmless_text_only)
{
    assert_str(text_quotable(STR("12.345")), "12.345");
    assert_str(text_quotable(STR("")), "");
    assert_str(text_quotable(STR("4242 4242 4242 4242")), "...");
    assert_str(text_quotable(STR("a\nb")), "...");
    assert_str(text_quotable(STR("a\xff")), "...");
    assert_str(text_quotable(STR("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-+")),
               "...");
}

Test(text, hexadecimal_goes_there_and_back)
{
    uint8_t all[256], back[256] = {0};
    for (size_t i = 0; i < sizeof(all); i++) all[i] = (uint8_t)i;
    struct str text = hex_text(A, all, sizeof(all));
    assert_int(text.len, 512);
    cr_assert(str_starts(text, "000102030405060708090a0b0c0d0e0f10"));
    assert_ok(hex_decode(back, sizeof(back), text, E));
    cr_assert(memcmp(all, back, sizeof(all)) == 0);
    assert_ok(hex_decode(back, 3, STR("aBcDeF"), E));
    cr_assert(memcmp(back, "\xab\xcd\xef", 3) == 0);
    assert_ok(hex_decode(back, 0, STR_NONE, E));
}

Test(text, hexadecimal_of_another_length_or_alphabet_is_refused_without_quoting_it)
{
    uint8_t to[4] = {0};
    assert_err(hex_decode(to, 2, STR("abc"), E), ERR_INVALID, "hexadecimal text: 3 digits instead of 4");
    assert_err(hex_decode(to, 2, STR("abcdef"), E), ERR_INVALID, "hexadecimal text: 6 digits instead of 4");
    assert_err(hex_decode(to, 2, STR("abcg"), E), ERR_INVALID,
               "hexadecimal text: no hexadecimal digit at position 4");
    assert_int(to[0], 0);
}

Test(text, whole_numbers_fill_64_bits_and_not_one_more)
{
    uint64_t n = 7;
    assert_ok(uint_parse(&n, STR("0"), E));
    cr_assert(n == 0);
    assert_ok(uint_parse(&n, STR("0042"), E));
    cr_assert(n == 42);
    assert_ok(uint_parse(&n, STR("18446744073709551615"), E));
    cr_assert(n == UINT64_MAX);
    assert_err(uint_parse(&n, STR("18446744073709551616"), E), ERR_INVALID,
               "number '18446744073709551616': too large");
    assert_err(uint_parse(&n, STR("99999999999999999999"), E), ERR_INVALID,
               "number '99999999999999999999': too large");
    assert_err(uint_parse(&n, STR(""), E), ERR_INVALID, "number '': empty");
    static const char *const bad[] = {"-1", "+1", " 1", "1 ", "1.0", "0x10", "1e3", "one"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_err_says(uint_parse(&n, str_of(bad[i]), E), ERR_INVALID, "not a whole number in digits");
    }
    cr_assert(n == UINT64_MAX, "a refused number was stored");
}

Test(text, integers_stand_with_the_highest_byte_first)
{
    uint8_t bytes[8] = {0};
    be16_put(bytes, 0x0102);
    cr_assert(memcmp(bytes, "\x01\x02", 2) == 0 && be16_get(bytes) == 0x0102);
    be32_put(bytes, 0x80020304u);
    cr_assert(memcmp(bytes, "\x80\x02\x03\x04", 4) == 0 && be32_get(bytes) == 0x80020304u);
    be64_put(bytes, 0xf102030405060708u);
    cr_assert(memcmp(bytes, "\xf1\x02\x03\x04\x05\x06\x07\x08", 8) == 0);
    cr_assert(be64_get(bytes) == 0xf102030405060708u);
    struct dice dice = dice_of(3);
    for (int i = 0; i < 1000; i++) {
        uint64_t v = dice_next(&dice);
        be64_put(bytes, v);
        cr_assert(be64_get(bytes) == v);
    }
}

Test(text, what_makes_a_text_look_like_another_is_refused)
{
    static const char *const bad[] = {"\u200b", "\u202a", "\u202e", "\u2060", "\u2066",
                                      "\u2069", "\u180e", "\ufeff", "\ufff9", "\U000e0041"};
    static const char *const good[] = {"\u200c", "\u200d", "\u200e", "\u200f",
                                       "\ufe0f", "\u2013", "\u3000", "\ufffd"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect(!text_is_printable(str_format(A, "Ann%sEx", bad[i])), "%zu", i);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        cr_expect(text_is_printable(str_format(A, "Ann%sEx", good[i])), "%zu", i);
    assert_err(text_check(STR("Ann \u202eelpmaxE"), 99, "name", E), ERR_INVALID,
               "name: U+202E is not accepted: it is invisible, or turns the direction of what follows");
}
