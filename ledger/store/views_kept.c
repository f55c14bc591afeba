/* SPDX-License-Identifier: MIT */
/* views_kept.c - a record that is read for each of a thousand commands, decoded once for a transaction. It
 * must never outlive the value it was made from: a put or delete of the key ends it. */
#include <string.h>

#include "ledger/store/views_private.h"

static bool is_kept(const struct views_txn *t, const struct view_key *k)
{
    return t->kept.key.len == k->len && memcmp(t->kept.key.bytes, k->bytes, k->len) == 0;
}

/* Whoever has the record already may go on reading it: its memory stays until the transaction ends. */
void views_kept_changed(struct views_txn *t, const struct view_key *k)
{
    if (is_kept(t, k)) t->kept.key.len = 0;
}

void views_kept_reset(struct views_txn *t)
{
    t->kept.key.len = 0;
    if (t->kept.arena != NULL) arena_reset(t->kept.arena);
}

enum err views_get_kept(const void **out, const struct schema *s, struct views_txn *t,
                        const struct view_key *k, struct error *e)
{
    struct bytes value = {0};
    if (is_kept(t, k)) {
        assert(t->kept.schema == s);
        *out = t->kept.record;
        return OK;
    }
    enum err err = views_get(&value, t, k, e);
    if (err != OK) return err;
    if (t->kept.arena == NULL) t->kept.arena = arena_new();
    void *record = arena_take(t->kept.arena, 1, s->size);
    err = schema_decode(record, s, bytes_copy(t->kept.arena, value), t->kept.arena, e);
    if (err != OK) return err;
    t->kept.key = *k;
    t->kept.schema = s;
    *out = t->kept.record = record;
    return OK;
}
