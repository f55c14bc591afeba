/* SPDX-License-Identifier: MIT */
/* serve.c - see serve.h. Each request has a thread; what may ask the gateway is done by one after the other.
 * A message is answered as soon as it is durable; what it asks for is done when the
 * answer is on its way. Whoever stops the program then loses nothing: what was kept is done by the next. */
#include <microhttpd.h>
#include <pthread.h>

#include "billing/http/api.h"
#include "billing/http/openapi.h"
#include "billing/httpd.h"
#include "billing/serve.h"

struct server {
    struct server_options options;
    struct httpd *http;
    struct api *api;
    pthread_mutex_t money; /* over the gateway, and messages of it */
};

/* ---- answers ---- */

static void answer(struct httpd_reply *out, unsigned status, struct str text)
{
    *out = (struct httpd_reply){.status = status, .type = "application/json", .body = text};
}

/* Stripe sends again what was not answered well; what will never be is told so. */
static unsigned status_of(enum err err)
{
    if (err == ERR_INVALID) return MHD_HTTP_BAD_REQUEST;
    return err == ERR_LIMIT ? MHD_HTTP_CONTENT_TOO_LARGE : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static void refuse(struct httpd_reply *out, unsigned status, const char *code, const char *message,
                   struct arena *a)
{
    json_t *j = json_pack("{s:{s:s,s:s}}", "error", "code", code, "message", message);
    char *text = j == NULL ? NULL : json_dumps(j, JSON_COMPACT);
    answer(out, status, str_copy(a, str_of(text == NULL ? "{}" : text)));
    free(text);
    json_decref(j);
}

static struct instant now_of(const struct server *s)
{
    const struct service *service = s->options.service;
    return service->world.now(service->world.self);
}

/* ---- webhooks ---- */

static void take_webhook(struct server *s, struct httpd_request *r, struct httpd_reply *out)
{
    struct webhook_door d = s->options.door;
    struct webhook w = {0};
    struct error e = {0};
    struct str signature = str_of(httpd_header(r, "Stripe-Signature"));
    if (r->too_large) {
        refuse(out, MHD_HTTP_CONTENT_TOO_LARGE, "limit", "the message is longer than a webhook may be",
               r->arena);
        return;
    }
    d.now = now_of(s);
    (void)pthread_mutex_lock(&s->money);
    enum err err = webhook_keep(&w, &d, signature, r->body, r->arena, &e);
    (void)pthread_mutex_unlock(&s->money);
    if (err == OK) {
        r->later = w.outcome == WEBHOOK_WAITING;
        answer(out, MHD_HTTP_OK, STR("{\"received\":true}"));
    } else if (status_of(err) == MHD_HTTP_SERVICE_UNAVAILABLE) {
        (void)fprintf(stderr, "daybook: a webhook is not kept: %s\n", e.text);
        refuse(out, status_of(err), err_word(err), "it cannot be kept just now", r->arena);
    } else {
        refuse(out, status_of(err), err_word(err), e.text, r->arena);
    }
}

/* ---- requests ---- */

static void begin(void *self, struct httpd_request *r)
{
    struct server *s = self;
    if (api_owns(r->url)) api_begin(s->api, r);
}

static bool is_route(const char *url, const char *route)
{
    return strcmp(url, route) == 0;
}

/* Of the program, not of the ledger: nobody is asked who he is. */
static void tell_document(struct httpd_request *r, struct httpd_reply *out)
{
    json_t *j = openapi_document();
    char *text = json_dumps(j, JSON_INDENT(1));
    if (text == NULL) WRONG("jansson cannot write a value");
    answer(out, MHD_HTTP_OK, str_copy(r->arena, str_of(text)));
    free(text);
    json_decref(j);
}

static void route(void *self, struct httpd_request *r, struct httpd_reply *out)
{
    struct server *s = self;
    if (is_route(r->url, "/v1/openapi.json") && strcmp(r->method, "GET") == 0) {
        tell_document(r, out);
        return;
    }
    if (is_route(r->url, "/metrics") && strcmp(r->method, "GET") == 0) {
        api_tell_metrics(s->api, r, out);
        return;
    }
    if (api_owns(r->url)) {
        api_handle(s->api, r, out);
        return;
    }
    bool takes = s->options.door.secrets.count > 0;
    bool webhook = takes && is_route(r->url, "/webhooks/stripe"), health = is_route(r->url, "/healthz");
    if (!webhook && !health)
        refuse(out, MHD_HTTP_NOT_FOUND, "not_found", "there is no such address", r->arena);
    else if (health && strcmp(r->method, "GET") == 0)
        answer(out, MHD_HTTP_OK, STR("{\"status\":\"ok\"}"));
    else if (webhook && strcmp(r->method, "POST") == 0)
        take_webhook(s, r, out);
    else
        refuse(out, MHD_HTTP_METHOD_NOT_ALLOWED, "refused", webhook ? "POST is wanted" : "GET is wanted",
               r->arena);
}

/* The answer is out: now what the message asks for. */
static void do_later(void *self, struct arena *a)
{
    struct server *s = self;
    struct webhook_door d = s->options.door;
    struct error later = {0};
    uint64_t count = 0;
    d.now = now_of(s);
    (void)pthread_mutex_lock(&s->money);
    enum err err = webhooks_apply(&count, &d, a, &later);
    (void)pthread_mutex_unlock(&s->money);
    if (err != OK) (void)fprintf(stderr, "daybook: a webhook is kept and waits: %s\n", later.text);
}

/* ---- start and stop ---- */

static bool is_ending(void *self)
{
    const struct server *s = self;
    return s->http != NULL && httpd_is_stopping(s->http);
}

static void free_server(struct server *s)
{
    api_close(s->api);
    (void)pthread_mutex_destroy(&s->money);
    free(s);
}

enum err server_start(struct server **out, const struct server_options *o, struct error *e)
{
    struct server *s = calloc(1, sizeof *s);
    if (s == NULL) WRONG("out of memory");
    s->options = *o;
    if (pthread_mutex_init(&s->money, NULL) != 0) WRONG("a lock cannot be made");
    struct api_options api = {
        .service = o->service, .money = &s->money, .ends = is_ending, .ends_self = s, .out = o->out};
    s->api = api_open(&api);
    struct httpd_options http = {.listen = o->listen,
                                 .body_max = LIMIT_WEBHOOK_BYTES,
                                 .file_max = LIMIT_UPLOAD_BYTES,
                                 .connections = o->connections,
                                 .threads = true,
                                 .world = o->service->world,
                                 .self = s,
                                 .begin = begin,
                                 .handle = route,
                                 .later = do_later};
    enum err err = httpd_start(&s->http, &http, e);
    if (err == OK)
        *out = s;
    else
        free_server(s);
    return err;
}

struct str server_url(const struct server *s, struct arena *a)
{
    return httpd_url(s->http, a);
}

void server_stop(struct server *s)
{
    if (s == NULL) return;
    httpd_stop(s->http);
    free_server(s);
}
