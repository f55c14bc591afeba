/* SPDX-License-Identifier: MIT */
/* test_corrections.c - whatever readings come, and however they are corrected and canceled, before and after
 * they were billed: the totals are those of the truth told once, and so is what is paid in the end. */
#include "ledger/book.h"
#include "tests/reports/office.h"

TestSuite(corrections, .init = test_begin, .fini = test_end);

enum { ROUNDS = 6, READINGS = 40 };

static const char *const types[] = {"api_calls", "peak_connections", "seats_in_use", "members", "storage_gb"};
static const enum aggregation ways[] = {AGGREGATION_SUM, AGGREGATION_MAX, AGGREGATION_LAST,
                                        AGGREGATION_UNIQUE, AGGREGATION_TIME_WEIGHTED};
enum { TYPES = sizeof types / sizeof types[0] };

struct told { /* a reading, and what is true of it in the end */
    struct usage_input input;
    struct decimal is;
    bool canceled;
};

/* ---- the catalog: one usage type for each way to count ---- */

static void load_metered(struct office *o)
{
    static const char *const prices[] = {"0.01", "0.10", "12.00", "3.00", "1.00"};
    struct metric metrics[TYPES];
    struct rate rates[TYPES];
    for (size_t i = 0; i < TYPES; i++) {
        metrics[i] = (struct metric){.usage_type = str_of(types[i]), .aggregation = ways[i]};
        rates[i] = (struct rate){.usage_type = str_of(types[i]), .billed = true};
        assert_ok(decimal_parse(&rates[i].unit_price, str_of(prices[i]), E));
    }
    rates[0].included = decimal_of(1000);
    rates[0].minimum = decimal_of(4);
    struct product product = {.code = STR("metered"), .name = STR("Metered")};
    struct price price = {.product = STR("metered"),
                          .unit = INTERVAL_MONTH,
                          .interval_count = 1,
                          .amount = money_of(0, "USD"),
                          .rates = rates,
                          .rates_count = TYPES};
    struct command c = {.type = COMMAND_CATALOG_LOAD};
    c.catalog_load = (struct catalog_load_command){.name = STR("metered"),
                                                   .sha256 = {{7}},
                                                   .products = &product,
                                                   .products_count = 1,
                                                   .prices = &price,
                                                   .prices_count = 1,
                                                   .metrics = metrics,
                                                   .metrics_count = TYPES};
    (void)office_do(o, &c);
}

static void open_metered(struct office *o, const char *name)
{
    office_open(o, name, "2025-03-01");
    load_metered(o);
    office_subscribe(o, "ann", "metered", "USD", "pm_card_visa");
}

/* ---- what happens ---- */

static struct told roll(struct dice *d, size_t number)
{
    size_t type = (size_t)dice_between(d, 0, TYPES - 1);
    int64_t seconds = dice_between(d, 0, 30 * 86400);
    struct decimal amount = decimal_make(dice_between(d, 0, 90000), (uint32_t)dice_between(d, 0, 2));
    return (struct told){.input = {.user = STR("ann"),
                                   .usage_type = str_of(types[type]),
                                   .amount = amount,
                                   .at = {moment("2025-03-01T00:00:00Z").us + seconds * 1000000},
                                   .event_id = str_format(A, "ev-%zu", number),
                                   .key = str_format(A, "k%d", (int)dice_between(d, 0, 5))},
                         .is = amount};
}

static void record(struct office *o, const struct usage_input *inputs, size_t count)
{
    struct command c = {.type = COMMAND_USAGE_RECORD,
                        .usage_record = {.readings = inputs, .readings_count = count, .strict = true}};
    (void)office_do(o, &c);
}

static void correct(struct office *o, struct told *t, struct dice *d)
{
    struct command c = {.type = COMMAND_USAGE_CORRECT};
    if (t->canceled) return;
    t->canceled = dice_chance(d, 25);
    t->is = t->canceled ? (struct decimal){0} : decimal_make(dice_between(d, 0, 90000), 1);
    if (t->canceled)
        c = (struct command){.type = COMMAND_USAGE_CANCEL,
                             .usage_cancel = {.event_id = t->input.event_id, .reason = STR("a test")}};
    else
        c.usage_correct = (struct usage_correct_command){.event_id = t->input.event_id, .amount = t->is};
    assert_ok(complete_command(&c, o->l, A, E));
    (void)office_do(o, &c);
}

static void correct_some(struct office *o, struct told *all, size_t count, struct dice *d)
{
    for (size_t i = 0; i < count; i++)
        if (dice_chance(d, 30)) correct(o, &all[dice_between(d, 0, (int64_t)count - 1)], d);
}

static void rate_again(struct office *o)
{
    struct command c = {.type = COMMAND_USAGE_RERATE, .usage_rerate = {.user = STR("ann")}};
    struct outcome made = office_do(o, &c);
    if (made.events_count == 0) return;
    c = (struct command){.type = COMMAND_RERATING_APPROVE, .rerating_approve = {.rerating = STR("ann")}};
    (void)office_do(o, &c);
}

/* ---- what it comes to ---- */

static void put_total(struct buffer *out, const struct usage_total *totals, size_t count, const char *type)
{
    for (size_t i = 0; i < count; i++) {
        if (!str_is(totals[i].usage_type, type) || totals[i].readings == 0) continue;
        struct usage_measure m = {0};
        struct decimal quantity = {0};
        struct period march = {day("2025-03-01"), day("2025-04-01")};
        assert_ok(totals_measure(&m, totals, count, totals[i].usage_type, march, march, E));
        assert_ok(exact_decimal(&quantity, m.quantity, E));
        buffer_print(out, "%s %.*s of %ju readings\n", type, STR_ARG(decimal_text(A, quantity)),
                     (uintmax_t)m.readings);
    }
}

static enum err add_invoice(void *context, const struct invoice *v, struct error *e)
{
    struct money *sum = context;
    return money_add(sum, *sum, v->total, e);
}

/* Totals by the names of their types, and all that was ever invoiced. */
static const char *truth_of(struct office *o)
{
    struct views_txn *t = NULL;
    struct usage_total *totals = NULL;
    struct money sum = money_of(0, "USD");
    struct list_query all = {.status = -1};
    struct buffer out = {.arena = A};
    size_t count = 0;
    assert_ok(ledger_read_begin(&t, o->l, E));
    assert_ok(list_usage(&totals, &count, t, 1, day("2025-03-01"), A, E));
    for (size_t i = 0; i < TYPES; i++) put_total(&out, totals, count, types[i]);
    assert_ok(list_invoices(t, &all, add_invoice, &sum, A, E));
    ledger_read_end(o->l, t);
    buffer_print(&out, "%.*s paid", STR_ARG(money_text(A, sum)));
    return str_cstring(A, (struct str){(const char *)out.ptr, out.len});
}

static void close_books(struct office *o)
{
    struct ledger_report report = {0};
    (void)office_run(o, "2025-05-01", NULL);
    assert_ok(ledger_verify(&report, o->l, NULL, NULL, A, E));
}

/* As it went: readings and corrections mixed, a bill, more corrections, rated again, twice. */
static const char *as_it_went(struct told *all, struct dice *d, const char *name)
{
    struct office o = {0};
    open_metered(&o, name);
    for (size_t i = 0; i < READINGS; i++) {
        record(&o, &all[i].input, 1);
        if (dice_chance(d, 40)) correct(&o, &all[dice_between(d, 0, (int64_t)i)], d);
    }
    (void)office_run(&o, "2025-04-01", NULL);
    for (int twice = 0; twice < 2; twice++) {
        correct_some(&o, all, READINGS, d);
        rate_again(&o);
        rate_again(&o); /* nothing differs */
    }
    close_books(&o);
    const char *truth = truth_of(&o);
    office_close(&o);
    return truth;
}

static const char *told_once(const struct told *all, const char *name)
{
    struct office o = {0};
    open_metered(&o, name);
    struct usage_input *kept = arena_array_of(A, struct usage_input, READINGS);
    size_t count = 0;
    for (size_t i = 0; i < READINGS; i++) {
        if (all[i].canceled) continue;
        kept[count] = all[i].input;
        kept[count++].amount = all[i].is;
    }
    record(&o, kept, count);
    (void)office_run(&o, "2025-04-01", NULL);
    close_books(&o);
    const char *truth = truth_of(&o);
    office_close(&o);
    return truth;
}

Test(corrections, however_readings_are_corrected_the_totals_and_what_is_paid_are_those_of_the_truth)
{
    struct dice d = dice_of(20250301);
    for (int round = 0; round < ROUNDS; round++) {
        struct told all[READINGS];
        for (size_t i = 0; i < READINGS; i++) all[i] = roll(&d, i);
        const char *went = as_it_went(all, &d, str_cstring(A, str_format(A, "went%d", round)));
        const char *truth = told_once(all, str_cstring(A, str_format(A, "truth%d", round)));
        cr_assert(strcmp(went, truth) == 0, "round %d\n got\n%s\n wanted\n%s", round, went, truth);
    }
}
