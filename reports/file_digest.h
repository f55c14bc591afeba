/* SPDX-License-Identifier: MIT */
/* file_digest.h - the SHA-256 of a file, however large. */
#ifndef DAYBOOK_REPORTS_FILE_DIGEST_H
#define DAYBOOK_REPORTS_FILE_DIGEST_H

#include "ledger/store.h"

/* A link is not followed. */
enum err file_digest(struct hash *sha256, uint64_t *bytes, const char *path, struct error *e) MUST_USE;

#endif
