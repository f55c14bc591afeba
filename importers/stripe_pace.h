/* SPDX-License-Identifier: MIT */
/* stripe_pace.h - how fast questions may follow each other: so many a second at most, half as many for a
 * while when the server says that it is too many, then slowly more again. Whole numbers; the time is given,
 * so that a test makes its own. */
#ifndef DAYBOOK_IMPORTERS_STRIPE_PACE_H
#define DAYBOOK_IMPORTERS_STRIPE_PACE_H

#include "ledger/ledger.h"

struct pace {
    int64_t most;        /* a second, in thousandths */
    int64_t now;         /* likewise: what is allowed at the moment */
    int64_t tokens;      /* in millionths of a question */
    int64_t burst;       /* likewise: how many may be saved up */
    uint64_t counted_ms; /* until then tokens were given */
    uint64_t slowed_ms;  /* when it was slowed last; 0: never */
    uint64_t raised_ms;
};
/* 0 a second: no limit. */
struct pace pace_of(int64_t per_second, uint64_t now_ms);
/* Takes one; false: not yet. */
bool pace_take(struct pace *p, uint64_t now_ms);
/* How long until one can be taken; at least 1 when none can. */
uint64_t pace_wait_ms(const struct pace *p, uint64_t now_ms);
/* The server said that it is too many: half of it, not below one a second, and not again for a second: one
 * full bucket there refuses many at once. */
void pace_slow(struct pace *p, uint64_t now_ms);

#endif
