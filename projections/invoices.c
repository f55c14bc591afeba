/* SPDX-License-Identifier: MIT */
/* invoices.c - every document ever finalized, what was paid on it since, and where to find it. Nothing of
 * what was finalized is ever changed here; payments, credits and refunds are noted beside it. */
#include "ledger/book.h"
#include "projections/fold.h"
#include "projections/listing.h"

static enum err invoice_need(struct invoice *out, struct views_txn *t, uint64_t invoice, struct arena *a,
                             struct error *e)
{
    struct view_key k = key_number(SPACE_INVOICE, invoice);
    return row_need(out, &schema_invoice, t, &k, "invoice", invoice, a, e);
}

static enum err invoice_put(struct views_txn *t, const struct invoice *v, struct error *e)
{
    struct view_key k = key_number(SPACE_INVOICE, v->invoice);
    return views_put_record(t, &k, &schema_invoice, v, e);
}

/* ---- folds ---- */

/* One way to change a document that is there. */
typedef enum err change_fn(struct invoice *v, struct money amount, struct date on, struct error *e);

static enum err change_each(struct views_txn *t, const struct allocation *parts, size_t count, struct date on,
                            change_fn *change, struct arena *a, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        struct invoice v = {0};
        err = invoice_need(&v, t, parts[i].invoice, a, e);
        if (err == OK) err = change(&v, parts[i].amount, on, e);
        if (err == OK) err = invoice_put(t, &v, e);
    }
    return err;
}

static enum err recover(struct invoice *v, struct money amount, struct date on, struct error *e)
{
    (void)on;
    return invoice_recover(v, amount, e);
}

static enum err cover(struct invoice *v, struct money amount, struct date on, struct error *e)
{
    (void)on;
    return money_subtract(&v->conceded, v->conceded, amount, e);
}

/* ---- what is given back of lines ---- */

static enum err note_credits_of(struct views_txn *t, uint64_t invoice, const struct line *lines, size_t count,
                                bool undone, struct arena *a, struct error *e)
{
    struct invoice v = {0};
    enum err err = invoice_need(&v, t, invoice, a, e);
    if (err != OK) return err;
    struct crediting c = crediting_begin(&v, a);
    for (size_t i = 0; i < count && err == OK; i++) err = crediting_note(&c, &lines[i], undone, e);
    crediting_end(&v, &c);
    return err == OK ? invoice_put(t, &v, e) : err;
}

static bool was_seen(const struct line *lines, size_t place)
{
    for (size_t i = 0; i < place; i++) {
        if (lines[i].credits == lines[place].credits) return true;
    }
    return false;
}

/* Each invoice that the lines of a document credit, once; of itself it says it already. */
static enum err note_credits(struct views_txn *t, uint64_t document, const struct line *lines, size_t count,
                             bool undone, struct arena *a, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        if (lines[i].credits == 0 || lines[i].credits == document || was_seen(lines, i)) continue;
        err = note_credits_of(t, lines[i].credits, lines, count, undone, a, e);
    }
    return err;
}

/* Whoever takes back a line that was itself a credit gives the line behind it its part again. */
static enum err note_behind(struct views_txn *t, const struct invoice_finalized *v, struct arena *a,
                            struct error *e)
{
    struct invoice credited = {0};
    size_t count = 0;
    if (v->kind == INVOICE_INVOICE) return OK;
    struct line *behind = arena_array_of(a, struct line, v->lines_count);
    for (size_t i = 0; i < v->lines_count; i++) {
        const struct line *l = &v->lines[i];
        if (l->kind != LINE_CREDIT || l->amount.minor <= 0) continue;
        enum err err = OK;
        if (credited.invoice != l->credits) err = invoice_need(&credited, t, l->credits, a, e);
        if (err != OK) return err;
        uint64_t line = credited_line(&credited, l);
        if (line == 0) continue;
        assert(credited.lines != NULL);
        const struct line *taken_back = &credited.lines[line - 1];
        behind[count] = *l;
        behind[count].credits = taken_back->credits;
        behind[count++].credits_line = taken_back->credits_line;
    }
    return note_credits(t, v->invoice, behind, count, false, a, e);
}

static enum err note_returns(struct views_txn *t, const struct invoice_finalized *v, struct arena *a,
                             struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < v->returns_count && err == OK; i++) {
        struct invoice credited = {0};
        err = invoice_need(&credited, t, v->returns[i].invoice, a, e);
        if (err == OK) err = invoice_note_return(&credited, &v->returns[i], a, e);
        if (err == OK) err = invoice_put(t, &credited, e);
    }
    return err;
}

/* ---- events ---- */

static enum err keep_invoice(struct views_txn *t, const struct invoice_finalized *v,
                             const struct event_place *place, struct arena *a, struct error *e)
{
    struct invoice row = invoice_begun(v);
    struct view_key by_customer = key_pair(SPACE_CUSTOMER_INVOICE, v->customer, v->invoice);
    row.seq = place->seq;
    row.leaf = place->leaf;
    row.finalized_at = place->at;
    enum err err = invoice_put(t, &row, e);
    if (err == OK) err = mark_put(t, &by_customer, e);
    if (err == OK) err = note_credits(t, v->invoice, v->lines, v->lines_count, false, a, e);
    if (err == OK) err = note_behind(t, v, a, e);
    if (err == OK) err = note_returns(t, v, a, e);
    struct date on = v->issue_date;
    if (err == OK) err = change_each(t, v->recovers, v->recovers_count, on, recover, a, e);
    if (err == OK) err = change_each(t, v->settles, v->settles_count, on, invoice_settle, a, e);
    return err == OK ? change_each(t, v->covers, v->covers_count, on, cover, a, e) : err;
}

static enum err note_payment(struct views_txn *t, const struct payment_succeeded *v, struct date on,
                             struct arena *a, struct error *e)
{
    enum err err = change_each(t, v->recovers, v->recovers_count, on, recover, a, e);
    return err == OK ? change_each(t, v->pays, v->pays_count, on, invoice_pay, a, e) : err;
}

/* What its lines had given back of other invoices was never given. */
static enum err note_void(struct views_txn *t, const struct invoice_voided *ev, struct arena *a,
                          struct error *e)
{
    struct invoice v = {0};
    enum err err = invoice_need(&v, t, ev->invoice, a, e);
    if (err == OK) err = invoice_void(&v, ev, e);
    if (err == OK) err = invoice_put(t, &v, e);
    return err == OK ? note_credits(t, ev->invoice, ev->lines, ev->lines_count, true, a, e) : err;
}

static enum err note_write_off(struct views_txn *t, const struct invoice_written_off *ev, struct arena *a,
                               struct error *e)
{
    struct invoice v = {0};
    enum err err = invoice_need(&v, t, ev->invoice, a, e);
    if (err == OK) err = invoice_write_off(&v, ev, e);
    return err == OK ? invoice_put(t, &v, e) : err;
}

/* From the request on, so that nothing is asked back twice; a refund that failed is taken back again. */
static enum err note_refund(struct views_txn *t, uint64_t invoice, struct money by, struct arena *a,
                            struct error *e)
{
    struct invoice v = {0};
    if (invoice == 0) return OK;
    enum err err = invoice_need(&v, t, invoice, a, e);
    if (err == OK) err = money_add(&v.refunded, v.refunded, by, e);
    return err == OK ? invoice_put(t, &v, e) : err;
}

enum err fold_invoices(struct views_txn *t, const struct event *ev, const struct event_place *place,
                       struct arena *a, struct error *e)
{
    const struct refund_requested *asked = &ev->refund_requested;
    const struct refund_failed *failed = &ev->refund_failed;
    const struct refund_returned *returned = &ev->refund_returned;
    if (ev->type == EVENT_INVOICE_FINALIZED) return keep_invoice(t, &ev->invoice_finalized, place, a, e);
    if (ev->type == EVENT_INVOICE_VOIDED) return note_void(t, &ev->invoice_voided, a, e);
    if (ev->type == EVENT_INVOICE_WRITTEN_OFF) return note_write_off(t, &ev->invoice_written_off, a, e);
    if (ev->type == EVENT_PAYMENT_SUCCEEDED)
        return note_payment(t, &ev->payment_succeeded, instant_date(place->at), a, e);
    if (ev->type == EVENT_REFUND_REQUESTED) return note_refund(t, asked->invoice, asked->amount, a, e);
    if (ev->type == EVENT_REFUND_FAILED)
        return note_refund(t, failed->invoice, money_negate(failed->amount), a, e);
    if (ev->type == EVENT_REFUND_RETURNED)
        return note_refund(t, returned->invoice, money_negate(returned->amount), a, e);
    return OK;
}

enum err invoice_give_back(struct views_txn *t, uint64_t invoice, struct money *left, bool conceded,
                           struct arena *a, struct error *e)
{
    struct invoice v = {0};
    struct money can = {0};
    if (left->minor <= 0) return OK;
    enum err err = invoice_need(&v, t, invoice, a, e);
    if (err == OK) err = money_subtract(&can, v.paid, v.offset, e);
    if (err == OK) err = money_subtract(&can, can, v.refunded, e);
    if (err != OK || can.minor <= 0) return err;
    can = money_min(can, *left);
    err = money_add(&v.refunded, v.refunded, can, e);
    if (err == OK && conceded) err = money_add(&v.conceded, v.conceded, can, e);
    if (err == OK) err = money_subtract(left, *left, can, e);
    return err != OK ? err : invoice_put(t, &v, e);
}

enum err invoice_take_back(struct views_txn *t, uint64_t invoice, struct money *left, bool conceded,
                           struct arena *a, struct error *e)
{
    struct invoice v = {0};
    struct money credit = {0};
    if (left->minor <= 0) return OK;
    enum err err = invoice_need(&v, t, invoice, a, e);
    if (err == OK) err = money_subtract(&credit, v.refunded, v.conceded, e);
    if (err != OK) return err;
    struct money can = money_min(conceded ? v.conceded : credit, *left);
    if (can.minor <= 0) return OK;
    err = money_subtract(&v.refunded, v.refunded, can, e);
    if (err == OK && conceded) err = money_subtract(&v.conceded, v.conceded, can, e);
    if (err == OK) err = money_subtract(left, *left, can, e);
    return err != OK ? err : invoice_put(t, &v, e);
}

/* ---- queries ---- */

enum err load_invoice(struct invoice *out, struct views_txn *t, uint64_t invoice, struct arena *a,
                      struct error *e)
{
    struct view_key k = key_number(SPACE_INVOICE, invoice);
    return row_load(out, &schema_invoice, t, &k, "invoice inv_", invoice, a, e);
}

enum err find_invoice(struct invoice *out, struct views_txn *t, struct str id_or_number, struct arena *a,
                      struct error *e)
{
    uint64_t invoice = 0;
    struct error unused;
    bool by_number = public_id_parse(&invoice, "inv", id_or_number, &unused) != OK;
    enum err err = by_number ? series_find(&invoice, t, id_or_number, e) : OK;
    if (err == OK && invoice != 0) err = load_invoice(out, t, invoice, a, e);
    if (err != OK && err != ERR_NOT_FOUND) return err;
    if (err == OK && invoice != 0 && (!by_number || str_equal(out->number, id_or_number))) return OK;
    struct str shown = text_quotable(id_or_number);
    return fail(e, ERR_NOT_FOUND, "no invoice '%.*s'", STR_ARG(shown));
}

static bool is_wanted(const struct list_query *q, const void *row)
{
    const struct invoice *v = row;
    if (q->status >= 0 && v->status != (enum invoice_status)q->status) return false;
    return is_within(q, v->issue_date);
}

static enum err give(const struct listing *l, struct error *e)
{
    return l->visitor.invoice(l->context, l->row, e);
}

enum err list_invoices(struct views_txn *t, const struct list_query *q, invoice_row_fn *row, void *context,
                       struct arena *a, struct error *e)
{
    struct invoice v = {0};
    struct listing l = {.q = q,
                        .t = t,
                        .schema = &schema_invoice,
                        .row = &v,
                        .is_wanted = is_wanted,
                        .give = give,
                        .visitor.invoice = row,
                        .context = context,
                        .arena = a,
                        .space = SPACE_INVOICE};
    struct view_key all = view_key(SPACE_INVOICE);
    struct view_key own = key_number(SPACE_CUSTOMER_INVOICE, q->customer);
    return q->customer == 0 ? list_values(&l, &all, true, e) : list_indexed(&l, &own, true, e);
}

/* ---- of a run ---- */

struct run_list {
    uint64_t run, last; /* its number, and where the numbers of its invoices end */
    invoice_row_fn *row;
    void *context;
    struct arena *arena, *scratch;
};

static enum err visit_run(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct run_list *l = context;
    struct invoice v = {0};
    if (key_tail(key, 8) > l->last) return ERR_NOT_FOUND;
    arena_reset(l->scratch);
    enum err err = schema_decode(&v, &schema_invoice, value, l->scratch, e);
    if (err != OK || v.run != l->run) return err;
    err = schema_decode(&v, &schema_invoice, bytes_copy(l->arena, value), l->arena, e);
    return err != OK ? err : l->row(l->context, &v, e);
}

/* A run's invoices have numbers that follow each other, but for those that somebody made by hand meanwhile.
 */
enum err list_run_invoices(struct views_txn *t, uint64_t run, invoice_row_fn *row, void *context,
                           struct arena *a, struct error *e)
{
    struct run_row r = {.last_invoice = 0};
    struct view_key k = key_number(SPACE_RUN, run);
    enum err err = row_load(&r, &row_run, t, &k, "run run_", run, a, e);
    if (err != OK || r.first_invoice == 0) return err;
    struct run_list l = {run, r.last_invoice, row, context, a, arena_new()};
    struct view_key from = key_number(SPACE_INVOICE, r.first_invoice);
    err = views_scan(t, &from, 1, false, visit_run, &l, e);
    arena_free(l.scratch);
    return err;
}
