/* SPDX-License-Identifier: MIT */
/* httpd.c - see httpd.h. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netdb.h>
#include <sys/socket.h>
#include <time.h>

#include "billing/httpd.h"

enum {
    REQUEST_SECONDS = 30, /* for a request to come in, whole */
    CONNECTIONS_MAX = 256,
    STOP_TURNS = 100, /* of 20 ms: what is being answered has so long */
    STOP_TURN_NS = 20000000,
};

struct httpd {
    struct httpd_options options;
    struct MHD_Daemon *daemon;
    unsigned port;
};

/* One request while it comes in. */
struct incoming {
    struct httpd_request request;
    struct buffer body;
    struct instant began;
};

/* ---- requests ---- */

const char *httpd_header(const struct httpd_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result answer(struct MHD_Connection *c, const struct httpd_reply *reply)
{
    char *copy = malloc(reply->body.len + 1); /* the answer frees it */
    if (copy == NULL) return MHD_NO;
    bytes_put(copy, str_bytes(reply->body));
    struct MHD_Response *r = MHD_create_response_from_buffer(reply->body.len, copy, MHD_RESPMEM_MUST_FREE);
    if (r == NULL) {
        free(copy);
        return MHD_NO;
    }
    enum MHD_Result ok = MHD_add_response_header(r, "Content-Type", reply->type);
    if (ok == MHD_YES) ok = MHD_queue_response(c, reply->status, r);
    MHD_destroy_response(r);
    return ok;
}

static struct instant now_of(const struct httpd *s)
{
    return s->options.world.now(s->options.world.self);
}

static struct incoming *begin_incoming(struct instant now)
{
    struct arena *a = arena_new();
    struct incoming *in = arena_new_of(a, struct incoming);
    *in = (struct incoming){.request = {.arena = a}, .body = {.arena = a}, .began = now};
    return in;
}

/* The connection's own timeout begins again with each byte: a slow sender would keep its place for good. */
static bool is_too_slow(const struct incoming *in, struct instant now)
{
    return now.us - in->began.us > (int64_t)REQUEST_SECONDS * 1000000;
}

/* What is too long is read to its end, and thrown away, so that the answer arrives. */
static void take_part(struct incoming *in, const char *part, size_t size, size_t most)
{
    in->request.too_large = in->request.too_large || in->body.len + size > most;
    if (!in->request.too_large) buffer_add(&in->body, part, size);
}

static enum MHD_Result handle(void *self, struct MHD_Connection *c, const char *url, const char *method,
                              const char *version, const char *part, size_t *size, void **request)
{
    const struct httpd *s = self;
    struct incoming *in = *request;
    struct instant now = now_of(s);
    struct httpd_reply reply = {.status = MHD_HTTP_INTERNAL_SERVER_ERROR, .type = "text/plain"};
    (void)version;
    if (in == NULL) {
        *request = begin_incoming(now);
        return MHD_YES;
    }
    if (is_too_slow(in, now)) return MHD_NO;
    if (*size > 0) {
        take_part(in, part, *size, s->options.body_max);
        *size = 0;
        return MHD_YES;
    }
    struct httpd_request *r = &in->request;
    r->url = url;
    r->method = method;
    r->connection = c;
    if (!r->too_large) r->body = (struct bytes){in->body.ptr, in->body.len};
    s->options.handle(s->options.self, r, &reply);
    return answer(c, &reply);
}

static void finish(void *self, struct MHD_Connection *c, void **request, enum MHD_RequestTerminationCode how)
{
    const struct httpd *s = self;
    struct incoming *in = *request;
    (void)c;
    (void)how;
    if (in == NULL) return;
    if (in->request.later && s->options.later != NULL) s->options.later(s->options.self, in->request.arena);
    arena_free(in->request.arena);
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

static enum err listen_to(struct httpd *s, const struct addrinfo *address, struct error *e)
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

enum err httpd_start(struct httpd **out, const struct httpd_options *o, struct error *e)
{
    struct arena *a = arena_new();
    struct addrinfo *address = NULL;
    struct httpd *s = calloc(1, sizeof *s);
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

struct str httpd_url(const struct httpd *s, struct arena *a)
{
    struct str host = STR_NONE;
    (void)cut_port(&host, s->options.listen);
    return str_format(a, "http://%.*s:%u", STR_ARG(host), s->port);
}

static unsigned connections_of(const struct httpd *s)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info == NULL ? 0 : info->num_connections;
}

void httpd_stop(struct httpd *s)
{
    const struct timespec turn = {.tv_nsec = STOP_TURN_NS};
    if (s == NULL) return;
    MHD_socket listening = MHD_quiesce_daemon(s->daemon);
    for (int i = 0; i < STOP_TURNS && connections_of(s) > 0; i++) (void)nanosleep(&turn, NULL);
    MHD_stop_daemon(s->daemon);
    if (listening != MHD_INVALID_SOCKET) (void)close(listening);
    free(s);
}
