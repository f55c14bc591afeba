/* SPDX-License-Identifier: MIT */
/* daybook_private.h - billing's own: what the files behind daybook.h share. */
#ifndef DAYBOOK_BILLING_DAYBOOK_PRIVATE_H
#define DAYBOOK_BILLING_DAYBOOK_PRIVATE_H

#include "billing/daybook.h"
#include "billing/query_json.h"

struct watched_alert {
    uint64_t customer, alert;
    daybook_alert callback;
    void *context;
};

struct daybook {
    struct service service;
    struct frozen_clock frozen;
    struct arena *texts; /* as old as the handle */
    struct watched_alert *watched;
    size_t watched_count, watched_capacity;
    char key[LIMIT_IDEMPOTENCY_KEY_BYTES + 1];
};

/* Hands a sentence out, and gives its code back. */
int report_error(struct daybook_error *out, const struct error *e);

/* One answer: an arena that begins with what daybook_free needs. The struct behind it is zeroed. */
void *answer_new(size_t size);
struct arena *answer_arena(void *answer);
void *answer_text(struct str text); /* NUL-terminated */

/* How members of a JSON object become members of an answer's struct. */
enum member_kind { MEMBER_TEXT, MEMBER_FLAG, MEMBER_NUMBER };
struct member {
    const char *json;
    size_t offset;
    enum member_kind kind;
};
struct shape {
    size_t size;
    const struct member *members;
    size_t members_count;
};
void fill_shape(void *to, const struct shape *s, const json_t *object, struct arena *a);
/* The items of an array. */
void *fill_shapes(size_t *count, const struct shape *s, const json_t *array, struct arena *a);

/* Runs a verb; takes the reference of `arguments` (NULL: one of them was not UTF-8). *answer is the caller's,
 * and may be there after DECLINED and INCOMPLETE too. */
enum err run_words(json_t **answer, struct daybook *d, const char *words, json_t *arguments,
                   struct error *e) MUST_USE;

#endif
