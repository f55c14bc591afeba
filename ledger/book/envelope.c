/* SPDX-License-Identifier: MIT */
/* envelope.c - both directions of a record's plaintext, facing each other. Decoding is strict: the events'
 * own codec refuses what encode would not have written, and what is left over is refused here. */
#include "ledger/book/envelope.h"

enum { ENVELOPE_FIELDS = 6, BASIS_FIELDS = 5, EVENT_FIELDS = 3 };
enum { VERSION_PLAIN = 1, VERSION_WITH_BASIS = 2 };

void envelope_encode(struct buffer *out, const struct envelope *v, struct personal *p)
{
    bool based = v->basis.len != 0;
    mp_put_array(out, based ? ENVELOPE_FIELDS + BASIS_FIELDS : ENVELOPE_FIELDS);
    mp_put_uint(out, based ? VERSION_WITH_BASIS : VERSION_PLAIN);
    mp_put_str(out, v->actor);
    mp_put_str(out, v->command);
    mp_put_str(out, v->key);
    mp_put_bin(out, v->has_body ? (struct bytes){v->body.bytes, sizeof v->body.bytes} : (struct bytes){0});
    mp_put_array(out, v->events_count);
    for (size_t i = 0; i < v->events_count; i++) {
        const struct event *ev = &v->events[i];
        const struct event_kind *k = event_kind(ev->type);
        mp_put_array(out, EVENT_FIELDS);
        mp_put_uint(out, (uint64_t)ev->type);
        mp_put_uint(out, k->version);
        schema_encode_sealed(out, k->schema, event_body(ev), p);
    }
    if (!based) return;
    mp_put_int(out, v->at.now.us);
    mp_put_int(out, v->at.today.days);
    mp_put_int(out, v->at.seller_today.days);
    mp_put_uint(out, v->at.second);
    mp_put_str(out, v->basis);
}

static enum err take_event(struct event *ev, struct bytes *in, struct personal *p, struct arena *a,
                           struct error *e)
{
    size_t fields = 0;
    uint64_t type = 0, version = 0;
    if (!mp_take_array(&fields, in) || fields != EVENT_FIELDS || !mp_take_uint(&type, in) ||
        !mp_take_uint(&version, in)) {
        return fail(e, ERR_TAMPERED, "an event is not [number, version, fields]");
    }
    if (type == EVENT_NONE || type >= EVENT_TYPES) {
        return fail(e, ERR_TAMPERED, "event number %llu is not known", (unsigned long long)type);
    }
    ev->type = (enum event_type)type;
    const struct event_kind *k = event_kind(ev->type);
    if (version != k->version) {
        return fail(e, ERR_TAMPERED, "%s: version %llu is not known", k->wire, (unsigned long long)version);
    }
    return schema_take_sealed(event_body_of(ev), k->schema, in, p, a, e);
}

static enum err take_head(struct envelope *out, bool *based, struct bytes *in, struct error *e)
{
    size_t fields = 0;
    uint64_t version = 0;
    struct bytes body = {0};
    bool known = mp_take_array(&fields, in) && mp_take_uint(&version, in);
    *based = version == VERSION_WITH_BASIS;
    known = known && ((version == VERSION_PLAIN && fields == ENVELOPE_FIELDS) ||
                      (*based && fields == ENVELOPE_FIELDS + BASIS_FIELDS));
    if (!known || !mp_take_str(&out->actor, in) || !mp_take_str(&out->command, in) ||
        !mp_take_str(&out->key, in) || !mp_take_bin(&body, in) ||
        (body.len != 0 && body.len != sizeof out->body)) {
        return fail(e, ERR_TAMPERED, "the envelope is not one of version %d or %d", VERSION_PLAIN,
                    VERSION_WITH_BASIS);
    }
    out->has_body = body.len != 0;
    bytes_put(out->body.bytes, body);
    return OK;
}

static bool take_date(struct date *out, struct bytes *in)
{
    int64_t days = 0;
    if (!mp_take_int(&days, in) || days < INT32_MIN || days > INT32_MAX) return false;
    out->days = (int32_t)days;
    return true;
}

static bool take_time(struct decided_at *out, struct bytes *in)
{
    return mp_take_int(&out->now.us, in) && take_date(&out->today, in) && take_date(&out->seller_today, in) &&
           mp_take_uint(&out->second, in);
}

enum err envelope_decode(struct envelope *out, struct bytes plain, struct personal *p, struct arena *a,
                         struct error *e)
{
    *out = (struct envelope){0};
    size_t count = 0;
    bool based = false;
    enum err err = take_head(out, &based, &plain, e);
    if (err != OK) return err;
    if (!mp_take_array(&count, &plain) || count > LIMIT_EVENTS_PER_RECORD) {
        return fail(e, ERR_TAMPERED, "the envelope's events are not a list of at most %d",
                    LIMIT_EVENTS_PER_RECORD);
    }
    struct event *events = arena_array_of(a, struct event, count);
    for (size_t i = 0; i < count; i++) {
        err = take_event(&events[i], &plain, p, a, e);
        if (err != OK) return wrap(e, "event %zu", i);
    }
    if (based && (!take_time(&out->at, &plain) || !mp_take_str(&out->basis, &plain) || out->basis.len == 0 ||
                  !text_is_utf8(out->basis)))
        return fail(e, ERR_TAMPERED, "the envelope's basis is not the time and the text of a command");
    if (plain.len != 0) return fail(e, ERR_TAMPERED, "%zu bytes are left over after the events", plain.len);
    out->events = events;
    out->events_count = count;
    return OK;
}
