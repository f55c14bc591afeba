/* SPDX-License-Identifier: MIT */
/* chronicle_fiscal.c - the chains of documents for tax offices: while the seller has one each document is
 * recorded beside itself, each record says what its document says and goes on from the one before it, and
 * hashes come out the same. */
#include "ledger/book/chronicle_private.h"
#include "ledger/book/fiscal.h"

/* ---- chains ---- */

static void digest(struct chronicle *h, uint8_t out[32], struct str text)
{
    hasher_digest(h->hasher, out, str_bytes(text), (struct bytes){0}, (struct bytes){0});
}

static struct past_chain *chain_of(struct chronicle *h, const struct fiscal_recorded *r)
{
    struct str name = fiscal_chain_name(h->arena, r);
    for (size_t i = h->chains_count; i > 0; i--)
        if (str_equal(h->chains[i - 1].name, name)) return &h->chains[i - 1];
    h->chains = list_room(h->chains, h->chains_count, &h->chains_capacity, sizeof *h->chains);
    struct past_chain *c = &h->chains[h->chains_count++];
    *c = (struct past_chain){.name = name};
    digest(h, c->hash, STR_NONE);
    digest(h, c->number, STR_NONE);
    return c;
}

static enum err check_link(struct chronicle *h, const struct fiscal_recorded *r, struct arena *a,
                           struct error *e)
{
    struct past_chain *c = chain_of(h, r);
    uint8_t previous[32], number[32];
    digest(h, previous, r->previous);
    digest(h, number, r->previous_number);
    bool follows = r->place == c->place + 1 && memcmp(previous, c->hash, sizeof previous) == 0 &&
                   memcmp(number, c->number, sizeof number) == 0 &&
                   date_compare(r->previous_date, c->date) == 0;
    if (!follows)
        return fail(e, ERR_TAMPERED, "the fiscal record of %.*s does not go on from record %ju of its chain",
                    STR_ARG(r->number), (uintmax_t)c->place);
    bool signs = r->chain == FISCAL_CHAIN_SAFT_PT;
    if (signs && !rsa_is_signed(h->fiscal_public_key, fiscal_message(a, r), r->hash))
        return fail(e, ERR_TAMPERED,
                    "the fiscal record of %.*s is not signed by the key that the seller had then",
                    STR_ARG(r->number));
    if (!signs && !str_equal(r->hash, fiscal_hash(a, r)))
        return fail(e, ERR_TAMPERED, "the fiscal record of %.*s has another hash than comes out of it",
                    STR_ARG(r->number));
    c->place = r->place;
    c->date = r->issue_date;
    digest(h, c->hash, r->hash);
    digest(h, c->number, r->number);
    return OK;
}

/* ---- documents ---- */

static bool is_converted(struct money is, struct money from, struct decimal rate)
{
    struct money converted = {0};
    struct error unused = {0};
    if (decimal_is_zero(rate)) return money_same_currency(is, from) && money_compare(is, from) == 0;
    return money_multiply(&converted, rate, money_decimal(from), is.currency, &unused) == OK &&
           money_compare(is, converted) == 0;
}

static bool is_of_document(const struct fiscal_recorded *r, const struct envelope *v, struct arena *a)
{
    for (size_t i = 0; i < v->events_count; i++) {
        const struct invoice_finalized *d = &v->events[i].invoice_finalized;
        if (v->events[i].type != EVENT_INVOICE_FINALIZED || d->invoice != r->invoice) continue;
        struct money tax = fiscal_tax(r->chain, d->taxes, d->taxes_count, money_zero(d->total));
        return str_equal(r->number, fiscal_number(a, r->chain, d)) &&
               date_compare(r->issue_date, d->issue_date) == 0 && is_converted(r->tax, tax, r->rate) &&
               is_converted(r->total, d->total, r->rate);
    }
    return false;
}

static bool is_of_void(const struct chronicle *h, const struct fiscal_recorded *r, const struct envelope *v)
{
    for (size_t i = 0; i < v->events_count; i++) {
        const struct invoice_voided *d = &v->events[i].invoice_voided;
        if (v->events[i].type == EVENT_INVOICE_VOIDED && d->invoice == r->invoice)
            return str_equal(r->number, d->number) && h->documents[d->invoice - 1].recorded;
    }
    return false;
}

static enum err take_record(struct chronicle *h, const struct fiscal_recorded *r, const struct envelope *v,
                            struct arena *a, struct error *e)
{
    bool issue = r->record == FISCAL_ISSUE;
    if (r->invoice == 0 || r->invoice > h->documents_count ||
        !(issue ? is_of_document(r, v, a) : is_of_void(h, r, v)))
        return fail(e, ERR_TAMPERED, "the fiscal record of %.*s is not of a document beside it",
                    STR_ARG(r->number));
    if (issue && r->chain == FISCAL_CHAIN_VERIFACTU) h->documents[r->invoice - 1].recorded = true;
    return check_link(h, r, a, e);
}

static bool has_record(const struct envelope *v, uint64_t invoice, enum fiscal_record record)
{
    size_t found = 0;
    for (size_t i = 0; i < v->events_count; i++) {
        const struct fiscal_recorded *r = &v->events[i].fiscal_recorded;
        found += v->events[i].type == EVENT_FISCAL_RECORDED && r->invoice == invoice && r->record == record;
    }
    return found == 1;
}

static enum err want_record(const struct envelope *v, uint64_t invoice, struct str number,
                            enum fiscal_record record, struct error *e)
{
    if (has_record(v, invoice, record)) return OK;
    return fail(e, ERR_TAMPERED, "document %.*s has no fiscal record of its %s beside it", STR_ARG(number),
                choice_fiscal_record.words[record]);
}

static void take_seller(struct chronicle *h, const struct seller_set *s)
{
    h->fiscal_chain = s->fiscal_chain;
    if (!str_equal(h->fiscal_public_key, s->fiscal_public_key))
        h->fiscal_public_key = str_copy(h->arena, s->fiscal_public_key);
}

enum err chronicle_fiscal(struct chronicle *h, const struct envelope *v, struct error *e)
{
    enum err err = OK;
    struct arena *a = NULL;
    for (size_t i = 0; i < v->events_count && err == OK; i++) {
        const struct event *ev = &v->events[i];
        const struct invoice_finalized *d = &ev->invoice_finalized;
        const struct invoice_voided *w = &ev->invoice_voided;
        if (ev->type == EVENT_SELLER_SET) take_seller(h, &ev->seller_set);
        if (ev->type == EVENT_INVOICE_FINALIZED && fiscal_chain_is_on(h->fiscal_chain))
            err = want_record(v, d->invoice, d->number, FISCAL_ISSUE, e);
        if (ev->type == EVENT_INVOICE_VOIDED && h->documents[w->invoice - 1].recorded)
            err = want_record(v, w->invoice, w->number, FISCAL_ANNULMENT, e);
        if (ev->type != EVENT_FISCAL_RECORDED || err != OK) continue;
        if (a == NULL) a = arena_new();
        err = take_record(h, &ev->fiscal_recorded, v, a, e);
    }
    if (a != NULL) arena_free(a);
    return err;
}
