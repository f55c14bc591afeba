/* SPDX-License-Identifier: MIT */
/* month_statements.c - see month_statements.h. */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "reports/month_statements.h"

struct work {
    struct ledger *ledger;
    const struct month_statements *o;
    struct statements_summary *summary;
    const struct report *report;
    struct arena *arena; /* of the customer at hand */
    bool wanted;
};

/* Letters and digits, and what names of files and mail addresses have between them. */
static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '@' || c == '+';
}

static struct str file_name(struct work *w, const struct customer *c)
{
    static const char end[] = ".pdf.meta.json";
    struct buffer b = {.arena = w->arena};
    for (size_t i = 0; i < c->user.len; i++) {
        char at = c->user.ptr[i];
        if (is_plain(at) && (i > 0 || at != '.'))
            buffer_add_byte(&b, (uint8_t)at);
        else
            buffer_print(&b, "%%%02X", (unsigned)(uint8_t)at);
    }
    if (b.len + sizeof end > NAME_MAX) return public_id(w->arena, "cus", c->customer);
    return (struct str){(const char *)b.ptr, b.len};
}

static struct report_query query_of(const struct work *w, uint64_t customer, enum sheet_format format)
{
    struct report_query q = *w->o->query;
    q.customer = customer;
    q.format = format;
    q.synced_later = true;
    return q;
}

/* A row of these days, or a balance from before. */
static enum err look_at(void *context, const struct str *names, const struct cell *cells, size_t count,
                        struct error *e)
{
    struct work *w = context;
    bool brought_forward = false, balance = false;
    (void)e;
    for (size_t i = 0; i < count; i++) {
        if (str_is(names[i], "description")) brought_forward = str_is(cells[i].text, "brought forward");
        if (str_is(names[i], "balance")) balance = !money_is_zero(cells[i].money);
    }
    if (balance || !brought_forward) w->wanted = true;
    return OK;
}

static enum err look(struct work *w, const struct customer *c, struct error *e)
{
    struct report_query q = query_of(w, c->customer, SHEET_ROWS);
    q.row = look_at;
    q.row_context = w;
    w->wanted = false;
    if (c->erased == ERASURE_ALL) return OK;
    return w->report->run(w->ledger, &q, "-", w->arena, e);
}

static enum err forget(const char *path, struct error *e)
{
    return unlink(path) == 0 || errno == ENOENT ? OK : fail_errno(e, errno, "cannot remove '%s'", path);
}

/* That a text cannot be drawn is the customer's own trouble, and no reason to keep others waiting. */
static enum err note_undrawn(struct work *w, const struct customer *c, enum err err, struct error *e,
                             struct arena *a)
{
    if (err != ERR_INVALID) return err;
    struct str id = public_id(a, "cus", c->customer);
    if (w->summary->undrawn++ == 0) w->summary->first = str_format(a, "%.*s: %s", STR_ARG(id), e->text);
    return OK;
}

static enum err write_one(struct work *w, uint64_t number, struct arena *a, struct error *e)
{
    struct customer c = {0};
    enum err err = load_customer(&c, w->o->query->reading, number, w->arena, e);
    if (err == OK) err = look(w, &c, e);
    if (err != OK) return err;
    struct str name = file_name(w, &c), pdf = str_format(w->arena, "%.*s.pdf", STR_ARG(name)),
               side = str_format(w->arena, "%.*s.meta.json", STR_ARG(pdf));
    const char *path = str_format(w->arena, "%s/%.*s", w->o->folder, STR_ARG(pdf)).ptr;
    err = forget(path, e);
    if (err == OK) err = forget(str_format(w->arena, "%s/%.*s", w->o->folder, STR_ARG(side)).ptr, e);
    if (err != OK || !w->wanted) return err;
    struct report_query q = query_of(w, number, SHEET_PDF);
    err = w->report->run(w->ledger, &q, path, w->arena, e);
    if (err != OK) return note_undrawn(w, &c, err, e, a);
    w->summary->written++;
    err = w->o->note(w->o->context, pdf, e);
    return err == OK ? w->o->note(w->o->context, side, e) : err;
}

enum err month_statements(struct statements_summary *out, struct ledger *l, const struct month_statements *o,
                          struct arena *a, struct error *e)
{
    enum { TOLD_EACH = 64 };
    struct work w = {
        .ledger = l, .o = o, .summary = out, .report = report_find(STR("statement")), .arena = arena_new()};
    struct state_counts counts = {0};
    *out = (struct statements_summary){.first = STR_NONE};
    enum err err = dir_make(o->folder, 0755, e);
    if (err == OK) err = count_state(&counts, o->query->reading, e);
    for (uint64_t i = 1; err == OK && i <= counts.customers; i++) {
        err = write_one(&w, i, a, e);
        arena_reset(w.arena);
        if (o->progress != NULL && (i % TOLD_EACH == 0 || i == counts.customers))
            o->progress(o->progress_context, "statements", i, counts.customers);
    }
    arena_free(w.arena);
    return err;
}
