/* SPDX-License-Identifier: MIT */
/* bench_books.c LEDGER KEY-FILE POSTINGS - the trial balance of a ledger, from the projection, and once more
 * from the log: each record verified, decrypted, decoded and its postings added up. What the two come to must
 * be the same. Then the journal in the order of its days; its postings go into a file, for others to add up.
 * See reports.sh. */
#include <inttypes.h>

#include "ledger/book.h"
#include "projections/projections.h"
#include "tests/bench/bench.h"

enum { ACCOUNTS_MAX = 256 };

struct sum {
    enum account account;
    struct str detail;
    struct money debit, credit;
};

struct books {
    struct ledger *ledger;
    struct views_txn *txn;
    struct arena *arena;
    struct sum sums[ACCOUNTS_MAX];
    size_t count;
    uint64_t transactions, postings, accounts;
    FILE *out; /* NULL: they are only added up */
};

static struct sum *sum_of(struct books *b, const struct posting *p)
{
    for (size_t i = 0; i < b->count; i++) {
        struct sum *s = &b->sums[i];
        if (s->account == p->account && str_equal(s->detail, p->detail) &&
            money_same_currency(s->debit, p->amount))
            return s;
    }
    if (b->count == ACCOUNTS_MAX) WRONG("too many accounts");
    struct money zero = money_zero(p->amount);
    b->sums[b->count] = (struct sum){p->account, str_copy(b->arena, p->detail), zero, zero};
    return &b->sums[b->count++];
}

static enum err add(struct books *b, const struct posting *p, struct error *e)
{
    struct sum *s = sum_of(b, p);
    b->postings++;
    return money_is_negative(p->amount) ? money_add(&s->credit, s->credit, money_negate(p->amount), e)
                                        : money_add(&s->debit, s->debit, p->amount, e);
}

/* ---- from the log ---- */

static enum err add_record(void *context, const struct event_place *place, const struct envelope *v,
                           struct arena *a, struct error *e)
{
    struct books *b = context;
    enum err err = OK;
    (void)place;
    for (size_t i = 0; i < v->events_count && err == OK; i++) {
        const struct posting *postings = NULL;
        size_t count = 0;
        err = event_postings(&postings, &count, &v->events[i], a, e);
        if (count > 0) b->transactions++;
        for (size_t k = 0; k < count && err == OK; k++) err = add(b, &postings[k], e);
    }
    return err;
}

/* The projection's row must be what the log came to. */
static enum err compare(void *context, enum account account, const struct account_total *row, struct error *e)
{
    struct books *b = context;
    struct str name = row->account, colon = STR(":");
    (void)e;
    for (size_t i = 0; i < b->count; i++) {
        const struct sum *s = &b->sums[i];
        struct str own = str_of(account_name(s->account));
        struct str full = s->detail.len == 0 ? own
                                             : str_format(b->arena, "%.*s%.*s%.*s", STR_ARG(own),
                                                          STR_ARG(colon), STR_ARG(s->detail));
        if (s->account != account || !str_equal(full, name) || !money_same_currency(s->debit, row->debit))
            continue;
        if (s->debit.minor != row->debit.minor || s->credit.minor != row->credit.minor)
            WRONG("the log comes to another balance than the projection");
        b->accounts++;
        return OK;
    }
    WRONG("the log does not know an account of the projection");
}

static uint64_t from_log(struct books *b)
{
    struct error e = {0};
    uint64_t size = 0, begin = world_monotonic_ns();
    bench_must(ledger_size(&size, b->ledger, &e), &e);
    bench_must(ledger_walk(b->ledger, 0, size, add_record, b, &e), &e);
    uint64_t ns = world_monotonic_ns() - begin;
    bench_must(list_accounts(b->txn, compare, b, b->arena, &e), &e);
    if (b->accounts != b->count) WRONG("the projection lacks an account of the log");
    return ns;
}

/* ---- from the projection ---- */

static enum err count_row(void *context, const struct account_balance *row, struct error *e)
{
    uint64_t *rows = context;
    (void)row, (void)e;
    ++*rows;
    return OK;
}

static uint64_t from_projection(struct books *b, const struct book_query *q)
{
    struct error e = {0};
    uint64_t rows = 0, begin = world_monotonic_ns();
    struct arena *a = arena_new();
    bench_must(list_balances(b->txn, b->ledger, q, count_row, &rows, a, &e), &e);
    uint64_t ns = world_monotonic_ns() - begin;
    arena_free(a);
    if (rows == 0) WRONG("the trial balance is empty");
    return ns;
}

/* ---- the journal ---- */

static enum err add_entry(void *context, const struct journal_entry *entry, struct arena *a, struct error *e)
{
    struct books *b = context;
    (void)a, (void)e;
    b->transactions++;
    for (size_t i = 0; i < entry->count; i++) {
        const struct posting *p = &entry->postings[i];
        b->postings++;
        if (b->out != NULL)
            fprintf(b->out, "%d,%.*s,%s,%" PRId64 "\n", (int)p->account, STR_ARG(p->detail),
                    p->amount.currency, p->amount.minor);
    }
    return OK;
}

static uint64_t walk_journal(struct books *b, const struct book_query *q)
{
    struct error e = {0};
    uint64_t begin = world_monotonic_ns();
    b->transactions = b->postings = 0;
    bench_must(journal_walk(b->ledger, b->txn, q, add_entry, b, &e), &e);
    return per_second(b->transactions, world_monotonic_ns() - begin);
}

static void write_postings(struct books *b, const struct book_query *q, const char *path)
{
    struct error e = {0};
    struct file_sink f = {0};
    bench_must(file_begin(&f, path, 0600, &e), &e);
    b->out = f.stream;
    (void)walk_journal(b, q);
    bench_must(file_finish(&f, &e), &e);
}

int main(int argc, char **argv)
{
    static struct figure figures[4];
    static struct books b;
    struct frozen_clock clock = {.now = date_start(date_of(2026, 1, 1))};
    struct book_query q = {0};
    struct error e = {0};
    if (argc != 4) return 2;
    struct ledger_options o = {
        .dir = argv[1], .key_file = argv[2], .world = world_frozen(&clock), .state = &daybook_state};
    bench_must(ledger_open(&b.ledger, &o, &e), &e);
    bench_must(ledger_read_begin(&b.txn, b.ledger, &e), &e);
    bench_must(books_newest_day(&q.to, b.txn, &e), &e);
    for (unsigned round = 0; round < bench_rounds(); round++) {
        b.arena = arena_new();
        b.count = 0;
        b.transactions = b.postings = b.accounts = 0;
        figure_add(&figures[0], "trial_balance_from_projection", "us", from_projection(&b, &q) / 1000);
        figure_add(&figures[1], "trial_balance_from_log", "us", from_log(&b) / 1000);
        figure_add(&figures[2], "trial_balance_transactions", "transactions", b.transactions);
        figure_add(&figures[3], "journal_in_order", "transactions/s", walk_journal(&b, &q));
        arena_free(b.arena);
    }
    for (size_t i = 0; i < 4; i++) figure_print(&figures[i]);
    write_postings(&b, &q, argv[3]);
    ledger_read_end(b.ledger, b.txn);
    ledger_close(b.ledger);
    return 0;
}
