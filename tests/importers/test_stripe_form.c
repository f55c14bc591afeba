/* SPDX-License-Identifier: MIT */
/* What is asked of Stripe, and how fast: bytes of forms, amounts in Stripe's units, and the pace. */
#include "importers/stripe_form.h"
#include "importers/stripe_pace.h"
#include "tests/lib/fixture.h"

TestSuite(stripe_form, .init = test_begin, .fini = test_end);

Test(stripe_form, names_have_brackets_and_values_are_percent_encoded)
{
    struct buffer b = {.arena = A};
    form_add(&b, "automatic_payment_methods[enabled]", STR("true"));
    form_add(&b, "metadata[charge]", STR("c/1 +2"));
    form_add(&b, "expand[0]", STR("latest_charge"));
    form_add(&b, "description", STR("Z\xc3\xbcrich & 100%"));
    assert_str(form_text(&b),
               "automatic_payment_methods[enabled]=true&metadata[charge]=c%2F1%20%2B2&expand[0]=latest_charge"
               "&description=Z%C3%BCrich%20%26%20100%25");
}

Test(stripe_form, amounts_are_in_stripes_units)
{
    static const struct {
        const char *currency;
        int64_t minor, amount; /* -1: refused */
    } table[] = {
        {"USD", 2900, 2900},
        {"JPY", 2900, 2900},
        {"ISK", 29, 2900},
        {"UGX", 5, 500},
        {"KRW", 1000, 1000},
        {"MGA", 500, 5},
        {"MGA", 501, -1},
        {"KWD", 1230, 1230},
        {"KWD", 1234, -1},
        {"BHD", 10, 10},
        {"USD", 99999999, 99999999},
        {"USD", 100000000, -1},
        {"IDR", 999999999999, 999999999999},
        {"INR", 999999999, 999999999},
        {"INR", 1000000000, -1},
        {"JPY", 100000000, 100000000},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct money m = money_of(table[i].minor, table[i].currency), back = {0};
        int64_t amount = 0;
        enum err err = stripe_amount(&amount, m, E);
        if (table[i].amount < 0) {
            assert_err_says(err, ERR_INVALID, "Stripe does not take such an amount");
            continue;
        }
        cr_assert(err == OK && amount == table[i].amount, "%s %jd", table[i].currency,
                  (intmax_t)table[i].minor);
        assert_ok(stripe_money(&back, amount, str_of(table[i].currency), E));
        cr_assert(money_compare(back, m) == 0);
    }
    struct money m = {0};
    assert_ok(stripe_money(&m, 2900, STR("usd"), E));
    assert_money(m, "29.00", "USD");
    assert_err_says(stripe_money(&m, 1, STR("isk"), E), ERR_INVALID, "no whole number");
    assert_err_says(stripe_money(&m, 1, STR("us"), E), ERR_INVALID, "currency");
    assert_err_says(stripe_money(&m, 1, STR("zzz"), E), ERR_INVALID, "");
}

Test(stripe_form, only_ids_stand_in_a_path)
{
    cr_assert(stripe_id_is_one(STR("pi_3MtwBwLkdIwHu7ix28a3tqPa")));
    cr_assert(!stripe_id_is_one(STR("")));
    cr_assert(!stripe_id_is_one(STR("pi_1/confirm")));
    cr_assert(!stripe_id_is_one(STR("..")));
    cr_assert(!stripe_id_is_one(STR("pi_1?x")));
}

Test(stripe_form, twenty_a_second_are_twenty_and_then_one_each_fifty_milliseconds)
{
    struct pace p = pace_of(20, 1000);
    int taken = 0;
    while (pace_take(&p, 1000)) taken++;
    assert_int(taken, 20);
    assert_int(pace_wait_ms(&p, 1000), 50);
    cr_assert(!pace_take(&p, 1049));
    cr_assert(pace_take(&p, 1050));
    cr_assert(!pace_take(&p, 1050));
    /* What is saved up is a second's worth, however long nothing was asked. */
    taken = 0;
    while (pace_take(&p, 3600000)) taken++;
    assert_int(taken, 20);
}

Test(stripe_form, too_many_halve_the_pace_and_quiet_minutes_raise_it)
{
    struct pace p = pace_of(20, 0);
    pace_slow(&p, 1);
    assert_int(pace_wait_ms(&p, 1), 100); /* ten a second */
    pace_slow(&p, 2);                     /* of the same moment: once is enough */
    assert_int(p.now, 10000);
    pace_slow(&p, 2000);
    assert_int(p.now, 5000);
    for (int i = 0; i < 10; i++) pace_slow(&p, 4000 + (uint64_t)i * 2000);
    assert_int(p.now, 1000);
    cr_assert(pace_take(&p, 24000));
    (void)pace_take(&p, 22000 + 60000);
    assert_int(p.now, 2000);
    (void)pace_take(&p, 22000 + 20 * 60000);
    assert_int(p.now, 20000);
    struct pace none = pace_of(0, 0);
    for (int i = 0; i < 1000; i++) cr_assert(pace_take(&none, 0));
}
