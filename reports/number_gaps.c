/* SPDX-License-Identifier: MIT */
/* number_gaps.c - the report that law asks for where numbers must have no gaps: each series of documents with
 * its first and last number and all that is wrong with it. It reads the log, not the views. */
#include "reports/number_census.h"
#include "reports/report_file.h"

static const char header[] =
    "series,document_type,first_number,last_number,documents,missing,missing_numbers,"
    "duplicates,duplicate_numbers,void,void_numbers,misnumbered,"
    "first_issue_date,last_issue_date";

enum err report_number_gaps(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                            struct error *e);

struct counting {
    struct number_census census;
    const struct report_query *query;
};

static enum err visit(void *context, const struct event_place *place, const struct envelope *v,
                      struct arena *a, struct error *e)
{
    struct counting *n = context;
    (void)place;
    (void)a;
    (void)e;
    for (size_t i = 0; i < v->events_count; i++) {
        const struct event *ev = &v->events[i];
        const struct invoice_finalized *d = &ev->invoice_finalized;
        if (ev->type == EVENT_INVOICE_FINALIZED && report_wants(n->query, d->issue_date))
            census_document(&n->census, d);
        if (ev->type == EVENT_INVOICE_VOIDED) census_void(&n->census, &ev->invoice_voided);
    }
    return OK;
}

static int by_name(const void *left, const void *right)
{
    const struct numbered_series *a = left, *b = right;
    return str_compare(a->series, b->series);
}

static void put_serials(struct sheet *c, const struct serial_list *l, struct arena *a)
{
    sheet_count(c, serials_counted(l));
    sheet_text(c, serials_text(l, a));
}

static void put(struct sheet *c, const struct numbered_series *s, struct arena *a)
{
    sheet_text(c, s->series);
    sheet_word(c, choice_invoice_kind.words[s->kind]);
    sheet_count(c, s->first);
    sheet_count(c, s->last);
    sheet_count(c, s->documents);
    put_serials(c, &s->missing, a);
    put_serials(c, &s->twice, a);
    put_serials(c, &s->voided, a);
    sheet_count(c, s->misnamed);
    sheet_date(c, s->first_day);
    sheet_date(c, s->last_day);
    sheet_end_row(c);
}

enum err report_number_gaps(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                            struct error *e)
{
    struct report_file f = {.ledger = l, .query = q, .name = "number_gaps", .path = path, .arena = a};
    struct counting n = {.census = {.from_one = !date_is_given(q->from), .arena = a}, .query = q};
    if (q->customer != 0)
        return fail(e, ERR_INVALID, "customer: the numbers of a series are those of all customers");
    enum err err = report_begin(&f, header, e);
    if (err == OK) err = ledger_walk(l, 0, f.as_of.seq, visit, &n, e);
    struct number_census *c = &n.census;
    if (c->count > 0) qsort(c->items, c->count, sizeof *c->items, by_name);
    for (size_t i = 0; i < c->count && err == OK; i++) {
        put(f.sheet, &c->items[i], f.row);
        report_next(&f);
    }
    return report_end(&f, err, e);
}
