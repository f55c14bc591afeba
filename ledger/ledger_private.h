/* SPDX-License-Identifier: MIT */
/* ledger_private.h - what the files of ledger/ (not its sub-rooms) share: ledger.c (open, close, read), run.c
 * (gather, decide, append, fold), queue.c (group commit), fold.c (catching up), verify.c, settle.c, rotate.c
 * (a new master key), guard.c (where outputs may not go), modes.c (who else may get at the files), anchor.c
 * and recover.c (what the ledger is known to have been). */
#ifndef DAYBOOK_LEDGER_LEDGER_PRIVATE_H
#define DAYBOOK_LEDGER_LEDGER_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "ledger/ledger.h"

struct job { /* a request on its way, with the arena its outcome lives in */
    const struct request *request;
    struct outcome *outcome;
    struct arena *arena;
    /* of the queue */
    struct job *next;
    bool done;
    enum err err; /* of the batch */
    struct error error;
};

struct erasing { /* what the records of a commit erase */
    struct erased_keys *items;
    size_t count, room;
    uint64_t generation;
};

struct ledger {
    char *dir;
    struct master_key *master; /* NULL: opened without key */
    struct log *log;
    struct views *views;        /* NULL: without key */
    struct customer_keys *keys; /* likewise */
    bool in_memory, read_only;
    uint8_t tie[KEY_BYTES]; /* of the views to those keys */
    struct world world;
    struct zones *zones;
    const struct ledger_state *state;
    struct hash definition;
    struct hasher *hasher;
    size_t map_bytes;
    struct passphrase_source passphrase;
    char *texts[2];             /* its file and command */
    char *fiscal_key_file;      /* NULL: none was named */
    struct rsa_key *fiscal_key; /* NULL: no document wanted it yet */
    struct {
        char *dir, *key_file, *anchor, *kek_file; /* absolute; NULL: there is none, as with a key command */
    } guarded;
    struct {
        char *path; /* NULL: in memory */
        bool sound; /* it was when the ledger was opened */
        bool due;   /* this process appended since it was moved; l->lock is held */
    } anchor;
    uint32_t generation;

    pthread_mutex_t lock;  /* held by whoever uses log, scratch memory or a write transaction */
    struct arena *facts;   /* of the command being decided */
    struct arena *scratch; /* of the event being folded */
    struct buffer plain;

    atomic_bool folding; /* the views are behind, or are made anew, by whoever holds the lock */
    /* Open during a rehearsal; changes live and end in it. Whoever rehearses holds the lock to its end:
     * others' commands wait, and their reads see nothing of it. */
    struct views_txn *rehearsal;
    atomic_bool rehearsing;
    pthread_t rehearser;
    uint64_t rehearsal_base;
    struct str origin;
    bool finished_rotation; /* when it was opened, KEYFILE.new was put in place */
    struct erasing erasing;

    struct {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        struct job *first, **last;
        bool led; /* somebody is running a batch */
    } queue;
};

/* ---- fiscal_sign.c ---- */

/* Puts in the signatures that the decision left open. `s` decided it; NULL: then none is open. ERR_REFUSED:
 * there is no key, or it is another one than the seller's. */
enum err fiscal_sign(struct ledger *l, struct event_list *events, const struct seller *s, struct arena *a,
                     struct error *e) MUST_USE;

/* ---- fold.c ---- */

enum err fold_record(struct ledger *l, struct views_txn *t, const struct event_place *place,
                     const struct envelope *v, struct error *e) MUST_USE;
/* Folds what the log has and the transaction has not, up to `to`. */
enum err fold_until(struct ledger *l, struct views_txn *t, uint64_t to, struct error *e) MUST_USE;
#define FOLD_TO_END UINT64_MAX
/* As many transactions as it takes, up to record `to`, or to wherever the log ends. */
enum err fold_all(struct ledger *l, struct views *v, uint64_t to, log_progress_fn *progress, void *context,
                  struct error *e) MUST_USE;
void state_definition(struct hash *out, const struct ledger_state *s, struct hasher *h);

/* ---- erase.c; l->lock is held ---- */

enum err keys_open(struct ledger *l, const char *kek_file, struct error *e) MUST_USE;
/* Where the key of these keys is, beside what opens the ledger: a key file or, of a key command, the
 * directory. */
const char *kek_path(const struct ledger *l, const char *base, struct arena *a);
/* After the views are open: completes or throws away what a killed process left. ERR_INCOMPLETE: the keys are
 * an older copy. ERR_ROLLED_BACK: the log is. */
enum err keys_check_open(struct ledger *l, struct error *e) MUST_USE;
/* As views_begin of the live views, whose key another process may have changed. */
enum err begin_views(struct views_txn **out, struct ledger *l, bool write, struct error *e) MUST_USE;
void keys_begin(struct ledger *l); /* a commit */
/* What a record means for the keys, before it is encoded. */
enum err keys_of_record(struct ledger *l, const struct envelope *v, struct error *e) MUST_USE;
enum err keys_before_commit(struct ledger *l, struct error *e) MUST_USE;
void keys_after_failure(struct ledger *l, enum err why);
/* Of a commit that erased somebody, in place of committing the views. */
enum err keys_after_erasure(struct ledger *l, struct error *e) MUST_USE;
/* In a write transaction that is at the log's end. *erased: an erasure stands in the log and is to be
 * completed. */
enum err keys_settle(bool *erased, struct ledger *l, struct views_txn *t, struct error *e) MUST_USE;

/* ---- scratch.c ---- */

struct scratch_views {
    struct buffer path;
    struct views *views;
};
enum err scratch_open(struct scratch_views *out, struct ledger *l, struct error *e) MUST_USE;
void scratch_close(struct scratch_views *s); /* also after a failure; removes the folder */

/* ---- basis.c ---- */

/* Does the record finalize a document? Then it keeps its command. */
bool makes_document(const struct envelope *v);
/* The command as the JSON text that a record keeps, without members that say nothing; and back. */
struct str basis_of(const struct command *c, struct arena *a);
enum err basis_command(struct command *out, const struct envelope *v, struct arena *a,
                       struct error *e) MUST_USE;
/* ledger_recompute into empty views, which have then folded the log up to range->to; l->lock is held. */
struct recompute_range {
    uint64_t from, to; /* records; to: at most what the log has */
};
enum err recompute_into(struct ledger *l, struct views *views, const struct recompute_range *range,
                        recompute_fn *visit, void *context, log_progress_fn *progress, void *progress_context,
                        struct error *e) MUST_USE;

/* ---- ledger.c: opening in steps ---- */

struct ledger *ledger_new(const struct ledger_options *o); /* nothing of it is open yet */
/* Appends nothing when the key is no file, else its path and a zero byte. */
void ledger_key_path(struct buffer *out, const struct ledger_options *o);
enum err ledger_open_master(struct master_key **out, const struct ledger_options *o, bool create,
                            struct error *e) MUST_USE;
/* Where the key of the customers' keys is. */
const char *kek_place(const struct ledger *l, const struct ledger_options *o, struct arena *a);
enum err ledger_open_keys(struct ledger *l, const struct ledger_options *o, struct error *e) MUST_USE;

/* ---- ledger.c; l->lock is held ---- */

enum err catch_up_locked(struct ledger *l, struct error *e) MUST_USE;
enum err ledger_open_log(struct ledger *l, const struct ledger_options *o, const struct master_key *k,
                         struct error *e) MUST_USE;
enum err ledger_open_views(struct ledger *l, bool drop, struct error *e) MUST_USE;
/* Where another process replaced the master key, that is what went wrong, and the sentence says so. */
enum err blame_key(struct ledger *l, enum err err, struct error *e) MUST_USE;

/* ---- rotate.c ---- */

/* *e says that the key was replaced. If KEYFILE.new holds the one that came after it: opens the log by it and
 * puts it in place if that is asked for, and otherwise says where it is. */
enum err rotation_resume(struct ledger *l, const struct ledger_options *o, struct error *e) MUST_USE;

/* ---- guard.c ---- */

/* Remembers, wherever the process goes later, what outputs must not overwrite. `key_file` may be NULL. */
void guard_begin(struct ledger *l, const char *key_file);
void guard_kek(struct ledger *l, const char *kek_file);
void guard_end(struct ledger *l);

void guard_add_anchor(struct ledger *l, const char *path);

/* ---- modes.c ---- */

/* ERR_INVALID names the first of the directory, what lies in it, its log's and its views' files that others
 * may read or write, or that is somebody else's, and what mends it. */
enum err modes_check(const char *dir, struct error *e) MUST_USE;
enum err modes_close(const char *dir, struct error *e) MUST_USE; /* the directory itself to 0700 */

/* ---- anchor.c ---- */

/* How the ledger stands to its anchor. */
struct anchor_found {
    enum {
        ANCHOR_NONE,  /* in memory: it has none */
        ANCHOR_NEVER, /* it never had one */
        ANCHOR_SOUND,
        ANCHOR_MISSING,
        ANCHOR_DAMAGED,
        ANCHOR_FOREIGN,
        ANCHOR_ROLLED_BACK,
        ANCHOR_FORKED
    } standing;
    struct anchor anchor;    /* all but the first five: what it says */
    struct log_head_at head; /* of the ledger as it is */
    struct hash last_leaf;
    uint32_t generation; /* sound: the ledger's */
    uint64_t behind;     /* sound: records that the anchor does not know yet, and its last */
    struct error why;    /* damaged */
};
/* Where it is; ERR_INVALID: inside the ledger's directory, or it is the key. */
enum err anchor_begin(struct ledger *l, const struct ledger_options *o, struct error *e) MUST_USE;
void anchor_end(struct ledger *l);
/* Finds out, and refuses nothing. */
enum err anchor_find(struct anchor_found *out, struct ledger *l, struct arena *a, struct error *e) MUST_USE;
/* May such a ledger be opened? ERR_ROLLED_BACK, ERR_TAMPERED or ERR_INCOMPLETE with one sentence that says
 * why not. */
enum err anchor_verdict(const struct anchor_found *f, const struct ledger *l, struct error *e) MUST_USE;
/* The two in one, when the ledger is opened; makes the first anchor, of a ledger that verifies. */
enum err anchor_open(struct ledger *l, bool without_key, struct error *e) MUST_USE;
/* Verifies the whole log and puts an anchor of it in the place of `was` (NULL: there is none). */
enum err anchor_renew(struct ledger *l, const struct anchor *was, struct arena *a, struct error *e) MUST_USE;

/* ---- checkpoint_files.c ---- */

const char *checkpoint_folder(const struct ledger *l, struct arena *a);
const char *checkpoint_path(const struct ledger *l, uint64_t size, struct arena *a);
/* What a generation signs as; and which generation signs so, 0: none of this ledger. */
struct str generation_origin(struct str origin, uint32_t generation, struct arena *a);
uint32_t origin_generation(struct str name, struct str origin);
struct checkpoint_sizes {
    uint64_t *items; /* the largest first */
    size_t count;
};
enum err checkpoint_sizes(struct checkpoint_sizes *out, const struct ledger *l, struct arena *a,
                          struct error *e) MUST_USE;
/* One in a file, whoever signed it, which must be about this ledger, in whatever generation. */
enum err checkpoint_read_file(struct ledger_checkpoint *out, const struct ledger *l, const char *path,
                              struct arena *a, struct error *e) MUST_USE;
/* What the ledger itself keeps is not input: ERR_TAMPERED where it cannot be read, for somebody was there. */
enum err checkpoint_read_own(struct ledger_checkpoint *out, const struct ledger *l, const char *path,
                             struct arena *a, struct error *e) MUST_USE;
enum err checkpoint_read_kept(struct ledger_checkpoint *out, const struct ledger *l, uint64_t size,
                              struct arena *a, struct error *e) MUST_USE;

const char *checkpoint_keys_folder(const struct ledger *l, struct arena *a); /* which key follows which */

/* ---- recover.c ---- */

const char *anchor_standing_word(const struct anchor_found *f); /* "sound", "ahead" … */

/* ---- signers.c ---- */

struct signer {
    struct checkpoint_key *key;
    const char *last_path;         /* beside the key: what it signed last */
    struct ledger_checkpoint last; /* path NULL: nothing */
    int lock;
};
struct signers {
    struct signer items[2]; /* the one that goes on first */
    size_t count;
};
/* Who signs when the key in this file is to: it, or the one that follows it, and who signs along. Holds their
 * files until they are closed, also after a failure. ERR_REFUSED: the key is retired. */
enum err signers_open(struct signers *out, const struct ledger *l, const char *key_file, struct arena *a,
                      struct error *e) MUST_USE;
void signers_close(struct signers *s);

/* ---- run.c ---- */

/* Runs the jobs as one commit; l->lock is held. */
enum err run_jobs(struct ledger *l, struct job *const *jobs, size_t count, bool all_or_nothing,
                  struct error *e) MUST_USE;

/* Is it this thread that rehearses? It holds the lock already. */
bool rehearses(const struct ledger *l);
void ledger_lock(struct ledger *l);
void ledger_unlock(struct ledger *l);

#endif
