/* SPDX-License-Identifier: MIT */
/* time_stamp.h - time stamps (RFC 3161): an authority signs that it saw a hash at a time. Requests and
 * answers are DER, made and checked by OpenSSL; how they travel is for others. */
#ifndef DAYBOOK_LEDGER_STORE_TIME_STAMP_H
#define DAYBOOK_LEDGER_STORE_TIME_STAMP_H

#include "ledger/store/note.h"

/* What is asked, and what an answer must be about. */
struct time_stamp_query {
    struct hash imprint; /* SHA-256 of what is stamped */
    uint64_t nonce; /* by chance: an older answer does not fit; 0: not asked for, as of a stored answer */
};
/* What a time stamp of a checkpoint is about: SHA-256 of the note as its log signed it, that is text, empty
 * line and the signature lines whose name is the origin, the text's first line; those of witnesses come later
 * and count for nothing. ERR_INVALID: it is no note, or has no such line. */
enum err time_stamp_imprint(struct hash *out, struct str note, struct arena *a, struct error *e) MUST_USE;
/* Whether a file holds certificates by which answers can be checked. */
enum err time_stamp_certificates(const char *path, struct error *e) MUST_USE;
/* A request that wants the authority's certificate in the answer. */
enum err time_stamp_request(struct bytes *out, const struct time_stamp_query *q, struct arena *a,
                            struct error *e) MUST_USE;

struct time_stamp {
    struct instant at;
    struct str authority; /* whom the certificate in it is of, "CN=…,O=…"; "": it tells nobody */
    bool is_certified;    /* the certificate was checked */
};
/* An answer: is it one token, about this hash, of this request? With a file of certificates also: did one of
 * them, or one that they lead to, sign it, and was it valid at the time that it tells? NULL: whoever signed
 * it is not looked at. ERR_INVALID: it is no answer, or the file is no certificates. ERR_REFUSED: the
 * authority did not stamp. ERR_TAMPERED: it does not hold. */
enum err time_stamp_check(struct time_stamp *out, struct bytes answer, const struct time_stamp_query *q,
                          const char *certificates, struct arena *a, struct error *e) MUST_USE;

#endif
