/* SPDX-License-Identifier: MIT */
/* ask_webhooks.c - what Stripe sends by itself: taking a message, listing them, doing what waits. */
#include "billing/answers.h"

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

enum err read_webhook_secrets(struct webhook_door *d, struct str secret_file, uint64_t tolerance,
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
    enum err err = read_webhook_secrets(&d, q->secret_file, q->tolerance, c->arena, e);
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
    if (err == OK && q->after.len > 0) err = public_id_parse(&rows.after, "whk", q->after, e);
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
