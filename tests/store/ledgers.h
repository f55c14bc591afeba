/* SPDX-License-Identifier: MIT */
/* ledgers.h - what the tests of the log and the views share: a known master key, logs in the test's folder or
 * in memory, and backends that misbehave on purpose. */
#ifndef DAYBOOK_TESTS_STORE_LEDGERS_H
#define DAYBOOK_TESTS_STORE_LEDGERS_H

#include "ledger/store.h"
#include "tests/lib/fixture.h"

enum { TEST_MAP_BYTES = 64 * 1024 * 1024 };

/* A master key of 32 times the same byte; closed by whoever opened it. */
struct master_key *key_of(uint8_t byte);

/* LMDB under the test's folder. `name` is a folder in it. */
struct log_options options_lmdb(const char *name, const struct master_key *k);

/* A memory log that outlives its handles: opening the backend again gives the same records. One a process. */
extern const struct log_backend lasting_memory;
struct log_options options_memory(const struct master_key *k);

/* How lasting_memory misbehaves until told otherwise. */
struct misbehaviour {
    bool flip; /* readers see record `seq` with one bit changed */
    uint64_t seq;
    size_t byte;
    uint8_t mask;
    enum { APPEND_WELL, APPEND_UNKNOWN_WRITTEN, APPEND_UNKNOWN_NOT_WRITTEN, APPEND_NO_SPACE } append;
    bool cannot_open;
};
extern struct misbehaviour misbehave;

/* A plaintext of `len` bytes that tells its number. */
struct bytes plain_of(uint64_t number, size_t len);
/* `count` plaintexts of about 40 bytes, from number `from` on. */
struct bytes *plains_of(uint64_t from, size_t count);
/* Appends them at the log's end, asserting success; the seq of the first. */
uint64_t append_plains(struct log *l, uint64_t from, size_t count);
uint64_t size_of(struct log *l);

/* How many records log_read gives for [from, to), each of class EVENTS being plain_of its number counted from
 * `number`. */
uint64_t read_plains(struct log *l, uint64_t from, uint64_t to, uint64_t number);

/* Copies the plain files of one folder to another, which is made. */
void copy_folder(const char *from, const char *to);
/* Is `needle` in any file below `dir`? */
bool folder_holds(const char *dir, struct bytes needle);
/* A log that is made or opened, or a failed test. */
struct log *log_made(const struct log_options *o);
struct log *log_opened(const struct log_options *o);

#endif
