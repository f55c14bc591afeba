/* SPDX-License-Identifier: MIT */
/* test_keys.c - keys against the published vectors: RFC 5869 appendix A (HKDF), the AES-256 cases of McGrew
 * and Viega's "The Galois/Counter Mode of Operation" appendix B, FIPS 180 (SHA-256); and the rules for key
 * files. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/store.h"
#include "tests/lib/fixture.h"

TestSuite(keys, .init = test_begin, .fini = test_end);

static struct bytes hex(const char *text)
{
    size_t len = strlen(text) / 2;
    uint8_t *to = arena_take(A, 1, len + 1);
    assert_ok(hex_decode(to, len, str_of(text), E));
    return (struct bytes){to, len};
}

#define assert_hex(got, size, wanted) assert_str(hex_text(A, (got), (size)), (wanted))

/* ---- HKDF ---- */

static void check_hkdf(const char *secret, const char *salt, const char *info, size_t len, const char *wanted)
{
    uint8_t out[82];
    assert_ok(key_derive(out, len, hex(secret), hex(salt), hex(info), E));
    assert_hex(out, len, wanted);
}

Test(keys, hkdf_is_that_of_rfc_5869_case_1)
{
    check_hkdf("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
               "f0f1f2f3f4f5f6f7f8f9", 42,
               "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

Test(keys, hkdf_is_that_of_rfc_5869_case_2)
{
    check_hkdf(
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
        "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
        "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f"
        "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
        "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
        "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        82,
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
        "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

Test(keys, hkdf_is_that_of_rfc_5869_case_3)
{
    check_hkdf("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "", 42,
               "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

/* ---- AES-256-GCM ---- */

struct gcm_case {
    const char *key, *nonce, *aad, *plain, *cipher;
};
#define GCM_KEY "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define GCM_PLAIN                                                                                            \
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aed" \
    "f5aa0de657"                                                                                             \
    "ba637b39"
#define GCM_CIPHER                                                                                           \
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e" \
    "6393ba7a0a"                                                                                             \
    "bcc9f662"
#define ZEROS_32 "0000000000000000000000000000000000000000000000000000000000000000"
static const struct gcm_case gcm_cases[] = {
    {ZEROS_32, "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {ZEROS_32, "000000000000000000000000", "", "00000000000000000000000000000000",
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {GCM_KEY, "cafebabefacedbaddecaf888", "", GCM_PLAIN "1aafd255",
     GCM_CIPHER "898015adb094dac5d93471bdec1a502270e3cc6c"},
    {GCM_KEY, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", GCM_PLAIN,
     GCM_CIPHER "76fc6ece0f4e1768cddf8853bb2d551b"},
};

Test(keys, sealing_gives_the_published_ciphertexts_and_opens_them)
{
    for (size_t i = 0; i < sizeof gcm_cases / sizeof *gcm_cases; i++) {
        const struct gcm_case *c = &gcm_cases[i];
        struct sealer *s = NULL;
        uint8_t cipher[128] = {0}, plain[128] = {0};
        size_t len = strlen(c->plain) / 2;
        assert_ok(sealer_new(&s, hex(c->key).ptr, E));
        /* Twice: the objects are used again for the next message. */
        for (int again = 0; again < 2; again++) {
            assert_ok(sealer_seal(s, cipher, hex(c->nonce).ptr, hex(c->aad), hex(c->plain), E));
            assert_hex(cipher, len + TAG_BYTES, c->cipher);
            assert_ok(sealer_open(s, plain, hex(c->nonce).ptr, hex(c->aad),
                                  (struct bytes){cipher, len + TAG_BYTES}, E));
            assert_hex(plain, len, c->plain);
        }
        sealer_free(s);
    }
}

Test(keys, a_changed_bit_anywhere_is_refused_and_the_plaintext_zeroed)
{
    const struct gcm_case *c = &gcm_cases[3];
    struct sealer *s = NULL;
    uint8_t plain[128];
    assert_ok(sealer_new(&s, hex(c->key).ptr, E));
    struct bytes good = hex(c->cipher);
    for (size_t bit = 0; bit < good.len * 8; bit++) {
        uint8_t bad[128];
        memcpy(bad, good.ptr, good.len);
        bad[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        memset(plain, 0xaa, sizeof plain);
        assert_err(sealer_open(s, plain, hex(c->nonce).ptr, hex(c->aad), (struct bytes){bad, good.len}, E),
                   ERR_TAMPERED, "the authentication tag does not fit");
        for (size_t i = 0; i < good.len - TAG_BYTES; i++) cr_assert(plain[i] == 0);
    }
    struct bytes other_aad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad3");
    assert_err(sealer_open(s, plain, hex(c->nonce).ptr, other_aad, good, E), ERR_TAMPERED,
               "the authentication tag does not fit");
    assert_err(sealer_open(s, plain, hex(c->nonce).ptr, hex(c->aad), (struct bytes){good.ptr, 15}, E),
               ERR_TAMPERED, "sealed bytes are shorter than their tag");
    sealer_free(s);
}

Test(keys, sealing_in_place_gives_the_same_bytes)
{
    const struct gcm_case *c = &gcm_cases[3];
    struct sealer *s = NULL;
    uint8_t buffer[128];
    struct bytes plain = hex(c->plain);
    assert_ok(sealer_new(&s, hex(c->key).ptr, E));
    memcpy(buffer, plain.ptr, plain.len);
    assert_ok(sealer_seal(s, buffer, hex(c->nonce).ptr, hex(c->aad), (struct bytes){buffer, plain.len}, E));
    assert_hex(buffer, plain.len + TAG_BYTES, c->cipher);
    assert_ok(sealer_open(s, buffer, hex(c->nonce).ptr, hex(c->aad),
                          (struct bytes){buffer, plain.len + TAG_BYTES}, E));
    assert_hex(buffer, plain.len, c->plain);
    sealer_free(s);
}

/* ---- SHA-256 and HMAC ---- */

Test(keys, sha_256_of_abc_in_any_pieces)
{
    static const char wanted[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    struct hasher *h = hasher_new();
    uint8_t out[32];
    hasher_digest(h, out, str_bytes(STR("a")), str_bytes(STR("")), str_bytes(STR("bc")));
    assert_hex(out, 32, wanted);
    hasher_begin(h);
    for (const char *p = "abc"; *p != '\0'; p++) hasher_add(h, str_bytes((struct str){p, 1}));
    hasher_end(h, out);
    assert_hex(out, 32, wanted);
    hasher_digest(h, out, (struct bytes){0}, (struct bytes){0}, (struct bytes){0});
    assert_hex(out, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hasher_free(h);
}

/* The number comes from Python: hmac.new(bytes(range(32)), b"\x07user_1", "sha256").hexdigest()[:32]. */
Test(keys, an_index_is_the_start_of_an_hmac_and_repeats)
{
    uint8_t key[KEY_BYTES], out[16];
    for (size_t i = 0; i < sizeof key; i++) key[i] = (uint8_t)i;
    struct indexer *x = NULL;
    assert_ok(indexer_new(&x, key, E));
    for (int again = 0; again < 3; again++) {
        indexer_mac(x, out, 7, STR("user_1"));
        assert_hex(out, 16, "b50130cbb0d14dd87855df78572d52cd");
    }
    uint8_t other[16];
    indexer_mac(x, other, 8, STR("user_1"));
    cr_assert(memcmp(out, other, 16) != 0, "the domain keeps kinds of ids apart");
    indexer_free(x);
}

Test(keys, random_bytes_from_the_pool_do_not_repeat)
{
    struct nonce_pool pool = {.world = world_real()};
    uint8_t *seen = arena_take(A, 3000, NONCE_BYTES);
    for (size_t i = 0; i < 3000; i++) {
        uint8_t *mine = seen + i * NONCE_BYTES;
        nonce_pool_take(&pool, mine, NONCE_BYTES);
        for (size_t k = 0; k < i; k++) cr_assert(memcmp(seen + k * NONCE_BYTES, mine, NONCE_BYTES) != 0);
    }
}

/* ---- the key file ---- */

static const char KEY_HEX[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

static const char *key_file(const char *name, const char *content, size_t len, mode_t mode)
{
    const char *path = test_path(name);
    test_write(path, (struct str){content, len});
    cr_assert(chmod(path, mode) == 0);
    return path;
}

static enum err open_key(struct master_key **k, const char *path)
{
    return master_key_open(k, path, NULL, false, NULL, world_real(), E);
}

static void assert_key_is_the_known_one(const char *path)
{
    struct master_key *k = NULL;
    uint8_t name[8];
    assert_ok(open_key(&k, path));
    master_key_name(name, k);
    assert_hex(name, 8, "15c9e275b2ca675c"); /* FORMAT.md's worked example */
    master_key_close(k);
}

Test(keys, a_key_file_holds_digits_with_or_without_a_line_end_or_raw_bytes)
{
    char text[70];
    int n = snprintf(text, sizeof text, "%s\n", KEY_HEX);
    assert_key_is_the_known_one(key_file("line", text, (size_t)n, 0600));
    assert_key_is_the_known_one(key_file("bare", KEY_HEX, 64, 0400));
    n = snprintf(text, sizeof text, "%s\r\n", KEY_HEX);
    assert_key_is_the_known_one(key_file("dos", text, (size_t)n, 0600));
    assert_key_is_the_known_one(key_file("raw", bytes_str(hex(KEY_HEX)).ptr, 32, 0600));
}

Test(keys, a_key_file_that_is_none_is_refused_without_telling_its_content)
{
    struct master_key *k = NULL;
    assert_err_says(open_key(&k, key_file("short", "00112233", 8, 0600)), ERR_INVALID, "it holds 8 bytes");
    cr_assert(strstr(E->text, "00112233") == NULL);
    char wrong[64];
    memset(wrong, 'z', sizeof wrong);
    assert_err_says(open_key(&k, key_file("letters", wrong, 64, 0600)), ERR_INVALID, "64 hexadecimal digits");
    cr_assert(strstr(E->text, "zz") == NULL);
    assert_err_says(open_key(&k, key_file("empty", "", 0, 0600)), ERR_INVALID, "it holds 0 bytes");
    assert_err_says(open_key(&k, test_path("none")), ERR_NOT_FOUND, "there is none");
    assert_err_says(open_key(&k, test_dir()), ERR_INVALID, "not a regular file");
}

Test(keys, a_key_file_that_others_can_read_is_refused)
{
    struct master_key *k = NULL;
    assert_err_says(open_key(&k, key_file("open", KEY_HEX, 64, 0640)), ERR_INVALID, "its mode is 0640");
    assert_err_says(open_key(&k, key_file("open", KEY_HEX, 64, 0604)), ERR_INVALID, "chmod 600");
}

Test(keys, a_key_inside_the_data_directory_is_refused)
{
    struct master_key *k = NULL;
    const char *dir = test_path("data");
    cr_assert(mkdir(dir, 0700) == 0);
    const char *inside = key_file("data/key", KEY_HEX, 64, 0600);
    assert_err_says(master_key_open(&k, inside, dir, false, NULL, world_real(), E), ERR_INVALID,
                    "inside the data directory");
    const char *detour = str_format(A, "%s/data/../data/key", test_dir()).ptr;
    assert_err_says(master_key_open(&k, detour, dir, false, NULL, world_real(), E), ERR_INVALID, "inside");
    const char *alias = test_path("alias");
    cr_assert(symlink(inside, alias) == 0);
    assert_err_says(master_key_open(&k, alias, dir, false, NULL, world_real(), E), ERR_INVALID, "inside");
    /* Not made there either, whether the folder exists yet or not. */
    assert_err_says(master_key_open(&k, test_path("data/new"), dir, true, NULL, world_real(), E), ERR_INVALID,
                    "inside");
    assert_err_says(
        master_key_open(&k, test_path("later/new"), test_path("later"), true, NULL, world_real(), E),
        ERR_INVALID, "inside");
    cr_assert(!file_exists(test_path("data/new")));
    assert_ok(
        master_key_open(&k, key_file("data.key", KEY_HEX, 64, 0600), dir, false, NULL, world_real(), E));
    master_key_close(k);
}

Test(keys, a_missing_key_file_is_made_once_with_mode_600)
{
    struct master_key *first = NULL, *second = NULL;
    uint8_t a[8], b[8];
    struct stat st;
    const char *path = test_path("new.key");
    assert_ok(master_key_open(&first, path, test_path("data"), true, NULL, world_real(), E));
    assert_ok(master_key_open(&second, path, test_path("data"), true, NULL, world_real(), E));
    master_key_name(a, first);
    master_key_name(b, second);
    cr_assert(memcmp(a, b, 8) == 0, "an existing key is never replaced");
    cr_assert(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600 && st.st_size == 65);
    master_key_close(first);
    master_key_close(second);
}

Test(keys, a_key_command_gives_the_key_or_a_sentence_without_it)
{
    struct master_key *k = NULL;
    uint8_t name[8];
    const char *good = str_format(A, "echo %s", KEY_HEX).ptr;
    assert_ok(master_key_from_command(&k, good, NULL, E));
    master_key_name(name, k);
    assert_hex(name, 8, "15c9e275b2ca675c");
    master_key_close(k);
    const char *bad = str_format(A, "echo %s; exit 3", KEY_HEX).ptr;
    assert_err(master_key_from_command(&k, bad, NULL, E), ERR_INVALID,
               "cannot get the key: the command failed");
    assert_err_says(master_key_from_command(&k, "echo 123", NULL, E), ERR_INVALID,
                    "what the key command printed");
    cr_assert(strstr(E->text, "123") == NULL);
}
