/* SPDX-License-Identifier: MIT */
/* The words of a reminder. When one is due, tests/spec/dunning_reminders.bill tells. */
#include "ledger/book.h"
#include "tests/lib/fixture.h"

TestSuite(reminder, .init = test_begin, .fini = test_end);

Test(reminder, each_placeholder_stands_for_its_word_and_what_is_none_stays_as_it_is)
{
    const struct reminder_words w = {.customer = STR("Ann {due}"),
                                     .invoice = STR("INV-1"),
                                     .amount = STR("1,234.00 EUR"),
                                     .due = STR("2025-01-15"),
                                     .attempt = STR("2"),
                                     .attempts = STR("3"),
                                     .next = STR("")};
    static const struct {
        const char *text, *filled;
    } table[] = {
        {"", ""},
        {"Good day", "Good day"},
        {"{customer}", "Ann {due}"}, /* a name is no template */
        {"{invoice}{amount}", "INV-11,234.00 EUR"},
        {"Dear {customer}: {amount} since {due}.", "Dear Ann {due}: 1,234.00 EUR since 2025-01-15."},
        {"{attempt} of {attempts}, then {next}!", "2 of 3, then !"},
        {"} }}", "} }}"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        assert_ok(template_check(str_of(table[i].text), E));
        assert_str(template_fill(A, str_of(table[i].text), &w), table[i].filled);
    }
}

Test(reminder, a_placeholder_that_there_is_not_is_refused_by_its_name)
{
    assert_err_says(template_check(STR("Dear {name}"), E), ERR_INVALID, "there is no placeholder '{name}'");
    assert_err_says(template_check(STR("{ amount }"), E), ERR_INVALID,
                    "there is no placeholder '{ amount }'");
    assert_err_says(template_check(STR("{}"), E), ERR_INVALID, "there is no placeholder '{}'");
    assert_err_says(template_check(STR("from {due on"), E), ERR_INVALID, "a placeholder has no end");
}

Test(reminder, of_several_invoices_their_numbers_are_named_and_the_first_due_date)
{
    const struct reminded_invoice about[] = {{7, {123400, "EUR"}}, {9, {600, "EUR"}}};
    const struct invoice invoices[] = {{.number = STR("INV-7"), .due_date = day("2025-02-03")},
                                       {.number = STR("INV-9"), .due_date = day("2025-01-15")}};
    const struct reminder_due v = {.amount = {124000, "EUR"},
                                   .invoices = about,
                                   .invoices_count = 2,
                                   .attempt = 1,
                                   .attempts = 4,
                                   .next_on = day("2025-02-10")};
    const struct customer named = {.user = STR("ann"), .party = {.name = STR("Ann Example")}};
    const struct customer nameless = {.user = STR("bob")};
    struct reminder_words w = reminder_words_of(&v, &named, invoices, A);
    assert_str(w.customer, "Ann Example");
    assert_str(w.invoice, "INV-7, INV-9");
    assert_str(w.amount, "1,240.00 EUR");
    assert_str(w.due, "2025-01-15");
    assert_str(w.attempt, "1");
    assert_str(w.attempts, "4");
    assert_str(w.next, "2025-02-10");
    assert_str(reminder_words_of(&v, &nameless, invoices, A).customer, "bob");
}
