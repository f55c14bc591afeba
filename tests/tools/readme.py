#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""readme.py [--check] - prints the parts of README.md that other files say better.

The life of a subscription comes from ledger/book/moves.def, that of an invoice from invoice_moves.def; who may do what from
billing/roles.def; the rules of billing from the lines of tests/spec/*.bill that
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


def roles():
    """Commands by the set of roles that may; then what is noted of them, and the reasons."""
    text = (ROOT / "billing/roles.def").read_text(encoding="utf-8")
    found = re.findall(r'^MAY_DO\("([^"]+)", *([A-Z| ]+?), *([A-Z_]+), *"[^"]*", *"([^"]*)"\)', text, re.M)
    if len(found) != text.count("\nMAY_DO("):
        sys.exit("billing/roles.def has a line that this does not read")
    names = ("OPERATOR", "ACCOUNTANT", "AUDITOR")
    by_roles, by_note, reasons = {}, {}, []
    for words, may, note, reason in found:
        words = words.replace(".", " ")
        may = names if may == "EVERYBODY" else tuple(n for n in names if n in may.split(" | "))
        by_roles.setdefault(may, []).append(words)
        by_note.setdefault(note, []).append(words)
        if reason:
            reasons.append(f"`{words}`: {reason}")
    out = ["| operator | accountant | auditor | administrator | commands |", "|---|---|---|---|---|"]
    for may in sorted(by_roles, key=lambda m: (-len(m), m)):
        cells = " | ".join("yes" if n in may else "" for n in names)
        out.append(f"| {cells} | yes | {', '.join(by_roles[may])} |".replace("|  |", "| |").replace("|  |", "| |"))
    told = {"READ": "read", "EXPORT": "exported", "WHEN_OUT": "exported, where a folder is named", "KEY": "key used"}
    out += ["", "Noted when they were done: " + "; ".join(
        f"{', '.join(by_note[n])} ({said})" for n, said in told.items() if n in by_note) + "."]
    wrapped = textwrap.fill(out[-1], WIDTH, break_on_hyphens=False, break_long_words=False)
    why = textwrap.fill("Why: " + "; ".join(reasons) + ".", WIDTH, break_on_hyphens=False, break_long_words=False)
    return "\n".join(out[:-1] + [wrapped, "", why])


def main():
    readme = ROOT / "README.md"
    text = before = readme.read_text(encoding="utf-8")
    invoice_moves = functools.partial(moves, "invoice_moves.def", "INVOICE_MOVE")
    for name, print_part in (("moves", moves), ("invoice moves", invoice_moves), ("rules", rules), ("roles", roles)):
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
