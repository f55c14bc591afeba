/* SPDX-License-Identifier: MIT */
/* stripe_shelf.c - all things of the test server by their ids, and in the order in which they were made:
 * finding one and walking from one to its neighbours cost the same however many there are. */
#include <time.h>

#include "tests/lib/stripe_inside.h"

static const char *const prefixes[SS_KINDS] = {
    [SS_CUSTOMER] = "cus_", [SS_METHOD] = "pm_", [SS_SETUP] = "seti_",       [SS_INTENT] = "pi_",
    [SS_CHARGE] = "ch_",    [SS_REFUND] = "re_", [SS_DISPUTE] = "du_",       [SS_TXN] = "txn_",
    [SS_EVENT] = "evt_",    [SS_KEY] = "",       [SS_SUBSCRIPTION] = "sub_", [SS_INVOICE] = "in_",
    [SS_PRICE] = "price_",
};
static const size_t sizes[SS_KINDS] = {
    [SS_CUSTOMER] = sizeof(struct ss_customer),  [SS_METHOD] = sizeof(struct ss_method),
    [SS_SETUP] = sizeof(struct ss_setup),        [SS_INTENT] = sizeof(struct ss_intent),
    [SS_CHARGE] = sizeof(struct ss_charge),      [SS_REFUND] = sizeof(struct ss_refund),
    [SS_DISPUTE] = sizeof(struct ss_dispute),    [SS_TXN] = sizeof(struct ss_txn),
    [SS_EVENT] = sizeof(struct ss_event),        [SS_KEY] = sizeof(struct ss_saved),
    [SS_SUBSCRIPTION] = sizeof(struct ss_thing), [SS_INVOICE] = sizeof(struct ss_thing),
    [SS_PRICE] = sizeof(struct ss_thing),
};

void *ss_take(size_t size)
{
    void *got = calloc(1, size);
    if (got == NULL) WRONG("the test server has no memory left");
    return got;
}

char *ss_copy(const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL) WRONG("the test server has no memory left");
    return copy;
}

/* ---- time ---- */

uint64_t ss_monotonic_ms(void)
{
    struct timespec t = {0};
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0) WRONG("there is no monotonic clock");
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t ss_now_ms(const struct stripe_server *s)
{
    uint64_t gone = s->options.live_clock ? ss_monotonic_ms() - s->begun_ms : 0;
    return (uint64_t)(s->options.now + s->moved) * 1000 + gone;
}

int64_t ss_now(const struct stripe_server *s)
{
    return (int64_t)(ss_now_ms(s) / 1000);
}

/* ---- ids ---- */

static uint64_t mixed(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* The same in every run of one seed. Mixing loses nothing, so no two are the same. */
void ss_new_id(struct stripe_server *s, char out[SS_ID_MAX], const char *prefix)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    enum { HALF = 12, BASE = 62 };
    uint64_t halves[2] = {mixed(s->options.seed), mixed(s->options.seed + ++s->made)};
    char tail[2 * HALF + 1] = "";
    for (size_t i = 0; i < sizeof tail - 1; i++) {
        uint64_t *half = &halves[i / HALF];
        tail[i] = digits[*half % BASE];
        *half /= BASE;
    }
    snprintf(out, SS_ID_MAX, "%s%s", prefix, tail);
}

/* ---- the table ---- */

static size_t bucket_of(const struct stripe_server *s, const char *id)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char *p = id; *p != '\0'; p++) hash = (hash ^ (uint8_t)*p) * 0x100000001b3u;
    return (size_t)(hash ^ (hash >> 32)) & (s->bucket_count - 1);
}

static void hash_in(struct stripe_server *s, struct ss_thing *t)
{
    size_t at = bucket_of(s, t->id);
    t->hashed = s->buckets[at];
    s->buckets[at] = t;
}

static void hash_out(struct stripe_server *s, struct ss_thing *t)
{
    struct ss_thing **at = &s->buckets[bucket_of(s, t->id)];
    while (*at != t) at = &(*at)->hashed;
    *at = t->hashed;
}

static void grow(struct stripe_server *s)
{
    enum { FIRST = 1024 };
    if (s->thing_count < s->bucket_count) return;
    size_t old_count = s->bucket_count;
    struct ss_thing **old = s->buckets;
    s->bucket_count = old_count == 0 ? FIRST : old_count * 2;
    s->buckets = ss_take(s->bucket_count * sizeof(struct ss_thing *));
    for (size_t i = 0; i < old_count; i++) {
        for (struct ss_thing *t = old[i], *next = NULL; t != NULL; t = next) {
            next = t->hashed;
            hash_in(s, t);
        }
    }
    free(old);
}

struct ss_thing *ss_find(const struct stripe_server *s, enum ss_kind kind, const char *id)
{
    if (s->bucket_count == 0) return NULL;
    struct ss_thing *t = s->buckets[bucket_of(s, id)];
    while (t != NULL && (t->kind != kind || strcmp(t->id, id) != 0)) t = t->hashed;
    return t;
}

/* ---- order ---- */

static struct ss_links *links(struct ss_thing *t, bool own)
{
    return own ? &t->own : &t->all;
}

static void chain_in(struct ss_chain *chain, struct ss_thing *t, bool own)
{
    *links(t, own) = (struct ss_links){.older = chain->newest};
    if (chain->newest != NULL)
        links(chain->newest, own)->newer = t;
    else
        chain->oldest = t;
    chain->newest = t;
    chain->count++;
}

static void chain_out(struct ss_chain *chain, struct ss_thing *t, bool own)
{
    struct ss_links at = *links(t, own);
    if (at.newer != NULL)
        links(at.newer, own)->older = at.older;
    else
        chain->newest = at.older;
    if (at.older != NULL)
        links(at.older, own)->newer = at.newer;
    else
        chain->oldest = at.newer;
    chain->count--;
}

void ss_own(struct ss_thing *t, struct ss_chain *owner)
{
    if (t->owner != NULL) chain_out(t->owner, t, true);
    t->owner = owner;
    if (owner != NULL) chain_in(owner, t, true);
}

/* ---- making and dropping ---- */

struct ss_thing *ss_make_named(struct stripe_server *s, enum ss_kind kind, const char *id)
{
    grow(s);
    struct ss_thing *t = ss_take(sizes[kind]);
    t->kind = kind;
    t->id = ss_copy(id);
    t->created = ss_now(s);
    t->number = ++s->made;
    hash_in(s, t);
    s->thing_count++;
    chain_in(&s->shelves[kind], t, false);
    return t;
}

struct ss_thing *ss_make(struct stripe_server *s, enum ss_kind kind, struct ss_chain *owner)
{
    char id[SS_ID_MAX];
    ss_new_id(s, id, prefixes[kind]);
    struct ss_thing *t = ss_make_named(s, kind, id);
    ss_own(t, owner);
    return t;
}

/* The things of bank accounts have other prefixes ("py_"). */
void ss_rename(struct stripe_server *s, struct ss_thing *t, const char *prefix)
{
    char id[SS_ID_MAX];
    ss_new_id(s, id, prefix);
    hash_out(s, t);
    free(t->id);
    t->id = ss_copy(id);
    hash_in(s, t);
}

void ss_drop(struct stripe_server *s, struct ss_thing *t)
{
    ss_own(t, NULL);
    chain_out(&s->shelves[t->kind], t, false);
    hash_out(s, t);
    s->thing_count--;
    json_decref(t->metadata);
    json_decref(t->words);
    json_decref(t->given);
    free(t->body);
    free(t->id);
    free(t);
}
