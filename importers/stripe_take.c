/* SPDX-License-Identifier: MIT */
/* stripe_take.c - what Stripe knows of whom: customers, their payment methods, their subscriptions. A member
 * that cannot be kept is left out and told; it must never keep somebody from coming over, and never stand in
 * the sentence that tells of it. */
#include "importers/stripe_take.h"
#include "importers/json_text.h"
#include "importers/stripe_form.h"
#include "importers/stripe_private.h"
#include "importers/stripe_shapes.h"

/* ---- what all have ---- */

void stripe_refuse(struct stripe_taking *out, const char *member, struct str why)
{
    if (out->refused.why.len == 0) out->refused = (struct stripe_note){member, why};
}

void stripe_leave_out(struct stripe_taking *out, const char *member, struct str why)
{
    if (out->notes_count < STRIPE_NOTES_MAX)
        out->notes[out->notes_count++] = (struct stripe_note){member, why};
}

void stripe_begin_object(struct object_imported *out, enum imported_kind kind, const json_t *object,
                         struct arena *a)
{
    *out = (struct object_imported){.kind = kind,
                                    .gateway = STR("stripe"),
                                    .reference = str_copy(a, json_text_of(object, "id")),
                                    .at = stripe_time_of(object, "created")};
}

enum err stripe_customer_here(uint64_t *out, struct stripe_reading *r, struct str id, struct error *e)
{
    *out = 0;
    return id.len == 0 ? OK : customer_by_gateway(out, r->t, id, e);
}

enum err stripe_end_object(struct stripe_taking *out, struct object_imported *object,
                           struct stripe_reading *r, struct arena *a, struct error *e)
{
    struct object_imported before = {0};
    bool found = false;
    command_hash(&object->sha256, &out->command, r->hasher);
    enum err err = find_imported(&found, &before, r->t, object->reference, a, e);
    out->known = found && memcmp(&before.sha256, &object->sha256, sizeof before.sha256) == 0;
    return err;
}

struct str stripe_kept_text(struct stripe_taking *out, const json_t *object, const char *name, size_t limit,
                            struct arena *a)
{
    struct error e = {0};
    struct str text = json_text_of(object, name);
    if (text.len == 0 || text_check(text, limit, name, &e) == OK) return str_copy(a, text);
    stripe_leave_out(out, name, str_copy(a, str_of(e.text)));
    return STR_NONE;
}

/* ---- customers ---- */

static struct str user_wished(struct stripe_taking *out, const struct stripe_reading *r, const json_t *object)
{
    const json_t *metadata = json_object_get(object, "metadata");
    struct str from = r->options->user_from;
    if (str_is(from, "email")) return json_text_of(object, "email");
    if (str_is(from, "id")) return out->id;
    if (str_starts(from, "metadata:")) {
        struct str key = {from.ptr + strlen("metadata:"), from.len - strlen("metadata:")};
        const json_t *value = json_object_getn(metadata, key.ptr, key.len);
        return (struct str){json_string_value(value), json_string_length(value)};
    }
    struct str user = stripe_user_named(metadata);
    return user.len > 0 ? user : out->id;
}

/* Whom the ledger knows already stays who he is. */
static enum err choose_user(struct stripe_taking *out, struct stripe_reading *r, const json_t *object,
                            struct arena *a, struct error *e)
{
    struct customer here = {0};
    struct error why = {0};
    uint64_t customer = 0;
    enum err err = stripe_customer_here(&customer, r, out->id, e);
    if (err == OK && customer != 0) err = load_customer(&here, r->t, customer, a, e);
    out->user = str_copy(a, customer != 0 ? here.user : user_wished(out, r, object));
    if (err != OK) return err;
    if (out->user.len == 0)
        stripe_refuse(out, "user", STR("there is nothing that would be his id here"));
    else if (text_check(out->user, LIMIT_USER_ID_BYTES, "user", &why) != OK)
        stripe_refuse(out, "user", str_copy(a, str_of(why.text)));
    return OK;
}

static bool is_address(struct str email)
{
    const char *at = email.len == 0 ? NULL : memchr(email.ptr, '@', email.len);
    return at != NULL && at != email.ptr && at != email.ptr + email.len - 1;
}

static struct str tax_id_of(const json_t *object)
{
    const json_t *ids = json_object_get(json_object_get(object, "tax_ids"), "data");
    return json_text_of(json_array_get(ids, 0), "value");
}

static void take_tax_id(struct party *p, struct stripe_taking *out, const json_t *object, struct arena *a)
{
    struct error why = {0};
    struct str id = str_copy(a, tax_id_of(object));
    if (id.len == 0) return;
    if (text_check(id, LIMIT_TEXT_BYTES, "tax_id", &why) == OK && tax_id_check(id, p->country, &why) == OK)
        p->tax_id = id;
    else
        stripe_leave_out(out, "tax_id", str_copy(a, str_of(why.text)));
}

static struct party party_of(struct stripe_taking *out, const json_t *object, struct arena *a)
{
    const json_t *address = json_object_get(object, "address");
    struct error why = {0};
    struct party p = {.name = stripe_kept_text(out, object, "name", LIMIT_TEXT_BYTES, a),
                      .email = stripe_kept_text(out, object, "email", LIMIT_TEXT_BYTES, a),
                      .street = stripe_kept_text(out, address, "line1", LIMIT_TEXT_BYTES, a),
                      .street2 = stripe_kept_text(out, address, "line2", LIMIT_TEXT_BYTES, a),
                      .postal_code = stripe_kept_text(out, address, "postal_code", LIMIT_TEXT_BYTES, a),
                      .city = stripe_kept_text(out, address, "city", LIMIT_TEXT_BYTES, a),
                      .region = stripe_kept_text(out, address, "state", LIMIT_TEXT_BYTES, a),
                      .country = stripe_kept_text(out, address, "country", LIMIT_CODE_BYTES, a)};
    if (p.email.len > 0 && !is_address(p.email)) {
        stripe_leave_out(out, "email", STR("it is no address"));
        p.email = STR_NONE;
    }
    if (p.country.len > 0 && country_check(p.country, &why) != OK) {
        stripe_leave_out(out, "country", STR("it is no code of ISO 3166-1"));
        p.country = STR_NONE;
    }
    take_tax_id(&p, out, object, a);
    return p;
}

static struct str locale_of(struct stripe_taking *out, const json_t *object, struct arena *a)
{
    struct error why = {0};
    const json_t *first = json_array_get(json_object_get(object, "preferred_locales"), 0);
    struct str locale = {json_string_value(first), json_string_length(first)};
    if (locale.len == 0 || language_check(locale, &why) == OK) return str_copy(a, locale);
    stripe_leave_out(out, "preferred_locales", STR("it is no language of documents here"));
    return STR_NONE;
}

/* What Stripe owes him is below nothing there. What he owes is asked for there. */
static void take_money(struct import_customer_command *c, struct stripe_taking *out, const json_t *object,
                       struct arena *a)
{
    struct error why = {0};
    struct money balance = {0};
    struct str currency = json_text_of(object, "currency");
    const json_t *amount = json_object_get(object, "balance");
    if (!json_is_integer(amount)) amount = json_object_get(object, "account_balance");
    if (currency.len == 0) return;
    if (!stripe_is_amount(json_integer_value(amount))) {
        stripe_leave_out(out, "balance", STR("more than any amount of Stripe's"));
        return;
    }
    if (stripe_money(&balance, json_integer_value(amount), currency, &why) != OK) {
        stripe_leave_out(out, "currency", str_copy(a, str_of(why.text)));
        return;
    }
    c->currency = str_copy(a, str_of(balance.currency));
    if (balance.minor > 0)
        stripe_leave_out(out, "balance", STR("he owes money there: ask for it there"));
    else
        c->object.opened = money_negate(balance);
}

enum err stripe_take_customer(struct stripe_taking *out, struct stripe_reading *r, const json_t *object,
                              struct arena *a, struct error *e)
{
    struct import_customer_command *c = &out->command.import_customer;
    const json_t *settings = json_object_get(object, "invoice_settings");
    struct str method = json_id_of(settings, "default_payment_method");
    out->command.type = COMMAND_IMPORT_CUSTOMER;
    enum err err = choose_user(out, r, object, a, e);
    if (err != OK) return err;
    stripe_begin_object(&c->object, IMPORTED_CUSTOMER, object, a);
    c->user = out->user;
    c->party = party_of(out, object, a);
    c->locale = locale_of(out, object, a);
    bool exempt = str_is(json_text_of(object, "tax_exempt"), "exempt");
    c->tax_exempt = exempt ? YES_NO_YES : YES_NO_NO;
    if (stripe_id_is_one(method)) c->object.about = str_copy(a, method);
    take_money(c, out, object, a);
    return stripe_end_object(out, &c->object, r, a, e);
}

/* ---- whose it is ---- */

static enum err choose_owner(struct stripe_taking *out, struct stripe_reading *r, const json_t *object,
                             struct arena *a, struct error *e)
{
    struct customer here = {0};
    uint64_t customer = 0;
    enum err err = stripe_customer_here(&customer, r, json_id_of(object, "customer"), e);
    if (err != OK) return err;
    if (customer == 0) {
        stripe_refuse(out, "customer", STR("he is not known here"));
        return OK;
    }
    err = load_customer(&here, r->t, customer, a, e);
    out->user = str_copy(a, here.user);
    return err;
}

/* ---- payment methods ---- */

enum err stripe_take_method(struct stripe_taking *out, struct stripe_reading *r, const json_t *object,
                            struct arena *a, struct error *e)
{
    struct import_method_command *c = &out->command.import_method;
    struct object_imported owner = {0};
    bool found = false;
    out->command.type = COMMAND_IMPORT_METHOD;
    enum err err = find_imported(&found, &owner, r->t, json_id_of(object, "customer"), a, e);
    if (err == OK) err = choose_owner(out, r, object, a, e);
    if (err != OK) return err;
    stripe_begin_object(&c->object, IMPORTED_PAYMENT_METHOD, object, a);
    c->user = out->user;
    stripe_card_of(&c->card, object, a);
    c->is_default = str_equal(owner.about, c->object.reference);
    c->object.status = str_copy(a, json_text_of(object, "type"));
    c->object.about = c->card.gateway_customer;
    return stripe_end_object(out, &c->object, r, a, e);
}

/* ---- subscriptions ---- */

static void take_status(struct import_subscription_command *c, struct stripe_taking *out, struct str status)
{
    int value = 0;
    c->ended = stripe_is_over(status);
    if (c->ended || !choice_parse(&value, &choice_subscription_status, status)) return;
    c->status = (enum subscription_status)value;
    if (c->status == SUBSCRIPTION_TRIALING) c->status = SUBSCRIPTION_ACTIVE; /* its trial is there */
    if (c->status != SUBSCRIPTION_PAUSED) return;
    c->status = SUBSCRIPTION_NONE;
    stripe_leave_out(out, "status", STR("it is paused there, and is begun here when it goes on"));
}

static bool has_custom_price(const struct catalog *c, const struct import_subscription_command *s)
{
    for (size_t i = 0; c != NULL && i < c->prices_count; i++) {
        const struct price *p = &c->prices[i];
        if (p->custom && str_equal(p->product, s->tier) && str_is(s->currency, p->amount.currency))
            return true;
    }
    return false;
}

static void take_price(struct import_subscription_command *c, struct stripe_taking *out,
                       const struct stripe_reading *r, const json_t *price, struct arena *a)
{
    struct error why = {0};
    struct money amount = {0};
    const json_t *unit = json_object_get(price, "unit_amount");
    struct str currency = json_text_of(price, "currency");
    if (stripe_money(&amount, json_integer_value(unit), currency, &why) != OK) {
        stripe_refuse(out, "currency", str_copy(a, str_of(why.text)));
        return;
    }
    c->currency = str_copy(a, str_of(amount.currency));
    c->object.amount = amount;
    if (!has_custom_price(r->catalog, c)) return;
    if (json_is_integer(unit))
        c->price = money_decimal(amount);
    else
        stripe_refuse(out, "price", STR("its price is agreed, and no whole number of the smallest units"));
}

static bool is_add_on(const struct catalog *c, struct str tier)
{
    for (size_t i = 0; c != NULL && i < c->products_count; i++) {
        if (str_equal(c->products[i].code, tier)) return c->products[i].kind == PRODUCT_ADD_ON;
    }
    return false;
}

static const json_t *items_of(const json_t *subscription)
{
    return json_object_get(json_object_get(subscription, "items"), "data");
}

/* The first that is no add-on of the catalog. */
static size_t plan_place(const struct catalog *c, const json_t *items)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        if (!is_add_on(c, stripe_tier_of(json_object_get(json_array_get(items, i), "price")))) return i;
    }
    return 0;
}

static void take_plan(struct import_subscription_command *c, struct stripe_taking *out,
                      const struct stripe_reading *r, const json_t *object, struct arena *a)
{
    const json_t *items = items_of(object), *item = json_array_get(items, plan_place(r->catalog, items));
    const json_t *price = json_object_get(item, "price");
    bool over = c->ended || c->status == SUBSCRIPTION_NONE;
    c->tier = str_copy(a, stripe_tier_of(price));
    c->interval = stripe_interval_of(price);
    c->interval_count = json_count_of(json_object_get(price, "recurring"), "interval_count");
    c->quantity = json_count_of(item, "quantity");
    take_price(c, out, r, price, a);
    if (c->tier.len == 0 && !over)
        stripe_refuse(out, "lookup_key", STR("its price has none, nor a tier in its metadata"));
}

enum err stripe_take_subscription(struct stripe_taking *out, struct stripe_reading *r, const json_t *object,
                                  struct arena *a, struct error *e)
{
    struct import_subscription_command *c = &out->command.import_subscription;
    out->command.type = COMMAND_IMPORT_SUBSCRIPTION;
    enum err err = choose_owner(out, r, object, a, e);
    if (err != OK) return err;
    stripe_begin_object(&c->object, IMPORTED_SUBSCRIPTION, object, a);
    c->user = out->user;
    c->object.status = str_copy(a, json_text_of(object, "status"));
    take_status(c, out, c->object.status);
    take_plan(c, out, r, object, a);
    struct instant start = stripe_time_of(object, "start_date");
    c->start = instant_date(instant_is_given(start) ? start : c->object.at);
    c->period_end = stripe_period_end_of(object);
    if (date_is_given(c->period_end) && date_compare(c->period_end, c->start) < 0) c->start = c->period_end;
    bool ends = json_is_true(json_object_get(object, "cancel_at_period_end"));
    c->cancel_at_period_end = ends ? YES_NO_YES : YES_NO_NO;
    c->object.from = c->start;
    c->object.to = c->period_end;
    c->object.tier = c->tier;
    c->object.quantity = c->quantity;
    err = stripe_end_object(out, &c->object, r, a, e);
    c->as_of = r->now; /* when it was asked for is not of the subscription */
    return err;
}

/* ---- what is added to a subscription ---- */

/* What is charged by use is of the tier's rates; other prices must be add-ons of the catalog. */
static void take_item(struct import_items_command *c, struct import_item *items, struct stripe_taking *out,
                      const struct stripe_reading *r, const json_t *item, struct arena *a)
{
    const json_t *price = json_object_get(item, "price");
    struct str tier = str_copy(a, stripe_tier_of(price));
    if (stripe_is_metered(price)) return;
    if (is_add_on(r->catalog, tier))
        items[c->items_count++] = (struct import_item){tier, json_count_of(item, "quantity")};
    else
        stripe_leave_out(out, "items", STR("one whose price's lookup key is no add-on of the catalog"));
}

enum err stripe_take_items(struct stripe_taking *out, struct stripe_reading *r, const json_t *object,
                           struct arena *a, struct error *e)
{
    struct import_items_command *c = &out->command.import_items;
    const json_t *data = items_of(object);
    struct object_imported before = {0};
    size_t plan = plan_place(r->catalog, data);
    bool found = false;
    out->command.type = COMMAND_IMPORT_ITEMS;
    enum err err = choose_owner(out, r, object, a, e);
    if (err != OK) return err;
    struct import_item *items = arena_array_of(a, struct import_item, json_array_size(data) + 1);
    stripe_begin_object(&c->object, IMPORTED_ITEMS, object, a);
    c->user = out->user;
    c->object.about = c->object.reference;
    c->object.reference = str_format(a, "%.*s/items", STR_ARG(c->object.about));
    c->items = items;
    for (size_t i = 0; i < json_array_size(data); i++) {
        const json_t *item = json_array_get(data, i);
        if (i != plan)
            take_item(c, items, out, r, item, a);
        else
            c->currency = stripe_currency_of(json_object_get(item, "price"), a);
    }
    c->object.lines = c->items_count;
    err = stripe_end_object(out, &c->object, r, a, e);
    if (err == OK && c->items_count == 0)
        err = find_imported(&found, &before, r->t, c->object.reference, a, e);
    if (c->items_count == 0 && !found) out->known = true;
    c->period_end = stripe_period_end_of(object);
    c->as_of = r->now;
    return err;
}
