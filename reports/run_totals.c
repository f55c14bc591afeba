/* SPDX-License-Identifier: MIT */
/* run_totals.c - control totals of a run, counted from its documents and compared with what the run itself
 * counted while it billed. */
#include "reports/run.h"

/* ---- counting ---- */

/* The catalog in force on the run's date, of those that were loaded before the run began. */
static enum err note_catalog(struct run_sums *out, struct views_txn *t, struct arena *a, struct error *e)
{
    struct catalog c = {0};
    uint64_t version = 0;
    enum err err = load_catalog(&c, t, 0, a, e);
    while (err == OK && c.loaded_at.us > out->run->started_at.us && c.version > 1) {
        err = load_catalog(&c, t, c.version - 1, a, e);
    }
    if (err == ERR_NOT_FOUND || (err == OK && c.loaded_at.us > out->run->started_at.us)) return OK;
    if (err == OK) err = catalog_in_force(&version, t, out->run->through, c.version, a, e);
    if (err != OK || version == 0) return err;
    err = load_catalog(&c, t, version, a, e);
    out->has_config = err == OK;
    out->config = c.sha256;
    return err;
}

enum err run_sums_begin(struct run_sums *out, const struct run *run, struct views_txn *t, struct arena *a,
                        struct error *e)
{
    *out = (struct run_sums){.run = run};
    return note_catalog(out, t, a, e);
}

static struct currency_sums *sums_of(struct run_sums *s, const char *currency, struct arena *a)
{
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->items[i].total.gross.currency, currency) == 0) return &s->items[i];
    }
    if (s->count == s->capacity) {
        s->capacity = s->capacity == 0 ? 8 : 2 * s->capacity;
        struct currency_sums *grown = arena_array_of(a, struct currency_sums, s->capacity);
        if (s->count > 0) memcpy(grown, s->items, s->count * sizeof *grown);
        s->items = grown;
    }
    struct money zero = money_of(0, currency);
    s->items[s->count] = (struct currency_sums){.total = {.net = zero, .tax = zero, .gross = zero}};
    return &s->items[s->count++];
}

static enum err check_adds_up(const struct invoice *v, struct error *e)
{
    struct money amount = money_zero(v->total), discount = amount, tax = amount, gross = amount;
    enum err err = OK;
    for (size_t i = 0; i < v->lines_count && err == OK; i++) {
        err = money_add(&amount, amount, v->lines[i].amount, e);
        if (err == OK) err = money_add(&discount, discount, v->lines[i].discount, e);
        if (err == OK) err = money_add(&tax, tax, v->lines[i].tax, e);
    }
    if (err == OK) err = money_add(&gross, net_of(v->subtotal, v->discount), v->tax, e);
    if (err != OK) return err;
    bool lines =
        amount.minor == v->subtotal.minor && discount.minor == v->discount.minor && tax.minor == v->tax.minor;
    if (lines && gross.minor == v->total.minor) return OK;
    return fail(e, ERR_TAMPERED, "'%.*s' does not add up", STR_ARG(v->number));
}

void number_range_extend(struct number_range *r, struct str number)
{
    assert(number.len < sizeof r->last);
    memcpy(r->last, number.ptr, number.len);
    r->last[number.len] = '\0';
    if (r->first[0] == '\0') memcpy(r->first, r->last, sizeof r->first);
}

enum err run_sums_add(struct run_sums *s, const struct invoice *v, struct arena *a, struct error *e)
{
    enum err err = check_adds_up(v, e);
    if (err != OK) return err;
    struct currency_sums *c = sums_of(s, v->total.currency, a);
    c->total.invoices++;
    number_range_extend(v->kind == INVOICE_CREDIT_NOTE ? &c->credit_notes : &c->invoices, v->number);
    err = money_add(&c->total.net, c->total.net, net_of(v->subtotal, v->discount), e);
    if (err == OK) err = money_add(&c->total.tax, c->total.tax, v->tax, e);
    return err == OK ? money_add(&c->total.gross, c->total.gross, v->total, e) : err;
}

static int by_currency(const void *left, const void *right)
{
    const struct currency_sums *a = left, *b = right;
    return strcmp(a->total.gross.currency, b->total.gross.currency);
}

enum err run_sums_check(const struct run_sums *s, struct error *e)
{
    if (s->count > 0) qsort(s->items, s->count, sizeof *s->items, by_currency);
    bool equal = s->count == s->run->totals_count;
    for (size_t i = 0; equal && i < s->count; i++)
        equal = schema_equal(&schema_run_total, &s->items[i].total, &s->run->totals[i]);
    const struct run *r = s->run;
    if (r->completed) equal = equal && r->candidates == r->invoiced + r->skipped + r->failed;
    if (equal) return OK;
    return fail(e, ERR_TAMPERED, "the documents of run_%ju do not add up to its control totals",
                (uintmax_t)r->run);
}

const struct number_range *run_sums_range(const struct currency_sums *c)
{
    return c->invoices.first[0] != '\0' ? &c->invoices : &c->credit_notes;
}

/* ---- summary ---- */

static enum err add_total(struct run_total *to, const struct run_total *from, struct error *e)
{
    to->invoices += from->invoices;
    enum err err = money_add(&to->net, to->net, from->net, e);
    if (err == OK) err = money_add(&to->tax, to->tax, from->tax, e);
    return err == OK ? money_add(&to->gross, to->gross, from->gross, e) : err;
}

/* Both are in the order of their currencies. */
static enum err merge_totals(struct run_total *totals, size_t *count, const struct run_sums *s,
                             struct error *e)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct run_total *from = &s->items[i].total;
        size_t at = 0;
        while (at < *count && strcmp(totals[at].gross.currency, from->gross.currency) < 0) at++;
        if (at == *count || strcmp(totals[at].gross.currency, from->gross.currency) != 0) {
            struct money zero = money_zero(from->gross);
            memmove(totals + at + 1, totals + at, (*count - at) * sizeof *totals);
            totals[at] = (struct run_total){.net = zero, .tax = zero, .gross = zero};
            (*count)++;
        }
        enum err err = add_total(&totals[at], from, e);
        if (err != OK) return err;
    }
    return OK;
}

enum err run_sums_summarize(struct nightly *n, const struct run_sums *sums, size_t count, struct error *e)
{
    struct run_summary *out = n->summary;
    size_t currencies = 0;
    for (size_t i = 0; i < count; i++) currencies += sums[i].count;
    struct run_total *totals = arena_array_of(n->arena, struct run_total, currencies);
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        const struct run *r = sums[i].run;
        out->candidates += r->candidates - r->failed; /* the next run tried them again */
        out->invoiced += r->invoiced;
        out->skipped += r->skipped;
        out->failed = r->failed;
        err = merge_totals(totals, &out->totals_count, &sums[i], e);
    }
    out->candidates += out->failed;
    out->runs = count;
    out->totals = totals;
    return err;
}
