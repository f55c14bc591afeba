/* SPDX-License-Identifier: MIT */
/* prove.c - what the ledger gives to people outside besides its checkpoints: proofs that lead to one, and the
 * records that they are about. No proof is handed out that was not checked against the records. */
#include "ledger/ledger_private.h"

static struct log_head_at head_at(const struct checkpoint *c)
{
    return (struct log_head_at){c->size, c->root};
}

/* The checkpoint that a proof is to lead to: one in a file, or the newest, with what witnesses signed. */
static enum err target(struct ledger_checkpoint *out, struct ledger *l, const char *file, struct arena *a,
                       struct error *e)
{
    if (file != NULL) return checkpoint_read_file(out, l, file, a, e);
    enum err err = ledger_newest_checkpoint(out, l, a, e);
    return err == OK ? ledger_cosigned_note(&out->note, l, out, a, e) : err;
}

enum err ledger_prover_open(struct ledger_prover *out, struct ledger *l, const char *checkpoint,
                            struct arena *a, struct error *e)
{
    *out = (struct ledger_prover){.ledger = l};
    enum err err = target(&out->at, l, checkpoint, a, e);
    if (err != OK) return err;
    if (out->at.head.size == 0) return fail(e, ERR_INVALID, "checkpoint '%s' is of no records", out->at.path);
    struct log_head_at head = head_at(&out->at.head);
    ledger_lock(l);
    err = log_prover_open(&out->prover, l->log, &head, e);
    ledger_unlock(l);
    return err;
}

void ledger_prover_close(struct ledger_prover *p)
{
    log_prover_close(p->prover);
    p->prover = NULL;
}

enum err ledger_prover_path(struct merkle_path *out, const struct ledger_prover *p, uint64_t seq,
                            struct error *e)
{
    if (seq >= p->at.head.size)
        return fail(e, ERR_NOT_FOUND,
                    "record %ju is not among the %ju of checkpoint '%s': 'daybook audit "
                    "checkpoint' signs a newer one",
                    (uintmax_t)seq, (uintmax_t)p->at.head.size, p->at.path);
    ledger_lock(p->ledger);
    enum err err = log_prover_prove(out, p->prover, seq, e);
    ledger_unlock(p->ledger);
    return err == OK ? OK : wrap(e, "cannot prove record %ju", (uintmax_t)seq);
}

enum err ledger_prover_text(struct str *text, const struct ledger_prover *p, uint64_t seq, struct arena *a,
                            struct error *e)
{
    struct proof_text proof = {.kind = PROOF_OF_RECORD, .number = seq, .note = p->at.note};
    enum err err = ledger_prover_path(&proof.path, p, seq, e);
    if (err == OK) *text = proof_text(a, &proof);
    return err;
}

enum err ledger_prove_record(struct str *text, struct ledger *l, uint64_t seq, const char *checkpoint,
                             struct arena *a, struct error *e)
{
    struct ledger_prover p = {.ledger = l};
    enum err err = ledger_prover_open(&p, l, checkpoint, a, e);
    if (err == OK) err = ledger_prover_text(text, &p, seq, a, e);
    ledger_prover_close(&p);
    return err;
}

enum err ledger_prove_growth(struct str *text, struct ledger *l, const char *older, const char *checkpoint,
                             struct arena *a, struct error *e)
{
    struct ledger_checkpoint old = {.path = NULL}, at = old;
    struct proof_text p = {.kind = PROOF_OF_GROWTH};
    enum err err = checkpoint_read_file(&old, l, older, a, e);
    if (err == OK) err = target(&at, l, checkpoint, a, e);
    if (err != OK) return err;
    if (old.head.size == 0) return fail(e, ERR_INVALID, "checkpoint '%s' is of no records", older);
    if (old.head.size > at.head.size)
        return fail(e, ERR_ROLLED_BACK, "checkpoint '%s' is of %ju records, but '%s' of %ju only", older,
                    (uintmax_t)old.head.size, at.path, (uintmax_t)at.head.size);
    struct log_head_at was = head_at(&old.head), now = head_at(&at.head);
    ledger_lock(l);
    err = log_prove_consistency(&p.path, l->log, &was, &now, e);
    ledger_unlock(l);
    p.number = old.head.size;
    p.note = at.note;
    if (err == OK) *text = proof_text(a, &p);
    return err == OK ? OK : wrap(e, "the ledger does not go on from checkpoint '%s'", older);
}

/* ---- records, as they are and opened ---- */

static enum err keep_record(void *context, const struct log_entry *entry, struct error *e)
{
    (void)e;
    struct buffer *out = context;
    buffer_add(out, entry->record.ptr, entry->record.len);
    return OK;
}

enum err ledger_stored_record(struct bytes *out, struct ledger *l, uint64_t seq, struct arena *a,
                              struct error *e)
{
    struct buffer record = {.arena = a};
    ledger_lock(l);
    enum err err = log_scan(l->log, seq, seq + 1, keep_record, &record, e);
    ledger_unlock(l);
    *out = (struct bytes){record.ptr, record.len};
    if (err == OK && record.len == 0) return fail(e, ERR_NOT_FOUND, "there is no record %ju", (uintmax_t)seq);
    return err;
}

struct opening {
    struct ledger_opened *out;
    struct personal *personal;
    struct arena *arena;
    bool found;
};

static enum err keep_opened(void *context, const struct log_entry *entry, struct error *e)
{
    struct opening *o = context;
    struct ledger_opened *out = o->out;
    if (entry->header.class_ != RECORD_EVENTS) return OK;
    o->found = true;
    out->record = bytes_copy(o->arena, entry->record);
    out->salt = bytes_copy(o->arena, entry->salt);
    out->plain = bytes_copy(o->arena, entry->plain);
    enum err err = envelope_decode(&out->envelope, out->plain, o->personal, o->arena, e);
    out->place = (struct event_place){entry->seq,
                                      entry->header.at,
                                      entry->leaf,
                                      entry->header.prev,
                                      out->envelope.actor,
                                      out->envelope.command,
                                      0};
    return err == OK ? OK : wrap(e, "record %ju", (uintmax_t)entry->seq);
}

enum err ledger_open_record(struct ledger_opened *out, struct ledger *l, uint64_t seq, struct arena *a,
                            struct error *e)
{
    struct opening o = {.out = out, .personal = customer_keys_personal(l->keys), .arena = a};
    *out = (struct ledger_opened){.record = {0}};
    ledger_lock(l);
    enum err err = log_read(l->log, seq, seq + 1, keep_opened, &o, e);
    ledger_unlock(l);
    if (err != OK || o.found) return err;
    return fail(e, ERR_NOT_FOUND, "record %ju holds no events", (uintmax_t)seq);
}
