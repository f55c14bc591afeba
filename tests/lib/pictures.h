/* SPDX-License-Identifier: MIT */
/* pictures.h - small pictures for tests: PNG files made here by the letter of ISO/IEC 15948, and a JPEG file
 * of 8 by 8 pixels that Ghostscript wrote. */
#ifndef DAYBOOK_TESTS_LIB_PICTURES_H
#define DAYBOOK_TESTS_LIB_PICTURES_H

#include "tests/lib/fixture.h"

struct png_plan {
    uint32_t width, height;
    uint8_t colour; /* 0 grey, 2 colours, 3 palette, 4 grey and 6 colours with alpha */
    uint8_t filter, interlaced;
    uint32_t rows_missing; /* at the end, that the head tells of */
};
struct bytes picture_png(struct arena *a, const struct png_plan *plan);

extern const char picture_jpeg[]; /* in base64 */
struct bytes picture_jpeg_bytes(struct arena *a);

#endif
