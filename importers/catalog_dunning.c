/* SPDX-License-Identifier: MIT */
/* catalog_dunning.c - what a catalog file says about asking again for what is overdue. */
#include "importers/catalog.h"

enum { DAYS_BETWEEN_MAX = 90, SCHEDULE_DAY_MAX = 365, WEEKDAYS = 7 };

static const struct catalog_path path = {"dunning"};

static enum err check_threshold(const struct dunning *d, size_t index, struct catalog_reader *r)
{
    struct catalog_path p = path_at(&path, "thresholds", index);
    const struct money *amount = &d->thresholds[index].amount;
    if (!money_is_given(*amount)) return catalog_refuse(r, &p, "amount", "a value is missing");
    if (amount->minor <= 0) return catalog_refuse(r, &p, "amount", "more than nothing is expected");
    for (size_t i = 0; i < index; i++) {
        if (money_same_currency(d->thresholds[i].amount, *amount))
            return catalog_refuse(r, &p, "currency", "this currency stands there twice");
    }
    return OK;
}

static enum err check_thresholds(const struct dunning *d, struct catalog_reader *r)
{
    enum err err = OK;
    if (d->thresholds_count == 0) return catalog_refuse(r, &path, "thresholds", "at least one is expected");
    if (d->thresholds_count > LIMIT_CATALOG_THRESHOLDS)
        return catalog_too_many(r, &path, "thresholds", LIMIT_CATALOG_THRESHOLDS, "of them");
    for (size_t i = 0; i < d->thresholds_count && err == OK; i++) err = check_threshold(d, i, r);
    return err;
}

/* ---- days ---- */

static enum err read_day(struct dunning_day *out, const json_t *value, size_t index, struct catalog_reader *r)
{
    struct catalog_path p = path_at(&path, "schedule", index);
    json_int_t day = json_integer_value(value); /* 0 for what is no integer */
    if (day < 1 || day > SCHEDULE_DAY_MAX)
        return catalog_refuse(r, &p, "", "a number of days after the due date is expected, 1 to 365");
    out->day = (uint64_t)day;
    if (index > 0 && out->day <= (out - 1)->day)
        return catalog_refuse(r, &p, "", "a later day than the one before is expected");
    return OK;
}

static enum err read_schedule(struct dunning *d, const json_t *object, struct catalog_reader *r)
{
    const json_t *list = NULL;
    size_t count = 0;
    enum err err = catalog_values(&list, &count, object, "schedule", LIMIT_CATALOG_ATTEMPTS, r, &path);
    if (err != OK || count == 0) return err;
    if (catalog_has(object, "attempts"))
        return catalog_refuse(r, &path, "attempts", "the schedule says how many there are");
    if (catalog_has(object, "days_between"))
        return catalog_refuse(r, &path, "days_between", "the schedule says on which days");
    struct dunning_day *days = arena_array_of(r->arena, struct dunning_day, count);
    for (size_t i = 0; i < count && err == OK; i++) err = read_day(&days[i], json_array_get(list, i), i, r);
    d->schedule = days;
    d->attempts = d->schedule_count = count;
    return err;
}

static enum err read_weekday(struct dunning_weekday *out, const json_t *value, size_t index,
                             struct catalog_reader *r)
{
    struct catalog_path p = path_at(&path, "weekdays", index);
    int day = 0;
    if (!json_is_string(value) || !choice_parse(&day, &choice_weekday, str_of(json_string_value(value))))
        return catalog_refuse(r, &p, "", "mon, tue, wed, thu, fri, sat or sun is expected");
    out->weekday = (enum weekday)day;
    for (size_t i = 1; i <= index; i++) {
        if ((out - i)->weekday == out->weekday)
            return catalog_refuse(r, &p, "", "this weekday stands there twice");
    }
    return OK;
}

static enum err read_weekdays(struct dunning *d, const json_t *object, struct catalog_reader *r)
{
    const json_t *list = NULL;
    size_t count = 0;
    enum err err = catalog_values(&list, &count, object, "weekdays", WEEKDAYS, r, &path);
    struct dunning_weekday *days = arena_array_of(r->arena, struct dunning_weekday, count);
    for (size_t i = 0; i < count && err == OK; i++)
        err = read_weekday(&days[i], json_array_get(list, i), i, r);
    d->weekdays = days;
    d->weekdays_count = count;
    return err;
}

/* ---- declines ---- */

static enum err read_code(struct str *out, const json_t *value, size_t index, struct catalog_reader *r,
                          const struct catalog_path *in)
{
    struct catalog_path p = path_at(in, "codes", index);
    *out = str_copy(r->arena, str_of(json_is_string(value) ? json_string_value(value) : ""));
    if (out->len == 0) return catalog_refuse(r, &p, "", "a decline code is expected");
    return text_check(*out, LIMIT_CODE_BYTES, p.text, r->e);
}

/* One rule for each of its codes; one for any code where it names none. */
static enum err read_decline(struct dunning *d, struct decline_rule *rules, json_t *object, size_t index,
                             struct catalog_reader *r)
{
    static const char *const plain[] = {"codes", NULL};
    struct catalog_path p = path_at(&path, "declines", index);
    struct decline_rule rule = {.code = STR_NONE};
    const json_t *codes = NULL;
    size_t count = 0;
    if (json_object_get(object, "code") != NULL)
        return catalog_refuse(r, &p, "code", "there is no such member");
    enum err err = catalog_object_but(&rule, &schema_decline_rule, object, plain, r, &p);
    if (err == OK) err = catalog_values(&codes, &count, object, "codes", LIMIT_CATALOG_DECLINES, r, &p);
    if (err != OK) return err;
    if (count == 0 && rule.advice.len == 0)
        return catalog_refuse(r, &p, "codes", "codes or an advice are expected");
    if (!catalog_has(object, "action")) return catalog_refuse(r, &p, "action", "a value is missing");
    for (size_t i = 0; i < (count == 0 ? 1 : count) && err == OK; i++) {
        if (d->declines_count == LIMIT_CATALOG_DECLINES)
            return catalog_too_many(r, &path, "declines", LIMIT_CATALOG_DECLINES, "codes");
        if (count > 0) err = read_code(&rule.code, json_array_get(codes, i), i, r, &p);
        rules[d->declines_count++] = rule;
    }
    return err;
}

static enum err read_declines(struct dunning *d, const json_t *object, struct catalog_reader *r)
{
    const json_t *list = NULL;
    size_t count = 0;
    enum err err = catalog_values(&list, &count, object, "declines", LIMIT_CATALOG_DECLINES, r, &path);
    if (err != OK || count == 0) return err;
    struct decline_rule *rules = arena_array_of(r->arena, struct decline_rule, LIMIT_CATALOG_DECLINES);
    for (size_t i = 0; i < count && err == OK; i++)
        err = read_decline(d, rules, json_array_get(list, i), i, r);
    d->declines = rules;
    return err;
}

/* ---- the whole ---- */

static enum err check_attempts(const struct dunning *d, const json_t *object, struct catalog_reader *r)
{
    if (d->schedule_count > 0) return OK;
    if (d->attempts == 0 || d->attempts > LIMIT_CATALOG_ATTEMPTS)
        return catalog_refuse(r, &path, "attempts", "1 to 15 is expected");
    if (!catalog_has(object, "days_between"))
        return catalog_refuse(r, &path, "days_between", "a value is missing");
    return d->days_between <= DAYS_BETWEEN_MAX
               ? OK
               : catalog_refuse(r, &path, "days_between", "at most 90 is expected");
}

static enum err check_end(const struct dunning *d, struct catalog_reader *r)
{
    bool free = false;
    for (size_t i = 0; i < r->out->products_count; i++) {
        const struct product *p = &r->out->products[i];
        free = free || (p->free && !p->retired && p->kind == PRODUCT_PLAN);
    }
    if (free || d->at_end != DUNNING_END_DOWNGRADE) return OK;
    return catalog_refuse(r, &path, "at_end", "there is no free tier to go to");
}

enum err catalog_read_dunning(const json_t *root, struct catalog_reader *r)
{
    static const char *const plain[] = {"schedule", "weekdays", "declines", "reminders", "templates", NULL};
    json_t *object = json_object_get(root, "dunning");
    struct dunning *d = &r->out->dunning;
    if (!catalog_has(root, "dunning")) return OK;
    enum err err = catalog_object_but(d, &schema_dunning, object, plain, r, &path);
    if (err == OK) err = check_thresholds(d, r);
    if (err == OK) err = read_schedule(d, object, r);
    if (err == OK) err = read_weekdays(d, object, r);
    if (err == OK) err = read_declines(d, object, r);
    if (err == OK) err = check_attempts(d, object, r);
    if (err == OK) err = check_end(d, r);
    return err == OK ? catalog_read_reminders(object, r) : err;
}
