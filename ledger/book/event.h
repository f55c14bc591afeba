/* SPDX-License-Identifier: MIT */
/* event.h - the structs of events.def and records.def, and their schemas. All of it is made of the .def
 * files; to add an event or a record, add its block there. */
#ifndef DAYBOOK_LEDGER_BOOK_EVENT_H
#define DAYBOOK_LEDGER_BOOK_EVENT_H

#include "ledger/store.h"

/* clang-format off */

/* The closed lists of words. */
#define CHOICES_DECLARE_ENUMS
#define CHOICE_BEGIN(name) enum name {
#define WORD(constant, word) constant,
#define CHOICE_END(name) };
#include "ledger/book/choices.def"
#undef CHOICE_BEGIN
#undef WORD
#undef CHOICE_END
#undef CHOICES_DECLARE_ENUMS

#define CHOICE_BEGIN(name) extern const struct choice choice_##name;
#define WORD(constant, word)
#define CHOICE_END(name)
#include "ledger/book/choices.def"
#undef CHOICE_BEGIN
#undef WORD
#undef CHOICE_END

/* The C type of a field kind. */
#define FIELD_TYPE_flag     bool
#define FIELD_TYPE_count    uint64_t
#define FIELD_TYPE_str      struct str
#define FIELD_TYPE_personal struct str
#define FIELD_TYPE_contact  struct str
#define FIELD_TYPE_counted  struct str
#define FIELD_TYPE_region   struct str
#define FIELD_TYPE_hash     struct hash
#define FIELD_TYPE_money    struct money
#define FIELD_TYPE_decimal  struct decimal
#define FIELD_TYPE_date     struct date
#define FIELD_TYPE_instant  struct instant

/* struct invoice_line { … }; struct invoice_finalized { … }; */
#define FIELD(kind, name)      FIELD_TYPE_##kind name;
#define CHOICE(choice, name)   enum choice name;
#define PART(record, name)     struct record name;
#define LIST(record, name)     const struct record *name; size_t name##_count;
#define SINCE(form)
#define RECORD(name)           struct name {
#define EVENT(name, NAME, wire, version, sentence) struct name {
#define END(name)              };
#include "ledger/book/events.def"
#undef EVENT
#include "ledger/book/records.def"
#undef FIELD
#undef CHOICE
#undef PART
#undef LIST
#undef RECORD
#undef END

/* That documents are kept where the seller says nothing else. */
enum { DEFAULT_RETENTION_YEARS = 10 };

enum event_type {
    EVENT_NONE = 0,
#define RECORD(name)
#define FIELD(kind, name)
#define CHOICE(choice, name)
#define PART(record, name)
#define LIST(record, name)
#define EVENT(name, NAME, wire, version, sentence) EVENT_##NAME,
#define END(name)
#include "ledger/book/events.def"
#undef EVENT
    EVENT_TYPES
};

struct event {
    enum event_type type;
    union {
#define EVENT(name, NAME, wire, version, sentence) struct name name;
#include "ledger/book/events.def"
#undef EVENT
    };
};

/* schema_invoice_finalized, schema_line … */
#define EVENT(name, NAME, wire, version, sentence) extern const struct schema schema_##name;
#undef RECORD
#define RECORD(name) extern const struct schema schema_##name;
#include "ledger/book/events.def"
#undef EVENT
#include "ledger/book/records.def"
#undef RECORD
#undef FIELD
#undef CHOICE
#undef PART
#undef LIST
#undef END
#undef SINCE

/* clang-format on */

struct event_kind {
    const char *wire; /* "invoice.finalized" */
    uint32_t version;
    const char *sentence; /* audit text with {field} places */
    const struct schema *schema;
};
const struct event_kind *event_kind(enum event_type t);
/* The event's own struct, as the schema describes it. */
const void *event_body(const struct event *ev);
void *event_body_of(struct event *ev);

/* The audit sentence with its places filled in: "INV-2025-000001 for 29.00 USD finalized, due 2025-02-14". */
struct str event_sentence(struct arena *a, const struct event *ev);
/* The number of the customer the event is about; 0: about none, or about several. */
uint64_t event_customer(const struct event *ev);

/* The field of the event itself that has this name and is a count; 0: it has none. */
uint64_t event_number(const struct event *ev, const char *field);
/* Which customers and invoices an event speaks of, in whatever list or part, by the names of the fields.
 * Where a fee was billed before is bookkeeping, and not spoken of. */
enum mention { MENTION_CUSTOMER, MENTION_INVOICE };
typedef void mention_fn(void *context, enum mention what, uint64_t number);
void event_mentions(const struct event *ev, mention_fn *visit, void *context);

/* A new event at the end of a list that lives in the arena. */
struct event_list {
    struct event *items;
    size_t count, capacity;
};
struct event *event_add(struct event_list *list, enum event_type type, struct arena *a);

#endif
