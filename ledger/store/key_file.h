/* SPDX-License-Identifier: MIT */
/* key_file.h - every file that holds a key is read and written here: the master key's, those that sign, and
 * whatever comes later. A file is in clear, or protected by a passphrase: ledger/FORMAT.md, "Key files and
 * rotation", says what it then holds. What is within is the same in both, byte for byte. */
#ifndef DAYBOOK_LEDGER_STORE_KEY_FILE_H
#define DAYBOOK_LEDGER_STORE_KEY_FILE_H

#include "ledger/base.h"

/* What a passphrase costs to try: 128 · n · r bytes of memory, p times. */
struct scrypt_cost {
    uint64_t n;
    uint32_t r, p;
};
extern const struct scrypt_cost key_file_cost; /* of what is written: 128 MiB, some 0.3 s */

/* A key file's content, opened if it is protected; the caller wipes it. The file's mode is checked as
 * secret_from_file does. ERR_INVALID: it is malformed, asks for more than LIMIT_SCRYPT_BYTES, or does not
 * open by the passphrase (of a wrong one and a changed file nobody can say which it is); or it is protected
 * and `from`, which may be NULL, gives none. Nothing of the content is ever told. */
enum err key_file_read(struct secret *out, const char *path, const struct passphrase_source *from,
                       struct error *e) MUST_USE;
/* The same of a file that is open, and of what a command printed: *s is what was read, and becomes what was
 * within. `what` names it when the passphrase is asked for. */
enum err key_file_read_open(struct secret *out, int fd, const char *what,
                            const struct passphrase_source *from, struct error *e) MUST_USE;
enum err key_content_open(struct secret *s, const char *what, const struct passphrase_source *from,
                          struct error *e) MUST_USE;

/* Makes a key file; protected, if `by` is not NULL, by a passphrase that is taken as a new one. ERR_REFUSED:
 * there is a file of that name. */
enum err key_file_make(const char *path, struct str content, const struct passphrase_source *by,
                       struct world w, struct error *e) MUST_USE;

/* Does it need a passphrase? No of what cannot be read. */
bool key_file_is_protected(const char *path);
/* Replaces a file by one with the same content that opens by the passphrase of `by`, or that is in clear.
 * `from` opens it if it is protected now. */
enum err key_file_protect(const char *path, const struct passphrase_source *from,
                          const struct passphrase_source *by, struct world w, struct error *e) MUST_USE;
enum err key_file_unprotect(const char *path, const struct passphrase_source *from, struct error *e) MUST_USE;

/* ---- the form, without files ---- */

bool key_text_is_protected(struct str text);
/* Randomness is the salt's and the nonce's. *out is a secret for the sake of its memory only. */
enum err key_text_protect(struct secret *out, struct str content, struct str passphrase,
                          const struct scrypt_cost *cost, struct world w, struct error *e) MUST_USE;
enum err key_text_open(struct secret *out, struct str text, struct str passphrase, struct error *e) MUST_USE;

#endif
