/* SPDX-License-Identifier: MIT */
/* token.c - see token.h. */
#include "billing/token.h"

static const char label[] = "daybook/v1/token";
static const char prefix[] = "dbk_";

void token_wipe(struct bytes text)
{
    void *memory = NULL;
    memcpy(&memory, &text.ptr, sizeof memory);
    explicit_bzero(memory, text.len);
}

static struct hash digest(struct bytes a, struct bytes b)
{
    struct hasher *h = hasher_new();
    struct hash out;
    hasher_digest(h, out.bytes, a, b, (struct bytes){0});
    hasher_free(h);
    return out;
}

static struct hash check_of(const uint8_t *random)
{
    return digest((struct bytes){(const uint8_t *)label, sizeof label - 1},
                  (struct bytes){random, TOKEN_RANDOM});
}

static void swap_digits(char *text, const char from[2], const char to[2])
{
    for (size_t i = 0; i < TOKEN_DIGITS; i++) {
        if (text[i] == from[0])
            text[i] = to[0];
        else if (text[i] == from[1])
            text[i] = to[1];
    }
}

struct str token_make(struct hash *sha256, struct world world, struct arena *a)
{
    uint8_t raw[TOKEN_RANDOM + TOKEN_CHECK];
    char *text = arena_take_raw(a, TOKEN_TEXT + 1);
    world.random(world.self, raw, TOKEN_RANDOM);
    struct hash check = check_of(raw);
    memcpy(raw + TOKEN_RANDOM, check.bytes, TOKEN_CHECK);
    struct str digits = base64_text(a, (struct bytes){raw, sizeof raw});
    assert(digits.len == TOKEN_DIGITS);
    memcpy(text, prefix, TOKEN_PREFIX);
    memcpy(text + TOKEN_PREFIX, digits.ptr, TOKEN_DIGITS);
    text[TOKEN_TEXT] = '\0';
    swap_digits(text + TOKEN_PREFIX, "+/", "-_");
    explicit_bzero(raw, sizeof raw);
    token_wipe(str_bytes(digits));
    *sha256 = digest((struct bytes){(const uint8_t *)text, TOKEN_TEXT}, (struct bytes){0});
    return (struct str){text, TOKEN_TEXT};
}

/* Takes the digits of base64url as those of base64, of which the other two are none here. */
static bool decode(uint8_t raw[TOKEN_RANDOM + TOKEN_CHECK], struct str text)
{
    char digits[TOKEN_DIGITS];
    struct error unused;
    struct bytes out = {0};
    memcpy(digits, text.ptr + TOKEN_PREFIX, TOKEN_DIGITS);
    bool other = memchr(digits, '+', TOKEN_DIGITS) != NULL || memchr(digits, '/', TOKEN_DIGITS) != NULL;
    swap_digits(digits, "-_", "+/");
    struct arena *a = arena_new();
    bool good = !other && base64_decode(&out, (struct str){digits, TOKEN_DIGITS}, a, &unused) == OK &&
                out.len == TOKEN_RANDOM + TOKEN_CHECK;
    if (good) {
        memcpy(raw, out.ptr, TOKEN_RANDOM + TOKEN_CHECK);
        token_wipe(out);
    }
    arena_free(a);
    explicit_bzero(digits, sizeof digits);
    return good;
}

struct shown_token token_read(struct str text)
{
    uint8_t raw[TOKEN_RANDOM + TOKEN_CHECK];
    struct shown_token out = {.form = TOKEN_MISSPELT};
    if (text.len == TOKEN_TEXT && str_starts(text, prefix) && decode(raw, text)) {
        struct hash check = check_of(raw);
        if (memcmp(check.bytes, raw + TOKEN_RANDOM, TOKEN_CHECK) == 0) out.form = TOKEN_SHOWN;
        explicit_bzero(raw, sizeof raw);
    }
    if (out.form == TOKEN_SHOWN)
        out.sha256 = digest((struct bytes){(const uint8_t *)text.ptr, text.len}, (struct bytes){0});
    return out;
}
