/* SPDX-License-Identifier: MIT */
/* difference.h - what one catalog, or what one subscription's terms, have otherwise than another, as rows.
 * Things are the same thing when they have the same name: a product its code, a price its product, currency
 * and interval, a tax its code and first day. */
#ifndef DAYBOOK_LEDGER_BOOK_DIFFERENCE_H
#define DAYBOOK_LEDGER_BOOK_DIFFERENCE_H

#include "ledger/book/event.h"

enum difference_kind { DIFFERENCE_ADDED, DIFFERENCE_REMOVED, DIFFERENCE_CHANGED, DIFFERENCE_RETIRED };

struct difference {
    enum difference_kind kind;
    const char *what;   /* "product", "price", "rate" … */
    struct str name;    /* "pro", "pro, USD month", "pro, USD month, api_calls" */
    const char *member; /* of what changed, else "" */
    struct str old_value,
        new_value; /* of the member; of what came or went the value that tells most, or "" */
};

struct difference_list {
    struct difference *items;
    size_t count, capacity;
};

/* In the order of the lists: of each what changed or went, then what came. */
void catalog_differences(struct difference_list *out, const struct catalog *from, const struct catalog *to,
                         struct arena *a);
/* Not compared: the catalog's version. */
void terms_differences(struct difference_list *out, const struct terms *from, const struct terms *to,
                       struct arena *a);

const char *difference_word(enum difference_kind kind); /* "added" … */

#endif
