/* SPDX-License-Identifier: MIT */
/* test_decide_webhook.c - what a gateway sent is done once; what meant nothing here, or what somebody must
 * look at, may be looked at again, for by then the ledger may know what it is about. */
#include "tests/book/facts.h"

TestSuite(webhook, .init = test_begin, .fini = test_end);

/* A kept message that stands so, looked at with that outcome. How many events follow. */
static size_t looked_at(enum webhook_outcome before, enum webhook_outcome after, const char *what)
{
    struct facts f = facts_on("2026-01-20");
    const struct webhook w = {.webhook = 1, .outcome = before, .what = STR("before")};
    struct command c = {.type = COMMAND_WEBHOOK_APPLY};
    c.webhook_apply = (struct webhook_apply_command){
        .webhook = 1, .effect = WEBHOOK_NOTES, .outcome = after, .what = str_of(what)};
    f.webhook = &w;
    struct decision d = decided(&f, &c);
    if (d.events.count == 0) return 0;
    const struct event *ev = find(&d, EVENT_WEBHOOK_APPLIED, 0);
    cr_assert(ev->webhook_applied.outcome == after);
    assert_str(ev->webhook_applied.what, what);
    return d.events.count;
}

Test(webhook, what_was_done_is_not_done_again)
{
    static const enum webhook_outcome done[] = {WEBHOOK_APPLIED, WEBHOOK_KNOWN, WEBHOOK_KEPT};
    for (size_t i = 0; i < sizeof done / sizeof done[0]; i++)
        assert_int(looked_at(done[i], WEBHOOK_ATTENTION, "after"), 0);
    assert_int(looked_at(WEBHOOK_WAITING, WEBHOOK_ATTENTION, "after"), 1);
}

Test(webhook, what_meant_nothing_or_needed_somebody_is_looked_at_again)
{
    assert_int(looked_at(WEBHOOK_FOREIGN, WEBHOOK_APPLIED, "after"), 1);
    assert_int(looked_at(WEBHOOK_FOREIGN, WEBHOOK_ATTENTION, "after"), 1);
    assert_int(looked_at(WEBHOOK_ATTENTION, WEBHOOK_KNOWN, "after"), 1);
    assert_int(looked_at(WEBHOOK_ATTENTION, WEBHOOK_ATTENTION, "after"), 1);
}

Test(webhook, what_comes_out_the_same_writes_nothing)
{
    assert_int(looked_at(WEBHOOK_FOREIGN, WEBHOOK_FOREIGN, "before"), 0);
    assert_int(looked_at(WEBHOOK_ATTENTION, WEBHOOK_ATTENTION, "before"), 0);
}

Test(webhook, what_somebody_must_look_at_does_not_become_foreign)
{
    assert_int(looked_at(WEBHOOK_ATTENTION, WEBHOOK_FOREIGN, "by a key of the other world"), 0);
}
