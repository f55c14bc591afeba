/* SPDX-License-Identifier: MIT */
/* test_checkpoint.c - signed notes, checkpoints and proofs as text: a note that others signed is accepted,
 * ours hold what they say, and no byte of them can be changed, cut or added without being refused. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/store/ledgers.h"

TestSuite(checkpoint, .init = test_begin, .fini = test_end);

/* ---- a note from the documentation of Go's sumdb/note ---- */

#define NEUMANN "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
static const char neumann_text[] = "If you think cryptography is the answer to your problem,\n"
                                   "then you don't know what your problem is.\n";
static const char neumann_line[] =
    "\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuG"
    "UgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
static const char other_line[] =
    "\xe2\x80\x94 EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+"
    "vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

static struct note_key key_named(const char *text)
{
    struct note_key k = {.name = STR_NONE};
    assert_ok(note_key_parse(&k, str_of(text), A, E));
    return k;
}

static enum err opened(const char *note, const struct note_key *k)
{
    struct str text = STR_NONE;
    return note_open(&text, str_of(note), k, A, E);
}

Test(checkpoint, a_note_that_others_signed_opens_with_their_key)
{
    struct note_key k = key_named(NEUMANN);
    struct str text = STR_NONE, note = str_format(A, "%s\n%s", neumann_text, neumann_line);
    assert_ok(note_open(&text, note, &k, A, E));
    assert_str(text, neumann_text);
    assert_str(note_key_text(A, &k), NEUMANN);
    note = str_format(A, "%s\n%s%s", neumann_text, other_line, neumann_line);
    assert_ok(note_open(&text, note, &k, A, E)); /* whose the other is, nobody said */
    assert_str(text, neumann_text);
}

Test(checkpoint, a_note_needs_its_form_and_the_signature_of_the_key)
{
    struct note_key k = key_named(NEUMANN);
#define NOTE(lines) (str_format(A, "%s\n%s", neumann_text, (lines)).ptr)
    assert_err(opened(NOTE(other_line), &k), ERR_TAMPERED, "'PeterNeumann' did not sign it with this key");
    assert_err(opened(str_format(A, "%s\n%s%s", neumann_text, neumann_line, neumann_line).ptr, &k),
               ERR_TAMPERED, "it is signed twice by the same key");
    assert_err(opened(NOTE("- PeterNeumann x08go/ZJ\n"), &k), ERR_INVALID,
               "its signature 1 is not well-formed");
    assert_err(opened(str_format(A, "%s%s", neumann_text, neumann_line).ptr, &k), ERR_INVALID,
               "it is not a signed note");
    assert_err(opened(str_format(A, "x%s\n%s", neumann_text, neumann_line).ptr, &k), ERR_TAMPERED,
               "the signature of 'PeterNeumann' is of another text");
    assert_err(opened(str_format(A, "a\tb\n\n%s", neumann_line).ptr, &k), ERR_INVALID,
               "it is not a signed note");
    struct buffer many = {.arena = A};
    for (size_t i = 0; i <= LIMIT_NOTE_SIGNATURES; i++) buffer_print(&many, "%s", other_line);
    buffer_add_byte(&many, 0);
    assert_err_says(opened(NOTE((const char *)many.ptr), &k), ERR_LIMIT, "more than 64 signatures");
}

Test(checkpoint, a_key_of_another_form_name_or_id_is_refused)
{
    static const char *const bad[] = {
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AhpcQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWx",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        NEUMANN "\n\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct note_key k = {.name = STR_NONE};
        enum err err = note_key_parse(&k, str_of(bad[i]), A, E);
        cr_assert(err == ERR_INVALID, "'%s': %s", bad[i], err_word(err));
    }
}

/* ---- our own ---- */

#define ORIGIN "daybook/0123456789abcdef"

static struct checkpoint_key *key_made(const char *name, const char *origin)
{
    struct checkpoint_key *k = NULL;
    assert_ok(checkpoint_key_create(test_path(name), str_of(origin), world_real(), A, E));
    assert_ok(checkpoint_key_open(&k, test_path(name), E));
    return k;
}

enum { LEAVES = 23 };

/* A tree of a few leaves, the checkpoints of two sizes, and the proofs that lead to the later. */
struct claims {
    struct checkpoint_key *key;
    const struct note_key *public;
    struct hash leaves[LEAVES];
    struct hasher *hasher;
    struct checkpoint old, now;
    struct str old_note, now_note;
    struct proof_text record, growth;
};

static enum err perfect(void *context, struct hash *out, unsigned height, uint64_t index, struct error *e)
{
    (void)e;
    struct claims *c = context;
    struct merkle_range r = {.size = 0};
    for (uint64_t i = index << height; i < (index + 1) << height; i++)
        merkle_append(&r, c->hasher, &c->leaves[i]);
    merkle_root(&r, c->hasher, out);
    return OK;
}

static struct checkpoint head_of(struct claims *c, uint64_t size)
{
    struct checkpoint at = {.origin = STR(ORIGIN), .size = size};
    struct merkle_range r = {.size = 0};
    for (uint64_t i = 0; i < size; i++) merkle_append(&r, c->hasher, &c->leaves[i]);
    merkle_root(&r, c->hasher, &at.root);
    return at;
}

static struct claims *claims_begin(void)
{
    struct claims *c = arena_new_of(A, struct claims);
    struct dice dice = dice_of(1);
    c->key = key_made("signer", ORIGIN);
    c->public = checkpoint_key_public(c->key);
    c->hasher = hasher_new();
    for (size_t i = 0; i < LEAVES; i++) be64_put(c->leaves[i].bytes, dice_next(&dice));
    c->old = head_of(c, 14);
    c->now = head_of(c, LEAVES);
    assert_ok(checkpoint_key_sign(&c->old_note, c->key, &c->old, A, E));
    assert_ok(checkpoint_key_sign(&c->now_note, c->key, &c->now, A, E));
    struct merkle_source s = {.node = perfect, .context = c, .hasher = c->hasher};
    c->record = (struct proof_text){.kind = PROOF_OF_RECORD, .number = 9, .note = c->now_note};
    c->growth = (struct proof_text){.kind = PROOF_OF_GROWTH, .number = 14, .note = c->now_note};
    assert_ok(merkle_prove_inclusion(&c->record.path, &s, 9, LEAVES, E));
    assert_ok(merkle_prove_consistency(&c->growth.path, &s, 14, LEAVES, E));
    return c;
}

static void claims_end(struct claims *c)
{
    hasher_free(c->hasher);
    checkpoint_key_close(c->key);
}

Test(checkpoint, says_origin_size_and_root_and_opens_with_the_public_key)
{
    struct claims *c = claims_begin();
    struct checkpoint again = {.size = 0};
    struct str file = test_read(test_path("signer.pub"));
    struct note_key public = {.name = STR_NONE};
    assert_ok(note_key_parse(&public, file, A, E));
    assert_ok(checkpoint_open(&again, c->now_note, &public, A, E));
    assert_str(again.origin, ORIGIN);
    assert_int(again.size, LEAVES);
    cr_assert(hash_equal(&again.root, &c->now.root));
    struct str root = base64_text(A, (struct bytes){c->now.root.bytes, 32});
    struct str wanted = str_format(A, ORIGIN "\n23\n%.*s\n\n\xe2\x80\x94 " ORIGIN " ", STR_ARG(root));
    cr_assert(str_starts(c->now_note, wanted.ptr), "%.*s", STR_ARG(c->now_note));
    claims_end(c);
}

Test(checkpoint, of_another_ledger_or_signed_by_another_key_is_refused)
{
    struct claims *c = claims_begin();
    struct checkpoint_key *same_name = key_made("second", ORIGIN),
                          *other = key_made("third", "daybook/other");
    struct checkpoint again = {.size = 0};
    struct str note = STR_NONE;
    assert_err(checkpoint_open(&again, c->now_note, checkpoint_key_public(same_name), A, E), ERR_TAMPERED,
               "'" ORIGIN "' did not sign it with this key");
    assert_err(checkpoint_key_sign(&note, other, &c->now, A, E), ERR_INVALID,
               "the key is of another ledger, 'daybook/other'");
    checkpoint_key_close(same_name);
    checkpoint_key_close(other);
    claims_end(c);
}

/* ---- attacks ---- */

typedef enum err check_fn(struct claims *c, struct str text);

static enum err check_note(struct claims *c, struct str text)
{
    struct checkpoint at = {.size = 0};
    return checkpoint_open(&at, text, c->public, A, E);
}

static enum err check_record(struct claims *c, struct str text)
{
    struct proof_text p = {.number = 0};
    struct checkpoint at = {.size = 0};
    enum err err = proof_text_read(&p, text, A, E);
    return err == OK ? proof_check_record(&at, &p, c->public, &c->leaves[9], A, E) : err;
}

static enum err check_growth(struct claims *c, struct str text)
{
    struct proof_text p = {.number = 0};
    struct checkpoint at = {.size = 0};
    enum err err = proof_text_read(&p, text, A, E);
    return err == OK ? proof_check_growth(&at, &p, c->public, &c->old, A, E) : err;
}

static void refused(struct claims *c, check_fn *check, struct str text, const char *what, size_t at)
{
    enum err err = check(c, text);
    cr_assert(err == ERR_INVALID || err == ERR_TAMPERED, "%s at %zu: %s", what, at, err_word(err));
}

/* Every bit flipped, every byte left out or doubled, every end cut off, and something behind it. */
static void attack(struct claims *c, check_fn *check, struct str text)
{
    char *bad = arena_take_raw(A, text.len + 2);
    assert_ok(check(c, text));
    for (size_t i = 0; i < text.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(bad, text.ptr, text.len);
            bad[i] = (char)(bad[i] ^ (char)(1U << bit));
            refused(c, check, (struct str){bad, text.len}, "flipped", i);
        }
        memcpy(bad, text.ptr, i);
        refused(c, check, (struct str){bad, i}, "cut", i);
        memcpy(bad + i, text.ptr + i + 1, text.len - i - 1);
        refused(c, check, (struct str){bad, text.len - 1}, "left out", i);
        memcpy(bad, text.ptr, i + 1);
        memcpy(bad + i + 1, text.ptr + i, text.len - i);
        refused(c, check, (struct str){bad, text.len + 1}, "doubled", i);
    }
}

Test(checkpoint, no_byte_of_a_checkpoint_can_be_changed_cut_or_added)
{
    struct claims *c = claims_begin();
    attack(c, check_note, c->now_note);
    claims_end(c);
}

Test(checkpoint, no_byte_of_the_proof_of_a_record_can_be_changed_cut_or_added)
{
    struct claims *c = claims_begin();
    attack(c, check_record, proof_text(A, &c->record));
    claims_end(c);
}

Test(checkpoint, no_byte_of_the_proof_of_growth_can_be_changed_cut_or_added)
{
    struct claims *c = claims_begin();
    attack(c, check_growth, proof_text(A, &c->growth));
    claims_end(c);
}

Test(checkpoint, a_proof_is_of_one_record_and_one_older_checkpoint_only)
{
    struct claims *c = claims_begin();
    struct checkpoint at = {.size = 0}, other = c->old;
    assert_err(proof_check_record(&at, &c->record, c->public, &c->leaves[8], A, E), ERR_TAMPERED,
               "the record is not number 9 of the 23 that the checkpoint is of");
    other.root.bytes[31] ^= 1;
    assert_err(proof_check_growth(&at, &c->growth, c->public, &other, A, E), ERR_TAMPERED,
               "the older checkpoint's 14 records are not the first of the 23");
    other = c->old;
    other.origin = STR("daybook/other");
    assert_err_says(proof_check_growth(&at, &c->growth, c->public, &other, A, E), ERR_TAMPERED,
                    "are not the first");
    assert_err(proof_check_record(&at, &c->growth, c->public, &c->leaves[9], A, E), ERR_INVALID,
               "it is a proof of growth from an older checkpoint");
    assert_err(proof_check_growth(&at, &c->record, c->public, &c->old, A, E), ERR_INVALID,
               "it is a proof of one record");
    struct proof_text forged = c->record; /* a root that nobody signed proves nothing */
    forged.note = str_format(A, "%.*s", STR_ARG(c->old_note));
    assert_err_says(proof_check_record(&at, &forged, c->public, &c->leaves[9], A, E), ERR_TAMPERED,
                    "the record is not number 9 of the 14");
    claims_end(c);
}

/* ---- the key file ---- */

Test(checkpoint, a_key_file_is_for_its_owner_alone_and_never_written_over)
{
    struct checkpoint_key *k = key_made("signer", ORIGIN);
    struct stat st = {0};
    struct str before = test_read(test_path("signer"));
    cr_assert(stat(test_path("signer"), &st) == 0);
    assert_int(st.st_mode & 0777, 0600);
    assert_err_says(checkpoint_key_create(test_path("signer"), STR(ORIGIN), world_real(), A, E), ERR_REFUSED,
                    "there is one already");
    cr_assert(str_equal(before, test_read(test_path("signer"))));
    cr_assert(unlink(test_path("signer")) == 0); /* whose public key is told already is not made anew */
    assert_err_says(checkpoint_key_create(test_path("signer"), STR(ORIGIN), world_real(), A, E), ERR_REFUSED,
                    "there is one already");
    checkpoint_key_close(k);
}

Test(checkpoint, a_key_file_that_others_may_read_or_that_is_damaged_is_refused)
{
    struct checkpoint_key *k = key_made("signer", ORIGIN), *again = NULL;
    struct str text = test_read(test_path("signer"));
    assert_err_says(checkpoint_key_open(&again, test_path("none"), E), ERR_NOT_FOUND, "there is none");
    cr_assert(chmod(test_path("signer"), 0644) == 0);
    assert_err_says(checkpoint_key_open(&again, test_path("signer"), E), ERR_INVALID, "mode is 0644");
    cr_assert(chmod(test_path("signer"), 0600) == 0);
    for (size_t i = 0; i + 1 < text.len; i++) { /* all but the line end */
        char *bad = arena_take_raw(A, text.len);
        memcpy(bad, text.ptr, text.len);
        bad[i] = (char)(bad[i] ^ 1);
        test_write(test_path("signer"), (struct str){bad, text.len});
        enum err err = checkpoint_key_open(&again, test_path("signer"), E);
        cr_assert(err == ERR_INVALID, "byte %zu: %s", i, err_word(err));
        cr_assert(strstr(E->text, "PRIVATE+KEY") == NULL && strstr(E->text, text.ptr + 45) == NULL);
    }
    checkpoint_key_close(k);
}

/* ---- the code on a document ---- */

Test(checkpoint, a_documents_code_is_four_lines_and_read_in_no_other_way)
{
    struct receipt_code c = {.origin = STR("daybook/0123456789abcdef"), .seq = 42}, read = {.seq = 0};
    memset(c.leaf.bytes, 0xab, sizeof c.leaf.bytes);
    struct str text = receipt_code_text(A, &c);
    assert_str(text, "daybook-receipt@v1\ndaybook/0123456789abcdef\n42\n"
                     "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n");
    assert_ok(receipt_code_read(&read, text, A, E));
    cr_assert(str_equal(receipt_code_text(A, &read), text));
    static const char *const others[] = {
        "",
        "daybook-receipt@v2\ndaybook/0123456789abcdef\n42\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n",
        "daybook-receipt@v1\n\n42\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n",
        "daybook-receipt@v1\ndaybook/0123456789abcdef\n042\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n",
        "daybook-receipt@v1\ndaybook/0123456789abcdef\n42\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6t=\n",
        "daybook-receipt@v1\ndaybook/0123456789abcdef\n42\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=",
        "daybook-receipt@v1\ndaybook/0123456789abcdef\n42\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n\n",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_err(receipt_code_read(&read, str_of(others[i]), A, E), ERR_INVALID,
                   "it is not the four lines of a document's code");
}
