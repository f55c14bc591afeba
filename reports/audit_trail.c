/* SPDX-License-Identifier: MIT */
/* audit_trail.c - everything that was ever recorded, a row an event, with the place in the chain that holds
 * it. It is read from the log, a record at a time. */
#include "reports/books.h"

static const char header[] =
    "seq,recorded_at,effective_on,actor,actor_type,request_id,event_type,entity_type,entity_id,summary,prev_"
    "hash,hash,event_no,command,customer_id,result";

enum err report_audit_trail(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                            struct error *e);

struct trail {
    struct report_file file;
    struct arena *record;
    struct actor *actors; /* all there ever were */
    size_t actors_count;
};

/* His role as it is now; "key": no actor of the ledger's, but whoever has the key to it, by his login name.
 */
static const char *actor_type(const struct trail *t, struct str name)
{
    for (size_t i = t->actors_count; i > 0; i--) {
        if (str_equal(t->actors[i - 1].name, name)) return choice_role.words[t->actors[i - 1].role];
    }
    return "key";
}

static enum err put(struct trail *t, const struct event_place *place, const struct envelope *v, size_t number,
                    struct error *e)
{
    const struct event *ev = &v->events[number];
    struct report_file *f = &t->file;
    struct sheet *s = f->sheet;
    struct trail_entity about = trail_entity(ev, f->row);
    struct str user = STR_NONE;
    enum err err = book_user(&user, f, event_customer(ev), e);
    if (err != OK) return err;
    sheet_count(s, place->seq);
    sheet_instant(s, place->at);
    sheet_date(s, trail_effective(ev, place->at));
    sheet_text(s, v->actor);
    sheet_word(s, actor_type(t, v->actor));
    sheet_text(s, v->key);
    sheet_word(s, event_kind(ev->type)->wire);
    sheet_word(s, about.type);
    sheet_text(s, about.id);
    sheet_text(s, trail_sentence(ev, f->row));
    sheet_hash(s, &place->prev);
    sheet_hash(s, &place->leaf);
    sheet_count(s, number);
    sheet_text(s, trail_action(v));
    sheet_text(s, user);
    sheet_text(s, str_of(trail_result(v, f->row)));
    sheet_end_row(s);
    report_next(f);
    return OK;
}

static enum err put_record(void *context, uint64_t seq, struct error *e)
{
    struct trail *t = context;
    struct envelope v = {0};
    struct event_place place = {0};
    enum err err = ledger_record(&v, &place, t->file.ledger, seq, t->record, e);
    for (size_t i = 0; i < v.events_count && err == OK; i++) err = put(t, &place, &v, i, e);
    arena_reset(t->record);
    return err;
}

enum err report_audit_trail(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                            struct error *e)
{
    struct trail t = {.file = {.ledger = l, .query = q, .name = "audit_trail", .path = path, .arena = a},
                      .record = arena_new()};
    struct report_file *f = &t.file;
    enum err err = report_begin(f, header, e);
    if (err == OK) err = list_actors(&t.actors, &t.actors_count, f->txn, a, e);
    if (err == OK) err = list_audit(f->txn, q->customer, q->from, q->to, put_record, &t, e);
    arena_free(t.record);
    return report_end(f, err, e);
}
