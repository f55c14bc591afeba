/* SPDX-License-Identifier: MIT */
/* access.c - actors, and the SHA-256 of their tokens. The last actor's number tells whether a ledger has any:
 * that is asked before every command, so it is one key. A token is found by an HMAC of its hash. */
#include "projections/fold.h"

static struct view_key token_key(struct views_txn *t, const struct hash *sha256)
{
    return key_text(SPACE_TOKEN_HASH, t, (struct str){(const char *)sha256->bytes, sizeof sha256->bytes});
}

static enum err actor_need(struct actor *out, struct views_txn *t, uint64_t actor, struct arena *a,
                           struct error *e)
{
    struct view_key k = key_number(SPACE_ACTOR, actor);
    return row_need(out, &schema_actor, t, &k, "actor", actor, a, e);
}

static enum err add_actor(struct views_txn *t, const struct actor_added *v, struct instant at,
                          struct error *e)
{
    struct view_key k = key_number(SPACE_ACTOR, v->actor), last = view_key(SPACE_LAST_ACTOR);
    struct actor row = {.actor = v->actor, .name = v->name, .role = v->role, .added_at = at};
    enum err err = views_put_record(t, &k, &schema_actor, &row, e);
    return err == OK ? number_put(t, &last, v->actor, e) : err;
}

static enum err change_actor(struct views_txn *t, uint64_t actor, enum role role, bool removed,
                             struct arena *a, struct error *e)
{
    struct view_key k = key_number(SPACE_ACTOR, actor);
    struct actor row = {0};
    enum err err = actor_need(&row, t, actor, a, e);
    if (role != ROLE_NONE) row.role = role;
    row.removed = removed;
    return err == OK ? views_put_record(t, &k, &schema_actor, &row, e) : err;
}

static enum err issue_token(struct views_txn *t, const struct token_issued *v, struct instant at,
                            struct error *e)
{
    struct view_key k = key_number(SPACE_ACCESS_TOKEN, v->token), by_hash = token_key(t, &v->sha256);
    struct access_token row = {.token = v->token,
                               .actor = v->actor,
                               .sha256 = v->sha256,
                               .label = v->label,
                               .until = v->until,
                               .issued_at = at};
    enum err err = views_put_record(t, &k, &schema_access_token, &row, e);
    return err == OK ? number_put(t, &by_hash, v->token, e) : err;
}

static enum err token_need(struct access_token *out, struct views_txn *t, uint64_t token, struct arena *a,
                           struct error *e)
{
    struct view_key k = key_number(SPACE_ACCESS_TOKEN, token);
    return row_need(out, &schema_access_token, t, &k, "token", token, a, e);
}

static enum err revoke_token(struct views_txn *t, uint64_t token, struct arena *a, struct error *e)
{
    struct view_key k = key_number(SPACE_ACCESS_TOKEN, token);
    struct access_token row = {0};
    enum err err = token_need(&row, t, token, a, e);
    row.revoked = true;
    return err == OK ? views_put_record(t, &k, &schema_access_token, &row, e) : err;
}

enum err fold_access(struct views_txn *t, const struct event *ev, const struct event_place *place,
                     struct arena *a, struct error *e)
{
    switch ((int)ev->type) {
    case EVENT_ACTOR_ADDED: return add_actor(t, &ev->actor_added, place->at, e);
    case EVENT_ACTOR_CHANGED:
        return change_actor(t, ev->actor_changed.actor, ev->actor_changed.role, false, a, e);
    case EVENT_ACTOR_REMOVED: return change_actor(t, ev->actor_removed.actor, ROLE_NONE, true, a, e);
    case EVENT_TOKEN_ISSUED: return issue_token(t, &ev->token_issued, place->at, e);
    case EVENT_TOKEN_REVOKED: return revoke_token(t, ev->token_revoked.token, a, e);
    default: return OK;
    }
}

/* ---- queries ---- */

enum err count_actors(uint64_t *out, struct views_txn *t, struct error *e)
{
    struct view_key k = view_key(SPACE_LAST_ACTOR);
    return number_get(out, t, &k, e);
}

enum err find_token(bool *found, struct access_token *token, struct actor *of, struct views_txn *t,
                    const struct hash *sha256, struct arena *a, struct error *e)
{
    struct view_key k = token_key(t, sha256);
    uint64_t number = 0;
    *found = false;
    enum err err = number_get(&number, t, &k, e);
    if (err != OK || number == 0) return err;
    err = token_need(token, t, number, a, e);
    if (err == OK) err = actor_need(of, t, token->actor, a, e);
    *found = err == OK;
    return err;
}

enum err list_actors(struct actor **out, size_t *count, struct views_txn *t, struct arena *a, struct error *e)
{
    uint64_t last = 0;
    enum err err = count_actors(&last, t, e);
    *out = arena_array_of(a, struct actor, last);
    for (*count = 0; err == OK && *count < last; ++*count)
        err = actor_need(&(*out)[*count], t, *count + 1, a, e);
    return err;
}

struct token_rows {
    struct access_token *items;
    size_t count, capacity;
    struct arena *arena;
};

static enum err take_token(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct token_rows *r = context;
    (void)key;
    r->items = arena_grow(r->arena, r->items, r->count, &r->capacity, sizeof *r->items);
    return schema_decode(&r->items[r->count++], &schema_access_token, bytes_copy(r->arena, value), r->arena,
                         e);
}

enum err list_tokens(struct access_token **out, size_t *count, struct views_txn *t, struct arena *a,
                     struct error *e)
{
    struct view_key from = view_key(SPACE_ACCESS_TOKEN);
    struct token_rows r = {.arena = a};
    enum err err = views_scan(t, &from, from.len, false, take_token, &r, e);
    *out = r.items;
    *count = r.count;
    return err;
}
