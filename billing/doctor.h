/* SPDX-License-Identifier: MIT */
/* doctor.h - billing's own: 'daybook doctor' looks whether everything is as a ledger needs it, and says in
 * plain words what is not, why that matters and what to do. Each file doctor_*.c looks at one side of it. It
 * must never write to the ledger. */
#ifndef DAYBOOK_BILLING_DOCTOR_H
#define DAYBOOK_BILLING_DOCTOR_H

#include "billing/cli.h"

/* OK: as it should be. LOOK: works, and somebody should know. WRONG: does not work, or will not for long. */
enum health { HEALTH_OK, HEALTH_LOOK, HEALTH_WRONG };
extern const char *const health_words[];

struct symptom {
    const char *check; /* a name that scripts may rely on: "file_system" */
    enum health health;
    enum err code; /* of what is wrong: decides the exit status */
    struct str found;
    const char *why, *advice; /* why it matters and what to do; NULL where it is OK */
};
typedef void symptom_fn(void *context, const struct symptom *s);

struct doctor {
    const struct cli_globals *globals;
    const struct doctor_query *query;
    const struct ledger_options *options; /* dir "": no ledger is named */
    struct world world;
    struct str checkpoint_key; /* file; "": none is named */
    symptom_fn *told;
    void *context;
    struct arena *arena;
};
void doctor_tell(const struct doctor *d, struct symptom s);

void doctor_look_at_program(const struct doctor *d);
void doctor_look_at_machine(const struct doctor *d);
/* Of the folder that the ledger is in: its file system and its room. */
void doctor_look_at_disk(const struct doctor *d);
/* In a process of its own, because damaged files may end whoever reads them. */
void doctor_look_at_ledger(const struct doctor *d);
void doctor_look_at_gateway(const struct doctor *d);

/* "3 days", "2 hours": the largest unit that there is one of. */
struct str doctor_span(struct arena *a, int64_t us);

/* ERR_… of the worst that is wrong, when all was told. */
enum err run_doctor(const struct cli_command *c, const struct ledger_options *o, struct str checkpoint_key,
                    struct answer *answer, struct arena *a, struct error *e) MUST_USE;

#endif
