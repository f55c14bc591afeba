#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""model.py CATALOG HISTORIES - bills each history anew by the rules as the README tells them, day by day and in exact
fractions, and compares every line, and what coupons take off each document, with what the ledger made of it. It shares
no code and no idea with the ledger but those rules; where both are wrong in the same way, nobody will know.

HISTORIES has a line of JSON for each: the commands that were accepted, with their days, the lines that came out, and the documents.
"""
import json
import sys
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

from model_coupons import Coupons
from model_rules import DECIMALS, Calendar, Charge, cost, day_of, minor, rounded


class Terms:
    def __init__(self, product, price, agreed=None):
        self.code, self.rank, self.free = product["code"], product.get("rank", 0), product.get("free", False)
        self.price, self.currency = price, price["currency"]
        self.unit, self.count = price["interval"], price.get("interval_count", 1)
        self.custom = price.get("custom", False)
        self.amount = agreed if self.custom else minor(price["amount"], self.currency)
        self.arrears = price.get("in_arrears", False)
        self.fixed = price.get("fixed_days", 0)
        self.commitment = minor(price.get("commitment", "0"), self.currency)
        self.rates = {r["usage_type"]: r for r in price.get("rates", [])}
        assert price.get("proration", "day") == "day"

    def interval(self):
        return self.unit, self.count

    def same(self, other):
        return (self.code, self.interval(), self.amount) == (other.code, other.interval(), other.amount)

    def fees(self, seats):
        """Minor units for a whole period, by fee."""
        out = {"": self.amount}
        for fee in self.price.get("fees", []):
            units = Fraction(seats if fee.get("per_seat") else 1)
            out[fee["code"]] = rounded(cost(fee, units) * 10 ** DECIMALS[self.currency])
        return out

    def share(self, amount, start, end, whole):
        """Of a whole period's amount, for [start, end)."""
        if (start, end) == whole:
            return amount
        return rounded(amount * min(self.weight(start, end, whole), 1))

    def weight(self, start, end, whole):
        """The part of a whole period that [start, end) is; fixed days are counted from the period's end."""
        if not self.fixed:
            return Fraction((end - start).days, (whole[1] - whole[0]).days)
        left = [1 if d == whole[0] else min(Fraction((whole[1] - d).days, self.fixed), 1) for d in (start, end)]
        return left[0] - left[1]


# ---- a subscription


class Subscription:
    def __init__(self, book, terms, seats, start, trial_end, elsewhere, anchor, anchor_day):
        self.book, self.terms, self.seats, self.start = book, terms, seats, start
        self.trial_end, self.status = trial_end, "trial" if trial_end else "active"
        self.anchor, self.anchor_day = anchor, anchor_day
        self.charged = elsewhere or trial_end or start
        self.charges = []
        self.rated = start if trial_end else self.charged
        self.usage_anchor, self.usage_day = anchor, anchor_day
        self.tiers = [(self.rated, terms.rates)]  # from when which rates are in force; {} while paused
        self.paused = self.resume_on = self.cancel_on = self.change = self.ended_on = None
        self.committed_from, self.committed, self.committed_paused = self.charged, 0, 0
        self.committed_anchor, self.taken = (anchor, anchor_day), 0  # taken: of usage that is not billed yet

    # -- periods

    def period(self, day):
        return Calendar(self.anchor, self.anchor_day, *self.terms.interval()).period(day)

    def usage_month(self, day):
        return Calendar(self.usage_anchor, self.usage_day, "month", 1).period(day)

    def stretch(self):
        whole = self.period(self.charged)
        end = min(filter(None, [whole[1], self.cancel_on]))
        if self.change and self.change[0] > self.charged:
            end = min(end, self.change[0])
        return end, whole

    def period_end(self, day):
        if self.charged > day and self.charged > self.start:
            return self.charged
        return self.period(max(day, self.start))[1]

    # -- lines

    def line(self, kind, name, start, end, amount, fee=""):
        if self.terms.commitment and kind != "commitment":
            self.committed += amount
        self.book.line(kind, name, fee, start, end, amount, self.terms.currency)

    def charge_fees(self, end, whole):
        for fee, amount in self.terms.fees(self.seats).items():
            part = self.terms.share(amount, self.charged, end, whole)
            self.line("recurring", self.terms.code, self.charged, end, part, fee)
            if not self.terms.arrears:
                self.charges.append(Charge(fee, self.charged, end, part, self.terms.weight(self.charged, end, whole)))
        self.charges = [c for c in self.charges if c.end > self.charged]
        self.charged = end

    def charge_arrears(self, day):
        if self.terms.arrears and self.status == "active" and day > self.charged:
            self.charge_fees(day, self.period(self.charged))

    def give_back(self, kind, start, end, charges=None):
        total = 0
        for c in self.charges if charges is None else charges:
            credit = c.unused(self.terms, start, end)
            c.back += credit
            total += credit
            if self.terms.commitment and c.taken:  # which counted it before coupons
                self.committed += credit - c.unused(self.terms, start, end, True)
            self.line(kind, self.terms.code, max(start, c.start), min(end, c.end), -credit, c.fee)
        return total

    # -- usage

    def set_rates(self, day, rates):
        day = max(day, self.rated)
        self.tiers = [t for t in self.tiers if t[0] < day] + [(day, rates)]

    def usage_costs(self, end):
        """What the usage from `rated` to `end` costs, by usage type, with the quotas of these days."""
        start, whole = self.rated, self.usage_month(self.rated)
        used, costs = Counter(), {}
        for key, kind, amount in self.book.usage:
            if key == start or start < key < end:
                used[kind] += amount
        for kind in sorted(set(used) | {k for _, rates in self.tiers for k in rates}):
            included, rate, known = Fraction(0), None, False
            for i, (since, rates) in enumerate(self.tiers):
                until = min(self.tiers[i + 1][0], end) if i + 1 < len(self.tiers) else end
                since = start if i == 0 else max(since, start)
                rules = since < until if start < end else i + 1 == len(self.tiers)
                if kind not in rates or not rules:
                    continue
                known = True
                included += Fraction(rates[kind].get("included", 0)) * max(0, (until - since).days)
                if any(m in rates[kind] for m in ("unit_price", "tiers")):
                    rate = rates[kind]
            if not known or rate is None:
                continue
            past = max(Fraction(0), used[kind] - ceil(included / (whole[1] - whole[0]).days))
            costs[kind] = rounded(cost(rate, past) * 10 ** DECIMALS[self.terms.currency])
        return costs

    def rate_usage(self, end):
        for kind, amount in self.usage_costs(end).items():
            self.line("usage", kind, self.rated, end, amount)
        self.committed -= self.taken
        self.rated, self.taken = end, 0
        live = [t for t in self.tiers if t[0] <= end]
        self.tiers = [(end, live[-1][1])] * bool(live) + [t for t in self.tiers if t[0] > end]

    def usage_key(self, day):
        """The start of the usage period in which a reading of a day counts."""
        if self.status == "trial" and day >= self.trial_end:
            month = Calendar(self.trial_end, self.anchor_day, "month", 1).period(day)
            return max(month[0], self.trial_end)
        day = max(day, self.rated)
        month = self.usage_month(day)
        key = self.rated if month[0] < self.rated < month[1] else month[0]
        return key

    def over(self, day):
        """The day of its end, noted or not, if that was reached."""
        end = self.ended_on if self.status == "ended" else self.cancel_on
        return end if end and end <= day else None

    # -- commitments

    def commitment_period(self, day):
        return Calendar(*self.committed_anchor, *self.terms.interval()).period(day)

    def commitment_end(self):
        return min(filter(None, [self.commitment_period(self.committed_from)[1], self.cancel_on]))

    def true_up(self, day, of_usage="so far"):
        if not self.terms.commitment or day <= self.committed_from:
            return
        whole = self.commitment_period(self.committed_from)
        days = (day - self.committed_from).days - self.committed_paused
        if self.paused:
            days -= max(0, (day - max(self.paused, self.committed_from)).days)
        least = rounded(Fraction(self.terms.commitment) * max(0, days) / (whole[1] - whole[0]).days)
        missing = least - self.committed
        if self.rated < day and of_usage != "nothing":  # it is not billed yet, and gives what is missing
            usage = sum(self.usage_costs(day).values()) - self.taken
            if of_usage == "to come":
                usage = Fraction(10 ** 9) if any("unit_price" in r for _, rates in self.tiers for r in rates.values()) else 0
            used = min(usage, max(0, missing))
            self.taken += used
            missing -= used
        if missing > 0:
            self.line("commitment", self.terms.code, self.committed_from, day, missing)
        self.committed_from, self.committed, self.committed_paused = day, 0, 0

    def close_commitment(self):
        """What was billed for days of the next commitment counts there; what will be for days of this one, here."""
        day = self.commitment_end()
        ahead = sum(c.unused(self.terms, min(day, self.paused or day), c.end, bool(c.taken)) for c in self.charges if c.end > day)
        if self.terms.arrears and self.status == "active" and self.charged < day:
            whole = self.period(self.charged)
            ahead -= sum(self.terms.share(fee, self.charged, day, whole) for fee in self.terms.fees(self.seats).values())
        self.committed -= ahead
        self.true_up(day, "to come" if self.rated <= self.committed_from else "nothing")
        self.committed += ahead

    def change_commitment(self, day, terms, charged, carried, scheduled=False):
        """Seats leave a commitment as it is; another tier, interval or amount ends it, and begins its own."""
        old = self.terms
        if self.status == "trial":
            return
        if old.commitment and (old.code, old.interval(), old.commitment) == (terms.code, terms.interval(), terms.commitment):
            self.committed += charged
            return
        if old.commitment:
            self.committed -= carried
            self.true_up(day, "to come" if scheduled and terms.commitment else "so far")
        else:
            self.committed = 0
        if self.committed_from < day:
            self.committed_from, self.committed_paused = day, 0
        self.committed = self.committed + charged + carried if terms.commitment else 0

    # -- the course of time

    def due(self):
        """What falls due next: (day, order among what falls due on one day, deed)."""
        out = []
        active, end = self.status == "active", self.cancel_on
        to_end = end is not None and self.charged >= end
        if self.status == "trial":
            out.append((self.trial_end, 0, self.end_trial))
        if self.status == "paused" and self.resume_on:
            out.append((self.resume_on, 1, lambda: self.resume(self.resume_on)))
        if self.paused and self.charges:
            out.append((self.charged, 2, self.close_pause))
        if active and self.terms.arrears and not to_end:
            out.append((self.stretch()[0], 3, lambda: self.charge_fees(*self.stretch())))
        if self.status != "trial":
            if not (end and self.rated >= end):
                month_end = min(filter(None, [self.usage_month(self.rated)[1], end]))
                out.append((month_end, 4, lambda: self.rate_usage(month_end)))
            if self.terms.commitment and not (end and self.committed_from >= end):
                out.append((self.commitment_end(), 5, self.close_commitment))
            if self.change and ((active and not to_end) or self.paused):
                out.append((self.change[0], 6, self.take_change))
        if active and not self.terms.arrears and not to_end:
            out.append((self.charged, 7, lambda: self.charge_fees(*self.stretch())))
        if end:
            out = [x for x in out if x[0] <= end] + [(end, 9, lambda: self.end(end))]
        return min(out, key=lambda x: x[:2]) if out else None

    def settle(self, day):
        """Everything that is due by a day, in the order of time."""
        while self.status != "ended":
            item = self.due()
            if item is None or item[0] > day:
                return
            item[2]()

    def end_trial(self):
        needs_method = not self.terms.free and not self.book.has_method
        outcome = self.terms.price.get("trial_end", "convert") if needs_method else "convert"
        if outcome == "cancel":
            return self.end(self.trial_end)
        self.status = "active" if outcome == "convert" else "paused"
        self.paused = None if outcome == "convert" else self.trial_end
        self.rated = self.usage_anchor = self.trial_end
        self.usage_day = self.anchor_day
        self.tiers = []
        self.set_rates(self.trial_end, self.terms.rates if outcome == "convert" else {})

    def close_pause(self):
        self.give_back("pause_credit", self.paused, self.charged)
        self.charges = []

    def take_change(self):
        day, terms, seats = self.change
        self.change_commitment(day, terms, 0, 0, True)
        if terms.interval() != self.terms.interval():
            self.anchor, self.anchor_day = day, 0
        self.begin_terms(day, terms, seats)

    def begin_terms(self, day, terms, seats):
        if terms.interval() != self.terms.interval() or not self.terms.commitment or self.status == "trial":
            self.committed_anchor = self.anchor, self.anchor_day
        self.terms, self.seats, self.change = terms, seats, None
        self.set_rates(day, {} if self.paused else terms.rates)

    def end(self, day):
        self.give_back("proration_credit", self.paused or day, self.charged)
        self.status, self.charges, self.ended_on = "ended", [], day

    # -- commands

    def update(self, day, terms, seats, at_end):
        if at_end:
            self.change = (self.period_end(day), terms, seats)
            return
        kept = self.change and terms.same(self.terms) and self.change
        if kept:
            kept = (kept[0], kept[1], seats if kept[2] == self.seats else kept[2])
        self.change_now(max(day, self.start), terms, seats)
        if kept and not (kept[1].same(self.terms) and kept[2] == self.seats):
            self.change = kept

    def change_now(self, on, terms, seats):
        self.charge_arrears(on)
        anew = terms.interval() != self.terms.interval()
        rest = self.terms.arrears and self.status == "active" and self.charged <= on
        stretches = sorted({(max(on, c.start), c.end) for c in self.charges if c.end > on})
        if self.status == "trial":
            stretches, rest = [], False
        elif rest:
            stretches = [(on, None)]
        anchor, anchor_day = self.anchor, self.anchor_day
        if anew:
            anchor, anchor_day = (stretches[0][0] if stretches else self.charged), 0
        pieces = []
        for start, end in stretches[:1] if anew else stretches:
            whole = Calendar(anchor, anchor_day, *terms.interval()).period(start)
            pieces.append((start, whole[1] if anew or end is None else end, whole))
        charged, carried = self.swap(on, terms, seats, pieces, anew)
        self.change_commitment(on, terms, charged, carried)
        self.anchor, self.anchor_day = anchor, anchor_day
        if pieces:
            self.charged = pieces[0][0] if terms.arrears else pieces[-1][1]
        self.begin_terms(on, terms, seats)

    def swap(self, on, terms, seats, pieces, anew):
        """Gives back what does not go on and charges the new terms; what goes on costs the same as before."""
        if not pieces:
            return 0, 0
        same_tier = not anew and terms.code == self.terms.code and not terms.arrears and not self.terms.arrears
        before, after = self.terms.fees(self.seats), terms.fees(seats)
        kept = [c for c in self.charges if same_tier and c.fee in after and before.get(c.fee) == after[c.fee]]
        self.give_back("proration_credit", on, self.charged, [c for c in self.charges if c not in kept])
        charged, self.charges = 0, list(kept)
        for fee, amount in after.items():
            if terms.arrears or any(c.fee == fee for c in kept):
                continue
            for start, end, whole in pieces:
                part = terms.share(amount, start, end, whole)
                self.book.line("proration_charge", terms.code, fee, start, end, part, terms.currency)
                self.charges.append(Charge(fee, start, end, part, terms.weight(start, end, whole)))
                charged += part
        return charged, sum(c.unused(self.terms, on, c.end, bool(c.taken)) for c in kept)

    def move_billing_day(self, day, to):
        on = max(day, self.start)
        self.anchor = Calendar(self.anchor, to, *self.terms.interval()).first_from(on)
        self.anchor_day = to
        if self.status == "trial" or not self.terms.commitment:
            self.committed_anchor = self.anchor, self.anchor_day
        self.set_rates(on, self.terms.rates)
        if self.change:
            self.change = (self.period_end(day),) + self.change[1:]

    def pause(self, day, until):
        on = max(day, self.start)
        self.charge_arrears(on)
        self.status, self.paused, self.resume_on = "paused", on, until
        self.set_rates(on, {})

    def resume(self, day):
        on = max(day, self.paused)
        self.give_back("pause_credit", self.paused, on)
        if self.charged < on:
            self.charged, self.charges = on, []
        self.committed_paused += max(0, (on - max(self.paused, self.committed_from)).days)
        self.status, self.paused, self.resume_on = "active", None, None
        self.set_rates(on, self.terms.rates)

    def undo(self, what):
        end = what in ("end", "all") or (what == "default" and self.cancel_on)
        self.change = self.change if end and what != "all" else None
        self.cancel_on = None if end else self.cancel_on

    def cancel(self, day, gives):
        on = max(day, self.start)
        self.charge_arrears(on)
        if gives:
            self.give_back("proration_credit", self.paused or on, self.charged)
        elif self.paused:
            self.give_back("pause_credit", self.paused, on)
        if self.status != "trial":
            if self.rated <= on:
                self.rate_usage(on)
            self.true_up(on)
        self.status, self.ended_on = "ended", on


# ---- a customer's book


class Book:
    def __init__(self, catalog):
        self.products = {p["code"]: p for p in catalog["products"]}
        self.lines, self.usage, self.subscriptions, self.has_method = Counter(), [], [], False
        self.coupons, self.wrong = Coupons(catalog), []

    def line(self, kind, name, fee, start, end, amount, currency):
        if amount:
            self.lines[(kind, name, fee, start, end, amount, currency)] += 1

    def now(self):
        return self.subscriptions[-1] if self.subscriptions else None

    def terms(self, code, unit, count, currency, agreed):
        product = self.products[code]
        for price in product["prices"]:
            if (price["interval"], price.get("interval_count", 1), price["currency"]) == (unit, count, currency):
                return Terms(product, price, agreed)
        raise KeyError(code)

    def create(self, day, c):
        unit, count = c["interval"], c["interval_count"] or 1
        terms = self.terms(c["tier"], unit, count, c["currency"], minor(c["price"], c["currency"]))
        start, elsewhere = day_of(c["start"]) or day, day_of(c["charged_through"])
        trial = 0 if c["no_trial"] or elsewhere else c["trial_days"] or terms.price.get("trial_days", 0)
        trial_end = start + timedelta(trial) if trial else None
        paid, anchor_day = trial_end or start, c["billing_day"]
        anchor = Calendar(paid, anchor_day, unit, count).first_from(paid) if anchor_day else self.anchor(terms, paid)
        self.has_method = self.has_method or bool(c["payment_method"])
        self.subscriptions.append(
            Subscription(self, terms, c["quantity"] or 1, start, trial_end, elsewhere, anchor, anchor_day))

    def update(self, day, c):
        s = self.now()
        if c["billing_day"]:
            return s.move_billing_day(day, c["billing_day"])
        at_end = c["when"] == "period_end"
        terms, seats = s.change[1:] if at_end and s.change else (s.terms, s.seats)  # as it will be by then
        unit, count = terms.interval()
        if c["interval"] != "default":
            unit, count = c["interval"], c["interval_count"] or 1
        if c["tier"] or c["interval"] != "default":
            agreed = minor(c["price"], terms.currency)
            terms = self.terms(c["tier"] or terms.code, unit, count, terms.currency, agreed)
        s.update(day, terms, c["quantity"] or seats, at_end)

    def cancel(self, day, c):
        s = self.now()
        if not c["immediate"]:
            s.cancel_on = s.period_end(day)
        elif s.status != "ended":  # else the end was only noted
            s.cancel(day, c["give_back"] != "none")

    def reactivate(self, day):
        s = self.now()
        self.subscriptions.append(Subscription(self, s.terms, s.seats, day, None, None, self.anchor(s.terms, day), 0))

    @staticmethod
    def anchor(terms, day):
        start = day - timedelta(day.weekday()) if terms.unit == "week" else date(day.year, 1, 1)
        return start if terms.price.get("alignment") == "calendar" else day

    def record(self, day, readings):
        s = self.now()
        for r in readings:
            month, end = day.replace(day=1), s and s.over(day)
            key = s.usage_key(day) if s and not end else max(month, end) if end else month
            self.usage.append((key, r["usage_type"], Fraction(r["amount"])))

    def do(self, day, step):
        """Whatever is due today comes before what is asked for today."""
        s, c = self.now(), step.get("body")
        if s and step.get("command") not in ("usage.record", "coupon.apply", "coupon.remove", "invoice.add-item"):
            s.settle(day)
        name = step.get("command", "run")
        if name == "subscription.create":
            self.create(day, c)
        elif name == "subscription.update":
            self.update(day, c)
        elif name == "subscription.cancel":
            self.cancel(day, c)
        elif name == "subscription.pause":
            s.pause(day, day_of(c["until"]))
        elif name == "subscription.resume":
            s.resume(day)
        elif name == "subscription.undo":
            s.undo(c["what"])
        elif name == "subscription.reactivate":
            self.reactivate(day)
        elif name == "usage.record":
            self.record(day, c["readings"])
        elif name == "coupon.apply":
            self.coupons.give(c["code"])
        elif name == "coupon.remove":
            self.coupons.take_back(c["code"])
        elif name not in ("run", "invoice.add-item"):
            raise KeyError(name)
        for document in step["documents"]:
            self.finalize(document)

    def finalize(self, document):
        taken = self.coupons.take(document)
        found = sorted((d["code"], minor(d["amount"], document["currency"])) for d in document["discounts"])
        if taken != found:
            self.wrong.append(f"{document['number']}: coupons take {taken}, and took {found}")
        for s in self.subscriptions:
            for c in s.charges:
                c.bill(document)


# ---- comparing


def wanted_lines(catalog, history):
    book = Book(catalog)
    for step in history["steps"]:
        book.do(day_of(step["on"]), step)
    return book.lines, {s.rated for s in book.subscriptions if s.status != "ended"}, book.wrong


def in_advance(catalog):
    rates = (r for p in catalog["products"] for price in p["prices"] for r in price.get("rates", []))
    return {r["usage_type"] for r in rates if r.get("in_advance")}


def lessened(history):
    """Periods of usage that was charged as it came and given back of what a coupon had left: nothing comes to their cost."""
    discounted = {(d["invoice"], i + 1) for step in history["steps"] for d in step["documents"]
                  for i, v in enumerate(d["lines"]) if minor(v["discount"], d["currency"])}
    return {(v["usage_type"], day_of(v["from"])) for v in history["lines"]
            if v["kind"] == "usage" and (v["credits"], v["credits_line"]) in discounted}


def by_period(lines, types, still_open, left_out):
    """Usage that is charged as it comes has many lines: what they come to is what the period costs at its end."""
    out, sums = Counter(), Counter()
    for (kind, name, fee, start, end, amount, currency), count in lines.items():
        if kind != "usage" or name not in types:
            out[(kind, name, fee, start, end, amount, currency)] += count
        elif start not in still_open and (name, start) not in left_out:
            sums[(name, start, currency)] += amount * count
    out.update(("usage", name, "", start, start, n, currency) for (name, start, currency), n in sums.items() if n)
    return out


def found_lines(history):
    lines = Counter()
    for v in history["lines"]:
        amount = minor(v["amount"], v["currency"])
        name = v["usage_type"] if v["kind"] == "usage" else v["product"]
        if amount:
            lines[(v["kind"], name, v["fee"], day_of(v["from"]), day_of(v["to"]), amount, v["currency"])] += 1
    return lines


def tell(title, lines):
    for kind, name, fee, start, end, amount, currency in sorted(lines.elements(), key=str):
        print(f"    {title}: {amount} {currency} {kind} [{start}, {end}) {name}{'/' + fee if fee else ''}")


def main(catalog_path, histories_path):
    catalog = json.load(open(catalog_path, encoding="utf-8"))
    histories = documents = lines = broken = 0
    types = in_advance(catalog)
    for text in open(histories_path, encoding="utf-8"):
        history = json.loads(text)
        wanted, still_open, wrong = wanted_lines(catalog, history)
        left_out = lessened(history)
        found = by_period(found_lines(history), types, still_open, left_out)
        wanted = by_period(wanted, types, still_open, left_out)
        histories += 1
        documents += history["documents"]
        lines += sum(found.values())
        if wanted == found and not wrong:
            continue
        broken += 1
        if broken <= 5:
            print(f"seed {history['seed']}:")
            tell("only the model", wanted - found)
            tell("only the ledger", found - wanted)
            print("".join(f"    {w}\n" for w in wrong), end="")
    print(f"{lines} lines of {documents} documents and of what waits for one, in {histories} histories")
    print(f"{histories - broken} passed, {broken} failed, 0 skipped")
    return 1 if broken or not histories else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
