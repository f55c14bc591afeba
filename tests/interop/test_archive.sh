#!/bin/bash
# SPDX-License-Identifier: MIT
# test_archive.sh - an archive is accepted by programs that know nothing of Daybook, and refused when tampered with: the manifest by
# sha256sum, its signatures by signify-openbsd and ssh-keygen, the records by zcat, all of it by Python from FORMAT.md alone
# (verify_archive.py), the tiles by Go's tlog (check_tiles.go). Of a ledger with a full segment of records, that grew twice.
set -u
daybook=$(realpath "${DAYBOOK:?}")
here=$(realpath tests/interop)
for tool in python3 sha256sum zcat; do
    command -v $tool >/dev/null || { echo "SKIP: there is no $tool" && exit 77; }
done
python3 -c 'import cryptography' 2>/dev/null || { echo "SKIP: there is no python3-cryptography" && exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE
bad=0 good=0 skipped=0
fail() { echo "FAIL: $*" && bad=$((bad + 1)); }
skip() { echo "skipped: $*" && skipped=$((skipped + 1)); }
at() { "$daybook" --dir "$work/ledger" --key-file "$work/key" --now 2025-01-10T09:00:00Z "$@"; }
must() { at "$@" >"$work/said" 2>&1 || { echo "FAIL: daybook $*: $(cat "$work/said")" && exit 1; }; }
# takes WHAT COMMAND... - it accepts. denies WHAT COMMAND... - it refuses.
takes() { if "${@:2}" >"$work/said" 2>&1; then good=$((good + 1)); else fail "$1: refused: $(tail -n 3 "$work/said")"; fi; }
denies() { if "${@:2}" >"$work/said" 2>&1; then fail "$1: accepted"; else good=$((good + 1)); fi; }
cd "$work" || exit 1

must init
must key new-checkpoint signer
for i in 1 2 3; do must customer create "first$i"; done
must audit export archive --checkpoint-key signer
cp -r archive older
awk 'BEGIN { print "user_id"; for (i = 0; i < 65600; i++) print "u" i }' >customers.csv
must import customers customers.csv
must audit export archive --checkpoint-key signer
must customer create last
must audit export archive --checkpoint-key signer
[ -e archive/records/000.gz ] || fail "no full segment"
at --json audit export archive --checkpoint-key signer >answer || fail "exporting again"
python3 -c 'import json; a = json.load(open("answer")); open("signers", "w").write("daybook " + a["ssh_key"] + "\n"); assert a["written"] == 0' || fail "the answer"

sums() { (cd "$1" && sha256sum -c --quiet --strict SHA256SUMS); }
python() { python3 "$here/verify_archive.py" "$1" signer.pub; }
go_build() {
    export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' GOCACHE="$work/gocache"
    command -v go >/dev/null && [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ] || return 1
    go build -o tiles "$here/check_tiles.go" >"$work/said" 2>&1 || { fail "go build: $(cat "$work/said")" && return 1; }
}
readers=(sums python)
if go_build; then readers+=(tiles_of); else skip "there is no go with golang.org/x/mod (Debian: golang-go, golang-golang-x-mod-dev)"; fi
tiles_of() { ./tiles signer.pub "$1"; }

# ---- ours is accepted ----
for reader in "${readers[@]}"; do
    takes "$reader: the archive" "$reader" archive
    takes "$reader: the older archive" "$reader" older
done
takes 'Python: with the master key, every record opens' python3 "$here/verify_archive.py" older signer.pub --key-file key
takes 'zcat: the records' zcat archive/records/000.gz
takes 'another program reads the manifest' python3 -c '
import hashlib
for line in open("archive/SHA256SUMS"):
    assert hashlib.sha256(open("archive/" + line[66:].rstrip("\n"), "rb").read()).hexdigest() == line[:64]'

# ---- the signatures ----
echo "changed" >>older/SHA256SUMS
if command -v signify-openbsd >/dev/null; then
    signify() { signify-openbsd -V -q -p archive/signify.pub -x "$1" -m "$2"; }
    takes 'signify: the manifest' signify archive/SHA256SUMS.sig archive/SHA256SUMS
    denies 'signify: a changed manifest' signify older/SHA256SUMS.sig older/SHA256SUMS
    denies 'signify: the signature of another manifest' signify older/SHA256SUMS.sig archive/SHA256SUMS
else
    skip "there is no signify-openbsd"
fi
if command -v ssh-keygen >/dev/null; then
    ssh_verify() { ssh-keygen -Y verify -f signers -I daybook -n "$3" -s "$1" <"$2"; }
    takes 'ssh-keygen: the manifest' ssh_verify archive/SHA256SUMS.sshsig archive/SHA256SUMS daybook-archive
    denies 'ssh-keygen: a changed manifest' ssh_verify older/SHA256SUMS.sshsig older/SHA256SUMS daybook-archive
    denies 'ssh-keygen: for another use' ssh_verify archive/SHA256SUMS.sshsig archive/SHA256SUMS file
else
    skip "there is no ssh-keygen"
fi
sed -i '$d' older/SHA256SUMS

# ---- tampered with: every kind of file, in several ways; also by somebody who writes a manifest that fits ----
flip() { python3 -c 'import sys
b = bytearray(open(sys.argv[1], "rb").read()); b[len(b) // 2] ^= 1; open(sys.argv[1], "wb").write(b)' "$1"; }
manifest() { (cd "$1" && find . -type f ! -name 'SHA256SUMS*' -printf '%P\n' | LC_ALL=C sort | xargs sha256sum >SHA256SUMS); }
# tampered WHAT READERS COMMAND... - in a fresh copy `case`; sums are asked before the manifest is written anew, the others after.
tampered() {
    local what=$1 who=$2
    rm -rf case && cp -r older case
    "${@:3}" || fail "$what: cannot be made"
    denies "sha256sum: $what" sums case
    manifest case
    for reader in $who; do
        [[ " ${readers[*]} " != *" $reader "* ]] || denies "$reader: $what" "$reader" case
    done
}
in_case() { (cd case && "$@"); }
segment=$(basename older/records/000.p/*.gz)
tile=$(basename older/tile/0/000.p/*)
size=${segment%.gz}
all='python tiles_of'
# A segment with some record otherwise: swapped, left out, doubled.
resegment() { python3 - "$1" "case/records/000.p/$segment" <<'P'
import gzip, struct, sys
data = gzip.open(sys.argv[2]).read()
rows, at = [], 0
while at < len(data):
    n = struct.unpack_from(">I", data, at)[0] + 4
    rows.append(data[at:at + n]); at += n
if sys.argv[1] == "swap": rows[3], rows[4] = rows[4], rows[3]
if sys.argv[1] == "drop": del rows[3]
if sys.argv[1] == "double": rows.insert(3, rows[3])
if sys.argv[1] == "change": rows[3] = rows[3][:-1] + bytes([rows[3][-1] ^ 1])
open(sys.argv[2], "wb").write(gzip.compress(b"".join(rows), mtime=0))
P
}
tampered 'a flipped bit in a segment' "$all" flip "case/records/000.p/$segment"
for how in swap drop double change; do tampered "records: $how" "$all" resegment $how; done
tampered 'a segment that is cut' "$all" truncate -s -5 "case/records/000.p/$segment"
tampered 'a segment that is missing' "$all" rm "case/records/000.p/$segment"
tampered 'a flipped bit in a tile' "$all" flip "case/tile/0/000.p/$tile"
tampered 'a tile that is cut' "$all" truncate -s -32 "case/tile/0/000.p/$tile"
tampered 'a flipped bit in the checkpoint' "$all" flip case/checkpoint
tampered 'a flipped bit in an older checkpoint' "$all" flip "case/checkpoints/$(printf '%020d' "$size")"
tampered 'the checkpoint of a later archive' "$all" cp archive/checkpoint case/checkpoint
tampered 'a later checkpoint beside it' python sh -c 'cp archive/checkpoints/* case/checkpoints/ && echo >>case/public-keys'
denies 'zcat: a flipped bit' zcat <(python3 -c 'import sys
b = bytearray(open(sys.argv[1], "rb").read()); b[len(b) // 2] ^= 1; sys.stdout.buffer.write(b)' "older/records/000.p/$segment")
# Of another ledger, whose key is another.
"$daybook" --dir "$work/second" --key-file "$work/key" init >/dev/null || fail init
"$daybook" --dir "$work/second" --key-file "$work/key" key new-checkpoint "$work/other" >/dev/null || fail 'another key'
"$daybook" --dir "$work/second" --key-file "$work/key" audit export spliced --checkpoint-key "$work/other" >/dev/null || fail 'another archive'
denies 'Python: another ledger, by the first one'\''s key' python spliced
tampered 'the records of another ledger' "$all" cp spliced/records/000.p/*.gz "case/records/000.p/$segment"
# The large one, in its full segment and on the level above.
if [[ " ${readers[*]} " == *" tiles_of "* ]]; then
    cp -r archive case2
    flip case2/tile/1/000
    denies 'Go: a flipped bit in a full tile above' tiles_of case2
fi
echo "$good passed, $bad failed, $skipped skipped"
[ "$bad" = 0 ]
