/* SPDX-License-Identifier: MIT */
/* log_copy.h - a log that takes records as they are, sealed by somebody else, and seals none itself: how a
 * ledger is restored or followed, without a key. Each record is held against the one before it first. */
#ifndef DAYBOOK_LEDGER_STORE_LOG_COPY_H
#define DAYBOOK_LEDGER_STORE_LOG_COPY_H

#include "ledger/store/chain.h"

struct log_copy;
/* An empty log in DIR, if there is none. */
enum err log_copy_make(const char *dir, struct error *e) MUST_USE;
/* Opens the log in DIR, or makes an empty one. `behind`: where the records that are there end, for who has
 * just verified them; NULL: they are read. ERR_CONFLICT: they end elsewhere. */
enum err log_copy_open(struct log_copy **out, const char *dir, const struct chain *behind,
                       struct error *e) MUST_USE;
void log_copy_close(struct log_copy *c); /* accepts NULL; what was not flushed is forgotten */
/* Where it ends, counting what is not flushed yet; as long as c. */
struct chain *log_copy_chain(struct log_copy *c);
/* Durable with the next flush, which ends the chain; many are flushed together by itself. ERR_CONFLICT:
 * somebody else appended. ERR_STORAGE: what was not flushed before may be there or not; the copy is to be
 * closed. */
enum err log_copy_add(struct log_copy *c, struct bytes record, struct error *e) MUST_USE;
enum err log_copy_flush(struct log_copy *c, struct error *e) MUST_USE;

/* A log marked as a follower of another takes what log_copy adds and nothing else: log_append and its kin
 * refuse. The mark is the file DIR/follower; a mark of nothing is none. */
bool log_is_follower(const char *dir);
enum err log_mark_follower(const char *dir, struct str of, struct error *e) MUST_USE;
/* ERR_REFUSED: it is none. */
enum err log_unmark_follower(const char *dir, struct error *e) MUST_USE;

#endif
