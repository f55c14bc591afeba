/* SPDX-License-Identifier: MIT */
/* script.c - histories made of dice: what customers and operators do, day by day, whether it can be done or
 * not. Nothing here knows how anything is billed. */
#include "tests/sim/sim.h"

enum { SECONDS_PER_DAY = 86400 };

struct maker {
    struct script *script;
    const struct shape *shape;
    const struct catalog_load_command *catalog;
    struct dice *dice;
    struct arena *arena;
    const char *currency[8]; /* of each customer */
    bool began[8];
};

static bool may(const struct maker *m, unsigned what)
{
    return (m->shape->may & what) != 0;
}

struct str user_name(unsigned who, struct arena *a)
{
    return str_format(a, "c%u", who);
}

struct step *script_add(struct script *h, struct instant at, struct arena *a)
{
    h->steps = arena_grow(a, h->steps, h->count, &h->capacity, sizeof *h->steps);
    struct step *s = &h->steps[h->count++];
    *s = (struct step){.at = at};
    return s;
}

/* ---- prices ---- */

static enum product_kind kind_of(const struct catalog_load_command *c, struct str product)
{
    for (size_t i = 0; i < c->products_count; i++) {
        if (str_equal(c->products[i].code, product)) return c->products[i].kind;
    }
    return PRODUCT_PLAN;
}

/* NULL: there is none for the customer. */
static const struct price *pick_price(struct maker *m, unsigned who, enum product_kind kind)
{
    const struct catalog_load_command *c = m->catalog;
    for (int tries = 0; tries < 200; tries++) {
        const struct price *p = &c->prices[dice_next(m->dice) % c->prices_count];
        if (strcmp(p->amount.currency, m->currency[who]) != 0 || kind_of(c, p->product) != kind) continue;
        if (!may(m, MAY_PRICE_ANY) && p->proration != PRORATE_BY_DAY) continue;
        return p;
    }
    return NULL;
}

static enum billing_interval interval_of(const struct price *p)
{
    return (enum billing_interval)((int)p->unit + (int)BILLING_DAY);
}

static bool has_billing_day(const struct price *p)
{
    return (p->unit == INTERVAL_MONTH || p->unit == INTERVAL_YEAR) && p->alignment != ALIGN_CALENDAR;
}

static struct decimal agreed(struct maker *m, const struct price *p)
{
    return p->custom ? decimal_make(dice_between(m->dice, 1000, 200000), 2) : (struct decimal){0};
}

/* ---- one function for each thing that may be done ---- */

static void create(struct maker *m, struct step *s, const struct price *p)
{
    struct subscription_create_command *c = &s->command.subscription_create;
    static const char *const tokens[] = {"pm_card_visa", "pm_card_amex", "pm_card_chargeDeclined"};
    struct date today = instant_date(s->at);
    s->command.type = COMMAND_SUBSCRIPTION_CREATE;
    *c = (struct subscription_create_command){.user = user_name(s->who, m->arena),
                                              .tier = p->product,
                                              .interval = interval_of(p),
                                              .interval_count = p->interval_count,
                                              .currency = str_of(m->currency[s->who]),
                                              .price = agreed(m, p)};
    if (dice_chance(m->dice, 90)) {
        bool declines = may(m, MAY_PAY) && dice_chance(m->dice, 15);
        c->payment_method = str_of(tokens[declines ? 2 : dice_next(m->dice) % 2]);
    }
    if (dice_chance(m->dice, 25) && has_billing_day(p))
        c->billing_day = (uint64_t)dice_between(m->dice, 1, 31);
    if (dice_chance(m->dice, 40)) c->quantity = (uint64_t)dice_between(m->dice, 1, 12);
    if (dice_chance(m->dice, 15)) c->trial_days = (uint64_t)dice_between(m->dice, 1, 45);
    if (dice_chance(m->dice, 10)) c->no_trial = true;
    if (may(m, MAY_RUN_AHEAD)) c->trial_days = 0;
    c->no_trial = c->no_trial || may(m, MAY_RUN_AHEAD);
    if (!may(m, MAY_BACKDATE) || dice_chance(m->dice, 75)) return;
    c->start = date_add_days(today, (int32_t)dice_between(m->dice, -20, 20));
    if (dice_chance(m->dice, 30))
        c->charged_through = date_add_days(c->start, (int32_t)dice_between(m->dice, 0, 40));
}

static void do_create(struct maker *m, struct step *s)
{
    bool adds = may(m, MAY_ADD) && m->began[s->who] && dice_chance(m->dice, 70);
    const struct price *p = pick_price(m, s->who, adds ? PRODUCT_ADD_ON : PRODUCT_PLAN);
    if (p == NULL || (m->began[s->who] && !adds && !may(m, MAY_REACTIVATE))) return;
    create(m, s, p);
    if (!adds && m->began[s->who] && may(m, MAY_ADD) && dice_chance(m->dice, 30))
        s->command.subscription_create.another = true;
    m->began[s->who] = true;
}

static void do_update(struct maker *m, struct step *s)
{
    struct subscription_update_command *c = &s->command.subscription_update;
    const struct price *p = pick_price(m, s->who, PRODUCT_PLAN);
    int64_t what = dice_between(m->dice, 0, 99);
    s->command.type = COMMAND_SUBSCRIPTION_UPDATE;
    *c = (struct subscription_update_command){.user = user_name(s->who, m->arena)};
    if (what < 15) {
        c->billing_day = (uint64_t)dice_between(m->dice, 1, 31);
        return;
    }
    if (what >= 40 && p != NULL) {
        c->tier = p->product;
        c->interval = interval_of(p);
        c->interval_count = p->interval_count;
        c->price = agreed(m, p);
    }
    if (what < 40 || dice_chance(m->dice, 20)) c->quantity = (uint64_t)dice_between(m->dice, 1, 12);
    if (may(m, MAY_RUN_AHEAD))
        c->when = CHANGE_NOW;
    else
        c->when = dice_chance(m->dice, 30)   ? CHANGE_PERIOD_END
                  : dice_chance(m->dice, 50) ? CHANGE_NOW
                                             : CHANGE_DEFAULT;
}

static void do_cancel(struct maker *m, struct step *s)
{
    struct subscription_cancel_command *c = &s->command.subscription_cancel;
    static const enum end_use uses[] = {END_DEFAULT, END_REFUND, END_BALANCE, END_NONE};
    s->command.type = COMMAND_SUBSCRIPTION_CANCEL;
    *c = (struct subscription_cancel_command){.user = user_name(s->who, m->arena),
                                              .immediate = may(m, MAY_RUN_AHEAD) || dice_chance(m->dice, 50),
                                              .reason = STR("enough")};
    if (c->immediate) c->give_back = uses[dice_next(m->dice) % 4];
}

static void do_pause(struct maker *m, struct step *s)
{
    struct subscription_pause_command *c = &s->command.subscription_pause;
    s->command.type = COMMAND_SUBSCRIPTION_PAUSE;
    *c = (struct subscription_pause_command){.user = user_name(s->who, m->arena)};
    if (dice_chance(m->dice, 50))
        c->until = date_add_days(instant_date(s->at), (int32_t)dice_between(m->dice, 1, 60));
}

static void do_resume(struct maker *m, struct step *s)
{
    s->command.type = COMMAND_SUBSCRIPTION_RESUME;
    s->command.subscription_resume.user = user_name(s->who, m->arena);
}

static void do_undo(struct maker *m, struct step *s)
{
    static const enum scheduled whats[] = {SCHEDULED_DEFAULT, SCHEDULED_END, SCHEDULED_CHANGE, SCHEDULED_ALL};
    s->command.type = COMMAND_SUBSCRIPTION_UNDO;
    s->command.subscription_undo.user = user_name(s->who, m->arena);
    s->command.subscription_undo.what = whats[dice_next(m->dice) % 4];
}

static void do_reactivate(struct maker *m, struct step *s)
{
    s->command.type = COMMAND_SUBSCRIPTION_REACTIVATE;
    s->command.subscription_reactivate.user = user_name(s->who, m->arena);
}

static void do_usage(struct maker *m, struct step *s)
{
    static const char *const types[] = {"api_calls", "api_calls", "storage_gb", "messages", "jobs"};
    struct usage_input *in = arena_new_of(m->arena, struct usage_input);
    *in = (struct usage_input){.user = user_name(s->who, m->arena),
                               .usage_type = str_of(types[dice_next(m->dice) % 5]),
                               .amount = decimal_of(dice_between(m->dice, 0, 40))};
    if (str_is(in->usage_type, "api_calls")) in->amount = decimal_of(dice_between(m->dice, 0, 4000));
    if (dice_chance(m->dice, 10)) in->amount = decimal_make(dice_between(m->dice, 0, 99999), 3);
    if (may(m, MAY_USE_LATE) && dice_chance(m->dice, 30))
        in->at = (struct instant){s->at.us - dice_between(m->dice, 0, 60 * SECONDS_PER_DAY) * 1000000};
    s->command.type = COMMAND_USAGE_RECORD;
    s->command.usage_record = (struct usage_record_command){.readings = in, .readings_count = 1};
}

static void do_item(struct maker *m, struct step *s)
{
    int64_t units = dice_between(m->dice, 1, 300);
    s->command.type = COMMAND_INVOICE_ADD_ITEM;
    s->command.invoice_add_item =
        (struct invoice_add_item_command){.user = user_name(s->who, m->arena),
                                          .description = STR("something"),
                                          .amount = decimal_of(dice_chance(m->dice, 30) ? -units : units)};
}

static void do_invoice(struct maker *m, struct step *s)
{
    s->command.type = COMMAND_INVOICE_GENERATE;
    s->command.invoice_generate.user = user_name(s->who, m->arena);
}

static void do_payment(struct maker *m, struct step *s)
{
    static const char *const tokens[] = {"pm_card_visa", "pm_card_amex", "pm_card_chargeDeclined"};
    struct str user = user_name(s->who, m->arena), token = str_of(tokens[dice_next(m->dice) % 3]);
    struct decimal amount = decimal_of(dice_between(m->dice, 1, 120));
    int64_t what = dice_between(m->dice, 0, 99);
    struct command *c = &s->command;
    if (what < 35) {
        c->type = COMMAND_PAYMENT_CHARGE;
        c->payment_charge = (struct payment_charge_command){.user = user, .amount = amount};
    } else if (what < 65) {
        c->type = COMMAND_PAYMENT_REFUND;
        if (dice_chance(m->dice, 60)) c->payment_refund.amount = amount;
    } else if (what < 85) {
        c->type = COMMAND_PAYMENT_METHOD_ADD;
        c->payment_method_add = (struct payment_method_add_command){.user = user, .token = token};
        c->payment_method_add.is_default = dice_chance(m->dice, 60);
    } else {
        c->type = COMMAND_PAYMENT_METHOD_REMOVE;
        c->payment_method_remove = (struct payment_method_remove_command){user, token};
    }
}

static void do_coupon(struct maker *m, struct step *s)
{
    const struct catalog_load_command *c = m->catalog;
    struct str user = user_name(s->who, m->arena);
    struct str code = c->coupons[dice_next(m->dice) % c->coupons_count].code;
    if (dice_chance(m->dice, 20)) {
        s->command.type = COMMAND_COUPON_REMOVE;
        s->command.coupon_remove = (struct coupon_remove_command){user, code};
        return;
    }
    s->command.type = COMMAND_COUPON_APPLY;
    s->command.coupon_apply = (struct coupon_apply_command){.user = user, .code = code};
}

/* Whole, by line, by lines or by amount. */
static void do_credit(struct maker *m, struct step *s)
{
    static const enum note_use uses[] = {NOTE_DEFAULT, NOTE_OFFSET, NOTE_REFUND, NOTE_BALANCE};
    static const char *const lines[] = {"1,2", "2", "1,3"};
    struct invoice_credit_command *c = &s->command.invoice_credit;
    int64_t what = dice_between(m->dice, 0, 99);
    s->command.type = COMMAND_INVOICE_CREDIT;
    s->document = (unsigned)dice_between(m->dice, 1, 3);
    *c = (struct invoice_credit_command){.as = uses[dice_next(m->dice) % 4]};
    if (what < 30) c->line = (uint64_t)dice_between(m->dice, 1, 3);
    if (what >= 30 && what < 45) c->lines = str_of(lines[dice_next(m->dice) % 3]);
    if (what >= 15 && what < 75) c->amount = decimal_make(dice_between(m->dice, 1, 4000), 2);
    if (strcmp(m->currency[s->who], "JPY") == 0 && !decimal_is_zero(c->amount))
        c->amount = decimal_of(dice_between(m->dice, 1, 4000));
}

static void do_draft(struct maker *m, struct step *s)
{
    struct str user = user_name(s->who, m->arena);
    if (dice_chance(m->dice, 60)) {
        s->command.type = COMMAND_DRAFT_APPROVE;
        s->command.draft_approve.draft = user;
        return;
    }
    s->command.type = COMMAND_DRAFT_DISCARD;
    s->command.draft_discard.draft = user;
}

static const struct {
    unsigned may, weight;
    void (*make)(struct maker *m, struct step *s);
} deeds[] = {
    {0, 12, do_create},
    {0, 30, do_update},
    {0, 8, do_cancel},
    {0, 5, do_undo},
    {MAY_PAUSE, 10, do_pause},
    {MAY_PAUSE, 10, do_resume},
    {MAY_REACTIVATE, 5, do_reactivate},
    {MAY_USE, 25, do_usage},
    {MAY_ITEMS, 6, do_item},
    {MAY_INVOICE, 5, do_invoice},
    {MAY_PAY, 10, do_payment},
    {MAY_COUPON, 10, do_coupon},
    {MAY_CREDIT, 10, do_credit},
    {MAY_DRAFT, 6, do_draft},
};
enum { DEEDS = sizeof deeds / sizeof deeds[0] };

static void do_something(struct maker *m, struct step *s)
{
    unsigned all = 0, at = 0;
    if (!m->began[s->who]) {
        do_create(m, s);
        return;
    }
    for (size_t i = 0; i < DEEDS; i++) all += deeds[i].may == 0 || may(m, deeds[i].may) ? deeds[i].weight : 0;
    unsigned pick = (unsigned)(dice_next(m->dice) % all);
    for (size_t i = 0; i < DEEDS; i++) {
        if (deeds[i].may != 0 && !may(m, deeds[i].may)) continue;
        at += deeds[i].weight;
        if (pick >= at) continue;
        deeds[i].make(m, s);
        break;
    }
    if (may(m, MAY_ADD) && dice_chance(m->dice, 40)) s->which = (unsigned)dice_between(m->dice, 1, 3);
}

/* ---- days ---- */

static void add_run(struct maker *m, struct date day, int64_t second)
{
    struct step *s = script_add(m->script, (struct instant){date_start(day).us + second * 1000000}, m->arena);
    s->kind = STEP_RUN;
    s->through = day;
    if (may(m, MAY_RUN_AHEAD) && dice_chance(m->dice, 15))
        s->through = date_add_days(day, (int32_t)dice_between(m->dice, 1, 40));
    if (!may(m, MAY_DRAFT) || dice_chance(m->dice, 40)) return;
    s->mode = dice_chance(m->dice, 50) ? BILL_DRAFT : BILL_FINALIZE;
    s->approved = s->mode == BILL_FINALIZE && dice_chance(m->dice, 50);
}

/* Commands between three in the morning and eleven at night; the run before or after them. */
static void make_day(struct maker *m, struct date day, bool run)
{
    bool first = dice_chance(m->dice, 50);
    int64_t second = 3 * 3600;
    if (run && first) add_run(m, day, 3600);
    for (unsigned who = 0; who < m->script->customers; who++) {
        if (!dice_chance(m->dice, m->began[who] ? 13 : 50)) continue;
        int64_t deed_count = dice_chance(m->dice, 20) ? 2 : 1;
        for (int64_t i = 0; i < deed_count; i++) {
            second += may(m, MAY_PRICE_ANY) ? dice_between(m->dice, 1, 3000) : 60;
            struct step *s =
                script_add(m->script, (struct instant){date_start(day).us + second * 1000000}, m->arena);
            s->who = who;
            do_something(m, s);
            if (s->command.type == COMMAND_NONE) m->script->count--;
        }
    }
    if (run && !first) add_run(m, day, 23 * 3600);
}

/* A run that goes ahead of the day notes what is to happen on days to come, so then nothing is put off. */
static unsigned without_what_waits(unsigned may)
{
    return (may & MAY_RUN_AHEAD) != 0 ? may & ~(unsigned)MAY_PAUSE : may;
}

void script_make(struct script *out, const struct shape *shape, const struct command *catalog, struct dice *d,
                 struct arena *a)
{
    static const char *const currencies[] = {"USD", "USD", "USD", "JPY", "KWD"};
    struct shape kept = *shape;
    kept.may = without_what_waits(shape->may);
    *out = (struct script){.customers = shape->customers};
    struct maker m = {
        .script = out, .shape = &kept, .catalog = &catalog->catalog_load, .dice = d, .arena = a};
    struct date first = date_add_days(date_of(2023, 6, 1), (int32_t)dice_between(d, 0, 500));
    int skipped = 0;
    assert(shape->customers <= 8);
    for (unsigned i = 0; i < shape->customers; i++) m.currency[i] = currencies[dice_next(d) % 5];
    for (int i = 0; i < shape->days; i++) {
        if (may(&m, MAY_SKIP_RUNS) && dice_chance(d, 2)) skipped = (int)dice_between(d, 14, 60);
        if (skipped > 0) skipped--;
        make_day(&m, date_add_days(first, i), skipped == 0 && dice_chance(d, shape->nights));
    }
}
