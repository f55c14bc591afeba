#!/bin/bash
# SPDX-License-Identifier: MIT
# test_published.sh - with a checkpoint key, a night ends with a signed checkpoint and a server signs what it did when it stops; what was
# signed goes to a folder that others read. A folder that cannot be written fails neither: it is told, and the next one makes it good.
set -u
daybook=$(realpath "${DAYBOOK:?}")
unset DAYBOOK_DIR DAYBOOK_KEY_FILE DAYBOOK_CHECKPOINT_KEY DAYBOOK_PUBLISH DAYBOOK_ANCHOR_FILE
command -v curl >/dev/null || { echo "SKIP: there is no curl (Debian: curl)" && exit 77; }
work=$(mktemp -d) || exit 1
server=
cleanup() { [ -z "$server" ] || kill -KILL "$server" 2>/dev/null; rm -rf "$work"; }
trap cleanup EXIT
cd "$work" || exit 1
fail() { echo "FAIL: $*"; exit 1; }
good() { passed=$((passed + 1)); }
passed=0
at() { "$daybook" --dir d --key-file key --now "${now:-2025-01-31}" "$@"; }
must() { at "$@" >said 2>told || fail "$*: $(cat told)"; }
member() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1])).get(sys.argv[2]))' said "$1"; }
records() { at --json stats | python3 -c 'import json,sys; print(json.load(sys.stdin)["records"])'; }
night() { must --json run --through 2025-01-31 --out out --no-pdf; }

now=2025-01-01 must init d
now=2025-01-01 must subscription create ann --tier pro --payment-method pm_card_visa
must key new-checkpoint signer

# Without a key a night signs nothing; with one it does, and run.json is the same on the second run.
night
[ "$(member checkpoint_records)" = None ] || fail 'a night without a key signed something'
cp out/run.json first.json
export DAYBOOK_CHECKPOINT_KEY=$work/signer
night
[ "$(member checkpoint_records)" = "$(records)" ] || fail "the night signed $(member checkpoint_records) of $(records) records"
cmp -s out/run.json first.json || fail 'run.json differs on the second run'
must audit check "$(member checkpoint_path)" --public-key signer.pub
good

# Published: the newest by its name, each by its number of records; a folder that is no folder is told, and the next night catches up.
export DAYBOOK_PUBLISH=$work/web
: >web
must customer create bob
night
grep -q 'checkpoint not all went well' told && fail 'the machine is told twice'
member checkpoint_trouble | grep -q 'cannot publish checkpoints to' || fail "trouble is not told: $(cat said)"
at run --through 2025-01-31 --out out --no-pdf >said 2>told || fail "a folder that fails fails the night: $(cat told)"
grep -q 'checkpoint not all went well: cannot publish' told || fail "people are not told: $(cat told)"
missed=$(records)
rm web
must customer create cid
night
[ "$(member checkpoints_published)" = 3 ] || fail "$(member checkpoints_published) were published"
[ "$(member checkpoint_trouble)" = None ] || fail "trouble: $(member checkpoint_trouble)"
cmp -s web/checkpoint "$(printf 'web/%020d' "$(records)")" || fail 'the newest is not there by its name'
[ -f "$(printf 'web/%020d' "$missed")" ] || fail 'the one that was missed is not there'
[ "$(stat -c %a web/checkpoint)" = 644 ] || fail "its mode is $(stat -c %a web/checkpoint)"
must audit check web/checkpoint --public-key signer.pub
must audit prove --consistency "$(printf 'web/%020d' "$missed")" -o growth
must audit check growth --public-key signer.pub --consistency "$(printf 'web/%020d' "$missed")"
at --publish d/web audit checkpoint >said 2>told || fail "a folder in the ledger fails the signing: $(cat told)"
grep -q "inside the ledger's directory" told || fail "a folder in the ledger is taken: $(cat told)"
good

# A key that cannot sign: the night is done, and its status says that something is missing.
must customer create dan
DAYBOOK_CHECKPOINT_KEY=$work/nowhere at --json run --through 2025-01-31 --out out --no-pdf >said 2>told
[ $? = 8 ] || fail "a night that could not be signed: $(cat told)"
[ "$(member checkpoint_records)" = None ] || fail "it says that it signed: $(cat said)"
member checkpoint_trouble | grep -q nowhere || fail "it does not say why: $(cat said)"
must run --through 2025-01-31 --out out --no-pdf --dry-run
good

# A server: the anchor follows what it commits, and what it did is signed when it stops.
printf 'whsec_0123456789abcdef\n' >secrets && chmod 600 secrets
before=$(records)
"$daybook" --dir d --key-file key --json serve --listen 127.0.0.1:0 --webhook-secret-file secrets --checkpoint-every 60 >address 2>log &
server=$!
for _ in $(seq 100); do grep -q '^}' address && break; sleep 0.1; done
url=$(python3 -c 'import json; print(json.load(open("address"))["listening"])') || fail "the server does not listen: $(cat log)"
body='{"id":"evt_1","object":"event","type":"charge.succeeded","created":1738300000,"livemode":false,"api_version":"2024-06-20","data":{"object":{"id":"ch_1","object":"charge"}}}'
stamp=$(date +%s)
signature=$(printf '%s.%s' "$stamp" "$body" | openssl dgst -sha256 -hmac whsec_0123456789abcdef -r | cut -d ' ' -f 1)
curl -sS -o answer -H "Stripe-Signature: t=$stamp,v1=$signature" --data-binary "$body" "$url/webhooks/stripe" || fail 'the server does not answer'
grep -q received answer || fail "the message was not taken: $(cat answer)"
for _ in $(seq 100); do [ "$(sed -n 4p d.anchor)" -gt "$before" ] && break; sleep 0.1; done
[ "$(sed -n 4p d.anchor)" -gt "$before" ] || fail 'the anchor does not follow the server'
kill -TERM "$server"
wait "$server" || fail "the server ends with $?: $(cat log)"
server=
after=$(records)
[ "$after" -gt "$before" ] || fail 'the server appended nothing'
[ -f "$(printf 'd/checkpoints/%020d' "$after")" ] || fail "what the server did is not signed: $(cat log)"
cmp -s web/checkpoint "$(printf 'd/checkpoints/%020d' "$after")" || fail 'it is not published'
good
must audit verify
echo "ok: $passed ways to sign and publish"
