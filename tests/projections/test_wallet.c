/* SPDX-License-Identifier: MIT */
/* test_wallet.c - grants of prepaid credit as they are kept and made due; and two customers' random lives,
 * whose credit is counted anew from the log: nothing is spent twice, and who is billed first changes nothing.
 */
#include "tests/projections/stage.h"

TestSuite(wallet_views, .init = test_begin, .fini = test_end);

static struct event granted(uint64_t grant, int64_t cents, int64_t price, const char *expires)
{
    return (struct event){.type = EVENT_WALLET_GRANTED,
                          .wallet_granted = {.customer = 1,
                                             .grant = grant,
                                             .amount = usd(cents),
                                             .price = usd(price),
                                             .on = day("2025-01-01"),
                                             .expires = expires[0] == '\0' ? (struct date){0} : day(expires),
                                             .priority = 50}};
}

static struct event expired(uint64_t grant, int64_t cents, const char *on)
{
    return (struct event){
        .type = EVENT_WALLET_EXPIRED,
        .wallet_expired = {
            .customer = 1, .grant = grant, .on = day(on), .amount = usd(cents), .prepaid = usd(0)}};
}

static struct event paid_by(uint64_t n, uint64_t grant, int64_t cents)
{
    struct wallet_use *use = arena_new_of(A, struct wallet_use);
    struct event ev = invoice(n, 1, "2025-01-16", cents);
    *use = (struct wallet_use){grant, usd(cents), usd(0), {0}};
    ev.invoice_finalized.wallet = use;
    ev.invoice_finalized.wallet_count = 1;
    ev.invoice_finalized.wallet_applied = usd(cents);
    ev.invoice_finalized.amount_due = usd(0);
    return ev;
}

static struct wallet_grant grant_now(struct stage *s, uint64_t grant)
{
    struct wallet_grant *grants = NULL;
    size_t count = 0;
    assert_ok(list_grants(&grants, &count, s->t, 1, A, E));
    cr_assert(grant <= count);
    return grants[grant - 1];
}

Test(wallet_views, a_customer_is_due_on_the_first_day_on_which_credit_expires)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-01T10:00:00Z", customer_event(1), customer_event(2));
    happen(&s, "2025-01-01T10:00:00Z", granted(1, 1000, 0, "2025-03-01"));
    happen(&s, "2025-01-01T10:00:00Z", granted(2, 1000, 0, ""), granted(3, 500, 0, "2025-02-10"));
    assert_str(due_by(&s, "2025-02-09"), "");
    assert_str(due_by(&s, "2025-02-10"), "1");
    happen(&s, "2025-02-10T10:00:00Z", expired(3, 500, "2025-02-10"));
    assert_str(due_by(&s, "2025-02-28"), "");
    assert_str(due_by(&s, "2025-03-01"), "1");
    /* What is used up expires no more; credit without end never does. */
    happen(&s, "2025-02-11T10:00:00Z", paid_by(1, 1, 1000));
    assert_str(due_by(&s, "2030-01-01"), "");
    struct customer c = customer_now(&s, 1);
    assert_int(c.grants, 3);
    assert_int(c.open_grants, 1);
    stage_close(&s);
}

/* A plan's date and the wallet's are entries of their own: neither replaces the other. */
Test(wallet_views, a_plan_and_a_wallet_are_due_each_on_its_day)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-01T10:00:00Z", customer_event(1), subscribed(1, "basic", 2900, "2025-03-01"),
           granted(1, 1000, 0, "2025-02-10"), item(1, 1, 500));
    assert_str(due_by(&s, "2025-02-09"), "");
    assert_str(due_by(&s, "2025-02-10"), "1");
    happen(&s, "2025-02-10T10:00:00Z", expired(1, 1000, "2025-02-10"));
    assert_str(due_by(&s, "2025-02-28"), "");
    assert_str(due_by(&s, "2025-03-01"), "1");
    stage_close(&s);
}

Test(wallet_views, a_grant_tells_how_it_ended_and_when)
{
    struct stage s = stage_open("d");
    struct event voided = {
        .type = EVENT_WALLET_VOIDED,
        .wallet_voided = {
            .customer = 1, .grant = 3, .on = day("2025-01-20"), .amount = usd(1000), .prepaid = usd(0)}};
    happen(&s, "2025-01-01T10:00:00Z", customer_event(1), granted(1, 1000, 0, ""),
           granted(2, 1000, 0, "2025-02-10"), granted(3, 1000, 0, ""), granted(4, 1000, 400, ""));
    happen(&s, "2025-01-16T10:00:00Z", paid_by(1, 1, 1000), paid_by(2, 4, 300));
    happen(&s, "2025-01-20T10:00:00Z", voided, expired(2, 1000, "2025-02-10"));
    static const struct {
        enum grant_status status;
        int64_t left;
        const char *ended_on;
    } wanted[] = {{GRANT_USED, 0, "2025-01-16"},
                  {GRANT_EXPIRED, 0, "2025-02-10"},
                  {GRANT_VOIDED, 0, "2025-01-20"},
                  {GRANT_OPEN, 700, ""}};
    for (uint64_t i = 0; i < COUNT_OF(wanted); i++) {
        struct wallet_grant g = grant_now(&s, i + 1);
        assert_int(g.status, wanted[i].status);
        assert_int(g.left.minor, wanted[i].left);
        assert_day(g.ended_on, wanted[i].ended_on);
    }
    struct invoice v = invoice_now(&s, 2);
    assert_money(v.wallet_applied, "3.00", "USD");
    assert_int(v.wallet[0].grant, 4);
    stage_close(&s);
}

/* A credit note of so many cents, all of which go back to a grant for what it paid of the invoice. */
static struct event given_back(uint64_t n, uint64_t credited, uint64_t grant, int64_t cents, bool lapsed)
{
    struct wallet_return *r = arena_new_of(A, struct wallet_return);
    struct event ev = invoice(n, 1, "2025-01-17", -cents);
    *r = (struct wallet_return){credited, grant, usd(cents), usd(0), lapsed, {0}};
    ev.invoice_finalized.kind = INVOICE_CREDIT_NOTE;
    ev.invoice_finalized.number = str_format(A, "CN-2025-%06ju", (uintmax_t)n - 1);
    ev.invoice_finalized.series = STR("CN-2025");
    ev.invoice_finalized.serial = n - 1;
    ev.invoice_finalized.amount_due = ev.invoice_finalized.credit_applied = usd(0);
    ev.invoice_finalized.wallet_returned = usd(cents);
    ev.invoice_finalized.returns = r;
    ev.invoice_finalized.returns_count = 1;
    return ev;
}

Test(wallet_views, what_goes_back_opens_a_grant_again_unless_it_lapses)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-01T10:00:00Z", customer_event(1), granted(1, 1000, 0, ""), granted(2, 500, 0, ""));
    happen(&s, "2025-01-16T10:00:00Z", paid_by(1, 1, 1000));
    cr_assert(grant_now(&s, 1).status == GRANT_USED);
    happen(&s, "2025-01-17T10:00:00Z", given_back(2, 1, 1, 300, true));
    cr_assert(grant_now(&s, 1).status == GRANT_USED);
    happen(&s, "2025-01-17T10:00:00Z", given_back(3, 1, 1, 400, false));
    struct wallet_grant g = grant_now(&s, 1);
    cr_assert(g.status == GRANT_OPEN && !date_is_given(g.ended_on));
    assert_money(g.left, "4.00", "USD");
    struct invoice v = {0};
    assert_ok(load_invoice(&v, s.t, 1, A, E));
    assert_int(v.wallet_back_count, 1);
    assert_money(v.wallet_back[0].amount, "7.00", "USD");
    struct event wrong[] = {given_back(4, 1, 1, 301, false), given_back(5, 1, 1, 301, true),
                            given_back(6, 1, 2, 1, false), given_back(7, 1, 3, 1, true)};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        cr_assert(stage_fold(&s, "2025-01-18T10:00:00Z", &wrong[i], 1) == ERR_TAMPERED, "event %zu", i);
        cr_assert(strstr(E->text, "grant") != NULL, "%s", E->text);
    }
    stage_close(&s);
}

Test(wallet_views, an_event_that_takes_more_than_is_left_is_tampering)
{
    struct stage s = stage_open("d");
    happen(&s, "2025-01-01T10:00:00Z", customer_event(1), granted(1, 1000, 0, ""));
    struct event wrong[] = {paid_by(1, 1, 1001), paid_by(1, 2, 1), expired(1, 1001, "2025-01-05"),
                            granted(2, 0, 0, "")};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        cr_assert(stage_fold(&s, "2025-01-16T10:00:00Z", &wrong[i], 1) == ERR_TAMPERED, "event %zu", i);
    stage_close(&s);
}

/* ---- two lives ---- */

enum { DAYS = 500, GRANTS_SEEN = 400 };

struct tally_of_grant {
    int64_t worth, used, expired, voided; /* of one grant, from the log */
    int64_t price, prepaid;
};
struct life {
    struct ledger *ledger;
    struct frozen_clock clock;
    struct arena *arena;
    struct tally_of_grant grants[2][GRANTS_SEEN];
    uint64_t grants_count[2];
    struct str story[2]; /* what happened to each, in words */
    uint64_t uses, returns;
};

static const char *const users[] = {"ann", "ben"};

static enum err run(struct life *l, const struct command *c)
{
    struct outcome out = {0};
    struct request r = {.command = c, .actor = STR("test"), .now = l->clock.now};
    return ledger_execute(&out, l->ledger, &r, l->arena, E);
}

static struct date today(const struct life *l)
{
    return instant_date(l->clock.now);
}

static enum err keep_number(void *context, const struct invoice *row, struct error *e)
{
    uint64_t *newest = context;
    (void)e;
    if (row->kind == INVOICE_INVOICE && row->wallet_count > 0 && row->invoice > *newest)
        *newest = row->invoice;
    return OK;
}

/* A credit of the newest of his invoices that prepaid credit has paid of. */
static struct command credit_newest(struct life *l, struct dice *d, int who)
{
    struct command c = {.type = COMMAND_NONE};
    struct list_query all = {.status = -1, .customer = (uint64_t)who + 1};
    struct views_txn *t = NULL;
    uint64_t newest = 0;
    assert_ok(ledger_read_begin(&t, l->ledger, E));
    assert_ok(list_invoices(t, &all, keep_number, &newest, l->arena, E));
    ledger_read_end(l->ledger, t);
    if (newest == 0) return c;
    c.type = COMMAND_INVOICE_CREDIT;
    c.invoice_credit.invoice = str_format(l->arena, "inv_%ju", (uintmax_t)newest);
    if (dice_chance(d, 70)) c.invoice_credit.amount = decimal_make(dice_between(d, 1, 3000), 2);
    return c;
}

/* What a customer does on a day depends on the day and on him alone. */
static void act(struct life *l, uint64_t seed, int who)
{
    struct dice d = dice_of(seed * 1000003 + (uint64_t)today(l).days * 2 + (uint64_t)who);
    struct str user = str_of(users[who]);
    struct command c = {.type = COMMAND_NONE};
    int64_t amount = dice_between(&d, 1, 6000);
    if (dice_chance(&d, 12)) {
        static const char *const scopes[] = {"", "", "basic", "api_calls"};
        c.type = COMMAND_WALLET_GRANT;
        c.wallet_grant = (struct wallet_grant_command){.user = user,
                                                       .amount = decimal_make(amount, 2),
                                                       .priority = (uint64_t)dice_between(&d, 0, 2),
                                                       .scope = str_of(scopes[dice_between(&d, 0, 3)])};
        if (dice_chance(&d, 50)) c.wallet_grant.price = decimal_make(dice_between(&d, 1, amount), 2);
        if (dice_chance(&d, 60))
            c.wallet_grant.expires = date_add_days(today(l), (int32_t)dice_between(&d, 1, 90));
    } else if (dice_chance(&d, 4)) {
        c.type = COMMAND_WALLET_VOID;
        c.wallet_void = (struct wallet_void_command){
            .user = user, .grant = (uint64_t)dice_between(&d, 1, 40), .forfeit = dice_chance(&d, 50)};
    } else if (dice_chance(&d, 15)) {
        c.type = COMMAND_INVOICE_ADD_ITEM;
        c.invoice_add_item = (struct invoice_add_item_command){.user = user, .description = STR("work")};
        c.invoice_add_item.amount = decimal_make(dice_between(&d, -2000, 4000), 2);
    } else if (dice_chance(&d, 12)) {
        c = credit_newest(l, &d, who);
    } else if (dice_chance(&d, 5)) {
        c.type = COMMAND_INVOICE_GENERATE;
        c.invoice_generate = (struct invoice_generate_command){user};
    } else if (dice_chance(&d, 20)) {
        struct usage_input *in = arena_new_of(l->arena, struct usage_input);
        *in = (struct usage_input){.user = user, .usage_type = STR("api_calls")};
        in->amount = decimal_of(dice_between(&d, 1, 900));
        c.type = COMMAND_USAGE_RECORD;
        c.usage_record = (struct usage_record_command){.readings = in, .readings_count = 1};
    }
    if (c.type == COMMAND_NONE) return;
    enum err err = run(l, &c);
    cr_assert(err == OK || err == ERR_REFUSED || err == ERR_NOT_FOUND || err == ERR_INVALID, "%s",
              test_error()->text);
}

static void bill(struct life *l, int who)
{
    struct command c = {.type = COMMAND_CUSTOMER_BILL};
    c.customer_bill =
        (struct customer_bill_command){.customer = (uint64_t)who + 1, .through = today(l), .run = 1};
    assert_ok(run(l, &c));
}

static void load_tiers(struct life *l)
{
    const struct product basic = {.code = STR("basic"), .name = STR("Basic"), .rank = 1};
    const struct rate rate = {
        .usage_type = STR("api_calls"), .included = {100, 0}, .billed = true, .unit_price = {1, 2}};
    const struct price price = {.product = STR("basic"),
                                .unit = INTERVAL_MONTH,
                                .interval_count = 1,
                                .amount = {2900, "USD"},
                                .rates = &rate,
                                .rates_count = 1};
    struct command c = {.type = COMMAND_CATALOG_LOAD};
    c.catalog_load = (struct catalog_load_command){
        .name = STR("tiers"), .products = &basic, .products_count = 1, .prices = &price, .prices_count = 1};
    assert_ok(run(l, &c));
}

static void begin(struct life *l, const char *dir)
{
    char key[65];
    memset(key, '5', 64);
    key[64] = '\n';
    *l = (struct life){.clock = {date_start(day("2025-01-01"))}, .arena = arena_new()};
    struct ledger_options o = {.dir = test_path(dir),
                               .in_memory = true,
                               .key_file = test_path("key"),
                               .world = world_frozen(&l->clock),
                               .state = &daybook_state,
                               .map_bytes = 64u << 20};
    assert_ok(file_write(o.key_file, (struct bytes){(const uint8_t *)key, 65}, 0600, E));
    assert_ok(dir_make(o.dir, 0700, E));
    assert_ok(ledger_open(&l->ledger, &o, E));
    load_tiers(l);
    for (int who = 0; who < 2; who++) {
        struct command c = {.type = COMMAND_SUBSCRIPTION_CREATE};
        c.subscription_create = (struct subscription_create_command){.user = str_of(users[who]),
                                                                     .tier = STR("basic"),
                                                                     .payment_method = STR("pm_card_visa"),
                                                                     .card = {.gateway = STR("simulator")}};
        assert_ok(run(l, &c));
    }
    struct command start = {.type = COMMAND_RUN_START, .run_start = {.through = today(l), .due = true}};
    assert_ok(run(l, &start));
}

/* ---- what the log says of it ---- */

static void tell(struct life *l, int who, const char *what, uint64_t number, struct money amount)
{
    l->story[who] = str_format(A, "%.*s%s %ju %.*s; ", STR_ARG(l->story[who]), what, (uintmax_t)number,
                               STR_ARG(money_text(A, amount)));
}

static void count_invoice(struct life *l, const struct invoice_finalized *v)
{
    int who = (int)v->customer - 1;
    int64_t applied = 0, returned = 0;
    tell(l, who, "invoice", v->lines_count, v->total);
    for (size_t i = 0; i < v->wallet_count; i++) {
        struct tally_of_grant *a = &l->grants[who][v->wallet[i].grant];
        a->used += v->wallet[i].amount.minor;
        a->prepaid += v->wallet[i].prepaid.minor;
        applied += v->wallet[i].amount.minor;
        tell(l, who, "use", v->wallet[i].grant, v->wallet[i].amount);
        l->uses++;
    }
    for (size_t i = 0; i < v->returns_count; i++) {
        const struct wallet_return *r = &v->returns[i];
        struct tally_of_grant *a = &l->grants[who][r->grant];
        tell(l, who, r->lapsed ? "lapse" : "return", r->grant, r->amount);
        returned += r->amount.minor;
        l->returns++;
        cr_assert(r->prepaid.minor >= 0 && r->prepaid.minor <= r->amount.minor);
        if (r->lapsed) continue;
        a->used -= r->amount.minor;
        a->prepaid -= r->prepaid.minor;
    }
    assert_int(v->returns_count == 0 ? 0 : v->wallet_returned.minor, returned);
    if (v->kind == INVOICE_CREDIT_NOTE) return;
    assert_int(v->wallet_applied.minor, applied);
    assert_int(v->total.minor + returned - applied - v->credit_applied.minor, v->amount_due.minor);
    cr_assert(v->amount_due.minor >= 0);
}

static void count_event(struct life *l, const struct event *ev)
{
    if (ev->type == EVENT_INVOICE_FINALIZED) count_invoice(l, &ev->invoice_finalized);
    int who = (int)event_customer(ev) - 1;
    if (ev->type == EVENT_WALLET_GRANTED) {
        const struct wallet_granted *v = &ev->wallet_granted;
        cr_assert(v->grant < GRANTS_SEEN);
        l->grants[who][v->grant].worth = v->amount.minor;
        l->grants[who][v->grant].price = v->price.minor;
        l->grants_count[who] = v->grant;
        tell(l, who, "grant", v->grant, v->amount);
    } else if (ev->type == EVENT_WALLET_EXPIRED) {
        const struct wallet_expired *v = &ev->wallet_expired;
        l->grants[who][v->grant].expired += v->amount.minor;
        l->grants[who][v->grant].prepaid += v->prepaid.minor;
        tell(l, who, "expired", v->grant, v->amount);
    } else if (ev->type == EVENT_WALLET_VOIDED) {
        const struct wallet_voided *v = &ev->wallet_voided;
        l->grants[who][v->grant].voided += v->amount.minor;
        l->grants[who][v->grant].prepaid += v->prepaid.minor;
        tell(l, who, "voided", v->grant, v->amount);
    }
}

static enum err count_record(void *context, const struct event_place *place, const struct envelope *v,
                             struct arena *a, struct error *e)
{
    (void)place, (void)a, (void)e;
    for (size_t i = 0; i < v->events_count; i++) count_event(context, &v->events[i]);
    return OK;
}

/* Every grant is worth what was used, has expired, was voided and is left of it, and of its price too. */
static void check_grants(struct life *l)
{
    struct views_txn *t = NULL;
    assert_ok(ledger_walk(l->ledger, 0, UINT64_MAX, count_record, l, E));
    assert_ok(ledger_read_begin(&t, l->ledger, E));
    for (int who = 0; who < 2; who++) {
        struct wallet_grant *grants = NULL;
        size_t count = 0;
        assert_ok(list_grants(&grants, &count, t, (uint64_t)who + 1, A, E));
        assert_int(count, l->grants_count[who]);
        for (size_t i = 0; i < count; i++) {
            const struct tally_of_grant *x = &l->grants[who][i + 1];
            struct money prepaid = {0};
            assert_ok(wallet_prepaid(&prepaid, &grants[i], E));
            cr_assert(grants[i].left.minor >= 0 && x->used >= 0 && x->prepaid >= 0);
            assert_int(x->worth, x->used + x->expired + x->voided + grants[i].left.minor);
            assert_int(x->price, x->prepaid + prepaid.minor);
            bool past = date_is_given(grants[i].expires) && date_compare(grants[i].expires, today(l)) <= 0;
            cr_assert(!past || grants[i].left.minor == 0, "what expired is still there");
        }
    }
    ledger_read_end(l->ledger, t);
}

static void live(struct life *l, const char *dir, uint64_t seed, int first)
{
    begin(l, dir);
    for (int i = 0; i < DAYS; i++) {
        l->clock.now.us += INT64_C(86400000000);
        act(l, seed, first);
        act(l, seed, 1 - first);
        bill(l, 1 - first);
        bill(l, first);
        arena_reset(l->arena);
    }
    check_grants(l);
    ledger_close(l->ledger);
    arena_free(l->arena);
}

Test(wallet_views, nothing_is_spent_twice_and_the_order_of_customers_changes_nothing)
{
    static struct life one, other;
    uint64_t uses = 0, returns = 0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        live(&one, "one", seed, 0);
        live(&other, "other", seed, 1);
        uses += one.uses;
        returns += one.returns;
        for (int who = 0; who < 2; who++) {
            cr_assert(str_equal(one.story[who], other.story[who]), "seed %ju: %s's story differs",
                      (uintmax_t)seed, users[who]);
        }
        test_end();
    }
    cr_assert(uses > 300, "only %ju uses of credit in all", (uintmax_t)uses);
    cr_assert(returns > 100, "only %ju returns of credit in all", (uintmax_t)returns);
}
