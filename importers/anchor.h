/* SPDX-License-Identifier: MIT */
/* anchor.h - asks people outside to vouch for the newest checkpoint: time-stamp authorities (RFC 3161), that
 * it was there at a time, and witnesses (c2sp.org/tlog-witness), that it goes on from all that they saw
 * before.
 *
 * The newest alone is asked about: its tree holds the records of all before it, so whatever vouches for it
 * vouches for them, too. What was not answered is asked again by the next call, later each time, about
 * whatever is the newest then: nothing is lost by it but the hours between. */
#ifndef DAYBOOK_IMPORTERS_ANCHOR_H
#define DAYBOOK_IMPORTERS_ANCHOR_H

#include "importers/http.h"

struct anchor_options {
    struct str authorities;   /* URLs with blanks between */
    const char *certificates; /* by which their answers are checked; NULL: they are kept unchecked */
    const char *policy; /* file of c2sp.org/tlog-policy, whose witnesses with a URL are asked; NULL: none */
    bool at_once;       /* also those who did not answer lately */
    /* NULL: libcurl. Tests have answers of their own. */
    enum err (*open)(struct http *out, const struct http_options *o, struct error *e);
};

enum anchor_state {
    ANCHOR_THERE,    /* it has vouched before this call */
    ANCHOR_DONE,     /* it has now */
    ANCHOR_PENDING,  /* it was asked, and did not */
    ANCHOR_WAITS,    /* it did not lately, and is not asked yet */
    ANCHOR_FORKED,   /* a witness saw another history of this ledger */
    ANCHOR_BEHIND,   /* a witness signed a longer one: this is an older copy */
    ANCHOR_NOT_ASKED /* a witness without a URL */
};
extern const char *const anchor_state_words[];

struct anchor_peer {
    bool is_witness;
    struct str name, url;
    struct note_key key; /* of a witness */
    enum anchor_state state;
    struct instant at;       /* that it vouches for; none: it does not */
    struct instant next_try; /* of one that is pending or waits */
    bool is_certified;       /* of a stamp: its certificate was checked */
    struct str why;          /* it did not */
    /* Remembered between calls. */
    uint64_t failures; /* in a row */
    uint64_t seen;     /* of a witness: how many records it signed last */
};

struct anchor_report {
    struct ledger_checkpoint checkpoint; /* the newest */
    struct anchor_peer *peers;           /* authorities, then witnesses */
    size_t count, authorities;
    bool has_policy;
    struct policy_count quorum; /* of the policy, where there is one */
    /* The oldest checkpoint that no time stamp covers, and the time of its last record. 0: there is none. */
    uint64_t unstamped;
    struct instant unstamped_since;
    bool is_overdue; /* that is more than a day ago */
};

/* Asks, and keeps what was answered and holds. ERR_NOT_FOUND: there is no checkpoint. ERR_INVALID: of the
 * options. ERR_CONFLICT: another process is asking. ERR_INCOMPLETE: somebody did not vouch, and is asked
 * again next time. ERR_TAMPERED, ERR_ROLLED_BACK: a witness saw another history, or a longer one. The report
 * is whole with these last three, too. */
enum err anchor_checkpoints(struct anchor_report *out, struct ledger *l, const struct anchor_options *o,
                            struct arena *a, struct error *e) MUST_USE;

#endif
