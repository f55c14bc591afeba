/* SPDX-License-Identifier: MIT */
/* nonces.c COUNT - seals COUNT different records under one key in each of four worlds (good randomness, none
 * at all, some that repeats, and a machine that was cloned) and looks whether two have the same nonce.
 * Records are as the log makes them; only the chain is left out, which would make them differ even more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/store.h"

enum { PLAIN_BYTES = 40, PERIOD = 64 };

static void no_random(void *self, void *to, size_t len)
{
    (void)self;
    memset(to, 0, len);
}

/* The same 64 bytes again and again. */
static void short_random(void *self, void *to, size_t len)
{
    (void)self;
    for (size_t i = 0; i < len; i++) ((uint8_t *)to)[i] = (uint8_t)(i % PERIOD * 37);
}

static void must(enum err err, const struct error *e)
{
    if (err == OK) return;
    (void)fprintf(stderr, "%s\n", e->text);
    exit(1);
}

struct sealing {
    struct sealer *sealer;
    struct hasher *hasher;
    struct nonce_pool pool;
    uint8_t (*nonces)[NONCE_BYTES];
    size_t count;
};

/* Records from..to, of which each differs in its number only, in its plaintext only, or in both. */
static void seal(struct sealing *s, uint64_t from, uint64_t to, uint64_t branch)
{
    uint8_t record[RECORD_OVERHEAD_BYTES + PLAIN_BYTES];
    struct error e = {0};
    for (uint64_t i = from; i < to; i++) {
        uint8_t plain[PLAIN_BYTES] = {0};
        struct record_header h = {.class_ = RECORD_EVENTS, .seq = i / 2 * 2, .epoch = 1, .at = {1}};
        if (i % 2 == 1) be64_put(plain, i);
        be64_put(plain + 8, branch);
        must(record_seal(record, &h, (struct bytes){plain, sizeof plain}, s->sealer, s->hasher, &s->pool, &e),
             &e);
        memcpy(s->nonces[s->count++], h.nonce, NONCE_BYTES);
    }
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, NONCE_BYTES);
}

static size_t repeated(struct sealing *s)
{
    size_t same = 0;
    qsort(s->nonces, s->count, NONCE_BYTES, by_bytes);
    for (size_t i = 1; i < s->count; i++) same += memcmp(s->nonces[i - 1], s->nonces[i], NONCE_BYTES) == 0;
    return same;
}

/* A clone goes on from the same place with the same randomness, what was drawn before and what comes. */
static size_t in_world(struct sealing *s, struct world w, uint64_t count, bool cloned)
{
    s->count = 0;
    s->pool = (struct nonce_pool){.world = w};
    uint64_t shared = cloned ? count / 2 : count;
    seal(s, 0, shared, 0);
    if (!cloned) return repeated(s);
    struct nonce_pool same = s->pool;
    struct simulated_world before = *(struct simulated_world *)w.self;
    seal(s, shared, shared + count / 4, 1);
    s->pool = same;
    *(struct simulated_world *)w.self = before;
    seal(s, shared, shared + count / 4, 2);
    return repeated(s);
}

int main(int argc, char **argv)
{
    static const uint8_t key[KEY_BYTES] = {1, 2, 3};
    struct error e = {0};
    uint64_t count = 0;
    must(uint_parse(&count, str_of(argc == 2 ? argv[1] : ""), &e), &e);
    struct simulated_world seeded = {.state = 42};
    struct world good = world_real(), none = good, repeats = good, clone = world_simulated(&seeded);
    none.random = no_random;
    repeats.random = short_random;
    struct sealing s = {.hasher = hasher_new(), .nonces = calloc(count, NONCE_BYTES)};
    must(sealer_new(&s.sealer, key, &e), &e);
    const struct {
        const char *name;
        struct world world;
        bool cloned;
    } worlds[] = {
        {"good", good, false}, {"none", none, false}, {"repeats", repeats, false}, {"cloned", clone, true}};
    size_t all = 0;
    for (size_t i = 0; i < sizeof worlds / sizeof *worlds; i++) {
        size_t same = in_world(&s, worlds[i].world, count, worlds[i].cloned);
        if (same > 0) (void)fprintf(stderr, "randomness %s: %zu nonces repeat\n", worlds[i].name, same);
        all += same;
    }
    if (all == 0) printf("ok: %zu nonces in each of 4 worlds, none twice\n", (size_t)count);
    sealer_free(s.sealer);
    hasher_free(s.hasher);
    free(s.nonces);
    return all == 0 ? 0 : 1;
}
