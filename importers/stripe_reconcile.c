/* SPDX-License-Identifier: MIT */
/* stripe_reconcile.c - see stripe_reconcile.h. A page of movements at a time: what can be mended is mended by
 * the same commands as if Stripe had told it by itself; what then agrees is noted in one record; the rest is
 * told. */
#include "importers/stripe_reconcile.h"
#include "importers/json_text.h"
#include "importers/stripe_account.h"
#include "importers/stripe_balance.h"
#include "importers/stripe_finding.h"
#include "importers/stripe_form.h"
#include "importers/stripe_list.h"

enum { OVERLAP_DAYS = 3, ASKED_ALONE = 1000, LOOKS = 2, LOOKS_AT_NEWEST = 5, MENDED = 3 };
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
    size_t rows_count, rows_capacity;
    struct balances balances;
    struct instant newest; /* movement that was seen */
    bool again;            /* what is newest is looked at once more */
    struct arena *arena;   /* of the whole */
};

/* ---- what is told ---- */

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
    struct balance_total *t = balance_total_of(&w->balances, explains.currency);
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

static enum err execute(struct outcome *done, struct walk *w, struct command *c, struct arena *a,
                        struct error *e)
{
    struct request r = {.command = c, .actor = w->o->actor};
    *done = (struct outcome){0};
    return ledger_execute(done, w->ledger, &r, a, e);
}

/* What the ledger's rules refuse stays a difference. */
static enum err mend_once(bool *any, struct page *p, struct error *e)
{
    *any = false;
    for (size_t i = 0; i < p->count; i++) {
        struct finding *f = &p->findings[i];
        struct error refused = {0};
        struct outcome done = {0};
        if (f->movement.reference.len == 0 || f->verdict != MENDS) continue;
        enum err err = execute(&done, p->walk, &f->mend, p->arena, &refused);
        *any = *any || done.events_count > 0;
        if (err == OK || err == ERR_REFUSED || err == ERR_NOT_FOUND) continue;
        *e = refused;
        return err;
    }
    return *any ? look(p, e) : OK;
}

/* A refund that came back is first booked, then returned, and then another one has room. What came to nothing
 * and finds no room in its payment cancels out where somebody must explain it. */
static enum err mend(struct page *p, struct error *e)
{
    bool any = true;
    enum err err = OK;
    for (int i = 0; i < MENDED && any && err == OK; i++) err = mend_once(&any, p, e);
    for (size_t i = 0; i < p->count && err == OK; i++) {
        struct finding *f = &p->findings[i];
        if (f->verdict != MENDS || !f->undone) continue;
        f->verdict = AGREES;
        f->movement.kind = MOVEMENT_OTHER;
    }
    return err;
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
    c.balance_note = (struct balance_note_command){
        .gateway = STR("stripe"), .movements = movements, .movements_count = count};
    struct outcome done = {0};
    enum err err = count == 0 ? OK : execute(&done, w, &c, p->arena, e);
    for (size_t i = 0; i < done.events_count && err == OK;
         i++) /* less what another one has noted meanwhile */
        w->out->noted += done.events[i].balance_noted.movements_count;
    return err;
}

static bool is_told_already(const struct walk *w, struct str reference)
{
    for (size_t i = 0; i < w->rows_count && w->again; i++) {
        if (str_equal(w->rows[i].reference, reference)) return true;
    }
    return false;
}

static enum err tell_page(struct page *p, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < p->count && err == OK; i++) {
        struct finding *f = &p->findings[i];
        if (f->movement.reference.len == 0 || is_told_already(p->walk, f->movement.reference)) continue;
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
    uint64_t noted = w->out->noted;
    enum err err = look(&p, e);
    if (err == OK) err = mend(&p, e);
    if (err == OK) err = note(&p, e);
    if (err == OK) err = tell_page(&p, e);
    if (err == OK && p.findings[count - 1].movement.at.us > w->newest.us)
        w->newest = p.findings[count - 1].movement.at;
    w->out->movements += w->again ? w->out->noted - noted : count;
    if (w->o->progress != NULL) w->o->progress(w->o->progress_context, "reconciling", w->out->movements, 0);
    return err;
}

/* ---- what is here and not there ---- */

static enum err goes_on(const struct walk *w, struct error *e)
{
    bool stops = w->o->stops != NULL && w->o->stops(w->o->stops_context);
    return stops ? fail(e, ERR_INCOMPLETE, "it was told to stop") : OK;
}

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
        err = goes_on(w, e);
        if (err == OK) err = load_one(&v, w, numbers[i], a, e);
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
    struct arena *a = arena_new();
    enum err err = list_open(&open, w, e);
    for (size_t i = 0; i < open.count && err == OK; i++) {
        struct command c = {.type = COMMAND_DISPUTE_NOTE};
        struct outcome done = {0};
        struct error unused = {0};
        json_t *object = NULL;
        arena_reset(a);
        struct str path = str_format(a, "/v1/disputes/%.*s", STR_ARG(open.items[i].gateway_reference));
        err = goes_on(w, e);
        if (err == OK) err = stripe_object_read(&object, w->stripe, path, a, e);
        bool told = err == OK && stripe_dispute_read(&c.dispute_note, object, a, &unused) == OK;
        json_decref(object);
        c.dispute_note.payment = open.items[i].payment;
        c.dispute_note.as_of = w->o->now;
        if (told) err = execute(&done, w, &c, a, e);
    }
    arena_free(a);
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

static enum err go_through(struct walk *w, struct instant from, struct error *e)
{
    struct buffer form = {.arena = w->arena};
    form_add(&form, "expand[]", STR("data.source"));
    if (instant_is_given(from))
        form_add(&form, "created[gte]", str_format(w->arena, "%jd", (intmax_t)(from.us / 1000000)));
    struct stripe_list list = {.path = "/v1/balance_transactions",
                               .parameters = form_text(&form),
                               .stops = w->o->stops,
                               .stops_context = w->o->stops_context,
                               .page = on_page,
                               .context = w};
    return stripe_list_read(w->stripe, &list, e);
}

/* At a busy account money moves while the list is read, which takes minutes: what came meanwhile is looked
 * at, and the balances at once behind it. Of a shared account they say nothing. */
static enum err compare(struct walk *w, struct error *e)
{
    enum err err = balances_compare(&w->out->unexplained, &w->balances, w->stripe, w->ledger, e);
    w->again = true;
    for (int i = 1; i < LOOKS_AT_NEWEST && err == OK && w->out->unexplained > 0 && !w->o->shared; i++) {
        err = go_through(w, w->newest, e);
        if (err == OK) err = balances_compare(&w->out->unexplained, &w->balances, w->stripe, w->ledger, e);
    }
    w->again = false;
    return err;
}

static enum err look_at_all(struct walk *w, struct error *e)
{
    enum err err = go_through(w, w->out->from, e);
    if (err == OK) err = ask_disputes(w, e);
    if (err == OK) err = find_missing_there(w, e);
    return err == OK ? compare(w, e) : err;
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
    struct outcome done = {0};
    return execute(&done, w, &c, w->arena, e);
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

/* A payment that is settled while it is looked at makes the balances differ: then it is all looked at once
 * more. */
enum err stripe_reconcile(struct reconciliation *out, struct stripe *s, struct ledger *l,
                          const struct reconcile_options *o, struct arena *a, struct error *e)
{
    struct walk w = {.stripe = s, .ledger = l, .o = o, .out = out, .balances.arena = a, .arena = a};
    struct instant from = o->from;
    uint64_t noted = 0;
    enum err err = stripe_check_account(s, l, o->actor, a, e);
    if (err == OK && !instant_is_given(from)) err = begin_at(&from, &w, e);
    for (int looks = 0; looks < LOOKS && err == OK; looks++) {
        w.balances.count = 0;
        *out = (struct reconciliation){.from = from, .through = o->now, .suspense = keep_suspense(&w)};
        err = look_at_all(&w, e);
        noted += out->noted;
        if (out->unexplained == 0 || o->shared) break;
    }
    out->noted = noted;
    out->rows = w.rows;
    out->rows_count = w.rows_count;
    out->totals = w.balances.items;
    out->totals_count = w.balances.count;
    return err == OK ? note_it(&w, e) : err;
}
