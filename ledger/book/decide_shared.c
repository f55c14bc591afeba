/* SPDX-License-Identifier: MIT */
/* decide_shared.c - see decide_shared.h. */
#include "ledger/book/decide_shared.h"

enum err need_customer(const struct facts *f, struct str user, struct error *e)
{
    if (f->customer != NULL) return OK;
    return fail(e, ERR_NOT_FOUND, "no customer '%.*s'", STR_ARG(user));
}

enum err need_unerased(const struct facts *f, struct str user, struct error *e)
{
    enum err err = need_customer(f, user, e);
    if (err != OK || f->customer->erased == ERASURE_NONE) return err;
    return fail(e, ERR_REFUSED, "customer '%.*s' was erased: nothing new is kept of him", STR_ARG(user));
}

enum err need_subscription(const struct facts *f, struct str user, struct error *e)
{
    enum err err = need_customer(f, user, e);
    if (err != OK) return err;
    if (f->subscription == NULL && f->subscription_name.len != 0) {
        struct str name = text_quotable(f->subscription_name);
        return fail(e, ERR_NOT_FOUND, "no subscription %.*s of '%.*s'", STR_ARG(name), STR_ARG(user));
    }
    if (f->subscription == NULL && f->subscriptions_count > 1) {
        return fail(e, ERR_REFUSED, "'%.*s' has %zu subscriptions: name the one that is meant", STR_ARG(user),
                    f->subscriptions_count);
    }
    if (f->subscription == NULL) return fail(e, ERR_NOT_FOUND, "no subscription for '%.*s'", STR_ARG(user));
    if (subscription_is_live(f->subscription)) return OK;
    return fail(e, ERR_REFUSED, "the subscription of '%.*s' is canceled", STR_ARG(user));
}

enum err need_billed_here(const struct facts *f, struct str user, struct error *e)
{
    enum err err = need_subscription(f, user, e);
    if (err != OK || !subscription_is_elsewhere_on(f->subscription, f->today)) return err;
    return fail(e, ERR_REFUSED, "sub_%ju of '%.*s' is billed by Stripe: change it there",
                (uintmax_t)f->subscription->subscription, STR_ARG(user));
}

enum err money_exact(struct money *out, struct decimal amount, const char *currency, const char *what,
                     struct arena *a, struct error *e)
{
    struct str text = decimal_text(a, amount);
    enum err err = money_parse(out, text, currency, e);
    if (err == OK || strcmp(what, "amount") == 0) return err;
    return wrap(e, "%s", what);
}

enum err currency_chosen(char out[4], struct str given, const struct customer *c, struct error *e)
{
    if (given.len != 0) return currency_parse(out, given, e);
    struct str fallback = c != NULL && c->currency.len != 0 ? c->currency : STR("USD");
    return currency_parse(out, fallback, e);
}

struct str default_timezone(const struct facts *f)
{
    return f->seller != NULL && f->seller->timezone.len != 0 ? f->seller->timezone : STR("UTC");
}

struct money credit_balance(const struct customer *c, const char *currency)
{
    for (size_t i = 0; c != NULL && i < c->balances_count; i++) {
        if (strcmp(c->balances[i].credit.currency, currency) == 0) return c->balances[i].credit;
    }
    return money_of(0, currency);
}

enum err check_tax_code(const struct facts *f, struct str code, struct error *e)
{
    const struct catalog *c = f->catalog;
    if (code.len == 0) return OK;
    for (size_t i = 0; c != NULL && i < c->taxes_count; i++) {
        if (str_equal(c->taxes[i].product_code, code)) return OK;
    }
    for (size_t i = 0; c != NULL && i < c->products_count; i++) {
        if (str_equal(c->products[i].tax_code, code)) return OK;
    }
    return fail(e, ERR_NOT_FOUND, "tax_code '%.*s': no tax and no product of the catalog names it",
                STR_ARG(code));
}

struct date terms_due(const struct facts *f, struct date issued)
{
    uint64_t days = f->seller != NULL ? f->seller->payment_terms_days : DEFAULT_TERMS_DAYS;
    const struct customer *c = f->customer;
    if (c != NULL && (c->terms_days != 0 || c->due_at_once)) days = c->terms_days;
    return date_add_days(issued, (int32_t)days);
}

static bool is_number(struct str text, uint64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    return len > 0 && str_is(text, digits);
}

const struct method *method_named(const struct facts *f, struct str token_or_number)
{
    for (size_t i = 0; i < f->methods_count; i++) {
        const struct method *m = &f->methods[i];
        if (m->removed) continue;
        if (token_or_number.len == 0 && f->customer != NULL && m->method == f->customer->default_method)
            return m;
        if (token_or_number.len == 0) continue;
        if (str_equal(m->token, token_or_number) || is_number(token_or_number, m->method)) return m;
    }
    return NULL;
}

/* Only a gateway's token may be kept. Whoever sends digits sends a card. */
static enum err check_token(struct str token, struct error *e)
{
    if (token.len == 0) return fail(e, ERR_INVALID, "the payment method's token is missing");
    for (size_t i = 0; i < token.len; i++) {
        char c = token.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                     c == '-' || c == '.' || c == ':';
        if (!plain)
            return fail(
                e, ERR_INVALID,
                "the payment method's token holds something else than letters, digits, '_', '-', '.', ':'");
    }
    return OK;
}

enum err check_not_pending(const struct facts *f, const struct invoice *v, const char *what, struct error *e)
{
    for (size_t i = 0; i < f->pending_count; i++) {
        if (f->pending[i].invoice != v->invoice) continue;
        return fail(
            e, ERR_REFUSED,
            "payment txn_%ju of invoice '%.*s' is pending: %s when its outcome is known, see 'reconcile'",
            (uintmax_t)f->pending[i].payment, STR_ARG(v->number), what);
    }
    return OK;
}

const struct method *method_of_gateway(const struct facts *f, struct str gateway)
{
    const struct method *m = method_named(f, STR_NONE);
    return m != NULL && str_equal(m->gateway, gateway) ? m : NULL;
}

enum err keep_card(struct decision *out, const struct facts *f, uint64_t customer, const struct card *card,
                   bool make_default, bool *added, struct arena *a, struct error *e)
{
    *added = false;
    size_t kept = 0;
    for (size_t i = 0; i < f->methods_count; i++) {
        if (!f->methods[i].removed) kept++;
    }
    enum err err = check_token(card->token, e);
    if (err != OK) return err;
    const struct method *known = method_named(f, card->token);
    if (known != NULL) {
        if (make_default && f->customer->default_method != known->method) {
            struct event *ev = event_add(&out->events, EVENT_PAYMENT_METHOD_MADE_DEFAULT, a);
            ev->payment_method_made_default = (struct payment_method_made_default){customer, known->method};
        }
        return OK;
    }
    if (kept >= LIMIT_PAYMENT_METHODS_PER_CUSTOMER) {
        return fail(e, ERR_LIMIT, "the customer has %d payment methods, the most there may be",
                    LIMIT_PAYMENT_METHODS_PER_CUSTOMER);
    }
    struct event *ev = event_add(&out->events, EVENT_PAYMENT_METHOD_ADDED, a);
    ev->payment_method_added = (struct payment_method_added){
        .customer = customer,
        .method = (f->customer != NULL ? f->customer->methods : 0) + 1,
        .token = card->token,
        .gateway = card->gateway,
        .funding = card->funding,
        .brand = card->brand,
        .last4 = card->last4,
        .exp_month = card->exp_month,
        .exp_year = card->exp_year,
        .gateway_customer = card->gateway_customer,
        .is_default = make_default || kept == 0,
    };
    *added = true;
    return OK;
}

void add_detached(struct decision *out, const struct method *m, struct arena *a)
{
    struct event *ev = event_add(&out->events, EVENT_PAYMENT_METHOD_DETACHED, a);
    ev->payment_method_detached = (struct payment_method_detached){m->customer, m->method, m->gateway};
}

static struct interval wished_interval(const struct terms_wish *w)
{
    return (struct interval){w->unit, w->interval_count == 0 ? 1 : (uint32_t)w->interval_count};
}

const struct product *product_of(const struct catalog *c, struct str code)
{
    for (size_t i = 0; i < c->products_count; i++) {
        if (str_equal(c->products[i].code, code)) return &c->products[i];
    }
    return NULL;
}

const struct price *price_of(const struct catalog *c, const struct terms_wish *w)
{
    for (size_t i = 0; i < c->prices_count; i++) {
        const struct price *p = &c->prices[i];
        if (str_equal(p->product, w->tier) && p->unit == w->unit &&
            p->interval_count == wished_interval(w).count && strcmp(p->amount.currency, w->currency) == 0) {
            return p;
        }
    }
    return NULL;
}

struct terms_wish wish_of(const struct terms *t)
{
    return (struct terms_wish){.tier = t->product,
                               .unit = t->unit,
                               .interval_count = t->interval_count,
                               .currency = t->amount.currency,
                               .agreed = {t->agreed_prices, t->agreed_quotas, t->agreed_commitment}};
}

/* The agreed price of a custom tier, or the catalog's of any other. */
static enum err amount_for(struct money *out, const struct price *p, const struct terms_wish *w,
                           struct arena *a, struct error *e)
{
    *out = p->amount;
    if (!p->custom && w->price_given) {
        return fail(e, ERR_REFUSED, "tier '%.*s' has a fixed price", STR_ARG(w->tier));
    }
    if (!p->custom) return OK;
    if (!w->price_given) {
        return fail(e, ERR_INVALID, "tier '%.*s' has a custom price: give the price that was agreed",
                    STR_ARG(w->tier));
    }
    if (decimal_is_negative(w->price)) return fail(e, ERR_INVALID, "the price must not be negative");
    return money_exact(out, w->price, w->currency, "price", a, e);
}

/* Who has a retired tier keeps it, and may change its interval. */
static bool has_tier(const struct facts *f, struct str tier)
{
    const struct subscription *s = f->subscription;
    return s != NULL && s->status != SUBSCRIPTION_NONE && s->status != SUBSCRIPTION_CANCELED &&
           str_equal(s->terms.product, tier);
}

static bool bills(const struct terms *t, struct str usage_type)
{
    for (size_t i = 0; i < t->rates_count; i++) {
        const struct rate *r = &t->rates[i];
        bool costs = r->billed || !decimal_is_zero(r->minimum);
        if (costs && str_equal(r->usage_type, usage_type)) return true;
    }
    return false;
}

static bool is_by(struct date scheduled, struct date today)
{
    return date_is_given(scheduled) && date_compare(scheduled, today) <= 0;
}

enum err check_billed_once(const struct facts *f, const struct terms *t, uint64_t subscription,
                           struct error *e)
{
    for (size_t i = 0; i < f->subscriptions_count; i++) {
        const struct subscription *s = &f->subscriptions[i];
        bool over = is_by(s->cancel_on, f->today), changed = is_by(s->change_on, f->today); /* noted or not */
        if (s->subscription == subscription || over) continue;
        for (size_t k = 0; k < t->rates_count; k++) {
            struct str type = t->rates[k].usage_type;
            bool now = !changed && bills(&s->terms, type);
            if (!bills(t, type) || !(now || bills(&s->next_terms, type))) continue;
            return fail(e, ERR_REFUSED,
                        "usage of '%.*s' is billed by sub_%ju already, and '%.*s' would bill it again",
                        STR_ARG(type), (uintmax_t)s->subscription, STR_ARG(t->product));
        }
    }
    return OK;
}

static bool is_nothing(const struct agreement *g)
{
    return g->prices.len == 0 && g->quotas.len == 0 && decimal_is_zero(g->commitment);
}

static enum err agree_terms(struct terms *t, const struct agreement *g, struct arena *a, struct error *e)
{
    enum err err = agree(t, g, a, e);
    t->agreed_commitment = g->commitment;
    if (err != OK || decimal_is_zero(g->commitment)) return err;
    if (decimal_is_negative(g->commitment))
        return fail(e, ERR_INVALID, "commitment: it must not be negative");
    return money_exact(&t->commitment, g->commitment, t->amount.currency, "commitment", a, e);
}

enum err terms_for(struct terms *out, const struct facts *f, const struct terms_wish *w, struct arena *a,
                   struct error *e)
{
    if (f->catalog == NULL) return fail(e, ERR_REFUSED, "no catalog is in force yet");
    const struct product *product = product_of(f->catalog, w->tier);
    if (product == NULL) return fail(e, ERR_NOT_FOUND, "no tier '%.*s' in the catalog", STR_ARG(w->tier));
    if (product->retired && !has_tier(f, w->tier))
        return fail(e, ERR_REFUSED, "tier '%.*s' is retired: nobody can subscribe to it any more",
                    STR_ARG(w->tier));
    const struct price *price = price_of(f->catalog, w);
    if (price == NULL) {
        struct str interval = interval_text(a, wished_interval(w));
        return fail(e, ERR_NOT_FOUND, "tier '%.*s' has no price per %.*s in %s", STR_ARG(w->tier),
                    STR_ARG(interval), w->currency);
    }
    *out = (struct terms){.catalog_version = f->catalog->version,
                          .product = product->code,
                          .product_name = product->name,
                          .rank = product->rank,
                          .free = product->free,
                          .unit = price->unit,
                          .interval_count = price->interval_count,
                          .rates = price->rates,
                          .rates_count = price->rates_count,
                          .kind = product->kind,
                          .fees = price->fees,
                          .fees_count = price->fees_count,
                          .in_arrears = price->in_arrears,
                          .proration = price->proration,
                          .fixed_days = price->fixed_days,
                          .alignment = price->alignment,
                          .trial_end = price->trial_end,
                          .commitment = price->commitment,
                          .tax_inclusive = price->tax_inclusive,
                          .tax_code = product->tax_code,
                          .features = product->features,
                          .features_count = product->features_count};
    enum err err = amount_for(&out->amount, price, w, a, e);
    if (err != OK || is_nothing(&w->agreed)) return err;
    if (price->custom) return agree_terms(out, &w->agreed, a, e);
    return fail(e, ERR_REFUSED, "tier '%.*s' has fixed prices and quotas", STR_ARG(w->tier));
}

enum err item_fits(const struct facts *f, struct money amount, struct error *e)
{
    enum err err = OK;
    if (f->items_count >= LIMIT_PENDING_ITEMS_PER_CUSTOMER) {
        return fail(e, ERR_LIMIT, "'%.*s' has %d items waiting for an invoice, the most there may be",
                    STR_ARG(f->customer->user), LIMIT_PENDING_ITEMS_PER_CUSTOMER);
    }
    struct money waiting = amount; /* what could not be invoiced together must not wait together */
    for (size_t i = 0; i < f->items_count && err == OK; i++) {
        if (money_same_currency(f->items[i].line.amount, waiting))
            err = money_add(&waiting, waiting, f->items[i].line.amount, e);
    }
    return err;
}

void add_items(struct decision *out, const struct line_list *lines, uint64_t customer, uint64_t *next,
               struct arena *a)
{
    for (size_t i = 0; i < lines->count; i++) {
        if (money_is_zero(lines->items[i].amount)) continue;
        struct event *ev = event_add(&out->events, EVENT_ITEM_ADDED, a);
        ev->item_added =
            (struct item_added){.item = (*next)++, .customer = customer, .line = lines->items[i]};
        ev->item_added.line.item = ev->item_added.item;
    }
}

struct overdue overdue_by(const struct facts *f, struct date day, const struct allocation *paid,
                          size_t paid_count)
{
    struct overdue o = {.known = f->open_invoices_known};
    const struct seller *s = f->seller;
    for (size_t i = 0; i < f->open_invoices_count && o.invoice == 0; i++) {
        const struct invoice *v = &f->open_invoices[i];
        int64_t left = v->amount_due.minor - v->paid.minor;
        for (size_t k = 0; k < paid_count; k++) {
            if (paid[k].invoice == v->invoice) left -= paid[k].amount.minor;
        }
        if (left <= 0 || date_compare(v->due_date, day) >= 0) continue;
        o.invoice = v->invoice;
        if (s == NULL) break;
        struct date never = {0};
        o.cancel = s->cancel_days == 0 ? never : date_add_days(v->due_date, (int32_t)s->cancel_days);
        o.unpaid = s->unpaid_days == 0 ? never : date_add_days(v->due_date, (int32_t)s->unpaid_days);
        /* Every step begins with the first. */
        uint64_t first = s->past_due_days != 0 ? s->past_due_days
                         : s->unpaid_days != 0 ? s->unpaid_days
                                               : s->cancel_days;
        o.past_due = first == 0 ? never : date_add_days(v->due_date, (int32_t)first);
    }
    return o;
}

struct accrual accrual_through(const struct facts *f, struct date through)
{
    struct date day = date_compare(through, f->today) < 0 ? f->today : through;
    return (struct accrual){.through = through,
                            .today = f->today,
                            .overdue = overdue_by(f, day, NULL, 0),
                            .usage = f->usage,
                            .usage_count = f->usage_count,
                            .advances = f->advances,
                            .advances_count = f->advances_count,
                            .can_pay = method_named(f, STR_NONE) != NULL};
}

void note_used(struct decision *out, const struct subscription *s, struct str usage_type, struct date today,
               struct arena *a)
{
    if (s == NULL || date_is_given(s->used_on) || !subscription_charges_used(s, usage_type)) return;
    if (subscription_is_elsewhere_on(s, today)) return;
    for (size_t i = 0; i < out->events.count; i++) {
        const struct event *ev = &out->events.items[i];
        if (ev->type == EVENT_SUBSCRIPTION_USED && ev->subscription_used.subscription == s->subscription)
            return;
    }
    event_add(&out->events, EVENT_SUBSCRIPTION_USED, a)->subscription_used =
        (struct subscription_used){s->subscription, s->customer, today};
}

void end_with_plan(struct subscription *added, const struct subscription *plan)
{
    if (added->parent != plan->subscription || subscription_is_live(plan)) return;
    bool sooner = date_is_given(added->cancel_on) && date_compare(added->cancel_on, plan->ended_on) < 0;
    if (!sooner) added->cancel_on = plan->ended_on;
}

void add_accrued(struct decision *out, const struct accrual *due, struct arena *a)
{
    for (size_t i = 0; i < due->events.count; i++) {
        struct event *ev = event_add(&out->events, due->events.items[i].type, a);
        *ev = due->events.items[i];
    }
}

struct str gateway_key(const struct facts *f, uint64_t transaction, struct arena *a)
{
    return str_format(a, "%.*s/txn_%llu", STR_ARG(f->origin), (unsigned long long)transaction);
}

void add_payment_request(struct decision *out, const struct facts *f, const struct payment_wish *w,
                         struct arena *a)
{
    struct event *ev = event_add(&out->events, EVENT_PAYMENT_REQUESTED, a);
    ev->payment_requested = (struct payment_requested){.payment = w->number,
                                                       .customer = w->customer,
                                                       .method = w->method,
                                                       .amount = w->amount,
                                                       .description = w->description,
                                                       .invoice = w->invoice,
                                                       .gateway = w->gateway,
                                                       .gateway_key = gateway_key(f, w->number, a)};
}

enum err add_credit_refunds(struct decision *out, const struct facts *f, struct money amount,
                            struct str reason, struct arena *a, struct error *e)
{
    uint64_t number = f->counters.transaction;
    for (size_t i = 0; i < f->payments_count && amount.minor > 0; i++) {
        const struct transaction *p = &f->payments[i];
        struct money left = {0};
        if (!money_same_currency(p->amount, amount)) continue;
        enum err err = money_subtract(&left, p->amount, p->refunded, e);
        if (err != OK) return err;
        struct money part = money_min(left, amount);
        if (part.minor <= 0) continue;
        struct event *ev = event_add(&out->events, EVENT_REFUND_REQUESTED, a);
        ev->refund_requested = (struct refund_requested){.refund = number,
                                                         .payment = p->transaction,
                                                         .customer = p->customer,
                                                         .amount = part,
                                                         .from_credit = part,
                                                         .reason = reason,
                                                         .gateway = p->gateway,
                                                         .gateway_key = gateway_key(f, number, a)};
        number++;
        err = money_subtract(&amount, amount, part, e);
        if (err != OK) return err;
    }
    return OK;
}
