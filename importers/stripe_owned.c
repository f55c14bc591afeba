/* SPDX-License-Identifier: MIT */
/* stripe_owned.c - what Stripe tells of its own: subscriptions that it bills are followed here, without any
 * money of ours; a payment method that was detached is forgotten. */
#include "importers/stripe_form.h"
#include "importers/stripe_shapes.h"
#include "importers/stripe_subject.h"

/* ---- whose it is ---- */

static enum err user_of_customer(struct str *out, struct stripe_subject *s, struct str gateway_customer,
                                 struct error *e)
{
    struct customer c = {0};
    uint64_t number = 0;
    enum err err = OK;
    *out = STR_NONE;
    if (gateway_customer.len > 0) err = customer_by_gateway(&number, s->t, gateway_customer, e);
    if (err != OK || number == 0) return err;
    err = load_customer(&c, s->t, number, s->arena, e);
    if (err == OK) *out = c.user;
    return err;
}

/* As the customer is known, by his payment methods or an import, or else as its metadata say. */
enum err stripe_user_of(struct str *out, struct stripe_subject *s, const json_t *metadata, struct error *e)
{
    enum err err = user_of_customer(out, s, json_id_of(s->object, "customer"), e);
    if (err == OK && out->len == 0) *out = str_copy(s->arena, stripe_user_named(metadata));
    return err;
}

/* ---- subscriptions ---- */

static void take_status(struct subscription_follow_command *c, struct str status)
{
    int value = 0;
    c->ended = stripe_is_over(status);
    if (!c->ended && choice_parse(&value, &choice_subscription_status, status))
        c->status = (enum subscription_status)value;
}

/* ---- and how it stands here ---- */

struct standing {
    struct str reference;
    bool known; /* here, also when it has ended */
    bool live;  /* the customer has one that has not ended, whatever it is called */
    bool ended; /* there */
};

static enum err compare(void *context, const struct subscription *row, struct error *e)
{
    struct standing *v = context;
    (void)e;
    v->known = v->known || str_equal(row->reference, v->reference);
    v->live = v->live || subscription_is_live(row);
    return OK;
}

static enum err look_here(struct standing *v, const struct stripe_subject *s, struct str user,
                          struct error *e)
{
    struct list_query own = {.status = -1};
    struct customer customer = {0};
    enum err err = find_customer(&customer, s->t, user, s->arena, e);
    if (err == ERR_NOT_FOUND) return OK;
    own.customer = customer.customer;
    return err == OK ? list_subscriptions(s->t, &own, compare, v, s->arena, e) : err;
}

/* Its end was told before, whatever became of that: messages come in any order, and Stripe begins none
 * again. What waits itself is not told yet. */
static enum err look_there(struct standing *v, const struct stripe_subject *s, struct error *e)
{
    struct webhook *told = NULL;
    size_t count = 0;
    enum err err = webhooks_about(&told, &count, s->t, v->reference, s->arena, e);
    for (size_t i = 0; i < count && err == OK; i++) {
        bool is_end = str_is(told[i].type, "customer.subscription.deleted");
        v->ended = v->ended || (is_end && told[i].outcome != WEBHOOK_WAITING);
    }
    return err;
}

static enum err look_up(struct standing *v, const struct stripe_subject *s,
                        const struct subscription_follow_command *c, struct error *e)
{
    *v = (struct standing){.reference = c->reference};
    enum err err = look_here(v, s, c->user, e);
    return err == OK && !v->known ? look_there(v, s, e) : err;
}

/* It never was here, and nothing of it can begin any more. An end may be meant for one that is called
 * otherwise here. */
static bool is_over(const struct standing *v, const struct subscription_follow_command *c)
{
    return !v->known && (c->ended ? !v->live : v->ended);
}

/* One that begins there is kept here as Stripe's, when its customer is known. It begins when it is made, or
 * when its first invoice is paid, until which it was incomplete. */
static bool is_new_there(const struct stripe_subject *s, const struct subscription_follow_command *c)
{
    bool is_made = str_is(s->type, "customer.subscription.created");
    bool is_paid = str_is(s->type, "customer.subscription.updated") &&
                   str_is(json_text_of(s->previous, "status"), "incomplete");
    return (is_made || is_paid) && c->tier.len > 0 && !c->ended;
}

static bool has_begun(struct str status)
{
    return str_is(status, "active") || str_is(status, "trialing");
}

static void follow(struct stripe_subject *s, const struct subscription_follow_command *c)
{
    s->first->type = COMMAND_SUBSCRIPTION_FOLLOW;
    s->first->subscription_follow = *c;
}

/* As it stands there, from the day on which it began there: this may be told days later. */
static void create(struct stripe_subject *s, const struct subscription_follow_command *c)
{
    struct instant start = stripe_time_of(s->object, "start_date");
    s->first->type = COMMAND_SUBSCRIPTION_CREATE;
    s->first->subscription_create =
        (struct subscription_create_command){.user = c->user,
                                             .tier = c->tier,
                                             .interval = c->interval,
                                             .interval_count = c->interval_count,
                                             .quantity = c->quantity,
                                             .currency = stripe_currency_of(s->object, s->arena),
                                             .charged_through = c->period_end,
                                             .billing_owner = BILLED_BY_STRIPE,
                                             .reference = c->reference,
                                             .no_trial = true};
    if (instant_is_given(start)) s->first->subscription_create.start = instant_date(start);
}

static void take_object(struct subscription_follow_command *c, const struct stripe_subject *s)
{
    const json_t *item = stripe_plan_of(s->object), *price = json_object_get(item, "price");
    c->as_of = s->created;
    c->quantity = json_count_of(item, "quantity");
    c->reference = str_copy(s->arena, json_text_of(s->object, "id"));
    c->tier = str_copy(s->arena, stripe_tier_of(price));
    c->interval = stripe_interval_of(price);
    c->interval_count = json_count_of(json_object_get(price, "recurring"), "interval_count");
    c->period_end = stripe_period_end_of(s->object);
    c->cancel_at_period_end =
        json_is_true(json_object_get(s->object, "cancel_at_period_end")) ? YES_NO_YES : YES_NO_NO;
    take_status(c, json_text_of(s->object, "status"));
}

/* One that is begun here already, by hand or before a crash, is followed. */
static void begin_or_follow(struct webhook_apply_command *out, struct stripe_subject *s,
                            const struct standing *v, const struct subscription_follow_command *c)
{
    bool is_new = is_new_there(s, c), begins = is_new && !v->known;
    if (is_over(v, c)) {
        stripe_note(out, WEBHOOK_KNOWN, "a subscription that has ended at Stripe, and never was here");
        return;
    }
    if (begins && !has_begun(json_text_of(s->object, "status"))) {
        stripe_note(out, WEBHOOK_KNOWN, "a subscription that nobody has paid yet: it begins when it is");
        return;
    }
    if (begins)
        create(s, c);
    else
        follow(s, c);
    *s->begins = is_new;
    stripe_note(out, WEBHOOK_APPLIED, "the subscription stands as it does at Stripe");
}

enum err stripe_on_subscription(struct webhook_apply_command *out, struct stripe_subject *s, struct error *e)
{
    struct subscription_follow_command c = {.quantity = 0};
    struct standing v = {.known = false};
    enum err err = stripe_user_of(&c.user, s, json_object_get(s->object, "metadata"), e);
    if (err != OK) return err;
    if (c.user.len == 0) {
        stripe_note(out, WEBHOOK_FOREIGN, "a subscription of a customer whom this ledger does not know");
        return OK;
    }
    take_object(&c, s);
    err = look_up(&v, s, &c, e);
    if (err == OK) begin_or_follow(out, s, &v, &c);
    return err;
}

/* ---- its invoices ---- */

/* Paid or not, the subscription says it: its money is Stripe's to book. */
enum err stripe_on_invoice(struct webhook_apply_command *out, struct stripe_subject *s, struct error *e)
{
    bool failed = str_is(s->type, "invoice.payment_failed");
    struct subscription_follow_command c = {.as_of = s->created,
                                            .status = failed ? SUBSCRIPTION_PAST_DUE : SUBSCRIPTION_ACTIVE};
    struct str reference = stripe_subscription_of(s->object);
    struct standing v = {.known = false};
    enum err err = stripe_user_of(&c.user, s, json_object_get(s->object, "metadata"), e);
    if (err != OK) return err;
    if (c.user.len == 0 || reference.len == 0) {
        stripe_note(out, WEBHOOK_FOREIGN, "an invoice of Stripe's for no subscription of this ledger");
        return OK;
    }
    c.reference = str_copy(s->arena, reference);
    err = look_up(&v, s, &c, e);
    if (err != OK) return err;
    if (!v.known && !v.live) { /* it begins with what is told of itself */
        stripe_note(out, WEBHOOK_FOREIGN, "an invoice of Stripe's for no subscription of this ledger");
        return OK;
    }
    follow(s, &c);
    stripe_note(out, WEBHOOK_APPLIED, failed ? "the subscription is past due" : "the subscription is paid");
    return OK;
}

/* ---- payment methods ---- */

/* The customer stands in what it was before. */
enum err stripe_on_method(struct webhook_apply_command *out, struct stripe_subject *s, struct error *e)
{
    struct str customer = json_id_of(s->previous, "customer");
    enum err err =
        user_of_customer(&out->user, s, customer.len > 0 ? customer : json_id_of(s->object, "customer"), e);
    if (err != OK) return err;
    if (out->user.len == 0) {
        stripe_note(out, WEBHOOK_FOREIGN, "a payment method of a customer whom this ledger does not know");
        return OK;
    }
    out->effect = WEBHOOK_REMOVES_METHOD;
    out->method = str_copy(s->arena, json_text_of(s->object, "id"));
    out->what = STR("the payment method is not to be had any more");
    return OK;
}
