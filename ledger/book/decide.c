/* SPDX-License-Identifier: MIT */
/* decide.c - from a command to its decision, by the table. */
#include "ledger/book/decide_shared.h"

/* clang-format off */
#define COMMAND(name, NAME, words, help) case COMMAND_##NAME: return decide_##name(out, f, &c->name, a, e);

static enum err decide_one(struct decision *out, const struct facts *f, const struct command *c, struct arena *a, struct error *e)
{
    switch (c->type) {
#include "ledger/book/commands.def"
    case COMMAND_NONE:
    case COMMAND_TYPES: break;
    }
    WRONG("no such command");
}
/* clang-format on */

/* Whatever uses up prepaid credit, by an invoice or otherwise, may be what an alert waits for; and whatever
 * finalizes or voids a document, its tax office may want to have recorded. */
enum err decide(struct decision *out, const struct facts *f, const struct command *c, struct arena *a,
                struct error *e)
{
    *out = (struct decision){0};
    enum err err = decide_one(out, f, c, a, e);
    if (err == OK) err = fire_wallet_alerts(out, f, a, e);
    return err == OK ? record_documents(out, f, a, e) : err;
}
