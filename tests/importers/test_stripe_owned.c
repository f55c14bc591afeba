/* SPDX-License-Identifier: MIT */
/* Subscriptions that Stripe bills: what it tells of them is followed, in both shapes of its objects, in any
 * order, and never touches one that the ledger bills. */
#include "tests/importers/messages.h"

TestSuite(stripe_owned, .init = test_begin, .fini = test_end);

struct told {
    const char *type, *tier, *status;
    int at;               /* seconds behind the beginning of 2026 */
    bool ends;            /* cancel_at_period_end */
    bool old;             /* in the shape before 2025 */
    const char *customer; /* NULL: ann's */
    const char *was;      /* its status before; NULL: nothing is said of that */
};

static int events_told;

static const char *event_of(const char *type, int at, struct str object, const char *previous)
{
    struct str body = str_format(A,
                                 "{\"id\":\"evt_%d\",\"object\":\"event\",\"livemode\":false,\"created\":%d,"
                                 "\"type\":\"%s\",\"data\":{\"object\":%.*s%s}}",
                                 ++events_told, 1767225600 + at, type, STR_ARG(object), previous);
    return str_cstring(A, body);
}

/* What a customer is called there: the server names him when a method is attached. */
static struct str customer_there(struct bank *b)
{
    size_t count = 0;
    struct method *methods = bank_methods(b, 1, &count);
    return count == 0 ? STR("cus_nobody") : methods[0].gateway_customer;
}

static struct webhook tell(struct bank *b, struct told v)
{
    static const char period[] = "\"current_period_end\":1769904000"; /* 2026-02-01 */
    struct str customer = v.customer == NULL ? customer_there(b) : str_of(v.customer);
    struct str object = str_format(A,
                                   "{\"id\":\"sub_at_stripe\",\"object\":\"subscription\",\"status\":\"%s\","
                                   "\"customer\":\"%.*s\",\"metadata\":{},"
                                   "\"cancel_at_period_end\":%s%s%s,\"items\":{\"object\":\"list\",\"data\":["
                                   "{\"id\":\"si_1\",\"quantity\":1%s%s,"
                                   "\"price\":{\"id\":\"price_1\",\"lookup_key\":\"%s\",\"recurring\":{"
                                   "\"interval\":\"month\",\"interval_count\":1}}}]}}",
                                   v.status, STR_ARG(customer), v.ends ? "true" : "false", v.old ? "," : "",
                                   v.old ? period : "", v.old ? "" : ",", v.old ? "" : period, v.tier);
    struct str previous =
        v.was == NULL ? STR("") : str_format(A, ",\"previous_attributes\":{\"status\":\"%s\"}", v.was);
    return deliver(b, event_of(v.type, v.at, object, str_cstring(A, previous)));
}

static struct webhook tell_invoice(struct bank *b, const char *type, int at, bool old)
{
    struct str object = str_format(
        A, "{\"id\":\"in_1\",\"object\":\"invoice\",\"customer\":\"%.*s\",%s}", STR_ARG(customer_there(b)),
        old ? "\"subscription\":\"sub_at_stripe\""
            : "\"parent\":{\"subscription_details\":{\"subscription\":\"sub_at_stripe\"}}");
    return deliver(b, event_of(type, at, object, ""));
}

/* In place: Stripe's end keeps the address of its clock. */
static void with_ann(struct bank *b)
{
    *b = bank_open(NULL, 0);
    events_told = 0;
    bank_connect(b);
    bank_customer(b, "ann", "pm_card_visa");
}

Test(stripe_owned, a_life_at_stripe_is_followed_from_its_beginning_to_the_free_tier)
{
    for (int old = 0; old < 2; old++) {
        test_end();
        test_begin();
        struct bank b;
        with_ann(&b);
        assert_outcome(tell(&b, (struct told){.type = "customer.subscription.created",
                                              .tier = "basic",
                                              .status = "active",
                                              .at = 10,
                                              .old = old != 0}),
                       WEBHOOK_APPLIED);
        struct subscription s = bank_subscription(&b, 1);
        assert_str(s.terms.product, "basic");
        cr_assert(s.billing_owner == BILLED_BY_STRIPE);
        assert_str(s.reference, "sub_at_stripe");
        assert_outcome(tell(&b, (struct told){.type = "customer.subscription.updated",
                                              .tier = "pro",
                                              .status = "active",
                                              .at = 20,
                                              .old = old != 0}),
                       WEBHOOK_APPLIED);
        assert_str(bank_subscription(&b, 1).terms.product, "pro");
        assert_outcome(tell_invoice(&b, "invoice.payment_failed", 30, old != 0), WEBHOOK_APPLIED);
        cr_assert(bank_subscription(&b, 1).status == SUBSCRIPTION_PAST_DUE);
        assert_outcome(tell_invoice(&b, "invoice.payment_succeeded", 40, old != 0), WEBHOOK_APPLIED);
        assert_outcome(tell_invoice(&b, "invoice.paid", 40, old != 0), WEBHOOK_APPLIED);
        cr_assert(bank_subscription(&b, 1).status == SUBSCRIPTION_ACTIVE);
        assert_outcome(tell(&b, (struct told){.type = "customer.subscription.deleted",
                                              .tier = "pro",
                                              .status = "canceled",
                                              .at = 50,
                                              .old = old != 0}),
                       WEBHOOK_APPLIED);
        cr_assert(bank_subscription(&b, 1).status == SUBSCRIPTION_CANCELED);
        assert_str(bank_subscription(&b, 2).terms.product, "free");
        cr_assert(bank_subscription(&b, 2).billing_owner == BILLED_BY_LEDGER);
        bank_close(&b);
    }
}

Test(stripe_owned, what_is_older_than_what_was_told_changes_nothing)
{
    struct bank b;
    with_ann(&b);
    (void)tell(&b,
               (struct told){
                   .type = "customer.subscription.created", .tier = "basic", .status = "active", .at = 10});
    (void)tell(&b, (struct told){
                       .type = "customer.subscription.updated", .tier = "pro", .status = "active", .at = 30});
    (void)tell(&b,
               (struct told){
                   .type = "customer.subscription.updated", .tier = "basic", .status = "past_due", .at = 20});
    struct subscription s = bank_subscription(&b, 1);
    assert_str(s.terms.product, "pro");
    cr_assert(s.status == SUBSCRIPTION_ACTIVE);
    (void)tell(&b,
               (struct told){
                   .type = "customer.subscription.deleted", .tier = "pro", .status = "canceled", .at = 50});
    (void)tell(&b, (struct told){
                       .type = "customer.subscription.updated", .tier = "pro", .status = "active", .at = 40});
    cr_assert(bank_subscription(&b, 1).status == SUBSCRIPTION_CANCELED);
    bank_close(&b);
}

/* ---- in any order ---- */

enum { CREATED, UPDATED, DELETED, TOLD };
static const struct told life[TOLD] = {
    {.type = "customer.subscription.created", .tier = "basic", .status = "active", .at = 10},
    {.type = "customer.subscription.updated", .tier = "pro", .status = "past_due", .at = 20},
    {.type = "customer.subscription.deleted", .tier = "pro", .status = "canceled", .at = 30},
};

static bool is_begun(struct bank *b)
{
    struct views_txn *t = NULL;
    struct subscription row = {0};
    assert_ok(ledger_read_begin(&t, b->l, E));
    enum err err = load_subscription(&row, t, 1, A, E);
    ledger_read_end(b->l, t);
    return err == OK;
}

/* Tells what the digits of `order` say, from the last one on. */
static void told_in_order(struct bank *b, int order, int count)
{
    test_end();
    test_begin();
    with_ann(b);
    for (int i = 0; i < count; i++, order /= TOLD) (void)tell(b, life[order % TOLD]);
}

/* Some come twice, with another id; some not at all. */
Test(stripe_owned, in_any_order_an_end_is_final_and_the_newest_stands)
{
    enum { COUNT = 4, ORDERS = TOLD * TOLD * TOLD * TOLD };
    for (int order = 0; order < ORDERS; order++) {
        bool created = false, updated = false, deleted = false, ended_before = false;
        for (int i = 0, rest = order; i < COUNT; i++, rest /= TOLD) {
            created = created || rest % TOLD == CREATED;
            updated = updated || rest % TOLD == UPDATED;
            deleted = deleted || rest % TOLD == DELETED;
            ended_before = ended_before || (deleted && !created);
        }
        struct bank b;
        told_in_order(&b, order, COUNT);
        bool begun = created && !ended_before;
        cr_assert(is_begun(&b) == begun, "order %d", order);
        if (begun) {
            struct subscription s = bank_subscription(&b, 1);
            enum subscription_status wanted = deleted   ? SUBSCRIPTION_CANCELED
                                              : updated ? SUBSCRIPTION_PAST_DUE
                                                        : SUBSCRIPTION_ACTIVE;
            cr_assert(s.status == wanted, "order %d: %s", order, choice_subscription_status.words[s.status]);
        }
        bank_close(&b);
    }
}

Test(stripe_owned, an_update_that_came_before_the_beginning_is_followed_with_it)
{
    struct bank b;
    with_ann(&b);
    assert_outcome(tell(&b, life[UPDATED]), WEBHOOK_ATTENTION);
    assert_outcome(tell(&b, life[CREATED]), WEBHOOK_APPLIED);
    assert_str(bank_subscription(&b, 1).terms.product, "pro");
    struct views_txn *t = NULL;
    struct webhook row = {0};
    assert_ok(ledger_read_begin(&t, b.l, E));
    assert_ok(load_webhook(&row, t, 1, A, E));
    assert_outcome(row, WEBHOOK_APPLIED);
    ledger_read_end(b.l, t);
    bank_close(&b);
}

Test(stripe_owned, one_that_has_ended_before_it_is_told_of_is_not_begun)
{
    struct bank b;
    with_ann(&b);
    assert_outcome(tell(&b, life[DELETED]), WEBHOOK_KNOWN);
    assert_outcome(tell(&b, life[CREATED]), WEBHOOK_KNOWN);
    assert_outcome(tell(&b, life[UPDATED]), WEBHOOK_KNOWN);
    cr_assert(!is_begun(&b));
    bank_close(&b);
}

/* ... also when nobody knew the customer, so that its end was foreign. */
Test(stripe_owned, one_whose_end_was_foreign_is_not_begun)
{
    struct bank b = bank_open(NULL, 0);
    struct told created = life[CREATED], deleted = life[DELETED];
    events_told = 0;
    bank_connect(&b);
    created.customer = deleted.customer = "cus_of_somebody";
    assert_outcome(tell(&b, deleted), WEBHOOK_FOREIGN);
    bank_customer(&b, "ann", "pm_card_visa");
    created.customer = NULL;
    assert_outcome(tell(&b, created), WEBHOOK_KNOWN);
    cr_assert(!is_begun(&b));
    bank_close(&b);
}

/* A crash between the beginning and the note of it, or somebody who began it by hand. */
Test(stripe_owned, one_that_is_begun_already_is_followed)
{
    struct bank b;
    with_ann(&b);
    struct outcome out = {0};
    struct command c = {.type = COMMAND_SUBSCRIPTION_CREATE,
                        .subscription_create = {.user = STR("ann"),
                                                .tier = STR("basic"),
                                                .billing_owner = BILLED_BY_STRIPE,
                                                .reference = STR("sub_at_stripe"),
                                                .no_trial = true}};
    assert_ok(bank_run(&out, &b, &c, E));
    assert_outcome(tell(&b, life[CREATED]), WEBHOOK_APPLIED);
    cr_assert(bank_subscription(&b, 1).followed_at.us > 0);
    bank_close(&b);
}

/* ---- looked at again ---- */

static struct webhooks_seen look_again(struct bank *b, const char *from)
{
    struct webhook_door d = {.ledger = b->l, .world = WEBHOOK_TEST, .now = b->sim.now, .actor = STR("test")};
    struct webhooks_seen seen = {0};
    assert_ok(webhooks_look_again(&seen, &d, from == NULL ? (struct date){0} : day(from), E));
    return seen;
}

/* A customer is made at Stripe, but her payment method is not attached: nothing here has his name there. */
static const char *half_made_customer(struct bank *b)
{
    const struct stripe_fault_rule rule = {
        .method = "POST", .path = "/v1/payment_methods/*/attach", .fault = STRIPE_FAULT_CLOSE_BEFORE};
    struct error unknown = {0};
    uint64_t after = 0;
    stripe_server_rules(b->server, &rule, 1);
    shop_customer(b->l, "ann");
    cr_assert(bank_add_method(b, "ann", "pm_card_visa", &unknown) != OK);
    stripe_server_rules(b->server, NULL, 0);
    char *made = stripe_server_event(b->server, &after);
    const char *name = made == NULL ? NULL : strstr(made, "cus_");
    cr_assert(name != NULL, "%s", made);
    const char *copy = str_cstring(A, (struct str){name, strcspn(name, "\"")});
    free(made);
    return copy;
}

/* The customer is known by a payment method that is added a minute later. */
Test(stripe_owned, what_was_foreign_is_followed_when_its_customer_is_known)
{
    for (int order = 0; order < 2; order++) {
        test_end();
        test_begin();
        struct bank b = bank_open(NULL, 0);
        struct told theirs[] = {life[order == 0 ? CREATED : UPDATED], life[order == 0 ? UPDATED : CREATED]};
        events_told = 0;
        bank_connect(&b);
        theirs[0].customer = theirs[1].customer = half_made_customer(&b);
        assert_outcome(tell(&b, theirs[0]), WEBHOOK_FOREIGN);
        assert_outcome(tell(&b, theirs[1]), WEBHOOK_FOREIGN);
        assert_ok(bank_add_method(&b, "ann", "pm_card_visa", E));
        cr_assert(look_again(&b, "2026-01-02").looked_at == 0);
        struct webhooks_seen seen = look_again(&b, NULL);
        assert_int(seen.still_foreign, 0);
        assert_str(bank_subscription(&b, 1).terms.product, "pro");
        cr_assert(bank_subscription(&b, 1).status == SUBSCRIPTION_PAST_DUE);
        assert_int(look_again(&b, NULL).looked_at, 0);
        bank_close(&b);
    }
}

Test(stripe_owned, what_cannot_be_followed_asks_for_somebody)
{
    struct bank b;
    with_ann(&b);
    struct webhook w = tell(&b, (struct told){.type = "customer.subscription.created",
                                              .tier = "nothing-we-sell",
                                              .status = "active",
                                              .at = 10});
    assert_outcome(w, WEBHOOK_ATTENTION);
    cr_assert(strstr(str_cstring(A, w.what), "nothing-we-sell") != NULL, "%.*s", STR_ARG(w.what));
    assert_outcome(tell(&b, (struct told){.type = "customer.subscription.created",
                                          .tier = "basic",
                                          .status = "active",
                                          .at = 10,
                                          .customer = "cus_somebody_else"}),
                   WEBHOOK_FOREIGN);
    assert_outcome(
        deliver(&b, event_of("invoice.paid", 10, STR("{\"id\":\"in_1\",\"object\":\"invoice\"}"), "")),
        WEBHOOK_FOREIGN);
    bank_close(&b);
}

Test(stripe_owned, one_that_is_not_paid_yet_is_begun_when_it_is)
{
    struct bank b;
    with_ann(&b);
    assert_outcome(tell_invoice(&b, "invoice.paid", 9, false), WEBHOOK_FOREIGN); /* of none here yet */
    assert_outcome(tell(&b, (struct told){.type = "customer.subscription.created",
                                          .tier = "basic",
                                          .status = "incomplete",
                                          .at = 10}),
                   WEBHOOK_KNOWN);
    cr_assert(!is_begun(&b));
    assert_outcome(tell(&b, (struct told){.type = "customer.subscription.updated",
                                          .tier = "basic",
                                          .status = "active",
                                          .was = "incomplete",
                                          .at = 20}),
                   WEBHOOK_APPLIED);
    cr_assert(is_begun(&b));
    assert_day(bank_subscription(&b, 1).charged_through, "2026-02-01");
    assert_outcome(tell_invoice(&b, "invoice.payment_failed", 30, false), WEBHOOK_APPLIED);
    cr_assert(bank_subscription(&b, 1).status == SUBSCRIPTION_PAST_DUE);
    bank_close(&b);
}

Test(stripe_owned, one_that_the_ledger_bills_is_never_touched)
{
    struct bank b;
    with_ann(&b);
    struct outcome out = {0};
    struct command c = {.type = COMMAND_SUBSCRIPTION_CREATE,
                        .subscription_create = {.user = STR("ann"), .tier = STR("basic")}};
    assert_ok(bank_run(&out, &b, &c, E));
    assert_outcome(tell(&b, (struct told){.type = "customer.subscription.updated",
                                          .tier = "pro",
                                          .status = "active",
                                          .at = 10}),
                   WEBHOOK_ATTENTION);
    assert_outcome(tell(&b, (struct told){.type = "customer.subscription.deleted",
                                          .tier = "pro",
                                          .status = "canceled",
                                          .at = 20}),
                   WEBHOOK_ATTENTION);
    assert_outcome(tell_invoice(&b, "invoice.payment_failed", 30, false), WEBHOOK_ATTENTION);
    struct subscription s = bank_subscription(&b, 1);
    assert_str(s.terms.product, "basic");
    cr_assert(s.status == SUBSCRIPTION_ACTIVE);
    bank_close(&b);
}

Test(stripe_owned, a_payment_method_that_was_detached_there_is_forgotten)
{
    struct bank b;
    with_ann(&b);
    size_t count = 0;
    struct method hers = bank_methods(&b, 1, &count)[0];
    struct str object = str_format(A, "{\"id\":\"%.*s\",\"object\":\"payment_method\",\"customer\":null}",
                                   STR_ARG(hers.token));
    struct str previous =
        str_format(A, ",\"previous_attributes\":{\"customer\":\"%.*s\"}", STR_ARG(hers.gateway_customer));
    const char *body = event_of("payment_method.detached", 10, object, str_cstring(A, previous));
    assert_outcome(deliver(&b, body), WEBHOOK_APPLIED);
    (void)bank_methods(&b, 1, &count);
    assert_int(count, 0);
    bank_close(&b);
}

/* An app may mean something else by a user_id. */
Test(stripe_owned, who_is_known_there_is_he_whatever_the_metadata_say)
{
    struct bank b;
    with_ann(&b);
    struct str object = str_format(
        A,
        "{\"id\":\"sub_at_stripe\",\"object\":\"subscription\",\"status\":\"active\",\"customer\":\"%.*s\","
        "\"metadata\":{\"user_id\":\"4711\"},\"items\":{\"data\":[{\"quantity\":1,\"current_period_end\":"
        "1769904000,\"price\":{\"lookup_key\":\"basic\",\"recurring\":{\"interval\":\"month\"}}}]}}",
        STR_ARG(customer_there(&b)));
    assert_outcome(deliver(&b, event_of("customer.subscription.created", 10, object, "")), WEBHOOK_APPLIED);
    assert_int(bank_subscription(&b, 1).customer, 1);
    bank_close(&b);
}
