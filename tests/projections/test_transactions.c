/* SPDX-License-Identifier: MIT */
/* test_transactions.c - payments and refunds from request to answer, and the lists of them. */
#include "tests/projections/stage.h"

TestSuite(transactions, .init = test_begin, .fini = test_end);

static size_t pending(struct stage *s, struct event **events)
{
    size_t count = 0;
    assert_ok(list_pending(events, &count, s->t, 0, A, E));
    return count;
}

static void set_up(struct stage *s)
{
    struct event method = {.type = EVENT_PAYMENT_METHOD_ADDED,
                           .payment_method_added = {
                               .customer = 1, .method = 1, .token = STR("pm_card_visa"), .is_default = true}};
    happen(s, "2025-01-15T10:00:00Z", customer_event(1), method);
}

Test(transactions, a_request_is_pending_until_it_is_answered)
{
    struct stage s = stage_open("d");
    struct event *events = NULL;
    set_up(&s);
    happen(&s, "2025-01-16T10:00:00Z", payment(1, 1, 2900), payment(2, 1, 100), payment(3, 1, 50));
    assert_int(transaction_now(&s, 1).status, TRANSACTION_PENDING);
    assert_int(pending(&s, &events), 3);
    struct event failed = {.type = EVENT_PAYMENT_FAILED,
                           .payment_failed = {.payment = 2,
                                              .customer = 1,
                                              .amount = usd(100),
                                              .code = STR("card_declined"),
                                              .message = STR("declined")}};
    happen(&s, "2025-01-16T10:00:01Z", paid(1, 1, 2900, NULL, 0, 2900), failed);
    struct transaction v = transaction_now(&s, 1);
    assert_int(v.status, TRANSACTION_COMPLETED);
    assert_str(v.gateway_reference, "ref-1");
    assert_money(v.credited, "29.00", "USD");
    assert_str(instant_text(A, v.at), "2025-01-16T10:00:00Z");
    assert_int(transaction_now(&s, 2).status, TRANSACTION_FAILED);
    assert_str(transaction_now(&s, 2).code, "card_declined");
    assert_int(pending(&s, &events), 1);
    assert_int(events[0].type, EVENT_PAYMENT_REQUESTED);
    struct event again = payment(3, 1, 50);
    cr_assert(schema_equal(&schema_payment_requested, &events[0].payment_requested, &again.payment_requested),
              "a pending request is told as it was made");
    stage_close(&s);
}

Test(transactions, refunds_are_reserved_when_asked_for_and_given_back_when_they_fail)
{
    struct stage s = stage_open("d");
    struct event *events = NULL;
    set_up(&s);
    happen(&s, "2025-01-16T10:00:00Z", payment(1, 1, 1000), paid(1, 1, 1000, NULL, 0, 1000));
    happen(&s, "2025-01-17T10:00:00Z", refund(2, 1, 1, 400, 400));
    assert_money(transaction_now(&s, 1).refunded, "4.00", "USD");
    assert_int(transaction_now(&s, 1).status, TRANSACTION_COMPLETED);
    assert_money(customer_now(&s, 1).balances[0].credit, "6.00", "USD");
    assert_int(pending(&s, &events), 1);
    struct event same = refund(2, 1, 1, 400, 400);
    cr_assert(schema_equal(&schema_refund_requested, &events[0].refund_requested, &same.refund_requested));
    happen(&s, "2025-01-17T11:00:00Z", refund_refused(2, 1, 1, 400, 400));
    assert_money(transaction_now(&s, 1).refunded, "0.00", "USD");
    assert_money(customer_now(&s, 1).balances[0].credit, "10.00", "USD");
    assert_int(transaction_now(&s, 2).status, TRANSACTION_FAILED);
    happen(&s, "2025-01-18T10:00:00Z", refund(3, 1, 1, 300, 300), refunded(3, 1, 1, 300, 300));
    assert_int(transaction_now(&s, 1).status, TRANSACTION_PARTIALLY_REFUNDED);
    happen(&s, "2025-01-18T11:00:00Z", refund(4, 1, 1, 700, 700), refunded(4, 1, 1, 700, 700));
    assert_int(transaction_now(&s, 1).status, TRANSACTION_REFUNDED);
    assert_int(transaction_now(&s, 4).status, TRANSACTION_COMPLETED);
    assert_int(transaction_now(&s, 4).payment, 1);
    assert_int(pending(&s, &events), 0);
    stage_close(&s);
}

static struct event came_back(uint64_t n, uint64_t payment, int64_t cents, int64_t to_credit)
{
    return (struct event){.type = EVENT_REFUND_RETURNED,
                          .refund_returned = {.refund = n,
                                              .payment = payment,
                                              .customer = 1,
                                              .amount = usd(cents),
                                              .to_credit = usd(to_credit),
                                              .gateway = STR("stripe"),
                                              .code = STR("lost_or_stolen_card"),
                                              .message = STR("the bank did not take it")}};
}

/* 29.00 paid an invoice; 9.00 of it were given back without a credit note, and 4.00 because of one. */
Test(transactions, a_refund_that_comes_back_leaves_payment_invoice_and_credit_as_if_it_had_never_been)
{
    struct stage s = stage_open("d");
    struct allocation all = {1, usd(2900)};
    struct event note_back = refund(3, 1, 1, 400, 400), note_done = refunded(3, 1, 1, 400, 400),
                 note_returned = came_back(3, 1, 400, 400);
    set_up(&s);
    note_back.refund_requested.invoice = note_done.refund_succeeded.invoice =
        note_returned.refund_returned.invoice = 1;
    happen(&s, "2025-01-16T10:00:00Z", invoice(1, 1, "2025-01-16", 2900), payment(1, 1, 2900),
           paid(1, 1, 2900, &all, 1, 0));
    happen(&s, "2025-01-17T10:00:00Z", refund(2, 1, 1, 900, 0), refunded(2, 1, 1, 900, 0), note_back,
           note_done);
    assert_money(invoice_now(&s, 1).refunded, "13.00", "USD");
    assert_money(invoice_now(&s, 1).conceded, "9.00", "USD");
    happen(&s, "2025-01-20T10:00:00Z", came_back(2, 1, 900, 0));
    assert_int(transaction_now(&s, 2).status, TRANSACTION_FAILED);
    assert_str(transaction_now(&s, 2).code, "lost_or_stolen_card");
    assert_int(transaction_now(&s, 1).status, TRANSACTION_PARTIALLY_REFUNDED);
    assert_money(transaction_now(&s, 1).refunded, "4.00", "USD");
    assert_money(invoice_now(&s, 1).refunded, "4.00", "USD");
    assert_money(invoice_now(&s, 1).conceded, "0.00", "USD");
    happen(&s, "2025-01-21T10:00:00Z", note_returned);
    assert_int(transaction_now(&s, 1).status, TRANSACTION_COMPLETED);
    assert_money(transaction_now(&s, 1).refunded, "0.00", "USD");
    assert_money(invoice_now(&s, 1).refunded, "0.00", "USD");
    stage_close(&s);
}

static struct event stored(uint64_t n, int64_t cents, const char *at)
{
    return (struct event){.type = EVENT_TRANSACTION_STORED,
                          .transaction_stored = {.transaction = n,
                                                 .customer = 1,
                                                 .amount = usd(cents),
                                                 .description = STR("by cheque"),
                                                 .reference = STR("c-1"),
                                                 .at = moment(at)}};
}

static enum err note_transaction(void *context, const struct transaction *row, struct error *e)
{
    (void)e;
    buffer_print(context, "%ju ", (uintmax_t)row->transaction);
    return OK;
}

static struct str listed(struct stage *s, struct list_query q)
{
    struct buffer seen = {.arena = A};
    assert_ok(list_transactions(s->t, &q, note_transaction, &seen, A, E));
    return (struct str){(const char *)seen.ptr, seen.len};
}

Test(transactions, lists_of_a_customer_are_newest_first_by_their_time)
{
    struct stage s = stage_open("d");
    set_up(&s);
    happen(&s, "2025-01-16T10:00:00Z", customer_event(2), payment(1, 1, 100));
    happen(&s, "2025-01-17T10:00:00Z", payment(2, 2, 200));
    happen(&s, "2025-01-18T10:00:00Z", stored(3, -500, "2024-12-24T12:00:00Z"), payment(4, 1, 300));
    assert_str(listed(&s, (struct list_query){.status = -1, .customer = 1}), "4 1 3 ");
    assert_str(listed(&s, (struct list_query){.status = -1, .customer = 1, .limit = 2}), "4 1 ");
    assert_str(listed(&s, (struct list_query){.status = TRANSACTION_COMPLETED, .customer = 1}), "3 ");
    assert_str(listed(&s, (struct list_query){.status = -1, .from = day("2025-01-17")}), "4 2 ");
    assert_str(listed(&s, (struct list_query){.status = -1, .to = day("2024-12-24")}), "3 ");
    assert_str(listed(&s, (struct list_query){.status = -1}), "4 3 2 1 ");
    struct transaction v = transaction_now(&s, 3);
    assert_int(v.status, TRANSACTION_COMPLETED);
    assert_str(v.gateway, "");
    assert_str(v.gateway_reference, "c-1");
    assert_money(v.amount, "-5.00", "USD");
    assert_int(customer_now(&s, 1).balances_count, 0);
    stage_close(&s);
}

static const struct facts *gathered(struct stage *s, const struct command *c)
{
    struct facts *f = arena_new_of(A, struct facts);
    stage_gather(f, s, c, "2025-02-01T10:00:00Z");
    return f;
}

Test(transactions, facts_of_a_cancellation_have_the_payments_that_can_be_refunded_newest_first)
{
    struct stage s = stage_open("d");
    set_up(&s);
    happen(&s, "2025-01-16T10:00:00Z", payment(1, 1, 100), paid(1, 1, 100, NULL, 0, 100));
    happen(&s, "2025-01-17T10:00:00Z", payment(2, 1, 200), paid(2, 1, 200, NULL, 0, 200));
    happen(&s, "2025-01-18T10:00:00Z", payment(3, 1, 300), paid(3, 1, 300, NULL, 0, 300), payment(4, 1, 50));
    happen(&s, "2025-01-19T10:00:00Z", refund(5, 2, 1, 200, 200), stored(6, 100, "2025-01-19T10:00:00Z"));
    struct command c = {.type = COMMAND_SUBSCRIPTION_CANCEL, .subscription_cancel = {.user = STR("u1")}};
    const struct facts *f = gathered(&s, &c);
    assert_int(f->payments_count, 2);
    assert_int(f->payments[0].transaction, 3);
    assert_int(f->payments[1].transaction, 1);
    stage_close(&s);
}

Test(transactions, a_payment_of_an_overdue_customer_is_told_of_all_that_is_open_and_of_the_subscriptions)
{
    struct stage s = stage_open("d");
    struct event for_invoice = payment(1, 1, 2900);
    for_invoice.payment_requested.invoice = 1;
    set_up(&s);
    happen(&s, "2025-01-10T10:00:00Z", subscribed(1, "basic", 2900, "2025-01-10"));
    happen(&s, "2025-01-16T10:00:00Z", invoice(1, 1, "2025-01-16", 2900), for_invoice); /* due on 01-30 */
    struct command c = {.type = COMMAND_PAYMENT_SETTLE, .payment_settle = {.transaction = 1}};
    const struct facts *f = gathered(&s, &c);
    cr_assert(f->open_invoices_known);
    assert_int(f->open_invoices_count, 1);
    assert_int(f->subscriptions_count, 1);
    stage_close(&s);
}

Test(transactions, facts_of_a_settlement_have_transaction_payment_and_customer)
{
    struct stage s = stage_open("d");
    struct event for_invoice = payment(1, 1, 2900);
    for_invoice.payment_requested.invoice = 1;
    set_up(&s);
    happen(&s, "2025-01-20T10:00:00Z", invoice(1, 1, "2025-01-20", 2900), for_invoice);
    struct command c = {.type = COMMAND_PAYMENT_SETTLE, .payment_settle = {.transaction = 1}};
    const struct facts *f = gathered(&s, &c);
    assert_int(f->transaction->transaction, 1);
    cr_assert_null(f->payment);
    assert_int(f->customer->customer, 1);
    assert_int(f->invoice->invoice, 1);
    assert_int(f->open_invoices_count, 0); /* it pays that invoice and no other */
    struct allocation all = {1, usd(2900)};
    happen(&s, "2025-01-21T10:00:00Z", paid(1, 1, 2900, &all, 1, 0), refund(2, 1, 1, 100, 0));
    c.payment_settle.transaction = 2;
    f = gathered(&s, &c);
    assert_int(f->transaction->kind, TRANSACTION_REFUND);
    assert_int(f->payment->transaction, 1);
    c.payment_settle.transaction = 9;
    f = gathered(&s, &c);
    cr_assert_null(f->transaction);
    cr_assert_null(f->customer);
    c = (struct command){.type = COMMAND_PAYMENT_REFUND, .payment_refund = {.transaction = STR("txn_1")}};
    assert_int(gathered(&s, &c)->transaction->transaction, 1);
    c.payment_refund.transaction = STR("1");
    cr_assert_null(gathered(&s, &c)->transaction);
    stage_close(&s);
}

Test(transactions, the_gateway_is_asked_with_the_token_or_the_payments_reference)
{
    struct stage s = stage_open("d");
    struct gateway_request r = {0};
    struct event ask = payment(1, 1, 2900), back = refund(2, 1, 1, 900, 0);
    set_up(&s);
    struct allocation all = {1, usd(2900)};
    happen(&s, "2025-01-16T10:00:00Z", invoice(1, 1, "2025-01-16", 2900), ask);
    assert_ok(daybook_state.gateway_request(&r, s.t, &ask, A, E));
    assert_str(r.token, "pm_card_visa");
    assert_str(r.key, "key-1");
    assert_money(r.amount, "29.00", "USD");
    happen(&s, "2025-01-16T10:00:01Z", paid(1, 1, 2900, &all, 1, 0), back);
    assert_ok(daybook_state.gateway_request(&r, s.t, &back, A, E));
    assert_str(r.reference, "ref-1");
    assert_str(r.key, "key-2");
    assert_money(r.amount, "9.00", "USD");
    ask.payment_requested.method = 2;
    assert_err(daybook_state.gateway_request(&r, s.t, &ask, A, E), ERR_TAMPERED,
               "payment txn_1 names payment method 2, which is not there");
    stage_close(&s);
}
