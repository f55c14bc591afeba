/* SPDX-License-Identifier: MIT */
/* stripe_movement.c - see stripe_movement.h. */
#include "importers/stripe_movement.h"
#include "importers/json_text.h"
#include "importers/stripe_form.h"
#include "importers/stripe_shapes.h"

/* The reporting category where there is one, for it does not change; else the type. What stands in neither
 * table is told as it is, and somebody must say what it was. */
static const struct kind_word {
    const char *word;
    enum movement_kind kind;
} categories[] =
    {
        {"charge", MOVEMENT_PAYMENT},
        {"refund", MOVEMENT_REFUND},
        {"refund_failure", MOVEMENT_REFUND_RETURNED},
        {"charge_failure", MOVEMENT_DISPUTE}, /* of a debit that had been paid; else see stripe_finding.c */
        {"dispute", MOVEMENT_DISPUTE},
        {"dispute_reversal", MOVEMENT_DISPUTE_REVERSED},
        {"payout", MOVEMENT_PAYOUT},
        {"payout_reversal", MOVEMENT_PAYOUT},
        {"topup", MOVEMENT_TOPUP},
        {"topup_reversal", MOVEMENT_TOPUP},
        {"fee", MOVEMENT_FEE},
        {"network_cost", MOVEMENT_FEE},
        {"tax", MOVEMENT_FEE},
},
  types[] = {
      {"charge", MOVEMENT_PAYMENT},
      {"payment", MOVEMENT_PAYMENT},
      {"refund", MOVEMENT_REFUND},
      {"payment_refund", MOVEMENT_REFUND},
      {"refund_failure", MOVEMENT_REFUND_RETURNED},
      {"payment_failure_refund", MOVEMENT_DISPUTE},
      {"payout", MOVEMENT_PAYOUT},
      {"payout_cancel", MOVEMENT_PAYOUT},
      {"payout_failure", MOVEMENT_PAYOUT},
      {"topup", MOVEMENT_TOPUP},
      {"topup_reversal", MOVEMENT_TOPUP},
      {"stripe_fee", MOVEMENT_FEE},
      {"stripe_fx_fee", MOVEMENT_FEE},
      {"tax_fee", MOVEMENT_FEE},
};

static bool find_kind(enum movement_kind *out, const struct kind_word *words, size_t count, struct str word)
{
    for (size_t i = 0; i < count; i++) {
        if (!str_is(word, words[i].word)) continue;
        *out = words[i].kind;
        return true;
    }
    return false;
}

static enum movement_kind kind_of(const json_t *txn)
{
    enum movement_kind kind = MOVEMENT_OTHER;
    struct str category = json_text_of(txn, "reporting_category");
    if (category.len > 0)
        (void)find_kind(&kind, categories, sizeof categories / sizeof categories[0], category);
    else
        (void)find_kind(&kind, types, sizeof types / sizeof types[0], json_text_of(txn, "type"));
    return kind;
}

static enum err money_member(struct money *out, const json_t *object, const char *name, struct error *e)
{
    const json_t *amount = json_object_get(object, name);
    if (!json_is_integer(amount))
        return fail(e, ERR_INVALID, "a movement of Stripe's balance has no %s", name);
    return stripe_money(out, json_integer_value(amount), json_text_of(object, "currency"), e);
}

/* Of a payment in euros that is paid out in dollars the balance has dollars, and its charge has euros. */
static enum err asked_amount(struct balance_movement *out, const json_t *source, struct error *e)
{
    struct money asked = {0};
    out->amount = out->settled;
    if (!json_is_integer(json_object_get(source, "amount")) || out->settled.minor == 0) return OK;
    enum err err = money_member(&asked, source, "amount", e);
    if (err != OK || money_same_currency(asked, out->settled)) return err;
    bool same_sign = (asked.minor < 0) == (out->settled.minor < 0);
    out->amount = same_sign ? asked : money_negate(asked);
    return OK;
}

enum err stripe_movement_read(struct balance_movement *out, const json_t *txn, const json_t *source,
                              struct arena *a, struct error *e)
{
    struct str id = json_text_of(txn, "id"), name = json_id_of(txn, "source");
    *out = (struct balance_movement){.kind = kind_of(txn)};
    bool is_one = str_is(json_text_of(txn, "object"), "balance_transaction") && stripe_id_is_one(id);
    out->at = stripe_time_of(txn, "created");
    if (!is_one || !instant_is_given(out->at))
        return fail(e, ERR_INVALID, "a movement of Stripe's balance is none");
    out->reference = str_copy(a, id);
    if (stripe_id_is_one(name)) out->source = str_copy(a, name);
    enum err err = money_member(&out->settled, txn, "amount", e);
    if (err == OK) err = money_member(&out->fee, txn, "fee", e);
    return err == OK ? asked_amount(out, source, e) : err;
}

/* ---- refunds ---- */

bool stripe_refund_read(struct refund_note_command *out, const json_t *refund, struct arena *a)
{
    struct str id = json_text_of(refund, "id"), status = json_text_of(refund, "status"),
               reason = json_text_of(refund, "reason");
    struct error unused = {0};
    bool paid = str_is(status, "succeeded"),
         waits = str_is(status, "pending") || str_is(status, "requires_action");
    *out = (struct refund_note_command){.outcome = paid    ? PAYMENT_SUCCEEDED
                                                   : waits ? PAYMENT_PROCESSING
                                                           : PAYMENT_DECLINED,
                                        .reason = STR("made at Stripe")};
    if (!stripe_id_is_one(id) || money_member(&out->amount, refund, "amount", &unused) != OK) return false;
    if (reason.len > 0 && reason.len <= LIMIT_CODE_BYTES && text_is_printable(reason))
        out->reason = str_format(a, "made at Stripe: %.*s", STR_ARG(reason));
    out->gateway_reference = str_copy(a, id);
    return paid || waits;
}

/* ---- disputes ---- */

static bool read_status(enum dispute_status *out, struct str status)
{
    static const struct {
        const char *word;
        enum dispute_status status;
    } words[] = {
        {"warning_needs_response", DISPUTE_INQUIRY},
        {"warning_under_review", DISPUTE_INQUIRY},
        {"warning_closed", DISPUTE_CLOSED},
        {"needs_response", DISPUTE_NEEDS_RESPONSE},
        {"under_review", DISPUTE_UNDER_REVIEW},
        {"won", DISPUTE_WON},
        {"lost", DISPUTE_LOST},
        {"prevented", DISPUTE_CLOSED},
        {"charge_refunded", DISPUTE_CLOSED},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!str_is(status, words[i].word)) continue;
        *out = words[i].status;
        return true;
    }
    return false;
}

enum err stripe_dispute_read(struct dispute_note_command *out, const json_t *dispute, struct arena *a,
                             struct error *e)
{
    struct str id = json_text_of(dispute, "id"), reason = json_text_of(dispute, "reason");
    *out = (struct dispute_note_command){.gateway = STR("stripe")};
    if (!stripe_id_is_one(id) || !read_status(&out->status, json_text_of(dispute, "status")))
        return fail(e, ERR_INVALID, "a dispute of Stripe's is none, or stands in a way that is not known");
    out->gateway_reference = str_copy(a, id);
    if (reason.len <= LIMIT_CODE_BYTES && text_is_printable(reason)) out->reason = str_copy(a, reason);
    out->respond_by = stripe_time_of(json_object_get(dispute, "evidence_details"), "due_by");
    out->as_of = stripe_time_of(dispute, "created");
    return money_member(&out->amount, dispute, "amount", e);
}
