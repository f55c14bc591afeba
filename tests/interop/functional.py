# SPDX-License-Identifier: MIT
"""functional.py DAYBOOK HOME WORK - see test_functional.sh. Everything is computed here, with fractions, from the files alone."""
import csv
import datetime
import io
import json
import pathlib
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

daybook, home, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
passed = failed = 0
CENT = Fraction(1, 100)
MINOR = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}


def run(*words, now="2025-04-15", check=True):
    done = subprocess.run([daybook, "--dir", str(work / "books"), "--now", now, *words], capture_output=True, check=False)
    if check and done.returncode != 0:
        sys.exit(f"{' '.join(words)}: {done.stderr.decode()}")
    return done


def tell(what, wrong):
    global passed, failed
    if wrong:
        failed += 1
        print(f"FAIL: {what}: {str(wrong)[:600]}")
    else:
        passed += 1


def rows(name, *words):
    return list(csv.DictReader(io.StringIO(run("report", name, *words).stdout.decode(), newline="")))


def own(row):
    return Fraction(Decimal(row["debit"])) - Fraction(Decimal(row["credit"]))


def functional(row):
    return Fraction(Decimal(row["functional_debit"])) - Fraction(Decimal(row["functional_credit"]))


def cents(x):
    """Half away from zero."""
    whole = (abs(x) / CENT + Fraction(1, 2)).__floor__()
    return (whole if x >= 0 else -whole) * CENT


# ---- three months in four currencies, whose rates move every few days ----

rates = defaultdict(dict)
run("init", str(work / "books"), "--catalog", str(home / "fixtures/demo-catalog.json"), now="2025-01-01")
run("seller", "set", "--name", "Books GmbH", "--country", "DE", "--tax-id", "DE136695976", "--tax-currency", "EUR",
    "--functional-currency", "EUR", now="2025-01-01")
for currency, base, step in ("USD", "0.9624", "-0.0031"), ("JPY", "0.006129", "0.000017"), ("KWD", "3.1207", "0.0093"):
    for i, days in enumerate(range(0, 120, 4)):
        on = str(datetime.date(2025, 1, 1) + datetime.timedelta(days))
        rate = Decimal(base) + Decimal(step) * (i % 7)
        rates[currency][on] = Fraction(rate)
        run("exchange-rate", "set", currency, "EUR", str(rate), "--on", on, "--source", "ECB", now="2025-01-01")

USERS = [("dora", "USD", "US", "pro"), ("emil", "EUR", "DE", "basic"), ("yuki", "JPY", "JP", "pro"), ("kaya", "KWD", "KW", "basic"),
         ("greta", "USD", "DE", "basic"), ("late", "USD", "DE", "pro")]
for user, currency, country, tier in USERS:
    run("customer", "create", user, "--currency", currency, "--country", country, now="2025-01-01")
    run("payment-method", "add", user, "pm_card_chargeDeclined" if user == "late" else "pm_card_visa", now="2025-01-01")
    run("subscription", "create", user, "--tier", tier, now="2025-01-01")
run("wallet", "grant", "greta", "900", "--price", "725.35", "--expires", "2025-03-10", "--expected-breakage", "33.3", now="2025-01-03")
for day in ("2025-01-01", "2025-01-09", "2025-02-01", "2025-02-17", "2025-03-01", "2025-03-20", "2025-04-01"):
    if day == "2025-02-17":
        run("subscription", "update", "dora", "--tier", "basic", now=day)
        run("subscription", "update", "greta", "--tier", "pro", now=day)
    if day == "2025-03-01":
        run("payment-method", "add", "late", "pm_card_visa", "--default", now="2025-02-27")
        run("payment", "charge", "late", "260.17", now="2025-02-27")
    run("usage", "record", "dora", "api_calls", "112345", now=day)
    run("usage", "record", "yuki", "api_calls", "212345", now=day)
    run("run", "--through", day, "--out", str(work / "out"), "--no-pdf", now=day)
first = json.loads(run("--json", "invoice", "list", "greta").stdout.decode().splitlines()[-1])["invoice_number"]
other = json.loads(run("--json", "invoice", "list", "dora").stdout.decode().splitlines()[-1])["invoice_number"]
run("invoice", "credit", first, "--amount", "7.77", "--as", "credit", "--reason", "Late", now="2025-04-03")
run("invoice", "credit", other, "--amount", "33.33", "--as", "refund", "--reason", "Late", now="2025-04-05")
run("invoice", "one-off", "yuki", "--description", "Wrong", "--amount", "77777", now="2025-04-06")
wrong = json.loads(run("--json", "invoice", "list", "yuki").stdout.decode().splitlines()[0])["invoice_number"]
run("invoice", "void", wrong, "--reason", "Wrong", now="2025-04-08")

# ---- the journal ----

journal = rows("journal", "--to", "2025-04-30")
entries = defaultdict(list)
for row in journal:
    entries[row["journal_id"]].append(row)
tell("each row is told in the functional currency", [r for r in journal if r["functional_currency"] != "EUR"])
tell("entries balance in it", [i for i, e in entries.items() if sum(map(functional, e))])
tell("a row with a rate is its amount by that rate", [r for r in journal if r["fx_rate"] and
     abs(functional(r) - own(r) * Fraction(Decimal(r["fx_rate"]))) >= 2 * CENT])
tell("what is in it already stays what it is", [r for r in journal if r["currency"] == "EUR" and own(r) != functional(r)])


def rate_of(currency, on):
    return Fraction(1) if currency == "EUR" else rates[currency][max(d for d in rates[currency] if d <= on)]


documents = {}
for line in run("--json", "invoice", "list").stdout.decode().splitlines():
    v = json.loads(line)
    documents[v["invoice_number"]] = json.loads(run("--json", "invoice", "show", v["invoice_number"]).stdout.decode())
credited = {r["document_number"]: r["credits_document"] for r in rows("invoices") if r["document_type"] == "credit_note"}


def rate_of_entry(entry):
    """A document's day, that of the one invoice that it gives back of or voids, or the entry's own."""
    row = entry[0]
    number = row["document_number"]
    if row["source"] not in ("invoice.finalized", "invoice.voided"):
        return rate_of(row["currency"], row["document_date"])
    number = credited.get(number, number) if row["source"] == "invoice.finalized" else number
    return rate_of(row["currency"], documents[number]["issue_date"])


def by_rate(account):
    return account.startswith(("income:", "expenses:", "liabilities:tax", "equity:"))


KEPT_BY = {"assets:receivable": ("customer_id", "document_number"), "liabilities:customer-credit": ("customer_id",),
           "liabilities:refunds-pending": ("customer_id",), "assets:unbilled": ("customer_id",), "liabilities:prepaid": ("customer_id",)}
held = defaultdict(lambda: [Fraction(0), Fraction(0)])
wrong_rate, wrong_item, wrong_gain, gains = [], [], [], 0
for number, entry in entries.items():
    mixed = len({r["currency"] for r in entry}) > 1
    rate = rate_of_entry(entry)
    wrong_rate += [r for r in entry if r["fx_rate"] and not mixed and Fraction(Decimal(r["fx_rate"])) != rate]
    moved, at_rate_less = defaultdict(lambda: [Fraction(0), Fraction(0)]), Fraction(0)
    for r in entry:
        if by_rate(r["account_name"]):
            continue
        key = (r["account_name"], r["currency"], *(r[k] for k in KEPT_BY.get(r["account_name"], ())))
        moved[key][0] += own(r)
        moved[key][1] += functional(r)
    for key, (x, y) in moved.items():
        before, stood_for = held[key]
        if x * before < 0:
            part = min(abs(x), abs(before)) / abs(before)
            settled = cents(stood_for * part)
            rest = (abs(x) - min(abs(x), abs(before))) * (1 if x > 0 else -1)
            if abs(y - (-settled + rest * rate)) >= 2 * CENT:
                wrong_item.append((number, key, y, -settled + rest * rate))
            at_rate_less += -settled - (x - rest) * rate
        elif abs(y - x * rate) >= 2 * CENT:
            wrong_item.append((number, key, y, x * rate))
        held[key] = [before + x, stood_for + y]
        if held[key][0] == 0 and held[key][1] != 0:
            wrong_item.append((number, key, "nothing is left but", held[key][1]))
    gain = sum(functional(r) for r in entry if r["account_name"] == "income:fx-gain-loss")
    gains += gain != 0
    if entry[0]["source"] == "payment.succeeded" and abs(gain + at_rate_less) >= 3 * CENT:
        wrong_gain.append((number, gain, -at_rate_less))
tell("rates are those of the day, and of the invoice that is given back of", wrong_rate)
tell("items leave at what they stood for", wrong_item)
tell("the difference is gain or loss", wrong_gain)
tell("there are gains and losses", gains < 5)
tell("something was earned, expired, refunded and voided", {"revenue.earned", "wallet.expired", "refund.succeeded", "invoice.voided"} -
     {r["source"] for r in journal})

# ---- what is summed from it ----

for words in (), ("--to", "2025-02-28"), ("--from", "2025-02-01", "--to", "2025-03-31"):
    trial, moved = rows("functional_trial_balance", *words), defaultdict(Fraction)
    for r in rows("journal", *words):
        moved[r["account_name"]] += functional(r)
    tell(f"the trial balance {words} is the journal", {k: v for k, v in moved.items() if v} !=
         {r["account_name"]: v for r in trial if (v := Fraction(Decimal(r["debit"])) - Fraction(Decimal(r["credit"])))})
    tell(f"the trial balance {words} sums to zero", sum(Fraction(Decimal(r["balance"])) for r in trial))
    tell(f"what went before {words} is its opening", sum(Fraction(Decimal(r["opening"])) for r in trial))
later = [r for r in rows("journal", "--to", "2025-04-30") if r["posting_date"] >= "2025-02-01"]
tell("a later beginning has the same rows", rows("journal", "--from", "2025-02-01", "--to", "2025-04-30") != later)

tax = rows("tax", "--to", "2025-04-30")
posted = -sum(functional(r) for r in journal if r["account_name"].startswith("liabilities:tax"))
tell("the tax report is the tax accounts", sum(Fraction(Decimal(r["functional_tax"])) for r in tax) != posted)
told = sum(Fraction(Decimal((v.get("tax_converted") or {}).get("tax") or (v["tax"] if v["currency"] == "EUR" else "0")))
           for v in documents.values() if v["status"] != "void")
tell("it is what the documents told of tax", posted != told and (posted, told))
tell("bases are theirs by the rate", [r for r in tax if r["currency"] == "EUR" and r["functional_taxable_base"] != r["taxable_base"]])
for r in tax:
    if r["currency"] != "EUR" and Decimal(r["taxable_base"]):
        rate = Fraction(Decimal(r["functional_taxable_base"])) / Fraction(Decimal(r["taxable_base"]))
        low, high = min(rates[r["currency"]].values()), max(rates[r["currency"]].values())
        if r["document_type"] == "invoice":
            tell("a base lies between the rates", not low * Fraction(97, 100) <= rate <= high * Fraction(103, 100) and r)

# ---- prepaid credit ----

for day in "2025-01-05", "2025-02-01", "2025-03-01", "2025-03-10", "2025-04-30":
    owed = sum(Decimal(r["owed"]) for r in rows("wallet", "--to", day))
    held = -sum(Decimal(r["balance"]) for r in rows("trial_balance", "--to", day) if r["account_name"] == "liabilities:prepaid")
    tell(f"what is owed of prepaid credit on {day} is its account", owed != held and (owed, held))
tell("some of it was earned before it expired", not [r for r in journal if r["account_name"] == "income:breakage" and
     r["source"] == "invoice.finalized"])

# ---- a rate that nobody gave ----

run("customer", "create", "pia", "--currency", "GBP", "--country", "US", now="2025-04-10")
run("invoice", "one-off", "pia", "--description", "Training", "--amount", "10", now="2025-04-10")
done = run("report", "journal", "-o", str(work / "no.csv"), check=False)
said = done.stderr.decode()
tell("a rate that nobody gave is named", done.returncode != 1 or "no exchange rate of GBP to EUR is known of 2025-04-10" not in said
     and (done.returncode, said))
tell("nothing is written then", (work / "no.csv").exists())
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
