/* SPDX-License-Identifier: MIT */
/* test_recompute.c - documents decided again from the log: what was decided comes out the same, and what
 * somebody with the key has put into the chain otherwise is found, although chain, seals and postings are
 * fine. */
#include "tests/reports/office.h"

TestSuite(recompute, .init = test_begin, .fini = test_end);

struct tally {
    size_t same, other, unknown;
};

static enum err count(void *context, const struct recomputation *r, struct error *e)
{
    struct tally *t = context;
    (void)e;
    bool same = r->code == OK && r->was_count == r->is_count;
    for (size_t i = 0; same && i < r->was_count; i++) {
        const struct schema *s = event_kind(r->was[i].type)->schema;
        same =
            r->was[i].type == r->is[i].type && schema_equal(s, event_body(&r->was[i]), event_body(&r->is[i]));
    }
    if (r->code == ERR_INCOMPLETE)
        t->unknown++;
    else if (same)
        t->same++;
    else
        t->other++;
    return OK;
}

static struct tally recomputed(struct office *o, uint64_t from, uint64_t to)
{
    struct tally t = {0};
    assert_ok(ledger_recompute(o->l, from, to, count, &t, NULL, NULL, E));
    return t;
}

/* The first record that finalizes a document. */
static struct envelope first_bill(struct office *o, uint64_t *seq)
{
    for (*seq = 1;; ++*seq) {
        struct envelope v = {0};
        struct event_place place = {0};
        enum err err = ledger_record(&v, &place, o->l, *seq, A, E);
        if (err == ERR_NOT_FOUND) continue;
        assert_ok(err);
        for (size_t i = 0; i < v.events_count; i++) {
            if (v.events[i].type == EVENT_INVOICE_FINALIZED) return v;
        }
    }
}

/* The record again, with its one document as the next of its series. */
static void renumber(struct envelope *v, uint64_t serial)
{
    struct event *events = arena_array_of(A, struct event, v->events_count);
    memcpy(events, v->events, v->events_count * sizeof *events);
    for (size_t i = 0; i < v->events_count; i++) {
        if (events[i].type != EVENT_INVOICE_FINALIZED) continue;
        events[i].invoice_finalized.invoice = serial;
        events[i].invoice_finalized.serial = serial;
        events[i].invoice_finalized.number = str_format(A, "INV-2025-%06ju", (uintmax_t)serial);
    }
    v->events = events;
}

/* Appends the record of a forger who has the key and the program. */
static void append(struct office *o, const struct envelope *v)
{
    struct buffer plain = {.arena = A};
    struct log_state state = {0};
    uint64_t first = 0;
    envelope_encode(&plain, v, NULL);
    struct bytes bytes = {plain.ptr, plain.len};
    assert_ok(log_state(&state, ledger_log(o->l), E));
    assert_ok(log_append(&first, ledger_log(o->l), state.head.range.size, &bytes, 1, o->clock.now, E));
}

Test(recompute, every_document_of_a_run_comes_out_as_it_was)
{
    struct office o;
    office_open(&o, "d", "2025-01-01");
    office_fill(&o);
    office_run(&o, "2025-01-01", NULL);
    office_run(&o, "2025-02-01", NULL);
    struct tally t = recomputed(&o, 0, UINT64_MAX);
    cr_assert(t.same > 10);
    assert_int(t.other, 0);
    assert_int(t.unknown, 0);
    uint64_t seq = 0;
    (void)first_bill(&o, &seq);
    t = recomputed(&o, seq, seq + 1); /* one alone, from the state before it */
    assert_int(t.same, 1);
    office_close(&o);
}

Test(recompute, a_document_of_another_amount_is_found)
{
    struct office o;
    office_open(&o, "d", "2025-01-01");
    office_subscribe(&o, "ann", "basic", "USD", "pm_x");
    office_run(&o, "2025-01-01", NULL);
    uint64_t seq = 0;
    struct envelope v = first_bill(&o, &seq);
    renumber(&v, 2);
    for (size_t i = 0; i < v.events_count; i++) {
        struct invoice_finalized changed = v.events[i].invoice_finalized, *d = &changed;
        if (v.events[i].type != EVENT_INVOICE_FINALIZED) continue;
        struct line *line = arena_new_of(A, struct line);
        *line = d->lines[0];
        line->amount.minor += 100; /* it adds up, its postings are zero: only the price is another */
        d->lines = line;
        d->lines_count = 1;
        d->subtotal = d->total = d->amount_due = line->amount;
        ((struct event *)(uintptr_t)&v.events[i])->invoice_finalized = changed;
    }
    append(&o, &v);
    assert_int(recomputed(&o, 0, UINT64_MAX).other, 1);
    office_close(&o);
}

Test(recompute, a_record_that_keeps_no_command_is_not_called_verified)
{
    struct office o;
    office_open(&o, "d", "2025-01-01");
    office_subscribe(&o, "ann", "basic", "USD", "pm_x");
    office_run(&o, "2025-01-01", NULL);
    uint64_t seq = 0;
    struct envelope v = first_bill(&o, &seq);
    v.basis = STR_NONE;
    renumber(&v, 2);
    append(&o, &v);
    assert_int(recomputed(&o, 0, UINT64_MAX).unknown, 1);
    v.basis = STR("{\"customer\":1,\"through\":\"2025-01-01\",\"colour\":\"red\"}");
    renumber(&v, 3);
    append(&o, &v);
    assert_int(recomputed(&o, 0, UINT64_MAX).other, 1);
    office_close(&o);
}
