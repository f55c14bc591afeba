/* SPDX-License-Identifier: MIT */
/* openapi.h - the HTTP API as an OpenAPI 3.1 document, made of the tables. */
#ifndef DAYBOOK_BILLING_HTTP_OPENAPI_H
#define DAYBOOK_BILLING_HTTP_OPENAPI_H

#include <jansson.h>

json_t *openapi_document(void); /* a new reference */

#endif
