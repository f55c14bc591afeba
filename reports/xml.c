/* SPDX-License-Identifier: MIT */
/* xml.c - see xml.h. */
#include "reports/xml.h"

#include <libxml/parser.h>
#include <libxml/xmlwriter.h>
#include <pthread.h>

static pthread_once_t prepared = PTHREAD_ONCE_INIT;

static const xmlChar *utf8(const char *text)
{
    return (const xmlChar *)text;
}

void xml_begin(struct xml *x)
{
    /* libxml2's own tables, before several threads want them. */
    if (pthread_once(&prepared, xmlInitParser) != 0) WRONG("libxml2 cannot be prepared");
    *x = (struct xml){.arena = arena_new()};
    x->memory = xmlBufferCreate();
    x->writer = x->memory != NULL ? xmlNewTextWriterMemory(x->memory, 0) : NULL;
    x->failed = x->writer == NULL || xmlTextWriterStartDocument(x->writer, NULL, "UTF-8", NULL) < 0;
}

void xml_doctype(struct xml *x, const char *name, const char *system)
{
    if (!x->failed && xmlTextWriterWriteDTD(x->writer, utf8(name), NULL, utf8(system), NULL) < 0)
        x->failed = true;
}

enum err xml_end(struct buffer *out, struct xml *x, struct error *e)
{
    if (!x->failed && xmlTextWriterEndDocument(x->writer) < 0) x->failed = true;
    if (x->writer != NULL) xmlFreeTextWriter(x->writer); /* the rest of it reaches the memory now */
    if (!x->failed) buffer_add(out, xmlBufferContent(x->memory), (size_t)xmlBufferLength(x->memory));
    if (x->memory != NULL) xmlBufferFree(x->memory);
    arena_free(x->arena);
    return x->failed ? fail(e, ERR_STORAGE, "cannot write XML: libxml2 has no memory") : OK;
}

void xml_open(struct xml *x, const char *name)
{
    if (!x->failed && xmlTextWriterStartElement(x->writer, utf8(name)) < 0) x->failed = true;
}

void xml_close(struct xml *x)
{
    if (!x->failed && xmlTextWriterEndElement(x->writer) < 0) x->failed = true;
}

void xml_attribute(struct xml *x, const char *name, const char *value)
{
    if (!x->failed && xmlTextWriterWriteAttribute(x->writer, utf8(name), utf8(value)) < 0) x->failed = true;
}

/* How many bytes the character at `at` has that XML 1.0 (fifth edition, production 2) cannot hold; 0: it can.
 * Of well-formed UTF-8 that is the controls of ASCII, and U+FFFE and U+FFFF. */
static size_t unholdable(const uint8_t *at, size_t left)
{
    if (at[0] < 0x20) return at[0] == '\t' || at[0] == '\n' || at[0] == '\r' ? 0 : 1;
    bool none = left >= 3 && at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe;
    return none ? 3 : 0;
}

static const char *holdable(struct xml *x, struct str text)
{
    struct buffer b = {.arena = x->arena};
    const uint8_t *bytes = (const uint8_t *)text.ptr;
    if (!text_is_utf8(text)) return "\xef\xbf\xbd";
    (void)buffer_room(&b, text.len + 1);
    for (size_t i = 0; i < text.len;) {
        size_t skip = unholdable(bytes + i, text.len - i);
        if (skip > 0)
            buffer_add(&b, "\xef\xbf\xbd", 3);
        else
            buffer_add_byte(&b, bytes[i]);
        i += skip > 0 ? skip : 1;
    }
    buffer_add_byte(&b, 0);
    return (const char *)b.ptr;
}

static void put_text(struct xml *x, struct str text)
{
    arena_reset(x->arena);
    const char *content = holdable(x, text);
    if (!x->failed && xmlTextWriterWriteString(x->writer, utf8(content)) < 0) x->failed = true;
}

void xml_leaf(struct xml *x, const char *name, struct str text)
{
    if (text.len == 0) return;
    xml_open(x, name);
    put_text(x, text);
    xml_close(x);
}

void xml_leaf_with(struct xml *x, const char *name, const char *attribute, const char *value, struct str text)
{
    if (text.len == 0) return;
    xml_open(x, name);
    if (value != NULL) xml_attribute(x, attribute, value);
    put_text(x, text);
    xml_close(x);
}
