/* SPDX-License-Identifier: MIT */
/* gather.c - which facts which command needs: one table. What is not known is NULL or none, and refusing is
 * left to the decision; an error here is damage, storage, or a time zone that this machine does not know.
 * Here an instant becomes a date, and nowhere else: what decisions and events hold is the date. */
#include "projections/gather.h"

/* ---- one loader a fact ---- */

/* Absence is an answer for all that a command names. */
static enum err unless_missing(enum err err)
{
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err gather_seller(struct gathering *g)
{
    struct seller *s = arena_new_of(g->arena, struct seller);
    enum err err = load_seller(s, g->t, 0, g->arena, g->e);
    if (err == OK) g->facts->seller = s;
    return unless_missing(err);
}

/* The one in force, unless the command names one. */
static enum err gather_catalog(struct gathering *g)
{
    const struct command *c = g->command;
    bool named = c->type == COMMAND_SUBSCRIPTION_MIGRATE;
    uint64_t version = named ? c->subscription_migrate.version : 0;
    if (version >= g->facts->counters.catalog) return OK;
    enum err err = named ? OK : catalog_in_force(&version, g->t, g->facts->today, 0, g->arena, g->e);
    if (err != OK || version == 0) return err;
    return catalog_kept(&g->facts->catalog, g->t, version, g->e);
}

static enum err gather_newest_catalog(struct gathering *g)
{
    uint64_t version = g->facts->counters.catalog - 1;
    return version == 0 ? OK : catalog_kept(&g->facts->newest_catalog, g->t, version, g->e);
}

/* Most are of the version in force, which stays the one that is kept for the commands to come. */
static enum err gather_version(const struct catalog **out, struct gathering *g, uint64_t version)
{
    const struct catalog *in_force = g->facts->catalog;
    if (version == 0) return OK;
    *out = in_force;
    if (in_force != NULL && in_force->version == version) return OK;
    struct catalog *c = arena_new_of(g->arena, struct catalog);
    *out = c;
    return load_catalog(c, g->t, version, g->arena, g->e);
}

static enum err gather_pinned_catalogs(struct gathering *g)
{
    const struct subscription *s = g->facts->subscription;
    if (s == NULL) return OK;
    enum err err = gather_version(&g->facts->own_catalog, g, s->terms.catalog_version);
    return err == OK ? gather_version(&g->facts->next_catalog, g, s->next_terms.catalog_version) : err;
}

static enum err gather_coupons(struct gathering *g)
{
    struct coupon_list row = {0};
    if (g->facts->customer == NULL || g->facts->customer->coupons == 0) return OK;
    enum err err = coupons_get(&row, g->t, g->facts->customer->customer, g->arena, g->e);
    g->facts->coupons = row.coupons;
    g->facts->coupons_count = row.coupons_count;
    return err;
}

static enum err gather_methods(struct gathering *g)
{
    struct method_list row = {0};
    if (g->facts->customer == NULL || g->facts->customer->methods == 0) return OK;
    enum err err = methods_get(&row, g->t, g->facts->customer->customer, g->arena, g->e);
    g->facts->methods = row.methods;
    g->facts->methods_count = row.methods_count;
    return err;
}

static enum err gather_alerts(struct gathering *g)
{
    struct alert_list row = {0};
    if (g->facts->customer == NULL || g->facts->customer->alerts == 0) return OK;
    enum err err = alerts_get(&row, g->t, g->facts->customer->customer, g->arena, g->e);
    g->facts->alerts = row.alerts;
    g->facts->alerts_count = row.alerts_count;
    return err;
}

static enum err load_one_invoice(struct gathering *g, struct str named, uint64_t number)
{
    struct invoice *v = arena_new_of(g->arena, struct invoice);
    enum err err = number != 0 ? load_invoice(v, g->t, number, g->arena, g->e)
                               : find_invoice(v, g->t, named, g->arena, g->e);
    if (err == OK) g->facts->invoice = v;
    return unless_missing(err);
}

/* The invoice that the command names, or that the transaction was made for. */
static enum err gather_invoice(struct gathering *g)
{
    const struct command *c = g->command;
    if (c->type == COMMAND_PAYMENT_CHARGE && c->payment_charge.invoice.len > 0)
        return load_one_invoice(g, c->payment_charge.invoice, 0);
    const struct transaction *v = g->facts->transaction;
    return v != NULL && v->invoice != 0 ? load_one_invoice(g, STR_NONE, v->invoice) : OK;
}

static enum err gather_run(struct gathering *g)
{
    const struct command *c = g->command;
    uint64_t number = c->type == COMMAND_RUN_COMPLETE ? c->run_complete.run
                      : c->type == COMMAND_RUN_CHECK  ? c->run_check.run
                                                      : 0;
    if (c->type == COMMAND_RUN_START) {
        enum err err = run_newest(&number, g->t, c->run_start.through, g->e);
        if (err != OK) return err;
    }
    if (number == 0) return OK;
    struct run *r = arena_new_of(g->arena, struct run);
    enum err err = load_run(r, g->t, number, g->arena, g->e);
    if (err == OK) g->facts->run = r;
    return unless_missing(err);
}

/* For documents; gather_series has said of which day. */
static enum err gather_rates(struct gathering *g)
{
    struct facts *f = g->facts;
    struct exchange_rate *rates = NULL;
    if (f->seller == NULL || f->seller->tax_currency.len == 0) return OK;
    enum err err = load_exchange_rates_to(&rates, &f->rates_count, g->t, f->seller->tax_currency,
                                          f->issue_date, g->arena, g->e);
    f->rates = rates;
    return err;
}

/* ---- who it is about ---- */

static enum err customer_by_number(struct gathering *g, uint64_t number)
{
    struct customer_row *row = arena_new_of(g->arena, struct customer_row);
    enum err err = customer_row_load(row, g->t, number, g->arena, g->e);
    if (err != OK) return unless_missing(err);
    g->customer = row;
    g->facts->customer = &row->customer;
    g->facts->open = row->open;
    g->facts->open_count = row->open_count;
    g->facts->pending = row->pending;
    g->facts->pending_count = row->pending_count;
    return OK;
}

static enum err customer_by_user(struct gathering *g, struct str user)
{
    struct user_entry entry = {0};
    enum err err = user_get(&entry, g->t, user, g->e);
    if (err != OK || entry.customer == 0) return err;
    return customer_by_number(g, entry.customer);
}

static enum err load_one_transaction(const struct transaction **out, struct gathering *g, uint64_t number)
{
    struct transaction *v = arena_new_of(g->arena, struct transaction);
    enum err err = load_transaction(v, g->t, number, g->arena, g->e);
    if (err == OK) *out = v;
    return unless_missing(err);
}

/* What is given back besides payments, which counts where a refund comes back. */
static enum err sum_conceded(struct gathering *g, const struct transaction *payment)
{
    enum err err = OK;
    g->facts->conceded = money_zero(payment->amount);
    for (size_t i = 0; i < payment->pays_count && err == OK; i++) {
        struct invoice v = {0};
        err = load_invoice(&v, g->t, payment->pays[i].invoice, g->arena, g->e);
        if (err == OK) err = money_add(&g->facts->conceded, g->facts->conceded, v.conceded, g->e);
    }
    return err;
}

static enum err customer_by_draft(struct gathering *g, struct str name)
{
    uint64_t customer = 0;
    enum err err = draft_customer(&customer, g->t, name, g->e);
    return err != OK || customer == 0 ? err : customer_by_number(g, customer);
}

/* The transaction, whose customer is then the command's, and of a refund the payment. */
static enum err customer_by_transaction(struct gathering *g, uint64_t number)
{
    struct facts *f = g->facts;
    enum err err = load_one_transaction(&f->transaction, g, number);
    if (err != OK || f->transaction == NULL) return err;
    if (f->transaction->kind == TRANSACTION_REFUND) {
        err = load_one_transaction(&f->payment, g, f->transaction->payment);
        bool may_return = f->transaction->status == TRANSACTION_COMPLETED;
        if (err == OK && f->payment != NULL && may_return) err = sum_conceded(g, f->payment);
        if (err != OK) return err;
    }
    return customer_by_number(g, f->transaction->customer);
}

/* The invoice, whose customer is then the command's. */
static enum err customer_by_invoice(struct gathering *g, struct str named)
{
    enum err err = load_one_invoice(g, named, 0);
    if (err != OK || g->facts->invoice == NULL) return err;
    return customer_by_number(g, g->facts->invoice->customer);
}

/* The re-rating, whose customer is then the command's. */
static enum err customer_by_rerating(struct gathering *g, struct str name)
{
    struct rerating *r = arena_new_of(g->arena, struct rerating);
    enum err err = find_rerating(r, g->t, name, g->arena, g->e);
    if (err != OK) return unless_missing(err);
    g->facts->rerating = r;
    return customer_by_number(g, r->customer);
}

/* What came before under that id, or is to be applied; and who has the payment method that it is about. */
static enum err gather_webhook(struct gathering *g)
{
    const struct command *c = g->command;
    struct webhook *w = arena_new_of(g->arena, struct webhook);
    bool found = false;
    enum err err = OK;
    if (c->type == COMMAND_WEBHOOK_RECEIVE) {
        err = find_webhook(&found, w, g->t, c->webhook_receive.event_id, g->arena, g->e);
    } else {
        err = load_webhook(w, g->t, c->webhook_apply.webhook, g->arena, g->e);
        found = err == OK;
        err = unless_missing(err);
    }
    if (found) g->facts->webhook = w;
    if (err != OK || c->type != COMMAND_WEBHOOK_APPLY || c->webhook_apply.user.len == 0) return err;
    err = customer_by_user(g, c->webhook_apply.user);
    return err == OK ? gather_methods(g) : err;
}

/* ---- the table ---- */

enum {
    SUBSCRIPTION = 1 << 0,
    USAGE = 1 << 1,
    ITEMS = 1 << 2,
    OPEN_INVOICES = 1 << 3,
    METHODS = 1 << 4,
    ALERTS = 1 << 5,
    PAYMENTS = 1 << 6,
    INVOICE = 1 << 7,
    SERIES = 1 << 8,
    SELLER = 1 << 9,
    CATALOG = 1 << 10,
    RUN = 1 << 11,
    READINGS = 1 << 12,
    STOPPED = 1 << 15,
    DRAFT = 1 << 16,
    NEWEST_CATALOG = 1 << 13,
    COUPONS = 1 << 14,
    CREDITED = 1 << 17,
    COUNTED = 1 << 18,
    WINDOWS = 1 << 19,
    WALLET = 1 << 20,
    PAYERS = 1 << 21,
    ENDED = 1 << 22,
    PINNED_CATALOGS = 1 << 23,
    WEBHOOK = 1 << 24,
    REFERENCE = 1 << 25,
    DISPUTE = 1 << 26,
    MOVEMENTS = 1 << 27,
    IMPORTED = 1 << 28,
    BOUND = 1 << 29,
    BOOKS = 1 << 30,
    RATED = SUBSCRIPTION | CATALOG | USAGE,
    STANDING = OPEN_INVOICES | STOPPED, /* what may go on when an invoice is settled */
    DOCUMENT = OPEN_INVOICES | SERIES | SELLER | CATALOG | COUPONS | WALLET,
    BILL = DOCUMENT | RATED | ITEMS | DRAFT | CREDITED | PAYERS,
};

/* In this order: usage asks the subscription and the catalog, what may be credited asks the subscription and
 * the items; open invoices are not asked for when the invoice is known. The seller comes before them all, for
 * the dates. */
static const struct {
    unsigned fact;
    enum err (*load)(struct gathering *g);
} loaders[] = {
    {SUBSCRIPTION, gather_subscription},
    {CATALOG, gather_catalog},
    {WEBHOOK, gather_webhook},
    {PINNED_CATALOGS, gather_pinned_catalogs},
    {USAGE, gather_usage},
    {ITEMS, gather_items},
    {METHODS, gather_methods},
    {ALERTS, gather_alerts},
    {WALLET, gather_wallet},
    {PAYMENTS, gather_payments},
    {INVOICE, gather_invoice},
    {OPEN_INVOICES, gather_open_invoices},
    {STOPPED, gather_stopped},
    {DRAFT, gather_draft},
    {SERIES, gather_series},
    {SERIES, gather_rates},
    {SERIES, gather_fiscal},
    {NEWEST_CATALOG, gather_newest_catalog},
    {RUN, gather_run},
    {READINGS, gather_readings},
    {COUPONS, gather_coupons},
    {CREDITED, gather_credited},
    {COUNTED, gather_counted},
    {WINDOWS, gather_windows},
    {PAYERS, gather_payers},
    {ENDED, gather_ended},
    {REFERENCE, gather_reference},
    {DISPUTE, gather_dispute},
    {MOVEMENTS, gather_movements},
    {IMPORTED, gather_imported},
    {BOUND, gather_bound},
    {BOOKS, gather_books},
};

enum naming {
    BY_NOTHING,
    BY_USER,
    BY_NUMBER,
    BY_TRANSACTION,
    BY_TRANSACTION_ID,
    BY_DRAFT,
    BY_INVOICE,
    BY_RERATING
};

/* `field` is where the command's body names whom it is about. */
struct need {
    enum naming naming;
    size_t field;
    unsigned facts;
    size_t subscription; /* where it may name one of several; 0: it does not */
};

#define BY(what, name, member) .naming = BY_##what, .field = offsetof(struct name##_command, member)
#define USER_OF(name)          BY(USER, name, user)
#define INVOICE_OF(name)       BY(INVOICE, name, invoice)
#define NAMED_IN(name)         .subscription = offsetof(struct name##_command, subscription)
static const struct need needs[COMMAND_TYPES] = {
    [COMMAND_SELLER_SET] = {.facts = SELLER},
    [COMMAND_EXCHANGE_RATE_SET] = {.facts = 0},
    [COMMAND_CATALOG_LOAD] = {.facts = NEWEST_CATALOG},
    [COMMAND_CUSTOMER_CREATE] = {USER_OF(customer_create), 0},
    [COMMAND_CUSTOMER_UPDATE] = {USER_OF(customer_update), 0},
    [COMMAND_CUSTOMER_ERASE] = {USER_OF(customer_erase), SUBSCRIPTION | METHODS | SELLER},
    [COMMAND_CUSTOMER_HOLD] = {USER_OF(customer_hold), 0},
    [COMMAND_CUSTOMER_RELEASE] = {USER_OF(customer_release), 0},
    [COMMAND_SUBSCRIPTION_CREATE] = {USER_OF(subscription_create), RATED | METHODS,
                                     .subscription = offsetof(struct subscription_create_command, add_to)},
    [COMMAND_SUBSCRIPTION_UPDATE] = {USER_OF(subscription_update),
                                     BILL | METHODS | PAYMENTS | PINNED_CATALOGS,
                                     NAMED_IN(subscription_update)},
    [COMMAND_SUBSCRIPTION_CANCEL] = {USER_OF(subscription_cancel), BILL | METHODS | PAYMENTS,
                                     NAMED_IN(subscription_cancel)},
    [COMMAND_SUBSCRIPTION_PAUSE] = {USER_OF(subscription_pause), RATED | METHODS,
                                    NAMED_IN(subscription_pause)},
    [COMMAND_SUBSCRIPTION_RESUME] = {USER_OF(subscription_resume), RATED | METHODS,
                                     NAMED_IN(subscription_resume)},
    [COMMAND_SUBSCRIPTION_UNDO] = {USER_OF(subscription_undo), RATED | METHODS, NAMED_IN(subscription_undo)},
    [COMMAND_SUBSCRIPTION_REACTIVATE] = {USER_OF(subscription_reactivate), RATED | METHODS | ENDED,
                                         NAMED_IN(subscription_reactivate)},
    [COMMAND_SUBSCRIPTION_MIGRATE] = {USER_OF(subscription_migrate), SUBSCRIPTION | CATALOG,
                                      NAMED_IN(subscription_migrate)},
    [COMMAND_SUBSCRIPTION_FOLLOW] = {USER_OF(subscription_follow), RATED | METHODS | ENDED,
                                     NAMED_IN(subscription_follow)},
    [COMMAND_SUBSCRIPTION_TAKE_OVER] = {USER_OF(subscription_take_over), SUBSCRIPTION | METHODS,
                                        NAMED_IN(subscription_take_over)},
    [COMMAND_PAYMENT_METHOD_ADD] = {USER_OF(payment_method_add), METHODS},
    [COMMAND_PAYMENT_METHOD_REMOVE] = {USER_OF(payment_method_remove), METHODS | SUBSCRIPTION},
    [COMMAND_PAYMENT_METHOD_DETACH] = {BY(NUMBER, payment_method_detach, customer), METHODS},
    [COMMAND_PAYMENT_METHOD_UPDATE] = {USER_OF(payment_method_update), METHODS},
    [COMMAND_CUSTOMER_MAKE_KNOWN] = {USER_OF(customer_make_known), 0},
    [COMMAND_PAYMENT_METHOD_DEFAULT] = {USER_OF(payment_method_default), METHODS},
    [COMMAND_USAGE_RECORD] = {.facts = READINGS | CATALOG | SELLER},
    [COMMAND_USAGE_CORRECT] = {BY(NUMBER, usage_correct, original.customer), COUNTED | SUBSCRIPTION},
    [COMMAND_USAGE_CANCEL] = {BY(NUMBER, usage_cancel, original.customer), COUNTED | SUBSCRIPTION},
    [COMMAND_USAGE_RERATE] = {USER_OF(usage_rerate), SUBSCRIPTION | WINDOWS, NAMED_IN(usage_rerate)},
    [COMMAND_RERATING_APPROVE] = {BY(RERATING, rerating_approve, rerating),
                                  SUBSCRIPTION | DOCUMENT | STANDING | ITEMS | WINDOWS | PAYERS},
    [COMMAND_RERATING_DISCARD] = {BY(RERATING, rerating_discard, rerating), 0},
    [COMMAND_USAGE_ALERT] = {USER_OF(usage_alert), RATED | ALERTS},
    [COMMAND_INVOICE_GENERATE] = {USER_OF(invoice_generate), BILL | METHODS},
    [COMMAND_INVOICE_ADD_ITEM] = {USER_OF(invoice_add_item), ITEMS | CATALOG},
    [COMMAND_DRAFT_APPROVE] = {BY(DRAFT, draft_approve, draft), DRAFT},
    [COMMAND_DRAFT_DISCARD] = {BY(DRAFT, draft_discard, draft), DRAFT},
    [COMMAND_CUSTOMER_BILL] = {BY(NUMBER, customer_bill, customer), BILL | METHODS},
    [COMMAND_CUSTOMER_COLLECT] = {BY(NUMBER, customer_collect, customer), METHODS | OPEN_INVOICES},
    [COMMAND_CUSTOMER_DUN] = {BY(NUMBER, customer_dun, customer), METHODS | OPEN_INVOICES | CATALOG},
    [COMMAND_CUSTOMER_REMIND] = {BY(NUMBER, customer_remind, customer), CATALOG},
    [COMMAND_CUSTOMER_END_DUNNING] = {BY(NUMBER, customer_end_dunning, customer),
                                      RATED | METHODS | OPEN_INVOICES | SELLER},
    [COMMAND_PAYMENT_CHARGE] = {USER_OF(payment_charge), METHODS | INVOICE | OPEN_INVOICES},
    [COMMAND_PAYMENT_SETTLE] = {BY(TRANSACTION, payment_settle, transaction),
                                INVOICE | OPEN_INVOICES | STOPPED},
    [COMMAND_WEBHOOK_RECEIVE] = {.facts = WEBHOOK},
    [COMMAND_WEBHOOK_APPLY] = {BY(TRANSACTION, webhook_apply, transaction),
                               INVOICE | OPEN_INVOICES | STOPPED | WEBHOOK},
    [COMMAND_PAYMENT_REFUND] = {BY(TRANSACTION_ID, payment_refund, transaction), INVOICE},
    [COMMAND_REFUND_NOTE] = {BY(TRANSACTION, refund_note, payment), REFERENCE},
    [COMMAND_DISPUTE_NOTE] = {BY(TRANSACTION, dispute_note, payment), DISPUTE | MOVEMENTS},
    [COMMAND_BALANCE_NOTE] = {.facts = MOVEMENTS},
    [COMMAND_BALANCE_RECONCILE] = {.facts = 0},
    [COMMAND_GATEWAY_BIND] = {.facts = BOUND},
    [COMMAND_PERIOD_CLOSE] = {.facts = BOOKS},
    [COMMAND_PERIOD_REOPEN] = {.facts = BOOKS},
    [COMMAND_RUN_START] = {.facts = RUN},
    [COMMAND_RUN_COMPLETE] = {.facts = RUN},
    [COMMAND_RUN_CHECK] = {.facts = RUN},
    [COMMAND_TRANSACTION_STORE] = {USER_OF(transaction_store), 0},
    [COMMAND_COUPON_APPLY] = {USER_OF(coupon_apply), SUBSCRIPTION | CATALOG | COUPONS,
                              NAMED_IN(coupon_apply)},
    [COMMAND_COUPON_REMOVE] = {USER_OF(coupon_remove), COUPONS},
    [COMMAND_INVOICE_ONE_OFF] = {USER_OF(invoice_one_off), DOCUMENT},
    [COMMAND_INVOICE_CREDIT] = {INVOICE_OF(invoice_credit),
                                ITEMS | PAYMENTS | SERIES | SELLER | STANDING | WALLET | PAYERS},
    [COMMAND_INVOICE_VOID] = {INVOICE_OF(invoice_void), ITEMS | STANDING | SELLER | SERIES},
    [COMMAND_INVOICE_WRITE_OFF] = {INVOICE_OF(invoice_write_off), STANDING},
    [COMMAND_ALERT_REMOVE] = {USER_OF(alert_remove), ALERTS},
    [COMMAND_WALLET_ALERT] = {USER_OF(wallet_alert), ALERTS},
    [COMMAND_WALLET_GRANT] = {USER_OF(wallet_grant), SUBSCRIPTION | ITEMS | WALLET | CATALOG},
    [COMMAND_WALLET_VOID] = {USER_OF(wallet_void), ITEMS | WALLET},
    [COMMAND_IMPORT_CUSTOMER] = {USER_OF(import_customer), SUBSCRIPTION | IMPORTED},
    [COMMAND_IMPORT_METHOD] = {USER_OF(import_method), METHODS | IMPORTED},
    [COMMAND_IMPORT_SUBSCRIPTION] = {USER_OF(import_subscription), RATED | METHODS | ENDED | IMPORTED},
    [COMMAND_IMPORT_ITEMS] = {USER_OF(import_items), RATED | METHODS | ENDED | IMPORTED},
    [COMMAND_IMPORT_DOCUMENT] = {BY(NUMBER, import_document, customer), IMPORTED},
};
#undef BY
#undef USER_OF
#undef INVOICE_OF
#undef NAMED_IN

static enum err gather_customer(struct gathering *g, const struct need *n)
{
    const char *field = (const char *)command_body(g->command) + n->field;
    struct error unused;
    struct str text = {0};
    uint64_t number = 0;
    if (n->naming == BY_USER || n->naming == BY_TRANSACTION_ID || n->naming == BY_DRAFT ||
        n->naming == BY_INVOICE || n->naming == BY_RERATING)
        memcpy(&text, field, sizeof(text));
    if (n->naming == BY_NUMBER || n->naming == BY_TRANSACTION) memcpy(&number, field, sizeof(number));
    if (n->naming == BY_TRANSACTION_ID && public_id_parse(&number, "txn", text, &unused) != OK) return OK;
    switch (n->naming) {
    case BY_USER: return customer_by_user(g, text);
    case BY_NUMBER: return customer_by_number(g, number);
    case BY_DRAFT: return customer_by_draft(g, text);
    case BY_TRANSACTION:
    case BY_TRANSACTION_ID: return customer_by_transaction(g, number);
    case BY_INVOICE: return customer_by_invoice(g, text);
    case BY_RERATING: return customer_by_rerating(g, text);
    case BY_NOTHING: break;
    }
    return OK;
}

/* ---- dates ---- */

static struct str zone_named(const struct command *c)
{
    if (c->type == COMMAND_SELLER_SET) return c->seller_set.timezone;
    if (c->type == COMMAND_CUSTOMER_CREATE) return c->customer_create.timezone;
    return c->type == COMMAND_CUSTOMER_UPDATE ? c->customer_update.timezone : STR_NONE;
}

static void gather_zone(struct gathering *g)
{
    const struct zone *zone = NULL;
    struct error unused;
    struct str named = zone_named(g->command);
    if (named.len > 0 && zone_find(&zone, g->zones, named, &unused) == OK)
        g->facts->timezone = zone_name(zone);
}

/* Where a zone that the ledger knows is not known to this machine, nothing is decided that a date would
 * matter to; but the customer may be given another. */
static enum err gather_dates(struct gathering *g)
{
    struct facts *f = g->facts;
    const struct zone *zone = NULL;
    enum err err = OK;
    if (date_is_given(f->today)) return OK; /* decided before: as it was then */
    if (f->seller != NULL && zone_find(&zone, g->zones, f->seller->timezone, g->e) != OK)
        return wrap(g->e, "the seller");
    f->seller_today = zone_date(zone, f->now);
    if (f->customer != NULL && g->command->type != COMMAND_CUSTOMER_UPDATE)
        err = customer_zone(&zone, g->zones, f->customer, g->e);
    f->today = zone_date(zone, f->now);
    f->second = (uint64_t)zone_second_of_day(zone, f->now);
    return err;
}

enum err gather(struct facts *out, struct views_txn *t, const struct command *c, const struct decided_at *at,
                struct zones *zones, struct arena *a, struct error *e)
{
    assert(c->type > COMMAND_NONE && c->type < COMMAND_TYPES);
    const struct need *n = &needs[c->type];
    struct gathering g = {.facts = out, .t = t, .command = c, .zones = zones, .arena = a, .e = e};
    *out = (struct facts){
        .now = at->now, .today = at->today, .seller_today = at->seller_today, .second = at->second};
    if (n->subscription != 0)
        memcpy(&out->subscription_name, (const char *)command_body(c) + n->subscription,
               sizeof(out->subscription_name));
    enum err err = counters_get(&out->counters, t, a, e);
    if (err == OK) err = gather_customer(&g, n);
    if (err == OK && (out->customer == NULL || (n->facts & SELLER) != 0)) err = gather_seller(&g);
    if (err == OK && c->type != COMMAND_SELLER_SET) err = gather_dates(&g);
    if (err == OK) err = gather_access(&g);
    if (err == OK) gather_zone(&g);
    for (size_t i = 0; err == OK && i < sizeof(loaders) / sizeof(loaders[0]); i++) {
        if ((n->facts & loaders[i].fact) != 0) err = loaders[i].load(&g);
    }
    return err;
}
