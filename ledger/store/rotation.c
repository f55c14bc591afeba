/* SPDX-License-Identifier: MIT */
/* rotation.c - see rotation.h. */
#include "ledger/store/rotation.h"

static const char head[] = "daybook-key-rotation@v1\n";

struct str rotation_text(struct arena *a, const struct key_rotation *r)
{
    return str_format(a, "%s%.*s\n%ju\n%.*s\n", head, STR_ARG(r->next.name), (uintmax_t)r->size,
                      STR_ARG(note_key_text(a, &r->next)));
}

bool rotation_is_one(struct str note)
{
    return str_starts(note, head);
}

/* What it says is written again and must come out the same. */
static enum err parse(struct key_rotation *out, struct str text, struct arena *a, struct error *e)
{
    struct error unused = {0};
    struct str origin = STR_NONE, size = STR_NONE, key = STR_NONE, rest = text;
    bool fine = rotation_is_one(text);
    if (fine) rest = (struct str){text.ptr + sizeof head - 1, text.len - (sizeof head - 1)};
    fine = fine && str_take_until(&origin, &rest, '\n') && str_take_until(&size, &rest, '\n') &&
           str_take_until(&key, &rest, '\n') && uint_parse(&out->size, size, &unused) == OK &&
           note_key_parse(&out->next, key, a, &unused) == OK;
    if (fine && str_equal(rotation_text(a, out), text)) return OK;
    return fail(e, ERR_INVALID, "it does not name the key that follows another");
}

enum err rotation_open(struct key_rotation *out, struct str note, const struct note_key *old, struct arena *a,
                       struct error *e)
{
    struct str text = STR_NONE, again = STR_NONE;
    enum err err = note_open(&text, note, old, a, e);
    if (err == OK) err = parse(out, text, a, e);
    if (err != OK) return err;
    if (!str_equal(out->next.name, old->name))
        return fail(e, ERR_TAMPERED, "the key that it names is of another ledger, '%.*s'",
                    STR_ARG(text_quotable(out->next.name)));
    if (memcmp(out->next.public, old->public, sizeof old->public) == 0)
        return fail(e, ERR_INVALID, "it names this key: the one that it follows is wanted");
    if (note_open(&again, note, &out->next, a, e) != OK) return wrap(e, "the key that it names");
    return OK;
}
