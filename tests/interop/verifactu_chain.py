#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""verifactu_chain.py XML REGISTER… - holds a delivery of VeriFactu records against itself and against the registers of invoices.

The chain is computed once more from the elements of the XML alone, in the order in which they stand: each record's hash, and that it
names the one before it. Each document of the registers (CSV) must be there once with its date, tax and total, each void one a second
time, as an annulment behind its issue; and nothing else. The breakdown of each adds up to its total.
"""
import csv
import hashlib
import sys
import xml.etree.ElementTree as ET
from decimal import Decimal


def plain(element):
    """An element as (name, text or children), without namespaces."""
    children = list(element)
    return element.tag.split("}")[1], [plain(c) for c in children] if children else element.text


def find(node, *path):
    for name in path:
        node = next((c for c in node[1] if c[0] == name), None)
        if node is None:
            return None
    return node[1]


def message(record):
    end = [("Huella", find(record, "Encadenamiento", "RegistroAnterior", "Huella") or ""),
           ("FechaHoraHusoGenRegistro", find(record, "FechaHoraHusoGenRegistro"))]
    fields = find(record, "IDFactura")
    if record[0] == "RegistroAlta":
        fields = fields + [(name, find(record, name)) for name in ("TipoFactura", "CuotaTotal", "ImporteTotal")]
    return "&".join(f"{name}={value.strip()}" for name, value in fields + end)


def check_breakdown(record):
    total = Decimal(0)
    for _, detail in find(record, "Desglose"):
        values = dict(detail)
        base, tax = Decimal(values["BaseImponibleOimporteNoSujeto"]), Decimal(values.get("CuotaRepercutida", "0"))
        total += base + tax
        subject = values.get("CalificacionOperacion", "")
        assert ("TipoImpositivo" in values) == subject.startswith("S"), values
        if "TipoImpositivo" in values:
            assert abs(base * Decimal(values["TipoImpositivo"]) / 100 - tax) <= Decimal("0.01"), values
    cuotas = sum(Decimal(dict(d).get("CuotaRepercutida", "0")) for _, d in find(record, "Desglose"))
    assert cuotas == Decimal(find(record, "CuotaTotal")), find(record, "IDFactura")
    assert abs(total - Decimal(find(record, "ImporteTotal"))) <= Decimal("0.02"), find(record, "IDFactura")


def main():
    records = [r for kind, body in plain(ET.parse(sys.argv[1]).getroot())[1] if kind == "RegistroFactura" for r in body]
    register = {}
    for path in sys.argv[2:]:
        with open(path, newline="", encoding="utf-8") as file:
            register.update({row["document_number"]: row for row in csv.DictReader(file)})
    before, issued, annulled = None, {}, set()
    for record in records:
        kind, ident = record[0], [value for _, value in find(record, "IDFactura")]
        if before is None:
            assert find(record, "Encadenamiento", "PrimerRegistro") == "S", ident
        else:
            assert [value for _, value in find(record, "Encadenamiento", "RegistroAnterior")] == before, ident
        digest = hashlib.sha256(message(record).encode()).hexdigest().upper()
        assert digest == find(record, "Huella"), f"{ident}: {message(record)}"
        before = ident + [digest]
        number = ident[1]
        if kind == "RegistroAlta":
            assert number not in issued, f"{number} is issued twice"
            issued[number] = record
            check_breakdown(record)
        else:
            assert number in issued and number not in annulled, f"{number} is annulled, and was not issued"
            annulled.add(number)
    assert set(issued) == set(register), set(issued) ^ set(register)
    assert annulled == {n for n, row in register.items() if row["status"] == "void"}, annulled
    for number, record in issued.items():
        row, day = register[number], "-".join(reversed(register[number]["issue_date"].split("-")))
        assert find(record, "IDFactura", "FechaExpedicionFactura") == day, number
        if row["currency"] == "EUR":
            assert Decimal(find(record, "ImporteTotal")) == Decimal(row["gross"]), number
    kinds = sorted({find(r, "TipoFactura") for r in issued.values()})
    subjects = sorted({dict(d).get("CalificacionOperacion") or dict(d)["OperacionExenta"]
                       for r in issued.values() for _, d in find(r, "Desglose")})
    print(f"{len(issued)} issues and {len(annulled)} annulments in one chain: {' '.join(kinds)}; {' '.join(subjects)}")


main()
