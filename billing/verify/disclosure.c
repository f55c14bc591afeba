/* SPDX-License-Identifier: MIT */
/* disclosure.c - records that were disclosed with their salt, so that they can be read and believed without
 * any key (FORMAT.md, "Receipts and disclosures"). The text has one form only, blanks included, and every
 * byte of it counts. */
#include "billing/verify/record.h"
#include "billing/verify/show.h"
#include "billing/verify/verify.h"

struct reader {
    struct str left;
    struct finding *out;
    const struct question *question;
    struct arena *arena, *passing; /* for all of it; for one record */
    bool has_before;
    uint64_t before; /* the record before */
};

/* ---- JSON, as far as there is any ---- */

static bool take_word(struct str *from, const char *word)
{
    size_t len = strlen(word);
    if (from->len < len || memcmp(from->ptr, word, len) != 0) return false;
    *from = (struct str){from->ptr + len, from->len - len};
    return true;
}

/* \n, \" and \\: what a note in quotes can need, and nothing else is escaped. */
static size_t take_escape(struct buffer *b, struct str at)
{
    static const char plain[][2] = {{'n', '\n'}, {'"', '"'}, {'\\', '\\'}};
    for (size_t i = 0; at.len >= 2 && i < sizeof plain / sizeof plain[0]; i++) {
        if (at.ptr[1] != plain[i][0]) continue;
        buffer_add_byte(b, (uint8_t)plain[i][1]);
        return 2;
    }
    return 0;
}

/* A string; without escapes it stays where it is. */
static bool take_string(struct str *out, struct str *from, struct arena *a)
{
    struct buffer b = {.arena = a};
    if (!take_word(from, "\"")) return false;
    const char *end = from->len == 0 ? NULL : memchr(from->ptr, '"', from->len);
    if (end == NULL) return false;
    size_t len = (size_t)(end - from->ptr);
    bool is_plain = len == 0 || memchr(from->ptr, '\\', len) == NULL;
    if (is_plain) {
        *out = (struct str){from->ptr, len};
        *from = (struct str){end + 1, from->len - len - 1};
        return true;
    }
    while (from->len > 0 && from->ptr[0] != '"') {
        size_t taken = (uint8_t)from->ptr[0] < ' ' ? 0 : 1;
        if (from->ptr[0] == '\\')
            taken = take_escape(&b, *from);
        else if (taken != 0)
            buffer_add_byte(&b, (uint8_t)from->ptr[0]);
        if (taken == 0) return false;
        *from = (struct str){from->ptr + taken, from->len - taken};
    }
    *out = (struct str){(const char *)b.ptr, b.len};
    return take_word(from, "\"");
}

static bool take_digits(uint64_t *out, struct str *from)
{
    size_t len = 0;
    while (len < from->len && from->ptr[len] >= '0' && from->ptr[len] <= '9') len++;
    bool fine = number_read(out, (struct str){from->ptr, len});
    *from = (struct str){from->ptr + len, from->len - len};
    return fine;
}

static bool take_base64(struct bytes *out, struct str *from, struct arena *a)
{
    struct error unused = {0};
    struct str text = STR_NONE;
    return take_string(&text, from, a) && base64_decode(out, text, a, &unused) == OK;
}

static bool take_path(struct path *out, struct str *from, struct arena *a)
{
    if (!take_word(from, "[")) return false;
    for (out->count = 0; !take_word(from, "]"); out->count++) {
        struct str hash = STR_NONE;
        if (out->count == PATH_HASHES_MAX || (out->count > 0 && !take_word(from, ", "))) return false;
        if (!take_string(&hash, from, a) || !digest_read(&out->hashes[out->count], hash, a)) return false;
    }
    return true;
}

/* ---- one record ---- */

struct disclosed {
    uint64_t seq;
    struct bytes record, salt, plaintext;
    struct path path;
};

static bool take_disclosed(struct disclosed *d, struct reader *r)
{
    return take_word(&r->left, "{\"seq\": ") && take_digits(&d->seq, &r->left) &&
           take_word(&r->left, ", \"record\": ") && take_base64(&d->record, &r->left, r->passing) &&
           take_word(&r->left, ", \"salt\": ") && take_base64(&d->salt, &r->left, r->passing) &&
           d->salt.len == RECORD_SALT && take_word(&r->left, ", \"plaintext\": ") &&
           take_base64(&d->plaintext, &r->left, r->passing) && take_word(&r->left, ", \"proof\": ") &&
           take_path(&d->path, &r->left, r->passing) && take_word(&r->left, "}");
}

static enum err check_commit(const struct disclosed *d, const struct record *record, struct error *e)
{
    static const char label[] = "daybook/v1/commit";
    struct digest commit = {{0}};
    if (record->class_ != CLASS_EVENTS)
        return fail(e, ERR_TAMPERED, "it is of class %u and holds no events", record->class_);
    if (record->body.len != RECORD_SALT + d->plaintext.len + RECORD_TAG)
        return fail(e, ERR_TAMPERED, "its body of %zu bytes does not hold a plaintext of %zu",
                    record->body.len, d->plaintext.len);
    digest_of(&commit, str_bytes(str_of(label)), d->salt, d->plaintext);
    if (digest_equal(&commit, &record->commit)) return OK;
    return fail(e, ERR_TAMPERED, "the plaintext is not the one that was sealed: its commit is another");
}

static enum err check_disclosed(struct reader *r, const struct disclosed *d, struct error *e)
{
    struct record record = {.class_ = 0};
    struct digest leaf = {{0}};
    enum err err = record_read(&record, d->record, e);
    if (err != OK) return err;
    if (record.seq != d->seq)
        return fail(e, ERR_TAMPERED, "it says that it is record %ju", (uintmax_t)record.seq);
    if (r->has_before && d->seq <= r->before)
        return fail(e, ERR_TAMPERED, "it is not behind record %ju", (uintmax_t)r->before);
    leaf_of(&leaf, d->record);
    if (!path_includes(&d->path, d->seq, &leaf, r->out->at.size, &r->out->at.root))
        return fail(e, ERR_TAMPERED, "it is not number %ju of the %ju that the checkpoint is of",
                    (uintmax_t)d->seq, (uintmax_t)r->out->at.size);
    err = check_commit(d, &record, e);
    if (err != OK) return err;
    struct buffer *shown = &r->out->shown;
    buffer_print(shown, "%s{\"record\": %ju, \"at\": ", r->has_before ? ", " : "", (uintmax_t)d->seq);
    show_instant(shown, (int64_t)record.time);
    buffer_print(shown, ", ");
    err = show_plaintext(shown, d->plaintext, e);
    buffer_add_byte(shown, '}');
    r->has_before = true;
    r->before = d->seq;
    return err;
}

static enum err take_records(struct reader *r)
{
    struct fault *f = &r->out->fault;
    enum err err = OK;
    buffer_add_byte(&r->out->shown, '[');
    while (err == OK && !take_word(&r->left, "]")) {
        struct disclosed d = {.seq = 0};
        arena_reset(r->passing);
        if ((r->has_before && !take_word(&r->left, ", ")) || !take_disclosed(&d, r))
            return fail(&f->error, ERR_INVALID, "its record %ju is not {seq, record, salt, plaintext, proof}",
                        (uintmax_t)r->out->records + 1);
        err = check_disclosed(r, &d, &f->error);
        if (err != OK) {
            f->has_record = true;
            f->record = d.seq;
            return wrap(&f->error, "record %ju", (uintmax_t)d.seq);
        }
        r->out->records++;
        r->out->bytes += d.record.len;
    }
    buffer_add_byte(&r->out->shown, ']');
    return err;
}

/* ---- the whole ---- */

static enum err read_checkpoint(struct reader *r, const struct keys *trusted)
{
    struct fault *f = &r->out->fault;
    struct str note = STR_NONE;
    if (!take_word(&r->left, "{\"format\": \"daybook-disclosure@v1\", \"checkpoint\": "))
        return fail(&f->error, ERR_INVALID, "it is not a disclosure");
    r->out->kind = "disclosure";
    if (!take_string(&note, &r->left, r->arena) || !take_word(&r->left, ", \"records\": ["))
        return fail(&f->error, ERR_INVALID, "it does not consist of format, checkpoint and records");
    if (checkpoint_read(&r->out->at, note, trusted, r->arena, &f->error) != OK)
        return wrap(&f->error, "its checkpoint");
    r->out->has_checkpoint = true;
    return OK;
}

static enum err read_whole(struct reader *r, const struct keys *trusted)
{
    struct error *e = &r->out->fault.error;
    enum err err = read_checkpoint(r, trusted);
    if (err == OK) err = only_given(r->out, r->question, false, false, false);
    if (err == OK) err = take_records(r);
    if (err != OK) return err;
    if (!take_word(&r->left, "}\n") || r->left.len != 0)
        return fail(e, ERR_INVALID, "it does not end behind its records");
    return r->out->records > 0 ? OK : fail(e, ERR_INVALID, "it discloses nothing");
}

enum err verify_disclosure(struct finding *out, struct str text, const struct question *q, struct arena *a)
{
    const struct keys *trusted = NULL;
    enum err err = trusted_keys(&trusted, q, a, &out->fault);
    if (err != OK) return err;
    struct reader r = {.left = text, .out = out, .question = q, .arena = a, .passing = arena_new()};
    err = read_whole(&r, trusted);
    arena_free(r.passing);
    if (err != OK) {
        buffer_clear(&out->shown);
        return err;
    }
    if (trusted == NULL)
        return not_trusted(
            out, "the records fit the checkpoint that came with them, and the texts fit the records");
    out->proves = STR("these records are in the ledger, as its key signed, and this is what they say");
    return OK;
}
