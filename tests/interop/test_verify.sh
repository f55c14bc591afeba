#!/bin/bash
# SPDX-License-Identifier: MIT
# test_verify.sh - daybook-verify over what the program wrote and signed, over an archive that a stranger made of its log
# (make_archive.py), and over archives and claims with one fault each (archive_faults.py, claim_faults.py). It says the same as 'daybook audit check' of the same
# claims, and what it takes is taken by sha256sum, signify, ssh-keygen and Go's tlog.
set -u
daybook=$(realpath "${DAYBOOK:?}")
verifier=$(dirname "$daybook")/daybook-verify
here=$(realpath tests/interop)
command -v mdb_dump >/dev/null || { echo "SKIP: there is no mdb_dump (Debian: lmdb-utils)" && exit 77; }
# shellcheck source=tests/interop/python.sh
source "$here/python.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE
bad=0 good=0 skipped=0
fail() { echo "FAIL: $*" && bad=$((bad + 1)); }
at() { "$daybook" --dir "$work/ledger" --key-file "$work/key" --now 2025-01-10T09:00:00Z "$@"; }
must() { at "$@" >"$work/said" 2>&1 || { echo "FAIL: daybook $*: $(cat "$work/said")" && exit 1; }; }
takes() { if "${@:2}" >"$work/said" 2>&1; then good=$((good + 1)); else fail "$1: refused: $(cat "$work/said")"; fi; }
denies() { if "${@:2}" >"$work/said" 2>&1; then fail "$1: accepted"; else good=$((good + 1)); fi; }
# gives STATUS WHAT WORDS COMMAND... - it ends with the status and says the words.
gives() {
    local status=0
    timeout 60 "${@:4}" >"$work/said" 2>&1 </dev/null || status=$?
    if [ "$status" = "$1" ] && grep -qF -- "$3" "$work/said"; then
        good=$((good + 1))
    else
        fail "$2: $status, wanted $1 and '$3': $(cat "$work/said")"
    fi
}
cd "$work" || exit 1

# ---- a ledger, and what it says of itself ----
must init
must key new-checkpoint signer
must customer create ann --name "Ann Example" --email ann@example.com --country IE
must subscription create ann --tier pro --payment-method pm_card_visa
must invoice generate ann
must audit checkpoint --checkpoint-key signer -o first
for i in 1 2 3 4 5 6 7; do must customer create "u$i"; done
must audit checkpoint --checkpoint-key signer -o second
must audit prove INV-2025-000001 -o proof --record record
must audit prove --consistency first -o growth
mdb_dump -a ledger/log >dump || exit 1
"$python" "$here/make_archive.py" archive --dump dump --signer signer --checkpoint first second || exit 1
"$python" "$here/make_archive.py" older --dump dump --signer signer --checkpoint first || exit 1
must audit export exported --checkpoint-key signer
must audit export unsigned
must customer create more
must audit checkpoint --checkpoint-key signer -o third
"$python" - "$here" <<'P' || exit 1
import sys
sys.path.insert(0, sys.argv[1])
from make_archive import Signer, b64, dumped
signer = Signer.from_file("signer")
size = int(open("first").read().split("\n")[1])
open("other_record", "wb").write(dumped("dump")[1])
open("forged", "wb").write(signer.note(size, b"r" * 32))
open("stranger", "wb").write(Signer(b"s" * 32, signer.name).note(size, b"r" * 32))
open("stranger.pub", "w").write(Signer(b"s" * 32, signer.name).line())
for name in ("second", "proof", "record", "growth", "first"):
    data = bytearray(open(name, "rb").read())
    data[len(data) // 2] ^= 1
    open("changed_" + name, "wb").write(data)
P
key='--public-key signer.pub'

# ---- archives ----
# shellcheck disable=SC2086
{
    gives 0 'an archive' 'all records are those' "$verifier" archive $key
    gives 0 'an archive, by many' 'all records are those' "$verifier" archive $key --jobs 7
    gives 8 'an archive without a key' 'not verified: the archive fits itself' "$verifier" archive
    gives 4 'an archive with the key of another' 'none of the keys' "$verifier" archive --public-key stranger.pub
    gives 0 'an archive with a checkpoint that was kept' 'go on from the checkpoint' "$verifier" archive $key --checkpoint first
    gives 8 'the same without a key' 'it goes on from the checkpoint' "$verifier" archive --checkpoint first
    gives 5 'an archive that is older than what was kept' "'second': it is of" "$verifier" older $key --checkpoint second
    gives 5 'an archive that is older than the ledger' "'third': it is of" "$verifier" archive $key --checkpoint third
    gives 4 'an archive that went another way' 'another root' "$verifier" archive $key --checkpoint forged
    gives 4 'a kept checkpoint that nobody signed' 'none of the keys' "$verifier" archive $key --checkpoint stranger
    gives 0 'an archive that the program wrote' 'all records are those' "$verifier" exported $key --checkpoint second
    gives 8 'the same without signatures' 'SHA256SUMS is not signed' "$verifier" unsigned $key
    gives 2 'an archive and a record' '--record is not for' "$verifier" archive $key --record record
    gives 0 'JSON' '"status": 0' "$verifier" archive $key --json
    gives 4 'JSON of a fault' '"status": 4' "$verifier" archive --public-key stranger.pub --json
}
takes 'sha256sum' bash -c 'cd archive && sha256sum --strict --quiet -c SHA256SUMS'
covered=$(wc -l <archive/SHA256SUMS) there=$(find archive -type f -not -name 'SHA256SUMS*' | wc -l)
[ "$covered" = "$there" ] || fail "SHA256SUMS has $covered lines for $there files"
if command -v signify-openbsd >/dev/null; then
    takes 'signify' signify-openbsd -V -p archive/signify.pub -m archive/SHA256SUMS -x archive/SHA256SUMS.sig
    denies 'signify: another text' signify-openbsd -V -p archive/signify.pub -m older/SHA256SUMS -x archive/SHA256SUMS.sig
else
    echo "skipped: there is no signify-openbsd (Debian: signify-openbsd)" && skipped=$((skipped + 1))
fi
if command -v ssh-keygen >/dev/null; then
    "$python" - "$here" <<'P' || exit 1
import sys
sys.path.insert(0, sys.argv[1])
from make_archive import Signer, b64, string
signer = Signer.from_file("signer")
open("allowed", "w").write("ledger ssh-ed25519 " + b64(string(b"ssh-ed25519") + string(signer.public)) + "\n")
P
    ssh_verify() { ssh-keygen -Y verify -f allowed -I ledger -n daybook-archive -s archive/SHA256SUMS.sshsig <"$1/SHA256SUMS"; }
    takes 'ssh-keygen' ssh_verify archive
    denies 'ssh-keygen: another text' ssh_verify older
else
    echo "skipped: there is no ssh-keygen (Debian: openssh-client)" && skipped=$((skipped + 1))
fi

# ---- claims: the program itself, which has the same to say ----
same() { # same WHAT FILE CHECK-ARGUMENT... - with what 'audit check' calls --consistency
    local ours=0 theirs=0 arguments=("${@:3}")
    "$daybook" audit check "$2" "${arguments[@]}" >"$work/said" 2>&1 || theirs=$?
    "$verifier" "$2" "${arguments[@]/#--consistency/--old}" >"$work/said2" 2>&1 || ours=$?
    if [ "$ours" = "$theirs" ]; then
        good=$((good + 1))
    else
        fail "$1: daybook-verify $ours: $(cat "$work/said2"); audit check $theirs: $(cat "$work/said")"
    fi
    [ -z "${wanted:-}" ] || [ "$ours" = "$wanted" ] || fail "$1: $ours, wanted $wanted"
}
for public in signer.pub stranger.pub; do
    [ $public = signer.pub ] && wanted=0 || wanted=4
    same "a checkpoint, $public" second --public-key $public
    same "a proof, $public" proof --record record --public-key $public
    same "growth, $public" growth --consistency first --public-key $public
done
wanted=8
same 'a proof without its record' proof --public-key signer.pub
same 'growth without the older one' growth --public-key signer.pub
wanted=4
same 'another record' proof --record other_record --public-key signer.pub
same 'another older checkpoint' growth --consistency second --public-key signer.pub
same 'a changed record' proof --record changed_record --public-key signer.pub
same 'a forged older checkpoint' growth --consistency forged --public-key signer.pub
wanted=3
same 'no checkpoint' signer.pub --public-key signer.pub
wanted=
for name in second first; do same "a changed $name" changed_$name --public-key signer.pub; done
same 'a changed proof' changed_proof --record record --public-key signer.pub
same 'changed growth' changed_growth --consistency first --public-key signer.pub
leaf=$("$python" -c 'import base64, hashlib
print(base64.b64encode(hashlib.sha256(b"\0" + open("record", "rb").read()).digest()).decode())')
# shellcheck disable=SC2086
{
    gives 0 'a proof and the hash of a receipt' 'the record is in the ledger' "$verifier" proof $key --leaf "$leaf"
    gives 4 'a proof and another hash' 'the record is not number' "$verifier" proof $key --leaf "AAAA${leaf:4}"
    gives 2 'a hash that is none' 'it is not a hash' "$verifier" proof $key --leaf "x$leaf"
    gives 8 'a checkpoint without a key' 'cannot be told without its public key' "$verifier" second
    gives 5 'a checkpoint older than what was kept' 'of only' "$verifier" first $key --checkpoint second
    gives 4 'a checkpoint and another of its size' 'their roots differ' "$verifier" first $key --checkpoint forged
    gives 8 'a checkpoint and an older one' 'a proof of growth can tell' "$verifier" second $key --checkpoint first
    gives 2 'growth and a record' '--record is not for' "$verifier" growth $key --record record
}

# ---- disclosures and receipts, by a third writer ----
"$python" "$here/make_archive.py" claims --records 40 --claims || exit 1
gives 0 'a disclosure' '"event": "payment_method.detached"' "$verifier" claims/disclosure --public-key claims/pub
gives 0 'its texts cannot steer a terminal' '\u202e text\u001b[31m' "$verifier" claims/disclosure --public-key claims/pub
gives 8 'a disclosure without a key' 'cannot be told' "$verifier" claims/disclosure
gives 0 'a receipt' 'the record is in the ledger' "$verifier" claims/proof --record claims/receipt --public-key claims/pub

if at help audit disclose >/dev/null 2>&1; then
    must audit disclose INV-2025-000001 -o disclosed --checkpoint second
    gives 0 'a disclosure that the program wrote' '"event": "invoice.finalized"' "$verifier" disclosed --public-key signer.pub
fi

# ---- a ledger with another master key, a generation that was lost, and a checkpoint key that named the next
here_again() { "$daybook" --dir "$work/again" --key-file "$work/again.key" --now 2025-01-10T09:00:00Z "$@"; }
do_it() { here_again "$@" >"$work/said" 2>&1 || { echo "FAIL: daybook $*: $(cat "$work/said")" && exit 1; }; }
do_it init
do_it key new-checkpoint one
do_it customer create ann
do_it key rotate
do_it audit checkpoint --checkpoint-key one -o kept_one
cp -r again again.older
do_it customer create bob
do_it audit checkpoint --checkpoint-key one -o lost_one
do_it audit export rotated --checkpoint-key one
rm -rf again && mv again.older again
do_it --checkpoint-key one recover --accept-loss --reason 'the disk is gone'
do_it key new-checkpoint two
do_it customer create cid
do_it audit checkpoint --checkpoint-key two
do_it audit export recovered --checkpoint-key two
do_it key rotate-checkpoint two three
do_it customer create dan
do_it key retire-checkpoint two
do_it audit export handed --checkpoint-key three
do_it backup copies
do_it restore copies restored --key-file "$work/again.key"
cat one.pub two.pub >both.pub
gives 0 'a master key that was replaced' '"rotations": 1, "generations": 1' "$verifier" rotated --public-key one.pub --json
gives 0 'a second generation' '"rotations": 1, "generations": 2' "$verifier" recovered --public-key both.pub --json
gives 0 'a checkpoint of the first' 'go on from the checkpoint' "$verifier" recovered --public-key both.pub --checkpoint kept_one
gives 5 'a checkpoint of what was lost' 'the ledger says itself' "$verifier" recovered --public-key both.pub --checkpoint lost_one
gives 8 'without the key of the first' 'no key of that name was given' "$verifier" recovered --public-key two.pub
gives 8 'without the key of the second' 'no key of that name was given' "$verifier" recovered --public-key one.pub
gives 0 'a checkpoint key that the old one names' 'other keys    1, which notes' "$verifier" handed --public-key both.pub
takes 'its note is in SHA256SUMS' grep -q '  keys/' handed/SHA256SUMS
takes 'its note is in a backup' diff -r again/checkpoints/keys restored/checkpoints/keys

# ---- what is not meant to be read ----
mkfifo fifo && : >empty && mkdir nothing && truncate -s 1T huge
for file in fifo empty nothing huge /dev/zero dump; do gives 3 "$file" "'$file': it " "$verifier" "$file"; done
gives 8 'nothing there' 'No such file' "$verifier" absent
gives 3 'a fifo for a key' 'neither a regular file' "$verifier" second --public-key fifo
gives 2 'no file' 'usage:' "$verifier"
gives 2 'an option that is none' 'usage:' "$verifier" second --pubic-key signer.pub
gives 2 'no number' 'usage:' "$verifier" second --jobs 0

# ---- one fault each, all else right ----
"$python" "$here/archive_faults.py" --make faults || exit 1
if "$python" "$here/archive_faults.py" --verify "$verifier" faults >said; then
    good=$((good + $(sed -n 's/ passed.*//p' said)))
else
    fail "faults: $(cat said)"
fi
if "$python" "$here/claim_faults.py" --make --verify "$verifier" wrong_claims >said; then
    good=$((good + $(sed -n 's/ passed.*//p' said)))
else
    fail "claims: $(cat said)"
fi
# 67,100 records in two segments, with a hundred megabytes of addresses, libraries included: what is read does not stay in memory.
gives 0 'an archive in little memory' 'all records are those' bash -c 'ulimit -v 100000 && exec "$@"' limited "$verifier" faults/long_sound --public-key faults/long_sound.pub --jobs 2

# ---- tiles and records, by Go's tlog ----
export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' GOCACHE="$work/gocache"
if ! command -v go >/dev/null || [ ! -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ]; then
    echo "skipped: there is no go with golang.org/x/mod (Debian: golang-go, golang-golang-x-mod-dev)" && skipped=$((skipped + 1))
elif ! go build -o claims_go "$here/check_claims.go" >said 2>&1; then
    fail "go build: $(cat said)"
else
    takes 'Go: an archive' ./claims_go signer.pub archive archive/checkpoint archive
    takes 'Go: an archive of two segments' ./claims_go <(head -n 1 faults/long_sound.pub) archive faults/long_sound/checkpoint faults/long_sound
    for fault in tile_leaf tile_root long_top long_tile_of_roots segment_swapped; do
        denies "Go: $fault" ./claims_go <(head -n 1 faults/$fault.pub) archive faults/$fault/checkpoint faults/$fault
    done
fi
echo "$good passed, $bad failed, $skipped skipped"
[ "$bad" = 0 ]
