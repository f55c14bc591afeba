/* SPDX-License-Identifier: MIT */
/* disclosure.c - records that are disclosed to people who have no key: each as it is stored, with the salt
 * and the plaintext that its commit binds, and the proof that it is in the ledger. Writer and reader face
 * each other. What is read is what would be written, byte for byte: there is nowhere to put anything else. */
#include "ledger/ledger_private.h"

static const char head[] = "{\"format\": \"daybook-disclosure@v1\", \"checkpoint\": \"";
static const char first[] = "\", \"records\": [{\"seq\": ";
static const char next[] = ", {\"seq\": ";
static const char record_is[] = ", \"record\": \"";
static const char salt_is[] = "\", \"salt\": \"";
static const char plain_is[] = "\", \"plaintext\": \"";
static const char proof_is[] = "\", \"proof\": [";
static const char last[] = "]}\n";

/* ---- writing ---- */

static void add_words(struct buffer *out, const char *words)
{
    buffer_add(out, words, strlen(words));
}

static void add_base64(struct buffer *out, struct bytes b)
{
    struct arena *a = arena_new();
    struct str text = base64_text(a, b);
    buffer_add(out, text.ptr, text.len);
    arena_free(a);
}

/* A note has no other characters that JSON wants to be escaped. */
void disclosure_begin(struct buffer *out, struct str note)
{
    add_words(out, head);
    for (size_t i = 0; i < note.len; i++) {
        char c = note.ptr[i];
        if (c == '\n' || c == '"' || c == '\\') buffer_add_byte(out, '\\');
        buffer_add_byte(out, (uint8_t)(c == '\n' ? 'n' : c));
    }
}

static bool is_first(const struct buffer *out)
{
    return out->ptr[out->len - 1] != '}';
}

static enum err check_size(const struct buffer *out, size_t more, struct error *e)
{
    if (out->len + more <= LIMIT_DISCLOSURE_BYTES) return OK;
    return fail(e, ERR_LIMIT, "a disclosure has at most %d MiB: disclose less at once",
                LIMIT_DISCLOSURE_BYTES / 1024 / 1024);
}

enum err disclosure_add(struct buffer *out, const struct ledger_opened *record,
                        const struct merkle_path *path, struct error *e)
{
    enum { OTHERWISE = 8192 }; /* what is not record or plaintext has less */
    enum err err = check_size(out, (record->record.len + record->plain.len) / 3 * 4 + OTHERWISE, e);
    if (err != OK) return err;
    add_words(out, is_first(out) ? first : next);
    buffer_print(out, "%ju", (uintmax_t)record->place.seq);
    add_words(out, record_is);
    add_base64(out, record->record);
    add_words(out, salt_is);
    add_base64(out, record->salt);
    add_words(out, plain_is);
    add_base64(out, record->plain);
    add_words(out, proof_is);
    for (size_t i = 0; i < path->count; i++) {
        add_words(out, i == 0 ? "\"" : ", \"");
        add_base64(out, (struct bytes){path->hashes[i].bytes, sizeof path->hashes[i].bytes});
        add_words(out, "\"");
    }
    add_words(out, "]}");
    return OK;
}

enum err disclosure_end(struct buffer *out, struct error *e)
{
    add_words(out, last);
    return check_size(out, 0, e);
}

/* ---- reading ---- */

struct reader {
    struct str rest;
    struct arena *arena; /* of the record that is being read */
    uint64_t records;
};

static bool take_words(struct reader *r, const char *words)
{
    size_t len = strlen(words);
    if (!str_starts(r->rest, words)) return false;
    r->rest = (struct str){r->rest.ptr + len, r->rest.len - len};
    return true;
}

static bool take_until(struct str *out, struct reader *r, const char *any)
{
    size_t len = 0;
    while (len < r->rest.len && strchr(any, r->rest.ptr[len]) == NULL) len++;
    *out = (struct str){r->rest.ptr, len};
    r->rest = (struct str){r->rest.ptr + len, r->rest.len - len};
    return r->rest.len > 0;
}

static bool take_note(struct str *out, struct reader *r, struct arena *a)
{
    struct buffer note = {.arena = a};
    for (size_t i = 0; i < r->rest.len && note.len <= LIMIT_NOTE_BYTES; i++) {
        char c = r->rest.ptr[i];
        if ((unsigned char)c < ' ') return false;
        if (c == '"') {
            *out = (struct str){(const char *)note.ptr, note.len};
            r->rest = (struct str){r->rest.ptr + i, r->rest.len - i};
            return note.len > 0;
        }
        if (c == '\\') {
            if (++i == r->rest.len) return false;
            c = r->rest.ptr[i];
            if (c != 'n' && c != '"' && c != '\\') return false;
            if (c == 'n') c = '\n';
        }
        buffer_add_byte(&note, (uint8_t)c);
    }
    return false;
}

static bool take_count(uint64_t *out, struct reader *r)
{
    struct error unused = {0};
    struct str digits = STR_NONE;
    return take_until(&digits, r, ",") && digits.len > 0 && (digits.ptr[0] != '0' || digits.len == 1) &&
           uint_parse(out, digits, &unused) == OK;
}

static bool take_base64(struct bytes *out, struct reader *r)
{
    struct error unused = {0};
    struct str text = STR_NONE;
    return take_until(&text, r, "\"") && base64_decode(out, text, r->arena, &unused) == OK;
}

static bool take_path(struct merkle_path *out, struct reader *r)
{
    for (out->count = 0; !take_words(r, "]}"); out->count++) {
        struct bytes hash = {0};
        if (out->count == MERKLE_PATH_MAX || !take_words(r, out->count == 0 ? "\"" : ", \"") ||
            !take_base64(&hash, r) || hash.len != sizeof out->hashes[0].bytes || !take_words(r, "\""))
            return false;
        bytes_put(out->hashes[out->count].bytes, hash);
    }
    return true;
}

struct disclosed {
    uint64_t seq;
    struct bytes record, salt, plain;
    struct merkle_path path;
};

static bool take_disclosed(struct disclosed *out, struct reader *r)
{
    return take_words(r, r->records == 0 ? first : next) && take_count(&out->seq, r) &&
           take_words(r, record_is) && take_base64(&out->record, r) && take_words(r, salt_is) &&
           take_base64(&out->salt, r) && take_words(r, plain_is) && take_base64(&out->plain, r) &&
           take_words(r, proof_is) && take_path(&out->path, r);
}

bool disclosure_is_one(struct str text)
{
    return str_starts(text, "{\"format\": \"daybook-disclosure@");
}

/* ---- checking ---- */

struct checking {
    struct reader reader;
    const struct checkpoint *at;
    struct hasher *hasher;
    ledger_visit_fn *visit;
    void *context;
};

static enum err check_in_ledger(struct checking *c, struct hash *leaf, const struct disclosed *d,
                                struct error *e)
{
    merkle_leaf(c->hasher, leaf, d->record);
    if (merkle_includes(c->hasher, &d->path, d->seq, leaf, c->at->size, &c->at->root)) return OK;
    return fail(e, ERR_TAMPERED, "it is not number %ju of the %ju that the checkpoint is of",
                (uintmax_t)d->seq, (uintmax_t)c->at->size);
}

/* In the ledger, and the plaintext what was sealed; then it can be read. */
/* What stands under a customer's key within it no disclosure opens. */
static enum err show_sealed(struct personal *self, struct str *out, const struct personal_place *at,
                            struct bytes sealed, struct arena *a, struct error *e)
{
    (void)self, (void)at, (void)sealed, (void)a, (void)e;
    *out = STR("(sealed)");
    return OK;
}

static enum err check_one(struct checking *c, const struct disclosed *d, struct error *e)
{
    struct record_header h = {.seq = 0};
    struct hash leaf = {{0}};
    struct envelope v = {.events_count = 0};
    struct personal sealed_texts = {.open = show_sealed};
    enum err err = check_in_ledger(c, &leaf, d, e);
    if (err == OK) err = record_header_take(&h, d->record, e);
    if (err != OK) return err;
    if (h.seq != d->seq)
        return fail(e, ERR_TAMPERED, "it says of itself that it is record %ju", (uintmax_t)h.seq);
    if (h.class_ != RECORD_EVENTS) return fail(e, ERR_TAMPERED, "it holds no events");
    if (!record_commits_to(&h, d->salt, d->plain, c->hasher))
        return fail(e, ERR_TAMPERED, "the plaintext is not the one that was recorded");
    err = envelope_decode(&v, d->plain, &sealed_texts, c->reader.arena, e);
    if (err != OK) return err;
    struct event_place place = {d->seq, h.at, leaf, h.prev, v.actor, v.command, 0};
    return c->visit(c->context, &place, &v, c->reader.arena, e);
}

static enum err check_records(struct checking *c, struct error *e)
{
    struct reader *r = &c->reader;
    uint64_t before = 0;
    do {
        struct disclosed d = {.seq = 0};
        if (!take_disclosed(&d, r))
            return fail(e, ERR_INVALID, "its record %ju is not written as disclosures are",
                        (uintmax_t)r->records + 1);
        if (r->records > 0 && d.seq <= before)
            return fail(e, ERR_INVALID, "record %ju stands behind record %ju", (uintmax_t)d.seq,
                        (uintmax_t)before);
        if (check_one(c, &d, e) != OK) return wrap(e, "record %ju", (uintmax_t)d.seq);
        before = d.seq;
        r->records++;
        arena_reset(r->arena);
    } while (!str_is(r->rest, last));
    return OK;
}

enum err disclosure_check(struct checkpoint *at, struct str *note, struct str text, const struct note_key *k,
                          ledger_visit_fn *visit, void *context, struct arena *a, struct error *e)
{
    struct checking c = {.reader = {.rest = text}, .at = at, .visit = visit, .context = context};
    if (text.len > LIMIT_DISCLOSURE_BYTES)
        return fail(e, ERR_LIMIT, "it has more than %d bytes", LIMIT_DISCLOSURE_BYTES);
    if (!take_words(&c.reader, head) || !take_note(note, &c.reader, a))
        return fail(e, ERR_INVALID, "it is not written as disclosures are");
    if (checkpoint_open(at, *note, k, a, e) != OK) return wrap(e, "its checkpoint");
    c.reader.arena = arena_new();
    c.hasher = hasher_new();
    enum err err = check_records(&c, e);
    hasher_free(c.hasher);
    arena_free(c.reader.arena);
    return err;
}
