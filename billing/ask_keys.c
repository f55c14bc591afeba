/* SPDX-License-Identifier: MIT */
/* ask_keys.c - a new master key, and which keys there are. Of a key only its name is ever told. */
#include "billing/answers.h"

/* ---- rotation ---- */

static struct str what_next(const struct ledger_rotation *r, struct arena *a)
{
    struct str file = r->key_file;
    if (!r->swaps)
        return str_format(
            a,
            "give --key-file %.*s, or what it holds to the key command, from now on: the old key opens "
            "the ledger no more; and keep copies of it and of its .kek file in safe places",
            STR_ARG(file));
    return str_format(
        a, "keep copies of %.*s and of its .kek file in safe places; start again what has the ledger open",
        STR_ARG(file));
}

enum err ask_key_rotate(const struct call *c, struct error *e)
{
    const struct key_rotate_query *q = c->query;
    struct ledger_rotation r = {.seq = 0};
    enum err err =
        ledger_rotate(&r, c->service->ledger, path_or_null(q->new_key_file, c->arena), c->arena, e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_text(j, "key", r.key);
    member_text(j, "key_file", r.key_file);
    if (r.finished) {
        member_flag(j, "finished", true);
    } else {
        member_text(j, "old_key", r.old_key);
        member_count(j, "record", r.seq);
    }
    if (r.kept.len != 0) member_text(j, "old_key_file", r.kept);
    member_text(j, "next", what_next(&r, c->arena));
    return tell_one(c, j, e);
}

/* ---- which there are ---- */

static json_t *masters_json(const struct ledger_keys *k)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < k->masters_count; i++) {
        const struct ledger_master *m = &k->masters[i];
        json_t *j = object_new();
        member_text(j, "key", m->key);
        member_instant(j, "from", m->from);
        member_instant(j, "replaced", m->replaced);
        member_count(j, "epochs", m->epochs);
        member_count(j, "records", m->records);
        member_count(j, "most_in_an_epoch", m->largest);
        rows_add(list, j);
    }
    return list;
}

static json_t *epochs_json(const struct ledger_keys *k)
{
    json_t *list = rows_new();
    for (size_t i = 0; i < k->epochs_count; i++) {
        const struct ledger_epoch *m = &k->epochs[i];
        json_t *j = object_new();
        member_count(j, "epoch", m->epoch);
        member_text(j, "key", k->masters[m->master].key);
        member_count(j, "record", m->seq);
        member_instant(j, "from", m->from);
        member_count(j, "records", m->records);
        rows_add(list, j);
    }
    return list;
}

enum err ask_key_show(const struct call *c, struct error *e)
{
    const struct key_show_query *q = c->query;
    struct ledger_keys k = {.masters = NULL};
    enum err err = ledger_keys(&k, c->service->ledger, c->arena, e);
    if (err != OK) return err;
    const struct ledger_master *now = &k.masters[k.masters_count - 1];
    struct date today = instant_date(c->service->world.now(c->service->world.self));
    json_t *j = object_new();
    member_text(j, "key", now->key);
    member_text(j, "key_file", k.key_file.len == 0 ? STR("from the key command") : k.key_file);
    member_date(j, "due", k.due);
    member_flag(j, "overdue", today.days >= k.due.days);
    member_count(j, "epochs", k.epochs_count);
    member_put(j, "keys", masters_json(&k));
    if (q->epochs) member_put(j, "key_epochs", epochs_json(&k));
    return tell_one(c, j, e);
}
