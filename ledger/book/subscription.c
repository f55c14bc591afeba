/* SPDX-License-Identifier: MIT */
/* subscription.c - a subscription's life: from each event about it to the state that it leaves. Amounts and
 * dates are those of the events; nothing is priced here. */
#include "ledger/book/subscription.h"
#include "ledger/book/billing.h"
#include "ledger/book/crediting.h"

/* ---- states ---- */

bool subscription_may_move(enum subscription_status from, enum subscription_status to)
{
    static const struct {
        enum subscription_status from, to;
    } moves[] = {
#define MOVE(FROM, TO, why) {SUBSCRIPTION_##FROM, SUBSCRIPTION_##TO},
#include "ledger/book/moves.def"
#undef MOVE
    };
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
        if (moves[i].from == from && moves[i].to == to) return true;
    }
    return false;
}

bool subscription_is_live(const struct subscription *s)
{
    return s->status != SUBSCRIPTION_NONE && s->status != SUBSCRIPTION_CANCELED;
}

bool subscription_is_charged(const struct subscription *s)
{
    return s->status == SUBSCRIPTION_ACTIVE || s->status == SUBSCRIPTION_PAST_DUE;
}

bool subscription_is_entitled(const struct subscription *s)
{
    return subscription_is_charged(s) || s->status == SUBSCRIPTION_TRIALING;
}

bool subscription_is_elsewhere(const struct subscription *s)
{
    return s->billing_owner != BILLED_BY_LEDGER;
}

bool subscription_is_elsewhere_on(const struct subscription *s, struct date day)
{
    bool over = date_is_given(s->take_over_on) && date_compare(s->take_over_on, day) <= 0;
    return subscription_is_elsewhere(s) && !over;
}

static enum err move_to(struct subscription *s, enum subscription_status to, struct error *e)
{
    if (!subscription_may_move(s->status, to)) {
        return fail(e, ERR_TAMPERED, "subscription %ju goes from %s to %s, which no subscription may",
                    (uintmax_t)s->subscription, choice_subscription_status.words[s->status],
                    choice_subscription_status.words[to]);
    }
    s->status = to;
    return OK;
}

/* ---- quotas ---- */

void quotas_begin(struct subscription *s, struct date on, const struct rate *rates, size_t rates_count,
                  struct arena *a)
{
    struct quota_segment *quotas = arena_array_of(a, struct quota_segment, s->quotas_count + 1);
    size_t count = 0;
    if (date_compare(on, s->usage_through) < 0) on = s->usage_through; /* days before are rated */
    bool paused = date_is_given(s->paused_on);                         /* nobody's rates */
    while (count < s->quotas_count && date_compare(s->quotas[count].from, on) < 0) {
        quotas[count] = s->quotas[count];
        count++;
    }
    quotas[count++] = (struct quota_segment){.from = on,
                                             .rates = rates,
                                             .rates_count = rates_count,
                                             .product = paused ? STR_NONE : s->terms.product,
                                             .unit = s->terms.unit,
                                             .interval_count = s->terms.interval_count,
                                             .tax_code = s->terms.tax_code,
                                             .tax_inclusive = s->terms.tax_inclusive,
                                             .agreed_prices = s->terms.agreed_prices,
                                             .agreed_quotas = s->terms.agreed_quotas};
    s->quotas = quotas;
    s->quotas_count = count;
}

void quotas_trim(struct subscription *s, struct arena *a)
{
    size_t first = 0;
    while (first + 1 < s->quotas_count && date_compare(s->quotas[first + 1].from, s->usage_through) <= 0)
        first++;
    size_t count = s->quotas_count - first;
    if (count == 0) return;
    if (first == 0 && date_compare(s->quotas[0].from, s->usage_through) >= 0) return;
    struct quota_segment *quotas = arena_array_of(a, struct quota_segment, count);
    memcpy(quotas, s->quotas + first, count * sizeof(*quotas));
    if (date_compare(quotas[0].from, s->usage_through) < 0) quotas[0].from = s->usage_through;
    s->quotas = quotas;
    s->quotas_count = count;
}

/* ---- charges ---- */

/* What the first form of an event told of the one charge that it knew. */
static void set_single_charge(struct subscription *s, struct date from, struct date to, struct money amount,
                              uint64_t invoice, struct arena *a)
{
    struct charge *c = arena_new_of(a, struct charge);
    *c = (struct charge){.from = from,
                         .to = to,
                         .amount = amount,
                         .discount = money_zero(amount),
                         .credited = money_zero(amount),
                         .invoice = invoice};
    s->charges = c;
    s->charges_count = 1;
}

/* The first form noted one charge, whose end was the day charged through. A change that left it as it was
 * told it again. */
static bool is_same_charge(const struct subscription *s, struct date from, struct date to,
                           struct money amount)
{
    return s->charges_count == 1 && date_compare(s->charges[0].from, from) == 0 &&
           date_compare(s->charges[0].to, to) == 0 && s->charges[0].amount.minor == amount.minor;
}

/* ---- one function an event ---- */

struct subscription subscription_begun(const struct subscription_created *v, struct arena *a)
{
    bool trial = date_is_given(v->trial_end);
    struct date charged = trial ? v->trial_end : v->start;
    if (date_is_given(v->charged_through)) charged = v->charged_through;
    bool elsewhere = v->billing_owner != BILLED_BY_LEDGER; /* usage counts from the first day all the same */
    struct subscription s = {.subscription = v->subscription,
                             .customer = v->customer,
                             .status = trial ? SUBSCRIPTION_TRIALING : SUBSCRIPTION_ACTIVE,
                             .start = v->start,
                             .anchor = v->anchor,
                             .anchor_day = v->anchor_day,
                             .terms = v->terms,
                             .quantity = v->quantity == 0 ? 1 : v->quantity,
                             .parent = v->parent,
                             .trial_end = v->trial_end,
                             .charged_through = charged,
                             .usage_through = trial || elsewhere ? v->start : charged,
                             .usage_anchor = v->anchor,
                             .usage_anchor_day = v->anchor_day,
                             .committed_from = charged,
                             .committed = money_zero(v->terms.amount),
                             .committed_usage = money_zero(v->terms.amount),
                             .committed_anchor = v->anchor,
                             .committed_anchor_day = v->anchor_day,
                             .billing_owner = v->billing_owner,
                             .reference = v->reference};
    quotas_begin(&s, s.usage_through, v->terms.rates, v->terms.rates_count, a);
    return s;
}

static void set_committed(struct subscription *s, struct date from, struct money committed,
                          struct money usage)
{
    if (date_compare(s->committed_from, from) != 0) s->committed_paused = 0;
    s->committed_from = from;
    s->committed = committed;
    s->committed_usage = usage;
}

/* Commitments keep their periods when the billing day is moved. They begin anew with another interval, and
 * where there was none; on trial none has begun. */
static void place_commitment(struct subscription *s, const struct subscription_changed *v)
{
    bool same = s->terms.unit == v->terms.unit && s->terms.interval_count == v->terms.interval_count;
    bool had = s->terms.commitment.minor > 0 && s->status != SUBSCRIPTION_TRIALING;
    if (same && had) return;
    s->committed_anchor = v->anchor;
    s->committed_anchor_day = v->anchor_day;
}

static enum err apply_changed(struct subscription *s, const struct event *ev, struct arena *a,
                              struct error *e)
{
    (void)e;
    const struct subscription_changed *v = &ev->subscription_changed;
    bool first_form = date_is_given(v->billed_from);
    bool kept = first_form && v->charge.minor == 0 && v->credit.minor == 0 &&
                is_same_charge(s, v->billed_from, v->charged_through, v->billed_amount);
    if (first_form && !kept) set_single_charge(s, v->billed_from, v->charged_through, v->billed_amount, 0, a);
    if (!first_form) {
        s->charges = v->charges;
        s->charges_count = v->charges_count;
        set_committed(s, v->committed_from, v->committed, v->committed_usage);
    }
    place_commitment(s, v);
    s->terms = v->terms;
    if (v->quantity != 0) s->quantity = v->quantity;
    s->anchor = v->anchor;
    s->anchor_day = v->anchor_day;
    s->charged_second = date_compare(v->charged_through, v->on) == 0 ? v->on_second : 0;
    s->charged_through = v->charged_through;
    s->change_on = (struct date){0};
    s->next_terms = (struct terms){0};
    s->next_quantity = 0;
    bool paused = date_is_given(s->paused_on); /* until it goes on, days have no quota */
    quotas_begin(s, v->on, paused ? NULL : v->terms.rates, paused ? 0 : v->terms.rates_count, a);
    return OK;
}

static enum err apply_change_scheduled(struct subscription *s, const struct event *ev, struct arena *a,
                                       struct error *e)
{
    (void)a;
    (void)e;
    s->change_on = ev->subscription_change_scheduled.on;
    s->next_terms = ev->subscription_change_scheduled.terms;
    s->next_quantity = ev->subscription_change_scheduled.quantity;
    return OK;
}

static enum err apply_cancel_scheduled(struct subscription *s, const struct event *ev, struct arena *a,
                                       struct error *e)
{
    (void)a;
    (void)e;
    s->cancel_on = ev->subscription_cancel_scheduled.on;
    return OK;
}

static enum err apply_undone(struct subscription *s, const struct event *ev, struct arena *a, struct error *e)
{
    (void)a;
    (void)e;
    const struct subscription_schedule_undone *v = &ev->subscription_schedule_undone;
    if (v->end) s->cancel_on = (struct date){0};
    if (!v->change) return OK;
    s->change_on = (struct date){0};
    s->next_terms = (struct terms){0};
    s->next_quantity = 0;
    return OK;
}

static void end_pause(struct subscription *s)
{
    s->paused_on = s->resume_on = s->own_resume_on = (struct date){0};
    s->with_plan = s->paused_itself = false;
}

static enum err apply_canceled(struct subscription *s, const struct event *ev, struct arena *a,
                               struct error *e)
{
    (void)a;
    const struct subscription_canceled *v = &ev->subscription_canceled;
    enum err err = move_to(s, SUBSCRIPTION_CANCELED, e);
    s->ended_on = v->on;
    s->cancel_on = (struct date){0};
    s->change_on = (struct date){0};
    s->next_terms = (struct terms){0};
    s->next_quantity = 0;
    end_pause(s);
    s->charges = NULL; /* what there was to give back was given back */
    s->charges_count = 0;
    s->used_on = (struct date){0};
    return err;
}

static enum err apply_billed(struct subscription *s, const struct event *ev, struct arena *a, struct error *e)
{
    (void)e;
    const struct subscription_billed *v = &ev->subscription_billed;
    bool charged = date_compare(s->charged_through, v->charged_through) != 0;
    if (charged) s->charged_second = 0;
    s->charged_through = v->charged_through;
    s->usage_through = v->usage_through;
    if (!date_is_given(v->billed_from)) {
        s->charges = v->charges;
        s->charges_count = v->charges_count;
        set_committed(s, v->committed_from, v->committed, v->committed_usage);
    } else if (charged) {
        set_single_charge(s, v->billed_from, v->charged_through, v->billed_amount, v->billed_by, a);
    }
    s->used_on = v->used_on;
    quotas_trim(s, a);
    return OK;
}

static enum err apply_used(struct subscription *s, const struct event *ev, struct arena *a, struct error *e)
{
    (void)a;
    (void)e;
    s->used_on = ev->subscription_used.on;
    return OK;
}

void subscription_begin_usage(struct subscription *s, struct date on)
{
    s->usage_through = s->usage_anchor = on;
    s->usage_anchor_day = s->anchor_day;
}

/* The usage of a trial is nobody's to pay: usage that counts begins with what is paid for. */
static enum err apply_trial_ended(struct subscription *s, const struct event *ev, struct arena *a,
                                  struct error *e)
{
    const struct subscription_trial_ended *v = &ev->subscription_trial_ended;
    bool converts = v->outcome == TRIAL_CONVERTS;
    if (v->outcome == TRIAL_CANCELS) return OK; /* subscription.canceled follows and says the rest */
    enum err err = move_to(s, converts ? SUBSCRIPTION_ACTIVE : SUBSCRIPTION_PAUSED, e);
    if (err != OK) return err;
    subscription_begin_usage(s, v->on);
    if (!converts) s->paused_on = v->on;
    quotas_begin(s, v->on, s->terms.rates, converts ? s->terms.rates_count : 0, a);
    quotas_trim(s, a);
    return OK;
}

/* Days without rates are days without quota, so what a month includes is prorated over the days that count.
 */
static enum err stop_charging(struct subscription *s, enum subscription_status to, struct date on,
                              struct arena *a, struct error *e)
{
    enum err err = move_to(s, to, e);
    s->paused_on = on;
    quotas_begin(s, on, NULL, 0, a);
    return err;
}

static void start_charging(struct subscription *s, struct date on, struct arena *a)
{
    struct date from = date_compare(s->paused_on, s->committed_from) < 0 ? s->committed_from : s->paused_on;
    int32_t days = date_days_between(from, on);
    if (days > 0) s->committed_paused += (uint64_t)days;
    end_pause(s);
    quotas_begin(s, on, s->terms.rates, s->terms.rates_count, a);
}

/* Its plan's pause comes over its own, or goes and leaves it. */
static void change_pause(struct subscription *s, const struct subscription_paused *v)
{
    if (v->with_plan && !s->with_plan) s->own_resume_on = s->resume_on;
    if (!v->with_plan) s->own_resume_on = (struct date){0};
    s->paused_itself = v->with_plan && (s->paused_itself || !s->with_plan);
    s->with_plan = v->with_plan;
    s->resume_on = v->resume_on;
}

static enum err apply_paused(struct subscription *s, const struct event *ev, struct arena *a, struct error *e)
{
    const struct subscription_paused *v = &ev->subscription_paused;
    if (s->status == SUBSCRIPTION_PAUSED && (v->with_plan || s->with_plan)) {
        change_pause(s, v);
        return OK;
    }
    s->resume_on = v->resume_on;
    s->with_plan = v->with_plan;
    return stop_charging(s, SUBSCRIPTION_PAUSED, v->on, a, e);
}

static enum err apply_resumed(struct subscription *s, const struct event *ev, struct arena *a,
                              struct error *e)
{
    const struct subscription_resumed *v = &ev->subscription_resumed;
    enum err err = move_to(s, SUBSCRIPTION_ACTIVE, e);
    if (date_compare(s->charged_through, v->charged_through) != 0) s->charged_second = 0;
    s->charged_through = v->charged_through;
    s->charges = v->charges;
    s->charges_count = v->charges_count;
    start_charging(s, v->on, a);
    return err;
}

static enum err apply_overdue(struct subscription *s, const struct event *ev, struct arena *a,
                              struct error *e)
{
    const struct subscription_overdue *v = &ev->subscription_overdue;
    if (v->status == SUBSCRIPTION_UNPAID) return stop_charging(s, SUBSCRIPTION_UNPAID, v->on, a, e);
    return move_to(s, v->status, e);
}

/* ---- billed elsewhere ---- */

struct date subscription_anchor_for(const struct subscription *s, struct date day, uint64_t *anchor_day)
{
    struct interval every = terms_interval(&s->terms);
    struct period p = interval_period(s->anchor, (uint32_t)s->anchor_day, every, day);
    bool fits = date_compare(p.start, day) == 0;
    *anchor_day = fits ? s->anchor_day : 0;
    return fits ? s->anchor : day;
}

/* What goes on there is taken over by nobody, and never before what was billed there ends. */
static enum err apply_followed(struct subscription *s, const struct event *ev, struct arena *a,
                               struct error *e)
{
    (void)a;
    (void)e;
    const struct subscription_followed *v = &ev->subscription_followed;
    s->followed_at = v->as_of;
    s->reference = v->reference;
    s->charged_through = v->charged_through;
    s->anchor = v->anchor;
    s->anchor_day = v->anchor_day;
    s->ends_there = v->ends_on;
    bool planned = date_is_given(s->take_over_on);
    if (planned && (!date_is_given(v->ends_on) || date_compare(s->take_over_on, v->ends_on) < 0))
        s->take_over_on = v->ends_on;
    return OK;
}

static enum err apply_take_over_planned(struct subscription *s, const struct event *ev, struct arena *a,
                                        struct error *e)
{
    (void)a;
    (void)e;
    s->take_over_on = ev->subscription_take_over_planned.on;
    return OK;
}

/* What was used before is not the ledger's to charge: usage that counts begins with what is paid for here. */
static void begin_billing(struct subscription *s, struct date on)
{
    s->billing_owner = BILLED_BY_LEDGER;
    s->take_over_on = on;
    s->ends_there = (struct date){0};
    s->charged_through = s->usage_through = s->committed_from = on;
    s->charged_second = 0;
    s->usage_anchor = s->committed_anchor = s->anchor;
    s->usage_anchor_day = s->committed_anchor_day = s->anchor_day;
    s->committed = s->committed_usage = money_zero(s->terms.amount);
    s->committed_paused = 0;
}

void subscription_take_over(struct subscription *s, struct date on)
{
    s->anchor = subscription_anchor_for(s, on, &s->anchor_day);
    begin_billing(s, on);
}

static enum err apply_taken_over(struct subscription *s, const struct event *ev, struct arena *a,
                                 struct error *e)
{
    (void)e;
    const struct subscription_taken_over *v = &ev->subscription_taken_over;
    s->anchor = v->anchor;
    s->anchor_day = v->anchor_day;
    begin_billing(s, v->on);
    quotas_trim(s, a);
    return OK;
}

static const struct {
    enum event_type type;
    size_t subscription; /* where the event's body has its number */
    enum err (*apply)(struct subscription *s, const struct event *ev, struct arena *a, struct error *e);
} applied[] = {
    {EVENT_SUBSCRIPTION_BILLED, offsetof(struct subscription_billed, subscription), apply_billed},
    {EVENT_SUBSCRIPTION_CHANGED, offsetof(struct subscription_changed, subscription), apply_changed},
    {EVENT_SUBSCRIPTION_CHANGE_SCHEDULED, offsetof(struct subscription_change_scheduled, subscription),
     apply_change_scheduled},
    {EVENT_SUBSCRIPTION_CANCEL_SCHEDULED, offsetof(struct subscription_cancel_scheduled, subscription),
     apply_cancel_scheduled},
    {EVENT_SUBSCRIPTION_SCHEDULE_UNDONE, offsetof(struct subscription_schedule_undone, subscription),
     apply_undone},
    {EVENT_SUBSCRIPTION_CANCELED, offsetof(struct subscription_canceled, subscription), apply_canceled},
    {EVENT_SUBSCRIPTION_TRIAL_ENDED, offsetof(struct subscription_trial_ended, subscription),
     apply_trial_ended},
    {EVENT_SUBSCRIPTION_PAUSED, offsetof(struct subscription_paused, subscription), apply_paused},
    {EVENT_SUBSCRIPTION_RESUMED, offsetof(struct subscription_resumed, subscription), apply_resumed},
    {EVENT_SUBSCRIPTION_OVERDUE, offsetof(struct subscription_overdue, subscription), apply_overdue},
    {EVENT_SUBSCRIPTION_USED, offsetof(struct subscription_used, subscription), apply_used},
    {EVENT_SUBSCRIPTION_FOLLOWED, offsetof(struct subscription_followed, subscription), apply_followed},
    {EVENT_SUBSCRIPTION_TAKE_OVER_PLANNED, offsetof(struct subscription_take_over_planned, subscription),
     apply_take_over_planned},
    {EVENT_SUBSCRIPTION_TAKEN_OVER, offsetof(struct subscription_taken_over, subscription), apply_taken_over},
};

bool subscription_event(uint64_t *subscription, const struct event *ev)
{
    for (size_t i = 0; i < sizeof(applied) / sizeof(applied[0]); i++) {
        if (applied[i].type != ev->type) continue;
        memcpy(subscription, (const char *)event_body(ev) + applied[i].subscription, sizeof *subscription);
        return true;
    }
    return false;
}

enum err subscription_apply(struct subscription *s, const struct event *ev, struct arena *a, struct error *e)
{
    for (size_t i = 0; i < sizeof(applied) / sizeof(applied[0]); i++) {
        if (applied[i].type == ev->type) return applied[i].apply(s, ev, a, e);
    }
    WRONG("no event about a subscription that there is already");
}

/* ---- invoices ---- */

static bool bills(const struct line *l, const struct subscription *s, const struct charge *c)
{
    return l->subscription == s->subscription &&
           (l->kind == LINE_RECURRING || l->kind == LINE_PRORATION_CHARGE) && str_equal(l->fee, c->fee) &&
           date_compare(l->from, c->from) == 0 && date_compare(l->to, c->to) == 0;
}

/* What was given back of it while it waited, now that coupons have taken their part of that, too. Documents
 * of the first form do not say it of themselves, and had no coupons. */
static struct money given_back_beside(const struct invoice_finalized *v, size_t line, struct money before)
{
    int64_t minor = 0;
    bool any = false;
    for (size_t i = 0; i < v->lines_count; i++) {
        if (v->lines[i].credits != v->invoice || v->lines[i].credits_line != line) continue;
        minor -= line_price(&v->lines[i]).minor;
        any = true;
    }
    return any ? money_of(minor, before.currency) : before;
}

/* Where the same days were charged several times, and given back between, the charge that stands is the last;
 * one of nothing has no line. */
bool subscription_note_invoice(struct subscription *s, const struct invoice_finalized *v, struct arena *a)
{
    struct charge *charges = NULL;
    for (size_t i = 0; i < s->charges_count; i++) {
        if (s->charges[i].invoice != 0 || money_is_zero(s->charges[i].amount)) continue;
        for (size_t k = v->lines_count; k-- > 0;) {
            if (!bills(&v->lines[k], s, &s->charges[i])) continue;
            if (charges == NULL) {
                charges = arena_array_of(a, struct charge, s->charges_count);
                memcpy(charges, s->charges, s->charges_count * sizeof *charges);
            }
            struct money paid = line_price(&v->lines[k]);
            charges[i].invoice = v->invoice;
            charges[i].line = k + 1;
            charges[i].discount = money_of(charges[i].amount.minor - paid.minor, paid.currency);
            charges[i].credited = given_back_beside(v, k + 1, charges[i].credited);
            break;
        }
    }
    if (charges == NULL) return false;
    s->charges = charges;
    return true;
}

/* ---- credits ---- */

static struct charge *charges_copy(const struct subscription *s, struct arena *a)
{
    struct charge *charges = arena_array_of(a, struct charge, s->charges_count);
    if (s->charges_count > 0) memcpy(charges, s->charges, s->charges_count * sizeof *charges);
    return charges;
}

static bool is_billed_by(const struct charge *c, const struct line *credit)
{
    if (c->invoice == 0 || c->invoice != credit->credits) return false;
    return c->line != 0 ? c->line == credit->credits_line : str_equal(c->fee, credit->fee);
}

bool subscription_note_credits(struct subscription *s, const struct invoice_finalized *v, struct arena *a)
{
    struct charge *charges = charges_copy(s, a);
    bool any = false;
    for (size_t k = 0; k < v->lines_count; k++) {
        const struct line *l = &v->lines[k];
        if (l->kind != LINE_CREDIT || l->subscription != s->subscription) continue;
        for (size_t i = 0; i < s->charges_count; i++) {
            if (!is_billed_by(&charges[i], l)) continue;
            charges[i].credited.minor -= line_price(l).minor; /* which is negative */
            any = true;
        }
    }
    if (any) s->charges = charges;
    return any;
}

bool subscription_note_void(struct subscription *s, const struct invoice_voided *v, struct arena *a)
{
    struct charge *charges = charges_copy(s, a);
    bool any = false;
    for (size_t i = 0; i < s->charges_count; i++) {
        if (charges[i].invoice != v->invoice) continue;
        charges[i].credited = charges[i].amount;
        charges[i].credited.minor -= charges[i].discount.minor;
        any = true;
    }
    if (any) s->charges = charges;
    return any;
}
