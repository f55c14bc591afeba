/* SPDX-License-Identifier: MIT */
/* pdf_stream.c - streams of a document, deflated with one packer for all of them: libharu sets up another for
 * each stream and feeds it by 512 bytes. What it deflates depends on the bytes alone. */
#include "reports/pdf_inner.h"

/* Outlines hardly get smaller by a longer search, and a page is a few thousand bytes: a small window and
 * table need not be cleared for long. */
enum { PACKER_LEVEL = 1, WINDOW_BITS = 13, MEMORY_LEVEL = 6 };

static voidpf take(voidpf arena, uInt count, uInt size)
{
    return arena_take_raw(arena, (size_t)count * size);
}

static void keep(voidpf arena, voidpf block)
{
    (void)arena;
    (void)block; /* goes with the arena */
}

void pdf_packer_begin(struct pdf_job *j)
{
    j->packer = (z_stream){.zalloc = take, .zfree = keep, .opaque = j->arena};
    if (deflateInit2(&j->packer, PACKER_LEVEL, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        WRONG("zlib cannot deflate");
}

void pdf_packer_end(struct pdf_job *j)
{
    (void)deflateEnd(&j->packer);
}

static struct bytes packed(struct pdf_job *j, struct bytes content)
{
    z_stream *z = &j->packer;
    uLong room = deflateBound(z, content.len);
    uint8_t *to = arena_take_raw(j->arena, room);
    z->next_in = content.ptr;
    z->avail_in = (uInt)content.len;
    z->next_out = to;
    z->avail_out = (uInt)room;
    if (deflate(z, Z_FINISH) != Z_STREAM_END) WRONG("zlib cannot deflate");
    struct bytes out = {to, z->total_out};
    if (deflateReset(z) != Z_OK) WRONG("zlib cannot begin anew");
    return out;
}

static HPDF_STATUS write_filter(HPDF_Dict dict, HPDF_Stream out)
{
    (void)dict;
    return HPDF_Stream_WriteStr(out, "/Filter /FlateDecode\n");
}

void pdf_stream_fill(struct pdf_job *j, HPDF_Dict dict, struct bytes content)
{
    struct bytes file = packed(j, content);
    dict->write_fn = write_filter;
    (void)HPDF_Stream_Write(dict->stream, file.ptr, (HPDF_UINT)file.len);
}

HPDF_Dict pdf_stream(struct pdf_job *j, struct bytes content)
{
    HPDF_Dict stream = HPDF_DictStream_New(j->doc->mmgr, j->doc->xref);
    if (stream != NULL) pdf_stream_fill(j, stream, content);
    return stream;
}

HPDF_Dict pdf_object(struct pdf_job *j)
{
    HPDF_Dict dict = HPDF_Dict_New(j->doc->mmgr);
    return dict != NULL && HPDF_Xref_Add(j->doc->xref, dict) == HPDF_OK ? dict : NULL;
}
