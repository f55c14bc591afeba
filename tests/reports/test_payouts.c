/* SPDX-License-Identifier: MIT */
/* test_payouts.c - what a gateway paid out, and of what. The numbers are added up by hand beside them. */
#include "tests/reports/office.h"

TestSuite(payouts, .init = test_begin, .fini = test_end);

static struct balance_movement moved(const char *reference, enum movement_kind kind, struct money amount,
                                     int64_t fee, const char *at)
{
    struct balance_movement m = {.reference = str_of(reference),
                                 .kind = kind,
                                 .source = str_of(reference),
                                 .amount = amount,
                                 .settled = amount,
                                 .fee = money_of(fee, amount.currency)};
    assert_ok(instant_parse(&m.at, str_of(at), E));
    return m;
}

static struct money usd(int64_t cents)
{
    return money_of(cents, "USD");
}

static void note(struct office *o, const struct balance_movement *movements, size_t count)
{
    struct command c = {.type = COMMAND_BALANCE_NOTE};
    c.balance_note = (struct balance_note_command){
        .gateway = STR("stripe"), .movements = movements, .movements_count = count};
    (void)office_do(o, &c);
}

static void two_payouts(struct office *o)
{
    office_open(o, "ledger", "2025-02-10");
    const struct balance_movement first[] = {
        moved("txn_a", MOVEMENT_PAYMENT, usd(2900), 114, "2025-02-01T10:00:00Z"),
        moved("txn_b", MOVEMENT_PAYMENT, usd(9900), 317, "2025-02-02T10:00:00Z"),
        moved("po_1", MOVEMENT_PAYOUT, usd(-8000), 0, "2025-02-03T10:00:00Z"),
        moved("txn_c", MOVEMENT_REFUND, usd(-2900), 0, "2025-02-04T10:00:00Z"),
    };
    const struct balance_movement second[] = {
        moved("txn_d", MOVEMENT_DISPUTE, usd(-9900), 1500, "2025-02-05T10:00:00Z"),
        moved("txn_e", MOVEMENT_FEE, usd(-200), 0, "2025-02-05T11:00:00Z"),
        moved("txn_f", MOVEMENT_TOPUP, usd(5000), 0, "2025-02-05T12:00:00Z"),
        moved("txn_g", MOVEMENT_PAYMENT, usd(10000), 320, "2025-02-06T10:00:00Z"),
        moved("txn_h", MOVEMENT_PAYMENT, money_of(1000, "EUR"), 55, "2025-02-06T11:00:00Z"),
        moved("po_2", MOVEMENT_PAYOUT, usd(-4000), 0, "2025-02-07T10:00:00Z"),
    };
    note(o, first, sizeof first / sizeof *first);
    note(o, second, sizeof second / sizeof *second);
}

static struct str report_of(struct office *o, const struct report_query *q)
{
    assert_ok(report_find(STR("payouts"))->run(o->l, q, test_path("payouts.csv"), A, E));
    return test_read(test_path("payouts.csv"));
}

static void assert_row(struct str csv, size_t row, const char *const *wanted)
{
    static const char *const columns[] = {"payout_id",   "currency",    "opening", "payments",
                                          "refunds",     "disputes",    "fees",    "net",
                                          "adjustments", "bank_amount", "closing", "item_count"};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        cr_assert(str_is(cell(csv, row, columns[i]), wanted[i]), "%s of row %zu is %.*s, not %s", columns[i],
                  row, STR_ARG(cell(csv, row, columns[i])), wanted[i]);
}

Test(payouts, a_payout_is_what_moved_since_the_one_before_and_what_was_left_then)
{
    struct office o = {0};
    two_payouts(&o);
    struct report_query q = {0};
    struct str csv = report_of(&o, &q);
    /* 29.00 + 99.00 = 128.00, less 1.14 + 3.17 = 4.31, is 123.69; 80.00 of it go. */
    static const char *const first[] = {"po_1",  "USD",    "0.00", "128.00", "0.00",  "0.00",
                                        "-4.31", "123.69", "0.00", "80.00",  "43.69", "2"};
    /* 100.00 - 29.00 - 99.00 - (15.00 + 2.00 + 3.20) + 50.00 = 1.80; 43.69 + 1.80 - 40.00 = 5.49. */
    static const char *const second[] = {"po_2",   "USD",  "43.69", "100.00", "-29.00", "-99.00",
                                         "-20.20", "1.80", "50.00", "40.00",  "5.49",   "5"};
    static const char *const rest[] = {"",     "USD",  "5.49", "0.00", "0.00", "0.00",
                                       "0.00", "0.00", "0.00", "0.00", "5.49", "0"};
    static const char *const euros[] = {"",      "EUR",  "0.00", "10.00", "0.00", "0.00",
                                        "-0.55", "9.45", "0.00", "0.00",  "9.45", "1"};
    assert_row(csv, 1, first);
    assert_row(csv, 2, second);
    assert_row(csv, 3, rest);
    assert_row(csv, 4, euros);
    assert_int(count_rows(csv), 4);
    assert_str(cell(csv, 2, "payout_date"), "2025-02-07");
    office_close(&o);
}

Test(payouts, what_a_gateway_held_at_the_end_of_a_day_is_told_as_of_it)
{
    struct office o = {0};
    two_payouts(&o);
    struct report_query then = {.to = day("2025-02-05")}, later = {.from = day("2025-02-07")};
    struct str csv = report_of(&o, &then);
    /* 43.69 - 29.00 - 99.00 - 17.00 + 50.00 = -51.31 */
    static const char *const rest[] = {"",       "USD",    "43.69", "0.00", "-29.00", "-99.00",
                                       "-17.00", "-95.00", "50.00", "0.00", "-51.31", "4"};
    assert_int(count_rows(csv), 2);
    assert_row(csv, 2, rest);
    csv = report_of(&o, &later);
    assert_str(cell(csv, 1, "payout_id"), "po_2");
    assert_str(cell(csv, 1, "opening"), "43.69");
    office_close(&o);
}
