/* SPDX-License-Identifier: MIT */
/* msgpack.h - the subset of msgpack that Daybook writes: nil, bool, integers in shortest form, str, bin,
 * array.
 *
 * Why not msgpack-c here: it allocates per message and believes lengths (eight bytes can ask for 4 GB). These
 * calls allocate nothing and check every length against what is left. msgpack-c stays the reference that the
 * tests compare with, and the second, independent decoder of `audit verify`. Source of the format: the
 * msgpack specification. */
#ifndef DAYBOOK_LEDGER_STORE_MSGPACK_H
#define DAYBOOK_LEDGER_STORE_MSGPACK_H

#include "ledger/base.h"

void mp_put_nil(struct buffer *b);
void mp_put_bool(struct buffer *b, bool v);
void mp_put_uint(struct buffer *b, uint64_t v);
void mp_put_int(struct buffer *b, int64_t v);
void mp_put_str(struct buffer *b, struct str s);
void mp_put_bin(struct buffer *b, struct bytes v);
void mp_put_array(struct buffer *b, size_t count);

/* Each takes one value from the front of *in. False: not that type, not the shortest form, or not enough
 * bytes. */
bool mp_take_nil(struct bytes *in);
bool mp_take_bool(bool *out, struct bytes *in);
bool mp_take_uint(uint64_t *out, struct bytes *in);
bool mp_take_int(int64_t *out, struct bytes *in);
bool mp_take_str(struct str *out, struct bytes *in);
bool mp_take_bin(struct bytes *out, struct bytes *in);
bool mp_take_array(size_t *count, struct bytes *in); /* count is at most the bytes left */

/* Walks one value of our subset without allocating: holds every length against the bytes left and the depth
 * against LIMIT_MSGPACK_DEPTH. To be asked before msgpack-c sees bytes from outside. */
bool mp_skim(struct bytes in);
/* Second opinion: msgpack-c unpacks `in` and packs it again; true when it consumed everything and gave the
 * same bytes. */
bool mp_confirmed_by_msgpack_c(struct bytes in);

#endif
