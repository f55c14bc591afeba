/* SPDX-License-Identifier: MIT */
/* counters.c - the next number of everything that is counted, and the tally behind `stats`. Numbers are never
 * handed out here: they stand in the events, and the counters follow them. */
#include "projections/fold.h"

/* Which field of which event carries a number that its counter must stay above. */
static const struct {
    enum event_type type;
    size_t counter; /* in struct counters */
    size_t field;   /* in the event's body */
} numbered[] = {
    {EVENT_CUSTOMER_CREATED, offsetof(struct counters, customer),
     offsetof(struct customer_created, customer)},
    {EVENT_SUBSCRIPTION_CREATED, offsetof(struct counters, subscription),
     offsetof(struct subscription_created, subscription)},
    {EVENT_ITEM_ADDED, offsetof(struct counters, item), offsetof(struct item_added, item)},
    {EVENT_INVOICE_FINALIZED, offsetof(struct counters, invoice),
     offsetof(struct invoice_finalized, invoice)},
    {EVENT_PAYMENT_REQUESTED, offsetof(struct counters, transaction),
     offsetof(struct payment_requested, payment)},
    {EVENT_REFUND_REQUESTED, offsetof(struct counters, transaction),
     offsetof(struct refund_requested, refund)},
    {EVENT_TRANSACTION_STORED, offsetof(struct counters, transaction),
     offsetof(struct transaction_stored, transaction)},
    {EVENT_CATALOG_LOADED, offsetof(struct counters, catalog), offsetof(struct catalog_loaded, version)},
    {EVENT_SELLER_SET, offsetof(struct counters, seller), offsetof(struct seller_set, version)},
    {EVENT_INVOICE_DRAFTED, offsetof(struct counters, draft), offsetof(struct invoice_drafted, draft)},
    {EVENT_USAGE_RERATED, offsetof(struct counters, rerating), offsetof(struct usage_rerated, rerating)},
    {EVENT_WEBHOOK_RECEIVED, offsetof(struct counters, webhook), offsetof(struct webhook_received, webhook)},
    {EVENT_DISPUTE_NOTED, offsetof(struct counters, dispute), offsetof(struct dispute_noted, dispute)},
    {EVENT_OBJECT_IMPORTED, offsetof(struct counters, imported), offsetof(struct object_imported, object)},
    {EVENT_CUSTOMER_ERASED, offsetof(struct counters, erasure), offsetof(struct customer_erased, erasure)},
    {EVENT_RUN_STARTED, offsetof(struct counters, run), offsetof(struct run_started, run)},
};

enum err counters_get(struct counters *out, struct views_txn *t, struct arena *a, struct error *e)
{
    struct view_key k = view_key(SPACE_COUNTERS);
    bool found = false;
    enum err err = row_find(&found, out, &schema_counters, t, &k, a, e);
    if (err == OK && !found) *out = (struct counters){1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    return err;
}

enum err key_generation(uint64_t *out, struct views_txn *t, struct error *e)
{
    struct arena *a = arena_new();
    struct counters c = {0};
    enum err err = counters_get(&c, t, a, e);
    *out = c.erasure; /* of the next one, which is one more than there were */
    arena_free(a);
    return err;
}

static enum err raise_counter(struct views_txn *t, size_t counter, uint64_t number, struct arena *a,
                              struct error *e)
{
    struct counters c = {0};
    enum err err = counters_get(&c, t, a, e);
    if (err != OK) return err;
    uint64_t next = 0;
    memcpy(&next, (const char *)&c + counter, sizeof(next));
    if (number < next) return OK;
    next = number + 1;
    memcpy((char *)&c + counter, &next, sizeof(next));
    struct view_key k = view_key(SPACE_COUNTERS);
    return views_put_record(t, &k, &schema_counters, &c, e);
}

/* Adds to both figures; active may go down. */
static enum err tally_add(struct views_txn *t, int active, uint64_t readings, struct arena *a,
                          struct error *e)
{
    struct view_key k = view_key(SPACE_TALLY);
    struct tally row = {0};
    bool found = false;
    enum err err = row_find(&found, &row, &row_tally, t, &k, a, e);
    if (err != OK) return err;
    if (!found) row = (struct tally){0};
    if (active > 0) row.active_subscriptions++;
    if (active < 0 && row.active_subscriptions > 0) row.active_subscriptions--;
    row.readings += readings;
    return views_put_record(t, &k, &row_tally, &row, e);
}

enum err fold_counters(struct views_txn *t, const struct event *ev, const struct event_place *place,
                       struct arena *a, struct error *e)
{
    (void)place;
    for (size_t i = 0; i < sizeof(numbered) / sizeof(numbered[0]); i++) {
        if (numbered[i].type != ev->type) continue;
        uint64_t number = 0;
        memcpy(&number, (const char *)event_body(ev) + numbered[i].field, sizeof(number));
        enum err err = raise_counter(t, numbered[i].counter, number, a, e);
        if (err != OK) return err;
    }
    if (ev->type == EVENT_SUBSCRIPTION_CREATED) return tally_add(t, 1, 0, a, e);
    if (ev->type == EVENT_SUBSCRIPTION_CANCELED) return tally_add(t, -1, 0, a, e);
    if (ev->type == EVENT_USAGE_RECORDED) return tally_add(t, 0, ev->usage_recorded.readings_count, a, e);
    return OK;
}

static void count_from(struct state_counts *out, const struct counters *c, const struct tally *tally)
{
    *out = (struct state_counts){
        .customers = c->customer - 1,
        .subscriptions = c->subscription - 1,
        .active_subscriptions = tally->active_subscriptions,
        .invoices = c->invoice - 1,
        .transactions = c->transaction - 1,
        .readings = tally->readings,
        .items = c->item - 1,
        .runs = c->run - 1,
    };
}

enum err count_state(struct state_counts *out, struct views_txn *t, struct error *e)
{
    struct arena *a = arena_new();
    struct counters c = {0};
    struct tally tally = {0};
    bool found = false;
    struct view_key k = view_key(SPACE_TALLY);
    enum err err = counters_get(&c, t, a, e);
    if (err == OK) err = row_find(&found, &tally, &row_tally, t, &k, a, e);
    if (err == OK) count_from(out, &c, &tally);
    arena_free(a);
    return err;
}
