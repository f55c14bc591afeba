#!/bin/bash
# SPDX-License-Identifier: MIT
# test_bad_input.sh - whatever is wrong with an input, a key, a directory or an output: the exit status of the contract, one sentence on
# standard error that does not show what must not be shown, and the ledger as it was.
set -u
daybook=${DAYBOOK:?}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE
bad=0 good=0
fail() { echo "FAIL: $*" && bad=$((bad + 1)); }
at() { "$daybook" --dir "$work/d" --now 2025-01-10T09:00:00Z "$@"; }
records() { at --json stats | sed -n 's/.*"records": \([0-9]*\).*/\1/p'; }

# refused STATUS WORDS ARGUMENT... - the sentence has these words.
refused() {
    local wanted=$1 words=$2 status=0
    shift 2
    at "$@" >"$work/out" 2>"$work/said" || status=$?
    [ "$status" = "$wanted" ] || { fail "'$*' gave $status, wanted $wanted: $(cat "$work/said")" && return; }
    sound "$words" "$*"
}
sound() { # what is said: one line, with the words, without a card number
    if [ "$(wc -l <"$work/said")" != 1 ] || ! grep -q '^daybook: ' "$work/said"; then
        fail "'$2': not one sentence: $(cat "$work/said")"
    elif ! grep -qF -- "$1" "$work/said"; then
        fail "'$2' said: $(cat "$work/said"), not: $1"
    elif grep -qE '4242.?4242' "$work/said"; then
        fail "'$2' shows a card number"
    else
        good=$((good + 1))
    fi
}
unchanged() {
    local now
    now=$(records)
    if [ "$now" = "$before" ]; then good=$((good + 1)); else fail "$1: $before records have become $now"; fi
    before=$now
}

at init "$work/d" >/dev/null || fail init
at customer create u1 >/dev/null || fail 'customer create'
at subscription create paid --tier pro --payment-method pm_card_visa >/dev/null || fail 'subscription create'
at payment charge paid 50.00 >/dev/null || fail 'payment charge'
at invoice generate paid >/dev/null || fail 'invoice generate'
# Quantities of usage are no card numbers, whatever their digits.
at usage record paid bytes 4242424242424242 --event-id big >/dev/null || fail 'usage record of 16 digits'
at usage correct big 4000056655665556 >/dev/null || fail 'usage correct to 16 digits'
before=$(records)

# What is not there.
refused 1 "no customer 'nobody'" customer show nobody
refused 1 "no customer 'nobody'" payment charge nobody 5
refused 1 "no customer 'nobody'" usage record nobody api_calls 5
refused 1 "no subscription for 'u1'" subscription show u1
refused 1 "no tier 'gold'" subscription create u1 --tier gold --payment-method pm_card_visa
refused 1 "INV-2025-000099" invoice show INV-2025-000099
refused 1 "txn_99" payment refund txn_99
refused 1 'no-such-file' import usage "$work/no-such-file"
refused 2 "no import 'people'" import people "$work/x"
refused 2 'FILE is missing' import usage
refused 2 "for 'import stripe'" import usage "$work/x" --cut 2025-01-01
refused 2 "Stripe's key is wanted" import stripe
refused 3 "kind 'people' is not one of" imported list --kind people
refused 3 "status 'lost' is not one of pending, completed, failed, refunded, partially_refunded, action_required" payment list --status lost
refused 2 "no report 'gossip'" report gossip
unchanged 'what is not there'

# Amounts, currencies, dates.
refused 3 "'ZZZ'" customer create u2 --currency ZZZ
refused 3 'usd' customer create u2 --currency usd
refused 3 'too many decimals' payment charge paid 5.001
refused 3 'too many decimals' payment charge paid 5.5 --currency JPY
refused 3 'plus sign' payment charge paid +5
refused 3 'exponents' payment charge paid 5e2
refused 3 'amount' payment charge paid -5
refused 3 'amount' payment charge paid 0
refused 3 'amount' payment charge paid 1,000
refused 3 'amount' payment charge paid 0x10
refused 3 'amount' payment charge paid NaN
refused 3 'amount' payment charge paid ''
refused 3 '18 digits' payment charge paid 99999999999999999999
refused 3 'amount' payment charge paid 999999999999999999
refused 3 'negative' usage record u1 api_calls -1
refused 3 'no such day' subscription create u1 --tier free --start 2025-02-29
refused 3 'month' usage record u1 api_calls 1 --at 2025-13-01T00:00:00Z
refused 3 'date' invoice list --from 31.01.2025
refused 3 '--stripe-rate: a number' stats --stripe-rate fast
refused 3 '--stripe-window: a number' stats --stripe-window 0
refused 3 '--stripe-window: a number' stats --stripe-window 1001
refused 3 'first day lies after' payment list --from 2025-02-01 --to 2025-01-01
for what in 'invoice list' 'audit log' 'report trial_balance' 'report invoices' 'export paid' 'usage list paid' 'usage price --version 1' \
    'usage rerate paid'; do
    # The words are arguments of their own.
    # shellcheck disable=SC2086
    refused 3 'first day lies after' $what --from 2025-02-01 --to 2025-01-01
done
refused 3 'interval_count: 4294967297' subscription create u1 --tier free --interval-count 4294967297
refused 3 'interval_count: 4294967297' subscription update paid --interval-count 4294967297
refused 3 'billing_day' subscription create u1 --tier free --billing-day 32
unchanged 'amounts and dates'

# Keys of requests, where they mean nothing.
refused 2 'run takes no --idempotency-key' --idempotency-key k run --through 2025-01-31 --out "$work/out.run"
refused 2 'import takes no --idempotency-key' --idempotency-key k import usage "$work/x"
refused 2 'payment list takes no --idempotency-key' payment list --idempotency-key k
unchanged 'keys'

# The rules.
refused 3 'payment method' subscription create u1 --tier pro
refused 3 'custom price' subscription create u1 --tier enterprise --payment-method pm_card_visa
refused 1 'fixed price' subscription create u1 --tier pro --payment-method pm_card_visa --price 5
refused 1 'already' subscription create paid --tier basic
refused 1 'already' customer create paid
refused 1 "is more than is left of payment 'txn_1': 50.00 USD" payment refund txn_1 --amount 50.01
refused 3 'more than nothing' payment refund txn_1 --amount 0
refused 1 "nothing is to be invoiced" invoice generate u1
unchanged 'the rules'

# Card numbers and security codes in any field.
for card in 4242424242424242 '4242 4242 4242 4242' '4242-4242-4242-4242'; do
    refused 3 'card numbers' customer create "$card"
    refused 3 'card numbers' customer create u2 --name "$card"
    refused 3 'card numbers' customer update u1 --street "card $card"
    refused 3 'card numbers' payment-method add u1 "$card"
    refused 3 'card numbers' subscription create u1 --tier pro --payment-method "$card"
    refused 3 'card numbers' subscription cancel paid --reason "paid with $card"
    refused 3 'card numbers' payment charge paid 5 --description "my card is $card"
    refused 3 'card numbers' payment refund txn_1 --reason "$card"
    refused 3 'card numbers' invoice add-item paid --description "$card" --amount 5
    refused 3 'card numbers' usage record u1 "$card" 5
    refused 3 'card numbers' usage record u1 api_calls 5 --event-id "$card"
    refused 3 'card numbers' transaction store u1 5 --reference "$card"
    refused 3 'card numbers' --idempotency-key "$card" customer update u1 --city Linz
    refused 3 'card numbers' --actor "$card" customer update u1 --city Linz
    refused 3 'card numbers' seller set --footer "$card"
done
refused 3 'card numbers' payment charge paid 4242424242424242
refused 3 'security codes' payment charge paid 5 --description 'cvv 123'
refused 2 'no command' 4242424242424242
refused 3 'date' subscription create u1 --tier free --start 4242424242424242
unchanged 'card numbers'

# Texts that are none.
refused 3 'user' customer create $'a\tb'
refused 3 'user' customer create $'\xff\xfe'
refused 3 'name: U+202E is not accepted' customer create u2 --name $'Ann \xe2\x80\xaeelpmaxE'
refused 3 'user: U+200B is not accepted' customer create $'u1\xe2\x80\x8b'
refused 3 'user' customer create ''
refused 3 'user' customer create "$(printf 'x%.0s' {1..200})"
refused 3 'name' customer create u2 --name "$(printf 'x%.0s' {1..600})"
refused 3 "is 'AT' meant?" customer create u2 --country Austria
refused 3 "locale 'en_UK'" customer create u2 --locale en_UK
refused 3 "locale 'xx'" customer update u1 --locale xx
refused 3 "country 'XX'" customer create u2 --country XX
unchanged 'texts'

# Files.
printf 'user_id,usage_type,amount\nu1,api_calls,5\n' | gzip >"$work/whole.gz"
head -c 30 "$work/whole.gz" >"$work/cut.csv.gz"
refused 3 'cut.csv.gz' import usage "$work/cut.csv.gz"
printf 'user_id,usage_type\nu1,api_calls\n' >"$work/column.csv"
refused 3 'amount' import usage "$work/column.csv"
printf 'user_id,usage_type,amount\nu1,api_calls,5\nnobody,api_calls,5\n' >"$work/rows.csv"
refused 3 'line 3' import usage "$work/rows.csv" --strict --rejects "$work/rejects.csv"
: >"$work/empty.csv"
refused 3 'empty.csv' import usage "$work/empty.csv"
printf '{"name": "x", "products": [{"code": "a"}]}' >"$work/catalog.json"
refused 3 'products[0]' catalog load "$work/catalog.json"
refused 3 'products[0]' catalog validate "$work/catalog.json"
refused 3 'products[0]' catalog diff --file "$work/catalog.json"
refused 1 'no version 7 of the catalog' catalog migrate --to 7
refused 6 'no-such-folder' invoice pdf INV-2025-000001 -o "$work/no-such-folder/x.pdf"
unchanged 'files'

# Outputs that would take the place of the ledger's own files, of its key, or of what is read.
files_of_ledger() { (cd "$work" && find d ! -name lock.mdb ! -path 'd/views*' -exec ls -d {} + && cksum d.key d/log/data.mdb); }
files=$(files_of_ledger)
inside="it lies inside the ledger's directory" key="it is the ledger's key file"
ln -s d "$work/link"
cp "$work/rows.csv" "$work/good.csv"
refused 3 "$inside" import usage "$work/rows.csv" --rejects "$work/d/log/data.mdb"
refused 3 "$inside" import usage "$work/rows.csv" --rejects "$work/link/log/data.mdb"
refused 3 "$inside" usage import "$work/rows.csv" --strict --rejects "$work/nothing/../d/rejects.csv"
refused 3 "$key" import usage "$work/rows.csv" --rejects "$work/d.key"
refused 3 'the file that is imported' import usage "$work/rows.csv" --rejects "$work/rows.csv"
# It must not be written: that is the test.
# shellcheck disable=SC2094
refused 3 'the file that is imported' import usage - --rejects "$work/rows.csv" <"$work/rows.csv"
refused 3 "$key" report invoices -o "$work/d.key"
refused 3 "$inside" report trial_balance -o "$work/d/views/data.mdb"
refused 3 "$inside" export paid -o "$work/link/paid.csv"
refused 3 "$key" export paid -o "$work/d.key"
refused 3 "$key" invoice pdf INV-2025-000001 -o "$work/d.key"
refused 3 "$inside" invoice pdf INV-2025-000001 -o "$work/d/x.pdf"
for out in d d/out d/log link/out; do
    refused 3 "$inside" run --through 2025-01-31 --out "$work/$out"
    refused 3 "$inside" run --through 2025-01-31 --out "$work/$out" --dry-run
done
refused 3 "$key" run --through 2025-01-31 --out "$work/d.key"
if [ "$(files_of_ledger)" = "$files" ]; then good=$((good + 1)); else fail "outputs changed the ledger's files: $(files_of_ledger)"; fi
if cmp -s "$work/rows.csv" "$work/good.csv"; then good=$((good + 1)); else fail 'rejects have replaced the file that was imported'; fi
# The side file of a report, and the rejects of a file, have names of their own.
for name in r.csv.meta.json rows.csv.rejects.csv; do
    for file in "$work"/d.key*; do cp "$file" "$work/$name${file#"$work/d.key"}"; done
done
refused 3 "$key" --key-file "$work/r.csv.meta.json" report invoices -o "$work/r.csv"
refused 3 "$key" --key-file "$work/rows.csv.rejects.csv" import usage "$work/rows.csv"
rm "$work/r.csv.meta.json" "$work/rows.csv.rejects.csv"
if at --json run --through 2025-01-31 --out "$work/dry" --dry-run | grep -q '"wrote_events": *false'; then
    good=$((good + 1))
else
    fail 'a dry run says that it wrote events'
fi
unchanged 'outputs'

# Keys and directories.
head -c 32 /dev/urandom >"$work/other.key" && chmod 600 "$work/other.key"
cp "$work/d.key" "$work/loose.key" && chmod 644 "$work/loose.key"
refused 3 'key' --key-file "$work/other.key" stats
refused 3 'key' --key-file "$work/loose.key" stats
refused 8 'not verified' --key-file "$work/other.key" audit verify
refused 8 'not verified' --key-file "$work/no.key" audit verify
refused 1 'there is none' --key-file "$work/no.key" stats
refused 1 'already' init "$work/d"
elsewhere() { # elsewhere STATUS WORDS DIR ARGUMENT...
    local wanted=$1 words=$2 status=0
    shift 2
    "$daybook" --dir "$@" >"$work/out" 2>"$work/said" || status=$?
    [ "$status" = "$wanted" ] || { fail "'$*' gave $status, wanted $wanted: $(cat "$work/said")" && return; }
    sound "$words" "$*"
}
elsewhere 1 'no such directory' "$work/nowhere" stats
mkdir "$work/hollow"
elsewhere 1 'hollow' "$work/hollow" --key-file "$work/d.key" stats
mkdir -m 700 "$work/torn" && cp -r "$work/d/." "$work/torn/" && truncate -s 9000 "$work/torn/log/data.mdb"
elsewhere 4 'damaged' "$work/torn" --key-file "$work/d.key" audit verify
cp "$work/d/views/data.mdb" "$work/torn/log/data.mdb"
elsewhere 8 'not complete' "$work/torn" --key-file "$work/d.key" audit verify
cp -r "$work/d" "$work/closed" && chmod 000 "$work/closed/log/data.mdb"
if [ "$(id -u)" != 0 ]; then elsewhere 6 'ermission' "$work/closed" --key-file "$work/d.key" stats; fi
unchanged 'keys and directories'

# Views of another ledger are of no use to this one: it makes its own again.
"$daybook" --key-file "$work/d.key" init "$work/e" --no-catalog >/dev/null || fail 'second ledger'
"$daybook" --dir "$work/e" --key-file "$work/d.key" customer create stranger >/dev/null || fail 'stranger'
rm -rf "$work/d/views" && cp -r "$work/e/views" "$work/d/views"
refused 1 "no customer 'stranger'" customer show stranger
at customer show paid >/dev/null || fail 'views of another ledger are not replaced'
at audit verify >/dev/null || fail 'views of another ledger'
unchanged 'views'

# Nowhere to write an answer to.
for what in 'stats' 'customer list' 'customer show paid' 'help' 'report invoices' 'audit verify'; do
    status=0
    # The words are arguments of their own.
    # shellcheck disable=SC2086
    at $what >/dev/full 2>"$work/said" || status=$?
    if [ "$status" = 6 ]; then sound 'cannot write' "$what"; else fail "'$what' into a full device gave $status"; fi
done
at --json customer show nobody 2>"$work/said" >/dev/null
grep -q '^{"error":{"code":"not_found","reason":null,"message":"' "$work/said" || fail "no JSON error: $(cat "$work/said")"
unchanged 'full device'

# Customers who cannot be billed are named, one a line, before the sentence that counts them.
for user in big1 big2; do
    at subscription create "$user" --tier pro --payment-method pm_card_visa --quiet || fail "subscription create $user"
    at invoice add-item "$user" --description x --amount 50000000000000000 --quiet || fail "add-item $user"
    at invoice add-item "$user" --description x --amount 42233720368547700 --quiet || fail "add-item $user"
done
status=0
at --quiet run --through 2025-01-31 --out "$work/run" 2>"$work/said" || status=$?
if [ "$status" = 8 ] && [ "$(wc -l <"$work/said")" = 3 ] && grep -q "^daybook: 'big2' could not be billed: .*too large" "$work/said" &&
    tail -n 1 "$work/said" | grep -q "^daybook: 2 customers could not be billed; the first, 'big1': "; then
    good=$((good + 1))
else
    fail "run with customers who cannot be billed gave $status: $(cat "$work/said")"
fi

at audit verify >/dev/null || fail 'the ledger does not verify at the end'
echo "$good passed, $bad failed, 0 skipped"
[ $bad = 0 ]
