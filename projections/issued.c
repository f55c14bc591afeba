/* SPDX-License-Identifier: MIT */
/* issued.c - the files that documents were made into, by their hashes. */
#include "projections/fold.h"

/* The first half of the hash tells files of one document apart. */
static struct view_key issued_key(const struct issued_file *v)
{
    struct view_key k = key_number(SPACE_ISSUED, v->invoice);
    view_key_u32(&k, (uint32_t)v->form);
    view_key_mac(&k, v->sha256.bytes);
    return k;
}

enum err fold_issued(struct views_txn *t, const struct event *ev, const struct event_place *place,
                     struct arena *a, struct error *e)
{
    const struct documents_issued *v = &ev->documents_issued;
    enum err err = OK;
    (void)place, (void)a;
    if (ev->type != EVENT_DOCUMENTS_ISSUED) return OK;
    for (size_t i = 0; i < v->files_count && err == OK; i++) {
        struct view_key k = issued_key(&v->files[i]);
        err = number_put(t, &k, v->files[i].bytes, e);
    }
    return err;
}

enum err was_issued(bool *yes, struct views_txn *t, const struct issued_file *file, struct error *e)
{
    struct view_key k = issued_key(file);
    uint64_t bytes = 0;
    enum err err = number_get(&bytes, t, &k, e);
    *yes = err == OK && bytes == file->bytes && bytes > 0;
    return err;
}

static enum err see_one(void *context, struct bytes key, struct bytes value, struct error *e)
{
    (void)key, (void)value, (void)e;
    *(bool *)context = true;
    return ERR_NOT_FOUND; /* one is enough */
}

enum err was_issued_at_all(bool *yes, struct views_txn *t, uint64_t invoice, struct error *e)
{
    struct view_key k = key_number(SPACE_ISSUED, invoice);
    *yes = false;
    return views_scan(t, &k, k.len, false, see_one, yes, e);
}
