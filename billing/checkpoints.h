/* SPDX-License-Identifier: MIT */
/* checkpoints.h - billing's own: signing checkpoints, and what becomes of them. */
#ifndef DAYBOOK_BILLING_CHECKPOINTS_H
#define DAYBOOK_BILLING_CHECKPOINTS_H

#include "billing/service.h"

struct checkpoint_told {
    struct ledger_checkpoint at; /* path NULL: none was signed */
    size_t published;            /* how many went to the folder that others read */
    size_t asked, vouched;       /* time-stamp authorities and witnesses; those who did by now */
    struct str trouble;          /* what did not go well with it, in a sentence; "": nothing */
};
/* Signs one with the key of s->checkpoints, asks whom the environment names to vouch for it, and publishes
 * it. ERR_INVALID: there is no key; else see ledger_checkpoint, and of a witness who saw another history
 * anchor_checkpoints. */
enum err service_checkpoint(struct checkpoint_told *out, struct service *s, bool full, struct arena *a,
                            struct error *e) MUST_USE;
/* The same if anything was appended since the newest; without a key nothing is due. */
enum err service_checkpoint_if_grown(struct checkpoint_told *out, struct service *s, struct arena *a,
                                     struct error *e) MUST_USE;

#endif
