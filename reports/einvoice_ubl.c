/* SPDX-License-Identifier: MIT */
/* einvoice_ubl.c - the record as OASIS UBL 2.1, Invoice or CreditNote, in the order that their schemas want
 * (CEN/TS 16931-3-2). */
#include "reports/einvoice.h"
#include "reports/einvoice_texts.h"

static void put_amount(struct xml *x, const char *name, struct money m)
{
    struct einvoice_text t = {0};
    xml_leaf_with(x, name, "currencyID", m.currency, einvoice_amount(&t, m));
}

static void put_date(struct xml *x, const char *name, struct date d)
{
    struct einvoice_text t = {0};
    xml_leaf(x, name, einvoice_date(&t, d));
}

static void put_nested(struct xml *x, const char *outer, const char *inner, struct str text)
{
    if (text.len == 0) return;
    xml_open(x, outer);
    xml_leaf(x, inner, text);
    xml_close(x);
}

static void put_period(struct xml *x, struct date first, struct date last)
{
    if (!date_is_given(first)) return;
    xml_open(x, "cac:InvoicePeriod");
    put_date(x, "cbc:StartDate", first);
    put_date(x, "cbc:EndDate", last);
    xml_close(x);
}

/* cac:TaxCategory and its namesakes. */
static void put_category(struct xml *x, const char *name, const struct einvoice_category *c,
                         const struct einvoice_tax *why)
{
    struct einvoice_text t = {0};
    xml_open(x, name);
    xml_leaf(x, "cbc:ID", c->code);
    if (!str_is(c->code, "O")) xml_leaf(x, "cbc:Percent", einvoice_decimal(&t, c->rate));
    if (why != NULL) {
        xml_leaf(x, "cbc:TaxExemptionReasonCode", why->reason_code);
        xml_leaf(x, "cbc:TaxExemptionReason", why->reason);
    }
    put_nested(x, "cac:TaxScheme", "cbc:ID", STR("VAT"));
    xml_close(x);
}

/* ---- head ---- */

static void put_head(struct xml *x, const struct einvoice *v)
{
    xml_leaf(x, "cbc:CustomizationID", STR("urn:cen.eu:en16931:2017"));
    xml_leaf(x, "cbc:ID", v->number);
    put_date(x, "cbc:IssueDate", v->issued);
    put_date(x, "cbc:DueDate", v->due);
    xml_leaf(x, v->credit_note ? "cbc:CreditNoteTypeCode" : "cbc:InvoiceTypeCode", str_of(v->type_code));
    for (size_t i = 0; i < v->notes_count; i++) xml_leaf(x, "cbc:Note", v->notes[i]);
    xml_leaf(x, "cbc:DocumentCurrencyCode", str_of(v->currency));
    if (money_is_given(v->sums.national_tax))
        xml_leaf(x, "cbc:TaxCurrencyCode", str_of(v->sums.national_tax.currency));
    put_period(x, v->first, v->last);
    for (size_t i = 0; i < v->preceding_count; i++) {
        xml_open(x, "cac:BillingReference");
        xml_open(x, "cac:InvoiceDocumentReference");
        xml_leaf(x, "cbc:ID", v->preceding[i].number);
        put_date(x, "cbc:IssueDate", v->preceding[i].date);
        xml_close(x);
        xml_close(x);
    }
}

/* ---- the parties ---- */

static void put_tax_scheme(struct xml *x, struct str id, struct str scheme)
{
    if (id.len == 0) return;
    xml_open(x, "cac:PartyTaxScheme");
    xml_leaf(x, "cbc:CompanyID", id);
    put_nested(x, "cac:TaxScheme", "cbc:ID", scheme);
    xml_close(x);
}

static void put_party(struct xml *x, const char *name, const struct einvoice_party *p)
{
    const struct party *l = p->location;
    xml_open(x, name);
    xml_open(x, "cac:Party");
    xml_leaf_with(x, "cbc:EndpointID", "schemeID", EINVOICE_EMAIL, p->email);
    put_nested(x, "cac:PartyIdentification", "cbc:ID", p->id);
    xml_open(x, "cac:PostalAddress");
    xml_leaf(x, "cbc:StreetName", l->street);
    xml_leaf(x, "cbc:AdditionalStreetName", l->street2);
    xml_leaf(x, "cbc:CityName", l->city);
    xml_leaf(x, "cbc:PostalZone", l->postal_code);
    xml_leaf(x, "cbc:CountrySubentity", l->region);
    put_nested(x, "cac:Country", "cbc:IdentificationCode", l->country);
    xml_close(x);
    put_tax_scheme(x, p->vat_id, STR("VAT"));
    put_tax_scheme(x, p->tax_id, STR("TAX"));
    xml_open(x, "cac:PartyLegalEntity");
    xml_leaf(x, "cbc:RegistrationName", p->name);
    xml_leaf(x, "cbc:CompanyID", p->legal_id);
    xml_leaf(x, "cbc:CompanyLegalForm", p->legal_text);
    xml_close(x);
    xml_close(x);
    xml_close(x);
}

static void put_delivery(struct xml *x, const struct einvoice *v)
{
    if (v->deliver_to.len == 0) return;
    xml_open(x, "cac:Delivery");
    put_date(x, "cbc:ActualDeliveryDate", v->delivered);
    xml_open(x, "cac:DeliveryLocation");
    xml_open(x, "cac:Address");
    put_nested(x, "cac:Country", "cbc:IdentificationCode", v->deliver_to);
    xml_close(x);
    xml_close(x);
    xml_close(x);
}

/* ---- payment, taxes, sums ---- */

static void put_payment(struct xml *x, const struct einvoice *v)
{
    const struct einvoice_payment *p = &v->payment;
    if (p->code != NULL) {
        xml_open(x, "cac:PaymentMeans");
        xml_leaf_with(x, "cbc:PaymentMeansCode", "name", p->words, str_of(p->code));
        xml_leaf(x, "cbc:PaymentID", v->number);
        if (p->iban.len > 0) {
            xml_open(x, "cac:PayeeFinancialAccount");
            xml_leaf(x, "cbc:ID", p->iban);
            xml_leaf(x, "cbc:Name", p->holder);
            put_nested(x, "cac:FinancialInstitutionBranch", "cbc:ID", p->bic);
            xml_close(x);
        }
        xml_close(x);
    }
    put_nested(x, "cac:PaymentTerms", "cbc:Note", v->terms);
}

static void put_allowance(struct xml *x, const struct einvoice_allowance *w)
{
    xml_open(x, "cac:AllowanceCharge");
    xml_leaf(x, "cbc:ChargeIndicator", w->charge ? STR("true") : STR("false"));
    xml_leaf(x, "cbc:AllowanceChargeReason", w->reason);
    put_amount(x, "cbc:Amount", w->amount);
    put_category(x, "cac:TaxCategory", &w->category, NULL);
    xml_close(x);
}

static void put_taxes(struct xml *x, const struct einvoice *v)
{
    xml_open(x, "cac:TaxTotal");
    put_amount(x, "cbc:TaxAmount", v->sums.tax);
    for (size_t i = 0; i < v->taxes_count; i++) {
        const struct einvoice_tax *tax = &v->taxes[i];
        xml_open(x, "cac:TaxSubtotal");
        put_amount(x, "cbc:TaxableAmount", tax->base);
        put_amount(x, "cbc:TaxAmount", tax->tax);
        put_category(x, "cac:TaxCategory", &tax->category, tax);
        xml_close(x);
    }
    xml_close(x);
    if (!money_is_given(v->sums.national_tax)) return;
    xml_open(x, "cac:TaxTotal");
    put_amount(x, "cbc:TaxAmount", v->sums.national_tax);
    xml_close(x);
}

static void put_sums(struct xml *x, const struct einvoice_sums *s)
{
    xml_open(x, "cac:LegalMonetaryTotal");
    put_amount(x, "cbc:LineExtensionAmount", s->lines);
    put_amount(x, "cbc:TaxExclusiveAmount", s->net);
    put_amount(x, "cbc:TaxInclusiveAmount", s->total);
    put_amount(x, "cbc:AllowanceTotalAmount", s->allowances);
    put_amount(x, "cbc:ChargeTotalAmount", s->charges);
    put_amount(x, "cbc:PrepaidAmount", s->paid);
    put_amount(x, "cbc:PayableAmount", s->due);
    xml_close(x);
}

/* ---- lines ---- */

static void put_line(struct xml *x, const struct einvoice *v, size_t place)
{
    struct einvoice_text t = {0};
    const struct einvoice_line *l = &v->lines[place];
    xml_open(x, v->credit_note ? "cac:CreditNoteLine" : "cac:InvoiceLine");
    xml_leaf(x, "cbc:ID", einvoice_count(&t, place + 1));
    xml_leaf_with(x, v->credit_note ? "cbc:CreditedQuantity" : "cbc:InvoicedQuantity", "unitCode",
                  EINVOICE_UNIT, einvoice_decimal(&t, l->quantity));
    put_amount(x, "cbc:LineExtensionAmount", l->net);
    put_period(x, l->first, l->last);
    xml_open(x, "cac:Item");
    xml_leaf(x, "cbc:Name", l->name);
    put_nested(x, "cac:SellersItemIdentification", "cbc:ID", l->item);
    put_category(x, "cac:ClassifiedTaxCategory", &l->category, NULL);
    xml_close(x);
    xml_open(x, "cac:Price");
    xml_leaf_with(x, "cbc:PriceAmount", "currencyID", v->currency, einvoice_decimal(&t, l->price));
    if (decimal_compare(l->base_quantity, decimal_of(1)) != 0)
        xml_leaf_with(x, "cbc:BaseQuantity", "unitCode", EINVOICE_UNIT,
                      einvoice_decimal(&t, l->base_quantity));
    xml_close(x);
    xml_close(x);
}

enum err einvoice_ubl(struct buffer *out, const struct einvoice *v, struct error *e)
{
    struct xml x;
    xml_begin(&x);
    xml_open(&x, v->credit_note ? "CreditNote" : "Invoice");
    xml_attribute(&x, "xmlns",
                  v->credit_note ? "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
                                 : "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2");
    xml_attribute(&x, "xmlns:cac",
                  "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2");
    xml_attribute(&x, "xmlns:cbc", "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2");
    put_head(&x, v);
    put_party(&x, "cac:AccountingSupplierParty", &v->seller);
    put_party(&x, "cac:AccountingCustomerParty", &v->buyer);
    put_delivery(&x, v);
    put_payment(&x, v);
    for (size_t i = 0; i < v->allowances_count; i++) put_allowance(&x, &v->allowances[i]);
    put_taxes(&x, v);
    put_sums(&x, &v->sums);
    for (size_t i = 0; i < v->lines_count; i++) put_line(&x, v, i);
    xml_close(&x);
    return xml_end(out, &x, e);
}
