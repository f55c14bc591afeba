/* SPDX-License-Identifier: MIT */
/* row.c - what rows of every format have in common. It must never quote the row's text: that is rejects.c's,
 * which blanks out card data. */
#include "importers/row.h"

enum { ID_BYTES = 16 };

void row_refuse(struct row *r, const char *column, struct str why)
{
    assert(why.len > 0);
    if (!row_is_good(r)) return;
    r->column = column;
    r->why = why;
}

void row_refuse_error(struct row *r, const char *column, const struct error *why, struct arena *a)
{
    if (row_is_good(r)) row_refuse(r, column, str_copy(a, str_of(why->text)));
}

static struct str file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct str name = str_of(slash == NULL ? path : slash + 1);
    if (name.len > 3 && memcmp(name.ptr + name.len - 3, ".gz", 3) == 0) name.len -= 3;
    return name;
}

struct str row_id(const struct row *r, const char *prefix, const char *path_or_null, struct hasher *h,
                  struct arena *a)
{
    static const char label[] = "daybook/v1/row";
    uint8_t head[sizeof label + 8] = {0}, digest[32] = {0};
    memcpy(head, label, sizeof label);
    be64_put(head + sizeof label, r->line);
    struct str name = path_or_null == NULL ? STR_NONE : file_name(path_or_null);
    /* The text holds no NUL or was refused: what comes first cannot pass for a part of it. */
    struct str rest = name.len == 0 ? STR_NONE : str_format(a, "%c%.*s", '\0', STR_ARG(name));
    hasher_digest(h, digest, (struct bytes){head, sizeof head}, str_bytes(r->text), str_bytes(rest));
    size_t len = strlen(prefix);
    char *id = arena_take_raw(a, len + 2 * (size_t)ID_BYTES);
    memcpy(id, prefix, len);
    hex_encode(id + len, digest, ID_BYTES);
    return (struct str){id, len + 2 * (size_t)ID_BYTES};
}
