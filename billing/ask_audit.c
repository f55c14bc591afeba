/* SPDX-License-Identifier: MIT */
/* ask_audit.c - verification; checkpoints and proofs for people outside, and what checks them without the
 * ledger. */
#include <sys/stat.h>

#include "billing/answers.h"
#include "billing/checkpoints.h"

/* Is it the same file, by whatever name? */
static bool is_same(const char *path, const char *other)
{
    struct stat one = {0}, two = {0};
    return stat(path, &one) == 0 && stat(other, &two) == 0 && one.st_dev == two.st_dev &&
           one.st_ino == two.st_ino;
}

/* Written beside the ledger and its keys, never over them. */
static enum err write_output(const struct call *c, const char *path, struct bytes content, struct error *e)
{
    enum err err = ledger_guard_output(c->service->ledger, path, e);
    return err == OK ? file_write(path, content, 0644, e) : err;
}

/* ---- keys ---- */

enum err ask_key_new_checkpoint(const struct call *c, struct error *e)
{
    const struct key_new_checkpoint_query *q = c->query;
    struct str public = STR_NONE;
    enum err err =
        ledger_new_checkpoint_key(&public, c->service->ledger, str_cstring(c->arena, q->file), c->arena, e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_text(j, "made", q->file);
    member_text(j, "public_key_file", str_format(c->arena, "%.*s.pub", STR_ARG(q->file)));
    member_text(j, "public_key", public);
    return tell_one(c, j, e);
}

enum err ask_key_rotate_checkpoint(const struct call *c, struct error *e)
{
    const struct key_rotate_checkpoint_query *q = c->query;
    struct checkpoint_rotation r = {.path = NULL};
    enum err err = ledger_rotate_checkpoint_key(&r, c->service->ledger, str_cstring(c->arena, q->old),
                                                str_cstring(c->arena, q->new), q->until, c->arena, e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_text(j, "signs_along", q->old);
    member_date(j, "until", q->until);
    member_text(j, "follows", q->new);
    member_text(j, "public_key", r.next);
    member_text(j, "path", str_of(r.path));
    member_text(j, "statement", r.note);
    return tell_one(c, j, e);
}

enum err ask_key_retire_checkpoint(const struct call *c, struct error *e)
{
    const struct key_retire_checkpoint_query *q = c->query;
    const char *follower = NULL;
    enum err err = ledger_retire_checkpoint_key(&follower, str_cstring(c->arena, q->file), c->arena, e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_text(j, "retired", q->file);
    member_text(j, "signs_now", str_of(follower));
    return tell_one(c, j, e);
}

/* ---- verification ---- */

static void verify_progress(void *context, uint64_t done, uint64_t total)
{
    const struct service *s = context;
    if (s->progress != NULL) s->progress(s->progress_context, "verify", done, total);
}

static json_t *verified_json(const struct ledger *l, const struct ledger_report *r, bool all)
{
    json_t *j = object_new();
    member_flag(j, "verified", all);
    member_text(j, "checked",
                r->with_key
                    ? STR("chain, root, tags, decoding, order of events, postings, documents and views")
                    : STR("chain and root only, without key"));
    member_flag(j, "with_key", r->with_key);
    member_text(j, "origin", r->origin);
    member_count(j, "records", r->chain.records);
    member_count(j, "epochs", r->chain.epochs);
    member_count(j, "generation", r->chain.generation);
    member_text(j, "anchor", ledger_is_anchored(l) ? STR("sound") : STR("none"));
    member_count(j, "bytes", r->chain.bytes);
    member_hash(j, "root", &r->chain.root);
    member_hash(j, "last_leaf", &r->chain.last_leaf);
    if (!r->with_key) return j;
    member_count(j, "commands", r->commands);
    member_count(j, "events", r->events);
    member_count(j, "postings", r->postings);
    member_count(j, "customers", r->history.customers);
    member_count(j, "subscriptions", r->history.subscriptions);
    member_count(j, "documents", r->history.documents);
    member_count(j, "documents_recomputed", r->documents.verified);
    member_count(j, "documents_older", r->documents.older);
    member_count(j, "documents_not_verifiable", r->documents.incomplete);
    member_count(j, "payments", r->history.payments);
    member_count(j, "refunds", r->history.refunds);
    member_count(j, "idempotency_keys", r->history.keys);
    member_count(j, "usage_event_ids", r->history.event_ids);
    member_count(j, "view_entries", r->view_entries);
    member_hash(j, "view_digest", &r->view_digest);
    return j;
}

/* Files that differ, or were never noted, are told beside all else. */
static enum err check_documents(struct issued_check *out, const struct call *c, struct error *e)
{
    const struct audit_verify_query *q = c->query;
    const char *folder = path_or_null(q->documents, c->arena);
    if (folder == NULL) return OK;
    if (q->without_key) return fail(e, ERR_USAGE, "audit verify: --documents needs the key");
    enum err err = check_issued(out, c->service->ledger, folder, c->arena, e);
    if (err != OK) return err;
    if (out->differing > 0) return fail(e, ERR_TAMPERED, "%.*s", STR_ARG(out->first));
    if (out->never_noted > 0) return fail(e, ERR_INCOMPLETE, "%.*s", STR_ARG(out->first));
    if (out->as_issued > 0) return OK;
    return fail(e, ERR_INCOMPLETE, "'%s' has no file that bears the number of a document", folder);
}

static void add_documents(json_t *j, const struct issued_check *d)
{
    member_count(j, "files", d->files);
    member_count(j, "files_as_issued", d->as_issued);
    member_count(j, "files_differing", d->differing);
    member_count(j, "files_never_noted", d->never_noted);
    member_count(j, "files_of_others", d->others);
}

enum err ask_audit_verify(const struct call *c, struct error *e)
{
    const struct audit_verify_query *q = c->query;
    struct ledger_report r = {0};
    struct issued_check d = {0};
    if (q->without_anchor && !q->without_key)
        return fail(e, ERR_USAGE, "--without-anchor is for --without-key: who has the key has the anchor");
    enum err err = ledger_verify(&r, c->service->ledger, verify_progress, c->service, c->arena, e);
    if (err != OK && r.documents.incomplete == 0) return err;
    if (err == OK) err = check_documents(&d, c, e);
    if (err != OK && r.documents.incomplete == 0 && d.files == 0) return err;
    struct error why = *e; /* what could be verified is told all the same */
    json_t *j = verified_json(c->service->ledger, &r, err == OK);
    if (q->documents.len != 0) add_documents(j, &d);
    enum err told = tell_one(c, j, e);
    if (told != OK) return told;
    *e = why;
    return err;
}

/* ---- checkpoints ---- */

/* A copy may not take the place of the key, of its public half, or of what it signed last. */
static enum err guard_key(const char *key, const char *path, struct arena *a, struct error *e)
{
    const char *names[] = {key, str_format(a, "%s.pub", key).ptr, str_format(a, "%s.last", key).ptr};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(path, names[i]) == 0 || is_same(path, names[i]))
            return fail(e, ERR_INVALID, "cannot write '%s': it belongs to the checkpoint key", path);
    return OK;
}

void member_checkpoint(json_t *object, const struct checkpoint_told *t)
{
    bool none = t->at.path == NULL;
    member_put(object, "checkpoint_records", none ? json_null() : json_integer((json_int_t)t->at.head.size));
    member_text_or_null(object, "checkpoint_path", none ? STR_NONE : str_of(t->at.path));
    member_count(object, "checkpoints_published", t->published);
    member_count(object, "vouching_asked", t->asked);
    member_count(object, "vouching_done", t->vouched);
    member_text_or_null(object, "checkpoint_trouble", t->trouble);
}

static json_t *checkpoint_json(const struct checkpoint_told *t)
{
    const struct ledger_checkpoint *p = &t->at;
    json_t *j = object_new();
    member_text(j, "origin", p->head.origin);
    member_count(j, "records", p->head.size);
    member_count(j, "before", p->before);
    member_count(j, "read", p->read);
    member_hash(j, "root", &p->head.root);
    member_text(j, "path", str_of(p->path));
    member_count(j, "published", t->published);
    member_count(j, "vouching_asked", t->asked);
    member_count(j, "vouching_done", t->vouched);
    member_text_or_null(j, "checkpoint_trouble", t->trouble);
    member_text(j, "checkpoint", p->note);
    return j;
}

enum err ask_audit_checkpoint(const struct call *c, struct error *e)
{
    const struct audit_checkpoint_query *q = c->query;
    const char *key = c->service->checkpoints.key, *copy = path_or_null(q->output, c->arena);
    struct checkpoint_told t = {.trouble = STR_NONE};
    enum err err = copy == NULL || key == NULL ? OK : guard_key(key, copy, c->arena, e);
    if (err == OK && copy != NULL) err = ledger_guard_output(c->service->ledger, copy, e);
    if (err == OK) err = service_checkpoint(&t, c->service, q->full, c->arena, e);
    if (err == OK && copy != NULL) err = write_output(c, copy, str_bytes(t.at.note), e);
    return err == OK ? tell_one(c, checkpoint_json(&t), e) : err;
}

/* ---- proofs ---- */

/* The record that finalized an invoice. */
static enum err record_of_invoice(uint64_t *out, const struct call *c, struct str invoice, struct error *e)
{
    struct views_txn *t = NULL;
    struct invoice v = {0};
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    err = find_invoice(&v, t, invoice, c->arena, e);
    ledger_read_end(c->service->ledger, t);
    *out = v.seq;
    return err;
}

static bool is_number(struct str s)
{
    size_t digits = 0;
    while (digits < s.len && s.ptr[digits] >= '0' && s.ptr[digits] <= '9') digits++;
    return digits == s.len;
}

static enum err prove_record(struct str *text, const struct call *c, struct error *e)
{
    const struct audit_prove_query *q = c->query;
    struct ledger *l = c->service->ledger;
    const char *copy = path_or_null(q->record, c->arena);
    struct bytes record = {0};
    uint64_t seq = 0;
    enum err err = is_number(q->what) ? uint_parse(&seq, q->what, e) : record_of_invoice(&seq, c, q->what, e);
    if (err == OK)
        err = ledger_prove_record(text, l, seq, path_or_null(q->checkpoint, c->arena), c->arena, e);
    if (err != OK || copy == NULL) return err;
    err = ledger_stored_record(&record, l, seq, c->arena, e);
    return err == OK ? write_output(c, copy, record, e) : err;
}

static enum err give_text(const struct call *c, struct str output, struct str text, struct error *e)
{
    if (output.len == 0 || str_is(output, "-")) {
        (void)fwrite(text.ptr, 1, text.len, stdout); /* whether it got there, the end of the program tells */
        return OK;
    }
    enum err err = write_output(c, str_cstring(c->arena, output), str_bytes(text), e);
    json_t *j = object_new();
    member_text(j, "path", output);
    if (err == OK) return tell_one(c, j, e);
    json_decref(j);
    return err;
}

enum err ask_audit_prove(const struct call *c, struct error *e)
{
    const struct audit_prove_query *q = c->query;
    struct str text = STR_NONE;
    if ((q->what.len == 0) == (q->consistency.len == 0))
        return fail(e, ERR_USAGE,
                    "audit prove: a record, an invoice or --consistency is wanted, and one of them");
    if (q->consistency.len != 0 && q->record.len != 0)
        return fail(e, ERR_USAGE, "audit prove: --record is for the proof of a record");
    enum err err = q->what.len != 0
                       ? prove_record(&text, c, e)
                       : ledger_prove_growth(&text, c->service->ledger, str_cstring(c->arena, q->consistency),
                                             path_or_null(q->checkpoint, c->arena), c->arena, e);
    return err == OK ? give_text(c, q->output, text, e) : err;
}

enum err ask_audit_receipts(const struct call *c, struct error *e)
{
    const struct audit_receipts_query *q = c->query;
    const struct service *s = c->service;
    struct receipts_summary r = {.written = 0};
    enum err err =
        receipts_write(&r, s->ledger, str_cstring(c->arena, q->out), path_or_null(q->checkpoint, c->arena),
                       s->progress, s->progress_context, c->arena, e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_text(j, "out", q->out);
    member_date(j, "through", r.through);
    member_count(j, "receipts", r.written);
    member_count(j, "without_pdf", r.without_pdf);
    member_count(j, "records", r.leads_to.size);
    member_hash(j, "root", &r.leads_to.root);
    return tell_one(c, j, e);
}
