#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""saft_chain.py AUDITFILE PUBLIC.pem REGISTER - holds a SAF-T (PT) file against itself and against the register of invoices.

For each document the text that Portaria 363/2010 wants signed is put together from the file's elements, and openssl(1) checks the
signature; in each series numbers follow from 1 and each text ends with the signature before. Totals are those of the lines, what is
named is there, elements stand in the order of the schema 1.04_01, and the documents are those of the register (CSV).
"""
import base64
import csv
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from decimal import Decimal

NS = "{urn:OECD:StandardAuditFile-Tax:PT_1.04_01}"
ORDER = {
    "AuditFile": "Header MasterFiles SourceDocuments",
    "Header": "AuditFileVersion CompanyID TaxRegistrationNumber TaxAccountingBasis CompanyName BusinessName CompanyAddress FiscalYear StartDate "
              "EndDate CurrencyCode DateCreated TaxEntity ProductCompanyTaxID SoftwareCertificateNumber ProductID ProductVersion",
    "MasterFiles": "Customer Product TaxTable",
    "Customer": "CustomerID AccountID CustomerTaxID CompanyName Contact BillingAddress SelfBillingIndicator",
    "Product": "ProductType ProductGroup ProductCode ProductDescription ProductNumberCode",
    "TaxTableEntry": "TaxType TaxCountryRegion TaxCode Description TaxExpirationDate TaxPercentage TaxAmount",
    "SalesInvoices": "NumberOfEntries TotalDebit TotalCredit Invoice",
    "Invoice": "InvoiceNo ATCUD DocumentStatus Hash HashControl Period InvoiceDate InvoiceType SpecialRegimes SourceID EACCode SystemEntryDate "
               "TransactionID CustomerID ShipTo ShipFrom MovementEndTime MovementStartTime Line DocumentTotals",
    "DocumentStatus": "InvoiceStatus InvoiceStatusDate Reason SourceID SourceBilling",
    "Line": "LineNumber OrderReferences ProductCode ProductDescription Quantity UnitOfMeasure UnitPrice TaxBase TaxPointDate References Description "
            "ProductSerialNumber DebitAmount CreditAmount Tax TaxExemptionReason TaxExemptionCode SettlementAmount",
    "Tax": "TaxType TaxCountryRegion TaxCode TaxPercentage TaxAmount",
    "DocumentTotals": "TaxPayable NetTotal GrossTotal Currency Settlement Payment",
}


def name(element):
    return element.tag.removeprefix(NS)


def check_order(element):
    if name(element) in ORDER:
        places = [ORDER[name(element)].split().index(name(child)) for child in element]
        assert places == sorted(places), f"{name(element)}: {[name(c) for c in element]}"
    for child in element:
        check_order(child)


def is_signed(public, text, signature):
    with tempfile.NamedTemporaryFile() as file:
        file.write(base64.b64decode(signature, validate=True))
        file.flush()
        return subprocess.run(["openssl", "dgst", "-sha1", "-verify", public, "-signature", file.name], input=text.encode(),
                              capture_output=True, check=False).returncode == 0


def main():
    root = ET.parse(sys.argv[1]).getroot()
    check_order(root)
    sales = root.find(f"{NS}SourceDocuments/{NS}SalesInvoices")
    text = lambda node, path: node.findtext("/".join(NS + part for part in path.split("/")))
    customers = {text(c, "CustomerID") for c in root.iter(NS + "Customer")}
    products = {text(p, "ProductCode") for p in root.iter(NS + "Product")}
    taxes = {tuple(text(t, f) for f in ("TaxCountryRegion", "TaxCode", "TaxPercentage")) for t in root.iter(NS + "TaxTableEntry")}
    with open(sys.argv[3], newline="", encoding="utf-8") as file:
        register = {row["document_number"]: row for row in csv.DictReader(file)}
    before, debit, credit, seen, codes = {}, Decimal(0), Decimal(0), set(), set()
    for invoice in sales.findall(NS + "Invoice"):
        number = text(invoice, "InvoiceNo")
        kind, series, serial = re.fullmatch(r"([^ ]+) ([^/^ ]+)/([0-9]+)", number).groups()
        last_serial, last_hash = before.get(series, (0, ""))
        assert int(serial) == last_serial + 1, number
        gross = text(invoice, "DocumentTotals/GrossTotal")
        signed = ";".join([text(invoice, "InvoiceDate"), text(invoice, "SystemEntryDate"), number, gross, last_hash])
        assert is_signed(sys.argv[2], signed, text(invoice, "Hash")), f"{number}: {signed}"
        before[series] = (int(serial), text(invoice, "Hash"))
        row = register[f"{series}-{int(serial):06d}"]
        seen.add(row["document_number"])
        assert text(invoice, "ATCUD").endswith(f"-{serial}") and kind == ("NC" if row["document_type"] == "credit_note" else "FT")
        told = gross if row["currency"] == "EUR" else text(invoice, "DocumentTotals/Currency/CurrencyAmount")
        assert abs(Decimal(row["gross"])) == Decimal(told) and row["issue_date"] == text(invoice, "InvoiceDate"), number
        void = text(invoice, "DocumentStatus/InvoiceStatus") == "A"
        assert void == (row["status"] == "void"), number
        assert text(invoice, "CustomerID") in customers
        sides = {"DebitAmount": Decimal(0), "CreditAmount": Decimal(0)}
        for line in invoice.findall(NS + "Line"):
            assert text(line, "ProductCode") in products
            tax = tuple(text(line, "Tax/" + f) for f in ("TaxCountryRegion", "TaxCode", "TaxPercentage"))
            assert tax in taxes and (tax[1] == "ISE") == (text(line, "TaxExemptionCode") is not None)
            codes.add(tax[1])
            for side in sides:
                sides[side] += Decimal(text(line, side) or 0)
        net = abs(sides["CreditAmount"] - sides["DebitAmount"])
        assert net == Decimal(text(invoice, "DocumentTotals/NetTotal")), number
        assert net + Decimal(text(invoice, "DocumentTotals/TaxPayable")) == Decimal(gross), number
        if not void:
            debit, credit = debit + sides["DebitAmount"], credit + sides["CreditAmount"]
    assert seen == set(register), seen ^ set(register)
    assert int(text(sales, "NumberOfEntries")) == len(seen)
    assert (debit, credit) == (Decimal(text(sales, "TotalDebit")), Decimal(text(sales, "TotalCredit")))
    print(f"{len(seen)} signed documents in {len(before)} series: {' '.join(sorted(codes))}")


main()
