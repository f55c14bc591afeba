/* SPDX-License-Identifier: MIT */
/* Who is let in, and that some administrator always is. */
#include "tests/book/facts.h"

TestSuite(decide_access, .init = test_begin, .fini = test_end);

static struct hash hash_of(uint8_t first)
{
    struct hash h = {{first}};
    return h;
}

/* ann (administrator, tok_1), bob (operator, tok_2). */
static struct facts two_actors(void)
{
    struct facts f = facts_on("2025-02-01");
    struct actor *actors = arena_array_of(A, struct actor, 2);
    struct access_token *tokens = arena_array_of(A, struct access_token, 2);
    actors[0] = (struct actor){.actor = 1, .name = STR("ann"), .role = ROLE_ADMINISTRATOR};
    actors[1] = (struct actor){.actor = 2, .name = STR("bob"), .role = ROLE_OPERATOR};
    tokens[0] = (struct access_token){.token = 1, .actor = 1, .sha256 = hash_of(1)};
    tokens[1] = (struct access_token){.token = 2, .actor = 2, .sha256 = hash_of(2)};
    f.actors = actors;
    f.actors_count = 2;
    f.tokens = tokens;
    f.tokens_count = 2;
    return f;
}

static struct command add(const char *name, enum role role, uint8_t hash)
{
    struct command c = {.type = COMMAND_ACTOR_ADD};
    c.actor_add = (struct actor_add_command){.name = str_of(name), .role = role, .sha256 = hash_of(hash)};
    return c;
}

static void refused(const struct facts *f, const struct command *c, enum err code, const char *says)
{
    struct decision d = {0};
    assert_err(decide(&d, f, c, A, E), code, says);
}

Test(decide_access, the_first_actor_is_an_administrator_with_a_token_that_does_not_end)
{
    struct facts f = facts_on("2025-02-01");
    struct command c = add("ann", ROLE_ADMINISTRATOR, 1), operator= add("ann", ROLE_OPERATOR, 1), ends = c;
    struct decision d = decided(&f, &c);
    assert_int(d.events.count, 2);
    assert_str(d.events.items[0].actor_added.name, "ann");
    assert_int(d.events.items[1].token_issued.token, 1);
    assert_int(d.events.items[1].token_issued.actor, 1);
    ends.actor_add.until = day("2025-12-31");
    refused(&f, &operator, ERR_REFUSED, "the first actor is an administrator with a token that does not end");
    refused(&f, &ends, ERR_REFUSED, "the first actor is an administrator with a token that does not end");
    struct command without = add("ann", ROLE_ADMINISTRATOR, 0);
    refused(&f, &without, ERR_INVALID, "a token's SHA-256 is missing");
}

Test(decide_access, a_name_is_given_once_for_ever_and_some_names_never)
{
    struct facts f = two_actors();
    struct actor gone[2] = {f.actors[0], f.actors[1]};
    gone[1].removed = true;
    f.actors = gone;
    struct command again = add("bob", ROLE_AUDITOR, 3), nobody = add("unauthenticated", ROLE_AUDITOR, 3),
                   blank = add(" cyd", ROLE_AUDITOR, 3), roleless = add("cyd", ROLE_NONE, 3);
    refused(&f, &again, ERR_REFUSED, "there is, or was, an actor 'bob'");
    refused(&f, &nobody, ERR_INVALID, "name: 'unauthenticated' means nobody in the audit log");
    refused(&f, &blank, ERR_INVALID, "name: an actor has one, without blanks around it");
    refused(&f, &roleless, ERR_INVALID, "role: one is wanted");
    struct command same_token = add("cyd", ROLE_AUDITOR, 2);
    refused(&f, &same_token, ERR_REFUSED, "that token was issued before");
}

Test(decide_access, the_last_administrator_is_neither_removed_nor_changed_nor_locked_out)
{
    struct facts f = two_actors();
    struct command removal = {.type = COMMAND_ACTOR_REMOVE, .actor_remove = {STR("ann")}},
                   change = {.type = COMMAND_ACTOR_UPDATE, .actor_update = {STR("ann"), ROLE_AUDITOR}},
                   revocation = {.type = COMMAND_TOKEN_REVOKE, .token_revoke = {STR("tok_1")}};
    refused(&f, &removal, ERR_REFUSED, "'ann' is the last administrator with a token that counts");
    refused(&f, &change, ERR_REFUSED, "'ann' is the last administrator with a token that counts");
    refused(&f, &revocation, ERR_REFUSED,
            "tok_1 is the last token of an administrator that counts: issue another one first");
    /* Another administrator helps only while his token counts. */
    struct actor both[2] = {f.actors[0], f.actors[1]};
    struct access_token tokens[2] = {f.tokens[0], f.tokens[1]};
    both[1].role = ROLE_ADMINISTRATOR;
    tokens[1].until = day("2025-01-31");
    f.actors = both;
    f.tokens = tokens;
    refused(&f, &removal, ERR_REFUSED, "'ann' is the last administrator with a token that counts");
    tokens[1].until = day("2025-02-01");
    assert_int(decided(&f, &removal).events.items[0].type, EVENT_ACTOR_REMOVED);
    assert_int(decided(&f, &change).events.items[0].type, EVENT_ACTOR_CHANGED);
    assert_int(decided(&f, &revocation).events.items[0].type, EVENT_TOKEN_REVOKED);
}

Test(decide_access, a_token_is_revoked_once_and_counts_through_its_last_day)
{
    struct facts f = two_actors();
    struct command c = {.type = COMMAND_TOKEN_REVOKE, .token_revoke = {STR("tok_2")}},
                   none = {.type = COMMAND_TOKEN_REVOKE, .token_revoke = {STR("tok_9")}};
    assert_int(decided(&f, &c).events.items[0].token_revoked.token, 2);
    struct access_token tokens[2] = {f.tokens[0], f.tokens[1]};
    tokens[1].revoked = true;
    f.tokens = tokens;
    refused(&f, &c, ERR_REFUSED, "token tok_2 was revoked before");
    refused(&f, &none, ERR_NOT_FOUND, "there is no token 'tok_9', as in tok_1");
    struct access_token t = {.until = day("2025-02-01")};
    cr_assert(token_counts(&t, day("2025-02-01")));
    cr_assert_not(token_counts(&t, day("2025-02-02")));
    cr_assert_not(token_counts(&tokens[1], day("2025-02-01")));
}

Test(decide_access, who_has_the_key_alone_is_let_in_and_it_is_said_first)
{
    struct facts f = two_actors(), empty = facts_on("2025-02-01");
    struct command c = {.type = COMMAND_ACTOR_RECOVER};
    c.actor_recover = (struct actor_recover_command){.name = STR("cyd"), .sha256 = hash_of(3)};
    struct decision d = decided(&f, &c);
    assert_int(d.events.count, 3);
    assert_int(d.events.items[0].type, EVENT_ACTOR_RECOVERED);
    assert_int(d.events.items[1].actor_added.role, ROLE_ADMINISTRATOR);
    assert_int(d.events.items[2].token_issued.actor, 3);
    c.actor_recover.name = STR("bob");
    d = decided(&f, &c);
    assert_int(d.events.items[1].actor_changed.role, ROLE_ADMINISTRATOR);
    assert_int(d.events.items[2].token_issued.actor, 2);
    refused(&empty, &c, ERR_REFUSED, "this ledger has no actors: there is nothing to recover");
}

Test(decide_access, an_actor_has_so_many_tokens_that_count)
{
    struct facts f = two_actors();
    struct access_token tokens[LIMIT_TOKENS_OF_ACTOR + 1] = {f.tokens[0]};
    for (size_t i = 1; i <= LIMIT_TOKENS_OF_ACTOR; i++)
        tokens[i] = (struct access_token){.token = i + 1, .actor = 2, .sha256 = hash_of((uint8_t)(i + 1))};
    f.tokens = tokens;
    f.tokens_count = LIMIT_TOKENS_OF_ACTOR + 1;
    struct command c = {.type = COMMAND_TOKEN_ISSUE};
    c.token_issue = (struct token_issue_command){.name = STR("bob"), .sha256 = hash_of(99)};
    refused(&f, &c, ERR_LIMIT, "'bob' has 32 tokens that count: revoke one first");
    tokens[1].revoked = true;
    assert_int(decided(&f, &c).events.items[0].token_issued.token, LIMIT_TOKENS_OF_ACTOR + 2);
    c.token_issue.until = day("2025-01-31");
    refused(&f, &c, ERR_INVALID, "until: that day is over");
}
