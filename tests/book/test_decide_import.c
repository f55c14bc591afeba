/* SPDX-License-Identifier: MIT */
/* test_decide_import.c - what another system has, taken here: the same object twice is taken once, credit is
 * spent in one place, nobody is billed by two, and history moves no money. */
#include "tests/book/facts.h"

TestSuite(import, .init = test_begin, .fini = test_end);

static struct object_imported object(enum imported_kind kind, const char *reference, uint8_t digest)
{
    return (struct object_imported){.kind = kind,
                                    .gateway = STR("stripe"),
                                    .reference = str_of(reference),
                                    .sha256 = {{digest}},
                                    .at = date_start(day("2024-05-05"))};
}

static struct command customer(uint8_t digest, int64_t credit)
{
    struct command c = {.type = COMMAND_IMPORT_CUSTOMER};
    c.import_customer = (struct import_customer_command){
        .user = STR("ann"), .currency = STR("USD"), .object = object(IMPORTED_CUSTOMER, "cus_A", digest)};
    c.import_customer.object.opened = usd(credit);
    return c;
}

/* The facts as they are behind a decision about that object. */
static struct object_imported taken(struct facts *f, const struct decision *d)
{
    const struct event *ev = find(d, EVENT_OBJECT_IMPORTED, 0);
    cr_assert_not_null(ev);
    struct object_imported *kept = arena_new_of(A, struct object_imported);
    *kept = ev->object_imported;
    f->imported = kept;
    if (kept->kind == IMPORTED_CUSTOMER) f->known_as = kept;
    f->counters.imported = kept->object + 1;
    return *kept;
}

static struct facts facts(void)
{
    struct facts f = facts_on("2025-06-01");
    f.counters.imported = 1;
    return f;
}

static void credit_is(struct facts *f, int64_t cents)
{
    struct customer *c = arena_new_of(A, struct customer);
    struct balance *b = arena_new_of(A, struct balance);
    *c = *f->customer;
    *b = (struct balance){usd(cents), usd(0)};
    c->balances = b;
    c->balances_count = 1;
    f->customer = c;
}

static void at_stripe(struct facts *f)
{
    struct subscription *s = arena_new_of(A, struct subscription);
    *s = *f->subscription;
    s->billing_owner = BILLED_BY_STRIPE;
    s->reference = STR("sub_A");
    s->charges_count = 0;
    f->subscription = f->subscriptions = s;
}

Test(import, the_same_object_is_taken_once_and_another_digest_keeps_its_number)
{
    struct facts f = facts();
    struct command first = customer(1, 500), other = customer(2, 500);
    struct decision d = decided(&f, &first);
    cr_assert_not_null(find(&d, EVENT_CUSTOMER_CREATED, 0));
    assert_int(taken(&f, &d).object, 1);
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-05-15", "2025-06-15");
    d = decided(&f, &first);
    assert_int(d.events.count, 0);
    other.import_customer.party.name = STR("Ann");
    d = decided(&f, &other);
    cr_assert_not_null(find(&d, EVENT_CUSTOMER_UPDATED, 0));
    assert_int(taken(&f, &d).object, 1);
}

Test(import, credit_goes_with_what_is_spent_there_only_while_something_is_billed_there)
{
    struct facts f = facts();
    struct command before = customer(1, 500), after = customer(2, 200);
    struct decision d = decided(&f, &before);
    assert_int(taken(&f, &d).opening.minor, 500);
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-05-15", "2025-06-15");
    credit_is(&f, 500);
    struct facts theirs = f;
    at_stripe(&theirs);
    d = decided(&theirs, &after);
    assert_int(find(&d, EVENT_OBJECT_IMPORTED, 0)->object_imported.opening.minor, -300);
    credit_is(&theirs, 100); /* the rest was spent here */
    d = decided(&theirs, &after);
    assert_int(find(&d, EVENT_OBJECT_IMPORTED, 0)->object_imported.opening.minor, -100);
    d = decided(&f, &after); /* the ledger bills him */
    assert_int(find(&d, EVENT_OBJECT_IMPORTED, 0)->object_imported.opening.minor, 0);
}

Test(import, two_customers_there_are_not_one_here)
{
    struct facts f = facts();
    struct command first = customer(1, 0), second = customer(2, 0);
    struct decision d = decided(&f, &first), none = {0};
    (void)taken(&f, &d);
    f.imported = NULL;
    second.import_customer.object.reference = STR("cus_B");
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-05-15", "2025-06-15");
    assert_err_says(decide(&none, &f, &second, A, E), ERR_REFUSED, "cus_A there already");
}

static struct command subscription(enum subscription_status status)
{
    struct command c = {.type = COMMAND_IMPORT_SUBSCRIPTION};
    c.import_subscription =
        (struct import_subscription_command){.user = STR("ann"),
                                             .tier = STR("basic"),
                                             .interval = BILLING_MONTH,
                                             .currency = STR("USD"),
                                             .start = day("2025-01-15"),
                                             .period_end = day("2025-06-15"),
                                             .cancel_at_period_end = YES_NO_NO,
                                             .status = status,
                                             .as_of = date_start(day("2025-06-01")),
                                             .object = object(IMPORTED_SUBSCRIPTION, "sub_A", 1)};
    return c;
}

Test(import, beside_what_the_ledger_charges_for_none_of_stripes_begins)
{
    struct facts f = facts();
    struct decision d = {0};
    struct command c = subscription(SUBSCRIPTION_ACTIVE);
    subscribe(&f, "pro", INTERVAL_MONTH, 9900, "2025-05-15", "2025-06-15");
    assert_err_says(decide(&d, &f, &c, A, E), ERR_REFUSED, "has a subscription to 'pro' already");
}

Test(import, one_that_has_ended_or_not_begun_there_is_history_alone)
{
    struct facts f = facts();
    struct command c = subscription(SUBSCRIPTION_NONE);
    subscribe(&f, "pro", INTERVAL_MONTH, 9900, "2025-05-15", "2025-06-15");
    for (int ended = 0; ended < 2; ended++) {
        c.import_subscription.ended = ended == 1;
        struct decision d = decided(&f, &c);
        assert_int(d.events.count, 1);
        assert_int(d.events.items[0].object_imported.subscription, 0);
    }
}

/* Who has been taken over is not given back. */
Test(import, what_was_taken_over_stays_the_ledgers)
{
    struct facts f = facts();
    struct decision d = {0};
    struct command c = subscription(SUBSCRIPTION_ACTIVE);
    subscribe(&f, "basic", INTERVAL_MONTH, 2900, "2025-05-15", "2025-06-15");
    struct subscription *s = arena_new_of(A, struct subscription);
    *s = *f.subscription;
    s->reference = STR("sub_A");
    s->take_over_on = day("2025-05-15");
    s->followed_at = date_start(day("2025-05-01"));
    f.subscription = f.subscriptions = s;
    c.import_subscription.period_end = day("2025-05-15");
    d = decided(&f, &c);
    assert_int(d.events.count, 1); /* only that it was seen */
    cr_assert(d.events.items[0].type == EVENT_OBJECT_IMPORTED);
    struct decision none = {0};
    c.import_subscription.period_end = day("2025-06-15");
    assert_err_says(decide(&none, &f, &c, A, E), ERR_REFUSED, "give one of the two back");
}

static int64_t posted(const struct event *ev, enum account account)
{
    const struct posting *p = NULL;
    size_t count = 0;
    int64_t sum = 0, all = 0;
    assert_ok(event_postings(&p, &count, ev, A, E));
    for (size_t i = 0; i < count; i++) {
        all += p[i].amount.minor;
        if (p[i].account == account) sum += p[i].amount.minor;
    }
    assert_int(all, 0);
    return sum;
}

Test(import, cash_and_credit_stand_against_the_opening_balance_and_documents_against_nothing)
{
    struct event ev = {.type = EVENT_OBJECT_IMPORTED};
    ev.object_imported = object(IMPORTED_BALANCE_TRANSACTION, "txn_A", 1);
    ev.object_imported.amount = usd(2786);
    ev.object_imported.opened = ev.object_imported.opening = usd(2786);
    assert_int(posted(&ev, ACCOUNT_CASH), 2786);
    assert_int(posted(&ev, ACCOUNT_OPENING), -2786);
    ev.object_imported.kind = IMPORTED_CUSTOMER;
    assert_int(posted(&ev, ACCOUNT_CUSTOMER_CREDIT), -2786);
    assert_int(posted(&ev, ACCOUNT_OPENING), 2786);
    ev.object_imported = object(IMPORTED_INVOICE, "in_A", 1);
    ev.object_imported.amount = ev.object_imported.settled = usd(2900);
    for (int account = ACCOUNT_CASH; account < 6000; account++)
        assert_int(posted(&ev, (enum account)account), 0);
}

/* What a payment of this ledger's moved, once that is known, opens nothing. */
Test(import, what_turns_out_to_be_our_own_money_is_taken_out_again)
{
    struct facts f = facts();
    struct command c = {.type = COMMAND_IMPORT_DOCUMENT};
    c.import_document.object = object(IMPORTED_BALANCE_TRANSACTION, "txn_A", 1);
    c.import_document.object.amount = c.import_document.object.opened = usd(2786);
    struct decision d = decided(&f, &c);
    assert_int(taken(&f, &d).opening.minor, 2786);
    c.import_document.object.sha256.bytes[0] = 2;
    c.import_document.object.opened = usd(0);
    d = decided(&f, &c);
    assert_int(taken(&f, &d).opening.minor, -2786);
}
