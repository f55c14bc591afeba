/* SPDX-License-Identifier: MIT */
/* sums.h - SHA256SUMS of an archive: a line for each file, sorted by place, so that a file's line is found
 * without keeping all of them in memory. */
#ifndef DAYBOOK_BILLING_VERIFY_SUMS_H
#define DAYBOOK_BILLING_VERIFY_SUMS_H

#include "billing/verify/folder.h"
#include "billing/verify/hash.h"

struct sums {
    int fd;
    uint64_t size, lines;
};
/* Opens it and reads every line: well-formed, in order, none twice. */
enum err sums_open(struct sums *out, int folder, struct fault *f) MUST_USE;
void sums_close(struct sums *s);

/* One reader's window on it; one a thread. Begin with {.of = …}. */
enum { SUMS_WINDOW = 8192, SUMS_LINE_MAX = 64 + 2 + PLACE_BYTES };
struct sums_view {
    const struct sums *of;
    uint64_t at; /* where the window begins, a line's beginning */
    size_t len, cursor;
    char window[SUMS_WINDOW];
};
/* The hash that stands there for the file. ERR_TAMPERED: it has no line. */
enum err sums_find(struct sums_view *v, const char *place, struct digest *out, struct fault *f) MUST_USE;
/* The same, held against the hash that the file has. */
enum err sums_hold(struct sums_view *v, const char *place, const struct digest *actual,
                   struct fault *f) MUST_USE;
/* The lines in order: the place of the next one from *at on, which moves behind it. False at the end, or when
 * it cannot be read. */
bool sums_next(struct sums_view *v, uint64_t *at, char place[PLACE_BYTES]);

#endif
