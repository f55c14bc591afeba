/* SPDX-License-Identifier: MIT */
/* record.c - see record.h. The numbers of the rules are those of FORMAT.md section 5. */
#include "billing/verify/record.h"

#include "billing/verify/msgpack.h"
#include "billing/verify/succession.h"

static const char origin_head[] = "daybook/";

static bool is_zero(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if (b.ptr[i] != 0) return false;
    return true;
}

/* ---- one record ---- */

/* Rule 1. */
static enum err read_frame(struct record *out, struct bytes whole, struct error *e)
{
    const uint8_t *p = whole.ptr;
    if (whole.len < RECORD_HEADER) return fail(e, ERR_TAMPERED, "%zu bytes are no record", whole.len);
    if (whole.len > RECORD_MAX) return fail(e, ERR_TAMPERED, "%zu bytes are too many", whole.len);
    if (memcmp(p, "DBKR", 4) != 0) return fail(e, ERR_TAMPERED, "it does not begin with DBKR");
    if (p[6] != 0 || p[7] != 0) return fail(e, ERR_TAMPERED, "its bytes 6 and 7 are not zero");
    *out = (struct record){.class_ = p[5], .seq = be64_get(p + 8), .time = be64_get(p + 16)};
    out->epoch = be32_get(p + 24);
    memcpy(out->prev.bytes, p + 32, 32);
    memcpy(out->commit.bytes, p + 64, 32);
    out->body = (struct bytes){p + RECORD_HEADER, whole.len - RECORD_HEADER};
    if (out->time > INT64_MAX) return fail(e, ERR_TAMPERED, "its time is beyond 2^63");
    if (be32_get(p + 28) != out->body.len)
        return fail(e, ERR_TAMPERED, "its length is %u, and its body has %zu bytes", be32_get(p + 28),
                    out->body.len);
    if (p[4] != 1 || out->class_ < 1 || out->class_ > CLASS_LAST)
        return fail(
            e, ERR_INCOMPLETE,
            "its version %u or class %u is not known here: it was changed, or this program is too old", p[4],
            out->class_);
    return OK;
}

/* Rule 2. */
static enum err check_sealing(const struct record *r, const uint8_t *p, struct error *e)
{
    if (r->class_ != CLASS_EVENTS && r->epoch != 0)
        return fail(e, ERR_TAMPERED, "it is in clear and names key epoch %u", r->epoch);
    if (r->class_ == CLASS_EVENTS && r->epoch == 0) return fail(e, ERR_TAMPERED, "its events are in clear");
    if (r->epoch != 0 && r->body.len < RECORD_SALT + RECORD_TAG)
        return fail(e, ERR_TAMPERED, "its body of %zu bytes has no room for salt and tag", r->body.len);
    if (r->epoch == 0 && !is_zero((struct bytes){p + 64, 44}))
        return fail(e, ERR_TAMPERED, "it is in clear and has a commit or a nonce");
    return OK;
}

static bool is_origin(struct str s)
{
    if (s.len != ORIGIN_BYTES || !str_starts(s, origin_head)) return false;
    for (size_t i = sizeof origin_head - 1; i < s.len; i++)
        if (strchr("0123456789abcdef", s.ptr[i]) == NULL) return false;
    return true;
}

static bool read_genesis(struct str *origin, struct str *program, struct bytes body)
{
    uint64_t members = 0;
    int64_t created = 0;
    return take_array(&members, &body) && members == 3 && take_text(origin, &body) && is_origin(*origin) &&
           take_text(program, &body) && take_integer(&created, &body) && body.len == 0;
}

static const char *members_of(uint8_t class_)
{
    if (class_ == CLASS_EPOCH) return "[epoch, salt, check, key name, before]";
    if (class_ == CLASS_KEYS) return "[kind, key name, old key name, nonce, sealed, before]";
    return "[generation, restored, restored root, lost, lost root, reason]";
}

enum err record_read(struct record *out, struct bytes whole, struct error *e)
{
    struct landmark unused = {0};
    struct str origin = STR_NONE, program = STR_NONE;
    enum err err = read_frame(out, whole, e);
    if (err == OK) err = check_sealing(out, whole.ptr, e);
    if (err != OK) return err;
    if (out->class_ == CLASS_GENESIS && !read_genesis(&origin, &program, out->body))
        return fail(e, ERR_TAMPERED, "its body is not [origin, program, created]");
    bool is_landmark = out->class_ != CLASS_GENESIS && out->class_ != CLASS_EVENTS;
    if (is_landmark && !landmark_read(&unused, out->class_, out->body))
        return fail(e, ERR_TAMPERED, "its body is not %s", members_of(out->class_));
    return OK;
}

/* ---- one behind the other ---- */

static enum err take_genesis(struct chain *c, const struct record *r, struct error *e)
{
    static const char label[] = "daybook/v1/genesis";
    struct digest hash = {{0}};
    struct str origin = STR_NONE, program = STR_NONE;
    digest_of(&hash, str_bytes(str_of(label)), r->body, (struct bytes){0});
    if (!digest_equal(&hash, &r->prev)) return fail(e, ERR_TAMPERED, "its prev is not the hash of its body");
    if (!read_genesis(&origin, &program, r->body)) WRONG("a body that was read cannot be read");
    memcpy(c->origin, origin.ptr, ORIGIN_BYTES);
    return OK;
}

static enum err is_not_prev(const struct digest *prev, const struct digest *leaf, struct error *e)
{
    char is[65], wanted[65];
    digest_hex(is, prev);
    digest_hex(wanted, leaf);
    return fail(e, ERR_TAMPERED, "its prev is %s, and the record before it has the hash %s", is, wanted);
}

/* Rules 3 and 4. */
static enum err check_place(struct chain *c, const struct record *r, struct error *e)
{
    if (r->seq != c->size) return fail(e, ERR_TAMPERED, "it says that it is record %ju", (uintmax_t)r->seq);
    if ((r->class_ == CLASS_GENESIS) != (r->seq == 0))
        return fail(e, ERR_TAMPERED, "it is of class %u, and record 0 alone is of class %d", r->class_,
                    CLASS_GENESIS);
    if (r->seq == 1 && r->class_ != CLASS_EPOCH)
        return fail(e, ERR_TAMPERED, "it is of class %u, and record 1 begins the first key epoch", r->class_);
    if (r->seq == 0) return take_genesis(c, r, e);
    if (c->size == c->begin) return OK;
    if (!digest_equal(&r->prev, &c->leaf)) return is_not_prev(&r->prev, &c->leaf, e);
    if (r->time <= c->time)
        return fail(e, ERR_TAMPERED, "its time is not after that of the record before it");
    return OK;
}

static enum err begins_epoch(struct chain *c, uint64_t epoch, uint64_t before, uint64_t seq, struct error *e)
{
    if (epoch != c->epoch + 1)
        return fail(e, ERR_TAMPERED, "it begins key epoch %ju, and the newest is %ju", (uintmax_t)epoch,
                    (uintmax_t)c->epoch);
    if (before != c->epoch_seq)
        return fail(e, ERR_TAMPERED, "it says that record %ju began the epoch before, and record %ju did",
                    (uintmax_t)before, (uintmax_t)c->epoch_seq);
    c->epoch = epoch;
    c->epoch_seq = seq;
    return OK;
}

static enum err uses_epoch(const struct chain *c, uint64_t epoch, struct error *e)
{
    if (epoch <= c->epoch) return OK;
    return fail(e, ERR_TAMPERED, "it names key epoch %ju, and the newest is %ju", (uintmax_t)epoch,
                (uintmax_t)c->epoch);
}

/* Rule 5. */
static enum err check_epoch(struct chain *c, const struct record *r, struct error *e)
{
    struct landmark l = {0};
    bool knows_newest = c->begin == 0 || c->epochs > 0;
    if (r->class_ != CLASS_EPOCH) {
        if (knows_newest) return uses_epoch(c, r->epoch, e);
        if (r->epoch > c->needed) {
            c->needed = r->epoch;
            c->needed_by = r->seq;
        }
        return OK;
    }
    if (!landmark_read(&l, CLASS_EPOCH, r->body)) WRONG("a body that was read cannot be read");
    if (knows_newest) {
        c->epochs++;
        return begins_epoch(c, l.number, l.before, r->seq, e);
    }
    c->began = l.number;
    c->began_before = l.before;
    c->began_at = r->seq;
    c->epoch = l.number;
    c->epoch_seq = r->seq;
    c->epochs++;
    return OK;
}

enum err chain_add(struct chain *c, const struct record *r, const struct digest *leaf, struct error *e)
{
    enum err err = check_place(c, r, e);
    if (err == OK) err = check_epoch(c, r, e);
    if (err != OK) return err;
    if (c->size == c->begin) {
        c->first_time = r->time;
        c->first_prev = r->prev;
    }
    c->time = r->time;
    c->leaf = *leaf;
    c->size++;
    return OK;
}

enum err chain_join(struct chain *c, const struct chain *next, uint64_t *bad, struct error *e)
{
    if (next->begin == 0) {
        *c = *next;
        return OK;
    }
    *bad = next->begin;
    if (next->begin != c->size) WRONG("a stretch of records was left out");
    if (!digest_equal(&next->first_prev, &c->leaf)) return is_not_prev(&next->first_prev, &c->leaf, e);
    if (next->first_time <= c->time)
        return fail(e, ERR_TAMPERED, "its time is not after that of the record before it");
    *bad = next->needed_by;
    enum err err = uses_epoch(c, next->needed, e);
    if (err != OK) return err;
    *bad = next->began_at;
    if (next->epochs > 0) err = begins_epoch(c, next->began, next->began_before, next->began_at, e);
    if (err != OK) return err;
    c->size = next->size;
    c->time = next->time;
    c->leaf = next->leaf;
    c->epochs += next->epochs;
    if (next->epochs > 0) {
        c->epoch = next->epoch;
        c->epoch_seq = next->epoch_seq;
    }
    return OK;
}
