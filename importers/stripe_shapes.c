/* SPDX-License-Identifier: MIT */
/* stripe_shapes.c - see stripe_shapes.h. */
#include "importers/stripe_shapes.h"
#include "importers/json_text.h"
#include "importers/stripe_form.h"

struct instant stripe_time_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    json_int_t seconds = json_integer_value(value);
    if (!json_is_integer(value) || seconds <= 0 || seconds > UINT32_MAX) return (struct instant){0};
    return (struct instant){seconds * 1000000};
}

/* ---- subscriptions ---- */

const json_t *stripe_plan_of(const json_t *subscription)
{
    return json_array_get(json_object_get(json_object_get(subscription, "items"), "data"), 0);
}

struct str stripe_tier_of(const json_t *price)
{
    struct str tier = json_text_of(price, "lookup_key");
    return tier.len > 0 ? tier : json_text_of(json_object_get(price, "metadata"), "tier");
}

bool stripe_is_metered(const json_t *price)
{
    return str_is(json_text_of(json_object_get(price, "recurring"), "usage_type"), "metered");
}

enum billing_interval stripe_interval_of(const json_t *price)
{
    int value = BILLING_DEFAULT;
    struct str word = json_text_of(json_object_get(price, "recurring"), "interval");
    return choice_parse(&value, &choice_billing_interval, word) ? (enum billing_interval)value
                                                                : BILLING_DEFAULT;
}

struct date stripe_period_end_of(const json_t *subscription)
{
    struct instant end = stripe_time_of(stripe_plan_of(subscription), "current_period_end");
    if (!instant_is_given(end)) end = stripe_time_of(subscription, "current_period_end");
    return instant_is_given(end) ? instant_date(end) : (struct date){0};
}

bool stripe_is_over(struct str status)
{
    return str_is(status, "canceled") || str_is(status, "incomplete_expired");
}

struct str stripe_currency_of(const json_t *object, struct arena *a)
{
    struct money nothing = {0};
    struct error unused = {0};
    bool known = stripe_money(&nothing, 0, json_text_of(object, "currency"), &unused) == OK;
    return known ? str_copy(a, str_of(nothing.currency)) : STR_NONE;
}

struct str stripe_user_named(const json_t *metadata)
{
    struct str user = json_text_of(metadata, "daybook_user");
    return user.len > 0 ? user : json_text_of(metadata, "user_id");
}

/* ---- invoices ---- */

struct str stripe_subscription_of(const json_t *invoice)
{
    const json_t *details = json_object_get(json_object_get(invoice, "parent"), "subscription_details");
    struct str id = json_id_of(details, "subscription");
    return id.len > 0 ? id : json_id_of(invoice, "subscription");
}
