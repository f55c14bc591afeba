/* SPDX-License-Identifier: MIT */
/* decide_usage.c - readings in, alerts out. Bad readings of a batch are left out and reported one by one; an
 * event id counts once, for ever. The hot path of imports: nothing here may cost more than a few hundred
 * nanoseconds a reading. */
#include "ledger/book/aggregation.h"
#include "ledger/book/decide_shared.h"
#include "ledger/book/entitlement.h"

/* What came before within this one command: open addressing over indices. */
struct index_set {
    uint32_t *slots; /* index + 1; 0 empty */
    size_t mask;
};
typedef bool same_fn(const void *items, size_t a, size_t b);

static uint64_t hash_text(struct str s)
{
    uint64_t h =
        1469598103934665603u; /* FNV-1a's offset and prime; nothing depends on its quality but speed */
    for (size_t i = 0; i < s.len; i++) h = (h ^ (uint8_t)s.ptr[i]) * 1099511628211u;
    return h ^ (h >> 29);
}

static struct index_set index_set_for(size_t count, struct arena *a)
{
    size_t slots = 16;
    while (slots < count * 2) slots *= 2;
    return (struct index_set){arena_array_of(a, uint32_t, slots), slots - 1};
}

/* True when one that is the same was in the set before. */
static bool index_set_add(struct index_set *set, const void *items, size_t index, uint64_t hash,
                          same_fn *same)
{
    for (size_t at = hash & set->mask;; at = (at + 1) & set->mask) {
        if (set->slots[at] == 0) {
            set->slots[at] = (uint32_t)index + 1;
            return false;
        }
        if (same(items, set->slots[at] - 1, index)) return true;
    }
}

static bool same_event_id(const void *items, size_t a, size_t b)
{
    const struct usage_input *inputs = items;
    return str_equal(inputs[a].event_id, inputs[b].event_id);
}

static bool same_key(const void *items, size_t a, size_t b)
{
    const struct reading *x = (const struct reading *)items + a, *y = (const struct reading *)items + b;
    return x->customer == y->customer && x->period.days == y->period.days && str_equal(x->key, y->key) &&
           str_equal(x->usage_type, y->usage_type);
}

/* NULL: there is none yet. `*types` counts those of the period. */
static struct usage_total *find_total(const struct customer_usage *u, struct str usage_type,
                                      struct date period, size_t *types)
{
    *types = 0;
    for (size_t i = 0; i < u->totals_count; i++) {
        struct usage_total *t = &u->totals[i];
        if (t->period.days != period.days) continue;
        if (str_equal(t->usage_type, usage_type)) return t;
        ++*types;
    }
    return NULL;
}

static struct usage_total *add_total(struct customer_usage *u, struct str usage_type, struct date period,
                                     struct arena *a)
{
    u->totals = arena_grow(a, u->totals, u->totals_count, &u->totals_capacity, sizeof *u->totals);
    struct usage_total *t = &u->totals[u->totals_count++];
    *t = (struct usage_total){.usage_type = usage_type, .period = period};
    return t;
}

struct reading_check {
    enum err code;
    const char *column;
    struct error error;
};

static bool refuse(struct reading_check *r, const char *column, enum err code)
{
    r->code = code;
    r->column = column;
    return false;
}

static bool check_reading(struct reading_check *r, const struct facts *f, const struct usage_input *in,
                          const struct reading_fact *known)
{
    enum { FUTURE_DAYS_MAX = 366 };
    enum err err = text_check(in->user, LIMIT_USER_ID_BYTES, "user_id", &r->error);
    if (err != OK) return refuse(r, "user_id", err);
    if (known->customer == 0) {
        return refuse(r, "user_id", fail(&r->error, ERR_NOT_FOUND, "no customer '%.*s'", STR_ARG(in->user)));
    }
    if (known->erased) {
        err = fail(&r->error, ERR_REFUSED, "customer '%.*s' was erased", STR_ARG(in->user));
        return refuse(r, "user_id", err);
    }
    err = text_check(in->usage_type, LIMIT_USAGE_TYPE_BYTES, "usage_type", &r->error);
    if (err != OK) return refuse(r, "usage_type", err);
    if (in->usage_type.len == 0) {
        return refuse(r, "usage_type", fail(&r->error, ERR_INVALID, "usage_type must not be empty"));
    }
    err = text_check(in->key, LIMIT_USAGE_KEY_BYTES, "key", &r->error);
    if (err != OK) return refuse(r, "key", err);
    err = text_check(in->event_id, LIMIT_EVENT_ID_BYTES, "event_id", &r->error);
    if (err != OK) return refuse(r, "event_id", err);
    if (known->zone_unknown) {
        err = fail(&r->error, ERR_INVALID, "the time zone of '%.*s' is not known to this machine",
                   STR_ARG(in->user));
        return refuse(r, "user_id", err);
    }
    struct date date = zone_date(known->zone, reading_time(in, known->zone, f->now));
    if (date_days_between(f->today, date) > FUTURE_DAYS_MAX) {
        return refuse(r, "timestamp",
                      fail(&r->error, ERR_INVALID, "timestamp: more than %d days ahead", FUTURE_DAYS_MAX));
    }
    return true;
}

/* Late readings may count where they were used, as long as it is known what was billed there. */
static bool check_age(struct reading_check *r, const struct reading_fact *known)
{
    if (!known->too_old) return true;
    return refuse(
        r, "timestamp",
        fail(&r->error, ERR_INVALID, "timestamp: older than all periods that could be rated again"));
}

/* What its aggregation asks of a reading. */
static bool check_aggregation(struct reading_check *r, const struct usage_input *in, enum aggregation how)
{
    if (how != AGGREGATION_TIME_WEIGHTED && decimal_is_negative(in->amount)) {
        return refuse(r, "amount",
                      fail(&r->error, ERR_INVALID, "amount: a usage reading cannot be negative"));
    }
    if (how != AGGREGATION_UNIQUE || in->key.len != 0) return true;
    return refuse(r, "key",
                  fail(&r->error, ERR_INVALID, "key: '%.*s' counts different keys, so each reading needs one",
                       STR_ARG(in->usage_type)));
}

static void note_refusal(struct decision *out, size_t index, const struct reading_check *r, bool duplicate,
                         struct arena *a)
{
    struct reading_refusal *n = &out->refusals[out->refusals_count++];
    *n = (struct reading_refusal){
        .index = index, .code = r->code, .column = r->column, .duplicate = duplicate};
    n->why = duplicate ? STR("event_id was counted before") : str_copy(a, str_of(r->error.text));
}

/* ---- counting ---- */

struct usage_batch {
    struct decision *out;
    const struct facts *facts;
    const struct usage_record_command *command;
    struct index_set ids;  /* of the command's readings */
    struct index_set keys; /* of those that were counted; made for the first */
    struct reading *readings;
    size_t count;
};

/* What the usage type comes to in the period of its total. A sum is what the total says already. */
static enum err quantity_now(struct exact *out, const struct reading_fact *known, const struct usage_total *t,
                             struct error *e)
{
    struct usage_measure m = {0};
    *out = exact_of(t->total);
    if (t->aggregation != AGGREGATION_TIME_WEIGHTED) return OK;
    struct period p = reading_period(known->subscription, known->ended, t->period);
    enum err err = totals_measure(&m, known->usage->totals, known->usage->totals_count, t->usage_type, p,
                                  whole_month(known->subscription, p), e);
    *out = m.quantity;
    return err;
}

/* A quantity that cannot be told fires nothing: the bill will say so. */
static void fire_alerts(struct usage_batch *b, const struct reading_fact *known, const struct usage_total *t,
                        struct arena *a)
{
    struct customer_usage *u = known->usage;
    struct error unused = {0};
    struct exact quantity = {0};
    struct decimal shown = {0};
    if (u->alerts_count == 0 || quantity_now(&quantity, known, t, &unused) != OK ||
        exact_decimal(&shown, quantity, &unused) != OK) {
        return;
    }
    const struct entitled who = {.subscriptions = u->subscriptions,
                                 .subscriptions_count = u->subscriptions_count,
                                 .today = zone_date(known->zone, b->facts->now)};
    for (size_t i = 0; i < u->alerts_count; i++) {
        struct alert *al = &u->alerts[i];
        struct decimal threshold = {0};
        if (!str_equal(al->usage_type, t->usage_type) || al->fired_in.days == t->period.days) continue;
        if (!alert_is_reached(&threshold, al, quantity, t->period, &who)) continue;
        al->fired_in = t->period;
        struct event *ev = event_add(&b->out->events, EVENT_USAGE_ALERT_FIRED, a);
        ev->usage_alert_fired = (struct usage_alert_fired){al->customer, al->alert, al->usage_type, threshold,
                                                           shown,        t->period, al->percent};
    }
}

/* The next reading counted, if its key is new in its period. */
static bool is_new_key(struct usage_batch *b, const struct reading_fact *known, struct arena *a)
{
    const struct reading *r = &b->readings[b->count];
    if (r->aggregation != AGGREGATION_UNIQUE) return false;
    if (b->keys.slots == NULL) b->keys = index_set_for(b->command->readings_count, a);
    uint64_t hash = hash_text(r->key) ^ (r->customer * 0x9e3779b97f4a7c15u);
    return !known->key_seen && !index_set_add(&b->keys, b->readings, b->count, hash, same_key);
}

static struct reading reading_of(const struct usage_batch *b, size_t i, struct date period)
{
    const struct usage_input *in = &b->command->readings[i];
    const struct reading_fact *known = &b->facts->readings[i];
    return (struct reading){.customer = known->customer,
                            .usage_type = in->usage_type,
                            .quantity = in->amount,
                            .at = reading_time(in, known->zone, b->facts->now),
                            .period = period,
                            .event_id = in->event_id,
                            .key = in->key};
}

/* A level that changed before the period is another from the period's first second. Days count by the clocks
 * of the customer, 86,400 seconds each. */
static void place_change(struct reading *r, const struct zone *zone)
{
    struct date day = zone_date(zone, r->at);
    bool late = date_compare(day, r->period) < 0;
    r->day = late ? r->period : day;
    r->second = late ? 0 : (uint64_t)zone_second_of_day(zone, r->at);
}

/* A period stays with the aggregation it began with, whatever catalog is loaded meanwhile. */
static enum aggregation aggregation_in(const struct usage_total *t, const struct facts *f,
                                       struct str usage_type)
{
    return t != NULL && t->readings > 0 ? t->aggregation : aggregation_of(f->catalog, usage_type);
}

static bool is_duplicate(struct usage_batch *b, size_t i)
{
    const struct usage_input *in = &b->command->readings[i];
    return in->event_id.len != 0 &&
           index_set_add(&b->ids, b->command->readings, i, hash_text(in->event_id), same_event_id);
}

/* One reading that was wrong by many digits leaves no room for those after it. */
static bool refuse_sum(struct reading_check *r, const struct usage_input *in, const struct usage_total *t,
                       struct arena *a)
{
    struct str total = decimal_text(a, t->total), from = date_text(a, t->period);
    enum err err =
        fail(&r->error, ERR_LIMIT,
             "amount: '%.*s' of '%.*s' from %.*s on is %.*s already, and with this reading needs more "
             "than %d digits; 'usage cancel' takes back a reading that was wrong",
             STR_ARG(in->usage_type), STR_ARG(in->user), STR_ARG(from), STR_ARG(total), LIMIT_DECIMAL_DIGITS);
    return refuse(r, "amount", err);
}

static bool count_reading(struct usage_batch *b, size_t i, struct reading_check *r, bool *duplicate,
                          struct arena *a)
{
    const struct usage_input *in = &b->command->readings[i];
    const struct reading_fact *known = &b->facts->readings[i];
    size_t types = 0;
    *duplicate = false;
    if (!check_reading(r, b->facts, in, known)) return false;
    bool late = date_is_given(known->late);
    struct customer_usage *usage = late ? known->usage->billed : known->usage;
    struct date day = zone_date(known->zone, reading_time(in, known->zone, b->facts->now));
    struct date period = late ? known->late : reading_period(known->subscription, known->ended, day).start;
    struct usage_total *t = find_total(usage, in->usage_type, period, &types);
    enum aggregation how = aggregation_in(t, b->facts, in->usage_type);
    if (!known->seen && (!check_age(r, known) || !check_aggregation(r, in, how))) return false;
    if (known->seen || is_duplicate(b, i)) {
        *duplicate = true;
        return refuse(r, "event_id", ERR_REFUSED);
    }
    if (t == NULL && types >= LIMIT_USAGE_TYPES_PER_CUSTOMER) {
        enum err err = fail(&r->error, ERR_LIMIT, "usage_type: a customer has at most %d of them in a period",
                            LIMIT_USAGE_TYPES_PER_CUSTOMER);
        return refuse(r, "usage_type", err);
    }
    if (t == NULL) t = add_total(usage, in->usage_type, period, a);
    struct reading *counted = &b->readings[b->count];
    *counted = reading_of(b, i, period);
    counted->aggregation = how;
    if (how == AGGREGATION_TIME_WEIGHTED) place_change(counted, known->zone);
    if (total_count(t, counted, is_new_key(b, known, a), a, &r->error) != OK) return refuse_sum(r, in, t, a);
    b->count++;
    if (late) return true;
    fire_alerts(b, known, t, a);
    note_used(b->out, known->subscription, in->usage_type, zone_date(known->zone, b->facts->now), a);
    return true;
}

enum err decide_usage_record(struct decision *out, const struct facts *f,
                             const struct usage_record_command *c, struct arena *a, struct error *e)
{
    if (c->readings_count == 0) return fail(e, ERR_INVALID, "there are no readings");
    if (c->readings_count > LIMIT_READINGS_PER_RECORD) {
        return fail(e, ERR_LIMIT, "%zu readings; at most %d go together", c->readings_count,
                    LIMIT_READINGS_PER_RECORD);
    }
    struct usage_batch b = {.out = out, .facts = f, .command = c, .ids = index_set_for(c->readings_count, a)};
    b.readings = arena_array_of(a, struct reading, c->readings_count);
    out->refusals = arena_array_of(a, struct reading_refusal, c->readings_count);
    size_t place = out->events.count; /* the readings' event stands before the alerts they fire */
    event_add(&out->events, EVENT_USAGE_RECORDED, a);
    struct reading_check r = {.code = OK};
    for (size_t i = 0; i < c->readings_count; i++) {
        bool duplicate = false;
        if (count_reading(&b, i, &r, &duplicate, a)) continue;
        if (c->strict && !duplicate) return fail(e, r.code, "reading %zu: %s", i + 1, r.error.text);
        note_refusal(out, i, &r, duplicate, a);
    }
    out->events.items[place].usage_recorded = (struct usage_recorded){b.readings, b.count};
    if (b.count == 0) out->events.count = place;
    return OK;
}
