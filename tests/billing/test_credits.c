/* SPDX-License-Identifier: MIT */
/* test_credits.c - documents after they were made, through the call that programs use: what the answers of
 * credit notes, voids, write-offs and one-off invoices say. */
#include <jansson.h>

#include "tests/billing/book.h"

TestSuite(credits, .init = book_begin, .fini = book_end);

static json_t *call(const char *words, const char *arguments)
{
    char *text = NULL;
    does(daybook_call(book, words, arguments, &text, &why));
    json_t *answer = json_loads(text, 0, NULL);
    daybook_free(text);
    cr_assert_not_null(answer);
    return answer;
}

static const char *text_of(const json_t *answer, const char *name)
{
    const json_t *value = json_object_get(answer, name);
    cr_assert_not_null(value, "no member %s", name);
    return json_is_string(value) ? json_string_value(value) : json_is_null(value) ? "null" : "?";
}

static const json_t *line_of(const json_t *answer, size_t n)
{
    return json_array_get(json_object_get(answer, "line_items"), n);
}

static void sell(const char *amount)
{
    struct daybook_payment_method *m = NULL;
    json_decref(call("customer.create", "{\"user\": \"ann\"}"));
    does(daybook_add_payment_method(book, "ann", "pm_card_visa", true, &m, &why));
    daybook_free(m);
    json_decref(call(
        "invoice.one-off",
        str_format(A, "{\"user\": \"ann\", \"description\": \"Work\", \"amount\": \"%s\"}", amount).ptr));
}

static void pay(const char *amount)
{
    struct daybook_transaction *t = NULL;
    does(daybook_process_payment(book, "ann", amount, NULL, NULL, &t, &why));
    daybook_free(t);
}

Test(credits, a_one_off_invoice_is_answered_whole)
{
    json_decref(call("customer.create", "{\"user\": \"ann\", \"terms_days\": 45}"));
    json_t *j =
        call("invoice.one-off",
             "{\"user\": \"ann\", \"description\": \"Mugs\", \"amount\": \"7.50\", \"quantity\": \"4\"}");
    same(text_of(j, "invoice_number"), "INV-2025-000001");
    same(text_of(j, "total"), "30.00");
    same(text_of(j, "due_date"), "2025-02-24");
    same(text_of(line_of(j, 0), "unit_price"), "7.50");
    json_decref(j);
    j = call("customer.show", "{\"user\": \"ann\"}");
    assert_int(json_integer_value(json_object_get(j, "terms_days")), 45);
    json_decref(j);
}

Test(credits, a_credit_note_says_what_it_credits_and_where_the_money_went)
{
    sell("100.00");
    pay("70.00");
    json_t *j = call("invoice.credit", "{\"invoice\": \"INV-2025-000001\", \"amount\": \"90.00\", \"as\": "
                                       "\"refund\", \"reason\": \"Too late\", \"line\": 1}");
    same(text_of(j, "kind"), "credit_note");
    same(text_of(j, "invoice_number"), "CN-2025-000001");
    same(text_of(j, "total"), "-90.00");
    same(text_of(j, "credits_invoice"), "INV-2025-000001");
    same(text_of(j, "reason"), "Too late");
    same(text_of(line_of(j, 0), "credits_invoice_id"), "inv_1");
    assert_int(json_integer_value(json_object_get(line_of(j, 0), "credits_line")), 1);
    same(text_of(j, "refunded"), "70.00");
    same(text_of(j, "offset"), "20.00");
    same(text_of(j, "to_balance"), "0.00");
    assert_int(json_array_size(json_object_get(j, "refunds")), 1);
    same(text_of(json_array_get(json_object_get(j, "refunds"), 0), "description"), "Too late");
    json_decref(j);
    j = call("invoice.show", "{\"invoice\": \"INV-2025-000001\"}");
    same(text_of(j, "status"), "partially_paid");
    same(text_of(j, "amount_paid"), "90.00");
    same(text_of(j, "amount_offset"), "20.00");
    same(text_of(j, "amount_credited"), "90.00");
    same(text_of(j, "amount_refunded"), "70.00");
    same(text_of(j, "amount_remaining"), "10.00");
    json_decref(j);
    char *none = NULL;
    refuses(daybook_call(book, "invoice.credit", "{\"invoice\": \"INV-2025-000001\", \"amount\": \"10.01\"}",
                         &none, &why),
            DAYBOOK_REFUSED, "10.00 USD");
    refuses(
        daybook_call(book, "invoice.credit", "{\"invoice\": \"INV-2025-000001\", \"line\": 0}", &none, &why),
        DAYBOOK_INVALID, "line");
}

Test(credits, the_rest_goes_to_the_balance)
{
    sell("100.00");
    pay("100.00");
    json_t *j = call("invoice.credit", "{\"invoice\": \"inv_1\", \"amount\": \"12.34\"}");
    same(text_of(j, "to_balance"), "12.34");
    same(text_of(j, "offset"), "0.00");
    json_decref(j);
    j = call("customer.list", NULL);
    same(text_of(json_array_get(j, 0), "credit_balance"), "12.34");
    json_decref(j);
}

Test(credits, a_key_gives_the_first_credit_note_again)
{
    sell("100.00");
    for (int i = 0; i < 2; i++) {
        does(daybook_set_idempotency_key(book, "once", &why));
        json_t *j = call("invoice.credit", "{\"invoice\": \"inv_1\", \"amount\": \"10.00\"}");
        same(text_of(j, "invoice_number"), "CN-2025-000001");
        json_decref(j);
    }
    json_t *j = call("invoice.show", "{\"invoice\": \"inv_1\"}");
    same(text_of(j, "amount_credited"), "10.00");
    json_decref(j);
}

Test(credits, a_void_and_a_write_off_answer_the_invoice_as_it_is_now)
{
    sell("100.00");
    json_t *j = call("invoice.void", "{\"invoice\": \"INV-2025-000001\", \"reason\": \"Typo\"}");
    same(text_of(j, "status"), "void");
    same(text_of(j, "closed_on"), "2025-01-10");
    same(text_of(j, "reason"), "Typo");
    same(text_of(j, "amount_remaining"), "0.00");
    json_decref(j);
    json_decref(
        call("invoice.one-off", "{\"user\": \"ann\", \"description\": \"Work\", \"amount\": \"50\"}"));
    j = call("invoice.write-off", "{\"invoice\": \"INV-2025-000002\"}");
    same(text_of(j, "status"), "uncollectible");
    same(text_of(j, "amount_written_off"), "50.00");
    same(text_of(j, "amount_remaining"), "50.00");
    json_decref(j);
    char *none = NULL;
    refuses(daybook_call(book, "invoice.void", "{\"invoice\": \"INV-2025-000001\"}", &none, &why),
            DAYBOOK_REFUSED, "invoice 'INV-2025-000001' is void and cannot be voided");
}
