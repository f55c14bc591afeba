/* SPDX-License-Identifier: MIT */
/* wallet.c - see wallet.h. The numbers that these rules must meet are in tests/book/test_wallet.c. */
#include "ledger/book/wallet.h"

enum err wallet_prepaid(struct money *out, const struct wallet_grant *g, struct error *e)
{
    return money_part(out, g->price, g->left.minor, g->amount.minor, e);
}

enum err wallet_breakage(struct money *out, const struct wallet_grant *g, struct error *e)
{
    struct money used = {0}, left = {0};
    struct decimal rest = {0};
    struct ratio to_rest = {0};
    *out = money_zero(g->price);
    if (decimal_is_zero(g->expected_breakage) || money_is_zero(g->price)) return OK;
    enum err err = decimal_subtract(&rest, decimal_of(100), g->expected_breakage, e);
    if (err == OK) err = decimal_ratio(&to_rest, g->expected_breakage, rest, e);
    if (err == OK) err = money_subtract(&used, g->amount, g->left, e);
    struct exact earned = exact_of(money_decimal(g->price));
    if (err == OK) err = exact_part(&earned, earned, used.minor, g->amount.minor, e);
    if (err == OK) err = exact_part(&earned, earned, to_rest.num, to_rest.den, e);
    if (err == OK) err = exact_money(out, earned, g->price.currency, e);
    if (err == OK) err = wallet_prepaid(&left, g, e);
    if (err == OK) *out = money_min(*out, left);
    return err;
}

bool wallet_is_open(const struct wallet_grant *g, struct date on)
{
    return g->left.minor > 0 && (!date_is_given(g->expires) || date_compare(on, g->expires) < 0);
}

/* What was paid for what is left of a grant, and how much of that is earned; where nothing is expected, no
 * amount is told, as events of then have none. */
struct worth {
    struct money prepaid, breakage;
};
static enum err worth_of(struct worth *out, const struct wallet_grant *g, struct error *e)
{
    enum err err = wallet_prepaid(&out->prepaid, g, e);
    bool expects = !decimal_is_zero(g->expected_breakage);
    return err == OK && expects ? wallet_breakage(&out->breakage, g, e) : err;
}

static enum err change(struct money *out, struct money after, struct money before, struct error *e)
{
    *out = (struct money){0};
    return money_is_given(after) ? money_subtract(out, after, before, e) : OK;
}

enum err wallet_take(struct wallet_use *out, struct wallet_grant *g, struct money amount, struct error *e)
{
    struct worth before = {0}, after = {0};
    assert(amount.minor >= 0 && money_compare(amount, g->left) <= 0);
    enum err err = worth_of(&before, g, e);
    if (err == OK) err = money_subtract(&g->left, g->left, amount, e);
    if (err == OK) err = worth_of(&after, g, e);
    *out = (struct wallet_use){.grant = g->grant, .amount = amount};
    if (err == OK) err = money_subtract(&out->prepaid, before.prepaid, after.prepaid, e);
    return err == OK ? change(&out->breakage, after.breakage, before.breakage, e) : err;
}

enum err wallet_balance(struct money *out, const struct wallet_grant *grants, size_t count,
                        const char *currency, struct error *e)
{
    *out = money_of(0, currency);
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        if (money_same_currency(grants[i].left, *out)) err = money_add(out, *out, grants[i].left, e);
    }
    return err;
}

/* ---- what goes back ---- */

static struct wallet_grant *grant_in(const struct wallet *w, uint64_t number)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->grants[i].grant == number) return &w->grants[i];
    }
    return NULL;
}

struct wallet wallet_begin(const struct wallet_grant *open, size_t open_count,
                           const struct wallet_grant *payers, size_t payers_count, struct arena *a)
{
    struct wallet w = {arena_array_of(a, struct wallet_grant, open_count + payers_count), 0};
    for (size_t i = 0; i < open_count; i++) w.grants[w.count++] = open[i];
    for (size_t i = 0; i < payers_count; i++) {
        if (grant_in(&w, payers[i].grant) == NULL) w.grants[w.count++] = payers[i];
    }
    return w;
}

enum err wallet_note(struct wallet *w, const struct invoice_finalized *d, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < d->returns_count && err == OK; i++) {
        struct wallet_grant *g = grant_in(w, d->returns[i].grant);
        if (g != NULL && !d->returns[i].lapsed) err = money_add(&g->left, g->left, d->returns[i].amount, e);
    }
    for (size_t i = 0; i < d->wallet_count && err == OK; i++) {
        struct wallet_grant *g = grant_in(w, d->wallet[i].grant);
        if (g != NULL) err = money_subtract(&g->left, g->left, d->wallet[i].amount, e);
    }
    return err;
}

static bool has_ended(const struct wallet_grant *g, struct date on)
{
    return g->status == GRANT_EXPIRED || g->status == GRANT_VOIDED ||
           (date_is_given(g->expires) && date_compare(on, g->expires) >= 0);
}

/* What the grant has back already of what it paid of the invoice. */
static struct wallet_use given_back_of(const struct invoice *v, const struct wallet_use *use)
{
    for (size_t i = 0; i < v->wallet_back_count; i++) {
        if (v->wallet_back[i].grant == use->grant) return v->wallet_back[i];
    }
    struct money nothing = money_zero(use->amount);
    return (struct wallet_use){.grant = use->grant, .amount = nothing, .prepaid = nothing};
}

/* Of what lapses, its share of what was paid for all that the grant paid of the invoice, so that the shares
 * add up to that. */
static enum err lapse(struct wallet_return *r, const struct wallet_use *use, const struct wallet_use *back,
                      struct error *e)
{
    struct money all = {0};
    enum err err = money_add(&all, back->amount, r->amount, e);
    if (err == OK) err = money_part(&all, use->prepaid, all.minor, use->amount.minor, e);
    if (err == OK) err = money_subtract(&all, all, back->prepaid, e);
    if (err != OK) return err;
    r->prepaid = all.minor < 0 ? money_zero(all) : money_min(all, r->amount);
    r->lapsed = true;
    return OK;
}

/* The other way round of wallet_take: what was paid for what is left is more by so much. */
static enum err put_back(struct wallet_return *r, struct wallet_grant *g, struct error *e)
{
    struct worth before = {0}, after = {0};
    enum err err = worth_of(&before, g, e);
    if (err == OK) err = money_add(&g->left, g->left, r->amount, e);
    if (err == OK) err = worth_of(&after, g, e);
    if (err == OK) err = money_subtract(&r->prepaid, after.prepaid, before.prepaid, e);
    return err == OK ? change(&r->breakage, before.breakage, after.breakage, e) : err;
}

enum err wallet_give_back(struct invoice_finalized *d, struct wallet *w, const struct invoice *v,
                          struct money amount, struct arena *a, struct error *e)
{
    struct wallet_return *returns =
        arena_array_of(a, struct wallet_return, d->returns_count + v->wallet_count);
    struct money sum = d->returns_count > 0 ? d->wallet_returned : money_zero(amount);
    enum err err = OK;
    if (v->wallet_count == 0 || amount.minor <= 0) return OK;
    if (d->returns_count > 0) memcpy(returns, d->returns, d->returns_count * sizeof *returns);
    for (size_t i = v->wallet_count; i-- > 0 && amount.minor > 0 && err == OK;) {
        const struct wallet_use *use = &v->wallet[i], back = given_back_of(v, use);
        struct wallet_grant *g = grant_in(w, use->grant);
        struct wallet_return r = {.invoice = v->invoice, .grant = use->grant};
        if (g == NULL) return fail(e, ERR_TAMPERED, "grant %ju is unknown", (uintmax_t)use->grant);
        err = money_subtract(&r.amount, use->amount, back.amount, e);
        r.amount = money_min(r.amount, amount);
        if (err != OK || r.amount.minor <= 0) continue;
        err = has_ended(g, d->issue_date) ? lapse(&r, use, &back, e) : put_back(&r, g, e);
        returns[d->returns_count++] = r;
        if (err == OK) err = money_subtract(&amount, amount, r.amount, e);
        if (err == OK) err = money_add(&sum, sum, r.amount, e);
    }
    if (d->returns_count == 0) return err; /* a document on which nothing goes back says nothing of it */
    d->returns = returns;
    d->wallet_returned = sum;
    return err;
}

/* ---- what there is to pay ---- */

/* A line, and what of it is still to be paid. */
struct due_line {
    const struct line *line;
    struct money left;
};
struct tab {
    struct due_line *lines;
    size_t count;
};

static enum err gross_of(struct money *out, const struct line *l, struct error *e)
{
    enum err err = money_subtract(out, l->amount, l->discount, e);
    return err == OK ? money_add(out, *out, l->tax, e) : err;
}

static bool is_alike(const struct line *a, const struct line *b)
{
    return (a->kind == LINE_PREPAID) == (b->kind == LINE_PREPAID) && str_equal(a->product, b->product) &&
           str_equal(a->usage_type, b->usage_type);
}

/* Takes from what is to be paid of the lines that are like `l`, or of all but what buys credit, or of those
 * too; what they do not cover stays in *credit. */
enum lowered { LIKE_IT, EVERYTHING_ELSE, CREDIT_TOO };

static enum err lower(struct tab *t, struct money *credit, const struct line *l, enum lowered which,
                      struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < t->count && credit->minor > 0 && err == OK; i++) {
        struct due_line *due = &t->lines[i];
        if (which == LIKE_IT && !is_alike(due->line, l)) continue;
        if (which == EVERYTHING_ELSE && due->line->kind == LINE_PREPAID) continue;
        struct money part = money_min(due->left, *credit);
        err = money_subtract(&due->left, due->left, part, e);
        if (err == OK) err = money_subtract(credit, *credit, part, e);
    }
    return err;
}

/* What of the credits of an invoice goes back to grants is no money that could pay something else here. */
static void leave_to_grants(struct due_line *credits, size_t count, const struct invoice_finalized *d)
{
    for (size_t i = 0; i < d->returns_count; i++) {
        int64_t minor = d->returns[i].amount.minor;
        for (size_t k = 0; k < count && minor > 0; k++) {
            if (credits[k].line->credits != d->returns[i].invoice) continue;
            int64_t part = minor < credits[k].left.minor ? minor : credits[k].left.minor;
            credits[k].left.minor -= part;
            minor -= part;
        }
    }
}

/* The lines that ask for something, lowered by those that give something back: first each by its own, and
 * only then by what is left of any. Together they come to the document's total, and what goes back to grants.
 */
static enum err open_tab(struct tab *t, const struct invoice_finalized *d, struct arena *a, struct error *e)
{
    t->lines = arena_array_of(a, struct due_line, d->lines_count);
    struct due_line *credits = arena_array_of(a, struct due_line, d->lines_count);
    size_t credits_count = 0;
    enum err err = OK;
    for (size_t i = 0; i < d->lines_count && err == OK; i++) {
        struct money gross = {0};
        err = gross_of(&gross, &d->lines[i], e);
        if (err != OK || gross.minor == 0) continue;
        struct due_line due = {&d->lines[i], gross.minor > 0 ? gross : money_negate(gross)};
        if (gross.minor > 0)
            t->lines[t->count++] = due;
        else
            credits[credits_count++] = due;
    }
    leave_to_grants(credits, credits_count, d);
    for (enum lowered which = LIKE_IT; which <= CREDIT_TOO; which++) {
        for (size_t i = 0; i < credits_count && err == OK; i++)
            err = lower(t, &credits[i].left, credits[i].line, which, e);
    }
    return err;
}

/* ---- who pays ---- */

static bool pays_before(const struct wallet_grant *a, const struct wallet_grant *b)
{
    if (a->priority != b->priority) return a->priority < b->priority;
    if (date_is_given(a->expires) != date_is_given(b->expires)) return date_is_given(a->expires);
    int by_expiry = date_compare(a->expires, b->expires);
    return by_expiry != 0 ? by_expiry < 0 : a->grant < b->grant;
}

/* Copies of the grants that can pay the document, in the order in which they do. */
static size_t in_order(struct wallet_grant *to, const struct invoice_finalized *d,
                       const struct wallet_grant *grants, size_t grants_count)
{
    size_t count = 0;
    for (size_t i = 0; i < grants_count; i++) {
        if (!money_same_currency(grants[i].left, d->total) || !wallet_is_open(&grants[i], d->issue_date))
            continue;
        size_t at = count++;
        for (; at > 0 && pays_before(&grants[i], &to[at - 1]); at--) to[at] = to[at - 1];
        to[at] = grants[i];
    }
    return count;
}

static bool is_in_scope(const struct wallet_grant *g, const struct line *l)
{
    if (l->kind == LINE_PREPAID) return false;
    return g->scope.len == 0 || str_equal(g->scope, l->product) || str_equal(g->scope, l->usage_type);
}

/* What the grant pays of the lines in its scope; their lines ask for that less. */
static enum err pay_lines(struct money *paid, struct tab *t, const struct wallet_grant *g, struct error *e)
{
    struct money left = g->left;
    enum err err = OK;
    for (size_t i = 0; i < t->count && left.minor > 0 && err == OK; i++) {
        struct due_line *due = &t->lines[i];
        if (!is_in_scope(g, due->line)) continue;
        struct money part = money_min(due->left, left);
        err = money_subtract(&due->left, due->left, part, e);
        if (err == OK) err = money_subtract(&left, left, part, e);
    }
    return err == OK ? money_subtract(paid, g->left, left, e) : err;
}

enum err wallet_pay(struct invoice_finalized *d, const struct wallet_grant *grants, size_t count,
                    struct arena *a, struct error *e)
{
    struct tab tab = {0};
    struct wallet_grant *payers = arena_array_of(a, struct wallet_grant, count);
    d->wallet_applied = money_zero(d->total);
    size_t payers_count = in_order(payers, d, grants, count);
    if (payers_count == 0) return OK;
    struct wallet_use *uses = arena_array_of(a, struct wallet_use, payers_count);
    enum err err = open_tab(&tab, d, a, e);
    for (size_t i = 0; i < payers_count && err == OK; i++) {
        struct money paid = {0};
        err = pay_lines(&paid, &tab, &payers[i], e);
        if (err != OK || money_is_zero(paid)) continue;
        err = wallet_take(&uses[d->wallet_count++], &payers[i], paid, e);
        if (err == OK) err = money_add(&d->wallet_applied, d->wallet_applied, paid, e);
    }
    d->wallet = uses;
    return err;
}
