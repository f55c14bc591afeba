/* SPDX-License-Identifier: MIT */
/* ask_month.c - the month's end in one command: checks, the pack of files, and, if that is wished and all of
 * it holds, the closing. */
#include "billing/answers.h"
#include "billing/checkpoints.h"
#include "billing/daybook.h"

static const char program[] = "daybook " DAYBOOK_VERSION;

static void tell_progress(void *context, const char *stage, uint64_t done, uint64_t total)
{
    const struct service *s = context;
    if (s->progress != NULL) s->progress(s->progress_context, stage, done, total);
}

/* The newest checkpoint, of this moment where a key is there to sign one; none is fine. */
static enum err newest_checkpoint(const char **out, const struct call *c, struct error *e)
{
    struct checkpoint_told told = {.trouble = STR_NONE};
    struct ledger_checkpoint newest = {.path = NULL};
    struct error unused;
    *out = NULL;
    enum err err = service_checkpoint_if_grown(&told, c->service, c->arena, e);
    if (err != OK) return err;
    if (ledger_newest_checkpoint(&newest, c->service->ledger, c->arena, &unused) == OK)
        *out = str_cstring(c->arena, newest.note);
    return OK;
}

static json_t *month_json(const struct month_summary *s, struct str month, struct str out)
{
    json_t *j = object_new(), *checks = rows_new();
    member_text(j, "month", month);
    member_date(j, "through", s->through);
    member_text(j, "out", out);
    member_count(j, "files", s->files);
    member_count(j, "statements", s->statements);
    member_count(j, "statements_not_drawn", s->statements_not_drawn);
    member_flag(j, "signed", s->is_signed);
    member_count(j, "failing", s->failing);
    for (size_t i = 0; i < s->checks_count; i++) {
        json_t *row = object_new();
        member_text(row, "check", s->checks[i].name);
        member_flag(row, "holds", s->checks[i].holds);
        member_text(row, "says", s->checks[i].says);
        rows_add(checks, row);
    }
    member_put(j, "checks", checks);
    return j;
}

/* What somebody recorded meanwhile is in no file of the pack: then it is not closed. */
static enum err close_books(bool *closed, const struct call *c, struct str month,
                            const struct month_summary *s, struct error *e)
{
    struct command command = {.type = COMMAND_PERIOD_CLOSE};
    struct outcome outcome = {0};
    command.period_close = (struct period_close_command){
        .month = month, .looked_at = true, .expected = s->balances, .expected_count = s->balances_count};
    enum err err = service_execute(&outcome, c->service, &command, c->arena, e);
    *closed = err == OK;
    return err;
}

enum err ask_close_month(const struct call *c, struct error *e)
{
    const struct close_month_query *q = c->query;
    struct month_summary s = {.failing = 0};
    struct month_options o = {.out_dir = str_cstring(c->arena, q->out),
                              .program = program,
                              .key_file = c->service->checkpoints.key,
                              .progress = tell_progress,
                              .progress_context = c->service};
    bool closed = false;
    enum err err = month_parse(&o.month, q->month, e);
    if (err == OK) err = newest_checkpoint(&o.checkpoint, c, e);
    if (err == OK) err = month_pack(&s, c->service->ledger, &o, c->arena, e);
    if (err == OK && q->close && s.failing == 0) err = close_books(&closed, c, q->month, &s, e);
    if (err != OK) return err;
    json_t *j = month_json(&s, q->month, q->out);
    member_flag(j, "closed", closed);
    err = c->answer->take(c->answer->self, j, false, e);
    if (err != OK || s.failing == 0) return err;
    return fail(e, ERR_REFUSED, "%.*s is not ready to be closed: %zu of %zu checks do not hold",
                STR_ARG(q->month), s.failing, s.checks_count);
}

enum err ask_gobd_export(const struct call *c, struct error *e)
{
    const struct gobd_export_query *q = c->query;
    struct gobd_options o = {q->from, q->to, str_cstring(c->arena, q->out), program};
    struct gobd_summary s = {.files = 0};
    enum err err = gobd_export(&s, c->service->ledger, &o, c->arena, e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_date(j, "from", q->from);
    member_date(j, "to", q->to);
    member_text(j, "out", q->out);
    member_count(j, "files", s.files);
    return c->answer->take(c->answer->self, j, false, e);
}
