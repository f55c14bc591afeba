# SPDX-License-Identifier: MIT
"""reports.py DAYBOOK HOME WORK - see test_reports.sh. Cells and sums are compared here, by Python's csv, json, zipfile and decimals."""
import csv
import hashlib
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from collections import defaultdict
from decimal import Context, Decimal

daybook, home, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
ledger = work / "books"
passed = failed = skipped = 0
NOW = "2025-04-15"
# What a spreadsheet would run, and what CSV must quote.
FIFTEEN = Context(prec=15)  # digits of a workbook's number that mean something
HOSTILE = ["=1+2", "+SUM(1)", "-2+3", "@x", "'=1", 'a"b', "a;b,c", "\u65e5\u672c"]
NAMES = ["=HYPERLINK(\"http://x\")", "+1 2", "-1", "@SUM(A1)", "'", 'Say "so"', "Daur; AI, Ltd", "\u682a\u5f0f\u4f1a\u793e\u30c0\u30a6\u30eb"]


def run(*words, now=NOW, env=None, check=True, umask=0o022):
    done = subprocess.run([daybook, "--dir", str(ledger), "--now", now, *words], capture_output=True, check=False,
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


def written(name, form, *words, **how):
    """The bytes of a report, and its side file."""
    path = work / f"{name}.{form}"
    run("report", name, "-o", str(path), *OF.get(name, []), *words, **how)
    return path.read_bytes(), json.loads((work / f"{name}.{form}.meta.json").read_text(encoding="utf-8"))


def table(data, separator=","):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=separator, strict=True))


def runs(text):
    return bool(re.match(r"[=+@\t\r]|-(?!\d+(\.\d+)?$)", text))


def is_guarded(text, cell):
    """With an apostrophe where a spreadsheet would run it; a text may look like a number, which runs as itself."""
    return cell == ("'" + text if runs(text) else text) or (text[:1] == "-" and cell == "'" + text)


# ---- a ledger ----

run("init", str(ledger), "--catalog", str(home / "fixtures/catalog.json"), now="2024-12-31")
run("seller", "set", "--name", "Daur AI Ltd", "--country", "IE", now="2024-12-31")
for user, name in zip(HOSTILE, NAMES):
    run("customer", "create", "--name", name, "--", user, now="2025-01-01")
    run("subscription", "create", "--tier", "basic", "--payment-method",
        "pm_card_chargeDeclined" if user == "@x" else "pm_card_visa", "--", user, now="2025-01-01")
for user in ("yen", "=dinar"):
    run("subscription", "create", "--tier", "basic", "--payment-method", "pm_card_visa", "--currency", "JPY" if user == "yen" else "EUR",
        "--", user, now="2025-01-01")
run("usage", "record", "--", "=1+2", "api_calls", "1700", now="2025-01-10")
run("wallet", "grant", "--reason", "=welcome", "--", "@x", "20", now="2025-01-10")
run("run", "--through", "2025-01-31", "--out", str(work / "out"), "--no-pdf", now="2025-01-31")
OF = {"statement": ["--customer==1+2"]}
listing = subprocess.run([daybook, "help", "report"], capture_output=True, text=True, check=True).stdout
REPORTS = re.findall(r"^  (\w+)  ", listing.split("Reports:")[1].split("Anywhere:")[0], re.M)
records = json.loads(run("--json", "stats").stdout)["records"] - 1
then = {name: written(name, "csv", now="2025-02-01")[0] for name in REPORTS}
run("subscription", "update", "--tier", "pro", "--", "+SUM(1)", now="2025-02-10")
run("subscription", "cancel", "--immediate", "--", "-2+3", now="2025-02-11")
run("invoice", "credit", "INV-2025-000001", "--amount", "5.00", "--reason", "=late", now="2025-02-12")
run("run", "--through", "2025-03-31", "--out", str(work / "out"), "--no-pdf", now="2025-03-31")
tell("there are the reports that are to be", {"invoices", "batch_control", "audit_trail", "usage", "wallet", "payouts", "mrr_movements",
                                              "mrr_detail", "revenue"} - set(REPORTS))

# ---- the same cells in every format ----


def sheets(data):
    """Rows of cells of each sheet of a workbook, as texts; and whether something in them runs."""
    book = zipfile.ZipFile(io.BytesIO(data))
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    found = {}
    names = [s.get("name") for s in ElementTree.fromstring(book.read("xl/workbook.xml")).iterfind(".//x:sheet", space)]
    for number, name in enumerate(names, 1):
        rows = []
        sheet = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
        for row in sheet.iterfind(".//x:row", space):
            cells = {}
            for cell in row.iterfind("x:c", space):
                column = 0
                for letter in re.match(r"[A-Z]+", cell.get("r")).group():
                    column = 26 * column + ord(letter) - 64
                value, text = cell.find("x:v", space), "".join(t.text or "" for t in cell.iterfind(".//x:t", space))
                cells[column - 1] = (cell.get("t"), value.text if value is not None else text)
            rows.append(cells)
        found[name] = rows
        tell(f"no cell of '{name}' is a formula", sheet.findall(".//x:f", space))
    return found, book


def same_cell(text, cell):
    """A cell of CSV as a workbook has it: a number, a day since 1899-12-30, or the text."""
    if cell is None:
        return text == ""
    kind, value = cell
    if kind == "inlineStr":
        return value == text
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        from datetime import date
        return int(value) == (date.fromisoformat(text) - date(1899, 12, 30)).days
    return FIFTEEN.plus(Decimal(value)) == Decimal(text)


def all_formats(name):
    head, *rows = table(written(name, "csv")[0])
    plain = table(written(name, "csv", "--raw")[0])[1:]
    data, meta = written(name, "csv")
    tell(f"{name}: the side file counts its rows", meta["rows"] != len(rows) and meta["rows"])
    tell(f"{name}: … and knows its bytes", meta["sha256"] != hashlib.sha256(data).hexdigest() or meta["bytes"] != len(data))
    tell(f"{name}: … and of what it is", [k for k in ("report", "as_of", "as_of_seq", "as_of_time", "chain_head") if k not in meta])
    risky = [c for row in rows for c in row if runs(c)]
    tell(f"{name}: nothing in CSV could run", risky[:3])
    other = [pair for a, b in zip(plain, rows) for pair in zip(a, b) if not is_guarded(*pair)]
    tell(f"{name}: … and else it is as without the guard", len(plain) != len(rows) or other[:3])
    document = json.loads(written(name, "json")[0])
    cells = [["" if v is None else str(v) for v in row.values()] for row in document["rows"]]
    tell(f"{name}: JSON has the same cells", cells != plain and [x for x in zip(cells, plain) if x[0] != x[1]][:1])
    same = [document[k] for k in ("report", "parameters", "as_of")], [meta[k] for k in ("report", "parameters", "as_of")]
    tell(f"{name}: … and is of the same, as its side file says", same[0] != same[1] and same)
    tell(f"{name}: … under the same names", [r for r in document["rows"] if list(r) != head][:1])
    eu = written(name, "csv", "--csv", "excel-eu", "--raw")[0]
    numbers = [[re.sub(r"^(-?\d+),(\d+)$", r"\1.\2", c) for c in row] for row in table(eu, ";")[1:]]
    tell(f"{name}: so has CSV for Europe", numbers != plain and [x for x in zip(numbers, plain) if x[0] != x[1]][:1])
    tell(f"{name}: … with its mark", not eu.startswith(b"\xef\xbb\xbf"))
    book, _ = sheets(written(name, "xlsx")[0])
    differ = [(i, c, row.get(c)) for i, row in enumerate(book["rows"][1:]) for c in range(len(head)) if not same_cell(plain[i][c], row.get(c))]
    tell(f"{name}: so has the workbook", len(book["rows"]) != len(plain) + 1 or differ[:2])
    totals = sorted((t["column"], t["currency"], Decimal(t["sum"])) for t in document["totals"])
    in_book = sorted((r[0][1], r[2][1], FIFTEEN.plus(Decimal(r[1][1]))) for r in book.get("totals", [{}])[1:])
    in_meta = sorted((k, t["currency"], Decimal(v)) for t in meta["control_totals"] for k, v in t.items() if k not in ("currency", "rows"))
    tell(f"{name}: all have the same totals", not totals == in_book == in_meta and (totals, in_book, in_meta))
    sums = defaultdict(Decimal)
    for row in plain:
        if name == "ar_aging_summary" and not row[head.index("customer_id")]:
            continue  # of all customers together
        for column, currency, _ in totals:
            if column in head and "currency" in head and row[head.index("currency")] == currency:
                sums[column, currency] += Decimal(row[head.index(column)] or "0")
    wrong = [(c, k, s, sums[c, k]) for c, k, s in totals if c in head and "currency" in head and sums[c, k] != s]
    tell(f"{name}: totals are the sums of their columns", wrong)


for report_name in REPORTS:
    all_formats(report_name)

# ---- dialects of other programs ----

checker = home / "../shared/validators/check-csv.py"
if checker.exists():
    files = [str(work / f"{name}.csv") for name in REPORTS]
    for name in REPORTS:
        written(name, "csv")
    done = subprocess.run([sys.executable, str(checker), "--no-office", *files], capture_output=True, text=True, check=False)
    tell("all of it is CSV", done.returncode and [line for line in done.stdout.splitlines() if line.startswith("FAIL")])
else:
    skip("the form of CSV", "../shared is not there")

# ---- elsewhere, and then ----

ELSEWHERE = {"TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE.UTF-8"}
for report_name in REPORTS:
    # Who is overdue is told as of a day: today, where none is named.
    on = ["--to", "2025-03-31"] if report_name == "dunning" else []
    for form in ("csv", "json", "xlsx"):
        here, there = written(report_name, form, *on), written(report_name, form, *on, now="2031-07-01T23:59:59Z", env=ELSEWHERE, umask=0o077)
        tell(f"{report_name}.{form} is the same bytes anywhere", here[0] != there[0] and "they differ")
        tell(f"{report_name}.{form}: so is its side file", here[1] != there[1] and "they differ")
    again = written(report_name, "csv", "--known-at", str(records), now="2025-02-01")[0]
    tell(f"{report_name} as it was in January", again != then[report_name] and "it is another")
    by_time = written(report_name, "csv", "--known-at", "2025-02-01T00:00:00Z", now="2025-02-01")[0]
    tell(f"{report_name} as it was then, by the clock", by_time != then[report_name] and "it is another")
made = zipfile.ZipFile(work / "invoices.xlsx")
tell("the parts of a workbook have one time", len({i.date_time for i in made.infolist()}) != 1 and [i.date_time for i in made.infolist()][:3])
tell("a workbook does not say when it was made", b">2000-01-01T00:00:00Z<" not in made.read("docProps/core.xml"))
tell("no file is there by halves", [p.name for p in work.iterdir() if ".tmp" in p.name])

# ---- what is refused ----

for words, sentence in ((["wallet", "--from", "2025-01-01"], "--from"), (["payouts", "--customer", "yen"], "--customer"),
                        (["audit_trail", "--currency", "USD"], "--currency"),
                        (["usage", "--format", "doc"], "there is no format 'doc'"), (["no_such"], "there is no report 'no_such'"),
                        (["usage", "--csv", "lotus"], "lotus"), (["usage", "--format", "table"], "a table is for the terminal"),
                        (["usage", "--format", "json", "--raw"], "--raw is for CSV alone"),
                        (["journal", "--format", "hledger", "--csv", "excel"], "--csv is for CSV alone"), (["invoices", "--known-at", "999999"], "there is no record")):
    done = run("report", *words, "-o", str(work / "refused.csv"), check=False)
    said = done.stderr.decode()
    tell(f"report {' '.join(words)} is refused", done.returncode not in (1, 2) or sentence not in said or said.count("\n") != 1)
    tell("… and leaves no file", (work / "refused.csv").exists())
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(failed > 0)
