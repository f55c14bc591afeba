# SPDX-License-Identifier: MIT
"""What Stripe sends, signed by a second implementation of its rule (hmac), good, forged, old and unknown."""
import hashlib
import hmac
import json
import unittest

from book import NOW, BookTest
from daybook import BillingError, BillingWebhookHandler, InvalidError

SECRET = "whsec_the_endpoints_secret"
AT = 1736499600  # NOW


def event(kind, number=1, **members):
    return json.dumps({"id": f"evt_{number}", "object": "event", "type": kind, "created": AT, "livemode": False,
                       "data": {"object": members or {"id": "pi_1", "object": "payment_intent"}}}).encode()


def sign(payload, secret=SECRET, at=AT):
    signed = hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


class WithoutALedger(unittest.TestCase):
    def setUp(self):
        self.handler = BillingWebhookHandler(stripe_webhook_secret=SECRET, now=NOW)

    def test_a_genuine_message_is_read(self):
        payload = event("payment_intent.succeeded", id="pi_7", object="payment_intent", amount=2900)
        told = self.handler.verify_and_parse(payload, sign(payload))
        self.assertEqual((told["id"], told["type"]), ("evt_1", "payment_intent.succeeded"))
        self.assertEqual((told["data"]["id"], told["data"]["amount"]), ("pi_7", 2900))
        self.assertEqual(self.handler.verify_and_parse(payload.decode(), sign(payload)), told)

    def test_stripes_name_of_an_event_and_the_documents_are_the_same(self):
        payload = event("payment_intent.payment_failed")
        kind = self.handler.verify_and_parse(payload, sign(payload))["type"]
        self.assertTrue(kind == "payment_intent.failed" and kind == "payment_intent.payment_failed")
        self.assertTrue(kind != "payment_intent.succeeded" and not kind != "payment_intent.failed")
        self.assertEqual({kind: 1}["payment_intent.payment_failed"], 1)

    def test_what_is_forged_changed_old_or_no_event_is_refused(self):
        payload = event("payment_intent.succeeded")
        for body, header in ((payload + b" ", sign(payload)), (payload, sign(payload, "whsec_another")),
                             (payload, sign(payload, at=AT - 3600)), (payload, "t=1,v1=00"), (payload, ""),
                             (payload, None), (b"{}", sign(b"{}")), (b"\xff\0", sign(b"\xff\0"))):
            with self.assertRaises(ValueError) as caught:
                self.handler.verify_and_parse(body, header)
            self.assertNotIn(SECRET, str(caught.exception))
        with self.assertRaises(InvalidError):
            BillingWebhookHandler("no secret", now=NOW).verify_and_parse(payload, sign(payload))

    def test_a_secret_that_is_being_replaced_counts_until_its_end(self):
        payload = event("payment_intent.succeeded")
        for end, taken in (("2025-01-10T10:00:00Z", True), ("2025-01-10T08:00:00Z", False)):
            handler = BillingWebhookHandler(f"whsec_the_new_secret\n{SECRET} until {end}\n", now=NOW)
            if taken:
                self.assertEqual(handler.verify_and_parse(payload, sign(payload))["id"], "evt_1")
            else:
                self.assertRaises(InvalidError, handler.verify_and_parse, payload, sign(payload))


class WithALedger(BookTest):
    def setUp(self):
        super().setUp()
        self.handler = BillingWebhookHandler(SECRET, self.book)

    def test_it_is_kept_and_done_once(self):
        payload = event("invoice.payment_failed", id="in_1", object="invoice")
        told = [self.handler.verify_and_parse(payload, sign(payload)) for _ in range(2)]
        self.assertEqual([(one["webhook_id"], one["id"]) for one in told], [("whk_1", "evt_1")] * 2)
        self.assertEqual(told[0]["outcome"], "foreign")  # nothing of ours is called in_1
        self.assertEqual([row["event_id"] for row in self.book.call("webhook.list")], ["evt_1"])

    def test_what_is_forged_leaves_nothing(self):
        payload = event("customer.subscription.deleted")
        with self.assertRaises(BillingError):
            self.handler.verify_and_parse(payload, sign(payload, "whsec_forged"))
        self.assertEqual(self.book.call("webhook.list"), [])

    def test_a_closed_ledger_takes_none(self):
        self.book.close()
        payload = event("payment_intent.succeeded")
        with self.assertRaisesRegex(BillingError, "closed"):
            self.handler.verify_and_parse(payload, sign(payload))


if __name__ == "__main__":
    unittest.main()
