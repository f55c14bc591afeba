#!/bin/bash
# SPDX-License-Identifier: MIT
# test_erasure.sh - personal data come in through every door and are erased: no copy is left in log, views, key files, memory and what is
# written afterwards, nor can one be read from a backup of before; the chain verifies and no amount is another. An erasure that is
# killed at any of its steps is undone or completed.
set -u
here=tests/interop
for tool in mdb_dump curl; do
    command -v $tool >/dev/null || { echo "SKIP: there is no $tool" && exit 77; }
done
for python in python3 /usr/bin/python3 none; do
    "$python" -c 'import cryptography' 2>/dev/null && break
done
[ "$python" != none ] || { echo "SKIP: there is no module cryptography (Debian: python3-cryptography)" && exit 77; }
export PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d) || exit 1
fail() { echo "FAIL: $*"; exit 1; }
# shellcheck source=tests/faults/stripe.sh
source tests/faults/stripe.sh
serving=
trap 'server_stop; [ -n "$serving" ] && kill "$serving" 2>/dev/null; rm -rf "$work"' EXIT
same() { [ "$1" = "$2" ] || fail "$3: $1, not $2"; }
must() { at "$@" >"$work/said" 2>&1 || fail "--now $*: $(cat "$work/said")"; }
refused() { # words, then the command
    at "${@:2}" >"$work/said" 2>&1
    same "$?" 1 "exit status of --now ${*:2}"
    grep -q "$1" "$work/said" || fail "--now ${*:2} does not say '$1': $(cat "$work/said")"
}
# texts KEYS KEK [OPTION] - the texts in the log, as a stranger reads them who knows FORMAT.md only.
texts() {
    mdb_dump -a "$work/ledger/log" >"$work/dump" || fail "mdb_dump"
    "$python" $here/open_personal.py "$work/dump" "$1" "$2" --key-file "$work/key" "${@:3}"
}
kek() { echo "$work"/key.*.kek; }

"${O:?}/faults/erase_kill" || fail "an erasure that is killed"

# ---- through every door
server_start --seed 1
must 2025-01-01 init "$work/ledger" --catalog tests/spec/catalogs/usage.json
must 2025-01-01 seller set --name "Seller Ltd" --country IE
must 2025-01-01 customer create cli --name "CANARY-create" --email CANARY-1@example.com --street "CANARY street" --country DE \
    --tax-id DE136695976 --region CANARY-STATE
must 2025-01-01 customer update cli --city CANARY-update --postal-code CANARY-code
printf 'user_id,name,email,street\ncsv,CANARY-csv,CANARY-2@example.com,CANARY lane\nbob,Bob Stays,bob@example.com,Bob lane\n' >"$work/customers.csv"
must 2025-01-01 import customers "$work/customers.csv"
"$python" - "$work" "${O:?}" <<'P' || fail "the C API"
import ctypes, json, sys
work, out = sys.argv[1:]
class Options(ctypes.Structure):
    _fields_ = [("dir", ctypes.c_char_p), ("key_file", ctypes.c_char_p)] + [("rest", ctypes.c_char * 512)]
lib = ctypes.CDLL(out + "/libdaybook.so")
book, error, answer = ctypes.c_void_p(), ctypes.create_string_buffer(4096), ctypes.c_char_p()
options = Options(dir=(work + "/ledger").encode(), key_file=(work + "/key").encode())
assert lib.daybook_open(ctypes.byref(book), ctypes.byref(options), error) == 0, error.raw
lib.daybook_set_now(book, b"2025-01-01T12:00:00Z", error)
body = json.dumps({"user": "api", "party": {"name": "CANARY-api", "email": "CANARY-3@example.com"}}).encode()
assert lib.daybook_call(book, b"customer.create", body, ctypes.byref(answer), error) == 0, error.raw
lib.daybook_close(book)
P
steer give --data-urlencode 'json=[{"object":"customer","id":"cus_9","created":1735600000,"name":"CANARY-stripe","email":"CANARY-4@example.com",
  "currency":"usd","address":{"line1":"CANARY road","city":"CANARY-city"},"metadata":{"user_id":"stripe"}}]' >/dev/null
must 2025-01-01 import stripe --rejects "$work/rejects.csv"
(umask 077 && echo whsec_of_the_tests_own >"$work/secrets")
cat >"$work/message" <<'J'
{"id":"evt_1","object":"event","type":"charge.updated","created":1735689600,"data":{"object":{"id":"ch_9","object":"charge","customer":"cus_9",
 "billing_details":{"name":"CANARY-webhook","email":"CANARY-5@example.com","address":{"line1":"CANARY hill"}},"description":"for CANARY"}}}
J
signature=$("$python" -c 'import hashlib, hmac, sys
print("t=1735689600,v1=" + hmac.new(b"whsec_of_the_tests_own", b"1735689600." + open(sys.argv[1], "rb").read(), hashlib.sha256).hexdigest())' "$work/message")
must 2025-01-01 webhook handle "$work/message" --signature "$signature" --secret-file "$work/secrets"
must 2025-01-01 subscription create cli --tier metered --payment-method pm_card_visa
for host in CANARY-host-1 CANARY-host-2 CANARY-host-1 CANARY-host-3; do must 2025-01-05 usage record cli members 1 --key $host; done
must 2025-02-01 run --through 2025-02-01 --out "$work/out" --no-pdf
must 2025-02-01 subscription cancel cli --immediate

# ---- before: the program and the stranger read them, and nobody else
for user in cli csv api stripe; do
    at 2025-02-02 customer show $user | grep -q CANARY || fail "the program does not read what it was told of $user"
done
texts "$work/ledger/customer-keys" "$(kek)" >"$work/texts" || fail "the stranger does not read the texts"
for text in CANARY-create CANARY-update CANARY-csv CANARY-api CANARY-stripe CANARY-host-3 "Bob Stays"; do
    grep -q "$text" "$work/texts" || fail "the stranger does not find '$text'"
done
grep -q CANARY-webhook "$work/texts" && fail "a message's person is kept"
same "$(grep -ral CANARY "$work/ledger" "$work"/key* | wc -l)" 0 "files with a text in clear"
"$python" - "$work" <<'P' || fail "the plaintext of a record holds a text that no key seals"
import sys
sys.path.insert(0, "tests/interop")
import open_personal as stranger, verify_format as log
log.Ledger = stranger.Plains
ledger, _ = log.verify_dump(open(sys.argv[1] + "/dump"), log.Keys(log.read_key(sys.argv[1] + "/key")))
found = [plain for plain in ledger.plains if b"CANARY" in plain.replace(b"CANARY-STATE", b"")]
assert not found, found
P
# reports FOLDER - everything with amounts.
reports() {
    mkdir -p "$1"
    for report in trial_balance invoices invoice_lines transactions dunning; do
        at 2025-03-01 report $report -o "$1/$report.csv" >/dev/null || fail "report $report"
    done
    at 2025-03-01 export cli --from 2025-01-01 --to 2025-03-01 --format csv -o "$1/export.csv" >/dev/null || fail "export"
    rm -f "$1"/*.meta.json
}
reports "$work/before"
cp -a "$work/ledger" "$work/backup" && cp -a "$work/ledger.anchor" "$work/backup.anchor"
cp -a "$(kek)" "$work/kept.kek"

# ---- who may be erased
must 2025-02-02 customer hold cli --reason "lawsuit 7" --until 2025-02-28
refused "lawsuit 7" 2025-02-02 customer erase cli
must 2025-02-02 customer release cli --reason "settled"
refused "is not held" 2025-02-02 customer release cli
must 2025-01-01 subscription create bob --tier metered --payment-method pm_card_visa
refused "it must end first" 2025-02-02 customer erase bob

# ---- what stands on documents stays until its day, the rest goes at once
must 2025-02-02 --json customer erase cli --reason "letter of 1 February"
grep -q '"erase_from": *"2036-01-01"' "$work/said" || fail "the day is not told: $(cat "$work/said")"
grep -q "Art. 17(3)(b)" "$work/said" || fail "the ground is not told"
at 2025-02-02 customer show cli >"$work/shown"
grep -q "CANARY-create" "$work/shown" || fail "what stands on documents is gone"
grep -q "CANARY-1" "$work/shown" && fail "the address for e-mail is still there"
refused "was erased" 2025-02-03 customer update cli --name Other
refused "was erased" 2025-02-03 subscription create cli --tier metered
at 2025-02-03 usage record cli members 1 --key CANARY-late >"$work/said" 2>&1 && fail "usage of an erased customer"
for user in csv api stripe; do must 2025-02-02 customer erase $user; done
same "$(at 2035-12-31 --json customer list --erasure due | wc -l)" 0 "customers due a day too early"
same "$(at 2036-01-02 --json customer list --erasure due | grep -c '"cli"')" 1 "customers due"
must 2036-01-02 --json customer erase cli
grep -q '"erased": *"all"' "$work/said" || fail "the rest is not erased: $(cat "$work/said")"

# ---- after: nobody does
for user in cli csv api stripe; do
    at 2025-03-01 customer show $user >"$work/shown"
    grep -v "^region" "$work/shown" | grep -q CANARY && fail "the program still reads of $user"
    grep -q "\[erased\]" "$work/shown" || fail "$user does not show as erased"
done
at 2025-03-01 customer show bob | grep -q "Bob Stays" || fail "somebody else is gone"
texts "$work/ledger/customer-keys" "$(kek)" >"$work/texts" || fail "the stranger reads nobody's texts any more"
grep CANARY "$work/texts" && fail "the stranger still reads a text"
grep -q "Bob Stays" "$work/texts" || fail "the stranger does not read who was not erased"
same "$(grep -c 'usage.recorded 0.7: \[erased\] ' "$work/texts")" 4 "keys of usage"
same "$(grep 'usage.recorded 0.7: \[erased\] ' "$work/texts" | sort -u | wc -l)" 3 "different ones"
same "$(grep -ral CANARY "$work/ledger" "$work"/key* | wc -l)" 0 "files with a text in clear"
same "$(find "$work/ledger" "$work"/key* -name '*.next' -o -name '*.tmp' | wc -l)" 0 "files that are left over"

# A backup of before, the master key, and every file there is beside it: not enough; with the KEK of then it would be.
mkdir "$work/beside"
cp -a "$work"/key "$work"/key.*.kek "$work/beside"
texts "$work/backup/customer-keys" "$work/beside" --any-kek >"$work/stolen" 2>&1 && fail "a backup can still be read"
grep CANARY "$work/stolen" && fail "a backup can still be read"
texts "$work/backup/customer-keys" "$work/kept.kek" >"$work/stolen" || fail "a KEK of then does not open a backup of then"
grep -q CANARY-create "$work/stolen" || fail "this test would not notice a KEK that stays"
"$program" --dir "$work/backup" --key-file "$work/key" customer show cli >"$work/stolen" 2>&1
same "$?" 8 "exit status of the program over the backup"
grep -q "older copy" "$work/stolen" || fail "the backup: $(cat "$work/stolen")"

# The ledger is sound, and its amounts are what they were.
must 2036-01-02 audit verify
must 2036-01-02 invoice verify
same "$(at 2036-01-02 --json stats | "$python" -c 'import json, sys; print(json.load(sys.stdin)["customers"])')" 5 customers
at 2036-01-02 invoice pdf INV-2025-000001 -o "$work/again.pdf" >"$work/said" 2>&1 && fail "the document is made again with other words"
grep -q "is not made again" "$work/said" || fail "why the document is not made: $(cat "$work/said")"
reports "$work/after"
grep -ra "CANARY" "$work/after" | grep -v CANARY-STATE && fail "a report still tells of somebody"
"$python" - "$work" <<'P' || fail "a report has other amounts"
import csv, sys
for name in ("trial_balance", "invoices", "invoice_lines", "transactions", "dunning", "export"):
    was, now = (list(csv.reader(open(f"{sys.argv[1]}/{when}/{name}.csv", newline=""))) for when in ("before", "after"))
    was = [row for row in was if "bob" not in row]
    now = [row for row in now if "bob" not in row]
    for old, new in zip(was, now, strict=True):
        for a, b in zip(old, new, strict=True):
            assert a == b or b == "[erased]", (name, old, new)
P

# A business abroad owes the tax itself, by its tax id and its state: so it is decided again, when both texts are gone.
books() { env -u DAYBOOK_STRIPE_KEY_FILE "$program" --dir "$work/taxes" --key-file "$work/taxes.key" --now "$@" >"$work/said" 2>&1 || fail "--now $*: $(cat "$work/said")"; }
books 2025-01-01 init "$work/taxes" --catalog tests/spec/catalogs/taxes.json
books 2025-01-01 seller set --name "Acme Limited" --country IE --tax-id IE6433435F --retention-years 8
books 2025-01-01 customer create firma --name CANARY-firma --country DE --currency EUR --tax-id DE136695976
books 2025-01-01 customer create luc --name CANARY-luc --country CA --region QC --currency USD
for user in firma luc; do books 2025-01-01 subscription create $user --tier club --payment-method pm_card_visa; done
books 2025-01-01 run --through 2025-01-01 --out "$work/taxes.out" --no-pdf
# amounts - of the two invoices.
amounts() {
    for n in 1 2; do
        books 2025-01-01 --json invoice show INV-2025-00000$n
        grep -E '"(total|tax|subtotal|amount_due|note|percent|category)"' "$work/said"
    done
}
amounts >"$work/amounts"
grep -q "Reverse charge" "$work/amounts" || fail "the business abroad is taxed"
for user in firma luc; do
    books 2025-01-02 subscription cancel $user --immediate
    books 2034-01-01 --json customer erase $user
    grep -q '"erased": *"all"' "$work/said" || fail "$user is not erased after eight years: $(cat "$work/said")"
done
books 2034-01-01 customer show firma
grep -q "DE136695976\|CANARY" "$work/said" && fail "the tax id is still there"
books 2034-01-01 invoice verify
books 2034-01-01 audit verify
same "$(amounts)" "$(cat "$work/amounts")" "amounts after the erasure"

# Nor does a process that works with it have them in memory.
"$program" --dir "$work/ledger" --key-file "$work/key" --json serve --listen 127.0.0.1:0 --webhook-secret-file "$work/secrets" \
    >"$work/address" 2>"$work/log" &
serving=$!
until [ -s "$work/address" ] || ! kill -0 "$serving" 2>/dev/null; do sleep 0.02; done
curl -s "$("$python" -c 'import json, sys; print(json.load(sys.stdin)["listening"])' <"$work/address")/healthz" >/dev/null
"$python" - "$serving" <<'P'
import sys
try:
    memory = open(f"/proc/{sys.argv[1]}/mem", "rb")
    maps = open(f"/proc/{sys.argv[1]}/maps").read().splitlines()
except PermissionError:
    print("memory was not looked at: only root may")
    sys.exit(0)
for line in maps:
    first, last = (int(x, 16) for x in line.split()[0].split("-"))
    try:
        memory.seek(first)
        assert b"CANARY" not in memory.read(last - first).replace(b"CANARY-STATE", b""), line
    except (OSError, ValueError, OverflowError):
        continue
P
same "$?" 0 "memory without a text"
kill -TERM "$serving"
wait "$serving"
serving=

# One that has the ledger open while another erases goes on, with what the log says by then.
must 2025-03-02 customer create late --name CANARY-late
"$program" --dir "$work/ledger" --key-file "$work/key" --json serve --listen 127.0.0.1:0 --webhook-secret-file "$work/secrets" \
    >"$work/address2" 2>"$work/log" &
serving=$!
until [ -s "$work/address2" ] || ! kill -0 "$serving" 2>/dev/null; do sleep 0.02; done
url2=$("$python" -c 'import json, sys; print(json.load(sys.stdin)["listening"])' <"$work/address2")
# message NUMBER - the status of one that is sent to it.
message() {
    sed "s/evt_1/evt_$1/" "$work/message" >"$work/message_$1"
    local at signed
    at=$(date +%s)
    signed=$("$python" -c 'import hashlib, hmac, sys
print(hmac.new(b"whsec_of_the_tests_own", sys.argv[2].encode() + b"." + open(sys.argv[1], "rb").read(), hashlib.sha256).hexdigest())' "$work/message_$1" "$at")
    curl -s -o /dev/null -w '%{http_code}' -H "Stripe-Signature: t=$at,v1=$signed" --data-binary "@$work/message_$1" "$url2/webhooks/stripe"
}
same "$(message 2)" 200 "a message before the erasure"
must 2025-03-03 customer erase late
same "$(message 3)" 200 "a message after another process erased somebody"
same "$(curl -s "$url2/healthz")" '{"status":"ok"}' health
kill -TERM "$serving"
wait "$serving"
serving=
must 2036-01-02 audit verify
same "$(at 2036-01-02 --json webhook list | wc -l)" 3 "messages that are kept"
echo "1 passed, 0 failed, 0 skipped"
