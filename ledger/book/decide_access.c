/* SPDX-License-Identifier: MIT */
/* decide_access.c - actors, their roles and tokens, and what is noted of accesses. A token is 32 random
 * bytes, so its plain SHA-256 tells nobody what it is: slow hashes are for passwords, which people choose.
 * Whatever is decided here, some administrator has a token that counts. */
#include "ledger/book/decide_shared.h"

/* Names that records bear of nobody whom the ledger knows. */
static const char *const reserved[] = {"unauthenticated", "recovery"};

bool token_counts(const struct access_token *t, struct date today)
{
    return !t->revoked && (!date_is_given(t->until) || date_compare(today, t->until) <= 0);
}

static struct date today_utc(const struct facts *f)
{
    return instant_date(f->now);
}

static const struct actor *actor_named(const struct facts *f, struct str name)
{
    for (size_t i = 0; i < f->actors_count; i++)
        if (str_equal(f->actors[i].name, name)) return &f->actors[i];
    return NULL;
}

static enum err need_actor(const struct actor **out, const struct facts *f, struct str name, struct error *e)
{
    struct str shown = text_quotable(name);
    *out = actor_named(f, name);
    if (*out == NULL) return fail(e, ERR_NOT_FOUND, "there is no actor '%.*s'", STR_ARG(shown));
    if (!(*out)->removed) return OK;
    return fail(e, ERR_REFUSED, "actor '%.*s' was removed", STR_ARG(shown));
}

/* Would there be an administrator who gets in, without this actor and without this token? 0: none is left
 * out. */
static bool has_administrator(const struct facts *f, uint64_t but_actor, uint64_t but_token)
{
    for (size_t i = 0; i < f->tokens_count; i++) {
        const struct access_token *t = &f->tokens[i];
        const struct actor *of = &f->actors[t->actor - 1];
        if (t->token == but_token || t->actor == but_actor || !token_counts(t, today_utc(f))) continue;
        if (of->role == ROLE_ADMINISTRATOR && !of->removed) return true;
    }
    return false;
}

static enum err keep_administrator(const struct facts *f, const struct actor *v, struct error *e)
{
    if (v->role != ROLE_ADMINISTRATOR || has_administrator(f, v->actor, 0)) return OK;
    return fail(e, ERR_REFUSED, "'%.*s' is the last administrator with a token that counts",
                STR_ARG(text_quotable(v->name)));
}

/* ---- tokens ---- */

struct new_token {
    uint64_t actor;
    struct str name, label;
    struct hash sha256;
    struct date until;
};

static enum err check_token(const struct facts *f, const struct new_token *n, struct error *e)
{
    static const struct hash nothing = {{0}};
    size_t count = 0;
    if (hash_equal(&n->sha256, &nothing)) return fail(e, ERR_INVALID, "a token's SHA-256 is missing");
    if (date_is_given(n->until) && date_compare(n->until, today_utc(f)) < 0)
        return fail(e, ERR_INVALID, "until: that day is over");
    for (size_t i = 0; i < f->tokens_count; i++) {
        const struct access_token *t = &f->tokens[i];
        if (hash_equal(&t->sha256, &n->sha256)) return fail(e, ERR_REFUSED, "that token was issued before");
        count += t->actor == n->actor && token_counts(t, today_utc(f));
    }
    if (count < LIMIT_TOKENS_OF_ACTOR) return OK;
    return fail(e, ERR_LIMIT, "'%.*s' has %d tokens that count: revoke one first",
                STR_ARG(text_quotable(n->name)), LIMIT_TOKENS_OF_ACTOR);
}

static enum err issue(struct decision *out, const struct facts *f, const struct new_token *n, struct arena *a,
                      struct error *e)
{
    enum err err = check_token(f, n, e);
    if (err != OK) return err;
    struct event *ev = event_add(&out->events, EVENT_TOKEN_ISSUED, a);
    ev->token_issued = (struct token_issued){.token = f->tokens_count + 1,
                                             .actor = n->actor,
                                             .name = n->name,
                                             .sha256 = n->sha256,
                                             .label = n->label,
                                             .until = n->until};
    return OK;
}

enum err decide_token_issue(struct decision *out, const struct facts *f, const struct token_issue_command *c,
                            struct arena *a, struct error *e)
{
    const struct actor *v = NULL;
    enum err err = need_actor(&v, f, c->name, e);
    if (err != OK) return err;
    const struct new_token n = {v->actor, v->name, c->label, c->sha256, c->until};
    return issue(out, f, &n, a, e);
}

static enum err token_number(uint64_t *out, const struct facts *f, struct str id, struct error *e)
{
    struct error unused;
    struct str digits = str_starts(id, "tok_") ? (struct str){id.ptr + 4, id.len - 4} : STR_NONE;
    bool is_id = digits.len > 0 && digits.ptr[0] != '0' && uint_parse(out, digits, &unused) == OK;
    if (is_id && *out <= f->tokens_count) return OK;
    return fail(e, ERR_NOT_FOUND, "there is no token '%.*s', as in tok_1", STR_ARG(text_quotable(id)));
}

enum err decide_token_revoke(struct decision *out, const struct facts *f,
                             const struct token_revoke_command *c, struct arena *a, struct error *e)
{
    uint64_t number = 0;
    enum err err = token_number(&number, f, c->token, e);
    if (err != OK) return err;
    const struct access_token *t = &f->tokens[number - 1];
    const struct actor *v = &f->actors[t->actor - 1];
    if (t->revoked) return fail(e, ERR_REFUSED, "token tok_%ju was revoked before", (uintmax_t)number);
    bool matters = v->role == ROLE_ADMINISTRATOR && token_counts(t, today_utc(f));
    if (matters && !has_administrator(f, 0, number))
        return fail(e, ERR_REFUSED,
                    "tok_%ju is the last token of an administrator that counts: issue another one first",
                    (uintmax_t)number);
    struct event *ev = event_add(&out->events, EVENT_TOKEN_REVOKED, a);
    ev->token_revoked = (struct token_revoked){number, v->actor, v->name};
    return OK;
}

/* ---- actors ---- */

static enum err check_name(const struct facts *f, struct str name, struct error *e)
{
    struct str shown = text_quotable(name);
    if (str_trim(name).len == 0 || str_trim(name).len != name.len)
        return fail(e, ERR_INVALID, "name: an actor has one, without blanks around it");
    enum err err = text_check(name, LIMIT_ACTOR_BYTES, "name", e);
    if (err != OK) return err;
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (str_is(name, reserved[i]))
            return fail(e, ERR_INVALID, "name: '%.*s' means nobody in the audit log", STR_ARG(shown));
    if (actor_named(f, name) != NULL)
        return fail(e, ERR_REFUSED, "there is, or was, an actor '%.*s'", STR_ARG(shown));
    if (f->actors_count < LIMIT_ACTORS) return OK;
    return fail(e, ERR_LIMIT, "a ledger has %d actors at most, removed ones included", LIMIT_ACTORS);
}

static uint64_t add_actor(struct decision *out, const struct facts *f, struct str name, enum role role,
                          struct arena *a)
{
    struct event *ev = event_add(&out->events, EVENT_ACTOR_ADDED, a);
    ev->actor_added = (struct actor_added){f->actors_count + 1, name, role};
    return ev->actor_added.actor;
}

static void change_role(struct decision *out, const struct actor *v, enum role role, struct arena *a)
{
    struct event *ev = event_add(&out->events, EVENT_ACTOR_CHANGED, a);
    ev->actor_changed = (struct actor_changed){v->actor, v->name, role};
}

/* From the first one on a token is wanted for everything, so he must be one who can let in others. */
enum err decide_actor_add(struct decision *out, const struct facts *f, const struct actor_add_command *c,
                          struct arena *a, struct error *e)
{
    enum err err = check_name(f, c->name, e);
    if (err != OK) return err;
    if (c->role == ROLE_NONE) return fail(e, ERR_INVALID, "role: one is wanted");
    if (f->actors_count == 0 && (c->role != ROLE_ADMINISTRATOR || date_is_given(c->until)))
        return fail(e, ERR_REFUSED, "the first actor is an administrator with a token that does not end");
    struct new_token n = {0, c->name, c->label, c->sha256, c->until};
    n.actor = add_actor(out, f, c->name, c->role, a);
    return issue(out, f, &n, a, e);
}

enum err decide_actor_update(struct decision *out, const struct facts *f,
                             const struct actor_update_command *c, struct arena *a, struct error *e)
{
    const struct actor *v = NULL;
    enum err err = need_actor(&v, f, c->name, e);
    if (err != OK) return err;
    if (c->role == ROLE_NONE) return fail(e, ERR_INVALID, "role: one is wanted");
    if (c->role == v->role) return OK;
    err = keep_administrator(f, v, e);
    if (err == OK) change_role(out, v, c->role, a);
    return err;
}

enum err decide_actor_remove(struct decision *out, const struct facts *f,
                             const struct actor_remove_command *c, struct arena *a, struct error *e)
{
    const struct actor *v = NULL;
    enum err err = need_actor(&v, f, c->name, e);
    if (err == OK) err = keep_administrator(f, v, e);
    if (err != OK) return err;
    struct event *ev = event_add(&out->events, EVENT_ACTOR_REMOVED, a);
    ev->actor_removed = (struct actor_removed){v->actor, v->name};
    return OK;
}

/* Whoever has the key could read and write everything by a program of his own; so this lets him in, and says
 * so for ever. */
enum err decide_actor_recover(struct decision *out, const struct facts *f,
                              const struct actor_recover_command *c, struct arena *a, struct error *e)
{
    const struct actor *v = actor_named(f, c->name);
    if (f->actors_count == 0)
        return fail(e, ERR_REFUSED, "this ledger has no actors: there is nothing to recover");
    enum err err = v == NULL ? check_name(f, c->name, e) : need_actor(&v, f, c->name, e);
    if (err != OK) return err;
    struct event *loud = event_add(&out->events, EVENT_ACTOR_RECOVERED, a);
    struct new_token n = {v == NULL ? f->actors_count + 1 : v->actor, c->name, STR("recovered"), c->sha256,
                          c->until};
    loud->actor_recovered = (struct actor_recovered){n.actor, c->name, c->login};
    if (v == NULL) (void)add_actor(out, f, c->name, ROLE_ADMINISTRATOR, a);
    if (v != NULL && v->role != ROLE_ADMINISTRATOR) change_role(out, v, ROLE_ADMINISTRATOR, a);
    return issue(out, f, &n, a, e);
}

/* ---- what is noted ---- */

enum err decide_access_note(struct decision *out, const struct facts *f, const struct access_note_command *c,
                            struct arena *a, struct error *e)
{
    (void)f;
    (void)e;
    struct event *ev = event_add(&out->events, EVENT_ACCESS_NOTED, a);
    ev->access_noted = (struct access_noted){.customer = c->customer,
                                             .actor = c->actor,
                                             .action = c->action,
                                             .kind = c->kind,
                                             .result = c->result,
                                             .subject = c->subject,
                                             .detail = c->detail,
                                             .times = c->times};
    return OK;
}
