#!/bin/bash
# SPDX-License-Identifier: MIT
# test_documents.sh - two months of example customers in eleven countries, with taxes, coupons and prices that hold their tax, are
# computed once more by a stranger who has only the rules and fractions (recompute_documents.py), and come out the same.
set -u
daybook=${DAYBOOK:?}
here=tests/interop
command -v python3 >/dev/null || { echo "SKIP: there is no python3" && exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
must() { "$daybook" --dir "$work/ledger" --key-file "$work/key" --now "$@" >"$work/said" 2>&1 || fail "daybook --now $*: $(cat "$work/said")"; }

# The example catalog with taxes and coupons, and all prices in euros as consumers see them.
python3 - fixtures/catalog.json "$work" <<'P' || fail "no catalog"
import csv, json, sys
catalog = json.load(open(sys.argv[1], encoding="utf-8"))
for product in catalog["products"]:
    for price in product["prices"]:
        price["tax_inclusive"] = price["currency"] == "EUR"
rates = {"DE": "19", "FR": "20", "ES": "21", "AT": "20", "FI": "25.5", "SI": "22", "GB": "20", "JP": "10", "IE": "23"}
catalog["taxes"] = [{"code": c.lower(), "name": "VAT", "country": c, "percent": p, "reverse_charge": c not in ("JP", "GB")}
                    for c, p in rates.items()]
catalog["taxes"] += [{"code": "gst", "name": "GST", "country": "CA", "percent": "5"},
                     {"code": "qst", "name": "QST", "country": "CA", "region": "QC", "percent": "9.975"},
                     {"code": "us-tx", "name": "Sales tax", "country": "US", "region": "TX", "percent": "8.25"},
                     {"code": "us-oh", "name": "Sales tax", "country": "US", "region": "OH", "percent": "7.25"}]
catalog["coupons"] = [{"code": "THIRD", "percent": "33.3", "duration": "forever"},
                      {"code": "EIGHTH", "percent": "12.5", "duration": "forever", "product": "pro"},
                      {"code": "SEVEN", "amount": "7.77", "currency": "EUR", "duration": "forever"},
                      {"code": "DOLLAR", "amount": "3.33", "currency": "USD", "duration": "forever"}]
json.dump(catalog, open(sys.argv[2] + "/catalog.json", "w", encoding="utf-8"))
coupons = {}
for number, row in enumerate(list(csv.DictReader(open("fixtures/customers.csv", encoding="utf-8")))[:150]):
    codes = [c["code"] for i, c in enumerate(catalog["coupons"]) if number % 3 == 0 and number // 3 >> i & 1]
    if codes:
        coupons[row["user_id"]] = codes
json.dump(coupons, open(sys.argv[2] + "/coupons.json", "w", encoding="utf-8"))
with open(sys.argv[2] + "/coupons.jsonl", "w", encoding="utf-8") as out:
    for user, codes in coupons.items():
        for code in codes:
            print(json.dumps({"command": "coupon.apply", "user": user, "code": code}), file=out)
P

head -n 151 fixtures/customers.csv >"$work/customers.csv"
must 2024-12-01 init --catalog "$work/catalog.json"
must 2024-12-01 seller set --name "Daur Limited" --country IE --tax-id IE6433435F
must 2024-12-31 import customers "$work/customers.csv"
must 2024-12-31 import commands "$work/coupons.jsonl"
must 2024-12-31 run --through 2024-12-31 --out "$work/out/2024-12" --no-pdf
must 2025-01-31 import usage fixtures/usage-2025-01.csv.gz --rejects "$work/rejects"
must 2025-01-31 import commands fixtures/changes-2025-01.jsonl --rejects "$work/rejects"
must 2025-01-31 run --through 2025-01-31 --out "$work/out/2025-01" --no-pdf
must 2025-01-31 audit verify

DAYBOOK_DIR=$work/ledger DAYBOOK_KEY_FILE=$work/key python3 $here/recompute_documents.py "$daybook" "$work/catalog.json" \
    "$work/coupons.json" || exit 1

# The registers tie to the documents: net and tax are the gross, line by line and document by document.
python3 - "$work/out/2025-01" <<'P' || fail "the registers do not tie"
import csv, sys
from collections import defaultdict
from fractions import Fraction
lines, sums = defaultdict(lambda: [0, 0, 0]), 0
for row in csv.DictReader(open(sys.argv[1] + "/invoice_lines.csv", encoding="utf-8")):
    for i, name in enumerate(("net", "tax", "discount")):
        lines[row["document_number"]][i] += Fraction(row[name])
for row in csv.DictReader(open(sys.argv[1] + "/invoices.csv", encoding="utf-8")):
    net, tax, gross, discount = (Fraction(row[name]) for name in ("net", "tax", "gross", "discount"))
    assert [net, tax, discount] == lines[row["document_number"]] and net + tax == gross, row
    sums += 1
assert sums > 50
P
