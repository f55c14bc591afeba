/* SPDX-License-Identifier: MIT */
/* schema.h - a struct described by data, and its canonical bytes.
 *
 * Macros make tables of struct field (from events.def, records.def, commands.def); the ordinary functions
 * here read them: encode, decode, compare, walk. On the wire a record is a msgpack array of its fields in
 * declared order: no maps, no floats, integers in their shortest form. A record may grow at its end, in
 * marked steps; it is written in the earliest form that says all, and what is behind that is read as nothing.
 * So what was written before a step is still what would be written, and a step costs only those who use it.
 * Decoding is strict: whatever encode would not have written, byte for byte, is refused. */
#ifndef DAYBOOK_LEDGER_STORE_SCHEMA_H
#define DAYBOOK_LEDGER_STORE_SCHEMA_H

#include "ledger/store/hasher.h"

enum kind {
#define KIND(name, NAME, type) KIND_##NAME,
#include "ledger/store/kinds.def"
#undef KIND
    KIND_CHOICE, /* a C enum (int) with a table of words; on the wire its number */
    KIND_PART,   /* a struct embedded by value; on the wire a nested array */
    KIND_LIST,   /* pointer and count of structs; on the wire an array of arrays */
};

/* Texts of any kind are one C type. */
static inline bool kind_is_text(enum kind k)
{
    return k == KIND_STR || k == KIND_PERSONAL || k == KIND_CONTACT || k == KIND_COUNTED || k == KIND_REGION;
}

/* The words of an enum, in the order of its constants. */
struct choice {
    const char *name;
    const char *const *words;
    size_t count;
};

struct field {
    const char *name;
    enum kind kind;
    size_t offset;               /* of the value; for KIND_LIST of the pointer to the first item */
    size_t count_offset;         /* KIND_LIST: of the size_t count */
    const struct schema *of;     /* KIND_PART, KIND_LIST */
    const struct choice *choice; /* KIND_CHOICE */
    const char *help;            /* commands: the sentence for people; else NULL */
    unsigned flags;              /* commands: FIELD_* ; else 0 */
};
enum { FIELD_ARGUMENT = 1, FIELD_REQUIRED = 2, FIELD_SECRET = 4 };

struct schema {
    const char *name; /* "invoice_line", "subscription.created" */
    size_t size;      /* of the C struct */
    /* The table of fields: in place, or - for the tables that are made of .def files, which need a function's
     * scope to name their own struct - told by a function. */
    const struct field *fields;
    size_t count;
    const struct field *(*tell)(size_t *count);
    /* How many fields each form had more than the one before it, the first form first; NULL: there is but the
     * one form of all fields. */
    const uint8_t *growth;
    size_t forms;
};
static inline const struct field *schema_fields(const struct schema *s, size_t *count)
{
    *count = s->count;
    return s->tell == NULL ? s->fields : s->tell(count);
}

/* Appends the canonical bytes of `record`. Cannot fail: the values of a C struct always have a wire form
 * (choices out of range are asserted). */
void schema_encode(struct buffer *out, const struct schema *s, const void *record);

/* ---- texts about a person ----
 *
 * Who keeps the customers' keys says how their texts are sealed and opened. A text is a customer's when its
 * record, or one around it, has a field `customer`; those of nobody are written as they are. */
enum { PERSONAL_WAY_BYTES = 96 };
struct personal_place {
    uint64_t customer;
    enum kind kind;
    /* The outermost schema's name, a zero byte, the numbers of the fields down to the text: what it is sealed
     * to besides its customer. */
    uint8_t way[PERSONAL_WAY_BYTES];
    size_t way_len;
};
struct personal {
    /* The sealed bytes, valid until the next call. After a failure none, and whoever encodes asks for it. */
    struct bytes (*seal)(struct personal *self, const struct personal_place *at, struct str text);
    /* The text, in the arena; once it was erased, what stands for it. */
    enum err (*open)(struct personal *self, struct str *out, const struct personal_place *at,
                     struct bytes sealed, struct arena *a, struct error *e);
    /* A text of a customer's that no key seals: may put another in its place. NULL: it stays. */
    void (*plain)(struct personal *self, struct str *text, const struct personal_place *at, struct arena *a);
};
/* As the functions below, but texts of customers are sealed; NULL: none is, and one that was is refused. */
void schema_encode_sealed(struct buffer *out, const struct schema *s, const void *record, struct personal *p);
enum err schema_take_sealed(void *record, const struct schema *s, struct bytes *in, struct personal *p,
                            struct arena *a, struct error *e) MUST_USE;

/* Fills `record` (of s->size bytes) from bytes that encode made. Texts point into `in`, lists into the arena.
 * Everything must be consumed. Any difference from the canonical form is ERR_TAMPERED, naming schema and
 * field. */
enum err schema_decode(void *record, const struct schema *s, struct bytes in, struct arena *a,
                       struct error *e) MUST_USE;

/* As schema_decode, but takes one record from the front of *in and leaves the rest there. */
enum err schema_take(void *record, const struct schema *s, struct bytes *in, struct arena *a,
                     struct error *e) MUST_USE;

/* A deep copy whose texts and lists live in the arena. */
void schema_copy(void *to, const struct schema *s, const void *from, struct arena *a);

bool schema_equal(const struct schema *s, const void *a, const void *b);   /* by canonical bytes' meaning */
const struct field *schema_field(const struct schema *s, struct str name); /* NULL: there is none */
bool choice_parse(int *out, const struct choice *c, struct str word);

/* Text form of one scalar field for people and CSV ("29.00", "2025-01-31", "active", "true"); lists and parts
 * give "". */
struct str field_text(struct arena *a, const struct field *f, const void *record);
/* Parses one scalar field (str, personal, count, flag, date, instant, decimal, choice, hash) into the record.
 * Money needs a currency: "29.00 USD"; commands with a separate currency keep amounts as decimals. */
enum err field_parse(const struct field *f, void *record, struct str text, struct arena *a,
                     struct error *e) MUST_USE;

#endif
