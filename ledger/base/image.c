/* SPDX-License-Identifier: MIT */
/* image.c - see image.h. A hostile file is expected: no length in it is believed before the bytes are there,
 * and no more is inflated than its head says that it holds. */
#define ZLIB_CONST /* what is inflated is only read */
#include <zlib.h>

#include "ledger/base.h"

struct input {
    const uint8_t *at, *end;
};

static size_t left(const struct input *in)
{
    return (size_t)(in->end - in->at);
}

static enum err refuse(struct error *e, const char *why)
{
    return fail(e, ERR_INVALID, "%s", why);
}

static enum err check_size(const struct image *v, struct error *e)
{
    if (v->width == 0 || v->height == 0) return refuse(e, "it has no pixels");
    if (v->width > LIMIT_LOGO_SIDE || v->height > LIMIT_LOGO_SIDE)
        return fail(e, ERR_LIMIT, "it has %u by %u pixels; at most %d a side are allowed", v->width,
                    v->height, LIMIT_LOGO_SIDE);
    if (v->width * v->height <= LIMIT_LOGO_PIXELS) return OK;
    return fail(e, ERR_LIMIT, "it has %u by %u pixels; at most %d in all are allowed", v->width, v->height,
                LIMIT_LOGO_PIXELS);
}

/* ---- PNG ---- */

enum {
    PNG_HEAD_BYTES = 13,
    PNG_PALETTE_BYTES = 768,
    PNG_CHUNK_FRAME = 12 /* length, type, checksum */,
    PNG_FILTERS = 5
};
enum { PNG_GREY = 0, PNG_COLOUR = 2, PNG_PALETTE = 3, PNG_GREY_ALPHA = 4, PNG_COLOUR_ALPHA = 6 };

struct png {
    struct image *image;
    uint8_t depth, colour;
    size_t row_bytes; /* with the byte that names the row's filter */
    bool has_palette, has_data, data_ended;
    z_stream z;
    uint64_t inflated; /* bytes of pixels so far */
    uint8_t out[4096]; /* where they are inflated to, to be counted */
};

struct chunk {
    const uint8_t *type;
    struct bytes data;
};

static bool chunk_is(const struct chunk *c, const char *type)
{
    assert(c->type != NULL);
    return memcmp(c->type, type, 4) == 0;
}

static enum err take_chunk(struct chunk *out, struct input *in, struct error *e)
{
    if (left(in) < PNG_CHUNK_FRAME) return refuse(e, "the PNG file is cut off");
    uint32_t len = be32_get(in->at);
    if (len > left(in) - PNG_CHUNK_FRAME) return refuse(e, "the PNG file is cut off");
    *out = (struct chunk){in->at + 4, {in->at + 8, len}};
    uint32_t sum = (uint32_t)crc32(crc32(0, NULL, 0), out->type, len + 4);
    if (sum != be32_get(in->at + 8 + len))
        return refuse(e, "a checksum in the PNG file is wrong: it is damaged");
    in->at += PNG_CHUNK_FRAME + len;
    return OK;
}

/* Which depths go with which kinds of pixels (ISO/IEC 15948, table 11.1); 0 samples: no such kind. */
static unsigned samples_of(uint8_t colour, uint8_t depth)
{
    static const struct {
        uint8_t colour, samples, depths; /* a sum of depths */
    } kinds[] = {{PNG_GREY, 1, 1 | 2 | 4 | 8 | 16},
                 {PNG_COLOUR, 3, 8 | 16},
                 {PNG_PALETTE, 1, 1 | 2 | 4 | 8},
                 {PNG_GREY_ALPHA, 2, 8 | 16},
                 {PNG_COLOUR_ALPHA, 4, 8 | 16}};
    bool power = depth != 0 && (depth & (depth - 1U)) == 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].colour == colour && power && (kinds[i].depths & depth) != 0) return kinds[i].samples;
    return 0;
}

static enum err read_png_head(struct png *p, const struct chunk *c, struct error *e)
{
    const uint8_t *d = c->data.ptr;
    if (!chunk_is(c, "IHDR") || c->data.len != PNG_HEAD_BYTES) return refuse(e, "the PNG file has no head");
    p->depth = d[8];
    p->colour = d[9];
    unsigned samples = samples_of(p->colour, p->depth);
    if (samples == 0 || d[10] != 0 || d[11] != 0) return refuse(e, "the head of the PNG file makes no sense");
    if (d[12] != 0) return refuse(e, "it is an interlaced PNG: save it without interlacing");
    p->image->width = be32_get(d);
    p->image->height = be32_get(d + 4);
    enum err err = check_size(p->image, e);
    p->row_bytes = 1 + ((size_t)p->image->width * samples * p->depth + 7) / 8;
    return err;
}

/* The rows of the image are inflated only to be counted; a row begins with the number of its filter. */
static enum err take_pixels(struct png *p, struct bytes data, struct error *e)
{
    uint64_t wanted = (uint64_t)p->row_bytes * p->image->height;
    p->has_data = true;
    p->z.next_in = data.ptr;
    p->z.avail_in = (uInt)data.len;
    while (p->z.avail_in > 0) {
        p->z.next_out = p->out;
        p->z.avail_out = sizeof p->out;
        int rc = p->data_ended ? Z_DATA_ERROR : inflate(&p->z, Z_NO_FLUSH);
        size_t got = sizeof p->out - p->z.avail_out;
        if (rc != Z_OK && rc != Z_STREAM_END) return refuse(e, "the pixels of the PNG file are damaged");
        if (p->inflated + got > wanted) return refuse(e, "the PNG file has more pixels than its head says");
        for (size_t i = 0; i < got; i++)
            if ((p->inflated + i) % p->row_bytes == 0 && p->out[i] >= PNG_FILTERS)
                return refuse(e, "the pixels of the PNG file are damaged");
        p->inflated += got;
        p->data_ended = rc == Z_STREAM_END;
    }
    return OK;
}

static enum err take_palette(struct png *p, struct bytes data, struct error *e)
{
    bool fits =
        data.len > 0 && data.len % 3 == 0 && data.len <= PNG_PALETTE_BYTES && !p->has_palette && !p->has_data;
    p->has_palette = true;
    return fits ? OK : refuse(e, "the palette of the PNG file is damaged");
}

static enum err read_chunks(struct png *p, struct input *in, struct error *e)
{
    struct chunk c = {0};
    enum err err = take_chunk(&c, in, e);
    if (err == OK) err = read_png_head(p, &c, e);
    while (err == OK) {
        err = take_chunk(&c, in, e);
        if (err != OK || chunk_is(&c, "IEND")) break;
        bool optional = (c.type[0] & 0x20) != 0; /* a small letter: a reader may do without */
        if (chunk_is(&c, "IDAT"))
            err = take_pixels(p, c.data, e);
        else if (chunk_is(&c, "PLTE"))
            err = take_palette(p, c.data, e);
        else if (!optional)
            err = refuse(e, "the PNG file has a part that no reader knows");
    }
    if (err != OK) return err;
    if (in->at != in->end) return refuse(e, "the PNG file goes on behind its end");
    bool whole = p->data_ended && p->inflated == (uint64_t)p->row_bytes * p->image->height;
    if (p->colour == PNG_PALETTE && !p->has_palette) return refuse(e, "the PNG file has no palette");
    return whole ? OK : refuse(e, "the PNG file has fewer pixels than its head says");
}

static enum err read_png(struct image *out, struct input in, struct error *e)
{
    struct png p = {.image = out};
    out->format = IMAGE_PNG;
    if (inflateInit(&p.z) != Z_OK) WRONG("zlib cannot begin");
    enum err err = read_chunks(&p, &in, e);
    (void)inflateEnd(&p.z); /* nothing was written */
    return err;
}

/* ---- JPEG ---- */

enum {
    JPEG_SOF_BASELINE = 0xc0,
    JPEG_SOF_PROGRESSIVE = 0xc2,
    JPEG_HUFFMAN = 0xc4, /* among the frames' codes, as the next two */
    JPEG_EXTENSION = 0xc8,
    JPEG_ARITHMETIC = 0xcc,
    JPEG_SOF_LAST = 0xcf,
    JPEG_RESTART = 0xd0, /* to 0xd7 */
    JPEG_END = 0xd9,
    JPEG_SCAN = 0xda,
    JPEG_FRAME_BYTES = 6,
};

static enum err read_frame(struct image *out, uint8_t marker, struct bytes data, struct error *e)
{
    if (marker > JPEG_SOF_PROGRESSIVE)
        return refuse(e, "the JPEG file is coded in a way that few readers know");
    if (data.len < JPEG_FRAME_BYTES || out->channels != 0)
        return refuse(e, "the head of the JPEG file makes no sense");
    if (data.ptr[0] != 8) return refuse(e, "the JPEG file has other than 8 bits a sample");
    out->height = (uint32_t)data.ptr[1] << 8 | data.ptr[2];
    out->width = (uint32_t)data.ptr[3] << 8 | data.ptr[4];
    out->channels = data.ptr[5];
    if (out->channels == 4) return refuse(e, "the JPEG file is in CMYK, for printing: save it in RGB");
    if ((out->channels != 1 && out->channels != 3) ||
        data.len != JPEG_FRAME_BYTES + 3 * (size_t)out->channels)
        return refuse(e, "the head of the JPEG file makes no sense");
    return check_size(out, e);
}

/* Behind a scan's head stand its pixels, up to the next marker that is none of theirs. */
static void skip_scan(struct input *in)
{
    for (; left(in) >= 2; in->at++) {
        bool stuffed = in->at[1] == 0 || in->at[1] == 0xff ||
                       (in->at[1] >= JPEG_RESTART && in->at[1] < JPEG_RESTART + 8);
        if (in->at[0] == 0xff && !stuffed) return;
    }
}

static enum err read_jpeg(struct image *out, struct input in, struct error *e)
{
    static const char cut_off[] = "the JPEG file is cut off";
    bool scanned = false;
    out->format = IMAGE_JPEG;
    in.at += 2;
    while (left(&in) >= 2 && in.at[0] == 0xff) {
        uint8_t marker = in.at[1];
        in.at += marker == 0xff ? 1 : 2; /* any number of them may stand before a marker */
        if (marker == 0xff) continue;
        if (marker == JPEG_END) {
            if (!scanned) return refuse(e, "the JPEG file has no pixels");
            return in.at == in.end ? OK : refuse(e, "the JPEG file goes on behind its end");
        }
        size_t len = left(&in) >= 2 ? (size_t)in.at[0] << 8 | in.at[1] : 0;
        if (len < 2 || len > left(&in)) return refuse(e, cut_off);
        bool frame = marker >= JPEG_SOF_BASELINE && marker <= JPEG_SOF_LAST && marker != JPEG_HUFFMAN &&
                     marker != JPEG_EXTENSION && marker != JPEG_ARITHMETIC;
        enum err err = frame ? read_frame(out, marker, (struct bytes){in.at + 2, len - 2}, e) : OK;
        if (err != OK) return err;
        in.at += len;
        if (marker != JPEG_SCAN) continue;
        if (out->channels == 0) return refuse(e, "the JPEG file has no head");
        scanned = true;
        skip_scan(&in);
    }
    return refuse(e, cut_off);
}

enum err image_read(struct image *out, struct bytes file, struct error *e)
{
    static const uint8_t png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, jpeg[3] = {0xff, 0xd8, 0xff};
    *out = (struct image){0};
    if (file.len > LIMIT_LOGO_BYTES)
        return fail(e, ERR_LIMIT, "it has %zu bytes; at most %d are allowed", file.len, LIMIT_LOGO_BYTES);
    if (file.len == 0) return refuse(e, "it is neither a PNG nor a JPEG file");
    struct input in = {file.ptr, file.ptr + file.len};
    if (file.len > sizeof png && memcmp(file.ptr, png, sizeof png) == 0) {
        in.at += sizeof png;
        return read_png(out, in, e);
    }
    if (file.len > sizeof jpeg && memcmp(file.ptr, jpeg, sizeof jpeg) == 0) return read_jpeg(out, in, e);
    return refuse(e, "it is neither a PNG nor a JPEG file");
}
