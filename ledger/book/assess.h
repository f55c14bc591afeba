/* SPDX-License-Identifier: MIT */
/* assess.h - what coupons take off the lines of a document, and what taxes put on them: functions of values.
 * Whatever the lines are, a document adds up exactly: each coupon and each tax is rounded once, and what it
 * comes to is spread over its lines to the last cent. The order of the lines changes no sum. Sources:
 * DESIGN.md's rules as listed in the README; the numbers they must meet are in tests/book/test_assess.c. */
#ifndef DAYBOOK_LEDGER_BOOK_ASSESS_H
#define DAYBOOK_LEDGER_BOOK_ASSESS_H

#include "ledger/book/event.h"

struct jurisdiction {
    struct str country, region; /* ISO 3166-1 alpha-2, and a region as the catalog's taxes name it, or "" */
};
/* Where a document is taxed: where the buyer is; where that is not known, where the seller is. Either may be
 * NULL. */
struct jurisdiction tax_jurisdiction(const struct customer *buyer, const struct seller *seller);
/* The buyer accounts for taxes that know reverse charge himself: he is in another country than the seller,
 * and has a tax id of another country than the seller's; within the EU, of a member state (VAT directive,
 * art. 196: he is identified there). Who is registered where the seller is pays the seller. */
bool tax_is_reversed(const struct customer *buyer, const struct seller *seller);

/* What the sums of a document depend on beside its lines. */
struct assess_facts {
    const struct redemption *coupons; /* in force, by redemption number */
    size_t coupons_count;
    const struct tax *taxes; /* at least those of where it is taxed */
    size_t taxes_count;
    struct jurisdiction where;
    struct date on; /* tax date */
    bool reversed;  /* tax_is_reversed */
    bool exempt;    /* the buyer pays no tax at all … */
    struct str exempt_reason;
};

/* What came of it, beside the lines: the coupons that took something and the taxes that count for some line,
 * and the words that the document must bear for these. */
struct assessment {
    struct discount_total *discounts;
    size_t discounts_count;
    struct tax_total *taxes;
    size_t taxes_count;
    struct str note;
};

/* Completes the lines of a document, all of one currency. Before, a line's amount is its price, which holds
 * its tax where the line says so; afterwards it is the net amount before discount, and amount - discount is
 * what was taxed. Percentages take their part of what is left first, then fixed amounts, each kind by
 * redemption number; only positive lines are discounted. What is given back of a line of the same document is
 * not there to be discounted: a coupon takes its part of the rest, and both lines show the discount of the
 * whole. A tax counts for the lines with its product code,
 * and negative lines count negative. The price of prepaid credit is no turnover, and nobody knows yet which
 * taxes what it pays for will have (as a voucher for several purposes, Directive 2006/112/EC, article 30b):
 * it is neither discounted nor taxed. Lists are in the arena. ERR_LIMIT: a sum leaves 64 bits. */
enum err assess_lines(struct assessment *out, struct line *lines, size_t count, const struct assess_facts *f,
                      struct arena *a, struct error *e) MUST_USE;

/* What is left of an amount after its discount: of a line what was taxed, of a document what it is without
 * tax. Of a document that adds up it cannot leave 64 bits. */
struct money net_of(struct money amount, struct money discount);

/* The form of a tax id (blanks, points and hyphens do not count): EU VAT numbers by their country, GB, XI,
 * CH, NO and US with their check digits where those are published; of other countries and none, letters and
 * digits alone. Whether it was ever given to anybody is not asked. ERR_INVALID, in a sentence that does not
 * quote it. */
enum err tax_id_check(struct str tax_id, struct str country, struct error *e) MUST_USE;

/* Where a tax id was given, by its prefix, or else by the country of who has it, as ISO 3166-1 has it:
 * Greece's is EL, Northern Ireland's XI. */
struct str tax_id_country(struct str tax_id, struct str country);
/* The same of who is billed; "": he has none. */
struct str tax_country_of(const struct party *p);
bool country_is_in_eu(struct str country);
/* The tax id as a VAT number with its prefix, capitals and digits alone: "DE812345678". "": it is of a
 * country whose VAT numbers are not known, or that has none. */
struct str vat_number(struct arena *a, struct str tax_id, struct str country);

#endif
