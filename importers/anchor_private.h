/* SPDX-License-Identifier: MIT */
/* anchor_private.h - what anchor.c, anchor_stamp.c and anchor_witness.c share. */
#ifndef DAYBOOK_IMPORTERS_ANCHOR_PRIVATE_H
#define DAYBOOK_IMPORTERS_ANCHOR_PRIVATE_H

#include "importers/anchor.h"

struct anchoring {
    struct ledger *ledger;
    const struct anchor_options *options;
    struct anchor_report *report;
    struct witness_policy policy;
    struct hash imprint; /* of the newest checkpoint */
    struct instant now;
    struct arena *arena;
};

/* One question to one server; *answer says what came, a missing one too. ERR_INVALID: the URL. */
enum err anchor_ask(struct http_answer *answer, const struct anchoring *g, struct str url,
                    const char *more_path, const char *type, struct bytes body, size_t answer_max,
                    struct error *e) MUST_USE;
/* Notes why it did not vouch. */
void anchor_pending(struct anchor_peer *p, struct str why);
/* The same of an answer that is none, or of another status than 200. */
void anchor_no_answer(struct anchor_peer *p, const struct http_answer *answer, struct arena *a);

/* ---- anchor_stamp.c ---- */

enum err stamp_peers(struct anchoring *g, struct error *e) MUST_USE; /* the authorities of the options */
/* Has it stamped the newest checkpoint? */
enum err stamp_look(struct anchoring *g, struct anchor_peer *p, struct error *e) MUST_USE;
enum err stamp_ask(struct anchoring *g, struct anchor_peer *p, struct error *e) MUST_USE;
/* The oldest checkpoint that no stamp covers. */
enum err stamp_age(struct anchoring *g, struct error *e) MUST_USE;

/* ---- anchor_witness.c ---- */

enum err witness_peers(struct anchoring *g, struct error *e) MUST_USE;
enum err witness_look(struct anchoring *g, struct anchor_peer *p, struct error *e) MUST_USE;
enum err witness_ask(struct anchoring *g, struct anchor_peer *p, struct error *e) MUST_USE;
enum err witness_count(struct anchoring *g, struct error *e) MUST_USE;

#endif
