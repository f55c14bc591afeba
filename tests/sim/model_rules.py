# SPDX-License-Identifier: MIT
"""model_rules.py - dates, periods, what a quantity costs by a price's model, and what is left of a charge, for model.py."""
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

DECIMALS = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}
EPOCH = date(1970, 1, 1)


# ---- money and dates


def rounded(x):
    """Half away from zero."""
    return int(abs(x) + Fraction(1, 2)) * (1 if x >= 0 else -1)


def minor(text, currency):
    return rounded(Fraction(text) * 10 ** DECIMALS[currency])


def day_of(text):
    return date.fromisoformat(text) if text else None


def month_last(year, month):
    return (date(year + month // 12, month % 12 + 1, 1) - timedelta(1)).day


class Calendar:
    """Boundaries: anchor + n intervals, clamped to the month's end, never counted from a clamped date."""

    def __init__(self, anchor, day, unit, count):
        self.anchor, self.day, self.unit, self.count = anchor, day or anchor.day, unit, count

    def boundary(self, n):
        if self.unit in ("day", "week"):
            return self.anchor + timedelta(n * self.count * (7 if self.unit == "week" else 1))
        months = self.anchor.year * 12 + self.anchor.month - 1 + n * self.count * (12 if self.unit == "year" else 1)
        year, month = divmod(months, 12)
        return date(year, month + 1, min(self.day, month_last(year, month + 1)))

    def period(self, day):
        length = {"day": 1, "week": 7, "month": 31, "year": 366}[self.unit] * self.count
        n = (day - self.anchor).days // length - 1
        while self.boundary(n + 1) <= day:
            n += 1
        assert self.boundary(n) <= day < self.boundary(n + 1)
        return self.boundary(n), self.boundary(n + 1)

    def first_from(self, day):
        """The first boundary on or after a day."""
        start, end = self.period(day)
        return start if start == day else end


# ---- prices


def tier_cost(tier, units):
    if "block" in tier:
        units = ceil(units / Fraction(tier["block"]))
    return units * Fraction(tier.get("unit_price", 0)) + Fraction(tier.get("flat", 0))


def cost(price, quantity):
    """What a quantity costs by a price's model, in major units."""
    model = price.get("model", "per_unit")
    if price.get("skip_zero") and quantity == 0:
        return Fraction(0)
    if model == "per_unit":
        return quantity * Fraction(price.get("unit_price", 0))
    if model == "flat":
        return Fraction(price["unit_price"])
    if model == "package":
        packages = quantity / Fraction(price["package_size"])
        return (int(packages) if price.get("round_down") else ceil(packages)) * Fraction(price["unit_price"])
    tiers, below, total = price["tiers"], Fraction(0), Fraction(0)
    for i, tier in enumerate(tiers):
        last = i + 1 == len(tiers) or quantity <= Fraction(tier["up_to"])
        if model == "graduated":
            total += tier_cost(tier, (quantity if last else Fraction(tier["up_to"])) - below)
        elif last:
            return tier_cost(tier, quantity) if model == "volume" else Fraction(tier["flat"])
        if last:
            return total
        below = Fraction(tier["up_to"])
    raise AssertionError(model)


# ---- charges


class Charge:
    """What was billed in advance of a fee, and how much of it was given back."""

    def __init__(self, fee, start, end, amount, weight):
        self.fee, self.start, self.end, self.amount, self.back = fee, start, end, amount, 0
        self.weight = weight
        self.taken, self.billed = 0, False  # by coupons

    def bill(self, document):
        """The document says how coupons were spread over its lines; that they took no more is checked elsewhere."""
        for i in reversed(range(len(document["lines"]))):
            v = document["lines"][i]
            if self.billed or not self.amount or v["kind"] not in ("recurring", "proration_charge"):
                continue
            if (v["fee"], day_of(v["from"]), day_of(v["to"])) != (self.fee, self.start, self.end):
                continue
            price = [minor(x["amount"], document["currency"]) - minor(x["discount"], document["currency"])
                     for x in document["lines"]]
            beside = [k for k, x in enumerate(document["lines"])
                      if x["credits"] == document["invoice"] and x["credits_line"] == i + 1]
            self.billed, self.taken = True, self.amount - price[i]
            self.back = -sum(price[k] for k in beside) if beside else self.back

    def unused(self, terms, start, end, before_coupons=False):
        start, end = max(start, self.start), min(end, self.end)
        days, part = (self.end - self.start).days, (end - start).days
        if part <= 0:
            return 0
        share = Fraction(part, days)
        if terms.fixed and self.weight:
            left = [self.weight if d == self.start else min(Fraction((self.end - d).days, terms.fixed), self.weight)
                    for d in (start, end)]
            share = (left[0] - left[1]) / self.weight
        if before_coupons:
            return max(0, min(rounded(self.amount * share), self.amount))
        paid = self.amount - self.taken
        return max(0, min(rounded(paid * share), paid - self.back))
