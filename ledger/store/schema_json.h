/* SPDX-License-Identifier: MIT */
/* schema_json.h - JSON of any described struct, by jansson. Money is a decimal string; one "currency" member
 * follows the first money field of an object when all its money shares that currency, otherwise
 * "NAME_currency" follows each. Dates and instants are strings, none is null; decimals are strings; counts
 * are integers; a part is an object, a list an array of objects. */
#ifndef DAYBOOK_LEDGER_STORE_SCHEMA_JSON_H
#define DAYBOOK_LEDGER_STORE_SCHEMA_JSON_H

#include <jansson.h>

#include "ledger/store/schema.h"

/* A new reference, members in declared order. */
json_t *schema_json(const struct schema *s, const void *record);

/* Fills `record` from a JSON object; unknown members, wrong types and missing required fields are ERR_INVALID
 * with the path of the member ("prices[2].amount"). Numbers are accepted where a decimal is wanted only if
 * they are integers or the file's own digits are exact; otherwise strings are asked for. */
enum err schema_from_json(void *record, const struct schema *s, const json_t *object, struct arena *a,
                          struct error *e) MUST_USE;

#endif
