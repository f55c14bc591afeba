/* SPDX-License-Identifier: MIT */
/* stripe_list.c - see stripe_list.h. */
#include "importers/stripe_list.h"
#include "importers/json_text.h"
#include "importers/stripe_answer.h"
#include "importers/stripe_private.h"

static enum err refuse(const struct stripe_answer *answer, struct str what, struct error *e)
{
    bool wrong = answer->outcome == STRIPE_REJECTED || answer->outcome == STRIPE_MISSING;
    return fail(e, wrong ? ERR_INVALID : ERR_INCOMPLETE, "Stripe does not tell %.*s: %.*s", STR_ARG(what),
                STR_ARG(answer->message));
}

static enum err ask(struct stripe_answer *out, struct stripe *s, struct str path, struct arena *a,
                    struct error *e)
{
    struct http_request r = {.method = "GET", .path = path};
    enum err may = stripe_may_ask(s, e);
    if (may != OK) return may;
    for (uint64_t now_ms = s->now_ms(s->now_self); !pace_take(&s->pace, now_ms);
         now_ms = s->now_ms(s->now_self)) {
        enum err err = stripe_wait(s, pace_wait_ms(&s->pace, now_ms), e);
        if (err != OK) return err;
    }
    return stripe_ask_one(s, out, &r, a, e);
}

enum err stripe_object_read(json_t **out, struct stripe *s, struct str path, struct arena *a, struct error *e)
{
    struct stripe_answer answer = {0};
    *out = NULL;
    enum err err = ask(&answer, s, path, a, e);
    if (err != OK) return err;
    if (answer.outcome == STRIPE_DONE) {
        *out = answer.object;
        return OK;
    }
    json_decref(answer.object);
    return answer.outcome == STRIPE_MISSING ? OK : refuse(&answer, path, e);
}

/* ---- many ---- */

struct crowd {
    struct stripe *s;
    struct http_exchange *exchanges;
    size_t count, sent, back;
    json_t **out;
};

static enum err send_some(struct crowd *c, uint64_t now_ms, struct error *e)
{
    struct stripe *s = c->s;
    enum err err = OK;
    while (err == OK && c->sent < c->count && c->sent - c->back < (size_t)s->in_flight &&
           pace_take(&s->pace, now_ms))
        err = s->http.send(s->http.self, &c->exchanges[c->sent++], e);
    return err;
}

static void take_one(struct crowd *c, struct http_exchange *x, uint64_t now_ms)
{
    struct stripe_answer answer = {0};
    stripe_classify(&answer, &x->answer, x->arena);
    c->back++;
    if (answer.retry == STRIPE_RETRY_SLOWER) pace_slow(&c->s->pace, now_ms);
    if (answer.outcome == STRIPE_DONE)
        c->out[x - c->exchanges] = answer.object;
    else
        json_decref(answer.object);
}

enum err stripe_objects_read(json_t **out, struct stripe *s, const struct str *paths, size_t count,
                             struct arena *a, struct error *e)
{
    enum { POLL_MS = 1000 };
    struct crowd c = {s, arena_array_of(a, struct http_exchange, count), count, 0, 0, out};
    enum err err = OK;
    for (size_t i = 0; i < count; i++) {
        out[i] = NULL;
        c.exchanges[i] = (struct http_exchange){.request = {.method = "GET", .path = paths[i]}, .arena = a};
    }
    while (err == OK && c.back < count) {
        struct http_exchange *done = NULL;
        uint64_t now_ms = s->now_ms(s->now_self);
        err = send_some(&c, now_ms, e);
        uint64_t pace = c.sent < count ? pace_wait_ms(&s->pace, now_ms) : POLL_MS;
        int wait_ms = pace > 0 && pace < POLL_MS ? (int)pace : POLL_MS;
        if (err == OK) err = s->http.next(s->http.self, &done, wait_ms, e);
        if (err == OK && done != NULL) take_one(&c, done, s->now_ms(s->now_self));
    }
    return err;
}

/* ---- pages ---- */

static struct str page_path(const struct stripe_list *l, struct str after, struct arena *a)
{
    struct buffer form = {.arena = a};
    form_add(&form, "limit", str_format(a, "%d", STRIPE_PAGE));
    if (after.len > 0) form_add(&form, "starting_after", after);
    struct str more = l->parameters;
    return str_format(a, "%s?%.*s%s%.*s", l->path, STR_ARG(form_text(&form)), more.len > 0 ? "&" : "",
                      STR_ARG(more));
}

static enum err tell(const struct stripe_list *l, const json_t *data, struct arena *a, struct error *e)
{
    size_t count = json_array_size(data);
    json_t **objects = arena_array_of(a, json_t *, count);
    for (size_t i = 0; i < count; i++) objects[i] = json_array_get(data, i);
    return count == 0 ? OK : l->page(l->context, objects, count, a, e);
}

/* *after becomes the last object of the page; "" when there is no page behind it. */
static enum err read_page(const struct stripe_list *l, struct str *after, const json_t *list, struct arena *a,
                          struct error *e)
{
    const json_t *data = json_object_get(list, "data");
    size_t count = json_array_size(data);
    struct str last = json_text_of(json_array_get(data, count == 0 ? 0 : count - 1), "id");
    bool more = json_is_true(json_object_get(list, "has_more"));
    if (!json_is_array(data) || (more && (!stripe_id_is_one(last) || str_equal(last, *after))))
        return fail(e, ERR_INCOMPLETE, "Stripe does not tell %s: the answer is no page of a list", l->path);
    enum err err = tell(l, data, a, e);
    *after = more ? last : STR_NONE;
    return err;
}

enum err stripe_list_read(struct stripe *s, const struct stripe_list *l, struct error *e)
{
    struct arena *pages[2] = {arena_new(), arena_new()}; /* of the page at hand, and of the one before */
    struct str after = STR_NONE;
    enum err err = OK;
    for (size_t i = 0; err == OK && (i == 0 || after.len > 0); i++) {
        struct arena *a = pages[i % 2];
        struct stripe_answer answer = {0};
        arena_reset(a);
        if (l->stops != NULL && l->stops(l->stops_context)) {
            err = fail(e, ERR_INCOMPLETE, "it was told to stop");
            break;
        }
        err = ask(&answer, s, page_path(l, after, a), a, e);
        if (err == OK && answer.outcome != STRIPE_DONE) err = refuse(&answer, str_of(l->path), e);
        if (err == OK) err = read_page(l, &after, answer.object, a, e);
        after = str_copy(a, after);
        json_decref(answer.object);
    }
    arena_free(pages[0]);
    arena_free(pages[1]);
    return err;
}
