/* SPDX-License-Identifier: MIT */
/* stripe_signature.c - see stripe_signature.h. The signature is checked before its age, and all candidates
 * are compared in constant time, so that whoever tries learns nothing but that it was no good. */
#include "importers/stripe_signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum { SIGNATURE_BYTES = 32, TIME_DIGITS = 12, US_PER_SECOND = 1000000 };

/* ---- the header ---- */

struct claim {
    struct str time; /* as it stands there, for it is signed */
    uint64_t at;
    uint8_t signatures[LIMIT_WEBHOOK_SIGNATURES][SIGNATURE_BYTES];
    size_t count;
};

static enum err take_time(struct claim *c, struct str text, struct error *e)
{
    struct error unused;
    if (c->time.len > 0) return fail(e, ERR_INVALID, "the signature names two times");
    if (text.len > TIME_DIGITS || uint_parse(&c->at, text, &unused) != OK)
        return fail(e, ERR_INVALID, "the signature's time is no number of seconds");
    c->time = text;
    return OK;
}

/* Other schemes are no concern of ours, so that nobody can make us trust a weaker one; what is no signature
 * at all is skipped. */
static enum err take_pair(struct claim *c, struct str pair, struct error *e)
{
    struct error unused;
    if (str_starts(pair, "t=")) return take_time(c, (struct str){pair.ptr + 2, pair.len - 2}, e);
    if (!str_starts(pair, "v1=") || c->count == LIMIT_WEBHOOK_SIGNATURES) return OK;
    struct str hex = {pair.ptr + 3, pair.len - 3};
    if (hex_decode(c->signatures[c->count], SIGNATURE_BYTES, hex, &unused) == OK) c->count++;
    return OK;
}

static enum err read_header(struct claim *c, struct str header, struct error *e)
{
    *c = (struct claim){0};
    if (header.len == 0) return fail(e, ERR_INVALID, "the signature is missing");
    if (header.len > LIMIT_WEBHOOK_SIGNATURE_BYTES) {
        return fail(e, ERR_INVALID, "the signature is longer than %d bytes", LIMIT_WEBHOOK_SIGNATURE_BYTES);
    }
    for (struct str rest = header; rest.len > 0;) {
        const char *comma = memchr(rest.ptr, ',', rest.len);
        size_t len = comma == NULL ? rest.len : (size_t)(comma - rest.ptr);
        enum err err = take_pair(c, str_trim((struct str){rest.ptr, len}), e);
        if (err != OK) return err;
        size_t taken = comma == NULL ? len : len + 1;
        rest = (struct str){rest.ptr + taken, rest.len - taken};
    }
    if (c->time.len == 0) return fail(e, ERR_INVALID, "the signature names no time");
    if (c->count == 0) return fail(e, ERR_INVALID, "the signature has no part of the scheme v1");
    return OK;
}

/* ---- the check ---- */

static void sign(uint8_t out[SIGNATURE_BYTES], struct bytes text, struct str secret)
{
    size_t len = 0;
    unsigned char *made = EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, secret.ptr, secret.len, text.ptr,
                                    text.len, out, SIGNATURE_BYTES, &len);
    if (made == NULL || len != SIGNATURE_BYTES) WRONG("OpenSSL cannot compute HMAC-SHA-256");
}

static struct bytes signed_text(struct str time, struct bytes body, struct arena *a)
{
    struct buffer b = {.arena = a};
    buffer_add(&b, time.ptr, time.len);
    buffer_add_byte(&b, '.');
    buffer_add(&b, body.ptr, body.len);
    return (struct bytes){b.ptr, b.len};
}

static bool is_valid(const struct webhook_secret *s, struct instant now)
{
    return !instant_is_given(s->until) || now.us < s->until.us;
}

/* Every secret against every signature, whether one was found or not. */
static bool matches(const struct claim *c, struct bytes text, const struct webhook_secrets *secrets,
                    struct instant now)
{
    bool found = false;
    for (size_t i = 0; i < secrets->count; i++) {
        uint8_t made[SIGNATURE_BYTES];
        sign(made, text, secrets->items[i].secret);
        bool valid = is_valid(&secrets->items[i], now), same = false;
        for (size_t k = 0; k < c->count; k++)
            same |= CRYPTO_memcmp(made, c->signatures[k], SIGNATURE_BYTES) == 0;
        found |= same && valid;
        OPENSSL_cleanse(made, sizeof made);
    }
    return found;
}

enum err stripe_signature_check(int64_t *ahead, struct str header, struct bytes body,
                                const struct webhook_secrets *secrets, struct instant now, struct arena *a,
                                struct error *e)
{
    struct claim c;
    int64_t tolerance = secrets->tolerance == 0 ? WEBHOOK_TOLERANCE_DEFAULT : secrets->tolerance;
    enum err err = read_header(&c, header, e);
    if (err != OK) return err;
    if (!matches(&c, signed_text(c.time, body, a), secrets, now)) {
        return fail(e, ERR_INVALID, "the signature is not that of this body by any secret that is valid now");
    }
    int64_t age = now.us / US_PER_SECOND - (int64_t)c.at;
    if (age > tolerance) {
        return fail(e, ERR_INVALID, "the signature is %jd seconds old, and may be %jd", (intmax_t)age,
                    (intmax_t)tolerance);
    }
    *ahead = age < 0 ? -age : 0;
    return OK;
}

/* ---- the file of secrets ---- */

static bool is_blank(struct str s)
{
    return str_trim(s).len == 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* Its first word, which is taken off the line. */
static struct str take_word(struct str *line)
{
    struct str rest = str_trim(*line), word = {rest.ptr, 0};
    while (word.len < rest.len && !is_space(rest.ptr[word.len])) word.len++;
    *line = str_trim((struct str){rest.ptr + word.len, rest.len - word.len});
    return word;
}

/* "whsec_… until 2026-12-31T00:00:00Z" */
static enum err secret_parse(struct webhook_secret *out, struct str line, struct arena *a, struct error *e)
{
    struct str secret = take_word(&line), until = take_word(&line);
    bool is_one = str_starts(secret, "whsec_") && secret.len >= LIMIT_WEBHOOK_SECRET_MIN_BYTES;
    *out = (struct webhook_secret){.secret = str_copy(a, secret)};
    if (is_one && until.len == 0) return OK;
    if (is_one && str_is(until, "until")) return instant_parse(&out->until, line, e);
    return fail(e, ERR_INVALID, "no secret, as in 'whsec_…' or 'whsec_… until 2026-12-31T00:00:00Z'");
}

enum err webhook_secrets_parse(struct webhook_secrets *out, struct str text, struct arena *a, struct error *e)
{
    struct webhook_secret *items = arena_array_of(a, struct webhook_secret, LIMIT_WEBHOOK_SECRETS);
    size_t count = 0, number = 0;
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.ptr), taken = end == NULL ? len : len + 1;
        struct str line = {text.ptr, len};
        text = (struct str){text.ptr + taken, text.len - taken};
        number++;
        if (line.len > 0 && line.ptr[line.len - 1] == '\r') line.len--;
        if (is_blank(line) || line.ptr[0] == '#') continue;
        if (count == LIMIT_WEBHOOK_SECRETS)
            return fail(e, ERR_LIMIT, "line %zu: there may be %d secrets", number, LIMIT_WEBHOOK_SECRETS);
        enum err err = secret_parse(&items[count], line, a, e);
        if (err != OK) return wrap(e, "line %zu", number);
        count++;
    }
    if (count == 0) return fail(e, ERR_INVALID, "there is no secret in it");
    out->items = items;
    out->count = count;
    return OK;
}
