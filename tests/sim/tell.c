/* SPDX-License-Identifier: MIT */
/* tell.c - a history in words, for whoever looks for what went wrong: each step, how it ended, what it wrote.
 */
#include "tests/sim/sim.h"

static bool is_nothing(const struct field *f, const void *record, struct arena *a)
{
    struct str text = field_text(a, f, record);
    return text.len == 0 || str_is(text, "0") || str_is(text, "false") || str_is(text, "default") ||
           f->kind == KIND_PART;
}

static void tell_command(const struct command *c, unsigned which, struct arena *a)
{
    size_t count = 0;
    const struct field *fields = schema_fields(command_kind(c->type)->schema, &count);
    printf("%s", command_kind(c->type)->words);
    for (const struct field *f = fields; f < fields + count; f++) {
        if (is_nothing(f, command_body(c), a)) continue;
        struct str text = field_text(a, f, command_body(c));
        printf(" %s=%.*s", f->name, STR_ARG(text));
    }
    if (which != 0) printf(" (subscription %u)", which);
    for (size_t i = 0; c->type == COMMAND_USAGE_RECORD && i < c->usage_record.readings_count; i++) {
        const struct usage_input *in = &c->usage_record.readings[i];
        printf(" %.*s %.*s %.*s at %.*s", STR_ARG(in->user), STR_ARG(in->usage_type),
               STR_ARG(decimal_text(a, in->amount)), STR_ARG(instant_text(a, in->at)));
    }
}

static void tell_line(const struct line *l, struct arena *a)
{
    printf("        %.*s %s [%.*s, %.*s) sub_%ju %.*s/%.*s: %.*s\n", STR_ARG(money_pretty(a, l->amount)),
           choice_line_kind.words[l->kind], STR_ARG(date_text(a, l->from)), STR_ARG(date_text(a, l->to)),
           (uintmax_t)l->subscription, STR_ARG(l->product), STR_ARG(l->fee), STR_ARG(l->description));
    if (!money_is_zero(l->discount)) printf("            less %.*s\n", STR_ARG(money_pretty(a, l->discount)));
}

static void tell_event(const struct event *ev, struct arena *a)
{
    printf("    %.*s\n", STR_ARG(event_sentence(a, ev)));
    if (ev->type == EVENT_ITEM_ADDED) tell_line(&ev->item_added.line, a);
    for (size_t i = 0; ev->type == EVENT_INVOICE_FINALIZED && i < ev->invoice_finalized.lines_count; i++)
        tell_line(&ev->invoice_finalized.lines[i], a);
}

void tell_step(const struct books *b, const struct step *s)
{
    struct arena *a = arena_new();
    printf("%.*s ", STR_ARG(instant_text(a, s->at)));
    if (s->kind == STEP_RUN)
        printf("run %.*s %s%s", STR_ARG(date_text(a, s->through)), choice_bill_mode.words[s->mode],
               s->approved ? " approved" : "");
    else
        tell_command(&s->command, s->which, a);
    printf("%s%s\n", b->code == OK ? "" : "\n    refused: ", b->code == OK ? "" : b->refusal.text);
    for (size_t i = b->before; i < b->events.count; i++) tell_event(&b->events.items[i], a);
    arena_free(a);
}
