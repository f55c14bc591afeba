/* SPDX-License-Identifier: MIT */
/* catalog.h - importers' own: what the readers of a catalog's parts share. A catalog is read in two steps:
 * each part alone, as its schema and its checks say, then what one part says of another. A fault is told by
 * its path: "products[2].prices[0].rates[1].tiers[0].up_to: …". */
#ifndef DAYBOOK_IMPORTERS_CATALOG_H
#define DAYBOOK_IMPORTERS_CATALOG_H

#include <string.h>

#include "importers/importers.h"
#include "importers/json_text.h"

struct catalog_reader {
    struct arena *arena;
    struct error *e;
    struct catalog_load_command *out;
    struct price *prices; /* of all products, out->prices_count of them so far */
};

/* "products[2].prices[0]", or nothing: the file itself. */
struct catalog_path {
    char text[128];
};
struct catalog_path path_at(const struct catalog_path *in, const char *list, size_t index);

/* ERR_INVALID, or ERR_LIMIT when there is more than may be: "products[2].code: why". */
enum err catalog_refuse(struct catalog_reader *r, const struct catalog_path *p, const char *member,
                        const char *why) MUST_USE;
enum err catalog_too_many(struct catalog_reader *r, const struct catalog_path *p, const char *member,
                          size_t limit, const char *of_what) MUST_USE;
/* Puts the path before a sentence that may begin with a member's own path: "tiers[0].up_to: why". */
enum err catalog_join(struct catalog_reader *r, const struct catalog_path *p) MUST_USE;

/* Is the member there, and not null? */
bool catalog_has(const json_t *object, const char *member);

/* An object as its schema says, every text of it within its limit and without card data. */
enum err catalog_object(void *out, const struct schema *s, const json_t *object, struct catalog_reader *r,
                        const struct catalog_path *p) MUST_USE;
/* A list of such objects, which may be missing. */
struct catalog_list {
    const char *name;
    const struct schema *schema;
    size_t limit;
};
enum err catalog_list(void **items, size_t *count, const struct catalog_list *l, const json_t *object,
                      struct catalog_reader *r, const struct catalog_path *p) MUST_USE;
/* An object of which some members, ended by NULL, are read otherwise: lists of plain values, which no schema
 * knows. */
enum err catalog_object_but(void *out, const struct schema *s, json_t *object, const char *const *members,
                            struct catalog_reader *r, const struct catalog_path *p) MUST_USE;
/* Such a list, which may be missing, but not be empty. */
enum err catalog_values(const json_t **list, size_t *count, const json_t *object, const char *name,
                        size_t limit, struct catalog_reader *r, const struct catalog_path *p) MUST_USE;
/* Texts of lists within the record are not checked: their readers do that. */
enum err catalog_texts(const struct schema *s, const void *record, struct catalog_reader *r,
                       const struct catalog_path *p) MUST_USE;
enum err catalog_need_text(struct str text, const char *member, struct catalog_reader *r,
                           const struct catalog_path *p) MUST_USE;

/* ---- the parts ---- */

enum err catalog_read_price(const struct product *of, json_t *object, struct catalog_reader *r,
                            const struct catalog_path *p) MUST_USE;
/* `object` is the price that they were read from: what was not given is seen there only. */
enum err catalog_check_rates(struct price *of, const json_t *object, struct catalog_reader *r,
                             const struct catalog_path *p) MUST_USE;
/* Of the rates that charge in advance, when the metrics are known. */
enum err catalog_check_advances(const struct price *of, struct catalog_reader *r,
                                const struct catalog_path *p) MUST_USE;
enum err catalog_check_fees(struct price *of, const json_t *object, struct catalog_reader *r,
                            const struct catalog_path *p) MUST_USE;
enum err catalog_read_products(const json_t *root, struct catalog_reader *r) MUST_USE;
enum err catalog_check_in_advance(struct catalog_reader *r) MUST_USE;
enum err catalog_read_metrics(const json_t *root, struct catalog_reader *r) MUST_USE;
enum err catalog_read_coupons(const json_t *root, struct catalog_reader *r) MUST_USE;
enum err catalog_read_taxes(const json_t *root, struct catalog_reader *r) MUST_USE;
enum err catalog_read_rules(const json_t *root, struct catalog_reader *r) MUST_USE;
enum err catalog_read_dunning(const json_t *root, struct catalog_reader *r) MUST_USE;
/* `object` is the dunning. */
enum err catalog_read_reminders(const json_t *object, struct catalog_reader *r) MUST_USE;

const struct product *catalog_product(const struct catalog_load_command *c, struct str code);

#endif
