/* SPDX-License-Identifier: MIT */
/* catalog_prices.c - the prices of a catalog file. It must never let one through that decisions could not
 * use: each has its currency, interval and amount, and none stands there twice. */
#include "importers/catalog.h"

static enum err read_interval(struct price *out, const json_t *object, struct catalog_reader *r,
                              const struct catalog_path *p)
{
    const json_t *unit = json_object_get(object, "interval"),
                 *count = json_object_get(object, "interval_count");
    int value = 0;
    if (unit == NULL) return catalog_refuse(r, p, "interval", "a value is missing");
    struct str word = {json_string_value(unit), json_string_length(unit)};
    if (!json_is_string(unit) || !choice_parse(&value, &choice_billing_interval, word) ||
        value == BILLING_DEFAULT) {
        return catalog_refuse(r, p, "interval", "day, week, month, quarter, half_year or year is expected");
    }
    json_int_t n = count == NULL ? 1 : json_integer_value(count); /* 0 for what is no integer */
    if (n < 1 || n > INTERVAL_COUNT_MAX)
        return catalog_refuse(r, p, "interval_count", "a whole number from 1 to 1000 is expected");
    struct interval none = {0}, every = interval_chosen((enum billing_interval)value, (uint64_t)n, none);
    out->unit = every.unit;
    out->interval_count = every.count;
    return OK;
}

static enum err read_currency(char currency[4], const json_t *object, struct catalog_reader *r,
                              const struct catalog_path *p)
{
    struct str code = STR_NONE;
    if (json_member_text(&code, object, "currency", r->arena, r->e) != OK) return catalog_join(r, p);
    if (code.len == 0) return catalog_refuse(r, p, "currency", "a value is missing");
    if (currency_parse(currency, code, r->e) != OK) return wrap(r->e, "%s.currency", p->text);
    return OK;
}

/* An amount is a string or a whole number; of a custom price there is none. */
static enum err read_amount(struct price *out, const json_t *object, const char *currency,
                            struct catalog_reader *r, const struct catalog_path *p)
{
    struct str amount = STR_NONE;
    if (json_member_text(&amount, object, "amount", r->arena, r->e) != OK) return catalog_join(r, p);
    out->amount = money_of(0, currency);
    if (out->custom && amount.len == 0) return OK;
    if (out->custom) return catalog_refuse(r, p, "amount", "a custom price is agreed per customer");
    if (amount.len == 0) return catalog_refuse(r, p, "amount", "a value is missing");
    if (money_parse(&out->amount, amount, currency, r->e) != OK) return wrap(r->e, "%s.amount", p->text);
    if (money_is_negative(out->amount)) return catalog_refuse(r, p, "amount", "a price cannot be negative");
    return OK;
}

/* The members that stand in the file as in the struct. The others are told by people's words. */
static enum err read_members(struct price *out, json_t *object, struct catalog_reader *r,
                             const struct catalog_path *p)
{
    static const char *const strangers[] = {"product", "unit"}, *const own[] = {"interval", "amount"};
    for (size_t i = 0; i < 2; i++) {
        if (json_object_get(object, strangers[i]) != NULL)
            return catalog_refuse(r, p, strangers[i], "there is no such member");
    }
    json_t *rest = json_copy(object);
    for (size_t i = 0; i < 2; i++) (void)json_object_del(rest, own[i]); /* fails when it is not there */
    enum err err = catalog_object(out, &schema_price, rest, r, p);
    json_decref(rest);
    return err;
}

static enum err check_trial(const struct product *of, const struct price *v, const json_t *object,
                            struct catalog_reader *r, const struct catalog_path *p)
{
    if (v->trial_days > LIMIT_TRIAL_DAYS)
        return catalog_too_many(r, p, "trial_days", LIMIT_TRIAL_DAYS, "days");
    if (v->trial_days != 0 && of->free)
        return catalog_refuse(r, p, "trial_days", "a free product needs no trial");
    if (v->trial_days != 0 && of->kind == PRODUCT_ADD_ON)
        return catalog_refuse(r, p, "trial_days", "an add-on has the trial of its plan");
    if (v->trial_days != 0) return OK;
    if (catalog_has(object, "trial_end")) return catalog_refuse(r, p, "trial_end", "there are no trial_days");
    if (v->trial_without_method)
        return catalog_refuse(r, p, "trial_without_method", "there are no trial_days");
    return OK;
}

/* The days that a period of this price can have at most. */
static uint64_t longest_period(const struct price *v)
{
    static const uint64_t days[] = {
        [INTERVAL_DAY] = 1, [INTERVAL_WEEK] = 7, [INTERVAL_MONTH] = 31, [INTERVAL_YEAR] = 366};
    return days[v->unit] * v->interval_count;
}

static bool is_calendar_period(const struct price *v)
{
    if (v->unit == INTERVAL_WEEK || v->unit == INTERVAL_YEAR) return v->interval_count == 1;
    return v->unit == INTERVAL_MONTH && 12 % v->interval_count == 0;
}

static enum err check_periods(const struct product *of, const struct price *v, const json_t *object,
                              struct catalog_reader *r, const struct catalog_path *p)
{
    if (catalog_has(object, "fixed_days") && (v->fixed_days == 0 || v->fixed_days > longest_period(v)))
        return catalog_refuse(r, p, "fixed_days", "1 to the days of the longest period is expected");
    if (v->fixed_days != 0 && v->proration == PRORATE_NOT)
        return catalog_refuse(r, p, "fixed_days", "nothing is prorated");
    if (v->alignment != ALIGN_CALENDAR) return OK;
    if (of->kind == PRODUCT_ADD_ON)
        return catalog_refuse(r, p, "alignment", "an add-on has the periods of its plan");
    if (is_calendar_period(v)) return OK;
    return catalog_refuse(r, p, "alignment",
                          "no period of the calendar: a week, a month or months that a year "
                          "is a multiple of, or a year is expected");
}

static enum err check_commitment(const struct product *of, const struct price *v, struct catalog_reader *r,
                                 const struct catalog_path *p)
{
    if (!money_is_given(v->commitment)) return OK;
    if (!money_same_currency(v->commitment, v->amount))
        return catalog_refuse(r, p, "commitment", "the currency is not that of the price");
    if (money_is_negative(v->commitment))
        return catalog_refuse(r, p, "commitment", "an amount cannot be negative");
    if (of->kind == PRODUCT_ADD_ON)
        return catalog_refuse(r, p, "commitment", "an add-on counts for the commitment of its plan");
    return OK;
}

static enum err check_free(const struct price *v, struct catalog_reader *r, const struct catalog_path *p)
{
    if (v->custom || !money_is_zero(v->amount))
        return catalog_refuse(r, p, "amount", "a free product costs nothing");
    for (size_t i = 0; i < v->rates_count; i++) {
        if (v->rates[i].billed) return catalog_refuse(r, p, "rates", "a free product bills no usage");
    }
    if (v->fees_count != 0) return catalog_refuse(r, p, "fees", "a free product has no fees");
    if (money_is_given(v->commitment) && !money_is_zero(v->commitment))
        return catalog_refuse(r, p, "commitment", "a free product costs nothing");
    return OK;
}

static bool same_place(const struct price *a, const struct price *b)
{
    return a->unit == b->unit && a->interval_count == b->interval_count &&
           money_same_currency(a->amount, b->amount) && str_equal(a->product, b->product);
}

static enum err check_price(const struct product *of, struct price *v, const json_t *object,
                            struct catalog_reader *r, const struct catalog_path *p)
{
    enum err err = catalog_check_rates(v, object, r, p);
    if (err == OK) err = catalog_check_fees(v, object, r, p);
    if (err == OK) err = check_trial(of, v, object, r, p);
    if (err == OK) err = check_periods(of, v, object, r, p);
    if (err == OK) err = check_commitment(of, v, r, p);
    if (err == OK && of->free) err = check_free(v, r, p);
    for (const struct price *before = r->prices; err == OK && before < v; before++) {
        if (same_place(before, v))
            err = catalog_refuse(r, p, "", "a price for this currency and interval is there already");
    }
    return err;
}

enum err catalog_read_price(const struct product *of, json_t *object, struct catalog_reader *r,
                            const struct catalog_path *p)
{
    char currency[4] = "";
    struct price *v = &r->prices[r->out->prices_count];
    if (!json_is_object(object)) return catalog_refuse(r, p, "", "an object is expected");
    enum err err = read_currency(currency, object, r, p);
    if (err == OK) err = read_members(v, object, r, p);
    if (err == OK) err = read_interval(v, object, r, p);
    if (err == OK) err = read_amount(v, object, currency, r, p);
    v->product = of->code;
    if (err == OK) err = check_price(of, v, object, r, p);
    r->out->prices_count++;
    return err;
}
