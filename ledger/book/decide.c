/* SPDX-License-Identifier: MIT */
/* decide.c - from a command to its decision, by the table. */
#include "ledger/book/decide.h"

/* clang-format off */
#define COMMAND(name, NAME, words, help) case COMMAND_##NAME: return decide_##name(out, f, &c->name, a, e);

enum err decide(struct decision *out, const struct facts *f, const struct command *c, struct arena *a, struct error *e)
{
    *out = (struct decision){0};
    switch (c->type) {
#include "ledger/book/commands.def"
    case COMMAND_NONE:
    case COMMAND_TYPES: break;
    }
    WRONG("no such command");
}
