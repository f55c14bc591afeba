# SPDX-License-Identifier: MIT
"""books.py DAYBOOK HOME WORK - see test_books.sh. Sums are made here, with Python's decimals, from the files alone."""
import csv
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

daybook, home, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
fixtures, ledger = home / "fixtures", work / "books"
passed = failed = skipped = 0


def run(*words, now="2025-04-15", env=None, check=True):
    command = [daybook, "--dir", str(ledger), "--now", now, *words]
    done = subprocess.run(command, capture_output=True, env=dict(os.environ, **(env or {})), check=False)
    if check and done.returncode != 0:
        sys.exit(f"{' '.join(words)}: {done.stderr.decode()}")
    return done


def tell(what, wrong):
    global passed, failed
    if wrong:
        failed += 1
        print(f"FAIL: {what}: {wrong}")
    else:
        passed += 1


def skip(what, why):
    global skipped
    skipped += 1
    print(f"skipped: {what}: {why}")


def report(name, *words):
    return run("report", name, *words).stdout.decode()


def rows(name, *words):
    return list(csv.DictReader(io.StringIO(report(name, *words), newline="")))


def sums(found, column, key=lambda row: row["currency"]):
    total = defaultdict(Decimal)
    for row in found:
        total[key(row)] += Decimal(row[column] or "0")
    return {k: v for k, v in total.items() if v}


def accounts(balance, prefix, sign=1):
    return {k: sign * v for k, v in sums([r for r in balance if r["account_name"].startswith(prefix)], "balance").items() if v}


# ---- three months ----

run("init", str(ledger), "--catalog", str(fixtures / "demo-catalog.json"), now="2024-12-31")
run("seller", "set", "--name", "Daur AI Ltd", "--country", "IE", "--tax-id", "IE1234567FA", now="2024-12-31")
run("import", "customers", str(fixtures / "customers.csv"), now="2024-12-31")
run("customer", "create", "=1+2", "--name", "=HYPERLINK(\"http://x\")", now="2024-12-31")
run("subscription", "create", "=1+2", "--tier", "basic", "--payment-method", "pm_card_chargeDeclined", now="2024-12-31")
run("run", "--through", "2024-12-31", "--out", str(work / "out"), "--no-pdf", now="2024-12-31")
KEPT = ["journal", "trial_balance", "ar_aging", "invoices", "deferred_schedule", "tax", "cash"]
then = {}
for month in ("2025-01-31", "2025-02-28", "2025-03-31"):
    run("import", "usage", str(fixtures / f"usage-{month[:7]}.csv.gz"), now=month)
    for kind in ("changes", "extras"):
        file = fixtures / f"{kind}-{month[:7]}.jsonl"
        if file.exists():
            run("import", "commands", str(file), now=month)
    run("run", "--through", month, "--out", str(work / "out"), "--no-pdf", now=month)
    if month == "2025-01-31":
        seq = json.loads(run("--json", "stats").stdout)["records"] - 1
        then = {name: report(name) for name in KEPT}

# ---- the books of others ----


# bean-query shows numbers with fewer decimals than they have.
BEAN = """
import sys
from beancount import loader
from beancount.core.data import Transaction
entries, errors, options = loader.load_file(sys.argv[1])
for entry in entries:
    if isinstance(entry, Transaction):
        for posting in entry.postings:
            print(posting.account, posting.units.currency, posting.units.number)
"""


def balances_of(program, file):
    found = defaultdict(Decimal)
    if program == "beancount":
        out = subprocess.run(["/usr/bin/python3", "-c", BEAN, file], capture_output=True, text=True, check=True).stdout
        for line in out.splitlines():
            account, currency, amount = line.split()
            found[account, currency] += Decimal(amount)
        return found
    command = {"hledger": ["hledger", "-f", file, "balance", "--flat", "-N", "-O", "csv"],
               "ledger": ["ledger", "-f", file, "balance", "--flat", "--no-total", "--balance-format",
                          "%(join(scrub(display_total)))|%(account)\n"]}[program]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if program == "hledger":
        for account, amounts in list(csv.reader(io.StringIO(out)))[1:]:
            for amount in amounts.split(", "):
                if amount not in ("0", ""):
                    number, currency = amount.split()
                    found[account, currency] += Decimal(number)
        return found
    for line in out.splitlines():
        amounts, _, account = line.rpartition("|")
        for number, currency in re.findall(r"(-?[\d.]+) ([A-Z]{3})", amounts):
            found[account, currency] += Decimal(number)
    return found


def bean(name):
    def part(text):
        out = "".join(c if c.isascii() and (c.isalnum() or (c == "-" and i)) else ("" if i else "X") + f"-{ord(c):02X}"
                      for i, c in enumerate(text))
        return out[:1].upper() + out[1:]
    return ":".join(part(p) for p in name.split(":"))


CHECKS = {"hledger": ["hledger", "check", "-s", "ordereddates", "-f"], "ledger": ["ledger", "--strict", "--pedantic", "source", "-f"],
          "beancount": ["bean-check"]}
for program, check in CHECKS.items():
    if shutil.which(check[0]) is None:
        skip(program, "it is not installed")
        continue
    for day in ("2025-01-31", "2025-02-11", "2025-03-31"):
        file = str(work / f"j.{program}")
        run("report", "journal", "--format", program, "--to", day, "-o", file)
        done = subprocess.run(check + [file], capture_output=True, text=True, check=False)
        tell(f"{program} reads the journal of {day}", done.returncode and (done.stderr + done.stdout)[:500])
        ours = {}
        for row in rows("trial_balance", "--to", day):
            if Decimal(row["balance"]):
                name = bean(row["account_name"]) if program == "beancount" else row["account_name"]
                ours[name, row["currency"]] = Decimal(row["balance"])
        theirs = {k: v for k, v in balances_of(program, file).items() if v}
        tell(f"{program} has our balances of {day}", [(k, ours.get(k), theirs.get(k)) for k in sorted(ours.keys() | theirs.keys())
                                                      if ours.get(k) != theirs.get(k)][:5])

# ---- what must be an account ----

for day in ("2025-01-01", "2025-01-31", "2025-02-14", "2025-03-31"):
    balance = rows("trial_balance", "--as-of", day)
    tell(f"balances of {day} sum to zero", sums(balance, "balance"))
    aging, summary = rows("ar_aging", "--as-of", day), rows("ar_aging_summary", "--as-of", day)
    credit = [r for r in aging if r["document_type"] == "customer_credit"]
    owed = [r for r in aging if r["document_type"] != "customer_credit"]
    tell(f"what documents are owed on {day} is the receivable account", sums(owed, "outstanding") != accounts(balance, "assets:receivable"))
    tell(f"what is left of credit on {day} is its account", sums(credit, "outstanding") != accounts(balance, "liabilities:customer-credit"))
    tell(f"its summary of {day} says so", [r for r in summary if r["difference"] not in ("", "0.00", "0", "0.000")])
    buckets = ["not_due", "d1_30", "d31_60", "d61_90", "d91_120", "d120_plus"]
    tell(f"its buckets of {day} add up", [r for r in aging if sum(Decimal(r[b]) for b in buckets) != Decimal(r["outstanding"])])
    tell(f"cash of {day}", sums(rows("cash", "--to", day), "amount") != accounts(balance, "assets:cash"))
    tell(f"tax of {day}", sums(rows("tax", "--to", day), "tax") != accounts(balance, "liabilities:tax", -1))
    tell(f"what is owed of prepaid credit on {day}", sums(rows("wallet", "--as-of", day), "owed") != accounts(balance, "liabilities:prepaid", -1))
    schedule = rows("deferred_schedule", "--as-of", day)
    tell(f"what is deferred on {day}", sums(schedule, "remaining") != accounts(balance, "liabilities:deferred-revenue", -1))
    last = {(r["currency"], r["revenue_account"]): r["closing"] for r in rows("deferred_rollforward", "--to", day)}
    closing = defaultdict(Decimal)
    for (currency, _), amount in last.items():
        closing[currency] += Decimal(amount)
    tell(f"the roll-forward of {day}", {k: v for k, v in closing.items() if v} != accounts(balance, "liabilities:deferred-revenue", -1))
    journal = rows("journal", "--to", day)
    moved = defaultdict(Decimal)
    for row in journal:
        moved[row["account_name"], row["currency"]] += Decimal(row["debit"]) - Decimal(row["credit"])
    tell(f"the journal of {day} is the trial balance", {k: v for k, v in moved.items() if v} !=
         {(r["account_name"], r["currency"]): Decimal(r["balance"]) for r in balance if Decimal(r["balance"])})
    sold = [r for r in journal if r["source"] == "invoice.finalized" and
            r["account_name"].startswith(("income:revenue", "liabilities:deferred", "liabilities:tax", "assets:unbilled"))]
    booked = sums([dict(r, amount=str(Decimal(r["credit"]) - Decimal(r["debit"]))) for r in sold], "amount")
    documents = [r for r in rows("invoices") if r["issue_date"] <= day]
    tell(f"the register of {day} is what was sold and taxed", sums(documents, "gross") != booked)

waterfall = defaultdict(Decimal)
for row in rows("revenue_waterfall"):
    waterfall[row["currency"]] += Decimal(row["amount"])
tell("the waterfall is all that was deferred", {k: v for k, v in waterfall.items() if v} !=
     sums(rows("deferred_schedule"), "total"))
for user in ("=1+2", "u0001") if rows("ar_aging", "--customer", "=1+2") else ():
    if run("customer", "show", user, check=False).returncode == 0:
        found = rows("statement", "--customer", user)
        owed = sums([r for r in rows("trial_balance", "--customer", user)
                     if r["account_name"] in ("assets:receivable", "liabilities:customer-credit")], "balance")
        ends = {r["currency"]: Decimal(r["balance"]) for r in found}
        tell(f"the statement of {user} ends with what is owed", {k: v for k, v in ends.items() if v} != owed)

# ---- measures beside the books ----

# What customers who pay have agreed to, at the end: a twelfth of a year's price, rounded as money is.
month, payers = defaultdict(Decimal), defaultdict(set)
for line in run("--json", "subscription", "list").stdout.splitlines():
    s = json.loads(line)
    if s["status"] != "canceled" and s["start"] <= "2025-03-31":
        price = Decimal(s["price"])
        share = (price if s["interval"] == "month" else price / 12).quantize(price, ROUND_HALF_UP)
        month[s["currency"]] += share
        payers[s["currency"]].update([s["user_id"]] if share else [])
moved = [r for r in rows("mrr_movements") if r["month"] == "2025-03"]
tell("recurring revenue is what subscriptions come to in a month", {r["currency"]: Decimal(r["closing"]) for r in moved} != dict(month))
tell("… of those who pay it", {r["currency"]: int(r["customers_closing"]) for r in moved} != {k: len(v) for k, v in payers.items()})
KINDS = ["new", "expansion", "reactivation", "contraction", "churn"]
tell("each month's opening and movements are its closing", [r for r in rows("mrr_movements") if Decimal(r["opening"]) + sum(
    Decimal(r[k]) for k in KINDS) != Decimal(r["closing"])])
detail = rows("mrr_detail")
tell("the movements of each are those of all", {k: v for k, v in sums(detail, "amount").items() if v} != {k: v for k, v in month.items() if v})
used, lines = rows("usage"), [r for r in rows("invoice_lines") if r["unit"] and Decimal(r["net"]) > 0]
currency_of = {r["document_number"]: r["currency"] for r in rows("invoices")}
priced = [dict(r, currency=currency_of[r["document_number"]], price=str(Decimal(r["net"]) + Decimal(r["discount"]))) for r in lines]
tell("usage was billed with what its lines say", sums(used, "amount") != sums(priced, "price"))
tell("what is over the quota is what it was less what was included", [r for r in used if r["included"] and Decimal(r["overage"]) != max(
    Decimal(0), Decimal(r["quantity"]) - Decimal(r["included"]))][:2])
control = rows("batch_control")
spans = {(int(r["from_seq"]), int(r["to_seq"])) for r in control}
by_runs = [r for r in rows("invoices") if any(a <= int(r["event_seq"]) <= b for a, b in spans)]
tell("runs sum up to the documents of their records", [c for c in ("net", "tax", "gross") if sums(control, c) != sums(by_runs, c)])

# ---- then, and elsewhere ----

for name in KEPT:
    again = report(name, "--known-at", str(seq))
    tell(f"{name} as it was in January", again != then[name] and "it is another")
elsewhere = {"TZ": "Asia/Tokyo", "LC_ALL": "C", "LANG": "de_DE.UTF-8"}
for name, form in (("invoices", "csv"), ("journal", "json"), ("ar_aging", "xlsx"), ("journal", "hledger"), ("journal", "beancount")):
    files = []
    for now, env in (("2025-04-15", None), ("2026-11-11", elsewhere)):
        files.append(work / f"same{len(files)}.{form}")
        run("report", name, "--format", form, "-o", str(files[-1]), now=now, env=env)
    tell(f"{name} as {form} is the same bytes", files[0].read_bytes() != files[1].read_bytes() and "they differ")

# ---- workbooks, and CSV that is safe ----


def workbook(path, sheet):
    text = zipfile.ZipFile(path).read(f"xl/worksheets/sheet{sheet}.xml").decode()
    return [[(m.group(1) or m.group(2) or "") for m in re.finditer(r"<c [^>]*?(?:/>|>(?:<is><t[^>]*>(.*?)</t></is>|<v>(.*?)</v>)</c>)", row)]
            for row in re.findall(r"<row [^>]*>(.*?)</row>", text)]


run("report", "ar_aging", "-o", str(work / "aging.xlsx"))
run("report", "ar_aging", "-o", str(work / "aging.csv"))
totals = {row[2]: Decimal(row[1]) for row in workbook(work / "aging.xlsx", 2)[1:]}
tell("a workbook's totals are those of its rows", totals != sums(rows("ar_aging"), "outstanding"))
tell("a workbook has all rows", len(workbook(work / "aging.xlsx", 1)) != len(rows("ar_aging")) + 1)
tell("no text is a formula", "<f>" in zipfile.ZipFile(work / "aging.xlsx").read("xl/worksheets/sheet1.xml").decode())
tell("a formula of a customer's is a text in CSV", "\n2025-03-31,'=1+2," not in (work / "aging.csv").read_text(encoding="utf-8")
     and (work / "aging.csv").read_text(encoding="utf-8")[:400])
checker = home / "../shared/validators/check-csv.py"
if checker.exists():
    for name in ("journal", "trial_balance", "ar_aging", "ar_aging_summary", "cash", "tax", "deferred_rollforward", "deferred_schedule",
                 "revenue_waterfall", "invoices", "invoice_lines", "transactions"):
        run("report", name, "-o", str(work / f"{name}.csv"))
        done = subprocess.run([sys.executable, str(checker), str(work / f"{name}.csv")], capture_output=True, text=True, check=False)
        tell(f"{name}.csv is CSV", done.returncode and (done.stdout + done.stderr)[:300])
else:
    skip("the form of CSV", "../shared is not there")
if shutil.which("soffice"):
    subprocess.run(["soffice", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1", "--outdir", str(work / "office"), str(work / "aging.xlsx")],
                   capture_output=True, check=False, env=dict(os.environ, HOME=str(work)))
    with open(work / "office/aging.csv", encoding="utf-8", newline="") as file:
        theirs = sums([dict(r, outstanding=r["outstanding"].replace(",", "")) for r in csv.DictReader(file)], "outstanding")
    tell("LibreOffice has the same totals", theirs != sums(rows("ar_aging"), "outstanding"))
else:
    skip("workbooks in LibreOffice", "soffice is not there")

# ---- offices' forms: every entry balances ----


def balanced(lines, key, amount):
    total = defaultdict(Decimal)
    for line in lines:
        total[key(line)] += amount(line)
    return [k for k, v in total.items() if v][:3]


currency = sorted(sums(rows("trial_balance"), "debit"))[-1]
year = ("--from", "2025-01-01", "--to", "2025-03-31", "--currency", currency)
fec = [line.split("\t") for line in report("journal", "--format", "fec", "--currency", currency).split("\r\n")[:-1]]
tell("each line of the FEC has 18 columns", [x for x in fec if len(x) != 18][:2])
number = lambda text: Decimal(text.replace(",", "."))  # noqa: E731
tell("each entry of the FEC balances", balanced(fec[1:], lambda x: x[2], lambda x: number(x[11]) - number(x[12])))
tell("entries of the FEC are numbered without gaps", sorted({int(x[2]) for x in fec[1:]}) != list(range(1, int(fec[-1][2]) + 1)))
iif = [line.split("\t") for line in report("journal", "--format", "iif", "--currency", currency).split("\r\n")[:-1]]
tell("each entry of the IIF balances", balanced([x for x in iif if x[0] in ("TRNS", "SPL")], lambda x: x[1], lambda x: Decimal(x[6])))
xero = list(csv.DictReader(io.StringIO(report("journal", "--format", "xero", "--currency", currency), newline="")))
tell("each journal for Xero balances", balanced(xero, lambda x: (x["*Narration"], x["*Date"]), lambda x: Decimal(x["*Amount"])))
datev = report("journal", "--format", "datev", *year).split("\r\n")[:-1]
tell("a DATEV file says what it is", not datev[0].startswith('"EXTF";700;21;"Buchungsstapel";13;') and datev[0])
posted = sum(number(line.split(";")[0]) for line in datev[2:])
tell("a DATEV file posts what was debited", posted != sums(rows("journal", *year[:4]), "debit")[currency])
(work / "accounts.json").write_text('{"assets:receivable": {"number": "1400", "name": "Forderungen"}}', encoding="utf-8")
mapped = report("journal", "--format", "datev", *year, "--accounts", str(work / "accounts.json"))
tell("an account has its other number", ";1400;" not in mapped or ";1200;" in mapped)
(work / "accounts.json").write_text('{"assets:receivable": {"number": "14;00"}}', encoding="utf-8")
done = run("report", "journal", "--format", "fec", "--currency", currency, "--accounts", str(work / "accounts.json"), check=False)
tell("a number that is none is refused", done.returncode != 3 or b"accounts.json" not in done.stderr)
(work / "accounts.json").write_text('{"assets:receivables": {"number": "1400"}}', encoding="utf-8")
done = run("report", "journal", "--format", "fec", "--currency", currency, "--accounts", str(work / "accounts.json"), check=False)
tell("an account that the ledger does not have is refused", done.returncode != 3 or b"'assets:receivables' is none of the ledger's" not in done.stderr)
with open("/dev/full", "wb") as full:
    for form in ("csv", "json", "hledger"):
        done = subprocess.run([daybook, "--dir", str(ledger), "report", "journal", "--format", form], stdout=full, stderr=subprocess.PIPE, check=False)
        tell(f"why {form} could not be written is told", done.returncode != 6 or b"No space left on device" not in done.stderr)
done = run("report", "journal", "--format", "fec", check=False)
tell("a form of one currency wants it named", len(sums(rows("trial_balance"), "debit")) > 1 and done.returncode != 2)

# ---- the month's end in one command ----

pack = work / "pack"
done = run("--json", "close-month", "2025-01", "--out", str(pack))
told = json.loads(done.stdout)
tell("January is ready to be closed", told["failing"] or not told["checks"])
listed = [line.split("  ", 1) for line in (pack / "SHA256SUMS").read_text(encoding="utf-8").splitlines()]
wrong = [name for digest, name in listed if hashlib.sha256((pack / name).read_bytes()).hexdigest() != digest]
tell("the pack's files have the hashes that it lists", wrong)
tell("the pack lists all files", {str(p.relative_to(pack)) for p in pack.rglob("*") if p.is_file()} != {name for _, name in listed} | {"SHA256SUMS"})
tell("the pack's trial balance is the report's", (pack / "trial_balance.csv").read_bytes().decode() !=
     report("trial_balance", "--from", "2025-01-01", "--to", "2025-01-31"))
before = {p: p.read_bytes() for p in pack.rglob("*") if p.is_file()}
run("close-month", "2025-01", "--out", str(pack), env=elsewhere, now="2026-01-01")
tell("the pack is the same bytes again", [p.name for p in pack.rglob("*") if p.is_file() and before.get(p) != p.read_bytes()])
done = run("close-month", "2025-03", "--out", str(work / "march"), "--close", check=False)
tell("a month that waits for its run is not closed", done.returncode != 1 or b"not ready" not in done.stderr)
tell("nothing was closed", len(run("period", "list").stdout.splitlines()) > 1)

# ---- a closed month stays as it was ----

before = {name: report(name, "--to", "2025-01-31") for name in KEPT[:3]}
run("period", "close", "2025-01")
number = [r for r in rows("invoices") if r["issue_date"] <= "2025-01-31" and r["document_type"] == "invoice" and Decimal(r["net"]) > 20][0]
run("invoice", "credit", number["document_number"], "--amount", "5.00", "--reason", "late")
for name, text in before.items():
    tell(f"{name} of a closed month stays", report(name, "--to", "2025-01-31") != text and "it is another")
tell("a credit of a closed month is booked behind it", not [r for r in rows("journal", "--from", "2025-02-01")
                                                           if r["document_type"] == "credit_note"])
done = run("audit", "verify", check=False)
tell("the closing's balances are those of the events", done.returncode and done.stderr.decode())
tell("a month is not closed twice", run("period", "close", "2025-01", check=False).returncode != 1)
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(failed > 0)
