/* SPDX-License-Identifier: MIT */
/* stripe_cards.c - Stripe's test cards and test accounts, and what the bank says of them. Source: Stripe's
 * documentation of testing and of decline codes. */
#include "tests/lib/stripe_inside.h"

static const struct ss_decline declines[] = {
    {"generic_decline", "card_declined", "generic_decline", "try_again_later", "05",
     "Your card was declined."},
    {"insufficient_funds", "card_declined", "insufficient_funds", "try_again_later", "51",
     "Your card has insufficient funds."},
    {"lost_card", "card_declined", "lost_card", "do_not_try_again", "41", "Your card was declined."},
    {"stolen_card", "card_declined", "stolen_card", "do_not_try_again", "43", "Your card was declined."},
    {"do_not_honor", "card_declined", "do_not_honor", "try_again_later", "05", "Your card was declined."},
    {"fraudulent", "card_declined", "fraudulent", "do_not_try_again", "59", "Your card was declined."},
    {"card_velocity_exceeded", "card_declined", "card_velocity_exceeded", "try_again_later", "61",
     "Your card was declined for making repeated attempts too frequently or exceeding its amount limit."},
    {"expired_card", "expired_card", "expired_card", "confirm_card_data", "54", "Your card has expired."},
    {"incorrect_cvc", "incorrect_cvc", "incorrect_cvc", "confirm_card_data", "N7",
     "Your card's security code is incorrect."},
    {"processing_error", "processing_error", "processing_error", "try_again_later", "96",
     "An error occurred while processing your card. Try again in a little bit."},
    {"authentication_required", "authentication_required", "authentication_required", NULL, "1A",
     "Your card was declined. This transaction requires authentication."},
    {"payment_intent_authentication_failure", "payment_intent_authentication_failure", NULL, NULL, NULL,
     "The provided PaymentMethod has failed authentication."},
    {"account_closed", "account_closed", NULL, NULL, "R02", "The customer's bank account has been closed."},
    {"no_account", "no_account", NULL, NULL, "R03", "The customer's bank account could not be located."},
    {"bank_insufficient_funds", "insufficient_funds", NULL, NULL, "R01",
     "The customer's account has insufficient funds to cover this payment."},
};

#define CARD(name, brand, last4, funding, decline, trait, attaches)             \
    {                                                                           \
        "pm_card_" name, brand, last4, funding, decline, trait, attaches, false \
    }
#define BANK(name, last4, decline, trait)                                                           \
    {                                                                                               \
        "pm_usBankAccount_" name, "STRIPE TEST BANK", last4, "checking", decline, trait, true, true \
    }

static const struct ss_token tokens[] = {
    CARD("visa", "visa", "4242", "credit", NULL, SS_PAYS, true),
    CARD("visa_debit", "visa", "5556", "debit", NULL, SS_PAYS, true),
    CARD("mastercard", "mastercard", "4444", "credit", NULL, SS_PAYS, true),
    CARD("mastercard_debit", "mastercard", "3222", "debit", NULL, SS_PAYS, true),
    CARD("amex", "amex", "8431", "credit", NULL, SS_PAYS, true),
    CARD("chargeCustomerFail", "visa", "0341", "credit", "generic_decline", SS_PAYS, true),
    CARD("chargeDeclined", "visa", "0002", "credit", "generic_decline", SS_PAYS, false),
    CARD("chargeDeclinedInsufficientFunds", "visa", "9995", "credit", "insufficient_funds", SS_PAYS, false),
    CARD("chargeDeclinedLostCard", "visa", "9987", "credit", "lost_card", SS_PAYS, false),
    CARD("chargeDeclinedStolenCard", "visa", "9979", "credit", "stolen_card", SS_PAYS, false),
    CARD("chargeDeclinedExpiredCard", "visa", "0069", "credit", "expired_card", SS_PAYS, false),
    CARD("chargeDeclinedIncorrectCvc", "visa", "0127", "credit", "incorrect_cvc", SS_PAYS, false),
    CARD("chargeDeclinedProcessingError", "visa", "0119", "credit", "processing_error", SS_PAYS, false),
    CARD("chargeDeclinedVelocityLimitExceeded", "visa", "6975", "credit", "card_velocity_exceeded", SS_PAYS,
         false),
    CARD("authenticationRequired", "visa", "3184", "credit", NULL, SS_NEEDS_ACTION, true),
    CARD("createDispute", "visa", "0259", "credit", NULL, SS_DISPUTED, true),
    BANK("success", "6789", NULL, SS_PAYS),
    BANK("processing", "9991", NULL, SS_STAYS),
    BANK("accountClosed", "1113", "account_closed", SS_PAYS),
    BANK("noAccount", "1116", "no_account", SS_PAYS),
    BANK("insufficientFunds", "2227", "bank_insufficient_funds", SS_PAYS),
};

/* Stripe's own names say "pm_card_visa_chargeDeclined"; the shorter ones are in use, too. */
const struct ss_token *ss_token(const char *name)
{
    static const char card[] = "pm_card_", charge[] = "visa_charge";
    const char *tail = name;
    if (strncmp(name, card, sizeof card - 1) == 0) tail = name + sizeof card - 1;
    if (tail != name && strncmp(tail, charge, sizeof charge - 1) == 0) tail += sizeof "visa_" - 1;
    for (size_t i = 0; i < SS_LENGTH(tokens); i++) {
        const char *known = tokens[i].token;
        if (tail != name && !tokens[i].bank) known += sizeof card - 1;
        if (strcmp(known, tail) == 0) return &tokens[i];
    }
    return NULL;
}

const struct ss_decline *ss_decline(const char *name)
{
    for (size_t i = 0; name != NULL && i < SS_LENGTH(declines); i++)
        if (strcmp(declines[i].name, name) == 0) return &declines[i];
    return NULL;
}
