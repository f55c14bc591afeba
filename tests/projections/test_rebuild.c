/* SPDX-License-Identifier: MIT */
/* test_rebuild.c - a random but valid life of a small business, driven through the ledger: whatever happened,
 * the views that were folded live equal those folded anew, balances equal accounts equal open invoices, and
 * no customer's word stands in clear on disk. */
#include <dirent.h>

#include "projections/projections.h"
#include "tests/lib/fixture.h"

TestSuite(rebuild, .init = test_begin, .fini = test_end);

enum { USERS = 12, STEPS = 1500 };

struct life {
    struct ledger *ledger;
    struct frozen_clock clock;
    struct dice dice;
    uint64_t run;
    uint64_t done, refused;
    struct arena *arena;
};

static struct rate rates_of(const char *type, int64_t included)
{
    struct decimal cent = decimal_make(1, 2);
    struct decimal quota = decimal_of(included);
    return (struct rate){.usage_type = str_of(type), .included = quota, .billed = true, .unit_price = cent};
}

/* One usage type for each way to count. */
static const struct {
    const char *type;
    enum aggregation how;
} usage_types[] = {{"api_calls", AGGREGATION_SUM},
                   {"capybara_peak", AGGREGATION_MAX},
                   {"koala_seats", AGGREGATION_LAST},
                   {"heron_users", AGGREGATION_UNIQUE},
                   {"dormouse_disk", AGGREGATION_TIME_WEIGHTED}};
enum { USAGE_TYPES = sizeof(usage_types) / sizeof(usage_types[0]) };

/* Free, basic and pro, by month and year. */
static void fill_catalog(struct command *c)
{
    static const char *const codes[] = {"free", "basic", "pro"};
    static const int64_t cents[] = {0, 2900, 9900}, included[] = {100, 1000, 10000};
    struct product *products = arena_array_of(A, struct product, 3);
    struct price *prices = arena_array_of(A, struct price, 6);
    struct metric *metrics = arena_array_of(A, struct metric, USAGE_TYPES);
    for (size_t i = 0; i < USAGE_TYPES; i++)
        metrics[i] = (struct metric){str_of(usage_types[i].type), usage_types[i].how, STR_NONE};
    for (size_t i = 0; i < 3; i++) {
        struct rate *rates = arena_array_of(A, struct rate, USAGE_TYPES);
        for (size_t k = 0; k < USAGE_TYPES; k++)
            rates[k] = rates_of(usage_types[k].type, k == 0 ? included[i] : 0);
        products[i] =
            (struct product){.code = str_of(codes[i]), .name = str_of(codes[i]), .rank = i, .free = i == 0};
        for (size_t k = 0; k < 2; k++) {
            prices[2 * i + k] = (struct price){.product = str_of(codes[i]),
                                               .unit = k == 0 ? INTERVAL_MONTH : INTERVAL_YEAR,
                                               .interval_count = 1,
                                               .amount = money_of(k == 0 ? cents[i] : cents[i] * 10, "USD"),
                                               .rates = rates,
                                               .rates_count = i == 0 ? 1 : USAGE_TYPES};
        }
    }
    c->type = COMMAND_CATALOG_LOAD;
    c->catalog_load = (struct catalog_load_command){.name = STR("plans"),
                                                    .products = products,
                                                    .products_count = 3,
                                                    .prices = prices,
                                                    .prices_count = 6,
                                                    .metrics = metrics,
                                                    .metrics_count = USAGE_TYPES};
}

/* Refusals are part of life; anything else that is not OK fails the test. */
static const struct outcome *execute(struct life *l, const struct command *c, struct str key)
{
    struct outcome *out = arena_new_of(l->arena, struct outcome);
    struct request r = {.command = c, .key = key, .actor = STR("test"), .now = l->clock.now};
    enum err err = ledger_execute(out, l->ledger, &r, l->arena, E);
    bool business = err == OK || err == ERR_REFUSED || err == ERR_NOT_FOUND || err == ERR_DECLINED ||
                    err == ERR_INVALID || err == ERR_LIMIT;
    cr_assert(business, "%s: %s", command_kind(c->type)->words, test_error()->text);
    if (err == OK)
        l->done++;
    else
        l->refused++;
    return out;
}

static struct str user_of(struct life *l)
{
    return str_format(l->arena, "zebra-user-%d", (int)dice_between(&l->dice, 0, USERS - 1));
}

static struct str tier_of(struct life *l)
{
    static const char *const codes[] = {"free", "basic", "pro"};
    return str_of(codes[dice_between(&l->dice, 0, 2)]);
}

static struct date today(const struct life *l)
{
    return instant_date(l->clock.now);
}

/* ---- one step of each kind ---- */

static void step_customer(struct life *l, struct command *c)
{
    struct party party = {
        .name = STR("Quagga Holdings"), .email = STR("okapi@tapir.example"), .country = STR("DE")};
    if (dice_chance(&l->dice, 50)) {
        c->type = COMMAND_CUSTOMER_CREATE;
        c->customer_create = (struct customer_create_command){.user = user_of(l), .party = party};
        return;
    }
    party.city = str_format(l->arena, "Numbatville %d", (int)dice_between(&l->dice, 0, 3));
    c->type = COMMAND_CUSTOMER_UPDATE;
    c->customer_update = (struct customer_update_command){.user = user_of(l), .party = party};
}

static void step_subscription(struct life *l, struct command *c)
{
    int64_t kind = dice_between(&l->dice, 0, 9);
    struct card card = {
        .gateway = STR("simulator"), .funding = STR("credit"), .last4 = STR("4242"), .exp_year = 2030};
    if (kind < 5) {
        c->type = COMMAND_SUBSCRIPTION_CREATE;
        c->subscription_create = (struct subscription_create_command){
            .user = user_of(l), .tier = tier_of(l), .payment_method = STR("pm_axolotl_1"), .card = card};
        if (dice_chance(&l->dice, 20)) c->subscription_create.interval = BILLING_YEAR;
        if (dice_chance(&l->dice, 30))
            c->subscription_create.billing_day = (uint64_t)dice_between(&l->dice, 1, 31);
    } else if (kind < 8) {
        c->type = COMMAND_SUBSCRIPTION_UPDATE;
        c->subscription_update = (struct subscription_update_command){.user = user_of(l), .tier = tier_of(l)};
        if (dice_chance(&l->dice, 30)) c->subscription_update.when = CHANGE_PERIOD_END;
        if (dice_chance(&l->dice, 20)) {
            c->subscription_update.tier = STR_NONE;
            c->subscription_update.billing_day = (uint64_t)dice_between(&l->dice, 1, 31);
        }
    } else {
        c->type = COMMAND_SUBSCRIPTION_CANCEL;
        c->subscription_cancel = (struct subscription_cancel_command){
            .user = user_of(l), .immediate = dice_chance(&l->dice, 50), .reason = STR("aardvark reasons")};
    }
}

static void step_method(struct life *l, struct command *c)
{
    int64_t kind = dice_between(&l->dice, 0, 2);
    struct str token = str_format(l->arena, "pm_axolotl_%d", (int)dice_between(&l->dice, 1, 4));
    if (kind == 0) {
        c->type = COMMAND_PAYMENT_METHOD_ADD;
        c->payment_method_add = (struct payment_method_add_command){.user = user_of(l), .token = token};
        c->payment_method_add.card = (struct card){.gateway = STR("simulator"), .last4 = STR("1881")};
        c->payment_method_add.is_default = dice_chance(&l->dice, 50);
    } else if (kind == 1) {
        c->type = COMMAND_PAYMENT_METHOD_REMOVE;
        c->payment_method_remove = (struct payment_method_remove_command){user_of(l), token};
    } else {
        c->type = COMMAND_PAYMENT_METHOD_DEFAULT;
        c->payment_method_default = (struct payment_method_default_command){user_of(l), token};
    }
}

static void step_usage(struct life *l, struct command *c)
{
    if (dice_chance(&l->dice, 10)) {
        c->type = COMMAND_USAGE_ALERT;
        bool percent = dice_chance(&l->dice, 30);
        c->usage_alert = (struct usage_alert_command){
            user_of(l), STR("api_calls"), decimal_of(dice_between(&l->dice, 1, percent ? 150 : 3000)),
            percent};
        return;
    }
    size_t count = (size_t)dice_between(&l->dice, 1, 20);
    struct usage_input *in = arena_array_of(l->arena, struct usage_input, count);
    for (size_t i = 0; i < count; i++) {
        size_t type = dice_chance(&l->dice, 50) ? 0 : (size_t)dice_between(&l->dice, 1, USAGE_TYPES - 1);
        bool level = usage_types[type].how == AGGREGATION_TIME_WEIGHTED;
        in[i] =
            (struct usage_input){.user = user_of(l),
                                 .usage_type = str_of(usage_types[type].type),
                                 .amount = decimal_make(dice_between(&l->dice, level ? -5000 : 0, 5000), 1)};
        if (usage_types[type].how == AGGREGATION_UNIQUE)
            in[i].key = str_format(l->arena, "ibis-key-%d", (int)dice_between(&l->dice, 0, 40));
        if (dice_chance(&l->dice, 60))
            in[i].event_id = str_format(l->arena, "ocelot-event-%d", (int)dice_between(&l->dice, 0, 3000));
        if (dice_chance(&l->dice, 20))
            in[i].at = (struct instant){l->clock.now.us - dice_between(&l->dice, 0, 90) * 86400000000};
    }
    c->type = COMMAND_USAGE_RECORD;
    c->usage_record = (struct usage_record_command){.readings = in, .readings_count = count};
}

static void step_credit(struct life *l, struct command *c)
{
    static const enum note_use uses[] = {NOTE_DEFAULT, NOTE_OFFSET, NOTE_REFUND, NOTE_BALANCE};
    struct invoice_credit_command *v = &c->invoice_credit;
    c->type = COMMAND_INVOICE_CREDIT;
    v->invoice = str_format(l->arena, "inv_%d", (int)dice_between(&l->dice, 1, 200));
    v->as = uses[dice_between(&l->dice, 0, 3)];
    if (dice_chance(&l->dice, 60)) v->amount = decimal_make(dice_between(&l->dice, 1, 4000), 2);
}

static void step_invoice(struct life *l, struct command *c)
{
    if (dice_chance(&l->dice, 50)) {
        c->type = COMMAND_INVOICE_ADD_ITEM;
        c->invoice_add_item =
            (struct invoice_add_item_command){.user = user_of(l),
                                              .description = STR("pangolin polish"),
                                              .amount = decimal_make(dice_between(&l->dice, -500, 3000), 2)};
        if (dice_chance(&l->dice, 20)) c->invoice_add_item.currency = STR("EUR");
        return;
    }
    c->type = COMMAND_INVOICE_GENERATE;
    c->invoice_generate = (struct invoice_generate_command){user_of(l)};
}

static void step_payment(struct life *l, struct command *c)
{
    int64_t kind = dice_between(&l->dice, 0, 2);
    if (kind == 0) {
        c->type = COMMAND_PAYMENT_CHARGE;
        c->payment_charge =
            (struct payment_charge_command){.user = user_of(l),
                                            .amount = decimal_make(dice_between(&l->dice, 1, 9000), 2),
                                            .gateway = STR("simulator")};
        if (dice_chance(&l->dice, 30))
            c->payment_charge.invoice = str_format(l->arena, "inv_%d", (int)dice_between(&l->dice, 1, 200));
    } else if (kind == 1) {
        c->type = COMMAND_PAYMENT_REFUND;
        c->payment_refund = (struct payment_refund_command){
            .transaction = str_format(l->arena, "txn_%d", (int)dice_between(&l->dice, 1, 200)),
            .gateway = STR("simulator")};
        if (dice_chance(&l->dice, 60))
            c->payment_refund.amount = decimal_make(dice_between(&l->dice, 1, 4000), 2);
    } else {
        c->type = COMMAND_TRANSACTION_STORE;
        c->transaction_store =
            (struct transaction_store_command){.user = user_of(l),
                                               .amount = decimal_make(dice_between(&l->dice, -900, 900), 2),
                                               .description = STR("wombat cheque")};
    }
}

static void step_wallet(struct life *l, struct command *c)
{
    static const char *const scopes[] = {"", "", "pro", "api_calls"};
    int64_t kind = dice_between(&l->dice, 0, 9);
    int64_t amount = dice_between(&l->dice, 1, 9000);
    if (kind < 6) {
        c->type = COMMAND_WALLET_GRANT;
        c->wallet_grant = (struct wallet_grant_command){.user = user_of(l),
                                                        .amount = decimal_make(amount, 2),
                                                        .priority = (uint64_t)dice_between(&l->dice, 0, 3),
                                                        .reason = STR("bongo bonus")};
        c->wallet_grant.scope = str_of(scopes[dice_between(&l->dice, 0, 3)]);
        if (dice_chance(&l->dice, 50))
            c->wallet_grant.price = decimal_make(dice_between(&l->dice, 1, amount), 2);
        if (dice_chance(&l->dice, 50))
            c->wallet_grant.expires = date_add_days(today(l), (int32_t)dice_between(&l->dice, 1, 120));
        if (dice_chance(&l->dice, 20)) c->wallet_grant.currency = STR("EUR");
    } else if (kind < 8) {
        c->type = COMMAND_WALLET_VOID;
        c->wallet_void = (struct wallet_void_command){.user = user_of(l),
                                                      .grant = (uint64_t)dice_between(&l->dice, 1, 9),
                                                      .forfeit = dice_chance(&l->dice, 30)};
    } else if (kind < 9) {
        c->type = COMMAND_WALLET_ALERT;
        c->wallet_alert = (struct wallet_alert_command){.user = user_of(l), .below = decimal_make(amount, 2)};
    } else {
        c->type = COMMAND_ALERT_REMOVE;
        c->alert_remove = (struct alert_remove_command){user_of(l), (uint64_t)dice_between(&l->dice, 1, 9)};
    }
}

/* ---- steps of several commands ---- */

static void settle_pending(struct life *l)
{
    struct views_txn *t = NULL;
    struct event *events = NULL;
    size_t count = 0;
    assert_ok(ledger_read_begin(&t, l->ledger, E));
    assert_ok(list_pending(&events, &count, t, 5, l->arena, E));
    ledger_read_end(l->ledger, t);
    for (size_t i = 0; i < count; i++) {
        bool is_payment = events[i].type == EVENT_PAYMENT_REQUESTED;
        struct command c = {.type = COMMAND_PAYMENT_SETTLE};
        struct payment_settle_command *s = &c.payment_settle;
        s->transaction = is_payment ? events[i].payment_requested.payment : events[i].refund_requested.refund;
        s->outcome = dice_chance(&l->dice, 75) ? PAYMENT_SUCCEEDED : PAYMENT_DECLINED;
        s->gateway_reference = STR("ref");
        (void)execute(l, &c, STR_NONE);
        s->transaction = (uint64_t)dice_between(&l->dice, 1, 40);
        s->outcome = PAYMENT_RETURNED;
        (void)execute(l, &c, STR_NONE);
    }
}

static void run_night(struct life *l)
{
    struct command c = {.type = COMMAND_RUN_START, .run_start = {.through = today(l), .due = true}};
    const struct outcome *started = execute(l, &c, STR_NONE);
    if (started->code != OK || started->events_count == 0) return;
    uint64_t run = started->events[0].run_started.run;
    struct due_cursor after = {0};
    uint64_t customers[4];
    size_t count = 0;
    do { /* in batches, as the nightly run does */
        struct views_txn *t = NULL;
        assert_ok(ledger_read_begin(&t, l->ledger, E));
        assert_ok(list_due(t, today(l), &after, customers, &count, 4, E));
        ledger_read_end(l->ledger, t);
        struct command commands[4];
        struct request requests[4];
        struct outcome outcomes[4];
        for (size_t i = 0; i < count; i++) {
            commands[i] = (struct command){
                .type = COMMAND_CUSTOMER_BILL,
                .customer_bill = {
                    .customer = customers[i], .through = today(l), .run = run, .gateway = STR("simulator")}};
            requests[i] =
                (struct request){.command = &commands[i], .actor = STR("test"), .now = l->clock.now};
        }
        if (count > 0)
            assert_ok(ledger_execute_batch(outcomes, l->ledger, requests, count, false, l->arena, E));
        for (size_t i = 0; i < count; i++) cr_assert(outcomes[i].code == OK, "%s", outcomes[i].error.text);
    } while (count == 4);
    if (dice_chance(&l->dice, 80)) {
        c = (struct command){.type = COMMAND_RUN_COMPLETE, .run_complete = {.run = run}};
        (void)execute(l, &c, STR_NONE);
    }
}

static void step(struct life *l)
{
    struct command c = {.type = COMMAND_NONE};
    int64_t kind = dice_between(&l->dice, 0, 99);
    l->clock.now.us += dice_between(&l->dice, 0, 20) * INT64_C(3600000000);
    if (kind < 10) step_customer(l, &c);
    if (kind >= 10 && kind < 32) step_subscription(l, &c);
    if (kind >= 32 && kind < 38) step_method(l, &c);
    if (kind >= 38 && kind < 52) step_usage(l, &c);
    if (kind >= 52 && kind < 58) step_wallet(l, &c);
    if (kind >= 58 && kind < 61) step_credit(l, &c);
    if (kind >= 61 && kind < 70) step_invoice(l, &c);
    if (kind >= 70 && kind < 82) step_payment(l, &c);
    if (kind >= 82 && kind < 92) settle_pending(l);
    if (kind >= 92) run_night(l);
    struct str key = dice_chance(&l->dice, 20)
                         ? str_format(l->arena, "marmot-key-%d", (int)dice_between(&l->dice, 0, 100))
                         : STR_NONE;
    if (c.type != COMMAND_NONE) (void)execute(l, &c, key);
    arena_reset(l->arena);
}

static struct life live(uint64_t seed, int steps)
{
    struct life l = {.dice = dice_of(seed), .arena = arena_new()};
    static struct frozen_clock clock = {{INT64_C(1735732800000000)}}; /* 2025-01-01T12:00:00Z */
    struct ledger_options o = {.dir = test_path("d"),
                               .in_memory = true,
                               .key_file = test_path("key"),
                               .world = world_frozen(&clock),
                               .state = &daybook_state,
                               .map_bytes = 64u << 20};
    struct command c = {.type = COMMAND_NONE};
    char key[65];
    memset(key, '5', 64);
    key[64] = '\n';
    struct bytes content = {(const uint8_t *)key, 65};
    assert_ok(file_write(o.key_file, content, 0600, E));
    assert_ok(dir_make(o.dir, 0700, E));
    assert_ok(ledger_open(&l.ledger, &o, E));
    l.clock = clock;
    fill_catalog(&c);
    (void)execute(&l, &c, STR_NONE);
    for (int i = 0; i < steps; i++) step(&l);
    return l;
}

static void end(struct life *l)
{
    ledger_close(l->ledger);
    arena_free(l->arena);
}

/* ---- what must hold ---- */

struct sums {
    int64_t credit[2], receivable[2]; /* USD, EUR */
    int64_t account_credit[2], account_receivable[2], all[2], open[2];
    int64_t prepaid[2], account_prepaid[2], unbilled[2], account_unbilled[2];
    struct views_txn *txn;
};

static size_t currency_at(const struct money *m)
{
    return strcmp(m->currency, "USD") == 0 ? 0 : 1;
}

static enum err add_customer(void *context, const struct customer *row, struct error *e)
{
    struct sums *s = context;
    struct wallet_grant *grants = NULL;
    struct item *items = NULL;
    size_t count = 0;
    enum err err = list_grants(&grants, &count, s->txn, row->customer, A, e);
    for (size_t i = 0; i < count && err == OK; i++) {
        struct money prepaid = {0};
        err = wallet_prepaid(&prepaid, &grants[i], e);
        s->prepaid[currency_at(&prepaid)] += prepaid.minor;
    }
    if (err == OK) err = list_items(&items, &count, s->txn, row->customer, A, e);
    for (size_t i = 0; i < count && err == OK; i++) {
        if (items[i].line.kind == LINE_PREPAID)
            s->unbilled[currency_at(&items[i].line.amount)] += items[i].line.amount.minor;
    }
    for (size_t i = 0; i < row->balances_count; i++) {
        s->credit[currency_at(&row->balances[i].credit)] += row->balances[i].credit.minor;
        s->receivable[currency_at(&row->balances[i].receivable)] += row->balances[i].receivable.minor;
    }
    return err;
}

static enum err add_account(void *context, enum account account, const struct account_total *row,
                            struct error *e)
{
    struct sums *s = context;
    (void)e;
    size_t at = currency_at(&row->debit);
    int64_t balance = row->debit.minor - row->credit.minor;
    s->all[at] += balance;
    if (account == ACCOUNT_RECEIVABLE) s->account_receivable[at] += balance;
    if (account == ACCOUNT_CUSTOMER_CREDIT) s->account_credit[at] += balance;
    if (account == ACCOUNT_PREPAID) s->account_prepaid[at] += balance;
    if (account == ACCOUNT_UNBILLED) s->account_unbilled[at] += balance;
    return OK;
}

static enum err add_open(void *context, const struct invoice *row, struct error *e)
{
    struct sums *s = context;
    (void)e;
    bool open = row->status == INVOICE_OPEN || row->status == INVOICE_PARTIALLY_PAID;
    if (open) s->open[currency_at(&row->total)] += row->amount_due.minor - row->paid.minor;
    return OK;
}

static void check_sums(struct life *l)
{
    struct views_txn *t = NULL;
    struct sums s = {.txn = NULL};
    struct list_query all = {.status = -1};
    assert_ok(ledger_read_begin(&t, l->ledger, E));
    s.txn = t;
    assert_ok(list_customers(t, &all, add_customer, &s, l->arena, E));
    assert_ok(list_accounts(t, add_account, &s, l->arena, E));
    assert_ok(list_invoices(t, &all, add_open, &s, l->arena, E));
    ledger_read_end(l->ledger, t);
    for (size_t i = 0; i < 2; i++) {
        assert_int(s.all[i], 0);
        assert_int(s.account_receivable[i], s.receivable[i]);
        assert_int(s.account_credit[i], -s.credit[i]);
        assert_int(s.open[i], s.receivable[i]);
        assert_int(s.account_prepaid[i], -s.prepaid[i]); /* what is owed is what is left of what was paid */
        assert_int(s.account_unbilled[i], s.unbilled[i]);
    }
}

Test(rebuild, live_views_equal_those_folded_anew)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct life l = live(seed, STEPS);
        struct hash before = {0}, after = {0};
        uint64_t entries = 0, again = 0;
        cr_assert(l.done > STEPS / 3, "seed %ju: only %ju commands were accepted", (uintmax_t)seed,
                  (uintmax_t)l.done);
        assert_ok(ledger_digest(&before, &entries, l.ledger, E));
        assert_ok(ledger_rebuild(l.ledger, NULL, NULL, E));
        assert_ok(ledger_digest(&after, &again, l.ledger, E));
        assert_int(again, entries);
        cr_assert(memcmp(&before, &after, sizeof before) == 0, "seed %ju: the rebuilt views differ",
                  (uintmax_t)seed);
        end(&l);
        test_end();
    }
}

Test(rebuild, balances_equal_accounts_equal_open_invoices)
{
    for (uint64_t seed = 11; seed <= 13; seed++) {
        struct life l = live(seed, STEPS / 3);
        for (int i = 0; i < 10; i++) {
            for (int k = 0; k < STEPS / 15; k++) step(&l);
            check_sums(&l);
        }
        end(&l);
        test_end();
    }
}

/* A resumed or repeated night finds nothing: whoever was billed through a date is not due for it. */
Test(rebuild, after_a_night_nobody_is_due_for_its_date)
{
    struct life l = live(21, STEPS / 2);
    for (int i = 0; i < 20; i++) {
        uint64_t customers[4];
        size_t count = 0;
        struct due_cursor after = {0};
        struct views_txn *t = NULL;
        l.clock.now.us += 5 * INT64_C(86400000000);
        run_night(&l);
        assert_ok(ledger_read_begin(&t, l.ledger, E));
        assert_ok(list_due(t, today(&l), &after, customers, &count, 4, E));
        ledger_read_end(l.ledger, t);
        assert_int(count, 0);
        for (int k = 0; k < 20; k++) step(&l);
    }
    end(&l);
}

static bool file_has(const char *path, struct str needle)
{
    struct str left = test_read(path);
    while (left.len >= needle.len) {
        const char *first = memchr(left.ptr, needle.ptr[0], left.len - needle.len + 1);
        if (first == NULL) return false;
        if (memcmp(first, needle.ptr, needle.len) == 0) return true;
        left.len -= (size_t)(first + 1 - left.ptr);
        left.ptr = first + 1;
    }
    return false;
}

Test(rebuild, no_word_of_a_customer_stands_in_clear_in_the_views)
{
    static const char *const words[] = {
        "zebra-user",   "Quagga",    "okapi",    "Numbatville", "pm_axolotl", "capybara",
        "ocelot-event", "pangolin",  "wombat",   "marmot-key",  "aardvark",   "INV-2025",
        "api_calls",    "simulator", "ibis-key", "heron",       "bongo",      "dormouse"};
    struct life l = live(31, STEPS / 3);
    end(&l);
    DIR *folder = opendir(test_path("d/views"));
    size_t files_with_tables = 0;
    cr_assert_not_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] == '.') continue;
        const char *path = str_format(A, "%s/%s%c", test_path("d/views"), entry->d_name, 0).ptr;
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            cr_assert_not(file_has(path, str_of(words[i])), "'%s' stands in %s", words[i], entry->d_name);
        }
        if (file_has(path, STR("values")))
            files_with_tables++; /* the name of LMDB's table: what is in clear is found */
    }
    (void)closedir(folder);
    assert_int(files_with_tables, 1);
}

/* Accounts hold 64 bits. What would go beyond is refused before anything of it is durable: the log must
 * always fold. */
Test(rebuild, a_sum_that_no_account_can_hold_is_refused_and_leaves_nothing)
{
    struct life l = live(41, 0);
    struct command create = {.type = COMMAND_CUSTOMER_CREATE,
                             .customer_create = {.user = STR("zebra-user-0")}};
    (void)execute(&l, &create, STR_NONE);
    size_t refused = 0;
    for (int i = 0; i < 12; i++) {
        struct command item = {.type = COMMAND_INVOICE_ADD_ITEM,
                               .invoice_add_item = {.user = STR("zebra-user-0"),
                                                    .description = STR("everything"),
                                                    .amount = decimal_make(999999999999999999, 2)}};
        struct command bill = {.type = COMMAND_INVOICE_GENERATE, .invoice_generate = {STR("zebra-user-0")}};
        if (execute(&l, &item, STR_NONE)->code != OK) refused++;
        if (execute(&l, &bill, STR_NONE)->code != OK) refused++;
    }
    cr_assert(refused > 0, "twelve times 9,999,999,999,999,999.99 fit into an account");
    /* In one commit with others it is refused alone. */
    struct command others[] = {
        {.type = COMMAND_CUSTOMER_CREATE, .customer_create = {.user = STR("zebra-user-1")}},
        {.type = COMMAND_INVOICE_GENERATE, .invoice_generate = {STR("zebra-user-0")}},
        {.type = COMMAND_CUSTOMER_CREATE, .customer_create = {.user = STR("zebra-user-2")}}};
    struct request together[3];
    struct outcome outcomes[3];
    for (int i = 0; i < 3; i++) together[i] = (struct request){.command = &others[i], .actor = STR("test")};
    assert_ok(ledger_execute_batch(outcomes, l.ledger, together, 3, false, A, E));
    assert_int(outcomes[0].code, OK);
    assert_int(outcomes[1].code, ERR_LIMIT);
    assert_int(outcomes[2].code, OK);
    assert_ok(ledger_rebuild(l.ledger, NULL, NULL, E));
    check_sums(&l);
    end(&l);
}
