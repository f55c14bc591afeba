/* SPDX-License-Identifier: MIT */
/* Which declines are for good: as Stripe's lists say. */
#include "ledger/book.h"
#include "tests/lib/fixture.h"

TestSuite(decline, .init = test_begin, .fini = test_end);

Test(decline, what_the_bank_may_pay_another_day_is_tried_again_and_what_it_never_will_is_not)
{
    static const struct {
        const char *code, *advice;
        bool final;
    } table[] = {
        {"insufficient_funds", "try_again_later", false},
        {"insufficient_funds", "", false},
        {"generic_decline", "", false},
        {"card_declined", "", false},
        {"do_not_honor", "try_again_later", false},
        {"processing_error", "", false},
        {"issuer_not_available", "", false},
        {"a_code_that_comes_next_year", "", false},
        {"", "", false},
        {"lost_card", "", true},
        {"stolen_card", "do_not_try_again", true},
        {"pickup_card", "", true},
        {"expired_card", "confirm_card_data", true},
        {"incorrect_number", "", true},
        {"authentication_required", "", true},
        {"revocation_of_authorization", "", true},
        {"revocation_of_all_authorizations", "", true},
        {"highest_risk_level", "", true},
        {"generic_decline", "do_not_try_again", true},
        {"generic_decline", "confirm_card_data", true},
        {"generic_decline", "something_new", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        bool final = decline_is_final(str_of(table[i].code), str_of(table[i].advice));
        cr_assert(final == table[i].final, "%s, %s", table[i].code, table[i].advice);
    }
}
