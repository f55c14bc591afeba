/* SPDX-License-Identifier: MIT */
/* fuzz_note.c - any bytes as a signed note, a checkpoint, a proof, a public key. What is accepted is what
 * would be written, byte for byte; and nobody's signature is found under what nobody signed. */
#include <string.h>

#include "ledger/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_key(struct str text, struct arena *a)
{
    struct error e = {0};
    struct note_key k = {.name = STR_NONE};
    if (note_key_parse(&k, text, a, &e) != OK) return;
    struct str again = note_key_text(a, &k);
    assert(str_starts(text, str_cstring(a, (struct str){again.ptr, k.name.len + 1})));
    struct note_key same = {.name = STR_NONE};
    enum err err = note_key_parse(&same, again, a, &e);
    assert(err == OK && memcmp(same.public, k.public, sizeof k.public) == 0);
}

static void check_note(struct str note, struct arena *a)
{
    static const uint8_t nobody[NOTE_PUBLIC_BYTES] = {7};
    struct error e = {0};
    struct str text = STR_NONE;
    struct checkpoint c = {.size = 0};
    struct note_key k = {.name = STR_NONE};
    if (note_split(&text, note, a, &e) != OK) return;
    assert(text.len > 0 && text.len < note.len && text.ptr[text.len - 1] == '\n');
    enum err err = note_key_of(&k, STR("daybook/0123456789abcdef"), nobody, &e);
    assert(err == OK);
    err = note_open(&text, note, &k, a, &e);
    assert(err == ERR_TAMPERED || err == ERR_INVALID || err == ERR_LIMIT);
    if (checkpoint_read(&c, note, a, &e) != OK) return;
    assert(str_equal(checkpoint_text(a, &c), text));
}

static void check_proof(struct str text, struct arena *a)
{
    struct error e = {0};
    struct proof_text p = {.number = 0};
    struct checkpoint at = {.size = 0}, old = {.size = 1};
    struct hash leaf = {{0}};
    struct note_key k = {.name = STR("daybook/0123456789abcdef")};
    if (proof_text_read(&p, text, a, &e) != OK) return;
    assert(str_equal(proof_text(a, &p), text));
    enum err err = proof_check_record(&at, &p, &k, &leaf, a, &e);
    assert(err != OK);
    err = proof_check_growth(&at, &p, &k, &old, a, &e);
    assert(err != OK);
}

/* Paths as they come: whatever the sizes, checking ends, and a path of noise leads nowhere. */
static void check_path(const uint8_t *data, size_t size)
{
    struct merkle_path p = {.count = 0};
    struct hash root = {{1}};
    struct hasher *h = hasher_new();
    if (size >= 16) {
        for (size_t at = 16; at + 32 <= size && p.count < MERKLE_PATH_MAX; at += 32)
            memcpy(p.hashes[p.count++].bytes, data + at, 32);
        bool is = merkle_includes(h, &p, be64_get(data), &root, be64_get(data + 8), &root);
        assert(!is || (p.count == 0 && be64_get(data) == 0 && be64_get(data + 8) == 1));
        is = merkle_extends(h, &p, be64_get(data), &root, be64_get(data + 8), &root);
        assert(!is || (p.count == 0 && be64_get(data) == be64_get(data + 8)));
    }
    hasher_free(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct str text = {(const char *)data, size};
    check_key(text, a);
    check_note(text, a);
    check_proof(text, a);
    check_path(data, size);
    arena_free(a);
    return 0;
}
