# SPDX-License-Identifier: MIT
"""The Python of the billing API's document, block by block as it stands, on one ledger: of the document itself where it is at hand
(../shared/seeds), and of our own copy of its calls (calls.md) always. Around it stands what the text takes for given: a web
framework, handlers, a mail; and what its placeholders stand for is filled in on the way to the ledger."""
import contextlib
import importlib.util
import inspect
import io
import os
import re
import types
import unittest
from decimal import Decimal
from typing import Any, Dict
from pathlib import Path
from unittest import mock

from book import ROOT, BookTest
from daybook import BillingSystem, BillingWebhookHandler, PaymentError
from test_webhooks import event, sign

DOCUMENTS = [ROOT / "tests/interop/python/calls.md", *sorted((ROOT.parent / "shared/seeds").glob("*.txt"))]
TODAY = "2025-11-05T09:00:00Z"
SECRET = "whsec_the_endpoints_secret"
LATER = 4102444800  # a signature from a clock ahead of ours is taken, so that no test asks for the time
HAS_TENACITY = importlib.util.find_spec("tenacity") is not None


def blocks_of(path):
    return re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)


class Document(BookTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.place)
        self.book.set_now(TODAY)
        self.subscriber("someone")
        self.invoice = self.book.generate_invoice("someone")
        self.payment = self.book.process_payment("someone", self.invoice["amount_due"])
        self.heard = []
        self.fill_in()

    def fill_in(self):
        """What the placeholders stand for."""
        call, pay, begin = BillingSystem.call, BillingSystem.process_payment, BillingWebhookHandler.__init__
        stands = {"inv_abc123": self.invoice["invoice_id"], "txn_abc123": self.payment["transaction_id"]}

        def value(given):
            text = str(stands.get(given, given)) if isinstance(given, str) else given
            return text.replace("/path/to/", f"{self.place}/") if isinstance(text, str) else text

        def filled_call(book, words, /, **arguments):
            return call(book, words, **{name: value(given) for name, given in arguments.items()})

        def filled_payment(book, user_id, *amounts, **more):
            return pay(book, "someone", 5) if user_id is ... else pay(book, user_id, *amounts, **more)

        def filled_secret(handler, stripe_webhook_secret):
            begin(handler, stripe_webhook_secret.replace("whsec_...", SECRET))

        for where, name, made in ((BillingSystem, "call", filled_call), (BillingSystem, "process_payment", filled_payment),
                                  (BillingWebhookHandler, "__init__", filled_secret)):
            patch = mock.patch.object(where, name, made)
            patch.start()
            self.addCleanup(patch.stop)

    def surroundings(self):
        def handler(name):
            return lambda data: self.heard.append((name, data["id"]))

        self.app = types.SimpleNamespace(route=lambda *path, **methods: lambda function: function)
        self.request = types.SimpleNamespace(headers={}, get_data=lambda: self.request.data)
        stripe = types.SimpleNamespace(create_payment_method=lambda given: "pm_card_visa")
        return {"__name__": "document", "Path": Path, "Dict": Dict, "Any": Any, "app": self.app, "request": self.request,
                "stripe": stripe, "user_id": "user_123", "send_email_alert": lambda user: self.heard.append(("alert", user)),
                "transaction_data": {"user_id": "user_123", "amount": 12.3, "description": "By cheque"},
                "handle_successful_payment": handler("paid"), "handle_failed_payment": handler("failed"),
                "handle_subscription_update": handler("updated")}

    def run_blocks(self, path):
        names, said = self.surroundings(), io.StringIO()
        for number, block in enumerate(blocks_of(path), 1):
            if "from tenacity" in block and not HAS_TENACITY:
                print(f"[SKIP] {path.name}: block {number}: there is no module tenacity (Debian: python3-tenacity)")
                continue
            try:
                with contextlib.redirect_stdout(said):
                    exec(compile(block, f"{path.name}, block {number}", "exec"), names)  # pylint: disable=exec-used
            except Exception as why:
                raise AssertionError(f"block {number} of {path.name} does not run: {why!r}\n{block}") from why
            described = names.get("BillingSystem")
            if described not in (None, BillingSystem):
                self.compare(described)
        return names, said.getvalue()

    def compare(self, described):
        """The document's class, which has no bodies, has the same calls."""
        for name, function in inspect.getmembers(described, inspect.isfunction):
            ours = inspect.signature(getattr(BillingSystem, name)).parameters
            for parameter in inspect.signature(function).parameters.values():
                self.assertIn(parameter.name, ours, name)
                self.assertEqual(ours[parameter.name].default, parameter.default, f"{name}: {parameter.name}")

    def test_every_block_runs_and_does_what_it_says(self):
        for path in DOCUMENTS:
            with self.subTest(path.name):
                names, said = self.run_blocks(path)
                self.look(said)
                self.deliver(names["handle_stripe_webhook"])
                self.verify()
            for cleanup in (self.doCleanups, self.setUp):  # the next one on a ledger of its own
                cleanup()

    def look(self, said):
        told = {row["description"]: row for row in self.book.list_transactions()}
        self.assertIn("Payment failed: the customer has no payment method", said)
        self.assertIn("Refund processed: $29.00", said)
        self.assertIn("Payment successful!", said)
        self.assertEqual(self.book.get_subscription("new_user_001")["next_billing_date"], "2025-12-05")
        self.assertEqual((self.book.get_subscription("user_123")["cancel_on"],
                          self.book.get_subscription("user_456")["status"]), ("2025-12-05", "canceled"))
        self.assertEqual(self.book.get_usage("user_123")["storage_gb"], Decimal("7.5"))
        [invoice] = self.book.list_invoices("new_user_001", status="paid")
        self.assertEqual(told[f"Invoice #{invoice['invoice_number']}"]["amount"], Decimal("99.00"))
        self.assertEqual(told["By cheque"]["amount"], Decimal("12.3"))
        self.assertEqual(self.heard, [("alert", "user_123")])
        self.assertEqual((self.place / "invoice.pdf").read_bytes()[:5], b"%PDF-")
        self.assertEqual((self.place / "billing_data.csv").read_bytes()[:24], b"date,type,document,descr")
        # 150 + 1500 calls of 1000, at 0.01
        items = self.book.call("invoice.preview", user="user_123")
        self.assertIn("6.50", str(items))

    def deliver(self, handle):
        del self.heard[:]
        for kind in ("payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.failed",
                     "customer.subscription.updated"):
            self.request.data = event(kind)
            self.request.headers["Stripe-Signature"] = sign(self.request.data, SECRET, LATER)
            self.assertEqual(handle(), ({"status": "success"}, 200))
        self.assertEqual([name for name, _ in self.heard], ["paid", "failed", "failed", "updated"])
        self.request.headers["Stripe-Signature"] = sign(self.request.data, "whsec_of_somebody_else", LATER)
        answer, status = handle()
        self.assertEqual((list(answer), status), (["error"], 400))

    @unittest.skipUnless(HAS_TENACITY, "there is no module tenacity (Debian: python3-tenacity)")
    def test_a_declined_payment_is_tried_three_times(self):
        import tenacity
        names, waits = self.surroundings(), []
        self.subscriber("user_123", token="pm_card_chargeDeclined")
        names["billing"] = self.book
        with mock.patch("tenacity.nap.time.sleep", waits.append), self.assertRaises(tenacity.RetryError) as caught:
            exec(next(block for block in blocks_of(DOCUMENTS[-1]) if "from tenacity" in block), names)
        self.assertIsInstance(caught.exception.last_attempt.exception(), PaymentError)
        self.assertEqual(waits, [4, 4])
        self.assertEqual(len(self.book.list_transactions("user_123")), 3)


if __name__ == "__main__":
    unittest.main()
