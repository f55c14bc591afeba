#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""python_decimals.py [--check] - prints which members of answers are decimals into billing/python/daybook/decimals.py, from the functions
that put them: member_money, member_decimal and those that call them. --check only says whether it is printed so."""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE = ROOT / "billing/python/daybook/decimals.py"
PUT = re.compile(r'\b(member_(?:money|decimal|text|text_or_null)|put_(?:money|number|price|percent))\((?:[^,;]|\([^)]*\))*?, *"([a-z_0-9]+)"')
# Columns of reports with money, quantities, prices or rates: there a cell has a kind, and its column has none.
COLUMNS = """adjustments amount balance bank_amount billed booked churn closing contraction credit credited d120_plus d1_30 d31_60 d61_90 d91_120 debit
    difference discount disputes expansion fees from_amount gross included ledger_discount ledger_subtotal ledger_tax ledger_total net new not_due
    opening original outstanding overage overdue paid payments quantity rate reactivation recognised refunds remaining stripe_discount
    stripe_subtotal stripe_tax stripe_total tax tax_rate taxable_base to_amount total unapplied unit_price used written_off""".split()
# Where such a name is a text that a person wrote, or a word.
TEXTS = {"catalog.diff": ["new", "old"]}
HEAD = '''# SPDX-License-Identifier: MIT
"""Which members of answers are decimals, printed by tests/tools/python_decimals.py from what the ledger's
answers are made by. Not to be edited."""
from typing import Dict, FrozenSet

'''


def names():
    kinds = collections.defaultdict(set)
    for path in sorted((ROOT / "billing").glob("*.c")):
        for function, name in PUT.findall(path.read_text(encoding="utf-8")):
            kinds[name].add("text" if "text" in function else "decimal")
    return sorted({name for name, found in kinds.items() if "decimal" in found}.union(COLUMNS))


def printed():
    lines, line = [], "   "
    for name in names():
        if len(line) + len(name) > 105:
            lines.append(line)
            line = "   "
        line += f' "{name}",'
    lines.append(line)
    text = HEAD + "DECIMALS: FrozenSet[str] = frozenset((\n" + "\n".join(lines) + "\n))\n"
    text += "# Of these calls they are texts.\nTEXTS_OF: Dict[str, FrozenSet[str]] = {\n"
    for call, members in TEXTS.items():
        text += f'    "{call}": frozenset({sorted(members)!r}),\n'.replace("'", '"')
    return text + "}\n"


def main():
    wanted = printed()
    if "--check" in sys.argv:
        if FILE.read_text(encoding="utf-8") != wanted:
            print(f"{FILE.relative_to(ROOT)} is not what the answers say: run python3 tests/tools/python_decimals.py")
            sys.exit(1)
    else:
        FILE.write_text(wanted, encoding="utf-8")


main()
