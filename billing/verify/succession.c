/* SPDX-License-Identifier: MIT */
/* succession.c - see succession.h. */
#include "billing/verify/succession.h"

#include "billing/verify/msgpack.h"
#include "billing/verify/record.h"

enum { EPOCH_SALT = 32, EPOCH_CHECK = 32, NONCE = 12, SEALED_KEY = 48, REASON_MAX = 512 };
enum { EPOCH_MEMBERS = 5, KEYS_MEMBERS = 6, GENERATION_MEMBERS = 6, REPLACED = 1 };

/* ---- bodies ---- */

static bool take_members(uint64_t wanted, struct bytes *from)
{
    uint64_t members = 0;
    return take_array(&members, from) && members == wanted;
}

static bool take_exactly(uint8_t *to, size_t len, struct bytes *from)
{
    struct bytes b = {0};
    if (!take_bin(&b, from) || b.len != len) return false;
    if (to != NULL) memcpy(to, b.ptr, len);
    return true;
}

static bool read_epoch(struct landmark *out, struct bytes body)
{
    return take_members(EPOCH_MEMBERS, &body) && take_count(&out->number, &body) && out->number > 0 &&
           out->number <= UINT32_MAX && take_exactly(NULL, EPOCH_SALT, &body) &&
           take_exactly(NULL, EPOCH_CHECK, &body) && take_exactly(out->name, sizeof out->name, &body) &&
           take_count(&out->before, &body) && body.len == 0;
}

static bool read_keys(struct landmark *out, struct bytes body)
{
    uint64_t kind = 0;
    return take_members(KEYS_MEMBERS, &body) && take_count(&kind, &body) && kind == REPLACED &&
           take_exactly(out->name, sizeof out->name, &body) &&
           take_exactly(out->old_name, sizeof out->old_name, &body) &&
           memcmp(out->name, out->old_name, sizeof out->name) != 0 && take_exactly(NULL, NONCE, &body) &&
           take_exactly(NULL, SEALED_KEY, &body) && take_count(&out->before, &body) && body.len == 0;
}

static bool read_generation(struct landmark *out, struct bytes body)
{
    struct digest lost_root = {{0}};
    struct str reason = STR_NONE;
    uint64_t lost = 0;
    return take_members(GENERATION_MEMBERS, &body) && take_count(&out->number, &body) && out->number >= 2 &&
           out->number <= UINT32_MAX && take_count(&out->before, &body) &&
           take_exactly(out->root.bytes, sizeof out->root.bytes, &body) && take_count(&lost, &body) &&
           lost > 0 && take_exactly(lost_root.bytes, sizeof lost_root.bytes, &body) &&
           !(lost == out->before && digest_equal(&lost_root, &out->root)) && take_text(&reason, &body) &&
           reason.len <= REASON_MAX && body.len == 0;
}

bool landmark_read(struct landmark *out, uint8_t class_, struct bytes body)
{
    *out = (struct landmark){.class_ = class_};
    if (class_ == CLASS_EPOCH) return read_epoch(out, body);
    if (class_ == CLASS_KEYS) return read_keys(out, body);
    return class_ == CLASS_GENERATION && read_generation(out, body);
}

/* ---- one behind the other ---- */

static bool same_name(const uint8_t a[KEY_NAME], const uint8_t b[KEY_NAME])
{
    return memcmp(a, b, KEY_NAME) == 0;
}

static enum err no_epoch(const struct succession *s, uint64_t *bad, struct error *e)
{
    *bad = s->keys_seq;
    return fail(e, ERR_TAMPERED,
                "it replaces the master key, and the next record does not begin with the new one");
}

static enum err take_epoch(struct succession *s, const struct landmark *l, uint64_t *bad, struct error *e)
{
    if (s->is_pending && (l->seq != s->keys_seq + 1 || !same_name(l->name, s->pending)))
        return no_epoch(s, bad, e);
    if (!s->is_pending && l->seq > 1 && !same_name(l->name, s->name))
        return fail(e, ERR_TAMPERED,
                    "it begins with another master key, which no record before it announced");
    s->is_pending = false;
    memcpy(s->name, l->name, sizeof s->name);
    return OK;
}

static enum err take_keys(struct succession *s, const struct landmark *l, struct error *e)
{
    if (!same_name(l->old_name, s->name))
        return fail(e, ERR_TAMPERED, "the master key that it replaces is not the one that was in use");
    if (l->before != s->keys_seq)
        return fail(e, ERR_TAMPERED,
                    "it says that record %ju replaced the master key before, and record %ju did",
                    (uintmax_t)l->before, (uintmax_t)s->keys_seq);
    s->keys++;
    s->keys_seq = l->seq;
    s->is_pending = true;
    memcpy(s->pending, l->name, sizeof s->pending);
    return OK;
}

static enum err take_generation(struct succession *s, const struct landmark *l, const struct digest *root,
                                struct error *e)
{
    if (l->number != s->generation + 1)
        return fail(e, ERR_TAMPERED, "it opens generation %ju, and the newest is %ju", (uintmax_t)l->number,
                    (uintmax_t)s->generation);
    if (l->before != l->seq)
        return fail(e, ERR_TAMPERED, "its generation goes on from %ju records", (uintmax_t)l->before);
    if (!digest_equal(&l->root, root))
        return fail(e, ERR_TAMPERED, "its generation goes on from records with another root");
    s->generation = l->number;
    return OK;
}

enum err succession_take(struct succession *s, const struct landmark *l, const struct digest *root,
                         uint64_t *bad, struct error *e)
{
    *bad = l->seq;
    if (l->class_ == CLASS_EPOCH) return take_epoch(s, l, bad, e);
    if (s->is_pending) return no_epoch(s, bad, e);
    return l->class_ == CLASS_KEYS ? take_keys(s, l, e) : take_generation(s, l, root, e);
}

enum err succession_reach(const struct succession *s, uint64_t size, bool is_end, uint64_t *bad,
                          struct error *e)
{
    return s->is_pending && (is_end || s->keys_seq + 1 < size) ? no_epoch(s, bad, e) : OK;
}
