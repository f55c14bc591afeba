/* SPDX-License-Identifier: MIT */
/* issued.c - the files that documents were made into, by their hashes, each form's in the order in which they
 * were noted. */
#include "projections/fold.h"

static struct view_key form_key(uint64_t invoice, enum document_form form)
{
    struct view_key k = key_number(SPACE_ISSUED, invoice);
    view_key_u32(&k, (uint32_t)form);
    return k;
}

enum err fold_issued(struct views_txn *t, const struct event *ev, const struct event_place *place,
                     struct arena *a, struct error *e)
{
    const struct documents_issued *v = &ev->documents_issued;
    enum err err = OK;
    (void)a;
    if (ev->type != EVENT_DOCUMENTS_ISSUED) return OK;
    for (size_t i = 0; i < v->files_count && err == OK; i++) {
        struct view_key k = form_key(v->files[i].invoice, v->files[i].form);
        view_key_u64(&k, place->seq);
        view_key_u32(&k, (uint32_t)i);
        err = views_put_record(t, &k, &schema_issued_file, &v->files[i], e);
    }
    return err;
}

/* ---- looking for one ---- */

struct looking {
    const struct issued_file *like; /* NULL: any */
    struct issued_file found;
    bool is_found;
    struct arena *arena;
};

static enum err look_at(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct looking *l = context;
    struct issued_file file = {0};
    (void)key;
    enum err err = schema_decode(&file, &schema_issued_file, value, l->arena, e);
    if (err != OK) return err;
    bool same =
        l->like == NULL || (file.bytes == l->like->bytes && hash_equal(&file.sha256, &l->like->sha256));
    if (!same) return OK;
    l->found = file;
    l->is_found = true;
    return ERR_NOT_FOUND; /* one is enough */
}

static enum err look(struct looking *l, struct views_txn *t, const struct view_key *k, struct error *e)
{
    l->arena = arena_new();
    enum err err = views_scan(t, k, k->len, false, look_at, l, e);
    arena_free(l->arena);
    return err;
}

enum err was_issued(bool *yes, struct views_txn *t, const struct issued_file *file, struct error *e)
{
    struct view_key k = form_key(file->invoice, file->form);
    struct looking l = {.like = file};
    enum err err = look(&l, t, &k, e);
    *yes = l.is_found;
    return err;
}

enum err was_issued_at_all(bool *yes, struct views_txn *t, uint64_t invoice, struct error *e)
{
    struct view_key k = key_number(SPACE_ISSUED, invoice);
    struct looking l = {0};
    enum err err = look(&l, t, &k, e);
    *yes = l.is_found;
    return err;
}

enum err first_issued(bool *found, struct issued_file *out, struct views_txn *t, uint64_t invoice,
                      enum document_form form, struct error *e)
{
    struct view_key k = form_key(invoice, form);
    struct looking l = {0};
    enum err err = look(&l, t, &k, e);
    *found = l.is_found;
    *out = l.found;
    return err;
}
