/* SPDX-License-Identifier: MIT */
/* chain.h - records from anywhere, one after the other, held against each other without a key: framing,
 * numbers, times, chain, key epochs, master keys, generations, tree (FORMAT.md section 5). What a log, a
 * backup, an archive or a follower holds is judged here alike: begin, take each record, end. */
#ifndef DAYBOOK_LEDGER_STORE_CHAIN_H
#define DAYBOOK_LEDGER_STORE_CHAIN_H

#include "ledger/store/log.h"

struct chain;
struct chain *chain_new(void);
struct chain *chain_copy(const struct chain *c); /* goes on by itself */
void chain_free(struct chain *c);                /* accepts NULL */
/* The next record. ERR_TAMPERED says what is wrong with it; it is then not part of the chain. */
enum err chain_next(struct chain *c, struct bytes record, struct error *e) MUST_USE;
/* The same of a record that log_scan has read, without hashing it again. */
enum err chain_entry(struct chain *c, const struct log_entry *entry, struct error *e) MUST_USE;
/* No more records come. ERR_TAMPERED: one must follow, the first epoch of a master key. */
enum err chain_end(const struct chain *c, struct error *e) MUST_USE;
bool chain_may_end(const struct chain *c); /* the same, to be asked on the way */
/* Where the chain ends, as a log's head says it. */
const struct log_head *chain_head(const struct chain *c);
void chain_root(struct chain *c, struct hash *out);
struct str chain_origin(
    const struct chain *c); /* "" before the first record, and behind others; as long as c */

#endif
