/* SPDX-License-Identifier: MIT */
/* gather_gateway.c - what the ledger knows already of what a gateway tells, by the gateway's own names. */
#include "projections/gather.h"

enum err gather_reference(struct gathering *g)
{
    struct str reference = g->command->refund_note.gateway_reference;
    return transaction_by_reference(&g->facts->referenced, g->t, reference, g->e);
}

enum err gather_dispute(struct gathering *g)
{
    struct dispute *v = arena_new_of(g->arena, struct dispute);
    bool found = false;
    enum err err = find_dispute(&found, v, g->t, g->command->dispute_note.gateway_reference, g->arena, g->e);
    if (found) g->facts->dispute = v;
    return err;
}

enum err gather_movements(struct gathering *g)
{
    const struct command *c = g->command;
    bool of_dispute = c->type == COMMAND_DISPUTE_NOTE;
    const struct balance_movement *movements =
        of_dispute ? c->dispute_note.movements : c->balance_note.movements;
    size_t count = of_dispute ? c->dispute_note.movements_count : c->balance_note.movements_count;
    bool *known = arena_array_of(g->arena, bool, count);
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++)
        err = movement_is_known(&known[i], g->t, movements[i].reference, g->e);
    g->facts->movements_known = known;
    return err;
}
