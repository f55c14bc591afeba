/* SPDX-License-Identifier: MIT */
/* What a Stripe account holds, imported: all of it, once, to the cent; whatever goes wrong on the way, it
 * goes on and ends with the same. */
#include "tests/importers/account.h"

TestSuite(stripe_import, .init = test_begin, .fini = test_end);

static struct bank open_bank(void)
{
    struct bank b = bank_open(NULL, 0);
    bank_connect(&b);
    return b;
}

static struct imported take_all(struct bank *b)
{
    struct imported i = account_import(b, "", 0);
    cr_assert(i.err == OK, "%s", i.error.text);
    return i;
}

static struct str rejects(void)
{
    return file_exists(test_path("stripe.rejects.csv")) ? test_read(test_path("stripe.rejects.csv"))
                                                        : STR("");
}

static bool says(struct str text, const char *words)
{
    return strstr(str_cstring(A, text), words) != NULL;
}

/* ---- all of it ---- */

static void assert_taken(const struct imported *i, enum imported_kind kind, int taken)
{
    const struct import_count *n = account_count(i, kind);
    cr_assert(n->read == (uint64_t)taken && n->taken == (uint64_t)taken, "%s: %ju read, %ju taken, of %d",
              choice_imported_kind.words[kind], (uintmax_t)n->read, (uintmax_t)n->taken, taken);
}

Test(stripe_import, all_is_taken_and_adds_up_to_the_cent)
{
    struct bank b = open_bank();
    struct stripe_account n = account_make(&b, 250);
    struct imported i = take_all(&b);
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
    struct bank b = open_bank();
    struct stripe_account n = account_make(&b, 300);
    struct imported i = take_all(&b);
    int64_t sum = 0;
    for (size_t k = 0; k < i.report.totals_count; k++) {
        const struct imported_total *t = &i.report.totals[k];
        int year = 0, month = 0, day_of_month = 0;
        date_split(t->month, &year, &month, &day_of_month);
        assert_int(year, 2025);
        assert_int(t->net.minor, n.net_of_month[month - 1]);
        assert_int(t->opened.minor, t->net.minor);
        sum += t->net.minor;
    }
    assert_int(sum, stripe_server_balance(b.server, "usd"));
    bank_close(&b);
}

static void assert_sound(struct bank *b)
{
    struct ledger_report r = {0};
    assert_ok(ledger_verify(&r, b->l, NULL, NULL, E)); /* postings sum to zero, views equal a rebuild */
}

Test(stripe_import, a_second_import_writes_no_record)
{
    struct bank b = open_bank();
    struct stripe_account n = account_make(&b, 120);
    (void)take_all(&b);
    uint64_t records = shop_records(b.l);
    struct imported again = take_all(&b);
    assert_int(shop_records(b.l), records);
    assert_int(again.report.accepted, 0);
    assert_int(again.report.duplicates, n.customers + n.methods + n.subscriptions + n.invoices + n.charges +
                                            n.refunds + n.transactions);
    assert_sound(&b);
    bank_close(&b);
}

/* ---- stopped, killed, and faults on the way ---- */

/* Each time one page further: what was read before is known again, and the end is the same. */
Test(stripe_import, one_that_is_stopped_behind_any_page_ends_with_the_same)
{
    enum { CUSTOMERS = 40 };
    struct bank b = open_bank();
    (void)account_make(&b, CUSTOMERS);
    (void)take_all(&b);
    struct arena *kept = arena_new();
    struct str whole = str_copy(kept, account_dump(&b));
    bank_close(&b);
    test_end();
    test_begin();
    b = open_bank();
    (void)account_make(&b, CUSTOMERS);
    struct imported i = {.err = ERR_INCOMPLETE};
    int stops = 0;
    for (int pages = 2; i.err != OK; pages++, stops++) {
        i = account_import(&b, "", pages);
        if (i.err != OK)
            cr_assert(i.err == ERR_INCOMPLETE && says(str_of(i.error.text), "told to stop"), "%s",
                      i.error.text);
    }
    cr_assert(stops > CUSTOMERS, "it was stopped %d times", stops);
    cr_assert(str_equal(account_dump(&b), whole), "another ledger:\n%.*s", STR_ARG(account_dump(&b)));
    assert_sound(&b);
    bank_close(&b);
    arena_free(kept);
}

Test(stripe_import, one_that_was_stopped_does_not_read_again_what_it_has_read)
{
    struct bank b = open_bank();
    (void)account_make(&b, 200);
    (void)account_import(&b, "", 150); /* in the payment methods */
    uint64_t before = stripe_server_counts(b.server).requests;
    struct imported i = take_all(&b);
    assert_int(account_count(&i, IMPORTED_CUSTOMER)->read, 0);
    cr_assert(stripe_server_counts(b.server).requests - before < 400);
    bank_close(&b);
}

static void import_through(struct stripe_fault_rule rule)
{
    test_end();
    test_begin();
    struct bank b = bank_open(&rule, 1);
    bank_connect(&b);
    struct stripe_account n = account_make(&b, 30);
    struct imported i = {.err = ERR_INCOMPLETE};
    for (int tries = 0; i.err != OK && tries < 200; tries++) {
        i = account_import(&b, "", 0);
        cr_assert(i.err == OK || i.err == ERR_INCOMPLETE, "%s", i.error.text);
        if (i.err != OK) bank_connect(&b);
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
    cr_assert(says(str_of(i.error.text), "does not accept the key"), "%s", i.error.text);
    assert_int(shop_records(b.l), records);
    bank_close(&b);
}

/* ---- what has changed there ---- */

static struct customer customer_called(struct bank *b, const char *user)
{
    struct views_txn *t = NULL;
    struct customer row = {0}, kept = {0};
    assert_ok(ledger_read_begin(&t, b->l, E));
    assert_ok(find_customer(&row, t, str_of(user), A, E));
    schema_copy(&kept, &schema_customer, &row, A);
    ledger_read_end(b->l, t);
    return kept;
}

static struct subscription subscription(struct bank *b, uint64_t number)
{
    struct views_txn *t = NULL;
    struct subscription row = {0}, kept = {0};
    assert_ok(ledger_read_begin(&t, b->l, E));
    assert_ok(load_subscription(&row, t, number, A, E));
    schema_copy(&kept, &schema_subscription, &row, A);
    ledger_read_end(b->l, t);
    return kept;
}

#define SUBSCRIPTION                                                                                         \
    "{'object':'subscription','id':'sub_A','created':1736000000,'customer':'cus_A','status':'%s',"           \
    "'start_date':1736000000,'cancel_at_period_end':%s,'items':{'data':[{'id':'si_A','quantity':1,"          \
    "'current_period_end':%d,'price':{'id':'price_A','lookup_key':'%s','currency':'usd','unit_amount':2900," \
    "'recurring':{'interval':'month','interval_count':1}}}]}}"
#define CUSTOMER                                                                                  \
    "{'object':'customer','id':'cus_A','created':1736000000,'name':'%s','email':'a@example.com'," \
    "'currency':'usd','balance':%d,'metadata':{'team':'%s'}}"
enum { FEBRUARY_4 = 1770163200, MARCH_4 = 1772582400 };

static void give_ann(struct bank *b)
{
    account_give(b, CUSTOMER, "Ann", -500, "ann");
    account_give(
        b, "{'object':'payment_method','id':'pm_A','created':1736000000,'customer':'cus_A','type':'card',"
           "'card':{'brand':'visa','last4':'4242','exp_month':1,'exp_year':2030,'funding':'credit'}}");
    account_give(b, SUBSCRIPTION, "active", "false", FEBRUARY_4, "basic");
}

Test(stripe_import, what_changed_there_is_changed_here_and_back_again)
{
    struct bank b = open_bank();
    give_ann(&b);
    (void)take_all(&b);
    account_give(&b, CUSTOMER, "Ann Example", -200, "ann");
    account_give(&b, SUBSCRIPTION, "past_due", "true", FEBRUARY_4, "pro");
    struct imported i = take_all(&b);
    assert_int(i.report.accepted, 2);
    assert_str(customer_called(&b, "cus_A").party.name, "Ann Example");
    assert_int(account_balance(&b, ACCOUNT_CUSTOMER_CREDIT), -200);
    assert_str(subscription(&b, 1).terms.product, "pro");
    cr_assert(subscription(&b, 1).status == SUBSCRIPTION_PAST_DUE);
    assert_day(subscription(&b, 1).ends_there, "2026-02-04");
    account_give(&b, CUSTOMER, "Ann", -500, "ann");
    account_give(&b, SUBSCRIPTION, "active", "false", FEBRUARY_4, "basic");
    (void)take_all(&b);
    assert_str(customer_called(&b, "cus_A").party.name, "Ann");
    assert_str(subscription(&b, 1).terms.product, "basic");
    cr_assert(subscription(&b, 1).status == SUBSCRIPTION_ACTIVE);
    assert_int(account_balance(&b, ACCOUNT_CUSTOMER_CREDIT), -500);
    assert_sound(&b);
    bank_close(&b);
}

Test(stripe_import, one_that_is_past_due_when_it_comes_is_past_due_here)
{
    struct bank b = open_bank();
    give_ann(&b);
    account_give(&b, SUBSCRIPTION, "past_due", "true", FEBRUARY_4, "basic");
    (void)take_all(&b);
    cr_assert(subscription(&b, 1).status == SUBSCRIPTION_PAST_DUE);
    assert_day(subscription(&b, 1).ends_there, "2026-02-04");
    uint64_t records = shop_records(b.l);
    (void)take_all(&b);
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
    struct bank b = open_bank();
    give_ann(&b);
    (void)take_all(&b);
    assert_int(bills(&b, "2026-01-20"), 0);
    assert_err_says(take_over(&b, "2026-01-20T12:00:00Z", E), ERR_REFUSED, "goes on at Stripe");
    account_give(&b, SUBSCRIPTION, "active", "true", FEBRUARY_4, "basic");
    (void)take_all(&b);
    assert_int(bills(&b, "2026-01-21"), 0);
    assert_ok(take_over(&b, "2026-01-21T12:00:00Z", E));
    assert_int(bills(&b, "2026-02-03"), 0);
    (void)take_all(&b); /* in between */
    assert_int(bills(&b, "2026-02-04"), 1);
    account_give(&b, SUBSCRIPTION, "canceled", "true", FEBRUARY_4, "basic");
    (void)take_all(&b);
    cr_assert(subscription(&b, 1).billing_owner == BILLED_BY_LEDGER);
    cr_assert(subscription(&b, 1).status == SUBSCRIPTION_ACTIVE);
    assert_int(bills(&b, "2026-03-03"), 0);
    assert_int(bills(&b, "2026-03-04"), 1);
    assert_int(bills(&b, "2026-03-04"), 0);
    bank_close(&b);
}

Test(stripe_import, who_was_taken_over_and_billed_there_all_the_same_is_told)
{
    struct bank b = open_bank();
    give_ann(&b);
    account_give(&b, SUBSCRIPTION, "active", "true", FEBRUARY_4, "basic");
    (void)take_all(&b);
    assert_ok(take_over(&b, "2026-01-21T12:00:00Z", E));
    assert_int(bills(&b, "2026-02-04"), 1);
    account_give(&b, SUBSCRIPTION, "active", "false", MARCH_4, "basic");
    struct imported i = take_all(&b);
    assert_int(account_count(&i, IMPORTED_SUBSCRIPTION)->refused, 1);
    cr_assert(says(rejects(), "give one of the two back"), "%.*s", STR_ARG(rejects()));
    cr_assert(subscription(&b, 1).billing_owner == BILLED_BY_LEDGER);
    bank_close(&b);
}

/* ---- whose it is ---- */

Test(stripe_import, a_customers_id_here_is_what_was_asked_for)
{
    static const struct {
        const char *from, *user;
    } rows[] = {{"", "cus_A"}, {"id", "cus_A"}, {"email", "a@example.com"}, {"metadata:team", "ann"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        test_end();
        test_begin();
        struct bank b = open_bank();
        account_give(&b, CUSTOMER, "Ann", 0, "ann");
        struct imported taken = account_import(&b, rows[i].from, 0);
        cr_assert(taken.err == OK, "%s", taken.error.text);
        assert_str(customer_called(&b, rows[i].user).party.name, "Ann");
        bank_close(&b);
    }
}

Test(stripe_import, two_of_one_id_and_one_without_are_refused_and_not_named)
{
    struct bank b = open_bank();
    account_give(&b, CUSTOMER, "Ann", 0, "ann");
    account_give(&b, "{'object':'customer','id':'cus_B','created':1736000001,'email':'a@example.com'}");
    account_give(&b, "{'object':'customer','id':'cus_C','created':1736000002}");
    account_give(&b, "{'object':'subscription','id':'sub_C','created':1736000003,'customer':'cus_C','status':"
                     "'active','items':{'data':[{'price':{'lookup_key':'basic','currency':'usd'}}]}}");
    struct imported i = account_import(&b, "email", 0);
    cr_assert(i.err == OK, "%s", i.error.text);
    assert_int(account_count(&i, IMPORTED_CUSTOMER)->taken, 1);
    assert_int(account_count(&i, IMPORTED_CUSTOMER)->refused, 2);
    assert_int(account_count(&i, IMPORTED_SUBSCRIPTION)->refused, 1);
    struct str told = rejects();
    cr_assert(says(told, "there already"), "%.*s", STR_ARG(told));
    cr_assert(says(told, "nothing that would be his id") && says(told, "he is not known here"), "%.*s",
              STR_ARG(told));
    cr_assert(!says(told, "example.com"), "%.*s", STR_ARG(told));
    bank_close(&b);
}

/* ---- hostile and odd objects ---- */

Test(stripe_import, texts_that_cannot_be_kept_are_left_out_and_their_customer_is_taken)
{
    struct bank b = open_bank();
    account_give(
        &b,
        "{'object':'customer','id':'cus_A','created':1736000000,'name':'4242 4242 4242 4242','email':"
        "'nowhere at all','address':{'country':'XX','line1':'\\u202egnorts','city':'Z\\u00fcrich \\u6771'},"
        "'preferred_locales':['in Klingon'],'tax_ids':{'data':[{'type':'eu_vat','value':'DE1'}]},"
        "'currency':'zzz','balance':-1}");
    struct imported i = take_all(&b);
    struct customer c = customer_called(&b, "cus_A");
    assert_str(c.party.name, "");
    assert_str(c.party.email, "");
    assert_str(c.party.street, "");
    assert_str(c.party.country, "");
    assert_str(c.party.tax_id, "");
    assert_str(c.party.city, "Zürich 東");
    assert_str(c.locale, "en-US");
    cr_assert(i.report.left_out >= 6, "%ju", (uintmax_t)i.report.left_out);
    struct str told = rejects();
    cr_assert(!says(told, "4242") && !says(told, "nowhere") && !says(told, "gnorts"), "%.*s", STR_ARG(told));
    bank_close(&b);
}

Test(stripe_import, a_card_number_in_the_metadata_becomes_nobodys_id)
{
    struct bank b = open_bank();
    account_give(&b, CUSTOMER, "Ann", 0, "4242424242424242");
    struct imported i = account_import(&b, "metadata:team", 0);
    cr_assert(i.err == OK, "%s", i.error.text);
    assert_int(i.report.rejected, 1);
    cr_assert(!says(rejects(), "4242"), "%.*s", STR_ARG(rejects()));
    bank_close(&b);
}

Test(stripe_import, one_odd_object_stops_no_other)
{
    static const char *const odd[] = {
        "{'object':'customer','id':'a/b','created':1736000000}",
        "{'object':'subscription','id':'sub_X','created':1736000000,'customer':'cus_A'}",
        "{'object':'subscription','id':'sub_Y','created':1736000000,'customer':{'id':'cus_A'},'status':'"
        "active',"
        "'items':{'data':[{'price':{'lookup_key':'nothing-we-sell','currency':'usd','unit_amount':1}}]}}",
        "{'object':'invoice','id':'in_X','created':1736000000,'currency':'zzz','total':1}",
        "{'object':'charge','id':'ch_X','created':1736000000}",
        "{'object':'refund','id':'re_X','created':1736000000,'currency':7}",
    };
    struct bank b = open_bank();
    account_give(&b, CUSTOMER, "Ann", 0, "ann");
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) account_give(&b, "%s", odd[i]);
    struct imported i = take_all(&b);
    assert_int(i.report.accepted, 1 + 0);
    cr_assert(i.report.rejected == sizeof odd / sizeof odd[0], "%ju: %.*s", (uintmax_t)i.report.rejected,
              STR_ARG(rejects()));
    uint64_t records = shop_records(b.l);
    (void)take_all(&b);
    assert_int(shop_records(b.l), records);
    bank_close(&b);
}

/* ---- what is ours ---- */

Test(stripe_import, payments_of_this_ledger_are_no_history_and_open_nothing)
{
    struct bank b = open_bank();
    bank_customer(&b, "ann", "pm_card_visa");
    (void)bank_charge(&b, "ann", 2900);
    stripe_server_clock_forward(b.server, -86400);
    (void)account_make(&b, 0);
    account_give(
        &b, "{'object':'balance_transaction','id':'txn_P','created':1736000000,'currency':'usd','amount':"
            "-100,'fee':0,'net':-100,'type':'payout','source':'po_1'}");
    b.sim.now = moment("2026-06-01T00:00:00Z");
    struct ledger *before = b.l;
    shop_close(before);
    b.l = shop_open("2026-06-01T00:00:00Z");
    struct imported i = take_all(&b);
    assert_int(account_count(&i, IMPORTED_CHARGE)->own, 1);
    assert_int(account_count(&i, IMPORTED_CHARGE)->taken, 0);
    assert_int(account_count(&i, IMPORTED_BALANCE_TRANSACTION)->taken, 2);
    assert_int(account_balance(&b, ACCOUNT_OPENING), 100);
    assert_int(account_balance(&b, ACCOUNT_CASH), 2900 - 100);
    assert_str(customer_called(&b, "ann").user, "ann");
    bank_close(&b);
}

Test(stripe_import, who_came_over_is_the_same_customer_there_when_he_adds_a_card)
{
    struct bank b = open_bank();
    account_give(&b, CUSTOMER, "Ann", 0, "ann");
    (void)take_all(&b);
    assert_ok(bank_add_method(&b, "cus_A", "pm_card_visa", E));
    struct views_txn *t = NULL;
    struct method *methods = NULL;
    size_t count = 0;
    assert_ok(ledger_read_begin(&t, b.l, E));
    assert_ok(list_methods(&methods, &count, t, 1, A, E));
    assert_int(count, 1);
    assert_str(methods[0].gateway_customer, "cus_A");
    ledger_read_end(b.l, t);
    bank_close(&b);
}
