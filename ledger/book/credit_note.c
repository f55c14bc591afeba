/* SPDX-License-Identifier: MIT */
/* credit_note.c - see credit_note.h. The tax of a credit is that of what it credits: rates that changed
 * since, or a customer who is exempt now, do not change what the state was owed then. */
#include "ledger/book/credit_note.h"
#include "ledger/book/assess.h"

static const struct invoice *invoice_of(const struct invoices *all, uint64_t number)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].invoice == number) return &all->items[i];
    }
    return NULL;
}

/* ---- lines ---- */

/* Those of them that were begun. */
struct open_credits {
    struct crediting *items;
    size_t count;
};

static struct crediting *crediting_of(struct open_credits *open, const struct invoice *v, struct arena *a)
{
    for (size_t i = 0; i < open->count; i++) {
        if (open->items[i].invoice == v) return &open->items[i];
    }
    open->items[open->count] = crediting_begin(v, a);
    return &open->items[open->count++];
}

/* Beside what is charged now a credit is shown as what it is worth: what coupons had taken of its line is not
 * a discount of this document. */
static void show_net(struct line *l)
{
    l->amount = net_of(l->amount, l->discount);
    l->discount = money_zero(l->amount);
}

enum err credit_lines(bool *done, struct line *lines, size_t count, const struct invoices *credited,
                      struct arena *a, struct error *e)
{
    struct open_credits open = {.items = arena_array_of(a, struct crediting, credited->count)};
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        const struct invoice *v = lines[i].credits == 0 ? NULL : invoice_of(credited, lines[i].credits);
        uint64_t line = v == NULL ? 0 : credited_line(v, &lines[i]);
        done[i] = line != 0;
        if (!done[i]) continue;
        err = crediting_part(&lines[i], crediting_of(&open, v, a), line, money_negate(lines[i].amount), e);
        show_net(&lines[i]);
    }
    return err;
}

/* ---- totals by tax ---- */

struct tax_totals {
    struct tax_total *items;
    size_t count, capacity;
    struct arena *arena;
};

static bool is_of(const struct tax_total *t, const struct line *l, const struct line_tax *tax)
{
    return str_equal(t->code, tax->code) && str_equal(t->jurisdiction, tax->jurisdiction) &&
           decimal_compare(t->percent, tax->percent) == 0 && str_equal(t->category, l->tax_category);
}

/* Its name and its words are those of the credited invoice. */
static struct tax_total begun(const struct line *l, const struct line_tax *tax, const struct invoice *v)
{
    struct money none = money_zero(l->amount);
    struct tax_total t = {.code = tax->code,
                          .category = l->tax_category,
                          .percent = tax->percent,
                          .jurisdiction = tax->jurisdiction};
    for (size_t i = 0; v != NULL && i < v->taxes_count; i++) {
        if (str_equal(v->taxes[i].code, tax->code) && str_equal(v->taxes[i].jurisdiction, tax->jurisdiction))
            t = v->taxes[i];
    }
    t.category = l->tax_category;
    t.percent = tax->percent;
    t.taxable = t.amount = none;
    return t;
}

static enum err add_tax(struct tax_totals *all, const struct line *l, const struct line_tax *tax,
                        const struct invoice *v, struct error *e)
{
    size_t at = 0;
    struct money net = net_of(l->amount, l->discount);
    while (at < all->count && !is_of(&all->items[at], l, tax)) at++;
    if (at == all->count) {
        all->items = arena_grow(all->arena, all->items, all->count, &all->capacity, sizeof *all->items);
        all->items[all->count++] = begun(l, tax, v);
    }
    enum err err = money_add(&all->items[at].taxable, all->items[at].taxable, net, e);
    return err == OK ? money_add(&all->items[at].amount, all->items[at].amount, tax->amount, e) : err;
}

enum err add_credited_taxes(struct invoice_finalized *d, const bool *done, const struct invoices *credited,
                            struct arena *a, struct error *e)
{
    struct tax_totals all = {.count = d->taxes_count, .capacity = d->taxes_count, .arena = a};
    enum err err = OK;
    all.items = arena_array_of(a, struct tax_total, d->taxes_count);
    if (d->taxes_count > 0) memcpy(all.items, d->taxes, d->taxes_count * sizeof *all.items);
    for (size_t i = 0; i < d->lines_count; i++) {
        const struct line *l = &d->lines[i];
        for (size_t k = 0; done[i] && k < l->taxes_count && err == OK; k++)
            err = add_tax(&all, l, &l->taxes[k], invoice_of(credited, l->credits), e);
    }
    d->taxes = all.items;
    d->taxes_count = all.count;
    return err;
}

/* ---- where it goes ---- */

/* What the document gives back of an invoice. */
static struct money given_back(const struct invoice_finalized *d, const struct invoice *v)
{
    int64_t minor = 0;
    for (size_t i = 0; i < d->lines_count; i++) {
        if (d->lines[i].credits == v->invoice) minor -= line_gross(&d->lines[i]).minor;
    }
    return money_of(minor, d->total.currency);
}

enum err return_to_wallet(struct invoice_finalized *d, struct wallet *w, const struct invoices *credited,
                          struct arena *a, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < credited->count && err == OK; i++) {
        const struct invoice *v = &credited->items[i];
        if (money_same_currency(v->total, d->total)) err = wallet_give_back(d, w, v, given_back(d, v), a, e);
    }
    return err;
}

enum err asked_for(struct money *out, const struct invoice_finalized *d, struct error *e)
{
    *out = d->total;
    return d->returns_count == 0 ? OK : money_add(out, *out, d->wallet_returned, e);
}

/* What the document gives back of an invoice, beside what its grants get. */
static struct money claim_of(const struct invoice_finalized *d, const struct invoice *v)
{
    struct money claim = given_back(d, v);
    for (size_t i = 0; i < d->returns_count; i++) {
        if (d->returns[i].invoice == v->invoice) claim.minor -= d->returns[i].amount.minor;
    }
    return claim;
}

struct share {
    struct allocation *items;
    size_t *count;
};

/* At most `limit`, and no more than is left of the claim and of the document. */
static enum err allot(const struct share *s, uint64_t invoice, struct money limit, struct money *claim,
                      struct money *left, struct error *e)
{
    struct money part = money_min(limit, money_min(*claim, *left));
    if (part.minor <= 0) return OK;
    s->items[(*s->count)++] = (struct allocation){invoice, part};
    enum err err = money_subtract(claim, *claim, part, e);
    return err == OK ? money_subtract(left, *left, part, e) : err;
}

enum err settle_credited(struct invoice_finalized *d, struct money *left, const struct invoices *credited,
                         struct arena *a, struct error *e)
{
    struct share covers = {arena_array_of(a, struct allocation, credited->count), &d->covers_count};
    struct share recovers = {arena_array_of(a, struct allocation, credited->count), &d->recovers_count};
    enum err err = OK;
    for (size_t i = 0; i < credited->count && err == OK; i++) {
        const struct invoice *v = &credited->items[i];
        struct money claim = claim_of(d, v);
        if (!money_same_currency(v->total, *left)) continue;
        err = allot(&covers, v->invoice, v->conceded, &claim, left, e);
        if (err == OK) err = allot(&recovers, v->invoice, v->written_off, &claim, left, e);
    }
    d->covers = covers.items;
    d->recovers = recovers.items;
    return err;
}
