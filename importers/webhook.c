/* SPDX-License-Identifier: MIT */
/* webhook.c - the door for what gateways send by themselves: see importers.h. A message is durable before it
 * is answered; what it asks for follows, and can be done again after a crash. */
#include "importers/importers.h"
#include "importers/json_text.h"
#include "importers/stripe_event.h"

static enum err execute(struct outcome *out, const struct webhook_door *d, struct command *c, struct arena *a,
                        struct error *e)
{
    struct request r = {.command = c, .actor = d->actor};
    return ledger_execute(out, d->ledger, &r, a, e);
}

/* Copies outlive the look at the state. */
static struct webhook *copies_of(const struct webhook *rows, size_t count, struct arena *a)
{
    struct webhook *copies = arena_array_of(a, struct webhook, count);
    for (size_t i = 0; i < count; i++) schema_copy(&copies[i], &schema_webhook, &rows[i], a);
    return copies;
}

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

static enum err read_genuine(struct webhook_receive_command *out, const struct webhook_door *d,
                             struct str signature, struct bytes body, struct arena *a, struct error *e)
{
    int64_t ahead = 0;
    if (body.len > LIMIT_WEBHOOK_BYTES)
        return fail(e, ERR_LIMIT, "the message is longer than %d bytes", LIMIT_WEBHOOK_BYTES);
    enum err err = stripe_signature_check(&ahead, signature, body, &d->secrets, d->now, a, e);
    return err == OK ? stripe_event_read(out, body, a, e) : err;
}

enum err webhook_check(struct webhook *out, const struct webhook_door *d, struct str signature,
                       struct bytes body, struct arena *a, struct error *e)
{
    struct webhook_receive_command read = {0};
    enum err err = read_genuine(&read, d, signature, body, a, e);
    *out = (struct webhook){.event_id = read.event_id, .type = read.type};
    return err;
}

enum err webhook_keep(struct webhook *out, const struct webhook_door *d, struct str signature,
                      struct bytes body, struct arena *a, struct error *e)
{
    struct command c = {.type = COMMAND_WEBHOOK_RECEIVE};
    struct outcome kept = {0};
    enum err err = read_genuine(&c.webhook_receive, d, signature, body, a, e);
    if (err == OK) err = execute(&kept, d, &c, a, e);
    return err == OK ? look_up(out, d, c.webhook_receive.event_id, a, e) : err;
}

/* ---- what it asks for ---- */

struct effect {
    struct command first, apply;
    bool begins;
};

static enum err effect_of(struct effect *out, const struct webhook_door *d, const struct webhook *w,
                          struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    struct webhook_effect_commands found = {0};
    *out = (struct effect){.apply.type = COMMAND_WEBHOOK_APPLY};
    enum err err = ledger_read_begin(&t, d->ledger, e);
    if (err != OK) return err;
    err = stripe_event_effect(&found, w, d->world, t, a, e);
    const struct schema *schema = command_kind(COMMAND_WEBHOOK_APPLY)->schema;
    if (err == OK) schema_copy(&out->apply.webhook_apply, schema, &found.apply, a);
    if (err == OK && found.first.type != COMMAND_NONE) {
        out->first.type = found.first.type;
        schema_copy(command_body_of(&out->first), command_kind(found.first.type)->schema,
                    command_body(&found.first), a);
    }
    out->begins = found.begins;
    ledger_read_end(d->ledger, t);
    return err;
}

/* ---- what the message does not say ---- */

static struct card *card_of(struct command *c)
{
    if (c->type == COMMAND_PAYMENT_METHOD_ADD) return &c->payment_method_add.card;
    return c->type == COMMAND_PAYMENT_METHOD_UPDATE ? &c->payment_method_update.card : NULL;
}

static enum err read_method(struct card *out, const struct webhook_door *d, struct str token, struct arena *a,
                            struct error *e)
{
    const struct gateway *g = d->gateway;
    if (g != NULL && g->read_method != NULL) return g->read_method(g->self, out, token, a, e);
    return fail(e, ERR_INCOMPLETE, "there is no key to ask Stripe with");
}

/* Messages come late and in any order, so the gateway itself is asked how a payment method stands; what the
 * message says of it counts where nobody answers. */
static enum err complete(struct command *first, struct command *c, const struct webhook_door *d,
                         struct arena *a, struct error *e)
{
    struct card *card = card_of(first), now = {0};
    struct error why = {0};
    if (card == NULL) return OK;
    enum err err = read_method(&now, d, card->token, a, &why);
    if (err != OK && card->funding.len > 0) return OK;
    if (err != OK) {
        return fail(e, err, "%.*s is not known: %s; add it by 'payment-method add'", STR_ARG(card->token),
                    why.text);
    }
    if (now.gateway_customer.len > 0) {
        *card = now;
        return OK;
    }
    first->type = COMMAND_NONE;
    c->webhook_apply.outcome = WEBHOOK_KNOWN;
    c->webhook_apply.what = STR("the payment method was detached since");
    return OK;
}

static bool is_of_machinery(enum err err)
{
    return err == ERR_STORAGE || err == ERR_TAMPERED || err == ERR_ROLLED_BACK;
}

/* What the ledger's rules refuse is not lost: somebody must look at it. */
static enum err note_refusal(const struct webhook_door *d, const struct webhook *w, const struct error *why,
                             struct arena *a, struct error *e)
{
    struct command note = {.type = COMMAND_WEBHOOK_APPLY};
    struct outcome done = {0};
    note.webhook_apply = (struct webhook_apply_command){.webhook = w->webhook,
                                                        .effect = WEBHOOK_NOTES,
                                                        .outcome = WEBHOOK_ATTENTION,
                                                        .what = str_copy(a, str_of(why->text))};
    return execute(&done, d, &note, a, e);
}

/* All but the note of what became of it. */
static enum err do_first(struct effect *out, const struct webhook_door *d, const struct webhook *w,
                         struct arena *a, struct error *e)
{
    struct outcome done = {0};
    enum err err = effect_of(out, d, w, a, e);
    if (err == OK) err = complete(&out->first, &out->apply, d, a, e);
    return err == OK && out->first.type != COMMAND_NONE ? execute(&done, d, &out->first, a, e) : err;
}

/* `so_far`: what became of the rest. */
static enum err conclude(enum err so_far, struct error *why, struct effect *effect,
                         const struct webhook_door *d, const struct webhook *w, struct arena *a,
                         struct error *e)
{
    struct outcome done = {0};
    enum err err = so_far == OK ? execute(&done, d, &effect->apply, a, why) : so_far;
    if (err == OK) return OK;
    if (!is_of_machinery(err)) return note_refusal(d, w, why, a, e);
    *e = *why;
    return err;
}

/* ---- looking at it again ---- */

static bool may_mean_more(const struct webhook *w)
{
    return w->outcome == WEBHOOK_FOREIGN || w->outcome == WEBHOOK_ATTENTION;
}

static enum err load_copy(struct webhook *out, const struct webhook_door *d, uint64_t webhook,
                          struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    struct webhook row = {0};
    enum err err = ledger_read_begin(&t, d->ledger, e);
    if (err != OK) return err;
    err = load_webhook(&row, t, webhook, a, e);
    if (err == OK) schema_copy(out, &schema_webhook, &row, a);
    ledger_read_end(d->ledger, t);
    return err;
}

/* Once it was looked at, its body stands in the log alone. */
static enum err fetch_body(struct webhook *w, const struct webhook_door *d, struct arena *a, struct error *e)
{
    struct envelope v = {0};
    struct event_place place = {0};
    if (w->outcome == WEBHOOK_WAITING) return OK;
    enum err err = ledger_record(&v, &place, d->ledger, w->seq, a, e);
    for (size_t i = 0; err == OK && i < v.events_count; i++) {
        const struct event *ev = &v.events[i];
        if (ev->type != EVENT_WEBHOOK_RECEIVED || ev->webhook_received.webhook != w->webhook) continue;
        w->body = ev->webhook_received.body;
        return OK;
    }
    if (err != OK && err != ERR_NOT_FOUND) return err;
    return fail(e, ERR_TAMPERED, "record %ju does not hold whk_%ju", (uintmax_t)w->seq,
                (uintmax_t)w->webhook);
}

static enum err told_about(struct webhook **out, size_t *count, const struct webhook_door *d,
                           struct str reference, struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    struct webhook *rows = NULL;
    enum err err = ledger_read_begin(&t, d->ledger, e);
    if (err != OK) return err;
    err = webhooks_about(&rows, count, t, reference, a, e);
    *out = copies_of(rows, err == OK ? *count : 0, a);
    ledger_read_end(d->ledger, t);
    return err;
}

static enum err apply_alone(const struct webhook_door *d, const struct webhook *w, struct arena *a,
                            struct error *e)
{
    struct effect effect = {0};
    struct error why = {0};
    enum err err = do_first(&effect, d, w, a, &why);
    return conclude(err, &why, &effect, d, w, a, e);
}

/* What came before the ledger knew its subject. */
static enum err apply_told_before(const struct webhook_door *d, const struct webhook *w, struct arena *a,
                                  struct error *e)
{
    struct webhook *told = NULL;
    size_t count = 0;
    enum err err = told_about(&told, &count, d, w->reference, a, e);
    for (size_t i = 0; i < count && err == OK; i++) {
        if (told[i].webhook == w->webhook || !may_mean_more(&told[i])) continue;
        err = fetch_body(&told[i], d, a, e);
        if (err == OK) err = apply_alone(d, &told[i], a, e);
    }
    return err;
}

/* The body is there. It is noted as done when all that follows is: after a crash the rest follows then. */
static enum err apply(const struct webhook_door *d, const struct webhook *w, struct arena *a, struct error *e)
{
    struct effect effect = {0};
    struct error why = {0};
    enum err err = do_first(&effect, d, w, a, &why);
    if (err == OK && effect.begins) err = apply_told_before(d, w, a, &why);
    return conclude(err, &why, &effect, d, w, a, e);
}

static enum err take_waiting(struct webhook **out, size_t *count, const struct webhook_door *d, size_t limit,
                             struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    struct webhook *rows = NULL;
    enum err err = ledger_read_begin(&t, d->ledger, e);
    if (err != OK) return err;
    err = waiting_webhooks(&rows, count, t, limit, a, e);
    *out = copies_of(rows, err == OK ? *count : 0, a);
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

static enum err look_again(struct webhook *w, const struct webhook_door *d, struct arena *a, struct error *e)
{
    enum err err = fetch_body(w, d, a, e);
    if (err == OK) err = apply(d, w, a, e);
    return err == OK ? load_copy(w, d, w->webhook, a, e) : err;
}

enum err webhook_look_again(struct webhook *out, const struct webhook_door *d, uint64_t webhook,
                            struct arena *a, struct error *e)
{
    enum err err = load_copy(out, d, webhook, a, e);
    if (err != OK || out->outcome == WEBHOOK_WAITING || may_mean_more(out))
        return err == OK ? look_again(out, d, a, e) : err;
    return fail(e, ERR_REFUSED, "whk_%ju is %s: there is nothing more to do", (uintmax_t)webhook,
                choice_webhook_outcome.words[out->outcome]);
}

static bool is_looked_at(const struct webhook *w, struct date from)
{
    bool old = date_is_given(from) && date_compare(instant_date(w->received_at), from) < 0;
    return w->outcome == WEBHOOK_FOREIGN && !old;
}

/* One by one: with its body each may take as much memory as a message may be long. */
enum err webhooks_look_again(struct webhooks_seen *out, const struct webhook_door *d, struct date from,
                             struct error *e)
{
    struct arena *a = arena_new();
    enum err err = OK;
    *out = (struct webhooks_seen){0};
    for (uint64_t number = 1; err == OK; number++) {
        struct webhook w = {0};
        arena_reset(a);
        err = load_copy(&w, d, number, a, e);
        if (err != OK || !is_looked_at(&w, from)) continue;
        err = look_again(&w, d, a, e);
        out->looked_at++;
        out->still_foreign += w.outcome == WEBHOOK_FOREIGN;
    }
    arena_free(a);
    return err == ERR_NOT_FOUND ? OK : err; /* numbers have no gaps: that was the last */
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

enum err webhook_data(struct str *out, struct bytes body, struct arena *a, struct error *e)
{
    json_t *root = NULL;
    enum err err = json_parse_told(&root, bytes_str(body), a, e);
    if (err != OK) return wrap(e, "the message");
    char *text = json_dumps(json_object_get(json_object_get(root, "data"), "object"), JSON_COMPACT);
    *out = str_copy(a, str_of(text));
    free(text);
    json_decref(root);
    return OK;
}
