/* SPDX-License-Identifier: MIT */
/* webhook.c - the door for what gateways send by themselves: see importers.h. A message is durable before it
 * is answered; what it asks for follows, and can be done again after a crash. */
#include "importers/importers.h"
#include "importers/stripe_event.h"

static enum err execute(struct outcome *out, const struct webhook_door *d, struct command *c, struct arena *a,
                        struct error *e)
{
    struct request r = {.command = c, .actor = d->actor};
    return ledger_execute(out, d->ledger, &r, a, e);
}

/* A copy that outlives the look at the state. */
static enum err look_up(struct webhook *out, const struct webhook_door *d, struct str event_id,
                        struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    struct webhook row = {0};
    bool found = false;
    enum err err = ledger_read_begin(&t, d->ledger, e);
    if (err != OK) return err;
    err = find_webhook(&found, &row, t, event_id, a, e);
    if (err == OK && found) schema_copy(out, &schema_webhook, &row, a);
    ledger_read_end(d->ledger, t);
    return err == OK && !found ? fail(e, ERR_NOT_FOUND, "the message is gone") : err;
}

enum err webhook_keep(struct webhook *out, const struct webhook_door *d, struct str signature,
                      struct bytes body, struct arena *a, struct error *e)
{
    struct command c = {.type = COMMAND_WEBHOOK_RECEIVE};
    struct outcome kept = {0};
    int64_t ahead = 0;
    if (body.len > LIMIT_WEBHOOK_BYTES)
        return fail(e, ERR_LIMIT, "the message is longer than %d bytes", LIMIT_WEBHOOK_BYTES);
    enum err err = stripe_signature_check(&ahead, signature, body, &d->secrets, d->now, a, e);
    if (err == OK) err = stripe_event_read(&c.webhook_receive, body, a, e);
    if (err == OK) err = execute(&kept, d, &c, a, e);
    return err == OK ? look_up(out, d, c.webhook_receive.event_id, a, e) : err;
}

/* ---- what it asks for ---- */

static enum err effect_of(struct command *first, struct command *c, const struct webhook_door *d,
                          const struct webhook *w, struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    struct webhook_effect_commands found = {0};
    enum err err = ledger_read_begin(&t, d->ledger, e);
    if (err != OK) return err;
    err = stripe_event_effect(&found, w, d->world, t, a, e);
    c->type = COMMAND_WEBHOOK_APPLY;
    if (err == OK)
        schema_copy(&c->webhook_apply, command_kind(COMMAND_WEBHOOK_APPLY)->schema, &found.apply, a);
    *first = (struct command){.type = found.first.type};
    if (err == OK && first->type != COMMAND_NONE)
        schema_copy(command_body_of(first), command_kind(first->type)->schema, command_body(&found.first), a);
    ledger_read_end(d->ledger, t);
    return err;
}

/* What the ledger's rules refuse is not lost: somebody must look at it. */
static enum err apply(const struct webhook_door *d, const struct webhook *w, struct arena *a, struct error *e)
{
    struct command first = {.type = COMMAND_NONE}, c = first, note = {.type = COMMAND_WEBHOOK_APPLY};
    struct outcome done = {0};
    struct error why = {0};
    enum err err = effect_of(&first, &c, d, w, a, &why);
    if (err == OK && first.type != COMMAND_NONE) err = execute(&done, d, &first, a, &why);
    if (err == OK) err = execute(&done, d, &c, a, &why);
    if (err == OK) return OK;
    if (err == ERR_STORAGE || err == ERR_TAMPERED || err == ERR_ROLLED_BACK) {
        *e = why;
        return err;
    }
    note.webhook_apply = (struct webhook_apply_command){.webhook = w->webhook,
                                                        .effect = WEBHOOK_NOTES,
                                                        .outcome = WEBHOOK_ATTENTION,
                                                        .what = str_copy(a, str_of(why.text))};
    return execute(&done, d, &note, a, e);
}

static enum err take_waiting(struct webhook **out, size_t *count, const struct webhook_door *d, size_t limit,
                             struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    struct webhook *rows = NULL;
    enum err err = ledger_read_begin(&t, d->ledger, e);
    if (err != OK) return err;
    err = waiting_webhooks(&rows, count, t, limit, a, e);
    *out = arena_array_of(a, struct webhook, *count);
    for (size_t i = 0; i < *count && err == OK; i++) schema_copy(&(*out)[i], &schema_webhook, &rows[i], a);
    ledger_read_end(d->ledger, t);
    return err;
}

enum err webhooks_apply(uint64_t *count, const struct webhook_door *d, struct arena *a, struct error *e)
{
    enum { AT_ONCE = 64 };
    struct webhook *waiting = NULL;
    size_t taken = 0;
    enum err err = OK;
    *count = 0;
    do {
        err = take_waiting(&waiting, &taken, d, AT_ONCE, a, e);
        for (size_t i = 0; i < taken && err == OK; i++) err = apply(d, &waiting[i], a, e);
        *count += taken;
    } while (err == OK && taken > 0);
    return err;
}

enum err webhook_handle(struct webhook *out, const struct webhook_door *d, struct str signature,
                        struct bytes body, struct arena *a, struct error *e)
{
    uint64_t count = 0;
    struct error later = {0};
    enum err err = webhook_keep(out, d, signature, body, a, e);
    if (err != OK || out->outcome != WEBHOOK_WAITING) return err;
    if (webhooks_apply(&count, d, a, &later) != OK) return OK; /* it is kept, and is done another time */
    return look_up(out, d, out->event_id, a, e);
}
