/* SPDX-License-Identifier: MIT */
/* Imports into a real ledger: what is good goes in once, what is bad is reported, and a file that cannot be
 * trusted leaves the ledger as it was. */
#include <fcntl.h>
#include <unistd.h>

#include "tests/importers/shop.h"

TestSuite(import, .init = test_begin, .fini = test_end);

#define HEADER "event_id,user_id,usage_type,amount,timestamp\n"

static struct ledger *shop_with_users(void)
{
    struct ledger *l = shop_open("2025-02-01T00:00:00Z");
    shop_customer(l, "u1");
    shop_customer(l, "u2");
    return l;
}

Test(import, good_rows_go_in_and_bad_ones_are_reported_with_line_column_and_reason)
{
    struct ledger *l = shop_with_users();
    struct taken t = take(l, "usage", "jan.csv",
                          STR(HEADER "e1,u1,api_calls,10,2025-01-05T00:00:00Z\n"
                                     "e2,nobody,api_calls,10,2025-01-05T00:00:00Z\n"
                                     "e3,u2,api_calls,1.2.3,2025-01-05T00:00:00Z\n"
                                     "e4,u2,api_calls,-1,2025-01-05T00:00:00Z\n"
                                     "e1,u1,api_calls,10,2025-01-05T00:00:00Z\n"
                                     "e5,u2,compute_minutes,45.5,2025-01-06T00:00:00Z\n"));
    assert_counts(t, 6, 2, 1, 3);
    assert_str(t.report.first_reject, "line 3: user_id: no customer 'nobody'");
    assert_str(str_of(t.report.rejects_path), test_path("jan.csv.rejects.csv"));
    assert_str(test_read(t.report.rejects_path),
               "line,column,reason,text\r\n"
               "3,user_id,\"no customer 'nobody'\",\"e2,nobody,api_calls,10,2025-01-05T00:00:00Z\"\r\n"
               "4,amount,\"number '1.2.3': not a plain decimal "
               "number\",\"e3,u2,api_calls,1.2.3,2025-01-05T00:00:00Z\"\r\n"
               "5,amount,\"amount: a usage reading cannot be "
               "negative\",\"e4,u2,api_calls,-1,2025-01-05T00:00:00Z\"\r\n");
    assert_str(shop_usage(l, "u1", "api_calls", "2025-01-01"), "10");
    assert_str(shop_usage(l, "u2", "compute_minutes", "2025-01-01"), "45.5");
    assert_int(t.report.first_seq, shop_records(l) - 1);
    assert_int(t.report.last_seq, shop_records(l) - 1);
    shop_close(l);
}

Test(import, a_reading_counts_once_whatever_file_it_comes_in)
{
    struct ledger *l = shop_with_users();
    struct str first =
        STR(HEADER "e1,u1,api_calls,10,2025-01-05T00:00:00Z\ne2,u1,api_calls,5,2025-01-05T00:00:00Z\n");
    assert_counts(take(l, "usage", "a.csv", first), 2, 2, 0, 0);
    assert_counts(take(l, "usage", "a.csv", first), 2, 0, 2, 0);
    shop_close(l);
    l = shop_open("2025-02-02T00:00:00Z");
    assert_counts(take(l, "usage", "a.csv.gz", bytes_str(gzip_of(first))), 2, 0, 2, 0);
    struct str json =
        STR("{\"event_id\":\"e2\",\"user_id\":\"u1\",\"usage_type\":\"api_calls\",\"amount\":7}\n"
            "{\"event_id\":\"e3\",\"user_id\":\"u1\",\"usage_type\":\"api_calls\",\"amount\":7,"
            "\"timestamp\":\"2025-01-07T00:00:00Z\"}\n");
    assert_counts(take(l, "usage", "b.jsonl", json), 2, 1, 1, 0);
    assert_str(shop_usage(l, "u1", "api_calls", "2025-01-01"), "22");
    shop_close(l);
}

Test(import, rows_without_ids_count_once_too_and_equal_rows_are_two_readings)
{
    struct ledger *l = shop_with_users();
    struct str content = STR("user_id,usage_type,amount,timestamp\nu1,t,1,2025-01-05\nu1,t,1,2025-01-05\n");
    assert_counts(take(l, "usage", "a.csv", content), 2, 2, 0, 0);
    assert_counts(take(l, "usage", "copy-of-a.csv", content), 2, 0, 2, 0);
    /* The file grew, and a row that was bad was put right: what was counted stays counted. */
    struct str grown =
        STR("user_id,usage_type,amount,timestamp\nu1,t,1,2025-01-05\nu1,t,1,2025-01-05\nu1,t,3,2025-01-06\n");
    assert_counts(take(l, "usage", "a.csv", grown), 3, 1, 2, 0);
    assert_str(shop_usage(l, "u1", "t", "2025-01-01"), "5");
    shop_close(l);
}

Test(import, strict_takes_all_rows_or_none)
{
    struct ledger *l = shop_with_users();
    uint64_t before = shop_records(l);
    struct taken t = take_strictly(l, "usage", "s.csv", STR(HEADER "e1,u1,t,1,\ne2,u9,t,1,\ne3,u1,t,x,\n"));
    assert_int(t.err, ERR_INVALID);
    struct str says = str_format(
        A, "import '%s': nothing is imported, 2 of 3 rows are not valid: line 3: user_id: no customer 'u9'",
        test_path("s.csv"));
    assert_str(str_of(E->text), str_cstring(A, says));
    assert_int(t.report.rejected, 2);
    assert_int(t.report.accepted, 0);
    cr_assert(file_exists(t.report.rejects_path));
    assert_int(shop_records(l), before);
    assert_str(shop_usage(l, "u1", "t", "2025-02-01"), "none");
    t = take_strictly(l, "usage", "s.csv", STR(HEADER "e1,u1,t,1,\ne3,u1,t,2,\ne3,u1,t,2,\n"));
    assert_int(t.err, OK);
    assert_counts(t, 3, 2, 1, 0);
    assert_str(shop_usage(l, "u1", "t", "2025-02-01"), "3");
    shop_close(l);
}

Test(import, a_pipe_can_be_imported_strictly)
{
    struct ledger *l = shop_with_users();
    int ends[2] = {-1, -1};
    static const char text[] = HEADER "e1,u1,t,1,\n";
    cr_assert(pipe(ends) == 0);
    cr_assert(write(ends[1], text, sizeof text - 1) == sizeof text - 1);
    close(ends[1]);
    struct taken t = take_path(l, "usage", str_cstring(A, str_format(A, "/dev/fd/%d", ends[0])), true);
    cr_assert(t.err == OK, "%s", E->text);
    assert_counts(t, 1, 1, 0, 0);
    close(ends[0]);
    shop_close(l);
}

Test(import, a_gzip_file_that_was_cut_off_leaves_the_ledger_as_it_was)
{
    struct ledger *l = shop_with_users();
    struct buffer text = {.arena = A};
    buffer_print(&text, HEADER);
    for (int i = 0; i < 5000; i++) buffer_print(&text, "e%d,u1,t,%d,\n", i, i * i);
    struct bytes whole = gzip_of((struct str){(const char *)text.ptr, text.len});
    test_write(test_path("cut.csv.gz"), bytes_str((struct bytes){whole.ptr, whole.len - 9}));
    uint64_t before = shop_records(l);
    struct taken t = take_path(l, "usage", test_path("cut.csv.gz"), false);
    assert_int(t.err, ERR_INVALID);
    cr_assert(strstr(E->text, "cut.csv.gz': after line") != NULL, "%s", E->text);
    cr_assert(strstr(E->text, "the compressed data end too early") != NULL, "%s", E->text);
    assert_int(shop_records(l), before);
    cr_assert(!file_exists(test_path("cut.csv.gz.rejects.csv")));
    shop_close(l);
}

Test(import, card_numbers_are_refused_and_never_written_down)
{
    struct ledger *l = shop_with_users();
    struct taken t = take(l, "usage", "cards.csv",
                          STR(HEADER "e1,4242424242424242,t,1,\n"
                                     "e2,u1,4242 4242 4242 4242,1,\n"
                                     "4242-4242-4242-4242,u1,t,1,\n"
                                     "e4,u1,t,4242424242424242,\n"));
    assert_int(t.report.rejected >= 3, 1);
    struct str rejects = test_read(t.report.rejects_path);
    cr_assert(strstr(str_cstring(A, rejects), "4242") == NULL, "%.*s", STR_ARG(rejects));
    t = take(l, "commands", "cards.jsonl",
             STR("{\"command\":\"invoice.add-item\",\"user\":\"u1\",\"amount\":\"5\",\"description\":\"card "
                 "4242 4242 4242 4242\"}\n"
                 "{\"command\":\"payment-method.add\",\"user\":\"u1\",\"token\":\"4242424242424242\"}\n"
                 "{\"command\":\"customer.create\",\"user\":\"u7\",\"party\":{\"name\":\"cvv 123\"}}\n"));
    assert_counts(t, 3, 0, 0, 3);
    rejects = test_read(t.report.rejects_path);
    cr_assert(strstr(str_cstring(A, rejects), "4242") == NULL, "%.*s", STR_ARG(rejects));
    cr_assert(strstr(str_cstring(A, rejects), "cvv 123") == NULL, "%.*s", STR_ARG(rejects));
    shop_close(l);
}

Test(import, a_file_of_more_than_one_batch_reports_its_rows_in_order)
{
    struct ledger *l = shop_with_users();
    struct buffer text = {.arena = A};
    buffer_print(&text, HEADER);
    for (int i = 0; i < 40000; i++) {
        if (i % 10000 == 7)
            buffer_print(&text, "e%d,u%d,t,1\n", i, i % 20000 == 7 ? 1 : 9); /* a field is missing */
        else
            buffer_print(&text, "e%d,u%d,t,1,2025-01-05\n", i, i % 5000 == 0 ? 9 : 1 + i % 2);
    }
    struct taken t = take(l, "usage", "big.csv", (struct str){(const char *)text.ptr, text.len});
    assert_counts(t, 40000, 40000 - 12, 0, 12);
    struct str rejects = test_read(t.report.rejects_path);
    static const int lines[] = {2, 9, 5002, 10002, 10009, 15002, 20002, 20009, 25002, 30002, 30009, 35002};
    const char *at = strstr(str_cstring(A, rejects), "\r\n");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char start[16] = "";
        snprintf(start, sizeof start, "\r\n%d,", lines[i]);
        cr_assert(at != NULL && strncmp(at, start, strlen(start)) == 0, "line %d", lines[i]);
        at = strstr(at + 2, "\r\n");
    }
    assert_str(shop_usage(l, "u2", "t", "2025-01-01"), "19996");
    shop_close(l);
}

/* ---- commands ---- */

Test(import, commands_run_in_order_at_the_time_they_name)
{
    struct ledger *l = shop_open("2025-06-01T00:00:00Z");
    struct str file = STR("{\"command\":\"subscription.create\",\"now\":\"2025-01-01T09:00:00Z\",\"user\":"
                          "\"u1\",\"tier\":\"basic\","
                          "\"payment_method\":\"pm_card_visa\"}\n"
                          "{\"command\":\"subscription.update\",\"now\":\"2025-01-16T09:00:00Z\",\"user\":"
                          "\"u1\",\"tier\":\"pro\"}\n"
                          "\n"
                          "{\"command\":\"invoice.add-item\",\"now\":\"2025-01-17T09:00:00Z\",\"key\":\"k1\","
                          "\"user\":\"u1\",\"description\":\"x\","
                          "\"amount\":12.50}\n");
    assert_counts(take(l, "commands", "c.jsonl", file), 3, 3, 0, 0);
    struct subscription s = shop_subscription(l, "u1");
    assert_str(s.terms.product, "pro");
    assert_day(s.start, "2025-01-01");
    uint64_t before = shop_records(l);
    assert_counts(take(l, "commands", "c.jsonl", file), 3, 0, 3, 0);
    assert_int(shop_records(l), before);
    shop_close(l);
}

Test(import, commands_that_cannot_be_are_refused_by_line)
{
    struct ledger *l = shop_with_users();
    struct taken t = take(
        l, "commands", "bad.jsonl",
        STR("{\"command\":\"subscription.destroy\",\"user\":\"u1\"}\n"
            "{\"user\":\"u1\"}\n"
            "{\"command\":\"run.start\",\"through\":\"2025-01-31\"}\n"
            "{\"command\":\"payment.charge\",\"user\":\"u1\",\"amount\":\"5\",\"gateway\":\"mine\"}\n"
            "{\"command\":\"invoice.add-item\",\"user\":\"u1\",\"description\":\"x\"}\n"
            "{\"command\":\"invoice.add-item\",\"user\":\"u1\",\"description\":\"x\",\"amount\":\"1e3\"}\n"
            "{\"command\":\"invoice.generate\",\"user\":\"nobody\"}\n"
            "{\"command\":\"invoice.generate\",\"user\":\"u1\",\"now\":\"2025-02-30T00:00:00Z\"}\n"
            "not json\n"));
    assert_counts(t, 9, 0, 0, 9);
    static const char *const reasons[] = {
        "1,,\"there is no command 'subscription.destroy'\"",
        "2,,\"command: a value is missing\"",
        "3,,\"command 'run.start' cannot be imported\"",
        "4,,\"payment.charge: gateway: there is no such member\"",
        "5,,\"invoice.add-item: amount: a value is required\"",
        "6,,\"invoice.add-item: amount: number '1e3': exponents are not accepted\"",
        "no customer 'nobody'",
        "8,,\"now: time '2025-02-30T00:00:00Z'",
        "9,,\"not valid JSON"};
    struct str rejects = test_read(t.report.rejects_path);
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        cr_assert(strstr(str_cstring(A, rejects), reasons[i]) != NULL, "%s\n%.*s", reasons[i],
                  STR_ARG(rejects));
    }
    shop_close(l);
}

Test(import, a_zero_that_is_given_is_not_taken_for_nothing_given)
{
    struct ledger *l = shop_with_users();
    struct taken t = take(
        l, "commands", "zero.jsonl",
        STR("{\"command\":\"payment-method.add\",\"user\":\"u1\",\"token\":\"pm_card_visa\"}\n"
            "{\"command\":\"payment.charge\",\"user\":\"u1\",\"amount\":\"29.00\"}\n"
            "{\"command\":\"payment.refund\",\"transaction\":\"txn_1\",\"amount\":\"0\"}\n"
            "{\"command\":\"payment.refund\",\"transaction\":\"txn_1\",\"amount\":\"0.00\"}\n"
            "{\"command\":\"subscription.create\",\"user\":\"u1\",\"tier\":\"basic\",\"billing_day\":0}\n"
            "{\"command\":\"payment.charge\",\"user\":\"u1\",\"amount\":\"4242424242424242\"}\n"
            "{\"command\":\"payment.refund\",\"transaction\":\"txn_1\",\"amount\":null}\n"));
    assert_counts(t, 7, 3, 0, 4);
    struct str rejects = test_read(t.report.rejects_path);
    static const char *const reasons[] = {
        "3,,\"payment.refund: amount: more than nothing is wanted",
        "4,,\"payment.refund: amount: more than nothing is wanted",
        "5,,\"subscription.create: billing_day: more than nothing is wanted",
        "6,,\"payment.charge: amount: card numbers and security codes are never accepted"};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        cr_assert(strstr(str_cstring(A, rejects), reasons[i]) != NULL, "%s\n%.*s", reasons[i],
                  STR_ARG(rejects));
    }
    t = take(l, "customers", "zero.csv",
             STR("user_id,tier,payment_method,price,billing_day\n"
                 "z1,basic,pm_card_visa,0,\nz2,basic,pm_card_visa,,0\nz3,basic,pm_card_visa,,\n"));
    assert_counts(t, 3, 1, 0, 2);
    rejects = test_read(t.report.rejects_path);
    cr_assert(strstr(str_cstring(A, rejects),
                     "2,,\"the customer is there, but: tier 'basic' has a fixed price") != NULL,
              "%.*s", STR_ARG(rejects));
    cr_assert(strstr(str_cstring(A, rejects), "3,billing_day,\"more than nothing is wanted") != NULL, "%.*s",
              STR_ARG(rejects));
    shop_close(l);
}

static enum err count_status(void *context, const struct transaction *row, struct error *e)
{
    (void)e;
    ((size_t *)context)[row->status]++;
    return OK;
}

Test(import, money_that_commands_ask_for_is_settled_with_the_gateway)
{
    struct ledger *l = shop_with_users();
    struct taken t =
        take(l, "commands", "pay.jsonl",
             STR("{\"command\":\"payment-method.add\",\"user\":\"u1\",\"token\":\"pm_card_visa\",\"default\":"
                 "true}\n"
                 "{\"command\":\"payment.charge\",\"user\":\"u1\",\"amount\":\"29.00\"}\n"
                 "{\"command\":\"payment.refund\",\"transaction\":\"txn_1\",\"amount\":\"9\"}\n"
                 "{\"command\":\"payment-method.add\",\"user\":\"u2\",\"token\":\"pm_card_chargeDeclined\"}\n"
                 "{\"command\":\"payment.charge\",\"user\":\"u2\",\"amount\":\"1\"}\n"
                 "{\"command\":\"payment-method.add\",\"user\":\"u2\",\"token\":\"pm_daybook_unknown\","
                 "\"default\":true}\n"
                 "{\"command\":\"payment.charge\",\"user\":\"u2\",\"amount\":\"2\"}\n"));
    assert_counts(t, 7, 7, 0, 0);
    size_t statuses[8] = {0};
    struct views_txn *txn = NULL;
    struct list_query all = {.status = -1};
    assert_ok(ledger_read_begin(&txn, l, E));
    assert_ok(list_transactions(txn, &all, count_status, statuses, A, E));
    ledger_read_end(l, txn);
    assert_int(statuses[TRANSACTION_PARTIALLY_REFUNDED], 1);
    assert_int(statuses[TRANSACTION_COMPLETED], 1); /* the refund */
    assert_int(statuses[TRANSACTION_FAILED], 1);
    assert_int(statuses[TRANSACTION_PENDING], 1);
    shop_close(l);
}

Test(import, documents_are_credited_and_closed_by_commands_too)
{
    struct ledger *l = shop_with_users();
    struct taken t = take(
        l, "commands", "credit.jsonl",
        STR("{\"command\":\"payment-method.add\",\"user\":\"u1\",\"token\":\"pm_card_visa\"}\n"
            "{\"command\":\"invoice.one-off\",\"user\":\"u1\",\"description\":\"a\",\"amount\":\"29.00\"}\n"
            "{\"command\":\"invoice.one-off\",\"user\":\"u1\",\"description\":\"b\",\"amount\":\"5.00\"}\n"
            "{\"command\":\"payment.charge\",\"user\":\"u1\",\"amount\":\"29.00\"}\n"
            "{\"command\":\"invoice.credit\",\"invoice\":\"inv_1\",\"as\":\"refund\",\"line\":1}\n"
            "{\"command\":\"payment.refund\",\"transaction\":\"txn_1\",\"amount\":\"0.01\"}\n"
            "{\"command\":\"invoice.void\",\"invoice\":\"inv_2\"}\n"
            "{\"command\":\"invoice.write-off\",\"invoice\":\"inv_2\"}\n"));
    assert_counts(t, 8, 6, 0,
                  2); /* all of the payment was refunded; the void invoice cannot be written off */
    struct views_txn *txn = NULL;
    struct invoice v = {0};
    assert_ok(ledger_read_begin(&txn, l, E));
    assert_ok(load_invoice(&v, txn, 1, A, E));
    assert_money(v.refunded, "29.00", "USD");
    assert_ok(load_invoice(&v, txn, 2, A, E));
    assert_int(v.status, INVOICE_VOID);
    ledger_read_end(l, txn);
    shop_close(l);
}

Test(import, a_strict_rehearsal_of_payments_asks_no_gateway)
{
    struct ledger *l = shop_with_users();
    uint64_t before = shop_records(l);
    struct taken t =
        take_strictly(l, "commands", "pay.jsonl",
                      STR("{\"command\":\"payment-method.add\",\"user\":\"u1\",\"token\":\"pm_card_visa\"}\n"
                          "{\"command\":\"payment.charge\",\"user\":\"u1\",\"amount\":\"29.00\"}\n"
                          "{\"command\":\"payment.charge\",\"user\":\"u8\",\"amount\":\"29.00\"}\n"));
    assert_int(t.err, ERR_INVALID);
    assert_int(shop_records(l), before);
    shop_close(l);
}

/* ---- the example data ---- */

Test(import, the_example_data_are_taken_without_a_reject)
{
    struct ledger *l = shop_open("2025-01-01T00:00:00Z");
    static const char *const files[][2] = {
        {"customers", "fixtures/customers.csv"},        {"usage", "fixtures/usage-2025-01.csv.gz"},
        {"commands", "fixtures/changes-2025-01.jsonl"}, {"usage", "fixtures/usage-2025-02.csv.gz"},
        {"commands", "fixtures/changes-2025-02.jsonl"}, {"usage", "fixtures/usage-2025-03.csv.gz"},
        {"commands", "fixtures/changes-2025-03.jsonl"}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const struct import_options o = {
            .path = files[i][1], .rejects_path = test_path("rejects.csv"), .actor = STR("tester")};
        struct import_report r = {0};
        assert_ok(importer_find(str_of(files[i][0]))->run(&r, l, &o, A, E));
        cr_assert(r.rejected == 0, "%s: %.*s", files[i][1], STR_ARG(r.first_reject));
        cr_assert(r.rows > 80);
        cr_assert((r.duplicates > 0) == (strcmp(files[i][0], "usage") == 0));
    }
    shop_close(l);
}
