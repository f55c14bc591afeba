/* SPDX-License-Identifier: MIT */
/* json_blank.h - importers' own: card data and personal data in what another program tells, which cannot be
 * refused without losing what it tells besides. */
#ifndef DAYBOOK_IMPORTERS_JSON_BLANK_H
#define DAYBOOK_IMPORTERS_JSON_BLANK_H

#include <jansson.h>

#include "ledger/ledger.h"

/* In every string, whole number and member's name of `root`, an object or a list, that holds a card number or
 * a security code - also one that its member's name makes one, as in {"cvv": "123"} - each digit becomes '*'.
 * What a gateway's names look like by chance does not count: without them nobody would know what is told of.
 * False: there was none, and nothing is changed. */
bool json_blank_card_data(json_t *root, struct arena *a) MUST_USE;

/* Every text within a member of `root` that Stripe's objects tell of a person by: names, addresses, telephone
 * numbers, tax ids, what is told to a bank in a dispute, and metadata but for ours. A message is kept in the
 * log for ever, and it belongs to nobody whose key could be destroyed. False: there was none. */
bool json_blank_personal(json_t *root) MUST_USE;

/* `root` as text without blanks, in the arena. */
struct str json_text_made(const json_t *root, struct arena *a);

#endif
