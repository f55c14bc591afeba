/* SPDX-License-Identifier: MIT */
/* stripe_state.c - what a test looks at afterwards: counts, the balance, charges and refunds, events,
 * signatures. */
#include <openssl/evp.h>

#include "tests/lib/stripe_inside.h"

struct stripe_server_counts stripe_server_counts(struct stripe_server *s)
{
    pthread_mutex_lock(&s->lock);
    struct stripe_server_counts counts = s->counts;
    pthread_mutex_unlock(&s->lock);
    return counts;
}

static int64_t balance(const struct stripe_server *s, const char *currency)
{
    for (size_t i = 0; i < SS_CURRENCIES; i++)
        if (strcmp(s->sums[i].currency, currency) == 0) return s->sums[i].net;
    return 0;
}

int64_t stripe_server_balance(struct stripe_server *s, const char *currency)
{
    pthread_mutex_lock(&s->lock);
    int64_t net = balance(s, currency);
    pthread_mutex_unlock(&s->lock);
    return net;
}

/* ---- the state as text ---- */

static json_t *counts_json(const struct stripe_server_counts *n)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "requests",
                     (json_int_t)n->requests, "in_flight_most", (json_int_t)n->in_flight_most,
                     "customer_most", (json_int_t)n->customer_most, "keys_repeated",
                     (json_int_t)n->keys_repeated, "keys_forgotten", (json_int_t)n->keys_forgotten, "replays",
                     (json_int_t)n->replays, "rate_limited", (json_int_t)n->rate_limited, "lock_timeouts",
                     (json_int_t)n->lock_timeouts, "faults", (json_int_t)n->faults, "charges_succeeded",
                     (json_int_t)n->charges_succeeded, "charges_failed", (json_int_t)n->charges_failed,
                     "refunds", (json_int_t)n->refunds);
}

static json_t *metadata(const struct ss_thing *t)
{
    return t->metadata == NULL ? json_object() : json_incref(t->metadata);
}

static json_t *row_of(const struct ss_thing *t)
{
    if (t->kind == SS_CHARGE) {
        const struct ss_charge *ch = (const struct ss_charge *)t;
        const struct ss_intent *p = ch->intent;
        return json_pack("{s:s, s:s, s:s?, s:I, s:I, s:s, s:s, s:s?, s:o}", "id", t->id, "payment_intent",
                         p->t.id, "customer", p->customer == NULL ? NULL : p->customer->t.id, "amount",
                         (json_int_t)ch->amount, "amount_refunded", (json_int_t)ch->refunded, "currency",
                         p->currency, "status", ch->status, "failure",
                         ch->failure == NULL ? NULL : ch->failure->name, "metadata", metadata(&p->t));
    }
    if (t->kind == SS_REFUND) {
        const struct ss_refund *r = (const struct ss_refund *)t;
        return json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:o}", "id", t->id, "charge", r->charge->t.id,
                         "payment_intent", r->charge->intent->t.id, "amount", (json_int_t)r->amount,
                         "currency", r->charge->intent->currency, "status", r->status, "metadata",
                         metadata(t));
    }
    const struct ss_dispute *d = (const struct ss_dispute *)t;
    return json_pack("{s:s, s:s, s:I, s:s, s:s}", "id", t->id, "charge", d->charge->t.id, "amount",
                     (json_int_t)d->charge->amount, "currency", d->charge->intent->currency, "status",
                     d->status);
}

static json_t *rows(const struct stripe_server *s, enum ss_kind kind)
{
    json_t *list = json_array();
    for (const struct ss_thing *t = s->shelves[kind].oldest; t != NULL; t = t->all.newer) {
        if (t->given == NULL) json_array_append_new(list, row_of(t));
    }
    return list;
}

char *ss_state_text(struct stripe_server *s, bool brief)
{
    json_t *sums = json_object();
    for (size_t i = 0; i < SS_CURRENCIES && s->sums[i].currency[0] != '\0'; i++)
        json_object_set_new(sums, s->sums[i].currency, json_integer(s->sums[i].net));
    json_t *state = json_pack("{s:I, s:o, s:o}", "clock", (json_int_t)ss_now(s), "counts",
                              counts_json(&s->counts), "balance", sums);
    if (!brief) {
        json_object_set_new(state, "charges", rows(s, SS_CHARGE));
        json_object_set_new(state, "refunds", rows(s, SS_REFUND));
        json_object_set_new(state, "disputes", rows(s, SS_DISPUTE));
    }
    char *text = json_dumps(state, JSON_COMPACT);
    if (text == NULL) WRONG("the state of the test server has no shape");
    json_decref(state);
    return text;
}

char *stripe_server_state(struct stripe_server *s, bool brief)
{
    pthread_mutex_lock(&s->lock);
    char *text = ss_state_text(s, brief);
    pthread_mutex_unlock(&s->lock);
    return text;
}

/* ---- events ---- */

/* From the newest back, for who asks after each step has little to go. */
char *stripe_server_event(struct stripe_server *s, uint64_t *after)
{
    pthread_mutex_lock(&s->lock);
    const struct ss_thing *found = NULL;
    for (const struct ss_thing *t = s->shelves[SS_EVENT].newest; t != NULL && t->number > *after;
         t = t->all.older)
        found = t;
    char *body = found == NULL ? NULL : ss_copy(found->body);
    if (found != NULL) *after = found->number;
    pthread_mutex_unlock(&s->lock);
    return body;
}

/* ---- signatures ---- */

char *stripe_server_sign(const char *body, size_t len, const char *secret, int64_t time)
{
    enum { BYTES = 32, ROOM = 128 };
    uint8_t mac[BYTES];
    size_t mac_len = 0;
    char *text = ss_take(len + ROOM);
    int at = snprintf(text, ROOM, "%lld.", (long long)time);
    memcpy(text + at, body, len);
    if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, secret, strlen(secret), (const unsigned char *)text,
                  (size_t)at + len, mac, sizeof mac, &mac_len) == NULL ||
        mac_len != BYTES)
        WRONG("OpenSSL cannot compute HMAC-SHA-256");
    free(text);
    char *header = ss_take(ROOM);
    at = snprintf(header, ROOM, "t=%lld,v1=", (long long)time);
    for (size_t i = 0; i < BYTES; i++) at += snprintf(header + at, ROOM - (size_t)at, "%02x", mac[i]);
    return header;
}
