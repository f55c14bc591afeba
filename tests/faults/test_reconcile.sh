#!/bin/bash
# SPDX-License-Identifier: MIT
# test_reconcile.sh - is the ledger equal to the bank? From the command line: killed at seeded moments and run again it notes each movement
# once; what only Stripe has is status 1 until it is known to be somebody else's; Stripe that does not answer is status 8.
set -u
customers=250 kills=8
RANDOM=${SEED:=$((1 + RANDOM))}
work=$(mktemp -d) || exit 1
fail() { echo "FAIL: $* (SEED=$SEED)"; exit 1; }
# shellcheck source=tests/faults/stripe.sh
source tests/faults/stripe.sh
trap 'server_stop; rm -rf "$work"' EXIT
# says STATUS PYTHON [OPTION...] - reconciling ends with that status, and of its answer r that is true.
says() {
    local wanted=$1 true=$2 status=0
    shift 2
    at 2025-01-02 --json reconcile "$@" >"$work/said" 2>"$work/why" || status=$?
    [ "$status" = "$wanted" ] || fail "reconcile $* gave $status, wanted $wanted: $(cat "$work/why")"
    python3 -c "import json, sys; r = json.load(open(sys.argv[1])); usd = {b['currency']: b for b in r['balances']}.get('USD'); sys.exit(not ($true))" \
        "$work/said" || fail "reconcile $*: not $true: $(cat "$work/said")"
}

server_start --latency 5 --seed "$SEED"
ledger_start "$customers"
at 2025-01-01 run --through 2025-01-01 --out "$work/files" --no-pdf >/dev/null || fail "the night"
struck=0
for ((i = 1; i <= kills; i++)); do
    at 2025-01-02 reconcile >/dev/null 2>&1 &
    pid=$!
    sleep "$(printf '0.%03d' $((10 + RANDOM % 80)))"
    pkill -KILL -P "$pid" 2>/dev/null && struck=$((struck + 1))
    wait "$pid" 2>/dev/null
done
paid=$((customers - customers / 10))
says 0 "r['movements'] == $paid and r['differences'] == 0 and usd['ledger'] == usd['gateway'] and usd['difference'] == '0.00'"
at 2025-01-02 audit verify >/dev/null || fail "the ledger does not verify"
fees=$(python3 -c "print('%.2f' % ($paid * 1.14))")
at 2025-01-02 report trial_balance -o "$work/trial.csv" >/dev/null || fail "the trial balance"
grep -q "^5100,expenses:payment-fees,expense,USD,.*,$fees\b" "$work/trial.csv" || fail "the fees are not $fees: $(cat "$work/trial.csv")"

# somebody charges 50.00 at the same account
curl -sS -H 'Authorization: Bearer sk_test_daybook' -H 'Idempotency-Key: other' "$url/v1/payment_intents" -d amount=5000 -d currency=usd -d confirm=true \
    -d payment_method=pm_card_visa -d 'automatic_payment_methods[enabled]=true' -d 'automatic_payment_methods[allow_redirects]=never' |
    tee "$work/other" | grep -q '"status": *"succeeded"' || fail "the other program's charge: $(cat "$work/other")"
says 1 "r['missing_here'] == 1 and r['differences'] == 1 and r['discrepancies'][0]['there'] == '50.00'"
grep -q '1 difference between the ledger and the balance at Stripe' "$work/why" || fail "$(cat "$work/why")"
says 1 "r['missing_here'] == 1" # it is not forgotten
says 0 "r['missing_here'] == 1 and r['differences'] == 0" --shared

rules '[{"path":"/v1/balance_transactions","fault":"500"}]'
status=0
at 2025-01-03 reconcile >/dev/null 2>"$work/why" || status=$?
[ "$status" = 8 ] || fail "reconcile without Stripe gave $status: $(cat "$work/why")"
echo "ok: $struck of $kills kills struck, $paid movements noted once, the balances equal (SEED=$SEED)"
