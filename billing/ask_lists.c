/* SPDX-License-Identifier: MIT */
/* ask_lists.c - questions whose answers are rows. Rows are handed on one by one, so that a list may be longer
 * than memory. */
#include "billing/answers.h"

/* A list being answered. The rows live in an arena of their own, which is emptied after each. */
struct listing {
    const struct call *call;
    struct views_txn *txn;
    struct arena *rows;
    struct names names;
    struct customer customer; /* whose list it is; {0}: everybody's */
    uint64_t told, limit;
    const char *status;   /* only those that are shown with it; NULL: all */
    bool action_required; /* only payments that wait for their customers */
};

static enum err list_begin(struct listing *l, const struct call *c, struct str user, struct error *e)
{
    *l = (struct listing){.call = c, .rows = arena_new()};
    enum err err = ledger_read_begin(&l->txn, c->service->ledger, e);
    l->names = names_of(l->txn, l->rows);
    return err != OK || user.len == 0 ? err : find_customer(&l->customer, l->txn, user, c->arena, e);
}

static enum err list_end(struct listing *l, enum err err)
{
    ledger_read_end(l->call->service->ledger, l->txn);
    arena_free(l->rows);
    return err;
}

static enum err tell(struct listing *l, json_t *row, struct error *e)
{
    enum err err = l->call->answer->take(l->call->answer->self, row, true, e);
    arena_reset(l->rows);
    return err;
}

/* For lists that the views do not limit themselves. */
static bool is_over(struct listing *l)
{
    return l->limit != 0 && l->told++ >= l->limit;
}

enum err answer_word(int *out, const char *what, const struct choice *words, int first, struct str given,
                     struct error *e)
{
    *out = -1;
    if (given.len == 0 || (choice_parse(out, words, given) && *out >= first)) return OK;
    struct buffer all = {.arena = NULL};
    for (size_t i = (size_t)first; i < words->count; i++)
        buffer_print(&all, "%s%s", all.len == 0 ? "" : ", ", words->words[i]);
    struct str shown = text_quotable(given);
    enum err err = fail(e, ERR_INVALID, "%s '%.*s' is not one of %.*s", what, STR_ARG(shown), (int)all.len,
                        (const char *)all.ptr);
    buffer_free(&all);
    return err;
}

enum err answer_status_word(int *out, const struct choice *words, struct str given, struct error *e)
{
    return answer_word(out, "status", words, 0, given, e);
}

/* ---- rows
 * ---------------------------------------------------------------------------------------------------------
 */

static enum err tell_customer(void *context, const struct customer *row, struct error *e)
{
    struct listing *l = context;
    return tell(l, customer_json(row, l->txn, l->rows), e);
}

static enum err tell_subscription(void *context, const struct subscription *row, struct error *e)
{
    struct listing *l = context;
    struct date today = service_today(l->call->service, timezone_of(&l->names, row->customer));
    return tell(l, subscription_json(row, today, &l->names), e);
}

static enum err tell_invoice(void *context, const struct invoice *row, struct error *e)
{
    struct listing *l = context;
    return tell(l, invoice_json(row, false, &l->names), e);
}

static enum err tell_transaction(void *context, const struct transaction *row, struct error *e)
{
    struct listing *l = context;
    bool other = l->status != NULL && strcmp(l->status, transaction_status_shown(row)) != 0;
    if (other || (l->action_required && !payment_wants_customer(row))) {
        arena_reset(l->rows);
        return OK;
    }
    enum err err = tell(l, transaction_json(row, &l->names), e);
    return err == OK && ++l->told == l->limit ? ERR_NOT_FOUND : err;
}

static enum err tell_history(void *context, const struct history *row, struct error *e)
{
    struct listing *l = context;
    json_t *j = object_new();
    member_date(j, "date", row->date);
    member_text_or_null(j, "old_tier", row->old_tier);
    member_text_or_null(j, "new_tier", row->new_tier);
    member_id(j, "subscription_id", "sub", row->subscription);
    return tell(l, j, e);
}

/* ---- questions ---- */

static enum err read_erasure(struct list_query *out, struct str word, struct date today, struct error *e)
{
    if (str_is(word, "due"))
        out->erase_due = today;
    else if (word.len > 0)
        return answer_status_word(&out->status, &choice_erasure, word, e);
    return OK;
}

enum err ask_customer_list(const struct call *c, struct error *e)
{
    const struct customer_list_query *q = c->query;
    struct listing l = {0};
    struct list_query lq = {.limit = q->limit, .status = -1};
    enum err err = list_begin(&l, c, STR_NONE, e);
    if (err == OK) err = read_erasure(&lq, q->erasure, service_today(c->service, STR_NONE), e);
    if (err == OK && q->after.len > 0) err = service_customer(&lq.after, l.txn, q->after, c->arena, e);
    if (err == OK) err = list_customers(l.txn, &lq, tell_customer, &l, l.rows, e);
    return list_end(&l, err);
}

enum err ask_subscription_list(const struct call *c, struct error *e)
{
    const struct subscription_list_query *q = c->query;
    struct listing l = {0};
    struct list_query lq = {.limit = q->limit};
    struct customer who = {0};
    enum err err = list_begin(&l, c, STR_NONE, e);
    if (err == OK) err = answer_status_word(&lq.status, &choice_subscription_status, q->status, e);
    if (err == OK && q->customer.len != 0) err = find_customer(&who, l.txn, q->customer, c->arena, e);
    lq.customer = who.customer;
    if (err == OK && q->after.len > 0) err = public_id_parse(&lq.after, "sub", q->after, e);
    if (err == OK) err = list_subscriptions(l.txn, &lq, tell_subscription, &l, l.rows, e);
    return list_end(&l, err);
}

enum err ask_subscription_history(const struct call *c, struct error *e)
{
    const struct subscription_history_query *q = c->query;
    struct listing l = {0};
    enum err err = list_begin(&l, c, q->user, e);
    struct list_query lq = {.customer = l.customer.customer, .limit = q->limit, .status = -1};
    if (err == OK) err = list_history(l.txn, &lq, tell_history, &l, l.rows, e);
    return list_end(&l, err);
}

enum err ask_payment_list(const struct call *c, struct error *e)
{
    const struct payment_list_query *q = c->query;
    struct listing l = {0};
    enum err err = list_begin(&l, c, q->user, e);
    struct list_query lq = {.customer = l.customer.customer, .from = q->from, .to = q->to, .status = -1};
    int status = -1; /* as it is shown, which is not always as it is kept */
    l.limit = q->limit;
    if (err == OK) err = service_days(q->from, q->to, e);
    l.action_required = str_is(q->status, "action_required");
    if (err == OK && !l.action_required) {
        err = answer_status_word(&status, &choice_transaction_status, q->status, e);
        if (err != OK) err = fail(e, err, "%s, action_required", e->text);
    }
    if (status >= 0) l.status = choice_transaction_status.words[status];
    if (err == OK && q->after.len > 0) err = public_id_parse(&lq.after, "txn", q->after, e);
    if (err == OK) err = list_transactions(l.txn, &lq, tell_transaction, &l, l.rows, e);
    return list_end(&l, err);
}

enum err ask_invoice_list(const struct call *c, struct error *e)
{
    const struct invoice_list_query *q = c->query;
    struct listing l = {0};
    enum err err = list_begin(&l, c, q->user, e);
    struct list_query lq = {.customer = l.customer.customer, .from = q->from, .to = q->to, .limit = q->limit};
    if (err == OK) err = service_days(q->from, q->to, e);
    if (err == OK) err = answer_status_word(&lq.status, &choice_invoice_status, q->status, e);
    struct invoice before = {0};
    if (err == OK && q->after.len > 0) err = find_invoice(&before, l.txn, q->after, c->arena, e);
    lq.after = before.invoice;
    if (err == OK) err = list_invoices(l.txn, &lq, tell_invoice, &l, l.rows, e);
    return list_end(&l, err);
}

enum err ask_payment_method_list(const struct call *c, struct error *e)
{
    const struct payment_method_list_query *q = c->query;
    struct listing l = {0};
    struct method *methods = NULL;
    size_t count = 0;
    enum err err = list_begin(&l, c, q->user, e);
    l.limit = q->limit;
    if (err == OK) err = list_methods(&methods, &count, l.txn, l.customer.customer, c->arena, e);
    for (size_t i = 0; i < count && err == OK && !is_over(&l); i++) {
        err = tell(&l, method_json(&methods[i], &l.customer), e);
    }
    return list_end(&l, err);
}

enum err ask_coupon_list(const struct call *c, struct error *e)
{
    const struct coupon_list_query *q = c->query;
    struct listing l = {0};
    struct redemption *coupons = NULL;
    size_t count = 0;
    enum err err = list_begin(&l, c, q->user, e);
    l.limit = q->limit;
    if (err == OK) err = list_coupons(&coupons, &count, l.txn, l.customer.customer, c->arena, e);
    for (size_t i = 0; i < count && err == OK && !is_over(&l); i++)
        err = tell(&l, coupon_json(&coupons[i]), e);
    return list_end(&l, err);
}

enum err ask_alert_list(const struct call *c, struct error *e)
{
    const struct alert_list_query *q = c->query;
    struct listing l = {0};
    struct alert *alerts = NULL;
    size_t count = 0;
    enum err err = list_begin(&l, c, q->user, e);
    l.limit = q->limit;
    if (err == OK) err = list_alerts(&alerts, &count, l.txn, l.customer.customer, c->arena, e);
    for (size_t i = 0; i < count && err == OK && !is_over(&l); i++)
        err = tell(&l, alert_json(&alerts[i], q->user), e);
    return list_end(&l, err);
}

enum err ask_wallet_list(const struct call *c, struct error *e)
{
    const struct wallet_list_query *q = c->query;
    struct listing l = {0};
    struct wallet_grant *grants = NULL;
    size_t count = 0;
    int status = -1;
    enum err err = list_begin(&l, c, q->user, e);
    l.limit = q->limit;
    if (err == OK) err = answer_status_word(&status, &choice_grant_status, q->status, e);
    if (err == OK) err = list_grants(&grants, &count, l.txn, l.customer.customer, c->arena, e);
    for (size_t i = 0; i < count && err == OK; i++) {
        if (status >= 0 && grants[i].status != (enum grant_status)status) continue;
        if (is_over(&l)) break;
        err = tell(&l, grant_json(&grants[i], &l.names), e);
    }
    return list_end(&l, err);
}

static enum err tell_dunned(struct listing *l, const struct dunning *rule, const struct debtor *d,
                            struct date today, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < d->open_count && err == OK; i++) {
        struct dunned v = {0};
        if (!open_invoice_is_first(d, i)) continue;
        err = dunning_look(&v, rule, d, d->open[i].left.currency, today, e);
        if (err == OK && v.state != DUNNING_NOTHING) err = tell(l, dunned_json(&v, d->customer->user), e);
    }
    return err;
}

enum err ask_dunning_show(const struct call *c, struct error *e)
{
    const struct dunning_show_query *q = c->query;
    struct listing l = {0};
    struct debtor d = {0};
    struct catalog catalog = {0};
    uint64_t version = 0;
    enum err err = list_begin(&l, c, q->user, e);
    struct date today = service_today(c->service, l.customer.timezone);
    if (err == OK) err = load_debtor(&d, l.txn, l.customer.customer, c->arena, e);
    if (err == OK) err = catalog_in_force(&version, l.txn, today, 0, c->arena, e);
    if (err == OK && version != 0) err = load_catalog(&catalog, l.txn, version, c->arena, e);
    if (err == OK) err = tell_dunned(&l, &catalog.dunning, &d, today, e);
    return list_end(&l, err);
}

enum err ask_entitlement_list(const struct call *c, struct error *e)
{
    const struct entitlement_list_query *q = c->query;
    struct listing l = {0};
    struct entitled_user u = {0};
    struct world w = c->service->world;
    enum err err = list_begin(&l, c, STR_NONE, e);
    l.limit = q->limit;
    if (err == OK)
        err = load_entitled(&u, l.txn, ledger_zones(c->service->ledger), q->user, w.now(w.self), c->arena, e);
    struct codes codes = entitlement_codes(&u.facts, c->arena);
    for (size_t i = 0; i < codes.count && err == OK && !is_over(&l); i++) {
        struct entitlement v = {0};
        err = entitlement_of(&v, &u.facts, codes.items[i], e);
        if (err == OK) err = tell(&l, entitlement_json(&v, q->user, codes.items[i]), e);
    }
    return list_end(&l, err);
}

enum err ask_catalog_history(const struct call *c, struct error *e)
{
    const struct catalog_history_query *q = c->query;
    struct listing l = {0};
    struct catalog newest = {0};
    uint64_t in_force = 0;
    enum err err = list_begin(&l, c, STR_NONE, e);
    l.limit = q->limit;
    if (err == OK) {
        struct date today = service_seller_today(c->service, l.txn, c->arena);
        err = catalog_in_force(&in_force, l.txn, today, 0, c->arena, e);
    }
    if (err == OK) err = load_catalog(&newest, l.txn, 0, c->arena, e);
    if (err == ERR_NOT_FOUND) return list_end(&l, OK); /* none yet: a list of none */
    for (uint64_t version = 1; version <= newest.version && err == OK && !is_over(&l); version++) {
        struct catalog v = {0};
        err = load_catalog(&v, l.txn, version, l.rows, e);
        if (err != OK) break;
        json_t *j = object_new();
        member_count(j, "version", v.version);
        member_text(j, "name", v.name);
        member_date(j, "from", catalog_first_day(&v));
        member_flag(j, "in_force", v.version == in_force);
        member_instant(j, "loaded_at", v.loaded_at);
        member_count(j, "products", v.products_count);
        member_count(j, "prices", v.prices_count);
        member_hash(j, "sha256", &v.sha256);
        err = tell(&l, j, e);
    }
    return list_end(&l, err);
}

/* ---- usage readings ---- */

struct readings_asked {
    struct listing list;
    const struct usage_list_query *query;
    const struct zone *zone; /* where the customer is */
};

static bool is_asked_for(const struct readings_asked *r, const struct reading *v)
{
    const struct usage_list_query *q = r->query;
    if (q->usage_type.len != 0 && !str_equal(q->usage_type, v->usage_type)) return false;
    struct date day = zone_date(r->zone, v->at);
    if (date_is_given(q->from) && date_compare(day, q->from) < 0) return false;
    return !date_is_given(q->to) || date_compare(day, q->to) <= 0;
}

static enum err tell_reading(void *context, const struct listed_reading *row, struct error *e)
{
    struct readings_asked *r = context;
    if (!is_asked_for(r, &row->reading)) return OK;
    if (is_over(&r->list)) return ERR_NOT_FOUND;
    json_t *j = object_new();
    member_text(j, "reading", reading_name(r->list.rows, row->seq, row->place));
    member_text_or_null(j, "event_id", row->reading.event_id);
    member_text(j, "usage_type", row->reading.usage_type);
    member_instant(j, "at", row->reading.at);
    member_decimal(j, "amount", row->reading.quantity);
    member_decimal(j, "counts", row->canceled ? (struct decimal){0} : row->counts);
    member_flag(j, "canceled", row->canceled);
    member_date(j, "period_start", row->reading.period);
    member_text_or_null(j, "key", row->reading.key);
    return tell(&r->list, j, e);
}

enum err ask_usage_list(const struct call *c, struct error *e)
{
    const struct usage_list_query *q = c->query;
    struct ledger *ledger = c->service->ledger;
    struct readings_asked r = {.query = q};
    struct listing *l = &r.list;
    enum err err = list_begin(l, c, q->user, e);
    l->limit = q->limit;
    if (err == OK) err = service_days(q->from, q->to, e);
    if (err == OK) err = zone_find(&r.zone, ledger_zones(ledger), l->customer.timezone, e);
    if (err == OK) err = list_readings(l->txn, ledger, l->customer.customer, tell_reading, &r, e);
    return list_end(l, err);
}

struct rates_listing {
    struct listing list;
    struct str from;
};

static enum err tell_exchange_rate(void *context, const struct exchange_rate *row, struct error *e)
{
    struct rates_listing *r = context;
    if (is_over(&r->list)) return ERR_NOT_FOUND;
    if (r->from.len > 0 && !str_equal(r->from, row->from)) return OK;
    return tell(&r->list, exchange_rate_json(row), e);
}

enum err ask_exchange_rate_list(const struct call *c, struct error *e)
{
    const struct exchange_rate_list_query *q = c->query;
    struct rates_listing r = {.from = q->from};
    enum err err = list_begin(&r.list, c, STR_NONE, e);
    r.list.limit = q->limit;
    if (err == OK) err = list_exchange_rates(r.list.txn, tell_exchange_rate, &r, c->arena, e);
    return list_end(&r.list, err);
}
