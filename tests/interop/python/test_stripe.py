# SPDX-License-Identifier: MIT
"""Payments by a server in Stripe's shapes: what is pending, what only the customer can go on with, and what messages do about it.
STRIPE_SERVER is the tests' own server."""
import json
import os
import subprocess
import unittest
import urllib.parse
import urllib.request

from book import NOW, BookTest
from daybook import BillingSystem, BillingWebhookHandler, InsufficientFundsError, PaymentStatus
from test_webhooks import AT, SECRET, event, sign

SERVER = os.environ.get("STRIPE_SERVER", "")


@unittest.skipUnless(os.access(SERVER, os.X_OK), "there is no stripe_server (make V=debug tests)")
class ByStripe(BookTest):
    def setUp(self):
        super().setUp()
        self.book.close()
        server = subprocess.Popen([SERVER, "--now", str(AT)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.communicate)
        self.addCleanup(server.terminate)
        self.url = server.stdout.readline().strip()
        key = self.place / "stripe.key"
        with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write("sk_test_daybook\n")
        self.book = BillingSystem(self.data, now=NOW, stripe_key_file=key, stripe_base=self.url, stripe_rate=-1)
        self.handler = BillingWebhookHandler(SECRET, self.book)

    def steer(self, what, **fields):
        body = urllib.parse.urlencode(fields).encode()
        with urllib.request.urlopen(f"{self.url}/_test/{what}", body) as answer:
            return json.load(answer)["done"]

    def test_a_bank_debit_is_pending_until_stripe_tells_how_it_ended(self):
        self.subscriber(token="pm_usBankAccount_success")
        invoice = self.book.generate_invoice("user_123")
        made = self.book.process_payment("user_123", invoice["amount_due"], "USD")
        self.assertIs(made["status"], PaymentStatus.PENDING)
        self.assertIn("being processed by the bank", made["error"])
        self.assertEqual(self.steer("settle"), 1)
        payload = event("payment_intent.succeeded", object="payment_intent", id=made["gateway_reference"],
                        status="succeeded", amount=2900, amount_received=2900, currency="usd")
        for _ in range(2):
            told = self.handler.verify_and_parse(payload, sign(payload))
            self.assertEqual((told["outcome"], told["transaction_id"]), ("applied", made["transaction_id"]))
        [row] = self.book.list_transactions("user_123")
        self.assertIs(row["status"], PaymentStatus.COMPLETED)
        self.assertEqual(self.book.get_invoice(invoice["invoice_id"])["status"], "paid")

    def test_a_payment_that_the_customer_must_confirm_is_answered_as_failed(self):
        self.subscriber(token="pm_card_visa")
        [method] = self.book.list_payment_methods("user_123")
        self.steer("method", method=method["payment_method_id"], why="authentication_required")
        made = self.book.process_payment("user_123", 29)
        self.assertIs(made["status"], PaymentStatus.FAILED)
        self.assertTrue(made["action_required"] and made["error"])
        told = self.book.call("payment.action", transaction=made["transaction_id"])
        self.assertEqual((told["amount"], told["currency"]), (29, "USD"))

    def test_a_decline_is_told_by_its_reason_and_a_refund_is_made_there(self):
        self.subscriber(token="pm_card_visa")
        paid = self.book.process_payment("user_123", 29)
        self.assertEqual((paid["gateway"], paid["gateway_reference"][:3]), ("stripe", "pi_"))
        self.assertIs(self.book.process_refund(paid["transaction_id"], 9)["status"], PaymentStatus.REFUNDED)
        [method] = self.book.list_payment_methods("user_123")
        self.steer("method", method=method["payment_method_id"], why="insufficient_funds")
        with self.assertRaises(InsufficientFundsError):
            self.book.process_payment("user_123", 29)


if __name__ == "__main__":
    unittest.main()
