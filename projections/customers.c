/* SPDX-License-Identifier: MIT */
/* customers.c - who is billed: the newest data in the main row together with what the customer has
 * (subscription, methods, pending items, balances), replaced data under their version, and the way from a
 * user id to the number. */
#include "projections/fold.h"
#include "projections/listing.h"

enum err customer_zone(const struct zone **out, struct zones *z, const struct customer *c, struct error *e)
{
    enum err err = zone_find(out, z, c->timezone, e);
    return err == OK ? OK : wrap(e, "customer '%.*s'", STR_ARG(c->user));
}

static enum err customer_put(struct views_txn *t, const struct customer_row *row, struct error *e)
{
    struct view_key k = key_number(SPACE_CUSTOMER, row->customer.customer);
    return views_put_record(t, &k, &row_customer, row, e);
}

static enum err customer_need(struct customer_row *out, struct views_txn *t, uint64_t customer,
                              struct arena *a, struct error *e)
{
    struct view_key k = key_number(SPACE_CUSTOMER, customer);
    return row_need(out, &row_customer, t, &k, "customer", customer, a, e);
}

/* ---- user ids ---- */

enum { USER_ERASED = 16, USER_NUMBERS = 17 }; /* bytes */

/* Two numbers, whether he was erased, and behind them the name of the time zone, unless that is UTC: what an
 * import asks about every user must not cost it a row. */
static enum err user_put(struct views_txn *t, const struct customer *c, struct error *e)
{
    uint8_t value[USER_NUMBERS + LIMIT_CODE_BYTES];
    struct str zone = str_is(c->timezone, "UTC") ? STR_NONE : c->timezone;
    if (zone.len > LIMIT_CODE_BYTES) return fail(e, ERR_TAMPERED, "a time zone's name is too long");
    be64_put(value, c->customer);
    be64_put(value + 8, c->subscription);
    value[USER_ERASED] = c->erased != ERASURE_NONE;
    bytes_put(value + USER_NUMBERS, str_bytes(zone));
    struct view_key k = key_text(SPACE_USER, t, c->user);
    return views_put(t, &k, (struct bytes){value, USER_NUMBERS + zone.len}, e);
}

enum err user_get(struct user_entry *out, struct views_txn *t, struct str user, struct error *e)
{
    struct view_key k = key_text(SPACE_USER, t, user);
    struct bytes value = {0};
    *out = (struct user_entry){0};
    enum err err = views_get(&value, t, &k, e);
    if (err == ERR_NOT_FOUND) return OK;
    if (err != OK) return err;
    assert(value.len >= USER_NUMBERS);
    struct bytes zone = {value.ptr + USER_NUMBERS, value.len - USER_NUMBERS};
    *out = (struct user_entry){be64_get(value.ptr), be64_get(value.ptr + 8), bytes_str(zone),
                               value.ptr[USER_ERASED] != 0};
    return OK;
}

/* ---- folds ---- */

static enum err create(struct views_txn *t, const struct customer_created *v, struct instant at,
                       struct error *e)
{
    struct customer_row row = {
        .customer = {.customer = v->customer,
                     .version = 1,
                     .user = v->user,
                     .currency = v->currency,
                     .timezone = v->timezone,
                     .locale = v->locale,
                     .party = v->party,
                     .created_at = at,
                     .tax_exempt = v->tax_exempt,
                     .tax_exempt_reason = v->tax_exempt_reason,
                     .terms_days = v->terms_days,
                     .due_at_once = v->due_at_once,
                     .tax_country = v->tax_country.len > 0 ? v->tax_country : tax_country_of(&v->party)}};
    enum err err = customer_put(t, &row, e);
    return err != OK ? err : user_put(t, &row.customer, e);
}

/* Documents name the version that they were made out to. */
static enum err update(struct views_txn *t, const struct customer_updated *v, struct arena *a,
                       struct error *e)
{
    struct customer_row row = {.open_count = 0};
    enum err err = customer_need(&row, t, v->customer, a, e);
    if (err != OK) return err;
    struct customer *c = &row.customer;
    struct customer before = {.customer = c->customer,
                              .version = c->version,
                              .user = c->user,
                              .currency = c->currency,
                              .timezone = c->timezone,
                              .locale = c->locale,
                              .party = c->party,
                              .created_at = c->created_at,
                              .tax_exempt = c->tax_exempt,
                              .tax_exempt_reason = c->tax_exempt_reason,
                              .terms_days = c->terms_days,
                              .due_at_once = c->due_at_once,
                              .tax_country = c->tax_country};
    struct view_key k = key_pair(SPACE_CUSTOMER_VERSION, c->customer, c->version);
    err = views_put_record(t, &k, &schema_customer, &before, e);
    if (err != OK) return err;
    c->version = v->version;
    c->timezone = v->timezone;
    c->locale = v->locale;
    c->party = v->party;
    c->tax_exempt = v->tax_exempt;
    c->tax_exempt_reason = v->tax_exempt_reason;
    c->terms_days = v->terms_days;
    c->due_at_once = v->due_at_once;
    c->tax_country = v->tax_country.len > 0 ? v->tax_country : tax_country_of(&v->party);
    err = customer_put(t, &row, e);
    return err != OK || str_equal(c->timezone, before.timezone) ? err : user_put(t, c, e);
}

static uint64_t more(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* ---- dunning ---- */

/* The open campaigns but for one, which may follow. */
static struct campaign *campaigns_but(struct customer *c, uint64_t campaign, struct arena *a)
{
    struct campaign *left = arena_array_of(a, struct campaign, c->campaigns_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < c->campaigns_count; i++) {
        if (c->campaigns[i].campaign != campaign) left[count++] = c->campaigns[i];
    }
    c->campaigns = left;
    c->campaigns_count = count;
    return left + count;
}

/* As it was, to be changed; a new one of that number where there was none. It is the last one then. */
static struct campaign *campaign_at_hand(struct customer *c, uint64_t campaign, struct arena *a)
{
    struct campaign was = {.campaign = campaign};
    for (size_t i = 0; i < c->campaigns_count; i++) {
        if (c->campaigns[i].campaign == campaign) was = c->campaigns[i];
    }
    struct campaign *now = campaigns_but(c, campaign, a);
    c->campaigns_count++;
    c->dunned = more(c->dunned, campaign);
    *now = was;
    return now;
}

static void note_attempted(struct customer *c, const struct dunning_attempted *v, struct arena *a)
{
    struct campaign *now = campaign_at_hand(c, v->campaign, a);
    now->attempt = v->attempt;
    now->on = v->on;
    now->amount = v->amount;
    now->attempts = v->attempts;
    now->next_on = v->next_on;
}

static void note_exhausted(struct customer *c, const struct dunning_exhausted *v, struct arena *a)
{
    struct campaign *now = campaign_at_hand(c, v->campaign, a);
    if (now->attempt == 0) now->amount = v->amount; /* it begins with this */
    if (now->attempt == 0) now->on = v->on;
    now->exhausted_on = v->on;
    now->next_on = (struct date){0};
}

/* What he was told of a campaign. */
static void note_told(struct customer *c, const struct reminder_due *v, struct arena *a)
{
    c->reminders = v->reminder;
    if (v->campaign == 0) return;
    struct campaign *now = campaign_at_hand(c, v->campaign, a);
    if (v->kind == REMINDER_DECLINED) now->told_attempt = v->attempt;
    if (v->kind == REMINDER_BEFORE_END) now->told_before_end = true;
    if (v->kind == REMINDER_ENDED) now->told_end = true;
}

static void note_dunning(struct customer *c, const struct event *ev, struct arena *a)
{
    if (ev->type == EVENT_DUNNING_ATTEMPTED) note_attempted(c, &ev->dunning_attempted, a);
    if (ev->type == EVENT_DUNNING_ENDED) (void)campaigns_but(c, ev->dunning_ended.campaign, a);
    if (ev->type == EVENT_DUNNING_EXHAUSTED) note_exhausted(c, &ev->dunning_exhausted, a);
    if (ev->type == EVENT_REMINDER_DUE) note_told(c, &ev->reminder_due, a);
}

static void note_gateway(struct customer *c, struct str gateway, struct str gateway_customer)
{
    if (gateway_customer.len == 0) return;
    c->gateway = gateway;
    c->gateway_customer = gateway_customer;
}

/* What subscriptions, methods, alerts and coupons change about the main row. */
static enum err note(struct customer *c, const struct event *ev, struct views_txn *t, struct error *e)
{
    if (ev->type == EVENT_SUBSCRIPTION_CREATED) {
        c->subscription = ev->subscription_created.subscription;
        return user_put(t, c, e);
    }
    if (ev->type == EVENT_PAYMENT_METHOD_ADDED) {
        c->methods = ev->payment_method_added.method;
        if (ev->payment_method_added.is_default) c->default_method = c->methods;
        note_gateway(c, ev->payment_method_added.gateway, ev->payment_method_added.gateway_customer);
    } else if (ev->type == EVENT_PAYMENT_METHOD_REMOVED) {
        const struct payment_method_removed *v = &ev->payment_method_removed;
        if (v->new_default != 0 || c->default_method == v->method) c->default_method = v->new_default;
    } else if (ev->type == EVENT_PAYMENT_METHOD_MADE_DEFAULT) {
        c->default_method = ev->payment_method_made_default.method;
    } else if (ev->type == EVENT_CUSTOMER_MADE_KNOWN) {
        note_gateway(c, ev->customer_made_known.gateway, ev->customer_made_known.gateway_customer);
    } else if (ev->type == EVENT_COUPON_REDEEMED) {
        c->coupons = ev->coupon_redeemed.redemption;
    } else if (ev->type == EVENT_INVOICE_DRAFTED) {
        c->draft = ev->invoice_drafted.draft;
    } else if (ev->type == EVENT_DRAFT_DISCARDED) {
        c->draft = 0;
    }
    if (ev->type == EVENT_USAGE_ALERT_SET) c->alerts = more(c->alerts, ev->usage_alert_set.alert);
    if (ev->type == EVENT_QUOTA_ALERT_SET) c->alerts = more(c->alerts, ev->quota_alert_set.alert);
    if (ev->type == EVENT_WALLET_ALERT_SET) c->alerts = more(c->alerts, ev->wallet_alert_set.alert);
    return OK;
}

/* ---- erasure ---- */

static void note_erased(struct customer *c, const struct customer_erased *v, struct instant at)
{
    c->erased = v->scope;
    c->erased_at = at;
    c->erase_from = v->from;
    c->erase_ground = v->ground;
}

static void note_held(struct customer *c, const struct customer_held *v, const struct event_place *place)
{
    c->held = true;
    c->hold_reason = v->reason;
    c->held_by = place->actor;
    c->held_at = place->at;
    c->hold_until = v->until;
}

static void note_released(struct customer *c)
{
    c->held = false;
    c->hold_reason = c->held_by = STR_NONE;
    c->held_at = (struct instant){0};
    c->hold_until = (struct date){0};
}

static enum err note_keeping(struct views_txn *t, const struct event *ev, const struct event_place *place,
                             struct arena *a, struct error *e)
{
    struct customer_row row = {.open_count = 0};
    enum err err = customer_need(&row, t, event_customer(ev), a, e);
    if (err != OK) return err;
    if (ev->type == EVENT_CUSTOMER_ERASED) note_erased(&row.customer, &ev->customer_erased, place->at);
    if (ev->type == EVENT_CUSTOMER_HELD) note_held(&row.customer, &ev->customer_held, place);
    if (ev->type == EVENT_CUSTOMER_RELEASED) note_released(&row.customer);
    err = customer_put(t, &row, e);
    return err == OK && ev->type == EVENT_CUSTOMER_ERASED ? user_put(t, &row.customer, e) : err;
}

static bool is_of_keeping(enum event_type type)
{
    return type == EVENT_CUSTOMER_ERASED || type == EVENT_CUSTOMER_HELD || type == EVENT_CUSTOMER_RELEASED;
}

static bool is_of_wallet(enum event_type type)
{
    return type == EVENT_WALLET_GRANTED || type == EVENT_WALLET_EXPIRED || type == EVENT_WALLET_VOIDED;
}

/* Balances, open invoices, and pending items and grants, which are counted where they are kept. */
static enum err move_money(struct customer_row *row, const struct event *ev, struct views_txn *t,
                           struct arena *a, struct error *e)
{
    struct pending_items pending = {0};
    bool items = ev->type == EVENT_ITEM_ADDED ||
                 (ev->type == EVENT_INVOICE_FINALIZED && row->customer.pending_items > 0);
    struct customer_row before = *row;
    bool grants = is_of_wallet(ev->type) ||
                  (ev->type == EVENT_INVOICE_FINALIZED &&
                   (row->customer.open_grants > 0 || ev->invoice_finalized.returns_count > 0));
    if (ev->type == EVENT_INVOICE_FINALIZED && ev->invoice_finalized.draft != 0) row->customer.draft = 0;
    if (ev->type == EVENT_INVOICE_FINALIZED &&
        date_compare(ev->invoice_finalized.issue_date, row->customer.last_document) > 0)
        row->customer.last_document = ev->invoice_finalized.issue_date;
    enum err err = balances_change(&row->customer, ev, a, e);
    if (err == OK) err = open_invoices_change(row, ev, a, e);
    if (err == OK) err = due_invoices(t, &before, row, e);
    if (ev->type == EVENT_WALLET_GRANTED) row->customer.grants = ev->wallet_granted.grant;
    if (err == OK && grants)
        err = open_grants_count(&row->customer.open_grants, t, row->customer.customer, a, e);
    if (err != OK || !items) return err;
    err = pending_get(&pending, t, row->customer.customer, a, e);
    row->customer.pending_items = pending.items_count;
    return err;
}

static bool moves_money(enum event_type type)
{
    return type == EVENT_ITEM_ADDED || type == EVENT_INVOICE_FINALIZED || type == EVENT_INVOICE_VOIDED ||
           type == EVENT_INVOICE_WRITTEN_OFF || type == EVENT_PAYMENT_SUCCEEDED ||
           type == EVENT_REFUND_REQUESTED || type == EVENT_REFUND_FAILED || type == EVENT_REFUND_RETURNED ||
           is_of_wallet(type);
}

static bool asks_method(enum event_type type)
{
    return type == EVENT_PAYMENT_REQUESTED || type == EVENT_PAYMENT_SUCCEEDED || type == EVENT_PAYMENT_FAILED;
}

static bool concerns_customer(enum event_type type)
{
    return moves_money(type) || asks_method(type) || type == EVENT_DUNNING_ATTEMPTED ||
           type == EVENT_DUNNING_ENDED || type == EVENT_DUNNING_EXHAUSTED || type == EVENT_REMINDER_DUE ||
           type == EVENT_SUBSCRIPTION_CREATED || type == EVENT_PAYMENT_METHOD_ADDED ||
           type == EVENT_PAYMENT_METHOD_REMOVED || type == EVENT_PAYMENT_METHOD_MADE_DEFAULT ||
           type == EVENT_PAYMENT_METHOD_UPDATED || type == EVENT_CUSTOMER_MADE_KNOWN ||
           type == EVENT_USAGE_ALERT_SET || type == EVENT_QUOTA_ALERT_SET || type == EVENT_WALLET_ALERT_SET ||
           type == EVENT_COUPON_REDEEMED || type == EVENT_INVOICE_DRAFTED || type == EVENT_DRAFT_DISCARDED;
}

/* Credit that a customer brings from another system. */
static bool opens_credit(const struct event *ev)
{
    const struct object_imported *v = &ev->object_imported;
    return ev->type == EVENT_OBJECT_IMPORTED && v->kind == IMPORTED_CUSTOMER && !money_is_zero(v->opening);
}

static bool is_pending(const struct customer_row *row, uint64_t invoice)
{
    for (size_t i = 0; i < row->pending_count; i++) {
        if (row->pending[i].invoice == invoice) return true;
    }
    return false;
}

/* Another payment method may pay what the one before did not, and so may one that was renewed: nobody has
 * asked it yet. */
static void wake_invoices(struct customer_row *row, const struct customer *before, const struct event *ev,
                          struct arena *a)
{
    bool chosen = ev->type == EVENT_PAYMENT_METHOD_ADDED || ev->type == EVENT_PAYMENT_METHOD_MADE_DEFAULT;
    bool renewed = ev->type == EVENT_PAYMENT_METHOD_UPDATED &&
                   ev->payment_method_updated.method == row->customer.default_method;
    if (chosen && row->customer.default_method == before->default_method) chosen = false;
    if ((!chosen && !renewed) || row->open_count == 0) return;
    struct open_invoice *open = arena_array_of(a, struct open_invoice, row->open_count);
    for (size_t i = 0; i < row->open_count; i++) {
        open[i] = row->open[i];
        if (!is_pending(row, open[i].invoice)) open[i].asked = (struct instant){0};
        open[i].code = open[i].advice = STR_NONE;
        open[i].told_ask = open[i].told_failed = false;
    }
    row->open = open;
}

/* What he was told of invoices. */
static void note_reminded(struct customer_row *row, const struct reminder_due *v, struct arena *a)
{
    struct open_invoice *open = arena_array_of(a, struct open_invoice, row->open_count);
    for (size_t i = 0; i < row->open_count; i++) {
        open[i] = row->open[i];
        for (size_t k = 0; k < v->invoices_count; k++) {
            if (v->invoices[k].invoice != open[i].invoice) continue;
            if (v->kind == REMINDER_DUE || v->kind == REMINDER_OVERDUE) open[i].told_days = v->days + 1;
            if (v->kind == REMINDER_ASK) open[i].told_ask = true;
            if (v->kind == REMINDER_FAILED) open[i].told_failed = true;
        }
    }
    row->open = open;
}

enum err fold_customers(struct views_txn *t, const struct event *ev, const struct event_place *place,
                        struct arena *a, struct error *e)
{
    if (ev->type == EVENT_CUSTOMER_CREATED) return create(t, &ev->customer_created, place->at, e);
    if (ev->type == EVENT_CUSTOMER_UPDATED) return update(t, &ev->customer_updated, a, e);
    if (is_of_keeping(ev->type)) return note_keeping(t, ev, place, a, e);
    bool credit = opens_credit(ev);
    if (!concerns_customer(ev->type) && !credit) return OK;
    struct customer_row row = {.open_count = 0};
    enum err err = customer_need(&row, t, event_customer(ev), a, e);
    struct customer_row before = row;
    if (err == OK)
        err = moves_money(ev->type) || credit ? move_money(&row, ev, t, a, e) : note(&row.customer, ev, t, e);
    if (err != OK) return err;
    note_dunning(&row.customer, ev, a);
    pending_payments_change(&row, ev, place->at, a);
    wake_invoices(&row, &before.customer, ev, a);
    if (ev->type == EVENT_REMINDER_DUE) note_reminded(&row, &ev->reminder_due, a);
    err = due_collection(t, &before, &row, e);
    return err != OK ? err : customer_put(t, &row, e);
}

/* ---- queries ---- */

enum err customer_row_load(struct customer_row *out, struct views_txn *t, uint64_t customer, struct arena *a,
                           struct error *e)
{
    struct view_key k = key_number(SPACE_CUSTOMER, customer);
    return row_load(out, &row_customer, t, &k, "customer cus_", customer, a, e);
}

enum err load_customer(struct customer *out, struct views_txn *t, uint64_t customer, struct arena *a,
                       struct error *e)
{
    struct customer_row row = {.open_count = 0};
    enum err err = customer_row_load(&row, t, customer, a, e);
    if (err == OK) *out = row.customer;
    return err;
}

enum err load_debtor(struct debtor *out, struct views_txn *t, uint64_t customer, struct arena *a,
                     struct error *e)
{
    struct customer_row *row = arena_new_of(a, struct customer_row);
    enum err err = customer_row_load(row, t, customer, a, e);
    if (err == OK) *out = (struct debtor){&row->customer, row->open, row->open_count};
    return err;
}

enum err find_customer(struct customer *out, struct views_txn *t, struct str user, struct arena *a,
                       struct error *e)
{
    struct user_entry entry = {0};
    enum err err = user_get(&entry, t, user, e);
    if (err != OK) return err;
    if (entry.customer != 0) return load_customer(out, t, entry.customer, a, e);
    struct str shown = text_quotable(user);
    return fail(e, ERR_NOT_FOUND, "no customer '%.*s'", STR_ARG(shown));
}

enum err load_customer_version(struct customer *out, struct views_txn *t, uint64_t customer, uint64_t version,
                               struct arena *a, struct error *e)
{
    enum err err = load_customer(out, t, customer, a, e);
    if (err != OK || out->version == version) return err;
    struct view_key k = key_pair(SPACE_CUSTOMER_VERSION, customer, version);
    err = row_get(out, &schema_customer, t, &k, a, e);
    if (err != ERR_NOT_FOUND) return err;
    return fail(e, ERR_NOT_FOUND, "no version %ju of customer cus_%ju", (uintmax_t)version,
                (uintmax_t)customer);
}

static bool is_wanted(const struct list_query *q, const void *row)
{
    const struct customer_row *c = row;
    bool due =
        c->customer.erased == ERASURE_CONTACT && date_compare(c->customer.erase_from, q->erase_due) <= 0;
    if (date_is_given(q->erase_due) && !due) return false;
    if (q->status > 0 && (int)c->customer.erased != q->status) return false;
    return is_within(q, instant_date(c->customer.created_at));
}

static enum err give(const struct listing *l, struct error *e)
{
    const struct customer_row *row = l->row;
    return l->visitor.customer(l->context, &row->customer, e);
}

enum err list_customers(struct views_txn *t, const struct list_query *q, customer_row_fn *row, void *context,
                        struct arena *a, struct error *e)
{
    struct customer_row c = {.open_count = 0};
    struct listing l = {.q = q,
                        .t = t,
                        .schema = &row_customer,
                        .row = &c,
                        .is_wanted = is_wanted,
                        .give = give,
                        .visitor.customer = row,
                        .context = context,
                        .arena = a};
    struct view_key prefix = view_key(SPACE_CUSTOMER);
    if (q->customer != 0) view_key_u64(&prefix, q->customer);
    return list_values(&l, &prefix, false, e);
}
