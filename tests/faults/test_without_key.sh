#!/bin/bash
# SPDX-License-Identifier: MIT
# test_without_key.sh - whose payment methods Stripe keeps is not asked when Stripe's key is forgotten. That is said, once and clearly, by
# what would have asked; nothing is lost, and with the key everybody is asked. The status tells only what is left pending.
set -u
work=$(mktemp -d) || exit 1
trap 'server_stop; rm -rf "$work"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
# shellcheck source=tests/faults/stripe.sh
source tests/faults/stripe.sh
said="daybook: 3 customers owe something and are not asked: Stripe keeps the payment methods, and no key of Stripe's is given"
same() { [ "$1" = "$2" ] || fail "$3: '$1', not '$2'"; }
without_key() { env -u DAYBOOK_STRIPE_KEY_FILE "$program" --dir "$work/ledger" --key-file "$work/key" --now 2025-01-01 "$@"; }
# says STATUS SENTENCES COMMAND... - without a key.
says() {
    local status=0
    without_key "${@:3}" >"$work/out" 2>"$work/said" || status=$?
    same "$status" "$1" "status of '${*:3}'"
    same "$(cat "$work/said")" "$2" "what '${*:3}' said"
}
# answers MEMBER VALUE COMMAND... - in JSON, where the answer tells it and nothing else does.
answers() {
    local status=0
    without_key --json "${@:3}" >"$work/out" 2>"$work/said" || status=$?
    same "$status" 0 "status of '${*:3}' in JSON"
    same "$(cat "$work/said")" "" "what '${*:3}' said beside its answer in JSON"
    same "$(python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <"$work/out")" "$2" "$1 of '${*:3}'"
}

server_start --seed 1
ledger_start 3
says 0 "$said" run --through 2025-01-01 --out "$work/files"
says 0 "$said" run --through 2025-01-01 --out "$work/files" --quiet
says 0 "$said" payment collect
says 0 "$said" reconcile
answers not_asked 3 run --through 2025-01-01 --out "$work/files"
answers not_asked 3 payment collect
answers gateway simulator reconcile
says 0 "" run --through 2025-01-01 --dry-run # which asks nobody anyway

# With the key all are asked. Of a debit that takes days, only Stripe can say how it stands.
at 2025-01-01 customer create bank --quiet || fail "a customer"
at 2025-01-01 payment-method add bank pm_usBankAccount_success --default --quiet || fail "a bank account"
at 2025-01-01 invoice one-off bank --description Training --amount 10.00 --quiet || fail "an invoice"
at 2025-01-01 payment collect >"$work/out" 2>"$work/said" || fail "with the key: $(cat "$work/said")"
same "$(cat "$work/said")" "" "what is said with the key"
same "$(of_ledger '[sum(v["status"] == w for v in t) for w in ("completed", "pending")]')" "[3, 1]" "completed and pending with the key"
one="daybook: 1 customer owes something and is not asked: ${said#*not asked: }"
other="daybook: 1 pending transaction was asked of another gateway than simulator"
says 8 "$one"$'\n'"$other" payment collect
says 8 "$one"$'\n'"$other" reconcile
says 0 "$one" run --through 2025-01-02 --out "$work/files2"
echo "ok: without Stripe's key it is said that nobody is asked, and with it everybody is asked"
