/* SPDX-License-Identifier: MIT */
/* tax.c - taxes by month, jurisdiction, tax, category and rate, for a return: what documents charged, less
 * what credit notes and voids took back, with the base that each was computed on. Lines without tax are there
 * with their category (reverse charge, export, exempt, out of scope). The sums of tax are those of the tax
 * accounts, and where the seller has a functional currency both are told in it as the journal has them. */
#include "reports/books.h"
#include "reports/functional.h"

static const char header[] =
    "period,jurisdiction,tax_code,category,rate,document_type,currency,taxable_base,tax,"
    "functional_taxable_base,functional_tax,functional_currency,reverse_charge,document_count";

enum err report_tax(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                    struct error *e);

struct tax_row {
    struct date period; /* first day of the month */
    struct str jurisdiction, code, category;
    struct decimal rate;
    const char *type;
    struct money base, tax;
    struct money functional_base, functional_tax; /* none: there is no such currency */
    uint64_t documents, last_document;
};
struct tax_rows {
    struct report_file *file;
    struct functional *functional; /* NULL: there is no such currency */
    struct tax_row *items;
    size_t count, capacity;
};

static int compare(const void *left, const void *right)
{
    const struct tax_row *a = left, *b = right;
    int by = date_compare(a->period, b->period);
    if (by == 0) by = str_compare(a->jurisdiction, b->jurisdiction);
    if (by == 0) by = str_compare(a->code, b->code);
    if (by == 0) by = str_compare(a->category, b->category);
    if (by == 0) by = decimal_compare(a->rate, b->rate);
    if (by == 0) by = strcmp(a->type, b->type);
    return by != 0 ? by : strcmp(a->base.currency, b->base.currency);
}

/* Few: by rates, not by documents. */
static struct tax_row *row_of(struct tax_rows *all, const struct tax_row *like)
{
    for (size_t i = all->count; i > 0; i--) {
        if (compare(&all->items[i - 1], like) == 0) return &all->items[i - 1];
    }
    struct arena *a = all->file->arena;
    all->items = arena_grow(a, all->items, all->count, &all->capacity, sizeof *all->items);
    struct tax_row *row = &all->items[all->count++];
    *row = *like;
    row->jurisdiction = str_copy(a, like->jurisdiction);
    row->code = str_copy(a, like->code);
    row->category = str_copy(a, like->category);
    row->base = row->tax = money_zero(like->base);
    row->functional_base = row->functional_tax = (struct money){0};
    row->documents = 0;
    return row;
}

static enum err add(struct tax_rows *all, const struct tax_row *row, uint64_t document, struct error *e)
{
    struct tax_row *to = row_of(all, row);
    if (to->documents == 0 || to->last_document != document) to->documents++;
    to->last_document = document;
    enum err err = money_add(&to->base, to->base, row->base, e);
    if (err == OK) err = money_add(&to->tax, to->tax, row->tax, e);
    if (err == OK && money_is_given(row->functional_base))
        err = money_add(&to->functional_base, to->functional_base, row->functional_base, e);
    if (err == OK && money_is_given(row->functional_tax))
        err = money_add(&to->functional_tax, to->functional_tax, row->functional_tax, e);
    return err;
}

struct tax_document {
    struct date period;
    const char *type;
    uint64_t number; /* tells documents apart: the record of its event */
    bool taken_back;
    const struct functional_posting *postings; /* the entry's, from the next line's on; NULL: none */
    struct money functional;                   /* nothing, in the functional currency */
};

/* Each amount that is not nothing was posted as a pair of a receivable and its account, in the order of the
 * lines: see post_lines in posting.c. */
static struct money next_functional(struct tax_document *d, struct money amount)
{
    if (d->postings == NULL || money_is_zero(amount)) return d->functional;
    struct money out = money_negate(d->postings[1].at_rate);
    d->postings += 2;
    return out;
}

static enum err add_line(struct tax_rows *all, struct tax_document *d, const struct line *l, struct error *e)
{
    struct money net = {0};
    enum err err = money_subtract(&net, l->amount, l->discount, e);
    if (err != OK) return err;
    if (d->taken_back) net = money_negate(net);
    struct tax_row row = {.period = d->period,
                          .category = l->tax_category,
                          .rate = l->tax_rate,
                          .type = d->type,
                          .base = net,
                          .tax = money_zero(net),
                          .functional_base = next_functional(d, net)};
    row.functional_tax = d->functional;
    bool prepaid_or_untaxed = l->taxes_count == 0;
    if (prepaid_or_untaxed) return l->tax_category.len > 0 ? add(all, &row, d->number, e) : OK;
    for (size_t i = 0; i < l->taxes_count && err == OK; i++) {
        const struct line_tax *t = &l->taxes[i];
        row.jurisdiction = t->jurisdiction;
        row.code = t->code;
        row.rate = t->percent;
        row.tax = d->taken_back ? money_negate(t->amount) : t->amount;
        row.functional_tax = next_functional(d, row.tax);
        err = add(all, &row, d->number, e);
    }
    return err;
}

static enum err add_lines(struct tax_rows *all, struct tax_document *d, const struct line *lines,
                          size_t count, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) err = add_line(all, d, &lines[i], e);
    return err;
}

static enum err take_entry(void *context, const struct journal_entry *entry, struct arena *a, struct error *e)
{
    struct tax_rows *all = context;
    struct functional_entry converted = {0};
    bool of_document = entry->event != NULL && (entry->event->type == EVENT_INVOICE_FINALIZED ||
                                                entry->event->type == EVENT_INVOICE_VOIDED);
    if (!of_document) return OK;
    struct tax_document d = {.period = month_first_day(entry->date), .number = entry->place->seq};
    if (all->functional != NULL) {
        enum err err = functional_convert(&converted, all->functional, entry, a, e);
        if (err != OK) return err;
        d.postings = converted.postings;
        d.functional = money_of(0, functional_currency(all->functional));
    }
    if (entry->event->type == EVENT_INVOICE_FINALIZED) {
        const struct invoice_finalized *v = &entry->event->invoice_finalized;
        d.type = choice_invoice_kind.words[v->kind];
        return add_lines(all, &d, v->lines, v->lines_count, e);
    }
    const struct invoice_voided *v = &entry->event->invoice_voided;
    d.type = "void";
    d.taken_back = true;
    return add_lines(all, &d, v->lines, v->lines_count, e);
}

static enum err put(struct report_file *f, const struct tax_row *row, struct error *e)
{
    struct sheet *s = f->sheet;
    sheet_text(s, month_text(f->row, row->period));
    sheet_text(s, row->jurisdiction);
    sheet_text(s, row->code);
    sheet_text(s, row->category);
    sheet_decimal(s, row->rate);
    sheet_word(s, row->type);
    sheet_word(s, row->base.currency);
    sheet_money(s, row->base);
    sheet_money(s, row->tax);
    sheet_money(s, row->functional_base);
    sheet_money(s, row->functional_tax);
    if (money_is_given(row->functional_base))
        sheet_word(s, row->functional_base.currency);
    else
        sheet_empty(s);
    sheet_word(s, str_is(row->category, "AE") ? "yes" : "no");
    sheet_count(s, row->documents);
    sheet_end_row(s);
    const struct money sums[CONTROL_SUMS_MAX] = {row->tax};
    return report_count(f, sums, e);
}

enum err report_tax(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                    struct error *e)
{
    struct report_file f = {
        .ledger = l, .query = q, .name = "tax", .path = path, .arena = a, .sums = {"tax"}};
    struct tax_rows all = {.file = &f};
    enum err err = report_begin(&f, header, e);
    if (err == OK) err = functional_begin(&all.functional, &f, e);
    if (err == OK) err = book_walk(&f, take_entry, &all, e);
    functional_end(all.functional);
    if (all.count > 0) qsort(all.items, all.count, sizeof *all.items, compare);
    for (size_t i = 0; i < all.count && err == OK; i++) {
        err = put(&f, &all.items[i], e);
        report_next(&f);
    }
    return report_end(&f, err, e);
}
