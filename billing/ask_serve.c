/* SPDX-License-Identifier: MIT */
/* ask_serve.c - the server, and what is done beside the answering. */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "billing/answers.h"
#include "billing/checkpoints.h"
#include "billing/serve.h"

/* What is done beside the answering, by the thread that waits for the end. */
struct keeper {
    struct service *service;
    uint64_t every_ns, signed_ns; /* checkpoints */
    bool told;                    /* that the anchor stays behind */
};

static void keep_anchor(struct keeper *k)
{
    struct error e = {0};
    bool fails = ledger_anchor(k->service->ledger, &e) != OK;
    if (fails && !k->told) (void)fprintf(stderr, "daybook: %s\n", e.text);
    k->told = fails;
}

static void sign_if_grown(struct keeper *k)
{
    struct error e = {0};
    struct checkpoint_told t = {.trouble = STR_NONE};
    struct arena *a = arena_new();
    if (service_checkpoint_if_grown(&t, k->service, a, &e) != OK)
        (void)fprintf(stderr, "daybook: %s\n", e.text);
    else if (t.trouble.len > 0)
        (void)fprintf(stderr, "daybook: with the checkpoint not all went well: %.*s\n", STR_ARG(t.trouble));
    arena_free(a);
}

static void keep(struct keeper *k)
{
    uint64_t now = world_monotonic_ns();
    keep_anchor(k);
    if (now - k->signed_ns < k->every_ns) return;
    k->signed_ns = now;
    sign_if_grown(k);
}

/* The thread that answers gets none of the signals. */
static enum err wait_for_the_end(struct keeper *k, const sigset_t *signals, struct error *e)
{
    const struct timespec second = {.tv_sec = 1};
    for (;;) {
        int signal = sigtimedwait(signals, NULL, &second);
        if (signal > 0) return OK;
        if (errno != EAGAIN && errno != EINTR) return fail_errno(e, errno, "cannot wait for signals");
        keep(k);
    }
}

static enum err tell_address(const struct call *c, const struct server *s, struct error *e)
{
    json_t *j = object_new();
    member_text(j, "listening", server_url(s, c->arena));
    enum err err = c->answer->take(c->answer->self, j, false, e);
    (void)fflush(stdout); /* whoever waits for the line gets it now */
    return err;
}

enum err ask_serve(const struct call *c, struct error *e)
{
    const struct serve_query *q = c->query;
    struct server *s = NULL;
    struct server_options o = {.listen = q->listen.len > 0 ? q->listen : STR("127.0.0.1:8080"),
                               .door = service_webhook_door(c->service),
                               .service = c->service,
                               .out = path_or_null(q->out, c->arena),
                               .connections = (unsigned)q->connections};
    enum { MINUTES = 10, MINUTES_MAX = 60 * 24 * 7 };
    const uint64_t minutes = q->checkpoint_every == 0 ? MINUTES : q->checkpoint_every;
    struct keeper k = {
        .service = c->service, .every_ns = minutes * 60 * 1000000000, .signed_ns = world_monotonic_ns()};
    sigset_t signals, before;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    if (minutes > MINUTES_MAX)
        return fail(e, ERR_LIMIT, "--checkpoint-every: at most %d minutes", MINUTES_MAX);
    if (q->connections > LIMIT_CONNECTIONS)
        return fail(e, ERR_LIMIT, "--connections: at most %d", LIMIT_CONNECTIONS);
    enum err err = q->webhook_secret_file.len == 0
                       ? OK
                       : read_webhook_secrets(&o.door, q->webhook_secret_file, q->tolerance, c->arena, e);
    if (err != OK) return err;
    if (pthread_sigmask(SIG_BLOCK, &signals, &before) != 0) WRONG("signals cannot be blocked");
    uint64_t waited = 0;
    err = webhooks_apply(&waited, &o.door, c->arena, e); /* what a crash left */
    if (err == OK) err = server_start(&s, &o, e);
    if (err == OK) err = tell_address(c, s, e);
    if (err == OK) err = wait_for_the_end(&k, &signals, e);
    bool served = s != NULL;
    server_stop(s);
    if (served) sign_if_grown(&k);
    if (pthread_sigmask(SIG_SETMASK, &before, NULL) != 0) WRONG("signals cannot be set");
    return err;
}
