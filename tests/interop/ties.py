# SPDX-License-Identifier: MIT
"""ties.py DAYBOOK HOME WORK [SEED] - see test_ties.sh. Sums are made here, with Python's decimals, from the rows alone."""
import csv
import io
import json
import pathlib
import random
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal

daybook, home, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
dice = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
ledger = work / "books"
passed = failed = 0
POSITIONS = 24
DAYS = ["2025-01-01", "2025-01-16", "2025-01-20", "2025-01-31", "2025-02-01", "2025-02-04", "2025-02-28", "2025-03-01", "2025-06-30"]


def run(*words, now="2025-06-30", statuses=(0,)):
    done = subprocess.run([daybook, "--dir", str(ledger), "--now", now, *words], capture_output=True, check=False)
    if done.returncode not in statuses:
        sys.exit(f"{' '.join(words)}: {done.stderr.decode()}")
    return done.stdout.decode()


def answer(*words, now):
    return json.loads(run("--json", *words, now=now))


def rows(name, *words):
    return list(csv.DictReader(io.StringIO(run("report", name, *words), newline="")))


def sums(found, column, wanted=lambda row: True):
    total = defaultdict(Decimal)
    for row in found:
        if wanted(row):
            total[row["currency"]] += Decimal(row[column] or "0")
    return {k: v for k, v in total.items() if v}


def tell(what, is_, should):
    global passed, failed
    if is_ == should:
        passed += 1
    else:
        failed += 1
        print(f"FAIL: {what}: {is_} is not {should}")


# ---- a quarter in which everything happens: four currencies, several rates, corrections of a month that is closed ----

catalog = json.loads((home / "fixtures/demo-catalog.json").read_text(encoding="utf-8"))
catalog["taxes"] += [{"code": "de-book", "name": "USt", "country": "DE", "percent": "7", "category": "S", "product_code": "book"},
                     {"code": "de-school", "name": "USt", "country": "DE", "percent": "0", "category": "E", "product_code": "school"}]
(work / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")
run("init", str(ledger), "--catalog", str(work / "catalog.json"), now="2025-01-01")
run("seller", "set", "--name", "Ledger GmbH", "--country", "DE", "--tax-id", "DE136695976", "--late-usage", "rerate", now="2025-01-01")
USERS = {"=1+2": ("USD", "US"), "@x": ("EUR", "DE"), "q'uo\"te": ("EUR", "ES"), "\u6f22\u5b57": ("JPY", "JP"), "kw": ("KWD", "KW"), "anna": ("EUR", "DE"), "ben": ("EUR", "AT"),
         "rc": ("EUR", "FR")}
for user, (currency, country) in USERS.items():
    tax_id = ["--tax-id", "FR90772708913"] if user == "rc" else []
    run("customer", "create", user, "--currency", currency, "--country", country, *tax_id, now="2025-01-01")
    card = "pm_card_chargeDeclined" if user == "@x" else "pm_card_visa"
    run("payment-method", "add", user, card, "--default", now="2025-01-01")
    run("subscription", "create", user, "--tier", "pro", "--payment-method", card, "--start", "2025-01-01", now="2025-01-01")
run("run", "--through", "2025-01-01", "--out", str(work / "out"), "--no-pdf", now="2025-01-01")
for user in USERS:
    run("usage", "record", user, "api_calls", "12345.678", "--event-id", f"e-{user}", now="2025-01-15")
large = {}
for user in ("anna", "ben", "rc"):
    for what, amount, code in (("Consulting", "99.99", ""), ("Book", "12.34", "book"), ("Course", "50", "school"), ("Back", "-10.01", "")):
        run("invoice", "add-item", user, "--description", what, "--amount", amount, *(["--tax-code", code] if code else []), now="2025-01-16")
    large[user] = answer("invoice", "one-off", user, "--description", "By transfer", "--amount", "1234567.89", now="2025-01-16")["invoice_number"]
    run("wallet", "grant", user, "500", "--price", "400", "--expires", "2025-02-20", now="2025-01-16")
    run("subscription", "update", user, "--tier", "basic", now="2025-01-20")
lost = [answer("invoice", "one-off", "@x", "--description", "Lost", "--amount", "77.77", now="2025-01-17")["invoice_number"] for _ in range(2)]
run("run", "--through", "2025-02-01", "--out", str(work / "out"), "--no-pdf", now="2025-02-01")
run("period", "close", "2025-01", now="2025-02-03")
closed = rows("trial_balance", "--to", "2025-01-31")
run("invoice", "credit", large["anna"], "--line", "1", "--amount", "500", "--as", "refund", "--reason", "Late", now="2025-02-04")
run("invoice", "credit", large["ben"], "--amount", "500", "--as", "credit", "--reason", "Late", now="2025-02-04")
run("invoice", "credit", "INV-2025-000003", "--reason", "All of it", now="2025-02-04")
run("invoice", "void", lost[0], "--reason", "Wrong", now="2025-02-04")
run("invoice", "write-off", lost[1], "--reason", "Insolvent", now="2025-02-04")
paid = [json.loads(line) for line in run("--json", "payment", "list").splitlines()]
for one in [p for p in paid if p["status"] == "completed"][:2]:
    run("payment", "refund", one["transaction_id"], "--amount", "9" if one["currency"] == "JPY" else "9.50", now="2025-02-04")
for user in ("anna", "kw"):
    run("usage", "record", user, "api_calls", "250000", "--event-id", f"late-{user}", "--at", "2025-01-18T00:00:00Z", now="2025-02-05")
    run("usage", "rerate", user, now="2025-02-05")
    run("rerating", "approve", user, "--as", "note" if user == "kw" else "items", now="2025-02-05")
run("usage", "cancel", "e-ben", now="2025-02-06")
run("subscription", "cancel", "=1+2", "--immediate", now="2025-02-10")
run("run", "--through", "2025-03-01", "--out", str(work / "out"), "--no-pdf", now="2025-03-01")

# ---- what must be the same by two ways, on any day and at any position of the log ----


def accounts(balance, name, sign=1):
    return {k: sign * v for k, v in sums(balance, "balance", lambda r: r["account_name"].split(":")[:2] == name.split(":")).items()}


def added(one, other):
    return {k: v for k in one.keys() | other.keys() if (v := one.get(k, Decimal(0)) + other.get(k, Decimal(0)))}


tell("a closed month stays as it was", rows("trial_balance", "--to", "2025-01-31"), closed)
records = answer("stats", now="2025-06-30")["records"]
for _ in range(POSITIONS):
    known, day = str(dice.randrange(30, records)), dice.choice(DAYS)
    when, where = ["--known-at", known, "--to", day], f"of {day}, known at {known}"
    balance = rows("trial_balance", *when)
    tell(f"balances {where}", sums(balance, "balance"), {})
    tell(f"aging {where}", sums(rows("ar_aging", *when), "outstanding"),
         added(accounts(balance, "assets:receivable"), accounts(balance, "liabilities:customer-credit")))
    tell(f"cash {where}", sums(rows("cash", *when), "amount"), accounts(balance, "assets:cash"))
    tell(f"tax {where}", sums(rows("tax", *when), "tax"), accounts(balance, "liabilities:tax", -1))
    tell(f"what is deferred {where}", sums(rows("deferred_schedule", *when), "remaining"), accounts(balance, "liabilities:deferred-revenue", -1))
    moved = defaultdict(Decimal)
    for row in rows("journal", *when):
        moved[row["account_name"], row["currency"]] += Decimal(row["debit"]) - Decimal(row["credit"])
    tell(f"the journal {where}", {k: v for k, v in moved.items() if v},
         {(r["account_name"], r["currency"]): Decimal(r["balance"]) for r in balance if Decimal(r["balance"])})
    for row in rows("deferred_rollforward", *when):
        tell(f"a row of the roll-forward {where}", Decimal(row["opening"]) + Decimal(row["billed"]) - Decimal(row["recognised"]) - Decimal(row["credited"]),
             Decimal(row["closing"]))
    ends = {(r["customer_id"], r["currency"]): {"currency": r["currency"], "balance": r["balance"]} for r in rows("statement", *when)}
    tell(f"the ends of all statements {where}", sums(ends.values(), "balance"),
         added(accounts(balance, "assets:receivable"), accounts(balance, "liabilities:customer-credit")))
    for row in rows("invoices", "--known-at", known):
        if row["status"] != "void":
            tell(f"what became of {row['document_number']}, known at {known}", Decimal(row["gross"]),
                 sum(Decimal(row[c]) for c in ("paid", "credited", "written_off", "balance", "wallet_applied")) - Decimal(row["wallet_returned"]))
print(f"{passed} passed, {failed} failed, 0 skipped")
sys.exit(failed > 0)
