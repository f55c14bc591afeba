#!/bin/bash
# SPDX-License-Identifier: MIT
# stripe.sh - for the tests beside it: a ledger whose payments go to the tests' own Stripe server. Sourced, with `work` a folder and `fail`
# a function.
server=$(realpath "${O:?}/tests/stripe_server")
program=${DAYBOOK:?}
work=${work:?}
export DAYBOOK_STRIPE_KEY_FILE=$work/stripe.key
(umask 077 && echo sk_test_daybook >"$DAYBOOK_STRIPE_KEY_FILE")
server_pid=

# server_start OPTION... - its clock begins with the ledger's first day; sets url.
server_start() {
    local tries
    "$server" --now 1735689600 "$@" >"$work/server.out" 2>"$work/server.err" &
    server_pid=$!
    for ((tries = 0; tries < 600; tries++)); do
        [ -s "$work/server.out" ] && break
        sleep 0.05
    done
    url=$(head -n 1 "$work/server.out")
    [ -n "$url" ] || fail "the server does not start: $(cat "$work/server.err")"
}
server_stop() { if [ -n "$server_pid" ]; then kill "$server_pid" 2>/dev/null; wait "$server_pid" 2>/dev/null; fi; }
steer() { curl -sS "$url/_test/$1" "${@:2}" || fail "the server does not answer"; }
rules() { [ "$(steer rules --data-urlencode "rules=$1")" = '{"done":true}' ] || fail "the server does not take the rules $1"; }
# of_server PYTHON - of its state s.
of_server() { steer state | python3 -c "import json, sys; s = json.load(sys.stdin); print($1)"; }
# await PYTHON - until that is true of the server's state.
await() {
    local tries
    for ((tries = 0; tries < 1200; tries++)); do
        [ "$(of_server "$1")" = True ] && return
        sleep 0.05
    done
    fail "the server never saw that $1"
}

# A shell lets what it starts with & not hear SIGINT.
at() { env --default-signal=INT "$program" --dir "$work/ledger" --key-file "$work/key" --stripe-base "$url" --stripe-rate 0 --now "$1" "${@:2}"; }
# of_ledger PYTHON - of all its transactions, t.
of_ledger() {
    at 2025-01-01 --json payment list | python3 -c "import json, sys; t = [json.loads(l) for l in sys.stdin]; print($1)"
}
# ledger_start CUSTOMERS - each of them owes 29.00 for January, and nobody was asked yet. Every tenth card is declined.
ledger_start() {
    at 2025-01-01 init "$work/ledger" --quiet || fail "init"
    awk -v n="$1" 'BEGIN {
        print "user_id,name,currency,tier,interval,payment_method,start"
        for (i = 1; i <= n; i++)
            printf "u%d,Customer %d,USD,basic,month,%s,2025-01-01\n", i, i, i % 10 ? "pm_card_visa" : "pm_card_chargeCustomerFail"
    }' >"$work/customers.csv"
    at 2025-01-01 import customers "$work/customers.csv" --quiet || fail "the customers"
}
