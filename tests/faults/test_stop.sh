#!/bin/bash
# SPDX-License-Identifier: MIT
# test_stop.sh - SIGTERM and SIGINT in the middle of a night's charges: nobody new is asked, the answers that are on their way are waited
# for and noted, status 8 and one sentence tell it; the same command goes on, and everybody is charged once. The server does what it is
# asked and holds its answers back until the signal was sent, so that nothing here depends on how fast anything is.
set -u
customers=120 in_flight=40 # as many questions as are on their way at once
work=$(mktemp -d) || exit 1
trap 'server_stop; rm -rf "$work"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
# shellcheck source=tests/faults/stripe.sh
source tests/faults/stripe.sh
hold='[{"method":"POST","path":"/v1/payment_intents/*/confirm$","fault":"held"}]'
charged='s["counts"]["charges_succeeded"] + s["counts"]["charges_failed"]'
statuses='[sum(v["status"] == w for v in t) for w in ("completed", "failed", "pending")]'
same() { [ "$1" = "$2" ] || fail "$3: $1, not $2"; }

# stopped SIGNAL CHARGED COMMAND... - is told to stop when so many charges were made.
stopped() {
    local pid child status=0
    rules "$hold"
    at 2025-01-01 "${@:3}" >"$work/out" 2>"$work/said" &
    pid=$!
    await "$charged == $2"
    child=$(pgrep -P "$pid") || fail "'${*:3}' is gone"
    kill "-$1" "$child" "$child" # one wish often comes as two signals: to the program and to its group
    rules '[]'
    steer release --data '' >/dev/null
    wait "$pid" || status=$?
    same "$status" 8 "status of '${*:3}': $(cat "$work/said")"
    same "$(wc -l <"$work/said")" 1 "lines on standard error"
    grep -q 'stopped, as it was told to; the next one goes on from there$' "$work/said" || fail "it said: $(cat "$work/said")"
    same "$(of_server "$charged")" "$2" "charges after the signal"
}

server_start --seed 1
ledger_start "$customers"
stopped TERM "$in_flight" run --through 2025-01-01 --out "$work/files"
same "$(of_ledger "$statuses")" "[36, 4, 80]" "completed, declined and pending after the signal" # of 40 every tenth is declined
[ ! -e "$work/files/run.json" ] || fail "a run that was stopped wrote its manifest"
at 2025-01-01 audit verify >/dev/null || fail "the ledger does not verify"
at 2025-01-01 run --through 2025-01-01 --out "$work/files" --quiet || fail "the next run"
same "$(of_ledger "$statuses")" "[108, 12, 0]" "completed, declined and pending after the next run"
same "$(of_server "$charged")" "$customers" "charges of the whole night"

for ((i = 1; i <= customers; i++)); do
    echo "{\"command\": \"invoice.one-off\", \"user\": \"u$i\", \"description\": \"Training\", \"amount\": \"10.00\"}"
done >"$work/training.jsonl"
at 2025-01-02 import commands "$work/training.jsonl" --quiet || fail "the one-off invoices"
stopped INT $((customers + in_flight)) payment collect
python3 - "$work/out" <<'P' || fail "the answer of a collection that was stopped: $(cat "$work/out")"
import sys
told = dict(line.rsplit(None, 1) for line in open(sys.argv[1], encoding="utf-8") if len(line.split()) > 1)
sys.exit([told[k] for k in ("asked", "completed", "declined", "still pending", "stopped")] != ["120", "36", "4", "80", "yes"])
P
at 2025-01-02 payment collect >"$work/out" || fail "the next collection"
same "$(of_ledger "$statuses")" "[216, 24, 0]" "completed, declined and pending after the next collection"
same "$(of_server "$charged")" $((2 * customers)) "charges of both"
echo "ok: stopped in a run and in a collection with $in_flight answers on their way; $((2 * customers)) charges, each made once"
