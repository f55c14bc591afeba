/* SPDX-License-Identifier: MIT */
/* test_base64.c - base64 by the vectors of RFC 4648 section 10, and nothing but the one text that bytes have.
 */
#include "ledger/base.h"
#include "tests/lib/fixture.h"

TestSuite(base64, .init = test_begin, .fini = test_end);

static const char *const vectors[][2] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

Test(base64, the_published_vectors_both_ways)
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct bytes back = {0};
        assert_str(base64_text(A, str_bytes(str_of(vectors[i][0]))), vectors[i][1]);
        assert_ok(base64_decode(&back, str_of(vectors[i][1]), A, E));
        assert_str(bytes_str(back), vectors[i][0]);
    }
}

Test(base64, every_byte_survives_at_every_place)
{
    for (unsigned value = 0; value < 256; value++) {
        for (size_t len = 1; len <= 7; len++) {
            uint8_t bytes[7] = {0};
            struct bytes back = {0};
            bytes[len - 1] = (uint8_t)value;
            assert_ok(base64_decode(&back, base64_text(A, (struct bytes){bytes, len}), A, E));
            cr_assert(bytes_equal(back, (struct bytes){bytes, len}), "%u at %zu", value, len);
        }
    }
}

Test(base64, no_second_text_is_taken_for_the_same_bytes)
{
    static const char *const bad[] = {
        "Zg",   "Zg=",    "Zg===",        "=",    "====", "Z===",   "Zh==",    "Zm9=", "Zg==Zg==",
        "Zm=v", "Zm9v\n", "Zm9v\n\n\n\n", " Zm9", "Zm-_", "Zm9vYg", "Zm9\xc3",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bytes out = {0};
        enum err err = base64_decode(&out, str_of(bad[i]), A, E);
        cr_assert(err == ERR_INVALID, "'%s': %s", bad[i], err_word(err));
    }
    struct bytes out = {0};
    assert_err_says(base64_decode(&out, STR("Zm\0v"), A, E), ERR_INVALID, "not base64");
}
