/* SPDX-License-Identifier: MIT */
/* sha256.c - see sha256.h. The compression function is FIPS 180-4, section 6.2.2, by the instructions that
 * Intel calls SHA extensions; everything else about it is OpenSSL's, to which the tests hold this. */
#define OPENSSL_API_COMPAT 10100 /* OpenSSL 3.0 marks the plain calls as deprecated */

#include "ledger/base/sha256.h"

#include <openssl/sha.h>
#include <string.h>

void sha256_plainly(uint8_t (*out)[SHA256_BYTES], const struct bytes *messages, size_t count, uint8_t prefix,
                    uint32_t state[8], const uint8_t *from, size_t blocks)
{
    SHA256_CTX c;
    for (size_t i = 0; i < count; i++) {
        if (SHA256_Init(&c) != 1 || SHA256_Update(&c, &prefix, 1) != 1) WRONG("SHA-256 cannot begin");
        if (messages[i].len > 0 && SHA256_Update(&c, messages[i].ptr, messages[i].len) != 1)
            WRONG("SHA-256 cannot go on");
        if (SHA256_Final(out[i], &c) != 1) WRONG("SHA-256 cannot end");
    }
    if (blocks == 0) return;
    memcpy(c.h, state, sizeof c.h);
    for (size_t i = 0; i < blocks; i++) SHA256_Transform(&c, from + i * SHA256_CBLOCK);
    memcpy(state, c.h, sizeof c.h);
}

#if defined __x86_64__ && defined __GNUC__

#include <cpuid.h>
#include <immintrin.h>
#include <pthread.h>

#define WITH_SHA __attribute__((target("sha,sse4.1")))

enum { BLOCK = 64, LENGTH_AT = 56 };

static const uint32_t constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* The eight words of a state, in the order in which the instructions want them: A B E F and C D G H, the
 * first in the highest place. */
struct state {
    __m128i abef, cdgh;
};

/* A message on its way: its first block, with the prefix; the whole blocks behind it; and one or two that end
 * with the padding. */
struct lane {
    struct state state;
    uint8_t *out;
    uint32_t *into; /* where the state goes when it is over; NULL: it is a whole message, whose hash goes to
                       `out` */
    const uint8_t *next;
    size_t blocks;  /* at `next` */
    unsigned piece; /* of the three, which `next` is in */
    const uint8_t *middle;
    size_t middle_blocks, last_blocks;
    uint8_t first[BLOCK], last[2 * BLOCK];
};

/* Four rounds and, while they are wanted, the four words of the schedule that come 16 rounds later. */
WITH_SHA static inline __attribute__((always_inline)) void four_rounds(struct state *s, __m128i w[4],
                                                                       unsigned four)
{
    const __m128i *k = (const __m128i *)(const void *)constants;
    __m128i sum = _mm_add_epi32(w[four % 4], _mm_load_si128(k + four));
    s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, sum);
    s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(sum, 0x0e));
    if (four >= 12) return;
    __m128i newest = w[(four + 3) % 4];
    __m128i next = _mm_add_epi32(_mm_sha256msg1_epu32(w[four % 4], w[(four + 1) % 4]),
                                 _mm_alignr_epi8(newest, w[(four + 2) % 4], 4));
    w[four % 4] = _mm_sha256msg2_epu32(next, newest);
}

WITH_SHA static inline __attribute__((always_inline)) void load(__m128i w[4], const uint8_t *block)
{
    const __m128i big_endian = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    for (size_t i = 0; i < 4; i++)
        w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(block + 16 * i)), big_endian);
}

WITH_SHA static inline __attribute__((always_inline)) void add(struct state *to, const struct state *s)
{
    to->abef = _mm_add_epi32(to->abef, s->abef);
    to->cdgh = _mm_add_epi32(to->cdgh, s->cdgh);
}

WITH_SHA static void compress_two(struct lane *a, struct lane *b, size_t blocks)
{
    struct state of_a = a->state, of_b = b->state;
    for (size_t i = 0; i < blocks; i++) {
        const struct state before_a = of_a, before_b = of_b;
        __m128i w_a[4], w_b[4];
        load(w_a, a->next + i * BLOCK);
        load(w_b, b->next + i * BLOCK);
#pragma GCC unroll 16
        for (unsigned four = 0; four < 16; four++) {
            four_rounds(&of_a, w_a, four);
            four_rounds(&of_b, w_b, four);
        }
        add(&of_a, &before_a);
        add(&of_b, &before_b);
    }
    a->state = of_a;
    b->state = of_b;
}

WITH_SHA static void compress_one(struct lane *a, size_t blocks)
{
    struct state s = a->state;
    for (size_t i = 0; i < blocks; i++) {
        const struct state before = s;
        __m128i w[4];
        load(w, a->next + i * BLOCK);
#pragma GCC unroll 16
        for (unsigned four = 0; four < 16; four++) four_rounds(&s, w, four);
        add(&s, &before);
    }
    a->state = s;
}

WITH_SHA static void begin(struct lane *l, uint8_t *out, struct bytes message, uint8_t prefix)
{
    bool is_short = message.len < BLOCK - 1; /* the padding begins in the first block already */
    uint8_t *end = l->last;
    l->state.abef = _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c);
    l->state.cdgh = _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19);
    l->out = out;
    l->into = NULL;
    if (is_short) {
        l->middle_blocks = 0;
        *end++ = prefix;
        bytes_put(end, message);
        end += message.len;
    } else {
        size_t behind = message.len - (BLOCK - 1), rest = behind % BLOCK;
        l->first[0] = prefix;
        memcpy(l->first + 1, message.ptr, BLOCK - 1);
        l->middle = message.ptr + (BLOCK - 1);
        l->middle_blocks = behind / BLOCK;
        bytes_put(end, (struct bytes){l->middle + (behind - rest), rest});
        end += rest;
    }
    *end++ = 0x80;
    size_t used = (size_t)(end - l->last);
    l->last_blocks = used <= LENGTH_AT ? 1 : 2;
    memset(end, 0, l->last_blocks * BLOCK - 8 - used);
    be64_put(l->last + l->last_blocks * BLOCK - 8, ((uint64_t)message.len + 1) * 8);
    l->piece = is_short ? 2 : 0;
    l->next = is_short ? l->last : l->first;
    l->blocks = is_short ? l->last_blocks : 1;
}

/* So many blocks of it are done: where the next ones are. False: there are none. */
static bool advance(struct lane *l, size_t blocks)
{
    l->blocks -= blocks;
    l->next += blocks * BLOCK;
    if (l->blocks > 0) return true;
    if (l->piece == 0 && l->middle_blocks > 0) {
        l->next = l->middle;
        l->blocks = l->middle_blocks;
        l->piece = 1;
        return true;
    }
    if (l->piece == 2) return false;
    l->next = l->last;
    l->blocks = l->last_blocks;
    l->piece = 2;
    return true;
}

WITH_SHA static void finish(const struct lane *l)
{
    const __m128i big_endian = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m128i abcd = _mm_unpackhi_epi64(l->state.cdgh, l->state.abef);
    __m128i efgh = _mm_unpacklo_epi64(l->state.cdgh, l->state.abef);
    _mm_storeu_si128((__m128i *)(void *)l->out, _mm_shuffle_epi8(abcd, big_endian));
    _mm_storeu_si128((__m128i *)(void *)(l->out + 16), _mm_shuffle_epi8(efgh, big_endian));
}

/* The other message: whole blocks, from a state and back into it. */
WITH_SHA static void begin_beside(struct lane *l, uint32_t state[8], const uint8_t *from, size_t blocks)
{
    l->state.abef = _mm_set_epi32((int)state[0], (int)state[1], (int)state[4], (int)state[5]);
    l->state.cdgh = _mm_set_epi32((int)state[2], (int)state[3], (int)state[6], (int)state[7]);
    l->into = state;
    l->piece = 2;
    l->next = from;
    l->blocks = blocks;
}

WITH_SHA static void end_beside(const struct lane *l)
{
    __m128i dcba = _mm_shuffle_epi32(_mm_unpackhi_epi64(l->state.cdgh, l->state.abef), 0x1b);
    __m128i hgfe = _mm_shuffle_epi32(_mm_unpacklo_epi64(l->state.cdgh, l->state.abef), 0x1b);
    _mm_storeu_si128((__m128i *)(void *)l->into, dcba);
    _mm_storeu_si128((__m128i *)(void *)(l->into + 4), hgfe);
}

/* All that is to be hashed, and how far it was begun. */
struct work {
    uint8_t (*out)[SHA256_BYTES];
    const struct bytes *messages;
    size_t count, next;
    uint8_t prefix;
    uint32_t *state; /* NULL: nothing is left beside them */
    const uint8_t *from;
    size_t blocks;
};

/* The next message into a lane that has none; false: there is none left. */
static bool refill(struct lane *l, struct work *w)
{
    if (w->state != NULL) {
        begin_beside(l, w->state, w->from, w->blocks);
        w->state = NULL;
        return true;
    }
    if (w->next == w->count) return false;
    begin(l, w->out[w->next], w->messages[w->next], w->prefix);
    w->next++;
    return true;
}

/* So many blocks of it are done. False: it is whole, and none came in its place. */
static bool step(struct lane *l, size_t blocks, struct work *w)
{
    if (advance(l, blocks)) return true;
    if (l->into != NULL)
        end_beside(l);
    else
        finish(l);
    return refill(l, w);
}

static void in_two_lanes(uint8_t (*out)[SHA256_BYTES], const struct bytes *messages, size_t count,
                         uint8_t prefix, uint32_t *state, const uint8_t *from, size_t blocks)
{
    struct work w = {.out = out, .messages = messages, .count = count, .prefix = prefix};
    struct lane a, b;
    if (blocks > 0) {
        w.state = state;
        w.from = from;
        w.blocks = blocks;
    }
    bool is_a = refill(&a, &w), is_b = is_a && refill(&b, &w);
    while (is_a && is_b) {
        size_t both = a.blocks < b.blocks ? a.blocks : b.blocks;
        compress_two(&a, &b, both);
        is_a = step(&a, both, &w);
        is_b = step(&b, both, &w);
    }
    struct lane *left = is_a ? &a : &b;
    for (bool goes_on = is_a || is_b; goes_on;) {
        size_t alone = left->blocks;
        compress_one(left, alone);
        goes_on = step(left, alone, &w);
    }
}

/* Leaf 7, register b, bit 29 of CPUID (Intel's manual, volume 2A). To ask costs a microsecond where a
 * hypervisor answers, so it is asked once. */
static bool has_instructions;

static void look_at_processor(void)
{
    unsigned a = 0, b = 0, c = 0, d = 0;
    has_instructions = __builtin_cpu_supports("sse4.1") != 0 &&
                       __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b >> 29 & 1) != 0;
}

static bool has_sha(void)
{
    static pthread_once_t looked = PTHREAD_ONCE_INIT;
    if (pthread_once(&looked, look_at_processor) != 0) WRONG("pthread_once");
    return has_instructions;
}

#endif

void sha256_each_beside(uint8_t (*out)[SHA256_BYTES], const struct bytes *messages, size_t count,
                        uint8_t prefix, uint32_t state[8], const uint8_t *from, size_t blocks)
{
#ifdef WITH_SHA
    if (has_sha()) {
        in_two_lanes(out, messages, count, prefix, state, from, blocks);
        return;
    }
#endif
    sha256_plainly(out, messages, count, prefix, state, from, blocks);
}

void sha256_each(uint8_t (*out)[SHA256_BYTES], const struct bytes *messages, size_t count, uint8_t prefix)
{
    sha256_each_beside(out, messages, count, prefix, NULL, NULL, 0);
}
