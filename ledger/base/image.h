/* SPDX-License-Identifier: MIT */
/* image.h - pictures that come from outside, as a logo does: what they are, and whether they are whole. */
#ifndef DAYBOOK_LEDGER_BASE_IMAGE_H
#define DAYBOOK_LEDGER_BASE_IMAGE_H

#include "ledger/base/text.h"

enum image_format { IMAGE_PNG, IMAGE_JPEG };

struct image {
    enum image_format format;
    uint32_t width, height; /* in pixels */
    unsigned channels;      /* of a JPEG: 1 grey, 3 colours */
};

/* Reads a file from its first to its last byte: the head says what it is, all parts are there and fit (PNG:
 * ISO/IEC 15948, with the checksums of its parts and the number of its pixels; JPEG: ISO/IEC 10918-1, its
 * segments). Refused with a sentence: other formats, more pixels than limits.h allows, what few readers know
 * (interlaced PNG, JPEG in CMYK, arithmetic or lossless coding), and whatever is cut off or goes on behind
 * its end. */
enum err image_read(struct image *out, struct bytes file, struct error *e) MUST_USE;

#endif
