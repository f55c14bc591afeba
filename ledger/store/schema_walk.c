/* SPDX-License-Identifier: MIT */
/* schema_walk.c - writes the way to a place, outermost first. It allocates nothing: a way too long is cut at
 * its end. */
#include <stdio.h>

#include "ledger/store/schema_walk.h"

enum { WAY_BYTES = 256 };

static size_t way_put(char to[WAY_BYTES], const struct place *where)
{
    size_t len = where->up == NULL ? 0 : way_put(to, where->up);
    if (where->name[0] == '\0') return len;
    const char *dot = len == 0 ? "" : ".";
    size_t room = WAY_BYTES - len;
    int added = where->index == PLACE_NO_INDEX
                    ? snprintf(to + len, room, "%s%s", dot, where->name)
                    : snprintf(to + len, room, "%s%s[%zu]", dot, where->name, where->index);
    assert(added >= 0);
    len += (size_t)added;
    return len < WAY_BYTES ? len : WAY_BYTES - 1;
}

enum err wrap_place(struct error *e, const struct place *where)
{
    char way[WAY_BYTES] = "";
    if (way_put(way, where) == 0) return e->code;
    return wrap(e, "%s", way);
}
