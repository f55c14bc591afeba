/* SPDX-License-Identifier: MIT */
/* catalog.c - what we sell and who we are: every version of the catalog and of the seller's data. Versions
 * are counted from 1 without gaps, so the newest is the one before the next. */
#include "projections/fold.h"

static enum err keep_catalog(struct views_txn *t, const struct catalog_loaded *v, struct instant at,
                             struct error *e)
{
    struct catalog row = {.version = v->version,
                          .name = v->name,
                          .sha256 = v->sha256,
                          .loaded_at = at,
                          .products = v->products,
                          .products_count = v->products_count,
                          .prices = v->prices,
                          .prices_count = v->prices_count,
                          .from = v->from,
                          .metrics = v->metrics,
                          .metrics_count = v->metrics_count,
                          .coupons = v->coupons,
                          .coupons_count = v->coupons_count,
                          .taxes = v->taxes,
                          .taxes_count = v->taxes_count,
                          .rules = v->rules,
                          .rules_count = v->rules_count};
    struct view_key k = key_number(SPACE_CATALOG, v->version);
    return views_put_record(t, &k, &schema_catalog, &row, e);
}

static enum err keep_seller(struct views_txn *t, const struct seller_set *v, struct error *e)
{
    struct seller row = {.version = v->version,
                         .party = v->party,
                         .payment_terms_text = v->payment_terms_text,
                         .payment_terms_days = v->payment_terms_days,
                         .footer = v->footer,
                         .timezone = v->timezone};
    struct view_key k = key_number(SPACE_SELLER, v->version);
    return views_put_record(t, &k, &schema_seller, &row, e);
}

enum err fold_catalog(struct views_txn *t, const struct event *ev, const struct event_place *place,
                      struct arena *a, struct error *e)
{
    (void)a;
    if (ev->type == EVENT_CATALOG_LOADED) return keep_catalog(t, &ev->catalog_loaded, place->at, e);
    if (ev->type == EVENT_SELLER_SET) return keep_seller(t, &ev->seller_set, e);
    return OK;
}

enum err load_seller(struct seller *out, struct views_txn *t, uint64_t version, struct arena *a,
                     struct error *e)
{
    struct counters c = {0};
    if (version == 0) {
        enum err err = counters_get(&c, t, a, e);
        if (err != OK) return err;
        version = c.seller - 1;
        if (version == 0) return fail(e, ERR_NOT_FOUND, "no seller data are set");
    }
    struct view_key k = key_number(SPACE_SELLER, version);
    enum err err = row_get(out, &schema_seller, t, &k, a, e);
    if (err != ERR_NOT_FOUND) return err;
    return fail(e, ERR_NOT_FOUND, "no version %ju of the seller data", (uintmax_t)version);
}

enum err load_catalog(struct catalog *out, struct views_txn *t, uint64_t version, struct arena *a,
                      struct error *e)
{
    struct counters c = {0};
    if (version == 0) {
        enum err err = counters_get(&c, t, a, e);
        if (err != OK) return err;
        version = c.catalog - 1;
        if (version == 0) return fail(e, ERR_NOT_FOUND, "no catalog is loaded");
    }
    struct view_key k = key_number(SPACE_CATALOG, version);
    enum err err = row_get(out, &schema_catalog, t, &k, a, e);
    if (err != ERR_NOT_FOUND) return err;
    return fail(e, ERR_NOT_FOUND, "no version %ju of the catalog", (uintmax_t)version);
}
