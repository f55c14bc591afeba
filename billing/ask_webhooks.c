/* SPDX-License-Identifier: MIT */
/* ask_webhooks.c - what Stripe sends by itself: taking a message, listing them, doing what waits. */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "billing/answers.h"
#include "billing/checkpoints.h"
#include "billing/serve.h"

json_t *webhook_json(const struct webhook *w)
{
    json_t *j = object_new();
    member_id(j, "webhook_id", "whk", w->webhook);
    member_text(j, "event_id", w->event_id);
    member_text(j, "type", w->type);
    member_text(j, "reference", w->reference);
    member_text(j, "outcome", str_of(choice_webhook_outcome.words[w->outcome]));
    member_text(j, "what", w->what);
    member_id(j, "transaction_id", "txn", w->transaction);
    member_instant(j, "created", w->created);
    member_instant(j, "received_at", w->received_at);
    member_flag(j, "livemode", w->livemode);
    member_text(j, "api_version", w->api_version);
    return j;
}

/* ---- taking one ---- */

static enum err read_secrets(struct webhook_door *d, struct str secret_file, uint64_t tolerance,
                             struct arena *a, struct error *e)
{
    struct secret file = {.len = 0};
    const char *path = str_cstring(a, secret_file);
    enum err err = secret_from_file(&file, path, e);
    if (err == OK) {
        err = webhook_secrets_parse(&d->secrets, (struct str){file.text, file.len}, a, e);
        if (err != OK) err = wrap(e, "'%s'", path);
    }
    secret_wipe(&file);
    if (err == OK && tolerance > WEBHOOK_TOLERANCE_MAX)
        err = fail(e, ERR_INVALID, "tolerance: %d seconds are the most", WEBHOOK_TOLERANCE_MAX);
    d->secrets.tolerance = (int64_t)tolerance;
    return err;
}

static enum err read_body(struct bytes *out, struct str file, struct arena *a, struct error *e)
{
    const char *path = str_is(file, "-") ? "/dev/stdin" : str_cstring(a, file);
    enum err err = file_read(out, path, LIMIT_WEBHOOK_BYTES, a, e);
    return err == OK ? OK : wrap(e, "the message");
}

enum err ask_webhook_handle(const struct call *c, struct error *e)
{
    const struct webhook_handle_query *q = c->query;
    struct webhook_door d = service_webhook_door(c->service);
    struct webhook w = {0};
    struct bytes body = {0};
    enum err err = read_secrets(&d, q->secret_file, q->tolerance, c->arena, e);
    if (err == OK) err = read_body(&body, q->file, c->arena, e);
    if (err == OK) err = webhook_handle(&w, &d, q->signature, body, c->arena, e);
    return err == OK ? c->answer->take(c->answer->self, webhook_json(&w), false, e) : err;
}

/* ---- the others ---- */

static enum err tell_webhook(void *context, const struct webhook *row, struct error *e)
{
    const struct call *c = context;
    return c->answer->take(c->answer->self, webhook_json(row), true, e);
}

enum err ask_webhook_list(const struct call *c, struct error *e)
{
    const struct webhook_list_query *q = c->query;
    struct list_query rows = {.from = q->from, .to = q->to, .limit = q->limit, .status = -1};
    struct views_txn *t = NULL;
    enum err err = service_days(q->from, q->to, e);
    if (err == OK) err = answer_status_word(&rows.status, &choice_webhook_outcome, q->status, e);
    if (err == OK) err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    struct call call = *c;
    err = list_webhooks(t, &rows, tell_webhook, &call, c->arena, e);
    ledger_read_end(c->service->ledger, t);
    return err;
}

enum err apply_waiting_webhooks(const struct call *c, struct error *e)
{
    struct webhook_door d = service_webhook_door(c->service);
    uint64_t count = 0;
    return webhooks_apply(&count, &d, c->arena, e);
}

static enum err retry_one(const struct call *c, const struct webhook_door *d, struct str id, struct error *e)
{
    struct webhook w = {0};
    uint64_t number = 0;
    enum err err = public_id_parse(&number, "whk", id, e);
    if (err == OK) err = webhook_look_again(&w, d, number, c->arena, e);
    return err == OK ? c->answer->take(c->answer->self, webhook_json(&w), false, e) : err;
}

enum err ask_webhook_retry(const struct call *c, struct error *e)
{
    const struct webhook_retry_query *q = c->query;
    struct webhook_door d = service_webhook_door(c->service);
    struct webhooks_seen seen = {0};
    uint64_t count = 0;
    bool one = q->webhook.len > 0;
    if (one && q->foreign) return fail(e, ERR_INVALID, "name a webhook, or give --foreign");
    if (date_is_given(q->from) && !q->foreign) return fail(e, ERR_INVALID, "from: it goes with --foreign");
    enum err err = service_days(q->from, (struct date){0}, e);
    if (err == OK && one) return retry_one(c, &d, q->webhook, e);
    if (err == OK) err = webhooks_apply(&count, &d, c->arena, e);
    if (err == OK && q->foreign) err = webhooks_look_again(&seen, &d, q->from, e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_count(j, "applied", count);
    if (q->foreign) {
        member_count(j, "looked_at_again", seen.looked_at);
        member_count(j, "still_foreign", seen.still_foreign);
    }
    return c->answer->take(c->answer->self, j, false, e);
}

/* ---- over HTTP ---- */

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
                               .service = c->service};
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
    enum err err = read_secrets(&o.door, q->webhook_secret_file, q->tolerance, c->arena, e);
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
