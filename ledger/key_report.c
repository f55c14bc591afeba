/* SPDX-License-Identifier: MIT */
/* key_report.c - which keys sealed how much, and when the next one is due. It reads headers and what stands
 * in clear; of a key it knows the name only. */
#include "ledger/ledger_private.h"

struct reporting {
    struct ledger_keys *out;
    size_t masters_room, epochs_room;
    struct arena *arena;
};

/* Room for one more, in memory that grows by doubling. */
static void *more(void *items, size_t count, size_t *room, size_t size, struct arena *a)
{
    if (count < *room) return items;
    *room = *room == 0 ? 64 : *room * 2;
    void *grown = arena_take(a, *room, size);
    if (count > 0) memcpy(grown, items, count * size);
    return grown;
}

static void begin_master(struct reporting *r, struct str name, struct instant at)
{
    struct ledger_keys *k = r->out;
    k->masters = more(k->masters, k->masters_count, &r->masters_room, sizeof *k->masters, r->arena);
    if (k->masters_count > 0) k->masters[k->masters_count - 1].replaced = at;
    k->masters[k->masters_count++] = (struct ledger_master){.key = str_copy(r->arena, name), .from = at};
}

static enum err begin_epoch(struct reporting *r, const struct log_entry *entry, struct error *e)
{
    struct ledger_keys *k = r->out;
    uint8_t name[KEY_NAME_BYTES];
    char hex[2 * KEY_NAME_BYTES + 1] = {0};
    uint32_t epoch = 0;
    enum err err = log_entry_epoch(&epoch, name, entry, e);
    if (err != OK) return err;
    hex_encode(hex, name, sizeof name);
    if (k->masters_count == 0 || !str_is(k->masters[k->masters_count - 1].key, hex))
        begin_master(r, str_of(hex), entry->header.at);
    k->masters[k->masters_count - 1].epochs++;
    k->epochs = more(k->epochs, k->epochs_count, &r->epochs_room, sizeof *k->epochs, r->arena);
    k->epochs[k->epochs_count++] = (struct ledger_epoch){
        .epoch = epoch, .seq = entry->seq, .master = k->masters_count - 1, .from = entry->header.at};
    return OK;
}

/* An epoch's number is its place; a record may be of an older one than the newest, where two processes write.
 */
static enum err count_entry(void *context, const struct log_entry *entry, struct error *e)
{
    struct reporting *r = context;
    if (entry->header.class_ == RECORD_EPOCH) return begin_epoch(r, entry, e);
    if (entry->header.epoch == 0) return OK;
    if (entry->header.epoch > r->out->epochs_count)
        return fail(e, ERR_TAMPERED, "record %ju: key epoch %u has not begun", (uintmax_t)entry->seq,
                    entry->header.epoch);
    struct ledger_epoch *epoch = &r->out->epochs[entry->header.epoch - 1];
    struct ledger_master *master = &r->out->masters[epoch->master];
    master->records++;
    if (++epoch->records > master->largest) master->largest = epoch->records;
    return OK;
}

enum err ledger_keys(struct ledger_keys *out, struct ledger *l, struct arena *a, struct error *e)
{
    struct reporting r = {.out = out, .arena = a};
    *out = (struct ledger_keys){.key_file = str_copy(a, str_of(l->guarded.key_file))};
    ledger_lock(l);
    enum err err = log_scan(l->log, 0, UINT64_MAX, count_entry, &r, e);
    ledger_unlock(l);
    if (err == OK && out->masters_count == 0) err = fail(e, ERR_TAMPERED, "the ledger has no key epoch");
    if (err != OK) return err;
    struct date began = instant_date(out->masters[out->masters_count - 1].from);
    out->due = (struct date){began.days + LIMIT_MASTER_KEY_DAYS};
    return OK;
}
