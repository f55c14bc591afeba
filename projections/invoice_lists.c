/* SPDX-License-Identifier: MIT */
/* invoice_lists.c - asking for invoices. The two rows of a document stand side by side, so that a walk over all of them needs no
 * second look-up; what the query does not want is never copied. */
#include "projections/fold.h"
#include "projections/listing.h"

struct invoice_list {
    const struct list_query *q;
    struct views_txn *t;
    invoice_row_fn *row;
    void *context;
    struct arena *arena;
    uint64_t given;
    uint64_t run, last;  /* list_run_invoices: the run, and where its numbers end */
    struct buffer other; /* the row of the pair that came first */
};

static bool is_wanted(const struct list_query *q, const struct invoice *v)
{
    if (q->status >= 0 && v->status != (enum invoice_status)q->status) return false;
    return is_within(q, v->issue_date);
}

/* A head has no lists, so that reading it only to judge it takes no memory. */
static enum err read_head(struct invoice *out, struct bytes value, struct invoice_list *l, struct error *e)
{
    return schema_decode(out, &schema_invoice, value, l->arena, e);
}

static enum err give(struct invoice_list *l, struct bytes head, struct bytes lines, struct error *e)
{
    struct invoice v = {0};
    struct invoice_lines rest = {0};
    enum err err = schema_decode(&v, &schema_invoice, bytes_copy(l->arena, head), l->arena, e);
    if (err == OK) err = schema_decode(&rest, &row_lines, bytes_copy(l->arena, lines), l->arena, e);
    if (err != OK) return err;
    v.lines = rest.lines;
    v.lines_count = rest.lines_count;
    err = l->row(l->context, &v, e);
    if (err != OK) return err;
    l->given++;
    return l->q != NULL && l->given == l->q->limit ? ERR_NOT_FOUND : OK;
}

static bool is_head(struct bytes key)
{
    return be32_get(key.ptr + key.len - 4) == INVOICE_HEAD;
}

static struct bytes other_row(const struct invoice_list *l)
{
    return (struct bytes){l->other.ptr, l->other.len};
}

static void keep_row(struct invoice_list *l, struct bytes value)
{
    buffer_clear(&l->other);
    buffer_add(&l->other, value.ptr, value.len);
}

/* Backwards the lines come before their head. */
static enum err visit_newest(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct invoice_list *l = context;
    if (!is_head(key)) {
        keep_row(l, value);
        return OK;
    }
    struct invoice v = {0};
    enum err err = read_head(&v, value, l, e);
    if (err != OK || !is_wanted(l->q, &v)) return err;
    return give(l, value, other_row(l), e);
}

static enum err visit_run(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct invoice_list *l = context;
    if (key_tail(key, 12) > l->last) return ERR_NOT_FOUND;
    if (is_head(key)) {
        keep_row(l, value);
        return OK;
    }
    struct invoice v = {0};
    enum err err = read_head(&v, other_row(l), l, e);
    if (err != OK || v.run != l->run) return err;
    return give(l, other_row(l), value, e);
}

static enum err part_get(struct bytes *out, struct invoice_list *l, uint64_t invoice, enum invoice_part part,
                         struct error *e)
{
    struct view_key k = invoice_key(invoice, part);
    enum err err = views_get(out, l->t, &k, e);
    if (err != ERR_NOT_FOUND) return err;
    return fail(e, ERR_TAMPERED, "the views list invoice %ju and do not have it", (uintmax_t)invoice);
}

static enum err visit_customer(void *context, struct bytes key, struct bytes value, struct error *e)
{
    (void)value;
    struct invoice_list *l = context;
    struct bytes head = {0}, lines = {0};
    struct invoice v = {0};
    uint64_t invoice = key_tail(key, 8);
    enum err err = part_get(&head, l, invoice, INVOICE_HEAD, e);
    if (err == OK) err = read_head(&v, head, l, e);
    if (err != OK || !is_wanted(l->q, &v)) return err;
    err = part_get(&lines, l, invoice, INVOICE_LINES, e);
    return err != OK ? err : give(l, head, lines, e);
}

enum err list_invoices(struct views_txn *t, const struct list_query *q, invoice_row_fn *row, void *context, struct arena *a,
                       struct error *e)
{
    struct invoice_list l = {.q = q, .t = t, .row = row, .context = context, .arena = a};
    bool all = q->customer == 0;
    struct view_key from = all ? view_key(SPACE_INVOICE) : key_number(SPACE_CUSTOMER_INVOICE, q->customer);
    enum err err = views_scan(t, &from, from.len, true, all ? visit_newest : visit_customer, &l, e);
    buffer_free(&l.other);
    return err;
}

enum err list_run_invoices(struct views_txn *t, uint64_t run, invoice_row_fn *row, void *context, struct arena *a,
                           struct error *e)
{
    struct run_row r = {0};
    struct view_key k = key_number(SPACE_RUN, run);
    enum err err = row_load(&r, &row_run, t, &k, "run", "run", run, a, e);
    if (err != OK || r.first_invoice == 0) return err;
    struct invoice_list l = {.t = t, .row = row, .context = context, .arena = a, .run = run, .last = r.last_invoice};
    struct view_key from = invoice_key(r.first_invoice, INVOICE_HEAD);
    err = views_scan(t, &from, 1, false, visit_run, &l, e);
    buffer_free(&l.other);
    return err;
}
