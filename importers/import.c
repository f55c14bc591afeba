/* SPDX-License-Identifier: MIT */
/* import.c - the frame of an import: check, rehearse, take, report. It must never let a part of a file that
 * was cut off into the ledger, nor any row of a strict import of which one is bad. */
#include <sys/stat.h>

#include "importers/import.h"

bool import_is_final_strict(const struct import *im)
{
    return im->options->strict && !im->rehearsal;
}

void import_progress(struct import *im)
{
    const struct import_options *o = im->options;
    if (o->progress == NULL) return;
    o->progress(o->progress_context, im->report->rows, source_bytes_done(im->source),
                source_bytes_total(im->source));
}

void report_note_record(struct import_report *r, uint64_t seq)
{
    if (seq == 0) return;
    if (r->first_seq == 0) r->first_seq = seq;
    if (seq > r->last_seq) r->last_seq = seq;
}

void import_note_record(struct import *im, uint64_t seq)
{
    report_note_record(im->report, seq);
}

/* "line 17: amount: …", the column once. */
static struct str first_reject(const struct row *row, struct arena *a)
{
    bool named = row->column[0] == '\0' || str_starts(row->why, row->column);
    return str_format(a, "line %ju: %s%s%.*s", (uintmax_t)row->line, named ? "" : row->column,
                      named ? "" : ": ", STR_ARG(row->why));
}

enum err import_reject(struct import *im, const struct row *row, struct error *e)
{
    assert(!row_is_good(row));
    if (im->report->rejected == 0) im->report->first_reject = first_reject(row, im->arena);
    im->report->rejected++;
    if (import_is_final_strict(im)) {
        return fail(e, ERR_CONFLICT, "a row that was good in the rehearsal is refused now: %.*s",
                    STR_ARG(im->report->first_reject));
    }
    return rejects_add(&im->rejects, row, e);
}

/* ---- money ---- */

static bool asks_for_money(const struct event *ev)
{
    return ev->type == EVENT_PAYMENT_REQUESTED || ev->type == EVENT_REFUND_REQUESTED;
}

enum err import_settle(struct import *im, const struct outcome *outcomes, size_t count, struct arena *a,
                       struct error *e)
{
    if (im->rehearsal) return OK;
    for (size_t i = 0; i < count; i++) {
        bool asks = false;
        for (size_t k = 0; k < outcomes[i].events_count; k++)
            asks = asks || asks_for_money(&outcomes[i].events[k]);
        /* What was asked for in an earlier import and is pending still is the nightly run's: its key may be
         * too old. */
        if (outcomes[i].code != OK || outcomes[i].replayed || !asks) continue;
        struct outcome last = {0};
        enum err err = ledger_settle(&last, im->ledger, &im->gateway, outcomes[i].events,
                                     outcomes[i].events_count, im->options->actor, a, e);
        if (err != OK && err != ERR_INCOMPLETE && err != ERR_DECLINED) return err;
        import_note_record(im, last.seq);
    }
    return OK;
}

/* ---- the frame ---- */

/* Beside the file; what comes through a pipe has no folder of its own, so its rejects go to where the program
 * runs. */
static const char *rejects_path(const struct import_options *o, struct arena *a)
{
    struct stat info = {0};
    if (o->rejects_path != NULL) return o->rejects_path;
    const char *path = stat(o->path, &info) == 0 && S_ISREG(info.st_mode) ? o->path : "stdin";
    return str_cstring(a, str_format(a, "%s.rejects.csv", path));
}

/* Asked before the first row is taken, not when the first is refused. */
static enum err check_rejects_path(const struct import *im, struct error *e)
{
    const char *path = im->rejects.path;
    if (source_is_file(im->source, path))
        return fail(e, ERR_INVALID, "cannot write rejects to '%s': it is the file that is imported", path);
    return ledger_guard_output(im->ledger, path, e);
}

static enum err prepare(struct import *im, struct error *e)
{
    bool compressed = source_is_compressed(im->source);
    if (!compressed && !im->options->strict) return OK;
    enum err err = source_keep(im->source, e);
    return err == OK && compressed ? source_check(im->source, e) : err;
}

static enum err rehearse(struct import *im, import_pass_fn *pass, struct error *e)
{
    struct import_report *r = im->report;
    enum err err = ledger_rehearse_begin(im->ledger, e);
    if (err != OK) return err;
    im->rehearsal = true;
    err = pass(im, e);
    ledger_rehearse_end(im->ledger);
    im->rehearsal = false;
    if (err != OK) return err;
    if (r->rejected > 0) {
        err = rejects_finish(&im->rejects, e);
        if (err != OK) return err;
        r->rejects_path = im->rejects.path;
        r->accepted = r->duplicates = r->first_seq = r->last_seq = 0;
        return fail(e, ERR_INVALID, "nothing is imported, %ju of %ju rows are not valid: %.*s",
                    (uintmax_t)r->rejected, (uintmax_t)r->rows, STR_ARG(r->first_reject));
    }
    *r = (struct import_report){0};
    return source_rewind(im->source, e);
}

enum err import_run(struct import_report *out, struct ledger *l, const struct import_options *o,
                    import_pass_fn *pass, struct arena *a, struct error *e)
{
    *out = (struct import_report){0};
    struct import im = {.ledger = l, .options = o, .report = out, .arena = a};
    im.gateway = o->gateway != NULL ? *o->gateway : gateway_simulator();
    im.rejects.path = rejects_path(o, a);
    enum err err = source_open(&im.source, o->path, e);
    if (err != OK) return err;
    source_stops(im.source, o->stops, o->stops_context);
    err = check_rejects_path(&im, e);
    if (err == OK) err = prepare(&im, e);
    if (err == OK && o->strict) err = rehearse(&im, pass, e);
    if (err == OK) err = pass(&im, e);
    if (err == OK) err = rejects_finish(&im.rejects, e);
    if (err == OK && im.rejects.count > 0) out->rejects_path = im.rejects.path;
    rejects_abandon(&im.rejects); /* nothing, when it was finished */
    source_close(im.source);
    return err == OK ? OK : wrap(e, "import '%s'", o->path);
}
