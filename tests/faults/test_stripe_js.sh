#!/bin/bash
# SPDX-License-Identifier: MIT
# test_stripe_js.sh - Stripe's own library for JavaScript beside ours: webhooks that it signs are genuine here, it takes the tests' server
# for Stripe, and it sees there what this ledger charged and gave back. Needs node and that library, from $STRIPE_JS or build/npm.
set -u
modules=$(realpath -m "${STRIPE_JS:-${O:?}/../npm/node_modules}")
if ! command -v node >/dev/null || [ ! -d "$modules/stripe" ]; then
    echo "SKIP: needs node and npm's package stripe: npm install --prefix build/npm stripe@23.1.0"
    exit 77
fi
work=$(mktemp -d) || exit 1
fail() { echo "FAIL: $*"; exit 1; }
# shellcheck source=tests/faults/stripe.sh
. "$(dirname "$0")/stripe.sh"
trap 'server_stop; rm -rf "$work"' EXIT
today=2025-01-01T00:00:00Z
epoch=1735689600
server_start --port 0
at $today init >/dev/null || fail init
js() { NODE_PATH=$modules node - "$@"; }

# ---- signatures
printf 'whsec_the_endpoints_older\nwhsec_the_endpoints_newer\n' >"$work/secrets"
chmod 600 "$work/secrets"
printf '{"id":"evt_js","object":"event","type":"something.new","livemode":false,"data":{"object":{"id":"x","name":"Zoë  \\u20ac"}}}' >"$work/body"
signed() { # secret, seconds: a header
    js "$work/body" "$1" "$2" <<'J'
const [body, secret, seconds] = process.argv.slice(2);
const stripe = require("stripe")("sk_test_daybook");
const payload = require("fs").readFileSync(body, "utf8");
process.stdout.write(stripe.webhooks.generateTestHeaderString({payload, secret, timestamp: Number(seconds)}));
J
}
handle() { at $today --json webhook handle "$work/body" --signature "$1" --secret-file "$work/secrets" >"$work/said" 2>&1; }
handle "$(signed whsec_nobodys $epoch)" && fail "a webhook signed with another secret is genuine"
handle "$(signed whsec_the_endpoints_older $((epoch - 301)))" && fail "a webhook that is older than five minutes is genuine"
handle "$(signed whsec_the_endpoints_older $((epoch - 299)))" || fail "a webhook that Stripe's library signed is refused: $(cat "$work/said")"
handle "$(signed whsec_the_endpoints_newer $epoch)" || fail "a webhook signed with the second secret is refused: $(cat "$work/said")"
[ "$(at $today --json webhook list | wc -l)" = 1 ] || fail "the same event is kept twice"

# ---- the tests' server, as the library sees it
js "$url" <<'J' || fail "Stripe's library does not take the tests' server for Stripe"
const assert = require("assert");
const url = new URL(process.argv[2]);
const stripe = require("stripe")("sk_test_daybook", {host: url.hostname, port: url.port, protocol: "http", maxNetworkRetries: 0});
const never = {automatic_payment_methods: {enabled: true, allow_redirects: "never"}};
(async () => {
    const customer = await stripe.customers.create({name: "Ann"});
    const card = await stripe.paymentMethods.attach("pm_card_visa", {customer: customer.id});
    assert.equal(card.card.last4, "4242");
    const intent = await stripe.paymentIntents.create(
        {amount: 1500, currency: "usd", customer: customer.id, payment_method: card.id, ...never}, {idempotencyKey: "js-1"});
    assert.equal(intent.status, "requires_confirmation");
    const paid = await stripe.paymentIntents.confirm(intent.id, {off_session: true});
    assert.equal(paid.status, "succeeded");
    const again = await stripe.paymentIntents.create(
        {amount: 1500, currency: "usd", customer: customer.id, payment_method: card.id, ...never}, {idempotencyKey: "js-1"});
    assert.equal(again.id, intent.id);
    await assert.rejects(
        stripe.paymentIntents.create({amount: 1501, currency: "usd", customer: customer.id, payment_method: card.id, ...never},
                                     {idempotencyKey: "js-1"}),
        (e) => e.type === "StripeIdempotencyError");
    const refund = await stripe.refunds.create({payment_intent: intent.id, amount: 500});
    assert.equal(refund.status, "succeeded");
    await assert.rejects(
        stripe.paymentIntents.create({amount: 900, currency: "usd", confirm: true,
                                      payment_method: "pm_card_chargeDeclinedInsufficientFunds", ...never}),
        (e) => e.type === "StripeCardError" && e.decline_code === "insufficient_funds");
    await assert.rejects(stripe.paymentIntents.retrieve("pi_nobody_made"),
                         (e) => e.type === "StripeInvalidRequestError" && e.code === "resource_missing");
})().catch((e) => { console.error(e); process.exit(1); });
J

# ---- what the ledger did there, as the library sees it
at $today customer create ann --name Ann >/dev/null || fail customer
at $today payment-method add ann pm_card_visa >/dev/null || fail "payment method"
at $today payment charge ann 29.00 >/dev/null || fail charge
at $today payment refund txn_1 --amount 9.00 >/dev/null || fail refund
at $today --json payment list >"$work/transactions" || fail "payment list"
js "$url" "$work/transactions" <<'J' || fail "Stripe's library sees something else than the ledger"
const assert = require("assert");
const url = new URL(process.argv[2]);
const ours = require("fs").readFileSync(process.argv[3], "utf8").trim().split("\n").map((l) => JSON.parse(l));
const stripe = require("stripe")("sk_test_daybook", {host: url.hostname, port: url.port, protocol: "http"});
(async () => {
    const names = ours.map((t) => t.gateway_reference).sort();
    assert.equal(names.length, 2);
    const intent = await stripe.paymentIntents.retrieve(names.find((n) => n.startsWith("pi_")));
    assert.equal(intent.amount_received, 2900);
    assert.equal(intent.metadata.daybook_transaction, "txn_1");
    let back = 0, count = 0;
    for await (const r of stripe.refunds.list({payment_intent: intent.id, limit: 1})) {
        assert.equal(r.id, names.find((n) => n.startsWith("re_")));
        back += r.amount;
        count++;
    }
    assert.deepEqual([count, back], [1, 900]);
})().catch((e) => { console.error(e); process.exit(1); });
J
echo "ok: Stripe's library and the ledger see the same"
