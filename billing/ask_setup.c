/* SPDX-License-Identifier: MIT */
/* ask_setup.c - a payment method that a customer gives on a page of the company's. What the page needs stands
 * in the answer, and nowhere else; that he gave one, a webhook tells. */
#include "billing/answers.h"

static enum err run(const struct call *c, const struct command *command, struct error *e)
{
    struct service *s = c->service;
    struct outcome out = {0};
    struct request r = {.command = command, .actor = s->actor};
    return ledger_execute(&out, s->ledger, &r, c->arena, e);
}

/* By it the ledger knows whose a payment method is that a message tells of. */
static enum err note_customer(const struct call *c, struct str user, const struct gateway_setup *setup,
                              struct error *e)
{
    struct command *command = arena_new_of(c->arena, struct command);
    if (setup->gateway_customer.len == 0) return OK;
    command->type = COMMAND_CUSTOMER_MAKE_KNOWN;
    command->customer_make_known = (struct customer_make_known_command){
        .user = user,
        .gateway = str_of(c->service->gateway.name),
        .gateway_customer = setup->gateway_customer,
    };
    return run(c, command, e);
}

static struct command *adding(const struct call *c, const struct payment_method_setup_query *q)
{
    struct command *command = arena_new_of(c->arena, struct command);
    command->type = COMMAND_PAYMENT_METHOD_ADD;
    command->payment_method_add = (struct payment_method_add_command){.user = q->user, .token = q->token};
    return command;
}

/* ---- the answer ---- */

static const char *const words[] = {[SETUP_WAITS] = "waiting",
                                    [SETUP_WANTS_CUSTOMER] = "action_required",
                                    [SETUP_PROCESSING] = "processing",
                                    [SETUP_DONE] = "done"};

static const char *what_follows(const struct gateway_setup *v)
{
    if (v->status == SETUP_DONE) return "the payment method is kept";
    if (v->status == SETUP_PROCESSING) return "the bank has it, and a webhook tells what comes of it";
    if (v->url.len > 0) return "the customer confirms it at the url";
    if (v->client_secret.len == 0) return "the simulator has no page: name a token";
    return "the customer gives it on a page with the publishable key and this client secret";
}

static enum err tell(const struct call *c, const struct gateway_setup *v, struct error *e)
{
    const struct payment_method_setup_query *q = c->query;
    json_t *j = object_new();
    member_text(j, "setup_id", v->reference);
    member_text(j, "user_id", q->user);
    member_text(j, "gateway", str_of(c->service->gateway.name));
    member_text(j, "status", str_of(words[v->status]));
    member_text(j, "what", str_of(what_follows(v)));
    member_text_or_null(j, "url", v->url);
    member_text_or_null(j, "client_secret", v->client_secret);
    member_text_or_null(j, "payment_method_id", v->card.token);
    return c->answer->take(c->answer->self, j, false, e);
}

enum err ask_payment_method_setup(const struct call *c, struct error *e)
{
    const struct payment_method_setup_query *q = c->query;
    struct service *s = c->service;
    struct gateway_setup_request r = {.method = {.token = q->token, .user = q->user}, .mandate = q->mandate};
    struct gateway_setup setup = {.status = SETUP_WAITS};
    struct command *add = adding(c, q);
    struct error later = {0};
    enum err err = q->token.len > 0 ? command_check(add, e) : OK; /* before the gateway hears of it */
    if (err != OK) return err;
    err = gateway_set_up(&setup, s->ledger, &s->gateway, &r, c->arena, e);
    enum err noted = note_customer(c, q->user, &setup, &later);
    if (err == OK && noted != OK) *e = later;
    if (err == OK) err = noted;
    if (err == OK && setup.status == SETUP_DONE) {
        add->payment_method_add.card = setup.card;
        err = run(c, add, e);
    }
    return err == OK ? tell(c, &setup, e) : err;
}
