/* SPDX-License-Identifier: MIT */
/* Customers that are imported: each row is a customer, whole or not at all, and can be put right later. */
#include "tests/importers/shop.h"

TestSuite(import_customers, .init = test_begin, .fini = test_end);

#define CUSTOMERS "user_id,name,country,currency,tier,interval,payment_method,start,price\n"

Test(import_customers, customers_come_with_their_method_and_first_subscription)
{
    struct ledger *l = shop_open("2025-02-01T00:00:00Z");
    struct str file = STR(CUSTOMERS "a,Ada Lovelace,GB,USD,pro,year,pm_card_visa,2025-01-31,\n"
                                    "b,\"Weiß, Köhler & Co\",DE,EUR,free,,,,\n"
                                    "c,Sato,JP,JPY,,,,,\n"
                                    "d,Big,KW,KWD,enterprise,month,pm_card_amex,2025-01-15,1500.500\n");
    assert_counts(take(l, "customers", "c.csv", file), 4, 4, 0, 0);
    struct subscription s = shop_subscription(l, "a");
    assert_str(s.terms.product, "pro");
    assert_int(s.terms.unit, INTERVAL_YEAR);
    assert_day(s.start, "2025-01-31");
    assert_money(shop_subscription(l, "d").terms.amount, "1500.500", "KWD");
    assert_str(shop_subscription(l, "b").terms.product, "free");
    assert_int(shop_subscription(l, "c").subscription, 0);
    uint64_t before = shop_records(l);
    assert_counts(take(l, "customers", "again.csv", file), 4, 0, 4, 0);
    assert_int(shop_records(l), before);
    shop_close(l);
}

Test(import_customers, a_customer_row_that_was_put_right_is_completed)
{
    struct ledger *l = shop_open("2025-02-01T00:00:00Z");
    struct taken t = take(l, "customers", "c.csv",
                          STR(CUSTOMERS "a,Ada,GB,USD,por,,pm_card_visa,,\n"
                                        "b,Bob,GB,USD,pro,,,,\n"
                                        "c,Cy,Britain,USD,free,,,,\n"
                                        "d,Di,GB,USD,,month,,,\n"
                                        "e,Ed,GB,USD,basic,fortnight,pm_card_visa,2025-02-30,\n"
                                        ",No,GB,USD,,,,,\n"));
    assert_counts(t, 6, 0, 0, 6);
    struct str rejects = test_read(t.report.rejects_path);
    static const char *const reasons[] = {
        "2,,\"the customer is there, but: no tier 'por' in the catalog\"",
        "3,,\"the customer is there, but: tier 'pro' is paid: a payment method is needed\"",
        "country",
        "5,tier,\"a value is missing: the row describes a subscription\"",
        "6,interval,\"day, week, month, quarter, half_year or year is wanted\"",
        "7,user_id,\"a value is missing\""};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        cr_assert(strstr(str_cstring(A, rejects), reasons[i]) != NULL, "%s\n%.*s", reasons[i],
                  STR_ARG(rejects));
    }
    t = take(l, "customers", "c.csv",
             STR(CUSTOMERS "a,Ada,GB,USD,pro,,pm_card_visa,,\nb,Bob,GB,USD,pro,,pm_card_visa,,\n"));
    assert_counts(t, 2, 2, 0, 0);
    assert_str(shop_subscription(l, "a").terms.product, "pro");
    shop_close(l);
}

Test(import_customers, a_customers_row_may_name_a_time_zone_and_a_count_of_intervals)
{
    struct ledger *l = shop_open("2025-02-01T03:00:00Z");
    struct taken t = take(l, "customers", "zones.csv",
                          STR("user_id,timezone,tier,payment_method,interval,interval_count\n"
                              "a,america/new_york,basic,pm_card_visa,month,1\n"
                              "b,GMT+5,,,,\n"
                              "c,,basic,pm_card_visa,month,2\n"
                              "d,,basic,pm_card_visa,month,0\n"
                              "e,,,,,2\n"));
    assert_counts(t, 5, 1, 0, 4);
    assert_day(shop_subscription(l, "a").start, "2025-01-31"); /* 22:00 of the day before */
    struct str rejects = test_read(t.report.rejects_path);
    static const char *const reasons[] = {
        "3,,\"timezone 'GMT+5': not the name of an IANA time zone, as Europe/Berlin is\"",
        "4,,\"the customer is there, but: tier 'basic' has no price per 2 months in USD\"",
        "5,interval_count,\"more than nothing is wanted\"",
        "6,tier,\"a value is missing: the row describes a subscription\""};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        cr_assert(strstr(str_cstring(A, rejects), reasons[i]) != NULL, "%s\n%.*s", reasons[i],
                  STR_ARG(rejects));
    }
    shop_close(l);
}

Test(import_customers, a_row_of_a_country_that_there_is_not_is_refused)
{
    struct ledger *l = shop_open("2025-02-01T00:00:00Z");
    struct taken t = take(l, "customers", "c.csv", STR("user_id,country\nu1,UK\nu2,GB\nu3,XX\n"));
    assert_counts(t, 3, 1, 0, 2);
    struct str rejects = test_read(t.report.rejects_path);
    cr_assert(strstr(rejects.ptr, "2,country,\"country 'UK': not a code of ISO 3166-1; is 'GB' meant?\"") !=
              NULL);
    cr_assert(strstr(rejects.ptr, "4,country,\"country 'XX': not a code of ISO 3166-1") != NULL);
    shop_close(l);
}

Test(import_customers, customers_come_with_their_tax_id_and_their_exemption)
{
    struct ledger *l = shop_open("2025-02-01T00:00:00Z");
    struct taken t =
        take(l, "customers", "c.csv",
             STR("user_id,country,tax_id,tax_exempt,tax_exempt_reason\n"
                 "a,DE,DE136695976,no,\nb,IE,,yes,VATEX-EU-132\nc,DE,DE136695977,,\nd,IE,,maybe,\n"));
    assert_counts(t, 4, 2, 0, 2);
    struct str rejects = test_read(t.report.rejects_path);
    static const char *const reasons[] = {"4,,\"tax_id: the check digits of a number of 'DE' are wrong\"",
                                          "5,tax_exempt,\"yes or no is wanted\""};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        cr_assert(strstr(str_cstring(A, rejects), reasons[i]) != NULL, "%.*s", STR_ARG(rejects));
    struct views_txn *views = NULL;
    struct customer exempt = {0}, taxed = {0};
    assert_ok(ledger_read_begin(&views, l, E));
    assert_ok(find_customer(&exempt, views, STR("b"), A, E));
    assert_ok(find_customer(&taxed, views, STR("a"), A, E));
    cr_assert(exempt.tax_exempt && !taxed.tax_exempt);
    assert_str(exempt.tax_exempt_reason, "VATEX-EU-132");
    ledger_read_end(l, views);
    shop_close(l);
}
