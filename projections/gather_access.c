/* SPDX-License-Identifier: MIT */
/* gather_access.c - all actors and tokens, for the few commands that are about them. */
#include "projections/gather.h"

enum err gather_access(struct gathering *g)
{
    struct actor *actors = NULL;
    struct access_token *tokens = NULL;
    switch ((int)g->command->type) {
    case COMMAND_ACTOR_ADD:
    case COMMAND_ACTOR_UPDATE:
    case COMMAND_ACTOR_REMOVE:
    case COMMAND_ACTOR_RECOVER:
    case COMMAND_TOKEN_ISSUE:
    case COMMAND_TOKEN_REVOKE: break;
    default: return OK;
    }
    enum err err = list_actors(&actors, &g->facts->actors_count, g->t, g->arena, g->e);
    if (err == OK) err = list_tokens(&tokens, &g->facts->tokens_count, g->t, g->arena, g->e);
    g->facts->actors = actors;
    g->facts->tokens = tokens;
    return err;
}
