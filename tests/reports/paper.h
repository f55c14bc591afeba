/* SPDX-License-Identifier: MIT */
/* paper.h - what other programs read on a PDF of ours. A test that needs a program skips, with a line,
 * without it. */
#ifndef DAYBOOK_TESTS_REPORTS_PAPER_H
#define DAYBOOK_TESTS_REPORTS_PAPER_H

#include "tests/lib/fixture.h"

/* Skips the test when the program is not installed. */
void need(const char *tool);
/* What a shell command prints; it must succeed. */
struct str output_of(const char *command);
/* Writes the file into the test's folder; its path. */
const char *saved(struct bytes pdf);

/* The words of a page, or of all with page 0, with single blanks between them. */
const char *words_of(struct bytes pdf, int page);
void assert_says(const char *words, const char *wanted);
void assert_says_not(const char *words, const char *unwanted);

/* A script of the shared validators must accept the file. */
void assert_checked_by(const char *validator, struct bytes pdf);
/* No word may stand on another, nor outside the page's margins. */
void assert_nothing_collides(struct bytes pdf);

#endif
