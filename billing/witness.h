/* SPDX-License-Identifier: MIT */
/* witness.h - billing's own: a witness for ledgers of others (c2sp.org/tlog-witness). It needs no ledger,
 * only a key of its own, the public keys of the logs that it watches, and a folder for what it signed last.
 */
#ifndef DAYBOOK_BILLING_WITNESS_H
#define DAYBOOK_BILLING_WITNESS_H

#include "ledger/store.h"

struct witness_options {
    struct str listen;    /* "127.0.0.1:8081"; port 0: a free one */
    const char *key_file; /* as 'key new-witness' makes it */
    const char *state;    /* folder; made if it is not there. One witness a folder */
    struct str logs; /* NAME+ID+KEY of each, with blanks between; several keys of one name are one log's */
    struct world world;
};
struct witness;
/* ERR_TAMPERED: what it kept of a log is not what it signed; it then signs nothing for anybody. ERR_CONFLICT:
 * another one uses the folder. */
enum err witness_start(struct witness **out, const struct witness_options *o, struct error *e) MUST_USE;
struct str witness_url(const struct witness *w, struct arena *a);
struct str witness_public_key(const struct witness *w, struct arena *a);
void witness_stop(struct witness *w); /* accepts NULL */

#endif
