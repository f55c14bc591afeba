/* SPDX-License-Identifier: MIT */
/* answer_command.c - what became of a command, as the JSON that doors answer with: made of its events and of
 * the state behind them. It must never make an answer of what was not durable, so it is asked after the
 * commit only. */
#include "billing/answering.h"

/* ---- our own data ---- */

static enum err answer_seller(struct answering *g, struct error *e)
{
    struct seller s = {0};
    enum err err = load_seller(&s, g->txn, 0, g->arena, e);
    if (err == OK) *g->out = seller_json(&s);
    return err;
}

static enum err answer_exchange_rate(struct answering *g, struct error *e)
{
    const struct exchange_rate_set_command *c = &g->command->exchange_rate_set;
    const struct exchange_rate given = {c->from, c->to, c->rate, c->on, c->source};
    (void)e;
    *g->out = exchange_rate_json(&given);
    return OK;
}

static enum err answer_catalog(struct answering *g, struct error *e)
{
    struct catalog c = {0};
    enum err err = load_catalog(&c, g->txn, 0, g->arena, e);
    if (err != OK) return err;
    json_t *j = *g->out = object_new();
    member_count(j, "version", c.version);
    member_text(j, "name", c.name);
    member_date(j, "from", catalog_first_day(&c));
    member_count(j, "products", c.products_count);
    member_count(j, "prices", c.prices_count);
    member_hash(j, "sha256", &c.sha256);
    return OK;
}

/* ---- payment methods ---- */

static bool is_named(const struct method *m, struct str token_or_number, struct arena *a)
{
    struct str number = str_format(a, "%ju", (uintmax_t)m->method);
    return str_equal(m->token, token_or_number) || str_equal(number, token_or_number);
}

static enum err answer_method(struct answering *g, struct error *e)
{
    struct customer c = {0};
    struct method *methods = NULL;
    size_t count = 0;
    bool add = g->command->type == COMMAND_PAYMENT_METHOD_ADD;
    struct str user = add ? g->command->payment_method_add.user : g->command->payment_method_default.user;
    struct str named = add ? g->command->payment_method_add.token : g->command->payment_method_default.method;
    struct str kept =
        add ? g->command->payment_method_add.card.token : STR_NONE; /* the gateway's name of it */
    if (kept.len > 0) named = kept;
    enum err err = customer_of(&c, g, user, e);
    if (err == OK) err = list_methods(&methods, &count, g->txn, c.customer, g->arena, e);
    for (size_t i = 0; i < count && err == OK && *g->out == NULL; i++) {
        if (!is_named(&methods[i], named, g->arena)) continue;
        *g->out = method_json(&methods[i], &c);
        member_text(*g->out, "user_id", user);
    }
    return err != OK || *g->out != NULL ? err : fail(e, ERR_NOT_FOUND, "the payment method is gone again");
}

static enum err answer_removed(struct answering *g, struct error *e)
{
    const struct event *ev = event_of(g->outcome, EVENT_PAYMENT_METHOD_REMOVED);
    bool detached = true;
    if (ev == NULL) return fail(e, ERR_NOT_FOUND, "the payment method is gone already");
    const struct payment_method_removed *v = &ev->payment_method_removed;
    enum err err = method_is_detached(&detached, g->txn, v->customer, v->method, e);
    if (err != OK) return err;
    json_t *j = *g->out = object_new();
    member_text(j, "user_id", g->command->payment_method_remove.user);
    member_text(j, "payment_method_id", g->command->payment_method_remove.method);
    member_flag(j, "removed", true);
    member_flag(j, "detached", detached);
    return OK;
}

/* ---- coupons ---- */

static enum err answer_coupon(struct answering *g, struct error *e)
{
    struct customer c = {0};
    struct redemption *coupons = NULL;
    size_t count = 0;
    struct str user = g->command->coupon_apply.user, code = g->command->coupon_apply.code;
    enum err err = customer_of(&c, g, user, e);
    if (err == OK) err = list_coupons(&coupons, &count, g->txn, c.customer, g->arena, e);
    for (size_t i = 0; i < count && err == OK && *g->out == NULL; i++) {
        if (!str_equal(coupons[i].coupon.code, code)) continue;
        *g->out = coupon_json(&coupons[i]);
        member_text(*g->out, "user_id", user);
    }
    return err != OK || *g->out != NULL ? err : fail(e, ERR_NOT_FOUND, "the coupon is gone again");
}

static enum err answer_coupon_removed(struct answering *g, struct error *e)
{
    (void)e;
    json_t *j = *g->out = object_new();
    member_text(j, "user_id", g->command->coupon_remove.user);
    member_text(j, "code", g->command->coupon_remove.code);
    member_flag(j, "removed", true);
    return OK;
}

/* ---- subscriptions ---- */

/* The one that the events are about; the customer's newest when there was nothing to do. */
static uint64_t subscription_of(const struct outcome *o, const struct customer *c)
{
    for (size_t i = 0; i < o->events_count; i++) {
        uint64_t number = 0;
        if (o->events[i].type == EVENT_SUBSCRIPTION_CREATED)
            return o->events[i].subscription_created.subscription;
        if (subscription_event(&number, &o->events[i])) return number;
    }
    return c->subscription;
}

static enum err put_subscription(struct answering *g, struct str user, struct error *e)
{
    struct customer c = {0};
    struct subscription s = {0};
    enum err err = customer_of(&c, g, user, e);
    if (err == OK) err = load_subscription(&s, g->txn, subscription_of(g->outcome, &c), g->arena, e);
    if (err == OK) *g->out = subscription_json(&s, service_today(g->service, c.timezone), &g->names);
    return err;
}

static enum err answer_created(struct answering *g, struct error *e)
{
    return put_subscription(g, g->command->subscription_create.user, e);
}

/* A change costs its charge less the credit for what it replaces. What that comes to is either owed or given.
 */
static enum err put_change(json_t *j, const struct subscription_changed *v, struct error *e)
{
    struct money net = {0};
    struct money none = money_zero(v->charge);
    enum err err = money_subtract(&net, v->charge, v->credit, e);
    if (err != OK) return err;
    member_text(j, "old_tier", v->old_product);
    member_text(j, "change", str_of(choice_change_kind.words[v->kind]));
    member_date(j, "effective", v->on);
    member_money(j, "prorated_charge", money_is_negative(net) ? none : net);
    member_money(j, "credit_amount", money_is_negative(net) ? money_negate(net) : none);
    member_money(j, "credit", v->credit);
    member_money(j, "charge", v->charge);
    member_text_or_null(j, "given_up", v->given_up);
    return OK;
}

static enum err answer_updated(struct answering *g, struct error *e)
{
    const struct event *now = event_of(g->outcome, EVENT_SUBSCRIPTION_CHANGED);
    const struct event *then = event_of(g->outcome, EVENT_SUBSCRIPTION_CHANGE_SCHEDULED);
    enum err err = put_subscription(g, g->command->subscription_update.user, e);
    if (err != OK) return err;
    if (then != NULL) {
        member_text(*g->out, "change", STR("scheduled"));
        member_date(*g->out, "effective", then->subscription_change_scheduled.on);
        member_text_or_null(*g->out, "given_up", then->subscription_change_scheduled.given_up);
        return OK;
    }
    return now == NULL ? OK : put_change(*g->out, &now->subscription_changed, e);
}

static enum err answer_migrated(struct answering *g, struct error *e)
{
    const struct event *then = event_of(g->outcome, EVENT_SUBSCRIPTION_CHANGE_SCHEDULED);
    enum err err = put_subscription(g, g->command->subscription_migrate.user, e);
    if (err == OK) member_text(*g->out, "change", then == NULL ? STR("none") : STR("scheduled"));
    return err;
}

/* The subscription as it is now, with what pausing or resuming gave back. */
static enum err answer_state(struct answering *g, struct error *e)
{
    const struct command *c = g->command;
    const struct event *resumed = event_of(g->outcome, EVENT_SUBSCRIPTION_RESUMED);
    struct str user = c->type == COMMAND_SUBSCRIPTION_PAUSE       ? c->subscription_pause.user
                      : c->type == COMMAND_SUBSCRIPTION_RESUME    ? c->subscription_resume.user
                      : c->type == COMMAND_SUBSCRIPTION_UNDO      ? c->subscription_undo.user
                      : c->type == COMMAND_SUBSCRIPTION_FOLLOW    ? c->subscription_follow.user
                      : c->type == COMMAND_SUBSCRIPTION_TAKE_OVER ? c->subscription_take_over.user
                                                                  : c->subscription_reactivate.user;
    enum err err = put_subscription(g, user, e);
    if (err == OK && resumed != NULL) member_money(*g->out, "credit", resumed->subscription_resumed.credit);
    return err;
}

/* What documents of this answer gave back to prepaid credit, and what of it came too late for its grant. */
static enum err put_returns(struct answering *g, struct money none, struct error *e)
{
    struct money back = money_zero(none), lapsed = back;
    enum err err = OK;
    for (size_t i = 0; i < g->outcome->events_count && err == OK; i++) {
        const struct event *ev = &g->outcome->events[i];
        const struct invoice_finalized *d = &ev->invoice_finalized;
        for (size_t k = 0; ev->type == EVENT_INVOICE_FINALIZED && k < d->returns_count && err == OK; k++) {
            struct money *sum = d->returns[k].lapsed ? &lapsed : &back;
            err = money_add(sum, *sum, d->returns[k].amount, e);
        }
    }
    member_money(*g->out, "to_prepaid", back);
    member_money(*g->out, "lapsed", lapsed);
    return err;
}

/* Refunds that the cancellation asked for, as they are by now. */
static enum err put_refunds(struct answering *g, struct money *refunded, struct error *e)
{
    json_t *list = rows_new();
    enum err err = OK;
    for (size_t i = 0; i < g->outcome->events_count && err == OK; i++) {
        const struct event *ev = &g->outcome->events[i];
        struct transaction v = {0};
        if (ev->type != EVENT_REFUND_REQUESTED) continue;
        err = load_transaction(&v, g->txn, ev->refund_requested.refund, g->arena, e);
        if (err == OK) rows_add(list, transaction_json(&v, &g->names));
        if (err == OK && v.status == TRANSACTION_COMPLETED) err = money_add(refunded, *refunded, v.amount, e);
    }
    member_put(*g->out, "refunds", list);
    return err;
}

static enum err answer_canceled(struct answering *g, struct error *e)
{
    const struct event *now = event_of(g->outcome, EVENT_SUBSCRIPTION_CANCELED);
    const struct event *then = event_of(g->outcome, EVENT_SUBSCRIPTION_CANCEL_SCHEDULED);
    const struct event *note = event_of(g->outcome, EVENT_INVOICE_FINALIZED);
    enum err err = put_subscription(g, g->command->subscription_cancel.user, e);
    if (err != OK) return err;
    json_t *j = *g->out;
    if (then != NULL) member_date(j, "ends_on", then->subscription_cancel_scheduled.on);
    if (now == NULL) return OK;
    const struct subscription_canceled *v = &now->subscription_canceled;
    struct money refunded = money_zero(v->credit);
    member_date(j, "ends_on", v->on);
    member_money(j, "credit", v->credit);
    member_text_or_null(j, "credit_note", note == NULL ? STR_NONE : note->invoice_finalized.number);
    err = put_refunds(g, &refunded, e);
    member_money(j, "refunded", refunded);
    return err == OK ? put_returns(g, v->credit, e) : err;
}

/* ---- drafts ---- */

static enum err answer_approved(struct answering *g, struct error *e)
{
    struct draft d = {0};
    enum err err = find_draft(&d, g->txn, g->command->draft_approve.draft, g->arena, e);
    if (err == OK) *g->out = draft_json(&d, false, &g->names);
    return err;
}

static enum err answer_discarded(struct answering *g, struct error *e)
{
    const struct event *ev = event_of(g->outcome, EVENT_DRAFT_DISCARDED);
    if (ev == NULL) return fail(e, ERR_NOT_FOUND, "the draft is gone already");
    json_t *j = *g->out = object_new();
    member_id(j, "draft_id", "draft", ev->draft_discarded.draft);
    member_user(j, &g->names, ev->draft_discarded.customer);
    member_flag(j, "discarded", true);
    return OK;
}

/* ---- re-ratings ---- */

/* What is proposed for the customer now; without a difference nothing is. */
static enum err answer_rerated(struct answering *g, struct error *e)
{
    struct rerating r = {0};
    struct error unused = {0};
    struct str user = g->command->usage_rerate.user;
    enum err err = find_rerating(&r, g->txn, user, g->arena, &unused);
    if (err == OK) *g->out = rerating_json(&r, true, &g->names);
    if (err != ERR_NOT_FOUND) return err == OK ? OK : fail(e, err, "%s", unused.text);
    json_t *j = *g->out = object_new();
    member_put(j, "rerating_id", json_null());
    member_text(j, "user_id", user);
    member_count(j, "corrections", 0);
    return OK;
}

static enum err answer_rerating(struct answering *g, struct error *e)
{
    struct rerating r = {0};
    const struct command *c = g->command;
    const struct event *approved = event_of(g->outcome, EVENT_RERATING_APPROVED);
    const struct event *discarded = event_of(g->outcome, EVENT_RERATING_DISCARDED);
    struct str name =
        c->type == COMMAND_RERATING_APPROVE ? c->rerating_approve.rerating : c->rerating_discard.rerating;
    enum err err = OK;
    if (approved != NULL)
        err = load_rerating(&r, g->txn, approved->rerating_approved.rerating, g->arena, e);
    else if (discarded != NULL)
        err = load_rerating(&r, g->txn, discarded->rerating_discarded.rerating, g->arena, e);
    else
        err = find_rerating(&r, g->txn, name, g->arena, e);
    if (err != OK) return err;
    *g->out = rerating_json(&r, true, &g->names);
    const struct event *document = event_of(g->outcome, EVENT_INVOICE_FINALIZED);
    if (document != NULL) member_text(*g->out, "invoice_number", document->invoice_finalized.number);
    return OK;
}

/* ---- money, usage, invoices ---- */

static uint64_t transaction_of(const struct outcome *o)
{
    const struct event *pay = event_of(o, EVENT_PAYMENT_REQUESTED);
    const struct event *refund = event_of(o, EVENT_REFUND_REQUESTED);
    const struct event *stored = event_of(o, EVENT_TRANSACTION_STORED);
    if (pay != NULL) return pay->payment_requested.payment;
    if (refund != NULL) return refund->refund_requested.refund;
    return stored == NULL ? 0 : stored->transaction_stored.transaction;
}

static enum err answer_transaction(struct answering *g, struct error *e)
{
    struct transaction v = {0};
    enum err err = load_transaction(&v, g->txn, transaction_of(g->outcome), g->arena, e);
    if (err == OK) *g->out = transaction_json(&v, &g->names);
    return err;
}

static enum err answer_alert(struct answering *g, struct error *e)
{
    (void)e;
    const struct event *usage = event_of(g->outcome, EVENT_USAGE_ALERT_SET);
    const struct event *quota = event_of(g->outcome, EVENT_QUOTA_ALERT_SET);
    const struct event *wallet = event_of(g->outcome, EVENT_WALLET_ALERT_SET);
    struct alert v = {0};
    struct str user =
        usage != NULL || quota != NULL ? g->command->usage_alert.user : g->command->wallet_alert.user;
    if (usage != NULL) {
        v.alert = usage->usage_alert_set.alert;
        v.usage_type = usage->usage_alert_set.usage_type;
        v.threshold = usage->usage_alert_set.threshold;
    } else if (quota != NULL) {
        v.alert = quota->quota_alert_set.alert;
        v.usage_type = quota->quota_alert_set.usage_type;
        v.percent = quota->quota_alert_set.percent;
    } else if (wallet != NULL) {
        v.alert = wallet->wallet_alert_set.alert;
        v.below = wallet->wallet_alert_set.below;
    }
    *g->out = alert_json(&v, user);
    member_flag(*g->out, "existing", false);
    return OK;
}

static enum err answer_alert_removed(struct answering *g, struct error *e)
{
    (void)e;
    json_t *j = *g->out = object_new();
    member_text(j, "user_id", g->command->alert_remove.user);
    member_count(j, "alert", g->command->alert_remove.alert);
    member_flag(j, "removed", true);
    return OK;
}

/* The grant as it is now, and the item that asks for its price or gives it back. */
static enum err answer_grant(struct answering *g, struct error *e)
{
    const struct event *made = event_of(g->outcome, EVENT_WALLET_GRANTED);
    const struct event *voided = event_of(g->outcome, EVENT_WALLET_VOIDED);
    const struct event *item = event_of(g->outcome, EVENT_ITEM_ADDED);
    struct wallet_grant *grants = NULL;
    size_t count = 0;
    uint64_t grant = made != NULL     ? made->wallet_granted.grant
                     : voided != NULL ? voided->wallet_voided.grant
                                      : 0;
    uint64_t customer = made != NULL     ? made->wallet_granted.customer
                        : voided != NULL ? voided->wallet_voided.customer
                                         : 0;
    enum err err = list_grants(&grants, &count, g->txn, customer, g->arena, e);
    if (err != OK) return err;
    if (grant == 0 || grant > count) return fail(e, ERR_NOT_FOUND, "the grant is gone again");
    *g->out = grant_json(&grants[grant - 1], &g->names);
    member_id(*g->out, "item_id", "item", item == NULL ? 0 : item->item_added.item);
    if (voided != NULL) member_money(*g->out, "voided", voided->wallet_voided.amount);
    return OK;
}

/* The reading as it counts from now on. */
static enum err answer_corrected(struct answering *g, struct error *e)
{
    const struct command *c = g->command;
    bool canceled = c->type == COMMAND_USAGE_CANCEL;
    const struct reading *r = canceled ? &c->usage_cancel.original : &c->usage_correct.original;
    const struct event *ev = event_of(g->outcome, EVENT_USAGE_CORRECTED);
    (void)e;
    json_t *j = *g->out = object_new();
    uint64_t seq = canceled ? c->usage_cancel.seq : c->usage_correct.seq;
    uint64_t place = canceled ? c->usage_cancel.place : c->usage_correct.place;
    member_text(j, "reading", reading_name(g->arena, seq, place));
    member_text_or_null(j, "event_id", r->event_id);
    member_user(j, &g->names, r->customer);
    member_text(j, "usage_type", r->usage_type);
    member_date(j, "period_start", r->period);
    member_decimal(j, "recorded", r->quantity);
    member_decimal(j, "amount", canceled ? (struct decimal){0} : c->usage_correct.amount);
    member_flag(j, "canceled", canceled);
    member_flag(j, "changed", ev != NULL);
    return OK;
}

static enum err answer_invoice(struct answering *g, struct error *e)
{
    return made_invoice(g->out, g->service, g->outcome, false, g->arena, e);
}

/* What the outcome's refunds take of the credit; one that failed has given it back. */
static enum err take_refunds(struct money *left, struct answering *g, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < g->outcome->events_count && err == OK; i++) {
        const struct event *ev = &g->outcome->events[i];
        struct transaction v = {0};
        if (ev->type != EVENT_REFUND_REQUESTED) continue;
        err = load_transaction(&v, g->txn, ev->refund_requested.refund, g->arena, e);
        if (err == OK && v.status != TRANSACTION_FAILED) err = money_subtract(left, *left, v.amount, e);
    }
    return err;
}

/* The credit note, with where it went: off the invoice, back to payments, to the balance. */
static enum err answer_credit_note(struct answering *g, struct error *e)
{
    const struct event *ev = event_of(g->outcome, EVENT_INVOICE_FINALIZED);
    struct invoice v = {0};
    struct money given = {0}, refunded = {0}, offset = {0};
    if (ev == NULL) return fail(e, ERR_NOT_FOUND, "the credit note is gone again");
    const struct invoice_finalized *d = &ev->invoice_finalized;
    enum err err = load_invoice(&v, g->txn, d->invoice, g->arena, e);
    if (err == OK) err = invoice_to_balance(&given, d, e);
    if (err != OK) return err;
    offset = refunded = money_zero(d->total);
    for (size_t i = 0; i < d->settles_count && err == OK; i++)
        err = money_add(&offset, offset, d->settles[i].amount, e);
    *g->out = invoice_json(&v, true, &g->names);
    if (err == OK) err = put_refunds(g, &refunded, e);
    if (err == OK) err = take_refunds(&given, g, e);
    member_money(*g->out, "offset", offset);
    member_money(*g->out, "refunded", refunded);
    member_money(*g->out, "to_balance", given);
    return err == OK ? put_returns(g, d->total, e) : err;
}

/* The invoice that was voided or written off. */
static enum err answer_closed(struct answering *g, struct error *e)
{
    struct invoice v = {0};
    bool voided = g->command->type == COMMAND_INVOICE_VOID;
    struct str named = voided ? g->command->invoice_void.invoice : g->command->invoice_write_off.invoice;
    enum err err = find_invoice(&v, g->txn, named, g->arena, e);
    if (err == OK) *g->out = invoice_json(&v, true, &g->names);
    return err;
}

static enum err answer_item(struct answering *g, struct error *e)
{
    const struct event *ev = event_of(g->outcome, EVENT_ITEM_ADDED);
    if (ev == NULL) return fail(e, ERR_NOT_FOUND, "the item is gone again");
    const struct item_added *v = &ev->item_added;
    json_t *j = *g->out = object_new();
    member_id(j, "item_id", "item", v->item);
    member_user(j, &g->names, v->customer);
    member_text(j, "description", v->line.description);
    member_money(j, "amount", v->line.amount);
    member_text(j, "currency", str_of(v->line.amount.currency));
    return OK;
}

/* ---- the table ---- */

static enum err (*const answers[COMMAND_TYPES])(struct answering *g, struct error *e) = {
    [COMMAND_SELLER_SET] = answer_seller,
    [COMMAND_EXCHANGE_RATE_SET] = answer_exchange_rate,
    [COMMAND_CATALOG_LOAD] = answer_catalog,
    [COMMAND_CUSTOMER_CREATE] = answer_customer,
    [COMMAND_CUSTOMER_UPDATE] = answer_customer,
    [COMMAND_CUSTOMER_ERASE] = answer_keeping,
    [COMMAND_CUSTOMER_HOLD] = answer_keeping,
    [COMMAND_CUSTOMER_RELEASE] = answer_keeping,
    [COMMAND_SUBSCRIPTION_CREATE] = answer_created,
    [COMMAND_SUBSCRIPTION_UPDATE] = answer_updated,
    [COMMAND_SUBSCRIPTION_CANCEL] = answer_canceled,
    [COMMAND_SUBSCRIPTION_PAUSE] = answer_state,
    [COMMAND_SUBSCRIPTION_RESUME] = answer_state,
    [COMMAND_SUBSCRIPTION_UNDO] = answer_state,
    [COMMAND_SUBSCRIPTION_REACTIVATE] = answer_state,
    [COMMAND_SUBSCRIPTION_MIGRATE] = answer_migrated,
    [COMMAND_SUBSCRIPTION_FOLLOW] = answer_state,
    [COMMAND_SUBSCRIPTION_TAKE_OVER] = answer_state,
    [COMMAND_PAYMENT_METHOD_ADD] = answer_method,
    [COMMAND_PAYMENT_METHOD_REMOVE] = answer_removed,
    [COMMAND_PAYMENT_METHOD_DEFAULT] = answer_method,
    [COMMAND_DRAFT_APPROVE] = answer_approved,
    [COMMAND_DRAFT_DISCARD] = answer_discarded,
    [COMMAND_USAGE_ALERT] = answer_alert,
    [COMMAND_USAGE_CORRECT] = answer_corrected,
    [COMMAND_USAGE_CANCEL] = answer_corrected,
    [COMMAND_USAGE_RERATE] = answer_rerated,
    [COMMAND_RERATING_APPROVE] = answer_rerating,
    [COMMAND_RERATING_DISCARD] = answer_rerating,
    [COMMAND_INVOICE_GENERATE] = answer_invoice,
    [COMMAND_INVOICE_ADD_ITEM] = answer_item,
    [COMMAND_INVOICE_ONE_OFF] = answer_invoice,
    [COMMAND_INVOICE_CREDIT] = answer_credit_note,
    [COMMAND_INVOICE_VOID] = answer_closed,
    [COMMAND_INVOICE_WRITE_OFF] = answer_closed,
    [COMMAND_PAYMENT_CHARGE] = answer_transaction,
    [COMMAND_PAYMENT_REFUND] = answer_transaction,
    [COMMAND_TRANSACTION_STORE] = answer_transaction,
    [COMMAND_COUPON_APPLY] = answer_coupon,
    [COMMAND_COUPON_REMOVE] = answer_coupon_removed,
    [COMMAND_WALLET_ALERT] = answer_alert,
    [COMMAND_ALERT_REMOVE] = answer_alert_removed,
    [COMMAND_WALLET_GRANT] = answer_grant,
    [COMMAND_WALLET_VOID] = answer_grant,
    [COMMAND_ACTOR_UPDATE] = answer_actor,
    [COMMAND_ACTOR_REMOVE] = answer_actor,
    [COMMAND_TOKEN_REVOKE] = answer_token,
    [COMMAND_PERIOD_CLOSE] = answer_period,
    [COMMAND_PERIOD_REOPEN] = answer_period,
};

enum err answer_command(json_t **out, struct service *s, const struct command *c, const struct outcome *o,
                        struct arena *a, struct error *e)
{
    struct answering g = {.out = out, .service = s, .command = c, .outcome = o, .arena = a};
    if (answers[c->type] == NULL) WRONG("a command for people without an answer");
    enum err err = ledger_read_begin(&g.txn, s->ledger, e);
    if (err != OK) return err;
    g.names = names_of(g.txn, a);
    err = answers[c->type](&g, e);
    ledger_read_end(s->ledger, g.txn);
    if (err == OK && o->replayed) member_flag(*out, "replayed", true);
    if (err == OK) return OK;
    json_decref(*out);
    *out = NULL;
    return err;
}
