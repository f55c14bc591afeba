/* SPDX-License-Identifier: MIT */
/* stripe_documents.c - what was invoiced and paid at Stripe, as history; and what its balance is made of.
 * What a payment or refund of this ledger's moved there is no history: it stands here already. */
#include "importers/json_text.h"
#include "importers/stripe_form.h"
#include "importers/stripe_shapes.h"
#include "importers/stripe_take.h"

/* ---- amounts ---- */

bool stripe_is_amount(json_int_t minor)
{
    const json_int_t most = 100000000000000;
    return minor < most && minor > -most;
}

/* An amount in the object's currency; refuses the object where it is none. */
static struct money amount_of(struct stripe_taking *out, const json_t *object, const char *name,
                              struct arena *a)
{
    struct error why = {0};
    struct money m = {0};
    json_int_t minor = json_integer_value(json_object_get(object, name));
    if (!stripe_is_amount(minor))
        stripe_refuse(out, name, STR("more than any amount of Stripe's"));
    else if (stripe_money(&m, minor, json_text_of(object, "currency"), &why) != OK)
        stripe_refuse(out, name, str_copy(a, str_of(why.text)));
    return m;
}

/* The sum of the amounts in a list, which counts as nothing where it is none. */
static struct money sum_of(struct stripe_taking *out, const json_t *object, const char *list,
                           struct money like)
{
    const json_t *items = json_object_get(object, list);
    struct money sum = money_zero(like);
    struct error why = {0};
    for (size_t i = 0; i < json_array_size(items); i++) {
        struct money one = {0};
        json_int_t minor = json_integer_value(json_object_get(json_array_get(items, i), "amount"));
        if (!stripe_is_amount(minor) ||
            stripe_money(&one, minor, json_text_of(object, "currency"), &why) != OK ||
            money_add(&sum, sum, one, &why) != OK)
            stripe_refuse(out, list, STR("its amounts have no sum"));
    }
    return sum;
}

static struct str name_of(const json_t *object, const char *name, struct arena *a)
{
    struct str id = json_id_of(object, name);
    return stripe_id_is_one(id) ? str_copy(a, id) : STR_NONE;
}

/* Is the payment, or the refund, one of ours? */
static enum err find_own(struct stripe_taking *out, struct stripe_reading *r, struct str reference,
                         struct error *e)
{
    uint64_t transaction = 0;
    if (reference.len == 0) return OK;
    enum err err = transaction_by_reference(&transaction, r->t, reference, e);
    out->own = out->own || transaction != 0;
    return err;
}

static struct import_document_command *begin(struct stripe_taking *out, enum imported_kind kind,
                                             const json_t *object, struct arena *a)
{
    out->command.type = COMMAND_IMPORT_DOCUMENT;
    stripe_begin_object(&out->command.import_document.object, kind, object, a);
    return &out->command.import_document;
}

/* ---- prices ---- */

static int compare_prices(const void *left, const void *right)
{
    const struct stripe_price *a = left, *b = right;
    return str_compare(a->id, b->id);
}

void stripe_prices_add(struct stripe_prices *all, json_t *const *objects, size_t count)
{
    for (size_t i = 0; i < count && all->count < STRIPE_PRICES_MAX; i++) {
        all->items = arena_grow(all->arena, all->items, all->count, &all->capacity, sizeof *all->items);
        all->items[all->count++] = (struct stripe_price){
            .id = str_copy(all->arena, json_text_of(objects[i], "id")),
            .tier = str_copy(all->arena, stripe_tier_of(objects[i])),
            .metered = stripe_is_metered(objects[i]),
        };
    }
}

void stripe_prices_sort(struct stripe_prices *all)
{
    if (all->count > 0) qsort(all->items, all->count, sizeof *all->items, compare_prices);
}

/* ---- the lines of an invoice ---- */

/* The price stands in the line, or, since 2025, only its name does. */
static struct stripe_price price_of(const json_t *line, const struct stripe_prices *all)
{
    const json_t *price = json_object_get(line, "price");
    const json_t *details = json_object_get(json_object_get(line, "pricing"), "price_details");
    struct stripe_price wanted = {.id = json_is_object(price) ? json_text_of(price, "id")
                                                              : json_id_of(details, "price"),
                                  .tier = stripe_tier_of(price),
                                  .metered = stripe_is_metered(price)};
    if (json_is_object(price) || wanted.id.len == 0 || all->count == 0) return wanted;
    const struct stripe_price *known =
        bsearch(&wanted, all->items, all->count, sizeof *all->items, compare_prices);
    return known == NULL ? wanted : *known;
}

/* The parent says of which kind the line is, and that kind's details whether it is for a part of a period. */
static bool is_proration(const json_t *line)
{
    const json_t *parent = json_object_get(line, "parent");
    const json_t *details = json_object_get(parent, "subscription_item_details");
    if (str_is(json_text_of(parent, "type"), "invoice_item_details"))
        details = json_object_get(parent, "invoice_item_details");
    return json_is_true(json_object_get(details, "proration")) ||
           json_is_true(json_object_get(line, "proration"));
}

/* Of the fees for a period the largest is the plan's; the others are for what is added to it. */
static void take_line(struct object_imported *v, int64_t *largest, const json_t *line,
                      const struct stripe_reading *r, struct arena *a)
{
    const json_t *period = json_object_get(line, "period");
    struct stripe_price price = price_of(line, r->prices);
    struct instant from = stripe_time_of(period, "start"), to = stripe_time_of(period, "end");
    int64_t amount = json_integer_value(json_object_get(line, "amount"));
    bool part = is_proration(line), used = !part && price.metered, first = v->tier.len == 0;
    bool fee = !part && !used && price.tier.len > 0 && instant_is_given(from) && instant_is_given(to);
    v->lines++;
    v->prorations += part;
    v->metered += used;
    v->others += !part && !used && (!fee || !first);
    if (!fee || (!first && amount <= *largest)) return;
    *largest = amount;
    v->tier = str_copy(a, price.tier);
    v->quantity = json_count_of(line, "quantity");
    v->from = instant_date(from);
    v->to = instant_date(to);
}

static void take_lines(struct object_imported *v, const json_t *object, const struct stripe_reading *r,
                       struct arena *a)
{
    const json_t *lines = json_object_get(object, "lines"), *data = json_object_get(lines, "data");
    size_t count = json_array_size(data);
    int64_t largest = 0;
    for (size_t i = 0; i < count; i++) take_line(v, &largest, json_array_get(data, i), r, a);
    uint64_t all = json_count_of(lines, "total_count");
    bool more = json_is_true(json_object_get(lines, "has_more"));
    if (!more) return;
    uint64_t beyond = all > count ? all - count : 1; /* those that Stripe does not send along */
    v->lines += beyond;
    v->others += beyond;
}

/* ---- documents ---- */

/* What its taxes come to: a list by either name, or, long ago, one number. */
static struct money tax_of(struct stripe_taking *out, const json_t *object, struct money like,
                           struct arena *a)
{
    if (json_is_array(json_object_get(object, "total_taxes")))
        return sum_of(out, object, "total_taxes", like);
    if (json_is_array(json_object_get(object, "total_tax_amounts")))
        return sum_of(out, object, "total_tax_amounts", like);
    return amount_of(out, object, "tax", a);
}

enum err stripe_take_invoice(struct stripe_taking *out, struct stripe_reading *r, const json_t *object,
                             struct arena *a, struct error *e)
{
    struct import_document_command *c = begin(out, IMPORTED_INVOICE, object, a);
    struct object_imported *v = &c->object;
    v->status = stripe_kept_text(out, object, "status", LIMIT_TEXT_BYTES, a);
    v->number = stripe_kept_text(out, object, "number", LIMIT_TEXT_BYTES, a);
    v->about = str_copy(a, stripe_subscription_of(object));
    if (!stripe_id_is_one(v->about)) v->about = STR_NONE;
    v->amount = amount_of(out, object, "total", a);
    v->settled = amount_of(out, object, "amount_paid", a);
    v->subtotal = amount_of(out, object, "subtotal", a);
    v->discount = sum_of(out, object, "total_discount_amounts", v->amount);
    v->tax = tax_of(out, object, v->amount, a);
    take_lines(v, object, r, a);
    enum err err = stripe_customer_here(&c->customer, r, json_id_of(object, "customer"), e);
    return err == OK ? stripe_end_object(out, v, r, a, e) : err;
}

enum err stripe_take_charge(struct stripe_taking *out, struct stripe_reading *r, const json_t *object,
                            struct arena *a, struct error *e)
{
    struct import_document_command *c = begin(out, IMPORTED_CHARGE, object, a);
    struct object_imported *v = &c->object;
    v->status = stripe_kept_text(out, object, "status", LIMIT_TEXT_BYTES, a);
    v->number = stripe_kept_text(out, object, "failure_code", LIMIT_TEXT_BYTES, a);
    v->about = name_of(object, "payment_intent", a);
    v->amount = amount_of(out, object, "amount", a);
    v->settled = amount_of(out, object, "amount_refunded", a);
    enum err err = find_own(out, r, v->about, e);
    if (err == OK) err = stripe_customer_here(&c->customer, r, json_id_of(object, "customer"), e);
    return err == OK ? stripe_end_object(out, v, r, a, e) : err;
}

/* Whose it is its charge tells. */
enum err stripe_take_refund(struct stripe_taking *out, struct stripe_reading *r, const json_t *object,
                            struct arena *a, struct error *e)
{
    struct import_document_command *c = begin(out, IMPORTED_REFUND, object, a);
    struct object_imported *v = &c->object, charge = {0};
    bool found = false;
    v->status = stripe_kept_text(out, object, "status", LIMIT_TEXT_BYTES, a);
    v->about = name_of(object, "charge", a);
    v->amount = amount_of(out, object, "amount", a);
    enum err err = find_own(out, r, v->reference, e);
    if (err == OK) err = find_own(out, r, name_of(object, "payment_intent", a), e);
    if (err == OK && v->about.len > 0) err = find_imported(&found, &charge, r->t, v->about, a, e);
    if (found) c->customer = charge.customer;
    return err == OK ? stripe_end_object(out, v, r, a, e) : err;
}

/* ---- the balance ---- */

/* The source was asked for as a whole: its payment tells whose it is. What moved money of this ledger's own
 * is counted, and opens nothing. */
enum err stripe_take_balance(struct stripe_taking *out, struct stripe_reading *r, const json_t *object,
                             struct arena *a, struct error *e)
{
    struct object_imported *v = &begin(out, IMPORTED_BALANCE_TRANSACTION, object, a)->object;
    const json_t *source = json_object_get(object, "source");
    v->status = stripe_kept_text(out, object, "type", LIMIT_TEXT_BYTES, a);
    v->about = name_of(object, "source", a);
    v->subtotal = amount_of(out, object, "amount", a);
    v->amount = amount_of(out, object, "net", a);
    enum err err = find_own(out, r, v->about, e);
    if (err == OK) err = find_own(out, r, name_of(source, "payment_intent", a), e);
    v->opened = out->own ? money_zero(v->amount) : v->amount;
    out->own = false; /* it is kept all the same: the balance is made of it */
    return err == OK ? stripe_end_object(out, v, r, a, e) : err;
}
