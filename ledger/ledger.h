/* SPDX-License-Identifier: MIT */
/* ledger.h - the door of ledger/: runs commands. Gather facts, decide, append, fold; verify; rebuild. Rooms
 * above include this header and no other of ledger/ (it brings base, store and book with it).
 *
 * One command is one record of the log: all its events or none. Commands of one batch become consecutive
 * records of one durable commit. A result is handed out only after that commit. */
#ifndef DAYBOOK_LEDGER_LEDGER_H
#define DAYBOOK_LEDGER_LEDGER_H

#include "ledger/gateway.h"

struct ledger;

/* Where an event stands while it is folded. */
struct event_place {
    uint64_t seq;
    struct instant at;
    struct hash leaf; /* of the record */
    struct hash prev; /* of the record before it */
    struct str actor, command;
};

/* State folded from events. The shape is here, the instances are in projections/: arrows point down. */
struct projection {
    const char *name;
    uint32_t version; /* raise it and the views are rebuilt on the next open */
    enum err (*fold)(struct views_txn *t, const struct event *ev, const struct event_place *place,
                     struct arena *a, struct error *e);
};

/* What the ledger needs from the room above it. */
struct ledger_state {
    const struct projection *const *projections; /* ends with NULL; folded in this order */
    /* Loads every fact the command will need (see decide.h). ERR_INVALID: what the ledger says of whom the
     * command is about means nothing on this machine, such as a time zone that its data do not have; the
     * command is refused. Any other error is damage or storage. */
    enum err (*gather)(struct facts *out, struct views_txn *t, const struct command *c,
                       const struct decided_at *at, struct zones *zones, struct arena *a, struct error *e);
    /* The idempotency record of a key; ERR_NOT_FOUND when it is new. */
    enum err (*find_key)(struct idempotency *out, struct views_txn *t, struct str key, struct error *e);
    /* Remembers it; called in the fold of a record that carries a key. */
    enum err (*keep_key)(struct views_txn *t, struct str key, const struct idempotency *entry,
                         struct error *e);
    /* What the gateway is to be asked for a payment.requested or refund.requested event: token, reference,
     * key, amount. */
    enum err (*gateway_request)(struct gateway_request *out, struct views_txn *t, const struct event *ev,
                                struct arena *a, struct error *e);
};

struct ledger_options {
    const char *dir;
    const char *key_file, *key_command; /* one of them; both NULL: DIR.key */
    const char *anchor_file;            /* NULL: DIR.anchor */
    bool without_anchor;                /* asks none, and writes none: copies, without key */
    bool recovering;                    /* opens it however it stands to its anchor: for recover */
    bool without_key;                   /* opens for verification without key only; writes nothing */
    bool drop_views; /* deletes the views unopened, damaged or not; ledger_rebuild must follow */
    bool in_memory;  /* log in memory, views in a temporary folder `dir`: tests and simulation */
    struct world world;
    const struct ledger_state *state;
    const char *program;
    size_t map_bytes;          /* 0: default */
    unsigned unsafe_log_flags; /* tests of the crash-state explorer only */
};

/* Makes a new ledger in an empty or missing directory, with its key file if that is missing (the default one
 * too). A half-made ledger of an earlier crash is completed. ERR_REFUSED when there is a ledger already. */
enum err ledger_create(const struct ledger_options *o, struct error *e) MUST_USE;
/* Opens and catches the views up. ERR_NOT_FOUND: no ledger there. ERR_INVALID: wrong key. ERR_ROLLED_BACK: it
 * is behind its anchor. ERR_TAMPERED: the anchor is damaged, or of another ledger or history. ERR_INCOMPLETE:
 * the anchor is missing. */
enum err ledger_open(struct ledger **out, const struct ledger_options *o, struct error *e) MUST_USE;
/* Accepts NULL. Moves the anchor forward if it can; one that stays behind does no harm. */
void ledger_close(struct ledger *l);
/* Moves the anchor forward to where the ledger is, if this process appended anything since it last did. Not
 * for the path of a single command: it syncs a file and its folder. */
enum err ledger_anchor(struct ledger *l, struct error *e) MUST_USE;
/* Was the ledger held against an anchor when it was opened? */
bool ledger_is_anchored(const struct ledger *l);
struct world ledger_world(const struct ledger *l);
struct zones *ledger_zones(struct ledger *l); /* for whoever asks what date it is for a customer */
/* The date it is in a time zone of that name; in UTC where there is none such. */
struct date ledger_today(struct ledger *l, struct str zone);
struct log *ledger_log(struct ledger *l);
/* Whoever writes a file for people asks first, of each one: ERR_INVALID when `path`, or what a link there
 * leads to, lies inside the ledger's directory or is its key file. What is not there yet, folders too, is
 * judged by where it would be. */
enum err ledger_guard_output(const struct ledger *l, const char *path, struct error *e) MUST_USE;

struct request {
    const struct command *command;
    struct str key;     /* idempotency key; "": none */
    struct str actor;   /* who asks; stands in the audit log */
    struct instant now; /* when it is decided as of; none: the world's clock */
    bool brief;         /* the outcome need not carry the events: saves a copy in imports and runs */
};

/* What became of one request. */
struct outcome {
    enum err code; /* OK, or why it was refused: the ledger is then as it was */
    struct error error;
    bool replayed; /* the key was known: these are the first result's events */
    uint64_t seq;  /* of the record; 0: nothing was to be written (record 0 is the genesis) */
    const struct event *events;
    size_t events_count;
    const struct reading_refusal *refusals; /* usage.record */
    size_t refusals_count;
    bool partly; /* customer.bill: more is due, the same command goes on with it */
};

/* Runs one command. Returns its outcome's code; a failure of the machinery (storage, damage) likewise. Safe
 * to call from several threads: whatever arrives while a commit is in flight goes into the next one. */
enum err ledger_execute(struct outcome *out, struct ledger *l, const struct request *r, struct arena *a,
                        struct error *e) MUST_USE;

/* Runs many as one commit. A refused command does not stop the others: each has its outcome. The return value
 * is about the batch: not OK means that none was written. With `all_or_nothing` the first refusal makes it
 * so. */
enum err ledger_execute_batch(struct outcome *outcomes, struct ledger *l, const struct request *requests,
                              size_t count, bool all_or_nothing, struct arena *a, struct error *e) MUST_USE;

/* A rehearsal: between begin and end, commands run as ever but nothing is appended, and the views forget it
 * at the end. */
enum err ledger_rehearse_begin(struct ledger *l, struct error *e) MUST_USE;
void ledger_rehearse_end(struct ledger *l);

/* Reads state. The transaction sees what was folded when it began; inside a rehearsal it sees the rehearsed
 * state. */
enum err ledger_read_begin(struct views_txn **out, struct ledger *l, struct error *e) MUST_USE;
void ledger_read_end(struct ledger *l, struct views_txn *t);

/* The events of one record, verified. ERR_NOT_FOUND when seq is no record of events. */
enum err ledger_record(struct envelope *out, struct event_place *place, struct ledger *l, uint64_t seq,
                       struct arena *a, struct error *e) MUST_USE;
/* Walks records from <= seq < to in order; the arena is reset after each. */
typedef enum err ledger_visit_fn(void *context, const struct event_place *place, const struct envelope *v,
                                 struct arena *a, struct error *e);
enum err ledger_walk(struct ledger *l, uint64_t from, uint64_t to, ledger_visit_fn *visit, void *context,
                     struct error *e) MUST_USE;

struct str ledger_origin(const struct ledger *l); /* "daybook/" and 16 hex digits; lives as long as *l */

enum err ledger_catch_up(struct ledger *l, struct error *e) MUST_USE;
/* Drops the views and folds from the first record. */
enum err ledger_rebuild(struct ledger *l, log_progress_fn *progress, void *context, struct error *e) MUST_USE;
enum err ledger_digest(struct hash *out, uint64_t *entries, struct ledger *l, struct error *e) MUST_USE;

/* Verification. Without key: the chain and root. With key also: tags, commits, canonical decoding (twice:
 * ours and msgpack-c's), postings that sum to zero, and views equal to a rebuild in a scratch folder.
 * ERR_TAMPERED names the first bad record. */
struct ledger_report {
    struct log_report chain;
    struct str origin;
    bool with_key;
    uint64_t commands, events, postings;
    uint64_t view_entries;
    struct hash view_digest;
};
enum err ledger_verify(struct ledger_report *out, struct ledger *l, log_progress_fn *progress, void *context,
                       struct error *e) MUST_USE;

/* A decision made again: the events that a record has, and those that its command decides on the state before
 * it. */
struct recomputation {
    uint64_t seq;
    const struct event *was, *is;
    size_t was_count, is_count;
    enum err code; /* of deciding again; ERR_INCOMPLETE: the record, of an older version, keeps no command */
    struct error why;
};
/* Everything lives until the visitor returns. */
typedef enum err recompute_fn(void *context, const struct recomputation *r, struct error *e);
/* Decides anew what the records from <= seq < to that finalized a document decided, in scratch views folded
 * from the log's first record. */
enum err ledger_recompute(struct ledger *l, uint64_t from, uint64_t to, recompute_fn *visit, void *context,
                          log_progress_fn *progress, void *progress_context, struct error *e) MUST_USE;

/* ---- recovering: a ledger behind what is remembered of it (FORMAT.md, Generations) ---- */

struct ledger_recovery {
    struct log_head_at head; /* what is there, verified from its first record to its last */
    uint32_t generation;
    const char
        *anchor; /* how the anchor stands to it, in a word: "sound", "ahead", "different", "missing" … */
    const char *anchor_file;     /* NULL: in memory */
    uint64_t anchor_records;     /* 0: it cannot be read */
    uint64_t checkpoint_records; /* of the newest checkpoint of what is there; 0: none */
    uint64_t lost_checkpoints;   /* those of what is not there */
    struct log_head_at lost;     /* the greatest head that it had and has no longer; size 0: none is known */
    const char *lost_by;         /* the file that remembers it */
    bool unfinished;             /* a new generation was opened, and the rest is still to be done */
    const char *advice;
};
/* Finds out, and changes nothing. With the file of a checkpoint key (NULL: none), what it signed last counts
 * too. */
enum err ledger_recovery(struct ledger_recovery *out, struct ledger *l, const char *key_file, struct arena *a,
                         struct error *e) MUST_USE;
/* Makes an anchor of what is there, in the place of one that is missing or damaged. ERR_REFUSED: there is
 * one, or it is known that something was lost. *out tells how it stands afterwards. */
enum err ledger_new_anchor(struct ledger_recovery *out, struct ledger *l, const char *key_file,
                           struct arena *a, struct error *e) MUST_USE;
/* Opens a new generation that says what was lost, and why; keeps the checkpoints of it as evidence; makes the
 * anchor remember what is there. After a crash the same call ends it. ERR_REFUSED: nothing is known to be
 * lost. */
enum err ledger_accept_loss(struct ledger_recovery *out, struct ledger *l, const char *key_file,
                            struct str reason, struct arena *a, struct error *e) MUST_USE;

/* ---- checkpoints and proofs: what people outside can check without the ledger (checkpoint.h) ---- */

struct ledger_checkpoint {
    struct checkpoint head;
    struct str note;
    const char *path; /* where it stands */
    /* Of one that was just signed: */
    uint64_t before; /* how many records the one before is of; 0: none */
    uint64_t read;   /* how many records were read for it */
    bool is_new;     /* it was not there before */
};
/* Makes a key that signs this ledger's checkpoints, PATH and PATH.pub; *public is what the latter says.
 * ERR_INVALID: it would lie inside the ledger's directory. ERR_REFUSED: there is one already. */
enum err ledger_new_checkpoint_key(struct str *public, struct ledger *l, const char *path, struct arena *a,
                                   struct error *e) MUST_USE;
/* Lets the key in the file `new`, which is made if it is missing, follow the one in `old`: from then on both
 * sign, until that day (none: until the old one is retired), and a note that both signed, in
 * DIR/checkpoints/keys, names the new one to whoever trusts the old one. Done again, it is the same.
 * ERR_REFUSED: another one follows already, or a third one still signs along. */
struct ledger_rotation {
    struct str note, next; /* the note; the new public key as text */
    const char *path;      /* of the note */
};
enum err ledger_rotate_checkpoint_key(struct ledger_rotation *out, struct ledger *l, const char *old,
                                      const char *new, struct date until, struct arena *a,
                                      struct error *e) MUST_USE;
/* The key in this file signs no more; *follower does. */
enum err ledger_retire_checkpoint_key(const char **follower, const char *old, struct arena *a,
                                      struct error *e) MUST_USE;
struct checkpoint_how {
    const char *key_file;
    bool full; /* read the whole log, not only what was appended since this key signed last */
    log_progress_fn *progress;
    void *context;
};
/* Reads what was appended since the key signed last, proves that the log goes on from the checkpoints signed
 * last, the one beside the key and the newest in DIR/checkpoints, and only then signs and keeps a new one in
 * both places. Of the same head it is the one that is there, with whatever others signed below.
 * ERR_ROLLED_BACK: the log is shorter than one of them. ERR_TAMPERED: it does not go on from one of them, or
 * one is damaged. ERR_REFUSED: the key is of another generation. */
enum err ledger_checkpoint(struct ledger_checkpoint *out, struct ledger *l, const struct checkpoint_how *how,
                           struct arena *a, struct error *e) MUST_USE;
/* Copies what was signed to a folder that others read: each checkpoint that is missing there in a file that
 * its number of records names, and the newest as 'checkpoint'. *count: how many were missing. ERR_INVALID:
 * the folder is the ledger's. */
enum err ledger_publish(size_t *count, struct ledger *l, const char *folder, struct arena *a,
                        struct error *e) MUST_USE;
/* How many records there are; safe beside other threads. */
enum err ledger_size(uint64_t *out, struct ledger *l, struct error *e) MUST_USE;
/* The newest in DIR/checkpoints; its signature is not checked here. ERR_NOT_FOUND: none was signed yet. */
enum err ledger_newest_checkpoint(struct ledger_checkpoint *out, struct ledger *l, struct arena *a,
                                  struct error *e) MUST_USE;
/* Proofs as text, leading to the checkpoint in a file, or for NULL to the newest. ERR_NOT_FOUND: that one is
 * older than the record. ERR_TAMPERED: the log is not that of the checkpoints. */
enum err ledger_prove_record(struct str *text, struct ledger *l, uint64_t seq, const char *checkpoint,
                             struct arena *a, struct error *e) MUST_USE;
enum err ledger_prove_growth(struct str *text, struct ledger *l, const char *older, const char *checkpoint,
                             struct arena *a, struct error *e) MUST_USE;
/* A record's bytes as they are stored, sealed ones too: what its proof is about. */
enum err ledger_stored_record(struct bytes *out, struct ledger *l, uint64_t seq, struct arena *a,
                              struct error *e) MUST_USE;

/* ---- payments: ledger first, then the wire ---- */

/* Asks the gateway about every pending transaction among `events` (payment.requested, refund.requested),
 * outside any transaction, and appends the answers in one commit. The last answer's outcome is in *last when
 * not NULL. ERR_INCOMPLETE when an outcome stays unknown, or is told in words that the ledger never keeps
 * (card numbers); the transaction then stays pending. */
enum err ledger_settle(struct outcome *last, struct ledger *l, const struct gateway *g,
                       const struct event *events, size_t count, struct str actor, struct arena *a,
                       struct error *e) MUST_USE;

/* What came of telling: the last record that was written, and how many requests stay without an answer. */
struct gateway_told {
    struct outcome last;
    size_t unknown, unknown_looks; /* all, and those of them that only asked how something stands */
};
/* Puts requests by which no money is asked for, in the same way. ERR_INCOMPLETE when an answer stays unknown;
 * it is to be told again. */
enum err ledger_tell(struct gateway_told *out, struct ledger *l, const struct gateway *g,
                     const struct gateway_request *requests, size_t count, struct str actor, struct arena *a,
                     struct error *e) MUST_USE;

#endif
