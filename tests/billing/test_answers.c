/* SPDX-License-Identifier: MIT */
/* test_answers.c - what answers say, as programs read them: names, words, what is answered again, and what is
 * not taken for something else. */
#include <jansson.h>

#include "tests/billing/book.h"

TestSuite(answers, .init = book_begin, .fini = book_end);

/* The answer to a call, freed by the arena. */
static const char *answer_to(const char *words, const char *json)
{
    char *answer = NULL;
    does(daybook_call(book, words, json, &answer, &why));
    const char *copy = str_cstring(A, str_of(answer));
    daybook_free(answer);
    return copy;
}

Test(answers, a_reading_with_a_key_is_answered_again_as_it_was_the_first_time)
{
    static const char reading[] =
        "{\"user\": \"u1\", \"usage_type\": \"api_calls\", \"amount\": \"5\", \"event_id\": \"e1\"}";
    does(daybook_create_subscription(book, "u1", "free", NULL, NULL, &why));
    does(daybook_set_idempotency_key(book, "k1", &why));
    const char *first = answer_to("usage.record", reading);
    cr_assert(strstr(first, "\"duplicate\":false") != NULL, "%s", first);
    cr_assert(strstr(first, "replayed") == NULL, "%s", first);
    at("2025-01-11T09:00:00Z");
    does(daybook_set_idempotency_key(book, "k1", &why));
    const char *again = answer_to("usage.record", reading);
    cr_assert(strstr(again, "\"duplicate\":false") != NULL, "%s", again);
    cr_assert(strstr(again, "\"replayed\":true") != NULL, "%s", again);
    cr_assert(strstr(again, "\"at\":\"2025-01-10T09:00:00Z\"") != NULL, "%s", again);
    const char *anew = answer_to("usage.record", reading); /* without the key, the event id was counted */
    cr_assert(strstr(anew, "\"duplicate\":true") != NULL, "%s", anew);
    cr_assert(strstr(anew, "replayed") == NULL, "%s", anew);
}

Test(answers, where_there_is_no_invoice_there_is_nothing_to_verify)
{
    const char *none = answer_to("invoice.verify", "{}");
    cr_assert(strstr(none, "\"verified\":true,\"nothing_to_verify\":true,\"invoices\":0,") != NULL, "%s",
              none);
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    answer_to("invoice.generate", "{\"user\": \"u1\"}");
    const char *one = answer_to("invoice.verify", "{}");
    cr_assert(strstr(one, "\"verified\":true,\"nothing_to_verify\":false,\"invoices\":1,") != NULL, "%s",
              one);
}

Test(answers, a_run_takes_no_idempotency_key)
{
    struct daybook_run *r = NULL;
    does(daybook_set_idempotency_key(book, "k1", &why));
    refuses(daybook_run_nightly(book, "2025-01-31", test_path("out"), false, &r, &why), DAYBOOK_USAGE,
            "'run' takes no idempotency key");
    cr_assert(r == NULL);
    does(daybook_run_nightly(book, "2025-01-31", test_path("out"), false, &r, &why));
    daybook_free(r);
}

static size_t listed(const char *status)
{
    json_t *rows = json_loads(
        answer_to("payment.list", str_cstring(A, str_format(A, "{\"status\": \"%s\"}", status))), 0, NULL);
    size_t count = json_array_size(rows);
    for (size_t i = 0; i < count; i++)
        same(json_string_value(json_object_get(json_array_get(rows, i), "status")), status);
    json_decref(rows);
    return count;
}

Test(answers, transactions_are_listed_by_the_status_that_they_are_shown_with)
{
    struct daybook_transaction *whole = NULL, *part = NULL, *refund = NULL;
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_process_payment(book, "u1", "29.00", NULL, NULL, &whole, &why));
    does(daybook_process_payment(book, "u1", "10.00", NULL, NULL, &part, &why));
    does(daybook_process_payment(book, "u1", "1.00", NULL, NULL, NULL, &why));
    does(daybook_process_refund(book, whole->transaction_id, NULL, NULL, NULL, &why));
    does(daybook_process_refund(book, part->transaction_id, "4.00", NULL, &refund, &why));
    same(refund->payment_id, part->transaction_id);
    assert_int(listed("refunded"), 3); /* the payment and both refunds */
    assert_int(listed("partially_refunded"), 1);
    assert_int(listed("completed"), 1);
    const char *last = answer_to("payment.list", "{\"status\": \"refunded\", \"limit\": 1}");
    cr_assert(strstr(last, "\"payment_id\":\"txn_2\"") != NULL, "%s", last);
    cr_assert(strstr(last, "txn_4") == NULL, "%s", last);
    daybook_free(whole);
    daybook_free(part);
    daybook_free(refund);
}

Test(answers, members_that_hold_an_id_are_called_so)
{
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    (void)answer_to("run", str_cstring(A, str_format(A, "{\"through\": \"2025-01-10\", \"out\": \"%s\"}",
                                                     test_path("out"))));
    const char *const answers[][3] = {
        {"subscription.show", "{\"user\": \"u1\"}", "\"subscription_id\":\"sub_1\""},
        {"subscription.history", "{\"user\": \"u1\"}", "\"subscription_id\":\"sub_1\""},
        {"customer.show", "{\"user\": \"u1\"}", "\"subscription_id\":\"sub_1\""},
        {"invoice.show", "{\"invoice\": \"inv_1\"}", "\"run_id\":\"run_1\""},
        {"payment.list", NULL, "\"payment_id\":null"}};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        const char *answer = answer_to(answers[i][0], answers[i][1]);
        cr_assert(strstr(answer, answers[i][2]) != NULL, "%s", answer);
    }
}

Test(answers, who_could_not_be_billed_is_told_with_the_reason)
{
    struct daybook_run *r = NULL;
    does(daybook_create_subscription(book, "good", "basic", "pm_card_visa", NULL, &why));
    does(daybook_create_subscription(book, "bad", "pro", "pm_card_visa", NULL, &why));
    does(daybook_add_invoice_item(book, "bad", "more than", "50000000000000000", NULL, &why));
    does(daybook_add_invoice_item(book, "bad", "can be counted, with the tier", "42233720368547700", NULL,
                                  &why));
    refuses(daybook_run_nightly(book, "2025-01-31", test_path("out"), false, &r, &why), DAYBOOK_INCOMPLETE,
            "1 customer could not be billed: 'bad': ");
    cr_assert(strstr(why.message, "too large") != NULL, "%s", why.message);
    assert_int(r->invoiced, 1);
    assert_int(r->failures_count, 1);
    same(r->failures[0].user_id, "bad");
    cr_assert(strstr(r->failures[0].reason, "too large") != NULL, "%s", r->failures[0].reason);
    daybook_free(r);
    struct str manifest = test_read(test_path("out/run.json"));
    cr_assert(strstr(str_cstring(A, manifest), "{\"user_id\": \"bad\", \"reason\": \"") != NULL, "%.*s",
              STR_ARG(manifest));
    cr_assert(strstr(str_cstring(A, manifest), "\"program\": \"daybook " DAYBOOK_VERSION "\"") != NULL);
    cr_assert(strstr(str_cstring(A, test_read(test_path("out/batch_control.csv"))),
                     ",daybook " DAYBOOK_VERSION ",") != NULL);
    /* The next run tries him again: he is still one customer. */
    refuses(daybook_run_nightly(book, "2025-01-31", test_path("out"), false, &r, &why), DAYBOOK_INCOMPLETE,
            "1 customer could not be billed: 'bad': ");
    assert_int(r->failed, 1);
    assert_int(r->failures_count, 1);
    daybook_free(r);
}

Test(answers, a_document_that_no_font_can_show_is_told_and_the_rest_is_written)
{
    struct daybook_run *r = NULL;
    does(daybook_create_subscription(book, "good", "basic", "pm_card_visa", NULL, &why));
    does(daybook_create_subscription(book, "moon", "basic", "pm_card_visa", NULL, &why));
    does(daybook_add_invoice_item(book, "moon", "\u0e14", "1.00", NULL, &why));
    refuses(
        daybook_run_nightly(book, "2025-01-31", test_path("out"), false, &r, &why), DAYBOOK_INCOMPLETE,
        "1 document could not be drawn: cannot draw Invoice INV-2025-000002: line 1: description: no font "
        "has the character U+0E14");
    assert_int(r->invoiced, 2);
    assert_int(r->pdfs, 1);
    assert_int(r->not_drawn_count, 1);
    same(r->not_drawn[0].user_id, "moon");
    daybook_free(r);
    struct str manifest = test_read(test_path("out/run.json"));
    cr_assert(strstr(str_cstring(A, manifest), "\"not_drawn\": [\n    {\"user_id\": \"moon\", ") != NULL,
              "%.*s", STR_ARG(manifest));
}

Test(answers, nothing_is_not_taken_for_everything)
{
    char *answer = NULL;
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_process_payment(book, "u1", "29.00", NULL, NULL, NULL, &why));
    refuses(daybook_call(book, "payment.refund", "{\"transaction\": \"txn_1\", \"amount\": \"0.00\"}",
                         &answer, &why),
            DAYBOOK_INVALID, "amount: more than nothing is wanted");
    refuses(
        daybook_call(book, "subscription.update", "{\"user\": \"u1\", \"billing_day\": 0}", &answer, &why),
        DAYBOOK_INVALID, "billing_day: more than nothing is wanted");
}

static void answers_with(const char *words, const char *json, const char *member)
{
    const char *answer = answer_to(words, json);
    cr_assert(strstr(answer, member) != NULL, "%s: no %s in %s", words, member, answer);
}

/* At 02:00 in Greenwich it is the evening before in New York, and the month is still the old one. */
Test(answers, periods_are_those_that_today_lies_in_where_the_customer_is)
{
    at("2025-01-01T12:00:00Z");
    (void)answer_to("customer.create", "{\"user\": \"ny\", \"timezone\": \"america/new_york\"}");
    answers_with("customer.show", "{\"user\": \"ny\"}", "\"timezone\":\"America/New_York\"");
    does(daybook_create_subscription(book, "ny", "basic", "pm_card_visa", NULL, &why));
    does(daybook_create_subscription(book, "gw", "basic", "pm_card_visa", NULL, &why));
    at("2025-02-01T02:00:00Z");
    static const char ny[] = "{\"user\": \"ny\"}", gw[] = "{\"user\": \"gw\"}";
    answers_with("subscription.show", ny, "\"current_period_end\":\"2025-02-01\"");
    answers_with("subscription.show", gw, "\"current_period_end\":\"2025-03-01\"");
    answers_with("usage.show", ny, "\"period_start\":\"2025-01-01\"");
    answers_with("usage.show", gw, "\"period_start\":\"2025-02-01\"");
    const char *list = answer_to("subscription.list", "{}");
    cr_assert(strstr(list, "\"current_period_start\":\"2025-01-01\"") != NULL, "%s", list);
    cr_assert(strstr(list, "\"current_period_start\":\"2025-02-01\"") != NULL, "%s", list);
    /* Who asks for the month's invoice once more is shown the one of his own month. */
    answers_with("invoice.generate", ny, "\"total\":\"29.00\"");
    answers_with("invoice.generate", ny, "\"existing\":true");
}

Test(answers, a_bare_date_of_a_reading_is_answered_as_the_time_it_counts_at)
{
    (void)answer_to("customer.create", "{\"user\": \"ny\", \"timezone\": \"America/New_York\"}");
    static const char reading[] = "{\"user\": \"ny\", \"usage_type\": \"api_calls\", \"amount\": \"5\", "
                                  "\"event_id\": \"e1\", \"at\": \"2025-01-09\"}";
    answers_with("usage.record", reading, "\"at\":\"2025-01-09T05:00:00Z\"");
    answers_with("usage.record", reading, "\"at\":\"2025-01-09\"");
    char *answer = NULL;
    refuses(
        daybook_call(book, "usage.record",
                     "{\"user\": \"ny\", \"usage_type\": \"t\", \"amount\": \"1\", \"at\": \"2025-02-30\"}",
                     &answer, &why),
        DAYBOOK_INVALID, "usage.record: at: date '2025-02-30': there is no such day");
}

Test(answers, three_months_are_called_a_quarter)
{
    static const char catalog[] =
        "{\"products\": [{\"code\": \"p\", \"name\": \"P\", \"prices\": ["
        "{\"currency\": \"USD\", \"interval\": \"quarter\", \"amount\": \"28.00\"},"
        "{\"currency\": \"USD\", \"interval\": \"week\", \"interval_count\": 2, \"amount\": \"5.00\"}]}]}";
    const char *file = test_path("catalog.json");
    test_write(file, str_of(catalog));
    (void)answer_to("catalog.load", str_cstring(A, str_format(A, "{\"file\": \"%s\"}", file)));
    answers_with("catalog.show", "{}", "\"interval\":\"quarter\",\"interval_count\":1");
    answers_with(
        "subscription.create",
        "{\"user\": \"q\", \"tier\": \"p\", \"interval_count\": 3, \"payment_method\": \"pm_card_visa\"}",
        "\"interval\":\"quarter\",\"interval_count\":1");
    answers_with("subscription.create",
                 "{\"user\": \"w\", \"tier\": \"p\", \"interval\": \"week\", \"interval_count\": 2, "
                 "\"payment_method\": \"pm_card_visa\"}",
                 "\"interval\":\"week\",\"interval_count\":2");
}

/* ---- coupons and taxes ---- */

static void says(const char *answer, const char *words)
{
    cr_assert(strstr(answer, words) != NULL, "'%s' is not in %s", words, answer);
}

Test(answers, an_invoice_tells_its_coupons_and_taxes_in_json_and_in_c)
{
    struct daybook_invoice *v = NULL;
    (void)answer_to("catalog.load", "{\"file\": \"tests/spec/catalogs/taxes.json\"}");
    (void)answer_to("customer.create",
                    "{\"user\": \"u1\", \"party\": {\"country\": \"DE\"}, \"currency\": \"EUR\"}");
    does(daybook_create_subscription(book, "u1", "gross", "pm_card_visa", NULL, &why));
    const char *redeemed = answer_to("coupon.apply", "{\"user\": \"u1\", \"code\": \"FIVE\"}");
    says(redeemed, "\"amount\":\"5.00\"");
    says(redeemed, "\"uses_left\":2");
    does(daybook_generate_invoice(book, "u1", &v, &why));
    same(v->subtotal, "100.00"); /* 119.00 - 5.00 = 114.00 is 95.80 and 18.20; 119.00 would be 100.00 */
    same(v->discount, "4.20");
    same(v->tax, "18.20");
    same(v->total, "114.00");
    same(v->line_items[0].discount, "4.20");
    same(v->line_items[0].tax, "18.20");
    same(v->line_items[0].tax_rate, "19");
    same(v->line_items[0].tax_category, "S");
    cr_assert(v->line_items[0].tax_inclusive);
    const char *shown = answer_to("invoice.show", "{\"invoice\": \"INV-2025-000001\"}");
    says(shown,
         "\"discounts\":[{\"code\":\"FIVE\",\"name\":\"Five off\",\"amount\":\"4.20\",\"redemption\":1}]");
    says(shown,
         "\"taxes\":[{\"code\":\"de\",\"jurisdiction\":\"DE\",\"percent\":\"19\",\"amount\":\"18.20\"}]");
    says(shown, "\"taxable\":\"95.80\"");
    says(answer_to("coupon.list", "{\"user\": \"u1\"}"), "\"uses_left\":1");
    says(answer_to("coupon.remove", "{\"user\": \"u1\", \"code\": \"FIVE\"}"), "\"removed\":true");
    same(answer_to("coupon.list", "{\"user\": \"u1\"}"), "[]");
    daybook_free(v);
}

Test(answers, a_customer_tells_whether_and_why_he_is_exempt)
{
    const char *made =
        answer_to("customer.create",
                  "{\"user\": \"u1\", \"tax_exempt\": \"yes\", \"tax_exempt_reason\": \"VATEX-EU-132\"}");
    says(made, "\"tax_exempt\":true");
    says(made, "\"tax_exempt_reason\":\"VATEX-EU-132\"");
    says(answer_to("customer.update", "{\"user\": \"u1\", \"tax_exempt\": \"no\"}"), "\"tax_exempt\":false");
}

Test(answers, who_bills_a_subscription_is_told)
{
    (void)answer_to("subscription.create",
                    "{\"user\": \"u1\", \"tier\": \"pro\", \"billing_owner\": \"stripe\", \"reference\": "
                    "\"sub_A\", \"start\": \"2025-01-05\", \"charged_through\": \"2025-02-05\"}");
    const char *ends =
        answer_to("subscription.follow", "{\"user\": \"u1\", \"cancel_at_period_end\": \"yes\"}");
    cr_assert(strstr(ends, "\"next_billing_date\":null") != NULL, "%s", ends);
    cr_assert(strstr(ends, "\"cancel_on\":\"2025-02-05\"") != NULL, "%s", ends);
    (void)answer_to("payment-method.add", "{\"user\": \"u1\", \"token\": \"pm_card_visa\"}");
    const char *over = answer_to("subscription.take-over", "{\"user\": \"u1\"}");
    cr_assert(strstr(over, "\"take_over_on\":\"2025-02-05\"") != NULL, "%s", over);
    cr_assert(strstr(over, "\"next_billing_date\":\"2025-02-05\"") != NULL, "%s", over);
    const char *list = answer_to("subscription.list", "{}");
    cr_assert(strstr(list, "\"billing_owner\":\"stripe\",\"reference\":\"sub_A\"") != NULL, "%s", list);
}

Test(answers, collecting_says_what_became_of_every_payment_and_of_the_money)
{
    static const char wanted[] =
        "{\"gateway\":\"simulator\",\"not_asked\":0,\"asked\":3,\"completed\":1,\"declined\":1,"
        "\"processing\":0,"
        "\"unknown\":"
        "1,"
        "\"refunds_settled\":0,\"refunds_unknown\":0,\"still_pending\":1,\"untold\":0,"
        "\"of_other_gateways\":0,\"stopped\":false,"
        "\"totals\":[{\"asked\":\"87.00\",\"completed\":\"29.00\",\"declined\":\"29.00\",\"processing\":"
        "\"0."
        "00\","
        "\"unknown\":\"29.00\",\"currency\":\"USD\"}]}";
    static const char *const cards[] = {"pm_card_visa", "pm_card_chargeDeclined", "pm_daybook_unknown"};
    static const char *const users[] = {"ann", "bob", "cho"};
    char *answer = NULL;
    for (size_t i = 0; i < 3; i++) {
        does(daybook_create_subscription(book, users[i], "basic", cards[i], NULL, &why));
        answer_to("invoice.generate", str_format(A, "{\"user\": \"%s\"}", users[i]).ptr);
    }
    refuses(daybook_call(book, "payment.collect", "{}", &answer, &why), DAYBOOK_INCOMPLETE,
            "the gateway's answer to 1 transaction is not known; the next one asks again");
    same(answer, wanted);
    daybook_free(answer);
    refuses(daybook_call(book, "reconcile", "{}", &answer, &why), DAYBOOK_INCOMPLETE, "is not known");
    cr_assert(strstr(answer,
                     "{\"transaction_id\":\"txn_3\",\"user_id\":\"cho\",\"type\":\"payment\","
                     "\"amount\":\"29.00\",\"currency\":\"USD\",\"since\":\"2025-01-10T09:00:00") != NULL,
              "%s", answer);
    cr_assert(strstr(answer, "\"was\":\"requested\",\"is\":\"unknown\"}]}") != NULL, "%s", answer);
    daybook_free(answer);
}

Test(answers, the_simulator_begins_a_payment_method_and_has_no_page_for_it)
{
    char *none = NULL;
    does(daybook_create_subscription(book, "u1", "free", NULL, NULL, &why));
    const char *begun = answer_to("payment-method.setup", "{\"user\": \"u1\"}");
    cr_assert(strstr(begun, "\"setup_id\":\"sim_") != NULL, "%s", begun);
    cr_assert(strstr(begun, "\"gateway\":\"simulator\",\"status\":\"waiting\",") != NULL, "%s", begun);
    cr_assert(strstr(begun, "\"url\":null,\"client_secret\":null,\"payment_method_id\":null}") != NULL, "%s",
              begun);
    const char *done = answer_to("payment-method.setup", "{\"user\": \"u1\", \"token\": \"pm_card_visa\"}");
    cr_assert(strstr(done, "\"status\":\"done\",") != NULL, "%s", done);
    cr_assert(strstr(done, "\"payment_method_id\":\"pm_card_visa\"}") != NULL, "%s", done);
    const char *list = answer_to("payment-method.list", "{\"user\": \"u1\"}");
    cr_assert(strstr(list, "\"last4\":\"4242\"") != NULL, "%s", list);
    refuses(daybook_call(book, "payment-method.setup", "{\"user\": \"nobody\"}", &none, &why),
            DAYBOOK_NOT_FOUND, "nobody");
    refuses(daybook_call(book, "payment-method.setup", "{\"user\": \"u1\", \"token\": \"4242424242424242\"}",
                         &none, &why),
            DAYBOOK_INVALID, "card numbers");
    const char *removed =
        answer_to("payment-method.remove", "{\"user\": \"u1\", \"method\": \"pm_card_visa\"}");
    cr_assert(strstr(removed, "\"removed\":true,\"detached\":true}") != NULL, "%s", removed);
}

Test(answers, a_payment_that_does_not_wait_for_its_customer_has_no_action)
{
    char *none = NULL;
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    answer_to("payment.charge", "{\"user\": \"u1\", \"amount\": \"29.00\"}");
    const char *list = answer_to("payment.list", "{}");
    cr_assert(strstr(list, "\"action_required\":false") != NULL, "%s", list);
    list = answer_to("payment.list", "{\"status\": \"action_required\"}");
    cr_assert(strstr(list, "txn_1") == NULL, "%s", list);
    refuses(daybook_call(book, "payment.action", "{\"transaction\": \"txn_1\"}", &none, &why),
            DAYBOOK_REFUSED, "does not wait for its customer: it is completed");
    refuses(daybook_call(book, "payment.action", "{\"transaction\": \"txn_9\"}", &none, &why),
            DAYBOOK_NOT_FOUND, "txn_9");
}
