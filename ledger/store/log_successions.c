/* SPDX-License-Identifier: MIT */
/* log_successions.c - which master key an epoch belongs to, verified without any key: the names stand in
 * clear. A key takes another's place by a KEYS record about the two and by the epoch directly behind it; in
 * no other way may the name change. Parts of the chain are read apart, so each notes what may matter, which
 * is little, and whoever joins them goes through the notes in order. */
#include <stdlib.h>
#include <string.h>

#include "ledger/store/log_private.h"

static struct succession *note(struct successions *s, uint64_t seq)
{
    struct succession *items = s->items;
    if (items == NULL || s->count == s->room) {
        s->room = s->room == 0 ? 8 : s->room * 2;
        items = realloc(items, s->room * sizeof *items);
        if (items == NULL) WRONG("out of memory");
        s->items = items;
    }
    items[s->count] = (struct succession){.seq = seq};
    return &items[s->count++];
}

void successions_free(struct successions *s)
{
    free(s->items);
    *s = (struct successions){.items = NULL};
}

/* The first of a part always, later ones where the name changes or a KEYS record stands in front. */
void successions_note_epoch(struct successions *s, uint64_t seq, const uint8_t name[KEY_NAME_BYTES])
{
    const struct succession *last = s->count == 0 ? NULL : &s->items[s->count - 1];
    if (last != NULL && !last->is_keys && memcmp(last->name, name, KEY_NAME_BYTES) == 0) return;
    memcpy(note(s, seq)->name, name, KEY_NAME_BYTES);
}

enum err successions_note_keys(struct successions *s, const struct record_header *h, struct bytes record,
                               struct error *e)
{
    struct keys_body b = {.before = 0};
    if (keys_body_take(&b, h, record, e) != OK) return wrap(e, "record %llu", (unsigned long long)h->seq);
    struct succession *one = note(s, h->seq);
    one->is_keys = true;
    one->before = b.before;
    memcpy(one->name, b.name, KEY_NAME_BYTES);
    memcpy(one->old_name, b.old_name, KEY_NAME_BYTES);
    return OK;
}

static enum err no_epoch(const struct succession_state *s, struct error *e)
{
    return fail(e, ERR_TAMPERED, "record %llu: the key that it begins has no epoch behind it",
                (unsigned long long)s->keys_seq);
}

static enum err take_keys(struct succession_state *s, const struct succession *one, struct error *e)
{
    if (s->is_pending) return no_epoch(s, e);
    if (memcmp(s->name, one->old_name, KEY_NAME_BYTES) != 0)
        return fail(e, ERR_TAMPERED, "record %llu: it replaces key %s, but the epoch before is of key %s",
                    (unsigned long long)one->seq, key_name_text(one->old_name).hex,
                    key_name_text(s->name).hex);
    if (one->before != s->keys_seq)
        return fail(e, ERR_TAMPERED, "record %llu: the record of keys before it is %llu, not %llu",
                    (unsigned long long)one->seq, (unsigned long long)s->keys_seq,
                    (unsigned long long)one->before);
    s->is_pending = true;
    s->keys_seq = one->seq;
    memcpy(s->name, one->name, KEY_NAME_BYTES);
    return OK;
}

static enum err take_epoch(struct succession_state *s, const struct succession *one, struct error *e)
{
    if (s->is_pending && one->seq != s->keys_seq + 1) return no_epoch(s, e);
    if (s->any && memcmp(s->name, one->name, KEY_NAME_BYTES) != 0)
        return fail(e, ERR_TAMPERED, "record %llu: the epoch is of key %s, but key %s is in use",
                    (unsigned long long)one->seq, key_name_text(one->name).hex, key_name_text(s->name).hex);
    s->any = true;
    s->is_pending = false;
    memcpy(s->name, one->name, KEY_NAME_BYTES);
    return OK;
}

enum err successions_join(struct succession_state *s, const struct successions *part, struct error *e)
{
    for (size_t i = 0; i < part->count; i++) {
        const struct succession *one = &part->items[i];
        enum err err = one->is_keys ? take_keys(s, one, e) : take_epoch(s, one, e);
        if (err != OK) return err;
    }
    return OK;
}

enum err successions_end(const struct succession_state *s, struct error *e)
{
    return s->is_pending ? no_epoch(s, e) : OK;
}
