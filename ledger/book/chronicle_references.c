/* SPDX-License-Identifier: MIT */
/* chronicle_references.c - whoever is named is there, and is the same customer's. What a field refers to is
 * told by its name, which is the same in every event: so a new event is checked without a line here. */
#include "ledger/book/chronicle_private.h"

static const struct {
    const char *field;
    enum numbering numbering;
} referring[] = {
    {"customer", NUMBER_CUSTOMER},
    {"subscription", NUMBER_SUBSCRIPTION},
    {"parent", NUMBER_SUBSCRIPTION},
    {"item", NUMBER_ITEM},
    {"invoice", NUMBER_INVOICE},
    {"billed_by", NUMBER_INVOICE},
    {"credits", NUMBER_INVOICE},
    {"payment", NUMBER_TRANSACTION},
    {"refund", NUMBER_TRANSACTION},
    {"transaction", NUMBER_TRANSACTION},
    {"catalog_version", NUMBER_CATALOG},
    {"seller_version", NUMBER_SELLER},
    {"run", NUMBER_RUN},
    {"draft", NUMBER_DRAFT},
    {"rerating", NUMBER_RERATING},
    {"webhook", NUMBER_WEBHOOK},
    {"dispute", NUMBER_DISPUTE},
    {"object", NUMBER_IMPORTED},
};

const char *numbering_word(enum numbering n)
{
    static const char *const words[] = {[NUMBER_CUSTOMER] = "customer",
                                        [NUMBER_SUBSCRIPTION] = "subscription",
                                        [NUMBER_ITEM] = "item",
                                        [NUMBER_INVOICE] = "invoice",
                                        [NUMBER_TRANSACTION] = "transaction",
                                        [NUMBER_CATALOG] = "catalog version",
                                        [NUMBER_SELLER] = "seller version",
                                        [NUMBER_RUN] = "run",
                                        [NUMBER_DRAFT] = "draft",
                                        [NUMBER_RERATING] = "re-rating",
                                        [NUMBER_WEBHOOK] = "webhook",
                                        [NUMBER_DISPUTE] = "dispute",
                                        [NUMBER_IMPORTED] = "imported object"};
    return words[n];
}

/* ---- where in a struct its references stand, found out once a schema ---- */

struct reference {
    size_t offset, count_offset;       /* count_offset: of a list */
    enum numbering numbering;          /* of a number */
    const struct reference_plan *plan; /* of a part or list; else NULL */
    bool list;
};
struct reference_plan {
    const struct schema *schema;
    struct reference *items;
    size_t count;
};

static const struct reference_plan *plan_of(struct chronicle *h, const struct schema *s);

static bool refers(enum numbering *out, const struct field *f)
{
    for (size_t i = 0; f->kind == KIND_COUNT && i < sizeof referring / sizeof *referring; i++) {
        if (strcmp(f->name, referring[i].field) != 0) continue;
        *out = referring[i].numbering;
        return true;
    }
    return false;
}

static void add_reference(struct chronicle *h, struct reference_plan *p, const struct field *f)
{
    struct reference r = {.offset = f->offset, .count_offset = f->count_offset, .list = f->kind == KIND_LIST};
    bool inner = f->kind == KIND_PART || f->kind == KIND_LIST;
    if (inner) r.plan = plan_of(h, f->of);
    if (inner ? r.plan->count > 0 : refers(&r.numbering, f)) p->items[p->count++] = r;
}

/* Records hold no records of their own kind, so this ends. */
static const struct reference_plan *plan_of(struct chronicle *h, const struct schema *s)
{
    for (size_t i = 0; i < h->plans_count; i++) {
        if (h->plans[i]->schema == s) return h->plans[i];
    }
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    struct reference_plan *p = arena_new_of(h->arena, struct reference_plan);
    *p = (struct reference_plan){.schema = s, .items = arena_array_of(h->arena, struct reference, count)};
    for (size_t i = 0; i < count; i++) add_reference(h, p, &fields[i]);
    h->plans = list_room(h->plans, h->plans_count, &h->plans_capacity, sizeof(struct reference_plan *));
    h->plans[h->plans_count++] = p;
    return p;
}

/* ---- the check ---- */

static uint64_t count_at(const char *record, size_t offset)
{
    uint64_t number = 0;
    memcpy(&number, record + offset, sizeof number);
    return number;
}

/* Whose it is; 0: that is not kept. */
static uint64_t owner_of(const struct chronicle *h, enum numbering n, uint64_t number)
{
    if (n == NUMBER_SUBSCRIPTION) return h->subscriptions.items[number - 1];
    if (n == NUMBER_INVOICE) return h->documents[number - 1].customer;
    return n == NUMBER_TRANSACTION ? h->transactions[number - 1].customer : 0;
}

static enum err check_number(const struct chronicle *h, const struct reference *r, uint64_t number,
                             uint64_t customer, struct error *e)
{
    const char *word = numbering_word(r->numbering);
    if (number == 0) return OK;
    if (number > h->last[r->numbering])
        return fail(e, ERR_TAMPERED, "it speaks of %s number %ju, which is not there yet", word,
                    (uintmax_t)number);
    uint64_t owner = owner_of(h, r->numbering, number);
    if (customer == 0 || owner == 0 || owner == customer) return OK;
    return fail(e, ERR_TAMPERED, "it is about customer %ju, and speaks of %s number %ju of customer %ju",
                (uintmax_t)customer, word, (uintmax_t)number, (uintmax_t)owner);
}

static enum err check_record(const struct chronicle *h, const struct reference_plan *p, const char *record,
                             uint64_t customer, struct error *e);

static enum err check_list(const struct chronicle *h, const struct reference *r, const char *record,
                           uint64_t customer, struct error *e)
{
    const char *items = NULL;
    size_t count = 0;
    enum err err = OK;
    memcpy(&items, record + r->offset, sizeof items);
    memcpy(&count, record + r->count_offset, sizeof count);
    for (size_t i = 0; i < count && err == OK; i++)
        err = check_record(h, r->plan, items + i * r->plan->schema->size, customer, e);
    return err;
}

static enum err check_record(const struct chronicle *h, const struct reference_plan *p, const char *record,
                             uint64_t customer, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < p->count && err == OK; i++) {
        const struct reference *r = &p->items[i];
        if (r->list)
            err = check_list(h, r, record, customer, e);
        else if (r->plan != NULL)
            err = check_record(h, r->plan, record + r->offset, customer, e);
        else
            err = check_number(h, r, count_at(record, r->offset), customer, e);
    }
    return err;
}

enum err chronicle_references(struct chronicle *h, const struct event *ev, struct error *e)
{
    const struct reference_plan *p = plan_of(h, event_kind(ev->type)->schema);
    return p->count == 0 ? OK : check_record(h, p, event_body(ev), event_customer(ev), e);
}
