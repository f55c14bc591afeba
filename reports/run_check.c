/* SPDX-License-Identifier: MIT */
/* run_check.c - whether the books tie behind the run. What was found is noted in the ledger once for each
 * run, so that the night's own word about itself is kept where nobody can change it; a call that finds it
 * noted tells it again. */
#include "reports/run.h"
#include "reports/tie_out.h"

/* The newest run of the date; false: there is none, or it was not completed. */
static enum err newest_run(bool *found, struct run *out, const struct nightly *n, struct views_txn *t,
                           struct error *e)
{
    struct run *runs = NULL;
    size_t count = 0;
    enum err err = runs_through(&runs, &count, t, n->o->through, n->arena, e);
    *found = err == OK && count > 0 && runs[count - 1].completed;
    if (*found) *out = runs[count - 1];
    return err;
}

static enum err look(struct run *run, bool *fresh, const struct nightly *n, struct error *e)
{
    struct views_txn *t = NULL;
    struct tie_out books = {.count = 0};
    bool found = false;
    *fresh = false;
    enum err err = ledger_read_begin(&t, n->ledger, e);
    if (err != OK) return err;
    err = newest_run(&found, run, n, t, e);
    if (err == OK && found && run->checks_count == 0) {
        err =
            tie_out(&books, n->ledger, t, n->o->through, n->o->progress, n->o->progress_context, n->arena, e);
        run->checks = books.checks;
        run->checks_count = books.count;
        *fresh = err == OK;
    }
    ledger_read_end(n->ledger, t);
    return err;
}

static enum err note(struct nightly *n, const struct run *run, struct error *e)
{
    struct command c = {.type = COMMAND_RUN_CHECK};
    struct request r = {.command = &c, .actor = n->o->actor};
    struct outcome o = {0};
    c.run_check =
        (struct run_check_command){.run = run->run, .checks = run->checks, .checks_count = run->checks_count};
    enum err err = ledger_execute(&o, n->ledger, &r, n->arena, e);
    if (o.seq != 0) n->summary->wrote_events = true;
    return err;
}

enum err run_check(struct nightly *n, struct error *e)
{
    struct run run = {0};
    bool fresh = false;
    if (ledger_is_rehearsed(n->ledger) || n->o->without_checks || n->o->mode == BILL_DRAFT) return OK;
    enum err err = look(&run, &fresh, n, e);
    if (err == OK && fresh) err = note(n, &run, e);
    n->summary->checks = run.checks;
    n->summary->checks_count = run.checks_count;
    for (size_t i = 0; i < run.checks_count; i++) n->summary->checks_failing += !run.checks[i].holds;
    return err;
}
