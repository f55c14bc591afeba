/* SPDX-License-Identifier: MIT */
/* httpd.c - see httpd.h. */
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "billing/httpd.h"
#include "billing/httpd_listen.h"

enum {
    REQUEST_SECONDS = 30,         /* for a request to come in, whole … */
    BYTES_A_SECOND_MIN = 1 << 16, /* … and for each so many bytes of it one more */
    CONNECTIONS = 256,
    MEMORY = 64 * 1024, /* of a connection, for the request's line and headers */
    STREAM_BLOCK = 16 * 1024,
    STOP_TURNS = 100, /* of 20 ms: what is being answered has so long */
    STOP_TURN_NS = 20000000,
};

struct httpd {
    struct httpd_options options;
    struct MHD_Daemon *daemon;
    struct listening listening;
    struct arena *arena;
    atomic_bool stopping;
};

/* One request while it comes in. */
struct incoming {
    struct httpd_request request;
    struct buffer body;
    struct instant began;
    bool begun; /* its headers were looked at */
    bool lost;  /* its body could not be kept */
};

/* ---- answers ---- */

const char *httpd_header(const struct httpd_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

void httpd_add_header(struct httpd_reply *reply, const char *name, struct str value)
{
    assert(reply->headers_count < HTTPD_HEADERS_MAX);
    reply->headers[reply->headers_count++] = (struct httpd_header){name, value};
}

struct streaming {
    httpd_stream_fn *next;
    void *self;
    void (*end)(void *self);
};

static ssize_t stream_next(void *context, uint64_t at, char *to, size_t room)
{
    const struct streaming *s = context;
    size_t len = 0;
    (void)at;
    s->next(s->self, to, room, &len);
    return len > 0 ? (ssize_t)len : MHD_CONTENT_READER_END_OF_STREAM;
}

static void stream_end(void *context)
{
    struct streaming *s = context;
    if (s->end != NULL) s->end(s->self);
    free(s);
}

static struct MHD_Response *response_of_stream(const struct httpd_reply *reply)
{
    struct streaming *s = malloc(sizeof *s);
    if (s == NULL) return NULL;
    *s = (struct streaming){reply->stream, reply->stream_self, reply->stream_end};
    struct MHD_Response *r =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_next, s, stream_end);
    if (r == NULL) free(s);
    return r;
}

static struct MHD_Response *response_of_file(const struct httpd_reply *reply)
{
    off_t size = lseek(reply->file, 0, SEEK_END);
    struct MHD_Response *r = size < 0 ? NULL : MHD_create_response_from_fd64((uint64_t)size, reply->file);
    if (r == NULL) (void)close(reply->file);
    return r;
}

static struct MHD_Response *response_of_text(const struct httpd_reply *reply)
{
    char *copy = malloc(reply->body.len + 1); /* the answer frees it */
    if (copy == NULL) return NULL;
    bytes_put(copy, str_bytes(reply->body));
    struct MHD_Response *r = MHD_create_response_from_buffer(reply->body.len, copy, MHD_RESPMEM_MUST_FREE);
    if (r == NULL) free(copy);
    return r;
}

static enum MHD_Result answer(struct MHD_Connection *c, const struct httpd_reply *reply, struct arena *a)
{
    struct MHD_Response *r = reply->stream != NULL ? response_of_stream(reply)
                             : reply->has_file     ? response_of_file(reply)
                                                   : response_of_text(reply);
    if (r == NULL) return MHD_NO;
    enum MHD_Result ok = MHD_YES;
    if (reply->type != NULL) ok = MHD_add_response_header(r, "Content-Type", reply->type);
    for (size_t i = 0; i < reply->headers_count && ok == MHD_YES; i++)
        ok = MHD_add_response_header(r, reply->headers[i].name, str_cstring(a, reply->headers[i].value));
    if (ok == MHD_YES) ok = MHD_queue_response(c, reply->status, r);
    MHD_destroy_response(r);
    return ok;
}

/* ---- requests ---- */

static struct instant now_of(const struct httpd *s)
{
    return s->options.world.now(s->options.world.self);
}

/* Is called with the first line of a request, as it was sent; what it gives back becomes its context. */
static void *begin_incoming(void *self, const char *uri, struct MHD_Connection *c)
{
    const struct httpd *s = self;
    struct arena *a = arena_new();
    struct incoming *in = arena_new_of(a, struct incoming);
    struct str path = str_of(uri);
    const char *end = memchr(path.ptr, '?', path.len);
    if (end != NULL) path.len = (size_t)(end - path.ptr);
    *in = (struct incoming){.request = {.uri = str_cstring(a, str_of(uri)),
                                        .url = str_cstring(a, path),
                                        .file = -1,
                                        .body_max = s->options.body_max,
                                        .arena = a,
                                        .connection = c},
                            .body = {.arena = a},
                            .began = now_of(s)};
    return in;
}

/* The connection's own timeout begins again with each byte: a slow sender would keep its place for good. */
static bool is_too_slow(const struct incoming *in, struct instant now)
{
    int64_t seconds = REQUEST_SECONDS + (int64_t)(in->request.length / BYTES_A_SECOND_MIN);
    return now.us - in->began.us > seconds * 1000000;
}

/* Why it cannot be kept is the machine's matter, and none of who asks. */
static void keep_in_file(struct incoming *in, struct bytes part)
{
    struct httpd_request *r = &in->request;
    struct error e = {0};
    enum err err = r->file < 0 ? file_unnamed(&r->file, &e) : OK;
    if (err == OK) err = file_add(r->file, part, &e);
    if (err == OK) return;
    if (!in->lost) (void)fprintf(stderr, "daybook: a request cannot be kept: %s\n", e.text);
    in->lost = true;
}

/* What is too long is read to its end, and thrown away, so that the answer arrives. */
static void take_part(const struct httpd *s, struct incoming *in, const char *part, size_t size)
{
    struct httpd_request *r = &in->request;
    uint64_t most = r->spooled ? s->options.file_max : r->body_max;
    r->too_large = r->too_large || r->length + size > most;
    r->length += size;
    if (r->too_large) return;
    if (r->spooled)
        keep_in_file(in, (struct bytes){(const uint8_t *)part, size});
    else
        buffer_add(&in->body, part, size);
}

static enum MHD_Result handle(void *self, struct MHD_Connection *c, const char *url, const char *method,
                              const char *version, const char *part, size_t *size, void **request)
{
    const struct httpd *s = self;
    struct incoming *in = *request;
    struct httpd_request *r = &in->request;
    struct httpd_reply reply = {.status = MHD_HTTP_INTERNAL_SERVER_ERROR, .type = "text/plain"};
    (void)version;
    (void)url;
    if (!in->begun) {
        in->begun = true;
        r->method = str_cstring(r->arena, str_of(method));
        if (s->options.begin != NULL) s->options.begin(s->options.self, r);
        return MHD_YES;
    }
    if (is_too_slow(in, now_of(s))) return MHD_NO;
    if (*size > 0) {
        take_part(s, in, part, *size);
        *size = 0;
        return MHD_YES;
    }
    if (in->lost || (r->file >= 0 && lseek(r->file, 0, SEEK_SET) != 0)) {
        reply.status = MHD_HTTP_INSUFFICIENT_STORAGE;
        return answer(c, &reply, r->arena);
    }
    if (!r->too_large) r->body = (struct bytes){in->body.ptr, in->body.len};
    s->options.handle(s->options.self, r, &reply);
    return answer(c, &reply, r->arena);
}

static void finish(void *self, struct MHD_Connection *c, void **request, enum MHD_RequestTerminationCode how)
{
    const struct httpd *s = self;
    struct incoming *in = *request;
    (void)c;
    (void)how;
    if (in == NULL) return;
    if (in->request.later && s->options.later != NULL) s->options.later(s->options.self, in->request.arena);
    if (in->request.file >= 0) (void)close(in->request.file);
    arena_free(in->request.arena);
    *request = NULL;
}

/* ---- start and stop ---- */

static enum err start(struct httpd *s, struct error *e)
{
    const struct httpd_options *o = &s->options;
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG | MHD_USE_POLL;
    if (o->threads) flags |= MHD_USE_THREAD_PER_CONNECTION;
    const unsigned connections = o->connections > 0 ? o->connections : CONNECTIONS;
    s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, s, MHD_OPTION_LISTEN_SOCKET, s->listening.fd,
                                 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)REQUEST_SECONDS,
                                 MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                                 (size_t)MEMORY, MHD_OPTION_URI_LOG_CALLBACK, begin_incoming, s,
                                 MHD_OPTION_NOTIFY_COMPLETED, finish, s, MHD_OPTION_END);
    if (s->daemon != NULL) return OK;
    return fail(e, ERR_STORAGE, "cannot listen to %.*s", STR_ARG(text_quotable(o->listen)));
}

enum err httpd_start(struct httpd **out, const struct httpd_options *o, struct error *e)
{
    struct arena *a = arena_new();
    struct httpd *s = arena_new_of(a, struct httpd);
    *s = (struct httpd){.options = *o, .arena = a, .listening = {.fd = -1}};
    enum err err = listen_begin(&s->listening, o->listen, a, e);
    if (err == OK) err = start(s, e);
    if (err == OK) {
        *out = s;
        return OK;
    }
    listen_end(&s->listening);
    arena_free(a);
    return err;
}

struct str httpd_url(const struct httpd *s, struct arena *a)
{
    return str_copy(a, s->listening.url);
}

bool httpd_is_stopping(const struct httpd *s)
{
    return s->stopping;
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
    s->stopping = true;
    (void)MHD_quiesce_daemon(s->daemon); /* the socket stays ours */
    for (int i = 0; i < STOP_TURNS && connections_of(s) > 0; i++) (void)nanosleep(&turn, NULL);
    MHD_stop_daemon(s->daemon);
    listen_end(&s->listening);
    arena_free(s->arena);
}
