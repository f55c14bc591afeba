# SPDX-License-Identifier: MIT
"""BillingSystem: subscriptions, payments, usage and invoices of one ledger, by the calls of the billing API."""
from __future__ import annotations

import datetime
import enum
import inspect
import os
import weakref
from typing import Any, Callable, Dict, List, Mapping, Optional, Union

from .errors import IncompleteError, PaymentError, UsageError
from .ledger import Ledger, UsageAlert
from .values import UNLIMITED, Amount, Number, argument, decimal_of

Day = Union[str, datetime.date]
Time = Union[str, datetime.datetime]
Path = Union[str, "os.PathLike[str]"]
Answer = Dict[str, Any]


class _Word(str, enum.Enum):
    """A word of the ledger's: equal to the plain text, and printed as it."""

    def __str__(self) -> str:
        return str(self.value)

    def __format__(self, format_spec: str) -> str:
        return format(str(self), format_spec)


class SubscriptionTier(_Word):
    """The tiers of the example catalog. Another catalog has others: their codes are given as texts."""

    FREE = "free"
    BASIC = "basic"
    PRO = "pro"
    ENTERPRISE = "enterprise"


class PaymentStatus(_Word):
    """How a payment or refund stands."""

    PENDING = "pending"  # asked of the gateway; how it ends is not known yet
    COMPLETED = "completed"
    FAILED = "failed"
    REFUNDED = "refunded"
    PARTIALLY_REFUNDED = "partially_refunded"


Tier = Union[SubscriptionTier, str]


def _transaction(answer: Mapping[str, Any]) -> Answer:
    return {**answer, "status": PaymentStatus(answer["status"])}


def _days(start: Optional[Day], end: Optional[Day]) -> Answer:
    return {"from": start, "to": end}


def _watcher(callback: Callable[..., Any]) -> Callable[[UsageAlert], Any]:
    """A callback that can be called without an argument is."""
    try:
        inspect.signature(callback).bind()
    except TypeError:
        return callback
    except ValueError:  # of some built-in functions nobody knows what they take
        return callback
    return lambda alert: callback()


class BillingSystem:
    """The ledger in a directory; made there, with the tiers of the example catalog, if there is none.

    Amounts and quantities come as Decimals and may be given as Decimal, int, text or float; a float is taken
    by its shortest decimal text. Dates are "2025-01-31" or datetime.date, times "2025-01-31T12:00:00Z" or
    datetime.datetime with a time zone. What a call answers is durable. Any thread may call: calls of one
    ledger wait for each other, and Ctrl-C is heard when the call at hand is done. Other processes may have it
    open too; a forked one opens it itself.

    The key is in the file DATA_DIR.key: keep a copy, for without it nobody can read the ledger. Keyword
    arguments are the members of struct daybook_options: key_file, now, actor, token_file, stripe_key_file ...
    Without a Stripe key the simulator pays, and says so as "gateway" in each transaction.

    The writing calls take an idempotency_key: the same key with the same call again, as after a time-out or
    Ctrl-C, gives the first answer again and does nothing. Their further keyword arguments are the options of
    the command that they stand for (see call).
    """

    def __init__(self, data_dir: Path, *, create: bool = True, **settings: Any) -> None:
        """create=False: NotFoundError where there is no ledger."""
        ledger = Ledger.share(data_dir, settings, create)
        self._shared = ledger
        self._release = weakref.finalize(self, ledger.release)

    @property
    def _ledger(self) -> Ledger:
        if not self._release.alive:
            raise UsageError("the ledger is closed")
        return self._shared

    def close(self) -> None:
        """Closes the ledger, if nobody else in this process has it open. May be called again."""
        self._release()

    def __enter__(self) -> BillingSystem:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    # ---- any call

    def call(self, words: str, /, *, idempotency_key: Optional[str] = None, **arguments: Any) -> Any:
        """Whatever `daybook` does with a ledger, by its words: call("invoice.list", status="open"). Arguments
        and options are those of `daybook help`, with _ for -; None is an option not given. The answer is a
        dict, or a list of them: amounts, prices, rates and quantities are Decimals, what there is not is
        None."""
        return self._ledger.call(words, arguments, idempotency_key)

    def set_now(self, now: Optional[Time] = None) -> None:
        """The ledger's clock stands still at `now`, for tests; None gives the system's clock back."""
        self._ledger.set_now(argument(now))

    def _one(self, words: str, **arguments: Any) -> Answer:
        made: Answer = self.call(words, **arguments)
        return made

    def _rows(self, words: str, **arguments: Any) -> List[Answer]:
        made: List[Answer] = self.call(words, **arguments)
        return made

    # ---- subscriptions

    def create_subscription(self, user_id: str, tier: Tier, payment_method: Optional[str] = None,
                            **options: Any) -> Answer:
        """Starts a subscription by the month from today, or as `options` say (interval="year", price=...); an
        unknown user becomes a customer. ValueError: a paid tier without a payment method.
        SubscriptionError: there is one already."""
        return self._one("subscription.create", user=user_id, tier=tier, payment_method=payment_method, **options)

    def update_subscription(self, user_id: str, new_tier: Tier, **options: Any) -> Answer:
        """Changes the tier today, prorated by day. What that comes to is prorated_charge or credit_amount, an
        item of the next invoice."""
        return self._one("subscription.update", user=user_id, tier=new_tier, **options)

    def cancel_subscription(self, user_id: str, immediate: bool = False, **options: Any) -> bool:
        """Ends it with its period, or today with a refund of the unused part, as far as it was paid."""
        self.call("subscription.cancel", user=user_id, immediate=immediate, **options)
        return True

    def get_subscription(self, user_id: str) -> Answer:
        """The newest, also one that has ended. SubscriptionError: there never was one."""
        return self._one("subscription.show", user=user_id)

    def get_subscription_history(self, user_id: str) -> List[Answer]:
        """Changes of tier, oldest first; old_tier is None before the first."""
        return self._rows("subscription.history", user=user_id)

    # ---- payments

    def process_payment(self, user_id: str, amount: Number, currency: Optional[str] = None,
                        description: Optional[str] = None, **options: Any) -> Answer:
        """Charges the default payment method; the money pays open invoices, oldest first, and the rest becomes
        credit. currency None: the customer's.

        The answer is the transaction. Its status is COMPLETED; PENDING when the outcome is not known yet (the
        next run settles it: do not charge again); FAILED when only the customer can go on, as without a
        payment method or when his bank wants to hear from himself; then "error" says why. A bank's no is an
        exception: InsufficientFundsError, or PaymentError for any other."""
        try:
            made = self._one("payment.charge", user=user_id, amount=decimal_of(amount), currency=currency,
                             description=description, **options)
        except IncompleteError as why:
            return self._undecided(why)
        except PaymentError as why:
            if why.reason == "no_payment_method":
                return {"transaction_id": None, "status": PaymentStatus.FAILED, "user_id": user_id,
                        "amount": Amount(decimal_of(amount)), "currency": currency,
                        "description": description, "error": str(why), "error_code": why.reason}
            if why.answer is not None and why.answer.get("action_required"):
                return _transaction(why.answer)
            raise
        return _transaction(made)

    @staticmethod
    def _undecided(why: IncompleteError) -> Answer:
        if why.answer is None:
            raise why
        return {**_transaction(why.answer), "error": why.answer.get("error") or str(why)}

    def process_refund(self, transaction_id: str, amount: Optional[Number] = None, reason: Optional[str] = None,
                       **options: Any) -> Answer:
        """Gives a payment back, in part or (amount None) all that is left of it. PaymentError: that is more
        than is left."""
        try:
            return _transaction(self._one("payment.refund", transaction=transaction_id, reason=reason,
                                          amount=None if amount is None else decimal_of(amount), **options))
        except IncompleteError as why:
            return self._undecided(why)

    def list_transactions(self, user_id: Optional[str] = None, start_date: Optional[Day] = None,
                          end_date: Optional[Day] = None, limit: Optional[int] = None) -> List[Answer]:
        """Newest first; both days are inclusive. user_id None: everybody's."""
        rows = self._rows("payment.list", user=user_id, limit=limit, **_days(start_date, end_date))
        return [_transaction(row) for row in rows]

    def store_transaction(self, transaction_data: Mapping[str, Any], **options: Any) -> Answer:
        """Keeps a transaction that was made elsewhere, encrypted as everything is; no balance changes. Members
        are user_id, amount (negative: money out), currency, description, transaction_id (its id there) and
        date (the time)."""
        names = {"user_id": "user", "transaction_id": "reference", "date": "at"}
        data = {names.get(name, name): value for name, value in transaction_data.items()}
        return _transaction(self._one("transaction.store", **data, **options))

    def add_payment_method(self, user_id: str, payment_method_token: str, is_default: bool = False,
                           **options: Any) -> Answer:
        """Keeps a gateway's token. Card numbers and security codes are refused, here as everywhere."""
        return self._one("payment-method.add", user=user_id, token=payment_method_token, default=is_default,
                         **options)

    def list_payment_methods(self, user_id: str) -> List[Answer]:
        """With last4, exp_month and exp_year, where they have such."""
        return self._rows("payment-method.list", user=user_id)

    def remove_payment_method(self, user_id: str, payment_method_id: str, **options: Any) -> bool:
        """By token or number."""
        self.call("payment-method.remove", user=user_id, method=payment_method_id, **options)
        return True

    # ---- usage

    def record_usage(self, user_id: str, usage_type: str, amount: Number, at: Optional[Time] = None,
                     event_id: Optional[str] = None, **options: Any) -> Answer:
        """Counts a reading. An event_id counts once, for ever: sent again, the answer's "duplicate" is True."""
        return self._one("usage.record", user=user_id, usage_type=usage_type, amount=decimal_of(amount), at=at,
                         event_id=event_id, **options)

    def get_usage(self, user_id: str) -> Dict[str, Amount]:
        """By usage type what was used in the current period, and as TYPE_limit what the tier includes of it;
        infinite where it sets no limit."""
        usage: Dict[str, Amount] = {}
        for row in self._one("usage.show", user=user_id)["usage"]:
            limited = isinstance(row["limit"], Amount) and not row["unlimited"]
            usage[row["usage_type"]] = row["total"]
            usage[f"{row['usage_type']}_limit"] = row["limit"] if limited else UNLIMITED
        return usage

    def set_usage_alert(self, user_id: str, usage_type: str, threshold: Number,
                        callback: Optional[Callable[..., Any]] = None) -> None:
        """Fires once a period, when the total reaches the threshold: a quantity, or a part of the quota
        ("80%"). The alert is kept in the ledger; the callback lives as long as the ledger is open here, and is
        called, with a UsageAlert if it needs an argument, by the call that records the usage, before that
        returns. It may call the ledger. What it raises goes to sys.unraisablehook: the usage is recorded."""
        percent = isinstance(threshold, str) and threshold.endswith("%")
        told = threshold if percent else format(decimal_of(threshold), "f")
        self._ledger.watch(user_id, usage_type, str(told), None if callback is None else _watcher(callback))

    # ---- invoices

    def generate_invoice(self, user_id: str, **options: Any) -> Answer:
        """Invoices all that is due today. When nothing is, the answer is the current period's invoice, with
        "existing". Nothing is charged: see process_payment."""
        return self._one("invoice.generate", user=user_id, **options)

    def get_invoice(self, invoice_id: str) -> Answer:
        """By id or number, with its line_items."""
        return self._one("invoice.show", invoice=invoice_id)

    def list_invoices(self, user_id: Optional[str] = None, limit: Optional[int] = None,
                      status: Optional[str] = None) -> List[Answer]:
        """Newest first, without their lines. user_id None: everybody's; status: open, paid, partially_paid,
        void or uncollectible."""
        return self._rows("invoice.list", user=user_id, limit=limit, status=status)

    def generate_invoice_pdf(self, invoice_id: str, output_path: Path) -> str:
        """Writes the PDF, whole or not at all, and answers its path."""
        self.call("invoice.pdf", invoice=invoice_id, output=output_path)
        return os.fspath(output_path)

    def add_invoice_item(self, user_id: str, description: str, amount: Number, currency: Optional[str] = None,
                         **options: Any) -> Answer:
        """Onto the next invoice; a negative amount is a credit."""
        return self._one("invoice.add-item", user=user_id, description=description, amount=decimal_of(amount),
                         currency=currency, **options)

    # ---- what Stripe sends

    def take_webhook(self, payload: bytes, signature: str, secrets: str) -> Answer:
        """One message of Stripe's, for BillingWebhookHandler: verified, kept, done."""
        return self._ledger.handle_webhook(payload, signature, secrets)

    # ---- records and batches

    def export_billing_data(self, user_id: str, format: str = "csv", output_path: Optional[Path] = None,
                            start_date: Optional[Day] = None, end_date: Optional[Day] = None) -> Answer:
        """All that was billed to and paid by a customer, as a file; both days are inclusive."""
        if output_path is None:
            raise UsageError("export_billing_data needs the file that it writes, output_path")
        return self._one("export", user=user_id, format=format, output=output_path,
                         **_days(start_date, end_date))

    def get_audit_logs(self, user_id: Optional[str] = None, start_date: Optional[Day] = None,
                       end_date: Optional[Day] = None) -> List[Answer]:
        """Who did what when, and how it ended; oldest first, both days (UTC) inclusive."""
        rows = self._rows("audit.log", user=user_id, **_days(start_date, end_date))
        return [{**row, "timestamp": row["time"]} for row in rows]

    def run_nightly(self, through: Day, output_dir: Optional[Path] = None, dry_run: bool = False,
                    **options: Any) -> Answer:
        """The nightly batch: bills everybody through the date, collects, and writes PDFs, CSV files and a
        manifest. A second run writes no event and the same files. IncompleteError, with the answer: some
        customers could not be billed."""
        return self._one("run", through=through, out=output_dir, dry_run=dry_run, **options)

    def verify(self) -> Answer:
        """Chain, Merkle root, every tag and event, postings and views. TamperedError says what does not fit."""
        return self._one("audit.verify")
