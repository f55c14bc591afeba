/* SPDX-License-Identifier: MIT */
/* daybook_webhooks.c - messages of Stripe's for programs that have a web server of their own. Secrets come by
 * argument and go nowhere else. */
#include "billing/access.h"
#include "billing/daybook_shapes.h"

static enum err take(json_t **answer, struct daybook *d, struct bytes body, const char *signature,
                     const char *secrets, struct arena *a, struct error *e)
{
    struct webhook w = {0};
    struct webhook_door door = service_webhook_door(&d->service);
    enum err err = webhook_secrets_parse(&door.secrets, str_of(secrets), a, e);
    if (err == OK) err = webhook_handle(&w, &door, str_of(signature), body, a, e);
    struct str data = STR_NONE;
    if (err == OK) err = webhook_data(&data, body, a, e);
    if (err != OK) return err;
    *answer = webhook_json(&w);
    member_text(*answer, "data", data);
    return OK;
}

/* `answer` may be NULL, and then there is none. */
static void hand_out(struct daybook_webhook **out, const json_t *answer)
{
    if (out == NULL) return;
    *out = NULL;
    if (answer == NULL) return;
    *out = answer_new(shape_webhook.size);
    fill_shape(*out, &shape_webhook, answer, answer_arena(*out));
}

/* By the same rule as the verb that does it for the command line. */
static enum err handle(json_t **answer, struct daybook *d, struct bytes body, const char *signature,
                       const char *secrets, struct arena *a, struct error *e)
{
    if (d == NULL) return fail(e, ERR_USAGE, "there is no handle");
    if (secrets == NULL) return fail(e, ERR_USAGE, "there are no secrets");
    struct passage p = {.verb = verb_find(STR("webhook.handle")), .service = &d->service, .arena = a};
    enum err err = passage_begin(&p, e);
    return err == OK ? passage_end(&p, take(answer, d, body, signature, secrets, a, e), e) : err;
}

int daybook_handle_webhook(struct daybook *d, const void *payload, size_t length, const char *signature,
                           const char *secrets, struct daybook_webhook **out, struct daybook_error *e)
{
    struct error why = {0};
    struct arena *a = arena_new();
    json_t *answer = NULL;
    enum err err = handle(&answer, d, (struct bytes){payload, payload == NULL ? 0 : length}, signature,
                          secrets, a, &why);
    hand_out(out, err == OK ? answer : NULL);
    json_decref(answer);
    arena_free(a);
    return err == OK ? DAYBOOK_OK : report_error(e, &why);
}

/* ---- without a ledger ---- */

static enum err check(json_t **answer, struct bytes body, const char *signature, const char *secrets,
                      const char *now, struct arena *a, struct error *e)
{
    struct webhook w = {0};
    struct world world = world_real();
    struct webhook_door door = {.now = world.now(world.self)};
    struct str data = STR_NONE;
    if (secrets == NULL) return fail(e, ERR_USAGE, "there are no secrets");
    if (now != NULL && instant_parse(&door.now, str_of(now), e) != OK) return wrap(e, "now");
    enum err err = webhook_secrets_parse(&door.secrets, str_of(secrets), a, e);
    if (err == OK) err = webhook_check(&w, &door, str_of(signature), body, a, e);
    if (err == OK) err = webhook_data(&data, body, a, e);
    if (err != OK) return err;
    *answer = object_new();
    member_text(*answer, "event_id", w.event_id);
    member_text(*answer, "type", w.type);
    member_text(*answer, "data", data);
    return OK;
}

int daybook_check_webhook(const void *payload, size_t length, const char *signature, const char *secrets,
                          const char *now, struct daybook_webhook **out, struct daybook_error *e)
{
    struct error why = {0};
    struct arena *a = arena_new();
    json_t *answer = NULL;
    struct bytes body = {payload, payload == NULL ? 0 : length};
    enum err err = check(&answer, body, signature, secrets, now, a, &why);
    hand_out(out, err == OK ? answer : NULL);
    json_decref(answer);
    arena_free(a);
    return err == OK ? DAYBOOK_OK : report_error(e, &why);
}
