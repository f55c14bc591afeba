/* SPDX-License-Identifier: MIT */
/* query_json.h - billing's own: verbs for programs, arguments and answers as JSON. */
#ifndef DAYBOOK_BILLING_QUERY_JSON_H
#define DAYBOOK_BILLING_QUERY_JSON_H

#include "billing/answers.h"

enum err verb_from_json(void *body, const struct verb *v, const json_t *object, struct arena *a,
                        struct error *e) MUST_USE;

/* An answer kept: an object, or an array of rows. The holder gives the reference back. */
struct kept {
    json_t *value;
};
struct answer kept_answer(struct kept *k, const struct verb *v);

#endif
