/* SPDX-License-Identifier: MIT */
/* decide_import.c - what another system has, taken here: customers, payment methods, subscriptions, and the
 * history of documents and money. Each object is known by its name there and by a digest of all that is taken
 * of it, so that reading it again writes nothing, and what has changed there is changed here. It must never
 * book what was booked there: history moves no account but those of the opening balance. */
#include "ledger/book/decide_change.h"

static bool is_known(const struct facts *f, const struct object_imported *object)
{
    return f->imported != NULL && memcmp(&f->imported->sha256, &object->sha256, sizeof object->sha256) == 0;
}

/* The object as it stands now, behind all that follows from it; what it opens is told as a difference too. */
static enum err keep_object(struct decision *out, const struct facts *f, const struct object_imported *object,
                            uint64_t customer, struct arena *a, struct error *e)
{
    struct object_imported v = *object;
    v.object = f->imported != NULL ? f->imported->object : f->counters.imported;
    v.customer = customer;
    v.opening = v.opened;
    if (f->imported != NULL && money_is_given(v.opened)) {
        enum err err = money_subtract(&v.opening, v.opened, f->imported->opened, e);
        if (err != OK) return err;
    }
    event_add(&out->events, EVENT_OBJECT_IMPORTED, a)->object_imported = v;
    return OK;
}

/* ---- customers ---- */

static bool is_billed_elsewhere(const struct facts *f)
{
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        if (subscription_is_elsewhere_on(&f->subscriptions[i], f->today)) return true;
    }
    return false;
}

/* The credit that he has there is spent there as long as something is billed there, and is his credit here
 * too; afterwards what becomes of it there is no matter of this ledger. What was spent here does not come
 * back, and more than is left is not taken. */
static enum err open_credit(struct money *opened, const struct facts *f,
                            const struct import_customer_command *c, struct error *e)
{
    struct money before = f->imported == NULL ? (struct money){0} : f->imported->opened, down = {0};
    *opened = c->object.opened;
    if (!money_is_given(before)) return OK;
    if (!money_is_given(*opened)) *opened = money_zero(before);
    if (!money_same_currency(before, *opened) || !is_billed_elsewhere(f)) {
        *opened = before;
        return OK;
    }
    struct money left = credit_balance(f->customer, before.currency);
    if (left.minor < 0) left.minor = 0;
    enum err err = money_subtract(&down, before, *opened, e);
    if (err != OK || money_compare(down, left) <= 0) return err;
    return money_subtract(opened, before, left, e);
}

/* Two customers there are two here: else one would pay for the other. */
static enum err check_link(const struct facts *f, const struct import_customer_command *c, struct error *e)
{
    const struct object_imported *known = f->known_as;
    if (known == NULL || str_equal(known->reference, c->object.reference)) return OK;
    return fail(e, ERR_REFUSED, "the same customer is %.*s there already", STR_ARG(known->reference));
}

enum err decide_import_customer(struct decision *out, const struct facts *f,
                                const struct import_customer_command *c, struct arena *a, struct error *e)
{
    struct object_imported object = c->object;
    struct customer_create_command create = {.user = c->user,
                                             .currency = c->currency,
                                             .locale = c->locale,
                                             .party = c->party,
                                             .tax_exempt = c->tax_exempt};
    struct customer_update_command update = {
        .user = c->user, .locale = c->locale, .party = c->party, .tax_exempt = c->tax_exempt};
    if (is_known(f, &c->object)) return OK;
    enum err err = check_link(f, c, e);
    if (err == OK)
        err = f->customer == NULL ? decide_customer_create(out, f, &create, a, e)
                                  : decide_customer_update(out, f, &update, a, e);
    if (err == OK) err = open_credit(&object.opened, f, c, e);
    uint64_t customer = f->customer == NULL ? f->counters.customer : f->customer->customer;
    return err == OK ? keep_object(out, f, &object, customer, a, e) : err;
}

/* ---- payment methods ---- */

enum err decide_import_method(struct decision *out, const struct facts *f,
                              const struct import_method_command *c, struct arena *a, struct error *e)
{
    struct payment_method_add_command add = {
        .user = c->user, .token = c->card.token, .card = c->card, .is_default = c->is_default};
    if (is_known(f, &c->object)) return OK;
    enum err err = decide_payment_method_add(out, f, &add, a, e);
    return err == OK ? keep_object(out, f, &c->object, f->customer->customer, a, e) : err;
}

/* ---- subscriptions ---- */

static const struct subscription *live_called(const struct facts *f, struct str reference)
{
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        if (str_equal(f->subscriptions[i].reference, reference)) return &f->subscriptions[i];
    }
    return NULL;
}

/* Beside what the ledger charges for nobody can be put what Stripe charges for: one of them was forgotten. */
static bool stands_beside(const struct facts *f)
{
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        const struct subscription *s = &f->subscriptions[i];
        if (s->parent == 0 && !subscription_is_elsewhere(s) && !s->terms.free) return false;
    }
    return true;
}

static enum err begin(struct decision *out, const struct facts *f,
                      const struct import_subscription_command *c, struct arena *a, struct error *e)
{
    struct subscription_create_command create = {.user = c->user,
                                                 .tier = c->tier,
                                                 .interval = c->interval,
                                                 .interval_count = c->interval_count,
                                                 .quantity = c->quantity,
                                                 .currency = c->currency,
                                                 .price = c->price,
                                                 .start = c->start,
                                                 .charged_through = c->period_end,
                                                 .another = stands_beside(f),
                                                 .billing_owner = BILLED_BY_STRIPE,
                                                 .reference = c->object.reference,
                                                 .no_trial = true};
    return decide_subscription_create(out, f, &create, a, e);
}

static enum err follow(struct decision *out, const struct facts *f,
                       const struct import_subscription_command *c, struct arena *a, struct error *e)
{
    struct subscription_follow_command follow = {.user = c->user,
                                                 .reference = c->object.reference,
                                                 .tier = c->tier,
                                                 .interval = c->interval,
                                                 .interval_count = c->interval_count,
                                                 .quantity = c->quantity,
                                                 .price = c->price,
                                                 .period_end = c->period_end,
                                                 .cancel_at_period_end = c->cancel_at_period_end,
                                                 .status = c->status,
                                                 .ended = c->ended,
                                                 .as_of = c->as_of};
    return decide_subscription_follow(out, f, &follow, a, e);
}

/* The number of the one that the decision begins; 0: it begins none. */
static uint64_t begun(const struct decision *out)
{
    for (size_t i = 0; i < out->events.count; i++) {
        const struct event *ev = &out->events.items[i];
        if (ev->type == EVENT_SUBSCRIPTION_CREATED) return ev->subscription_created.subscription;
    }
    return 0;
}

/* What it is beside active - past due, about to end - is followed when it is read the next time: until then
 * its digest is none. */
enum err decide_import_subscription(struct decision *out, const struct facts *f,
                                    const struct import_subscription_command *c, struct arena *a,
                                    struct error *e)
{
    struct object_imported object = c->object;
    const struct subscription *known = live_called(f, object.reference);
    bool over = c->ended || c->status == SUBSCRIPTION_NONE;
    bool plain = c->status == SUBSCRIPTION_ACTIVE && c->cancel_at_period_end != YES_NO_YES;
    if (is_known(f, &object)) return OK;
    enum err err = need_customer(f, c->user, e);
    if (f->imported != NULL) object.subscription = f->imported->subscription;
    if (err == OK && known != NULL) {
        object.subscription = known->subscription;
        err = follow(out, f, c, a, e);
    } else if (err == OK && !over) {
        err = begin(out, f, c, a, e);
        object.subscription = begun(out);
        if (!plain) object.sha256 = (struct hash){{0}};
    }
    return err == OK ? keep_object(out, f, &object, f->customer->customer, a, e) : err;
}

/* ---- what is added to a subscription ---- */

static const struct subscription *added_of(const struct facts *f, const struct subscription *plan,
                                           struct str tier)
{
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        const struct subscription *s = &f->subscriptions[i];
        bool added = s->parent == plan->subscription && subscription_is_elsewhere(s);
        if (added && str_equal(s->terms.product, tier)) return s;
    }
    return NULL;
}

/* `number` is the next subscription's. */
static enum err add_item(struct decision *out, const struct facts *f, const struct subscription *plan,
                         const struct import_items_command *c, const struct import_item *item,
                         uint64_t number, struct arena *a, struct error *e)
{
    struct facts then = *f;
    then.subscription = plan;
    then.counters.subscription = number;
    struct date today = f->today, end = c->period_end;
    struct subscription_create_command create = {
        .user = c->user,
        .tier = item->tier,
        .quantity = item->quantity,
        .currency = c->currency,
        .start = date_is_given(end) && date_compare(end, today) < 0 ? end : today,
        .charged_through = end,
        .billing_owner = BILLED_BY_STRIPE,
        .no_trial = true};
    return subscription_begin(out, &then, &create, a, e);
}

/* One that is there has other seats, or has ended. */
static enum err follow_item(struct decision *out, const struct facts *f, const struct subscription *s,
                            const struct import_items_command *c, uint64_t quantity, struct arena *a,
                            struct error *e)
{
    struct facts then = *f;
    struct subscription_follow_command follow = {.user = c->user,
                                                 .subscription =
                                                     str_format(a, "sub_%ju", (uintmax_t)s->subscription),
                                                 .quantity = quantity,
                                                 .ended = quantity == 0,
                                                 .as_of = c->as_of};
    then.subscription = s;
    return decide_subscription_follow(out, &then, &follow, a, e);
}

static bool is_named(const struct import_items_command *c, struct str tier)
{
    for (size_t i = 0; i < c->items_count; i++) {
        if (str_equal(c->items[i].tier, tier)) return true;
    }
    return false;
}

static enum err take_items(struct decision *out, const struct facts *f, const struct subscription *plan,
                           const struct import_items_command *c, struct arena *a, struct error *e)
{
    uint64_t number = f->counters.subscription;
    enum err err = OK;
    for (size_t i = 0; i < c->items_count && err == OK; i++) {
        const struct import_item *item = &c->items[i];
        const struct subscription *s = added_of(f, plan, item->tier);
        uint64_t quantity = item->quantity == 0 ? 1 : item->quantity;
        if (s == NULL)
            err = add_item(out, f, plan, c, item, number++, a, e);
        else if (s->quantity != quantity)
            err = follow_item(out, f, s, c, quantity, a, e);
    }
    for (size_t i = 0; i < f->subscriptions_count && err == OK; i++) {
        const struct subscription *s = &f->subscriptions[i];
        bool gone =
            s->parent == plan->subscription && subscription_is_elsewhere(s) && !is_named(c, s->terms.product);
        if (gone) err = follow_item(out, f, s, c, 0, a, e);
    }
    return err;
}

/* Of a plan that has ended, or is the ledger's by now, what Stripe adds to it is no matter any more. */
enum err decide_import_items(struct decision *out, const struct facts *f,
                             const struct import_items_command *c, struct arena *a, struct error *e)
{
    const struct subscription *plan = live_called(f, c->object.about);
    if (is_known(f, &c->object)) return OK;
    enum err err = need_customer(f, c->user, e);
    if (err != OK || plan == NULL || !subscription_is_elsewhere_on(plan, f->today)) return err;
    err = take_items(out, f, plan, c, a, e);
    return err == OK ? keep_object(out, f, &c->object, f->customer->customer, a, e) : err;
}

/* ---- history ---- */

enum err decide_import_document(struct decision *out, const struct facts *f,
                                const struct import_document_command *c, struct arena *a, struct error *e)
{
    if (is_known(f, &c->object)) return OK;
    struct object_imported object = c->object;
    if (c->customer != 0 && f->customer == NULL)
        return fail(e, ERR_NOT_FOUND, "no customer %ju", (uintmax_t)c->customer);
    if (f->movement_noted) object.opened = money_zero(object.opened); /* it is booked */
    return keep_object(out, f, &object, c->customer, a, e);
}

enum err decide_import_progress(struct decision *out, const struct facts *f,
                                const struct import_progress_command *c, struct arena *a, struct error *e)
{
    (void)f;
    (void)e;
    event_add(&out->events, EVENT_IMPORT_PROGRESSED, a)->import_progressed = c->progress;
    return OK;
}
