/* SPDX-License-Identifier: MIT */
/* view_values.c - texts in views, for tests. */
#include <string.h>

#include "tests/store/view_values.h"

struct views_options view_options(const struct master_key *k)
{
    return (struct views_options){.dir = test_path("ledger"),
                                  .map_bytes = TEST_MAP_BYTES,
                                  .master = k,
                                  .origin = STR("daybook/0123456789abcdef"),
                                  .definition = {{1}},
                                  .world = world_real()};
}

struct views *views_opened(const struct views_options *o, bool wanted_fresh)
{
    struct views *v = NULL;
    bool fresh = !wanted_fresh;
    assert_ok(views_open(&v, &fresh, o, E));
    cr_assert(fresh == wanted_fresh, "the views are %s", fresh ? "fresh" : "not fresh");
    return v;
}

struct views_txn *begun(struct views *v, bool write)
{
    struct views_txn *t = NULL;
    assert_ok(views_begin(&t, v, write, E));
    return t;
}

struct view_key key_u64(uint8_t space, uint64_t n)
{
    struct view_key k = view_key(space);
    view_key_u64(&k, n);
    return k;
}

void put(struct views_txn *t, uint8_t space, uint64_t n, const char *text)
{
    struct view_key k = key_u64(space, n);
    assert_ok(views_put(t, &k, str_bytes(str_of(text)), E));
}

const char *get(struct views_txn *t, uint8_t space, uint64_t n)
{
    struct view_key k = key_u64(space, n);
    struct bytes value = {0};
    enum err err = views_get(&value, t, &k, E);
    if (err == ERR_NOT_FOUND) return NULL;
    assert_ok(err);
    return str_cstring(A, bytes_str(value));
}

void set_seq(struct views_txn *t, uint64_t seq)
{
    struct view_cursor c = {.seq = seq};
    memset(c.leaf.bytes, (int)(seq & 0xff), 32);
    views_set_cursor(t, &c);
}

void fill(struct views *v)
{
    struct views_txn *t = begun(v, true);
    put(t, 1, 7, "seven");
    set_seq(t, 42);
    assert_ok(views_commit(t, E));
}

void assert_filled(struct views *v)
{
    struct views_txn *t = begun(v, false);
    struct view_cursor c = {0};
    assert_value(t, 1, 7, "seven");
    assert_ok(views_cursor(&c, t, E));
    assert_int(c.seq, 42);
    assert_int(c.leaf.bytes[31], 42);
    views_abort(t);
}

struct seen {
    struct buffer text;
    size_t count, stop_after;
};

static enum err see(void *context, struct bytes key, struct bytes value, struct error *e)
{
    (void)key;
    struct seen *s = context;
    buffer_add(&s->text, value.ptr, value.len);
    s->count++;
    return s->count == s->stop_after ? fail(e, ERR_NOT_FOUND, "enough") : OK;
}

const char *scanned(struct views_txn *t, struct view_key from, size_t prefix, bool backwards,
                    size_t stop_after)
{
    struct seen s = {.text = {.arena = A}, .stop_after = stop_after};
    buffer_add_byte(&s.text, '|');
    assert_ok(views_scan(t, &from, prefix, backwards, see, &s, E));
    return str_cstring(A, bytes_str((struct bytes){s.text.ptr, s.text.len}));
}

struct hash digest_of(struct views *v, uint64_t *entries)
{
    struct hash h = {0};
    struct views_txn *t = begun(v, false);
    assert_ok(views_digest(&h, entries, t, E));
    views_abort(t);
    return h;
}
