/* SPDX-License-Identifier: MIT */
/* What follows from a decline: as Stripe's lists say, or the catalog before them. */
#include "ledger/book.h"
#include "tests/lib/fixture.h"

TestSuite(decline, .init = test_begin, .fini = test_end);

struct case_of_decline {
    const char *code, *advice;
    enum decline_action action;
};

static void assert_actions(const struct dunning *rule, const struct case_of_decline *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum decline_action is = decline_action(rule, str_of(table[i].code), str_of(table[i].advice));
        cr_expect(is == table[i].action, "%s, %s: %s", table[i].code, table[i].advice,
                  choice_decline_action.words[is]);
    }
}
#define ACTIONS(rule, table) assert_actions(rule, table, sizeof(table) / sizeof((table)[0]))

Test(decline, some_may_pay_another_day_some_never_will_and_some_wait_for_the_customer)
{
    static const struct case_of_decline table[] = {
        {"insufficient_funds", "try_again_later", DECLINE_RETRY},
        {"insufficient_funds", "", DECLINE_RETRY},
        {"generic_decline", "", DECLINE_RETRY},
        {"card_declined", "", DECLINE_RETRY},
        {"do_not_honor", "try_again_later", DECLINE_RETRY},
        {"processing_error", "", DECLINE_RETRY},
        {"issuer_not_available", "", DECLINE_RETRY},
        {"a_code_that_comes_next_year", "", DECLINE_RETRY},
        {"", "", DECLINE_RETRY},
        {"generic_decline", "something_new", DECLINE_RETRY},
        {"lost_card", "", DECLINE_STOP},
        {"lost_card", "confirm_card_data", DECLINE_STOP},
        {"stolen_card", "do_not_try_again", DECLINE_STOP},
        {"pickup_card", "", DECLINE_STOP},
        {"revocation_of_authorization", "", DECLINE_STOP},
        {"revocation_of_all_authorizations", "", DECLINE_STOP},
        {"highest_risk_level", "", DECLINE_STOP},
        {"generic_decline", "do_not_try_again", DECLINE_STOP},
        {"expired_card", "confirm_card_data", DECLINE_ASK},
        {"expired_card", "do_not_try_again", DECLINE_ASK},
        {"incorrect_number", "", DECLINE_ASK},
        {"incorrect_zip", "", DECLINE_ASK},
        {"invalid_expiry_year", "", DECLINE_ASK},
        {"authentication_required", "", DECLINE_ASK},
        {"generic_decline", "confirm_card_data", DECLINE_ASK},
    };
    const struct dunning none = {.attempts = 1};
    ACTIONS(&none, table);
}

Test(decline, the_first_rule_of_the_catalog_that_fits_goes_before_that)
{
    const struct decline_rule rules[] = {
        {STR("do_not_honor"), STR("try_again_later"), DECLINE_RETRY},
        {STR("do_not_honor"), STR(""), DECLINE_STOP},
        {STR("lost_card"), STR(""), DECLINE_ASK},
        {STR(""), STR("do_not_try_again"), DECLINE_RETRY},
        {STR("card_declined"), STR(""), DECLINE_ASK},
    };
    static const struct case_of_decline table[] = {
        {"do_not_honor", "try_again_later", DECLINE_RETRY},
        {"do_not_honor", "", DECLINE_STOP},
        {"do_not_honor", "do_not_try_again", DECLINE_STOP},
        {"lost_card", "do_not_try_again", DECLINE_ASK},
        {"card_declined", "do_not_try_again", DECLINE_RETRY},
        {"card_declined", "", DECLINE_ASK},
        {"stolen_card", "", DECLINE_STOP},
        {"", "", DECLINE_RETRY},
    };
    const struct dunning rule = {.attempts = 1, .declines = rules, .declines_count = 5};
    ACTIONS(&rule, table);
}
