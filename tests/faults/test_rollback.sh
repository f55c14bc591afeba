#!/bin/bash
# SPDX-License-Identifier: MIT
# test_rollback.sh - an older copy of the ledger in its place, a copy that went another way, an anchor that is gone, damaged or of another
# ledger: no command works on it but 'recover', which tells what is the matter and changes nothing; what is accepted as lost stands in the
# ledger for everybody, under a name that the old key cannot sign for; a kill at any moment leaves nothing that the same command does not end.
set -u
daybook=${DAYBOOK:?}
kills=6
[ -n "${LONG:-}" ] && kills=60
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
customers=$PWD/fixtures/customers.csv
cd "$work" || exit 1
case $daybook in /*) ;; *) daybook=$OLDPWD/$daybook ;; esac
good=0
fail() { echo "FAIL: $*"; exit 1; }
at() { "$daybook" --dir d --key-file key --now "${now:-2025-03-01}" "$@"; }
must() { at "$@" >said 2>&1 || fail "$*: $(cat said)"; }
# gives STATUS WORDS COMMAND… - ends so, with a sentence that has these words.
gives() {
    local status=$1 words=$2
    at "${@:3}" >said 2>&1
    local got=$?
    [ $got = "$status" ] || fail "${*:3}: $got, wanted $status: $(cat said)"
    [ -z "$words" ] || grep -qF -- "$words" said || fail "${*:3}: does not say '$words': $(cat said)"
    good=$((good + 1))
}
member() { at --json --checkpoint-key signer recover | python3 -c 'import json,sys; print(json.load(sys.stdin).get(sys.argv[1]))' "$1"; }
is() { [ "$(member "$1")" = "$2" ] || fail "recover: $1 is $(member "$1"), wanted $2"; good=$((good + 1)); }
everything() { find d d.anchor signer.last -type f ! -path '*/lock.mdb' ! -path 'd/views/*' ! -path d/tree -exec sha256sum {} + 2>/dev/null | sort -k 2; }
keep() { rm -rf "kept.$1" && mkdir "kept.$1" && cp -r d d.anchor "kept.$1/"; } # NAME
put_back() { rm -rf d && cp -r "kept.$1/d" d; }                              # NAME - the directory alone: the anchor is elsewhere
with_anchor() { put_back "$1" && cp "kept.$1/d.anchor" d.anchor; }

must init d
must key new-checkpoint signer
must customer create ann
must --checkpoint-key signer audit checkpoint
keep old
old=$(member records)
must customer create bob
must subscription create bob --tier pro --payment-method pm_card_visa
must --checkpoint-key signer audit checkpoint -o last.checkpoint
keep new
new=$(member records)

# An older copy in its place: every command that opens it, with and without key, and 'recover' alone tells what is the matter.
put_back old
before=$(everything)
for command in 'stats' 'customer list' 'customer create cid' 'invoice generate ann' 'run --through 2025-03-01 --out out' 'usage record ann api_calls 5' \
    'audit verify' 'audit verify --without-key' 'audit log' 'audit checkpoint' 'rebuild' 'report invoices' 'key new-checkpoint other' 'serve --listen 127.0.0.1:0 --webhook-secret-file none'; do
    # shellcheck disable=SC2086 # words
    gives 5 "it has $old records, but its anchor file" $command
done
now=2024-01-01 gives 5 "'daybook recover' tells what there is to do" stats # whatever the clock says
is anchor ahead
is loss True
is had_records "$new"
is records "$old"
is generation 1
[ "$before" = "$(everything)" ] || fail "recover changed something: $(diff <(echo "$before") <(everything))"
gives 1 'would hide a loss' recover --new-anchor
gives 2 'wants --reason' recover --accept-loss
gives 3 'must name nobody' recover --accept-loss --reason 'ask ann@example.com'
gives 2 '--reason is for' recover --reason why
[ "$before" = "$(everything)" ] || fail 'a refused recover changed something'

# The true one comes back: nothing has happened.
put_back new
gives 0 '' audit verify
gives 1 'nothing is known to be lost' recover --accept-loss --reason 'no need'

# Accepted: a generation of its own, with an origin of its own. The clock may stand anywhere.
put_back old
now=2024-01-01 gives 0 'nothing: the ledger goes on' --checkpoint-key signer recover --accept-loss --reason 'the disk is gone, this is the copy of Friday'
is generation 2
is anchor sound
gives 0 '' audit verify
at --json audit verify >said
grep -q '"generation": *2' said || fail "audit verify does not tell the generation: $(cat said)"
gives 0 sound audit verify --without-key
grep -aq 'this is the copy of Friday' d/log/data.mdb || fail 'the reason does not stand in clear'
lost=$(printf 'd/checkpoints/lost/1/%020d' "$new")
cmp -s "$lost" last.checkpoint || fail 'what was signed of the lost records is not kept'
keep second

# The old key signs no more here, and goes on signing in the true one; the new key signs under the new name.
must customer create cid
gives 1 'the key signs for generation 1, and the ledger is in generation 2' --checkpoint-key signer audit checkpoint
must key new-checkpoint signer2
must --checkpoint-key signer2 audit checkpoint -o second.checkpoint
head -n 1 second.checkpoint | grep -q '^daybook/[0-9a-f]\{16\}/2$' || fail "its origin: $(head -n 1 second.checkpoint)"
gives 0 'the ledger' audit check second.checkpoint --public-key signer2.pub
gives 4 '' audit check second.checkpoint --public-key signer.pub
is loss False # what the old key signed last is declared
mkdir true && cp -r kept.new/d true/d && cp kept.new/d.anchor true/d.anchor
"$daybook" --dir true/d --key-file key customer create eve >/dev/null || fail 'the true ledger does not go on'
"$daybook" --dir true/d --key-file key --checkpoint-key signer audit checkpoint >/dev/null || fail 'the old key does not sign for the true ledger'
"$daybook" --dir true/d --key-file key --checkpoint-key signer2 audit checkpoint >said 2>&1 && fail 'the new key signs for the old generation'
grep -q 'the key signs for generation 2' said || fail "the new key in the old generation: $(cat said)"
# The true one in the place of the one that went on: the anchor remembers the newer.
rm -rf d && cp -r true/d d
gives 4 'it is a copy that went another way' stats

# A copy that went another way, longer and shorter than the true one.
with_anchor new
for i in 1 2 3; do must customer create "true-$i"; done
put_back new
cp kept.new/d.anchor fork.anchor
for i in 1 2 3 4 5; do "$daybook" --dir d --key-file key --anchor-file fork.anchor customer create "fork-$i" >/dev/null || fail "fork $i"; done
gives 4 'it is a copy that went another way' customer create sly
gives 4 'it is a copy that went another way' audit verify --without-key
is anchor different
is loss True
gives 0 'generation' recover --accept-loss --reason 'the other one was given up'
is generation 2
gives 0 '' audit verify

# A loss after a loss is a third generation.
keep third
for i in 1 2 3; do must customer create "more-$i"; done
put_back third
gives 5 'is of' stats
gives 0 '' recover --accept-loss --reason 'again'
is generation 3
gives 0 '' audit verify

# The anchor is gone, damaged, of another ledger, or elsewhere.
with_anchor new
rm d.anchor
gives 8 'is missing' stats
gives 8 'is missing' audit verify --without-key
gives 0 none audit verify --without-key --without-anchor
gives 2 'is for --without-key' --anchor-file kept.new/d.anchor audit verify --without-anchor
is anchor missing
gives 0 '' recover --new-anchor
gives 0 '' audit verify
gives 1 'there is an anchor' recover --new-anchor
for ((byte = 0; byte < $(stat -c %s d.anchor); byte += 7)); do
    cp d.anchor whole.anchor
    python3 -c 'import sys; p, n = sys.argv[1], int(sys.argv[2]); b = bytearray(open(p, "rb").read()); b[n] ^= 1; open(p, "wb").write(b)' d.anchor "$byte"
    gives 4 'is damaged' stats
    mv whole.anchor d.anchor
done
truncate -s 100 d.anchor
gives 4 'is damaged' stats
: >d.anchor
gives 4 'is damaged' stats
is anchor damaged
gives 0 '' recover --new-anchor
[ -f d.anchor.damaged ] || fail 'what was damaged is not kept'
must --anchor-file elsewhere.anchor --dir other init other
gives 4 'is of another ledger' --anchor-file elsewhere.anchor stats
gives 1 'there is an anchor' --anchor-file elsewhere.anchor recover --new-anchor
gives 3 "inside the ledger's directory" --anchor-file d/inside stats
gives 6 'cannot be written' --anchor-file no/such/folder/a stats
DAYBOOK_ANCHOR_FILE=elsewhere.anchor gives 4 'is of another ledger' stats
rm -rf other && mkdir other
"$daybook" --dir other --key-file key --anchor-file elsewhere.anchor init other >said 2>&1 && fail 'a new ledger takes the anchor of one that is gone'
grep -q 'of a ledger that was here' said || fail "init over an anchor: $(cat said)"

# An older copy whose anchor was removed with it: the checkpoints, and what stands beside the key, still tell.
put_back old
rm d.anchor
gives 8 'is missing' stats
is loss True
gives 1 'would hide a loss' --checkpoint-key signer recover --new-anchor
gives 0 '' --checkpoint-key signer recover --accept-loss --reason 'known by the key'
is generation 2
gives 0 '' audit verify

# A crash after each step: the record is there and nothing else; the checkpoints are moved, too.
with_anchor new
put_back old
mkdir -p d/checkpoints && cp kept.new/d/checkpoints/* d/checkpoints/
cp d.anchor was.anchor
must --checkpoint-key signer recover --accept-loss --reason 'half'
records=$(member records)
mv d/checkpoints/lost/1/* d/checkpoints/ && cp was.anchor d.anchor
gives 5 '' stats
is loss False
gives 0 "ends what was begun" recover
gives 0 '' recover --accept-loss --reason 'half'
[ "$(member records)" = "$records" ] || fail 'a second record was written'
[ -n "$(ls d/checkpoints/lost/1)" ] || fail 'the lost checkpoints were not moved'
cp was.anchor d.anchor
gives 5 '' stats
gives 0 '' recover --accept-loss --reason 'half'
[ "$(member records)" = "$records" ] || fail 'a second record was written'
gives 0 '' audit verify

# kill -9 while commands and recover run: the anchor is behind or right, never ahead.
for ((i = 1; i <= kills; i++)); do
    with_anchor new
    "$daybook" --dir d --key-file key --now 2025-03-01 import customers "$customers" >/dev/null 2>&1 &
    pid=$!
    sleep "0.0$((i % 10))"
    kill -KILL $pid 2>/dev/null
    wait $pid 2>/dev/null
    gives 0 '' stats
    put_back old
    "$daybook" --dir d --key-file key --now 2025-03-01 recover --accept-loss --reason 'killed' >/dev/null 2>&1 &
    pid=$!
    sleep "0.00$((i % 10))"
    kill -KILL $pid 2>/dev/null
    wait $pid 2>/dev/null
    at stats >/dev/null 2>&1 || gives 0 '' recover --accept-loss --reason 'killed'
    gives 0 '' audit verify
    is generation 2
done

# Several at once: the anchor ends where the ledger does.
with_anchor new
pids=()
for i in 1 2 3 4 5 6; do
    (for k in 1 2 3; do at customer create "p$i-$k" >/dev/null || exit 1; done) &
    pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || fail 'one of several writers failed'; done
is anchor sound
[ "$(sed -n 4p d.anchor)" = "$(member records)" ] || fail "the anchor stays at $(sed -n 4p d.anchor) of $(member records)"
gives 0 '' audit verify
echo "ok: $good answers as they must be"
