/* SPDX-License-Identifier: MIT */
#include "tests/importers/shop.h"

struct clocks { /* outlive the ledger */
    struct simulated_world sim;
};

struct ledger *shop_open(const char *now)
{
    struct clocks *c = arena_new_of(A, struct clocks);
    c->sim = (struct simulated_world){.now = moment(now), .state = (uint64_t)moment(now).us};
    struct ledger_options o = {.dir = test_path("books"),
                               .key_file = test_path("books.key"),
                               .world = world_simulated(&c->sim),
                               .state = &daybook_state,
                               .program = "daybook test",
                               .map_bytes = 256 * 1024 * 1024};
    bool is_new = !file_exists(o.dir);
    struct ledger *l = NULL;
    if (is_new) assert_ok(ledger_create(&o, E));
    assert_ok(ledger_open(&l, &o, E));
    if (!is_new) return l;
    struct command catalog = {0};
    struct outcome out = {0};
    struct request r = {.command = &catalog};
    assert_ok(catalog_read(&catalog, "fixtures/catalog.json", A, E));
    assert_ok(ledger_execute(&out, l, &r, A, E));
    return l;
}

void shop_close(struct ledger *l)
{
    ledger_close(l);
}

struct taken take_path(struct ledger *l, const char *importer, const char *path, bool strict)
{
    struct taken t = {.err = OK};
    struct import_options o = {.path = path, .strict = strict, .actor = STR("tester")};
    const struct importer *i = importer_find(str_of(importer));
    cr_assert(i != NULL, "no importer '%s'", importer);
    t.err = i->run(&t.report, l, &o, A, E);
    return t;
}

struct taken take(struct ledger *l, const char *importer, const char *file, struct str text)
{
    test_write(test_path(file), text);
    struct taken t = take_path(l, importer, test_path(file), false);
    cr_assert(t.err == OK, "%s", E->text);
    return t;
}

struct taken take_strictly(struct ledger *l, const char *importer, const char *file, struct str text)
{
    test_write(test_path(file), text);
    return take_path(l, importer, test_path(file), true);
}

void assert_counts(struct taken t, uint64_t rows, uint64_t accepted, uint64_t duplicates, uint64_t rejected)
{
    struct str first = t.report.first_reject;
    cr_assert(t.report.rejected == rejected, "%ju rejected: %.*s", (uintmax_t)t.report.rejected,
              STR_ARG(first));
    assert_int(t.report.rows, rows);
    assert_int(t.report.accepted, accepted);
    assert_int(t.report.duplicates, duplicates);
}

void shop_customer(struct ledger *l, const char *user)
{
    struct command c = {.type = COMMAND_CUSTOMER_CREATE, .customer_create = {.user = str_of(user)}};
    struct outcome out = {0};
    struct request r = {.command = &c};
    assert_ok(ledger_execute(&out, l, &r, A, E));
}

struct str shop_usage(struct ledger *l, const char *user, const char *usage_type, const char *month)
{
    struct views_txn *t = NULL;
    struct customer customer = {0};
    struct usage_total *totals = NULL;
    size_t count = 0;
    struct str found = STR("none");
    assert_ok(ledger_read_begin(&t, l, E));
    assert_ok(find_customer(&customer, t, str_of(user), A, E));
    assert_ok(list_usage(&totals, &count, t, customer.customer, day(month), A, E));
    for (size_t i = 0; i < count; i++) {
        if (str_is(totals[i].usage_type, usage_type)) found = decimal_text(A, totals[i].total);
    }
    ledger_read_end(l, t);
    return found;
}

uint64_t shop_records(struct ledger *l)
{
    struct log_state s = {0};
    assert_ok(log_state(&s, ledger_log(l), E));
    return s.head.range.size;
}

struct subscription shop_subscription(struct ledger *l, const char *user)
{
    struct views_txn *t = NULL;
    struct customer c = {0};
    struct subscription s = {0}, copy = {0};
    assert_ok(ledger_read_begin(&t, l, E));
    assert_ok(find_customer(&c, t, str_of(user), A, E));
    if (c.subscription != 0) assert_ok(load_subscription(&s, t, c.subscription, A, E));
    schema_copy(&copy, &schema_subscription, &s, A);
    ledger_read_end(l, t);
    return copy;
}
