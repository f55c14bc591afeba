/* SPDX-License-Identifier: MIT */
/* idempotency.c - which record answered which idempotency key, for ever. */
#include "projections/state.h"

enum err find_key(struct idempotency *out, struct views_txn *t, struct str key, struct error *e)
{
    struct arena *a = arena_new(); /* a record of numbers: nothing stays there */
    struct view_key k = key_text(SPACE_IDEMPOTENCY, t, key);
    enum err err = row_get(out, &schema_idempotency, t, &k, a, e);
    arena_free(a);
    return err;
}

enum err keep_key(struct views_txn *t, struct str key, const struct idempotency *entry, struct error *e)
{
    struct view_key k = key_text(SPACE_IDEMPOTENCY, t, key);
    return views_put_record(t, &k, &schema_idempotency, entry, e);
}
