/* SPDX-License-Identifier: MIT */
/* messages.c - see messages.h. */
#include "tests/importers/messages.h"

#define SECRET "whsec_the_endpoints_secret"

struct webhook_door door_of(struct bank *b, struct webhook_secret *secret)
{
    *secret = (struct webhook_secret){.secret = STR(SECRET)};
    return (struct webhook_door){.ledger = b->l,
                                 .secrets = {.items = secret, .count = 1},
                                 .world = WEBHOOK_TEST,
                                 .now = b->sim.now,
                                 .actor = STR("stripe")};
}

struct str signature_of(struct bank *b, struct str body)
{
    char *header = stripe_server_sign(body.ptr, body.len, SECRET, b->sim.now.us / 1000000);
    struct str copy = str_copy(A, str_of(header));
    free(header);
    return copy;
}

enum err hear(struct webhook *out, struct bank *b, struct str body, const struct gateway *g, struct error *e)
{
    struct webhook_secret secret;
    struct webhook_door d = door_of(b, &secret);
    d.gateway = g;
    return webhook_handle(out, &d, signature_of(b, body), str_bytes(body), A, e);
}

struct webhook deliver(struct bank *b, const char *body)
{
    struct webhook w = {0};
    assert_ok(hear(&w, b, str_of(body), NULL, E));
    return w;
}

struct webhook deliver_asking(struct bank *b, const char *body)
{
    struct webhook w = {0};
    assert_ok(hear(&w, b, str_of(body), &b->g, E));
    return w;
}

void assert_outcome(struct webhook w, enum webhook_outcome wanted)
{
    cr_assert(w.outcome == wanted, "%.*s is %s: %.*s", STR_ARG(w.type),
              choice_webhook_outcome.words[w.outcome], STR_ARG(w.what));
}

void assert_settled(struct webhook w)
{
    cr_assert(w.outcome != WEBHOOK_WAITING && w.outcome != WEBHOOK_ATTENTION, "%.*s: %.*s", STR_ARG(w.type),
              STR_ARG(w.what));
}

char **events_of(struct bank *b, size_t *count)
{
    char **all = NULL;
    size_t capacity = 0;
    uint64_t after = 0;
    *count = 0;
    for (char *one = NULL; (one = stripe_server_event(b->server, &after)) != NULL; free(one)) {
        all = arena_grow(A, all, *count, &capacity, sizeof *all);
        all[(*count)++] = str_cstring(A, str_of(one));
    }
    return all;
}

const char *event_of_type(struct bank *b, const char *type)
{
    size_t count = 0;
    char **all = events_of(b, &count);
    const char *wanted = str_cstring(A, str_format(A, "\"type\":\"%s\"", type)), *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (strstr(all[i], wanted) != NULL) found = all[i];
    }
    cr_assert(found != NULL, "the server told no %s", type);
    return found;
}
