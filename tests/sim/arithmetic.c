/* SPDX-License-Identifier: MIT */
/* arithmetic.c - small histories whose outcome is known by a line of arithmetic: upgrade and back, pause and
 * resume, cancellation and refund in both orders. */
#include "tests/sim/relations.h"

/* One customer who pays, from a day on. */
struct case_of {
    struct books books;
    struct str coupon; /* given before anything is billed; "": none */
    struct date start;
    int64_t days;  /* of the first period */
    int64_t price; /* of the first period, all fees, in minor units */
};

static enum err act(struct case_of *x, int64_t day, const struct command *c, struct error *e)
{
    x->books.clock.now =
        (struct instant){date_start(date_add_days(x->start, (int32_t)day)).us + INT64_C(43200000000)};
    struct step s = {.at = x->books.clock.now, .command = *c};
    enum err err = books_do(&x->books, &s, e);
    if (err != OK || x->books.code == OK) return err;
    return fail(e, ERR_TAMPERED, "%s is refused: %s", command_kind(c->type)->words, x->books.refusal.text);
}

static enum err run_on(struct case_of *x, int64_t day, struct error *e)
{
    struct date on = date_add_days(x->start, (int32_t)day);
    struct step night = {.at = {date_start(on).us + INT64_C(82800000000)}, .kind = STEP_RUN, .through = on};
    return books_do(&x->books, &night, e);
}

struct sum {
    int64_t minor;
    int lines;
};

/* Of the lines that the last step put aside for the next invoice. */
static struct sum items_of_step(const struct case_of *x)
{
    struct sum sum = {0};
    for (size_t i = x->books.before; i < x->books.events.count; i++) {
        const struct event *ev = &x->books.events.items[i];
        if (ev->type != EVENT_ITEM_ADDED) continue;
        sum.minor += ev->item_added.line.amount.minor;
        sum.lines++;
    }
    return sum;
}

static void note_first_period(struct case_of *x)
{
    for (size_t i = x->books.before; i < x->books.events.count; i++) {
        const struct event *ev = &x->books.events.items[i];
        if (ev->type != EVENT_INVOICE_FINALIZED) continue;
        x->price = ev->invoice_finalized.total.minor;
        x->days = date_days_between(ev->invoice_finalized.lines[0].from, ev->invoice_finalized.lines[0].to);
    }
}

/* Subscribes on a day of dice and pays the first period. */
static enum err begin(struct case_of *x, const struct trial *t, struct dice *d,
                      const struct subscription_create_command *c, struct error *e)
{
    struct command create = {.type = COMMAND_SUBSCRIPTION_CREATE, .subscription_create = *c};
    x->start = date_add_days(date_of(2023, 6, 1), (int32_t)dice_between(d, 0, 800));
    create.subscription_create.user = STR("c0");
    create.subscription_create.payment_method = STR("pm_card_visa");
    enum err err = books_open(&x->books, t, e);
    if (err == OK) err = act(x, 0, &create, e);
    struct command give = {.type = COMMAND_COUPON_APPLY,
                           .coupon_apply = {.user = STR("c0"), .code = x->coupon}};
    if (err == OK && x->coupon.len > 0) err = act(x, 0, &give, e);
    if (err == OK) err = run_on(x, 0, e);
    if (err == OK) note_first_period(x);
    return err;
}

/* None, half of the times. */
static struct str any_coupon(struct dice *d)
{
    static const char *const codes[] = {"TENTH", "THIRD", "ALWAYS", "HALF", "", "", "", ""};
    return str_of(codes[dice_next(d) % 8]);
}

static int64_t distance(int64_t a, int64_t b)
{
    return a < b ? b - a : a - b;
}

/* ---- upgrade and back ---- */

struct pair {
    const char *from, *to;
    enum billing_interval interval;
    uint64_t count, seats, more_seats; /* to: the same tier with other seats, where none is named */
    int64_t dearer;                    /* minor units for a whole period */
    bool whole_cents;                  /* a day's price has no fraction, before and after */
    int64_t fixed_days;                /* that a period counts as; 0: as it has */
};

static const struct pair pairs[] = {
    {"small", "team", BILLING_MONTH, 1, 0, 0, 4995 + 500 + 999 - 2900, false, 0},
    {"small", "big", BILLING_MONTH, 1, 0, 0, 9900 + 2500 + 500 - 2900, false, 0},
    {"team", "big", BILLING_MONTH, 1, 0, 0, 9900 + 2500 + 500 - 4995 - 500 - 999, false, 0},
    {"small", "big", BILLING_YEAR, 1, 0, 0, 99000 + 10000 - 29000, false, 0},
    {"small", "team", BILLING_MONTH, 3, 0, 0, 14000 + 2800 - 8001, false, 0},
    {"team", NULL, BILLING_MONTH, 1, 2, 7, 5 * 999, false, 0},
    {"thirty", "thirty-plus", BILLING_DAY, 30, 0, 0, 3000, true, 0},
    {"fixed", "fixed-plus", BILLING_MONTH, 1, 0, 0, 6000, true, 30},
};

static enum err change_to(struct case_of *x, int64_t day, const struct pair *p, bool back, struct error *e)
{
    struct command c = {.type = COMMAND_SUBSCRIPTION_UPDATE,
                        .subscription_update = {.user = STR("c0"), .when = CHANGE_NOW}};
    struct subscription_update_command *u = &c.subscription_update;
    if (p->to == NULL)
        u->quantity = back ? p->seats : p->more_seats;
    else
        u->tier = str_of(back ? p->from : p->to);
    return act(x, day, &c, e);
}

/* Fixed days are counted from the period's end; the first day stands for all that are left then. */
static int64_t counted_left(int64_t left, int64_t days, int64_t fixed)
{
    if (fixed == 0) return left;
    return left == days || left > fixed ? fixed : left;
}

/* What it costs on documents with a tenth off, of which the discount is rounded once; so is what is given
 * back of a price that was discounted. */
static enum err check_tenth_off(struct case_of *x, const struct pair *p, struct sum cost, int64_t from,
                                int64_t used, struct error *e)
{
    int64_t total = 0, days = p->fixed_days != 0 ? p->fixed_days : x->days;
    int64_t counted = counted_left(x->days - from, x->days, p->fixed_days) -
                      counted_left(x->days - from - used, x->days, p->fixed_days);
    struct command generate = {.type = COMMAND_INVOICE_GENERATE, .invoice_generate = {.user = STR("c0")}};
    enum err err = cost.lines == 0 ? OK : act(x, from + used, &generate, e);
    for (size_t i = x->books.before; i < x->books.events.count; i++) {
        const struct event *ev = &x->books.events.items[i];
        if (ev->type == EVENT_INVOICE_FINALIZED) total += ev->invoice_finalized.total.minor;
    }
    int64_t off = distance(10 * total * days, 9 * counted * p->dearer);
    if (err != OK || 2 * off <= 10 * (cost.lines + 2) * days) return err;
    return fail(e, ERR_TAMPERED, "%s and back after %jd of %jd days costs %jd with a tenth off", p->from,
                (intmax_t)used, (intmax_t)x->days, (intmax_t)total);
}

/* What it costs is the days used of the difference; each line may be half a minor unit off, no more. */
static enum err check_back(const struct case_of *x, const struct pair *p, struct sum cost, int64_t from,
                           int64_t used, struct error *e)
{
    int64_t days = p->fixed_days != 0 ? p->fixed_days : x->days;
    int64_t counted = counted_left(x->days - from, x->days, p->fixed_days) -
                      counted_left(x->days - from - used, x->days, p->fixed_days);
    int64_t off = distance(cost.minor * days, counted * p->dearer);
    bool exact = p->whole_cents || used == 0;
    if (exact ? off == 0 : 2 * off <= cost.lines * days) return OK;
    return fail(e, ERR_TAMPERED, "%s to %s and back after %jd of %jd days costs %jd", p->from,
                p->to == NULL ? "more seats" : p->to, (intmax_t)used, (intmax_t)x->days,
                (intmax_t)cost.minor);
}

enum err there_and_back(const struct trial *t, struct error *e)
{
    struct dice d = dice_of(t->seed);
    struct case_of x = {0};
    const struct pair *p = &pairs[dice_next(&d) % (sizeof pairs / sizeof pairs[0])];
    struct subscription_create_command c = {
        .tier = str_of(p->from), .interval = p->interval, .interval_count = p->count, .quantity = p->seats};
    if (dice_chance(&d, 30)) x.coupon = STR("TENTH");
    enum err err = begin(&x, t, &d, &c, e);
    int64_t day = err == OK ? dice_between(&d, 0, x.days - 1) : 0;
    int64_t used = err == OK ? dice_between(&d, 0, x.days - 1 - day) : 0;
    if (err == OK) err = change_to(&x, day, p, false, e);
    struct sum cost = items_of_step(&x);
    if (err == OK) err = change_to(&x, day + used, p, true, e);
    cost.minor += items_of_step(&x).minor;
    cost.lines += items_of_step(&x).lines;
    if (err == OK && x.coupon.len > 0)
        err = check_tenth_off(&x, p, cost, day, used, e);
    else if (err == OK)
        err = check_back(&x, p, cost, day, used, e);
    books_close(&x.books);
    return err;
}

/* ---- pause and resume ---- */

static int64_t share(int64_t amount, int64_t part, int64_t of)
{
    return (2 * amount * part + of) / (2 * of); /* rounded half up */
}

enum err pause_and_resume(const struct trial *t, struct error *e)
{
    static const struct pair plans[] = {{.from = "small", .interval = BILLING_MONTH, .count = 1},
                                        {.from = "small", .interval = BILLING_WEEK, .count = 1},
                                        {.from = "small", .interval = BILLING_MONTH, .count = 3},
                                        {.from = "small", .interval = BILLING_YEAR, .count = 1},
                                        {.from = "agreed", .interval = BILLING_MONTH, .count = 1},
                                        {.from = "thirty", .interval = BILLING_DAY, .count = 10}};
    struct dice d = dice_of(t->seed);
    struct case_of x = {0};
    struct command pause = {.type = COMMAND_SUBSCRIPTION_PAUSE, .subscription_pause = {.user = STR("c0")}};
    struct command resume = {.type = COMMAND_SUBSCRIPTION_RESUME, .subscription_resume = {.user = STR("c0")}};
    const struct pair *p = &plans[dice_next(&d) % (sizeof plans / sizeof plans[0])];
    struct subscription_create_command c = {
        .tier = str_of(p->from), .interval = p->interval, .interval_count = p->count};
    if (strcmp(p->from, "agreed") == 0) c.price = decimal_make(dice_between(&d, 500, 90000), 2);
    x.coupon = any_coupon(&d);
    enum err err = begin(&x, t, &d, &c, e);
    int64_t day = err == OK ? dice_between(&d, 0, x.days - 1) : 0;
    int64_t paused = err == OK ? dice_between(&d, 0, x.days - 1 - day) : 0;
    if (err == OK) err = act(&x, day, &pause, e);
    if (err == OK) err = act(&x, day + paused, &resume, e);
    struct sum credit = items_of_step(&x);
    int64_t wanted = share(x.price, paused, x.days);
    books_close(&x.books);
    if (err != OK || credit.minor == -wanted) return err;
    return fail(e, ERR_TAMPERED, "%jd of %jd days paused of %jd give %jd back, not %jd", (intmax_t)paused,
                (intmax_t)x.days, (intmax_t)x.price, (intmax_t)-credit.minor, (intmax_t)wanted);
}

/* ---- cancellation and refund ---- */

struct purse {
    int64_t paid, credit, receivable;
};

static enum err read_purse(struct purse *out, struct books *b, struct error *e)
{
    struct views_txn *t = NULL;
    struct customer c = {0};
    *out = (struct purse){0};
    for (size_t i = 0; i < b->events.count; i++) {
        const struct event *ev = &b->events.items[i];
        if (ev->type == EVENT_PAYMENT_SUCCEEDED) out->paid += ev->payment_succeeded.amount.minor;
        if (ev->type == EVENT_REFUND_SUCCEEDED) out->paid -= ev->refund_succeeded.amount.minor;
    }
    enum err err = ledger_read_begin(&t, b->ledger, e);
    if (err != OK) return err;
    err = find_customer(&c, t, STR("c0"), b->arena, e);
    ledger_read_end(b->ledger, t);
    for (size_t i = 0; i < c.balances_count; i++) {
        out->credit += c.balances[i].credit.minor;
        out->receivable += c.balances[i].receivable.minor;
    }
    return err;
}

/* A refund of the payment, or a credit note of no more than the part that was used: of the other, which the
 * end gives back, a note before it would leave less. */
static struct command way_to_give_back(const struct case_of *x, int64_t day, struct dice *d)
{
    struct command c = {.type = COMMAND_PAYMENT_REFUND, .payment_refund = {.transaction = STR("txn_1")}};
    int64_t used = x->price - share(x->price, x->days - day, x->days);
    if (dice_chance(d, 50) || used < 1) {
        c.payment_refund.amount = decimal_make(dice_between(d, 1, x->price), 2);
        return c;
    }
    c.type = COMMAND_INVOICE_CREDIT;
    c.invoice_credit = (struct invoice_credit_command){.invoice = STR("inv_1"),
                                                       .amount = decimal_make(dice_between(d, 1, used), 2),
                                                       .as = dice_chance(d, 50) ? NOTE_REFUND : NOTE_BALANCE};
    return c;
}

/* The unused part becomes credit: a refund is paid out of it, or was paid ahead of it. (Given back at once,
 * it is money that a later refund comes on top of.) */
static enum err cancel_in_order(struct purse *out, const struct trial *t, bool cancel_first, struct error *e)
{
    struct dice d = dice_of(t->seed);
    struct case_of x = {0};
    struct subscription_create_command c = {.tier = STR("agreed"), .interval = BILLING_MONTH};
    struct command cancel = {
        .type = COMMAND_SUBSCRIPTION_CANCEL,
        .subscription_cancel = {.user = STR("c0"), .immediate = true, .give_back = END_BALANCE}};
    struct command refund = {.type = COMMAND_PAYMENT_REFUND};
    x.coupon = any_coupon(&d);
    c.price = decimal_make(dice_between(&d, 1000, 90000), 2);
    enum err err = begin(&x, t, &d, &c, e);
    int64_t day = err == OK ? dice_between(&d, 0, x.days - 1) : 0;
    if (err == OK) refund = way_to_give_back(&x, day, &d);
    if (err == OK) err = act(&x, day, cancel_first ? &cancel : &refund, e);
    if (err == OK && cancel_first && dice_chance(&d, 50)) err = run_on(&x, day, e);
    if (err == OK) err = act(&x, day, cancel_first ? &refund : &cancel, e);
    if (err == OK) err = run_on(&x, day + 1, e);
    if (err == OK) err = read_purse(out, &x.books, e);
    books_close(&x.books);
    return err;
}

enum err cancel_and_refund(const struct trial *t, struct error *e)
{
    struct purse one = {0}, two = {0};
    enum err err = cancel_in_order(&one, t, true, e);
    if (err == OK) err = cancel_in_order(&two, t, false, e);
    bool same = one.paid == two.paid && one.credit == two.credit && one.receivable == two.receivable;
    if (err != OK || same) return err;
    return fail(
        e, ERR_TAMPERED,
        "canceled and refunded comes to %jd paid and %jd credit, refunded and canceled to %jd and %jd",
        (intmax_t)one.paid, (intmax_t)one.credit, (intmax_t)two.paid, (intmax_t)two.credit);
}
