#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""cases.py [--list] [FILE] - the cases of the billing rules against the tests.

The published cases are rows of FILE, ../shared/cases/billing.md: D-1 dates, Z-1 zones, P-1 proration and so on. Each must have a test
that names it. From 101 on the ids are cases of our own, worked out by hand or apart from this program; a section needs at least as many
of them as it has rows. Beside them stands how they were worked out, as in

    P-101: 100.00 x 8/29 = 27.59

which is computed again here with fractions and rounded half away from zero. And every command that a person can give has a story (tests/spec). Without
FILE the ids that tests name count as the rows. --list says which test names which.
"""
import ast
import collections
import fractions
import operator
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECTIONS = {"D": "dates", "Z": "zones", "P": "proration", "U": "usage", "R": "rounding, discounts, tax",
            "C": "commitments", "A": "adjustments"}
OWN = 101
ID = re.compile(r"(?<![\w-])([DZPURCA])-(\d+)(?![\w-])")
SUM = re.compile(r"([DZPURCA]-\d+): ([\d .x/()+-]*\d\)?) = (-?\d+(?:\.\d+)?)")
COMMAND = re.compile(r'^COMMAND\(\w+, \w+, "([a-z.-]+)"(.*?)^END', re.M | re.S)
COUNTED = {"passed": 0, "failed": 0}


def complain(text):
    COUNTED["failed"] += 1
    print(f"FAIL {text}")


def named():
    """Which files name which id."""
    found = collections.defaultdict(set)
    for path in sorted((ROOT / "tests").rglob("*")):
        part = path.relative_to(ROOT / "tests").parts[0]
        if part in ("tidy", "bench", "fuzz") or path.suffix not in (".c", ".bill", ".py"):
            continue
        for letter, number in ID.findall(path.read_text(encoding="utf-8")):
            found[letter, int(number)].add(path.relative_to(ROOT).as_posix())
    return found


def rows_of(path):
    rows = re.findall(r"^\| ([DZPURCA])-(\d+) \|", path.read_text(encoding="utf-8"), re.M)
    return [(letter, int(number)) for letter, number in rows]


def value(node):
    """Of a sum as Python reads it; whole and decimal numbers are what they say, not floating point."""
    signs = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
    if isinstance(node, ast.BinOp):
        return signs[type(node.op)](value(node.left), value(node.right))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -value(node.operand)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return fractions.Fraction(node.value)
    raise ValueError(ast.dump(node))


def rounded(exact, decimals):
    scaled = abs(exact) * 10 ** decimals
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return fractions.Fraction(whole if exact >= 0 else -whole, 10 ** decimals)


def check_sums():
    count = 0
    for path in sorted((ROOT / "tests").rglob("*")):
        if path.suffix not in (".c", ".bill"):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for name, text, result in SUM.findall(line):
                source = re.sub(r"\d+(?:\.\d+)?", lambda m: f"'{m.group()}'", text).replace("x", "*")
                exact = value(ast.parse(source.strip(), mode="eval").body)
                decimals = len(result.partition(".")[2])
                count += 1
                if rounded(exact, decimals) != fractions.Fraction(result):
                    complain(f"{path.relative_to(ROOT)}:{number}: {name}: {text} is {float(exact)}, not {result}")
    print(f"{count} sums of own cases computed again")
    COUNTED["passed"] += 1


def check_commands():
    """Those of which the program fills every field are its own: a part of a run, or of another command."""
    text = (ROOT / "ledger/book/commands.def").read_text(encoding="utf-8")
    wanted = [name for name, fields in COMMAND.findall(text) if re.search(r"^  (?!INNER)", fields, re.M)]
    stories = collections.Counter()
    for path in sorted((ROOT / "tests/spec").glob("*.bill")):
        for word in {line.split()[0] for line in path.read_text(encoding="utf-8").splitlines() if line.strip()}:
            stories[word] += 1
    for command in wanted:
        if not stories[command]:
            complain(f"the command '{command}' is in no story of tests/spec")
    print(f"{len(wanted)} commands, each in a story")
    COUNTED["passed"] += 1


def check_rows(found, rows, told):
    for letter, says in SECTIONS.items():
        of_table = [row for row in rows if row[0] == letter]
        own = [row for row in found if row[0] == letter and row[1] >= OWN]
        print(f"{letter}  {says:<26}{len(of_table):>4} published{len(own):>5} of our own")
        for row in of_table:
            if not found.get(row):
                complain(f"{letter}-{row[1]} is named by no test")
        if len(own) < len(of_table):
            complain(f"of section {letter} there are {len(of_table)} published cases and only {len(own)} of our own")
        COUNTED["passed"] += 1
        for row in sorted(of_table + own) if told else []:
            print(f"   {letter}-{row[1]}: {', '.join(sorted(found.get(row, [])))}")


def main():
    names = [a for a in sys.argv[1:] if not a.startswith("--")]
    table = pathlib.Path(names[0]) if names else ROOT.parent / "shared/cases/billing.md"
    found, skipped = named(), 0
    if table.is_file():
        rows = rows_of(table)
    else:
        rows = [row for row in found if row[1] < OWN]
        skipped = 1
        print(f"[SKIP] there is no {table.name} to say which cases were published: those that tests name are counted")
    check_rows(found, rows, "--list" in sys.argv)
    check_sums()
    check_commands()
    print(f"{COUNTED['passed']} passed, {COUNTED['failed']} failed, {skipped} skipped")
    sys.exit(1 if COUNTED["failed"] else 0)


main()
