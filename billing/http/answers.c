/* SPDX-License-Identifier: MIT */
/* answers.c - what goes back: JSON, pages of lists, problems as RFC 9457 has them. */
#include <microhttpd.h>

#include "billing/access.h"
#include "billing/http/exchange.h"

enum err exchange_badly_asked(struct exchange *x, enum err err, struct error *e)
{
    struct passage p = {.verb = x->verb, .service = &x->service, .arena = x->arena};
    struct error refused = {0};
    enum err may = passage_begin(&p, &refused);
    if (may == OK) return err;
    *e = refused;
    return may;
}

enum err exchange_run(json_t **answer, struct exchange *x, struct error *e)
{
    struct kept k = {0};
    void *body = verb_body(x->verb, x->arena);
    *answer = NULL;
    enum err err = verb_from_json(body, x->verb, x->arguments, x->arena, e);
    if (err != OK) return exchange_badly_asked(x, err, e);
    struct answer keep = kept_answer(&k, x->verb);
    err = verb_run(x->verb, body, &x->service, &keep, x->arena, e);
    *answer = k.value;
    return err;
}

static void put_body(struct exchange *x, unsigned status, const char *type, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    if (text == NULL) WRONG("jansson cannot write a value");
    x->reply->status = status;
    x->reply->type = type;
    x->reply->body = str_format(x->arena, "%s\n", text);
    free(text);
}

/* What a row of a list with pages is called, as ?after= takes it. */
static const char *row_name(const struct verb *v)
{
    static const struct {
        const char *words, *member;
    } names[] = {{"customer.list", "user_id"},   {"subscription.list", "subscription_id"},
                 {"invoice.list", "invoice_id"}, {"payment.list", "transaction_id"},
                 {"webhook.list", "webhook_id"}, {"event.list", "event_id"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i].words, v->words) == 0) return names[i].member;
    }
    return NULL;
}

/* A page, whether there is another, and where that begins. */
static json_t *page_of(const struct exchange *x, json_t *rows)
{
    const char *name = row_name(x->verb);
    json_t *page = object_new();
    bool more = x->limit > 0 && json_array_size(rows) > x->limit;
    if (more && json_array_remove(rows, json_array_size(rows) - 1) != 0) WRONG("jansson loses a row");
    member_put(page, "data", rows);
    member_flag(page, "has_more", more);
    const json_t *last = json_array_get(rows, json_array_size(rows) - 1);
    if (more && name != NULL) member_put(page, "next", json_incref(json_object_get(last, name)));
    return page;
}

void reply_json(struct exchange *x, unsigned status, json_t *answer)
{
    if (json_is_array(answer)) answer = page_of(x, answer);
    if (json_is_true(json_object_get(answer, "replayed")))
        httpd_add_header(x->reply, "Idempotency-Replayed", STR("true"));
    httpd_add_header(x->reply, "Cache-Control", STR("no-store"));
    put_body(x, status, "application/json", answer);
    json_decref(answer);
}

unsigned problem_status(const struct exchange *x, enum err err)
{
    const struct access_state *s = &x->service.access;
    if (err == ERR_REFUSED && s->guarded && s->actor == 0) return MHD_HTTP_UNAUTHORIZED;
    if (err == ERR_REFUSED && s->guarded && !access_may(s->role, x->verb->words)) return MHD_HTTP_FORBIDDEN;
    return (unsigned)err_http_status(err);
}

void reply_problem(struct exchange *x, unsigned status, const struct error *e, json_t *answer)
{
    json_t *problem = object_new();
    member_text(problem, "type", str_format(x->arena, "/problems/%s", err_word(e->code)));
    member_text(problem, "title", str_of(err_sentence(e->code)));
    member_count(problem, "status", status);
    member_text(problem, "detail", str_of(e->text));
    member_text(problem, "code", str_of(err_word(e->code)));
    if (e->reason[0] != '\0') member_text(problem, "reason", str_of(e->reason));
    if (answer != NULL) member_put(problem, "answer", answer);
    if (status == MHD_HTTP_UNAUTHORIZED)
        httpd_add_header(x->reply, "WWW-Authenticate", STR("Bearer realm=\"daybook\""));
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE || status == MHD_HTTP_TOO_MANY_REQUESTS)
        httpd_add_header(x->reply, "Retry-After", STR("1"));
    httpd_add_header(x->reply, "Cache-Control", STR("no-store"));
    put_body(x, status, "application/problem+json", problem);
    json_decref(problem);
}
