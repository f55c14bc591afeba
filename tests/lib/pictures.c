/* SPDX-License-Identifier: MIT */
/* pictures.c - see pictures.h. */
#include "tests/lib/pictures.h"

#include <zlib.h>

const char picture_jpeg[] =
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWG"
    "kJ6jq62rZ4C8ybqmx5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSk"
    "pKSkpKSkpKSkpKSkpKT/wAARCAAIAAgDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAA"
    "AgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6"
    "Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXG"
    "x8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREA"
    "AgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5"
    "OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPE"
    "xcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDCooor6QxP/9k=";

/* A part with its length and its checksum. */
static void add_chunk(struct buffer *b, const char *type, struct bytes data)
{
    uint8_t number[4];
    be32_put(number, (uint32_t)data.len);
    buffer_add(b, number, sizeof number);
    size_t from = b->len;
    buffer_add(b, type, 4);
    buffer_add(b, data.ptr, data.len);
    be32_put(number, (uint32_t)crc32(0, b->ptr + from, (uInt)(b->len - from)));
    buffer_add(b, number, sizeof number);
}

struct bytes picture_png(struct arena *a, const struct png_plan *plan)
{
    struct buffer rows = {.arena = a}, png = {.arena = a};
    uint8_t head[13] = {0};
    uint32_t samples = plan->colour == 6 ? 4 : plan->colour == 2 ? 3 : plan->colour == 4 ? 2 : 1;
    be32_put(head, plan->width);
    be32_put(head + 4, plan->height);
    head[8] = 8;
    head[9] = plan->colour;
    head[12] = plan->interlaced;
    for (uint32_t y = 0; y < plan->height - plan->rows_missing; y++) {
        buffer_add_byte(&rows, plan->filter);
        for (uint32_t x = 0; x < plan->width * samples; x++)
            buffer_add_byte(&rows, (uint8_t)(plan->colour == 3 ? (x + y) % 2 : (x * 7 + y * 13) % 251));
    }
    uLongf room = compressBound(rows.len);
    uint8_t *packed = arena_take_raw(a, room);
    cr_assert_eq(compress(packed, &room, rows.ptr, rows.len), Z_OK);
    buffer_add(&png, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(&png, "IHDR", (struct bytes){head, sizeof head});
    static const uint8_t palette[] = {200, 30, 30, 20, 90, 160};
    if (plan->colour == 3) add_chunk(&png, "PLTE", (struct bytes){palette, sizeof palette});
    add_chunk(&png, "IDAT", (struct bytes){packed, room / 2});
    add_chunk(&png, "IDAT", (struct bytes){packed + room / 2, room - room / 2});
    add_chunk(&png, "IEND", (struct bytes){0});
    return (struct bytes){png.ptr, png.len};
}

struct bytes picture_jpeg_bytes(struct arena *a)
{
    struct bytes file = {0};
    struct error e = {0};
    cr_assert_eq(base64_decode(&file, str_of(picture_jpeg), a, &e), OK);
    return file;
}
