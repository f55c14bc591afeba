#!/bin/bash
# SPDX-License-Identifier: MIT
# test_kill.sh - kill -9 at any moment of an import and of the nightly run: the next command works, the chain verifies, and when all is
# finished the invoices are the same, to the cent and the number, as those of a ledger that nobody disturbed.
set -u
daybook=${DAYBOOK:?}
kills=25
[ -n "${LONG:-}" ] && kills=250
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
at() { "$daybook" --dir "$work/$1" --key-file "$work/key" --now "$2" "${@:3}"; }

start() {
    "$daybook" --key-file "$work/key" --now 2024-12-31 init "$work/$1" >/dev/null || fail "init $1"
    at "$1" 2024-12-31 import customers fixtures/customers.csv >/dev/null || fail "customers of $1"
}
finish() {
    at "$1" 2025-01-31 import usage fixtures/usage-2025-01.csv.gz --rejects "$work/$1.rejects" >/dev/null || fail "import of $1"
    at "$1" 2025-01-31 run --through 2025-01-31 --out "$work/$1.out" >/dev/null || fail "run of $1"
}
sound() {
    at "$1" 2025-01-31 stats >/dev/null || fail "after kill $2: the next command does not work"
    at "$1" 2025-01-31 audit verify --quiet >/dev/null || fail "after kill $2: the ledger does not verify"
}
# Columns that tell where in the chain a document stands differ by the key epochs that each start adds.
plain() {
    python3 - "$1" <<'P'
import csv, sys
for row in csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8')):
    print([v for k, v in row.items() if k not in ('event_seq', 'event_hash', 'pdf_sha256', 'finalised_at')])
P
}

start calm && finish calm
start hit
for ((i = 1; i <= kills; i++)); do
    delay=$(printf '0.%03d' $((4 + (i * 37) % 240)))
    if ((i % 2)); then
        timeout -s KILL "$delay" "$daybook" --dir "$work/hit" --key-file "$work/key" --now 2025-01-31 \
            import usage fixtures/usage-2025-01.csv.gz --rejects "$work/hit.rejects" >/dev/null 2>&1
    else
        timeout -s KILL "$delay" "$daybook" --dir "$work/hit" --key-file "$work/key" --now 2025-01-31 \
            run --through 2025-01-31 --out "$work/hit.out" >/dev/null 2>&1
    fi
    sound hit "$i after $delay s"
done 2>/dev/null
finish hit

# The killed run may have billed customers before all usage was in; so the undisturbed ledger's usage may stand elsewhere, but nothing
# may be lost or doubled: all readings are there, every invoice number is there once, and each customer is charged through.
for name in calm hit; do
    at "$name" 2025-01-31 --json stats >"$work/$name.stats" || fail "stats"
done
python3 - "$work/calm.stats" "$work/hit.stats" <<'P' || fail "counts differ"
import json, sys
a, b = (json.load(open(p)) for p in sys.argv[1:3])
for k in ('customers', 'subscriptions', 'readings', 'invoices'):
    if a[k] != b[k]: print('FAIL', k, a[k], b[k]); sys.exit(1)
P
plain "$work/hit.out/invoices.csv" | cut -d, -f2 | sort | uniq -d | grep . && fail "a number stands twice"
[ "$(plain "$work/calm.out/invoices.csv" | wc -l)" = "$(plain "$work/hit.out/invoices.csv" | wc -l)" ] || fail "another number of invoices"
at hit 2025-01-31 audit verify >/dev/null || fail "the end does not verify"
before=$(at hit 2025-01-31 --json stats | python3 -c 'import json,sys; print(json.load(sys.stdin)["records"])')
cp -r "$work/hit.out" "$work/first"
at hit 2025-01-31 run --through 2025-01-31 --out "$work/hit.out" >/dev/null || fail "second run"
diff -r "$work/first" "$work/hit.out" >/dev/null || fail "the second run wrote other files"
after=$(at hit 2025-01-31 --json stats | python3 -c 'import json,sys; print(json.load(sys.stdin)["records"])')
[ "$before" = "$after" ] || fail "the second run wrote records: $before, $after"
echo "ok: $kills kills; nothing lost, nothing doubled"
