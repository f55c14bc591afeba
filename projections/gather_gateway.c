/* SPDX-License-Identifier: MIT */
/* gather_gateway.c - what the ledger knows already of what a gateway tells or is imported, by the gateway's
 * own names. */
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
        err = movement_is_booked(&known[i], g->t, movements[i].reference, g->arena, g->e);
    g->facts->movements_known = known;
    return err;
}

enum err gather_bound(struct gathering *g)
{
    struct gateway_bound *v = arena_new_of(g->arena, struct gateway_bound);
    bool found = false;
    enum err err = gateway_bound_get(&found, v, g->t, g->command->gateway_bind.gateway, g->arena, g->e);
    if (found) g->facts->bound = v;
    return err;
}

/* ---- imports ---- */

static const struct object_imported *object_of(const struct command *c)
{
    if (c->type == COMMAND_IMPORT_CUSTOMER) return &c->import_customer.object;
    if (c->type == COMMAND_IMPORT_METHOD) return &c->import_method.object;
    if (c->type == COMMAND_IMPORT_SUBSCRIPTION) return &c->import_subscription.object;
    if (c->type == COMMAND_IMPORT_ITEMS) return &c->import_items.object;
    return &c->import_document.object;
}

/* The same object as it was taken before, and what a customer is known as in the other system. */
enum err gather_imported(struct gathering *g)
{
    struct object_imported *before = arena_new_of(g->arena, struct object_imported);
    struct object_imported *known = arena_new_of(g->arena, struct object_imported);
    const struct object_imported *object = object_of(g->command);
    bool found = false;
    enum err err = find_imported(&found, before, g->t, object->reference, g->arena, g->e);
    if (found) g->facts->imported = before;
    if (err == OK && object->kind == IMPORTED_BALANCE_TRANSACTION)
        err = movement_is_known(&g->facts->movement_noted, g->t, object->reference, g->e);
    if (err != OK || g->facts->customer == NULL || object->kind != IMPORTED_CUSTOMER) return err;
    err = find_known_as(&found, known, g->t, g->facts->customer->customer, g->arena, g->e);
    if (found) g->facts->known_as = known;
    return err;
}
