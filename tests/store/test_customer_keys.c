/* SPDX-License-Identifier: MIT */
/* test_customer_keys.c - texts that are sealed under a customer's key: who reads them before and after he was
 * erased, what is found when one of the two files was changed, and what a killed process leaves. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/store/customer_keys_private.h"
#include "tests/store/ledgers.h"

TestSuite(customer_keys, .init = test_begin, .fini = test_end);

#define ORIGIN "daybook/0123456789abcdef"

/* Without syncing: some tests write a file a thousand times. */
static void put(const char *path, struct str content)
{
    FILE *f = fopen(path, "w");
    cr_assert(f != NULL && fwrite(content.ptr, 1, content.len, f) == content.len && fclose(f) == 0);
    assert_int(chmod(path, 0600), 0);
}

static struct customer_keys *opened_as(const char *origin, enum err *err)
{
    struct customer_keys *k = NULL;
    bool there = false;
    struct customer_keys_options o = {.dir = test_dir(),
                                      .kek_file = test_path("kek"),
                                      .master = key_of(7),
                                      .origin = str_of(origin),
                                      .world = world_real()};
    *err = customer_keys_open(&k, &there, &o, E);
    if (*err != OK) return NULL;
    if (!there) assert_ok(customer_keys_create(k, 0, E));
    customer_keys_unborn(k, 1000);
    return k;
}

static struct customer_keys *opened(void)
{
    enum err err = OK;
    struct customer_keys *k = opened_as(ORIGIN, &err);
    cr_assert(err == OK, "%s", E->text);
    return k;
}

/* Keys of customers 1 to `count`, durable. */
static struct customer_keys *with(uint64_t count)
{
    struct customer_keys *k = opened();
    customer_keys_unborn(k, 1);
    for (uint64_t n = 1; n <= count; n++) assert_ok(customer_keys_born(k, n, E));
    assert_ok(customer_keys_flush(k, E));
    customer_keys_unborn(k, count + 1);
    return k;
}

static struct personal_place at(uint64_t customer, enum kind kind, const char *way)
{
    struct personal_place p = {.way = {0}, .customer = customer, .kind = kind, .way_len = strlen(way)};
    memcpy(p.way, way, p.way_len);
    return p;
}

static struct bytes sealed(struct customer_keys *k, struct personal_place p, const char *text)
{
    struct personal *codec = customer_keys_personal(k);
    struct bytes out = bytes_copy(A, codec->seal(codec, &p, str_of(text)));
    assert_ok(customer_keys_failure(k, E));
    return out;
}

static enum err open_it(struct str *out, struct customer_keys *k, struct personal_place p, struct bytes in)
{
    struct personal *codec = customer_keys_personal(k);
    return codec->open(codec, out, &p, in, A, E);
}

static void expect_text(struct customer_keys *k, struct personal_place p, struct bytes in, const char *text)
{
    struct str got = {NULL, 0};
    enum err err = open_it(&got, k, p, in);
    cr_assert(err == OK, "%s", E->text);
    cr_assert(str_is(got, text), "got '%.*s', wanted '%s'", STR_ARG(got), text);
}

static void erase(struct customer_keys *k, uint64_t customer, bool fiscal)
{
    struct erased_keys who = {customer, {[KEY_FISCAL] = fiscal, [KEY_CONTACT] = true}};
    assert_ok(customer_keys_prepare(k, customer_keys_generation(k) + 1, &who, 1, E));
    assert_ok(customer_keys_complete(k, E));
}

Test(customer_keys, a_text_is_read_by_whoever_has_the_three_keys_and_after_the_erasure_by_nobody)
{
    struct customer_keys *k = with(3);
    struct personal_place name = at(2, KIND_PERSONAL, "customer.created"), mail = at(2, KIND_CONTACT, "x");
    struct personal_place other = at(3, KIND_PERSONAL, "customer.created");
    struct bytes n = sealed(k, name, "Ann"), m = sealed(k, mail, "ann@x"), o = sealed(k, other, "Bob");
    customer_keys_close(k);
    k = opened();
    expect_text(k, name, n, "Ann");
    expect_text(k, mail, m, "ann@x");
    erase(k, 2, false);
    expect_text(k, name, n, "Ann");
    expect_text(k, mail, m, "[erased]");
    erase(k, 2, true);
    customer_keys_close(k);
    k = opened();
    expect_text(k, name, n, "[erased]");
    expect_text(k, other, o, "Bob");
    struct personal *codec = customer_keys_personal(k);
    cr_assert(codec->seal(codec, &name, STR("again")).len == 0);
    assert_err_says(customer_keys_failure(k, E), ERR_REFUSED, "was erased");
    customer_keys_close(k);
}

Test(customer_keys, a_text_stands_in_no_other_place_and_under_no_other_name)
{
    struct customer_keys *k = with(2);
    struct personal_place here = at(1, KIND_PERSONAL, "e\0\5\0");
    struct bytes in = sealed(k, here, "Ann");
    const struct personal_place others[] = {at(1, KIND_PERSONAL, "f\0\5\0"), at(1, KIND_CONTACT, "e\0\5\0"),
                                            at(2, KIND_PERSONAL, "e\0\5\0")};
    struct str got = {NULL, 0};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect(open_it(&got, k, others[i], in) != OK, "place %zu took it", i);
    for (size_t i = 0; i < in.len; i++) {
        uint8_t *changed = arena_take(A, in.len, 1);
        memcpy(changed, in.ptr, in.len);
        changed[i] ^= 1;
        cr_expect(open_it(&got, k, here, (struct bytes){changed, in.len}) != OK, "byte %zu", i);
        cr_expect(open_it(&got, k, here, (struct bytes){in.ptr, i}) != OK, "cut at %zu", i);
    }
    customer_keys_close(k);
}

Test(customer_keys, which_texts_are_equal_is_known_after_the_erasure_where_it_counts)
{
    struct customer_keys *k = with(2);
    struct personal_place a = at(1, KIND_COUNTED, "r"), b = at(2, KIND_COUNTED, "r");
    struct bytes one = sealed(k, a, "host-1"), same = sealed(k, a, "host-1"), two = sealed(k, a, "host-2"),
                 his = sealed(k, b, "host-1");
    struct str texts[3] = {{NULL, 0}};
    expect_text(k, a, one, "host-1");
    cr_assert(!bytes_equal(one, same), "the same bytes twice: a nonce was used again");
    cr_assert(memcmp(one.ptr + 8, his.ptr + 8, 8) != 0, "two customers' keys can be told to be equal");
    erase(k, 1, true);
    assert_ok(open_it(&texts[0], k, a, one));
    assert_ok(open_it(&texts[1], k, a, same));
    assert_ok(open_it(&texts[2], k, a, two));
    cr_assert(str_equal(texts[0], texts[1]));
    cr_assert(!str_equal(texts[0], texts[2]));
    cr_assert(str_starts(texts[0], "[erased] ") && texts[0].len == 25);
    customer_keys_close(k);
}

/* Randomness that fails gives no two texts one nonce. */
static void zeros(void *self, void *to, size_t len)
{
    (void)self;
    memset(to, 0, len);
}

Test(customer_keys, two_texts_have_two_nonces_even_where_chance_fails)
{
    struct customer_keys *k = with(1);
    struct personal_place p = at(1, KIND_PERSONAL, "e");
    k->pool.world.random = zeros;
    k->pool.left = 0;
    struct bytes one = sealed(k, p, "Ann"), two = sealed(k, p, "Bob");
    cr_assert(memcmp(one.ptr + KEY_ID_BYTES, two.ptr + KEY_ID_BYTES, NONCE_BYTES) != 0);
    customer_keys_close(k);
}

/* ---- the files ---- */

static enum err whole(uint64_t customers)
{
    enum err err = OK;
    struct customer_keys *k = opened_as(ORIGIN, &err);
    const struct key_pair *pair = NULL;
    for (uint64_t n = 1; n <= customers && err == OK; n++) err = keys_find(&pair, k, n, false, E);
    customer_keys_close(k);
    return err;
}

static void expect_found(const char *name, const char *what, size_t i, enum err err)
{
    cr_expect(err == ERR_TAMPERED || err == ERR_INCOMPLETE, "%s %s at %zu: %s", name, what, i, err_word(err));
}

Test(customer_keys, every_byte_of_both_files_that_is_changed_or_cut_is_found)
{
    customer_keys_close(with(2));
    static const char *const names[] = {"customer-keys", "kek"};
    for (size_t f = 0; f < 2; f++) {
        const char *path = test_path(names[f]);
        struct str good = test_read(path);
        for (size_t i = 0; i < good.len; i++) {
            struct str bad = str_copy(A, good);
            ((char *)(uintptr_t)bad.ptr)[i] ^= 0x10;
            put(path, bad);
            expect_found(names[f], "changed", i, whole(2));
            put(path, (struct str){good.ptr, i});
            expect_found(names[f], "cut", i, whole(2));
        }
        put(path, good);
    }
    assert_ok(whole(2));
}

Test(customer_keys, keys_that_were_swapped_doubled_or_come_from_elsewhere_are_found)
{
    customer_keys_close(with(2));
    const char *path = test_path("customer-keys");
    struct str good = test_read(path);
    static const size_t places[] = {72, 144, 216, 288};
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 4; j++) {
            struct str bad = str_copy(A, good);
            if (i == j) continue;
            memcpy((char *)(uintptr_t)bad.ptr + places[i], good.ptr + places[j], 72);
            put(path, bad);
            expect_found("customer-keys", "spliced", 4 * i + j, whole(2));
        }
    }
    put(path, good);
    enum err err = OK;
    cr_assert(opened_as("daybook/ffffffffffffffff", &err) == NULL);
    cr_assert(err == ERR_TAMPERED);
    cr_assert(strstr(E->text, "another ledger") != NULL, "%s", E->text);
}

Test(customer_keys, an_older_copy_is_told_from_an_erasure)
{
    struct customer_keys *k = with(2);
    const char *keys = test_path("customer-keys"), *kek = test_path("kek");
    struct str keys_before = test_read(keys), kek_before = test_read(kek);
    erase(k, 1, true);
    customer_keys_close(k);
    struct str keys_after = test_read(keys), kek_after = test_read(kek);
    put(keys, keys_before);
    cr_assert(whole(2) == ERR_INCOMPLETE, "%s", E->text);
    cr_assert(strstr(E->text, "older copy") != NULL, "%s", E->text);
    put(keys, keys_after);
    put(kek, kek_before);
    cr_assert(whole(2) == ERR_INCOMPLETE, "%s", E->text);
    assert_int(unlink(kek), 0);
    cr_assert(whole(2) == ERR_INCOMPLETE, "%s", E->text);
    cr_assert(strstr(E->text, "missing") != NULL, "%s", E->text);
    put(kek, kek_after);
    assert_ok(whole(2));
    /* A new customer's keys, cut off again: not erased, missing. */
    put(keys, (struct str){keys_after.ptr, keys_after.len - 144});
    cr_assert(whole(2) == ERR_INCOMPLETE, "%s", E->text);
    cr_assert(strstr(E->text, "no key of customer cus_2") != NULL, "%s", E->text);
}

Test(customer_keys, the_key_of_a_file_from_before_the_erasure_is_nowhere)
{
    struct customer_keys *k = with(2);
    struct str backup = test_read(test_path("customer-keys"));
    uint8_t kek[KEY_BYTES];
    memcpy(kek, k->secrets->kek.key, KEY_BYTES);
    struct str file = test_read(test_path("kek"));
    cr_assert(folder_holds(test_dir(), str_bytes((struct str){file.ptr + 84, 48})));
    erase(k, 1, true);
    cr_assert(memcmp(kek, k->secrets->kek.key, KEY_BYTES) != 0);
    customer_keys_close(k);
    cr_assert(!folder_holds(test_dir(), str_bytes((struct str){file.ptr + 84, 48})),
              "the old KEK is still there");
    cr_assert(!folder_holds(test_dir(), (struct bytes){kek, sizeof kek}));
    put(test_path("customer-keys"), backup); /* a backup, with all keys that there are now */
    cr_assert(whole(2) != OK);
}

/* ---- what a killed process leaves ---- */

struct state {
    struct str keys, kek, keys_next, kek_next; /* NULL: not there */
};

static void lay_out(const struct state *s)
{
    const struct {
        const char *name;
        struct str content;
    } files[] = {{"customer-keys", s->keys},
                 {"kek", s->kek},
                 {"customer-keys.next", s->keys_next},
                 {"kek.next", s->kek_next}};
    for (size_t i = 0; i < 4; i++) {
        const char *path = test_path(files[i].name);
        (void)unlink(path);
        if (files[i].content.ptr == NULL) continue;
        put(path, files[i].content);
    }
}

/* At each step either what was is thrown away or what is to come is completed, as the log says. */
Test(customer_keys, an_erasure_that_was_cut_short_is_undone_or_completed)
{
    struct customer_keys *k = with(2);
    struct personal_place p = at(1, KIND_PERSONAL, "e");
    struct bytes in = sealed(k, p, "Ann");
    struct erased_keys who = {1, {true, true}};
    struct str was = test_read(test_path("customer-keys")), kek = test_read(test_path("kek"));
    assert_ok(customer_keys_prepare(k, 2, &who, 1, E));
    customer_keys_close(k);
    struct str next = test_read(test_path("customer-keys.next")), kek_next = test_read(test_path("kek.next"));
    struct str noise = str_copy(A, kek), half = {next.ptr, next.len / 2}, none = {NULL, 0};
    memset((char *)(uintptr_t)noise.ptr, 0x5a, noise.len);
    const struct state before[] = {{was, kek, none, none},
                                   {was, kek, none, (struct str){kek_next.ptr, 50}},
                                   {was, kek, none, kek_next},
                                   {was, kek, half, kek_next},
                                   {was, kek, next, kek_next}};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        lay_out(&before[i]);
        k = opened();
        cr_assert_eq(customer_keys_prepared(k), i > 0, "state %zu", i);
        assert_ok(customer_keys_cancel(k, E));
        cr_assert(!customer_keys_prepared(k));
        expect_text(k, p, in, "Ann");
        customer_keys_close(k);
    }
    const struct state after[] = {{was, kek, next, kek_next},
                                  {next, kek, none, kek_next},
                                  {next, noise, none, kek_next},
                                  {next, none, none, kek_next},
                                  {next, kek_next, none, none}};
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
        lay_out(&after[i]);
        k = opened();
        if (i == 0) assert_ok(customer_keys_complete(k, E));
        cr_assert(!customer_keys_prepared(k), "state %zu", i);
        assert_int(customer_keys_generation(k), 2);
        expect_text(k, p, in, "[erased]");
        customer_keys_close(k);
        cr_assert(!folder_holds(test_dir(), str_bytes((struct str){kek.ptr + 84, 48})), "state %zu", i);
    }
}

Test(customer_keys, a_key_whose_record_never_came_to_be_serves_whoever_gets_the_number)
{
    customer_keys_close(with(2));
    const char *path = test_path("customer-keys");
    struct str good = test_read(path);
    put(path, (struct str){good.ptr, good.len - 30}); /* torn: the machine went down */
    struct customer_keys *k = opened();
    customer_keys_unborn(k, 2);
    assert_ok(customer_keys_born(k, 2, E));
    assert_ok(customer_keys_flush(k, E));
    customer_keys_close(k);
    assert_ok(whole(2));
}
