/* SPDX-License-Identifier: MIT */
/* service.c - see service.h. It must never decide anything: what a command may do is decided in the ledger
 * alone. */
#include "billing/service.h"

struct date service_today(const struct service *s, struct str timezone)
{
    return ledger_today(s->ledger, timezone);
}

struct date service_seller_today(const struct service *s, struct views_txn *t, struct arena *a)
{
    struct seller seller = {0};
    struct error unused;
    if (load_seller(&seller, t, 0, a, &unused) != OK) seller.timezone = STR_NONE;
    return service_today(s, seller.timezone);
}

enum err service_customer(uint64_t *out, struct views_txn *t, struct str user, struct arena *a,
                          struct error *e)
{
    struct customer c = {0};
    *out = 0;
    if (user.len == 0) return OK;
    enum err err = find_customer(&c, t, user, a, e);
    *out = c.customer;
    return err;
}

enum err service_days(struct date from, struct date to, struct error *e)
{
    if (!date_is_given(from) || !date_is_given(to) || date_compare(from, to) <= 0) return OK;
    return fail(e, ERR_INVALID, "the first day lies after the last");
}

enum err service_show_token(struct service *s, const char *file, const char *command, struct error *e)
{
    struct secret text = {.len = 0};
    if (file == NULL && command == NULL) return OK;
    if (file != NULL && command != NULL)
        return fail(e, ERR_USAGE, "a token file and a token command were given; one of them is enough");
    enum err err = file != NULL ? secret_from_file(&text, file, e) : secret_from_command(&text, command, e);
    if (err == OK) s->token = token_read(secret_line(&text));
    secret_wipe(&text);
    return err == OK ? OK : wrap(e, "cannot get the token");
}

/* ---- the gateway ---- */

static enum err read_key(struct secret *out, const struct gateway_settings *g, struct error *e)
{
    if (g->key_file != NULL && g->key_command != NULL)
        return fail(e, ERR_USAGE, "--stripe-key-file and --stripe-key-command exclude each other");
    enum err err = g->key_file != NULL ? secret_from_file(out, g->key_file, e)
                                       : secret_from_command(out, g->key_command, e);
    return err == OK ? OK : wrap(e, "cannot get Stripe's key");
}

enum err service_begin_gateway(struct service *s, const struct gateway_settings *g, struct error *e)
{
    struct secret key = {.len = 0};
    s->gateway = gateway_simulator();
    if (g->key_file == NULL && g->key_command == NULL) {
        if (g->base == NULL) return OK;
        return fail(e, ERR_USAGE,
                    "--stripe-base needs Stripe's key: --stripe-key-file or --stripe-key-command");
    }
    enum err err = read_key(&key, g, e);
    struct stripe_options o = {.key = secret_line(&key),
                               .base = str_of(g->base),
                               .authorities = g->authorities,
                               .rate = g->rate,
                               .in_flight = g->window,
                               .world = s->world};
    if (err == OK) err = stripe_open(&s->stripe, &o, e);
    secret_wipe(&key);
    if (err == OK) s->gateway = stripe_gateway(s->stripe);
    return err;
}

void service_end_gateway(struct service *s)
{
    stripe_close(s->stripe);
    s->stripe = NULL;
}

/* Without a key nobody knows which world is ours. */
static enum webhook_world world_of(const struct service *s)
{
    if (s->stripe == NULL) return WEBHOOK_ANY;
    return stripe_is_test(s->stripe) ? WEBHOOK_TEST : WEBHOOK_LIVE;
}

struct webhook_door service_webhook_door(const struct service *s)
{
    return (struct webhook_door){.ledger = s->ledger,
                                 .world = world_of(s),
                                 .gateway = &s->gateway,
                                 .now = s->world.now(s->world.self),
                                 .actor = s->actor};
}

/* ---- what the gateway fills in ---- */

static enum err fill_inner(struct service *s, struct command *c, struct arena *a, struct error *e)
{
    enum err err = gateway_complete(c, s->ledger, &s->gateway, a, e);
    return err == OK ? OK : wrap(e, "%s", command_kind(c->type)->words);
}

/* ---- running ---- */

static bool asks_for_money(const struct event *ev)
{
    return ev->type == EVENT_PAYMENT_REQUESTED || ev->type == EVENT_REFUND_REQUESTED;
}

static bool has_event(const struct outcome *o, bool (*is_one)(const struct event *))
{
    bool yes = false;
    for (size_t i = 0; i < o->events_count && !yes; i++) yes = is_one(&o->events[i]);
    return yes;
}

static enum err list_untold_of(struct gateway_request **out, size_t *count, struct service *s,
                               const struct outcome *o, struct arena *a, struct error *e)
{
    struct untold_query q = {.gateway = str_of(s->gateway.name),
                             .ledger = ledger_origin(s->ledger),
                             .now = s->world.now(s->world.self)};
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, s->ledger, e);
    if (err != OK) return err;
    err = untold_of(out, count, t, &q, o->events, o->events_count, a, e);
    ledger_read_end(s->ledger, t);
    return err;
}

/* What the gateway is to be told of it, besides what money is asked for. */
static enum err tell(struct service *s, const struct outcome *o, struct arena *a, struct error *e)
{
    struct gateway_request *requests = NULL;
    struct gateway_told told = {0};
    size_t count = 0;
    enum err err = list_untold_of(&requests, &count, s, o, a, e);
    if (err != OK || count == 0) return err;
    err = ledger_tell(&told, s->ledger, &s->gateway, requests, count, s->actor, a, e);
    return err == ERR_INCOMPLETE ? OK : err;
}

enum err service_execute(struct outcome *out, struct service *s, struct command *c, struct arena *a,
                         struct error *e)
{
    struct request r = {.command = c, .key = s->key, .actor = s->actor};
    s->key = STR_NONE;
    enum err err = command_check(c, e); /* before the gateway hears of what may not be kept */
    if (err == OK) err = fill_inner(s, c, a, e);
    if (err == OK) err = complete_command(c, s->ledger, a, e);
    if (err == OK) err = ledger_execute(out, s->ledger, &r, a, e);
    if (err == OK && has_event(out, asks_for_money)) {
        err = ledger_settle(NULL, s->ledger, &s->gateway, out->events, out->events_count, s->actor, a, e);
        if (err == ERR_INCOMPLETE) err = OK;
    }
    return err == OK && has_event(out, event_is_told) ? tell(s, out, a, e) : err;
}

/* ---- the catalog that comes with the program ---- */

extern const uint8_t example_catalog[], example_catalog_end[] __attribute__((visibility("hidden")));
__asm__(".pushsection .rodata\n"
        ".globl example_catalog\n"
        ".hidden example_catalog\n"
        "example_catalog:\n"
        ".incbin \"fixtures/catalog.json\"\n"
        ".globl example_catalog_end\n"
        ".hidden example_catalog_end\n"
        "example_catalog_end:\n"
        ".byte 0\n"
        ".popsection\n");

enum err service_load_example_catalog(struct outcome *out, struct service *s, struct arena *a,
                                      struct error *e)
{
    struct command *c = arena_new_of(a, struct command);
    struct bytes text = {example_catalog, (size_t)(example_catalog_end - example_catalog)};
    enum err err = catalog_parse(c, text, a, e);
    if (err != OK) return wrap(e, "the built-in catalog");
    return service_execute(out, s, c, a, e);
}
