/* SPDX-License-Identifier: MIT */
/* token.h - billing's own: the text of an access token. "dbk_" and 48 digits of base64url (RFC 4648 section
 * 5): 32 random bytes, and four of a SHA-256 over them, so that one that was cut or misspelt is told from one
 * that is not, or no longer, known. Nothing but the SHA-256 of the text is kept: 256 random bits cannot be
 * guessed, so a hash made slow on purpose, as for passwords, would protect nothing more. */
#ifndef DAYBOOK_BILLING_TOKEN_H
#define DAYBOOK_BILLING_TOKEN_H

#include "ledger/ledger.h"

enum { TOKEN_PREFIX = 4, TOKEN_RANDOM = 32, TOKEN_CHECK = 4, TOKEN_DIGITS = 48, TOKEN_TEXT = 52 };

/* What somebody showed at a door. Its text is forgotten as soon as it was looked at. */
struct shown_token {
    enum { TOKEN_NOT_SHOWN, TOKEN_MISSPELT, TOKEN_SHOWN } form;
    struct hash sha256;
};

/* A new one: its text for the arena's owner to tell once and wipe, and the hash that is kept. */
struct str token_make(struct hash *sha256, struct world world, struct arena *a);
struct shown_token token_read(struct str text);
void token_wipe(struct bytes text); /* of memory that is ours, though it was handed on to be read only */

#endif
