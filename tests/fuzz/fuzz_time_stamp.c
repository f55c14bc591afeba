/* SPDX-License-Identifier: MIT */
/* fuzz_time_stamp.c - any bytes as the answer of a time-stamp authority: none of them is a stamp of a hash
 * that nobody asked about. */
#include <string.h>

#include "ledger/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct time_stamp t;
    struct time_stamp_query q = {.imprint = {{1, 2, 3}}, .nonce = size % 2 == 0 ? 5 : 0};
    enum err err = time_stamp_check(&t, (struct bytes){data, size}, &q, NULL, a, &e);
    assert(err != OK && e.text[0] != 0);
    arena_free(a);
    return 0;
}
