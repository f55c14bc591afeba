/* SPDX-License-Identifier: MIT */
/* generation.c - the record by which a ledger that lost its end says so and goes on. It is in clear: whoever
 * holds a checkpoint of what was lost must be able to see, without any key, that the loss was declared. */
#include <string.h>

#include "ledger/store/log_private.h"
#include "ledger/store/msgpack.h"

enum { GENERATION_FIELDS = 6 };

static struct bytes hash_bytes(const struct hash *h)
{
    return (struct bytes){h->bytes, sizeof h->bytes};
}

static void generation_put(struct buffer *out, const struct generation *g)
{
    mp_put_array(out, GENERATION_FIELDS);
    mp_put_uint(out, g->number);
    mp_put_uint(out, g->restored.size);
    mp_put_bin(out, hash_bytes(&g->restored.root));
    mp_put_uint(out, g->lost.size);
    mp_put_bin(out, hash_bytes(&g->lost.root));
    mp_put_str(out, g->reason);
}

static bool take_hash(struct hash *out, struct bytes *from)
{
    struct bytes b = {0};
    if (!mp_take_bin(&b, from) || b.len != sizeof out->bytes) return false;
    memcpy(out->bytes, b.ptr, sizeof out->bytes);
    return true;
}

static bool same_head(const struct log_head_at *a, const struct log_head_at *b)
{
    return a->size == b->size && memcmp(&a->root, &b->root, sizeof a->root) == 0;
}

enum err generation_take(struct generation *out, uint64_t seq, struct bytes body, struct error *e)
{
    size_t fields = 0;
    uint64_t number = 0;
    bool fine = mp_take_array(&fields, &body) && fields == GENERATION_FIELDS &&
                mp_take_uint(&number, &body) && mp_take_uint(&out->restored.size, &body) &&
                take_hash(&out->restored.root, &body) && mp_take_uint(&out->lost.size, &body) &&
                take_hash(&out->lost.root, &body) && mp_take_str(&out->reason, &body) && body.len == 0;
    fine = fine && number >= 2 && number <= UINT32_MAX && out->lost.size > 0 &&
           out->reason.len <= LIMIT_TEXT_BYTES && text_is_printable(out->reason);
    if (!fine) return fail(e, ERR_TAMPERED, "the generation record's body is not well-formed");
    out->number = (uint32_t)number;
    if (out->restored.size != seq)
        return fail(e, ERR_TAMPERED, "its generation goes on from %llu records",
                    (unsigned long long)out->restored.size);
    if (same_head(&out->restored, &out->lost))
        return fail(e, ERR_TAMPERED, "its generation says that what is there was lost");
    return OK;
}

enum err log_append_generation(struct log *l, const struct generation *g, struct instant at, struct error *e)
{
    struct generation again = {0};
    struct buffer body = {0};
    uint64_t size = 0;
    enum err err = log_draft_begin(&size, l, e);
    if (err == OK && size != g->restored.size)
        err = fail(e, ERR_CONFLICT, "cannot open a generation: somebody else appended");
    if (err != OK) return err;
    generation_put(&body, g);
    err = generation_take(&again, size, (struct bytes){body.ptr, body.len}, e);
    if (err == OK)
        log_batch_add_clear(&l->batch, &l->draft_tail, l, RECORD_GENERATION,
                            (struct bytes){body.ptr, body.len}, at);
    buffer_free(&body);
    return err == OK ? log_draft_commit(l, e) : err;
}
