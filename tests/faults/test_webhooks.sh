#!/bin/bash
# SPDX-License-Identifier: MIT
# test_webhooks.sh - the program takes Stripe's messages over HTTP: what it answered with 200 is in the ledger, though it is
# killed at any moment; what is not genuine, too long or at another address is refused as the contract says.
set -u
daybook=${DAYBOOK:?}
for tool in curl python3; do command -v $tool >/dev/null || { echo "SKIP: there is no $tool" && exit 77; }; done
work=$(mktemp -d) || exit 1
server=
trap '[ -n "$server" ] && kill -9 "$server" 2>/dev/null; rm -rf "$work"' EXIT
passed=0 failed=0
check() { # what got wanted
    if [ "$2" = "$3" ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "FAIL $1: got '$2', wanted '$3'"
    fi
}
ledger() { "$daybook" --dir "$work/led" --key-file "$work/led.key" "$@"; }
start() { # $url is where it listens
    rm -f "$work/address"
    "$daybook" --dir "$work/led" --key-file "$work/led.key" --json serve --listen 127.0.0.1:0 \
        --webhook-secret-file "$work/secrets" >"$work/address" 2>"$work/log" &
    server=$!
    until [ -s "$work/address" ] || ! kill -0 "$server" 2>/dev/null; do read -r -t 0.02 <><(:) || true; done
    url=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["listening"])' <"$work/address")
}
# Signed as Stripe signs: HMAC-SHA-256 of the time, a point and the body.
sign() { # body file, time
    python3 - "$1" "$2" <<'P'
import hashlib, hmac, sys
body = open(sys.argv[1], "rb").read()
print(f"t={sys.argv[2]},v1=" + hmac.new(b"whsec_of_the_tests_own", sys.argv[2].encode() + b"." + body, hashlib.sha256).hexdigest())
P
}
send() { # body file, signature, [address]: the status
    curl -s -o "$work/answer" -w '%{http_code}' --max-time 20 -H "Stripe-Signature: $2" --data-binary "@$1" "$url${3-/webhooks/stripe}"
}
event() { # number: a body that nothing follows from
    printf '{"id":"evt_%d","object":"event","type":"something.new","livemode":false,"data":{"object":{"id":"x_%d"}}}' "$1" "$1" >"$work/event_$1"
}

(umask 077 && echo whsec_of_the_tests_own >"$work/secrets")
ledger init >/dev/null || exit 1
start
now=$(date +%s)
event 1
check "a genuine message" "$(send "$work/event_1" "$(sign "$work/event_1" "$now")")" 200
check "the same again" "$(send "$work/event_1" "$(sign "$work/event_1" "$now")")" 200
check "its body changed" "$(send "$work/secrets" "$(sign "$work/event_1" "$now")")" 400
check "without a signature" "$(send "$work/event_1" "")" 400
check "an old one" "$(send "$work/event_1" "$(sign "$work/event_1" $((now - 400)))")" 400
echo '{"hello": 1}' >"$work/none"
check "genuine, and no event" "$(send "$work/none" "$(sign "$work/none" "$now")")" 400
head -c 1100000 /dev/zero >"$work/large"
check "too long" "$(send "$work/large" "$(sign "$work/large" "$now")")" 413
check "another address" "$(send "$work/event_1" x /webhooks/other)" 404
check "another method" "$(curl -s -o "$work/answer" -w '%{http_code}' "$url/webhooks/stripe")" 405
"$daybook" --dir "$work/led" --key-file "$work/led.key" serve --listen 127.0.0.1:65536 \
    --webhook-secret-file "$work/secrets" >/dev/null 2>"$work/answer"
check "a port that there is not" "$?" 3
check "... and why" "$(grep -c "is no address" "$work/answer")" 1
check "health" "$(curl -s "$url/healthz")" '{"status":"ok"}'
for n in $(seq 2 21); do event "$n"; done
senders=()
for n in $(seq 2 21); do
    send "$work/event_$n" "$(sign "$work/event_$n" "$now")" >"$work/status_$n" &
    senders+=($!)
done
wait "${senders[@]}"
check "twenty at once" "$(cat "$work"/status_* | grep -o 200 | wc -l)" 20
kill -TERM "$server"
wait "$server"
check "its end when it is told to stop" "$?" 0
server=
check "what is kept" "$(ledger --json webhook list | wc -l)" 21

# Killed again and again while messages come in: whatever was answered with 200 is there.
answered=0
for round in 1 2 3 4 5; do
    start
    first=$((100 * round))
    for n in $(seq "$first" $((first + 19))); do
        event "$n"
        [ $((n - first)) -eq $((3 * round)) ] && kill -9 "$server"
        [ "$(send "$work/event_$n" "$(sign "$work/event_$n" "$now")")" = 200 ] && answered=$((answered + 1)) && echo "evt_$n" >>"$work/answered"
    done
    wait "$server" 2>/dev/null
    server=
done
ledger --json webhook list | python3 -c 'import json, sys; print("\n".join(json.loads(l)["event_id"] for l in sys.stdin))' | sort >"$work/kept"
check "answered before it was killed" "$((answered > 20))" 1
check "answered and not kept" "$(sort "$work/answered" | comm -23 - "$work/kept" | wc -l)" 0
check "waits" "$(ledger --json webhook retry >/dev/null && ledger --json webhook list --status waiting | wc -l)" 0
# Looked at again by its id, or with all that meant nothing here.
start
printf '{"id":"evt_theirs","object":"event","type":"charge.dispute.created","livemode":false,"data":{"object":{"id":"dp_1","payment_intent":"pi_theirs"}}}' >"$work/theirs"
check "about nothing of ours" "$(send "$work/theirs" "$(sign "$work/theirs" "$now")")" 200
kill -TERM "$server"
wait "$server"
server=
member() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
theirs=$(ledger --json webhook list --status foreign | member webhook_id)
check "... by its id" "$(ledger --json webhook retry "$theirs" | member outcome)" foreign
check "... with the others" "$(ledger --json webhook retry --foreign | member looked_at_again)" 1
check "... later than that" "$(ledger --json webhook retry --foreign --from 2999-01-01 | member looked_at_again)" 0
check "... and still foreign" "$(ledger --json webhook retry --foreign | member still_foreign)" 1
ledger webhook retry whk_1 >/dev/null 2>"$work/answer"
check "what was done" "$?: $(cat "$work/answer")" "1: daybook: whk_1 is kept: there is nothing more to do"
ledger webhook retry "$theirs" --foreign >/dev/null 2>&1
check "one and all" "$?" 3
ledger webhook retry --from 2026-01-01 >/dev/null 2>&1
check "a day without --foreign" "$?" 3
check "the ledger is whole" "$(ledger audit verify >/dev/null && echo yes)" yes
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
