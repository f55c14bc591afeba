/* SPDX-License-Identifier: MIT */
/* gather_fiscal.c - what the seller's fiscal chain goes on from, and what his clocks show: the law wants the
 * time with its zone. That is asked once, for what is recorded; nothing that comes out again asks for it. */
#include "projections/gather.h"

static enum err gather_clock(struct gathering *g)
{
    enum { SECOND = 1000000 };
    const struct facts *f = g->facts;
    const struct zone *zone = NULL;
    enum err err = f->seller != NULL ? zone_find(&zone, g->zones, f->seller->timezone, g->e) : OK;
    if (err != OK) return wrap(g->e, "the seller");
    int64_t local = date_start(zone_date(zone, f->now)).us / SECOND + zone_second_of_day(zone, f->now);
    g->facts->clock_ahead = local - f->now.us / SECOND;
    return OK;
}

static enum err gather_last(const struct fiscal_recorded **out, struct gathering *g,
                            const struct fiscal_recorded *like)
{
    struct fiscal_recorded *last = arena_new_of(g->arena, struct fiscal_recorded);
    bool found = false;
    *last = (struct fiscal_recorded){.chain = like->chain, .issuer = like->issuer, .series = like->series};
    enum err err = fiscal_chain_last(&found, last, g->t, g->arena, g->e);
    if (found) *out = last;
    return err;
}

/* A void goes on in the chain in which its document stands. */
static enum err gather_own(struct gathering *g)
{
    struct facts *f = g->facts;
    struct fiscal_recorded *own = arena_new_of(g->arena, struct fiscal_recorded);
    bool found = false;
    if (f->invoice == NULL) return OK;
    enum err err = load_fiscal(&found, own, g->t, f->invoice->invoice, g->arena, g->e);
    if (err != OK || !found || own->chain != FISCAL_CHAIN_VERIFACTU) return err;
    f->fiscal_own = own;
    err = gather_clock(g);
    return err == OK ? gather_last(&f->fiscal_last, g, own) : err;
}

enum err gather_fiscal(struct gathering *g)
{
    struct facts *f = g->facts;
    const struct seller *s = f->seller;
    struct error unfit = {0};
    if (g->command->type == COMMAND_INVOICE_VOID) return gather_own(g);
    if (s == NULL || !fiscal_chain_is_on(s->fiscal_chain)) return OK;
    struct fiscal_recorded like = {.chain = s->fiscal_chain};
    if (fiscal_issuer(&like.issuer, &s->party, s->fiscal_chain, g->arena, &unfit) != OK)
        return OK; /* the decision will say so */
    enum err err = gather_clock(g);
    if (like.chain == FISCAL_CHAIN_SAFT_PT) {
        like.series = f->credit_note_series.series;
        if (err == OK) err = gather_last(&f->fiscal_last_note, g, &like);
        like.series = f->invoice_series.series;
    }
    return err == OK ? gather_last(&f->fiscal_last, g, &like) : err;
}
