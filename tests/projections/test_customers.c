/* SPDX-License-Identifier: MIT */
/* test_customers.c - customers, their versions, payment methods, and what is counted of them. */
#include "tests/projections/stage.h"

TestSuite(customers, .init = test_begin, .fini = test_end);

static struct event updated(uint64_t customer, uint64_t version, const char *name)
{
    return (struct event){.type = EVENT_CUSTOMER_UPDATED,
                          .customer_updated = {.customer = customer,
                                               .version = version,
                                               .timezone = STR("UTC"),
                                               .locale = STR("de-DE"),
                                               .party = {.name = str_of(name), .country = STR("DE")}}};
}

static struct event method(uint64_t customer, uint64_t n, bool is_default)
{
    return (struct event){.type = EVENT_PAYMENT_METHOD_ADDED,
                          .payment_method_added = {.customer = customer,
                                                   .method = n,
                                                   .token = str_format(A, "pm_%ju", (uintmax_t)n),
                                                   .gateway = STR("simulator"),
                                                   .funding = STR("credit"),
                                                   .brand = STR("visa"),
                                                   .last4 = STR("4242"),
                                                   .exp_month = 12,
                                                   .exp_year = 2030,
                                                   .is_default = is_default}};
}

static struct event method_removed(uint64_t customer, uint64_t n, uint64_t heir)
{
    return (struct event){.type = EVENT_PAYMENT_METHOD_REMOVED,
                          .payment_method_removed = {.customer = customer, .method = n, .new_default = heir}};
}

Test(customers, a_customer_is_found_by_user_id_and_by_number)
{
    struct stage s = stage_open("d");
    struct customer c = {0};
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), customer_event(2));
    assert_ok(find_customer(&c, s.t, STR("u2"), A, E));
    assert_int(c.customer, 2);
    assert_int(c.version, 1);
    assert_str(c.party.name, "Name Of 2");
    assert_str(instant_text(A, c.created_at), "2025-01-15T10:00:00Z");
    assert_err(find_customer(&c, s.t, STR("nobody"), A, E), ERR_NOT_FOUND, "no customer 'nobody'");
    assert_err(load_customer(&c, s.t, 3, A, E), ERR_NOT_FOUND, "no customer cus_3");
    stage_close(&s);
}

Test(customers, every_version_of_a_customers_data_is_kept)
{
    struct stage s = stage_open("d");
    struct customer c = {0};
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1), subscribed(1, "pro", 9900, "2025-01-15"));
    happen(&s, "2025-02-15T10:00:00Z", updated(1, 2, "Second Name"));
    happen(&s, "2025-03-15T10:00:00Z", updated(1, 3, "Third Name"));
    assert_str(customer_now(&s, 1).party.name, "Third Name");
    assert_int(customer_now(&s, 1).subscription, 1);
    assert_ok(load_customer_version(&c, s.t, 1, 1, A, E));
    assert_str(c.party.name, "Name Of 1");
    assert_str(c.user, "u1");
    assert_ok(load_customer_version(&c, s.t, 1, 2, A, E));
    assert_str(c.party.name, "Second Name");
    assert_ok(load_customer_version(&c, s.t, 1, 3, A, E));
    assert_str(c.party.name, "Third Name");
    assert_err(load_customer_version(&c, s.t, 1, 4, A, E), ERR_NOT_FOUND, "no version 4 of customer cus_1");
    stage_close(&s);
}

Test(customers, payment_methods_have_one_default_and_removed_ones_are_not_listed)
{
    struct stage s = stage_open("d");
    struct method *methods = NULL;
    size_t count = 0;
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1));
    assert_ok(list_methods(&methods, &count, s.t, 1, A, E));
    assert_int(count, 0);
    happen(&s, "2025-01-15T10:01:00Z", method(1, 1, true), method(1, 2, false), method(1, 3, false));
    assert_int(customer_now(&s, 1).default_method, 1);
    assert_int(customer_now(&s, 1).methods, 3);
    happen(&s, "2025-01-15T10:02:00Z", method_removed(1, 2, 0));
    assert_int(customer_now(&s, 1).default_method, 1);
    happen(&s, "2025-01-15T10:03:00Z", method_removed(1, 1, 3));
    assert_int(customer_now(&s, 1).default_method, 3);
    assert_ok(list_methods(&methods, &count, s.t, 1, A, E));
    assert_int(count, 1);
    assert_str(methods[0].token, "pm_3");
    assert_str(methods[0].last4, "4242");
    happen(&s, "2025-01-15T10:04:00Z", method_removed(1, 3, 0));
    assert_int(customer_now(&s, 1).default_method, 0);
    stage_close(&s);
}

struct seen {
    struct buffer names;
};

static enum err note_user(void *context, const struct customer *row, struct error *e)
{
    (void)e;
    struct buffer *names = context;
    buffer_print(names, "%.*s ", STR_ARG(row->user));
    return OK;
}

static struct str listed(struct stage *s, struct list_query q)
{
    struct buffer names = {.arena = A};
    assert_ok(list_customers(s->t, &q, note_user, &names, A, E));
    return (struct str){(const char *)names.ptr, names.len};
}

Test(customers, a_list_is_by_number_and_can_be_limited_and_dated)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-15T10:00:00Z", customer_event(1));
    happen(&s, "2025-01-16T10:00:00Z", customer_event(2));
    happen(&s, "2025-01-17T23:59:59Z", customer_event(3));
    assert_str(listed(&s, (struct list_query){.status = -1}), "u1 u2 u3 ");
    assert_str(listed(&s, (struct list_query){.status = -1, .limit = 2}), "u1 u2 ");
    assert_str(listed(&s, (struct list_query){.status = -1, .customer = 2}), "u2 ");
    assert_str(listed(&s, (struct list_query){.status = -1, .from = day("2025-01-16")}), "u2 u3 ");
    assert_str(
        listed(&s, (struct list_query){.status = -1, .from = day("2025-01-16"), .to = day("2025-01-16")}),
        "u2 ");
    assert_str(listed(&s, (struct list_query){.status = -1, .to = day("2025-01-17")}), "u1 u2 u3 ");
    stage_close(&s);
}

Test(customers, an_event_about_an_unknown_customer_is_refused_as_damage)
{
    struct stage s = stage_open("d");
    struct event ev = item(1, 9, 500);
    assert_err(stage_fold(&s, "2025-01-15T10:00:00Z", &ev, 1), ERR_TAMPERED,
               "an event is about customer 9, which no event before it made");
    stage_close(&s);
}

Test(customers, ids_are_a_word_and_a_number)
{
    uint64_t n = 0;
    assert_str(public_id(A, "cus", 12), "cus_12");
    assert_ok(public_id_parse(&n, "inv", STR("inv_77"), E));
    assert_int(n, 77);
    assert_err(public_id_parse(&n, "inv", STR("sub_77"), E), ERR_INVALID,
               "'sub_77' is not an id like inv_12");
    static const char *const wrong[] = {
        "inv_", "inv", "inv_0", "inv_01", "inv_-1", "inv_1 ", "inv_99999999999999999999", ""};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_err_says(public_id_parse(&n, "inv", str_of(wrong[i]), E), ERR_INVALID,
                        "is not an id like inv_12");
    }
}

Test(customers, seller_and_catalog_keep_every_version)
{
    struct stage s = stage_open("d");
    struct seller seller = {0};
    struct catalog catalog = {0};
    assert_err(load_seller(&seller, s.t, 0, A, E), ERR_NOT_FOUND, "no seller data are set");
    assert_err(load_catalog(&catalog, s.t, 0, A, E), ERR_NOT_FOUND, "no catalog is loaded");
    for (uint64_t v = 1; v <= 2; v++) {
        struct event seller_set = {
            .type = EVENT_SELLER_SET,
            .seller_set = {.version = v,
                           .party = {.name = str_format(A, "Seller %ju", (uintmax_t)v)},
                           .payment_terms_days = 10 + v}};
        struct product products[] = {{.code = STR("pro"), .rank = v}};
        struct event loaded = {
            .type = EVENT_CATALOG_LOADED,
            .catalog_loaded = {.version = v, .name = STR("c"), .products = products, .products_count = 1}};
        happen(&s, v == 1 ? "2025-01-01T00:00:00Z" : "2025-02-01T00:00:00Z", seller_set, loaded);
    }
    assert_ok(load_seller(&seller, s.t, 0, A, E));
    assert_str(seller.party.name, "Seller 2");
    assert_ok(load_seller(&seller, s.t, 1, A, E));
    assert_str(seller.party.name, "Seller 1");
    assert_int(seller.payment_terms_days, 11);
    assert_ok(load_catalog(&catalog, s.t, 0, A, E));
    assert_int(catalog.version, 2);
    assert_int(catalog.products[0].rank, 2);
    assert_str(instant_text(A, catalog.loaded_at), "2025-02-01T00:00:00Z");
    assert_err(load_catalog(&catalog, s.t, 3, A, E), ERR_NOT_FOUND, "no version 3 of the catalog");
    stage_close(&s);
}
