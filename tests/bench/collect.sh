#!/bin/bash
# SPDX-License-Identifier: MIT
# collect.sh - the nightly collection: BENCH_COUNT (100,000) customers owe, and each is asked once of a Stripe on this machine that answers
# behind 20 ms, 200 at once. Beside it curl with as many requests at once, which keeps nothing of the answers. Its memory is what it takes
# for itself: the pages of its files are the system's. Prints `name value unit`.
set -u
count=${BENCH_COUNT:-100000} latency=20 window=200
work=$(mktemp -d -p "${BENCH_DIR:?}") || exit 1
fail() { echo "collect.sh: $*" >&2; exit 1; }
# shellcheck source=tests/faults/stripe.sh
source tests/faults/stripe.sh
trap 'server_stop; rm -rf "$work"' EXIT
now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
# rate HOW_MANY SINCE_MS - a second.
rate() { local gone=$(($(now_ms) - $2)); echo $(($1 * 1000 / (gone > 0 ? gone : 1))); }

server_start --latency 0
ledger_start "$count"
# Without the key the night makes the invoices and asks nobody.
env -u DAYBOOK_STRIPE_KEY_FILE "$program" --dir "$work/ledger" --key-file "$work/key" --now 2025-01-01 run --through 2025-01-01 \
    --out "$work/files" --no-pdf >/dev/null 2>"$work/why" || fail "the night: $(cat "$work/why")"
steer latency -d ms="$latency" >/dev/null

begun=$(now_ms)
curl -sS --parallel --parallel-max "$window" --parallel-immediate -H 'Authorization: Bearer sk_test_daybook' -o /dev/null \
    "$url/v1/account?n=[1-$((count / 10 + 1))]" 2>"$work/why" || fail "curl: $(cat "$work/why")"
echo "floor_curl_requests $(rate $((count / 10 + 1)) "$begun") requests/s"

begun=$(now_ms)
"$program" --dir "$work/ledger" --key-file "$work/key" --stripe-base "$url" --stripe-rate 0 --stripe-window "$window" --now 2025-01-01 \
    --json payment collect >"$work/collected" 2>"$work/why" &
pid=$! most=0 used=0
while kill -0 "$pid" 2>/dev/null; do
    used=$(awk '/^RssAnon/ { print $2 }' "/proc/$pid/status" 2>/dev/null)
    [ "${used:-0}" -gt "$most" ] && most=$used
    read -r -t 0.1 <> <(:) || true
done
wait "$pid" || fail "collecting: $(cat "$work/why")"
took=$(rate "$count" "$begun")
asked=$(python3 -c "import json, sys; r = json.load(open(sys.argv[1])); print(r['completed'] + r['declined'])" "$work/collected")
[ "$asked" = "$count" ] || fail "$asked of $count were answered"
echo "collect_charges $took charges/s"
echo "collect_memory $most KiB"
