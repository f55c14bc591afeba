/* SPDX-License-Identifier: MIT */
/* test_preview.c - what a preview shows is what comes: the same lines and amounts as the change and the run
 * that are made afterwards; and it leaves nothing behind. */
#include <jansson.h>

#include "tests/billing/book.h"

TestSuite(preview, .init = book_begin, .fini = book_end);

static json_t *answer_to(const char *words, const char *json)
{
    char *answer = NULL;
    does(daybook_call(book, words, json, &answer, &why));
    json_t *j = json_loads(answer, 0, NULL);
    daybook_free(answer);
    cr_assert(j != NULL);
    return j;
}

static const char *text(const json_t *j, const char *name)
{
    return json_string_value(json_object_get(j, name));
}

static void run_through(const char *date)
{
    struct daybook_run *r = NULL;
    does(daybook_run_nightly(book, date, test_path("out"), false, &r, &why));
    daybook_free(r);
}

static void assert_same_invoice(const json_t *shown, const char *number)
{
    const char *question = str_cstring(A, str_format(A, "{\"invoice\": \"%s\"}", number));
    json_t *made = answer_to("invoice.show", question);
    same(text(shown, "total"), text(made, "total"));
    same(text(shown, "issue_date"), text(made, "issue_date"));
    cr_assert(json_equal(json_object_get(shown, "line_items"), json_object_get(made, "line_items")));
    json_decref(made);
}

Test(preview, the_next_invoice_is_the_one_that_the_run_makes)
{
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    run_through("2025-01-10");
    does(daybook_record_usage(book, "u1", "api_calls", "1500", NULL, NULL, NULL, &why));
    json_t *shown = answer_to("invoice.preview", "{\"user\": \"u1\"}");
    same(text(shown, "total"),
         "34.00"); /* 29.00 for the month that begins, 5.00 for 500 calls past the quota */
    at("2025-02-10T09:00:00Z");
    run_through("2025-02-10");
    assert_same_invoice(shown, "INV-2025-000002");
    json_decref(shown);
}

Test(preview, a_planned_change_shows_what_it_will_cost_and_changes_nothing)
{
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    run_through("2025-01-10");
    at("2025-01-25T09:00:00Z");
    json_t *shown = answer_to("invoice.preview", "{\"user\": \"u1\", \"tier\": \"pro\"}");
    same(text(shown, "change"), "upgrade");
    same(text(shown, "change_credit"), "14.97"); /* 16 of 31 days of 29.00 */
    same(text(shown, "change_charge"), "51.10"); /* … and of 99.00 */
    json_t *still = answer_to("subscription.show", "{\"user\": \"u1\"}");
    same(text(still, "tier"), "basic");
    does(daybook_update_subscription(book, "u1", "pro", NULL, &why));
    at("2025-02-10T09:00:00Z");
    run_through("2025-02-10");
    assert_same_invoice(shown, "INV-2025-000002");
    json_decref(still);
    json_decref(shown);
}

Test(preview, what_cannot_be_changed_cannot_be_previewed)
{
    char *answer = NULL;
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    refuses(daybook_call(book, "invoice.preview", "{\"user\": \"u1\", \"tier\": \"gold\"}", &answer, &why),
            DAYBOOK_NOT_FOUND, "no tier 'gold'");
    refuses(daybook_call(book, "invoice.preview", "{\"user\": \"u1\", \"tier\": \"pro\", \"when\": \"soon\"}",
                         &answer, &why),
            DAYBOOK_INVALID, "--when 'soon'");
    refuses(daybook_call(book, "invoice.preview", "{\"user\": \"u1\", \"through\": \"2025-01-09\"}", &answer,
                         &why),
            DAYBOOK_REFUSED, "nothing is to be invoiced for 'u1' through 2025-01-09");
}

Test(preview, what_waits_is_shown_on_the_day_whose_run_invoices_it_and_on_no_other)
{
    char *answer = NULL;
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    run_through("2025-01-10");
    json_decref(answer_to("invoice.add-item",
                          "{\"user\": \"u1\", \"description\": \"Set-up\", \"amount\": \"7.00\"}"));
    refuses(daybook_call(book, "invoice.preview", "{\"user\": \"u1\", \"through\": \"2025-02-09\"}", &answer,
                         &why),
            DAYBOOK_REFUSED, "nothing is to be invoiced for 'u1' through 2025-02-09");
    json_t *shown = answer_to("invoice.preview", "{\"user\": \"u1\"}");
    same(text(shown, "issue_date"), "2025-02-10");
    same(text(shown, "total"), "36.00"); /* 29.00 + 7.00 */
    json_t *by_day = answer_to("invoice.preview", "{\"user\": \"u1\", \"through\": \"2025-02-10\"}");
    cr_assert(json_equal(shown, by_day));
    at("2025-02-09T09:00:00Z");
    run_through("2025-02-09");
    at("2025-02-10T09:00:00Z");
    run_through("2025-02-10");
    assert_same_invoice(shown, "INV-2025-000002");
    json_decref(by_day);
    json_decref(shown);
}

Test(preview, months_that_come_to_nothing_are_passed_over)
{
    json_decref(answer_to("subscription.create",
                          "{\"user\": \"u1\", \"tier\": \"pro\", \"interval\": \"year\","
                          " \"payment_method\": \"pm_card_visa\"}"));
    run_through("2025-01-10");
    json_t *shown = answer_to("invoice.preview", "{\"user\": \"u1\"}");
    same(text(shown, "issue_date"), "2026-01-10"); /* usage is rated each month, and there is none */
    same(text(shown, "total"), "990.00");
    json_decref(shown);
}

Test(preview, a_free_tier_has_no_next_invoice)
{
    char *answer = NULL;
    does(daybook_create_subscription(book, "u1", "free", NULL, NULL, &why));
    refuses(daybook_call(book, "invoice.preview", "{\"user\": \"u1\"}", &answer, &why), DAYBOOK_REFUSED,
            "nothing is to be invoiced for 'u1'");
}

Test(preview, what_fell_due_before_a_change_of_the_day_is_shown_today)
{
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    run_through("2025-01-10");
    at("2025-02-10T09:00:00Z");
    does(daybook_update_subscription(book, "u1", "pro", NULL, &why));
    json_t *shown = answer_to("invoice.preview", "{\"user\": \"u1\"}");
    same(text(shown, "issue_date"), "2025-02-10");
    same(text(shown, "total"), "99.00"); /* 29.00 of the month that began, given back, and 99.00 */
    run_through("2025-02-10");
    assert_same_invoice(shown, "INV-2025-000002");
    json_decref(shown);
}
