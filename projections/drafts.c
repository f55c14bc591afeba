/* SPDX-License-Identifier: MIT */
/* drafts.c - documents that are not final yet: one draft a customer, until it is finalized or discarded. */
#include "projections/fold.h"

static enum err keep(struct views_txn *t, const struct invoice_drafted *v, struct error *e)
{
    struct draft row = {.draft = v->draft,
                        .customer = v->customer,
                        .through = v->through,
                        .on = v->on,
                        .documents = v->documents,
                        .documents_count = v->documents_count};
    struct view_key k = key_number(SPACE_DRAFT, v->customer);
    struct view_key by_number = key_number(SPACE_DRAFT_CUSTOMER, v->draft);
    enum err err = views_put_record(t, &k, &schema_draft, &row, e);
    return err == OK ? number_put(t, &by_number, v->customer, e) : err;
}

static enum err approve(struct views_txn *t, uint64_t customer, struct arena *a, struct error *e)
{
    struct draft row = {0};
    struct view_key k = key_number(SPACE_DRAFT, customer);
    enum err err = row_need(&row, &schema_draft, t, &k, "draft of customer", customer, a, e);
    row.approved = true;
    return err != OK ? err : views_put_record(t, &k, &schema_draft, &row, e);
}

static enum err forget(struct views_txn *t, uint64_t draft, uint64_t customer, struct error *e)
{
    struct view_key k = key_number(SPACE_DRAFT, customer);
    struct view_key by_number = key_number(SPACE_DRAFT_CUSTOMER, draft);
    enum err err = views_delete(t, &k, e);
    return err != OK ? err : views_delete(t, &by_number, e);
}

enum err fold_drafts(struct views_txn *t, const struct event *ev, const struct event_place *place,
                     struct arena *a, struct error *e)
{
    (void)place;
    const struct invoice_finalized *v = &ev->invoice_finalized;
    if (ev->type == EVENT_INVOICE_DRAFTED) return keep(t, &ev->invoice_drafted, e);
    if (ev->type == EVENT_DRAFT_APPROVED) return approve(t, ev->draft_approved.customer, a, e);
    if (ev->type == EVENT_DRAFT_DISCARDED)
        return forget(t, ev->draft_discarded.draft, ev->draft_discarded.customer, e);
    if (ev->type == EVENT_INVOICE_FINALIZED && v->draft != 0) return forget(t, v->draft, v->customer, e);
    return OK;
}

/* ---- queries ---- */

enum err draft_of(bool *found, struct draft *out, struct views_txn *t, uint64_t customer, struct arena *a,
                  struct error *e)
{
    struct view_key k = key_number(SPACE_DRAFT, customer);
    return row_find(found, out, &schema_draft, t, &k, a, e);
}

enum err load_draft(struct draft *out, struct views_txn *t, uint64_t customer, struct arena *a,
                    struct error *e)
{
    struct view_key k = key_number(SPACE_DRAFT, customer);
    return row_load(out, &schema_draft, t, &k, "draft of customer cus_", customer, a, e);
}

enum err draft_customer(uint64_t *customer, struct views_txn *t, struct str name, struct error *e)
{
    struct error unused = {0};
    uint64_t number = 0;
    *customer = 0;
    if (public_id_parse(&number, "draft", name, &unused) == OK) {
        struct view_key k = key_number(SPACE_DRAFT_CUSTOMER, number);
        return number_get(customer, t, &k, e);
    }
    struct user_entry entry = {0};
    enum err err = user_get(&entry, t, name, e);
    *customer = entry.customer;
    return err;
}

enum err find_draft(struct draft *out, struct views_txn *t, struct str name, struct arena *a, struct error *e)
{
    uint64_t customer = 0;
    bool found = false;
    enum err err = draft_customer(&customer, t, name, e);
    if (err == OK && customer != 0) err = draft_of(&found, out, t, customer, a, e);
    if (err != OK || found) return err;
    struct str shown = text_quotable(name);
    return fail(e, ERR_NOT_FOUND, "no draft '%.*s'", STR_ARG(shown));
}

struct draft_page {
    struct due_cursor *after;
    uint64_t *customers;
    size_t *count, capacity;
};

static enum err draft_visit(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct draft_page *page = context;
    (void)value, (void)e;
    if (*page->count == page->capacity) return ERR_NOT_FOUND;
    page->customers[(*page->count)++] = page->after->customer = key_tail(key, 8);
    return OK;
}

enum err list_drafts(struct views_txn *t, struct date through, struct due_cursor *after, uint64_t *customers,
                     size_t *count, size_t capacity, struct error *e)
{
    struct view_key from = key_number(SPACE_DRAFT, after->customer + 1);
    struct draft_page page = {.after = after, .count = count, .capacity = capacity};
    page.customers = customers;
    (void)through;
    *count = 0;
    return views_scan(t, &from, 1, false, draft_visit, &page, e);
}
