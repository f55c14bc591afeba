/* SPDX-License-Identifier: MIT */
/* fiscal_export.c - the records of fiscal chains: as a report, and in the form of a tax office. They are read
 * from the log, where each stands as it was made. */
#include "reports/fiscal_export.h"

#include "reports/sheet_sink.h"

static const struct fiscal_form *const forms[] = {&verifactu_form, &saft_pt_form};

const struct fiscal_form *fiscal_form_find(struct str name)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (str_is(name, forms[i]->name)) return forms[i];
    return NULL;
}

/* ---- the walk ---- */

struct walking {
    struct report_file *file;
    bool by_issue_date;
    fiscal_record_fn *visit;
    void *context;
};

static enum err day_of(struct date *out, const struct fiscal_recorded *r, struct error *e)
{
    enum { DATE_BYTES = 10 };
    if (r->generated_at.len < DATE_BYTES)
        return fail(e, ERR_TAMPERED, "the fiscal record of %.*s does not say when it was made",
                    STR_ARG(r->number));
    return date_parse(out, (struct str){r->generated_at.ptr, DATE_BYTES}, e);
}

static enum err see(void *context, const struct event_place *place, const struct envelope *v, struct arena *a,
                    struct error *e)
{
    struct walking *w = context;
    enum err err = OK;
    (void)place;
    for (size_t i = 0; i < v->events_count && err == OK; i++) {
        const struct fiscal_recorded *r = &v->events[i].fiscal_recorded;
        struct date day = {0};
        if (v->events[i].type != EVENT_FISCAL_RECORDED) continue;
        err = day_of(&day, r, e);
        if (w->by_issue_date) day = r->issue_date;
        if (err == OK && report_wants(w->file->query, day)) err = w->visit(w->context, r, a, e);
    }
    return err;
}

enum err fiscal_walk(struct report_file *f, bool by_issue_date, fiscal_record_fn *visit, void *context,
                     struct error *e)
{
    struct walking w = {f, by_issue_date, visit, context};
    return ledger_walk(f->ledger, 0, f->as_of.seq, see, &w, e);
}

struct str fiscal_cut(struct str text, size_t characters)
{
    size_t bytes = 0;
    while (bytes < text.len) {
        bool begins = ((uint8_t)text.ptr[bytes] & 0xc0) != 0x80;
        if (begins && characters-- == 0) break;
        bytes++;
    }
    return (struct str){text.ptr, bytes};
}

/* ---- as a report ---- */

static const char header[] = "chain,issuer,place,record,document_number,issue_date,document_type,currency,"
                             "tax,total,generated_at,previous_number,previous_hash,hash";

enum err report_fiscal_chain(struct ledger *l, const struct report_query *q, const char *path,
                             struct arena *a, struct error *e);

static enum err put(void *context, const struct fiscal_recorded *r, struct arena *a, struct error *e)
{
    struct report_file *f = context;
    struct sheet *s = f->sheet;
    (void)a, (void)e;
    sheet_word(s, choice_fiscal_chain.words[r->chain]);
    sheet_text(s, r->issuer);
    sheet_count(s, r->place);
    sheet_word(s, choice_fiscal_record.words[r->record]);
    sheet_text(s, r->number);
    sheet_date(s, r->issue_date);
    sheet_text(s, r->document_type);
    sheet_word(s, r->total.currency);
    sheet_money(s, r->tax);
    sheet_money(s, r->total);
    sheet_text(s, r->generated_at);
    sheet_text(s, r->previous_number);
    sheet_text(s, r->previous);
    sheet_text(s, r->hash);
    sheet_end_row(s);
    report_next(f);
    return OK;
}

enum err report_fiscal_chain(struct ledger *l, const struct report_query *q, const char *path,
                             struct arena *a, struct error *e)
{
    struct report_file f = {.ledger = l, .query = q, .name = "fiscal_chain", .path = path, .arena = a};
    enum err err = report_begin(&f, header, e);
    if (err == OK) err = fiscal_walk(&f, false, put, &f, e);
    return report_end(&f, err, e);
}

/* ---- as an office wants them ---- */

struct exporting {
    struct fiscal_writer writer;
    const struct fiscal_form *form;
};

static enum err put_record(void *context, const struct fiscal_recorded *r, struct arena *a, struct error *e)
{
    struct exporting *x = context;
    struct fiscal_writer *w = &x->writer;
    if (strcmp(choice_fiscal_chain.words[r->chain], x->form->name) != 0) return OK;
    if (w->records == 0) w->issuer = str_copy(w->file->arena, r->issuer);
    if (!str_equal(w->issuer, r->issuer))
        return fail(e, ERR_REFUSED,
                    "those days have records of two issuers, %.*s and %.*s: ask for the days of one",
                    STR_ARG(w->issuer), STR_ARG(r->issuer));
    if (w->records == 0 || date_compare(r->issue_date, w->first) < 0) w->first = r->issue_date;
    if (w->records == 0 || date_compare(r->issue_date, w->last) > 0) w->last = r->issue_date;
    enum err err = w->records == 0 ? x->form->head(w, e) : OK;
    if (err == OK) err = x->form->record(w, r, a, e);
    w->records++;
    report_next(w->file);
    return err == OK ? OK : wrap(e, "%.*s", STR_ARG(r->number));
}

static enum err write_all(struct exporting *x, struct buffer *out, struct error *e)
{
    struct error late = {0};
    struct fiscal_writer *w = &x->writer;
    xml_begin(&w->xml);
    enum err err = fiscal_walk(w->file, x->form->by_issue_date, put_record, x, e);
    if (err == OK && w->records == 0)
        err = fail(e, ERR_NOT_FOUND, "no record of the chain %s was made on those days", x->form->name);
    if (err == OK) err = x->form->foot(w, e);
    enum err end = xml_end(out, &w->xml, &late);
    if (err == OK && end != OK) *e = late;
    return err == OK ? end : err;
}

enum err fiscal_export(struct ledger *l, const struct report_query *q, const struct fiscal_form *form,
                       const char *path, struct arena *a, struct error *e)
{
    struct report_file f = {.ledger = l, .query = q, .name = "fiscal_chain", .path = path, .arena = a};
    struct exporting x = {.writer = {.file = &f, .logos = {.arena = a}}, .form = form};
    struct sheet_output output = {0};
    struct buffer xml = {0};
    enum err err = report_begin_plain(&f, e);
    if (err == OK) err = write_all(&x, &xml, e);
    if (err == OK) err = output_begin(&output, path, e);
    if (err == OK) output_add(&output, (struct str){(const char *)xml.ptr, xml.len});
    err = report_end_plain(&f, &output, err, e);
    buffer_free(&xml);
    buffer_free(&x.writer.documents);
    return err;
}
