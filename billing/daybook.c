/* SPDX-License-Identifier: MIT */
/* daybook.c - the handle behind daybook.h: opening, the clock, keys of requests, any verb by its words, and
 * the callbacks of alerts. The functions of single calls are in daybook_calls.c. No struct of another room
 * may be seen from outside. */
#include "billing/access.h"
#include "billing/daybook_private.h"

#define SAME(code) _Static_assert((int)DAYBOOK_##code == (int)ERR_##code, "daybook.h and errors.def differ")
SAME(REFUSED);
SAME(NOT_FOUND);
SAME(CONFLICT);
SAME(USAGE);
SAME(INVALID);
SAME(LIMIT);
SAME(TAMPERED);
SAME(ROLLED_BACK);
SAME(STORAGE);
SAME(DECLINED);
SAME(INCOMPLETE);

const char *daybook_version(void)
{
    return DAYBOOK_VERSION;
}

int report_error(struct daybook_error *out, const struct error *e)
{
    if (out != NULL) {
        *out = (struct daybook_error){.code = (int)e->code};
        (void)snprintf(out->kind, sizeof out->kind, "%s", err_word(e->code));
        (void)snprintf(out->reason, sizeof out->reason, "%s", e->reason);
        (void)snprintf(out->message, sizeof out->message, "%s", e->text);
    }
    return (int)e->code;
}

static int wrong_call(struct daybook_error *out, const char *why)
{
    struct error e = {0};
    (void)fail(&e, ERR_USAGE, "%s", why);
    return report_error(out, &e);
}

/* ---- opening ---- */

static enum err set_clock(struct daybook *d, const char *now, struct error *e)
{
    struct instant at = {0};
    if (now == NULL) {
        d->service.world = world_real();
        return OK;
    }
    if (instant_parse(&at, str_of(now), e) != OK) return wrap(e, "now");
    d->frozen.now = at;
    d->service.world = world_frozen(&d->frozen);
    return OK;
}

/* The ledger keeps the world it was opened with, so it gets one that asks the handle. */
static struct instant handle_now(void *self)
{
    const struct daybook *d = self;
    return d->service.world.now(d->service.world.self);
}

static void handle_random(void *self, void *to, size_t len)
{
    const struct daybook *d = self;
    d->service.world.random(d->service.world.self, to, len);
}

static struct ledger_options ledger_options_of(struct daybook *d, const struct daybook_options *o)
{
    return (struct ledger_options){.dir = o->dir,
                                   .key_file = o->key_file,
                                   .key_command = o->key_command,
                                   .anchor_file = o->anchor_file,
                                   .passphrase = {o->passphrase_file, o->passphrase_command, false},
                                   .world = {.self = d, .now = handle_now, .random = handle_random},
                                   .state = &daybook_state,
                                   .program = "libdaybook " DAYBOOK_VERSION};
}

static struct daybook *handle_new(const struct daybook_options *o)
{
    struct daybook *d = calloc(1, sizeof *d);
    if (d == NULL) WRONG("out of memory");
    d->texts = arena_new();
    d->service.world = world_real();
    d->service.gateway = gateway_simulator();
    d->service.actor = str_copy(d->texts, str_of(o->actor == NULL ? "program" : o->actor));
    d->service.access.named = o->actor != NULL;
    return d;
}

static enum err load_catalog_of(struct daybook *d, const struct daybook_options *o, struct command *catalog,
                                struct error *e)
{
    struct outcome outcome = {0};
    if (o->no_catalog) return OK;
    if (o->catalog == NULL) return service_load_example_catalog(&outcome, &d->service, d->texts, e);
    return service_execute(&outcome, &d->service, catalog, d->texts, e);
}

static enum err begin_gateway(struct daybook *d, const struct daybook_options *o, struct error *e)
{
    struct gateway_settings g = {.key_file = o->stripe_key_file,
                                 .key_command = o->stripe_key_command,
                                 .base = o->stripe_base,
                                 .rate = o->stripe_rate == 0 ? GATEWAY_RATE_DEFAULT : o->stripe_rate,
                                 .window = o->stripe_window <= 0 ? GATEWAY_WINDOW_DEFAULT : o->stripe_window};
    if (g.rate < 0) g.rate = 0;
    return service_begin_gateway(&d->service, &g, e);
}

static enum err show_token(struct daybook *d, const struct daybook_options *o, struct error *e)
{
    if (o->token == NULL) return service_show_token(&d->service, o->token_file, NULL, e);
    if (o->token_file != NULL)
        return fail(e, ERR_USAGE, "a token and a token file were given; one of them is enough");
    d->service.token = token_read(str_of(o->token));
    return OK;
}

int daybook_create(const struct daybook_options *o, struct daybook_error *e)
{
    struct error why = {0};
    if (o == NULL || o->dir == NULL || o->dir[0] == '\0')
        return wrong_call(e, "the options name no directory");
    struct daybook *d = handle_new(o);
    struct command *catalog = arena_new_of(d->texts, struct command);
    struct ledger_options lo = ledger_options_of(d, o);
    enum err err = set_clock(d, o->now, &why);
    if (err == OK && o->catalog != NULL && !o->no_catalog)
        err = catalog_read(catalog, o->catalog, d->texts, &why);
    if (err == OK) err = ledger_create(&lo, &why);
    if (err == OK) err = ledger_open(&d->service.ledger, &lo, &why);
    if (err == OK) err = load_catalog_of(d, o, catalog, &why);
    daybook_close(d);
    return err == OK ? DAYBOOK_OK : report_error(e, &why);
}

int daybook_open(struct daybook **out, const struct daybook_options *o, struct daybook_error *e)
{
    struct error why = {0};
    if (out == NULL) return wrong_call(e, "there is no place for the handle");
    *out = NULL;
    if (o == NULL || o->dir == NULL || o->dir[0] == '\0')
        return wrong_call(e, "the options name no directory");
    struct daybook *d = handle_new(o);
    struct ledger_options lo = ledger_options_of(d, o);
    enum err err = set_clock(d, o->now, &why);
    if (err == OK) err = show_token(d, o, &why);
    if (err == OK) err = begin_gateway(d, o, &why);
    d->service.checkpoints.key =
        o->checkpoint_key == NULL ? NULL : str_cstring(d->texts, str_of(o->checkpoint_key));
    d->service.checkpoints.publish = o->publish == NULL ? NULL : str_cstring(d->texts, str_of(o->publish));
    if (err == OK) err = text_check(d->service.actor, LIMIT_ACTOR_BYTES, "actor", &why);
    if (err == OK) err = ledger_open(&d->service.ledger, &lo, &why);
    if (err == OK) {
        *out = d;
        return DAYBOOK_OK;
    }
    daybook_close(d);
    return report_error(e, &why);
}

void daybook_close(struct daybook *d)
{
    if (d == NULL) return;
    if (d->service.ledger != NULL) access_end(&d->service);
    ledger_close(d->service.ledger);
    service_end_gateway(&d->service);
    arena_free(d->texts);
    free(d->watched);
    free(d);
}

int daybook_set_now(struct daybook *d, const char *now, struct daybook_error *e)
{
    struct error why = {0};
    if (d == NULL) return wrong_call(e, "there is no handle");
    return set_clock(d, now, &why) == OK ? DAYBOOK_OK : report_error(e, &why);
}

int daybook_set_idempotency_key(struct daybook *d, const char *key, struct daybook_error *e)
{
    struct error why = {0};
    struct str text = str_of(key);
    if (d == NULL) return wrong_call(e, "there is no handle");
    if (text_check(text, LIMIT_IDEMPOTENCY_KEY_BYTES, "idempotency key", &why) != OK)
        return report_error(e, &why);
    bytes_put(d->key, str_bytes(text));
    d->service.key = text.len == 0 ? STR_NONE : (struct str){d->key, text.len};
    return DAYBOOK_OK;
}

/* ---- alerts ---- */

struct fired {
    const struct usage_alert_fired *items;
    size_t count, capacity;
    struct arena *arena;
};

static enum err collect_fired(void *context, const struct event_place *place, const struct envelope *v,
                              struct arena *a, struct error *e)
{
    struct fired *f = context;
    (void)place;
    (void)a;
    (void)e;
    for (size_t i = 0; i < v->events_count; i++) {
        if (v->events[i].type != EVENT_USAGE_ALERT_FIRED) continue;
        struct usage_alert_fired *grown = arena_array_of(f->arena, struct usage_alert_fired, f->count + 1);
        if (f->count > 0) memcpy(grown, f->items, f->count * sizeof *grown);
        schema_copy(&grown[f->count], &schema_usage_alert_fired, &v->events[i].usage_alert_fired, f->arena);
        f->items = grown;
        f->count++;
    }
    return OK;
}

static void call_back(struct daybook *d, const struct usage_alert_fired *v, const char *user, struct arena *a)
{
    for (size_t i = 0; i < d->watched_count; i++) {
        const struct watched_alert w = d->watched[i]; /* the callback may set another */
        if (w.customer != v->customer || w.alert != v->alert || w.callback == NULL) continue;
        w.callback(w.context, user, str_cstring(a, v->usage_type),
                   str_cstring(a, decimal_text(a, v->threshold)), str_cstring(a, decimal_text(a, v->total)));
    }
}

static enum err user_of(const char **out, struct daybook *d, uint64_t customer, struct arena *a,
                        struct error *e)
{
    struct views_txn *t = NULL;
    struct customer c = {0};
    enum err err = ledger_read_begin(&t, d->service.ledger, e);
    if (err != OK) return err;
    err = load_customer(&c, t, customer, a, e);
    *out = str_cstring(a, c.user);
    ledger_read_end(d->service.ledger, t);
    return err;
}

/* What fired between two sizes of the log. Callbacks run when nothing of the ledger is held any more. What
 * cannot be read here is no failure of the call, whose work is durable. */
static void tell_fired(struct daybook *d, uint64_t from, uint64_t to)
{
    struct error unused;
    struct fired f = {.arena = arena_new()};
    enum err err = ledger_walk(d->service.ledger, from, to, collect_fired, &f, &unused);
    for (size_t i = 0; err == OK && i < f.count; i++) {
        const char *user = NULL;
        err = user_of(&user, d, f.items[i].customer, f.arena, &unused);
        if (err == OK) call_back(d, &f.items[i], user, f.arena);
    }
    arena_free(f.arena);
}

static uint64_t log_size(struct daybook *d)
{
    struct error unused;
    struct log_state s = {0};
    return log_state(&s, ledger_log(d->service.ledger), &unused) == OK ? s.head.range.size : 0;
}

/* ---- running ---- */

static enum err run_arguments(json_t **answer, struct daybook *d, const struct verb *v,
                              const json_t *arguments, struct arena *a, struct error *e)
{
    void *body = verb_body(v, a);
    struct kept k = {0};
    enum err err = verb_from_json(body, v, arguments, a, e);
    if (err != OK) return err;
    bool watch = d->watched_count > 0 && (v->flags & VERB_WRITES) != 0;
    uint64_t before = watch ? log_size(d) : 0;
    struct answer keep = kept_answer(&k, v);
    err = verb_run(v, body, &d->service, &keep, a, e);
    if (watch && before > 0) tell_fired(d, before, log_size(d));
    bool told = err == OK || err == ERR_DECLINED || err == ERR_INCOMPLETE;
    if (!told) {
        json_decref(k.value);
        return err;
    }
    *answer = err == OK && k.value == NULL ? rows_new() : k.value; /* a report without rows gave none */
    return err;
}

enum err run_words(json_t **answer, struct daybook *d, const char *words, json_t *arguments, struct error *e)
{
    struct arena *a = arena_new();
    const struct verb *v = verb_find(str_of(words));
    struct str shown = text_quotable(str_of(words));
    enum err err = OK;
    *answer = NULL;
    if (d == NULL)
        err = fail(e, ERR_USAGE, "there is no handle");
    else if (v == NULL || (v->flags & VERB_DOOR) != 0)
        err = fail(e, ERR_USAGE, "there is no call '%.*s'", STR_ARG(shown));
    else if (arguments == NULL)
        err = fail(e, ERR_INVALID, "%s: an argument is not valid UTF-8", v->words);
    else if (!json_is_object(arguments))
        err = fail(e, ERR_INVALID, "%s: the arguments are no JSON object", v->words);
    else
        err = run_arguments(answer, d, v, arguments, a, e);
    json_decref(arguments);
    arena_free(a);
    return err;
}

static enum err parse_arguments(json_t **out, const char *json, struct error *e)
{
    json_error_t where;
    *out = json_loads(json == NULL ? "{}" : json, JSON_REJECT_DUPLICATES, &where);
    if (*out != NULL) return OK;
    return fail(e, ERR_INVALID, "the arguments are not JSON: line %d, column %d", where.line, where.column);
}

int daybook_call(struct daybook *d, const char *words, const char *json, char **answer,
                 struct daybook_error *e)
{
    struct error why = {0};
    json_t *arguments = NULL, *value = NULL;
    if (answer == NULL) return wrong_call(e, "there is no place for the answer");
    *answer = NULL;
    enum err err = parse_arguments(&arguments, json, &why);
    if (err == OK) err = run_words(&value, d, words, arguments, &why);
    if (value != NULL) {
        char *text = json_dumps(value, JSON_COMPACT);
        if (text == NULL) WRONG("jansson cannot write a value");
        *answer = answer_text(str_of(text));
        free(text);
    }
    json_decref(value);
    return err == OK ? DAYBOOK_OK : report_error(e, &why);
}

/* ---- setting an alert ---- */

static enum err customer_number(uint64_t *out, struct daybook *d, const char *user, struct error *e)
{
    struct arena *a = arena_new();
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, d->service.ledger, e);
    if (err == OK) {
        err = service_customer(out, t, str_of(user), a, e);
        ledger_read_end(d->service.ledger, t);
    }
    arena_free(a);
    return err;
}

static void watch_alert(struct daybook *d, const struct watched_alert *w)
{
    for (size_t i = 0; i < d->watched_count; i++) {
        struct watched_alert *known = &d->watched[i];
        if (known->customer != w->customer || known->alert != w->alert) continue;
        *known = *w;
        return;
    }
    if (d->watched_count == d->watched_capacity) {
        d->watched_capacity = d->watched_capacity == 0 ? 8 : 2 * d->watched_capacity;
        d->watched = realloc(d->watched, d->watched_capacity * sizeof *d->watched);
        if (d->watched == NULL) WRONG("out of memory");
    }
    d->watched[d->watched_count++] = *w;
}

int daybook_set_usage_alert(struct daybook *d, const char *user_id, const char *usage_type,
                            const char *threshold, daybook_alert callback, void *context,
                            struct daybook_error *e)
{
    struct error why = {0};
    json_t *answer = NULL;
    struct watched_alert w = {.callback = callback, .context = context};
    json_t *arguments =
        json_pack("{s:s?, s:s?, s:s?}", "user", user_id, "usage_type", usage_type, "threshold", threshold);
    size_t len = threshold == NULL ? 0 : strlen(threshold);
    if (arguments != NULL && len > 1 && threshold[len - 1] == '%') {
        member_put(arguments, "threshold", json_stringn(threshold, len - 1));
        member_flag(arguments, "percent", true);
    }
    enum err err = run_words(&answer, d, "usage.alert", arguments, &why);
    if (err == OK) err = customer_number(&w.customer, d, user_id, &why);
    if (err == OK) {
        w.alert = (uint64_t)json_integer_value(json_object_get(answer, "alert"));
        watch_alert(d, &w);
    }
    json_decref(answer);
    return err == OK ? DAYBOOK_OK : report_error(e, &why);
}
