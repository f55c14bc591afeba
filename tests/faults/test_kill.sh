#!/bin/bash
# SPDX-License-Identifier: MIT
# test_kill.sh - kill -9 at moments spread over a whole import and a whole nightly run: the next command works, the chain verifies, and
# when all is finished every invoice and every line is the same, to the cent and the number, as in a ledger that nobody disturbed; a
# second run writes nothing and the same files.
set -u
daybook=${DAYBOOK:?}
kills=12 # of each
[ -n "${LONG:-}" ] && kills=150
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
at() { "$daybook" --dir "$work/$1" --key-file "$work/key" --now "$2" "${@:3}"; }

start() {
    "$daybook" --key-file "$work/key" --now 2024-12-31 init "$work/$1" >/dev/null || fail "init $1"
    at "$1" 2024-12-31 import customers fixtures/customers.csv >/dev/null || fail "customers of $1"
}
import() { at "$1" 2025-01-31 import usage fixtures/usage-2025-01.csv.gz --rejects "$work/$1.rejects"; }
night() { at "$1" 2025-01-31 run --through 2025-01-31 --out "$work/$1.out"; }
milliseconds() { # of a command
    local begin
    begin=$(date +%s%N)
    "$@" >/dev/null || fail "$*"
    echo $((($(date +%s%N) - begin) / 1000000 + 1))
}
sound() {
    at hit 2025-01-31 stats >/dev/null || fail "after kill $1: the next command does not work"
    at hit 2025-01-31 audit verify --quiet >/dev/null || fail "after kill $1: the ledger does not verify"
}
# kill_often FUNCTION MILLISECONDS - once at each of $kills moments from the beginning to the end.
kill_often() {
    local i pid
    for ((i = 1; i <= kills; i++)); do
        "$1" hit >/dev/null 2>&1 &
        pid=$!
        sleep "$(awk -v ms="$2" -v i="$i" -v n="$kills" 'BEGIN { printf "%.3f", ms * i / n / 1000 }')"
        pkill -KILL -P "$pid" 2>/dev/null
        kill -KILL "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
        sound "$i of $1"
    done
}
# Columns that tell where in the chain a document stands and when: they differ by the starts and the key epochs that each start adds.
plain() {
    python3 - "$1" <<'P'
import csv, sys
for row in csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8')):
    print([v for k, v in row.items() if k not in ('event_seq', 'event_hash', 'pdf_sha256', 'finalised_at')])
P
}
records() { at hit 2025-01-31 --json stats | python3 -c 'import json,sys; print(json.load(sys.stdin)["records"])'; }

start calm
import_ms=$(milliseconds import calm)
night_ms=$(milliseconds night calm)
start hit
kill_often import "$import_ms"
import hit >/dev/null || fail "the last import"
kill_often night "$night_ms"
night hit >/dev/null || fail "the last run"

for file in invoices.csv invoice_lines.csv; do
    plain "$work/calm.out/$file" >"$work/calm.plain"
    plain "$work/hit.out/$file" >"$work/hit.plain"
    [ -s "$work/calm.plain" ] || fail "$file is empty"
    diff "$work/calm.plain" "$work/hit.plain" >"$work/diff" || fail "$file differs: $(head -n 4 "$work/diff")"
done
before=$(records)
cp -r "$work/hit.out" "$work/first"
night hit >/dev/null || fail "the second run"
diff -r "$work/first" "$work/hit.out" >/dev/null || fail "the second run wrote other files"
[ "$before" = "$(records)" ] || fail "the second run wrote records"
echo "ok: $kills kills over an import of $import_ms ms and $kills over a run of $night_ms ms; nothing lost, nothing doubled"
