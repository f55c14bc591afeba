/* SPDX-License-Identifier: MIT */
/* customer_keys.h - the keys under which the texts about customers are sealed inside the log's records, so
 * that a customer can be erased from a log that never changes: without his keys nobody reads them again.
 *
 * Each customer has two: one for what stands on documents (fiscal), which law may keep for years, and one for
 * what only serves to reach and to count him (contact). They stand in DIR/customer-keys, wrapped under one
 * key (the KEK) that is kept in a file of its own outside of DIR, itself wrapped under the master key.
 * Whoever is erased is left out when all others are wrapped anew under another KEK, and the old one is
 * destroyed: with it go his keys in every copy of customer-keys that there ever was.
 *
 * Nothing of this is in LMDB, which keeps what was deleted readable in its free pages. Formats: FORMAT.md,
 * "Erasure". Not for two threads at once; of several processes, whoever writes holds the views' write
 * transaction. */
#ifndef DAYBOOK_LEDGER_STORE_CUSTOMER_KEYS_H
#define DAYBOOK_LEDGER_STORE_CUSTOMER_KEYS_H

#include "ledger/store/keys.h"

enum key_class { KEY_FISCAL, KEY_CONTACT, KEY_CLASSES };

/* What is read where a text was erased; where equality counts, a space and 16 hexadecimal digits follow. */
#define ERASED_TEXT "[erased]"

struct customer_keys;

struct customer_keys_options {
    const char *dir;      /* of the data */
    const char *kek_file; /* outside of it */
    const struct master_key *master;
    /* Master keys that were replaced, 0 the last of them; *out NULL: there are no more. A rotation that was
     * cut short has left the KEK under one of them, and it is then wrapped under the one in use. */
    enum err (*old_master)(const struct master_key **out, void *context, size_t back, struct error *e);
    void *context;
    struct str origin;
    struct world world;
    bool read_only; /* takes them as they are: what a killed process left stays */
    bool in_memory; /* no files; dir, kek_file and master are not looked at */
};

/* *there tells whether there are any; if not, they are to be made before the first text is sealed.
 * ERR_INCOMPLETE: customer-keys and the KEK file do not belong together: one is missing, or an older copy.
 * ERR_TAMPERED: one of them was changed. */
enum err customer_keys_open(struct customer_keys **out, bool *there, const struct customer_keys_options *o,
                            struct error *e) MUST_USE;
void customer_keys_close(struct customer_keys *k); /* wipes; accepts NULL */
/* Makes the files, with keys for the customers 1 to `customers`: those of a ledger that had no such keys. */
enum err customer_keys_create(struct customer_keys *k, uint64_t customers, struct error *e) MUST_USE;

/* Another master key wraps the KEK. Where its file will be another, first, before the log knows of the new
 * key: notes in DIR where it was, so that opening finds it after a kill. */
enum err customer_keys_leave(const struct customer_keys *k, struct error *e) MUST_USE;
enum err customer_keys_stay(const struct customer_keys *k, struct error *e) MUST_USE; /* nothing came of it */
/* Then, when the log does: in the file where it is (NULL), or in this one, and the old one is destroyed. */
enum err customer_keys_rewrap(struct customer_keys *k, const struct master_key *m, const char *kek_file,
                              struct error *e) MUST_USE;

/* For the codec. */
struct personal *customer_keys_personal(struct customer_keys *k);
/* Did all texts since the last question find their key? */
enum err customer_keys_failure(struct customer_keys *k, struct error *e) MUST_USE;
/* Customers from this number on are not in the log yet. A key that stands there was made for a record that
 * never came to be; it serves whoever gets the number. */
void customer_keys_unborn(struct customer_keys *k, uint64_t customer);
/* Makes sure that a new one has keys, whether or not a text is sealed now. */
enum err customer_keys_born(struct customer_keys *k, uint64_t customer, struct error *e) MUST_USE;
/* Makes the keys durable that were made since; to be called before the records are. */
enum err customer_keys_flush(struct customer_keys *k, struct error *e) MUST_USE;
void customer_keys_forget(struct customer_keys *k); /* those that were not */
/* Another process may have erased somebody: *changed, and everything is as in the files again. */
enum err customer_keys_refresh(bool *changed, struct customer_keys *k, struct error *e) MUST_USE;

/* Grows with each erasure: that which its event tells. */
uint64_t customer_keys_generation(const struct customer_keys *k);
/* 32 bytes that are others after each erasure, for the views' key. */
enum err customer_keys_tie(uint8_t out[KEY_BYTES], const struct customer_keys *k, struct error *e) MUST_USE;

/* ---- erasing: prepare, append the event, complete ---- */

struct erased_keys {
    uint64_t customer;
    bool of[KEY_CLASSES];
};
/* Writes new files beside the ones in use; these stay as they are. */
enum err customer_keys_prepare(struct customer_keys *k, uint64_t generation, const struct erased_keys *erased,
                               size_t count, struct error *e) MUST_USE;
/* Were files prepared that are neither in use nor gone? Whose process was killed leaves them: if the log has
 * the event, complete, else cancel. */
bool customer_keys_prepared(const struct customer_keys *k);
/* Puts them in place and destroys the KEK before. May be repeated after a failure. */
enum err customer_keys_complete(struct customer_keys *k, struct error *e) MUST_USE;
enum err customer_keys_cancel(struct customer_keys *k, struct error *e) MUST_USE;

/* Opens every key of the customers 1 to `customers`. `is_erased` says what the log tells of each.
 * ERR_TAMPERED: one does not open, or is erased though the log does not say so, or the other way round.
 * ERR_INCOMPLETE: one is missing. */
typedef bool is_erased_fn(void *context, uint64_t customer, enum key_class c);
enum err customer_keys_check(struct customer_keys *k, uint64_t customers, is_erased_fn *is_erased,
                             void *context, struct error *e) MUST_USE;

#endif
