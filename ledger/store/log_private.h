/* SPDX-License-Identifier: MIT */
/* log_private.h - what the files of the log share with each other and with nobody else: log.c (opening,
 * appending), log_batch.c (plaintexts to sealed, chained records), log_epoch.c (key epochs), log_keys.c (the
 * master key's successors), log_link.c (one record against the one before), chain_rules.c (what records say
 * about each other), log_read.c, log_verify.c (the whole chain, on several threads), log_since.c (what was
 * appended behind a head), log_settle.c (what became of a failed commit), log_pipeline.c, generation.c. */
#ifndef DAYBOOK_LEDGER_STORE_LOG_PRIVATE_H
#define DAYBOOK_LEDGER_STORE_LOG_PRIVATE_H

#include "ledger/store/log.h"

enum { GENESIS_FIELDS = 3, ORIGIN_BYTES = 24, EPOCH_SLOTS = 64, SALT_BYTES = 32, CHECK_BYTES = 32 };

/* The body of an EPOCH record. */
struct epoch_body {
    uint32_t epoch;
    uint8_t salt[SALT_BYTES];
    uint8_t check[CHECK_BYTES];
    uint8_t key_name[KEY_NAME_BYTES];
    uint64_t before; /* seq of the EPOCH record before; 0: none */
};

/* Where an epoch stands, and whose it is. */
struct epoch_at {
    uint64_t seq, before;
    uint32_t epoch;
    uint8_t key_name[KEY_NAME_BYTES];
};

/* The body of a KEYS record: the master key `old_name`, sealed under the master key `name`. */
struct keys_body {
    uint8_t name[KEY_NAME_BYTES], old_name[KEY_NAME_BYTES];
    uint8_t nonce[NONCE_BYTES];
    uint8_t sealed[WRAPPED_KEY_BYTES];
    uint64_t before; /* seq of the KEYS record before; 0: none */
};
struct keys_record {
    uint64_t seq;
    struct instant at;
    struct keys_body body;
};

/* A master key that was replaced. */
struct old_key {
    uint8_t name[KEY_NAME_BYTES];
    struct master_key *key;
};

/* An epoch whose key is at hand; a slot holds epoch % EPOCH_SLOTS, the last one used. */
struct epoch_key {
    struct epoch_at at;
    struct sealer *sealer;
};

/* Where the chain ends: what the next record needs to know. */
struct log_tail {
    uint64_t size;
    struct hash last_leaf;
    struct instant last_at;
    uint64_t epoch_seq;
};

/* Records on their way to one commit. The buffers are kept from batch to batch. */
struct log_batch {
    struct buffer bytes; /* the records, one behind the other */
    size_t *ends;        /* of each record in bytes */
    struct hash *leaves;
    struct bytes *records; /* set by log_batch_records */
    size_t count, room;
    bool has_epoch;
};

struct log {
    const struct log_backend *backend;
    void *self; /* NULL after a failure that opening again did not cure */
    struct log_place place;
    char *dir;
    const struct master_key *master;
    uint8_t key_name[KEY_NAME_BYTES]; /* the master's */
    struct {
        struct old_key *items;
        size_t count;
    } old_keys;                 /* those before it that were needed so far */
    uint64_t checked_epoch_seq; /* the newest epoch when it was last seen to be the master's */
    struct world world;
    struct hasher *hasher;
    struct nonce_pool pool;
    char origin[ORIGIN_BYTES + 1];
    struct log_head head; /* as far as this handle knows */

    /* The epoch that this handle began and seals under; sealer NULL: none yet. */
    struct {
        uint32_t epoch;
        struct sealer *sealer;
        uint64_t used;
        struct instant begun;
    } writer;
    /* The newest epoch of the chain: the number belongs to the record at seq. */
    struct {
        uint64_t seq;
        uint32_t epoch;
    } newest;
    struct epoch_key epochs[EPOCH_SLOTS];

    struct log_batch batch;
    struct log_tail draft_tail; /* behind the last record of the draft, see log_draft.c */
    struct buffer plain;        /* of the record being read */
};

struct log_tail log_tail_of(const struct log_head *h);
enum err log_attach(struct log *l, struct error *e) MUST_USE; /* opens the backend again if it is closed */
enum err log_check_limits(const struct bytes *plains, size_t count, struct error *e) MUST_USE;

/* ---- log_batch.c ---- */

void log_batch_clear(struct log_batch *b);
void log_batch_free(struct log_batch *b);
/* Seals the plaintexts behind `tail`, beginning a new epoch where one is due. *first: seq of the first
 * plaintext. */
enum err log_batch_fill(struct log_batch *b, struct log_tail *tail, uint64_t *first, struct log *l,
                        const struct bytes *plains, size_t count, struct instant at,
                        struct error *e) MUST_USE;
void log_batch_add_clear(struct log_batch *b, struct log_tail *tail, struct log *l, enum record_class class_,
                         struct bytes body, struct instant at);
/* The head as it is after the batch; `h` may be another thread's hasher. */
void log_batch_advance(struct log_head *head, const struct log_batch *b, const struct log_tail *tail,
                       struct hasher *h);
const struct bytes *log_batch_records(struct log_batch *b);

/* ---- log_epoch.c ---- */

enum err log_epoch_begin(struct log_batch *b, struct log_tail *tail, struct log *l, struct instant at,
                         struct error *e) MUST_USE;
bool log_epoch_is_due(const struct log *l);
void log_epoch_abandon(struct log *l); /* seals no more under the epoch of this handle */
/* An epoch that may not be in the chain must not be sealed under: abandons the one that l->batch began. */
void log_epoch_drop_unwritten(struct log *l);
enum err epoch_body_take(struct epoch_body *out, struct bytes body, struct error *e) MUST_USE;
/* Keeps the key of an EPOCH record that is being read. ERR_INVALID: of another master key. */
enum err log_epoch_learn(struct log *l, uint64_t seq, struct bytes body, struct error *e) MUST_USE;
enum err log_epoch_sealer(struct sealer **out, struct log *l, uint32_t epoch, struct error *e) MUST_USE;
/* The newest epoch's number, read from its record if this handle does not know it. */
enum err log_epoch_newest(uint32_t *out, struct log *l, uint64_t epoch_seq, struct error *e) MUST_USE;
/* Where the EPOCH record at seq stands in the list of them, and whose it is. */
enum err log_epoch_at(struct epoch_at *out, struct log *l, uint64_t seq, struct error *e) MUST_USE;
void log_epochs_free(struct log *l);

/* ---- log_keys.c ---- */

enum err keys_body_take(struct keys_body *out, const struct record_header *h, struct bytes record,
                        struct error *e) MUST_USE;
/* The key of that name, if it is at hand. */
const struct master_key *log_master_of(const struct log *l, const uint8_t name[KEY_NAME_BYTES]);
/* Opens the key of the epoch before `newer`, if it is another and the newer one's is at hand. */
enum err log_keys_learn(struct log *l, const struct epoch_at *newer, const uint8_t older[KEY_NAME_BYTES],
                        struct error *e) MUST_USE;
void log_old_keys_free(struct log *l);
struct key_name_text {
    char hex[2 * KEY_NAME_BYTES + 1];
};
struct key_name_text key_name_text(const uint8_t name[KEY_NAME_BYTES]);

/* ---- chain_rules.c: what records must say about each other, see there ---- */

/* What the rules need to know of one record. */
struct chain_note {
    uint64_t seq, before; /* before: seq of the record of its class before it, as it says; 0: none */
    enum record_class class_;
    uint32_t number;                                        /* of its epoch, or generation */
    uint8_t name[KEY_NAME_BYTES], old_name[KEY_NAME_BYTES]; /* of master keys, for EPOCH and KEYS */
    struct hash root;                                       /* of all records before, for GENERATION */
};
/* ERR_TAMPERED: the body of a record in clear is not well-formed. */
enum err chain_note_take(struct chain_note *out, const struct record_header *h, struct bytes record,
                         struct error *e) MUST_USE;
/* Does the note of a record before it already ask for all that this one would? Nothing else may be noted
 * between the two. */
bool chain_note_covers(const struct chain_note *n, const struct record_header *h);

/* What was played so far comes to this. */
struct chain_rules {
    uint32_t epoch, generation;                   /* the newest; epoch 0: none has begun */
    uint64_t epoch_seq, keys_seq, generation_seq; /* of their records; 0: none */
    uint8_t key_name[KEY_NAME_BYTES];             /* of the master key in use */
    bool lacks_epoch;                             /* a KEYS record was the last */
    /* Of one who begins behind records that he did not see, that many: what the first KEYS record says of the
     * one before it is believed, and to be looked up. */
    uint64_t keys_unseen, keys_believed;
};
struct chain_rules chain_rules_begin(void); /* before the first record */
/* `before`: of all records before the one noted. */
enum err chain_rules_next(struct chain_rules *r, const struct chain_note *n,
                          const struct merkle_range *before, struct hasher *h, struct error *e) MUST_USE;
/* May the chain end here? */
enum err chain_rules_end(const struct chain_rules *r, struct error *e) MUST_USE;

/* ---- chain.c, for those who know the rules' state ---- */

struct chain;
/* Behind records that were checked before: where they end, and what they came to. */
struct chain *chain_behind(const struct log_head *head, const struct chain_rules *rules);
const struct chain_rules *chain_rules_of(const struct chain *c);

/* ---- log_link.c: what the next record is held against ---- */

struct log_link {
    struct hasher *hasher;
    bool known; /* leaf and at are those of the record before */
    struct hash leaf;
    struct instant at;
};
/* Chain and time of a record whose framing was checked. */
enum err log_link_follows(const struct log_link *k, const struct record_header *h, struct error *e) MUST_USE;
/* Framing, seq, chain and time of one record; then it is the one before. */
enum err log_link_next(struct record_header *h, struct log_link *k, uint64_t seq, struct bytes record,
                       struct error *e) MUST_USE;
/* The same of one whose leaf hash is known. */
enum err log_link_hashed(struct record_header *h, struct log_link *k, uint64_t seq, struct bytes record,
                         const struct hash *leaf, struct error *e) MUST_USE;
/* Framing, seq and genesis of one record by itself. */
enum err log_link_check(struct record_header *h, struct hasher *hs, uint64_t seq, struct bytes record,
                        struct error *e) MUST_USE;
struct hash_text {
    char hex[65];
};
struct hash_text hash_text(const struct hash *h);
void record_genesis_prev(struct hasher *h, struct hash *out, struct bytes body);
/* The origin that a genesis record's body names; false: it is not well-formed. */
bool record_genesis_origin(char out[ORIGIN_BYTES + 1], struct bytes body);

/* ---- log_read.c, log_settle.c ---- */

/* Header and body of one record, framing and seq checked, visited as the backend stores it. */
typedef enum err raw_fn(void *context, const struct record_header *h, struct bytes record, struct error *e);
enum err log_read_one(struct log *l, uint64_t seq, raw_fn *visit, void *context, struct error *e) MUST_USE;

/* Commits the batch; when the outcome is unknown, finds out. */
enum err log_commit(struct log *l, struct log_batch *b, const struct log_head *before,
                    const struct log_head *next, struct hasher *h, struct error *e) MUST_USE;

#endif
