# SPDX-License-Identifier: MIT
"""gobd.py DAYBOOK HOME WORK - see test_gobd.sh."""
import csv
import datetime
import io
import pathlib
import re
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from xml.etree import ElementTree

daybook, home, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
passed = failed = 0

# The elements that are used, in the order and number in which the published description has them.
DTD = """<!ELEMENT DataSet (Version, DataSupplier?, Media+)> <!ELEMENT Version (#PCDATA)>
<!ELEMENT DataSupplier (Name, Location, Comment)> <!ELEMENT Name (#PCDATA)> <!ELEMENT Location (#PCDATA)> <!ELEMENT Comment (#PCDATA)>
<!ELEMENT Media (Name, Table+)>
<!ELEMENT Table (URL, Name?, Description?, UTF8?, (DecimalSymbol, DigitGroupingSymbol)?, Range?, VariableLength)>
<!ELEMENT URL (#PCDATA)> <!ELEMENT Description (#PCDATA)> <!ELEMENT UTF8 EMPTY> <!ELEMENT DecimalSymbol (#PCDATA)>
<!ELEMENT DigitGroupingSymbol (#PCDATA)> <!ELEMENT Range (From, To?)> <!ELEMENT From (#PCDATA)> <!ELEMENT To (#PCDATA)>
<!ELEMENT VariableLength (ColumnDelimiter?, RecordDelimiter?, TextEncapsulator?, VariablePrimaryKey*, VariableColumn*)>
<!ELEMENT ColumnDelimiter (#PCDATA)> <!ELEMENT RecordDelimiter (#PCDATA)> <!ELEMENT TextEncapsulator (#PCDATA)>
<!ELEMENT VariablePrimaryKey (Name, Description?, (Numeric | AlphaNumeric | Date))>
<!ELEMENT VariableColumn (Name, Description?, (Numeric | AlphaNumeric | Date))>
<!ELEMENT Numeric (Accuracy?)> <!ELEMENT Accuracy (#PCDATA)> <!ELEMENT AlphaNumeric EMPTY> <!ELEMENT Date (Format?)> <!ELEMENT Format (#PCDATA)>
"""


def run(*words, now="2025-04-15", check=True):
    done = subprocess.run([daybook, "--dir", str(work / "books"), "--now", now, *words], capture_output=True, check=False)
    if check and done.returncode != 0:
        sys.exit(f"{' '.join(words)}: {done.stderr.decode()}")
    return done


def tell(what, wrong):
    global passed, failed
    if wrong:
        failed += 1
        print(f"FAIL: {what}: {str(wrong)[:400]}")
    else:
        passed += 1


def is_of(column, text):
    if text == "":
        return True
    if column.find("Date") is not None:
        return str(datetime.date.fromisoformat(text)) == text
    numeric = column.find("Numeric")
    if numeric is None:
        return True
    accuracy = int(numeric.findtext("Accuracy", "0"))
    return re.fullmatch(r"-?\d+(,\d{1,%d})?" % accuracy if accuracy else r"-?\d+", text) is not None


run("init", str(work / "books"), "--catalog", str(home / "fixtures/demo-catalog.json"), now="2025-01-01")
run("seller", "set", "--name", "Bücher & Söhne GmbH", "--city", "Berlin", "--country", "DE", "--tax-id", "DE136695976", now="2025-01-01")
for user, currency, country in (("=1+2", "EUR", "DE"), ("b;c", "JPY", "JP"), ("kw", "KWD", "KW")):
    run("customer", "create", user, "--currency", currency, "--country", country, "--name", f'A "quoted"; name of {user}', now="2025-01-01")
    run("subscription", "create", user, "--tier", "basic", "--payment-method", "pm_card_visa", now="2025-01-01")
for day in ("2025-01-01", "2025-02-01", "2025-03-01"):
    run("usage", "record", "=1+2", "api_calls", "1234.5", now=day)
    run("run", "--through", day, "--out", str(work / "out"), "--no-pdf", now=day)

out = work / "gobd"
run("gobd-export", "--from", "2025-01-01", "--to", "2025-02-28", "--out", str(out))
(out / "gdpdu-01-09-2004.dtd").write_text(DTD)
checked = subprocess.run(["xmllint", "--noout", "--nonet", "--valid", str(out / "index.xml")], capture_output=True, check=False)
tell("index.xml is valid", checked.stderr.decode())
index = ElementTree.parse(out / "index.xml").getroot()
tell("the seller is named", index.findtext("DataSupplier/Name") != "Bücher & Söhne GmbH")
tables = index.findall("Media/Table")
tell("all tables are there", [t.findtext("URL") for t in tables] != [f"{n}.csv" for n in (
    "journal", "trial_balance", "invoices", "invoice_lines", "cash", "tax", "customers", "audit_trail")])
for table in tables:
    name, form = table.findtext("Name"), table.find("VariableLength")
    text = (out / table.findtext("URL")).read_bytes().decode("utf-8-sig")
    tell(f"{name} ends its records as declared", form.findtext("RecordDelimiter") != "\r\n" or not text.endswith("\r\n"))
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=form.findtext("ColumnDelimiter"), quotechar=form.findtext("TextEncapsulator")))
    keys, columns = form.findall("VariablePrimaryKey"), form.findall("VariablePrimaryKey") + form.findall("VariableColumn")
    head, rows = lines[int(table.findtext("Range/From")) - 2], lines[int(table.findtext("Range/From")) - 1:]
    tell(f"{name} has the declared columns", [c.findtext("Name") for c in columns] != head)
    tell(f"{name} has rows", not rows)
    tell(f"{name} has the declared types", [(c.findtext("Name"), r[i]) for r in rows for i, c in enumerate(columns) if not is_of(c, r[i])][:3])
    tell(f"{name} is told apart by its keys", keys and len({tuple(r[:len(keys)]) for r in rows}) != len(rows))
    amounts = [i for i, c in enumerate(columns) if c.find("Numeric") is not None]
    days = ["--from", "2025-01-01"] if name not in ("customers",) else []
    days += ["--to", "2025-02-28"] if name not in ("customers",) else []
    theirs = list(csv.reader(io.StringIO(run("report", name, "--raw", *days).stdout.decode(), newline="")))
    sums = [defaultdict(Decimal), defaultdict(Decimal)]
    for r in rows:
        for i in amounts:
            sums[0][head[i]] += Decimal((r[i] or "0").replace(",", "."))
    for r in theirs[1:]:
        for i in amounts:
            sums[1][head[i]] += Decimal(r[i] or "0")
    tell(f"{name} comes to what the report does", sums[0] != sums[1] or len(rows) != len(theirs) - 1)
money = {c.findtext("Name"): c.findtext("Numeric/Accuracy") for c in tables[0].iter("VariableColumn") if c.find("Numeric") is not None}
tell("amounts have the decimals of the currencies", money.get("debit") != "3" or money.get("credit") != "3")
tell("names are as they are", "=1+2" not in (out / "customers.csv").read_text(encoding="utf-8-sig"))
sums = subprocess.run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=out, capture_output=True, check=False)
tell("the sums hold", sums.stderr or sums.stdout or sums.returncode)
listed = {line.split()[1] for line in (out / "SHA256SUMS").read_text().splitlines()}
tell("all files are in the sums", {p.name for p in out.iterdir()} - listed - {"SHA256SUMS", "gdpdu-01-09-2004.dtd"})
again = run("gobd-export", "--from", "2025-01-01", "--to", "2025-01-31", "--out", str(out), check=False)
tell("a folder with something in it is refused", again.returncode != 1 or b"is not empty" not in again.stderr)
wrong = run("gobd-export", "--from", "2025-02-01", "--to", "2025-01-31", "--out", str(work / "none"), check=False)
tell("days that run backwards are refused", wrong.returncode != 3 or (work / "none").exists())
run("gobd-export", "--from", "2025-01-01", "--to", "2025-02-28", "--out", str(work / "same"), now="2031-01-01")
tell("the same bytes on another day", [p.name for p in (work / "same").iterdir() if p.read_bytes() != (out / p.name).read_bytes()])
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
