/* SPDX-License-Identifier: MIT */
/* What Stripe's objects become: whose they are, in the shapes of each version, odd and hostile ones, and
 * those that are this ledger's own. */
#include "tests/importers/account.h"

TestSuite(stripe_objects, .init = test_begin, .fini = test_end);

/* ---- whose it is ---- */

Test(stripe_objects, a_customers_id_here_is_what_was_asked_for)
{
    static const struct {
        const char *from, *user;
    } rows[] = {{"", "cus_A"}, {"id", "cus_A"}, {"email", "a@example.com"}, {"metadata:team", "ann"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        test_end();
        test_begin();
        struct bank b = bank_open(NULL, 0);
        account_give(&b, ACCOUNT_CUSTOMER, "Ann", 0, "ann");
        struct imported taken = account_import(&b, rows[i].from, 0);
        cr_assert(taken.err == OK, "%s", taken.error.text);
        assert_str(account_customer(&b, rows[i].user).party.name, "Ann");
        bank_close(&b);
    }
}

Test(stripe_objects, two_of_one_id_and_one_without_are_refused_and_not_named)
{
    struct bank b = bank_open(NULL, 0);
    account_give(&b, ACCOUNT_CUSTOMER, "Ann", 0, "ann");
    account_give(&b, "{'object':'customer','id':'cus_B','created':1736000001,'email':'a@example.com'}");
    account_give(&b, "{'object':'customer','id':'cus_C','created':1736000002}");
    account_give(&b, "{'object':'subscription','id':'sub_C','created':1736000003,'customer':'cus_C','status':"
                     "'active','items':{'data':[{'price':{'lookup_key':'basic','currency':'usd'}}]}}");
    struct imported i = account_import(&b, "email", 0);
    cr_assert(i.err == OK, "%s", i.error.text);
    assert_int(account_count(&i, IMPORTED_CUSTOMER)->taken, 1);
    assert_int(account_count(&i, IMPORTED_CUSTOMER)->refused, 2);
    assert_int(account_count(&i, IMPORTED_SUBSCRIPTION)->refused, 1);
    struct str told = account_rejects();
    cr_assert(account_says(told, "there already"), "%.*s", STR_ARG(told));
    cr_assert(account_says(told, "nothing that would be his id") &&
                  account_says(told, "he is not known here"),
              "%.*s", STR_ARG(told));
    cr_assert(!account_says(told, "example.com"), "%.*s", STR_ARG(told));
    bank_close(&b);
}

/* ---- hostile and odd objects ---- */

Test(stripe_objects, texts_that_cannot_be_kept_are_left_out_and_their_customer_is_taken)
{
    struct bank b = bank_open(NULL, 0);
    account_give(
        &b,
        "{'object':'customer','id':'cus_A','created':1736000000,'name':'4242 4242 4242 4242','email':"
        "'nowhere at all','address':{'country':'XX','line1':'\\u202egnorts','city':'Z\\u00fcrich \\u6771'},"
        "'preferred_locales':['in Klingon'],'tax_ids':{'data':[{'type':'eu_vat','value':'DE1'}]},"
        "'currency':'zzz','balance':-1}");
    struct imported i = account_take(&b);
    struct customer c = account_customer(&b, "cus_A");
    assert_str(c.party.name, "");
    assert_str(c.party.email, "");
    assert_str(c.party.street, "");
    assert_str(c.party.country, "");
    assert_str(c.party.tax_id, "");
    assert_str(c.party.city, "Zürich 東");
    assert_str(c.locale, "en-US");
    cr_assert(i.report.left_out >= 6, "%ju", (uintmax_t)i.report.left_out);
    struct str told = account_rejects();
    cr_assert(!account_says(told, "4242") && !account_says(told, "nowhere") && !account_says(told, "gnorts"),
              "%.*s", STR_ARG(told));
    bank_close(&b);
}

Test(stripe_objects, a_card_number_in_the_metadata_becomes_nobodys_id)
{
    struct bank b = bank_open(NULL, 0);
    account_give(&b, ACCOUNT_CUSTOMER, "Ann", 0, "4242424242424242");
    struct imported i = account_import(&b, "metadata:team", 0);
    cr_assert(i.err == OK, "%s", i.error.text);
    assert_int(i.report.rejected, 1);
    cr_assert(!account_says(account_rejects(), "4242"), "%.*s", STR_ARG(account_rejects()));
    bank_close(&b);
}

Test(stripe_objects, one_odd_object_stops_no_other)
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
    struct bank b = bank_open(NULL, 0);
    account_give(&b, ACCOUNT_CUSTOMER, "Ann", 0, "ann");
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) account_give(&b, "%s", odd[i]);
    struct imported i = account_take(&b);
    assert_int(i.report.accepted, 1 + 0);
    cr_assert(i.report.rejected == sizeof odd / sizeof odd[0], "%ju: %.*s", (uintmax_t)i.report.rejected,
              STR_ARG(account_rejects()));
    uint64_t records = shop_records(b.l);
    (void)account_take(&b);
    assert_int(shop_records(b.l), records);
    bank_close(&b);
}

/* ---- what is ours ---- */

Test(stripe_objects, payments_of_this_ledger_are_no_history_and_open_nothing)
{
    struct bank b = bank_open(NULL, 0);
    bank_connect(&b);
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
    struct imported i = account_take(&b);
    assert_int(account_count(&i, IMPORTED_CHARGE)->own, 1);
    assert_int(account_count(&i, IMPORTED_CHARGE)->taken, 0);
    assert_int(account_count(&i, IMPORTED_BALANCE_TRANSACTION)->taken, 2);
    assert_int(account_balance(&b, ACCOUNT_OPENING), 100);
    assert_int(account_balance(&b, ACCOUNT_CASH), 2900 - 100);
    assert_str(account_customer(&b, "ann").user, "ann");
    bank_close(&b);
}

Test(stripe_objects, who_came_over_is_the_same_customer_there_when_he_adds_a_card)
{
    struct bank b = bank_open(NULL, 0);
    account_give(&b, ACCOUNT_CUSTOMER, "Ann", 0, "ann");
    (void)account_take(&b);
    assert_ok(bank_add_method(&b, "cus_A", "pm_card_visa", E));
    size_t count = 0;
    struct method *methods = bank_methods(&b, 1, &count);
    assert_int(count, 1);
    assert_str(methods[0].gateway_customer, "cus_A");
    bank_close(&b);
}

static size_t methods_of(struct bank *b, uint64_t customer)
{
    size_t count = 0;
    (void)bank_methods(b, customer, &count);
    return count;
}

/* What nobody can be charged by any more is forgotten; what was added here is not. */
Test(stripe_objects, a_payment_method_that_is_detached_there_is_forgotten_here)
{
    static const char method[] =
        "{'object':'payment_method','id':'pm_A','created':1736000000,'customer':%s,'type':"
        "'card','card':{'brand':'visa','last4':'4242'}}";
    struct bank b = bank_open(NULL, 0);
    account_give(&b, ACCOUNT_CUSTOMER, "Ann", 0, "ann");
    account_give(&b, method, "'cus_A'");
    (void)account_take(&b);
    assert_ok(bank_add_method(&b, "cus_A", "pm_card_mastercard", E));
    assert_int(methods_of(&b, 1), 2);
    account_give(&b, method, "null");
    struct imported i = account_take(&b);
    assert_int(account_count(&i, IMPORTED_PAYMENT_METHOD)->taken,
               2); /* one is new to the import, one is gone */
    assert_int(methods_of(&b, 1), 1);
    uint64_t records = shop_records(b.l);
    (void)account_take(&b);
    assert_int(shop_records(b.l), records);
    account_give(&b, method, "'cus_A'"); /* the list was wrong */
    (void)account_take(&b);
    assert_int(methods_of(&b, 1), 2);
    bank_close(&b);
}

/* More methods than a page holds, of one customer; and the default one among them. */
Test(stripe_objects, each_of_many_payment_methods_is_asked_for)
{
    struct bank b = bank_open(NULL, 0);
    account_give(&b, "{'object':'customer','id':'cus_A','created':1736000000,'invoice_settings':{"
                     "'default_payment_method':'pm_7'}}");
    for (int i = 0; i < 130; i++)
        account_give(&b,
                     "{'object':'payment_method','id':'pm_%d','created':1736000000,'customer':'cus_A','type':"
                     "'card','card':{'brand':'visa','last4':'4242','exp_month':1,'exp_year':2030}}",
                     i);
    struct imported i = account_take(&b);
    assert_int(account_count(&i, IMPORTED_PAYMENT_METHOD)->read, 130);
    assert_int(account_count(&i, IMPORTED_PAYMENT_METHOD)->taken, LIMIT_PAYMENT_METHODS_PER_CUSTOMER);
    cr_assert(account_says(account_rejects(), "the most there may be"));
    bank_close(&b);
}

/* The plan's is the largest of several fees, wherever it stands; what else is on the invoice is counted. */
Test(stripe_objects, an_invoices_lines_are_told_apart_in_both_shapes)
{
    static const char *const lines[] = {
        "{'amount':500,'quantity':3,'period':{'start':1736000000,'end':1738600000},'price':{'lookup_key':'"
        "storage',"
        "'recurring':{'usage_type':'licensed'}}},{'amount':9900,'quantity':1,'period':{'start':1736000000,'"
        "end':"
        "1738600000},'price':{'lookup_key':'pro'}},{'amount':-200,'proration':true,'price':{'lookup_key':'"
        "basic'}},"
        "{'amount':70,'price':{'lookup_key':'calls','recurring':{'usage_type':'metered'}}}",
        "{'amount':500,'quantity':3,'period':{'start':1736000000,'end':1738600000},'pricing':{'price_details'"
        ":{'price':"
        "'price_s'}}},{'amount':9900,'quantity':1,'period':{'start':1736000000,'end':1738600000},'pricing':{"
        "'price_details':{'price':'price_p'}}},{'amount':-200,'parent':{'type':'invoice_item_details',"
        "'invoice_item_details':{'proration':true}},'pricing':{'price_details':{'price':'price_p'}}},{'"
        "amount':70,"
        "'parent':{'type':'subscription_item_details','subscription_item_details':{'proration':false}},'"
        "pricing':{"
        "'price_details':{'price':'price_m'}}}"};
    struct bank b = bank_open(NULL, 0);
    account_give(&b,
                 "[{'object':'price','id':'price_p','created':1,'lookup_key':'pro'},{'object':'price','id':"
                 "'price_s','created':1,'lookup_key':'storage'},{'object':'price','id':'price_m','created':1,"
                 "'recurring':{'usage_type':'metered'}}]");
    for (int i = 0; i < 2; i++)
        account_give(
            &b,
            "{'object':'invoice','id':'in_%d','created':1736000000,'currency':'usd','status':'open','total':"
            "10270,'subtotal':10270,'amount_paid':0,'total_taxes':[{'amount':11},{'amount':9}],"
            "'total_discount_amounts':[{'amount':30}],'lines':{'data':[%s]}}",
            i, lines[i]);
    (void)account_take(&b);
    for (int i = 0; i < 2; i++) {
        struct views_txn *t = NULL;
        struct object_imported v = {0};
        bool found = false;
        assert_ok(ledger_read_begin(&t, b.l, E));
        assert_ok(find_imported(&found, &v, t, str_format(A, "in_%d", i), A, E));
        cr_assert(found);
        assert_str(v.tier, "pro");
        assert_int(v.quantity, 1);
        assert_int(v.lines, 4);
        assert_int(v.prorations, 1);
        assert_int(v.metered, 1);
        assert_int(v.others, 1);
        assert_day(v.from, "2025-01-04");
        assert_money(v.tax, "0.20", "USD");
        assert_money(v.discount, "0.30", "USD");
        ledger_read_end(b.l, t);
    }
    bank_close(&b);
}

/* Objects as Stripe's own documentation shows them, of both versions. */
Test(stripe_objects, the_shared_payloads_of_both_versions_are_taken)
{
    static const char *const names[] = {"02-customer.subscription.created", "04-invoice.payment_succeeded",
                                        "80-old-api-2020-08-27.customer.subscription.updated",
                                        "81-old-api-2020-08-27.invoice.payment_succeeded"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i += 1) {
        test_end();
        test_begin();
        struct bank b = bank_open(NULL, 0);
        struct str text =
            test_read(test_shared(str_cstring(A, str_format(A, "stripe-payloads/%s.json", names[i]))));
        json_t *event = json_loadb(text.ptr, text.len, 0, NULL);
        json_t *object = json_object_get(json_object_get(event, "data"), "object");
        char *given = json_dumps(object, JSON_COMPACT);
        account_give(&b, "{'object':'customer','id':'cus_4diXkW27079FM0','created':1764000000}");
        cr_assert(stripe_server_give(b.server, given));
        struct imported taken = account_take(&b);
        assert_int(taken.report.rejected, 0);
        assert_int(taken.report.accepted, 2);
        free(given);
        json_decref(event);
        bank_close(&b);
    }
}

/* ---- every member, odd ---- */

static int mutants;

static const char *const odd_values[] = {"null", "true",  "-1",          "999999999999999999",
                                         "\"\"", "\"x\"", "[]",          "[1]",
                                         "{}",   "1.5",   "\"\\u202e\"", "{\"id\":{\"id\":[]}}"};

/* The object with one member, at any depth, replaced by each odd value: each is given under an id of its own.
 */
static void give_mutants(struct bank *b, json_t *whole, json_t *within)
{
    const char *name = NULL;
    json_t *value = NULL;
    void *next = NULL;
    json_object_foreach_safe(within, next, name, value)
    {
        if (within == whole && (strcmp(name, "object") == 0 || strcmp(name, "id") == 0)) continue;
        json_incref(value);
        for (size_t i = 0; i < sizeof odd_values / sizeof odd_values[0]; i++) {
            json_object_set_new(within, name, json_loads(odd_values[i], JSON_DECODE_ANY, NULL));
            json_object_set_new(whole, "id", json_sprintf("odd_%d", mutants++));
            char *text = json_dumps(whole, JSON_COMPACT);
            cr_assert(stripe_server_give(b->server, text));
            free(text);
        }
        json_object_set(within, name, value);
        if (json_is_object(value)) give_mutants(b, whole, value);
        for (size_t i = 0; i < json_array_size(value); i++) give_mutants(b, whole, json_array_get(value, i));
        json_decref(value);
    }
}

Test(stripe_objects, whatever_a_member_holds_the_import_goes_on_and_the_ledger_stays_sound)
{
    static const char *const kinds[] = {
        "{'object':'customer','created':1736000000,'name':'A','email':'a@b','currency':'usd','balance':-5,'"
        "address':{"
        "'country':'US','line1':'R'},'tax_exempt':'none','preferred_locales':['en'],'metadata':{},'invoice_"
        "settings':{"
        "'default_payment_method':'pm_1'},'tax_ids':{'data':[{'value':'X'}]}}",
        "{'object':'payment_method','created':1736000000,'customer':'cus_A','type':'card','card':{'brand':'"
        "visa',"
        "'last4':'4242','exp_month':1,'exp_year':2030,'funding':'credit'}}",
        "{'object':'subscription','created':1736000000,'customer':'cus_A','status':'active','start_date':"
        "1736000000,"
        "'cancel_at_period_end':false,'items':{'data':[{'quantity':1,'current_period_end':1770163200,'price':"
        "{"
        "'lookup_key':'basic','currency':'usd','unit_amount':2900,'recurring':{'interval':'month','interval_"
        "count':1}}"
        "}]}}",
        "{'object':'invoice','created':1736000000,'customer':'cus_A','currency':'usd','status':'paid','"
        "number':'A-1',"
        "'total':2900,'subtotal':2900,'amount_paid':2900,'total_taxes':[{'amount':1}],'total_discount_"
        "amounts':[{"
        "'amount':1}],'parent':{'subscription_details':{'subscription':'sub_1'}},'lines':{'has_more':false,'"
        "data':[{"
        "'amount':2900,'quantity':1,'period':{'start':1736000000,'end':1738600000},'parent':{'type':'x',"
        "'subscription_item_details':{'proration':false}},'pricing':{'price_details':{'price':'price_1'}}}]}"
        "}",
        "{'object':'charge','created':1736000000,'customer':'cus_A','currency':'usd','amount':5,'amount_"
        "refunded':0,"
        "'status':'succeeded','payment_intent':'pi_1'}",
        "{'object':'refund','created':1736000000,'currency':'usd','amount':5,'status':'pending','charge':'ch_"
        "1'}",
        "{'object':'balance_transaction','created':1736000000,'currency':'usd','amount':5,'net':4,'type':'"
        "charge',"
        "'source':{'id':'ch_1','payment_intent':'pi_1'}}",
        "{'object':'price','created':1736000000,'lookup_key':'x','recurring':{'usage_type':'metered'}}"};
    struct bank b = bank_open(NULL, 0);
    account_give(&b, ACCOUNT_CUSTOMER, "Ann", 0, "ann");
    mutants = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char *text = str_cstring(A, str_of(kinds[i]));
        for (char *c = text; *c != '\0'; c++) *c = *c == '\'' ? '"' : *c;
        json_t *whole = json_loads(text, 0, NULL);
        cr_assert_not_null(whole);
        give_mutants(&b, whole, whole);
        json_decref(whole);
    }
    cr_assert(mutants > 1000, "%d", mutants);
    struct imported i = account_take(&b);
    cr_assert(i.report.rejected > 100 && i.report.accepted > 400, "%ju and %ju", (uintmax_t)i.report.rejected,
              (uintmax_t)i.report.accepted);
    bank_verify(&b);
    cr_assert(!account_says(account_rejects(), "\u202e"));
    uint64_t records = shop_records(b.l);
    (void)account_take(&b);
    assert_int(shop_records(b.l), records);
    bank_close(&b);
}
