/* SPDX-License-Identifier: MIT */
/* The simulated gateway answers Stripe's test tokens as Stripe does, any other token pays, and the same key
 * gets the same. */
#include "importers/importers.h"
#include "tests/lib/fixture.h"

TestSuite(simulator, .init = test_begin, .fini = test_end);

static struct gateway_answer charge(const char *token, const char *key)
{
    struct gateway g = gateway_simulator();
    struct gateway_question q = {.request = {.step = GATEWAY_CHARGE,
                                             .key = str_of(key),
                                             .token = str_of(token),
                                             .amount = money_of(2900, "USD")}};
    assert_ok(g.ask(g.self, &q, 1, NULL, A, E));
    return q.answer;
}

Test(simulator, test_tokens_get_the_answers_they_are_made_for)
{
    static const struct {
        const char *token;
        enum payment_outcome outcome;
        const char *code;
    } table[] = {
        {"pm_card_visa", PAYMENT_SUCCEEDED, ""},
        {"pm_card_mastercard", PAYMENT_SUCCEEDED, ""},
        {"pm_card_amex", PAYMENT_SUCCEEDED, ""},
        {"pm_card_visa_debit", PAYMENT_SUCCEEDED, ""},
        {"pm_usBankAccount_success", PAYMENT_SUCCEEDED, ""},
        {"pm_1234567890", PAYMENT_SUCCEEDED, ""},
        {"pm_card_chargeDeclined", PAYMENT_DECLINED, "card_declined"},
        {"pm_card_chargeDeclinedInsufficientFunds", PAYMENT_DECLINED, "insufficient_funds"},
        {"pm_card_chargeDeclinedLostCard", PAYMENT_DECLINED, "lost_card"},
        {"pm_card_chargeDeclinedExpiredCard", PAYMENT_DECLINED, "expired_card"},
        {"pm_card_chargeDeclinedProcessingError", PAYMENT_DECLINED, "processing_error"},
        {"pm_daybook_unknown", PAYMENT_UNKNOWN, ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct gateway_answer answer = charge(table[i].token, "k1");
        cr_assert(answer.outcome == table[i].outcome, "%s", table[i].token);
        assert_str(answer.code, table[i].code);
        cr_assert((answer.message.len > 0) == (answer.outcome == PAYMENT_DECLINED));
        cr_assert((answer.reference.len > 0) == (answer.outcome != PAYMENT_UNKNOWN));
    }
}

Test(simulator, the_same_key_gets_the_same_answer_and_another_key_another)
{
    struct str first = charge("pm_card_visa", "k1").reference;
    cr_assert(str_starts(first, "sim_"));
    cr_assert(str_equal(first, charge("pm_card_visa", "k1").reference));
    cr_assert(!str_equal(first, charge("pm_card_visa", "k2").reference));
}

Test(simulator, refunds_succeed_when_they_name_their_payment)
{
    struct gateway g = gateway_simulator();
    struct gateway_question q = {.request = {.step = GATEWAY_REFUND,
                                             .key = STR("k"),
                                             .reference = STR("sim_1"),
                                             .amount = money_of(1, "JPY")}};
    assert_ok(g.ask(g.self, &q, 1, NULL, A, E));
    cr_assert(q.answer.outcome == PAYMENT_SUCCEEDED);
    q.request.reference = STR_NONE;
    assert_ok(g.ask(g.self, &q, 1, NULL, A, E));
    cr_assert(q.answer.outcome == PAYMENT_DECLINED);
    assert_str(q.answer.code, "payment_missing");
}

static struct card described(const char *token)
{
    struct gateway g = gateway_simulator();
    struct card card = {0};
    assert_ok(g.describe(g.self, &card, &(struct gateway_method){.token = str_of(token)}, A, E));
    assert_str(card.token, token);
    assert_str(card.gateway, "simulator");
    assert_int(card.last4.len, 4);
    return card;
}

Test(simulator, a_token_tells_what_kind_of_method_it_is)
{
    struct card visa = described("pm_card_visa"), debit = described("pm_card_visa_debit");
    struct card bank = described("pm_usBankAccount_success"), other = described("pm_9876543210");
    assert_str(visa.funding, "credit");
    assert_str(visa.last4, "4242");
    assert_int(visa.exp_month, 12);
    assert_int(visa.exp_year, 2034);
    assert_str(debit.funding, "debit");
    assert_str(bank.funding, "ach");
    assert_int(bank.exp_year, 0); /* accounts do not expire */
    cr_assert(str_equal(other.last4, described("pm_9876543210").last4));
}

Test(simulator, a_card_number_is_no_token_and_is_not_repeated)
{
    struct gateway g = gateway_simulator();
    struct card card = {0};
    assert_err(g.describe(g.self, &card, &(struct gateway_method){.token = STR("4242424242424242")}, A, E),
               ERR_INVALID, "the payment method's token: card numbers and security codes are never accepted");
    assert_err(g.describe(g.self, &card, &(struct gateway_method){.token = STR("")}, A, E), ERR_INVALID,
               "the payment method's token is missing");
}
