# SPDX-License-Identifier: MIT
"""Exceptions: one class for each thing that a caller may want to do about a refusal.

Every one of them is a BillingError with the sentence that the ledger says (str), its code (see Code), the
code's word (kind: "refused", "not_found" ...), what narrows it (reason: "insufficient_funds", or "") and, of
payments that were declined or are not decided yet, the answer all the same (answer: the transaction).
"""
from __future__ import annotations

import enum
from typing import Any, Dict, Optional, Tuple, Type


class Code(enum.IntEnum):
    """What a call came to, by the numbers of daybook.h; they never change."""

    OK = 0
    REFUSED = 1  # the ledger's rules refuse this
    NOT_FOUND = 2
    CONFLICT = 3  # somebody else wrote first
    USAGE = 4  # called wrongly
    INVALID = 5  # the input is not valid
    LIMIT = 6  # the input exceeds a limit
    TAMPERED = 7  # the ledger is damaged or was tampered with
    ROLLED_BACK = 8  # the ledger is older than its anchor
    STORAGE = 9  # the disk is full, input or output failed
    DECLINED = 10  # the payment was declined
    INCOMPLETE = 11  # the outcome is not known


class BillingError(Exception):
    """Anything that the ledger did not do."""

    code: int = Code.REFUSED

    def __init__(self, message: str, code: Optional[int] = None, kind: str = "", reason: str = "",
                 answer: Any = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        self.kind = kind or Code(self.code).name.lower()
        self.reason = reason
        self.answer = answer

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (str(self), self.code, self.kind, self.reason, self.answer)


class RefusedError(BillingError):
    """The ledger's rules refuse this: somebody has a subscription already, a document is final ..."""


class SubscriptionError(RefusedError):
    """The rules of subscriptions refuse it."""


class PaymentError(BillingError):
    """A payment was declined, or the rules of payments and refunds refuse it; `reason` says which decline
    ("card_declined", "expired_card" ...), `answer` is the transaction if there is one."""

    code = Code.DECLINED


class InsufficientFundsError(PaymentError):
    """The customer's bank says that there is not enough money."""


class NotFoundError(BillingError, LookupError):
    """There is no such customer, tier, invoice, transaction ..."""

    code = Code.NOT_FOUND


class SubscriptionNotFoundError(SubscriptionError, NotFoundError):
    """There is no such subscription, or none to do that with."""

    code = Code.NOT_FOUND


class ConflictError(BillingError):
    """Somebody else wrote first: look again and decide again."""

    code = Code.CONFLICT


class UsageError(BillingError):
    """The call itself is wrong: no such call, a ledger that was closed ..."""

    code = Code.USAGE


class InvalidError(BillingError, ValueError):
    """The input is not valid; the sentence names what, where and why."""

    code = Code.INVALID


class LimitError(InvalidError):
    """The input exceeds a limit."""

    code = Code.LIMIT


class TamperedError(BillingError):
    """The ledger is damaged or was tampered with. Stop, and keep a copy of all of it."""

    code = Code.TAMPERED


class RolledBackError(TamperedError):
    """The ledger is older than its anchor remembers: a backup was put in its place, or its end was cut off."""

    code = Code.ROLLED_BACK


class StorageError(BillingError):
    """The disk is full, or input or output failed. Nothing is half done: do it again."""

    code = Code.STORAGE


class IncompleteError(BillingError):
    """The outcome is not known, or only a part was done; `answer` is what is known."""

    code = Code.INCOMPLETE


_CLASSES: Dict[int, Type[BillingError]] = {
    Code.REFUSED: RefusedError, Code.NOT_FOUND: NotFoundError, Code.CONFLICT: ConflictError,
    Code.USAGE: UsageError, Code.INVALID: InvalidError, Code.LIMIT: LimitError, Code.TAMPERED: TamperedError,
    Code.ROLLED_BACK: RolledBackError, Code.STORAGE: StorageError, Code.DECLINED: PaymentError,
    Code.INCOMPLETE: IncompleteError,
}
# What the rules refuse is told by whose rules they are.
_OF_NOUNS: Dict[Tuple[str, int], Type[BillingError]] = {
    ("subscription", Code.REFUSED): SubscriptionError,
    ("subscription", Code.NOT_FOUND): SubscriptionNotFoundError,
    ("payment", Code.REFUSED): PaymentError,
}


def error_of(words: str, code: int, kind: str, reason: str, message: str, answer: Any = None) -> BillingError:
    """The exception for what the call `words` came to."""
    noun = words.partition(".")[0]
    made = _OF_NOUNS.get((noun, code), _CLASSES.get(code, BillingError))
    if code == Code.DECLINED and reason == "insufficient_funds":
        made = InsufficientFundsError
    return made(message, code, kind, reason, answer)
