/* SPDX-License-Identifier: MIT */
/* einvoice_cii.c - the record as UN/CEFACT Cross Industry Invoice D16B, in the order that its schema wants
 * (CEN/TS 16931-3-3; Factur-X 1.0, profile EN 16931). */
#include "reports/einvoice.h"
#include "reports/einvoice_texts.h"

static void put_amount(struct xml *x, const char *name, struct money m)
{
    struct einvoice_text t = {0};
    xml_leaf(x, name, einvoice_amount(&t, m));
}

/* <open><udt:DateTimeString format="102">20250131</…></open> */
static void put_date_as(struct xml *x, const char *name, const char *type, struct date d)
{
    struct einvoice_text t = {0};
    if (!date_is_given(d)) return;
    xml_open(x, name);
    xml_leaf_with(x, type, "format", "102", einvoice_plain_date(&t, d));
    xml_close(x);
}

static void put_date(struct xml *x, const char *name, struct date d)
{
    put_date_as(x, name, "udt:DateTimeString", d);
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
    xml_open(x, "ram:BillingSpecifiedPeriod");
    put_date(x, "ram:StartDateTime", first);
    put_date(x, "ram:EndDateTime", last);
    xml_close(x);
}

static void put_rate(struct xml *x, const struct einvoice_category *c)
{
    struct einvoice_text t = {0};
    if (!str_is(c->code, "O")) xml_leaf(x, "ram:RateApplicablePercent", einvoice_decimal(&t, c->rate));
}

/* ---- context and document ---- */

static void put_document(struct xml *x, const struct einvoice *v)
{
    xml_open(x, "rsm:ExchangedDocumentContext");
    put_nested(x, "ram:GuidelineSpecifiedDocumentContextParameter", "ram:ID", STR("urn:cen.eu:en16931:2017"));
    xml_close(x);
    xml_open(x, "rsm:ExchangedDocument");
    xml_leaf(x, "ram:ID", v->number);
    xml_leaf(x, "ram:TypeCode", str_of(v->type_code));
    put_date(x, "ram:IssueDateTime", v->issued);
    for (size_t i = 0; i < v->notes_count; i++) put_nested(x, "ram:IncludedNote", "ram:Content", v->notes[i]);
    xml_close(x);
}

/* ---- lines ---- */

static void put_price(struct xml *x, const struct einvoice_line *l)
{
    struct einvoice_text t = {0};
    xml_open(x, "ram:SpecifiedLineTradeAgreement");
    xml_open(x, "ram:NetPriceProductTradePrice");
    xml_leaf(x, "ram:ChargeAmount", einvoice_decimal(&t, l->price));
    if (decimal_compare(l->base_quantity, decimal_of(1)) != 0)
        xml_leaf_with(x, "ram:BasisQuantity", "unitCode", EINVOICE_UNIT,
                      einvoice_decimal(&t, l->base_quantity));
    xml_close(x);
    xml_close(x);
}

static void put_line(struct xml *x, const struct einvoice_line *l, size_t place)
{
    struct einvoice_text t = {0};
    xml_open(x, "ram:IncludedSupplyChainTradeLineItem");
    put_nested(x, "ram:AssociatedDocumentLineDocument", "ram:LineID", einvoice_count(&t, place + 1));
    xml_open(x, "ram:SpecifiedTradeProduct");
    xml_leaf(x, "ram:SellerAssignedID", l->item);
    xml_leaf(x, "ram:Name", l->name);
    xml_close(x);
    put_price(x, l);
    xml_open(x, "ram:SpecifiedLineTradeDelivery");
    xml_leaf_with(x, "ram:BilledQuantity", "unitCode", EINVOICE_UNIT, einvoice_decimal(&t, l->quantity));
    xml_close(x);
    xml_open(x, "ram:SpecifiedLineTradeSettlement");
    xml_open(x, "ram:ApplicableTradeTax");
    xml_leaf(x, "ram:TypeCode", STR("VAT"));
    xml_leaf(x, "ram:CategoryCode", l->category.code);
    put_rate(x, &l->category);
    xml_close(x);
    put_period(x, l->first, l->last);
    xml_open(x, "ram:SpecifiedTradeSettlementLineMonetarySummation");
    put_amount(x, "ram:LineTotalAmount", l->net);
    xml_close(x);
    xml_close(x);
    xml_close(x);
}

/* ---- the parties ---- */

static void put_party(struct xml *x, const char *name, const struct einvoice_party *p)
{
    const struct party *l = p->location;
    xml_open(x, name);
    xml_leaf(x, "ram:ID", p->id);
    xml_leaf(x, "ram:Name", p->name);
    xml_leaf(x, "ram:Description", p->legal_text);
    put_nested(x, "ram:SpecifiedLegalOrganization", "ram:ID", p->legal_id);
    xml_open(x, "ram:PostalTradeAddress");
    xml_leaf(x, "ram:PostcodeCode", l->postal_code);
    xml_leaf(x, "ram:LineOne", l->street);
    xml_leaf(x, "ram:LineTwo", l->street2);
    xml_leaf(x, "ram:CityName", l->city);
    xml_leaf(x, "ram:CountryID", l->country);
    xml_leaf(x, "ram:CountrySubDivisionName", l->region);
    xml_close(x);
    if (p->email.len > 0) {
        xml_open(x, "ram:URIUniversalCommunication");
        xml_leaf_with(x, "ram:URIID", "schemeID", EINVOICE_EMAIL, p->email);
        xml_close(x);
    }
    const struct {
        const char *scheme;
        struct str id;
    } registrations[] = {{"FC", p->tax_id}, {"VA", p->vat_id}};
    for (size_t i = 0; i < sizeof registrations / sizeof registrations[0]; i++) {
        if (registrations[i].id.len == 0) continue;
        xml_open(x, "ram:SpecifiedTaxRegistration");
        xml_leaf_with(x, "ram:ID", "schemeID", registrations[i].scheme, registrations[i].id);
        xml_close(x);
    }
    xml_close(x);
}

static void put_agreement_and_delivery(struct xml *x, const struct einvoice *v)
{
    xml_open(x, "ram:ApplicableHeaderTradeAgreement");
    put_party(x, "ram:SellerTradeParty", &v->seller);
    put_party(x, "ram:BuyerTradeParty", &v->buyer);
    xml_close(x);
    xml_open(x, "ram:ApplicableHeaderTradeDelivery");
    if (v->deliver_to.len > 0) {
        xml_open(x, "ram:ShipToTradeParty");
        put_nested(x, "ram:PostalTradeAddress", "ram:CountryID", v->deliver_to);
        xml_close(x);
    }
    if (date_is_given(v->delivered)) {
        xml_open(x, "ram:ActualDeliverySupplyChainEvent");
        put_date(x, "ram:OccurrenceDateTime", v->delivered);
        xml_close(x);
    }
    xml_close(x);
}

/* ---- settlement ---- */

static void put_payment(struct xml *x, const struct einvoice_payment *p)
{
    if (p->code == NULL) return;
    xml_open(x, "ram:SpecifiedTradeSettlementPaymentMeans");
    xml_leaf(x, "ram:TypeCode", str_of(p->code));
    xml_leaf(x, "ram:Information", str_of(p->words));
    if (p->iban.len > 0) {
        xml_open(x, "ram:PayeePartyCreditorFinancialAccount");
        xml_leaf(x, "ram:IBANID", p->iban);
        xml_leaf(x, "ram:AccountName", p->holder);
        xml_close(x);
        put_nested(x, "ram:PayeeSpecifiedCreditorFinancialInstitution", "ram:BICID", p->bic);
    }
    xml_close(x);
}

static void put_tax(struct xml *x, const struct einvoice_tax *tax)
{
    xml_open(x, "ram:ApplicableTradeTax");
    put_amount(x, "ram:CalculatedAmount", tax->tax);
    xml_leaf(x, "ram:TypeCode", STR("VAT"));
    xml_leaf(x, "ram:ExemptionReason", tax->reason);
    put_amount(x, "ram:BasisAmount", tax->base);
    xml_leaf(x, "ram:CategoryCode", tax->category.code);
    xml_leaf(x, "ram:ExemptionReasonCode", tax->reason_code);
    put_rate(x, &tax->category);
    xml_close(x);
}

static void put_allowance(struct xml *x, const struct einvoice_allowance *w)
{
    xml_open(x, "ram:SpecifiedTradeAllowanceCharge");
    put_nested(x, "ram:ChargeIndicator", "udt:Indicator", w->charge ? STR("true") : STR("false"));
    put_amount(x, "ram:ActualAmount", w->amount);
    xml_leaf(x, "ram:Reason", w->reason);
    xml_open(x, "ram:CategoryTradeTax");
    xml_leaf(x, "ram:TypeCode", STR("VAT"));
    xml_leaf(x, "ram:CategoryCode", w->category.code);
    put_rate(x, &w->category);
    xml_close(x);
    xml_close(x);
}

static void put_tax_total(struct xml *x, struct money m)
{
    struct einvoice_text t = {0};
    if (money_is_given(m))
        xml_leaf_with(x, "ram:TaxTotalAmount", "currencyID", m.currency, einvoice_amount(&t, m));
}

static void put_sums(struct xml *x, const struct einvoice_sums *s)
{
    xml_open(x, "ram:SpecifiedTradeSettlementHeaderMonetarySummation");
    put_amount(x, "ram:LineTotalAmount", s->lines);
    put_amount(x, "ram:ChargeTotalAmount", s->charges);
    put_amount(x, "ram:AllowanceTotalAmount", s->allowances);
    put_amount(x, "ram:TaxBasisTotalAmount", s->net);
    put_tax_total(x, s->tax);
    put_tax_total(x, s->national_tax);
    put_amount(x, "ram:GrandTotalAmount", s->total);
    put_amount(x, "ram:TotalPrepaidAmount", s->paid);
    put_amount(x, "ram:DuePayableAmount", s->due);
    xml_close(x);
}

static void put_terms(struct xml *x, const struct einvoice *v)
{
    if (v->terms.len == 0 && !date_is_given(v->due)) return;
    xml_open(x, "ram:SpecifiedTradePaymentTerms");
    xml_leaf(x, "ram:Description", v->terms);
    put_date(x, "ram:DueDateDateTime", v->due);
    xml_close(x);
}

static void put_settlement(struct xml *x, const struct einvoice *v)
{
    xml_open(x, "ram:ApplicableHeaderTradeSettlement");
    xml_leaf(x, "ram:PaymentReference", v->credit_note ? STR_NONE : v->number);
    if (money_is_given(v->sums.national_tax))
        xml_leaf(x, "ram:TaxCurrencyCode", str_of(v->sums.national_tax.currency));
    xml_leaf(x, "ram:InvoiceCurrencyCode", str_of(v->currency));
    put_payment(x, &v->payment);
    for (size_t i = 0; i < v->taxes_count; i++) put_tax(x, &v->taxes[i]);
    put_period(x, v->first, v->last);
    for (size_t i = 0; i < v->allowances_count; i++) put_allowance(x, &v->allowances[i]);
    put_terms(x, v);
    put_sums(x, &v->sums);
    for (size_t i = 0; i < v->preceding_count; i++) {
        xml_open(x, "ram:InvoiceReferencedDocument");
        xml_leaf(x, "ram:IssuerAssignedID", v->preceding[i].number);
        put_date_as(x, "ram:FormattedIssueDateTime", "qdt:DateTimeString", v->preceding[i].date);
        xml_close(x);
    }
    xml_close(x);
}

enum err einvoice_cii(struct buffer *out, const struct einvoice *v, struct error *e)
{
    struct xml x;
    xml_begin(&x);
    xml_open(&x, "rsm:CrossIndustryInvoice");
    xml_attribute(&x, "xmlns:rsm", "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100");
    xml_attribute(&x, "xmlns:ram",
                  "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100");
    xml_attribute(&x, "xmlns:qdt", "urn:un:unece:uncefact:data:standard:QualifiedDataType:100");
    xml_attribute(&x, "xmlns:udt", "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100");
    put_document(&x, v);
    xml_open(&x, "rsm:SupplyChainTradeTransaction");
    for (size_t i = 0; i < v->lines_count; i++) put_line(&x, &v->lines[i], i);
    put_agreement_and_delivery(&x, v);
    put_settlement(&x, v);
    xml_close(&x);
    xml_close(&x);
    return xml_end(out, &x, e);
}
