# SPDX-License-Identifier: MIT
"""Which members of answers are decimals, printed by tests/tools/python_decimals.py from what the ledger's
answers are made by. Not to be edited."""
from typing import Dict, FrozenSet

DECIMALS: FrozenSet[str] = frozenset((
    "adjustments", "amount", "amount_credited", "amount_due", "amount_offset", "amount_paid",
    "amount_refunded", "amount_remaining", "amount_written_off", "asked", "balance", "bank_amount", "below",
    "billed", "billed_quantity", "booked", "change_charge", "change_credit", "charge", "churn", "closing",
    "commitment", "completed", "contraction", "counts", "credit", "credit_amount", "credit_applied",
    "credit_balance", "credited", "d120_plus", "d1_30", "d31_60", "d61_90", "d91_120", "debit", "declined",
    "difference", "discount", "disputes", "expansion", "expected_breakage", "fees", "from_amount", "gateway",
    "gross", "here", "included", "lapsed", "ledger", "ledger_discount", "ledger_subtotal", "ledger_tax",
    "ledger_total", "left", "limit", "net", "new", "new_price", "not_due", "offset", "old", "old_price",
    "opened", "opening", "original", "outstanding", "overage", "overdue", "paid", "payments", "percent",
    "prepaid", "price", "processing", "prorated_charge", "quantity", "rate", "reactivation", "receivable",
    "recognised", "recorded", "refunded", "refunds", "remaining", "returned", "settled", "stripe_discount",
    "stripe_subtotal", "stripe_tax", "stripe_total", "subtotal", "tax", "tax_rate", "taxable",
    "taxable_base", "there", "threshold", "to_amount", "to_balance", "to_prepaid", "total", "unapplied",
    "unexplained", "unit_price", "unknown", "used", "voided", "wallet_applied", "wallet_returned",
    "would_be", "written_off",
))
# Of these calls they are texts.
TEXTS_OF: Dict[str, FrozenSet[str]] = {
    "catalog.diff": frozenset(["new", "old"]),
}
