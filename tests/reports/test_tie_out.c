/* SPDX-License-Identifier: MIT */
/* test_tie_out.c - that reports and accounts come to the same is looked at behind each night, noted once, and
 * what does not tie is found. */
#include "ledger/ledger_private.h"
#include "projections/fold.h"
#include "reports/tie_out.h"
#include "tests/reports/office.h"

TestSuite(tie_out, .init = test_begin, .fini = test_end);

static struct event event_at(struct office *o, uint64_t seq)
{
    struct envelope v = {0};
    struct event_place place = {0};
    assert_ok(ledger_record(&v, &place, o->l, seq, A, E));
    return v.events[0];
}

static const struct book_check *check_named(const struct book_check *checks, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(checks[i].name, name)) return &checks[i];
    }
    cr_assert_fail("no check '%s'", name);
    return NULL;
}

Test(tie_out, a_night_notes_once_how_the_books_tied)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    struct run_summary s = office_run(&o, "2025-01-31", "out");
    struct event noted = event_at(&o, office_records(&o) - 2); /* the last is of the files */
    assert_int(noted.type, EVENT_RUN_CHECKED);
    assert_int(noted.run_checked.run, 1);
    assert_int(noted.run_checked.failing, 0);
    assert_int(noted.run_checked.checks_count, s.checks_count);
    for (size_t i = 0; i < s.checks_count; i++) cr_assert(s.checks[i].holds);
    assert_str(check_named(s.checks, s.checks_count, "aging ties")->says,
               "ar_aging is assets:receivable and liabilities:customer-credit");

    struct run_summary again = office_run(&o, "2025-01-31", "again");
    cr_assert(!again.wrote_events);
    assert_int(again.checks_count, s.checks_count);
    assert_same_files("out", "again");
    office_close(&o);
}

Test(tie_out, the_manifest_tells_each_check_of_each_run)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    struct run_summary s = office_run(&o, "2025-01-31", "out");
    struct str text = office_read("out", "run.json");
    json_t *run = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    json_t *checks = json_object_get(json_array_get(json_object_get(run, "runs"), 0), "checks");
    assert_int(json_array_size(checks), s.checks_count);
    for (size_t i = 0; i < s.checks_count; i++) {
        json_t *row = json_array_get(checks, i);
        assert_str(s.checks[i].name, json_string_value(json_object_get(row, "check")));
        cr_assert(json_is_true(json_object_get(row, "holds")));
    }
    json_decref(run);
    office_close(&o);
}

Test(tie_out, a_run_that_keeps_nothing_and_one_of_drafts_note_nothing)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    struct run_options dry = office_options(&o, "2025-01-31", NULL), drafts = dry;
    struct run_summary s = {0};
    dry.dry_run = true;
    drafts.mode = BILL_DRAFT;
    uint64_t records = office_records(&o);
    assert_ok(nightly_run(&s, o.l, &dry, A, E));
    assert_int(s.checks_count, 0);
    assert_int(office_records(&o), records);
    assert_ok(nightly_run(&s, o.l, &drafts, A, E));
    assert_int(s.checks_count, 0);
    office_close(&o);
}

Test(tie_out, what_a_night_left_out_a_later_run_of_its_date_makes_good)
{
    struct office o = {0};
    office_open(&o, "ledger", "2025-01-01");
    office_fill(&o);
    struct run_options left = office_options(&o, "2025-01-31", "out");
    struct run_summary s = {0};
    left.without_checks = true;
    assert_ok(nightly_run(&s, o.l, &left, A, E));
    assert_int(s.checks_count, 0);
    struct run_summary later = office_run(&o, "2025-01-31", "out");
    cr_assert_gt(later.checks_count, 0);
    assert_int(later.checks_failing, 0);
    office_close(&o);
}

/* ---- what does not tie ---- */

static enum err take_key(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct view_key *k = context;
    (void)value, (void)e;
    memcpy(k->bytes, key.ptr, key.len);
    k->len = key.len;
    return ERR_NOT_FOUND;
}

/* What the next night finds when the first of what stands in that space is lost. */
static struct run_summary night_without(struct office *o, enum space space)
{
    struct views_txn *t = NULL;
    struct view_key from = view_key((uint8_t)space), lost = {.len = 0};
    office_open(o, "ledger", "2025-01-01");
    office_fill(o);
    (void)office_run(o, "2025-01-31", NULL);
    assert_ok(views_begin(&t, o->l->views, true, E));
    assert_ok(views_scan(t, &from, 1, false, take_key, &lost, E));
    cr_assert_gt(lost.len, 0);
    assert_ok(views_delete(t, &lost, E));
    assert_ok(views_commit(t, E));
    return office_run(o, "2025-02-28", "out");
}

static bool holds(const struct run_summary *s, const char *name)
{
    return check_named(s->checks, s->checks_count, name)->holds;
}

Test(tie_out, a_document_that_the_journal_has_lost_is_found_by_the_register_and_the_aging)
{
    struct office o = {0};
    struct run_summary s = night_without(&o, SPACE_JOURNAL);
    cr_assert(!holds(&s, "register ties"));
    cr_assert(!holds(&s, "aging ties"));
    cr_assert(holds(&s, "journal balances"));
    cr_assert(str_starts(check_named(s.checks, s.checks_count, "aging ties")->says,
                         "ar_aging is not assets:receivable and liabilities:customer-credit, by "));
    cr_assert_gt(s.files, 0); /* the night itself is done */
    assert_int(event_at(&o, office_records(&o) - 2).run_checked.failing, s.checks_failing);
    office_close(&o);
}

Test(tie_out, an_account_that_has_lost_a_sum_is_found)
{
    struct office o = {0};
    struct run_summary s = night_without(&o, SPACE_ACCOUNT);
    cr_assert_gt(s.checks_failing, 0);
    office_close(&o);
}

Test(tie_out, what_is_to_be_earned_and_was_lost_is_found)
{
    struct office o = {0};
    struct run_summary s = night_without(&o, SPACE_EARNING);
    cr_assert(!holds(&s, "deferred revenue ties"));
    office_close(&o);
}
