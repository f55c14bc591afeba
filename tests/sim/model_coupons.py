# SPDX-License-Identifier: MIT
"""model_coupons.py - what coupons take off a document, for model.py. Of the document only its charges and credits are asked
(kinds and amounts); which coupons are in force is known from what was given and taken back, in exact fractions."""
from fractions import Fraction

from model_rules import minor, rounded


def spread(total, weights):
    """Whole parts in proportion, the rest by largest remainder."""
    if not total:
        return [0] * len(weights)
    exact = [Fraction(total * w, sum(weights)) for w in weights]
    parts = [int(x) for x in exact]
    order = sorted(range(len(weights)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[:total - sum(parts)]:
        parts[i] += 1
    return parts


class Coupons:
    def __init__(self, catalog):
        self.catalog = {c["code"]: c for c in catalog.get("coupons", [])}
        self.had = []  # in the order in which they were given: [coupon, documents left or None]

    def give(self, code):
        coupon = self.catalog[code]
        self.had.append([coupon, {"once": 1, "forever": None}.get(coupon["duration"], coupon.get("times"))])

    def take_back(self, code):
        self.had = [h for h in self.had if h[0]["code"] != code]

    def take(self, document):
        """What each coupon takes, in their order: percentages of what is left, then amounts, rounded once."""
        lines, currency = document["lines"], document["currency"]
        left = [minor(v["amount"], currency) for v in lines]
        for v in lines:  # what is given back on the same document lessens what its charge comes to
            if v["credits"] == document["invoice"] and v["credits_line"]:
                left[v["credits_line"] - 1] += minor(v["amount"], currency)
        left = [0 if v["credits"] == document["invoice"] else max(0, n) for v, n in zip(lines, left)]
        taken = []
        for percentages in (True, False):
            for had in self.had:
                coupon = had[0]
                if ("percent" in coupon) != percentages or coupon.get("currency", currency) != currency:
                    continue
                weights = [n if coupon.get("product", v["product"]) == v["product"] else 0 for v, n in zip(lines, left)]
                worth = rounded(sum(weights) * Fraction(coupon["percent"]) / 100) if percentages else minor(
                    coupon["amount"], currency)
                worth = min(worth, sum(weights))
                if worth <= 0:
                    continue
                left = [n - part for n, part in zip(left, spread(worth, weights))]
                taken.append((coupon["code"], worth))
                had[1] = had[1] and had[1] - 1
        self.had = [h for h in self.had if h[1] != 0]
        return sorted(taken)
