/* SPDX-License-Identifier: MIT */
/* einvoice.c - from a document to what EN 16931 says of it. What the standard demands and the document does
 * not have is refused here, with its term; nothing is made up. */
#include "reports/einvoice_taxes.h"
#include "reports/phrases.h"

/* UNTDID 1001 and 4461. */
#define TYPE_INVOICE          "380"
#define TYPE_CREDIT_NOTE      "381"
#define MEANS_CREDIT_TRANSFER "30"
#define MEANS_SEPA_TRANSFER   "58"
#define MEANS_ONLINE          "68"

enum { DECIMALS_MAX = 2 }; /* of every amount, BR-DEC-01 and the like */

/* ---- the parties ---- */

static enum err need(struct str text, const char *what, const char *term, struct error *e)
{
    if (text.len > 0 && !str_is(text, ERASED_TEXT)) return OK;
    return fail(e, ERR_REFUSED, "%s is missing (%s)", what, term);
}

static struct einvoice_party party_of(const struct party *p, struct str name, struct arena *a)
{
    struct einvoice_party out = {.name = name, .location = p};
    if (p->tax_id.len > 0) out.vat_id = vat_number(a, p->tax_id, p->country);
    if (out.vat_id.len == 0) out.legal_id = p->tax_id;
    if (!str_is(p->email, ERASED_TEXT)) out.email = p->email;
    return out;
}

static enum err add_seller(struct einvoice *out, const struct invoice_document *d, struct arena *a,
                           struct error *e)
{
    if (d->seller == NULL) return fail(e, ERR_REFUSED, "no seller is set (BG-4)");
    const struct party *p = &d->seller->party;
    out->seller = party_of(p, p->name, a);
    out->seller.tax_id = out->seller.legal_id;
    out->seller.legal_text = d->seller->registration;
    enum err err = need(p->name, "the seller's name", "BT-27", e);
    if (err == OK) err = need(p->street.len > 0 ? p->street : p->city, "the seller's address", "BG-5", e);
    if (err == OK) err = need(p->country, "the seller's country", "BT-40", e);
    return err == OK ? need(p->tax_id, "the seller's tax id", "BT-31", e) : err;
}

static enum err add_buyer(struct einvoice *out, const struct invoice_document *d, struct arena *a,
                          struct error *e)
{
    const struct customer *c = d->buyer;
    out->buyer = party_of(&c->party, c->party.name.len > 0 ? c->party.name : c->user, a);
    out->buyer.id = c->user;
    enum err err = need(out->buyer.name, "the customer's name", "BT-44", e);
    return err == OK ? need(c->party.country, "the customer's country", "BT-55", e) : err;
}

/* What the categories want of the parties: BR-O-02, BR-IC-02, BR-AE-02, BR-G-02. */
static enum err fit_parties(struct einvoice *v, struct error *e)
{
    struct einvoice_party *seller = &v->seller, *buyer = &v->buyer;
    if (einvoice_has_category(v, "O")) {
        seller->legal_id = seller->location->tax_id;
        seller->vat_id = seller->tax_id = buyer->vat_id = STR_NONE;
        return OK;
    }
    enum err err = OK;
    if (einvoice_has_category(v, "K") || einvoice_has_category(v, "G"))
        err = need(seller->vat_id, "the seller's VAT number", "BT-31", e);
    if (err == OK && einvoice_has_category(v, "K"))
        err = need(buyer->vat_id, "the customer's VAT number", "BT-48", e);
    if (err == OK && einvoice_has_category(v, "AE"))
        err = need(buyer->location->tax_id, "the customer's tax id", "BT-48", e);
    return err;
}

/* ---- lines ---- */

static struct date last_day(struct date from, struct date to)
{
    struct date last = date_add_days(to, -1);
    return date_compare(last, from) < 0 ? from : last;
}

static void add_period(struct einvoice *v, struct einvoice_line *to, const struct line *l)
{
    if (!date_is_given(l->from) || !date_is_given(l->to)) return;
    to->first = l->from;
    to->last = last_day(l->from, l->to);
    if (!date_is_given(v->first) || date_compare(to->first, v->first) < 0) v->first = to->first;
    if (!date_is_given(v->last) || date_compare(to->last, v->last) > 0) v->last = to->last;
}

static struct decimal absolute(struct decimal d)
{
    return decimal_is_negative(d) ? decimal_make(-d.coefficient, d.scale) : d;
}

/* The price of one, where quantity times price is what the line comes to. Where it is not, as with tiers, a
 * part of a period or a price that holds its tax, the price is of the whole quantity: that is exact too. */
static void set_price(struct einvoice_line *to, const struct line *l)
{
    struct money amount = to->net, product = {0};
    struct error unused = {0};
    bool gives_back = money_is_negative(amount);
    if (gives_back) amount = money_negate(amount);
    struct decimal one = decimal_of(1), quantity = absolute(l->quantity), price = absolute(l->unit_price);
    if (decimal_is_zero(quantity)) quantity = one;
    bool fits = !l->tax_inclusive &&
                money_multiply(&product, price, quantity, amount.currency, &unused) == OK &&
                money_compare(product, amount) == 0;
    to->price = fits ? price : money_decimal(amount);
    to->base_quantity = fits ? one : quantity;
    to->quantity = gives_back ? decimal_make(-quantity.coefficient, quantity.scale) : quantity;
}

/* As the page says it. */
static struct str name_of(const struct speech *s, struct arena *a, const struct line *l)
{
    bool changed = false;
    if (l->description.len > 0) return description_words(s, a, l, &changed);
    return l->product.len > 0 ? l->product : l->usage_type.len > 0 ? l->usage_type : say(s, TEXT_ITEM);
}

static enum err add_lines(struct einvoice *out, const struct invoice_document *d, struct arena *a,
                          struct error *e)
{
    const struct invoice *v = d->invoice;
    const struct speech *s = speech_of(d->buyer->locale);
    enum err err = OK;
    out->lines = arena_array_of(a, struct einvoice_line, v->lines_count);
    out->lines_count = v->lines_count;
    for (size_t i = 0; i < v->lines_count && err == OK; i++) {
        const struct line *l = &v->lines[i];
        struct einvoice_line *to = &out->lines[i];
        to->name = name_of(s, a, l);
        to->item = l->product.len > 0 ? l->product : l->usage_type;
        to->net = out->credit_note ? money_negate(l->amount) : l->amount;
        set_price(to, l);
        add_period(out, to, l);
        err = money_add(&out->sums.lines, out->sums.lines, to->net, e);
    }
    return err;
}

/* ---- sums ---- */

static void check_decimals(bool *fits, struct money m)
{
    int64_t unit = 1;
    for (int i = currency_decimals(m.currency); i > DECIMALS_MAX; i--) unit *= 10;
    *fits = *fits && m.minor % unit == 0;
}

/* The standard's amounts have two decimals at most; one that has three cannot be told, and a rounded one
 * would be another invoice than the page. */
static enum err fit_decimals(const struct einvoice *v, struct error *e)
{
    bool fits = true;
    const struct einvoice_sums *s = &v->sums;
    const struct money sums[] = {s->lines, s->allowances, s->charges, s->net,         s->tax,
                                 s->total, s->paid,       s->due,     s->national_tax};
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) check_decimals(&fits, sums[i]);
    for (size_t i = 0; i < v->lines_count; i++) check_decimals(&fits, v->lines[i].net);
    for (size_t i = 0; i < v->allowances_count; i++) check_decimals(&fits, v->allowances[i].amount);
    for (size_t i = 0; i < v->taxes_count; i++) {
        check_decimals(&fits, v->taxes[i].base);
        check_decimals(&fits, v->taxes[i].tax);
    }
    return fits ? OK
                : fail(e, ERR_REFUSED, "an amount in %s has three decimals, and two are allowed (BR-DEC)",
                       v->currency);
}

/* At issue: what credit of any kind had paid, less what its credits gave back to prepaid credit. Of a credit
 * note, what went back there. */
static enum err add_sums(struct einvoice *out, const struct invoice *v, struct error *e)
{
    struct einvoice_sums *s = &out->sums;
    s->net = net_of(v->subtotal, v->discount);
    s->tax = v->tax;
    s->total = v->total;
    s->due = v->amount_due;
    s->national_tax = v->national.tax;
    if (out->credit_note) {
        s->net = money_negate(s->net);
        s->tax = money_negate(s->tax);
        s->total = money_negate(s->total);
        s->due = money_negate(v->credit_applied);
        s->national_tax = money_negate(s->national_tax);
    }
    return money_subtract(&s->paid, s->total, s->due, e);
}

/* ---- how it is paid, and what else it says ---- */

static void add_payment(struct einvoice *out, const struct invoice_document *d)
{
    const struct speech *s = speech_of(d->buyer->locale);
    if (out->credit_note) {
        out->terms = say(s, TEXT_NOTHING_TO_PAY);
        return;
    }
    out->terms = terms_words(s, d->seller);
    /* Which card that is, is not told: its number may be renewed, and the document may not change. */
    if (d->collected) {
        out->payment =
            (struct einvoice_payment){.code = MEANS_ONLINE, .words = say(s, TEXT_COLLECTED_SHORT).ptr};
    } else if (d->seller->iban.len > 0) {
        bool sepa = str_is(str_of(out->currency), "EUR");
        out->payment = (struct einvoice_payment){.code = sepa ? MEANS_SEPA_TRANSFER : MEANS_CREDIT_TRANSFER,
                                                 .iban = d->seller->iban,
                                                 .holder = d->seller->account_holder,
                                                 .bic = d->seller->bic};
        if (out->payment.holder.len == 0) out->payment.holder = d->seller->party.name;
    }
}

static void add_note(struct einvoice *out, struct str text)
{
    if (text.len > 0) out->notes[out->notes_count++] = text;
}

static void add_notes(struct einvoice *out, const struct invoice_document *d, struct arena *a)
{
    const struct speech *s = speech_of(d->buyer->locale);
    if (out->credit_note) add_note(out, d->invoice->reason);
    add_note(out, notes_words(s, a, d->invoice));
    if (d->simulated_gateway)
        add_note(out, str_format(a, "%.*s: %.*s", STR_ARG(say(s, TEXT_SIMULATOR)),
                                 STR_ARG(say(s, TEXT_SIMULATOR_HELP))));
}

/* What an intra-Community supply must tell: BR-IC-11 and BR-IC-12. */
static void add_delivery(struct einvoice *v)
{
    if (!einvoice_has_category(v, "K")) return;
    v->deliver_to = v->buyer.location->country;
    if (!date_is_given(v->first)) v->delivered = v->issued;
}

static struct einvoice head_of(const struct invoice_document *d)
{
    const struct invoice *v = d->invoice;
    bool credit_note = v->kind == INVOICE_CREDIT_NOTE;
    struct money zero = money_zero(v->total);
    return (struct einvoice){.credit_note = credit_note,
                             .number = v->number,
                             .type_code = credit_note ? TYPE_CREDIT_NOTE : TYPE_INVOICE,
                             .currency = v->total.currency,
                             .issued = v->issue_date,
                             .due = credit_note ? (struct date){0} : v->due_date,
                             .preceding = d->preceding,
                             .preceding_count = d->preceding_count,
                             .sums = {.lines = zero, .allowances = zero, .charges = zero}};
}

enum err einvoice_make(struct einvoice *out, const struct invoice_document *d, struct arena *a,
                       struct error *e)
{
    *out = head_of(d);
    enum err err = need(d->invoice->number, "the number", "BT-1", e);
    if (err == OK) err = add_seller(out, d, a, e);
    if (err == OK) err = add_buyer(out, d, a, e);
    if (err == OK) err = add_lines(out, d, a, e);
    if (err == OK) err = einvoice_tax(out, d, a, e);
    if (err == OK) err = fit_parties(out, e);
    if (err == OK) err = add_sums(out, d->invoice, e);
    if (err == OK) err = fit_decimals(out, e);
    if (err != OK) return wrap(e, "%.*s is no invoice by EN 16931", STR_ARG(d->invoice->number));
    add_payment(out, d);
    add_notes(out, d, a);
    add_delivery(out);
    return OK;
}

enum err einvoice_attachment(struct bytes *out, const struct invoice_document *d, struct arena *a,
                             struct error *e)
{
    struct einvoice v = {0};
    struct buffer xml = {.arena = a};
    struct error why = {0};
    *out = (struct bytes){0};
    enum err err = einvoice_make(&v, d, a, &why);
    if (err == ERR_REFUSED) return OK;
    if (err != OK) {
        *e = why;
        return err;
    }
    err = einvoice_cii(&xml, &v, e);
    if (err == OK) *out = (struct bytes){xml.ptr, xml.len};
    return err;
}
