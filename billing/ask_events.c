/* SPDX-License-Identifier: MIT */
/* ask_events.c - see events.h. The log is read in short stretches, between which others may write. */
#include "billing/events.h"

enum { RECORDS_AT_ONCE = 256 };

enum err event_cursor_parse(struct event_cursor *out, struct str text, struct error *e)
{
    struct str seq = STR_NONE, place = text;
    bool two = str_take_until(&seq, &place, '.');
    enum err err = two ? uint_parse(&out->seq, seq, e) : fail(e, ERR_INVALID, "it has no full stop");
    if (err == OK) err = uint_parse(&out->place, place, e);
    return err == OK ? OK : wrap(e, "'%.*s' is no event, as 12.0 is", STR_ARG(text_quotable(text)));
}

struct events_reading {
    const struct event_wish *wish;
    struct event_cursor *read;
    struct names names;
    uint64_t told;
    event_row_fn *row;
    void *context;
};

static bool is_full(const struct events_reading *r)
{
    return r->wish->limit != 0 && r->told >= r->wish->limit;
}

static bool is_type(struct str wanted, const char *type)
{
    if (wanted.len == 0) return true;
    bool all = wanted.ptr[wanted.len - 1] == '.';
    return all ? strncmp(type, wanted.ptr, wanted.len) == 0 : str_is(wanted, type);
}

static json_t *event_json(const struct event_place *place, size_t at, const struct event *ev, struct names *n,
                          struct arena *a)
{
    const struct event_kind *kind = event_kind(ev->type);
    json_t *j = object_new();
    member_text(j, "event_id", str_format(a, "%ju.%zu", (uintmax_t)place->seq, at));
    member_count(j, "seq", place->seq);
    member_instant(j, "at", place->at);
    member_text(j, "type", str_of(kind->wire));
    member_text(j, "actor", place->actor);
    member_text(j, "command", place->command);
    member_user(j, n, event_customer(ev));
    member_text(j, "says", event_sentence(a, ev));
    member_hash(j, "leaf", &place->leaf);
    member_put(j, "data", schema_json(kind->schema, event_body(ev)));
    return j;
}

static enum err take_record(void *context, const struct event_place *place, const struct envelope *v,
                            struct arena *a, struct error *e)
{
    struct events_reading *r = context;
    const struct event_wish *w = r->wish;
    enum err err = OK;
    r->names.arena = a;
    for (size_t i = 0; i < v->events_count && err == OK && !is_full(r); i++) {
        const struct event *ev = &v->events[i];
        struct event_cursor at = {place->seq, i};
        bool before =
            w->has_after && (at.seq < w->after.seq || (at.seq == w->after.seq && at.place <= w->after.place));
        const char *type = event_kind(ev->type)->wire;
        if (before || !is_type(w->type, type) || (w->customer != 0 && event_customer(ev) != w->customer))
            continue;
        *r->read = at;
        r->told++;
        err = r->row(r->context, at, type, event_json(place, i, ev, &r->names, a), e);
    }
    return err;
}

enum err events_read(struct event_cursor *read, struct ledger *l, const struct event_wish *w,
                     event_row_fn *row, void *context, struct error *e)
{
    struct events_reading r = {.wish = w, .read = read, .row = row, .context = context};
    struct views_txn *t = NULL;
    uint64_t size = 0, from = w->has_after ? w->after.seq : 0;
    *read = w->after;
    enum err err = ledger_size(&size, l, e);
    if (err == OK) err = ledger_read_begin(&t, l, e);
    if (err != OK) return err;
    r.names = names_of(t, NULL);
    while (err == OK && from < size && !is_full(&r)) {
        uint64_t to = size - from > RECORDS_AT_ONCE ? from + RECORDS_AT_ONCE : size;
        err = ledger_walk(l, from, to, take_record, &r, e);
        from = to;
    }
    /* What was looked at and not wanted need not be looked at again. */
    if (err == OK && !is_full(&r) && size > 0) *read = (struct event_cursor){size - 1, UINT64_MAX};
    ledger_read_end(l, t);
    return err;
}

static enum err tell_event(void *context, struct event_cursor at, const char *type, json_t *row,
                           struct error *e)
{
    const struct call *c = context;
    (void)at, (void)type;
    return c->answer->take(c->answer->self, row, true, e);
}

enum err ask_event_list(const struct call *c, struct error *e)
{
    const struct event_list_query *q = c->query;
    struct event_wish w = {.type = q->type, .limit = q->limit, .has_after = q->after.len > 0};
    struct views_txn *t = NULL;
    struct event_cursor read = {0};
    struct call call = *c;
    enum err err = w.has_after ? event_cursor_parse(&w.after, q->after, e) : OK;
    if (err == OK) err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    err = service_customer(&w.customer, t, q->user, c->arena, e);
    ledger_read_end(c->service->ledger, t);
    return err == OK ? events_read(&read, c->service->ledger, &w, tell_event, &call, e) : err;
}
