/* SPDX-License-Identifier: MIT */
/* book.c - see book.h. */
#include "tests/billing/book.h"

struct daybook *book;
struct daybook_error why;
const char *book_signer;

const char *book_dir(void)
{
    return test_path("ledger");
}

void book_open(const char *now)
{
    struct daybook_options o = {
        .dir = book_dir(), .now = now, .actor = "test", .checkpoint_key = book_signer};
    cr_assert(daybook_open(&book, &o, &why) == DAYBOOK_OK, "%s", why.message);
}

void book_begin(void)
{
    test_begin();
    struct daybook_options o = {.dir = book_dir(), .now = "2025-01-10T09:00:00Z", .actor = "test"};
    cr_assert(daybook_create(&o, &why) == DAYBOOK_OK, "%s", why.message);
    book_open(o.now);
}

void book_end(void)
{
    struct daybook_verification *v = NULL;
    cr_expect(daybook_verify(book, &v, &why) == DAYBOOK_OK, "%s", why.message);
    daybook_free(v);
    daybook_close(book);
    book_signer = NULL;
    test_end();
}

void at(const char *now)
{
    does(daybook_set_now(book, now, &why));
}
