/* SPDX-License-Identifier: MIT */
/* fuzz_verify_record.c - any bytes as a record and as a plaintext, by daybook-verify. A record that is taken
 * has the size it says; a plaintext that is taken is one array, and shows as a text that does nothing to a
 * terminal. */
#include "billing/verify/msgpack.h"
#include "billing/verify/record.h"
#include "billing/verify/show.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_record(struct bytes whole)
{
    struct error e = {0};
    struct record r = {.class_ = 0};
    struct chain c = {.size = 0}, later = {.begin = 7, .size = 7}, before = {.size = 7};
    struct digest leaf = {{0}};
    uint64_t bad = 0;
    if (record_read(&r, whole, &e) != OK) return;
    assert(r.body.len + RECORD_HEADER == whole.len && r.class_ >= 1 && r.class_ <= CLASS_LAST);
    leaf_of(&leaf, whole);
    enum err err = chain_add(&c, &r, &leaf, &e);
    assert(err == ERR_TAMPERED ||
           (err == OK && r.seq == 0 && c.size == 1 && strlen(c.origin) == ORIGIN_BYTES));
    err = chain_add(&later, &r, &leaf, &e);
    if (err == OK) err = chain_join(&before, &later, &bad, &e);
    assert(err == OK || bad == 0 || bad == r.seq);
}

static void check_plaintext(struct bytes plaintext)
{
    struct error e = {0};
    struct buffer b = {.arena = NULL};
    if (show_plaintext(&b, plaintext, &e) == OK) {
        assert(is_one_array(plaintext));
        for (size_t i = 0; i < b.len; i++) assert(b.ptr[i] >= ' ' && b.ptr[i] != 0x7f);
    }
    buffer_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_record((struct bytes){data, size});
    check_plaintext((struct bytes){data, size});
    return 0;
}
