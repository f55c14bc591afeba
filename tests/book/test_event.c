/* SPDX-License-Identifier: MIT */
/* test_event.c - what follows from events.def: every event goes through its bytes and comes back; every
 * sentence can be filled in. */
#include "ledger/book.h"
#include "tests/lib/generate.h"

TestSuite(event, .init = test_begin, .fini = test_end);

static struct event random_event(enum event_type type, struct dice *d)
{
    struct event ev = {.type = type};
    generate_record(event_body_of(&ev), event_kind(type)->schema, d, A);
    return ev;
}

Test(event, every_kind_survives_its_bytes)
{
    struct dice d = dice_of(1);
    for (int round = 0; round < 20; round++) {
        for (int type = EVENT_NONE + 1; type < EVENT_TYPES; type++) {
            struct event ev = random_event((enum event_type)type, &d), back = {0};
            struct buffer bytes = {.arena = A};
            const struct schema *s = event_kind(ev.type)->schema;
            schema_encode(&bytes, s, event_body(&ev));
            back.type = ev.type;
            assert_ok(schema_decode(event_body_of(&back), s, (struct bytes){bytes.ptr, bytes.len}, A, E));
            cr_assert(schema_equal(s, event_body(&ev), event_body(&back)), "%s changed on its way", s->name);
        }
    }
}

Test(event, every_sentence_can_be_filled_in)
{
    struct dice d = dice_of(2);
    for (int type = EVENT_NONE + 1; type < EVENT_TYPES; type++) {
        struct event ev = random_event((enum event_type)type, &d);
        struct str text = event_sentence(A, &ev);
        cr_assert(text.len > 0);
        cr_assert(memchr(text.ptr, '{', text.len) == NULL, "%.*s", STR_ARG(text));
    }
}

Test(event, the_sentence_of_an_invoice_reads_aloud)
{
    struct event ev = {.type = EVENT_INVOICE_FINALIZED};
    ev.invoice_finalized.number = STR("INV-2025-000001");
    ev.invoice_finalized.total = money_of(2900, "USD");
    ev.invoice_finalized.due_date = day("2025-02-14");
    assert_str(event_sentence(A, &ev), "invoice INV-2025-000001 for 29.00 USD finalized, due 2025-02-14");
}

Test(event, names_versions_and_numbers_are_forever)
{
    /* The first and the last of the first version, and one between: a moved entry would break old ledgers. */
    assert_int(EVENT_SELLER_SET, 1);
    assert_int(EVENT_INVOICE_FINALIZED, 18);
    assert_int(EVENT_CUSTOMER_BILLED, 27);
    assert_int(EVENT_TRANSACTION_STORED, 28);
    cr_assert(strcmp(event_kind(EVENT_INVOICE_FINALIZED)->wire, "invoice.finalized") == 0);
}

Test(envelope, survives_its_bytes_and_msgpack_c_agrees)
{
    struct dice d = dice_of(3);
    for (int round = 0; round < 50; round++) {
        struct event events[3];
        for (int i = 0; i < 3; i++) {
            int64_t type = dice_between(&d, 1, EVENT_TYPES - 1);
            events[i] = random_event((enum event_type)type, &d);
        }
        struct envelope v = {.actor = STR("night"),
                             .command = STR("customer.bill"),
                             .key = STR("k1"),
                             .has_body = true,
                             .events = events,
                             .events_count = 3};
        if (round % 2 == 1) { /* as one that finalizes a document */
            v.at = (struct decided_at){{dice_between(&d, 1, INT64_MAX)},
                                       {(int32_t)dice_between(&d, INT32_MIN, INT32_MAX)},
                                       {(int32_t)dice_between(&d, INT32_MIN, INT32_MAX)},
                                       (uint64_t)dice_between(&d, 0, 86399)};
            v.basis = STR("{\"customer\":1}");
        }
        struct envelope back = {0};
        struct buffer bytes = {.arena = A};
        envelope_encode(&bytes, &v, NULL);
        struct bytes plain = {bytes.ptr, bytes.len};
        assert_ok(envelope_decode(&back, plain, NULL, A, E));
        cr_assert(mp_confirmed_by_msgpack_c(plain));
        assert_int(back.events_count, 3);
        assert_int(back.at.now.us, v.at.now.us);
        assert_int(back.at.today.days, v.at.today.days);
        assert_int(back.at.seller_today.days, v.at.seller_today.days);
        assert_int(back.at.second, v.at.second);
        cr_assert(str_equal(back.basis, v.basis));
        assert_str(back.command, "customer.bill");
        struct buffer again = {.arena = A};
        envelope_encode(&again, &back, NULL);
        cr_assert(bytes_equal((struct bytes){again.ptr, again.len}, plain));
    }
}

Test(envelope, every_cut_and_every_added_byte_is_refused)
{
    struct dice d = dice_of(4);
    struct event ev = random_event(EVENT_INVOICE_FINALIZED, &d);
    struct envelope v = {.actor = STR("a"), .command = STR("b"), .events = &ev, .events_count = 1};
    struct envelope back = {0};
    struct buffer bytes = {.arena = A};
    v.at = (struct decided_at){{1}, {-300}, {300}, 86399};
    v.basis = STR("{}");
    envelope_encode(&bytes, &v, NULL);
    for (size_t len = 0; len < bytes.len; len++) {
        cr_assert(envelope_decode(&back, (struct bytes){bytes.ptr, len}, NULL, A, E) == ERR_TAMPERED);
    }
    buffer_add_byte(&bytes, 0xc0);
    assert_err_says(envelope_decode(&back, (struct bytes){bytes.ptr, bytes.len}, NULL, A, E), ERR_TAMPERED,
                    "left over");
}

Test(command, a_card_number_is_refused_in_every_text_of_every_command)
{
    static const char *const cards[] = {"4242 4242 4242 4242", "4242-4242-4242-4242",
                                        "pay 4000056655665556 now"};
    for (int type = COMMAND_NONE + 1; type < COMMAND_TYPES; type++) {
        const struct schema *s = command_kind((enum command_type)type)->schema;
        size_t count = 0;
        const struct field *fields = schema_fields(s, &count);
        for (const struct field *f = fields; f < fields + count; f++) {
            bool is_signed = type == COMMAND_WEBHOOK_RECEIVE && strcmp(f->name, "body") == 0;
            if (!kind_is_text(f->kind) || is_signed) continue;
            for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++) {
                struct command c = {.type = (enum command_type)type};
                struct str text = str_of(cards[i]);
                for (const struct field *g = fields; g < fields + count;
                     g++) { /* the others hold something harmless */
                    struct str fine = STR("XX");
                    if (kind_is_text(g->kind))
                        memcpy((char *)command_body_of(&c) + g->offset, &fine, sizeof fine);
                }
                memcpy((char *)command_body_of(&c) + f->offset, &text, sizeof text);
                enum err err = command_check(&c, E);
                cr_assert(err == ERR_INVALID || err == ERR_LIMIT, "%s.%s took a card number", s->name,
                          f->name);
                cr_assert(strstr(E->text, "4242") == NULL, "the sentence repeats the number: %s", E->text);
            }
        }
    }
}

Test(command, a_japanese_tax_number_is_no_card)
{
    struct command c = {.type = COMMAND_CUSTOMER_CREATE};
    c.customer_create = (struct customer_create_command){.user = STR("jp")};
    c.customer_create.party.tax_id = STR("T4222222222222"); /* passes Luhn's check */
    assert_ok(command_check(&c, E));
    c.customer_create.party.tax_id = STR("4222222222222");
    cr_assert(command_check(&c, E) == ERR_INVALID);
    c.customer_create.party.tax_id = STR("");
    c.customer_create.party.name = STR("T4222222222222");
    cr_assert(command_check(&c, E) == ERR_INVALID);
}

/* As Stripe's names of movements, payments, messages and methods come out, once in a million. */
Test(command, a_gateways_name_is_no_security_code)
{
    struct balance_movement m = {.reference = STR("txn_0jKnP760YP8eLtWehCvC9942")};
    struct command c = {.type = COMMAND_BALANCE_NOTE};
    c.balance_note =
        (struct balance_note_command){.gateway = STR("stripe"), .movements = &m, .movements_count = 1};
    assert_ok(command_check(&c, E));
    c = (struct command){.type = COMMAND_PAYMENT_SETTLE};
    c.payment_settle.gateway_reference = STR("pi_49Cd4VZFHIAlX01Vz5Cvc987");
    assert_ok(command_check(&c, E));
    c = (struct command){.type = COMMAND_WEBHOOK_RECEIVE};
    c.webhook_receive = (struct webhook_receive_command){.event_id = STR("evt_NRzReW7qAoC0TxqmxoCVc913"),
                                                         .reference = STR("re_NRzReW7qAoC0TxqmxoCVc913")};
    assert_ok(command_check(&c, E));
    c.webhook_receive.event_id = STR("the cvc is 913");
    cr_assert(command_check(&c, E) == ERR_INVALID);
    c = (struct command){.type = COMMAND_TRANSACTION_STORE};
    c.transaction_store.reference = STR("txn_0jKnP760YP8eLtWehCvC9942"); /* a person writes it */
    cr_assert(command_check(&c, E) == ERR_INVALID);
}

Test(command, a_token_that_a_person_copies_is_no_security_code)
{
    struct command c = {.type = COMMAND_PAYMENT_METHOD_ADD};
    c.payment_method_add =
        (struct payment_method_add_command){.user = STR("u1"),
                                            .token = STR("pm_49Cd4VZFHIAlX01Vz5Cvc987"),
                                            .card.token = STR("pm_49Cd4VZFHIAlX01Vz5Cvc987"),
                                            .card.gateway_customer = STR("cus_N0fFrCvc987x1y")};
    assert_ok(command_check(&c, E));
    c.payment_method_add.token = STR("cvc_987");
    cr_assert(command_check(&c, E) == ERR_INVALID);
    c.payment_method_add.token = STR("pm_4242424242424242Cvc987x");
    cr_assert(command_check(&c, E) == ERR_INVALID);
}

Test(command, is_found_by_its_words)
{
    cr_assert(command_find(STR("subscription.create")) == COMMAND_SUBSCRIPTION_CREATE);
    cr_assert(command_find(STR("subscription.crate")) == COMMAND_NONE);
}
