/* SPDX-License-Identifier: MIT */
/* claim.c - a checkpoint, a proof of a record, a proof of growth (FORMAT.md section 10). A proof says nothing
 * without what it is about, and a checkpoint nothing without a key that came another way. */
#include "billing/verify/record.h"
#include "billing/verify/verify.h"

static const char receipt_head[] = "daybook-receipt@v1\n";

/* ---- what a proof of a record is about ---- */

/* A receipt, as the QR code of an invoice has it: origin, number and leaf hash. */
static enum err read_receipt(struct finding *out, struct str text, const char *path, struct arena *a)
{
    struct str origin = STR_NONE, number = STR_NONE, leaf = STR_NONE;
    uint64_t seq = 0;
    text = (struct str){text.ptr + sizeof receipt_head - 1, text.len - (sizeof receipt_head - 1)};
    if (!line_take(&origin, &text) || !line_take(&number, &text) || !number_read(&seq, number) ||
        !line_take(&leaf, &text) || !digest_read(&out->leaf, leaf, a) || text.len != 0)
        return fault_of(&out->fault, path, ERR_INVALID, "it is not a receipt of origin, number and hash");
    if (!str_equal(origin, out->at.origin))
        return fault_of(&out->fault, path, ERR_TAMPERED, "it is of another ledger, '%.*s'",
                        STR_ARG(text_quotable(origin)));
    if (seq == out->record) return OK;
    return fault_of(&out->fault, path, ERR_TAMPERED, "it is of record %ju, and the proof of record %ju",
                    (uintmax_t)seq, (uintmax_t)out->record);
}

/* A receipt that an editor or a phone gave other line ends, or a mark before its first line: nobody changed a
 * record there. */
static bool looks_like_receipt(struct str text)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (str_starts(text, mark)) text = (struct str){text.ptr + sizeof mark - 1, text.len - (sizeof mark - 1)};
    return str_starts(text, "daybook-receipt@v1");
}

static enum err read_record(struct finding *out, const char *path, struct arena *a)
{
    struct record r = {.class_ = 0};
    struct bytes content = {0};
    struct error e = {0};
    enum err err = given_read(&content, path, RECORD_MAX, a, &out->fault);
    if (err != OK) return err;
    if (str_starts(bytes_str(content), receipt_head)) return read_receipt(out, bytes_str(content), path, a);
    if (looks_like_receipt(bytes_str(content)))
        return fault_of(&out->fault, path, ERR_INVALID,
                        "it is a receipt, but not in four lines: with other line ends, or with something "
                        "before the first?");
    leaf_of(&out->leaf, content);
    if (record_read(&r, content, &e) != OK) return fault_of(&out->fault, path, e.code, "%s", e.text);
    if (r.seq == out->record) return OK;
    return fault_of(&out->fault, path, ERR_TAMPERED,
                    "it says that it is record %ju, and the proof is of record %ju", (uintmax_t)r.seq,
                    (uintmax_t)out->record);
}

static enum err read_subject(struct finding *out, const struct question *q, struct arena *a)
{
    if (q->record != NULL) return read_record(out, q->record, a);
    if (q->leaf == NULL)
        return fail(
            &out->fault.error, ERR_INCOMPLETE,
            "not verified: it is a proof of record %ju, and neither --record nor --leaf tells what that is",
            (uintmax_t)out->record);
    struct error unused = {0};
    if (digest_read(&out->leaf, str_of(q->leaf), a)) return OK;
    if (hex_decode(out->leaf.bytes, sizeof out->leaf.bytes, str_of(q->leaf), &unused) == OK) return OK;
    return fail(&out->fault.error, ERR_USAGE,
                "--leaf: it is not a hash, neither in base64 nor in hexadecimal digits");
}

/* ---- proofs ---- */

static enum err check_record(struct finding *out, const struct proof *p, const struct question *q,
                             struct arena *a)
{
    out->record = p->number;
    out->has_record = true;
    enum err err = read_subject(out, q, a);
    if (err != OK) return err;
    if (path_includes(&p->path, p->number, &out->leaf, out->at.size, &out->at.root)) return OK;
    out->fault.has_record = true;
    out->fault.record = p->number;
    return fail(&out->fault.error, ERR_TAMPERED,
                "the record is not number %ju of the %ju that the checkpoint is of", (uintmax_t)p->number,
                (uintmax_t)out->at.size);
}

static enum err check_growth(struct finding *out, const struct proof *p, const struct keys *trusted,
                             const struct question *q, struct arena *a)
{
    struct fault *f = &out->fault;
    struct bytes note = {0};
    struct checkpoint old = {.size = 0};
    if (q->old == NULL)
        return fail(
            &f->error, ERR_INCOMPLETE,
            "not verified: it is a proof of growth from %ju records, and --old names no older checkpoint",
            (uintmax_t)p->number);
    enum err err = given_read(&note, q->old, LIMIT_NOTE_BYTES, a, f);
    if (err != OK) return err;
    if (checkpoint_read(&old, bytes_str(note), trusted, a, &f->error) != OK) return fault_in(f, q->old);
    out->older = old.size;
    if (str_equal(old.origin, out->at.origin) && old.size == p->number &&
        path_extends(&p->path, old.size, &old.root, out->at.size, &out->at.root))
        return OK;
    return fail(&f->error, ERR_TAMPERED, "the older checkpoint's %ju records are not the first of the %ju",
                (uintmax_t)old.size, (uintmax_t)out->at.size);
}

static enum err check_proof(struct finding *out, struct str text, const struct keys *trusted,
                            const struct question *q, struct arena *a)
{
    struct proof p = {.number = 0};
    enum err err = proof_read(&p, text, a, &out->fault.error);
    if (err != OK) return err;
    out->kind = p.is_growth ? "growth" : "record";
    err = only_given(out, q, false, !p.is_growth, p.is_growth);
    if (err != OK) return err;
    if (checkpoint_read(&out->at, p.note, trusted, a, &out->fault.error) != OK)
        return wrap(&out->fault.error, "its checkpoint");
    out->has_checkpoint = true;
    return p.is_growth ? check_growth(out, &p, trusted, q, a) : check_record(out, &p, q, a);
}

/* ---- checkpoints ---- */

/* Against one that was kept, two checkpoints of one size must be the same; of different sizes only a proof or
 * an archive can tell. */
static enum err check_kept(struct finding *out, const struct keys *trusted, const struct question *q,
                           struct arena *a)
{
    struct fault *f = &out->fault;
    struct bytes note = {0};
    struct checkpoint kept = {.size = 0};
    if (q->checkpoint == NULL) return OK;
    enum err err = given_read(&note, q->checkpoint, LIMIT_NOTE_BYTES, a, f);
    if (err != OK) return err;
    if (checkpoint_read(&kept, bytes_str(note), trusted, a, &f->error) != OK)
        return fault_in(f, q->checkpoint);
    if (!str_equal(kept.origin, out->at.origin))
        return fault_of(f, q->checkpoint, ERR_TAMPERED, "it is of another ledger");
    if (kept.size > out->at.size)
        return fault_of(f, q->checkpoint, ERR_ROLLED_BACK, "it is of %ju records, and this one of only %ju",
                        (uintmax_t)kept.size, (uintmax_t)out->at.size);
    if (kept.size == out->at.size && digest_equal(&kept.root, &out->at.root)) return OK;
    if (kept.size == out->at.size)
        return fault_of(f, q->checkpoint, ERR_TAMPERED, "both are of %ju records, and their roots differ",
                        (uintmax_t)kept.size);
    return fail(&f->error, ERR_INCOMPLETE,
                "not verified: whether it goes on from the checkpoint that was kept, an archive or a proof "
                "of growth can tell");
}

static enum err check_checkpoint(struct finding *out, struct str text, const struct keys *trusted,
                                 const struct question *q, struct arena *a)
{
    out->kind = "checkpoint";
    enum err err = checkpoint_read(&out->at, text, trusted, a, &out->fault.error);
    if (err == ERR_INVALID) out->kind = "";
    if (err != OK) return err;
    out->has_checkpoint = true;
    err = only_given(out, q, true, false, false);
    return err == OK ? check_kept(out, trusted, q, a) : err;
}

enum err verify_claim(struct finding *out, struct str text, const struct question *q, struct arena *a)
{
    const struct keys *trusted = NULL;
    enum err err = trusted_keys(&trusted, q, a, &out->fault);
    if (err != OK) return err;
    err = is_proof(text) ? check_proof(out, text, trusted, q, a) : check_checkpoint(out, text, trusted, q, a);
    if (err != OK) return err;
    out->proves = strcmp(out->kind, "record") == 0 ? STR("the record is in the ledger, as its key signed")
                  : strcmp(out->kind, "growth") == 0
                      ? STR("the ledger goes on from the older checkpoint, as its key signed")
                      : STR("the ledger's key signed this checkpoint");
    if (trusted != NULL) return OK;
    return not_trusted(out, out->kind[0] == 'c' ? "it is a checkpoint"
                                                : "the proof leads to the checkpoint that came with it");
}
