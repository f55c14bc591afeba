/* SPDX-License-Identifier: MIT */
/* report_table.h - tables of reports: rows of one line each in small print, over as many pages as they need,
 * with their head repeated. What is too long for its column ends in an ellipsis. */
#ifndef DAYBOOK_REPORTS_REPORT_TABLE_H
#define DAYBOOK_REPORTS_REPORT_TABLE_H

#include "reports/page.h"

enum { TABLE_COLUMNS_MAX = 8 };

enum table_column {
    COLUMN_AMOUNT, /* to the right, and never cut */
    COLUMN_TEXT,   /* to the left, as wide as its cells, within reason */
    COLUMN_FILLS   /* to the left, in what the others leave; one of them at most */
};
struct table {
    struct str labels[TABLE_COLUMNS_MAX];
    enum table_column kinds[TABLE_COLUMNS_MAX];
    size_t columns;
    bool large; /* in the print of invoices */
};
struct table_row {
    struct str cells[TABLE_COLUMNS_MAX];
    bool strong; /* a sum */
};

/* Is there room for the amounts of all rows, side by side? */
bool table_fits(const struct table *t, const struct table_row *rows, size_t count);
/* At p->y, which is then below it. It must fit. */
void put_table(struct page *p, const struct table *t, const struct table_row *rows, size_t count);

#endif
