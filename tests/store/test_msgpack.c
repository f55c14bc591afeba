/* SPDX-License-Identifier: MIT */
/* test_msgpack.c - single values: the specification's own examples, msgpack-c's bytes for every edge of every
 * form, and the refusal of everything that is cut short, not the shortest, or claims more than there is. */
#include <criterion/criterion.h>
#include <msgpack.h>

#include "ledger/store/msgpack.h"

static struct bytes written(const struct buffer *b)
{
    return (struct bytes){b->ptr, b->len};
}

static struct bytes from_hex(struct arena *a, const char *digits)
{
    struct error e = {0};
    size_t len = strlen(digits) / 2;
    uint8_t *to = arena_take(a, 1, len);
    cr_assert_eq(hex_decode(to, len, str_of(digits), &e), OK, "%s", e.text);
    return (struct bytes){to, len};
}

static void expect_hex(struct arena *a, const struct buffer *b, const char *digits)
{
    struct str got = hex_text(a, b->ptr, b->len);
    cr_expect(str_is(got, digits), "'%.*s' instead of '%s'", STR_ARG(got), digits);
}

static void expect_like_msgpack_c(const struct buffer *b, const msgpack_sbuffer *reference)
{
    struct bytes theirs = {(const uint8_t *)reference->data, reference->size};
    cr_expect(bytes_equal(written(b), theirs));
    cr_expect(mp_skim(written(b)));
    cr_expect(mp_confirmed_by_msgpack_c(written(b)));
}

/* Every power of two and its neighbours: all edges of all integer forms are among them. */
enum { EDGES = 64 * 3 };
static uint64_t edge(size_t i)
{
    return ((uint64_t)1 << (i / 3)) + (uint64_t)(i % 3) - 1;
}

Test(msgpack, integers_have_the_bytes_of_the_specification)
{
    static const struct {
        int64_t number;
        const char *bytes;
    } table[] = {
        {0, "00"},
        {127, "7f"},
        {128, "cc80"},
        {255, "ccff"},
        {256, "cd0100"},
        {65535, "cdffff"},
        {65536, "ce00010000"},
        {4294967295, "ceffffffff"},
        {4294967296, "cf0000000100000000"},
        {INT64_MAX, "cf7fffffffffffffff"},
        {-1, "ff"},
        {-32, "e0"},
        {-33, "d0df"},
        {-128, "d080"},
        {-129, "d1ff7f"},
        {-32768, "d18000"},
        {-32769, "d2ffff7fff"},
        {INT32_MIN, "d280000000"},
        {(int64_t)INT32_MIN - 1, "d3ffffffff7fffffff"},
        {INT64_MIN, "d38000000000000000"},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct buffer b = {.arena = a};
        mp_put_int(&b, table[i].number);
        expect_hex(a, &b, table[i].bytes);
        struct bytes in = written(&b);
        int64_t again = 0;
        cr_expect(mp_take_int(&again, &in));
        cr_expect_eq(again, table[i].number);
        cr_expect_eq(in.len, 0);
    }
    arena_free(a);
}

static void check_uint(struct arena *a, uint64_t number)
{
    struct buffer b = {.arena = a};
    msgpack_sbuffer reference;
    msgpack_sbuffer_init(&reference);
    msgpack_packer packer;
    msgpack_packer_init(&packer, &reference, msgpack_sbuffer_write);
    mp_put_uint(&b, number);
    cr_assert_eq(msgpack_pack_uint64(&packer, number), 0);
    expect_like_msgpack_c(&b, &reference);
    msgpack_sbuffer_destroy(&reference);
    struct bytes in = written(&b);
    uint64_t again = 0;
    cr_expect(mp_take_uint(&again, &in));
    cr_expect_eq(again, number);
    for (size_t len = 0; len < b.len; len++) {
        struct bytes cut = {b.ptr, len};
        cr_expect_not(mp_take_uint(&again, &cut));
        cr_expect_eq(cut.len, len, "a refused value must stay in front");
    }
}

static void check_int(struct arena *a, int64_t number)
{
    struct buffer b = {.arena = a};
    msgpack_sbuffer reference;
    msgpack_sbuffer_init(&reference);
    msgpack_packer packer;
    msgpack_packer_init(&packer, &reference, msgpack_sbuffer_write);
    mp_put_int(&b, number);
    cr_assert_eq(msgpack_pack_int64(&packer, number), 0);
    expect_like_msgpack_c(&b, &reference);
    msgpack_sbuffer_destroy(&reference);
    struct bytes in = written(&b);
    int64_t again = 0;
    uint64_t unsigned_too = 0;
    cr_expect(mp_take_int(&again, &in));
    cr_expect_eq(again, number);
    in = written(&b);
    cr_expect_eq(mp_take_uint(&unsigned_too, &in), number >= 0);
    for (size_t len = 0; len < b.len; len++) {
        struct bytes cut = {b.ptr, len};
        cr_expect_not(mp_take_int(&again, &cut));
        cr_expect_eq(cut.len, len, "a refused value must stay in front");
    }
}

Test(msgpack, integers_at_every_edge_are_written_as_msgpack_c_does_and_read_back)
{
    struct arena *a = arena_new();
    for (size_t i = 0; i < EDGES; i++) {
        check_uint(a, edge(i));
        if (edge(i) > INT64_MAX) continue;
        check_int(a, (int64_t)edge(i));
        check_int(a, -(int64_t)edge(i));
    }
    check_uint(a, UINT64_MAX);
    check_int(a, INT64_MIN);
    arena_free(a);
}

Test(msgpack, integers_in_a_longer_form_than_needed_are_refused)
{
    static const char *const table[] = {
        "cc00",       "cc7f",
        "cd0000",     "cd00ff",
        "ce0000ffff", "ce00000001",
        "d0ff",       "d0e0",
        "d1ff80",     "d2ffff8000",
        "d2ffffffff", "cf00000000ffffffff",
        "d07f",       "d100ff",
        "d20000ffff", "d300000000ffffffff",
        "d00a",       "d10100",
        "d200010000", "d30000000100000000",
        "d300000000", "d3ffffffff80000000",
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct bytes in = from_hex(a, table[i]);
        uint64_t u = 0;
        int64_t s = 0;
        cr_expect_not(mp_take_uint(&u, &in), "%s", table[i]);
        cr_expect_not(mp_take_int(&s, &in), "%s", table[i]);
        cr_expect_not(mp_skim(in), "%s", table[i]);
    }
    arena_free(a);
}

Test(msgpack, an_unsigned_number_beyond_int64_is_no_signed_one)
{
    struct arena *a = arena_new();
    struct bytes in = from_hex(a, "cf8000000000000000");
    int64_t s = 0;
    uint64_t u = 0;
    cr_expect_not(mp_take_int(&s, &in));
    cr_expect(mp_take_uint(&u, &in));
    cr_expect_eq(u, (uint64_t)INT64_MAX + 1);
    arena_free(a);
}

static const size_t lengths[] = {0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536, 70000};
enum { LENGTHS = sizeof(lengths) / sizeof(lengths[0]) };

Test(msgpack, texts_of_every_length_form_are_written_as_msgpack_c_does_and_read_back)
{
    struct arena *a = arena_new();
    for (size_t i = 0; i < LENGTHS; i++) {
        struct buffer b = {.arena = a};
        struct str text = {memset(arena_take(a, 1, lengths[i]), 'x', lengths[i]), lengths[i]};
        msgpack_sbuffer reference;
        msgpack_sbuffer_init(&reference);
        msgpack_packer packer;
        msgpack_packer_init(&packer, &reference, msgpack_sbuffer_write);
        mp_put_str(&b, text);
        cr_assert_eq(msgpack_pack_str(&packer, text.len), 0);
        cr_assert_eq(msgpack_pack_str_body(&packer, text.ptr, text.len), 0);
        expect_like_msgpack_c(&b, &reference);
        msgpack_sbuffer_destroy(&reference);
        struct bytes in = written(&b);
        struct str again = {0};
        cr_expect(mp_take_str(&again, &in));
        cr_expect(str_equal(again, text));
        cr_expect_eq(in.len, 0);
        struct bytes cut = {b.ptr, b.len - 1};
        cr_expect_not(mp_take_str(&again, &cut));
    }
    arena_free(a);
}

Test(msgpack, byte_strings_of_every_length_form_are_written_as_msgpack_c_does_and_read_back)
{
    struct arena *a = arena_new();
    for (size_t i = 0; i < LENGTHS; i++) {
        struct buffer b = {.arena = a};
        struct bytes content = {memset(arena_take(a, 1, lengths[i]), 0xff, lengths[i]), lengths[i]};
        msgpack_sbuffer reference;
        msgpack_sbuffer_init(&reference);
        msgpack_packer packer;
        msgpack_packer_init(&packer, &reference, msgpack_sbuffer_write);
        mp_put_bin(&b, content);
        cr_assert_eq(msgpack_pack_bin(&packer, content.len), 0);
        cr_assert_eq(msgpack_pack_bin_body(&packer, content.ptr, content.len), 0);
        expect_like_msgpack_c(&b, &reference);
        msgpack_sbuffer_destroy(&reference);
        struct bytes in = written(&b);
        struct bytes again = {0};
        cr_expect(mp_take_bin(&again, &in));
        cr_expect(bytes_equal(again, content));
        struct bytes cut = {b.ptr, b.len - 1};
        cr_expect_not(mp_take_bin(&again, &cut));
    }
    arena_free(a);
}

Test(msgpack, arrays_of_every_length_form_are_written_as_msgpack_c_does_and_read_back)
{
    struct arena *a = arena_new();
    for (size_t i = 0; i < LENGTHS; i++) {
        struct buffer b = {.arena = a};
        msgpack_sbuffer reference;
        msgpack_sbuffer_init(&reference);
        msgpack_packer packer;
        msgpack_packer_init(&packer, &reference, msgpack_sbuffer_write);
        mp_put_array(&b, lengths[i]);
        cr_assert_eq(msgpack_pack_array(&packer, lengths[i]), 0);
        for (size_t n = 0; n < lengths[i]; n++) {
            mp_put_nil(&b);
            cr_assert_eq(msgpack_pack_nil(&packer), 0);
        }
        expect_like_msgpack_c(&b, &reference);
        msgpack_sbuffer_destroy(&reference);
        struct bytes in = written(&b);
        size_t count = 0;
        cr_expect(mp_take_array(&count, &in));
        cr_expect_eq(count, lengths[i]);
        cr_expect_eq(in.len, lengths[i]);
    }
    arena_free(a);
}

Test(msgpack, lengths_in_a_longer_form_than_needed_are_refused)
{
    static const char *const table[] = {"d90161",       "da000161", "db0000000161", "c500ff",
                                        "c60000000101", "dc000101", "dd00000001c0"};
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct bytes in = from_hex(a, table[i]);
        struct str text = {0};
        struct bytes content = {0};
        size_t count = 0;
        cr_expect_not(mp_take_str(&text, &in), "%s", table[i]);
        cr_expect_not(mp_take_bin(&content, &in), "%s", table[i]);
        cr_expect_not(mp_take_array(&count, &in), "%s", table[i]);
        cr_expect_not(mp_skim(in), "%s", table[i]);
    }
    arena_free(a);
}

Test(msgpack, a_length_beyond_the_bytes_left_is_refused_before_msgpack_c_can_believe_it)
{
    /* Texts, byte strings and arrays that claim 4 GB, 64 KB, or one item too many. */
    static const char *const table[] = {"dbffffffff6162", "c6ffffffff6162", "ddffffffffc0c0", "daffff61",
                                        "a261",           "c40261",         "92c0",           "9f"};
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct bytes in = from_hex(a, table[i]);
        struct str text = {0};
        struct bytes content = {0};
        size_t count = 0;
        cr_expect_not(mp_take_str(&text, &in), "%s", table[i]);
        cr_expect_not(mp_take_bin(&content, &in), "%s", table[i]);
        cr_expect_not(mp_take_array(&count, &in), "%s", table[i]);
        cr_expect_not(mp_skim(in), "%s", table[i]);
        cr_expect_not(mp_confirmed_by_msgpack_c(in), "%s", table[i]);
    }
    arena_free(a);
}

Test(msgpack, nil_and_booleans_are_one_byte_and_nothing_else_is_taken_for_them)
{
    struct arena *a = arena_new();
    struct buffer b = {.arena = a};
    mp_put_nil(&b);
    mp_put_bool(&b, false);
    mp_put_bool(&b, true);
    expect_hex(a, &b, "c0c2c3");
    struct bytes in = written(&b);
    bool flag = true;
    cr_expect_not(mp_take_bool(&flag, &in));
    cr_expect(mp_take_nil(&in));
    cr_expect_not(mp_take_nil(&in));
    cr_expect(mp_take_bool(&flag, &in));
    cr_expect_not(flag);
    cr_expect(mp_take_bool(&flag, &in));
    cr_expect(flag);
    cr_expect_not(mp_take_bool(&flag, &in));
    cr_expect_not(mp_take_nil(&in));
    arena_free(a);
}

Test(msgpack, nothing_is_taken_from_nothing)
{
    struct bytes in = {NULL, 0};
    bool flag = false;
    uint64_t u = 0;
    int64_t s = 0;
    struct str text = {0};
    struct bytes content = {0};
    size_t count = 0;
    cr_expect_not(mp_take_nil(&in));
    cr_expect_not(mp_take_bool(&flag, &in));
    cr_expect_not(mp_take_uint(&u, &in));
    cr_expect_not(mp_take_int(&s, &in));
    cr_expect_not(mp_take_str(&text, &in));
    cr_expect_not(mp_take_bin(&content, &in));
    cr_expect_not(mp_take_array(&count, &in));
    cr_expect_not(mp_skim(in));
    cr_expect_not(mp_confirmed_by_msgpack_c(in));
}

Test(msgpack, skimming_refuses_what_is_not_of_our_subset)
{
    /* Map, float, double, extension, the tag that is never used; then too much and too little. */
    static const char *const table[] = {"80",     "81a16101", "ca3f800000", "cb3ff0000000000000",
                                        "d40101", "c7010161", "c1",         "9180",
                                        "0000",   "c0c0",     "91",         "9201",
                                        "9191",   "92c0a2"};
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cr_expect_not(mp_skim(from_hex(a, table[i])), "%s", table[i]);
    }
    arena_free(a);
}

Test(msgpack, skimming_goes_as_deep_as_the_limit_and_no_deeper)
{
    struct arena *a = arena_new();
    struct buffer b = {.arena = a};
    for (int i = 0; i < LIMIT_MSGPACK_DEPTH; i++) mp_put_array(&b, 1);
    mp_put_nil(&b);
    cr_expect(mp_skim(written(&b)));
    struct buffer deeper = {.arena = a};
    mp_put_array(&deeper, 1);
    buffer_add(&deeper, b.ptr, b.len);
    cr_expect_not(mp_skim(written(&deeper)));
    arena_free(a);
}

Test(msgpack, skimming_walks_through_arrays_of_arrays)
{
    struct arena *a = arena_new();
    /* [[], [1, ["a", nil]], true, bin(2)] */
    struct bytes in = from_hex(a, "9490920192a161c0c3c4020304");
    cr_expect(mp_skim(in));
    cr_expect(mp_confirmed_by_msgpack_c(in));
    for (size_t len = 0; len < in.len; len++) cr_expect_not(mp_skim((struct bytes){in.ptr, len}));
    arena_free(a);
}
