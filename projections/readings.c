/* SPDX-License-Identifier: MIT */
/* readings.c - single readings: the event ids that were counted and where, the keys of usage types that count
 * different ones, and what corrections have made of a reading. Of a plain sum no reading is kept: the log has
 * it, and its event id tells where. */
#include "ledger/book.h"
#include "projections/fold.h"

/* ---- event ids ---- */

enum { PLACE_BYTES = 8 + 4 };

/* Ids that differ in their last characters only, as counters do, form a group and stand side by side in the
 * views: a thousand of them then touch a handful of pages. Of random ids each stands alone, and is no worse
 * off. */
static struct view_key event_id_key(struct event_ids *ids, struct str id)
{
    enum { TAIL = 3 };
    struct str group = {id.ptr, id.len > TAIL ? id.len - TAIL : 0};
    uint8_t mac[16];
    if (ids->group.ptr == NULL || !str_equal(group, ids->group)) {
        indexer_mac(views_indexer(ids->t), mac, SPACE_EVENT_GROUP, group);
        ids->group = group;
        ids->group_mac = be32_get(mac);
    }
    indexer_mac(views_indexer(ids->t), mac, SPACE_EVENT_ID, id);
    struct view_key k = view_key(SPACE_EVENT_ID);
    view_key_u32(&k, ids->group_mac);
    view_key_mac(&k, mac);
    return k;
}

enum err event_id_find(bool *found, struct reading_place *out, struct event_ids *ids, struct str event_id,
                       struct error *e)
{
    struct view_key k = event_id_key(ids, event_id);
    struct bytes value = {0};
    enum err err = views_get(&value, ids->t, &k, e);
    *found = err == OK;
    if (err != OK) return err == ERR_NOT_FOUND ? OK : err;
    assert(value.len == PLACE_BYTES);
    *out = (struct reading_place){be64_get(value.ptr), be32_get(value.ptr + 8)};
    return OK;
}

enum err event_ids_keep(struct views_txn *t, const struct usage_recorded *v, uint64_t seq, struct error *e)
{
    struct event_ids ids = {.t = t};
    uint8_t place[PLACE_BYTES];
    be64_put(place, seq);
    for (size_t i = 0; i < v->readings_count; i++) {
        if (v->readings[i].event_id.len == 0) continue;
        struct view_key k = event_id_key(&ids, v->readings[i].event_id);
        be32_put(place + 8, (uint32_t)i);
        enum err err = views_put(t, &k, (struct bytes){place, sizeof place}, e);
        if (err != OK) return err;
    }
    return OK;
}

/* ---- places ---- */

static bool place_parse(struct reading_place *out, struct str name)
{
    struct error unused = {0};
    uint64_t place = 0;
    size_t slash = 0;
    while (slash < name.len && name.ptr[slash] != '/') slash++;
    if (slash == name.len) return false;
    struct str seq = {name.ptr, slash}, rest = {name.ptr + slash + 1, name.len - slash - 1};
    bool is = uint_parse(&out->seq, seq, &unused) == OK && uint_parse(&place, rest, &unused) == OK;
    out->place = (size_t)place;
    return is && place < LIMIT_READINGS_PER_RECORD;
}

enum err reading_find(bool *found, struct reading_place *out, struct event_ids *ids, struct str name,
                      struct error *e)
{
    enum err err = event_id_find(found, out, ids, name, e);
    if (err == OK && !*found) *found = place_parse(out, name);
    return err;
}

/* ---- what became of a reading ---- */

static struct view_key reading_key(struct reading_place at)
{
    struct view_key k = key_number(SPACE_READING, at.seq);
    view_key_u32(&k, (uint32_t)at.place);
    return k;
}

enum err reading_state_at(struct counted_reading *out, struct views_txn *t, struct reading_place at,
                          struct arena *a, struct error *e)
{
    struct view_key k = reading_key(at);
    bool corrected = false;
    enum err err = row_find(&corrected, out, &schema_counted_reading, t, &k, a, e);
    if (err == OK && !corrected) *out = (struct counted_reading){.seq = at.seq, .place = at.place};
    return err;
}

enum err reading_state(bool *found, struct counted_reading *out, struct views_txn *t, struct str name,
                       struct arena *a, struct error *e)
{
    struct event_ids ids = {.t = t};
    struct reading_place at = {0};
    enum err err = reading_find(found, &at, &ids, name, e);
    return err == OK && *found ? reading_state_at(out, t, at, a, e) : err;
}

enum err reading_state_put(struct views_txn *t, const struct usage_corrected *v, struct error *e)
{
    struct counted_reading row = {.seq = v->seq,
                                  .place = v->place,
                                  .corrections = v->correction,
                                  .quantity = v->is,
                                  .canceled = v->canceled};
    struct view_key k = reading_key((struct reading_place){v->seq, (size_t)v->place});
    return views_put_record(t, &k, &schema_counted_reading, &row, e);
}

/* ---- keys of usage types that count different ones ---- */

static struct view_key counted_key(struct views_txn *t, const struct counted_key *c, struct arena *a)
{
    uint8_t mac[16];
    struct str both = str_format(a, "%.*s\n%.*s", STR_ARG(c->usage_type), STR_ARG(c->key));
    indexer_mac(views_indexer(t), mac, SPACE_USAGE_KEY, both);
    struct view_key k = key_number(SPACE_USAGE_KEY, c->customer);
    view_key_date(&k, c->period);
    view_key_mac(&k, mac);
    return k;
}

enum err usage_key_seen(bool *seen, struct views_txn *t, const struct counted_key *c, struct arena *a,
                        struct error *e)
{
    struct view_key k = counted_key(t, c, a);
    uint64_t readings = 0;
    enum err err = number_get(&readings, t, &k, e);
    *seen = readings > 0;
    return err;
}

static struct view_key key_of(struct views_txn *t, const struct reading *r, struct arena *a)
{
    struct counted_key c = {r->customer, r->period, r->usage_type, r->key};
    return counted_key(t, &c, a);
}

enum err key_keep(bool *is_new, struct views_txn *t, const struct reading *r, struct arena *a,
                  struct error *e)
{
    struct view_key k = key_of(t, r, a);
    uint64_t readings = 0;
    enum err err = number_get(&readings, t, &k, e);
    *is_new = readings == 0;
    return err == OK ? number_put(t, &k, readings + 1, e) : err;
}

enum err key_release(bool *was_last, struct views_txn *t, const struct reading *r, struct arena *a,
                     struct error *e)
{
    struct view_key k = key_of(t, r, a);
    uint64_t readings = 0;
    enum err err = number_get(&readings, t, &k, e);
    *was_last = readings == 1;
    if (err != OK || readings == 0) return err;
    return *was_last ? views_delete(t, &k, e) : number_put(t, &k, readings - 1, e);
}

/* ---- readings of which the largest or the last counts ---- */

static struct view_key singles_key(struct views_txn *t, const struct reading *r)
{
    uint8_t mac[16];
    indexer_mac(views_indexer(t), mac, SPACE_USAGE_SINGLE, r->usage_type);
    struct view_key k = key_number(SPACE_USAGE_SINGLE, r->customer);
    view_key_date(&k, r->period);
    view_key_mac(&k, mac);
    return k;
}

static struct view_key single_key(struct views_txn *t, const struct reading *r, struct reading_place at)
{
    struct view_key k = singles_key(t, r);
    view_key_u64(&k, at.seq);
    view_key_u32(&k, (uint32_t)at.place);
    return k;
}

enum err single_put(struct views_txn *t, const struct reading *r, struct reading_place at, struct error *e)
{
    struct single_reading row = {r->quantity, r->at};
    struct view_key k = single_key(t, r, at);
    return views_put_record(t, &k, &row_single_reading, &row, e);
}

enum err single_forget(struct views_txn *t, const struct reading *r, struct reading_place at, struct error *e)
{
    struct view_key k = single_key(t, r, at);
    return views_delete(t, &k, e);
}

struct counting_anew {
    struct usage_total *total;
    const struct reading *like;
    struct arena *arena;
};

static enum err count_single(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct counting_anew *c = context;
    struct single_reading row = {0};
    struct reading r = *c->like;
    (void)key;
    enum err err = schema_decode(&row, &row_single_reading, value, c->arena, e);
    r.quantity = row.quantity;
    r.at = row.at;
    return err == OK ? total_count(c->total, &r, false, c->arena, e) : err;
}

enum err singles_count(struct usage_total *total, struct views_txn *t, const struct reading *like,
                       struct arena *a, struct error *e)
{
    struct counting_anew c = {total, like, a};
    struct view_key from = singles_key(t, like);
    *total = (struct usage_total){
        .usage_type = total->usage_type, .period = total->period, .aggregation = like->aggregation};
    return views_scan(t, &from, from.len, false, count_single, &c, e);
}

/* ---- for the doors ---- */

static enum err locate(bool *found, struct reading_place *at, struct ledger *l, struct str name,
                       struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, l, e);
    if (err != OK) return err;
    struct event_ids ids = {.t = t};
    err = reading_find(found, at, &ids, name, e);
    ledger_read_end(l, t);
    return err;
}

/* Of a reading that is not in the log yet (rehearsed before) there is none. */
static enum err find_reading(struct reading *out, struct reading_place *at, struct ledger *l, struct str name,
                             struct arena *a, struct error *e)
{
    struct envelope v = {0};
    struct event_place place = {0};
    bool found = false;
    enum err err = locate(&found, at, l, name, e);
    if (err != OK || !found) return err;
    err = ledger_record(&v, &place, l, at->seq, a, e);
    if (err != OK) return err == ERR_NOT_FOUND ? OK : err;
    for (size_t i = 0; i < v.events_count; i++) {
        const struct usage_recorded *r = &v.events[i].usage_recorded;
        if (v.events[i].type != EVENT_USAGE_RECORDED || at->place >= r->readings_count) continue;
        *out = r->readings[at->place];
        return OK;
    }
    return OK;
}

enum err complete_command(struct command *c, struct ledger *l, struct arena *a, struct error *e)
{
    struct usage_correct_command *correct = &c->usage_correct;
    struct usage_cancel_command *cancel = &c->usage_cancel;
    struct reading_place at = {0};
    enum err err = OK;
    if (c->type == COMMAND_USAGE_CORRECT) {
        err = find_reading(&correct->original, &at, l, correct->event_id, a, e);
        correct->seq = at.seq;
        correct->place = at.place;
    } else if (c->type == COMMAND_USAGE_CANCEL) {
        err = find_reading(&cancel->original, &at, l, cancel->event_id, a, e);
        cancel->seq = at.seq;
        cancel->place = at.place;
    }
    return err;
}
