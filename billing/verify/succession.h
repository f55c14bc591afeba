/* SPDX-License-Identifier: MIT */
/* succession.h - the records that stand in clear behind the first: EPOCH, KEYS and GENERATION. What each must
 * say hangs on those before it (FORMAT.md section 5, rules 5 and 6), wherever they stand: a segment gathers
 * its own, and who joins the segments judges them in their order. */
#ifndef DAYBOOK_BILLING_VERIFY_SUCCESSION_H
#define DAYBOOK_BILLING_VERIFY_SUCCESSION_H

#include "billing/verify/hash.h"

enum { KEY_NAME = 8 };

struct landmark {
    uint8_t class_;
    uint64_t seq;
    uint64_t number; /* of the epoch or generation */
    uint64_t before; /* EPOCH, KEYS: the record of its class before it; GENERATION: records restored */
    uint8_t name[KEY_NAME], old_name[KEY_NAME];
    struct digest root; /* GENERATION: over the records before it */
};
/* The body of a record of that class. False: it is not well-formed. */
bool landmark_read(struct landmark *out, uint8_t class_, struct bytes body);

/* What was read of them so far. */
struct succession {
    uint64_t keys, keys_seq; /* KEYS records, and which is the newest */
    uint64_t generation;     /* the newest; 0: no record was read */
    uint8_t name[KEY_NAME];  /* of the key that sealed last */
    bool is_pending;         /* a KEYS record waits for its EPOCH */
    uint8_t pending[KEY_NAME];
};
/* The next one, which has the number `seq`; `root` is that over the records before it, of a GENERATION.
 * *bad: the record that a fault is about. */
enum err succession_take(struct succession *s, const struct landmark *l, const struct digest *root,
                         uint64_t *bad, struct error *e) MUST_USE;
/* `size` records were read, or all that there are. */
enum err succession_reach(const struct succession *s, uint64_t size, bool is_end, uint64_t *bad,
                          struct error *e) MUST_USE;

#endif
