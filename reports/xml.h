/* SPDX-License-Identifier: MIT */
/* xml.h - XML through libxml2's writer, which escapes. A failure is remembered and told at the end, so that
 * what writes a document reads like the document. */
#ifndef DAYBOOK_REPORTS_XML_H
#define DAYBOOK_REPORTS_XML_H

#include "ledger/base.h"

struct xml {
    void *writer; /* libxml2's */
    void *memory;
    struct arena *arena; /* for texts on their way */
    bool failed;
};

/* A document in UTF-8, without indentation: it is read by machines. */
void xml_begin(struct xml *x);
/* "<!DOCTYPE NAME SYSTEM 'SYSTEM'>", before the first element. */
void xml_doctype(struct xml *x, const char *name, const char *system);
/* Appends it to `out`. ERR_STORAGE: there was no memory for it. Frees what xml_begin took. */
enum err xml_end(struct buffer *out, struct xml *x, struct error *e) MUST_USE;

void xml_open(struct xml *x, const char *name);
void xml_close(struct xml *x);
/* Of the element that was opened last. */
void xml_attribute(struct xml *x, const char *name, const char *value);
/* An element with nothing but a text; none where the text is empty. Characters that XML 1.0 cannot hold stand
 * as U+FFFD. */
void xml_leaf(struct xml *x, const char *name, struct str text);
/* … and with an attribute; none where the value is NULL. */
void xml_leaf_with(struct xml *x, const char *name, const char *attribute, const char *value,
                   struct str text);

#endif
