/* SPDX-License-Identifier: MIT */
/* messages.h - what Stripe sends by itself, signed as it signs and brought to the endpoint. */
#ifndef DAYBOOK_TESTS_IMPORTERS_MESSAGES_H
#define DAYBOOK_TESTS_IMPORTERS_MESSAGES_H

#include "tests/importers/bank.h"

/* The endpoint, with nobody to ask; the secret must live as long as it. */
struct webhook_door door_of(struct bank *b, struct webhook_secret *secret);
struct str signature_of(struct bank *b, struct str body);

/* Brings a message there, which may be refused; g NULL: there is nobody to ask. */
enum err hear(struct webhook *out, struct bank *b, struct str body, const struct gateway *g, struct error *e);
/* The same of one that is taken: with nobody to ask, or with the bank's gateway. */
struct webhook deliver(struct bank *b, const char *body);
struct webhook deliver_asking(struct bank *b, const char *body);

void assert_outcome(struct webhook w, enum webhook_outcome wanted);
/* It neither waits nor asks for somebody. */
void assert_settled(struct webhook w);

/* All that the server has to tell, oldest first; and the last one of a type. */
char **events_of(struct bank *b, size_t *count);
const char *event_of_type(struct bank *b, const char *type);

#endif
