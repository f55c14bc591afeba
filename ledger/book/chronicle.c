/* SPDX-License-Identifier: MIT */
/* chronicle.c - see chronicle.h: the events in their order, what is numbered and what comes once. */
#include "ledger/book/chronicle_private.h"

/* ---- memory ---- */

void *list_room(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) return items;
    *capacity = *capacity == 0 ? 64 : 2 * *capacity;
    void *grown = realloc(items, *capacity * size);
    if (grown == NULL) WRONG("out of memory");
    return grown;
}

/* ---- once ---- */

static uint8_t *digest_place(const struct digest_set *s, const uint8_t digest[16])
{
    static const uint8_t none[16] = {0};
    size_t at = 0;
    memcpy(&at, digest, sizeof at);
    for (at &= s->capacity - 1;; at = (at + 1) & (s->capacity - 1)) {
        uint8_t *place = s->items[at];
        if (memcmp(place, digest, 16) == 0 || memcmp(place, none, 16) == 0) return place;
    }
}

static void digest_set_grow(struct digest_set *s)
{
    struct digest_set grown = {.count = s->count, .capacity = s->capacity == 0 ? 64 : 2 * s->capacity};
    static const uint8_t none[16] = {0};
    grown.items = calloc(grown.capacity, sizeof *grown.items);
    if (grown.items == NULL) WRONG("out of memory");
    for (size_t i = 0; i < s->capacity; i++) {
        if (memcmp(s->items[i], none, 16) != 0) memcpy(digest_place(&grown, s->items[i]), s->items[i], 16);
    }
    free(s->items);
    *s = grown;
}

bool digest_set_add(struct digest_set *s, const uint8_t digest[16])
{
    if (2 * s->count >= s->capacity) digest_set_grow(s);
    uint8_t *place = digest_place(s, digest);
    if (memcmp(place, digest, 16) == 0) return false;
    memcpy(place, digest, 16);
    s->count++;
    return true;
}

enum err chronicle_once(struct chronicle *h, struct digest_set *set, const char *what, struct str text,
                        struct error *e)
{
    uint8_t digest[32];
    hasher_digest(h->hasher, digest, str_bytes(text), (struct bytes){0}, (struct bytes){0});
    if (digest_set_add(set, digest)) return OK;
    return fail(e, ERR_TAMPERED, "%s stands in the log a second time", what);
}

static enum err messages_once(struct chronicle *h, const struct event *ev, struct error *e)
{
    const struct webhook_received *m = &ev->webhook_received;
    const struct balance_noted *b = &ev->balance_noted;
    enum err err = OK;
    if (ev->type == EVENT_WEBHOOK_RECEIVED)
        return chronicle_once(h, &h->messages, "the gateway's message", m->event_id, e);
    if (ev->type != EVENT_BALANCE_NOTED) return OK;
    for (size_t i = 0; i < b->movements_count && err == OK; i++)
        err = chronicle_once(h, &h->movements, "the movement of the gateway's balance",
                             b->movements[i].reference, e);
    return err;
}

static enum err readings_once(struct chronicle *h, const struct event *ev, struct error *e)
{
    const struct usage_recorded *u = &ev->usage_recorded;
    enum err err = OK;
    if (ev->type != EVENT_USAGE_RECORDED) return OK;
    for (size_t i = 0; i < u->readings_count && err == OK; i++) {
        if (u->readings[i].event_id.len == 0) continue;
        err = chronicle_once(h, &h->event_ids, "the event id of a usage reading", u->readings[i].event_id, e);
        h->counts.event_ids++;
    }
    return err;
}

static enum err key_once(struct chronicle *h, const struct envelope *v, struct error *e)
{
    if (v->key.len == 0) return OK;
    if (!v->has_body)
        return fail(e, ERR_TAMPERED, "it has an idempotency key, and no hash of what was asked with it");
    h->counts.keys++;
    return chronicle_once(h, &h->keys, "its idempotency key", v->key, e);
}

/* ---- numbers ---- */

/* Which field of which event gives something its number. */
static const struct {
    enum event_type type;
    enum numbering numbering;
    size_t field;
    bool again; /* a later event of this type may speak of the same thing */
} numbered[] = {
    {EVENT_CUSTOMER_CREATED, NUMBER_CUSTOMER, offsetof(struct customer_created, customer), false},
    {EVENT_SUBSCRIPTION_CREATED, NUMBER_SUBSCRIPTION, offsetof(struct subscription_created, subscription),
     false},
    {EVENT_ITEM_ADDED, NUMBER_ITEM, offsetof(struct item_added, item), false},
    {EVENT_INVOICE_FINALIZED, NUMBER_INVOICE, offsetof(struct invoice_finalized, invoice), false},
    {EVENT_PAYMENT_REQUESTED, NUMBER_TRANSACTION, offsetof(struct payment_requested, payment), false},
    {EVENT_REFUND_REQUESTED, NUMBER_TRANSACTION, offsetof(struct refund_requested, refund), false},
    {EVENT_TRANSACTION_STORED, NUMBER_TRANSACTION, offsetof(struct transaction_stored, transaction), false},
    {EVENT_CATALOG_LOADED, NUMBER_CATALOG, offsetof(struct catalog_loaded, version), false},
    {EVENT_SELLER_SET, NUMBER_SELLER, offsetof(struct seller_set, version), false},
    {EVENT_RUN_STARTED, NUMBER_RUN, offsetof(struct run_started, run), false},
    {EVENT_INVOICE_DRAFTED, NUMBER_DRAFT, offsetof(struct invoice_drafted, draft), true},
    {EVENT_USAGE_RERATED, NUMBER_RERATING, offsetof(struct usage_rerated, rerating), true},
    {EVENT_WEBHOOK_RECEIVED, NUMBER_WEBHOOK, offsetof(struct webhook_received, webhook), false},
    {EVENT_DISPUTE_NOTED, NUMBER_DISPUTE, offsetof(struct dispute_noted, dispute), true},
    {EVENT_OBJECT_IMPORTED, NUMBER_IMPORTED, offsetof(struct object_imported, object), true},
    {EVENT_ACTOR_ADDED, NUMBER_ACTOR, offsetof(struct actor_added, actor), false},
    {EVENT_TOKEN_ISSUED, NUMBER_TOKEN, offsetof(struct token_issued, token), false},
};

static enum err take_number(struct chronicle *h, const struct event *ev, struct error *e)
{
    for (size_t i = 0; i < sizeof numbered / sizeof *numbered; i++) {
        uint64_t number = 0, *last = &h->last[numbered[i].numbering];
        if (numbered[i].type != ev->type) continue;
        memcpy(&number, (const char *)event_body(ev) + numbered[i].field, sizeof number);
        if (numbered[i].again && number >= 1 && number <= *last) return OK;
        if (number != *last + 1)
            return fail(e, ERR_TAMPERED, "it has %s number %ju, where %ju was due",
                        numbering_word(numbered[i].numbering), (uintmax_t)number, (uintmax_t)(*last + 1));
        *last = number;
        return OK;
    }
    return OK;
}

static void take_owner(struct chronicle *h, const struct event *ev)
{
    struct owner_list *l = &h->subscriptions;
    if (ev->type != EVENT_SUBSCRIPTION_CREATED) return;
    l->items = list_room(l->items, l->count, &l->capacity, sizeof *l->items);
    l->items[l->count++] = ev->subscription_created.customer;
}

/* ---- a record ---- */

static enum err add_event(struct chronicle *h, const struct event *ev, struct error *e)
{
    enum err err = take_number(h, ev, e);
    if (err != OK) return err;
    take_owner(h, ev);
    err = messages_once(h, ev, e);
    if (err == OK) err = readings_once(h, ev, e);
    if (err == OK) err = chronicle_documents(h, ev, e);
    return err == OK ? chronicle_payments(h, ev, e) : err;
}

enum err chronicle_add(struct chronicle *h, const struct envelope *v, struct error *e)
{
    enum err err = key_once(h, v, e);
    size_t i = 0;
    for (i = 0; i < v->events_count && err == OK; i++) err = add_event(h, &v->events[i], e);
    if (err == OK) { /* events of one record may speak of each other, whichever stands first */
        for (i = 0; i < v->events_count && err == OK; i++) err = chronicle_references(h, &v->events[i], e);
    }
    if (err == OK) return chronicle_fiscal(h, v, e);
    if (i == 0) return err;
    return wrap(e, "event %zu, %s", i, event_kind(v->events[i - 1].type)->wire);
}

struct chronicle *chronicle_new(void)
{
    struct chronicle *h = calloc(1, sizeof *h);
    if (h == NULL) WRONG("out of memory");
    h->hasher = hasher_new();
    h->arena = arena_new();
    return h;
}

void chronicle_free(struct chronicle *h)
{
    if (h == NULL) return;
    hasher_free(h->hasher);
    arena_free(h->arena);
    free(h->subscriptions.items);
    free(h->documents);
    free(h->series);
    free(h->chains);
    free(h->transactions);
    free(h->keys.items);
    free(h->event_ids.items);
    free(h->messages.items);
    free(h->movements.items);
    free(h->plans);
    free(h);
}

struct chronicle_counts chronicle_counts(const struct chronicle *h)
{
    struct chronicle_counts c = h->counts;
    c.customers = h->last[NUMBER_CUSTOMER];
    c.subscriptions = h->last[NUMBER_SUBSCRIPTION];
    c.documents = h->last[NUMBER_INVOICE];
    return c;
}
