/* SPDX-License-Identifier: MIT */
/* journal_walk.c - the journal in the order of its days: the entries of events, read from the log where the
 * index says that they are, and at each month's end those of what was earned in it. */
#include "projections/books.h"

#include "ledger/book.h"

enum { PLACES_AT_ONCE = 512 };

struct walk {
    struct ledger *ledger;
    struct views_txn *txn;
    const struct book_query *q;
    struct arena *arena;  /* reset after each entry */
    struct arena *record; /* the newest record read */
    struct arena *kept;   /* as long as the walk */
    struct envelope envelope;
    struct event_place place;
    bool has_record;
    struct journal_place *places;
};

static enum err read_record(struct walk *w, uint64_t seq, struct error *e)
{
    if (w->has_record && w->place.seq == seq) return OK;
    arena_reset(w->record);
    w->has_record = false;
    enum err err = ledger_record(&w->envelope, &w->place, w->ledger, seq, w->record, e);
    w->has_record = err == OK;
    return err;
}

/* The event that the index names. */
static enum err read_event(const struct event **out, struct walk *w, const struct journal_place *at,
                           struct error *e)
{
    enum err err = read_record(w, at->seq, e);
    if (err != OK) return err;
    if (at->number >= w->envelope.events_count)
        return fail(e, ERR_TAMPERED, "record %llu has no event %u", (unsigned long long)at->seq, at->number);
    w->place.number = at->number;
    *out = &w->envelope.events[at->number];
    return OK;
}

typedef enum err place_fn(void *context, struct walk *w, const struct journal_place *at, struct error *e);

static enum err each_place(struct walk *w, const struct book_query *q, place_fn *visit, void *context,
                           struct error *e)
{
    struct journal_place next = {0};
    size_t count = PLACES_AT_ONCE;
    enum err err = OK;
    while (err == OK && count == PLACES_AT_ONCE) {
        err = journal_places(w->places, &count, PLACES_AT_ONCE, &next, w->txn, q, e);
        views_forget(w->txn);
        for (size_t i = 0; i < count && err == OK; i++) err = visit(context, w, &w->places[i], e);
    }
    return err;
}

static void walk_begin(struct walk *w, struct ledger *l, struct views_txn *t, const struct book_query *q)
{
    *w = (struct walk){
        .ledger = l, .txn = t, .q = q, .arena = arena_new(), .record = arena_new(), .kept = arena_new()};
    w->places = arena_array_of(w->kept, struct journal_place, PLACES_AT_ONCE);
}

static enum err walk_end(struct walk *w, enum err err)
{
    arena_free(w->arena);
    arena_free(w->record);
    arena_free(w->kept);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* ---- what events posted ---- */

struct walking_journal {
    journal_entry_fn *visit;
    void *context;
    struct arena *row;
    struct earned_months months;
    size_t month; /* the next whose entries are due */
};

static enum err give(struct walking_journal *j, const struct journal_entry *entry, struct error *e)
{
    enum err err = j->visit(j->context, entry, j->row, e);
    arena_reset(j->row);
    return err;
}

/* Those of the event's postings that are of this day and customer. */
static void select_postings(struct journal_entry *entry, const struct walk *w, const struct journal_place *at,
                            const struct posting *all, size_t count, struct arena *a)
{
    struct posting *mine = arena_array_of(a, struct posting, count);
    entry->postings = mine;
    for (size_t i = 0; i < count; i++) {
        struct posting p = all[i];
        if (!date_is_given(p.date)) p.date = instant_date(w->place.at);
        if (w->q->customer != 0 && p.customer != w->q->customer) continue;
        if (date_compare(posting_date(p.date, at->open_from), at->date) != 0) continue;
        if (entry->count == 0) entry->document_date = p.date;
        mine[entry->count++] = p;
    }
}

static enum err give_event(struct walking_journal *j, struct walk *w, const struct journal_place *at,
                           struct error *e)
{
    const struct event *ev = NULL;
    const struct posting *postings = NULL;
    size_t count = 0;
    enum err err = read_event(&ev, w, at, e);
    if (err == OK) err = event_postings(&postings, &count, ev, j->row, e);
    if (err != OK) return err;
    struct journal_entry entry = {.date = at->date, .place = &w->place, .event = ev};
    select_postings(&entry, w, at, postings, count, j->row);
    if (entry.count == 0) return OK;
    entry.id = str_format(j->row, "%llu.%u", (unsigned long long)at->seq, at->number);
    return give(j, &entry, e);
}

/* ---- what was earned ---- */

static void add_posting(struct posting *to, size_t *count, enum account account, struct str detail,
                        struct date date, int64_t minor, const char *currency)
{
    if (minor == 0) return;
    to[(*count)++] = (struct posting){
        .account = account, .detail = detail, .date = date, .amount = money_of(minor, currency)};
}

/* Of one month and currency; *at moves to the next currency's first series. */
static enum err give_earned(struct walking_journal *j, const struct walk *w, size_t *at, struct error *e)
{
    const struct earned_months *m = &j->months;
    const char *currency = m->series[*at].currency;
    struct date end = earned_month_end(m, j->month);
    struct posting *postings = arena_array_of(j->row, struct posting, 3 * (m->series_count - *at));
    size_t count = 0;
    for (; *at < m->series_count && strcmp(m->series[*at].currency, currency) == 0; (*at)++) {
        const struct earned_series *s = &m->series[*at];
        const struct earned_position *p = &s->months[j->month];
        size_t before = count;
        add_posting(postings, &count, ACCOUNT_ACCRUED, STR_NONE, end, p->accrued, currency);
        add_posting(postings, &count, ACCOUNT_DEFERRED, s->detail, end, p->deferred, currency);
        add_posting(postings, &count, ACCOUNT_REVENUE, s->detail, end, p->revenue, currency);
        for (size_t i = before; i < count; i++) postings[i].customer = w->q->customer;
    }
    if (count == 0) return OK;
    struct date month = month_first_day(end);
    struct journal_entry entry = {
        .id = str_format(j->row, "earned.%.*s.%s", STR_ARG(date_text(j->row, end)), currency),
        .date = end,
        .document_date = end,
        .from = date_compare(month, m->first) < 0 ? m->first : month,
        .to = end,
        .postings = postings,
        .count = count};
    return give(j, &entry, e);
}

/* Whatever was earned in months that end before `day`; none: in all of them. */
static enum err give_months(struct walking_journal *j, const struct walk *w, struct date day, struct error *e)
{
    enum err err = OK;
    for (; err == OK && j->month < j->months.months_count; j->month++) {
        struct date end = earned_month_end(&j->months, j->month);
        if (date_is_given(day) && date_compare(end, day) >= 0) break;
        for (size_t at = 0; at < j->months.series_count && err == OK;) err = give_earned(j, w, &at, e);
    }
    return err;
}

static enum err visit_place(void *context, struct walk *w, const struct journal_place *at, struct error *e)
{
    struct walking_journal *j = context;
    enum err err = give_months(j, w, at->date, e);
    return err == OK ? give_event(j, w, at, e) : err;
}

enum err journal_walk(struct ledger *l, struct views_txn *t, const struct book_query *q,
                      journal_entry_fn *visit, void *context, struct error *e)
{
    struct walking_journal j = {.visit = visit, .context = context, .row = arena_new()};
    struct walk w;
    assert(date_is_given(q->to));
    walk_begin(&w, l, t, q);
    enum err err = earned_months(&j.months, t, l, q, w.kept, e);
    if (err == OK) err = each_place(&w, q, visit_place, &j, e);
    if (err == OK) err = give_months(&j, &w, (struct date){0}, e);
    arena_free(j.row);
    return walk_end(&w, err);
}

/* ---- what lines earn ---- */

struct walking_earnings {
    earning_fn *visit;
    void *context;
};

static enum err visit_document(void *context, struct walk *w, const struct journal_place *at, struct error *e)
{
    struct walking_earnings *x = context;
    const struct event *ev = NULL;
    const struct earning *list = NULL;
    size_t count = 0;
    enum err err = read_event(&ev, w, at, e);
    if (err == OK) err = event_earnings(&list, &count, ev, at->open_from, w->arena, e);
    for (size_t i = 0; i < count && err == OK; i++)
        err = x->visit(x->context, &list[i], &w->place, ev, w->arena, e);
    arena_reset(w->arena);
    return err;
}

enum err earnings_walk(struct ledger *l, struct views_txn *t, const struct book_query *q, earning_fn *visit,
                       void *context, struct error *e)
{
    struct walking_earnings x = {visit, context};
    struct walk w;
    walk_begin(&w, l, t, q);
    return walk_end(&w, each_place(&w, q, visit_document, &x, e));
}
