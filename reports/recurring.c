/* SPDX-License-Identifier: MIT */
/* recurring.c - see recurring.h. */
#include "reports/recurring.h"

#include "reports/monthly.h"

const char *const recurring_words[RECURRING_KINDS] = {"new", "expansion", "reactivation", "contraction",
                                                      "churn"};

/* A subscription; slot 0 of the table stands for none. */
struct contract {
    uint64_t customer;
    int64_t worth;   /* in a month, while it is in force */
    int64_t counted; /* of that now */
    struct date day; /* of its newest movement */
    uint16_t plan, counted_plan, currency, counted_currency;
    bool trial, paused, ended;
};
struct payer {         /* a customer in one currency */
    uint64_t customer; /* 0: a free slot */
    int64_t counted;
    uint32_t currency;
    bool ever;
};
struct counting {
    struct report_file *file;
    struct date end;
    recurring_fn *visit;
    void *context;
    struct contract *contracts; /* by number */
    size_t contracts_capacity;
    struct payer *payers; /* open addressing */
    size_t payers_count, payers_capacity;
    struct str *names; /* plans and currencies */
    size_t names_count, names_capacity;
};

/* ---- tables ---- */

static struct contract *contract_of(struct counting *c, uint64_t number)
{
    if (number >= c->contracts_capacity) {
        size_t wanted = c->contracts_capacity == 0 ? 1024 : 2 * c->contracts_capacity;
        while (wanted <= number) wanted *= 2;
        struct contract *grown = realloc(c->contracts, wanted * sizeof *grown);
        if (grown == NULL) WRONG("out of memory");
        memset(grown + c->contracts_capacity, 0, (wanted - c->contracts_capacity) * sizeof *grown);
        c->contracts = grown;
        c->contracts_capacity = wanted;
    }
    return &c->contracts[number];
}

static size_t slot_of(const struct payer *slots, size_t capacity, uint64_t customer, uint32_t currency)
{
    uint64_t hash = (customer * UINT64_C(0x9e3779b97f4a7c15)) ^ currency;
    size_t at = (size_t)(hash ^ (hash >> 32)) & (capacity - 1);
    while (slots[at].customer != 0 && (slots[at].customer != customer || slots[at].currency != currency))
        at = (at + 1) & (capacity - 1);
    return at;
}

static void grow_payers(struct counting *c)
{
    size_t wanted = c->payers_capacity == 0 ? 1024 : 2 * c->payers_capacity;
    struct payer *grown = calloc(wanted, sizeof *grown);
    if (grown == NULL) WRONG("out of memory");
    for (size_t i = 0; i < c->payers_capacity; i++) {
        const struct payer *p = &c->payers[i];
        if (p->customer != 0) grown[slot_of(grown, wanted, p->customer, p->currency)] = *p;
    }
    free(c->payers);
    c->payers = grown;
    c->payers_capacity = wanted;
}

static struct payer *payer_of(struct counting *c, uint64_t customer, uint16_t currency)
{
    if (2 * c->payers_count >= c->payers_capacity) grow_payers(c);
    struct payer *p = &c->payers[slot_of(c->payers, c->payers_capacity, customer, currency)];
    if (p->customer == 0) {
        *p = (struct payer){.customer = customer, .currency = currency};
        c->payers_count++;
    }
    return p;
}

/* There are few plans and currencies; 0 is none. */
static uint16_t name_number(struct counting *c, struct str name)
{
    for (size_t i = 0; i < c->names_count; i++) {
        if (str_equal(c->names[i], name)) return (uint16_t)(i + 1);
    }
    struct arena *a = c->file->arena;
    assert(c->names_count < UINT16_MAX);
    c->names = arena_grow(a, c->names, c->names_count, &c->names_capacity, sizeof *c->names);
    c->names[c->names_count++] = (struct str){str_cstring(a, name), name.len};
    return (uint16_t)c->names_count;
}

static struct str name_of(const struct counting *c, uint16_t number)
{
    return number == 0 ? STR_NONE : c->names[number - 1];
}

/* ---- movements ---- */

static enum recurring_kind kind_of(const struct payer *before, int64_t change)
{
    int64_t after = before->counted + change;
    if (change > 0 && before->counted == 0) return before->ever ? RECURRING_REACTIVATION : RECURRING_NEW;
    if (change > 0) return RECURRING_EXPANSION;
    return after == 0 ? RECURRING_CHURN : RECURRING_CONTRACTION;
}

static struct money amount_of(const struct counting *c, int64_t minor, uint16_t currency)
{
    return money_of(minor, name_of(c, currency).ptr);
}

struct step { /* of a subscription, in one currency */
    uint64_t subscription, seq;
    uint16_t currency;
    int64_t from, to;
};

static enum err move(struct counting *c, const struct contract *k, const struct step *step, struct error *e)
{
    int64_t change = step->to - step->from;
    if (change == 0) return OK;
    struct payer *payer = payer_of(c, k->customer, step->currency);
    struct recurring_movement m = {.kind = kind_of(payer, change),
                                   .day = k->day,
                                   .customer = k->customer,
                                   .subscription = step->subscription,
                                   .from_plan = name_of(c, step->from == 0 ? 0 : k->counted_plan),
                                   .to_plan = name_of(c, step->to == 0 ? 0 : k->plan),
                                   .from = amount_of(c, step->from, step->currency),
                                   .to = amount_of(c, step->to, step->currency),
                                   .change = amount_of(c, change, step->currency),
                                   .seq = step->seq};
    payer->counted += change;
    payer->ever = true;
    bool later = date_is_given(c->end) && date_compare(k->day, c->end) > 0;
    return later ? OK : c->visit(c->context, &m, e);
}

/* What it counts from `day` on, by what is known of it by now. */
static enum err count(struct counting *c, uint64_t number, struct date day, uint64_t seq, struct error *e)
{
    struct contract *k = contract_of(c, number);
    bool counts = !k->trial && !k->paused && !k->ended;
    int64_t worth = counts ? k->worth : 0;
    bool same = k->counted_currency == k->currency || k->counted_currency == 0;
    if (date_compare(day, k->day) > 0 || !date_is_given(k->day)) k->day = day;
    struct step old = {number, seq, k->counted_currency, k->counted, 0};
    struct step now = {number, seq, k->currency, same ? k->counted : 0, worth};
    enum err err = same ? OK : move(c, k, &old, e);
    if (err == OK) err = move(c, k, &now, e);
    k->counted = worth;
    k->counted_plan = k->plan;
    k->counted_currency = k->currency;
    return err;
}

static enum err take_terms(struct counting *c, struct contract *k, const struct terms *t, uint64_t quantity,
                           struct arena *a, struct error *e)
{
    struct money price = {0}, month = {0};
    enum err err = period_price(&price, t, quantity == 0 ? 1 : quantity, a, e);
    if (err == OK) err = monthly_share(&month, price, t, e);
    if (err != OK) return err;
    k->worth = month.minor;
    k->plan = name_number(c, t->product);
    k->currency = name_number(c, str_of(month.currency));
    return OK;
}

static enum err begin(struct counting *c, const struct subscription_created *v, uint64_t seq, struct arena *a,
                      struct error *e)
{
    struct contract *k = contract_of(c, v->subscription);
    *k = (struct contract){.customer = v->customer, .trial = date_is_given(v->trial_end)};
    enum err err = take_terms(c, k, &v->terms, v->quantity, a, e);
    return err == OK ? count(c, v->subscription, v->start, seq, e) : err;
}

static enum err take_event(struct counting *c, const struct event *ev, uint64_t seq, struct arena *a,
                           struct error *e)
{
    const struct subscription_changed *changed = &ev->subscription_changed;
    const struct subscription_trial_ended *trial = &ev->subscription_trial_ended;
    struct contract *k = NULL;
    enum err err = OK;
    switch ((int)ev->type) {
    case EVENT_SUBSCRIPTION_CREATED: return begin(c, &ev->subscription_created, seq, a, e);
    case EVENT_SUBSCRIPTION_CHANGED:
        k = contract_of(c, changed->subscription);
        err = take_terms(c, k, &changed->terms, changed->quantity, a, e);
        return err == OK ? count(c, changed->subscription, changed->on, seq, e) : err;
    case EVENT_SUBSCRIPTION_TRIAL_ENDED:
        k = contract_of(c, trial->subscription);
        k->trial = trial->outcome != TRIAL_CONVERTS;
        return count(c, trial->subscription, trial->on, seq, e);
    case EVENT_SUBSCRIPTION_PAUSED:
        contract_of(c, ev->subscription_paused.subscription)->paused = true;
        return count(c, ev->subscription_paused.subscription, ev->subscription_paused.on, seq, e);
    case EVENT_SUBSCRIPTION_RESUMED:
        k = contract_of(c, ev->subscription_resumed.subscription);
        k->paused = k->trial = false; /* a trial that ended in a pause is over */
        return count(c, ev->subscription_resumed.subscription, ev->subscription_resumed.on, seq, e);
    case EVENT_SUBSCRIPTION_CANCELED:
        contract_of(c, ev->subscription_canceled.subscription)->ended = true;
        return count(c, ev->subscription_canceled.subscription, ev->subscription_canceled.on, seq, e);
    default: return OK;
    }
}

static enum err take_record(void *context, const struct event_place *place, const struct envelope *v,
                            struct arena *a, struct error *e)
{
    struct counting *c = context;
    uint64_t wanted = c->file->query->customer;
    enum err err = OK;
    for (size_t i = 0; i < v->events_count && err == OK; i++) {
        if (wanted != 0 && event_customer(&v->events[i]) != wanted) continue;
        err = take_event(c, &v->events[i], place->seq, a, e);
    }
    return err;
}

enum err recurring_walk(struct report_file *f, struct date end, recurring_fn *visit, void *context,
                        struct error *e)
{
    struct counting c = {.file = f, .end = end, .visit = visit, .context = context};
    enum err err = ledger_walk(f->ledger, 0, f->as_of.seq, take_record, &c, e);
    free(c.contracts);
    free(c.payers);
    return err;
}
