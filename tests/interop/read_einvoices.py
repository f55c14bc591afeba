#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""read_einvoices.py DAYBOOK FOLDER - reads each NUMBER.cii.xml and NUMBER.ubl.xml by the terms of EN 16931 and compares them with each
other, and with what `invoice show` says. It computes totals anew from the lines, and each line from quantity and price."""
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as tree
from decimal import Decimal as D, ROUND_HALF_UP

CII = {"ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
       "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
       "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
       "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"}
UBL = {"cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
       "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"}


def text(node, path, names):
    found = node.find(path, names)
    return None if found is None else found.text


def iso(plain):
    return plain and f"{plain[:4]}-{plain[4:6]}-{plain[6:]}"


def read_cii(path):
    root = tree.parse(path).getroot()
    t = lambda p, n=root: text(n, p, CII)
    head = ".//ram:ApplicableHeaderTradeSettlement"
    sums = f"{head}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
    seller, buyer = ".//ram:SellerTradeParty", ".//ram:BuyerTradeParty"
    out = {"BT-1": t("rsm:ExchangedDocument/ram:ID"), "BT-3": t("rsm:ExchangedDocument/ram:TypeCode"),
           "BT-2": iso(t("rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString")),
           "BT-5": t(f"{head}/ram:InvoiceCurrencyCode"), "BT-6": t(f"{head}/ram:TaxCurrencyCode"),
           "BT-9": iso(t(f"{head}/ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString")),
           "BT-20": t(f"{head}/ram:SpecifiedTradePaymentTerms/ram:Description"),
           "BT-22": [n.text for n in root.findall("rsm:ExchangedDocument/ram:IncludedNote/ram:Content", CII)],
           "BG-3": [(t("ram:IssuerAssignedID", n), iso(t("ram:FormattedIssueDateTime/qdt:DateTimeString", n)))
                    for n in root.findall(f"{head}/ram:InvoiceReferencedDocument", CII)],
           "BT-27": t(f"{seller}/ram:Name"), "BT-44": t(f"{buyer}/ram:Name"),
           "BT-31": t(f"{seller}/ram:SpecifiedTaxRegistration/ram:ID[@schemeID='VA']"),
           "BT-48": t(f"{buyer}/ram:SpecifiedTaxRegistration/ram:ID[@schemeID='VA']"),
           "BT-40": t(f"{seller}/ram:PostalTradeAddress/ram:CountryID"),
           "BT-55": t(f"{buyer}/ram:PostalTradeAddress/ram:CountryID"),
           "BT-81": t(f"{head}/ram:SpecifiedTradeSettlementPaymentMeans/ram:TypeCode"),
           "BT-84": t(f"{head}/ram:SpecifiedTradeSettlementPaymentMeans/ram:PayeePartyCreditorFinancialAccount/ram:IBANID"),
           "BT-33": t(f"{seller}/ram:Description"),
           "BG-14": tuple(iso(t(f"{head}/ram:BillingSpecifiedPeriod/ram:{w}DateTime/udt:DateTimeString")) for w in ("Start", "End"))}
    for term, name in {"BT-106": "LineTotal", "BT-107": "AllowanceTotal", "BT-108": "ChargeTotal", "BT-109": "TaxBasisTotal",
                       "BT-112": "GrandTotal", "BT-113": "TotalPrepaid", "BT-115": "DuePayable"}.items():
        out[term] = D(t(f"{sums}/ram:{name}Amount"))
    totals = root.findall(f"{sums}/ram:TaxTotalAmount", CII)
    out["BT-110"] = D(totals[0].text)
    out["BT-111"] = (totals[1].get("currencyID"), D(totals[1].text)) if len(totals) > 1 else None
    out["BG-20"] = [(t("ram:ChargeIndicator/udt:Indicator", n), D(t("ram:ActualAmount", n)), t("ram:Reason", n),
                     t("ram:CategoryTradeTax/ram:CategoryCode", n), t("ram:CategoryTradeTax/ram:RateApplicablePercent", n))
                    for n in root.findall(f"{head}/ram:SpecifiedTradeAllowanceCharge", CII)]
    out["BG-23"] = [(t("ram:CategoryCode", n), t("ram:RateApplicablePercent", n), D(t("ram:BasisAmount", n)),
                     D(t("ram:CalculatedAmount", n)), t("ram:ExemptionReason", n), t("ram:ExemptionReasonCode", n))
                    for n in root.findall(f"{head}/ram:ApplicableTradeTax", CII)]
    out["BG-25"] = []
    for n in root.findall(".//ram:IncludedSupplyChainTradeLineItem", CII):
        s = "ram:SpecifiedLineTradeSettlement"
        price = "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice"
        out["BG-25"].append((t("ram:SpecifiedTradeProduct/ram:Name", n), D(t("ram:SpecifiedLineTradeDelivery/ram:BilledQuantity", n)),
                             D(t(f"{price}/ram:ChargeAmount", n)), D(t(f"{price}/ram:BasisQuantity", n) or 1),
                             D(t(f"{s}/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount", n)),
                             t(f"{s}/ram:ApplicableTradeTax/ram:CategoryCode", n), t(f"{s}/ram:ApplicableTradeTax/ram:RateApplicablePercent", n),
                             tuple(iso(t(f"{s}/ram:BillingSpecifiedPeriod/ram:{w}DateTime/udt:DateTimeString", n)) for w in ("Start", "End"))))
    return out


def read_ubl(path):
    root = tree.parse(path).getroot()
    t = lambda p, n=root: text(n, p, UBL)
    credit = root.tag.endswith("}CreditNote")
    seller, buyer = "cac:AccountingSupplierParty/cac:Party", "cac:AccountingCustomerParty/cac:Party"
    totals = root.findall("cac:TaxTotal", UBL)
    out = {"BT-1": t("cbc:ID"), "BT-3": t("cbc:CreditNoteTypeCode" if credit else "cbc:InvoiceTypeCode"), "BT-2": t("cbc:IssueDate"),
           "BT-5": t("cbc:DocumentCurrencyCode"), "BT-6": t("cbc:TaxCurrencyCode"), "BT-9": t("cbc:DueDate"), "BT-20": t("cac:PaymentTerms/cbc:Note"),
           "BT-22": [n.text for n in root.findall("cbc:Note", UBL)],
           "BG-3": [(t("cbc:ID", n), t("cbc:IssueDate", n)) for n in root.findall("cac:BillingReference/cac:InvoiceDocumentReference", UBL)],
           "BT-27": t(f"{seller}/cac:PartyLegalEntity/cbc:RegistrationName"), "BT-44": t(f"{buyer}/cac:PartyLegalEntity/cbc:RegistrationName"),
           "BT-31": t(f"{seller}/cac:PartyTaxScheme/cbc:CompanyID"),
           "BT-48": t(f"{buyer}/cac:PartyTaxScheme/cbc:CompanyID"),
           "BT-40": t(f"{seller}/cac:PostalAddress/cac:Country/cbc:IdentificationCode"),
           "BT-55": t(f"{buyer}/cac:PostalAddress/cac:Country/cbc:IdentificationCode"),
           "BT-81": t("cac:PaymentMeans/cbc:PaymentMeansCode"), "BT-84": t("cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID"),
           "BT-33": t(f"{seller}/cac:PartyLegalEntity/cbc:CompanyLegalForm"),
           "BG-14": (t("cac:InvoicePeriod/cbc:StartDate"), t("cac:InvoicePeriod/cbc:EndDate")),
           "BT-110": D(t("cbc:TaxAmount", totals[0])),
           "BT-111": (totals[1].find("cbc:TaxAmount", UBL).get("currencyID"), D(t("cbc:TaxAmount", totals[1]))) if len(totals) > 1 else None}
    for term, name in {"BT-106": "LineExtension", "BT-107": "AllowanceTotal", "BT-108": "ChargeTotal", "BT-109": "TaxExclusive",
                       "BT-112": "TaxInclusive", "BT-113": "Prepaid", "BT-115": "Payable"}.items():
        out[term] = D(t(f"cac:LegalMonetaryTotal/cbc:{name}Amount"))
    out["BG-20"] = [(t("cbc:ChargeIndicator", n), D(t("cbc:Amount", n)), t("cbc:AllowanceChargeReason", n), t("cac:TaxCategory/cbc:ID", n),
                     t("cac:TaxCategory/cbc:Percent", n)) for n in root.findall("cac:AllowanceCharge", UBL)]
    out["BG-23"] = [(t("cac:TaxCategory/cbc:ID", n), t("cac:TaxCategory/cbc:Percent", n), D(t("cbc:TaxableAmount", n)), D(t("cbc:TaxAmount", n)),
                     t("cac:TaxCategory/cbc:TaxExemptionReason", n), t("cac:TaxCategory/cbc:TaxExemptionReasonCode", n))
                    for n in totals[0].findall("cac:TaxSubtotal", UBL)]
    out["BG-25"] = [(t("cac:Item/cbc:Name", n), D(t("cbc:CreditedQuantity" if credit else "cbc:InvoicedQuantity", n)),
                     D(t("cac:Price/cbc:PriceAmount", n)), D(t("cac:Price/cbc:BaseQuantity", n) or 1), D(t("cbc:LineExtensionAmount", n)),
                     t("cac:Item/cac:ClassifiedTaxCategory/cbc:ID", n), t("cac:Item/cac:ClassifiedTaxCategory/cbc:Percent", n),
                     (t("cac:InvoicePeriod/cbc:StartDate", n), t("cac:InvoicePeriod/cbc:EndDate", n)))
                    for n in root.findall("cac:CreditNoteLine" if credit else "cac:InvoiceLine", UBL)]
    return out


def half_up(value, like):
    return value.quantize(like, rounding=ROUND_HALF_UP)


def check(v, shown, wrong):
    """The sums of the standard (BR-CO-10 to BR-CO-16), each line, and the ledger's own words."""
    sign = -1 if v["BT-3"] == "381" else 1
    amount = lambda name: sign * D(shown[name])
    for name, quantity, price, base, net, *_ in v["BG-25"]:
        if half_up(quantity * price / base, net) != net:
            wrong(f"line '{name}': {quantity} x {price} / {base} is not {net}")
    allowances = sum(a for charge, a, *_ in v["BG-20"] if charge == "false")
    charges = sum(a for charge, a, *_ in v["BG-20"] if charge == "true")
    for term, is_, should in (("BT-106", v["BT-106"], sum(line[4] for line in v["BG-25"])), ("BT-107", v["BT-107"], allowances),
                              ("BT-108", v["BT-108"], charges), ("BT-109", v["BT-109"], v["BT-106"] - allowances + charges),
                              ("BT-110", v["BT-110"], sum(tax[3] for tax in v["BG-23"])), ("BT-112", v["BT-112"], v["BT-109"] + v["BT-110"]),
                              ("BT-115", v["BT-115"], v["BT-112"] - v["BT-113"]), ("subtotal", v["BT-106"], amount("subtotal")),
                              ("total", v["BT-112"], amount("total")), ("tax", v["BT-110"], amount("tax")), ("date", v["BT-2"], shown["issue_date"]),
                              ("currency", v["BT-5"], shown["currency"]), ("lines", len(v["BG-25"]), len(shown["line_items"]))):
        if is_ != should:
            wrong(f"{term}: {is_} is not {should}")
    if sign == 1 and v["BT-115"] != D(shown["amount_due"]):
        wrong(f"BT-115: {v['BT-115']} is not {shown['amount_due']}")
    converted = shown["tax_converted"]
    told = converted and (converted["currency"], sign * D(converted["tax"]))
    if v["BT-111"] != told or v["BT-6"] != (converted and converted["currency"]):
        wrong(f"BT-111: {v['BT-111']} is not {told}")
    if converted and half_up(D(shown["tax"]) * D(converted["rate"]), D("0.01")) != D(converted["tax"]):
        wrong(f"{converted['tax']} is not {shown['tax']} by {converted['rate']}")
    if any(price < 0 for _, _, price, *_ in v["BG-25"]):
        wrong("a price below nothing (BR-27)")


def main():
    daybook, folder = sys.argv[1:3]
    failed = 0
    seen = set()
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".cii.xml"):
            continue
        number = name[:-len(".cii.xml")]
        complaints = []
        cii, ubl = read_cii(f"{folder}/{name}"), read_ubl(f"{folder}/{number}.ubl.xml")
        for term in cii:
            if cii[term] != ubl[term]:
                complaints.append(f"{term}: CII says {cii[term]}, UBL {ubl[term]}")
        said = subprocess.run([daybook, "--json", "invoice", "show", number], capture_output=True, check=True, text=True).stdout
        check(cii, json.loads(said), complaints.append)
        seen.update(tax[0] for tax in cii["BG-23"])
        seen.update((cii["BT-3"], cii["BT-6"], cii["BT-81"]))
        for complaint in complaints:
            print(f"FAIL: {number}: {complaint}")
            failed = 1
    if not {"S", "Z", "E", "AE", "K", "G", "O", "380", "381", "EUR", "30", "58", "68"} <= seen:
        print(f"FAIL: only {sorted(map(str, seen))} were there")
        failed = 1
    return failed


sys.exit(main())
