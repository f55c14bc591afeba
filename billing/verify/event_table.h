/* SPDX-License-Identifier: MIT */
/* event_table.h - what the tables of events say of each: name, version, fields. They are data of the ledger,
 * and this is all that is taken from above the ground. */
#ifndef DAYBOOK_BILLING_VERIFY_EVENT_TABLE_H
#define DAYBOOK_BILLING_VERIFY_EVENT_TABLE_H

#include "ledger/base.h"

enum shape {
#define KIND(name, NAME, type) SHAPE_##NAME,
#include "ledger/store/kinds.def"
#undef KIND
    SHAPE_CHOICE, /* a word of a list, by its place */
    SHAPE_PART,   /* a struct */
    SHAPE_LIST,   /* of structs */
    SHAPE_SINCE,  /* no field: what was written earlier ends here */
};

struct shape_field;
struct shape_struct {
    const struct shape_field *fields;
    size_t count;
};
struct shape_words {
    const char *const *words;
    size_t count;
};
struct shape_field {
    const char *name;
    enum shape shape;
    const struct shape_struct *of;   /* SHAPE_PART, SHAPE_LIST */
    const struct shape_words *words; /* SHAPE_CHOICE */
};
struct event_shape {
    const char *wire;
    uint64_t version;
    const struct shape_struct *fields;
};
/* The event with this number on the wire, counted from 1; NULL: there is none. */
const struct event_shape *event_shape(uint64_t number);

#endif
