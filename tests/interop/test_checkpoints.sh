#!/bin/bash
# SPDX-License-Identifier: MIT
# test_checkpoints.sh - checkpoints and proofs are accepted by programs that know nothing of Daybook, and refused when tampered with:
# the signature by openssl, the note and both kinds of proof by Go's sumdb (check_claims.go), the hashes by a few lines of Python.
set -u
daybook=$(realpath "${DAYBOOK:?}")
here=$(realpath tests/interop)
for tool in openssl python3; do
    command -v $tool >/dev/null || { echo "SKIP: there is no $tool" && exit 77; }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE
bad=0 good=0 skipped=0
fail() { echo "FAIL: $*" && bad=$((bad + 1)); }
at() { "$daybook" --dir "$work/ledger" --key-file "$work/key" --now 2025-01-10T09:00:00Z "$@"; }
must() { at "$@" >"$work/said" 2>&1 || { echo "FAIL: daybook $*: $(cat "$work/said")" && exit 1; }; }
# takes WHAT COMMAND... - it accepts. denies WHAT COMMAND... - it refuses.
takes() { if "${@:2}" >"$work/said" 2>&1; then good=$((good + 1)); else fail "$1: refused: $(cat "$work/said")"; fi; }
denies() { if "${@:2}" >"$work/said" 2>&1; then fail "$1: accepted"; else good=$((good + 1)); fi; }
# gives STATUS WHAT COMMAND...
gives() {
    local status=0
    "${@:3}" >"$work/said" 2>&1 || status=$?
    if [ "$status" = "$1" ]; then good=$((good + 1)); else fail "$2: $status, wanted $1: $(cat "$work/said")"; fi
}
cd "$work" || exit 1

must init
must key new-checkpoint signer
must customer create ann --name "Ann Example" --email ann@example.com --country IE
must subscription create ann --tier pro --payment-method pm_card_visa
must invoice generate ann
must --checkpoint-key signer audit checkpoint -o first
for i in 1 2 3 4 5 6 7; do must customer create "u$i"; done
must --checkpoint-key signer audit checkpoint -o second
must audit prove INV-2025-000001 -o proof --record record
must audit prove --consistency first -o growth
finalized=$(at --json audit log | python3 -c 'import json, sys
print(*[row["seq"] for row in map(json.loads, sys.stdin) if any("INV-2025-000001 for" in text for text in row["events"])])')
[ "$(sed -n 's/^index //p' proof)" = "$finalized" ] || fail "record $finalized finalized the invoice, not $(sed -n 2p proof)"
[ "$(stat -c %a signer)" = 600 ] || fail "others can read the signing key"

# ---- by ourselves, without the ledger and with the exit statuses that scripts rely on ----
check() { "$daybook" audit check "$@" --public-key signer.pub; }
mv ledger away
gives 0 'a checkpoint' check second
gives 0 'a proof of a record' check proof --record record
gives 0 'a proof of growth' check growth --consistency first
gives 8 'a proof without its record' check proof
gives 8 'a proof without its older checkpoint' check growth
gives 3 'what is no checkpoint' check signer.pub
gives 4 'another record' check proof --record growth
gives 4 'another older checkpoint' check growth --consistency second
mv away ledger

# ---- the signature, by openssl: Ed25519 over the text before the empty line ----
python3 - <<'P' || fail "the checkpoint cannot be taken apart"
import base64, hashlib
text, lines = open("second", encoding="utf-8").read().split("\n\n")
name, ident, key = open("signer.pub").read().strip().split("+", 2)
dash, who, signature = lines.split()
raw, public = base64.b64decode(signature), base64.b64decode(key)
assert dash == "\u2014" and who == name == text.split("\n")[0]
assert public[0] == 1 and len(public) == 33 and len(raw) == 68
assert raw[:4].hex() == ident == hashlib.sha256(name.encode() + b"\n" + public).hexdigest()[:8]
open("text", "w").write(text + "\n")
open("signature", "wb").write(raw[4:])
origin, size, root = text.split("\n")
open("changed", "w").write(f"{origin}\n{size}0\n{root}\n")
open("other_signature", "wb").write(raw[4:-1] + bytes([raw[-1] ^ 1]))
open("public.der", "wb").write(bytes.fromhex("302a300506032b6570032100") + public[1:])
P
verify() { openssl pkeyutl -verify -pubin -keyform DER -inkey public.der -rawin -in "$1" -sigfile "$2"; }
takes 'openssl: the signature' verify text signature
denies 'openssl: a changed text' verify changed signature
denies 'openssl: a changed signature' verify text other_signature

# ---- the proof of the record, hash by hash, as RFC 9162 section 2.1.3.2 says ----
cat >walk.py <<'P'
import base64, hashlib, sys
head, checkpoint = open("proof", encoding="utf-8").read().split("\n\n", 1)
lines = head.split("\n")
assert lines[0] == "c2sp.org/tlog-proof@v1"
fn, sn = int(lines[1].split()[1]), int(checkpoint.split("\n")[1]) - 1
sha = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
r = sha(b"\0", open(sys.argv[1], "rb").read())
for p in map(base64.b64decode, lines[2:]):
    assert sn > 0
    if fn & 1 or fn == sn:
        r = sha(b"\1", p, r)
        while not fn & 1 and fn:
            fn, sn = fn >> 1, sn >> 1
    else:
        r = sha(b"\1", r, p)
    fn, sn = fn >> 1, sn >> 1
assert sn == 0 and r == base64.b64decode(checkpoint.split("\n")[2])
P
python3 -c 'b = bytearray(open("record", "rb").read()); b[-1] ^= 1; open("changed_record", "wb").write(b)'
takes 'Python: the proof' python3 walk.py record
denies 'Python: a changed record' python3 walk.py changed_record

# ---- note and proofs, by Go's sumdb ----
export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' GOCACHE="$work/gocache"
if ! command -v go >/dev/null || [ ! -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ]; then
    echo "skipped: there is no go with golang.org/x/mod (Debian: golang-go, golang-golang-x-mod-dev)" && skipped=$((skipped + 1))
elif ! go build -o claims "$here/check_claims.go" >"$work/said" 2>&1; then
    fail "go build: $(cat "$work/said")"
else
    claims() { ./claims signer.pub "$@"; }
    changed() { # FILE LINE - its last but one letter is another one
        awk -v n="$2" 'NR == n { c = substr($0, length($0) - 2, 1); $0 = substr($0, 1, length($0) - 3) (c == "A" ? "B" : "A") substr($0, length($0) - 1) } 1' "$1"
    }
    takes 'Go: the checkpoint' claims checkpoint second
    takes 'Go: the proof of a record' claims record proof record
    takes 'Go: the proof of growth' claims growth growth first
    denies 'Go: a changed record' claims record proof changed_record
    denies 'Go: growth from another checkpoint' claims growth growth second
    changed second 3 >bad && denies 'Go: a changed root' claims checkpoint bad
    changed second 5 >bad && denies 'Go: a changed signature' claims checkpoint bad
    changed proof 3 >bad && denies 'Go: a changed hash of a proof' claims record bad record
    changed growth 2 >bad && denies 'Go: a changed hash of growth' claims growth bad first
fi
echo "$good passed, $bad failed, $skipped skipped"
[ "$bad" = 0 ]
