/* SPDX-License-Identifier: MIT */
/* fees.c - fees and their parts. A credit is a share of what was billed, never of a price list: whoever paid
 * half a month gets parts of that half month back. */
#include "ledger/book/fees.h"
#include "ledger/book/pricing.h"

enum { SECONDS_PER_DAY = 86400 };

/* ---- fees of terms ---- */

static struct component own_amount(const struct terms *t)
{
    return (struct component){.name = t->product_name,
                              .quantity = decimal_of(1),
                              .unit_price = money_decimal(t->amount),
                              .amount = t->amount};
}

/* The seats that cost something and the price of one, where that is the amount to the last digit. */
static enum err by_seat(struct component *out, const struct fee *f, uint64_t quantity, struct error *e)
{
    struct decimal charged = {0};
    struct exact product = {0};
    enum err err = decimal_subtract(&charged, decimal_of((int64_t)quantity), f->included, e);
    if (err != OK || decimal_is_negative(charged) || decimal_is_zero(charged)) return err;
    err = exact_multiply(&product, exact_of(f->unit_price), exact_of(charged), e);
    if (err != OK || exact_compare(product, exact_of(money_decimal(out->amount))) != 0) return err;
    out->quantity = charged;
    out->unit_price = f->unit_price;
    return OK;
}

static enum err component_of(struct component *out, const struct fee *f, const char *currency,
                             uint64_t quantity, struct arena *a, struct error *e)
{
    *out = (struct component){.code = f->code, .name = f->name, .quantity = decimal_of(1)};
    enum err err = fee_cost(&out->amount, f, quantity, currency, e);
    if (err != OK) return err;
    out->unit_price = money_decimal(out->amount);
    if (!f->per_seat) return OK;
    out->seats = quantity;
    out->name = str_format(a, "%.*s x %ju", STR_ARG(f->name), (uintmax_t)quantity);
    return f->model == PRICING_PER_UNIT ? by_seat(out, f, quantity, e) : OK;
}

enum err terms_components(struct components *out, const struct terms *t, uint64_t quantity, struct arena *a,
                          struct error *e)
{
    *out = (struct components){arena_array_of(a, struct component, t->fees_count + 1), 1};
    out->items[0] = own_amount(t);
    for (size_t i = 0; i < t->fees_count; i++) {
        enum err err =
            component_of(&out->items[out->count++], &t->fees[i], t->amount.currency, quantity, a, e);
        if (err != OK) return err;
    }
    return OK;
}

/* ---- parts of a period ---- */

static int64_t seconds_between(struct moment from, struct moment to)
{
    int64_t days = date_days_between(from.day, to.day);
    return days * SECONDS_PER_DAY + (int64_t)to.second - (int64_t)from.second;
}

bool is_whole(struct moment from, struct moment to, struct period whole)
{
    return from.second == 0 && to.second == 0 && date_compare(from.day, whole.start) == 0 &&
           date_compare(to.day, whole.end) == 0;
}

static int64_t fixed_seconds(const struct terms *t)
{
    return (int64_t)t->fixed_days * SECONDS_PER_DAY;
}

static int64_t counted_left(const struct terms *t, struct moment at, struct period whole)
{
    int64_t left = seconds_between(at, (struct moment){whole.end, 0}), all = fixed_seconds(t);
    bool begins = left >= (int64_t)period_days(whole) * SECONDS_PER_DAY;
    return begins || left > all ? all : left;
}

int64_t counted_seconds(const struct terms *t, struct moment from, struct moment to, struct period whole)
{
    return t->fixed_days == 0 ? 0 : counted_left(t, from, whole) - counted_left(t, to, whole);
}

enum err prorate(struct money *out, struct money amount, const struct terms *t, struct moment from,
                 struct moment to, struct period whole, struct error *e)
{
    int64_t part = seconds_between(from, to), all = (int64_t)period_days(whole) * SECONDS_PER_DAY;
    assert(all > 0);
    *out = amount;
    if (t->proration == PRORATE_NOT || is_whole(from, to, whole)) return OK;
    if (t->fixed_days != 0) {
        part = counted_seconds(t, from, to, whole);
        all = fixed_seconds(t);
    }
    return money_part(out, amount, part < all ? part : all, all, e);
}

static void add_unit(struct buffer *b, int64_t count, const char *unit)
{
    if (count == 0) return;
    char text[32];
    int len = snprintf(text, sizeof text, "%s%jd %s", b->len > 0 ? " " : "", (intmax_t)count, unit);
    buffer_add(b, text, (size_t)len);
}

/* "15 days 6 h 30 min": no unit of which there is none. */
static struct str span_words(int64_t seconds, struct arena *a)
{
    struct buffer b = {.arena = a};
    int64_t days = seconds / SECONDS_PER_DAY;
    add_unit(&b, days, days == 1 ? "day" : "days");
    add_unit(&b, seconds / 3600 % 24, "h");
    add_unit(&b, seconds / 60 % 60, "min");
    add_unit(&b, seconds % 60, "s");
    return (struct str){(const char *)b.ptr, b.len};
}

struct str share_words(struct moment from, struct moment to, struct moment of_from, struct moment of_to,
                       struct arena *a)
{
    int64_t part = seconds_between(from, to), all = seconds_between(of_from, of_to);
    if (part % SECONDS_PER_DAY != 0 || all % SECONDS_PER_DAY != 0)
        return str_format(a, "%.*s of %.*s", STR_ARG(span_words(part, a)), STR_ARG(span_words(all, a)));
    return str_format(a, "%jd of %jd days", (intmax_t)(part / SECONDS_PER_DAY),
                      (intmax_t)(all / SECONDS_PER_DAY));
}

struct str counted_words(int64_t part, int64_t all, struct arena *a)
{
    if (all == 0) return STR_NONE;
    if (part % SECONDS_PER_DAY != 0 || all % SECONDS_PER_DAY != 0)
        return str_format(a, ", counted as %.*s of %.*s", STR_ARG(span_words(part, a)),
                          STR_ARG(span_words(all, a)));
    return str_format(a, ", counted as %jd of %jd", (intmax_t)(part / SECONDS_PER_DAY),
                      (intmax_t)(all / SECONDS_PER_DAY));
}

struct str part_words(const struct terms *t, struct moment from, struct moment to, struct period whole,
                      struct arena *a)
{
    struct moment start = {whole.start, 0}, end = {whole.end, 0};
    struct str counted = counted_words(counted_seconds(t, from, to, whole), fixed_seconds(t), a);
    return str_format(a, "%.*s%.*s", STR_ARG(share_words(from, to, start, end, a)), STR_ARG(counted));
}

/* ---- credits ---- */

struct money credit_cap(struct money potential, struct money billed, struct money already_credited)
{
    struct money none = money_zero(potential);
    if (potential.minor <= 0 || billed.minor <= already_credited.minor) return none;
    struct money left = money_of(billed.minor - already_credited.minor, potential.currency);
    return money_min(potential, left);
}

struct moment moment_later(struct moment a, struct moment b)
{
    int order = date_compare(a.day, b.day);
    if (order == 0) return a.second < b.second ? b : a;
    return order < 0 ? b : a;
}

/* Of what the charge stands for, the seconds from `at` to its end. */
static int64_t charged_left(const struct charge *c, struct moment at)
{
    int64_t left = seconds_between(at, (struct moment){c->to, 0}), all = (int64_t)c->counted;
    bool begins =
        left >= seconds_between((struct moment){c->from, c->from_second}, (struct moment){c->to, 0});
    return begins || left > all ? all : left;
}

int64_t credited_seconds(const struct charge *c, struct moment from, struct date to)
{
    return c->counted == 0 ? 0 : charged_left(c, from) - charged_left(c, (struct moment){to, 0});
}

enum err unused_credit(struct money *out, const struct charge *c, const struct terms *t, struct moment from,
                       struct date to, struct error *e)
{
    struct moment begin = {c->from, c->from_second};
    struct money paid = {0}, potential = {0};
    *out = money_zero(c->amount);
    from = moment_later(from, begin);
    if (date_compare(c->to, to) < 0) to = c->to;
    int64_t all = seconds_between(begin, (struct moment){c->to, 0});
    int64_t part = seconds_between(from, (struct moment){to, 0});
    if (c->counted != 0 && part > 0) {
        part = credited_seconds(c, from, to);
        all = (int64_t)c->counted;
    }
    if (t->proration == PRORATE_NOT || all <= 0 || part <= 0) return OK;
    enum err err = money_subtract(&paid, c->amount, c->discount, e);
    if (err == OK) err = money_part(&potential, paid, part, all, e);
    if (err == OK) *out = credit_cap(potential, paid, c->credited);
    return err;
}
