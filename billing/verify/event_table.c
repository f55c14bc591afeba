/* SPDX-License-Identifier: MIT */
/* event_table.c - see event_table.h. Macros make the tables; nothing else of ledger/book is used. */
#include "billing/verify/event_table.h"

/* clang-format off */

#define CHOICE_BEGIN(name) static const char *const words_##name[] = {
#define WORD(constant, word) word,
#define CHOICE_END(name) }; \
    static const struct shape_words choice_##name = {words_##name, sizeof words_##name / sizeof words_##name[0]};
#include "ledger/book/choices.def"
#undef CHOICE_BEGIN
#undef WORD
#undef CHOICE_END

enum {
#define KIND(name, NAME, type) SHAPE_OF_##name = SHAPE_##NAME,
#include "ledger/store/kinds.def"
#undef KIND
};

#define FIELD(kind, name_)    {.name = #name_, .shape = (enum shape)SHAPE_OF_##kind},
#define CHOICE(words_, name_) {.name = #name_, .shape = SHAPE_CHOICE, .words = &choice_##words_},
#define PART(record, name_)   {.name = #name_, .shape = SHAPE_PART, .of = &struct_##record},
#define LIST(record, name_)   {.name = #name_, .shape = SHAPE_LIST, .of = &struct_##record},
#define SINCE(form)           {.shape = SHAPE_SINCE},
#define RECORD(name)          static const struct shape_field fields_##name[] = {
#define EVENT(name, NAME, wire, version, sentence) RECORD(name)
#define END(name) }; \
    static const struct shape_struct struct_##name = {fields_##name, sizeof fields_##name / sizeof fields_##name[0]};
#include "ledger/book/events.def"
#undef FIELD
#undef CHOICE
#undef PART
#undef LIST
#undef SINCE
#undef RECORD
#undef EVENT
#undef END

#define FIELD(kind, name)
#define CHOICE(words, name)
#define PART(record, name)
#define LIST(record, name)
#define SINCE(form)
#define RECORD(name)
#define END(name)
#define EVENT(name, NAME, wire_, version_, sentence) {.wire = wire_, .version = version_, .fields = &struct_##name},
static const struct event_shape events[] = {
#include "ledger/book/events.def"
};
#undef FIELD
#undef CHOICE
#undef PART
#undef LIST
#undef SINCE
#undef RECORD
#undef EVENT
#undef END

/* clang-format on */

const struct event_shape *event_shape(uint64_t number)
{
    return number == 0 || number > sizeof events / sizeof events[0] ? NULL : &events[number - 1];
}
