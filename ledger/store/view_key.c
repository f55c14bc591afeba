/* SPDX-License-Identifier: MIT */
/* view_key.c - keys of the views: fixed-size parts whose bytes sort as their values do. No text ever stands
 * in one. */
#include <string.h>

#include "ledger/store/views.h"

static uint8_t *room(struct view_key *k, size_t len)
{
    assert(k->len + len <= VIEW_KEY_BYTES);
    uint8_t *to = k->bytes + k->len;
    k->len += len;
    return to;
}

struct view_key view_key(uint8_t space)
{
    struct view_key k = {.len = 1};
    k.bytes[0] = space;
    return k;
}

void view_key_u32(struct view_key *k, uint32_t v)
{
    be32_put(room(k, 4), v);
}
void view_key_u64(struct view_key *k, uint64_t v)
{
    be64_put(room(k, 8), v);
}

/* Flipping the sign bit puts the negative numbers of two's complement before the others. */
void view_key_date(struct view_key *k, struct date d)
{
    be32_put(room(k, 4), (uint32_t)d.days ^ (UINT32_C(1) << 31));
}
struct date view_key_date_at(struct bytes key, size_t at)
{
    return (struct date){(int32_t)(be32_get(key.ptr + at) ^ (UINT32_C(1) << 31))};
}
void view_key_instant(struct view_key *k, struct instant t)
{
    be64_put(room(k, 8), (uint64_t)t.us ^ (UINT64_C(1) << 63));
}

void view_key_mac(struct view_key *k, const uint8_t mac[16])
{
    memcpy(room(k, 16), mac, 16);
}
