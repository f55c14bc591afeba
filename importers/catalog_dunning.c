/* SPDX-License-Identifier: MIT */
/* catalog_dunning.c - what a catalog file says about asking again for what is overdue. */
#include "importers/catalog.h"

enum { ATTEMPTS_MAX = 15, DAYS_BETWEEN_MAX = 90 };

static enum err check_threshold(const struct dunning *d, size_t index, struct catalog_reader *r)
{
    const struct catalog_path inside = {"dunning"};
    struct catalog_path p = path_at(&inside, "thresholds", index);
    const struct money *amount = &d->thresholds[index].amount;
    if (!money_is_given(*amount)) return catalog_refuse(r, &p, "amount", "a value is missing");
    if (amount->minor <= 0) return catalog_refuse(r, &p, "amount", "more than nothing is expected");
    for (size_t i = 0; i < index; i++) {
        if (money_same_currency(d->thresholds[i].amount, *amount))
            return catalog_refuse(r, &p, "currency", "this currency stands there twice");
    }
    return OK;
}

enum err catalog_read_dunning(const json_t *root, struct catalog_reader *r)
{
    const struct catalog_path p = {"dunning"};
    const json_t *object = json_object_get(root, "dunning");
    struct dunning *d = &r->out->dunning;
    if (!catalog_has(root, "dunning")) return OK;
    if (!json_is_object(object)) return catalog_refuse(r, &p, "", "an object is expected");
    enum err err = catalog_object(d, &schema_dunning, object, r, &p);
    if (err != OK) return err;
    if (d->thresholds_count == 0) return catalog_refuse(r, &p, "thresholds", "at least one is expected");
    if (d->thresholds_count > LIMIT_CATALOG_THRESHOLDS)
        return catalog_too_many(r, &p, "thresholds", LIMIT_CATALOG_THRESHOLDS, "of them");
    for (size_t i = 0; i < d->thresholds_count && err == OK; i++) err = check_threshold(d, i, r);
    if (err != OK) return err;
    if (d->attempts == 0 || d->attempts > ATTEMPTS_MAX)
        return catalog_refuse(r, &p, "attempts", "1 to 15 is expected");
    if (!catalog_has(object, "days_between"))
        return catalog_refuse(r, &p, "days_between", "a value is missing");
    return d->days_between <= DAYS_BETWEEN_MAX
               ? OK
               : catalog_refuse(r, &p, "days_between", "at most 90 is expected");
}
