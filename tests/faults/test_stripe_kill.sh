#!/bin/bash
# SPDX-License-Identifier: MIT
# test_stripe_kill.sh - kill -9 at seeded moments of a night that charges by Stripe, again and again, while every other time the server
# loses, breaks and delays answers. Then the night is run to its end: one charge that succeeded for each invoice, every payment with its
# end in the ledger, both sides the same to the cent, and nothing more to ask. SEED=N repeats a failure.
set -u
customers=300 kills=14 trained=40
[ -n "${LONG:-}" ] && kills=150
RANDOM=${SEED:=$((1 + RANDOM))}
work=$(mktemp -d) || exit 1
fail() { echo "FAIL: $* (SEED=$SEED)"; exit 1; }
# shellcheck source=tests/faults/stripe.sh
source tests/faults/stripe.sh
trap 'server_stop; rm -rf "$work"' EXIT
faults='[{"method":"POST","percent":4,"fault":"close_after"},{"method":"POST","percent":2,"fault":"close_before"},
    {"percent":2,"fault":"half_body"},{"percent":2,"fault":"garbage"},{"percent":2,"fault":"wrong_shape"},
    {"method":"POST","percent":2,"fault":"saved_500"},{"percent":2,"fault":"502_after"},{"percent":2,"fault":"503"},
    {"percent":2,"fault":"rate_limit"},{"percent":20,"fault":"slow","ms":200}]'
# At the end only so many, for after each of them there is a wait of some seconds.
last_faults='[{"path":"/v1/payment_intents/*/confirm$","times":5,"fault":"close_after"},
    {"path":"/v1/payment_intents$","times":5,"fault":"close_after"},{"times":3,"fault":"garbage"}]'
night() { at 2025-01-01 run --through 2025-01-01 --out "$work/files" --no-pdf; }

# more N - of so many customers each owes 10.00 more, so that there is always something to charge.
more() {
    local i
    for ((i = 1; i <= trained; i++)); do
        echo "{\"command\": \"invoice.one-off\", \"user\": \"u$i\", \"description\": \"Training $1\", \"amount\": \"10.00\"}"
    done >"$work/more.jsonl"
    at 2025-01-01 import commands "$work/more.jsonl" --quiet || fail "the one-off invoices $1"
}

server_start --latency 20 --seed "$SEED"
ledger_start "$customers"
in_the_middle=0
for ((i = 1; i <= kills; i++)); do
    if ((i % 2)); then rules '[]'; else rules "$faults"; fi
    more "$i"
    night >/dev/null 2>&1 &
    pid=$!
    sleep "$(printf '0.%03d' $((30 + RANDOM % 500)))"
    pkill -KILL -P "$pid" 2>/dev/null && in_the_middle=$((in_the_middle + 1))
    wait "$pid" 2>/dev/null
    at 2025-01-01 audit verify >/dev/null || fail "after kill $i the ledger does not verify"
done
[ "$in_the_middle" -gt 0 ] || fail "every run had ended before it was to be killed"
rules "$last_faults"
night >/dev/null || fail "the last run"
rules '[]'
# Where Stripe keeps a 500 for the making of a payment, it says so for a day: no money moved, and the next day it is made anew.
at 2025-01-01 reconcile >/dev/null 2>&1
unknown=$(of_ledger 'sum(v["status"] == "pending" for v in t)')
steer clock --data forward=90000 >/dev/null
at 2025-01-02T02:00:00Z reconcile >/dev/null || fail "reconcile leaves something unknown, or different"
at 2025-01-01 audit verify >/dev/null || fail "the ledger does not verify"

# What failed here can be paid by nobody there; what was made and lost before it had a name is none of the ledger's.
python3 - "$url" >"$work/intents.json" <<'P' || fail "the list of intents"
import json, sys, urllib.request
found, after = [], ""
while True:
    ask = urllib.request.Request(f"{sys.argv[1]}/v1/payment_intents?limit=100{after}", headers={"Authorization": "Bearer sk_test_daybook"})
    page = json.load(urllib.request.urlopen(ask))
    found += page["data"]
    if not page["has_more"]: break
    after = "&starting_after=" + found[-1]["id"]
json.dump({i["id"]: i["status"] for i in found}, sys.stdout)
P
steer state >"$work/state.json"
at 2025-01-01 --json payment list >"$work/payments.jsonl" || fail "the list of payments"
at 2025-01-01 --json invoice list >"$work/invoices.jsonl" || fail "the list of invoices"
python3 - "$work" $((customers + kills * trained)) $((customers * 2610 + kills * trained * 900)) <<'P' || fail "ledger and server differ"
import collections, decimal, json, sys
work, documents, total = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
state = json.load(open(f"{work}/state.json", encoding="utf-8"))
payments = {p["transaction_id"]: p for p in map(json.loads, open(f"{work}/payments.jsonl", encoding="utf-8"))}
invoices = {v["invoice_id"]: v for v in map(json.loads, open(f"{work}/invoices.jsonl", encoding="utf-8"))}
cents = lambda text: int(decimal.Decimal(text) * 100)
bad = []
def need(true, why):
    if not true: bad.append(why)
charges = collections.Counter()
for c in state["charges"]:
    p = payments.get(c["metadata"].get("daybook_transaction"))
    need(p is not None, f"{c['id']} is of no payment of the ledger: {c['metadata']}")
    if p is None: continue
    need(cents(p["amount"]) == c["amount"], f"{c['id']}: {c['amount']} cents there, {p['amount']} here")
    if c["status"] == "succeeded": charges[p["invoice_id"]] += 1
need(len(invoices) == len(payments) == documents, f"{len(invoices)} invoices, {len(payments)} payments")
for v in invoices.values():
    declined = int(v["user_id"][1:]) % 10 == 0
    need(charges[v["invoice_id"]] == (0 if declined else 1), f"{v['invoice_id']} was charged {charges[v['invoice_id']]} times")
    need(v["status"] == ("open" if declined else "paid"), f"{v['invoice_id']} is {v['status']}")
for p in payments.values():
    declined = int(p["user_id"][1:]) % 10 == 0
    need(p["status"] == ("failed" if declined else "completed"), f"{p['transaction_id']} is {p['status']}")
intents = json.load(open(f"{work}/intents.json", encoding="utf-8"))
for p in payments.values():
    wanted = "canceled" if p["status"] == "failed" else "succeeded"
    there = intents.get(p["gateway_reference"])
    need(there == wanted, f"{p['transaction_id']} is {p['status']}, {p['gateway_reference']} there is {there}")
here = sum(cents(p["amount"]) for p in payments.values() if p["status"] == "completed")
there = sum(c["amount"] for c in state["charges"] if c["status"] == "succeeded")
need(here == there == total, f"{here} cents here, {there} there")
print("\n".join(bad[:20]), end="\n" if bad else "")
sys.exit(bool(bad))
P
# Fees are all that the balance there has beside: every movement of it is one of the ledger's, to the cent, though nobody has the
# clock of the server's charges.
at 2025-01-03 --json reconcile >"$work/reconcile.json" || fail "the ledger is not equal to the balance: $(cat "$work/reconcile.json")"
python3 - "$work/reconcile.json" "$(of_server 's["balance"]["usd"]')" <<'P' || fail "the balances differ"
import decimal, json, sys
r = json.load(open(sys.argv[1], encoding="utf-8"))
usd = [b for b in r["balances"] if b["currency"] == "USD"][0]
wrong = [r[k] for k in ("missing_here", "missing_there", "different", "underway")] != [0, 0, 0, 0] or r["discrepancies"]
same = int(decimal.Decimal(usd["ledger"]) * 100) == int(decimal.Decimal(usd["gateway"]) * 100) == int(sys.argv[2])
print(r if wrong or not same else "", end="")
sys.exit(bool(wrong) or not same)
P
requests=$(of_server 's["counts"]["requests"]')
night >/dev/null || fail "one more run"
at 2025-01-01 payment collect >/dev/null || fail "one more collection"
[ "$(of_server 's["counts"]["requests"]')" = "$requests" ] || fail "what has its end was asked about again"
echo "ok: $in_the_middle of $kills kills struck a run, $(of_server 's["counts"]["faults"]') faults, $((customers + kills * trained)) invoices asked for, each once, $unknown a day later (SEED=$SEED)"
