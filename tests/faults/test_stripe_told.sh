#!/bin/bash
# SPDX-License-Identifier: MIT
# test_stripe_told.sh - kill -9 between the record and what Stripe is told of it: a payment method that was removed is detached, a
# payment that failed is canceled by the next command; and a payment that its customer confirmed is booked by whoever asks next.
set -u
work=$(mktemp -d) || exit 1
passed=0 failed=0
fail() { echo "FAIL: $*"; exit 1; }
# shellcheck source=tests/faults/stripe.sh
source tests/faults/stripe.sh
trap 'server_stop; rm -rf "$work"' EXIT
check() { # what got wanted
    if [ "$2" = "$3" ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "FAIL $1: got '$2', wanted '$3'"
    fi
}
stripe() { curl -sS -H "Authorization: Bearer sk_test_daybook" "$url/v1/$1" "${@:2}"; }
of_stripe() { stripe "$1" | python3 -c "import json, sys; print(json.load(sys.stdin)['$2'])"; }
member() { python3 -c "import json, sys; print(json.load(sys.stdin)$1)"; }
# struck WORD... - runs that, and kills it while Stripe holds its answer back.
struck() {
    local before
    before=$(of_server 's["counts"]["faults"]')
    "$program" --dir "$work/ledger" --key-file "$work/key" --stripe-base "$url" --stripe-rate 0 --now 2025-01-01 "$@" >/dev/null 2>&1 &
    local pid=$!
    await "s['counts']['faults'] > $before"
    kill -KILL "$pid" || fail "it had ended before it was to be killed"
    wait "$pid" 2>/dev/null
    rules '[]'
    at 2025-01-01 audit verify >/dev/null || fail "the ledger does not verify"
}

server_start --seed 3
at 2025-01-01 init "$work/ledger" --quiet || fail "init"

# ---- a payment method that was removed
at 2025-01-01 customer create ann --quiet
method=$(at 2025-01-01 --json payment-method add ann pm_card_visa | member '["payment_method_id"]')
rules '[{"path":"/v1/payment_methods/*/detach","fault":"slow","ms":3000}]'
struck payment-method remove ann 1
check "it is removed here" "$(at 2025-01-01 --json payment-method list ann | wc -l)" 0
check "the next one tells it" "$(at 2025-01-01 --json reconcile | member '["untold"]')" 0
check "it is detached" "$(of_stripe "payment_methods/$method" customer)" None
requests=$(of_server 's["counts"]["requests"]')
at 2025-01-01 payment collect --quiet
check "and told no more" "$(of_server 's["counts"]["requests"]')" "$requests"
at 2025-01-01 payment-method add ann pm_card_visa --quiet
rules '[{"path":"/v1/payment_methods/*/detach","fault":"close_before"}]'
check "nobody hears of it" "$(at 2025-01-01 --json payment-method remove ann 2 | member '["detached"]')" False
at 2025-01-01 --json reconcile >"$work/untold" 2>/dev/null
check "... which the next one says" "$?" 8
check "... and counts" "$(member '["untold"]' <"$work/untold")" 1
check "... nor a collection, which tells it twice and counts it once" "$(at 2025-01-01 --json payment collect 2>/dev/null | member '["untold"]')" 1
rules '[]'
check "until somebody does" "$(at 2025-01-01 --json reconcile | member '["untold"]')" 0

# ---- a payment that failed
at 2025-01-01 customer create bob --quiet
at 2025-01-01 payment-method add bob pm_card_chargeCustomerFail --quiet
rules '[{"path":"/v1/payment_intents/*/cancel","fault":"slow","ms":3000}]'
struck payment charge bob 29.00
intent=$(at 2025-01-01 --json payment list bob | member '["gateway_reference"]')
at 2025-01-01 payment collect --quiet
check "it is canceled" "$(of_stripe "payment_intents/$intent" status)" canceled
check "and noted once" "$(at 2025-01-01 --json audit log | grep -c 'can be paid at stripe no more')" 1

# ---- one that its customer confirms
at 2025-01-01 customer create cem --quiet
at 2025-01-01 payment-method add cem pm_card_authenticationRequired --quiet
at 2025-01-01 invoice one-off cem --description Training --amount 29.00 --quiet
at 2025-01-01 run --through 2025-01-01 --out "$work/out" --no-pdf --quiet
intent=$(at 2025-01-01 --json payment list cem --status action_required | member '["gateway_reference"]')
check "it waits for him" "$(of_stripe "payment_intents/$intent" status)" requires_payment_method
stripe "payment_intents/$intent/confirm" -d payment_method=pm_card_authenticationRequired >/dev/null
steer action --data "intent=$intent" --data yes=true >/dev/null
check "who asks next is told" "$(at 2025-01-02 --json reconcile | member '["transactions"][0]["was"]')" failed
check "it is paid" "$(at 2025-01-02 --json invoice list cem | member '["status"]')" paid
check "and not asked for again" "$(at 2025-01-02 --json payment collect | member '["asked"]')" 0
check "charged once" "$(of_server 's["counts"]["charges_succeeded"]')" 1
at 2025-01-02 audit verify >/dev/null
check "the ledger verifies" "$?" 0
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
