/* SPDX-License-Identifier: MIT */
/* event.c - the tables that events.def, records.def and choices.def declare, and the few functions that read
 * them. It must never know a single event by name: what is special to one stands in its fold, its postings,
 * its decision. */
#include "ledger/book/event.h"

/* clang-format off */

/* The words of the choices. */
#define CHOICE_BEGIN(name) static const char *const words_of_##name[] = {
#define WORD(constant, word) word,
#define CHOICE_END(name) };
#include "ledger/book/choices.def"
#undef CHOICE_BEGIN
#undef WORD
#undef CHOICE_END

#define CHOICE_BEGIN(name) \
    const struct choice choice_##name = {#name, words_of_##name, sizeof words_of_##name / sizeof words_of_##name[0]};
#define WORD(constant, word)
#define CHOICE_END(name)
#include "ledger/book/choices.def"
#undef CHOICE_BEGIN
#undef WORD
#undef CHOICE_END

/* KIND_flag and so on, so that a field's kind can be told from its word in lower case. */
enum {
#define KIND(name, NAME, type) FIELD_KIND_##name = KIND_##NAME,
#include "ledger/store/kinds.def"
#undef KIND
};

#define SINCE(form)
/* A function per struct, for its scope lets FIELD say offsetof(self, …). */
#define FIELD(kind_, name_) {.name = #name_, .kind = (enum kind)FIELD_KIND_##kind_, .offset = offsetof(self, name_)},
#define CHOICE(of_words, name_) \
    {.name = #name_, .kind = KIND_CHOICE, .offset = offsetof(self, name_), .choice = &choice_##of_words},
#define PART(record, name_) {.name = #name_, .kind = KIND_PART, .offset = offsetof(self, name_), .of = &schema_##record},
#define LIST(record, name_) {.name = #name_, .kind = KIND_LIST, .offset = offsetof(self, name_), \
                             .count_offset = offsetof(self, name_##_count), .of = &schema_##record},
#define RECORD(name) static const struct field *fields_of_##name(size_t *count) { \
    typedef struct name self; static const struct field fields[] = {
#define EVENT(name, NAME, wire, version, sentence) RECORD(name)
#define END(name) }; *count = sizeof fields / sizeof fields[0]; return fields; }
#include "ledger/book/events.def"
#include "ledger/book/records.def"
#undef FIELD
#undef CHOICE
#undef PART
#undef LIST
#undef RECORD
#undef EVENT
#undef END
#undef SINCE

/* How many fields each form of a struct added: a sum of ones that each SINCE begins anew. */
#define FIELD(kind, name)   +1
#define CHOICE(words, name) +1
#define PART(record, name)  +1
#define LIST(record, name)  +1
#define SINCE(form)         , 0
#define RECORD(name) static const uint8_t growth_of_##name[] = {0
#define EVENT(name, NAME, wire, version, sentence) RECORD(name)
#define END(name) };
#include "ledger/book/events.def"
#include "ledger/book/records.def"
#undef FIELD
#undef CHOICE
#undef PART
#undef LIST
#undef RECORD
#undef EVENT
#undef END
#undef SINCE

#define SINCE(form)
#define FIELD(kind, name)
#define CHOICE(choice, name)
#define PART(record, name)
#define LIST(record, name)
#define END(name)
#define RECORD(name_) const struct schema schema_##name_ = {.name = #name_, .size = sizeof(struct name_), \
                                                            .tell = fields_of_##name_, .growth = growth_of_##name_, \
                                                            .forms = sizeof growth_of_##name_};
#define EVENT(name_, NAME, wire, version, sentence) \
    const struct schema schema_##name_ = {.name = wire, .size = sizeof(struct name_), .tell = fields_of_##name_, \
                                          .growth = growth_of_##name_, .forms = sizeof growth_of_##name_};
#include "ledger/book/events.def"
#include "ledger/book/records.def"
#undef RECORD
#undef EVENT

#define RECORD(name)
#define EVENT(name_, NAME, wire_, version_, sentence_) \
    [EVENT_##NAME] = {.wire = wire_, .version = version_, .sentence = sentence_, .schema = &schema_##name_},
static const struct event_kind kinds[EVENT_TYPES] = {
#include "ledger/book/events.def"
};
#undef EVENT

#define EVENT(name_, NAME, wire_, version_, sentence_) [EVENT_##NAME] = offsetof(struct event, name_),
static const size_t bodies[EVENT_TYPES] = {
#include "ledger/book/events.def"
};
#undef EVENT
#undef SINCE
#undef RECORD
#undef FIELD
#undef CHOICE
#undef PART
#undef LIST
#undef END

/* clang-format on */

const struct event_kind *event_kind(enum event_type t)
{
    assert(t > EVENT_NONE && t < EVENT_TYPES);
    return &kinds[t];
}

const void *event_body(const struct event *ev)
{
    assert(ev->type > EVENT_NONE && ev->type < EVENT_TYPES);
    return (const char *)ev + bodies[ev->type];
}

void *event_body_of(struct event *ev)
{
    assert(ev->type > EVENT_NONE && ev->type < EVENT_TYPES);
    return (char *)ev + bodies[ev->type];
}

/* The text of "terms.product" or "readings" (a list's count) of a described struct. */
static struct str place_text(struct arena *a, const struct schema *s, const void *body, struct str path)
{
    const char *dot = memchr(path.ptr, '.', path.len);
    struct str head = dot == NULL ? path : (struct str){path.ptr, (size_t)(dot - path.ptr)};
    const struct field *f = schema_field(s, head);
    assert(f != NULL);
    const char *at = (const char *)body + f->offset;
    if (f->kind == KIND_PART) {
        assert(dot != NULL);
        struct str rest = {dot + 1, path.len - head.len - 1};
        return place_text(a, f->of, at, rest);
    }
    if (f->kind == KIND_LIST) {
        size_t count = 0;
        memcpy(&count, (const char *)body + f->count_offset, sizeof count);
        return str_format(a, "%zu", count);
    }
    if (f->kind == KIND_MONEY) {
        struct money m;
        memcpy(&m, at, sizeof m);
        return str_format(a, "%.*s %s", STR_ARG(money_text(a, m)), m.currency);
    }
    return field_text(a, f, body);
}

struct str event_sentence(struct arena *a, const struct event *ev)
{
    const struct event_kind *k = event_kind(ev->type);
    struct buffer out = {.arena = a};
    for (const char *p = k->sentence; *p != '\0';) {
        const char *close = *p == '{' ? strchr(p, '}') : NULL;
        if (close == NULL) {
            buffer_add_byte(&out, (uint8_t)*p++);
            continue;
        }
        struct str path = {p + 1, (size_t)(close - p - 1)};
        struct str text = place_text(a, k->schema, event_body(ev), path);
        buffer_add(&out, text.ptr, text.len);
        p = close + 1;
    }
    return (struct str){(const char *)out.ptr, out.len};
}

uint64_t event_number(const struct event *ev, const char *field)
{
    const struct field *f = schema_field(event_kind(ev->type)->schema, str_of(field));
    uint64_t number = 0;
    if (f != NULL && f->kind == KIND_COUNT)
        memcpy(&number, (const char *)event_body(ev) + f->offset, sizeof number);
    return number;
}

uint64_t event_customer(const struct event *ev)
{
    return event_number(ev, "customer");
}

static const struct {
    const char *field;
    enum mention what;
} mentioned[] = {
    {"customer", MENTION_CUSTOMER},
    {"invoice", MENTION_INVOICE},
    {"credits", MENTION_INVOICE},
};

static void mention_count(const struct field *f, const char *body, mention_fn *visit, void *context)
{
    uint64_t number = 0;
    memcpy(&number, body + f->offset, sizeof number);
    for (size_t i = 0; number != 0 && i < sizeof mentioned / sizeof *mentioned; i++)
        if (strcmp(f->name, mentioned[i].field) == 0) visit(context, mentioned[i].what, number);
}

static void mention_fields(const struct schema *s, const char *body, mention_fn *visit, void *context)
{
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    if (s == &schema_charge) return;
    for (const struct field *f = fields; f < fields + count; f++) {
        if (f->kind == KIND_COUNT) mention_count(f, body, visit, context);
        if (f->kind == KIND_PART) mention_fields(f->of, body + f->offset, visit, context);
        if (f->kind != KIND_LIST) continue;
        const char *items = NULL;
        size_t items_count = 0;
        memcpy(&items, body + f->offset, sizeof items);
        memcpy(&items_count, body + f->count_offset, sizeof items_count);
        for (size_t i = 0; i < items_count; i++)
            mention_fields(f->of, items + i * f->of->size, visit, context);
    }
}

void event_mentions(const struct event *ev, mention_fn *visit, void *context)
{
    mention_fields(event_kind(ev->type)->schema, event_body(ev), visit, context);
}

struct event *event_add(struct event_list *list, enum event_type type, struct arena *a)
{
    list->items = arena_grow(a, list->items, list->count, &list->capacity, sizeof *list->items);
    struct event *ev = &list->items[list->count++];
    ev->type = type;
    return ev;
}
