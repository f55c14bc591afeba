/* SPDX-License-Identifier: MIT */
/* json_file.h - a JSON file written as it comes: members in the order in which they are told, two blanks a
 * level, so that the same facts are the same bytes. For manifests, whose lists may have a line for each of a
 * million files. */
#ifndef DAYBOOK_REPORTS_JSON_FILE_H
#define DAYBOOK_REPORTS_JSON_FILE_H

#include "ledger/store.h"

struct json_file;

enum err json_begin(struct json_file **out, const char *path, struct arena *a, struct error *e) MUST_USE;
/* Finishing it does not sync it: the caller does, with many others. */
void json_sync_later(struct json_file *j);
/* Inside lists the name is NULL. */
void json_open(struct json_file *j, const char *name);      /* an object */
void json_open_line(struct json_file *j, const char *name); /* an object that stands on one line */
void json_open_list(struct json_file *j, const char *name);
void json_close(struct json_file *j); /* the innermost of them */

void json_file_text(struct json_file *j, const char *name, struct str text);
void json_file_text_or_null(struct json_file *j, const char *name, struct str text); /* "" is null */
void json_file_count(struct json_file *j, const char *name, uint64_t number);
void json_file_flag(struct json_file *j, const char *name, bool flag);
void json_file_null(struct json_file *j, const char *name);
void json_file_date(struct json_file *j, const char *name, struct date d);           /* none: null */
void json_file_instant(struct json_file *j, const char *name, struct instant t);     /* none: null */
void json_file_hash(struct json_file *j, const char *name, const struct hash *hash); /* NULL: null */
void json_file_money(struct json_file *j, const char *name,
                     struct money m); /* a decimal string; none: null */

/* Closes the outermost object; the file is there, whole, on OK. Ends `j` in any case. */
enum err json_finish(struct json_file *j, struct error *e) MUST_USE;
void json_abandon(struct json_file *j); /* accepts NULL and what was finished */

#endif
