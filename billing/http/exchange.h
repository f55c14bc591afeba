/* SPDX-License-Identifier: MIT */
/* exchange.h - billing/http's own: one request with the verb that it asks for, and its answer. */
#ifndef DAYBOOK_BILLING_HTTP_EXCHANGE_H
#define DAYBOOK_BILLING_HTTP_EXCHANGE_H

#include "billing/http/routes.h"
#include "billing/httpd.h"
#include "billing/query_json.h"

struct exchange {
    const struct api_options *options;
    struct service service; /* of this request alone */
    struct httpd_request *request;
    struct httpd_reply *reply;
    struct routed routed;
    const struct verb *verb;
    json_t *arguments; /* members of the verb; holds the reference */
    uint64_t limit;    /* of a list that has pages; 0: it has none */
    struct arena *arena;
};

/* ---- arguments.c: the members of the verb, out of path, query and body ---- */

enum err arguments_read(struct exchange *x, struct error *e) MUST_USE;

/* ---- files.c: what is a file or folder elsewhere ---- */

/* Runs the verb with a file of the request or of the server's in the place of the one that it names. */
enum err exchange_files(struct exchange *x, struct error *e) MUST_USE;

/* ---- answers.c ---- */

/* Of what was asked badly: whoever may not ask at all is told that, and nothing else. Else gives `err` back.
 */
enum err exchange_badly_asked(struct exchange *x, enum err err, struct error *e) MUST_USE;
/* Runs the verb; *answer is what it told, NULL where it told nothing. */
enum err exchange_run(json_t **answer, struct exchange *x, struct error *e) MUST_USE;
/* An answer of JSON; takes the reference. */
void reply_json(struct exchange *x, unsigned status, json_t *answer);
/* RFC 9457. `answer`: what is there all the same, such as a payment that was declined; NULL: nothing. Takes
 * the reference. */
void reply_problem(struct exchange *x, unsigned status, const struct error *e, json_t *answer);
/* The status of a verb's failure: of who may not it says so. */
unsigned problem_status(const struct exchange *x, enum err err);

#endif
