/* SPDX-License-Identifier: MIT */
/* stripe.c - many questions to Stripe at once: a window of them is in flight, one at a time of each customer,
 * no faster than the rate allows. Faults that are not the bank's are asked again under the same key, a few
 * times; after that the question stays open, and the ledger asks another day. */
#include "importers/stripe.h"
#include "importers/stripe_calls.h"
#include "importers/stripe_pace.h"
#include "importers/stripe_private.h"

enum {
    IN_FLIGHT = 40,
    ATTEMPTS = 3,
    WAIT_MIN_MS = 4000,
    WAIT_MAX_MS = 10000,
    FAILURES_IN_A_ROW = 50, /* after so many nobody is there */
    STOPPED_MS = 60000,     /* for so long */
    POLL_MS = 1000,
};

struct job {
    struct gateway_question *question;
    struct stripe_progress progress;
    struct http_exchange exchange;
    int attempts; /* of the call at hand */
    uint64_t not_before_ms;
};

struct round {
    struct stripe *s;
    struct job *jobs;
    size_t *ready; /* a ring of those that wait for their turn */
    size_t ready_first, ready_count, count;
    struct job **flying;
    size_t flying_count, left;
    const struct gateway_watch *watch;
    struct arena *arena;
};

/* ---- turns ---- */

static void push(struct round *r, size_t job)
{
    r->ready[(r->ready_first + r->ready_count++) % r->count] = job;
}

static size_t pop(struct round *r)
{
    size_t job = r->ready[r->ready_first];
    r->ready_first = (r->ready_first + 1) % r->count;
    r->ready_count--;
    return job;
}

/* Two calls about one customer at once wait for each other at Stripe, and one of them is turned away. */
static bool is_busy(const struct round *r, uint64_t customer)
{
    for (size_t i = 0; i < r->flying_count; i++) {
        if (r->flying[i]->question->request.customer == customer) return true;
    }
    return false;
}

static bool may_start(const struct round *r, const struct job *j, uint64_t now_ms)
{
    return j->not_before_ms <= now_ms && !is_busy(r, j->question->request.customer);
}

static void finish_job(struct round *r, const struct job *j)
{
    r->left--;
    gateway_answered(r->watch, j->question->answer.outcome);
}

/* What Stripe does not take is declined without asking. */
static enum err start(struct round *r, struct job *j, struct error *e)
{
    struct stripe *s = r->s;
    struct gateway_question *q = j->question;
    struct error why = {0};
    j->exchange = (struct http_exchange){.arena = r->arena, .context = j};
    enum err err = stripe_request(&j->exchange.request, &j->progress, &q->request,
                                  s->world.now(s->world.self), r->arena, &why);
    if (err != OK) {
        q->answer = (struct gateway_answer){.outcome = PAYMENT_DECLINED,
                                            .code = STR("invalid_request"),
                                            .message = str_copy(r->arena, str_of(why.text))};
        finish_job(r, j);
        return OK;
    }
    r->flying[r->flying_count++] = j;
    return s->http.send(s->http.self, &j->exchange, e);
}

static enum err start_some(struct round *r, uint64_t now_ms, struct error *e)
{
    enum err err = OK;
    for (size_t looked = r->ready_count; looked > 0 && err == OK; looked--) {
        if (r->flying_count == (size_t)r->s->in_flight) break;
        size_t at = pop(r);
        struct job *j = &r->jobs[at];
        if (!may_start(r, j, now_ms)) {
            push(r, at);
        } else if (!pace_take(&r->s->pace, now_ms)) {
            push(r, at);
            break;
        } else {
            err = start(r, j, e);
        }
    }
    return err;
}

/* Until something can come back, or start. */
static int wait_of(const struct round *r, uint64_t now_ms)
{
    uint64_t wait = POLL_MS, pace = pace_wait_ms(&r->s->pace, now_ms);
    if (pace > 0 && pace < wait) wait = pace;
    for (size_t i = 0; i < r->ready_count; i++) {
        const struct job *j = &r->jobs[r->ready[(r->ready_first + i) % r->count]];
        if (j->not_before_ms > now_ms && j->not_before_ms - now_ms < wait) wait = j->not_before_ms - now_ms;
    }
    return (int)wait;
}

/* ---- answers ---- */

/* Eight seconds at most, then ten; somewhere between half of that and all of it, so that those that failed
 * together do not come back together. */
uint64_t stripe_backoff_ms(struct stripe *s, int attempts)
{
    uint64_t wait = (uint64_t)s->wait_min_ms, most = (uint64_t)s->wait_max_ms;
    uint8_t random[2] = {0};
    for (int i = 0; i < attempts && wait < most; i++) wait *= 2;
    if (wait > most) wait = most;
    s->world.random(s->world.self, random, sizeof random);
    uint64_t jittered = wait / 2 + wait / 2 * be16_get(random) / UINT16_MAX;
    return jittered < (uint64_t)s->wait_min_ms ? (uint64_t)s->wait_min_ms : jittered;
}

/* Nothing is in flight meanwhile that could come back. */
enum err stripe_wait(struct stripe *s, uint64_t ms, struct error *e)
{
    uint64_t end = s->now_ms(s->now_self) + ms;
    enum err err = OK;
    for (uint64_t now = end - ms; now < end && err == OK; now = s->now_ms(s->now_self)) {
        struct http_exchange *none = NULL;
        err = s->http.next(s->http.self, &none, (int)(end - now), e);
    }
    return err;
}

static bool is_of_the_net(const struct stripe_answer *answer)
{
    return answer->status == 0;
}

static void note_trouble(struct stripe *s, struct str why)
{
    (void)snprintf(s->trouble, sizeof s->trouble, "%.*s", STR_ARG(why));
}

static void stop(struct stripe *s, const char *why, uint64_t now_ms)
{
    s->stopped = why;
    s->stopped_at_ms = now_ms;
    note_trouble(s, str_of(why));
}

/* What makes asking on useless, for a while. */
static void note_health(struct stripe *s, const struct stripe_answer *answer, uint64_t now_ms)
{
    s->failures = is_of_the_net(answer) ? s->failures + 1 : 0;
    if (answer->outcome == STRIPE_FORBIDDEN) stop(s, "Stripe does not accept the key", now_ms);
    if (s->failures >= FAILURES_IN_A_ROW) stop(s, "Stripe cannot be reached", now_ms);
}

enum err stripe_may_ask(struct stripe *s, struct error *e)
{
    bool over = s->stopped != NULL && s->now_ms(s->now_self) - s->stopped_at_ms >= STOPPED_MS;
    if (over) {
        s->stopped = NULL;
        s->failures = 0;
    }
    return s->stopped == NULL ? OK : fail(e, ERR_INCOMPLETE, "%s", s->stopped);
}

static void end_job(struct round *r, const struct job *j, const struct stripe_answer *last)
{
    bool unknown = j->question->answer.outcome == PAYMENT_UNKNOWN;
    if (unknown && r->s->stopped == NULL) note_trouble(r->s, last->message);
    finish_job(r, j);
}

static void take_answer(struct round *r, struct job *j, uint64_t now_ms)
{
    struct stripe *s = r->s;
    struct stripe_answer answer = {0};
    enum stripe_call before = j->progress.call;
    stripe_classify(&answer, &j->exchange.answer, r->arena);
    note_health(s, &answer, now_ms);
    if (answer.retry == STRIPE_RETRY_SLOWER) pace_slow(&s->pace, now_ms);
    j->attempts++;
    if (answer.retry != STRIPE_NO_RETRY && j->attempts < s->attempts && s->stopped == NULL) {
        j->not_before_ms = now_ms + stripe_backoff_ms(s, j->attempts);
        push(r, (size_t)(j - r->jobs));
    } else {
        stripe_advance(&j->progress, &j->question->answer, &j->question->request, &answer, r->arena);
        if (j->progress.call != before) j->attempts = 0;
        if (j->progress.call == STRIPE_FINISHED)
            end_job(r, j, &answer);
        else
            push(r, (size_t)(j - r->jobs));
    }
    json_decref(answer.object);
}

static void land(struct round *r, const struct job *j)
{
    size_t at = 0;
    while (r->flying[at] != j) at++;
    r->flying[at] = r->flying[--r->flying_count];
}

/* ---- the round ---- */

/* When asking on is useless, or nobody wants it any more, what is in flight is waited for all the same: it
 * may have been done. */
static enum err go_round(struct round *r, struct error *e)
{
    struct stripe *s = r->s;
    enum err err = OK;
    while (err == OK) {
        struct http_exchange *done = NULL;
        uint64_t now_ms = s->now_ms(s->now_self);
        bool begins = s->stopped == NULL && !gateway_stops(r->watch);
        if (begins) err = start_some(r, now_ms, e);
        if (err != OK || (begins ? r->left == 0 : r->flying_count == 0)) break;
        err = s->http.next(s->http.self, &done, wait_of(r, now_ms), e);
        if (err != OK || done == NULL) continue;
        struct job *j = done->context;
        land(r, j);
        take_answer(r, j, s->now_ms(s->now_self));
    }
    return err;
}

static enum err ask(void *self, struct gateway_question *questions, size_t count,
                    const struct gateway_watch *watch, struct arena *a, struct error *e)
{
    struct stripe *s = self;
    struct round r = {.s = s,
                      .jobs = arena_array_of(a, struct job, count),
                      .ready = arena_array_of(a, size_t, count),
                      .flying = arena_array_of(a, struct job *, (size_t)s->in_flight),
                      .count = count,
                      .left = count,
                      .watch = watch,
                      .arena = a};
    for (size_t i = 0; i < count; i++) {
        r.jobs[i] =
            (struct job){.question = &questions[i],
                         .progress = stripe_begin(&questions[i].request, s->world.now(s->world.self))};
        push(&r, i);
    }
    enum err err = stripe_may_ask(s, e);
    if (err == OK) err = go_round(&r, e);
    if (err != OK) return err;
    return s->stopped == NULL ? OK : fail(e, ERR_INCOMPLETE, "%s", s->stopped);
}

/* ---- open and close ---- */

static uint64_t monotonic_ms(void *self)
{
    (void)self;
    return world_monotonic_ns() / 1000000;
}

/* "sk_test_…", "rk_live_…" */
static bool is_key(struct str key)
{
    bool begins = str_starts(key, "sk_") || str_starts(key, "rk_");
    return begins && stripe_id_is_one(key);
}

enum err stripe_open(struct stripe **out, const struct stripe_options *o, struct error *e)
{
    if (!is_key(o->key)) return fail(e, ERR_INVALID, "no secret key of Stripe's, as in 'sk_test_…'");
    struct stripe *s = calloc(1, sizeof *s);
    if (s == NULL) return fail(e, ERR_STORAGE, "there is no memory for Stripe's connections");
    s->world = o->world;
    s->in_flight = o->in_flight == 0 ? IN_FLIGHT : o->in_flight;
    s->attempts = o->attempts == 0 ? ATTEMPTS : o->attempts;
    s->wait_min_ms = o->wait_min_ms == 0 ? WAIT_MIN_MS : o->wait_min_ms;
    s->wait_max_ms = o->wait_max_ms == 0 ? WAIT_MAX_MS : o->wait_max_ms;
    s->now_ms = o->now_ms == NULL ? monotonic_ms : o->now_ms;
    s->now_self = o->now_self;
    s->pace = pace_of(o->rate, s->now_ms(s->now_self));
    s->is_test = !str_starts((struct str){o->key.ptr + 3, o->key.len - 3}, "live_");
    struct http_options http = {.base = o->base.len == 0 ? STR(STRIPE_BASE) : o->base,
                                .bearer = o->key,
                                .version_header = STR("Stripe-Version: " STRIPE_VERSION),
                                .authorities = o->authorities,
                                .in_flight = s->in_flight};
    enum err err = OK;
    if (o->http != NULL)
        s->http = *o->http;
    else
        err = http_curl_open(&s->http, &http, e);
    if (err != OK) {
        free(s);
        return err;
    }
    *out = s;
    return OK;
}

void stripe_close(struct stripe *s)
{
    if (s == NULL) return;
    s->http.close(s->http.self);
    free(s);
}

bool stripe_is_test(const struct stripe *s)
{
    return s->is_test;
}

struct str stripe_trouble(const struct stripe *s)
{
    return str_of(s->trouble);
}

struct gateway stripe_gateway(struct stripe *s)
{
    return (struct gateway){.name = "stripe",
                            .self = s,
                            .two_steps = true,
                            .describe = stripe_describe,
                            .ask = ask,
                            .confirmation = stripe_confirmation,
                            .set_up = stripe_set_up,
                            .read_method = stripe_read_method};
}

struct stripe *stripe_of(const struct gateway *g)
{
    return strcmp(g->name, "stripe") == 0 ? g->self : NULL;
}
