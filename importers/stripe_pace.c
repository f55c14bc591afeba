/* SPDX-License-Identifier: MIT */
/* stripe_pace.c - see stripe_pace.h: a token bucket whose rate is halved at once and raised by one a second
 * for each quiet minute. */
#include "importers/stripe_pace.h"

enum {
    ONE = 1000000,       /* a question, in millionths */
    PER_SECOND = 1000,   /* one a second, in thousandths */
    SLOW_FOR_MS = 30000, /* nothing is raised before */
    RAISE_EACH_MS = 60000,
    SLOW_ONCE_IN_MS = 1000,
};

struct pace pace_of(int64_t per_second, uint64_t now_ms)
{
    int64_t most = per_second * PER_SECOND;
    return (struct pace){.most = most,
                         .now = most,
                         .tokens = per_second * ONE,
                         .burst = per_second * ONE,
                         .counted_ms = now_ms};
}

static void raise(struct pace *p, uint64_t now_ms)
{
    while (p->now < p->most && now_ms >= p->slowed_ms + SLOW_FOR_MS &&
           now_ms >= p->raised_ms + RAISE_EACH_MS) {
        p->raised_ms += RAISE_EACH_MS;
        p->now += PER_SECOND;
    }
    if (p->now > p->most) p->now = p->most;
}

/* A thousandth a second is a millionth a millisecond. */
static void count(struct pace *p, uint64_t now_ms)
{
    if (now_ms <= p->counted_ms) return;
    raise(p, now_ms);
    int64_t more = 0, passed = (int64_t)(now_ms - p->counted_ms);
    if (__builtin_mul_overflow(passed, p->now, &more) || more > p->burst - p->tokens)
        more = p->burst - p->tokens;
    p->tokens += more;
    p->counted_ms = now_ms;
}

bool pace_take(struct pace *p, uint64_t now_ms)
{
    if (p->most == 0) return true;
    count(p, now_ms);
    if (p->tokens < ONE) return false;
    p->tokens -= ONE;
    return true;
}

uint64_t pace_wait_ms(const struct pace *p, uint64_t now_ms)
{
    struct pace then = *p;
    count(&then, now_ms);
    if (p->most == 0 || then.tokens >= ONE) return 0;
    return (uint64_t)((ONE - then.tokens + then.now - 1) / then.now);
}

void pace_slow(struct pace *p, uint64_t now_ms)
{
    if (p->most == 0 || (p->slowed_ms != 0 && now_ms < p->slowed_ms + SLOW_ONCE_IN_MS)) return;
    count(p, now_ms);
    p->now = p->now / 2 < PER_SECOND ? PER_SECOND : p->now / 2;
    p->slowed_ms = p->raised_ms = now_ms;
    if (p->tokens > 0) p->tokens = 0;
}
