/* SPDX-License-Identifier: MIT */
/* What a Stripe account holds, imported: all of it, once, to the cent; whatever goes wrong on the way, it
 * goes on and ends with the same. */
#include "tests/importers/account.h"

TestSuite(stripe_import, .init = test_begin, .fini = test_end);

/* ---- all of it ---- */

static void assert_taken(const struct imported *i, enum imported_kind kind, int taken)
{
    const struct import_count *n = account_count(i, kind);
    cr_assert(n->read == (uint64_t)taken && n->taken == (uint64_t)taken, "%s: %ju read, %ju taken, of %d",
              choice_imported_kind.words[kind], (uintmax_t)n->read, (uintmax_t)n->taken, taken);
}

Test(stripe_import, all_is_taken_and_adds_up_to_the_cent)
{
    struct bank b = bank_open(NULL, 0);
    struct stripe_account n = account_make(&b, 250);
    struct imported i = account_take(&b);
    assert_taken(&i, IMPORTED_CUSTOMER, n.customers);
    assert_taken(&i, IMPORTED_PAYMENT_METHOD, n.methods);
    assert_taken(&i, IMPORTED_SUBSCRIPTION, n.subscriptions);
    assert_taken(&i, IMPORTED_INVOICE, n.invoices);
    assert_taken(&i, IMPORTED_CHARGE, n.charges);
    assert_taken(&i, IMPORTED_REFUND, n.refunds);
    assert_taken(&i, IMPORTED_BALANCE_TRANSACTION, n.transactions);
    assert_int(i.report.rejected, 0);
    assert_int(i.report.left_out, 0);
    assert_int(account_balance(&b, ACCOUNT_CASH), n.net);
    assert_int(account_balance(&b, ACCOUNT_CASH), stripe_server_balance(b.server, "usd"));
    assert_int(account_balance(&b, ACCOUNT_CUSTOMER_CREDIT), -n.credit);
    assert_int(account_balance(&b, ACCOUNT_OPENING), n.credit - n.net);
    assert_int(account_balance(&b, ACCOUNT_REVENUE) + account_balance(&b, ACCOUNT_RECEIVABLE) +
                   account_balance(&b, ACCOUNT_DEFERRED) + account_balance(&b, ACCOUNT_TAX_PAYABLE),
               0);
    bank_close(&b);
}

Test(stripe_import, the_months_add_up_as_stripes_balance_does)
{
    struct bank b = bank_open(NULL, 0);
    struct stripe_account n = account_make(&b, 300);
    struct imported i = account_take(&b);
    int64_t sum = 0;
    uint64_t count = 0, january = i.report.totals[0].transactions;
    for (size_t k = 0; k < i.report.totals_count; k++) {
        const struct imported_total *t = &i.report.totals[k];
        int year = 0, month = 0, day_of_month = 0;
        date_split(t->month, &year, &month, &day_of_month);
        assert_int(year, 2025);
        assert_int(t->net.minor, n.net_of_month[month - 1]);
        assert_int(t->opened.minor, t->net.minor);
        sum += t->net.minor;
        count += t->transactions;
    }
    assert_int(count, n.transactions);
    assert_int(sum, stripe_server_balance(b.server, "usd"));
    account_give(
        &b,
        "{'object':'balance_transaction','id':'txn_2','created':1735862400,'currency':'usd','amount':2900,"
        "'fee':100,'net':2800,'type':'charge','source':'ch_2'}"); /* Stripe thought better of a fee */
    i = account_take(&b);
    assert_int(i.report.totals[0].transactions, january);
    assert_int(account_balance(&b, ACCOUNT_CASH), n.net + 14);
    assert_int(account_balance(&b, ACCOUNT_CASH), stripe_server_balance(b.server, "usd"));
    bank_close(&b);
}

Test(stripe_import, a_second_import_writes_no_record)
{
    struct bank b = bank_open(NULL, 0);
    struct stripe_account n = account_make(&b, 120);
    (void)account_take(&b);
    uint64_t records = shop_records(b.l);
    struct imported again = account_take(&b);
    assert_int(shop_records(b.l), records);
    assert_int(again.report.accepted, 0);
    assert_int(again.report.duplicates, n.customers + n.methods + n.subscriptions + n.invoices + n.charges +
                                            n.refunds + n.transactions);
    bank_verify(&b);
    bank_close(&b);
}

Test(stripe_import, older_documents_are_left_out_and_the_balance_is_whole_all_the_same)
{
    struct bank b = bank_open(NULL, 0);
    struct stripe_account n = account_make(&b, 200); /* a day each from the 2nd of January on */
    struct imported i = account_import_days(&b, "2025-07-01", NULL);
    cr_assert(i.err == OK, "%s", i.error.text);
    int young = 0; /* every second has an invoice, but for every eighth */
    for (int k = 2; k <= 200; k += 2) young += k % 8 != 0 && k >= 181;
    assert_int(account_count(&i, IMPORTED_INVOICE)->taken, young);
    assert_int(account_count(&i, IMPORTED_CHARGE)->taken, young);
    assert_int(account_count(&i, IMPORTED_CUSTOMER)->taken, n.customers);
    assert_int(account_count(&i, IMPORTED_SUBSCRIPTION)->taken, n.subscriptions);
    assert_int(account_balance(&b, ACCOUNT_CASH), n.net);
    struct imported all = account_take(&b); /* another wish: the rest comes */
    assert_int(account_count(&all, IMPORTED_INVOICE)->taken, n.invoices - young);
    bank_close(&b);
}

Test(stripe_import, the_balance_is_cut_where_it_was_asked_for_and_goes_on_from_there)
{
    struct bank b = bank_open(NULL, 0);
    struct stripe_account n = account_make(&b, 200);
    struct imported i = account_import_days(&b, NULL, "2025-04-01");
    cr_assert(i.err == OK, "%s", i.error.text);
    assert_int(account_balance(&b, ACCOUNT_CASH), n.net_of_month[0] + n.net_of_month[1] + n.net_of_month[2]);
    assert_int(account_balance(&b, ACCOUNT_OPENING) + account_balance(&b, ACCOUNT_CASH), n.credit);
    (void)account_take(&b);
    assert_int(account_balance(&b, ACCOUNT_CASH), n.net);
    bank_verify(&b);
    bank_close(&b);
}

/* ---- stopped, killed, and faults on the way ---- */

/* Each time one page further: what was read before is known again, and the end is the same. */
Test(stripe_import, one_that_is_stopped_behind_any_page_ends_with_the_same)
{
    enum { CUSTOMERS = 40 };
    struct bank b = bank_open(NULL, 0);
    (void)account_make(&b, CUSTOMERS);
    (void)account_take(&b);
    struct arena *kept = arena_new();
    struct str whole = str_copy(kept, account_dump(&b));
    bank_close(&b);
    test_end();
    test_begin();
    b = bank_open(NULL, 0);
    (void)account_make(&b, CUSTOMERS);
    struct imported i = {.err = ERR_INCOMPLETE};
    int stops = 0;
    for (int pages = 2; i.err != OK; pages++, stops++) {
        i = account_import(&b, "", pages);
        if (i.err != OK)
            cr_assert(i.err == ERR_INCOMPLETE && account_says(str_of(i.error.text), "told to stop"), "%s",
                      i.error.text);
    }
    cr_assert(stops > 12, "it was stopped %d times", stops);
    cr_assert(str_equal(account_dump(&b), whole), "another ledger:\n%.*s", STR_ARG(account_dump(&b)));
    bank_verify(&b);
    bank_close(&b);
    arena_free(kept);
}

Test(stripe_import, one_that_was_stopped_does_not_read_again_what_it_has_read)
{
    struct bank b = bank_open(NULL, 0);
    (void)account_make(&b, 200);
    struct imported first = account_import(&b, "", 36); /* in the documents */
    cr_assert(first.err == ERR_INCOMPLETE && account_count(&first, IMPORTED_INVOICE)->read > 0);
    uint64_t before = stripe_server_counts(b.server).requests;
    struct imported i = account_take(&b);
    assert_int(account_count(&i, IMPORTED_CUSTOMER)->read, 0);
    assert_int(account_count(&i, IMPORTED_PAYMENT_METHOD)->read, 0);
    assert_int(account_count(&i, IMPORTED_SUBSCRIPTION)->read, 0);
    cr_assert(stripe_server_counts(b.server).requests - before < 100);
    bank_close(&b);
}

/* So that all that is taken was there at one moment, whenever the rest of it is read. */
Test(stripe_import, what_is_made_there_meanwhile_is_left_to_the_next_one)
{
    struct bank b = bank_open(NULL, 0);
    (void)account_make(&b, 30);
    cr_assert(account_import(&b, "", 8).err == ERR_INCOMPLETE);
    shop_close(b.l);
    b.l = shop_open("2026-03-01T00:00:00Z");
    account_give(
        &b, "{'object':'charge','id':'ch_late','created':1769904000,'currency':'usd','amount':1,'status':"
            "'failed'}");
    struct imported i = account_take(&b);
    cr_assert(!account_says(account_dump(&b), "ch_late"));
    i = account_take(&b);
    assert_int(i.report.accepted, 1);
    cr_assert(account_says(account_dump(&b), "ch_late"));
    bank_close(&b);
}

static void import_through(struct stripe_fault_rule rule)
{
    test_end();
    test_begin();
    struct bank b = bank_open(&rule, 1);
    struct stripe_account n = account_make(&b, 30);
    struct imported i = {.err = ERR_INCOMPLETE};
    for (int tries = 0; i.err != OK && tries < 200; tries++) {
        i = account_import(&b, "", 0);
        cr_assert(i.err == OK || i.err == ERR_INCOMPLETE, "%s", i.error.text);
        if (i.err == OK) break;
        stripe_close(b.s); /* as another process would come */
        b.s = NULL;
    }
    cr_assert(i.err == OK, "%s", i.error.text);
    cr_assert(stripe_server_counts(b.server).faults > 0);
    assert_int(account_balance(&b, ACCOUNT_CASH), n.net);
    assert_int(account_balance(&b, ACCOUNT_CUSTOMER_CREDIT), -n.credit);
    bank_close(&b);
}

Test(stripe_import, cut_and_senseless_pages_and_limits_are_asked_for_again)
{
    static const enum stripe_fault faults[] = {
        STRIPE_FAULT_HALF_BODY,  STRIPE_FAULT_GARBAGE,     STRIPE_FAULT_WRONG_SHAPE, STRIPE_FAULT_RATE_LIMIT,
        STRIPE_FAULT_HTML_AFTER, STRIPE_FAULT_CLOSE_AFTER, STRIPE_FAULT_FAILED_500,  STRIPE_FAULT_HUGE_BODY};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        import_through(
            (struct stripe_fault_rule){.path = "/v1/", .every = 7, .times = 12, .fault = faults[i]});
}

Test(stripe_import, a_key_that_stripe_does_not_accept_takes_nothing)
{
    struct bank b = bank_open(NULL, 0);
    struct stripe_options o = {.key = STR("sk_test_another"),
                               .base = str_of(stripe_server_url(b.server)),
                               .wait_min_ms = 1,
                               .wait_max_ms = 2,
                               .world = world_simulated(&b.sim)};
    assert_ok(stripe_open(&b.s, &o, E));
    b.g = stripe_gateway(b.s);
    uint64_t records = shop_records(b.l);
    struct imported i = account_import(&b, "", 0);
    cr_assert(i.err == ERR_INCOMPLETE);
    cr_assert(account_says(str_of(i.error.text), "does not accept the key"), "%s", i.error.text);
    assert_int(shop_records(b.l), records);
    bank_close(&b);
}

/* ---- what has changed there ---- */

#define SUBSCRIPTION                                                                                         \
    "{'object':'subscription','id':'sub_A','created':1736000000,'customer':'cus_A','status':'%s',"           \
    "'start_date':1736000000,'cancel_at_period_end':%s,'items':{'data':[{'id':'si_A','quantity':1,"          \
    "'current_period_end':%d,'price':{'id':'price_A','lookup_key':'%s','currency':'usd','unit_amount':2900," \
    "'recurring':{'interval':'month','interval_count':1}}}]}}"
enum { FEBRUARY_4 = 1770163200, MARCH_4 = 1772582400 };

static void give_ann(struct bank *b)
{
    account_give(b, ACCOUNT_CUSTOMER, "Ann", -500, "ann");
    account_give(
        b, "{'object':'payment_method','id':'pm_A','created':1736000000,'customer':'cus_A','type':'card',"
           "'card':{'brand':'visa','last4':'4242','exp_month':1,'exp_year':2030,'funding':'credit'}}");
    account_give(b, SUBSCRIPTION, "active", "false", FEBRUARY_4, "basic");
}

Test(stripe_import, what_changed_there_is_changed_here_and_back_again)
{
    struct bank b = bank_open(NULL, 0);
    give_ann(&b);
    (void)account_take(&b);
    account_give(&b, ACCOUNT_CUSTOMER, "Ann Example", -200, "ann");
    account_give(&b, SUBSCRIPTION, "past_due", "true", FEBRUARY_4, "pro");
    struct imported i = account_take(&b);
    assert_int(i.report.accepted, 2);
    assert_str(account_customer(&b, "cus_A").party.name, "Ann Example");
    assert_int(account_balance(&b, ACCOUNT_CUSTOMER_CREDIT), -200);
    assert_str(bank_subscription(&b, 1).terms.product, "pro");
    cr_assert(bank_subscription(&b, 1).status == SUBSCRIPTION_PAST_DUE);
    assert_day(bank_subscription(&b, 1).ends_there, "2026-02-04");
    account_give(&b, ACCOUNT_CUSTOMER, "Ann", -500, "ann");
    account_give(&b, SUBSCRIPTION, "active", "false", FEBRUARY_4, "basic");
    (void)account_take(&b);
    assert_str(account_customer(&b, "cus_A").party.name, "Ann");
    assert_str(bank_subscription(&b, 1).terms.product, "basic");
    cr_assert(bank_subscription(&b, 1).status == SUBSCRIPTION_ACTIVE);
    assert_int(account_balance(&b, ACCOUNT_CUSTOMER_CREDIT), -500);
    bank_verify(&b);
    bank_close(&b);
}

Test(stripe_import, one_that_is_past_due_when_it_comes_is_past_due_here)
{
    struct bank b = bank_open(NULL, 0);
    give_ann(&b);
    account_give(&b, SUBSCRIPTION, "past_due", "true", FEBRUARY_4, "basic");
    (void)account_take(&b);
    cr_assert(bank_subscription(&b, 1).status == SUBSCRIPTION_PAST_DUE);
    assert_day(bank_subscription(&b, 1).ends_there, "2026-02-04");
    uint64_t records = shop_records(b.l);
    (void)account_take(&b);
    assert_int(shop_records(b.l), records);
    bank_close(&b);
}

/* ---- never billed twice ---- */

/* What the night would do through a day, at noon of it. */
static size_t bills(struct bank *b, const char *through)
{
    struct outcome out = {0};
    struct command c = {.type = COMMAND_CUSTOMER_BILL,
                        .customer_bill = {.customer = 1, .through = day(through), .gateway = STR("stripe")}};
    struct request r = {
        .command = &c, .actor = STR("night"), .now = {date_start(day(through)).us + 43200000000}};
    assert_ok(ledger_execute(&out, b->l, &r, A, E));
    size_t invoices = 0;
    for (size_t i = 0; i < out.events_count; i++) invoices += out.events[i].type == EVENT_INVOICE_FINALIZED;
    return invoices;
}

static enum err take_over(struct bank *b, const char *now, struct error *e)
{
    struct outcome out = {0};
    struct command c = {.type = COMMAND_SUBSCRIPTION_TAKE_OVER,
                        .subscription_take_over = {.user = STR("cus_A")}};
    struct request r = {.command = &c, .actor = STR("tester"), .now = moment(now)};
    return ledger_execute(&out, b->l, &r, A, e);
}

Test(stripe_import, nobody_is_billed_by_two_before_while_and_after_he_comes_over)
{
    struct bank b = bank_open(NULL, 0);
    give_ann(&b);
    (void)account_take(&b);
    assert_int(bills(&b, "2026-01-20"), 0);
    assert_err_says(take_over(&b, "2026-01-20T12:00:00Z", E), ERR_REFUSED, "goes on at Stripe");
    account_give(&b, SUBSCRIPTION, "active", "true", FEBRUARY_4, "basic");
    (void)account_take(&b);
    assert_int(bills(&b, "2026-01-21"), 0);
    assert_ok(take_over(&b, "2026-01-21T12:00:00Z", E));
    assert_int(bills(&b, "2026-02-03"), 0);
    (void)account_take(&b); /* in between */
    assert_int(bills(&b, "2026-02-04"), 1);
    account_give(&b, SUBSCRIPTION, "canceled", "true", FEBRUARY_4, "basic");
    (void)account_take(&b);
    cr_assert(bank_subscription(&b, 1).billing_owner == BILLED_BY_LEDGER);
    cr_assert(bank_subscription(&b, 1).status == SUBSCRIPTION_ACTIVE);
    assert_int(bills(&b, "2026-03-03"), 0);
    assert_int(bills(&b, "2026-03-04"), 1);
    assert_int(bills(&b, "2026-03-04"), 0);
    bank_close(&b);
}

Test(stripe_import, who_was_taken_over_and_billed_there_all_the_same_is_told)
{
    struct bank b = bank_open(NULL, 0);
    give_ann(&b);
    account_give(&b, SUBSCRIPTION, "active", "true", FEBRUARY_4, "basic");
    (void)account_take(&b);
    assert_ok(take_over(&b, "2026-01-21T12:00:00Z", E));
    assert_int(bills(&b, "2026-02-04"), 1);
    account_give(&b, SUBSCRIPTION, "active", "false", MARCH_4, "basic");
    struct imported i = account_take(&b);
    assert_int(account_count(&i, IMPORTED_SUBSCRIPTION)->refused, 1);
    cr_assert(account_says(account_rejects(), "give one of the two back"), "%.*s",
              STR_ARG(account_rejects()));
    cr_assert(bank_subscription(&b, 1).billing_owner == BILLED_BY_LEDGER);
    bank_close(&b);
}

/* ---- what is added to a subscription ---- */

#define ITEM(key, quantity)                                                                \
    "{'quantity':" quantity ",'current_period_end':1770163200,'price':{'lookup_key':'" key \
    "','currency':'usd','unit_amount':100,'recurring':{'interval':'month','interval_count':1}}}"

static void give_items(struct bank *b, const char *status, const char *items)
{
    account_give(
        b,
        "{'object':'subscription','id':'sub_A','created':1736000000,'customer':'cus_A','status':'%s',"
        "'start_date':1736000000,'cancel_at_period_end':false,'items':{'data':[%s]}}",
        status, items);
}

static void load_add_ons(struct bank *b)
{
    struct command c = {0};
    struct outcome out = {0};
    struct request r = {.command = &c};
    assert_ok(catalog_read(&c, "fixtures/catalogs/add-ons.json", A, E));
    assert_ok(ledger_execute(&out, b->l, &r, A, E));
}

/* Wherever the plan stands among the items. */
Test(stripe_import, what_is_added_to_a_subscription_comes_changes_and_goes_with_it)
{
    struct bank b = bank_open(NULL, 0);
    load_add_ons(&b);
    account_give(&b, ACCOUNT_CUSTOMER, "Ann", 0, "ann");
    give_items(&b, "past_due", ITEM("sso", "1") "," ITEM("basic", "1") "," ITEM("unheard-of", "1"));
    struct imported i = account_take(&b);
    assert_int(i.report.rejected, 0);
    assert_int(i.report.left_out, 1);
    assert_str(bank_subscription(&b, 1).terms.product, "basic");
    assert_str(bank_subscription(&b, 2).terms.product, "sso");
    assert_int(bank_subscription(&b, 2).parent, 1);
    cr_assert(bank_subscription(&b, 2).billing_owner == BILLED_BY_STRIPE);
    cr_assert(bank_subscription(&b, 2).status == SUBSCRIPTION_PAST_DUE);
    assert_day(bank_subscription(&b, 2).charged_through, "2026-02-04");
    uint64_t records = shop_records(b.l);
    (void)account_take(&b);
    assert_int(shop_records(b.l), records);
    give_items(&b, "active", ITEM("basic", "1") "," ITEM("backup", "1"));
    (void)account_take(&b);
    cr_assert(bank_subscription(&b, 1).status == SUBSCRIPTION_ACTIVE);
    cr_assert(bank_subscription(&b, 2).status == SUBSCRIPTION_CANCELED);
    assert_str(bank_subscription(&b, 3).terms.product, "backup");
    assert_int(bills(&b, "2026-02-20"), 0);
    bank_verify(&b);
    bank_close(&b);
}
