/* SPDX-License-Identifier: MIT */
/* decide_usage.c - readings in, alerts out. Bad readings of a batch are left out and reported one by one; an
 * event id counts once, for ever. The hot path of imports: nothing here may cost more than a few hundred
 * nanoseconds a reading. */
#include "ledger/book/decide_shared.h"

/* Event ids of this one command, so that a batch with the same id twice counts it once: open addressing over
 * indices. */
struct id_set {
    uint32_t *slots; /* index + 1 into the readings; 0 empty */
    size_t mask;
};

static uint64_t hash_text(struct str s)
{
    uint64_t h =
        1469598103934665603u; /* FNV-1a's offset and prime; nothing depends on its quality but speed */
    for (size_t i = 0; i < s.len; i++) h = (h ^ (uint8_t)s.ptr[i]) * 1099511628211u;
    return h ^ (h >> 29);
}

static struct id_set id_set_for(size_t count, struct arena *a)
{
    size_t slots = 16;
    while (slots < count * 2) slots *= 2;
    return (struct id_set){arena_array_of(a, uint32_t, slots), slots - 1};
}

/* True when the id was in the set before. */
static bool id_set_add(struct id_set *set, const struct usage_input *readings, size_t index)
{
    struct str id = readings[index].event_id;
    for (size_t at = hash_text(id) & set->mask;; at = (at + 1) & set->mask) {
        if (set->slots[at] == 0) {
            set->slots[at] = (uint32_t)index + 1;
            return false;
        }
        if (str_equal(readings[set->slots[at] - 1].event_id, id)) return true;
    }
}

/* NULL: the period has as many usage types as there may be. */
static struct usage_total *total_for(struct customer_usage *u, struct str usage_type, struct date period,
                                     struct arena *a)
{
    size_t types = 0;
    for (size_t i = 0; i < u->totals_count; i++) {
        struct usage_total *t = &u->totals[i];
        if (t->period.days != period.days) continue;
        if (str_equal(t->usage_type, usage_type)) return t;
        types++;
    }
    if (types >= LIMIT_USAGE_TYPES_PER_CUSTOMER) return NULL;
    u->totals = arena_grow(a, u->totals, u->totals_count, &u->totals_capacity, sizeof *u->totals);
    struct usage_total *t = &u->totals[u->totals_count++];
    *t = (struct usage_total){.usage_type = usage_type, .period = period};
    return t;
}

/* The period a reading counts in: its own, or the open one when its own was billed already. Without a
 * subscription, calendar months. */
static struct date period_of(const struct subscription *s, struct date day)
{
    if (s != NULL && s->status == SUBSCRIPTION_ACTIVE) {
        if (date_compare(day, s->usage_through) < 0) day = s->usage_through;
        return usage_period(s, day).start;
    }
    int year = 0, month = 0, of_month = 0;
    date_split(day, &year, &month, &of_month);
    return date_of(year, month, 1);
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

static struct instant time_of(const struct usage_input *in, const struct reading_fact *known,
                              struct instant now)
{
    if (date_is_given(in->on)) return zone_day_start(known->zone, in->on);
    return instant_is_given(in->at) ? in->at : now;
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
    err = text_check(in->usage_type, LIMIT_USAGE_TYPE_BYTES, "usage_type", &r->error);
    if (err != OK) return refuse(r, "usage_type", err);
    if (in->usage_type.len == 0) {
        return refuse(r, "usage_type", fail(&r->error, ERR_INVALID, "usage_type must not be empty"));
    }
    if (decimal_is_negative(in->amount)) {
        return refuse(r, "amount",
                      fail(&r->error, ERR_INVALID, "amount: a usage reading cannot be negative"));
    }
    err = text_check(in->event_id, LIMIT_EVENT_ID_BYTES, "event_id", &r->error);
    if (err != OK) return refuse(r, "event_id", err);
    if (known->zone_unknown) {
        err = fail(&r->error, ERR_INVALID, "the time zone of '%.*s' is not known to this machine",
                   STR_ARG(in->user));
        return refuse(r, "user_id", err);
    }
    struct date date = zone_date(known->zone, time_of(in, known, f->now));
    if (date_days_between(f->today, date) > FUTURE_DAYS_MAX) {
        return refuse(r, "timestamp",
                      fail(&r->error, ERR_INVALID, "timestamp: more than %d days ahead", FUTURE_DAYS_MAX));
    }
    return true;
}

static void note_refusal(struct decision *out, size_t index, const struct reading_check *r, bool duplicate,
                         struct arena *a)
{
    struct reading_refusal *n = &out->refusals[out->refusals_count++];
    *n = (struct reading_refusal){
        .index = index, .code = r->code, .column = r->column, .duplicate = duplicate};
    n->why = duplicate ? STR("event_id was counted before") : str_copy(a, str_of(r->error.text));
}

static void fire_alerts(struct decision *out, struct customer_usage *u, const struct usage_total *t,
                        struct arena *a)
{
    for (size_t i = 0; i < u->alerts_count; i++) {
        struct alert *al = &u->alerts[i];
        if (!str_equal(al->usage_type, t->usage_type) || al->fired_in.days == t->period.days) continue;
        if (decimal_compare(t->total, al->threshold) < 0) continue;
        al->fired_in = t->period;
        struct event *ev = event_add(&out->events, EVENT_USAGE_ALERT_FIRED, a);
        ev->usage_alert_fired = (struct usage_alert_fired){al->customer,  al->alert, al->usage_type,
                                                           al->threshold, t->total,  t->period};
    }
}

struct usage_batch {
    struct decision *out;
    const struct facts *facts;
    const struct usage_record_command *command;
    struct id_set ids;
    struct reading *readings;
    size_t count;
};

static bool count_reading(struct usage_batch *b, size_t i, struct reading_check *r, bool *duplicate,
                          struct arena *a)
{
    const struct usage_input *in = &b->command->readings[i];
    const struct reading_fact *known = &b->facts->readings[i];
    *duplicate = false;
    if (!check_reading(r, b->facts, in, known)) return false;
    if (in->event_id.len != 0 && (known->seen || id_set_add(&b->ids, b->command->readings, i))) {
        *duplicate = true;
        return refuse(r, "event_id", ERR_REFUSED);
    }
    struct instant at = time_of(in, known, b->facts->now);
    struct date period = period_of(known->subscription, zone_date(known->zone, at));
    struct usage_total *t = total_for(known->usage, in->usage_type, period, a);
    struct decimal sum = {0};
    if (t == NULL) {
        enum err err = fail(&r->error, ERR_LIMIT, "usage_type: a customer has at most %d of them in a period",
                            LIMIT_USAGE_TYPES_PER_CUSTOMER);
        return refuse(r, "usage_type", err);
    }
    if (decimal_add(&sum, t->total, in->amount, &r->error) != OK) return refuse(r, "amount", ERR_LIMIT);
    t->total = sum;
    t->readings++;
    b->readings[b->count++] = (struct reading){.customer = known->customer,
                                               .usage_type = in->usage_type,
                                               .quantity = in->amount,
                                               .at = at,
                                               .period = period,
                                               .event_id = in->event_id};
    fire_alerts(b->out, known->usage, t, a);
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
    struct usage_batch b = {.out = out, .facts = f, .command = c, .ids = id_set_for(c->readings_count, a)};
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

enum err decide_usage_alert(struct decision *out, const struct facts *f, const struct usage_alert_command *c,
                            struct arena *a, struct error *e)
{
    enum err err = need_customer(f, c->user, e);
    if (err != OK) return err;
    if (c->threshold.coefficient <= 0) return fail(e, ERR_INVALID, "threshold: more than nothing is wanted");
    if (f->customer->alerts >= LIMIT_ALERTS_PER_CUSTOMER) {
        return fail(e, ERR_LIMIT, "'%.*s' has %d alerts, the most there may be", STR_ARG(c->user),
                    LIMIT_ALERTS_PER_CUSTOMER);
    }
    struct event *ev = event_add(&out->events, EVENT_USAGE_ALERT_SET, a);
    ev->usage_alert_set =
        (struct usage_alert_set){f->customer->customer, f->customer->alerts + 1, c->usage_type, c->threshold};
    return OK;
}
