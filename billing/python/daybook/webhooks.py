# SPDX-License-Identifier: MIT
"""What Stripe sends by itself: is it genuine, and what does it say."""
from __future__ import annotations

from typing import Any, Dict, Optional, Union

from .billing import BillingSystem, Time
from .errors import InvalidError
from .ledger import check_webhook
from .values import argument


def _stripes_name(name: str) -> str:
    """The billing API's document has another name for an event of Stripe's."""
    plain = str(name)
    return "payment_intent.payment_failed" if plain == "payment_intent.failed" else plain


class EventType(str):
    """The name of an event as it was sent, equal to Stripe's and to the document's spelling of it."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and _stripes_name(self) == _stripes_name(other)

    def __ne__(self, other: object) -> bool:
        return not self == other


class BillingWebhookHandler:
    """Takes Stripe's messages for a program that has a web server of its own.

    stripe_webhook_secret is the endpoint's "whsec_...", or several, one a line, of which one that is being
    replaced has "until 2026-12-31T00:00:00Z" behind it. With a BillingSystem each message is kept in its
    ledger and done there, once, however often Stripe sends it: payments are settled, invoices marked as paid,
    subscriptions changed. Without one it is only verified and read, and what follows is the program's.
    """

    def __init__(self, stripe_webhook_secret: str, billing: Optional[BillingSystem] = None, *,
                 now: Optional[Time] = None) -> None:
        """now: what a message's age is measured by without a BillingSystem, for tests."""
        self._secrets = stripe_webhook_secret
        self._billing = billing
        self._now = argument(now)

    def verify_and_parse(self, payload: Union[bytes, str], sig_header: Optional[str]) -> Dict[str, Any]:
        """The event: its id, its type and, as data, the object that it is about in Stripe's shape; with a
        BillingSystem also what became of it (outcome, what, transaction_id). payload is the body exactly as it
        came. ValueError (InvalidError): it is not genuine, too old or no event; answer 400. StorageError: it
        could not be kept; answer 503, and Stripe sends it again."""
        if sig_header is None:
            raise InvalidError("the message has no header Stripe-Signature")
        body = payload.encode() if isinstance(payload, str) else bytes(payload)
        if self._billing is None:
            told = check_webhook(body, sig_header, self._secrets, self._now)
            made = {name: told[name] for name in ("event_id", "type", "data")}
        else:
            made = self._billing.take_webhook(body, sig_header, self._secrets)
        return {**made, "id": made["event_id"], "type": EventType(made["type"])}
