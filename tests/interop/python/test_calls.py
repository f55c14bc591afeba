# SPDX-License-Identifier: MIT
"""Each call of the billing API with its names and the members that it answers. The sums are the catalog's
prices: Basic 29.00, Pro 99.00, a month of 31 days from the 10th of January."""
import csv
import datetime
import unittest
from decimal import Decimal

from book import BookTest
from daybook import (Amount, BillingSystem, InsufficientFundsError, PaymentError, PaymentStatus, SubscriptionError,
                     SubscriptionTier)


class Subscriptions(BookTest):
    def test_a_free_subscription_needs_no_payment_method_and_a_paid_one_does(self):
        made = self.book.create_subscription(user_id="user_123", tier=SubscriptionTier.FREE)
        self.assertEqual((made["tier"], made["status"], made["price"]), ("free", "active", 0))
        with self.assertRaises(ValueError):
            self.book.create_subscription(user_id="user_456", tier=SubscriptionTier.PRO)
        made = self.book.create_subscription(user_id="user_456", tier=SubscriptionTier.PRO,
                                             payment_method="pm_1234567890")
        self.assertEqual((made["tier"], made["price"]), (SubscriptionTier.PRO, Decimal("99.00")))

    def test_an_upgrade_tells_the_charge_and_a_downgrade_the_credit(self):
        self.subscriber(tier="basic")
        self.book.generate_invoice("user_123")
        self.book.set_now("2025-01-20T09:00:00Z")
        made = self.book.update_subscription(user_id="user_123", new_tier=SubscriptionTier.PRO)
        # 21 of 31 days are left: 99.00 x 21/31 = 67.06 less 29.00 x 21/31 = 19.65
        self.assertEqual((made["tier"], made["next_billing_date"], made["prorated_charge"]),
                         ("pro", "2025-02-10", Decimal("47.41")))
        self.subscriber("user_456", "pro")
        made = self.book.update_subscription(user_id="user_456", new_tier=SubscriptionTier.BASIC)
        self.assertEqual(made["credit_amount"], Decimal("70.00"))  # 99.00 - 29.00, on the first day

    def test_it_ends_with_its_period_or_today_with_a_refund(self):
        self.subscriber()
        self.assertIs(self.book.cancel_subscription(user_id="user_123"), True)
        told = self.book.get_subscription(user_id="user_123")
        self.assertEqual((told["status"], told["cancel_on"]), ("active", "2025-02-10"))
        self.subscriber("user_456")
        invoice = self.book.generate_invoice("user_456")
        self.book.process_payment("user_456", invoice["amount_due"])
        self.assertIs(self.book.cancel_subscription("user_456", immediate=True), True)
        self.assertEqual(self.book.get_subscription("user_456")["status"], "canceled")
        refund = self.book.list_transactions("user_456", limit=1)[0]
        self.assertEqual((refund["type"], refund["amount"]), ("refund", Decimal("29.00")))

    def test_the_history_tells_each_change_of_tier(self):
        self.subscriber(tier="free", token=None)
        self.book.update_subscription("user_123", "basic")
        told = [(row["date"], row["old_tier"], row["new_tier"])
                for row in self.book.get_subscription_history(user_id="user_123")]
        self.assertEqual(told, [("2025-01-10", None, "free"), ("2025-01-10", "free", "basic")])

    def test_further_options_of_the_command_are_keyword_arguments(self):
        made = self.subscriber(tier=SubscriptionTier.ENTERPRISE, price=Decimal("1250.50"), interval="year")
        self.assertEqual((made["price"], made["interval"]), (Decimal("1250.50"), "year"))
        with self.assertRaises(SubscriptionError):
            self.subscriber()


class Payments(BookTest):
    def test_a_payment_is_completed_and_its_status_is_the_word_too(self):
        self.subscriber()
        made = self.book.process_payment(user_id="user_123", amount=29.00, currency="USD",
                                         description="Monthly subscription")
        self.assertIs(made["status"], PaymentStatus.COMPLETED)
        self.assertEqual(made["status"], "completed")
        self.assertEqual(f"{made['status']}", "completed")
        self.assertEqual((made["transaction_id"], made["amount"], made["gateway"]), ("txn_1", 29, "simulator"))

    def test_too_little_money_is_told_apart_from_other_declines(self):
        self.subscriber(token="pm_card_chargeDeclinedInsufficientFunds")
        with self.assertRaises(InsufficientFundsError) as caught:
            self.book.process_payment("user_123", 29)
        self.assertEqual(caught.exception.reason, "insufficient_funds")
        self.assertEqual(caught.exception.answer["status"], "failed")
        self.subscriber("user_456", token="pm_card_chargeDeclined")
        with self.assertRaises(PaymentError) as caught:
            self.book.process_payment("user_456", 29)
        self.assertNotIsInstance(caught.exception, InsufficientFundsError)
        self.assertEqual((caught.exception.reason, caught.exception.kind), ("card_declined", "declined"))

    def test_without_a_payment_method_the_answer_says_why_it_failed(self):
        self.subscriber(tier="free", token=None)
        made = self.book.process_payment("user_123", Decimal("29.00"))
        self.assertIs(made["status"], PaymentStatus.FAILED)
        self.assertEqual(made["error"], "the customer has no payment method")
        self.assertEqual(self.book.list_transactions("user_123"), [])

    def test_the_same_key_pays_once(self):
        self.subscriber()
        made = [self.book.process_payment("user_123", 29, idempotency_key="order 7") for _ in range(3)]
        self.assertEqual({one["transaction_id"] for one in made}, {"txn_1"})
        self.book.process_payment("user_123", 29)
        self.assertEqual(len(self.book.list_transactions("user_123")), 2)

    def test_refunds_in_part_and_in_full_and_never_more_than_was_paid(self):
        self.subscriber()
        paid = self.book.process_payment("user_123", 29)["transaction_id"]
        part = self.book.process_refund(transaction_id=paid, amount=9.99, reason="Customer request")
        self.assertEqual((part["status"], part["amount"]), (PaymentStatus.REFUNDED, Decimal("9.99")))
        with self.assertRaises(PaymentError):
            self.book.process_refund(paid, Decimal("19.02"))
        self.assertEqual(self.book.process_refund(paid)["amount"], Decimal("19.01"))
        told = self.book.list_transactions("user_123")[-1]
        self.assertEqual((told["status"], told["amount_refunded"]), (PaymentStatus.REFUNDED, Decimal("29.00")))

    def test_payment_methods_are_added_listed_and_removed(self):
        self.subscriber(tier="free", token=None)
        self.book.add_payment_method(user_id="user_123", payment_method_token="pm_9876543210", is_default=True)
        [told] = self.book.list_payment_methods(user_id="user_123")
        self.assertEqual((told["payment_method_id"], told["is_default"]), ("pm_9876543210", True))
        self.assertRegex(told["last4"], r"^\d{4}$")
        self.assertTrue(1 <= told["exp_month"] <= 12 and told["exp_year"] > 2025)
        self.book.remove_payment_method(user_id="user_123", payment_method_id="pm_9876543210")
        self.assertEqual(self.book.list_payment_methods("user_123"), [])

    def test_transactions_are_listed_by_days_with_what_people_read(self):
        self.subscriber()
        for day in ("2025-01-11", "2025-01-12", "2025-01-13"):
            self.book.set_now(f"{day}T12:00:00Z")
            self.book.process_payment("user_123", 5, description=f"On {day}")
        told = self.book.list_transactions(user_id="user_123", start_date="2025-01-11",
                                           end_date=datetime.date(2025, 1, 12), limit=50)
        self.assertEqual([(row["date"], row["description"], row["amount"], str(row["status"])) for row in told],
                         [("2025-01-12", "On 2025-01-12", 5, "completed"),
                          ("2025-01-11", "On 2025-01-11", 5, "completed")])

    def test_a_transaction_made_elsewhere_is_kept(self):
        self.subscriber(tier="free", token=None)
        self.book.store_transaction({"user_id": "user_123", "amount": 12.30, "currency": "EUR",
                                     "description": "Bank transfer", "transaction_id": "wire-7"})
        [told] = self.book.list_transactions("user_123")
        self.assertEqual((told["amount"], told["currency"], told["description"]),
                         (Decimal("12.30"), "EUR", "Bank transfer"))
        log = b"".join(path.read_bytes() for path in self.data.rglob("*") if path.is_file())
        self.assertNotIn(b"Bank transfer", log)


class Usage(BookTest):
    def test_usage_is_told_with_the_limits_of_the_tier(self):
        self.subscriber()
        self.book.record_usage(user_id="user_123", usage_type="api_calls", amount=150)
        self.book.record_usage(user_id="user_123", usage_type="compute_minutes", amount=45.5)
        for _ in range(3):
            self.book.record_usage("user_123", "storage_gb", 0.1)
        self.assertEqual(self.book.get_usage(user_id="user_123"), {
            "api_calls": 150, "api_calls_limit": 1000, "compute_minutes": Decimal("45.5"),
            "compute_minutes_limit": Decimal("Infinity"), "storage_gb": Decimal("0.3"),
            "storage_gb_limit": Decimal("Infinity")})

    def test_an_event_id_counts_once(self):
        self.subscriber()
        told = [self.book.record_usage("user_123", "api_calls", 7, event_id="e-1")["duplicate"] for _ in range(2)]
        self.assertEqual((told, self.book.get_usage("user_123")["api_calls"]), ([False, True], 7))

    def test_overage_reckoned_with_a_float_is_exact(self):
        self.subscriber()
        self.book.record_usage("user_123", "api_calls", 1057)
        usage = self.book.get_usage("user_123")
        cost = 0
        cost += (usage["api_calls"] - usage["api_calls_limit"]) * 0.01
        self.assertEqual(str(self.book.add_invoice_item("user_123", "API call overage", cost)["amount"]), "0.57")


class Alerts(BookTest):
    def test_it_fires_once_when_the_threshold_is_reached(self):
        self.subscriber()
        bare, told = [], []
        self.book.set_usage_alert(user_id="user_123", usage_type="api_calls", threshold=800,
                                  callback=lambda: bare.append("mail"))
        self.book.set_usage_alert("user_123", "api_calls", "90%", callback=told.append)
        self.book.record_usage("user_123", "api_calls", 799)
        self.assertEqual(bare, [])
        for amount in (1, 1, 200):
            self.book.record_usage("user_123", "api_calls", amount)
        self.assertEqual(bare, ["mail"])
        self.assertEqual(told, [("user_123", "api_calls", 900, 1001)])
        self.assertIsInstance(told[0].total, Amount)

    def test_a_callback_may_call_the_ledger_and_be_set_anew_from_within(self):
        self.subscriber()
        heard = []

        def again(alert):
            heard.append(self.book.get_usage(alert.user_id)["api_calls"])
            self.book.set_usage_alert("user_123", "api_calls", 10, heard.append)

        self.book.set_usage_alert("user_123", "api_calls", 10, again)
        self.book.record_usage("user_123", "api_calls", 12)
        self.assertEqual(heard, [12])


class Invoices(BookTest):
    def test_an_invoice_is_made_told_listed_and_printed(self):
        self.subscriber()
        self.book.add_invoice_item(user_id="user_123", description="Setup", amount=Decimal("5.23"))
        made = self.book.generate_invoice(user_id="user_123")
        self.assertEqual((made["invoice_number"], made["amount_due"], made["due_date"]),
                         ("INV-2025-000001", Decimal("34.23"), "2025-01-24"))
        self.assertEqual({(line["description"], line["amount"]) for line in made["line_items"]},
                         {("Setup", Decimal("5.23")), ("Basic, monthly", Decimal("29.00"))})
        self.assertTrue(self.book.generate_invoice("user_123")["existing"])
        self.assertEqual(self.book.list_invoices("user_123", limit=10, status="paid"), [])
        self.book.process_payment("user_123", made["amount_due"])
        [row] = self.book.list_invoices(user_id="user_123", limit=10, status="paid")
        self.assertEqual((row["invoice_number"], row["total"], row["status"]),
                         (made["invoice_number"], Decimal("34.23"), "paid"))
        self.assertEqual(self.book.get_invoice(invoice_id=made["invoice_id"])["amount_paid"], Decimal("34.23"))
        path = self.place / "invoice.pdf"
        self.assertEqual(self.book.generate_invoice_pdf(made["invoice_id"], output_path=str(path)), str(path))
        self.assertEqual(path.read_bytes()[:5], b"%PDF-")

    def test_billing_data_is_exported_and_the_night_runs_once(self):
        self.subscriber()
        done = self.book.run_nightly("2025-01-10", self.place / "out")
        self.assertEqual((done["invoiced"], done["totals"][0]["gross"]), (1, Decimal("29.00")))
        self.assertFalse(self.book.run_nightly("2025-01-10", self.place / "out")["wrote_events"])
        path = self.place / "billing_data.csv"
        self.book.export_billing_data(user_id="user_123", format="csv", output_path=path,
                                      start_date="2025-01-01", end_date="2025-12-31")
        with path.open(encoding="utf-8", newline="") as file:
            self.assertIn("29.00", {row["amount"] for row in csv.DictReader(file)})

    def test_operations_stand_in_the_audit_log_with_their_results(self):
        self.subscriber()
        told = self.book.get_audit_logs(user_id="user_123", start_date="2025-01-10", end_date="2025-01-10")
        self.assertEqual((told[0]["user_id"], told[0]["action"], told[0]["result"], told[0]["timestamp"][:10]),
                         ("user_123", "subscription.create", "done", "2025-01-10"))
        self.assertEqual(self.book.get_audit_logs("user_123", "2025-01-11", "2025-01-12"), [])


class AnyCall(BookTest):
    def test_reports_answer_rows_of_decimals_that_sum_to_zero(self):
        self.subscriber()
        self.book.process_payment("user_123", self.book.generate_invoice("user_123")["amount_due"])
        rows = self.book.call("report", name="trial_balance")
        self.assertEqual(sum(row["balance"] for row in rows), 0)
        self.assertTrue(all(isinstance(row["debit"], Amount) for row in rows))
        self.assertEqual(rows[0]["account"], "1000")  # a number that names something stays a text

    def test_texts_of_customers_are_never_taken_for_decimals(self):
        self.book.call("customer.create", user="12345", party={"name": "007", "postal_code": "01067"})
        told = self.book.call("customer.show", user="12345")
        self.assertEqual((told["user_id"], told["name"], told["postal_code"]), ("12345", "007", "01067"))


if __name__ == "__main__":
    unittest.main()
