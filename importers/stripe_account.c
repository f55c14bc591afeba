/* SPDX-License-Identifier: MIT */
/* stripe_account.c - see stripe_account.h. */
#include "importers/stripe_account.h"
#include "importers/json_text.h"
#include "importers/stripe_private.h"

enum { UNAUTHORIZED = 401 };

/* "" where the key may not tell, or the server knows no accounts. */
static enum err ask_account(struct str *out, struct stripe *s, struct arena *a, struct error *e)
{
    struct stripe_answer answer = {0};
    struct http_request r = {.method = "GET", .path = STR("/v1/account")};
    *out = STR_NONE;
    enum err err = stripe_ask_one(s, &answer, &r, a, e);
    if (err != OK) return err;
    struct str id = json_text_of(answer.object, "id");
    bool told = answer.outcome == STRIPE_DONE && stripe_id_is_one(id);
    bool may_not = answer.outcome == STRIPE_MISSING ||
                   (answer.outcome == STRIPE_FORBIDDEN && answer.status != UNAUTHORIZED);
    if (told) *out = str_copy(a, id);
    json_decref(answer.object);
    if (told || may_not) return OK;
    return fail(e, ERR_INCOMPLETE, "Stripe does not tell its account: %.*s", STR_ARG(answer.message));
}

enum err stripe_check_account(struct stripe *s, struct ledger *l, struct str actor, struct arena *a,
                              struct error *e)
{
    struct command c = {.type = COMMAND_GATEWAY_BIND};
    struct request r = {.command = &c, .actor = actor};
    struct outcome done = {0};
    c.gateway_bind = (struct gateway_bind_command){.gateway = STR("stripe"), .livemode = !stripe_is_test(s)};
    enum err err = ask_account(&c.gateway_bind.account, s, a, e);
    return err == OK ? ledger_execute(&done, l, &r, a, e) : err;
}
