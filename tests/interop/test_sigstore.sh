#!/bin/bash
# SPDX-License-Identifier: MIT
# test_sigstore.sh - sigstore's library for JavaScript, which knows nothing of us, opens our checkpoints and follows our proofs of
# records, and refuses each that was changed. Needs node and that library, from $SIGSTORE_JS or build/npm.
set -u
modules=$(realpath -m "${SIGSTORE_JS:-${O:?}/../npm/node_modules}")
if ! command -v node >/dev/null || [ ! -e "$modules/@sigstore/verify/dist/tlog/merkle.js" ]; then
    echo "SKIP: needs node and npm's package @sigstore/verify: npm install --prefix build/npm @sigstore/verify@3.1.1"
    exit 77
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export DAYBOOK_DIR=$work/ledger
passed=0 failed=0
say() { "${DAYBOOK:?}" --now 2025-01-31 "$@" >"$work/said" 2>&1 || { cat "$work/said"; echo "FAIL: $*"; exit 1; }; }

say init
say key new-checkpoint "$work/signer"
for i in 1 2 3 4 5 6 7 8 9; do say customer create "u$i" --name "Customer $i"; done
say audit checkpoint --checkpoint-key "$work/signer"
for seq in 0 1 5 9; do say audit prove "$seq" -o "$work/proof.$seq" --record "$work/record.$seq"; done

cat >"$work/check.js" <<'J'
const fs = require("fs"), crypto = require("crypto");
const [modules, key, proof, record] = process.argv.slice(2);
const {verifyCheckpoint} = require(modules + "/@sigstore/verify/dist/tlog/checkpoint.js");
const {verifyMerkleInclusion} = require(modules + "/@sigstore/verify/dist/tlog/merkle.js");
const text = fs.readFileSync(key, "utf8").trim(), plus = text.indexOf("+", text.indexOf("/"));
const name = text.slice(0, plus), [id, base64] = [text.slice(plus + 1, plus + 9), text.slice(plus + 10)];
const raw = Buffer.from(base64, "base64").subarray(1);
const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]);
const log = {logID: Buffer.from(id, "hex"), baseURL: name, publicKey: crypto.createPublicKey({key: spki, format: "der", type: "spki"})};
const file = fs.readFileSync(proof, "utf8"), gap = file.indexOf("\n\n");
const [, index, ...hashes] = file.slice(0, gap).split("\n");
const entry = {
    canonicalizedBody: fs.readFileSync(record),
    inclusionProof: {
        logIndex: index.split(" ")[1],
        hashes: hashes.map((line) => Buffer.from(line, "base64")),
        checkpoint: {envelope: file.slice(gap + 2)},
    },
};
verifyMerkleInclusion(entry, verifyCheckpoint(entry, [log]));
J
check() { node "$work/check.js" "$modules" "$work/signer.pub" "$@" >"$work/said" 2>&1; }
good() { # what, proof, record
    if check "$2" "$3"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL: $1 is refused"; head -n 8 "$work/said"; fi
}
bad() { # what, proof, record, what it says
    if check "$2" "$3"; then
        failed=$((failed + 1)) && echo "FAIL: $1 is accepted"
    elif grep -q "$4" "$work/said"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1)) && echo "FAIL: $1 is refused for another reason" && head -n 8 "$work/said"
    fi
}
for seq in 0 1 5 9; do good "record $seq" "$work/proof.$seq" "$work/record.$seq"; done

{ head -c 40 "$work/record.5"; printf X; tail -c +42 "$work/record.5"; } >"$work/changed"
bad 'a changed record' "$work/proof.5" "$work/changed" 'calculated root hash does not match'
bad 'another record' "$work/proof.5" "$work/record.9" 'calculated root hash does not match'
sed 's/^index 5$/index 4/' "$work/proof.5" >"$work/moved"
bad 'a proof for another place' "$work/moved" "$work/record.5" 'calculated root hash does not match'
sed '3d' "$work/proof.5" >"$work/short"
bad 'a proof that lacks a hash' "$work/short" "$work/record.5" 'invalid hash count'
size=$(sed -n '/^$/,$p' "$work/proof.5" | sed -n 3p)
sed "s/^$size\$/$((size + 1))/" "$work/proof.5" >"$work/resized"
bad 'a checkpoint of another size' "$work/resized" "$work/record.5" 'invalid checkpoint signature'
say key new-checkpoint "$work/other"
cp "$work/signer.pub" "$work/signer.kept" && cp "$work/other.pub" "$work/signer.pub"
bad 'what another key signed' "$work/proof.5" "$work/record.5" 'invalid checkpoint signature'

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
