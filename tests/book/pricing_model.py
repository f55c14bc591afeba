#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pricing_model.py FILE - computes what quantities cost a second time, with fractions and from the rules' own words.

FILE has a line of JSON for each quantity: a rate or fee as a catalog says it, what was used, and the amounts that Daybook came
to, in minor units. Lines that come out differently are printed; the exit status is 1 when there are any.
"""
import json
import sys
from fractions import Fraction
from math import ceil, floor


def half_away(x):
    """The nearest whole number, halves away from zero."""
    return floor(x + Fraction(1, 2)) if x >= 0 else -floor(-x + Fraction(1, 2))


def tiers_of(rule):
    """(above, up to, unit price, flat, block); the last one has no end."""
    rows, above = [], Fraction(0)
    for up_to, unit_price, flat, block in rule["tiers"]:
        bound = Fraction(up_to)
        rows.append([above, bound, Fraction(unit_price), Fraction(flat), Fraction(block)])
        above = bound
    rows[-1][1] = None
    return rows


def in_blocks(units, block):
    return units if block == 0 else Fraction(ceil(units / block))


def graduated(rule, quantity):
    cost = Fraction(0)
    for i, (above, up_to, unit_price, flat, block) in enumerate(tiers_of(rule)):
        inside = max(Fraction(0), (quantity if up_to is None else min(quantity, up_to)) - above)
        if i == 0 or quantity > above:
            cost += in_blocks(inside, block) * unit_price + flat
    return cost


def tier_with(rule, quantity):
    for tier in tiers_of(rule):
        if tier[1] is None or quantity <= tier[1]:
            return tier


def volume(rule, quantity):
    _, _, unit_price, flat, block = tier_with(rule, quantity)
    return in_blocks(quantity, block) * unit_price + flat


def package(rule, quantity):
    packages = quantity / Fraction(rule["package_size"])
    return (floor(packages) if rule.get("round_down") else ceil(packages)) * Fraction(rule["unit_price"])


MODELS = {
    "per_unit": lambda rule, quantity: quantity * Fraction(rule["unit_price"]),
    "graduated": graduated,
    "volume": volume,
    "package": package,
    "stairstep": lambda rule, quantity: tier_with(rule, quantity)[3],
    "percentage": lambda rule, quantity: quantity * Fraction(rule["percent"]) / 100,
    "flat": lambda rule, quantity: Fraction(rule["unit_price"]),
}


def usage_cost(row):
    quantity = max(Fraction(0), Fraction(row["quantity"]) - Fraction(row["included"]))
    minor, share = 10 ** row["decimals"], Fraction(row["days"], row["whole_days"])
    cost = Fraction(0) if quantity == 0 and row["skip_zero"] else MODELS[row["model"]](row, quantity)
    cost += row["readings"] * Fraction(row["event_fee"])
    if Fraction(row["maximum"]) > 0:
        cost = min(cost, Fraction(row["maximum"]) * share)
    amount = half_away(cost * minor)
    return amount, max(0, half_away(Fraction(row["minimum"]) * share * minor) - amount)


def fee_cost(row):
    units = row["seats"] - Fraction(row["included"])
    free = Fraction(row["included"]) > 0 and units <= 0
    return half_away((Fraction(0) if free else MODELS[row["model"]](row, units)) * 10 ** row["decimals"]), 0


def main(path):
    different = 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            amount, true_up = fee_cost(row) if "seats" in row else usage_cost(row)
            if (amount, true_up) != (row["amount"], row["true_up"]):
                print(f"{amount} and {true_up} wanted: {line}", end="")
                different += 1
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
