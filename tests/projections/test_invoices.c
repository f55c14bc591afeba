/* SPDX-License-Identifier: MIT */
/* test_invoices.c - documents, what is paid on them, balances and accounts. */
#include "tests/projections/stage.h"

TestSuite(invoices, .init = test_begin, .fini = test_end);

static struct balance balance_now(struct stage *s, uint64_t customer)
{
    struct customer c = customer_now(s, customer);
    return c.balances_count == 0 ? (struct balance){usd(0), usd(0)} : c.balances[0];
}

Test(invoices, a_document_knows_its_place_in_the_log)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1));
    happen(&s, "2025-01-16T10:00:00Z", invoice(1, 1, "2025-01-16", 2900));
    struct invoice v = invoice_now(&s, 1);
    assert_int(v.status, INVOICE_OPEN);
    assert_int(v.seq, 2);
    struct hash leaf = stage_leaf(2);
    cr_assert(memcmp(&v.leaf, &leaf, sizeof leaf) == 0);
    assert_str(instant_text(A, v.finalized_at), "2025-01-16T10:00:00Z");
    assert_int(v.lines_count, 1);
    assert_str(v.lines[0].description, "setting up");
    assert_money(v.paid, "0.00", "USD");
    assert_int(customer_now(&s, 1).open_invoices, 1);
    stage_close(&s);
}

Test(invoices, a_document_is_found_by_id_and_by_number)
{
    struct stage s = stage_open("d");
    struct invoice v = {0};
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), invoice(1, 1, "2025-01-16", 2900),
           invoice(2, 1, "2025-01-17", 100), credit_note(3, 1, 1, "2025-01-18", 100));
    assert_ok(find_invoice(&v, s.t, STR("inv_2"), A, E));
    assert_int(v.invoice, 2);
    assert_ok(find_invoice(&v, s.t, STR("INV-2025-000002"), A, E));
    assert_int(v.invoice, 2);
    assert_ok(find_invoice(&v, s.t, STR("CN-2025-000001"), A, E));
    assert_int(v.invoice, 3);
    static const char *const missing[] = {"inv_4",           "inv_0", "INV-2025-2", "INV-2025-000009",
                                          "INV-2024-000001", "",      "-",          "x"};
    for (size_t i = 0; i < COUNT_OF(missing); i++) {
        assert_err_says(find_invoice(&v, s.t, str_of(missing[i]), A, E), ERR_NOT_FOUND, "no invoice '");
    }
    stage_close(&s);
}

/* Numbers of documents and of their series count on together for a while, part, and meet again. */
Test(invoices, every_document_is_found_by_its_number_however_the_series_are_mixed)
{
    struct stage s = stage_open("d");
    struct dice d = dice_of(5);
    uint64_t serials[2] = {0, 0};
    struct str numbers[200];
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1));
    for (uint64_t n = 1; n <= COUNT_OF(numbers); n++) {
        bool note = dice_chance(&d, 20);
        uint64_t serial = ++serials[note ? 1 : 0];
        struct event ev =
            note ? credit_note(n, serial, 1, "2025-01-16", 100) : invoice(n, 1, "2025-01-16", 100);
        if (!note) {
            ev.invoice_finalized.serial = serial;
            ev.invoice_finalized.number = str_format(A, "INV-2025-%06ju", (uintmax_t)serial);
        }
        numbers[n - 1] = ev.invoice_finalized.number;
        happen(&s, "2025-01-16T10:00:00Z", ev);
    }
    for (uint64_t n = 1; n <= COUNT_OF(numbers); n++) {
        struct invoice v = {0};
        assert_ok(find_invoice(&v, s.t, numbers[n - 1], A, E));
        assert_int(v.invoice, n);
    }
    stage_close(&s);
}

Test(invoices, payments_make_it_partially_paid_and_then_paid)
{
    struct stage s = stage_open("d");
    struct allocation part = {1, usd(1000)}, rest = {1, usd(1900)};
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), invoice(1, 1, "2025-01-16", 2900));
    assert_money(balance_now(&s, 1).receivable, "29.00", "USD");
    happen(&s, "2025-01-17T10:00:00Z", payment(1, 1, 1000), paid(1, 1, 1000, &part, 1, 0));
    assert_int(invoice_now(&s, 1).status, INVOICE_PARTIALLY_PAID);
    assert_money(invoice_now(&s, 1).paid, "10.00", "USD");
    assert_money(balance_now(&s, 1).receivable, "19.00", "USD");
    happen(&s, "2025-01-18T10:00:00Z", payment(2, 1, 2000), paid(2, 1, 2000, &rest, 1, 100));
    struct invoice v = invoice_now(&s, 1);
    assert_int(v.status, INVOICE_PAID);
    assert_day(v.paid_on, "2025-01-18");
    assert_money(v.paid, "29.00", "USD");
    assert_money(balance_now(&s, 1).receivable, "0.00", "USD");
    assert_money(balance_now(&s, 1).credit, "1.00", "USD");
    assert_int(customer_now(&s, 1).open_invoices, 0);
    stage_close(&s);
}

Test(invoices, one_with_nothing_left_to_pay_is_paid_at_once)
{
    struct stage s = stage_open("d");
    struct event from_credit = invoice(2, 1, "2025-01-20", 2900);
    from_credit.invoice_finalized.credit_applied = usd(2900);
    from_credit.invoice_finalized.amount_due = usd(0);
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), payment(1, 1, 5000),
           paid(1, 1, 5000, NULL, 0, 5000));
    happen(&s, "2025-01-16T10:00:00Z", invoice(1, 1, "2025-01-16", 0), from_credit);
    assert_int(invoice_now(&s, 1).status, INVOICE_PAID);
    assert_int(invoice_now(&s, 2).status, INVOICE_PAID);
    assert_day(invoice_now(&s, 2).paid_on, "2025-01-20");
    assert_money(balance_now(&s, 1).credit, "21.00", "USD");
    assert_int(customer_now(&s, 1).open_invoices, 0);
    stage_close(&s);
}

Test(invoices, a_credit_note_pays_open_invoices_and_leaves_the_rest_as_credit)
{
    struct stage s = stage_open("d");
    struct event note = credit_note(3, 1, 1, "2025-01-20", 5000);
    struct allocation settles[] = {{1, usd(2900)}, {2, usd(600)}};
    note.invoice_finalized.settles = settles;
    note.invoice_finalized.settles_count = 2;
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), invoice(1, 1, "2025-01-16", 2900),
           invoice(2, 1, "2025-01-17", 1000));
    happen(&s, "2025-01-20T10:00:00Z", note);
    assert_int(invoice_now(&s, 1).status, INVOICE_PAID);
    assert_day(invoice_now(&s, 1).paid_on, "2025-01-20");
    assert_int(invoice_now(&s, 2).status, INVOICE_PARTIALLY_PAID);
    assert_int(invoice_now(&s, 3).status, INVOICE_PAID);
    assert_money(balance_now(&s, 1).receivable, "4.00", "USD");
    assert_money(balance_now(&s, 1).credit, "15.00", "USD");
    assert_int(customer_now(&s, 1).open_invoices, 1);
    stage_close(&s);
}

Test(invoices, a_gap_in_a_series_is_refused_as_damage)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), invoice(1, 1, "2025-01-16", 2900));
    struct event third = invoice(3, 1, "2025-01-17", 100);
    assert_err(stage_fold(&s, "2025-01-17T10:00:00Z", &third, 1), ERR_TAMPERED,
               "document 'INV-2025-000003' stands where number 2 of its series was due");
    stage_close(&s);
}

static enum err note_invoice(void *context, const struct invoice *row, struct error *e)
{
    (void)e;
    assert_int(row->lines_count, 1);
    buffer_print(context, "%ju:%jd ", (uintmax_t)row->invoice, (intmax_t)row->lines[0].amount.minor);
    return OK;
}

static struct str listed(struct stage *s, struct list_query q)
{
    struct buffer seen = {.arena = A};
    assert_ok(list_invoices(s->t, &q, note_invoice, &seen, A, E));
    return (struct str){(const char *)seen.ptr, seen.len};
}

Test(invoices, lists_are_newest_first_with_their_lines)
{
    struct stage s = stage_open("d");
    struct allocation all = {2, usd(200)};
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), customer_event(2), invoice(1, 1, "2025-01-16", 100),
           invoice(2, 2, "2025-01-17", 200), invoice(3, 1, "2025-01-18", 300));
    happen(&s, "2025-01-19T10:00:00Z", payment(1, 2, 200), paid(1, 2, 200, &all, 1, 0));
    assert_str(listed(&s, (struct list_query){.status = -1}), "3:300 2:200 1:100 ");
    assert_str(listed(&s, (struct list_query){.status = -1, .limit = 1}), "3:300 ");
    assert_str(listed(&s, (struct list_query){.status = -1, .customer = 1}), "3:300 1:100 ");
    assert_str(listed(&s, (struct list_query){.status = -1, .customer = 1, .limit = 1}), "3:300 ");
    assert_str(listed(&s, (struct list_query){.status = INVOICE_PAID}), "2:200 ");
    assert_str(listed(&s, (struct list_query){.status = INVOICE_OPEN, .customer = 2}), "");
    assert_str(
        listed(&s, (struct list_query){.status = -1, .from = day("2025-01-17"), .to = day("2025-01-17")}),
        "2:200 ");
    stage_close(&s);
}

struct stopper {
    int left, seen;
};

static enum err stop_after(void *context, const struct invoice *row, struct error *e)
{
    struct stopper *s = context;
    (void)row;
    s->seen++;
    return --s->left == 0 ? fail(e, ERR_NOT_FOUND, "enough") : OK;
}

Test(invoices, a_visitor_ends_a_list_when_it_has_enough_and_its_failures_are_handed_on)
{
    struct stage s = stage_open("d");
    struct list_query q = {.status = -1};
    struct stopper two = {.left = 2};
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), invoice(1, 1, "2025-01-16", 100),
           invoice(2, 1, "2025-01-16", 100), invoice(3, 1, "2025-01-16", 100));
    assert_ok(list_invoices(s.t, &q, stop_after, &two, A, E));
    assert_int(two.seen, 2);
    stage_close(&s);
}

/* ---- accounts ---- */

static enum err note_account(void *context, enum account account, const struct account_total *row,
                             struct error *e)
{
    (void)e;
    (void)account;
    buffer_print(context, "%.*s %jd\n", STR_ARG(row->account),
                 (intmax_t)(row->debit.minor - row->credit.minor));
    return OK;
}

static struct str accounts(struct stage *s)
{
    struct buffer seen = {.arena = A};
    assert_ok(list_accounts(s->t, note_account, &seen, A, E));
    return (struct str){(const char *)seen.ptr, seen.len};
}

Test(invoices, accounts_agree_with_the_balances)
{
    struct stage s = stage_open("d");
    struct allocation part = {1, usd(1000)};
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), invoice(1, 1, "2025-01-16", 2900));
    happen(&s, "2025-01-17T10:00:00Z", payment(1, 1, 1500), paid(1, 1, 1500, &part, 1, 500));
    happen(&s, "2025-01-18T10:00:00Z", refund(2, 1, 1, 700, 500));
    assert_money(balance_now(&s, 1).credit, "0.00", "USD");
    assert_money(balance_now(&s, 1).receivable, "19.00", "USD");
    assert_str(accounts(&s), "assets:cash:simulator 1500\n"
                             "assets:receivable 1900\n"
                             "liabilities:customer-credit 0\n"
                             "liabilities:refunds-pending -500\n"
                             "income:revenue:items -2900\n");
    happen(&s, "2025-01-19T10:00:00Z", refunded(2, 1, 1, 700, 500));
    assert_str(accounts(&s), "assets:cash:simulator 800\n"
                             "assets:receivable 1900\n"
                             "liabilities:customer-credit 0\n"
                             "liabilities:refunds-pending 0\n"
                             "income:revenue:items -2900\n"
                             "income:refunds 200\n");
    assert_money(invoice_now(&s, 1).refunded, "2.00", "USD");
    stage_close(&s);
}
