/* SPDX-License-Identifier: MIT */
/* test_formats.c - daybook-verify's own parsers: msgpack in its shortest form, places of tiles and segments,
 * the worked example of FORMAT.md, roots and proofs of every small tree. Whole archives are the matter of
 * tests/interop and tests/faults. */
#include "billing/verify/msgpack.h"
#include "billing/verify/note.h"
#include "billing/verify/places.h"
#include "billing/verify/record.h"
#include "billing/verify/show.h"
#include "tests/lib/fixture.h"

TestSuite(formats, .init = test_begin, .fini = test_end);

/* ---- msgpack ---- */

Test(formats, an_array_is_taken_in_its_shortest_form_only)
{
    static const struct {
        const char *bytes;
        size_t len;
        bool fine;
    } forms[] = {
        {"\x90", 1, true},                 /* [] */
        {"\x91\x7f", 2, true},             /* [127] */
        {"\x91\xcc\x80", 3, true},         /* [128] */
        {"\x91\xcc\x7f", 3, false},        /* 127 in two bytes */
        {"\x91\xcd\x01\x00", 4, true},     /* [256] */
        {"\x91\xcd\x00\xff", 4, false},    /* 255 in three */
        {"\x91\xe0", 2, true},             /* [-32] */
        {"\x91\xd0\xdf", 3, true},         /* [-33] */
        {"\x91\xd0\xe0", 3, false},        /* -32 in two bytes */
        {"\x91\xd0\x05", 3, false},        /* a number from zero on in a form for those below */
        {"\x91\xa1z", 3, true},            /* ["z"] */
        {"\x91\xd9\x01z", 4, false},       /* the same in a longer form */
        {"\x91\xa1\xff", 3, false},        /* no UTF-8 */
        {"\x91\xc4\x01\xff", 4, true},     /* bin may hold anything */
        {"\x91\xc5\x00\x01z", 5, false},   /* bin in a longer form */
        {"\x92\xc2\xc3", 3, true},         /* [false, true] */
        {"\x91\xc0", 2, true},             /* [nil] */
        {"\x91\xc1", 2, false},            /* never used */
        {"\x91\xca\0\0\0\0", 6, false},    /* a float */
        {"\x91\x80", 2, false},            /* a map */
        {"\x91", 1, false},                /* cut off */
        {"\x90\x90", 2, false},            /* something behind it */
        {"\x05", 1, false},                /* no array */
        {"\xdc\x00\x01\x05", 4, false},    /* one item in a form for 16 */
        {"\xdd\xff\xff\xff\xff", 5, false} /* more items than bytes */
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        cr_assert_eq(is_one_array((struct bytes){(const uint8_t *)forms[i].bytes, forms[i].len}),
                     forms[i].fine, "form %zu", i);
}

Test(formats, arrays_may_be_twelve_deep)
{
    uint8_t deep[NESTING_MAX + 1];
    memset(deep, 0x91, sizeof deep);
    deep[NESTING_MAX - 1] = 0x90;
    cr_assert(is_one_array((struct bytes){deep, NESTING_MAX}));
    deep[NESTING_MAX - 1] = 0x91;
    deep[NESTING_MAX] = 0x90;
    cr_assert(!is_one_array((struct bytes){deep, NESTING_MAX + 1}));
}

/* ---- places ---- */

static void assert_tile(unsigned level, uint64_t number, unsigned count, const char *wanted)
{
    char place[PLACE_BYTES];
    tile_place(place, level, number, count);
    cr_assert_str_eq(place, wanted);
}

Test(formats, tiles_are_where_c2sp_says)
{
    assert_tile(0, 0, 256, "tile/0/000");
    assert_tile(0, 5, 70, "tile/0/005.p/70");
    assert_tile(1, 999, 256, "tile/1/999");
    assert_tile(0, 1234067, 256, "tile/0/x001/x234/067"); /* the example of c2sp.org/tlog-tiles */
    assert_tile(2, 1000, 1, "tile/2/x001/000.p/1");
}

Test(formats, only_files_of_that_size_belong_to_an_archive)
{
    static const struct {
        const char *place;
        uint64_t records;
        bool belongs;
    } places[] = {
        {"records/000.gz", 65536, true},
        {"records/000.gz", 65535, false},
        {"records/000.p/300.gz", 300, true},
        {"records/000.p/300.gz", 301, false},
        {"records/001.p/1.gz", 65537, true},
        {"records/001.p/1.gz", 65536, false},
        {"records/0.p/300.gz", 300, false},
        {"records/x000/000.p/300.gz", 300, false},
        {"tile/0/000", 256, true},
        {"tile/0/000.p/255", 255, true},
        {"tile/0/000.p/256", 256, false},
        {"tile/0/001.p/1", 256, false},
        {"tile/1/000.p/1", 256, true},
        {"tile/1/000.p/1", 255, false},
        {"tile/2/000.p/1", 65536, true},
        {"tile/8/000.p/1", UINT64_MAX, false},
        {"tile/0/099999999999999999999", 256, false},
        {"tile//000", 256, false},
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        cr_assert_eq(place_belongs(places[i].place, places[i].records), places[i].belongs, "%s of %ju",
                     places[i].place, (uintmax_t)places[i].records);
    cr_assert_eq(tiles_of(300), 3u);
    cr_assert_eq(segments_of(65537), 2u);
}

/* ---- the worked example of FORMAT.md ---- */

/* The digits of a block, which stand between its opening line and the next fence. */
static struct bytes example(const char *name)
{
    struct str page = test_read("ledger/FORMAT.md");
    const char *at = strstr(str_cstring(A, page), str_format(A, "```hex %s\n", name).ptr);
    cr_assert_not_null(at, "FORMAT.md has no example '%s'", name);
    struct buffer digits = {.arena = A};
    for (at = strchr(at, '\n'); *at != '`'; at++)
        if (*at != ' ' && *at != '\n') buffer_add_byte(&digits, (uint8_t)*at);
    uint8_t *to = arena_take_raw(A, digits.len / 2);
    assert_ok(hex_decode(to, digits.len / 2, (struct str){(const char *)digits.ptr, digits.len}, E));
    return (struct bytes){to, digits.len / 2};
}

Test(formats, the_worked_example_is_a_sound_ledger)
{
    struct chain c = {.size = 0};
    struct range tree = {.count = 0};
    struct digest leaf = {{0}}, root = {{0}};
    for (unsigned i = 0; i < 3; i++) {
        struct record r = {.class_ = 0};
        struct bytes whole = example(str_format(A, "record-%u", i).ptr);
        assert_ok(record_read(&r, whole, E));
        leaf_of(&leaf, whole);
        cr_assert(bytes_equal(example(str_format(A, "leaf-%u", i).ptr), (struct bytes){leaf.bytes, 32}));
        assert_ok(chain_add(&c, &r, &leaf, E));
        range_add(&tree, &leaf);
    }
    range_root(&root, &tree, NULL);
    cr_assert(bytes_equal(example("root"), (struct bytes){root.bytes, 32}));
    cr_assert_str_eq(c.origin, "daybook/0123456789abcdef");
    cr_assert_eq(c.epoch, 1u);
}

/* ---- trees ---- */

enum { LEAVES = 40 };
static struct digest leaves[LEAVES];

static void plant(void)
{
    for (uint8_t i = 0; i < LEAVES; i++) leaf_of(&leaves[i], (struct bytes){&i, 1});
}

/* As RFC 6962 section 2.1 defines it. */
static struct digest plain_root(size_t begin, size_t end)
{
    struct digest left, right, root;
    size_t k = 1;
    if (end - begin == 1) return leaves[begin];
    while (2 * k < end - begin) k *= 2;
    left = plain_root(begin, begin + k);
    right = plain_root(begin + k, end);
    node_of(&root, &left, &right);
    return root;
}

/* Section 2.1.1. */
static void way_in(struct path *p, size_t index, size_t begin, size_t end)
{
    size_t k = 1;
    if (end - begin == 1) return;
    while (2 * k < end - begin) k *= 2;
    bool is_left = index < begin + k;
    way_in(p, index, is_left ? begin : begin + k, is_left ? begin + k : end);
    p->hashes[p->count++] = is_left ? plain_root(begin + k, end) : plain_root(begin, begin + k);
}

Test(formats, roots_of_every_size_and_split_are_those_of_the_rfc)
{
    plant();
    for (size_t size = 1; size <= LEAVES; size++) {
        struct digest root, wanted = plain_root(0, size);
        root_of(&root, leaves, size);
        cr_assert(digest_equal(&root, &wanted), "%zu leaves", size);
    }
}

Test(formats, every_leaf_of_every_tree_is_found_at_its_place_and_at_no_other)
{
    plant();
    for (size_t size = 1; size <= LEAVES; size++) {
        struct digest root = plain_root(0, size);
        for (size_t index = 0; index < size; index++) {
            struct path p = {.count = 0};
            way_in(&p, index, 0, size);
            for (size_t place = 0; place < size + 3; place++)
                cr_assert_eq(path_includes(&p, place, &leaves[index], size, &root), place == index,
                             "%zu of %zu at %zu", index, size, place);
            p.hashes[p.count++] = root;
            cr_assert(!path_includes(&p, index, &leaves[index], size, &root), "a hash too many");
        }
    }
}

/* ---- what is shown ---- */

Test(formats, dates_are_those_of_the_calendar)
{
    static const struct {
        int64_t days;
        const char *text;
    } dates[] = {{0, "\"1970-01-01\""},     {-1, "\"1969-12-31\""},    {11016, "\"2000-02-29\""},
                 {11017, "\"2000-03-01\""}, {47540, "\"2100-02-28\""}, {47541, "\"2100-03-01\""},
                 {20454, "\"2026-01-01\""}};
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        struct buffer b = {.arena = A};
        show_date(&b, dates[i].days);
        assert_str(((struct str){(const char *)b.ptr, b.len}), dates[i].text);
    }
}

Test(formats, a_text_cannot_steer_a_terminal)
{
    struct buffer b = {.arena = A};
    show_text(&b, STR("a\"\\\x1b[0m\n\xc2\x9b\xe2\x80\xae\xf3\xa0\x81\x81 \xc3\xa4 \xf0\x9f\x98\x80"));
    assert_str(((struct str){(const char *)b.ptr, b.len}),
               "\"a\\\"\\\\\\u001b[0m\\u000a\\u009b\\u202e\\udb40\\udc41 \xc3\xa4 \xf0\x9f\x98\x80\"");
}

Test(formats, numbers_have_one_form)
{
    static const char *const bad[] = {"",   "00", "01", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616",
                                      "1e3"};
    uint64_t n = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert(!number_read(&n, str_of(bad[i])), "'%s'", bad[i]);
    cr_assert(number_read(&n, STR("18446744073709551615")) && n == UINT64_MAX);
    cr_assert(number_read(&n, STR("0")) && n == 0);
}
