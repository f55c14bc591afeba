# SPDX-License-Identifier: MIT
"""A ledger of the test's own, on a clock that stands still, and proven whole at the end of each test."""
import pathlib
import shutil
import tempfile
import unittest

from daybook import BillingSystem, SubscriptionTier

NOW = "2025-01-10T09:00:00Z"
ROOT = pathlib.Path(__file__).resolve().parents[3]


class BookTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.place = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.place)
        self.data = self.place / "data" / "billing"
        self.book = BillingSystem(self.data, now=NOW)
        self.addCleanup(self.verify)

    def verify(self):
        """Chain, tags, events, postings and views, as `daybook audit verify` does it."""
        self.book.close()
        with BillingSystem(self.data, create=False) as again:
            self.assertTrue(again.verify()["verified"])

    def subscriber(self, user="user_123", tier=SubscriptionTier.BASIC, token="pm_card_visa", **options):
        return self.book.create_subscription(user, tier, token, **options)
