/* SPDX-License-Identifier: MIT */
/* test_daybook.c - the seed's example workflows and promises through daybook.h, as a program would call it,
 * on a clock that stands still. Amounts are computed by hand: pro is 99.00 and basic 29.00 a month, prorated
 * by day over the whole period. */
#include "tests/billing/book.h"

#include <jansson.h>

TestSuite(daybook, .init = book_begin, .fini = book_end);

/* ---- the seed's examples ---- */

/* "Complete Subscription Workflow" */
Test(daybook, a_user_signs_up_upgrades_uses_is_invoiced_and_pays)
{
    struct daybook_subscription *s = NULL;
    struct daybook_invoice *v = NULL;
    struct daybook_transaction *t = NULL;
    does(daybook_create_subscription(book, "new_user_001", "free", NULL, &s, &why));
    same(s->tier, "free");
    same(s->status, "active");
    same(s->price, "0.00");
    daybook_free(s);
    does(daybook_add_payment_method(book, "new_user_001", "pm_test_123", true, NULL, &why));
    does(daybook_update_subscription(book, "new_user_001", "pro", &s, &why));
    same(s->tier, "pro");
    same(s->old_tier, "free");
    same(s->next_billing_date, "2025-02-10");
    same(s->prorated_charge, "99.00"); /* the whole period is left */
    same(s->credit_amount, "0.00");
    daybook_free(s);
    does(daybook_record_usage(book, "new_user_001", "api_calls", "500", NULL, NULL, NULL, &why));
    at("2025-01-31T18:00:00Z");
    does(daybook_generate_invoice(book, "new_user_001", &v, &why));
    same(v->amount_due, "99.00");
    same(v->currency, "USD");
    same(v->invoice_number, "INV-2025-000001");
    same(v->due_date, "2025-02-14");
    cr_assert(v->line_items_count >= 1);
    cr_assert_not(v->existing);
    does(daybook_process_payment(book, "new_user_001", v->amount_due, NULL, "Invoice", &t, &why));
    same(t->status, "completed");
    same(t->amount, "99.00");
    daybook_free(t);
    daybook_free(v);
    does(daybook_get_invoice(book, "INV-2025-000001", &v, &why));
    same(v->status, "paid");
    same(v->amount_remaining, "0.00");
    daybook_free(v);
}

/* "Usage-Based Billing": 1500 calls where 1000 are included, a cent each beyond. The program's own item and
 * the tier's own overage would both be billed, so the item is added on a tier that bills none: free, with 100
 * included. */
Test(daybook, usage_over_the_limit_is_seen_and_added_to_the_next_invoice)
{
    struct daybook_usage *u = NULL;
    struct daybook_invoice *v = NULL;
    does(daybook_create_subscription(book, "user_123", "free", NULL, NULL, &why));
    does(daybook_record_usage(book, "user_123", "api_calls", "1500", NULL, NULL, NULL, &why));
    does(daybook_record_usage(book, "user_123", "compute_hours", "12.5", NULL, NULL, NULL, &why));
    does(daybook_record_usage(book, "user_123", "storage_gb", "5.2", NULL, NULL, NULL, &why));
    does(daybook_get_usage(book, "user_123", &u, &why));
    assert_int(u->count, 3);
    for (size_t i = 0; i < u->count; i++) {
        bool calls = strcmp(u->items[i].usage_type, "api_calls") == 0;
        cr_assert(u->items[i].over_limit == calls);
        if (calls) same(u->items[i].total, "1500");
        if (calls) same(u->items[i].limit, "100");
        if (strcmp(u->items[i].usage_type, "compute_hours") == 0) same(u->items[i].total, "12.5");
        if (strcmp(u->items[i].usage_type, "storage_gb") == 0) same(u->items[i].total, "5.2");
    }
    daybook_free(u);
    does(daybook_add_invoice_item(book, "user_123", "API call overage", "14.00", NULL, &why));
    does(daybook_generate_invoice(book, "user_123", &v, &why));
    same(v->total, "14.00");
    same(v->line_items[0].description, "API call overage");
    same(v->line_items[0].amount, "14.00");
    daybook_free(v);
}

Test(daybook, the_tier_bills_what_is_over_its_quota_when_the_period_has_ended)
{
    struct daybook_invoice *v = NULL;
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_record_usage(book, "u1", "api_calls", "1500", NULL, NULL, NULL, &why));
    does(daybook_generate_invoice(book, "u1", &v, &why));
    same(v->total, "29.00");
    daybook_free(v);
    at("2025-02-10T00:00:00Z");
    does(daybook_generate_invoice(book, "u1", &v, &why));
    same(v->total, "34.00"); /* 29.00 for February, 500 calls at 0.01 for January */
    daybook_free(v);
}

/* ---- subscriptions ---- */

Test(daybook, a_paid_tier_wants_a_payment_method)
{
    refuses(daybook_create_subscription(book, "u1", "pro", NULL, NULL, &why), DAYBOOK_INVALID,
            "payment method");
    same(why.kind, "invalid");
    refuses(daybook_create_subscription(book, "u1", "gold", "pm_card_visa", NULL, &why), DAYBOOK_NOT_FOUND,
            "gold");
    refuses(daybook_get_subscription(book, "u1", NULL, &why), DAYBOOK_NOT_FOUND, "u1");
}

Test(daybook, a_downgrade_gives_credit_for_the_days_that_are_left)
{
    struct daybook_subscription *s = NULL;
    struct daybook_history *h = NULL;
    does(daybook_create_subscription(book, "u1", "pro", "pm_1234567890", NULL, &why));
    at("2025-01-25T12:00:00Z"); /* 16 of 31 days are left */
    does(daybook_update_subscription(book, "u1", "basic", &s, &why));
    same(s->change, "downgrade");
    same(s->credit, "51.10");        /* 99.00 * 16 / 31 = 51.0967… */
    same(s->credit_amount, "36.13"); /* less 29.00 * 16 / 31 = 14.9677… */
    same(s->prorated_charge, "0.00");
    daybook_free(s);
    does(daybook_get_subscription_history(book, "u1", &h, &why));
    assert_int(h->count, 2);
    same(h->items[0].old_tier, "");
    same(h->items[0].new_tier, "pro");
    same(h->items[1].date, "2025-01-25");
    same(h->items[1].old_tier, "pro");
    same(h->items[1].new_tier, "basic");
    daybook_free(h);
}

Test(daybook, a_cancellation_ends_with_the_period_or_at_once_with_a_refund)
{
    struct daybook_subscription *s = NULL;
    struct daybook_invoice *v = NULL;
    does(daybook_create_subscription(book, "later", "pro", "pm_card_visa", NULL, &why));
    does(daybook_cancel_subscription(book, "later", false, &s, &why));
    same(s->status, "active");
    cr_assert(s->cancel_at_period_end);
    same(s->ends_on, "2025-02-10");
    same(s->next_billing_date, "");
    daybook_free(s);
    does(daybook_create_subscription(book, "now", "pro", "pm_card_visa", NULL, &why));
    does(daybook_generate_invoice(book, "now", &v, &why));
    does(daybook_process_payment(book, "now", v->amount_due, NULL, NULL, NULL, &why));
    daybook_free(v);
    at("2025-01-25T12:00:00Z");
    does(daybook_cancel_subscription(book, "now", true, &s, &why));
    same(s->status, "canceled");
    same(s->ends_on, "2025-01-25");
    same(s->refunded, "51.10");
    same(s->credit_note, "CN-2025-000001");
    daybook_free(s);
}

/* ---- payments ---- */

Test(daybook, a_declined_payment_is_told_with_its_transaction)
{
    struct daybook_transaction *t = NULL;
    struct daybook_transactions *all = NULL;
    does(daybook_create_subscription(book, "u1", "free", NULL, NULL, &why));
    refuses(daybook_process_payment(book, "u1", "29.00", "USD", NULL, &t, &why), DAYBOOK_DECLINED,
            "payment method");
    same(why.reason, "no_payment_method");
    cr_assert(t == NULL);
    does(daybook_add_payment_method(book, "u1", "pm_card_chargeDeclinedInsufficientFunds", true, NULL, &why));
    refuses(daybook_process_payment(book, "u1", "29.00", "USD", NULL, &t, &why), DAYBOOK_DECLINED,
            "declined");
    same(why.reason, "insufficient_funds");
    same(t->status, "failed");
    same(t->error_code, "insufficient_funds");
    daybook_free(t);
    does(daybook_add_payment_method(book, "u1", "pm_daybook_unknown", true, NULL, &why));
    refuses(daybook_process_payment(book, "u1", "29.00", "USD", NULL, &t, &why), DAYBOOK_INCOMPLETE,
            "pending");
    same(t->status, "pending");
    daybook_free(t);
    does(daybook_list_transactions(book, "u1", "2025-01-01", "2025-01-31", 50, &all, &why));
    assert_int(all->count, 2);
    same(all->items[1].status, "failed");
    daybook_free(all);
}

Test(daybook, refunds_are_whole_or_in_part_and_never_more_than_was_paid)
{
    struct daybook_transaction *paid = NULL, *t = NULL;
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(
        daybook_process_payment(book, "u1", "29.00", NULL, "Monthly subscription - Basic tier", &paid, &why));
    does(daybook_process_refund(book, paid->transaction_id, "9.00", "Customer request", &t, &why));
    same(t->status, "refunded");
    same(t->amount, "9.00");
    daybook_free(t);
    refuses(daybook_process_refund(book, paid->transaction_id, "20.01", NULL, &t, &why), DAYBOOK_REFUSED,
            "20.00 USD");
    refuses(daybook_process_refund(book, paid->transaction_id, "0", NULL, &t, &why), DAYBOOK_INVALID,
            "amount");
    does(daybook_process_refund(book, paid->transaction_id, NULL, NULL, &t, &why));
    same(t->amount, "20.00");
    daybook_free(t);
    refuses(daybook_process_refund(book, paid->transaction_id, NULL, NULL, &t, &why), DAYBOOK_REFUSED,
            "already");
    daybook_free(paid);
}

Test(daybook, payment_methods_are_kept_as_tokens_with_one_default)
{
    struct daybook_payment_methods *m = NULL;
    does(daybook_create_subscription(book, "u1", "free", NULL, NULL, &why));
    does(daybook_add_payment_method(book, "u1", "pm_card_visa", true, NULL, &why));
    does(daybook_add_payment_method(book, "u1", "pm_card_amex", true, NULL, &why));
    refuses(daybook_add_payment_method(book, "u1", "4242424242424242", true, NULL, &why), DAYBOOK_INVALID,
            "card");
    does(daybook_list_payment_methods(book, "u1", &m, &why));
    assert_int(m->count, 2);
    same(m->items[0].last4, "4242");
    cr_assert_not(m->items[0].is_default);
    cr_assert(m->items[1].is_default);
    assert_int(m->items[1].exp_month, 12);
    daybook_free(m);
    does(daybook_remove_payment_method(book, "u1", "pm_card_amex", &why));
    refuses(daybook_remove_payment_method(book, "u1", "pm_card_amex", &why), DAYBOOK_NOT_FOUND,
            "payment method");
    does(daybook_list_payment_methods(book, "u1", &m, &why));
    assert_int(m->count, 1);
    cr_assert(m->items[0].is_default);
    daybook_free(m);
}

/* ---- usage ---- */

struct rings {
    int count;
    char total[32];
};

static void ring(void *context, const char *user_id, const char *usage_type, const char *threshold,
                 const char *total)
{
    struct rings *r = context;
    r->count++;
    same(user_id, "u1");
    same(usage_type, "api_calls");
    same(threshold, "800");
    (void)snprintf(r->total, sizeof r->total, "%s", total);
}

Test(daybook, an_alert_rings_once_a_period_when_its_threshold_is_crossed)
{
    struct rings r = {0};
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_set_usage_alert(book, "u1", "api_calls", "800", ring, &r, &why));
    does(daybook_record_usage(book, "u1", "api_calls", "799", NULL, NULL, NULL, &why));
    assert_int(r.count, 0);
    does(daybook_record_usage(book, "u1", "api_calls", "1.5", NULL, NULL, NULL, &why));
    assert_int(r.count, 1);
    same(r.total, "800.5");
    does(daybook_record_usage(book, "u1", "api_calls", "100", NULL, NULL, NULL, &why));
    assert_int(r.count, 1);
    daybook_close(book); /* the next start of the program sets it again: the same alert, a new callback */
    book_open("2025-02-11T00:00:00Z");
    does(daybook_set_usage_alert(book, "u1", "api_calls", "800", ring, &r, &why));
    test_write(test_path("usage.csv"),
               STR("event_id,user_id,usage_type,amount\na,u1,api_calls,500\nb,u1,api_calls,500\n"));
    char *answer = NULL;
    const char *arguments = str_cstring(A, str_format(A, "{\"file\": \"%s\"}", test_path("usage.csv")));
    does(daybook_call(book, "usage.import", arguments, &answer, &why));
    daybook_free(answer);
    assert_int(r.count, 2);
    same(r.total, "1000");
}

Test(daybook, usage_is_counted_and_priced_as_the_catalog_says)
{
    struct daybook_options o = {.dir = test_path("metered"), .now = "2025-01-10", .actor = "test"};
    struct daybook_reading member = {.user_id = "u1", .usage_type = "members", .amount = "1", .key = "bea"};
    struct daybook_usage *u = NULL;
    struct daybook *d = NULL;
    o.catalog = "tests/spec/catalogs/usage.json";
    does(daybook_create(&o, &why));
    does(daybook_open(&d, &o, &why));
    does(daybook_create_subscription(d, "u1", "metered", "pm_card_visa", NULL, &why));
    does(daybook_record_reading(d, &member, NULL, &why));
    does(daybook_record_reading(d, &member, NULL, &why));
    member.key = NULL;
    cr_assert_eq(daybook_record_reading(d, &member, NULL, &why), DAYBOOK_INVALID);
    does(daybook_record_usage(d, "u1", "storage_gb", "62", "2025-01-25", NULL, NULL, &why));
    does(daybook_get_usage(d, "u1", &u, &why));
    same(u->items[0].usage_type, "members");
    same(u->items[0].total, "1");
    same(u->items[0].model, "per_unit");
    same(u->items[1].usage_type, "storage_gb");
    same(u->items[1].total, "32"); /* 62 for 16 of the 31 days from January 10 */
    daybook_free(u);
    daybook_close(d);
}

Test(daybook, an_event_id_counts_once)
{
    bool duplicate = true;
    struct daybook_usage *u = NULL;
    does(daybook_create_subscription(book, "u1", "free", NULL, NULL, &why));
    does(daybook_record_usage(book, "u1", "api_calls", "5", NULL, "e1", &duplicate, &why));
    cr_assert_not(duplicate);
    does(daybook_record_usage(book, "u1", "api_calls", "5", NULL, "e1", &duplicate, &why));
    cr_assert(duplicate);
    does(daybook_get_usage(book, "u1", &u, &why));
    same(u->items[0].total, "5");
    daybook_free(u);
    refuses(daybook_record_usage(book, "u1", "api_calls", "-5", NULL, NULL, NULL, &why), DAYBOOK_INVALID,
            "negative");
    refuses(daybook_record_usage(book, "u2", "api_calls", "5", NULL, NULL, NULL, &why), DAYBOOK_NOT_FOUND,
            "u2");
}

/* ---- invoices ---- */

Test(daybook, the_current_invoice_is_answered_again_when_nothing_is_due)
{
    struct daybook_invoice *first = NULL, *again = NULL;
    struct daybook_invoices *all = NULL;
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_generate_invoice(book, "u1", &first, &why));
    at("2025-01-20T00:00:00Z");
    does(daybook_generate_invoice(book, "u1", &again, &why));
    cr_assert(again->existing);
    same(again->invoice_id, first->invoice_id);
    assert_int(again->line_items_count, first->line_items_count);
    does(daybook_list_invoices(book, "u1", 10, "open", &all, &why));
    assert_int(all->count, 1);
    daybook_free(all);
    refuses(daybook_list_invoices(book, "u1", 10, "payed", &all, &why), DAYBOOK_INVALID, "payed");
    does(daybook_generate_invoice_pdf(book, first->invoice_id, test_path("invoice.pdf"), &why));
    cr_assert(str_starts(test_read(test_path("invoice.pdf")), "%PDF-"));
    daybook_free(first);
    daybook_free(again);
}

Test(daybook, a_preview_changes_nothing)
{
    char *preview = NULL;
    struct daybook_invoices *all = NULL;
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_call(book, "invoice.preview", "{\"user\": \"u1\"}", &preview, &why));
    cr_assert(strstr(preview, "\"total\":\"29.00\"") != NULL, "%s", preview);
    cr_assert(strstr(preview, "\"invoice_number\":null") != NULL, "%s", preview);
    daybook_free(preview);
    does(daybook_list_invoices(book, "u1", 0, NULL, &all, &why));
    assert_int(all->count, 0);
    daybook_free(all);
}

/* ---- the rest ---- */

Test(daybook, the_nightly_run_bills_collects_and_has_nothing_left_to_do)
{
    struct daybook_run *r = NULL;
    struct daybook_invoice *v = NULL;
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_create_subscription(book, "u2", "pro", "pm_card_chargeDeclined", NULL, &why));
    does(daybook_run_nightly(book, "2025-01-31", test_path("out"), false, &r, &why));
    assert_int(r->invoiced, 2);
    assert_int(r->payments_completed, 1);
    assert_int(r->payments_failed, 1);
    assert_int(r->pdfs, 2);
    cr_assert(r->wrote_events);
    daybook_free(r);
    does(daybook_run_nightly(book, "2025-01-31", test_path("out"), false, &r, &why));
    cr_assert_not(r->wrote_events);
    daybook_free(r);
    does(daybook_get_invoice(book, "INV-2025-000001", &v, &why));
    same(v->status, "paid");
    daybook_free(v);
}

Test(daybook, every_operation_stands_in_the_audit_log)
{
    struct daybook_audit_log *log = NULL;
    struct daybook_transaction *t = NULL;
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_chargeDeclined", NULL, &why));
    refuses(daybook_process_payment(book, "u1", "29.00", NULL, NULL, &t, &why), DAYBOOK_DECLINED, "declined");
    daybook_free(t);
    does(daybook_get_audit_logs(book, "u1", "2025-01-10", "2025-01-10", &log, &why));
    assert_int(log->count, 3);
    same(log->items[0].action, "subscription.create");
    same(log->items[0].actor, "test");
    same(log->items[0].user_id, "u1");
    same(log->items[0].result, "done");
    same(log->items[1].action, "payment.charge");
    same(log->items[1].result, "requested");
    same(log->items[2].result, "declined");
    cr_assert(strstr(log->items[2].events, "card_declined") != NULL, "%s", log->items[2].events);
    daybook_free(log);
    does(daybook_get_audit_logs(book, "u1", "2025-01-11", NULL, &log, &why));
    assert_int(log->count, 0);
    daybook_free(log);
}

Test(daybook, transactions_made_elsewhere_are_kept_and_billing_data_exported)
{
    struct daybook_transaction *t = NULL;
    struct daybook_elsewhere in = {
        .user_id = "u1", .amount = "12.34", .description = "bank transfer", .reference = "B-7"};
    does(daybook_create_subscription(book, "u1", "free", NULL, NULL, &why));
    does(daybook_store_transaction(book, &in, &t, &why));
    same(t->amount, "12.34");
    same(t->currency, "USD");
    same(t->gateway_reference, "B-7");
    daybook_free(t);
    in.description = "card 4242 4242 4242 4242";
    refuses(daybook_store_transaction(book, &in, NULL, &why), DAYBOOK_INVALID, "description");
    cr_assert(strstr(why.message, "4242") == NULL, "%s", why.message);
    does(daybook_export_billing_data(book, "u1", "csv", test_path("u1.csv"), "2025-01-01", "2025-12-31",
                                     &why));
    cr_assert(str_starts(test_read(test_path("u1.csv")), "date,"));
    refuses(daybook_export_billing_data(book, "u1", "xls", test_path("u1.xls"), NULL, NULL, &why),
            DAYBOOK_USAGE, "xls");
}

Test(daybook, an_idempotency_key_gives_the_first_answer_again)
{
    struct daybook_transaction *first = NULL, *again = NULL;
    struct daybook_transactions *all = NULL;
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_set_idempotency_key(book, "order-17", &why));
    does(daybook_process_payment(book, "u1", "29.00", NULL, NULL, &first, &why));
    does(daybook_set_idempotency_key(book, "order-17", &why));
    does(daybook_process_payment(book, "u1", "29.00", NULL, NULL, &again, &why));
    same(again->transaction_id, first->transaction_id);
    does(daybook_set_idempotency_key(book, "order-17", &why));
    refuses(daybook_process_payment(book, "u1", "30.00", NULL, NULL, NULL, &why), DAYBOOK_REFUSED,
            "idempotency key");
    does(daybook_list_transactions(book, "u1", NULL, NULL, 0, &all, &why));
    assert_int(all->count, 1);
    daybook_free(all);
    daybook_free(first);
    daybook_free(again);
}

Test(daybook, the_general_call_takes_what_people_may_give_and_nothing_else)
{
    char *answer = NULL;
    does(daybook_call(book, "customer.create",
                      "{\"user\": \"u1\", \"currency\": \"EUR\", \"party\": {\"name\": \"Zoë\"}}", &answer,
                      &why));
    cr_assert(strstr(answer, "\"name\":\"Zoë\"") != NULL, "%s", answer);
    daybook_free(answer);
    does(daybook_call(book, "customer.list", NULL, &answer, &why));
    json_t *rows = json_loads(answer, 0, NULL);
    assert_int(json_array_size(rows), 1);
    json_decref(rows);
    daybook_free(answer);
    refuses(daybook_call(book, "customer.bill", "{}", &answer, &why), DAYBOOK_USAGE, "customer.bill");
    refuses(daybook_call(book, "init", "{}", &answer, &why), DAYBOOK_USAGE, "init");
    refuses(daybook_call(book, "payment.charge", "{\"user\": \"u1\", \"amount\": \"5\", \"gateway\": \"x\"}",
                         &answer, &why),
            DAYBOOK_INVALID, "gateway");
    refuses(daybook_call(book, "payment.charge", "{\"user\": \"u1\", \"amount\": 5.5}", &answer, &why),
            DAYBOOK_INVALID, "strings");
    refuses(daybook_call(book, "customer.list", "{", &answer, &why), DAYBOOK_INVALID, "JSON");
    refuses(daybook_call(book, "customer.list", "[]", &answer, &why), DAYBOOK_INVALID, "object");
    cr_assert(answer == NULL);
}

Test(daybook, a_report_that_no_file_is_asked_for_is_answered_as_rows)
{
    char *answer = NULL;
    does(daybook_call(book, "report", "{\"name\": \"trial_balance\"}", &answer, &why));
    same(answer, "[]");
    daybook_free(answer);
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_process_payment(book, "u1", "29.00", NULL, NULL, NULL, &why));
    does(daybook_call(book, "report", "{\"name\": \"trial_balance\"}", &answer, &why));
    json_t *rows = json_loads(answer, 0, NULL);
    assert_int(json_array_size(rows), 2); /* cash, and what the customer has to his credit */
    same(json_string_value(json_object_get(json_array_get(rows, 0), "balance")), "29.00");
    json_decref(rows);
    daybook_free(answer);
}

Test(daybook, a_wrong_key_and_a_second_ledger_are_refused)
{
    struct daybook *other = NULL;
    struct daybook_options o = {.dir = book_dir(), .key_file = test_path("other.key")};
    refuses(daybook_create(&o, &why), DAYBOOK_REFUSED, "already");
    o.dir = test_path("nowhere");
    refuses(daybook_open(&other, &o, &why), DAYBOOK_NOT_FOUND, "nowhere");
    cr_assert(other == NULL);
    refuses(daybook_open(&other, NULL, &why), DAYBOOK_USAGE, "directory");
}
