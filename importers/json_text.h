/* SPDX-License-Identifier: MIT */
/* json_text.h - importers' own: JSON from outside, by jansson, with its numbers kept exact. */
#ifndef DAYBOOK_IMPORTERS_JSON_TEXT_H
#define DAYBOOK_IMPORTERS_JSON_TEXT_H

#include <jansson.h>

#include "ledger/ledger.h"

/* Numbers that are no whole numbers of at most 18 digits become strings of their own digits before jansson
 * sees them: no amount ever passes through a floating-point number. A member that stands twice in its object
 * is refused. The sentence names a place and never quotes the text. The caller owns *out (json_decref). */
enum err json_parse(json_t **out, struct str text, struct arena *a, struct error *e) MUST_USE;

/* The same of what another program tells, which cannot be asked to say it otherwise: a string may hold NUL.
 * Its texts are to be looked at by their length. */
enum err json_parse_told(json_t **out, struct str text, struct arena *a, struct error *e) MUST_USE;

/* A string member, or a whole number as its digits; "" when it is absent or null. Texts are copied to the
 * arena. */
enum err json_member_text(struct str *out, const json_t *object, const char *name, struct arena *a,
                          struct error *e) MUST_USE;

/* Of an object that is read leniently: a string member where it lies; "" when it is absent or no string. A
 * whole number above zero; 0 when it is none. */
struct str json_text_of(const json_t *object, const char *name);
uint64_t json_count_of(const json_t *object, const char *name);
/* Of another object that a member names: its id, which is the member, or stands in it as a whole. */
struct str json_id_of(const json_t *object, const char *name);

/* ERR_INVALID for the first member that is none of `names` (which end with NULL). */
enum err json_only_members(const json_t *object, const char *const *names, struct error *e) MUST_USE;

#endif
