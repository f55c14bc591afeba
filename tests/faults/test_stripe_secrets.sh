#!/bin/bash
# SPDX-License-Identifier: MIT
# test_stripe_secrets.sh - Stripe's key and the endpoint's secret stand in no record, view, file, answer, error or argument, and are
# taken from no file that others may read; a server whose certificate is not trusted is told nothing at all; and the client secrets that
# customers need on a page stand in the answer that is to tell them, and nowhere else.
set -u
work=$(mktemp -d) || exit 1
passed=0 failed=0
# shellcheck source=tests/faults/stripe.sh
source tests/faults/stripe.sh
unset DAYBOOK_STRIPE_KEY_FILE
tls=
trap '[ -n "$tls" ] && kill "$tls" 2>/dev/null; server_stop; rm -rf "$work"' EXIT
check() { # what got wanted
    if [ "$2" = "$3" ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "FAIL $1: got '$2', wanted '$3'"
    fi
}
daybook=${DAYBOOK:?}
key=sk_test_nobodymayreadthis endpoint=whsec_nobodymayreadthat
(umask 077 && echo "$key" >"$work/stripe.key" && echo "$endpoint" >"$work/endpoint.secrets")
book() { "$daybook" --dir "$work/book" --key-file "$work/book.key" --now 2026-01-01 "$@"; }
book init >/dev/null || exit 1
book customer create ann >/dev/null || exit 1

# ---- where it comes from
chmod 644 "$work/stripe.key"
check "a key that others may read" "$(book --stripe-key-file "$work/stripe.key" stats 2>&1 | grep -c 'its mode is 0644; others must not be able to read it')" 1
chmod 600 "$work/stripe.key"
check "a key that is not there" "$(book --stripe-key-file "$work/none" stats >/dev/null 2>&1 || echo $?)" 1
echo pk_live_thisisthepublicone >"$work/public.key" && chmod 600 "$work/public.key"
check "the public key" "$(book --stripe-key-file "$work/public.key" stats 2>&1)" "daybook: no secret key of Stripe's, as in 'sk_test_…'"
check "a command that fails" "$(book --stripe-key-command false stats 2>&1)" "daybook: cannot get Stripe's key: the command failed"
check "a base without a key" "$(book --stripe-base https://127.0.0.1:1 stats >/dev/null 2>&1 || echo $?)" 2
check "a base in clear elsewhere" "$(book --stripe-key-file "$work/stripe.key" --stripe-base http://192.0.2.1 stats >/dev/null 2>&1 || echo $?)" 3
chmod 644 "$work/endpoint.secrets"
echo '{}' >"$work/body"
check "secrets that others may read" "$(book webhook handle "$work/body" --signature t=1,v1=00 --secret-file "$work/endpoint.secrets" >/dev/null 2>&1 || echo $?)" 3
chmod 600 "$work/endpoint.secrets"

# ---- whom it is told: a server with a certificate of its own making
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$work/tls.key" -out "$work/tls.crt" 2>/dev/null
python3 - "$work" >"$work/tls.port" <<'P' &
import http.server, ssl, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>welcome</html>")
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Page)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + "/tls.crt", sys.argv[1] + "/tls.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
P
tls=$!
for _ in $(seq 200); do [ -s "$work/tls.port" ] && break; read -r -t 0.02 <> <(:) || true; done
port=$(cat "$work/tls.port")
pay() { book --stripe-key-file "$work/stripe.key" --stripe-base "https://127.0.0.1:$port" --stripe-rate 0 "$@"; }
pay payment-method add ann pm_card_visa >"$work/out" 2>"$work/err"
check "a certificate that nobody trusts" "$?" 8
check "... and why" "$(grep -c 'Stripe could not be reached: the server.s certificate is not trusted' "$work/err")" 1
pay --stripe-authorities "$work/tls.crt" payment-method add ann pm_card_visa >"$work/out2" 2>"$work/err2"
check "one that is trusted, and no Stripe behind it" "$?" 8
check "... and why" "$(grep -c "the answer is not Stripe's" "$work/err2")" 1
check "nothing was kept" "$(book payment-method list ann --json | wc -l)" 0
kill "$tls" && wait "$tls" 2>/dev/null
tls=

# ---- where it is not
"$daybook" --dir "$work/book" --key-file "$work/book.key" --stripe-key-file "$work/stripe.key" --json serve --listen 127.0.0.1:0 \
    --webhook-secret-file "$work/endpoint.secrets" >"$work/address" 2>"$work/serve.err" &
tls=$!
for _ in $(seq 200); do [ -s "$work/address" ] && break; read -r -t 0.02 <> <(:) || true; done
check "in arguments and environment" "$(cat "/proc/$tls/cmdline" "/proc/$tls/environ" | tr '\0' '\n' | grep -c "nobodymayread")" 0
kill "$tls" && wait "$tls" 2>/dev/null
tls=
check "in what was said" "$(cat "$work"/out* "$work"/err* "$work/address" "$work/serve.err" | grep -c nobodymayread)" 0
check "in the ledger" "$(grep -rlc nobodymayread "$work/book" "$work/book.key" | wc -l)" 0
check "in the audit log" "$(book audit log --json | grep -c nobodymayread)" 0

# ---- what a customer needs to confirm a payment is told to who asks for it, and stands nowhere
# shellcheck source=tests/faults/stripe.sh
export DAYBOOK_STRIPE_KEY_FILE=$work/test.key
(umask 077 && echo sk_test_daybook >"$DAYBOOK_STRIPE_KEY_FILE")
server_start --seed 1
at 2025-01-01 init "$work/ledger" --quiet || exit 1
say() { at "$@" >>"$work/said" 2>&1; } # all that is said, but for the answers that are to tell the secret
say 2025-01-01 customer create bea
say 2025-01-01 payment-method add bea pm_card_authenticationRequired
say 2025-01-01 invoice one-off bea --description Training --amount 29.00
say 2025-01-01 --json payment charge bea 29.00 --invoice INV-2025-000001
check "a payment that wants its customer" "$?" 7
check "it is listed" "$(at 2025-01-01 --json payment list --status action_required | grep -c '"transaction_id":"txn_1"')" 1
at 2025-01-01 --json payment action txn_1 >"$work/action"
check "its customer's way" "$?" 0
secret=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["client_secret"])' "$work/action")
check "the secret is told" "$(grep -c "_secret_" <<<"$secret")" 1
rules '[{"fault":"close_after"}]'
say 2025-01-01 payment action txn_1
check "no answer from Stripe" "$?" 8
rules '[]'
curl -sS -o "$work/confirmed" -H "Authorization: Bearer sk_test_daybook" "$url/v1/payment_intents/${secret%%_secret_*}/confirm" -d payment_method=pm_card_authenticationRequired
steer action --data "intent=${secret%%_secret_*}" --data yes=true >/dev/null
say 2025-01-01 --json payment action txn_1
check "it is paid" "$(at 2025-01-01 --json payment list | grep -c '"status":"completed"')" 1
say 2025-01-01 payment action txn_1
check "nothing is to be confirmed any more" "$?" 1
# ---- a key of another account says so, and leaves pending what it was asked for
(umask 077 && echo sk_test_somebodyelses >"$work/other.key")
say 2025-01-01 customer create dan
say 2025-01-01 payment-method add dan pm_card_visa
check "another account's key" "$(at 2025-01-01 --stripe-key-file "$work/other.key" payment charge dan 5.00 2>&1 >/dev/null)" \
    "daybook: the outcome of payment 'txn_2' is not known yet: it is pending (Stripe does not accept the key)"
check "... of the night" "$(at 2025-01-01 --stripe-key-file "$work/other.key" payment collect 2>&1 >/dev/null)" \
    "daybook: the gateway's answer to 1 transaction is not known (Stripe does not accept the key); the next one asks again"
check "... and of a whole run, which does what it can" \
    "$(at 2025-01-01 --stripe-key-file "$work/other.key" run --through 2025-01-01 --out "$work/night" --no-pdf 2>&1 >/dev/null; echo $?)" \
    "daybook: the gateway did not settle all that it was asked: Stripe does not accept the key; the next run asks again
0"
say 2025-01-01 payment collect
check "with the right one it is paid" "$?" 0
# ---- nor is what he needs to give a payment method on a page, not even when a webhook says it again
say 2025-01-01 customer create cem
at 2025-01-01 --json payment-method setup cem >"$work/setup"
check "a payment method is begun" "$?" 0
secret=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["client_secret"])' "$work/setup")
check "its secret is told" "$(grep -c "seti_.*_secret_" <<<"$secret")" 1
curl -sS -o "$work/given" -H "Authorization: Bearer sk_test_daybook" "$url/v1/setup_intents/${secret%%_secret_*}/confirm" -d payment_method=pm_card_visa
curl -sS -H "Authorization: Bearer sk_test_daybook" "$url/v1/events?type=setup_intent.succeeded" |
    python3 -c 'import json, sys; sys.stdout.write(json.dumps(json.load(sys.stdin)["data"][0]))' >"$work/event"
check "the message has it" "$(grep -c "_secret_" "$work/event")" 1
signature=$(python3 -c 'import hashlib, hmac, sys; print(hmac.new(sys.argv[2].encode(), b"1735689600." + open(sys.argv[1], "rb").read(), hashlib.sha256).hexdigest())' \
    "$work/event" "$endpoint")
say 2025-01-01 --json webhook handle "$work/event" --signature "t=1735689600,v1=$signature" --secret-file "$work/endpoint.secrets"
check "the message is taken" "$?" 0
check "the payment method is there" "$(at 2025-01-01 --json payment-method list cem | grep -c '"last4":"4242"')" 1
say 2025-01-01 --json payment-method setup cem --token pm_card_mastercard
check "one that is given already" "$?" 0
say 2025-01-01 payment-method setup cem --token pm_card_chargeDeclined
check "one that is declined" "$?" 7
rules '[{"fault":"close_after"}]'
say 2025-01-01 payment-method setup cem
check "nobody answers" "$?" 8
rules '[]'
say 2025-01-01 webhook list
say 2025-01-01 audit log
say 2025-01-01 audit verify
check "the ledger verifies" "$?" 0
check "the secret in what was said" "$(grep -c "_secret_" "$work/said")" 0
check "the secret in the ledger" "$(grep -rl "_secret_" "$work/ledger" "$work/key" | wc -l)" 0
server_stop
server_pid=
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
