/* SPDX-License-Identifier: MIT */
/* test_checked_nights.c - what a night answers whose books do not tie. */
#include "billing/daybook_private.h"
#include "tests/billing/book.h"
#include "tests/billing/lost_entry.h"

TestSuite(checked_nights, .init = book_begin, .fini = book_end);

Test(checked_nights, a_night_whose_books_tie_says_how_many_checks_it_made)
{
    struct daybook_run *r = NULL;
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_run_nightly(book, "2025-01-31", test_path("out"), false, &r, &why));
    cr_assert(r->checks > 0);
    daybook_free(r);
}

Test(checked_nights, a_night_whose_books_do_not_tie_is_done_and_says_what_differs)
{
    struct daybook_run *r = NULL;
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_run_nightly(book, "2025-01-31", test_path("out"), false, &r, &why));
    daybook_free(r);
    struct lost_entry lost = lose_an_entry(book->service.ledger);
    at("2025-02-11T00:00:00Z");
    refuses(daybook_run_nightly(book, "2025-02-11", test_path("later"), false, &r, &why), DAYBOOK_TAMPERED,
            "the night is done, but the books do not tie: ");
    cr_assert(test_read(test_path("later/invoices.csv")).len > 0);
    put_entry_back(book->service.ledger, &lost);
}
