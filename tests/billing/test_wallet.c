/* SPDX-License-Identifier: MIT */
/* test_wallet.c - entitlements, alerts and prepaid credit, as programs and the command line ask for them. */
#include <fcntl.h>
#include <unistd.h>

#include "billing/cli.h"
#include "tests/billing/book.h"

TestSuite(wallet_calls, .init = book_begin, .fini = book_end);

/* ---- entitlements ---- */

/* The seed's question: api_calls of a basic tier, 1,000 included, more at 0.01 each. */
Test(wallet_calls, a_program_asks_whether_a_user_may)
{
    struct daybook_entitlement *v = NULL;
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_create_subscription(book, "u2", "free", NULL, NULL, &why));
    does(daybook_record_usage(book, "u1", "api_calls", "1001", NULL, NULL, NULL, &why));
    does(daybook_record_usage(book, "u2", "api_calls", "100", NULL, NULL, NULL, &why));
    does(daybook_check_entitlement(book, "u1", "api_calls", &v, &why));
    same(v->kind, "usage");
    same(v->limit, "1000");
    same(v->used, "1001");
    same(v->remaining, "0");
    same(v->subscription_id, "sub_1");
    same(v->reason, "overage_billed");
    cr_assert(v->allowed && v->over_limit && v->overage_billed && !v->unlimited);
    daybook_free(v);
    /* Nothing past the free tier's quota is billed, so it ends there. */
    does(daybook_check_entitlement(book, "u2", "api_calls", &v, &why));
    same(v->reason, "quota_used");
    cr_assert(!v->allowed && !v->over_limit);
    daybook_free(v);
    does(daybook_check_entitlement(book, "u2", "gold", &v, &why));
    same(v->kind, "");
    same(v->limit, "");
    same(v->used, "");
    same(v->reason, "not_included");
    daybook_free(v);
    refuses(daybook_check_entitlement(book, "u3", "api_calls", &v, &why), DAYBOOK_NOT_FOUND,
            "no customer 'u3'");
    cr_assert(v == NULL);
}

Test(wallet_calls, a_program_lists_what_a_user_may)
{
    struct daybook_entitlements *all = NULL;
    does(daybook_create_subscription(book, "u1", "pro", "pm_card_visa", NULL, &why));
    does(daybook_list_entitlements(book, "u1", &all, &why));
    assert_int(all->count, 1);
    same(all->items[0].feature, "api_calls");
    cr_assert(all->items[0].allowed);
    daybook_free(all);
}

/* ---- alerts ---- */

struct rings {
    int count;
    char threshold[32], total[32];
};

static void ring(void *context, const char *user_id, const char *usage_type, const char *threshold,
                 const char *total)
{
    struct rings *r = context;
    r->count++;
    same(user_id, "u1");
    same(usage_type, "api_calls");
    (void)snprintf(r->threshold, sizeof r->threshold, "%s", threshold);
    (void)snprintf(r->total, sizeof r->total, "%s", total);
}

Test(wallet_calls, an_alert_at_a_part_of_the_quota_rings_with_the_quantity_that_it_is)
{
    struct rings r = {0};
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_set_usage_alert(book, "u1", "api_calls", "80%", ring, &r, &why));
    does(daybook_set_usage_alert(book, "u1", "api_calls", "80%", ring, &r, &why)); /* the same one */
    does(daybook_record_usage(book, "u1", "api_calls", "799", NULL, NULL, NULL, &why));
    assert_int(r.count, 0);
    does(daybook_record_usage(book, "u1", "api_calls", "2", NULL, NULL, NULL, &why));
    assert_int(r.count, 1);
    same(r.threshold, "800");
    same(r.total, "801");
    refuses(daybook_set_usage_alert(book, "u1", "dreams", "80%", ring, &r, &why), DAYBOOK_REFUSED,
            "no quota of 'dreams'");
    refuses(daybook_set_usage_alert(book, "u1", "api_calls", "%", ring, &r, &why), DAYBOOK_INVALID,
            "threshold");
    char *answer = NULL;
    does(daybook_call(book, "alert.list", "{\"user\": \"u1\"}", &answer, &why));
    json_t *rows = json_loads(answer, 0, NULL);
    assert_int(json_array_size(rows), 1);
    const json_t *row = json_array_get(rows, 0);
    same(json_string_value(json_object_get(row, "kind")), "quota");
    same(json_string_value(json_object_get(row, "percent")), "80");
    cr_assert(json_is_null(json_object_get(row, "threshold")));
    json_decref(rows);
    daybook_free(answer);
}

/* ---- prepaid credit ---- */

Test(wallet_calls, credit_is_sold_pays_an_invoice_and_is_taken_back)
{
    struct daybook_grant *g = NULL;
    struct daybook_grants *all = NULL;
    struct daybook_invoice *v = NULL;
    struct daybook_credit in = {
        .user_id = "u1", .amount = "40.00", .price = "20.00", .expires = "2025-06-01"};
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_grant_credit(book, &in, &g, &why));
    assert_int(g->grant, 1);
    assert_int(g->priority, 50);
    same(g->status, "open");
    same(g->left, "40.00");
    same(g->price, "20.00");
    same(g->expires, "2025-06-01");
    same(g->scope, "");
    daybook_free(g);
    does(daybook_generate_invoice(book, "u1", &v, &why));
    /* 29.00 for the tier, which the credit pays, and 20.00 for the credit. */
    same(v->total, "49.00");
    same(v->wallet_applied, "29.00");
    same(v->amount_due, "20.00");
    daybook_free(v);
    does(daybook_void_credit(book, "u1", 1, false, &g, &why));
    same(g->status, "voided");
    same(g->left, "0.00");
    daybook_free(g);
    in = (struct daybook_credit){.user_id = "u1", .amount = "5", .priority = 3, .scope = "api_calls"};
    does(daybook_grant_credit(book, &in, NULL, &why));
    does(daybook_list_credit(book, "u1", &all, &why));
    assert_int(all->count, 2);
    same(all->items[1].scope, "api_calls");
    assert_int(all->items[1].priority, 3);
    daybook_free(all);
    in.scope = "apples";
    refuses(daybook_grant_credit(book, &in, NULL, &why), DAYBOOK_NOT_FOUND, "apples");
    refuses(daybook_grant_credit(book, NULL, NULL, &why), DAYBOOK_INVALID, "user");
    refuses(daybook_void_credit(book, "u1", 1, false, NULL, &why), DAYBOOK_REFUSED, "nothing left");
}

static const char *text_of(const json_t *j, const char *member)
{
    const char *text = json_string_value(json_object_get(j, member));
    return text == NULL ? "" : text;
}

/* 29.00, of which a gift paid 20.00: it has that back, 9.00 is credit of the other kind. */
Test(wallet_calls, what_credit_paid_is_told_when_it_goes_back)
{
    char *answer = NULL;
    struct daybook_invoice *v = NULL;
    struct daybook_credit gift = {.user_id = "u1", .amount = "20.00"};
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_grant_credit(book, &gift, NULL, &why));
    does(daybook_generate_invoice(book, "u1", &v, &why));
    same(v->wallet_applied, "20.00");
    same(v->wallet_returned, "0.00");
    daybook_free(v);
    does(daybook_call(book, "invoice.credit", "{\"invoice\": \"INV-2025-000001\", \"as\": \"credit\"}",
                      &answer, &why));
    json_t *j = json_loads(answer, 0, NULL);
    same(text_of(j, "total"), "-29.00");
    same(text_of(j, "wallet_returned"), "20.00");
    same(text_of(j, "to_prepaid"), "20.00");
    same(text_of(j, "lapsed"), "0.00");
    same(text_of(j, "to_balance"), "9.00");
    const json_t *row = json_array_get(json_object_get(j, "wallet_returns"), 0);
    assert_int(json_integer_value(json_object_get(row, "grant")), 1);
    same(text_of(row, "invoice_id"), "inv_1");
    same(text_of(row, "amount"), "20.00");
    cr_assert(json_is_false(json_object_get(row, "lapsed")));
    json_decref(j);
    daybook_free(answer);
    does(daybook_call(book, "invoice.show", "{\"invoice\": \"INV-2025-000001\"}", &answer, &why));
    j = json_loads(answer, 0, NULL);
    same(text_of(json_array_get(json_object_get(j, "wallet"), 0), "returned"), "20.00");
    json_decref(j);
    daybook_free(answer);
    does(daybook_call(book, "wallet.show", "{\"user\": \"u1\"}", &answer, &why));
    j = json_loads(answer, 0, NULL);
    same(text_of(j, "balance"), "20.00");
    json_decref(j);
    daybook_free(answer);
}

Test(wallet_calls, the_balance_is_told_by_currency_with_what_was_paid_for_it)
{
    char *answer = NULL;
    struct daybook_credit in = {.user_id = "u1", .amount = "40.00", .price = "20.00"};
    struct daybook_credit gift = {.user_id = "u1", .amount = "7.00"};
    struct daybook_credit yen = {.user_id = "u1", .amount = "900", .currency = "JPY"};
    struct daybook_credit soon = {.user_id = "u1", .amount = "1.00", .expires = "2025-01-11"};
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_grant_credit(book, &in, NULL, &why));
    does(daybook_grant_credit(book, &gift, NULL, &why));
    does(daybook_grant_credit(book, &yen, NULL, &why));
    does(daybook_grant_credit(book, &soon, NULL, &why));
    at("2025-01-11T00:00:00Z");
    does(daybook_call(book, "wallet.show", "{\"user\": \"u1\"}", &answer, &why));
    json_t *j = json_loads(answer, 0, NULL);
    same(json_string_value(json_object_get(j, "balance")), "47.00");
    const json_t *balances = json_object_get(j, "balances");
    assert_int(json_array_size(balances), 2);
    same(json_string_value(json_object_get(json_array_get(balances, 0), "prepaid")), "20.00");
    same(json_string_value(json_object_get(json_array_get(balances, 1), "balance")), "900");
    json_decref(j);
    daybook_free(answer);
}

/* ---- the command line ---- */

/* The exit status of the program, whose answer goes nowhere. */
static int status_of(const char *verb, const char *user, const char *feature)
{
    const char *argv[] = {"daybook",     "--dir", book_dir(), "--now", "2025-01-10",
                          "entitlement", verb,    user,       feature, "--quiet"};
    int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
    (void)fflush(stdout);
    cr_assert(dup2(nowhere, STDOUT_FILENO) >= 0 && dup2(nowhere, STDERR_FILENO) >= 0);
    int status = cli_main((int)(sizeof argv / sizeof argv[0]), argv);
    (void)fflush(stdout);
    cr_assert(dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0);
    (void)close(out);
    (void)close(err);
    (void)close(nowhere);
    return status;
}

Test(wallet_calls, a_check_answers_by_its_exit_status)
{
    does(daybook_create_subscription(book, "u1", "free", NULL, NULL, &why));
    does(daybook_record_usage(book, "u1", "api_calls", "99", NULL, NULL, NULL, &why));
    daybook_close(book); /* a ledger is opened once in a process */
    int yes = status_of("check", "u1", "api_calls");
    book_open("2025-01-10T10:00:00Z");
    does(daybook_record_usage(book, "u1", "api_calls", "1", NULL, NULL, NULL, &why));
    daybook_close(book);
    int no = status_of("check", "u1", "api_calls");
    int nobody = status_of("check", "u9", "api_calls");
    book_open("2025-01-10T11:00:00Z");
    assert_int(yes, 0);
    assert_int(no, 1);
    assert_int(nobody, 1);
}

/* An invoice of 29.00 takes all of 10.00 on January 12th. */
Test(wallet_calls, an_alert_tells_the_day_on_which_it_last_fired)
{
    char *answer = NULL;
    struct daybook_credit in = {.user_id = "u1", .amount = "10.00"};
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_grant_credit(book, &in, NULL, &why));
    does(daybook_call(book, "wallet.alert", "{\"user\": \"u1\", \"below\": \"5\"}", &answer, &why));
    daybook_free(answer);
    at("2025-01-12T00:00:00Z");
    does(daybook_call(book, "invoice.generate", "{\"user\": \"u1\"}", &answer, &why));
    daybook_free(answer);
    does(daybook_call(book, "alert.list", "{\"user\": \"u1\"}", &answer, &why));
    json_t *rows = json_loads(answer, 0, NULL);
    const json_t *row = json_array_get(rows, 0);
    same(json_string_value(json_object_get(row, "kind")), "wallet");
    same(json_string_value(json_object_get(row, "fired_in")), "2025-01-12");
    json_decref(rows);
    daybook_free(answer);
}
