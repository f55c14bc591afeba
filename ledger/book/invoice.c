/* SPDX-License-Identifier: MIT */
/* invoice.c - a document's life: from each event about it to the state that it leaves. Whoever folds what no
 * decision would have made is told so: ERR_TAMPERED. */
#include "ledger/book/invoice.h"

/* ---- states ---- */

bool invoice_may_move(enum invoice_status from, enum invoice_status to)
{
    static const struct {
        enum invoice_status from, to;
    } moves[] = {
#define INVOICE_MOVE(FROM, TO, why) {INVOICE_##FROM, INVOICE_##TO},
#include "ledger/book/invoice_moves.def"
#undef INVOICE_MOVE
    };
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
        if (moves[i].from == from && moves[i].to == to) return true;
    }
    return false;
}

static enum err move_to(struct invoice *v, enum invoice_status to, struct error *e)
{
    if (!invoice_may_move(v->status, to)) {
        return fail(e, ERR_TAMPERED, "document '%.*s' goes from %s to %s, which no document may",
                    STR_ARG(v->number), choice_invoice_status.words[v->status],
                    choice_invoice_status.words[to]);
    }
    v->status = to;
    return OK;
}

enum err invoice_owed(struct money *out, const struct invoice *v, struct error *e)
{
    *out = money_zero(v->amount_due);
    if (v->status == INVOICE_VOID) return OK;
    return money_subtract(out, v->amount_due, v->paid, e);
}

enum err invoice_to_balance(struct money *out, const struct invoice_finalized *v, struct error *e)
{
    enum err err = OK;
    *out = money_negate(v->credit_applied);
    for (size_t i = 0; i < v->settles_count && err == OK; i++)
        err = money_subtract(out, *out, v->settles[i].amount, e);
    for (size_t i = 0; i < v->covers_count && err == OK; i++)
        err = money_subtract(out, *out, v->covers[i].amount, e);
    return err;
}

/* ---- one function an event ---- */

/* Not given by events that were written before there was such an amount. */
static struct money or_nothing(struct money amount, struct money like)
{
    return money_is_given(amount) ? amount : money_zero(like);
}

struct invoice invoice_begun(const struct invoice_finalized *v)
{
    struct money none = money_zero(v->total);
    bool open = v->amount_due.minor > 0;
    return (struct invoice){.invoice = v->invoice,
                            .number = v->number,
                            .kind = v->kind,
                            .status = open ? INVOICE_OPEN : INVOICE_PAID,
                            .customer = v->customer,
                            .buyer_version = v->buyer_version,
                            .seller_version = v->seller_version,
                            .run = v->run,
                            .issue_date = v->issue_date,
                            .due_date = v->due_date,
                            .lines = v->lines,
                            .lines_count = v->lines_count,
                            .subtotal = v->subtotal,
                            .tax = v->tax,
                            .total = v->total,
                            .credit_applied = v->credit_applied,
                            .amount_due = v->amount_due,
                            .paid = none,
                            .offset = none,
                            .written_off = none,
                            .refunded = none,
                            .conceded = none,
                            .credited = none,
                            .credited_by_hand = none,
                            .prices_by_hand = none,
                            .settles = v->settles,
                            .settles_count = v->settles_count,
                            .paid_on = open ? (struct date){0} : v->issue_date,
                            .reason = v->reason,
                            .rule_version = v->rule_version,
                            .discount = v->discount,
                            .taxes = v->taxes,
                            .taxes_count = v->taxes_count,
                            .discounts = v->discounts,
                            .discounts_count = v->discounts_count,
                            .note = v->note,
                            .catalog_version = v->catalog_version,
                            .wallet_applied = or_nothing(v->wallet_applied, v->total),
                            .wallet = v->wallet,
                            .wallet_count = v->wallet_count,
                            .wallet_returned = or_nothing(v->wallet_returned, v->total),
                            .returns = v->returns,
                            .returns_count = v->returns_count,
                            .national = v->national};
}

/* What the grant paid of it; NULL: nothing. */
static const struct wallet_use *use_by(const struct invoice *v, uint64_t grant)
{
    for (size_t i = 0; i < v->wallet_count; i++) {
        if (v->wallet[i].grant == grant) return &v->wallet[i];
    }
    return NULL;
}

enum err invoice_note_return(struct invoice *v, const struct wallet_return *r, struct arena *a,
                             struct error *e)
{
    size_t at = 0;
    const struct wallet_use *use = use_by(v, r->grant);
    struct wallet_use *back = arena_array_of(a, struct wallet_use, v->wallet_back_count + 1);
    if (v->wallet_back_count > 0) memcpy(back, v->wallet_back, v->wallet_back_count * sizeof *back);
    while (at < v->wallet_back_count && back[at].grant != r->grant) at++;
    if (at == v->wallet_back_count) {
        back[at] = (struct wallet_use){
            .grant = r->grant, .amount = money_zero(r->amount), .prepaid = money_zero(r->amount)};
        v->wallet_back_count++;
    }
    enum err err = money_add(&back[at].amount, back[at].amount, r->amount, e);
    if (err == OK) err = money_add(&back[at].prepaid, back[at].prepaid, r->prepaid, e);
    v->wallet_back = back;
    if (err != OK || (use != NULL && money_compare(back[at].amount, use->amount) <= 0)) return err;
    return fail(e, ERR_TAMPERED, "grant %ju gets back more than it paid of document '%.*s'",
                (uintmax_t)r->grant, STR_ARG(v->number));
}

enum err invoice_pay(struct invoice *v, struct money amount, struct date on, struct error *e)
{
    enum err err = money_add(&v->paid, v->paid, amount, e);
    if (err != OK || v->status == INVOICE_PAID) return err;
    if (money_compare(v->paid, v->amount_due) >= 0) {
        v->paid_on = on;
        return move_to(v, INVOICE_PAID, e);
    }
    bool stays = v->status == INVOICE_PARTIALLY_PAID || v->status == INVOICE_UNCOLLECTIBLE;
    return stays ? OK : move_to(v, INVOICE_PARTIALLY_PAID, e);
}

enum err invoice_settle(struct invoice *v, struct money amount, struct date on, struct error *e)
{
    enum err err = money_add(&v->offset, v->offset, amount, e);
    return err == OK ? invoice_pay(v, amount, on, e) : err;
}

enum err invoice_recover(struct invoice *v, struct money amount, struct error *e)
{
    if (money_compare(v->written_off, amount) >= 0)
        return money_subtract(&v->written_off, v->written_off, amount, e);
    return fail(e, ERR_TAMPERED, "more than was written off of document '%.*s' comes back",
                STR_ARG(v->number));
}

static void close_it(struct invoice *v, struct date on, struct str reason)
{
    v->closed_on = on;
    v->reason = reason;
}

enum err invoice_void(struct invoice *v, const struct invoice_voided *ev, struct error *e)
{
    v->written_off = money_zero(v->total);
    close_it(v, ev->on, ev->reason);
    return move_to(v, INVOICE_VOID, e);
}

enum err invoice_write_off(struct invoice *v, const struct invoice_written_off *ev, struct error *e)
{
    enum err err = money_add(&v->written_off, v->written_off, ev->amount, e);
    close_it(v, ev->on, ev->reason);
    return err == OK ? move_to(v, INVOICE_UNCOLLECTIBLE, e) : err;
}
