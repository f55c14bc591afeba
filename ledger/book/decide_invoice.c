/* SPDX-License-Identifier: MIT */
/* decide_invoice.c - from lines to documents, and items for the next one. A document's number is given in the
 * record that finalizes it, so numbers have no gaps. */
#include "ledger/book/credit_note.h"
#include "ledger/book/decide_shared.h"
#include "ledger/book/own_credits.h"

void take_pending_items(struct bill *b, const struct facts *f, struct arena *a)
{
    for (size_t i = 0; i < f->items_count; i++) {
        struct line *l = line_add(&b->lines, a);
        *l = f->items[i].line;
        l->item = f->items[i].item;
    }
}

/* ---- documents ---- */

/* The coupons that are still in force after the documents made before this one. */
static const struct redemption *coupons_left(size_t *count, const struct bill *b,
                                             const struct documents *before, struct arena *a)
{
    const struct facts *f = b->facts;
    struct redemption *left = arena_array_of(a, struct redemption, f->coupons_count);
    *count = 0;
    for (size_t i = 0; i < f->coupons_count; i++) {
        struct redemption r = f->coupons[i];
        uint64_t uses = 0;
        for (size_t d = 0; d < before->count; d++) {
            for (size_t k = 0; k < before->items[d].discounts_count; k++)
                uses += before->items[d].discounts[k].redemption == r.redemption;
        }
        if (r.uses_left == 0 || uses < r.uses_left) left[(*count)++] = r;
    }
    return left;
}

enum err sum_document(struct invoice_finalized *d, struct error *e)
{
    enum err err = OK;
    d->subtotal = d->discount = d->tax = money_of(0, d->lines[0].amount.currency);
    for (size_t i = 0; i < d->lines_count && err == OK; i++) {
        err = money_add(&d->subtotal, d->subtotal, d->lines[i].amount, e);
        if (err == OK) err = money_add(&d->discount, d->discount, d->lines[i].discount, e);
        if (err == OK) err = money_add(&d->tax, d->tax, d->lines[i].tax, e);
    }
    if (err == OK) err = money_subtract(&d->total, d->subtotal, d->discount, e);
    return err == OK ? money_add(&d->total, d->total, d->tax, e) : err;
}

/* Coupons and taxes of those lines that are not done yet; they stay where they are. */
static enum err assess_others(struct assessment *x, struct line *lines, const bool *done, size_t count,
                              const struct assess_facts *facts, struct arena *a, struct error *e)
{
    struct line *others = arena_array_of(a, struct line, count);
    size_t others_count = 0, next = 0;
    for (size_t i = 0; i < count; i++) {
        if (!done[i]) others[others_count++] = lines[i];
    }
    enum err err = assess_lines(x, others, others_count, facts, a, e);
    for (size_t i = 0; i < count; i++) {
        if (!done[i]) lines[i] = others[next++];
    }
    return err;
}

/* Credits of earlier documents have their taxes; coupons and taxes of today are for the others. Sums. */
static enum err total_up(struct invoice_finalized *d, struct line *lines, const struct bill *b,
                         const struct documents *before, struct arena *a, struct error *e)
{
    const struct facts *f = b->facts;
    struct assessment x = {0};
    struct assess_facts facts = {.where = tax_jurisdiction(f->customer, f->seller),
                                 .on = d->issue_date,
                                 .reversed = tax_is_reversed(f->customer, f->seller),
                                 .exempt = f->customer->tax_exempt,
                                 .exempt_reason = f->customer->tax_exempt_reason};
    if (f->catalog != NULL) {
        facts.taxes = f->catalog->taxes;
        facts.taxes_count = f->catalog->taxes_count;
        d->catalog_version = f->catalog->version;
    }
    facts.coupons = coupons_left(&facts.coupons_count, b, before, a);
    const struct invoices credited = {f->credited, f->credited_count};
    bool *done = arena_array_of(a, bool, d->lines_count);
    enum err err = credit_lines(done, lines, d->lines_count, &credited, a, e);
    if (err == OK) err = assess_others(&x, lines, done, d->lines_count, &facts, a, e);
    d->lines = lines;
    d->discounts = x.discounts;
    d->discounts_count = x.discounts_count;
    d->taxes = x.taxes;
    d->taxes_count = x.taxes_count;
    d->note = x.note;
    if (err == OK) err = add_credited_taxes(d, done, &credited, a, e);
    return err == OK ? sum_document(d, e) : err;
}

/* What the credited invoices do not claim pays open ones, oldest first; the rest is the customer's credit. */
static enum err settle(struct invoice_finalized *d, const struct facts *f, struct arena *a, struct error *e)
{
    struct money left = money_negate(d->credit_applied);
    const struct invoices credited = {f->credited, f->credited_count};
    struct allocation *settles =
        arena_array_of(a, struct allocation, f->open_invoices_count + credited.count);
    enum err err = settle_credited(d, &left, &credited, a, e);
    for (size_t i = 0; i < d->recovers_count; i++) settles[d->settles_count++] = d->recovers[i];
    for (size_t i = 0; i < f->open_invoices_count && left.minor > 0 && err == OK; i++) {
        const struct invoice *v = &f->open_invoices[i];
        struct money open = {0};
        if (!money_same_currency(v->amount_due, left)) continue;
        err = invoice_owed(&open, v, e);
        struct money part = money_min(open, left);
        if (err != OK || part.minor <= 0) continue;
        settles[d->settles_count++] = (struct allocation){v->invoice, part};
        err = money_subtract(&left, left, part, e);
    }
    d->settles = settles;
    return err;
}

/* The customer's credit, as the documents made before this one leave it. */
static enum err credit_left(struct money *out, const struct facts *f, const struct documents *before,
                            const char *currency, struct error *e)
{
    enum err err = OK;
    *out = credit_balance(f->customer, currency);
    for (size_t i = 0; i < before->count && err == OK; i++) {
        struct money given = {0};
        if (!money_same_currency(before->items[i].total, *out)) continue;
        err = invoice_to_balance(&given, &before->items[i], e);
        if (err == OK) err = money_add(out, *out, given, e);
    }
    if (out->minor < 0) *out = money_of(0, currency);
    return err;
}

/* An invoice is paid by prepaid credit, then by what other credit the customer has; a credit note gives.
 * Either way amount_due = total + wallet_returned - wallet_applied - credit_applied. */
static enum err apply_credit(struct invoice_finalized *d, const struct wallet *w, const struct facts *f,
                             const struct documents *before, struct arena *a, struct error *e)
{
    const char *currency = d->total.currency;
    struct money have = {0}, left = {0};
    d->wallet_applied = money_of(0, currency);
    d->amount_due = money_of(0, currency);
    enum err err = asked_for(&d->credit_applied, d, e);
    if (err != OK) return err;
    if (d->kind == INVOICE_CREDIT_NOTE) return settle(d, f, a, e);
    left = d->credit_applied;
    err = wallet_pay(d, w->grants, w->count, a, e);
    if (err == OK) err = money_subtract(&left, left, d->wallet_applied, e);
    if (err == OK) err = credit_left(&have, f, before, currency, e);
    if (err != OK) return err;
    d->credit_applied = money_min(have, left);
    return money_subtract(&d->amount_due, left, d->credit_applied, e);
}

void number_document(struct invoice_finalized *d, const struct facts *f, const struct documents *before,
                     struct arena *a)
{
    const struct series *series = d->kind == INVOICE_INVOICE ? &f->invoice_series : &f->credit_note_series;
    uint64_t serial = series->last_serial + 1;
    for (size_t i = 0; i < before->count; i++) {
        if (before->items[i].kind == d->kind) serial++;
    }
    d->series = series->series;
    d->serial = serial;
    d->number = str_format(a, "%.*s-%06llu", STR_ARG(series->series), (unsigned long long)serial);
    d->invoice = f->counters.invoice + before->count;
}

/* Which lines are for a document: those of a currency; where it is parted, its credits that give back to
 * prepaid credit, or the others. */
struct selection {
    const char *currency;
    const struct invoice_finalized *parted; /* NULL: it is not */
    bool credits;
};

static bool is_selected(const struct selection *s, const struct line *l)
{
    bool credits = false;
    if (strcmp(l->amount.currency, s->currency) != 0) return false;
    if (s->parted == NULL) return true;
    for (size_t i = 0; i < s->parted->returns_count; i++)
        credits = credits || s->parted->returns[i].invoice == l->credits;
    return credits == s->credits;
}

/* A document with its sums, and with what of its credits goes back to prepaid credit. */
static enum err drawn_up(struct invoice_finalized *d, struct wallet *w, const struct bill *b,
                         const struct selection *s, const struct documents *before, struct arena *a,
                         struct error *e)
{
    const struct facts *f = b->facts;
    const struct invoices credited = {f->credited, f->credited_count};
    struct line *lines = arena_array_of(a, struct line, b->lines.count);
    *d = (struct invoice_finalized){.customer = b->customer,
                                    .run = b->run,
                                    .rule_version = BILLING_RULE_VERSION,
                                    .issue_date = b->issue_date,
                                    .buyer_version = f->customer->version,
                                    .seller_version = f->seller != NULL ? f->seller->version : 0};
    for (size_t i = 0; i < b->lines.count; i++) {
        if (is_selected(s, &b->lines.items[i])) lines[d->lines_count++] = b->lines.items[i];
    }
    if (d->lines_count > LIMIT_INVOICE_LINES) {
        return fail(e, ERR_LIMIT, "an invoice of %zu lines; at most %d are allowed", d->lines_count,
                    LIMIT_INVOICE_LINES);
    }
    *w = wallet_begin(f->grants, f->grants_count, f->payers, f->payers_count, a);
    enum err err = total_up(d, lines, b, before, a, e);
    for (size_t i = 0; i < before->count && err == OK; i++) err = wallet_note(w, &before->items[i], e);
    return err == OK ? return_to_wallet(d, w, &credited, a, e) : err;
}

static enum err add_selected(struct documents *out, bool *parts, const struct bill *b,
                             const struct selection *s, struct invoice_finalized *d, struct arena *a,
                             struct error *e)
{
    struct wallet w = {0};
    struct money asked = {0};
    enum err err = drawn_up(d, &w, b, s, out, a, e);
    if (err == OK) err = asked_for(&asked, d, e);
    if (err != OK) return err;
    d->kind = money_is_negative(d->total) ? INVOICE_CREDIT_NOTE : INVOICE_INVOICE;
    *parts = d->kind == INVOICE_CREDIT_NOTE && asked.minor > 0;
    if (*parts) return OK;
    d->due_date = b->issue_date;
    if (d->kind == INVOICE_INVOICE)
        d->due_date = date_is_given(b->due_date) ? b->due_date : terms_due(b->facts, b->issue_date);
    err = apply_credit(d, &w, b->facts, out, a, e);
    if (err != OK) return err;
    number_document(d, b->facts, out, a);
    out->items[out->count++] = *d;
    return OK;
}

/* The document of one currency. One that would give less than goes back to prepaid credit, and ask for the
 * difference, is parted: a credit note for what goes back, and an invoice of the rest. */
static enum err document_of(struct documents *out, const struct bill *b, const char *currency,
                            struct arena *a, struct error *e)
{
    struct selection s = {.currency = currency};
    struct invoice_finalized whole = {0}, part = {0};
    bool parts = false;
    enum err err = add_selected(out, &parts, b, &s, &whole, a, e);
    if (err != OK || !parts) return err;
    s = (struct selection){.currency = currency, .parted = &whole, .credits = true};
    err = add_selected(out, &parts, b, &s, &part, a, e);
    assert(err != OK || !parts);
    s.credits = false;
    if (err == OK) err = add_selected(out, &parts, b, &s, &part, a, e);
    assert(err != OK || !parts);
    return err;
}

static bool has_currency(const struct documents *d, const char *currency)
{
    for (size_t i = 0; i < d->count; i++) {
        if (strcmp(d->items[i].total.currency, currency) == 0) return true;
    }
    return false;
}

enum err documents_of(struct documents *out, const struct bill *b, struct arena *a, struct error *e)
{
    *out = (struct documents){.items = arena_array_of(a, struct invoice_finalized, b->lines.count)};
    for (size_t i = 0; i < b->lines.count; i++) {
        const char *currency = b->lines.items[i].amount.currency;
        if (has_currency(out, currency)) continue;
        enum err err = document_of(out, b, currency, a, e);
        if (err != OK) return err;
    }
    return OK;
}

static int64_t sum_of_taxes(const struct line *l)
{
    int64_t sum = 0;
    for (size_t i = 0; i < l->taxes_count; i++) sum += l->taxes[i].amount.minor;
    return sum;
}

/* What production trusts is what production checks: a document whose parts do not add up is never written. */
static void assert_adds_up(const struct invoice_finalized *d)
{
    int64_t sum = 0, discount = 0, tax = 0, coupons = 0, taxes = 0, settled = 0, prepaid = 0, back = 0;
    for (size_t i = 0; i < d->lines_count; i++) {
        const struct line *l = &d->lines[i];
        sum += l->amount.minor;
        discount += l->discount.minor;
        tax += l->tax.minor;
        assert(sum_of_taxes(l) == l->tax.minor);
    }
    for (size_t i = 0; i < d->discounts_count; i++) coupons += d->discounts[i].amount.minor;
    for (size_t i = 0; i < d->taxes_count; i++) taxes += d->taxes[i].amount.minor;
    for (size_t i = 0; i < d->settles_count; i++) settled += d->settles[i].amount.minor;
    for (size_t i = 0; i < d->covers_count; i++) settled += d->covers[i].amount.minor;
    for (size_t i = 0; i < d->wallet_count; i++) prepaid += d->wallet[i].amount.minor;
    for (size_t i = 0; i < d->returns_count; i++) back += d->returns[i].amount.minor;
    assert(sum == d->subtotal.minor);
    assert(discount == d->discount.minor);
    assert(coupons == d->discount.minor);
    assert(tax == d->tax.minor);
    assert(taxes == d->tax.minor);
    assert(sum - discount + tax == d->total.minor);
    assert(prepaid == d->wallet_applied.minor);
    assert(back == d->wallet_returned.minor);
    assert(d->total.minor + back - prepaid - d->credit_applied.minor == d->amount_due.minor);
    assert(d->amount_due.minor >= 0);
    assert(settled <= (d->total.minor < 0 ? -d->credit_applied.minor : 0));
}

enum err add_documents(struct decision *out, const struct facts *f, const struct documents *d,
                       struct arena *a, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < d->count && err == OK; i++) {
        assert_adds_up(&d->items[i]);
        struct event *ev = event_add(&out->events, EVENT_INVOICE_FINALIZED, a);
        ev->invoice_finalized = d->items[i];
        own_credits_link(&ev->invoice_finalized, a);
        err = convert_tax(&ev->invoice_finalized, f, a, e);
    }
    return err;
}

/* ---- items ---- */

enum err decide_invoice_add_item(struct decision *out, const struct facts *f,
                                 const struct invoice_add_item_command *c, struct arena *a, struct error *e)
{
    char currency[4] = "";
    struct money amount = {0};
    enum err err = need_customer(f, c->user, e);
    if (err == OK) err = currency_chosen(currency, c->currency, f->customer, e);
    if (err == OK) err = money_exact(&amount, c->amount, currency, "amount", a, e);
    if (err == OK) err = check_tax_code(f, c->tax_code, e);
    if (err != OK) return err;
    if (money_is_zero(amount)) return fail(e, ERR_INVALID, "amount: an item of nothing");
    err = item_fits(f, amount, e);
    if (err != OK) return err;
    struct event *ev = event_add(&out->events, EVENT_ITEM_ADDED, a);
    ev->item_added = (struct item_added){.item = f->counters.item, .customer = f->customer->customer};
    struct line *l = &ev->item_added.line;
    *l = (struct line){.item = f->counters.item, .kind = LINE_ITEM, .description = c->description};
    l->quantity = decimal_of(1);
    l->unit_price = c->amount;
    l->amount = amount;
    l->tax = money_zero(amount);
    l->tax_code = c->tax_code;
    l->tax_inclusive = c->tax_inclusive;
    return OK;
}
