/* SPDX-License-Identifier: MIT */
/* msgpack.h - the few kinds of msgpack values that FORMAT.md section 3 allows, one at a time, each in its
 * shortest form only. Lengths are held against what is left before anything is believed. */
#ifndef DAYBOOK_BILLING_VERIFY_MSGPACK_H
#define DAYBOOK_BILLING_VERIFY_MSGPACK_H

#include "ledger/base.h"

enum { NESTING_MAX = 12 };

struct value {
    enum { VALUE_NIL, VALUE_FLAG, VALUE_COUNT, VALUE_NEGATIVE, VALUE_TEXT, VALUE_BIN, VALUE_ARRAY } kind;
    bool flag;
    uint64_t count;     /* VALUE_COUNT; VALUE_ARRAY: of its items, which follow */
    int64_t negative;   /* VALUE_NEGATIVE */
    struct bytes bytes; /* VALUE_TEXT, VALUE_BIN: where they stand */
};
/* Takes one value from the front. False: there is none of these kinds, it is not in its shortest form, or it
 * is longer than what is left. */
bool value_take(struct value *out, struct bytes *from);
/* True when the bytes are one array, nested at most NESTING_MAX deep, and nothing behind it. */
bool is_one_array(struct bytes all);

/* Takes what must be of that kind. */
bool take_array(uint64_t *count, struct bytes *from);
bool take_count(uint64_t *out, struct bytes *from);
bool take_integer(int64_t *out, struct bytes *from);
bool take_text(struct str *out, struct bytes *from);
bool take_bin(struct bytes *out, struct bytes *from);

#endif
