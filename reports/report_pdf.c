/* SPDX-License-Identifier: MIT */
/* report_pdf.c - see report_pdf.h. */
#include "reports/report_pdf.h"

#include "reports/documents.h"
#include "reports/sheet_sink.h"

static const struct {
    const char *name;
    const struct report_drawing *drawing;
} drawings[] = {
#define REPORT_PDF(drawing, name) {name, &(drawing)},
#include "reports/report_pdfs.def"
#undef REPORT_PDF
};
enum { DRAWINGS = sizeof drawings / sizeof drawings[0] };

/* ---- which have one ---- */

static enum err refuse(const struct report_file *f, struct error *e)
{
    struct buffer names = {.arena = f->arena};
    for (size_t i = 0; i < DRAWINGS; i++)
        buffer_print(&names, "%s%s", i == 0 ? "" : i + 1 == DRAWINGS ? " and " : ", ", drawings[i].name);
    return fail(e, ERR_USAGE, "there is no PDF of it, only of %.*s", (int)names.len, (const char *)names.ptr);
}

static enum err find_drawing(const struct report_drawing **out, const struct report_file *f, struct error *e)
{
    for (size_t i = 0; i < DRAWINGS; i++) {
        if (strcmp(drawings[i].name, f->name) != 0) continue;
        *out = drawings[i].drawing;
        if (!(*out)->of_one_customer || f->query->customer != 0) return OK;
        return fail(e, ERR_USAGE, "its PDF is a document for one customer: say whose with --customer");
    }
    return refuse(f, e);
}

bool report_has_pdf(const struct report *r)
{
    for (size_t i = 0; i < DRAWINGS; i++)
        if (strcmp(drawings[i].name, r->name) == 0) return true;
    return false;
}

/* ---- begin ---- */

/* The one that the seller's country speaks, unless another was asked for; English where it has several. */
static const struct speech *speech_for(const struct report_pdf *d)
{
    static const char *const spoken[][2] = {{"DE", "de"},    {"AT", "de-AT"}, {"LI", "de-LI"},
                                            {"FR", "fr"},    {"ES", "es"},    {"MX", "es-MX"},
                                            {"AR", "es-AR"}, {"CL", "es-CL"}, {"CO", "es-CO"}};
    const struct report_query *q = d->file->query;
    if (q->locale.len > 0) return speech_of(q->locale);
    for (size_t i = 0; d->seller != NULL && i < sizeof spoken / sizeof spoken[0]; i++)
        if (str_is(d->seller->party.country, spoken[i][0])) return speech_of(str_of(spoken[i][1]));
    return speech_of(STR("en"));
}

static enum err load_head(struct report_pdf *d, struct error *e)
{
    struct seller *s = arena_new_of(d->arena, struct seller);
    struct logo_shelf logos = {.arena = d->arena};
    struct error why = {0};
    enum err err = load_seller(s, d->file->txn, 0, d->arena, &why);
    if (err == ERR_NOT_FOUND) return OK; /* none was ever set */
    if (err != OK) {
        *e = why;
        return err;
    }
    d->seller = s;
    if (!d->drawing->of_one_customer) s->footer = s->registration = STR_NONE; /* they are for customers */
    return logo_of(&d->logo, &logos, d->file->txn, s, e);
}

enum err report_pdf_begin(struct report_pdf **out, struct report_file *f, struct error *e)
{
    struct report_pdf *d = arena_new_of(f->arena, struct report_pdf);
    *d = (struct report_pdf){.file = f, .arena = f->arena};
    enum err err = find_drawing(&d->drawing, f, e);
    if (err == OK) err = load_head(d, e);
    if (err != OK) return err;
    d->speech = speech_for(d);
    d->state = arena_take(f->arena, 1, d->drawing->state_bytes);
    *out = d;
    return OK;
}

/* ---- rows ---- */

enum err report_pdf_row(void *context, const struct str *names, const struct cell *cells, size_t count,
                        struct error *e)
{
    struct report_pdf *d = context;
    struct report_row row = {names, cells, count};
    return d->drawing->row(d, &row, e);
}

const struct cell *row_cell(const struct report_row *row, const char *name)
{
    size_t at = 0;
    while (!str_is(row->names[at], name)) {
        at++;
        assert(at < row->count);
    }
    return &row->cells[at];
}

struct money row_money(const struct report_row *row, const char *name)
{
    return row_cell(row, name)->money;
}

/* ---- pages ---- */

void report_page(struct report_pdf *d)
{
    struct report_file *f = d->file;
    struct arena *a = d->arena;
    const struct speech *s = d->speech;
    struct str title = say(s, d->drawing->title), day = say_date(s, a, f->day);
    struct str name = day.len > 0 ? SAY(s, a, TEXT_REPORT_OF_DAY, title, day) : title;
    d->page = page_begin(a, s, d->seller, d->logo, name);
    page_top(&d->page, title);
    d->page.y -= 300;
    struct str from = say_date(s, a, f->query->from), to = day;
    if (from.len > 0 && to.len > 0) day = SAY(s, a, TEXT_DAYS, from, to);
    struct str seq = str_format(a, "%ju", (uintmax_t)(f->as_of.seq > 0 ? f->as_of.seq - 1 : 0));
    put_text(&d->page, STYLE_BODY, PAGE_LEFT, d->page.y, day);
    put_right(&d->page, STYLE_TINY, PAGE_RIGHT, d->page.y,
              SAY(s, a, TEXT_REPORT_SOURCE, ledger_origin(f->ledger), seq));
    d->page.y += 1800;
}

void report_section(struct report_pdf *d, bool first)
{
    if (!first) page_continue(&d->page);
}

struct str report_text(struct report_pdf *d, struct str text)
{
    struct error unused = {0};
    struct buffer b = {.arena = d->arena};
    if (pdf_check_text(text, "", &unused) == OK) return str_copy(d->arena, text);
    for (size_t at = 0, next = 0; at < text.len; at = next) {
        next = at + 1;
        while (next < text.len && ((unsigned char)text.ptr[next] & 0xc0U) == 0x80) next++;
        struct str one = {text.ptr + at, next - at};
        bool drawn = pdf_check_text(one, "", &unused) == OK;
        buffer_add(&b, drawn ? one.ptr : "?", drawn ? one.len : 1);
    }
    return (struct str){(const char *)b.ptr, b.len};
}

void report_rest(struct report_pdf *d, uint64_t rows)
{
    if (rows == 0) return;
    page_note(&d->page, STR_NONE,
              SAY(d->speech, d->arena, TEXT_MORE_ROWS, str_format(d->arena, "%ju", (uintmax_t)rows)));
}

/* ---- the file ---- */

static struct hash identity_of(const struct report_file *f)
{
    const struct report_query *q = f->query;
    struct buffer b = {.arena = f->arena};
    struct hash id = {{0}};
    struct str origin = ledger_origin(f->ledger), from = date_text(f->arena, q->from),
               day = date_text(f->arena, f->day);
    buffer_print(&b, "report\n%.*s\n%s\n%ju\n%.*s\n%.*s\n%s\n%.*s\n", STR_ARG(origin), f->name,
                 (uintmax_t)q->customer, STR_ARG(from), STR_ARG(day), q->currency, STR_ARG(q->locale));
    buffer_add(&b, f->as_of.leaf.bytes, sizeof f->as_of.leaf.bytes);
    struct hasher *h = hasher_new();
    hasher_digest(h, id.bytes, (struct bytes){b.ptr, b.len}, (struct bytes){0}, (struct bytes){0});
    hasher_free(h);
    return id;
}

enum err report_pdf_draw(struct buffer *out, struct report_pdf *d, struct error *e)
{
    struct instant at = {0};
    enum err err = report_time(&at, d->file, e);
    if (err == OK) err = d->drawing->draw(d, e);
    if (err != OK) return err;
    err = page_check_seller(&d->page, e);
    if (err != OK) return err;
    page_feet(&d->page);
    struct hash id = identity_of(d->file);
    struct pdf_info info = {.title = d->page.name,
                            .author = d->seller != NULL ? d->seller->party.name : STR_NONE,
                            .language = speech_tag(d->page.speech),
                            .created = at,
                            .identity = {id.bytes, sizeof id.bytes}};
    return pdf_write(out, d->page.pdf, &info, d->arena, e);
}

enum err report_pdf_write(struct sheet_summary *out, const struct report_file *f, struct bytes pdf,
                          struct error *e)
{
    struct sheet_output o = {0};
    enum err err = output_begin(&o, f->path, e);
    if (err != OK) return err;
    o.sink.synced_later = f->query->synced_later;
    output_add(&o, bytes_str(pdf));
    err = output_finish(&o, &out->sha256, e);
    out->bytes = o.bytes;
    return err;
}
