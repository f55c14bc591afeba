/* SPDX-License-Identifier: MIT */
/* catalog.c - what we sell and who we are: every version of the catalog and of the seller's data. Versions
 * are counted from 1 without gaps, so the newest is the one before the next. */
#include "projections/fold.h"

/* Of each version two days stand in one row, so that nothing else is read to find the one in force. */
enum { NUMBERS_PER_VERSION = 2 };

static struct date later(struct date x, struct date y)
{
    return date_compare(x, y) < 0 ? y : x;
}

struct date catalog_first_day(const struct catalog *c)
{
    return later(c->from, instant_date(c->loaded_at));
}

static enum err note_first_day(struct views_txn *t, const struct catalog *c, struct arena *a, struct error *e)
{
    struct numbers days = {0};
    struct view_key k = view_key(SPACE_CATALOG_FROM);
    enum err err = numbers_get(&days, t, &k, a, e);
    if (err != OK) return err;
    numbers_add(&days, (uint64_t)c->from.days, a);
    numbers_add(&days, (uint64_t)catalog_first_day(c).days, a);
    return numbers_put(t, &k, &days, a, e);
}

static enum err keep_catalog(struct views_txn *t, const struct catalog_loaded *v, struct instant at,
                             struct arena *a, struct error *e)
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
                          .rules_count = v->rules_count,
                          .dunning = v->dunning};
    struct view_key k = key_number(SPACE_CATALOG, v->version);
    enum err err = views_put_record(t, &k, &schema_catalog, &row, e);
    return err == OK ? note_first_day(t, &row, a, e) : err;
}

static enum err keep_seller(struct views_txn *t, const struct seller_set *v, struct error *e)
{
    struct seller row = {.version = v->version,
                         .party = v->party,
                         .payment_terms_text = v->payment_terms_text,
                         .payment_terms_days = v->payment_terms_days,
                         .entity = v->entity,
                         .footer = v->footer,
                         .timezone = v->timezone,
                         .past_due_days = v->past_due_days,
                         .unpaid_days = v->unpaid_days,
                         .cancel_days = v->cancel_days,
                         .approval = v->approval,
                         .late_usage = v->late_usage,
                         .retention_years = v->retention_years,
                         .draft_days = v->draft_days,
                         .iban = v->iban,
                         .bic = v->bic,
                         .account_holder = v->account_holder,
                         .bank = v->bank,
                         .registration = v->registration,
                         .phone = v->phone,
                         .colour = v->colour,
                         .tax_currency = v->tax_currency,
                         .functional_currency = v->functional_currency,
                         .fiscal_chain = v->fiscal_chain,
                         .fiscal_service = v->fiscal_service,
                         .program_certificate = v->program_certificate,
                         .fiscal_key_version = v->fiscal_key_version,
                         .fiscal_public_key = v->fiscal_public_key,
                         .series_codes = v->series_codes,
                         .words = v->words,
                         .words_count = v->words_count,
                         .logo = v->logo};
    struct view_key k = key_number(SPACE_SELLER, v->version);
    enum err err = views_put_record(t, &k, &schema_seller, &row, e);
    if (err != OK || v->logo_file.len == 0) return err;
    struct view_key logo_key = key_number(SPACE_LOGO, v->logo);
    return views_put_record(t, &logo_key, &schema_logo, &(struct logo){.file = v->logo_file}, e);
}

enum err fold_catalog(struct views_txn *t, const struct event *ev, const struct event_place *place,
                      struct arena *a, struct error *e)
{
    if (ev->type == EVENT_CATALOG_LOADED) return keep_catalog(t, &ev->catalog_loaded, place->at, a, e);
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

enum err load_logo(struct bytes *out, struct views_txn *t, const struct seller *s, struct arena *a,
                   struct error *e)
{
    struct logo row = {0};
    *out = (struct bytes){0};
    if (s->logo == 0) return OK;
    struct view_key k = key_number(SPACE_LOGO, s->logo);
    enum err err = row_get(&row, &schema_logo, t, &k, a, e);
    return err == OK ? base64_decode(out, row.file, a, e) : err;
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

enum err catalog_kept(const struct catalog **out, struct views_txn *t, uint64_t version, struct error *e)
{
    const void *record = NULL;
    struct view_key k = key_number(SPACE_CATALOG, version);
    enum err err = views_get_kept(&record, &schema_catalog, t, &k, e);
    if (err == OK) *out = record;
    if (err != ERR_NOT_FOUND) return err;
    return fail(e, ERR_TAMPERED, "version %ju of the catalog is counted but missing", (uintmax_t)version);
}

/* Which versions count, and the one of them that began last. */
struct choosing {
    struct date on;
    uint64_t newest;
    bool begun; /* only those whose first day was not after `on` */
};

static enum err choose(uint64_t *version, struct views_txn *t, const struct choosing *c, struct arena *a,
                       struct error *e)
{
    struct numbers days = {0};
    struct view_key k = view_key(SPACE_CATALOG_FROM);
    uint64_t last = 0, on = (uint64_t)c->on.days;
    *version = 0;
    enum err err = numbers_get(&days, t, &k, a, e);
    for (size_t i = 0; err == OK && i + 1 < days.count; i += NUMBERS_PER_VERSION) {
        uint64_t v = i / NUMBERS_PER_VERSION + 1, given = days.items[i], first = days.items[i + 1];
        if (v > c->newest || (c->begun ? first : given) > on || first < last) continue;
        *version = v;
        last = first;
    }
    return err;
}

enum err catalog_in_force(uint64_t *version, struct views_txn *t, struct date on, uint64_t newest,
                          struct arena *a, struct error *e)
{
    struct choosing c = {.on = on, .newest = newest == 0 ? UINT64_MAX : newest};
    return choose(version, t, &c, a, e);
}

enum err load_catalog_on(struct catalog *out, struct views_txn *t, struct date on, struct arena *a,
                         struct error *e)
{
    uint64_t version = 0;
    struct choosing c = {.on = on, .newest = UINT64_MAX, .begun = true};
    enum err err = choose(&version, t, &c, a, e);
    if (err != OK) return err;
    if (version != 0) return load_catalog(out, t, version, a, e);
    return fail(e, ERR_NOT_FOUND, "no catalog was in force on %.*s", STR_ARG(date_text(a, on)));
}
