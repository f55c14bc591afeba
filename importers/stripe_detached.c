/* SPDX-License-Identifier: MIT */
/* stripe_detached.c - payment methods that an import took before and that Stripe lists no more: it will never
 * charge them again. What was added here meanwhile was never imported, and is no concern. */
#include "importers/json_text.h"
#include "importers/stripe_import.h"

struct detached {
    struct views_txn *t;
    struct arena *arena;
    struct command *commands;
    size_t count, capacity;
};

static bool is_listed(const json_t *data, struct str token)
{
    for (size_t i = 0; i < json_array_size(data); i++) {
        if (str_equal(json_text_of(json_array_get(data, i), "id"), token)) return true;
    }
    return false;
}

static enum err was_imported(bool *yes, struct object_imported *before, struct detached *d,
                             const struct method *m, struct error *e)
{
    *yes = false;
    if (!str_is(m->gateway, "stripe")) return OK;
    enum err err = find_imported(yes, before, d->t, m->token, d->arena, e);
    *yes = *yes && before->kind == IMPORTED_PAYMENT_METHOD;
    return err;
}

static struct command *add_command(struct detached *d, enum command_type type)
{
    d->commands = arena_grow(d->arena, d->commands, d->count, &d->capacity, sizeof *d->commands);
    d->commands[d->count] = (struct command){.type = type};
    return &d->commands[d->count++];
}

/* With a digest that is none, so that it is taken again if it is ever listed again. */
static void add_removal(struct detached *d, struct str user, const struct object_imported *before)
{
    struct import_document_command *seen = &add_command(d, COMMAND_IMPORT_DOCUMENT)->import_document;
    schema_copy(&seen->object, &schema_object_imported, before, d->arena);
    seen->customer = before->customer;
    seen->object.status = STR("detached");
    seen->object.sha256 = (struct hash){{0}};
    struct payment_method_remove_command *gone =
        &add_command(d, COMMAND_PAYMENT_METHOD_REMOVE)->payment_method_remove;
    *gone = (struct payment_method_remove_command){.user = str_copy(d->arena, user),
                                                   .method = str_copy(d->arena, before->reference)};
}

static enum err find_detached(struct detached *d, const struct object_imported *customer, const json_t *data,
                              struct error *e)
{
    struct customer who = {0};
    struct method *methods = NULL;
    size_t count = 0;
    enum err err = load_customer(&who, d->t, customer->customer, d->arena, e);
    if (err == OK) err = list_methods(&methods, &count, d->t, customer->customer, d->arena, e);
    for (size_t i = 0; i < count && err == OK; i++) {
        struct object_imported before = {0};
        bool ours = false;
        const struct method *m = &methods[i];
        if (!str_equal(m->gateway_customer, customer->reference) || is_listed(data, m->token)) continue;
        err = was_imported(&ours, &before, d, m, e);
        if (err == OK && ours) add_removal(d, who.user, &before);
    }
    return err;
}

static enum err remove_them(struct stripe_import *im, const struct detached *d, struct error *e)
{
    struct request *requests = arena_array_of(d->arena, struct request, d->count);
    struct outcome *outcomes = arena_array_of(d->arena, struct outcome, d->count);
    for (size_t i = 0; i < d->count; i++)
        requests[i] = (struct request){.command = &d->commands[i], .actor = im->options->actor};
    enum err err = ledger_execute_batch(outcomes, im->ledger, requests, d->count, false, d->arena, e);
    for (size_t i = 0; i < d->count && err == OK; i++) {
        stripe_note_record(im, outcomes[i].seq);
        if (outcomes[i].code != OK || d->commands[i].type != COMMAND_PAYMENT_METHOD_REMOVE) continue;
        im->report->rows++;
        im->report->accepted++;
        im->count->read++;
        im->count->taken++;
    }
    return err;
}

enum err stripe_forget_detached(struct stripe_import *im, const struct object_imported *customers,
                                const json_t *const *lists, size_t count, struct arena *a, struct error *e)
{
    struct detached d = {.arena = a};
    enum err err = ledger_read_begin(&d.t, im->ledger, e);
    if (err != OK) return err;
    for (size_t i = 0; i < count && err == OK; i++) {
        if (lists[i] != NULL) err = find_detached(&d, &customers[i], lists[i], e);
    }
    ledger_read_end(im->ledger, d.t);
    return err == OK && d.count > 0 ? remove_them(im, &d, e) : err;
}
