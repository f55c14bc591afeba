/* SPDX-License-Identifier: MIT */
/* stripe_server.c - connections: one thread of libmicrohttpd's takes requests and answers them, a second one
 * wakes those whose answers come late. What a request means is found out in stripe_gate.c. */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <time.h>

#include "tests/lib/stripe_inside.h"

struct exchange {
    struct stripe_server *server;
    struct MHD_Connection *connection;
    struct ss_call call;
    struct ss_answer answer;
    char *method, *path, *auth, *key; /* of the call */
    char *body;
    size_t len, room;
    bool served;
    uint64_t due_ms;
    struct exchange *next;
};

/* ---- what is sent ---- */

struct half {
    size_t end;
    char *body;
};

static ssize_t read_half(void *cls, uint64_t at, char *buf, size_t max)
{
    const struct half *h = cls;
    if (at >= h->end) return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t len = h->end - (size_t)at < max ? h->end - (size_t)at : max;
    memcpy(buf, h->body + at, len);
    return (ssize_t)len;
}

static void free_half(void *cls)
{
    struct half *h = cls;
    free(h->body);
    free(h);
}

static struct MHD_Response *make_response(struct ss_answer *a)
{
    enum { BLOCK = 4096 };
    char *body = a->body;
    a->body = NULL; /* libmicrohttpd's from here on */
    if (a->end != SS_HALF) return MHD_create_response_from_buffer(a->len, body, MHD_RESPMEM_MUST_FREE);
    struct half *h = ss_take(sizeof *h);
    *h = (struct half){.end = a->len / 2, .body = body};
    return MHD_create_response_from_callback(a->len, BLOCK, read_half, h, free_half);
}

static void header(struct MHD_Response *r, const char *name, const char *value)
{
    if (value == NULL || *value == '\0') return;
    if (MHD_add_response_header(r, name, value) != MHD_YES) WRONG("a header of the test server is none");
}

static enum MHD_Result respond(struct exchange *x)
{
    struct ss_answer *a = &x->answer;
    if (a->end == SS_CLOSED) return MHD_NO;
    struct MHD_Response *r = make_response(a);
    if (r == NULL) return MHD_NO;
    header(r, "Content-Type", a->type);
    header(r, "Request-Id", x->call.request);
    header(r, "Stripe-Version", x->call.request[0] == '\0' ? NULL : SS_API_VERSION);
    header(r, "Idempotency-Key", x->call.key);
    header(r, "Original-Request", a->original);
    header(r, "Idempotent-Replayed", a->replayed ? "true" : NULL);
    header(r, "Stripe-Should-Retry", a->should_retry);
    header(r, "Stripe-Rate-Limited-Reason", a->limited);
    enum MHD_Result queued = MHD_queue_response(x->connection, (unsigned)a->status, r);
    MHD_destroy_response(r);
    return queued;
}

/* ---- waiting ---- */

/* Waiting answers stand in the order of their times; most come last, so the place is looked for from the end
 * only when it is not there. */
static void wait_for_time(struct stripe_server *s, struct exchange *x)
{
    x->due_ms = ss_monotonic_ms() + x->answer.delay_ms;
    if (s->waiting == NULL || s->last_waiting->due_ms <= x->due_ms) {
        struct exchange **end = s->waiting == NULL ? &s->waiting : &s->last_waiting->next;
        *end = x;
        s->last_waiting = x;
    } else {
        struct exchange **at = &s->waiting;
        while ((*at)->due_ms <= x->due_ms) at = &(*at)->next;
        x->next = *at;
        *at = x;
    }
}

static void suspend(struct stripe_server *s, struct exchange *x)
{
    MHD_suspend_connection(x->connection);
    x->next = NULL;
    if (x->answer.held) {
        x->next = s->held;
        s->held = x;
        s->held_count++;
    } else {
        wait_for_time(s, x);
    }
    pthread_cond_broadcast(&s->changed);
}

static void resume_next(struct stripe_server *s)
{
    struct exchange *x = s->waiting;
    s->waiting = x->next;
    if (s->waiting == NULL) s->last_waiting = NULL;
    MHD_resume_connection(x->connection);
}

void ss_let_go(struct stripe_server *s)
{
    while (s->held != NULL) {
        struct exchange *x = s->held;
        s->held = x->next;
        MHD_resume_connection(x->connection);
    }
    s->held_count = 0;
}

static void *wake(void *cls)
{
    struct stripe_server *s = cls;
    pthread_mutex_lock(&s->lock);
    while (!s->stopping) {
        if (s->waiting == NULL) {
            pthread_cond_wait(&s->changed, &s->lock);
        } else if (s->waiting->due_ms <= ss_monotonic_ms()) {
            resume_next(s);
        } else {
            struct timespec until = {.tv_sec = (time_t)(s->waiting->due_ms / 1000),
                                     .tv_nsec = (long)(s->waiting->due_ms % 1000) * 1000000};
            (void)pthread_cond_timedwait(&s->changed, &s->lock, &until);
        }
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* ---- what is asked ---- */

static enum MHD_Result add_argument(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    ss_form_add(cls, name, value == NULL ? "" : value);
    return MHD_YES;
}

static char *header_of(struct MHD_Connection *connection, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value == NULL ? NULL : ss_copy(value);
}

static struct exchange *begin(struct stripe_server *s, struct MHD_Connection *connection, const char *method,
                              const char *path)
{
    struct exchange *x = ss_take(sizeof *x);
    x->server = s;
    x->connection = connection;
    x->method = ss_copy(method);
    x->path = ss_copy(path);
    x->auth = header_of(connection, "Authorization");
    x->key = header_of(connection, "Idempotency-Key");
    x->call = (struct ss_call){.s = s, .method = x->method, .path = x->path, .auth = x->auth, .key = x->key};
    return x;
}

static bool take_body(struct exchange *x, const char *data, size_t len)
{
    if (x->len + len > SS_BODY_MAX) return false;
    if (x->len + len > x->room) {
        x->room = (x->len + len) * 2;
        x->body = realloc(x->body, x->room);
        if (x->body == NULL) WRONG("the test server has no memory left");
    }
    memcpy(x->body + x->len, data, len);
    x->len += len;
    return true;
}

static enum MHD_Result serve(struct exchange *x)
{
    struct stripe_server *s = x->server;
    (void)MHD_get_connection_values(x->connection, MHD_GET_ARGUMENT_KIND, add_argument, &x->call.form);
    if (x->len > 0) ss_form_parse(&x->call.form, x->body, x->len);
    pthread_mutex_lock(&s->lock);
    ss_serve(&x->call, &x->answer);
    x->served = true;
    bool waits = (x->answer.held || x->answer.delay_ms > 0) && !s->stopping;
    if (waits) suspend(s, x);
    pthread_mutex_unlock(&s->lock);
    return waits ? MHD_YES : respond(x);
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data, size_t *len,
                              void **own)
{
    (void)version;
    struct exchange *x = *own;
    if (x == NULL) {
        *own = begin(cls, connection, method, url);
        return MHD_YES;
    }
    if (x->served) return respond(x);
    if (*len == 0) return serve(x);
    bool taken = take_body(x, data, *len);
    *len = 0;
    return taken ? MHD_YES : MHD_NO;
}

static void completed(void *cls, struct MHD_Connection *connection, void **own,
                      enum MHD_RequestTerminationCode how)
{
    (void)connection;
    (void)how;
    struct stripe_server *s = cls;
    struct exchange *x = *own;
    if (x == NULL) return;
    *own = NULL;
    pthread_mutex_lock(&s->lock);
    ss_served(&x->call);
    pthread_mutex_unlock(&s->lock);
    json_decref(x->call.body);
    ss_form_free(&x->call.form);
    free(x->answer.body);
    free(x->body);
    free(x->method);
    free(x->path);
    free(x->auth);
    free(x->key);
    free(x);
}

/* ---- beginning and end ---- */

static bool listen_on_loopback(struct stripe_server *s)
{
    enum { QUEUE = 1024, SECONDS = 120 };
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(s->options.port)};
    s->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
                                 handle, s, MHD_OPTION_SOCK_ADDR, &at, MHD_OPTION_NOTIFY_COMPLETED, completed,
                                 s, MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned)QUEUE,
                                 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SECONDS, MHD_OPTION_END);
    if (s->daemon == NULL) return false;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    if (info == NULL || info->port == 0) WRONG("the test server does not know its port");
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u", (unsigned)info->port);
    return true;
}

static void init_lock(struct stripe_server *s)
{
    pthread_condattr_t attr;
    if (pthread_mutex_init(&s->lock, NULL) != 0 || pthread_condattr_init(&attr) != 0 ||
        pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) != 0 || pthread_cond_init(&s->changed, &attr) != 0)
        WRONG("the test server has no lock");
    pthread_condattr_destroy(&attr);
}

static void free_all(struct stripe_server *s)
{
    for (int kind = 0; kind < SS_KINDS; kind++)
        while (s->shelves[kind].newest != NULL) {
            s->shelves[kind].newest->owner = NULL; /* it may be gone already */
            ss_drop(s, s->shelves[kind].newest);
        }
    ss_rules_forget(s);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s->buckets);
    free(s->key);
    free(s);
}

struct stripe_server *stripe_server_start(struct stripe_server_options options)
{
    enum { NEW_YEAR_2026 = 1767225600 };
    struct stripe_server *s = ss_take(sizeof *s);
    s->options = options;
    if (options.now == 0) s->options.now = NEW_YEAR_2026;
    s->key = ss_copy(options.key == NULL ? "sk_test_daybook" : options.key);
    s->begun_ms = ss_monotonic_ms();
    s->tokens_milli = (uint64_t)options.rate * 1000;
    s->tokens_at_ms = ss_now_ms(s);
    s->dice = dice_of(options.seed);
    ss_rules_set(s, options.rules, options.rule_count);
    init_lock(s);
    if (!listen_on_loopback(s)) {
        free_all(s);
        return NULL;
    }
    if (pthread_create(&s->timer, NULL, wake, s) != 0) WRONG("the test server has no thread left");
    return s;
}

const char *stripe_server_url(const struct stripe_server *s)
{
    return s->url;
}

void stripe_server_stop(struct stripe_server *s)
{
    if (s == NULL) return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    ss_let_go(s);
    while (s->waiting != NULL) resume_next(s);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->timer, NULL);
    MHD_stop_daemon(s->daemon);
    free_all(s);
}

void stripe_server_wait_held(struct stripe_server *s, size_t count)
{
    pthread_mutex_lock(&s->lock);
    while (s->held_count < count) pthread_cond_wait(&s->changed, &s->lock);
    pthread_mutex_unlock(&s->lock);
}
