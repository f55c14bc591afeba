/* SPDX-License-Identifier: MIT */
/* schema_walk.h - store/'s own: getting at the fields of a described struct, and saying where in it a walk
 * is. Pointers are moved by memcpy, because a list's pointer has its own type in each struct. */
#ifndef DAYBOOK_LEDGER_STORE_SCHEMA_WALK_H
#define DAYBOOK_LEDGER_STORE_SCHEMA_WALK_H

#include <string.h>

#include "ledger/store/schema.h"

enum {
    /* How deep records may stand in each other, lists counting twice as they do on the wire. Of msgpack's
     * levels one is for the arrays of money, decimals and personal texts, three are for what is wrapped
     * around a record. */
    RECORD_DEPTH = LIMIT_MSGPACK_DEPTH - 4,
};

static inline const void *field_at(const struct field *f, const void *record)
{
    return (const char *)record + f->offset;
}

static inline void *field_place(const struct field *f, void *record)
{
    return (char *)record + f->offset;
}

struct list {
    const char *first;
    size_t count;
};

static inline struct list list_get(const struct field *f, const void *record)
{
    struct list l = {0};
    memcpy(&l.first, (const char *)record + f->offset, sizeof(l.first));
    memcpy(&l.count, (const char *)record + f->count_offset, sizeof(l.count));
    return l;
}

static inline void list_set(const struct field *f, void *record, const void *first, size_t count)
{
    memcpy((char *)record + f->offset, &first, sizeof(first));
    memcpy((char *)record + f->count_offset, &count, sizeof(count));
}

static inline const void *list_item(const struct field *f, struct list l, size_t i)
{
    return l.first + i * f->of->size;
}

/* Where a walk is, for sentences such as "invoice.finalized.lines[3].amount: …". The links live on the stack
 * of whoever walks; nothing is formatted before a failure. */
#define PLACE_NO_INDEX SIZE_MAX
struct place {
    const struct place *up; /* NULL: the outermost */
    const char *name;       /* of schema or field; "" is left out */
    size_t index;           /* of a list's item, or PLACE_NO_INDEX */
};

/* Puts the place before the sentence; a place without any name leaves it as it is. */
enum err wrap_place(struct error *e, const struct place *where);

#endif
