/* SPDX-License-Identifier: MIT */
/* chain.h - records from anywhere, one after the other, held against each other without a key: framing,
 * numbers, times, chain, key epochs, tree (FORMAT.md section 5). What a log, a backup or an archive holds is
 * judged here alike. */
#ifndef DAYBOOK_LEDGER_STORE_CHAIN_H
#define DAYBOOK_LEDGER_STORE_CHAIN_H

#include "ledger/store/log_backend.h"

struct chain;
struct chain *chain_new(void);
/* Behind records that were checked before: where they end, and the number of their newest key epoch. */
struct chain *chain_behind(const struct log_head *head, uint32_t epoch);
void chain_free(struct chain *c); /* accepts NULL */
/* The next record. ERR_TAMPERED says what is wrong with it; it is then not part of the chain. */
enum err chain_next(struct chain *c, struct bytes record, struct error *e) MUST_USE;
/* Where the chain ends, as a log's head says it. */
const struct log_head *chain_head(const struct chain *c);
void chain_root(struct chain *c, struct hash *out);
struct str chain_origin(
    const struct chain *c); /* "" before the first record, and behind others; as long as c */

#endif
