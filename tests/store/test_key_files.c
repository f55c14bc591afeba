/* SPDX-License-Identifier: MIT */
/* test_key_files.c - files that hold keys, in clear and behind a passphrase: what is within comes out again,
 * whatever was changed is refused, a hostile file costs nothing, and no sentence tells anything of a key. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/store/ledgers.h"

TestSuite(key_files, .init = test_begin, .fini = test_end);

static const char CONTENT[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
static const struct scrypt_cost cheap = {.n = 1024, .r = 1, .p = 1};

#define PASSPHRASE STR("correct horse")

/* The text of ledger/FORMAT.md, which Python's hashlib and cryptography made. */
static struct str from_page(void)
{
    struct str page = test_read("ledger/FORMAT.md");
    static const char fence[] = "```text protected-key\n";
    const char *begin = strstr(page.ptr, fence), *end = begin == NULL ? NULL : strstr(begin, "\n```\n");
    cr_assert(end != NULL);
    begin += sizeof fence - 1;
    return (struct str){begin, (size_t)(end - begin) + 1};
}

static struct str made(const char *content, const struct scrypt_cost *cost)
{
    struct secret s = {.text = NULL};
    assert_ok(key_text_protect(&s, str_of(content), PASSPHRASE, cost, world_real(), E));
    struct str text = {str_cstring(A, (struct str){s.text, s.len}), s.len};
    secret_wipe(&s);
    return text;
}

static enum err open_text(struct str text)
{
    struct secret s = {.text = NULL};
    enum err err = key_text_open(&s, text, PASSPHRASE, E);
    cr_assert((err == OK) == (s.text != NULL), "what was not opened is not given");
    if (err == OK) cr_assert(str_is((struct str){s.text, s.len}, CONTENT));
    secret_wipe(&s);
    return err;
}

static const char *written(const char *name, struct str content)
{
    const char *path = test_path(name);
    test_write(path, content);
    cr_assert(chmod(path, 0600) == 0);
    return path;
}

static struct str line_of(const char *path)
{
    struct str text = test_read(path);
    cr_assert(text.len > 0 && text.ptr[text.len - 1] == '\n');
    return (struct str){text.ptr, text.len - 1};
}

/* ---- the form ---- */

Test(key_files, the_example_of_the_page_opens)
{
    assert_ok(open_text(from_page()));
}

Test(key_files, what_is_protected_comes_out_again_and_never_looks_the_same)
{
    struct str one = made(CONTENT, &cheap), other = made(CONTENT, &cheap);
    cr_assert(!str_equal(one, other));
    assert_ok(open_text(one));
    assert_ok(open_text(other));
    cr_assert(strstr(one.ptr, "0001020304") == NULL);
    struct str dear = made(CONTENT, &key_file_cost);
    cr_assert(str_starts(dear, "daybook-key@v1\nscrypt 131072 8 1\n"));
    assert_ok(open_text(dear));
}

Test(key_files, a_wrong_passphrase_is_one_sentence)
{
    struct secret s = {.text = NULL};
    struct str text = made(CONTENT, &cheap);
    static const char *const wrong[] = {"", "correct hors", "correct horse ", "Correct horse",
                                        "correct horse\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_err(key_text_open(&s, text, str_of(wrong[i]), E), ERR_INVALID,
                   "the passphrase does not open it, or it is damaged");
}

/* A sentence with 8 digits of the key, or with words of the file that seal it, tells too much. */
static void assert_nothing_is_told(struct str text)
{
    char part[9] = {0};
    for (size_t i = 0; i + 8 < sizeof CONTENT; i++) {
        memcpy(part, CONTENT + i, 8);
        cr_assert(strstr(E->text, part) == NULL, "%s", E->text);
    }
    for (size_t i = 60; i + 8 < text.len; i++) {
        memcpy(part, text.ptr + i, 8);
        cr_assert(strstr(E->text, part) == NULL, "%s", E->text);
    }
    cr_assert(strstr(E->text, "horse") == NULL);
}

Test(key_files, every_byte_of_a_protected_key_counts)
{
    struct str text = made(CONTENT, &cheap);
    for (size_t i = 0; i < text.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            char *changed = str_cstring(A, text);
            changed[i] = (char)((unsigned char)changed[i] ^ (1U << bit));
            enum err err = open_text((struct str){changed, text.len});
            cr_assert(err == ERR_INVALID, "byte %zu, bit %u", i, bit);
            if (bit == i % 8) assert_nothing_is_told(text);
        }
    }
}

Test(key_files, a_protected_key_that_is_cut_doubled_or_mixed_is_refused)
{
    struct str text = made(CONTENT, &cheap), other = made(CONTENT, &cheap);
    for (size_t len = 0; len < text.len; len++)
        cr_assert(open_text((struct str){text.ptr, len}) == ERR_INVALID, "%zu bytes", len);
    cr_assert(open_text(str_format(A, "%.*s%.*s", STR_ARG(text), STR_ARG(text))) == ERR_INVALID);
    cr_assert(open_text(str_format(A, "%.*s\n", STR_ARG(text))) == ERR_INVALID);
    cr_assert(open_text(str_format(A, "\n%.*s", STR_ARG(text))) == ERR_INVALID);
    /* Lines of one in the other, and two lines exchanged. */
    const char *at = text.ptr, *from = other.ptr;
    for (int line = 0; line < 5; line++) {
        const char *end = strchr(at, '\n') + 1, *from_end = strchr(from, '\n') + 1;
        struct str mixed =
            str_format(A, "%.*s%.*s%s", (int)(at - text.ptr), text.ptr, (int)(from_end - from), from, end);
        cr_assert((open_text(mixed) == OK) == (line < 2), "line %d", line);
        if (line < 4) {
            const char *next = strchr(end, '\n') + 1;
            struct str turned = str_format(A, "%.*s%.*s%.*s%s", (int)(at - text.ptr), text.ptr,
                                           (int)(next - end), end, (int)(end - at), at, next);
            cr_assert(open_text(turned) == ERR_INVALID, "lines %d and %d", line, line + 1);
        }
        at = end;
        from = from_end;
    }
}

/* Another spelling of the same is another file: 01024, +1024, a blank more. */
Test(key_files, a_hostile_file_is_refused_before_it_costs_anything)
{
    static const char *const lines[] = {
        "scrypt 1073741824 8 1",
        "scrypt 1048576 16 1",
        "scrypt 131072 8 16",
        "scrypt 131072 64 2",
        "scrypt 1000 8 1",
        "scrypt 1025 8 1",
        "scrypt 512 8 1",
        "scrypt 1 8 1",
        "scrypt 0 8 1",
        "scrypt 1024 0 1",
        "scrypt 1024 65 1",
        "scrypt 1024 1 0",
        "scrypt 1024 1 17",
        "scrypt 4294967296 8 1",
        "scrypt 18446744073709551616 8 1",
        "scrypt 1024 18446744073709551615 1",
        "scrypt -1024 8 1",
        "scrypt 01024 1 1",
        "scrypt +1024 1 1",
        "scrypt 1024  1 1",
        "scrypt 1024 1 1 ",
        "scrypt 1024 1",
        "scrypt 1024 1 1 1",
        "scrypt",
        "scrypt  ",
        "argon2 1024 1 1",
    };
    struct str text = made(CONTENT, &cheap);
    const char *rest = strchr(strchr(text.ptr, '\n') + 1, '\n');
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct str hostile = str_format(A, "daybook-key@v1\n%s%s", lines[i], rest);
        cr_assert(open_text(hostile) == ERR_INVALID, "%s", lines[i]);
        cr_assert(strstr(E->text, "not within the limits") != NULL || strstr(E->text, "damaged") != NULL);
    }
    struct secret s = {.text = NULL};
    assert_ok(key_text_open(&s, made(CONTENT, &(struct scrypt_cost){1024, 64, 16}), PASSPHRASE, E));
    secret_wipe(&s);
}

/* ---- files ---- */

static struct passphrase_source by_file(const char *passphrase)
{
    return (struct passphrase_source){
        .file = written(str_format(A, "passphrase-%s", passphrase).ptr, str_format(A, "%s\n", passphrase))};
}

static struct str content_of(const char *path, const struct passphrase_source *from)
{
    struct secret s = {.text = NULL};
    assert_ok(key_file_read(&s, path, from, E));
    struct str content = str_copy(A, (struct str){s.text, s.len});
    secret_wipe(&s);
    return content;
}

Test(key_files, a_file_is_protected_given_another_passphrase_and_put_in_clear)
{
    const char *path = written("key", str_of(CONTENT));
    struct passphrase_source one = by_file("first one"), two = by_file("second one");
    struct secret s = {.text = NULL};
    struct stat st;
    cr_assert(chmod(path, 0400) == 0 && !key_file_is_protected(path));
    assert_ok(key_file_protect(path, NULL, &one, world_real(), E));
    cr_assert(key_file_is_protected(path) && stat(path, &st) == 0 && (st.st_mode & 07777) == 0400);
    cr_assert(strstr(test_read(path).ptr, "0001020304") == NULL);
    assert_str(content_of(path, &one), CONTENT);
    assert_err_says(key_file_read(&s, path, &two, E), ERR_INVALID, "the passphrase does not open it");
    assert_err_says(key_file_read(&s, path, NULL, E), ERR_INVALID, "it is protected by a passphrase");
    assert_err_says(key_file_protect(path, &two, &two, world_real(), E), ERR_INVALID, "does not open it");
    assert_ok(key_file_protect(path, &one, &two, world_real(), E));
    assert_str(content_of(path, &two), CONTENT);
    assert_err_says(key_file_unprotect(path, &one, E), ERR_INVALID, "does not open it");
    assert_ok(key_file_unprotect(path, &two, E));
    assert_str(content_of(path, NULL), CONTENT);
    assert_err_says(key_file_unprotect(path, &two, E), ERR_REFUSED, "is not protected");
}

Test(key_files, a_passphrase_is_a_line_of_a_file_of_its_owner_or_of_a_command)
{
    struct secret s = {.text = NULL};
    struct passphrase_source from = {.file = written("pass", STR(" two  words \r\nand more\n"))};
    assert_ok(passphrase_get(&s, &from, "key", true, E));
    assert_str(((struct str){s.text, s.len}), " two  words ");
    secret_wipe(&s);
    cr_assert(chmod(from.file, 0640) == 0);
    assert_err_says(passphrase_get(&s, &from, "key", false, E), ERR_INVALID, "its mode is 0640");
    from = (struct passphrase_source){.command = "printf 'typed elsewhere'"};
    assert_ok(passphrase_get(&s, &from, "key", true, E));
    assert_str(((struct str){s.text, s.len}), "typed elsewhere");
    secret_wipe(&s);
    from.command = "echo shortish; exit 1";
    assert_err_says(passphrase_get(&s, &from, "key", false, E), ERR_INVALID, "the command failed");
    from.command = "echo seven77";
    assert_err_says(passphrase_get(&s, &from, "key", true, E), ERR_INVALID, "8 bytes at least");
    cr_assert(strstr(E->text, "seven77") == NULL);
    assert_ok(passphrase_get(&s, &from, "key", false, E)); /* an old one is what it is */
    secret_wipe(&s);
    from.command = "echo";
    assert_err_says(passphrase_get(&s, &from, "key", false, E), ERR_INVALID, "it is empty");
    from.command = "head -c 1025 /dev/zero | tr '\\0' x";
    assert_err_says(passphrase_get(&s, &from, "key", false, E), ERR_INVALID, "more than 1024 bytes");
    from.file = "both";
    assert_err_says(passphrase_get(&s, &from, "key", false, E), ERR_USAGE, "one of them is enough");
}

Test(key_files, a_master_key_and_a_signing_key_open_by_their_passphrase)
{
    struct passphrase_source by = by_file("of all of them");
    const char *path = written("master", str_of(CONTENT)), *signer = test_path("signer");
    struct master_key *k = NULL;
    struct checkpoint_key *c = NULL;
    uint8_t name[KEY_NAME_BYTES];
    assert_ok(key_file_protect(path, NULL, &by, world_real(), E));
    assert_ok(master_key_open(&k, path, NULL, false, &by, world_real(), E));
    master_key_name(name, k);
    assert_str(hex_text(A, name, sizeof name), "15c9e275b2ca675c"); /* FORMAT.md's worked example */
    master_key_close(k);
    assert_err_says(master_key_open(&k, path, NULL, false, NULL, world_real(), E), ERR_INVALID,
                    "it is protected by a passphrase");
    const char *command = str_format(A, "cat %s", path).ptr;
    assert_ok(master_key_from_command(&k, command, &by, E));
    master_key_close(k);
    assert_ok(checkpoint_key_create(signer, STR("daybook/0123456789abcdef"), world_real(), A, E));
    assert_ok(key_file_protect(signer, NULL, &by, world_real(), E));
    assert_err_says(checkpoint_key_open(&c, signer, E), ERR_INVALID, "it is protected by a passphrase");
    assert_ok(checkpoint_key_open_by(&c, signer, &by, E));
    assert_str(note_key_text(A, checkpoint_key_public(c)), str_cstring(A, line_of(test_path("signer.pub"))));
    checkpoint_key_close(c);
    /* One in the place of the other. */
    assert_err_says(master_key_open(&k, signer, NULL, false, &by, world_real(), E), ERR_INVALID, "it holds");
    assert_err_says(checkpoint_key_open_by(&c, path, &by, E), ERR_INVALID,
                    "does not hold a key for checkpoints");
}

/* ---- forms in clear: a changed key is another key, which the ledger or the key's own id finds ---- */

static enum err open_ledger(struct str content)
{
    struct master_key *k = NULL;
    struct log *l = NULL;
    enum err err = master_key_open(&k, written("changed", content), NULL, false, NULL, world_real(), E);
    if (err != OK) return err;
    struct log_options o = options_memory(k);
    err = log_open(&l, &o, E);
    log_close(l);
    master_key_close(k);
    return err;
}

static void check_clear_form(struct str content)
{
    struct master_key *k = NULL;
    assert_ok(master_key_open(&k, written("key", content), NULL, false, NULL, world_real(), E));
    struct log_options o = options_memory(k);
    log_close(log_made(&o));
    assert_ok(open_ledger(content));
    for (size_t i = 0; i < content.len; i++) {
        for (unsigned bit = (unsigned)(i % 5); bit < 8; bit = bit < 5 ? 5 : 8) { /* one, and the case */
            char *changed = str_cstring(A, content);
            memcpy(changed, content.ptr, content.len);
            changed[i] = (char)((unsigned char)changed[i] ^ (1U << bit));
            bool same = bit == 5 && content.len > KEY_BYTES && changed[i] >= 'A' && changed[i] <= 'F';
            enum err err = open_ledger((struct str){changed, content.len});
            cr_assert(err == (same ? OK : ERR_INVALID), "byte %zu, bit %u: %s", i, bit, E->text);
            if (err != OK) assert_nothing_is_told(STR_NONE);
        }
    }
    for (size_t len = 0; len < content.len; len++) {
        bool same = len == 64 && content.len == 65; /* the line end may be missing */
        enum err err = open_ledger((struct str){content.ptr, len});
        cr_assert(err == (same ? OK : ERR_INVALID), "%zu bytes", len);
        if (err != OK) assert_nothing_is_told(STR_NONE);
    }
    struct buffer twice = {.arena = A};
    buffer_add(&twice, content.ptr, content.len);
    buffer_add(&twice, content.ptr, content.len);
    cr_assert(open_ledger((struct str){(const char *)twice.ptr, twice.len}) == ERR_INVALID);
    master_key_close(k);
}

Test(key_files, every_byte_of_a_key_in_digits_counts)
{
    check_clear_form(str_of(CONTENT));
}

Test(key_files, every_byte_of_a_key_in_raw_bytes_counts)
{
    uint8_t raw[KEY_BYTES];
    assert_ok(hex_decode(raw, sizeof raw, (struct str){CONTENT, 64}, E));
    check_clear_form(bytes_str(bytes_copy(A, (struct bytes){raw, sizeof raw})));
}

/* The 8 digits of an id may be of either case. */
static bool is_case_of_id(const char *changed, struct str text, size_t i, size_t id_at)
{
    return i >= id_at && i < id_at + 8 && text.ptr[i] >= 'a' && changed[i] == text.ptr[i] - 'a' + 'A';
}

Test(key_files, every_byte_of_a_signing_key_and_of_its_public_half_counts)
{
    const char *path = test_path("signer");
    struct checkpoint_key *k = NULL;
    struct note_key public = {.name = STR_NONE};
    assert_ok(checkpoint_key_create(path, STR("daybook/0123456789abcdef"), world_real(), A, E));
    struct str secret = test_read(path), told = line_of(test_path("signer.pub"));
    for (size_t i = 0; i + 1 < secret.len; i++) {
        char *changed = str_cstring(A, secret);
        changed[i] = (char)((unsigned char)changed[i] ^ (1U << (i % 8)));
        enum err err = checkpoint_key_open(&k, written("changed", (struct str){changed, secret.len}), E);
        cr_assert(err == (is_case_of_id(changed, secret, i, 37) ? OK : ERR_INVALID), "byte %zu", i);
        if (err == OK) checkpoint_key_close(k);
        char seed[9] = {0};
        memcpy(seed, secret.ptr + secret.len - 20, 8);
        cr_assert(strstr(E->text, seed) == NULL, "byte %zu: %s", i, E->text);
        cr_assert(checkpoint_key_open(&k, written("changed", (struct str){secret.ptr, i}), E) == ERR_INVALID,
                  "%zu bytes", i);
    }
    for (size_t i = 0; i < told.len; i++) {
        char *changed = str_cstring(A, told);
        changed[i] = (char)((unsigned char)changed[i] ^ (1U << (i % 8)));
        enum err err = note_key_parse(&public, (struct str){changed, told.len}, A, E);
        cr_assert(err == (is_case_of_id(changed, told, i, 25) ? OK : ERR_INVALID), "byte %zu", i);
        cr_assert(note_key_parse(&public, (struct str){told.ptr, i}, A, E) == ERR_INVALID, "%zu bytes", i);
    }
}
