/* SPDX-License-Identifier: MIT */
/* The API description's examples of payments, payment methods, refunds, webhooks and errors, from C, paid by
 * a server of our own in Stripe's shapes. */
#include <sys/stat.h>

#include "tests/billing/book.h"
#include "tests/lib/stripe_server.h"

static struct stripe_server *server;
#define SECRETS "whsec_an_older_secret until 2024-12-31T00:00:00Z\nwhsec_the_endpoints_secret\n"

static void begin(void)
{
    struct stripe_server_options o = {.now = 1736499600}; /* 2025-01-10T09:00:00Z */
    book_begin();
    daybook_close(book);
    server = stripe_server_start(o);
    cr_assert_not_null(server);
    FILE *f = fopen(test_path("stripe.key"), "w");
    cr_assert(f != NULL && fputs("sk_test_daybook\n", f) >= 0 && fclose(f) == 0);
    cr_assert(chmod(test_path("stripe.key"), 0600) == 0);
    struct daybook_options options = {.dir = book_dir(),
                                      .now = "2025-01-10T09:00:00Z",
                                      .actor = "test",
                                      .stripe_key_file = test_path("stripe.key"),
                                      .stripe_base = stripe_server_url(server),
                                      .stripe_rate = -1};
    does(daybook_open(&book, &options, &why));
}

static void end(void)
{
    book_end();
    stripe_server_stop(server);
}

TestSuite(stripe_examples, .init = begin, .fini = end);

Test(stripe_examples, a_payment_is_completed_and_refunded_in_full)
{
    struct daybook_transaction *payment = NULL, *refund = NULL;
    does(daybook_create_subscription(book, "user_123", "basic", "pm_card_visa", NULL, &why));
    does(daybook_process_payment(book, "user_123", "29.00", "USD", "Monthly subscription - Basic tier",
                                 &payment, &why));
    same(payment->status, "completed");
    same(payment->gateway, "stripe");
    cr_assert(strncmp(payment->gateway_reference, "pi_", 3) == 0);
    does(daybook_process_refund(book, payment->transaction_id, "29.00", "Customer request", &refund, &why));
    same(refund->status, "refunded");
    same(refund->amount, "29.00");
    assert_int(stripe_server_counts(server).charges_succeeded, 1);
    assert_int(stripe_server_counts(server).refunds, 1);
    daybook_free(payment);
    daybook_free(refund);
}

Test(stripe_examples, payment_methods_are_added_listed_and_removed)
{
    struct daybook_payment_methods *methods = NULL;
    struct daybook_payment_method *added = NULL;
    does(daybook_create_subscription(book, "user_123", "free", NULL, NULL, &why));
    does(daybook_add_payment_method(book, "user_123", "pm_card_mastercard", true, &added, &why));
    does(daybook_list_payment_methods(book, "user_123", &methods, &why));
    assert_int(methods->count, 1);
    same(methods->items[0].last4, "4444");
    assert_int(methods->items[0].exp_month, 8);
    assert_int(methods->items[0].exp_year, 2030);
    cr_assert(methods->items[0].is_default);
    does(daybook_remove_payment_method(book, "user_123", methods->items[0].payment_method_id, &why));
    daybook_free(methods);
    does(daybook_list_payment_methods(book, "user_123", &methods, &why));
    assert_int(methods->count, 0);
    daybook_free(methods);
    daybook_free(added);
}

/* InsufficientFundsError, PaymentError and BillingError, told apart by code and reason. */
Test(stripe_examples, too_little_money_is_told_apart_from_other_declines_and_from_faults)
{
    static const struct {
        const char *user, *token;
        int code;
        const char *reason;
    } table[] = {
        {"poor", "pm_card_visa", DAYBOOK_DECLINED, "insufficient_funds"},
        {"stolen", "pm_card_visa", DAYBOOK_DECLINED, "stolen_card"},
        {"plain", "pm_card_visa", DAYBOOK_DECLINED, "generic_decline"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct daybook_transaction *t = NULL;
        struct daybook_payment_methods *methods = NULL;
        does(daybook_create_subscription(book, table[i].user, "basic", table[i].token, NULL, &why));
        does(daybook_list_payment_methods(book, table[i].user, &methods, &why));
        cr_assert(stripe_server_method_answers(server, methods->items[0].payment_method_id, table[i].reason));
        refuses(daybook_process_payment(book, table[i].user, "99.00", NULL, NULL, &t, &why), table[i].code,
                "declined");
        same(why.reason, table[i].reason);
        same(t->status, "failed");
        same(t->error_code, table[i].reason);
        daybook_free(t);
        daybook_free(methods);
    }
    struct daybook_transaction *t = NULL;
    refuses(daybook_process_payment(book, "nobody", "99.00", NULL, NULL, &t, &why), DAYBOOK_NOT_FOUND,
            "nobody");
}

static int deliver(struct daybook_webhook **out, const char *body)
{
    char *signature = stripe_server_sign(body, strlen(body), "whsec_the_endpoints_secret", 1736499600);
    int code = daybook_handle_webhook(book, body, strlen(body), signature, SECRETS, out, &why);
    free(signature);
    return code;
}

static char *event_of_type(const char *type)
{
    const char *wanted = str_cstring(A, str_format(A, "\"type\":\"%s\"", type));
    uint64_t after = 0;
    char *one = stripe_server_event(server, &after);
    while (one != NULL && strstr(one, wanted) == NULL) {
        free(one);
        one = stripe_server_event(server, &after);
    }
    cr_assert(one != NULL, "the server told no %s", type);
    return one;
}

Test(stripe_examples, a_webhook_is_verified_parsed_and_done_once)
{
    struct daybook_transaction *t = NULL;
    struct daybook_transactions *all = NULL;
    struct daybook_webhook *w = NULL;
    does(daybook_create_subscription(book, "user_123", "basic", "pm_usBankAccount_success", NULL, &why));
    refuses(daybook_process_payment(book, "user_123", "29.00", NULL, NULL, &t, &why), DAYBOOK_INCOMPLETE,
            "is being processed by the bank");
    daybook_free(t);
    assert_int(stripe_server_settle_pending(server), 1);
    char *body = event_of_type("payment_intent.succeeded");
    for (int times = 0; times < 2; times++) {
        does(deliver(&w, body));
        same(w->type, "payment_intent.succeeded");
        same(w->outcome, "applied");
        same(w->transaction_id, "txn_1");
        cr_assert(strstr(w->data, "\"status\":\"succeeded\"") != NULL, "%s", w->data);
        daybook_free(w);
    }
    does(daybook_list_transactions(book, "user_123", NULL, NULL, 0, &all, &why));
    assert_int(all->count, 1);
    same(all->items[0].status, "completed");
    daybook_free(all);
    body[10] ^= 1;
    refuses(daybook_handle_webhook(book, body, strlen(body), "t=1736499600,v1=00", SECRETS, &w, &why),
            DAYBOOK_INVALID, "signature");
    cr_assert_null(w);
    refuses(daybook_handle_webhook(book, body, strlen(body), NULL, SECRETS, &w, &why), DAYBOOK_INVALID,
            "signature is missing");
    refuses(daybook_handle_webhook(book, body, strlen(body), "t=1", "not a secret", &w, &why),
            DAYBOOK_INVALID, "");
    refuses(daybook_handle_webhook(book, body, strlen(body), "t=1", NULL, &w, &why), DAYBOOK_USAGE,
            "no secrets");
    free(body);
}

Test(stripe_examples, a_webhook_is_checked_and_read_without_a_ledger)
{
    static const char body[] =
        "{\"id\": \"evt_1\", \"object\": \"event\", \"type\": \"invoice.payment_failed\", "
        "\"created\": 1736499000, \"livemode\": false, "
        "\"data\": {\"object\": {\"id\": \"in_1\", \"object\": \"invoice\"}}}";
    struct daybook_webhook *w = NULL;
    char *signature = stripe_server_sign(body, strlen(body), "whsec_the_endpoints_secret", 1736499600);
    does(daybook_check_webhook(body, strlen(body), signature, SECRETS, "2025-01-10T09:00:10Z", &w, &why));
    same(w->event_id, "evt_1");
    same(w->type, "invoice.payment_failed");
    cr_assert(strstr(w->data, "\"in_1\"") != NULL, "%s", w->data);
    same(w->webhook_id, "");
    same(w->outcome, "");
    daybook_free(w);
    refuses(
        daybook_check_webhook(body, strlen(body) - 1, signature, SECRETS, "2025-01-10T09:00:10Z", &w, &why),
        DAYBOOK_INVALID, "signature");
    cr_assert_null(w);
    refuses(daybook_check_webhook(body, strlen(body), signature, SECRETS, "2025-01-10T10:00:00Z", &w, &why),
            DAYBOOK_INVALID, "");
    refuses(daybook_check_webhook(body, strlen(body), signature, SECRETS, NULL, &w, &why), DAYBOOK_INVALID,
            "");
    refuses(daybook_check_webhook(body, strlen(body), signature, NULL, NULL, &w, &why), DAYBOOK_USAGE,
            "no secrets");
    refuses(daybook_check_webhook(body, strlen(body), signature, SECRETS, "soon", &w, &why), DAYBOOK_INVALID,
            "now");
    free(signature);
}
