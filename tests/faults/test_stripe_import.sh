#!/bin/bash
# SPDX-License-Identifier: MIT
# test_stripe_import.sh - a Stripe account is imported by a program that is killed again and again, and once told to stop, while the
# server breaks answers: the ledger ends as one whose import was never disturbed, to the cent. An account of very many customers is
# imported in little memory. No night bills what Stripe bills, and who is taken over is billed once. SEED=N repeats a failure.
set -u
customers=300 kills=10 many=10000 most_kib=$((32 * 1024))
[ -n "${LONG:-}" ] && kills=80
RANDOM=${SEED:=$((1 + RANDOM))}
work=$(mktemp -d) || exit 1
fail() { echo "FAIL: $* (SEED=$SEED)"; exit 1; }
# shellcheck source=tests/faults/stripe.sh
source tests/faults/stripe.sh
trap 'server_stop; rm -rf "$work"' EXIT
faults='[{"percent":3,"fault":"half_body"},{"percent":3,"fault":"garbage"},{"percent":3,"fault":"close_after"},{"percent":3,"fault":"502_after"}]'
same() { [ "$1" = "$2" ] || fail "$3: $1, not $2"; }
now=2026-01-20
import() { at "$now" --json import stripe --rejects "$work/rejects.csv"; }

# account CUSTOMERS - gives the server so many, each with a card and a subscription that it has billed from the 15th of January on.
account() {
    python3 - "$1" <<'P' >"$work/account" || fail "the account"
import json, sys, urllib.parse
start, billed, until = 1736899200, 1768435200, 1771113600 # 15 January 2025 and 2026, 15 February 2026
price = {"id": "price_b", "lookup_key": "basic", "currency": "usd", "unit_amount": 2900,
         "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"}}
given = [dict(price, object="price", created=start)]
for i in range(1, int(sys.argv[1]) + 1):
    made = start + i % 300 * 86400
    given.append({"object": "customer", "id": f"cus_{i}", "created": made, "name": f"Zoë {i}", "email": f"u{i}@example.com", "currency": "usd",
                  "balance": -(i % 7), "metadata": {"user_id": f"u{i}"}, "invoice_settings": {"default_payment_method": f"pm_{i}"}})
    given.append({"object": "payment_method", "id": f"pm_{i}", "created": made, "customer": f"cus_{i}", "type": "card",
                  "card": {"brand": "visa", "last4": "4242", "exp_month": 1, "exp_year": 2030, "funding": "credit"}})
    given.append({"object": "subscription", "id": f"sub_{i}", "created": made, "customer": f"cus_{i}", "status": "active", "start_date": start,
                  "cancel_at_period_end": False, "items": {"data": [{"id": f"si_{i}", "quantity": 1, "current_period_end": until, "price": price}]}})
    given.append({"object": "invoice", "id": f"in_{i}", "created": billed, "customer": f"cus_{i}", "currency": "usd", "number": f"S-{i}",
                  "status": "paid", "total": 2900, "subtotal": 2900, "amount_paid": 2900, "subscription": f"sub_{i}", "lines": {"data": [
                      {"quantity": 1, "period": {"start": billed, "end": until}, "price": price}]}})
    given.append({"object": "charge", "id": f"ch_{i}", "created": billed, "customer": f"cus_{i}", "currency": "usd", "amount": 2900,
                  "amount_refunded": 0, "status": "succeeded", "payment_intent": f"pi_{i}"})
    given.append({"object": "balance_transaction", "id": f"txn_{i}", "created": billed, "currency": "usd", "amount": 2900, "fee": 114,
                  "net": 2786, "type": "charge", "source": f"ch_{i}"})
for i in range(0, len(given), 1000):
    print("json=" + urllib.parse.quote(json.dumps(given[i:i + 1000])))
P
    while read -r part; do
        printf '%s' "$part" >"$work/part"
        [ "$(steer give --data-binary "@$work/part")" = '{"done":true}' ] || fail "the server does not take the account"
    done <"$work/account"
}
# holds FILE - all that the ledger has of it, but for the times at which it learned of it.
holds() {
    {
        at "$now" --json imported list
        at "$now" --json customer list | python3 -c 'import json, sys
for l in sys.stdin: print({k: v for k, v in json.loads(l).items() if k != "created_at"})'
        at "$now" --json subscription list
        at "$now" report trial_balance
    } >"$1" 2>"$work/said" || fail "the ledger does not tell what it holds: $(cat "$work/said")"
}
records() { at "$now" --json stats | python3 -c 'import json, sys; print(json.load(sys.stdin)["records"])'; }

server_start --seed "$SEED"
account "$customers"
at 2025-01-01 init "$work/ledger" --quiet || fail "init"
import >"$work/whole.json" || fail "an import that nothing disturbs"
holds "$work/whole"
whole=$(records)
import >"$work/again.json" || fail "a second import"
same "$(records)" "$whole" "records after a second import"
python3 - "$work" "$customers" "$(of_server 's["balance"]["usd"]')" <<'P' || fail "what the imports told"
import decimal, json, sys
work, customers, there = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
whole, again = (json.load(open(f"{work}/{name}.json", encoding="utf-8")) for name in ("whole", "again"))
cents = sum(int(decimal.Decimal(m["net"]) * 100) for m in whole["balance"])
sys.exit([whole["accepted"], whole["rejected"], again["accepted"], again["duplicates"], cents] != [6 * customers, 0, 0, 6 * customers, there])
P

# Killed, with faults every other time; and then stopped.
mv "$work/ledger" "$work/first" && mv "$work/ledger.anchor" "$work/first.anchor"
at 2025-01-01 init "$work/ledger" --quiet || fail "init"
in_the_middle=0
for ((i = 1; i <= kills; i++)); do
    if ((i % 2)); then rules '[]'; else rules "$faults"; fi
    import >/dev/null 2>&1 &
    pid=$!
    sleep "$(printf '0.%03d' $((40 + RANDOM % 200)))"
    pkill -KILL -P "$pid" 2>/dev/null && in_the_middle=$((in_the_middle + 1))
    wait "$pid" 2>/dev/null
    at "$now" audit verify >/dev/null || fail "after kill $i the ledger does not verify"
done
[ "$in_the_middle" -gt 0 ] || fail "every import had ended before it was to be killed"
rules '[{"path":"/v1/balance_transactions","fault":"held"}]'
import >/dev/null 2>"$work/said" &
pid=$!
asked=$(of_server 's["counts"]["requests"]')
await "s['counts']['requests'] > $asked and s['counts']['faults'] > 0"
child=$(pgrep -P "$pid") && kill -TERM "$child"
rules '[]'
steer release --data '' >/dev/null
status=0
wait "$pid" || status=$?
same "$status" 8 "status of an import that was told to stop: $(cat "$work/said")"
grep -q 'told to stop' "$work/said" || fail "it said: $(cat "$work/said")"
import >/dev/null || fail "the import that goes on"
holds "$work/killed"
cmp -s "$work/whole" "$work/killed" || fail "the ledger is another one: $(diff "$work/whole" "$work/killed" | head -5)"
again=$(records)
import >/dev/null || fail "one more import"
same "$(records)" "$again" "records after one more import"

# No night bills them; the shadow run says what it would be; who is taken over is billed that, once.
at "$now" run --through "$now" --out "$work/out" --no-pdf --quiet || fail "the night"
same "$(at "$now" --json invoice list | wc -l)" 0 "invoices while Stripe bills"
at "$now" report shadow --from 2026-01-01 --to 2026-01-31 --output "$work/shadow.csv" >/dev/null || fail "the shadow run"
same "$(awk -F, 'NR > 1 && $11 == "29.00" && $15 == "29.00" && $16 == "0.00"' "$work/shadow.csv" | wc -l)" "$customers" "shadow rows without a difference"
grep -q '"difference": *"0.00"' "$work/shadow.csv.meta.json" || fail "the shadow's totals do not tie: $(cat "$work/shadow.csv.meta.json")"
at "$now" export u1 | grep -q '^2026-01-15,imported_invoice,S-1,sub_1,2026-01-15,2026-02-14,,,29.00,USD,paid' || fail "the export of u1"
same "$(at "$now" --json imported list u1 --kind charge | wc -l)" 1 "imported charges of u1"
at "$now" subscription take-over u1 >/dev/null 2>&1 && fail "what goes on at Stripe was taken over"
at "$now" subscription follow u1 --cancel-at-period-end yes --quiet || fail "Stripe's word that it ends"
at "$now" subscription take-over u1 --quiet || fail "taking over"
now=2026-02-15
at "$now" run --through "$now" --out "$work/out2" --no-pdf --quiet || fail "the night of the change"
same "$(at "$now" --json invoice list | wc -l)" 1 "invoices of the night of the change"
import >/dev/null || fail "an import after it"
at "$now" run --through "$now" --out "$work/out2" --no-pdf --quiet || fail "that night again"
same "$(at "$now" --json invoice list | wc -l)" 1 "invoices after another import"
at "$now" subscription show u1 | grep -q 'billing owner *ledger' || fail "who was taken over is given back"

# Very many, in little memory. (The old server's address must not be read again.)
server_stop
rm -f "$work/server.out"
server_start --seed "$SEED"
account "$many"
mv "$work/ledger" "$work/second" && mv "$work/ledger.anchor" "$work/second.anchor"
at 2025-01-01 init "$work/ledger" --quiet || fail "init"
# What it has for itself, for the pages of the ledger's files are the system's.
cat >"$work/measured.py" <<'P'
import subprocess, sys, time
run = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
most = 0
while run.poll() is None:
    with open(f"/proc/{run.pid}/status", encoding="utf-8") as status:
        most = max([most] + [int(line.split()[1]) for line in status if line.startswith("RssAnon")])
    time.sleep(0.02)
print(most)
sys.exit(run.returncode)
P
kib=$(python3 "$work/measured.py" "$program" --dir "$work/ledger" --key-file "$work/key" --stripe-base "$url" --stripe-rate 0 --now "$now" \
    import stripe --rejects "$work/rejects.csv") || fail "the import of $many customers"
[ "$kib" -le "$most_kib" ] || fail "the import of $many customers took $kib KiB, more than $most_kib"
same "$(at "$now" --json stats | python3 -c 'import json, sys; print(json.load(sys.stdin)["customers"])')" "$many" "customers"
echo "ok: $in_the_middle of $kills kills struck an import, and it ended with the same ledger; $many customers took $((kib / 1024)) MiB (SEED=$SEED)"
