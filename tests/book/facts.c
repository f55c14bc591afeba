/* SPDX-License-Identifier: MIT */
/* facts.c - see facts.h. */
#include "tests/book/facts.h"

struct money usd(int64_t cents)
{
    return money_of(cents, "USD");
}

/* The catalog of two tiers, monthly and yearly, in USD. */
const struct catalog *catalog(void)
{
    static const struct {
        const char *code;
        enum interval_unit unit;
        int64_t cents;
    } rows[] = {{"basic", INTERVAL_MONTH, 2900}, {"basic", INTERVAL_YEAR, 29000},
                {"pro", INTERVAL_MONTH, 9900},   {"pro", INTERVAL_YEAR, 99000},
                {"free", INTERVAL_MONTH, 0},     {"big", INTERVAL_MONTH, 0}};
    enum { ROWS = sizeof rows / sizeof rows[0] };
    struct product *products = arena_array_of(A, struct product, 4);
    struct price *prices = arena_array_of(A, struct price, ROWS);
    struct rate *rates = arena_array_of(A, struct rate, 1);
    rates[0] = (struct rate){.usage_type = STR("api_calls"), .included = decimal_of(1000), .billed = true};
    assert_ok(decimal_parse(&rates[0].unit_price, STR("0.01"), E));
    products[0] = (struct product){.code = STR("free"), .name = STR("Free"), .rank = 0, .free = true};
    products[1] = (struct product){.code = STR("basic"), .name = STR("Basic"), .rank = 1};
    products[2] = (struct product){.code = STR("pro"), .name = STR("Pro"), .rank = 2};
    products[3] = (struct product){.code = STR("big"), .name = STR("Enterprise"), .rank = 3};
    for (size_t i = 0; i < ROWS; i++) {
        prices[i] = (struct price){.product = str_of(rows[i].code),
                                   .unit = rows[i].unit,
                                   .interval_count = 1,
                                   .amount = usd(rows[i].cents),
                                   .rates = rates,
                                   .rates_count = 1,
                                   .custom = strcmp(rows[i].code, "big") == 0};
    }
    struct catalog *c = arena_new_of(A, struct catalog);
    *c = (struct catalog){
        .version = 1, .products = products, .products_count = 4, .prices = prices, .prices_count = ROWS};
    return c;
}

struct facts facts_on(const char *today)
{
    return (struct facts){
        .origin = STR("daybook/test"),
        .today = day(today),
        .now = date_start(day(today)),
        .issue_date = day(today),
        .catalog = catalog(),
        .counters = {.customer = 1,
                     .subscription = 1,
                     .item = 1,
                     .invoice = 1,
                     .transaction = 1,
                     .catalog = 2,
                     .seller = 1,
                     .run = 1},
        .invoice_series = {.series = STR("INV-2025")},
        .credit_note_series = {.series = STR("CN-2025")},
    };
}

/* Customer 1 'ann' with a card, subscribed to `tier`, whose last charge of `cents` covers [from, to). */
void subscribe(struct facts *f, const char *tier, enum interval_unit unit, int64_t cents, const char *from,
               const char *to)
{
    struct customer *c = arena_new_of(A, struct customer);
    struct method *m = arena_new_of(A, struct method);
    struct subscription *s = arena_new_of(A, struct subscription);
    *c = (struct customer){.customer = 1,
                           .version = 1,
                           .user = STR("ann"),
                           .currency = STR("USD"),
                           .subscription = 1,
                           .default_method = 1,
                           .methods = 1};
    *m = (struct method){
        .customer = 1, .method = 1, .token = STR("pm_card_visa"), .gateway = STR("simulator")};
    bool pro = strcmp(tier, "pro") == 0;
    struct charge *charge = arena_new_of(A, struct charge);
    *charge = (struct charge){.from = day(from),
                              .to = day(to),
                              .amount = usd(cents),
                              .discount = usd(0),
                              .credited = usd(0),
                              .invoice = 7};
    *s = (struct subscription){.subscription = 1,
                               .customer = 1,
                               .status = SUBSCRIPTION_ACTIVE,
                               .start = day(from),
                               .anchor = day(from),
                               .usage_anchor = day(from),
                               .charged_through = day(to),
                               .quantity = 1,
                               .charges = charge,
                               .charges_count = 1,
                               .committed_from = day(from),
                               .committed = usd(0),
                               .usage_through = day(from)};
    s->terms = (struct terms){.catalog_version = 1,
                              .product = str_of(tier),
                              .product_name = str_of(pro ? "Pro" : "Basic"),
                              .rank = pro ? 2 : 1,
                              .unit = unit,
                              .interval_count = 1,
                              .amount = usd(cents),
                              .rates = f->catalog->prices[0].rates,
                              .rates_count = 1};
    f->customer = c;
    f->methods = m;
    f->methods_count = 1;
    f->subscription = f->subscriptions = s;
    f->subscriptions_count = 1;
    f->counters.customer = f->counters.subscription = 2;
}

const struct event *find(const struct decision *d, enum event_type type, size_t nth)
{
    for (size_t i = 0; i < d->events.count; i++) {
        if (d->events.items[i].type == type && nth-- == 0) return &d->events.items[i];
    }
    return NULL;
}

struct command update_to(const char *tier)
{
    struct command c = {.type = COMMAND_SUBSCRIPTION_UPDATE};
    c.subscription_update = (struct subscription_update_command){.user = STR("ann"), .tier = str_of(tier)};
    return c;
}

struct decision decided(const struct facts *f, const struct command *c)
{
    struct decision d = {0};
    assert_ok(decide(&d, f, c, A, E));
    return d;
}

struct command create(const char *tier, const char *token)
{
    struct command c = {.type = COMMAND_SUBSCRIPTION_CREATE};
    c.subscription_create = (struct subscription_create_command){
        .user = STR("ann"), .tier = str_of(tier), .payment_method = str_of(token)};
    return c;
}

void paid_with(struct facts *f, int64_t cents)
{
    struct transaction *t = arena_new_of(A, struct transaction);
    *t = (struct transaction){.transaction = 1,
                              .payment = 1,
                              .customer = 1,
                              .kind = TRANSACTION_PAYMENT,
                              .status = TRANSACTION_COMPLETED,
                              .amount = usd(cents),
                              .refunded = usd(0),
                              .gateway = STR("simulator")};
    f->payments = t;
    f->payments_count = 1;
    f->counters.transaction = 2;
}

struct wallet_grant grant(uint64_t number, int64_t left, uint64_t priority, const char *expires,
                          const char *scope)
{
    return (struct wallet_grant){.customer = 1,
                                 .grant = number,
                                 .amount = usd(left),
                                 .left = usd(left),
                                 .price = usd(0),
                                 .expires = expires[0] == '\0' ? (struct date){0} : day(expires),
                                 .priority = priority,
                                 .scope = str_of(scope)};
}

struct str paid(const struct invoice_finalized *d)
{
    struct str all = STR_NONE;
    for (size_t i = 0; i < d->wallet_count; i++)
        all = str_format(A, "%.*s%s%d:%d", STR_ARG(all), i == 0 ? "" : " ", (int)d->wallet[i].grant,
                         (int)d->wallet[i].amount.minor);
    return all;
}
