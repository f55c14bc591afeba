/* SPDX-License-Identifier: MIT */
/* test_insider.c - somebody who has the master key writes records himself, past all decisions. Chain, seals
 * and views cannot tell; verification tells what does not follow. */
#include "projections/projections.h"
#include "tests/lib/fixture.h"

static struct frozen_clock noon = {{INT64_C(1735732800000000)}}; /* 2025-01-01T12:00:00Z */
static struct ledger *l;
static uint64_t document; /* record that finalized INV-2025-000001 */

static struct outcome must(const struct command *c)
{
    struct outcome out = {0};
    struct request r = {.command = c, .actor = STR("test")};
    assert_ok(ledger_execute(&out, l, &r, A, E));
    return out;
}

static struct ledger_options options(void)
{
    return (struct ledger_options){
        .dir = test_path("d"), .world = world_frozen(&noon), .state = &daybook_state, .map_bytes = 64u << 20};
}

static void begin(void)
{
    test_begin();
    struct ledger_options o = options();
    assert_ok(ledger_create(&o, E));
    assert_ok(ledger_open(&l, &o, E));
    struct command ann = {.type = COMMAND_CUSTOMER_CREATE};
    ann.customer_create.user = STR("ann");
    (void)must(&ann);
    struct command training = {.type = COMMAND_INVOICE_ONE_OFF};
    training.invoice_one_off.user = STR("ann");
    training.invoice_one_off.description = STR("Training");
    training.invoice_one_off.amount = decimal_of(400);
    document = must(&training).seq;
}

static void end(void)
{
    ledger_close(l);
    test_end();
}

TestSuite(insider, .init = begin, .fini = end);

static struct envelope made_by_the_ledger(void)
{
    struct envelope v = {0};
    struct event_place place = {0};
    assert_ok(ledger_record(&v, &place, l, document, A, E));
    return v;
}

/* Sealed, chained and durable as any record; then the ledger is opened as by the next who comes. */
static void write_past_the_rules(const struct envelope *v)
{
    struct buffer plain = {.arena = A};
    struct log_state s = {0};
    struct ledger_options o = options();
    uint64_t first = 0;
    envelope_encode(&plain, v, NULL);
    struct bytes text = {plain.ptr, plain.len};
    assert_ok(log_state(&s, ledger_log(l), E));
    assert_ok(log_append(&first, ledger_log(l), s.head.range.size, &text, 1, noon.now, E));
    ledger_close(l);
    assert_ok(ledger_open(&l, &o, E));
}

static enum err verify(struct ledger_report *r)
{
    return ledger_verify(r, l, NULL, NULL, A, E);
}

/* The next invoice of the series, like the first but for `more` on its amounts. */
static struct event another_invoice(int64_t more)
{
    struct envelope v = made_by_the_ledger();
    struct event ev = v.events[0];
    struct invoice_finalized *d = &ev.invoice_finalized;
    cr_assert_eq(ev.type, EVENT_INVOICE_FINALIZED);
    struct line *lines = arena_array_of(A, struct line, d->lines_count);
    memcpy(lines, d->lines, d->lines_count * sizeof *lines);
    lines[0].amount.minor += more;
    d->lines = lines;
    d->invoice = 2;
    d->serial = 2;
    d->number = STR("INV-2025-000002");
    d->subtotal.minor += more;
    d->total.minor += more;
    d->amount_due.minor += more;
    return ev;
}

Test(insider, what_the_ledger_made_is_verified_and_counted)
{
    struct ledger_report r;
    assert_ok(verify(&r));
    assert_int(r.documents.checked, 1);
    assert_int(r.documents.verified, 1);
    assert_int(r.history.documents, 1);
}

Test(insider, an_invoice_that_its_command_does_not_come_to_is_found)
{
    struct ledger_report r;
    struct envelope v = made_by_the_ledger();
    struct event ev = another_invoice(100);
    v.events = &ev;
    v.events_count = 1;
    write_past_the_rules(&v);
    assert_err_says(verify(&r), ERR_TAMPERED, "document INV-2025-000002: ");
    cr_assert_not_null(strstr(E->text, "is \"401.00\", not \"400.00\""), "%s", E->text);
}

Test(insider, an_invoice_without_its_command_is_found_where_others_have_theirs)
{
    struct ledger_report r;
    struct envelope v = made_by_the_ledger();
    struct event ev = another_invoice(0);
    v.events = &ev;
    v.events_count = 1;
    v.basis = STR_NONE;
    v.at = (struct decided_at){.now = {0}};
    write_past_the_rules(&v);
    assert_err_says(verify(&r), ERR_TAMPERED, "document INV-2025-000002: record ");
    cr_assert_not_null(strstr(E->text, "keeps no command to decide again"), "%s", E->text);
}

Test(insider, an_invoice_that_does_not_add_up_is_found)
{
    struct ledger_report r;
    struct envelope v = made_by_the_ledger();
    struct event ev = another_invoice(0);
    ev.invoice_finalized.subtotal.minor -= 1;
    v.events = &ev;
    v.events_count = 1;
    write_past_the_rules(&v);
    assert_err_says(verify(&r), ERR_TAMPERED, "invoice.finalized: document INV-2025-000002 does not add up");
}

Test(insider, a_payment_that_nobody_was_asked_for_is_found)
{
    struct ledger_report r;
    struct event asked[2] = {{.type = EVENT_PAYMENT_REQUESTED}, {.type = EVENT_PAYMENT_SUCCEEDED}};
    struct allocation all = {1, money_of(40000, "USD")};
    asked[0].payment_requested = (struct payment_requested){.payment = 1,
                                                            .customer = 1,
                                                            .amount = money_of(100, "USD"),
                                                            .description = STR("Invoice"),
                                                            .invoice = 1,
                                                            .gateway = STR("simulator"),
                                                            .gateway_key = STR("k")};
    asked[1].payment_succeeded = (struct payment_succeeded){.payment = 1,
                                                            .customer = 1,
                                                            .amount = money_of(40000, "USD"),
                                                            .gateway = STR("simulator"),
                                                            .gateway_reference = STR("r"),
                                                            .pays = &all,
                                                            .pays_count = 1,
                                                            .credited = money_of(0, "USD")};
    struct envelope v = {
        .actor = STR("test"), .command = STR("payment.charge"), .events = asked, .events_count = 2};
    write_past_the_rules(&v);
    assert_err_says(verify(&r), ERR_TAMPERED, "another customer or amount is told than was asked for");
}
