/* SPDX-License-Identifier: MIT */
/* paper.h - billing's own: a stream that people read, and whether it shows colours. They say nothing that the
 * words do not: JSON, CSV, files and pipes are never coloured unless somebody asks for it with --color. */
#ifndef DAYBOOK_BILLING_PAPER_H
#define DAYBOOK_BILLING_PAPER_H

#include <stdio.h>

#include "ledger/base.h"

struct paper {
    FILE *to;
    bool colours;
};
enum mood { MOOD_PLAIN, MOOD_HEADING, MOOD_GOOD, MOOD_LOOK, MOOD_BAD };

/* By a word that --color takes: "" and "auto" look at the stream and at the environment, whose NO_COLOR
 * (no-color.org) and TERM=dumb say no. */
struct paper paper_of(FILE *to, struct str color);
void paper_word(const struct paper *p, struct str text, enum mood m);
/* Of a status, wherever it stands: "paid" is good, "past_due" is not. */
enum mood mood_of(struct str word);

#endif
