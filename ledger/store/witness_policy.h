/* SPDX-License-Identifier: MIT */
/* witness_policy.h - whose cosignatures make a checkpoint trustworthy (c2sp.org/tlog-policy): logs,
 * witnesses, groups of them, and the quorum, as lines of a text. Text in and values out. */
#ifndef DAYBOOK_LEDGER_STORE_WITNESS_POLICY_H
#define DAYBOOK_LEDGER_STORE_WITNESS_POLICY_H

#include "ledger/store/note.h"

/* A witness, or a group of those that stand before it. */
struct policy_member {
    struct str name; /* in the policy only */
    bool is_group;
    struct note_key key; /* of a witness */
    struct str url;      /* of a witness, to which /add-checkpoint is added; "": it is not asked */
    size_t needed;       /* of a group: how many of its members are enough */
    size_t *members;     /* by their places in the policy; none stands in two groups */
    size_t members_count;
    bool is_taken; /* it stands in a group */
};

struct witness_policy {
    struct note_key *logs;
    size_t logs_count;
    struct policy_member *members; /* witnesses and groups in the order of the lines */
    size_t members_count;
    size_t quorum; /* the member that must have signed; POLICY_NOBODY: none need */
};
#define POLICY_NOBODY SIZE_MAX

/* Reads one; names and addresses stay where the text is. ERR_INVALID, ERR_LIMIT: "line 3: …". */
enum err policy_parse(struct witness_policy *out, struct str text, struct arena *a, struct error *e) MUST_USE;

/* Which witnesses signed a note: flags by the members' places, groups included. ERR_TAMPERED: under the note
 * is a line of one of its witnesses that he did not write. */
struct policy_count {
    bool *has_signed;
    size_t signed_count, witnesses; /* of witnesses alone */
    bool is_met;
    uint64_t newest_seconds; /* of the signatures; 0: there is none */
};
enum err policy_check(struct policy_count *out, const struct witness_policy *p, struct str note,
                      struct arena *a, struct error *e) MUST_USE;

#endif
