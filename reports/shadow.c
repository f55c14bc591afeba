/* SPDX-License-Identifier: MIT */
/* shadow.c - the shadow run: beside each invoice of a subscription that Stripe bills, what the ledger would
 * have billed for the same period, to the cent, and why it is another amount. It is the nightly bill of a
 * subscription as if it were the ledger's, decided and thrown away: it must never write. */
#include "ledger/book.h"
#include "reports/report_file.h"

static const char header[] =
    "customer_id,subscription_id,stripe_subscription,period_from,period_to,stripe_invoice,currency,"
    "stripe_subtotal,stripe_discount,stripe_tax,stripe_total,ledger_subtotal,ledger_discount,ledger_tax,"
    "ledger_total,difference,reason";

enum err report_shadow(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                       struct error *e);

/* One invoice there, a bill here, or both. */
struct shadow_row {
    const struct subscription *s;
    const struct object_imported *theirs; /* NULL: there is none */
    struct period period;                 /* none: it is for no period */
    struct invoice_finalized ours;        /* invoice 0: nothing was billed */
    bool billable;                        /* the ledger could decide on it */
    bool twice;                           /* the ledger had it by then, and billed it itself */
};
struct shadow {
    struct report_file *file;
    struct arena *subscriptions; /* of the one at hand */
    struct str reference;        /* its name there */
    struct object_imported *invoices;
    size_t count, capacity;
    struct shadow_row *rows;
    size_t rows_count, rows_capacity;
};

/* ---- what was invoiced there ---- */

/* Drafts are not billed yet, and what was voided is not any more. */
static bool is_billed(const struct object_imported *v)
{
    return !str_is(v->status, "draft") && !str_is(v->status, "void");
}

static enum err take_invoice(void *context, const struct object_imported *v, struct error *e)
{
    struct shadow *sh = context;
    (void)e;
    if (!str_equal(v->about, sh->reference) || !is_billed(v)) return OK;
    sh->invoices = arena_grow(sh->file->row, sh->invoices, sh->count, &sh->capacity, sizeof *sh->invoices);
    sh->invoices[sh->count++] = *v;
    return OK;
}

static enum err load_invoices(struct shadow *sh, const struct subscription *s, struct error *e)
{
    struct list_query all = {.customer = s->customer, .status = IMPORTED_INVOICE};
    sh->invoices = NULL;
    sh->count = sh->capacity = 0;
    sh->reference = s->reference;
    return list_imported(sh->file->txn, &all, take_invoice, sh, sh->file->row, e);
}

static const struct object_imported *invoice_of(const struct shadow *sh, struct date from)
{
    for (size_t i = 0; i < sh->count; i++) {
        if (date_compare(sh->invoices[i].from, from) == 0) return &sh->invoices[i];
    }
    return NULL;
}

/* ---- what the ledger bills ---- */

/* The subscription as it would be at the beginning of the period, if the ledger had billed it until then.
 * Usage is left out: what of it was used before is Stripe's to charge. */
static struct subscription as_ours(const struct subscription *s, struct date from)
{
    struct subscription own = *s;
    own.status = SUBSCRIPTION_ACTIVE;
    own.billing_owner = BILLED_BY_LEDGER;
    own.charged_through = own.usage_through = own.committed_from = from;
    own.charged_second = 0;
    own.anchor = subscription_anchor_for(s, from, &own.anchor_day);
    own.usage_anchor = own.committed_anchor = own.anchor;
    own.usage_anchor_day = own.committed_anchor_day = own.anchor_day;
    own.charges_count = 0;
    own.cancel_on = own.change_on = own.ended_on = own.ends_there = own.take_over_on = (struct date){0};
    own.paused_on = own.resume_on = own.trial_end = own.used_on = (struct date){0};
    return own;
}

/* The plan, and what is added to it in the same periods. */
static void put_in_place(struct facts *f, const struct subscription *plan, struct date from, struct arena *a)
{
    struct subscription *own = arena_array_of(a, struct subscription, f->subscriptions_count + 1);
    size_t count = 0;
    own[count++] = as_ours(plan, from);
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        const struct subscription *s = &f->subscriptions[i];
        bool same =
            s->terms.unit == plan->terms.unit && s->terms.interval_count == plan->terms.interval_count;
        if (s->parent == plan->subscription && same) own[count++] = as_ours(s, from);
    }
    f->subscription = NULL;
    f->subscriptions = own;
    f->subscriptions_count = count;
}

/* Before the first catalog was loaded the newest one is asked: it is what will count. */
static enum err put_catalog(struct facts *f, struct report_file *file, struct error *e)
{
    struct catalog *newest = arena_new_of(file->row, struct catalog);
    if (f->catalog != NULL) return OK;
    enum err err = load_catalog(newest, file->txn, 0, file->row, e);
    if (err == OK) f->catalog = newest;
    return err;
}

/* Nothing of what waits for the customer's own next bill is on this one. */
static void leave_out_others(struct facts *f)
{
    f->items_count = f->advances_count = f->usage_count = f->grants_count = f->credited_count = 0;
    f->open_invoices_count = f->open_count = f->methods_count = 0;
    f->draft = NULL;
}

static enum err bill(struct shadow_row *row, struct report_file *f, struct error *e)
{
    const struct subscription *s = row->s;
    struct date from = row->period.start;
    struct command c = {
        .type = COMMAND_CUSTOMER_BILL,
        .customer_bill = {.customer = s->customer, .through = s->terms.in_arrears ? row->period.end : from}};
    struct date on = c.customer_bill.through;
    struct decided_at at = {.now = date_start(on), .today = on, .seller_today = on};
    struct facts facts = {0};
    struct decision d = {.partly = false};
    struct error why = {0};
    enum err err = daybook_state.gather(&facts, f->txn, &c, &at, ledger_zones(f->ledger), f->row, e);
    if (err == OK) err = put_catalog(&facts, f, e);
    if (err != OK) return err;
    put_in_place(&facts, s, from, f->row);
    leave_out_others(&facts);
    facts.issue_date = on;
    err = decide_customer_bill(&d, &facts, &c.customer_bill, f->row, &why);
    row->billable = err == OK;
    for (size_t i = 0; i < d.events.count && err == OK; i++) {
        if (d.events.items[i].type == EVENT_INVOICE_FINALIZED && row->ours.invoice == 0)
            row->ours = d.events.items[i].invoice_finalized;
    }
    return OK;
}

/* ---- why ---- */

struct reasons {
    struct buffer text;
};

static void because(struct reasons *r, const char *why)
{
    buffer_print(&r->text, "%s%s", r->text.len == 0 ? "" : "; ", why);
}

static bool is_same(struct money a, struct money b)
{
    return a.minor == b.minor; /* of one currency, or nothing */
}

/* What is on the invoice there beside the fees of the period. */
static void of_their_lines(struct reasons *r, const struct object_imported *v)
{
    if (v->prorations > 0) because(r, "prorations there");
    if (v->metered > 0) because(r, "usage there");
    if (v->others > 0) because(r, "other items there");
}

static void of_amounts(struct reasons *r, const struct shadow_row *row)
{
    const struct object_imported *v = row->theirs;
    const struct invoice_finalized *own = &row->ours;
    bool tier = str_equal(v->tier, row->s->terms.product);
    bool quantity = v->quantity == 0 || v->quantity == row->s->quantity;
    if (!tier) because(r, "another tier");
    if (!quantity) because(r, "another quantity");
    if (date_compare(v->to, row->period.end) != 0) because(r, "another period");
    bool same_lines = r->text.len == 0;
    if (same_lines && !is_same(v->subtotal, own->subtotal))
        because(r, v->subtotal.minor == 0 ? "no charge there" : "another price");
    if (!is_same(v->discount, own->discount)) because(r, "discount");
    if (!is_same(v->tax, own->tax)) because(r, "tax");
}

static struct str reason_of(const struct shadow_row *row, struct money difference, struct arena *a)
{
    struct reasons r = {.text = {.arena = a}};
    const struct object_imported *v = row->theirs;
    if (row->twice) return STR("the ledger bills it by then: give one of the two back");
    if (money_is_zero(difference)) return STR_NONE;
    if (!row->billable) return STR("it cannot be billed here");
    if (v == NULL) return STR("no invoice there");
    if (!date_is_given(row->period.start)) because(&r, "no fee of a period there");
    if (row->ours.invoice != 0 && strcmp(v->amount.currency, row->ours.total.currency) != 0)
        return STR("another currency");
    of_their_lines(&r, v);
    if (date_is_given(row->period.start)) of_amounts(&r, row);
    return (struct str){(const char *)r.text.ptr, r.text.len};
}

/* ---- rows ---- */

static void put_amounts(struct sheet *c, struct money subtotal, struct money discount, struct money tax,
                        struct money total)
{
    sheet_money(c, subtotal);
    sheet_money(c, discount);
    sheet_money(c, tax);
    sheet_money(c, total);
}

/* In another currency it was not billed here. */
static void compare(struct money amounts[CONTROL_SUMS_MAX], const struct shadow_row *row)
{
    struct money theirs = row->theirs == NULL ? money_zero(row->ours.total) : row->theirs->amount;
    struct money ours = row->ours.invoice == 0 ? money_zero(theirs) : row->ours.total;
    if (!money_is_given(theirs)) theirs = ours = money_zero(row->s->terms.amount);
    if (!money_same_currency(theirs, ours)) ours = money_zero(theirs);
    amounts[0] = theirs;
    amounts[1] = ours;
}

static enum err put(struct report_file *f, const struct shadow_row *row, struct error *e)
{
    struct sheet *c = f->sheet;
    struct customer customer = {0};
    struct money amounts[CONTROL_SUMS_MAX] = {{0}};
    const struct object_imported *v = row->theirs;
    const struct invoice_finalized *own = &row->ours;
    compare(amounts, row);
    enum err err = load_customer(&customer, f->txn, row->s->customer, f->row, e);
    if (err == OK) err = money_subtract(&amounts[2], amounts[1], amounts[0], e);
    if (err != OK) return err;
    sheet_text(c, customer.user);
    sheet_text(c, public_id(f->row, "sub", row->s->subscription));
    sheet_text(c, row->s->reference);
    sheet_date(c, row->period.start);
    sheet_date(c, date_is_given(row->period.end) ? date_add_days(row->period.end, -1) : (struct date){0});
    sheet_text(c, v == NULL ? STR_NONE : v->number.len > 0 ? v->number : v->reference);
    sheet_word(c, amounts[0].currency);
    if (v != NULL)
        put_amounts(c, v->subtotal, v->discount, v->tax, v->amount);
    else
        put_amounts(c, (struct money){0}, (struct money){0}, (struct money){0}, (struct money){0});
    put_amounts(c, own->subtotal, own->discount, own->tax, own->total);
    sheet_money(c, amounts[2]);
    sheet_text(c, reason_of(row, amounts[2], f->row));
    sheet_end_row(c);
    return report_count(f, amounts, e);
}

/* ---- one subscription ---- */

static struct period period_from(const struct subscription *s, struct date from)
{
    uint64_t day = 0;
    struct date anchor = subscription_anchor_for(s, from, &day);
    return interval_period(anchor, (uint32_t)day, terms_interval(&s->terms), from);
}

/* Stripe's, until the day on which the ledger has it. */
static bool is_theirs(const struct subscription *s, struct date day)
{
    return !date_is_given(s->take_over_on) || date_compare(day, s->take_over_on) < 0;
}

static void add_row(struct shadow *sh, const struct shadow_row *row)
{
    sh->rows = arena_grow(sh->file->row, sh->rows, sh->rows_count, &sh->rows_capacity, sizeof *sh->rows);
    sh->rows[sh->rows_count++] = *row;
}

static struct date day_of(const struct shadow_row *row)
{
    return date_is_given(row->period.start) ? row->period.start : instant_date(row->theirs->at);
}

static void add_invoices(struct shadow *sh, const struct subscription *s)
{
    for (size_t i = 0; i < sh->count; i++) {
        const struct object_imported *v = &sh->invoices[i];
        struct shadow_row row = {.s = s, .theirs = v, .billable = true};
        if (date_is_given(v->from)) row.period = period_from(s, v->from);
        row.twice = !is_theirs(s, day_of(&row));
        if (report_wants(sh->file->query, day_of(&row))) add_row(sh, &row);
    }
}

/* Periods that Stripe has billed, as it told, and of which no invoice came. */
static void add_missing(struct shadow *sh, const struct subscription *s)
{
    const struct report_query *q = sh->file->query;
    struct interval every = terms_interval(&s->terms);
    struct date from = date_is_given(q->from) && date_compare(q->from, s->start) > 0 ? q->from : s->start;
    struct period p = interval_period(s->anchor, (uint32_t)s->anchor_day, every, from);
    if (!subscription_is_live(s) || !subscription_is_elsewhere(s) || s->terms.free) return;
    while (date_compare(p.start, s->charged_through) < 0 && is_theirs(s, p.start)) {
        struct shadow_row row = {.s = s, .period = p, .billable = true};
        bool wanted = report_wants(q, p.start) && date_compare(p.start, s->start) >= 0;
        if (wanted && invoice_of(sh, p.start) == NULL) add_row(sh, &row);
        if (date_is_given(q->to) && date_compare(p.start, q->to) > 0) break;
        p = interval_period(s->anchor, (uint32_t)s->anchor_day, every, p.end);
    }
}

static int compare_rows(const void *left, const void *right)
{
    const struct shadow_row *a = left, *b = right;
    int by_day = date_compare(day_of(a), day_of(b));
    uint64_t first = a->theirs == NULL ? 0 : a->theirs->object,
             second = b->theirs == NULL ? 0 : b->theirs->object;
    return by_day != 0 ? by_day : (first > second) - (first < second);
}

/* What is added to a plan is on the plan's invoice. */
static enum err put_subscription(void *context, const struct subscription *s, struct error *e)
{
    struct shadow *sh = context;
    enum err err = OK;
    sh->rows = NULL;
    sh->rows_count = sh->rows_capacity = 0;
    if (s->reference.len > 0 && s->parent == 0) {
        err = load_invoices(sh, s, e);
        add_invoices(sh, s);
        add_missing(sh, s);
    }
    if (sh->rows_count > 0) qsort(sh->rows, sh->rows_count, sizeof *sh->rows, compare_rows);
    for (size_t i = 0; i < sh->rows_count && err == OK; i++) {
        struct shadow_row *row = &sh->rows[i];
        if (date_is_given(row->period.start) && !row->twice) err = bill(row, sh->file, e);
        if (err == OK) err = put(sh->file, row, e);
    }
    report_next(sh->file);
    arena_reset(sh->subscriptions);
    return err;
}

enum err report_shadow(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                       struct error *e)
{
    struct report_file f = {.ledger = l,
                            .query = q,
                            .name = "shadow",
                            .path = path,
                            .arena = a,
                            .sums = {"stripe", "ledger", "difference"}};
    struct shadow sh = {.file = &f, .subscriptions = arena_new()};
    struct list_query all = {.customer = q->customer, .status = -1};
    enum err err = report_begin(&f, header, e);
    if (err == OK) err = list_subscriptions(f.txn, &all, put_subscription, &sh, sh.subscriptions, e);
    arena_free(sh.subscriptions);
    return report_end(&f, err, e);
}
