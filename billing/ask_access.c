/* SPDX-License-Identifier: MIT */
/* ask_access.c - actors, roles and tokens. A token is told here once, on the screen or in a file that nobody
 * else may read, and is wiped; nobody can tell it again. */
#include "billing/access.h"
#include "billing/answers.h"

/* ---- giving tokens ---- */

struct giving {
    const struct call *call;
    struct command *command;
    struct str output; /* "": it is shown */
    struct str token;
    struct hash sha256;
};

static void begin_giving(struct giving *g, const struct call *c, enum command_type type, struct str output)
{
    *g = (struct giving){.call = c, .command = arena_new_of(c->arena, struct command), .output = output};
    g->command->type = type;
    g->token = token_make(&g->sha256, c->service->world, c->arena);
}

/* The file is made first: a token that was issued and is nowhere would help nobody. */
static enum err write_token(const struct giving *g, struct error *e)
{
    const char *path = path_or_null(g->output, g->call->arena);
    if (path == NULL) return OK;
    enum err err = ledger_guard_output(g->call->service->ledger, path, e);
    char line[TOKEN_TEXT + 1];
    memcpy(line, g->token.ptr, TOKEN_TEXT);
    line[TOKEN_TEXT] = '\n';
    if (err == OK) err = secret_to_new_file(path, (struct str){line, sizeof line}, e);
    explicit_bzero(line, sizeof line);
    return err == OK ? OK : wrap(e, "cannot write the token to '%s'", path);
}

static void put_given(json_t *j, const struct giving *g, const struct outcome *o)
{
    for (size_t i = 0; i < o->events_count; i++) {
        if (o->events[i].type != EVENT_TOKEN_ISSUED) continue;
        const struct token_issued *v = &o->events[i].token_issued;
        member_id(j, "actor_id", "actor", v->actor);
        member_text(j, "name", v->name);
        member_id(j, "token_id", "tok", v->token);
        member_date(j, "until", v->until);
    }
    if (g->output.len > 0)
        member_text(j, "token_file", g->output);
    else
        member_text(j, "token", g->token);
}

static enum err give(struct giving *g, struct error *e)
{
    struct outcome o = {0};
    const struct call *c = g->call;
    enum err err = write_token(g, e);
    if (err == OK) {
        err = service_execute(&o, c->service, g->command, c->arena, e);
        if (err != OK && g->output.len > 0) (void)remove(str_cstring(c->arena, g->output));
    }
    json_t *j = err == OK ? object_new() : NULL;
    if (j != NULL) put_given(j, g, &o);
    if (j != NULL) err = tell_one(c, j, e);
    token_wipe(str_bytes(g->token));
    return err;
}

static enum err role_named(enum role *out, struct str word, struct error *e)
{
    int role = -1;
    enum err err = answer_word(&role, "role", &choice_role, ROLE_OPERATOR, word, e);
    *out = role < 0 ? ROLE_NONE : (enum role)role;
    return err;
}

enum err ask_actor_new(const struct call *c, struct error *e)
{
    const struct actor_new_query *q = c->query;
    enum role role = ROLE_NONE;
    struct giving g;
    enum err err = role_named(&role, q->role, e);
    if (err != OK) return err;
    begin_giving(&g, c, COMMAND_ACTOR_ADD, q->output);
    g.command->actor_add = (struct actor_add_command){
        .name = q->name, .role = role, .sha256 = g.sha256, .label = q->label, .until = q->until};
    return give(&g, e);
}

enum err ask_token_new(const struct call *c, struct error *e)
{
    const struct token_new_query *q = c->query;
    struct giving g;
    begin_giving(&g, c, COMMAND_TOKEN_ISSUE, q->output);
    g.command->token_issue = (struct token_issue_command){
        .name = q->name, .sha256 = g.sha256, .label = q->label, .until = q->until};
    return give(&g, e);
}

enum err ask_actor_rescue(const struct call *c, struct error *e)
{
    const struct actor_rescue_query *q = c->query;
    struct giving g;
    begin_giving(&g, c, COMMAND_ACTOR_RECOVER, q->output);
    g.command->actor_recover = (struct actor_recover_command){
        .name = q->name, .login = c->service->access.login, .sha256 = g.sha256, .until = q->until};
    return give(&g, e);
}

/* ---- who there is ---- */

struct everybody {
    struct actor *actors;
    struct access_token *tokens;
    size_t actors_count, tokens_count;
    struct date today;
};

static enum err read_everybody(struct everybody *out, const struct call *c, struct error *e)
{
    struct views_txn *t = NULL;
    *out = (struct everybody){.today = instant_date(c->service->world.now(c->service->world.self))};
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err == OK) err = list_actors(&out->actors, &out->actors_count, t, c->arena, e);
    if (err == OK) err = list_tokens(&out->tokens, &out->tokens_count, t, c->arena, e);
    ledger_read_end(c->service->ledger, t);
    return err;
}

static const char *token_status(const struct everybody *all, const struct access_token *t)
{
    if (t->revoked) return "revoked";
    if (all->actors[t->actor - 1].removed) return "removed";
    return token_counts(t, all->today) ? "valid" : "ended";
}

static json_t *token_json(const struct everybody *all, const struct access_token *t)
{
    const struct actor *of = &all->actors[t->actor - 1];
    json_t *j = object_new();
    member_id(j, "token_id", "tok", t->token);
    member_text(j, "name", of->name);
    member_text(j, "role", str_of(choice_role.words[of->role]));
    member_text_or_null(j, "label", t->label);
    member_text(j, "status", str_of(token_status(all, t)));
    member_date(j, "until", t->until);
    member_instant(j, "issued_at", t->issued_at);
    member_hash(j, "sha256", &t->sha256);
    return j;
}

static json_t *actor_json(const struct everybody *all, const struct actor *v)
{
    json_t *j = object_new();
    uint64_t tokens = 0;
    for (size_t i = 0; i < all->tokens_count; i++)
        tokens +=
            all->tokens[i].actor == v->actor && strcmp(token_status(all, &all->tokens[i]), "valid") == 0;
    member_id(j, "actor_id", "actor", v->actor);
    member_text(j, "name", v->name);
    member_text(j, "role", str_of(choice_role.words[v->role]));
    member_text(j, "status", v->removed ? STR("removed") : STR("active"));
    member_instant(j, "added_at", v->added_at);
    member_count(j, "tokens", tokens);
    return j;
}

static enum err tell_row(const struct call *c, json_t *row, struct error *e)
{
    return c->answer->take(c->answer->self, row, true, e);
}

static size_t at_most(size_t count, uint64_t limit)
{
    return limit != 0 && limit < count ? (size_t)limit : count;
}

enum err ask_actor_list(const struct call *c, struct error *e)
{
    const struct actor_list_query *q = c->query;
    struct everybody all;
    enum err err = read_everybody(&all, c, e);
    for (size_t i = 0; err == OK && i < at_most(all.actors_count, q->limit); i++)
        err = tell_row(c, actor_json(&all, &all.actors[i]), e);
    return err;
}

enum err ask_token_list(const struct call *c, struct error *e)
{
    const struct token_list_query *q = c->query;
    struct everybody all;
    enum err err = read_everybody(&all, c, e);
    for (size_t i = 0; err == OK && i < at_most(all.tokens_count, q->limit); i++)
        err = tell_row(c, token_json(&all, &all.tokens[i]), e);
    return err;
}

static json_t *commands_of(enum role role)
{
    json_t *rows = rows_new();
    const struct access_rule *r = NULL;
    for (size_t i = 0; (r = access_rule_at(i)) != NULL; i++)
        if (access_may(role, r->words)) rows_add(rows, json_string(r->words));
    return rows;
}

enum err ask_actor_show(const struct call *c, struct error *e)
{
    const struct actor_show_query *q = c->query;
    struct everybody all;
    const struct actor *v = NULL;
    enum err err = read_everybody(&all, c, e);
    if (err != OK) return err;
    for (size_t i = 0; i < all.actors_count; i++)
        if (str_equal(all.actors[i].name, q->name)) v = &all.actors[i];
    if (v == NULL) return fail(e, ERR_NOT_FOUND, "there is no actor '%.*s'", STR_ARG(text_quotable(q->name)));
    json_t *j = actor_json(&all, v), *tokens = rows_new();
    for (size_t i = 0; i < all.tokens_count; i++)
        if (all.tokens[i].actor == v->actor) rows_add(tokens, token_json(&all, &all.tokens[i]));
    member_put(j, "tokens", tokens);
    member_put(j, "may", v->removed ? rows_new() : commands_of(v->role));
    return tell_one(c, j, e);
}

/* ---- roles ---- */

static json_t *rule_json(const struct access_rule *r)
{
    static const char *const noted[] = {"", "read", "exported", "exported to a file", "key used"};
    json_t *j = object_new();
    member_text(j, "command", str_of(r->words));
    for (int role = ROLE_OPERATOR; role <= ROLE_ADMINISTRATOR; role++)
        member_flag(j, choice_role.words[role], access_may((enum role)role, r->words));
    member_text_or_null(j, "noted", str_of(noted[r->note]));
    member_text_or_null(j, "reason", str_of(r->reason));
    return j;
}

enum err ask_actor_roles(const struct call *c, struct error *e)
{
    const struct actor_roles_query *q = c->query;
    const struct access_rule *r = NULL;
    enum role role = ROLE_NONE;
    uint64_t told = 0;
    enum err err = role_named(&role, q->role, e);
    for (size_t i = 0; err == OK && (r = access_rule_at(i)) != NULL; i++) {
        if (role != ROLE_NONE && !access_may(role, r->words)) continue;
        if (q->limit != 0 && told++ >= q->limit) break;
        err = tell_row(c, rule_json(r), e);
    }
    return err;
}
