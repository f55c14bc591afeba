/* SPDX-License-Identifier: MIT */
/* ask_collect.h - what ask_collect.c and ask_reconcile.c share. For them only. */
#ifndef DAYBOOK_BILLING_ASK_COLLECT_H
#define DAYBOOK_BILLING_ASK_COLLECT_H

#include "billing/answers.h"

struct collect_options collect_options_of(const struct call *c);
void member_outcomes(json_t *j, const struct collect_summary *r);
/* After the answer was told: ERR_INCOMPLETE when `which` was stopped, not all outcomes are known, or some
 * were asked of another gateway. */
enum err collect_left_over(const struct collect_summary *r, const struct call *c, const char *which,
                           struct error *e) MUST_USE;

#endif
