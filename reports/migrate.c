/* SPDX-License-Identifier: MIT */
/* migrate.c - subscriptions to another version of the catalog, some hundreds a commit. Who is to be moved is
 * read first; what becomes of each is the decision's to say, so that a second call, or one after a kill,
 * finds nothing left to decide. A dry run is the same without the append. */
#include "reports/monthly.h"
#include "reports/reports.h"

enum { SUBSCRIPTIONS_PER_COMMIT = 500 };

struct moving {
    struct ledger *ledger;
    const struct migration_options *o;
    struct migration_summary *summary;
    struct arena *arena, *chunk;
    uint64_t *candidates;
    size_t count, capacity, totals_capacity;
    bool tier_known; /* somebody has it, or the version does */
    struct migration_total *totals;
};

/* ---- who ---- */

static enum err note_candidate(void *context, const struct subscription *s, struct error *e)
{
    struct moving *m = context;
    bool tier = m->o->tier.len == 0 || str_equal(m->o->tier, s->terms.product);
    bool wanted = tier && subscription_is_live(s) && !subscription_is_elsewhere(s) &&
                  s->terms.catalog_version < m->o->version;
    (void)e;
    m->tier_known = m->tier_known || tier;
    arena_reset(m->chunk);
    if (!wanted) return OK;
    m->candidates = arena_grow(m->arena, m->candidates, m->count, &m->capacity, sizeof *m->candidates);
    m->candidates[m->count++] = s->subscription;
    return OK;
}

static enum err find_candidates(struct moving *m, struct error *e)
{
    struct views_txn *t = NULL;
    struct catalog to = {0};
    struct list_query q = {.customer = m->o->customer, .status = -1};
    enum err err = ledger_read_begin(&t, m->ledger, e);
    if (err != OK) return err;
    err = load_catalog(&to, t, m->o->version, m->chunk, e);
    for (size_t i = 0; err == OK && i < to.products_count; i++)
        m->tier_known = m->tier_known || str_equal(to.products[i].code, m->o->tier);
    if (err == OK) err = list_subscriptions(t, &q, note_candidate, m, m->chunk, e);
    ledger_read_end(m->ledger, t);
    if (err != OK || m->tier_known || m->o->tier.len == 0) return err;
    return fail(e, ERR_NOT_FOUND, "no tier '%.*s': neither in that version nor of any subscription",
                STR_ARG(text_quotable(m->o->tier)));
}

/* ---- what it comes to ---- */

static struct migration_total *total_of(struct moving *m, const char *currency)
{
    for (size_t i = 0; i < m->summary->totals_count; i++) {
        if (strcmp(m->totals[i].before.currency, currency) == 0) return &m->totals[i];
    }
    m->totals =
        arena_grow(m->arena, m->totals, m->summary->totals_count, &m->totals_capacity, sizeof *m->totals);
    struct migration_total *added = &m->totals[m->summary->totals_count++];
    *added = (struct migration_total){.before = money_of(0, currency), .after = money_of(0, currency)};
    return added;
}

static enum err add_to_total(struct moving *m, const struct migration_row *row, struct error *e)
{
    struct money before = {0}, after = {0};
    struct migration_total *t = total_of(m, row->before.currency);
    enum err err = monthly_share(&before, row->before, &row->subscription->terms, e);
    if (err == OK) err = monthly_share(&after, row->after, &row->subscription->next_terms, e);
    if (err == OK) err = money_add(&t->before, t->before, before, e);
    if (err == OK) err = money_add(&t->after, t->after, after, e);
    t->subscriptions++;
    return err;
}

/* ---- one commit ---- */

struct chunk {
    struct command *commands;
    struct request *requests;
    struct outcome *outcomes;
    struct str *users;
    const uint64_t *numbers;
    size_t count;
};

static enum err name_commands(struct chunk *c, struct moving *m, struct views_txn *t, struct error *e)
{
    for (size_t i = 0; i < c->count; i++) {
        struct subscription s = {0};
        struct customer customer = {0};
        enum err err = load_subscription(&s, t, c->numbers[i], m->chunk, e);
        if (err == OK) err = load_customer(&customer, t, s.customer, m->chunk, e);
        if (err != OK) return err;
        c->users[i] = customer.user;
        c->commands[i].type = COMMAND_SUBSCRIPTION_MIGRATE;
        c->commands[i].subscription_migrate =
            (struct subscription_migrate_command){.user = customer.user,
                                                  .version = m->o->version,
                                                  .subscription = public_id(m->chunk, "sub", c->numbers[i])};
        c->requests[i] = (struct request){.command = &c->commands[i], .actor = m->o->actor, .brief = true};
    }
    return OK;
}

/* Scheduled now or before: the subscription's next terms are what it was moved to. */
static enum err tell_moved(struct moving *m, struct migration_row *row, struct error *e)
{
    const struct subscription *s = row->subscription;
    struct difference_list changes = {0};
    enum err err = period_price(&row->before, &s->terms, s->quantity, m->chunk, e);
    if (err == OK) err = period_price(&row->after, &s->next_terms, s->next_quantity, m->chunk, e);
    if (err != OK) return err;
    terms_differences(&changes, &s->terms, &s->next_terms, m->chunk);
    row->changes = changes.items;
    row->changes_count = changes.count;
    err = add_to_total(m, row, e);
    return err == OK ? m->o->row(m->o->context, row, e) : err;
}

static enum err tell_outcome(struct moving *m, struct views_txn *t, const struct outcome *o, struct str user,
                             uint64_t number, struct error *e)
{
    struct subscription s = {0};
    struct migration_row row = {.user = user, .subscription = &s};
    enum err err = load_subscription(&s, t, number, m->chunk, e);
    if (err != OK) return err;
    bool moved = date_is_given(s.change_on) && s.next_terms.catalog_version >= m->o->version;
    if (o->code == OK && !moved) {
        m->summary->unchanged++;
        return OK;
    }
    if (o->code != OK) {
        m->summary->refused++;
        row.result = MIGRATION_REFUSED;
        row.why = str_of(o->error.text);
        err = period_price(&row.before, &s.terms, s.quantity, m->chunk, e);
        return err == OK ? m->o->row(m->o->context, &row, e) : err;
    }
    bool now = o->seq != 0;
    row.result = now ? MIGRATION_SCHEDULED : MIGRATION_SCHEDULED_BEFORE;
    *(now ? &m->summary->scheduled : &m->summary->scheduled_before) += 1;
    return tell_moved(m, &row, e);
}

static enum err tell_outcomes(struct moving *m, const struct chunk *c, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, m->ledger, e);
    if (err != OK) return err;
    for (size_t i = 0; err == OK && i < c->count; i++)
        err = tell_outcome(m, t, &c->outcomes[i], c->users[i], c->numbers[i], e);
    ledger_read_end(m->ledger, t);
    return err;
}

static enum err move_chunk(struct moving *m, const uint64_t *numbers, size_t count, struct error *e)
{
    struct views_txn *t = NULL;
    arena_reset(m->chunk);
    struct chunk c = {.commands = arena_array_of(m->chunk, struct command, count),
                      .requests = arena_array_of(m->chunk, struct request, count),
                      .outcomes = arena_array_of(m->chunk, struct outcome, count),
                      .users = arena_array_of(m->chunk, struct str, count),
                      .numbers = numbers,
                      .count = count};
    enum err err = ledger_read_begin(&t, m->ledger, e);
    if (err != OK) return err;
    err = name_commands(&c, m, t, e);
    ledger_read_end(m->ledger, t);
    if (err == OK) err = ledger_execute_batch(c.outcomes, m->ledger, c.requests, count, false, m->chunk, e);
    return err == OK ? tell_outcomes(m, &c, e) : err;
}

/* ---- all of them ---- */

static enum err move_all(struct moving *m, struct error *e)
{
    enum err err = find_candidates(m, e);
    for (size_t i = 0; err == OK && i < m->count; i += SUBSCRIPTIONS_PER_COMMIT) {
        size_t left = m->count - i;
        err = move_chunk(m, m->candidates + i,
                         left < SUBSCRIPTIONS_PER_COMMIT ? left : SUBSCRIPTIONS_PER_COMMIT, e);
        if (m->o->progress != NULL) m->o->progress(m->o->progress_context, "migrate", i, m->count);
    }
    return err;
}

enum err catalog_migrate(struct migration_summary *out, struct ledger *l, const struct migration_options *o,
                         struct arena *a, struct error *e)
{
    struct moving m = {.ledger = l, .o = o, .summary = out, .arena = a, .chunk = arena_new()};
    *out = (struct migration_summary){0};
    enum err err = o->dry_run ? ledger_rehearse_begin(l, e) : OK;
    if (err == OK) err = move_all(&m, e);
    if (o->dry_run) ledger_rehearse_end(l);
    out->totals = m.totals;
    arena_free(m.chunk);
    return err == OK ? OK : wrap(e, "cannot migrate to version %ju of the catalog", (uintmax_t)o->version);
}
