/* SPDX-License-Identifier: MIT */
/* number_census.h - counts the numbers of documents as the log has them, event by event: what is missing,
 * what is there twice, what was voided. The rule that makes numbers is not asked, so that this proves it. */
#ifndef DAYBOOK_REPORTS_NUMBER_CENSUS_H
#define DAYBOOK_REPORTS_NUMBER_CENSUS_H

#include "ledger/ledger.h"

struct serial_range { /* both included */
    uint64_t first, last;
};
struct serial_list {
    struct serial_range *items;
    size_t count, capacity;
};
struct numbered_series {
    struct str series; /* INV-2025 */
    enum invoice_kind kind;
    uint64_t first, last, documents;
    struct serial_list missing; /* between the first and the last, in their order */
    struct serial_list twice;   /* as often as they came again */
    struct serial_list voided;
    uint64_t misnamed; /* documents whose number is not that of their series and serial */
    struct date first_day, last_day;
};
struct number_census {
    struct numbered_series *items; /* in the order of their first documents */
    size_t count, capacity;
    bool from_one; /* a series that does not begin with 1 misses what is before */
    struct arena *arena;
};

void census_document(struct number_census *c, const struct invoice_finalized *v);
/* Of a document that was counted; others are not asked about. */
void census_void(struct number_census *c, const struct invoice_voided *v);

uint64_t serials_counted(const struct serial_list *l);
struct str serials_text(const struct serial_list *l, struct arena *a); /* "3; 7-9" */

#endif
