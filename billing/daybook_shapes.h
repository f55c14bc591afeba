/* SPDX-License-Identifier: MIT */
/* daybook_shapes.h - billing's own: which member of an answer's JSON fills which member of a struct of
 * daybook.h. For daybook_calls.c and daybook_webhooks.c only; a member without a row stays "" and false. */
#ifndef DAYBOOK_BILLING_DAYBOOK_SHAPES_H
#define DAYBOOK_BILLING_DAYBOOK_SHAPES_H

#include "billing/daybook_private.h"

/* clang-format off */
#define SHAPE(name, type) \
    static const struct shape shape_##name = {sizeof(struct type), members_of_##name, \
                                              sizeof members_of_##name / sizeof members_of_##name[0]}
#define TEXT(field)               {#field, offsetof(struct OF, field), MEMBER_TEXT}
#define FLAG(field)               {#field, offsetof(struct OF, field), MEMBER_FLAG}
#define NUMBER(field)             {#field, offsetof(struct OF, field), MEMBER_NUMBER}

#define OF daybook_subscription
static const struct member members_of_subscription[] = {
    TEXT(subscription_id), TEXT(user_id), TEXT(tier), TEXT(status), TEXT(interval), TEXT(price),
    TEXT(currency), TEXT(start), TEXT(current_period_start), TEXT(current_period_end), TEXT(next_billing_date),
    FLAG(cancel_at_period_end), TEXT(cancel_on), TEXT(ended_on), TEXT(prorated_charge), TEXT(credit_amount),
    TEXT(old_tier), TEXT(change), TEXT(effective), TEXT(ends_on), TEXT(credit), TEXT(refunded), TEXT(credit_note),
};
SHAPE(subscription, daybook_subscription);
#undef OF

#define OF daybook_change
static const struct member members_of_change[] = {
    TEXT(date), TEXT(old_tier), TEXT(new_tier), TEXT(subscription_id),
};
SHAPE(change, daybook_change);
#undef OF

#define OF daybook_transaction
static const struct member members_of_transaction[] = {
    TEXT(transaction_id), TEXT(type), TEXT(status), TEXT(user_id), TEXT(date), TEXT(time), TEXT(description),
    TEXT(amount), TEXT(amount_refunded), TEXT(currency), TEXT(payment_id), TEXT(invoice_id), TEXT(gateway),
    TEXT(gateway_reference), TEXT(error), TEXT(error_code),
};
SHAPE(transaction, daybook_transaction);
#undef OF

#define OF daybook_payment_method
static const struct member members_of_payment_method[] = {
    TEXT(payment_method_id), TEXT(funding), TEXT(brand), TEXT(last4), NUMBER(number), NUMBER(exp_month),
    NUMBER(exp_year), FLAG(is_default),
};
SHAPE(payment_method, daybook_payment_method);
#undef OF

#define OF daybook_webhook
static const struct member members_of_webhook[] = {
    TEXT(webhook_id), TEXT(event_id), TEXT(type), TEXT(data), TEXT(outcome), TEXT(what), TEXT(transaction_id),
};
SHAPE(webhook, daybook_webhook);
#undef OF

#define OF daybook_usage
static const struct member members_of_usage[] = {TEXT(user_id), TEXT(tier), TEXT(period_start), TEXT(period_end)};
SHAPE(usage, daybook_usage);
#undef OF

#define OF daybook_usage_type
static const struct member members_of_usage_type[] = {
    TEXT(usage_type), TEXT(total), TEXT(limit), TEXT(unit_price), FLAG(unlimited), FLAG(over_limit), TEXT(model),
};
SHAPE(usage_type, daybook_usage_type);
#undef OF

#define OF daybook_entitlement
static const struct member members_of_entitlement[] = {
    TEXT(user_id), TEXT(feature), TEXT(kind), TEXT(limit), TEXT(used), TEXT(remaining), TEXT(text),
    TEXT(subscription_id), TEXT(reason), FLAG(allowed), FLAG(unlimited), FLAG(over_limit), FLAG(overage_billed),
};
SHAPE(entitlement, daybook_entitlement);
#undef OF

#define OF daybook_grant
static const struct member members_of_grant[] = {
    NUMBER(grant), TEXT(status), TEXT(amount), TEXT(left), TEXT(price), TEXT(currency), TEXT(scope), NUMBER(priority),
    TEXT(granted_on), TEXT(expires), TEXT(ended_on), TEXT(reason),
};
SHAPE(grant, daybook_grant);
#undef OF

#define OF daybook_invoice
static const struct member members_of_invoice[] = {
    TEXT(invoice_id), TEXT(invoice_number), TEXT(kind), TEXT(status), TEXT(user_id), TEXT(issue_date), TEXT(due_date),
    TEXT(paid_on), TEXT(subtotal), TEXT(tax), TEXT(total), TEXT(credit_applied), TEXT(amount_due), TEXT(amount_paid),
    TEXT(amount_remaining), TEXT(amount_refunded), TEXT(currency), FLAG(existing), TEXT(discount), TEXT(note),
    TEXT(wallet_applied), TEXT(wallet_returned),
};
SHAPE(invoice, daybook_invoice);
#undef OF

#define OF daybook_line_item
static const struct member members_of_line_item[] = {
    TEXT(description), TEXT(amount), TEXT(quantity), TEXT(unit_price), TEXT(service_from), TEXT(service_to),
    TEXT(kind), TEXT(tier), TEXT(usage_type), TEXT(discount), TEXT(tax), TEXT(tax_rate), TEXT(tax_category),
    FLAG(tax_inclusive),
};
SHAPE(line_item, daybook_line_item);
#undef OF

#define OF daybook_audit_entry
static const struct member members_of_audit_entry[] = {
    NUMBER(seq), TEXT(time), TEXT(user_id), TEXT(actor), TEXT(action), TEXT(result), TEXT(events), TEXT(subject),
};
SHAPE(audit_entry, daybook_audit_entry);
#undef OF

#define OF daybook_run
static const struct member members_of_run[] = {
    TEXT(through), TEXT(first_number), TEXT(last_number), NUMBER(candidates), NUMBER(invoiced), NUMBER(skipped),
    NUMBER(failed), NUMBER(payments_completed), NUMBER(payments_failed), NUMBER(payments_pending), NUMBER(files),
    NUMBER(pdfs), NUMBER(checks), FLAG(wrote_events),
};
SHAPE(run, daybook_run);
#undef OF

#define OF daybook_failure
static const struct member members_of_failure[] = {TEXT(user_id), TEXT(reason)};
SHAPE(failure, daybook_failure);
#undef OF

#define OF daybook_verification
static const struct member members_of_verification[] = {
    TEXT(origin), TEXT(root), TEXT(last_leaf), NUMBER(records), NUMBER(events), NUMBER(postings),
};
SHAPE(verification, daybook_verification);
#undef OF
#undef SHAPE
#undef TEXT
#undef FLAG
#undef NUMBER
/* clang-format on */

#endif
