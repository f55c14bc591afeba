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
    uint32_t number; /* of the event in its record, from 0; of a whole record 0 */
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
    /* The generation of the customers' keys that the log tells: 1, and one more with each customer.erased. */
    enum err (*key_generation)(uint64_t *out, struct views_txn *t, struct error *e);
    /* What the gateway is to be asked for a payment.requested or refund.requested event: token, reference,
     * key, amount. */
    enum err (*gateway_request)(struct gateway_request *out, struct views_txn *t, const struct event *ev,
                                struct arena *a, struct error *e);
};

struct ledger_options {
    const char *dir;
    const char *key_file, *key_command;  /* one of them; both NULL: DIR.key */
    const char *anchor_file;             /* NULL: DIR.anchor */
    const char *fiscal_key_file;         /* the RSA key that signs documents for a tax office; NULL: none */
    struct passphrase_source passphrase; /* of key files that are protected */
    bool without_anchor;                 /* asks none, and writes none: copies, without key */
    bool recovering;                     /* opens it however it stands to its anchor: for recover */
    bool without_key;                    /* opens for verification without key only; writes nothing */
    bool read_only;       /* opens with its key, writes nothing, and shows the views as far as they are */
    bool drop_views;      /* deletes the views unopened, damaged or not; ledger_rebuild must follow */
    bool finish_rotation; /* ends a rotation that was interrupted before KEYFILE.new was in place */
    bool in_memory;       /* log in memory, views in a temporary folder `dir`: tests and simulation */
    struct world world;
    const struct ledger_state *state;
    const char *program;
    size_t map_bytes;          /* 0: default */
    unsigned unsafe_log_flags; /* tests of the crash-state explorer only */
};

/* Makes a new ledger in an empty or missing directory, with its key file if that is missing (the default one
 * too). A half-made ledger of an earlier crash is completed. ERR_REFUSED when there is a ledger already. */
enum err ledger_create(const struct ledger_options *o, struct error *e) MUST_USE;
/* Opens and catches the views up. ERR_NOT_FOUND: no ledger there. ERR_INVALID: wrong key, or files that
 * others may get at. ERR_ROLLED_BACK: it
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
bool ledger_has_key(const struct ledger *l); /* false: it was opened without */
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
/* Is it this thread that rehearses? What it did is in no record then, and cannot be read from the log. */
bool ledger_is_rehearsed(const struct ledger *l);

/* Reads state. The transaction sees what was folded when it began; inside a rehearsal it sees the rehearsed
 * state. */
enum err ledger_read_begin(struct views_txn **out, struct ledger *l, struct error *e) MUST_USE;
void ledger_read_end(struct ledger *l, struct views_txn *t);

/* Views as they were when the log had `size` records, or at an instant (with what was recorded then, where
 * `size` is 0): folded anew beside the live ones, and thrown away at the end. ERR_NOT_FOUND: nothing was
 * recorded by then. */
struct ledger_past;
enum err ledger_past_open(struct ledger_past **out, struct views_txn **t, struct ledger *l, struct instant at,
                          uint64_t size, struct error *e) MUST_USE;
void ledger_past_close(struct ledger_past *p, struct views_txn *t); /* accepts NULL */

/* The events of one record, verified. ERR_NOT_FOUND when seq is no record of events. */
enum err ledger_record(struct envelope *out, struct event_place *place, struct ledger *l, uint64_t seq,
                       struct arena *a, struct error *e) MUST_USE;
/* Walks records from <= seq < to in order; the arena is reset after each. */
typedef enum err ledger_visit_fn(void *context, const struct event_place *place, const struct envelope *v,
                                 struct arena *a, struct error *e);
enum err ledger_walk(struct ledger *l, uint64_t from, uint64_t to, ledger_visit_fn *visit, void *context,
                     struct error *e) MUST_USE;

/* Signatures of a file that leaves the ledger, by the key that signs its checkpoints: for signify(1), and for
 * ssh-keygen -Y in the namespace `space`. */
struct file_signatures {
    struct str signify, ssh, signify_public;
};
enum err ledger_sign_file(struct file_signatures *out, struct ledger *l, const char *key_file,
                          const char *space, struct bytes file, struct arena *a, struct error *e) MUST_USE;

struct str ledger_origin(const struct ledger *l); /* "daybook/" and 16 hex digits; lives as long as *l */

/* How many records the log has now, of whomever: where it is what it was, nothing has changed. Cheap. */
enum err ledger_size(uint64_t *out, struct ledger *l, struct error *e) MUST_USE;
/* Has the record texts about that customer that no key seals, as those of older versions have? They cannot be
 * erased. */
enum err ledger_plain_texts(bool *found, struct ledger *l, uint64_t seq, uint64_t customer,
                            struct error *e) MUST_USE;

enum err ledger_catch_up(struct ledger *l, struct error *e) MUST_USE;
/* Drops the views and folds from the first record. */
enum err ledger_rebuild(struct ledger *l, log_progress_fn *progress, void *context, struct error *e) MUST_USE;
enum err ledger_digest(struct hash *out, uint64_t *entries, struct ledger *l, struct error *e) MUST_USE;

/* A decision made again: the events that a record has, and those that its command decides on the state before
 * it. */
struct recomputation {
    uint64_t seq;
    const struct event *was, *is;
    size_t was_count, is_count;
    bool keeps_command; /* records of older versions do not */
    enum err code;      /* of deciding again; ERR_INCOMPLETE: it cannot be done */
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

/* Documents decided again and held against what they are: counts, and what is wrong with the first that did
 * not come out the same. */
struct document_checks {
    uint64_t wanted; /* number of the one that is looked at; 0: all */
    uint64_t checked, verified;
    uint64_t older;      /* of records before the first one that keeps its command: nothing to decide again */
    uint64_t incomplete; /* could not be decided again for another reason, as when the rules were others */
    uint64_t differing;  /* also: keeps no command, though an earlier one does */
    struct str first; /* of the worst that there are: "INV-2025-000001: total is …"; "": nothing is wrong */
    struct arena *arena; /* that `first` lives in */
    int worst;           /* of what kind `first` is */
    bool command_seen;
};
/* A recompute_fn whose context is struct document_checks. */
enum err document_check(void *checks, const struct recomputation *r, struct error *e) MUST_USE;

/* Verification. Without key: the chain and root. With key also: tags, commits, canonical decoding (twice:
 * ours and msgpack-c's), postings that sum to zero, what chronicle.h says of the order of events, every
 * document decided again, and views equal to a rebuild in a scratch folder. ERR_TAMPERED names the first bad
 * record or document. ERR_INCOMPLETE: all else is as it should be, but documents.incomplete of them could not
 * be decided again; *out is then whole. Those that are older than the commands in records are counted. */
struct ledger_report {
    struct log_report chain;
    struct str origin;
    bool with_key;
    uint64_t commands, events, postings;
    struct chronicle_counts history;
    struct document_checks documents; /* with the arena that was given */
    uint64_t view_entries;
    struct hash view_digest;
};
enum err ledger_verify(struct ledger_report *out, struct ledger *l, log_progress_fn *progress, void *context,
                       struct arena *a, struct error *e) MUST_USE;

/* ---- examination: what keeps a ledger from being opened, part by part ---- */

enum ledger_part {
    LEDGER_FILES, /* the directory, its file system, modes and owners */
    LEDGER_LOG,
    LEDGER_ANCHOR,
    LEDGER_KEY,
    LEDGER_CUSTOMER_KEYS,
    LEDGER_VIEWS,
    LEDGER_PARTS
};
struct ledger_finding {
    bool looked;      /* false: what it takes to look was not there */
    struct error why; /* code OK: it is as it should be */
};
struct ledger_examination {
    struct ledger_finding parts[LEDGER_PARTS];
    struct str origin;
    uint64_t records, log_bytes;
    struct instant last_at;           /* of the last record */
    const char *anchor_file, *anchor; /* as of struct ledger_recovery; NULL: not known */
    uint64_t anchor_behind;           /* records that it does not know yet */
    const char *key_file;             /* NULL: from a command */
    const char *kek_file;             /* NULL: not known */
    bool key_protected;               /* by a passphrase */
    uint64_t views_records;           /* how many records they are of */
    uint64_t checkpoint_records;      /* of the newest; 0: there is none */
    const char *checkpoint_path;
};
/* Looks at each part by itself, and goes on behind one that is not as it should be. Writes nothing but
 * LMDB's lock files, which every reader writes. */
void ledger_examine(struct ledger_examination *out, const struct ledger_options *o, struct arena *a);

/* ---- the master key ---- */

struct ledger_rotation {
    struct str key, old_key; /* their names, 16 hexadecimal digits */
    struct str key_file;     /* opens the ledger from now on */
    struct str kept;         /* the old key's file, if it had to make room */
    uint64_t seq;            /* of the KEYS record */
    bool swaps, finished;    /* in the old one's place; one that was interrupted before */
};
/* Replaces the master key by a new one and folds the views anew under it. The new key is in `new_key_file`,
 * made there if it is missing; for NULL it takes the place of the ledger's key file, which is kept as
 * KEYFILE.old-NAME. ERR_USAGE: NULL, but the key comes from a command. ERR_REFUSED: the ledger had that key
 * before. After any failure the sentence says which file opens the ledger, if it is no longer the old one. */
enum err ledger_rotate(struct ledger_rotation *out, struct ledger *l, const char *new_key_file,
                       struct arena *a, struct error *e) MUST_USE;

/* Which keys sealed what: the master keys, the oldest first, and the epochs. */
struct ledger_master {
    struct str key;
    struct instant from, replaced;     /* replaced: none of the one in use */
    uint64_t epochs, records, largest; /* records of the largest epoch */
};
struct ledger_epoch {
    uint32_t epoch;
    uint64_t seq; /* of its EPOCH record */
    size_t master;
    struct instant from;
    uint64_t records;
};
struct ledger_keys {
    struct str key_file; /* "": from a command */
    struct ledger_master *masters;
    struct ledger_epoch *epochs;
    size_t masters_count, epochs_count;
    struct date due; /* the master key in use is to be replaced on that day, a year after it began */
};
/* Reads the whole log. */
enum err ledger_keys(struct ledger_keys *out, struct ledger *l, struct arena *a, struct error *e) MUST_USE;

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
struct checkpoint_rotation {
    struct str note, next; /* the note; the new public key as text */
    const char *path;      /* of the note */
};
enum err ledger_rotate_checkpoint_key(struct checkpoint_rotation *out, struct ledger *l, const char *old,
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
/* The newest in DIR/checkpoints; its signature is not checked here. ERR_NOT_FOUND: none was signed yet. */
enum err ledger_newest_checkpoint(struct ledger_checkpoint *out, struct ledger *l, struct arena *a,
                                  struct error *e) MUST_USE;
/* One in a file, which must be of this ledger; its signature is not checked here. */
enum err ledger_read_checkpoint(struct ledger_checkpoint *out, struct ledger *l, const char *path,
                                struct arena *a, struct error *e) MUST_USE;
/* The one of so many records; as above. ERR_NOT_FOUND: none was signed of that number. */
enum err ledger_checkpoint_at(struct ledger_checkpoint *out, struct ledger *l, uint64_t size, struct arena *a,
                              struct error *e) MUST_USE;
/* Proofs as text, leading to the checkpoint in a file, or for NULL to the newest. ERR_NOT_FOUND: that one is
 * older than the record. ERR_TAMPERED: the log is not that of the checkpoints. */
enum err ledger_prove_record(struct str *text, struct ledger *l, uint64_t seq, const char *checkpoint,
                             struct arena *a, struct error *e) MUST_USE;
/* The same for many records and one checkpoint, which is read once. Meanwhile no other proof is to be asked
 * for, nor a checkpoint to be signed. */
struct ledger_prover {
    struct ledger *ledger;
    struct ledger_checkpoint at;
    struct log_prover *prover;
};
enum err ledger_prover_open(struct ledger_prover *out, struct ledger *l, const char *checkpoint,
                            struct arena *a, struct error *e) MUST_USE;
enum err ledger_prover_path(struct merkle_path *out, const struct ledger_prover *p, uint64_t seq,
                            struct error *e) MUST_USE;
enum err ledger_prover_text(struct str *text, const struct ledger_prover *p, uint64_t seq, struct arena *a,
                            struct error *e) MUST_USE;
void ledger_prover_close(struct ledger_prover *p); /* accepts one that was not opened */
enum err ledger_prove_growth(struct str *text, struct ledger *l, const char *older, const char *checkpoint,
                             struct arena *a, struct error *e) MUST_USE;
/* Everything of a sealed record that whoever is to check it without any key needs to be given. */
struct ledger_opened {
    struct bytes record; /* as stored */
    struct bytes salt, plain;
    struct event_place place;
    struct envelope envelope; /* read from `plain` */
};
/* ERR_NOT_FOUND: the record holds no events, or there is none. */
enum err ledger_open_record(struct ledger_opened *out, struct ledger *l, uint64_t seq, struct arena *a,
                            struct error *e) MUST_USE;
/* A record's bytes as they are stored, sealed ones too: what its proof is about. */
enum err ledger_stored_record(struct bytes *out, struct ledger *l, uint64_t seq, struct arena *a,
                              struct error *e) MUST_USE;

/* ---- copies: none of them needs the master key ---- */

/* Who is told how far it is. */
struct copying {
    log_progress_fn *progress;
    void *context;
};

struct archive_options {
    const char *dir;
    const char *checkpoint; /* a file: what the archive is to be of; NULL: a new one, or the newest */
    const char *key_file;   /* NULL: nothing is signed */
    struct copying told;
};
struct ledger_archive {
    struct checkpoint at;
    uint64_t files, written; /* in its manifest; of them new or changed */
    bool is_signed;
    struct str ssh_public; /* who signed, as in OpenSSH's allowed signers; "" without a key */
};
/* Writes the ledger up to a checkpoint as an archive (FORMAT.md, "Archives"), or adds to an older one of the
 * same ledger what is new. What is there is held against the log before anything is changed. ERR_TAMPERED: it
 * is not of this ledger, or the log is not that of a checkpoint. ERR_ROLLED_BACK: it is of more records.
 * ERR_REFUSED: the folder has other files. ERR_CONFLICT: somebody else writes there. */
enum err ledger_export(struct ledger_archive *out, struct ledger *l, const struct archive_options *o,
                       struct arena *a, struct error *e) MUST_USE;

struct ledger_backup {
    struct str snapshot;     /* its name */
    uint64_t records, added; /* in it; of them not in the one before */
    struct hash root;
    uint64_t objects, bytes; /* written by this one */
};
/* Adds a snapshot of the ledger as it is now to the backup in a folder (FORMAT.md, "Backups"), while others
 * go on writing. Only what no object holds yet is written; the master key never is. ERR_ROLLED_BACK: the
 * newest snapshot has more records. ERR_TAMPERED: the ledger does not go on from it, or it is damaged.
 * ERR_REFUSED: it is of another ledger, or the folder has other files. */
enum err ledger_backup(struct ledger_backup *out, struct ledger *l, const char *dir, const struct copying *c,
                       struct arena *a, struct error *e) MUST_USE;

/* What stands in a backup; needs no ledger. */
struct backup_entry {
    struct str name, origin;
    uint64_t records, segments, files, bytes; /* bytes: of the objects that it names */
    struct hash root;
};
enum err backup_list(struct backup_entry **out, size_t *count, const char *dir, struct arena *a,
                     struct error *e) MUST_USE;
/* Reads every object that a snapshot names, holds it against its name and the records against each other, the
 * checkpoints, and the root. `snapshot` NULL: all of them. *out is of the last one read. ERR_TAMPERED names
 * the object; ERR_INCOMPLETE: one is missing. */
enum err backup_verify(struct backup_entry *out, size_t *verified, const char *dir, const char *snapshot,
                       const struct copying *c, struct arena *a, struct error *e) MUST_USE;
/* Removes all snapshots but the newest `keep`, then the objects that none of those names. ERR_INVALID: keep
 * is 0. */
struct backup_pruned {
    uint64_t snapshots, objects, bytes; /* removed */
    uint64_t kept;
};
enum err backup_prune(struct backup_pruned *out, const char *dir, uint64_t keep, struct arena *a,
                      struct error *e) MUST_USE;

/* Makes the ledger o->dir, which must not be there or be empty, of a snapshot (NULL: the newest). All of it
 * is verified, with the key, before the folder gets its name;
 * documents that could not be decided again are only counted. ERR_REFUSED: there is something. */
enum err ledger_restore(struct ledger_report *out, const struct ledger_options *o, const char *backup,
                        const char *snapshot, const struct copying *c, struct arena *a,
                        struct error *e) MUST_USE;

struct ledger_replica {
    uint64_t records, added;
    struct hash root;
};
/* Brings the follower in a folder up to date, or makes it. Before anything is written, all of the source is
 * read, and what the follower has must be its beginning. ERR_ROLLED_BACK: the follower has more records.
 * ERR_TAMPERED: it went another way, or one of the two is damaged. ERR_REFUSED: there is no follower, but
 * something else. */
enum err ledger_replicate(struct ledger_replica *out, struct ledger *l, const char *dir,
                          const struct copying *c, struct arena *a, struct error *e) MUST_USE;
/* From now on it is a ledger of its own, and written to. ERR_REFUSED: it is no follower. */
enum err ledger_promote(const char *dir, struct error *e) MUST_USE;

/* ---- what others say of checkpoints: time stamps and witnesses (anchors.c) ---- */

/* How many records each checkpoint in DIR/checkpoints is of, the smallest first. */
enum err ledger_checkpoint_sizes(uint64_t **out, size_t *count, struct ledger *l, struct arena *a,
                                 struct error *e) MUST_USE;
/* A checkpoint's note with the lines of witnesses, DIR/cosigned; of one that nobody cosigned, or whose copy
 * there is not of it, its own: this is what is published, and what proofs lead to. */
enum err ledger_cosigned_note(struct str *out, struct ledger *l, const struct ledger_checkpoint *p,
                              struct arena *a, struct error *e) MUST_USE;
/* Adds a witness's line, in the place of one of his that is there; whoever else adds one meanwhile. */
enum err ledger_keep_cosigned(struct ledger *l, const struct ledger_checkpoint *p, struct str witness,
                              struct str line, struct arena *a, struct error *e) MUST_USE;

/* A time stamp of a checkpoint, DIR/timestamps. */
struct ledger_stamp {
    uint64_t size;
    struct str authority; /* as its file is called */
    const char *path;
};
/* By size, the smallest first. */
enum err ledger_stamps(struct ledger_stamp **out, size_t *count, struct ledger *l, struct arena *a,
                       struct error *e) MUST_USE;
/* *path is where it then is. */
enum err ledger_keep_stamp(const char **path, struct ledger *l, uint64_t size, struct str authority,
                           struct bytes answer, struct arena *a, struct error *e) MUST_USE;

/* A small text of whoever asks authorities and witnesses, DIR/anchoring: hints that may be lost. */
struct str ledger_anchoring_notes(struct ledger *l, struct arena *a);
enum err ledger_keep_anchoring_notes(struct ledger *l, struct str text, struct arena *a,
                                     struct error *e) MUST_USE;
/* One process at a time asks: *lock is closed when done. ERR_CONFLICT: another one is at it. */
enum err ledger_lock_anchoring(int *lock, struct ledger *l, struct arena *a, struct error *e) MUST_USE;
void ledger_unlock_anchoring(int lock);

/* A record's time; and the proof that the first `old` records are the beginning of those of a checkpoint,
 * where the ledger may not have a checkpoint of that number itself. */
enum err ledger_time_of(struct instant *out, struct ledger *l, uint64_t seq, struct error *e) MUST_USE;
enum err ledger_growth_path(struct merkle_path *out, struct ledger *l, uint64_t old,
                            const struct ledger_checkpoint *to, struct arena *a, struct error *e) MUST_USE;

/* ---- disclosures: some records, opened for people who have no key (disclosure.c) ---- */

/* A file of them that leads to one checkpoint: begin, add the records in their order, end. ERR_LIMIT: it
 * would have more than LIMIT_DISCLOSURE_BYTES. */
void disclosure_begin(struct buffer *out, struct str note);
enum err disclosure_add(struct buffer *out, const struct ledger_opened *record,
                        const struct merkle_path *path, struct error *e) MUST_USE;
enum err disclosure_end(struct buffer *out, struct error *e) MUST_USE;
bool disclosure_is_one(struct str text); /* by how it begins */
/* Checks such a file and visits each record of it once it was found to be in the ledger; needs nothing but
 * the public key. What was told before the check of a later one failed is not to be believed. The arena is
 * reset after each visit. *note is the checkpoint's, in `a`. ERR_INVALID: it is not written so. ERR_TAMPERED:
 * it does not lead to a checkpoint that the key signed, or what is disclosed is not what was recorded. */
enum err disclosure_check(struct checkpoint *at, struct str *note, struct str text, const struct note_key *k,
                          ledger_visit_fn *visit, void *context, struct arena *a, struct error *e) MUST_USE;

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
