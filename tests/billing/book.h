/* SPDX-License-Identifier: MIT */
/* book.h - a ledger opened through daybook.h, in the test's folder, on a clock that stands still; verified at
 * the end of each test. */
#ifndef DAYBOOK_TESTS_BILLING_BOOK_H
#define DAYBOOK_TESTS_BILLING_BOOK_H

#include "billing/daybook.h"
#include "tests/lib/fixture.h"

extern struct daybook *book;
extern struct daybook_error why;
extern const char
    *book_signer; /* the key that signs checkpoints from the next book_open on; NULL: none does */

/* A new one with the example catalog, on 2025-01-10 at nine; and its end. */
void book_begin(void);
void book_end(void);
void book_open(const char *now); /* again */
const char *book_dir(void);

#define does(call)                                                                  \
    do {                                                                            \
        int code_ = (call);                                                         \
        cr_assert(code_ == DAYBOOK_OK, "%s: %s: %s", #call, why.kind, why.message); \
    } while (0)
#define refuses(call, wanted, says)                                                                       \
    do {                                                                                                  \
        int code_ = (call);                                                                               \
        cr_assert(code_ == (wanted), "%s: got %d (%s)", #call, code_, code_ == 0 ? "done" : why.message); \
        cr_assert(why.code == (wanted));                                                                  \
        cr_assert(strstr(why.message, (says)) != NULL, "%s: '%s'", #call, why.message);                   \
    } while (0)
#define same(got, wanted) \
    cr_assert(strcmp((got), (wanted)) == 0, "%s: got '%s', wanted '%s'", #got, (got), (wanted))

void at(const char *now); /* the clock stands there from here on */

#endif
