/* SPDX-License-Identifier: MIT */
/* checkpoint.c - see checkpoint.h. What is read is what would be written, byte for byte: a text that says the
 * same in another way is refused. */
#include "ledger/store/checkpoint.h"

#include <string.h>

static const char record_head[] = "c2sp.org/tlog-proof@v1\nindex ";
static const char growth_head[] = "old ";
static const char code_head[] = "daybook-receipt@v1";

/* ---- pieces ---- */

static bool take_number(uint64_t *out, struct str *from)
{
    struct error unused = {0};
    struct str line = STR_NONE;
    return str_take_until(&line, from, '\n') && line.len > 0 && (line.ptr[0] != '0' || line.len == 1) &&
           uint_parse(out, line, &unused) == OK;
}

static bool hash_of(struct hash *out, struct str line, struct arena *a)
{
    struct error unused = {0};
    struct bytes b = {0};
    if (base64_decode(&b, line, a, &unused) != OK || b.len != sizeof out->bytes) return false;
    memcpy(out->bytes, b.ptr, sizeof out->bytes);
    return true;
}

static struct str hash_base64(struct arena *a, const struct hash *h)
{
    return base64_text(a, (struct bytes){h->bytes, sizeof h->bytes});
}

/* ---- checkpoints ---- */

struct str checkpoint_text(struct arena *a, const struct checkpoint *c)
{
    return str_format(a, "%.*s\n%ju\n%.*s\n", STR_ARG(c->origin), (uintmax_t)c->size,
                      STR_ARG(hash_base64(a, &c->root)));
}

/* Lines behind the third are allowed by the format, but nobody could check what they say. */
static enum err take_checkpoint(struct checkpoint *out, struct str text, struct arena *a, struct error *e)
{
    struct str root = STR_NONE;
    bool fine = str_take_until(&out->origin, &text, '\n') && out->origin.len > 0 &&
                take_number(&out->size, &text) && str_take_until(&root, &text, '\n') &&
                hash_of(&out->root, root, a);
    if (!fine) return fail(e, ERR_INVALID, "it does not consist of origin, size and root");
    return text.len == 0 ? OK : fail(e, ERR_INVALID, "it says more than origin, size and root");
}

enum err checkpoint_open(struct checkpoint *out, struct str note, const struct note_key *k, struct arena *a,
                         struct error *e)
{
    struct str text = STR_NONE;
    enum err err = note_open(&text, note, k, a, e);
    if (err == OK) err = take_checkpoint(out, text, a, e);
    if (err != OK || str_equal(out->origin, k->name)) return err;
    return fail(e, ERR_TAMPERED, "it is about another ledger, '%.*s'", STR_ARG(text_quotable(out->origin)));
}

enum err checkpoint_read(struct checkpoint *out, struct str note, struct arena *a, struct error *e)
{
    struct str text = STR_NONE;
    enum err err = note_split(&text, note, a, e);
    return err == OK ? take_checkpoint(out, text, a, e) : err;
}

/* ---- proofs ---- */

struct str proof_text(struct arena *a, const struct proof_text *p)
{
    struct buffer b = {.arena = a};
    buffer_print(&b, "%s%ju\n", p->kind == PROOF_OF_RECORD ? record_head : growth_head, (uintmax_t)p->number);
    for (size_t i = 0; i < p->path.count; i++)
        buffer_print(&b, "%.*s\n", STR_ARG(hash_base64(a, &p->path.hashes[i])));
    buffer_print(&b, "\n%.*s", STR_ARG(p->note));
    return (struct str){(const char *)b.ptr, b.len};
}

static enum err take_path(struct merkle_path *out, struct str *text, struct arena *a, struct error *e)
{
    for (out->count = 0;; out->count++) {
        struct str line = STR_NONE;
        if (!str_take_until(&line, text, '\n')) return fail(e, ERR_INVALID, "it ends before its checkpoint");
        if (line.len == 0) return OK;
        if (out->count == MERKLE_PATH_MAX)
            return fail(e, ERR_INVALID, "it has more than %d hashes", MERKLE_PATH_MAX);
        if (!hash_of(&out->hashes[out->count], line, a))
            return fail(e, ERR_INVALID, "its line %zu is not a hash", out->count + 1);
    }
}

enum err proof_text_read(struct proof_text *out, struct str text, struct arena *a, struct error *e)
{
    bool is_growth = str_starts(text, growth_head);
    size_t head = is_growth ? sizeof growth_head - 1 : sizeof record_head - 1;
    if (text.len > LIMIT_NOTE_BYTES) return fail(e, ERR_LIMIT, "it has more than %d bytes", LIMIT_NOTE_BYTES);
    if (!is_growth && !str_starts(text, record_head))
        return fail(e, ERR_INVALID, "it is not a proof of a record or of growth");
    text = (struct str){text.ptr + head, text.len - head};
    out->kind = is_growth ? PROOF_OF_GROWTH : PROOF_OF_RECORD;
    if (!take_number(&out->number, &text)) return fail(e, ERR_INVALID, "it does not say of which record");
    enum err err = take_path(&out->path, &text, a, e);
    out->note = text;
    if (err != OK) return err;
    struct checkpoint claimed = {.size = 0};
    return checkpoint_read(&claimed, text, a, e) == OK ? OK : wrap(e, "its checkpoint");
}

static enum err check_kind(const struct proof_text *p, bool is_right, struct error *e)
{
    if (is_right) return OK;
    return fail(e, ERR_INVALID, "it is a proof of %s",
                p->kind == PROOF_OF_RECORD ? "one record" : "growth from an older checkpoint");
}

enum err proof_check_record(struct checkpoint *at, const struct proof_text *p, const struct note_key *k,
                            const struct hash *leaf, struct arena *a, struct error *e)
{
    enum err err = check_kind(p, p->kind == PROOF_OF_RECORD, e);
    if (err == OK && checkpoint_open(at, p->note, k, a, e) != OK) return wrap(e, "its checkpoint");
    if (err != OK) return err;
    struct hasher *h = hasher_new();
    bool fine = merkle_includes(h, &p->path, p->number, leaf, at->size, &at->root);
    hasher_free(h);
    if (fine) return OK;
    return fail(e, ERR_TAMPERED, "the record is not number %ju of the %ju that the checkpoint is of",
                (uintmax_t)p->number, (uintmax_t)at->size);
}

/* The generations of a ledger sign as its origin, and as that with a slash and their number behind it. */
static bool is_of_one_ledger(struct str older, struct str newer)
{
    enum { ORIGIN_BYTES = 24 };
    if (str_equal(older, newer)) return true;
    if (older.len < ORIGIN_BYTES || newer.len <= ORIGIN_BYTES || newer.ptr[ORIGIN_BYTES] != '/') return false;
    return memcmp(older.ptr, newer.ptr, ORIGIN_BYTES) == 0 &&
           (older.len == ORIGIN_BYTES || older.ptr[ORIGIN_BYTES] == '/');
}

enum err proof_check_growth(struct checkpoint *at, const struct proof_text *p, const struct note_key *k,
                            const struct checkpoint *old, struct arena *a, struct error *e)
{
    enum err err = check_kind(p, p->kind == PROOF_OF_GROWTH, e);
    if (err == OK && checkpoint_open(at, p->note, k, a, e) != OK) return wrap(e, "its checkpoint");
    if (err != OK) return err;
    struct hasher *h = hasher_new();
    bool fine = is_of_one_ledger(old->origin, at->origin) && p->number == old->size &&
                merkle_extends(h, &p->path, old->size, &old->root, at->size, &at->root);
    hasher_free(h);
    if (fine) return OK;
    return fail(e, ERR_TAMPERED, "the older checkpoint's %ju records are not the first of the %ju",
                (uintmax_t)old->size, (uintmax_t)at->size);
}

/* ---- codes on documents ---- */

struct str receipt_code_text(struct arena *a, const struct receipt_code *c)
{
    return str_format(a, "%s\n%.*s\n%ju\n%.*s\n", code_head, STR_ARG(c->origin), (uintmax_t)c->seq,
                      STR_ARG(hash_base64(a, &c->leaf)));
}

enum err receipt_code_read(struct receipt_code *out, struct str text, struct arena *a, struct error *e)
{
    struct str head = STR_NONE, leaf = STR_NONE;
    bool fine = str_take_until(&head, &text, '\n') && str_is(head, code_head) &&
                str_take_until(&out->origin, &text, '\n') && out->origin.len > 0 &&
                take_number(&out->seq, &text) && str_take_until(&leaf, &text, '\n') &&
                hash_of(&out->leaf, leaf, a) && text.len == 0;
    return fine ? OK : fail(e, ERR_INVALID, "it is not the four lines of a document's code");
}
