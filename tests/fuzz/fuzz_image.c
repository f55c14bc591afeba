/* SPDX-License-Identifier: MIT */
/* fuzz_image.c - any bytes as a seller's logo. What is accepted has a size within the limits, and becomes a
 * picture in a document. */
#include "reports/pdf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct image head = {0};
    struct pdf_picture picture = {0};
    if (image_read(&head, (struct bytes){data, size}, &e) == OK) {
        assert(head.width > 0 && head.width <= LIMIT_LOGO_SIDE && head.height > 0 &&
               head.height <= LIMIT_LOGO_SIDE);
        assert(head.width * head.height <= LIMIT_LOGO_PIXELS);
        if (pdf_picture_read(&picture, (struct bytes){data, size}, a, &e) == OK)
            assert(picture.width == head.width && picture.data.len > 0);
    }
    arena_free(a);
    return 0;
}
