/* SPDX-License-Identifier: MIT */
/* test_chronicle.c - a whole story of a customer is accepted; with any one word of it changed into what no
 * ledger may hold, the event is named and why. */
#include "ledger/book.h"
#include "tests/lib/fixture.h"

enum { EVENTS_MAX = 32 };

static struct event story[EVENTS_MAX];
static size_t length;
static struct line lines[2], credit_lines[1];
static struct allocation pays[1], settles[1];
static struct reading readings[2];
static struct balance_movement movements[1];

static struct money usd(int64_t cents)
{
    return money_of(cents, "USD");
}

static struct event *tell(enum event_type type)
{
    cr_assert_lt(length, EVENTS_MAX);
    story[length] = (struct event){.type = type};
    return &story[length++];
}

static void tell_customers(void)
{
    for (uint64_t i = 1; i <= 2; i++)
        tell(EVENT_CUSTOMER_CREATED)->customer_created =
            (struct customer_created){.customer = i, .user = STR("ann"), .currency = STR("USD")};
    for (uint64_t i = 1; i <= 2; i++)
        tell(EVENT_SUBSCRIPTION_CREATED)->subscription_created =
            (struct subscription_created){.subscription = i, .customer = i};
}

static void tell_invoice(void)
{
    lines[0] =
        (struct line){.subscription = 1, .amount = usd(10000), .discount = usd(1000), .tax = usd(1710)};
    lines[1] = (struct line){.subscription = 1, .amount = usd(500), .tax = usd(95)};
    tell(EVENT_INVOICE_FINALIZED)->invoice_finalized =
        (struct invoice_finalized){.invoice = 1,
                                   .customer = 1,
                                   .number = STR("INV-2025-000001"),
                                   .series = STR("INV-2025"),
                                   .serial = 1,
                                   .issue_date = day("2025-02-01"),
                                   .lines = lines,
                                   .lines_count = 2,
                                   .subtotal = usd(10500),
                                   .discount = usd(1000),
                                   .tax = usd(1805),
                                   .total = usd(11305),
                                   .credit_applied = usd(305),
                                   .amount_due = usd(11000)};
}

static void tell_credit_note(void)
{
    credit_lines[0] = (struct line){.amount = usd(-500), .tax = usd(-95), .credits = 1};
    settles[0] = (struct allocation){1, usd(595)};
    tell(EVENT_INVOICE_FINALIZED)->invoice_finalized =
        (struct invoice_finalized){.invoice = 2,
                                   .customer = 1,
                                   .kind = INVOICE_CREDIT_NOTE,
                                   .number = STR("CN-2025-000001"),
                                   .series = STR("CN-2025"),
                                   .serial = 1,
                                   .issue_date = day("2025-02-03"),
                                   .lines = credit_lines,
                                   .lines_count = 1,
                                   .subtotal = usd(-500),
                                   .tax = usd(-95),
                                   .total = usd(-595),
                                   .credit_applied = usd(-595),
                                   .amount_due = usd(0),
                                   .settles = settles,
                                   .settles_count = 1};
}

static void tell_payment(void)
{
    pays[0] = (struct allocation){1, usd(10405)};
    tell(EVENT_PAYMENT_REQUESTED)->payment_requested =
        (struct payment_requested){.payment = 1, .customer = 1, .amount = usd(12000), .invoice = 1};
    tell(EVENT_PAYMENT_SUCCEEDED)->payment_succeeded = (struct payment_succeeded){.payment = 1,
                                                                                  .customer = 1,
                                                                                  .amount = usd(12000),
                                                                                  .pays = pays,
                                                                                  .pays_count = 1,
                                                                                  .credited = usd(1595)};
}

static void tell_refunds(void)
{
    tell(EVENT_REFUND_REQUESTED)->refund_requested =
        (struct refund_requested){.refund = 2, .payment = 1, .customer = 1, .amount = usd(12000)};
    tell(EVENT_REFUND_FAILED)->refund_failed =
        (struct refund_failed){.refund = 2, .payment = 1, .customer = 1, .amount = usd(12000)};
    tell(EVENT_REFUND_REQUESTED)->refund_requested =
        (struct refund_requested){.refund = 3, .payment = 1, .customer = 1, .amount = usd(12000)};
    tell(EVENT_REFUND_SUCCEEDED)->refund_succeeded =
        (struct refund_succeeded){.refund = 3, .payment = 1, .customer = 1, .amount = usd(12000)};
}

static void tell_the_rest(void)
{
    readings[0] = (struct reading){.customer = 1, .event_id = STR("ev-1")};
    readings[1] = (struct reading){.customer = 2, .event_id = STR("ev-2")};
    tell(EVENT_USAGE_RECORDED)->usage_recorded =
        (struct usage_recorded){.readings = readings, .readings_count = 2};
    tell(EVENT_WEBHOOK_RECEIVED)->webhook_received =
        (struct webhook_received){.webhook = 1, .event_id = STR("evt_1")};
    movements[0] = (struct balance_movement){.reference = STR("txn_1"), .transaction = 1, .customer = 1};
    tell(EVENT_BALANCE_NOTED)->balance_noted =
        (struct balance_noted){.movements = movements, .movements_count = 1};
}

static void begin(void)
{
    test_begin();
    length = 0;
    tell_customers();
    tell_invoice();
    tell_credit_note();
    tell_payment();
    tell_refunds();
    tell_the_rest();
}

TestSuite(chronicle, .init = begin, .fini = test_end);

static struct event *nth(enum event_type type, size_t n)
{
    for (size_t i = 0; i < length; i++) {
        if (story[i].type == type && n-- == 0) return &story[i];
    }
    cr_assert_fail("there is no such event");
    return NULL;
}

/* Each event in a record of its own. */
static enum err read_story(struct chronicle_counts *counts)
{
    struct chronicle *c = chronicle_new();
    enum err err = OK;
    for (size_t i = 0; i < length && err == OK; i++) {
        struct envelope v = {.events = &story[i], .events_count = 1};
        err = chronicle_add(c, &v, E);
    }
    *counts = chronicle_counts(c);
    chronicle_free(c);
    return err;
}

static void assert_not(const char *why)
{
    struct chronicle_counts counts = {0};
    assert_err_says(read_story(&counts), ERR_TAMPERED, why);
}

Test(chronicle, a_whole_story_is_accepted_and_counted)
{
    struct chronicle_counts counts = {0};
    assert_ok(read_story(&counts));
    assert_int(counts.customers, 2);
    assert_int(counts.subscriptions, 2);
    assert_int(counts.documents, 2);
    assert_int(counts.payments, 1);
    assert_int(counts.refunds, 2);
    assert_int(counts.event_ids, 2);
}

/* ---- numbers and references ---- */

Test(chronicle, a_customer_that_was_taken_out_leaves_a_gap)
{
    story[1].customer_created.customer = 3;
    assert_not("event 1, customer.created: it has customer number 3, where 2 was due");
}

Test(chronicle, a_number_is_not_given_twice)
{
    story[1].customer_created.customer = 1;
    assert_not("it has customer number 1, where 2 was due");
}

Test(chronicle, nothing_is_about_somebody_who_is_not_there)
{
    nth(EVENT_SUBSCRIPTION_CREATED, 1)->subscription_created.customer = 3;
    assert_not("it speaks of customer number 3, which is not there yet");
}

Test(chronicle, nothing_deep_in_a_list_is_about_what_is_not_there)
{
    lines[1].subscription = 9;
    assert_not("invoice.finalized: it speaks of subscription number 9, which is not there yet");
}

Test(chronicle, one_customers_invoice_bills_no_other_customers_subscription)
{
    lines[1].subscription = 2;
    assert_not("it is about customer 1, and speaks of subscription number 2 of customer 2");
}

Test(chronicle, a_credit_note_credits_no_document_that_is_yet_to_come)
{
    credit_lines[0].credits = 3;
    assert_not("it speaks of invoice number 3, which is not there yet");
}

/* ---- once ---- */

Test(chronicle, a_usage_reading_counts_once)
{
    readings[1].event_id = STR("ev-1");
    assert_not("the event id of a usage reading stands in the log a second time");
}

Test(chronicle, a_message_is_kept_once)
{
    tell(EVENT_WEBHOOK_RECEIVED)->webhook_received =
        (struct webhook_received){.webhook = 2, .event_id = STR("evt_1")};
    assert_not("the gateway's message stands in the log a second time");
}

Test(chronicle, a_movement_of_the_balance_is_noted_once)
{
    tell(EVENT_BALANCE_NOTED)->balance_noted =
        (struct balance_noted){.movements = movements, .movements_count = 1};
    assert_not("the movement of the gateway's balance stands in the log a second time");
}

Test(chronicle, an_idempotency_key_is_answered_once_and_has_what_was_asked_with_it)
{
    struct chronicle *c = chronicle_new();
    struct envelope v = {.key = STR("k-1"), .has_body = true};
    assert_ok(chronicle_add(c, &v, E));
    assert_err_says(chronicle_add(c, &v, E), ERR_TAMPERED, "its idempotency key stands in the log a second");
    v = (struct envelope){.key = STR("k-2")};
    assert_err_says(chronicle_add(c, &v, E), ERR_TAMPERED, "no hash of what was asked with it");
    chronicle_free(c);
}

Test(chronicle, a_hundred_thousand_keys_are_told_apart)
{
    struct chronicle *c = chronicle_new();
    for (uint64_t i = 0; i < 100000; i++) {
        struct envelope v = {.key = str_format(A, "key %ju", (uintmax_t)i), .has_body = true};
        assert_ok(chronicle_add(c, &v, E));
    }
    assert_int(chronicle_counts(c).keys, 100000);
    struct envelope again = {.key = STR("key 54321"), .has_body = true};
    assert_err_says(chronicle_add(c, &again, E), ERR_TAMPERED, "a second time");
    chronicle_free(c);
}

/* ---- documents ---- */

Test(chronicle, a_document_adds_up)
{
    struct invoice_finalized *v = &nth(EVENT_INVOICE_FINALIZED, 0)->invoice_finalized;
    struct money *const amounts[] = {&lines[0].amount, &lines[0].discount, &lines[1].tax,
                                     &v->subtotal,     &v->discount,       &v->tax,
                                     &v->total,        &v->credit_applied, &v->amount_due};
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
        amounts[i]->minor++;
        assert_not("document INV-2025-000001 does not add up");
        amounts[i]->minor -= 2;
        assert_not("document INV-2025-000001 does not add up");
        amounts[i]->minor++;
    }
    struct chronicle_counts counts = {0};
    assert_ok(read_story(&counts));
}

Test(chronicle, a_document_is_of_one_currency)
{
    lines[1].amount = money_of(500, "EUR");
    assert_not("document INV-2025-000001 does not add up");
}

Test(chronicle, a_series_has_no_gap_and_its_documents_bear_its_name)
{
    struct invoice_finalized *v = &nth(EVENT_INVOICE_FINALIZED, 1)->invoice_finalized;
    v->serial = 2;
    assert_not("document CN-2025-000001 has number 2 of its series, where 1 was due");
    v->serial = 1;
    v->number = STR("CN-2025-000007");
    assert_not("document 'CN-2025-000007' is not named by its series and serial");
}

Test(chronicle, a_series_goes_by_date)
{
    struct invoice_finalized *v = &nth(EVENT_INVOICE_FINALIZED, 1)->invoice_finalized;
    v->series = STR("INV-2025");
    v->number = STR("INV-2025-000002");
    v->serial = 2;
    v->issue_date = day("2025-01-31");
    assert_not("document INV-2025-000002 is dated before the one before it in its series");
}

Test(chronicle, a_credit_note_takes_off_no_more_than_it_credits_and_no_more_than_is_open)
{
    settles[0].amount = usd(596);
    assert_not("document CN-2025-000001 does not add up");
    lines[0].amount = usd(400);
    lines[0].discount = lines[0].tax = lines[1].tax = usd(0);
    struct invoice_finalized *v = &nth(EVENT_INVOICE_FINALIZED, 0)->invoice_finalized;
    v->subtotal = usd(900);
    v->discount = v->tax = usd(0);
    v->total = usd(900);
    v->credit_applied = usd(400);
    v->amount_due = usd(500);
    settles[0].amount = usd(595);
    assert_not("more of invoice number 1 is paid than is open");
}

Test(chronicle, what_was_voided_is_not_paid_and_not_voided_again)
{
    length = 5;
    struct invoice_voided *v = &tell(EVENT_INVOICE_VOIDED)->invoice_voided;
    *v = (struct invoice_voided){.invoice = 1, .customer = 1, .total = usd(11305)};
    tell_payment();
    assert_not("payment.succeeded: invoice number 1 was voided, and is paid");
    length = 6;
    v->total = usd(11304);
    assert_not("another amount is voided than invoice number 1 had");
    v->total = usd(11305);
    story[length++] = story[5];
    assert_not("invoice number 1 is voided a second time");
}

Test(chronicle, what_is_written_off_is_what_is_open)
{
    length = 5;
    struct invoice_written_off *v = &tell(EVENT_INVOICE_WRITTEN_OFF)->invoice_written_off;
    struct chronicle_counts counts = {0};
    *v = (struct invoice_written_off){.invoice = 1, .customer = 1, .amount = usd(11000)};
    assert_ok(read_story(&counts));
    v->amount = usd(10999);
    assert_not("another amount of invoice number 1 is written off than is open");
}

/* ---- payments ---- */

Test(chronicle, a_payment_succeeds_with_what_was_asked_for)
{
    struct payment_succeeded *v = &nth(EVENT_PAYMENT_SUCCEEDED, 0)->payment_succeeded;
    v->amount = usd(12001);
    assert_not("payment.succeeded: another customer or amount is told than was asked for");
    v->amount = money_of(12000, "EUR");
    assert_not("another customer or amount is told than was asked for");
    v->amount = usd(12000);
    v->customer = 2;
    assert_not("another customer or amount is told than was asked for");
    v->customer = 1;
    v->payment = 2;
    assert_not("there is no payment number 2");
}

Test(chronicle, a_payment_goes_to_documents_and_credit_to_the_last_cent)
{
    nth(EVENT_PAYMENT_SUCCEEDED, 0)->payment_succeeded.credited = usd(1594);
    assert_not("what it pays and the credit do not sum to its amount");
}

Test(chronicle, a_payment_pays_no_more_of_a_document_than_is_open)
{
    pays[0].amount = usd(10406);
    nth(EVENT_PAYMENT_SUCCEEDED, 0)->payment_succeeded.credited = usd(1594);
    assert_not("more of invoice number 1 is paid than is open");
}

Test(chronicle, a_payment_succeeds_once)
{
    story[length++] = *nth(EVENT_PAYMENT_SUCCEEDED, 0);
    assert_not("payment.succeeded: it was answered before");
}

Test(chronicle, a_payment_that_failed_may_be_paid_after_all_and_not_the_other_way_round)
{
    struct chronicle_counts counts = {0};
    struct event failed = {.type = EVENT_PAYMENT_FAILED};
    failed.payment_failed = (struct payment_failed){.payment = 1, .customer = 1, .amount = usd(12000)};
    length = 6;
    tell_payment();
    struct event paid = *nth(EVENT_PAYMENT_SUCCEEDED, 0);
    length--;
    story[length++] = failed;
    story[length++] = paid;
    assert_ok(read_story(&counts));
    story[length++] = failed;
    assert_not("payment.failed: it was answered before");
}

Test(chronicle, no_more_comes_back_than_was_paid)
{
    nth(EVENT_REFUND_REQUESTED, 1)->refund_requested.amount = usd(12001);
    assert_not("refund.requested: more of payment number 1 is given back than was paid");
}

Test(chronicle, two_refunds_together_give_back_no_more_than_was_paid)
{
    tell(EVENT_REFUND_REQUESTED)->refund_requested =
        (struct refund_requested){.refund = 4, .payment = 1, .customer = 1, .amount = usd(1)};
    assert_not("more of payment number 1 is given back than was paid");
}

Test(chronicle, what_came_back_from_the_bank_may_be_refunded_again_once)
{
    struct chronicle_counts counts = {0};
    tell(EVENT_REFUND_RETURNED)->refund_returned =
        (struct refund_returned){.refund = 3, .payment = 1, .customer = 1, .amount = usd(12000)};
    tell(EVENT_REFUND_REQUESTED)->refund_requested =
        (struct refund_requested){.refund = 4, .payment = 1, .customer = 1, .amount = usd(12000)};
    assert_ok(read_story(&counts));
    story[length - 1] = story[length - 2];
    assert_not("refund.returned: it was answered before");
}

Test(chronicle, what_was_not_paid_is_not_refunded)
{
    size_t at = (size_t)(nth(EVENT_PAYMENT_SUCCEEDED, 0) - story);
    story[at] = (struct event){.type = EVENT_PAYMENT_FAILED};
    story[at].payment_failed = (struct payment_failed){.payment = 1, .customer = 1, .amount = usd(12000)};
    assert_not("payment number 1, which it gives back, was not paid");
}
