/* SPDX-License-Identifier: MIT */
/* cli_nearest.c - what a mistyped word was meant to be: the fewest letters put in, left out, changed or
 * swapped. */
#include "billing/cli.h"

enum { LETTERS_MAX = 48, SLIPS_MAX = 3 };

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Rows of the table of distances between beginnings: the one being filled, and the two before. */
static size_t distance_of(struct str a, struct str b)
{
    size_t rows[3][LETTERS_MAX + 1] = {{0}};
    if (a.len > LETTERS_MAX || b.len > LETTERS_MAX) return SIZE_MAX;
    for (size_t k = 0; k <= b.len; k++) rows[0][k] = k;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *row = rows[i % 3], *before = rows[(i + 2) % 3], *before_that = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t k = 1; k <= b.len; k++) {
            bool same = a.ptr[i - 1] == b.ptr[k - 1];
            row[k] = least(before[k] + 1, row[k - 1] + 1, before[k - 1] + (same ? 0 : 1));
            bool swapped = i > 1 && k > 1 && a.ptr[i - 1] == b.ptr[k - 2] && a.ptr[i - 2] == b.ptr[k - 1];
            if (swapped && before_that[k - 2] + 1 < row[k]) row[k] = before_that[k - 2] + 1;
        }
    }
    return rows[a.len % 3][b.len];
}

struct nearest nearest_to(struct str word)
{
    size_t slips = word.len / 3 + 1;
    return (struct nearest){.word = word, .distance = (slips < SLIPS_MAX ? slips : SLIPS_MAX) + 1};
}

void nearest_try(struct nearest *n, struct str candidate)
{
    size_t distance = distance_of(n->word, candidate);
    if (distance >= n->distance || distance >= candidate.len) return;
    n->distance = distance;
    n->best = candidate;
}
