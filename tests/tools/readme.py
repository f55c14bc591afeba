#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""readme.py [--check] - prints the parts of README.md that other files say better.

The life of a subscription comes from ledger/book/moves.def, that of an invoice from invoice_moves.def; the rules of billing from the lines of tests/spec/*.bill that
begin with '##'. Such a line is a rule, and it must be shown: a story that states a rule and expects nothing behind it is
refused. With --check nothing is written, and a difference is an error.
"""
import functools
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
WIDTH = 124
FIRST = ["month_ends", "year_ends", "intervals", "zones", "zone_runs", "zone_moves", "zone_clocks", "billing_day", "missed_runs",
         "missed_years", "past_dates", "trial", "upgrade", "seats", "proration", "cancel", "pause", "add_ons", "add_on_pauses",
         "arrears", "commitment"]


def moves(table="moves.def", macro="MOVE"):
    text = (ROOT / "ledger/book" / table).read_text(encoding="utf-8")
    found = re.findall(rf'^{macro}\((\w+), *(\w+), *"(.*)"\)', text, re.M)
    rows = [("(nothing)" if a == "NONE" else a.lower(), b.lower(), why) for a, b, why in found]
    left, right = (max(len(row[i]) for row in rows) for i in (0, 1))
    out, before = [], None
    for a, b, why in rows:
        name = a if a != before else ""
        out.append(f"{name:<{left}} ─▶ {b:<{right}}   {why}")
        before = a
    return "```\n" + "\n".join(out) + "\n```"


def rules_of(path):
    """The rules of a story, in order. A rule may go on in the next line, behind its own '##'."""
    rules, shown, going_on = [], True, False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("## ") and going_on:
            rules[-1] += " " + line[3:].strip()
        elif line.startswith("## "):
            if not shown:
                sys.exit(f"{path.name}:{number}: the rule before this one is never shown")
            rules.append(line[3:].strip())
            shown = False
        shown = shown or line.startswith(("expect ", "refused "))
        going_on = line.startswith("## ")
    if not shown:
        sys.exit(f"{path.name}: its last rule is never shown")
    return rules


def rules():
    paths = {p.stem: p for p in sorted((ROOT / "tests/spec").glob("*.bill"))}
    order = [name for name in FIRST if name in paths] + [name for name in paths if name not in FIRST]
    out = []
    for name in order:
        for rule in rules_of(paths[name]):
            out.append(textwrap.fill(rule + f" ({name})", WIDTH, initial_indent="- ", subsequent_indent="  ",
                                     break_on_hyphens=False, break_long_words=False))
    return "\n".join(out)


def main():
    readme = ROOT / "README.md"
    text = before = readme.read_text(encoding="utf-8")
    invoice_moves = functools.partial(moves, "invoice_moves.def", "INVOICE_MOVE")
    for name, print_part in (("moves", moves), ("invoice moves", invoice_moves), ("rules", rules)):
        mark, end = f"<!-- printed: {name} -->\n", f"<!-- end: {name} -->"
        if mark not in text or end not in text:
            sys.exit(f"README.md has no place for '{name}'")
        head, rest = text.split(mark, 1)
        text = head + mark + print_part() + "\n" + end + rest.split(end, 1)[1]
    if "--check" not in sys.argv:
        readme.write_text(text, encoding="utf-8")
    elif text != before:
        sys.exit("README.md is not as tests/tools/readme.py prints it: run it, and look at what changed")


main()
