/* SPDX-License-Identifier: MIT */
/* serve.c - see serve.h. A message is answered as soon as it is durable; what it asks for is done when the
 * answer is on its way. Whoever stops the program then loses nothing: what was kept is done by the next. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

#include "billing/serve.h"

enum {
    REQUEST_SECONDS = 30, /* for a request to come in, whole */
    CONNECTIONS_MAX = 256,
    STOP_TURNS = 100, /* of 20 ms: what is being answered has so long */
    STOP_TURN_NS = 20000000,
};

struct server {
    struct server_options options;
    struct MHD_Daemon *daemon;
    unsigned port;
};

/* One request while it comes in. */
struct incoming {
    struct arena *arena;
    struct buffer body;
    struct instant began;
    bool too_large, kept;
};

/* ---- answers ---- */

static enum MHD_Result answer(struct MHD_Connection *c, unsigned status, const char *text)
{
    char *copy = strdup(text); /* the answer frees it */
    struct MHD_Response *r =
        copy == NULL ? NULL : MHD_create_response_from_buffer(strlen(copy), copy, MHD_RESPMEM_MUST_FREE);
    if (r == NULL) {
        free(copy);
        return MHD_NO;
    }
    enum MHD_Result ok = MHD_add_response_header(r, "Content-Type", "application/json");
    if (ok == MHD_YES) ok = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return ok;
}

/* Stripe sends again what was not answered well; what will never be is told so. */
static unsigned status_of(enum err err)
{
    if (err == ERR_INVALID) return MHD_HTTP_BAD_REQUEST;
    return err == ERR_LIMIT ? MHD_HTTP_CONTENT_TOO_LARGE : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static enum MHD_Result refuse(struct MHD_Connection *c, unsigned status, const char *code,
                              const char *message, struct arena *a)
{
    json_t *j = json_pack("{s:{s:s,s:s}}", "error", "code", code, "message", message);
    char *text = j == NULL ? NULL : json_dumps(j, JSON_COMPACT);
    struct str copy = str_copy(a, str_of(text == NULL ? "{}" : text));
    free(text);
    json_decref(j);
    return answer(c, status, str_cstring(a, copy));
}

static struct instant now_of(const struct server *s)
{
    const struct service *service = s->options.service;
    return service->world.now(service->world.self);
}

/* ---- webhooks ---- */

static enum MHD_Result take_webhook(struct server *s, struct MHD_Connection *c, struct incoming *in)
{
    struct webhook_door d = s->options.door;
    struct webhook w = {0};
    struct error e = {0};
    const char *signature = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Stripe-Signature");
    struct bytes body = {in->body.ptr, in->body.len};
    if (in->too_large)
        return refuse(c, MHD_HTTP_CONTENT_TOO_LARGE, "limit", "the message is longer than a webhook may be",
                      in->arena);
    d.now = now_of(s);
    enum err err = webhook_keep(&w, &d, str_of(signature), body, in->arena, &e);
    if (err != OK && status_of(err) == MHD_HTTP_SERVICE_UNAVAILABLE) {
        (void)fprintf(stderr, "daybook: a webhook is not kept: %s\n", e.text);
        return refuse(c, status_of(err), err_word(err), "it cannot be kept just now", in->arena);
    }
    if (err != OK) return refuse(c, status_of(err), err_word(err), e.text, in->arena);
    in->kept = w.outcome == WEBHOOK_WAITING;
    return answer(c, MHD_HTTP_OK, "{\"received\":true}");
}

/* ---- requests ---- */

static bool is_route(const char *url, const char *route)
{
    return strcmp(url, route) == 0;
}

static enum MHD_Result route(struct server *s, struct MHD_Connection *c, const char *url, const char *method,
                             struct incoming *in)
{
    bool webhook = is_route(url, "/webhooks/stripe"), health = is_route(url, "/healthz");
    if (!webhook && !health)
        return refuse(c, MHD_HTTP_NOT_FOUND, "not_found", "there is no such address", in->arena);
    if (health && strcmp(method, "GET") == 0) return answer(c, MHD_HTTP_OK, "{\"status\":\"ok\"}");
    if (webhook && strcmp(method, "POST") == 0) return take_webhook(s, c, in);
    return refuse(c, MHD_HTTP_METHOD_NOT_ALLOWED, "refused", webhook ? "POST is wanted" : "GET is wanted",
                  in->arena);
}

static struct incoming *begin_incoming(struct instant now)
{
    struct arena *a = arena_new();
    struct incoming *in = arena_new_of(a, struct incoming);
    *in = (struct incoming){.arena = a, .body = {.arena = a}, .began = now};
    return in;
}

/* The connection's own timeout begins again with each byte: a slow sender would keep its place for good. */
static bool is_too_slow(const struct incoming *in, struct instant now)
{
    return now.us - in->began.us > (int64_t)REQUEST_SECONDS * 1000000;
}

/* What is too long is read to its end, and thrown away, so that the answer arrives. */
static void take_part(struct incoming *in, const char *part, size_t size)
{
    in->too_large = in->too_large || in->body.len + size > LIMIT_WEBHOOK_BYTES;
    if (!in->too_large) buffer_add(&in->body, part, size);
}

static enum MHD_Result handle(void *self, struct MHD_Connection *c, const char *url, const char *method,
                              const char *version, const char *part, size_t *size, void **request)
{
    struct incoming *in = *request;
    struct instant now = now_of(self);
    (void)version;
    if (in == NULL) {
        *request = begin_incoming(now);
        return MHD_YES;
    }
    if (is_too_slow(in, now)) return MHD_NO;
    if (*size > 0) {
        take_part(in, part, *size);
        *size = 0;
        return MHD_YES;
    }
    return route(self, c, url, method, in);
}

/* The answer is out: now what the message asks for. */
static void finish(void *self, struct MHD_Connection *c, void **request, enum MHD_RequestTerminationCode how)
{
    struct server *s = self;
    struct incoming *in = *request;
    (void)c;
    (void)how;
    if (in == NULL) return;
    if (in->kept) {
        struct webhook_door d = s->options.door;
        struct error later = {0};
        uint64_t count = 0;
        d.now = now_of(s);
        if (webhooks_apply(&count, &d, in->arena, &later) != OK)
            (void)fprintf(stderr, "daybook: a webhook is kept and waits: %s\n", later.text);
    }
    arena_free(in->arena);
    *request = NULL;
}

/* ---- start and stop ---- */

/* "[::1]:8080" is "[::1]" and "8080"; without a colon there is no host. */
static struct str cut_port(struct str *host, struct str listen)
{
    size_t colon = listen.len;
    while (colon > 0 && listen.ptr[colon - 1] != ':') colon--;
    *host = (struct str){listen.ptr, colon == 0 ? 0 : colon - 1};
    return (struct str){listen.ptr + colon, listen.len - colon};
}

static enum err resolve(struct addrinfo **out, struct str listen, struct arena *a, struct error *e)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct str host = STR_NONE, port = cut_port(&host, listen);
    bool brackets = host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
    if (brackets) host = (struct str){host.ptr + 1, host.len - 2};
    struct error unused = {0};
    uint64_t number = 0;
    bool whole = host.len > 0 && uint_parse(&number, port, &unused) == OK && number <= UINT16_MAX;
    if (whole && getaddrinfo(str_cstring(a, host), str_cstring(a, port), &hints, out) == 0) return OK;
    return fail(e, ERR_INVALID, "--listen: '%.*s' is no address, as in 127.0.0.1:8080 or [::1]:8080",
                STR_ARG(text_quotable(listen)));
}

static enum err listen_to(struct server *s, const struct addrinfo *address, struct error *e)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG;
    if (address->ai_family == AF_INET6) flags |= MHD_USE_IPv6;
    s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, s, MHD_OPTION_SOCK_ADDR, address->ai_addr,
                                 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)REQUEST_SECONDS,
                                 MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                                 MHD_OPTION_NOTIFY_COMPLETED, finish, s, MHD_OPTION_END);
    if (s->daemon == NULL)
        return fail(e, ERR_STORAGE, "cannot listen to %.*s", STR_ARG(text_quotable(s->options.listen)));
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    s->port = info == NULL ? 0 : info->port;
    return OK;
}

enum err server_start(struct server **out, const struct server_options *o, struct error *e)
{
    struct arena *a = arena_new();
    struct addrinfo *address = NULL;
    struct server *s = calloc(1, sizeof *s);
    if (s == NULL) WRONG("out of memory");
    s->options = *o;
    enum err err = resolve(&address, o->listen, a, e);
    if (err == OK && address != NULL) err = listen_to(s, address, e);
    if (address != NULL) freeaddrinfo(address);
    arena_free(a);
    if (err == OK)
        *out = s;
    else
        free(s);
    return err;
}

struct str server_url(const struct server *s, struct arena *a)
{
    struct str host = STR_NONE;
    (void)cut_port(&host, s->options.listen);
    return str_format(a, "http://%.*s:%u", STR_ARG(host), s->port);
}

static unsigned connections_of(const struct server *s)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info == NULL ? 0 : info->num_connections;
}

void server_stop(struct server *s)
{
    const struct timespec turn = {.tv_nsec = STOP_TURN_NS};
    if (s == NULL) return;
    MHD_socket listening = MHD_quiesce_daemon(s->daemon);
    for (int i = 0; i < STOP_TURNS && connections_of(s) > 0; i++) (void)nanosleep(&turn, NULL);
    MHD_stop_daemon(s->daemon);
    if (listening != MHD_INVALID_SOCKET) (void)close(listening);
    free(s);
}
