#!/bin/bash
# SPDX-License-Identifier: MIT
# test_webhook_disk.sh - a file system that fills up while webhooks come in: what cannot be kept is answered with 503 and nothing of the
# ledger's, what was answered with 200 is there, and with room again what Stripe sends again is taken. Needs root for a small tmpfs.
set -u
daybook=${DAYBOOK:?}
if ! command -v curl >/dev/null || ! command -v python3 >/dev/null; then
    echo "SKIP: needs curl and python3"
    exit 77
fi
work=$(mktemp -d) || exit 1
small=$work/small
mkdir "$small"
if ! mount -t tmpfs -o size=16m tmpfs "$small" 2>/dev/null; then
    rmdir "$small" "$work"
    echo "SKIP: a small tmpfs cannot be mounted here (needs root)"
    exit 77
fi
server=
trap '[ -n "$server" ] && kill -9 "$server" 2>/dev/null; umount "$small"; rm -rf "$work"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
ledger() { "$daybook" --dir "$small/d" --key-file "$work/key" "$@"; }

(umask 077 && echo whsec_of_the_tests_own >"$work/secrets")
"$daybook" --key-file "$work/key" init "$small/d" >/dev/null || fail init
"$daybook" --dir "$small/d" --key-file "$work/key" --json serve --listen 127.0.0.1:0 --webhook-secret-file "$work/secrets" \
    >"$work/address" 2>"$work/log" &
server=$!
until [ -s "$work/address" ] || ! kill -0 "$server" 2>/dev/null; do read -r -t 0.02 <><(:) || true; done
url=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["listening"])' <"$work/address")
now=$(date +%s)
# A message of 60 kB, signed as Stripe signs: HMAC-SHA-256 of the time, a point and the body.
send() { # number: the status
    python3 - "$1" "$now" "$work" <<'P'
import hashlib, hmac, sys
number, now, work = sys.argv[1:]
text = hashlib.shake_256(number.encode()).hexdigest(30000)
body = f'{{"id":"evt_{number}","object":"event","type":"something.new","livemode":false,"data":{{"object":{{"id":"x","note":"{text}"}}}}}}'
open(work + "/body", "w").write(body)
signature = hmac.new(b"whsec_of_the_tests_own", f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
open(work + "/signature", "w").write(f"Stripe-Signature: t={now},v1={signature}")
P
    curl -s -o "$work/answer" -w '%{http_code}' --max-time 20 -H "@$work/signature" --data-binary "@$work/body" "$url/webhooks/stripe"
}

[ "$(send 1)" = 200 ] || fail "a message while there is room: $(cat "$work/answer")"
echo evt_1 >"$work/answered"
dd if=/dev/zero of="$small/ballast" bs=4k 2>/dev/null # takes all that is left …
truncate -s -600k "$small/ballast"                    # … but this
refused=
for n in $(seq 2 60); do
    status=$(send "$n")
    if [ "$status" = 200 ]; then
        echo "evt_$n" >>"$work/answered"
    else
        refused="$refused $n"
        [ "$status" = 503 ] || fail "message $n on a full disk was answered with $status: $(cat "$work/answer")"
        [ "$(cat "$work/answer")" = '{"error":{"code":"storage","message":"it cannot be kept just now"}}' ] ||
            fail "a full disk was told as $(cat "$work/answer")"
    fi
done
[ -n "$refused" ] || fail "the disk was not full"
[ "$(wc -l <"$work/answered")" -gt 1 ] || fail "nothing fitted"
[ "$(curl -s "$url/healthz")" = '{"status":"ok"}' ] || fail "the server does not go on"
grep -q 'a webhook is not kept' "$work/log" || fail "whoever runs the server is not told: $(cat "$work/log")"

rm "$small/ballast"
for n in $refused; do
    status=$(send "$n")
    [ "$status" = 200 ] || fail "message $n, sent again, was answered with $status: $(cat "$work/answer")"
    echo "evt_$n" >>"$work/answered"
done
kill -TERM "$server"
wait "$server" || fail "the server did not end well"
server=
ledger --json webhook retry >/dev/null || fail "what waits is not done"
[ "$(ledger --json webhook list --status waiting | wc -l)" = 0 ] || fail "something waits"
ledger --json webhook list | python3 -c 'import json, sys; print("\n".join(json.loads(l)["event_id"] for l in sys.stdin))' | sort >"$work/kept"
[ "$(sort "$work/answered" | comm -3 - "$work/kept" | wc -l)" = 0 ] || fail "kept is not what was answered with 200"
[ "$(wc -l <"$work/kept")" = 60 ] || fail "$(wc -l <"$work/kept") are kept of 60"
ledger audit verify >/dev/null || fail "the ledger does not verify"
echo "ok: a full disk loses no webhook"
