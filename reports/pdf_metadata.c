/* SPDX-License-Identifier: MIT */
/* pdf_metadata.c - what makes a file PDF/A-3b: XMP that agrees with the document information, an sRGB output
 * intent, an identity that is no clock's. libharu's own PDF/A call writes part 1 only, forgets to escape, and
 * asks the clock. What is attached is announced here, see pdf_attachment.c. */
#include "reports/pdf_inner.h"

static void add_xml_text(struct buffer *b, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&': buffer_print(b, "&amp;"); break;
        case '<': buffer_print(b, "&lt;"); break;
        case '>': buffer_print(b, "&gt;"); break;
        default: buffer_add(b, text.ptr + i, 1);
        }
    }
}

static void add_property(struct buffer *b, const char *open, struct str value, const char *close)
{
    if (value.len == 0) return;
    buffer_print(b, "%s", open);
    add_xml_text(b, value);
    buffer_print(b, "%s\n", close);
}

static struct str producer(struct arena *a)
{
    return str_format(a, "Daybook with libHaru %s", HPDF_GetVersion());
}

/* Whole seconds: the document information knows no finer. */
static struct instant to_second(struct instant t)
{
    int64_t part = t.us % 1000000;
    return (struct instant){t.us - (part < 0 ? part + 1000000 : part)};
}

/* Anybody may read the packet without knowing PDF, so it is never compressed. */
static void write_xmp(HPDF_Doc doc, const struct pdf_info *info, struct arena *a)
{
    struct buffer b = {.arena = a};
    struct str created = instant_text(a, to_second(info->created));
    buffer_print(&b,
                 "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
                 "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
                 "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
                 "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n"
                 " xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\"\n"
                 " xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\n"
                 "<pdfaid:part>3</pdfaid:part>\n<pdfaid:conformance>B</pdfaid:conformance>\n"
                 "<dc:format>application/pdf</dc:format>\n");
    add_property(&b, "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">", info->title,
                 "</rdf:li></rdf:Alt></dc:title>");
    add_property(&b, "<dc:creator><rdf:Seq><rdf:li>", info->author, "</rdf:li></rdf:Seq></dc:creator>");
    add_property(&b, "<dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">", info->subject,
                 "</rdf:li></rdf:Alt></dc:description>");
    add_property(&b, "<xmp:CreatorTool>", STR("Daybook"), "</xmp:CreatorTool>");
    add_property(&b, "<xmp:CreateDate>", created, "</xmp:CreateDate>");
    add_property(&b, "<xmp:ModifyDate>", created, "</xmp:ModifyDate>");
    add_property(&b, "<pdf:Producer>", producer(a), "</pdf:Producer>");
    buffer_print(&b, "</rdf:Description>\n");
    if (info->attachment.len > 0) pdf_attachment_announce(&b);
    buffer_print(&b, "</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"r\"?>\n");
    HPDF_Dict xmp = HPDF_DictStream_New(doc->mmgr, doc->xref);
    if (xmp == NULL) return;
    (void)HPDF_Dict_AddName(xmp, "Type", "Metadata");
    (void)HPDF_Dict_AddName(xmp, "Subtype", "XML");
    (void)HPDF_Stream_Write(xmp->stream, b.ptr, (HPDF_UINT)b.len);
    (void)HPDF_Dict_Add(doc->catalog, "Metadata", xmp);
}

static bool is_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((uint8_t)text.ptr[i] >= 0x80) return false;
    return true;
}

void pdf_add_ascii(HPDF_Doc doc, HPDF_Dict dict, const char *key, const char *text)
{
    HPDF_String value = HPDF_String_New(doc->mmgr, text, NULL);
    if (value != NULL) (void)HPDF_Dict_Add(dict, key, value);
}

/* A text of the document information: as it is when it is ASCII, as UTF-16 when not. */
static void add_info_text(HPDF_Doc doc, HPDF_Dict dict, const char *key, struct str text, struct arena *a)
{
    if (text.len == 0 || !text_is_utf8(text)) return;
    if (is_ascii(text)) {
        pdf_add_ascii(doc, dict, key, str_cstring(a, text));
        return;
    }
    struct buffer b = {.arena = a};
    buffer_add(&b, "\xfe\xff", 2);
    const uint8_t *at = str_bytes(text).ptr, *end = at + text.len;
    while (at < end) {
        uint32_t point = pdf_next_code_point(&at);
        uint8_t units[4] = {0};
        bool pair = point > 0xffff;
        if (pair) be16_put(units + 2, (uint16_t)(0xdc00 | ((point - 0x10000) & 0x3ff)));
        be16_put(units, (uint16_t)(pair ? 0xd800 | ((point - 0x10000) >> 10) : point));
        buffer_add(&b, units, pair ? 4 : 2);
    }
    HPDF_Binary value = HPDF_Binary_New(doc->mmgr, b.ptr, (HPDF_UINT)b.len);
    if (value != NULL) (void)HPDF_Dict_Add(dict, key, value);
}

void pdf_add_date(HPDF_Doc doc, HPDF_Dict dict, const char *key, struct instant at)
{
    int year = 0, month = 0, day = 0;
    char text[64];
    struct instant whole = to_second(at);
    struct date date = instant_date(whole);
    date_split(date, &year, &month, &day);
    int second = (int)((whole.us - date_start(date).us) / 1000000);
    int len = snprintf(text, sizeof text, "D:%04d%02d%02d%02d%02d%02d+00'00'", year, month, day,
                       second / 3600, second / 60 % 60, second % 60);
    assert(len > 0 && (size_t)len < sizeof text);
    pdf_add_ascii(doc, dict, key, text);
}

static void write_info(HPDF_Doc doc, const struct pdf_info *info, struct arena *a)
{
    HPDF_Dict dict = doc->info;
    if (dict == NULL) return;
    add_info_text(doc, dict, "Title", info->title, a);
    add_info_text(doc, dict, "Author", info->author, a);
    add_info_text(doc, dict, "Subject", info->subject, a);
    add_info_text(doc, dict, "Creator", STR("Daybook"), a);
    add_info_text(doc, dict, "Producer", producer(a), a);
    pdf_add_date(doc, dict, "CreationDate", info->created);
    pdf_add_date(doc, dict, "ModDate", info->created);
}

static void write_output_intent(HPDF_Doc doc)
{
    HPDF_Dict profile = HPDF_DictStream_New(doc->mmgr, doc->xref);
    HPDF_Array intents = HPDF_Array_New(doc->mmgr);
    HPDF_Dict intent = HPDF_Dict_New(doc->mmgr);
    if (profile == NULL || intents == NULL || intent == NULL) return;
    (void)HPDF_Dict_Add(doc->catalog, "OutputIntents", intents);
    (void)HPDF_Array_Add(intents, intent);
    (void)HPDF_Dict_AddName(intent, "Type", "OutputIntent");
    (void)HPDF_Dict_AddName(intent, "S", "GTS_PDFA1");
    pdf_add_ascii(doc, intent, "OutputConditionIdentifier", "sRGB");
    pdf_add_ascii(doc, intent, "Info", "sRGB IEC 61966-2-1");
    (void)HPDF_Dict_AddNumber(profile, "N", 3);
    (void)HPDF_Stream_Write(profile->stream, pdf_srgb_profile.ptr, (HPDF_UINT)pdf_srgb_profile.len);
    (void)HPDF_Dict_Add(intent, "DestOutputProfile", profile);
}

/* The first half names the document for ever, the second its revision. */
static void write_identity(HPDF_Doc doc, const struct pdf_info *info)
{
    uint8_t halves[32] = {0};
    bytes_put(halves, (struct bytes){info->identity.ptr, info->identity.len < 32 ? 0 : 32});
    be32_put(halves + 28, be32_get(halves + 28) ^ info->revision);
    HPDF_Array id = HPDF_Array_New(doc->mmgr);
    if (id == NULL || HPDF_Dict_Add(doc->trailer, "ID", id) != HPDF_OK) return;
    for (size_t half = 0; half < 2; half++) {
        HPDF_Binary value = HPDF_Binary_New(doc->mmgr, halves + 16 * half, 16);
        if (value != NULL) (void)HPDF_Array_Add(id, value);
    }
}

void pdf_metadata_write(struct pdf_job *j, const struct pdf_info *info)
{
    HPDF_Doc doc = j->doc;
    struct arena *a = j->arena;
    doc->pdf_version = HPDF_VER_17;
    write_info(doc, info, a);
    write_xmp(doc, info, a);
    write_output_intent(doc);
    write_identity(doc, info);
    if (info->attachment.len > 0) pdf_attachment_write(j, info);
    pdf_add_ascii(doc, doc->catalog, "Lang", info->language != NULL ? info->language : "en");
}
