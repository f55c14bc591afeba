/* SPDX-License-Identifier: MIT */
/* test_time_stamp.c - time stamps that openssl made (tests/interop/make_authority.sh): accepted for what was
 * stamped, by the authority that one trusts, and refused otherwise. stamps/good.tsr is of the text "stamped";
 * late.tsr is of the same, by a certificate that had run out in 2021. */
#include <string.h>

#include "tests/store/ledgers.h"

TestSuite(time_stamp, .init = test_begin, .fini = test_end);

#define AUTHORITY "tests/store/stamps/ca.pem"
static const uint64_t nonce = UINT64_C(0x51E59D84F291D0F2);

static struct time_stamp_query query_of(const char *text)
{
    struct time_stamp_query q = {.nonce = 0};
    struct hasher *h = hasher_new();
    hasher_digest(h, q.imprint.bytes, str_bytes(str_of(text)), (struct bytes){0}, (struct bytes){0});
    hasher_free(h);
    return q;
}

static enum err checked(struct time_stamp *out, const char *file, const struct time_stamp_query *q,
                        const char *certificates)
{
    struct str path = str_format(A, "tests/store/stamps/%s", file);
    return time_stamp_check(out, str_bytes(test_read(path.ptr)), q, certificates, A, E);
}

Test(time_stamp, tells_when_and_by_whom)
{
    struct time_stamp t = {.is_certified = false};
    struct time_stamp_query q = query_of("stamped");
    assert_ok(checked(&t, "good.tsr", &q, AUTHORITY));
    assert_str(instant_text(A, t.at), "2026-11-27T10:00:40Z");
    assert_str(t.authority, "CN=Test stamps,O=Test");
    cr_assert(t.is_certified);
    q.nonce = nonce;
    assert_ok(checked(&t, "good.tsr", &q, NULL));
    cr_assert(!t.is_certified); /* it fits, but whoever signed it was not looked at */
}

Test(time_stamp, holds_for_what_was_stamped_and_who_is_trusted_alone)
{
    struct time_stamp t = {.is_certified = false};
    struct time_stamp_query q = query_of("stamped"), other = query_of("changed");
    assert_err_says(checked(&t, "good.tsr", &other, AUTHORITY), ERR_TAMPERED, "message imprint mismatch");
    assert_err_says(checked(&t, "good.tsr", &other, NULL), ERR_TAMPERED, "message imprint mismatch");
    assert_err_says(checked(&t, "good.tsr", &q, "tests/store/stamps/other_ca.pem"), ERR_TAMPERED,
                    "certificate verify error");
    q.nonce = nonce + 1; /* an older answer again */
    assert_err_says(checked(&t, "good.tsr", &q, AUTHORITY), ERR_TAMPERED, "nonce mismatch");
    q.nonce = 0;
    assert_err_says(checked(&t, "late.tsr", &q, "tests/store/stamps/late_ca.pem"), ERR_TAMPERED,
                    "certificate has expired");
    assert_err(checked(&t, "good.tsr", &q, "tests/store/stamps/good.tsr"), ERR_INVALID,
               "'tests/store/stamps/good.tsr' is no file of certificates");
}

/* The token carries a copy of the authority's certificate, which nobody looks at who has it from elsewhere;
 * all else is signed. */
Test(time_stamp, a_changed_byte_never_makes_it_say_something_else)
{
    struct time_stamp t, was;
    struct time_stamp_query q = query_of("stamped");
    struct str good = test_read("tests/store/stamps/good.tsr");
    size_t refused = 0;
    assert_ok(time_stamp_check(&was, str_bytes(good), &q, AUTHORITY, A, E));
    for (size_t i = 0; i < good.len; i++) {
        char *changed = str_cstring(A, good);
        changed[i] = (char)(changed[i] ^ 1);
        enum err err =
            time_stamp_check(&t, (struct bytes){(uint8_t *)changed, good.len}, &q, AUTHORITY, A, E);
        if (err != OK) refused++;
        if (err == OK)
            cr_assert(t.at.us == was.at.us && str_equal(t.authority, was.authority), "byte %zu", i);
    }
    cr_assert(refused > good.len * 2 / 3, "%zu of %zu", refused, good.len);
}

Test(time_stamp, what_is_no_answer_is_refused)
{
    struct time_stamp t;
    struct time_stamp_query q = query_of("stamped");
    struct str good = test_read("tests/store/stamps/good.tsr");
    const char *sentence = "it is no answer of a time-stamp authority";
    assert_err(time_stamp_check(&t, (struct bytes){0}, &q, NULL, A, E), ERR_INVALID, sentence);
    for (size_t len = 1; len < good.len; len++)
        cr_assert(time_stamp_check(&t, (struct bytes){(const uint8_t *)good.ptr, len}, &q, NULL, A, E) != OK);
    struct buffer b = {.arena = A};
    buffer_add(&b, good.ptr, good.len);
    buffer_add_byte(&b, 0);
    assert_err(time_stamp_check(&t, (struct bytes){b.ptr, b.len}, &q, NULL, A, E), ERR_INVALID, sentence);
    static const uint8_t refused[] = {0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02}; /* status 2: rejection */
    assert_err(time_stamp_check(&t, (struct bytes){refused, sizeof refused}, &q, NULL, A, E), ERR_REFUSED,
               "the authority did not stamp it: its status is 2");
    static const uint8_t empty[] = {0x30, 0x05, 0x30, 0x03,
                                    0x02, 0x01, 0x00}; /* granted, and nothing there */
    assert_err(time_stamp_check(&t, (struct bytes){empty, sizeof empty}, &q, NULL, A, E), ERR_INVALID,
               sentence);
    b.len = 0;
    for (size_t i = 0; i <= LIMIT_TIME_STAMP_BYTES; i++) buffer_add_byte(&b, 0x30);
    assert_err_says(time_stamp_check(&t, (struct bytes){b.ptr, b.len}, &q, NULL, A, E), ERR_LIMIT, "65536");
}

Test(time_stamp, a_request_asks_for_the_hash_the_certificate_and_the_nonce)
{
    struct bytes der = {0};
    struct time_stamp_query q = query_of("stamped");
    q.nonce = nonce;
    assert_ok(time_stamp_request(&der, &q, A, E));
    /* SEQUENCE { 1, { { sha256, NULL }, 32 bytes }, nonce, TRUE }, byte by byte as RFC 3161 has it */
    static const uint8_t head[] = {0x30, 0x43, 0x02, 0x01, 0x01, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
                                   0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    static const uint8_t tail[] = {0x02, 0x08, 0x51, 0xe5, 0x9d, 0x84, 0xf2,
                                   0x91, 0xd0, 0xf2, 0x01, 0x01, 0xff};
    assert_int(der.len, sizeof head + 32 + sizeof tail);
    cr_assert(memcmp(der.ptr, head, sizeof head) == 0);
    cr_assert(memcmp(der.ptr + sizeof head, q.imprint.bytes, 32) == 0);
    cr_assert(memcmp(der.ptr + sizeof head + 32, tail, sizeof tail) == 0);
}
