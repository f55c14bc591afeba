/* SPDX-License-Identifier: MIT */
/* run_due.c - whether a run has anything to do, in all or for one customer. The index of due work knows dates
 * and no clocks, so of those whom it names some may have to wait for their day. */
#include "reports/run.h"

#include "ledger/book.h"

static enum err seller_date(struct date *out, struct ledger *l, struct views_txn *t, struct arena *a,
                            struct error *e)
{
    struct world w = ledger_world(l);
    struct seller s = {0};
    const struct zone *zone = NULL;
    enum err err = load_seller(&s, t, 0, a, e);
    if (err == OK) err = zone_find(&zone, ledger_zones(l), s.timezone, e);
    *out = zone_date(zone, w.now(w.self));
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Whose day has not begun where he is has nothing due yet (see billed_through). Who cannot be told a date
 * has, so that he is billed in vain, and named. */
static bool is_due(const struct nightly *n, struct views_txn *t, const struct due_cursor *due,
                   struct date seller_today, struct arena *a)
{
    struct world w = ledger_world(n->ledger);
    struct customer c = {0};
    const struct zone *zone = NULL;
    struct error unused;
    arena_reset(a);
    if (load_customer(&c, t, due->customer, a, &unused) != OK) return true;
    if (customer_zone(&zone, ledger_zones(n->ledger), &c, &unused) != OK) return true;
    struct date today = zone_date(zone, w.now(w.self));
    return date_compare(due->date, billed_through(n->o->through, seller_today, today)) <= 0;
}

/* On most nights the first who is found will do. */
enum err run_has_work(bool *yes, const struct nightly *n, struct arena *a, struct error *e)
{
    enum { FORGET_EVERY = 1000 };
    bool drafts = n->o->mode == BILL_FINALIZE;
    struct due_cursor at = {0};
    struct date seller_today = {0};
    struct views_txn *t = NULL;
    uint64_t customer = 0;
    size_t count = 1;
    enum err err = ledger_read_begin(&t, n->ledger, e);
    if (err != OK) return err;
    err = seller_date(&seller_today, n->ledger, t, a, e);
    *yes = false;
    for (size_t seen = 1; err == OK && !*yes && count > 0; seen++) {
        err = drafts ? list_drafts(t, n->o->through, &at, &customer, &count, 1, e)
                     : list_due(t, n->o->through, &at, &customer, &count, 1, e);
        *yes = err == OK && count > 0 && (drafts || is_due(n, t, &at, seller_today, a));
        if (seen % FORGET_EVERY == 0 && !n->o->dry_run) views_forget(t);
    }
    ledger_read_end(n->ledger, t);
    return err;
}

/* ---- one customer ---- */

enum err run_patience(int32_t *days, struct views_txn *t, struct arena *a, struct error *e)
{
    struct seller s = {0};
    enum err err = load_seller(&s, t, 0, a, e);
    *days = (int32_t)(s.past_due_days != 0 ? s.past_due_days
                      : s.unpaid_days != 0 ? s.unpaid_days
                                           : s.cancel_days);
    return err == ERR_NOT_FOUND ? OK : err;
}

static bool is_by(struct date day, struct date through)
{
    return date_is_given(day) && date_compare(day, through) <= 0;
}

enum err run_would_bill(bool *yes, struct date *through, struct ledger *l, uint64_t customer,
                        struct date asked, struct arena *a, struct error *e)
{
    struct world w = ledger_world(l);
    struct views_txn *t = NULL;
    struct customer c = {0};
    struct due_days days = {0};
    struct date seller_today = {0};
    const struct zone *zone = NULL;
    int32_t patience = 0;
    enum err err = ledger_read_begin(&t, l, e);
    if (err != OK) return err;
    err = seller_date(&seller_today, l, t, a, e);
    if (err == OK) err = run_patience(&patience, t, a, e);
    if (err == OK) err = load_customer(&c, t, customer, a, e);
    if (err == OK) err = customer_zone(&zone, ledger_zones(l), &c, e);
    if (err == OK) err = load_due_days(&days, t, customer, a, e);
    ledger_read_end(l, t);
    if (err != OK) return err;
    *through = billed_through(asked, seller_today, zone_date(zone, w.now(w.self)));
    *yes =
        is_by(days.due, *through) || (patience != 0 && is_by(days.overdue, date_add_days(asked, -patience)));
    return OK;
}
