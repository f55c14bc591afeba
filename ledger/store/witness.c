/* SPDX-License-Identifier: MIT */
/* witness.c - see witness.h. The order of the questions is the specification's, so that each fault has the
 * status that it names. */
#include "ledger/store/witness.h"

#include <string.h>

enum { PROOF_MAX = 63 }; /* hashes that the specification allows */

static void judged(struct witness_verdict *out, int status, struct str why)
{
    out->status = status;
    out->why = why;
}

static const struct witnessed_log *find_log(size_t *place, struct str origin,
                                            const struct witnessed_log *logs, size_t count)
{
    for (*place = 0; *place < count; ++*place)
        if (str_equal(logs[*place].origin, origin)) return &logs[*place];
    return NULL;
}

/* By one of its keys; lines of others are passed over. */
static bool is_signed(struct str note, const struct witnessed_log *log, struct arena *a)
{
    struct error unused = {0};
    struct checkpoint at = {.size = 0};
    for (size_t i = 0; i < log->keys_count; i++)
        if (checkpoint_open(&at, note, &log->keys[i], a, &unused) == OK) return true;
    return false;
}

static bool goes_on(const struct witnessed_log *log, const struct proof_text *p, const struct checkpoint *at)
{
    struct hasher *h = hasher_new();
    struct merkle_range none = {.size = 0};
    struct hash empty = {{0}};
    merkle_root(&none, h, &empty);
    bool is = false;
    if (log->size > 0)
        is = merkle_extends(h, &p->path, log->size, &log->root, at->size, &at->root);
    else /* anything goes on from nothing, and there is nothing to prove */
        is = p->path.count == 0 && (at->size > 0 || hash_equal(&at->root, &empty));
    hasher_free(h);
    return is;
}

/* Of a log that is known, by a checkpoint that it signed. */
static void judge_growth(struct witness_verdict *out, const struct witnessed_log *log,
                         const struct proof_text *p)
{
    bool is_same_size = log->size == out->at.size && log->size > 0;
    if (p->number > out->at.size)
        judged(out, WITNESS_BAD_REQUEST, STR("the old size is greater than the checkpoint's"));
    else if (p->number != log->size)
        judged(out, WITNESS_OTHER_SIZE, STR("the old size is not that of the checkpoint signed last"));
    else if (is_same_size && !hash_equal(&log->root, &out->at.root))
        judged(out, WITNESS_OTHER_SIZE,
               STR("the checkpoint signed last, of as many records, has another root"));
    else if (!goes_on(log, p, &out->at))
        judged(out, WITNESS_BAD_PROOF, STR("it does not go on from the checkpoint signed last"));
    else
        judged(out, WITNESS_SIGNS, STR_NONE);
}

void witness_judge(struct witness_verdict *out, struct str body, const struct witnessed_log *logs,
                   size_t count, struct arena *a)
{
    struct error e = {0};
    struct proof_text p = {.number = 0};
    *out = (struct witness_verdict){.log = SIZE_MAX};
    if (proof_text_read(&p, body, a, &e) != OK || p.kind != PROOF_OF_GROWTH || p.path.count > PROOF_MAX ||
        checkpoint_read(&out->at, p.note, a, &e) != OK || note_split(&out->text, p.note, a, &e) != OK) {
        judged(out, WITNESS_BAD_REQUEST,
               str_copy(a, e.text[0] == 0 ? STR("it is no request to sign a checkpoint") : str_of(e.text)));
        return;
    }
    const struct witnessed_log *log = find_log(&out->log, out->at.origin, logs, count);
    if (log == NULL) {
        judged(out, WITNESS_UNKNOWN_LOG, STR("this log is not known here"));
        return;
    }
    out->own = note_signed_by(a, p.note, log->origin);
    if (!is_signed(p.note, log, a))
        judged(out, WITNESS_NOT_SIGNED, STR("no key that is known of this log signed it"));
    else
        judge_growth(out, log, &p);
}

enum err witness_recall(struct witnessed_log *log, struct str note, const struct note_key *witness,
                        struct arena *a, struct error *e)
{
    struct str text = STR_NONE;
    struct checkpoint at = {.size = 0};
    enum err err = note_open(&text, note, witness, a, e);
    if (err == OK) err = checkpoint_read(&at, note, a, e);
    if (err != OK) return err;
    if (!str_equal(at.origin, log->origin) || !is_signed(note, log, a))
        return fail(e, ERR_TAMPERED, "no key that is known of '%.*s' signed it", STR_ARG(log->origin));
    log->size = at.size;
    log->root = at.root;
    return OK;
}
