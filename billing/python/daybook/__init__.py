# SPDX-License-Identifier: MIT
"""Daybook from Python: an append-only billing ledger, encrypted and hash-chained, behind the billing API.

    from daybook import BillingSystem, SubscriptionTier

    with BillingSystem("./data/billing") as billing:
        billing.create_subscription("user_123", SubscriptionTier.PRO, payment_method="pm_card_visa")
        invoice = billing.generate_invoice("user_123")
        payment = billing.process_payment("user_123", invoice["amount_due"])

It needs libdaybook.so and nothing else; DAYBOOK_LIBRARY names it where it is not found by itself.
"""
from .billing import BillingSystem, PaymentStatus, SubscriptionTier
from .errors import (BillingError, Code, ConflictError, IncompleteError, InsufficientFundsError, InvalidError,
                     LimitError, NotFoundError, PaymentError, RefusedError, RolledBackError, StorageError,
                     SubscriptionError, SubscriptionNotFoundError, TamperedError, UsageError)
from .ledger import UsageAlert
from .library import VERSION as __version__
from .values import Amount
from .webhooks import BillingWebhookHandler

__all__ = [
    "Amount", "BillingError", "BillingSystem", "BillingWebhookHandler", "Code", "ConflictError", "IncompleteError",
    "InsufficientFundsError", "InvalidError", "LimitError", "NotFoundError", "PaymentError", "PaymentStatus",
    "RefusedError", "RolledBackError", "StorageError", "SubscriptionError", "SubscriptionNotFoundError",
    "SubscriptionTier", "TamperedError", "UsageAlert", "UsageError", "__version__",
]
