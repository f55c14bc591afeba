# SPDX-License-Identifier: MIT
"""charts.py DAYBOOK HOME WORK - see test_charts.sh. Sums are made here, of the CSV files, with Python's decimals."""
import csv
import io
import json
import os
import pathlib
import re
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal

daybook, home, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
passed = failed = skipped = 0
CHARTED = ("ar_aging", "ar_aging_summary", "mrr_movements", "revenue")
CURRENCIES = ("AED AUD BRL CAD CHF CLP CZK DKK EUR GBP HKD HUF IDR ILS INR ISK JPY KRW KWD MXN MYR NOK NZD PHP PLN RON SEK SGD "
              "THB TND TRY TWD USD VND ZAR").split()
LONG = "Gesellschaft für besonders lange Namen und ihre unverkürzte Darstellung in Berichten aller Art mit beschränkter Haftung"
NAMES = {"ann": "Ann Example", "long": LONG, "cjk": "株式会社ダウル東京支店", "emoji": "Smile \U0001f600 Ltd", "a/b c": "Slash & Co. KG"}
SEPARATORS = {"en": (",", "."), "de": (".", ","), "fr": ("\u202f", ","), "es": (".", ",")}
ELSEWHERE = {"TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE.UTF-8"}


def run(ledger, *words, now="2025-06-30", env=None, check=True, umask=0o022):
    done = subprocess.run([daybook, "--dir", str(work / ledger), "--now", now, *words], capture_output=True, check=False,
                          env=dict(os.environ, **(env or {})), preexec_fn=lambda: os.umask(umask))
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


def rows(ledger, name, *words):
    return list(csv.DictReader(io.StringIO(run(ledger, "report", name, "--format", "csv", "--raw", *words).stdout.decode(), newline="")))


def pdf(ledger, name, *words, to=None, **how):
    path = work / (to or f"{name}.pdf")
    run(ledger, "report", name, "-o", str(path), *words, **how)
    return path


def words_of(path):
    text = subprocess.run(["pdftotext", "-enc", "UTF-8", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    return re.sub(r"[ \n\f]+", " ", text.replace("\u00a0", " ").replace("\u202f", " "))


def amount(number, language):
    """1234.5 as people of the language write it."""
    group, point = SEPARATORS[language]
    whole, _, part = f"{number:,f}".partition(".")
    return whole.replace(",", group.replace("\u202f", " ")) + (point + part if part else "")


def pages(path):
    return int(subprocess.run(["qpdf", "--show-npages", str(path)], capture_output=True, text=True, check=True).stdout)


def sums(table, columns):
    found = defaultdict(Decimal)
    for row in table:
        for column in columns:
            found[column, row["currency"]] += Decimal(row[column])
    return found


# ---- ledgers: one with what is hard to draw, one with nothing ----

run("none", "init", str(work / "none"), "--catalog", str(home / "fixtures/catalog.json"), now="2024-12-31")
run("books", "init", str(work / "books"), "--catalog", str(home / "fixtures/catalog.json"), now="2024-12-31")
run("books", "seller", "set", "--name", "Daur AI Ltd", "--country", "IE", "--colour", "#b3401f", now="2024-12-31")
commands = []


def command(verb, when, **fields):
    commands.append(json.dumps({"command": verb, "now": f"{when}T10:00:00Z", **fields}))


for user, name in NAMES.items():
    command("customer.create", "2025-01-01", user=user, party={"name": name}, locale="de-DE" if user == "long" else "en-US")
    command("subscription.create", "2025-01-02", user=user, tier="basic", payment_method="pm_card_chargeDeclined")
command("customer.create", "2025-01-01", user="many", party={"name": "Many Documents Inc."}, locale="fr-FR")
command("customer.create", "2025-01-01", user="quiet", party={"name": "Quiet"})
for code in CURRENCIES:
    command("customer.create", "2025-01-01", user=f"in-{code}", party={"name": f"In {code}"}, currency=code)
for place, code in enumerate(CURRENCIES):
    command("invoice.add-item", f"2025-0{1 + place % 6}-10", user=f"in-{code}", description="Setup",
            amount="987654321" if code in ("IDR", "VND") else str(1200 + 37 * place), currency=code)
    command("invoice.generate", f"2025-0{1 + place % 6}-11", user=f"in-{code}")
for number in range(700):
    command("invoice.add-item", "2025-02-01", user="many", description=f"Item {number}", amount=f"{1 + number}.00")
    command("invoice.generate", "2025-02-01", user="many")
for end in ("2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31", "2025-06-30"):
    now = sorted((c for c in commands if json.loads(c)["now"][:7] == end[:7]), key=lambda c: json.loads(c)["now"])
    (work / "commands.jsonl").write_text("\n".join(now) + "\n", encoding="utf-8")
    run("books", "import", "commands", str(work / "commands.jsonl"), now=end)
    run("books", "run", "--through", end, "--out", str(work / "out"), "--no-pdf", now=end)
rejects = work / "commands.jsonl.rejects.csv"
tell("the ledger takes all commands", rejects.exists() and rejects.read_text(encoding="utf-8")[:500])
first = [r for r in rows("books", "invoices") if r["customer_id"] == "in-EUR"][0]["document_number"]
run("books", "invoice", "credit", first, "--amount", "1000.00", "--reason", "not what was ordered")
DAY = ["--to", "2025-06-30"]

# ---- every sum of the CSV stands on the page, in each language ----

COLUMNS = {"ar_aging": ["outstanding"], "ar_aging_summary": ["outstanding"], "mrr_movements": [],
           "revenue": ["billed", "credited", "recognised"]}
for report in CHARTED:
    table = [r for r in rows("books", report, *DAY) if report != "ar_aging_summary" or r["customer_id"]]
    tell(f"{report} has rows", not table and "none")
    for language in SEPARATORS:
        text = words_of(pdf("books", report, *DAY, "--locale", language, to=f"{report}-{language}.pdf"))
        missing = [(k, amount(v, language)) for k, v in sums(table, COLUMNS[report]).items() if amount(v, language) not in text]
        if report == "mrr_movements":
            missing = [(r["month"], v) for r in table for v in (amount(Decimal(r["closing"]), language),) if v not in text]
        tell(f"{report} in '{language}' has the sums of the CSV", missing[:3])
meta = json.loads((work / "revenue-de.pdf.meta.json").read_text(encoding="utf-8"))
of_csv = work / "revenue.csv"
run("books", "report", "revenue", "-o", str(of_csv), *DAY)
csv_meta = json.loads((work / "revenue.csv.meta.json").read_text(encoding="utf-8"))
tell("a PDF's side file has the control totals of the CSV's", meta["control_totals"] != csv_meta["control_totals"] and meta)
tell("… and what was asked for", meta["parameters"].get("locale") != "de" and meta["parameters"])
text = words_of(work / "ar_aging-en.pdf")
tell("a name too long ends in an ellipsis", "Gesellschaft für" not in text or LONG in text or "…" not in text)
tell("a name is Japanese", NAMES["cjk"] not in text)
tell("what no font has is a question mark", "Smile ? Ltd" not in text)
tell("hundreds of documents go over pages with their head", text.count("Days overdue") < pages(work / "ar_aging-en.pdf") - 35
     and (text.count("Days overdue"), pages(work / "ar_aging-en.pdf")))

# ---- revenue is the movement of the income accounts ----

recognised, moved = defaultdict(Decimal), defaultdict(Decimal)
for row in rows("books", "revenue", *DAY):
    recognised[row["revenue_account"], row["currency"]] += Decimal(row["recognised"])
for row in rows("books", "trial_balance", *DAY):
    if row["account_type"] == "income":
        moved[row["account_name"], row["currency"]] += Decimal(row["credit"]) - Decimal(row["debit"])
tell("revenue is the income accounts of the trial balance", dict(recognised) != dict(moved) and (dict(recognised), dict(moved)))
deferred = defaultdict(Decimal)
for row in rows("books", "deferred_rollforward", *DAY):
    deferred[row["currency"]] += Decimal(row["billed"]) - Decimal(row["recognised"]) - Decimal(row["credited"])
left = defaultdict(Decimal)
for row in rows("books", "revenue", *DAY):
    left[row["currency"]] += Decimal(row["billed"]) - Decimal(row["credited"]) - Decimal(row["recognised"])
tell("what was billed and not recognised is deferred", {k: v for k, v in left.items() if v} != {k: v for k, v in deferred.items() if v}
     and (dict(left), dict(deferred)))

# ---- statements ----

for user, balance_due in (("ann", "Balance due"), ("long", "Restbetrag"), ("many", "Solde à payer"), ("in-EUR", "Balance due"), ("cjk", "")):
    language = {"long": "de", "many": "fr"}.get(user, "en")
    table = rows("books", "statement", *DAY, "--customer", user)
    text = words_of(pdf("books", "statement", *DAY, "--customer", user, to=f"statement-{user}.pdf"))
    closing = {r["currency"]: Decimal(r["balance"]) for r in table}
    wanted = [amount(abs(v), language) for v in closing.values()] + [amount(v, language) for v in sums(table, ["debit", "credit"]).values()]
    tell(f"the statement of {user} has the balance and sums of the CSV", [w for w in wanted if w not in text])
    open_sum = sum(Decimal(r["outstanding"]) for r in rows("books", "ar_aging", *DAY, "--customer", user))
    aged = [r for r in rows("books", "ar_aging_summary", *DAY, "--customer", user) if r["customer_id"]]
    missing = [a for r in aged for a in (amount(Decimal(r[c]), language) for c in ("not_due", "d1_30", "d120_plus")) if a not in text]
    tell(f"… and what is open by its age, {open_sum}", missing)
    tell(f"… in the customer's language: {balance_due}", balance_due not in text and text[:300])
text = words_of(pdf("books", "statement", "--from", "2025-03-01", "--to", "2025-06-30", "--customer", "ann"))
opening = [r for r in rows("books", "statement", "--from", "2025-03-01", *DAY, "--customer", "ann") if r["description"] == "brought forward"]
tell("a statement of some days opens with what was open", f"Opening balance {opening[0]['balance']}" not in text and text[:900])
text = words_of(pdf("books", "statement", *DAY, "--customer", "quiet"))
tell("a statement of nobody's business says so", "nothing is open" not in text)

# ---- nothing to show ----

for report in CHARTED:
    tell(f"{report} of an empty ledger is a sentence", "There is nothing to show" not in words_of(pdf("none", report, to=f"none-{report}.pdf")))

# ---- programs that judge PDFs ----

MADE = sorted(work.glob("*.pdf"))
for script in ("check-pdf.sh", "check-pdfa.sh"):
    checker = home / "../shared/validators" / script
    if not checker.exists():
        skip(script, "../shared is not there")
        continue
    # One of each kind; poppler, MuPDF, Ghostscript and PDFBox take a second for each.
    for path in [p for p in MADE if p.name.endswith(("-de.pdf", "-many.pdf", "-cjk.pdf", "none-revenue.pdf"))]:
        done = subprocess.run([str(checker), str(path)], capture_output=True, text=True, check=False)
        if done.returncode == 77:
            skip(script, done.stdout.strip())
        else:
            tell(f"{script} accepts {path.name}", done.returncode and done.stdout)
for path in MADE:
    done = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    tell(f"qpdf accepts {path.name}", done.returncode and done.stdout + done.stderr)

# ---- elsewhere ----

for report, more in [(r, []) for r in CHARTED] + [("statement", ["--customer", "ann"])]:
    one = pdf("books", report, *DAY, *more, to="one.pdf")
    two = pdf("books", report, *DAY, *more, to="two.pdf", now="2031-07-01T23:59:59Z", env=ELSEWHERE, umask=0o077)
    tell(f"{report} is the same bytes anywhere", one.read_bytes() != two.read_bytes() and "they differ")
    sides = [json.loads(p.with_name(p.name + ".meta.json").read_text(encoding="utf-8")) for p in (one, two)]
    tell("… and its side file", sides[0] != sides[1] and sides)

# ---- the month's pack ----

pack = work / "pack"
run("books", "close-month", "2025-03", "--out", str(pack), check=False)
held = set()
for user in [*NAMES, "many", "quiet", *(f"in-{c}" for c in CURRENCIES)]:
    table = rows("books", "statement", "--from", "2025-03-01", "--to", "2025-03-31", "--customer", user)
    if [r for r in table if r["description"] != "brought forward" or Decimal(r["balance"])]:
        held.add(user)
there = {p.name[:-4] for p in (pack / "statements").glob("*.pdf")}
named = {u.replace("/", "%2F").replace(" ", "%20") for u in held}
tell("the pack has a statement for all with a movement or balance whose names can be drawn", there != named - {"emoji"} and there ^ named)
told = json.loads((pack / "month.json").read_text(encoding="utf-8"))
tell("… and says who has none", told["statements"] != len(there) or told["statements_not_drawn"] != 1 or "U+1F600" not in told["first_not_drawn"])
tell("… and PDFs with charts", [r for r in CHARTED if not (pack / f"{r}.pdf").exists()])
listed = {line.split("  ", 1)[1] for line in (pack / "SHA256SUMS").read_text(encoding="utf-8").splitlines()}
files = {str(p.relative_to(pack)) for p in pack.rglob("*") if p.is_file()}
tell("the pack lists all of them", files - listed - {"SHA256SUMS"})
done = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=pack, capture_output=True, text=True, check=False)
tell("… with their hashes", done.returncode and done.stdout)

# ---- what is refused ----

for words, sentence in ((["usage", "--format", "pdf"], "only of ar_aging, ar_aging_summary, mrr_movements, revenue and statement"),
                        (["statement", "--format", "pdf"], "--customer")):
    done = run("books", "report", *words, "-o", str(work / "refused.pdf"), check=False)
    said = done.stderr.decode()
    tell(f"report {' '.join(words)} is refused", done.returncode != 2 or sentence not in said or said.count("\n") != 1)
    tell("… and leaves no file", (work / "refused.pdf").exists())
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(failed > 0)
