#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""recompute_documents.py DAYBOOK CATALOG COUPONS - computes every invoice of a ledger once more, in another language and with
fractions, from what its lines cost, the taxes of the catalog and the coupons that were given to its customer.

COUPONS is a JSON object: for each user the codes in the order in which they were redeemed. Coupons must be for ever, so that
every document has all of them. What is compared: subtotal, discount, tax and total, what each coupon took and what each tax
came to, and for each line that its tax is its share rounded down or up.
"""
import json
import subprocess
import sys
from fractions import Fraction
from math import floor

DIGITS = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}


def half_away(x):
    size = floor(abs(x) + Fraction(1, 2))
    return size if x >= 0 else -size


def largest_remainder(exact, total):
    parts = [floor(x) for x in exact]
    order = sorted(range(len(exact)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[:total - sum(parts)]:
        parts[i] += 1
    return parts


def shares(amounts, ratio):
    """The same share of each amount; their sum is the share of the sum, rounded once. A credit mirrors its charge."""
    sign = sum(amounts) or next((a for a in amounts if a), 0)
    if sign < 0:
        return [-part for part in shares([-a for a in amounts], ratio)]
    return largest_remainder([a * ratio for a in amounts], half_away(sum(amounts) * ratio))


def take_coupons(lines, coupons, currency):
    for line in lines:
        line["left"], line["taken"] = line["price"], [0] * len(coupons)
    by_kind = sorted(range(len(coupons)), key=lambda k: "percent" not in coupons[k])
    for k in by_kind:
        coupon = coupons[k]
        weights = [line["left"] if line["left"] > 0 and coupon.get("product") in (None, line["tier"]) else 0 for line in lines]
        worth = 0
        if "percent" in coupon:
            worth = half_away(sum(weights) * Fraction(coupon["percent"]) / 100)
        elif coupon["currency"] == currency:
            worth = int(Fraction(coupon["amount"]) * 10 ** DIGITS[currency])
        worth = min(worth, sum(weights))
        if worth > 0:
            for line, part in zip(lines, largest_remainder([Fraction(worth * w, sum(weights)) for w in weights], worth)):
                line["taken"][k] = part
                line["left"] -= part


def take_tax_out(lines, rate):
    """Prices that hold their tax: their nets, and what is left for the taxes."""
    ratio = 100 / (100 + rate)
    inside = []
    for line, net in zip(lines, shares([line["left"] for line in lines], ratio)):
        inside.append(line["left"] - net)
        gross_taken = sum(line["taken"])
        line["amount"] = net if gross_taken == 0 else max(half_away(line["price"] * ratio), net)
        if gross_taken:
            discount = line["amount"] - net
            line["taken"] = largest_remainder([Fraction(discount * part, gross_taken) for part in line["taken"]], discount)
        line["left"] = net
    return inside


def compute(lines, coupons, taxes, currency):
    lines = sorted(lines, key=lambda l: (l["inclusive"], l["tier"], -l["price"]))
    take_coupons(lines, coupons, currency)
    with_tax, without = ([l for l in lines if l["inclusive"] is i] for i in (True, False))
    rate = sum((Fraction(t["percent"]) for t in taxes), Fraction(0))
    came_to = {t["code"]: 0 for t in taxes}
    for line in without:
        line["amount"] = line["price"]
    for t in taxes:
        came_to[t["code"]] += sum(shares([line["left"] for line in without], Fraction(t["percent"]) / 100))
    inside, rest = take_tax_out(with_tax, rate), rate
    for t in taxes:
        parts = shares(inside, Fraction(t["percent"]) / rest if Fraction(t["percent"]) else Fraction(0))
        inside, rest = [i - p for i, p in zip(inside, parts)], rest - Fraction(t["percent"])
        came_to[t["code"]] += sum(parts)
    took = [sum(line["taken"][k] for line in lines) for k in range(len(coupons))]
    subtotal, discount, tax = sum(line["amount"] for line in lines), sum(took), sum(came_to.values())
    return {"subtotal": subtotal, "discount": discount, "tax": tax, "total": subtotal - discount + tax,
            "discounts": {c["code"]: t for c, t in zip(coupons, took) if t}, "taxes": came_to}


def minor(text, currency):
    value = Fraction(text) * 10 ** DIGITS[currency]
    assert value.denominator == 1
    return int(value)


def price_of(line, currency):
    return half_away(Fraction(line["unit_price"]) * Fraction(line["quantity"]) * 10 ** DIGITS[currency])


def taxes_for(customer, catalog, seller, on):
    """As the document has them: reversed for a business of another country, registered outside the seller's."""
    found = []
    prefix = {"GR": "EL"}.get(seller["country"], seller["country"])
    foreign = customer["country"] != seller["country"] and not (customer["tax_id"] or "").startswith(prefix)
    for tax in catalog["taxes"]:
        here = tax["country"] == customer["country"] and tax.get("region") in (None, customer["region"])
        if here and tax.get("from", "") <= on < tax.get("until", "9999") and "product_code" not in tax:
            reversed_ = tax.get("reverse_charge") and customer["tax_id"] and foreign
            found.append({"code": tax["code"], "percent": "0" if reversed_ else tax["percent"]})
    return [{"code": "", "percent": "0"}] if customer["tax_exempt"] else found


def check_lines(told, currency):
    """Each tax of each line without tax in its price is that line's own, but for less than a cent."""
    for line in told["line_items"]:
        net = minor(line["amount"], currency) - minor(line["discount"], currency)
        if line["tax_inclusive"]:
            continue
        for tax in line["taxes"]:
            exact = net * Fraction(tax["percent"]) / 100
            assert abs(minor(tax["amount"], currency) - exact) < 1, (told["invoice_number"], line)


def main():
    daybook, catalog_path, coupons_path = sys.argv[1:]

    def ask(*words):
        return json.loads(subprocess.run([daybook, "--json", *words], check=True, capture_output=True, text=True).stdout)

    def rows(*words):
        out = subprocess.run([daybook, "--json", *words], check=True, capture_output=True, text=True).stdout
        return [json.loads(line) for line in out.splitlines() if line.strip()]

    with open(catalog_path, encoding="utf-8") as f:
        catalog = json.load(f)
    with open(coupons_path, encoding="utf-8") as f:
        given = json.load(f)
    seller, customers, counted = ask("seller", "show"), {}, {"documents": 0, "discounts": 0, "taxes": 0, "inclusive": 0}
    for row in rows("invoice", "list"):
        told, user = ask("invoice", "show", row["invoice_number"]), row["user_id"]
        customer = customers.setdefault(user, None) or ask("customer", "show", user)
        customers[user] = customer
        currency = told["currency"]
        lines = [{"price": price_of(l, currency), "tier": l["tier"] or "", "inclusive": l["tax_inclusive"]}
                 for l in told["line_items"]]
        coupons = [next(c for c in catalog["coupons"] if c["code"] == code) for code in given.get(user, [])]
        taxes = taxes_for(customer, catalog, seller, told["issue_date"])
        wanted = compute(lines, coupons, taxes, currency)
        found = {name: minor(told[name], currency) for name in ("subtotal", "discount", "tax", "total")}
        found["discounts"] = {d["code"]: minor(d["amount"], currency) for d in told["discounts"]}
        found["taxes"] = {t["code"]: minor(t["amount"], currency) for t in told["taxes"]}
        if found != wanted:
            sys.exit(f"FAIL: {told['invoice_number']} of {user}: told {found}, computed {wanted}")
        check_lines(told, currency)
        counted["documents"] += 1
        counted["discounts"] += bool(found["discount"])
        counted["taxes"] += bool(found["tax"])
        counted["inclusive"] += any(l["tax_inclusive"] for l in told["line_items"])
    print("ok", *(f"{count} {name}" for name, count in counted.items()))
    if min(counted.values()) < 10:
        sys.exit("FAIL: too few of some kind to mean anything")


main()
