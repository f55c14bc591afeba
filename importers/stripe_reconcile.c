/* SPDX-License-Identifier: MIT */
/* stripe_reconcile.c - see stripe_reconcile.h. A page of movements at a time: what can be mended is mended by
 * the same commands as if Stripe had told it by itself; what then agrees is noted in one record; the rest is
 * told. */
#include "importers/stripe_reconcile.h"
#include "importers/json_text.h"
#include "importers/stripe_finding.h"
#include "importers/stripe_form.h"
#include "importers/stripe_list.h"

enum { OVERLAP_DAYS = 3, ASKED_ALONE = 1000, LOOKS = 2 };
static const int64_t DAY_US = INT64_C(86400) * 1000000;

const char *const discrepancy_words[] = {
    [DISCREPANCY_MISSING_HERE] = "missing_here", [DISCREPANCY_MISSING_THERE] = "missing_there",
    [DISCREPANCY_AMOUNT] = "different",          [DISCREPANCY_SUSPENSE] = "suspense",
    [DISCREPANCY_UNDERWAY] = "underway",
};

struct walk {
    struct stripe *stripe;
    struct ledger *ledger;
    const struct reconcile_options *o;
    struct reconciliation *out;
    struct discrepancy *rows;
    struct balance_total *totals;
    size_t rows_count, rows_capacity, totals_count, totals_capacity;
    struct arena *arena; /* of the whole */
};

/* ---- what is told ---- */

static struct balance_total *total_of(struct walk *w, const char *currency)
{
    for (size_t i = 0; i < w->totals_count; i++) {
        if (strcmp(w->totals[i].here.currency, currency) == 0) return &w->totals[i];
    }
    struct money nothing = money_of(0, currency);
    w->totals = arena_grow(w->arena, w->totals, w->totals_count, &w->totals_capacity, sizeof *w->totals);
    w->totals[w->totals_count] = (struct balance_total){nothing, nothing, nothing};
    return &w->totals[w->totals_count++];
}

/* `explains`: by how much the ledger has more than Stripe because of it. */
static enum err tell(struct walk *w, const struct discrepancy *d, struct money explains, struct error *e)
{
    uint64_t *const counts[] = {
        [DISCREPANCY_MISSING_HERE] = &w->out->missing_here,
        [DISCREPANCY_MISSING_THERE] = &w->out->missing_there,
        [DISCREPANCY_AMOUNT] = &w->out->amounts,
        [DISCREPANCY_SUSPENSE] = &w->out->suspense,
        [DISCREPANCY_UNDERWAY] = &w->out->underway,
    };
    (*counts[d->kind])++;
    if (w->rows_count < DISCREPANCIES_TOLD) {
        w->rows = arena_grow(w->arena, w->rows, w->rows_count, &w->rows_capacity, sizeof *w->rows);
        struct discrepancy *kept = &w->rows[w->rows_count++];
        *kept = *d;
        kept->reference = str_copy(w->arena, d->reference);
        kept->source = str_copy(w->arena, d->source);
    }
    if (!money_is_given(explains)) return OK;
    struct balance_total *t = total_of(w, explains.currency);
    return money_add(&t->explained, t->explained, explains, e);
}

/* ---- one movement ---- */

static enum err tell_finding(struct walk *w, const struct finding *f, struct error *e)
{
    const struct balance_movement *m = &f->movement;
    struct discrepancy d = {.movement = m->kind,
                            .reference = m->reference,
                            .source = m->source,
                            .transaction = m->transaction,
                            .customer = m->customer,
                            .there = m->settled,
                            .at = m->at,
                            .why = f->why};
    struct money net = {0}, explains = {0};
    if (!money_is_given(m->settled)) {
        d.kind = DISCREPANCY_AMOUNT;
        return tell(w, &d, explains, e);
    }
    enum err err = money_subtract(&net, m->settled, m->fee, e);
    if (err != OK) return err;
    explains = money_negate(net);
    if (f->verdict == UNDERWAY && m->at.us < w->out->through.us) w->out->through = m->at;
    d.kind = f->verdict == UNDERWAY ? DISCREPANCY_UNDERWAY
             : f->verdict == OTHERS ? DISCREPANCY_MISSING_HERE
                                    : DISCREPANCY_AMOUNT;
    bool posted = f->mine.status != TRANSACTION_PENDING && f->mine.status != TRANSACTION_FAILED;
    if (f->mine.transaction != 0 && posted) {
        d.here = f->mine.kind == TRANSACTION_REFUND ? money_negate(f->mine.amount) : f->mine.amount;
        if (money_same_currency(d.here, net)) err = money_subtract(&explains, d.here, net, e);
    }
    return err == OK ? tell(w, &d, explains, e) : err;
}

/* ---- a page ---- */

struct page {
    struct walk *walk;
    json_t *const *objects;
    struct finding *findings; /* oldest first: a refund comes before what brings it back */
    size_t count;
    struct arena *arena;
};

/* One whose money cannot be read, such as of a currency that is not known, is told, and stops nothing. */
static enum err read_movement(struct finding *f, const json_t *txn, const json_t *source, struct arena *a,
                              struct error *e)
{
    enum err err = stripe_movement_read(&f->movement, txn, source, a, e);
    if (err != ERR_INVALID || f->movement.reference.len == 0) return err;
    f->verdict = DISAGREES;
    f->why = "its amount cannot be read here";
    f->movement.settled = f->movement.fee = (struct money){0};
    return OK;
}

static enum err look(struct page *p, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, p->walk->ledger, e);
    if (err != OK) return err;
    for (size_t i = 0; i < p->count && err == OK; i++) {
        struct finding *f = &p->findings[i];
        const json_t *txn = p->objects[p->count - 1 - i];
        bool known = false;
        *f = (struct finding){.verdict = AGREES};
        err = read_movement(f, txn, json_object_get(txn, "source"), p->arena, e);
        if (err == OK) err = movement_is_booked(&known, t, f->movement.reference, p->arena, e);
        if (err == OK && known) f->movement.reference = STR_NONE; /* nothing is left to do */
        if (err == OK && !known && f->verdict == AGREES)
            err = finding_judge(f, txn, t, p->walk->o->now, p->arena, e);
    }
    ledger_read_end(p->walk->ledger, t);
    return err;
}

static enum err execute(struct walk *w, struct command *c, struct arena *a, struct error *e)
{
    struct outcome done = {0};
    struct request r = {.command = c, .actor = w->o->actor};
    return ledger_execute(&done, w->ledger, &r, a, e);
}

/* What the ledger's rules refuse stays a difference. */
static enum err mend(struct page *p, struct error *e)
{
    bool any = false;
    for (size_t i = 0; i < p->count; i++) {
        struct finding *f = &p->findings[i];
        struct error refused = {0};
        if (f->movement.reference.len == 0 || f->verdict != MENDS) continue;
        any = true;
        enum err err = execute(p->walk, &f->mend, p->arena, &refused);
        if (err == OK || err == ERR_REFUSED || err == ERR_NOT_FOUND) continue;
        *e = refused;
        return err;
    }
    return any ? look(p, e) : OK;
}

/* A dispute stands as it does, mended or not; its movement can be noted. */
static bool can_be_noted(const struct finding *f)
{
    return f->verdict == AGREES || f->mend.type == COMMAND_DISPUTE_NOTE;
}

static enum err note(struct page *p, struct error *e)
{
    struct command c = {.type = COMMAND_BALANCE_NOTE};
    struct balance_movement *movements = arena_array_of(p->arena, struct balance_movement, p->count);
    struct walk *w = p->walk;
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct finding *f = &p->findings[i];
        if (f->movement.reference.len > 0 && can_be_noted(f)) movements[count++] = f->movement;
    }
    w->out->noted += count;
    c.balance_note = (struct balance_note_command){
        .gateway = STR("stripe"), .movements = movements, .movements_count = count};
    return count == 0 ? OK : execute(w, &c, p->arena, e);
}

static enum err tell_page(struct page *p, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < p->count && err == OK; i++) {
        struct finding *f = &p->findings[i];
        if (f->movement.reference.len == 0) continue;
        if (!can_be_noted(f)) {
            err = tell_finding(p->walk, f, e);
        } else if (f->movement.kind == MOVEMENT_OTHER) {
            struct discrepancy d = {.kind = DISCREPANCY_SUSPENSE,
                                    .movement = f->movement.kind,
                                    .reference = f->movement.reference,
                                    .source = f->movement.source,
                                    .customer = f->movement.customer,
                                    .here = f->movement.settled,
                                    .there = f->movement.settled,
                                    .at = f->movement.at,
                                    .why = "somebody must say what it was"};
            err = tell(p->walk, &d, (struct money){0}, e);
        }
    }
    return err;
}

static enum err on_page(void *context, json_t *const *objects, size_t count, struct arena *a, struct error *e)
{
    struct walk *w = context;
    struct page p = {.walk = w,
                     .objects = objects,
                     .findings = arena_array_of(a, struct finding, count),
                     .count = count,
                     .arena = a};
    enum err err = look(&p, e);
    if (err == OK) err = mend(&p, e);
    if (err == OK) err = note(&p, e);
    if (err == OK) err = tell_page(&p, e);
    w->out->movements += count;
    if (w->o->progress != NULL) w->o->progress(w->o->progress_context, "reconciling", w->out->movements, 0);
    return err;
}

/* ---- what is here and not there ---- */

static struct str look_path(const struct transaction *v, struct arena *a)
{
    bool refund = v->kind == TRANSACTION_REFUND;
    return str_format(a, "/v1/%s/%.*s?expand[]=%s", refund ? "refunds" : "payment_intents",
                      STR_ARG(v->gateway_reference),
                      refund ? "balance_transaction" : "latest_charge.balance_transaction");
}

/* The movement of one payment or refund, asked for by its name, and what moved it; NULL: there is none. */
struct alone {
    json_t *object;
    const json_t *source, *txn;
};
static enum err ask_alone(struct alone *out, struct walk *w, const struct transaction *v, struct arena *a,
                          struct error *e)
{
    enum err err = stripe_object_read(&out->object, w->stripe, look_path(v, a), a, e);
    out->source = v->kind == TRANSACTION_REFUND ? out->object : json_object_get(out->object, "latest_charge");
    out->txn = json_object_get(out->source, "balance_transaction");
    if (!json_is_object(out->txn)) out->txn = NULL;
    return err;
}

static enum err confirm(struct walk *w, const struct transaction *v, bool asks, struct arena *a,
                        struct error *e)
{
    struct finding f = {.verdict = AGREES, .mine = *v};
    struct page p = {.walk = w, .findings = &f, .count = 1, .arena = a};
    struct alone there = {0};
    enum err err = asks && stripe_id_is_one(v->gateway_reference) ? ask_alone(&there, w, v, a, e) : OK;
    if (err == OK && there.txn != NULL) {
        err = read_movement(&f, there.txn, there.source, a, e);
        f.movement.transaction = v->transaction;
        f.movement.customer = v->customer;
        if (f.verdict == AGREES && !finding_is_amount(&f, v->kind == TRANSACTION_REFUND ? -1 : 1)) {
            f.verdict = DISAGREES;
            f.why = "it is of another amount there";
        }
        if (err == OK) err = note(&p, e);
        if (err == OK) err = tell_page(&p, e);
    } else if (err == OK) {
        struct money here = v->kind == TRANSACTION_REFUND ? money_negate(v->amount) : v->amount;
        struct discrepancy d = {.kind = DISCREPANCY_MISSING_THERE,
                                .movement =
                                    v->kind == TRANSACTION_REFUND ? MOVEMENT_REFUND : MOVEMENT_PAYMENT,
                                .source = v->gateway_reference,
                                .transaction = v->transaction,
                                .customer = v->customer,
                                .here = here,
                                .at = v->at,
                                .why = asks ? "it moved nothing at Stripe"
                                            : "it is one of too many to be asked for each by itself"};
        err = tell(w, &d, here, e);
    }
    json_decref(there.object);
    return err;
}

static enum err load_one(struct transaction *out, struct walk *w, uint64_t number, struct arena *a,
                         struct error *e)
{
    struct views_txn *t = NULL;
    struct transaction row = {0};
    enum err err = ledger_read_begin(&t, w->ledger, e);
    if (err != OK) return err;
    err = load_transaction(&row, t, number, a, e);
    if (err == OK) schema_copy(out, &schema_transaction, &row, a);
    ledger_read_end(w->ledger, t);
    return err;
}

/* As one of another amount: its movement was seen, and is not noted. */
static bool is_told(const struct walk *w, uint64_t transaction)
{
    for (size_t i = 0; i < w->rows_count; i++) {
        if (w->rows[i].transaction == transaction) return true;
    }
    return false;
}

static enum err find_missing_there(struct walk *w, struct error *e)
{
    struct views_txn *t = NULL;
    uint64_t *numbers = NULL;
    size_t count = 0;
    struct arena *a = arena_new();
    enum err err = ledger_read_begin(&t, w->ledger, e);
    if (err == OK) {
        err = list_unconfirmed(&numbers, &count, t, w->arena, e);
        ledger_read_end(w->ledger, t);
    }
    for (size_t i = 0; i < count && err == OK; i++) {
        struct transaction v = {0};
        arena_reset(a);
        err = load_one(&v, w, numbers[i], a, e);
        bool looked_at = !str_is(v.gateway, "stripe") || is_told(w, v.transaction);
        if (err == OK && !looked_at) err = confirm(w, &v, i < ASKED_ALONE, a, e);
    }
    arena_free(a);
    return err;
}

/* ---- disputes ---- */

struct open_disputes {
    struct dispute *items;
    size_t count, capacity;
    struct arena *arena;
};

static enum err keep_open(void *context, const struct dispute *v, struct error *e)
{
    struct open_disputes *open = context;
    (void)e;
    if (dispute_is_decided(v->status)) return OK;
    open->items = arena_grow(open->arena, open->items, open->count, &open->capacity, sizeof *open->items);
    schema_copy(&open->items[open->count++], &schema_dispute, v, open->arena);
    return OK;
}

static enum err list_open(struct open_disputes *out, struct walk *w, struct error *e)
{
    struct views_txn *t = NULL;
    const struct list_query all = {.status = -1};
    *out = (struct open_disputes){.arena = w->arena};
    enum err err = ledger_read_begin(&t, w->ledger, e);
    if (err != OK) return err;
    err = list_disputes(t, &all, keep_open, out, w->arena, e);
    ledger_read_end(w->ledger, t);
    return err;
}

/* One that is lost moves nothing: only who asks for it, or a message, tells. */
static enum err ask_disputes(struct walk *w, struct error *e)
{
    struct open_disputes open = {0};
    enum err err = list_open(&open, w, e);
    for (size_t i = 0; i < open.count && err == OK; i++) {
        struct command c = {.type = COMMAND_DISPUTE_NOTE};
        struct error unused = {0};
        json_t *object = NULL;
        struct str path = str_format(w->arena, "/v1/disputes/%.*s", STR_ARG(open.items[i].gateway_reference));
        err = stripe_object_read(&object, w->stripe, path, w->arena, e);
        bool told = err == OK && stripe_dispute_read(&c.dispute_note, object, w->arena, &unused) == OK;
        json_decref(object);
        c.dispute_note.payment = open.items[i].payment;
        c.dispute_note.as_of = w->o->now;
        if (told) err = execute(w, &c, w->arena, e);
    }
    return err;
}

/* ---- the balances ---- */

/* What cannot be read differs, unless it is nothing. */
static enum err add_part(struct walk *w, const json_t *one, struct error *e)
{
    struct money m = {0};
    struct error unread = {0};
    const json_t *amount = json_object_get(one, "amount");
    if (!json_is_integer(amount)) return fail(e, ERR_INCOMPLETE, "Stripe's balance is none");
    enum err err = stripe_money(&m, json_integer_value(amount), json_text_of(one, "currency"), &unread);
    if (err != OK) {
        w->out->unexplained += json_integer_value(amount) != 0;
        return OK;
    }
    struct balance_total *t = total_of(w, m.currency);
    return money_add(&t->there, t->there, m, e);
}

static enum err add_there(struct walk *w, const json_t *balance, const char *part, struct error *e)
{
    const json_t *one = NULL;
    size_t i = 0;
    enum err err = OK;
    json_array_foreach(json_object_get(balance, part), i, one)
    {
        if (err == OK) err = add_part(w, one, e);
    }
    return err;
}

static enum err add_here(void *context, enum account account, const struct account_total *row,
                         struct error *e)
{
    struct walk *w = context;
    struct money balance = {0};
    if (account != ACCOUNT_CASH || !str_is(row->account, "assets:cash:stripe")) return OK;
    enum err err = money_subtract(&balance, row->debit, row->credit, e);
    if (err != OK) return err;
    struct balance_total *t = total_of(w, balance.currency);
    return money_add(&t->here, t->here, balance, e);
}

static enum err compare_balances(struct walk *w, struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    json_t *balance = NULL;
    enum err err = stripe_object_read(&balance, w->stripe, STR("/v1/balance"), a, e);
    if (err == OK && balance == NULL) err = fail(e, ERR_INCOMPLETE, "Stripe does not tell its balance");
    if (err == OK) err = add_there(w, balance, "available", e);
    if (err == OK) err = add_there(w, balance, "pending", e);
    json_decref(balance);
    if (err == OK) err = ledger_read_begin(&t, w->ledger, e);
    if (err != OK) return err;
    err = list_accounts(t, add_here, w, a, e);
    ledger_read_end(w->ledger, t);
    for (size_t i = 0; i < w->totals_count && err == OK; i++) {
        struct money difference = {0};
        const struct balance_total *total = &w->totals[i];
        err = money_subtract(&difference, total->here, total->there, e);
        w->out->unexplained += difference.minor != total->explained.minor;
    }
    return err;
}

/* ---- the whole ---- */

static enum err oldest_open(struct instant *out, struct views_txn *t, struct arena *a, struct error *e)
{
    struct event *pending = NULL;
    size_t count = 0;
    enum err err = list_pending(&pending, &count, t, 1, a, e);
    struct transaction v = {0};
    if (err != OK || count == 0) return err;
    uint64_t number = pending[0].type == EVENT_PAYMENT_REQUESTED ? pending[0].payment_requested.payment
                                                                 : pending[0].refund_requested.refund;
    err = load_transaction(&v, t, number, a, e);
    if (err == OK && v.at.us < out->us) *out = v.at;
    return err;
}

/* What was pending then is looked at again, and what Stripe told late. */
static enum err begin_at(struct instant *out, struct walk *w, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, w->ledger, e);
    if (err != OK) return err;
    err = reconciled_through(out, t, STR("stripe"), e);
    if (err == OK && instant_is_given(*out)) {
        err = oldest_open(out, t, w->arena, e);
        out->us -= OVERLAP_DAYS * DAY_US;
    }
    ledger_read_end(w->ledger, t);
    return err;
}

static enum err go_through(struct walk *w, struct error *e)
{
    struct buffer form = {.arena = w->arena};
    form_add(&form, "expand[]", STR("data.source"));
    if (instant_is_given(w->out->from))
        form_add(&form, "created[gte]", str_format(w->arena, "%jd", (intmax_t)(w->out->from.us / 1000000)));
    struct stripe_list list = {.path = "/v1/balance_transactions",
                               .parameters = form_text(&form),
                               .stops = w->o->stops,
                               .stops_context = w->o->stops_context,
                               .page = on_page,
                               .context = w};
    enum err err = stripe_list_read(w->stripe, &list, e);
    if (err == OK) err = ask_disputes(w, e);
    if (err == OK) err = find_missing_there(w, e);
    return err == OK ? compare_balances(w, w->arena, e) : err;
}

static enum err note_it(struct walk *w, struct error *e)
{
    struct reconciliation *r = w->out;
    struct command c = {.type = COMMAND_BALANCE_RECONCILE};
    r->differences = r->missing_there + r->amounts;
    if (!w->o->shared) r->differences += r->missing_here + r->unexplained;
    c.balance_reconcile = (struct balance_reconcile_command){.gateway = STR("stripe"),
                                                             .from = r->from,
                                                             .through = r->through,
                                                             .movements = r->movements,
                                                             .noted = r->noted,
                                                             .differences = r->differences};
    return execute(w, &c, w->arena, e);
}

/* That is told once only: it is noted, and agrees the next time. */
static uint64_t keep_suspense(struct walk *w)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->rows_count; i++) {
        if (w->rows[i].kind == DISCREPANCY_SUSPENSE) w->rows[kept++] = w->rows[i];
    }
    w->rows_count = kept;
    return kept;
}

/* Money that moves while it is looked at makes the balances differ: then it is looked at once more. */
enum err stripe_reconcile(struct reconciliation *out, struct stripe *s, struct ledger *l,
                          const struct reconcile_options *o, struct arena *a, struct error *e)
{
    struct walk w = {.stripe = s, .ledger = l, .o = o, .out = out, .arena = a};
    struct instant from = o->from;
    uint64_t noted = 0;
    enum err err = instant_is_given(from) ? OK : begin_at(&from, &w, e);
    for (int looks = 0; looks < LOOKS && err == OK; looks++) {
        w.totals_count = 0;
        *out = (struct reconciliation){.from = from, .through = o->now, .suspense = keep_suspense(&w)};
        err = go_through(&w, e);
        noted += out->noted;
        if (out->unexplained == 0) break;
    }
    out->noted = noted;
    out->rows = w.rows;
    out->rows_count = w.rows_count;
    out->totals = w.totals;
    out->totals_count = w.totals_count;
    return err == OK ? note_it(&w, e) : err;
}
