/* SPDX-License-Identifier: MIT */
/* fuzz_tax_id.c - the check of tax ids, of every country: no crash, and what is taken is taken however it is
 * written. The first two bytes are the country. */
#include "ledger/book.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In small letters, with a hyphen between any two. */
static struct str rewritten(struct str s, struct arena *a)
{
    struct buffer b = {.arena = a};
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (i > 0) buffer_add_byte(&b, '-');
        buffer_add_byte(&b, (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
    }
    return (struct str){(const char *)b.ptr, b.len};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct error e = {0};
    if (size < 2) {
        arena_free(a);
        return 0;
    }
    struct str country = {(const char *)data, 2}, id = {(const char *)data + 2, size - 2};
    enum err err = tax_id_check(id, country, &e);
    assert(err == OK || err == ERR_INVALID);
    assert(tax_id_check(rewritten(id, a), country, &e) == err);
    (void)!tax_id_check(id, STR_NONE, &e);
    arena_free(a);
    return 0;
}
