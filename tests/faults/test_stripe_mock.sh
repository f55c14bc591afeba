#!/bin/bash
# SPDX-License-Identifier: MIT
# test_stripe_mock.sh - a stand-in for Stripe that nobody here wrote, npm's stripe-stateful-mock, of Stripe's version 2020-08-27: what it
# holds is imported, in the shapes of that version, once, and to the cent; what it does not know is told in one sentence. It has no payments
# in two steps, payment methods, invoices or balance. Needs node and that package, from $STRIPE_MOCK or build/npm.
set -u
modules=$(realpath -m "${STRIPE_MOCK:-${O:?}/../npm/node_modules}")
if ! command -v node >/dev/null || [ ! -d "$modules/stripe-stateful-mock" ]; then
    echo "SKIP: needs node and npm's package stripe-stateful-mock: npm install --prefix build/npm stripe-stateful-mock@0.0.16"
    exit 77
fi
daybook=$(realpath "${DAYBOOK:?}")
work=$(mktemp -d) || exit 1
pid=
stop() { [ -n "$pid" ] && kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; }
trap 'stop; rm -rf "$work"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
checks=0
good() { checks=$((checks + 1)); }

cat >"$work/server.js" <<'J'
const server = require("http").createServer(require("stripe-stateful-mock").createExpressApp());
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
J
NODE_PATH=$modules LOG_LEVEL=silent node "$work/server.js" >"$work/server.out" 2>"$work/server.err" &
pid=$!
for ((i = 0; i < 200; i++)); do [ -s "$work/server.out" ] && break; sleep 0.05; done
url=$(head -n 1 "$work/server.out")
[ -n "$url" ] || fail "the mock does not start: $(cat "$work/server.err")"

# make PATH FORM... - an object there; its id.
make() {
    local path=$1 said
    shift
    said=$(curl -sS -u sk_test_mock: "$url/v1/$path" "${@/#/-d}") || fail "the mock does not answer"
    python3 -c 'import json, sys; o = json.loads(sys.argv[1]); print(o["id"]) if "id" in o else sys.exit(str(o))' "$said" || fail "$path: $said"
}
product=$(make products name=Pro type=service)
plan=$(make plans currency=usd amount=2900 interval=month "product=$product") # its subscriptions have both
price=$(make prices currency=usd unit_amount=2900 "product=$product" 'recurring[interval]=month' lookup_key=pro)
for name in ann ben; do
    customer=$(make customers "email=$name@example.com" "metadata[user_id]=$name" source=tok_visa)
    make subscriptions "customer=$customer" "items[0][price]=$price" "items[0][plan]=$plan" >"$work/$name.subscription"
    charge=$(make charges amount=2900 currency=usd "customer=$customer")
done
make refunds "charge=$charge" amount=900 >/dev/null

# ---- what it holds, imported
tomorrow=$(date -u -d '1 day' +%FT%TZ) # the mock goes by the clock of the machine, and an import leaves what is made after it began
(umask 077 && echo sk_test_mock >"$work/stripe.key")
at() { "$daybook" --dir "$work/d" --key-file "$work/key" --stripe-key-file "$work/stripe.key" --stripe-base "$url" --stripe-rate 0 --now "$tomorrow" "$@"; }
at init "$work/d" --quiet || fail init
at --json import stripe --only customer,subscription,charge,refund --rejects "$work/rejects.csv" >"$work/said" || fail "the import: $(cat "$work/said")"
python3 - "$work/said" <<'P' || fail "the import: $(cat "$work/said" "$work/rejects.csv" 2>/dev/null)"
import json, sys
counts = {c["kind"]: c for c in json.load(open(sys.argv[1], encoding="utf-8"))["objects"]}
sys.exit([counts[k]["accepted"] for k in ("customer", "subscription", "charge", "refund")] != [2, 2, 2, 1])
P
good
for name in ann ben; do
    at --json subscription show "$name" >"$work/said" || fail "$name has no subscription"
    python3 - "$work/said" "$(cat "$work/$name.subscription")" <<'P' || fail "$name's subscription: $(cat "$work/said")"
import json, sys
s = json.load(open(sys.argv[1], encoding="utf-8"))
sys.exit((s["tier"], s["status"], s["billing_owner"], s["reference"]) != ("pro", "active", "stripe", sys.argv[2]))
P
    good
done
at --json imported list >"$work/said" || fail "the list"
python3 - "$work/said" <<'P' || fail "the history: $(cat "$work/said")"
import collections, decimal, json, sys
sums = collections.Counter()
for row in map(json.loads, open(sys.argv[1], encoding="utf-8")):
    if row["kind"] in ("charge", "refund"): sums[row["kind"]] += decimal.Decimal(row["amount"])
sys.exit(dict(sums) != {"charge": decimal.Decimal("58.00"), "refund": decimal.Decimal("9.00")})
P
good
records() { at --json stats | python3 -c 'import json, sys; print(json.load(sys.stdin)["records"])'; }
before=$(records)
at import stripe --only customer,subscription,charge,refund --rejects "$work/rejects.csv" >/dev/null || fail "the second import"
[ "$(records)" = "$before" ] || fail "a second import writes records"
good
at run --through "${tomorrow%T*}" --out "$work/files" --no-pdf >/dev/null || fail "the night"
[ -z "$(at --json invoice list)" ] || fail "what Stripe bills was billed here: $(at --json invoice list)"
good
at audit verify >/dev/null || fail "the ledger does not verify"
good

# ---- what it does not know
told() { # status, words, command...
    local wanted=$1 words=$2 status=0
    shift 2
    at "$@" >/dev/null 2>"$work/why" || status=$?
    [ "$status" = "$wanted" ] || fail "'$*' gave $status, wanted $wanted: $(cat "$work/why")"
    if [ "$(wc -l <"$work/why")" != 1 ] || ! grep -qF "$words" "$work/why"; then fail "'$*' said: $(cat "$work/why")"; fi
    good
}
told 3 'Stripe does not keep the payment method' payment-method add ann pm_card_visa
told 3 'Stripe does not tell /v1/balance_transactions' reconcile
told 3 'Stripe does not tell /v1/invoices' import stripe --only invoice --rejects "$work/rejects.csv"
echo "ok: $checks checks"
