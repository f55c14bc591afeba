/* SPDX-License-Identifier: MIT */
/* ask_disclose.c - some records opened for people who have no key: which ones are meant, and whether they
 * tell of anybody whom nobody meant. It must never disclose a record of others unless it was told to. */
#include "billing/answers.h"

/* ---- numbers that were met ---- */

struct numbers_met {
    uint64_t *items;
    size_t count, capacity;
};

static bool has(const struct numbers_met *n, uint64_t number)
{
    for (size_t i = 0; i < n->count; i++)
        if (n->items[i] == number) return true;
    return false;
}

static void add(struct numbers_met *n, uint64_t number, struct arena *a)
{
    n->items = arena_grow(a, n->items, n->count, &n->capacity, sizeof *n->items);
    n->items[n->count++] = number;
}

static void meet(struct numbers_met *n, uint64_t number, struct arena *a)
{
    if (number != 0 && !has(n, number)) add(n, number, a);
}

/* ---- what is meant ---- */

struct disclosing {
    const struct call *call;
    const struct audit_disclose_query *query;
    struct views_txn *txn;
    struct arena *arena, *row;
    struct numbers_met seqs;
    uint64_t customer;           /* whom it is about; 0: the first one whom it speaks of */
    bool any_invoice;            /* records by their number, or by whom they are about: of whatever invoice */
    struct numbers_met invoices; /* else of these … */
    struct numbers_met movements; /* … and of the payments and refunds that are about them */
    bool finds_movements;
    struct numbers_met others, other_invoices; /* of the record at hand, and whom nobody meant */
    bool is_about;                             /* the event at hand speaks of an invoice that is meant */
    struct numbers_met customers;              /* of whom the disclosure speaks */
    json_t *rows;
};

static const char *const movement_fields[] = {"payment", "refund", "transaction"};
enum { MOVEMENT_FIELDS = sizeof movement_fields / sizeof *movement_fields };

static void look_for_invoice(void *context, enum mention what, uint64_t number)
{
    struct disclosing *d = context;
    if (what == MENTION_INVOICE && has(&d->invoices, number)) d->is_about = true;
}

static bool speaks_of_invoices(struct disclosing *d, const struct event *ev)
{
    d->is_about = false;
    event_mentions(ev, look_for_invoice, d);
    return d->is_about;
}

/* A payment of all that is open, or a refund, need not name the invoice each time. */
static bool is_about(struct disclosing *d, const struct event *ev)
{
    for (size_t i = 0; i < MOVEMENT_FIELDS; i++)
        if (has(&d->movements, event_number(ev, movement_fields[i]))) return true;
    return speaks_of_invoices(d, ev);
}

static enum err visit_record(void *context, uint64_t seq, struct error *e)
{
    struct disclosing *d = context;
    struct envelope v = {.events_count = 0};
    struct event_place place = {.seq = 0};
    bool found = false;
    enum err err = ledger_record(&v, &place, d->call->service->ledger, seq, d->row, e);
    for (size_t i = 0; err == OK && i < v.events_count; i++) {
        const struct event *ev = &v.events[i];
        found = found || is_about(d, ev);
        if (!d->finds_movements || !speaks_of_invoices(d, ev)) continue;
        for (size_t k = 0; k < MOVEMENT_FIELDS; k++)
            meet(&d->movements, event_number(ev, movement_fields[k]), d->arena);
    }
    if (found && !d->finds_movements) add(&d->seqs, seq, d->arena);
    arena_reset(d->row);
    return err;
}

/* Its payments first, then all that speaks of it or of them, since the day when it was finalized. */
static enum err select_invoice(struct disclosing *d, struct str id, struct error *e)
{
    struct invoice v = {.invoice = 0};
    enum err err = find_invoice(&v, d->txn, id, d->arena, e);
    if (err != OK) return err;
    if (d->customer == 0) d->customer = v.customer;
    meet(&d->invoices, v.invoice, d->arena);
    struct date since = instant_date(v.finalized_at);
    d->finds_movements = true;
    err = list_audit(d->txn, v.customer, since, (struct date){0}, visit_record, d, e);
    d->finds_movements = false;
    if (err != OK) return err;
    return list_audit(d->txn, v.customer, since, (struct date){0}, visit_record, d, e);
}

static enum err select_seq(void *context, uint64_t seq, struct error *e)
{
    struct disclosing *d = context;
    (void)e;
    add(&d->seqs, seq, d->arena);
    return OK;
}

static enum err select_one(struct disclosing *d, struct str what, struct error *e)
{
    uint64_t seq = 0;
    bool is_number = what.len > 0 && what.ptr[0] >= '0' && what.ptr[0] <= '9';
    if (!is_number) return select_invoice(d, what, e);
    enum err err = uint_parse(&seq, what, e);
    d->any_invoice = true;
    return err == OK ? select_seq(d, seq, e) : err;
}

static enum err select_named(struct disclosing *d, struct error *e)
{
    struct str rest = d->query->what;
    while (rest.len > 0) {
        const char *comma = memchr(rest.ptr, ',', rest.len);
        struct str one = {rest.ptr, comma == NULL ? rest.len : (size_t)(comma - rest.ptr)};
        enum err err = select_one(d, one, e);
        if (err != OK) return err;
        size_t used = comma == NULL ? one.len : one.len + 1;
        rest = (struct str){rest.ptr + used, rest.len - used};
    }
    return OK;
}

static enum err select_days(struct disclosing *d, struct error *e)
{
    const struct audit_disclose_query *q = d->query;
    d->any_invoice = true;
    enum err err = service_days(q->from, q->to, e);
    if (err == OK) err = service_customer(&d->customer, d->txn, q->customer, d->arena, e);
    return err == OK ? list_audit(d->txn, d->customer, q->from, q->to, select_seq, d, e) : err;
}

static int by_number(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static enum err select_records(struct disclosing *d, struct error *e)
{
    const struct audit_disclose_query *q = d->query;
    bool days = q->customer.len > 0 || date_is_given(q->from) || date_is_given(q->to);
    if (days == (q->what.len > 0))
        return fail(e, ERR_USAGE,
                    "audit disclose: records or invoices are wanted, or --customer, --from and --to");
    enum err err = days ? select_days(d, e) : select_named(d, e);
    if (err != OK) return err;
    struct numbers_met *n = &d->seqs;
    if (n->count == 0) return fail(e, ERR_NOT_FOUND, "there are no records of that");
    qsort(n->items, n->count, sizeof *n->items, by_number);
    size_t kept = 1;
    for (size_t i = 1; i < n->count; i++)
        if (n->items[i] != n->items[kept - 1]) n->items[kept++] = n->items[i];
    n->count = kept;
    return OK;
}

/* ---- does a record tell of others? ---- */

static void note_mention(void *context, enum mention what, uint64_t number)
{
    struct disclosing *d = context;
    if (what == MENTION_INVOICE) {
        if (!d->any_invoice && !d->is_about) meet(&d->other_invoices, number, d->row);
        return;
    }
    if (d->customer == 0) d->customer = number;
    if (number != d->customer) meet(&d->others, number, d->row);
    meet(&d->customers, number, d->arena);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static enum err check_others(struct disclosing *d, const struct ledger_opened *r, struct error *e)
{
    d->others = d->other_invoices = (struct numbers_met){.count = 0};
    for (size_t i = 0; i < r->envelope.events_count; i++) {
        const struct event *ev = &r->envelope.events[i];
        d->is_about = !d->any_invoice && is_about(d, ev);
        event_mentions(ev, note_mention, d);
    }
    size_t customers = d->others.count, invoices = d->other_invoices.count;
    if (d->query->others || customers + invoices == 0) return OK;
    bool both = customers > 0 && invoices > 0;
    struct str who = str_format(d->row, "%zu other customer%s", customers, plural(customers));
    struct str which = str_format(d->row, "%zu other invoice%s", invoices, plural(invoices));
    return fail(e, ERR_REFUSED, "record %ju also tells of %.*s%s%.*s: --others discloses that, too",
                (uintmax_t)r->place.seq, customers > 0 ? (int)who.len : 0, who.ptr, both ? " and " : "",
                invoices > 0 ? (int)which.len : 0, which.ptr);
}

/* ---- disclosing ---- */

static void tell_record(struct disclosing *d, const struct ledger_opened *r)
{
    json_t *j = object_new(), *events = rows_new();
    member_count(j, "record", r->place.seq);
    member_instant(j, "time", r->place.at);
    for (size_t i = 0; i < r->envelope.events_count; i++)
        rows_add(events, json_string(event_kind(r->envelope.events[i].type)->wire));
    member_put(j, "events", events);
    rows_add(d->rows, j);
}

static enum err disclose_record(struct buffer *out, struct disclosing *d, const struct ledger_prover *p,
                                uint64_t seq, struct error *e)
{
    struct ledger_opened r = {.record = {0}};
    struct merkle_path path = {.count = 0};
    enum err err = ledger_open_record(&r, d->call->service->ledger, seq, d->row, e);
    if (err == OK) err = check_others(d, &r, e);
    if (err == OK) err = ledger_prover_path(&path, p, seq, e);
    if (err == OK) err = disclosure_add(out, &r, &path, e);
    if (err == OK) tell_record(d, &r);
    arena_reset(d->row);
    return err;
}

static enum err disclose_all(struct buffer *out, struct ledger_prover *p, struct disclosing *d,
                             struct error *e)
{
    enum err err = ledger_prover_open(p, d->call->service->ledger,
                                      path_or_null(d->query->checkpoint, d->arena), d->arena, e);
    if (err != OK) return err;
    disclosure_begin(out, p->at.note);
    for (size_t i = 0; err == OK && i < d->seqs.count; i++)
        err = disclose_record(out, d, p, d->seqs.items[i], e);
    return err == OK ? disclosure_end(out, e) : err;
}

static json_t *users_json(struct disclosing *d)
{
    struct error unused = {0};
    json_t *users = rows_new();
    for (size_t i = 0; i < d->customers.count; i++) {
        struct customer c = {.customer = 0};
        if (load_customer(&c, d->txn, d->customers.items[i], d->row, &unused) == OK)
            rows_add(users, json_stringn(c.user.ptr, c.user.len));
        arena_reset(d->row);
    }
    return users;
}

static enum err give(struct disclosing *d, const struct ledger_prover *p, const struct buffer *text,
                     struct error *e)
{
    const struct call *c = d->call;
    const char *path = str_cstring(d->arena, d->query->output);
    if (strcmp(path, "-") == 0) {
        (void)fwrite(text->ptr, 1, text->len,
                     stdout); /* whether it got there, the end of the program tells */
        return OK;
    }
    enum err err = ledger_guard_output(c->service->ledger, path, e);
    if (err == OK) err = file_write(path, (struct bytes){text->ptr, text->len}, 0600, e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_text(j, "path", d->query->output);
    member_count(j, "records", d->seqs.count);
    member_count(j, "checkpoint_records", p->at.head.size);
    member_put(j, "user_ids", users_json(d));
    member_put(j, "disclosed", json_incref(d->rows));
    return tell_one(c, j, e);
}

enum err ask_audit_disclose(const struct call *c, struct error *e)
{
    struct disclosing d = {.call = c, .query = c->query, .arena = c->arena, .row = arena_new()};
    struct ledger_prover p = {.prover = NULL};
    struct buffer text = {.ptr = NULL};
    d.rows = rows_new();
    enum err err = ledger_read_begin(&d.txn, c->service->ledger, e);
    if (err == OK) err = select_records(&d, e);
    if (err == OK) err = disclose_all(&text, &p, &d, e);
    if (err == OK) err = give(&d, &p, &text, e);
    ledger_read_end(c->service->ledger, d.txn);
    ledger_prover_close(&p);
    buffer_free(&text);
    json_decref(d.rows);
    arena_free(d.row);
    return err;
}
