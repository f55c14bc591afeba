/* SPDX-License-Identifier: MIT */
/* crediting.c - see crediting.h. Credits are kept positive, as the lines are that they give back; the lines
 * of a document that give back are negative. */
#include "ledger/book/crediting.h"
#include "ledger/book/assess.h"

/* ---- lines ---- */

struct money line_gross(const struct line *l)
{
    return money_of(l->amount.minor - l->discount.minor + l->tax.minor, l->amount.currency);
}

struct money line_price(const struct line *l)
{
    return l->tax_inclusive ? line_gross(l) : net_of(l->amount, l->discount);
}

static bool is_fee(const struct line *l)
{
    return l->kind == LINE_RECURRING || l->kind == LINE_PRORATION_CHARGE;
}

uint64_t credited_line(const struct invoice *v, const struct line *credit)
{
    if (credit->credits != v->invoice) return 0;
    if (credit->credits_line != 0) return credit->credits_line <= v->lines_count ? credit->credits_line : 0;
    for (size_t i = 0; i < v->lines_count; i++) {
        const struct line *l = &v->lines[i];
        bool holds = date_compare(l->from, credit->from) <= 0 && date_compare(credit->to, l->to) <= 0;
        if (is_fee(l) && l->subscription == credit->subscription && holds) return i + 1;
    }
    return 0;
}

/* ---- credits of its own lines ---- */

/* A line that gives back of another one of the same document leaves that much less of it, and nothing of
 * itself. The documents do not keep it twice: it is noted while credits are made. */
static void note_own(struct crediting *c, bool undone)
{
    const struct invoice *v = c->invoice;
    struct error unused = {0};
    for (size_t i = 0; i < v->lines_count; i++) {
        const struct line *l = &v->lines[i];
        if (l->credits != v->invoice || l->credits_line == 0) continue;
        struct line itself = *l;
        struct line_tax *taxes = arena_array_of(c->arena, struct line_tax, l->taxes_count);
        itself.credits_line = i + 1;
        itself.amount = money_negate(l->amount);
        itself.discount = money_negate(l->discount);
        itself.tax = money_negate(l->tax);
        itself.taxes = taxes;
        for (size_t k = 0; k < l->taxes_count; k++) {
            taxes[k] = l->taxes[k];
            taxes[k].amount = money_negate(l->taxes[k].amount);
        }
        bool noted =
            crediting_note(c, l, undone, &unused) == OK && crediting_note(c, &itself, undone, &unused) == OK;
        if (!noted) WRONG("a document whose lines do not add up");
    }
}

/* ---- begin and end ---- */

static void begin_taxes(struct line_credit *c, const struct line *l, struct arena *a)
{
    struct line_tax *taxes = arena_array_of(a, struct line_tax, l->taxes_count);
    for (size_t i = 0; i < l->taxes_count; i++) {
        taxes[i] = l->taxes[i];
        taxes[i].amount = i < c->taxes_count ? c->taxes[i].amount : money_zero(l->amount);
    }
    c->taxes = taxes;
    c->taxes_count = l->taxes_count;
}

struct crediting crediting_begin(const struct invoice *v, struct arena *a)
{
    struct crediting c = {.invoice = v,
                          .lines = arena_array_of(a, struct line_credit, v->lines_count),
                          .credited = v->credited,
                          .by_hand = v->credited_by_hand,
                          .prices_by_hand = v->prices_by_hand,
                          .arena = a};
    struct money none = money_zero(v->total);
    for (size_t i = 0; i < v->lines_count; i++)
        c.lines[i] = (struct line_credit){.line = i + 1, .net = none, .discount = none, .by_hand = none};
    for (size_t i = 0; i < v->credits_count; i++) c.lines[v->credits[i].line - 1] = v->credits[i];
    for (size_t i = 0; i < v->lines_count; i++) begin_taxes(&c.lines[i], &v->lines[i], a);
    note_own(&c, false);
    return c;
}

static bool is_nothing(const struct line_credit *c)
{
    bool nothing = money_is_zero(c->net) && money_is_zero(c->discount);
    for (size_t i = 0; i < c->taxes_count; i++) nothing = nothing && money_is_zero(c->taxes[i].amount);
    return nothing;
}

void crediting_end(struct invoice *v, struct crediting *c)
{
    note_own(c, true);
    struct line_credit *credits = arena_array_of(c->arena, struct line_credit, v->lines_count);
    v->credits_count = 0;
    for (size_t i = 0; i < v->lines_count; i++) {
        if (!is_nothing(&c->lines[i])) credits[v->credits_count++] = c->lines[i];
    }
    v->credits = credits;
    v->credited = c->credited;
    v->credited_by_hand = c->by_hand;
    v->prices_by_hand = c->prices_by_hand;
}

/* ---- parts of lines ---- */

static struct money price_credited(const struct line_credit *c, const struct line *l)
{
    int64_t minor = c->net.minor;
    for (size_t i = 0; l->tax_inclusive && i < c->taxes_count; i++) minor += c->taxes[i].amount.minor;
    return money_of(minor, l->amount.currency);
}

enum err crediting_left(struct money *out, const struct crediting *c, uint64_t line, struct error *e)
{
    const struct line *l = &c->invoice->lines[line - 1];
    return money_subtract(out, line_price(l), price_credited(&c->lines[line - 1], l), e);
}

/* What an amount of the line comes to for `price` of it; all of it for the whole price and what is beyond. */
static enum err share(struct money *out, struct money amount, struct money price, struct money whole,
                      struct error *e)
{
    int64_t num = whole.minor < 0 ? -price.minor : price.minor;
    int64_t den = whole.minor < 0 ? -whole.minor : whole.minor;
    *out = den == 0 ? money_zero(amount) : amount;
    return num >= den ? OK : money_part(out, amount, num, den, e);
}

/* … less what was given back before: what the next part gives back. */
static enum err next_share(struct money *out, struct money amount, struct money before, struct money price,
                           struct money whole, struct error *e)
{
    enum err err = share(out, amount, price, whole, e);
    return err == OK ? money_subtract(out, *out, before, e) : err;
}

/* Of several taxes that a price holds, more may round up at once than a small part of it has room for; the
 * next part makes up for it. The last part is what is left. */
static struct money fitting(struct money tax, struct money room, const struct line *l, bool last)
{
    return l->tax_inclusive && !last && room.minor >= 0 ? money_min(tax, room) : tax;
}

/* The taxes of a part of the line's price; `all` is the price of all parts together. */
static enum err share_taxes(struct line *credit, const struct line_credit *before, const struct line *l,
                            struct money part, struct money all, struct arena *a, struct error *e)
{
    struct line_tax *taxes = arena_array_of(a, struct line_tax, l->taxes_count);
    struct money whole = line_price(l), room = part;
    bool last = all.minor == whole.minor;
    enum err err = OK;
    for (size_t i = 0; i < l->taxes_count && err == OK; i++) {
        struct money tax = {0};
        err = next_share(&tax, l->taxes[i].amount, before->taxes[i].amount, all, whole, e);
        tax = fitting(tax, room, l, last);
        taxes[i] = l->taxes[i];
        taxes[i].amount = money_negate(tax);
        if (err == OK) err = money_subtract(&room, room, tax, e);
    }
    credit->taxes = taxes;
    credit->taxes_count = l->taxes_count;
    return err == OK ? money_subtract(&credit->tax, room, part, e) : err;
}

static void copy_from(struct line *credit, const struct line *l, uint64_t invoice, uint64_t line)
{
    credit->credits = invoice;
    credit->credits_line = line;
    credit->tax_category = l->tax_category;
    credit->tax_rate = l->tax_rate;
    credit->tax_code = l->tax_code;
    credit->tax_inclusive = l->tax_inclusive;
}

enum err crediting_part(struct line *credit, struct crediting *c, uint64_t line, struct money price,
                        struct error *e)
{
    const struct line *l = &c->invoice->lines[line - 1];
    const struct line_credit *before = &c->lines[line - 1];
    struct money all = {0}, discount = {0}, net = price;
    copy_from(credit, l, c->invoice->invoice, line);
    enum err err = money_add(&all, price_credited(before, l), price, e);
    if (err == OK) err = share_taxes(credit, before, l, price, all, c->arena, e);
    if (err == OK) err = next_share(&discount, l->discount, before->discount, all, line_price(l), e);
    if (err == OK && l->tax_inclusive) err = money_add(&net, net, credit->tax, e); /* which is negative */
    if (err == OK) err = money_add(&credit->amount, net, discount, e);
    if (err != OK) return err;
    credit->amount = money_negate(credit->amount);
    credit->discount = money_negate(discount);
    return crediting_note(c, credit, false, e);
}

/* ---- noting ---- */

static enum err take(struct money *from, struct money amount, bool undone, struct error *e)
{
    return undone ? money_add(from, *from, amount, e) : money_subtract(from, *from, amount, e);
}

static bool is_same_tax(const struct line_tax *a, const struct line_tax *b)
{
    return str_equal(a->code, b->code) && str_equal(a->jurisdiction, b->jurisdiction) &&
           decimal_compare(a->percent, b->percent) == 0;
}

static enum err note_tax(struct line_credit *c, const struct line_tax *tax, bool undone, struct arena *a,
                         struct error *e)
{
    struct line_tax *taxes = arena_array_of(a, struct line_tax, c->taxes_count);
    enum err err = OK;
    for (size_t i = 0; i < c->taxes_count; i++) {
        taxes[i] = c->taxes[i];
        if (is_same_tax(&taxes[i], tax) && err == OK) err = take(&taxes[i].amount, tax->amount, undone, e);
    }
    c->taxes = taxes;
    return err;
}

enum err crediting_note(struct crediting *c, const struct line *credit, bool undone, struct error *e)
{
    struct money net = net_of(credit->amount, credit->discount);
    if (credit->credits != c->invoice->invoice) return OK;
    uint64_t line = credited_line(c->invoice, credit);
    enum err err = take(&c->credited, line_gross(credit), undone, e);
    if (err == OK && credit->kind == LINE_CREDIT) err = take(&c->by_hand, line_gross(credit), undone, e);
    if (err == OK && credit->kind == LINE_CREDIT)
        err = take(&c->prices_by_hand, line_price(credit), undone, e);
    if (err != OK || line == 0) return err;
    struct line_credit *given = &c->lines[line - 1];
    err = take(&given->net, net, undone, e);
    if (err == OK) err = take(&given->discount, credit->discount, undone, e);
    if (err == OK && credit->kind == LINE_CREDIT) err = take(&given->by_hand, line_price(credit), undone, e);
    for (size_t i = 0; i < credit->taxes_count && err == OK; i++)
        err = note_tax(given, &credit->taxes[i], undone, c->arena, e);
    return err;
}
