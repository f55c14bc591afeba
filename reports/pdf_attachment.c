/* SPDX-License-Identifier: MIT */
/* pdf_attachment.c - the invoice as XML inside the PDF, as Factur-X 1.0 (ZUGFeRD 2) and PDF/A-3 (ISO 19005-3,
 * 6.8) want it: an embedded file with its type, dates and size, a file specification that says how it relates
 * to the page, both found by name and as associated file, and its announcement in the XMP. libharu's own
 * HPDF_AttachFile knows none of that. */
#include "reports/pdf_inner.h"

#define FILE_NAME "factur-x.xml"

void pdf_attachment_announce(struct buffer *xmp)
{
    static const struct {
        const char *name, *value, *description;
    } properties[] = {
        {"DocumentFileName", FILE_NAME, "name of the embedded XML invoice file"},
        {"DocumentType", "INVOICE", "what the embedded file is"},
        {"Version", "1.0", "version of the XML schema of the invoice"},
        {"ConformanceLevel", "EN 16931", "profile of the XML invoice"},
    };
    enum { PROPERTIES = sizeof properties / sizeof properties[0] };
    buffer_print(xmp, "<rdf:Description rdf:about=\"\"\n"
                      " xmlns:fx=\"urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#\"\n"
                      " xmlns:pdfaExtension=\"http://www.aiim.org/pdfa/ns/extension/\"\n"
                      " xmlns:pdfaSchema=\"http://www.aiim.org/pdfa/ns/schema#\"\n"
                      " xmlns:pdfaProperty=\"http://www.aiim.org/pdfa/ns/property#\">\n");
    for (size_t i = 0; i < PROPERTIES; i++)
        buffer_print(xmp, "<fx:%s>%s</fx:%s>\n", properties[i].name, properties[i].value, properties[i].name);
    buffer_print(xmp, "<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType=\"Resource\">\n"
                      "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>\n"
                      "<pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
                      "</pdfaSchema:namespaceURI>\n"
                      "<pdfaSchema:prefix>fx</pdfaSchema:prefix>\n<pdfaSchema:property><rdf:Seq>\n");
    for (size_t i = 0; i < PROPERTIES; i++)
        buffer_print(xmp,
                     "<rdf:li rdf:parseType=\"Resource\"><pdfaProperty:name>%s</pdfaProperty:name>"
                     "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
                     "<pdfaProperty:category>external</pdfaProperty:category>"
                     "<pdfaProperty:description>%s</pdfaProperty:description></rdf:li>\n",
                     properties[i].name, properties[i].description);
    buffer_print(xmp, "</rdf:Seq></pdfaSchema:property>\n</rdf:li></rdf:Bag></pdfaExtension:schemas>\n"
                      "</rdf:Description>\n");
}

/* The stream with the file's bytes, deflated. */
static HPDF_Dict embed(struct pdf_job *j, const struct pdf_info *info)
{
    HPDF_Dict file = pdf_stream(j, info->attachment);
    HPDF_Dict params = HPDF_Dict_New(j->doc->mmgr);
    if (file == NULL || params == NULL) return NULL;
    (void)HPDF_Dict_AddName(file, "Type", "EmbeddedFile");
    (void)HPDF_Dict_AddName(file, "Subtype", "text/xml");
    (void)HPDF_Dict_Add(file, "Params", params);
    (void)HPDF_Dict_AddNumber(params, "Size", (HPDF_INT32)info->attachment.len);
    pdf_add_date(j->doc, params, "ModDate", info->created);
    return file;
}

static HPDF_Dict specify(HPDF_Doc doc, HPDF_Dict file)
{
    HPDF_Dict spec = HPDF_Dict_New(doc->mmgr), embedded = HPDF_Dict_New(doc->mmgr);
    if (spec == NULL || embedded == NULL || HPDF_Xref_Add(doc->xref, spec) != HPDF_OK) return NULL;
    (void)HPDF_Dict_AddName(spec, "Type", "Filespec");
    pdf_add_ascii(doc, spec, "F", FILE_NAME);
    pdf_add_ascii(doc, spec, "UF", FILE_NAME);
    pdf_add_ascii(doc, spec, "Desc", "This invoice as XML (EN 16931)");
    (void)HPDF_Dict_AddName(spec, "AFRelationship", "Alternative");
    (void)HPDF_Dict_Add(spec, "EF", embedded);
    (void)HPDF_Dict_Add(embedded, "F", file);
    (void)HPDF_Dict_Add(embedded, "UF", file);
    return spec;
}

void pdf_attachment_write(struct pdf_job *j, const struct pdf_info *info)
{
    HPDF_Doc doc = j->doc;
    HPDF_Dict file = embed(j, info);
    HPDF_Dict spec = file != NULL ? specify(doc, file) : NULL;
    HPDF_Dict names = HPDF_Dict_New(doc->mmgr), files = HPDF_Dict_New(doc->mmgr);
    HPDF_Array tree = HPDF_Array_New(doc->mmgr), associated = HPDF_Array_New(doc->mmgr);
    HPDF_String name = HPDF_String_New(doc->mmgr, FILE_NAME, NULL);
    if (spec == NULL || names == NULL || files == NULL || tree == NULL || associated == NULL || name == NULL)
        return;
    (void)HPDF_Dict_Add(doc->catalog, "Names", names);
    (void)HPDF_Dict_Add(names, "EmbeddedFiles", files);
    (void)HPDF_Dict_Add(files, "Names", tree);
    (void)HPDF_Array_Add(tree, name);
    (void)HPDF_Array_Add(tree, spec);
    (void)HPDF_Dict_Add(doc->catalog, "AF", associated);
    (void)HPDF_Array_Add(associated, spec);
}
