/* SPDX-License-Identifier: MIT */
/* decide_correction.c - readings that were wrong. A correction names the reading by its event id, or where it
 * has none by its place in the log, and says what it should have been; the reading stays in the log, and what
 * it counts with is the last correction's.
 * The door brings the reading from the log, the facts tell what has become of it, so that nothing is decided
 * on an old state of it. */
#include "ledger/book/aggregation.h"
#include "ledger/book/decide_shared.h"

struct correction {
    struct str event_id, reason;
    uint64_t seq, place;
    const struct reading *original;
    struct decimal is;
    bool canceled;
};

/* What the door found must be what the facts speak of. */
static enum err need_reading(const struct facts *f, const struct correction *c, struct error *e)
{
    const struct counted_reading *known = f->counted;
    bool found = c->event_id.len != 0 && known != NULL && known->seq == c->seq && known->place == c->place;
    if (found && c->original->customer != 0) return OK;
    return fail(e, ERR_NOT_FOUND, "no reading with event id '%.*s'", STR_ARG(text_quotable(c->event_id)));
}

/* NULL: none is live. */
static const struct subscription *counting_subscription(const struct facts *f, const struct reading *r)
{
    struct date day = date_is_given(r->day) ? r->day : instant_date(r->at);
    return rating_subscription(f->subscriptions, f->subscriptions_count, r->usage_type, day);
}

/* The others count single readings, each of which has room. */
static enum err recount(const struct facts *f, const struct usage_corrected *v, struct arena *a,
                        struct error *e)
{
    struct decimal level = {0};
    const struct usage_total *counted = f->counted_total;
    if (!total_can_correct(v->reading.aggregation) || counted == NULL || counted->readings == 0) return OK;
    struct usage_total total = *counted;
    enum err err = total_correct(&total, v, a, e);
    if (err != OK || v->reading.aggregation != AGGREGATION_TIME_WEIGHTED) return err;
    err = decimal_subtract(&level, v->is, v->was, e);
    return err == OK ? decimal_add(&level, level, f->counted_level, e) : err;
}

static enum err check_fits(const struct facts *f, const struct correction *c, const struct usage_corrected *v,
                           struct arena *a, struct error *e)
{
    struct error unused = {0};
    if (recount(f, v, a, &unused) == OK) return OK;
    return fail(
        e, ERR_LIMIT, "amount: with %.*s for reading '%.*s', '%.*s' from %.*s on needs more than %d digits",
        STR_ARG(decimal_text(a, v->is)), STR_ARG(text_quotable(c->event_id)), STR_ARG(v->reading.usage_type),
        STR_ARG(date_text(a, v->reading.period)), LIMIT_DECIMAL_DIGITS);
}

/* What stands so already is not said again. */
static enum err correct(struct decision *out, const struct facts *f, const struct correction *c,
                        struct arena *a, struct error *e)
{
    enum err err = need_reading(f, c, e);
    if (err != OK) return err;
    const struct counted_reading *known = f->counted;
    struct decimal was = known->corrections > 0 ? known->quantity : c->original->quantity;
    if (c->original->aggregation != AGGREGATION_TIME_WEIGHTED && decimal_is_negative(c->is))
        return fail(e, ERR_INVALID, "amount: a usage reading cannot be negative");
    if (known->canceled && !c->canceled)
        return fail(e, ERR_REFUSED, "reading '%.*s' was canceled", STR_ARG(c->event_id));
    if (known->canceled || (!c->canceled && decimal_compare(was, c->is) == 0)) return OK;
    const struct subscription *s = counting_subscription(f, c->original);
    const struct usage_corrected v = {.customer = c->original->customer,
                                      .subscription = s == NULL ? 0 : s->subscription,
                                      .reading = *c->original,
                                      .seq = c->seq,
                                      .place = c->place,
                                      .correction = known->corrections + 1,
                                      .was = was,
                                      .is = c->is,
                                      .canceled = c->canceled,
                                      .reason = c->reason};
    err = check_fits(f, c, &v, a, e);
    if (err != OK) return err;
    event_add(&out->events, EVENT_USAGE_CORRECTED, a)->usage_corrected = v;
    note_used(out, s, c->original->usage_type, f->today, a);
    return OK;
}

enum err decide_usage_correct(struct decision *out, const struct facts *f,
                              const struct usage_correct_command *c, struct arena *a, struct error *e)
{
    struct correction made = {.event_id = c->event_id,
                              .reason = c->reason,
                              .seq = c->seq,
                              .place = c->place,
                              .original = &c->original,
                              .is = c->amount};
    return correct(out, f, &made, a, e);
}

enum err decide_usage_cancel(struct decision *out, const struct facts *f,
                             const struct usage_cancel_command *c, struct arena *a, struct error *e)
{
    struct correction made = {.event_id = c->event_id,
                              .reason = c->reason,
                              .seq = c->seq,
                              .place = c->place,
                              .original = &c->original,
                              .canceled = true};
    return correct(out, f, &made, a, e);
}
