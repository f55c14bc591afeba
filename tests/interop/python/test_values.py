# SPDX-License-Identifier: MIT
"""Numbers, times and names on their way through the ledger and back; and what is refused."""
import copy
import datetime
import os
import pickle
import re
import unittest
from decimal import Decimal

import daybook
from book import NOW, ROOT, BookTest
from daybook import (Amount, BillingError, BillingSystem, Code, InvalidError, NotFoundError, SubscriptionError,
                     SubscriptionNotFoundError, UsageError)
from daybook.library import Error, Options, Webhook


class Money(BookTest):
    def test_amounts_come_back_as_they_went_in_currencies_of_0_2_and_3_decimals(self):
        for currency, amounts in {"JPY": ["1", "2900", "9007199254740993"], "USD": ["0.01", "29.00", "90071992547409.93"],
                                  "KWD": ["0.001", "29.125", "9007199254740.993"]}.items():
            user = f"user_{currency}"
            self.subscriber(user, "basic", currency=currency)
            for amount in amounts:
                made = self.book.process_payment(user, Decimal(amount), currency)
                self.assertEqual((str(made["amount"]), made["currency"]), (amount, currency))
            self.assertEqual([str(row["amount"]) for row in self.book.list_transactions(user)], amounts[::-1])

    def test_more_decimals_than_the_currency_has_are_refused_by_name(self):
        self.subscriber("yen", "basic", currency="JPY")
        for user, amount, currency in (("yen", 29.5, "JPY"), ("yen", Decimal("0.001"), "USD"), ("yen", "1.0001", "KWD")):
            with self.assertRaisesRegex(InvalidError, f"too many decimals for {currency}"):
                self.book.process_payment(user, amount, currency)

    def test_what_is_no_number_is_refused(self):
        self.subscriber()
        for amount in (float("nan"), float("inf"), Decimal("-Infinity"), "a lot", "", None, [29]):
            with self.assertRaises(ValueError):
                self.book.process_payment("user_123", amount)
        with self.assertRaisesRegex(InvalidError, "card numbers"):
            self.book.add_payment_method("user_123", "4242 4242 4242 4242")
        self.assertEqual(self.book.list_transactions("user_123"), [])

    def test_floats_are_taken_by_their_shortest_decimal_text(self):
        self.assertEqual(str(Amount("57") * 0.01), "0.57")  # in floats 0.5700000000000001
        self.assertEqual(0.3 - Amount("0.1"), Decimal("0.2"))
        self.assertTrue(Amount("2.3") == 2.3 and Amount("2.3") >= 2.3 and not Amount("2.3") > 2.3)
        self.assertIsInstance(sum([Amount("0.1"), Amount("0.2")]) / 3, Amount)
        for made in (pickle.loads(pickle.dumps(Amount("1.50"))), copy.deepcopy(Amount("1.50")), -Amount("-1.50")):
            self.assertEqual((type(made), str(made)), (Amount, "1.50"))

    def test_usage_has_as_many_decimals_as_it_has(self):
        self.subscriber()
        for amount in (0.000001, "12345678901.123456", Decimal("1E+3"), 5):
            self.book.record_usage("user_123", "compute_hours", amount)
        self.assertEqual(self.book.get_usage("user_123")["compute_hours"], Decimal("12345679906.123457"))


class Arguments(BookTest):
    def test_times_are_those_of_any_zone_and_never_of_none(self):
        self.subscriber()
        east = datetime.timezone(datetime.timedelta(hours=9))
        made = self.book.record_usage("user_123", "api_calls", 1, at=datetime.datetime(2025, 1, 10, 17, tzinfo=east))
        self.assertEqual(made["at"], "2025-01-10T08:00:00Z")
        with self.assertRaisesRegex(InvalidError, "no time zone"):
            self.book.record_usage("user_123", "api_calls", 1, at=datetime.datetime(2025, 1, 10, 17))

    def test_names_in_every_writing_are_kept_and_a_nul_is_not(self):
        for user in ("zoë", "用户", "a b/c'\"", "👩‍💻"):
            self.subscriber(user, "free", None)
            self.assertEqual(self.book.get_subscription(user)["user_id"], user)
        for user in ("a\0b", "\ud800"):
            with self.assertRaises((InvalidError, UsageError)):
                self.subscriber(user, "free", None)

    def test_refusals_are_told_apart_and_are_all_billing_errors(self):
        self.subscriber()
        for wanted, code, words, arguments in (
                (SubscriptionError, Code.REFUSED, "subscription.create", {"user": "user_123", "tier": "basic"}),
                (SubscriptionNotFoundError, Code.NOT_FOUND, "subscription.show", {"user": "nobody"}),
                (NotFoundError, Code.NOT_FOUND, "invoice.show", {"invoice": "inv_99"}),
                (UsageError, Code.USAGE, "subscription.sell", {}),
                (InvalidError, Code.INVALID, "payment.list", {"limit": -1}),
                (InvalidError, Code.INVALID, "payment.list", {"colour": "red"}),
                (InvalidError, Code.INVALID, "payment.list", {"user": object()})):
            with self.assertRaises(wanted) as caught:
                self.book.call(words, **arguments)
            self.assertIsInstance(caught.exception, BillingError)
            self.assertEqual((caught.exception.code, caught.exception.kind), (code, code.name.lower()))
            again = pickle.loads(pickle.dumps(caught.exception))
            self.assertEqual((str(again), again.code), (str(caught.exception), code))

    def test_no_call_of_the_tables_ends_the_program(self):
        self.subscriber()
        tables = [*sorted((ROOT / "billing").glob("queries*.def")), *sorted((ROOT / "ledger/book").glob("commands*.def"))]
        calls = [name for path in tables for name in re.findall(
            r'^(?:QUERY|COMMAND)\(\w+, (?:\w+, )?"([a-z.-]+)"', path.read_text(encoding="utf-8"), re.M)]
        self.assertGreater(len(calls), 100)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.place)
        for words in calls:
            if words in ("export", "serve"):  # the one prints, the other goes on until it is told to stop
                continue
            for arguments in ({}, {"user": "user_123"}):
                try:
                    self.book.call(words, **arguments)
                except BillingError as why:
                    self.assertTrue(str(why), words)


class Header(unittest.TestCase):
    """What ctypes is told is what daybook.h says."""

    def setUp(self):
        text = (ROOT / "billing/daybook.h").read_text(encoding="utf-8")
        self.text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)

    def members(self, name):
        body = re.search(rf"struct {name} \{{(.*?)\}};", self.text, re.S).group(1)
        found = []
        for line in body.split(";"):
            words = re.findall(r"\*?\w+(?:\[\d+\])?", line.replace("const", ""))
            found += [(words[0], member.lstrip("*")) for member in words[1:]]
        return found

    def test_structs_have_the_members_in_their_order(self):
        for struct, name in ((Options, "daybook_options"), (Error, "daybook_error"), (Webhook, "daybook_webhook")):
            told = []
            for member, kind, *_ in struct._fields_:
                array = f"[{kind._length_}]" if hasattr(kind, "_length_") else ""
                told.append(({"c_char_p": "char", "c_bool": "bool", "c_int": "int"}.get(kind.__name__, "char"),
                             member + array))
            self.assertEqual(told, self.members(name))

    def test_codes_and_version_are_the_same(self):
        told = {name: int(number) for name, number in re.findall(r"DAYBOOK_([A-Z_]+) = (\d+)", self.text)}
        self.assertEqual(told, {code.name: code.value for code in Code})
        version = re.search(r'DAYBOOK_VERSION "(.*)"', self.text).group(1)
        project = (ROOT / "billing/python/pyproject.toml").read_text(encoding="utf-8")
        self.assertEqual([daybook.__version__, re.search(r'^version = "(.*)"', project, re.M).group(1)],
                         [version, version])


class Opening(BookTest):
    def test_settings_are_those_of_the_library(self):
        with BillingSystem(self.place / "other", now=NOW, key_file=self.place / "my.key", actor="night",
                           no_catalog=True) as other:
            with self.assertRaisesRegex(SubscriptionError, "no catalog"):
                other.create_subscription("u", "free")
            other.call("customer.create", user="u")
            self.assertEqual(other.get_audit_logs("u")[0]["actor"], "night")
        self.assertTrue((self.place / "my.key").exists())
        with self.assertRaises(NotFoundError):
            BillingSystem(self.place / "none", create=False)
        with self.assertRaises(TypeError):
            BillingSystem(self.place / "none", colour="red")
        self.assertFalse((self.place / "none").exists())

    def test_a_ledger_is_shared_until_the_last_one_closes_it(self):
        again = BillingSystem(str(self.data), now=datetime.datetime(2025, 1, 10, 9, tzinfo=datetime.timezone.utc))
        with self.assertRaisesRegex(UsageError, "other settings"):
            BillingSystem(self.data, actor="somebody else")
        self.book.close()
        self.book.close()
        with self.assertRaisesRegex(UsageError, "closed"):
            self.book.list_invoices()
        self.assertEqual(again.list_invoices(), [])
        again.close()


if __name__ == "__main__":
    unittest.main()
