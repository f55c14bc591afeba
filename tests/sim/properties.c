/* SPDX-License-Identifier: MIT */
/* properties.c - what must hold, each as a function of a seed. */
#include "tests/sim/relations.h"

/* ---- any life ---- */

enum { STEPS_BETWEEN_AUDITS = 40 };

static enum err audit_all(struct books *b, struct error *e)
{
    enum err err = audit_documents(b, e);
    if (err == OK) err = audit_days(b, e);
    if (err == OK) err = audit_state(b, e);
    return err == OK ? audit_ledger(b, e) : err;
}

/* What fell due before the run came, as a command noted, is on an invoice behind it. */
static enum err nothing_is_left(const struct books *b, struct date through, struct error *e)
{
    for (size_t i = 0; i < b->events.count; i++) {
        const struct item_added *v = &b->events.items[i].item_added;
        if (b->events.items[i].type != EVENT_ITEM_ADDED || !date_is_given(v->due)) continue;
        if (date_compare(v->due, through) > 0 || books_is_invoiced(b, v->item)) continue;
        return fail(e, ERR_TAMPERED, "item %ju fell due, and waits behind the run", (uintmax_t)v->item);
    }
    return OK;
}

/* Runs the night of a day twice: the second one writes nothing. */
static enum err run_twice(struct books *b, struct date through, struct error *e)
{
    enum err err = books_run(b, through, e);
    if (err == OK) err = books_run(b, through, e);
    if (err != OK || b->events.count == b->before) return err;
    return fail(e, ERR_TAMPERED, "a second run of a day writes something");
}

static enum err live(struct books *b, const struct script *h, struct dice *d, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < h->count && err == OK; i++) {
        err = books_do(b, &h->steps[i], e);
        if (err == OK && h->steps[i].kind == STEP_RUN) err = nothing_is_left(b, h->steps[i].through, e);
        if (err == OK && i % STEPS_BETWEEN_AUDITS == STEPS_BETWEEN_AUDITS - 1) {
            struct date today = instant_date(b->clock.now);
            err = audit_state(b, e);
            if (err == OK) err = audit_ledger(b, e);
            if (err == OK) err = audit_foresight(b, date_add_days(today, (int32_t)dice_between(d, 0, 90)), e);
        }
        if (err != OK) return wrap(e, "step %zu", i + 1);
    }
    struct date last = instant_date(b->clock.now);
    last = date_add_days(last, (int32_t)dice_between(d, 0, 45));
    b->clock.now = date_start(last);
    err = run_twice(b, last, e);
    return err == OK ? audit_all(b, e) : err;
}

static enum err any_life(const struct trial *t, struct error *e)
{
    struct dice d = dice_of(t->seed);
    struct script h = {0};
    struct books b = {0};
    struct shape shape = {.customers = 4, .days = (int)dice_between(&d, 30, 200), .nights = 60};
    shape.may = (unsigned)dice_next(&d) & MAY_ALL;
    script_make(&h, &shape, t->catalog, &d, t->arena);
    enum err err = books_open(&b, t, e);
    if (err == OK) err = live(&b, &h, &d, e);
    books_close(&b);
    return err;
}

const struct property properties[] = {
    {"life", "whatever happens, each day is billed once and everything adds up", 50, 4, any_life},
    {"nights", "running each night comes to what one run at the end comes to", 10, 2, nights_or_one_run},
    {"order", "the order of two customers' commands never matters", 10, 2, order_of_customers},
    {"back", "upgrade and back costs the days used, on the same day nothing", 10, 1, there_and_back},
    {"pause", "a pause costs exactly its days' share, rounded once", 10, 1, pause_and_resume},
    {"refund", "cancellation and refund come to the same in either order", 10, 1, cancel_and_refund},
    {NULL, NULL, 0, 0, NULL},
};
