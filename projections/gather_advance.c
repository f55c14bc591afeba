/* SPDX-License-Identifier: MIT */
/* gather_advance.c - what was charged of usage periods that are still open, with the documents that charged
 * it. Only where rates say so: nobody else's rows are looked for. */
#include "ledger/book.h"
#include "projections/gather.h"

static bool charges_in_advance(const struct subscription *s)
{
    for (size_t i = 0; i < s->quotas_count; i++) {
        for (size_t k = 0; k < s->quotas[i].rates_count; k++) {
            if (s->quotas[i].rates[k].in_advance) return true;
        }
    }
    return false;
}

static bool is_loaded(const struct invoice *rows, size_t count, uint64_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].invoice == number) return true;
    }
    return false;
}

static enum err load_advance(struct advance *ad, struct gathering *g, const struct subscription *s)
{
    struct window_charges row = {0};
    enum err err = window_open_charges(&row, g->t, s, g->arena, g->e);
    struct invoice *invoices = arena_array_of(g->arena, struct invoice, row.charges_count);
    *ad = (struct advance){.subscription = s->subscription,
                           .from = s->usage_through,
                           .charges = row.charges,
                           .charges_count = row.charges_count,
                           .invoices = invoices};
    for (size_t i = 0; i < row.charges_count && err == OK; i++) {
        uint64_t number = row.charges[i].invoice;
        if (number == 0 || is_loaded(invoices, ad->invoices_count, number)) continue;
        err = load_invoice(&invoices[ad->invoices_count++], g->t, number, g->arena, g->e);
    }
    return err;
}

enum err gather_advances(struct gathering *g)
{
    struct facts *f = g->facts;
    struct advance *advances = arena_array_of(g->arena, struct advance, f->subscriptions_count);
    enum err err = OK;
    for (size_t i = 0; i < f->subscriptions_count && err == OK; i++) {
        const struct subscription *s = &f->subscriptions[i];
        if (charges_in_advance(s)) err = load_advance(&advances[f->advances_count++], g, s);
    }
    f->advances = advances;
    return err;
}
