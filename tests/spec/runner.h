/* SPDX-License-Identifier: MIT */
/* runner.h - the scenario runner: plain-text stories of billing, run against the real ledger with a clock
 * that stands still. The language is in tests/spec/README.md; its step words are those of commands.def. */
#ifndef DAYBOOK_TESTS_SPEC_RUNNER_H
#define DAYBOOK_TESTS_SPEC_RUNNER_H

#include "importers/importers.h"
#include "projections/projections.h"
#include "reports/reports.h"

enum { WORDS_MAX = 64 };

struct words {
    struct str items[WORDS_MAX];
    size_t count;
};

struct story {
    const char *path;
    unsigned line;
    struct arena *arena;
    struct frozen_clock clock;
    struct ledger *ledger;
    struct gateway gateway;
    char dir[64];

    /* The step before: what it wrote, and how it ended. */
    struct event_list last;
    enum err code;
    struct error refusal;
    bool refusal_read; /* a "refused" line has spoken of it */
};

/* One line, whatever it is; *stepped tells that it was not only a look at what is. */
enum err story_line(bool *stepped, struct story *s, struct str line, struct error *e);
enum err story_step(struct story *s, const struct words *w,
                    struct error *e); /* commands, now, run, usage.record */
enum err story_expect(struct story *s, const struct words *w, struct error *e);        /* what must be so */
enum err story_expect_report(struct story *s, const struct words *w, struct error *e); /* of a report */
/* The value of "a.b" of a described struct as text; lists give their count. */
enum err value_at(struct str *out, const struct schema *schema, const void *record, struct str path,
                  struct arena *a, struct error *e);

#endif
