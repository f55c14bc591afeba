/* SPDX-License-Identifier: MIT */
/* dunning.c - see dunning.h. A campaign, once begun, goes on for whatever is overdue; the threshold decides
 * only whether one begins. */
#include "ledger/book/dunning.h"

#include <string.h>

/* ---- declines ---- */

static bool is_listed(struct str code, const char *const *codes)
{
    while (*codes != NULL && !str_is(code, *codes)) codes++;
    return *codes != NULL;
}

static enum decline_action known_action(struct str code, struct str advice)
{
    static const char *const asked[] = {
        "authentication_required", "expired_card", "invalid_number", "invalid_cvc", "invalid_expiry_month",
        "invalid_expiry_year",     NULL,
    };
    static const char *const stopped[] = {
        "lost_card",
        "stolen_card",
        "pickup_card",
        "restricted_card",
        "invalid_account",
        "fraudulent",
        "merchant_blacklist",
        "highest_risk_level",
        "revocation_of_authorization",
        "revocation_of_all_authorizations",
        "stop_payment_order",
        "security_violation",
        "transaction_not_allowed",
        "card_not_supported",
        "currency_not_supported",
        "testmode_decline",
        "account_closed",
        "debit_not_authorized",
        "no_account",
        "resource_missing",
        NULL,
    };
    if (is_listed(code, asked) || str_starts(code, "incorrect_")) return DECLINE_ASK;
    if (is_listed(code, stopped) || str_is(advice, "do_not_try_again")) return DECLINE_STOP;
    return str_is(advice, "confirm_card_data") ? DECLINE_ASK : DECLINE_RETRY;
}

enum decline_action decline_action(const struct dunning *rule, struct str code, struct str advice)
{
    for (size_t i = 0; i < rule->declines_count; i++) {
        const struct decline_rule *v = &rule->declines[i];
        bool fits = (v->code.len == 0 || str_equal(v->code, code)) &&
                    (v->advice.len == 0 || str_equal(v->advice, advice));
        if (fits) return v->action;
    }
    return known_action(code, advice);
}

bool open_invoice_is_stopped(const struct open_invoice *v, const struct dunning *rule)
{
    return decline_action(rule, v->code, v->advice) != DECLINE_RETRY;
}

/* ---- what the customer confirms himself ---- */

bool payment_is_canceled(struct str code)
{
    return str_is(code, "canceled");
}

bool payment_wants_customer(const struct transaction *payment)
{
    return payment->status == TRANSACTION_FAILED && payment->payable &&
           str_is(payment->code, "authentication_required");
}

static bool asks_for_money(const struct invoice *v)
{
    return v->status == INVOICE_OPEN || v->status == INVOICE_PARTIALLY_PAID ||
           v->status == INVOICE_UNCOLLECTIBLE;
}

struct instant confirmation_end(const struct transaction *payment)
{
    static const int64_t us_a_day = (int64_t)86400 * 1000000;
    return (struct instant){payment->at.us + CONFIRMATION_DAYS * us_a_day};
}

bool confirmation_is_open(const struct confirmation *c)
{
    const struct transaction *v = c->payment;
    if (!payment_wants_customer(v) || c->now.us >= confirmation_end(v).us) return false;
    if (c->invoice == NULL) return true;
    return asks_for_money(c->invoice) && c->asked.us <= v->at.us;
}

/* ---- what is overdue ---- */

bool open_invoice_is_overdue(const struct open_invoice *v, struct date day)
{
    return date_compare(v->due, day) < 0;
}

bool open_invoice_is_dunned(const struct open_invoice *v, const char *currency, struct date day)
{
    return strcmp(v->left.currency, currency) == 0 && open_invoice_is_overdue(v, day);
}

bool open_invoice_is_first(const struct debtor *d, size_t place)
{
    for (size_t i = 0; i < place; i++) {
        if (money_same_currency(d->open[i].left, d->open[place].left)) return false;
    }
    return true;
}

static const struct campaign *campaign_in(const struct customer *c, const char *currency)
{
    for (size_t i = 0; i < c->campaigns_count; i++) {
        if (strcmp(c->campaigns[i].amount.currency, currency) == 0) return &c->campaigns[i];
    }
    return NULL;
}

static struct money threshold_in(const struct dunning *rule, const char *currency)
{
    struct money none = {0};
    for (size_t i = 0; i < rule->thresholds_count; i++) {
        if (strcmp(rule->thresholds[i].amount.currency, currency) == 0) return rule->thresholds[i].amount;
    }
    return none;
}

/* ---- days of attempts ---- */

static enum weekday weekday_of(struct date day)
{
    enum { DAYS = 7, FIRST = WEEKDAY_THURSDAY }; /* 1970-01-01 was a Thursday */
    int32_t past = day.days % DAYS;
    return (enum weekday)((past + DAYS + FIRST) % DAYS);
}

static bool is_allowed(const struct dunning *rule, struct date day)
{
    bool allowed = rule->weekdays_count == 0;
    for (size_t i = 0; i < rule->weekdays_count; i++)
        allowed = allowed || rule->weekdays[i].weekday == weekday_of(day);
    return allowed;
}

static struct date allowed_from(const struct dunning *rule, struct date day)
{
    while (!is_allowed(rule, day)) day = date_add_days(day, 1);
    return day;
}

struct date dunning_next(const struct dunning *rule, uint64_t attempt, struct date on)
{
    uint64_t days = rule->days_between + 1;
    if (attempt > 0 && attempt < rule->schedule_count)
        days = rule->schedule[attempt].day - rule->schedule[attempt - 1].day;
    return allowed_from(rule, date_add_days(on, (int32_t)days));
}

static struct date first_day(const struct dunned *v, const struct dunning *rule)
{
    uint64_t days = rule->schedule_count > 0 ? rule->schedule[0].day : 1;
    return date_add_days(v->oldest, (int32_t)days);
}

/* Of the next one that there may be; it never lies in the past, for what was missed is made up for. */
static struct date day_of_attempt(const struct dunned *v, const struct dunning *rule, struct date day)
{
    struct date on = v->campaign != NULL ? v->campaign->next_on : first_day(v, rule);
    return allowed_from(rule, date_compare(on, day) < 0 ? day : on);
}

/* ---- how it stands ---- */

static bool is_below(const struct dunned *v, const struct dunning *rule)
{
    return rule->attempts == 0 || !money_is_given(v->threshold) ||
           money_compare(v->overdue, v->threshold) < 0;
}

static enum dunning_state state_of(const struct dunned *v, const struct dunning *rule, struct date day)
{
    const struct campaign *c = v->campaign;
    if (v->overdue.minor <= 0) return DUNNING_NOTHING;
    if (c == NULL && is_below(v, rule)) return DUNNING_BELOW;
    if (c != NULL && (!date_is_given(c->next_on) || c->attempt >= rule->attempts)) return DUNNING_EXHAUSTED;
    return date_compare(day_of_attempt(v, rule, day), day) == 0 ? DUNNING_DUE : DUNNING_WAITS;
}

enum err dunning_look(struct dunned *out, const struct dunning *rule, const struct debtor *d,
                      const char *currency, struct date day, struct error *e)
{
    enum err err = OK;
    *out = (struct dunned){.overdue = money_of(0, currency),
                           .threshold = threshold_in(rule, currency),
                           .campaign = campaign_in(d->customer, currency)};
    bool any = false;
    for (size_t i = 0; i < d->open_count && err == OK; i++) {
        const struct open_invoice *v = &d->open[i];
        if (!open_invoice_is_dunned(v, currency, day)) continue;
        any = any || !open_invoice_is_stopped(v, rule);
        if (out->documents++ == 0 || date_compare(v->due, out->oldest) < 0) out->oldest = v->due;
        err = money_add(&out->overdue, out->overdue, v->left, e);
    }
    if (err == OK) out->state = state_of(out, rule, day);
    if (out->state == DUNNING_DUE && !any) out->state = DUNNING_STOPPED;
    if (out->state == DUNNING_DUE || out->state == DUNNING_WAITS)
        out->next_on = day_of_attempt(out, rule, day);
    return err;
}

/* ---- its end ---- */

/* Of the attempts that are left, if each were made on its day. */
static struct date last_day(const struct dunned *v, const struct dunning *rule)
{
    uint64_t attempt = v->campaign != NULL ? v->campaign->attempt + 1 : 1;
    struct date on = v->campaign != NULL ? v->campaign->next_on : first_day(v, rule);
    for (on = allowed_from(rule, on); attempt < rule->attempts; attempt++)
        on = dunning_next(rule, attempt, on);
    return on;
}

bool dunned_is_over(const struct dunned *v, const struct dunning *rule, const struct debtor *d,
                    struct date day)
{
    const struct campaign *c = v->campaign;
    bool no_method = d->customer->default_method == 0;
    if (rule->at_end == DUNNING_END_NOTHING || (c != NULL && date_is_given(c->exhausted_on))) return false;
    if (v->state == DUNNING_EXHAUSTED) return date_compare(c->on, day) < 0;
    bool in_vain = v->state == DUNNING_STOPPED || (v->state == DUNNING_DUE && c != NULL && no_method);
    return in_vain && date_compare(last_day(v, rule), day) < 0;
}

/* ---- in any currency ---- */

static bool in_any_currency(const struct dunning *rule, const struct debtor *d, struct date day, bool over)
{
    for (size_t i = 0; i < d->open_count; i++) {
        struct dunned v = {0};
        struct error unused;
        if (!open_invoice_is_first(d, i)) continue;
        enum err err = dunning_look(&v, rule, d, d->open[i].left.currency, day, &unused);
        if (err != OK) return true; /* what cannot be told is told by the decision */
        if (over ? dunned_is_over(&v, rule, d, day) : v.state == DUNNING_DUE) return true;
    }
    return false;
}

bool dunning_is_due(const struct dunning *rule, const struct debtor *d, struct date day)
{
    return in_any_currency(rule, d, day, false);
}

bool dunning_is_over(const struct dunning *rule, const struct debtor *d, struct date day)
{
    return in_any_currency(rule, d, day, true);
}
