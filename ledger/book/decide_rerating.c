/* SPDX-License-Identifier: MIT */
/* decide_rerating.c - what was billed for usage, compared with what it should have been. A difference is
 * proposed; approved, it is an item for the next invoice, or a document of its own: a debit, or a credit of
 * the lines that billed too much, with their tax and coupons. What is approved must still come out the same.
 * Of each line is kept how much of it, as it was rated, is given back; its price follows from that, whatever
 * the steps. A debit charges that again before it charges anything anew. */
#include "ledger/book/billing_shared.h"
#include "ledger/book/crediting.h"
#include "ledger/book/decide_shared.h"
#include "ledger/book/rerating.h"

/* ---- proposals ---- */

static enum err rerate(struct rerated_list *out, const struct facts *f, struct arena *a, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < f->windows_count && err == OK; i++)
        err = rerate_window(out, &f->windows[i], f->window_usage, f->window_usage_count, a, e);
    for (size_t i = 0; i < f->commitments_count && err == OK; i++)
        err = recount_commitment(out, &f->commitments[i].commitment, a, e);
    if (err != OK || out->count <= LIMIT_RERATED_LINES) return err;
    return fail(e, ERR_LIMIT, "%zu corrections; at most %d are proposed together: name fewer periods",
                out->count, LIMIT_RERATED_LINES);
}

static bool same_lines(const struct rerated_line *x, size_t x_count, const struct rerated_line *y,
                       size_t y_count)
{
    if (x_count != y_count) return false;
    for (size_t i = 0; i < x_count; i++) {
        if (!schema_equal(&schema_rerated_line, &x[i], &y[i])) return false;
    }
    return true;
}

static void discard(struct decision *out, const struct rerating *r, struct str reason, struct arena *a)
{
    struct event *ev = event_add(&out->events, EVENT_RERATING_DISCARDED, a);
    ev->rerating_discarded = (struct rerating_discarded){r->rerating, r->customer, reason};
}

static enum err check_asked(const struct facts *f, const struct usage_rerate_command *c, struct error *e)
{
    enum err err = need_customer(f, c->user, e);
    if (err != OK) return err;
    if (date_is_given(c->from) && date_is_given(c->to) && date_compare(c->to, c->from) < 0)
        return fail(e, ERR_INVALID, "the first day lies after the last");
    if (c->subscription.len == 0 || f->subscription != NULL) return OK;
    return fail(e, ERR_NOT_FOUND, "no subscription '%.*s' of '%.*s'", STR_ARG(text_quotable(c->subscription)),
                STR_ARG(c->user));
}

enum err decide_usage_rerate(struct decision *out, const struct facts *f,
                             const struct usage_rerate_command *c, struct arena *a, struct error *e)
{
    struct rerated_list list = {0};
    const struct rerating *open = f->rerating;
    enum err err = check_asked(f, c, e);
    if (err == OK) err = rerate(&list, f, a, e);
    if (err != OK || (list.count == 0 && open == NULL)) return err;
    struct usage_rerated v = {.rerating = open != NULL ? open->rerating : f->counters.rerating,
                              .customer = f->customer->customer,
                              .from = c->from,
                              .to = c->to,
                              .subscription = c->subscription.len == 0 ? 0 : f->subscription->subscription,
                              .lines = list.items,
                              .lines_count = list.count};
    if (list.count == 0) {
        discard(out, open, STR("nothing differs any more"), a);
        return OK;
    }
    bool same = open != NULL && same_lines(open->lines, open->lines_count, v.lines, v.lines_count) &&
                date_compare(open->from, v.from) == 0 && date_compare(open->to, v.to) == 0 &&
                open->subscription == v.subscription;
    if (!same) event_add(&out->events, EVENT_USAGE_RERATED, a)->usage_rerated = v;
    return OK;
}

/* ---- approval ---- */

struct approval {
    const struct facts *facts;
    struct line_list items;
    struct rerated_list lines;        /* of the proposal, with what really comes of them */
    const struct subscription *after; /* the customer's, with what their commitments count */
    struct arena *arena;
};

struct correction { /* of one usage type in one window, or of a commitment */
    const struct rerated_line *line;
    const struct quota_segment *tier;    /* whose product it is, taxed as that is */
    const struct window_charge *charges; /* what billed it, oldest first … */
    size_t charges_count;
    struct money *given; /* … and what the correction gives back of each; see rerated_part */
};

static const struct billed_window *window_of(const struct facts *f, const struct rerated_line *l)
{
    for (size_t i = 0; i < f->windows_count; i++) {
        const struct usage_window *w = &f->windows[i].window;
        if (w->subscription == l->subscription && date_compare(w->from, l->from) == 0 &&
            date_compare(w->to, l->to) == 0)
            return &f->windows[i];
    }
    WRONG("a correction without its window");
}

static void correct_commitment(struct correction *x, const struct facts *f, struct arena *a)
{
    struct quota_segment *tier = arena_new_of(a, struct quota_segment);
    for (size_t i = 0; i < f->commitments_count; i++) {
        const struct billed_commitment *b = &f->commitments[i];
        const struct commitment *c = &b->commitment;
        if (c->subscription != x->line->subscription || date_compare(c->from, x->line->from) != 0) continue;
        *tier = (struct quota_segment){
            .product = c->product, .tax_code = c->tax_code, .tax_inclusive = c->tax_inclusive};
        *x = (struct correction){
            .line = x->line, .tier = tier, .charges = b->charges, .charges_count = b->charges_count};
        return;
    }
    WRONG("a correction without its commitment");
}

static enum err correct_usage(struct correction *x, const struct facts *f, struct error *e)
{
    const struct billed_window *w = window_of(f, x->line);
    x->charges = w->charges;
    x->charges_count = w->charges_count;
    return window_tier(&x->tier, &w->window, x->line->usage_type, e);
}

/* "api_calls of 2025-01-01 to 2025-01-31 corrected: 900 instead of 1000", "Minimum commitment of … corrected:
 * 10.00 instead of 15.00 are missing" */
static struct str item_words(const struct rerated_line *l, struct arena *a)
{
    bool usage = l->kind == LINE_USAGE;
    struct str what = usage ? l->usage_type : STR("Minimum commitment");
    struct str is = usage ? decimal_text(a, l->is) : money_pretty(a, l->amount);
    struct str was = usage ? decimal_text(a, l->was) : money_pretty(a, l->billed);
    return str_format(a, "%.*s of %.*s to %.*s corrected: %.*s instead of %.*s%s", STR_ARG(what),
                      STR_ARG(date_text(a, l->from)), STR_ARG(date_text(a, date_add_days(l->to, -1))),
                      STR_ARG(is), STR_ARG(was), usage ? "" : " are missing");
}

static struct line *add_item(struct approval *ap, const struct correction *x, struct money amount)
{
    const struct rerated_line *l = x->line;
    const struct subscription s = {.subscription = l->subscription};
    struct line *item = add_usage_line(&ap->items, &s, l->kind, amount, x->tier, ap->arena);
    item->usage_type = l->usage_type;
    item->from = l->from;
    item->to = l->to;
    item->rerating = ap->facts->rerating->rerating;
    item->description = item_words(l, ap->arena);
    return item;
}

static void add_restoring_item(struct approval *ap, const struct correction *x, struct money price,
                               uint64_t charge)
{
    struct line *item = add_item(ap, x, price);
    item->restores = charge;
    item->description = str_format(ap->arena, "%.*s, given back before", STR_ARG(item->description));
}

static const struct invoice *credited_invoice(const struct facts *f, uint64_t number)
{
    for (size_t i = 0; i < f->credited_count; i++) {
        if (f->credited[i].invoice == number) return &f->credited[i];
    }
    return NULL;
}

/* After coupons, where they have taken their part. */
static struct money whole_price(const struct facts *f, const struct window_charge *c)
{
    const struct invoice *v = credited_invoice(f, c->invoice);
    return v == NULL ? c->amount : line_price(&v->lines[c->line - 1]);
}

/* What of a line can still be given back: credits that wait for their document are as good as made. */
static enum err room_of(struct money *out, const struct approval *ap, const struct invoice *v, uint64_t line,
                        struct error *e)
{
    struct crediting given = crediting_begin(v, ap->arena);
    enum err err = crediting_left(out, &given, line, e);
    for (size_t i = 0; i < ap->facts->items_count && err == OK; i++) {
        const struct line *l = &ap->facts->items[i].line;
        if (credited_line(v, l) == line) err = money_add(out, *out, l->amount, e);
    }
    if (money_is_negative(*out)) *out = money_zero(*out);
    return err;
}

static void note_part(struct correction *x, size_t charge, struct money given)
{
    struct money *all = &x->given[charge];
    *all = money_of(all->minor + given.minor, given.currency);
}

/* As it was rated; of a line that restores, of its price. */
static struct money given_of(const struct correction *x, size_t charge)
{
    const struct window_charge *c = &x->charges[charge];
    return money_of(c->given.minor + x->given[charge].minor, c->amount.currency);
}

/* What the line's price is less when, of what was rated, `to` is given back of it instead of `from`: what a
 * line has left does not depend on the steps. */
static enum err price_between(struct money *out, const struct window_charge *c, struct money whole,
                              struct money from, struct money to, struct error *e)
{
    struct money before = {0};
    enum err err = money_part(&before, from, whole.minor, c->amount.minor, e);
    if (err == OK) err = money_part(out, to, whole.minor, c->amount.minor, e);
    return err == OK ? money_subtract(out, *out, before, e) : err;
}

/* Of `*wanted`, a price, as much as the line has. Of what is voided all counts as given back, and nothing is.
 */
static enum err take_of_line(struct money *wanted, struct approval *ap, const struct correction *x,
                             const struct window_charge *c, struct error *e)
{
    const struct invoice *v = credited_invoice(ap->facts, c->invoice);
    bool voided = v != NULL && v->status == INVOICE_VOID;
    struct money room = *wanted;
    enum err err = v == NULL || voided ? OK : room_of(&room, ap, v, c->line, e);
    struct money price = money_min(*wanted, room);
    if (err == OK && price.minor > 0 && !voided) {
        struct line *item = add_item(ap, x, money_negate(price));
        item->credits = c->invoice;
        item->credits_line = c->line;
    }
    return err == OK ? money_subtract(wanted, *wanted, price, e) : err;
}

/* First of the lines that charged again what the line had given back, the newest of them first. */
static enum err take(struct money *wanted, struct approval *ap, struct correction *x, size_t charge,
                     struct error *e)
{
    enum err err = OK;
    for (size_t i = x->charges_count; i > charge + 1 && err == OK; i--) {
        const struct window_charge *c = &x->charges[i - 1];
        struct money left = {0};
        if (c->restores != charge + 1) continue;
        err = money_subtract(&left, c->amount, given_of(x, i - 1), e);
        left = money_min(left, *wanted);
        struct money taken = left;
        if (err == OK) err = take_of_line(&left, ap, x, c, e);
        taken.minor -= left.minor;
        note_part(x, i - 1, taken);
        wanted->minor -= taken.minor;
    }
    return err == OK ? take_of_line(wanted, ap, x, &x->charges[charge], e) : err;
}

/* Gives `*left`, an amount as it was rated, back of one line, or as much of it as the line has. What coupons
 * took of the line is nobody's to be given back; neither is what was given back before, or voided. */
static enum err credit_line(struct money *left, struct approval *ap, struct correction *x, size_t charge,
                            struct error *e)
{
    const struct window_charge *c = &x->charges[charge];
    struct money whole = whole_price(ap->facts, c), before = given_of(x, charge);
    struct money part = {0}, after = {0}, price = {0}, missing = {0};
    enum err err = money_subtract(&part, c->amount, before, e);
    part = money_min(part, *left);
    if (err != OK || part.minor <= 0) return err;
    err = money_add(&after, before, part, e);
    if (err == OK) err = price_between(&price, c, whole, before, after, e);
    missing = price;
    if (err == OK) err = take(&missing, ap, x, charge, e);
    if (err == OK && missing.minor > 0) {
        err = money_subtract(&price, price, missing, e);
        if (err == OK) err = money_part(&part, price, c->amount.minor, whole.minor, e);
    }
    note_part(x, charge, part);
    return err == OK ? money_subtract(left, *left, part, e) : err;
}

/* The newest lines first: a correction is taken back before what it corrected. */
static enum err credit(struct money *not_given, struct approval *ap, struct correction *x, struct error *e)
{
    struct money left = money_negate(x->line->difference);
    enum err err = OK;
    for (size_t i = x->charges_count; i > 0 && left.minor > 0 && err == OK; i--) {
        const struct window_charge *c = &x->charges[i - 1];
        if (c->restores == 0 && str_equal(c->usage_type, x->line->usage_type))
            err = credit_line(&left, ap, x, i - 1, e);
    }
    *not_given = left;
    return err;
}

/* Charges again, of `*left`, what was given back of one line, at its price. Nobody had anything of what was
 * voided; and of what waits for its document it is not known yet what coupons take. */
static enum err charge_again(struct money *left, struct approval *ap, struct correction *x, size_t charge,
                             struct error *e)
{
    const struct window_charge *c = &x->charges[charge];
    const struct invoice *v = credited_invoice(ap->facts, c->invoice);
    struct money given = given_of(x, charge), part = money_min(given, *left), after = {0}, price = {0};
    if (v == NULL || part.minor <= 0) return OK;
    enum err err = money_subtract(&after, given, part, e);
    if (err == OK) err = price_between(&price, c, whole_price(ap->facts, c), after, given, e);
    if (err != OK) return err;
    if (price.minor > 0 && v->status != INVOICE_VOID) add_restoring_item(ap, x, price, charge + 1);
    note_part(x, charge, money_negate(part));
    return money_subtract(left, *left, part, e);
}

/* What was given back last first, for it is of the oldest lines. Only what goes beyond is charged anew. */
static enum err debit(struct approval *ap, struct correction *x, struct error *e)
{
    struct money left = x->line->difference;
    enum err err = OK;
    for (size_t i = 0; i < x->charges_count && left.minor > 0 && err == OK; i++) {
        const struct window_charge *c = &x->charges[i];
        if (c->restores == 0 && str_equal(c->usage_type, x->line->usage_type))
            err = charge_again(&left, ap, x, i, e);
    }
    if (err == OK && left.minor > 0) (void)add_item(ap, x, left);
    return err;
}

static void list_parts(struct rerated_line *l, const struct correction *x, struct arena *a)
{
    struct rerated_part *parts = arena_array_of(a, struct rerated_part, x->charges_count);
    l->parts = parts;
    for (size_t i = 0; i < x->charges_count; i++) {
        if (!money_is_zero(x->given[i])) parts[l->parts_count++] = (struct rerated_part){i + 1, x->given[i]};
    }
}

/* Of what was given back already there is nothing to be given back again: that much stays billed, and whoever
 * uses more later is not charged for it twice. */
static enum err correct(struct approval *ap, struct rerated_line *l, struct error *e)
{
    struct correction x = {.line = l};
    struct money not_given = {0};
    enum err err = OK;
    if (l->kind == LINE_COMMITMENT)
        correct_commitment(&x, ap->facts, ap->arena);
    else
        err = correct_usage(&x, ap->facts, e);
    if (err != OK) return err;
    x.given = arena_array_of(ap->arena, struct money, x.charges_count);
    err = money_is_negative(l->difference) ? credit(&not_given, ap, &x, e) : debit(ap, &x, e);
    list_parts(l, &x, ap->arena);
    return err == OK ? money_add(&l->difference, l->difference, not_given, e) : err;
}

/* Usage first: what becomes of it is what a commitment counts. */
static enum err correct_all(struct approval *ap, struct error *e)
{
    const struct facts *f = ap->facts;
    const struct rerating *r = f->rerating;
    struct rerated_list *all = &ap->lines;
    enum err err = OK;
    all->capacity = r->lines_count + f->commitments_count;
    all->items = arena_array_of(ap->arena, struct rerated_line, all->capacity);
    for (size_t i = 0; i < r->lines_count && err == OK; i++) {
        if (r->lines[i].kind == LINE_COMMITMENT) continue;
        all->items[all->count] = r->lines[i];
        err = correct(ap, &all->items[all->count++], e);
    }
    size_t usage = all->count;
    for (size_t i = 0; i < f->commitments_count && err == OK; i++)
        err = recount_commitment(all, &f->commitments[i].commitment, ap->arena, e);
    for (size_t i = usage; i < all->count && err == OK; i++) err = correct(ap, &all->items[i], e);
    return err;
}

static enum err count_corrections(struct subscription *s, const struct rerated_list *all, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < all->count && err == OK; i++) {
        const struct rerated_line *l = &all->items[i];
        bool open = l->kind == LINE_USAGE && l->subscription == s->subscription &&
                    date_compare(s->committed_from, l->to) < 0;
        if (open) err = count_committed(s, l->difference, e);
    }
    return err;
}

/* What commitments that are not counted up yet have counted. */
static enum err count_open(struct decision *out, struct approval *ap, struct error *e)
{
    const struct facts *f = ap->facts;
    struct subscription *after = arena_array_of(ap->arena, struct subscription, f->subscriptions_count);
    enum err err = OK;
    ap->after = after;
    for (size_t i = 0; i < f->subscriptions_count && err == OK; i++) {
        struct accrual due = {0};
        after[i] = f->subscriptions[i];
        err = count_corrections(&after[i], &ap->lines, e);
        if (err != OK || after[i].committed.minor == f->subscriptions[i].committed.minor) continue;
        add_billed(&due, &after[i], ap->arena);
        add_accrued(out, &due, ap->arena);
    }
    return err;
}

static enum err need_proposal(const struct facts *f, struct str name, struct error *e)
{
    if (f->rerating != NULL) return OK;
    return fail(e, ERR_NOT_FOUND, "no re-rating '%.*s'", STR_ARG(text_quotable(name)));
}

static enum err check_current(const struct facts *f, struct arena *a, struct error *e)
{
    struct rerated_list now = {0};
    const struct rerating *r = f->rerating;
    if (r->status == RERATING_DISCARDED)
        return fail(e, ERR_REFUSED, "re-rating %ju was discarded", (uintmax_t)r->rerating);
    enum err err = rerate(&now, f, a, e);
    if (err != OK || same_lines(now.items, now.count, r->lines, r->lines_count)) return err;
    return fail(e, ERR_REFUSED, "re-rating %ju comes out otherwise by now: rate again",
                (uintmax_t)r->rerating);
}

static enum err check_room(const struct facts *f, const struct line_list *items, struct error *e)
{
    if (f->items_count + items->count <= LIMIT_PENDING_ITEMS_PER_CUSTOMER) return OK;
    return fail(e, ERR_LIMIT, "more than %d items would wait for an invoice",
                LIMIT_PENDING_ITEMS_PER_CUSTOMER);
}

static enum err add_as_items(struct decision *out, const struct approval *ap, struct error *e)
{
    uint64_t next = ap->facts->counters.item;
    enum err err = check_room(ap->facts, &ap->items, e);
    if (err == OK) add_items(out, &ap->items, ap->facts->customer->customer, &next, ap->arena);
    return err;
}

/* What is given back of a line that has no document yet can only be given back with it. */
static enum err check_invoiced(const struct line_list *items, struct error *e)
{
    for (size_t i = 0; i < items->count; i++) {
        const struct line *l = &items->items[i];
        if (money_is_negative(l->amount) && l->credits == 0)
            return fail(e, ERR_REFUSED, "what is given back of '%.*s' waits itself for the next invoice",
                        STR_ARG(l->kind == LINE_COMMITMENT ? l->product : l->usage_type));
    }
    return OK;
}

static enum err add_as_note(struct decision *out, const struct approval *ap, struct error *e)
{
    const struct facts *f = ap->facts;
    struct bill b = {.facts = f, .customer = f->customer->customer, .issue_date = f->issue_date};
    struct documents docs = {0};
    for (size_t i = 0; i < ap->items.count; i++) {
        if (!money_is_zero(ap->items.items[i].amount)) *line_add(&b.lines, ap->arena) = ap->items.items[i];
    }
    enum err err = check_invoiced(&b.lines, e);
    if (err == OK) err = documents_of(&docs, &b, ap->arena, e);
    if (err == OK) err = add_documents(out, f, &docs, ap->arena, e);
    if (err != OK) return err;
    return restore_settled(out, f, ap->after, ap->arena, e);
}

enum err decide_rerating_approve(struct decision *out, const struct facts *f,
                                 const struct rerating_approve_command *c, struct arena *a, struct error *e)
{
    struct approval ap = {.facts = f, .arena = a};
    enum err err = need_proposal(f, c->rerating, e);
    if (err != OK || f->rerating->status == RERATING_APPROVED) return err;
    const struct rerating *r = f->rerating;
    err = check_current(f, a, e);
    if (err == OK) err = correct_all(&ap, e);
    if (err != OK) return err;
    event_add(&out->events, EVENT_RERATING_APPROVED, a)->rerating_approved =
        (struct rerating_approved){r->rerating, r->customer, ap.lines.items, ap.lines.count};
    err = count_open(out, &ap, e);
    if (err != OK) return err;
    return c->as == RERATING_NOTE ? add_as_note(out, &ap, e) : add_as_items(out, &ap, e);
}

enum err decide_rerating_discard(struct decision *out, const struct facts *f,
                                 const struct rerating_discard_command *c, struct arena *a, struct error *e)
{
    enum err err = need_proposal(f, c->rerating, e);
    if (err != OK || f->rerating->status == RERATING_DISCARDED) return err;
    if (f->rerating->status == RERATING_APPROVED)
        return fail(e, ERR_REFUSED, "re-rating %ju was approved", (uintmax_t)f->rerating->rerating);
    discard(out, f->rerating, c->reason, a);
    return OK;
}
