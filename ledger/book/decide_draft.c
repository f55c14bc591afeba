/* SPDX-License-Identifier: MIT */
/* decide_draft.c - documents before they are final: what would be finalized is drafted, looked at, approved,
 * and then made anew by the same code. What was approved is finalized only if it still comes out the same, so
 * nobody is billed what nobody has seen. A draft moves nothing: what is in it stays due. Where time alone
 * comes to no document (a trial ends, nobody used anything) there is nothing to approve, and it is as in any
 * run. */
#include "ledger/book/decide_shared.h"

static struct draft_document *drafted_of(const struct documents *d, struct arena *a)
{
    struct draft_document *all = arena_array_of(a, struct draft_document, d->count);
    for (size_t i = 0; i < d->count; i++) {
        const struct invoice_finalized *v = &d->items[i];
        all[i] = (struct draft_document){.kind = v->kind,
                                         .lines = v->lines,
                                         .lines_count = v->lines_count,
                                         .subtotal = v->subtotal,
                                         .discount = v->discount,
                                         .tax = v->tax,
                                         .total = v->total};
    }
    return all;
}

static bool is_same(const struct draft *draft, const struct draft_document *documents, size_t count)
{
    if (draft->documents_count != count) return false;
    for (size_t i = 0; i < count; i++) {
        if (!schema_equal(&schema_draft_document, &draft->documents[i], &documents[i])) return false;
    }
    return true;
}

static void discard(struct decision *out, const struct draft *d, struct str reason, struct arena *a)
{
    struct event *ev = event_add(&out->events, EVENT_DRAFT_DISCARDED, a);
    ev->draft_discarded = (struct draft_discarded){d->draft, d->customer, reason};
}

static void draft(struct decision *out, const struct facts *f, struct date through,
                  const struct draft_document *documents, size_t count, struct arena *a)
{
    struct event *ev = event_add(&out->events, EVENT_INVOICE_DRAFTED, a);
    ev->invoice_drafted = (struct invoice_drafted){
        .draft = f->draft != NULL ? f->draft->draft : f->counters.draft,
        .customer = f->customer->customer,
        .through = through,
        .on = f->today,
        .documents = documents,
        .documents_count = count,
    };
}

void draft_documents(struct decision *out, const struct facts *f, const struct customer_bill_command *c,
                     const struct documents *d, struct arena *a)
{
    struct draft_document *documents = drafted_of(d, a);
    out->events.count = 0; /* what falls due happens when it is finalized */
    bool same = f->draft != NULL && is_same(f->draft, documents, d->count) &&
                date_compare(f->draft->through, c->through) == 0;
    if (!same) draft(out, f, c->through, documents, d->count, a);
}

/* Approved, or old enough to be finalized without. */
static bool may_finalize(const struct facts *f, const struct customer_bill_command *c)
{
    const struct draft *d = f->draft;
    uint64_t days = f->seller == NULL ? 0 : f->seller->draft_days;
    return d->approved || c->approved || (days != 0 && date_days_between(d->on, f->today) >= (int64_t)days);
}

void check_draft(bool *done, struct decision *out, const struct facts *f,
                 const struct customer_bill_command *c, const struct documents *d, struct arena *a)
{
    struct draft_document *documents = drafted_of(d, a);
    bool approved = f->draft->approved || c->approved;
    bool waits = !may_finalize(f, c);
    *done = waits || (approved && !is_same(f->draft, documents, d->count));
    if (!*done) return;
    out->events.count = 0;
    if (waits) return; /* as it is, for its days of grace are counted */
    if (d->count == 0)
        discard(out, f->draft, STR("nothing is to be invoiced any more"), a);
    else
        draft(out, f, f->draft->through, documents, d->count, a);
}

void close_draft(struct decision *out, const struct facts *f, struct documents *d, struct arena *a)
{
    if (f->draft == NULL) return;
    for (size_t i = 0; i < d->count; i++) d->items[i].draft = f->draft->draft;
    if (d->count == 0) discard(out, f->draft, STR("nothing is to be invoiced any more"), a);
}

/* ---- commands ---- */

static enum err need_draft(const struct facts *f, struct str name, struct error *e)
{
    if (f->draft != NULL) return OK;
    return fail(e, ERR_NOT_FOUND, "no draft '%.*s'", STR_ARG(name));
}

enum err decide_draft_approve(struct decision *out, const struct facts *f,
                              const struct draft_approve_command *c, struct arena *a, struct error *e)
{
    enum err err = need_draft(f, c->draft, e);
    if (err != OK || f->draft->approved) return err;
    struct event *ev = event_add(&out->events, EVENT_DRAFT_APPROVED, a);
    ev->draft_approved = (struct draft_approved){f->draft->draft, f->draft->customer};
    return OK;
}

enum err decide_draft_discard(struct decision *out, const struct facts *f,
                              const struct draft_discard_command *c, struct arena *a, struct error *e)
{
    enum err err = need_draft(f, c->draft, e);
    if (err == OK) discard(out, f->draft, c->reason, a);
    return err;
}
