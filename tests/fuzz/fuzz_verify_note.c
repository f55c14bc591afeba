/* SPDX-License-Identifier: MIT */
/* fuzz_verify_note.c - any bytes as keys, checkpoint and proof, by daybook-verify: nobody's signature is
 * found under what nobody signed, and a path of noise leads nowhere. */
#include "billing/verify/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_checkpoint(struct str text, struct arena *a)
{
    struct error e = {0};
    struct checkpoint c = {.size = 0};
    struct keys *nobody = arena_new_of(a, struct keys);
    if (checkpoint_read(&c, text, NULL, a, &e) != OK) return;
    assert(c.by == NULL && c.text.len > 0 && c.text.ptr[c.text.len - 1] == '\n');
    nobody->count = 1;
    nobody->of[0] = (struct key){.name = c.origin, .public = {7}};
    enum err err = checkpoint_read(&c, text, nobody, a, &e);
    assert(err == ERR_TAMPERED);
}

static void check_proof(struct str text, struct arena *a)
{
    struct error e = {0};
    struct proof p = {.number = 0};
    const struct digest leaf = {{1}}, root = {{2}};
    if (proof_read(&p, text, a, &e) != OK) return;
    assert(p.path.count <= PATH_HASHES_MAX && p.note.len <= text.len);
    assert(!path_includes(&p.path, p.number, &leaf, p.number + 9, &root));
    assert(!path_extends(&p.path, p.number, &leaf, p.number + 9, &root));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct keys *keys = arena_new_of(a, struct keys);
    struct str text = {(const char *)data, size};
    if (keys_read(keys, text, a, &e) == OK) assert(keys->count > 0 && keys->count <= KEYS_MAX);
    check_checkpoint(text, a);
    check_proof(text, a);
    arena_free(a);
    return 0;
}
