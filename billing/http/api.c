/* SPDX-License-Identifier: MIT */
/* api.c - see api.h. The way of a request: its route, who asks, what is asked, the verb, the answer. */
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "billing/access.h"
#include "billing/http/api.h"
#include "billing/http/exchange.h"
#include "billing/http/feed.h"

enum { WRITES_AT_ONCE_MAX = 1024 };

struct api {
    struct api_options options;
    struct metrics metrics;
    atomic_uint writes;   /* commands that are being run */
    pthread_mutex_t held; /* over refusals that are noted together */
};

struct api *api_open(const struct api_options *o)
{
    struct api *a = calloc(1, sizeof *a);
    if (a == NULL) WRONG("out of memory");
    a->options = *o;
    if (pthread_mutex_init(&a->held, NULL) != 0) WRONG("a lock cannot be made");
    return a;
}

void api_close(struct api *a)
{
    if (a == NULL) return;
    (void)pthread_mutex_destroy(&a->held);
    free(a);
}

bool api_owns(const char *path)
{
    return strncmp(path, "/v1/", 4) == 0;
}

/* ---- who asks ---- */

static struct shown_token token_of(const struct httpd_request *r)
{
    static const char scheme[] = "Bearer ";
    struct str shown = str_of(httpd_header(r, "Authorization"));
    const size_t len = sizeof scheme - 1;
    if (shown.len == 0) return (struct shown_token){.form = TOKEN_NOT_SHOWN};
    if (shown.len <= len || strncasecmp(shown.ptr, scheme, len) != 0)
        return (struct shown_token){.form = TOKEN_MISSPELT};
    return token_read(str_trim((struct str){shown.ptr + len, shown.len - len}));
}

/* Each request has its own: nothing of whom it is passes to another. */
static enum err begin_service(struct exchange *x, struct api *a, struct error *e)
{
    struct service *s = &x->service;
    const struct httpd_request *r = x->request;
    *s = *a->options.service;
    s->progress = NULL;
    s->actor = STR("http");
    s->token = token_of(r);
    (void)pthread_mutex_lock(&a->held);
    s->access = (struct access_state){.held = a->options.service->access.held};
    (void)pthread_mutex_unlock(&a->held);
    s->key = str_copy(x->arena, str_of(httpd_header(r, "Idempotency-Key")));
    return s->key.len == 0 ? OK : text_check(s->key, LIMIT_IDEMPOTENCY_KEY_BYTES, "Idempotency-Key", e);
}

static void end_service(const struct exchange *x, struct api *a)
{
    (void)pthread_mutex_lock(&a->held);
    a->options.service->access.held = x->service.access.held;
    (void)pthread_mutex_unlock(&a->held);
}

/* "127.0.0.1:8080", "[::1]", "localhost": no name that somebody else could let lead here. */
static bool is_own_host(const char *host)
{
    struct str name = str_of(host);
    const char *port = name.len > 0 && name.ptr[0] != '[' ? memchr(name.ptr, ':', name.len) : NULL;
    if (port != NULL) name.len = (size_t)(port - name.ptr);
    bool address = name.len > 0;
    for (size_t i = 0; i < name.len && address && name.ptr[0] != '['; i++)
        address = name.ptr[i] == '.' || (name.ptr[i] >= '0' && name.ptr[i] <= '9');
    return address || str_is(name, "localhost");
}

/* What carries no token may be a browser that a page of another site uses: one that says so, or one whose
 * name leads to this machine only since the page was loaded. */
static enum err check_origin(const struct exchange *x, struct error *e)
{
    const struct httpd_request *r = x->request;
    const char *origin = httpd_header(r, "Origin"), *site = httpd_header(r, "Sec-Fetch-Site");
    bool same = site == NULL || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
    if (x->service.token.form != TOKEN_NOT_SHOWN) return OK;
    if (origin != NULL || !same)
        return fail(e, ERR_REFUSED, "a page of another site asks, and shows no token");
    if (!is_own_host(httpd_header(r, "Host")))
        return fail(e, ERR_REFUSED,
                    "who shows no token asks by an address of the machine or localhost, not by a name");
    return OK;
}

/* ---- what is asked ---- */

static bool is_bulk(const struct httpd_request *r)
{
    struct str type = str_of(httpd_header(r, "Content-Type"));
    return str_starts(type, "application/x-ndjson") || str_starts(type, "application/jsonl") ||
           str_starts(type, "application/cloudevents") || str_starts(type, "text/csv") ||
           str_starts(type, "application/gzip");
}

/* Readings in bulk are sent where single ones are, too. */
static struct str path_of(const struct httpd_request *r)
{
    bool usage = strcmp(r->method, "POST") == 0 && strcmp(r->url, "/v1/usage") == 0;
    return usage && is_bulk(r) ? STR("/v1/imports/usage") : str_of(r->url);
}

void api_begin(struct api *a, struct httpd_request *r)
{
    struct routed *routed = arena_new_of(r->arena, struct routed);
    struct error unused = {0};
    struct str allowed = STR_NONE;
    (void)a;
    if (route_find(routed, r->method, path_of(r), &allowed, r->arena, &unused) != OK) return;
    r->found = routed;
    r->spooled = routed->route->form == ROUTE_TAKES_FILE;
}

/* *status is of use where there is no verb to judge it by. */
static enum err find_verb(struct exchange *x, unsigned *status, struct error *e)
{
    struct str allowed = STR_NONE;
    enum err err = OK;
    if (x->request->found != NULL)
        x->routed = *(const struct routed *)x->request->found;
    else
        err = route_find(&x->routed, x->request->method, path_of(x->request), &allowed, x->arena, e);
    *status = err == ERR_NOT_FOUND ? MHD_HTTP_NOT_FOUND
              : err == ERR_USAGE   ? MHD_HTTP_METHOD_NOT_ALLOWED
                                   : MHD_HTTP_BAD_REQUEST;
    if (err == ERR_USAGE) httpd_add_header(x->reply, "Allow", allowed);
    if (err != OK) return err;
    x->verb = verb_find(str_of(x->routed.route->words));
    if (x->verb == NULL) WRONG("a route without its verb");
    if (!x->request->too_large) return OK;
    *status = MHD_HTTP_CONTENT_TOO_LARGE;
    return fail(e, ERR_LIMIT, "the body is too long");
}

/* ---- running ---- */

static enum err run_json(struct exchange *x, struct error *e)
{
    json_t *answer = NULL;
    enum err err = exchange_run(&answer, x, e);
    if (err == OK) {
        reply_json(x, MHD_HTTP_OK, answer == NULL ? object_new() : answer);
        return OK;
    }
    bool told = err == ERR_DECLINED || err == ERR_INCOMPLETE;
    if (!told) {
        json_decref(answer);
        answer = NULL;
    }
    reply_problem(x, problem_status(x, err), e, answer);
    return OK;
}

/* ---- events as they happen ---- */

static bool wants_stream(const struct exchange *x)
{
    const char *accept = httpd_header(x->request, "Accept");
    return strcmp(x->verb->words, "event.list") == 0 && accept != NULL &&
           strstr(accept, "text/event-stream") != NULL;
}

static bool is_over(void *self)
{
    const struct api *a = self;
    return a->options.ends(a->options.ends_self);
}

static struct str text_of(const struct exchange *x, const char *name)
{
    return str_of(json_string_value(json_object_get(x->arguments, name)));
}

/* Where the client was when it lost the line counts more than where it began. */
static enum err read_wish(struct event_wish *w, struct exchange *x, struct error *e)
{
    const char *last = httpd_header(x->request, "Last-Event-ID");
    struct str after = last != NULL ? str_of(last) : text_of(x, "after");
    struct views_txn *t = NULL;
    *w = (struct event_wish){.type = text_of(x, "type"), .has_after = after.len > 0};
    enum err err = w->has_after ? event_cursor_parse(&w->after, after, e) : OK;
    if (err == OK) err = ledger_read_begin(&t, x->service.ledger, e);
    if (err != OK) return err;
    err = service_customer(&w->customer, t, text_of(x, "user"), x->arena, e);
    ledger_read_end(x->service.ledger, t);
    return err;
}

/* That somebody looked is noted once, when the stream begins. */
static enum err stream(struct exchange *x, struct api *a, struct error *e)
{
    struct event_wish w = {.limit = 0};
    struct passage p = {.verb = x->verb, .service = &x->service, .arena = x->arena};
    enum err err = passage_begin(&p, e);
    if (err == OK) err = passage_end(&p, read_wish(&w, x, e), e);
    if (err != OK) return err;
    x->reply->status = MHD_HTTP_OK;
    x->reply->type = "text/event-stream";
    httpd_add_header(x->reply, "Cache-Control", STR("no-store"));
    feed_begin(x->reply, x->service.ledger, &w, is_over, a);
    return OK;
}

static enum err run_verb(struct exchange *x, struct api *a, struct error *e)
{
    bool writes = (x->verb->flags & VERB_WRITES) != 0;
    bool pays = writes && a->options.service->stripe != NULL && strcmp(x->verb->words, "usage.record") != 0;
    if (writes && atomic_fetch_add(&a->writes, 1) >= WRITES_AT_ONCE_MAX) {
        (void)atomic_fetch_sub(&a->writes, 1);
        return fail(e, ERR_INCOMPLETE, "too many commands at once: nothing was done");
    }
    if (pays) (void)pthread_mutex_lock(a->options.money);
    enum err err = x->routed.route->form == ROUTE_JSON ? run_json(x, e) : exchange_files(x, e);
    if (pays) (void)pthread_mutex_unlock(a->options.money);
    if (writes) (void)atomic_fetch_sub(&a->writes, 1);
    return err;
}

static void handle(struct api *a, struct httpd_request *r, struct httpd_reply *out)
{
    struct exchange *x = arena_new_of(r->arena, struct exchange);
    struct error e = {0};
    unsigned status = 0;
    *x = (struct exchange){.options = &a->options, .request = r, .reply = out, .arena = r->arena};
    enum err err = find_verb(x, &status, &e);
    if (err == OK) err = begin_service(x, a, &e);
    if (err == OK) err = check_origin(x, &e);
    if (err == OK && arguments_read(x, &e) != OK) err = exchange_badly_asked(x, e.code, &e);
    if (err == OK) err = wants_stream(x) ? stream(x, a, &e) : run_verb(x, a, &e);
    if (err != OK)
        reply_problem(x, status != 0 && x->verb == NULL ? status : problem_status(x, err), &e, NULL);
    if (x->verb != NULL) end_service(x, a);
    json_decref(x->arguments);
}

void api_tell_metrics(struct api *a, struct httpd_request *r, struct httpd_reply *out)
{
    struct error e = {0};
    out->status = MHD_HTTP_OK;
    out->type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    if (metrics_text(&out->body, &a->metrics, a->options.service->ledger, r->arena, &e) == OK) return;
    out->status = MHD_HTTP_SERVICE_UNAVAILABLE;
    out->type = "text/plain; charset=utf-8";
    out->body = str_format(r->arena, "%s\n", e.text);
}

void api_handle(struct api *a, struct httpd_request *r, struct httpd_reply *out)
{
    uint64_t began = world_monotonic_ns();
    handle(a, r, out);
    metrics_count(&a->metrics, out->status, world_monotonic_ns() - began);
}
