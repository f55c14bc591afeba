/* SPDX-License-Identifier: MIT */
/* Whether a webhook came from Stripe: the signatures are those that Python's hmac makes of "1767225600." and
 * the body. 1767225600 is 2026-01-01T00:00:00Z. */
#include "importers/stripe_signature.h"
#include "tests/lib/fixture.h"

#define ONE  "aac59ae04f46c55eb66070b9223a4510543c5a58811739bcdb300f6dc0a1a711"
#define TWO  "69a8d449a2d32b3c155b3bceb4b7ecd4b6ec714050d9f91abcba58c478a9863f"
#define BODY "{\"id\":\"evt_1\",\"object\":\"event\"}"

TestSuite(stripe_signature, .init = test_begin, .fini = test_end);

static enum err check(int64_t *ahead, const char *header, const char *body, const char *now)
{
    struct webhook_secret one = {.secret = STR("whsec_test_secret_one")};
    struct webhook_secrets secrets = {.items = &one, .count = 1};
    return stripe_signature_check(ahead, str_of(header), str_bytes(str_of(body)), &secrets, moment(now), A,
                                  E);
}

Test(stripe_signature, each_header_is_taken_or_refused_as_it_says)
{
    static const char none[] = "the signature is not that of this body by any secret that is valid now";
    static const struct {
        const char *header;
        const char *refused; /* NULL: taken */
    } table[] = {
        {"t=1767225600,v1=" ONE, NULL},
        {"t=1767225600, v1=" ONE, NULL},
        {"v1=" ONE ",t=1767225600", NULL},
        {"t=1767225600,v1=" TWO ",v1=" ONE, NULL},
        {"t=1767225600,v1=" ONE ",v1=" TWO ",v0=abc", NULL},
        {"t=1767225600,v1=abc,v1=" ONE ",nonsense,,=", NULL},
        {"t=1767225600,v1=" TWO, none},
        {"t=1767225601,v1=" ONE, none},
        {"t=01767225600,v1=" ONE, none},
        {"t=1767225600,v0=" ONE, "the signature has no part of the scheme v1"},
        {"t=1767225600,V1=" ONE, "the signature has no part of the scheme v1"},
        {"t=1767225600", "the signature has no part of the scheme v1"},
        {"v1=" ONE, "the signature names no time"},
        {"t=,v1=" ONE, "the signature's time is no number of seconds"},
        {"t=12x,v1=" ONE, "the signature's time is no number of seconds"},
        {"t=-5,v1=" ONE, "the signature's time is no number of seconds"},
        {"t=1234567890123,v1=" ONE, "the signature's time is no number of seconds"},
        {"t=1767225600,t=1767225600,v1=" ONE, "the signature names two times"},
        {"", "the signature is missing"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        int64_t ahead = 0;
        enum err err = check(&ahead, table[i].header, BODY, "2026-01-01T00:00:10Z");
        if (table[i].refused == NULL)
            cr_assert(err == OK, "%s: %s", table[i].header, E->text);
        else
            assert_err_says(err, ERR_INVALID, table[i].refused);
    }
}

Test(stripe_signature, capital_hexadecimal_digits_are_taken)
{
    char header[128] = "t=1767225600,v1=" ONE;
    int64_t ahead = 0;
    for (char *c = strstr(header, "v1=") + 3; *c != 0; c++) {
        if (*c >= 'a' && *c <= 'f') *c = "ABCDEF"[*c - 'a'];
    }
    assert_ok(check(&ahead, header, BODY, "2026-01-01T00:00:00Z"));
}

Test(stripe_signature, the_body_is_signed_byte_by_byte)
{
    static const char header[] = "t=1767225600,v1=" ONE;
    int64_t ahead = 0;
    assert_err_says(check(&ahead, header, BODY "\n", "2026-01-01T00:00:00Z"), ERR_INVALID,
                    "is not that of this body");
    assert_err_says(check(&ahead, header, "{\"id\": \"evt_1\",\"object\":\"event\"}", "2026-01-01T00:00:00Z"),
                    ERR_INVALID, "is not that of this body");
    assert_err_says(check(&ahead, header, "", "2026-01-01T00:00:00Z"), ERR_INVALID,
                    "is not that of this body");
}

Test(stripe_signature, what_is_old_is_refused_and_what_is_ahead_is_taken)
{
    static const char header[] = "t=1767225600,v1=" ONE;
    int64_t ahead = 0;
    assert_ok(check(&ahead, header, BODY, "2026-01-01T00:05:00Z"));
    assert_int(ahead, 0);
    assert_err_says(check(&ahead, header, BODY, "2026-01-01T00:05:01Z"), ERR_INVALID,
                    "the signature is 301 seconds old, and may be 300");
    assert_ok(check(&ahead, header, BODY, "2025-12-31T23:00:00Z"));
    assert_int(ahead, 3600);
    /* An old one that is not even genuine is told as that. */
    assert_err_says(check(&ahead, "t=1767225600,v1=" TWO, BODY, "2027-01-01T00:00:00Z"), ERR_INVALID,
                    "is not that of this body");
}

Test(stripe_signature, a_secret_counts_until_its_end)
{
    struct webhook_secrets two = {0};
    struct str text = STR("# the old one goes\nwhsec_test_secret_one until 2026-01-01T00:01:00Z\r\n\n  "
                          "whsec_test_secret_two\n");
    struct str body = STR(BODY);
    int64_t ahead = 0;
    assert_ok(webhook_secrets_parse(&two, text, A, E));
    assert_int(two.count, 2);
    assert_ok(stripe_signature_check(&ahead, STR("t=1767225600,v1=" ONE), str_bytes(body), &two,
                                     moment("2026-01-01T00:00:59Z"), A, E));
    assert_err_says(stripe_signature_check(&ahead, STR("t=1767225600,v1=" ONE), str_bytes(body), &two,
                                           moment("2026-01-01T00:01:00Z"), A, E),
                    ERR_INVALID, "by any secret that is valid now");
    assert_ok(stripe_signature_check(&ahead, STR("t=1767225600,v1=" TWO), str_bytes(body), &two,
                                     moment("2026-01-01T00:01:00Z"), A, E));
}

Test(stripe_signature, a_file_of_secrets_is_refused_with_its_line_and_never_quoted)
{
    static const struct {
        const char *text, *refused;
    } table[] = {
        {"", "there is no secret in it"},
        {"\n# none\n   \n", "there is no secret in it"},
        {"whsec_test_secret_one\nsk_test_0123456789abcdef\n", "line 2: no secret, as in 'whsec_…'"},
        {"whsec_\n", "line 1: no secret"},
        {"whsec_test_secret_one and more\n", "line 1: no secret"},
        {"whsec_test_secret_one until tomorrow\n", "line 1: "},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct webhook_secrets out = {0};
        assert_err_says(webhook_secrets_parse(&out, str_of(table[i].text), A, E), ERR_INVALID,
                        table[i].refused);
        cr_assert_null(strstr(E->text, "secret_one"));
        cr_assert_null(strstr(E->text, "0123456789"));
    }
}
