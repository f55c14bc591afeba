/* SPDX-License-Identifier: MIT */
/* rsa_key.h - RSA signatures with SHA-1 and PKCS #1 v1.5 padding (RFC 8017, section 8.2), which Portugal's
 * tax office wants of documents. The same key and text give the same signature. What they keep apart is kept
 * by the ledger's own chain; SHA-1 stands here because a law names it, and must serve nothing else. */
#ifndef DAYBOOK_LEDGER_STORE_RSA_KEY_H
#define DAYBOOK_LEDGER_STORE_RSA_KEY_H

#include "ledger/base.h"

struct rsa_key;
/* A private key in PEM, of a file that nobody else may read; `from` opens it where it is protected as key
 * files of ours are. ERR_INVALID: it holds no RSA key of at least 1,024 bits. */
enum err rsa_key_open(struct rsa_key **out, const char *path, const struct passphrase_source *from,
                      struct error *e) MUST_USE;
void rsa_key_close(struct rsa_key *k); /* accepts NULL */

/* In base64. */
enum err rsa_key_sign(struct str *out, const struct rsa_key *k, struct str text, struct arena *a,
                      struct error *e) MUST_USE;

/* ERR_INVALID: the text is no public RSA key of at least 1,024 bits in PEM. */
enum err rsa_public_check(struct str pem, struct error *e) MUST_USE;
/* Is it the signature, in base64, of that text by the key that belongs to the public one? */
bool rsa_is_signed(struct str pem, struct str text, struct str signature);

#endif
