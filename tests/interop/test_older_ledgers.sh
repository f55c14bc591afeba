#!/bin/bash
# SPDX-License-Identifier: MIT
# test_older_ledgers.sh - ledgers that earlier versions wrote, kept in fixtures/ledgers, say today what they said then: they
# verify, and every member of every answer that was there is there still, with its value. The next run bills them as well.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd) daybook=${DAYBOOK:-$here/build/release/daybook}
command -v python3 >/dev/null || { echo "skipped: there is no python3"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
for packed in "$here"/fixtures/ledgers/*.tar.gz; do
    name=$(basename "$packed" .tar.gz)
    mkdir "$work/$name" && tar -xzf "$packed" -C "$work/$name" --no-same-owner && chmod -R go= "$work/$name" || exit 1
    export DAYBOOK_DIR=$work/$name/ledger
    "$daybook" audit verify >/dev/null || failed=1
    python3 - "$daybook" "$here/fixtures/ledgers/$name.txt" <<'PYTHON' || failed=1
import json, subprocess, sys
daybook, told = sys.argv[1:]

def values(text):
    decoder, at, found = json.JSONDecoder(), 0, []
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        while at < len(text) and text[at].isspace():
            at += 1
    return found

def missing(old, new, path):
    """The first place where `new` says less or other than `old`."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            if key not in new:
                return f"{path}.{key} is gone"
            wrong = missing(value, new[key], f"{path}.{key}")
            if wrong:
                return wrong
        return None
    if isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            return f"{path} has {len(new)} items, had {len(old)}"
        return next(filter(None, (missing(o, n, f"{path}[{i}]") for i, (o, n) in enumerate(zip(old, new)))), None)
    return None if old == new else f"{path} is {new!r}, was {old!r}"

asked, bad = None, 0
for block in open(told, encoding="utf-8").read().split("$ ")[1:]:
    asked, _, answer = block.partition("\n")
    run = subprocess.run([daybook, "--now", "2025-02-10", "--json", *asked.split()], capture_output=True, text=True)
    wrong = run.stderr.strip() or missing(values(answer), values(run.stdout.strip()), asked)
    if wrong:
        print(wrong)
        bad = 1
sys.exit(bad)
PYTHON
    "$daybook" --now 2025-04-01 run --through 2025-04-01 --out "$work/$name/out" --no-pdf --quiet || failed=1
    "$daybook" audit verify >/dev/null || failed=1
    # Its texts have no key of their own: whoever is erased is not shown any more, and the records that hold him are named.
    "$daybook" --now 2025-04-01 subscription cancel ann --immediate >/dev/null 2>&1 # if it has not ended
    "$daybook" --now 2025-04-01 --json customer erase ann | tr -d ' \n' | grep -q '"readable_records":\[7,9\]' ||
        { echo "the records that hold ann are not named"; failed=1; }
    "$daybook" customer show ann | grep -q ann@example.com && { echo "ann is still shown"; failed=1; }
    "$daybook" audit verify >/dev/null || failed=1
done
[ "$failed" = 0 ] && echo "every older ledger says what it said"
exit "$failed"
