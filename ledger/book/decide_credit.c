/* SPDX-License-Identifier: MIT */
/* decide_credit.c - credit notes that somebody makes: an invoice is given back whole, by line or by amount,
 * never more than is left of it. What becomes of the money: less is to be paid, payments are refunded, or the
 * customer has it as credit. */
#include "ledger/book/credit_note.h"
#include "ledger/book/decide_shared.h"

/* The credit note being worked out. */
struct credit_note {
    const struct facts *facts;
    const struct invoice_credit_command *command;
    const struct invoice *invoice;
    struct crediting given;
    int64_t *left;     /* of each line that is meant, as a price; below nothing for a line that is a credit */
    bool all;          /* every line is meant */
    struct money room; /* the most that can be credited of the lines that are meant */
    bool held;         /* they have more left: credits that the invoice holds lessen it */
    int64_t *parts;    /* of each line, that is credited now */
    struct arena *arena;
};

/* ---- which lines, and what is left of them ---- */

static enum err choose_line(bool *chosen, const struct invoice *v, uint64_t line, struct error *e)
{
    if (line > v->lines_count) {
        return fail(e, ERR_NOT_FOUND, "invoice '%.*s' has no line %ju", STR_ARG(v->number), (uintmax_t)line);
    }
    if (v->lines[line - 1].kind == LINE_PREPAID) {
        return fail(e, ERR_REFUSED, "line %ju of invoice '%.*s' is for prepaid credit: void the grant",
                    (uintmax_t)line, STR_ARG(v->number));
    }
    if (money_is_negative(line_price(&v->lines[line - 1]))) {
        return fail(e, ERR_REFUSED, "line %ju of invoice '%.*s' is itself a credit", (uintmax_t)line,
                    STR_ARG(v->number));
    }
    chosen[line - 1] = true;
    return OK;
}

static enum err line_named(uint64_t *out, struct str text, struct error *e)
{
    struct error unused;
    struct str shown = text_quotable(text);
    if (uint_parse(out, text, &unused) == OK && *out != 0) return OK;
    return fail(e, ERR_INVALID, "lines: '%.*s' is no number of a line; as in 1,3", STR_ARG(shown));
}

/* "1,3" */
static enum err choose_lines(bool *chosen, const struct invoice *v, struct str named, struct error *e)
{
    for (;;) {
        const char *comma = memchr(named.ptr, ',', named.len);
        size_t len = comma == NULL ? named.len : (size_t)(comma - named.ptr);
        uint64_t line = 0;
        enum err err = line_named(&line, str_trim((struct str){named.ptr, len}), e);
        if (err == OK) err = choose_line(chosen, v, line, e);
        if (err != OK || comma == NULL) return err;
        named = (struct str){comma + 1, named.len - len - 1};
    }
}

/* What a change has given back of a line and the next document will carry. */
static int64_t waiting(const struct credit_note *n, uint64_t line)
{
    int64_t minor = 0;
    const struct facts *f = n->facts;
    for (size_t i = 0; i < f->items_count; i++) {
        const struct line *l = &f->items[i].line;
        if (credited_line(n->invoice, l) == line) minor -= l->amount.minor;
    }
    return minor;
}

/* The prices of all lines, less what credit notes gave back of them. What an end or a change gave back is not
 * counted: it gives back the same whether somebody credits the invoice before or after. */
static enum err left_by_hand(struct money *out, const struct credit_note *n, struct error *e)
{
    const struct invoice *v = n->invoice;
    enum err err = money_subtract(out, money_zero(v->total), v->prices_by_hand, e);
    for (size_t i = 0; i < v->lines_count && err == OK; i++) {
        if (v->lines[i].kind != LINE_PREPAID) err = money_add(out, *out, line_price(&v->lines[i]), e);
    }
    return err;
}

/* All of the invoice takes those lines with it that are credits themselves. */
static enum err count_left(struct credit_note *n, const bool *chosen, struct error *e)
{
    const struct invoice *v = n->invoice;
    struct money all = money_zero(v->total), meant = all, most = all;
    for (size_t i = 0; i < v->lines_count; i++) {
        struct money left = {0};
        if (v->lines[i].kind == LINE_PREPAID) continue; /* what is left of a grant its void gives back */
        enum err err = crediting_left(&left, &n->given, i + 1, e);
        if (err != OK) return err;
        left.minor -= waiting(n, i + 1);
        bool credit = money_is_negative(line_price(&v->lines[i]));
        if (!credit && left.minor < 0) left.minor = 0;
        n->left[i] = chosen == NULL || chosen[i] ? left.minor : 0;
        err = money_add(&all, all, left, e);
        if (err == OK && n->left[i] > 0) err = money_add(&meant, meant, left, e);
        if (err != OK) return err;
    }
    n->room = n->all ? money_min(meant, all) : meant;
    enum err err = left_by_hand(&most, n, e);
    n->held = n->room.minor > 0 && most.minor <= 0;
    n->room = money_min(n->room, most);
    return err;
}

static enum err nothing_left(const struct credit_note *n, struct error *e)
{
    if (n->held) {
        return fail(
            e, ERR_REFUSED,
            "nothing is left of the %.*s %s that invoice '%.*s' came to with the credits that it holds",
            STR_ARG(money_text(n->arena, n->invoice->total)), n->invoice->total.currency,
            STR_ARG(n->invoice->number));
    }
    return fail(e, ERR_REFUSED, "nothing is left of %sinvoice '%.*s' that could be credited",
                n->all ? "" : "these lines of ", STR_ARG(n->invoice->number));
}

/* With taxes of several rates, prices may leave nothing and yet cents of tax: all that is left takes them. */
static bool has_room(const struct credit_note *n)
{
    const struct invoice *v = n->invoice;
    bool any = false;
    if (n->room.minor > 0) return true;
    if (!n->all || !decimal_is_zero(n->command->amount)) return false;
    for (size_t i = 0; i < v->lines_count; i++) any = any || n->left[i] != 0;
    return any && money_compare(v->credited_by_hand, v->total) < 0;
}

static enum err find_room(struct credit_note *n, struct error *e)
{
    const struct invoice *v = n->invoice;
    const struct invoice_credit_command *c = n->command;
    bool *chosen = arena_array_of(n->arena, bool, v->lines_count);
    n->all = c->line == 0 && c->lines.len == 0;
    n->given = crediting_begin(v, n->arena);
    n->left = arena_array_of(n->arena, int64_t, v->lines_count);
    enum err err = c->line != 0 ? choose_line(chosen, v, c->line, e) : OK;
    if (err == OK && c->lines.len > 0) err = choose_lines(chosen, v, c->lines, e);
    if (err == OK) err = count_left(n, n->all ? NULL : chosen, e);
    if (err != OK || has_room(n)) return err;
    return nothing_left(n, e);
}

/* ---- how much of each ---- */

static enum err amount_meant(struct money *out, const struct credit_note *n, struct error *e)
{
    struct arena *a = n->arena;
    *out = n->room;
    if (decimal_is_zero(n->command->amount)) return OK;
    enum err err = money_exact(out, n->command->amount, n->room.currency, "amount", a, e);
    if (err != OK) return err;
    if (out->minor <= 0) return fail(e, ERR_INVALID, "amount: more than nothing is wanted");
    if (money_compare(*out, n->room) <= 0) return OK;
    return fail(e, ERR_REFUSED, "a credit of %.*s %s is more than is left of %sinvoice '%.*s': %.*s %s",
                STR_ARG(money_text(a, *out)), out->currency, n->all ? "" : "these lines of ",
                STR_ARG(n->invoice->number), STR_ARG(money_text(a, n->room)), n->room.currency);
}

/* All that is left takes every line with it, also those that are credits; a part is spread over the others by
 * what is left of each. */
static enum err divide(struct credit_note *n, struct error *e)
{
    struct money amount = {0};
    size_t count = n->invoice->lines_count;
    enum err err = amount_meant(&amount, n, e);
    if (err != OK) return err;
    n->parts = n->left;
    if (n->all && money_compare(amount, n->room) == 0) return OK;
    int64_t *weights = arena_array_of(n->arena, int64_t, count);
    for (size_t i = 0; i < count; i++) weights[i] = n->left[i] > 0 ? n->left[i] : 0;
    n->parts = arena_array_of(n->arena, int64_t, count);
    return money_spread(n->parts, amount.minor, weights, count, e);
}

/* ---- the document ---- */

static enum err credit_one(struct line *out, struct credit_note *n, size_t place, struct error *e)
{
    const struct line *l = &n->invoice->lines[place];
    struct money price = money_of(n->parts[place], l->amount.currency);
    *out = (struct line){.subscription = l->subscription,
                         .kind = LINE_CREDIT,
                         .product = l->product,
                         .usage_type = l->usage_type,
                         .fee = l->fee,
                         .description = str_format(n->arena, "Credit: %.*s", STR_ARG(l->description)),
                         .from = l->from,
                         .to = l->to,
                         .credited_kind = l->kind == LINE_CREDIT ? l->credited_kind : l->kind};
    enum err err = crediting_part(out, &n->given, place + 1, price, e);
    out->quantity = decimal_of(1);
    out->unit_price = money_decimal(l->tax_inclusive ? money_negate(price) : out->amount);
    return err;
}

static enum err credit_each(struct invoice_finalized *d, struct credit_note *n, struct error *e)
{
    struct line *lines = arena_array_of(n->arena, struct line, n->invoice->lines_count);
    enum err err = OK;
    for (size_t i = 0; i < n->invoice->lines_count && err == OK; i++) {
        if (n->parts[i] != 0) err = credit_one(&lines[d->lines_count++], n, i, e);
    }
    d->lines = lines;
    return err;
}

/* One row: what each of several coupons took of a line is not kept. */
static void total_discounts(struct invoice_finalized *d, const struct credit_note *n)
{
    const struct invoice *v = n->invoice;
    struct discount_total *row = arena_new_of(n->arena, struct discount_total);
    if (money_is_zero(d->discount)) return;
    *row = (struct discount_total){.name = STR("Discounts"), .amount = d->discount};
    if (v->discounts_count == 1) {
        row->code = v->discounts[0].code;
        row->name = v->discounts[0].name;
    }
    d->discounts = row;
    d->discounts_count = 1;
}

static enum err total_up(struct invoice_finalized *d, const struct credit_note *n, struct error *e)
{
    const struct invoice *v = n->invoice;
    const struct invoices credited = {v, 1};
    struct money left = {0};
    bool *all = arena_array_of(n->arena, bool, d->lines_count);
    for (size_t i = 0; i < d->lines_count; i++) all[i] = true;
    enum err err = add_credited_taxes(d, all, &credited, n->arena, e);
    if (err == OK) err = sum_document(d, e);
    if (err == OK) err = money_subtract(&left, v->total, v->credited_by_hand, e);
    if (err != OK) return err;
    total_discounts(d, n);
    struct money given = money_negate(d->total);
    if (given.minor <= 0) return nothing_left(n, e);
    if (money_compare(given, left) <= 0) return OK;
    return fail(e, ERR_REFUSED,
                "a credit of %.*s %s with its tax is more than is left of invoice '%.*s': %.*s %s",
                STR_ARG(money_text(n->arena, given)), given.currency, STR_ARG(v->number),
                STR_ARG(money_text(n->arena, left)), left.currency);
}

/* ---- what becomes of it ---- */

/* What payments paid of it and nobody gave back yet; not what they paid for grants, whose lines are given
 * back by voiding these. */
static enum err paid_by_payments(struct money *out, const struct credit_note *n, struct error *e)
{
    const struct invoice *v = n->invoice;
    enum err err = money_subtract(out, v->paid, v->offset, e);
    if (err == OK) err = money_subtract(out, *out, v->refunded, e);
    for (size_t i = 0; i < v->lines_count && err == OK; i++) {
        if (v->lines[i].kind != LINE_PREPAID || v->lines[i].amount.minor <= 0) continue;
        err = money_subtract(out, *out, v->lines[i].amount, e);
    }
    return err;
}

static struct money paid_by(const struct transaction *p, uint64_t invoice)
{
    struct money sum = money_zero(p->amount);
    for (size_t i = 0; i < p->pays_count; i++) {
        if (p->pays[i].invoice == invoice) sum.minor += p->pays[i].amount.minor;
    }
    return sum;
}

/* What credits of an earlier invoice, which stand on this one, paid of it. */
static struct money paid_by_credit_of(const struct invoice *v, uint64_t earlier)
{
    struct money sum = money_zero(v->total);
    for (size_t i = 0; i < v->lines_count; i++) {
        bool credit = v->lines[i].credits == earlier && earlier != v->invoice;
        if (credit) sum.minor -= line_gross(&v->lines[i]).minor;
    }
    return sum;
}

struct refunding {
    struct decision *out;
    const struct credit_note *note;
    const struct invoice_finalized *document;
    struct money left;
    int64_t *refunded; /* of each payment, also by now */
    uint64_t number;   /* of the next refund */
};

static void add_refund(struct refunding *r, const struct transaction *p, struct money part, uint64_t invoice)
{
    const struct credit_note *n = r->note;
    const struct invoice_finalized *d = r->document;
    const struct facts *f = n->facts;
    struct str why = str_format(n->arena, "Credit note %.*s", STR_ARG(d->number));
    struct event *ev = event_add(&r->out->events, EVENT_REFUND_REQUESTED, n->arena);
    ev->refund_requested = (struct refund_requested){.refund = r->number,
                                                     .payment = p->transaction,
                                                     .customer = p->customer,
                                                     .amount = part,
                                                     .from_credit = part,
                                                     .reason = d->reason.len > 0 ? d->reason : why,
                                                     .gateway = p->gateway,
                                                     .gateway_key = gateway_key(f, r->number, n->arena),
                                                     .invoice = invoice};
    r->number++;
}

/* At most `can`, of payments of one invoice: the newest first. */
static enum err refund_payments_of(struct refunding *r, uint64_t invoice, struct money can, struct error *e)
{
    const struct facts *f = r->note->facts;
    enum err err = OK;
    for (size_t i = 0; i < f->payments_count && err == OK; i++) {
        const struct transaction *p = &f->payments[i];
        struct money part = {0};
        if (!money_same_currency(p->amount, r->left)) continue;
        err = money_subtract(&part, p->amount, money_of(r->refunded[i], p->amount.currency), e);
        part = money_min(money_min(part, paid_by(p, invoice)), money_min(can, r->left));
        if (err != OK || part.minor <= 0) continue;
        add_refund(r, p, part, invoice);
        r->refunded[i] += part.minor;
        err = money_subtract(&can, can, part, e);
        if (err == OK) err = money_subtract(&r->left, r->left, part, e);
    }
    return err;
}

/* What paid the invoice is refunded, and then what paid those whose credits paid it. *left is what payments
 * cannot give back. */
static enum err refund_payments(struct decision *out, struct money *left, const struct credit_note *n,
                                const struct invoice_finalized *d, struct error *e)
{
    const struct facts *f = n->facts;
    const struct invoice *v = n->invoice;
    struct refunding r = {.out = out,
                          .note = n,
                          .document = d,
                          .left = *left,
                          .refunded = arena_array_of(n->arena, int64_t, f->payments_count),
                          .number = f->counters.transaction};
    struct money can = {0};
    for (size_t i = 0; i < f->payments_count; i++) r.refunded[i] = f->payments[i].refunded.minor;
    enum err err = paid_by_payments(&can, n, e);
    if (err == OK) err = refund_payments_of(&r, v->invoice, can, e);
    for (size_t i = 0; i < v->lines_count && err == OK; i++) {
        uint64_t earlier = v->lines[i].credits;
        bool first = earlier != 0;
        for (size_t k = 0; k < i; k++) first = first && v->lines[k].credits != earlier;
        if (first) err = refund_payments_of(&r, earlier, paid_by_credit_of(v, earlier), e);
    }
    *left = r.left;
    return err;
}

static enum err check_offset(struct money total, struct money owed, const struct credit_note *n,
                             struct error *e)
{
    struct arena *a = n->arena;
    if (money_compare(total, owed) <= 0) return OK;
    return fail(e, ERR_REFUSED,
                "an offset of %.*s %s is more than is still to be paid of invoice '%.*s': %.*s %s",
                STR_ARG(money_text(a, total)), total.currency, STR_ARG(n->invoice->number),
                STR_ARG(money_text(a, owed)), owed.currency);
}

/* Less is to be paid of the invoice itself; of one that was written off, less was lost. */
static void take_off(struct invoice_finalized *d, struct money part, const struct credit_note *n)
{
    struct allocation *settles = arena_new_of(n->arena, struct allocation);
    if (part.minor <= 0) return;
    *settles = (struct allocation){n->invoice->invoice, part};
    d->settles = settles;
    d->settles_count = 1;
    if (n->invoice->status != INVOICE_UNCOLLECTIBLE) return;
    d->recovers = settles;
    d->recovers_count = 1;
}

/* What grants of prepaid credit paid of it is theirs again before anything else; *left is the rest. */
static enum err give_back_first(struct invoice_finalized *d, struct money *left, const struct credit_note *n,
                                struct error *e)
{
    const struct facts *f = n->facts;
    const struct invoices credited = {n->invoice, 1};
    struct wallet w = wallet_begin(f->grants, f->grants_count, f->payers, f->payers_count, n->arena);
    enum err err = return_to_wallet(d, &w, &credited, n->arena, e);
    if (err == OK) err = asked_for(&d->credit_applied, d, e);
    *left = money_negate(d->credit_applied);
    return err;
}

/* Refunds are kept apart: they follow the credit note, for they take from the credit that it gives. */
static enum err apply(struct decision *refunds, struct invoice_finalized *d, const struct credit_note *n,
                      struct error *e)
{
    enum note_use as = n->command->as;
    const struct invoices credited = {n->invoice, 1};
    struct money left = {0}, owed = {0};
    enum err err = give_back_first(d, &left, n, e);
    if (err == OK) err = invoice_owed(&owed, n->invoice, e);
    if (err == OK && as == NOTE_OFFSET) {
        take_off(d, left, n);
        return check_offset(left, owed, n, e);
    }
    if (err == OK) err = settle_credited(d, &left, &credited, n->arena, e);
    if (err == OK && as == NOTE_REFUND) {
        err = refund_payments(refunds, &left, n, d, e);
        if (err == OK && refunds->events.count == 0 && d->covers_count == 0 && d->returns_count == 0)
            err = fail(e, ERR_REFUSED, "no payment of invoice '%.*s' can be refunded",
                       STR_ARG(n->invoice->number));
    }
    d->settles = d->recovers;
    d->settles_count = d->recovers_count;
    if (d->settles_count == 0 && as != NOTE_BALANCE) take_off(d, money_min(owed, left), n);
    return err;
}

/* ---- the decision ---- */

static enum err check_creditable(const struct facts *f, const struct invoice_credit_command *c,
                                 struct error *e)
{
    enum err err = need_invoice(f, c->invoice, e);
    if (err != OK) return err;
    if (f->invoice->status == INVOICE_VOID) {
        return fail(e, ERR_REFUSED, "invoice '%.*s' is void: there is nothing to credit",
                    STR_ARG(f->invoice->number));
    }
    return OK;
}

static struct invoice_finalized begun(const struct credit_note *n)
{
    const struct facts *f = n->facts;
    const struct invoice *v = n->invoice;
    return (struct invoice_finalized){.kind = INVOICE_CREDIT_NOTE,
                                      .customer = v->customer,
                                      .buyer_version = f->customer->version,
                                      .seller_version = f->seller != NULL ? f->seller->version : 0,
                                      .issue_date = f->issue_date,
                                      .due_date = f->issue_date,
                                      .rule_version = BILLING_RULE_VERSION,
                                      .note = v->note,
                                      .catalog_version = v->catalog_version,
                                      .reason = n->command->reason};
}

enum err decide_invoice_credit(struct decision *out, const struct facts *f,
                               const struct invoice_credit_command *c, struct arena *a, struct error *e)
{
    struct credit_note n = {.facts = f, .command = c, .invoice = f->invoice, .arena = a};
    struct decision refunds = {0};
    enum err err = check_creditable(f, c, e);
    if (err == OK) err = find_room(&n, e);
    if (err == OK) err = divide(&n, e);
    if (err != OK) return err;
    struct invoice_finalized d = begun(&n);
    const struct documents none = {0}, one = {&d, 1};
    err = credit_each(&d, &n, e);
    if (err == OK) err = total_up(&d, &n, e);
    number_document(&d, f, &none, a);
    if (err == OK) err = apply(&refunds, &d, &n, e);
    if (err != OK) return err;
    d.amount_due = money_zero(d.total);
    err = add_documents(out, f, &one, a, e);
    if (err != OK) return err;
    for (size_t i = 0; i < refunds.events.count; i++)
        *event_add(&out->events, EVENT_REFUND_REQUESTED, a) = refunds.events.items[i];
    struct event document = {.type = EVENT_INVOICE_FINALIZED};
    document.invoice_finalized = d;
    return restore_subscriptions(out, f, d.settles, d.settles_count, &document, a, e);
}
