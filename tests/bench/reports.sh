#!/bin/bash
# SPDX-License-Identifier: MIT
# reports.sh - the books of BENCH_BOOKS (100,000) paid invoices, each two transactions, of a tenth as many customers over ten months; 500,000
# make the million that the targets speak of, in some minutes. The trial balance from the projection and from the log, beside SQLite's
# group-by over the same postings, in clear; then reports, with the memory that they take for themselves, over the first month and over all
# ten. The pages of the ledger's files are the system's. Prints `name value unit`.
set -u
documents=${BENCH_BOOKS:-100000} program=${DAYBOOK:?}
customers=$((documents / 10))
[ "$customers" -gt 0 ] || { echo "reports.sh: BENCH_BOOKS must be 10 at least" >&2; exit 1; }
work=$(mktemp -d -p "${BENCH_DIR:?}") || exit 1
trap 'rm -rf "$work"' EXIT
fail() { echo "reports.sh: $*" >&2; exit 1; }
now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
at() { "$program" --dir "$work/ledger" --key-file "$work/key" --now "$1" "${@:2}"; }
must() { at "$@" >/dev/null 2>"$work/why" || fail "$2: $(cat "$work/why")"; }

# ---- ten months ----
must 2025-01-01 init --catalog fixtures/catalog.json
awk -v n="$customers" 'BEGIN {
    print "user_id,name,currency,tier,interval,payment_method,start"
    for (i = 1; i <= n; i++) printf "u%d,Customer %d,USD,basic,month,pm_card_visa,2025-01-01\n", i, i
}' >"$work/customers.csv"
must 2025-01-01 import customers "$work/customers.csv"
for day in 2025-{01-31,02-28,03-31,04-30,05-31,06-30,07-31,08-31,09-30,10-31}; do
    must "$day" run --through "$day" --out "$work/files" --no-pdf
    rm -rf "$work/files"
done

# ---- the trial balance ----
"$O/bench/bench_books" "$work/ledger" "$work/key" "$work/postings.csv" || fail "the trial balance"
python3 - "$work/postings.csv" <<'P' || fail "SQLite"
import csv, sqlite3, sys, time
db = sqlite3.connect(":memory:")
db.execute("create table posting (account integer, detail text, currency text, minor integer)")
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    db.executemany("insert into posting values (?, ?, ?, ?)", csv.reader(file))
took = []
for _ in range(3):
    begun = time.monotonic()
    rows = db.execute("""select account, detail, currency, sum(case when minor > 0 then minor else 0 end),
                         sum(case when minor < 0 then -minor else 0 end) from posting group by 1, 2, 3 order by 1, 2, 3""").fetchall()
    took.append(time.monotonic() - begun)
    assert sum(row[3] - row[4] for row in rows) == 0
print("peer_sqlite_group_by", round(sorted(took)[1] * 1e6), "us")
P
rm -f "$work/postings.csv"

# ---- reports ----
# report NAME FIGURE OPTION... - how long it took, in ms, and the most memory of its own that was seen, in KiB.
report() {
    local begun used most=0 pid
    begun=$(now_ms)
    "$program" --dir "$work/ledger" --key-file "$work/key" --now 2025-10-31 report "$1" -o "$work/$1.csv" "${@:3}" >/dev/null 2>"$work/why" &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        used=$(awk '/^RssAnon/ { print $2 }' "/proc/$pid/status" 2>/dev/null)
        [ "${used:-0}" -gt "$most" ] && most=$used
        read -r -t 0.02 <> <(:) || true
    done
    wait "$pid" || fail "report $1: $(cat "$work/why")"
    echo "report_$2 $(($(now_ms) - begun)) ms"
    echo "report_$2_memory $most KiB"
}
for name in invoices journal ar_aging statement mrr_movements; do
    report $name "${name}_first_month" --to 2025-01-31
    report $name "$name"
done
