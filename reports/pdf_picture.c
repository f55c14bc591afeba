/* SPDX-License-Identifier: MIT */
/* pdf_picture.c - pictures as PDF readers unpack them. A JPEG file stays as it is; a PNG file is unpacked by
 * libpng, what can be seen through stands on white, as the page does, and its pixels are packed anew. Must be
 * done once for many documents: see struct pdf_picture. */
#include <png.h>
#include <zlib.h>

#include "reports/pdf.h"

enum { SIGNATURE = 8, CHUNK_FRAME = 12 };

/* Only what is needed to see it: profiles, texts and times are of no use here, and need not be read. */
static struct bytes without_the_rest(struct bytes file, struct arena *a)
{
    static const char *const needed[] = {"IHDR", "PLTE", "tRNS", "IDAT", "IEND"};
    struct buffer b = {.arena = a};
    buffer_add(&b, file.ptr, SIGNATURE);
    for (size_t at = SIGNATURE; at + CHUNK_FRAME <= file.len;) {
        size_t len = be32_get(file.ptr + at) + (size_t)CHUNK_FRAME;
        assert(len <= file.len - at);
        for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
            if (memcmp(file.ptr + at + 4, needed[i], 4) == 0) buffer_add(&b, file.ptr + at, len);
        at += len;
    }
    return (struct bytes){b.ptr, b.len};
}

static struct bytes deflated(struct bytes pixels, struct arena *a)
{
    uLongf room = compressBound(pixels.len);
    uint8_t *to = arena_take_raw(a, room);
    if (compress2(to, &room, pixels.ptr, pixels.len, Z_BEST_COMPRESSION) != Z_OK)
        WRONG("zlib cannot deflate");
    return (struct bytes){to, room};
}

static enum err read_png(struct pdf_picture *out, struct bytes file, struct arena *a, struct error *e)
{
    static const png_color white = {255, 255, 255};
    png_image image = {.version = PNG_IMAGE_VERSION};
    struct bytes lean = without_the_rest(file, a);
    if (png_image_begin_read_from_memory(&image, lean.ptr, lean.len) == 0)
        return fail(e, ERR_INVALID, "the PNG file cannot be read: %s", image.message);
    bool colours = (image.format & PNG_FORMAT_FLAG_COLOR) != 0;
    image.format = colours ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    out->channels = colours ? 3 : 1;
    size_t size = (size_t)image.width * image.height * out->channels;
    uint8_t *pixels = arena_take_raw(a, size);
    if (png_image_finish_read(&image, &white, pixels, 0, NULL) == 0)
        return fail(e, ERR_INVALID, "the PNG file cannot be read: %s", image.message);
    out->data = deflated((struct bytes){pixels, size}, a);
    return OK;
}

enum err pdf_picture_read(struct pdf_picture *out, struct bytes file, struct arena *a, struct error *e)
{
    struct image head = {0};
    enum err err = image_read(&head, file, e);
    if (err != OK) return err;
    *out = (struct pdf_picture){.width = head.width, .height = head.height, .channels = head.channels};
    if (head.format == IMAGE_PNG) return read_png(out, file, a, e);
    out->jpeg = true;
    out->data = file;
    return OK;
}
