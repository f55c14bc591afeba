/* SPDX-License-Identifier: MIT */
/* ask_reminders.c - the reminders that were due, with their words: made when they are asked for, from the
 * template of that day's catalog and from what the customer is called now. */
#include "billing/answers.h"

struct reminders_asked {
    const struct call *call;
    struct views_txn *txn;
    struct arena *rows;     /* emptied after each */
    struct arena *kept;     /* of the catalog */
    struct catalog catalog; /* the one that was read last */
};

static enum err read_catalog(struct reminders_asked *r, uint64_t version, struct error *e)
{
    if (r->catalog.version == version) return OK;
    arena_reset(r->kept);
    return load_catalog(&r->catalog, r->txn, version, r->kept, e);
}

static enum err read_invoices(struct invoice **out, struct reminders_asked *r, const struct reminder_due *v,
                              struct error *e)
{
    enum err err = OK;
    *out = arena_array_of(r->rows, struct invoice, v->invoices_count);
    for (size_t i = 0; i < v->invoices_count && err == OK; i++)
        err = load_invoice(&(*out)[i], r->txn, v->invoices[i].invoice, r->rows, e);
    return err;
}

static struct str body_of(const struct reminder_template *t, const struct reminder_words *w, struct arena *a)
{
    struct buffer b = {.arena = a};
    for (size_t i = 0; i < t->body_count; i++) {
        struct str line = template_fill(a, t->body[i].text, w);
        buffer_add(&b, line.ptr, line.len);
        buffer_add_byte(&b, '\n');
    }
    return (struct str){(const char *)b.ptr, b.len};
}

static json_t *reminder_json(const struct reminder_due *v, const struct customer *c,
                             const struct reminder_words *w, const struct reminder_template *t,
                             struct arena *a)
{
    json_t *j = object_new();
    member_date(j, "date", v->on);
    member_text(j, "user_id", c->user);
    member_count(j, "reminder", v->reminder);
    member_text(j, "kind", str_of(choice_reminder_kind.words[v->kind]));
    member_count(j, "days", v->days);
    member_text(j, "invoices", w->invoice);
    member_money(j, "amount", v->amount);
    member_text(j, "currency", str_of(v->amount.currency));
    member_count(j, "attempt", v->attempt);
    member_text(j, "template", v->template);
    member_text(j, "subject", t == NULL ? STR_NONE : template_fill(a, t->subject, w));
    member_text(j, "body", t == NULL ? STR_NONE : body_of(t, w, a));
    return j;
}

static enum err tell_reminder(void *context, const struct reminder_due *v, struct error *e)
{
    struct reminders_asked *r = context;
    struct customer c = {0};
    struct invoice *invoices = NULL;
    enum err err = load_customer(&c, r->txn, v->customer, r->rows, e);
    if (err == OK) err = read_invoices(&invoices, r, v, e);
    if (err == OK) err = read_catalog(r, v->catalog, e);
    if (err != OK) return err;
    struct reminder_words w = reminder_words_of(v, &c, invoices, r->rows);
    const struct reminder_template *t = template_named(&r->catalog.dunning, v->template);
    const struct answer *answer = r->call->answer;
    err = answer->take(answer->self, reminder_json(v, &c, &w, t, r->rows), true, e);
    arena_reset(r->rows);
    return err;
}

enum err ask_dunning_reminders(const struct call *c, struct error *e)
{
    const struct dunning_reminders_query *q = c->query;
    struct ledger *l = c->service->ledger;
    struct reminders_asked r = {.call = c, .rows = arena_new(), .kept = arena_new()};
    struct list_query rows = {.from = q->from, .to = q->to, .limit = q->limit, .status = -1};
    enum err err = service_days(q->from, q->to, e);
    if (err == OK) err = ledger_read_begin(&r.txn, l, e);
    if (err == OK) err = service_customer(&rows.customer, r.txn, q->user, c->arena, e);
    if (err == OK) err = list_reminders(r.txn, &rows, tell_reminder, &r, r.rows, e);
    ledger_read_end(l, r.txn);
    arena_free(r.kept);
    arena_free(r.rows);
    return err;
}
