/* SPDX-License-Identifier: MIT */
/* ways.c - a history with runs that stop at drafts comes to the documents that it has without; one with
 * coupons to the charges that it has without. */
#include "tests/sim/relations.h"

static enum err compare_documents(const struct books *x, const struct books *y, unsigned customers,
                                  struct arena *a, struct error *e)
{
    for (unsigned who = 0; who < customers; who++) {
        struct buffer one = {.arena = a}, two = {.arena = a};
        tell_documents(&one, x, user_name(who, a));
        tell_documents(&two, y, user_name(who, a));
        if (!bytes_equal((struct bytes){one.ptr, one.len}, (struct bytes){two.ptr, two.len}))
            return fail(e, ERR_TAMPERED, "c%u has other documents in the one way than in the other", who);
    }
    return OK;
}

static enum err compare_two(const struct trial *t, const struct script *one, const struct script *two,
                            enum err (*compare)(struct books *x, struct books *y, unsigned customers,
                                                struct arena *a, struct error *e),
                            struct error *e)
{
    struct books x = {0}, y = {0};
    enum err err = books_open(&x, t, e);
    if (err == OK) err = books_open(&y, t, e);
    if (err == OK) err = live_all(&x, one, month_after(one), e);
    if (t->tells) printf("---- the same in the other way\n");
    if (err == OK) err = live_all(&y, two, month_after(one), e);
    if (err == OK) err = compare(&x, &y, one->customers, t->arena, e);
    books_close(&x);
    books_close(&y);
    return err;
}

/* ---- drafts ---- */

/* Each run stops at drafts, which are finalized at once. */
static struct script by_drafts(const struct script *h, struct arena *a)
{
    struct script out = {.customers = h->customers};
    for (size_t i = 0; i < h->count; i++) {
        struct step *s = script_add(&out, h->steps[i].at, a);
        *s = h->steps[i];
        if (s->kind != STEP_RUN) continue;
        s->mode = BILL_DRAFT;
        s = script_add(&out, h->steps[i].at, a);
        *s = h->steps[i];
        s->mode = BILL_FINALIZE;
        s->approved = true;
    }
    return out;
}

static enum err same_documents(struct books *x, struct books *y, unsigned customers, struct arena *a,
                               struct error *e)
{
    enum err err = compare_documents(x, y, customers, a, e);
    return err == OK ? compare_subscriptions(x, y, e) : err;
}

enum err drafts_or_none(const struct trial *t, struct error *e)
{
    struct dice d = dice_of(t->seed);
    struct script h = {0};
    struct shape shape = {.customers = 2, .days = (int)dice_between(&d, 30, 120), .nights = 60};
    shape.may = (unsigned)dice_next(&d) & MAY_ALL & ~(unsigned)MAY_DRAFT;
    script_make(&h, &shape, t->catalog, &d, t->arena);
    if (h.count == 0) return OK;
    struct script other = by_drafts(&h, t->arena);
    return compare_two(t, &h, &other, same_documents, e);
}

/* ---- coupons ---- */

static struct script without_coupons(const struct script *h, struct arena *a)
{
    struct script out = {.customers = h->customers};
    for (size_t i = 0; i < h->count; i++) {
        enum command_type type = h->steps[i].command.type;
        if (type == COMMAND_COUPON_APPLY || type == COMMAND_COUPON_REMOVE) continue;
        *script_add(&out, h->steps[i].at, a) = h->steps[i];
    }
    return out;
}

/* What is given back is another matter: that is what was paid. */
static enum err same_charges(struct books *x, struct books *y, unsigned customers, struct arena *a,
                             struct error *e)
{
    (void)customers, (void)a;
    enum err err = compare_sums(x, y, COUNT_CHARGES, e);
    if (err == OK) err = compare_sums(y, x, COUNT_CHARGES, e);
    return err == OK ? compare_subscriptions(x, y, e) : err;
}

/* Without credit notes and refunds, which are of what was paid, and without drafts: what was approved is
 * looked at again when a coupon comes. */
enum err coupons_or_none(const struct trial *t, struct error *e)
{
    struct dice d = dice_of(t->seed);
    struct script h = {0};
    struct shape shape = {.customers = 2, .days = (int)dice_between(&d, 30, 150), .nights = 60};
    shape.may = (unsigned)dice_next(&d) & MAY_ALL & ~(unsigned)(MAY_DRAFT | MAY_CREDIT | MAY_PAY);
    shape.may |= MAY_COUPON;
    script_make(&h, &shape, t->catalog, &d, t->arena);
    if (h.count == 0) return OK;
    struct script other = without_coupons(&h, t->arena);
    return compare_two(t, &h, &other, same_charges, e);
}
