/* SPDX-License-Identifier: MIT */
/* lost_entry.c - see lost_entry.h. */
#include "tests/billing/lost_entry.h"

#include "ledger/ledger_private.h"
#include "projections/fold.h"
#include "tests/lib/fixture.h"

static enum err take(void *context, struct bytes key, struct bytes value, struct error *e)
{
    struct lost_entry *r = context;
    (void)e;
    memcpy(r->key.bytes, key.ptr, key.len);
    r->key.len = key.len;
    r->value = bytes_copy(A, value);
    return ERR_NOT_FOUND;
}

struct lost_entry lose_an_entry(struct ledger *l)
{
    struct lost_entry r = {.key = {.len = 0}};
    struct view_key from = view_key(SPACE_JOURNAL);
    struct views_txn *t = NULL;
    assert_ok(views_begin(&t, l->views, true, E));
    assert_ok(views_scan(t, &from, 1, false, take, &r, E));
    assert_ok(views_delete(t, &r.key, E));
    assert_ok(views_commit(t, E));
    return r;
}

void put_entry_back(struct ledger *l, const struct lost_entry *r)
{
    struct views_txn *t = NULL;
    assert_ok(views_begin(&t, l->views, true, E));
    assert_ok(views_put(t, &r->key, r->value, E));
    assert_ok(views_commit(t, E));
}
