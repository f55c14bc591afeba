/* SPDX-License-Identifier: MIT */
/* tour.h - billing's own: a month of billing to look at, on a ledger that is made for it. */
#ifndef DAYBOOK_BILLING_TOUR_H
#define DAYBOOK_BILLING_TOUR_H

#include "billing/cli.h"

/* Changes the process's folder and environment: nothing else of a ledger is to be done afterwards. */
enum err run_tour(const struct cli_command *c, struct arena *a, struct error *e) MUST_USE;

#endif
