/* SPDX-License-Identifier: MIT */
/* functional.c - see functional.h. What an entry posts to one item is converted together, so that a document
 * that comes to nothing comes to nothing; taxes are converted apart, so that they sum to the tax that the
 * document states. */
#include "reports/functional.h"

#include "reports/carried.h"

struct known_rate {
    char currency[4];
    struct date on; /* the day that was asked for */
    struct decimal rate;
};
struct functional {
    struct report_file *file;
    char currency[4];
    struct carried_items items;
    struct str *details; /* what accounts are kept by, numbered from 1 */
    size_t details_count, details_capacity;
    struct known_rate *rates; /* the last of each currency */
    size_t rates_count, rates_capacity;
    struct arena *kept;
};

/* ---- rates ---- */

static enum err look_up(struct decimal *out, struct functional *x, const char *currency, struct date on,
                        struct error *e)
{
    struct exchange_rate r = {0};
    struct currency_pair pair = {str_of(currency), str_of(x->currency)};
    struct arena *a = arena_new();
    bool found = false;
    enum err err = load_exchange_rate(&found, &r, x->file->txn, &pair, on, a, e);
    if (err == OK && (!found || date_days_between(r.on, on) > LIMIT_RATE_DAYS))
        err = fail(e, ERR_REFUSED,
                   "no exchange rate of %s to %s is known of %.*s or the %d days before: the books are kept "
                   "in %s; set one with 'exchange-rate set'",
                   currency, x->currency, STR_ARG(date_text(a, on)), LIMIT_RATE_DAYS, x->currency);
    *out = r.rate;
    arena_free(a);
    return err;
}

static enum err rate_of_day(struct decimal *out, struct functional *x, const char *currency, struct date on,
                            struct error *e)
{
    size_t i = 0;
    while (i < x->rates_count && strcmp(x->rates[i].currency, currency) != 0) i++;
    if (i == x->rates_count) {
        x->rates = arena_grow(x->kept, x->rates, x->rates_count, &x->rates_capacity, sizeof *x->rates);
        x->rates[x->rates_count++] = (struct known_rate){.currency = ""};
        memcpy(x->rates[i].currency, currency, sizeof x->rates[i].currency);
    }
    struct known_rate *known = &x->rates[i];
    bool is_new = !date_is_given(known->on) || date_compare(known->on, on) != 0;
    enum err err = is_new ? look_up(&known->rate, x, currency, on, e) : OK;
    known->on = err == OK ? on : (struct date){0};
    *out = known->rate;
    return err;
}

static enum err rate_of_invoice(struct decimal *out, struct functional *x, uint64_t invoice, struct error *e)
{
    struct invoice v = {0};
    struct arena *a = arena_new();
    enum err err = load_invoice(&v, x->file->txn, invoice, a, e);
    bool states_it = err == OK && strcmp(v.national.tax.currency, x->currency) == 0;
    *out = v.national.rate;
    if (err == OK && !states_it) err = rate_of_day(out, x, v.total.currency, v.issue_date, e);
    arena_free(a);
    return err;
}

/* The one invoice that a document gives back of; 0: none, or several. */
static uint64_t credited_by(const struct invoice_finalized *v)
{
    uint64_t number = v->lines_count > 0 ? v->lines[0].credits : 0;
    for (size_t i = 0; i < v->lines_count; i++) {
        if (v->lines[i].credits != number) return 0;
    }
    return number != v->invoice ? number : 0;
}

static enum err rate_of_entry(struct decimal *out, struct functional *x, const struct journal_entry *entry,
                              const char *currency, struct error *e)
{
    const struct event *ev = entry->event;
    *out = decimal_of(1);
    if (strcmp(currency, x->currency) == 0) return OK;
    if (ev != NULL && ev->type == EVENT_INVOICE_FINALIZED) {
        const struct invoice_finalized *v = &ev->invoice_finalized;
        *out = v->national.rate;
        if (strcmp(v->national.tax.currency, x->currency) == 0) return OK;
        if (credited_by(v) != 0) return rate_of_invoice(out, x, credited_by(v), e);
        return rate_of_day(out, x, currency, v->issue_date, e);
    }
    if (ev != NULL && ev->type == EVENT_INVOICE_VOIDED)
        return rate_of_invoice(out, x, ev->invoice_voided.invoice, e);
    return rate_of_day(out, x, currency, entry->document_date, e);
}

/* Minor units of the functional currency for one of the other. */
static enum err share_of(struct ratio *out, const struct functional *x, const char *currency,
                         struct decimal rate, struct error *e)
{
    *out = (struct ratio){rate.coefficient, 1};
    int tens = currency_decimals(x->currency) - currency_decimals(currency) - (int)rate.scale;
    bool fits = true;
    for (; tens > 0 && fits; tens--) fits = !__builtin_mul_overflow(out->num, 10, &out->num);
    for (; tens < 0 && fits; tens++) fits = !__builtin_mul_overflow(out->den, 10, &out->den);
    return fits ? OK
                : fail(e, ERR_LIMIT, "the exchange rate of %s to %s is too exact", currency, x->currency);
}

/* ---- items ---- */

static uint64_t detail_number(struct functional *x, struct str detail)
{
    size_t i = 0;
    while (i < x->details_count && !str_equal(x->details[i], detail)) i++;
    if (i == x->details_count) {
        x->details =
            arena_grow(x->kept, x->details, x->details_count, &x->details_capacity, sizeof *x->details);
        x->details[x->details_count++] = str_copy(x->kept, detail);
    }
    return i + 1;
}

/* By what an account's items are told apart; false: it has none, all of it is by the rate of the day. */
static bool item_of(struct carried_key *out, struct functional *x, const struct posting *p)
{
    *out = (struct carried_key){.account = p->account};
    memcpy(out->currency, p->amount.currency, sizeof out->currency);
    switch (p->account) {
    case ACCOUNT_RECEIVABLE:
        out->customer = p->customer;
        out->invoice = p->invoice;
        return true;
    case ACCOUNT_CUSTOMER_CREDIT:
    case ACCOUNT_REFUNDS_PENDING:
    case ACCOUNT_UNBILLED:
    case ACCOUNT_PREPAID: out->customer = p->customer; return true;
    case ACCOUNT_CASH:
    case ACCOUNT_DEFERRED: out->detail = detail_number(x, p->detail); return true;
    case ACCOUNT_BANK:
    case ACCOUNT_DISPUTES:
    case ACCOUNT_SUSPENSE:
    case ACCOUNT_ACCRUED: return true;
    case ACCOUNT_TAX_PAYABLE:
    case ACCOUNT_OPENING:
    case ACCOUNT_EXCHANGE:
    case ACCOUNT_REVENUE:
    case ACCOUNT_BREAKAGE:
    case ACCOUNT_FX:
    case ACCOUNT_REFUNDS:
    case ACCOUNT_PROMOTIONS:
    case ACCOUNT_FEES:
    case ACCOUNT_BAD_DEBT:
    case ACCOUNT_CHARGEBACKS:
    case ACCOUNT_ROUNDING: break;
    }
    return false;
}

/* ---- one currency of an entry ---- */

/* What is converted together: the postings of one item, or a single one. */
struct unit {
    struct carried *item; /* NULL: a single posting */
    struct str detail;    /* of its posting */
    enum account account;
    int64_t own, functional, adjust;
    size_t largest; /* posting */
    uint64_t customer, invoice;
};
struct group {
    struct functional *of;
    const struct journal_entry *entry;
    const char *currency;
    struct functional_posting *out;
    struct unit *units;
    size_t *unit_of; /* by posting */
    size_t units_count;
    struct decimal rate;
    struct ratio share;
    struct arena *arena;
};

static bool is_in(const struct group *g, size_t place)
{
    return strcmp(g->entry->postings[place].amount.currency, g->currency) == 0;
}

static int64_t size_of(int64_t minor)
{
    return minor < 0 ? -minor : minor;
}

static enum err add_posting(struct group *g, size_t place, struct error *e)
{
    const struct posting *p = &g->entry->postings[place];
    struct carried_key key;
    struct carried *item = item_of(&key, g->of, p) ? carried_find(&g->of->items, &key) : NULL;
    size_t i = item == NULL ? g->units_count : 0;
    while (i < g->units_count && g->units[i].item != item) i++;
    if (i == g->units_count)
        g->units[g->units_count++] = (struct unit){.item = item,
                                                   .detail = p->detail,
                                                   .account = p->account,
                                                   .largest = place,
                                                   .customer = p->customer,
                                                   .invoice = p->invoice};
    struct unit *u = &g->units[i];
    if (size_of(p->amount.minor) > size_of(g->entry->postings[u->largest].amount.minor)) u->largest = place;
    g->unit_of[place] = i;
    if (!__builtin_add_overflow(u->own, p->amount.minor, &u->own)) return OK;
    return fail(e, ERR_LIMIT, "an entry is more than an amount can hold");
}

/* Taxes, or all the rest. The sums of both are opposite, and so are their conversions. */
static enum err convert_units(struct group *g, bool taxes, struct error *e)
{
    int64_t *own = arena_array_of(g->arena, int64_t, g->units_count + 1);
    int64_t *parts = arena_array_of(g->arena, int64_t, g->units_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < g->units_count; i++) {
        if ((g->units[i].account == ACCOUNT_TAX_PAYABLE) == taxes) own[count++] = g->units[i].own;
    }
    enum err err = money_shares(parts, own, count, g->share, e);
    count = 0;
    for (size_t i = 0; i < g->units_count && err == OK; i++) {
        if ((g->units[i].account == ACCOUNT_TAX_PAYABLE) == taxes) g->units[i].functional = parts[count++];
    }
    return err;
}

static enum err settle_items(struct group *g, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < g->units_count && err == OK; i++) {
        struct unit *u = &g->units[i];
        if (u->item != NULL) err = carried_post(&u->adjust, u->item, u->own, u->functional, e);
    }
    return err;
}

/* What was paid or billed in advance is earned at what it stood for: a release of deferred revenue, and
 * prepaid credit that is used or lapses. */
static bool is_earned_by(const struct group *g, const struct unit *from, const struct unit *to)
{
    bool income = to->account == ACCOUNT_REVENUE || to->account == ACCOUNT_BREAKAGE;
    if (!income) return false;
    if (from->account == ACCOUNT_PREPAID) return true;
    if (g->entry->event != NULL) return false;
    return from->account == ACCOUNT_ACCRUED ||
           (from->account == ACCOUNT_DEFERRED && str_equal(from->detail, to->detail));
}

static enum err earn(bool *done, struct group *g, const struct unit *from, struct error *e)
{
    int64_t *weights = arena_array_of(g->arena, int64_t, g->units_count);
    int64_t *parts = arena_array_of(g->arena, int64_t, g->units_count);
    *done = false;
    for (size_t i = 0; i < g->units_count; i++) {
        if (!is_earned_by(g, from, &g->units[i])) continue;
        weights[i] = size_of(g->units[i].own);
        *done = true;
    }
    if (!*done) return OK;
    enum err err = money_spread(parts, -from->adjust, weights, g->units_count, e);
    for (size_t i = 0; i < g->units_count && err == OK; i++) g->units[i].adjust += parts[i];
    return err;
}

/* The rest of what items left at is gain or loss. */
static enum err take_difference(struct functional_gain *gains, size_t *count, struct group *g,
                                struct error *e)
{
    struct functional_gain gain = {.currency = g->currency, .amount = money_of(0, g->of->currency)};
    enum err err = OK;
    for (size_t i = 0; i < g->units_count && err == OK; i++) {
        const struct unit *u = &g->units[i];
        bool earned = false;
        if (u->item == NULL || u->adjust == 0) continue;
        err = earn(&earned, g, u, e);
        if (earned) continue;
        gain.amount.minor -= u->adjust;
        if (gain.customer == 0) gain.customer = u->customer;
        if (gain.invoice == 0) gain.invoice = u->invoice;
    }
    if (err == OK && gain.amount.minor != 0) gains[(*count)++] = gain;
    return err;
}

/* An item's amount is that of its postings; what rounding leaves is its largest one's. */
static enum err share_postings(struct group *g, struct error *e)
{
    int64_t *left = arena_array_of(g->arena, int64_t, g->units_count);
    for (size_t i = 0; i < g->units_count; i++) left[i] = g->units[i].functional;
    for (size_t i = 0; i < g->entry->count; i++) {
        if (!is_in(g, i)) continue;
        const struct unit *u = &g->units[g->unit_of[i]];
        int64_t own = g->entry->postings[i].amount.minor, part = u->functional;
        enum err err = u->item != NULL ? money_shares(&part, &own, 1, g->share, e) : OK;
        if (err != OK) return err;
        left[g->unit_of[i]] -= part;
        g->out[i] = (struct functional_posting){
            .at_rate = money_of(part, g->of->currency), .rate = g->rate, .by_rate = true};
    }
    for (size_t i = 0; i < g->units_count; i++) g->out[g->units[i].largest].at_rate.minor += left[i];
    for (size_t i = 0; i < g->entry->count; i++) {
        if (is_in(g, i)) g->out[i].amount = g->out[i].at_rate;
    }
    for (size_t i = 0; i < g->units_count; i++) {
        struct functional_posting *p = &g->out[g->units[i].largest];
        p->amount.minor += g->units[i].adjust;
        p->by_rate = g->units[i].adjust == 0;
    }
    return OK;
}

static enum err convert_group(struct functional_gain *gains, size_t *count, struct group *g, struct error *e)
{
    g->units_count = 0;
    carried_reserve(&g->of->items, g->entry->count);
    enum err err = rate_of_entry(&g->rate, g->of, g->entry, g->currency, e);
    if (err == OK) err = share_of(&g->share, g->of, g->currency, g->rate, e);
    for (size_t i = 0; i < g->entry->count && err == OK; i++) {
        if (is_in(g, i)) err = add_posting(g, i, e);
    }
    if (err == OK) err = convert_units(g, true, e);
    if (err == OK) err = convert_units(g, false, e);
    if (err == OK) err = settle_items(g, e);
    if (err == OK) err = take_difference(gains, count, g, e);
    return err == OK ? share_postings(g, e) : err;
}

enum err functional_convert(struct functional_entry *out, struct functional *x,
                            const struct journal_entry *entry, struct arena *a, struct error *e)
{
    struct functional_gain *gains = arena_array_of(a, struct functional_gain, entry->count + 1);
    struct group g = {.of = x,
                      .entry = entry,
                      .out = arena_array_of(a, struct functional_posting, entry->count + 1),
                      .units = arena_array_of(a, struct unit, entry->count + 1),
                      .unit_of = arena_array_of(a, size_t, entry->count + 1),
                      .arena = a};
    enum err err = OK;
    *out = (struct functional_entry){.postings = g.out, .gains = gains};
    for (size_t i = 0; i < entry->count && err == OK; i++) {
        if (money_is_given(g.out[i].amount)) continue; /* of a currency that came before */
        g.currency = entry->postings[i].amount.currency;
        err = convert_group(gains, &out->gains_count, &g, e);
    }
    return err;
}

/* ---- the whole ---- */

static enum err read_earlier(void *context, const struct journal_entry *entry, struct arena *a,
                             struct error *e)
{
    struct functional_entry unused;
    return functional_convert(&unused, context, entry, a, e);
}

enum err functional_begin(struct functional **out, struct report_file *f, struct error *e)
{
    struct seller s = {0};
    struct error said = {0};
    *out = NULL;
    /* Who reads along ties the documents' own currencies, and a rate that is still to come must not stop him.
     */
    if (f->query->reading != NULL) return OK;
    enum err err = load_seller(&s, f->txn, 0, f->arena, &said);
    if (err == ERR_NOT_FOUND || (err == OK && s.functional_currency.len == 0)) return OK;
    if (err != OK) {
        *e = said;
        return err;
    }
    struct functional *x = arena_new_of(f->arena, struct functional);
    *x = (struct functional){.file = f, .kept = arena_new()};
    *out = x;
    return currency_parse(x->currency, s.functional_currency, e);
}

enum err functional_read_earlier(struct functional *x, struct error *e)
{
    const struct report_file *f = x->file;
    struct book_query earlier = {.customer = f->query->customer, .to = date_add_days(f->query->from, -1)};
    if (!date_is_given(f->query->from) || !date_is_given(f->day)) return OK;
    return journal_walk(f->ledger, f->txn, &earlier, read_earlier, x, e);
}

void functional_end(struct functional *x)
{
    if (x == NULL) return;
    carried_free(&x->items);
    arena_free(x->kept);
}

const char *functional_currency(const struct functional *x)
{
    return x->currency;
}
