/* SPDX-License-Identifier: MIT */
/* gateway.c - what a gateway adds to a command: see importers.h. */
#include "importers/importers.h"

/* What the gateway calls the customer, as it was told of him or as he was imported; "": it does not know him.
 */
static enum err take_known(struct gateway_method *m, struct views_txn *t, const struct gateway *g,
                           struct arena *a, struct error *e)
{
    struct customer c = {0};
    struct method *methods = NULL;
    struct object_imported known = {0};
    size_t count = 0;
    bool found = false;
    m->gateway_customer = STR_NONE;
    enum err err = find_customer(&c, t, m->user, a, e);
    if (err == OK) err = list_methods(&methods, &count, t, c.customer, a, e);
    if (err == ERR_NOT_FOUND || err == ERR_INVALID)
        return OK; /* nobody has that id, or may: the ledger says so */
    if (err == OK) err = find_known_as(&found, &known, t, c.customer, a, e);
    if (err != OK) return err;
    if (found && str_is(known.gateway, g->name)) m->gateway_customer = str_copy(a, known.reference);
    if (str_is(c.gateway, g->name)) m->gateway_customer = str_copy(a, c.gateway_customer);
    m->changes = 2 * c.methods - count;
    return OK;
}

enum err gateway_card(struct card *out, struct ledger *l, const struct gateway *g, struct str user,
                      struct str token, struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    struct gateway_method m = {.token = token, .user = user, .ledger = ledger_origin(l)};
    enum err err = ledger_read_begin(&t, l, e);
    if (err != OK) return err;
    err = take_known(&m, t, g, a, e);
    ledger_read_end(l, t);
    return err == OK ? g->describe(g->self, out, &m, a, e) : err;
}

enum err gateway_set_up(struct gateway_setup *out, struct ledger *l, const struct gateway *g,
                        const struct gateway_setup_request *m, struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    struct gateway_setup_request r = *m;
    struct customer c = {0};
    enum err err = ledger_read_begin(&t, l, e);
    *out = (struct gateway_setup){.status = SETUP_WAITS};
    if (err != OK) return err;
    r.method.ledger = ledger_origin(l);
    err = find_customer(&c, t, m->method.user, a, e);
    if (err == OK) err = take_known(&r.method, t, g, a, e);
    ledger_read_end(l, t);
    return err == OK ? g->set_up(g->self, out, &r, a, e) : err;
}

enum err gateway_complete(struct command *c, struct ledger *l, const struct gateway *g, struct arena *a,
                          struct error *e)
{
    struct subscription_create_command *sub = &c->subscription_create;
    struct payment_method_add_command *add = &c->payment_method_add;
    if (c->type == COMMAND_SUBSCRIPTION_CREATE && sub->payment_method.len > 0)
        return gateway_card(&sub->card, l, g, sub->user, sub->payment_method, a, e);
    if (c->type == COMMAND_PAYMENT_METHOD_ADD && add->token.len > 0)
        return gateway_card(&add->card, l, g, add->user, add->token, a, e);
    if (c->type == COMMAND_PAYMENT_CHARGE) c->payment_charge.gateway = str_of(g->name);
    if (c->type == COMMAND_PAYMENT_REFUND) c->payment_refund.gateway = str_of(g->name);
    return OK;
}
