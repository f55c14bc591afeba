/* SPDX-License-Identifier: MIT */
/* properties.c - what must hold, each as a function of a seed. Where an action has no place in a property,
 * that is by a rule:
 * - "nights" has no credit notes and no drafts, for its one run has no documents that they could be about;
 * and of coupons only percentages for ever, given before the first charge: others count by the document.
 * - "drafts" lives each run in two ways itself, so its histories have no drafts of their own.
 * - "coupons" has no credit notes, refunds and charges by hand: they are of what was paid. Nor has it drafts:
 *   one that was approved is looked at again when a coupon has come.
 * - "order" is without runs ahead of the day: they are in the future of the other customer's commands.
 * - "refund" credits by hand no more than the part that was used: of the rest, less is given back by the end.
 * In "life" everything happens. Days whose price was given back by hand, or that a coupon left next to
 * nothing of, may have nothing to give back (coverage.c). */
#include "tests/sim/relations.h"

/* ---- any life ---- */

enum { STEPS_BETWEEN_AUDITS = 40 };

static enum err audit_all(struct books *b, struct error *e)
{
    enum err err = audit_documents(b, e);
    if (err == OK) err = audit_money(b, e);
    if (err == OK) err = audit_days(b, e);
    if (err == OK) err = audit_state(b, e);
    if (err == OK) err = audit_journal(b, e);
    if (err == OK) err = audit_aging(b, e);
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
    struct step night = {.at = b->clock.now, .kind = STEP_RUN, .through = through};
    enum err err = books_do(b, &night, e);
    if (err == OK) err = books_do(b, &night, e);
    if (err != OK || b->events.count == b->before) return err;
    return fail(e, ERR_TAMPERED, "a second run of a day writes something");
}

/* A draft moves nothing; what makes no document, happens. */
static enum err nothing_but_drafts(const struct books *b, struct error *e)
{
    for (size_t i = b->before; i < b->events.count; i++) {
        enum event_type type = b->events.items[i].type;
        if (type != EVENT_INVOICE_FINALIZED && type != EVENT_ITEM_ADDED && type != EVENT_PAYMENT_REQUESTED)
            continue;
        return fail(e, ERR_TAMPERED, "a run that stops at drafts writes %s", event_kind(type)->wire);
    }
    return OK;
}

static enum err check_run(const struct books *b, const struct step *s, struct error *e)
{
    if (s->kind != STEP_RUN || s->mode == BILL_FINALIZE) return OK;
    return s->mode == BILL_DRAFT ? nothing_but_drafts(b, e) : nothing_is_left(b, s->through, e);
}

static enum err live(struct books *b, const struct script *h, struct dice *d, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < h->count && err == OK; i++) {
        err = books_do(b, &h->steps[i], e);
        if (err == OK) err = check_run(b, &h->steps[i], e);
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
    {"life", "whatever happens, each day is billed once and everything adds up", 40, 4, any_life},
    {"nights", "running each night comes to what one run at the end comes to", 10, 2, nights_or_one_run},
    {"order", "the order of two customers' commands never matters", 10, 2, order_of_customers},
    {"drafts", "drafts that are finalized come to the documents of a run without them", 10, 2,
     drafts_or_none},
    {"coupons", "coupons change what is paid, and nothing of what is charged", 10, 2, coupons_or_none},
    {"back", "upgrade and back costs the days used, on the same day nothing", 7, 1, there_and_back},
    {"pause", "a pause costs exactly its days' share, rounded once", 6, 1, pause_and_resume},
    {"refund", "cancellation and refund come to the same in either order", 7, 1, cancel_and_refund},
    {NULL, NULL, 0, 0, NULL},
};
