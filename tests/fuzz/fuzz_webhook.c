/* SPDX-License-Identifier: MIT */
/* fuzz_webhook.c - any bytes as a webhook: what stands before the first line end is the header, the rest the
 * body. No header of chance is genuine; what is read of a body passes the check that every command passes,
 * and is the same when it is read again. */
#include "importers/stripe_event.h"
#include "importers/stripe_signature.h"
#include "ledger/book.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_header(struct str header, struct bytes body, struct arena *a)
{
    struct error e = {0};
    struct webhook_secret secret = {.secret = STR("whsec_of_nobody_at_all")};
    struct webhook_secrets secrets = {.items = &secret, .count = 1};
    int64_t ahead = 0;
    struct instant now = {1767225600000000};
    enum err err = stripe_signature_check(&ahead, header, body, &secrets, now, a, &e);
    assert(err == ERR_INVALID);
}

static void check_body(struct bytes body, struct arena *a)
{
    struct error e = {0};
    struct command c = {.type = COMMAND_WEBHOOK_RECEIVE}, again = c;
    if (stripe_event_read(&c.webhook_receive, body, a, &e) != OK) return;
    enum err err = stripe_event_read(&again.webhook_receive, body, a, &e);
    assert(err == OK &&
           schema_equal(command_kind(c.type)->schema, &c.webhook_receive, &again.webhook_receive));
    assert(c.webhook_receive.event_id.len > 0 && c.webhook_receive.type.len > 0);
    err = command_check(&c, &e); /* may refuse what looks like a card; it must not fail otherwise */
    assert(err == OK || err == ERR_INVALID || err == ERR_LIMIT);
}

static void check_secrets(struct str text, struct arena *a)
{
    struct error e = {0};
    struct webhook_secrets out = {0};
    if (webhook_secrets_parse(&out, text, a, &e) != OK) return;
    assert(out.count > 0 && out.count <= LIMIT_WEBHOOK_SECRETS);
    for (size_t i = 0; i < out.count; i++) assert(str_starts(out.items[i].secret, "whsec_"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
    size_t len = end == NULL ? size : (size_t)(end - data), rest = end == NULL ? size : len + 1;
    struct str header = {(const char *)data, len};
    struct bytes body = {data + rest, size - rest};
    check_header(header, body, a);
    check_body(body, a);
    check_secrets((struct str){(const char *)data, size}, a);
    arena_free(a);
    return 0;
}
