/* SPDX-License-Identifier: MIT */
/* test_export.c - the reports on request: registers, transactions, trial balance, and the export of one
 * customer. */
#include "tests/reports/office.h"
#include "tests/reports/paper.h"

TestSuite(reports, .init = test_begin, .fini = test_end);

static struct str report_of(struct office *o, const char *name, const struct report_query *q)
{
    const char *path = test_path(str_format(A, "%s.csv", name).ptr);
    const struct report *r = report_find(str_of(name));
    cr_assert_not_null(r);
    assert_ok(r->run(o->l, q, path, A, E));
    return test_read(path);
}

static json_t *side_file_of(const char *name)
{
    struct str text = test_read(test_path(str_format(A, "%s.csv.meta.json", name).ptr));
    json_t *side = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(side);
    return side;
}

static enum err note_time(void *context, const struct event_place *place, const struct envelope *v,
                          struct arena *a, struct error *e)
{
    (void)v;
    (void)a;
    (void)e;
    *(struct instant *)context = place->at;
    return OK;
}

static struct instant last_event_time(struct office *o)
{
    struct instant at = {0};
    assert_ok(ledger_walk(o->l, 0, office_records(o), note_time, &at, E));
    return at;
}

static void two_months(struct office *o)
{
    office_open(o, "ledger", "2025-01-01");
    office_fill(o);
    (void)office_run(o, "2025-01-31", NULL);
    (void)office_run(o, "2025-02-28", NULL);
}

Test(reports, the_table_names_each_report_once)
{
    size_t count = 0;
    for (const struct report *r = reports_all; r->name != NULL; r++, count++) {
        cr_assert_eq(report_find(str_of(r->name)), r); /* a second of this name would not be found */
        cr_assert(r->help[0] != '\0');
    }
    cr_assert(count >= 4);
    cr_assert_null(report_find(STR("no_such")));
}

Test(reports, what_a_report_would_leave_unheeded_is_refused)
{
    struct office o = {0};
    two_months(&o);
    struct report_query from = {.from = day("2025-01-01")}, to = {.to = day("2025-01-01")},
                        customer = {.customer = 1}, currency = {.currency = "USD"};
    const struct {
        unsigned takes;
        const struct report_query *q;
        const char *option;
    } choices[] = {{TAKES_FROM, &from, "from"},
                   {TAKES_TO, &to, "to"},
                   {TAKES_CUSTOMER, &customer, "customer"},
                   {TAKES_CURRENCY, &currency, "currency"}};
    for (const struct report *r = reports_all; r->name != NULL; r++) {
        for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
            struct report_query q = *choices[i].q;
            const char *path = test_path(str_format(A, "%s%zu.csv", r->name, i).ptr);
            enum err err = r->run(o.l, &q, path, A, E);
            bool taken = (r->takes & choices[i].takes) != 0;
            cr_assert_eq(err == OK, taken, "%s %s: %s", r->name, choices[i].option, E->text);
            if (!taken) cr_assert_not_null(strstr(E->text, choices[i].option), "%s", E->text);
        }
    }
    office_close(&o);
}

Test(reports, rows_and_totals_of_one_currency_are_those_of_all_in_it)
{
    struct office o = {0};
    two_months(&o);
    struct report_query all = {0}, yen = {.currency = "JPY"};
    struct str whole = report_of(&o, "invoices", &all);
    struct decimal gross = column_sum(whole, "gross", "currency", "JPY");
    struct str part = report_of(&o, "invoices", &yen);
    assert_str(decimal_text(A, column_sum(part, "gross", "currency", "JPY")), decimal_text(A, gross).ptr);
    cr_assert(!decimal_is_zero(gross) && count_rows(part) > 0 && count_rows(part) < count_rows(whole));
    for (size_t i = 1; i <= count_rows(part); i++) assert_str(cell(part, i, "currency"), "JPY");
    json_t *side = side_file_of("invoices"), *sums = json_object_get(side, "control_totals");
    assert_int(json_array_size(sums), 1);
    assert_int(json_integer_value(json_object_get(side, "rows")), count_rows(part));
    assert_str(str_of(json_string_value(json_object_get(json_array_get(sums, 0), "gross"))),
               decimal_text(A, gross).ptr);
    json_decref(side);
    office_close(&o);
}

Test(reports, the_trial_balance_is_zero_in_each_currency_and_says_the_same_from_the_log)
{
    struct office o = {0};
    two_months(&o);
    struct report_query all = {0}, by_dates = {.to = day("2030-01-01")};
    struct str from_views = report_of(&o, "trial_balance", &all);
    struct str from_log = report_of(&o, "trial_balance", &by_dates);
    cr_assert(str_equal(from_views, from_log), "%.*s\n%.*s", STR_ARG(from_views), STR_ARG(from_log));
    static const char *const currencies[] = {"USD", "JPY", "KWD"};
    for (size_t i = 0; i < 3; i++)
        cr_assert(decimal_is_zero(column_sum(from_views, "balance", "currency", currencies[i])));
    /* USD: January 29; February 29 + 5, and 99 less the credit of 51. JPY: 2900 - 900 + 2 * 2900, 3 * 2900.
     * KWD: 3 * 8.5, twice. */
    static const char *const cash[] = {"111.00", "16500", "51.000"};
    for (size_t row = 1, seen = 0; row <= count_rows(from_views); row++) {
        if (!str_is(cell(from_views, row, "account_name"), "assets:cash:till")) continue;
        for (size_t i = 0; i < 3; i++) {
            if (!str_is(cell(from_views, row, "currency"), currencies[i])) continue;
            assert_str(cell(from_views, row, "balance"), cash[i]);
            seen++;
        }
        cr_assert(seen > 0);
    }
    office_close(&o);
}

/* Credit of 40.00 sold for 20.00 pays an invoice of 29.00, of which 14.50 was paid for. */
Test(reports, prepaid_credit_stands_in_the_register_and_in_the_accounts)
{
    struct office o = {0};
    struct command c = {.type = COMMAND_WALLET_GRANT};
    office_open(&o, "ledger", "2025-01-01");
    office_subscribe(&o, "u1", "basic", "USD", "pm_1");
    c.wallet_grant = (struct wallet_grant_command){.user = STR("u1"), .amount = decimal_of(40)};
    c.wallet_grant.price = decimal_of(20);
    (void)office_do(&o, &c);
    (void)office_run(&o, "2025-01-01", "out");
    struct str invoices = office_read("out", "invoices.csv"), lines = office_read("out", "invoice_lines.csv");
    assert_str(cell(invoices, 1, "gross"), "49.00");
    assert_str(cell(invoices, 1, "wallet_applied"), "29.00");
    assert_str(cell(invoices, 1, "paid"), "20.00");
    assert_str(cell(invoices, 1, "balance"), "0.00");
    bool seen = false;
    for (size_t row = 1; row <= count_rows(lines); row++) {
        if (str_is(cell(lines, row, "description"), "Prepaid credit of 40.00"))
            seen = str_is(cell(lines, row, "revenue_account"), "liabilities:prepaid");
    }
    cr_assert(seen);
    static const struct {
        const char *account, *balance;
    } wanted[] = {{"assets:unbilled", "0.00"},
                  {"assets:receivable", "0.00"},
                  {"assets:cash:till", "20.00"},
                  {"liabilities:prepaid", "-5.50"},
                  {"income:promotional-credit", "14.50"},
                  {"liabilities:deferred-revenue:basic", "-28.06"}, /* 30 of 31 days of 29.00 */
                  {"income:revenue:basic", "-0.94"}};
    struct report_query all = {0};
    struct str balance = report_of(&o, "trial_balance", &all);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct decimal sum = column_sum(balance, "balance", "account_name", wanted[i].account);
        struct decimal is = {0};
        assert_ok(decimal_parse(&is, str_of(wanted[i].balance), E));
        cr_assert(decimal_compare(sum, is) == 0, "%s", wanted[i].account);
    }
    office_close(&o);
}

Test(reports, a_trial_balance_of_some_days_opens_with_what_was_before)
{
    struct office o = {0};
    two_months(&o);
    struct report_query january = {.to = day("2025-01-31")};
    struct report_query february = {.from = day("2025-02-01"), .to = day("2025-02-28")};
    struct str before = report_of(&o, "trial_balance", &january);
    struct str after = report_of(&o, "trial_balance", &february);
    for (size_t row = 1; row <= count_rows(before); row++) {
        const char *name = str_cstring(A, cell(before, row, "account_name"));
        if (!str_is(cell(before, row, "currency"), "USD") || !str_starts(str_of(name), "assets:receivable"))
            continue;
        bool found = false;
        for (size_t k = 1; k <= count_rows(after); k++) {
            if (!str_is(cell(after, k, "account_name"), name) || !str_is(cell(after, k, "currency"), "USD"))
                continue;
            cr_assert(str_equal(cell(after, k, "opening"), cell(before, row, "balance")));
            found = true;
        }
        cr_assert(found, "%s", name);
    }
    office_close(&o);
}

Test(reports, a_side_file_says_of_what_state_a_report_tells)
{
    struct office o = {0};
    two_months(&o);
    struct report_query q = {.from = day("2025-02-01"), .program = "daybook test"};
    struct str csv = report_of(&o, "invoices", &q);
    json_t *side = side_file_of("invoices");
    assert_int(count_rows(csv), 9);
    assert_int(json_integer_value(json_object_get(side, "rows")), 9);
    assert_int(json_integer_value(json_object_get(side, "as_of_seq")), office_records(&o) - 1);
    const char *as_of_time = json_string_value(json_object_get(side, "as_of_time"));
    assert_str(instant_text(A, last_event_time(&o)), as_of_time);
    json_t *parameters = json_object_get(side, "parameters");
    assert_str(str_of(json_string_value(json_object_get(parameters, "from"))), "2025-02-01");
    cr_assert(json_is_null(json_object_get(parameters, "to")));
    json_t *totals = json_object_get(side, "control_totals");
    assert_int(json_array_size(totals), 3);
    json_t *usd = json_array_get(totals, 2);
    assert_str(str_of(json_string_value(json_object_get(usd, "currency"))), "USD");
    assert_str(str_of(json_string_value(json_object_get(usd, "gross"))), "162.00");
    struct log_state state = {0};
    assert_ok(log_state(&state, ledger_log(o.l), E));
    assert_str(hex_text(A, state.head.last_leaf.bytes, 32),
               json_string_value(json_object_get(side, "chain_head")));
    uint8_t digest[32];
    struct hasher *h = hasher_new();
    hasher_digest(h, digest, str_bytes(csv), (struct bytes){0}, (struct bytes){0});
    hasher_free(h);
    assert_str(hex_text(A, digest, 32), json_string_value(json_object_get(side, "sha256")));
    json_decref(side);
    office_close(&o);
}

Test(reports, the_register_is_the_runs_own_but_for_the_hashes_of_files)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    struct run_summary s = {0};
    struct run_options options = office_options(&o, "2025-01-31", "out");
    options.without_pdf = true;
    assert_ok(nightly_run(&s, o.l, &options, A, E));
    struct report_query q = {0};
    cr_assert(str_equal(report_of(&o, "invoices", &q), office_read("out", "invoices.csv")));
    cr_assert(str_equal(report_of(&o, "invoice_lines", &q), office_read("out", "invoice_lines.csv")));
    office_close(&o);
}

Test(reports, transactions_are_listed_oldest_first_with_what_they_paid)
{
    struct office o = {0};
    two_months(&o);
    struct report_query q = {0};
    struct str csv = report_of(&o, "transactions", &q);
    assert_str(cell(csv, 1, "transaction_id"), "txn_1");
    assert_str(cell(csv, 1, "document_number"), "INV-2025-000001");
    assert_str(cell(csv, 1, "status"), "completed");
    assert_str(cell(csv, 1, "amount"), "29.00");
    assert_str(cell(csv, 4, "status"), "failed");
    assert_str(cell(csv, 4, "customer_id"), "u3");
    struct report_query of_one = {.customer = 1};
    csv = report_of(&o, "transactions", &of_one);
    assert_int(count_rows(csv), 2);
    assert_str(cell(csv, 2, "amount"), "34.00");
    office_close(&o);
}

Test(reports, others_can_read_every_report)
{
    const char *script = test_shared("validators/check-csv.py");
    struct office o = {0};
    need("/usr/bin/python3");
    two_months(&o);
    for (const struct report *r = reports_all; r->name != NULL; r++) {
        struct report_query q = {0};
        (void)report_of(&o, r->name, &q);
    }
    assert_ok(export_customer_csv(o.l, 2, (struct date){0}, (struct date){0}, test_path("export.csv"), A, E));
    const char *command =
        str_format(A, "/usr/bin/python3 %s --no-office %s/*.csv >&2", script, test_dir()).ptr;
    assert_int(system(command), 0);
    office_close(&o);
}

Test(reports, a_refund_is_called_refunded_in_every_file)
{
    struct office o = {0};
    two_months(&o);
    struct command c = {.type = COMMAND_PAYMENT_REFUND};
    c.payment_refund = (struct payment_refund_command){
        .transaction = STR("txn_1"), .amount = decimal_of(9), .gateway = STR("till")};
    struct outcome out = office_do(&o, &c);
    assert_ok(ledger_settle(NULL, o.l, &o.gateway, out.events, out.events_count, STR("test"), A, E));
    struct report_query q = {.customer = 1};
    struct str csv = report_of(&o, "transactions", &q);
    assert_str(cell(csv, 1, "status"), "partially_refunded");
    assert_str(cell(csv, 2, "status"), "completed");
    assert_str(cell(csv, 3, "kind"), "refund");
    assert_str(cell(csv, 3, "status"), "refunded");
    assert_ok(export_customer_csv(o.l, 1, (struct date){0}, (struct date){0}, test_path("u0.csv"), A, E));
    csv = test_read(test_path("u0.csv"));
    size_t last = count_rows(csv);
    assert_str(cell(csv, last, "type"), "refund");
    assert_str(cell(csv, last, "status"), "refunded");
    office_close(&o);
}

/* ---- export ---- */

Test(reports, an_export_has_what_one_customer_was_billed_and_paid_by_date)
{
    struct office o = {0};
    two_months(&o);
    assert_ok(export_customer_csv(o.l, 1, day("2025-01-01"), day("2025-12-31"), test_path("u0.csv"), A, E));
    struct str csv = test_read(test_path("u0.csv"));
    assert_str(csv, "date,type,document,description,service_from,service_to,quantity,unit_price,amount,"
                    "currency,status\r\n"
                    "2025-01-31,invoice,INV-2025-000001,\"Basic, "
                    "monthly\",2025-01-01,2025-01-31,1,29.00,29.00,USD,paid\r\n"
                    "2025-01-31,payment,txn_1,Invoice INV-2025-000001,,,,,29.00,USD,completed\r\n"
                    "2025-02-28,invoice,INV-2025-000009,\"Basic, "
                    "monthly\",2025-02-01,2025-02-28,1,29.00,29.00,USD,paid\r\n"
                    "2025-02-28,invoice,INV-2025-000009,\"api_calls over the quota: 1500 used, 1000 "
                    "included\",2025-01-01,"
                    "2025-01-31,500,0.01,5.00,USD,paid\r\n"
                    "2025-02-28,payment,txn_9,Invoice INV-2025-000009,,,,,34.00,USD,completed\r\n");
    json_t *side = side_file_of("u0");
    json_t *usd = json_array_get(json_object_get(side, "control_totals"), 0);
    assert_str(str_of(json_string_value(json_object_get(usd, "billed"))), "63.00");
    assert_str(str_of(json_string_value(json_object_get(usd, "paid"))), "63.00");
    json_decref(side);
    office_close(&o);
}

Test(reports, an_export_holds_its_days_only_and_is_the_same_bytes_each_time)
{
    struct office o = {0};
    two_months(&o);
    assert_ok(export_customer_csv(o.l, 1, day("2025-02-01"), day("2025-02-28"), test_path("a.csv"), A, E));
    assert_ok(export_customer_csv(o.l, 1, day("2025-02-01"), day("2025-02-28"), test_path("b.csv"), A, E));
    struct str csv = test_read(test_path("a.csv"));
    assert_int(count_rows(csv), 3);
    cr_assert(str_equal(csv, test_read(test_path("b.csv"))));
    cr_assert(str_equal(test_read(test_path("a.csv.meta.json")), test_read(test_path("b.csv.meta.json"))));
    office_close(&o);
}

Test(reports, texts_of_customers_cannot_become_formulas)
{
    struct office o = {0};
    two_months(&o);
    assert_ok(export_customer_csv(o.l, 2, (struct date){0}, (struct date){0}, test_path("u1.csv"), A, E));
    struct str csv = test_read(test_path("u1.csv"));
    cr_assert(strstr(str_cstring(A, csv), ",\"'=HYPERLINK(\"\"x\"\")\",") != NULL);
    cr_assert(strstr(str_cstring(A, csv), ",-900,JPY,") != NULL);
    office_close(&o);
}

Test(reports, nobody_can_be_exported_who_is_not_there)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    assert_err_says(
        export_customer_csv(o.l, 99, (struct date){0}, (struct date){0}, test_path("x.csv"), A, E),
        ERR_NOT_FOUND, "no customer cus_99");
    cr_assert(!file_exists(test_path("x.csv")));
    cr_assert(!file_exists(test_path("x.csv.meta.json")));
    office_close(&o);
}
