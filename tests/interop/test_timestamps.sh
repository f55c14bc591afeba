#!/bin/bash
# SPDX-License-Identifier: MIT
# test_timestamps.sh - RFC 3161 time stamps of checkpoints, by an authority made of openssl on this machine: 'openssl ts -verify' accepts
# what is kept, and refuses it for another note; what an authority answers otherwise is told and not kept; without a net it waits.
set -u
daybook=$(realpath "${DAYBOOK:?}")
here=$(realpath tests/interop)
for tool in openssl python3; do
    command -v $tool >/dev/null || { echo "SKIP: there is no $tool" && exit 77; }
done
work=$(mktemp -d) || exit 1
servers=()
finish() { for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null; done; rm -rf "$work"; }
trap finish EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE DAYBOOK_TIME_STAMP_AUTHORITIES DAYBOOK_TIME_STAMP_CA DAYBOOK_WITNESS_POLICY
bad=0 good=0
fail() { echo "FAIL: $*" && bad=$((bad + 1)); }
now=2025-01-10T09:00:00Z
at() { "$daybook" --dir "$work/ledger" --key-file "$work/key" --now "$now" "$@"; }
must() { at "$@" >"$work/said" 2>&1 || { echo "FAIL: daybook $*: $(cat "$work/said")" && exit 1; }; }
# gives STATUS WHAT COMMAND... - and what it says is in the file said
gives() {
    local status=0
    "${@:3}" >"$work/said" 2>&1 || status=$?
    if [ "$status" = "$1" ]; then good=$((good + 1)); else fail "$2: $status, wanted $1: $(cat "$work/said")"; fi
}
says() { if grep -qF -- "$1" "$work/said"; then good=$((good + 1)); else fail "it does not say '$1': $(cat "$work/said")"; fi; }
holds() { if "${@:2}"; then good=$((good + 1)); else fail "$1"; fi; }
start() { # start NAME - an authority; its port is in the file NAME.port
    echo well >"$work/$1.how"
    python3 "$here/authority.py" "$work/$1" "$work/$1.how" >"$work/$1.port" 2>"$work/$1.log" &
    servers+=($!)
    for _ in $(seq 100); do [ -s "$work/$1.port" ] && return; sleep 0.05; done
    echo "FAIL: no authority: $(cat "$work/$1.log")" && exit 1
}
cd "$work" || exit 1
for name in one other; do
    bash "$here/make_authority.sh" "$work/$name" >"$work/said" 2>&1 || { cat "$work/said" && exit 1; }
    start $name
done
bash "$here/make_authority.sh" "$work/late" 200101000000Z 210101000000Z >"$work/said" 2>&1 || { cat "$work/said" && exit 1; }
one="http://127.0.0.1:$(cat one.port)/stamp" other="http://127.0.0.1:$(cat other.port)/stamp"
anchor() { at audit anchor --time-stamp-authority "$one" --time-stamp-ca one/ca.pem "$@"; }

must init
must key new-checkpoint signer
gives 1 'without a checkpoint' anchor
must audit checkpoint --checkpoint-key signer -o first

# ---- stamped, kept, and accepted by openssl ----
gives 0 'the first stamp' anchor --json
says '"state": "done"'
holds 'what was asked is not of the right type' grep -qx '/stamp application/timestamp-query well' one/asked
note=$(echo ledger/checkpoints/*) stamp=$(echo ledger/timestamps/*.tsr)
holds "the note is not the one that was signed" cmp -s "$note" first
verify() { openssl ts -verify -data "$1" -in "$2" -CAfile "$3/ca.pem"; }
gives 0 'openssl: our note' verify "$note" "$stamp" one
sed '2s/.*/9/' first >changed
gives 1 'openssl: a changed note' verify changed "$stamp" one
gives 1 'openssl: another authority' verify "$note" "$stamp" other
gives 0 'again: nobody is asked' anchor --json
says '"state": "there"'
holds 'it was asked again' test "$(wc -l <one/asked)" = 1

# ---- checked without the ledger ----
check() { "$daybook" audit check "$stamp" "$@"; }
gives 0 'our own check' check --checkpoint first --time-stamp-ca one/ca.pem --public-key signer.pub
says 'Test stamps'
gives 0 'without the public key' check --checkpoint first --time-stamp-ca one/ca.pem
says 'not checked'
gives 8 'without certificates' check --checkpoint first
gives 8 'without a checkpoint' check --time-stamp-ca one/ca.pem
gives 4 'another authority' check --checkpoint first --time-stamp-ca other/ca.pem
gives 4 'a changed note' check --checkpoint changed --time-stamp-ca one/ca.pem
gives 4 'a changed note, by its signature' check --checkpoint changed --time-stamp-ca one/ca.pem --public-key signer.pub
gives 3 'certificates that are none' check --checkpoint first --time-stamp-ca first
python3 - "$stamp" <<'P'
import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[-9] ^= 1
open("flipped.tsr", "wb").write(b)
open("cut.tsr", "wb").write(open(sys.argv[1], "rb").read()[:-1])
P
gives 4 'a changed stamp' "$daybook" audit check flipped.tsr --checkpoint first --time-stamp-ca one/ca.pem
gives 3 'a stamp that is cut' "$daybook" audit check cut.tsr --checkpoint first --time-stamp-ca one/ca.pem
openssl ts -query -data first -sha256 -cert -out query.tsq 2>/dev/null
openssl ts -reply -config late/conf -queryfile query.tsq -out late.tsr >/dev/null 2>&1
gives 4 'a certificate that had run out when it stamped' "$daybook" audit check late.tsr --checkpoint first --time-stamp-ca late/ca.pem
says 'expired'

# ---- a token of one's own making by openssl is as good ----
openssl ts -reply -config one/conf -queryfile query.tsq -out made.tsr >/dev/null 2>&1
gives 0 "openssl's own" "$daybook" audit check made.tsr --checkpoint first --time-stamp-ca one/ca.pem

# ---- faults of an authority: told, not kept, and not asked again at once ----
must customer create ann
must audit checkpoint --checkpoint-key signer -o second
for how in down old cut flipped garbage huge refuses; do
    echo $how >one.how
    gives 8 "an authority: $how" anchor --at-once --json
    says '"state": "pending"'
    says '"next_try"'
    holds "$how: it was kept" test "$(find ledger/timestamps -name '*.tsr' | wc -l)" = 1
done
echo well >one.how
asked=$(wc -l <one/asked)
gives 8 'before its time' anchor --json
says '"state": "waits"'
holds 'it was asked before its time' test "$(wc -l <one/asked)" = "$asked"
says '"unstamped_from"'
now=2025-01-12T09:00:00Z
echo down >one.how
gives 8 'after more than a day' anchor --json
says '"alert"'
now=2025-01-12T16:00:00Z
echo well >one.how
gives 0 'after its time' anchor --json
says '"state": "done"'
holds 'the alert stays' test "$(grep -c alert said)" = 0

# ---- offline, then online; two authorities ----
must customer create bob
must audit checkpoint --checkpoint-key signer -o third
must customer create cec
must audit checkpoint --checkpoint-key signer -o fourth
nobody="http://127.0.0.1:1/stamp"
both() { DAYBOOK_TIME_STAMP_AUTHORITIES="$nobody $other" at audit anchor "$@"; }
gives 8 'one of two is not there' both --json
says 'no connection to the server'
says 'not checked against a certificate'
gives 8 'nobody is there' at audit anchor --time-stamp-authority "$nobody" --at-once
holds 'it was lost' test "$(find ledger/timestamps -name '*.tsr' | wc -l)" = 3
gives 0 'online again' anchor
newest=$(find ledger/timestamps -name '*.tsr' | sort | tail -1)
either() { verify "$1" "$2" one || verify "$1" "$2" other; }
gives 0 'openssl: the newest' either fourth "$newest"
gives 1 'openssl: the newest, of an older note' either third "$newest"
gives 0 'the list' at --json audit anchor --list --time-stamp-ca one/ca.pem
python3 - said <<'P' || fail "the list: $(cat said)"
import json, sys
rows = json.load(open(sys.argv[1]))["checkpoints"]
assert [row["time_stamps"] for row in rows] == [1, 1, 0, 2], rows
last = {s["authority"]: s for s in rows[3]["stamps"]}
assert sum(s.get("certificate") == "checked" for s in last.values()) == 1
assert sum("fault" in s for s in last.values()) == 1  # of the other authority, whose certificates these are not
P
gives 2 'nobody named' at audit anchor
gives 3 'an address that is none' at audit anchor --time-stamp-authority ftp://example.com --at-once
gives 3 'certificates that are none' at audit anchor --time-stamp-authority "$one" --time-stamp-ca first
gives 0 'the ledger is sound' at audit verify
echo "$good passed, $bad failed, 0 skipped"
[ "$bad" = 0 ]
