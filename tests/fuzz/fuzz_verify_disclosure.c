/* SPDX-License-Identifier: MIT */
/* fuzz_verify_disclosure.c - any bytes as a disclosure, by daybook-verify. Without a trusted key nothing is
 * verified, and nothing of it is shown. */
#include "billing/verify/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct str text)
{
    struct arena *a = arena_new();
    const struct question q = {.path = "disclosure"};
    struct finding f = {.kind = ""};
    enum err err = verify_disclosure(&f, text, &q, a);
    assert(err == ERR_INVALID || err == ERR_TAMPERED || err == ERR_INCOMPLETE || err == ERR_LIMIT);
    assert(f.fault.error.text[0] != '\0');
    finding_close(&f);
    arena_free(a);
}

/* Half of the time behind a head that is right, so that more is reached. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char head[] =
        "{\"format\": \"daybook-disclosure@v1\", \"checkpoint\": \"o\\n1\\n"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\\n\\n\xe2\x80\x94 o AAAAAAA=\\n\", \"records\": [";
    struct buffer b = {.arena = NULL};
    check((struct str){(const char *)data, size});
    buffer_add(&b, head, sizeof head - 1);
    if (size > 0) buffer_add(&b, data, size);
    check((struct str){(const char *)b.ptr, b.len});
    buffer_free(&b);
    return 0;
}
