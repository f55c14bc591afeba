/* SPDX-License-Identifier: MIT */
/* check_claim.c - 'audit check': a checkpoint, a proof, a disclosure or a time stamp in a file, held against
 * a public key and whatever else it is about. It must never call verified what it was not given. */
#include "billing/answers.h"

struct claim {
    const struct audit_check_query *query;
    struct note_key key;
    struct checkpoint at;
    struct str note; /* of that checkpoint */
    json_t *answer, *disclosed;
    struct arena *arena;
};

static enum err read_text(struct str *out, struct str path, size_t limit, struct arena *a, struct error *e)
{
    struct bytes content = {0};
    enum err err = file_read(&content, str_cstring(a, path), limit, a, e);
    *out = bytes_str(content);
    return err;
}

static enum err read_key(struct note_key *out, struct str path, struct arena *a, struct error *e)
{
    struct str text = STR_NONE;
    enum err err = read_text(&text, path, LIMIT_KEY_FILE_BYTES, a, e);
    if (err == OK && note_key_parse(out, text, a, e) != OK) err = wrap(e, "public key '%.*s'", STR_ARG(path));
    return err;
}

static enum err leaf_of_record(struct hash *leaf, struct str path, struct arena *a, struct error *e)
{
    struct str record = STR_NONE;
    enum err err = read_text(&record, path, LIMIT_RECORD_BYTES, a, e);
    if (err != OK) return err;
    struct hasher *h = hasher_new();
    merkle_leaf(h, leaf, str_bytes(record));
    hasher_free(h);
    return OK;
}

/* The code is of a document, the proof of a record: they must speak of the same. */
static enum err leaf_of_code(struct hash *leaf, const struct claim *c, const struct proof_text *p,
                             struct error *e)
{
    struct str text = STR_NONE;
    struct receipt_code code = {.seq = 0};
    enum err err = read_text(&text, c->query->code, LIMIT_NOTE_BYTES, c->arena, e);
    if (err == OK && receipt_code_read(&code, text, c->arena, e) != OK)
        err = wrap(e, "code '%.*s'", STR_ARG(c->query->code));
    if (err != OK) return err;
    *leaf = code.leaf;
    if (code.seq != p->number)
        return fail(e, ERR_TAMPERED, "it is a proof of record %ju, and the document's is %ju",
                    (uintmax_t)p->number, (uintmax_t)code.seq);
    if (!str_equal(code.origin, c->key.name))
        return fail(e, ERR_TAMPERED, "the document is of another ledger, '%.*s'",
                    STR_ARG(text_quotable(code.origin)));
    return OK;
}

static enum err check_record(struct claim *c, const struct proof_text *p, struct error *e)
{
    const struct audit_check_query *q = c->query;
    struct hash leaf = {{0}};
    if ((q->record.len == 0) == (q->code.len == 0))
        return fail(e, ERR_INCOMPLETE,
                    "not verified: it is a proof of record %ju, and --record or --code, one of them, is to "
                    "name what it is about",
                    (uintmax_t)p->number);
    enum err err =
        q->record.len != 0 ? leaf_of_record(&leaf, q->record, c->arena, e) : leaf_of_code(&leaf, c, p, e);
    if (err != OK) return err;
    err = proof_check_record(&c->at, p, &c->key, &leaf, c->arena, e);
    member_text(c->answer, "proves",
                q->record.len != 0 ? STR("the record is in the ledger")
                                   : STR("the record that the document's code names is in the ledger"));
    member_count(c->answer, "record", p->number);
    member_hash(c->answer, "leaf", &leaf);
    return err;
}

/* The older checkpoint must be signed too: anybody can write one. */
static enum err check_growth(struct claim *c, const struct proof_text *p, struct error *e)
{
    const struct audit_check_query *q = c->query;
    struct str note = STR_NONE;
    struct checkpoint old = {.size = 0};
    if (q->consistency.len == 0)
        return fail(
            e, ERR_INCOMPLETE,
            "not verified: it is a proof of growth from %ju records, and --consistency names no older "
            "checkpoint",
            (uintmax_t)p->number);
    enum err err = read_text(&note, q->consistency, LIMIT_NOTE_BYTES, c->arena, e);
    struct note_key by = c->key;
    if (err == OK && q->older_public_key.len > 0) err = read_key(&by, q->older_public_key, c->arena, e);
    if (err != OK) return err;
    if (checkpoint_open(&old, note, &by, c->arena, e) != OK)
        return wrap(e, "checkpoint '%.*s'", STR_ARG(q->consistency));
    err = proof_check_growth(&c->at, p, &c->key, &old, c->arena, e);
    member_text(c->answer, "proves", STR("the ledger goes on from the older checkpoint"));
    member_count(c->answer, "older_records", old.size);
    return err;
}

/* ---- disclosures: once they are verified, what they say ---- */

static json_t *event_json(const struct event *ev, struct arena *a)
{
    const struct event_kind *k = event_kind(ev->type);
    json_t *j = object_new();
    member_text(j, "event", str_of(k->wire));
    member_text(j, "says", event_sentence(a, ev));
    member_put(j, "fields", schema_json(k->schema, event_body(ev)));
    return j;
}

static enum err show_record(void *context, const struct event_place *place, const struct envelope *v,
                            struct arena *a, struct error *e)
{
    struct claim *c = context;
    json_t *j = object_new(), *events = rows_new();
    (void)e;
    member_count(j, "record", place->seq);
    member_instant(j, "time", place->at);
    member_text(j, "actor", place->actor);
    member_text(j, "command", place->command);
    for (size_t i = 0; i < v->events_count; i++) rows_add(events, event_json(&v->events[i], a));
    member_put(j, "events", events);
    rows_add(c->disclosed, j);
    return OK;
}

static enum err check_disclosure(struct claim *c, struct str text, struct error *e)
{
    c->disclosed = rows_new();
    enum err err = disclosure_check(&c->at, &c->note, text, &c->key, show_record, c, c->arena, e);
    member_text(c->answer, "proves", STR("the ledger holds these records, and they say this"));
    return err;
}

/* Whoever trusts the key may trust the one that it names. */
static enum err check_rotation(struct claim *c, struct str text, struct error *e)
{
    struct key_rotation r = {.size = 0};
    enum err err = rotation_open(&r, text, &c->key, c->arena, e);
    if (err != OK) return err;
    member_text(c->answer, "proves", STR("the ledger's key names the one that follows it"));
    member_text(c->answer, "next_public_key", note_key_text(c->arena, &r.next));
    member_text(c->answer, "origin", r.next.name);
    member_count(c->answer, "records", r.size);
    return OK;
}

static enum err check_text(struct claim *c, struct str text, struct error *e)
{
    struct proof_text p = {.number = 0};
    if (disclosure_is_one(text)) return check_disclosure(c, text, e);
    if (text.len > LIMIT_NOTE_BYTES) return fail(e, ERR_LIMIT, "it has more than %d bytes", LIMIT_NOTE_BYTES);
    bool is_proof = str_starts(text, "c2sp.org/tlog-proof") || str_starts(text, "old ");
    if (!is_proof) {
        member_text(c->answer, "proves", STR("the ledger's key signed this checkpoint"));
        c->note = text;
        return checkpoint_open(&c->at, text, &c->key, c->arena, e);
    }
    enum err err = proof_text_read(&p, text, c->arena, e);
    if (err != OK) return err;
    c->note = p.note;
    return p.kind == PROOF_OF_RECORD ? check_record(c, &p, e) : check_growth(c, &p, e);
}

static enum err check_any(struct claim *c, struct str text, struct error *e)
{
    const struct audit_check_query *q = c->query;
    bool has_key = q->public_key.len > 0;
    if (is_time_stamp(text))
        return check_time_stamp(&c->at, c->answer, q, text, has_key ? &c->key : NULL, c->arena, e);
    if (!has_key)
        return fail(e, ERR_USAGE, "audit check: --public-key is missing: file of the ledger's public key");
    enum err err = check_text(c, text, e);
    if (err != OK || q->witness_policy.len == 0) return err;
    return check_witnesses(c->answer, c->note, q, &c->key, c->arena, e);
}

enum err check_claim(const struct audit_check_query *q, struct answer *answer, struct arena *a,
                     struct error *e)
{
    struct claim c = {.query = q, .answer = object_new(), .arena = a};
    struct str text = STR_NONE;
    member_flag(c.answer, "verified", true);
    enum err err = q->public_key.len == 0 ? OK : read_key(&c.key, q->public_key, a, e);
    if (err == OK) err = read_text(&text, q->file, LIMIT_DISCLOSURE_BYTES, a, e);
    bool names_key = rotation_is_one(text);
    if (err == OK && (names_key ? check_rotation(&c, text, e) : check_any(&c, text, e)) != OK)
        err = wrap(e, "'%.*s'", STR_ARG(q->file));
    if (err != OK) {
        json_decref(c.answer);
        json_decref(c.disclosed);
        return err;
    }
    if (names_key) return answer->take(answer->self, c.answer, false, e);
    member_text(c.answer, "origin", c.at.origin);
    member_count(c.answer, "records", c.at.size);
    member_hash(c.answer, "root", &c.at.root);
    if (c.disclosed != NULL) member_put(c.answer, "disclosed", c.disclosed);
    return answer->take(answer->self, c.answer, false, e);
}
